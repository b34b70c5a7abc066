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
from nn.diagnosis import diagnose
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
from nn.training import (
    Callback,
    Diverged,
    EarlyStopping,
    History,
    Run,
    accuracy,
    batches,
    evaluate,
    fit,
    load,
    save,
)

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Bilinear",
    "Buffer",
    "Callback",
    "CosineAnnealingLR",
    "Diverged",
    "EarlyStopping",
    "ExponentialLR",
    "GRUCell",
    "History",
    "LSTMCell",
    "LeakyReLU",
    "Linear",
    "LinearLR",
    "Maxout",
    "Module",
    "MultiHeadAttention",
    "MultiStepLR",
    "Neuron",
    "OneCycleLR",
    "Optimizer",
    "Parameter",
    "RMSProp",
    "RNNCell",
    "ReLU",
    "ReduceLROnPlateau",
    "Run",
    "Schedule",
    "Sequential",
    "SequentialLR",
    "Sigmoid",
    "Softmax",
    "StepLR",
    "Tanh",
    "accuracy",
    "batches",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "diagnose",
    "evaluate",
    "fit",
    "init",
    "load",
    "load_torch_state_dict",
    "mse",
    "save",
    "torch_state_dict",
    "watching",
]
