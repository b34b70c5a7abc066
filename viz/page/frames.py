"""What the steps say where there is no script: texts alone; and the widest ones, for which a layout has room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from autograd import Graph, GraphNode, Step, Timeline, format_number
from viz.language.words import Words
from viz.model.view import NEARBY, UNKNOWN, Card, View, gradient, lines, view

Kind = Literal["start", "forward", "seed", "backward"]
Texts = tuple[str, ...]

LEAVES = 12  #: whose values are told at the start


@dataclass(frozen=True)
class Frame:
    """One step as it is told."""

    kind: Kind
    formula: str
    sentence: str
    ledger: str = ""  #: "2nd of 2: now 6"
    source: str = ""  #: the scope and the line that made the node that is computed


def frames(timeline: Timeline, most: int, say: Words) -> list[Frame]:
    """A frame for the start, and one for every step, but no more than ``most``.

    >>> from autograd import Value, steps
    >>> from viz.language.words import words
    >>> a = Value(3.0)
    >>> [(frame.kind, frame.ledger) for frame in frames(steps(a + a), 10, words("en"))][2:]
    [('seed', ''), ('backward', '1st of 2: now 1'), ('backward', '2nd of 2: now 2')]
    """
    found = [start(timeline.graph, say)]
    before = None
    for step in islice(timeline, most - 1):
        made = frame(timeline.graph, step, say)
        again = before is not None and (before.kind, before.node) == (step.kind, step.node)
        found.append(replace(made, sentence="") if again else made)  # it is about the node, and was just told
        before = step
    return found


def start(graph: Graph, say: Words) -> Frame:
    """Before anything happens: the values of the leaves."""
    told = [f"{graph.names[i]} = {' '.join(lines(graph.data[i]))}" for i in graph.leaves[:LEAVES]]
    return Frame("start", ", ".join(told + ["…"] * (len(graph.leaves) > LEAVES)), say.text("start_sentence"))


def frame(graph: Graph, step: Step, say: Words) -> Frame:
    if step.kind != "forward":
        return Frame(step.kind, step.formula, say.sentence(step.sentence), ledger(step, say))
    made = "   ".join(filter(None, ("/".join(step.scope), step.source)))
    return Frame("forward", step.formula, slopes(graph, graph[step.node], say), "", made)


def ledger(step: Step, say: Words) -> str:
    """Which contribution it is, of several."""
    if step.of is None or step.of < 2:
        return ""
    return say.text("ledger", nth=step.nth, count=step.of, value=format_number(step.after))


def slopes(graph: Graph, node: GraphNode, say: Words) -> str:
    """The local derivatives that a scalar operation leaves for the way back."""
    by = [
        say.text("local_slope_by", name=graph[x].name, value=format_number(slope))
        for x, slope in zip(node.inputs, node.slopes or (), strict=False)
        if isinstance(x, int) and slope is not None
    ]
    return ", ".join(by)


def finished(timeline: Timeline) -> View:
    """The graph as it is after the last step."""
    whole = view(timeline.graph)
    seen = view(timeline.graph, limit=NEARBY) if whole.note else whole
    shown = gradients(seen, {f"n{i}": gradient(g) for i, g in enumerate(timeline.gradients)})
    computed = {f"n{step.node}" for step in timeline if step.kind == "forward"}
    return replace(
        shown,
        cards=tuple(
            replace(x, data=(UNKNOWN,)) if x.kind == "inner" and x.id not in computed else x for x in shown.cards
        ),
    )


def roomy(shown: View, timeline: Timeline) -> View:
    """The same view with the widest gradients of all steps, so that a layout of it has room for each of them."""
    widest = {card.id: card.grad for card in shown.cards}
    for card, texts in changes(timeline):
        if card in widest:
            wide = tuple(max(pair, key=width) for pair in zip(widest[card], texts, strict=False))
            widest[card] = wide + widest[card][len(wide) :]
    return gradients(shown, widest)


def changes(timeline: Timeline) -> Iterator[tuple[str, Texts]]:
    """The gradients that come and go, by card."""
    for step in timeline:
        if step.kind == "backward" and step.of != 1:
            yield f"n{step.target}", gradient(step.after)


def gradients(shown: View, texts: dict[str, Texts]) -> View:
    def changed(card: Card) -> Card:
        return replace(card, grad=texts[card.id]) if card.grad else card

    return replace(shown, cards=tuple(changed(card) for card in shown.cards))


def width(text: str) -> int:
    """About how wide a text of numbers is."""
    return sum(1 if c in " .,[]" else 2 for c in text)
