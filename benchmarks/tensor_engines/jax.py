"""JAX, on the CPU, each workload compiled whole by `jax.jit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import numpy as jnp
from tensor_workloads import Array, Step, Sweep

constant = jnp.asarray
relu = jax.nn.relu
tanh = jnp.tanh


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def squared_error(prediction: Any, target: Any) -> Any:
    return jnp.mean((prediction - target) ** 2)


def cross_entropy(logits: Any, labels: Any) -> Any:
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
    return -jnp.mean(chosen)


def training(loss: Callable[[list[Any]], Any], weights: list[Array], rate: float) -> Step:
    parameters = [jnp.asarray(weight) for weight in weights]

    def update(parameters: list[Any]) -> tuple[Any, list[Any]]:
        value, gradients = jax.value_and_grad(loss)(parameters)
        return value, [p - rate * gradient for p, gradient in zip(parameters, gradients, strict=True)]

    compiled = jax.jit(update)

    def step() -> Any:
        nonlocal parameters
        value, parameters = jax.block_until_ready(compiled(parameters))
        return value

    return step


def sweep(run: Callable[..., Any], weights: list[Array]) -> Sweep:
    """Forward and backward are one compiled function here; there is no forward to time by itself."""
    parameters = [jnp.asarray(weight) for weight in weights]
    seed = jnp.ones_like(parameters[0])

    def gradients(w: Any, b: Any) -> Any:
        _, vjp = jax.vjp(run, w, b)
        return vjp(seed)

    compiled = jax.jit(gradients)

    def backward(_: None) -> Any:
        return jax.block_until_ready(compiled(*parameters))

    return None, backward
