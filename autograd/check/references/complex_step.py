"""The complex step: the slope of f at x is the imaginary part of f(x + ih) / h, of a tiny h: nothing cancels.

It needs NumPy alone, and knows to about twelve digits what has a complex form: exp, but no error function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from autograd.check.references.near import Floats, Near
from autograd.check.references.real import Real, RefusedError
from autograd.check.references.spelling import FUNCTIONS, elementary
from autograd.check.references.taped import Taped

#: The size of a step, as a part of the number: its square is nothing beside 1.
STEP = 2.0**-100

#: The least step, which has all its digits.
LEAST = 2.0**-1022

SMALLEST = 2.0**-1074

#: How far the imaginary part that NumPy's complex functions give may be off, as a part of it.
TRUSTED = 2.0**-42

#: NumPy's functions of one number that it has for complex ones, and that are smooth.
NAMES = (
    *("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
)


class ComplexStep(Floats):
    """Floats whose slopes come from a step in the imaginary direction.

    >>> arithmetic = ComplexStep()
    >>> y, slope = arithmetic.elementary("exp", arithmetic.number(1.0))
    >>> slope
    2.718281828459045 ± 6.2e-13
    """

    name = "complex step"
    functions: Mapping[str, Callable[..., Real]] = {
        **FUNCTIONS,
        **{name: partial(elementary, name) for name in NAMES},
    }

    def at(self, name: str, x: float) -> tuple[Near, Near]:
        if name not in NAMES:
            raise RefusedError(f"{name} has no spelling in {self.name}")
        function = getattr(np, name)
        step = max(min(abs(x), 1.0) * STEP, LEAST) if x else LEAST
        with np.errstate(all="ignore"):
            y = float(function(x))
            slope, other = (float(function(complex(x, h)).imag) / h for h in (step, 4 * step))
        error = 2 * abs(slope - other) + abs(slope) * TRUSTED + SMALLEST / step
        lost = 2 * SMALLEST / step  # of a slope so small that what a step makes of it is no float
        if math.isnan(y) or abs(slope - other) > 0.1 * abs(slope) + lost:  # outside of the domain, or at its end
            slope = math.nan
        return Near(self, y, self.lost(y, 2 * math.ulp(y) if y else 0.0)), Near(self, slope, error)


COMPLEX_STEP = Taped("complex step", ComplexStep, bits=(53,), beside=53)
