"""Functions that are called with the gradient of a node when a sweep has it, and may give another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

Hook = Callable[[Any], Any]


class Hooks:
    """Those of one place in a graph, in the order in which they were registered. Copies of the place have none."""

    __slots__ = ("__weakref__", "_functions")

    def __init__(self) -> None:
        self._functions: dict[Handle, Hook] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Hooks, ()

    def functions(self) -> list[Hook]:
        return list(self._functions.values())

    def add(self, function: Hook) -> Handle:
        handle = Handle(self)
        self._functions[handle] = function
        live.add(ref(self, live.discard))
        return handle

    def remove(self, handle: Handle) -> None:
        self._functions.pop(handle, None)
        if not self._functions:
            live.discard(ref(self))


#: Those that hold some function. Where there are none, and so mostly, a sweep looks no further.
live: set[ref[Hooks]] = set()


class Handle:
    """What `register_hook` gives: it takes the hook away again, by `remove`, or at the end of a ``with`` block.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> with x.register_hook(lambda g: 10 * g):
    ...     (x * x).backward()
    >>> x.grad
    60.0
    """

    __slots__ = ("_hooks",)

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        """Take the hook away; a second time, nothing happens."""
        self._hooks.remove(self)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()
