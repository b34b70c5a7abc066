"""``stepgrad audit FILE…``: the gradients that were written by hand in some files, a table a file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from viz.command.arguments import Parser, UsageError
from viz.terminal.console import new_console

DESCRIPTION = """\
Runs the code in each FILE, be it of Python or a notebook, and checks the gradients that were written by hand
in it: which parameter is wrong, at which element, by what factor, and whether
the gradient is wrong or the loss.

This runs the code that it is given, with your rights: in a process of its own
with limits of time and memory, which are no protection from malice.
"""

EPILOG = """\
What is audited in a file:
  audit = [(f, gradient, *inputs), ...]    if it has such a list, or a dict of
                                           such by name, that alone; None is
                                           the gradient if f returns both
  forward, backward                        also relu_forward, relu_backward
  loss, grad                               also f, f_grad and the like
  functions that return (loss, grads)
  classes with forward and backward
Arguments are the variables of the file with their names, or are guessed.

The exit status is 0 if all is right, 1 if something is wrong or could not be
checked, 2 if the command line is not understood.
"""

STYLES = {"right": "green", "wrong": "bold red"}
COLUMNS = ("function", "verdict", "parameter", "element", "factor", "wrong side")

NOTHING = "nothing to audit was found: write audit = [(f, gradient, *inputs)], where gradient is None if f returns both"

#: How wide a table may be where no terminal says it.
WIDE = 200


def audit(argv: Sequence[str]) -> tuple[str, int]:
    """The tables, and the exit status. Raises `UsageError`."""
    arguments = parser().parse_args(argv)
    if arguments.help or not arguments.files:
        if not arguments.help:
            raise UsageError("audit: expected a file, as in stepgrad audit homework.py")
        return parser().format_help(), 0
    for path in arguments.files:
        if not os.path.isfile(path):
            raise UsageError(f"audit: cannot read {path!r}: there is no such file")
    from autograd.check import audit_file  # which loads what no expression needs

    console = new_console(text := StringIO())
    console.print("This runs the code of the files, with your rights.", style="dim", soft_wrap=True)
    status = 0
    for path in arguments.files:
        rows = audit_file(path, arguments.seconds, arguments.memory)
        console.print(Text(f"\n{path}", "bold"), soft_wrap=True)
        if rows:
            console.print(table(rows), width=None if console.is_terminal else WIDE)
            for sentence in sentences(rows):
                console.print(Text(sentence), soft_wrap=not console.is_terminal)
        else:
            console.print(NOTHING, soft_wrap=True)
        if not rows or any(row.outcome != "right" for row in rows):
            status = 1
    return text.getvalue(), status


def table(rows: Sequence[Any]) -> Table:
    """A line for each parameter that is wrong, and for each function that is right or could not be checked."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        made.add_column(column, overflow="fold")
    for row in rows:
        name, verdict = Text(row.name), Text(row.outcome, STYLES.get(row.outcome, "yellow"))
        nothing: dict[str, Any] = dict.fromkeys(("parameter", "element", "factor", "side"))
        for finding in wrong_of(row) or [nothing]:
            made.add_row(
                name,
                verdict,
                Text(finding["parameter"] or ""),
                Text("" if finding["element"] is None else str(tuple(finding["element"]))),
                Text("" if finding["factor"] is None else f"{finding['factor']:.6g}"),
                Text(finding["side"] or ""),
            )
            name, verdict = Text(), Text()
    return made


def wrong_of(row: Any) -> list[Any]:
    return [finding for finding in row.findings if finding["outcome"] in ("wrong", "inconclusive")]


def sentences(rows: Sequence[Any]) -> Iterator[str]:
    """Which loss was taken, and what there is to say of what is not right: several with one fault have it once."""
    for row in rows:
        if row.against:
            yield f"{row.name}: checked {row.against}"
        if row.outcome == "right":
            continue
        said: dict[tuple[str, str | None], list[Any]] = {}
        for finding in wrong_of(row):
            said.setdefault((finding["hint"] or finding["message"], finding["source"]), []).append(finding["parameter"])
        for (text, source), names in (said or {(row.message, row.source): [None]}).items():
            which = ", ".join(name for name in names if name)
            yield f"{row.name}{f', {which}' if which else ''}: {text}{f', {source}' if source else ''}"


def parser() -> Parser:
    made = Parser(
        "stepgrad audit",
        usage="stepgrad audit [options] FILE [FILE ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    made.add_argument("files", nargs="*", metavar="FILE")
    made.add_argument("--seconds", type=positive, default=60.0, help="for each audit, and to load a file (60)")
    made.add_argument("--memory", type=megabytes, default=4096, metavar="MB", help="in megabytes (4096)")
    made.add_argument("-h", "--help", action="store_true", help="print this")
    return made


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return number


def megabytes(text: str) -> int:
    number = int(text)
    if not 256 <= number < 2**30:
        raise argparse.ArgumentTypeError(f"expected at least 256 megabytes, got {text!r}")
    return number
