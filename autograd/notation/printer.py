"""The one printer: formulas of Symbols as text, as LaTeX, and as Python, in one walk.

A subformula that is used more than once, and is long, is told once and gets a name. So what is printed grows with
the number of operations, however often they use one another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from string import Formatter
from typing import Any, NamedTuple

from autograd.call import Output, fill
from autograd.notation.rows import Level, Row, row_of
from autograd.notation.symbol import Symbol
from autograd.notation.words import (
    MINUS,
    format_constant,
    format_index,
    format_param,
    is_whole,
    latex_escaped,
    latex_name,
    latex_number,
    written_name,
)
from autograd.op import op_of

#: A template, and how tightly what it makes binds.
Form = tuple[str, Level]

#: How long the text of a subformula may be to stand in several places.
SHORT = 30


class Written(str):
    """The text of an input, which stands among params that are still to be written."""

    __slots__ = ()


class Dialect(ABC):
    """What a language has of its own."""

    parentheses: str
    brackets: str  #: around a condition that stands as a number
    minus: str

    def enclosed(self, text: str, level: Level) -> str:
        """What binds too loosely where it stands."""
        return (self.brackets if level == Level.CONDITION else self.parentheses).format(text)

    def placed(self, text: str, level: str, follows: bool) -> str:
        """What binds tightly enough; ``level`` is how tightly it had to, ``follows`` whether something is before it."""
        return text

    def stated(self, text: str, level: Level) -> str:
        """What stands behind an equals sign."""
        return self.enclosed(text, level) if level == Level.CONDITION else text

    @abstractmethod
    def form(self, formula: Symbol) -> Form:
        """How an operation is written."""

    @abstractmethod
    def leaf(self, x: Any) -> tuple[str, Level]:
        """A name, or a constant."""

    @abstractmethod
    def param(self, x: Any) -> str:
        """An argument that is not differentiated, where the operation has a place for it."""

    @abstractmethod
    def arguments(self, args: list[Any], params: Mapping[str, Any]) -> str:
        """All arguments of a function: inputs, which are `Written`, params, and lists of both."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """Names for subformulas, without end."""

    def gets_name(self, text: str, uses: int) -> bool:
        """Whether a subformula that is used so often is told once."""
        return uses > 1 and len(text) > SHORT


class Printed(NamedTuple):
    """Formulas as printed, and the subformulas that they share, each after those that it uses itself."""

    shared: tuple[tuple[str, str], ...]
    formulas: tuple[str, ...]


def printed(formulas: Sequence[Any], dialect: Dialect) -> Printed:
    """Print formulas that may share subformulas. Linear in the number of operations; no recursion."""
    order = operations(formulas)
    forms = {id(formula): dialect.form(formula) for formula in order}
    uses = Counter(id(x) for formula in order for x in placed(forms[id(formula)][0], formula))
    uses.update(map(id, formulas))
    taken = {x.name for formula in (*order, *formulas) for x in (formula, *parts(formula)) if isinstance(x, Symbol)}
    taken |= {formula.op.name for formula in order if formula.op is not None}
    names = (name for name in dialect.names() if name not in taken)
    texts: dict[int, tuple[str, Level]] = {}
    shared: list[tuple[str, str]] = []

    def told(x: Any) -> tuple[str, Level]:
        return texts[id(x)] if id(x) in texts else dialect.leaf(x)

    for formula in order:
        template, level = forms[id(formula)]
        text = filled(template, formula, told, dialect)
        if isinstance(formula.params, Output):
            text, level = f"{text}[{formula.params.index}]", Level.ATOM
        if dialect.gets_name(text, uses[id(formula)]):
            name = next(names)
            shared.append((name, dialect.stated(text, level)))
            text, level = dialect.leaf(Symbol(name))
        texts[id(formula)] = text, level
    return Printed(tuple(shared), tuple(dialect.stated(*told(formula)) for formula in formulas))


def filled(template: str, formula: Symbol, told: Callable[[Any], tuple[str, Level]], dialect: Dialect) -> str:
    """A template with its places filled; an input that binds too loosely, or hides a minus, goes in parentheses."""
    pieces: list[str] = []
    for literal, place, level, _ in Formatter().parse(template):
        pieces.append(literal)
        if place is None:
            continue
        if place == "*":
            inputs = [Written(told(x)[0]) for x in formula.inputs]
            args, params = op_of(formula).binding.arguments(inputs, formula.params)
            pieces.append(dialect.arguments(list(args), params))
        elif place.isdigit():
            text, binds = told(formula.inputs[int(place)])
            follows = any(pieces)
            hides_minus = text.startswith(dialect.minus) and follows
            loose = level and (binds < Level[level.upper()] or hides_minus)
            pieces.append(dialect.enclosed(text, binds) if loose else dialect.placed(text, level or "", follows))
        else:
            param = formula.params.get(place, Symbol(place[0]))  # not known: its initial stands for it
            param = fill(param, [Written(told(x)[0]) for x in formula.inputs])
            pieces.append(told(param)[0] if isinstance(param, Symbol) else dialect.param(param))
    return "".join(pieces)


def placed(template: str, formula: Symbol) -> Iterator[Any]:
    """The parts of a formula as often as the template names them."""
    for _, place, _, _ in Formatter().parse(template):
        if place == "*":
            yield from parts(formula)
        elif place is not None and place.isdigit():
            yield formula.inputs[int(place)]
        elif place is not None:
            yield formula.params.get(place)


def parts(formula: Any) -> Iterator[Any]:
    """Inputs, and arguments that are not differentiated."""
    return chain(formula.inputs, formula.params.values()) if isinstance(formula, Symbol) else iter(())


def operations(formulas: Sequence[Any]) -> list[Symbol]:
    """Every operation in the formulas once, inputs before their users."""
    order: list[Symbol] = []
    seen: set[int] = set()
    for formula in formulas:
        path = [(formula, parts(formula))]
        while path:
            current, remaining = path[-1]
            for x in remaining:
                if isinstance(x, Symbol) and x.op is not None and id(x) not in seen:
                    seen.add(id(x))
                    path.append((x, parts(x)))
                    break
            else:
                path.pop()
                if isinstance(current, Symbol) and current.op is not None and (path or id(current) not in seen):
                    seen.add(id(current))
                    order.append(current)
    return order


def row_for(formula: Symbol) -> Row:
    """The row of a formula's operation, or that of its special case."""
    row = row_of(op_of(formula), len(formula.inputs))
    return next((case for applies, case in row.cases if applies(formula)), row)


