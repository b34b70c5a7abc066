"""Sums and products of all that comes before, and the product of all: right where factors are zero, as none is divided.

The way back through products is a linear recurrence, from the last element to the first: an operation of its own, whose
own way back is a recurrence again.
"""

from __future__ import annotations

import operator
from functools import reduce
from itertools import accumulate
from math import prod as size_of
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.composition import composition, given
from autograd.errors import ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.reductions import Axis, axes_of_each, gathered, of_rows, reduced, rounded_once, scattered, unfold
from autograd.ops.shaping import as_long, behind, concatenate, reshape, sum_dtype

# Pieces along one axis.


def part(x: Any, axis: int, which: slice) -> Any:
    """Some of the elements along an axis."""
    return x[(*(slice(None),) * axis, which)]


def backwards(x: Any, axis: int) -> Any:
    return part(x, axis, slice(None, None, -1))


def edge(x: Any, axis: int, number: float) -> Any:
    """One place along an axis, if it has any, filled with a number, in the dtype of an array."""
    shape = (*x.shape[:axis], 1 if x.shape[axis] else 0, *x.shape[axis + 1 :])
    return np.full(shape, number, getattr(x, "dtype", None))


def shifted(x: Any, axis: int, number: float) -> Any:
    """Every element one place on; at the first, a number."""
    return concatenate([edge(x, axis, number), part(x, axis, slice(-1))], axis=axis)


def shifted_back(x: Any, axis: int, number: float) -> Any:
    return concatenate([part(x, axis, slice(1, None)), edge(x, axis, number)], axis=axis)


# Recurrences.

#: Of how many elements a block is, and from how many blocks on they are worth it.
BLOCK, MANY = 64, 16


def recur(a: Any, b: Any, axis: int) -> Any:
    """Each sₖ = aₖ · sₖ₋₁ + bₖ."""
    dtype, axis = np.result_type(a, b), normalize_axis_index(axis, max(np.ndim(a), np.ndim(b)))
    a, b = (np.moveaxis(np.asarray(x, sum_dtype(dtype)), axis, 0) for x in (a, b))
    result = in_blocks(a, b) if dtype.kind == "f" and len(b) >= MANY * BLOCK else None
    if result is None:
        result = row_by_row(a, b, np.zeros(b.shape[1:], b.dtype)[()])
    return np.moveaxis(result, 0, axis).astype(dtype, copy=False)


def row_by_row(a: Any, b: Any, start: Any) -> Any:
    """Along the first axis; a single row in Python's floats, which are quicker than NumPy's."""
    rows = zip(*(x.tolist() if x.ndim == 1 else x for x in (a, b)), strict=True)
    found = list(accumulate(rows, lambda s, row: row[0] * s + row[1], initial=start))[1:]
    return np.asarray(found, b.dtype).reshape(b.shape)


def in_blocks(a: Any, b: Any) -> Any:
    """The same by blocks, all at once: each from zero, and what the one before hands on, times the factors so far.

    None where these come near the ends of the floats, so that they lose what step by step is not lost.
    """
    whole = len(b) // BLOCK * BLOCK
    factors, terms = (x[:whole].reshape(-1, BLOCK, *x.shape[1:]) for x in (a, b))
    with np.errstate(all="ignore"):
        products = np.cumprod(factors, axis=1)
        sizes, reaches = np.abs(products), np.logical_and.accumulate(factors != 0, axis=1)
        room = np.sqrt(np.finfo(b.dtype).max)
        if not np.all(np.where(reaches, (sizes > 1 / room) & (sizes < room), sizes == 0)):
            return None
        found = np.array(terms)
        for k in range(1, BLOCK):
            found[:, k] += factors[:, k] * found[:, k - 1]
        ends = row_by_row(products[:, -1], found[:, -1], np.zeros(b.shape[1:], b.dtype)[()])
        found[1:] += products[1:] * ends[:-1, None]
    if not np.isfinite(found).all():
        return None
    head = found.reshape(b[:whole].shape)
    return np.concatenate([head, row_by_row(a[whole:], b[whole:], ends[-1])])


def along(axis: int | None, a: Any) -> tuple[Any, int]:
    """What a scan runs over, and along which axis; over all elements one after the other, where none is given."""
    if axis is None or a.shape == ():
        return reshape(a, -1), 0
    return a, normalize_axis_index(axis, len(a.shape))


def recurrence_left(g: Any, y: Any, a: Any, b: Any, axis: int = -1) -> Any:
    _, place = along(axis, a)
    return recurrence_right(g, y, a, b, axis) * shifted(y, place, 0.0)


def recurrence_right(g: Any, y: Any, a: Any, b: Any, axis: int = -1) -> Any:
    _, place = along(axis, a)
    after = backwards(shifted_back(a, place, 0.0), place)
    return backwards(recurrence(after, backwards(g, place), axis), place)


def scanned(a: tuple[int, ...], axis: int | None = None, dtype: Any = None, out: None = None) -> tuple[int, ...]:
    return (size_of(a),) if axis is None or a == () else a


