"""A timeline on a terminal: the graph, the values, every step back with its numbers, the gradients.

Coloured where a terminal shows it, plain text in a pipe or a file, where no line is cut or wrapped.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from autograd import Graph, Node, Step, Timeline, format_number, steps
from viz.language.words import Words, words
from viz.model.view import shorten
from viz.terminal.text import ABOVE, BELOW, aligned, rows

# Colours of the terminal's own palette, so that they read on dark and light backgrounds alike; what matters
# is said by the words, too.
HEADING, VALUE, GRADIENT, QUIET = "bold", "green", "magenta", "dim"
INDENT = "  "
MIN_WIDTH = 16  #: a terminal that is narrower wraps by itself


def show(what: Timeline | Graph | Node, console: Console | None = None, *, lang: str | None = None) -> None:
    """Print a computation step by step: the graph, the forward values, each backward step, the gradients.

    ``lang`` is ``"en"`` or ``"zh"``; None: the language of the environment.

    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> show(x * y + x)
    Graph
      f = q + x     15  ∂ 1
      ├─ q = x · y  12  ∂ 1
      │  ├─ x        3  ∂ 5
      │  └─ y        4  ∂ 3
      └─ x (above)
    <BLANKLINE>
    Forward
      q = x · y = 3 · 4 = 12
      f = q + x = 12 + 3 = 15
    <BLANKLINE>
    Backward
      ∂f/∂f = 1   the gradient of the output by itself is 1
      f = q + x: add passes the gradient on unchanged, to both inputs
        ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · 1 = 1
        ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 1 = 1   (1st of 2: now 1)
      q = x · y: multiply swaps its inputs: each one's slope is the other's value
        ∂f/∂x += ∂f/∂q · ∂q/∂x = 1 · 4 = 4   (2nd of 2: now 5)
        ∂f/∂y += ∂f/∂q · ∂q/∂y = 1 · 3 = 3
    <BLANKLINE>
    Gradients
      ∂f/∂x = 5
      ∂f/∂y = 3

    Raises what `autograd.steps` raises, `ValueError` for another language.
    """
    timeline = what if isinstance(what, Timeline) else steps(what)
    console, said = console or new_console(), words(lang)
    sections = {
        "graph": tree(timeline, console, said),
        "forward": list(forward(timeline, said)),
        "backward": list(backward(timeline, said)),
        "gradients": list(gradients(timeline, said)),
    }
    for heading, lines in sections.items():
        if lines:
            console.print(Text("" if heading == "graph" else "\n").append(said.text(heading), HEADING))
            print_lines(lines, console)
    if timeline.reason:
        console.print(Text(f"\n{plain(said.phrase(timeline.reason))}"), soft_wrap=True)


def show_tree(timeline: Timeline, console: Console | None = None, *, lang: str | None = None) -> None:
    """Print the graph alone, with the gradients that the timeline ends with.

    >>> from autograd import Value
    >>> show_tree(steps(Value(3.0, "x") ** 2))
      f = x²  9  ∂ 1
      └─ x    3  ∂ 6
    """
    console = console or new_console()
    print_lines(tree(timeline, console, words(lang)), console)


def new_console(file: TextIO | None = None) -> Console:
    """A console for standard output, or one like it that prints into ``file``. `NO_COLOR` means no escape codes."""
    return Console(
        file=file,
        width=max(shutil.get_terminal_size().columns, MIN_WIDTH),  # which takes COLUMNS=0 for a width not known
        force_terminal=True if file and sys.stdout and sys.stdout.isatty() else None,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A text, what stands before it, and what stands before the rest of it where it has to be wrapped."""

    text: Text
    before: str = ""
    under: str = "    "


