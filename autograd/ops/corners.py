"""Functions with a corner, or with steps.

At a corner abs takes the slope 0, and maximum and minimum share the gradient equally. np.maximum, np.minimum, np.clip
of an object array of Values do not come here: NumPy compares the objects itself, so that a NaN may be passed over, and
one of two equals has it all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.accept import of_dtype
from autograd.composition import composition
from autograd.op import PYTHON, Op, elementwise, override
from autograd.ops.compare import as_operands, greater, isinf, isnan, literal, where
from autograd.ops.functions import POSITIVE, REAL

# fmt: off
abs = elementwise("abs", np.abs, lambda y, x: sign(x), operator="abs(x)", symbol="|·|", kinks=lambda x: x,
    doc="absolute value passes the gradient with the sign of its input")
sign: Op = elementwise("sign", np.sign, lambda y, x: 0, kinks=lambda x: x,
    doc="sign is flat: it stops the gradient")
maximum = elementwise("maximum", np.maximum,
    lambda z, x, y: (x > y) + 0.5 * (x == y),
    lambda z, x, y: (y > x) + 0.5 * (x == y),
    numeric=[
        lambda z, x, y: larger(x, y, literal(0.5, z)),
        lambda z, x, y: larger(y, x, literal(0.5, z))],
    symbol="max", kinks=lambda x, y: x - y,
    doc="maximum sends the gradient to the larger input; a tie shares it equally")
minimum = elementwise("minimum", np.minimum,
    lambda z, x, y: (x < y) + 0.5 * (x == y),
    lambda z, x, y: (y < x) + 0.5 * (x == y),
    numeric=[
        lambda z, x, y: larger(y, x, literal(0.5, z)),
        lambda z, x, y: larger(x, y, literal(0.5, z))],
    symbol="min", kinks=lambda x, y: x - y,
    doc="minimum sends the gradient to the smaller input; a tie shares it equally")
larger: Op = elementwise("larger", lambda x, y, tie: is_larger(x, y, tie),
    lambda z, x, y, tie: 0,
    lambda z, x, y, tie: 0,
    lambda z, x, y, tie: x == y,
    kinks=lambda x, y, tie: x - y,
    doc="whether x is larger than y, as 1 or 0, or a number for a tie, which has the gradient there: the slopes of "
    "maximum and minimum")
clip = elementwise("clip", lambda a, min=None, max=None, out=None: capped(floored(a, min), max),
    lambda y, a, min=None, max=None, out=None: above(a, min) * below(floored(a, min), max),
    lambda y, a, min=None, max=None, out=None: above(min, a) * below(min, max),
    lambda y, a, min=None, max=None, out=None: above(floored(a, min), max),
    numeric=[
        lambda y, a, min=None, max=None, out=None: part(a, min, y) * part(max, floored(a, min), y),
        lambda y, a, min=None, max=None, out=None: part(min, a, y) * part(max, min, y),
        lambda y, a, min=None, max=None, out=None: part(floored(a, min), max, y)],
    kinks=lambda a, min, max: (a - min) * (a - max) * (min - max),
    doc="clip sends the gradient to what was taken, the input or a bound; a tie shares it equally, as maximum does")
fmax = elementwise("fmax", np.fmax,
    lambda z, x, y: where(isnan(y), 1, where(isnan(x), 0, (x > y) + 0.5 * (x == y))),
    lambda z, x, y: where(isnan(y), 0, where(isnan(x), 1, (y > x) + 0.5 * (x == y))),
    numeric=[
        lambda z, x, y: taken(larger(x, y, literal(0.5, z)), x, y, z),
        lambda z, x, y: left(larger(y, x, literal(0.5, z)), x, y, z)],
    symbol="max", kinks=lambda x, y: x - y,
    doc="fmax is maximum, but that of a number and NaN the number is taken, and has the gradient")
fmin = elementwise("fmin", np.fmin,
    lambda z, x, y: where(isnan(y), 1, where(isnan(x), 0, (x < y) + 0.5 * (x == y))),
    lambda z, x, y: where(isnan(y), 0, where(isnan(x), 1, (y < x) + 0.5 * (x == y))),
    numeric=[
        lambda z, x, y: taken(larger(y, x, literal(0.5, z)), x, y, z),
        lambda z, x, y: left(larger(x, y, literal(0.5, z)), x, y, z)],
    symbol="min", kinks=lambda x, y: x - y,
    doc="fmin is minimum, but that of a number and NaN the number is taken, and has the gradient")
copysign: Op = elementwise("copysign", np.copysign,
    lambda z, x1, x2: sign(x1) * copysign(1.0, x2),
    lambda z, x1, x2: 0,
    numeric=[lambda z, x1, x2: sign(x1) * copysign(literal(1.0, z), x2), None],
    domain=(REAL, POSITIVE), kinks=lambda x1, x2: x1,
    doc="copysign passes the gradient as it is where the two signs agree, else negated; the second input has none")
heaviside = elementwise("heaviside", np.heaviside,
    lambda z, x1, x2: 0,
    lambda z, x1, x2: x1 == 0,
    kinks=lambda x1, x2: x1,
    doc="the step from 0 to 1 is flat; its value at 0 has the gradient there")
# fmt: on


@composition(np.fabs, method=True)
def fabs(x: Any) -> Any:
    """The absolute value, as `abs`.

    >>> fabs(-1.5)
    np.float64(1.5)
    """
    return abs(x)


@composition(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Numbers as they are, and others in the place of NaN and of infinities: of these, the largest and the least.

    >>> nan_to_num(np.array([np.nan, 1.0, np.inf]), posinf=9.0)
    array([0., 1., 9.])

    A copy it is in any case.
    """
    dtype = getattr(x, "dtype", np.dtype(np.float64))
    ends = np.finfo(dtype if dtype.kind == "f" else np.float64)
    high, low = (float(end) if bound is None else bound for bound, end in ((posinf, ends.max), (neginf, ends.min)))
    nan, high, low = (of_dtype(bound, x) for bound in (nan, high, low))
    return where(isnan(x), nan, where(isinf(x), where(greater(x, 0), high, low), x))


