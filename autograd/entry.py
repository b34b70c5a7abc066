"""What may be said of an operation when it is entered in the table."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.errors import short_repr
from autograd.signature import each, param

LINEAR = ("no", "first", "jointly", "separately")


def expect_entry(name: str, forward: Any, rules: Sequence[Any], settings: Mapping[str, Any]) -> None:
    """Refuse what no entry can mean: each setting is what `EXPECTED` says.

    Raises `ValueError`, which names the operation and the setting.
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"an operation's name must be an identifier, got {short_repr(name)}")
    if not callable(forward):
        raise ValueError(f"{name}: expected a forward function, got {short_repr(forward)}")
    for rule in rules:
        if not (rule is None or rule is param or callable(rule.rule if isinstance(rule, each) else rule)):
            raise ValueError(f"{name}: expected rules as functions, each(...), param or None, got {short_repr(rule)}")
    for setting, value in settings.items():
        expected, is_such = EXPECTED[setting]
        if not is_such(value):
            raise ValueError(f"{name}: expected {setting}= as {expected}, got {short_repr(value)}")


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_function_or_none(value: Any) -> bool:
    return value is None or callable(value)


def is_domain(value: Any) -> bool:
    """Whether it is open intervals, each of two numbers of which the second is larger."""
    try:
        return all(float(low) < float(high) for low, high in value)
    except (TypeError, ValueError):
        return False


#: Of each setting, what it is, and whether something is such.
EXPECTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "doc": ("a sentence", is_text),
    "operator": ("an operator as Python writes it, or None", lambda value: value is None or is_text(value)),
    "symbol": ("text, or None", lambda value: value is None or is_text(value)),
    "domain": ("an interval (low, high) for each input", is_domain),
    "kinks": ("a function of the inputs, or None", is_function_or_none),
    "linear": (f"one of {', '.join(LINEAR)}", lambda value: is_text(value) and value in LINEAR),
    "masks": ("True, False, or a function of the params", lambda value: is_flag(value) or callable(value)),
    "shape": ("a function from shapes to the shape, or None", is_function_or_none),
    "batched": ("a function of stacks, or None", is_function_or_none),
    "scalars": ("a function of object arrays, or None", is_function_or_none),
    "activation": ("True or False", is_flag),
    "method": ("True or False", is_flag),
    "check": ("True or False", is_flag),
}
