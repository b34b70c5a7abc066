"""Differences of neighbours, slopes on a grid, and the area below it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.call import shape_of
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.ops.compare import where
from autograd.ops.corners import abs
from autograd.ops.reductions import sum as added
from autograd.ops.rounding import remainder
from autograd.ops.scans import cumsum, part
from autograd.ops.shaping import broadcast_to, concatenate, reshape


def beside(x: Any, like: Any, axis: int) -> Any:
    """What is put at an end of an axis: a number stands for one place."""
    x = given(x, "diff")
    return x if x.shape else broadcast_to(x, (*like.shape[:axis], 1, *like.shape[axis + 1 :]))


@composition(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Each element less the one before it, n times over.

    >>> diff(np.array([1.0, 4.0, 9.0])), diff(np.array([1.0, 4.0, 9.0]), n=2)
    (array([3., 5.]), array([2.]))

    Raises `ValueError` for a negative n.
    """
    a = given(a, "diff")
    if n < 0:
        raise ValueError(f"diff: expected n of 0 or more, got {n}")
    if not a.shape:
        raise ShapeError("diff: expected an axis at least, got a single number")
    if n == 0:
        return a
    axis = normalize_axis_index(axis, len(a.shape))
    ends = [end if end is None else beside(end, a, axis) for end in (prepend, append)]
    pieces = [x for x in (ends[0], a, ends[1]) if x is not None]
    a = concatenate(pieces, axis=axis) if len(pieces) > 1 else a
    for _ in range(n):
        a = part(a, axis, slice(1, None)) - part(a, axis, slice(-1))
    return a


