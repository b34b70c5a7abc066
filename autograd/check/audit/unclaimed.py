"""Unclaimed: parameters that stand beside those with a gradient, and have none: what was forgotten, or deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.audit.slots import Slot, Step

#: How arrays are called that are parameters, and how a number is: others of these are settings.
PARAMETER = re.compile(r"(w|u|v|b|bias(es)?|weights?|theta|gamma|beta|kernel)_?[a-z]{0,2}_?\d*", re.IGNORECASE)
NUMBER = re.compile(r"(w|b|bias|weight|theta)_?\d*", re.IGNORECASE)

#: How arrays are called that nobody learns: data, statistics of it, states, and what is computed.
NO_PARAMETER = re.compile(
    r"(x|y|t|data|inputs?|outputs?|out|h|c|(prev_|initial_|hidden_|cell_)?(h|c|state|hidden)|targets?|labels?|features|samples?|masks?|caches?|noise"
    r"|(.*_)?(mean|var|variance|std|mu|sigma|stats?|min|max|scaler?)|(running|moving)_.*)_?(\d+|train|test|val|data)?",
    re.IGNORECASE,
)


def unclaimed(
    places: Iterable[Slot], claimed: Sequence[Slot], run: Callable[[Mapping[str, Any]], Any]
) -> dict[str, Any]:
    """The parameters without a gradient, of which the result depends on: ``run`` computes it with some of them changed.

    An array in the same dict or object as one that has a gradient is a parameter, and so is an argument that is called
    as parameters are; data and statistics are not.
    """
    taken = {slot.steps for slot in claimed}
    homes = {home(slot) for slot in claimed}
    families = {family(slot.name) for slot in claimed}
    found = {}
    for slot in places:
        if slot.steps in taken or NO_PARAMETER.fullmatch(slot.stem):
            continue
        is_array, is_argument = np.ndim(slot.value) > 0, len(slot.steps) == 1
        names = PARAMETER if is_array else NUMBER
        is_called_so = names.fullmatch(slot.stem) is not None or family(slot.name) in families
        is_meant = is_called_so or (is_array and not is_argument)
        if home(slot) in homes and is_meant and is_used(slot, run):
            found[slot.name] = slot.value
    return found


def home(slot: Slot) -> tuple[Step, ...]:
    """The dict or the object that it is in; of several in a list, any."""
    steps = list(slot.steps)
    while len(steps) > 1 and steps[-1][0] == "index":
        steps.pop()
    if len(steps) == 1:  # an argument, or in a list that is one
        return (("argument", None),) if len(slot.steps) == 1 else (steps[0],)
    return (steps[0], *((kind, None if kind == "index" else key) for kind, key in steps[1:-1]))


def family(name: str) -> str:
    """A name without its number: ``b1`` and ``b2`` are of one family."""
    return re.sub(r"\d+", "", name)


def is_used(slot: Slot, run: Callable[[Mapping[str, Any]], Any]) -> bool:
    """Whether the result depends on it."""
    try:
        with np.errstate(all="ignore"):
            before, after = run({}), run({slot.name: slot.value * 1.25 + 0.125})
            return not np.array_equal(before, after, equal_nan=True)
    except Exception:  # a setting, which must be what it is
        return False
