"""Jacobians and Hessians: of every entry of the table, in both modes, against one pullback a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import arrays
from test_transforms import DIFFERENTIABLE, functions, kinds_for
from test_where import BETWEEN, OPEN, SINGULAR

import autograd
from autograd import Op, ShapeError, Tensor, Value, grad, hessian, jacfwd, jacobian, jacrev, no_grad, vjp
from autograd.transforms import jacobian as module

Function = Callable[..., Any]
both = pytest.mark.parametrize("mode", [jacfwd, jacrev])
arrays_alone = pytest.mark.parametrize(
    "op", [op for op in DIFFERENTIABLE if kinds_for(op) == [Tensor]], ids=lambda op: op.name
)


def by_rows(f: Function, *xs: Any) -> list[Any]:
    """The Jacobian by each of some arrays: one pullback for every element of the one output."""
    y, pull = vjp(f, *xs)
    rows = [pull(seed.reshape(y.shape)) for seed in np.eye(y.size, dtype=y.dtype)]
    return [np.array([row[k].data for row in rows]).reshape((*y.shape, *np.shape(x))) for k, x in enumerate(xs)]


@arrays_alone
@given(data=st.data())
def test_it_is_one_pullback_a_row(op: Op, data: st.DataObject) -> None:
    f, _, inputs = data.draw(functions(op))
    every = tuple(range(len(inputs)))
    expected = by_rows(f, *inputs)
    for mode in (jacfwd, jacrev):
        found = mode(f, argnums=every)(*inputs)
        for part, its in zip(found, expected, strict=True):
            assert part.shape == its.shape
            assert_close(part, its, 1e-12, scale=float(np.abs(its).max(initial=1)))


@arrays_alone
@given(data=st.data())
def test_what_is_recorded_is_that_of_numbers_and_differentiates_again(op: Op, data: st.DataObject) -> None:
    """Second derivatives by a batch of batches, by one of pullbacks, and by pullbacks of pullbacks."""
    f, _, inputs = data.draw(functions(op))
    others = inputs[1:]
    number = lambda x: (f(x, *others) * f(x, *others)).sum() if others else (f(x) * f(x)).sum()  # noqa: E731
    x = inputs[0]
    expected = by_rows(grad(number), x)[0]
    outer, inner = data.draw(st.sampled_from([jacfwd, jacrev])), data.draw(st.sampled_from([jacfwd, jacrev]))
    for found in (outer(inner(number))(x), hessian(number)(x)):
        assert_close(found, expected, 1e-9, scale=float(np.abs(expected).max(initial=1)))


@both
@given(data=st.data())
def test_many_are_cut_into_batches(mode: Any, data: st.DataObject) -> None:
    x, w = data.draw(arrays(5)), data.draw(arrays((3, 5)))
    f = lambda x: np.tanh(w @ x)  # noqa: E731
    whole = mode(f)(x)
    before, module.MOST = module.MOST, data.draw(st.integers(1, 20))
    try:
        np.testing.assert_allclose(mode(f)(x), whole, rtol=1e-13, atol=1e-300)
    finally:
        module.MOST = before


@both
@pytest.mark.parametrize(
    "index",
    [1, -1, slice(None, None, -1), [0, 2, 0], (0, [1, 1]), ([0, 1], 0), (slice(None), [0, 0], [0, 1]), (..., [1, 0]),
     (0, slice(None), [1, 0]), ([0, 1], slice(None), [1, 1]), (None, 0), np.ones((3, 2, 2)) > 0, True],
    ids=str,
)  # fmt: skip
def test_indices_of_every_kind(mode: Any, index: Any) -> None:
    index = tuple(np.array(i) if isinstance(i, list) else i for i in index) if isinstance(index, tuple) else index
    x = np.arange(12.0).reshape(3, 2, 2)
    value = np.arange(float(x[index].size)).reshape(x[index].shape) / 7

    def changed(x: Any, value: Any) -> Any:
        y = x * 1.0
        y[index] = value
        return y * x

    for f, xs in (
        (lambda x: x[index] * x[index], (x,)),
        (lambda v: autograd.put(v, x.shape, index) * 2.0, (value,)),
        (lambda v: autograd.put(v * np.ones(value.shape), x.shape, index), (np.array(0.5),)),
        (changed, (x, value)),
        (changed, (x, np.array(0.5))),
    ):
        expected = by_rows(f, *xs)
        for part, its in zip(mode(f, argnums=tuple(range(len(xs))))(*xs), expected, strict=True):
            np.testing.assert_array_equal(part, its)


# Structures.


@pytest.mark.parametrize("mode", [jacfwd, jacrev, jacobian])
def test_trees_of_outputs_hold_trees_of_inputs(mode: Any) -> None:
    def f(p: Any, s: Any) -> Any:
        return {"y": p["w"] * s, "n": 3.0, "none": None, "both": [p["w"].sum(), np.ones(2)]}

    found = mode(f, argnums=(0, 1))({"w": np.array([1.0, 2.0])}, 3)
    assert_close(found["y"][0]["w"], 3 * np.eye(2))
    assert_close(found["y"][1], [1.0, 2.0])
    assert_close(found["both"][0][0]["w"], [1.0, 1.0])
    assert found["both"][0][1] == 0.0
    assert_close(found["both"][1][0]["w"], np.zeros((2, 2)))
    assert_close(found["both"][1][1], np.zeros(2))
    assert (found["n"][1], found["none"]) == (0.0, None)
    assert_close(found["n"][0]["w"], [0.0, 0.0])


@pytest.mark.parametrize("mode", [jacfwd, jacrev, jacobian])
def test_of_values_it_is_numbers(mode: Any) -> None:
    f = lambda x, y: [x * y, (x + y) * x, 2.0]  # noqa: E731
    assert mode(f, argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (7.0, 2.0), (0.0, 0.0)]
    nodes = mode(lambda x: [x * x, x])(Value(3.0))
    assert [type(g) for g in nodes] == [Value, Value]
    assert [g.data for g in nodes] == [6.0, 1.0]
    assert mode(mode(lambda x: x * x * x))(2.0) == 12.0
    mixed = mode(lambda a, b: (a * 2.0, b * b), argnums=(0, 1))(Value(1.0), Tensor([1.0, 2.0]))
    assert (mixed[0][0].data, mixed[0][1].shape, mixed[1][0].shape) == (2.0, (2,), (2,))
    assert_close(mixed[1][1].data, np.diag([2.0, 4.0]))


@both
def test_shapes_without_elements_and_without_axes(mode: Any) -> None:
    assert mode(lambda x: x * 2)(np.ones((0, 2))).shape == (0, 2, 0, 2)
    assert mode(lambda x: x[:0])(np.ones(2)).shape == (0, 2)
    assert mode(lambda x: x.sum())(np.ones(0)).shape == (0,)
    assert mode(lambda x: x * x)(np.array(3.0)).shape == ()
    assert mode(lambda x: x.sum())(np.ones((1, 2))).shape == (1, 2)
    assert mode(lambda x: x)(np.ones(2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert mode(lambda x: (x, x))(np.ones(1))[1].tolist() == [[1.0]]


@both
def test_float32_stays_float32(mode: Any) -> None:
    x, w = np.float32([0.5, 2.0]), np.float32([[1, 2], [3, 4]])
    assert mode(lambda x: np.tanh(w @ x))(x).dtype == np.float32
    assert mode(lambda x: x.astype(np.float64) * 2)(x).dtype == np.float32
    assert mode(lambda x: 3.0 * np.ones(2))(x).dtype == np.float32


@both
def test_perturbations_are_not_confused_and_closures_count(mode: Any) -> None:
    x = np.array([1.0, 2.0])
    outer = jacobian(lambda x: x * mode(lambda y: x @ y)(np.ones(2)))(x)
    assert_close(outer, np.diag(2 * x))
    w = Tensor([3.0, 4.0])
    found = mode(lambda x: w * x)(x)
    assert_close(autograd.gradients((found * found).sum(), w), [6.0, 8.0])
    with no_grad():
        assert mode(lambda x: w * x)(x).__class__ is np.ndarray


def test_the_hessian_is_of_one_number_alone() -> None:
    with pytest.raises(ShapeError, match=r"hessian: expected f to return one number, got shape \(2,\)"):
        hessian(lambda x: x)(np.ones(2))
    found = hessian(lambda a, b: (a * b * b).sum(), argnums=(0, 1))(np.ones(2), 2.0)
    assert_close(found[0][0], np.zeros((2, 2)))
    assert_close(found[0][1], [4.0, 4.0])
    assert_close(found[1][0], [4.0, 4.0])
    assert found[1][1] == 4.0
    assert hessian(lambda a, b: a * b * b, argnames=("b",))(2.0, b=3.0) == {"b": {"b": 4.0}}


# The zeros of a one-hot seed are no numbers.


@both
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_infinite_slope_is_met_by_its_own_input_alone(mode: Any) -> None:
    np.testing.assert_array_equal(mode(np.sqrt)(np.array([0.0, 4.0])), [[np.inf, 0.0], [0.0, 0.25]])
    found = mode(lambda x: np.sqrt(x).reshape(2, 1) @ np.ones((1, 2)))(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(found[:, 0], [[np.inf, 0.0], [0.0, 0.25]])
    recorded = mode(np.sqrt)(Tensor([0.0, 4.0]))
    np.testing.assert_array_equal(recorded.data, [[np.inf, 0.0], [0.0, 0.25]])
    np.testing.assert_array_equal(mode(lambda x: x * np.nan)(np.ones(2))[[0, 1], [0, 1]], [np.nan, np.nan])


@both
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("singular", SINGULAR)
def test_nothing_comes_from_behind_a_closed_where(mode: Any, singular: str, between: str) -> None:
    def f(x: Any) -> Any:
        return autograd.where(OPEN, BETWEEN[between](SINGULAR[singular](x)), 0.0)

    open_ones = np.array([4.0, 1.0, 9.0])
    expected = mode(f)(open_ones)[:, [0, 2]]
    for x in (np.array([4.0, 0.0, 9.0]), Tensor([4.0, 0.0, 9.0])):
        found = mode(f)(x)
        found = found if isinstance(found, np.ndarray) else found.data
        assert_close(found[:, [0, 2]], expected)
        np.testing.assert_array_equal(found[:, 1], 0.0)
