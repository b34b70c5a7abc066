"""Operations that fold an axis away, or normalise along one. A pullback reads: g, output, input -> gradient."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.op import Op, override, primitive
from autograd.ops.arithmetic import sum_of
from autograd.ops.functions import exp, log, log1p
from autograd.ops.shaping import HALF, SINGLE, astype, broadcast_to, inverse, reshape, summed, transpose

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


def split(axis: Axis, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that are kept, and those that are folded."""
    folded = axes_of(axis, ndim)
    return tuple(i for i in range(ndim) if i not in folded), folded


def gathered(x: Any, axis: Axis) -> Any:
    """The elements that are folded into one, as one axis, the last.

    >>> gathered(np.arange(6.0).reshape(2, 3), 0)
    array([[0., 3.],
           [1., 4.],
           [2., 5.]])
    """
    kept, folded = split(axis, len(x.shape))
    return reshape(transpose(x, (*kept, *folded)), (*(x.shape[i] for i in kept), count(x, axis)))


def scattered(rows: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """The reverse: elements that stand in the last axis, in their places in an array of that shape."""
    kept, folded = split(axis, len(shape))
    order = (*kept, *folded)
    return transpose(reshape(rows, tuple(shape[i] for i in order)), inverse(order))


def counts(n: int, g: Any) -> bool:
    """Whether the dtype of ``g`` has all whole numbers up to n; half precision skips from 2,048 on, and ends at 65,504.

    >>> counts(70_000, np.ones(1)), counts(70_000, np.ones(1, np.float16))
    (True, False)
    """
    dtype = getattr(g, "dtype", None)
    return dtype is None or dtype.itemsize > 2 or n <= 2048


def divisor(n: int, g: Any) -> Any:
    """A count to divide ``g`` by: in double precision beside a half that does not have it."""
    return n if counts(n, g) else np.float64(n)


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


def is_half(a: Any) -> bool:
    """Whether it is in half precision, which sums of many elements go beyond."""
    return getattr(a, "dtype", None) == HALF


def rounded_once(run: Callable[[Any, Any], Any], a: Any, dtype: Any = None) -> Any:
    """What is run on an array and a dtype to compute in: on halves, in single precision, and rounded at the end."""
    return run(a.astype(SINGLE), None).astype(HALF) if dtype is None and is_half(a) else run(a, dtype)


def highest(x: Any, axis: Axis) -> Any:
    """The largest along an axis, which is kept; where there is none, what is smaller than all numbers."""
    if np.size(x) == 0:
        return np.full(reduced(x.shape, axis, keepdims=True), -np.inf, np.result_type(x, np.float16))
    return np.maximum.reduce(x, axis=axis, keepdims=True)


def stable_softmax(x: Any, axis: Axis = -1) -> Any:
    if is_half(x):
        return stable_softmax(x.astype(np.float32), axis).astype(HALF)
    powers = np.exp(x - highest(x, axis))
    return powers / np.add.reduce(powers, axis=axis, keepdims=True)


def softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    return y * (g - sum(g * y, axis=axis, keepdims=True))


def centred_softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    """Centred twice: where one output is 1 but for its last digit, the first time leaves nothing of its gradient."""
    centred = g - sum(g * y, axis=axis, keepdims=True)
    return y * (centred - sum(centred * y, axis=axis, keepdims=True))


def stable_log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The distance from the largest element, less log1p of what the powers of all others come to beside its own."""
    if is_half(x):
        return stable_log_softmax(x.astype(np.float32), axis).astype(HALF)
    below = x - highest(x, axis)
    is_top = below == 0
    others = np.add.reduce(np.where(is_top, 0.0, np.exp(below)), axis=axis, keepdims=True)
    ties = np.add.reduce(is_top, axis=axis, dtype=others.dtype, keepdims=True)
    with np.errstate(divide="ignore"):  # a row of nothing has no largest element
        return below - np.log1p(others + (ties - 1))


def log_softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    return g - exp(y) * sum(g, axis=axis, keepdims=True)


def centred_log_softmax_vjp(g: Any, y: Any, x: Any, axis: Axis = -1) -> Any:
    """What is sent back sums to zero: what is left over is what was rounded away of the surest element's share."""
    powers = exp(y)
    if not counts(count(x, axis), g):
        g = astype(g, SINGLE)
    sent = g - powers * sum(g, axis=axis, keepdims=True)
    return sent - powers * sum(sent, axis=axis, keepdims=True)


def stable_logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element, and log1p of what the powers of all others come to beside its own, which is 1."""
    if is_half(a):
        return stable_logsumexp(a.astype(np.float32), axis, keepdims).astype(HALF)
    a = np.asarray(a)
    top = highest(a, axis)
    top = np.where((top == np.inf) | (top == -np.inf), 0.0, top)  # inf − inf would be NaN
    is_top = a == top
    ties = np.sum(is_top, axis=axis, dtype=top.dtype, keepdims=True)
    others = np.sum(np.where(is_top, 0.0, np.exp(a - top)), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # nothing, or nothing but −inf, sums to log 0 = −inf
        result = top + np.log1p(others + (ties - 1))
    return result[()] if keepdims else np.squeeze(result, axis=axes_of(axis, a.ndim))[()]


def logsumexp_vjp(g: Any, y: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return unfold(g, a, axis, keepdims) * softmax(a, axis=axis)


def axes_of_each(axis: Axis, a: Any) -> tuple[int, ...]:
    """The folded axes of each of a stack."""
    return tuple([1 + i for i in axes_of(axis, len(a.shape) - 1)])


def sum_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return sum(a, axes_of_each(axis, a), **params)


def mean_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return mean(a, axes_of_each(axis, a), **params)


def softmax_each(x: Any, axis: Axis = -1) -> Any:
    return softmax(x, axes_of_each(axis, x))


def log_softmax_each(x: Any, axis: Axis = -1) -> Any:
    return log_softmax(x, axes_of_each(axis, x))


def logsumexp_each(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return logsumexp(a, axes_of_each(axis, a), keepdims)


# Of Values: what becomes of the elements along the axes, in order.


def of_rows(row: Callable[[list[Any]], Any], a: Any, axis: Axis, keepdims: bool) -> Any:
    """An object array of what a function makes of each list of elements that are folded into one."""
    a = np.asarray(a, dtype=object)  # NumPy makes a Value of an array without axes
    folded = axes_of(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in folded]
    rows = a.transpose(*kept, *folded).reshape(*(a.shape[i] for i in kept), count(a, axis))
    result = np.empty(rows.shape[:-1], dtype=object)
    for index in np.ndindex(result.shape):
        result[index] = row(rows[index].tolist())
    return np.reshape(result, reduced(a.shape, axis, keepdims))[()]


def sum_of_row(terms: list[Any]) -> Any:
    """Every sum is one node."""
    return sum_of(terms) if len(terms) > 1 else terms[0] if terms else 0.0


def largest(row: list[Any]) -> int:
    """Where the largest of some numbers is, one at least."""
    place = 0
    for k in range(1, len(row)):
        if row[k] > row[place]:
            place = k
    return place


def is_finite(x: Any) -> bool:
    """Asked of the node, as the largest is, so that a replay knows."""
    return bool((x < np.inf) & (x > -np.inf))


# The power of the largest element, e⁰, is a plain 1: as a node it would send back two equal parts to take from each
# other, in which all is lost that softmax of a sure row has of a slope.


def softmax_of_row(row: list[Any]) -> list[Any]:
    if not row:
        return []
    place = largest(row)
    is_plain = len(row) > 1 and is_finite(row[place])
    powers = [1.0 if is_plain and k == place else exp(x - row[place]) for k, x in enumerate(row)]
    total = sum_of_row(powers)
    return [power / total for power in powers]


def each_row(normalise: Callable[[list[Any]], list[Any]], x: Any, axis: Axis = -1) -> Any:
    """An object array of what a function makes of each list of elements along the axes, in their places."""
    x = np.asarray(x, dtype=object)
    folded = axes_of(axis, x.ndim)
    last = tuple(range(-len(folded), 0))
    moved = np.moveaxis(x, folded, last)
    rows = moved.reshape(*moved.shape[: x.ndim - len(folded)], count(x, axis))
    result = np.empty(rows.shape, dtype=object)
    for index in np.ndindex(rows.shape[:-1]):
        result[index] = normalise(rows[index].tolist())
    return np.moveaxis(result.reshape(moved.shape), last, folded)[()]


def log_softmax_of_row(row: list[Any]) -> list[Any]:
    if not row:
        return []
    place = largest(row)
    below = [x - row[place] for x in row]
    rest = log1p(sum_of_row([exp(x) for k, x in enumerate(below) if k != place]))
    return [-rest if k == place else x - rest for k, x in enumerate(below)]


def logsumexp_of_row(row: list[Any]) -> Any:
    if not row:
        return -np.inf
    place = largest(row)
    top = row[place]
    if not is_finite(top):
        with np.errstate(divide="ignore"):  # as on arrays
            return log(sum_of_row([exp(x) for x in row]))
    return top + log1p(sum_of_row([exp(x - top) for k, x in enumerate(row) if k != place]))


def softmax_of_scalars(x: Any, axis: Axis = -1) -> Any:
    return each_row(softmax_of_row, x, axis)


def log_softmax_of_scalars(x: Any, axis: Axis = -1) -> Any:
    return each_row(log_softmax_of_row, x, axis)


def sum_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return of_rows(sum_of_row, a, axis, keepdims)


def logsumexp_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return of_rows(logsumexp_of_row, a, axis, keepdims)


def mean_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return sum_of_scalars(a, axis, keepdims) / count(a, axis)


# fmt: off
sum: Op = primitive("sum", summed, sum_vjp, scalars=sum_of_scalars, symbol="Σ", linear="jointly", shape=reduced,
    batched=sum_each,
    doc="sum copies its gradient to every element that was added")
mean: Op = primitive("mean", np.mean, mean_vjp, scalars=mean_of_scalars, linear="jointly", shape=reduced,
    batched=mean_each,
    doc="mean shares its gradient equally among the elements")
softmax: Op = primitive("softmax", stable_softmax, softmax_vjp, numeric=[centred_softmax_vjp],
    shape=lambda x, axis=-1: x, scalars=softmax_of_scalars, batched=softmax_each,
    doc="softmax centres the gradient and scales it by its output: raising one probability lowers the others")
log_softmax: Op = primitive("log_softmax", stable_log_softmax, log_softmax_vjp, numeric=[centred_log_softmax_vjp],
    shape=lambda x, axis=-1: x, scalars=log_softmax_of_scalars, batched=log_softmax_each,
    doc="log-softmax takes from each gradient the sum of all, shared out as its softmax")
logsumexp: Op = primitive("logsumexp", stable_logsumexp, logsumexp_vjp, scalars=logsumexp_of_scalars, shape=reduced,
    batched=logsumexp_each,
    doc="log-sum-exp shares the gradient out as the softmax of its input")
# fmt: on

override(np.sum, sum)
