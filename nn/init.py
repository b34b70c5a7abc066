"""Random weights. Randomness is explicit: every function draws from the generator that it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, short_repr
from nn.inputs import weight_shape

#: (inputs, outputs, generator) -> weights of that shape
Init = Callable[[int, int, np.random.Generator], NDArray[Any]]


def xavier_uniform(inputs: int, outputs: int, rng: np.random.Generator) -> NDArray[Any]:
    """Uniform in ±√(6 / (inputs + outputs)): keeps the variance through sigmoid, tanh and linear layers.

    Gives float64 of shape (inputs, outputs). Glorot and Bengio, 2010, equation 16.

    >>> weights = xavier_uniform(2, 6, np.random.default_rng(0))
    >>> weights.shape, bool(abs(weights).max() <= (6 / 8) ** 0.5)
    ((2, 6), True)
    """
    inputs, outputs = weight_shape(inputs, outputs, "xavier_uniform", ("inputs", "outputs"))
    return uniform(np.sqrt(6 / (inputs + outputs)), (inputs, outputs), rng, "xavier_uniform")


def kaiming_uniform(inputs: int, outputs: int, rng: np.random.Generator) -> NDArray[Any]:
    """Uniform in ±√(6 / inputs): the same for layers followed by ReLU, which halves the variance.

    Gives float64 of shape (inputs, outputs). He and others, 2015, equation 10.

    >>> weights = kaiming_uniform(2, 6, np.random.default_rng(0))
    >>> weights.shape, bool(abs(weights).max() <= 3**0.5)
    ((2, 6), True)
    """
    inputs, outputs = weight_shape(inputs, outputs, "kaiming_uniform", ("inputs", "outputs"))
    return uniform(np.sqrt(6 / inputs), (inputs, outputs), rng, "kaiming_uniform")


def uniform(limit: float, shape: tuple[int, int], rng: np.random.Generator, owner: str) -> NDArray[Any]:
    """Weights between −limit and limit.

    Raises `TypeError` for an ``rng`` that is no generator: two layers drawn from one seed would be the same.
    """
    if not isinstance(rng, np.random.Generator):
        raise DTypeError(
            f"{owner}: rng: expected a numpy.random.Generator, got {short_repr(rng)}: give np.random.default_rng(0)"
        )
    return rng.uniform(-limit, limit, shape)
