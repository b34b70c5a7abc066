"""Functions that are right where it is hard to check them: a checker that reports one raises a false alarm."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from corpus.model import Awkward, Program, numbers

X = numbers(2, 3)
V = numbers(3, low=0.5, high=2.0)
SQUARE = numbers(3, 3)
TIED = np.array([1.0, 2.0, 2.0, -1.0])
SUBNORMAL = 2.0**-1060


def right(name: str, program: Program, *inputs: Any, **rest: Any) -> Awkward:
    return Awkward(name, program, inputs, **rest)


def kink(name: str, program: Program, *inputs: Any, **rest: Any) -> Awkward:
    return Awkward(name, program, inputs, has_kink=True, **rest)


def chain(xp: Any, x: Any) -> Any:
    for _ in range(250):
        x = xp.sin(x) * 1.25
    return x


def assigned(xp: Any, x: Any) -> Any:
    y = x * 2
    y[1] = y[0] * x[2]
    y[0] = 3.0
    return y * y


STEEP = [
    right("1e8 sin x", lambda xp, x: 1e8 * xp.sin(x), V),
    right("1e8 sin x, Value", lambda xp, x: 1e8 * xp.sin(x), 0.7),
    right("exp at 700", lambda xp, x: xp.exp(x), np.array([700.0, 1.0, -700.0])),
    right("exp at 700, Value", lambda xp, x: xp.exp(x), 700.0),
    right("log at 1e-300", lambda xp, x: xp.log(x), np.array([1e-300, 1.0, 1e300])),
    right("log at 1e-300, Value", lambda xp, x: xp.log(x), 1e-300),
    right("sin(1e3 x)", lambda xp, x: xp.sin(1e3 * x), V),
    right("1/x at 1e-3", lambda xp, x: 1 / x, np.array([1e-3, -1e-3, 2.0])),
    right("1/x at 1e-3, Value", lambda xp, x: 1 / x, 1e-3),
    right("sqrt near 0", lambda xp, x: xp.sqrt(x), np.array([1e-300, 1e-12, 1.0])),
    right("tanh where it saturates", lambda xp, x: xp.tanh(x), np.array([20.0, -20.0, 0.5])),
    right("sigmoid at -700, Value", lambda xp, x: xp.sigmoid(x), -700.0),
    right("x**20 at 1e10", lambda xp, x: x**20, np.array([1e10, 1.0, 1e-10])),
]

ROUNDED = [
    right("1e200 · 1e-200", lambda xp, x, y: (x * 1e200) * (y * 1e-200), V, V + 1),
    right("(1 + x) - 1 at 1e-9", lambda xp, x: (1 + x) - 1, np.array([1e-9, 1e-17])),
    right("(1 + x) - 1 at 1e-9, Value", lambda xp, x: (1 + x) - 1, 1e-9),
    right("log(1 + x) at 1e-9", lambda xp, x: xp.log(1 + x), 1e-9),
    right("a difference of large squares", lambda xp, x: (x + 1e8) * (x + 1e8) - 1e16, V),
    right("subnormal input", lambda xp, x: x * 3.0, np.array([SUBNORMAL, -SUBNORMAL])),
    right("subnormal gradient", lambda xp, x: xp.sin(x) * SUBNORMAL, V),
    right("subnormal gradient, Value", lambda xp, x: x * SUBNORMAL * 2, 1.5),
    right("outputs of 1e-12 and 1e12", lambda xp, x: (x * 1e-12, x * 1e12), V),
    right("float32", lambda xp, x: xp.tanh(x * x) + 0.5 * xp.exp(x), numbers(2, 3, dtype=np.float32)),
    right("float32, sum of a thousand", lambda xp, x: xp.sum(x * x), numbers(40, 25, dtype=np.float32)),
    right("float16", lambda xp, x: xp.sin(x) * 2, numbers(4, dtype=np.float16)),
    right("float32 beside float64", lambda xp, x, y: x * y, numbers(3, dtype=np.float32), V, is_portable=False),
]

SHAPES = [
    right("empty", lambda xp, x: x * x, np.zeros((0, 3))),
    right("sum of nothing", lambda xp, x: xp.sum(x * x), np.zeros(0)),
    right("array without axes", lambda xp, x: xp.sin(x) * x, np.array(0.75)),
    right("columns of a transposed array", lambda xp, x: xp.sin(x) * x, SQUARE.T),
    right("every other element", lambda xp, x: xp.exp(x), numbers(8)[::2]),
    right("read backwards", lambda xp, x: xp.exp(x), V[::-1]),
    right("broadcast input", lambda xp, x: xp.sin(x), np.broadcast_to(V, (2, 3))),
    right("row and column", lambda xp, x, y: x * y, numbers(1, 3), numbers(2, 1)),
    right("number and array", lambda xp, x, y: x * y + x, np.array(1.5), X),
    right("one row, repeated", lambda xp, x: xp.sum(x, axis=0) * x, X),
    right("transpose and reshape", lambda xp, x: xp.reshape(xp.transpose(x), (6,)) * xp.constant(np.arange(6.0)), X),
]

KINKS = [
    kink("relu at 0", lambda xp, x: xp.relu(x), np.array([0.0, 1.0, -1.0])),
    kink("relu at 0, Value", lambda xp, x: xp.relu(x), 0.0),
    right("relu at 1e-7", lambda xp, x: xp.relu(x), np.array([1e-7, -1e-7])),
    kink("|0|", lambda xp, x: xp.abs(x), np.array([0.0, -2.0])),
    kink("|0|, Value", lambda xp, x: abs(x), 0.0),
    kink("tie of maximum", lambda xp, x, y: xp.maximum(x, y), TIED, np.array([1.0, 0.0, 2.0, 3.0])),
    kink("tie of minimum, Value", lambda xp, x, y: xp.minimum(x, y), 1.5, 1.5),
    kink("tie of max", lambda xp, x: xp.max(x), TIED),
    kink("tie of sort", lambda xp, x: xp.sort(x) * xp.constant(np.arange(1.0, 5.0)), TIED),
    kink("clip at its bounds", lambda xp, x: xp.clip(x, -1.0, 1.0), np.array([-1.0, 1.0, 0.5, 2.0])),
    right("maximum beside a tie", lambda xp, x, y: xp.maximum(x, y), V, V + 1e-12),
    right("sign away from 0", lambda xp, x: xp.sign(x) * x, np.array([0.5, -2.0])),
    right("sign alone", lambda xp, x: xp.sign(x), np.array([0.5, -2.0])),
    right("hat: |x| beside its corner", lambda xp, x: xp.relu(1 - xp.abs(x)), np.array([1e-9, -1e-9, 0.5, 3.0])),
]

POWERS = [
    right("x**2 at 0", lambda xp, x: x**2, np.array([0.0, 1.0, -1.0])),
    right("x**2 at 0, Value", lambda xp, x: x**2, 0.0),
    right("x**0", lambda xp, x: x**0 + x, np.array([0.0, 2.0])),
    right("x**3 at -2, Value", lambda xp, x: x**3, -2.0),
    right("x**-1 at -2", lambda xp, x: x**-1.0, np.array([-2.0, 3.0])),
]

FAMILIES = [
    right("softmax at 1e4", lambda xp, x: xp.softmax(x), np.array([1e4, 1e4 - 2, -1e4])),
    right("softmax of ties", lambda xp, x: xp.softmax(x), np.array([1.0, 1.0, 1.0])),
    right("log-sum-exp with -inf", lambda xp, x: xp.logsumexp(x), np.array([0.5, -np.inf, 1.0])),
    right("log-sum-exp at 1e4", lambda xp, x: xp.logsumexp(x), np.array([1e4, 1e4, 0.0])),
    right("NaN in the branch not taken", lambda xp, x: xp.where(x > 0, xp.sqrt(x), 0.0), np.array([4.0, -1.0, 2.0])),
    right(
        "infinite slope in the branch not taken", lambda xp, x: xp.where(x > 0.5, xp.sqrt(x), x), np.array([1.0, 0.0])
    ),
    right("chain of 500", chain, 0.5),
    right("chain of 500 on an array", chain, V),
    right("used 50 times", lambda xp, x: reduce(lambda y, _: y + x * x, range(50), x), V),
    right("used 50 times, Value", lambda xp, x: reduce(lambda y, _: y * x, range(50), x), 1.0625),
    right("one input is not used", lambda xp, x, y: xp.sin(x), V, V + 1),
    right("x - x", lambda xp, x: (x - x) + 0.0 * x, V),
    right("several outputs", lambda xp, x: (xp.sin(x), xp.sum(x * x), x[0]), V),
    right(
        "gather with repeated indices", lambda xp, x: x[np.array([0, 2, 2, 2])] * xp.constant(np.arange(1.0, 5.0)), V
    ),
    right("overlapping slices", lambda xp, x: x[:-1] * x[1:], V),
    right("matmul of its own transpose", lambda xp, x: xp.matmul(x, xp.transpose(x)), X),
    right("joined with itself", lambda xp, x: xp.concatenate([x, x * x, x]), V),
]

ENGINE = [
    right("constant function", lambda xp, x: 0.0 * x + 3.0, V, is_portable=False),
    right("integer input", lambda xp, x, n: x[n] * x[n], V, np.array([0, 2, 0]), is_portable=False),
    right("elements are assigned", assigned, V, is_portable=False),
    right("a view of a view", lambda xp, x: x[1:][:, 1] * x.T[0, :2], SQUARE, is_portable=False),
    right(
        "einsum with a diagonal", lambda xp, x: xp.einsum("ii->i", x) * xp.einsum("ij->j", x), SQUARE, is_portable=False
    ),
    right("einsum of three", lambda xp, x, y, w: xp.einsum("ij,jk,k->i", x, y, w), X, SQUARE, V, is_portable=False),
]

AWKWARD: list[Awkward] = STEEP + ROUNDED + SHAPES + KINKS + POWERS + FAMILIES + ENGINE
