"""Shown: the gradients that a step of a NumPy class shows: returned, kept in attributes, or seen in its updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from re import IGNORECASE
from re import compile as pattern
from typing import Any

import numpy as np

from autograd.check.audit.matching import Pairs, by_name
from autograd.check.audit.naming import candidates, parameter_of, returned_names
from autograd.check.audit.slots import Slot, at, slots

#: What holds gradients.
GRADIENTS = pattern(r"grads?|gradients?|nabla|d", IGNORECASE)


def changes(before: Sequence[Slot], net: Any) -> dict[str, Any]:
    """The attributes that hold other numbers by now."""
    found = {}
    for slot in before:
        try:
            now = at([net], slot.steps)
        except (LookupError, AttributeError):
            continue
        if np.shape(now) == np.shape(slot.value) and not np.array_equal(now, slot.value, equal_nan=True):
            found[slot.name] = now
    return found


def is_gradient(slot: Slot) -> bool:
    """Whether it is in what holds gradients."""
    return any(isinstance(key, str) and GRADIENTS.fullmatch(key) for _, key in slot.steps)


def returned(result: Any, places: Sequence[Slot], method: Callable[..., Any]) -> Pairs:
    """Gradients that a method returned by name, be it the name in its ``return``."""
    if isinstance(result, Mapping):
        return by_name(result, places)[0]
    parts = list(result) if isinstance(result, tuple) else [result]
    names = returned_names(method)
    if len(names) != len(parts):
        return []
    return by_name({name: part for name, part in zip(names, parts, strict=True) if name and part is not None}, places)[
        0
    ]


def kept(places: Sequence[Slot], net: Any) -> Pairs:
    """Gradients in attributes: ``self.dW1``, ``self.grads["W1"]``, ``layer.dW`` beside ``layer.W``."""
    pairs: Pairs = []
    by_path = {slot.steps: slot for slot in places}
    names = {slot.name: slot for slot in places}
    for slot in slots([net], ["self"]):
        found = beside(slot, by_path)
        if found is None and is_gradient(slot):
            found = names.get(str(parameter_of(str(slot.steps[-1][1]), list(names))))
        if found is None and (name := parameter_of(slot.stem, list(names), is_gradient=False)) is not None:
            found = names[name]
        if found is not None and found.steps != slot.steps and np.shape(found.value) == np.shape(slot.value):
            pairs.append((found, slot.value))
    return pairs


def beside(slot: Slot, by_path: Mapping[Any, Slot]) -> Slot | None:
    """The parameter that lies beside its gradient, under the same name without the d."""
    for j, (kind, key) in enumerate(slot.steps):
        for name in list(candidates(key))[1:] if isinstance(key, str) else ():
            if (found := by_path.get((*slot.steps[:j], (kind, name), *slot.steps[j + 1 :]))) is not None:
                return found
    return None


def updates(places: Sequence[Slot], net: Any, rate: float) -> tuple[Pairs, dict[str, Any]]:
    """What was taken from each parameter, for a learning rate of 1, and how far that is rounded."""
    updated = changes(places, net)
    pairs: Pairs = []
    slack = {}
    for slot in places:
        if (now := updated.get(slot.name)) is not None:
            old = np.asarray(slot.value)
            pairs.append((slot, (old - now) / rate))
            slack[slot.name] = 2 * (np.spacing(np.abs(old)) + np.spacing(np.abs(now))) / abs(rate)
    return pairs, slack
