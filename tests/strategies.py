"""Random programs: expression graphs that run over any kind of number, and stay where they are smooth.

A `Program` is a list of instructions over registers, the first of which are the inputs. The same program runs on
floats, complex arrays, Values, Tensors, object arrays of Values, or the numbers of another engine.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st

import autograd

# What every function means, for real and complex arrays, written without the engine.
MEANING: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(np.real(x) > 0, x, 0.0),
    "leaky_relu": lambda x: np.where(np.real(x) > 0, x, 0.01 * x),
    "abs": lambda x: np.where(np.real(x) > 0, x, -x),
    "maximum": lambda x, y: np.where(np.real(x) > np.real(y), x, y),
    "minimum": lambda x, y: np.where(np.real(x) < np.real(y), x, y),
    "gate": lambda x, y: np.where(np.real(x) > 0, x, y),  # a gate: one side is closed
}

# Where a function is smooth, with room to spare, and of moderate size.
SMOOTH: dict[str, Callable[..., Any]] = {
    "div": lambda x, y: np.abs(y) >= 0.2,
    "exp": lambda x: x <= 3,
    "log": lambda x: x >= 0.2,
    "log1p": lambda x: x >= -0.8,
    "sqrt": lambda x: x >= 0.2,
    "relu": lambda x: np.abs(x) >= 0.1,
    "leaky_relu": lambda x: np.abs(x) >= 0.1,
    "abs": lambda x: np.abs(x) >= 0.1,
    "maximum": lambda x, y: np.abs(x - y) >= 0.1,
    "minimum": lambda x, y: np.abs(x - y) >= 0.1,
    "gate": lambda x, y: np.abs(x) >= 0.1,
}

BINARY = ("add", "sub", "mul", "div", "pow", "maximum", "minimum", "gate")
UNARY = tuple(name for name in MEANING if name not in BINARY)
KINKED = ("relu", "leaky_relu", "abs", "maximum", "minimum", "gate")
UNGATED_OPS = tuple(name for name in MEANING if name != "gate")
SMOOTH_OPS = tuple(name for name in MEANING if name not in KINKED)
MICROGRAD_OPS = ("add", "sub", "mul", "div", "pow", "neg", "relu")


@dataclass(frozen=True)
class Constant:
    """An operand that is no register: an int, a float or a NumPy number."""

    number: Any


@dataclass(frozen=True)
class Instruction:
    op: str
    operands: tuple[int | Constant, ...]


@dataclass(frozen=True)
class Program:
    """Inputs (0-d arrays or larger ones), and what is done with them."""

    inputs: tuple[Any, ...]
    instructions: tuple[Instruction, ...]

    def run(self, call: Callable[..., Any], inputs: Sequence[Any]) -> list[Any]:
        """Every register, ``call(name, *operands)`` doing the work."""
        registers = list(inputs)
        for instruction in self.instructions:
            operands = [x.number if isinstance(x, Constant) else registers[x] for x in instruction.operands]
            registers.append(call(instruction.op, *operands))
        return registers

    def result(self, call: Callable[..., Any], inputs: Sequence[Any], total: Callable[[Any], Any] = lambda x: x) -> Any:
        """One number in which every register has a part: the sum of those that nothing else uses."""
        registers = self.run(call, inputs)
        used = {x for instruction in self.instructions for x in instruction.operands if not isinstance(x, Constant)}
        return reduce(operator.add, [total(x) for i, x in enumerate(registers) if i not in used])


def meaning(name: str, *operands: Any) -> Any:
    return MEANING[name](*operands)


def weighted_sum(x: Any) -> Any:
    """The sum of an array, each element with another weight, so that none stands for another."""
    weights = np.linspace(0.5, 1.5, x.size).reshape(x.shape)
    return np.sum(x * weights)


def by_operator(name: str, *operands: Any) -> Any:
    """As people write it: operators, methods, and a function where there is neither."""
    if name in ("add", "sub", "mul", "div", "pow", "neg"):
        return MEANING[name](*operands)
    if name == "abs":
        return abs(*operands)
    return getattr(operands[0], name)() if len(operands) == 1 else by_function(name, *operands)


def by_function(name: str, *operands: Any) -> Any:
    if name == "gate":
        x, y = operands
        return autograd.where(x > 0, x, y)
    return getattr(autograd, name)(*operands)


NUMPY_NAMES = {"sub": "subtract", "mul": "multiply", "div": "divide", "pow": "power", "neg": "negative"}


def by_numpy(name: str, *operands: Any) -> Any:
    """NumPy's own functions, on our objects."""
    function = getattr(np, NUMPY_NAMES.get(name, name), None)
    return by_function(name, *operands) if function is None else function(*operands)


