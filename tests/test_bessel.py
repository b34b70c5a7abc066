"""The cardinal sine, and spherical Bessel functions, its derivatives: of every order, at zero and far from it."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import DTypeError, Tensor, Value, gradients

kinds = pytest.mark.parametrize("kind", [Value, Tensor])


def derivative_of_sinc(x: float, order: int) -> Any:
    """From sinc x as the mean of cos πxt over all t from 0 to 1."""
    with mpmath.workdps(30):
        turn = order * mpmath.pi / 2
        return mpmath.quad(lambda t: (mpmath.pi * t) ** order * mpmath.cos(mpmath.pi * x * t + turn), [0, 0.5, 1])


def spherical_bessel(n: int, z: Any) -> Any:
    return mpmath.sqrt(mpmath.pi / (2 * z)) * mpmath.besselj(n + mpmath.mpf(1) / 2, z)


@kinds
@given(
    x=st.one_of(st.floats(-4, 4), st.sampled_from([0.0, -0.0, 1e-300, -1e-9, 1e-3, 1.0, 0.5])), order=st.integers(0, 5)
)
@settings(max_examples=40, deadline=None)
def test_every_derivative_of_sinc_is_right_at_zero_and_near_it(kind: Any, x: float, order: int) -> None:
    leaf = kind(x)
    y = autograd.sinc(leaf)
    for _ in range(order):
        y = gradients(y, leaf, create_graph=True)
    expected = float(derivative_of_sinc(x, order))
    assert y.item() == pytest.approx(expected, rel=1e-12, abs=1e-14 * np.pi**order)


@given(n=st.integers(0, 60), x=st.one_of(st.floats(1e-3, 60), st.floats(-3, 2).map(lambda e: 10**e)))
@settings(max_examples=200, deadline=None)
def test_every_order_keeps_its_digits(n: int, x: float) -> None:
    with mpmath.workdps(60):
        z = mpmath.pi * mpmath.mpf(x)
        expected = spherical_bessel(n, z)
        size = float(max(abs(expected), 1 / z if z > n else 0))  # where it swings, of what it swings by
    if size > 1e-290:
        assert abs(autograd.spherical_jnpi(n, x) - float(expected)) <= (n + 10) * 2**-52 * size
        assert autograd.spherical_jnpi(n, -x) == (-1) ** n * autograd.spherical_jnpi(n, x)


def test_whole_numbers_are_zeros_however_large() -> None:
    assert np.all(autograd.sinc(np.array([1.0, -2.0, 1e5, 1e300])) == 0)
    assert np.sinc(Tensor([0.0, 0.5])).data == pytest.approx([1.0, 2 / np.pi], rel=1e-15)


def test_orders_broadcast() -> None:
    orders, x = np.array([[0], [1], [7]]), np.array([0.5, 2.25, 0.0])
    found = autograd.spherical_jnpi(orders, Tensor(x)).data
    assert found.tolist() == [[autograd.spherical_jnpi(n, number) for number in x] for n in (0, 1, 7)]


@kinds
@pytest.mark.parametrize("order", [1.5, -1, np.nan, np.array(["a"])])
def test_an_order_that_is_no_whole_number_is_refused(kind: Any, order: Any) -> None:
    with pytest.raises(DTypeError, match="spherical_jnpi: expected"):
        autograd.spherical_jnpi(order, kind(2.0))
