"""Matching: to which parameter each of the claimed gradients belongs, by name, by place, or by shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from autograd.check.audit.failures import UnreadError
from autograd.check.audit.naming import parameter_of, returned_names
from autograd.check.audit.slots import Slot

Pairs = list[tuple[Slot, Any]]

#: How many ways to match gradients without names are looked at.
MOST = 60


def matched(
    raw: Any, places: Sequence[Slot], function: Callable[..., Any] | None, first: int = 0
) -> list[tuple[Pairs, list[str]]]:
    """Each parameter with its gradient, and the names of gradients that no parameter is found for.

    ``function`` returned them, behind so many other results; its source may have their names. Without names there may
    be several ways to match them, as many as the shapes leave.
    """
    if isinstance(raw, Mapping):
        return [by_name(raw, places)]
    parts = list(raw) if isinstance(raw, tuple | list) else [raw]
    names = returned_names(function)[first:] if function is not None else ()
    if len(names) == len(parts):
        named = {name: part for name, part in zip(names, parts, strict=True) if name is not None and part is not None}
        pairs, strange = by_name(named, places)
        if len(pairs) == len(named) == sum(part is not None for part in parts):
            return [(pairs, strange)]
        own = {name: part for name, part in named.items() if is_gradient_name(name, places)}
        if own:  # what else is returned is none: a state, a prediction
            pairs, strange = by_name(own, places)
            unnamed = [(i, part) for i, (name, part) in enumerate(zip(names, parts, strict=True)) if name is None]
            found = of_the_rest(unnamed, pairs, parts, places)
            pairs += [(found[i], parts[i]) for i in found]
            rest = [
                name or f"result {first + 1 + i}" for i, name in enumerate(names) if name not in own and i not in found
            ]
            return [(pairs, [*strange, *rest])]
    return [(pairs, []) for pairs in by_place(parts, places)]


def of_the_rest(
    unnamed: Sequence[tuple[int, Any]], pairs: Pairs, parts: Sequence[Any], places: Sequence[Slot]
) -> dict[int, Slot]:
    """The parameters of results without a name, as ``d.sum(axis=0)``, beside such that have one: those that stand where
    they do, if there is a result for each; or else the only ones left of their shapes.
    """
    in_order = len(parts) == len(places) and all(slot is places[index_of(part, parts)] for slot, part in pairs)
    left = [slot for slot in places if all(slot is not taken for taken, _ in pairs)]
    found: dict[int, Slot] = {}
    for i, part in unnamed:
        fitting = [slot for slot in left if np.shape(slot.value) == np.shape(part)]
        if part is not None and in_order:
            found[i] = places[i]
        elif part is not None and len(fitting) == 1 and fitting[0] not in found.values():
            found[i] = fitting[0]
    return found


def index_of(part: Any, parts: Sequence[Any]) -> int:
    return next(i for i, other in enumerate(parts) if other is part)


def is_gradient_name(name: str, places: Sequence[Slot]) -> bool:
    """Whether it says that it is the gradient of one of these."""
    names = list(dict.fromkeys([*(slot.name for slot in places), *(slot.stem for slot in places)]))
    return parameter_of(name, names, is_gradient=False) is not None


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
        if name is None or (name not in known and np.ndim(np.asarray(value, dtype=object)) == 0):
            strange.append(str(key))
        elif name not in known:
            pairs += elements(value, name, known)
        else:
            pairs.append((known[name], value))
    return pairs, strange


def elements(value: Any, stem: str, known: Mapping[str, Slot]) -> Pairs:
    """What is claimed for each number of a list."""
    inside = [(known.get(f"{stem}[{i}]"), part) for i, part in enumerate(value)]
    return [(slot, part) for slot, part in inside if slot is not None and part is not None]


def by_place(parts: Sequence[Any], places: Sequence[Slot]) -> list[Pairs]:
    """In order, if there is one for each parameter; or else all ways in which the shapes are the same."""
    if len(parts) == len(places):
        return [[(slot, part) for slot, part in zip(places, parts, strict=True) if part is not None]]
    given = [part for part in parts if part is not None]
    found = list(islice(assignments(given, places), MOST)) if given else []
    if len(given) == 1 and np.ndim(given[0]) == 1:  # one array for a list of numbers
        known = {slot.name: slot for slot in places}
        for stem in dict.fromkeys(slot.stem for slot in places if slot.stem != slot.name):
            pairs = elements(given[0], stem, known)
            if len(pairs) == len(given[0]) and all(np.ndim(slot.value) == 0 for slot, _ in pairs):
                found.append(pairs)
    if not found:
        names = ", ".join(slot.name for slot in places)
        raise UnreadError(
            f"expected a gradient for each of {names or 'the inputs, which hold no floats'}, "
            f"got {len(parts)}, of shape {', '.join(str(np.shape(x)) for x in parts)}",
            "give a dict of them by name, as in {'dW': …}",
        )
    return found


def assignments(parts: Sequence[Any], places: Sequence[Slot]) -> Iterator[Pairs]:
    """Each way to give these to places of their shapes."""
    if not parts:
        yield []
        return
    for slot in places:
        if np.shape(slot.value) == np.shape(parts[0]):
            for rest in assignments(parts[1:], [other for other in places if other is not slot]):
                yield [(slot, parts[0]), *rest]
