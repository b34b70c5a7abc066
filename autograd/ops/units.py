"""Units that put several numbers together, by PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.composition import composition
from autograd.errors import ShapeError
from autograd.ops.activations import leaky_relu, sigmoid
from autograd.ops.extremes import max
from autograd.ops.indexing import getitem
from autograd.ops.reductions import softmax
from autograd.ops.shaping import reshape


def axis_of(x: Any, axis: int, name: str) -> int:
    """An axis counted from the front."""
    ndim = len(np.shape(x))
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{name}: expected an axis of shape {np.shape(x)}, got {axis}")
    return axis % ndim


@composition()
def prelu(x: Any, weight: Any) -> Any:
    """Give x where it is positive, else weight · x, which is learned: one for all, or one a channel (axis 1).

    >>> prelu(np.array([[-1.0, -1.0], [2.0, 2.0]]), np.array([0.1, 0.2]))
    array([[-0.1, -0.2],
           [ 2. ,  2. ]])

    Raises `ShapeError` for weights that are neither.
    """
    shape, many = np.shape(x), np.shape(weight)
    channels = shape[1] if len(shape) > 1 else 1
    if many not in ((), (1,), (channels,)):
        raise ShapeError(
            f"prelu: expected one weight, or {channels}, one for each channel of x of shape {shape}, got {many}"
        )
    if many == (channels,) and len(shape) > 1:
        weight = reshape(weight, (channels, *[1] * (len(shape) - 2)))
    elif many:
        weight = reshape(weight, ())
    return leaky_relu(x, weight)


@composition()
def glu(x: Any, dim: int = -1) -> Any:
    """The first half along an axis, times the sigmoid of the second: a gate for each.

    >>> glu(np.array([2.0, 4.0, 0.0, -1e4]))
    array([1., 0.])

    Raises `ShapeError` for an odd length, or an axis that there is not.
    """
    axis = axis_of(x, dim, "glu")
    length = np.shape(x)[axis]
    if length % 2:
        raise ShapeError(f"glu: expected an even length along axis {dim} of shape {np.shape(x)}, got {length}")
    before = (slice(None),) * axis
    first, second = (*before, slice(length // 2)), (*before, slice(length // 2, None))
    return getitem(x, first) * sigmoid(getitem(x, second))


@composition()
def maxout(x: Any, pieces: int, axis: int = -1) -> Any:
    """The largest of each so many neighbours along an axis, which becomes so many times shorter.

    >>> maxout(np.array([1.0, 5.0, 3.0, 2.0]), 2)
    array([5., 3.])

    Raises `ShapeError` for a length that is not so many times another, or an axis that there is not.
    """
    place = axis_of(x, axis, "maxout")
    shape = np.shape(x)
    if pieces < 1 or shape[place] % pieces:
        raise ShapeError(
            f"maxout: expected a length along axis {axis} that is divided by pieces, got {shape[place]} of shape "
            f"{shape} and pieces={pieces}"
        )
    return max(reshape(x, (*shape[:place], shape[place] // pieces, pieces, *shape[place + 1 :])), axis=place + 1)


@composition()
def softmin(x: Any, axis: int = -1) -> Any:
    """The softmax of −x: the smallest has the most.

    >>> softmin(np.array([0.0, 1e4]))
    array([1., 0.])
    """
    return softmax(-x, axis=axis)
