"""Operations that pick elements, and that put others in their places."""

from __future__ import annotations

from math import prod
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from autograd.accept import expect_unmasked, narrowed
from autograd.call import broadcast, holds_node, shape_of
from autograd.op import Op, override, primitive
from autograd.ops.compare import where
from autograd.ops.shaping import Shape, as_long, behind, lengths, reshape, sum_dtype

#: The commonest parts of an index.
PLACES = frozenset({int, slice, EllipsisType, NoneType})

#: Parts of an index that pick no element twice; any other is a list of positions, or becomes one.
SINGLE = (int, np.integer, slice, EllipsisType)


def as_index(index: Any) -> Any:
    """An index with its lists, and what else NumPy reads as one, as arrays."""
    if index.__class__ in PLACES:
        return index
    if isinstance(index, tuple):
        return tuple(map(as_index, index))
    expect_unmasked(index, "index", "positions, or truth values")
    if isinstance(index, np.ndarray | str) or not hasattr(type(index), "__len__") or holds_node(index):
        return index
    return np.array(index, dtype=None if len(index) else int)


def picks_once(index: Any) -> bool:
    """Whether it is plain from the index alone that it picks no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or isinstance(part, SINGLE) for part in parts)


def scatter(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of that shape, with ``g`` added at the index: an element picked twice receives twice."""
    zeros = np.zeros(shape, sum_dtype(g.dtype))
    if picks_once(index):
        zeros[index] = as_elements(g, zeros, index)
    else:
        np.add.at(zeros, index, g)
    return zeros.astype(g.dtype, copy=False)


def indexed(x: tuple[int, ...], index: Any) -> tuple[int, ...]:
    """By indexing what has that shape and no memory."""
    shape: tuple[int, ...] = np.broadcast_to(np.False_, x)[index].shape
    return shape


def as_elements(value: Any, array: Any, index: Any) -> Any:
    """A value as it is assigned at the index: one place in an array of objects would take in an array as a whole."""
    if array.dtype != object or indexed(array.shape, index) != ():
        return value
    return np.asarray(value, dtype=object).reshape(()).item()


def assigned(x: Any, value: Any, index: Any) -> Any:
    """A copy of x with the value at the index."""
    result = np.array(x)
    if result.dtype.kind == "f" and isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f":
        value = narrowed(np.asarray(value), result.dtype, "setitem")
    result[index] = as_elements(value, result, index)
    return result


def kept_elements(shape: tuple[int, ...], index: Any) -> Any:
    """Of the elements that are written at the index, which stay: of several in one place, the last."""
    order = np.arange(np.prod(indexed(shape, index), dtype=int)).reshape(indexed(shape, index))
    last = np.empty(shape, dtype=int)
    last[index] = order
    return last[index] == order


def value_vjp(g: Any, y: Any, x: Any, value: Any, index: Any) -> Any:
    part = g[index] if picks_once(index) else where(kept_elements(x.shape, index), g[index], 0)
    extra = len(shape_of(value)) - len(part.shape)
    return reshape(part, (1,) * extra + part.shape) if extra > 0 else part  # NumPy lets it have more axes, of length 1


def along(shape: tuple[int, ...], indices: Any, axis: int) -> tuple[Any, ...]:
    """The index by which indices along one axis pick from that shape; on the other axes the two broadcast."""
    if np.ndim(indices) != len(shape):
        raise ValueError(f"expected indices of {len(shape)} axes, as the array has, got {np.ndim(indices)}")
    parts: list[Any] = list(np.ogrid[tuple(map(slice, shape))])
    parts[axis] = indices
    return tuple(parts)


def added_along(x: Any, indices: Any, shape: Shape, axis: int | None = -1) -> Any:
    """Zeros of that shape, with ``x`` added at the indices along the axis: what is picked twice receives twice."""
    zeros = np.zeros(shape, sum_dtype(x.dtype))
    target, place = (zeros.reshape(-1), 0) if axis is None else (zeros, axis)
    np.add.at(target, along(target.shape, indices, place), x)
    return zeros.astype(x.dtype, copy=False)


