"""Losses that a backward pass may have been written for, where the code has a backward pass and no loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def aligned(out: Any, target: Any) -> tuple[Any, Any]:
    """A target in the shape of the output: as columns, or class numbers as rows of 0 and 1."""
    target = np.asarray(target)
    if target.shape != np.shape(out) and target.size == np.size(out):
        target = target.reshape(np.shape(out))
    if target.dtype.kind in "iu" and target.ndim == 1 and np.ndim(out) == 2 and np.shape(out)[0] == len(target):
        target = np.eye(np.shape(out)[1])[target]
    return out, target


def squared(out: Any, target: Any) -> Any:
    out, target = aligned(out, target)
    return ((out - target) ** 2).sum()


def binary(out: Any, target: Any) -> Any:
    out, target = aligned(out, target)
    return -(target * np.log(out) + (1 - target) * np.log(1 - out)).sum()


def categorical(out: Any, target: Any) -> Any:
    out, target = aligned(out, target)
    return -(target * np.log(out)).sum()


Loss = Callable[[Any, Any], Any]

#: Each as a sum over all; a backward pass may be for a part of that.
SUMS: Mapping[str, Loss] = {"(out − y)²": squared, "binary cross-entropy": binary, "cross-entropy": categorical}


def scales(rows: int, size: int) -> Mapping[float, str]:
    """The factors that people put before a sum, and how they say it; of two that are equal the last is said."""
    return {
        1 / (2 * size): "half the mean of ",
        1 / size: "the mean of ",
        1 / (2 * rows): "half the mean over the rows of ",
        1 / rows: "the mean over the rows of ",
        1.0: "the sum of ",
        0.5: "half the sum of ",
    }