@composition(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of all elements, one after the other, with others before and behind.

    >>> ediff1d(np.array([1.0, 4.0, 9.0]), to_begin=0.0)
    array([0., 3., 5.])
    """
    line = reshape(given(ary, "ediff1d"), -1)
    pieces = [x if x is None else reshape(given(x, "ediff1d"), -1) for x in (to_begin, line[1:] - line[:-1], to_end)]
    pieces = [x for x in pieces if x is not None]
    return concatenate(pieces) if len(pieces) > 1 else pieces[0]


def slopes(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Central differences by a spacing h; at the ends, those of one side."""
    if f.shape[axis] < edge_order + 1:
        raise ShapeError(f"gradient: expected {edge_order + 1} elements along axis {axis}, got shape {f.shape}")

    def at(first: int | None, stop: int | None) -> Any:
        return part(f, axis, slice(first, stop))

    inner = (at(2, None) - at(None, -2)) / (2 * h)
    if edge_order == 1:
        first, last = (at(1, 2) - at(None, 1)) / h, (at(-1, None) - at(-2, -1)) / h
    else:
        first = (4 * at(1, 2) - 3 * at(None, 1) - at(2, 3)) / (2 * h)
        last = (3 * at(-1, None) - 4 * at(-2, -1) + at(-3, -2)) / (2 * h)
    return concatenate([first, inner, last], axis=axis)


def slopes_between(f: Any, x: Any, axis: int, edge_order: int) -> Any:
    """The same on places x that are apart as they are: of the parabola through three neighbours."""
    n, ndim = f.shape[axis], len(f.shape)
    if n < edge_order + 1:
        raise ShapeError(f"gradient: expected {edge_order + 1} elements along axis {axis}, got shape {f.shape}")
    if shape_of(x) != (n,):
        raise ShapeError(f"gradient: expected {n} places along axis {axis}, got shape {shape_of(x)}")
    steps = reshape(diff(x), beside_axis(x, axis, ndim))

    def at(first: int | None, stop: int | None) -> Any:
        return part(f, axis, slice(first, stop))

    def step(first: int | None, stop: int | None) -> Any:
        return part(steps, axis, slice(first, stop))

    h, k = step(None, -1), step(1, None)
    inner = h / (k * (h + k)) * at(2, None) + (k - h) / (h * k) * at(1, -1) - k / (h * (h + k)) * at(None, -2)
    if edge_order == 1:
        first = (at(1, 2) - at(None, 1)) / step(None, 1)
        last = (at(-1, None) - at(-2, -1)) / step(-1, None)
    else:
        first = slope_at_end(at(None, 1), at(1, 2), at(2, 3), step(None, 1), step(1, 2))
        last = -slope_at_end(at(-1, None), at(-2, -1), at(-3, -2), step(-1, None), step(n - 3, n - 2))
    return concatenate([first, inner, last], axis=axis)


def slope_at_end(a: Any, b: Any, c: Any, h: Any, k: Any) -> Any:
    """Of the parabola through three neighbours, at the first: b is h away from it, c another k."""
    return (h + k) / (h * k) * b - (2 * h + k) / (h * (h + k)) * a - h / (k * (h + k)) * c


@composition(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    """Angles that go on past a whole turn: to each is added so many turns that its step is half of one at most.

    >>> unwrap(np.array([1.0, 3.0, 0.5, 2.0]), period=3.0)
    array([1. , 0. , 0.5, 2. ])
    """
    p = given(p, "unwrap")
    place = normalize_axis_index(axis, len(p.shape))
    steps, half = diff(p, axis=place), period / 2
    least = half if discont is None else discont
    short = remainder(steps + half, period) - half
    short = where((short == -half) & (steps > 0), half, short)
    turns = where(abs(steps) < least, 0.0, short - steps)
    later = part(p, place, slice(1, None)) + cumsum(turns, axis=place)
    return concatenate([part(p, place, slice(1)), later], axis=place)


@composition(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope of numbers on a grid, along each axis: of one axis an array, of more a tuple of arrays.

    >>> gradient(np.array([1.0, 4.0, 9.0, 16.0]), 0.5)
    array([ 6.,  8., 12., 14.])

    Beside it stands how far neighbours are apart, or, in the stead of one number an axis, all places along it.

    >>> gradient(np.array([1.0, 4.0, 16.0]), np.array([1.0, 2.0, 4.0]))
    array([3., 4., 6.])

    Raises `ShapeError` for too few elements, and for places that do not fit.
    """
    if callable(f):
        raise DTypeError("gradient: expected numbers on a grid, got a function: its gradient is autograd.grad(f)")
    f = given(f, "gradient")
    n = len(f.shape)
    if n == 0 and varargs:
        raise ShapeError("gradient: expected numbers on a grid, got one: its gradient by x is autograd.gradients(y, x)")
    axes = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    spacings = varargs or (1.0,)
    if len(spacings) not in (1, len(axes)):
        raise TypeError(f"gradient: expected one spacing, or one for each of the {len(axes)} axes, got {len(spacings)}")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: expected edge_order 1 or 2, got {edge_order}")
    spacings = tuple(h if isinstance(h, int | float) else given(h, "gradient") for h in spacings)
    if len(spacings) != len(axes):
        spacings = spacings * len(axes)
    found = tuple(
        (slopes_between if shape_of(h) else slopes)(f, h, along, edge_order)
        for along, h in zip(axes, spacings, strict=True)
    )
    return found[0] if len(found) == 1 else found


@composition(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The area below numbers on a grid: of trapezia, dx wide, or between places x.

    >>> trapezoid(np.array([1.0, 2.0, 3.0])), trapezoid(np.array([1.0, 2.0, 3.0]), x=np.array([4.0, 6.0, 8.0]))
    (np.float64(4.0), np.float64(8.0))
    """
    y = given(y, "trapezoid")
    along = normalize_axis_index(axis, len(y.shape))
    if x is not None:
        x = given(x, "trapezoid")
        dx = diff(x, axis=axis) if len(x.shape) != 1 else reshape(diff(x), beside_axis(x, along, len(y.shape)))
    return added(dx * (part(y, along, slice(1, None)) + part(y, along, slice(-1))) / 2.0, axis=axis)


def beside_axis(x: Any, axis: int, ndim: int) -> tuple[int, ...]:
    """The shape of steps between the places x, along one of so many axes."""
    return tuple(prod(x.shape) - 1 if i == axis else 1 for i in range(ndim))
