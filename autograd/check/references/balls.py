"""Balls: numbers with a proven bound of their error, by python-flint. Slopes are the second terms of power series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock
from types import TracebackType
from typing import Any

import flint
import numpy as np
from flint import acb_series, arb, arb_series

from autograd.check.references.real import Arithmetic, Real, UndecidedError
from autograd.check.references.spelling import FUNCTIONS, elementary
from autograd.check.references.taped import Taped

#: What flint calls NumPy's and SciPy's functions.
NAMES = {
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "erf": "erf",
    "erfc": "erfc",
    "gamma": "gamma",
    "lgamma": "lgamma",
}

#: Functions that are the slope of one that flint has series of.
SLOPES = {"psi": "lgamma", "digamma": "lgamma"}

#: Functions that flint has no series of, but of their inverse: their slope is one over that one's.
INVERSES = {"erfinv": "erf"}

SMALLEST = float(np.finfo(float).smallest_subnormal)


#: Held inside of an arithmetic: the library has one precision for all threads.
ENTERED = RLock()


class Balls(Arithmetic):
    """Ball arithmetic of so many bits. It is entered: the precision belongs to the library.

    >>> with Balls(bits=128) as arithmetic:
    ...     y, slope = arithmetic.elementary("exp", arithmetic.number(1.0))
    ...     y.str(20)
    '[2.7182818284590452354 +/- 3.98e-20]'
    """

    name = "balls"
    functions: Mapping[str, Callable[..., Real]] = {
        **FUNCTIONS,
        **{name: partial(elementary, name) for name in (*NAMES, *SLOPES, *INVERSES)},
    }

    def __init__(self, bits: int, wide: int | None = None) -> None:
        self.bits = bits
        self._before: list[int] = []
        self._wide = self if wide is None else Balls(wide)
        self._unit = arb(2) ** -bits

    def __enter__(self) -> Balls:
        ENTERED.acquire()
        self._before.append(flint.ctx.prec)
        flint.ctx.prec = self.bits
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        flint.ctx.prec = self._before.pop()
        ENTERED.release()

    def wide(self) -> Balls:
        return self._wide

    def number(self, x: float) -> Any:
        return arb(float(x)) if x.__class__ is not int else arb(x)

    def around(self, x: float, radius: float) -> Any:
        return arb(float(x), radius)

    def compare(self, a: Any, b: Any) -> int | None:
        if a > b:
            return 1
        if a < b:
            return -1
        if a.is_nan() or b.is_nan():
            return None
        if a == b:  # both exact
            return 0
        raise UndecidedError

    def sum(self, a: Any, b: Any) -> Any:
        return a + b if self._wide is self else a + b + arb(0, self._unit * (abs(a) + abs(b)))

    def middle(self, a: Any) -> float:
        return float(a.mid())

    def rounded(self, a: Any) -> Any:
        return +a

    def elementary(self, name: str, a: Any) -> tuple[Any, Any]:
        if self._wide is not self:
            with self._wide:
                y, slope = self._wide.elementary(name, a)
            return +y, +slope
        if name in SLOPES:
            series = getattr(acb_series([a, 1], 3), NAMES[SLOPES[name]])()  # a complex one, for those below zero
            return series[1].real, 2 * series[2].real
        if name in INVERSES:
            y = getattr(a, name)()
            return y, 1 / getattr(arb_series([y, 1], 2), NAMES[INVERSES[name]])()[1]
        series = getattr(arb_series([a, 1], 2), NAMES[name])()
        if not a.is_finite() and not series[0].rel_accuracy_bits() > 0:  # as the sine, which has no limit
            return arb.nan(), arb.nan()
        return series[0], series[1]

    # What is asked of results.

    def error(self, a: Any, got: float) -> tuple[float, float]:
        distance = abs(arb(got) - a)
        return float(distance.abs_lower()), float(distance.abs_upper())

    def is_within(self, a: Any, got: float, distance: float) -> bool:
        return bool(abs(arb(got) - a) <= arb(distance))

    def radius(self, a: Any) -> float:
        return float(a.rad())

    def is_defined(self, a: Any) -> bool:
        return bool(a.is_finite())

    def is_close(self, a: Any) -> bool:
        return bool(a.is_finite()) and (a.rel_accuracy_bits() >= 62 or float(a.abs_upper()) == 0.0)

    def text(self, a: Any) -> str:
        return str(a.str(20))

    def moved(self, x: float, side: float) -> Any:
        return arb(float(x)) + side * arb(max(abs(float(x)), SMALLEST)) * arb(2) ** -200


BALLS = Taped("balls", Balls, bits=(128, 512, 2048, 8192), beside=2048)
