"""From the losses of elements or rows to what a loss gives: their mean, their sum, or each of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ShapeError, mean, table, where
from nn.inputs import Array, in_dtype_of
from nn.losses.told import asked

#: Of arrays, Tensors and Values; the name itself is Python's own.
added = table["sum"]

#: What a loss may do with the losses of its elements.
REDUCTIONS = ("mean", "sum", "none")

#: The same, and the sum by the number of rows.
BATCH_REDUCTIONS = (*REDUCTIONS, "batchmean")


def weighted(losses: Any, weight: Array | None) -> Any:
    """Each loss times its weight; where that is zero nothing is left of it, be it infinite, nor of its gradient.

    >>> weighted(np.array([2.0, np.inf]), np.array([3.0, 0.0]))
    array([6., 0.])
    """
    if weight is None:
        return losses
    is_nothing = weight == 0
    if is_nothing.any():
        losses = where(is_nothing, 0.0, losses)
    return in_dtype_of(weight, losses) * losses


def reduced(losses: Any, reduction: str, owner: str, counts: Array | None = None) -> Any:
    """What ``reduction`` says; ``counts`` is how much each loss counts in the divisor of the mean, 1 if it is None.

    >>> reduced(np.array([1.0, 2.0, 6.0]), "mean", "mse", counts=np.array([1.0, 2.0, 0.0]))
    np.float64(3.0)

    Raises `ShapeError` for the mean of no losses, `ValueError` for that of losses none of which counts.
    """
    told = asked.get()
    if told is not None:
        told.owners.add(owner)
        told.is_sum |= reduction == "sum"
    if reduction == "none":
        return losses
    if reduction == "sum":
        return added(losses)
    expect_some(losses, owner)
    if reduction == "batchmean":
        return added(losses) / (losses.shape[0] if len(losses.shape) > 1 else 1)
    if counts is None:
        return mean(losses)
    divisor = float(np.sum(counts))
    if divisor == 0:
        raise ValueError(
            f"{owner}: target: expected a row that counts, got only rows whose class is ignore_index, or has "
            "weight 0, which have no mean: leave the batch out, or take reduction='sum'"
        )
    if told is not None:
        told.counts.append(divisor)
    return mean(losses) * (losses.size / divisor)


def expect_some(batch: Any, owner: str) -> None:
    """Refuse the mean of nothing.

    Raises `ShapeError`.
    """
    if batch.size == 0:
        raise ShapeError(
            f"{owner}: the batch of shape {batch.shape} is empty, so it has no mean: leave it out, or take "
            "reduction='sum'"
        )
