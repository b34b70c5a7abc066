"""A computation with numbers left out: to be filled in on the page, or with a pencil, and the solution apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from itertools import groupby
from typing import Literal, NamedTuple

from autograd import Graph, GraphError, Timeline, format_number, short_repr
from autograd.export import forms, written_names
from viz.language.words import words
from viz.model.view import UNKNOWN, Card, View, short_name, shorten
from viz.page.document import Document, Parts, drawing, mounted, text
from viz.page.frames import finished
from viz.page.lesson import code, lesson
from viz.picture.dot import picture

Field = Literal["data", "grad"]

BLANK = "____"
FIELDS: dict[str, Field] = {"values": "data", "grads": "grad"}
HEADINGS: dict[Field, str] = {"data": "fill_values", "grad": "fill_grads"}
RULE = "padding:0.5em 1em 0.5em 0"  #: room to write with a pencil
SCRIPTS = (
    *("mount.js", "numbers.js", "computation.js", "card.js", "picture.js", "predict.js", "worksheet.js"),
    "worksheet.css",
)


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
    worked: bool = False  #: whether the contributions to gradients are written down, too

    def __str__(self) -> str:
        return "\n".join([*self._given(), *(line for task in self.tasks for line in self._lines(task, BLANK))])

    def __repr__(self) -> str:
        return f"Worksheet({len(self.tasks)} numbers to fill in: print it, show it in a notebook, or save it as a page)"

    def by_hand(self) -> Worksheet:
        """The same, to be worked out on paper: each gradient has a line for every contribution, by the chain rule.

        >>> from autograd import Value
        >>> from viz import step
        >>> s = Value(3.0, "s")
        >>> print(step(s * s, hide="grads").by_hand())
        f = s · s = 9
        s = 3
        ∂f/∂s += ∂f/∂f · ∂f/∂s = ____ · ____ = ____
        ∂f/∂s += ∂f/∂f · ∂f/∂s = ____ · ____ = ____
        ∂f/∂s = ____
        """
        return replace(self, worked=True)

    def solution(self) -> str:
        """The numbers that are left out.

        >>> from autograd import Value
        >>> from viz import step
        >>> print(step(Value(3.0, "x") * 2, hide="grads").solution())
        ∂f/∂x = 2
        """
        return "\n".join(
            line for task in self.tasks for line in self._lines(task, format_number(self._answer(task)), solved=True)
        )

    def _given(self) -> Iterator[str]:
        """How everything is computed, last things first, with the numbers that are told."""
        graph = self.timeline.graph
        hidden = {task.node for task in self.tasks if task.field == "data"}
        for node in sorted(graph, key=lambda node: (node.is_leaf, -node.index if node.op else node.index)):
            formula = shorten(graph.formula(node), 200)
            yield formula if node.index in hidden else f"{formula} = {format_number(node.data)}"

    def _lines(self, task: Task, number: str, *, solved: bool = False) -> Iterator[str]:
        """What a task asks for; by hand, a gradient after all that is paid to it."""
        if self.worked and task.field == "grad":
            for formula in self._paid[task.node]:
                yield formula if solved else f"{formula.rsplit(' = ', 2)[0]} = {BLANK} · {BLANK} = {BLANK}"
            if len(self._paid[task.node]) == 1:
                return  # its only contribution is the gradient
        yield f"{self._asked(task)} = {number}"

    @cached_property
    def _paid(self) -> dict[int, list[str]]:
        """The contributions to the gradient of each node, as steps write them."""
        found: dict[int, list[str]] = {task.node: [] for task in self.tasks}
        for step in self.timeline:
            if step.target in found:
                found[step.target].append(step.formula)
        return found

    def _asked(self, task: Task) -> str:
        """What a task asks for, as it is written."""
        graph = self.timeline.graph
        name, output = (short_name(graph.names[index]) for index in (task.node, graph.outputs[0]))
        if task.field == "data":
            return name
        top, bottom = (f"∂({said})" if loose else f"∂{said}" for said, loose in written_names([output, name]))
        return f"{top}/{bottom}"

    def _answer(self, task: Task) -> float:
        """The number that a task asks for."""
        timeline = self.timeline
        found = timeline.graph.data[task.node] if task.field == "data" else timeline.gradients[task.node]
        return 0.0 if found is None else float(found)

    @cached_property
    def _parts(self) -> Parts:
        timeline, say = self.timeline, words(self.lang)
        graph = timeline.graph
        full = finished(timeline)
        made = picture(wide(full))
        made.graph = graph
        seen, problem = drawing(made, self._blanked(full), say.lang)
        solved, _ = drawing(made, full, say.lang)
        lines = "".join(f"<li>{text(line)}</li>" for line in self._given())
        answers = "".join(f"<li>{text(line)}</li>" for line in self.solution().splitlines())
        blanks = "".join(
            f"<p>{escape(say.text(HEADINGS[field]))}</p><table>{''.join(map(self._rows, group))}</table>"
            for field, group in groupby(self.tasks, lambda task: task.field)
        )
        content = (
            f"{seen}<ul>{lines}</ul>{blanks}"
            f'<details style="break-before:page"><summary>{escape(say.text("solution"))}</summary>'
            f"{solved}<ul>{answers}</ul></details>"
        )
        written = forms(graph)
        given = {**lesson(timeline, written, self.lang, SCRIPTS), "tasks": self.tasks}
        title = shorten(say.formula(graph.expression(100)), 100)
        return mounted(title, content, SCRIPTS, "worksheet", (given, [code(written)]), problem, say.lang)

    def _rows(self, task: Task) -> str:
        """Rows of a table to write in with a pencil."""
        room = "_" * 12
        split = (line.partition(" = ") for line in self._lines(task, BLANK))
        return "".join(
            f'<tr><td style="{RULE}">{text(left)} =</td><td style="{RULE}">{right.replace(BLANK, room)}</td></tr>'
            for left, _, right in split
        )

    def _blanked(self, shown: View) -> View:
        """The same view with blanks for what is to be found; gradients that would tell hidden values are not told."""
        hidden = set(self.tasks)
        tells = {card.id for card in shown.cards} if all(task.field == "grad" for task in self.tasks) else set()
        if any(task.field == "grad" for task in self.tasks):
            tells.add(f"n{self.timeline.graph.outputs[0]}")

        def blank(card: Card) -> Card:
            index = int(card.id[1:]) if card.id[0] == "n" else -1
            data = (BLANK,) if (index, "data") in hidden else card.data
            grad = (
                (f"∂ {BLANK}",) if (index, "grad") in hidden else card.grad if card.id in tells else (f"∂ {UNKNOWN}",)
            )
            hint = shorten(self.timeline.graph.formula(index)) if data != card.data else card.hint
            return replace(card, data=data, grad=grad if card.grad else (), hint=hint)

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
    if timeline.stop is not None:
        raise ValueError(f"step: hide: expected all steps of a computation, got the first {len(timeline)} alone")
    if any(slopes is None for slopes in graph.slopes):
        raise ValueError(
            "step: hide: expected a computation of single numbers, got arrays, which nobody fills in: "
            "take viz.step(autograd.Graph.of(output).to_scalars(), hide=...)"
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
    try:
        named = [name if name in FIELDS else graph[name].name for name in wanted]
    except GraphError as error:
        raise ValueError(f'step: hide: expected "grads", "values", or names of nodes: {error}') from None
    found = [task for name in named for task in tasks_by(graph, name)]
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
