"""DOT source to a picture, through whichever renderer this machine has.

The `dot` command on PATH is used if there is one, else the `graphviz-pure` command, which pip installs beside
Python itself. Without either there is a `RenderError`, which names the cure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from graphviz.backend import dot_command, execute

from viz import inputs

Format = Literal["svg", "png"]
Renderer = Literal["dot", "graphviz-pure"]

TIMEOUT = 30.0  # seconds

_CURE = "install one with `pip install graphviz-pure`, or Graphviz from https://graphviz.org/download"
_MAGIC: dict[str, bytes] = {"svg": b"<?xml", "png": b"\x89PNG"}
_pointing = threading.RLock()


class RenderError(RuntimeError):
    """A picture could not be made; the message says what to do about it."""


class TooLargeError(RenderError):
    """So of a picture that nobody can read: ``fact`` says why, and the cure is that of who asked for it."""

    def __init__(self, fact: str, cure: str) -> None:
        super().__init__(f"{fact}: {cure}")
        self.fact = fact


def renderer() -> Renderer | None:
    """The renderer that `render` will use, or None if this machine has none.

    >>> renderer() in ("dot", "graphviz-pure", None)
    True
    """
    found = _find()
    return found[0] if found else None


def render(source: str, format: Format, *, timeout: float | None = TIMEOUT) -> bytes:
    """The picture of a graph that is given in DOT.

    `timeout` is in seconds; None waits for as long as it takes.

    >>> render("digraph { x -> f }", "svg")[:5]
    b'<?xml'
    """
    inputs.text(source, "render: source")
    inputs.one_of(_MAGIC, format, "render: format")
    timeout = inputs.seconds(timeout, "render: timeout")
    with dot_binary() as name:
        command = dot_command.command("dot", format)
    try:
        done = execute.run_check(
            command, input=source.encode("utf-8", "replace"), capture_output=True, quiet=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        fact = f"{name} found no layout within {timeout:g} s"
        raise TooLargeError(fact, "draw a part of the graph, or pass a longer timeout") from None
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.decode("utf-8", "replace").split())
        raise RenderError(f"{name} refused the DOT source: {said or f'exit status {error.returncode}'}") from None
    except (OSError, execute.ExecutableNotFound) as error:
        raise RenderError(f"{name} did not start: {error}; {_CURE}") from None
    if not done.stdout.startswith(_MAGIC[format]):
        raise RenderError(f"{name} drew nothing: expected a graph in DOT, got {source[:60]!r}")
    return bytes(done.stdout)


@contextmanager
def dot_binary() -> Iterator[Renderer]:
    """Within the block the graphviz package runs the renderer that this machine has; yields its name.

    For calls that `render` does not cover: `with dot_binary(): digraph.render("graph", format="svg")`.
    One thread at a time holds it, since the graphviz package keeps the command in a global.
    """
    found = _find()
    if found is None:
        raise RenderError(f"no renderer found: neither dot nor graphviz-pure is on this machine; {_CURE}")
    name, path = found
    with _pointing:
        before = dot_command.DOT_BINARY
        dot_command.DOT_BINARY = path
        try:
            yield name
        finally:
            dot_command.DOT_BINARY = before


def _find() -> tuple[Renderer, Path] | None:
    """The renderer and its absolute path; pip's scripts folders count too, as they are often not on PATH."""
    scripts = (
        sysconfig.get_path("scripts"),
        os.path.dirname(sys.executable),
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")),
    )
    if found := shutil.which("dot"):
        return "dot", Path(found).absolute()
    for folders in (None, os.pathsep.join(scripts)):  # None: PATH
        if found := shutil.which("graphviz-pure", path=folders):
            return "graphviz-pure", Path(found).absolute()
    return None
