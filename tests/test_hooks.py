"""Hooks on nodes: what they see, what they change, and that nothing else does."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numeric import assert_close
from strategies import UNGATED_OPS, Program, by_function, programs

import autograd
from autograd import DTypeError, GraphError, LostGradientError, ShapeError, Tensor, Value, gradients, jacobian, vjp
from autograd.hooks import live

each_kind = pytest.mark.parametrize("kind", [Value, Tensor])


def swept(y: Any, *xs: Any) -> list[Any]:
    for x in xs:
        x.zero_grad()
    y.backward()
    return [x.grad for x in xs]


@pytest.mark.parametrize("kind", [Value, Tensor])
@given(program=programs(ops=UNGATED_OPS))
def test_a_hook_that_gives_nothing_changes_nothing_and_sees_the_gradient(kind: Any, program: Program) -> None:
    leaves = [kind(float(x)) for x in program.inputs]
    y = program.result(by_function, leaves)
    before, seen = swept(y, *leaves), []
    handles = [x.register_hook(lambda g: seen.append(float(g))) for x in leaves]
    assert_close(swept(y, *leaves), before, 1e-13)
    assert_close(sorted(seen), sorted(float(g) for g in before), 1e-13)
    for handle in handles:
        handle.remove()
    np.testing.assert_array_equal(swept(y, *leaves), before)


@each_kind
def test_what_a_hook_gives_takes_the_place_of_the_gradient(kind: Any) -> None:
    x = kind(3.0)
    h = x * x
    y = h * h
    h.register_hook(lambda g: 10 * g)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: -g)
    assert swept(y, x)[0] == -(10 * 108 + 1)
    assert h.grad == 180
    assert gradients(y, x) == -1081
    assert float(gradients(y, x, create_graph=True)) == -1081
    (adjoint,) = vjp(lambda a: hooked(a * a) * 3.0, x)[1](kind(1.0))
    assert float(adjoint) == 2 * 3 * 3 * 5


def hooked(h: Any) -> Any:
    h.register_hook(lambda g: 5 * g)
    return h


@each_kind
def test_the_gradient_of_a_hooked_gradient_goes_through_the_hook(kind: Any) -> None:
    x = kind(3.0)
    h = x * x
    h.register_hook(lambda g: g * g)
    first = gradients(h * x, x, create_graph=True)  # g = x at h, so x² · 2x + x²
    assert float(first) == 54 + 9
    assert gradients(first, x) == pytest.approx(6 * 9 + 2 * 3)


def test_a_leaf_has_its_own_gradient_of_each_sweep() -> None:
    x, seen = Tensor([1.0, 2.0]), []
    x.register_hook(lambda g: seen.append(g.copy()))
    for _ in range(2):
        (x * x).sum().backward()
    assert_close(seen, [[2.0, 4.0]] * 2)
    assert_close(x.grad, [4.0, 8.0])
    x.data = [5.0, 6.0]
    (x * x).sum().backward()
    assert_close(seen[-1], [10.0, 12.0])


def test_an_array_that_a_hook_is_shown_is_read_only() -> None:
    x = Tensor([1.0, 2.0])

    def write(g: Any) -> None:
        g *= 2

    x.register_hook(write)
    with pytest.raises(ValueError, match="read-only"):
        (x * x).sum().backward()
    assert x.grad is None


def test_structural_zeros_stay_such_behind_a_hook() -> None:
    x = Tensor([4.0, 0.0])
    with np.errstate(all="ignore"):
        h = np.sqrt(x)
        h.register_hook(lambda g: g * 2)
        autograd.where([True, False], h, 0.0).sum().backward()
        assert_close(x.grad, [0.5, 0.0])
        h.register_hook(lambda g: g + 1)
        assert gradients(autograd.where([True, False], h, 0.0).sum(), x)[1] == np.inf


def test_each_row_of_a_jacobian_goes_through_the_hook() -> None:
    def f(x: Any) -> Any:
        return hooked(x * x) * x

    assert_close(jacobian(f)(np.array([1.0, 2.0])), np.diag([11.0, 44.0]))
    assert_close(jacobian(f)(Tensor([1.0, 2.0])).data, np.diag([11.0, 44.0]))


def test_a_handle_takes_it_away_once_and_a_with_block_does() -> None:
    x = Value(3.0)
    handle = x.register_hook(lambda g: 2 * g)
    with x.register_hook(lambda g: 10 * g):
        assert swept(x * x, x) == [120.0]
    assert swept(x * x, x) == [12.0]
    handle.remove()
    handle.remove()
    assert swept(x * x, x) == [6.0]


@each_kind
def test_copies_have_none_and_what_is_gone_leaves_nothing(kind: Any) -> None:
    gc.collect()
    before = len(live)
    x = kind(3.0, label="x")
    x.register_hook(lambda g: 2 * g)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.label == "x"
        assert swept(twin * twin, twin)[0] == 6
    x.label = "other"
    assert swept(x * x, x)[0] == 12
    assert len(live) == before + 1
    del x
    gc.collect()
    assert len(live) == before


def test_a_hook_may_sweep_another_graph() -> None:
    x, z = Value(3.0), Value(2.0)
    x.register_hook(lambda g: (z * z).backward())
    assert swept(x * x, x) == [6.0]
    assert z.grad == 4.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Value(1.0).register_hook(3), DTypeError, "expected a function of the gradient, got 3"),
        (lambda: Tensor(1.0, requires_grad=False).register_hook(print), GraphError, "is a constant"),
        (lambda: give(Tensor([1.0, 2.0]), np.ones(3)), ShapeError, r"hook of w: expected shape \(2,\), got \(3,\)"),
        (lambda: give(Tensor([1.0, 2.0]), "text"), DTypeError, "hook of w"),
        (lambda: give(Value(1.0), np.ones(3)), DTypeError, "hook of w"),
        (lambda: give(Value(1.0), Value(2.0)), LostGradientError, "hook of w"),
        (lambda: give(Tensor([1.0]), Tensor([1.0, 2.0]), True), ShapeError, r"shape \(1,\), got \(2,\)"),
        (lambda: give(Tensor([1.0]), Value(1.0), True), DTypeError, "expected a gradient as it came, of float64"),
    ],
)
def test_it_says_what_it_expected(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def give(w: Any, result: Any, create_graph: bool = False) -> None:
    w.label = "w"
    w.register_hook(lambda g: result)
    y = w * w
    gradients(y.sum() if isinstance(w, Tensor) else y, w, create_graph)


def test_a_jacobian_goes_the_way_that_comes_to_hooks() -> None:
    def hooked(x: Any) -> Any:
        total = x.sum()
        total.register_hook(lambda g: 10 * g)
        return total * np.arange(1.0, 6.0)

    expected = np.outer(np.arange(10.0, 60.0, 10.0), np.ones(3))
    np.testing.assert_array_equal(autograd.jacobian(hooked)(np.ones(3)), expected)
    np.testing.assert_array_equal(autograd.jacrev(hooked)(np.ones(3)), expected)
