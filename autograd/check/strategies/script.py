"""A program as Python source: what a person pastes and runs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np

from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.rows import OF_TRUTHS
from autograd.op import Op
from autograd.program import Constant

#: The names of leaves, and of what is computed; numbered ones follow.
LEAVES = "xyzwvu"
RESULTS = "abcdegh"

#: How long an expression may be before it gets a line of its own.
LONG = 80


@dataclass(frozen=True)
class Written:
    """An expression, and whether it stays one operand wherever it is put."""

    text: str
    is_atom: bool = True

    @property
    def operand(self) -> str:
        return self.text if self.is_atom else f"({self.text})"


def names_of_leaves(n: int) -> list[str]:
    """Names for so many leaves.

    >>> names_of_leaves(2)
    ['x', 'y']
    """
    return [name for name, _ in zip(chain(LEAVES, (f"x{k}" for k in count(1))), range(n), strict=False)]


def script(leaves: Sequence[Any], instructions: Sequence[Instruction], kind: str) -> str:
    """The source: a line of imports, one of leaves, and one of what is computed, after one for each part used twice."""
    names = names_of_leaves(len(leaves))
    fresh = (name for name in chain(RESULTS, (f"a{k}" for k in count(1))))
    uses = Counter(chain.from_iterable(instruction.registers for instruction in instructions))
    registers = [Written(name) for name in names]
    lines = []
    for place, instruction in enumerate(instructions, start=len(leaves)):
        written = call(instruction, registers)
        if place == len(leaves) + len(instructions) - 1:
            lines.append(f"f = {written.text}")
        elif uses[place] > 1 or len(written.text) > LONG:
            name = next(fresh)
            lines.append(f"{name} = {written.text}")
            written = Written(name)
        registers.append(written)
    if leaves:
        lines.insert(0, f"{', '.join(names)} = {', '.join(leaf(x, kind) for x in leaves)}")
    return "\n".join([f"import {', '.join(imports(lines, instructions))}", *lines])


def imports(lines: Sequence[str], instructions: Sequence[Instruction]) -> Iterator[str]:
    yield "autograd"
    if any("np." in line for line in lines):
        yield "numpy as np"
    others = [instruction.op for instruction in instructions if not is_public(instruction.op)]
    yield from sorted({module for op in others if (module := home(op)) is not None})


def is_public(op: Op) -> bool:
    """Whether `autograd` has it under its name."""
    return getattr(sys.modules["autograd"], op.name, None) is op


def home(op: Op) -> str | None:
    """The module that enters an operation which is not `autograd`'s own; None where it cannot be imported."""
    module = next((found for rule in op.textbook if (found := getattr(rule, "__module__", None))), "__main__")
    return None if module == "__main__" or module.startswith("autograd.") else module


def leaf(x: Any, kind: str) -> str:
    """The source of a leaf."""
    dtype = "" if x.dtype == np.float64 else f", dtype={str(x.dtype)!r}"
    return f"autograd.{kind}({elements(x)}{dtype})"


def elements(x: Any) -> str:
    return f"np.zeros({x.shape})" if x.size == 0 else repr(x.tolist())


def call(instruction: Instruction, registers: Sequence[Written]) -> Written:
    """The source of a call: by its operator, if it has one that means the same on True and False, else by name."""
    op = instruction.op
    inputs = [literal(x) for x in instruction.inputs(registers)]
    if op.operator == "[]":
        written = Written(f"{inputs[0].operand}[{index(instruction.params['index'])}]")
    elif op.operator in (None, "[]=") or op.forward in OF_TRUTHS or any(map(is_plain, instruction.operands)):
        written = function(op, inputs, instruction.params)
    elif op.arity == 2:
        written = Written(f"{inputs[0].operand} {op.operator} {inputs[1].operand}", is_atom=False)
    else:
        operand = inputs[0].text if op.operator.endswith(")") else inputs[0].operand
        written = Written(op.operator.replace("x", operand), is_atom=op.operator.endswith(")"))
    return written if instruction.output is None else Written(f"{written.operand}[{instruction.output}]")


def is_plain(operand: int | Constant) -> bool:
    """Whether an operand is a constant that knows no operators of ours, as a list of numbers."""
    return isinstance(operand, Constant) and not isinstance(operand.data, int | float)


def function(op: Op, inputs: Sequence[Written], params: Mapping[str, Any]) -> Written:
    name = f"autograd.{op.name}" if is_public(op) else f"autograd.table[{op.name!r}]"
    args, kwargs = op.binding.arguments(inputs, params)
    given = [*(literal(x).text for x in args), *(f"{name}={literal(x).text}" for name, x in kwargs.items())]
    return Written(f"{name}({', '.join(given)})")


def index(x: Any) -> str:
    """An index as it stands in brackets."""
    if isinstance(x, tuple):
        return ", ".join(map(index, x)) + ("," if len(x) == 1 else "") if x else "()"
    if isinstance(x, slice):
        ends = ["" if end is None else str(end) for end in (x.start, x.stop)]
        return ":".join(ends if x.step is None else [*ends, str(x.step)])
    return literal(x).text


def literal(x: Any) -> Written:
    """The source of an operand or a param."""
    if isinstance(x, Written):
        return x
    if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and x.ndim == 0):
        x = x.item()
    if isinstance(x, np.ndarray):
        dtype = "" if x.size and x.dtype in (float, int, bool) else f", dtype={str(x.dtype)!r}"
        return Written(f"np.array({elements(x)}{dtype})" if x.size else f"np.zeros({x.shape}{dtype})")
    if isinstance(x, list):
        return Written(f"[{', '.join(literal(part).text for part in x)}]")
    if isinstance(x, tuple):
        return Written(f"({', '.join(literal(part).text for part in x)}{',' if len(x) == 1 else ''})")
    if isinstance(x, type | np.dtype):
        return Written(repr(str(np.dtype(x))))
    if x is Ellipsis:
        return Written("...")
    return Written(repr(x), is_atom=not repr(x).startswith("-"))
