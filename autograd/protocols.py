"""NumPy's ufuncs on nodes, with all that NumPy knows of them: methods, ``out=``, ``where=``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from math import prod
from typing import Any, NoReturn

import numpy as np

from autograd.accept import of_dtype
from autograd.answers import answer, asked, is_flat, question
from autograd.call import Bound, Input, holds_node
from autograd.errors import LostGradientError, short_repr
from autograd.op import override_of, table
from autograd.refusal import named, unregistered

Operate = Callable[..., Any]

#: What NumPy takes where these are left out: there is nothing to do for them.
DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "out": (None,),
    "where": (True,),
    "dtype": (None,),
    "casting": ("same_kind",),
    "order": ("K",),
    "subok": (True,),
    "keepdims": (False, np._NoValue),
    "initial": (None, np._NoValue),
}

#: What ufuncs of whole vectors and matrices take: that is for their operation to know.
OWN = frozenset({"axes", "axis", "keepdims"})

#: Operations that do at once what the methods of these ufuncs do step by step, where the table has them.
AT_ONCE: Mapping[tuple[str, str], str] = {
    ("add", "reduce"): "sum",
    ("multiply", "reduce"): "prod",
    ("maximum", "reduce"): "max",
    ("minimum", "reduce"): "min",
    ("logaddexp", "reduce"): "logsumexp",
    ("add", "accumulate"): "cumsum",
    ("multiply", "accumulate"): "cumprod",
}

#: What to do in the place of out= and dtype=.
ELSE = "use the result, or convert it, as by .astype(dtype)"

#: What to write for the methods that there are not.
INSTEAD = {
    "at": "it writes in place: write a = a + autograd.put(v, a.shape, index) for np.add.at(a, index, v)",
    "reduceat": "write np.stack([np.add.reduce(t[i:j]) for i, j in parts]), likewise for others than np.add",
}


def run_ufunc(node: Any, ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What NumPy asks of a ufunc beside a plain call of its operation; ``node`` is an input, or ``out=``.

    >>> import autograd
    >>> t = autograd.Tensor([1.0, 2.0, 4.0])
    >>> np.add.reduce(t), np.subtract.outer(t, [1.0, 2.0]).shape, np.divide.accumulate(t).data
    (Tensor(7., op=sum), (3, 2), array([1.   , 0.5  , 0.125]))
    """
    operate = override_of(ufunc)
    spelled = spelling(ufunc) if method == "__call__" else f"{spelling(ufunc)}.{method}"
    settings = {name: value for name, value in kwargs.items() if not is_default(name, value)}
    if method in INSTEAD:
        cure = INSTEAD[method] if ufunc is np.add or method != "at" else "compute with t[index], and put it back"
        raise LostGradientError(f"{spelled}: {named(node)} cannot be in it: {cure}")
    if is_flat(ufunc):
        function, name = getattr(ufunc, method), spelled.removeprefix("np.")
        if (settings or method != "__call__") and not holds_node(settings.get("out")):
            return answer(node, function, name, inputs, kwargs)
        operate = operate or (lambda *numbers: answer(node, function, name, numbers, {}))
    if operate is None:
        raise unregistered(spelled, ufunc.__name__, node)
    if method == "__call__":
        return call(node, spelled, operate, inputs, settings)
    return METHODS[method](node, spelled, ufunc, operate, *inputs, **settings)


def spelling(ufunc: np.ufunc) -> str:
    """A ufunc as a message names it, which may be of another package than NumPy."""
    name = ufunc.__name__
    return f"np.{name}" if getattr(np, name, None) is ufunc else name


def is_default(name: str, value: Any) -> bool:
    return any(value is default or (isinstance(value, str) and value == default) for default in DEFAULTS.get(name, ()))


def refuse(node: Any, spelled: str, settings: Mapping[str, Any], cure: str) -> NoReturn:
    given = ", ".join(f"{name}={short_repr(value)}" for name, value in settings.items())
    raise LostGradientError(f"{spelled} of {named(node)}: expected its inputs alone, got {given}: {cure}")


