"""Products of vectors and matrices."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from autograd.op import Bound, Input, primitive
from autograd.ops.elementwise import sum_of_products
from autograd.ops.shaping import transpose


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


def product(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape: rows of a, columns of b, before them what the stacks broadcast to."""
    stacks = np.broadcast_shapes(a[:-2], b[:-2])
    return (*stacks, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


@cache
def factors(count: int) -> Bound:
    """The params of a sum of so many products."""
    return Bound({"xs": [Input(k) for k in range(count)], "ys": [Input(count + k) for k in range(count)]})


def dot(xs: list[Any], ys: list[Any]) -> Any:
    """Two lists of numbers and Values, multiplied and summed in order: one node."""
    if len(xs) < 2:
        return xs[0] * ys[0] if xs else 0.0
    return sum_of_products.apply([*xs, *ys], factors(len(xs)))


def matmul_of_scalars(a: Any, b: Any) -> Any:
    """The product of object arrays: every element is one node, a sum of products."""
    shape = np.matmul(np.broadcast_to(0.0, a.shape), np.broadcast_to(0.0, b.shape)).shape  # raises what NumPy raises
    left, right = a if a.ndim > 1 else a[None], b if b.ndim > 1 else b[:, None]
    stacks = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, (*stacks, *left.shape[-2:]))
    right = np.swapaxes(np.broadcast_to(right, (*stacks, *right.shape[-2:])), -1, -2)
    result = np.empty((*stacks, left.shape[-2], right.shape[-2]), dtype=object)
    for stack in np.ndindex(stacks):
        columns = right[stack].tolist()
        for i, row in enumerate(left[stack].tolist()):
            for j, column in enumerate(columns):
                result[(*stack, i, j)] = dot(row, column)
    return result.reshape(shape)[()]


matmul = primitive(
    "matmul",
    np.matmul,
    matmul_left,
    matmul_right,
    operator="@",
    linear="separately",
    shape=product,
    scalars=matmul_of_scalars,
    doc="matrix product multiplies the gradient by the other matrix, transposed",
)
