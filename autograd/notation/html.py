"""Texts and arrays as HTML that stays what it is in notebooks that trust nothing: no scripts, no style but inline."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from autograd.notation.words import MINUS, format_number

LONGEST, LONGEST_LINE = 300, 1_000  #: characters of a text, and of one among others
JOINERS = "\u200c\u200d"  #: not seen, but they shape the letters beside them
NUMBERS = 12  #: an array of no more has them written in its cells
ROWS, COLUMNS = 16, 32  #: of a map, at most
#: Warm above zero, cold below: orange and blue are told apart by all eyes, and leave ink readable over any ground.
POSITIVE, NEGATIVE, DENSEST = "#e66100", "#2f7fd8", 0.6
LEGEND = (-1.0, -0.5, 0.0, 0.5, 1.0)


def text(content: str, most: int = LONGEST) -> str:
    r"""A text on one line: escaped, cut where it is too long, blanks for what cannot be seen.

    >>> text("<b>\0 & \u202e"), text("abcdef", 4)
    ('&lt;b&gt; &amp;', 'abc…')
    """
    seen = (c if c.isprintable() or c in JOINERS else " " for c in content[: 10 * most])
    plain = " ".join("".join(seen).split())
    return escape(plain if len(plain) <= most else f"{plain[: most - 1]}…")


def headline(formula: str, *notes: str) -> str:
    """What an object is, in large letters, and remarks on it below."""
    lines = "".join(f"<div>{text(note)}</div>" for note in notes if note)
    return f'<div style="font-size:large;overflow-wrap:break-word">{text(formula)}</div>{lines}'


def folded(title: str, body: str, is_open: bool = False) -> str:
    """HTML behind a title, which opens it.

    >>> folded("2 nodes", "<p>…</p>")
    '<details><summary>2 nodes</summary><p>…</p></details>'
    """
    return f"<details{' open' * is_open}><summary>{text(title)}</summary>{body}</details>"


def listing(lines: Sequence[str]) -> str:
    """Texts, one a line."""
    shown = "\n".join(text(line, LONGEST_LINE) for line in lines)
    return f'<pre style="white-space:pre-wrap;overflow-wrap:break-word">{shown}</pre>'


def heat_map(title: str, array: Any) -> str:
    """An array as a table of colours, orange above zero and blue below it, each number where it is pointed at.

    Zero has no colour, and the scale reaches as far up as down. Data and gradient have the same colours, and each a
    scale of its own, as they have other units. A few numbers are written in their cells. Of many the map shows some,
    evenly spaced; leading axes stand one below the other.

    >>> "background-color:#e6610099" in heat_map("data", [1.0, 0.0])
    True
    """
    numbers = np.asarray(array, dtype=float)
    shape = "×".join(map(str, numbers.shape))
    if not numbers.size:
        return f"<div>{text(title)}: empty, {shape}</div>"
    rows = numbers.reshape(-1, numbers.shape[-1] if numbers.ndim else 1)
    finite = np.abs(numbers[np.isfinite(numbers)])
    top = float(finite.max()) if finite.size else 0.0
    downwards, across = chosen(rows.shape[0], ROWS), chosen(rows.shape[1], COLUMNS)
    is_written = numbers.size <= NUMBERS
    places = list(np.ndindex(numbers.shape[:-1]))
    lines = []
    for i in downwards:
        line = (cell(float(rows[i, j]), top, (*places[i], j)[: numbers.ndim], is_written) for j in across)
        lines.append(f"<tr>{''.join(line)}</tr>")
    notes = [
        f"{len(part)} of {n} {what}"
        for part, n, what in zip((downwards, across), rows.shape, ("rows", "columns"), strict=True)
        if len(part) < n
    ]
    return (
        '<div style="display:inline-block;vertical-align:top;margin:4px 20px 4px 0;max-width:100%;overflow:auto">'
        f"<div>{text(title)}</div>{table(lines)}{table([legend(top)])}"
        + (f"<div>{', '.join(notes)}</div>" if notes else "")
        + ("" if is_written else folded("numbers", f"<pre>{text_of(numbers)}</pre>"))
        + "</div>"
    )


def chosen(count: int, most: int) -> list[int]:
    """Places of so many, no more than ``most``, evenly spaced, with both ends.

    >>> chosen(3, 4), chosen(100, 4)
    ([0, 1, 2], [0, 33, 66, 99])
    """
    return list(range(count)) if count <= most else np.linspace(0, count - 1, most).astype(int).tolist()


def table(rows: Sequence[str]) -> str:
    return f'<table style="border-collapse:collapse;margin:2px 0"><tbody>{"".join(rows)}</tbody></table>'


def cell(number: float, top: float, place: Sequence[int], is_written: bool) -> str:
    """One number of a map. What is no finite number is always written."""
    shown = format_number(number, 3)
    where = f"[{', '.join(map(str, place))}]: " if place else ""
    is_written = is_written or not np.isfinite(number)
    room = "padding:2px 6px;text-align:center;white-space:nowrap" if is_written else "padding:7px"
    title = f"{where}{format_number(number)}"
    return f'<td title="{title}" style="{room};{coloured(number, top)}">{shown if is_written else ""}</td>'


def coloured(number: float, top: float) -> str:
    """The ground of a number on a scale that reaches to ``top`` on both sides of zero."""
    line = "border:1px solid #80808040"
    share = 0.0 if np.isnan(number) or number == 0 else min(abs(number) / top, 1.0) if top else 1.0
    if not share:
        return line
    return f"{line};background-color:{POSITIVE if number > 0 else NEGATIVE}{round(255 * DENSEST * share):02x}"


def legend(top: float) -> str:
    """The colours of a scale between the numbers at its ends."""
    end = format_number(top, 3)
    grounds = "".join(f'<td style="padding:4px 8px;{coloured(share * top, top)}"></td>' for share in LEGEND)
    ends = [f'<td style="padding:0 6px;border:none">{number}</td>' for number in (f"{MINUS}{end}" if top else end, end)]
    return f"<tr>{ends[0]}{grounds}{ends[1]}</tr>"


def text_of(numbers: Any) -> str:
    """An array as text, where colours are not seen; of a large one the ends."""
    return escape(np.array2string(numbers, precision=4, separator=", ", threshold=ROWS * COLUMNS))
