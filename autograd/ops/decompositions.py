"""Matrices as products of simpler ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.linalg import swap


def factored(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """NumPy's, where all that it returns has a derivative."""
    if hermitian:
        raise DTypeError("svd: hermitian=True reads half of a matrix, which has another derivative here: leave it out")
    if compute_uv and full_matrices and len(a.shape) > 1 and a.shape[-2] != a.shape[-1]:
        raise ShapeError("svd: what full_matrices=True adds to U or Vh is arbitrary: give full_matrices=False")
    result: Any = np.linalg.svd(a, full_matrices, compute_uv)  # type: ignore[call-overload]
    return result


def of_scalars(a: Any, **_: Any) -> Any:
    raise DTypeError("svd: expected numbers or a Tensor, got Values: it is computed by iteration, so use a Tensor")


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
    gaps = (
        row * row - column * column + np.eye(s.shape[-1], dtype=getattr(s, "dtype", None))
    )  # the diagonal of a skew matrix is zero anyway
    turn_u, turn_v = ut @ gu, vh @ gv
    inner = (turn_u - swap(turn_u)) / gaps * row + column * ((turn_v - swap(turn_v)) / gaps)
    result = u @ (inner @ vh) + u @ (gs[..., :, None] * vh)
    m, n = a.shape[-2:]
    if m > n:
        result = result + ((gu - u @ turn_u) / row) @ vh
    if n > m:
        result = result + (u / row) @ (gvh - swap(v @ turn_v))
    return result


# fmt: off
svd: Op = primitive("svd", factored, svd_vjp, scalars=of_scalars, method=False,
    doc="the singular values send their gradient to the matrix along their pairs of vectors; "
        "the vectors turn by what lies between the pairs")
override(np.linalg.svd, svd)
