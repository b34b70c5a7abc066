"""History: what a training remembers, epoch by epoch."""

from __future__ import annotations

import io
import math
import operator
from collections.abc import Iterator
from typing import Any

from autograd import short_repr
from nn.inputs import flag
from nn.table import Table


def has_larger_better(name: str, said: bool | None, owner: str) -> bool:
    """Whether more is better of a number of a history: as somebody said, else known of a loss and of an accuracy.

    Raises `TypeError` for what is no truth, `ValueError` for the name of a metric that tells neither.
    """
    if said is not None:
        return flag(said, f"{owner}: is_larger_better")
    kind = name.removeprefix("val_")
    if kind not in ("accuracy", "loss", "lr", "seconds"):
        raise ValueError(
            f"{owner}: expected to be told whether more is better of {name!r}: say is_larger_better=True, or False"
        )
    return kind == "accuracy"


class History:
    """The numbers of each epoch of a training, by name: ``loss``, ``lr``, ``seconds``, ``val_loss`` and metrics.

    ``history["loss"]`` is the list of one number through the epochs, ``history[-1]`` all numbers of the last epoch, and
    ``stopped`` says why the training ended. In a notebook it shows as its plot.

    >>> history = History()
    >>> history.append({"loss": 0.5, "val_loss": 0.75})
    >>> history.append({"loss": 0.25, "val_loss": 0.625})
    >>> history["loss"], len(history), history[-1]["val_loss"]
    ([0.5, 0.25], 2, 0.625)
    >>> history
    epoch  loss  val_loss
    1       0.5      0.75
    2      0.25     0.625
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self.stopped: str | None = None

    def append(self, numbers: dict[str, float]) -> None:
        """Remember one more epoch."""
        self.epochs.append(numbers)

    @property
    def names(self) -> list[str]:
        """What is remembered, in the order in which it came."""
        return list(dict.fromkeys(name for numbers in self.epochs for name in numbers))

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, slice):
            return self.epochs[key]
        if not isinstance(key, str):
            return self.epochs[operator.index(key)]
        if key not in self.names:
            raise KeyError(f"history: expected one of {', '.join(self.names)}, or a number, got {short_repr(key)}")
        return [numbers.get(key, float("nan")) for numbers in self.epochs]

    def best(self, name: str = "val_loss", *, is_larger_better: bool | None = None) -> int:
        """The number of the epoch, from 1 on, in which this was best; of several the first. NaN is never best.

        That is where it was least, and of an accuracy where it was most; of a metric of your own you say which.

        >>> history = History()
        >>> for accuracy in (0.5, 0.75, 0.625):
        ...     history.append({"loss": 1 - accuracy, "val_accuracy": accuracy})
        >>> history.best("val_accuracy"), history.best("loss")
        (2, 2)

        Raises `KeyError` for a name that is not remembered, `ValueError` for one of which nobody said what is better.
        """
        sign = -1 if has_larger_better(name, is_larger_better, "history.best") else 1
        numbers = [sign * number for number in self[name]]
        return 1 + min(range(len(numbers)), key=lambda k: (math.isnan(numbers[k]), numbers[k]))

    def table(self, last: int | None = None) -> Table:
        """All epochs, or so many of the last, as a table."""
        first = 0 if last is None else max(len(self) - last, 0)
        names = self.names
        rows = [
            [str(k), *[f"{numbers[name]:.4g}" if name in numbers else "" for name in names]]
            for k, numbers in enumerate(self.epochs[first:], start=first + 1)
        ]
        return Table(["epoch", *names], rows, right=names, foot=self.stopped or "")

    def __repr__(self) -> str:
        return str(self.table(last=10)) if self.epochs else "History of no epoch"

    def plot(self, axes: Any = None) -> Any:
        """The losses through the epochs, and the metrics below, with matplotlib; gives the figure.

        Each metric is drawn beside that of the validation; ``axes`` are those to draw into, one for each of them.

        Raises `ValueError` where there is no epoch yet, `ImportError` where matplotlib is not installed.
        """
        if not self.epochs:
            raise ValueError("plot: expected a history of one epoch at least, got none")
        try:
            from nn.training.plot import plot_history
        except ImportError as error:
            raise ImportError("plot: it draws with matplotlib: pip install matplotlib") from error

        return plot_history(self, axes)

    def _repr_png_(self) -> bytes | None:
        if not self.epochs:
            return None
        try:
            figure = self.plot()
        except ImportError:
            return None
        from matplotlib import pyplot

        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=100)
        pyplot.close(figure)
        return stream.getvalue()
