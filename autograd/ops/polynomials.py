"""Polynomials by their coefficients, the highest power first: products, slopes, and those through points."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.ops.arithmetic import div
from autograd.ops.decompositions import lstsq
from autograd.ops.functions import sqrt
from autograd.ops.linalg import matmul, swap
from autograd.ops.reductions import sum as added
from autograd.ops.shaping import astype, reshape, stack
from autograd.ops.signals import convolve
from autograd.ops.solving import inv


@composition(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 as NumPy has it
    """The powers of each number, as a row: in the last column the power 0, unless they are ``increasing``.

    >>> vander(np.array([2.0, 3.0]), 3)
    array([[4., 2., 1.],
           [9., 3., 1.]])

    Raises `ShapeError` for what is no row of numbers.
    """
    x = given(x, "vander")
    if len(x.shape) != 1:
        raise ShapeError(f"vander: expected numbers along one axis, got shape {x.shape}")
    if x.dtype.kind == "f":  # NumPy has room for the whole number 1
        x = astype(x, np.promote_types(x.dtype, int))
    many = x.shape[0] if N is None else operator.index(N)
    columns: list[Any] = [x**0]
    while len(columns) < many:
        columns.append(columns[-1] * x if len(columns) > 1 else x)
    matrix = stack(columns if increasing else columns[::-1], axis=1)
    return matrix if len(columns) == many else matrix[:, :0]


@composition(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials. Leading zeros stay, as they have gradients.

    >>> polymul(np.array([1.0, 2.0]), np.array([1.0, -2.0]))
    array([ 1.,  0., -4.])
    """
    return convolve(reshape(given(a1, "polymul"), -1), reshape(given(a2, "polymul"), -1))


@composition(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The derivative of a polynomial, m times over.

    >>> polyder(np.array([1.0, 2.0, 3.0]))
    array([2., 2.])

    Raises `ValueError` for a negative m.
    """
    p, times = given(p, "polyder"), operator.index(m)
    if times < 0:
        raise ValueError(f"polyder: expected m of 0 or more, got {m}")
    for _ in range(times):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@composition(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Any:
    """The polynomial of a degree that is nearest to points, by the sum of squares; with ``cov``, also how sure it is.

    >>> polyfit(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]), 1).round(12)
    array([2., 1.])

    Raises `ShapeError` for points that do not fit, `ValueError` for too few of them, `DTypeError` where places are so
    near to each other that there are many such polynomials.
    """
    x, y, many = given(x, "polyfit"), given(y, "polyfit"), operator.index(deg) + 1
    if many < 1:
        raise ValueError(f"polyfit: expected deg of 0 or more, got {deg}")
    if len(x.shape) != 1 or not x.shape[0] or len(y.shape) not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ShapeError(f"polyfit: expected places x, and as many rows of y, got shapes {x.shape} and {y.shape}")
    if x.shape[0] < many:
        raise DTypeError(f"polyfit: expected {many} points at least for degree {deg}, got {x.shape[0]}")
    powers, values = vander(x, many), y
    if w is not None:
        w = given(w, "polyfit")
        if w.shape != x.shape:
            raise ShapeError(f"polyfit: expected a weight for each of {x.shape[0]} points, got shape {w.shape}")
        powers, values = powers * reshape(w, (-1, 1)), values * reshape(w, (-1,) + (1,) * (len(y.shape) - 1))
    scale = sqrt(added(powers * powers, axis=0))
    powers = div(powers, scale)
    rcond = x.shape[0] * np.finfo(x.dtype if x.dtype.kind == "f" else float).eps if rcond is None else rcond
    found, residuals, rank, s = lstsq(powers, values, rcond)
    coefficients = found / reshape(scale, (-1,) + (1,) * (len(y.shape) - 1))
    if full:
        return coefficients, residuals, rank, s, rcond
    if not cov:
        return coefficients
    spread = inv(matmul(swap(powers), powers)) / (reshape(scale, (-1, 1)) * scale)
    spread = spread if len(y.shape) == 1 else reshape(spread, (*spread.shape, 1))
    if isinstance(cov, str) and cov == "unscaled":
        return coefficients, spread
    if x.shape[0] <= many:
        raise ValueError("polyfit: expected more points than coefficients to scale the covariance: give cov='unscaled'")
    return coefficients, spread * (residuals / (x.shape[0] - many))
