"""A graph at one step of its timeline: what is known by then, and what is lit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autograd import Graph, GraphNode, Step, steps
from viz.model.marks import Mark, Marks
from viz.model.view import LIMIT, UNKNOWN, Card, View, lines, shorten, view


def moment(step: Step, *, grads: bool = True, slopes: bool = False, limit: int | None = LIMIT) -> View:
    """What to show after a step; of a large graph what is around it.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> shown = moment(steps(x * y + x)[0])
    >>> [(card.name, *card.data, *card.grad) for card in shown.cards]
    [('x', '2', '∂ –'), ('y', '3', '∂ –'), ('q', '6', '∂ –'), ('f', '–', '∂ –')]
    """
    graph = step.graph
    shown = view(replace(graph, grads=gradients(step)), grads=grads, slopes=slopes, limit=limit, marks=lit(step))
    if step.kind != "forward":
        return shown
    later = {f"n{node.index}": node for node in graph.nodes[step.node + 1 :] if node.op}
    return replace(
        shown, cards=tuple([waiting(graph, card, later[card.id]) if card.id in later else card for card in shown.cards])
    )


def waiting(graph: Graph, card: Card, node: GraphNode) -> Card:
    """The card of a node that is not computed yet."""
    return replace(card, data=(UNKNOWN,), hint=shorten(graph.formula(node), 200))


def lit(step: Step) -> Marks:
    """The node that gets a number, and the edges by which it comes."""
    if step.kind == "forward":
        inputs = range(len(step.graph.equations[step.node].inputs))
        return Marks({step.node: Mark("forward")}, {(step.node, slot): Mark("forward") for slot in inputs})
    if step.target is None or step.input is None:
        return Marks({step.node: Mark("backward")})
    first, *rest = lines(step.contribution)
    brought = Mark("backward", (f"+= {first}", *rest))
    return Marks({step.target: Mark("backward")}, {(step.node, step.input): brought})


def gradients(step: Step) -> tuple[Any, ...]:
    """The gradient of every node after a step: what the steps before it brought, too."""
    found: list[Any] = [None] * len(step.graph)
    if step.kind != "forward":
        for each in steps(step.graph):
            if each.kind != "forward":
                found[each.node if each.target is None else each.target] = each.after
            if each[1:3] == step[1:3] and each.input == step.input:  # kind and node
                break
    return tuple(found)
