"""The line of code that made a node, read from the code around a snapshot: nothing is kept when a node is made.

`tracing` knows it of every node. Without it, what is held by a variable that is assigned once has the line of that
assignment, and what its expression made on the way has it too. A line that could be another's is none.
"""

from __future__ import annotations

import ast
import linecache
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple, TypeAlias, overload

from autograd.graph.names import is_node
from autograd.program import Constant, Equation
from autograd.state import file_or_cell

OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.USub: "-x",
    ast.Invert: "~x",
}

Function: TypeAlias = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class Spot(NamedTuple):
    """Where a function was when the snapshot was taken, and which nodes of the graph its variables held."""

    filename: str
    name: str
    first: int  #: the line where it begins
    line: int  #: the one that was running
    held: Mapping[str, int]


def spots_of(frames: Sequence[tuple[FrameType, Mapping[str, Any]]], places: Mapping[int, int]) -> list[Spot]:
    """Those of functions that hold nodes of a graph; ``places`` are the nodes, by ``_key``."""
    spots = []
    for frame, variables in frames:
        nodes = [(name, held) for name, held in variables.items() if is_node(held)]
        held = {name: places[key] for name, node in nodes if (key := node._record._key) in places}
        if held:
            code = frame.f_code
            spots.append(Spot(code.co_filename, code.co_name, code.co_firstlineno, frame.f_lineno, held))
    return spots


class Lines(Sequence[str | None]):
    """The line of every node, or None: what `tracing` knows, and what is found when one is first asked for."""

    def __init__(self, known: Sequence[str | None], equations: Sequence[Equation], spots: Sequence[Spot]) -> None:
        self._length = len(known)
        self._waiting: tuple[Any, ...] | None = known, equations, spots
        self._lines: tuple[str | None, ...] = ()

    @property
    def _found(self) -> tuple[str | None, ...]:
        waiting = self._waiting
        if waiting is not None:
            known, equations, spots = waiting
            found: dict[int, str] = {}
            for spot in reversed(spots):  # what the outer function says counts
                found |= lines_of(spot, equations)
            self._lines = tuple([line or found.get(i) for i, line in enumerate(known)])
            self._waiting = None  # last: another thread may be here too, and finds the same
        return self._lines

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str | None, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str | None, ...] | None:
        return self._found[index]

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._found)

    def __reduce__(self) -> tuple[type[tuple[str | None, ...]], tuple[tuple[str | None, ...]]]:
        return tuple, (self._found,)


def lines_of(spot: Spot, equations: Sequence[Equation]) -> dict[int, str]:
    """The nodes whose line is known from one function, and the line of each."""
    text, assigned = assignments(spot.filename, spot.name, spot.first)
    of: dict[int, str] = {}
    for name, index in spot.held.items():
        statement = assigned.get(name)
        if statement is None or (statement.end_lineno or 0) >= spot.line or index in of:
            continue  # what is assigned further down is from another run of the same code
        value = statement.value
        assert value is not None
        for i, expression in made_by(value, index, equations, spot.held):
            of[i] = f"{file_or_cell(spot.filename)}:{expression.lineno}  {text[expression.lineno - 1].strip()}"
    return of


MANY = 100

#: What was read of a file last, with its lines: `linecache` reads a file again where it changed.
_READ: dict[str, tuple[Sequence[str], ast.Module | None, dict[Any, Any]]] = {}


def assignments(filename: str, name: str, first: int) -> tuple[Sequence[str], dict[str, ast.Assign | ast.AnnAssign]]:
    """The lines of a file, and of one function of it the variables that are assigned once, with the statement."""
    text = linecache.getlines(filename)
    kept = _READ.get(filename)
    if kept is None or kept[0] is not text:
        if len(_READ) > MANY:  # cells of a long session
            _READ.clear()
        kept = _READ[filename] = text, parsed("".join(text)), {}
    _, tree, functions = kept
    if tree is None:
        return text, {}
    if (name, first) not in functions:
        block = function_in(tree, name, first)
        functions[name, first] = {} if block is None else assigned_once(block)
    return text, functions[name, first]


def parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text) if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as a cell that is not Python alone
        return None


def function_in(tree: ast.Module, name: str, first: int) -> Function | None:
    """The function of that name which begins in that line, if it is the only one; the code of a module is one too."""
    if name == "<module>":
        return tree
    found: list[Function] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in statements_in(waiting.pop()):
            begins = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            if begins <= first <= (node.end_lineno or 0):
                waiting.append(node)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name and begins == first:
                    found.append(node)
    return found[0] if len(found) == 1 else None


def statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    """Those right inside of a piece of code."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.stmt):
            yield part
        elif isinstance(part, ast.ExceptHandler | ast.match_case):
            yield from part.body


def assigned_once(block: Function) -> dict[str, ast.Assign | ast.AnnAssign]:
    """The variables that a function binds once, in a statement of its own that runs once: in no loop or branch.

    A name that is bound in any other way too, also by a function inside, or an argument, is left out.
    """
    bound = Counter(name for node in ast.walk(block) for name in names_bound(node))
    found: dict[str, ast.Assign | ast.AnnAssign] = {}
    waiting: list[ast.stmt] = list(block.body)
    while waiting:
        statement = waiting.pop()
        match statement:
            case ast.With(body=body):
                waiting += body
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                if bound[name] == 1:
                    found[name] = statement
    return found


def names_bound(node: ast.AST) -> Sequence[str]:
    """The names that a piece of code binds, deletes, or shares with other functions."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return names
        case ast.alias(name=name, asname=other):
            return [other or name.partition(".")[0]]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
    return []


def made_by(
    value: ast.expr, index: int, equations: Sequence[Equation], held: Mapping[str, int]
) -> list[tuple[int, ast.expr]]:
    """The nodes that an expression made, the given one last, where each operation of it is that of its node.

    The given one alone, where what its expression is made of is not so; none where not even that is.
    """
    operands = operands_of(value, equations[index])
    if operands is None:
        return []
    named = set(held.values())
    found = [(index, value)]
    waiting = list(operands)
    while waiting:
        part, x = waiting.pop()
        is_operation = isinstance(part, ast.BinOp | ast.Call) or (
            isinstance(part, ast.UnaryOp) and not isinstance(part.operand, ast.Constant)
        )
        if isinstance(x, Constant) or not is_operation:
            if isinstance(part, ast.Constant) and not isinstance(x, Constant):
                return found[:1]
            continue
        inner = operands_of(part, equations[x])
        if inner is None or x in named:
            return found[:1]
        found.append((x, part))
        waiting += inner
    return found


def operands_of(value: ast.expr, equation: Equation) -> list[tuple[ast.expr, int | Constant]] | None:
    """The parts of an expression with the inputs of the node that they stand for; None where it is no such operation.

    Of a call there may be none.
    """
    op = equation.op
    if op is None:
        return None
    parts: list[ast.expr]
    if isinstance(value, ast.BinOp | ast.UnaryOp):
        if OPERATORS.get(type(value.op)) != op.operator:
            return None
        parts = [value.left, value.right] if isinstance(value, ast.BinOp) else [value.operand]
        return list(zip(parts, equation.inputs, strict=True)) if len(parts) == len(equation.inputs) else None
    if not isinstance(value, ast.Call):
        return None
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    if name != op.name:
        return None
    parts = list(value.args)
    if isinstance(value.func, ast.Attribute) and len(parts) + 1 == len(equation.inputs):
        parts.insert(0, value.func.value)
    return list(zip(parts, equation.inputs, strict=True)) if len(parts) == len(equation.inputs) else []
