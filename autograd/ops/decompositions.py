"""Matrices as products of simpler ones."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.op import Op, override, primitive
from autograd.ops.compare import number_if, unit_of, where
from autograd.ops.corners import abs
from autograd.ops.counting import count_nonzero
from autograd.ops.elimination import cholesky_factor, expect_square, of_stack, orthogonal_factors
from autograd.ops.extremes import max, min
from autograd.ops.linalg import swap
from autograd.ops.reductions import sum
from autograd.ops.shaping import concatenate, reshape
from autograd.ops.solving import solve
from autograd.refusal import named


def factored(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """NumPy's, where all that it returns has a derivative."""
    if hermitian:
        raise DTypeError("svd: hermitian=True reads half of a matrix, which has another derivative here: leave it out")
    if compute_uv and full_matrices and len(a.shape) > 1 and a.shape[-2] != a.shape[-1]:
        raise ShapeError("svd: what full_matrices=True adds to U or Vh is arbitrary: give full_matrices=False")
    result: Any = np.linalg.svd(a, full_matrices, compute_uv)  # type: ignore[call-overload]
    return result


def by_iteration(name: str) -> Callable[..., Any]:
    """In the place of a forward function for Values, one that says why there is none."""

    def refuse(a: Any, *_: Any, **__: Any) -> Any:
        raise DTypeError(
            f"{name}: expected numbers or a Tensor, got Values: it is computed by iteration, so use a Tensor"
        )

    return refuse


def svd_vjp(
    g: Any, y: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """After J. Townsend, "Differentiating the Singular Value Decomposition" (2016).

    To first order, U and V turn within the spaces that they span, by skew matrices which the off-diagonal of Uᵀ dA V
    determines: divided by s_j² − s_i², so that among equal singular values it does not. They also tilt out of these
    spaces, where these are not everything. What s receives goes to the diagonal of Uᵀ A V alone.
    """
    if not compute_uv:
        u, _, vh = svd(a, full_matrices=False)
        return u @ (g[..., :, None] * vh)
    (gu, gs, gvh), (u, s, vh) = g, y
    column, row = s[..., :, None], s[..., None, :]
    ut, v, gv = swap(u), swap(vh), swap(gvh)
    one = np.eye(s.shape[-1], dtype=getattr(s, "dtype", None))  # the diagonal of a skew matrix is zero anyway
    gaps, sums = row - column + one, row + column + one
    turn_u, turn_v = ut @ gu, vh @ gv
    inner = (turn_u - swap(turn_u)) / gaps * (row / sums) + (column / sums) * ((turn_v - swap(turn_v)) / gaps)
    result = u @ (inner @ vh) + u @ (gs[..., :, None] * vh)
    m, n = a.shape[-2:]
    if m > n:
        result = result + ((gu - u @ turn_u) / row) @ vh
    if n > m:
        result = result + (u / row) @ (gvh - swap(v @ turn_v))
    return result


# Factors of symmetric matrices. NumPy reads one triangle, so that an element of the other has no slope, and one beside
# the diagonal stands for two. (PyTorch and JAX share that slope between the two.) A matrix that is computed as a
# symmetric one, as X Xᵀ, has the same gradient by X either way.


def to_triangle(symmetric: Any, is_lower: bool) -> Any:
    """The gradient by the elements that are read, from that by a symmetric matrix."""
    n = symmetric.shape[-1]
    beside = np.tri(n, k=-1, dtype=bool)
    return where(beside if is_lower else beside.T, 2 * symmetric, where(np.eye(n, dtype=bool), symmetric, 0))


def cholesky_vjp(g: Any, y: Any, a: Any, /, *, upper: bool = False) -> Any:
    """After I. Murray, "Differentiation of the Cholesky decomposition" (2016): L⁻ᵀ Φ(Lᵀ g) L⁻¹, made symmetric, where Φ
    takes the lower triangle and half of the diagonal.
    """
    factor, g = (swap(y), swap(g)) if upper else (y, g)
    n = a.shape[-1]
    below, diagonal = np.tri(n, k=-1, dtype=bool), np.eye(n, dtype=bool)
    turn = swap(factor) @ where(below | diagonal, g, 0)
    inside = where(below, turn, where(diagonal, turn / 2, 0))
    half = solve(swap(factor), swap(solve(swap(factor), inside)))
    return to_triangle((half + swap(half)) / 2, not upper)


def cholesky_of_scalars(a: Any, /, *, upper: bool = False) -> Any:
    expect_square("cholesky", a.shape)
    factor = of_stack(cholesky_factor, a.shape[-2:], a.swapaxes(-1, -2) if upper else a)
    return factor.swapaxes(-1, -2) if upper else factor


def is_lower(triangle: str) -> bool:
    return triangle.upper() == "L"


def eigh_vjp(g: Any, y: Any, a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - as NumPy calls it
    """After M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
    (2008).

    The vectors turn into each other by what Vᵀ dA V has between them, divided by how far their eigenvalues are apart:
    among equal ones it does not say how. What the eigenvalues receive goes to the diagonal.
    """
    (gw, gv), (w, v) = g, y
    gaps = w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1], dtype=getattr(w, "dtype", None))
    turn = swap(v) @ gv
    between = (turn - swap(turn)) / gaps / 2
    return to_triangle(v @ (between @ swap(v)) + v @ (gw[..., :, None] * swap(v)), is_lower(UPLO))