def tree(timeline: Timeline, console: Console, said: Words) -> list[Line]:
    """The graph with the gradients of this timeline, whatever the live nodes hold."""
    notes = notes_in(said)
    found = [
        replace(
            row,
            definition=said.formula(row.definition) if row.value or row.note else said.phrase(row.definition),
            value=said.formula(row.value),
            grad=said.formula(row.grad),
            note=notes[row.note],
        )
        for row in rows(replace(timeline.graph, grads=timeline.gradients))
    ]
    parts = aligned(found)
    if console.is_terminal and max(cell_len("".join(part)) for part in parts) > console.width - len(INDENT):
        parts = aligned(found, columns=False)
    lines = []
    for branch, *texts in parts:
        text = Text.assemble(*zip(texts, ("", VALUE, GRADIENT, QUIET), strict=True))
        lines.append(Line(text, branch, branch.replace("├─", "│ ").replace("└─", "  ") + "    "))
    return lines


def notes_in(said: Words) -> dict[str, str]:
    """What the notes of rows are in a language."""
    return {"": "", ABOVE: said.text("above"), BELOW: said.text("below")}


def forward(timeline: Timeline, said: Words) -> Iterator[Line]:
    """What is computed, with its numbers."""
    for step in timeline:
        if step.kind == "forward":
            yield Line(formula(step, VALUE, said))


def backward(timeline: Timeline, said: Words) -> Iterator[Line]:
    """The seed, and for every node what it does to the gradient, and what it sends to each of its inputs."""
    graph = timeline.graph
    for (kind, index), group in groupby(timeline, lambda step: (step.kind, step.node)):
        if kind == "forward":
            continue
        first, *others = group
        if kind == "seed":
            yield Line(formula(first, GRADIENT, said).append(f"   {said.sentence(first.sentence)}", QUIET))
            continue
        heading = Text(plain(graph.formula(graph[index])))
        yield Line(heading.append(f": {said.sentence(first.sentence)}", QUIET))
        for step in (first, *others):
            line = formula(step, GRADIENT, said)
            if step.ledger:
                ledger = said.text("ledger", nth=step.nth, count=step.of, value=said.formula(format_number(step.after)))
                line.append(f"   ({ledger})", QUIET)
            yield Line(line, INDENT, INDENT + "    ")


def gradients(timeline: Timeline, said: Words) -> Iterator[Line]:
    """The gradient by each leaf."""
    output = timeline.graph.nodes[timeline.graph.outputs[0]].name
    leaves = [node for node in timeline.graph if node.is_leaf and node.requires_grad]
    names = {node.index: plain(f"∂{output}/∂{node.name}") for node in leaves}
    width = max(map(cell_len, names.values()), default=0)
    for index, name in names.items():
        gradient = timeline.gradients[index]
        line = Text(f"{name}{' ' * (width - cell_len(name))} = ")
        if gradient is None and timeline.stop is not None:
            yield Line(line.append("–", GRADIENT))
        elif gradient is None:
            yield Line(line.append("0", GRADIENT).append(f"   {said.text('unreached')}", QUIET))
        else:
            yield Line(line.append(said.formula(format_number(gradient)), GRADIENT))


def formula(step: Step, style: str, said: Words) -> Text:
    """The formula of a step, its result in colour."""
    head, equals, result = plain(said.formula(step.formula)).rpartition(" = ")
    return Text(head + equals).append(result, style)


def plain(text: str) -> str:
    """The text without control characters, on one line."""
    return shorten(text, len(text))


def print_lines(lines: Iterable[Line], console: Console) -> None:
    """Print lines: wrapped under themselves on a terminal, as they are anywhere else."""
    for line in lines:
        before, under = INDENT + line.before, INDENT + line.under
        parts = [line.text]
        if console.is_terminal and cell_len(before) + line.text.cell_len > console.width:
            parts = list(line.text.wrap(console, max(console.width - cell_len(under), MIN_WIDTH)))
        for k, part in enumerate(parts):
            part.rstrip()
            console.print(Text.assemble((under if k else before, QUIET), part), soft_wrap=True)
