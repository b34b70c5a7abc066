"""Networks side by side: epochs on scikit-learn's digits, in float32, on one thread, with Adam.

Run it with `python benchmarks/nn.py`; the digits come from scikit-learn.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import tracemalloc
from importlib import import_module
from pathlib import Path
from typing import Any

import _common
import numpy as np

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stepgrad-benchmarks"
TORCH_INDEX = "--extra-index-url=https://download.pytorch.org/whl/cpu"
ENGINES: dict[str, tuple[str, list[str]]] = {  # title, and what its own environment holds (none: this one)
    "ours": ("stepgrad", []),
    "torch": ("torch 2.13.0, eager", ["torch==2.13.0", TORCH_INDEX]),
    "sklearn": ("scikit-learn's MLPClassifier", []),
}
HEADINGS = ["engine", "MLP: ms/epoch", "x torch", "x sklearn", "CNN: ms/epoch", "x torch", "kB more after 20 epochs"]
NOTES = """\
MLP 64-128-10 ReLU; CNN: two convolutions 3x3 of 8 and 16 channels with ReLU and pooling by 2, and 10 scores.
1,797 images of 8x8, batches of 32, an epoch is 57 steps of forward, backward and Adam.
Memory: what Python and NumPy hold more after 20 more epochs of the MLP, by tracemalloc."""
BATCH = 32


def digits_file() -> Path:
    """The digits as an array file, for engines in environments without scikit-learn."""
    from sklearn.datasets import load_digits

    file = CACHE / "digits.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        x, y = load_digits(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(x))
        np.savez(file, x=(x[order] / 16).astype(np.float32), y=y[order].astype(np.int64))
    return file


def weights(shapes: list[tuple[int, ...]]) -> list[Any]:
    """Weights and biases by the shapes of the weights, in turn."""
    rng, found = np.random.default_rng(1), []
    for shape in shapes:
        inputs = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
        outputs = shape[1] if len(shape) == 2 else shape[0]
        limit = (6 / inputs) ** 0.5
        found += [rng.uniform(-limit, limit, shape).astype(np.float32), np.zeros(outputs, np.float32)]
    return found


def measure(engine: str, file: str, seconds: float) -> dict[str, Any]:
    """The time of an epoch of each network, and the losses of the first, to be compared with those of the others."""
    bytearray(30_000_000)  # after one large block was freed, glibc keeps freed memory for the next step
    with np.load(file) as data:
        x, y = data["x"], data["y"]
    if engine == "ours":
        sys.path.insert(0, str(_common.ROOT))  # before this folder, where `nn` is this file
    module = import_module(f"nn_engines.{engine}")
    if engine == "sklearn":
        return {
            "results": [],
            "speed": {"mlp": statistics.median(module.seconds_an_epoch(x, y, BATCH) for _ in range(3))},
        }
    images = x.reshape(-1, 1, 8, 8)
    mlp = module.epoch(module.mlp(weights([(64, 128), (128, 10)])), x, y, BATCH)
    cnn = module.epoch(module.cnn(weights([(8, 1, 3, 3), (16, 8, 3, 3), (64, 10)])), images, y, BATCH)
    results = [*mlp()[:20], *cnn()[:20]]
    speed = {"mlp": timed(mlp, seconds), "cnn": timed(cnn, seconds)}
    return {"results": results, "speed": speed, "growth": growth(mlp) if engine == "ours" else None}


def timed(run: Any, seconds: float) -> float:
    """The median time of a run through the data."""
    samples: list[float] = []
    while sum(samples) < seconds or len(samples) < 3:
        start = time.perf_counter()
        run()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def growth(run: Any) -> float:
    """How many bytes more are held after 20 runs."""
    tracemalloc.start()
    run()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(20):
        run()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return after - before


def row(engine: str, answer: dict[str, Any], speeds: dict[str, dict[str, float]]) -> list[str]:
    speed = speeds[engine]

    def ratio(figure: str, peer: str) -> str:
        there = figure in speed and figure in speeds.get(peer, {})
        return f"{speed[figure] / speeds[peer][figure]:.2f}" if there else "-"

    def shown(figure: str) -> str:
        return f"{1e3 * speed[figure]:.1f}" if figure in speed else "-"

    held = answer.get("growth")
    return [
        ENGINES[engine][0],
        shown("mlp"),
        ratio("mlp", "torch"),
        ratio("mlp", "sklearn"),
        shown("cnn"),
        ratio("cnn", "torch"),
        "-" if held is None else f"{held / 1e3:.1f}",
    ]


def main() -> None:
    parser = _common.arguments(__doc__.splitlines()[0], list(ENGINES), rounds=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="per workload and process (%(default)s)")
    parser.add_argument("--envs", type=Path, default=CACHE, metavar="FOLDER", help="where engines live (%(default)s)")
    parser.add_argument("--file", help="the digits, for a worker")
    options = parser.parse_args()
    if options.worker:
        _common.reply(lambda: measure(options.worker, options.file, options.seconds))
        return
    file = str(digits_file())

    def run(engine: str) -> dict[str, Any]:
        python = _common.interpreter(engine, options, ENGINES[engine][1])
        return _common.run_worker(__file__, python, engine, "--file", file, "--seconds", str(options.seconds))

    answers = _common.take_turns(options.only, options.rounds, run)
    results = {engine: answer[0]["results"] for engine, answer in answers.items() if answer[0]["results"]}
    _common.require_agreement(results, tolerance=1e-3)
    speeds = {engine: _common.medians([one["speed"] for one in answer]) for engine, answer in answers.items()}
    print(_common.machine())
    print(_common.table(HEADINGS, [row(engine, answer[0], speeds) for engine, answer in answers.items()]))
    print(NOTES)


if __name__ == "__main__":
    main()
