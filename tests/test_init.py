"""Initial weights have the distribution that their formulas say, and come from the generator that is given alone."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import ShapeError
from nn import init

#: The standard deviation of each, by the inputs and outputs of a unit.
SPREAD: dict[str, Any] = {
    "uniform": lambda n, m: 1 / math.sqrt(3),
    "normal": lambda n, m: 1.0,
    "xavier_uniform": lambda n, m: math.sqrt(2 / (n + m)),
    "xavier_normal": lambda n, m: math.sqrt(2 / (n + m)),
    "kaiming_uniform": lambda n, m: math.sqrt(2 / n),
    "kaiming_normal": lambda n, m: math.sqrt(2 / n),
}


@pytest.mark.parametrize("name", SPREAD)
@pytest.mark.parametrize(
    ("shape", "inputs", "outputs"), [((200, 300), 200, 300), ((30, 20, 9), 180, 270), ((30, 20, 3, 3), 180, 270)]
)
def test_the_spread_is_that_of_the_formula(name: str, shape: Any, inputs: int, outputs: int) -> None:
    weights = getattr(init, name)(shape, np.random.default_rng(0))
    expected = SPREAD[name](inputs, outputs)
    error = 4 / math.sqrt(weights.size)  # of a deviation that is estimated from so many numbers, generously
    assert weights.shape == shape
    assert abs(weights.std() / expected - 1) < error
    assert abs(weights.mean() / expected) < error
    if "uniform" in name:
        assert 0.99 < np.abs(weights).max() / (expected * math.sqrt(3)) <= 1
    else:
        assert np.abs(weights).max() > 3 * expected


@given(rows=st.integers(1, 5), columns=st.integers(1, 5), gain=st.floats(0.1, 3), seed=st.integers(0, 99))
def test_orthogonal_keeps_lengths(rows: int, columns: int, gain: float, seed: int) -> None:
    weights = init.orthogonal((rows, columns), np.random.default_rng(seed), gain=gain)
    small = weights if rows <= columns else weights.T
    np.testing.assert_allclose(small @ small.T, gain**2 * np.eye(min(rows, columns)), atol=1e-12)
    assert init.orthogonal((rows, columns, 2), np.random.default_rng(seed)).shape == (rows, columns, 2)


def test_orthogonal_matrices_are_turned_both_ways() -> None:
    """Their determinants are 1 and −1 alike, as those of a matrix that any rotation might have made."""
    signs = [np.linalg.det(init.orthogonal((3, 3), np.random.default_rng(seed))) > 0 for seed in range(200)]
    assert 70 < sum(signs) < 130
    first = [init.orthogonal((3, 3), np.random.default_rng(seed))[0, 0] > 0 for seed in range(200)]
    assert 70 < sum(first) < 130


def test_settings_scale_and_shift() -> None:
    rng = np.random.default_rng(0)
    assert abs(init.normal((300, 300), rng, std=0.02, mean=3.0).mean() - 3) < 0.001
    assert np.abs(init.uniform((300, 300), rng, limit=0.1)).max() <= 0.1
    assert abs(init.kaiming_normal((300, 300), rng, alpha=1.0).std() * math.sqrt(300) - 1) < 0.01
    assert abs(init.xavier_uniform((300, 300), rng, gain=2.0).std() * math.sqrt(300) / 2 - 1) < 0.01
    assert not init.zeros((3, 2), rng).any()


@pytest.mark.parametrize("name", init.__all__)
def test_only_the_generator_that_is_given_is_drawn_from(name: str) -> None:
    function = getattr(init, name)
    state = np.random.get_state()[1].tolist()
    one, other = (function((4, 3), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    rng = np.random.default_rng(7)
    assert name == "zeros" or (function((4, 3), rng) != function((4, 3), rng)).any()
    assert np.random.get_state()[1].tolist() == state


def test_every_layer_takes_them() -> None:
    for init_with in (init.zeros, partial(init.normal, std=0.1), init.orthogonal):
        for layer in (
            nn.Linear(3, 4, init=init_with, rng=0),
            nn.Conv2d(2, 3, 3, init=init_with, rng=0),
            nn.GRUCell(3, 4, init=init_with, rng=0),
            nn.MultiHeadAttention(4, 2, init=init_with, rng=0),
        ):
            assert all(np.isfinite(p.numpy()).all() for p in layer.parameters())


def test_a_vector_is_not_orthogonal_to_anything() -> None:
    with pytest.raises(ShapeError, match=r"orthogonal: shape: expected two axes at least, got \(3,\)"):
        init.orthogonal((3,), np.random.default_rng(0))
