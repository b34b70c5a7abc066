"""Matrices as products of simpler ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.corners import abs
from autograd.ops.extremes import max, min
from autograd.ops.linalg import swap
from autograd.ops.norms import vector_norm
from autograd.ops.reductions import Axis, reduced
from autograd.ops.reductions import sum as added
from autograd.ops.shaping import reshape, transpose


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


# Norms of matrices: by their elements, their rows and columns, or their singular values.

#: By order, the extreme of sums along which of the two axes.
SUMS = {1: (max, 0), -1: (min, 0), np.inf: (max, 1), -np.inf: (min, 1)}
OF_SINGULAR_VALUES = {2: max, -2: min, "nuc": added}


def matrix_norm_along(x: Any, axes: tuple[int, ...], ord: Any, keepdims: bool) -> Any:
    if ord in (None, "fro", "f"):
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if ord in OF_SINGULAR_VALUES:
        kept = tuple(i for i in range(len(x.shape)) if i not in axes)
        values = svd(transpose(x, (*kept, *axes)), compute_uv=False)
        found = OF_SINGULAR_VALUES[ord](values, axis=-1)
    elif ord in SUMS:
        extreme, place = SUMS[ord]
        found = extreme(added(abs(x), axis=axes[place], keepdims=True), axis=axes)
    else:
        raise ValueError(f"norm: expected the order of a matrix norm as 1, 2, inf, 'fro' or 'nuc', got {ord!r}")
    return reshape(found, reduced(x.shape, axes, keepdims))


@composition(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of a matrix, or of each of a stack.

    >>> matrix_norm(np.array([[3.0, 0.0], [0.0, 4.0]]))
    np.float64(5.0)

    Raises `ShapeError` for what is no matrix, `ValueError` for an order that is unknown.
    """
    x = given(x, "matrix_norm")
    if len(x.shape) < 2:
        raise ShapeError(f"matrix_norm: expected a matrix, got shape {x.shape}: vector_norm is for vectors")
    return matrix_norm_along(x, (len(x.shape) - 2, len(x.shape) - 1), ord, keepdims)


@composition(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The norm of a vector or a matrix, as NumPy tells them apart: by the axes.

    >>> norm(np.array([3.0, 4.0])), norm(np.array([[3.0, 4.0]]), axis=0)
    (np.float64(5.0), array([3., 4.]))

    Raises `ValueError` for an order that is unknown, or more than two axes.
    """
    x = given(x, "norm")
    n = len(x.shape)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = tuple(range(n)) if axis is None else normalize_axis_tuple(axis, n)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) == 2:
        return matrix_norm_along(x, axes, ord, keepdims)
    raise ValueError(f"norm: expected one axis, of vectors, or two, of matrices, got {axis} for shape {x.shape}")
