"""The `stepgrad` command: an expression and numbers in, every step of backpropagation out."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import StringIO
from typing import TextIO

import numpy as np

from autograd import AutogradError, Graph, Step, Tensor, Timeline, Value, steps
from autograd.export import to_json, to_mermaid
from viz.command.arguments import EXAMPLES, STDOUT, Arguments, UsageError, command, option_meant, parser, read
from viz.command.audit import audit
from viz.command.expression import ExpressionError, parse, parse_bindings
from viz.command.recorder import TOO_LARGE
from viz.command.write_tests import write_tests
from viz.encoding import forgiving
from viz.files import writing
from viz.language.words import OURS, words, writable
from viz.model.view import shorten
from viz.page.stepper import Stepper
from viz.picture.dot import draw
from viz.picture.render import RenderError, TooLargeError
from viz.signals import stoppable
from viz.terminal.console import new_console, show, show_tree
from viz.terminal.keys import is_interactive
from viz.terminal.stepper import run as walk_through
from viz.terminal.trace import trace as trace_lines

WRITERS: Mapping[str, Callable[[Stepper], str | bytes]] = {
    "svg": lambda stepper: draw(stepper.timeline.graph).svg(),
    "png": lambda stepper: draw(stepper.timeline.graph).png(),
    "html": Stepper.html,
    "json": lambda stepper: trace(stepper.timeline),
}
MAX_TRACE = 4_000_000  #: numbers of the steps of a trace


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 where it was given something wrong.

    >>> main(["x * y", "x=3", "y=4", "--mermaid"])
    flowchart LR
      n0("x<br/>3<br/>∂ 4")
      n1("y<br/>4<br/>∂ 3")
      n2["f = x · y<br/>12<br/>∂ 1"]
      n0 --> n2
      n1 --> n2
      style n2 stroke-width:3px
    0
    """
    with stoppable(), forgiving(sys.stdout, sys.stderr), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's; `note` says it in a line
        words = list(sys.argv[1:] if argv is None else argv)
        try:
            if is_command(words, "audit"):
                report_text, status = audit(words[1:])
                emit(report_text)
                return status
            if is_command(words, "write-tests"):
                emit(write_tests(words[1:]))
                return 0
            run(read(words))
        except KeyboardInterrupt:
            return 130
        except (UsageError, ExpressionError, AutogradError, RenderError, OSError, MemoryError) as error:
            complain(error)
            return 2
    return 0


def is_command(argv: Sequence[str], name: str) -> bool:
    """Whether the first word is that command, and no difference of two names that are given values.

    >>> is_command(["write-tests", "losses.py"], "write-tests"), is_command(["a-b", "a=1", "b=2"], "a-b")
    (True, False)
    """
    return argv[:1] == [name] and not (len(argv) > 1 and all("=" in word for word in argv[1:]))


def run(arguments: Arguments) -> None:
    """Do what was asked for. Everything is computed before anything is written, and either all files are or none."""
    if arguments.help:
        emit(parser().format_help())
    elif arguments.version:
        emit(f"stepgrad {version()}\n")
    elif arguments.words:
        try:
            stepper = Stepper(compute(arguments.words), arguments.lang)
        except (UsageError, ExpressionError) as error:
            if option := option_meant(arguments.words):
                raise UsageError(f"{error}; did you mean {option}?") from None
            raise
        made = {kind: content(kind, stepper) for kind in dict(arguments.files)}
        with ExitStack() as stack:
            for kind, path in arguments.files:
                if path != STDOUT:
                    stack.enter_context(saving(kind, path, made[kind]))
            emit(printed(arguments, stepper.timeline, made))
        if steps_through(arguments):
            walk_through(stepper.timeline, lang=arguments.lang)
            emit(wrote(arguments))
        note(stepper.timeline)
        if "html" in made and stepper.problem:
            warn(f"note: the page of --html has no picture: {stepper.problem}")
    elif arguments.files or arguments.mermaid or arguments.step:
        raise UsageError(f"expected an expression, as in {command(EXAMPLES[0])}")
    else:
        emit(examples(arguments.lang))


def compute(words: Sequence[str]) -> Timeline:
    """Every step of an expression and its backward pass: the expression first, then its values."""
    text, *values = words
    program = parse(text)
    try:
        bindings = parse_bindings(values)
    except ExpressionError as error:
        quotes = "" if all("=" in value for value in values) else "; the expression goes in quotes"
        raise UsageError(f"{shorten(error.text, 40)}: {error}{quotes}") from None
    output = program.run(bindings).output
    if output.size != 1:
        whole = len(text) < 40 and not {"=", ";"} & set(text)
        raise ExpressionError(
            f"expected one number as the output, got an array of shape {output.shape}: "
            f"take its sum or mean{f', as in sum({text})' * whole}"
        )
    assert isinstance(output, Value | Tensor)
    output.backward()
    return steps(Graph.of(output, names={}))


def content(kind: str, stepper: Stepper) -> str | bytes:
    """What goes into a file of this kind."""
    try:
        return WRITERS[kind](stepper)
    except TooLargeError as error:
        cure = "--json and --mermaid write the whole graph, and without options all steps are printed"
        raise UsageError(f"--{kind}: {error.fact}: {cure}") from None


