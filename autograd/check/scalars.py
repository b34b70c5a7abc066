"""The quick form of the local checks for scalar graphs: one tape, and a look at the slopes that are plainly right."""

from __future__ import annotations

from math import ulp
from typing import Any

import numpy as np

from autograd.check.references.real import Real, Tape, UndecidedError
from autograd.check.references.taped import Taped, run
from autograd.check.verdict import ULPS
from autograd.graph.graph import Graph
from autograd.program import Constant


def plainly_right(graph: Graph, reference: Taped) -> tuple[set[int], int]:
    """The scalar equations whose output and slopes are proven to be right, and how many slopes these have.

    All others are looked at again, with more digits and more questions.
    """
    proven: set[int] = set()
    edges = 0
    with reference.make(reference.bits[0]) as arithmetic, np.errstate(all="ignore"):
        tape = Tape(arithmetic)
        for index, (equation, slopes) in enumerate(zip(graph.equations, graph.slopes, strict=True)):
            op = equation.op
            if op is None or op.is_flat or slopes is None:
                continue
            tape.made.clear()
            tape.ties.clear()
            inputs = [
                tape.leaf(graph.data[x]) if x.__class__ is int else operand(tape, x, op.rules, k)
                for k, x in enumerate(equation.inputs)
            ]
            try:
                y = run(op, inputs, equation.params)
                if tape.ties or y.__class__ is not Real or not within(arithmetic, y.value, graph.data[index]):
                    continue
                tape.pull([(y, 1)])
            except (UndecidedError, TypeError, ValueError, ArithmeticError, AttributeError):
                continue
            checked = 0
            for x, real, slope in zip(equation.inputs, inputs, slopes, strict=True):
                if x.__class__ is int and graph.equations[x].requires_grad:
                    checked += 1
                    if not within(arithmetic, real.adjoint, 0.0 if slope is None else slope):
                        break
            else:
                proven.add(index)
                edges += checked
    return proven, edges


def operand(tape: Tape, x: Any, rules: Any, k: int) -> Any:
    """A constant as a number of the tape, a condition as it is."""
    assert isinstance(x, Constant)
    return x.data if len(rules) > k and rules[k] is None else tape.constant(x.data)


def within(arithmetic: Any, raw: Any, got: float) -> bool:
    """Whether a number is surely no farther from a float than its last digits."""
    return got == 0.0 if raw is None else bool(arithmetic.is_within(raw, got, ULPS / 2 * ulp(got)))
