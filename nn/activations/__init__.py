"""Activations as modules. Each takes a Tensor, an array or a list of Values, and gives the same shape."""

from nn.activations.by_name import HALVING, activation
from nn.activations.gating import GELU, Hardswish, Mish, SiLU
from nn.activations.normalized import LogSoftmax, Softmax, Softmin
from nn.activations.rectifying import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, Softplus
from nn.activations.saturating import Hardsigmoid, Hardtanh, LogSigmoid, Sigmoid, Softsign, Tanh, Tanhshrink
from nn.activations.shrinking import GLU, Hardshrink, Softshrink, Threshold

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "HALVING",
    "SELU",
    "Hardshrink",
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
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "activation",
]
