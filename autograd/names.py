"""How nodes get their names: by label, by the variable that holds them, or by a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

from autograd.node import Node
from autograd.state import user_frame

#: Names for inner nodes that have none, in order; where these are too few, all are numbered v1, v2, …
LETTERS = ("q", "r", "s", "t", "u", "v")
OUTPUT = "f"


def caller_variables() -> dict[str, Any]:
    """The variables of the innermost frame outside this project's packages, its own before the global ones."""
    frame = user_frame()
    return {} if frame is None else dict(chain(frame.f_locals.items(), frame.f_globals.items())) | frame.f_locals


def variable_names(nodes: Sequence[Node], variables: Mapping[str, Any]) -> dict[int, str]:
    """Names by ``id(node)``: the variable that holds it, or ``w[0]`` for an element of a list or array of Values.

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
        elif isinstance(held, list | tuple) or (isinstance(held, np.ndarray) and held.dtype == object):
            containers[name] = held
    for name, held in containers.items():
        for position, element in elements(held):
            if id(element) in wanted:
                names.setdefault(id(element), name + position)
    return names


def elements(container: Any) -> Iterator[tuple[str, Any]]:
    """Elements with their positions as text, two levels deep: ``[0]``, ``[1, 2]``."""
    if isinstance(container, np.ndarray):
        for index in np.ndindex(container.shape):
            yield f"[{', '.join(map(str, index))}]", container[index]
        return
    for i, element in enumerate(container):
        yield f"[{i}]", element
        if isinstance(element, list | tuple):
            for j, inner in enumerate(element):
                yield f"[{i}][{j}]", inner


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
    for name, node in zip(known, nodes, strict=True):
        if name is None:
            pool = leaves if node.op is None else chain((OUTPUT,), inner) if node is outputs[-1] else inner
            name = next(free for free in pool if free not in taken)
        elif name in used:  # two nodes of one name: the later gets a number
            name = next(free for free in numbered(f"{name}_", 2) if free not in taken)
        taken.add(name)
        used.add(name)
        names.append(name)
    return known, names


def numbered(stem: str, start: int = 1) -> Iterator[str]:
    """``v1``, ``v2``, …"""
    return (f"{stem}{n}" for n in count(start))