# Ties.


def is_larger(x: Any, y: Any, tie: Any) -> Any:
    """1 where x is larger, 0 where y is, and ``tie`` where they are equal; 0 beside a NaN."""
    return as_operands(np.where(x == y, tie, x > y), x, y, tie)


def larger_in_sweep(x: Any, y: Any, tie: Any) -> Any:
    """The same as a factor: where there is no tie, as in nearly all arrays, a condition is all that is computed."""
    above, equal = x > y, x == y
    if not np.count_nonzero(equal):
        return above
    share = np.array(above, dtype=np.result_type(x, y))
    np.copyto(share, tie, where=equal)
    return share[()]


# Of a number and NaN, the number.


def taken(share: Any, x: Any, y: Any, z: Any) -> Any:
    """The share of x, which has all where y is no number."""
    return where(isnan(y), literal(1.0, z), share)


def left(share: Any, x: Any, y: Any, z: Any) -> Any:
    """The share of y, which has all where x alone is no number."""
    return where(isnan(x) & (y == y), literal(1.0, z), share)


# Clipping, from one side or from two: a bound that is None is not there.


def floored(a: Any, low: Any) -> Any:
    if low is None:
        return a
    larger = maximum(a, low)
    # The larger of two numbers of Python is one again, so that it takes the dtype of a third.
    return float(larger) if a.__class__ in PYTHON and low.__class__ in PYTHON else larger


def capped(a: Any, high: Any) -> Any:
    return a if high is None else minimum(a, high)


def above(x: Any, bound: Any) -> Any:
    """Of the gradient of the larger of two, what goes to x."""
    return 1 if bound is None else (x > bound) + 0.5 * (x == bound)


def below(x: Any, bound: Any) -> Any:
    """Of the gradient of the smaller of two, what goes to x."""
    return 1 if bound is None else (x < bound) + 0.5 * (x == bound)


def part(x: Any, y: Any, z: Any) -> Any:
    """Of the gradient of the larger of two, what goes to x, to the digits of z; of the smaller, what goes to y."""
    return 1 if x is None or y is None else larger(x, y, literal(0.5, z))


def clip_by_either_name(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, **bounds: Any) -> Any:
    """As NumPy's function, which has two names for each bound; its method has one, as the operation here."""
    if a_min is None and a_max is None:
        return clip(a, out=out, **bounds)
    return clip(a, a_min, a_max, out, **bounds)


override(np.clip, clip_by_either_name)


class Asked:
    """What a ufunc is called on to know which it is."""

    def __array_ufunc__(self, ufunc: np.ufunc, *_: Any, **__: Any) -> np.ufunc:
        return ufunc


bound: Any = Asked()
clips: Any = np.zeros(()).clip(bound, bound)
override(clips, clip)  # the method of plain arrays calls one that has no public name
