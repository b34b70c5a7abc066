"""The plain function against its gradient: differences with an error bar, along a direction.

The rules of a graph can all be right, and a gradient lost before there was a graph: by ``.data``, ``float()`` or
``detach()`` inside the function. Only the function itself shows that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.check.contracts.operations import product, sums
from autograd.check.contracts.subject import Inapplicable, Subject
from autograd.check.contracts.trial import data_of, remade
from autograd.check.report import Finding
from autograd.check.rounding import SLACK, smallest
from autograd.node import Node
from autograd.state import no_grad

#: Steps, as parts of what the numbers are: each an eighth of the one before.
STEPS = [0.1 * 8.0**-i for i in range(11)]

#: Of a long function.
FEW_STEPS = STEPS[3:7]

#: How many times its error a difference may be off, and from what part of the slope on an error says nothing.
TIMES = 16
WIDE = 0.01


@dataclass(frozen=True)
class Slope:
    """A slope by differences, and how far it may be off."""

    slope: float
    error: float


def slope_of(estimates: Sequence[float], noise: Sequence[float]) -> Slope:
    """The best of estimates by ever smaller steps, given how far rounding takes each: the nearest to its neighbours.

    >>> slope_of([1.5, 1.25, 1.125, 1.0], [0.0, 0.0, 0.0, 0.5])
    Slope(slope=1.125, error=0.125)
    """
    best = Slope(math.nan, math.inf)
    for place in range(1, len(estimates) - 1):
        before, here, after = estimates[place - 1 : place + 2]
        error = max(abs(before - here), abs(here - after), noise[place])
        if error < best.error:
            best = Slope(here, error)
    return best


class Line:
    """A function along a direction from where it stands: what it gives there, weighted to one number."""

    def __init__(self, subject: Subject, direction: Sequence[Any], is_plain: bool) -> None:
        self.subject = subject
        self.direction = direction
        self.is_plain = is_plain
        self.steps = FEW_STEPS if subject.is_long else STEPS
        self.middle = self.at(0.0)
        self.above = [(h, self.at(h)) for h in self.steps]
        self.below = [(h, self.at(-h)) for h in self.steps]

    def at(self, t: float) -> float:
        parts = iter(self.direction)
        block = None if self.subject.is_long else no_grad()  # Values are quickest where they are recorded
        trial = self.subject.trial(lambda node: self.moved(node, t * next(parts)), block)
        numbers = [np.asarray(data_of(trial.results[i]), dtype=float) for i in self.subject.places]
        terms = [np.sum(x * w) for x, w in zip(numbers, self.subject.weights, strict=True)]
        return math.fsum(map(float, terms))

    def moved(self, node: Any, by: Any) -> Any:
        data = data_of(node) + by
        return data if self.is_plain else remade(node, data)

    @cached_property
    def noise(self) -> list[float]:
        """How far rounding takes the slope by each step: that of the results, and of where the steps lead to."""
        subject, size = self.subject, along(self.subject, self.direction)[1]
        lengths = [relative_spacing(data_of(x)) for x in subject.base.leaves]
        taken = max([abs(y) for _, y in (*self.above, *self.below)], default=0.0)
        of_results = SLACK * (subject.eps * taken + smallest(*subject.outputs))
        if not subject.is_long:
            spreads = [np.asarray(subject.spreads.of_result(i)) for i in range(len(subject.places))]
            of_results += float(sum(np.sum(s * np.abs(w)) for s, w in zip(spreads, subject.weights, strict=True)))
        return [(of_results + max(lengths, default=0.0) * size) / h for h in self.steps]

    def slope(self) -> Slope:
        """To both sides."""
        central = [(up - down) / (2 * h) for (h, up), (_, down) in zip(self.above, self.below, strict=True)]
        return slope_of([(64 * b - a) / 63 for a, b in pairwise(central)], self.noise[1:])

    def sides(self) -> tuple[Slope, Slope]:
        """To each side alone."""
        up = [(y - self.middle) / h for h, y in self.above]
        down = [(self.middle - y) / h for h, y in self.below]
        below, above = (slope_of([(8 * b - a) / 7 for a, b in pairwise(x)], self.noise[1:]) for x in (down, up))
        return below, above


def plain_function(subject: Subject) -> Iterator[Finding]:
    """The slope of the function by differences is the one that its gradient has, for each leaf where it is not."""
    direction = directions(subject)
    is_plain = takes_numbers(subject)
    verdict = compared(subject, direction, is_plain)
    if verdict is None:
        raise Inapplicable
    if verdict:
        return
    if compared(subject, directions(subject), is_plain) is not False:  # an accident of one direction
        raise Inapplicable
    for k in range(len(direction)):
        alone = [x if i == k else 0.0 * x for i, x in enumerate(direction)]
        if compared(subject, alone, is_plain) is False:
            slope, error, expected = numbers_of(subject, alone, is_plain)
            yield subject.finding(
                "plain function",
                f"along a direction the function has slope {slope:.10g} ± {error:.2g}, its gradient {expected:.17g}",
                k,
                got=expected,
                expected=f"{slope!r} ± {error:.2g}",
                hint="a gradient is lost: is there a .data, a float() or a detach() of a node inside?",
            )


def numbers_of(subject: Subject, direction: Sequence[Any], is_plain: bool) -> tuple[float, float, float]:
    slope = Line(subject, direction, is_plain).slope()
    return slope.slope, TIMES * slope.error, along(subject, direction)[0]


def compared(subject: Subject, direction: Sequence[Any], is_plain: bool) -> bool | None:
    """Whether gradient and differences agree; None where differences do not say, as at a kink."""
    expected, size = along(subject, direction)
    line = Line(subject, direction, is_plain)
    slope = line.slope()
    if not (math.isfinite(slope.error) and math.isfinite(expected)):
        return None
    gap, bar = abs(slope.slope - expected), TIMES * slope.error + SLACK * 2.2e-16 * size
    if gap <= bar:
        return True if bar <= WIDE * max(size, abs(slope.slope)) else None
    below, above = line.sides()
    is_kink = abs(below.slope - above.slope) > TIMES * (below.error + above.error)
    return None if is_kink or gap <= TIMES * bar else False


def along(subject: Subject, direction: Sequence[Any]) -> tuple[float, float]:
    """The gradient along a direction, and the sum of the absolute values of its terms."""
    return sums(product(g, v) for g, v in zip(subject.gradients, direction, strict=True))


def directions(subject: Subject) -> list[Any]:
    """For each leaf numbers of the size of its own, of either sign."""
    return [sized(data_of(x), subject.rng) for x in subject.base.leaves]


def sized(data: Any, rng: np.random.Generator) -> Any:
    array = np.abs(np.asarray(data, dtype=float))
    largest = float(np.max(array, initial=0.0)) or 1.0
    drawn = np.where(array > 0, array, largest) * rng.uniform(0.5, 1.5, array.shape) * rng.choice((-1, 1), array.shape)
    return float(drawn) if isinstance(data, float) else np.asarray(drawn, dtype=data.dtype)


def relative_spacing(data: Any) -> float:
    """The largest distance to the next float in a leaf, as a part of what is moved there."""
    array = np.abs(np.asarray(data))
    largest = np.max(array, initial=0) or array.dtype.type(1)
    moved = np.where(array > 0, array, largest)
    with np.errstate(all="ignore"):
        return float(np.max(np.spacing(moved) / moved, initial=0.0))


def takes_numbers(subject: Subject) -> bool:
    """Whether the function runs on plain numbers too, and gives as much."""
    try:
        trial = subject.trial(data_of)
        shapes = [np.shape(trial.results[i]) for i in subject.places]
    except Exception:  # many call methods that only nodes have
        return False
    return shapes == [np.shape(y) for y in subject.outputs] and not any(isinstance(y, Node) for y in trial.results)
