"""Nodes of many inputs as the chains of two-input nodes that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from autograd.graph.graph import Graph, GraphNode
from autograd.graph.neurons import part_name
from autograd.node import Node
from autograd.notation.printer import operations
from autograd.notation.symbol import Symbol
from autograd.op import op_of
from autograd.program import Constant, frozen_params
from autograd.scalar.value import evaluate

Input = int | Constant


def unfold(what: Node | Graph) -> Graph:
    """The graph with every sum and dot product of Values as the additions and products that it stands for.

    They run from left to right, as the sum itself did. The numbers are the same, and a gradient that the sum has,
    its terms have: each part gets its own. The parts of ``h`` are named ``h_1``, ``h_2`` … and those of
    ``y[0]`` ``y_1[0]`` …; the last keeps the name.
    Show it as any other graph, as in ``draw(unfold(loss))`` or ``steps(unfold(loss))``.

    >>> from autograd import Value, sum_of_products
    >>> w, x, v, y = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    >>> h = sum_of_products([w, v], [x, y])
    >>> Graph.of(h)
    Graph(w, v, x, y, h = w · x + v · y)
    >>> unfold(h)
    Graph(w, v, x, y, h_1 = w · x, h_2 = v · y, h = h_1 + h_2)

    An operation of arrays stays one node, and so does one whose forward function does what no Symbol can.
    Raises what `Graph.of` raises.
    """
    graph = what if isinstance(what, Graph) else Graph.of(what)
    taken = {node.name for node in graph}
    nodes: list[GraphNode] = []
    places: list[int] = []  # where each node of the graph is now
    for node in graph:
        inputs = tuple(x if isinstance(x, Constant) else places[x] for x in node.inputs)
        moved = replace(node, index=len(nodes), equation=node.equation._replace(inputs=inputs))
        nodes += chain(moved, graph.inputs_of(node.index), taken)
        places.append(len(nodes) - 1)
    outputs = tuple(places[output] for output in graph.outputs)
    guards = tuple((places[condition], outcome, line) for condition, outcome, line in graph.guards)
    return Graph(
        equations=tuple([node.equation for node in nodes]),
        outputs=outputs,
        data=tuple([node.data for node in nodes]),
        grads=tuple([node.grad for node in nodes]),
        slopes=tuple([node.slopes for node in nodes]),
        labels=tuple([node.label for node in nodes]),
        sources=tuple([node.source for node in nodes]),
        scopes=tuple([node.scope for node in nodes]),
        taken=graph.taken,
        fixed=tuple([node.name for node in nodes]),
        guards=guards,
        lost=graph.lost,
        told=frozenset(places[i] for i in graph.told),
        numbers=frozenset(places[i] for i in graph.numbers),
    )


def chain(node: GraphNode, values: Sequence[Any], taken: set[str]) -> list[GraphNode]:
    """The nodes that a node of many inputs stands for, itself the last; any other node alone."""
    slots = [Symbol(f"input {k}") for k in range(len(values))]
    formulas = parts(node, slots)
    if not formulas:
        return [node]
    known: dict[int, tuple[Input, Any]] = {
        id(slot): (x, value) for slot, x, value in zip(slots, node.inputs, values, strict=True)
    }
    made: list[GraphNode] = []
    for formula in formulas:
        inputs, numbers = zip(*(known.get(id(x), (Constant(x), x)) for x in formula.inputs), strict=True)
        data, *slopes = evaluate(op_of(formula), list(numbers), formula.params)
        if all(isinstance(x, Constant) for x in inputs):  # of numbers alone: that was never a node
            known[id(formula)] = Constant(data), data
            continue
        index = node.index + len(made)
        kept = tuple(None if isinstance(x, Constant) else slope for x, slope in zip(inputs, slopes, strict=True))
        equation = node.equation._replace(op=formula.op, inputs=inputs, params=frozen_params(formula.params))
        made.append(replace(node, index=index, equation=equation, data=data, slopes=kept))
        known[id(formula)] = index, data
    if isinstance(known[id(formulas[-1])][0], Constant):
        return [node]
    names = (name for k in count(1) if (name := part_name(node.name, k)) not in taken)
    grads = gradients_of(made)
    inner = [
        replace(part, name=name, label=None, grad=grad)
        for part, name, grad in zip(made[:-1], names, grads, strict=False)
    ]
    return [*inner, made[-1]]


def gradients_of(made: Sequence[GraphNode]) -> list[Any]:
    """The gradient of each part, from that of the last."""
    first = made[0].index
    grads: list[Any] = [None] * (len(made) - 1) + [made[-1].grad]
    for part in reversed(made):
        g = grads[part.index - first]
        for x, slope in zip(part.inputs, part.slopes or (), strict=True):
            if isinstance(x, int) and x >= first and g is not None and slope is not None:
                before = grads[x - first]
                grads[x - first] = slope * g if before is None else before + slope * g
    return grads


def parts(node: GraphNode, slots: list[Symbol]) -> list[Symbol]:
    """The operations that the forward function of a scalar node with a list of inputs consists of, without choices."""
    op = node.op
    if op is None or op.arity is not None or not op.is_elementwise or node.slopes is None:
        return []
    try:
        formulas = operations([op.run(op.forward, slots, node.params)])
    except Exception:  # a person's own function may do anything with a Symbol
        return []
    is_arithmetic = all(part.has_partials and not part.is_flat for part in map(op_of, formulas))
    return formulas if is_arithmetic else []
