"""Reductions that pass over NaN: what is missing is filled with what changes nothing, and receives nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.composition import composition, given
from autograd.ops.compare import equal, literal, where
from autograd.ops.extremes import max, min
from autograd.ops.functions import sqrt
from autograd.ops.moments import of_halves
from autograd.ops.norms import vector_norm
from autograd.ops.reductions import Axis
from autograd.ops.reductions import sum as added
from autograd.ops.scans import cumprod, cumsum, prod


def filled(a: Any, number: float) -> Any:
    """A number in the place of each NaN."""
    return where(equal(a, a), a, number)


def known(a: Any, axis: Axis, keepdims: bool, ddof: float = 0) -> Any:
    """How many are numbers, less some, to divide by; NaN where none is left."""
    one = literal(1.0, a)
    n = added(where(equal(a, a), one, 0 * one), axis=axis, keepdims=keepdims) - ddof
    return where(n > 0, n, np.nan)


def missing(a: Any, axis: Axis, keepdims: bool) -> Any:
    """Nothing, or NaN where nothing is known."""
    zero = literal(0.0, a)
    return min(where(equal(a, a), zero, np.inf), axis=axis, keepdims=keepdims) * zero


def deviations(a: Any, axis: Axis) -> Any:
    middle = nanmean(a, axis, keepdims=True)
    return where(equal(a, a), a - middle, 0)


def freedom(ddof: float, correction: float | None) -> float:
    if correction is not None and ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")  # as NumPy says
    return ddof if correction is None else correction


@composition(np.nansum)
def nansum(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """The sum of what is no NaN.

    >>> nansum(np.array([1.0, np.nan, 2.0]))
    np.float64(3.0)
    """
    return added(filled(given(a, "nansum"), 0), axis, dtype, out, keepdims)


@composition(np.nanprod)
def nanprod(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """The product of what is no NaN.

    >>> nanprod(np.array([3.0, np.nan, 2.0]))
    np.float64(6.0)
    """
    return prod(filled(given(a, "nanprod"), 1), axis, dtype, out, keepdims)


@composition(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative sums of what is no NaN.

    >>> nancumsum(np.array([1.0, np.nan, 2.0]))
    array([1., 1., 3.])
    """
    return cumsum(filled(given(a, "nancumsum"), 0), axis, dtype, out)


@composition(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    """Cumulative products of what is no NaN.

    >>> nancumprod(np.array([3.0, np.nan, 2.0]))
    array([3., 3., 6.])
    """
    return cumprod(filled(given(a, "nancumprod"), 1), axis, dtype, out)


@composition(np.nanmean)
def nanmean(a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False) -> Any:
    """The mean of what is no NaN; of nothing, NaN.

    >>> nanmean(np.array([1.0, np.nan, 2.0]))
    np.float64(1.5)
    """

    def of(a: Any) -> Any:
        return nansum(a, axis, dtype, out, keepdims) / known(a, axis, keepdims)

    return of_halves(of, given(a, "nanmean"), dtype)


@composition(np.nanmax)
def nanmax(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """The largest of what is no NaN; of nothing, NaN.

    >>> nanmax(np.array([1.0, np.nan, 2.0]))
    np.float64(2.0)
    """
    a = given(a, "nanmax")
    return max(filled(a, -np.inf), axis, out, keepdims) + missing(a, axis, keepdims)


@composition(np.nanmin)
def nanmin(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """The smallest of what is no NaN; of nothing, NaN.

    >>> nanmin(np.array([1.0, np.nan, 2.0]))
    np.float64(1.0)
    """
    a = given(a, "nanmin")
    return min(filled(a, np.inf), axis, out, keepdims) + missing(a, axis, keepdims)


@composition(np.nanvar)
def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The variance of what is no NaN; of nothing, NaN.

    >>> nanvar(np.array([1.0, np.nan, 3.0]))
    np.float64(1.0)
    """
    lost = freedom(ddof, correction)

    def of(a: Any) -> Any:
        parts = deviations(a, axis)
        return added(parts * parts, axis, dtype, out, keepdims) / known(a, axis, keepdims, lost)

    return of_halves(of, given(a, "nanvar"), dtype)


@composition(np.nanstd)
def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The standard deviation of what is no NaN; of nothing, NaN.

    >>> nanstd(np.array([1.0, np.nan, 3.0]))
    np.float64(1.0)
    """
    lost = freedom(ddof, correction)

    def of(a: Any) -> Any:
        n = known(a, axis, keepdims, lost)
        return vector_norm(deviations(a, axis), axis=axis, keepdims=keepdims) / sqrt(n)

    return of_halves(of, given(a, "nanstd"), dtype)
