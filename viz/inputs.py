"""What people set: each takes what came and the name to say it by, ``"draw: limit"``, and gives it as it is used.

What it cannot be is refused: with `TypeError` for another kind, with `ValueError` for another value.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Collection
from numbers import Real
from typing import Any

import graphviz
import numpy as np

from autograd import short_repr

#: Ends of names that say what is in a file.
KINDS = graphviz.FORMATS | {"gv", "html", "htm"}


def flag(value: Any, name: str) -> bool:
    """True or False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise TypeError(f"{name}: expected True or False, got {short_repr(value)}")


def positive_int(value: Any, name: str, none: str) -> int | None:
    """An int of at least 1, or None, which means what ``none`` says."""
    if value is None:
        return None
    wrong = f"{name}: expected at least one, as an int, or None, which {none}, got {short_repr(value)}"
    try:
        number = operator.index(value)
    except (TypeError, ValueError) as error:
        raise TypeError(wrong) from error
    if isinstance(value, bool | np.bool_):
        raise TypeError(wrong)
    if number < 1:
        raise ValueError(wrong)
    return number


def seconds(value: Any, name: str) -> float | None:
    """A time that is more than none, or None for as long as it takes."""
    if value is None:
        return None
    wrong = f"{name}: expected seconds, more than 0, or None for as long as it takes, got {short_repr(value)}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(wrong)
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError(wrong)
    return number


def one_of(choices: Collection[str], value: Any, name: str) -> str:
    """One of these texts."""
    wrong = f"{name}: expected one of {', '.join(choices)}, got {short_repr(value)}"
    if not isinstance(value, str):
        raise TypeError(wrong)
    if value not in choices:
        raise ValueError(wrong)
    return value


def text(value: Any, name: str) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    raise TypeError(f"{name}: expected text, got {short_repr(value)}")


def path(value: Any, name: str) -> str:
    """The name of a file or a folder, as text."""
    if isinstance(value, str | os.PathLike) and isinstance(found := os.fspath(value), str):
        return found
    raise TypeError(f"{name}: expected a path, a str or a pathlib.Path, got {short_repr(value)}")


def path_of(kinds: Collection[str], value: Any, name: str, cure: str) -> str:
    """A path, if it does not end as what it will not be."""
    found = path(value, name)
    suffix = os.path.splitext(found)[1].lower()[1:]
    if suffix in KINDS and suffix not in kinds:
        expected = " or ".join(f".{kind}" for kind in kinds)
        raise ValueError(f"{name}: expected a name in {expected}, got {short_repr(found)}: {cure}")
    return found
