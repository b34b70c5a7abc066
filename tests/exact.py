"""What operations mean to sixty digits: their forward functions in mpmath, and slopes from these alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from autograd import Op

DIGITS = 60


#: What exponentials make all but constant, so that as many digits as a number has e-foldings are lost.
SATURATING = {
    *("tanh", "sigmoid", "sech", "exp", "logsigmoid", "softplus", "elu", "selu", "silu", "mish", "tanhshrink"),
    *("bce_with_logits",),
}

#: The two numbers of selu, as floats.
SELU = (mpf(1.0507009873554804934193349852946), mpf(1.6732632423543772848170429916717))


def chosen(condition: bool, x: Any, y: Any) -> Any:
    return x if condition else y


#: Beyond this, the normal distribution has nothing that any float could show.
FAR = 100


def density(x: Any, order: int) -> Any:
    """That of the standard normal distribution, and its derivatives, by Hermite's polynomials."""
    if abs(x) > FAR:
        return mpf(0)
    factors = (1, -x, x * x - 1, 3 * x - x**3)
    return factors[order] * mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def normal(x: Any, order: int = 0) -> Any:
    """The standard normal distribution."""
    if order:
        return density(x, order - 1)
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2 if abs(x) < FAR else mpf(x > 0)


def of_erf(x: Any, order: int) -> Any:
    if order:
        return 2 * mpmath.sqrt(2) ** order * density(mpmath.sqrt(2) * x, order - 1)
    return mpmath.erf(x) if abs(x) < FAR else mpmath.sign(x)


def of_gamma(x: Any, order: int) -> Any:
    """The derivatives of gamma, from that of its logarithm."""
    if x > 1000:
        return mpmath.inf
    first, second, third = (mpmath.psi(n, x) for n in range(3))
    factors = (1, first, first**2 + second, first**3 + 3 * first * second + third)
    return mpmath.gamma(x) * factors[order]


def of_erfinv(x: Any, order: int) -> Any:
    """Those of the inverse of erf, from its own."""
    y = mpmath.erfinv(x)
    first = mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(y * y)
    second = 2 * y * first**2
    return (y, first, second, 2 * first**3 + 4 * y * first * second)[order]


#: Functions of which thousands of digits take long: their derivatives of each order, as mathematics has them.
DERIVATIVES: dict[str, Callable[[Any, int], Any]] = {
    "norm_pdf": density,
    "ndtr": normal,
    "gelu": lambda x, order: x * normal(x, order) + (order * normal(x, order - 1) if order else 0),
    "erf": of_erf,
    "erfc": lambda x, order: -of_erf(x, order) if order else 2 * normal(-mpmath.sqrt(2) * x),
    "gammaln": lambda x, order: mpmath.psi(order - 1, x) if order else mpmath.loggamma(x),
    "gamma": of_gamma,
    "digamma": lambda x, order: mpmath.psi(order, x),
    "erfinv": of_erfinv,
}

