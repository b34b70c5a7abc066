"""The language of the `stepgrad` command: arithmetic over the table of operations, never run as code.

A text becomes a straight-line program: a list of calls to operations of the table. Nothing else can be
said in it, and whatever is no arithmetic is refused with its position.

    >>> program = parse("q = x + y; f = q * z")
    >>> program.names
    ('x', 'y', 'z')
    >>> result = program.run(parse_bindings(["x=-2", "y=5", "z=-4"]))
    >>> result.output.data, result.nodes["q"].data
    (-12.0, 3.0)
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from viz.command.grammar import CONSTANTS, Call, Operand, Ref
from viz.command.reader import MAX_NUMBERS, Reader
from viz.command.source import ExpressionError, Source, plain_name

__all__ = ["ExpressionError", "Program", "Result", "parse", "parse_bindings"]

MAX_TEXT = 10_000  #: characters of an expression
MAX_VALUE = 40 * MAX_NUMBERS  #: characters of one value

Array = NDArray[Any]


@dataclass(frozen=True)
class Result:
    """The node that an expression gave, and every node with a name: bound or assigned."""

    output: autograd.Node
    nodes: Mapping[str, autograd.Node]


@dataclass(frozen=True, eq=False)
class Program:
    """An expression that was understood. `names` are those that need a value, in order of appearance."""

    text: str
    names: tuple[str, ...]
    _positions: Mapping[str, int] = field(repr=False)
    _calls: tuple[Call, ...] = field(repr=False)
    _output: Ref = field(repr=False)
    _end: int = field(repr=False)  # where the statement that is the output starts

    def run(self, bindings: Mapping[str, Any]) -> Result:
        """Record the graph for these values: numbers give Values, one array among them makes all Tensors.

        Arrays of True and False are constants, for where(). Text is read as on the command line.

        >>> parse("sum(W @ x)").run({"W": [[1, 2], [3, 4]], "x": "[1, -1]"}).output.data
        array(-2.)
        """
        self._check_names(bindings)
        values = _leaves(bindings)
        nodes = {str(name): leaf for name, leaf in values.items() if isinstance(leaf, autograd.Node)}
        with np.errstate(all="ignore"):
            for index, call in enumerate(self._calls):
                values[index] = self._record(call, values)
                if call.label:
                    nodes |= _label(values[index], call.label)
        return Result(self._single(values[self._output.key]), nodes)

    def _check_names(self, bindings: Mapping[str, Any]) -> None:
        missing = [name for name in self.names if name not in bindings]
        unused = [name for name in bindings if name not in self.names]
        rest = f"{' and '.join(unused)} given, but not used" if unused else ""
        if missing:
            message = f"no value for {' and '.join(missing)}: give {' '.join(f'{x}=…' for x in missing)}"
            if missing[0] in autograd.table:
                message += f" ({missing[0]} is a function: call it, as in {missing[0]}(x))"
            raise self._error(f"{message}; {rest}" if rest else message, self._positions[missing[0]])
        if unused:
            raise self._error(f"{rest}: the names in the expression are {', '.join(self.names)}", None)

    def _record(self, call: Call, values: Mapping[str | int, Any]) -> Any:
        """What the call gives; a refusal of the engine is passed on, with the position of the operator."""
        operands = [_fetch(operand, values) for operand in call.operands]
        try:
            return autograd.table[call.function](*operands, **call.params)
        except MemoryError:
            raise self._error("the result does not fit into memory", call.position) from None
        except (autograd.AutogradError, ValueError, TypeError, IndexError, ArithmeticError) as error:
            raise self._error(" ".join(str(error).split()), call.position) from error

    def _single(self, output: Any) -> autograd.Node:
        """The node that is the output, where there is one node and not many or none."""
        if isinstance(output, np.ndarray) and output.dtype == object:
            if output.size != 1:
                cure = "take their sum(…), or one of them with [0]"
                raise self._error(f"expected one number, got {output.size}: {cure}", self._end)
            output = output.item()
        if not isinstance(output, autograd.Node):
            raise self._error("the output is a constant, so there is nothing to differentiate", self._end)
        return output

    def _error(self, message: str, position: int | None) -> ExpressionError:
        return ExpressionError(message, self.text, position)


def parse(text: str) -> Program:
    """Understand an expression, or statements such as ``q = x + y; f = q * z``; the last one is the output.

    Raises `ExpressionError` with the position for everything else.

    >>> parse("2 * (x + y")
    Traceback (most recent call last):
    viz.command.source.ExpressionError: column 5: '(' was never closed
    """
    source = Source(text, MAX_TEXT)
    if not source.statements:
        raise ExpressionError("the expression is empty: write one, as in (x + y) * z")
    reader = Reader(source)
    *first, last = source.statements
    for statement in first:
        reader.statement(statement)
    output = reader.statement(last, is_output=True)
    end = source.position(last)
    if not reader.free or not isinstance(output, Ref):
        raise source.error("this is a constant: to differentiate, name a variable, as in x * 2", end)
    return Program(text, tuple(reader.free), reader.free, tuple(reader.calls), output, end)


def parse_bindings(arguments: Iterable[str]) -> dict[str, float | Array]:
    """Values from the command line: ``x=-2``, ``w=1/3``, ``W=[[1,2],[3,4]]``, ``mask=[True,False]``.

    >>> parse_bindings(["x=-2", "w=.5"])
    {'x': -2.0, 'w': 0.5}

    Raises `ExpressionError` for what is no number, and for a name that is given twice.
    """
    bindings: dict[str, float | Array] = {}
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        value = len(name) + 1
        start = len(name) - len(name.lstrip())
        name = name.strip()
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            raise ExpressionError(f"expected name=value, as in x=-2, got {argument[:40]!r}", argument, start)
        name = plain_name(name, argument, start)
        if name in CONSTANTS:
            raise ExpressionError(f"{name} is always {CONSTANTS[name]:.6g}: choose another name", argument, start)
        if name in bindings:
            raise ExpressionError(f"{name} is given twice", argument, start)
        bindings[name] = _read_value(argument, value)
    return bindings


def _read_value(argument: str, start: int) -> float | Array:
    """A number or an array, from the text of an argument after its name."""
    source = Source(argument, MAX_VALUE, start)
    if len(source.statements) != 1 or not isinstance(source.statements[0], ast.Expr):
        raise source.error("expected a number or a list of numbers, as in x=-2 or x=[1, 2]", start)
    return Reader(source).constant(source.statements[0].value)


def _leaves(bindings: Mapping[str, Any]) -> dict[str | int, Any]:
    """A labelled leaf for every number: Values, or all Tensors where one is an array. Masks stay arrays."""
    data = {name: _number(name, value) for name, value in bindings.items()}
    arrays = any(isinstance(value, np.ndarray) and value.ndim for value in data.values())

    def leaf(name: str, value: float | Array) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == bool:
            return value
        return autograd.Tensor(value, label=name) if arrays else autograd.Value(float(value), label=name)

    return {name: leaf(name, value) for name, value in data.items()}


def _number(name: str, value: Any) -> Array:
    """A given value as an array of floats, or of True and False."""
    if isinstance(value, str):
        (value,) = parse_bindings([f"{name}={value}"]).values()
    try:
        array = autograd.real_array(value, name)
    except autograd.AutogradError as error:
        raise ExpressionError(str(error)) from error
    if array.dtype == object:
        raise ExpressionError(f"{name}: expected a number or an array of numbers, got Values: give their .data")
    return array if array.dtype == bool else array.astype(np.float64)


def _fetch(operand: Operand, values: Mapping[str | int, Any]) -> Any:
    """The value that an operand stands for."""
    if isinstance(operand, Ref):
        return values[operand.key]
    if isinstance(operand, tuple):
        return tuple(_fetch(part, values) for part in operand)
    return operand


def _label(value: Any, name: str) -> dict[str, autograd.Node]:
    """Give the nodes that an assignment made its name: q, or q[0], q[1] where it is an array of Values."""
    named = {name: value}
    if isinstance(value, np.ndarray) and value.dtype == object:
        named = {f"{name}[{autograd.format_index(index)}]": value[index] for index in np.ndindex(value.shape)}
    nodes = {label: node for label, node in named.items() if isinstance(node, autograd.Value | autograd.Tensor)}
    for label, node in nodes.items():
        if node.op is not None and node.label is None:
            node.label = label
    return dict(nodes)
