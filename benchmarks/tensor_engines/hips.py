"""HIPS autograd: functions of NumPy arrays, differentiated by `value_and_grad`.

It shares its import name with stepgrad's engine. Its modules are fetched by name, so that a type checker does
not take the one for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy
from tensor_workloads import Array, Step, Sweep

autograd = import_module("autograd")
np = import_module("autograd.numpy")
tanh = np.tanh


def constant(array: Array) -> Array:
    return array


def linear(x: Any, w: Any, b: Any) -> Any:
    return np.matmul(x, w) + b


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def squared_error(prediction: Any, target: Array) -> Any:
    return np.mean((prediction - target) ** 2)


def cross_entropy(logits: Any, labels: Array) -> Any:
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - chosen)


def training(loss: Callable[[list[Any]], Any], weights: list[Array], rate: float) -> Step:
    parameters = [weight.copy() for weight in weights]
    value_and_grad = autograd.value_and_grad(loss)

    def step() -> Any:
        value, gradients = value_and_grad(parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * gradient
        return value

    return step


def sweep(run: Callable[..., Any], weights: list[Array]) -> Sweep:
    make_vjp = autograd.make_vjp(lambda weights: run(*weights))
    seed = numpy.ones_like(weights[0])

    def forward() -> Any:
        vjp, _ = make_vjp(weights)
        return vjp

    def backward(vjp: Any) -> Any:
        return vjp(seed)

    return forward, backward
