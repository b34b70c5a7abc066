"""Operations that only move elements: their gradients move them back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from types import EllipsisType
from typing import Any

import numpy as np

from autograd.op import Op, primitive

Shape = int | tuple[int, ...]

#: Parts of an index that pick no element twice; any other is a list of positions, or becomes one.
SINGLE = (int, np.integer, slice, EllipsisType)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` down to ``shape``: the one place where broadcasting is undone.

    An element that broadcasting copied receives the sum of what its copies receive.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> unbroadcast(np.ones((4, 3)), (4, 1)).ravel()
    array([3., 3., 3., 3.])
    """
    if g.shape == shape:
        return g
    added = len(g.shape) - len(shape)
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1)
    total = g.sum(axis=tuple(range(added)) + stretched)
    return total.reshape(shape) if stretched else total


def inverse(axes: Sequence[int] | int | None) -> Sequence[int] | int | None:
    """The permutation that undoes this one; a single axis stays where it is."""
    if axes is None or isinstance(axes, int):
        return axes
    return tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


def scatter(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of that shape, with ``g`` added at the index: an element picked twice receives twice."""
    total = np.zeros(shape, dtype=g.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or isinstance(part, SINGLE) for part in parts):
        total[index] = g  # picks nothing twice
    else:
        np.add.at(total, index, g)
    return total


def concatenate_pullback(g: Any, y: Any, *xs: Any, axis: int | None = 0) -> list[Any]:
    if axis is None:
        shapes = [getattr(x, "shape", ()) for x in xs]  # a plain number has none
        ends = [0, *accumulate(map(prod, shapes))]
        return [reshape(g[i:j], shape) for shape, (i, j) in zip(shapes, pairwise(ends), strict=True)]
    front = (slice(None),) * (axis % len(g.shape))
    ends = list(accumulate(x.shape[axis] for x in xs))
    return [g[(*front, slice(end - x.shape[axis], end))] for x, end in zip(xs, ends, strict=True)]


def stack_pullback(g: Any, y: Any, *xs: Any, axis: int = 0) -> list[Any]:
    front = (slice(None),) * (axis % len(g.shape))
    return [g[(*front, i)] for i in range(len(xs))]


# fmt: off
reshape: Op = primitive("reshape", np.reshape, lambda g, y, x, shape: reshape(g, x.shape),
    params=("shape",), linear=True,
    doc="reshape gives the gradient the old shape back")
transpose: Op = primitive("transpose", np.transpose, lambda g, y, x, axes=None: transpose(g, inverse(axes)),
    symbol="ᵀ", params=("axes",), linear=True,
    doc="transpose moves the axes of the gradient back")
broadcast_to = primitive("broadcast_to", np.broadcast_to, lambda g, y, x, shape: g,
    params=("shape",), linear=True,
    doc="broadcasting copies, so the gradients of the copies are summed")
getitem = primitive("getitem", lambda x, index: x[index], lambda g, y, x, index: put(g, x.shape, index),
    params=("index",), linear=True, operator="[]",
    doc="indexing sends the gradient back to the elements that were picked, and zero to the rest")
put: Op = primitive("put", scatter, lambda g, y, x, shape, index: g[index],
    params=("shape", "index"), linear=True,
    doc="placing into zeros picks the gradient up from the same places")
concatenate = primitive("concatenate", np.concatenate, concatenate_pullback,
    params=("axis",), variadic=True, linear=True,
    doc="concatenate hands each part its own piece of the gradient")
stack = primitive("stack", np.stack, stack_pullback,
    params=("axis",), variadic=True, linear=True,
    doc="stack hands each layer its own slice of the gradient")
