"""What a page of arrays has beside: which nodes are products of matrices, and the scalar graph to zoom into."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import AutogradError, Graph, Timeline
from autograd.export import forms
from viz.page.lesson import lesson, name_math

#: Scalars in all; of more, a page shows arrays alone.
MOST = 2_000

#: What only pages of arrays carry.
SCRIPTS = ("tensors.css", "heats.js", "product.js", "layers.js", "zoom.js")

#: What a computation is to a script, without what is said about it.
KEPT = ("forms", "values", "slopes", "contributions", "seed", "totals", "output", "events")


def has_arrays(graph: Graph) -> bool:
    return any(isinstance(data, np.ndarray) for data in graph.data)


def tensors(graph: Graph) -> dict[str, Any]:
    """What belongs to the computation as arrays, whatever its numbers are.

    >>> from autograd import Tensor
    >>> tensors(Graph.of(Tensor([1.0, 2.0]) @ Tensor([3.0, 4.0])))
    {'products': [2], 'zoom': None}
    """
    products = [node.index for node in graph if node.op is autograd.matmul]
    return {"products": products, "zoom": None}


def zoomed(graph: Graph, lang: str | None) -> dict[str, Any] | None:
    """The scalars, and of each node the index of every element; None where they are too many, or there are none.

    >>> from autograd import Tensor
    >>> zoomed(Graph.of(Tensor([1.0, 2.0]) @ Tensor([3.0, 4.0])), "en")["elements"]
    [[0, 1], [2, 3], [4]]
    """
    if sum(map(np.size, graph.data)) > MOST:
        return None
    try:
        scalars, elements, of = graph.zoom()
    except AutogradError:  # it is computed by iteration, say: then there is nothing to look into
        return None
    if len(scalars) > MOST or len(scalars.outputs) != 1:
        return None
    given = lesson(Timeline(scalars), forms(scalars), lang, ())
    names = [[name, scalar_math(name), *([1] if " " in name.rpartition("]")[2] else [])] for name in scalars.names]
    nodes = [[form, inputs, wants, -1] for form, inputs, wants, *_ in given["nodes"]]
    rest = {"sources": [], "groups": {}, "updates": [], "replays": False, "reason": ""}
    kept = {key: given[key] for key in KEPT} | rest
    return {
        "scalars": kept | {"names": names, "nodes": nodes},
        "elements": [each.ravel().tolist() for each in elements],
        "of": list(of),
    }


def scalar_math(name: str) -> str:
    """What is computed on the way to an element has a number.

    >>> scalar_math("h[0, 1]"), scalar_math("h[0]_2")
    ('<mi>h[0, 1]</mi>', '<msub><mi>h[0]</mi><mn>2</mn></msub>')
    """
    element, _, number = name.rpartition("_")
    return f"<msub>{name_math(element)}<mn>{number}</mn></msub>" if element and number.isdigit() else name_math(name)
