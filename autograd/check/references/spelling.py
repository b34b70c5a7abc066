"""NumPy's functions and SciPy's on Reals, as every reference has them: by arithmetic, comparisons and a few others.

A row a function. What a reference has of its own (exp, log, sin …) comes first in its file.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd.check.references.real import Real, RefusedError, Tape, ancestors

Function = Callable[..., Any]


def elementary(name: str, x: Real) -> Any:
    """A function that the reference has of its own."""
    raw, slope = x.tape.arithmetic.elementary(name, x.value)
    return x.tape.computed(raw, ((x, slope),))


def composed(function: Function, *xs: Real) -> Any:
    """A function made of others, as one of its own: computed with all digits, rounded once."""
    tape = xs[0].tape
    arithmetic = tape.arithmetic
    wide = arithmetic.wide()
    if wide is arithmetic:
        result = function(*xs)
        return result if isinstance(result, Real) else tape.constant(result)
    with wide:
        inner = Tape(wide)
        raws = [wide.rounded(x.value) for x in xs]
        leaves = [
            inner.leaf(raw) if x.parts is not None else inner.constant(raw) for x, raw in zip(xs, raws, strict=True)
        ]
        y = function(*leaves)
        if not isinstance(y, Real):
            y = inner.constant(y)
        inner.pull([(y, 1)])
    tied = ancestors(real for tie in inner.ties for real in tie)
    tape.ties += [(x, x) for x, leaf in zip(xs, leaves, strict=True) if id(leaf) in tied]
    parts = [
        (x, arithmetic.rounded(leaf.adjoint)) for x, leaf in zip(xs, leaves, strict=True) if leaf.adjoint is not None
    ]
    return tape.computed(arithmetic.rounded(y.value), parts)


def undefined(*xs: Real) -> Any:
    """No number, and none for its slopes: what a choice between numbers of which one is none comes to."""
    tape = xs[0].tape
    nan = tape.raw(math.nan)
    return tape.computed(nan, [(x, nan) for x in xs])


def is_zero(x: Real) -> bool:
    """Exactly, where a function is smooth but its formula divides by zero: that is no tie."""
    arithmetic = x.tape.arithmetic
    return arithmetic.compare(x.value, arithmetic.number(0.0)) == 0


def is_positive(x: Real) -> bool:
    """By its middle: for a choice between two forms of one function, of which either is right everywhere."""
    return x.tape.arithmetic.middle(x.value) > 0


def tanh(x: Real) -> Any:
    t = exp(-2 * x) if is_positive(x) else exp(2 * x)
    return (1 - t) / (1 + t) if is_positive(x) else (t - 1) / (t + 1)


def sech(x: Real) -> Any:
    t = exp(-x) if is_positive(x) else exp(x)
    return 2 * t / (1 + t * t)


def power(x: Real, y: Real) -> Any:
    """By products for a whole exponent, else by the logarithm; at zero, where that has none, the limit from above."""
    arithmetic = x.tape.arithmetic
    n = arithmetic.middle(y.value)
    is_whole = abs(n) < 2**53 and n == round(n) and arithmetic.compare(y.value, arithmetic.number(n)) == 0
    side = x.compare(x.tape.constant(0.0)) if not is_whole or y.parts is not None or n < 0 else 1
    if side is None or (not is_whole and (side == -1 or (side == 0 and not n > 0))):
        return undefined(x, y)
    if side == 1 and not is_whole:
        return exp(y * log(x))
    if side == 0 and not is_whole:
        return x.tape.computed(x.value * 0, ((x, 0), (y, 0)))
    result = whole_power(x, int(n))
    if y.parts is None:
        return result
    is_limit = side == 0 and n >= 0
    slope = x.value * 0 if is_limit else result.value * log(x.tape.constant(x.value)).value
    return x.tape.computed(result.value, ((result, None), (y, slope)))


def whole_power(x: Real, n: int) -> Any:
    if n < 0:
        return 1 / whole_power(x, -n)
    if n == 0:
        return x * 0 + 1
    half = whole_power(x, n // 2) if n > 1 else None
    if half is None:
        return x
    return half * half * x if n % 2 else half * half


def larger(x: Real, y: Real) -> Any:
    side = x.compare(y)
    return undefined(x, y) if side is None else x if side == 1 else y


def smaller(x: Real, y: Real) -> Any:
    side = x.compare(y)
    return undefined(x, y) if side is None else x if side == -1 else y


def sign(x: Real) -> Any:
    side = x.compare(x.tape.constant(0.0))
    return undefined(x) if side is None else x.tape.constant(side)


#: How many floats, the digits of each behind those of the one before, reach from the largest float to its units.
FLOATS_IN_RANGE = 24


def step_of(rounding: Callable[[int, int], int], offset: float, x: Real) -> Any:
    """A step function with its steps at the integers, or beside them: a step is a tie.

    ``rounding`` is what it is on the side −1 or 1 of the nearest step, or 0, at it.
    """
    arithmetic = x.tape.arithmetic
    middle = arithmetic.middle(x.value)
    if not math.isfinite(middle):
        return undefined(x)
    step = 0
    for _ in range(FLOATS_IN_RANGE):  # a float has no more than its digits: the next has the next of them
        rest = round(arithmetic.middle(x.value - arithmetic.number(step)) - offset)
        step += rest
        if rest == 0:
            break
    side = x.compare(x.tape.constant(step) + offset)
    assert side is not None
    return x.tape.constant(rounding(step, side))


floor = partial(step_of, lambda step, side: step - (side < 0), 0.0)
ceil = partial(step_of, lambda step, side: step + (side > 0), 0.0)
rint = partial(step_of, lambda step, side: step + (side > 0 or (side == 0 and step % 2)), 0.5)


def trunc(x: Real) -> Any:
    return floor(x) if is_positive(x) else ceil(x)


def heaviside(x: Real, y: Real) -> Any:
    side = x.compare(x.tape.constant(0.0))
    return undefined(x) if side is None else y if side == 0 else x.tape.constant(side == 1)


def is_negative(x: Real) -> bool:
    """By the sign, which a zero of a reference does not have."""
    side = x.compare(x.tape.constant(0.0))
    if side == 0:
        raise RefusedError(f"a zero of {x.tape.arithmetic.name} has no sign")
    return side == -1


def arctan2(y: Real, x: Real) -> Any:
    middle = x.tape.arithmetic.middle
    if is_zero(x) and is_zero(y):
        nan = x.tape.raw(math.nan)
        x.tape.ties.append((y, x))
        return x.tape.computed(y.value, ((y, nan), (x, nan)))
    if middle(x.value) < 0 and is_zero(y):
        is_negative(y)  # refused: which half turn it is, is said by the sign of the zero
    if abs(middle(x.value)) >= abs(middle(y.value)):
        turn = 0 if middle(x.value) > 0 else 1 if middle(y.value) >= 0 else -1
        return arctan(y / x) + turn * half_turn(x)
    quarter = half_turn(x) / 2
    return (quarter if middle(y.value) > 0 else -quarter) - arctan(x / y)


def hypot(x: Real, y: Real) -> Any:
    """With its square within the range of every arithmetic: a power of two is taken out. The origin is a corner."""
    if is_zero(x) and is_zero(y):
        return abs(x) + abs(y)
    largest = max(abs(each.tape.arithmetic.middle(each.value)) for each in (x, y))
    scale = math.ldexp(1.0, min(math.frexp(largest)[1], 1023)) if math.isfinite(largest) else 1.0
    return scale * sqrt((x / scale) * (x / scale) + (y / scale) * (y / scale))


def logaddexp(x: Real, y: Real) -> Any:
    top, low = (x, y) if x.tape.arithmetic.middle(x.value) >= y.tape.arithmetic.middle(y.value) else (y, x)
    return top + log1p(exp(low - top))


def logaddexp2(x: Real, y: Real) -> Any:
    top, low = (x, y) if x.tape.arithmetic.middle(x.value) >= y.tape.arithmetic.middle(y.value) else (y, x)
    return top + log1p(exp2(low - top)) / log_of(2.0, x)


def log_expit(x: Real) -> Any:
    return -log1p(exp(-x)) if is_positive(x) else x - log1p(exp(x))


def expit(x: Real) -> Any:
    if is_positive(x):
        return 1 / (1 + exp(-x))
    t = exp(x)
    return t / (1 + t)


def gammaln(x: Real) -> Any:
    """Of the absolute value of gamma, as SciPy has it."""
    return lgamma(x) if is_positive(x) else log(abs(gamma(x)))


def cbrt(x: Real) -> Any:
    if is_zero(x):  # where it is vertical
        return x.tape.computed(x.value, ((x, x.tape.raw(math.nan)),))
    return exp(log(x) / 3) if is_positive(x) else -exp(log(-x) / 3)


def exprel(x: Real) -> Any:
    return 1 + x / 2 if is_zero(x) else expm1(x) / x


def xlog(x: Real, log_y: Real) -> Any:
    """The product of a number and a logarithm, which is zero where the number is, be the logarithm infinite."""
    product = x * log_y
    return x.tape.computed(x.value, ((product, None),)) if is_zero(x) else product


def ndtr(x: Real) -> Any:
    return erfc(-x / sqrt(x.tape.constant(2.0))) / 2


def sinc(x: Real) -> Any:
    angle = half_turn(x) * x
    return 1 - angle * angle / 6 if is_zero(x) else sin(angle) / angle


def spherical_jnpi(x: Real, n: Real) -> Any:
    """That of πx, by the recurrence from its first two, of which digits are asked until enough are left."""
    order, angle = int(x.tape.arithmetic.middle(n.value)), half_turn(x) * x
    if is_zero(x):
        return sinc(x) if order == 0 else angle / 3 if order == 1 else 0 * angle
    before, last = cos(angle) / angle, sinc(x)
    for k in range(order):
        before, last = last, (2 * k + 1) / angle * last - before
    return last


def isnan(x: Real) -> bool:
    return x.compare(x) is None


def isfinite(x: Real) -> bool:
    return not isnan(x) and bool(np.isfinite(x.tape.arithmetic.middle(x.value)))


def isinf(x: Real) -> bool:
    return not isnan(x) and not isfinite(x)


def named(name: str) -> Function:
    """A function as the reference spells it."""

    def function(x: Real) -> Any:
        found = x.tape.functions.get(name)
        if found is None:
            raise RefusedError(f"{name} has no spelling in {x.tape.arithmetic.name}")
        return found(x)

    return function


exp, log, sqrt, arctan = (partial(elementary, name) for name in ("exp", "log", "sqrt", "arctan"))
sin, cos = (partial(elementary, name) for name in ("sin", "cos"))
log1p, expm1, exp2 = (named(name) for name in ("log1p", "expm1", "exp2"))
erfc, gamma, lgamma = (named(name) for name in ("erfc", "gamma", "lgamma"))


def log_of(number: float, x: Real) -> Any:
    """The logarithm of a number, to the digits of the tape that ``x`` is on."""
    return log(x.tape.constant(number))


def half_turn(x: Real) -> Any:
    """π, likewise."""
    return 4 * arctan(x.tape.constant(1.0))


#: What is arithmetic, or a choice.
PLAIN: Mapping[str, Function] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "true_divide": operator.truediv,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": operator.abs,
    "fabs": operator.abs,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "maximum": larger,
    "minimum": smaller,
    "clip": lambda x, low, high: smaller(larger(x, low), high),
    "fmax": lambda x, y: y if isnan(x) else x if isnan(y) else larger(x, y),
    "fmin": lambda x, y: y if isnan(x) else x if isnan(y) else smaller(x, y),
    "sign": sign,
    "conjugate": operator.pos,
    "copysign": lambda x, y: -abs(x) if is_negative(y) else abs(x),
    "signbit": is_negative,
    "heaviside": heaviside,
    "floor": floor,
    "ceil": ceil,
    "trunc": trunc,
    "rint": rint,
    "floor_divide": lambda x, y: floor(x / y),
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_not": lambda x: not x,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
    "logical_xor": lambda x, y: bool(x) != bool(y),
    "isnan": isnan,
    "isfinite": isfinite,
    "isinf": isinf,
}

#: What every reference has of its own.
ELEMENTARY: Mapping[str, Function] = {
    name: partial(elementary, name)
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "arctan", "arcsin", "arccos")
}

#: What is made of these.
COMPOSED: Mapping[str, Function] = {
    name: partial(composed, function)
    for name, function in dict[str, Function](
        {
            "power": power,
            "float_power": power,
            "tanh": tanh,
            "sech": sech,
            "sinh": lambda x: (exp(x) - exp(-x)) / 2,
            "cosh": lambda x: (exp(x) + exp(-x)) / 2,
            "expm1": lambda x: exp(x) - 1,
            "log1p": lambda x: log(1 + x),
            "exp2": lambda x: exp(x * log_of(2.0, x)),
            "log2": lambda x: log(x) / log_of(2.0, x),
            "log10": lambda x: log(x) / log_of(10.0, x),
            "cbrt": cbrt,
            "hypot": hypot,
            "arctan2": arctan2,
            "arcsinh": lambda x: log(x + sqrt(x * x + 1)) if is_positive(x) else -log(sqrt(x * x + 1) - x),
            "arccosh": lambda x: log(x + sqrt(x * x - 1)),
            "arctanh": lambda x: log((1 + x) / (1 - x)) / 2,
            "remainder": lambda x, y: x - floor(x / y) * y,
            "fmod": lambda x, y: x - trunc(x / y) * y,
            **dict.fromkeys(("deg2rad", "radians"), lambda x: x * half_turn(x) / 180),
            **dict.fromkeys(("rad2deg", "degrees"), lambda x: x * 180 / half_turn(x)),
            "expit": expit,
            "expit2": lambda x: expit(x * log_of(2.0, x)),
            "log_expit": log_expit,
            "logit": lambda x: log(x / (1 - x)),
            "exprel": exprel,
            "xlogy": lambda x, y: xlog(x, log(y)),
            "xlog1py": lambda x, y: xlog(x, log1p(y)),
            "entr": lambda x: -xlog(x, log(x)),
            "ndtr": ndtr,
            "log_ndtr": lambda x: log(ndtr(x)),
            "erfcx": lambda x: exp(x * x) * erfc(x),
            "rgamma": lambda x: 1 / gamma(x),
            "gammaln": gammaln,
            "sinc": sinc,
            "spherical_jnpi": spherical_jnpi,
        }
    ).items()
}

#: What NumPy computes as a sum, of which each part is rounded: near a zero no more is left than of a sum.
SUMMED: Mapping[str, Function] = {"logaddexp": logaddexp, "logaddexp2": logaddexp2}

FUNCTIONS: Mapping[str, Function] = {**PLAIN, **SUMMED, **ELEMENTARY, **COMPOSED}
