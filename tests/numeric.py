"""Derivatives from function values alone: oracles that share no code with the engine."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd

STEP = 1e-30  #: of the complex step: so small that it changes no real part


def numbers_of(x: Any) -> Any:
    """The numbers of Values, or of Tensors, as an array."""
    with autograd.no_grad():
        return np.asarray(x, dtype=float)


def complex_step(f: Callable[[Any], Any], x: Any) -> Any:
    """The slope of f by each element of x, exact to rounding, for an f that is analytic and gives one number."""
    x = np.asarray(x, dtype=float)
    slopes = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * STEP
        slopes[index] = np.imag(f(moved)) / STEP
    return slopes


def differences(f: Callable[[Any], Any], x: Any, step: float = 0.02, levels: int = 4) -> Any:
    """The slope of f by each element of x, by central differences extrapolated to a step of zero (Richardson)."""
    x = np.asarray(x, dtype=float)
    slopes = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        row = []
        for level in range(levels):
            h = step / 2**level
            up, down = x.copy(), x.copy()
            up[index] += h
            down[index] -= h
            row.append((f(up) - f(down)) / (up[index] - down[index]))
        for power in range(1, levels):
            row = [fine + (fine - coarse) / (4**power - 1) for coarse, fine in pairwise(row)]
        slopes[index] = row[0]
    return slopes


def derivative(f: Callable[[Any], Any], x: Any) -> tuple[Any, float]:
    """The slope of f by each element of x, and how closely it can be trusted, relative to its size.

    The complex step where f turns out to be analytic (there the two methods agree), else differences.
    """
    rough = differences(f, x)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exact = complex_step(f, x)
    except (TypeError, ValueError, Warning):
        return rough, 1e-7
    scale = 1 + np.max(np.abs(rough), initial=0)
    return (exact, 1e-11) if np.allclose(exact, rough, rtol=0, atol=1e-5 * scale) else (rough, 1e-7)


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-10, scale: float = 0.0) -> None:
    """Equal up to a tolerance relative to the largest number in play."""
    size = max(1.0, scale, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * size)
