"""Elements in other places, and several times: what is moved is told by moving the numbers of the places."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.call import holds_node, shape_of
from autograd.composition import composition
from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.axes import ravel
from autograd.ops.indexing import getitem, put
from autograd.ops.shaping import Shape, behind, broadcast_to, lengths, reshape, transpose


def at(a: Any, axis: int, index: Any) -> Any:
    """What stands at an index along one axis, which is counted from the front.

    >>> at(np.arange(4.0).reshape(2, 2), 1, 0)
    array([0., 2.])
    """
    return getitem(a, (slice(None),) * axis + (index,))


def expect_plain_places(name: str, *given: Any) -> None:
    """Raise `DTypeError` where what says which elements are meant is, or holds, a node."""
    if holds_node(given):
        raise DTypeError(
            f"{name}: expected plain numbers to say which elements, got a node, on which the shape would depend: "
            "give np.asarray of its .data, or use where(condition, t, other)"
        )


def moved(name: str, a: Any, axis: int | None, move: Callable[[Any], Any], *given: Any) -> Any:
    """What NumPy does to the numbers of the places along an axis is done to the elements; without one, to all in a row.

    >>> moved("doubled", np.array([1.0, 2.0]), 0, lambda places: np.repeat(places, 2))
    array([1., 1., 2., 2.])

    Raises `DTypeError` where it depends on what was ``given`` as a node.
    """
    expect_plain_places(name, *given)
    if axis is None:
        a, axis = ravel(a), 0
    shape = shape_of(a)
    axis = normalize_axis_index(axis, len(shape), name)
    return at(a, axis, move(np.arange(shape[axis])))


# Around.


def whole(shift: Any) -> Any:
    """Shifts as whole numbers, which NumPy makes of others without a word.

    Raises `TypeError` for these.
    """
    return np.asarray(shift).astype(np.intp, casting="same_kind")


def rolled(a: Any, shift: Any, axis: Any = None) -> Any:
    return np.roll(a, whole(shift), axis)


def opposite(shift: Any) -> Any:
    return np.negative(whole(shift)).tolist()


def roll_each(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return reshape(roll(reshape(a, (a.shape[0], prod(a.shape[1:]))), shift, 1), a.shape)
    return roll(a, shift, tuple(map(behind, lengths(axis))))


# fmt: off
roll: Op = primitive("roll", rolled, lambda g, y, a, shift, axis=None: roll(g, opposite(shift), axis),
    linear="jointly", shape=lambda a, **_: a, batched=roll_each,
    doc="roll turns the gradient back")
# fmt: on

override(np.roll, roll)


@composition(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """The other way around, along all axes or these.

    >>> flip([1.0, 2.0, 3.0])
    array([3., 2., 1.])
    """
    ndim = len(shape_of(m))
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim, "flip: axis")
    return getitem(m, tuple(slice(None, None, -1 if k in axes else 1) for k in range(ndim)))


@composition(np.fliplr)
def fliplr(m: Any) -> Any:
    """Columns the other way around.

    >>> fliplr([[1.0, 2.0], [3.0, 4.0]])
    array([[2., 1.],
           [4., 3.]])
    """
    return flip(m, 1)


@composition(np.flipud)
def flipud(m: Any) -> Any:
    """Rows the other way around.

    >>> flipud([[1.0, 2.0], [3.0, 4.0]])
    array([[3., 4.],
           [1., 2.]])
    """
    return flip(m, 0)


@composition(np.rot90)
def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turned by quarters, from the first of two axes to the second.

    >>> rot90([[1.0, 2.0], [3.0, 4.0]])
    array([[2., 4.],
           [1., 3.]])

    Raises `ShapeError` unless there are two axes.
    """
    expect_plain_places("rot90", k, axes)
    ndim = len(shape_of(m))
    first, second = normalize_axis_tuple(axes, ndim, "rot90: axes") if len(axes) == 2 else (0, 0)
    if first == second:
        raise ShapeError(f"rot90: expected two different axes, got {axes}")
    order = list(range(ndim))
    order[first], order[second] = second, first
    turned = {0: (), 1: (second,), 2: (first, second), 3: (first,)}[k % 4]
    result = flip(m, turned)
    return transpose(result, tuple(order)) if k % 2 else result


# Several times.


def stretched(a: Any, times: Shape) -> Any:
    """Each axis so many times over: the elements are copied along an axis of their own in front of each."""
    shape = a.shape
    apart = tuple(n for length in shape for n in (1, length))
    copied = tuple(n for many, length in zip(lengths(times), shape, strict=True) for n in (many, length))
    merged = tuple(many * length for many, length in zip(lengths(times), shape, strict=True))
    return reshape(broadcast_to(reshape(a, apart), copied), merged, copy=True)


@composition(np.tile)
def tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    """The whole of it, so many times along each axis.

    >>> tile([1.0, 2.0], 2), tile([1.0, 2.0], (2, 1)).shape
    (array([1., 2., 1., 2.]), (2, 2))
    """
    times = lengths(reps)
    shape = shape_of(A)
    ndim = max(len(times), len(shape))
    whole = reshape(A, (1,) * (ndim - len(shape)) + shape)
    return stretched(whole, (1,) * (ndim - len(times)) + times)


@composition(np.repeat, method=True)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element so many times in a row, or each its own number of times.

    >>> repeat([1.0, 2.0], 2), repeat([1.0, 2.0], [1, 2])
    (array([1., 1., 2., 2.]), array([1., 2., 2.]))
    """
    return moved("repeat", a, axis, lambda places: np.repeat(places, repeats), repeats)


@composition(np.resize)
def resize(a: Any, new_shape: Shape) -> Any:
    """The elements in another shape, from the first again after the last.

    >>> resize([1.0, 2.0], (2, 2))
    array([[1., 2.],
           [1., 2.]])
    """
    if 0 in shape_of(a):  # NumPy fills with zeros
        return reshape(put(reshape(a, (0,)), (np.prod(new_shape, dtype=int),), slice(0)), new_shape)
    return moved("resize", a, None, lambda places: np.resize(places, new_shape), new_shape)
