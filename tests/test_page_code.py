"""The page's own arithmetic: numbers as Python writes them, and every operation as the engine computes it."""

from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Visits

import autograd
from autograd import Graph, Op, Value, format_number, table
from autograd.export import forms
from viz.page.document import static
from viz.page.lesson import code

TIES = [1.0625, 0.00012345, 999999.5, 1e6, 5e-324, -0.0, 0.0, 1e-4, 9.9995e-5, 99995.0, 9999.5, 0.5, 1.5, 2.5, -1e-9]
EDGES = [math.inf, -math.inf, math.nan, 1.7976931348623157e308, 2.2250738585072014e-308, 123456.5, 999950.0, 99999.5]


#: What no page computes: JavaScript has no such function, or the rule uses one that it has not.
WITHOUT = {
    *(
        "copysign",
        "deg2rad",
        "digamma",
        "entr",
        "erf",
        "erfc",
        "erfinv",
        "floor_divide",
        "fmax",
        "fmin",
        "gamma",
        "gammaln",
    ),
    *("gelu", "heaviside", "logaddexp", "logaddexp2", "ndtr", "rad2deg", "remainder", "rint", "sinc"),
}


def floats() -> list[float]:
    """Of every size and sign, and many that lie half-way between two texts."""
    rng = random.Random(0)
    found = TIES + EDGES + [-x for x in TIES + EDGES]
    found += [struct.unpack("d", rng.randbytes(8))[0] for _ in range(2000)]
    found += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-8, 8) for _ in range(2000)]
    found += [rng.randint(-(10**7), 10**7) / 2 ** rng.randint(0, 12) for _ in range(2000)]
    found += [float(f"{rng.randint(1000, 9999)}5e{rng.randint(-12, 8)}") for _ in range(2000)]
    return found + [float(rng.randint(-2_000_000, 2_000_000)) for _ in range(500)]


def arguments(numbers: list[Any]) -> str:
    """Numbers as JavaScript; those that JSON has not, too."""
    return json.dumps(numbers)


@pytest.mark.parametrize("digits", [4, 3])
def test_numbers_are_written_as_in_python(visit: Visits, digits: int) -> None:
    page = visit("<!DOCTYPE html><meta charset=utf-8>")
    numbers = floats()
    texts = page.evaluate(
        f"() => {{ {static('numbers.js')} return {arguments(numbers)}.map((x) => format(x, {digits})); }}"
    )
    wrong = [
        (x, format_number(x, digits), text)
        for x, text in zip(numbers, texts, strict=True)
        if format_number(x, digits) != text
    ]
    assert wrong == []


def test_truth_values_are_written_as_in_python(visit: Visits) -> None:
    page = visit("<!DOCTYPE html><meta charset=utf-8>")
    assert page.evaluate(f"() => {{ {static('numbers.js')} return [true, false].map((x) => format(x)); }}") == [
        "True",
        "False",
    ]


def points(op: Op, inputs: int) -> list[list[float]]:
    """Random points where the rules hold, from near 1 and from far."""
    rng = random.Random(op.name)
    found = []
    for k in range(24):
        size = (1.0, 3.0, 0.1, 40.0)[k % 4]
        found.append(
            [inside(rng, *(op.domain[i] if i < len(op.domain) else (-math.inf, math.inf)), size) for i in range(inputs)]
        )
    return found


def inside(rng: random.Random, low: float, high: float, size: float) -> float:
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * rng.uniform(0.02, 0.98)
    if math.isfinite(low):
        return low + size * rng.uniform(0.05, 3)
    return size * rng.uniform(-2, 2)


def made(op: Op, point: list[float]) -> Value | None:
    """The operation recorded on Values; None where it takes none, or has no slope."""
    leaves = [Value(x, f"x{k}") for k, x in enumerate(point)]
    try:
        result = op(*leaves)
    except Exception:
        return None
    return result if isinstance(result, Value) and result.requires_grad else None


#: Calls with constants, whose code has them written out.
CALLS: dict[str, Callable[[Value], Any]] = {
    "x ** 3": lambda x: x**3,
    "x ** -1": lambda x: x**-1,
    "x ** -0.5": lambda x: x**-0.5,
    "x ** 0": lambda x: x**0,
    "2 ** x": lambda x: 2**x,
    "1 / x": lambda x: 1 / x,
    "3 - x": lambda x: 3 - x,
    "1e-300 * x": lambda x: 1e-300 * x,
    "clip(x, -1, 1)": lambda x: autograd.clip(x, -1, 1),
    "leaky_relu(x, 0.2)": lambda x: autograd.leaky_relu(x, 0.2),
    "maximum(x, 0.25)": lambda x: autograd.maximum(x, 0.25),
}


def outputs() -> Iterator[tuple[str, Value]]:
    """Operations on numbers, each by name."""
    for name, op in sorted(table.items()):
        if op.is_elementwise and not op.is_flat:
            for point in points(op, len(op.rules)):
                if (output := made(op, point)) is not None:
                    yield name, output
    for name, call in CALLS.items():
        for number in (0.03, 0.7, 1.9, 14.5):
            yield name, call(Value(number, "x"))


def trial(output: Value) -> tuple[str, list[float], list[float | None]]:
    """The page's code of what was recorded, its inputs, and the engine's value and slopes."""
    graph = Graph.of(output)
    node = graph[graph.outputs[0]]
    assert node.slopes is not None
    return (
        code(forms(graph)),
        [graph.data[x] if isinstance(x, int) else x.data for x in node.inputs],
        [node.data, *node.slopes],
    )


def test_every_operation_gives_the_engines_value_and_slopes(visit: Visits) -> None:
    trials = [(name, *trial(output)) for name, output in outputs()]
    codes = {name: text for name, text, *_ in trials}
    assert {name for name, text in codes.items() if text == "[null]"} == WITHOUT
    assert len(codes) - len(WITHOUT) > 60
    expected = [(name, xs, numbers) for name, _, xs, numbers in trials if name not in WITHOUT]
    calls = [f"run({json.dumps(name)}, {arguments(xs)})" for name, xs, _ in expected]
    library = ",".join(f"{json.dumps(name)}: {text}" for name, text in codes.items())
    run = """const run = (name, xs) => {
        const [[f, by]] = codes[name];
        const y = Number(f(...xs));
        return [y, ...by.map((slope) => slope && Number(slope(y, ...xs)))];
    };"""
    page = visit("<!DOCTYPE html><meta charset=utf-8>")
    found = page.evaluate(f"() => {{ const codes = {{{library}}}; {run} return [{','.join(calls)}]; }}")
    wrong = [
        (name, xs, numbers, there)
        for (name, xs, numbers), there in zip(expected, found, strict=True)
        if not all(near(x, y) for x, y in zip(numbers, there, strict=True))
    ]
    assert wrong == []


def near(engine: float | None, page: float | None) -> bool:
    if engine is None or page is None:
        return engine is None  # what a choice left aside, or nothing flows to
    if page == engine:
        return True
    if math.isnan(engine):
        return math.isnan(page)
    return abs(engine - page) <= 1e-9 * max(abs(engine), 1e-300)
