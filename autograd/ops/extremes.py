"""The largest and the smallest of many numbers, and where they are. A tie is shared equally, however many share it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from autograd.composition import composition
from autograd.op import Op, elementwise, override, primitive
from autograd.ops.arithmetic import total
from autograd.ops.compare import literal, pick
from autograd.ops.corners import abs, maximum, minimum
from autograd.ops.reductions import Axis, axes_of_each, count, counts, of_rows, reduced, unfold
from autograd.ops.reductions import sum as added
from autograd.signature import each


def one_of(n: int, z: Any) -> Any:
    """A one to count up to n by, of the dtype of ``z`` where that has so many."""
    return literal(1.0, z) if counts(n, z) else np.float64(1.0)


def shares(z: Any, xs: Sequence[Any]) -> Callable[[int], Any]:
    """What each of many has of the slope: those that are the extreme, of so many. Where that is NaN, none is."""
    one = one_of(len(xs), z)
    winners = [one * (x == z) for x in xs]
    ties = total(winners)
    ties = pick(ties == 0, lambda: z, lambda: ties)
    return lambda k: winners[k] / ties


def shared(g: Any, winners: Any, a: Any, axis: Axis) -> Any:
    """A gradient with the folded axes, in equal parts to those that are the extreme."""
    ties = added(winners * one_of(count(a, axis), g), axis=axis, keepdims=True)
    return g / ties * winners


def nearest(*xs: Any) -> Any:
    """How near two of many are, where a tie is: of one alone, none is."""
    gaps = [abs(x - other) for k, x in enumerate(xs) for other in xs[:k]]
    return reduce(minimum, gaps) if gaps else 1.0


def extreme_vjp(g: Any, y: Any, a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    winners = a == unfold(y, a, axis, keepdims)
    return shared(unfold(g, a, axis, keepdims), winners, a, axis)


def max_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return max(a, axes_of_each(axis, a), **params)


def min_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return min(a, axes_of_each(axis, a), **params)


# Of Values: one node each, of all that are folded into it.


def extreme_of_scalars(many: Op, name: str, a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    def of_row(row: list[Any]) -> Any:
        if not row:
            raise ValueError(f"zero-size array to reduction operation {name} which has no identity")  # as NumPy says
        return many(row) if len(row) > 1 else row[0]

    return of_rows(of_row, a, axis, keepdims)


# fmt: off
max_of = elementwise("max_of", lambda xs: reduce(maximum, xs), each(lambda z, xs: shares(z, xs)),
    symbol="max", method=False, kinks=nearest,
    doc="the largest of many has all of the gradient; a tie shares it equally, however many share it")
min_of = elementwise("min_of", lambda xs: reduce(minimum, xs), each(lambda z, xs: shares(z, xs)),
    symbol="min", method=False, kinks=nearest,
    doc="the smallest of many has all of the gradient; a tie shares it equally, however many share it")
max: Op = primitive("max", np.max, extreme_vjp, scalars=partial(extreme_of_scalars, max_of, "maximum"), shape=reduced,
    batched=max_each,
    doc="max sends the gradient to the largest element; ties share it equally")
min: Op = primitive("min", np.min, extreme_vjp, scalars=partial(extreme_of_scalars, min_of, "minimum"), shape=reduced,
    batched=min_each,
    doc="min sends the gradient to the smallest element; ties share it equally")
# fmt: on


@composition(np.ptp)
def ptp(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    """The largest minus the smallest.

    >>> ptp(np.array([3.0, 1.0, 5.0]))
    np.float64(4.0)
    """
    return max(a, axis, out, keepdims) - min(a, axis, out, keepdims)


# Where they are: integers, which have no gradient.


def first_of_row(is_before: Callable[[Any, Any], Any], skips: bool, row: list[Any]) -> int:
    """Where the extreme is; the first NaN is one, as in an array of floats, unless it is passed over."""
    if not row:
        raise ValueError("attempt to get argmax or argmin of an empty sequence")  # as NumPy says
    place = None
    for k, x in enumerate(row):
        if x != x:
            if not skips:
                return k
        elif place is None or is_before(x, row[place]):
            place = k
    if place is None:
        raise ValueError("All-NaN slice encountered")  # as NumPy says
    return place


def greater(x: Any, y: Any) -> Any:
    return x > y


def less(x: Any, y: Any) -> Any:
    return x < y


def place_of_scalars(
    is_before: Callable[[Any, Any], Any],
    skips: bool,
    a: Any,
    axis: int | None = None,
    out: None = None,
    *,
    keepdims: Any = False,
) -> Any:
    found = of_rows(partial(first_of_row, is_before, skips), a, axis, keepdims)
    return np.asarray(found).astype(np.intp)[()]


def place_of(find: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function with the arguments that the shape and the scalars have."""

    def forward(a: Any, axis: int | None = None, out: None = None, *, keepdims: Any = False) -> Any:
        return find(a, axis, keepdims=keepdims)

    return forward


# fmt: off
LARGEST = "where the largest is has no gradient: a small change leaves it there"
SMALLEST = "where the smallest is has no gradient: a small change leaves it there"

argmax = primitive("argmax", place_of(np.argmax), None, shape=reduced,
    scalars=partial(place_of_scalars, greater, False), doc=LARGEST)
argmin = primitive("argmin", place_of(np.argmin), None, shape=reduced,
    scalars=partial(place_of_scalars, less, False), doc=SMALLEST)
nanargmax = primitive("nanargmax", place_of(np.nanargmax), None, shape=reduced, method=False,
    scalars=partial(place_of_scalars, greater, True), doc=LARGEST)
nanargmin = primitive("nanargmin", place_of(np.nanargmin), None, shape=reduced, method=False,
    scalars=partial(place_of_scalars, less, True), doc=SMALLEST)
# fmt: on

override(np.argmax, argmax)
override(np.argmin, argmin)
override(np.nanargmax, nanargmax)
override(np.nanargmin, nanargmin)
override(np.amax, max)
override(np.amin, min)
