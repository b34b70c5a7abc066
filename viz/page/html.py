"""Timeline -> the stepper: a part of a notebook, or a page of its own.

It is plain HTML first: a picture and one `<details>` a step, which need neither scripts nor trust. One inline
script then puts the stepper in their place.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib.resources import files
from itertools import groupby

from autograd import Graph, Node, Timeline, steps
from viz.files import write
from viz.inputs import path_of
from viz.model.view import printable, shorten
from viz.page.frames import Frame, finished, frames, roomy
from viz.page.lesson import code, lesson, literal
from viz.page.words import WORDS
from viz.picture.dot import alternative, chosen, image, layout, picture
from viz.picture.render import RenderError
from viz.picture.svg import tidy

LARGEST = 2_000  #: steps; more are not shown unasked
LISTED = 500  #: steps that stand in the page as HTML, for where there are no scripts, and for print
SCRIPTS = ("numbers.js", "computation.js", "card.js", "picture.js", "predict.js", "stepper.js")
HEADINGS = {"start": "Start", "forward": "Forward", "seed": "Backward", "backward": "Backward"}
PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 12px; max-width: 1200px; font: 16px/1.5 system-ui, Arial, sans-serif; }
h1 { font-size: 20px; margin: 4px 0 12px; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, repr=False, eq=False)
class Stepper:
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

    def __str__(self) -> str:
        return str(self.timeline)

    def __repr__(self) -> str:
        return f"Stepper({len(self.timeline)} steps: print it, show it in a notebook, or save it as a page)"

    def html(self) -> str:
        """A page of its own: it needs no network, and without scripts it lists the steps.

        >>> from autograd import Value
        >>> step(Value(3.0, "x") * 2).html()[:15]
        '<!DOCTYPE html>'
        """
        return page(self._parts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Raises `ValueError` for the name of another kind of file.
        """
        write(path_of(("html", "htm"), path, "Stepper.save: path", "viz.draw(...) saves pictures"), self.html())

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None, **_: object
    ) -> dict[str, str]:
        """The stepper for a notebook, and the steps as text."""
        if (count := len(self.timeline)) > LARGEST:
            message = (
                f"{count:,} steps: print() lists them, save() writes the page, step() of an inner node shows a part"
            )
            return chosen({"text/plain": message, "text/html": f"<p>{message}</p>"}, include, exclude)
        html = f"{self._parts.body}<script>{self._parts.script}</script>"
        return chosen({"text/plain": str(self), "text/html": html}, include, exclude)

    @property
    def problem(self) -> str:
        """Why the page has no picture; empty where it has one."""
        return self._parts.problem

    @cached_property
    def _parts(self) -> Parts:
        return parts(self.timeline)


@dataclass(frozen=True)
class Parts:
    """What both the page and the notebook need: a title, HTML that stands alone, the script that brings it to life.

    Where no picture could be made, ``problem`` says why.
    """

    title: str
    body: str
    script: str
    problem: str


def step(output_or_graph: Node | Graph) -> Stepper:
    """Step through a computation and its backward pass, one edge at a time. Touches no live node.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> stepper = step((x + y) * z)
    >>> stepper  # in a notebook, the stepper itself
    Stepper(7 steps: print it, show it in a notebook, or save it as a page)
    >>> print(stepper.timeline[-1].formula)
    ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4

    Raises `autograd.ShapeError` if the output holds more than one number.
    """
    return Stepper(steps(output_or_graph))


def parts(timeline: Timeline) -> Parts:
    graph, shown = timeline.graph, frames(timeline)
    view, problem = finished(timeline), ""
    made = picture(roomy(view, shown))
    made.graph = graph
    made.graph_attr["ranksep"] = "0.6"  # there is to be room for the number on its way
    try:
        svg = tidy(layout(made, "svg"), view)
    except RenderError as error:
        problem = str(error)
        drawing = f"<p><em>No picture: {escape(problem)}</em></p>"
    else:
        drawing = f"<p>{image(svg, alternative(view))}</p>"
    content = drawing + listing(shown)
    # The same computation has the same id, so that a notebook that is run again does not change; that two outputs
    # may then share it is known to the script.
    name = f"stepgrad-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    title = shorten(graph.formula(graph[graph.outputs[0]]), 100)
    return Parts(title, f'<div id="{name}">{content}</div>', script(name, timeline), problem)


def listing(shown: Sequence[Frame]) -> str:
    """Every step as a `<details>`, under headings; of very many the first, and how many are not listed."""
    html = []
    numbers = iter(range(len(shown)))
    for heading, group in groupby(shown[:LISTED], lambda frame: HEADINGS[frame.kind]):
        html.append(f"<p><strong>{heading}</strong></p>")
        html += [details(next(numbers), frame) for frame in group]
    if (rest := len(shown) - LISTED) > 0:
        html.append(f"<p>… and {rest:,} more steps: print() lists all of them.</p>")
    return "\n".join(html)


def details(number: int, frame: Frame) -> str:
    formula, sentence, ledger, source = map(text, (frame.formula, frame.sentence, frame.ledger, frame.source))
    body = f'<p class="sentence">{sentence}</p>' if sentence else ""
    body += f'<p class="ledger">{ledger}</p>' if ledger else ""
    body += f'<p><code class="source">{source}</code></p>' if source else ""
    return f'<details><summary>{number}. <span class="formula">{formula}</span></summary>{body}</details>'


def text(content: str) -> str:
    """A text as HTML, between tags."""
    return escape(printable(content), quote=False)


def script(name: str, timeline: Timeline) -> str:
    """The stepper's code, in a scope of its own, and what it is called with."""
    code_ = "\n".join(static(each) for each in SCRIPTS)
    given = name, static("stepper.css"), lesson(timeline, WORDS), code(timeline.graph)
    return f'(function () {{\n"use strict";\n{code_}everywhere({",".join(map(literal, given))});\n}})();'


def static(name: str) -> str:
    """A file beside this one, without indentation and comments, which every page would carry."""
    text = files("viz.page").joinpath("static", name).read_text(encoding="utf-8")
    return re.sub(r"\n\s+", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def page(made: Parts) -> str:
    """A whole page: nothing but what it holds may load or run, which its policy says by hash."""
    code = base64.b64encode(hashlib.sha256(made.script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{code}'"
    title = escape(made.title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="stepgrad" content="stepper">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{PAGE_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{made.body}
<script>{made.script}</script>
</body>
</html>
"""
