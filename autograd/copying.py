"""Graphs of any depth, and views of views, are copied and pickled without recursion."""

from __future__ import annotations

import copyreg
import threading
from collections.abc import Callable
from typing import Any

from autograd.node import Recorded, topological


class Listed(threading.local):
    """The places that a list has, while this thread copies, by ``id``."""

    def __init__(self) -> None:
        self.ids: set[int] = set()


_listed = Listed()


class Ancestors:
    """What one place is computed from, inputs before users, as far as no list has it yet."""

    def __init__(self, node: Recorded) -> None:
        self.ids = _listed.ids
        self.nodes = topological([node], seen=self.ids)[:-1]
        self.ids.discard(id(node))  # it is not in this list

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (self.nodes,)

    def __del__(self) -> None:
        self.ids.difference_update(map(id, self.nodes))


class Bases(Ancestors):
    """What one view looks into, the root first, as far as no list has it yet. ``below(tensor)`` is what it looks into.

    A list has a view after what that looks into.
    """

    def __init__(self, view: Any, below: Callable[[Any], Any]) -> None:
        self.ids = _listed.ids
        self.nodes = []
        base = below(view)
        while base is not None and id(base) not in self.ids:
            self.nodes.append(base)
            base = below(base)
        self.nodes.reverse()
        self.ids.update(map(id, self.nodes))


def reduced(node: Recorded, state: Any) -> tuple[Any, ...]:
    """What copies and pickles one, whose ``__setstate__`` gets ``(_, *state)``.

    Copying goes into the inputs by itself, one call deeper for each; so the first node that is asked for lists its
    ancestors, which are then copied in order, each after its inputs. The list lives as long as the copying does.
    """
    first = node.op is not None and id(node) not in _listed.ids
    return remade(node, Ancestors(node) if first else None, state)


def remade(x: Any, before: Ancestors | None, state: Any) -> tuple[Any, ...]:
    """What copies and pickles an object, in every protocol, after what has to be copied ``before``."""
    return copyreg.__newobj__, (type(x),), (before, *state)  # type: ignore[attr-defined]
