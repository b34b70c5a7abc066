"""A computation with numbers left out: to be filled in on the page, or with a pencil, and the solution apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Literal, NamedTuple

from autograd import Graph, Timeline, format_number, short_repr
from autograd.export import forms
from viz.language.words import words
from viz.model.view import Card, View, shorten
from viz.page.document import Document, Parts, drawing, mounted, text
from viz.page.frames import finished
from viz.page.lesson import code, lesson
from viz.picture.dot import picture

Field = Literal["data", "grad"]

BLANK = "____"
FIELDS: dict[str, Field] = {"values": "data", "grads": "grad"}
SCRIPTS = ("mount.js", "numbers.js", "computation.js", "card.js", "picture.js", "predict.js", "worksheet.js")


class Task(NamedTuple):
    """A number that is left out: the value of a node, or its gradient."""

    node: int
    field: Field


@dataclass(frozen=True, repr=False, eq=False)
class Worksheet(Document):
    """A computation with numbers left out. Show it in a notebook, `save` it as a page, or print that on paper.

    >>> from autograd import Value
    >>> x, y = Value(3.0, "x"), Value(4.0, "y")
    >>> from viz import step
    >>> print(step(x * y, hide="grads"))
    f = x · y = 12
    x = 3
    y = 4
    ∂f/∂y = ____
    ∂f/∂x = ____
    """

    timeline: Timeline
    tasks: tuple[Task, ...]
    lang: str | None = None

    def __str__(self) -> str:
        return "\n".join([*self._given(), *(f"{self._asked(task)} = {BLANK}" for task in self.tasks)])

    def __repr__(self) -> str:
        return f"Worksheet({len(self.tasks)} numbers to fill in: print it, show it in a notebook, or save it as a page)"

    def solution(self) -> str:
        """The numbers that are left out.

        >>> from autograd import Value
        >>> from viz import step
        >>> print(step(Value(3.0, "x") * 2, hide="grads").solution())
        ∂f/∂x = 2
        """
        return "\n".join(f"{self._asked(task)} = {format_number(self._answer(task))}" for task in self.tasks)

    def _given(self) -> Iterator[str]:
        """How everything is computed, last things first, with the numbers that are told."""
        graph = self.timeline.graph
        hidden = {task.node for task in self.tasks if task.field == "data"}
        for node in sorted(graph, key=lambda node: (node.is_leaf, -node.index if node.op else node.index)):
            formula = shorten(graph.formula(node), 200)
            yield formula if node.index in hidden else f"{formula} = {format_number(node.data)}"

    def _asked(self, task: Task) -> str:
        """What a task asks for, as it is written."""
        graph = self.timeline.graph
        name = shorten(graph.names[task.node])
        return name if task.field == "data" else f"∂{shorten(graph.names[graph.outputs[0]])}/∂{name}"

    def _answer(self, task: Task) -> float:
        """The number that a task asks for."""
        timeline = self.timeline
        found = timeline.graph.data[task.node] if task.field == "data" else timeline.gradients[task.node]
        return 0.0 if found is None else float(found)

    @cached_property
    def _parts(self) -> Parts:
        timeline = self.timeline
        graph = timeline.graph
        full = finished(timeline)
        made = picture(wide(full))
        made.graph = graph
        seen, problem = drawing(made, self._blanked(full))
        solved, _ = drawing(made, full)
        lines = "".join(f"<li>{text(line)}</li>" for line in self._given())
        blanks = "".join(f"<tr><td>{text(self._asked(task))} =</td><td>{'_' * 16}</td></tr>" for task in self.tasks)
        answers = "".join(f"<li>{text(line)}</li>" for line in self.solution().splitlines())
        content = (
            f"{seen}<ul>{lines}</ul><table>{blanks}</table>"
            f'<details style="break-before:page"><summary>{escape(words(self.lang).text("solution"))}</summary>'
            f"{solved}<ul>{answers}</ul></details>"
        )
        written = forms(graph)
        given = {**lesson(timeline, written, self.lang, SCRIPTS), "tasks": self.tasks}
        title = shorten(graph.expression(), 100)
        return mounted(title, content, SCRIPTS, "worksheet", (given, [code(written)]), problem, words(self.lang).lang)

    def _blanked(self, shown: View) -> View:
        """The same view with blanks for what is to be found."""
        hidden = set(self.tasks)

        def blank(card: Card) -> Card:
            index = int(card.id[1:]) if card.id[0] == "n" else -1
            data = (BLANK,) if (index, "data") in hidden else card.data
            return replace(card, data=data, grad=(f"∂ {BLANK}",) if (index, "grad") in hidden else card.grad)

        return replace(shown, cards=tuple(map(blank, shown.cards)))


def wide(shown: View) -> View:
    """The same view with room to write in."""
    room = "−0.00000000"

    def widened(card: Card) -> Card:
        return replace(card, data=(max(card.data[0], room, key=len),), grad=(f"∂ {room}",)) if card.grad else card

    return replace(shown, cards=tuple(map(widened, shown.cards)))


def tasks_of(timeline: Timeline, hide: str | Collection[str]) -> tuple[Task, ...]:
    """The numbers that are to be left out: all ``"values"`` that are computed, all ``"grads"``, or those of nodes.

    Raises `TypeError` for what is no text, `ValueError` for a name that no node has, and for a computation of arrays.
    """
    graph = timeline.graph
    if any(slopes is None for slopes in graph.slopes):
        raise ValueError(
            "step: hide: expected a computation of single numbers, got arrays, which nobody fills in: "
            "take step(Graph.of(output).to_scalars(), hide=...)"
        )
    expected = f'step: hide: expected "grads", "values", or names of nodes, got {short_repr(hide)}'
    if not isinstance(hide, str | list | tuple | set | frozenset):
        raise TypeError(expected)
    wanted = [hide] if isinstance(hide, str) else list(hide)
    if not wanted:
        raise ValueError(f"{expected}, which leaves nothing out")
    for name in wanted:
        if not isinstance(name, str):
            raise TypeError(expected)
        if name not in FIELDS and name not in graph.names:
            names = ", ".join(graph.names[:12])
            raise ValueError(
                f'step: hide: expected "grads", "values", or names of nodes, got {short_repr(name)}; '
                f"the names are {names}{', …' * (len(graph) > 12)}"
            )
    found = [task for name in wanted for task in tasks_by(graph, name)]
    order = {"data": 0, "grad": 1}
    ordered = sorted(
        set(found), key=lambda task: (order[task.field], task.node if task.field == "data" else -task.node)
    )
    return tuple(ordered)


def tasks_by(graph: Graph, name: str) -> Iterator[Task]:
    for node in graph:
        if FIELDS.get(name, "data") == "data" and node.op and name in ("values", node.name):
            yield Task(node.index, "data")
        has_grad = node.requires_grad and node.index != graph.outputs[0]
        if FIELDS.get(name, "grad") == "grad" and has_grad and name in ("grads", node.name):
            yield Task(node.index, "grad")
