"""Tensor engines side by side: two training steps and a chain of small ops, in float32 on one thread.

Run it with `python benchmarks/tensor.py`.
"""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import _common

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stepgrad-benchmarks"
TORCH_INDEX = "--extra-index-url=https://download.pytorch.org/whl/cpu"
ENGINES: dict[str, tuple[str, list[str]]] = {  # title, and what its own environment holds (none: this one)
    "numpy": ("NumPy by hand (the floor)", []),
    "ours": ("stepgrad", []),
    "hips": ("HIPS autograd 1.9.1", ["autograd==1.9.1"]),
    "mygrad": ("MyGrad 2.5.0", ["mygrad==2.5.0"]),
    "torch": ("torch 2.13.0, eager", ["torch==2.13.0", TORCH_INDEX]),
    "jax": ("jax 0.10.2, jit", ["jax==0.10.2"]),
}
HEADINGS = ["engine", "a: µs", "x floor", "b: µs", "x floor", "c, µs: forward", "backward", "both", "x floor"]
NOTES = """\
a: training step, MLP 2-16-16-1 tanh, batch 32. b: training step, MLP 784-128-64-10 ReLU, batch 64.
c: per op of a chain of 1000, alternately h * w and h + b, on vectors of 10; both includes freeing the graph.
x floor: the time over that of the floor in this run."""


def programs(engine: str) -> tuple[Any, Any, Any]:
    """A training step of each network, and the forward and backward of the chain."""
    import tensor_workloads as workloads

    tanh, relu, chain = workloads.tanh_problem(), workloads.relu_problem(), workloads.chain_problem()
    if engine == "numpy":
        from tensor_engines import floor

        return floor.tanh_mlp(tanh), floor.relu_mlp(relu), floor.chain(chain)
    if engine == "ours":
        sys.path.insert(0, str(_common.ROOT))
    module = import_module(f"tensor_engines.{engine}")
    return workloads.tanh_mlp(module, tanh), workloads.relu_mlp(module, relu), workloads.chain(module, chain)


def measure(engine: str, seconds: float) -> dict[str, Any]:
    """The time of each workload, and its results, to be compared with those of the other engines."""
    bytearray(30_000_000)  # after one large block was freed, glibc keeps freed memory for the next step
    tanh_step, relu_step, (forward, backward) = programs(engine)
    gradients = backward(forward and forward())
    results = [float(step()) for step in (tanh_step, relu_step) for _ in range(10)]
    results += [float(number) for gradient in gradients for number in gradient]
    speed = {
        "a": _common.seconds_per_call(tanh_step, seconds),
        "b": _common.seconds_per_call(relu_step, seconds),
        **time_chain(forward, backward, seconds),
    }
    return {"results": results, "speed": speed}


def time_chain(forward: Any, backward: Any, seconds: float) -> dict[str, float]:
    """Seconds to record the chain, to differentiate it, and for both with the release of the graph."""
    samples = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        state = forward and forward()
        recorded = time.perf_counter()
        backward(state)
        differentiated = time.perf_counter()
        del state
        samples.append({"c": time.perf_counter() - start})
        if forward:
            samples[-1] |= {"forward": recorded - start, "backward": differentiated - recorded}
    return _common.medians(samples)


def row(engine: str, speed: dict[str, float], floor: dict[str, float] | None) -> list[str]:
    def ratio(figure: str) -> str:
        return "-" if floor is None else f"{speed[figure] / floor[figure]:.2f}"

    def chain(figure: str) -> str:  # microseconds per op: milliseconds per chain of 1000
        return f"{1e3 * speed[figure]:.2f}" if figure in speed else "-"

    return [
        ENGINES[engine][0],
        f"{1e6 * speed['a']:.0f}",
        ratio("a"),
        f"{1e6 * speed['b']:.0f}",
        ratio("b"),
        *map(chain, ("forward", "backward", "c")),
        ratio("c"),
    ]


def main() -> None:
    parser = _common.arguments(__doc__.splitlines()[0], list(ENGINES), rounds=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="per workload and process (%(default)s)")
    parser.add_argument(
        "--envs",
        type=Path,
        default=CACHE,
        metavar="FOLDER",
        help="where engines get environments of their own (%(default)s)",
    )
    options = parser.parse_args()
    if options.worker:
        _common.reply(lambda: measure(options.worker, options.seconds))
        return

    def run(engine: str) -> dict[str, Any]:
        python = _common.interpreter(engine, options, ENGINES[engine][1])
        return _common.run_worker(__file__, python, engine, "--seconds", str(options.seconds))

    answers = _common.take_turns(options.only, options.rounds, run)
    results = {engine: answer[0]["results"] for engine, answer in answers.items()}
    _common.require_agreement(results, tolerance=1e-4)
    speeds = {engine: _common.medians([one["speed"] for one in answer]) for engine, answer in answers.items()}

    floor = speeds.get("numpy")
    print(_common.machine())
    print(_common.table(HEADINGS, [row(engine, speed, floor) for engine, speed in speeds.items()]))
    print(NOTES)


if __name__ == "__main__":
    main()
