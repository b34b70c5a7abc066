"""How nodes get their names: by label, by the variable that holds them, or by a letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, islice
from typing import Any

from autograd.node import Node, Recorded
from autograd.state import user_frame
from autograd.tree import Children, children, keystr, walk

#: Names for inner nodes that have none, in order; where these are too few, all are numbered v1, v2, …
LETTERS = ("q", "r", "s", "t", "u", "v")
OUTPUT = "f"

#: How deep, and how far, the search for a name goes into what a variable holds: ``model.layers[0].w[1]``.
DEPTH = 4
MOST = 10_000


#: Whose objects hold no nodes that a person put there.
OURS = "autograd."


def caller_variables() -> dict[str, Any]:
    """The variables of the innermost frame outside this project's packages, its own before the global ones."""
    frame = user_frame()
    return {} if frame is None else dict(chain(frame.f_locals.items(), frame.f_globals.items())) | frame.f_locals


def variable_names(wanted: set[int], variables: Mapping[str, Any]) -> dict[int, str]:
    """Names by ``node._key``: the variable that holds it, or ``w[0]`` or ``neuron.w[0]`` where it holds more.

    Of several variables the first counts: the one of a later loop does not rename a node.
    """
    # A test runner has variables such as "@py_assert1".
    public = {name: held for name, held in variables.items() if name.isidentifier() and not name.startswith("_")}
    names: dict[int, str] = {}
    for name, held in public.items():
        if isinstance(held, Node) and (key := held._record._key) in wanted:
            names.setdefault(key, name)
    for name, held in public.items():
        if not inside(held):
            continue
        for path, part in islice(walk(held, inside, depth=DEPTH, cyclic=True), MOST):
            if isinstance(part, Node) and (key := part._record._key) in wanted and key not in names:
                names[key] = name + keystr(path)
    return names


def inside(part: Any) -> Children:
    """Where nodes are searched: in containers and in people's own objects, but not in nodes, operations, graphs."""
    if isinstance(part, Node) or str(type(part).__module__).startswith(OURS):
        return ()
    return children(part, anything=True)


def given_names(
    nodes: Sequence[Recorded], variables: Mapping[str, Any]
) -> tuple[tuple[str | None, ...], frozenset[str]]:
    """For every node the name that a person gave it, if any; and the names of all variables that are nodes."""
    keys = [node._key for node in nodes]
    found = variable_names(set(keys), variables)
    labels = tuple([node.label or found.get(key) for node, key in zip(nodes, keys, strict=True)])
    return labels, frozenset({name for name, held in variables.items() if isinstance(held, Node)})


def with_automatic(
    labels: Sequence[str | None], are_leaves: Sequence[bool], output: int, others: frozenset[str]
) -> tuple[str, ...]:
    """For every node a name that no other node has: the one that a person gave it, if that is still free.

    An automatic name is f for the output, a letter or a number for the rest, and none of ``others``.
    """
    taken = {name for name in labels if name} | others
    unnamed = sum(name is None and not is_leaf for name, is_leaf in zip(labels, are_leaves, strict=True))
    letters = LETTERS if unnamed <= len(LETTERS) + 1 else ()
    inner = chain(letters, numbered("v"))
    leaves = numbered("x")
    names: list[str] = []
    used: set[str] = set()
    repeats: dict[str, Iterator[str]] = {}
    for i, (name, is_leaf) in enumerate(zip(labels, are_leaves, strict=True)):
        if name is None:
            pool = leaves if is_leaf else chain((OUTPUT,), inner) if i == output else inner
            name = next(free for free in pool if free not in taken)
        elif name in used:  # two nodes of one name: the later gets a number
            name = next(free for free in repeats.setdefault(name, numbered(f"{name}_", 2)) if free not in taken)
        taken.add(name)
        used.add(name)
        names.append(name)
    return tuple(names)


def numbered(stem: str, start: int = 1) -> Iterator[str]:
    """``v1``, ``v2``, …"""
    return (f"{stem}{n}" for n in count(start))
