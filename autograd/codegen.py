"""From a rule to straight Python: the code that Values and Tensors run, written by running rules on Symbols.

A rule is written once, in the table. Run on Symbols it gives a formula, and the formula gives the text of a
function on floats, or on arrays; each function that ends in ``_source`` shows such a text. Nothing here
knows a derivative.

At the edges of a function (1/0, log 0, exp 1000) Python raises where NumPy gives an infinity or a NaN and
warns. There, and for an operation that has no Python text, the rule runs on NumPy numbers instead: so a
Value and a Tensor agree everywhere.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.operators import real
from autograd.symbol import Symbol

NAMES = ("x", "y")

#: What Python raises where NumPy gives an infinity or a NaN.
EDGE = (ArithmeticError, ValueError)

#: NumPy functions whose namesake in `math` is the same function on floats (not so floor, or remainder).
SAME = frozenset({"exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"})

#: Operations as Python text on floats; those of `SAME` need no entry.
PYTHON = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0} * {1})",
    "div": "({0} / {1})",
    "pow": "pow({0}, {1})",
    "neg": "(-{0})",
    "abs": "abs({0})",
    "sign": "(float(({0} > 0) - ({0} < 0)) if {0} == {0} else {0})",
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
    "where": "({0} if {condition} else {1})",
}

#: What that text may call.
NAMESPACE = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")} | {"abs": abs}

Evaluate = Callable[..., tuple[float, ...]]


class Untranslatable(Exception):  # noqa: N818 - no error to anyone outside
    """A rule with no text on Python floats."""


def text(formula: Any, spelling: Callable[[Op], str]) -> str:
    """Python source for a formula of Symbols and numbers.

    >>> text(Symbol("x") * 2 + 1, on_floats)
    '((x * 2) + 1)'
    """
    if not isinstance(formula, Symbol):
        return number_text(formula)
    if formula.op is None:
        return formula.name
    if formula.op.params and formula.op.name != "where":
        raise Untranslatable(formula.op.name)
    operands = [text(x, spelling) for x in formula.inputs]
    params = {name: text(value, spelling) for name, value in formula.params.items()}
    return spelling(formula.op).format(*operands, **params)


def number_text(x: Any) -> str:
    """A constant of a rule as Python source, which stays one operand wherever it is put."""
    x = x.item() if isinstance(x, np.generic) else x
    if not isinstance(x, int | float):
        raise Untranslatable(type(x).__name__)
    return f"float('{x}')" if not math.isfinite(x) else f"({x!r})" if x < 0 else repr(x)


def on_floats(op: Op) -> str:
    """How one operation is spelled on floats."""
    if op.name in PYTHON:
        return PYTHON[op.name]
    if op.operator is not None and not op.rules:
        return f"({{0}} {op.operator} {{1}})"  # a comparison
    name = getattr(op.forward, "__name__", "")
    if isinstance(op.forward, np.ufunc) and name in SAME:
        return called(name, op)
    raise Untranslatable(op.name)


def on_arrays(op: Op) -> str:
    """How one operation is spelled on arrays: the operator, or its own forward function under its name."""
    if op.operator is not None:
        return f"({{0}} {op.operator} {{1}})"
    if op.name == "where":
        return "where({condition}, {0}, {1})"
    return called(op.name, op)


def called(name: str, op: Op) -> str:
    """A call of a function on every operand: ``hypot({0}, {1})``."""
    return f"{name}({', '.join(f'{{{k}}}' for k in range(op.arity or 0))})"


def output(op: Op) -> str:
    """The output of an elementwise operation on floats x and y, as Python text."""
    inputs = symbols(op)
    try:
        return on_floats(op).format(*(x.name for x in inputs))
    except Untranslatable:  # no spelling of its own: trace its forward function
        return text(traced(op, op.forward, *inputs), on_floats)


def slopes(op: Op, spelling: Callable[[Op], str]) -> list[str]:
    """The slopes of an elementwise operation, as Python text in the inputs x and y and the output z."""
    inputs = symbols(op)
    return [text(traced(op, rule, Symbol("z"), *inputs), spelling) for rule in op.rules]


def traced(op: Op, function: Callable[..., Any], *inputs: Symbol) -> Any:
    """What a function makes of Symbols; one that needs real numbers, or reads variables, has no text."""
    if reads_variables(function):
        raise Untranslatable(op.name)
    try:
        return function(*inputs)
    except Exception as error:  # a person's own function may do anything with a Symbol
        raise Untranslatable(op.name) from error


def reads_variables(function: Callable[..., Any]) -> bool:
    """Whether a function depends on data beside its arguments, which may change after it is translated."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    outside = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
    outside += [cell.cell_contents for cell in function.__closure__ or ()]
    return not all(callable(value) or isinstance(value, ModuleType) for value in outside)


def symbols(op: Op) -> list[Symbol]:
    if op.params or op.arity not in (1, 2) or not op.is_elementwise:
        raise Untranslatable(op.name)
    return [Symbol(name) for name in NAMES[: op.arity]]


