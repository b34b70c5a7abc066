"""Scalar engines side by side: a 100,000-op chain, micrograd's demo step, bytes per node, the deepest chain.

Run it with `python benchmarks/scalar.py`.
"""

from __future__ import annotations

import argparse
import gc
import mmap
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import _common
import numpy as np
from scalar_engines import ENGINES, Engine

SHORT = 800  # ops; below the usual recursion limit
LONG = 100_000
DEEPEST_TRIED = 200_000
POINTS = 100
HEADINGS = [
    "engine",
    "forward",
    "backward",
    "ns per op",
    "x",
    "short: ns per op",
    "x",
    "demo step: ms",
    "x",
    "bytes per node",
    "deepest chain",
]
NOTES = f"""\
forward, backward, ns per op: of one chain of {LONG:,} ops, alternately h * w and h + b; the third includes
letting go of it. *: with the recursion limit raised. short: chains of {SHORT} ops, one after another.
demo step: micrograd's own. x: times as fast as micrograd in this run."""


def chain(engine: Engine) -> Iterator[Any]:
    """The nodes of an endless chain, alternately `h = h * w` and `h = h + b`, both with tracked leaves."""
    h, w, b = engine.value(1.0), engine.value(0.9999), engine.value(0.0001)
    while True:
        h = h * w
        yield h
        h = h + b
        yield h


def last(engine: Engine, length: int) -> Any:
    """The end of a new chain of so many ops."""
    return next(islice(chain(engine), length - 1, None))


