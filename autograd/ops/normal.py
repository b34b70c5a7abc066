"""The error function and the normal distribution of arrays of floats, many elements at once, to their last digits.

All come from e^(a²) erfc(a), of which nothing is small and nothing cancels: a polynomial, as Schonfelder (1978) has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

ROOT_HALF = math.sqrt(0.5)
ROOT_TWO_PI = math.sqrt(2 * math.pi)

#: Beyond this, the normal distribution has no more in a float.
FAR = 40.0

#: (a + 3) e^(a²) erfc(a) for a ≥ 0, by powers of (a − 3) / (a + 3): Chebyshev's sums, to the digits of a double.
SCALED = (
    *(1.0740069070883398, -0.8833944531698834, 0.5902283571041079, -0.3104672619005832, 0.11952776128699893),
    *(-0.026827234624051417, -0.0012124166218294855, 0.003034061996058138, -0.0005483097427484961),
    *(-0.00027677781402214095, 0.00010756177091043848, 3.039805158572681e-05, -1.747157222290802e-05),
    *(-4.7490282761035755e-06, 2.767748892060422e-06, 9.988170142910974e-07, -4.1168528099116056e-07),
    *(-2.3385368009140523e-07, 4.9957921660772474e-08, 5.11824219701207e-08, -3.5681656857277103e-09),
    *(-8.693774269035828e-09, 6.954942232514036e-12, 8.110687296189993e-10),
)

#: The same, to the digits of a single.
SCALED_SINGLE = (
    *(1.0740069123135136, -0.8833944451868795, 0.590227975604107, -0.3104674893110152, 0.11953230069063711),
    *(-0.026825370112629254, -0.0012323710416040335, 0.003027424456584946, -0.0005078505785117683),
    *(-0.0002649834217254595, 6.782963557207734e-05, 1.9655910560487885e-05),
)

#: erf(x) / x for |x| ≤ 1/2, by powers of x².
NEAR = (
    *(1.1283791670955126, -0.37612638903183476, 0.11283791670925457, -0.026866170632921085, 0.005223977373542183),
    *(-0.0008548297798086192, 0.00012053337222877719, -1.4845900896375835e-05, 1.4726381680017032e-06),
)

#: A double and this, less this, has no digits below 2⁻²⁰: that of a number up to 40 has an exact square.
ROUNDING = 1.5 * 2.0**32

#: So many elements, with what is between, stay near the processor.
BLOCK = 8192

#: Fewer elements than this are quicker one by one.
FEW = 100

#: From an array of doubles, and the powers that are enough for the result, to one that it may change.
OfDoubles = Callable[[Any, Sequence[float]], Any]


def on_arrays(quick: OfDoubles) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Of a function that has another form for many floats: arrays of these take that one, a block after another."""

    def careful(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(function)
        def run(x: Any) -> Any:
            if not (isinstance(x, np.ndarray) and x.size >= FEW and x.dtype.char in "efd"):
                return function(x)
            powers = SCALED if x.dtype.char == "d" else SCALED_SINGLE
            y = np.empty(x.shape, x.dtype)
            given, found = x.reshape(-1), y.reshape(-1)
            for start in range(0, x.size, BLOCK):
                block = slice(start, start + BLOCK)
                found[block] = quick(given[block].astype(np.float64), powers)
            return y

        return run

    return careful


def polynomial(powers: Sequence[float], t: Any) -> Any:
    """The sum of these times the powers of t, from the zeroth on."""
    y = powers[-1] * t
    for factor in powers[-2:0:-1]:
        y += factor
        y *= t
    y += powers[0]
    return y


def scaled(a: Any, powers: Sequence[float]) -> Any:
    """e^(a²) erfc(a), of a ≥ 0."""
    part = np.reciprocal(a + 3)
    t = a * part
    t *= 2
    t -= 1
    y = polynomial(powers, t)
    y *= part
    return y


def bell(a: Any, factor: float) -> Any:
    """e^(−factor · a²); where a² is large, its last digits, of which the power is made, would be rounded away."""
    high = a + ROUNDING
    high -= ROUNDING
    low = a + high
    low *= a - high
    high *= high
    high *= -factor
    low *= -factor
    y = np.exp(high, out=high)
    y *= np.exp(low, out=low)
    return y


def near_zero(x: Any) -> Any:
    return np.minimum(np.abs(x), FAR)


def erfc(x: Any, powers: Sequence[float]) -> Any:
    a = near_zero(x)
    y = bell(a, 1.0)
    y *= scaled(a, powers)
    return np.where(x < 0, 2 - y, y)


def erf(x: Any, powers: Sequence[float]) -> Any:
    a = near_zero(x)
    rest = bell(a, 1.0)
    rest *= scaled(a, powers)
    near = np.minimum(a, 0.5)
    y = polynomial(NEAR, near * near)
    y *= near
    return np.copysign(np.where(a < 0.5, y, 1 - rest), x)


def ndtr(x: Any, powers: Sequence[float]) -> Any:
    a = near_zero(x)
    y = bell(a, 0.5)
    y *= 0.5
    y *= scaled(ROOT_HALF * a, powers)
    return np.where(x < 0, y, 1 - y)


def density(x: Any, powers: Sequence[float]) -> Any:
    y = bell(near_zero(x), 0.5)
    y /= ROOT_TWO_PI
    return y
