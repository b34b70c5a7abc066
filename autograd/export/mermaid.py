"""A graph as a Mermaid flowchart, which GitHub, GitLab and many editors draw from text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from autograd.errors import GraphError
from autograd.graph.graph import Graph, GraphNode
from autograd.notation.words import format_number

#: Signs that mean nothing to Mermaid inside a quoted label; every other ASCII sign is written as its code.
HARMLESS = frozenset(" =+/.,()[]|@^'")

#: Nodes by their indices, and boxes by their names.
_Box = dict[int | str, "GraphNode | _Box"]


def to_mermaid(graph: Graph) -> str:
    """The flowchart of a graph: a node shows its definition, its value and its gradient (– before any sweep).

    Leaves have round corners, outputs have a thick border; an input that is used twice has two arrows. What was made
    in a scope stands in a box of that name.

    >>> import autograd
    >>> x, y = autograd.Value(2.0, label="x"), autograd.Value(3.0, label="y")
    >>> f = x * y
    >>> f.backward()
    >>> print(to_mermaid(Graph.of(f)))
    flowchart LR
      n0("x<br/>2<br/>∂ 3")
      n1("y<br/>3<br/>∂ 2")
      n2["f = x · y<br/>6<br/>∂ 1"]
      n0 --> n2
      n1 --> n2
      style n2 stroke-width:3px

    Raises `GraphError` for what is no graph.
    """
    if not isinstance(graph, Graph):
        raise GraphError(f"to_mermaid: expected a Graph, got {type(graph).__name__}: give it Graph.of(output)")
    lines = ["flowchart LR"]
    lines += _boxes(graph)
    lines += [f"  n{x} --> n{node.index}" for node in graph.nodes for x in node.inputs if isinstance(x, int)]
    lines += [f"  style n{index} stroke-width:3px" for index in dict.fromkeys(graph.outputs)]
    return "\n".join(lines)


def _boxes(graph: Graph) -> Iterator[str]:
    """The nodes, those of a scope in its box: a box stands where its first node does, and boxes in it likewise."""
    root: _Box = {}
    for node in graph.nodes:
        box = root
        for name in node.scope:
            box = box.setdefault(name, {})  # type: ignore[assignment]
        box[node.index] = node
    count = itertools.count()
    path = [iter(root.items())]
    while path:
        indent = "  " * len(path)
        for key, inner in path[-1]:
            if not isinstance(inner, dict):
                yield f"{indent}{_node(graph, inner)}"
                continue
            title = _escape(str(key)) or " "
            yield f'{indent}subgraph s{next(count)}["{title}"]'
            path.append(iter(inner.items()))
            break
        else:
            path.pop()
            if path:
                yield f"{'  ' * len(path)}end"


def _node(graph: Graph, node: GraphNode) -> str:
    grad = "–" if node.grad is None else format_number(node.grad)
    label = "<br/>".join(_escape(text) for text in (graph.formula(node), format_number(node.data), f"∂ {grad}"))
    left, right = ('("', '")') if node.is_leaf else ('["', '"]')
    return f"n{node.index}{left}{label}{right}"


def _escape(text: str) -> str:
    """The text as a part of a quoted label.

    >>> _escape('a "b" <c>; #1')
    'a #34;b#34; #60;c#62;#59; #35;1'
    """
    return "".join(_escape_character(c) for c in text)


def _escape_character(c: str) -> str:
    if not c.isprintable():
        return " "
    if not c.isascii() or c.isalnum() or c in HARMLESS:
        return c
    return f"#{ord(c)};"
