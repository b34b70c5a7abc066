"""What the stepper shows at each step: texts, what is lit, what changes. No markup here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from autograd import Graph, GraphNode, Step, Timeline, format_number
from viz.model.view import UNKNOWN, Card, View, gradient, lines, shorten, view

Kind = Literal["start", "forward", "seed", "backward"]
Texts = tuple[str, ...]

START = "The leaves have their values; nothing is computed yet."


@dataclass(frozen=True)
class Change:
    """A card's field gets new lines of text."""

    card: str
    field: Literal["data", "grad"]
    texts: Texts


@dataclass(frozen=True)
class Frame:
    """One step as it is shown. ``now`` is the card that gets a number, ``others`` are where it comes from."""

    kind: Kind
    formula: str
    sentence: str
    ledger: str = ""  #: "2nd of 2: now 6"
    source: str = ""  #: the scope and the line that computed ``now``, on the way forward
    now: str = ""
    others: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def frames(timeline: Timeline) -> list[Frame]:
    """A frame for the start, and one for every step.

    >>> from autograd import Value, steps
    >>> a = Value(3.0)
    >>> [(frame.kind, frame.ledger, frame.edges) for frame in frames(steps(a + a))][2:]
    [('seed', '', ()), ('backward', '1st of 2: now 1', ('e1_0',)), ('backward', '2nd of 2: now 2', ('e1_1',))]
    """
    return [start(timeline.graph), *(frame(timeline.graph, step) for step in timeline)]


def start(graph: Graph) -> Frame:
    """Before anything happens: the values of the leaves."""
    unknown = [Change(f"n{node.index}", "data", (UNKNOWN,)) for node in graph if node.op]
    unknown += [Change(f"n{node.index}", "grad", gradient(None)) for node in graph if node.requires_grad]
    leaves = ", ".join(graph.formula(graph[i]) + f" = {' '.join(lines(graph[i].data))}" for i in graph.leaves)
    return Frame("start", shorten(leaves, 120), START, changes=tuple(unknown))


def frame(graph: Graph, step: Step) -> Frame:
    node, target = f"n{step.node}", f"n{step.target}"
    if step.kind == "seed":
        return Frame(
            "seed", step.formula, step.sentence, now=node, changes=(Change(node, "grad", gradient(step.after)),)
        )
    if step.kind == "backward":
        edge, change = f"e{step.node}_{step.input}", Change(target, "grad", gradient(step.after))
        return Frame("backward", step.formula, step.sentence, step.ledger, "", target, (node,), (edge,), (change,))
    inputs = graph[step.node].inputs
    others = tuple(f"n{x}" if isinstance(x, int) else f"c{step.node}_{slot}" for slot, x in enumerate(inputs))
    edges = tuple(f"e{step.node}_{slot}" for slot in range(len(inputs)))
    change = Change(node, "data", lines(step.after))
    sentence = slopes(graph, graph[step.node])
    made = "   ".join(filter(None, ("/".join(step.scope), step.source)))
    return Frame("forward", step.formula, sentence, "", made, node, others, edges, (change,))


def slopes(graph: Graph, node: GraphNode) -> str:
    """The local derivatives that a scalar operation leaves for the way back."""
    by = [
        f"by {graph[x].name}: {format_number(slope)}"
        for x, slope in zip(node.inputs, node.slopes or (), strict=False)
        if isinstance(x, int) and slope is not None
    ]
    return f"local slope {', '.join(by)}" if by else ""


def finished(timeline: Timeline) -> View:
    """The graph as it is after the last step."""
    return gradients(view(timeline.graph), {f"n{i}": gradient(g) for i, g in enumerate(timeline.gradients)})


def roomy(shown: View, steps: Iterable[Frame]) -> View:
    """The same view with the widest texts of all steps, so that a layout of it has room for each of them."""
    widest = {card.id: card.grad for card in shown.cards}
    for change in (change for step in steps for change in step.changes):
        if change.field == "grad" and change.card in widest:
            pairs = zip(widest[change.card], change.texts, strict=False)
            wide = tuple(max(pair, key=width) for pair in pairs)
            widest[change.card] = wide + widest[change.card][len(wide) :]
    return gradients(shown, widest)


def gradients(shown: View, texts: dict[str, Texts]) -> View:
    def changed(card: Card) -> Card:
        return replace(card, grad=texts[card.id]) if card.grad else card

    return replace(shown, cards=tuple(changed(card) for card in shown.cards))


def width(text: str) -> int:
    """About how wide a text of numbers is."""
    return sum(1 if c in " .,[]" else 2 for c in text)
