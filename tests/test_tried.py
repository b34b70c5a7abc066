"""An elementwise entry is tried where it is made: what is plainly wrong is refused, and nothing that is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Op, elementwise, table
from autograd.tried import expect_slopes


def enter(*args: Any, **settings: Any) -> None:
    elementwise("mine", *args, doc="an entry of a test", **settings)
    autograd.remove("mine")


@pytest.mark.parametrize(
    ("args", "settings", "message"),
    [
        ((np.tanh, lambda y, x: 1 - y), {}, r"rule of x, which is 0.03811\d* at x=-2.317, got"),
        ((np.tanh, lambda y, x: y * y - 1), {}, "got -0.0381"),
        ((np.log, lambda y, x: 2 / x), {"domain": ((0.0, np.inf),)}, "at x=0.3191, got 6.26"),
        ((lambda x: np.log(x), lambda y, x: 2 / x), {}, "at x=0.4719"),
        ((np.multiply, lambda z, x, y: y, lambda z, x, y: y), {}, "rule of y, which is -2.3171 at x=-2.317, y=-0.6373"),
        ((np.tanh, lambda y, x: 1 - y * y), {"numeric": [lambda y, x: 5 * x]}, "rule of x"),
        ((np.round, lambda y, x: 1), {}, "which is 0 at .* say check=False if it is meant so"),
    ],
)  # fmt: skip
def test_what_is_plainly_wrong_is_refused(args: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        enter(*args, **settings)
    assert "mine" not in table
    enter(*args, **settings, check=False)


@pytest.mark.parametrize(
    ("args", "settings"),
    [
        ((np.log, lambda y, x: 1 / x), {}),
        ((np.abs, lambda y, x: autograd.sign(x)), {}),
        ((lambda x: np.maximum(x, 0.4719), lambda y, x: x > 0.4719), {}),
        ((np.round, lambda y, x: 0), {}),
        ((lambda x: np.float32(x) * 3, lambda y, x: 3), {}),
        ((lambda x: np.random.default_rng().random() * x, lambda y, x: 3), {}),
        ((lambda x: x * 2, lambda y, x: not_entered_yet(x)), {}),  # type: ignore[name-defined]  # noqa: F821
        ((lambda c, x: np.where(c, x, 0), None, lambda y, c, x: autograd.where(c, 1, 0)), {}),
        ((lambda x: np.sqrt(x - 9), lambda y, x: 0.5 / y), {}),
        ((lambda x: x * 1e300, lambda y, x: 1e300), {}),
        ((lambda x: x * 1e-300, lambda y, x: 1e-300), {}),
    ],
)
def test_what_is_right_or_cannot_be_told_is_entered(args: Any, settings: Any) -> None:
    enter(*args, **settings)


@pytest.mark.parametrize(
    "op", [op for op in table.values() if op.is_elementwise and op.arity and any(op.rules)], ids=lambda op: op.name
)
def test_the_table_is_not_refused(op: Op) -> None:
    wanted = [k for k, rule in enumerate(op.rules) if rule is not None]
    slope = lambda k, y, inputs: op.partial(k, y, inputs, None)  # noqa: E731
    expect_slopes(op.name, op.binding.inputs, wanted, op.domain, op.forward, slope)


@given(a=st.floats(-4, 4), b=st.floats(0.25, 4))
def test_no_kink_anywhere_is_taken_for_a_fault(a: float, b: float) -> None:
    enter(lambda x: np.abs(x - a) ** b, lambda y, x: b * np.abs(x - a) ** (b - 1) * np.sign(x - a))


def test_a_setting_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="mine: expected check= as True or False, got 1"):
        enter(np.tanh, lambda y, x: 1 - y * y, check=1)
