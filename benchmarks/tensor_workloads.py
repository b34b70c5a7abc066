"""The three tensor workloads: the data, and the programs, written once for every engine that records.

An engine is a module of `tensor_engines`, in the idiom of its own documentation. It offers `constant`,
`linear`, `tanh`, `relu`, `squared_error`, `cross_entropy`, and two ways to run: `training` makes a training
step of a loss, `sweep` makes of a function its forward and its backward. The floor has none of these: it
writes the three programs out by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 0.01
CHAIN_OPS = 1000

Array = NDArray[Any]
Step = Callable[[], Any]  # one training step; gives the loss before it
Sweep = tuple[Callable[[], Any] | None, Callable[[Any], Any]]  # forward, and backward from what forward gave


@dataclass(frozen=True)
class Problem:
    """A batch, its targets, and the weights to start from: w, b, w, b ..."""

    x: Array
    target: Array
    weights: list[Array]


def tanh_problem() -> Problem:
    """For the MLP 2-16-16-1 with tanh and the mean squared error."""
    rng = np.random.default_rng(0)
    target = rng.normal(size=(32, 1)).astype(np.float32)
    return Problem(rng.normal(size=(32, 2)).astype(np.float32), target, _weights(rng, 2, 16, 16, 1))


def relu_problem() -> Problem:
    """For the MLP 784-128-64-10 with ReLU, softmax and cross-entropy; the targets are the labels."""
    rng = np.random.default_rng(1)
    labels = rng.integers(10, size=64)
    return Problem(rng.uniform(size=(64, 784)).astype(np.float32), labels, _weights(rng, 784, 128, 64, 10))


def chain_problem() -> Problem:
    """For the chain h = h * w, h = h + b: vectors of ten numbers, with w near 1."""
    rng = np.random.default_rng(2)
    x, w, b = rng.normal(size=(3, 10)).astype(np.float32)
    return Problem(x, x, [1 + w / 1000, b / 1000])


def _weights(rng: np.random.Generator, *sizes: int) -> list[Array]:
    layers = [(rng.normal(size=(m, n)) / np.sqrt(m), np.zeros(n)) for m, n in pairwise(sizes)]
    return [array.astype(np.float32) for layer in layers for array in layer]


def tanh_mlp(engine: Any, problem: Problem) -> Step:
    x, target = engine.constant(problem.x), engine.constant(problem.target)

    def loss(weights: list[Any]) -> Any:
        return engine.squared_error(mlp(engine, weights, engine.tanh, x), target)

    step: Step = engine.training(loss, problem.weights, RATE)
    return step


def relu_mlp(engine: Any, problem: Problem) -> Step:
    x, labels = engine.constant(problem.x), engine.constant(problem.target)

    def loss(weights: list[Any]) -> Any:
        return engine.cross_entropy(mlp(engine, weights, engine.relu, x), labels)

    step: Step = engine.training(loss, problem.weights, RATE)
    return step


def mlp(engine: Any, weights: list[Any], activation: Callable[[Any], Any], x: Any) -> Any:
    *hidden, (w, b) = zip(weights[::2], weights[1::2], strict=True)
    h = x
    for hidden_w, hidden_b in hidden:
        h = activation(engine.linear(h, hidden_w, hidden_b))
    return engine.linear(h, w, b)


def chain(engine: Any, problem: Problem) -> Sweep:
    x = engine.constant(problem.x)

    def run(w: Any, b: Any) -> Any:
        h = x
        for _ in range(CHAIN_OPS // 2):
            h = h * w
            h = h + b
        return h

    sweep: Sweep = engine.sweep(run, problem.weights)
    return sweep
