"""Whether something holds for all, or any; how often: answers about numbers, which have no gradient."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.call import holds_node
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.op import override, primitive
from autograd.ops.indexing import put
from autograd.ops.reductions import Axis, of_rows, reduced
from autograd.ops.reductions import sum as added
from autograd.ops.shaping import astype, reshape

# Of Values: what is no zero counts.


def truths(row: list[Any]) -> list[bool]:
    return [bool(x != 0) for x in row]


def answer(summary: Callable[[list[bool]], Any], dtype: Any, a: Any, axis: Axis, keepdims: Any) -> Any:
    return np.asarray(of_rows(lambda row: summary(truths(row)), a, axis, keepdims)).astype(dtype)[()]


def any_of_scalars(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return answer(builtins.any, bool, a, axis, keepdims)


def all_of_scalars(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return answer(builtins.all, bool, a, axis, keepdims)


def count_of_scalars(a: Any, axis: Axis = None, *, keepdims: Any = False) -> Any:
    return answer(builtins.sum, np.intp, a, axis, keepdims)


def any_of(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return np.any(a, axis, keepdims=keepdims)


def all_of(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return np.all(a, axis, keepdims=keepdims)


# fmt: off
any = primitive("any", any_of, None, scalars=any_of_scalars, shape=reduced,
    doc="whether any is no zero has no gradient")
all = primitive("all", all_of, None, scalars=all_of_scalars, shape=reduced,
    doc="whether none is zero has no gradient")
count_nonzero = primitive("count_nonzero", np.count_nonzero, None, scalars=count_of_scalars, shape=reduced,
    method=False,
    doc="how many are no zeros has no gradient")
# fmt: on

override(np.any, any)
override(np.all, all)


@composition(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number occurs; with weights, the sum of those that stand beside it.

    >>> bincount([0, 2, 2], np.array([0.5, 1.0, 2.0]))
    array([0.5, 0. , 3. ])

    Raises `DTypeError` for what is not whole or is a node, `ShapeError` for weights that do not fit.
    """
    if holds_node(x):
        raise DTypeError("bincount: expected plain whole numbers x, got a node: give them as from .data.astype(int)")
    places, shortest = np.asarray(x), operator.index(minlength)
    many = np.bincount(places, minlength=shortest)
    return many if weights is None else collected(weights, places, len(many), np.float64, "bincount")


def collected(weights: Any, places: Any, n: int, dtype: Any, name: str) -> Any:
    """The sums of the weights that go to each of n places."""
    weights = given(weights, name)
    if weights.shape != places.shape:
        raise ShapeError(f"{name}: expected a weight for each of {places.shape} numbers, got shape {weights.shape}")
    if weights.dtype not in (object, dtype):
        weights = astype(weights, dtype)
    return put(weights, (n,), places.astype(int))


@composition(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """How many numbers lie in each bin, or the sum of their weights, which have the gradient; and where bins end.

    >>> histogram([0.5, 1.5, 1.75], [0, 1, 2], weights=np.array([0.5, 1.0, 2.0]))
    (array([0.5, 3. ]), array([0, 1, 2]))

    Raises `DTypeError` for numbers or bins that are nodes: a small change leaves them in their bin.
    """
    if holds_node((a, bins, range)):
        raise DTypeError("histogram: expected plain numbers and bins, got a node, which has no gradient: give .data")
    if weights is None:
        return np.histogram(a, bins, range, density)
    weights, numbers = reshape(given(weights, "histogram"), -1), np.ravel(a)
    edges = np.histogram_bin_edges(numbers, bins, range)
    places = np.searchsorted(edges, numbers, side="right") - 1
    places[numbers == edges[-1]] = len(edges) - 2  # the last bin has both of its ends
    inside = (places >= 0) & (places < len(edges) - 1)
    sums = collected(weights[inside], places[inside], len(edges) - 1, weights.dtype, "histogram")
    return (sums / np.diff(edges) / added(sums) if density else sums), edges
