"""What losses tell a training that asks: how their numbers of several batches are put together, and what they take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Told:
    """What the losses told that were called since somebody asked."""

    def __init__(self) -> None:
        #: Their names.
        self.owners: set[str] = set()
        #: How much counts in each mean that is not one over all rows alike: rows that are not ignored, or weights.
        self.counts: list[float] = []
        #: Whether one of them is a sum.
        self.is_sum = False
        #: The classes whose rows are ignored.
        self.ignored: set[int] = set()


asked: ContextVar[Told | None] = ContextVar("asked", default=None)


@contextmanager
def asking() -> Iterator[Told]:
    """Have losses tell.

    >>> from nn import mse
    >>> with asking() as told:
    ...     loss = mse([1.0, 2.0], [0.0, 0.0], reduction="sum")
    >>> told.owners, told.is_sum
    ({'mse'}, True)
    """
    told = Told()
    token = asked.set(told)
    try:
        yield told
    finally:
        asked.reset(token)


class Total:
    """The number of all batches: a sum of sums, or the mean of means, each by how much counts in it.

    >>> from nn import cross_entropy
    >>> total = Total()
    >>> for target in ([0, -1], [1, 1]):
    ...     with asking() as told:
    ...         total.add(cross_entropy([[2.0, 0.0], [2.0, 0.0]], target, ignore_index=-1), 2, told)
    >>> total.number == cross_entropy([[2.0, 0.0]] * 3, [0, 1, 1])
    np.True_
    """

    def __init__(self) -> None:
        self.sum = 0.0
        self.count = 0.0

    def add(self, number: float, rows: int, told: Told) -> None:
        """Add the number of a batch of so many rows."""
        if told.is_sum and not told.counts:
            self.sum += number
            return
        count = told.counts[0] if len(set(told.counts)) == 1 and not told.is_sum else rows
        self.sum += number * count
        self.count += count

    @property
    def number(self) -> float:
        """That of all batches so far."""
        return self.sum / self.count if self.count else self.sum
