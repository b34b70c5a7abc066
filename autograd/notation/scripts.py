"""How operations are spelled in JavaScript, on single numbers: what is computed forward -> its text.

An operation that is not here is spelled by what its forward function does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.notation.floats import SAME, spelled
from autograd.op import Op
from autograd.ops.activations import SELU_ALPHA, SELU_SCALE, exponential_below, scaled_exponential_below
from autograd.ops.corners import larger
from autograd.ops.functions import cbrt, secant

#: What JavaScript's Math calls as NumPy does, of the functions that Python's `math` has too.
THERE = {"exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot"}

SCRIPTS: Mapping[Callable[..., Any], str] = {
    np.add: "({0} + {1})",
    np.subtract: "({0} - {1})",
    np.multiply: "({0} * {1})",
    np.divide: "({0} / {1})",
    np.power: "Math.pow({0}, {1})",
    np.negative: "(-{0})",
    np.abs: "Math.abs({0})",
    np.sign: "Math.sign({0})",
    np.maximum: "Math.max({0}, {1})",
    np.minimum: "Math.min({0}, {1})",
    np.greater: "({0} > {1})",
    np.greater_equal: "({0} >= {1})",
    np.less: "({0} < {1})",
    np.less_equal: "({0} <= {1})",
    np.equal: "({0} === {1})",
    np.not_equal: "({0} !== {1})",
    np.logical_and: "({0} && {1})",
    np.logical_or: "({0} || {1})",
    np.logical_not: "(!{0})",
    np.bitwise_and: "({0} && {1})",  # of conditions
    np.bitwise_or: "({0} || {1})",
    np.invert: "(!{0})",
    np.where: "({0} ? {1} : {2})",
    larger.forward: "({0} > {1} ? 1 : {0} === {1} ? {2} : 0)",
    np.isnan: "({0} !== {0})",
    np.isfinite: "Number.isFinite({0})",
    np.floor: "Math.floor({0})",
    np.ceil: "Math.ceil({0})",
    np.trunc: "Math.trunc({0})",
    np.fmod: "({0} % {1})",
    np.exp2: "Math.pow(2, {0})",
    np.square: "({0} * {0})",
    np.reciprocal: "(1 / {0})",
    np.arcsin: "Math.asin({0})",
    np.arccos: "Math.acos({0})",
    np.arctan: "Math.atan({0})",
    np.arctan2: "Math.atan2({0}, {1})",
    np.arcsinh: "Math.asinh({0})",
    np.arccosh: "Math.acosh({0})",
    np.arctanh: "Math.atanh({0})",
    cbrt.forward: "Math.cbrt({0})",
    secant: "(1 / Math.cosh({0}))",
    exponential_below: "({0} > 0 ? {0} : {1} * Math.expm1({0}))",
    scaled_exponential_below: f"({SELU_SCALE!r} * ({{0}} > 0 ? {{0}} : {SELU_ALPHA!r} * Math.expm1({{0}})))",
    **{getattr(np, name): f"Math.{spelled(name, getattr(np, name).nin)}" for name in SAME if name in THERE},
}


def in_script(op: Op) -> str | None:
    """How one operation is spelled in JavaScript.

    >>> import autograd
    >>> in_script(autograd.table["exp"]), in_script(autograd.table["sigmoid"])
    ('Math.exp({0})', None)
    """
    return SCRIPTS.get(op.forward)
