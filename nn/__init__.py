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
from nn.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from nn.calls import watching
from nn.declared import Buffer, Parameter
from nn.interchange import load_torch_state_dict, torch_state_dict
from nn.layers import (
    MLP,
    Bilinear,
    GRUCell,
    Linear,
    LSTMCell,
    Maxout,
    MultiHeadAttention,
    Neuron,
    RNNCell,
    Sequential,
)
from nn.losses import cross_entropy, mse
from nn.module import Module
from nn.optim import SGD, Optimizer

__all__ = [
    "MLP",
    "SGD",
    "Bilinear",
    "Buffer",
    "GRUCell",
    "LSTMCell",
    "LeakyReLU",
    "Linear",
    "Maxout",
    "Module",
    "MultiHeadAttention",
    "Neuron",
    "Optimizer",
    "Parameter",
    "RNNCell",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "cross_entropy",
    "init",
    "load_torch_state_dict",
    "mse",
    "torch_state_dict",
    "watching",
]
