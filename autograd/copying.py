"""Graphs of any depth are copied and pickled without recursion."""

from __future__ import annotations

import copyreg
import threading
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


def reduced(node: Recorded, state: Any) -> tuple[Any, ...]:
    """What copies and pickles one, whose ``__setstate__`` gets ``(_, state)``.

    Copying goes into the inputs by itself, one call deeper for each; so the first node that is asked for lists its
    ancestors, which are then copied in order, each after its inputs. The list lives as long as the copying does.
    """
    first = node.op is not None and id(node) not in _listed.ids
    return copyreg.__newobj__, (type(node),), (Ancestors(node) if first else None, state)  # type: ignore[attr-defined]
