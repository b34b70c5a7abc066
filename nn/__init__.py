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

from nn.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from nn.init import kaiming_uniform, xavier_uniform
from nn.layers import MLP, Linear, Sequential
from nn.losses import cross_entropy, mse
from nn.module import Module
from nn.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    Optimizer,
    ReduceLROnPlateau,
    RMSProp,
    Schedule,
    SequentialLR,
    StepLR,
    clip_grad_norm,
    clip_grad_value,
)

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LeakyReLU",
    "Linear",
    "LinearLR",
    "Module",
    "MultiStepLR",
    "OneCycleLR",
    "Optimizer",
    "RMSProp",
    "ReLU",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequential",
    "SequentialLR",
    "Sigmoid",
    "Softmax",
    "StepLR",
    "Tanh",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "kaiming_uniform",
    "mse",
    "xavier_uniform",
]
