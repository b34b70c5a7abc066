"""How every operation is written: one row each, for people to read and in LaTeX.

A row is two templates. ``{0}`` is the first input, ``{*}`` all arguments, ``{index}`` the argument of that name. What
stands behind a colon is how tightly an input must bind to stand there without parentheses: ``{0:sum} + {1:sum}``; where
nothing stands, the place is enclosed already: ``|{0}|``. A condition that stands as a number is in brackets, as Iverson
wrote it: ``[x > 0]`` is 1 where it holds, else 0. An operation without a row is written as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from autograd.notation.words import latex_escaped
from autograd.op import Op
from autograd.operators import COMPARISON


class Formula(Protocol):
    """What a row asks of a formula."""

    @property
    def inputs(self) -> tuple[Any, ...]: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


class Level(IntEnum):
    """How tightly a formula binds, loosest first: x > y, a name such as "a b", x + y, x / y, x · y, −x, x², f(x)."""

    CONDITION = 0
    NAME = 1
    SUM = 2
    QUOTIENT = 3
    PRODUCT = 4
    NEGATIVE = 5
    POWER = 6
    ATOM = 7


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row:
    """How one operation is written, and which inputs change nothing."""

    level: Level
    text: str
    latex: str
    latex_level: Level | None = None  #: where LaTeX encloses what text does not
    neutral: tuple[float | None, ...] = ()  #: by position: x + 0, x − 0, x · 1, x / 1, x ** 1 are x
    cases: tuple[tuple[Callable[[Formula], bool], Row], ...] = ()  #: where it is written otherwise


def verbatim(text: str) -> str:
    """Text in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def function(name: str, latex: str) -> Row:
    """``name(x, y)``."""
    return Row(Level.ATOM, f"{name}({{*}})", rf"{latex}\left({{*}}\right)")


def is_square(formula: Formula) -> bool:
    """Whether a product has the same Symbol twice (two equal numbers stay a product)."""
    return formula.inputs[0] is formula.inputs[1] and hasattr(formula.inputs[0], "op")


def has_exponent(number: int) -> Callable[[Formula], bool]:
    return lambda formula: is_number(formula.inputs[1], number)


def is_indicator(formula: Formula) -> bool:
    """Whether it is 1 where a condition holds, else 0, with the condition written out: brackets tell what they enclose.

    A mask, or a name, does not look like a condition in them, but like an array or an index.
    """
    condition, x, y = formula.inputs
    return is_condition(condition) and is_number(x, 1) and is_number(y, 0)


def is_condition(x: Any) -> bool:
    """Whether it is a formula that is written as a condition: x > y, ¬x."""
    op = getattr(x, "op", None)
    return op is not None and row_of(op).level == Level.CONDITION


def is_number(x: Any, number: float) -> bool:
    return isinstance(x, int | float) and x == number


def reverses_axes(formula: Formula) -> bool:
    return "axes" not in formula.params


def is_outer(formula: Formula) -> bool:
    return formula.params.get("subscripts") == "i,j->ij"


SQUARE = Row(Level.POWER, "{0:atom}²", "{0:atom}^{{2}}")
CUBE = Row(Level.POWER, "{0:atom}³", "{0:atom}^{{3}}")
NOT = Row(Level.CONDITION, "¬{0:atom}", r"\lnot {0:atom}")
CASES = r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}"
TRANSPOSED = Row(Level.POWER, "{0:atom}ᵀ", r"{0:atom}^{{\top}}")
OUTER = Row(Level.QUOTIENT, "{0:quotient} ⊗ {1:negative}", r"{0:quotient} \, {1:atom}^{{\top}}")
INDICATOR = Row(Level.ATOM, "[{0}]", CASES)
LATEX_SIGN = {"==": "=", "≥": r"\ge", "≤": r"\le", "≠": r"\ne", "∧": r"\land", "∨": r"\lor"}

