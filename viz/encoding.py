"""Text for outputs that cannot show every character: ASCII stands in, names stay distinct, and nothing crashes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

ERRORS = "stepgrad"  #: the name of the error handler

#: For signs, which no name holds. Everything else is of a name, where two must not become one.
STAND_INS = {
    "−": "-", "–": "-", "·": "*", "×": "x", "∂": "d", "∞": "inf", "√": "sqrt", "ᵀ": ".T", "…": "...",
    "²": "^2", "³": "^3", "ⁿ": "^n", "⁻": "-", "≥": ">=", "≤": "<=", "≠": "!=", "│": "|", "├": "|", "└": "`", "─": "-",
    "✓": "+", "▸": ">", "▾": "v", "▴": "^", "━": "=", "←": "<-", "→": "->",
}  # fmt: skip


def stand_in(error: UnicodeError) -> tuple[str, int]:
    r"""The error handler: what an output cannot show, in ASCII.

    >>> "∂f/∂x += −4 · √(2)".encode("ascii", ERRORS)
    b'df/dx += -4 * sqrt(2)'
    >>> print("é, 日, σ(σ)".encode("ascii", ERRORS).decode())
    \xe9, \u65e5, sigmoid(\u03c3)
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ascii(error.object, k) for k in range(error.start, error.end)), error.end


def _ascii(text: str, k: int) -> str:
    """What stands for the character at a place: a function is told from a name by what stands around it."""
    if text[k] == "σ" and text[k + 1 : k + 2] == "(" and not text[:k][-1:].isalnum():
        return "sigmoid"
    return STAND_INS.get(text[k]) or text[k].encode("unicode_escape").decode()


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
