"""What a notebook shows of nodes, graphs and steps: formulas with their numbers, maps of arrays, a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from autograd.errors import AutogradError
from autograd.graph.explain import Explanation, chained, explain_value
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.steps import Step, Timeline
from autograd.node import Node, Recorded
from autograd.notation.html import folded, headline, heat_map, listing
from autograd.notation.words import format_number
from autograd.notebook import picture
from autograd.scalar.value import Value
from autograd.tensor.tensor import Tensor

SMALL = 40  #: nodes of a graph that is drawn; a larger one is counted, and its formulas are folded
MOST = 2_000  #: nodes of a graph that is looked at; a larger one would take longer than a glance does
LINES = 200  #: of what is folded
STEPS = 200  #: of a timeline that is shown as a whole

CONSTANT = "a constant, which gets no gradient"


@singledispatch
def html(what: object) -> str:
    """What a notebook shows of an object.

    >>> html(Value(2.0, "x"))
    '<div style="font-size:large;overflow-wrap:break-word">x = 2</div><div>gradient –</div>'
    """
    raise TypeError(f"html: expected a node, a graph or a step, got {type(what).__name__}")


@html.register
def of_value(value: Value) -> str:
    graph = graph_of(value)
    if isinstance(graph, str):
        return headline(format_number(value.data), graph)
    return of_number(graph) + around(graph)


@html.register
def of_tensor(tensor: Tensor) -> str:
    kind = f"{'×'.join(map(str, tensor.shape)) or 'a number'}, {tensor.dtype}"
    kind += "" if tensor.requires_grad else f", {CONSTANT}"
    graph = graph_of(tensor)
    if tensor.ndim == 0 and isinstance(graph, Graph):
        return of_number(graph, kind) + around(graph)
    if isinstance(graph, str):
        first, rest = headline(tensor.label or "a Tensor", kind, graph), ""
    else:
        node = graph.nodes[graph.outputs[0]]
        title = graph.formula(node) if node.op or node.label else "a Tensor"
        first, rest = headline(title, kind, node.source or ""), around(graph, is_folded=True)
    maps = heat_map("data", tensor.data)
    if tensor.grad is not None:
        maps += heat_map("gradient", tensor.grad)
    elif tensor.requires_grad:
        maps += "<div>gradient –</div>"
    return f"{first}<div>{maps}</div>{rest}"


@html.register
def of_graph(graph: Graph) -> str:
    title = f"{len(graph):,} node{'s' * (len(graph) > 1)}: {counts(graph)}"
    shown = graph.nodes[:LINES]
    lines = [equation(graph, node) for node in shown] + [f"… and {len(graph) - LINES:,} more"] * (len(graph) > LINES)
    if len(graph) > SMALL:
        return folded(title, listing(lines))
    return picture(graph) or folded(title, listing(lines), is_open=True)


@html.register
def of_step(step: Step) -> str:
    place = "   ".join(filter(None, ("/".join(step.scope), step.source)))
    return headline(step.formula, step.ledger, step.sentence, place) + picture(step)


@html.register
def of_explanation(explanation: Explanation) -> str:
    return picture(explanation) or headline(*str(explanation).splitlines()[:LINES])


@html.register
def of_timeline(timeline: Timeline) -> str:
    if len(timeline) <= STEPS and (drawn := picture(timeline)):
        return drawn
    lines = [str(step) for step in timeline[:STEPS]]
    lines += [f"… and {len(timeline) - STEPS:,} more"] * (len(timeline) > STEPS)
    return folded(f"{len(timeline):,} steps", listing(lines), is_open=len(timeline) <= SMALL)


def of_number(graph: Graph, *notes: str) -> str:
    """The output of a graph that is one number."""
    node = graph.nodes[graph.outputs[0]]
    gradient = "–" if node.grad is None else format_number(node.grad)
    note = f"gradient {gradient}" if node.requires_grad else CONSTANT
    return headline(equation(graph, node), note, *notes, node.source or "")


def graph_of(node: Node) -> Graph | str:
    """What a node is computed from, or why that is not shown."""
    if is_large(node._record):
        return f"computed from more than {MOST:,} nodes: viz.draw(…) draws those that are nearest to it"
    try:
        return Graph.of(node)
    except AutogradError as error:  # data changed since: its number stands, what it was made of is gone
        return str(error)


def is_large(record: Recorded) -> bool:
    """Whether a graph has more nodes than are looked at."""
    found = {id(record)}
    waiting: list[Any] = [record]
    while waiting and len(found) <= MOST:
        fresh = [x for x in waiting.pop().inputs if isinstance(x, Recorded) and id(x) not in found]
        found |= set(map(id, fresh))
        waiting += fresh
    return len(found) > MOST


def around(graph: Graph, *, is_folded: bool = False) -> str:
    """The graph below what is said of its output; nothing, where it is the output alone."""
    if len(graph) == 1:
        return ""
    if is_folded and len(graph) <= SMALL:
        return folded(f"graph of {len(graph)} nodes", of_graph(graph))
    return of_graph(graph)


def equation(graph: Graph, node: GraphNode) -> str:
    """``f = q · z = 3 · (−4) = −12``, of arrays ``loss = mean(s) = 0.5``; of a leaf that nobody named its number."""
    if node.op is not None and any(map(np.ndim, graph.inputs_of(node))):
        return f"{graph.formula(node)} = {format_number(node.data)}"
    if node.op is not None:
        explanation = explain_value(graph, node, node.op)
        return chained(explanation.formula, explanation.numbers)
    number = format_number(node.data)
    return number if node.label is None else f"{node.name} = {number}"


def counts(graph: Graph) -> str:
    """``3 leaves, 2 mul, add``: what is most there first."""
    found = Counter("leaf" if node.op is None else node.op.name for node in graph)
    words: Sequence[str] = [
        f"{n:,} {'leaves' if name == 'leaf' else name}" if n > 1 else name for name, n in found.most_common()
    ]
    return ", ".join(words)
