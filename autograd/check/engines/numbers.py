"""Numbers: the gradients of every result, element by element as far as there is time, and along random directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.check.engines.compared import compared
from autograd.check.engines.engine import Array, Engine, Function, Pulled
from autograd.check.references.differences import EPS
from autograd.check.references.lines import Slope, chosen_elements, slope
from autograd.check.references.reference import element_at
from autograd.check.report import Finding

#: How many slopes are looked at one by one: of all, and of one result by one input at most, and at least.
LOOKS, MOST, LEAST = 600, 60, 3

#: How far rounding may move a result, as a part of it.
NOISE = 8 * EPS

#: Random directions of all inputs together, which are looked at besides.
DIRECTIONS = 2


@dataclass(frozen=True)
class Inputs:
    """The floats that a function is given, and what they are called."""

    names: Sequence[str]
    values: Sequence[Array]


@dataclass
class Along:
    """All results along one direction; each step is run once, whoever asks."""

    engine: Engine
    function: Function
    values: Sequence[Array]
    directions: Mapping[int, Any]
    known: dict[complex, list[Array]] = field(default_factory=dict)

    def slope(self, k: int, seed: Array) -> Slope:
        return slope(lambda h: np.sum(self.at(h)[k] * seed)[()])

    def at(self, h: complex) -> list[Array]:
        if h not in self.known:
            moved = [x + h * self.directions[i] if i in self.directions else x for i, x in enumerate(self.values)]
            self.known[h] = self.engine.run(self.function, moved)
        return self.known[h]


@dataclass(frozen=True)
class Numbers:
    """What is compared: the results of a function, each with its cotangent and what was claimed for it."""

    engine: Engine
    function: Function
    inputs: Inputs
    checks: Sequence[str]  #: what is checked of each result: "gradient of output[1]"
    seeds: Sequence[Array]
    claimed: Mapping[int, Pulled]

    def findings(self, rng: np.random.Generator, counts: Counter[str]) -> list[Finding]:
        found: list[Finding] = []
        if not self.claimed:
            return found
        most = min(MOST, max(LEAST, LOOKS // (len(self.claimed) * len(self.inputs.values))))
        for i, value in enumerate(self.inputs.values):
            elements = chosen_elements(value.size, most, rng)
            for element in elements:
                found += self.of_element(i, element)
            counts["element"] += len(elements)
            if len(elements) < value.size:
                counts["direction"] += 1
                found += self.of_input(i, np.setdiff1d(np.arange(value.size), elements), rng)
        if not found:
            counts["direction"] += DIRECTIONS
            for _ in range(DIRECTIONS):
                found += self.of_direction({i: direction(x, rng) for i, x in enumerate(self.inputs.values)})
        return found

    def of_element(self, i: int, element: int) -> Iterator[Finding]:
        value = self.inputs.values[i]
        one = np.zeros(value.shape)
        one.flat[element] = step = max(abs(float(value.flat[element])), 0.1)
        along = Along(self.engine, self.function, self.inputs.values, {i: one})
        for k, pulled in self.claimed.items():
            gradient = pulled.gradients[i]
            got = None if gradient is None else float(gradient.flat[element])
            where = {"name": self.inputs.names[i], "element": element_at(element, value.shape) or None}
            known = along.slope(k, self.seeds[k]).by(step)
            yield from compared(got, known, largest(gradient), self.noise(k) / step, check=self.checks[k], **where)

    def of_input(self, i: int, rest: Array, rng: np.random.Generator) -> Iterator[Finding]:
        """The elements of an input that were not looked at one by one, together; the wrong one is then sought."""
        way = direction(self.inputs.values[i], rng)

        def found(places: Array) -> list[Finding]:
            part = np.zeros(way.shape)
            part.flat[places] = way.flat[places]
            return list(self.of_direction({i: part}, self.inputs.names[i]))

        whole = found(rest)
        place = narrowed(rest, lambda places: any(x.outcome == "wrong" for x in found(places))) if whole else None
        located = [] if place is None else list(self.of_element(i, place))
        yield from located or whole

    def of_direction(self, directions: Mapping[int, Array], name: str | None = None) -> Iterator[Finding]:
        along = Along(self.engine, self.function, self.inputs.values, directions)
        for k, pulled in self.claimed.items():
            came = {i: g for i, g in enumerate(pulled.gradients) if g is not None and i in directions}
            parts = [g[directions[i] != 0] * directions[i][directions[i] != 0] for i, g in came.items()]
            got = float(sum(np.sum(part) for part in parts)) if parts else None
            scale = float(sum(np.sum(np.abs(part)) for part in parts))
            known = along.slope(k, self.seeds[k])
            check = f"{self.checks[k]} along a random direction"
            yield from compared(got, known, scale, self.noise(k), check=check, name=name)

    def noise(self, k: int) -> float:
        """What rounding moves a result by: a slope that moves it less is not told from none, as that of tanh at 20."""
        return NOISE * float(np.sum(np.abs(self.claimed[k].result * self.seeds[k])))


def narrowed(places: Array, is_wrong: Callable[[Array], bool]) -> int | None:
    """The place of a wrong element, by halves; None where no half shows it."""
    while len(places) > 1:
        halves = np.array_split(places, 2)
        wrong = next((half for half in halves if is_wrong(half)), None)
        if wrong is None:
            return None
        places = wrong
    return int(places[0])


def direction(x: Array, rng: np.random.Generator) -> Array:
    """A step for each element by a part of its size, to either side."""
    return np.asarray(rng.choice([-1.0, 1.0], x.shape) * np.maximum(np.abs(x), 0.1))


def largest(gradient: Array | None) -> float:
    """What the rounding of all its elements may go by."""
    if gradient is None:
        return 0.0
    return float(np.max(np.abs(gradient), initial=0.0, where=np.isfinite(gradient)))
