"""Activations as modules. Each takes a Tensor, an array or a list of Values, and gives the same shape."""

from nn.activations.by_name import HALVING, activation
from nn.activations.gating import GELU, Hardswish, Mish, SiLU
from nn.activations.normalized import LogSoftmax, Softmax
from nn.activations.rectifying import ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, Softplus
from nn.activations.saturating import Hardsigmoid, Hardtanh, LogSigmoid, Sigmoid, Softsign, Tanh, Tanhshrink

__all__ = [
    "ELU",
    "GELU",
    "HALVING",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "activation",
]
