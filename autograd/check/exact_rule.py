"""A rule as a reference computes it: is a number off by a wrong rule, or by a right one that loses digits?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.call import Output, like
from autograd.check.references.real import Real, Tape
from autograd.check.references.reference import BITS, Call, Reference, flat
from autograd.check.references.taped import Taped, arranged, constants, every_output
from autograd.check.report import Outcome
from autograd.ops.shaping import unbroadcast

SLACK = 4

#: A rule is right where it is that near, as a part of the number: it may have products of floats in it.
CLOSE = 2.0**-50


@dataclass(frozen=True)
class RuleNumbers:
    """What the rule gives with all digits, and how far rounding takes it."""

    arithmetic: Any
    exact: Any
    radius: float

    def divided(self, reference: Reference, g: float) -> RuleNumbers:
        """Of the slope, where all of it is times a cotangent."""
        return replace(self, exact=divided(reference, self.exact, g), radius=self.radius / abs(g))

    def outcome(self, got: float, arithmetic: Any, truth: Any) -> Outcome:
        """Of what is off: imprecise if the rule is right, and this is within its own rounding; open if that may be."""
        if not math.isfinite(got):  # no digits are left to lose
            return "wrong"
        truth = arithmetic.number(0) if truth is None else truth
        size = max(abs(arithmetic.middle(truth)), 5e-324)
        least, most = self.arithmetic.error(self.exact - truth, 0.0)
        if arithmetic.error(truth, got)[0] > SLACK * self.radius or least > CLOSE * size:
            return "wrong"
        return "imprecise" if most <= CLOSE * size else "inconclusive"


def rule_in(call: Call, k: int, reference: Reference, dtype: np.dtype[Any]) -> list[RuleNumbers]:
    """The rule of an input at each element, in the arithmetic of a reference, and rounded as a dtype is.

    None of it where the rule does not run on that.
    """
    if not isinstance(reference, Taped):
        return []
    try:
        with reference.make(reference.beside) as arithmetic:
            exact = contribution(call, k, Tape(arithmetic))
        with reference.make(BITS[dtype], reference.beside) as coarse:
            radii = [coarse.radius(raw) for raw in contribution(call, k, Tape(coarse))]
    except Exception:  # a rule may do what only arrays of floats can
        return []
    return [RuleNumbers(arithmetic, raw, radius) for raw, radius in zip(exact, radii, strict=True)]


def divided(reference: Reference, raw: Any, g: float) -> Any:
    """A number of a reference divided by a float, with all digits."""
    if raw is None or g == 1.0:
        return raw
    if not isinstance(reference, Taped):
        return raw / g
    with reference.make(reference.beside) as arithmetic:
        return raw / arithmetic.number(g)


def contribution(call: Call, k: int, tape: Tape, textbook: bool = False) -> list[Any]:
    """What the rule sends back to an input, as raw numbers; in the form that people read, if that is asked for."""
    op = call.op
    rules = op.rules_for(call.inputs, call.params)
    inputs = [x if rule is None else constants(tape, x) for x, (rule, _) in zip(call.inputs, rules, strict=True)]
    y = every_output(op, inputs, call.params)
    g = constants(tape, call.cotangent)
    if isinstance(call.params, Output):  # the others have no gradient
        zeros = [constants(tape, np.zeros(np.shape(part))) for part in call.params.outputs]
        g = like(call.params.outputs, [g if k == call.params.index else zero for k, zero in enumerate(zeros)])
    if op.has_partials:
        ((_, slope),) = op.run_rules([k], inputs, call.params, y, textbook=textbook)
        part = slope * g
    else:
        ((_, part),) = op.run_rules([k], inputs, call.params, g, y, textbook=textbook)
    shape = np.shape(call.inputs[k])
    array = part if isinstance(part, np.ndarray) else arranged([part], np.empty(()))
    if array.shape != shape:
        array = np.broadcast_to(array, shape) if array.size == 1 else unbroadcast(array, shape)
    return [x.value if isinstance(x, Real) else tape.arithmetic.number(float(x)) for x in flat(np.asarray(array))]
