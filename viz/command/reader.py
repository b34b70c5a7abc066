"""Reads Python's syntax tree as operations of the table on named values, and as nothing else.

Whatever is not named here is refused. Arithmetic on plain numbers is done at once, in floats. What becomes of all other
operations, a function says that the reader is given: nothing, while a text is only checked, or a node of a graph.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import autograd
from viz.command.grammar import BY_OPERATOR, CONSTANTS, FAULTS, PAIRS, REFUSED, SPELLED, STATEMENTS, constant_meant
from viz.command.source import MAX_DEPTH, TOO_DEEP, Source

MAX_CALLS = 2_000  #: operations of an expression
MAX_AXES = 8  #: lists in lists
MAX_NUMBERS = 10_000  #: numbers in one list
LARGEST = 1_000_000  #: number in an index or a shape, and elements of a shape

#: What becomes of an operation on inputs, with params, that stands at a position of the text.
Apply = Callable[[autograd.Op, tuple[Any, ...], Mapping[str, Any], int], Any]

NONZERO = re.compile(r"[0_.]*[1-9]")  #: how a decimal number begins that is not zero

UNKNOWN = object()  #: a value that is not asked for


def unknown(*_: Any) -> Any:
    return UNKNOWN


class Reader:
    """Reads one text; ``leaf`` gives the value of a name, ``apply`` that of an operation.

    ``free`` are the names that need a value, with their positions; by default none is asked for, and nothing is
    computed but plain numbers.
    """

    def __init__(self, source: Source, leaf: Callable[[str], Any] = unknown, apply: Apply = unknown) -> None:
        self.source = source
        self.free: dict[str, int] = {}
        self._leaf = leaf
        self._apply = apply
        self._positions: list[int] = []  # of the operations so far
        self._assigned: dict[str, Any] = {}
        self._depth = 0

    def statements(self) -> Iterator[tuple[str | None, Any]]:
        """The name and the value of each assignment, and the value of the expression that ends the text."""
        *first, last = self.source.statements
        for node in first:
            if isinstance(node, ast.Expr):
                self._refuse("this value is not used: give it a name, as in q = x + y", node)
            yield self._assignment(node)
        yield (None, self._operand(last.value)) if isinstance(last, ast.Expr) else self._assignment(last)

    def constant(self, node: ast.expr) -> float | NDArray[Any]:
        """The number or the array that an expression without names and functions gives."""
        value = self._element(node)
        for name, position in self.free.items():
            cure = f": write {constant}" if (constant := constant_meant(name)) else ""
            self._refuse(f"expected numbers, got the name {name}{cure}", node, position)
        for position in self._positions:
            self._refuse("expected a number or a list of numbers", node, position)
        assert isinstance(value, float | np.ndarray)
        return value

    def _assignment(self, node: ast.stmt) -> tuple[str, Any]:
        if not isinstance(node, ast.Assign):
            self._refuse(f"expected arithmetic, got {STATEMENTS.get(type(node), 'another statement')}", node)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            self._refuse("expected one name on the left of =, as in q = x + y", target)
        value = self._operand(node.value)
        name = self._new_name(target)
        self._assigned[name] = value
        return name, value

    def _new_name(self, target: ast.Name) -> str:
        name = self.source.name(target)
        if name in CONSTANTS:
            self._refuse(f"{name} is always {CONSTANTS[name]:.6g}: choose another name", target)
        if name in self._assigned:
            self._refuse(f"{name} stands for a node already: choose another name, so that both can be shown", target)
        if name in self.free:
            self._refuse(f"{name} is used before this, so it stands for a node already: choose another name", target)
        return name

    def _operand(self, node: ast.expr) -> Any:
        read = _READERS.get(type(node))
        if read is None:
            self._refuse(f"expected arithmetic, got {REFUSED.get(type(node), type(node).__name__.lower())}", node)
        if self._depth == MAX_DEPTH:
            self._refuse(TOO_DEEP, node)
        self._depth += 1
        operand = read(self, node)
        self._depth -= 1
        return operand

    def _number(self, node: ast.Constant) -> Any:
        value = node.value
        if isinstance(value, complex):
            self._refuse("expected real numbers, got a complex one", node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = "text" if isinstance(value, str | bytes) else repr(value)
            self._refuse(f"expected arithmetic, got {what}", node)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            self._refuse("this number is too large for a float (1.8e308); write inf for infinity", node)
        if number == 0 and NONZERO.match(self.source.text, self.source.position(node), self.source.end(node)):
            self._refuse("this number is too small for a float (4.9e-324); write 0 for zero", node)
        if isinstance(value, int) and int(number) != value:
            self._refuse("this integer has more digits than a float holds: write it with a point, to round it", node)
        return number

    def _name(self, node: ast.Name) -> Any:
        name = self.source.name(node)
        if name in self._assigned:
            return self._assigned[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        self.free.setdefault(name, self.source.position(node))
        return self._leaf(name)

    def _unary(self, node: ast.UnaryOp) -> Any:
        if not isinstance(node.op, ast.USub | ast.UAdd):
            self._refuse(f"expected arithmetic, got {'not' if isinstance(node.op, ast.Not) else '~'}", node)
        operand = self._operand(node.operand)
        if isinstance(node.op, ast.UAdd):
            return operand
        if type(operand) is float:
            return -operand
        return self._call(BY_OPERATOR[SPELLED[type(node.op)]], (operand,), self.source.position(node))

    def _binary(self, node: ast.BinOp) -> Any:
        chain = [node]  # x + y + z + … leans to the left: walked without recursion
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        left = self._operand(chain[-1].left)
        for link in reversed(chain):
            position = self.source.end(link.left)
            if type(link.op) not in SPELLED:
                what = REFUSED.get(type(link.op), "an operator other than + - * / ** @")
                self._refuse(f"expected arithmetic, got {what}", link, position)
            symbol = SPELLED[type(link.op)]
            op = autograd.table[BY_OPERATOR[symbol]]
            position = self.source.text.index(symbol, position)
            right = self._operand(link.right)
            if op.is_elementwise and type(left) is type(right) is float:
                left = self._fold(op, left, right, position)
            else:
                left = self._call(op.name, (left, right), position)
        return left

    def _fold(self, op: autograd.Op, left: float, right: float, position: int) -> float:
        """Arithmetic on plain numbers: always in floats, so that 9**9**9**9 takes no time."""
        try:
            with np.errstate(all="raise", under="ignore"):
                return float(op.forward(left, right))
        except FloatingPointError as error:
            raise self.source.error(FAULTS[str(error).partition(" ")[0]], position) from None

    def _element(self, node: ast.expr) -> Any:
        """As `_operand`; True and False are allowed here too, in the elements of a mask."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return np.array(node.value)
        return self._operand(node)

    def _list(self, node: ast.List) -> Any:
        elements = [self._element(element) for element in node.elts]
        position = self.source.position(node)
        if not all(map(is_plain, elements)):
            return self._call("stack", (tuple(elements),), position)
        arrays = [np.asarray(element) for element in elements]
        if arrays and arrays[0].ndim == MAX_AXES:
            self._refuse(f"expected lists nested at most {MAX_AXES} deep", node)
        if len({array.shape for array in arrays}) > 1:
            shapes = " and ".join(sorted({str(array.shape) for array in arrays}))
            self._refuse(f"expected a list whose elements have one shape, got shapes {shapes}", node)
        if len({array.dtype == bool for array in arrays}) > 1:
            self._refuse("expected all numbers or all True and False, got both", node)
        if sum(array.size for array in arrays) > MAX_NUMBERS:
            self._refuse(f"expected at most {MAX_NUMBERS:,} numbers", node)
        return np.array(arrays) if arrays else np.zeros(0)

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self._operand(node.value)
        position = self.source.text.index("[", self.source.end(node.value))
        if isinstance(value, tuple):
            return self._output(value, node.slice)
        return self._call(BY_OPERATOR[SPELLED[type(node)]], (value,), position, index=self._index(node.slice))

    def _output(self, outputs: tuple[Any, ...], node: ast.expr) -> Any:
        """One of the several outputs of an operation."""
        index = self._index(node)
        if not isinstance(index, int) or not -len(outputs) <= index < len(outputs):
            self._refuse(f"expected the number of an output, 0 to {len(outputs) - 1}, of {told(outputs)}", node)
        return outputs[index]

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Tuple):
            return tuple(self._index(part) for part in node.elts)
        if isinstance(node, ast.Slice):
            return slice(*(part and self._integer(part) for part in (node.lower, node.upper, node.step)))
        return self._integer(node)

    def _integer(self, node: ast.expr) -> int:
        value = self._literal(node)
        if type(value) is not int:
            self._refuse("expected an index of whole numbers and slices, as in x[0], x[1:] or W[:, 0]", node)
        return value

    def _literal(self, node: ast.expr) -> Any:
        """The value of an argument such as axis=0, keepdims=True or shape=(2, 3)."""
        if isinstance(node, ast.Tuple | ast.List):
            parts = tuple(self._literal(part) for part in node.elts)
            if math.prod(part for part in parts if isinstance(part, int)) > LARGEST:
                self._refuse(f"expected a shape of at most {LARGEST:,} elements", node)
            return parts
        sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
        value = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
        if not isinstance(value, ast.Constant) or not isinstance(value.value, int | float | None):
            self._refuse("expected a plain value here, such as 0, True or (2, 3)", node)
        literal = value.value
        if isinstance(literal, int | float) and not isinstance(literal, bool):
            if abs(literal) > LARGEST:
                self._refuse(f"expected a number up to {LARGEST:,} here", node)
            return sign * literal
        return literal

    def _function(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            self._operand(node.func)  # which says what to write instead
        if not isinstance(node.func, ast.Name):
            self._refuse("expected a function before (…); to multiply, write *", node)
        if any(isinstance(x, ast.Starred) for x in node.args) or any(k.arg is None for k in node.keywords):
            self._refuse("expected arithmetic, got a star: write the arguments out", node)
        name = self.source.name(node.func)
        if len(node.args) == 2:
            name = PAIRS.get(name, name)
        if name not in autograd.table:
            self._refuse(f"{name} is no function: {self._instead(name)}", node)
        operands, rest = self._inputs(node, autograd.table[name])
        return self._call(name, operands, self.source.position(node), **self._params(node, autograd.table[name], rest))

    def _instead(self, name: str) -> str:
        """What may have been meant by a name that is no function."""
        if name in self.free or name in self._assigned or len(name) == 1:
            return f"to multiply, write {name} * (…)"
        if name in PAIRS:
            return f"to compare two values, write {name}(x, y)"
        named = [op.name for op in autograd.table.values() if op.operator not in SPELLED.values()]
        near = difflib.get_close_matches(name, named, 1)
        return f"did you mean {near[0]}?" if near else "docs/operations.md has all functions, as exp and tanh"

    def _inputs(self, node: ast.Call, op: autograd.Op) -> tuple[tuple[Any, ...], list[ast.expr]]:
        """The operands of a call, and the arguments that are left."""
        if op.arity is None:
            if (first := next(iter(op.signature.parameters))) in op.params:
                self._refuse(f"{op.name} takes {first} before its values, which cannot be written here", node)
            if not node.args or not isinstance(node.args[0], ast.List):
                self._refuse(f"expected a list of values, as in {op.name}([x, y])", node)
            return (tuple(self._operand(part) for part in node.args[0].elts),), node.args[1:]
        least = op.arity - len(op.defaults)
        if len(node.args) < least:
            which = f" ({', '.join(list(op.signature.parameters)[:least])})" if None in op.rules else ""
            self._refuse(f"{op.name} takes {least} value{'s' * (least > 1)}{which}, got {len(node.args)}", node)
        readers = [self._condition if rule is None else self._operand for rule in op.rules]
        inputs = tuple(read(value) for read, value in zip(readers, node.args, strict=False))
        return inputs, node.args[op.arity :]

    def _params(self, node: ast.Call, op: autograd.Op, rest: list[ast.expr]) -> dict[str, Any]:
        """Arguments such as axis=0, given in order or by name."""
        if len(rest) > len(op.params):
            most = len(node.args) - len(rest) + len(op.params)
            self._refuse(f"{op.name} takes at most {most} argument{'s' * (most > 1)}, got {len(node.args)}", node)
        params = {name: self._literal(value) for name, value in zip(op.params, rest, strict=False)}
        for keyword in node.keywords:
            if keyword.arg not in op.params:
                takes = f"it takes {', '.join(op.params)}" if op.params else "it takes none by name"
                self._refuse(f"{op.name} has no argument {keyword.arg}: {takes}", keyword)
            if keyword.arg in params:
                self._refuse(f"{keyword.arg} is given twice", keyword)
            params[keyword.arg] = self._literal(keyword.value)
        if isinstance(params.get("axis"), bool):
            self._refuse(f"expected the number of an axis, as in axis=0, got {params['axis']}", node)
        return params

    def _condition(self, node: ast.expr) -> Any:
        """What stands where nothing is differentiated: a comparison, or a mask of True and False."""
        return self._comparison(node) if isinstance(node, ast.Compare) else self._element(node)

    def _comparison(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1 or type(node.ops[0]) not in SPELLED:
            self._refuse("expected one comparison by > >= < <= == !=, as in where(x > 0, x, 0)", node)
        operands = (self._operand(node.left), self._operand(node.comparators[0]))
        return self._call(BY_OPERATOR[SPELLED[type(node.ops[0])]], operands, self.source.position(node))

    def _call(self, function: str, inputs: tuple[Any, ...], position: int, /, **params: Any) -> Any:
        if len(self._positions) == MAX_CALLS:
            raise self.source.error(f"expected at most {MAX_CALLS:,} operations", position)
        for value in inputs if autograd.table[function].arity is not None else inputs[0]:
            if isinstance(value, tuple):
                raise self.source.error(f"{function}: expected one value, got {several(value)}", position)
        self._positions.append(position)
        return self._apply(autograd.table[function], inputs, params, position)

    def _refuse(self, message: str, node: ast.AST, position: int | None = None) -> NoReturn:
        raise self.source.error(message, self.source.position(node) if position is None else position)


def told(outputs: tuple[Any, ...]) -> str:
    """What the outputs of an operation are called, where they have names.

    >>> told((1, 2)), told(np.linalg.slogdet(np.eye(2)))
    ('2 outputs', '2 outputs (sign, logabsdet)')
    """
    names = ", ".join(getattr(outputs, "_fields", ()))
    return f"{len(outputs)} outputs ({names})" if names else f"{len(outputs)} outputs"


def several(outputs: tuple[Any, ...]) -> str:
    """What to say to several outputs where one is expected."""
    return f"{told(outputs)}: take one of them, with [0] to [{len(outputs) - 1}]"


def is_plain(value: Any) -> bool:
    """Whether it is a number, or an array of numbers, that the text itself spells out."""
    return type(value) is float or (isinstance(value, np.ndarray) and value.dtype != object)


_READERS: dict[type[ast.AST], Callable[[Reader, Any], Any]] = {
    ast.BinOp: Reader._binary,
    ast.Call: Reader._function,
    ast.Constant: Reader._number,
    ast.List: Reader._list,
    ast.Name: Reader._name,
    ast.Subscript: Reader._subscript,
    ast.UnaryOp: Reader._unary,
}
