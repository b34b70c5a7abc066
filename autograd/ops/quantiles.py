"""Numbers in the middle, and at any part of the order: an element, or between two, which receive the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, floor
from typing import Any

import numpy as np

from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.ops.compare import equal, where
from autograd.ops.reductions import Axis, gathered, reduced
from autograd.ops.shaping import reshape, stack
from autograd.ops.sorting import sort

#: Where a quantile q of n elements is, counted from 0, by NumPy's names; between two elements it is interpolated.
METHODS: Mapping[str, Callable[[float, int], float]] = {
    "linear": lambda q, n: q * (n - 1),
    "lower": lambda q, n: floor(q * (n - 1)),
    "higher": lambda q, n: ceil(q * (n - 1)),
    "midpoint": lambda q, n: (floor(q * (n - 1)) + ceil(q * (n - 1))) / 2,
    "nearest": lambda q, n: round(q * (n - 1)),
    "interpolated_inverted_cdf": lambda q, n: q * n - 1,
    "hazen": lambda q, n: q * n - 0.5,
    "weibull": lambda q, n: q * (n + 1) - 1,
    "median_unbiased": lambda q, n: q * (n + 1 / 3) - 2 / 3,
    "normal_unbiased": lambda q, n: q * (n + 1 / 4) - 5 / 8,
}


def between(rows: Any, position: float) -> Any:
    """What is at a position in the last axis; between two elements, that part of each."""
    n = rows.shape[-1]
    position = min(max(position, 0.0), n - 1.0)
    low = floor(position)
    part = position - low
    if part == 0:
        return rows[..., low]
    return rows[..., low] * (1 - part) + rows[..., low + 1] * part


def ordered(a: Any, axis: Axis, name: str) -> Any:
    """What is folded into one, in order, as the last axis."""
    rows = gathered(a, axis)
    if rows.shape[-1] == 0:
        raise ShapeError(f"{name}: expected an element at least, got shape {a.shape} along axis {axis}")
    return sort(rows, axis=-1)


def expect_plain(name: str, overwrite_input: bool) -> None:
    if overwrite_input:
        raise DTypeError(f"{name}: overwrite_input=True writes to an array, which nothing flows back from")


@composition(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The number below which a part q of all is, or one for each q: in order, it is an element, or between two.

    >>> quantile(np.array([3.0, 1.0, 2.0, 4.0]), 0.25)
    np.float64(1.75)

    Raises `ShapeError` where there is no element, `ValueError` for a q beyond 0 and 1, or a method that is unknown.
    """
    return at_parts(given(a, "quantile"), q, 1.0, axis, out, overwrite_input, method, keepdims, "quantile")


@composition(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """`quantile` of a part in percent.

    >>> percentile(np.array([3.0, 1.0, 2.0, 4.0]), 50)
    np.float64(2.5)
    """
    return at_parts(given(a, "percentile"), q, 100.0, axis, out, overwrite_input, method, keepdims, "percentile")


@composition(np.median)
def median(a: Any, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """The number in the middle; of an even number of elements, the mean of two.

    >>> median(np.array([3.0, 1.0, 2.0, 4.0]))
    np.float64(2.5)

    Raises `ShapeError` where there is no element.
    """
    return at_parts(given(a, "median"), 0.5, 1.0, axis, out, overwrite_input, "linear", keepdims, "median")


def at_parts(
    a: Any,
    q: Any,
    whole: float,
    axis: Axis,
    out: None,
    overwrite_input: bool,
    method: str,
    keepdims: bool,
    name: str,
) -> Any:
    expect_plain(name, overwrite_input)
    if method not in METHODS:
        raise ValueError(f"{name}: expected a method that is one of {', '.join(METHODS)}, got {method!r}")
    parts = np.asarray(q, dtype=float) / whole
    if not np.all((parts >= 0) & (parts <= 1)):
        raise ValueError(f"{name}: expected q between 0 and {whole:g}, got {q}")
    rows = ordered(a, axis, name)
    last = rows[..., -1]  # NaN, if there is one
    n, shape = rows.shape[-1], reduced(a.shape, axis, keepdims)
    found = [reshape(where(equal(last, last), between(rows, METHODS[method](part, n)), last), shape)
             for part in parts.ravel().tolist()]  # fmt: skip
    if parts.ndim == 0:
        return found[0][()] if isinstance(found[0], np.ndarray) else found[0]
    return reshape(stack(found), (*parts.shape, *shape))
