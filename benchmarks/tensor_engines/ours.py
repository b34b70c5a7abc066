"""stepgrad: NumPy-like tensors with `backward()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tensor_workloads import Array, Step, Sweep

import autograd
import nn
from autograd import Tensor

cross_entropy = nn.cross_entropy
relu = autograd.relu
squared_error = nn.mse
tanh = autograd.tanh


def constant(array: Array) -> Any:
    return Tensor(array, requires_grad=False) if array.dtype.kind == "f" else array


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def training(loss: Callable[[list[Any]], Any], weights: list[Array], rate: float) -> Step:
    parameters = [Tensor(weight) for weight in weights]
    optimizer = nn.SGD(parameters, lr=rate)

    def step() -> Any:
        value = loss(parameters)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.data

    return step


def sweep(run: Callable[..., Any], weights: list[Array]) -> Sweep:
    w, b = (Tensor(weight) for weight in weights)
    seed = np.ones_like(weights[0])

    def forward() -> Any:
        return run(w, b)

    def backward(h: Any) -> list[Any]:
        autograd.zero_grad(w, b)
        h.backward(seed)
        return [w.grad, b.grad]

    return forward, backward
