"""Activations as modules: one for each of the table, by its name, and what each of them means."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, differences, numbers_of

import autograd
import nn
from autograd import Op, ShapeError, Tensor, Value
from autograd.ops import activations
from nn.activations.by_name import BY_NAME, HALVING, activation


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def clamped(x: float, low: float, high: float) -> float:
    return low if x < low else high if x > high else x


#: What each computes of one number, with its own settings; of a row for those that are of a row.
MEANING: dict[str, Callable[[float], float]] = {
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "hardsigmoid": lambda x: clamped(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * clamped(x / 6 + 0.5, 0, 1),
    "hardtanh": lambda x: clamped(x, -1, 1),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "logsigmoid": lambda x: math.log(logistic(x)),
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "prelu": lambda x: x if x > 0 else 0.25 * x,
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: clamped(x, 0, 6),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "sigmoid": logistic,
    "silu": lambda x: x * logistic(x),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "tanh": math.tanh,
    "tanhshrink": lambda x: x - math.tanh(x),
}

ROWS: dict[str, Callable[[list[float]], list[float]]] = {
    "softmax": lambda row: [math.exp(x) / sum(map(math.exp, row)) for x in row],
    "log_softmax": lambda row: [x - math.log(sum(map(math.exp, row))) for x in row],
}


def test_every_activation_of_the_table_is_a_module() -> None:
    parts = ast.walk(ast.parse(inspect.getsource(activations)))
    imported = {alias.name for part in parts if isinstance(part, ast.ImportFrom) for alias in part.names}
    ops = {name for name, op in vars(activations).items() if isinstance(op, Op) and name not in imported}
    assert ops | {"tanh", "softmax", "log_softmax", "prelu"} == BY_NAME.keys(), "add the module to nn/activations"
    assert BY_NAME.keys() == MEANING.keys() | ROWS.keys()
    assert all(getattr(nn, kind.__name__) is kind for kind in BY_NAME.values()), "export it in nn/__init__.py"


@pytest.mark.parametrize("name", MEANING)
@given(x=st.lists(st.floats(-30, 30), min_size=1, max_size=4))
def test_an_activation_is_what_its_formula_says(name: str, x: list[float]) -> None:
    expected = [MEANING[name](each) for each in x]
    layer = activation(name)
    for model, given_x in ((layer, x), (layer, Tensor(x)), (layer.to_scalars(), [Value(each) for each in x])):
        assert_close(numbers_of(model(given_x)), expected, 1e-13)


@pytest.mark.parametrize("name", ROWS)
@given(rows=st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=3))
def test_those_of_rows_are_what_their_formulas_say(name: str, rows: list[list[float]]) -> None:
    expected = np.array([ROWS[name](row) for row in rows])
    assert_close(activation(name)(rows), expected, 1e-13)
    assert_close(BY_NAME[name](axis=0)(np.transpose(rows)), expected.T, 1e-13)
    values = [[Value(x) for x in row] for row in rows]
    assert_close(numbers_of(activation(name)(values)), expected, 1e-13)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_its_slope_is_that_of_its_formula(name: str) -> None:
    points = np.array([-2.3, -0.7, 0.4, 1.9])

    def total(x: Any) -> Any:
        found = ROWS[name](x.tolist()) if name in ROWS else [MEANING[name](each) for each in x]
        return np.dot(found, [1.0, 2.0, 3.0, 4.0])

    x = Tensor(points)
    (activation(name)(x) * [1.0, 2.0, 3.0, 4.0]).sum().backward()
    assert_close(x.grad, differences(total, points, 1e-2, 4), 1e-8)


@pytest.mark.parametrize(
    ("layer", "meaning", "text"),
    [
        (nn.LeakyReLU(0.5), lambda x: max(x, 0.5 * x), "LeakyReLU(0.5)"),
        (nn.ELU(0.5), lambda x: x if x > 0 else 0.5 * (math.exp(x) - 1), "ELU(0.5)"),
        (nn.Softplus(3.0), lambda x: math.log(1 + math.exp(3 * x)) / 3, "Softplus(3.0)"),
        (nn.Hardtanh(-0.5, 2.0), lambda x: clamped(x, -0.5, 2.0), "Hardtanh(-0.5, 2.0)"),
        (
            nn.GELU("tanh"),
            lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
            "GELU('tanh')",
        ),
        (nn.GELU(), MEANING["gelu"], "GELU()"),
        (nn.Softmax(axis=0), None, "Softmax(axis=0)"),
        (nn.LogSoftmax(), None, "LogSoftmax()"),
    ],
)
def test_settings_are_kept_and_said(layer: nn.Module, meaning: Any, text: str) -> None:
    assert repr(layer) == text
    if meaning is not None:
        points = [-3.0, -0.4, 0.3, 2.5]
        assert_close(layer(points), [meaning(x) for x in points], 1e-13)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_has_a_place_in_an_mlp_by_its_name(name: str) -> None:
    for dtype in (np.float32, np.float64):
        model = nn.MLP([2, 3, 2], name, rng=0, dtype=dtype)
        assert type(model.layers[1]) is BY_NAME[name]
        assert {p.dtype for p in model.parameters()} == {np.dtype(dtype)}
        assert model(Tensor(np.ones((4, 2), dtype))).dtype == dtype
    limit = math.sqrt(6 / 200) if BY_NAME[name] in HALVING else math.sqrt(6 / 300)
    first = nn.MLP([200, 100, 1], name, rng=0).layers[0].weight.numpy()
    assert 0.99 * limit < np.abs(first).max() <= limit


# The one that learns.


@given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from([(2, 3), (2, 3, 2), (1, 3, 2, 2)]))
def test_prelu_learns_a_slope_for_each_channel(seed: int, shape: Any) -> None:
    layer = nn.PReLU(3, 0.1)
    draw = np.random.default_rng(seed)
    layer.weight = slopes = draw.normal(size=3)
    x, g = draw.normal(size=shape), draw.normal(size=shape)
    y = layer(x)
    (y * g).sum().backward()
    for c in range(3):
        part = x[:, c]
        assert_close(y.numpy()[:, c], np.where(part > 0, part, slopes[c] * part))
        assert_close(layer.weight.grad[c], np.sum(np.where(part > 0, 0, part) * g[:, c]), 1e-12)


def test_each_place_has_a_prelu_of_its_own() -> None:
    model = nn.MLP([2, 3, 3, 1], nn.PReLU(3, 0.5), rng=0)
    first, second = (layer for layer in model if isinstance(layer, nn.PReLU))
    assert first.weight is not second.weight
    assert first.weight.numpy().tolist() == [0.5] * 3
    assert len(model.parameters()) == 8
    assert repr(first) == "PReLU(3, init=0.5) · 3 parameters"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.PReLU(3)(np.ones((2, 4))),
            r"^PReLU\(3, init=0.25\): expected x of shape \(batch, 3, …\), .*got \(2, 4\)",
        ),
        (lambda: nn.PReLU(3)(np.ones(3)), r"got \(3,\): make it PReLU\(\) for one weight for all"),
        (
            lambda: nn.Softmax(2)(np.ones((2, 2))),
            r"^Softmax\(axis=2\): expected x with an axis 2, got one of shape \(2, 2",
        ),
        (lambda: nn.LogSoftmax(-3)(np.ones((2, 2))), r"^LogSoftmax\(axis=-3\): expected x with an axis -3"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Hardtanh(1.0, 1.0), "Hardtanh: expected min_val to be below max_val, got 1.0 and 1.0"),
        (lambda: nn.Softplus(0), "Softplus: beta: expected a positive number such as 1.0, got 0"),
        (lambda: nn.GELU("erf"), "GELU: approximate: expected 'none' or 'tanh', got 'erf'"),
        (lambda: activation("swish"), "activation: expected one of 'elu', .*, got 'swish'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_names_are_those_of_autograd() -> None:
    for name in BY_NAME:
        assert callable(getattr(autograd, name))