def time_chains(engine: Engine, length: int, repeats: int = 4) -> dict[str, float]:
    """Seconds per op to record, differentiate and let go of `LONG` ops, in chains of this length."""
    samples = []
    for _ in range(repeats):
        forward = backward = free = 0.0
        for _ in range(LONG // length):
            start = time.perf_counter()
            end = last(engine, length)
            recorded = time.perf_counter()
            end.backward()
            differentiated = time.perf_counter()
            del end
            freed = time.perf_counter()
            forward += recorded - start
            backward += differentiated - recorded
            free += freed - differentiated
        samples.append({"forward": forward, "backward": backward, "total": forward + backward + free})
    middle = _common.medians(samples[1:])  # the first run warms up
    return {figure: seconds / LONG for figure, seconds in middle.items()}


def moons() -> tuple[list[list[float]], list[float]]:
    """Two interleaved half circles with noise, labelled -1 and 1."""
    rng = np.random.default_rng(1337)
    angle = np.linspace(0, np.pi, POINTS // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.concatenate([upper, lower]) + rng.normal(scale=0.1, size=(POINTS, 2))
    return points.tolist(), [-1.0] * len(upper) + [1.0] * len(lower)


def demo(engine: Engine) -> Callable[[int], float]:
    """The training step of micrograd's demo notebook, as a function of the step's number; gives the loss."""
    random.seed(1337)
    model = engine.mlp(2, [16, 16, 1])
    parameters = model.parameters()
    points, labels = moons()

    def loss() -> Any:
        inputs = [[engine.value(coordinate) for coordinate in point] for point in points]
        scores = [model(point) for point in inputs]
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        return data_loss + 1e-4 * sum(p * p for p in parameters)

    def step(k: int) -> float:
        total = loss()
        for p in parameters:
            p.grad = engine.no_gradient
        total.backward()
        rate = 1.0 - 0.9 * k / 100
        for p in parameters:
            p.data -= rate * p.grad
        return float(total.data)

    return step


def time_demo(engine: Engine, steps: int = 7) -> float:
    """The median of single steps."""
    step = demo(engine)
    numbers = iter(range(100))
    return _common.seconds_per_call(lambda: step(next(numbers)), seconds=0, repeats=steps)


def bytes_per_node(engine: Engine) -> float | None:
    """What a node of the long chain holds after backward, gradient included."""
    last(engine, SHORT).backward()  # what an engine makes only once is not counted
    gc.collect()
    tracemalloc.start()
    before = bytes_in_use(engine)
    end = last(engine, LONG)
    end.backward()
    gc.collect()
    after = bytes_in_use(engine)
    return None if before is None or after is None else (after - before) / LONG


def bytes_in_use(engine: Engine) -> int | None:
    """What Python has given out; for an engine written in C++, what is resident, on systems that tell."""
    if engine.traced:
        return tracemalloc.get_traced_memory()[0]
    resident = Path("/proc/self/statm")
    return int(resident.read_text().split()[1]) * mmap.PAGESIZE if resident.exists() else None


def deepest_chain(engine: Engine) -> int:
    """The longest chain that can be differentiated with Python's settings as they are, up to a limit."""
    nodes = list(islice(chain(engine), DEEPEST_TRIED))

    def works(length: int) -> bool:
        try:
            nodes[length - 1].backward()
        except RecursionError:
            return False
        return True

    if works(DEEPEST_TRIED):
        return DEEPEST_TRIED
    good, bad = 1, DEEPEST_TRIED
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if works(middle) else (good, middle)
    return good


def check(engine: Engine) -> dict[str, Any]:
    """Results on which all engines must agree, the end of a chain and some losses; and the depth."""
    step = demo(engine)
    return {
        "title": engine.title,
        "results": [float(last(engine, SHORT).data), *map(step, range(4))],
        "deepest": deepest_chain(engine),
    }


def measure_memory(engine: Engine) -> dict[str, Any]:
    sys.setrecursionlimit(10 * LONG)
    return {"bytes": bytes_per_node(engine)}


def measure_speed(engine: Engine) -> dict[str, Any]:
    short = time_chains(engine, SHORT)
    step = time_demo(engine)
    sys.setrecursionlimit(10 * LONG)
    return {**time_chains(engine, LONG), "short": short["total"], "demo": step}


PARTS = {"check": check, "memory": measure_memory, "speed": measure_speed}


def row(facts: dict[str, Any], speed: dict[str, float], base: dict[str, float] | None) -> list[str]:
    def ratio(figure: str) -> str:
        return "-" if base is None else f"{base[figure] / speed[figure]:.1f}"

    deep = facts["deepest"] == DEEPEST_TRIED
    return [
        facts["title"] + ("" if deep else " *"),
        f"{1e9 * speed['forward']:.0f}",
        f"{1e9 * speed['backward']:.0f}",
        f"{1e9 * speed['total']:.0f}",
        ratio("total"),
        f"{1e9 * speed['short']:.0f}",
        ratio("short"),
        f"{1e3 * speed['demo']:.1f}",
        ratio("demo"),
        "-" if facts["bytes"] is None else f"{facts['bytes']:.0f}",
        f"{facts['deepest']:,}" + " or more" * deep,
    ]


def main() -> None:
    parser = _common.arguments(__doc__.splitlines()[0], list(ENGINES), rounds=5)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _common.reply(lambda: PARTS[options.part](ENGINES[options.worker]()))
        return

    def run(engine: str, part: str) -> dict[str, Any]:
        return _common.run_worker(__file__, _common.interpreter(engine, options), engine, "--part", part)

    def facts_of(engine: str) -> dict[str, Any]:
        return run(engine, "check") | run(engine, "memory")

    facts = {engine: answer[0] for engine, answer in _common.take_turns(options.only, 1, facts_of).items()}
    _common.require_agreement({engine: fact["results"] for engine, fact in facts.items()}, tolerance=1e-9)
    answers = _common.take_turns(list(facts), options.rounds, lambda engine: run(engine, "speed"))
    speeds = {engine: _common.medians(answer) for engine, answer in answers.items()}

    base = speeds.get("micrograd")
    print(_common.machine())
    print(_common.table(HEADINGS, [row(facts[engine], speeds[engine], base) for engine in facts]))
    print(NOTES)


if __name__ == "__main__":
    main()