def compiled(name: str, source: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    """The one function that the source defines, with the source kept for tracebacks and debuggers."""
    filename = f"<autograd {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)  # the text comes from the table alone
    function: Callable[..., Any] = namespace["function"]
    function.__name__ = function.__qualname__ = name
    return function


def evaluator(op: Op) -> Evaluate:
    """A function from floats to the output and the slope by each input.

    >>> import autograd
    >>> evaluator(autograd.mul)(3.0, -4.0)
    (-12.0, -4.0, 3.0)
    >>> evaluator(autograd.tanh)(0.0)
    (0.0, 1.0)
    """
    at_edge = partial(evaluate_at_edge, op)
    try:
        return compiled(f"{op.name} evaluator", evaluator_source(op), NAMESPACE | {"EDGE": EDGE, "at_edge": at_edge})
    except Untranslatable:
        return at_edge


def evaluator_source(op: Op) -> str:
    arguments = ", ".join(NAMES[: op.arity])
    return f"""\
def function({arguments}):
    try:
        z = {output(op)}
        return {", ".join(["z", *slopes(op, on_floats)])},
    except EDGE:
        return at_edge({arguments})
"""


def evaluate_at_edge(op: Op, *values: float, **params: Any) -> tuple[float, ...]:
    """The same by NumPy: infinities and NaNs in place of exceptions, and NumPy's warnings for the output."""
    numbers = [np.float64(value) for value in values]
    z = np.float64(real(op.forward(*numbers, **params), op))
    with np.errstate(all="ignore"):
        return float(z), *(float(rule(z, *numbers, **params)) for rule in op.rules)


# The methods of Value. A node is made in line, slot by slot: a call for each would double its cost. Its label,
# params and source are left unset, which saves the collector half of what it would look at.

NODE = """\
node = new(Value)
node.data = z
node.grad = UNSET
node.op = op
node._x = {x}
node._dx = {dx}
node._y = {y}
node._dy = {dy}
return node
"""


def indent(block: str, depth: int) -> str:
    return "".join(" " * depth + line + "\n" for line in block.splitlines())


def unary_source(op: Op) -> str:
    (slope,) = slopes(op, on_floats)
    return f"""\
def function(self):
    if blocks() is None:
        try:
            x = self.data
            z = {output(op)}
{indent(NODE.format(x="self", dx=slope, y="None", dy="None"), 12)}\
        except EDGE:
            pass
    return general(self)
"""


def binary_source(op: Op, other: str = "other", default: str = "") -> str:
    dx, dy = slopes(op, on_floats)
    return f"""\
def function(self, {other}{default}):
    if blocks() is None:
        try:
            kind = {other}.__class__
            if kind is Value:
                x = self.data
                y = {other}.data
                z = {output(op)}
{indent(NODE.format(x="self", dx=dx, y=other, dy=dy), 16)}\
            if kind is float or kind is int:
                x = self.data
                y = {other}
                z = {output(op)}
{indent(NODE.format(x="self", dx=dx, y=other, dy="None"), 16)}\
        except EDGE:
            pass
    return general(self, {other})
"""


def reflected_source(op: Op) -> str:
    _, dy = slopes(op, on_floats)
    return f"""\
def function(self, other):
    kind = other.__class__
    if blocks() is None and (kind is float or kind is int):
        try:
            x = other
            y = self.data
            z = {output(op)}
{indent(NODE.format(x="other", dx="None", y="self", dy=dy), 12)}\
        except EDGE:
            pass
    return general(self, other)
"""


def comparison_source(op: Op) -> str:
    return f"""\
def function(self, other):
    kind = other.__class__
    if kind is Value:
        return self.data {op.operator} other.data
    if kind is float or kind is int:
        return self.data {op.operator} other
    return general(self, other)
"""


# The way back through a Tensor: each input's part, un-broadcast where it has to be, added to what it has.

PULL = """\
if {input}.__class__ is Tensor and {input}.requires_grad:
    part = {part}
    if part.dtype is not {array}.dtype or not (alike or part.shape == {array}.shape):
        part = fit(part, {array})
    before = {input}.grad
    {input}.grad = part if before is marker else before + part
"""


def pull_source(op: Op) -> str:
    """A function that adds what the gradient ``g`` of a Tensor contributes to each input's ``grad``.

    A grad that is still the ``marker`` of the sweep has received nothing yet.
    """
    names = NAMES[: op.arity]
    arrays, inputs = ", ".join(names), ", ".join(f"input_{name}" for name in names)
    parts = [
        PULL.format(input=f"input_{name}", array=name, part="g" if slope == "1" else f"g * {slope}")
        for name, slope in zip(names, slopes(op, on_arrays), strict=True)
    ]
    alike = "x.__class__ is y.__class__ and x.shape == y.shape" if op.arity == 2 else "False"
    return f"""\
def function(node, g, marker):
    z = node._array
    {arrays}, = node._saved
    {inputs}, = node.inputs
    alike = {alike}
{indent("".join(parts), 4)}"""
