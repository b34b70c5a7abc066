"""A step in three lines: symbols, numbers, result; and what else there is to say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import Graph, Step, format_number
from viz.language.words import Words
from viz.model.view import shape
from viz.terminal.console import plain
from viz.terminal.trace import given
from viz.terminal.trace import ledger as total_of
from viz.terminal.track import Sign, Track

MOST = 8  #: numbers that are told of a step that computes several
IN_FULL = 24  #: numbers of an array that is written out


class Card(NamedTuple):
    """What happens, in symbols and in numbers, and what comes out; a line that there is no need for is empty."""

    symbols: str
    numbers: str = ""
    result: str = ""


def card(track: Track, moment: int) -> Card:
    """What happens last.

    >>> from autograd import Value, steps
    >>> x, y = Value(-2.0, "x"), Value(5.0, "y")
    >>> track = Track(steps(x * y + x))
    >>> print(*card(track, 1), sep=" | ")
    q = x · y | = −2 · 5 | = −10
    >>> print(*card(track, track.last - 1), sep=" | ")
    ∂f/∂x += ∂f/∂q · ∂q/∂x | = 1 · 5 | 1 + 5 = 6
    """
    step = track.step(moment)
    if step is None:
        return Card(track.said.formula(given(track.timeline.graph)))
    if len(steps := track.together(moment)) > 1:
        return Card(track.title(moment) or name_of(step.graph, step.node), several(steps, track.said))
    formula = plain(track.said.formula(step.formula))
    if step.kind == "seed":
        return Card(formula)
    if step.kind == "forward":
        symbols = plain(track.said.formula(step.graph.formula(step.node)))
        filled, _, _ = formula.removeprefix(f"{symbols} = ").rpartition(" = ")
        return Card(symbols, f"= {filled}" if filled else "", f"= {number(step.after, track.said)}")
    if np.shape(step.contribution) == () and step.local is not None and np.shape(step.local) == ():
        symbols, product, _ = formula.rsplit(" = ", 2)
    else:
        symbols, product = formula.rpartition(" = ")[0], number(step.contribution, track.said)
    before = "0" if step.nth == 1 else number(step.before, track.said)
    return Card(
        symbols,
        f"= {product}",
        f"{before} + {enclosed(number(step.contribution, track.said))} = {number(step.after, track.said)}",
    )


def several(steps: Sequence[Step], said: Words) -> str:
    """What comes out of several steps at once, of many the first."""
    found = {
        step.subject: f"{plain(step.subject)} = {brief(step.after, said, 12)}{so_far(step, said)}" for step in steps
    }
    told = list(found.values())
    more = [said.text("and_more", count=len(told) - MOST)] * (len(told) > MOST)
    return ", ".join([*told[:MOST], *more])


def so_far(step: Step, said: Words) -> str:
    """How many of its contributions a gradient is by then, where more are to come."""
    is_part = step.nth is not None and step.of is not None and step.nth < step.of
    return f" {said.text('some', arrived=step.nth, count=step.of)}" if is_part else ""


def number(x: Any, said: Words) -> str:
    """A number, a small array, or the shape and the range of a large one.

    >>> from viz.language.words import words
    >>> number(np.arange(100.0) - 1, words("en"))
    '[100 numbers, −1 to 98]'
    """
    if np.size(x) <= IN_FULL and np.ndim(x) <= 2:
        return format_number(x)
    size = said.phrase(shape(x))
    return f"[{size}, {span(x, 4, said)}]" if np.size(x) else f"[{size}]"


def brief(x: Any, said: Words, most: int = 0) -> str:
    """A number, or the range of an array that is written with more than ``most`` characters.

    >>> from viz.language.words import words
    >>> en = words("en")
    >>> brief(2.0, en), brief(np.array([3.0, -1.0]), en), brief(np.array([3.0, -1.0]), en, 10)
    ('2', '−1 to 3', '[3, −1]')
    """
    if np.size(x) < 2 or (np.size(x) <= IN_FULL and len(format_number(x)) <= most):
        return format_number(x)
    return span(x, 3, said)


def span(x: Any, digits: int, said: Words) -> str:
    """The smallest and the largest number of an array, or the one that all of them are."""
    low, high = format_number(np.min(x), digits), format_number(np.max(x), digits)
    return said.text("all_of", value=low) if low == high else said.text("range", low=low, high=high)


def enclosed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def sentence(track: Track, moment: int) -> str:
    """Why; and at the last step of a timeline that was stopped, why it ends there."""
    why = reason_of(track, moment)
    if moment < track.last or not track.timeline.reason:
        return why
    return "\n".join(filter(None, (why, plain(track.said.phrase(track.timeline.reason)))))


def reason_of(track: Track, moment: int) -> str:
    step = track.step(moment)
    if len(track.together(moment)) > 1:
        return ""
    if step is None:
        return track.said.text("start_sentence")
    if step.kind != "forward":
        return plain(track.said.sentence(step.sentence))
    node = step.graph.nodes[step.node]
    slopes = [
        track.said.text("by_input", name=name_of(step.graph, x), value=format_number(slope))
        for x, slope in zip(node.inputs, node.slopes or (), strict=False)
        if isinstance(x, int) and slope is not None
    ]
    return track.said.text("local_slopes", slopes=", ".join(slopes)) if slopes else ""


def source(step: Step | None) -> str:
    """The line of code that is at work, with the scopes that it is in."""
    if step is None or not step.source:
        return ""
    return plain("  ".join(filter(None, ("/".join(step.scope), step.source))))


def ledger(track: Track, moment: int, most: int) -> list[tuple[Sign, str]]:
    """The contributions to the gradient that is paid into, if there are several: a sign, and what is known of each.

    Of more than ``most`` lines those around the current one are there, and how many more there are.
    """
    step = track.step(moment)
    if step is None or step.target is None or (step.of or 0) < 2 or most < 1 or len(track.together(moment)) > 1:
        return []
    paid = track.paid[step.target]
    shown = paid[window(len(paid), track.arrived(step.target, moment) - 1, most if len(paid) <= most else most - 1)]
    lines = [contribution(track, k, moment) for k in shown]
    rest = len(paid) - len(shown)
    return [*lines, ("none", track.said.text("and_more", count=rest))] if rest else lines


def contribution(track: Track, k: int, moment: int) -> tuple[Sign, str]:
    """The line of the ledger for what comes at ``k``."""
    step, said = track.steps[k - 1], track.said
    name = name_of(step.graph, step.node)
    if k > moment:
        return "waiting", f"{said.text('nth_of', nth=step.nth, count=step.of)}   {said.text('from_node', name=name)}"
    paid = said.text("paid_by", value=number(step.contribution, said), name=name)
    return "now" if k == moment else "done", f"{plain(total_of(step, said))}   {paid}"


def window(count: int, middle: int, most: int) -> slice:
    """Which of ``count`` lines are shown, where there is room for ``most``: those around one of them.

    >>> window(10, 9, 4), window(10, 5, 4), window(3, 2, 4)
    (slice(6, 10, None), slice(3, 7, None), slice(0, 3, None))
    """
    first = min(max(middle - most // 2, 0), max(count - most, 0))
    return slice(first, min(first + most, count))


def name_of(graph: Graph, node: int) -> str:
    return plain(graph.names[node])
