"""What a page is made of: HTML that stands alone, a script that brings it to life, a policy that bars all else."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from viz.files import write
from viz.inputs import path_of
from viz.language.words import words
from viz.model.view import View, printable
from viz.page.lesson import literal
from viz.picture.card import BADGE, COLOURS, DARK, GRADIENT, INK, QUIET
from viz.picture.dot import LINE, THEMES, Picture, alternative, chosen, layout
from viz.picture.render import RenderError
from viz.picture.svg import THEMED, tidy

#: The scripts of every stepper; what only some have is beside them.
STEPPER = (
    *("mount.js", "numbers.js", "computation.js", "card.js", "picture.js", "predict.js"),
    *("template.js", "quiz.js", "relations.js", "whatif.js", "search.js", "stepper.js"),
)
PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 12px; max-width: 1200px; font: 16px/1.5 system-ui, Arial, sans-serif; }
h1 { font-size: 20px; margin: 4px 0 12px; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; }
@media print { details p { margin: 0 0 0 1em; } }
"""


def picture_style() -> str:
    """The look of a picture by classes, in the theme of the page, where it stands in that or is an image there."""
    looks = [(kind, themes(fill), themes(line)) for kind, (fill, line) in COLOURS.items()]
    kinds = "".join(
        f".{kind} .box{{fill:{fill};stroke:{line}}}.{kind} .badge{{fill:{line}}}" for kind, fill, line in looks
    )
    edges = f".edge path{{fill:none;stroke:{LINE}}}.edge polygon{{fill:{LINE}}}"
    texts = (
        f".name{{font-weight:bold}}.op{{fill:{BADGE}}}.grad{{fill:{themes(GRADIENT)}}}.shape{{fill:{themes(QUIET)}}}"
    )
    return (
        f":root{{color-scheme:light dark}}text{{fill:{themes(INK)}}}{kinds}{edges}{texts}.box{{rx:7px}}.badge{{rx:5px}}"
    )


def themes(colour: str) -> str:
    """A colour of CSS, and what stands for it in the dark."""
    return f"light-dark({colour},{DARK[colour]})" if colour in DARK else colour


@dataclass(frozen=True)
class Parts:
    """What both the page and the notebook need: a title, HTML that stands alone, the script that brings it to life.

    Where no picture could be made, ``problem`` says why.
    """

    title: str
    body: str
    script: str
    problem: str
    lang: str


