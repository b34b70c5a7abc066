"""What notebooks show of graphs, steps, explanations and reports: the entry point that `autograd` asks for pictures."""

from __future__ import annotations

import re
from typing import Any

from autograd import Explanation, GraphError, Timeline
from viz.page.document import text
from viz.page.lesson import mathml
from viz.page.stepper import Stepper
from viz.picture.dot import draw

MOST = 40  #: local derivatives that an explanation lists


def picture(what: Any) -> str:
    """HTML with a picture, of a timeline the stepper; empty where no picture can be made.

    >>> from autograd import Graph, Value
    >>> picture(Graph.of(Value(3.0) * 2)).count("<img")
    1
    """
    if isinstance(what, Explanation):
        return typeset(what)
    try:
        shown = Stepper(what) if isinstance(what, Timeline) else draw(what)
    except GraphError:  # a report without a graph
        return ""
    return shown._repr_mimebundle_(include={"text/html"}).get("text/html", "")


def typeset(explanation: Explanation) -> str:
    """An explanation in MathML, which browsers set themselves: what is computed, each local derivative, and why.

    >>> from autograd import Value, explain
    >>> typeset(explain(Value(2.0, "x") * 3)).count("<mfrac>")
    1
    """
    shown = explanation.partials[:MOST]
    lines = [explanation.latex, *(partial.latex for partial in shown)]
    rest = len(explanation.partials) - len(shown)
    notes = [explanation.sentence, *([f"… and {rest} more"] if rest else [])]
    said = "".join(f"<div>{text(note)}</div>" for note in notes)
    look = "font-size:large;margin:0.4em 0;overflow-x:auto"
    return (
        "".join(f'<div style="{look}"><math displaystyle="true">{signed(mathml(x))}</math></div>' for x in lines) + said
    )


def signed(math: str) -> str:
    """MathML with a minus that is a sign close to its number."""
    return re.sub(r"(?<=[=(,]</mo>)<mo>(?=[-−]</mo>)", '<mo form="prefix">', math)
