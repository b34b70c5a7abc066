"""Instruction: one step of a program that is not run yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.op import Op
from autograd.program import Constant


@dataclass(frozen=True, eq=False)
class Instruction:
    """An operation on registers, the first of which are the leaves of a program.

    ``operands`` are its inputs in order, each the number of a register or a `Constant`; ``params`` are as the
    operation bound them. Of a tuple of outputs, ``output`` is the one that goes on; None: the result as it is.
    """

    op: Op
    operands: tuple[int | Constant, ...]
    params: Mapping[str, Any]
    output: int | None = None

    def apply(self, registers: Sequence[Any]) -> Any:
        """What it computes from the registers, whatever these hold: numbers, arrays, Values or Tensors."""
        return self.chosen(self.op.apply(self.inputs(registers), self.params))

    def inputs(self, registers: Sequence[Any]) -> list[Any]:
        return [x.data if isinstance(x, Constant) else registers[x] for x in self.operands]

    def chosen(self, result: Any) -> Any:
        return result if self.output is None else result[self.output]

    @property
    def registers(self) -> list[int]:
        """The registers that it reads."""
        return [x for x in self.operands if not isinstance(x, Constant)]
