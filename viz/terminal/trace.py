"""A timeline as plain text for pipes and files, which programs compare."""

from __future__ import annotations

from collections.abc import Iterator

from autograd import Graph, Step, Timeline, format_number
from viz.language.words import Words, words
from viz.terminal.console import plain

ENGLISH = words("en")
GAP = "  "  #: between the fields of a line; inside of a field there is never more than one space


def trace(timeline: Timeline, said: Words = ENGLISH) -> Iterator[str]:
    r"""A line a step, in this form, which no width, colour, language of the system or terminal changes:

        number, kind, formula, and, where several contributions sum, the ledger in parentheses

    with two spaces between, and nowhere else. Number 0 is the start, with the values of the leaves; the kinds are
    ``start``, ``forward``, ``seed`` and ``backward``, or what ``said`` calls them. Numbers have four significant
    digits, as in `autograd.steps`. Where the timeline was stopped, a last line says why, under the number of its last
    step.

    >>> from autograd import Value, steps
    >>> a = Value(3.0, "a")
    >>> print("\n".join(trace(steps(a + a))))
    0  start  a = 3
    1  forward  f = a + a = 3 + 3 = 6
    2  seed  ∂f/∂f = 1
    3  backward  ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1  (1st of 2: now 1)
    4  backward  ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1  (2nd of 2: now 2)
    """
    yield GAP.join(("0", said.text("line_start"), said.formula(given(timeline.graph))))
    for number, step in enumerate(timeline, 1):
        paid = f"({found})" if (found := ledger(step, said)) else ""
        kind = said.text(f"line_{step.kind}")
        yield GAP.join(filter(None, (str(number), kind, plain(said.formula(step.formula)), paid)))
    if timeline.reason:
        yield GAP.join((str(len(timeline)), said.text("line_end"), plain(said.phrase(timeline.reason))))


def given(graph: Graph) -> str:
    """The values of the leaves."""
    return plain(", ".join(f"{graph.names[k]} = {format_number(graph.data[k])}" for k in graph.leaves))


def ledger(step: Step, said: Words) -> str:
    """Which contribution it is, of several, and what they sum to."""
    if step.of is None or step.of < 2:
        return ""
    return said.text("ledger", nth=step.nth, count=step.of, value=said.formula(format_number(step.after)))
