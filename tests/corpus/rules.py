"""Operations with wrong rules. An entry reads: namespaces of the forward function and the rules -> function, rules."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from corpus.model import COTANGENT, SECOND, Bug, Entry, Lossy, numbers

X = numbers(3, 4)
P = numbers(3, 4, low=0.5, high=2.0)
V = numbers(3, low=0.5, high=2.0)
SQUARE = numbers(3, 3)
HUNDRED = numbers(10, 10)
ONE = HUNDRED[4, 7]

A = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 3.0], [2.5, 0.25, 1.0]])
TRIANGLE = np.tril(np.ones((3, 3)))
SHIFT = np.roll(np.eye(3), 1, axis=0)


def partial(name: str, entry: Entry, *inputs: Any, **rest: Any) -> Bug:
    return Bug(name, entry, inputs, is_elementwise=True, **rest)


def vjp(name: str, entry: Entry, *inputs: Any, **rest: Any) -> Bug:
    return Bug(name, entry, inputs, is_elementwise=False, **rest)


def inside(xp: Any, op: Any, *xs: Any) -> Any:
    """The operation in the middle of others, which are right."""
    return xp.tanh(0.5 * op(*[x * 1.25 for x in xs]))


def twice(xp: Any, op: Any, x: Any) -> Any:
    """Two calls, whose contributions meet."""
    return op(x) + op(2.0 * x)


def for_each(xp: Any, op: Any, x: Any, y: Any) -> Any:
    """A call for each of two inputs."""
    return op(x) + op(y)


def then_sin(xp: Any, op: Any, *xs: Any) -> Any:
    """So that what comes back to the operation is not 1."""
    return xp.sin(op(*xs))


def off_by(error: float) -> Entry:
    return lambda f, d: (lambda x: f.exp(x), lambda y, x: y * (1 + error))


def sine_off_by(error: float) -> Entry:
    return lambda f, d: (lambda x: f.sin(x), lambda y, x: d.cos(x) * (1 + error))


CLASSIC = [
    partial("square without its factor", lambda f, d: (lambda x: x * x, lambda y, x: x), X),
    partial("square without its factor, Value", lambda f, d: (lambda x: x * x, lambda y, x: x), 0.75),
    partial("sin with the sign of cos", lambda f, d: (lambda x: f.sin(x), lambda y, x: -d.cos(x)), X, around=inside),
    partial(
        "cos without its sign, Value", lambda f, d: (lambda x: f.cos(x), lambda y, x: d.sin(x)), 0.5, around=inside
    ),
    partial("tanh forgot to square", lambda f, d: (lambda x: f.tanh(x), lambda y, x: 1 - y), X, around=inside),
    partial("tanh with a plus, Value", lambda f, d: (lambda x: f.tanh(x), lambda y, x: 1 + y * y), 0.3),
    partial("sigmoid forgot 1 - y", lambda f, d: (lambda x: 1 / (1 + f.exp(-x)), lambda y, x: y), X, around=inside),
    partial("exp(3x) forgot the chain factor", lambda f, d: (lambda x: f.exp(3 * x), lambda y, x: y), X),
    partial(
        "sin(x²) forgot the chain factor, Value", lambda f, d: (lambda x: f.sin(x * x), lambda y, x: d.cos(x * x)), 0.9
    ),
    partial("log divides by the square", lambda f, d: (lambda x: f.log(x), lambda y, x: 1 / (x * x)), 1.7),
    partial(
        "sqrt multiplies by its output", lambda f, d: (lambda x: f.sqrt(x), lambda y, x: 0.5 * y), P, around=inside
    ),
    partial("1/x forgot to square, Value", lambda f, d: (lambda x: 1 / x, lambda y, x: -y), 1.3),
    partial("slope at 0 everywhere, Value", lambda f, d: (lambda x: f.sin(x), lambda y, x: 1.0), 0.7),
    partial("expm1 with a series cut short", lambda f, d: (lambda x: f.exp(x) - 1, lambda y, x: 1 + x), 1e-4),
    partial(
        "second factor's slope is itself",
        lambda f, d: (lambda x, y: x * y, lambda z, x, y: y, lambda z, x, y: y),
        X,
        P,
        at=1,
    ),
    partial(
        "denominator without its sign",
        lambda f, d: (lambda x, y: x / y, lambda z, x, y: 1 / y, lambda z, x, y: z / y),
        X,
        P,
        at=1,
        around=inside,
    ),
    partial(
        "hypotenuse not divided, Value",
        lambda f, d: (lambda x, y: f.sqrt(x * x + y * y), lambda z, x, y: x / z, lambda z, x, y: y),
        0.6,
        1.1,
        at=1,
    ),
    partial(
        "third of three inputs doubled",
        lambda f, d: (lambda x, y, w: x * y + w, lambda z, x, y, w: y, lambda z, x, y, w: x, lambda z, x, y, w: 2.0),
        X,
        P,
        X,
        at=2,
    ),
    partial(
        "rules of two inputs swapped",
        lambda f, d: (lambda x, y: x - 3 * y, lambda z, x, y: -3.0, lambda z, x, y: 1.0),
        X,
        P,
    ),
    partial("abs goes up everywhere", lambda f, d: (lambda x: f.abs(x), lambda y, x: 1.0), numbers(4)),
    partial(
        "maximum gives both all",
        lambda f, d: (lambda x, y: f.maximum(x, y), lambda z, x, y: 1.0, lambda z, x, y: d.where(y > x, 1.0, 0.0)),
        V,
        V + 0.25,
    ),
]

RELATIVE = [partial(f"exp off by {error:g}", off_by(error), X) for error in (1e-1, 1e-3, 1e-6, 1e-8, 1e-10)] + [
    partial(f"sin off by {error:g}, Value", sine_off_by(error), 0.625, around=inside)
    for error in (1e-1, 1e-3, 1e-6, 1e-8, 1e-10)
]

LOCALISED = [
    partial(
        "one of 100 elements off by 1e-2",
        lambda f, d: (lambda x: f.sin(x), lambda y, x: d.where(x == ONE, 1.01, 1.0) * d.cos(x)),
        HUNDRED,
        element=(4, 7),
    ),
    partial(
        "one of 100 elements off by 1e-6",
        lambda f, d: (lambda x: f.exp(x), lambda y, x: d.where(x == ONE, 1 + 1e-6, 1.0) * y),
        HUNDRED,
        element=(4, 7),
    ),
    partial(
        "one of 100 elements gets nothing",
        lambda f, d: (lambda x: f.cos(x), lambda y, x: d.where(x == ONE, 0.0, -1.0) * d.sin(x)),
        HUNDRED,
        element=(4, 7),
    ),
    partial(
        "wrong beyond 2 alone",
        lambda f, d: (lambda x: f.tanh(x), lambda y, x: d.where(x > 2, 0.5, 1.0) * (1 - y * y)),
        np.array([0.1, -0.7, 2.5, 1.5]),
        element=(2,),
    ),
    partial(
        "leaky slope of the other branch",
        lambda f, d: (lambda x: f.where(x > 0, x, 0.125 * x), lambda y, x: d.where(x > 0, 1.0, 0.25)),
        np.array([[0.5, 1.0], [-1.5, 2.0]]),
        element=(1, 0),
    ),
    partial(
        "elu forgot + 1 below zero",
        lambda f, d: (lambda x: f.where(x > 0, x, f.exp(x) - 1), lambda y, x: d.where(x > 0, 1.0, y)),
        np.array([1.0, -0.5, 2.0]),
        element=(1,),
    ),
    partial(
        "clip lets through beyond its bound",
        lambda f, d: (lambda x: f.minimum(x, 1.0), lambda y, x: 1.0),
        np.array([0.5, 0.25, 1.5, -3.0]),
        element=(2,),
    ),
    partial(
        "0 / 0 in a rule at 0",
        lambda f, d: (lambda x: x * x, lambda y, x: 2 * y / x),
        np.array([1.5, 0.0, -2.0]),
        element=(1,),
    ),
    partial(
        "∞ / ∞ in a rule far out",
        lambda f, d: (
            lambda x: f.exp(f.minimum(x, 0.0)) / (1 + f.exp(-f.abs(x))),
            lambda y, x: d.exp(-x) / ((1 + d.exp(-x)) * (1 + d.exp(-x))),
        ),
        np.array([0.5, 2.0, -800.0]),
        element=(2,),
    ),
]

SIZES = [
    partial("output of 1e-12, doubled", lambda f, d: (lambda x: 1e-12 * f.sin(x), lambda y, x: 2e-12 * d.cos(x)), X),
    partial("output of 1e-200, doubled", lambda f, d: (lambda x: 1e-200 * f.sin(x), lambda y, x: 2e-200 * d.cos(x)), X),
    partial("output of 1e-12, doubled, Value", lambda f, d: (lambda x: 1e-12 * f.exp(x), lambda y, x: 2 * y), 0.4),
    partial("output of 1e-200, doubled, Value", lambda f, d: (lambda x: 1e-200 * f.exp(x), lambda y, x: 2 * y), 0.4),
    partial("output of 1e200 off by 1e-3", lambda f, d: (lambda x: 1e200 * f.exp(x), lambda y, x: y * 1.001), X),
    partial(
        "tiny beside large: one row off by 1e-3",
        lambda f, d: (lambda x: x * x, lambda y, x: d.where(x < 1e-6, 2.002, 2.0) * x),
        np.array([1e6, 3e5, 1e-8, 2e6]),
        element=(2,),
    ),
    partial(
        "float64 rounded through float32",
        lambda f, d: (lambda x: f.sin(x), lambda y, x: d.astype(d.astype(d.cos(x), np.float32), np.float64)),
        X,
    ),
    partial(
        "float32 off by 1e-3", lambda f, d: (lambda x: f.sin(x), lambda y, x: d.cos(x) * 1.001), X.astype(np.float32)
    ),
    partial("float32 off by 2e-5", lambda f, d: (lambda x: f.exp(x), lambda y, x: y * 1.00002), X.astype(np.float32)),
    partial("float16 doubled", lambda f, d: (lambda x: f.sin(x), lambda y, x: 2 * d.cos(x)), X.astype(np.float16)),
]

JACOBIANS = [
    vjp(
        "transposed Jacobian", lambda f, d: (lambda x: f.matmul(A, x), lambda g, y, x: d.matmul(A, g)), V, around=inside
    ),
    vjp(
        "matmul: second factor by the wrong side",
        lambda f, d: (
            lambda w, x: f.matmul(w, x),
            lambda g, y, w, x: d.matmul(g, d.transpose(x)),
            lambda g, y, w, x: d.matmul(w, g),
        ),
        SQUARE,
        A,
        at=1,
    ),
    vjp(
        "matmul: first factor transposed",
        lambda f, d: (
            lambda w, x: f.matmul(w, x),
            lambda g, y, w, x: d.transpose(d.matmul(g, d.transpose(x))),
            lambda g, y, w, x: d.matmul(d.transpose(w), g),
        ),
        SQUARE,
        A,
    ),
    vjp(
        "running sum runs the same way back",
        lambda f, d: (lambda x: f.cumsum(x), lambda g, y, x: d.matmul(TRIANGLE, g)),
        V,
    ),
    vjp("transpose not undone", lambda f, d: (lambda x: f.transpose(x), lambda g, y, x: g), SQUARE),
    vjp("flip not undone", lambda f, d: (lambda x: f.flip(x), lambda g, y, x: g), V, around=inside),
    vjp(
        "roll goes on in its direction",
        lambda f, d: (lambda x: f.matmul(SHIFT, x), lambda g, y, x: d.matmul(SHIFT, g)),
        V,
    ),
    vjp(
        "determinant without the transpose of cofactors",
        lambda f, d: (
            lambda x: x[0, 0] * x[1, 1] - x[0, 1] * x[1, 0],
            lambda g, y, x: g * d.reshape(d.stack([x[1, 1], -x[0, 1], -x[1, 0], x[0, 0]]), (2, 2)),
        ),
        np.array([[1.5, 2.0], [-0.5, 3.0]]),
    ),
    vjp("centring forgot the mean of g", lambda f, d: (lambda x: x - f.mean(x), lambda g, y, x: g), V),
    vjp("softmax without centring", lambda f, d: (lambda x: f.exp(x) / f.sum(f.exp(x)), lambda g, y, x: y * g), V),
    vjp(
        "softmax by its diagonal",
        lambda f, d: (lambda x: f.exp(x) / f.sum(f.exp(x)), lambda g, y, x: y * (1 - y) * g),
        V,
    ),
    vjp("log-sum-exp not normalised", lambda f, d: (lambda x: f.log(f.sum(f.exp(x))), lambda g, y, x: g * d.exp(x)), V),
    vjp("norm not divided", lambda f, d: (lambda x: f.sqrt(f.sum(x * x)), lambda g, y, x: g * x), V),
    vjp(
        "variance divides by n - 1",
        lambda f, d: (lambda x: f.mean(x * x) - f.mean(x) * f.mean(x), lambda g, y, x: g * (x - d.mean(x))),
        V,
    ),
    vjp("max to all of a row", lambda f, d: (lambda x: f.max(x), lambda g, y, x: g * d.ones(x.shape)), V),
    vjp("norm off by 1e-8", lambda f, d: (lambda x: f.sqrt(f.sum(x * x)), lambda g, y, x: g * x / y * (1 + 1e-8)), V),
]

REDUCTIONS = [
    vjp("mean without 1/n", lambda f, d: (lambda x: f.mean(x), lambda g, y, x: g * d.ones(x.shape)), X),
    vjp(
        "mean by the length of the other axis",
        lambda f, d: (lambda x: f.mean(x, axis=0), lambda g, y, x: g * d.ones(x.shape) / x.shape[1]),
        X,
    ),
    vjp(
        "sum spread along the wrong axis",
        lambda f, d: (lambda x: f.sum(x, axis=0), lambda g, y, x: d.reshape(g, (3, 1)) * d.ones((3, 3))),
        SQUARE,
    ),
    vjp(
        "un-broadcast along the wrong axis",
        lambda f, d: (lambda x, b: x + b, lambda g, y, x, b: g, lambda g, y, x, b: d.sum(g, axis=1)),
        SQUARE,
        V,
        at=1,
    ),
    vjp(
        "un-broadcast by the mean",
        lambda f, d: (lambda x, b: x + b, lambda g, y, x, b: g, lambda g, y, x, b: d.mean(g, axis=0)),
        SQUARE,
        V,
        at=1,
    ),
    vjp(
        "un-broadcast takes the first row",
        lambda f, d: (lambda x, b: x * b, lambda g, y, x, b: g * b, lambda g, y, x, b: (g * x)[0]),
        SQUARE,
        V,
        at=1,
    ),
    vjp(
        "column un-broadcast as a row",
        lambda f, d: (
            lambda x, c: x * c,
            lambda g, y, x, c: g * c,
            lambda g, y, x, c: d.reshape(d.sum(g * x, axis=0), (3, 1)),
        ),
        SQUARE,
        numbers(3, 1),
        at=1,
    ),
]

CHOICES = [
    vjp(
        "gather: = for += of a repeated index",
        lambda f, d: (lambda x: x[np.array([0, 2, 2, 1])], lambda g, y, x: d.assigned(3, [0, 2, 2, 1], g)),
        V,
        element=(2,),
    ),
    vjp(
        "gather: index off by one",
        lambda f, d: (lambda x: x[np.array([0, 1])], lambda g, y, x: d.assigned(3, [1, 2], g)),
        V,
    ),
    vjp(
        "slice put back one place too early",
        lambda f, d: (lambda x: x[1:], lambda g, y, x: d.assigned(3, [0, 1], g)),
        V,
    ),
    vjp(
        "pooling: = for += where windows overlap",
        lambda f, d: (lambda x: f.stack([f.max(x[0:3]), f.max(x[2:5])]), lambda g, y, x: d.assigned(5, [2, 2], g)),
        np.array([0.5, 1.0, 3.0, 2.0, -1.0]),
        element=(2,),
    ),
    vjp(
        "concatenation: the second gets the first part",
        lambda f, d: (lambda x, y: f.concatenate([x, y]), lambda g, z, x, y: g[:3], lambda g, z, x, y: g[:3]),
        V,
        V + 1,
        at=1,
    ),
    vjp(
        "difference forgot one end",
        lambda f, d: (lambda x: x[1:] - x[:-1], lambda g, y, x: d.concatenate([-g, 0.0 * g[:1]])),
        V,
    ),
]


def wiggled() -> Entry:
    """A slope that is another at every call."""
    calls = count()
    return lambda f, d: (lambda x: f.sin(x), lambda g, y, x: g * d.cos(x) * (1 + 1e-3 * (next(calls) % 7)))


def noisy() -> Entry:
    """A forward function that is another at every call, as dropout without a seed."""
    calls = count()
    return lambda f, d: (lambda x: x * (1 + (next(calls) % 7)), lambda g, y, x: g)


def drifting() -> Entry:
    """A rule that writes to an array which the forward function computes with."""
    scale = np.ones(3)

    def rule(g: Any, y: Any, x: Any) -> Any:
        slope = g * scale
        scale[...] *= 1.5
        return slope

    return lambda f, d: (lambda x: x * scale, rule)


def buffered() -> Entry:
    """A rule that returns one and the same array each time: the second call writes over what the first returned."""
    room = np.zeros(3)

    def rule(g: Any, y: Any, x: Any, d: Any) -> Any:
        if not isinstance(g, np.ndarray):
            return g * d.cos(x)
        return np.multiply(g, np.cos(x), out=room)

    return lambda f, d: (lambda x: f.sin(x), lambda g, y, x: rule(g, y, x, d))


def written(g: Any, x: Any, d: Any) -> Any:
    g *= 2
    return g * d.cos(x)


def in_memory_order(g: Any, x: Any) -> Any:
    """As if the input were laid out by rows."""
    order = "F" if isinstance(x, np.ndarray) and not x.flags.c_contiguous else "C"
    return np.reshape(g, x.shape, order=order) if isinstance(g, np.ndarray) else g.reshape(x.shape)


STATE = (
    "deterministic",
    "aliasing",
    "inputs unchanged",
    "scenario",
    "accumulation",
    "whole gradient",
    "local derivative",
)

CONTRACTS = [
    vjp(
        "cotangent ignored",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: d.cos(x)),
        V,
        checks=COTANGENT,
        around=inside,
    ),
    vjp(
        "cotangent of a number ignored",
        lambda f, d: (lambda x: f.sum(x * x), lambda g, y, x: 2 * x),
        V,
        checks=COTANGENT,
        around=then_sin,
    ),
    vjp(
        "cotangent averaged",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: d.mean(g) * d.cos(x)),
        V,
        checks=COTANGENT,
    ),
    vjp("cotangent summed", lambda f, d: (lambda x: f.exp(x), lambda g, y, x: d.sum(g) * y), V, checks=COTANGENT),
    vjp(
        "cotangent squared",
        lambda f, d: (lambda x: f.sum(x * x), lambda g, y, x: g * g * 2 * x),
        V,
        checks=COTANGENT,
        around=then_sin,
    ),
    vjp(
        "something added to the cotangent",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: (g + 1e-3) * d.cos(x)),
        V,
        checks=COTANGENT,
    ),
    vjp(
        "cotangent clipped", lambda f, d: (lambda x: 4 * x, lambda g, y, x: 4 * d.minimum(g, 0.25)), V, checks=COTANGENT
    ),
    vjp(
        "cotangent by its sign",
        lambda f, d: (lambda x: f.sum(x), lambda g, y, x: d.abs(g) * d.ones(x.shape)),
        V,
        checks=COTANGENT,
        around=lambda xp, op, x: 2.0 - 3.0 * op(x),
    ),
    vjp(
        "writes to the cotangent",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: written(g, x, d)),
        V,
        checks=(*STATE, "error"),
        around=twice,
    ),
    vjp("writes to what the forward function reads", drifting(), V, checks=STATE, around=twice, is_portable=False),
    vjp("returns its buffer", buffered(), V, V + 1, checks=STATE, around=for_each, is_portable=False),
    vjp("slope changes from call to call", wiggled(), V, checks=STATE),
    vjp(
        "output changes from call to call",
        noisy(),
        V,
        checks=("deterministic", "value", "scenario", "local derivative"),
        is_right=False,
    ),
    vjp(
        "rule fails for nothing",
        lambda f, d: (lambda x: f.sum(x * x), lambda g, y, x: g * (2.0 * len(x) / len(x)) * x),
        np.zeros(0),
        checks=("zero-size", "error", "scenario", "local derivative", "whole gradient"),
    ),
    vjp(
        "rule gives nothing the shape of a number",
        lambda f, d: (lambda x: x * x, lambda g, y, x: d.sum(g) * 2.0 if 0 in x.shape else 2 * g * x),
        np.zeros((0, 2)),
        checks=("zero-size", "error", "dtype and shape", "scenario", "local derivative", "whole gradient"),
    ),
    vjp(
        "rule reads memory in its order",
        lambda f, d: (lambda x: f.reshape(x, -1), lambda g, y, x: in_memory_order(g, x)),
        SQUARE.T,
        checks=("non-contiguous", "local derivative", "scenario"),
        is_portable=False,
    ),
]

SECOND_ORDER = [
    vjp(
        "slope is constant in x",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: g * d.cos(d.detach(x))),
        V,
        order=2,
        checks=SECOND,
    ),
    vjp(
        "slope is the output, detached",
        lambda f, d: (lambda x: f.exp(x), lambda g, y, x: g * d.detach(y)),
        V,
        order=2,
        checks=SECOND,
        around=inside,
    ),
    vjp(
        "second derivative doubled",
        lambda f, d: (lambda x: f.sin(x), lambda g, y, x: g * (2 * d.cos(x) - d.detach(d.cos(x)))),
        V,
        order=2,
        checks=SECOND,
    ),
    vjp(
        "second derivative off by 1e-6",
        lambda f, d: (lambda x: f.exp(x), lambda g, y, x: g * ((1 + 1e-6) * y - d.detach(1e-6 * y))),
        V,
        order=2,
        checks=SECOND,
    ),
    vjp(
        "cotangent detached",
        lambda f, d: (lambda x: f.sum(x * x), lambda g, y, x: d.detach(g) * 2 * x),
        V,
        order=2,
        checks=SECOND,
        around=then_sin,
    ),
    vjp(
        "mixed derivative lost",
        lambda f, d: (lambda x, y: x * x * y, lambda g, z, x, y: g * 2 * x * d.detach(y), lambda g, z, x, y: g * x * x),
        V,
        V + 1,
        order=2,
        checks=SECOND,
    ),
    vjp(
        "linear in x for one element alone",
        lambda f, d: (lambda x: x * x * x, lambda g, y, x: g * 3 * x * d.where(x > 1.5, d.detach(x), x)),
        V,
        order=2,
        checks=SECOND,
    ),
]

BUGS: list[Bug] = CLASSIC + RELATIVE + LOCALISED + SIZES + JACOBIANS + REDUCTIONS + CHOICES + CONTRACTS + SECOND_ORDER

LOSSY = [
    Lossy("a factor by its numbers alone", lambda xp, x: x * xp.detach(x), (V,)),
    Lossy("a factor by its number, Value", lambda xp, x: xp.sin(x) * xp.number(x), (0.7,)),
    Lossy("normalised by a detached sum", lambda xp, x: x / xp.detach(xp.sum(x)), (V,)),
    Lossy("one of two paths detached", lambda xp, w, x: xp.tanh(xp.matmul(w, x)) + xp.matmul(xp.detach(w), x), (A, V)),
    Lossy("scaled by a number read out of it", lambda xp, x: x * xp.number(xp.max(x)), (V,)),
]
