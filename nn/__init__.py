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
from nn.losses import (
    bce,
    bce_with_logits,
    cosine,
    cross_entropy,
    half_squared_error,
    huber,
    kl_divergence,
    l1,
    l1_penalty,
    l2_penalty,
    mse,
    multiclass_hinge,
    nll,
)
from nn.module import Module
from nn.optim import SGD, Optimizer

__all__ = [
    "MLP",
    "SGD",
    "LeakyReLU",
    "Linear",
    "Module",
    "Optimizer",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "bce",
    "bce_with_logits",
    "cosine",
    "cross_entropy",
    "half_squared_error",
    "huber",
    "kaiming_uniform",
    "kl_divergence",
    "l1",
    "l1_penalty",
    "l2_penalty",
    "mse",
    "multiclass_hinge",
    "nll",
    "xavier_uniform",
]
