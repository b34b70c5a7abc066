"""Windows that slide over an array, and what they add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view as numpy_windows

from autograd.errors import DTypeError
from autograd.op import Op, override, primitive
from autograd.ops.shaping import Shape, lengths, sum_dtype


def windows(x: Any, window_shape: Shape, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    """NumPy's, read only: an element is in several windows.

    Raises `DTypeError` where they are to be written to.
    """
    if writeable:
        raise DTypeError("sliding_window_view: expected writeable=False: its windows overlap, so assign to the array")
    return numpy_windows(x, window_shape, axis)


def windowed(x: tuple[int, ...], window_shape: Shape, axis: Any = None, **_: Any) -> tuple[int, ...]:
    """By the windows of what has that shape and no memory."""
    shape: tuple[int, ...] = numpy_windows(np.broadcast_to(np.False_, x), window_shape, axis).shape
    return shape


def windows_added(x: Any, shape: Shape, axis: Any = None) -> Any:
    """Zeros of that shape, with every window added where it stands: of each, one element after the other.

    >>> windows_added(np.ones((2, 2)), 3)
    array([1., 2., 1.])
    """
    whole = lengths(shape)
    ndim = len(whole)
    axes = tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim, allow_duplicate=True)
    many, window = x.shape[:ndim], x.shape[ndim:]
    if len(window) != len(axes) or windowed(whole, window, axes) != x.shape:
        raise ValueError(f"expected the shape of all windows of one size along axes {axes} of {whole}")
    zeros = np.zeros(whole, sum_dtype(x.dtype))
    for places in np.ndindex(window):
        start = [0] * ndim
        for k, place in zip(axes, places, strict=True):
            start[k] += place
        zeros[tuple(slice(first, first + n) for first, n in zip(start, many, strict=True))] += x[(..., *places)]
    return zeros.astype(x.dtype, copy=False)


# fmt: off
sliding_window_view: Op = primitive("sliding_window_view", windows,
    lambda g, y, x, window_shape, axis=None, *, subok=False, writeable=False: add_windows(g, x.shape, axis),
    linear="jointly", shape=windowed, method=False,
    doc="an element receives the gradients of all the windows that it is in")
add_windows: Op = primitive("add_windows", windows_added,
    lambda g, y, x, shape, axis=None: sliding_window_view(g, window_of(x, shape), axis),
    linear="jointly", shape=lambda x, shape, axis=None: lengths(shape), method=False,
    doc="windows that were added up each receive the gradient of where they stand")
# fmt: on


def window_of(x: Any, shape: Shape) -> tuple[int, ...]:
    """The shape of one window, of windows that were added up."""
    window: tuple[int, ...] = x.shape[len(lengths(shape)) :]
    return window


override(numpy_windows, sliding_window_view)
