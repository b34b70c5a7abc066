"""Operations that fold an axis away, or normalise along one. A pullback reads: g, output, input -> gradient."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.op import primitive
from autograd.ops.elementwise import exp, log
from autograd.ops.elementwise import maximum as larger
from autograd.ops.shaping import broadcast_to, reshape

Axis = int | tuple[int, ...] | None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The folded axes, counted from the front."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def unfold(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give ``g`` the folded axes back, with length 1, so that it broadcasts against ``x``."""
    if keepdims or g.shape == ():
        return g
    folded = axes_of(axis, len(x.shape))
    return reshape(g, tuple(1 if i in folded else n for i, n in enumerate(x.shape)))


def count(x: Any, axis: Axis) -> int:
    """How many elements are folded into one."""
    return prod(x.shape[a] for a in axes_of(axis, len(x.shape)))


def sum_pullback(g: Any, y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return broadcast_to(unfold(g, x, axis, keepdims), x.shape)


def mean_pullback(g: Any, y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return broadcast_to(unfold(g, x, axis, keepdims) / count(x, axis), x.shape)


def max_pullback(g: Any, y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    winners = x == unfold(y, x, axis, keepdims)
    ties = sum(winners * 1.0, axis=axis, keepdims=True)
    return unfold(g, x, axis, keepdims) * (winners / ties)


def max_of_scalars(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The maximum of an object array as a chain of two-input maxima, which share a tie between two."""
    folded = axes_of(axis, x.ndim)
    kept = [a for a in range(x.ndim) if a not in folded]
    flat = x.transpose(*kept, *folded).reshape(*(x.shape[a] for a in kept), -1)
    result = np.frompyfunc(larger, 2, 1).reduce(flat, axis=-1)
    return np.reshape(result, [1 if a in folded else n for a, n in enumerate(x.shape)]) if keepdims else result


def stable_softmax(x: Any, axis: Axis = -1, exp: Any = np.exp) -> Any:
    powers = exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    return powers / np.add.reduce(powers, axis=axis, keepdims=True)


def softmax_pullback(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    return y * (g - sum(g * y, axis=axis, keepdims=True))


def stable_logsumexp(x: Any, axis: Axis = None, keepdims: bool = False, exp: Any = np.exp, log: Any = np.log) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where((top == np.inf) | (top == -np.inf), 0.0, top)  # inf − inf would be NaN
    with np.errstate(divide="ignore"):  # nothing but −inf sums to log 0 = −inf
        result = top + log(np.sum(exp(x - top), axis=axis, keepdims=True))
    return result if keepdims else np.squeeze(result, axis=axis)[()]


def logsumexp_pullback(g: Any, y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return unfold(g, x, axis, keepdims) * softmax(x, axis=axis)


# fmt: off
sum = primitive("sum", np.sum, sum_pullback, symbol="Σ", params=("axis", "keepdims"), linear=True,
    doc="sum copies its gradient to every element that was added")
mean = primitive("mean", np.mean, mean_pullback, params=("axis", "keepdims"), linear=True,
    doc="mean shares its gradient equally among the elements")
max = primitive("max", np.max, max_pullback, params=("axis", "keepdims"), scalars=max_of_scalars,
    doc="max sends the gradient to the largest element; ties share it equally")
softmax = primitive("softmax", stable_softmax, softmax_pullback, params=("axis",),
    scalars=partial(stable_softmax, exp=exp),
    doc="softmax centres the gradient and scales it by its output: raising one probability lowers the others")
logsumexp = primitive("logsumexp", stable_logsumexp, logsumexp_pullback, params=("axis", "keepdims"),
    scalars=partial(stable_logsumexp, exp=exp, log=log),
    doc="log-sum-exp shares the gradient out as the softmax of its input")
