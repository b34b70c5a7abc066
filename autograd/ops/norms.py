"""The length of vectors, right from 1e-300 to 1e300 and flat at zero, which has no direction; the norms of matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import frexp, ldexp
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.composition import composition, given
from autograd.errors import ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.arithmetic import pow, sum_of_products
from autograd.ops.compare import where
from autograd.ops.corners import abs, sign
from autograd.ops.decompositions import svd
from autograd.ops.extremes import max, max_of, min, min_of, shared
from autograd.ops.functions import sqrt
from autograd.ops.reductions import Axis, axes_of_each, is_half, largest, of_rows, reduced, sum_of_row, unfold
from autograd.ops.reductions import sum as added
from autograd.ops.shaping import HALF, SINGLE, broadcast_to, reshape, transpose
from autograd.ops.solving import inv


def powers_of_two(x: Any, axis: Axis) -> Any:
    """A power of two near the largest of the numbers that are folded into one, by which none of them loses a digit."""
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    is_number = (top > 0) & (top < np.inf)
    return np.ldexp(np.ones_like(top), np.frexp(np.where(is_number, top, 1.0))[1] - 1)


def of_any_size(length: Callable[[Any], Any], x: Any, axis: Axis) -> Any:
    """A length that squares its numbers: of arrays whose squares a float does not hold, by numbers near 1.

    ``length`` keeps the axes; twice as long numbers are twice as long.

    >>> of_any_size(lambda x: np.sqrt(np.sum(x * x, axis=0, keepdims=True)), np.array([3e200, 4e200]), 0)
    array([5.e+200])
    """
    with np.errstate(over="ignore", under="ignore"):
        found = length(x)
        if x.dtype.kind != "f":
            return found
        info = np.finfo(x.dtype)
        if np.all((found < np.inf) & (found > np.sqrt(info.tiny) / info.eps)):
            return found
        scale = powers_of_two(x, axis)
        return length(x / scale) * scale


def length_of(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """NumPy's, but that halves are rounded once, at the end."""
    if is_half(x):
        return length_of(x.astype(SINGLE), axis=axis, keepdims=keepdims, ord=ord).astype(HALF)
    ord = 2 if ord is None else ord
    length = partial(np.linalg.vector_norm, axis=axis, keepdims=True, ord=ord)
    found = length(x) if ord in (0, 1, np.inf, -np.inf) else of_any_size(length, np.asanyarray(x), axis)
    return found if keepdims else np.reshape(found, reduced(np.shape(x), axis))[()]


def vector_norm_vjp(g: Any, y: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    g, y = unfold(g, x, axis, keepdims), unfold(y, x, axis, keepdims)
    ord = 2 if ord is None else ord
    if ord == 0:
        return broadcast_to(0 * g, x.shape)
    if ord == 1:
        return g * sign(x)
    if ord in (np.inf, -np.inf):
        return shared(g, abs(x) == y, x, axis) * sign(x)
    parts = x / where(y == 0, np.inf, y)  # at zero there is no direction, and none for a second derivative
    if ord == 2:
        return g * parts
    slopes = abs(parts) ** (ord - 1) * sign(x)
    return g * (where(x == 0, 0, slopes) if ord < 1 else slopes)


def vector_norm_each(x: Any, /, *, axis: Axis = None, **params: Any) -> Any:
    return vector_norm(x, axis=axes_of_each(axis, x), **params)


# Of Values.


def length_of_row(ord: Any, row: list[Any]) -> Any:
    sizes, ord = [abs(x) for x in row], 2.0 if ord is None else float(ord)
    if ord == 0:
        return float(sum(bool(x != 0) for x in row))
    if ord == 1:
        return sum_of_row(sizes)
    if ord in (np.inf, -np.inf):
        return (max_of if ord > 0 else min_of)(sizes)
    if not row:
        return 0.0
    top = sizes[largest(sizes)]
    if top == 0 or (ord < 0 and any(x == 0 for x in row)):
        return sum_of_row([0.0 * x for x in row])
    exponent = frexp(getattr(top, "data", top))[1]  # whatever it is, the length is the same
    parts = [ldexp(1.0, -exponent) * x for x in row]
    if ord == 2:
        return sqrt(sum_of_products(parts, parts)) * ldexp(1.0, exponent)
    powers = [pow(abs(x), ord) for x in parts if x != 0]
    return pow(sum_of_row(powers), 1 / ord) * ldexp(1.0, exponent)


def length_of_scalars(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return of_rows(partial(length_of_row, ord), x, axis, keepdims)


def measured(x: tuple[int, ...], /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> tuple[int, ...]:
    return reduced(x, axis, keepdims)


vector_norm: Op = primitive(
    "vector_norm",
    length_of,
    vector_norm_vjp,
    scalars=length_of_scalars,
    batched=vector_norm_each,
    shape=measured,
    method=False,
    doc="the length of a vector sends its gradient along the vector; at zero, which has no direction, nothing",
)

override(np.linalg.vector_norm, vector_norm)


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


@composition(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The largest singular value over the smallest, for p = −2 the other way round; of other norms, that of a square
    matrix times that of its inverse.

    >>> cond(np.diag([1.0, -4.0])), cond(np.diag([1.0, -4.0]), 1)
    (np.float64(4.0), np.float64(4.0))

    Raises `ShapeError` for what is no matrix, `ValueError` for an order that is unknown.
    """
    x = given(x, "cond")
    if p not in (None, 2, -2):
        return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
    s = svd(x, compute_uv=False)
    return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
