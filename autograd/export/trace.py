"""A trace: a graph, and every step through it, as JSON for other programs.

The text is one JSON object in plain ASCII, with one node or step a line:

``format``     always "stepgrad-trace"
``version``    1; a change that could break a reader raises it, a new field does not
``outputs``    indices of nodes
``nodes``      inputs before their users; see below
``gradients``  for every node, d output / d node, or null where no path leads; null for a graph without steps
``steps``      in the order of the timeline; see below; null for a graph without steps

A **node** has

``index``          its place in the list
``name, label``    the name is always there and different for every node; the label is null if nobody gave one
``op, operator``   "mul" and "*"; null for a leaf, and where there is no operator
``inputs``         in order, repeats kept: the index of a node, or {"constant": value}
``params``         arguments of the operation that are not differentiated, by name
``shape, dtype``   [] and null for a single float; the shape and the kind of number for an array
``data, grad``     numbers, arrays as nested lists; grad is null before any sweep
``slopes``         of a scalar operation: the derivative by each input, null where no gradient flows; else null
``requires_grad``  whether a sweep brings it a gradient
``formula``        "q = x + y"
``latex``          the same as LaTeX; null for a leaf
``sentence``       what the gradient does here; null for a leaf
``source``         the line of code that made it, or null
``scope``          the names of the scopes that it was made in, outermost first: ["MLP", "layers.0"]

A **step** has ``kind`` ("forward", "seed" or "backward"), ``node``, ``input``, ``target``, ``upstream``, ``local``,
``contribution``, ``before``, ``after``, ``nth``, ``of``, ``formula``, ``latex``, ``sentence``, ``source`` and
``scope``, as `autograd.Step` describes them; what a step does not have is null.

**Numbers.** JSON has no NaN and no infinities, so wherever a number is expected the texts "NaN", "Infinity" and
"-Infinity" stand for them; both ``Number(value)`` in JavaScript and ``float(value)`` in Python read them. Every
other number is written so that a 64-bit float reads back the same.

**Values** of constants and params are numbers, true, false and null as they are, and otherwise one of
{"array": nested lists, "shape": […], "dtype": "float64"}, {"text": "…"}, {"list": […]}, {"tuple": […]},
{"slice": [start, stop, step]} and {"ellipsis": true}.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import GraphError
from autograd.graph.explain import explain_value
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.steps import Step, Timeline
from autograd.program import Constant

FORMAT = "stepgrad-trace"
VERSION = 1


def to_json(what: Timeline | Graph) -> str:
    """The trace of a timeline, or of a graph alone, in the JSON that this module's documentation describes.

    >>> import autograd, json
    >>> x = autograd.Value(3.0, label="x")
    >>> trace = json.loads(to_json(autograd.steps(x * x)))
    >>> trace["nodes"][1]["formula"], trace["gradients"][0], trace["steps"][-1]["nth"]
    ('f = x · x', 6.0, 2)

    Raises `GraphError` for an argument of an operation that has no place in the format.
    """
    timeline = what if isinstance(what, Timeline) else None
    graph = timeline.graph if timeline is not None else what
    if not isinstance(graph, Graph):
        raise GraphError(f"to_json: expected a Timeline or a Graph, got {type(what).__name__}: give it steps(output)")
    fields = {
        "format": _dump(FORMAT),
        "version": _dump(VERSION),
        "outputs": _dump(list(graph.outputs)),
        "nodes": _lines([_node(graph, node) for node in graph.nodes]),
        "gradients": _dump(timeline and [_numbers(gradient) for gradient in timeline.gradients]),
        "steps": "null" if timeline is None else _lines([_step(step) for step in timeline]),
    }
    return "{" + ",\n".join(f"{_dump(name)}: {text}" for name, text in fields.items()) + "}"


def _node(graph: Graph, node: GraphNode) -> dict[str, Any]:
    explanation = None if node.op is None else explain_value(graph, node, node.op)
    return {
        "index": node.index,
        "name": node.name,
        "label": node.label,
        "op": node.op and node.op.name,
        "operator": node.op and node.op.operator,
        "inputs": [{"constant": _value(x.data, node)} if isinstance(x, Constant) else x for x in node.inputs],
        "params": {name: _value(value, node) for name, value in node.arguments.items()},
        "shape": list(node.shape),
        "dtype": None if node.equation.dtype is None else str(node.equation.dtype),
        "data": _numbers(node.data),
        "grad": _numbers(node.grad),
        "slopes": None if node.slopes is None else [_numbers(slope) for slope in node.slopes],
        "requires_grad": node.requires_grad,
        "formula": graph.formula(node),
        "latex": explanation and explanation.latex,
        "sentence": explanation and explanation.sentence,
        "source": node.source,
        "scope": list(node.scope),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "node": step.node,
        "input": step.input,
        "target": step.target,
        "upstream": _numbers(step.upstream),
        "local": _numbers(step.local),
        "contribution": _numbers(step.contribution),
        "before": _numbers(step.before),
        "after": _numbers(step.after),
        "nth": step.nth,
        "of": step.of,
        "formula": step.formula,
        "latex": step.latex,
        "sentence": step.sentence,
        "source": step.source,
        "scope": list(step.scope),
    }


def _numbers(x: Any) -> Any:
    """A number or an array of them: floats, nested lists, and texts for NaN and the infinities."""
    if isinstance(x, np.ndarray | np.generic):
        x = x.tolist()
    if isinstance(x, list):
        return [_numbers(element) for element in x]
    if isinstance(x, float | np.floating):
        return float(x) if np.isfinite(x) else "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return x


def _value(x: Any, node: GraphNode) -> Any:
    """A constant or an argument, in a form that says what it was."""
    if x is None or isinstance(x, bool | int | float):
        return _numbers(x)
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "biuf":
        return {"array": _numbers(x), "shape": list(x.shape), "dtype": str(x.dtype)}
    if isinstance(x, str):
        return {"text": x}
    if isinstance(x, list | tuple):
        return {"tuple" if isinstance(x, tuple) else "list": [_value(element, node) for element in x]}
    if isinstance(x, slice):
        return {"slice": [_value(end, node) for end in (x.start, x.stop, x.step)]}
    if x is Ellipsis:
        return {"ellipsis": True}
    raise GraphError(
        f"to_json: {node.name}: expected numbers, text, lists and slices as arguments of "
        f"{node.op and node.op.name}, got {type(x).__name__}: it has no place in a trace"
    )


def _lines(items: list[dict[str, Any]]) -> str:
    """A list with one item a line, so that people can read it and `diff` and `grep` are of use."""
    return "[\n " + ",\n ".join(map(_dump, items)) + "\n]"


def _dump(x: Any) -> str:
    import json  # here, as few who import the engine export anything

    return json.dumps(x, allow_nan=False)
