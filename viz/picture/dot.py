"""View -> DOT -> a picture that every notebook shows."""

from __future__ import annotations

import base64
import os
from collections.abc import Collection, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import graphviz

from autograd import Graph, Node, Step, Why
from viz.files import write
from viz.inputs import flag, one_of, path, path_of, positive_int
from viz.model.marks import lit, marked, report_of
from viz.model.moment import moment
from viz.model.view import LIMIT, NO_MARKS, View, graph_of, shorten, view
from viz.picture.card import FONT, FOUND, INK, PORTS, SIZE, STROKES, clean, label, style, tag
from viz.picture.render import TIMEOUT, Format, RenderError, TooLargeError, dot_binary, render
from viz.picture.svg import THEMED, themed, tidy
from viz.terminal.text import draw_text

if TYPE_CHECKING:
    from autograd.check import Report

LINE = "#808890"  #: edges: grey enough for white and for black
DIRECTIONS = {"LR": ("e", "w"), "TB": ("s", "n"), "RL": ("w", "e"), "BT": ("n", "s")}  #: where edges leave and arrive
MANY = 100  #: cards; beyond, a good layout in a second is better than the best one in a minute
LONGEST = 16_384  #: pixels of a side of a PNG: few programs show more, and each takes time and memory
PER_INCH = 96  #: Graphviz's pixels
#: Notebooks whose theme is another than the system's; where HTML is not trusted, this is left out.
DARK_PAGES = (
    '[data-jp-theme-light="false"]',  # JupyterLab
    ".vscode-dark",  # Visual Studio Code
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    "[theme=dark]",  # Colab
)
THEMES = (
    f'<style>[data-jp-theme-light="true"] .{THEMED}{{color-scheme:light}}'
    f":is({','.join(DARK_PAGES)}) .{THEMED}{{color-scheme:dark}}</style>"
)
DENSE = 400  #: edges; beyond, they are straight lines, as it takes minutes to bend each around the others
LARGEST = {"cards": 2_000, "edges": 3_000}  #: a larger picture takes minutes, and nobody can read it


