"""Activations by the names of their operations."""

from __future__ import annotations

import copy

import autograd
from nn.activations.gating import GELU, Hardswish, Mish, SiLU
from nn.activations.normalized import LogSoftmax, Softmax
from nn.activations.rectifying import ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, Softplus
from nn.activations.saturating import Hardsigmoid, Hardtanh, LogSigmoid, Sigmoid, Softsign, Tanh, Tanhshrink
from nn.module import Module

#: The name of each in autograd.
BY_NAME: dict[str, type[Module]] = {
    "elu": ELU,
    "gelu": GELU,
    "hardsigmoid": Hardsigmoid,
    "hardswish": Hardswish,
    "hardtanh": Hardtanh,
    "leaky_relu": LeakyReLU,
    "log_softmax": LogSoftmax,
    "logsigmoid": LogSigmoid,
    "mish": Mish,
    "prelu": PReLU,
    "relu": ReLU,
    "relu6": ReLU6,
    "selu": SELU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "softmax": Softmax,
    "softplus": Softplus,
    "softsign": Softsign,
    "tanh": Tanh,
    "tanhshrink": Tanhshrink,
}

#: Those that are near 0 below 0 and near x above it, and so halve the variance of what comes in.
HALVING = (GELU, Hardswish, LeakyReLU, Mish, PReLU, ReLU, ReLU6, SiLU, Softplus)


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
