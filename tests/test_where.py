"""Structural zeros: what is behind a closed `where`, or was left out by an index, sends nothing back, not even NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numeric import assert_close

import autograd
from autograd import Tensor, Value, gradients, steps
from autograd.sweep.masked import Masked

I3 = np.eye(3)

#: A function that is singular at zero, and whatever may lie between it and the where that closes it off.
SINGULAR: dict[str, Callable[[Any], Any]] = {
    "log": np.log,
    "sqrt": np.sqrt,
    "quotient": lambda x: 1 / x,
    "power": lambda x: x**0.5,
    "root of a square": lambda x: np.sqrt(x * x),
}
BETWEEN: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda u: u,
    "a product": lambda u: u * np.array([1.0, 2.0, 3.0]),
    "a matrix": lambda u: I3 @ u,
    "a reshape": lambda u: autograd.reshape(u, (3, 1)).reshape(3),
    "a concatenation": lambda u: autograd.concatenate([u, u])[3:],
    "a stack": lambda u: autograd.stack([u, u])[1],
    "an index": lambda u: u[[0, 1, 2]],
    "a broadcast": lambda u: (u + np.zeros((2, 3)))[0],
}
OPEN = np.array([True, False, True])


def slopes(function: Callable[[Any], Any], x: float) -> float:
    t = Tensor(x)
    return float(gradients(function(t), t))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("singular", SINGULAR)
@pytest.mark.parametrize("closed_first", [False, True])
def test_nothing_comes_from_behind_a_closed_where(singular: str, between: str, closed_first: bool) -> None:
    x = Tensor([4.0, 0.0, 9.0])
    inner = BETWEEN[between](SINGULAR[singular](x))
    y = autograd.where(~OPEN, 0.0, inner) if closed_first else autograd.where(OPEN, inner, 0.0)
    with np.errstate(all="ignore"):
        y.sum().backward()
        factors = np.array([1.0, 2.0, 3.0]) if between == "a product" else np.ones(3)
        expected = [slopes(SINGULAR[singular], 4.0) * factors[0], 0.0, slopes(SINGULAR[singular], 9.0) * factors[2]]
        assert_close(x.grad, expected)
        assert_close(gradients(y.sum(), x), expected)
        recorded = gradients(y.sum(), x, create_graph=True)
        assert_close(recorded.data, expected)
        second = gradients(recorded.sum(), x)
        assert np.isfinite(second).all()
        assert second[1] == 0
    assert_close(steps(y.sum()).gradients[0], expected)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_the_second_derivative_at_the_edge_of_a_where(kind: Any) -> None:
    x = kind(0.0)
    first = gradients(autograd.where(x.data > 0, x**1.5, 0.0), x, create_graph=True)
    assert (float(first.data), float(gradients(first, x))) == (0.0, 0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_condition_of_floats_closes_as_well() -> None:
    x, condition = Tensor([4.0, 0.0]), np.array([1.0, 0.0])
    y = autograd.where(condition, autograd.where(condition, np.sqrt(x), 0.0), 0.0)
    y.sum().backward()
    assert_close(x.grad, [0.25, 0.0])


def test_an_element_that_nobody_reads_sends_nothing_back() -> None:
    x = Tensor([0.0, 1000.0])
    with np.errstate(all="ignore"):
        y = np.log(np.exp(x) + 1)[0]
    y.backward()
    assert_close(x.grad, [0.5, 0.0])


def test_a_row_that_is_dropped_sends_nothing_back() -> None:
    scores = Tensor([[1.0, 2.0], [3.0, 4.0]])
    mask = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    with np.errstate(all="ignore"):
        weights = autograd.softmax(scores + mask)
    y = autograd.where(np.array([[True], [False]]), weights, 0.0)
    (y * [[1.0, 5.0], [7.0, 2.0]]).sum().backward()
    assert np.isfinite(scores.grad).all()
    assert_close(scores.grad[1], [0.0, 0.0])  # type: ignore[index]
    x = Tensor([np.nan, 1.0])
    assert_close(
        gradients(autograd.where([False, False], autograd.softmax(x), x)[1], x, create_graph=True).data, [0, 1]
    )


def test_a_nan_on_a_live_path_stays() -> None:
    x = Tensor([0.0, 4.0])
    y = autograd.where([True, True], np.sqrt(x) * np.sqrt(x), 0.0)
    y.sum().backward()
    assert np.isnan(x.grad[0])  # type: ignore[index]  # 0 · ∞, and no number tells that it could be 1
    assert_close(x.grad[1], 1.0)  # type: ignore[index]


def test_a_condition_that_is_a_node_gets_no_gradient() -> None:
    c, x = Tensor([1.0, 0.0]), Tensor([2.0, 3.0])
    y = autograd.where(c * 2.0, x, 0.0).sum()
    y.backward()
    assert c.grad is None
    assert_close(x.grad, [1.0, 0.0])
    y.backward()
    assert_close(x.grad, [2.0, 0.0])


@given(data=st.data())
def test_where_has_one_spelling_everywhere(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=2, max_side=3))
    condition = data.draw(hnp.arrays(bool, shape))
    x, y = Tensor(np.ones(shape)), Tensor(np.full(shape, 2.0))
    for where in (autograd.where, np.where, autograd.table["where"]):
        z = where(condition, x, y)
        np.testing.assert_array_equal(z.data, np.where(condition, 1.0, 2.0))
        np.testing.assert_array_equal(gradients(z.sum(), x), condition * 1.0)


# Masked: what the careful sweep carries.

floats = st.sampled_from([0.0, 1.0, -2.0, 3.0, np.inf, -np.inf, np.nan])


def product_of_live(g: Any, live: Any, w: Any) -> Any:
    """The matrix product, term by term, dead terms left out."""
    result = np.zeros((g.shape[0], w.shape[1]))
    for i, k in np.ndindex(result.shape):
        terms = [g[i, j] * w[j, k] for j in range(g.shape[1]) if live[i, j]]
        result[i, k] = np.sum(terms) if terms else 0.0
    return result


@given(data=st.data())
def test_a_matrix_product_sums_its_live_terms(data: st.DataObject) -> None:
    live = data.draw(hnp.arrays(bool, (2, 3)))
    g = np.where(live, data.draw(hnp.arrays(float, (2, 3), elements=floats)), 0.0)
    w = data.draw(hnp.arrays(float, (3, 2), elements=floats))
    with np.errstate(all="ignore"):
        result = Masked(g, live) @ w
        np.testing.assert_array_equal(result.data, product_of_live(g, live, w))
        other = Masked(g.T.copy(), live.T.copy())
        np.testing.assert_array_equal((w.T @ other).data, product_of_live(g, live, w).T)
    assert result.live.tolist() == [[bool(row.any())] * 2 for row in live]


@given(data=st.data())
def test_a_masked_product_is_zero_where_it_is_dead(data: st.DataObject) -> None:
    live = data.draw(hnp.arrays(bool, (4,)))
    g = np.where(live, data.draw(hnp.arrays(float, (4,), elements=floats)), 0.0)
    slope = data.draw(hnp.arrays(float, (4,), elements=floats))
    with np.errstate(all="ignore"):
        for part in (Masked(g, live) * slope, slope * Masked(g, live), Masked(g, live) / (1 / slope)):
            expected = np.where(live, g * slope, 0.0)
            close = np.isclose(part.data, expected, equal_nan=True) | (slope == 0) | ~np.isfinite(slope) & live
            assert close.all()
            assert part.live.tolist() == live.tolist()
        total = Masked(g, live) + Masked(slope * ~live, ~live)
        assert total.live.all()


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_the_way_back_through_a_constant_branch_reaches_nothing_and_says_nothing(kind: Any) -> None:
    x = kind(1.0)
    autograd.where(x < 0, x, 1.0).backward()
    assert float(x.grad) == 0.0