def eigenvalues(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - as NumPy calls it
    """NumPy's, but that of a NaN there are none: LAPACK makes zeros of it."""
    w: Any = np.linalg.eigvalsh(a, UPLO)  # type: ignore[call-overload]
    is_nan = np.isnan(np.tril(a) if is_lower(UPLO) else np.triu(a)).any(axis=(-2, -1))
    return np.where(is_nan[..., None], w.dtype.type(np.nan), w)


def eigvalsh_vjp(g: Any, y: Any, a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - as NumPy calls it
    _, v = eigh(a, UPLO)
    return to_triangle(v @ (g[..., :, None] * swap(v)), is_lower(UPLO))


# Q and R.


def orthogonal_triangular(a: Any, mode: str = "reduced") -> Any:
    """NumPy's, where all that it returns has a derivative."""
    expect_qr(a.shape, mode)
    return np.linalg.qr(a, mode)  # type: ignore[call-overload]


def expect_qr(shape: tuple[int, ...], mode: str) -> None:
    if mode not in ("reduced", "complete", "r"):
        raise DTypeError(f'qr: expected mode as "reduced", "complete" or "r", got {short_repr(mode)}')
    if mode == "complete" and len(shape) > 1 and shape[-2] > shape[-1]:
        raise ShapeError('qr: what mode="complete" adds to Q is arbitrary: give mode="reduced"')


def qr_vjp(g: Any, y: Any, a: Any, mode: str = "reduced") -> Any:
    """After M. Seeger et al., "Auto-differentiating linear algebra" (2017).

    Columns beyond a square come from Q alone, by Qᵀ, so that their part in R goes to Q.
    """
    if mode == "r":
        q, r = qr(a)
        gq, gr = q * 0, g
    else:
        (gq, gr), (q, r) = g, y
    m, n = a.shape[-2:]
    if m >= n:
        return columns_vjp(gq, gr, q, r)
    rest = gr[..., m:]
    first = columns_vjp(gq + a[..., m:] @ swap(rest), gr[..., :m], q, r[..., :m])
    return concatenate([first, q @ rest], axis=-1)


def columns_vjp(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """Of no more columns than rows."""
    n = r.shape[-1]
    upper, below = np.tri(n, dtype=bool).T, np.tri(n, k=-1, dtype=bool)
    turn = r @ swap(gr * upper) - swap(gq) @ q
    lower = where(below, turn, 0)
    symmetric = lower + swap(lower) + where(np.eye(n, dtype=bool), turn, 0)
    regular = are_independent(r)
    known = where(regular, r, np.eye(n, dtype=getattr(r, "dtype", None)))
    return swap(solve(known, swap((gq + q @ symmetric) * number_if(regular, r))))


def are_independent(r: Any) -> Any:
    """Whether the columns of Q R are, by more than rounding: else what is divided by is no number that is known."""
    n = r.shape[-1]
    sizes = sum(abs(r) * np.eye(n, dtype=getattr(r, "dtype", None)), axis=-1, keepdims=True)
    return min(sizes, axis=-2, keepdims=True) > n * unit_of(r) * max(sizes, axis=-2, keepdims=True) if n else True


def qr_of_scalars(a: Any, mode: str = "reduced") -> Any:
    expect_qr(a.shape, mode)
    m, n = a.shape[-2:]
    rank = builtins.min(m, n)
    both = of_stack(lambda rows: [sum_of_lists(orthogonal_factors(rows, n))], (m * rank + rank * n,), a)
    stack = a.shape[:-2]
    q, r = both[..., : m * rank].reshape(*stack, m, rank), both[..., m * rank :].reshape(*stack, rank, n)
    kind: Any = type(np.linalg.qr(np.eye(1)))
    return r if mode == "r" else kind(q, r)


def sum_of_lists(matrices: Any) -> list[Any]:
    return [x for rows in matrices for row in rows for x in row]


# fmt: off
svd: Op = primitive("svd", factored, svd_vjp, scalars=by_iteration("svd"), method=False,
    doc="the singular values send their gradient to the matrix along their pairs of vectors; "
        "the vectors turn by what lies between the pairs")
cholesky: Op = primitive("cholesky", np.linalg.cholesky, cholesky_vjp, shape=lambda a, /, **_: a,
    scalars=cholesky_of_scalars, masks=True, method=False,
    doc="the Cholesky factor sends back to the triangle that is read, between two inverses of itself")
eigh: Op = primitive("eigh", np.linalg.eigh, eigh_vjp, scalars=by_iteration("eigh"), masks=True, method=False,
    doc="the eigenvalues send their gradient to the matrix along their vectors; "
        "the vectors turn by what lies between them")
eigvalsh: Op = primitive("eigvalsh", eigenvalues, eigvalsh_vjp, shape=lambda a, **_: a[:-1],
    scalars=by_iteration("eigvalsh"), masks=True, method=False,
    doc="the eigenvalues send their gradient to the matrix along their vectors")
qr: Op = primitive("qr", orthogonal_triangular, qr_vjp, scalars=qr_of_scalars, method=False,
    doc="Q turns by what is above the diagonal, R takes what is left; both by the inverse of R")
# fmt: on

override(np.linalg.svd, svd)
override(np.linalg.qr, qr)
override(np.linalg.eigvalsh, eigvalsh)


@composition(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """The singular values, the largest first.

    >>> svdvals(np.diag([1.0, -3.0]))
    array([3., 1.])
    """
    return svd(x, compute_uv=False)


def refuse_complex(a: Any) -> Any:
    raise DTypeError(
        f"eig: the eigenvalues of a matrix that is not symmetric may be complex, got {named(a)}: "
        "use eigh or eigvalsh of a symmetric one, or svd"
    )


override(np.linalg.eig, refuse_complex)
override(np.linalg.eigvals, refuse_complex)


@composition(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """The x that brings a @ x nearest to b, how far from it that is, squared, and the rank and singular values of a.

    >>> x, residuals, rank, s = lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    >>> print(x.round(12), residuals.round(12), rank)
    [2.] [2.] 1

    Raises `ShapeError` for what is no matrix, `DTypeError` for a rank below the shorter side, where x has none.
    """
    a, b = given(a, "lstsq"), given(b, "lstsq")
    if len(a.shape) != 2 or len(b.shape) not in (1, 2) or a.shape[0] != b.shape[0]:
        raise ShapeError(f"lstsq: expected a matrix, and as many rows beside it, got shapes {a.shape} and {b.shape}")
    m, n = a.shape
    s = svdvals(a)
    kind = np.dtype(float) if a.dtype.kind == "O" else a.dtype
    least = np.finfo(kind if kind.kind == "f" else float).eps * builtins.max(m, n) if rcond is None else rcond
    rank = int(np.asarray(count_nonzero(s > least * s[:1])))
    if rank < builtins.min(m, n):
        raise DTypeError(f"lstsq: expected a matrix of full rank, got rank {rank} of {builtins.min(m, n)}: use pinv")
    if m == n:
        x = solve(a, b)
    else:
        q, r = qr(a if m > n else swap(a))
        x = solve(r, swap(q) @ b) if m > n else q @ solve(swap(r), b)
    rest = b - a @ x
    residuals = reshape(sum(rest * rest, axis=0), -1) if m > n else np.zeros(0, kind)
    return x, residuals, rank, s
