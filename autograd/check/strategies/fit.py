"""Whether an operation fits numbers: they are in its domain, off its kinks, and its result is of moderate size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.leaves import REAL, ROOM
from autograd.check.strategies.rows import COMPARISONS, is_described, row_of
from autograd.errors import AutogradError, OperationError
from autograd.op import Interval, Op
from autograd.ops.activations import relu
from autograd.ops.compare import where
from autograd.ops.functions import log

#: What is raised where there is no number: by NumPy's functions, and by its linear algebra.
OFF_DOMAIN = (FloatingPointError, np.linalg.LinAlgError)

#: The smallest of all floats.
TINY = 5e-324


@dataclass(frozen=True)
class Limits:
    """How far numbers stay from ends of domains and from kinks, how large results may be, and of how many elements."""

    room: float = ROOM
    margin: float = 0.1
    most: float = 50.0
    elements: int = 100

    @classmethod
    def of(cls, at_kinks: bool, edges: bool) -> Limits:
        """On request up to the ends of domains and beside kinks, or at kinks too."""
        margin = 0.0 if at_kinks else TINY if edges else cls.margin
        return cls(0.0, margin, np.inf) if edges else cls(margin=margin)


def domain_of(op: Op, k: int) -> Interval:
    """Where input k of an elementwise operation may be."""
    return op.domain[k] if op.domain else REAL


def inside(interval: Interval, limits: Limits) -> Interval:
    """The part of an open interval where numbers stay, its ends included: less is left out where it is narrow."""
    low, high = interval
    if limits.room == 0:
        return float(np.nextafter(low, high)), float(np.nextafter(high, low))
    room = min(limits.room, (high - low) / 8)
    return low + room, high - room


def kink(op: Op, inputs: Sequence[Any]) -> Any:
    """What is zero where an elementwise operation has no derivative, or jumps, as comparisons do; None: nowhere."""
    if op.forward in COMPARISONS:
        return inputs[0] - inputs[1]
    return None if op.kinks is None else op.kinks(*inputs)


def violations(op: Op, inputs: Sequence[Any], output: Any, limits: Limits) -> list[Any]:
    """Of an elementwise operation, what is above zero where it does not fit, by how much; as arrays, or as nodes."""
    found = []
    for k in range(op.arity or 0):
        domain = domain_of(op, k)
        low, high = inside(domain, limits)
        if domain[0] > -np.inf:
            found.append(low - inputs[k])
        if domain[1] < np.inf:
            found.append(inputs[k] - high)
    if limits.margin and (distance := kink(op, inputs)) is not None:
        found.append(limits.margin - where(distance >= 0, distance, -distance))
    if not op.is_flat and limits.most < np.inf:
        size = where(output >= 0, output, -output)
        found.append(log(where(size > limits.most, size, limits.most) / limits.most))  # of what grows exponentially
    return found


def hinge(parts: Sequence[Any]) -> Any:
    """The sum of what is above zero, in which every part has its slope."""
    return sum((relu(part).sum() for part in parts), start=0.0)


def fits(op: Op, inputs: Sequence[Any], params: Any, output: Any, limits: Limits) -> bool:
    """Whether a call with these inputs, which gave this output, stays within the limits."""
    for y in map(np.asarray, output if isinstance(output, tuple) else (output,)):
        if y.size > limits.elements or not np.isfinite(y).all() or np.abs(y).max(initial=0) > limits.most:
            return False
    if op.is_elementwise:
        return all(bool(np.all(part <= 0)) for part in violations(op, inputs, output, limits))
    row = row_of(op)
    margin = Limits.margin if row.is_regular else limits.margin
    return row.apart is None or row.apart(inputs, params) >= margin


def result(instruction: Instruction, registers: Sequence[Any], limits: Limits) -> Any:
    """What an instruction computes from registers of numbers; None where it does not fit them."""
    op, inputs = instruction.op, instruction.inputs(registers)
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            output = op.apply(inputs, instruction.params)
    except AutogradError as error:
        is_of_numbers = isinstance(error, OperationError) and isinstance(error.__cause__, OFF_DOMAIN)
        if is_of_numbers or not is_described(op):  # nobody said what shapes it takes
            return None
        raise
    with np.errstate(all="ignore"):
        return output if fits(op, inputs, instruction.params, output, limits) else None
