"""Products of vectors and matrices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from autograd.call import broadcast
from autograd.op import Op, primitive
from autograd.ops.arithmetic import sum_of_products
from autograd.ops.contraction import einsum
from autograd.ops.shaping import reshape, transpose


def swap(x: Any) -> Any:
    """The transpose of the last two axes."""
    n = len(x.shape)
    return x.T if n == 2 else transpose(x, (*range(n - 2), n - 1, n - 2))


def matmul_left(g: Any, c: Any, a: Any, b: Any) -> Any:
    """Gradient by ``a``; a vector is a row on the left and a column on the right, as in NumPy."""
    if len(b.shape) == 1:
        return g[..., None] * b if len(a.shape) > 1 else g * b
    if len(a.shape) == 1:
        return (b @ g[..., None])[..., 0]
    return g @ swap(b)


def matmul_right(g: Any, c: Any, a: Any, b: Any) -> Any:
    """Gradient by ``b``."""
    if len(a.shape) == 1:
        return a[:, None] * g[..., None, :] if len(b.shape) > 1 else g * a
    if len(b.shape) == 1:
        return (swap(a) @ g[..., None])[..., 0]
    return swap(a) @ g


def textbook_left(g: Any, c: Any, a: Any, b: Any) -> Any:
    """The same as people write it: of a matrix and a vector an outer product; of a vector and a matrix that product."""
    if (len(a.shape), len(b.shape)) == (2, 1):
        return outer(g, b)
    return b @ g if (len(a.shape), len(b.shape)) == (1, 2) else matmul_left(g, c, a, b)


def textbook_right(g: Any, c: Any, a: Any, b: Any) -> Any:
    if (len(a.shape), len(b.shape)) == (1, 2):
        return outer(a, g)
    return swap(a) @ g if (len(a.shape), len(b.shape)) == (2, 1) else matmul_right(g, c, a, b)


def outer(x: Any, y: Any) -> Any:
    """Every element of one vector times every element of the other."""
    return einsum("i,j->ij", x, y)


def product(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape: rows of a, columns of b, before them what the stacks broadcast to."""
    stacks = broadcast(a[:-2], b[:-2])
    return (*stacks, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def dot(xs: list[Any], ys: list[Any]) -> Any:
    """Two lists of numbers and Values, multiplied and summed in order: one node."""
    if len(xs) < 2:
        return xs[0] * ys[0] if xs else 0.0
    return sum_of_products(xs, ys)


def products(rows: list[list[Any]], columns: list[list[Any]]) -> Iterator[Any]:
    """Every row times every column, each one node."""
    count = len(rows[0]) if rows else 0
    record = sum_of_products.recorder([chain(*rows), chain(*columns)], (count, count)) if count > 1 else None
    for row in rows:
        for column in columns:
            yield dot(row, column) if record is None else record(row, column)


def matmul_of_scalars(a: Any, b: Any) -> Any:
    """The product of object arrays: every element is one node, a sum of products."""
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2:][0]:
        np.matmul(np.broadcast_to(0.0, a.shape), np.broadcast_to(0.0, b.shape))  # raises what NumPy raises
    left, right = a if a.ndim > 1 else a[None], b.swapaxes(-1, -2) if b.ndim > 1 else b[None]
    if left.ndim == right.ndim == 2:
        elements = list(products(left.tolist(), right.tolist()))
    else:
        stacks = broadcast(left.shape[:-2], right.shape[:-2])
        left, right = (np.broadcast_to(x, (*stacks, *x.shape[-2:])) for x in (left, right))
        elements = [x for stack in np.ndindex(stacks) for x in products(left[stack].tolist(), right[stack].tolist())]
    result = np.empty(len(elements), dtype=object)
    result[:] = elements
    return result.reshape(product(a.shape, b.shape))[()]


def matmul_each(a: Any, b: Any) -> Any:
    """Products of stacks. Of vectors with a matrix that all share, it is one product of matrices."""
    (m, *left), (n, *right) = a.shape, b.shape
    shape = (max(m, n), *product(tuple(left), tuple(right)))
    if n == 1 and len(right) <= 2 and prod(left[:-1]) == 1:
        return reshape(reshape(a, (m, left[-1])) @ reshape(b, tuple(right)), shape)
    if m == 1 and len(left) <= 2 and len(right) <= 2 and prod(right[1:]) == 1:
        return reshape(reshape(b, (n, right[0])) @ transpose(reshape(a, tuple(left))), shape)
    ndim = max(len(left), len(right), 2)
    row = left if len(left) > 1 else [1, *left]
    column = right if len(right) > 1 else [*right, 1]
    padded = [(first, *(1,) * (ndim - len(rest)), *rest) for first, rest in ((m, row), (n, column))]
    return reshape(reshape(a, padded[0]) @ reshape(b, padded[1]), shape)


matmul: Op = primitive(
    "matmul",
    np.matmul,
    textbook_left,
    textbook_right,
    numeric=(matmul_left, matmul_right),
    operator="@",
    linear="separately",
    shape=product,
    batched=matmul_each,
    scalars=matmul_of_scalars,
    doc="matrix product multiplies the gradient by the other matrix, transposed",
)
