"""Windows that slide along an axis, and the sums of windows that overlap: each is the gradient of the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.call import shape_of
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, primitive
from autograd.ops.reductions import sum_of_row
from autograd.ops.shaping import Shape, lengths, sum_dtype


def reach(size: int, dilation: int) -> int:
    """How many places a window spans, from its first element to its last.

    >>> reach(3, 1), reach(3, 2)
    (3, 5)
    """
    return dilation * (size - 1) + 1


def windowed(a: tuple[int, ...], size: int, axis: int = -1, stride: int = 1, dilation: int = 1) -> tuple[int, ...]:
    for name, n in {"size": size, "stride": stride, "dilation": dilation}.items():
        if n < 1:
            raise ValueError(f"expected {name} to be 1 at least, got {n}")
    place = normalize_axis_index(axis, len(a))
    span = reach(size, dilation)
    if a[place] < span:
        raise ValueError(f"a window of {span} places does not fit on axis {axis}, which has {a[place]}")
    return (*a[:place], (a[place] - span) // stride + 1, *a[place + 1 :], size)


def view(a: Any, size: int, axis: int = -1, stride: int = 1, dilation: int = 1) -> Any:
    return slid(a, size, axis, stride, dilation, writeable=False)


def slid(a: Any, size: int, axis: int, stride: int, dilation: int, writeable: bool) -> Any:
    shape = windowed(a.shape, size, axis, stride, dilation)  # what does not fit is refused
    place = axis % a.ndim
    step = a.strides[place]
    strides = (*a.strides[:place], step * stride, *a.strides[place + 1 :], step * dilation)
    return np.lib.stride_tricks.as_strided(a, shape, strides, writeable=writeable)


def overlapped(a: tuple[int, ...], length: int, axis: int = -1, stride: int = 1, dilation: int = 1) -> tuple[int, ...]:
    """The axis is counted in the result, which has one less."""
    if len(a) < 2:
        raise ValueError(f"expected windows on an axis, and a last one of their elements, got shape {a}")
    place = normalize_axis_index(axis, len(a) - 1)
    shape = (*a[:place], length, *a[place + 1 : -1])
    if windowed(shape, a[-1], place, stride, dilation)[place] != a[place]:
        raise ValueError(f"expected as many windows as slide along {length} places, got {a[place]} on axis {axis}")
    return shape


def added(a: Any, length: int, axis: int = -1, stride: int = 1, dilation: int = 1) -> Any:
    """Zeros of that length, with the first elements of all windows added, then the second ones, and so on.

    They stand in memory as the windows do, as then it is quickest to go through both.
    """
    shape = overlapped(a.shape, length, axis, stride, dilation)
    result = np.zeros_like(a[..., 0], sum_dtype(a.dtype), shape=shape)
    targets = slid(result, a.shape[-1], axis, stride, dilation, writeable=True)
    for k in range(a.shape[-1]):
        target = targets[..., k]
        target += a[..., k]
    return result.astype(a.dtype, copy=False)


def added_of_scalars(a: Any, length: int, axis: int = -1, stride: int = 1, dilation: int = 1) -> Any:
    """Of Values: every sum is one node."""
    shape = overlapped(a.shape, length, axis, stride, dilation)
    places = view(np.arange(length), a.shape[-1], 0, stride, dilation)
    result = np.empty(shape, dtype=object)
    rows = np.moveaxis(result, axis, -1)
    windows_of = np.moveaxis(a, axis % len(shape), -2)
    for index in np.ndindex(rows.shape[:-1]):
        terms: list[list[Any]] = [[] for _ in range(length)]
        for place, x in zip(places.ravel().tolist(), windows_of[index].ravel().tolist(), strict=True):
            terms[place].append(x)
        rows[index] = [sum_of_row(row) for row in terms]
    return result


# fmt: off
windows: Op = primitive("windows", view,
    lambda g, y, a, size, axis=-1, stride=1, dilation=1: overlap_add(g, shape_of(a)[axis], axis, stride, dilation),
    linear="jointly", masks=True, shape=windowed, method=False,
    doc="sliding windows add up the gradients of all windows that an element is in")
overlap_add: Op = primitive("overlap_add", added,
    lambda g, y, a, length, axis=-1, stride=1, dilation=1:
        windows(g, shape_of(a)[-1], axis % len(shape_of(g)), stride, dilation),
    scalars=added_of_scalars, linear="jointly", masks=True, shape=overlapped, method=False,
    doc="adding windows where they overlap gives each window the gradients of the places that it was added to")
# fmt: on


@composition(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Shape, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """Windows along all axes, or along some of them, with their own axes at the end.

    >>> sliding_window_view(np.arange(4.0), 3)
    array([[0., 1., 2.],
           [1., 2., 3.]])

    Raises `DTypeError` where they are to be written to, `ShapeError` where there is not one length an axis.
    """
    if writeable:
        raise DTypeError("sliding_window_view: expected writeable=False: its windows overlap, so assign to the array")
    x = given(x, "sliding_window_view")
    ndim, sizes = len(shape_of(x)), lengths(window_shape)
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim, allow_duplicate=True)
    if len(axes) != len(sizes):
        raise ShapeError(f"sliding_window_view: expected a length for each of {len(axes)} axes, got {len(sizes)}")
    for size, along in zip(sizes, axes, strict=True):
        x = windows(x, size, along)
    return x
