"""Black boxes: derivatives of code that only runs on floats, each with an error bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.check.references.real import Arithmetic

#: A directional function of one number.
Line = Callable[[Any], Any]

#: Each step is so many times smaller than the one before; so many of them.
SHRINK, STEPS = 1.6, 12

#: The least relative error that differences of float64 are believed to have.
FLOOR = 1e-11


class Measured(Arithmetic):
    """Numbers with an error bar: what comes of differences, as findings ask for it. A raw number is (value, bar).

    >>> Measured().error((2.0, 0.25), 3.0)
    (0.75, 1.25)
    """

    name = "differences"

    def number(self, x: float) -> tuple[float, float]:
        return float(x), 0.0

    def middle(self, a: tuple[float, float]) -> float:
        return a[0]

    def radius(self, a: tuple[float, float]) -> float:
        return a[1]

    def is_defined(self, a: tuple[float, float]) -> bool:
        return bool(np.isfinite(a[0]))

    def error(self, a: tuple[float, float], got: float) -> tuple[float, float]:
        distance = abs(a[0] - got)
        return max(distance - a[1], 0.0), distance + a[1]

    def text(self, a: tuple[float, float]) -> str:
        return f"{a[0]:.12g} ± {a[1]:.1g}"


def derivative(line: Line, scale: float = 1.0) -> tuple[float, float]:
    """The derivative at 0 with its error bar: central differences, extrapolated (Ridders), then a complex step.

    >>> value, bar = derivative(lambda h: np.exp(1 + h))
    >>> bool(abs(value - np.e) <= bar < 1e-9)
    True
    """
    value, bar = extrapolated(line, scale)
    if (sharp := complex_step(line, scale)) is not None and abs(sharp - value) <= bar:
        return sharp, 64 * float(np.finfo(float).eps) * abs(sharp)
    return value, bar


def complex_step(line: Line, scale: float) -> float | None:
    """The derivative to all digits, where the code carries a complex number through; None where it does not."""
    h = 1e-40 * scale
    try:
        with np.errstate(all="ignore"):
            y = line(1j * h)
    except Exception:  # the code was not written for complex numbers
        return None
    return float(y.imag / h) if isinstance(y, complex | np.complexfloating) and np.isfinite(y.imag) else None


def extrapolated(line: Line, scale: float) -> tuple[float, float]:
    """Differences with smaller and smaller steps, extrapolated to none, where neighbours agree best."""
    h = 0.05 * scale
    best, bar = np.nan, np.inf
    previous: list[float] = []
    for _ in range(STEPS):
        up, down = float(line(h)), float(line(-h))
        noise = 4 * float(np.finfo(float).eps) * (abs(up) + abs(down)) / h
        current = [(up - down) / (2 * h)]
        for older in previous:
            factor = SHRINK ** (2 * len(current))
            current.append((current[-1] * factor - older) / (factor - 1))
            distance = max(abs(current[-1] - current[-2]), abs(current[-1] - older)) + noise
            if distance < bar:
                best, bar = current[-1], distance
        previous = current
        h /= SHRINK
    return best, 2 * bar + FLOOR * abs(best)


def chosen_elements(size: int, most: int, rng: np.random.Generator) -> Sequence[int]:
    """All elements, or as many as there is time for."""
    if size <= most:
        return range(size)
    return sorted(rng.choice(size, most, replace=False).tolist())
