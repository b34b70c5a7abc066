"""Matching: to which parameter each of the claimed gradients belongs, by name, by place, or by shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.audit.failures import UnreadError
from autograd.check.audit.naming import parameter_of, returned_names
from autograd.check.audit.slots import Slot

Pairs = list[tuple[Slot, Any]]


def matched(
    raw: Any, places: Sequence[Slot], function: Callable[..., Any] | None, first: int = 0
) -> tuple[Pairs, list[str]]:
    """Each parameter with its gradient, and the names of gradients that no parameter is found for.

    ``function`` returned them, behind so many other results; its source may have their names.
    """
    if isinstance(raw, Mapping):
        return by_name(raw, places)
    parts = list(raw) if isinstance(raw, tuple | list) else [raw]
    names = returned_names(function)[first:] if function is not None else ()
    if len(names) == len(parts):
        named = {name: part for name, part in zip(names, parts, strict=True) if name is not None and part is not None}
        pairs, strange = by_name(named, places)
        if len(pairs) == len(named) == sum(part is not None for part in parts):
            return pairs, strange
    return by_place(parts, places), []


def by_name(raw: Mapping[Any, Any], places: Sequence[Slot]) -> tuple[Pairs, list[str]]:
    pairs: Pairs = []
    strange: list[str] = []
    known = {slot.name: slot for slot in places}
    stems = list(dict.fromkeys(slot.stem for slot in places))
    for key, value in raw.items():
        if value is None:
            continue
        name = parameter_of(str(key), list(known)) or parameter_of(str(key), stems)
        if name is None and isinstance(value, Mapping):
            inner, others = by_name(value, places)
            pairs += inner
            strange += others
            continue
        if name is None or (name not in known and not isinstance(value, list | tuple)):
            strange.append(str(key))
        elif isinstance(value, list | tuple) and name not in known:
            inside = [(known.get(f"{name}[{i}]"), part) for i, part in enumerate(value)]
            pairs += [(slot, part) for slot, part in inside if slot is not None and part is not None]
        else:
            pairs.append((known[name], value))
    return pairs, strange


def by_place(parts: Sequence[Any], places: Sequence[Slot]) -> Pairs:
    """In order: one for each parameter, or else for those whose shapes are these."""
    if len(parts) == len(places):
        return [(slot, part) for slot, part in zip(places, parts, strict=True) if part is not None]
    pairs: Pairs = []
    rest = list(places)
    for part in parts:
        fitting = [slot for slot in rest if np.shape(slot.value) == np.shape(part)]
        if not fitting or (len(parts) == 1 and len(fitting) > 1):
            names = ", ".join(slot.name for slot in places)
            raise UnreadError(
                f"expected a gradient for each of {names or 'the inputs, which hold no floats'}, "
                f"got {len(parts)}, of shape {', '.join(str(np.shape(x)) for x in parts)}",
                "give a dict of them by name, as in {'dW': …}",
            )
        pairs.append((fitting[0], part))
        rest = rest[rest.index(fitting[0]) + 1 :]
    return pairs
