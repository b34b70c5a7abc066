"""A program while it is drawn: registers with their numbers, to which leaves and instructions are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from autograd.check.strategies.fit import Limits, result
from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.lead import led
from autograd.check.strategies.leaves import REAL, Shape, arrays
from autograd.check.strategies.program import Program, pruned
from autograd.op import Interval, Op
from autograd.program import Constant


@dataclass(frozen=True)
class Wishes:
    """What a person asked for."""

    ops: Sequence[Op]
    shape: st.SearchStrategy[Shape]
    dtype: np.dtype[Any]
    at_kinks: bool
    edges: bool

    @property
    def limits(self) -> Limits:
        return Limits.of(self.at_kinks, self.edges)


class Draft:
    """Leaves and instructions in the order in which they were added, each the register of its place."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.steps: list[Any] = []  #: an Instruction, or the array of a leaf
        self.data: list[Any] = []

    def copy(self) -> Draft:
        twin = Draft(self.wishes)
        twin.steps, twin.data = list(self.steps), list(self.data)
        return twin

    def become(self, other: Draft) -> None:
        self.steps, self.data = other.steps, other.data

    def found(self, kinds: str, takes: Callable[[Shape], bool]) -> list[int]:
        """The registers of numbers of these kinds (as dtypes have them) whose shapes will do, the latest first."""
        registers = reversed(range(len(self.data)))
        return [k for k in registers if self.data[k].dtype.kind in kinds and takes(self.data[k].shape)]

    def add_leaf(self, x: Any) -> int:
        self.steps.append(x)
        self.data.append(x)
        return len(self.data) - 1

    def draw_leaf(
        self,
        draw: st.DrawFn,
        shape: Shape,
        interval: Interval = REAL,
        elements: st.SearchStrategy[Any] | None = None,
    ) -> int:
        """A new leaf, away from the ends of an interval, or as ``elements`` draws it."""
        if elements is None or self.wishes.edges:
            elements = arrays(shape, interval, self.wishes.dtype, edges=self.wishes.edges)
        return self.add_leaf(draw(elements).astype(self.wishes.dtype, copy=False))

    def add(self, instruction: Instruction, draw: st.DrawFn | None = None) -> bool:
        """Add an instruction if it fits, or if its gradient leads the leaves to where all fits.

        Of several outputs, ``draw`` chooses one; without it all of them stay.
        """
        limits = self.wishes.limits
        if (found := result(instruction, self.data, limits)) is None:
            better = None if self.wishes.edges else led(self.with_instruction(instruction).program(), limits)
            if better is None:
                return False
            self.put_leaves(better.leaves)
            found = result(instruction, self.data, limits)
        if isinstance(found, tuple) and draw is not None:
            instruction = replace(instruction, output=draw(st.integers(0, len(found) - 1)))
        self.steps.append(instruction)
        chosen = instruction.chosen(found)
        self.data.append(chosen if isinstance(chosen, tuple) else np.asarray(chosen))
        return True

    def with_instruction(self, instruction: Instruction) -> Draft:
        twin = self.copy()
        twin.steps.append(instruction)
        return twin

    def put_leaves(self, leaves: Sequence[Any]) -> None:
        """The same with other leaves: all is computed anew."""
        given = iter(leaves)
        steps, self.steps, self.data = self.steps, [], []
        with np.errstate(all="ignore"):
            for step in steps:
                is_instruction = isinstance(step, Instruction)
                x = step.apply(self.data) if is_instruction else next(given)
                self.steps.append(step if is_instruction else x)
                self.data.append(np.asarray(x))

    def program(self) -> Program:
        """The program so far: leaves first."""
        leaves = [k for k, step in enumerate(self.steps) if not isinstance(step, Instruction)]
        others = [k for k, step in enumerate(self.steps) if isinstance(step, Instruction)]
        moved = {k: place for place, k in enumerate([*leaves, *others])}

        def placed(operand: int | Constant) -> int | Constant:
            return operand if isinstance(operand, Constant) else moved[operand]

        instructions = [
            replace(self.steps[k], operands=tuple(placed(x) for x in self.steps[k].operands)) for k in others
        ]
        return Program(tuple(self.steps[k] for k in leaves), tuple(instructions))

    def finished(self) -> Program:
        """What most instructions lead to, that a gradient comes from; without those that it does not need.

        Only if all of the operations are flat, there is none.
        """
        ends = [k for k, step in enumerate(self.steps) if isinstance(step, Instruction)]
        if not all(op.is_flat for op in self.wishes.ops):
            ends = [k for k in ends if self.has_gradient(k)]
        if not ends:
            reject()
        return max((self.until(k) for k in reversed(ends)), key=lambda program: len(program.instructions))

    def has_gradient(self, k: int) -> bool:
        """Whether a gradient flows from a register to a leaf."""
        step = self.steps[k]
        if not isinstance(step, Instruction):
            return True
        rules = step.op.rules_for(step.operands, step.params)
        return any(
            rule is not None and not isinstance(x, Constant) and self.has_gradient(x)
            for x, (rule, _) in zip(step.operands, rules, strict=True)
        )

    def until(self, k: int) -> Program:
        """What leads to a register."""
        twin = self.copy()
        twin.steps = self.steps[: k + 1]
        return pruned(twin.program())
