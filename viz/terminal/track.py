"""What is known after each step of a timeline, without going through the steps before it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from autograd import Step, Timeline
from viz.language.words import Words, words
from viz.terminal.grain import Grain, Grained, grained, grains
from viz.terminal.text import Place, places

Sign = Literal["done", "now", "waiting", "gives", "pays", "none"]


@dataclass(frozen=True, eq=False)
class Track:
    """A timeline by its moments: 0 is the start, where the leaves have their values, ``n`` is after step ``n``.

    >>> from autograd import Value, steps
    >>> a = Value(3.0, "a")
    >>> track = Track(steps(a + a))
    >>> [track.value(1, moment) for moment in range(len(track))]
    [None, 6.0, 6.0, 6.0, 6.0]
    >>> [track.gradient(0, moment) for moment in range(len(track))]
    [None, None, None, 1.0, 2.0]
    """

    timeline: Timeline
    said: Words = field(default_factory=words)  #: the language that it is told in
    by: Grain = "edge"  #: how much happens between two moments at which a walk stops

    def __len__(self) -> int:
        return len(self.steps) + 1

    @cached_property
    def grained(self) -> Grained:
        """The steps in the order that these groups ask for, and where a walk stops."""
        return grained(self.timeline, self.by)

    @property
    def steps(self) -> Sequence[Step]:
        return self.grained.steps

    @cached_property
    def coarser(self) -> Track:
        """The same by the next of the granularities that there are; after the last, by the first again."""
        kinds = grains(self.timeline.graph)
        return Track(self.timeline, self.said, kinds[(kinds.index(self.by) + 1) % len(kinds)])

    def moved(self, moment: int, count: int) -> int:
        """The moment so many stops on from one, or back."""
        stops = self.grained.stops
        at = bisect_right(stops, moment) - 1  # between two stops, as a name leads to, one back is the one before
        return stops[min(max(at + count + (count < 0 and stops[at] < moment), 0), len(stops) - 1)]

    def stop(self, moment: int) -> int:
        """The first stop that a moment is not beyond."""
        return self.grained.stops[bisect_left(self.grained.stops, moment)]

    def number(self, moment: int) -> int:
        """Which stop that is."""
        return bisect_left(self.grained.stops, moment)

    def together(self, moment: int) -> Sequence[Step]:
        """What happens in one step up to this moment."""
        number = self.number(moment)
        return self.steps[self.grained.stops[number - 1] : moment] if number else ()

    def title(self, moment: int) -> str:
        """The group that is computed, or whose gradients are; empty where a step is no group."""
        return self.said.phrase(self.grained.titles.get(moment, ""))

    @property
    def last(self) -> int:
        """The moment after the last step."""
        return len(self.steps)

    def step(self, moment: int) -> Step | None:
        """What happens last; None at the start."""
        return self.steps[moment - 1] if moment else None

    @cached_property
    def computed(self) -> dict[int, int]:
        """When a node gets its value; leaves have it from the start, and are not here."""
        return {step.node: k for k, step in enumerate(self.steps, 1) if step.kind == "forward"}

    @cached_property
    def seed(self) -> int:
        """When the output gets its gradient."""
        return len(self.computed) + 1

    @cached_property
    def paid(self) -> dict[int, list[int]]:
        """When contributions to the gradient of a node come."""
        found: dict[int, list[int]] = {}
        for k, step in enumerate(self.steps, 1):
            if step.target is not None:
                found.setdefault(step.target, []).append(k)
        return found

    @cached_property
    def most_paid(self) -> int:
        """The most contributions that one node gets."""
        return max(map(len, self.paid.values()), default=0)

    @cached_property
    def places(self) -> list[Place]:
        """The lines of the tree."""
        return list(places(self.timeline.graph))

    @cached_property
    def line(self) -> dict[int, int]:
        """The line of the tree where a node stands in full."""
        return {place.index: k for k, place in enumerate(self.places) if not place.note}

    def value(self, node: int, moment: int) -> Any:
        """The value of a node; None before it is computed."""
        return self.timeline.graph.data[node] if self.computed.get(node, 0) <= moment else None

    def gradient(self, node: int, moment: int) -> Any:
        """The gradient of a node as far as it has come; None before anything has."""
        if arrived := self.arrived(node, moment):
            return self.steps[self.paid[node][arrived - 1] - 1].after
        is_output = node == self.timeline.graph.outputs[0]
        return self.steps[self.seed - 1].after if is_output and moment >= self.seed else None

    def arrived(self, node: int, moment: int) -> int:
        """How many contributions have come."""
        return bisect_right(self.paid.get(node, ()), moment)

    def completed(self, node: int) -> int | None:
        """When the gradient of a node is complete; None where no gradient flows to it."""
        if node in self.paid:
            return self.paid[node][-1]
        return self.seed if node == self.timeline.graph.outputs[0] else None

    def focus(self, moment: int) -> int:
        """The node that the last step is about; at the start the output, at the top of the tree."""
        step = self.step(moment)
        if step is None:
            return self.timeline.graph.outputs[0]
        return step.node if step.target is None else step.target

    def sign(self, node: int, moment: int) -> Sign:
        """How a node stands: with its value on the way forward, with its gradient on the way back."""
        steps = self.together(moment)
        if any(node == (step.node if step.target is None else step.target) for step in steps):
            return "now"
        for step in steps:
            if step.kind == "backward" and node == step.node:
                return "pays"
            if step.kind == "forward" and node in self.timeline.graph.equations[step.node].inputs:
                return "gives"
        if moment < self.seed:
            return "done" if self.computed.get(node, 0) <= moment else "waiting"
        complete = self.completed(node)
        if complete is None:
            return "none"
        return "done" if complete <= moment else "waiting"