def letters() -> Iterator[str]:
    """u, v, w, u1, u2, …"""
    return chain("uvw", (f"u{n}" for n in count(1)))


def listed(x: Any, single: Callable[[Any], str]) -> str:
    """An argument: an input as it is written, a list in brackets, anything else as ``single`` writes it."""
    if isinstance(x, Written):
        return x
    return f"[{', '.join(listed(part, single) for part in x)}]" if isinstance(x, list) else single(x)


class Text(Dialect):
    """For people, in plain text."""

    parentheses = "({})"
    brackets = "[{}]"
    minus = MINUS

    def form(self, formula: Symbol) -> Form:
        row = row_for(formula)
        return row.text, row.level

    def leaf(self, x: Any) -> tuple[str, Level]:
        if isinstance(x, Symbol):
            name = written_name(x.name)
            return name, Level.ATOM if is_whole(name) else Level.NAME
        constant = format_constant(x)
        return constant, Level.NEGATIVE if constant.startswith(MINUS) else Level.ATOM

    def param(self, x: Any) -> str:
        return format_index(x)

    def arguments(self, args: list[Any], params: Mapping[str, Any]) -> str:
        lists = [listed(x, format_param) for x in params.values() if isinstance(x, list)]
        named = [f"{name}={format_param(x)}" for name, x in params.items() if not isinstance(x, list)]
        return ", ".join([*(listed(x, str) for x in args), *lists, *named])

    def names(self) -> Iterator[str]:
        return letters()


class Latex(Dialect):
    """For people, typeset."""

    parentheses = r"\left({}\right)"
    brackets = r"\left[{}\right]"
    minus = "-"

    def form(self, formula: Symbol) -> Form:
        row = row_for(formula)
        return row.latex, row.level if row.latex_level is None else row.latex_level

    def leaf(self, x: Any) -> tuple[str, Level]:
        text, level = TEXT.leaf(x)
        if isinstance(x, Symbol):
            return latex_name(x.name), level
        number = latex_number(text)
        return number, min(level, Level.PRODUCT) if r"\cdot" in number else level

    def param(self, x: Any) -> str:
        if isinstance(x, tuple) and any(isinstance(part, Written) for part in x):
            return ", ".join(listed(part, self.param) for part in x)
        return rf"\mathrm{{{latex_escaped(format_index(x))}}}"

    def single(self, x: Any) -> str:
        """An argument without a place of its own: a number, or a param."""
        return self.leaf(x)[0] if isinstance(x, Symbol | int | float) else self.param(x)

    def arguments(self, args: list[Any], params: Mapping[str, Any]) -> str:
        lists = [listed(x, self.single) for x in params.values() if isinstance(x, list)]
        named = [
            rf"\mathrm{{{latex_escaped(f'{name}={format_param(x)}')}}}"
            for name, x in params.items()
            if not isinstance(x, list)
        ]
        return ", ".join([*(listed(x, self.single) for x in args), *lists, *named])

    def names(self) -> Iterator[str]:
        return letters()


TEXT, LATEX = Text(), Latex()


def text(formula: Any) -> str:
    """A formula as people write it in plain text.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> text((x + y) * x), text(1 - y * y), text((x / y) ** 2)
    ('(x + y) · x', '1 − y²', '(x / y)²')
    >>> long = (x + y) / (1 + x * y) + x / (1 - y)
    >>> text(long * (1 - long))
    'u · (1 − u) (with u = (x + y) / (1 + x · y) + x / (1 − y))'
    """
    result = printed([formula], TEXT)
    if not result.shared:
        return result.formulas[0]
    return f"{result.formulas[0]} (with {', '.join(f'{name} = {u}' for name, u in result.shared)})"


def latex(formula: Any) -> str:
    r"""A formula as LaTeX.

    >>> print(latex(Symbol("x") / (Symbol("w1") + 1)))
    \frac{x}{w_{1} + 1}
    """
    result = printed([formula], LATEX)
    if not result.shared:
        return result.formulas[0]
    where = r",\; ".join(f"{latex_name(name)} = {u}" for name, u in result.shared)
    return rf"{result.formulas[0]} \quad \left(\text{{with }} {where}\right)"
