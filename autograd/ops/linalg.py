"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.op import primitive
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


matmul = primitive(
    "matmul",
    np.matmul,
    matmul_left,
    matmul_right,
    operator="@",
    linear="separately",
    shape=product,
    doc="matrix product multiplies the gradient by the other matrix, transposed",
)
