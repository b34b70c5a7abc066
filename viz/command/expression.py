"""The language of the `stepgrad` command: arithmetic over the table of operations, never run as code.

A text is read twice: once to refuse whatever is no arithmetic, with its position, and to find the names that
need a value; then with these values, so that each operation that is read records its node of the graph.

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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from viz.command.grammar import CONSTANTS, constant_meant
from viz.command.reader import MAX_NUMBERS, UNKNOWN, Reader, several
from viz.command.recorder import Recorder
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
    """An expression that was understood. ``free`` are the names that need a value, and where each comes first."""

    source: Source
    free: Mapping[str, int]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that need a value, in order of appearance."""
        return tuple(self.free)

    def run(self, bindings: Mapping[str, Any]) -> Result:
        """Record the graph for these values: numbers give Values, one array among them makes all Tensors.

        Arrays of True and False are constants, for where(). Text is read as on the command line.

        >>> parse("sum(W @ x)").run({"W": [[1, 2], [3, 4]], "x": "[1, -1]"}).output.data
        array(-2.)
        """
        self._check_names(bindings)
        leaves = _leaves(bindings)
        masks = [name for name, leaf in leaves.items() if not isinstance(leaf, autograd.Node)]
        nodes = {name: leaf for name, leaf in leaves.items() if isinstance(leaf, autograd.Node)}
        with np.errstate(all="ignore"):
            for name, value in Reader(self.source, leaves.__getitem__, Recorder(self.source)).statements():
                if name is not None:
                    nodes |= _label(value, name)
        return Result(self._single(value, masks), nodes)

    def _check_names(self, bindings: Mapping[str, Any]) -> None:
        missing = [name for name in self.names if name not in bindings]
        unused = [name for name in bindings if name not in self.names]
        rest = f"{' and '.join(unused)} given, but not used" if unused else ""
        if missing:
            message = f"no value for {' and '.join(missing)}: give {' '.join(f'{x}=…' for x in missing)}"
            if missing[0] in autograd.table:
                message += f" ({missing[0]} is a function: call it, as in {missing[0]}(x))"
            if constant := constant_meant(missing[0]):
                message += f" (for the constant, write {constant})"
            raise self.source.error(f"{message}; {rest}" if rest else message, self.free[missing[0]])
        if unused:
            raise self.source.error(f"{rest}: the names in the expression are {', '.join(self.names)}", None)

    def _single(self, output: Any, masks: Sequence[str]) -> autograd.Node:
        """The node that is the output, where there is one node and not many or none."""
        end = self.source.position(self.source.statements[-1])
        if isinstance(output, np.ndarray) and output.dtype == object:
            if output.size != 1:
                cure = "take their sum(…), or one of them with [0]"
                raise self.source.error(f"expected one number, got {output.size}: {cure}", end)
            output = output.item()
        if isinstance(output, tuple):
            raise self.source.error(f"expected one value as the output, got {several(output)}", end)
        if not isinstance(output, autograd.Node):
            message = "the output is a constant, so there is nothing to differentiate"
            if masks:
                are = "is a mask" if len(masks) == 1 else "are masks"
                message += f"; {' and '.join(masks)} {are} of True and False: give numbers, as in {masks[0]}=1"
            raise self.source.error(message, end)
        return output


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
    *_, (_, output) = reader.statements()
    if not reader.free or output is not UNKNOWN:
        end = source.position(source.statements[-1])
        raise source.error("this is a constant: to differentiate, name a variable, as in x * 2", end)
    return Program(source, reader.free)


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


def _leaves(bindings: Mapping[str, Any]) -> dict[str, Any]:
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


def _label(value: Any, name: str) -> dict[str, autograd.Node]:
    """Give the nodes that an assignment made its name: q, or q[0], q[1] where they are several."""
    named = {name: value}
    if isinstance(value, tuple):
        named = {f"{name}[{k}]": part for k, part in enumerate(value)}
    if isinstance(value, np.ndarray) and value.dtype == object:
        named = {f"{name}[{autograd.format_index(index)}]": value[index] for index in np.ndindex(value.shape)}
    nodes = {label: node for label, node in named.items() if isinstance(node, autograd.Value | autograd.Tensor)}
    for label, node in nodes.items():
        if node.op is not None and node.label is None:
            node.label = label
    return dict(nodes)