SPELLINGS = {"operators": by_operator, "functions": by_function, "numpy": by_numpy}


def numbers(low: float = -2.0, high: float = 2.0) -> st.SearchStrategy[float]:
    """Floats of moderate size, with few digits, so that a failing example can be read."""
    return st.integers(round(low * 64), round(high * 64)).map(lambda n: n / 64)


def arrays(shape: Any, low: float = -2.0, high: float = 2.0) -> st.SearchStrategy[Any]:
    return hnp.arrays(np.float64, shape, elements=numbers(low, high))


def constants(kinds: Sequence[type] = (int, float, np.float64)) -> st.SearchStrategy[Constant]:
    number = st.sampled_from([-2, -1, 0, 0.5, 1, 1.5, 2, 3])
    return st.builds(lambda kind, x: Constant(int(x) if kind is int else kind(x)), st.sampled_from(kinds), number)


def fits(op: str, operands: Sequence[Any]) -> bool:
    """Whether an operation is smooth there and its result of moderate size."""
    if op == "pow":
        base, exponent = operands
        if isinstance(exponent, np.ndarray) or exponent != round(float(exponent)):
            if not np.all(np.greater_equal(base, 0.2)):
                return False
        elif not np.all(np.abs(base) >= 0.2):
            return False
        if not isinstance(base, np.ndarray) and base <= 0:
            return False
    elif not np.all(SMOOTH.get(op, lambda *xs: True)(*operands)):
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(meaning(op, *operands)) <= 50))


@st.composite
def programs(
    draw: st.DrawFn,
    shapes: Sequence[tuple[int, ...]] | None = None,
    ops: Sequence[str] = tuple(MEANING),
    kinds: Sequence[type] = (int, float, np.float64),
    most: int = 12,
) -> Program:
    """A program whose inputs have these shapes (scalars if none are given), of operations that fit its numbers."""
    if shapes is None:
        shapes = [()] * draw(st.integers(1, 4))
    inputs = tuple(draw(arrays(shape)) for shape in shapes)
    registers = list(inputs)
    instructions = []
    for _ in range(draw(st.integers(1, most))):
        op = draw(st.sampled_from(ops))
        register = st.integers(0, len(registers) - 1)
        operands: list[int | Constant] = [draw(register)]
        if op in BINARY:
            other = draw(st.one_of(register, register, constants(kinds)))
            operands.append(other)
            if isinstance(other, Constant) and draw(st.booleans()):
                operands.reverse()

        def value(x: int | Constant) -> Any:
            return x.number if isinstance(x, Constant) else registers[x]

        if kinds == (int, float) and op == "pow" and not isinstance(operands[1], Constant):
            op = "mul"  # the other engine raises to constant powers only
        if not fits(op, [value(x) for x in operands]):
            op, operands = "sub", [operands[0], draw(register)]
            if not fits(op, [value(x) for x in operands]):
                op, operands = "mul", [draw(register), Constant(0.125)]
        registers.append(np.asarray(meaning(op, *[value(x) for x in operands])))
        instructions.append(Instruction(op, tuple(operands)))
    return Program(inputs, tuple(instructions))


@st.composite
def broadcasting_programs(draw: st.DrawFn, ops: Sequence[str] = tuple(MEANING), most: int = 8) -> Program:
    """A program whose inputs have shapes that broadcast against each other, zero-length axes among them."""
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=draw(st.integers(1, 3)), max_dims=3, min_side=0, max_side=3)
    ).input_shapes
    return draw(programs(shapes=shapes, ops=ops, most=most))
