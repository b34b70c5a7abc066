"""Calls of Modules: those that are running, by the names that pictures show, and those who are told of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from autograd import DTypeError, short_repr
from nn.state import Stateful, dotted, is_stateful, parts

#: A function of a Module, what it was called with, and what came out.
Watcher = Callable[[Stateful, tuple[Any, ...], Any], None]


class Call:
    """A call that is running."""

    def __init__(self, module: Stateful) -> None:
        self.module = module

    @cached_property
    def names(self) -> dict[int, str]:
        """The path to each Module that this one holds, by ``id``; of one in several places, to the first."""
        modules = [(id(part), dotted(path)) for path, part in parts(self.module) if is_stateful(part)]
        return dict(reversed(modules))


#: The calls that are running, outermost first.
running: ContextVar[tuple[Call, ...]] = ContextVar("running", default=())


def name_of(module: Stateful, calls: Sequence[Call]) -> str:
    """The path to it from the innermost Module running that holds it; where none does, the name of its class."""
    paths = (call.names.get(id(module)) for call in reversed(calls))
    return next((path for path in paths if path), type(module).__name__)


watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def watching(watch: Watcher) -> AbstractContextManager[None]:
    """Call a function with every Module that is called inside, its arguments and its result, as soon as that is there.

    >>> from nn import MLP, watching
    >>> def shapes(module, inputs, output):
    ...     print(type(module).__name__, output.shape)
    >>> with watching(shapes):
    ...     y = MLP([2, 6, 4])([[1.0, 2.0]])
    Linear (1, 6)
    Tanh (1, 6)
    Linear (1, 4)
    MLP (1, 4)

    Raises `TypeError` for what is no function.
    """
    if not callable(watch):
        raise DTypeError(
            f"watching: watch: expected a function of a Module, its inputs and its output, got {short_repr(watch)}"
        )
    return told(watch)


@contextmanager
def told(watch: Watcher) -> Iterator[None]:
    token = watcher.set(watch)
    try:
        yield
    finally:
        watcher.reset(token)
