"""Rates of recorded trainings: told where the update was plain gradient descent with one rate, and never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Recording, Tensor, Value


def recorded(
    make: Callable[[list[Value]], nn.Optimizer], starts: list[float], count: int = 4, curves: tuple[float, ...] = (1, 3)
) -> Recording:
    """Parameters on a bowl that is not as steep in each direction, so that gradients turn on the way."""
    ws = [Value(x, f"w{k}") for k, x in enumerate(starts)]
    optimizer, run = make(ws), Recording(ws)
    for _ in range(count):
        optimizer.zero_grad()
        loss = Value(0.0)
        for k, w in enumerate(ws):
            loss = loss + (w - 5 - k) ** 2 * curves[k % len(curves)]
        loss.backward()
        run.take(loss)
        optimizer.step()
    return run


@settings(max_examples=50)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.integers(1, 9999), st.integers(-6, -4))
def test_plain_descent_is_told_by_the_rate_that_was_given(starts: list[float], digits: int, power: int) -> None:
    lr = float(f"{digits}e{power}")
    assert recorded(lambda ws: nn.SGD(ws, lr=lr), starts).rates == [lr] * 4


OTHERS: dict[str, Callable[[list[Value]], nn.Optimizer]] = {
    "momentum": lambda ws: nn.SGD(ws, lr=0.01, momentum=0.9),
    "decay": lambda ws: nn.SGD(ws, lr=0.01, weight_decay=0.1),
    "adam": lambda ws: nn.Adam(ws, lr=0.01),
    "adamw": lambda ws: nn.AdamW(ws, lr=0.01),
    "rmsprop": lambda ws: nn.RMSProp(ws, lr=0.01),
    "adagrad": lambda ws: nn.Adagrad(ws, lr=0.01),
    "groups": lambda ws: nn.SGD([{"params": ws[:1], "lr": 0.01}, {"params": ws[1:]}], lr=0.02),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
@settings(max_examples=20)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=4, unique=True))
def test_of_another_rule_no_rate_is_told(make: Any, starts: list[float]) -> None:
    assert recorded(make, starts).rates == [None] * 4


@pytest.mark.parametrize("make", [OTHERS[name] for name in ("momentum", "adam", "rmsprop", "adagrad")])
def test_nor_of_a_single_parameter(make: Any) -> None:
    assert recorded(make, [1.0]).rates == [None] * 4
    assert recorded(make, [1.0], count=1).rates == [None]


@pytest.mark.parametrize("starts", [[5.0, 3.0], [4.0, 5.0]])
def test_memory_along_one_direction_is_not_taken_for_a_rate(starts: list[float]) -> None:
    # All gradients are parallel: after the first step every one of momentum is a multiple of its gradient.
    assert recorded(OTHERS["momentum"], starts, curves=(1,)).rates == [None] * 4
    last = recorded(OTHERS["momentum"], [1.0, 2.5], count=60, curves=(1,))
    last._kept = last._kept[-3:]
    assert last.rates == [None] * 3


def test_a_single_parameter_has_a_rate_once_two_gradients_went_by_it() -> None:
    assert recorded(lambda ws: nn.SGD(ws, lr=0.1), [1.0], count=1).rates == [None]
    assert recorded(lambda ws: nn.SGD(ws, lr=0.1), [1.0], count=3).rates == [0.1] * 3


def test_a_rate_that_changes_is_told_of_each_iteration() -> None:
    ws = [Value(1.0, "w"), Value(2.0, "b")]
    run = Recording(ws)
    rates = [0.05, 0.04, 0.03]
    for lr in rates:
        for w in ws:
            w.grad = 0.0
        loss = (ws[0] - 3) ** 2 + (ws[1] * 2 + 1) ** 2
        loss.backward()
        run.take(loss)
        for w in ws:
            w.data -= lr * w.grad
    assert run.rates == rates


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("in_place", [False, True])
def test_arrays_of_either_precision(dtype: Any, in_place: bool) -> None:
    w = Tensor(np.linspace(-1, 2, 7).astype(dtype), label="w")
    x = np.linspace(0.5, 3, 7).astype(dtype)
    run = Recording(w)
    for _ in range(5):
        w.grad = None
        loss = (w * x).tanh().sum()
        loss.backward()
        run.take(loss)
        if in_place:
            w.data -= dtype(0.3) * w.grad
        else:
            w.data = w.data + (-0.3 * w.grad).astype(dtype)
    assert run.rates == [0.3] * 5


def test_of_zero_gradients_nothing_is_known() -> None:
    w, v = Value(1.0, "w"), Value(2.0, "v")
    run = Recording([w, v])
    for change in (0.0, 1.0):
        loss = w * 0.0 + v * 0.0
        loss.backward()
        run.take(loss)
        w.data += change
    assert run.rates == [None, None]


def test_what_was_not_updated_or_is_not_finite_says_nothing() -> None:
    w, b = Value(2.0, "w"), Value(1.0, "b")
    run = Recording([w, b])
    for k in range(3):
        w.grad = b.grad = 0.0
        loss = (w * 3 + b) ** 2 * (1.0 if k < 2 else float("inf"))
        loss.backward()
        run.take(loss)
        if k != 1:
            w.data, b.data = w.data - 0.125 * w.grad, b.data - 0.125 * b.grad
    assert run.rates == [0.125, None, None]


def test_a_frozen_parameter_bars_a_rate_for_all() -> None:
    w, b = Value(2.0, "w"), Value(1.0, "b")
    run = Recording([w, b])
    loss = (w * 3 + b) ** 2
    loss.backward()
    run.take(loss)
    w.data -= 0.125 * w.grad
    assert run.rates == [None]


def test_a_fit_says_what_updates_it() -> None:
    record = nn.Record()
    model = nn.MLP([2, 3, 1], rng=0)
    data = np.ones((4, 2)), np.ones((4, 1))
    optimizer = nn.SGD(model.parameters(), lr=0.05)
    nn.fit(model, nn.mse, data, optimizer=optimizer, epochs=3, callbacks=[record], rng=0, progress=False)
    assert record.recording is not None
    assert record.recording.rates == [0.05] * 3
    assert record.recording[0].by == "SGD(lr=0.05)"


def test_a_clipped_gradient_is_not_stale() -> None:
    record = nn.Record()
    model = nn.MLP([2, 3, 1], rng=0)
    data = 5 * np.ones((4, 2)), 9 * np.ones((4, 1))
    optimizer = nn.SGD(model.parameters(), lr=0.05)
    nn.fit(model, nn.mse, data, optimizer=optimizer, epochs=3, callbacks=[record], rng=0, progress=False, clip_norm=0.1)
    assert record.recording is not None
    assert [each.stale for each in record.recording] == [{}] * 3
    assert all(each.beside for each in record.recording)
