"""Near: a number with a running bound of its error, for arithmetics whose own numbers have none.

Each step adds what it rounds to what its operands were off by. It is no proof, as what a library says of its functions
is taken on trust; it tells what is known from what cancellation has left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.check.references.real import Arithmetic, Real, UndecidedError, has_few_bits

#: A number is known where its error is no more than this part of it: less does not tell a factor.
TELLS = 1e-3

#: The least step beside a number by which its own error is judged, as a part of the number.
BESIDE = 2.0**-20


def binary(function: Callable[[Near, Near], Near]) -> Callable[[Near, Any], Near]:
    """An operator of two Nears, or of one and an integer."""

    def operator(self: Near, other: Any) -> Near:
        return function(self, other if other.__class__ is Near else self.of.number(other))

    return operator


class Near:
    """A value and its error, of an arithmetic.

    >>> from autograd.check.references.complex_step import ComplexStep
    >>> third = ComplexStep().number(1.0) / 3
    >>> third.value, 0 < (third - third).error < 1e-15
    (0.3333333333333333, True)
    """

    __slots__ = ("error", "of", "value")

    def __init__(self, of: NearArithmetic, value: Any, error: Any) -> None:
        self.of = of
        self.value = value
        self.error = error

    def __repr__(self) -> str:
        return self.of.text(self)

    def __neg__(self) -> Near:
        return Near(self.of, -self.value, self.error)

    @binary
    def __add__(self, other: Near) -> Near:
        y = self.value + other.value
        return Near(self.of, y, self.error + other.error + self.of.lost_in_sum(self.value, other.value, y))

    __radd__ = __add__

    @binary
    def __sub__(self, other: Near) -> Near:
        return self + -other

    @binary
    def __rsub__(self, other: Near) -> Near:
        return other + -self

    @binary
    def __mul__(self, other: Near) -> Near:
        a, b = self.value, other.value
        y = a * b
        error = self.of.lost_in_product(a, b, y)
        if self.error:
            error += self.error * (abs(b) + other.error)
        if other.error:
            error += other.error * abs(a)
        return Near(self.of, y, error)

    __rmul__ = __mul__

    @binary
    def __truediv__(self, other: Near) -> Near:
        a, b = self.value, other.value
        least = abs(b) - other.error
        if not least > 0:
            return self.of.undefined()
        y = a / b
        error = self.of.lost_in_quotient(a, b, y)
        if self.error or other.error:
            error += (self.error + abs(y) * other.error) / least
        return Near(self.of, y, error)

    @binary
    def __rtruediv__(self, other: Near) -> Near:
        return other / self


class NearArithmetic(Arithmetic):
    """What is the same in arithmetics of Nears. Their values are floats, or of a class that works like these."""

    def scalar(self, x: Any) -> Any:
        """A number as a value of this arithmetic, rounded to its digits."""
        raise NotImplementedError

    def at(self, name: str, x: Any) -> tuple[Near, Near]:
        """A function of a value that is exact, and its slope; NaN where it has none."""
        raise NotImplementedError

    def lost_in_sum(self, a: Any, b: Any, y: Any) -> Any:
        """What rounding took from a + b, at most; 0 where it is exact."""
        raise NotImplementedError

    def lost_in_product(self, a: Any, b: Any, y: Any) -> Any:
        raise NotImplementedError

    def lost_in_quotient(self, a: Any, b: Any, y: Any) -> Any:
        raise NotImplementedError

    def undefined(self) -> Near:
        return Near(self, self.scalar(math.nan), self.scalar(0))

    def number(self, x: float) -> Near:
        return Near(self, self.scalar(x), self.scalar(0))

    def around(self, x: float, radius: float) -> Near:
        return Near(self, self.scalar(x), self.scalar(radius))

    def compare(self, a: Near, b: Near) -> int | None:
        x, y, error = a.value, b.value, a.error + b.error
        if x != x or y != y:
            return None
        if not error:
            return 1 if x > y else -1 if x < y else 0
        if x - y > error:
            return 1
        if y - x > error:
            return -1
        raise UndecidedError

    def middle(self, a: Near) -> float:
        return float(a.value)

    def elementary(self, name: str, a: Near) -> tuple[Near, Near]:
        wide = self.wide()
        if wide is not self:
            y, slope = wide.elementary(name, wide.rounded(a))
            return self.rounded(y), self.rounded(slope)
        y, slope = self.at(name, a.value)
        if a.error:  # by how much the function and its slope vary there
            step = max(a.error, abs(a.value) * self.scalar(BESIDE))
            beside = [self.at(name, a.value + h) for h in (step, -step)]
            part = 2 * a.error / step
            y.error += part * max(abs(other.value - y.value) for other, _ in beside)
            slope.error += part * max(abs(other.value - slope.value) for _, other in beside)
        return y, slope

    # What is asked of results.

    def error(self, a: Near, got: float) -> tuple[float, float]:
        distance = abs(self.scalar(got) - a.value)
        return float(max(distance - a.error, self.scalar(0))), float(distance + a.error)

    def is_within(self, a: Near, got: float, distance: float) -> bool:
        return self.error(a, got)[1] <= distance + self.resolution(a)

    def radius(self, a: Near) -> float:
        return float(a.error)

    def is_defined(self, a: Near) -> bool:
        zero = self.scalar(0)
        return bool(a.value - a.value == zero and a.error - a.error == zero)

    def is_close(self, a: Near) -> bool:
        if not self.is_defined(a):
            return False
        return bool(a.error <= abs(a.value) * self.scalar(2.0**-62)) or float(abs(a.value) + a.error) == 0.0

    def tells(self, a: Near) -> bool:
        """Whether it is known well enough to tell a factor."""
        return self.is_defined(a) and bool(a.error <= abs(a.value) * self.scalar(TELLS))

    def text(self, a: Near) -> str:
        """As people read it, with as many digits as are known.

        >>> from autograd.check.references.complex_step import ComplexStep
        >>> arithmetic = ComplexStep()
        >>> print(arithmetic.text(arithmetic.number(1.0) / 3))
        0.3333333333333333 ± 2.8e-17
        """
        return f"{self.digits(a.value)} ± {float(a.error):.2g}" if a.error else self.digits(a.value)

    def digits(self, value: Any) -> str:
        return repr(float(value))


class Floats(NearArithmetic):
    """Near floats: what is within their error is as good as right."""

    name = "floats"
    functions: Mapping[str, Callable[..., Real]] = {}

    def __init__(self, bits: int = 53, wide: int | None = None) -> None:
        self.bits = bits

    def scalar(self, x: Any) -> float:
        return float(x)

    def lost_in_sum(self, a: float, b: float, y: float) -> float:
        if math.isinf(a) or math.isinf(b):
            return 0.0
        back = y - a  # what is lost of a sum is a float itself
        return self.lost(y, abs((a - (y - back)) + (b - back)))

    def lost_in_product(self, a: float, b: float, y: float) -> float:
        if a == 0 or b == 0:
            return 0.0
        few = has_few_bits(a, 26) and has_few_bits(b, 26) and abs(y) > 1e-290
        return self.lost(y, 0.0 if few else math.ulp(y) / 2 + 5e-324)

    def lost_in_quotient(self, a: float, b: float, y: float) -> float:
        exact = a == 0 or (has_few_bits(y, 26) and has_few_bits(b, 26) and y * b == a and abs(a) > 1e-290)
        return self.lost(y, 0.0 if exact else math.ulp(y) / 2 + 5e-324)

    def lost(self, y: float, error: float) -> float:
        """With what digits beyond those of the arithmetic are off by, had they been rounded."""
        if self.bits >= 53 or has_few_bits(y, self.bits):
            return error
        return error + abs(y) * 2.0**-self.bits

    def resolution(self, a: Near) -> float:
        return 2 * float(a.error) if self.tells(a) else 0.0

    def moved(self, x: float, side: float) -> Near:
        return self.number(float(np.nextafter(x, side * math.inf)) if x else side * 1e-200)
