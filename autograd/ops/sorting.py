"""Operations that put elements in order: their gradients go back to where the elements came from."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd.composition import composition
from autograd.op import Op, override, primitive
from autograd.ops.indexing import add_along_axis, take_along_axis
from autograd.ops.shaping import behind, reshape


def sort_vjp(
    g: Any, y: Any, a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None
) -> Any:
    """The order is asked for anew, so that it is in the graph where conditions are."""
    return add_along_axis(g, argsort(a, axis, kind="stable"), a.shape, axis)


def ordered(a: tuple[int, ...], axis: int | None = -1, **_: Any) -> tuple[int, ...]:
    return (prod(a),) if axis is None else a


# Of Values: NumPy would sort objects by < alone, which a NaN answers with no.


def order_of_row(row: list[Any]) -> list[int]:
    """From the least number on, equal ones as they stand; then what is no number, as in an array of floats."""
    is_number = [bool(x == x) for x in row]
    places = [k for k, known in enumerate(is_number) if known]
    return sorted(places, key=row.__getitem__) + [k for k, known in enumerate(is_number) if not known]


def order_of_scalars(a: Any, axis: int | None = -1, **params: Any) -> Any:
    order = np.argsort(np.zeros(a.shape), axis, **params)  # raises what NumPy raises
    if axis is None:
        a, axis = a.ravel(), 0
    if a.ndim:
        rows, orders = np.moveaxis(a, axis, -1), np.moveaxis(order, axis, -1)
        for index in np.ndindex(rows.shape[:-1]):
            orders[index] = order_of_row(rows[index].tolist())
    return order


def sort_of_scalars(a: Any, axis: int | None = -1, **params: Any) -> Any:
    return np.take_along_axis(a, order_of_scalars(a, axis, **params), axis)


def parts_of_scalars(a: Any, kth: Any, axis: int | None = -1, **params: Any) -> Any:
    """In order altogether, which is in parts too."""
    np.argpartition(np.zeros(a.shape), kth, axis, **params)  # raises what NumPy raises
    return order_of_scalars(a, axis)


# Of arrays.


def order_of(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """NumPy's. A stable order is the only one where no two are equal, so that the quickest way there finds it too."""
    if (kind == "stable" or stable) and getattr(a, "dtype", None) in (np.float64, np.float32) and np.ndim(a):
        found = np.argsort(a, axis)
        row = np.take_along_axis(a, found, axis)
        place = 0 if axis is None else axis
        first, second = (np.moveaxis(row, place, 0)[part] for part in (slice(-1), slice(1, None)))
        if np.all(first < second):
            return found
    return np.argsort(a, axis, kind, order, stable=stable)


# Many at once: each array has one axis more in front.


def sort_each(a: Any, axis: int | None = -1, **params: Any) -> Any:
    return sort(*rows_of_each(a, axis), **params)


def argsort_each(a: Any, axis: int | None = -1, **params: Any) -> Any:
    return argsort(*rows_of_each(a, axis), **params)


def rows_of_each(a: Any, axis: int | None) -> tuple[Any, int]:
    """What is put in order of a stack, and along which axis."""
    return (reshape(a, (a.shape[0], prod(a.shape[1:]))), 1) if axis is None else (a, behind(axis))


# fmt: off
sort: Op = primitive("sort", np.sort, sort_vjp, scalars=sort_of_scalars, shape=ordered, batched=sort_each,
    method=False,  # that of an array sorts in place
    doc="sort sends the gradient back to where each element came from; equal elements keep their order")
argsort: Op = primitive("argsort", order_of, None, scalars=order_of_scalars, shape=ordered, batched=argsort_each,
    doc="the order of elements has no gradient: a small change leaves it as it is")
argpartition: Op = primitive("argpartition", np.argpartition, None, scalars=parts_of_scalars,
    shape=lambda a, kth, axis=-1, **_: ordered(a, axis),
    doc="which elements are the least has no gradient: a small change leaves it as it is")
# fmt: on


override(np.argsort, argsort)


@composition(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: None = None) -> Any:
    """With the element that is number ``kth`` in order in its place: none before it is more, none behind it less.

    >>> partition([3.0, 1.0, 2.0], 1)
    array([1., 2., 3.])
    """
    return take_along_axis(a, argpartition(a, kth, axis, kind, order), axis)
