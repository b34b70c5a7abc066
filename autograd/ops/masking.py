"""NumPy's reductions with ``where=``, of the elements that a mask lets through alone, and with ``initial=``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.accept import of_dtype
from autograd.call import shape_of
from autograd.composition import expect_no_out, given
from autograd.op import override, override_of
from autograd.ops.arithmetic import add, mul
from autograd.ops.compare import literal
from autograd.ops.compare import where as chosen
from autograd.ops.corners import fmax, fmin, maximum
from autograd.ops.extremes import max, min
from autograd.ops.functions import sqrt
from autograd.ops.moments import of_halves
from autograd.ops.nans import filled, nansum
from autograd.ops.nans import freedom as lost_freedom
from autograd.ops.norms import vector_norm
from autograd.ops.reductions import Axis
from autograd.ops.reductions import sum as added

#: NumPy's functions that fold the elements by a ufunc, whose own method takes a mask and a first number.
FOLDS: dict[Callable[..., Any], np.ufunc] = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
    np.amax: np.maximum,
    np.amin: np.minimum,
    np.any: np.logical_or,
    np.all: np.logical_and,
}

#: How a first number goes together with what the others come to.
WITH_FIRST: dict[Callable[..., Any], Callable[..., Any]] = {
    np.nansum: add,
    np.nanprod: mul,
    np.nanmax: fmax,
    np.nanmin: fmin,
}


#: The largest and the smallest, and what is in the place of a NaN, as a first number is there in any case.
EXTREMES: dict[Callable[..., Any], tuple[Callable[..., Any], float]] = {
    np.nanmax: (max, -np.inf),
    np.nanmin: (min, np.inf),
}


def fold(function: Callable[..., Any], ufunc: np.ufunc) -> Callable[..., Any]:
    def masked(a: Any, axis: Axis = None, **settings: Any) -> Any:
        return ufunc.reduce(given(a, function.__name__), axis, **settings)

    return masked


def past_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """What passes over NaN passes over what a NaN stands for."""
    implementation = override_of(function)
    assert implementation is not None

    def masked(a: Any, *args: Any, where: Any = True, initial: Any = None, **settings: Any) -> Any:
        a = a if where is True else chosen(where, given(a, function.__name__), np.nan)
        if initial is None:
            return implementation(a, *args, **settings)
        a = given(a, function.__name__)
        initial = of_dtype(initial, a)
        if function in EXTREMES and 0 in shape_of(a):  # there is no largest of nothing
            return initial + nansum(a, *args, **settings)
        if function in EXTREMES:
            extreme, nothing = EXTREMES[function]
            return WITH_FIRST[function](extreme(filled(a, nothing), *args, **settings), initial)
        return WITH_FIRST[function](implementation(a, *args, **settings), initial)

    return masked


def remaining(a: Any, axis: Axis, keepdims: bool, where: Any, ddof: float = 0) -> Any:
    """How many elements the mask lets through, less some, to divide by."""
    one = literal(1.0, a)
    n = added(chosen(where, np.full(shape_of(a), one), 0 * one), axis=axis, keepdims=keepdims)
    return n if ddof == 0 else maximum(n - ddof, 0 * one)


def deviations(a: Any, axis: Axis, where: Any, middle: Any) -> Any:
    """From a mean that is known, or else theirs; nothing behind the mask."""
    middle = masked_mean(a, axis, keepdims=True, where=where) if middle is None else middle
    return chosen(where, a - middle, 0)


def masked_mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    def of(a: Any) -> Any:
        return added(chosen(where, a, 0), axis, dtype, keepdims=keepdims) / remaining(a, axis, keepdims, where)

    expect_no_out("mean", out)
    return of_halves(of, given(a, "mean"), dtype)


def around_mean(name: str, measure: Callable[..., Any]) -> Callable[..., Any]:
    """What is measured of the distances from the mean, how many there are, and how NumPy was asked."""

    def masked(
        a: Any,
        axis: Axis = None,
        dtype: Any = None,
        out: None = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = None,
        correction: float | None = None,
    ) -> Any:
        lost = lost_freedom(ddof, correction)

        def of(a: Any) -> Any:
            n = remaining(a, axis, keepdims, where, lost)
            return measure(deviations(a, axis, where, mean), n, axis, dtype, keepdims)

        expect_no_out(name, out)
        return of_halves(of, given(a, name), dtype)

    return masked


def masked_var(distances: Any, n: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    return added(distances * distances, axis, dtype, keepdims=keepdims) / n


def masked_std(distances: Any, n: Any, axis: Axis, dtype: Any, keepdims: bool) -> Any:
    return vector_norm(distances, axis=axis, keepdims=keepdims) / sqrt(n)


for function, ufunc in FOLDS.items():
    override(function, fold(function, ufunc), given=("where", "initial"))
for function in (np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd):
    override(function, past_nan(function), given=("where", "initial"))
override(np.mean, masked_mean, given=("where",))
override(np.var, around_mean("var", masked_var), given=("where", "mean"))
override(np.std, around_mean("std", masked_std), given=("where", "mean"))
