"""Namespaces: what NumPy is to a person's code, and to nobody else, while it is recorded."""

from __future__ import annotations

import inspect
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd.check.audit.lines import OURS

#: The globals of some Python code.
Namespace = dict[str, Any]

#: Where code lies that comes with Python, or was installed.
INSTALLED = tuple(
    os.path.join(path, "")
    for path in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        site.getusersitepackages(),
    }
)


def namespaces_of(f: Any) -> list[Namespace]:
    """The globals of a function, or of the methods of an object; none of what is not written in Python.

    >>> namespaces_of(namespaces_of)[0]["__name__"]
    'autograd.check.audit.namespaces'
    """
    function = inspect.unwrap(getattr(f, "__func__", f)) if callable(f) else f
    if isinstance(function, FunctionType):
        return [function.__globals__]
    methods = [x for kind in type(getattr(f, "__self__", f)).__mro__ for x in vars(kind).values()]
    found = {id(x.__globals__): x.__globals__ for x in methods if isinstance(x, FunctionType)}
    return list(found.values())


def loaded() -> Iterator[Namespace]:
    """The globals of all modules that are written in Python, and neither installed nor of this project."""
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType):
            continue
        path = getattr(module, "__file__", None)
        is_typed = path is None and module.__name__ == "__main__"  # line by line, into a session
        if is_typed or (path is not None and is_persons_file(path)):
            yield vars(module)


def is_persons_file(path: str) -> bool:
    return path.endswith(".py") and not path.startswith((*OURS, *INSTALLED))


@contextmanager
def seen_by(own: Iterable[Namespace], replacements: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, a person's Python code has these in the place of NumPy's functions.

    NumPy itself is left as it is. Compiled code looks its functions up there too, and writes to the memory of the
    arrays that they give it without another look: arrays of objects would not survive that.
    """
    seen = ModuleType(np.__name__, np.__doc__)
    vars(seen).update({**vars(np), **replacements})
    instead = {id(np): seen, **{id(getattr(np, name)): new for name, new in replacements.items()}}
    unique = {id(namespace): namespace for namespace in (*own, *loaded())}
    found = [
        (namespace, name, value)
        for namespace in unique.values()
        for name, value in list(namespace.items())
        if id(value) in instead
    ]
    try:
        for namespace, name, value in found:
            namespace[name] = instead[id(value)]
        yield
    finally:
        for namespace, name, value in found:
            if namespace.get(name) is instead[id(value)]:  # and has not been set by the code itself
                namespace[name] = value
