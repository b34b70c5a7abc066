"""What a model gives for the samples of several batches, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor


def has_rows(prediction: Any, size: int) -> bool:
    """Whether it has a row for each of so many samples, and so has each of several outputs."""
    if isinstance(prediction, Mapping):
        return all(has_rows(part, size) for part in prediction.values())
    if isinstance(prediction, tuple | list):
        return all(has_rows(part, size) for part in prediction)
    return isinstance(prediction, Tensor | np.ndarray) and prediction.shape[:1] == (size,)


def together(parts: Sequence[Any]) -> Any:
    """The rows of all parts, which have them, as what the first part is.

    >>> together([(np.zeros((2, 3)), np.zeros(2)), (np.zeros((1, 3)), np.zeros(1))])[0].shape
    (3, 3)
    """
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: together([part[name] for part in parts]) for name in first}
    if isinstance(first, tuple | list):
        found = [together(each) for each in zip(*parts, strict=True)]
        return first._make(found) if hasattr(first, "_make") else type(first)(found)
    if isinstance(first, Tensor):
        return Tensor(np.concatenate([part.data for part in parts]), requires_grad=False)
    return np.concatenate(parts)
