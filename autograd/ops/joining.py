"""Arrays put together, and taken apart again: by concatenations and by slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import DTypeError, ShapeError
from autograd.ops.axes import as_given, atleast_1d, atleast_2d, atleast_3d, in_shape, moveaxis, ravel, with_axes
from autograd.ops.moving import at, expect_plain_places, moved
from autograd.ops.shaping import broadcast_to, concatenate, copy


def joined_to(array: Any, parts: Sequence[Any], axis: int) -> Any:
    """Parts along an axis, in the dtype of the array that the rest are put into.

    >>> joined_to(np.float32([1]), [np.float32([1]), np.array([0.1])], 0)
    array([1. , 0.1], dtype=float32)
    """
    dtype = getattr(array, "dtype", None)
    others = {getattr(part, "dtype", dtype) for part in parts} - {dtype}
    is_narrowed = others and all(getattr(x, "kind", "") == "f" for x in (dtype, *others))
    return concatenate(parts, axis, dtype=dtype) if is_narrowed else concatenate(parts, axis)


# Put together.


@composition(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Below each other, vectors as rows.

    >>> vstack([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]])
    """
    return concatenate([atleast_2d(x) for x in tup], 0, dtype=dtype, casting=casting)


@composition(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Beside each other: along the second axis, vectors along their one.

    >>> hstack([[1.0, 2.0], [3.0]])
    array([1., 2., 3.])
    """
    parts = [atleast_1d(x) for x in tup]
    axis = 1 if parts and len(parts[0].shape) > 1 else 0
    return concatenate(parts, axis, dtype=dtype, casting=casting)


@composition(np.dstack)
def dstack(tup: Any) -> Any:
    """Behind each other: along the third axis.

    >>> dstack([[1.0, 2.0], [3.0, 4.0]])
    array([[[1., 3.],
            [2., 4.]]])
    """
    return concatenate([atleast_3d(x) for x in tup], 2)


@composition(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Beside each other, vectors as columns.

    >>> column_stack([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 3.],
           [2., 4.]])
    """
    parts = [as_given(x, "column_stack") for x in tup]
    return concatenate([x if len(x.shape) > 1 else in_shape(x, (*x.shape, 1, 1)[:2]) for x in parts], 1)


@composition(np.block)
def block(arrays: Any) -> Any:
    """A matrix of blocks, in lists of lists: the innermost stand beside each other.

    >>> block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 2)), 5.0]])
    array([[1., 0., 0.],
           [0., 1., 0.],
           [1., 1., 5.]])

    Raises `ShapeError` for lists of other depths in one.
    """
    depth, ndim = depths(arrays)
    return joined(arrays, depth, max(depth, ndim)) if depth else copy(arrays)


def depths(arrays: Any) -> tuple[int, int]:
    """How deep the lists are, and the most axes that an array in them has."""
    if isinstance(arrays, tuple):
        raise DTypeError("block: expected lists of arrays, got a tuple, which would be no block: write a list")
    if not isinstance(arrays, list):
        return 0, len(shape_of(arrays))
    if not arrays:
        raise ShapeError("block: expected at least one array in each list, got an empty list")
    found = [depths(part) for part in arrays]
    if len({depth for depth, _ in found}) > 1:
        raise ShapeError(f"block: expected lists of one depth, got depths {[depth for depth, _ in found]} in one list")
    return found[0][0] + 1, max(ndim for _, ndim in found)


def joined(part: Any, depth: int, ndim: int) -> Any:
    if not depth:
        return with_axes(as_given(part, "block"), ndim)
    return concatenate([joined(below, depth - 1, ndim) for below in part], -depth)


@composition(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """With values after it; without an axis, all in one row.

    >>> append([1.0, 2.0], 3.0)
    array([1., 2., 3.])
    """
    return concatenate([as_given(arr, "append"), as_given(values, "append")], axis)


@composition(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """With values before the places that ``obj`` says; without an axis, all in one row.

    >>> insert([1.0, 2.0], 1, 5.0), insert([1.0, 2.0], [0, 2], [5.0, 6.0])
    (array([1., 5., 2.]), array([5., 1., 2., 6.]))
    """
    expect_plain_places("insert", obj)
    arr = as_given(arr, "insert")
    if axis is None:
        arr, axis = ravel(arr), 0
    shape = arr.shape
    axis = normalize_axis_index(axis, len(shape), "insert")
    values = with_axes(as_given(values, "insert"), len(shape))
    places = np.arange(shape[axis])
    many = len(np.insert(places, obj, 0)) - len(places)
    if many == 1:  # before one place, as many as there are
        if not isinstance(obj, slice) and np.ndim(obj) == 0:
            values = moveaxis(values, 0, axis)
        many = values.shape[axis]
    if many == 0:
        return copy(arr)
    inserted = broadcast_to(values, (*shape[:axis], many, *shape[axis + 1 :]))
    new = np.arange(len(places), len(places) + many)
    return moved("insert", joined_to(arr, [arr, inserted], axis), axis, lambda _: np.insert(places, obj, new), obj)


@composition(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """Without what stands in the places that ``obj`` says; without an axis, of all in one row.

    >>> delete([1.0, 2.0, 3.0], 1)
    array([1., 3.])
    """
    return moved("delete", arr, axis, lambda places: np.delete(places, obj), obj)


# Taken apart.


@composition(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """So many parts, of lengths as even as can be, or those between these places.

    >>> array_split([1.0, 2.0, 3.0], 2)
    [array([1., 2.]), array([3.])]
    """
    expect_plain_places("array_split", indices_or_sections)
    shape = shape_of(ary)
    axis = normalize_axis_index(axis, len(shape), "array_split")
    if np.ndim(indices_or_sections):
        ends = [0, *indices_or_sections, shape[axis]]
    else:
        ends = [0, *accumulate(map(len, np.array_split(np.arange(shape[axis]), indices_or_sections)))]
    return [at(ary, axis, slice(start, stop)) for start, stop in pairwise(ends)]


@composition(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """The same, where so many parts have to be of one length.

    >>> split([1.0, 2.0, 3.0, 4.0], 2)
    [array([1., 2.]), array([3., 4.])]

    Raises `ShapeError` where they are not.
    """
    expect_plain_places("split", indices_or_sections)
    shape = shape_of(ary)
    axis = normalize_axis_index(axis, len(shape), "split")
    if np.ndim(indices_or_sections) == 0 and shape[axis] % indices_or_sections:
        raise ShapeError(
            f"split: expected a number of parts that divides {shape[axis]}, the length of axis {axis}, got "
            f"{indices_or_sections}: array_split takes any"
        )
    return array_split(ary, indices_or_sections, axis)


@composition(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the rows.

    >>> [x.shape for x in vsplit(np.zeros((2, 3)), 2)]
    [(1, 3), (1, 3)]
    """
    return split(expect_axes("vsplit", ary, 2), indices_or_sections, 0)


@composition(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the second axis, a vector along its one.

    >>> [x.shape for x in hsplit(np.zeros((2, 3)), 3)]
    [(2, 1), (2, 1), (2, 1)]
    """
    return split(expect_axes("hsplit", ary, 1), indices_or_sections, 1 if len(shape_of(ary)) > 1 else 0)


@composition(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Split along the third axis.

    >>> [x.shape for x in dsplit(np.zeros((2, 1, 4)), [1])]
    [(2, 1, 1), (2, 1, 3)]
    """
    return split(expect_axes("dsplit", ary, 3), indices_or_sections, 2)


@composition(*[np.unstack] if hasattr(np, "unstack") else [])
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The layers along an axis, which `stack` puts together.

    >>> unstack([[1.0, 2.0], [3.0, 4.0]])
    (array([1., 2.]), array([3., 4.]))
    """
    shape = shape_of(expect_axes("unstack", x, 1))
    axis = normalize_axis_index(axis, len(shape), "unstack")
    return tuple(at(x, axis, k) for k in range(shape[axis]))


def expect_axes(name: str, a: Any, least: int) -> Any:
    if len(shape_of(a)) < least:
        raise ShapeError(f"{name}: expected {least} axes at least, got shape {shape_of(a)}")
    return a
