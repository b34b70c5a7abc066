"""Keys and the terminal: what is pressed, and a terminal that is as it was, whatever happens."""

from __future__ import annotations

import codecs
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, TextIO

NAMES = {
    "\r": "enter", "\n": "enter", " ": "space", "\x03": "ctrl-c", "\x04": "ctrl-d", "\x1a": "ctrl-z",
    "\x7f": "backspace", "\b": "backspace",
}  # fmt: skip
#: By what ends the sequence, or by the number before its tilde.
SEQUENCES = {
    "C": "right", "D": "left", "H": "home", "F": "end", "M": "enter",
    "1~": "home", "7~": "home", "4~": "end", "8~": "end", "5~": "pageup", "6~": "pagedown",
}  # fmt: skip
#: By the second character of the two that Windows gives.
WINDOWS = {"M": "right", "K": "left", "G": "home", "O": "end", "I": "pageup", "Q": "pagedown"}

#: An escape sequence, or one character: ESC [ parameters end; ESC O end, as in the application's mode.
#: With another character after the escape, that was pressed together with Alt, which means nothing here.
KEY = re.compile(
    r"\x1b\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])|\x1bO([\x40-\x7e])|\x1b(?=[\x00-\x1f])|\x1b[^\[O]|[^\x1b]",
    re.DOTALL,
)
BEGUN = re.compile(r"\x1b(\[[\x20-\x3f]*|O)?")

AMBIGUOUS = 0.05  #: seconds after which an escape is the key, and not the beginning of a sequence
NAP = 0.02  #: seconds between two looks at the keys, on Windows

#: The alternate screen with the cursor hidden, and back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, CLEAR = "\x1b[H", "\x1b[K"  #: the cursor to the top, a line cleared from the cursor on


class Keyboard(Protocol):
    """Where keys come from."""

    def read(self, seconds: float) -> list[str]:
        """The keys that were pressed, after so many seconds at most; none if there were none."""
        ...


def pressed(text: str) -> tuple[list[str], str]:
    r"""The keys that a terminal sent, by name, and what may be the beginning of one more.

    >>> pressed("q\x1b[C\x1bOD\x1b[1~\x1b[1;5F")
    (['q', 'right', 'left', 'home', 'end'], '')
    >>> pressed(" \x1b[")
    (['space'], '\x1b[')
    """
    found: list[str] = []
    place = 0
    while place < len(text):
        if BEGUN.fullmatch(text, place) or not (match := KEY.match(text, place)):
            return found, text[place:]
        place = match.end()
        parameters, end, application = match.groups()
        if end or application:
            name = f"{parameters.partition(';')[0]}~" if end == "~" else end or application
            found += [SEQUENCES[name]] if name in SEQUENCES else []
        elif match[0] == "\x1b":
            found.append("escape")
        elif len(match[0]) == 1:
            found.append(NAMES.get(match[0], match[0]))
    return found, ""


class PosixKeyboard:
    """A terminal that gives every key as it is pressed."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.rest = ""

    def read(self, seconds: float) -> list[str]:
        data = self.wait(AMBIGUOUS if self.rest else seconds)
        if data is None:
            keys, self.rest = ["escape"] if self.rest == "\x1b" else [], ""
            return keys
        keys, self.rest = pressed(self.rest + self.decode(data)) if data else (["ctrl-d"], "")
        return keys

    def wait(self, seconds: float) -> bytes | None:
        """What came, nothing where the terminal is gone, None where there was nothing in time."""
        import select

        if not select.select([self.descriptor], [], [], seconds)[0]:
            return None
        try:
            return os.read(self.descriptor, 1024)
        except OSError:
            return b""


class WindowsKeyboard:
    """The console of Windows, which is asked again and again."""

    def read(self, seconds: float) -> list[str]:
        import msvcrt

        until = time.monotonic() + seconds
        while not msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
            if time.monotonic() >= until:
                return []
            time.sleep(NAP)
        key: str = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
        if key in "\0\xe0":
            name = WINDOWS.get(msvcrt.getwch())  # type: ignore[attr-defined,unused-ignore]
            return [name] if name else []
        return ["escape"] if key == "\x1b" else [NAMES.get(key, key)]


def is_interactive(source: TextIO | None, target: TextIO | None) -> bool:
    """Whether somebody sits at both ends, at a terminal that can show a screen."""
    if source is None or target is None or os.environ.get("TERM") == "dumb":
        return False
    try:
        return source.isatty() and target.isatty() and source.fileno() >= 0
    except (ValueError, OSError):  # closed, or in memory
        return False


@contextmanager
def full_screen(source: TextIO, target: TextIO) -> Iterator[Keyboard]:
    """A screen of its own and its keys; at the end, whatever ends it, the terminal is as it was."""
    if sys.platform == "win32":
        try:
            target.write(ENTER)
            yield WindowsKeyboard()
        finally:
            target.write(LEAVE)
            target.flush()
        return
    import termios

    descriptor = source.fileno()
    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[0] &= ~(termios.IXON | termios.ICRNL)
    changed[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)  # Ctrl-C is a key like any other
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
        target.write(ENTER)
        yield PosixKeyboard(descriptor)
    finally:
        with suppress(termios.error, OSError):  # the terminal may be gone
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
            target.write(LEAVE)
            target.flush()


def suspend() -> None:
    """Stop here, as Ctrl-Z does, until the shell goes on with it."""
    os.kill(0, signal.SIGTSTP)


def paint(target: TextIO, lines: list[str]) -> None:
    """Put lines in the place of those that are there.

    Each is cleared before it is written: after one as wide as the terminal, the cursor is on its last cell.
    """
    target.write(HOME + "\n".join(CLEAR + line for line in lines))
    target.flush()


def dimensions(target: TextIO) -> tuple[int, int]:
    """Columns and lines of a terminal as they are now; COLUMNS and LINES count where it does not know."""
    try:
        found = os.get_terminal_size(target.fileno())
    except (OSError, ValueError):
        found = shutil.get_terminal_size()
    if found.columns < 1 or found.lines < 1:
        found = shutil.get_terminal_size()
    return found.columns, found.lines
