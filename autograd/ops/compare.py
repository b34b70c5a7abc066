"""Comparisons and logic, which have no gradient, and choices by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.op import Op, elementwise, override

# fmt: off
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

isnan = elementwise("isnan", np.isnan, None, method=False, doc=FLAT)
isinf = elementwise("isinf", np.isinf, None, method=False, doc=FLAT)
isfinite = elementwise("isfinite", np.isfinite, None, method=False, doc=FLAT)
signbit = elementwise("signbit", np.signbit, None, method=False, doc=FLAT)

where: Op = elementwise("where", np.where,
    None,
    lambda g, z, condition, x, y: where(condition, g, 0),
    lambda g, z, condition, x, y: where(condition, 0, g),
    masks=True,
    doc="where sends the gradient to the branch that was taken, and nothing to the other")
# fmt: on


def where_or_places(condition: Any, *branches: Any, **named: Any) -> Any:
    """As NumPy's function, which tells of a condition alone where it holds."""
    return where(condition, *branches, **named) if branches or named else np.nonzero(condition)


override(np.where, where_or_places)


# For rules.


def literal(number: float, z: Any) -> Any:
    """A number that a rule puts beside conditions or constants alone, of the dtype of ``z``: with those, 0.5 is double.

    >>> literal(0.5, np.ones(1, np.float32)), literal(0.5, 1.0)
    (np.float32(0.5), 0.5)
    """
    dtype = getattr(z, "dtype", None)
    return number if dtype is None else dtype.type(number)


def number_if(condition: Any, z: Any) -> Any:
    """A factor for what a rule sends back: 1, or NaN where it knows no number. Forward, too, it is not lost.

    >>> number_if(np.array([True, False]), 2.0)
    array([ 1., nan])
    """
    return where(condition, literal(1.0, z), literal(np.nan, z))


def unit_of(x: Any) -> float:
    """How far the float after 1 is from 1, in the dtype of ``x``.

    >>> unit_of(2.0)
    2.220446049250313e-16
    """
    dtype = getattr(x, "dtype", None)
    return float(np.finfo(dtype if dtype is not None and dtype.kind == "f" else np.float64).eps)


def pick(condition: Any, x: Callable[[], Any], y: Callable[[], Any]) -> Any:
    """`where` for a rule: by a condition known beforehand, as for a constant exponent, one branch is all there is."""
    if isinstance(condition, bool | np.bool_):
        return x() if condition else y()
    return where(condition, x(), y())


def as_operands(result: Any, *operands: Any) -> Any:
    """What a forward function chose among operands and numbers of its own, in the float dtype of the operands alone.

    >>> as_operands(np.where(np.True_, 0.5, True), np.ones(1, np.float32), 2.0).dtype, as_operands(np.array(1), 1, 2)
    (dtype('float32'), np.float64(1.0))
    """
    if getattr(getattr(result, "dtype", None), "kind", "O") == "O":
        return result
    dtype = np.result_type(*operands)
    return result.astype(dtype if dtype.kind == "f" else np.float64, copy=False)[()]
