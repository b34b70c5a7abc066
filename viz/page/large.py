"""What a page has where its picture is not whole: scripts that lay out what is around each step, and show the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Graph
from autograd.export import Form
from viz.model.view import symbol

#: What only pages without a whole picture carry.
SCRIPTS = ("large.css", "layers.js", "overview.js", "around.js")


def surroundings(graph: Graph, made: Sequence[Form | None]) -> dict[str, Any]:
    """What the cards need that are laid out in the page: for each form the symbol of its operation.

    >>> from autograd import Value
    >>> from autograd.export import forms
    >>> graph = Graph.of(Value(2.0) * 3)
    >>> surroundings(graph, forms(graph))
    {'around': ['×']}
    """
    symbols = {form: symbol(node) for node, form in zip(graph, made, strict=True) if form is not None}
    return {"around": list(symbols.values())}
