"""Initial weights. Randomness is explicit: every function draws from the generator that it is given.

An initialiser is a function of a shape and a `numpy.random.Generator` that gives an array of that shape. Each layer
takes one as ``init``; what else it has to know is bound with `functools.partial`:

>>> from functools import partial
>>> from nn import Linear
>>> layer = Linear(100, 50, init=partial(normal, std=0.02), rng=0)
>>> bool(abs(layer.weight.numpy().std() - 0.02) < 0.001)
True
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, ShapeError, short_repr
from nn.elsewhere import INITIALISERS, missing
from nn.inputs import MOST, finite_number, positive_int

Array = NDArray[Any]
Shape = tuple[int, ...]

__all__ = [
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "orthogonal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

#: (shape, generator) -> weights of that shape
Init = Callable[[Shape, np.random.Generator], Array]


def zeros(shape: Sequence[int], rng: np.random.Generator) -> Array:
    """Zeros, as biases start; weights that do so are all alike, and stay alike.

    >>> zeros((2,), np.random.default_rng(0))
    array([0., 0.])
    """
    size, _ = checked(shape, rng, "zeros")
    return np.zeros(size)


def uniform(shape: Sequence[int], rng: np.random.Generator, limit: float = 1.0) -> Array:
    """Uniform between −limit and limit.

    >>> bool(abs(uniform((2, 6), np.random.default_rng(0), limit=0.1)).max() <= 0.1)
    True
    """
    size, rng = checked(shape, rng, "uniform")
    bound = abs(finite_number(limit, "uniform: limit", 0.1))
    return rng.uniform(-bound, bound, size)


def normal(shape: Sequence[int], rng: np.random.Generator, std: float = 1.0, mean: float = 0.0) -> Array:
    """Normal, of this standard deviation and mean.

    >>> normal((2, 6), np.random.default_rng(0), std=0.02).shape
    (2, 6)
    """
    size, rng = checked(shape, rng, "normal")
    spread = abs(finite_number(std, "normal: std", 0.02))
    return rng.normal(finite_number(mean, "normal: mean", 0.0), spread, size)


def xavier_uniform(shape: Sequence[int], rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Uniform in ±gain·√(6 / (inputs + outputs)): keeps the variance through sigmoid, tanh and linear layers.

    Glorot and Bengio, 2010, equation 16; `fans` says how many inputs and outputs a unit of this shape has.

    >>> bool(abs(xavier_uniform((2, 6), np.random.default_rng(0))).max() <= (6 / 8) ** 0.5)
    True
    """
    size, rng = checked(shape, rng, "xavier_uniform")
    bound = finite_number(gain, "xavier_uniform: gain", 1.0) * sqrt(6 / sum(fans(size)))
    return rng.uniform(-abs(bound), abs(bound), size)


def xavier_normal(shape: Sequence[int], rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Normal, of the standard deviation gain·√(2 / (inputs + outputs)), the same as that of `xavier_uniform`.

    >>> xavier_normal((2, 6), np.random.default_rng(0)).shape
    (2, 6)
    """
    size, rng = checked(shape, rng, "xavier_normal")
    return rng.normal(0.0, abs(finite_number(gain, "xavier_normal: gain", 1.0)) * sqrt(2 / sum(fans(size))), size)


def kaiming_uniform(shape: Sequence[int], rng: np.random.Generator, alpha: float = 0.0) -> Array:
    """Uniform in ±√(6 / ((1 + alpha²)·inputs)): for layers followed by ReLU, which halves the variance.

    ``alpha`` is the slope of a leaky ReLU below zero. He and others, 2015, equations 10 and 15.

    >>> bool(abs(kaiming_uniform((2, 6), np.random.default_rng(0))).max() <= 3**0.5)
    True
    """
    size, rng = checked(shape, rng, "kaiming_uniform")
    bound = sqrt(6 / ((1 + finite_number(alpha, "kaiming_uniform: alpha", 0.01) ** 2) * fans(size)[0]))
    return rng.uniform(-bound, bound, size)


def kaiming_normal(shape: Sequence[int], rng: np.random.Generator, alpha: float = 0.0) -> Array:
    """Normal, of the standard deviation √(2 / ((1 + alpha²)·inputs)), the same as that of `kaiming_uniform`.

    >>> kaiming_normal((2, 6), np.random.default_rng(0)).shape
    (2, 6)
    """
    size, rng = checked(shape, rng, "kaiming_normal")
    slope = finite_number(alpha, "kaiming_normal: alpha", 0.01)
    return rng.normal(0.0, sqrt(2 / ((1 + slope**2) * fans(size)[0])), size)


def orthogonal(shape: Sequence[int], rng: np.random.Generator, gain: float = 1.0) -> Array:
    """A matrix with orthonormal rows, or columns, whichever are fewer, times the gain: keeps lengths.

    Of more than two axes, those behind the first count as one. Saxe, McClelland and Ganguli, 2014.

    >>> weights = orthogonal((3, 3), np.random.default_rng(0))
    >>> bool(np.allclose(weights @ weights.T, np.eye(3)))
    True

    Raises `ShapeError` for fewer than two axes.
    """
    size, rng = checked(shape, rng, "orthogonal")
    if len(size) < 2:
        raise ShapeError(f"orthogonal: shape: expected two axes at least, got {size}: use uniform for a vector")
    rows, columns = size[0], prod(size[1:])
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # so that every orthogonal matrix is equally likely
    return finite_number(gain, "orthogonal: gain", 1.0) * (q if rows >= columns else q.T).reshape(size)


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs a unit has, and how many outputs an input reaches.

    A matrix is (inputs, outputs), as `nn.Linear` has it; with more axes it is (outputs, inputs, lengths of a kernel …),
    as in a convolution. A vector counts as one input for each.

    >>> fans((2, 6)), fans((8, 3, 5, 5)), fans((4,))
    ((2, 6), (75, 200), (1, 1))
    """
    if len(shape) < 2:
        return 1, 1
    if len(shape) == 2:
        return shape[0], shape[1]
    return prod(shape[1:]), shape[0] * prod(shape[2:])


def checked(shape: Any, rng: Any, owner: str) -> tuple[Shape, np.random.Generator]:
    """The shape as ints, and the generator.

    Raises `TypeError` for an ``rng`` that is no generator: two layers drawn from one seed would be the same; and for a
    shape that is none, `ValueError` for a length below 1 and for more than an array holds.
    """
    if not isinstance(rng, np.random.Generator):
        raise DTypeError(
            f"{owner}: rng: expected a numpy.random.Generator, got {short_repr(rng)}: give np.random.default_rng(0)"
        )
    if not isinstance(shape, list | tuple):
        raise DTypeError(f"{owner}: shape: expected a tuple of lengths such as (2, 6), got {short_repr(shape)}")
    size = tuple([positive_int(length, f"{owner}: shape[{axis}]") for axis, length in enumerate(shape)])
    if prod(size) > MOST:
        raise ValueError(f"{owner}: shape: expected at most {MOST} weights, as many as an array holds, got {size}")
    return size, rng


if not TYPE_CHECKING:  # what is not there is an error to a type checker, too

    def __getattr__(name):
        """A name that PyTorch has is refused with what is written here."""
        raise AttributeError(missing("module 'nn.init'", name, INITIALISERS), name=name, obj=sys.modules[__name__])
