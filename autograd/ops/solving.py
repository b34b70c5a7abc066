"""Inverses and systems of equations.

The rules are those of M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), where no other source is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.call import broadcast, shape_of
from autograd.composition import composition
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.op import Op, override, primitive
from autograd.ops.compare import number_if, unit_of, where
from autograd.ops.corners import abs
from autograd.ops.elimination import (
    expect_square,
    identity,
    of_stack,
    orthogonal_factors,
    solution,
    transposed,
)
from autograd.ops.linalg import matmul, swap
from autograd.ops.reductions import sum
from autograd.ops.shaping import reshape, transpose

Shape = tuple[int, ...]


def column(x: Any) -> Any:
    """A number of each matrix, in the place of an element."""
    return reshape(x, (*shape_of(x), 1, 1))


def inv_of_scalars(a: Any) -> Any:
    expect_square("inv", a.shape)
    return of_stack(lambda rows: solution(rows, identity(len(rows))), a.shape[-2:], a)


def is_vector(b: Any) -> bool:
    """Whether the right side is one vector, as NumPy has it from 2.0 on: if it has one axis."""
    return len(shape_of(b)) == 1


def solve_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    back = solve_right(g, y, a, b)
    if is_vector(b):
        return -back[..., :, None] * y[..., None, :]
    return -back @ swap(y)


def solve_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    return solve(swap(a), g[..., None])[..., 0] if is_vector(b) else solve(swap(a), g)


def solved(a: Shape, b: Shape) -> Shape:
    return a[:-1] if len(b) == 1 else (*broadcast(a[:-2], b[:-2]), *b[-2:])


def solve_of_scalars(a: Any, b: Any) -> Any:
    expect_square("solve", a.shape)
    right = b[:, None] if b.ndim == 1 else b
    if right.ndim < 2 or right.shape[-2] != a.shape[-1]:
        raise ValueError(f"expected {a.shape[-1]} rows on the right, got the shapes {a.shape}, {b.shape}")
    stack = broadcast(a.shape[:-2], right.shape[:-2])
    left, right = (np.broadcast_to(x, (*stack, *x.shape[-2:])) for x in (a, right))
    return of_stack(solution, right.shape[-2:], left, right).reshape(solved(a.shape, b.shape))


def pseudoinverse(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    expect_whole(hermitian)
    return np.linalg.pinv(a, rcond, rtol=rtol)


def expect_whole(hermitian: bool) -> None:
    if hermitian:
        raise DTypeError("pinv: hermitian=True reads half of a matrix, which has another derivative here: leave it out")


def pinv_vjp(g: Any, y: Any, a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """After G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate" (1973): at a constant rank.

    Singular values that are cut off are to be zero, but for rounding: of a matrix that has others, or so small ones
    that the inverse has no digits, it is no pseudoinverse, and there is no number.
    """
    gt, yt = swap(g), swap(y)
    result = (gt - a @ (y @ gt)) @ (y @ yt) + yt @ (y @ (gt - gt @ (y @ a))) - yt @ (g @ yt)
    rest = a - a @ (y @ a)
    return result * number_if(size(rest) <= unit_of(a) ** 0.5 * size(a), a)


def size(x: Any) -> Any:
    """The sum of the sizes of the elements of a matrix, in the place of an element."""
    return sum(abs(x), axis=(-2, -1), keepdims=True)


def pinv_of_scalars(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """R⁻¹ Qᵀ of the higher of the matrix and its transpose, which is to have full rank."""
    expect_whole(hermitian)
    least = rcond if rtol is np._NoValue else rtol
    if least is not None:
        numbers = np.frompyfunc(lambda x: getattr(x, "data", x), 1, 1)(a).astype(float)
        if not np.array_equal(np.linalg.matrix_rank(numbers, rtol=least), np.linalg.matrix_rank(numbers)):
            raise DTypeError("pinv: expected no singular value to be cut off, as Values have none: use a Tensor")
    return inverses_of_scalars(a)


def inverses_of_scalars(a: Any) -> Any:
    m, n = a.shape[-2:]
    if m < n:
        return inverses_of_scalars(a.swapaxes(-1, -2)).swapaxes(-1, -2)

    def inverse(rows: list[list[Any]]) -> list[list[Any]]:
        q, r = orthogonal_factors(rows, n)
        return solution(r, transposed(q))

    return of_stack(inverse, (n, m), a)


# fmt: off
inv: Op = primitive("inv", np.linalg.inv, lambda g, y, a: -swap(y) @ (g @ swap(y)),
    symbol="⁻¹", shape=lambda a: a, scalars=inv_of_scalars, method=False,
    doc="the inverse sends back minus the gradient, between two transposed inverses")
solve: Op = primitive("solve", np.linalg.solve, solve_left, solve_right, shape=solved, scalars=solve_of_scalars,
    doc="the right side receives the solution of the transposed system; "
        "the matrix minus its outer product with the solution")
pinv: Op = primitive("pinv", pseudoinverse, pinv_vjp, scalars=pinv_of_scalars, method=False,
    doc="the pseudoinverse sends back what the inverse does, and what tilts the spaces of rows and columns")
# fmt: on

override(np.linalg.pinv, pinv)


@composition(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """A power of square matrices, by squaring; a negative one is of the inverse.

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 3)
    array([[1., 3.],
           [0., 1.]])
    """
    expect_square("matrix_power", shape_of(a))
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise DTypeError(f"matrix_power: expected n as an int, got {short_repr(n)}")
    if n < 0:
        return matrix_power(inv(a), -n)
    if n == 0:  # of a, whose gradient is zero
        return where(True, np.broadcast_to(np.eye(shape_of(a)[-1], dtype=getattr(a, "dtype", None)), shape_of(a)), a)
    half = matrix_power(a, n // 2) if n > 1 else a
    square = matmul(half, half) if n > 1 else a
    return matmul(square, a) if n > 1 and n % 2 else square


@composition(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The x of which a, contracted with it over its last axes, is b.

    >>> tensorsolve(np.eye(6).reshape(2, 3, 6), np.ones((2, 3))).shape
    (6,)
    """
    if axes is not None:
        last = normalize_axis_tuple(axes, len(shape_of(a)))
        a = transpose(a, (*(axis for axis in range(len(shape_of(a))) if axis not in last), *last))
    over = shape_of(a)[len(shape_of(b)) :]
    if prod(over) != prod(shape_of(b)) or prod(shape_of(a)) != prod(over) ** 2:
        raise ShapeError(f"tensorsolve: expected as many unknowns as equations, got {shape_of(a)} and {shape_of(b)}")
    return reshape(solve(reshape(a, (prod(over), prod(over))), reshape(b, -1)), over)


@composition(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of the contraction with a over its last axes, all but ``ind``.

    >>> tensorinv(np.eye(6).reshape(2, 3, 6)).shape
    (6, 2, 3)
    """
    before, after = shape_of(a)[:ind], shape_of(a)[ind:]
    if ind <= 0 or prod(before) != prod(after):
        raise ShapeError(f"tensorinv: expected as many elements before axis ind={ind} as behind, got {shape_of(a)}")
    return reshape(inv(reshape(a, (prod(before), prod(after)))), (*after, *before))
