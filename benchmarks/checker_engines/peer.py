"""What is the same for all peers: a bug or a right function of the corpus over the namespace of an engine.

They say what they found by raising, in a text; whether it names the operation, or the element, is looked up in there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Peer:
    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.gradient = engine.gradient

    @contextmanager
    def seeded(self, bug: Any) -> Iterator[Any]:
        engine = self.engine
        forward, *rules = bug.entry(engine.FORWARD, engine.RULES)
        op = engine.operation(forward, [as_vjp(rule) for rule in rules] if bug.is_elementwise else rules)
        yield (lambda *xs: bug.around(engine.FORWARD, op, *xs)), engine.inputs(bug.inputs)

    @contextmanager
    def plain(self, case: Any) -> Iterator[Any]:
        yield (lambda *xs: case.program(self.engine.FORWARD, *xs)), self.engine.inputs(case.inputs)

    def findings(self, f: Any, inputs: Sequence[Any], order: int) -> list[tuple[str | None, Any]] | None:
        """None if it passes, else what is named of the operation and of elements."""
        try:
            self.engine.check(f, inputs, order)
        except Exception as error:  # each has exceptions of its own
            return [("seeded" if "seeded" in str(error) else None, str(error))]
        return None


def as_vjp(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Of a partial derivative."""
    return lambda g, y, *xs: g * rule(y, *xs)
