"""The careful sweep of a graph, event by event, that every other sweep is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.graph.graph import Graph
from autograd.sweep import events as sweep
from autograd.sweep.events import Event, plain


class Stopped(Exception):  # noqa: N818 - it is caught by the check itself
    """A rule raised, at this node."""

    def __init__(self, node: int, error: Exception) -> None:
        super().__init__(str(error))
        self.node = node
        self.error = error


def swept_events(graph: Graph, seed: Any) -> tuple[list[Any], list[Event]]:
    """The adjoint of each node, and every event on the way.

    Raises `Stopped` where a rule raises.
    """
    adjoints = seeded(graph, seed)
    found = list(events_of(graph, adjoints))
    return [None if g is None else plain(g) for g in adjoints], found


def seeded(graph: Graph, seed: Any) -> list[Any]:
    """The adjoints before the sweep: that of the output."""
    adjoints: list[Any] = [None] * len(graph)
    adjoints[graph.outputs[0]] = seed
    return adjoints


def events_of(graph: Graph, adjoints: list[Any]) -> Iterator[Event]:
    """The events of a sweep that fills in the adjoints.

    Raises `Stopped` where a rule raises.
    """
    (output,) = graph.outputs
    equations, slopes = graph.equations[: output + 1], graph.slopes[: output + 1]
    if sweep.is_scalar(graph.data[output], adjoints, slopes):
        yield from sweep.scalar_events(equations, adjoints, slopes)
        return
    asked = [output]

    def operands(index: int) -> tuple[Any, Sequence[Any]]:
        asked.append(index)
        return graph.data[index], graph.inputs_of(index)

    with np.errstate(all="ignore"):
        try:
            yield from sweep.events(equations, operands, adjoints, slopes)
        except Exception as error:
            raise Stopped(asked[-1], error) from error
