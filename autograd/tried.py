"""An entry is tried where it is made: do its rules give the slopes that its forward function has?

Differences tell it, at a few points. They accuse only where they can be trusted: where three steps agree to far more
digits than the rule is asked for. So a kink, a jump, noise, or a point out of reach is passed over.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from math import inf, isinf
from typing import Any

import numpy as np

Interval = tuple[float, float]

#: Where a function on all numbers is tried, one on those above a bound, and one between two: at no special points.
ANYWHERE = (-2.3171, -0.6373, 0.4719, 1.7853)
ABOVE = (0.3191, 0.7877, 1.3719, 4.2931)
BETWEEN = (0.1371, 0.3853, 0.5717, 0.8719)

STEP = 1e-5
#: How closely the differences of three steps agree, of themselves, and a rule with them.
TRUSTED, RIGHT = 1e-6, 1e-2


def expect_slopes(
    name: str,
    arguments: Sequence[str],
    wanted: Sequence[int],
    domain: Sequence[Interval],
    forward: Callable[..., Any],
    slope: Callable[[int, Any, list[Any]], Any],
) -> None:
    """Refuse an elementwise operation of which a rule is plainly wrong.

    ``slope(k, output, inputs)`` is what the rule of input k gives. What cannot be run here, for want of an operation
    that is entered later, say, is not tried.

    Raises `ValueError`, which names the point, what the slope is, and what the rule gives.
    """
    for k in wanted:
        for point in points(domain, len(arguments)):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    known = difference(forward, k, point, (domain or [(-inf, inf)] * len(point))[k])
                    got = None if known is None else number(slope(k, forward(*point), point))
                except Exception:
                    return
            if known is None or got is None or abs(got - known) <= RIGHT * (abs(got) + abs(known)) + TRUSTED:
                continue
            at = ", ".join(f"{argument}={x.item():.4g}" for argument, x in zip(arguments, point, strict=True))
            raise ValueError(
                f"{name}: expected the slope of the forward function from the rule of {arguments[k]}, which is "
                f"{known:.6g} at {at}, got {got:.6g}: mend the rule, or say check=False if it is meant so"
            )


def points(domain: Sequence[Interval], count: int) -> Iterator[list[Any]]:
    """Some points inside the domain, each input an array of one number; no two of one point are alike."""
    for i in range(len(ANYWHERE)):
        yield [np.array([inside(domain[k] if domain else (-inf, inf), i + k)]) for k in range(count)]


def inside(interval: Interval, i: int) -> float:
    """A number in an open interval.

    >>> inside((0.0, float("inf")), 0), inside((float("-inf"), 1.0), 0), inside((0.0, 2.0), 0)
    (0.3191, 0.6809000000000001, 0.2742)
    """
    low, high = interval
    i %= len(ANYWHERE)
    if isinf(low) and isinf(high):
        return ANYWHERE[i]
    if isinf(high):
        return low + ABOVE[i]
    return high - ABOVE[i] if isinf(low) else low + (high - low) * BETWEEN[i]


def difference(forward: Callable[..., Any], k: int, point: list[Any], interval: Interval) -> float | None:
    """The slope by input k, where differences of three steps, and those to both sides, say the same; else None."""
    x = point[k].item()
    step = min(STEP * max(1.0, abs(x)), 0.01 * (x - interval[0]), 0.01 * (interval[1] - x))

    def moved(s: float) -> float:
        return number(forward(*point[:k], np.array([x + s]), *point[k + 1 :]))

    centre = moved(0.0)
    ups, downs = ([(moved(side * m * step) - centre) / (side * m * step) for m in (1, 2, 4)] for side in (1, -1))
    slopes = [(up + down) / 2 for up, down in zip(ups, downs, strict=True)]
    scale = max(map(abs, slopes)) + TRUSTED
    if not np.isfinite([*slopes, centre]).all() or max(slopes) - min(slopes) > TRUSTED * scale:
        return None
    return slopes[0] if abs(ups[0] - downs[0]) <= RIGHT * scale / 2 else None


def number(result: Any) -> float:
    """The one number of a result. Raises where it has another number of them."""
    return float(np.asarray(result).item())
