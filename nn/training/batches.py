"""Data in batches: all of it, single samples, or a few at a time, in a new order each time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, Node, ShapeError, real_array, short_repr
from nn.inputs import flag, positive_int
from nn.signatures import spelled_out

Array = NDArray[Any]


class Data(NamedTuple):
    """Inputs, each an array with a row for each sample, and targets, with as many."""

    inputs: tuple[Array, ...]
    target: Array

    @property
    def size(self) -> int:
        """The number of samples."""
        return len(self.target)

    def rows(self, places: Any) -> Data:
        """A copy of the samples at these places, indices or a slice: whoever gets it may write to it."""
        parts = [x[places] for x in (*self.inputs, self.target)]
        *inputs, target = [part.copy() for part in parts] if isinstance(places, slice) else parts
        return Data(tuple(inputs), target)

    def fingerprint(self) -> list[str]:
        """What tells these data from others: shapes, dtypes, and a checksum of each array."""
        return [fingerprint(a) for a in (*self.inputs, self.target)]


def fingerprint(array: Array) -> str:
    """The same for one array."""
    contiguous: Any = np.ascontiguousarray(array)
    return f"{array.dtype}{array.shape} {zlib.crc32(contiguous):08x}"


def as_data(data: Any, owner: str) -> Data:
    """``(inputs, targets)``; inputs are one array, or a tuple of arrays that the model is called with.

    Raises `TypeError` for anything else, `ShapeError` for other numbers of samples, and for none.
    """
    if isinstance(data, Data):
        return data
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise DTypeError(f"{owner}: expected a pair of inputs and targets, such as (x, y), {instead_of_pair(data)}")
    inputs, target = data
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    for x in given:
        if isinstance(x, Mapping | tuple):
            raise DTypeError(
                f"{owner}: inputs: expected an array, or several in a tuple, which the model is called with, got a "
                f"{type(x).__name__}{' in a tuple' if x is not inputs else ''}: give arrays, or lists of samples"
            )
    if target is None:
        raise DTypeError(f"{owner}: targets: expected an array, got None: without targets, give the inputs again")
    arrays = tuple([plain_array(x, f"{owner}: inputs") for x in given])
    found = Data(arrays, plain_array(target, f"{owner}: targets"))
    if {len(x) for x in arrays} != {found.size}:
        cure = "" if len(arrays) == 1 else ": a tuple is several inputs, samples stand in a list or an array"
        raise ShapeError(
            f"{owner}: expected a target for each sample, which are rows, got inputs of shape "
            f"{', '.join([str(x.shape) for x in arrays])} and targets of shape {found.target.shape}{cure}"
        )
    if not found.size:
        raise ShapeError(f"{owner}: expected samples, got none, of shape {arrays[0].shape}")
    return found


def instead_of_pair(data: Any) -> str:
    """What came in the place of a pair of inputs and targets, and what to give, for messages."""
    if isinstance(data, tuple | list):
        return f"got {len(data)} parts: several inputs are a tuple, ((a, b), y); without targets, give (x, x)"
    if isinstance(data, int | float):
        return f"got {data}: hold samples back, as by (x[:-20], y[:-20]) as data and (x[-20:], y[-20:]) as validation"
    if hasattr(data, "__array__"):
        return f"got {type(data).__name__} of shape {np.shape(data)}: without targets, give (x, x)"
    if isinstance(data, Mapping):
        return f"got a dict of {', '.join(map(short_repr, data))}: give two of its arrays"
    return (
        f"got {short_repr(data)}: gather its samples in arrays, as by x, y = map(np.stack, zip(*samples)); of a "
        "DataLoader, those of its dataset"
    )


def plain_array(x: Any, name: str) -> Array:
    """An array of numbers with a first axis. Integers stay such: they may be classes, or indices of an Embedding."""
    if isinstance(x, Node):
        raise DTypeError(f"{name}: expected plain numbers, got {type(x).__name__}: give x.numpy()")
    array = real_array(x, name)
    if array.dtype == object:
        raise DTypeError(f"{name}: expected plain numbers, got Values: give the .data of each")
    if not array.ndim:
        raise ShapeError(f"{name}: expected a row for each sample, got a single number")
    return array


def batch_length(batch_size: Any, size: int, owner: str) -> int:
    """How many samples a batch has, of so many: all for None.

    Raises `TypeError` or `ValueError` for what is neither None nor a positive int.
    """
    return size if batch_size is None else min(positive_int(batch_size, f"{owner}: batch_size"), size)


@spelled_out
def batches(
    *arrays: Any, batch_size: int | None = 32, rng: np.random.Generator | None = None, drop_last: bool = False
) -> Iterator[tuple[Array, ...]]:
    """The rows of arrays of one length, some at a time, the last batch what remains.

    ``batch_size=None`` gives all at once (batch gradient descent), 1 single samples (stochastic), a number between them
    mini-batches. With a generator they come in a random order, drawn from it; without one in the order they have. With
    ``drop_last`` a last batch that is smaller is left out.

    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [part.tolist() for _, part in batches(x, y, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    >>> [part.shape for part, _ in batches(x, y, batch_size=None, rng=np.random.default_rng(0))]
    [(5, 2)]

    Raises `TypeError` or `ValueError` for a batch size that is no positive int, `ShapeError` for arrays of different
    lengths.
    """
    if not arrays:
        raise ShapeError("batches: expected at least one array, got none")
    found = [plain_array(x, "batches: arrays") for x in arrays]
    if len({len(x) for x in found}) > 1:
        raise ShapeError(f"batches: arrays: expected the same number of rows, got {[x.shape for x in found]}")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise DTypeError(
            f"batches: rng: expected a numpy.random.Generator, or None for the order they have, got {short_repr(rng)}"
        )
    length = batch_length(batch_size, max(len(found[0]), 1), "batches")
    return in_order(found, length, rng, flag(drop_last, "batches: drop_last"))


def in_order(
    arrays: Sequence[Array], length: int, rng: np.random.Generator | None, drop_last: bool
) -> Iterator[tuple[Array, ...]]:
    size = len(arrays[0])
    places = None if rng is None else rng.permutation(size)
    for start in range(0, size - size % length if drop_last else size, length):
        rows = slice(start, start + length) if places is None else places[start : start + length]
        yield tuple([x[rows] for x in arrays])