def call(node: Any, spelled: str, operate: Operate, inputs: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """The ufunc itself. A Tensor that is given as ``out`` holds the result, as that of ``t[...] = result``."""
    own = {name: value for name, value in settings.items() if name in OWN}
    settings = {name: value for name, value in settings.items() if name not in OWN}
    if not settings:
        return operate(*inputs, **own)
    rest = {name: value for name, value in settings.items() if name not in ("out", "where")}
    if rest:
        refuse(node, spelled, rest, ELSE)
    where = settings.get("where", True)
    if "out" not in settings:
        refuse(node, spelled, settings, "without out= the others would be any numbers: write np.where(mask, result, 0)")
    (target, *others) = settings["out"]
    if others:
        refuse(node, spelled, {"out": settings["out"]}, "use the results")
    if not hasattr(type(target), "__setitem__") or not hasattr(target, "_record"):
        raise LostGradientError(
            f"{spelled}: expected its inputs alone, or a Tensor for the result, got out= of plain numbers, where the "
            f"gradient of {named(node)} would be silently lost: leave it out, and write a = a + b for a += b, or give "
            "out=Tensor(a, requires_grad=False)"
        )
    if where is True:
        target[...] = operate(*inputs, **own)
    else:
        with np.errstate(all="ignore"):  # of the elements that are not asked for, too
            target[...] = table["where"](where, operate(*inputs), target)
    return target


def reduced(
    node: Any,
    spelled: str,
    ufunc: np.ufunc,
    operate: Operate,
    array: Any,
    axis: int | tuple[int, ...] | None = 0,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    **others: Any,
) -> Any:
    """The fold of all elements along the axes."""
    if others:
        refuse(node, spelled, others, ELSE)
    if where is not True:
        filler = initial if ufunc.identity is None else ufunc.identity
        if filler is None:
            refuse(node, spelled, {"where": where}, "give initial=, as there is no number that changes nothing")
        array = table["where"](where, array, filler)
    initial = of_dtype(initial, array)
    at_once = operation(ufunc, "reduce")
    if at_once is not None:
        if ufunc.identity is None and initial is not None and 0 in np.shape(array):  # there is no largest of nothing
            return table["sum"](array, axis=axis, keepdims=keepdims) + initial
        result = at_once(array, axis=axis, keepdims=keepdims)
        return result if initial is None else operate(result, initial)
    settings = {"axis": axis, "keepdims": keepdims, "initial": None if initial is None else 1.0}
    shape = shape_after(ufunc, "reduce", array, settings)
    rows = rows_of(array, axis)
    if not rows:
        return np.broadcast_to(ufunc.identity if initial is None else initial, shape)
    result = reduce(operate, rows if initial is None else [initial, *rows])
    return result if np.shape(result) == shape else np.reshape(result, shape)


def accumulated(
    node: Any, spelled: str, ufunc: np.ufunc, operate: Operate, array: Any, axis: int = 0, **others: Any
) -> Any:
    """The folds of all beginnings along an axis."""
    if others:
        refuse(node, spelled, others, ELSE)
    at_once = operation(ufunc, "accumulate")
    if at_once is not None:
        return at_once(array, axis=axis)
    shape_after(ufunc, "accumulate", array, {"axis": axis})
    rows = rows_of(array, axis)
    return np.stack(list(accumulate(rows, operate)), axis) if rows else array


def outer(node: Any, spelled: str, ufunc: np.ufunc, operate: Operate, first: Any, second: Any, **others: Any) -> Any:
    """Of each element of the first with each of the second."""
    if others:
        refuse(node, spelled, others, ELSE)
    added = (1,) * np.ndim(second)
    return operate(np.reshape(first, (*np.shape(first), *added)) if added and np.ndim(first) else first, second)


METHODS: Mapping[str, Callable[..., Any]] = {"reduce": reduced, "accumulate": accumulated, "outer": outer}


def operation(ufunc: np.ufunc, method: str) -> Operate | None:
    """What does all of it at once, if there is such an operation by now."""
    name = AT_ONCE.get((ufunc.__name__, method))
    if name is None:
        return None
    return table[name] if name in table else override_of(getattr(np, name))


def shape_after(ufunc: np.ufunc, method: str, array: Any, settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of what NumPy gives for numbers of the shape of an array; its refusal in our words."""
    ask = question(getattr(ufunc, method), f"{ufunc.__name__}.{method}")
    return np.shape(asked(ask, [array], Bound({"args": [Input(0)], **settings}), [np.ones(np.shape(array))]))


def rows_of(array: Any, axis: int | tuple[int, ...] | None) -> list[Any]:
    """What is folded along the axes, one after the other; NumPy folds a single number along its axis 0."""
    shape = np.shape(array)
    if not shape:
        return [array]
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    folded = [a % len(shape) for a in axes]
    kept = [a for a in range(len(shape)) if a not in folded]
    moved = np.transpose(array, (*folded, *kept))
    rows = np.reshape(moved, (prod(shape[a] for a in folded), *(shape[a] for a in kept)))
    return [rows[i] for i in range(len(rows))]


def run_function(node: Any, function: Operate, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What NumPy's ``function`` that no operation stands for does with nodes, one of which is ``node``."""
    if is_flat(function):
        return answer(node, function, function.__name__, args, kwargs)
    module = function.__module__.replace("numpy", "np", 1)
    raise unregistered(f"{module}.{function.__name__}", function.__name__, node)
