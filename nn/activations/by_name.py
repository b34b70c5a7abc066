"""Activations as modules. Each takes a Tensor, an array or a list of Values, and gives the same shape."""

from __future__ import annotations

import copy
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


class Tanh(Module):
    """tanh(x) = 2σ(2x) − 1, between −1 and 1, centred at 0.

    >>> Tanh()([0.0, 1e4])
    array([0., 1.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.tanh(as_operand(x, "Tanh"))


class ReLU(Module):
    """max(0, x); its slope at 0 is 0.

    >>> ReLU()([-2.0, 3.0])
    array([0., 3.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.relu(as_operand(x, "ReLU"))


class LeakyReLU(Module):
    """x where it is positive, else alpha · x; its slope at 0 is alpha.

    >>> LeakyReLU(0.1)([-2.0, 3.0])
    array([-0.2,  3. ])

    Raises `TypeError` if alpha is no number, or one that no float holds, `ValueError` if it is not finite.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = finite_number(alpha, "LeakyReLU: alpha", 0.01)

    def forward(self, x: Any) -> Any:
        return autograd.leaky_relu(as_operand(x, "LeakyReLU"), self.alpha)

    def extra_repr(self) -> str:
        return str(self.alpha)


class Softmax(Module):
    """e^(x_k) / Σ_j e^(x_j) along the last axis: positive, and sums to 1; exact at ±1e4.

    To train, give the scores themselves to `nn.cross_entropy`, which has this built in and stays exact.

    >>> Softmax()([2.0, 1.0, 0.0]).round(4)
    array([0.6652, 0.2447, 0.09  ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.softmax(as_operand(x, "Softmax"))


BY_NAME: dict[str, type[Module]] = {
    "leaky_relu": LeakyReLU,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
    "tanh": Tanh,
}


def activation(which: str | Module, owner: str = "activation") -> Module:
    """A new activation by its name, or a copy of the one given; ``owner`` is for messages.

    >>> activation("relu"), activation(LeakyReLU(0.2))
    (ReLU(), LeakyReLU(0.2))

    Raises `ValueError` for an unknown name, `TypeError` for anything else.
    """
    if isinstance(which, Module):
        return copy.deepcopy(which)
    names = ", ".join(map(repr, BY_NAME))
    if not isinstance(which, str):
        raise TypeError(
            f"{owner}: expected one of {names}, or a Module such as LeakyReLU(0.2), got {autograd.short_repr(which)}"
        )
    if which not in BY_NAME:
        raise ValueError(f"{owner}: expected one of {names}, got {autograd.short_repr(which)}")
    return BY_NAME[which]()
