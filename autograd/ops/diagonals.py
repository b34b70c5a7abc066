"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import ShapeError
from autograd.op import Op, primitive
from autograd.ops.axes import ravel
from autograd.ops.compare import where
from autograd.ops.indexing import put
from autograd.ops.shaping import behind, inverse, reshape, transpose


def placed(v: Any, rows: int, columns: int, offset: int) -> Any:
    """Zeros, but for the diagonals of matrices: ``v`` along its last axis. In a row, they are evenly apart.

    >>> placed(np.array([1.0, 2.0]), 2, 3, 1)
    array([[0., 1., 0.],
           [0., 0., 2.]])
    """
    *stacks, many = v.shape
    start = offset if offset > 0 else -offset * columns
    diagonal = slice(start, start + many * (columns + 1), columns + 1)
    return reshape(put(v, (*stacks, rows * columns), (..., diagonal)), (*stacks, rows, columns))


def diagonal_vjp(g: Any, y: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    ndim = len(a.shape)
    first, second = normalize_axis_index(axis1, ndim), normalize_axis_index(axis2, ndim)
    order = (*(k for k in range(ndim) if k not in (first, second)), first, second)
    return transpose(placed(g, a.shape[first], a.shape[second], offset), inverse(order))


def of_diagonal(a: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> tuple[int, ...]:
    """By the diagonal of what has that shape and no memory."""
    return np.broadcast_to(np.False_, a).diagonal(offset, axis1, axis2).shape


# fmt: off
diagonal: Op = primitive("diagonal", np.diagonal, diagonal_vjp,
    linear="jointly", masks=True, shape=of_diagonal,
    batched=lambda a, offset=0, axis1=0, axis2=1: diagonal(a, offset, behind(axis1), behind(axis2)),
    doc="a diagonal sends the gradient back to where it was, and zero to the rest")
# fmt: on


@composition(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The matrix with this diagonal; of a matrix, its diagonal.

    >>> diag([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]])
    >>> diag([[1.0, 2.0], [3.0, 4.0]], k=1)
    array([2.])

    Raises `ShapeError` for anything else.
    """
    shape = shape_of(v)
    if len(shape) == 2:
        return diagonal(v, k)
    if len(shape) != 1:
        raise ShapeError(f"diag: expected a vector or a matrix, got shape {shape}: diagonal() takes stacks")
    n = shape[0] + abs(k)
    return placed(reshape(v, shape), n, n, k)


@composition(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with all elements on this diagonal.

    >>> diagflat([[1.0], [2.0]]).shape
    (2, 2)
    """
    return diag(ravel(v), k)


def lower(m: Any, k: int) -> Any:
    """Where a matrix is, or would be made of a vector, up to a diagonal."""
    if not shape_of(m):
        raise ValueError("expected an axis at least, got one number")
    rows, columns = (shape_of(m) * 2)[-2:]
    return np.tri(rows, columns, k, bool)


@composition(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The matrix up to a diagonal; zeros above.

    >>> tril([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 0.],
           [3., 4.]])
    """
    return where(lower(m, k), m, 0)


@composition(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The matrix from a diagonal on; zeros below.

    >>> triu([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [0., 4.]])
    """
    return where(lower(m, k - 1), 0, m)


@composition(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of each matrix in a stack of them.

    >>> matrix_diagonal(np.ones((2, 3, 3))).shape
    (2, 3)
    """
    return diagonal(x, offset, -2, -1)
