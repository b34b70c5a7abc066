"""Rounding, which is flat between its steps, and what is left over by a division."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from autograd.answers import answer
from autograd.call import holds_node
from autograd.composition import composition
from autograd.op import Op, elementwise, is_objects
from autograd.ops.arithmetic import ldexp
from autograd.ops.compare import isinf, literal, where
from autograd.ops.corners import abs, copysign, minimum
from autograd.ops.functions import POSITIVE, REAL

# fmt: off
FLAT = "rounding is flat: it stops the gradient"

floor: Op = elementwise("floor", np.floor, lambda y, x: 0, kinks=lambda x: x - rint(x), doc=FLAT)
ceil = elementwise("ceil", np.ceil, lambda y, x: 0, kinks=lambda x: x - rint(x), doc=FLAT)
trunc: Op = elementwise("trunc", np.trunc, lambda y, x: 0, kinks=lambda x: x - rint(x), doc=FLAT)
rint: Op = elementwise("rint", np.rint, lambda y, x: 0, kinks=lambda x: x - floor(x) - 0.5, doc=FLAT)

floor_divide: Op = elementwise("floor_divide", np.floor_divide,
    lambda z, x1, x2: 0,
    lambda z, x1, x2: 0,
    operator="//", domain=(REAL, POSITIVE), kinks=lambda x1, x2: to_multiple(x1, x2),
    doc="a whole quotient is flat: it stops the gradient")
remainder = elementwise("remainder", np.remainder,
    lambda z, x1, x2: 1,
    lambda z, x1, x2: -(x1 // x2),
    operator="%", symbol="mod", domain=(REAL, POSITIVE), kinks=lambda x1, x2: to_multiple(x1, x2),
    doc="the remainder passes the gradient on to the first input, and minus the whole quotient of it to the second")
fmod: Op = elementwise("fmod", np.fmod,
    lambda z, x1, x2: 1,
    lambda z, x1, x2: -trunc(x1 / x2),
    numeric=[None, lambda z, x1, x2: -(copysign(literal(1.0, z), x1) * copysign(literal(1.0, z), x2)
        * (abs(literal(1.0, z) * x1) // abs(x2)))],
    domain=(REAL, POSITIVE), kinks=lambda x1, x2: to_multiple(x1, x2),
    doc="fmod passes the gradient on to the first input, and minus the quotient without its fraction to the second")
# fmt: on


def to_multiple(x: Any, y: Any) -> Any:
    """How far x is from the next whole multiple of y: exactly zero there, and nowhere else."""
    rest = abs(fmod(x, y))
    return minimum(rest, abs(y) - rest)


@composition(np.round, np.around, method=True)
def round(a: Any, decimals: int = 0, out: None = None) -> Any:
    """To so many decimals, a half to the even side.

    >>> round(np.array([0.125, 2.5]), 2), round(1234.0, -2)
    (array([0.12, 2.5 ]), np.float64(1200.0))
    """
    places = operator.index(decimals)
    if places == 0:
        return rint(a)
    scale = 10.0 ** builtins.abs(places)
    return rint(a * scale) / scale if places > 0 else rint(a / scale) * scale


@composition(np.fix)
def fix(x: Any, out: None = None) -> Any:
    """Towards zero, as `trunc`.

    >>> fix(-1.5)
    np.float64(-1.0)
    """
    return trunc(x)


@composition(np.divmod)
def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """The whole quotient, and what is left over.

    >>> divmod(7.5, 2.0)
    (np.float64(3.0), np.float64(1.5))
    """
    return floor_divide(x1, x2), remainder(x1, x2)


@composition(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """The fraction, which has all of the gradient, and what is whole, which has none.

    >>> modf(np.array([-1.5]))
    (array([-0.5]), array([-1.]))
    """
    return where(isinf(x), copysign(0.0, x), fmod(x, 1.0)), trunc(x)


@composition(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """The fraction, from a half to 1, which has the gradient, and the power of two beside it, which is plain.

    >>> frexp(np.array([-3.0, 0.125]))
    (array([-0.75,  0.5 ]), array([ 2, -2], dtype=int32))
    """
    exponents = exponents_of(x)
    return ldexp(x, -exponents), exponents


def exponents_of(x: Any) -> Any:
    if is_objects(x):
        return np.frompyfunc(exponents_of, 1, 1)(x).astype(np.int32)
    return answer(x, exponents_of, "frexp", [x], {}) if holds_node(x) else np.frexp(x)[1]
