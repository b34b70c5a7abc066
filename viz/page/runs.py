"""Several runs of one computation in one stepper: what they share is told once, and one picture has room for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len

from autograd import GraphError, Timeline
from autograd.export import forms
from viz.language.words import LANGUAGES, Words, words
from viz.model.view import Card, View, lines, shorten
from viz.page.document import STEPPER, Parts, attribute, drawing, mounted, text
from viz.page.frames import finished, frames, phrased, roomy, width
from viz.page.large import large
from viz.page.lesson import Raw, lesson, number
from viz.page.zoom import SCRIPTS as ZOOM
from viz.page.zoom import has_arrays, tensors
from viz.picture.dot import picture

SCRIPTS = (*STEPPER, "runs.js")

LISTED = 500  #: steps that stand in the page as HTML

#: A summary in the words of a language; ``linked``: for a page whose script follows links to nodes.
Summary = Callable[[Words, bool], str]


@dataclass(frozen=True)
class Told:
    """A run, and what is told of it beside its steps.

    ``notes`` are lines below its steps where these are listed. ``after`` has what leaves hold after an update, ``held``
    the gradients that nodes held where these are not those of the steps, by index; ``more`` is for the script.
    """

    title: str
    timeline: Timeline
    notes: list[str]
    after: dict[int, Any]
    held: dict[int, Any]
    more: dict[str, Any]


def runs(told: Sequence[Told], summary: Summary, shared: dict[str, Any], say: Words) -> Parts:
    """One stepper for runs that are the same computation, with a summary, and what they ``shared`` beside.

    Raises `GraphError` where they are not the same.
    """
    timelines = [each.timeline for each in told]
    first = timelines[0]
    kinds = [
        [(node.op, [x if isinstance(x, int) else None for x in node.inputs]) for node in timeline.graph]
        for timeline in timelines
    ]
    if any(kind != kinds[0] for kind in kinds):
        raise GraphError(
            "step: the iterations compute different things, so that one picture cannot show them: "
            "step one of them, as in viz.step(recording[0].timeline)"
        )
    made = picture(widest([view for each in told for view in views(each)]))
    made.graph = first.graph
    seen, problem = drawing(made, phrased(finished(first), say), say.lang)
    arrays = has_arrays(first.graph)
    more, around = large(first.graph, forms(first.graph), is_whole=not made.shown.note and not problem)
    scripts = tuple(dict.fromkeys(SCRIPTS + (ZOOM if arrays else ()) + more))
    lessons = [lesson(timeline, forms(timeline.graph), say.lang, scripts) for timeline in timelines]
    common = lessons[0] | (tensors(first.graph) if arrays else {}) | around | {"replays": False, "stale": []} | shared
    common |= {"summary": {lang: summary(words(lang), True) for lang in LANGUAGES}}
    own = [
        {key: what for key, what in made_of.items() if key not in ("words", "replays") and what != common[key]}
        | {"updates": indexed(each.after), "held": indexed(each.held)}
        | each.more
        for each, made_of in zip(told, lessons, strict=True)
    ]
    given = common | {"runs": own}, [Raw("[]") for _ in own]
    content = f"{summary(say, False)}{seen}{listing(told, say)}"
    return mounted(
        shorten(say.formula(first.graph.expression(100)), 100), content, scripts, "stepper", given, problem, say.lang
    )


def listing(told: Sequence[Told], say: Words) -> str:
    """The steps of each run as lines, for where there are no scripts, and for print; of many those of the first."""
    html, room = [], LISTED
    for each in told:
        lines = [
            f"{frame.formula} {frame.ledger and f'({frame.ledger})'}" for frame in frames(each.timeline, room, say)
        ]
        room -= len(lines)
        items = "".join(f"<li>{text(line)}</li>" for line in [*lines, *each.notes])
        html.append(f'<details><summary>{text(each.title)}</summary><ol start="0">{items}</ol></details>')
        if room <= 0:
            html.append(
                f"<p>{text(say.text('folded', shown=LISTED, count=sum(len(x.timeline) + 1 for x in told)))}</p>"
            )
            break
    return "".join(html)


def indexed(numbers: dict[int, Any]) -> list[list[Any]]:
    return [[index, number(x)] for index, x in numbers.items()]


def views(told: Told) -> Iterable[View]:
    """All that the cards show of a run, at its widest: in its steps, and after it."""
    shown = finished(told.timeline)
    yield roomy(shown, told.timeline)
    yield replace(shown, cards=tuple(after(card, told) for card in shown.cards))


def after(card: Card, told: Told) -> Card:
    index = int(card.id[1:]) if card.id[1:].isdigit() and card.kind in ("leaf", "inner") else -1
    data = lines(told.after[index]) if index in told.after else card.data
    if index not in told.held or not card.grad:
        return replace(card, data=tuple(data))
    held = " ".join(lines(told.held[index])[:1])
    return replace(card, data=tuple(data), grad=(f"∂ {held} ≠ {card.grad[0]}", *card.grad[1:]))


def widest(shown: Sequence[View]) -> View:
    """The first view with the widest numbers of all of them."""

    def wide(texts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        longest = sorted(texts, key=len)[-1]
        return tuple(max((each[k] for each in texts if k < len(each)), key=width) for k in range(len(longest)))

    cards = zip(*(view.cards for view in shown), strict=True)
    return replace(
        shown[0],
        cards=tuple(
            replace(same[0], data=wide([card.data for card in same]), grad=wide([card.grad for card in same]))
            for same in cards
        ),
    )


def section(content: str, say: Words) -> str:
    """A summary, which scrolls where it is too wide, by keys too."""
    return (
        f'<div class="summary" role="group" tabindex="0" aria-label="{attribute(say.text("summary"))}">{content}</div>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML: the cells of the rows are HTML, the head is text."""
    columns = "".join(f'<th scope="col" align="left">{text(each)}</th>' for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table cellpadding="4"><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>'


def lined(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of text, its columns below each other; characters of Chinese are two wide."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
