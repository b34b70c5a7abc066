"""The one representation of a program: a list of equations, each of which computes a node from earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from autograd.call import NOTHING, Bound
from autograd.op import Op


class Constant(NamedTuple):
    """An input that is no node: a plain number, or an array (read-only in a `Graph`)."""

    data: Any


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
    return params if isinstance(params, Bound) else MappingProxyType(dict(params))
