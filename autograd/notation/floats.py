"""How operations are spelled on Python floats: what is computed forward -> its text, for the `math` module.

A NumPy function and its spelling are the same function on floats, save at the edges (1/0, log 0, exp 1000), where
Python raises. An operation that is not here is spelled by what its forward function does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.ops.activations import SELU_ALPHA, SELU_SCALE, exponential_below, scaled_exponential_below
from autograd.ops.bessel import sinc, spherical_jnpi
from autograd.ops.corners import larger
from autograd.ops.functions import cbrt, secant
from autograd.ops.special import digamma, erf, erfc, erfinv, gamma, gammaln, polygamma

#: NumPy functions whose namesake in `math` is the same function on floats (not so floor, or remainder).
SAME = ["exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
SAME += ["exp2", "hypot", "fmod", "copysign"]

#: What else of `math` texts call.
OTHERS = ["asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh", "radians", "degrees", "floor", "ceil", "trunc"]
OTHERS += ["inf"]


def spelled(name: str, count: int) -> str:
    """A call with so many arguments.

    >>> spelled("hypot", 2)
    'hypot({0}, {1})'
    """
    return f"{name}({', '.join(f'{{{k}}}' for k in range(count))})"


#: Operations whose forward function on floats is that on arrays, as of SciPy; a cube root of `math` has fewer digits.
BORROWED = (cbrt, digamma, erfinv, gamma, gammaln, sinc)

#: Those with an order.
OF_ORDERS = (polygamma, spherical_jnpi)

FLOATS: Mapping[Callable[..., Any], str] = {
    np.add: "({0} + {1})",
    np.subtract: "({0} - {1})",
    np.multiply: "({0} * {1})",
    np.divide: "({0} / {1})",
    np.power: "pow({0}, {1})",
    np.negative: "(-{0})",
    np.abs: "abs({0})",
    np.sign: "(float(({0} > 0) - ({0} < 0)) if {0} == {0} else {0})",
    np.maximum: "({0} if {0} > {1} or {0} != {0} else {1})",
    np.minimum: "({0} if {0} < {1} or {0} != {0} else {1})",
    np.greater: "({0} > {1})",
    np.greater_equal: "({0} >= {1})",
    np.less: "({0} < {1})",
    np.less_equal: "({0} <= {1})",
    np.equal: "({0} == {1})",
    np.not_equal: "({0} != {1})",
    np.bitwise_and: "({0} & {1})",
    np.bitwise_or: "({0} | {1})",
    np.invert: "({0} ^ True)",
    np.logical_and: "bool({0} and {1})",
    np.logical_or: "bool({0} or {1})",
    np.logical_not: "(not {0})",
    np.where: "({1} if {0} else {2})",
    larger.forward: "(1.0 if {0} > {1} else {2} if {0} == {1} else 0.0)",
    np.isnan: "({0} != {0})",
    np.isinf: "(abs({0}) == inf)",
    np.isfinite: "(abs({0}) < inf)",
    np.signbit: "(copysign(1.0, {0}) < 0)",
    np.fmax: "({0} if {0} >= {1} or {1} != {1} else {1})",
    np.fmin: "({0} if {0} <= {1} or {1} != {1} else {1})",
    np.heaviside: "({1} if {0} == 0 else float({0} > 0) if {0} == {0} else {0})",
    np.arcsin: "asin({0})",
    np.arccos: "acos({0})",
    np.arctan: "atan({0})",
    np.arctan2: "atan2({0}, {1})",
    np.arcsinh: "asinh({0})",
    np.arccosh: "acosh({0})",
    np.arctanh: "atanh({0})",
    np.deg2rad: "radians({0})",
    np.rad2deg: "degrees({0})",
    np.square: "({0} * {0})",
    np.reciprocal: "(1 / {0})",
    np.floor: "copysign(float(floor({0})), {0})",
    np.ceil: "copysign(float(ceil({0})), {0})",
    np.trunc: "copysign(float(trunc({0})), {0})",
    np.rint: "copysign(float(round({0})), {0})",
    np.floor_divide: "({0} // {1})",
    np.remainder: "({0} % {1})",
    np.logaddexp: "({0} + log(2.0) if {0} == {1} else {0} + log1p(exp({1} - {0})) if {0} > {1} "
    "else {1} + log1p(exp({0} - {1})))",
    np.logaddexp2: "({0} + 1.0 if {0} == {1} else {0} + log1p(exp2({1} - {0})) / log(2.0) if {0} > {1} "
    "else {1} + log1p(exp2({0} - {1})) / log(2.0))",
    secant: "(1 / cosh({0}))",
    exponential_below: "({0} if {0} > 0 else {1} * expm1({0}))",
    scaled_exponential_below: f"({SELU_SCALE!r} * {{0}} if {{0}} > 0 else {SELU_SCALE * SELU_ALPHA!r} * expm1({{0}}))",
    erf.forward: "erf({0})",
    erfc.forward: "erfc({0})",
    **{op.forward: f"float({op.name}({{0}}))" for op in BORROWED},
    **{op.forward: f"float({op.name}({{0}}, {{1}}))" for op in OF_ORDERS},
    **{getattr(np, name): spelled(name, getattr(np, name).nin) for name in SAME},
}

#: What these texts may call.
NAMESPACE: Mapping[str, Any] = {"abs": abs, "bool": bool, "float": float, "pow": math.pow, "round": round} | {
    **{n: getattr(math, n) for n in (*SAME, *OTHERS, "erf", "erfc")},
    **{op.name: op.forward for op in (*BORROWED, *OF_ORDERS)},
}


def on_floats(op: Op) -> str | None:
    """How one operation is spelled on floats.

    >>> import autograd
    >>> on_floats(autograd.table["exp"]), on_floats(autograd.table["sigmoid"])
    ('exp({0})', None)
    """
    return FLOATS.get(op.forward)