class Document(ABC):
    """What is shown in a notebook, and saved as a page of its own."""

    @property
    @abstractmethod
    def _parts(self) -> Parts:
        """What it is made of."""

    def html(self) -> str:
        """A page of its own: it needs no network, and without scripts it lists the steps.

        >>> import viz
        >>> from autograd import Value
        >>> viz.step(Value(3.0, "x") * 2).html()[:15]
        '<!DOCTYPE html>'
        """
        return page(self._parts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Raises `ValueError` for the name of another kind of file.
        """
        name = f"{type(self).__name__}.save: path"
        write(path_of(("html", "htm"), path, name, "viz.draw(...) saves pictures"), self.html())

    @property
    def problem(self) -> str:
        """Why the page has no picture; empty where it has one."""
        return self._parts.problem

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None, **_: object
    ) -> dict[str, str]:
        """The page for a notebook, and the same as text."""
        html = f"{THEMES}{self._parts.body}<script>{self._parts.script}</script>"
        return chosen({"text/plain": str(self), "text/html": html}, include, exclude)


def drawing(made: Picture, shown: View, lang: str | None = None) -> tuple[str, str]:
    """A picture, laid out with room for all that will stand in it, as it is shown first; and why there is none."""
    say = words(lang)
    made.graph_attr["ranksep"] = "0.6"  # there is to be room for the number on its way
    try:
        svg = tidy(layout(made, "svg"), shown)
    except RenderError as error:
        return f"<p><em>{text(say.text('no_picture', reason=error))}</em></p>", str(error)
    alt = attribute(alternative(shown, say.text("alternative")))
    return f'<div style="overflow:auto"><img alt="{alt}" style="max-width:none" src="{source(slim(svg))}"></div>', ""


def mounted(
    title: str, content: str, scripts: Sequence[str], mount: str, given: Sequence[Any], problem: str, lang: str
) -> Parts:
    """Content that one function of the scripts takes the place of, given the element, the style and ``given``."""
    # The same computation has the same id, so that a notebook that is run again does not change; that two outputs
    # may then share it is known to the script.
    name = f"stepgrad-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    body = f'<div id="{name}" class="{THEMED}">{content}</div>'
    if not scripts:
        return Parts(title, body, "", problem, lang)
    code = "\n".join(static(each) for each in scripts if each.endswith(".js"))
    style = "\n".join(static(each) for each in ("stepper.css", *scripts) if each.endswith(".css"))
    arguments = ",".join(map(literal, (name, style, *given)))
    script = f'(function () {{\n"use strict";\n{code}everywhere({mount},{arguments});\n}})();'
    return Parts(title, body, script, problem, lang)


def text(content: str) -> str:
    """A text as HTML, between tags."""
    return escape(printable(content), quote=False)


def attribute(content: str) -> str:
    """A text as HTML, between double quotes.

    >>> attribute('"><b>')
    '&quot;&gt;&lt;b&gt;'
    """
    return escape(printable(content))


@cache
def static(name: str) -> str:
    """A file beside this one, without indentation, comments and most blanks, which every page would carry."""
    found = files("viz.page").joinpath("static", name).read_text(encoding="utf-8")
    told = re.sub(r"\n\s+", "\n", re.sub(r"/\*.*?\*/", "", found, flags=re.DOTALL))
    if name.endswith(".css"):
        return re.sub(r"\s*([{};,])\s*|(:)\s+", r"\1\2", told)
    told = re.sub(r"\b(const|let) (\w+) = ", r"\1 \2=", told)  # elsewhere, " = " may be text
    told = re.sub(r" (=>|[!=]==|&&|\|\||\?\?|[?:]) ", r"\1", told)
    told = re.sub(r"(?<=\{) | (?=\})|(?<=\)) (?=\{)|(?<=\bif) (?=\()|(?<=\bfor) (?=\()", "", told)
    return re.sub(r"(?<=[;,{(\[])\n", "", told)


def slim(svg: str) -> str:
    """The same picture with its look said once, by classes; what a card says on hovering, a click says too."""
    head, parts = svg.split(">", 1)
    parts = re.sub(r' (?:fill|stroke|font-weight|rx)="[^"]*"|<title>[^<]*</title>', "", parts)
    parts = re.sub(r' (?:d|points)="[^"]*"', lambda line: re.sub(r"\.\d", "", line[0]), parts)  # to a pixel
    parts = re.sub(r'(points="(\S+)[^"]*) \2"', r'\1"', parts).replace(" />", "/>")  # a polygon closes itself
    return f"{head}><style>{picture_style()}</style>{parts}"


def source(svg: str) -> str:
    """A picture as the address of itself: shorter than as base64.

    >>> source('<svg a="1">"−"</svg>')
    "data:image/svg+xml,<svg a='1'>%22−%22</svg>"
    """
    plain = re.sub("<[^>]*>", lambda tag: tag[0].replace('"', "'"), svg)
    return "data:image/svg+xml," + re.sub(r'[%#"&\n]', lambda c: f"%{ord(c[0]):02X}", plain)


def inlined(body: str) -> str:
    """The same with pictures as elements; a notebook that trusts nobody shows images alone.

    >>> inlined('<img alt="a" style="b" src="data:image/svg+xml,<svg/>">')
    '<svg role="img" aria-label="a"/>'
    """

    def element(found: re.Match[str]) -> str:
        return unquote(found[2]).replace("<svg", f'<svg role="img" aria-label="{found[1]}"', 1)

    return re.sub(r'<img alt="([^"]*)"[^>]* src="data:image/svg\+xml,([^"]*)">', element, body)


def page(made: Parts) -> str:
    """A whole page: nothing but what it holds may load or run, which its policy says by hash."""
    code = base64.b64encode(hashlib.sha256(made.script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{code}'"
    title = text(made.title)
    return f"""<!DOCTYPE html>
<html lang="{made.lang}">
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
{inlined(made.body)}
<script>{made.script}</script>
</body>
</html>
"""
