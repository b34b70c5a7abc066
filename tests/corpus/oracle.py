"""Derivatives in 1,200 digits, by differences of function values alone: no rule, and no engine, has a part in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

DIGITS = 1200
STEP = mpf(10) ** -200  #: of the differences, relative to the number: nothing that a float can tell from it is as near
ZERO = mpf(10) ** -500  #: what rounding leaves of a slope of zero is less, and every float is more


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    """Element by element; most elements are what they were at the last call, as one is moved at a time."""
    remembered = lru_cache(maxsize=1024)(function)
    return lambda *xs: np.frompyfunc(remembered, len(xs), 1)(*xs)


def softmax(x: Any, axis: int = -1) -> Any:
    powers = EXACT.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def logsumexp(x: Any) -> Any:
    return EXACT.log(np.sum(EXACT.exp(x)))


def choice(condition: Any, x: Any, y: Any) -> Any:
    return np.where(np.asarray(condition, dtype=bool), x, y)


STRUCTURE = (
    "sum mean max matmul transpose reshape concatenate stack maximum minimum abs flip cumsum einsum sort broadcast_to"
)

#: Array functions on object arrays of mpmath's numbers.
EXACT = SimpleNamespace(
    **{name: getattr(np, name) for name in STRUCTURE.split()},
    **{name: each(getattr(mpmath, name)) for name in ("exp", "sin", "cos", "tanh", "sign")},
    log=each(lambda x: mpmath.log(x) if x != 0 else -mpmath.inf),
    log1p=each(lambda x: mpmath.log(1 + x)),
    sqrt=each(lambda x: mpmath.sqrt(x) if x >= 0 else mpmath.nan),
    sigmoid=each(lambda x: 1 / (1 + mpmath.exp(-x))),
    relu=each(lambda x: max(x, mpf(0))),
    clip=lambda x, low, high: np.minimum(np.maximum(x, low), high),
    where=choice,
    softmax=softmax,
    logsumexp=logsumexp,
    constant=lambda x: x,
    astype=lambda x, dtype: x,
    detach=lambda x: x,  # a gradient that is lost is part of the truth
    number=lambda x: x,
)


def exact(x: Any) -> Any:
    """Floats as numbers of 1,200 digits; integers and truth values stay as they are."""
    array = np.asarray(x)
    if array.dtype.kind != "f":
        return x
    moved = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        moved[index] = mpf(float(array[index]))
    return moved if array.shape or not isinstance(x, float) else moved[()]


def weights(n: int) -> list[float]:
    """What the elements of outputs are multiplied by, so that none stands for another."""
    return [1.0 + k / 8 for k in range(n)]


def parts(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def total(result: Any) -> Any:
    """One number in which every element of every output has a part of its own."""
    flat = [x for part in parts(result) for x in np.ravel(np.asarray(part, dtype=object)).tolist()]
    return sum((w * x for w, x in zip(weights(len(flat)), flat, strict=True) if mpmath.isfinite(x)), mpf(0))


def moved(xs: Sequence[Any], k: int, index: tuple[int, ...], step: Any) -> list[Any]:
    x = np.array(xs[k], dtype=object)
    x[index] = x[index] + step
    return [*xs[:k], x if isinstance(xs[k], np.ndarray) else x[()], *xs[k + 1 :]]


def slopes(f: Callable[..., Any], inputs: Sequence[Any], sides: tuple[int, int] = (1, -1)) -> list[Any]:
    """The gradient of ``total(f(*inputs))`` by each input of floats; from one side with (1, 0) or (0, -1)."""
    with mpmath.workdps(DIGITS):
        xs = list(map(exact, inputs))
        found = []
        for k, x in enumerate(inputs):
            if np.asarray(x).dtype.kind != "f":
                continue
            gradient = np.empty(np.shape(x), dtype=object)
            for index in np.ndindex(np.shape(x)):
                step = STEP * (abs(mpf(float(np.asarray(x)[index]))) or 1)
                up, down = (total(f(*moved(xs, k, index, side * step))) for side in sides)
                slope = (up - down) / (step * (sides[0] - sides[1]))
                gradient[index] = mpf(0) if abs(slope) < ZERO else slope
            found.append(gradient)
        return found


def along(inputs: Sequence[Any]) -> list[Any]:
    """A direction to take second derivatives along."""
    return [0.5 + np.reshape(weights(np.size(x)), np.shape(x)) / 4 for x in inputs]


def second(f: Callable[..., Any], inputs: Sequence[Any]) -> list[Any]:
    """The second derivative of ``total(f(*inputs))`` along `along`: the gradient's own difference."""
    with mpmath.workdps(DIGITS):
        step = STEP / mpf(10) ** 20
        ends = [
            slopes(lambda *xs, end=end: f(*[x + end * t for x, t in zip(xs, along(inputs), strict=True)]), inputs)
            for end in (step, -step)
        ]
        return [(up - down) / (2 * step) for up, down in zip(*ends, strict=True)]


def distance(found: Any, expected: Any) -> float:
    """How far from the truth the farthest element is, relative to what it should be; a zero, to the largest.

    Beside the last places of a subnormal number nothing can be told.
    """
    got, truth = np.ravel(np.asarray(found, dtype=object)), np.ravel(expected)
    if got.shape != truth.shape:
        return np.inf
    with mpmath.workdps(50):
        largest = max((abs(x) for x in truth), default=mpf(0)) or mpf(1)
        last = 4 * mpf(2) ** -1074
        errors = [max(abs(mpf(float(a)) - b) - last, 0) / (abs(b) or largest) for a, b in zip(got, truth, strict=True)]
        return np.inf if any(map(mpmath.isnan, errors)) else float(max(errors, default=0))
