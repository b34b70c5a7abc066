"""What an optimiser remembers: copied before each step, and as plain data that can be saved."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import DTypeError, Tensor, Value, short_repr

#: Never changed, so that a copy may hold the same.
ATOMS = frozenset({int, float, str, bool, bytes, complex, type(None)})


def copied(state: dict[Any, Any], parameters: Sequence[Tensor | Value], owner: str) -> dict[Any, Any]:
    """A copy that has nothing in common with it but the parameters, should it hold them.

    Raises `TypeError` for what has no copies, as an open file.
    """
    if not state:
        return {}
    memo: dict[int, Any] = {id(parameter): parameter for parameter in parameters}
    twin = {}
    for key, value in state.items():
        try:
            twin[key] = twin_of(value, memo)
        except TypeError as error:
            raise TypeError(
                f"{owner}: state[{short_repr(key)}]: expected what can be copied, so that a failed step can be taken "
                f"back, got {type(value).__name__}: keep it as an attribute ({error})"
            ) from error
    return twin


def twin_of(value: Any, memo: dict[int, Any]) -> Any:
    """As `copy.deepcopy` makes it, and quick where it is an array, or dicts and lists of them."""
    kind = value.__class__
    if kind in ATOMS:
        return value
    if id(value) in memo:
        return memo[id(value)]
    twin: Any
    if kind is np.ndarray and not value.dtype.hasobject:
        memo[id(value)] = twin = value.copy("K")
    elif kind is dict:
        memo[id(value)] = twin = {}
        for key, part in value.items():
            twin[key] = twin_of(part, memo)
    elif kind is list:
        memo[id(value)] = twin = []
        for part in value:
            twin.append(twin_of(part, memo))
    else:
        twin = copy.deepcopy(value, memo)
    return twin


def plain(value: Any, where: str) -> Any:
    """A copy made of numbers, texts, None, lists, dicts by text, and arrays.

    Raises `TypeError` for what is none of these.
    """
    kind = type(value)
    if kind in (int, float, bool, str, type(None)):
        return value
    if isinstance(value, np.float64):
        return float(value)
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        return np.array(value)
    if kind is list:
        return [plain(part, f"{where}[{place}]") for place, part in enumerate(value)]
    if kind is dict and all(type(key) is str for key in value):
        return {key: plain(part, f"{where}[{key!r}]") for key, part in value.items()}
    raise DTypeError(
        f"{where}: expected a number, a text, None, an array, a list or a dict by text, so that it can be saved, "
        f"got {short_repr(value)}: keep it as one of these"
    )


def expect_names(given: Any, expected: Collection[str], where: str) -> None:
    """Refuse what is no dict of just these names."""
    if not isinstance(given, Mapping):
        raise DTypeError(f"{where}: expected a dict, as state_dict() gives it, got {short_repr(given)}")
    for name in expected:
        if name not in given:
            raise ValueError(f"{where}: expected {', '.join(expected)}, got no {name!r}: give what state_dict() gave")
    for name in given:
        if name not in expected:
            raise ValueError(
                f"{where}: expected {', '.join(expected) or 'nothing'}, got {short_repr(name)} too: leave it out, "
                "or load it into what it was saved from"
            )


def expect_same(given: Any, expected: Any, what: str, cure: str) -> None:
    """Refuse anything but what is expected."""
    if type(given) is not type(expected) or given != expected:
        raise ValueError(f"{what}: expected {expected!r}, got {short_repr(given)}: {cure}")
