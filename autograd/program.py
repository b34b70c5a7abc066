"""The one representation of a program: a list of equations, each of which computes a node from earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableSet
from copy import copy, deepcopy
from operator import index
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from autograd.call import ATOMS, NOTHING, Bound, Input, Output, copyable
from autograd.op import Op


class Constant(NamedTuple):
    """An input that is no node: a plain number, or an array (read-only in a `Graph`)."""

    data: Any

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled, (Constant, self.data)


class Equation(NamedTuple):
    """One operation on earlier equations, of which each has one result; a leaf has no operation.

    ``inputs`` are in order, repeats kept: the index of an equation, or a `Constant`. ``dtype`` is None for a Python
    number, which has the shape ().

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> leaf, product = autograd.Graph.of(x * 2).equations
    >>> leaf.op, product.op, product.inputs
    (None, <Op mul>, (0, Constant(data=2)))
    """

    op: Op | None
    inputs: tuple[int | Constant, ...]
    params: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    requires_grad: bool  #: whether a gradient flows to it

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled_equation, (*self[:2], copyable(self.params), *self[3:])

    @property
    def chooses_outside(self) -> bool:
        """Whether what it chooses by, a condition, indices or a mask, is no part of the program.

        Truth values that it computes with are such a choice too: ``x * (x > 0)``.
        """
        op, params = self.op, self.params
        if op is None or op.is_flat:
            return False
        if params and any(map(holds_mask, params.values())):
            return True
        if Constant not in map(type, self.inputs):
            return False
        rules = op.rules_for(self.inputs, params)
        return any(
            is_given(x) and (rule is None or is_truth(x)) for x, (rule, _) in zip(self.inputs, rules, strict=True)
        )

    @property
    def chooses_inside(self) -> bool:
        """Whether what it chooses by is computed too, so that it may choose otherwise in a replay."""
        op = self.op
        if op is None or op.is_flat or None not in op.rules:
            return False
        rules = op.rules_for(self.inputs, self.params)
        return any(rule is None and not is_given(x) for x, (rule, _) in zip(self.inputs, rules, strict=True))


def is_given(x: int | Constant) -> bool:
    """Whether an input of an equation is a number or an array, and no node, not even one from outside a section."""
    return isinstance(x, Constant) and isinstance(x.data, NUMBERS)


def is_truth(x: int | Constant) -> bool:
    """Whether an input is True or False, or an array of them."""
    return isinstance(x, Constant) and np.asarray(x.data).dtype.kind == "b"


#: What a constant is, if it is no node from outside a section.
NUMBERS = (bool, int, float, np.generic, np.ndarray)


def holds_mask(param: Any) -> bool:
    """Whether a param is an array of truth values, or has one in it; an array of positions counts as shape."""
    if isinstance(param, tuple):
        return any(map(holds_mask, param))
    return isinstance(param, np.ndarray) and param.dtype == bool


#: ``made(Equation, fields)`` and ``made(Constant, fields)``, where there are thousands: half the time of a call.
made: Any = tuple.__new__


def frozen(data: Any) -> Any:
    """A number as it is; an array as a read-only one that nobody else writes to."""
    if isinstance(data, np.ndarray):
        if data.flags.writeable:
            data = data.copy()
        data = data.view()
        data.setflags(write=False)
    return data


def frozen_params(params: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Params that nobody changes."""
    if not params:
        return NOTHING
    params = private_params(params)
    return params if isinstance(params, Bound) else MappingProxyType(params)


def unpickled(cls: Callable[..., Any], *fields: Any) -> Any:
    """An object of these fields, its arrays read-only: what was pickled, or copied, can be written to."""
    return cls(*map(frozen, fields))


def unpickled_equation(op: Op | None, inputs: Any, params: Mapping[str, Any], *rest: Any) -> Equation:
    return Equation(op, inputs, frozen_params(params), *rest)


def private_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same params as copies that nobody else can change; those of an output are such already."""
    if params.__class__ is Output:
        return params
    kept = {name: private(value) for name, value in params.items()}
    return Bound(kept) if params.__class__ is Bound else kept


#: Kinds of params that cannot be changed, the commonest of them. (An end of a slice may be an array without axes.)
PLAIN = (ATOMS | {Input}) - {slice}


def private(param: Any) -> Any:
    """A param (an index, settings) as a copy that nobody else can change; a list stays a list.

    >>> settings = {"axes": [0, 1]}
    >>> kept = private(settings)
    >>> settings["axes"].append(2)
    >>> kept
    {'axes': [0, 1]}
    """
    kind = type(param)
    if kind in PLAIN:
        return param
    if kind is slice:
        ends = param.start, param.stop, param.step
        return param if PLAIN.issuperset(map(type, ends)) else slice(*map(private, ends))
    if isinstance(param, np.ndarray | np.generic):
        return param.copy()
    if kind is tuple and PLAIN.issuperset(map(type, param)):
        return param
    if isinstance(param, tuple):
        parts = [private(part) for part in param]
        return kind(*parts) if hasattr(kind, "_fields") else tuple(parts)
    if isinstance(param, list):
        if set(map(type, param)) == {Input}:  # written by the binding of the call
            return param
        twin: Any = copy(param)
        twin[:] = map(private, param)
        return twin
    if isinstance(param, dict):
        twin = copy(param)
        twin.update((key, private(value)) for key, value in param.items())
        return twin
    if isinstance(param, memoryview):
        return np.array(param).data
    if isinstance(param, Iterator):
        return list(map(private, param))
    if isinstance(param, MutableSet) or hasattr(kind, "__array__"):  # a column of a data frame, say
        return deepcopy(param)
    if hasattr(kind, "__len__") and hasattr(kind, "__getitem__") and not isinstance(param, UNCHANGING):
        return deepcopy(param)
    if hasattr(kind, "__index__") and not isinstance(param, int):
        return index(param)
    try:
        return deepcopy(param)  # a person's own settings; a function or a class is what it is
    except Exception:  # some things have no copies: an open file, a lock
        return param


#: What has a length and elements, and cannot be changed.
UNCHANGING = (str, bytes, range, np.dtype, MappingProxyType)
