"""The floor: the three programs by hand in NumPy, every array made beforehand.

The last argument of each NumPy function is the array that takes the result: a third faster than `out=`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, divide, dot, exp, maximum, multiply, sign, subtract, tanh, vdot
from tensor_workloads import CHAIN_OPS, RATE, Array, Problem, Step, Sweep


class Layer:
    """A linear layer and its activation, with room for the output and the gradients."""

    def __init__(self, w: Array, b: Array, batch: int) -> None:
        self.w, self.b = w.copy(), b.copy()
        self.dw, self.db, self.dx = np.empty_like(w), np.empty_like(b), np.empty((batch, len(w)), w.dtype)
        self.y, self.room = np.empty((2, batch, len(b)), w.dtype)

    def forward(self, x: Array) -> Array:
        dot(x, self.w, self.y)
        return add(self.y, self.b, self.y)

    def backward(self, x: Array, dy: Array) -> None:
        dot(x.T, dy, self.dw)
        add.reduce(dy, axis=0, out=self.db)

    def backward_to_input(self, dy: Array) -> Array:
        return dot(dy, self.w.T, self.dx)

    def update(self) -> None:
        for parameter, gradient in ((self.w, self.dw), (self.b, self.db)):
            multiply(gradient, RATE, gradient)
            subtract(parameter, gradient, parameter)


def tanh_mlp(problem: Problem) -> Step:
    one, two, three = layers = _layers(problem)
    x, target, size = problem.x, problem.target, problem.target.size

    def step() -> Any:
        tanh(one.forward(x), one.y)
        tanh(two.forward(one.y), two.y)
        d = subtract(three.forward(two.y), target, three.room)
        loss = vdot(d, d) / size
        multiply(d, 2 / size, d)
        three.backward(two.y, d)
        d = _tanh_backward(two, three.backward_to_input(d))
        two.backward(one.y, d)
        d = _tanh_backward(one, two.backward_to_input(d))
        one.backward(x, d)
        for layer in layers:
            layer.update()
        return loss

    return step


def relu_mlp(problem: Problem) -> Step:
    one, two, three = layers = _layers(problem)
    x, size = problem.x, len(problem.x)
    at_label = (np.arange(size), problem.target)
    column = np.empty((size, 1), x.dtype)

    def step() -> Any:
        maximum(one.forward(x), 0, one.y)
        maximum(two.forward(one.y), 0, two.y)
        z = three.forward(two.y)
        subtract(z, maximum.reduce(z, axis=1, keepdims=True, out=column), z)
        d = exp(z, three.room)
        total = add.reduce(d, axis=1, keepdims=True, out=column)
        divide(d, total, d)
        loss = (np.log(total).sum() - z[at_label].sum()) / size
        d[at_label] -= 1
        divide(d, size, d)
        three.backward(two.y, d)
        d = _relu_backward(two, three.backward_to_input(d))
        two.backward(one.y, d)
        d = _relu_backward(one, two.backward_to_input(d))
        one.backward(x, d)
        for layer in layers:
            layer.update()
        return loss

    return step


def chain(problem: Problem) -> Sweep:
    w, b = problem.weights
    h = np.empty((CHAIN_OPS + 1, len(w)), w.dtype)
    h[0] = problem.x
    d, dw, db, room = np.empty((4, len(w)), w.dtype)
    rows = list(h)

    def forward() -> None:
        for i in range(0, CHAIN_OPS, 2):
            multiply(rows[i], w, rows[i + 1])
            add(rows[i + 1], b, rows[i + 2])

    def backward(_: None) -> list[Array]:
        d.fill(1)
        dw.fill(0)
        db.fill(0)
        for i in range(CHAIN_OPS - 2, -1, -2):
            add(db, d, db)
            multiply(d, rows[i], room)
            add(dw, room, dw)
            multiply(d, w, d)
        return [dw, db]

    return forward, backward


def _layers(problem: Problem) -> list[Layer]:
    weights = problem.weights
    return [Layer(w, b, len(problem.x)) for w, b in zip(weights[::2], weights[1::2], strict=True)]


def _tanh_backward(layer: Layer, dy: Array) -> Array:
    multiply(layer.y, layer.y, layer.room)
    subtract(1, layer.room, layer.room)
    return multiply(dy, layer.room, dy)


def _relu_backward(layer: Layer, dy: Array) -> Array:
    sign(layer.y, layer.room)
    return multiply(dy, layer.room, dy)
