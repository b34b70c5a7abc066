"""Determinants and their slopes, the cofactors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.errors import DTypeError
from autograd.op import Op, primitive
from autograd.ops.arithmetic import sum_of
from autograd.ops.compare import number_if, where
from autograd.ops.corners import abs, sign
from autograd.ops.elimination import (
    Rows,
    along_minors,
    cofactor,
    determinant,
    expanded,
    expect_square,
    of_stack,
    triangular,
)
from autograd.ops.functions import log
from autograd.ops.linalg import swap
from autograd.ops.reductions import sum
from autograd.ops.shaping import HALF
from autograd.ops.solving import column, inv, size

#: Up to this size slopes are sums of products of elements, so that they have all their digits; beyond, there are too
#: many of these, and it is the singular values that are multiplied.
SMALL = 3

#: A matrix is regular that has no more than one over this of its size times that of its inverse.
NEAR = 1e-3


# The slopes of a determinant are there where the matrix is singular, too: they are computed without its inverse.


def expect_no_halves(name: str, *arrays: Any) -> None:
    """As of all linear algebra in NumPy; it is asked for before the rules come to that."""
    if any(getattr(x, "dtype", None) == HALF for x in arrays):
        raise DTypeError(f"{name}: NumPy's linear algebra has no half precision: use astype(np.float32)")


def each_element(slope: Callable[[int, int], Any], like: Any) -> Any:
    """Of a stack of matrices, what a function gives of each place."""
    result = np.empty_like(like)
    for i, j in np.ndindex(like.shape[-2:]):
        result[..., i, j] = slope(i, j)
    return result


def elements(a: Any) -> Rows:
    """A stack of matrices as one matrix, of which each element is an array."""
    return [[a[..., i, j] for j in range(a.shape[-1])] for i in range(a.shape[-2])]


def factored(a: Any) -> tuple[Any, Any, Any, Any]:
    """The determinant of U times that of V, 1 or −1; U, the singular values and Vᵀ."""
    u, s, vh = np.linalg.svd(a)
    return np.rint(np.linalg.det(u) * np.linalg.det(vh))[..., None, None], u, s, vh


def cofactors_of_arrays(a: Any) -> Any:
    """By the minors, or the products of all other singular values."""
    expect_square("cofactors", a.shape)
    expect_no_halves("cofactors", a)
    if a.shape[-1] <= SMALL:
        rows = elements(a)
        return each_element(lambda i, j: cofactor(rows, i, j, expanded), a)
    side, u, s, vh = factored(a)
    before, after = np.ones_like(s), np.ones_like(s)
    before[..., 1:] = np.cumprod(s[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(s[..., :0:-1], axis=-1)[..., ::-1]
    return (side * u * (before * after)[..., None, :]) @ vh


def expect_pair(x: Any, a: Any) -> None:
    expect_square("det_hessian", a.shape)
    if x.shape[-2:] != a.shape[-2:]:
        raise ValueError(f"expected matrices of one shape, got the shapes {x.shape}, {a.shape}")


def det_hessian_of_arrays(x: Any, a: Any) -> Any:
    """With C = Uᵀ x V it is U M Vᵀ, M_ii = Σ_j p_ij C_jj and M_ij = −p_ij C_ji, p_ij being the product of all singular
    values but two.
    """
    n = a.shape[-1]
    expect_pair(x, a)
    expect_no_halves("det_hessian", x, a)
    if n <= SMALL:
        xs, rows = elements(x), elements(a)
        return each_element(lambda i, j: along_minors(xs, rows, i, j, expanded), x + 0 * a)
    side, u, s, vh = factored(a)
    k = np.arange(n)
    pair = (k[:, None, None] == k) | (k[:, None] == k)
    p = np.where(np.eye(n, dtype=bool), 0, np.prod(np.where(pair, s.dtype.type(1), s[..., None, None, :]), axis=-1))
    c = np.swapaxes(u, -1, -2) @ x @ np.swapaxes(vh, -1, -2)
    inside = -p * np.swapaxes(c, -1, -2)
    inside[..., k, k] = (p @ c[..., k, k, None])[..., 0]
    return side * u @ (inside @ vh)


def det_hessian_vjp(g: Any, y: Any, x: Any, a: Any) -> Any:
    """The third derivative of the determinant, by the inverse: of a matrix that is nearly singular, no number."""
    minor = cofactors(a)
    n = a.shape[-1]
    regular = abs(column(det(a))) > NEAR * (size(a) / n) * (size(minor) / n)
    inverse = inv(where(regular, a, np.eye(a.shape[-1], dtype=getattr(a, "dtype", None))))
    t, gt, xt = swap(inverse), swap(g), swap(x)
    along = inner(g, t) * det_hessian(x, a) - det_hessian(x @ (inverse @ g), a)
    return (along + t @ ((xt @ (minor @ gt) - inner(x, minor) * gt) @ t)) * number_if(regular, a)


def inner(x: Any, y: Any) -> Any:
    """The sum of the products of the elements of two matrices, in the place of an element."""
    return sum(x * y, axis=(-2, -1), keepdims=True)


def det_hessian_of_scalars(x: Any, a: Any) -> Any:
    expect_pair(x, a)
    places = range(a.shape[-1])
    return of_stack(
        lambda xs, rows: [[along_minors(xs, rows, i, j) for j in places] for i in places],
        a.shape[-2:],
        *np.broadcast_arrays(x, a),
    )


def cofactors_of_scalars(a: Any) -> Any:
    expect_square("cofactors", a.shape)
    places = range(a.shape[-1])
    return of_stack(lambda rows: [[cofactor(rows, i, j) for j in places] for i in places], a.shape[-2:], a)


def det_of_scalars(a: Any) -> Any:
    expect_square("det", a.shape)
    return of_stack(lambda rows: [[determinant(rows)]], (), a)


def slogdet_of_scalars(a: Any) -> Any:
    expect_square("slogdet", a.shape)
    both = of_stack(lambda rows: [sign_and_logarithm(rows)], (2,), a)
    kind: Any = type(np.linalg.slogdet(np.eye(1)))
    return kind(both[..., 0], both[..., 1])


def sign_and_logarithm(rows: Rows) -> list[Any]:
    above, _, side = triangular(rows, [[] for _ in rows])
    if not side:
        return [0.0, -np.inf]
    result: Any = float(side)
    for k, row in enumerate(above):
        result = result * sign(row[k])
    return [result, sum_of([log(abs(row[k])) for k, row in enumerate(above)])]


def slogdet_vjp(g: Any, y: Any, a: Any) -> Any:
    """The sign is flat."""
    return column(g[1]) * swap(inv(a))


# fmt: off
det_hessian: Op = primitive("det_hessian", det_hessian_of_arrays,
    lambda g, y, x, a: det_hessian(g, a), det_hessian_vjp,
    linear="first", shape=lambda x, a: x, scalars=det_hessian_of_scalars,
    doc="the second derivative of the determinant, along a matrix, is symmetric: it sends its gradient through itself")
cofactors: Op = primitive("cofactors", cofactors_of_arrays, lambda g, y, a: det_hessian(g, a),
    shape=lambda a: a, scalars=cofactors_of_scalars, method=False,
    doc="a cofactor sends its gradient to the elements of its minor, by their minors")
det: Op = primitive("det", np.linalg.det, lambda g, y, a: column(g) * cofactors(a),
    shape=lambda a: a[:-2], scalars=det_of_scalars, method=False,
    doc="the determinant sends each element its cofactor, be the matrix singular or not")
slogdet: Op = primitive("slogdet", np.linalg.slogdet, slogdet_vjp, scalars=slogdet_of_scalars, method=False,
    doc="the logarithm of the determinant sends back the transposed inverse; its sign is flat")
# fmt: on
