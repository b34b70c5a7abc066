"""Timeline -> the stepper: a part of a notebook, or a page of its own.

It is plain HTML first: a picture and one `<details>` a step, which need neither scripts nor trust. One inline
script then puts the stepper in their place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, overload

from autograd import Graph, HasRecording, Node, Recording, Run, Step, Timeline, steps
from autograd.export import forms
from viz.language.words import Words, words
from viz.model.view import shorten
from viz.page.document import STEPPER, Document, Parts, drawing, mounted, text
from viz.page.frames import Frame, finished, frames, listed, phrased, roomy
from viz.page.large import large
from viz.page.lesson import code, lesson
from viz.page.training import Training
from viz.page.worksheet import Worksheet, tasks_of
from viz.page.zoom import SCRIPTS as ZOOM
from viz.page.zoom import has_arrays, tensors, zoomed
from viz.picture.dot import chosen, picture
from viz.terminal.stepper import run

#: What can be stepped through, and where it can be told to stop.
Steppable = Node | Graph | Timeline | Run
Until = Callable[[Step], Any] | str

LARGEST = 5_000  #: steps; more are not shown unasked
FIRST, LAST = 80, 20  #: lines of a long text
LISTED = 500  #: steps that stand in the page as HTML, for where there are no scripts, and for print
HEADINGS = {"start": "start", "forward": "forward", "seed": "backward", "backward": "backward"}


@dataclass(frozen=True, repr=False, eq=False)
class Stepper(Document):
    """A computation to step through. Print it, show it in a notebook, or `save` it as a page.

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> print(step(a + a))
    forward
      f = a + a = 3 + 3 = 6
    backward
      ∂f/∂f = 1
      ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1   (1st of 2: now 1)
      ∂f/∂a += ∂f/∂f · ∂f/∂a = 1 · 1 = 1   (2nd of 2: now 2)
    """

    timeline: Timeline
    lang: str | None = None  #: that of the page; None is that of the environment, and the reader may choose

    def __str__(self) -> str:
        return listed(self.timeline, words(self.lang))

    def __repr__(self) -> str:
        return f"Stepper({len(self.timeline)} steps: print it, show it in a notebook, or save it as a page)"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None, **options: object
    ) -> dict[str, str]:
        """The stepper for a notebook, and the steps as text, of many the first and the last."""
        if (count := len(self.timeline)) > LARGEST:
            message = words(self.lang).text("too_many", count=f"{count:,}")
            return chosen({"text/plain": message, "text/html": f"<p>{message}</p>"}, include, exclude)
        bundle = super()._repr_mimebundle_(include, exclude, **options)
        return (
            bundle | {"text/plain": folded(bundle["text/plain"], words(self.lang))}
            if "text/plain" in bundle
            else bundle
        )

    def show(self) -> None:
        """Step through it here: with keys in a terminal, as a stepper in a notebook; in a pipe, a line for every step.

        >>> from autograd import Value
        >>> step(Value(3.0, "x") * 2).show()
        0  start  x = 3
        1  forward  f = x · 2 = 3 · 2 = 6
        2  seed  ∂f/∂f = 1
        3  backward  ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 2 = 2
        """
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is not None and hasattr(shell, "kernel"):
            sys.modules["IPython"].display.display(self)
        else:
            run(self.timeline, lang=self.lang)

    def what_if(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Stepper:
        """The same computation with other numbers for leaves, by their names; everything follows.

        A page of single numbers does this with the mouse; this does it for arrays too, and for code that chooses, as
        far as the graph has what it chose by (see `autograd.Graph.replay`). To drag in a notebook:
        ``ipywidgets.interact(lambda x: stepper.what_if(x=x), x=(-3.0, 3.0))``.

        >>> from autograd import Value
        >>> x = Value(3.0, "x")
        >>> print(step(x * x).what_if(x=5).timeline[-1])
        ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 5 = 5   (2nd of 2: now 10)

        Raises what `autograd.Graph.replay` raises.
        """
        return Stepper(steps(self.timeline.graph.replay({**(values or {}), **named})), self.lang)

    @cached_property
    def _parts(self) -> Parts:
        return parts(self.timeline, self.lang)


@overload
def step(what: Recording | HasRecording, *, lang: str | None = None) -> Training: ...
@overload
def step(what: Steppable, *, until: Until | None = None, hide: None = None, lang: str | None = None) -> Stepper: ...
@overload
def step(what: Steppable, *, hide: str | Collection[str], lang: str | None = None) -> Worksheet: ...
def step(
    what: Steppable | Recording | HasRecording,
    *,
    until: Until | None = None,
    hide: str | Collection[str] | None = None,
    lang: str | None = None,
) -> Stepper | Worksheet | Training:
    """Step through a computation and its backward pass, one edge at a time. Touches no live node.

    ``what`` is an output, its graph, a timeline of `autograd.steps`, or code that `autograd.recorded` kept, which steps
    up to the line that failed; of a training, an `autograd.Recording` or ``nn.Record``, every iteration is stepped
    through, with its update. ``until`` is a breakpoint: a function of a `autograd.Step`, the name of a node,
    or ``"nan"``, the first NaN or infinity, as in `autograd.steps`.

    ``hide`` makes a worksheet of it, with its solution apart: ``"grads"`` or ``"values"`` leaves all of these out,
    names of nodes the numbers of these. ``lang`` is that of the page, "en" or "zh"; None is that of the environment.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> stepper = step((x + y) * z)
    >>> stepper  # in a notebook, the stepper itself
    Stepper(7 steps: print it, show it in a notebook, or save it as a page)
    >>> print(stepper.timeline[-1].formula)
    ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4
    >>> step((x + y) * z, until="q").timeline.reason
    'stopped after step 4 of 7: the gradient of q is complete'
    >>> step((x + y) * z, hide=["x", "y"])
    Worksheet(2 numbers to fill in: print it, show it in a notebook, or save it as a page)

    Raises `autograd.ShapeError` if the output holds more than one number, `ValueError` for a name to ``hide`` that no
    node has, `autograd.GraphError` for a breakpoint that is none.
    """
    own = words(lang, "step: lang").lang
    if (recording := Recording.of(what)) is not None:
        return Training(recording, own)
    timeline = what if isinstance(what, Timeline) else steps(what)  # type: ignore[arg-type]  # it holds no recording
    if hide is not None:
        if until is not None:
            raise ValueError("step: until: expected no breakpoint beside hide: a worksheet is of the whole computation")
        return Worksheet(timeline, tasks_of(timeline, hide), own)
    return Stepper(timeline if until is None else timeline.until(until), lang)


def parts(timeline: Timeline, lang: str | None) -> Parts:
    graph, say = timeline.graph, words(lang)
    shown = phrased(finished(timeline), say)
    made = picture(roomy(shown, timeline))
    made.graph = graph
    seen, problem = drawing(made, shown, say.lang)
    title = shorten(say.formula(graph.expression(100)), 100)
    written = forms(graph)
    more, around = large(graph, written, is_whole=not shown.note and not problem)
    scripts = tuple(dict.fromkeys(STEPPER + (ZOOM if has_arrays(graph) else ()) + more))
    given = lesson(timeline, written, lang, scripts) | around
    if has_arrays(graph):
        given |= tensors(graph) | {"zoom": zoomed(graph, lang)}
    told = listing(frames(timeline, LISTED, say), len(timeline) + 1, say)
    told += f"<p>{text(say.phrase(timeline.reason))}</p>" * bool(timeline.reason)
    return mounted(title, seen + told, scripts, "stepper", (given, [code(written)]), problem, say.lang)


def listing(shown: Sequence[Frame], count: int, say: Words) -> str:
    """Every step as a `<details>`, under headings; of very many the first, and how many are not listed."""
    html = []
    numbers = iter(range(len(shown)))
    for heading, group in groupby(shown, lambda frame: HEADINGS[frame.kind]):
        html.append(f"<p><strong>{text(say.text(heading))}</strong></p>")
        html += [details(next(numbers), frame) for frame in group]
    if count > len(shown):
        html.append(f"<p>{text(say.text('folded', shown=f'{len(shown):,}', count=f'{count:,}'))}</p>")
    return "\n".join(html)


def folded(lines: str, say: Words) -> str:
    r"""A long text with its first and last lines.

    >>> len(folded("step\n" * 1000, words("en")).splitlines())
    101
    """
    told = lines.splitlines()
    if len(told) <= FIRST + LAST + 1:
        return lines
    left_out = f"  {say.text('print_lists', count=f'{len(told) - FIRST - LAST:,}')}"
    return "\n".join([*told[:FIRST], left_out, *told[-LAST:]])


def details(number: int, frame: Frame) -> str:
    formula, sentence, ledger, source = map(text, (frame.formula, frame.sentence, frame.ledger, frame.source))
    body = "".join(f"<p>{part}</p>" for part in (sentence, ledger, f"<code>{source}</code>" if source else "") if part)
    summary = f"{number}. {formula}"
    return f"<details><summary>{summary}</summary>{body}</details>" if body else f"<p>{summary}</p>"
