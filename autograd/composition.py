"""Functions of NumPy that are made of operations of the table, and so need no rule of their own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from types import FunctionType, MappingProxyType
from typing import Any, NoReturn, TypeVar, cast

import numpy as np

from autograd.accept import real_array
from autograd.binding import Binding
from autograd.call import NOTHING
from autograd.errors import DTypeError, OperationError, ShapeError
from autograd.failure import FAILURES, fail
from autograd.op import override, table
from autograd.operators import Operators, has_other
from autograd.signature import otherwise

F = TypeVar("F", bound=Callable[..., Any])

#: What an operation raises that refuses its operands; what else it raises is of numbers, data or gradients.
REFUSALS = (ShapeError, DTypeError, OperationError)

_compositions: dict[str, Callable[..., Any]] = {}

#: Every composition by name, read-only: ``compositions["vstack"]``.
compositions: Mapping[str, Callable[..., Any]] = MappingProxyType(_compositions)


def composition(*overridden: Callable[..., Any], method: bool = False) -> Callable[[F], F]:
    """Enter a function that is made of operations: what is recorded is these.

    NumPy code that calls one of the ``overridden`` functions on nodes reaches it; with ``method`` nodes have it as a
    method. Its arguments have NumPy's names, order and defaults. Where it fails, the error names it, as that of an
    operation does, and not what it is made of.

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

        code = cast(FunctionType, function).__code__  # its whole signature takes long to read, and for every import
        names = code.co_varnames[: code.co_argcount]
        place = names.index("out") if "out" in names else sys.maxsize

        @wraps(function)
        def composed(*args: Any, **kwargs: Any) -> Any:
            expect_no_out(name, kwargs["out"] if "out" in kwargs else args[place] if place < len(args) else None)
            try:
                return function(*args, **kwargs)
            except FAILURES as error:
                refuse(function, args, kwargs, error)

        _compositions[name] = composed
        for replaced in overridden:
            override(replaced, composed)
        if method:
            setattr(Operators, name, composed)
        return cast(F, composed)

    return enter


def expect_no_out(name: str, out: Any) -> None:
    """Refuse an array that a result would be written to."""
    if out is not None:
        raise TypeError(f"{name}: expected no out=, which would write over recorded numbers: use the result instead")


def refuse(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception
) -> NoReturn:
    """Raise what a call comes to that failed inside: the name, and the shapes and labels of all operands."""
    signature = inspect.signature(function)
    try:
        arguments = signature.bind(*args, **kwargs).arguments
    except TypeError as unbound:
        takes = ", ".join(signature.parameters) + otherwise(kwargs, signature.parameters)
        raise TypeError(f"{function.__name__}: {unbound}: it takes {takes}") from None
    operands: list[Any] = []
    params: dict[str, Any] = {}
    for name, value in arguments.items():
        found = operands_in(value)
        if found:
            operands += found
        elif signature.parameters[name].kind is not inspect.Parameter.VAR_KEYWORD:
            params[name] = value
    if not operands:
        raise error
    fail(Binding(function.__name__, signature, ()), operands, params or NOTHING, named(error, function.__name__))


def named(error: Exception, name: str) -> Exception:
    """What one of the operations inside refused, as said by the composition, whose name is the one that people wrote.

    >>> named(DTypeError("concatenate: expected numbers"), "vstack")
    DTypeError('vstack: expected numbers')
    """
    inner, _, said = str(error).partition(": ")
    if type(error) not in REFUSALS or error.__cause__ is not None or not (inner in table or inner in _compositions):
        return error
    return type(error)(f"{name}: {said}").with_traceback(error.__traceback__)


def operands_in(value: Any) -> list[Any]:
    """The nodes and arrays that an argument is, or holds."""
    if isinstance(value, list | tuple):
        return [x for part in value for x in operands_in(part)]
    return [value] if isinstance(value, np.ndarray) or hasattr(type(value), "_interpret") else []


def given(a: Any, name: str) -> Any:
    """What has a shape as it is, and a list as an array: for a composition that asks for the shape.

    >>> given([1.0, 2.0], "cov").shape
    (2,)
    """
    return a if hasattr(a, "shape") else real_array(a, name)
