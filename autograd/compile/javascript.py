"""One scalar operation as JavaScript: its value and its slopes, by running its rules on Symbols.

Nothing here knows a derivative: the text is that of the same rules that Values run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.compile.reads import Live
from autograd.notation.floats import SAME
from autograd.notation.printer import operations, printed
from autograd.notation.python import Python, Untranslatable, merged
from autograd.notation.symbol import Symbol
from autograd.op import Op, op_of
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
    **{
        getattr(np, name): f"Math.{name}({', '.join(f'{{{k}}}' for k in range(getattr(np, name).nin))})"
        for name in SAME
        if name in THERE
    },
}


class Code(NamedTuple):
    """Expressions in ``x0``, ``x1``, …, the inputs by their places; those of the slopes may have ``y``, the value, too."""

    value: str
    slopes: tuple[str | None, ...]


class JavaScript(Python):
    """Its numbers and names; the rest is as in Python, where everything is a call or in parentheses."""

    def leaf(self, x: Any) -> Any:
        text, level = super().leaf(x if isinstance(x, Symbol) else number(x))
        return text, level

    def gets_name(self, text: str, uses: int) -> bool:
        return False  # an expression has no lines before it


def number(x: Any) -> Any:
    """A finite number as it is; truth values are written in small letters, so they are numbers here."""
    x = x.item() if isinstance(x, np.generic) else x
    if not isinstance(x, int | float) or not math.isfinite(x):
        raise Untranslatable("no number that JavaScript can be told in digits")
    return float(x) if isinstance(x, bool) else x


def javascript(op: Op, slots: Sequence[Any], output: str, params: Mapping[str, Any]) -> Code | None:
    """The code of an operation on these inputs, of which constants are written out; None where it has none.

    >>> import autograd
    >>> javascript(autograd.tanh, [Symbol("x")], "y", {})
    Code(value='Math.tanh(x0)', slopes=('((1 / Math.cosh(x0)) * (1 / Math.cosh(x0)))',))
    >>> javascript(autograd.polygamma, [1, Symbol("x")], "y", {}) is None
    True
    """
    inputs = [Live(f"x{k}") if isinstance(x, Symbol) else x for k, x in enumerate(slots)]
    y = Live("y")
    try:
        value = text(Symbol("", (), op, tuple(inputs), params))
        slopes = tuple(
            slope(op, k, y, inputs, params) if isinstance(x, Symbol) and rule[0] is not None else None
            for k, (x, rule) in enumerate(zip(inputs, op.rules_for(inputs, params), strict=True))
        )
    except Exception:  # a rule may do what no Symbol can, or what has no spelling: then a page cannot run it
        return None
    return Code(value, slopes)


def slope(op: Op, k: int, y: Live, inputs: Sequence[Any], params: Mapping[str, Any]) -> str:
    """The rule that numbers come from, or, where that has no spelling, the one that people read."""
    try:
        return text(op.partial(k, y, inputs, params))
    except Exception:  # as below
        return text(op.partial(k, y, inputs, params, textbook=True))


LONGEST = 2_000  #: characters; what is longer is no help to anybody


def text(formula: Any) -> str:
    (found,) = printed(merged([expanded(formula)]), JavaScript(lambda op: SCRIPTS.get(op.forward))).formulas
    if len(found) > LONGEST:
        raise Untranslatable("it is too long")
    return found


def expanded(formula: Any) -> Any:
    """The formula in operations that are spelled: any other is replaced by what its forward function does."""
    made: dict[int, Any] = {}
    for part in operations([formula]):
        op, inputs = op_of(part), [made.get(id(x), x) for x in part.inputs]
        params = {name: made.get(id(x), x) for name, x in part.params.items()}
        if op.forward in SCRIPTS:
            made[id(part)] = Live("", (), op, tuple(inputs), params)
        elif isinstance(op.forward, np.ufunc):
            raise Untranslatable(f"{op.name} has no spelling")
        else:
            made[id(part)] = expanded(op.run(op.forward, inputs, params))
    return made.get(id(formula), formula)
