"""A call that does not fit is refused with what would, and with the word for what PyTorch calls otherwise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from nn.elsewhere import argument_cure

P = ParamSpec("P")
R = TypeVar("R")
BY_NAME = inspect.Parameter.KEYWORD_ONLY


def spelled_out(function: Callable[P, R]) -> Callable[P, R]:
    """It itself; a call that does not fit raises a `TypeError` that spells out how it is called.

    >>> @spelled_out
    ... def total(x, *, axis=None):
    ...     return sum(x)
    >>> total([1, 2])
    3
    >>> total([1, 2], dim=0)
    Traceback (most recent call last):
        ...
    TypeError: total: got an unexpected keyword argument 'dim': expected total(x, *, axis=None); dim is axis here
    """

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            wrong = misfit(owner_of(called, function, args), function, args, kwargs)
            if wrong is None:  # of something in it
                raise
            raise TypeError(wrong) from None

    return called


class SpelledOut:
    """Base of classes whose constructors say how they are called."""

    __slots__ = ()

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "__init__" in vars(cls):
            setattr(cls, "__init__", spelled_out(vars(cls)["__init__"]))  # noqa: B010 - as no type checker sees it


def owner_of(called: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What was called, by the name that people know: a class for its constructor, and a method behind its class."""
    *_, kind, name = ["", *function.__qualname__.split(".")]
    if not is_method(function) or not args:
        return name
    if name != "__init__":
        return f"{type(args[0]).__name__}.{name}"
    return type(args[0]).__name__ if type(args[0]).__init__ is called else kind  # or that of a base, called by super()


def is_method(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), None) == "self"


def misfit(owner: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """What to say of a call that does not fit the signature of what is called; None of one that does."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        has_self = is_method(function)
        parameters = list(signature.parameters.values())[has_self:]
        names = [parameter.name for parameter in parameters]
        count = sum(parameter.kind is not BY_NAME for parameter in parameters)
        cures = [argument_cure(owner, name, names) for name in kwargs if name not in names]
        if len(args) - has_self > count and count < len(names):
            cures.append(f"give {' and '.join(names[count:][:2])} by name")
        return "; ".join([f"{owner}: {error}: expected {owner}{text_of(parameters)}", *filter(None, cures)])
    return None


def text_of(parameters: list[inspect.Parameter]) -> str:
    """Parameters as a call is written, without types.

    >>> import nn
    >>> text_of(list(inspect.signature(nn.Dropout).parameters.values()))
    '(p=0.5, *, rng=None)'
    """

    def short(parameter: inspect.Parameter) -> inspect.Parameter:
        default, none = parameter.default, inspect.Parameter.empty
        named = default if default is none or not hasattr(default, "__name__") else Word(default.__name__)
        return parameter.replace(annotation=none, default=named)

    return str(inspect.Signature([short(parameter) for parameter in parameters]))


class Word(str):
    """A text whose repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
