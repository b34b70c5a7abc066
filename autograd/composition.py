"""Functions of NumPy that are made of operations of the table, and so need no rule of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from autograd.accept import real_array
from autograd.op import override
from autograd.operators import Operators, has_other

F = TypeVar("F", bound=Callable[..., Any])

_compositions: dict[str, Callable[..., Any]] = {}

#: Every composition by name, read-only: ``compositions["vstack"]``.
compositions: Mapping[str, Callable[..., Any]] = MappingProxyType(_compositions)


def composition(*overridden: Callable[..., Any], method: bool = False) -> Callable[[F], F]:
    """Enter a function that is made of operations: what is recorded is these.

    NumPy code that calls one of the ``overridden`` functions on nodes reaches it; with ``method`` nodes have it as a
    method. Its arguments have NumPy's names, order and defaults.

    >>> import autograd
    >>> from autograd.composition import composition, compositions
    >>> compositions["swapaxes"](autograd.Tensor([[1.0, 2.0]]), 0, 1).op
    <Op transpose>

    Raises `ValueError` for a name that is taken.
    """

    def enter(function: F) -> F:
        name = function.__name__
        if name in _compositions or (method and has_other(Operators, name)):
            raise ValueError(f"there is something of the name {name!r} already: choose another")
        _compositions[name] = function
        for replaced in overridden:
            override(replaced, function)
        if method:
            setattr(Operators, name, function)
        return function

    return enter


def given(a: Any, name: str) -> Any:
    """What has a shape as it is, and a list as an array: for a composition that asks for the shape.

    >>> given([1.0, 2.0], "cov").shape
    (2,)
    """
    return a if hasattr(a, "shape") else real_array(a, name)
