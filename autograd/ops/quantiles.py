"""Numbers in the middle, and at any part of the order: an element, or between two, which receive the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import floor
from typing import Any

import numpy as np

from autograd.accept import of_dtype
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.ops.compare import equal, where
from autograd.ops.counting import count_nonzero
from autograd.ops.indexing import take_along_axis
from autograd.ops.reductions import Axis, gathered, reduced
from autograd.ops.shaping import reshape, stack
from autograd.ops.sorting import sort

#: Where a quantile q of n elements is, counted from 0, by NumPy's names; between two elements it is interpolated.
METHODS: Mapping[str, Callable[[float, Any], Any]] = {
    "linear": lambda q, n: q * (n - 1),
    "lower": lambda q, n: np.floor(q * (n - 1)),
    "higher": lambda q, n: np.ceil(q * (n - 1)),
    "midpoint": lambda q, n: (np.floor(q * (n - 1)) + np.ceil(q * (n - 1))) / 2,
    "nearest": lambda q, n: np.rint(q * (n - 1)),
    "inverted_cdf": lambda q, n: np.ceil(q * n - 1),
    "averaged_inverted_cdf": lambda q, n: (np.ceil(q * n - 1) + np.floor(q * n)) / 2,
    "closest_observation": lambda q, n: closest(q * n - 1.5),
    "interpolated_inverted_cdf": lambda q, n: q * n - 1,
    "hazen": lambda q, n: q * n - 0.5,
    "weibull": lambda q, n: q * (n + 1) - 1,
    "median_unbiased": lambda q, n: q * (n + 1 / 3) - 2 / 3,
    "normal_unbiased": lambda q, n: q * (n + 1 / 4) - 5 / 8,
}


def closest(position: Any) -> Any:
    """The next place, but in the middle between two the odd one."""
    low = np.floor(position)
    return np.where((position == low) & (low % 2 == 1), low, low + 1)


def between(rows: Any, position: float) -> Any:
    """What is at a position in the last axis; between two elements, that part of each."""
    n = rows.shape[-1]
    position = min(max(float(position), 0.0), n - 1.0)
    low = floor(position)
    part = position - low
    if part == 0:
        return rows[..., low]
    return rows[..., low] * (1 - part) + rows[..., low + 1] * part


def between_known(rows: Any, position: Callable[[Any], Any]) -> Any:
    """The same of what is no NaN in each row, which has a position of its own; of nothing, NaN."""
    is_known = equal(rows, rows)
    n = np.asarray(count_nonzero(is_known, axis=-1, keepdims=True))
    known_first = sort(where(is_known, rows, np.inf), axis=-1)
    places = np.clip(position(n), 0, np.maximum(n - 1, 0))
    low, high = (take_along_axis(known_first, turn(places).astype(int), -1) for turn in (np.floor, np.ceil))
    part = of_dtype(np.asarray(places - np.floor(places)), rows)
    return where(n > 0, where(part == 0, low, low * (1 - part) + high * part), np.nan)[..., 0]


def rows_of(a: Any, axis: Axis, name: str) -> Any:
    """What is folded into one, as the last axis."""
    rows = gathered(a, axis)
    if rows.shape[-1] == 0:
        raise ShapeError(f"{name}: expected an element at least, got shape {a.shape} along axis {axis}")
    return rows


@composition(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """The number below which a part q of all is, or one for each q: in order, it is an element, or between two.

    >>> quantile(np.array([3.0, 1.0, 2.0, 4.0]), 0.25)
    np.float64(1.75)

    Raises `ShapeError` where there is no element, `ValueError` for a q beyond 0 and 1, or a method that is unknown.
    """
    return at_parts("quantile", a, q, 1.0, axis, keepdims, overwrite_input, method, weights)


@composition(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """`quantile` of a part in percent.

    >>> percentile(np.array([3.0, 1.0, 2.0, 4.0]), 50)
    np.float64(2.5)
    """
    return at_parts("percentile", a, q, 100.0, axis, keepdims, overwrite_input, method, weights)


@composition(np.median)
def median(a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The number in the middle; of an even number of elements, the mean of two.

    >>> median(np.array([3.0, 1.0, 2.0, 4.0]))
    np.float64(2.5)

    Raises `ShapeError` where there is no element.
    """
    return at_parts("median", a, 0.5, 1.0, axis, keepdims, overwrite_input)


@composition(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """`quantile` of what is no NaN; of nothing, NaN.

    >>> nanquantile(np.array([3.0, np.nan, 2.0, 4.0]), 0.25)
    np.float64(2.5)
    """
    return at_parts("nanquantile", a, q, 1.0, axis, keepdims, overwrite_input, method, weights)


@composition(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """`nanquantile` of a part in percent.

    >>> nanpercentile(np.array([3.0, np.nan, 2.0, 4.0]), 50)
    np.float64(3.0)
    """
    return at_parts("nanpercentile", a, q, 100.0, axis, keepdims, overwrite_input, method, weights)


@composition(np.nanmedian)
def nanmedian(
    a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """`median` of what is no NaN; of nothing, NaN.

    >>> nanmedian(np.array([3.0, np.nan, 2.0]))
    np.float64(2.5)
    """
    return at_parts("nanmedian", a, 0.5, 1.0, axis, keepdims, overwrite_input)


def at_parts(
    name: str,
    a: Any,
    q: Any,
    whole: float,
    axis: Axis,
    keepdims: bool,
    overwrite_input: bool,
    method: str = "linear",
    weights: None = None,
) -> Any:
    if overwrite_input:
        raise DTypeError(f"{name}: overwrite_input=True writes to an array, which nothing flows back from")
    if weights is not None:
        raise DTypeError(f"{name}: expected no weights, of which it is a step: use the result for np.repeat(a, n)")
    if method not in METHODS:
        raise ValueError(f"{name}: expected a method that is one of {', '.join(METHODS)}, got {method!r}")
    parts = np.asarray(q, dtype=float) / whole
    if not np.all((parts >= 0) & (parts <= 1)):
        raise ValueError(f"{name}: expected q between 0 and {whole:g}, got {q}")
    a = given(a, name)
    rows = rows_of(a, axis, name)
    ranks = sort(rows, axis=-1)
    last = ranks[..., -1]  # NaN, if there is one
    n, shape = rows.shape[-1], reduced(a.shape, axis, keepdims)

    def at(part: float) -> Any:
        if name.startswith("nan"):
            return between_known(rows, partial(METHODS[method], part))
        return where(equal(last, last), between(ranks, METHODS[method](part, n)), last)

    found = [reshape(at(part), shape) for part in parts.ravel().tolist()]
    if parts.ndim == 0:
        return found[0][()] if isinstance(found[0], np.ndarray) else found[0]
    return reshape(stack(found), (*parts.shape, *shape))
