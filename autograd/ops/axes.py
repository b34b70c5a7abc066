"""Axes in other places, which are one transpose each, and of other lengths, one reshape each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.accept import real_array
from autograd.answers import answer
from autograd.call import broadcast, holds_node, shape_of
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.ops.shaping import astype, broadcast_to, reshape, transpose
from autograd.ops.shaping import copy as copied


def as_given(a: Any, name: str) -> Any:
    """What has a shape as it is; lists and numbers as arrays."""
    return a if hasattr(a, "shape") else real_array(a, name)


def in_shape(a: Any, shape: Sequence[int]) -> Any:
    """The array itself, where it has that shape."""
    return a if a.shape == tuple(shape) else reshape(a, tuple(shape))


def with_axes(a: Any, ndim: int) -> Any:
    """With axes of length 1 in front, up to that many."""
    return in_shape(a, (1,) * (ndim - len(a.shape)) + a.shape)


# In other places.


@composition(np.swapaxes, method=True)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes in each other's places.

    >>> swapaxes(np.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    order = list(range(len(shape_of(a))))
    first = normalize_axis_index(axis1, len(order), "swapaxes: axis1")
    second = normalize_axis_index(axis2, len(order), "swapaxes: axis2")
    order[first], order[second] = second, first
    return transpose(a, tuple(order))


@composition(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The transpose of each matrix in a stack of them.

    >>> matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)

    Raises `ShapeError` for what has fewer axes than two.
    """
    if len(shape_of(x)) < 2:
        raise ShapeError(f"matrix_transpose: expected two axes at least, got shape {shape_of(x)}")
    return swapaxes(x, -1, -2)


@composition(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes in other places; the rest in the order that they had.

    >>> moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)

    Raises `ShapeError` unless there is a place for each.
    """
    ndim = len(shape_of(a))
    sources = normalize_axis_tuple(source, ndim, "moveaxis: source")
    destinations = normalize_axis_tuple(destination, ndim, "moveaxis: destination")
    if len(sources) != len(destinations):
        raise ShapeError(f"moveaxis: expected as many destinations as sources, got {destination} for {source}")
    order = [k for k in range(ndim) if k not in sources]
    for place, k in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, k)
    return transpose(a, tuple(order))


@composition(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis rolled back until it stands before another.

    >>> rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    ndim = len(shape_of(a))
    k = normalize_axis_index(axis, ndim, "rollaxis: axis")
    before = normalize_axis_index(start + ndim if start < 0 else start, ndim + 1, "rollaxis: start")
    return moveaxis(a, k, before - (k < before))


# Of other lengths.


@composition(np.ravel, method=True)
def ravel(a: Any, order: str = "C") -> Any:
    """All elements in one row.

    >>> ravel([[1.0, 2.0], [3.0, 4.0]], order="F")
    array([1., 3., 2., 4.])
    """
    return reshape(a, -1, order)


@composition(method=True)
def flatten(a: Any, order: str = "C") -> Any:
    """A copy of all elements in one row.

    >>> flatten([[1.0, 2.0], [3.0, 4.0]])
    array([1., 2., 3., 4.])
    """
    return reshape(a, -1, order, copy=True)


@composition(np.squeeze, method=True)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Without the axes of length 1, or without these.

    >>> squeeze(np.zeros((1, 2, 1)), axis=0).shape
    (2, 1)

    Raises `ShapeError` for an axis of another length.
    """
    shape = shape_of(a)
    ones = [k for k, n in enumerate(shape) if n == 1]
    axes = ones if axis is None else normalize_axis_tuple(axis, len(shape), "squeeze: axis")
    if any(shape[k] != 1 for k in axes):
        raise ShapeError(f"squeeze: expected axes of length 1, got axis={axis} of shape {shape}")
    return reshape(a, tuple(n for k, n in enumerate(shape) if k not in axes))


@composition(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """With axes of length 1 more, in these places of the result.

    >>> expand_dims(np.zeros((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """
    many = len(axis) if isinstance(axis, tuple | list) else 1
    shape = list(shape_of(a))
    for k in sorted(normalize_axis_tuple(axis, len(shape) + many, "expand_dims: axis")):
        shape.insert(k, 1)
    return reshape(a, tuple(shape))


@composition(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Each with an axis at least, for itself or in a tuple.

    >>> atleast_1d(1.0, [2.0])
    (array([1.]), array([2.]))
    """
    results = tuple(with_axes(as_given(a, "atleast_1d"), 1) for a in arys)
    return results[0] if len(results) == 1 else results


@composition(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Each with two axes at least, a vector as a row.

    >>> atleast_2d([1.0, 2.0])
    array([[1., 2.]])
    """
    results = tuple(with_axes(as_given(a, "atleast_2d"), 2) for a in arys)
    return results[0] if len(results) == 1 else results


@composition(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Each with three axes at least: a vector along the second, a matrix along the first two.

    >>> atleast_3d([1.0, 2.0]).shape, atleast_3d([[1.0, 2.0]]).shape
    ((1, 2, 1), (1, 2, 1))
    """
    results = []
    for a in arys:
        found = as_given(a, "atleast_3d")
        rows = with_axes(found, 2)
        results.append(rows if len(rows.shape) > 2 else in_shape(rows, (*rows.shape, 1)))
    return results[0] if len(results) == 1 else tuple(results)


# To one shape.


@composition(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """All of them in the shape that they have together.

    >>> [a.shape for a in broadcast_arrays(np.zeros((2, 1)), np.zeros(3))]
    [(2, 3), (2, 3)]
    """
    shape = broadcast(*map(shape_of, args))
    return tuple(broadcast_to(a, shape) for a in args)


@composition(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """The coordinates of the points of a grid, from those on its axes.

    >>> [a.tolist() for a in meshgrid([1.0, 2.0], [3.0])]
    [[[1.0, 2.0]], [[3.0, 3.0]]]

    Raises `DTypeError` for another indexing.
    """
    if indexing not in ("xy", "ij"):
        raise DTypeError(f"meshgrid: expected indexing 'xy' or 'ij', got {short_repr(indexing)}")
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    ndim = len(xi)
    grids: Sequence[Any] = [
        reshape(x, tuple(-1 if k == place else 1 for k in range(ndim))) for x, place in zip(xi, places, strict=True)
    ]
    if not sparse:
        grids = broadcast_arrays(*grids)
    return tuple(copied(grid) for grid in grids) if copy else tuple(grids)


@composition(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, **device: Any
) -> Any:
    """An array like another, filled with a number, which has the sum of all gradients.

    >>> full_like(np.ones((2, 3)), 0.5)
    array([[0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5]])
    """
    if not holds_node(fill_value):
        settings = {"dtype": dtype, "order": order, "subok": subok, "shape": shape, **device}
        if not holds_node(a):
            return np.full_like(a, fill_value, **settings)
        return answer(a, np.full_like, "full_like", [a, fill_value], settings)
    fill_value = given(fill_value, "full_like")
    kind = getattr(given(a, "full_like"), "dtype", None) if dtype is None else np.dtype(dtype)
    filled = broadcast_to(fill_value, shape_of(a) if shape is None else shape)
    return filled if kind in (None, object, getattr(fill_value, "dtype", None)) else astype(filled, kind)
