"""Activations that end between two bounds: what comes in from far out moves them no more."""

from __future__ import annotations

from typing import Any

import autograd
from nn.inputs import as_operand, finite_number
from nn.module import Module


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e^(−x)), between 0 and 1; exact at ±1e4.

    >>> Sigmoid()([0.0, 1e4])
    array([0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.sigmoid(as_operand(x, "Sigmoid"))


class LogSigmoid(Module):
    """log σ(x) = −log(1 + e^(−x)), below 0: a logarithm of a probability that stays exact where that is nearly nothing.

    >>> LogSigmoid()([-1e4, 0.0]).round(4)
    array([-1.000e+04, -6.931e-01])
    """

    def forward(self, x: Any) -> Any:
        return autograd.logsigmoid(as_operand(x, "LogSigmoid"))


class Tanh(Module):
    """tanh(x) = 2σ(2x) − 1, between −1 and 1, centred at 0.

    >>> Tanh()([0.0, 1e4])
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.tanh(as_operand(x, "Tanh"))


class Tanhshrink(Module):
    """x − tanh(x): flat at 0, and a line far out.

    >>> Tanhshrink()([0.0, 20.0])
    array([ 0., 19.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.tanhshrink(as_operand(x, "Tanhshrink"))


class Softsign(Module):
    """x / (1 + |x|), between −1 and 1: it comes to these more slowly than tanh. Turian and others, 2009.

    >>> Softsign()([-1.0, 3.0])
    array([-0.5 ,  0.75])
    """

    def forward(self, x: Any) -> Any:
        return autograd.softsign(as_operand(x, "Softsign"))


class Hardsigmoid(Module):
    """min(max(x + 3, 0), 6) / 6: a sigmoid of three lines. Its slope at −3 and 3 is 0.

    >>> Hardsigmoid()([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.hardsigmoid(as_operand(x, "Hardsigmoid"))


class Hardtanh(Module):
    """x between min_val and max_val, else the one that is nearer; its slope at these is 0.

    >>> Hardtanh()([-4.0, 0.5, 4.0])
    array([-1. ,  0.5,  1. ])

    Raises `TypeError` for a bound that is no number, `ValueError` for one that is not finite, and where min_val is not
    below max_val.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val = finite_number(min_val, "Hardtanh: min_val", -1.0)
        self.max_val = finite_number(max_val, "Hardtanh: max_val", 1.0)
        if not self.min_val < self.max_val:
            raise ValueError(
                f"Hardtanh: expected min_val to be below max_val, got {self.min_val} and {self.max_val}: "
                "give them the other way round, or others"
            )

    def forward(self, x: Any) -> Any:
        return autograd.hardtanh(as_operand(x, "Hardtanh"), self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"{self.min_val}, {self.max_val}"
