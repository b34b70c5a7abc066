"""The plain function against its gradient: differences with an error bar, along a direction.

The rules of a graph can all be right, and a gradient lost before there was a graph: by ``.data``, ``float()`` or
``detach()`` inside the function. Only the function itself shows that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from autograd.check.contracts.operations import product, sums
from autograd.check.contracts.subject import Inapplicable, Subject
from autograd.check.contracts.trial import Change, Trial, data_of, remade
from autograd.check.references.differences import NOISY, SMALLEST_STEPS, STEPS, Slopes, is_steep, stepped
from autograd.check.report import Finding
from autograd.node import Node
from autograd.tensor.tensor import Tensor

#: The first step, as a part of what the numbers are, and how many there are: those that are extrapolated from, and
#: those that show the noise. A long function takes its time.
FIRST, COUNTS = 0.1, (STEPS, NOISY)
FIRST_OF_LONG, COUNTS_OF_LONG = 1e-4, (3, 1)

#: How many times its bar a difference may be off, and from what part of the slope on a bar says nothing.
TIMES = 8
WIDE = 0.01

#: What is lost is more than this part of the slope: bars have been too narrow by less.
LITTLE = 1e-9

#: A function is rough that bends, in the smallest steps, by so many times what rounding does.
ROUGH = 100

#: Leaves are asked together where what they move is no smaller than this part of what others do; of so many leaves
#: each by itself.
TOGETHER = 1e-6
MOST = 20

#: How far aside of a kink a function is asked again, as a part of what the numbers are.
ASIDE = 1e-3

LOST = "a gradient is lost: is there a .data, a float() or a detach() of a node inside?"
AT_A_POINT = "a little aside it is right: a branch, or several operations, have their kink here"

Verdict = Literal["right", "wrong", "kink", "unknown"]


class Beside(Subject):
    """What is asked, where the leaves are others: ``first`` says, for each trial anew, what becomes of them."""

    def __init__(self, of: Subject, first: Callable[[], Change]) -> None:
        super().__init__(of.f, of.inputs, of.runs, of.rng)
        self.of = of
        self.first = first

    @cached_property
    def places(self) -> list[int]:
        return self.of.places

    def trial(self, change: Change = lambda node: node, *args: Any, **kwargs: Any) -> Trial:
        first = self.first()
        return self.of.trial(lambda node: change(first(node)), *args, **kwargs)

    def finding(self, *args: Any, **kwargs: Any) -> Finding:
        return self.of.finding(*args, **kwargs)


@dataclass
class Line:
    """A function along a direction from where it stands: what it gives there, weighted to one number."""

    subject: Subject
    direction: Sequence[Any]
    is_plain: bool
    seen: dict[float, float] = field(default_factory=dict)  #: what it gave, by how far it was gone

    def at(self, t: float) -> float:
        if t not in self.seen:
            self.seen[t] = self.asked(t)
        return self.seen[t]

    def asked(self, t: float) -> float:
        parts = iter(self.direction)
        trial = self.subject.trial(lambda node: self.moved(node, t * next(parts)))
        numbers = [np.asarray(data_of(trial.results[i]), dtype=float) for i in self.subject.places]
        terms = [np.sum(x * w) for x, w in zip(numbers, self.subject.weights, strict=True)]
        return math.fsum(map(float, terms))

    def moved(self, node: Any, by: Any) -> Any:
        data = data_of(node) + by
        return data if self.is_plain else remade(node, data)

    @property
    def first(self) -> float:
        return FIRST_OF_LONG if self.subject.is_long else FIRST

    @property
    def counts(self) -> tuple[int, int]:
        return COUNTS_OF_LONG if self.subject.is_long else COUNTS

    @cached_property
    def slopes(self) -> Slopes:
        return self.with_noise(0.0)

    def with_noise(self, noise: float) -> Slopes:
        return stepped(self.at, 0.0, self.first, *self.counts, self.subject.eps, noise)

    @cached_property
    def gradient(self) -> tuple[float, float]:
        """The gradient along the direction, and the sum of the absolute values of its terms."""
        return sums(product(g, v) for g, v in zip(self.subject.gradients, self.direction, strict=True))

    @cached_property
    def verdict(self) -> Verdict:
        """Whether gradient and differences agree."""
        expected, size = self.gradient
        slope, error = number(self.slopes.central)
        if not math.isfinite(expected):
            return "unknown"
        if self.slopes.is_kink or self.is_jump:
            return "kink"
        if not math.isfinite(error):
            return "unknown"
        gap, bar = abs(slope - expected), 2 * error + LITTLE * max(size, abs(slope))
        if gap <= bar:
            return "right" if bar <= WIDE * max(size, abs(slope)) else "unknown"
        if is_steep(expected, self.first, self.counts[0], list(self.seen.values())) or gap <= TIMES * bar:
            return "unknown"
        if self.is_rough:
            return "unknown"
        slope, error = number(self.with_noise(self.subject.noise).central)
        return "wrong" if abs(slope - expected) > TIMES * (2 * error + LITTLE * size) else "unknown"

    @property
    def is_rough(self) -> bool:
        """Whether the smallest steps show more than rounding: what there is in less than these is not seen."""
        here, steps = self.seen[0.0], sorted(t for t in self.seen if t > 0)[:SMALLEST_STEPS]
        bends = [abs(self.at(t) + self.at(-t) - 2 * here) for t in steps]
        size = max(map(abs, self.seen.values()))
        return max(bends) > ROUGH * (self.subject.eps * size + self.subject.noise)

    @property
    def sides(self) -> list[tuple[float, float]]:
        """The slopes to the sides that have one that is known, with their bars."""
        found = map(number, (self.slopes.below, self.slopes.above))
        return [(slope, error) for slope, error in found if error <= WIDE * abs(slope) or slope == 0]

    @property
    def is_jump(self) -> bool:
        """Whether one side alone has a slope that is known, and nothing is known of the other."""
        error = number(self.slopes.central)[1]
        size = max(map(abs, self.seen.values()))
        return len(self.sides) == 1 and not error <= WIDE * max(self.gradient[1], size)

    @property
    def is_between(self) -> bool:
        """At a kink, whether the gradient is none that the sides rule out; at a jump, that of the side that has one."""
        low = min((slope - TIMES * error for slope, error in self.sides), default=-math.inf)
        high = max((slope + TIMES * error for slope, error in self.sides), default=math.inf)
        return low <= self.gradient[0] <= high

    def finding(self, k: int | None) -> Finding:
        """That the gradient is not the slope; what is known of that."""
        slope, error = number(self.slopes.central)
        expected = self.gradient[0]
        return self.subject.finding(
            "plain function",
            f"along a direction the function has slope {slope:.10g} ± {error:.2g}, its gradient {expected:.17g}",
            k,
            got=expected,
            expected=f"{slope!r} ± {error:.2g}",
            hint=LOST,
        )


def number(estimate: Any) -> tuple[float, float]:
    """A slope, and its bar."""
    return float(estimate.value[0]), float(estimate.error[0])


def plain_function(subject: Subject) -> Iterator[Finding]:
    """The slope of the function by differences is the one that its gradient has, for each leaf where it is not."""
    subject = in_doubles(subject)
    is_plain = takes_numbers(subject)
    is_said = False
    for group in groups(subject):
        verdict, findings = asked(subject, group, is_plain)
        if verdict == "kink":  # a little aside there is none, and what is lost is lost there
            yield from findings
            verdict, findings = asked(aside(subject), group, is_plain)
        elif verdict == "wrong" and asked(aside(subject), group, is_plain)[0] != "wrong":
            findings = [replace(finding, hint=AT_A_POINT) for finding in findings]
        is_said |= verdict != "unknown"
        if verdict == "wrong":
            yield from findings
    if not is_said:
        raise Inapplicable


def asked(subject: Subject, group: Sequence[int], is_plain: bool) -> tuple[Verdict, list[Finding]]:
    """The verdict on some leaves together; where it is not that all is right, on each of them."""
    line = Line(subject, direction(subject, group), is_plain)
    if line.verdict != "wrong" and (line.verdict != "kink" or len(group) > 1):
        return line.verdict, []
    if line.verdict == "kink":
        return "kink", at_kink(line, group[0])
    if Line(subject, direction(subject, group), is_plain).verdict != "wrong":
        return "unknown", []  # an accident of one direction
    lines = {k: Line(subject, direction(subject, [k]), is_plain) for k in group[:MOST]}
    findings = [each.finding(k) for k, each in lines.items() if each.verdict == "wrong"]
    return "wrong", findings or [line.finding(None)]


def agrees(subject: Subject) -> bool:
    """Whether differences say that the gradient is right, of all leaves; at a kink, a little aside."""
    subject = in_doubles(subject)
    is_plain = takes_numbers(subject)
    verdicts = {asked(subject, group, is_plain)[0] for group in groups(subject)}
    if "kink" in verdicts:
        beside = aside(subject)
        verdicts = {asked(beside, group, is_plain)[0] for group in groups(beside)}
    return verdicts - {"unknown"} == {"right"}


def at_kink(line: Line, k: int) -> list[Finding]:
    """That there is a kink; where the leaf is one number, that the gradient is between the slopes of the sides."""
    if np.size(data_of(line.subject.base.leaves[k])) > 1:
        return []
    step = float(np.ravel(line.direction[k])[0])
    size = float(np.sum(np.abs(line.subject.weights[0]))) if len(line.subject.weights) == 1 else 1.0
    sides = [number(side)[0] / step / size for side in (line.slopes.below, line.slopes.above)]
    below, above = sides if step > 0 else sides[::-1]
    got = line.gradient[0] / step / size
    which = "between" if line.is_between else "outside of"
    message = f"at a kink: got {got:.6g}, {which} the slopes {below:.6g} below and {above:.6g} above"
    if line.is_jump:
        is_of = "is" if line.is_between else "is not"
        message = f"at a jump: got {got:.6g}, which {is_of} the slope of the one side that has one"
    finding = line.subject.finding("plain function", message, k, got=got, slopes=(below, above), hint=AT_A_POINT)
    return [replace(finding, outcome="kink", hint=None) if line.is_between else finding]


def groups(subject: Subject) -> Iterator[list[int]]:
    """Leaves that move the result by amounts that are seen beside each other."""
    everything = range(len(subject.base.leaves))
    sizes = [product(g, v)[1] for g, v in zip(subject.gradients, direction(subject, everything), strict=True)]
    group: list[int] = []
    for k in sorted(everything, key=lambda k: -sizes[k]):
        if group and not sizes[k] >= TOGETHER * sizes[group[0]]:
            yield group
            group = []
        group.append(k)
    if group:
        yield group


def direction(subject: Subject, group: Sequence[int]) -> list[Any]:
    """For each of these leaves numbers of the size of its own, of either sign; the others keep still."""
    data = [data_of(x) for x in subject.base.leaves]
    return [sized(x, subject.rng) if k in group else 0.0 * x for k, x in enumerate(data)]


def sized(data: Any, rng: np.random.Generator) -> Any:
    array = np.abs(np.asarray(data, dtype=float))
    largest = float(np.max(array, initial=0.0)) or 1.0
    drawn = np.where(array > 0, array, largest) * rng.uniform(0.5, 1.5, array.shape) * rng.choice((-1, 1), array.shape)
    return float(drawn) if isinstance(data, float) else np.asarray(drawn, dtype=data.dtype)


def aside(subject: Subject) -> Subject:
    """The function a little way from here."""
    steps = [ASIDE * v for v in direction(subject, range(len(subject.base.leaves)))]

    def first() -> Change:
        parts = iter(steps)
        return lambda node: remade(node, data_of(node) + next(parts))

    return Beside(subject, first)


def in_doubles(subject: Subject) -> Subject:
    """The function on leaves of double precision, where it takes them: differences need all digits."""
    if not any(isinstance(x, Tensor) and x.dtype != np.float64 for x in subject.base.leaves):
        return subject
    wide = Beside(subject, lambda: lambda node: remade(node, np.asarray(data_of(node)).astype(np.float64)))
    wide.eps = float(np.finfo(np.float64).eps)
    try:
        return wide if wide.base.tracked == subject.base.tracked and wide.gradients else subject
    except Exception:  # it may mind
        return subject


def takes_numbers(subject: Subject) -> bool:
    """Whether the function runs on plain numbers too, and gives as much."""
    try:
        trial = subject.trial(data_of)
        shapes = [np.shape(trial.results[i]) for i in subject.places]
    except Exception:  # many call methods that only nodes have
        return False
    return shapes == [np.shape(y) for y in subject.outputs] and not any(isinstance(y, Node) for y in trial.results)
