"""Activations that hold back what is small, and one half by the other."""

from __future__ import annotations

from typing import Any

import autograd
from nn.inputs import as_operand, finite_number, number_between, whole_number
from nn.module import Module


class Softshrink(Module):
    """x moved by ``lambd`` towards 0, and no further.

    >>> Softshrink()([-2.0, 0.3, 2.0])
    array([-1.5,  0. ,  1.5])

    Raises `TypeError` if lambd is no number, `ValueError` if it is not finite, or below 0.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = number_between(lambd, "Softshrink: lambd", 0.5, 0.0)

    def forward(self, x: Any) -> Any:
        return autograd.softshrink(as_operand(x, "Softshrink"), self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(Module):
    """x, but 0 within ``lambd`` of 0.

    >>> Hardshrink()([-2.0, 0.3, 2.0])
    array([-2.,  0.,  2.])

    Raises as `Softshrink`.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = number_between(lambd, "Hardshrink: lambd", 0.5, 0.0)

    def forward(self, x: Any) -> Any:
        return autograd.hardshrink(as_operand(x, "Hardshrink"), self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Threshold(Module):
    """x where it is above the threshold, else the value.

    >>> Threshold(0.5, 9.0)([-1.0, 2.0])
    array([9., 2.])

    Raises `TypeError` if a setting is no number, `ValueError` if it is not finite.
    """

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold = finite_number(threshold, "Threshold: threshold", 0.1)
        self.value = finite_number(value, "Threshold: value", 0.0)

    def forward(self, x: Any) -> Any:
        return autograd.threshold(as_operand(x, "Threshold"), self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"{self.threshold}, {self.value}"


class GLU(Module):
    """The first half along an axis times the sigmoid of the second: what comes out is half as long there.

    Dauphin and others, 2017.

    >>> GLU()([2.0, 4.0, 0.0, -1e4])
    array([1., 0.])

    Raises `TypeError` for an axis that is no int. A call raises `ShapeError` for an odd length, or no such axis.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole_number(axis, "GLU: axis")

    def forward(self, x: Any) -> Any:
        return autograd.glu(as_operand(x, "GLU"), self.axis)

    def extra_repr(self) -> str:
        return "" if self.axis == -1 else f"axis={self.axis}"
