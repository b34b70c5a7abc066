"""Determinants and their slopes, the cofactors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.op import Op, primitive
from autograd.ops.arithmetic import sum_of
from autograd.ops.compare import where
from autograd.ops.corners import abs, sign
from autograd.ops.decompositions import svd
from autograd.ops.elimination import Rows, cofactor, determinant, expect_square, of_stack, triangular, without
from autograd.ops.functions import log
from autograd.ops.linalg import swap
from autograd.ops.reductions import sum
from autograd.ops.solving import column, inv

#: Up to this size a cofactor is computed as the determinant of its minor, so that it has all its digits.
SMALL = 4

#: A matrix is regular whose singular values are within this of each other.
NEAR = 1e-3


# The slopes of a determinant are there where the matrix is singular, too: they are computed without its inverse.


def minors(a: Any) -> Any:
    """For each element, what is left of the matrix without its row and its column."""
    n = a.shape[-1]
    kept = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=int).reshape(n, n - 1)
    return a[..., kept[:, None, :, None], kept[None, :, None, :]]


def factored(a: Any) -> tuple[Any, Any, Any, Any]:
    """The determinant of U times that of V, 1 or −1; U, the singular values and Vᵀ."""
    u, s, vh = np.linalg.svd(a)
    return np.rint(np.linalg.det(u) * np.linalg.det(vh))[..., None, None], u, s, vh


def cofactors_of_arrays(a: Any) -> Any:
    """By minors, or by the products of all other singular values."""
    expect_square("cofactors", a.shape)
    n = a.shape[-1]
    if 0 < n <= SMALL:
        return np.linalg.det(minors(a)) * np.where(np.add.outer(np.arange(n), np.arange(n)) % 2, -1, 1).astype("i1")
    side, u, s, vh = factored(a)
    before, after = np.ones_like(s), np.ones_like(s)
    before[..., 1:] = np.cumprod(s[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(s[..., :0:-1], axis=-1)[..., ::-1]
    return (side * u * (before * after)[..., None, :]) @ vh


def det_hessian_of_arrays(x: Any, a: Any) -> Any:
    """With C = Uᵀ x V it is U M Vᵀ, M_ii = Σ_j p_ij C_jj and M_ij = −p_ij C_ji, p_ij being the product of all singular
    values but two.
    """
    n = a.shape[-1]
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
    s = svd(a, compute_uv=False)
    regular = column(sum(s[..., -1:], axis=-1) > NEAR * sum(s[..., :1], axis=-1))  # an empty one has no values
    one = np.eye(a.shape[-1], dtype=getattr(a, "dtype", None))
    inverse, minor = inv(where(regular, a, one)), cofactors(a)
    t, gt, xt = swap(inverse), swap(g), swap(x)
    along = inner(g, t) * det_hessian(x, a) - det_hessian(x @ (inverse @ g), a)
    return where(regular, along + t @ ((xt @ (minor @ gt) - inner(x, minor) * gt) @ t), np.nan)


def inner(x: Any, y: Any) -> Any:
    """The sum of the products of the elements of two matrices, in the place of an element."""
    return sum(x * y, axis=(-2, -1), keepdims=True)


def det_hessian_of_scalars(x: Any, a: Any) -> Any:
    places = range(a.shape[-1])

    def product(xs: Rows, rows: Rows) -> Rows:
        return [[along_cofactors(without(rows, i, j), without(xs, i, j), i + j) for j in places] for i in places]

    return of_stack(product, a.shape[-2:], *np.broadcast_arrays(x, a))


def along_cofactors(rows: Rows, xs: Rows, place: int) -> Any:
    places = range(len(rows))
    terms = [xs[i][j] * cofactor(rows, i, j) for i in places for j in places]
    return sum_of(terms if place % 2 == 0 else [-x for x in terms]) if terms else 0.0


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
