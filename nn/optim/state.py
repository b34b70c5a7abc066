"""What an optimiser remembers is copied before each step, so that a failed one can be taken back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value, short_repr

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
