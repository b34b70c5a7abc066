"""What the steps say where there is no script: texts alone; and the widest ones, for which a layout has room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Literal

from autograd import Graph, GraphNode, Step, Timeline, format_number
from viz.language.words import Words
from viz.model.view import NEARBY, UNKNOWN, Card, View, gradient, lines, view
from viz.terminal.trace import ledger

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
    line = ""
    for step in islice(timeline, most - 1):
        made = frame(timeline.graph, step, say)
        again = before is not None and (before.kind, before.node) == (step.kind, step.node)
        if again:
            made = replace(made, sentence="")  # it is about the node, and was just told
        found.append(replace(made, source="") if made.source == line else made)  # so was the line
        before, line = step, made.source or line
    return found


def start(graph: Graph, say: Words) -> Frame:
    """Before anything happens: the values of the leaves."""
    told = [f"{graph.names[i]} = {' '.join(map(say.phrase, lines(graph.data[i])))}" for i in graph.leaves[:LEAVES]]
    return Frame("start", ", ".join(told + ["…"] * (len(graph.leaves) > LEAVES)), say.text("start_sentence"))


def frame(graph: Graph, step: Step, say: Words) -> Frame:
    if step.kind != "forward":
        return Frame(step.kind, say.formula(step.formula), say.sentence(step.sentence), ledger(step, say))
    made = "   ".join(filter(None, ("/".join(step.scope), step.source)))
    return Frame("forward", say.formula(step.formula), slopes(graph, graph[step.node], say), "", made)


def listed(timeline: Timeline, say: Words) -> str:
    """All steps as text, under the headings of the two ways.

    >>> from autograd import Value, steps
    >>> from viz.language.words import words
    >>> print(listed(steps(Value(3.0, "x") * 2), words("zh")))
    前向传播
      f = x · 2 = 3 · 2 = 6
    反向传播
      ∂f/∂f = 1
      ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 2 = 2
    """
    told = []
    for is_forward, group in groupby(timeline, lambda step: step.kind == "forward"):
        told.append(say.text("at_forward" if is_forward else "at_backward"))
        for step in group:
            paid = ledger(step, say)
            told.append(f"  {say.formula(step.formula)}" + (f"   ({paid})" if paid else ""))
    return "\n".join([*told, say.phrase(timeline.reason)] if timeline.reason else told)


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
        note=shown.note.partition("; limit=")[0],  # which is for who draws
    )


def phrased(shown: View, say: Words) -> View:
    """The same view in a language: the ranges and sizes of arrays, and what is left out."""

    def said(lines: Texts) -> Texts:
        return tuple(map(say.phrase, lines))

    return replace(
        shown,
        cards=tuple(
            replace(card, shape=say.phrase(card.shape), data=said(card.data), grad=said(card.grad))
            for card in shown.cards
        ),
        note=say.phrase(shown.note),
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
