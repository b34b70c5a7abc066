"""From a rule to straight Python: the code that Values run, written by running each rule on Symbols.

A rule is written once, in the table. Run on Symbols it gives a formula; the formula gives the text of a
Python function on floats; ``source(op)`` shows that text. Nothing here knows a derivative.

At the edges of a function (1/0, log 0, exp 1000) Python raises where NumPy gives an infinity or a NaN and
warns. There, and for an operation that has no Python text, the rule runs on NumPy numbers instead: so a
Value and a Tensor agree everywhere.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.symbol import Symbol

NAMES = ("x", "y")

#: What Python raises where NumPy gives an infinity or a NaN.
EDGE = (ArithmeticError, ValueError)

#: Operations as Python text on floats; those whose NumPy function has a namesake in `math` need no entry.
PYTHON = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0} * {1})",
    "div": "({0} / {1})",
    "pow": "pow({0}, {1})",
    "neg": "(-{0})",
    "abs": "abs({0})",
    "sign": "(({0} > 0) - ({0} < 0) if {0} == {0} else {0})",
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
    "where": "({0} if {condition} else {1})",
}

#: What that text may call.
NAMESPACE = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")} | {"abs": abs}

Evaluate = Callable[..., tuple[float, ...]]


class Untranslatable(Exception):
    """A rule with no text on Python floats."""


def text(formula: Any) -> str:
    """Python source for a formula of Symbols and numbers.

    >>> text(Symbol("x") * 2 + 1)
    '((x * 2) + 1)'
    """
    if not isinstance(formula, Symbol):
        return repr(formula)
    if formula.op is None:
        return formula.name
    return template(formula.op).format(
        *map(text, formula.inputs), **{name: text(value) for name, value in formula.params.items()}
    )


def template(op: Op) -> str:
    """How one operation is spelled in Python."""
    if op.name in PYTHON:
        return PYTHON[op.name]
    if op.operator is not None and not op.rules:
        return f"({{0}} {op.operator} {{1}})"  # a comparison
    name = getattr(op.forward, "__name__", "")
    if isinstance(op.forward, np.ufunc) and name in NAMESPACE:
        return f"{name}({{0}})"
    raise Untranslatable(op.name)


def partials(op: Op) -> list[str]:
    """The output of an elementwise operation, then its slopes, as Python text in x, y and the output z."""
    inputs = [Symbol(name) for name in NAMES[: op.arity]]
    if op.params or op.arity != len(inputs):
        raise Untranslatable(op.name)
    # An operation with a spelling of its own is that spelling; another is traced through its forward function.
    try:
        output = template(op).format(*map(text, inputs))
    except Untranslatable:
        output = text(op.forward(*inputs))
    return [output, *(text(rule(Symbol("z"), *inputs)) for rule in op.rules)]


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
    try:
        output, *slopes = partials(op)
    except Untranslatable:
        return partial(evaluate_at_edge, op)
    arguments = ", ".join(NAMES[: op.arity])
    source = f"""\
def function({arguments}):
    try:
        z = {output}
        return {", ".join(["z", *slopes])},
    except EDGE:
        return at_edge({arguments})
"""
    namespace = NAMESPACE | {"EDGE": EDGE, "at_edge": partial(evaluate_at_edge, op)}
    return compiled(op.name, source, namespace)


def evaluate_at_edge(op: Op, *values: float, **params: Any) -> tuple[float, ...]:
    """The same by NumPy: infinities and NaNs in place of exceptions, and NumPy's warnings for the output."""
    numbers = [np.float64(value) for value in values]
    output = op.forward(*numbers, **params)
    with np.errstate(all="ignore"):
        return float(output), *(float(rule(np.float64(output), *numbers, **params)) for rule in op.rules)


# The methods of Value. A node is made in line, slot by slot: a call for each would double its cost.

NODE = """\
node = new(Value)
node.data = z
node.grad = UNSET
node.op = op
node._x = {x}
node._dx = {dx}
node._y = {y}
node._dy = {dy}
node.label = node.params = node.source = None
return node
"""


def indent(block: str, depth: int) -> str:
    return "".join(" " * depth + line + "\n" for line in block.splitlines())


def unary_source(op: Op) -> str:
    output, slope = partials(op)
    return f"""\
def function(self):
    if mode() is None:
        try:
            x = self.data
            z = {output}
{indent(NODE.format(x="self", dx=slope, y="None", dy="None"), 12)}\
        except EDGE:
            pass
    return op(self)
"""


def binary_source(op: Op, default: str = "") -> str:
    output, dx, dy = partials(op)
    return f"""\
def function(self, other{default}):
    if mode() is None:
        try:
            kind = other.__class__
            if kind is Value:
                x = self.data
                y = other.data
                z = {output}
{indent(NODE.format(x="self", dx=dx, y="other", dy=dy), 16)}\
            if kind is float or kind is int:
                x = self.data
                y = other
                z = {output}
{indent(NODE.format(x="self", dx=dx, y="other", dy="None"), 16)}\
        except EDGE:
            pass
    return general(self, other)
"""


def reflected_source(op: Op) -> str:
    output, _, dy = partials(op)
    return f"""\
def function(self, other):
    kind = other.__class__
    if mode() is None and (kind is float or kind is int):
        try:
            x = other
            y = self.data
            z = {output}
{indent(NODE.format(x="other", dx="None", y="self", dy=dy), 12)}\
        except EDGE:
            pass
    return general(self, other)
"""
