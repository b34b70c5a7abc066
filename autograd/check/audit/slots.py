"""Slots: the places of numbers in what a person hands over (dicts, lists, objects), and copies with others."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

#: One way down: the place in a list, the key of a dict, or the name of an attribute.
Step = tuple[str, Any]

#: What is looked into for no numbers.
CLOSED = (str, bytes, type, FunctionType, MethodType, ModuleType, np.random.Generator, np.random.RandomState)

#: How deep containers are walked, and how many numbers are found.
DEPTH, MOST = 12, 10_000


@dataclass(frozen=True)
class Slot:
    """A place of an array of floats, or of a float: the ways to it, and what is there.

    >>> [slot.name for slot in slots([{"W1": np.ones(2), "layers": [0.5, 1.0]}], ["params"])]
    ['W1', 'layers[0]', 'layers[1]']
    """

    name: str  #: as people call it: the last key, attribute or argument, and the places in lists behind that
    paths: tuple[tuple[Step, ...], ...]
    value: Any

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.paths[0]

    @property
    def stem(self) -> str:
        """The name without the place in a list at its end."""
        return re.sub(r"\[\d+\]$", "", self.name)


def slots(values: Sequence[Any], names: Sequence[str]) -> list[Slot]:
    """All places of floats in these values; one array in two places is one slot."""
    found: dict[Any, Slot] = {}
    for i, (value, name) in enumerate(zip(values, names, strict=True)):
        for path, name_there, x in walk(value, (("index", i),), name, DEPTH, set()):
            key = id(x) if isinstance(x, np.ndarray) else path
            if (known := found.get(key)) is not None:
                found[key] = Slot(known.name, (*known.paths, path), x)
            elif len(found) < MOST:
                found[key] = Slot(name_there, (path,), x)
    counts = Counter(slot.name for slot in found.values())
    return [replace(slot, name=full_name(slot, names)) if counts[slot.name] > 1 else slot for slot in found.values()]


def full_name(slot: Slot, names: Sequence[str]) -> str:
    """All of the way, for what shares its short name with another: ``layers[0].W``."""
    (_, first), *rest = slot.steps
    text = names[first]
    for kind, key in rest:
        text += f".{key}" if kind == "attribute" else f"[{key!r}]"
    return text.removeprefix("self.")


def is_number(x: Any) -> bool:
    """Whether it is an array of floats, or a float."""
    return type(x) is float or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f")


def walk(x: Any, path: tuple[Step, ...], name: str, depth: int, seen: set[int]) -> Iterator[tuple[Any, str, Any]]:
    """The floats below a value, each with its path and name."""
    if is_number(x):
        yield path, name, x
        return
    if depth == 0 or isinstance(x, CLOSED) or id(x) in seen:
        return
    seen = seen | {id(x)}
    for step, name_there, inner in below(x, name):
        yield from walk(inner, (*path, step), name_there, depth - 1, seen)


def below(x: Any, name: str) -> Iterable[tuple[Step, str, Any]]:
    """What a container holds."""
    if isinstance(x, Mapping):
        return [(("key", key), str(key) if isinstance(key, str) else f"{name}[{key!r}]", x[key]) for key in x]
    if isinstance(x, list | tuple):
        return [(("index", i), f"{name}[{i}]", inner) for i, inner in enumerate(x)]
    return [(("attribute", key), key, inner) for key, inner in getattr(x, "__dict__", {}).items()]


def at(x: Any, path: Iterable[Step]) -> Any:
    """What is at the end of a path; `LookupError` or `AttributeError` where there is none."""
    for kind, key in path:
        x = getattr(x, key) if kind == "attribute" else x[key]
    return x


def put(x: Any, path: Sequence[Step], value: Any) -> Any:
    """The container with another value at the end of a path. It is changed, but for tuples, which are made anew."""
    if not path:
        return value
    (kind, key), *rest = path
    inner = put(at(x, path[:1]), rest, value)
    if isinstance(x, tuple):
        parts = [*x[:key], inner, *x[key + 1 :]]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if kind == "attribute":
        setattr(x, key, inner)
    else:
        x[key] = inner
    return x


def replaced(given: Sequence[Any], places: Sequence[Slot], values: Sequence[Any]) -> list[Any]:
    """A deep copy of what was given with other values in some places."""
    copied: list[Any] = copy.deepcopy(list(given))
    for slot, value in zip(places, values, strict=True):
        for path in slot.paths:
            copied = put(copied, path, value)
    return copied
