"""Functions with a corner, or with steps.

At a corner abs takes the slope 0, and maximum and minimum share the gradient equally. np.maximum, np.minimum, np.clip
of an object array of Values do not come here: NumPy compares the objects itself, so that a NaN may be passed over, and
one of two equals has it all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.op import PYTHON, Op, elementwise, override
from autograd.ops.compare import literal

# fmt: off
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
# fmt: on


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
