"""Text for outputs that cannot show every character: ASCII stands in, and nothing crashes."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

ERRORS = "stepgrad"  #: the name of the error handler

STAND_INS = {
    "−": "-", "–": "-", "·": "*", "×": "x", "∂": "d", "∞": "inf", "√": "sqrt", "σ": "sigmoid", "ᵀ": ".T", "…": "...",
    "²": "^2", "³": "^3", "ⁿ": "^n", "⁻": "-", "≥": ">=", "≤": "<=", "≠": "!=", "│": "|", "├": "|", "└": "`", "─": "-",
}  # fmt: skip


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """The error handler: what an output cannot show, in ASCII.

    >>> "∂f/∂x += −4 · √(2)".encode("ascii", ERRORS)
    b'df/dx += -4 * sqrt(2)'
    >>> "é, 日".encode("ascii", ERRORS)
    b'e, ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    known = STAND_INS.get(character)
    return known or unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


codecs.register_error(ERRORS, stand_in)


@contextmanager
def forgiving(*files: TextIO | None) -> Iterator[None]:
    """Within the block these outputs take any text, whatever their encoding."""
    changed = [(file, file.errors) for file in files if isinstance(file, TextIOWrapper)]
    for file, _ in changed:
        file.reconfigure(errors=ERRORS)
    try:
        yield
    finally:
        for file, errors in changed:
            file.reconfigure(errors=errors)
