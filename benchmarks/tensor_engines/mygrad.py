"""MyGrad: NumPy-like tensors with `backward()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np
from mygrad.nnet import activations, losses
from tensor_workloads import Array, Step, Sweep

cross_entropy = losses.softmax_crossentropy
relu = activations.relu
tanh = mygrad.tanh


def constant(array: Array) -> Array:
    return array


def linear(x: Any, w: Any, b: Any) -> Any:
    return mygrad.matmul(x, w) + b


def squared_error(prediction: Any, target: Array) -> Any:
    return mygrad.mean((prediction - target) ** 2)


def training(loss: Callable[[list[Any]], Any], weights: list[Array], rate: float) -> Step:
    parameters = [mygrad.tensor(weight) for weight in weights]

    def step() -> Any:
        value = loss(parameters)
        value.backward()
        for parameter in parameters:
            parameter.data -= rate * parameter.grad
        return value

    return step


def sweep(run: Callable[..., Any], weights: list[Array]) -> Sweep:
    w, b = (mygrad.tensor(weight) for weight in weights)
    seed = np.ones_like(weights[0])

    def forward() -> Any:
        return run(w, b)

    def backward(h: Any) -> list[Any]:
        h.backward(seed)
        return [w.grad, b.grad]

    return forward, backward
