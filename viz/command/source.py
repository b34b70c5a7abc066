"""Text that a person typed: parsed by Python's own parser within limits, with positions to point at."""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings

MAX_DEPTH = 100  #: nested brackets and operators
MAX_NAME = 100  #: characters of a name, which is shown again and again
_WINDOW = 34  #: characters shown on either side of a position

_LITERAL = re.compile("literal|invalid digit|leading zeros")  #: what Python says of a number, pointing into it
_UNFINISHED = re.compile(r"[\d.]*(?:_\d+)*(?:_(?!\d)|[eE](?!\w))")  #: 1_ and 1e

_LATIN = dict(
    zip(
        "асԁеһіјорԛѕԝхуАВЕНІЈКМОРЅТХΑΒΕΗΙΚΜΝΟΡΤΥΧΖοıⅼ",
        "acdehijopqswxyABEHIJKMOPSTXABEHIKMNOPTYXZoil",
        strict=True,
    )
)
_TYPED = {"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "²": "**2", "³": "**3", "∞": "inf"}
_OF_BACKSLASH = ("unexpected EOF", "line continuation")
_PYTHON_SAYS = {  # where Python's own message would send people the wrong way
    "cannot assign": "only a name can stand on the left of =, as in q = x + y",
    "invalid decimal literal": "expected an operator between a number and a name, as in 2*x",
    "string literal": "expected numbers and names, got text in quotes",
    "Exceeds the limit": "this number is too large for a float (1.8e308)",
    "indented block": "expected arithmetic, got another statement",
    **dict.fromkeys(_OF_BACKSLASH, "a backslash has no meaning here: leave it out"),
    "invalid syntax": "this does not read as arithmetic",
}


class ExpressionError(ValueError):
    """A text that is no expression; the message is one line, `position` an index into `text`.

    >>> error = ExpressionError("expected a number", "x=?", 2)
    >>> print(error)
    column 3: expected a number
    >>> print(error.snippet)
      x=?
        ^
    """

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(message, text, position)
        self.message, self.text, self.position = message, text, position

    def __str__(self) -> str:
        if self.position is None:
            return self.message
        before = self.text[: self.position].split("\n")
        line = f"line {len(before)}, " if "\n" in self.text else ""
        return f"{line}column {len(before[-1]) + 1}: {self.message}"

    @property
    def snippet(self) -> str:
        """The text around the position, with a caret under it; empty if there is no position."""
        if self.position is None:
            return ""
        start = self.text.rfind("\n", 0, self.position) + 1
        line = "".join(c if c.isprintable() else "?" for c in self.text[start:].partition("\n")[0])
        column = self.position - start
        first = max(0, column - _WINDOW)
        return f"  {line[first : column + _WINDOW]}\n  {' ' * (column - first)}^"


class Source:
    """A text, the statements that Python's parser finds from `start` on, and where their nodes stand."""

    def __init__(self, text: str, limit: int, start: int = 0) -> None:
        self.text = text.replace("\r\n", " \n").replace("\r", "\n")
        self._check(limit)
        lines = (" " * start + self.text[start:]).split("\n")
        stripped = [line.lstrip(" \t\f") for line in lines]  # indentation has no meaning here
        self._starts = []
        end = 0
        for line, rest in zip(lines, stripped, strict=True):
            self._starts.append((end + len(line) - len(rest), rest))
            end += len(line) + 1
        self.statements = self._parse("\n".join(stripped))

    def error(self, message: str, position: int | None) -> ExpressionError:
        return ExpressionError(message, self.text, position)

    def position(self, node: ast.AST) -> int:
        """Where the node starts in the text."""
        return self._index(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where the node ends in the text."""
        return self._index(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def name(self, node: ast.Name) -> str:
        """The name, if it is what it looks like."""
        return plain_name(self.text[self.position(node) : self.end(node)], self.text, self.position(node))

    def _check(self, limit: int) -> None:
        """Refuse what Python's parser should never see."""
        if len(self.text) > limit:
            raise self.error(f"expected at most {limit:,} characters, got {len(self.text):,}", limit)
        if strange := re.search("[\0\ud800-\udfff\ufeff]", self.text):
            raise self.error(f"expected text, got the character U+{ord(strange[0]):04X}", strange.start())
        depth = 0
        for bracket in re.finditer(r"[(\[{]|[)\]}]", self.text):
            depth += 1 if bracket[0] in "([{" else -1
            if depth > MAX_DEPTH:
                raise self.error(TOO_DEEP, bracket.start())

    def _parse(self, text: str) -> list[ast.stmt]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text).body
        except SyntaxError as error:
            lines = len(self._starts)
            number = min(max(error.lineno or 1, 1), lines)
            start, line = self._starts[number - 1]
            position = start + min(max((error.offset or 1) - 1, 0), len(line))
            position = self._beginning(error.msg, position)
            raise self.error(self._say(error.msg, position), position) from None
        except (RecursionError, MemoryError):
            raise self.error(TOO_DEEP, 0) from None
        except ValueError as error:
            raise self.error(str(error), 0) from None

    def _beginning(self, message: str, position: int) -> int:
        """Where what Python complains about begins; it points into a number, and behind a backslash."""
        if any(part in message for part in _OF_BACKSLASH):
            return max(self.text.rfind("\\", 0, position + 1), 0)
        while position and _LITERAL.search(message) and re.fullmatch(r"[\w.]", self.text[position - 1]):
            position -= 1
        return position

    def _say(self, message: str, position: int) -> str:
        typed = self.text[position : position + 1]
        if typed in _TYPED:
            return f"write {_TYPED[typed]} for {typed}"
        if (number := _UNFINISHED.match(self.text, position)) and _LITERAL.search(message):
            return f"expected a digit after {number[0]}"
        return next((better for part, better in _PYTHON_SAYS.items() if part in message), message)

    def _index(self, line: int, column: int) -> int:
        """An index into the text, from the parser's line number and count of UTF-8 bytes."""
        start, content = self._starts[line - 1]
        return start + len(content.encode()[:column].decode())


TOO_DEEP = f"nested more than {MAX_DEPTH} deep, or too long: split it into statements, as in q = x + y; q * z"


def plain_name(name: str, text: str, position: int) -> str:
    """The name, unless it is too long or hides another: Cyrillic letters that look like Latin ones, styled letters."""
    if len(name) > MAX_NAME:
        raise ExpressionError(f"expected a name of at most {MAX_NAME} characters, got {len(name):,}", text, position)
    plain = unicodedata.normalize("NFKC", name)
    if plain == name:
        plain = "".join(_LATIN.get(c, c) for c in name)
    if plain != name and plain.isascii():
        odd = next(c for c in name if not c.isascii())
        raise ExpressionError(f"{name!r} looks like {plain!r} but holds {unicodedata.name(odd, odd)}", text, position)
    return unicodedata.normalize("NFKC", name)
