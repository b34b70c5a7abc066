"""What notebooks show of graphs, steps, timelines and reports: the entry point that `autograd` asks for pictures."""

from __future__ import annotations

from typing import Any

from autograd import GraphError, Timeline
from viz.page.stepper import Stepper
from viz.picture.dot import draw


def picture(what: Any) -> str:
    """HTML with a picture, of a timeline the stepper; empty where no picture can be made.

    >>> from autograd import Graph, Value
    >>> picture(Graph.of(Value(3.0) * 2)).count("<img")
    1
    """
    try:
        shown = Stepper(what) if isinstance(what, Timeline) else draw(what)
    except GraphError:  # a report without a graph
        return ""
    return shown._repr_mimebundle_(include={"text/html"}).get("text/html", "")
