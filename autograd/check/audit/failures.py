"""What stops a person's own code, told apart from what stops the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.check.audit.lines import raised_at


class CodeError(Exception):
    """A person's code raised something of its own. ``source`` is the line that it came from."""

    def __init__(self, what: str, error: BaseException) -> None:
        text = " ".join(str(error).split())
        super().__init__(f"{what} stopped with {type(error).__name__}{f': {text}' if text else ''}")
        self.source = raised_at(error)


class UnreadError(ValueError):
    """What was handed over has none of the forms that an audit knows; the cure says what to give."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}: {cure}")
        self.what = what


def called(what: str, function: Callable[..., Any], *args: Any) -> Any:
    """The result of a person's code. Raises `CodeError`; that there is no memory is not the code's fault."""
    try:
        with np.errstate(all="ignore"):
            return function(*args)
    except MemoryError:
        raise
    except Exception as error:
        raise CodeError(what, error) from error
