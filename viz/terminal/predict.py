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

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?infinity", re.IGNORECASE)


def question(track: Track, moment: int) -> Step | None:
    """The step whose number is asked for, where what happens up to a moment is one number."""
    steps = track.together(moment)
    step = steps[0] if len(steps) == 1 else None
    return step if step is not None and step.kind != "seed" and np.shape(step.after) == () else None


def read(text: str) -> float:
    """A number as people write it, or a fraction of two; NaN where it is none.

    >>> read("−4"), read("1/4"), read("-12,5"), read("one")
    (-4.0, 0.25, -12.5, nan)
    """
    written = re.sub("[−–]", "-", text.strip()).replace("∞", "Infinity")
    written = re.sub(r",(?=\d{3}(\D|$))", "", written).replace(",", ".")
    parts = [float(part) if NUMBER.fullmatch(part.strip()) else math.nan for part in written.split("/")]
    if len(parts) == 1:
        return parts[0]
    return parts[0] / parts[1] if len(parts) == 2 and parts[1] else math.nan


def near(x: float, y: float) -> bool:
    """As near as four digits tell, or as near as a person rounds.

    >>> near(0.333, 1 / 3), near(0.34, 1 / 3)
    (True, False)
    """
    y = float(y)
    if x == y or format_number(float(x)) == format_number(y):
        return True
    return math.isfinite(y) and abs(x - y) <= max(0.006 * abs(y), min(5e-4, 0.05 * abs(y)))


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
