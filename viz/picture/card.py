"""A card as an HTML-like label of DOT: a place for each operand, the badge of the operation, the texts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from viz.model.marks import Mark
from viz.model.view import JOINERS, Card, is_mark

#: Arial's widths are known to both renderers, and shared by Helvetica, Liberation Sans and Arimo.
FONT = "Arial"
SIZE = 11
LAST_LETTER = 0x052F  #: of the scripts that Arial surely has: Latin, Greek, Cyrillic
KNOWN = JOINERS | frozenset("…–−∂∞")  #: beyond it, what Arial has too, and what is not seen
WIDE, ROOMY = 1.35, 0.65  #: ems of a letter that it lacks at most, and of one that it has
PORTS = 4  #: operands that get a place of their own; of more, the edges meet

#: Fill and line of each kind of card: opaque, so that they read on white and on black.
COLOURS = {
    "leaf": ("#fff6dd", "#b58a2b"),
    "inner": ("#eaf2fb", "#4a76a8"),
    "output": ("#e6f5eb", "#2f7d4f"),
    "fixed": ("#f2f2f2", "#8a8f98"),
    "constant": ("#ececec", "#c4c8cc"),
    "fold": ("#ececec", "#c4c8cc"),
}
#: Likewise what a check found, and a step, and the lines and arrows of marked edges: told apart in print, too.
#: On the way back the arrow points where the gradient goes.
FOUND = {
    "wrong": ("#fdecea", "#e5343d"),
    "stopped": ("#fdecea", "#e5343d"),
    "inconclusive": ("#fdf3dc", "#b7791f"),
    "imprecise": ("#e8f1fc", "#3b82d6"),
    "kink": ("#f3ecfd", "#9a5cf0"),
    "missing": ("#f2f2f2", "#808890"),
    "forward": ("#e8f1fc", "#2f7fd8"),
    "backward": ("#fdecea", "#e0443b"),
}
STROKES = {
    "wrong": {"penwidth": "3.5", "arrowsize": "1"},
    "stopped": {"penwidth": "3.5", "arrowhead": "tee", "arrowsize": "1"},
    "inconclusive": {"penwidth": "3.5", "style": "dashed", "arrowsize": "1"},
    "imprecise": {"penwidth": "2", "arrowhead": "onormal"},
    "kink": {"penwidth": "2", "style": "dotted", "arrowhead": "onormal"},
    "missing": {"style": "dotted"},
    "forward": {"penwidth": "3", "arrowsize": "1"},
    "backward": {"penwidth": "3", "arrowsize": "1", "dir": "back"},
}
INK, QUIET, GRADIENT, BADGE = "#1f2328", "#5c6670", "#b3261e", "#ffffff"
#: What stands for a colour in the dark; all others read on both.
DARK = {
    "#fff6dd": "#3a3118",
    "#eaf2fb": "#1d2c3f",
    "#e6f5eb": "#1a3526",
    "#f2f2f2": "#2b2e33",
    "#ececec": "#2f3237",
    "#c4c8cc": "#565c63",
    "#fdecea": "#471f1d",
    "#fdf3dc": "#3d3012",
    "#e8f1fc": "#1a2b44",
    "#f3ecfd": "#33244a",
    INK: "#e6e8eb",
    QUIET: "#a9b1ba",
    GRADIENT: "#ff9d94",
}


def label(card: Card, rankdir: str = "LR") -> str:
    """The label of a card; operands arrive from the side that ``rankdir`` says, in order.

    >>> "<B>x</B>" in label(Card("n0", "leaf", name="x", data=("2",)))
    True
    """
    fill, line = colours(card)
    body = texts(card)
    if card.op:
        body = beside(badge(card, line), body)
    if 0 < card.slots <= PORTS:
        across = rankdir in ("LR", "RL")
        places = (f'<TD PORT="i{slot}"></TD>' for slot in range(card.slots))
        ports = above(*places) if across else beside(*places)
        parts = (ports, body) if rankdir in ("LR", "TB") else (body, ports)
        body = beside(*parts) if across else above(*parts)
    return (
        f'<<TABLE BORDER="{border(card)}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
        f'STYLE="ROUNDED" COLOR="{line}" BGCOLOR="{fill}"><TR>{body}</TR></TABLE>>'
    )


def tag(mark: Mark) -> str:
    """The label of a marked edge: what was found there, on a ground of its own."""
    fill, line = FOUND[mark.outcome]
    rows = "".join(f"<TR><TD>{row}</TD></TR>" for row in remarks(mark))
    return (
        '<<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" '
        f'COLOR="{line}" BGCOLOR="{fill}">{rows}</TABLE>>'
    )


def remarks(mark: Mark) -> Iterator[str]:
    """The lines of a mark, the first of which says what it is."""
    for place, line in enumerate(mark.lines):
        yield span(f"<B>{clean(line)}</B>" if place == 0 else clean(line), INK, SIZE - 1)


def style(card: Card) -> str:
    """What a card is drawn as: what was found there, or an output, or its kind."""
    return card.mark.outcome if card.mark else "output" if card.output else card.kind


def colours(card: Card) -> tuple[str, str]:
    """Its fill and its line."""
    if card.mark:
        return FOUND[card.mark.outcome]
    return COLOURS[style(card)]


def border(card: Card) -> int:
    return 3 if card.mark else 2 if card.output else 1


def texts(card: Card) -> str:
    """Name, shape, data and gradient, one below the other."""
    quiet = card.kind in ("constant", "fold")
    rows = [span(f"<B>{clean(card.name)}</B>")] if card.name else []
    rows += [span(clean(card.shape), QUIET, SIZE - 2)] if card.shape else []
    rows += [span(clean(line), QUIET if quiet else None) for line in card.data]
    rows += [span(clean(line), GRADIENT) for line in card.grad]
    rows += remarks(card.mark) if card.mark else ()
    width = "" if quiet else f' WIDTH="{max(36, room(card.name))}"'
    margin = '<TD WIDTH="3"></TD>'
    return beside(margin, above(*(f"<TD{width}>{row}</TD>" for row in rows), spacing=4), margin)


def room(text: str) -> int:
    """How wide a name may get with letters that Arial lacks, whose widths no renderer knows; 0 for all others."""
    unknown = sum(ord(c) > LAST_LETTER and not is_mark(c) and c not in KNOWN for c in text)
    known = len(text) - unknown
    return round(SIZE * (WIDE * unknown + ROOMY * known)) if unknown else 0


def badge(card: Card, colour: str) -> str:
    """The operation in white on its colour, with its arguments."""
    rows = [span(clean(card.op), BADGE, SIZE + 4 if len(card.op) < 3 else SIZE)]
    rows += [span(clean(detail), BADGE, SIZE - 2) for detail in card.details]
    cells = "".join(f'<TR><TD WIDTH="18">{row}</TD></TR>' for row in rows)
    return (
        '<TD><TABLE BORDER="0" CELLSPACING="4" CELLPADDING="0"><TR><TD><TABLE BORDER="0" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" BGCOLOR="{colour}">{cells}</TABLE></TD></TR></TABLE></TD>'
    )


def beside(*cells: str) -> str:
    """One cell with these next to each other."""
    row = "".join(cells)
    return f'<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{row}</TR></TABLE></TD>'


def above(*cells: str, spacing: int = 0) -> str:
    """One cell with these below each other."""
    rows = "".join(f"<TR>{cell}</TR>" for cell in cells)
    return f'<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{rows}</TABLE></TD>'


def span(content: str, colour: str | None = None, size: int | None = None) -> str:
    font = (f' COLOR="{colour}"' if colour else "") + (f' POINT-SIZE="{size}"' if size else "")
    return f"<FONT{font}>{content}</FONT>" if font else content


def clean(text: str) -> str:
    """A text with everything escaped that means something in a label, where a single backslash is an order too."""
    return escape(text).replace("\\", "\\\\")
