"""detect_anomaly: the first operation that makes a NaN or an infinity is named, with the element and the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import AnomalyError, Tensor, Value, detect_anomaly, grad, gradients, jacobian, no_grad

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

X = Tensor([4.0, 0.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: np.log(X),
            r"^log: its result is an infinity at element \(1,\), of numbers that are none, in test",
        ),
        (lambda: np.sqrt(-X), r"^sqrt: its result is NaN at element \(0,\)"),
        (lambda: np.exp(X * 1000) * 2, r"^exp: its result is an infinity at element \(0,\)"),
        (lambda: Value(1.0) / Value(0.0), r"^div: its result is an infinity, of numbers that are none"),
        (lambda: autograd.softmax(X * 0 - np.inf), r"^softmax: its result is NaN at element \(0,\)"),
        (lambda: np.sqrt(X).sum().backward(), r"^backward through sqrt: .*input 0 is an infinity at element \(1,\)"),
        (lambda: Value(0.0).sqrt().backward(), r"^backward through sqrt: .*is an infinity; it was computed in test_an"),
        (lambda: gradients(np.sqrt(X).sum(), X), "^backward through sqrt"),
        (lambda: gradients(np.sqrt(X).sum(), X, create_graph=True), "^backward through sqrt"),
        (lambda: grad(lambda x: x**0.5)(0.0), "^backward through pow"),
        (lambda: jacobian(np.sqrt)(np.array([4.0, 0.0])), "^backward through sqrt: .*is an infinity"),
        (lambda: autograd.where([True, False], np.sqrt(X), 0.0).sum().backward(), None),
        (lambda: autograd.softmax(X - [0.0, np.inf]), None),
        (lambda: (X * np.nan).sum().backward(), None),
        (lambda: (np.sqrt(X + 1) * 2).sum().backward(), None),
        (lambda: Value(2.0).sqrt().backward(), None),
    ],
)
def test_the_first_is_named(call: Callable[[], Any], message: str | None) -> None:
    X.zero_grad()
    with detect_anomaly():
        if message is None:
            call()
        else:
            with pytest.raises(AnomalyError, match=message):
                call()
    call()


def test_sums_of_gradients_are_looked_at() -> None:
    x = Tensor([1e-10])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"backward through mul: .* an infinity at"):
        (x * 1e308 + x * 1e308).sum().backward()
    assert x.grad is None


def test_the_line_of_what_was_computed_outside_is_not_known() -> None:
    y = np.sqrt(X).sum()
    with detect_anomaly(), pytest.raises(AnomalyError, match="computed outside detect_anomaly"):
        y.backward()


def test_it_ends_with_its_block_and_conditions_are_what_they_were() -> None:
    with detect_anomaly():
        assert (Value(1.0) > 0) is True
        with no_grad(), pytest.raises(AnomalyError, match=r"^log"):
            np.log(X)
    assert np.isinf(np.log(X).data[1])


# Forward, in batches, and in hooks.


def raised(function: Callable[[], Any]) -> str:
    with detect_anomaly(), pytest.raises(AnomalyError) as error:
        function()
    return str(error.value)


@pytest.mark.parametrize("x", [np.array([0.0, 1.0]), 0.0])
def test_the_way_forward_is_looked_at(x: Any) -> None:
    said = raised(lambda: autograd.jvp(np.sqrt, (x,), (x + 1.0,)))
    assert said.startswith("forward through sqrt: the tangent of its result is an infinity")
    if isinstance(x, np.ndarray):
        assert "infinity at element (0,)" in raised(lambda: autograd.jacfwd(np.sqrt)(x))
        assert "infinity at element (0,)" in raised(lambda: autograd.jacobian(np.sqrt)(x))
        assert "backward through sqrt" in raised(lambda: autograd.jacobian(lambda t: np.sqrt(t)[0] * np.ones(9))(x))


def test_what_a_hook_gives_is_looked_at() -> None:
    def hooked() -> None:
        h = Tensor([1.0, 2.0]) * 3.0
        h.register_hook(lambda g: g * [1.0, np.nan])
        h.sum().backward()

    assert raised(hooked).startswith("the hook of the result of mul: what it gives is NaN at element (1,)")
