"""Digits: numbers to fifty digits and more, by mpmath. Slopes are differences at twice as many."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from mpmath import MPContext

from autograd.check.references.near import Near, NearArithmetic
from autograd.check.references.real import Real
from autograd.check.references.spelling import FUNCTIONS, elementary
from autograd.check.references.taped import Taped

#: What mpmath calls NumPy's and SciPy's functions.
NAMES = {
    "exp": "exp",
    "log": "ln",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "erf": "erf",
    "erfc": "erfc",
    "erfinv": "erfinv",
    "gamma": "gamma",
    "lgamma": "loggamma",
    "psi": "digamma",
    "digamma": "digamma",
}

#: Fifty digits.
BITS = 170

SMALLEST = 2.0**-1074

#: So many bits more are taken for numbers far from 1, and no more: beyond, slopes have the error that this leaves.
MOST = 4096

_contexts = threading.local()


def context(bits: int) -> Any:
    """Numbers and functions of so many bits, for each thread its own: functions change the bits while they run."""
    if not hasattr(_contexts, "by_bits"):
        _contexts.by_bits = {}
    found: dict[int, Any] = _contexts.by_bits
    if bits not in found:
        found[bits] = MPContext()
        found[bits].prec = bits
    return found[bits]


class Digits(NearArithmetic):
    """Arithmetic of so many bits.

    >>> arithmetic = Digits(bits=170)
    >>> arithmetic.elementary("exp", arithmetic.number(1.0))[1]
    2.7182818284590452354 ± 7.3e-51
    """

    name = "digits"
    functions: Mapping[str, Callable[..., Real]] = {
        **FUNCTIONS,
        **{name: partial(elementary, name) for name in NAMES},
    }

    def __init__(self, bits: int, wide: int | None = None) -> None:
        self.bits = bits
        self._mp = context(bits)
        self._unit = self._mp.mpf(2) ** (2 - bits)
        self._wide = self if wide is None else Digits(wide)

    def wide(self) -> Digits:
        return self._wide

    def sum(self, a: Near, b: Near) -> Near:
        y = a + b
        if self._wide is not self:
            y.error += self._unit * (abs(a.value) + abs(b.value))
        return y

    def scalar(self, x: Any) -> Any:
        return +self._mp.mpf(x.item() if isinstance(x, np.integer) else x)  # mpmath knows them from 1.4 on

    def rounded(self, a: Near) -> Near:
        y = self.scalar(a.value)
        return Near(self, y, self.scalar(a.error) + (self.scalar(abs(a.value - y)) if self.bits < a.of.bits else 0))

    def moved(self, x: float, side: float) -> Near:
        return self.number(x) + side * self.number(max(abs(x), SMALLEST)) * self.number(2.0**-200)

    def at(self, name: str, x: Any) -> tuple[Near, Near]:
        if not self._mp.isfinite(x):
            y = real(self._mp, NAMES[name], x)
            return self.trusted(y), self.number(0.0 if self._mp.isfinite(y) else math.nan)
        size = abs(self._mp.mag(x)) if x else 0  # what is far from 1 needs digits to be added to it
        mp = context(2 * self.bits + min(size, MOST) + 64)
        x = mp.mpf(x)
        step = mp.ldexp(min(abs(x), 1) if x else 1, -self.bits)
        y, above, below = (real(mp, NAMES[name], point) for point in (x, x + step, x - step))
        if not mp.isfinite(y):  # a pole
            return self.undefined(), self.undefined()
        slope = (above - below) / (2 * step)
        lost = mp.ldexp(abs(y) / step, -mp.prec + 2)
        return self.trusted(y), self.trusted(slope, lost)

    def trusted(self, y: Any, lost: Any = 0) -> Near:
        """What the library gave with many digits, with those of this arithmetic."""
        y = self.scalar(y)
        return Near(self, y, abs(y) * self._unit + self.scalar(lost))

    def lost_in_sum(self, a: Any, b: Any, y: Any) -> Any:
        if not a or not b or not self._mp.isfinite(y):
            return self.scalar(0)
        if abs(self._mp.mag(a) - self._mp.mag(b)) > 2 * self.bits:  # the smaller is lost
            return min(abs(a), abs(b))
        return abs(self._mp.fadd(a, b, exact=True) - y)

    def lost_in_product(self, a: Any, b: Any, y: Any) -> Any:
        return abs(self._mp.fmul(a, b, exact=True) - y) if self._mp.isfinite(y) else self.scalar(0)

    def lost_in_quotient(self, a: Any, b: Any, y: Any) -> Any:
        is_exact = self._mp.isfinite(y) and self._mp.fmul(y, b, exact=True) == a
        return self.scalar(0) if is_exact else abs(y) * self._unit

    def digits(self, value: Any) -> str:
        return str(self._mp.nstr(value, 20))


def real(mp: Any, name: str, x: Any) -> Any:
    """A function where it is real; NaN at its poles and outside of its domain."""
    try:
        y = getattr(mp, name)(x)
    except (ValueError, ZeroDivisionError):
        return mp.nan
    return mp.nan if isinstance(y, mp.mpc) else y


DIGITS = Taped("digits", Digits, bits=(BITS, 4 * BITS, 12 * BITS, 48 * BITS), beside=4 * BITS)
