"""Tables: rows of texts, as lines of even columns, and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import chain


class Table:
    """What is printed as a table, and is one in a notebook; columns of numbers are those of ``right``.

    >>> Table(["name", "count"], [["weight", "12"], ["bias", "6"]], right=["count"], foot="18 in all")
    name    count
    weight     12
    bias        6
    18 in all
    """

    def __init__(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = (), foot: str = ""
    ) -> None:
        self.header = header
        self.rows = rows
        self.is_right = [name in right for name in header]
        self.foot = foot

    def __str__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligned = [
            [x.rjust(n) if is_right else x.ljust(n) for x, n, is_right in zip(line, widths, self.is_right, strict=True)]
            for line in lines
        ]
        return "\n".join(chain(("  ".join(line).rstrip() for line in aligned), [self.foot] if self.foot else []))

    def __repr__(self) -> str:
        return str(self)

    def folded(self, title: str, few: int) -> str:
        """The HTML behind a title, which opens it; open from the start where it has few rows."""
        opened = " open" * (len(self.rows) <= few)
        table = f'<div style="overflow:auto">{self._repr_html_()}</div>'
        return f"<details{opened}><summary>{html.escape(title)}</summary>{table}</details>"

    def _repr_html_(self) -> str:
        def cell(tag: str, text: str, is_right: bool) -> str:
            side = "right" if is_right else "left"
            return f'<{tag} style="text-align: {side}; white-space: pre-wrap">{html.escape(text)}</{tag}>'

        def line(tag: str, texts: Sequence[str]) -> str:
            return f"<tr>{''.join(cell(tag, *pair) for pair in zip(texts, self.is_right, strict=True))}</tr>"

        body = "".join(line("td", row) for row in self.rows)
        head = f"<thead>{line('th', self.header)}</thead>"
        foot = f"<caption style='caption-side: bottom; text-align: left'>{html.escape(self.foot)}</caption>"
        return f"<table>{foot if self.foot else ''}{head}<tbody>{body}</tbody></table>"
