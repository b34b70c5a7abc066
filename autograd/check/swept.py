"""The careful sweep of a graph, event by event, that every other sweep is compared with."""

from __future__ import annotations

from collections.abc import Sequence
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
    (output,) = graph.outputs
    equations, slopes = graph.equations[: output + 1], graph.slopes[: output + 1]
    adjoints: list[Any] = [None] * output + [seed]
    if sweep.is_scalar(graph.data[output], adjoints, slopes):
        found = list(sweep.scalar_events(equations, adjoints, slopes))
    else:
        asked = [output]

        def operands(index: int) -> tuple[Any, Sequence[Any]]:
            asked.append(index)
            return graph.data[index], graph.inputs_of(index)

        try:
            with np.errstate(all="ignore"):
                found = list(sweep.events(equations, operands, adjoints, slopes))
        except Exception as error:
            raise Stopped(asked[-1], error) from error
    beyond = [None] * (len(graph) - len(adjoints))
    return [None if g is None else plain(g) for g in adjoints] + beyond, found
