"""Activations as modules. Each takes a Tensor, an array or a list of Values, and gives the same shape."""

from __future__ import annotations

import copy
import math
from numbers import Real
from typing import Any

import autograd
from nn.module import Module


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e^(−x)), between 0 and 1; exact at ±1e4.

    >>> Sigmoid()([0.0, 1e4])
    array([0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.sigmoid(x)


class Tanh(Module):
    """tanh(x) = 2σ(2x) − 1, between −1 and 1, centred at 0.

    >>> Tanh()([0.0, 1e4])
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.tanh(x)


class ReLU(Module):
    """max(0, x); its slope at 0 is 0.

    >>> ReLU()([-2.0, 3.0])
    array([0., 3.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.relu(x)


class LeakyReLU(Module):
    """x where it is positive, else alpha · x; its slope at 0 is alpha.

    >>> LeakyReLU(0.1)([-2.0, 3.0])
    array([-0.2,  3. ])

    Raises `ValueError` if alpha is no finite number.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        if isinstance(alpha, bool) or not isinstance(alpha, Real) or not math.isfinite(alpha):
            raise ValueError(f"LeakyReLU: expected alpha to be a finite number such as 0.01, got {alpha!r}")
        self.alpha: float = float(alpha)

    def forward(self, x: Any) -> Any:
        return autograd.leaky_relu(x, self.alpha)

    def extra_repr(self) -> str:
        return str(self.alpha)


class Softmax(Module):
    """e^(x_k) / Σ_j e^(x_j) along the last axis: positive, and sums to 1; exact at ±1e4.

    To train, give the scores themselves to `nn.cross_entropy`, which has this built in and stays exact.

    >>> Softmax()([2.0, 1.0, 0.0]).round(4)
    array([0.6652, 0.2447, 0.09  ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.softmax(x)


BY_NAME: dict[str, type[Module]] = {
    "leaky_relu": LeakyReLU,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
    "tanh": Tanh,
}


def activation(which: str | Module) -> Module:
    """A new activation by its name, or a copy of the one given.

    >>> activation("relu"), activation(LeakyReLU(0.2))
    (ReLU(), LeakyReLU(0.2))

    Raises `ValueError` for an unknown name, `TypeError` for anything else.
    """
    if isinstance(which, Module):
        return copy.deepcopy(which)
    names = ", ".join(map(repr, BY_NAME))
    if not isinstance(which, str):
        raise TypeError(f"activation: expected one of {names}, or a Module such as LeakyReLU(0.2), got {which!r}")
    if which not in BY_NAME:
        raise ValueError(f"activation: expected one of {names}, got {which!r}")
    return BY_NAME[which]()
