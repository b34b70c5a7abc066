"""Lines: the slope of a black box along one, by differences, and to all digits where it takes complex numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.check.references.differences import ARITHMETIC, DIFFERENCES, EPS, Estimate, shows
from autograd.check.references.near import Near

#: The result of a function, a number, by how far it is gone along a direction.
Line = Callable[[Any], Any]

#: The step of the complex step, as a part of the scale: too small to leave any other trace.
STEP = 1e-40


@dataclass(frozen=True)
class Slope:
    """With its bar; at a kink those from below and from above too."""

    value: Near
    sides: tuple[Near, Near] | None = None

    @property
    def low(self) -> float:
        """The least that a gradient may be there."""
        return float(min(x.value - x.error for x in self.sides or (self.value,)))

    @property
    def high(self) -> float:
        """The most."""
        return float(max(x.value + x.error for x in self.sides or (self.value,)))

    def by(self, step: float) -> Slope:
        """For a step of 1 where the line has gone so far."""
        sides = self.sides and (self.sides[0] / step, self.sides[1] / step)
        return Slope(self.value / step, sides if step > 0 or not sides else sides[::-1])


def slope(line: Line, scale: float = 1.0) -> Slope:
    """The slope at 0, where things happen by steps of this scale.

    >>> found = slope(lambda h: np.exp(1 + h)).value
    >>> bool(abs(found.value - np.e) <= found.error < 1e-9)
    True
    >>> slope(lambda h: abs(h)).sides
    (-1.0 ± 4.4e-16, 1.0 ± 4.4e-16)

    Raises what the line raises at 0.
    """
    line(0.0)
    with np.errstate(all="ignore"):
        found = DIFFERENCES.slopes(line, 0.0, scale)
    value = near(found.central)
    if found.is_kink:
        sides = [side for side in map(near, (found.below, found.above)) if shows(side)]
        if len(sides) == 2:
            return Slope(value, (sides[0], sides[1]))
        return Slope(sides[0] if sides else ARITHMETIC.undefined())  # the edge of a domain
    sharp = complex_step(line, scale)
    if sharp is not None and abs(sharp - value.value) <= value.error:
        return Slope(Near(ARITHMETIC, sharp, 64 * EPS * abs(sharp)))
    return Slope(value)


def near(estimate: Estimate) -> Near:
    (value,), (error,) = estimate.value.tolist(), estimate.error.tolist()
    return Near(ARITHMETIC, value, error)


def complex_step(line: Line, scale: float) -> float | None:
    """The slope to all digits, where the code carries a complex number through; None where it does not."""
    h = STEP * scale
    try:
        with np.errstate(all="ignore"):
            y = line(1j * h)
    except Exception:  # the code was not written for complex numbers
        return None
    return float(y.imag / h) if isinstance(y, complex | np.complexfloating) and np.isfinite(y.imag) else None


def chosen_elements(size: int, most: int, rng: np.random.Generator) -> Sequence[int]:
    """All elements, or as many as there is time for."""
    if size <= most:
        return range(size)
    return sorted(rng.choice(size, most, replace=False).tolist())