def trace(timeline: Timeline) -> str:
    """All of it as JSON. Each step has its arrays in full: of a long list, the gradient of the whole for every part."""
    numbers = sum(map(numbers_of, timeline))
    if numbers > MAX_TRACE:
        raise UsageError(
            f"--json: expected at most {MAX_TRACE:,} numbers in all steps, got {numbers:,}: "
            "make the arrays smaller, or the lists shorter"
        )
    return to_json(timeline) + "\n"


def numbers_of(step: Step) -> int:
    """How many numbers a step is written with."""
    return sum(map(np.size, (step.upstream, step.contribution, step.before, step.after)))


def steps_through(arguments: Arguments) -> bool:
    """Whether the steps are shown one by one, to somebody who has keys for it."""
    return arguments.step and is_interactive(sys.stdin, sys.stdout)


def spoken(lang: str | None) -> str:
    """The language of what is printed: that which is asked for, if standard output can show it."""
    return writable(words(lang), getattr(sys.stdout, "encoding", None)).lang


def report(timeline: Timeline, lang: str | None) -> str:
    """All of it, as it is printed."""
    console = new_console(text := StringIO())
    show(timeline, console, lang=spoken(lang))
    return text.getvalue()


def wrote(arguments: Arguments) -> str:
    """The files that were written, if there are any, below what stands before."""
    console = new_console(text := StringIO())
    if written := [path for _, path in arguments.files if path != STDOUT]:
        said = words(spoken(arguments.lang)).text("wrote", files=", ".join(written))
        console.print(f"\n{said}", style="dim", soft_wrap=True)
    return text.getvalue()


def examples(lang: str | None) -> str:
    """Three commands, each with the graph it draws."""
    console, said = new_console(text := StringIO()), words(spoken(lang))
    console.print(said.text("examples"))
    for example in EXAMPLES:
        console.print(f"\n{command(example)}", style="bold", soft_wrap=True)
        show_tree(compute(example), console, lang=said.lang)
    console.print(f"\n{said.text('examples_end')}")
    return text.getvalue()


def note(timeline: Timeline) -> None:
    """Say where the first number came up that is not finite."""
    for step in timeline:
        if not np.all(np.isfinite(step.after)):
            warn(f"note: not finite from here on: {shorten(step.formula, 200)}")
            return


def printed(arguments: Arguments, timeline: Timeline, made: Mapping[str, str | bytes]) -> str | bytes:
    """What goes to standard output: what was asked for there, else the report."""
    for kind, path in arguments.files:
        if path == STDOUT:
            return portable(made[kind])
    if arguments.mermaid:
        return to_mermaid(timeline.graph) + "\n"
    if steps_through(arguments):
        return ""
    if arguments.step:
        said = words(spoken(words(arguments.lang, variables=OURS).lang))
        return "".join(f"{line}\n" for line in trace_lines(timeline, said))
    return report(timeline, arguments.lang) + wrote(arguments)


def portable(content: str | bytes) -> str | bytes:
    """A file as it is printed: as UTF-8, whatever the terminal's encoding, where standard output takes bytes."""
    if isinstance(content, str):
        return content.encode() if hasattr(sys.stdout, "buffer") else content
    if sys.stdout and sys.stdout.isatty():
        raise UsageError("a picture as bytes would fill the terminal: give --png a file, or a pipe")
    if sys.stdout and not hasattr(sys.stdout, "buffer"):
        raise UsageError("standard output takes text alone here: give --png a file")
    return content


@contextmanager
def saving(kind: str, path: str, content: str | bytes) -> Iterator[None]:
    """Write one output to its file, at the end of the block and if that succeeds."""
    try:
        with writing(path, content):
            yield
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):  # of another output
            raise
        reason = getattr(error, "strerror", None) or error
        cures: dict[type[Exception], str] = {
            FileNotFoundError: ": make its folder first",
            IsADirectoryError: ": give the name of a file in it",
        }
        raise UsageError(f"--{kind}: cannot write {path!r}: {reason}{cures.get(type(error), '')}") from None


def emit(content: str | bytes) -> None:
    """Print, and notice here if it does not arrive."""
    if sys.stdout is None:
        raise UsageError("standard output is closed")
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        abandon(sys.stdout)
    except OSError as error:
        abandon(sys.stdout)
        raise UsageError(f"cannot write to standard output: {error.strerror}") from None


def complain(error: Exception) -> None:
    """One line on standard error; for a person at a terminal the place in the text below it."""
    message = TOO_LARGE if isinstance(error, MemoryError) else str(error)
    lines = [f"stepgrad: {' '.join(message.split())}"]
    if isinstance(error, ExpressionError) and error.snippet and sys.stderr and sys.stderr.isatty():
        lines.append(error.snippet)
    tell(lines)


def warn(message: str) -> None:
    tell([f"stepgrad: {' '.join(message.split())}"])


def tell(lines: Sequence[str]) -> None:
    """Write to standard error. Where that takes nothing, the exit status says enough."""
    if sys.stderr is None:  # closed
        return
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Nobody reads this output any more: what is left in its buffer must not complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def version() -> str:
    try:
        return importlib.metadata.version("stepgrad")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
