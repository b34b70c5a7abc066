"""The loss of two vectors that are to point the same way, or apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError, relu, vector_norm, where
from nn.inputs import Array, as_pair, number_between, numbers_of, one_of, plain_numbers
from nn.losses.reduction import REDUCTIONS, added, reduced
from nn.signatures import spelled_out


@spelled_out
def cosine(first: Any, second: Any, target: Any = None, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """1 − cos of the angle between two vectors that are alike, max(0, cos − margin) of two that are not.

    ``first`` and ``second`` have the shape (..., features), and hold a vector in each row. ``target``, of shape (...),
    is 1 where the two are alike and −1 where they are not; without one, all are alike. This is PyTorch's
    `cosine_embedding_loss`, but that a vector of zeros, which has no direction, is refused. 1 − cos is found as half
    the square of the distance of the two, each of length 1, and so is exact where they are all but parallel.
    ``reduction`` is "mean" over the rows, "sum", or "none" for one loss a row. Takes Tensors, arrays, lists of Values.

    >>> cosine([[1.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [3.0, 0.0]], reduction="none")
    array([1., 0.])
    >>> cosine([1.0, 0.0], [3.0, 0.0], -1, margin=0.5)
    np.float64(0.5)

    Raises `ShapeError` if the shapes do not fit, or for the mean of no row, `DTypeError` for what is no real number,
    and for a target of nodes, `ValueError` for a target that is not 1 or −1, for a vector of zeros, for a margin that
    no cosine reaches, and for another reduction.
    """
    reduction = one_of(reduction, "cosine: reduction", REDUCTIONS)
    margin = number_between(margin, "cosine: margin", 0.5, -1.0, 1.0)
    first, second = as_pair(first, second, "cosine", ("first", "second"))
    if not first.shape:
        raise ShapeError(
            "cosine: first: expected vectors of shape (features,) or (batch, features), got a single number: "
            "give one for each feature"
        )
    difference = direction(first, "cosine: first") - direction(second, "cosine: second")
    distance = 0.5 * added(difference * difference, axis=-1)
    if target is None:
        return reduced(distance, reduction, "cosine")
    is_alike = alike(target, first.shape[:-1])
    return reduced(where(is_alike, distance, relu(1 - distance - margin)), reduction, "cosine")


def direction(vectors: Any, name: str) -> Any:
    """Each vector, of length 1.

    Raises `ValueError` for a vector of zeros.
    """
    is_zero = ~numbers_of(vectors).any(axis=-1)
    if is_zero.any():
        place = tuple(int(k) for k in np.argwhere(is_zero)[0])
        raise ValueError(
            f"{name}: expected vectors that have a direction, got zeros alone at {place or 'the only row'}: "
            "leave the row out"
        )
    return vectors / vector_norm(vectors, axis=-1, keepdims=True)


def alike(target: Any, rows: tuple[int, ...]) -> Array:
    """Where a target is 1.

    Raises `DTypeError` for what are no plain numbers, `ShapeError` unless there is one for each row, `ValueError` for
    another number than 1 and −1.
    """
    signs = plain_numbers(target, "cosine: target")
    if signs.shape != rows:
        raise ShapeError(f"cosine: target: expected shape {rows}, one for each row, got {signs.shape}: reshape it")
    is_wrong = np.abs(signs) != 1
    if is_wrong.any():
        raise ValueError(
            f"cosine: target: expected 1 for vectors that are alike and −1 for others, got "
            f"{signs[is_wrong].flat[0]:.6g}: of 1 and 0, give 2 * target - 1"
        )
    return np.asarray(signs == 1)
