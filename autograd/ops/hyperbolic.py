"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import numpy as np

from autograd.op import Op, elementwise
from autograd.ops.functions import sqrt, square
from autograd.ops.trigonometry import WITHIN_ONE, half_circle, hypot

# fmt: off
sinh = elementwise("sinh", np.sinh, lambda y, x: cosh(x),
    doc="the hyperbolic sine has the hyperbolic cosine as its slope")
cosh: Op = elementwise("cosh", np.cosh, lambda y, x: sinh(x),
    doc="the hyperbolic cosine has the hyperbolic sine as its slope")
arcsinh = elementwise("arcsinh", np.arcsinh, lambda y, x: 1 / sqrt(x * x + 1),
    numeric=[lambda y, x: 1 / hypot(1.0, x)],
    doc="arcsinh divides the gradient by √(x² + 1)")
arccosh = elementwise("arccosh", np.arccosh, lambda y, x: 1 / sqrt(x * x - 1),
    numeric=[lambda y, x: 1 / (sqrt(x - 1) * sqrt(x + 1))], domain=((1.0, np.inf),),
    doc="arccosh divides the gradient by √(x² − 1): the slope is infinite at 1")
arctanh = elementwise("arctanh", np.arctanh, lambda y, x: 1 / (1 - x * x),
    numeric=[lambda y, x: 1 / square(half_circle(x))], domain=(WITHIN_ONE,),
    doc="arctanh divides the gradient by 1 − x²: the slope is infinite at −1 and 1")
# fmt: on
