"""Operations too large to be looked at element by element: some elements, and all of them along a few directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from autograd.call import Output
from autograd.check.references.differences import DIFFERENCES, cotangents, outputs, weighted
from autograd.check.references.reference import Call, element_at
from autograd.check.verdict import ULPS

#: From how many products, or elements, on.
LARGE = 300_000

#: How many random directions, and how many elements alone, are looked at of each input.
DIRECTIONS, ELEMENTS = 3, 6

#: Of an operation that works on each element alone, so many elements.
SAMPLE = 2_000


class Probe(NamedTuple):
    """A direction in an input: what came along it, what is right, and how far it may be off."""

    element: tuple[int, ...] | None  #: None for all elements together
    got: float
    expected: float
    error: float


def is_large(call: Call, output: Any) -> bool:
    """Whether it does so many products: of matrices, the root of the three sizes multiplied is their number."""
    return cost(call.inputs, call.wanted, output) > LARGE


def cost(inputs: Sequence[Any], wanted: Sequence[int], output: Any) -> float:
    """About how many products an operation takes."""
    if output.__class__ is float:  # of a Value, as its inputs are
        return 1.0
    sizes = [float(np.size(inputs[k])) for k in wanted]
    return max(sizes) if len(sizes) < 2 else max(*sizes, sqrt(sizes[0] * sizes[1] * np.size(output)))


def sampled(call: Call, output: Any, rng: np.random.Generator) -> tuple[Call, Any] | None:
    """Some elements of an elementwise call, as a call of their own, and the places that they have in the output.

    None where it is not elementwise, or where broadcasting spreads an input that is differentiated.
    """
    shape = np.shape(output)
    if not call.op.is_elementwise or any(np.shape(call.inputs[k]) != shape for k in call.wanted):
        return None
    places = np.sort(rng.choice(np.size(output), SAMPLE, replace=False))
    pick: Callable[[Any], Any] = lambda x: np.broadcast_to(x, shape).reshape(-1)[places]  # noqa: E731
    inputs = [pick(x) if isinstance(x, np.ndarray) else x for x in call.inputs]
    return Call(call.op, inputs, call.params, call.wanted, pick(call.cotangent)), places


def probes(call: Call, k: int, contribution: Any, rng: np.random.Generator) -> Iterator[Probe]:
    """Along random directions, then along some elements."""
    x = np.asarray(call.inputs[k], dtype=float)
    came = np.broadcast_to(0.0 if contribution is None else np.asarray(contribution, dtype=float), x.shape)
    places = rng.choice(x.size, min(ELEMENTS, x.size), replace=False)
    directions: list[tuple[Any, tuple[int, ...] | None]] = [
        (rng.uniform(0.5, 1.5, x.shape) * rng.choice((-1.0, 1.0), x.shape), None) for _ in range(DIRECTIONS)
    ]
    for place in places:
        v = np.zeros(x.shape)
        v.reshape(-1)[place] = 1.0
        directions.append((v, element_at(place, x.shape)))
    eps = float(np.finfo(getattr(call.inputs[k], "dtype", np.float64)).eps)
    for v, element in directions:
        expected, error = along(call, k, x, v)
        part = came * v
        rounding = ULPS * eps * (float(np.abs(part).sum()) + abs(expected))
        yield Probe(element, float(part.sum()), expected, error + rounding)


def along(call: Call, k: int, x: Any, v: Any) -> tuple[float, float]:
    """The slope of what the cotangent makes of the output, along a direction; and its bar.

    What is linear in the input is applied to the direction itself.
    """
    g = cotangents(call)

    def moved(to: Any) -> Any:
        inputs = list(call.inputs)
        inputs[k] = to
        return outputs(call, inputs)

    if call.op.linear in ("jointly", "separately") and not isinstance(call.params, Output):
        with np.errstate(all="ignore"):
            step = moved(x + v) - moved(x)
            whole = moved(v) if call.op.linear == "separately" else step
        bar = 64 * np.finfo(float).eps * float(np.sum(np.abs(g) * (np.abs(moved(x)) + np.abs(step))))
        if np.allclose(step, whole, rtol=1e-6, atol=bar):
            return float(np.sum(g * whole)), bar
    used = g != 0  # what has no cotangent may be no number
    total: Callable[[float], Any] = lambda t: np.sum(np.where(used, g * moved(x + t * v), 0.0))  # noqa: E731
    slopes = DIFFERENCES.slopes(total, 0.0, float(np.max(np.abs(x), initial=0.0)))
    near = weighted(np.ones(1), slopes.central)
    return float(near.value), float(near.error)
