"""Neural networks of Tensors, or of single Values: the same definition, the same weights.

>>> import numpy as np
>>> from nn import MLP, SGD, cross_entropy
>>> points = np.random.default_rng(0).uniform(-1, 1, (100, 2))
>>> quadrant = 2 * (points[:, 1] < 0) + (points[:, 0] < 0)
>>> model = MLP([2, 6, 4], rng=0)
>>> optimizer = SGD(model.parameters(), lr=1.0)
>>> for _ in range(200):
...     loss = cross_entropy(model(points), quadrant)
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
>>> bool((model(points).numpy().argmax(axis=1) == quadrant).mean() > 0.95)
True
"""

from nn import init
from nn.activations import (
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from nn.calls import watching
from nn.declared import Buffer, Parameter
from nn.layers import (
    MLP,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv1d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool1d,
    MaxPool2d,
    RMSNorm,
    Sequential,
)
from nn.losses import cross_entropy, mse
from nn.module import Module
from nn.optim import SGD, Optimizer

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "SELU",
    "SGD",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Buffer",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "Mish",
    "Module",
    "Optimizer",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "cross_entropy",
    "init",
    "mse",
    "watching",
]