def picked_along(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """NumPy's, where a plain number is no array of indices."""
    return np.take_along_axis(arr, np.asarray(indices), axis)


def taken_along(arr: tuple[int, ...], indices: tuple[int, ...], axis: int | None = -1) -> tuple[int, ...]:
    """On the axis as long as the indices; on the others, what the two broadcast to."""
    if axis is None:
        return indices
    place = axis % len(arr)
    return broadcast((*arr[:place], 1, *arr[place + 1 :]), indices)


# Many at once: each array has one axis more in front.


def index_each(index: Any) -> Any:
    """The index that picks the same of each.

    NotImplemented where arrays stand apart in it: their axes come first in what is picked, before those of the stack.
    """
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [k for k, part in enumerate(parts) if not is_basic(part)]
    if arrays:
        picking = [k for k, part in enumerate(parts) if isinstance(part, int | np.integer) or not is_basic(part)]
        if picking != list(range(picking[0], picking[-1] + 1)):
            return NotImplemented
    return (slice(None), *parts)


def is_basic(part: Any) -> bool:
    return part is None or (isinstance(part, SINGLE) and not isinstance(part, bool))


def as_picked(value: Any, shape: tuple[int, ...], index: Any) -> Any:
    """A stack of values, each with the axes of what the index picks from an array of that shape."""
    if not hasattr(value, "shape"):
        return value
    first, *rest = value.shape
    extra = len(indexed(shape, index)) - len(rest)
    return reshape(value, (first, *(1,) * extra, *rest[max(-extra, 0) :])) if extra else value


def getitem_each(x: Any, index: Any) -> Any:
    inner = index_each(index)
    return inner if inner is NotImplemented else getitem(x, inner)


def put_each(x: Any, shape: Shape, index: Any) -> Any:
    inner = index_each(index)
    if inner is NotImplemented:
        return inner
    return put(as_picked(x, lengths(shape), index), (x.shape[0], *lengths(shape)), inner)


def setitem_each(x: Any, value: Any, index: Any) -> Any:
    inner = index_each(index)
    if inner is NotImplemented:
        return inner
    shape = x.shape[1:]
    if hasattr(value, "shape"):
        x, value = as_long([x, value])
    return setitem(x, as_picked(value, shape, index), inner)


def take_along_each(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return take_along_axis(reshape(arr, (arr.shape[0], prod(arr.shape[1:]))), indices, 1)
    return take_along_axis(arr, indices, behind(axis))


def add_along_each(x: Any, indices: Any, shape: Shape, axis: int | None = -1) -> Any:
    first = max(x.shape[0], indices.shape[0])
    if axis is None:
        return reshape(add_along_axis(x, indices, (first, prod(lengths(shape))), 1), (first, *lengths(shape)))
    return add_along_axis(x, indices, (first, *lengths(shape)), behind(axis))


# fmt: off
getitem: Op = primitive("getitem", lambda x, index: x[index], lambda g, y, x, index: put(g, x.shape, index),
    linear="jointly", masks=True, operator="[]", shape=indexed, method=False, batched=getitem_each,
    doc="indexing sends the gradient back to the elements that were picked, and zero to the rest")
put: Op = primitive("put", scatter, lambda g, y, x, shape, index: g[index],
    linear="jointly", masks=True, shape=lambda x, shape, index: lengths(shape), method=False,
    batched=put_each,
    doc="placing into zeros picks the gradient up from the same places")
setitem: Op = primitive("setitem", assigned, lambda g, y, x, value, index: setitem(g, 0, index), value_vjp,
    linear="jointly", masks=True, operator="[]=", shape=lambda x, value, index: x,
    batched=setitem_each,
    doc="assigning takes the gradient of the elements that were replaced to the value, and the rest on to the old ones")
take_along_axis: Op = primitive("take_along_axis", picked_along,
    lambda g, y, arr, indices, axis=-1: add_along_axis(g, indices, shape_of(arr), axis), None,
    linear="jointly", masks=True, shape=taken_along, batched=take_along_each,
    doc="taking along an axis sends the gradient back to the elements that were taken, and zero to the rest")
add_along_axis: Op = primitive("add_along_axis", added_along,
    lambda g, y, x, indices, shape, axis=-1: take_along_axis(g, indices, axis), None,
    linear="jointly", masks=True, shape=lambda x, indices, shape, axis=-1: lengths(shape),
    batched=add_along_each,
    doc="adding into zeros along an axis picks the gradient up from the same places")
# fmt: on

override(np.take_along_axis, take_along_axis)
