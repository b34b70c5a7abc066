"""Where numbers do not fit, the program's own gradient says how to change the leaves until they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.check.strategies.fit import Limits, hinge, kink, result, violations
from autograd.check.strategies.program import Program
from autograd.op import Op
from autograd.sweep.reverse import gradients
from autograd.tensor.tensor import Tensor

#: How many steps are taken, and how much further than to where the first-order model fits.
STEPS = 10
BEYOND = 1.25

#: Leaves are rounded to such fractions, if they still fit then: a person is to read them.
FRACTIONS = (64.0, 4096.0)


def led(program: Program, limits: Limits) -> Program | None:
    """The program with leaves at which all of it fits; None, where a few steps do not lead there.

    >>> from autograd import table
    >>> from autograd.check.strategies.instruction import Instruction
    >>> steps = [Instruction(table[name], (k,), {}) for k, name in enumerate(["exp", "exp"])]
    >>> led(Program((np.array(3.0),), tuple(steps)), Limits()).leaves  # exp(exp(3)) is beyond all measure
    (array(1.359375),)
    """
    for _ in range(STEPS):
        place = misfit(program, limits)
        if place is None:
            return rounded(program, limits)
        moved = step(program, place, limits)
        if moved is None:
            return None
        program = moved
    return None


def misfit(program: Program, limits: Limits) -> int | None:
    """The first instruction that does not fit."""
    registers = list(program.leaves)
    for place, instruction in enumerate(program.instructions):
        found = result(instruction, registers, limits)
        if found is None:
            return place
        registers.append(instruction.chosen(found))
    return None


def step(program: Program, place: int, limits: Limits) -> Program | None:
    """One step towards where the instruction at that place fits: as far as its violation and its slopes say."""
    until = replace(program, instructions=program.instructions[: place + 1])
    instruction = until.instructions[-1]
    if not instruction.op.is_elementwise:
        return None
    nodes = program.nodes(Tensor)
    with np.errstate(all="ignore"):
        registers = until.run(*nodes)
        parts = violations(instruction.op, instruction.inputs(registers), registers[-1], limits)
        size = hinge([part for part in parts if isinstance(part, Tensor)])
        if not isinstance(size, Tensor) or not np.isfinite(size.item()):
            return None
        slopes = gradients(size, nodes)
        length = size.numpy() / sum(np.sum(slope**2) for slope in slopes)
    if not np.isfinite(length):
        return None
    moved = [x - (BEYOND * length * slope).astype(x.dtype) for x, slope in zip(program.leaves, slopes, strict=True)]
    return replace(program, leaves=tuple(map(np.asarray, moved)))


def rounded(program: Program, limits: Limits) -> Program:
    """The same with leaves of few digits, if it fits there too."""
    for fraction in FRACTIONS:
        short = replace(program, leaves=tuple(np.asarray(np.round(x * fraction) / fraction) for x in program.leaves))
        if misfit(short, limits) is None:
            return short
    return program


def onto_kink(op: Op, inputs: Sequence[Any], k: int) -> Any:
    """What input k would have to be for an operation to be at its kink everywhere; None where Newton finds nothing."""
    x = np.array(np.broadcast_arrays(*inputs)[k], dtype=np.float64)
    with np.errstate(all="ignore"):
        for _ in range(2 * STEPS):
            for near in (x, np.round(x * FRACTIONS[0]) / FRACTIONS[0]):
                if not np.any(kink(op, [*inputs[:k], near, *inputs[k + 1 :]])):
                    return near
            node = Tensor(x)
            distance = kink(op, [*inputs[:k], node, *inputs[k + 1 :]])
            if not isinstance(distance, Tensor):
                return None
            slope = gradients(distance.sum(), node)
            x = x - np.where(distance.data == 0, 0.0, distance.data / slope)
            if not np.isfinite(x).all():
                return None
    return None