# fmt: off
ROWS = {
    "add": Row(Level.SUM, "{0:sum} + {1:sum}", "{0:sum} + {1:sum}", neutral=(0, 0)),
    "sub": Row(Level.SUM, "{0:sum} − {1:quotient}", "{0:sum} - {1:quotient}", neutral=(None, 0)),
    "mul": Row(Level.PRODUCT, "{0:quotient} · {1:product}", r"{0:quotient} \cdot {1:negative}", neutral=(1, 1),
               cases=((is_square, SQUARE),)),
    "div": Row(Level.QUOTIENT, "{0:quotient} / {1:negative}", r"\frac{{{0}}}{{{1}}}", Level.ATOM, neutral=(None, 1)),
    "matmul": Row(Level.QUOTIENT, "{0:quotient} @ {1:negative}", r"{0:quotient} \, {1:negative}"),
    "einsum": Row(Level.ATOM, "einsum({*})", r"\operatorname{{einsum}}\left({*}\right)", cases=((is_outer, OUTER),)),
    "neg": Row(Level.NEGATIVE, "−{0:negative}", "-{0:negative}"),
    "pow": Row(Level.POWER, "{0:atom}^{1:atom}", "{0:atom}^{{{1}}}", neutral=(None, 1),
               cases=((has_exponent(2), SQUARE), (has_exponent(3), CUBE))),
    "abs": Row(Level.ATOM, "|{0}|", r"\left|{0}\right|"),
    "sqrt": Row(Level.ATOM, "√({0})", r"\sqrt{{{0}}}"),
    "exp": function("exp", r"\exp"),
    "log": function("log", r"\log"),
    "sin": function("sin", r"\sin"),
    "cos": function("cos", r"\cos"),
    "tanh": function("tanh", r"\tanh"),
    "sigmoid": function("σ", r"\sigma"),
    "max": function("max", r"\max"),
    "maximum": function("maximum", r"\max"),
    "minimum": function("minimum", r"\min"),
    "where": Row(Level.ATOM, "where({*})", CASES, cases=((is_indicator, INDICATOR),)),
    "logical_not": NOT,
    "invert": NOT,
    "getitem": Row(Level.ATOM, "{0:atom}[{index}]", r"{0:atom}\left[{index}\right]"),
    "setitem": Row(Level.NAME, "{0:atom}[{index}] ← {1:sum}",
                   r"{0:atom}\left[{index}\right] \gets {1:sum}"),
    "transpose": Row(Level.ATOM, "transpose({*})", r"\operatorname{{transpose}}\left({*}\right)",
                     cases=((reverses_axes, TRANSPOSED),)),
}
# fmt: on


def sum_row(count: int) -> Row:
    """``x + y + …``"""
    terms = " + ".join(f"{{{k}:sum}}" for k in range(count))
    return Row(Level.SUM, terms, terms)


def products_row(count: int) -> Row:
    """``x · u + y · v + …``, where the first half of the inputs are the first factors."""
    pairs = [(k, count // 2 + k) for k in range(count // 2)]
    text = " + ".join(f"{{{x}:quotient}} · {{{y}:product}}" for x, y in pairs)
    latex = " + ".join(rf"{{{x}:quotient}} \cdot {{{y}:negative}}" for x, y in pairs)
    return Row(Level.SUM, text, latex)


#: Operations that are written by how many inputs they have.
MANY = {"sum_of": sum_row, "sum_of_products": products_row}


def row_of(op: Op, count: int = 0) -> Row:
    """How an operation of so many inputs is written: its row, or a condition by its sign, or a function by its name.

    >>> import autograd
    >>> row_of(autograd.table["relu"]).text
    'relu({*})'
    >>> row_of(autograd.table["greater_equal"]).text
    '{0:sum} ≥ {1:sum}'
    """
    if op.name in MANY and count:
        return MANY[op.name](count)
    if op.name in ROWS:
        return ROWS[op.name]
    if op.is_flat and op.arity == 2 and op.symbol != op.name:
        level = "sum" if op.operator in COMPARISON else "atom"
        template = f"{{{{0:{level}}}}} {{}} {{{{1:{level}}}}}"
        sign = LATEX_SIGN.get(op.symbol) or latex_escaped(op.symbol)
        return Row(Level.CONDITION, template.format(verbatim(op.symbol)), template.format(verbatim(sign)))
    return function(op.name, verbatim(rf"\operatorname{{{latex_escaped(op.name)}}}"))
