"""Elements chosen by their places or by conditions: which, NumPy says of the numbers of the places."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.accept import real_array
from autograd.call import holds_node, nodes_in, shape_of
from autograd.composition import composition, given
from autograd.errors import DTypeError, ShapeError
from autograd.ops.compare import where
from autograd.ops.indexing import setitem
from autograd.ops.moving import moved
from autograd.ops.shaping import reshape


@composition(np.take, method=True)
def take(a: Any, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Any:
    """What stands in these places along an axis; without one, of all in a row.

    >>> take([1.0, 2.0, 3.0], [[0, -1]]), take([1.0, 2.0, 3.0], 4, mode="wrap")
    (array([[1., 3.]]), np.float64(2.0))
    """
    return moved("take", a, axis, lambda places: np.take(places, indices, mode=mode), indices)  # type: ignore[call-overload]


@composition(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Any:
    """What stands where a condition holds, along an axis; without one, of all in a row.

    >>> compress([True, False, True], [1.0, 2.0, 3.0])
    array([1., 3.])
    """
    return moved("compress", a, axis, lambda places: np.compress(condition, places), condition)


@composition(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """All elements for which a condition holds, in a row.

    >>> extract([[True, False], [False, True]], [[1.0, 2.0], [3.0, 4.0]])
    array([1., 4.])
    """
    return moved("extract", arr, None, lambda places: np.extract(condition, places), condition)


@composition(np.choose)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """For every place, the element of the array whose number stands there.

    >>> choose([0, 1, 1], [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    array([ 1., 20., 30.])
    """
    if holds_node(a):
        raise DTypeError("choose: expected plain whole numbers, got a node: use where(condition, x, y)")
    parts = list(choices)
    numbers = np.choose(a, list(range(len(parts))), mode=mode)  # type: ignore[call-overload]
    result = parts[-1]
    for k, part in reversed(list(enumerate(parts[:-1]))):
        result = where(np.equal(numbers, k), part, result)
    return result if len(parts) > 1 else where(np.equal(numbers, 0), result, 0)


def is_condition(x: Any) -> bool:
    nodes = list(nodes_in(x))
    return all(node._has_no_slope for node in nodes) if nodes else np.asarray(x).dtype == np.bool_


@composition(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For every place, the element of the first array whose condition holds there, or else the default.

    >>> x = np.array([-2.0, 0.5, 2.0])
    >>> select([x > 1, x < -1], [x * x, -x], 0.0)
    array([2., 0., 4.])

    Raises `ShapeError` unless there is a condition for each array, `DTypeError` for what is no condition.
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ShapeError(f"select: expected a condition for each choice, got {len(condlist)} for {len(choicelist)}")
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        if not is_condition(condition):
            raise DTypeError("select: expected conditions, got numbers: compare first, as in x > 0")
        result = where(condition, choice, result)
    return result


@composition(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function of the elements where its condition holds, or a number there; one more is for all others.

    >>> x = np.array([-2.0, 0.5, 2.0])
    >>> piecewise(x, [x < 0, x > 1], [lambda x: -x, 9.0])
    array([2., 0., 9.])

    Raises `DTypeError` for whole numbers x, in whose dtype what functions give would be cut.
    """
    x = given(x, "piecewise")
    if getattr(x, "dtype", None) is not None and x.dtype.kind not in "fO":
        raise DTypeError(f"piecewise: expected x of floats, got {x.dtype}: convert it, as by x.astype(float)")
    shape = shape_of(x)
    is_one = isinstance(condlist, bool | np.bool_) or (shape != () and shape_of(condlist[0]) == ())
    parts = [real_array(part, "piecewise").astype(bool) for part in ([condlist] if is_one else condlist)]
    if len(funclist) == len(parts) + 1:
        parts.append(~np.logical_or.reduce(parts))
    if len(funclist) != len(parts):
        raise ShapeError(f"piecewise: expected a function for each of {len(parts)} conditions, got {len(funclist)}")
    elements = reshape(x, shape or (1,))
    result: Any = np.full(elements.shape, 0.0, elements.dtype)
    for part, function in zip(parts, funclist, strict=True):
        index = part if shape else part.reshape(1)
        if index.any():
            value = function(elements[index], *args, **kw) if callable(function) else function
            result = setitem(result, value, index)
    return reshape(result, shape)
