"""The command line of `stepgrad`: what is an option, what is an expression, and the text of --help."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from viz.files import descriptor
from viz.language.words import words as words_of

EXAMPLES = (
    ("(x + y) * z", "x=-2", "y=5", "z=-4"),
    ("z = w*x + b; log(1 + exp(z)) - y*z", "w=.5", "x=2", "b=-1", "y=1"),
    ("sum(tanh(W @ x))", "W=[[1,2],[3,4]]", "x=[.5,-.5]"),
)

DESCRIPTION = """\
Shows every step of backpropagation through an expression: its graph, the
values on the way forward, each step of the way back with its numbers, and
the gradients.

  expression   arithmetic in quotes, as in "(x + y) * z"; statements name
               the inner nodes, as in "q = x + y; f = q * z"
  name=value   a number for each name, or a list of numbers:
               x=-2  w=1/3  "W=[[1,2],[3,4]]"
"""

EPILOG = """\
examples:
  stepgrad "(x + y) * z" x=-2 y=5 z=-4 --step
  stepgrad "(x + y) * z" x=-2 y=5 z=-4
  stepgrad "q = x + y; f = q * z" x=-2 y=5 z=-4 --svg graph.svg
  stepgrad "sum(tanh(W @ x))" "W=[[1,2],[3,4]]" "x=[.5,-.5]" --html steps.html
  stepgrad "-x**2" x=3 --json - > trace.json

The output of an expression has to be one number: of an array, take the sum
or the mean. FILE may be - for standard output; an option may be given again,
for another file.

Two more commands, each with its own --help:
  stepgrad audit FILE ...             checks gradients written by hand
  stepgrad write-tests MODULE [FILE]  writes gradient tests for a module
"""

FILES = {
    "svg": "write a picture of the graph",
    "png": "write a picture of the graph",
    "html": "write a page that steps forward and back",
    "json": "write the graph and all steps, for other programs",
}
FLAGS = {
    "step": "step through it with the arrow keys; in a pipe or a file, print one line a step",
    "mermaid": "print the graph as a Mermaid flowchart, and nothing else",
    "version": "print the version",
}
SETTINGS = {
    "lang": "en or zh: the language of what is printed, else that of the environment, English where that is another; "
    "help and messages are English",
}
STDOUT = "-"

#: What looks like an option. Everything else that begins with a minus is an expression, as in -x*y.
OPTION = re.compile(r"--[A-Za-z][A-Za-z-]*(=.*)?|-h", re.DOTALL)


#: An option with one minus too few; it is an expression, too.
SHORTENED = re.compile(rf"-({'|'.join((*FILES, *SETTINGS, *FLAGS, 'help'))})(=.*)?", re.DOTALL)


class UsageError(ValueError):
    """A command line that cannot be followed; the message says what to write instead."""


@dataclass(frozen=True)
class Arguments:
    """What was asked for: ``files`` are pairs of kind and path, ``words`` the expression and its values."""

    words: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    step: bool = False
    mermaid: bool = False
    help: bool = False
    version: bool = False
    lang: str | None = None

    @property
    def printed(self) -> list[str]:
        """The options that take standard output for themselves."""
        files = [f"--{kind} -" for kind, path in self.files if path == STDOUT]
        return files + ["--step"] * self.step + ["--mermaid"] * self.mermaid


def read(argv: Sequence[str]) -> Arguments:
    """Understand a command line.

    >>> arguments = read(["--svg", "a.svg", "-x*y", "x=-2", "y=1"])
    >>> arguments.words, arguments.files
    (('-x*y', 'x=-2', 'y=1'), (('svg', 'a.svg'),))

    Raises `UsageError` for unknown options, for a file without a name, and for outputs that would end up in one place.
    """
    options, words = split(argv)
    for option in options:
        flag, equals, value = option.partition("=")
        if equals and flag.removeprefix("--") in (*FLAGS, "help"):
            raise UsageError(f"{flag} takes no value, got {value[:40]!r}: write {flag} alone")
    chosen, unknown = parser().parse_known_args(options)
    if unknown:
        option = unknown[0].partition("=")[0]
        near = difflib.get_close_matches(option, [f"--{name}" for name in (*FILES, *SETTINGS, *FLAGS, "help")], 1)
        raise UsageError(f"unknown option {option}: {f'did you mean {near[0]}?' if near else 'see stepgrad --help'}")
    files = tuple((kind, destination(kind, path)) for kind in FILES for path in getattr(chosen, kind))
    try:
        words_of(chosen.lang)
    except ValueError as error:
        raise UsageError(f"--{error}") from None
    arguments = Arguments(tuple(words), files, chosen.step, chosen.mermaid, chosen.help, chosen.version, chosen.lang)
    if len(arguments.printed) > 1:
        cure = "give one of them a file" if STDOUT in dict(files).values() else "leave one of them out"
        raise UsageError(f"{' and '.join(arguments.printed)} cannot both be printed: {cure}")
    writers: dict[str, str] = {}
    for kind, path in files:
        if (place := place_of(path)) in writers:
            raise UsageError(f"{writers[place]} and --{kind} would both write {path}: give each a file of its own")
        writers[place] = f"--{kind}"
    return arguments


def destination(kind: str, path: str) -> str:
    """The file, or the sign for standard output where that is what the path leads to, as /dev/stdout does."""
    if not path:
        raise UsageError(f"--{kind}: cannot write '': give the name of a file")
    try:
        number = sys.stdout.fileno()
    except (AttributeError, OSError):  # closed, or in memory
        return path
    return STDOUT if descriptor(path) == number else path


def option_meant(words: Sequence[str]) -> str:
    """The option that one of these words may have been meant to be, or nothing.

    >>> option_meant(["x*y", "-svg", "graph.svg"])
    '--svg'
    """
    found = filter(None, map(SHORTENED.fullmatch, words))
    return next((f"--{match[1]}" for match in found), "")


def place_of(path: str) -> str:
    """What two spellings of one file have in common: where links lead, in letters of one case, as many systems read.

    >>> place_of("./Graph.svg") == place_of("graph.SVG")
    True
    """
    try:
        return os.path.realpath(path).casefold()
    except ValueError:  # which nobody can write
        return path


def split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options, each with its value in one word, and the words that are none. After -- nothing is an option."""
    options: list[str] = []
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word == "--":
            words += rest
        elif not OPTION.fullmatch(word):
            words.append(word)
        elif word.removeprefix("--") in (*FILES, *SETTINGS) and not OPTION.fullmatch(value := next(rest, "--missing")):
            options.append(f"{word}={value}")
        else:
            options.append(word)
    return options, words


class Parser(argparse.ArgumentParser):
    """One whose complaints are exceptions."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")


def parser() -> Parser:
    made = Parser(
        "stepgrad",
        usage="stepgrad [options] expression [name=value ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    for kind, purpose in FILES.items():
        made.add_argument(f"--{kind}", metavar="FILE", help=purpose, action="append", default=[])
    for name, purpose in SETTINGS.items():
        made.add_argument(f"--{name}", metavar=name.upper(), help=purpose)
    for flag, purpose in FLAGS.items():
        made.add_argument(f"--{flag}", action="store_true", help=purpose)
    made.add_argument("-h", "--help", action="store_true", help="print this")
    return made


def command(words: Sequence[str]) -> str:
    """The command that these words make, with quotes where a shell needs them.

    >>> command(["(x + y) * z", "x=-2"])
    'stepgrad "(x + y) * z" x=-2'
    """
    return " ".join(["stepgrad", *(word if re.fullmatch(r"[\w=.,-]+", word) else f'"{word}"' for word in words)])
