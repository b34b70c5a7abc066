"""Functions of one number, as calculus has them. A slope reads: output, then input -> derivative.

To add one, add an entry: the function, the method, the NumPy override, the scalar and the array version,
higher derivatives, the formula and the test all come from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from autograd.op import Op, elementwise

POSITIVE = (0.0, np.inf)
REAL = (-np.inf, np.inf)


def by_definition(definition: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Of a forward function that keeps digits which its definition loses; numbers that lose none take that one."""

    def careful(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*xs: Any) -> Any:
            return definition(*xs) if any(getattr(x, "is_exact", False) for x in xs) else function(*xs)

        return run

    return careful


@by_definition(lambda x: x.sech())
def secant(x: Any) -> Any:
    """1 / cosh x; where cosh x overflows, which it does before this is zero, 2 e^−|x|."""
    with np.errstate(over="ignore"):
        y = np.reciprocal(np.cosh(x))
    return y if np.count_nonzero(y) == y.size else np.where(y == 0, 2 * np.exp(-np.abs(x)), y)[()]


# fmt: off
exp = elementwise("exp", np.exp, lambda y, x: y,
    doc="exp is its own slope: its output")
exp2 = elementwise("exp2", np.exp2, lambda y, x: math.log(2) * y,
    doc="exp2 has its output as its slope, times log 2")
expm1 = elementwise("expm1", np.expm1, lambda y, x: exp(x),
    doc="expm1 is eˣ − 1, also of an x that 1 + x rounds away: its slope is eˣ")
log: Op = elementwise("log", np.log, lambda y, x: 1 / x, domain=(POSITIVE,),
    doc="log divides the gradient by its input")
log1p = elementwise("log1p", np.log1p, lambda y, x: 1 / (1 + x), domain=((-1.0, np.inf),),
    doc="log1p is the logarithm of 1 + x, also of an x that 1 + x rounds away: it divides the gradient by 1 + x")
log2 = elementwise("log2", np.log2, lambda y, x: 1 / math.log(2) / x, domain=(POSITIVE,),
    doc="log2 divides the gradient by its input, and by log 2")
log10 = elementwise("log10", np.log10, lambda y, x: 1 / math.log(10) / x, domain=(POSITIVE,),
    doc="log10 divides the gradient by its input, and by log 10")
sqrt = elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, symbol="√", domain=(POSITIVE,),
    doc="square root divides the gradient by twice its output")
cbrt = elementwise("cbrt", np.cbrt, lambda y, x: 1 / (3 * y * y), symbol="∛", kinks=lambda x: x,
    doc="cube root divides the gradient by three times its output squared")
square = elementwise("square", np.square, lambda y, x: 2 * x, symbol="x²",
    doc="square doubles its input, as the slope")
reciprocal = elementwise("reciprocal", np.reciprocal, lambda y, x: -(y * y), symbol="1/x", kinks=lambda x: x,
    doc="the reciprocal passes minus its output squared of the gradient")
sin = elementwise("sin", np.sin, lambda y, x: cos(x),
    doc="sine has the cosine as its slope")
cos: Op = elementwise("cos", np.cos, lambda y, x: -sin(x),
    doc="cosine has minus the sine as its slope")
tanh = elementwise("tanh", np.tanh, lambda y, x: 1 - y * y, numeric=[lambda y, x: square(sech(x))], activation=True,
    doc="tanh passes 1 minus its output squared of the gradient: nearly nothing where it saturates")
sech: Op = elementwise("sech", secant, lambda y, x: -y * tanh(x),
    doc="the hyperbolic secant, 1 / cosh x, passes minus its output times tanh x: its square is the slope of tanh")
# fmt: on
