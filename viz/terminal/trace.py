"""A timeline as plain text for pipes and files, which programs compare."""

from __future__ import annotations

from collections.abc import Iterator

from autograd import Graph, Step, Timeline, format_number
from viz.terminal.console import plain

GAP = "  "  #: between the fields of a line; inside of a field there is never more than one space


def trace(timeline: Timeline) -> Iterator[str]:
    r"""A line a step, in this form, which no width, colour, language of the system or terminal changes:

        number, kind, formula, and, where several contributions sum, the ledger in parentheses

    with two spaces between, and nowhere else. Number 0 is the start, with the values of the leaves; the kinds are
    ``start``, ``forward``, ``seed`` and ``backward``. Numbers have four significant digits, as in `autograd.steps`.

    >>> from autograd import Value, steps
    >>> a = Value(3.0, "a")
    >>> print("\n".join(trace(steps(a + a))))
    0  start  a = 3
    1  forward  f = a + a = 3 + 3 = 6
    2  seed  ∂f/∂f = 1
    3  backward  ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1  (1st of 2: now 1)
    4  backward  ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1  (2nd of 2: now 2)
    """
    yield GAP.join(("0", "start", given(timeline.graph)))
    for number, step in enumerate(timeline, 1):
        yield GAP.join(filter(None, (str(number), step.kind, plain(step.formula), ledger(step))))


def given(graph: Graph) -> str:
    """The values of the leaves."""
    return plain(", ".join(f"{graph.names[k]} = {format_number(graph.data[k])}" for k in graph.leaves))


def ledger(step: Step) -> str:
    return f"({step.ledger})" if step.ledger else ""
