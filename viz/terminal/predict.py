"""Predict, then reveal: what a step asks for, and which mistake a wrong answer comes from; the same as in a page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from autograd import Step, format_number
from viz.language.words import Words
from viz.terminal.console import plain
from viz.terminal.track import Track

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
    written = re.sub("[−–—]", "-", "".join(text.split())).replace("∞", "inf")
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


def mistake(step: Step, given: float, said: Words) -> str:
    """What is wrong with a number, as far as it shows."""
    return next(mistakes(step, given, said), said.text("wrong_number"))


def mistakes(step: Step, given: float, said: Words) -> Iterator[str]:
    if step.kind == "forward":
        if near(given, -step.after):
            yield said.text("wrong_sign")
        return
    names = [plain(name) for name in step.graph.names]
    node, slot, target = step.node, step.input, step.target
    assert target is not None
    was, paid, upstream, local = (float(x) for x in (step.before, step.contribution, step.upstream, step.local))
    if was and near(given, paid):
        yield said.text("assign", before=format_number(was))
    if was and near(given, was):
        yield said.text("missing_path", node=names[node])
    if near(given, -step.after) or near(given, was - paid):
        yield said.text("wrong_sign")
    if near(given, upstream) or near(given, was + upstream):
        yield said.text("missing_factor", node=names[node], ratio=f"∂{names[node]}/∂{names[target]}")
    if near(given, local) or near(given, was + local):
        yield said.text("missing_upstream", node=names[node])
    slopes = step.graph.nodes[node].slopes or ()
    for k, (x, slope) in enumerate(zip(step.graph.nodes[node].inputs, slopes, strict=False)):
        if k != slot and slope is not None and (near(given, upstream * slope) or near(given, was + upstream * slope)):
            yield said.text("other_input", name=names[x] if isinstance(x, int) else format_number(x.data))
