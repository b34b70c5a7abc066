"""The cardinal sine, sin(πx) / πx, and its derivatives: spherical Bessel functions of πx.

The slope of jₙ is made of its two neighbours, and divided by nothing: so derivatives of every order are right at 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.errors import DTypeError, short_repr
from autograd.op import Op, elementwise, override
from autograd.ops.corners import maximum
from autograd.ops.functions import by_definition
from autograd.ops.special import in_doubles

#: Of a series whose terms at least halve from one to the next, so many leave nothing of a float.
TERMS = 30

#: The highest order: there are as many steps to it.
MOST = 10_000

#: How far behind an order, and behind twice of it, a continued fraction begins: what it begins with is then forgotten.
BEHIND = 40


def sine_and_cosine(x: Any) -> tuple[Any, Any]:
    """Those of πx. What is left of x beside the nearest integer is exact, as π times x would not be."""
    nearest = np.rint(x)
    rest = x - nearest
    sign = 1 - 2 * np.remainder(nearest, 2)
    return sign * np.sin(np.pi * rest), sign * np.sin(np.pi * (0.5 - np.abs(rest)))


def sine_over_angle(x: Any) -> Any:
    sine, _ = sine_and_cosine(x)
    return np.where(x == 0, 1.0, sine / np.where(x == 0, 1.0, np.pi * x))[()]


def series(n: int, z: Any) -> Any:
    """About zⁿ / (1 · 3 · … · (2n + 1)), of a z whose square is no more than 2n + 3."""
    leading = np.ones_like(z)
    for k in range(n):
        leading = leading * (z / (2 * k + 3))
    term = total = np.ones_like(z)
    for k in range(1, TERMS):
        term = term * (-z * z / (2 * k * (2 * (n + k) + 1)))
        total = total + term
    return leading * total


def upward(n: int, first: Any, second: Any, z: Any) -> tuple[Any, Any]:
    """What the recurrence of jₙ, and of yₙ, makes of the first two: those of n − 1 and n, from n = 1 on."""
    for k in range(1, n):
        first, second = second, (2 * k + 1) / z * second - first
    return first, second


def between(n: int, sine: Any, cosine: Any, z: Any) -> Any:
    """From jₙ / jₙ₋₁, a continued fraction, and jₙ yₙ₋₁ − jₙ₋₁ yₙ = 1 / z²: of a z below n, where yₙ alone grows."""
    ratio = np.zeros_like(z)
    for k in range(2 * n + BEHIND, n - 1, -1):
        ratio = z / (2 * k + 1 - z * ratio)
    before, last = upward(n, -cosine / z, -(cosine / z + sine) / z, z)
    return ratio / (ratio * before - last) / z / z


def bessel(n: int, x: Any) -> Any:
    """Of one order: each of the ways where it keeps its digits."""
    if n == 0:
        return sine_over_angle(x)
    size = np.pi * np.abs(x)
    sine, cosine = sine_and_cosine(np.abs(x))
    is_small, is_large = size * size <= 2 * n + 3, size > n
    small = series(n, np.where(is_small, size, 0.0))
    z = np.where(is_small, 2.0 * n + 3, size)
    first = sine / z
    found = upward(n, first, (first - cosine) / z, z)[1]
    if n * n > 2 * n + 3:
        found = np.where(is_large, found, between(n, sine, cosine, np.where(is_large, 1.0 * n, z)))
    odd = np.sign(x) if n % 2 else 1.0
    return odd * np.where(is_small, small, found)


@by_definition(lambda n, x: x.spherical_jnpi(n))
def bessel_of_orders(n: Any, x: Any) -> Any:
    orders = np.asarray(n)
    if orders.dtype.kind not in "biuf" or not np.all((orders >= 0) & (orders <= MOST) & (orders == np.floor(orders))):
        raise DTypeError(f"spherical_jnpi: expected orders n as whole numbers from 0 to {MOST:,}, got {short_repr(n)}")
    orders, x = np.broadcast_arrays(orders, np.asarray(x, np.float64))
    found = np.empty(x.shape)
    for order in np.unique(orders):
        places = orders == order
        found[places] = bessel(int(order), x[places])
    return found[()]


# fmt: off
sinc = elementwise("sinc", in_doubles(by_definition(lambda x: x.sinc())(sine_over_angle)),
    lambda y, x: -math.pi * spherical_jnpi(1, x), method=False,
    doc="sinc, sin πx over πx, has minus π times the spherical Bessel function j₁(πx) as its slope: 0 at 0")
spherical_jnpi: Op = elementwise("spherical_jnpi", in_doubles(bessel_of_orders),
    None,
    lambda y, n, x: math.pi * (n * spherical_jnpi(maximum(n - 1, 0), x) - (n + 1) * spherical_jnpi(n + 1, x))
    / (2 * n + 1),
    symbol="jₙ", method=False,
    doc="the spherical Bessel function jₙ(πx) has those of n − 1 and n + 1 as its slope; its order n, a whole number, "
    "has none")
# fmt: on

override(np.sinc, sinc)
