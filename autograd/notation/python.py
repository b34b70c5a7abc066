"""Formulas as straight Python: an operation that is used more than once, or would be long in place, gets a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd.notation.printer import Dialect, Form, Printed, operations, printed
from autograd.notation.rows import Level
from autograd.notation.symbol import Symbol
from autograd.op import Op, op_of

#: How an operation is spelled, as a template that stays one operand wherever it is put; None: it has no spelling.
Spelling = Callable[[Op], str | None]

#: How long an expression may be before it gets a line of its own.
LONG = 200


class Untranslatable(Exception):  # noqa: N818 - no error to anyone outside
    """What has no text in generated code, and why."""


class Python(Dialect):
    """Code for one backend."""

    parentheses = "({})"
    brackets = "({})"
    minus = "-"

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling

    def form(self, formula: Symbol) -> Form:
        template = self.spelling(op_of(formula))
        if template is None:
            raise Untranslatable(f"{op_of(formula).name} has no spelling")
        return template, Level.ATOM

    def leaf(self, x: Any) -> tuple[str, Level]:
        return x.name if isinstance(x, Symbol) else number_text(x), Level.ATOM

    def param(self, x: Any) -> str:
        return number_text(x)

    def arguments(self, args: list[Any], params: Mapping[str, Any]) -> str:
        return ", ".join(map(str, args))

    def names(self) -> Iterator[str]:
        return (f"u{n}" for n in count(1))

    def gets_name(self, text: str, uses: int) -> bool:
        return uses > 1 or len(text) > LONG


def number_text(x: Any) -> str:
    """A constant of a rule as Python source, which stays one operand wherever it is put."""
    x = x.item() if isinstance(x, np.generic) else x
    if not isinstance(x, int | float):
        raise Untranslatable(f"a {type(x).__name__} is no constant that can be written down")
    try:
        is_finite = math.isfinite(x)
    except OverflowError as error:
        raise Untranslatable("no float holds so large an integer") from error
    if not is_finite:
        return f"float('{x}')"
    return f"({x!r})" if repr(x).startswith("-") else repr(x)


def python(formulas: Sequence[Any], spelling: Spelling) -> Printed:
    """Formulas as Python: lines for what they share, then an expression for each.

    >>> from autograd.notation.floats import on_floats
    >>> x, y = Symbol("x"), Symbol("y")
    >>> python([x * y + 1, (x * y) ** 2], on_floats)
    Printed(shared=(('u1', '(x * y)'),), formulas=('(u1 + 1)', 'pow(u1, 2)'))
    """
    return printed(merged(formulas), Python(spelling))


def merged(formulas: Sequence[Any]) -> list[Any]:
    """The same formulas, with one Symbol for all operations that are equal."""
    made: dict[int, Any] = {}
    kept: dict[Any, Symbol] = {}

    def one(x: Any) -> Any:
        return made.get(id(x), x)

    def key(x: Any) -> Any:
        if not isinstance(x, Symbol):
            return type(x), repr(x)  # 0.0 is not −0.0, and 1 not True
        return x.name if x.op is None else id(x)

    for formula in operations(formulas):
        inputs = tuple(map(one, formula.inputs))
        params = {name: one(x) for name, x in formula.params.items()}
        identity = formula.op, tuple(map(key, inputs)), tuple((name, key(x)) for name, x in params.items())
        if identity not in kept:
            kept[identity] = Symbol("", formula.shape, formula.op, inputs, params)
        made[id(formula)] = kept[identity]
    return [one(formula) for formula in formulas]
