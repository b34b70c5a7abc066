"""Program: what `programs` draws. It runs on numbers of any kind, and prints as the script that does the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd import tree
from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.script import names_of_leaves, script
from autograd.graph.graph import Graph
from autograd.op import Op
from autograd.scalar.value import Value
from autograd.state import tracing
from autograd.tensor.tensor import Tensor

Kind = type[Value] | type[Tensor]


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """Leaves, which are arrays, and instructions on them; what the last of these computes is the output.

    Called without more it computes with its own leaves, else with the numbers, arrays, Values or Tensors that it is
    given in their places. It is a tree whose leaves are its own.

    >>> from hypothesis import find
    >>> from autograd.check.strategies import programs
    >>> program = find(programs(["cos"], shape=()), lambda program: len(program.ops) > 1)
    >>> print(program)
    import autograd
    x = autograd.Value(0.0)
    f = autograd.cos(autograd.cos(x))
    >>> program(), program(2.0)
    (np.float64(0.5403023058681398), np.float64(0.9146533258523714))
    >>> program.graph()
    Graph(x, q = cos(x), f = cos(q))
    """

    leaves: tuple[Any, ...]
    instructions: tuple[Instruction, ...]

    def __call__(self, *leaves: Any) -> Any:
        return self.run(*(leaves or self.leaves))[-1]

    def run(self, *leaves: Any, apply: Callable[[Instruction, Sequence[Any]], Any] = Instruction.apply) -> list[Any]:
        """Every register: the leaves, then the result of each instruction, which ``apply`` computes."""
        registers = list(leaves)
        for instruction in self.instructions:
            registers.append(apply(instruction, registers))
        return registers

    @property
    def ops(self) -> list[Op]:
        """The operation of each instruction."""
        return [instruction.op for instruction in self.instructions]

    @property
    def kind(self) -> Kind:
        """Value, if it computes with single numbers in double precision alone, else Tensor."""
        is_scalar = all(x.shape == () and x.dtype == np.float64 for x in self.leaves)
        return Value if is_scalar and all(op.is_elementwise for op in self.ops) else Tensor

    @property
    def names(self) -> list[str]:
        """The names of the leaves in the script, and in the picture."""
        return names_of_leaves(len(self.leaves))

    def nodes(self, kind: Kind | None = None) -> list[Any]:
        """The leaves as Values or Tensors, new ones each time. Of an array, Values stand in an array of objects."""
        kind = self.kind if kind is None else kind
        if kind is Tensor:
            return [Tensor(x, label=name) for x, name in zip(self.leaves, self.names, strict=True)]
        return [as_values(x, name) for x, name in zip(self.leaves, self.names, strict=True)]

    def graph(self, kind: Kind | None = None) -> Graph:
        """What it records, for a picture: ``viz.draw(program.graph())``."""
        with tracing():  # comparisons are nodes there
            output = self(*self.nodes(kind))
        nodes = [x for x in tree.leaves(output) if isinstance(x, Value | Tensor)]
        return Graph.of(*nodes, names={"f": nodes[0]} if len(nodes) == 1 else {})

    def script(self, kind: Kind | None = None) -> str:
        """Python that does the same: imports, leaves, and ``f``, the output."""
        return script(self.leaves, self.instructions, (self.kind if kind is None else kind).__name__)

    def __repr__(self) -> str:
        return self.script()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For Hypothesis, and for IPython: the script on lines of its own, to be copied."""
        printer.text(f"\n{self.script()}\n")


def as_values(x: Any, name: str) -> Any:
    """A Value for each number of an array; of a single number, the Value itself."""
    if x.shape == ():
        return Value(float(x), label=name)
    made = np.empty(x.shape, dtype=object)
    for place in np.ndindex(x.shape):
        made[place] = Value(float(x[place]), label=f"{name}[{', '.join(map(str, place))}]")
    return made


tree.register(
    Program,
    children=lambda program: ((tree.Item(k), x) for k, x in enumerate(program.leaves)),
    rebuild=lambda cls, instructions, pairs: cls(tuple(x for _, x in pairs), instructions),
    context=lambda program: program.instructions,
)


def pruned(program: Program) -> Program:
    """The same without what its output does not need."""
    needed = {len(program.leaves) + len(program.instructions) - 1}
    for place in range(len(program.leaves) + len(program.instructions) - 1, len(program.leaves) - 1, -1):
        if place in needed:
            needed.update(program.instructions[place - len(program.leaves)].registers)
    kept = sorted(needed)
    moved = {place: new for new, place in enumerate(kept)}
    instructions = [program.instructions[place - len(program.leaves)] for place in kept if place >= len(program.leaves)]
    return Program(
        tuple(program.leaves[place] for place in kept if place < len(program.leaves)),
        tuple(
            replace(each, operands=tuple(moved[x] if isinstance(x, int) else x for x in each.operands))
            for each in instructions
        ),
    )
