"""Operations that fold an axis away, or normalise along one. A pullback reads: g, output, input -> gradient."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.op import primitive
from autograd.ops.elementwise import exp, log, sum_of
from autograd.ops.elementwise import maximum as larger
from autograd.ops.shaping import broadcast_to, reshape

Axis = int | tuple[int, ...] | None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The folded axes, counted from the front."""
    if ndim == 0 and (axis == 0 or axis == -1):  # NumPy folds a single number along these
        return ()
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


def divisor(n: int, g: Any) -> Any:
    """A count to divide ``g`` by: in double precision beside half, which ends at 65,504 and skips from 2,048 on.

    >>> divisor(70_000, np.ones(1)), divisor(70_000, np.ones(1, np.float16))
    (70000, np.float64(70000.0))
    """
    dtype = getattr(g, "dtype", None)
    return n if dtype is None or dtype.itemsize > 2 else np.float64(n)


def reduced(a: tuple[int, ...], axis: Axis = None, keepdims: bool = False, **_: Any) -> tuple[int, ...]:
    """The shape that is left."""
    folded = axes_of(axis, len(a))
    return tuple(1 if i in folded else n for i, n in enumerate(a) if keepdims or i not in folded)


def sum_vjp(
    g: Any, y: Any, a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False
) -> Any:
    return broadcast_to(unfold(g, a, axis, keepdims), a.shape)


def mean_vjp(
    g: Any, y: Any, a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False
) -> Any:
    return broadcast_to(unfold(g, a, axis, keepdims) / divisor(count(a, axis), g), a.shape)


def max_vjp(g: Any, y: Any, a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    winners = a == unfold(y, a, axis, keepdims)
    ties = sum(winners * 1.0, axis=axis, keepdims=True)
    return unfold(g, a, axis, keepdims) * (winners / ties)


def max_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The maximum of an object array as a chain of two-input maxima, which share a tie between two."""
    folded = axes_of(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in folded]
    flat = a.transpose(*kept, *folded).reshape(*(a.shape[i] for i in kept), count(a, axis))
    result = np.frompyfunc(larger, 2, 1).reduce(flat, axis=-1)
    return np.reshape(result, [1 if i in folded else n for i, n in enumerate(a.shape)]) if keepdims else result


def top(x: Any, axis: Axis) -> Any:
    """The largest along an axis, which is kept; where there is none, what is smaller than all numbers."""
    if np.size(x) == 0:
        return np.full(reduced(x.shape, axis, keepdims=True), -np.inf, np.result_type(x, np.float16))
    return np.maximum.reduce(x, axis=axis, keepdims=True)


def stable_softmax(x: Any, axis: Axis = -1, exp: Any = np.exp, total: Any = np.add.reduce) -> Any:
    powers = exp(x - top(x, axis))
    return powers / total(powers, axis=axis, keepdims=True)


def softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    return y * (g - sum(g * y, axis=axis, keepdims=True))


def centred_softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    """Centred twice: where one output is 1 but for its last digit, the first time leaves nothing of its gradient."""
    centred = g - sum(g * y, axis=axis, keepdims=True)
    return y * (centred - sum(centred * y, axis=axis, keepdims=True))


def stable_logsumexp(
    a: Any, axis: Axis = None, keepdims: bool = False, exp: Any = np.exp, log: Any = np.log, total: Any = np.sum
) -> Any:
    shift = top(a, axis)
    shift = np.where((shift == np.inf) | (shift == -np.inf), 0.0, shift)  # inf − inf would be NaN
    with np.errstate(divide="ignore"):  # nothing, or nothing but −inf, sums to log 0 = −inf
        result = shift + log(total(exp(a - shift), axis=axis, keepdims=True))
    if keepdims or result.shape == ():
        return result
    return np.squeeze(result, axis=axis)[()]


def logsumexp_vjp(g: Any, y: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return unfold(g, a, axis, keepdims) * softmax(a, axis=axis)


def sum_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum of an object array: every element is one node, the terms in order."""
    a = np.asarray(a, dtype=object)  # NumPy makes a Value of an array without axes
    folded = axes_of(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in folded]
    rows = a.transpose(*kept, *folded).reshape(*(a.shape[i] for i in kept), count(a, axis))
    result = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(result.shape):
        terms = rows[index].tolist()
        result[index] = sum_of(terms) if len(terms) > 1 else terms[0] if terms else 0.0
    return np.reshape(result, reduced(a.shape, axis, keepdims))[()]


def mean_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return sum_of_scalars(a, axis, keepdims) / count(a, axis)


# fmt: off
sum = primitive("sum", np.sum, sum_vjp, scalars=sum_of_scalars, symbol="Σ", linear="jointly", shape=reduced,
    doc="sum copies its gradient to every element that was added")
mean = primitive("mean", np.mean, mean_vjp, scalars=mean_of_scalars, linear="jointly", shape=reduced,
    doc="mean shares its gradient equally among the elements")
max = primitive("max", np.max, max_vjp, scalars=max_of_scalars, shape=reduced,
    doc="max sends the gradient to the largest element; ties share it equally")
softmax = primitive("softmax", stable_softmax, softmax_vjp, numeric=[centred_softmax_vjp], shape=lambda x, axis=-1: x,
    scalars=partial(stable_softmax, exp=exp, total=sum_of_scalars),
    doc="softmax centres the gradient and scales it by its output: raising one probability lowers the others")
logsumexp = primitive("logsumexp", stable_logsumexp, logsumexp_vjp, shape=reduced,
    scalars=partial(stable_logsumexp, exp=exp, log=log, total=sum_of_scalars),
    doc="log-sum-exp shares the gradient out as the softmax of its input")
