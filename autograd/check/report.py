"""Report: what a check looked at and what it found; each finding says where, what came, and what is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autograd import notebook
from autograd.errors import GradientError
from autograd.graph.graph import Graph
from autograd.notation.html import folded, headline, listing
from autograd.notation.words import written_name

#: ``wrong``: it is not the derivative. ``inconclusive``: no reference can tell. ``imprecise``: right as mathematics,
#: but digits are lost. ``kink``: there is no derivative, and what came lies between the one-sided ones. ``missing``:
#: what is not implemented, and so was not checked.
Outcome = Literal["wrong", "inconclusive", "imprecise", "kink", "missing"]

ORDER: Sequence[Outcome] = ("wrong", "inconclusive", "imprecise", "kink", "missing")

#: How many findings of an outcome the text of a report shows.
SHOWN = 5

#: How many findings a notebook shows unasked, and how many at all.
FEW, MANY = 12, 500

#: How many characters of a line of code a finding shows.
LONGEST = 100


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at and is not plainly right.

    >>> str(Finding(outcome="wrong", check="local derivative", message="got 0.5, certified 0.25", op="tanh", input=0))
    'wrong: local derivative: op tanh, input 0: got 0.5, certified 0.25'
    """

    outcome: Outcome
    check: str  #: what was looked at: "local derivative", "accumulation", "inputs unchanged" …
    message: str
    op: str | None = None
    node: int | None = None  #: its index in the graph
    name: str | None = None  #: of the node
    input: int | None = None  #: the place of the operand
    element: tuple[int, ...] | None = None  #: of that input
    got: Any = None
    expected: str | None = None  #: a certified number with its error, or as many digits as are known
    slopes: tuple[float, ...] | None = None  #: at a kink, from below and from above
    ulps: float | None = None  #: how far it is off, in units in the last place
    source: str | None = None  #: the line of code that made the node
    hint: str | None = None  #: the fault that this looks like
    factor: float | None = None  #: what came over what is right
    side: Literal["gradient", "loss"] | None = None  #: of a gradient written by hand: which is to be mended

    @property
    def place(self) -> str:
        """Where it is: ``op tanh, node 37 `h`, input 0, element (2, 5)``."""
        node = None
        if self.node is not None:
            node = f"node {self.node}" + (f" `{written_name(self.name)}`" if self.name else "")
        parts = [
            f"op {self.op}" if self.op else None,
            node or (f"`{self.name}`" if self.name else None),
            None if self.input is None else f"input {self.input}",
            None if not self.element else f"element {self.element}",
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        text = f"{self.outcome}: {self.check}: "
        text += f"{self.place}: {self.message}" if self.place else self.message
        if self.source:
            where, _, code = self.source.partition("  ")
            text += f", {where}: `{shorten(code)}`" if code else f", {where}"
        hint = f"; {self.hint}" if self.hint else ""
        return text + hint + (f" [the {self.side} is wrong]" if self.side else "")


def shorten(code: str) -> str:
    """A line of code, cut where it is long: a report may show it many times.

    >>> shorten("q = x + y"), len(shorten("q = f(" + "x, " * 100 + "y)"))
    ('q = x + y', 100)
    """
    return code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"


@dataclass(frozen=True)
class Report:
    """What a check found. It is true when nothing is wrong and nothing inconclusive.

    >>> from autograd.check import gradcheck
    >>> report = gradcheck(lambda x: x * x, 3.0)
    >>> bool(report), report.wrong
    (True, ())
    """

    findings: tuple[Finding, ...] = ()
    checked: Mapping[str, int] = field(default_factory=dict)  #: what was looked at, and how often
    reference: str = ""  #: what numbers were compared with
    graph: Graph | None = None
    name: str = "gradcheck"  #: of what was checked

    def __bool__(self) -> bool:
        return not (self.wrong or self.inconclusive)

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        """The findings of one outcome."""
        return tuple([finding for finding in self.findings if finding.outcome == outcome])

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is not the derivative, or breaks a contract."""
        return self.of("wrong")

    @property
    def inconclusive(self) -> tuple[Finding, ...]:
        """What no reference can tell."""
        return self.of("inconclusive")

    @property
    def imprecise(self) -> tuple[Finding, ...]:
        """What is right as mathematics, but loses digits."""
        return self.of("imprecise")

    @property
    def kinks(self) -> tuple[Finding, ...]:
        """Where there is no derivative, and what came lies between the one-sided ones."""
        return self.of("kink")

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What is not implemented, and so was not checked."""
        return self.of("missing")

    @property
    def ulps(self) -> float:
        """The farthest that any number is off, in units in the last place; 0 where all is right."""
        return max([finding.ulps or 0.0 for finding in self.findings], default=0.0)

    def __str__(self) -> str:
        return "\n".join([self.headline, *self._lines()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The headline, what was found, folded where that is long, and the graph with its marks."""
        first = headline(f"{'✓' if self else '✗'} {self.headline}")
        if not self.findings:
            return first
        lines = [str(finding) for outcome in ORDER for finding in self.of(outcome)]
        title = f"{len(lines)} finding{'s' * (len(lines) > 1)}"
        return first + folded(title, listing(lines[:MANY]), is_open=len(lines) <= FEW) + notebook.picture(self)

    @property
    def headline(self) -> str:
        """One line: whether it holds, and what was looked at."""
        counts = [f"{len(self.of(outcome))} {outcome}" for outcome in ORDER if self.of(outcome)]
        verdict = "passed" if self else "failed"
        sums: Counter[str] = Counter()
        for what, count in self.checked.items():
            sums[what.partition(":")[0]] += count  # "contract: linear in the cotangent"
        looked = ", ".join(f"{count} {noun(what, count)}" for what, count in sums.items() if count)
        by = f" against {self.reference}" if self.reference else ""
        found = f": {', '.join(counts)}" if counts else ""
        return f"{self.name} {verdict}{found}; checked {looked or 'nothing'}{by}"

    def _lines(self) -> list[str]:
        lines = []
        for outcome in ORDER:
            found = self.of(outcome)
            lines += [f"  {finding}" for finding in found[:SHOWN]]
            if len(found) > SHOWN:
                lines.append(f"  … and {len(found) - SHOWN} more {outcome}")
        return lines

    def raise_if_failed(self) -> None:
        """Raise `GradientError`, with this text, unless all is right."""
        __tracebackhide__ = True  # pytest shows the line that asked
        if not self:
            error = GradientError(str(self))
            error.report = self
            raise error


def noun(what: str, count: int) -> str:
    return what if count == 1 else what + "s"
