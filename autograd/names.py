"""How nodes get their names: by label, by the variable that holds them, or by a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, islice
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd.node import Node
from autograd.notation.words import format_index
from autograd.state import user_frame

#: Names for inner nodes that have none, in order; where these are too few, all are numbered v1, v2, …
LETTERS = ("q", "r", "s", "t", "u", "v")
OUTPUT = "f"

#: How deep, and how far, the search for a name goes into what a variable holds: ``model.layers[0].w[1]``.
DEPTH = 4
MOST = 10_000


def caller_variables() -> dict[str, Any]:
    """The variables of the innermost frame outside this project's packages, its own before the global ones."""
    frame = user_frame()
    return {} if frame is None else dict(chain(frame.f_locals.items(), frame.f_globals.items())) | frame.f_locals


def variable_names(nodes: Sequence[Node], variables: Mapping[str, Any]) -> dict[int, str]:
    """Names by ``id(node)``: the variable that holds it, or ``w[0]`` or ``neuron.w[0]`` where it holds more.

    Of several variables the first counts: the one of a later loop does not rename a node.
    """
    wanted = {id(node) for node in nodes}
    names: dict[int, str] = {}
    containers: dict[str, Any] = {}
    for name, held in variables.items():
        if name.startswith("_") or not name.isidentifier():  # a test runner has variables such as "@py_assert1"
            continue
        if isinstance(held, Node):
            if id(held) in wanted:
                names.setdefault(id(held), name)
        elif holds_more(held):
            containers[name] = held
    for name, held in containers.items():
        for place, element in islice(elements(held), MOST):
            if id(element) in wanted:
                names.setdefault(id(element), name + place)
    return names


def holds_more(held: Any) -> bool:
    """Whether nodes may be found inside: a list, a tuple, a dict, an array of objects, a person's own object."""
    if isinstance(held, np.ndarray):
        return bool(held.dtype == object)
    if isinstance(held, list | tuple | dict):
        return True
    return hasattr(held, "__dict__") and not isinstance(held, type | ModuleType | FunctionType)


def elements(container: Any, depth: int = DEPTH) -> Iterator[tuple[str, Any]]:
    """What a container holds, some levels deep, with the place as text: ``[0]``, ``[1, 2]``, ``.w[0]``."""
    for place, element in inside(container):
        yield place, element
        if depth > 1 and not isinstance(element, Node) and holds_more(element):
            for deeper, inner in elements(element, depth - 1):
                yield place + deeper, inner


def inside(container: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(container, np.ndarray):
        return ((f"[{format_index(index)}]", container[index]) for index in np.ndindex(container.shape))
    if isinstance(container, list | tuple):
        return ((f"[{i}]", element) for i, element in enumerate(container))
    if isinstance(container, dict):
        return ((f"[{key!r}]", element) for key, element in container.items())
    return ((f".{name}", element) for name, element in vars(container).items())


def name_all(
    nodes: Sequence[Node], outputs: Sequence[Node], variables: Mapping[str, Any]
) -> tuple[list[str | None], list[str]]:
    """For every node the name that a person gave it, if any, and a name that no other node has.

    An automatic name is f for the last output, a letter or a number for the rest, and never that of another
    node's variable.
    """
    found = variable_names(nodes, variables)
    known = [node.label or found.get(id(node)) for node in nodes]
    taken = {name for name in known if name} | {name for name, held in variables.items() if isinstance(held, Node)}
    unnamed = sum(name is None and node.op is not None for name, node in zip(known, nodes, strict=True))
    letters = LETTERS if unnamed <= len(LETTERS) + 1 else ()
    inner = chain(letters, numbered("v"))
    leaves = numbered("x")
    names: list[str] = []
    used: set[str] = set()
    repeats: dict[str, Iterator[str]] = {}
    for name, node in zip(known, nodes, strict=True):
        if name is None:
            pool = leaves if node.op is None else chain((OUTPUT,), inner) if node is outputs[-1] else inner
            name = next(free for free in pool if free not in taken)
        elif name in used:  # two nodes of one name: the later gets a number
            name = next(free for free in repeats.setdefault(name, numbered(f"{name}_", 2)) if free not in taken)
        taken.add(name)
        used.add(name)
        names.append(name)
    return known, names


def numbered(stem: str, start: int = 1) -> Iterator[str]:
    """``v1``, ``v2``, …"""
    return (f"{stem}{n}" for n in count(start))
