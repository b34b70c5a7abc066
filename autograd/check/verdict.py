"""Verdict: whether a float is the number that a reference knows, in units in its last place."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

#: ``off``: farther than the last digits, which rounding may explain. ``undefined``: there is no number, and none came.
Verdict = Literal["right", "off", "undecided", "undefined"]

#: How many units in the last place a number may be off.
ULPS = 8

FLOAT64 = np.dtype(np.float64)


class Judged(NamedTuple):
    """A verdict, and the distance in units in the last place."""

    verdict: Verdict
    ulps: float


def judged(arithmetic: Any, raw: Any, got: float, dtype: np.dtype[Any] | None, slack: float = 0.0) -> Judged:
    """Compare what came with what is known; ``slack`` is how far rounding may go besides.

    >>> from autograd.check.references.balls import Balls
    >>> with Balls(bits=128) as arithmetic:
    ...     third = arithmetic.number(1) / 3
    ...     judged(arithmetic, third, 1 / 3, None).verdict, judged(arithmetic, third, 0.3333, None).verdict
    ('right', 'off')
    """
    if raw is None:
        raw = arithmetic.number(0)
    if not arithmetic.is_defined(raw):
        return Judged("undecided" if math.isfinite(got) else "undefined", math.nan)
    if math.isnan(got):
        return Judged("off", math.inf)
    middle = arithmetic.middle(raw)
    if math.isinf(got):
        largest = float(np.finfo(dtype or FLOAT64).max) * (1 - ULPS * float(np.finfo(dtype or FLOAT64).eps))
        return Judged("right" if middle * math.copysign(1, got) >= largest else "off", math.inf)
    unit = unit_of(middle, dtype)
    least, most = arithmetic.error(raw, got)
    allowed = ULPS * unit + slack + arithmetic.resolution(raw)
    if most <= allowed:
        return Judged("right", most / unit)
    return Judged("off" if least > allowed or math.isnan(least) else "undecided", least / unit)


def unit_of(x: float, dtype: np.dtype[Any] | None) -> float:
    """The distance from a number to the next of its dtype."""
    if dtype is None or dtype == FLOAT64:
        return math.ulp(x) if math.isfinite(x) else math.ulp(1.7e308)
    info = np.finfo(dtype)
    return float(np.spacing(dtype.type(min(abs(x), float(info.max)))))
