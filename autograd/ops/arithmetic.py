"""Arithmetic: the operators, and sums of many terms. A slope reads: output, then inputs -> partial derivative."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd.call import holds_node
from autograd.composition import composition
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.op import FLOAT64, Op, elementwise
from autograd.ops.compare import isinf, literal, pick, where
from autograd.ops.functions import POSITIVE, REAL, by_definition, exp, exp2, log
from autograd.ops.shaping import astype
from autograd.signature import each


@by_definition(lambda x, y: (x - y).expit())
def part_of_exp(x: Any, y: Any) -> Any:
    return part_of_sum(x, y, np.exp, 1.0)


@by_definition(lambda x, y: (x - y).expit2())
def part_of_exp2(x: Any, y: Any) -> Any:
    return part_of_sum(x, y, np.exp2, math.log(2))


# fmt: off
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
logaddexp = elementwise("logaddexp", np.logaddexp,
    lambda z, x1, x2: exp(x1 - z),
    lambda z, x1, x2: exp(x2 - z),
    numeric=[lambda z, x1, x2: of_infinities(share(x1, x2), x1, x2),
             lambda z, x1, x2: of_infinities(share(x2, x1), x1, x2)],
    doc="the logarithm of a sum of exponentials shares the gradient as softmax does: each gets its exponential's part")
logaddexp2 = elementwise("logaddexp2", np.logaddexp2,
    lambda z, x1, x2: exp2(x1 - z),
    lambda z, x1, x2: exp2(x2 - z),
    numeric=[lambda z, x1, x2: of_infinities(share2(x1, x2), x1, x2),
             lambda z, x1, x2: of_infinities(share2(x2, x1), x1, x2)],
    doc="the logarithm of a sum of powers of two shares the gradient: each gets its power's part of the sum")
share: Op = elementwise("share", part_of_exp,
    lambda z, x, y: z * (1 - z),
    lambda z, x, y: z * (z - 1),
    numeric=[lambda z, x, y: z * share(y, x), lambda z, x, y: -z * share(y, x)],
    doc="eˣ over eˣ + eʸ passes its output times the other's part of the gradient: the slope of logaddexp")
share2: Op = elementwise("share2", part_of_exp2,
    lambda z, x, y: math.log(2) * z * (1 - z),
    lambda z, x, y: math.log(2) * z * (z - 1),
    numeric=[lambda z, x, y: math.log(2) * z * share2(y, x), lambda z, x, y: -math.log(2) * z * share2(y, x)],
    doc="2ˣ over 2ˣ + 2ʸ passes its output times the other's part of the gradient, times log 2")

# Many terms: of Values, one node each.

sum_of = elementwise("sum_of", lambda xs: total(xs), each(lambda z, xs: lambda k: 1),
    symbol="Σ", linear="jointly", method=False,
    doc="a sum passes the gradient on unchanged, to all of its terms")
sum_of_products = elementwise("sum_of_products", lambda xs, ys: total(list(map(operator.mul, *paired(xs, ys)))),
    each(lambda z, xs, ys: ys.__getitem__),
    each(lambda z, xs, ys: xs.__getitem__),
    symbol="Σ×", method=False,
    doc="a sum of products swaps the factors: each one's slope is the value of its partner")
# fmt: on


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


def part_of_sum(x: Any, y: Any, power: Any, log_of_base: float) -> Any:
    """The part of bˣ in bˣ + bʸ, to the last digits: with what y − x loses, which a power would show."""
    apart = y - x
    back = apart - y
    lost = (y - (apart - back)) - (x + back)
    lost = np.where(np.isfinite(apart), lost, 0.0)
    small = power(-np.abs(apart))
    part, rest = np.where(apart > 0, small, 1.0) / (1 + small), np.where(apart > 0, 1.0, small) / (1 + small)
    return part - part * (rest * (log_of_base * lost))


def of_infinities(part: Any, x: Any, y: Any) -> Any:
    """The part of one of two; half of two equal infinities, as of all equal numbers."""
    return where((x == y) & isinf(x), literal(0.5, part), part)


@composition(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    """`pow` in doubles at least.

    >>> float_power(np.float32(2.0), 3)
    np.float64(8.0)
    """
    return pow(in_doubles(x1), in_doubles(x2))


def in_doubles(x: Any) -> Any:
    return astype(x, np.float64) if getattr(x, "dtype", FLOAT64) in (np.float16, np.float32) else x


@composition(np.ldexp)
def ldexp(x1: Any, x2: Any) -> Any:
    """A number times two to a whole power, which has no gradient: by two factors, as one may be no float.

    >>> ldexp(np.array([0.75, 3e-309]), [2, 1030])
    array([ 3.        , 34.51570819])

    Raises `DTypeError` for powers that are not whole, and for nodes.
    """
    powers = None if holds_node(x2) else np.asarray(x2)
    if powers is None or powers.dtype.kind not in "iub":
        raise DTypeError(f"ldexp: expected whole numbers x2, got {short_repr(x2)}: write x1 * 2.0**x2")
    half, one = powers // 2, literal(1.0, x1)
    return x1 * np.ldexp(one, half) * np.ldexp(one, powers - half)


# Many terms.


def total(terms: Sequence[Any]) -> Any:
    """From left to right; of none, zero."""
    return reduce(operator.add, terms) if len(terms) else 0.0


def paired(xs: Sequence[Any], ys: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Two lists whose elements are multiplied."""
    if len(xs) != len(ys):
        raise ShapeError(f"sum_of_products: expected two lists of one length, got {len(xs)} and {len(ys)} numbers")
    return xs, ys
