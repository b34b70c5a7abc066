"""Operations on each element alone. A slope reads: output, then inputs -> partial derivative.

To add one, add an entry: the function, the method, the NumPy override, the scalar and the array version,
higher derivatives, the formula and the test all come from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.op import PYTHON, Op, elementwise, override
from autograd.signature import each

POSITIVE = (0.0, np.inf)
REAL = (-np.inf, np.inf)


def secant(x: Any) -> Any:
    """1 / cosh x; where cosh x overflows, which it does before this is zero, 2 e^−|x|."""
    with np.errstate(over="ignore"):
        y = np.reciprocal(np.cosh(x))
    return y if np.count_nonzero(y) == y.size else np.where(y == 0, 2 * np.exp(-np.abs(x)), y)[()]


# fmt: off
# Arithmetic.

add = elementwise("add", np.add, lambda z, x, y: 1, lambda z, x, y: 1, operator="+", linear="jointly",
    doc="add passes the gradient on unchanged, to both inputs")
sub = elementwise("sub", np.subtract, lambda z, x, y: 1, lambda z, x, y: -1, operator="-", symbol="−",
    linear="jointly",
    doc="subtract passes the gradient on to the first input, and negated to the second")
mul = elementwise("mul", np.multiply, lambda z, x, y: y, lambda z, x, y: x, operator="*", symbol="×",
    linear="separately",
    doc="multiply swaps its inputs: each one's slope is the other's value")
div = elementwise("div", np.divide, lambda z, x, y: 1 / y, lambda z, x, y: -z / y, operator="/", symbol="÷",
    kinks=lambda x, y: y, linear="first",
    doc="divide gives the numerator 1 over the denominator, and the denominator minus the quotient over it")
pow = elementwise("pow", np.power,
    lambda z, x, y: y * x ** (y - 1),
    lambda z, x, y: z * log(x),
    numeric=(
        lambda z, x, y: power_slope(z, x, y),
        lambda z, x, y: z * log(where(x == 0, literal(1.0, z), x))),
    operator="**", symbol="xⁿ", domain=(POSITIVE, REAL),
    doc="power brings the exponent down: the slope of xⁿ is n·xⁿ⁻¹")
neg = elementwise("neg", np.negative, lambda y, x: -1, operator="-x", symbol="−", linear="jointly",
    doc="negate flips the sign of the gradient")

# Many terms: of Values, one node each.

sum_of = elementwise("sum_of", lambda xs: total(xs), each(lambda z, xs: lambda k: 1),
    symbol="Σ", linear="jointly", method=False,
    doc="a sum passes the gradient on unchanged, to all of its terms")
sum_of_products = elementwise("sum_of_products", lambda xs, ys: total(list(map(operator.mul, *paired(xs, ys)))),
    each(lambda z, xs, ys: ys.__getitem__),
    each(lambda z, xs, ys: xs.__getitem__),
    symbol="Σ×", method=False,
    doc="a sum of products swaps the factors: each one's slope is the value of its partner")

# Functions.

exp = elementwise("exp", np.exp, lambda y, x: y,
    doc="exp is its own slope: its output")
log: Op = elementwise("log", np.log, lambda y, x: 1 / x, domain=(POSITIVE,),
    doc="log divides the gradient by its input")
log1p = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), domain=((-1.0, np.inf),),
    doc="log1p is the logarithm of 1 + x, also of an x that 1 + x rounds away: it divides the gradient by 1 + x")
sqrt = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, symbol="√", domain=(POSITIVE,),
    doc="square root divides the gradient by twice its output")
sin = elementwise("sin", np.sin, lambda y, x: cos(x),
    doc="sine has the cosine as its slope")
cos: Op = elementwise("cos", np.cos, lambda y, x: -sin(x),
    doc="cosine has minus the sine as its slope")
tanh = elementwise("tanh", np.tanh, lambda y, x: 1 - y * y, numeric=[lambda y, x: square(sech(x))],
    doc="tanh passes 1 minus its output squared of the gradient: nearly nothing where it saturates")
sech: Op = elementwise("sech", secant, lambda y, x: -y * tanh(x),
    doc="the hyperbolic secant, 1 / cosh x, passes minus its output times tanh x: its square is the slope of tanh")
sigmoid = elementwise("sigmoid",
    lambda x: np.exp(np.minimum(x, 0.0)) / (1 + np.exp(-np.abs(x))),  # no exponential overflows
    lambda y, x: y * (1 - y), numeric=[lambda y, x: square(0.5 * sech(0.5 * x))], symbol="σ",
    doc="sigmoid passes its output times 1 minus its output: a quarter at most, nearly nothing where it saturates")

# Functions with a corner. There, relu and leaky relu take the slope of their left side, abs takes 0, and
# maximum and minimum share the gradient equally. np.maximum, np.minimum and np.clip of an object array of Values do
# not come here: NumPy compares the objects itself, so that a NaN may be passed over, and one of two equals has it all.

relu = elementwise("relu", lambda x: np.maximum(x, 0.0), lambda y, x: x > 0, symbol="ReLU",
    kinks=lambda x: x,
    doc="ReLU lets the gradient through where its input is positive, else stops it")
leaky_relu = elementwise("leaky_relu", lambda x, alpha: np.where(x > 0, x, alpha * x),
    lambda y, x, alpha=0.01: where(x > 0, 1, alpha),
    lambda y, x, alpha=0.01: where(x > 0, 0, x),
    numeric=[lambda y, x, alpha=0.01: where(x > 0, literal(1.0, y), alpha), None],
    symbol="leaky ReLU", kinks=lambda x, alpha: x,
    doc="leaky ReLU lets the gradient through where its input is positive, else alpha of it")
abs = elementwise("abs", np.abs, lambda y, x: sign(x), operator="abs(x)", symbol="|·|", kinks=lambda x: x,
    doc="absolute value passes the gradient with the sign of its input")
sign: Op = elementwise("sign", np.sign, lambda y, x: 0, kinks=lambda x: x,
    doc="sign is flat: it stops the gradient")
maximum = elementwise("maximum", np.maximum,
    lambda z, x, y: (x > y) + 0.5 * (x == y),
    lambda z, x, y: (y > x) + 0.5 * (x == y),
    numeric=[
        lambda z, x, y: (x > y) + literal(0.5, z) * (x == y),
        lambda z, x, y: (y > x) + literal(0.5, z) * (x == y)],
    symbol="max", kinks=lambda x, y: x - y,
    doc="maximum sends the gradient to the larger input; a tie shares it equally")
minimum = elementwise("minimum", np.minimum,
    lambda z, x, y: (x < y) + 0.5 * (x == y),
    lambda z, x, y: (y < x) + 0.5 * (x == y),
    numeric=[
        lambda z, x, y: (x < y) + literal(0.5, z) * (x == y),
        lambda z, x, y: (y < x) + literal(0.5, z) * (x == y)],
    symbol="min", kinks=lambda x, y: x - y,
    doc="minimum sends the gradient to the smaller input; a tie shares it equally")
clip = elementwise("clip", lambda a, min=None, max=None, out=None: capped(floored(a, min), max),
    lambda y, a, min=None, max=None, out=None: above(a, min) * below(floored(a, min), max),
    lambda y, a, min=None, max=None, out=None: above(min, a) * below(min, max),
    lambda y, a, min=None, max=None, out=None: above(floored(a, min), max),
    numeric=[
        lambda y, a, min=None, max=None, out=None:
            above(a, min, literal(0.5, y)) * below(floored(a, min), max, literal(0.5, y)),
        lambda y, a, min=None, max=None, out=None: above(min, a, literal(0.5, y)) * below(min, max, literal(0.5, y)),
        lambda y, a, min=None, max=None, out=None: above(floored(a, min), max, literal(0.5, y))],
    kinks=lambda a, min, max: (a - min) * (a - max) * (min - max),
    doc="clip sends the gradient to what was taken, the input or a bound; a tie shares it equally, as maximum does")

# Comparisons have no gradient, nor has the condition of where.

FLAT = "a comparison has no gradient"

greater = elementwise("greater", np.greater, None, None, operator=">", doc=FLAT)
greater_equal = elementwise("greater_equal", np.greater_equal, None, None, operator=">=", symbol="≥", doc=FLAT)
less = elementwise("less", np.less, None, None, operator="<", doc=FLAT)
less_equal = elementwise("less_equal", np.less_equal, None, None, operator="<=", symbol="≤", doc=FLAT)
equal = elementwise("equal", np.equal, None, None, operator="==", doc=FLAT)
not_equal = elementwise("not_equal", np.not_equal, None, None, operator="!=", symbol="≠", doc=FLAT)

bitwise_and = elementwise("bitwise_and", np.bitwise_and, None, None, operator="&", symbol="∧", doc=FLAT)
bitwise_or = elementwise("bitwise_or", np.bitwise_or, None, None, operator="|", symbol="∨", doc=FLAT)
invert = elementwise("invert", np.invert, None, operator="~x", symbol="¬", method=False, doc=FLAT)
logical_and = elementwise("logical_and", np.logical_and, None, None, symbol="∧", doc=FLAT)
logical_or = elementwise("logical_or", np.logical_or, None, None, symbol="∨", doc=FLAT)
logical_not = elementwise("logical_not", np.logical_not, None, symbol="¬", method=False, doc=FLAT)

where: Op = elementwise("where", np.where,
    None,
    lambda g, z, condition, x, y: where(condition, g, 0),
    lambda g, z, condition, x, y: where(condition, 0, g),
    masks=True,
    doc="where sends the gradient to the branch that was taken, and nothing to the other")
# fmt: on


# Rules without loss: what is subtracted, in 1 − tanh²(x) say, is all but equal where a function saturates.


def square(x: Any) -> Any:
    return x * x


def power_slope(z: Any, x: Any, y: Any) -> Any:
    """The slope y · xʸ⁻¹, given z = xʸ.

    From 1/2 on, y − 1 is exact. Elsewhere it may be rounded, which a large logarithm of x would show, and is divided:
    y · z / x, of which y · z is within the range wherever the slope is, as z / x and y / x are not; not so at 0, at ∞
    and below 0, where xʸ⁻¹ is what it is. Of the power 0, whose slope is 0 everywhere, y goes first: 0 / x has slopes
    of 0 again, where those of z / x are infinite.
    """
    return pick(
        (y >= 0.5) & (y < 2**22),
        lambda: y * x ** (y - 1),
        lambda: pick(
            y == 0,
            lambda: y / where(x == 0, 1.0, x) * z,
            lambda: where((x > 0) & (x < np.inf), y * z / x, y * x ** (y - 1.0)),
        ),
    )


def literal(number: float, z: Any) -> Any:
    """A number that a rule puts beside conditions or constants alone, of the dtype of ``z``: with those, 0.5 is double.

    >>> literal(0.5, np.ones(1, np.float32)), literal(0.5, 1.0)
    (np.float32(0.5), 0.5)
    """
    dtype = getattr(z, "dtype", None)
    return number if dtype is None else dtype.type(number)


def pick(condition: Any, x: Callable[[], Any], y: Callable[[], Any]) -> Any:
    """`where` for a rule: by a condition known beforehand, as for a constant exponent, one branch is all there is."""
    if isinstance(condition, bool | np.bool_):
        return x() if condition else y()
    return where(condition, x(), y())


# Many terms.


def total(terms: Sequence[Any]) -> Any:
    """From left to right; of none, zero."""
    return reduce(operator.add, terms) if len(terms) else 0.0


def paired(xs: Sequence[Any], ys: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Two lists whose elements are multiplied."""
    if len(xs) != len(ys):
        raise ShapeError(f"sum_of_products: expected two lists of one length, got {len(xs)} and {len(ys)} numbers")
    return xs, ys


# Clipping, from one side or from two: a bound that is None is not there.


def floored(a: Any, low: Any) -> Any:
    if low is None:
        return a
    larger = maximum(a, low)
    # The larger of two numbers of Python is one again, so that it takes the dtype of a third.
    return float(larger) if a.__class__ in PYTHON and low.__class__ in PYTHON else larger


def capped(a: Any, high: Any) -> Any:
    return a if high is None else minimum(a, high)


def above(x: Any, bound: Any, half: Any = 0.5) -> Any:
    """Of the gradient of the larger of two, what goes to x."""
    return 1 if bound is None else (x > bound) + half * (x == bound)


def below(x: Any, bound: Any, half: Any = 0.5) -> Any:
    """Of the gradient of the smaller of two, what goes to x."""
    return 1 if bound is None else (x < bound) + half * (x == bound)


def clip_by_either_name(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, **bounds: Any) -> Any:
    """As NumPy's function, which has two names for each bound; its method has one, as the operation here."""
    if a_min is None and a_max is None:
        return clip(a, out=out, **bounds)
    return clip(a, a_min, a_max, out, **bounds)


override(np.clip, clip_by_either_name)
