"""Axes made one."""

from __future__ import annotations

from math import prod
from typing import Any

from autograd import ShapeError, reshape
from nn.inputs import as_operand, whole_number
from nn.module import Module


class Flatten(Module):
    """The axes from ``start_dim`` to ``end_dim`` as one: after convolutions, all numbers of each sample in a row.

    x of shape (batch, channels, height, width) gives (batch, channels · height · width); an axis may be counted from
    the end. For a single image, without a batch, there is ``start_dim=0``.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    array([[1., 2., 3., 4.]])

    Raises `TypeError` for an axis that is no int. A call raises `ShapeError` where x has no such axes.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = whole_number(start_dim, "Flatten: start_dim")
        self.end_dim = whole_number(end_dim, "Flatten: end_dim")

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Flatten")
        shape, count = x.shape, len(x.shape)
        first, last = (axis + count if axis < 0 else axis for axis in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < count:
            raise ShapeError(
                f"Flatten({self.extra_repr()}): expected x with axes from start_dim={self.start_dim} to "
                f"end_dim={self.end_dim}, got {shape}: give it the axis of a batch, with x[None], or another start_dim"
            )
        return reshape(x, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))

    def extra_repr(self) -> str:
        return "" if (self.start_dim, self.end_dim) == (1, -1) else f"{self.start_dim}, {self.end_dim}"
