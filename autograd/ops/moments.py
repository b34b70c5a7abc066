"""How far numbers are from their mean, and how they go together with others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd.call import shape_of
from autograd.composition import composition, given
from autograd.errors import ShapeError
from autograd.op import Op, override, primitive
from autograd.ops.arithmetic import div, sum_of_products
from autograd.ops.compare import where
from autograd.ops.corners import maximum
from autograd.ops.linalg import matmul, swap
from autograd.ops.norms import length_of_row, of_any_size, vector_norm
from autograd.ops.reductions import (
    Axis,
    axes_of,
    axes_of_each,
    count,
    divisor,
    is_half,
    mean,
    mean_of_scalars,
    of_rows,
    reduced,
    rounded_once,
    sum_of_row,
    unfold,
)
from autograd.ops.reductions import sum as added
from autograd.ops.shaping import HALF, SINGLE, astype, broadcast_to, concatenate, reshape, transpose


def freedom(n: int, ddof: Any, correction: Any) -> Any:
    """What a sum of n squares is divided by: by nothing, where nothing is left."""
    if correction is not None:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")  # as NumPy says
        ddof = correction
    return max(n - ddof, 0)


def less_mean(a: Any, axis: Axis = None) -> Any:
    if is_half(a):
        return less_mean(a.astype(SINGLE), axis).astype(HALF)
    return a - np.mean(a, axis=axis, keepdims=True) if np.size(a) else a


def less_mean_of_scalars(a: Any, axis: Axis = None) -> Any:
    return a - mean_of_scalars(a, axis, keepdims=True)


def var_vjp(
    g: Any,
    y: Any,
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    correction: Any = None,
) -> Any:
    n = freedom(count(a, axis), ddof, correction)
    return centred(a, axis) * (unfold(g, a, axis, keepdims) * 2 / divisor(n, g))


def std_vjp(
    g: Any,
    y: Any,
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    correction: Any = None,
) -> Any:
    """Equal numbers have none: there the slope is 0, as that of a length."""
    n = freedom(count(a, axis), ddof, correction)
    y = where(y == 0, np.inf, y)
    return centred(a, axis) * (unfold(g / y, a, axis, keepdims) / divisor(n, g))


def variance(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    correction: Any = None,
) -> Any:
    freedom(0, ddof, correction)
    ddof = ddof if correction is None else correction
    return rounded_once(lambda x, kind: np.var(x, axis=axis, dtype=kind, ddof=ddof, keepdims=keepdims), a, dtype)


def deviation(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    correction: Any = None,
) -> Any:
    freedom(0, ddof, correction)
    ddof = ddof if correction is None else correction

    def found(x: Any, kind: Any) -> Any:
        return of_any_size(lambda x: np.std(x, axis=axis, dtype=kind, ddof=ddof, keepdims=True), np.asanyarray(x), axis)

    kept = rounded_once(found, a, dtype)
    return kept if keepdims else np.reshape(kept, reduced(np.shape(a), axis))[()]


def shape_of_moment(a: tuple[int, ...], axis: Axis = None, keepdims: bool = False, **_: Any) -> tuple[int, ...]:
    return reduced(a, axis, keepdims)


def centred_each(a: Any, axis: Axis = None) -> Any:
    return centred(a, axes_of_each(axis, a))


def var_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return var(a, axes_of_each(axis, a), **params)


def std_each(a: Any, axis: Axis = None, **params: Any) -> Any:
    return std(a, axes_of_each(axis, a), **params)


# Of Values: a float64, as a count, divides nothing by nothing.


def distances(row: list[Any]) -> list[Any]:
    middle = sum_of_row(row) / np.float64(len(row))
    return [x - middle for x in row]


def var_of_row(n: Any, row: list[Any]) -> Any:
    parts = distances(row)
    return (sum_of_products(parts, parts) if len(parts) > 1 else parts[0] * parts[0]) / np.float64(n)


def std_of_row(n: Any, row: list[Any]) -> Any:
    return length_of_row(2, distances(row)) / np.sqrt(np.float64(n))


def var_of_scalars(a: Any, axis: Axis = None, ddof: Any = 0, keepdims: bool = False, *, correction: Any = None) -> Any:
    return of_rows(partial(var_of_row, freedom(count(a, axis), ddof, correction)), a, axis, keepdims)


def std_of_scalars(a: Any, axis: Axis = None, ddof: Any = 0, keepdims: bool = False, *, correction: Any = None) -> Any:
    return of_rows(partial(std_of_row, freedom(count(a, axis), ddof, correction)), a, axis, keepdims)


# fmt: off
centred: Op = primitive("centred", less_mean, lambda g, y, a, axis=None: centred(g, axis),
    scalars=less_mean_of_scalars, linear="jointly", shape=lambda a, axis=None: a, method=False,
    batched=centred_each,
    doc="to take the mean away takes the mean of the gradient away")
var: Op = primitive("var", variance, var_vjp, scalars=var_of_scalars, shape=shape_of_moment, batched=var_each,
    doc="the variance pushes each element away from the mean, by twice its distance over their number")
std: Op = primitive("std", deviation, std_vjp, scalars=std_of_scalars, shape=shape_of_moment, batched=std_each,
    doc="the standard deviation pushes each element away from the mean; of equal ones, which have no side, none")
# fmt: on

override(np.var, var)
override(np.std, std)


def of_halves(run: Callable[[Any], Any], a: Any, dtype: Any = None) -> Any:
    """A composition of an array: of halves, in single precision, which has room for sums, and rounded at the end.

    >>> of_halves(lambda a: added(a) / 70_000, np.ones(70_000, np.float16))
    np.float16(1.0)
    """
    if dtype is None and is_half(a):
        return astype(run(astype(a, SINGLE)), HALF)
    return run(a)


def weights_beside(a: Any, axis: Axis, weights: Any) -> Any:
    """One weight for each element, or each place along the axes: with the axes of the array.

    Raises `ShapeError` where they are neither.
    """
    weights = given(weights, "average")
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise ShapeError(f"average: weights of shape {weights.shape} for {a.shape}: say by axis= where they are")
    axes = axes_of(axis, len(a.shape))
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ShapeError(f"average: expected weights as long as the axes {axis} of {a.shape}, got {weights.shape}")
    order = np.argsort(axes).tolist()
    return reshape(transpose(weights, tuple(order)), tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


@composition(np.average)
def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean, in which each element counts as much as its weight.

    >>> average(np.array([1.0, 5.0]), weights=np.array([3.0, 1.0]))
    np.float64(2.0)

    Raises `ShapeError` for weights that do not fit.
    """
    a = given(a, "average")
    if weights is None:
        result = mean(a, axis=axis, keepdims=keepdims)
        return (result, broadcast_to(np.float64(count(a, axis)), shape_of(result))) if returned else result
    weights = broadcast_to(weights_beside(a, axis, weights), a.shape)
    are_halves = is_half(a) and is_half(weights)  # a sum of many is beyond them
    wide, heavy = (astype(a, SINGLE), astype(weights, SINGLE)) if are_halves else (a, weights)
    total = added(heavy, axis=axis, keepdims=keepdims)
    result = div(added(wide * heavy, axis=axis, keepdims=keepdims), total)
    result = astype(result, HALF) if are_halves else result
    return (result, astype(total, HALF) if are_halves else total) if returned else result


