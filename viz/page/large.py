"""What a page of a large computation has beside: an overview of the whole, a picture laid out around the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Graph, groups
from autograd.export import Form
from viz.model.view import symbol

#: Nodes; more are not taken in at a glance.
GLANCE = 60

#: What only pages of more than that carry, if they have layers; and pages without a whole picture, whatever they have.
OVERVIEW = ("overview.css", "overview.js")
AROUND = ("around.css", "layers.js", "around.js")


def large(graph: Graph, made: Sequence[Form | None], is_whole: bool) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The scripts of a page whose picture is whole or not, and what they are given: for each form its symbol.

    >>> from autograd import Value
    >>> from autograd.export import forms
    >>> graph = Graph.of(Value(2.0) * 3)
    >>> large(graph, forms(graph), is_whole=True)
    ((), {})
    >>> large(graph, forms(graph), is_whole=False)[1]
    {'around': ['×']}
    """
    if is_whole:
        return (OVERVIEW if len(graph) > GLANCE and is_layered(graph) else ()), {}
    symbols = {form: symbol(node) for node, form in zip(graph, made, strict=True) if form is not None}
    return OVERVIEW + AROUND, {"around": list(symbols.values())}


def is_layered(graph: Graph) -> bool:
    return sum(group.kind == "layer" for group in groups(graph)) > 1
