"""Functions of packages that need not be there: known by their names, and imported when they are called."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

#: Of each package, the extra of this project that installs it.
EXTRAS = {"scipy": "special"}

_known: dict[str, Borrowed] = {}


class Borrowed:
    """A function of a package, which stands for it before the package is imported.

    >>> borrowed("scipy.special", "psi")
    <function scipy.special.psi>
    """

    def __init__(self, module: str, name: str) -> None:
        self.__module__ = module
        self.__name__ = name

    def __repr__(self) -> str:
        return f"<function {self.__module__}.{self.__name__}>"

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    @property
    def function(self) -> Callable[..., Any]:
        """Raises `ImportError` where the package is not installed."""
        try:
            function: Callable[..., Any] = getattr(import_module(self.__module__), self.__name__)
        except ModuleNotFoundError as error:
            package = self.__module__.partition(".")[0]
            raise ImportError(
                f"{self.__module__}.{self.__name__}: expected {package} to be installed, which it is a function of: "
                f"pip install 'stepgrad[{EXTRAS[package]}]'"
            ) from error
        return function


@cache
def borrowed(module: str, name: str) -> Borrowed:
    """The one that stands for a function; no two of them have the same name."""
    if name in _known:
        raise ValueError(f"{_known[name]!r} has the name {name!r} already")
    return _known.setdefault(name, Borrowed(module, name))


def borrowed_as(function: Any) -> Borrowed | None:
    """What stands for a function, if anything does: whoever calls it has imported its package.

    >>> import numpy as np
    >>> borrowed_as(np.exp)
    """
    found = _known.get(getattr(function, "__name__", ""))
    if found is None:
        return None
    module = sys.modules.get(found.__module__)
    return found if getattr(module, found.__name__, None) is function else None
