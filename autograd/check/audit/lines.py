"""Lines: where in a person's code something happens. The code of this project, NumPy's and Python's is nobody's."""

from __future__ import annotations

import linecache
import os
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType

import numpy as np

from autograd.state import file_or_cell

#: A place in code: the code object, and the instruction there.
Place = tuple[CodeType, int]

OURS = (os.path.dirname(np.__file__) + os.sep, str(Path(__file__).parents[2]) + os.sep)

#: Python's own code, and what is installed below it, which is not.
PYTHONS = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
INSTALLED = tuple({sysconfig.get_path(name) + os.sep for name in ("purelib", "platlib")})


@lru_cache(maxsize=10_000)
def is_persons(code: CodeType) -> bool:
    name = code.co_filename
    return not (name.startswith((*OURS, "<frozen")) or (name.startswith(PYTHONS) and not name.startswith(INSTALLED)))


def calls(frame: FrameType | None, until: CodeType) -> Iterator[Place]:
    """The places that a person's code is at, from the innermost to the call of ``until``."""
    while frame is not None and frame.f_code is not until:
        if is_persons(frame.f_code):
            yield frame.f_code, frame.f_lasti
        frame = frame.f_back


@lru_cache(maxsize=10_000)
def line_of(place: Place) -> int:
    code, instruction = place
    for i, (line, *_) in enumerate(code.co_positions()):
        if i == instruction // 2:
            return line or code.co_firstlineno
    return code.co_firstlineno


def source(filename: str, line: int) -> str:
    """A line as findings show it: ``file.py:14  h = np.tanh(W @ x)``."""
    text = linecache.getline(filename, line).strip()
    where = f"{file_or_cell(filename)}:{line}"
    return f"{where}  {text}" if text else where


def raised_at(error: BaseException) -> str | None:
    """The innermost line of a person's code that an error came through."""
    found = None
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        if is_persons(traceback.tb_frame.f_code):
            found = source(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