class Picture(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A `graphviz.Digraph` that is rendered by whatever this machine has, and falls back to text.

    `render`, `pipe` and the rest work as in the graphviz package, also where `dot` is not installed.
    """

    graph: Graph | None = None
    shown: View = View((), ())
    words: str = ""  #: what it says, where that is more than the graph

    def svg(self, *, force: bool = False) -> str:
        """The picture as SVG text.

        Raises `RenderError` where there is no renderer, and for a picture that is too large to be read: with
        ``force`` it is laid out all the same, however long that takes.
        """
        return themed(tidy(layout(self, "svg", force=flag(force, "svg: force")), self.shown))

    def png(self, *, force: bool = False) -> bytes:
        """The picture as PNG, made smaller where a side would have more than 16,384 pixels.

        Raises what `svg` raises.
        """
        return layout(self, "png", force=flag(force, "png: force"))

    def save(self, filename: Any = None, directory: Any = None, *, skip_existing: bool | None = False) -> str:
        """Write a file: the picture for a name that ends in .svg or .png, else the DOT source, as in graphviz.

        It is written whole or not at all. Raises `ValueError` for the name of another kind of picture, and what `svg`
        raises.
        """
        if filename is not None:
            cure = "viz.step(...) saves .html; for other kinds, render() the DOT source with format="
            filename = path_of(("svg", "png", "gv", "dot"), filename, "save: filename", cure)
        if directory is not None:
            directory = path(directory, "save: directory")
        skip_existing = skip_existing is not None and flag(skip_existing, "save: skip_existing")
        suffix = os.path.splitext(filename or "")[1].lower()
        if suffix not in (".svg", ".png"):
            if filename is not None:
                self.filename = filename
            if directory is not None:
                self.directory = directory
            target = str(self.filepath)
            if not (skip_existing and os.path.exists(target)):
                os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
                write(target, self.source.encode(self.encoding, "replace"))
            return target
        target = os.path.join(directory or "", str(filename))
        write(target, self.svg() if suffix == ".svg" else self.png())
        return target

    def render(self, *args: Any, **options: Any) -> Any:
        with dot_binary():
            return super().render(*args, **options)

    def pipe(self, *args: Any, **options: Any) -> Any:
        with dot_binary():
            return super().pipe(*args, **options)

    def __repr__(self) -> str:
        return self.words or (self.source if self.graph is None else draw_text(self.graph))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None, **_: Any
    ) -> dict[str, str]:
        """SVG, the same as an HTML image where SVG is not trusted, and always text."""
        bundle = {"text/plain": repr(self)}
        try:
            svg = self.svg()
        except RenderError as error:
            bundle["text/plain"] += f"\n({error})"
        else:
            bundle |= {"image/svg+xml": svg, "text/html": THEMES + image(svg, alternative(self.shown))}
        return chosen(bundle, include, exclude)


def draw(
    output_or_graph: Node | Graph | Sequence[Node] | Step | Report | Why,
    *,
    rankdir: str = "LR",
    grads: bool = True,
    slopes: bool = False,
    limit: int | None = LIMIT,
    format: str = "svg",
) -> Picture:
    """The computation as a picture: every value with its data and its gradient, "∂ –" before a backward.

    ``rankdir`` is the way it runs (LR, TB, RL, BT), ``grads=False`` leaves the gradients out, ``slopes=True``
    writes the local derivative of scalar operations on the edges. Of more than ``limit`` nodes and constants, those
    nearest to the output are shown; ``limit=None`` shows all, but a picture of more than 2,000 cards or 3,000 edges is
    laid out only by ``svg(force=True)``. ``format`` is that of the files `render` writes.

    Of the report of a check, what it found is marked: wrong edges are red and thick, kinks violet and dotted, each
    with a label; of a larger graph what is around them is shown. Of the answer of `autograd.why`, where the gradient is
    stopped is marked likewise. Of one step of a timeline, ``draw(steps(f)[3])``, the numbers are those that are known
    after it, and it is lit: on the way back the arrow points where the gradient goes.

    >>> from autograd import Value
    >>> x, y = Value(-2.0), Value(5.0)
    >>> draw(x * y)  # in a notebook, a picture
    f = x · y  −10  ∂ –
    ├─ x        −2  ∂ –
    └─ y         5  ∂ –

    Raises `TypeError` or `ValueError` for what no setting takes, `autograd.GraphError` for what is no node.
    """
    one_of(DIRECTIONS, rankdir, "draw: rankdir")
    one_of(sorted(graphviz.FORMATS), format, "draw: format")
    grads, slopes = flag(grads, "draw: grads"), flag(slopes, "draw: slopes")
    limit = positive_int(limit, "draw: limit", "draws all")
    if isinstance(output_or_graph, Step):
        step = output_or_graph
        made = picture(moment(step, grads=grads, slopes=slopes, limit=limit), rankdir, format)
        made.graph, made.words = step.graph, f"{step}\n{step.sentence}"
        return made
    words = ""
    if isinstance(output_or_graph, Why):
        (graph, marks), words = lit(output_or_graph), repr(output_or_graph)
    elif (report := report_of(output_or_graph)) is not None:
        (graph, marks), words = marked(report), str(report)
        grads = grads and any(grad is not None for grad in graph.grads)  # a check keeps none
    else:
        graph, marks = graph_of(output_or_graph), NO_MARKS  # type: ignore[arg-type]
    made = picture(view(graph, grads=grads, slopes=slopes, limit=limit, marks=marks), rankdir, format)
    made.graph = graph
    made.words = words
    return made


def picture(shown: View, rankdir: str = "LR", format: str = "svg") -> Picture:
    """The DOT source of a view."""
    leave, arrive = DIRECTIONS[rankdir]
    font = {"fontname": FONT, "fontsize": str(SIZE), "fontcolor": LINE}
    dot = Picture(
        format=format,
        graph_attr=font
        | {"rankdir": rankdir, "bgcolor": "transparent", "pad": "0.1", "nodesep": "0.2", "ranksep": "0.4"},
        node_attr=font | {"shape": "plain", "fontcolor": INK},
        edge_attr=font | {"color": LINE, "arrowsize": "0.7"},
    )
    dot.shown = shown
    if len(shown.cards) > MANY:
        dot.attr(nslimit="1", nslimit1="1")
    if len(shown.edges) > DENSE:
        dot.attr(mclimit="0.1", splines="line")
    if shown.note:
        dot.attr(label=f"<{clean(shown.note)}>".replace("\n", "<BR/>"), labelloc="b")
    slots = {card.id: card.slots for card in shown.cards}
    for card in shown.cards:
        dot.node(card.id, label(card, rankdir), **{"id": card.id, "class": style(card)})
    for edge in shown.edges:
        port = f"i{edge.slot}:{arrive}" if slots[edge.head] <= PORTS else arrive
        look = {"id": edge.id} | ({} if edge.taken else {"style": "dashed"})
        if edge.mark:
            look |= {"color": FOUND[edge.mark.outcome][1], **STROKES[edge.mark.outcome]}
            look |= {"label": tag(edge.mark)} if edge.mark.lines else {}
        elif edge.slope:
            look["label"] = f" {edge.slope} "
        dot.edge(f"{edge.tail}:{leave}", f"{edge.head}:{port}", **look)
    return dot


def layout(made: Picture, format: Format, *, force: bool = False) -> bytes:
    """What the renderer makes of a picture, unless it is too large to be laid out unasked."""
    cure = f"draw a part with limit={{}}, or call {format}(force=True)"
    if not force and (excess := too_many(made.shown)):
        fact = f"a picture of {excess} takes minutes to lay out, and nobody can read it"
        raise TooLargeError(fact, cure.format(readable_limit(made.graph)))
    if format == "png":
        made = made.copy()
        made.graph_attr.setdefault("size", f"{LONGEST / PER_INCH:.2f}")
    try:
        return render(made.source, format, timeout=None if force else TIMEOUT)
    except TooLargeError as error:
        raise TooLargeError(error.fact, cure.format(max(len(made.shown.cards) // 2, 1))) from None


def too_many(shown: View) -> str:
    """Of what there is more than anybody can read; empty for a picture that is laid out."""
    counts = {"cards": len(shown.cards), "edges": len(shown.edges)}
    return " and ".join(f"{count:,} {what}" for what, count in counts.items() if count > LARGEST[what])


def readable_limit(graph: Graph | None) -> int:
    """A limit with which this graph is laid out."""
    limit = LIMIT
    while graph is not None and limit > 1 and too_many(view(graph, limit=limit)):
        limit //= 2
    return limit


def image(svg: str, description: str) -> str:
    """An SVG as an HTML image: this passes where scripts and inline SVG are not trusted.

    It has its natural size, and scrolls where there is less room: texts that shrink with it cannot be read.
    """
    data = base64.b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    picture = f'<img class="{THEMED}" alt="{escape(description)}" style="max-width:none" src="{source}">'
    return f'<span style="display:block;overflow:auto">{picture}</span>'


def alternative(shown: View, title: str = "computation graph") -> str:
    """The picture in words, for those who do not see it."""
    formulas = "; ".join(card.hint for card in shown.cards if card.op)
    return f"{title}: {shorten(formulas, 400)}" if formulas else title


def chosen(bundle: dict[str, str], include: Collection[str] | None, exclude: Collection[str] | None) -> dict[str, str]:
    """The part of a bundle that the notebook asks for."""
    return {
        kind: data for kind, data in bundle.items() if (not include or kind in include) and kind not in (exclude or ())
    }
