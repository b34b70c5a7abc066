"""What is being recorded: state that belongs to the current thread or task, never to the process."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Literal

Mode = Literal["no_grad", "tracing"]

#: ``None`` is the ordinary state.
mode: ContextVar[Mode | None] = ContextVar("mode", default=None)

#: One entry for every context that is open anywhere in the process. While there is none, nobody need ask for the mode.
contexts: list[Mode] = []

#: Where code of this project comes from, the generated included: everything else is the person's.
_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = (*(os.path.join(_root, package, "") for package in ("autograd", "nn", "viz")), "<autograd ")


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are fresh leaves.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> with autograd.no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    """
    with entered("no_grad"):
        yield


@contextmanager
def tracing() -> Iterator[None]:
    """Record, for every node made inside, the source line that made it.

    >>> import autograd
    >>> with autograd.tracing():
    ...     y = autograd.Value(2.0) * 3
    >>> y.source.partition("  ")[2]
    'y = autograd.Value(2.0) * 3'
    """
    with entered(mode.get() or "tracing"):  # inside no_grad() nothing is recorded
        yield


@contextmanager
def entered(state: Mode) -> Iterator[None]:
    token = mode.set(state)
    contexts.append(state)
    try:
        yield
    finally:
        contexts.remove(state)
        mode.reset(token)


def user_frame() -> FrameType | None:
    """The innermost frame outside this project's packages: the line the person wrote."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    return frame


def source_line() -> str | None:
    """``file.py:12  q = x + y`` for the line that is running now, or None where there is none."""
    frame = user_frame()
    if frame is None:
        return None
    filename, number = frame.f_code.co_filename, frame.f_lineno
    line = linecache.getline(filename, number, frame.f_globals).strip()
    return f"{file_or_cell(frame, filename)}:{number}  {line}"


def file_or_cell(frame: FrameType, filename: str) -> str:
    """The last part of a file's path; in a notebook, the cell as IPython names it: ``In[5]``."""
    shell = frame.f_globals.get("get_ipython")
    if callable(shell):
        name: tuple[str, str] | None = shell().compile.format_code_name(filename)
        if name is not None:
            return name[1]
    return filename.replace("\\", "/").rpartition("/")[2]