def variables(m: Any, y: Any, rowvar: bool, name: str) -> Any:
    """A row of observations a variable; in double precision, as NumPy has it."""

    def rows(x: Any) -> Any:
        x = given(x, name)
        if x.shape and x.dtype.kind != "O":
            x = astype(x, np.float64)
        if len(x.shape) > 2:
            raise ShapeError(f"{name}: expected one variable, or a matrix of variables, got shape {x.shape}")
        if len(x.shape) < 2:
            return reshape(x, (1, -1))
        return x if rowvar else transpose(x)

    return rows(m) if y is None else concatenate([rows(m), rows(y)])


def squeezed(c: Any) -> Any:
    return reshape(c, tuple(n for n in c.shape if n != 1))


@composition(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """How variables go together: each row is one, unless ``rowvar`` is False.

    >>> cov(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    rows = variables(m, y, rowvar, "cov")
    ddof = ddof if ddof is not None else 0 if bias else 1
    weights = np.ones(rows.shape[1]) if fweights is None else given(fweights, "cov")
    if aweights is not None:
        weights = weights * given(aweights, "cov")
    total = added(weights)
    lost = ddof if aweights is None else ddof * added(weights * aweights) / total
    apart = rows - average(rows, axis=1, weights=weights, keepdims=True)
    return squeezed(div(matmul(apart * weights, swap(apart)), maximum(total - lost, 0.0)))


@composition(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The same of variables that are divided by their deviations.

    >>> corrcoef(np.array([[1.0, 2.0, 3.0], [30.0, 20.0, 10.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    rows = variables(x, y, rowvar, "corrcoef")
    apart = rows - mean(rows, axis=1, keepdims=True)
    parts = div(apart, vector_norm(apart, axis=1, keepdims=True))  # as numbers among Values, too, divide by zero
    return squeezed(matmul(parts, swap(parts)))
