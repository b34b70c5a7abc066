"""Predict, then reveal: what a step asks for, and which mistake a wrong answer comes from; the same as in a page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from autograd import Step, Timeline, format_number
from viz.language.words import Words
from viz.terminal.console import plain
from viz.terminal.track import Track

#: What an answer is; "none" costs nothing.
Kind = Literal["right", "wrong", "none"]

NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?)|nan", re.IGNORECASE)

#: Words that a number can be typed as.
NAMES = ("nan", "inf", "infinity")


def question(track: Track, moment: int) -> Step | None:
    """The step whose number is asked for, where what happens up to a moment is one number."""
    steps = track.together(moment)
    step = steps[0] if len(steps) == 1 else None
    return step if step is not None and step.kind != "seed" and np.shape(step.after) == () else None


def read(text: str, answer: float) -> float | None:
    """A number as people write it, or a fraction of two; None where it is none.

    A comma may group digits or begin a fraction: what it is meant as, the answer says.

    >>> read("−4", 4.0), read("1/4", 1.0), read("2·10^3", 1.0), read("one", 1.0)
    (-4.0, 0.25, 2000.0, None)
    >>> read("1,234", 1234.0), read("1,234", 1.234)
    (1234.0, 1.234)
    """
    written = re.sub("[−–—]", "-", "".join(text.split()).removeprefix("=")).replace("∞", "inf")
    written = re.sub(r"[·×*]10\^?\(?([+-]?\d+)\)?", r"e\1", written)
    grouped = re.sub(r",(?=\d{3}(\D|$))", "", written)
    found = [x for x in map(value, (grouped, written.replace(",", "."))) if x is not None]
    return next((x for x in found if near(x, answer)), found[0] if found else None)


def value(written: str) -> float | None:
    parts = written.split("/")
    if len(parts) > 2 or not all(map(NUMBER.fullmatch, parts)):
        return None
    first, *rest = map(float, parts)
    return first / rest[0] if rest and rest[0] else None if rest else first


def begins(text: str) -> bool:
    """Whether a number may be typed so.

    >>> begins("na"), begins("-in"), begins("q")
    (True, True, False)
    """
    return any(name.startswith(text.lower().lstrip("+-−")) for name in NAMES)


def near(x: float, y: float) -> bool:
    """As near as four digits tell, or as near as a person rounds what is no whole number.

    >>> near(0.333, 1 / 3), near(0.34, 1 / 3), near(168.0, 169.0)
    (True, False, False)
    """
    y = float(y)
    if x == y or format_number(float(x)) == format_number(y):
        return True
    rounded = 5e-4 if math.isfinite(y) and abs(y - round(y)) <= 1e-9 * abs(y) else 6e-3
    return math.isfinite(y) and abs(x - y) <= max(rounded * abs(y), min(5e-4, 0.05 * abs(y)))


def asked(step: Step, said: Words) -> str:
    """The question; of a gradient that is a sum, how much of it has come by then."""
    what = plain(step.subject)
    if step.of is not None and step.of > 1:
        what += f" {said.text('some', arrived=step.nth, count=step.of)}"
    return said.text("ask", what=what)


def verdict(timeline: Timeline, step: Step, typed: str, said: Words) -> tuple[Kind, str]:
    """What is to be said to an answer: that it is right, or which mistake was made; or it is no answer to this.

    >>> from autograd import Value, steps
    >>> from viz.language.words import words
    >>> s = Value(3.0, "s")
    >>> timeline = steps(s * s + s)
    >>> verdict(timeline, timeline[4], "7", words("en"))
    ('none', 'That is the whole gradient, once all 3 have come; so far 1 of 3.')
    """
    given = read(typed, step.after)
    if given is None:
        return "none", said.text("not_a_number")
    if near(given, step.after):
        return "right", said.text("correct")
    paid = [] if step.kind == "forward" else [one for one in timeline if one.target == step.target]
    if step.nth != step.of and len(paid) == step.of and near(given, paid[-1].after):
        return "none", said.text("whole_gradient", count=step.of, arrived=step.nth)
    found = (text for number, text in mistakes(step, paid[: (step.nth or 1) - 1], said) if near(given, number))
    return "wrong", next(found, said.text("wrong_number"))


def mistakes(step: Step, earlier: Sequence[Step], said: Words) -> Iterator[tuple[float, str]]:
    """The numbers that mistakes lead to, the likeliest first: one mistake before two."""
    wrong_sign = said.text("wrong_sign")
    if step.kind == "forward":
        yield -step.after, wrong_sign
        return
    names = [plain(name) for name in step.graph.names]
    node, slot, target = names[step.node], step.input, names[step.target or 0]
    was, paid, upstream, local = (float(x) for x in (step.before, step.contribution, step.upstream, step.local))
    if was:
        yield paid, said.text("assign", before=format_number(was))
        yield was, said.text("missing_path", node=node)
    yield -step.after, wrong_sign
    if upstream < 0 or local < 0:  # then a sign is easily lost
        yield was - paid, wrong_sign

    def factors(start: float) -> Iterator[tuple[float, str]]:
        yield start + upstream, said.text("missing_factor", node=node, ratio=f"∂{node}/∂{target}")
        yield start + local, said.text("missing_upstream", node=node)
        slopes = step.graph.nodes[step.node].slopes or ()
        for k, (x, slope) in enumerate(zip(step.graph.nodes[step.node].inputs, slopes, strict=False)):
            if k != slot and slope is not None:
                name = names[x] if isinstance(x, int) else format_number(x.data)
                yield start + upstream * slope, said.text("other_input", name=name)

    yield from factors(was)
    if len(earlier) > 1:
        for one in earlier:
            yield float(one.contribution), said.text("one_path", node=names[one.node])
    if was:
        yield from factors(0.0)
