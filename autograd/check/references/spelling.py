"""NumPy's functions on Reals that are the same in every reference: spelled by arithmetic, comparisons and a few others.

A row a function. What a reference has of its own (exp, log, sin …) comes first in its file.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd.check.references.real import Real, RefusedError, Tape

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
    with wide:  # type: ignore[attr-defined]
        inner = Tape(wide)
        leaves = [inner.leaf(x.value) if x.parts is not None else inner.constant(x.value) for x in xs]
        y = function(*leaves)
        if not isinstance(y, Real):
            y = inner.constant(y)
        inner.pull([(y, 1)])
    tape.ties += [tie for tie in inner.ties if tie]
    parts = [
        (x, arithmetic.rounded(leaf.adjoint)) for x, leaf in zip(xs, leaves, strict=True) if leaf.adjoint is not None
    ]
    return tape.computed(arithmetic.rounded(y.value), parts)


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
    is_whole = n == round(n) and arithmetic.compare(y.value, arithmetic.number(n)) == 0 if abs(n) < 1000 else False
    side = x.compare(x.tape.constant(0.0)) if not is_whole or y.parts is not None or n < 0 else 1
    if side == 1 and not is_whole:
        return exp(y * log(x))
    if side == 0 and not is_whole:
        return x.tape.computed(x.value * 0, ((x, 0), (y, 0))) if n > 0 else log(x)
    if not is_whole:
        return log(x)  # of a negative number: undefined
    result = whole_power(x, int(n))
    if y.parts is None:
        return result
    if side == -1:
        return result + 0 * log(x) * y
    slope = x.value * 0 if side == 0 else result.value * log(x.tape.constant(x.value)).value
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
    return x if side == 1 or (side is None and x.compare(x) is None) else y


def smaller(x: Real, y: Real) -> Any:
    side = x.compare(y)
    return x if side == -1 or (side is None and x.compare(x) is None) else y


def sign(x: Real) -> Any:
    side = x.compare(x.tape.constant(0.0))
    return x if side is None else x.tape.constant(side)


def flat(rounding: Callable[[float], float], x: Real) -> Any:
    """A step function: what is a step is a tie."""
    middle = x.tape.arithmetic.middle(x.value)
    if not np.isfinite(middle):
        return x
    x.compare(x.tape.constant(round(middle)))
    return x.tape.constant(rounding(middle))


def rint(x: Real) -> Any:
    middle = x.tape.arithmetic.middle(x.value)
    x.compare(x.tape.constant(np.floor(middle) + 0.5))
    return x.tape.constant(np.rint(middle))


def arctan2(y: Real, x: Real) -> Any:
    middle = x.tape.arithmetic.middle
    if abs(middle(x.value)) >= abs(middle(y.value)):
        turn = 0 if middle(x.value) > 0 else 1 if middle(y.value) >= 0 else -1
        return arctan(y / x) + turn * half_turn(x)
    quarter = half_turn(x) / 2
    return (quarter if middle(y.value) > 0 else -quarter) - arctan(x / y)


def logaddexp(x: Real, y: Real) -> Any:
    top, low = (x, y) if x.tape.arithmetic.middle(x.value) >= y.tape.arithmetic.middle(y.value) else (y, x)
    return top + log(1 + exp(low - top))


def cbrt(x: Real) -> Any:
    side = x.compare(x.tape.constant(0.0))
    if side == 0:
        return x.tape.computed(x.value, ((x, 0),))
    return exp(log(x) / 3) if side == 1 else -exp(log(-x) / 3)


def isnan(x: Real) -> bool:
    return x.compare(x) is None


def isfinite(x: Real) -> bool:
    return not isnan(x) and bool(np.isfinite(x.tape.arithmetic.middle(x.value)))


def isinf(x: Real) -> bool:
    return not isnan(x) and not isfinite(x)


exp, log, sqrt, arctan = (partial(elementary, name) for name in ("exp", "log", "sqrt", "arctan"))


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
    "conjugate": operator.pos,
    "absolute": operator.abs,
    "fabs": operator.abs,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "maximum": larger,
    "minimum": smaller,
    "fmax": lambda x, y: y if isnan(x) else x if isnan(y) else larger(x, y),
    "fmin": lambda x, y: y if isnan(x) else x if isnan(y) else smaller(x, y),
    "sign": sign,
    "heaviside": lambda x, y: y if (side := x.compare(x.tape.constant(0.0))) == 0 else x.tape.constant(side == 1),
    "floor": partial(flat, np.floor),
    "ceil": partial(flat, np.ceil),
    "trunc": partial(flat, np.trunc),
    "rint": rint,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_not": lambda x: not x,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
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
            "hypot": lambda x, y: sqrt(x * x + y * y),
            "arctan2": arctan2,
            "arcsinh": lambda x: log(x + sqrt(x * x + 1)) if is_positive(x) else -log(sqrt(x * x + 1) - x),
            "arccosh": lambda x: log(x + sqrt(x * x - 1)),
            "arctanh": lambda x: log((1 + x) / (1 - x)) / 2,
            "logaddexp": logaddexp,
            "deg2rad": lambda x: x * half_turn(x) / 180,
            "rad2deg": lambda x: x * 180 / half_turn(x),
        }
    ).items()
}

FUNCTIONS: Mapping[str, Function] = {**PLAIN, **ELEMENTARY, **COMPOSED}


def refused(name: str) -> Function:
    """A function that a reference does not have."""

    def refuse(*_: Real) -> Real:
        raise RefusedError(f"np.{name} has no spelling")

    return refuse
