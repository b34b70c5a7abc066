"""Arithmetics that rules are compared with, one file each: the best that is installed is taken."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

#: From the best on: its module, the name of the reference there, and the package that it needs besides NumPy.
KNOWN = {
    "balls": ("balls", "BALLS", "python-flint"),
    "digits": ("digits", "DIGITS", "mpmath"),
    "complex step": ("complex_step", "COMPLEX_STEP", None),
    "differences": ("differences", "DIFFERENCES", None),
}


def chosen(name: str | None) -> Sequence[Any]:
    """The references to try, one after the other; the one of that name alone, if one is given.

    Raises `ValueError` for a name that is none, `ImportError` for one whose package is not installed.
    """
    if name is not None and name not in KNOWN:
        raise ValueError(f"reference: expected one of {', '.join(KNOWN)}, or None for the best, got {name!r}")
    found = []
    for each, (module, attribute, package) in KNOWN.items():
        if name not in (None, each):
            continue
        try:
            found.append(getattr(import_module(f"{__name__}.{module}"), attribute))
        except ImportError as error:
            if name is not None:
                raise ImportError(f"the reference {name!r} needs {package}: pip install 'stepgrad[check]'") from error
    return found
