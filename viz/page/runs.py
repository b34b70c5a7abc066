"""Several runs of one computation in one stepper: the iterations of a training, or two runs that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd import Comparison, GraphError, Iteration, Recording, Timeline
from autograd import compare as compared
from autograd.export import forms
from viz.language.words import Words, words
from viz.model.view import shorten
from viz.page.document import Document, Parts, drawing, mounted, text
from viz.page.frames import finished, roomy
from viz.page.large import large
from viz.page.lesson import Raw, lesson, number
from viz.page.zoom import SCRIPTS as ZOOM
from viz.page.zoom import has_arrays, tensors
from viz.picture.dot import picture

SCRIPTS = ("mount.js", "numbers.js", "computation.js", "card.js", "picture.js", "predict.js", "stepper.js")
MOST = 200  #: iterations in one page; of more, every so many


@dataclass(frozen=True, repr=False, eq=False)
class Training(Document):
    """A recorded training: its iterations, and inside of each every step, down to the edge, and the update.

    >>> from autograd import Recording, Value
    >>> import viz
    >>> w = Value(2.0)
    >>> run = Recording([w])
    >>> for _ in range(2):
    ...     w.grad = 0.0
    ...     loss = (w - 5) ** 2
    ...     loss.backward()
    ...     run.take(loss)
    ...     w.data -= 0.25 * w.grad
    >>> viz.step(run)
    Training(2 iterations: print it, show it in a notebook, or save it as a page)
    """

    recording: Recording
    lang: str | None = None

    def __str__(self) -> str:
        return str(self.recording)

    def __repr__(self) -> str:
        return f"Training({len(self.recording)} iterations: print it, show it in a notebook, or save it as a page)"

    @cached_property
    def _parts(self) -> Parts:
        every = -(-len(self.recording) // MOST) or 1
        shown: list[Iteration] = list(self.recording)[::every]
        if not shown:
            raise GraphError("step: expected a recording of iterations, got none: take(loss) each of them")
        say = words(self.lang)
        titles = [say.text("iteration", k=each.number, count=self.recording[-1].number) for each in shown]
        updates = [[[index, number(now)] for index, now in each.after.items()] for each in shown]
        return runs([each.timeline for each in shown], titles, updates, [], str(self.recording), say)


@dataclass(frozen=True, repr=False, eq=False)
class Compared(Document):
    """Two runs of a computation side by side, what differs lit; print it, or show it in a notebook."""

    comparison: Comparison
    titles: tuple[str, str]
    lang: str | None = None

    def __str__(self) -> str:
        return str(self.comparison)

    __repr__ = __str__

    @cached_property
    def _parts(self) -> Parts:
        found, say = self.comparison, words(self.lang)
        note = str(found)
        if any(pair.grad for pair in found.differing):
            note += "\n(the table has the gradients that the nodes hold; the steps are those of backward())"
        timelines = [Timeline(graph) for graph in (found.a, found.b)]
        if found.is_aligned:
            differing = [pair.b for pair in found.differing if pair.b is not None]
            return runs(timelines, self.titles, [[], []], differing, note, say)
        seen = []
        for title, timeline in zip(self.titles, timelines, strict=True):
            made = picture(finished(timeline))
            made.graph = timeline.graph
            seen.append(f"<h2>{text(title)}</h2>{drawing(made, finished(timeline))[0]}")
        return mounted(shorten(found.a.expression(), 100), "".join(seen) + pre(str(found)), (), "", (), "", say.lang)


def compare(a: Any, b: Any, *, titles: tuple[str, str] = ("a", "b"), lang: str | None = None) -> Compared:
    """Two runs of a computation in one stepper, what differs lit: right and wrong, before and after, two versions.

    It says where the difference begins, and which mistake it looks like, as `autograd.compare` does.

    >>> from autograd import Value
    >>> import viz
    >>> x = Value(3.0, "x")
    >>> right, wrong = x * x, x * 3.0
    >>> print(viz.compare(right * 2, right * 2))
    the same: 3 nodes

    Raises `autograd.GraphError` for what is no computation.
    """
    return Compared(compared(a, b), titles, words(lang, "compare: lang").lang)


def pre(lines: str) -> str:
    """Lines of text as they are."""
    told = "\n".join(map(text, lines.splitlines()))
    return f"<pre>{told}</pre>"


def runs(
    timelines: Sequence[Timeline],
    titles: Sequence[str],
    updates: Sequence[Any],
    differing: Sequence[int],
    note: str,
    say: Words,
) -> Parts:
    """One stepper for runs that are the same computation: what they share is told once. ``note`` stands below it.

    Raises `GraphError` where they are not the same.
    """
    first = timelines[0]
    kinds = [[(node.op, len(node.inputs)) for node in timeline.graph] for timeline in timelines]
    if any(kind != kinds[0] for kind in kinds):
        raise GraphError(
            "step: the iterations compute different things, so that one picture cannot show them: "
            "step one of them, as in viz.step(recording[0].timeline)"
        )
    made = picture(roomy(finished(first), first))
    made.graph = first.graph
    seen, problem = drawing(made, finished(first))
    written = [forms(timeline.graph) for timeline in timelines]
    arrays = has_arrays(first.graph)
    more, around = large(first.graph, written[0], is_whole=not made.shown.note and not problem)
    scripts = tuple(dict.fromkeys(SCRIPTS + (ZOOM if arrays else ()) + more))
    lessons = [lesson(timeline, each, say.lang, scripts) for timeline, each in zip(timelines, written, strict=True)]
    shared = lessons[0] | (tensors(first.graph) if arrays else {}) | around
    shared |= {"replays": False, "differing": list(differing), "note": note}
    told = [
        {"title": title, "updates": update}
        | {
            key: value
            for key, value in each.items()
            if key not in ("words", "differing", "replays") and value != shared[key]
        }
        for title, update, each in zip(titles, updates, lessons, strict=True)
    ]
    codes = [Raw("[]") for _ in told]
    title = shorten(first.graph.expression(), 100)
    given = shared | {"runs": told}, codes
    return mounted(title, seen + pre(note), scripts, "stepper", given, problem, say.lang)
