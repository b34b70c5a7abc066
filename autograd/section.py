"""Recorded nodes as equations, for sweeps beside them; and the section of a graph between some nodes and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.node import Node, topological
from autograd.sweep import Equation, Operands, sweep


def equations_of(nodes: Iterable[Node], positions: Mapping[int, int]) -> list[Equation]:
    """What the nodes compute, where a node's place is that of its id in ``positions``."""
    return [
        Equation(node.op, tuple([positions.get(id(x)) for x in node.inputs]), node.params, node.slopes)
        for node in nodes
    ]


def operands_of(node: Node, record: bool) -> tuple[Any, Sequence[Any]]:
    """The numbers of a node and of its inputs, as when it was computed; with ``record`` the nodes themselves."""
    if not record:
        return node._operands()
    node._check_fresh()
    return node, node.inputs


def run(equations: Sequence[Equation], operands: Operands, adjoints: list[Any]) -> None:
    """The whole sweep at once."""
    with np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
        for _ in sweep(equations, operands, adjoints):
            pass


class Section:
    """What lies between some sources and outputs: every node that depends on a source, each after its inputs.

    The sources are as good as leaves, whatever computed them. The walk that looks for the nodes ends there, and at
    ``ends``; all else is a constant.
    """

    def __init__(self, outputs: Iterable[Node], sources: Sequence[Node], ends: Iterable[Node] = ()) -> None:
        self.nodes = list(sources)
        self.places = {id(node): i for i, node in enumerate(sources)}
        walked = topological([y for y in outputs if y.requires_grad], tracked_only=True, without=(*sources, *ends))
        for node in walked:
            if any(id(x) in self.places for x in node.inputs):
                self.places[id(node)] = len(self.nodes)
                self.nodes.append(node)
        self.sources = len(sources)
        #: Whether the outputs depend on anything else that is tracked.
        self.is_open = len(walked) > len(self.nodes) - len(sources)
        inner = equations_of(self.nodes[len(sources) :], self.places)
        self.equations = [Equation(None, (), None, None)] * len(sources) + inner

    def place_of(self, node: Any) -> int | None:
        """Where a node stands in it; None if it depends on no source."""
        return self.places.get(id(node))

    def operands(self, index: int, record: bool) -> tuple[Any, Sequence[Any]]:
        """The output and the inputs of one equation: numbers, or with ``record`` the nodes."""
        return operands_of(self.nodes[index], record)

    def pull(self, seeds: Iterable[tuple[Any, Any]], record: bool) -> list[Any]:
        """The adjoint of each source, from pairs of an output and its seed; None where no path leads."""
        adjoints: list[Any] = [None] * len(self.nodes)
        for output, seed in seeds:
            place = self.place_of(output)
            if place is not None:
                adjoints[place] = seed if adjoints[place] is None else adjoints[place] + seed
        run(self.equations, lambda index: self.operands(index, record), adjoints)
        return adjoints[: self.sources]
