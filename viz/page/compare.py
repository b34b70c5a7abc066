"""Two runs compared, as a page: one stepper for both where they are the same computation, else two pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from autograd import Comparison, Timeline, format_number
from autograd import compare as compared
from viz.language.words import Words, words
from viz.model.marks import Mark
from viz.model.view import printable, short_name, shorten
from viz.page.document import Document, Parts, attribute, mounted, source, text
from viz.page.frames import finished, phrased
from viz.page.runs import Told, lined, runs, section, table
from viz.picture.dot import alternative, layout, picture
from viz.picture.render import RenderError
from viz.picture.svg import themed, tidy

FEW = 20  #: rows of the table
WIDE = 60  #: characters of a name or formula


@dataclass(frozen=True, repr=False, eq=False)
class Compared(Document):
    """Two runs of a computation side by side, what differs lit; print it, or show it in a notebook."""

    comparison: Comparison
    titles: tuple[str, str]
    lang: str | None = None

    def __str__(self) -> str:
        return printed(self.comparison, self.titles, words(self.lang))

    __repr__ = __str__

    @cached_property
    def _parts(self) -> Parts:
        found, say = self.comparison, words(self.lang)
        if not found.is_aligned:
            title = shorten(say.formula(found.a.expression(100)), 100)
            content = summary(found, self.titles, say) + pictures(found, self.titles, say)
            return mounted(title, content, (), "", (), "", say.lang)
        told = []
        sides = zip((found.a, found.b), self.titles, found.grads, found.after, found.rates or (None, None), strict=True)
        for graph, title, grads, after, rate in sides:
            timeline = Timeline(graph)
            changed = zip(grads, timeline.gradients, strict=True)
            held = {i: x for i, (x, right) in enumerate(changed) if x is not None and differ(x, right)}
            notes = [f"∂ {graph.names[i]}: {format_number(x)} ({say.text('held')})" for i, x in held.items()]
            more = {"title": printable(shorten(title, WIDE)), "rate": rate}
            told.append(Told(title, timeline, notes, dict(after), held, more))
        differing = [pair.b for pair in found.differing]
        return runs(
            told,
            lambda say, linked: summary(found, self.titles, say, linked),
            {"differing": differing, "first": True},
            say,
        )


def compare(a: Any, b: Any, *, titles: tuple[str, str] = ("a", "b"), lang: str | None = None) -> Compared:
    """Two runs of a computation in one stepper, what differs lit: right and wrong, before and after, two versions.

    It says where the difference begins, and which mistake it looks like, as `autograd.compare` does. Of two trainings,
    as `autograd.Recording` or ``nn.Record`` keeps them, the first iteration that differs is shown.

    >>> from autograd import Value
    >>> import viz
    >>> x = Value(3.0, "x")
    >>> right, wrong = x * x, x * 3.0
    >>> print(viz.compare(right * 2, right * 2))
    the same: 3 nodes

    Raises `autograd.GraphError` for what is no computation.
    """
    return Compared(compared(a, b), titles, words(lang, "compare: lang").lang)


def printed(found: Comparison, titles: tuple[str, str], say: Words) -> str:
    """The table of what differs, and what it comes from, as text."""
    said = [sentence(each, say) for each in found.findings]
    if not found.rows:
        return "\n".join(said) or say.text("same_nodes", count=len(found.pairs))
    rows = [(say.text("node"), *titles, "")]
    for row in found.rows[:FEW]:
        remark = say.text(f"row_{row.remark}") if row.remark else ""
        rows.append((f"∂ {row.name}" if row.is_grad else row.name, row.a, row.b, remark))
    rest = len(found.rows) - FEW
    return "\n".join([*lined(rows), *([say.text("and_more", count=rest)] if rest > 0 else []), *said])


def sentence(finding: Any, say: Words, most: int | None = None) -> str:
    """A finding in words, of which each name has ``most`` characters."""
    fields = {}
    for name, value in finding.fields.items():
        part = value if isinstance(value, str) else sentence(value, say, most)
        fields[name] = part if most is None or part is not value else shorten(part, most)
    return say.text(f"found_{finding.kind}", **fields)


def differ(held: Any, right: Any) -> bool:
    """Whether what a node held is to be seen beside what a sweep gives."""
    return right is None or format_number(held) != format_number(right)


def summary(found: Comparison, titles: tuple[str, str], say: Words, linked: bool = False) -> str:
    """What differs, where it begins, and which mistake it looks like."""
    if not found.findings and not found.rows:
        return section(f"<p>{text(say.text('same_nodes', count=len(found.pairs)))}</p>", say)
    said = []
    for each in found.findings:
        told = re.sub(r"`([^`]*)`", r"<code>\1</code>", text(sentence(each, say, WIDE)))
        said.append(f"<li>{told}</li>")
    rows = []
    for row in found.rows[:FEW]:
        name = text(("∂ " if row.is_grad else "") + short_name(row.name, WIDE))
        if linked:
            name = f'<button type="button" class="link" data-node="{row.pair.b}">{name}</button>'
        remark = text(say.text(f"row_{row.remark}")) if row.remark else ""
        rows.append([name, *(text(shorten(number, WIDE)) for number in (row.a, row.b)), remark])
    rest = len(found.rows) - FEW
    more = f"<p>{text(say.text('and_more', count=rest))}</p>" if rest > 0 else ""
    head = [say.text("node"), *(shorten(title, WIDE) for title in titles), ""]
    return section(f"<ul>{''.join(said)}</ul>{table(head, rows) if rows else ''}{more}", say)


def pictures(found: Comparison, titles: tuple[str, str], say: Words) -> str:
    """Two pictures side by side, what differs lit in both."""
    both = []
    for side, (whole, graph) in enumerate(zip(titles, (found.a, found.b), strict=True)):
        title = shorten(whole, WIDE)
        marks = marks_of(found, side, say)
        shown = phrased(finished(Timeline(graph)), say)
        shown = replace(shown, cards=tuple(replace(card, mark=marks.get(card.id)) for card in shown.cards))
        made = picture(shown)
        made.graph = graph
        try:
            svg = themed(tidy(layout(made, "svg"), shown))
            alt = attribute(alternative(shown, say.text("alternative")))
            seen = f'<img alt="{alt}" style="max-width:none" src="{source(svg)}">'
        except RenderError as error:
            seen = f"<p><em>{text(str(error))}</em></p>"
        both.append(
            f'<div style="flex:1 1 320px;min-width:0;overflow:auto" tabindex="0" role="region" '
            f'aria-label="{attribute(title)}"><h2>{text(title)}</h2>{seen}</div>'
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(both)}</div>'


def marks_of(found: Comparison, side: int, say: Words) -> dict[str, Mark]:
    """By card, what differs there: what the other has, or that it has none."""
    marks: dict[str, Mark] = {}
    for pair in found.differing:
        if (index := pair[side]) is None:
            continue
        said = []
        for row in (row for row in found.rows if row.pair == pair):
            other = (row.b, row.a)[side]
            if row.remark in ("alone", "otherwise"):
                said.append(say.text(f"row_{row.remark}"))
            else:
                said.append(f"{'∂ ' if row.is_grad else ''}≠ {other}")
        marks[f"n{index}"] = Mark("inconclusive", tuple(said))
    return marks