#: Every operation of the table that has a slope, as mathematics has it.
MEANING: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": mpmath.power,
    "neg": lambda x: -x,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "sqrt": mpmath.sqrt,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "sech": mpmath.sech,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, alpha: chosen(x > 0, x, alpha * x),
    "abs": abs,
    "sign": mpmath.sign,
    "maximum": max,
    "minimum": min,
    "exp2": lambda x: mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "logaddexp": lambda x, y: max(x, y) + mpmath.log1p(mpmath.exp(-abs(x - y))),
    "logaddexp2": lambda x, y: max(x, y) + mpmath.log1p(mpf(2) ** -abs(x - y)) / mpmath.log(2),
    "share": lambda x, y: 1 / (1 + mpmath.exp(y - x)),
    "share2": lambda x, y: 1 / (1 + mpf(2) ** (y - x)),
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "half_circle": lambda x: mpmath.sqrt(1 - x * x),
    "hypot": lambda x, y: mpmath.sqrt(x * x + y * y),
    "arctan2": mpmath.atan2,
    "cosine": lambda x, y: x / mpmath.sqrt(x * x + y * y),
    "inversion": lambda x, y: x / (x * x + y * y),
    "deg2rad": lambda x: x * mpmath.pi / 180,
    "rad2deg": lambda x: x * 180 / mpmath.pi,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "larger": lambda x, y, tie: chosen(x == y, tie, mpf(x > y)),
    "fmax": max,
    "fmin": min,
    "copysign": lambda x, y: chosen(y < 0, -abs(x), abs(x)),
    "heaviside": lambda x, y: chosen(x == 0, y, mpf(x > 0)),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.sign(x) * mpmath.floor(abs(x)),
    "rint": lambda x: mpmath.nint(x),
    "floor_divide": lambda x, y: mpmath.floor(x / y),
    "remainder": lambda x, y: x - y * mpmath.floor(x / y),
    "fmod": lambda x, y: x - y * mpmath.sign(x / y) * mpmath.floor(abs(x / y)),
    "clip": lambda a, low, high: min(max(a, low), high),
    **{name: partial(function, order=0) for name, function in DERIVATIVES.items()},
    # Activations.
    "logsigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu6": lambda x: min(max(x, mpf(0)), mpf(6)),
    "elu": lambda x, alpha: chosen(x > 0, x, alpha * mpmath.expm1(min(x, mpf(0)))),
    "selu": lambda x: chosen(x > 0, SELU[0] * x, SELU[0] * SELU[1] * mpmath.expm1(min(x, mpf(0)))),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "hardtanh": lambda x, low, high: min(max(x, low), high),
    "hardsigmoid": lambda x: min(max(x + 3, mpf(0)), mpf(6)) / 6,
    "hardswish": lambda x: x * min(max(x + 3, mpf(0)), mpf(6)) / 6,
    "softsign": lambda x: x / (1 + abs(x)),
    "tanhshrink": lambda x: x - mpmath.tanh(x),
    # Special functions.
    "logit": lambda x: mpmath.log(x) - mpmath.log1p(-x),
    "xlogy": lambda x, y: x * mpmath.log(y),
    "xlog1py": lambda x, y: x * mpmath.log1p(y),
    "entr": lambda x: -x * mpmath.log(x),
    "sinc": mpmath.sincpi,
    # Losses.
    "bce_with_logits": lambda x, t: (1 - t) * mpmath.log1p(mpmath.exp(x)) + t * mpmath.log1p(mpmath.exp(-x)),
}


#: Those that digits are lost in where their inputs are large: as exponentials come near nothing, beside 1.
SATURATING = {
    *("tanh", "sigmoid", "sech", "exp", "exp2", "expm1", "sinh", "cosh"),
    *("logaddexp", "logaddexp2", "share", "share2"),
}


def slope(op: Op, point: Sequence[float], *by: int) -> Any:
    """The derivative by these inputs, one after the other; by none of them the output itself.

    It is a difference of the forward function at twice as many digits as are lost in it. The step is far below the
    distance to any float, so that no kink is between the two ends, and the digits are so many that nothing is cancelled
    which is asked for. Digits that large inputs lose (tanh 1000) come on top.
    """
    if op.name in DERIVATIVES:
        with mpmath.workdps(3 * DIGITS):
            return DERIVATIVES[op.name](mpf(point[0]), len(by))
    size = max(abs(exponent(x)) for x in point)
    largest = max(abs(x) for x in point)
    lost = 2 * size + (min(int(largest), 2000) if op.name in SATURATING else 0)
    step_digits = 2 * DIGITS + 2 * size
    with mpmath.workdps((len(by) + 1) * step_digits + 2 * DIGITS + lost + 1000):

        def difference(xs: list[Any], by: Sequence[int]) -> Any:
            if not by:
                return MEANING[op.name](*xs)
            k, *others = by
            h = mpf(10) ** -step_digits * max(abs(mpf(point[k])), mpf(10) ** -330)
            ends = [difference([*xs[:k], xs[k] + step, *xs[k + 1 :]], others) for step in (h, -h)]
            return (ends[0] - ends[1]) / (2 * h)

        return difference([mpf(x) for x in point], by)


def exponent(x: float) -> int:
    return 0 if x == 0 else int(np.floor(np.log10(abs(x))))


def ulps(found: Any, expected: Any, dtype: Any = np.float64) -> float:
    """How many units in the last place a number is away from the exact one; of 2⁻¹⁰⁷⁴ where it is denormal."""
    info = np.finfo(dtype)
    found = float(found)
    with mpmath.workdps(DIGITS):
        if not np.isfinite(found):
            beyond = mpf(float(info.max)) * (1 - 8 * mpf(float(info.eps)))
            return 0.0 if abs(expected) >= beyond and found * mpmath.sign(expected) > 0 else np.inf
        unit = mpf(float(info.smallest_subnormal))
        if abs(expected) >= float(info.tiny):
            unit = mpf(2) ** (int(mpmath.floor(mpmath.log(abs(expected), 2))) - info.nmant)
        return float(abs(mpf(found) - expected) / unit)
