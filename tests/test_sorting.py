"""Sorting and taking along an axis: the order belongs to the graph, wherever the numbers change."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, differences
from strategies import arrays

import autograd
from autograd import Graph, GraphError, ShapeError, Symbol, Tensor, Value, gradients, tracing

AXES = st.sampled_from([0, 1, -1, None])


@given(x=arrays((3, 4)), axis=AXES)
def test_sort_sends_each_gradient_to_the_element_that_came_there(x: Any, axis: Any) -> None:
    t = Tensor(x)
    y = np.sort(t, axis)
    np.testing.assert_array_equal(y.data, np.sort(x, axis))
    weights = np.arange(1.0, 13).reshape(y.shape)
    y.backward(weights)
    # Among equal elements, the first receives the first.
    ranked = x.ravel() if axis is None else x if axis % 2 else x.T
    expected = np.empty_like(ranked)
    for line, out, w in zip(
        np.atleast_2d(ranked), np.atleast_2d(expected), np.atleast_2d(weights if axis != 0 else weights.T), strict=True
    ):
        for place, (_, k) in enumerate(sorted((v, k) for k, v in enumerate(line))):
            out[k] = w[place]
    assert_close(t.grad, expected.reshape(x.shape) if axis != 0 else expected.T)


@given(
    rows=st.lists(
        st.lists(st.sampled_from([2.0, -1.0, 0.0, np.inf, -np.inf, np.nan]), min_size=4, max_size=4), max_size=3
    ),
    axis=AXES,
)
def test_values_are_sorted_as_numbers_are_and_nan_comes_last(rows: list[list[float]], axis: Any) -> None:
    x = np.array(rows).reshape(-1, 4)
    values = np.array([Value(v) for v in x.ravel()], dtype=object).reshape(x.shape)
    order = np.argsort(x, axis, kind="stable")
    found = autograd.sort(values, axis)
    np.testing.assert_array_equal(autograd.argsort(values, axis), order)
    np.testing.assert_array_equal(np.frompyfunc(lambda v: v.data, 1, 1)(found).astype(float), np.sort(x, axis))
    assert all(a is b for a, b in zip(found.ravel(), np.take_along_axis(values, order, axis).ravel(), strict=True))


def test_an_order_of_values_that_a_nan_changes_is_not_replayed() -> None:
    with tracing():
        low, high = autograd.sort([Value(1.0, label="a"), Value(2.0, label="b")])
        graph = Graph.of(low * 10 + high)
    replayed = graph.replay({"a": 0.5})
    assert replayed.nodes[replayed.outputs[0]].data == 7.0
    for other in (np.nan, 3.0):
        with pytest.raises(GraphError, match="other way"):
            graph.replay({"a": other})


@given(seed=st.integers(0, 1000))
def test_many_equal_elements_keep_their_order(seed: int) -> None:
    x = np.random.default_rng(seed).integers(0, 3, 200).astype(float)
    t = Tensor(x)
    (np.sort(t) * np.arange(200)).sum().backward()
    order = sorted(range(200), key=lambda k: x[k])  # Python's is stable
    assert t.grad[order].tolist() == list(range(200))


def test_argsort_is_an_array_of_integers_and_a_node_inside_tracing() -> None:
    t = Tensor([3.0, 1.0, 2.0])
    for spell in (np.argsort, autograd.argsort, Tensor.argsort):  # type: ignore[attr-defined]
        order = spell(t)
        assert type(order) is np.ndarray
        assert order.tolist() == [1, 2, 0]
    with tracing():
        node = np.argsort(t)
    assert isinstance(node, Tensor)
    assert (node.dtype.kind, node.requires_grad) == ("i", False)


@given(x=arrays((3, 3)), other=arrays((3, 3)), axis=AXES)
def test_a_recorded_gradient_of_sort_replays_in_the_order_of_the_new_numbers(x: Any, other: Any, axis: Any) -> None:
    weights = np.arange(1.0, 10).reshape(9 if axis is None else (3, 3))

    def loss(t: Any) -> Any:
        y = np.sort(t, axis)
        return autograd.where(y > 0, y**2 * weights, 0.0).sum()

    def slope(t: Any) -> Any:
        return (gradients(loss(t), t, create_graph=True) ** 2).sum()

    with tracing():
        graph = Graph.of(slope(Tensor(x, label="x")))
    replayed = graph.replay({"x": other})
    assert_close(replayed.nodes[replayed.outputs[0]].data, slope(Tensor(other)).item())


def test_an_order_outside_tracing_is_not_replayed() -> None:
    t = Tensor([3.0, 1.0], label="t")
    with pytest.raises(GraphError, match=r"order.*tracing\(\)"):
        Graph.of(np.take_along_axis(t, np.argsort(t), 0)).replay({"t": [1.0, 3.0]})
    slope = Graph.of(gradients(np.sort(t)[0] ** 2, t, create_graph=True))  # the rule sorts anew
    assert slope.replay({"t": [1.0, 3.0]}).nodes[slope.outputs[0]].data.tolist() == [2.0, 0.0]
    assert Graph.of(np.sort(t)).replay({"t": [1.0, 0.5]}).nodes[-1].data.tolist() == [0.5, 1.0]


def test_nothing_flows_to_what_was_not_taken_not_even_nan() -> None:
    x = Tensor([4.0, 0.0, 9.0])
    np.take_along_axis(np.sqrt(x), np.array([0, 2]), 0).sum().backward()
    assert x.grad.tolist() == [0.25, 0.0, 1 / 6]
    y = Tensor([4.0, 0.0, 9.0])
    s = np.sort(y)
    autograd.where(s > 0, np.sqrt(s), 0.0).sum().backward()
    assert y.grad.tolist() == [0.25, 0.0, 1 / 6]
    z = Tensor([4.0, 0.0, 9.0])
    np.sort(np.sqrt(z))[1:].sum().backward()
    assert z.grad.tolist() == [0.25, 0.0, 1 / 6]


@given(x=arrays((2, 3)), w=arrays((2, 3)))
def test_sorting_along_another_order(x: Any, w: Any) -> None:
    """One array by the order of another: a gradient to the first alone."""
    tx, tw = Tensor(x), Tensor(w)
    with tracing():
        y = (np.take_along_axis(tx, np.argsort(tw), -1) * [1.0, 2.0, 3.0]).sum()
    y.backward()
    order = np.argsort(w)
    expected = differences(lambda v: np.sum(np.take_along_axis(v, order, -1) * [1.0, 2.0, 3.0]), x)
    assert_close(tx.grad, expected, 1e-9)
    assert tw.grad is None


def test_values_are_sorted_as_nodes() -> None:
    values = [Value(3.0), Value(1.0), Value(1.0)]
    low, _, high = autograd.sort(values)
    assert low is values[1]
    assert high is values[0]
    assert autograd.argsort(values).tolist() == [1, 2, 0]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="take_along_axis"):
        np.take_along_axis(Tensor([[1.0]]), np.array([0]), 1)
    with pytest.raises(ShapeError, match=r"add_along_axis.*2 axes"):
        autograd.add_along_axis(Tensor([1.0]), np.array([0]), (1, 1))
    with pytest.raises(ShapeError, match=r"take_along_axis.*integer"):
        np.take_along_axis(Tensor([1.0]), Tensor([0.0]), 0)
    assert not hasattr(Tensor, "sort"), "an array's own sorts it in place"


def test_the_shapes_of_formulas_need_no_data() -> None:
    a = Symbol("a", (10**6, 10**6))
    assert autograd.sort(a).shape == a.shape
    assert autograd.sort(a, axis=None).shape == (10**12,)
    assert autograd.take_along_axis(a, np.zeros((1, 3), int), 1).shape == (10**6, 3)


@given(
    x=st.lists(st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, np.nan])), min_size=0, max_size=12),
    dtype=st.sampled_from([np.float64, np.float32]),
    rows=st.sampled_from([1, 2]),
    axis=st.sampled_from([0, -1, None]),
)
def test_a_stable_order_found_the_quick_way_is_numpys(x: Any, dtype: Any, rows: int, axis: Any) -> None:
    with np.errstate(over="ignore"):
        a = np.resize(np.array(x, dtype), (rows, len(x)))
    for asked in ({"kind": "stable"}, {"stable": True}):
        np.testing.assert_array_equal(autograd.argsort(a, axis, **asked), np.argsort(a, axis, kind="stable"))


@given(data=st.data(), axis=st.sampled_from([0, 1, -2, None]))
def test_what_is_added_along_an_axis_is_what_loops_add(data: st.DataObject, axis: Any) -> None:
    shape, picked = (3, 4), (5,) if axis is None else (2, 4) if axis in (0, -2) else (3, 2)
    length = 12 if axis is None else shape[axis]
    indices = data.draw(hnp.arrays(int, picked, elements=st.integers(-length, length - 1)))
    x = np.arange(1.0, 1 + indices.size).reshape(picked)
    expected = np.zeros(shape)
    for place in np.ndindex(picked):
        if axis is None:
            expected.flat[indices[place]] += x[place]
        else:
            target = list(place)
            target[axis] = indices[place]
            expected[tuple(target)] += x[place]
    np.testing.assert_array_equal(autograd.add_along_axis(x, indices, shape, axis), expected)
