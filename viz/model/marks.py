"""Marks: what a check found, or why a gradient is nothing, by the place in the graph that it is about."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from autograd import Graph, GraphError, Reason, Why, format_number

if TYPE_CHECKING:
    from autograd.check import Finding, Report

#: What is found, from the worst on: the one that a place with several is marked with; and which way a step goes.
OUTCOMES = ("wrong", "stopped", "inconclusive", "imprecise", "kink", "missing", "forward", "backward")

#: The number in the text of a certified one: "[0.25 +/- 1e-20]".
NUMBER = re.compile(r"\[?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)", re.IGNORECASE)

#: How many characters of a message there are on a line, and how many lines.
WIDE, LINES = 40, 3

FEW, ALL = 4, 17  #: digits: of a number that is read at a glance, and of a float


@dataclass(frozen=True)
class Mark:
    """What was found at one place: its worst outcome, the lines that are shown there, and all of it in words."""

    outcome: str
    lines: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Marks:
    """The marks of a graph: of nodes by index, of edges by index and operand; and what is about no place in it."""

    nodes: Mapping[int, Mark] = field(default_factory=dict)
    edges: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def places(self) -> list[int]:
        """The marked nodes, those with the worst marks first."""
        found = [(mark, index) for index, mark in self.nodes.items()]
        found += [(mark, index) for (index, _), mark in self.edges.items()]
        ordered = sorted(found, key=lambda each: OUTCOMES.index(each[0].outcome))
        return list(dict.fromkeys(index for _, index in ordered))


def report_of(what: Any) -> Report | None:
    """What a check found, if it is that. Whoever has it has imported the checks; nobody else waits for them here."""
    check = sys.modules.get("autograd.check")
    return what if check is not None and isinstance(what, check.Report) else None


def marked(report: Report) -> tuple[Graph, Marks]:
    """The graph of a report, and the findings on it.

    Raises `autograd.GraphError` for a report that has none.
    """
    graph = report.graph
    if graph is None:
        why = "as what was checked was not recorded on nodes"
        raise GraphError(f"{report.name}: this report has no graph to draw, {why}: print it")
    nodes: dict[int, list[Finding]] = {}
    edges: dict[tuple[int, int], list[Finding]] = {}
    notes = []
    for finding in sorted(report.findings, key=lambda each: OUTCOMES.index(each.outcome)):
        place = place_of(finding, graph)
        if place is None:
            notes.append(str(finding))
        elif finding.input is None or finding.input >= len(graph.equations[place].inputs):
            nodes.setdefault(place, []).append(finding)
        else:
            edges.setdefault((place, finding.input), []).append(finding)
    return graph, Marks(
        {place: mark_of(found) for place, found in nodes.items()},
        {place: mark_of(found) for place, found in edges.items()},
        tuple(notes),
    )


def lit(why: Why) -> tuple[Graph, Marks]:
    """The graph that a gradient is missing in, and where the reasons are."""
    nodes: dict[int, list[Reason]] = {}
    edges: dict[tuple[int, int], list[Reason]] = {}
    for reason in why.reasons:
        if reason.node is not None and reason.input is not None:
            edges.setdefault((reason.node, reason.input), []).append(reason)
        elif reason.node is not None:
            nodes.setdefault(reason.node, []).append(reason)
    notes = tuple(str(reason) for reason in why.reasons if reason.node is None)
    return why.graph, Marks(
        {place: mark_of_reasons(found) for place, found in nodes.items()},
        {place: mark_of_reasons(found) for place, found in edges.items()},
        notes,
    )


def mark_of_reasons(reasons: list[Reason]) -> Mark:
    """What stops the gradient there; "here it comes" where nothing does."""
    first = reasons[0]
    outcome = "imprecise" if first.kind == "there" else "stopped"
    head, _, rest = first.text.partition(": ")
    lines = (head, *wrap(rest, WIDE, max_lines=LINES, placeholder=" …"))
    return Mark(outcome, lines, "; ".join(map(str, reasons[:3])))


def place_of(finding: Finding, graph: Graph) -> int | None:
    """The node that a finding is about: by its index, or the parameter of that name."""
    if finding.node is None:
        named = finding.name is not None and finding.name in graph.labels
        return graph.labels.index(finding.name) if named else None
    return finding.node if 0 <= finding.node < len(graph) else None


def mark_of(findings: list[Finding]) -> Mark:
    """One mark for all that was found at a place: the first of them, which is the worst, and how many more."""
    first = findings[0]
    head = first.outcome if first.check in ("value", "local derivative") else f"{first.outcome}: {first.check}"
    head += f" at {first.element}" if first.element else ""
    more = (f"and {len(findings) - 1} more",) if len(findings) > 1 else ()
    return Mark(first.outcome, (head, *(numbers(first) or said(first)), *more), "; ".join(map(str, findings[:3])))


def said(finding: Finding) -> list[str]:
    """What was found, where it is no number: what a rule raised, say."""
    return wrap(finding.message, WIDE, max_lines=LINES, placeholder=" …")


def numbers(finding: Finding) -> tuple[str, ...]:
    """What came and what is right, with as many digits as it takes to see that they differ."""
    if not isinstance(finding.got, int | float):
        return ()
    if finding.slopes:
        slopes = " and ".join(format_number(slope) for slope in finding.slopes)
        return f"got {format_number(finding.got)}", f"slope{'s' * (len(finding.slopes) > 1)} {slopes}"
    known = NUMBER.match(finding.expected or "")
    if known is None:
        return (f"got {format_number(finding.got)}",)
    word = "certified" if "certified" in finding.message else "expected"
    got, expected = told_apart(float(finding.got), float(known[1]))
    return f"got {got}", f"{word} {expected}"


def told_apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers as they are read, with no more digits than it takes to tell them apart.

    >>> told_apart(0.5, 0.25), told_apart(1.0000000001, 1.0)
    (('0.5', '0.25'), ('1.0000000001', '1'))
    """
    for digits in range(FEW, ALL):
        shown = format_number(a, digits), format_number(b, digits)
        if shown[0] != shown[1]:
            return shown
    return repr(a), repr(b)
