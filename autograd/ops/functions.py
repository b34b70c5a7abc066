"""Functions of one number, as calculus has them. A slope reads: output, then input -> derivative.

To add one, add an entry: the function, the method, the NumPy override, the scalar and the array version,
higher derivatives, the formula and the test all come from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.op import Op, elementwise

POSITIVE = (0.0, np.inf)
REAL = (-np.inf, np.inf)


def secant(x: Any) -> Any:
    """1 / cosh x; where cosh x overflows, which it does before this is zero, 2 e^−|x|."""
    with np.errstate(over="ignore"):
        y = np.reciprocal(np.cosh(x))
    return y if np.count_nonzero(y) == y.size else np.where(y == 0, 2 * np.exp(-np.abs(x)), y)[()]


# fmt: off
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
# fmt: on


# Rules without loss: what is subtracted, in 1 − tanh²(x) say, is all but equal where a function saturates.


def square(x: Any) -> Any:
    return x * x
