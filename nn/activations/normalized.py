"""Activations that make probabilities of scores."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import ShapeError
from nn.inputs import as_operand, whole_number
from nn.module import Module


class Softmax(Module):
    """e^(x_k) / Σ_j e^(x_j) along an axis, the last one if no other is given: positive, and sums to 1; exact at ±1e4.

    To train, give the scores themselves to `nn.cross_entropy`, which has this built in and stays exact.

    >>> Softmax()([2.0, 1.0, 0.0]).round(4)
    array([0.6652, 0.2447, 0.09  ])

    Raises `TypeError` for an axis that is no int. A call raises `ShapeError` where x has no such axis.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole_number(axis, "Softmax: axis")

    def forward(self, x: Any) -> Any:
        return autograd.softmax(with_axis(as_operand(x, "Softmax"), self.axis, "Softmax"), self.axis)

    def extra_repr(self) -> str:
        return axis_repr(self.axis)


class LogSoftmax(Module):
    """x_k − log Σ_j e^(x_j) along an axis, the last one if no other is given: the logarithm of `Softmax`, and exact.

    >>> LogSoftmax()([0.0, -1e4])
    array([     0., -10000.])

    Raises `TypeError` for an axis that is no int. A call raises `ShapeError` where x has no such axis.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole_number(axis, "LogSoftmax: axis")

    def forward(self, x: Any) -> Any:
        return autograd.log_softmax(with_axis(as_operand(x, "LogSoftmax"), self.axis, "LogSoftmax"), self.axis)

    def extra_repr(self) -> str:
        return axis_repr(self.axis)


def with_axis(x: Any, axis: int, owner: str) -> Any:
    """It itself, if it has such an axis; a single number is taken for a row of one, as autograd does.

    Raises `ShapeError`.
    """
    count = max(len(x.shape), 1)
    if not -count <= axis < count:
        raise ShapeError(f"{owner}({axis_repr(axis)}): expected x with an axis {axis}, got one of shape {x.shape}")
    return x


def axis_repr(axis: int) -> str:
    return "" if axis == -1 else f"axis={axis}"