def cumsum_vjp(g: Any, y: Any, a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    _, place = along(axis, a)
    return reshape(backwards(cumsum(backwards(g, place), place), place), a.shape)


def cumprod_vjp(g: Any, y: Any, a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """What comes before an element, times what it is multiplied by after it."""
    factors, place = along(axis, a)
    after = backwards(shifted_back(factors, place, 0.0), place)
    later = backwards(recurrence(after, backwards(g, place), place), place)
    return reshape(shifted(y, place, 1.0) * later, a.shape)


def prod_vjp(
    g: Any, y: Any, a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False
) -> Any:
    """The product of all others: of those before and of those behind."""
    rows = gathered(a, axis)
    last = len(rows.shape) - 1
    before = shifted(cumprod(rows, last), last, 1.0)
    behind = backwards(shifted(cumprod(backwards(rows, last), last), last, 1.0), last)
    return unfold(g, a, axis, keepdims) * scattered(before * behind, a.shape, axis)


# Of arrays.


def summed_up(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    return rounded_once(lambda x, kind: np.cumsum(x, axis, kind), a, dtype)


def multiplied_up(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    return rounded_once(lambda x, kind: np.cumprod(x, axis, kind), a, dtype)


def multiplied(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False) -> Any:
    return rounded_once(lambda x, kind: np.prod(x, axis, kind, keepdims=keepdims), a, dtype)


# Many at once: each array has one axis more in front.


def along_each(a: Any, axis: int | None) -> tuple[Any, int]:
    """What each scan of a stack runs over, and along which axis."""
    if axis is None or len(a.shape) == 1:
        return reshape(a, (a.shape[0], size_of(a.shape[1:]))), 1
    return a, behind(axis)


def recurrence_each(a: Any, b: Any, axis: int = -1) -> Any:
    return recurrence(*as_long([a, b]), behind(axis))


def cumsum_each(a: Any, axis: int | None = None, **params: Any) -> Any:
    return cumsum(*along_each(a, axis), **params)


def cumprod_each(a: Any, axis: int | None = None, **params: Any) -> Any:
    return cumprod(*along_each(a, axis), **params)


def prod_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return prod(a, axes_of_each(axis, a), **params)


# Of Values.


def product_of_scalars(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return of_rows(lambda row: reduce(operator.mul, row) if row else 1.0, a, axis, keepdims)


# fmt: off
recurrence: Op = primitive("recurrence", lambda a, b, axis=-1: recur(a, b, axis), recurrence_left, recurrence_right,
    shape=lambda a, b, axis=-1: b, method=False, batched=recurrence_each,
    doc="the recurrence aₖ · sₖ₋₁ + bₖ takes its gradient back by a recurrence, from the last element to the first")
cumsum: Op = primitive("cumsum", summed_up, cumsum_vjp, linear="jointly", shape=scanned, batched=cumsum_each,
    doc="a cumulative sum sends to each element what all sums from it on receive")
cumprod: Op = primitive("cumprod", multiplied_up, cumprod_vjp, shape=scanned, batched=cumprod_each,
    doc="a cumulative product sends to each element what all products from it on receive, times their other factors")
prod: Op = primitive("prod", multiplied, prod_vjp, scalars=product_of_scalars, symbol="Π", shape=reduced,
    batched=prod_each,
    doc="prod multiplies the gradient by all the other elements")
# fmt: on

override(np.cumsum, cumsum)
override(np.cumprod, cumprod)
override(np.prod, prod)


@composition(*[np.cumulative_sum] if hasattr(np, "cumulative_sum") else [])
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Any:
    """The cumulative sum of the array API: along the one axis there is, or one that is given; from 0 on, if asked.

    >>> cumulative_sum(np.array([1.0, 2.0]), include_initial=True)
    array([0., 1., 3.])

    Raises `ShapeError` where the axis must be given.
    """
    return from_the_first(cumsum, 0.0, given(x, "cumulative_sum"), axis, dtype, out, include_initial)


@composition(*[np.cumulative_prod] if hasattr(np, "cumulative_prod") else [])
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
) -> Any:
    """The same of products, from 1 on.

    >>> cumulative_prod(np.array([2.0, 3.0]), include_initial=True)
    array([1., 2., 6.])
    """
    return from_the_first(cumprod, 1.0, given(x, "cumulative_prod"), axis, dtype, out, include_initial)


def from_the_first(scan: Op, first: float, x: Any, axis: int | None, dtype: Any, out: None, include: bool) -> Any:
    x = reshape(x, 1) if x.shape == () else x
    if axis is None and len(x.shape) != 1:
        raise ShapeError(f"cumulative_{scan.name[3:]}: expected axis= for an array of shape {x.shape}")
    axis = 0 if axis is None else axis
    scanned = scan(x, axis, dtype, out)
    if not include:
        return scanned
    one = tuple(1 if k == axis % len(x.shape) else n for k, n in enumerate(x.shape))
    return concatenate([np.full(one, first, getattr(x, "dtype", None) or float), scanned], axis)
