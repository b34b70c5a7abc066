"""t[i] = v is recorded: before and after, views and what they look into, each get their own gradient, as in NumPy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, complex_step
from strategies import arrays

import autograd
from autograd import Graph, GraphError, ShapeError, Tensor, gradients, no_grad, steps

SHAPE = (2, 3)

#: How NumPy code looks into an array.
LOOKS: list[Callable[[Any], Any]] = [
    *(lambda a: a[0], lambda a: a[1:], lambda a: a[..., -1], lambda a: a[None], lambda a: a[::-1]),
    *(lambda a: a.T, lambda a: a.reshape(-1), lambda a: np.reshape(a, (-1, 1)), lambda a: np.transpose(a)),
]
#: And what it assigns there, given some earlier array that fits.
PLACES: list[Any] = [0, -1, slice(1), slice(None), ..., slice(None, None, -1), [0], [0, 0], (..., 0), (..., None)]


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Instructions by numbers: look, assign, assign to all, compute; taken modulo what there is."""
    kinds = st.sampled_from(["look", "assign", "assign", "fill", "compute", "number"])
    places = st.integers(0, 30)
    return draw(st.lists(st.tuples(kinds, places, places, places), min_size=1, max_size=12))


def run(instructions: list[tuple[str, int, int, int]], x: Any, buffer: Any) -> Any:
    """One program, on NumPy arrays or on Tensors; ``buffer`` is an array of zeros of their kind."""
    held = [x * 1.0, buffer]
    total = 0.0
    for kind, i, j, k in instructions:
        a, b = held[i % len(held)], held[j % len(held)]
        if kind == "look" and len(a.shape):
            held.append(LOOKS[k % len(LOOKS)](a))
        elif kind == "compute":
            held.append(np.sin(b) * 0.5 + b)
        elif kind == "number":
            if len(a.shape):
                a[PLACES[k % len(PLACES)]] = 0.25
        elif kind == "fill" and len(a.shape):
            a[...] = np.tanh(np.sum(b)) + a
        elif len(a.shape):
            index = PLACES[k % len(PLACES)]
            value = b * 0.5
            try:
                np.broadcast_to(np.zeros(value.shape), np.zeros(a.shape)[index].shape)
            except ValueError:
                continue
            a[index] = value
            total = total + np.sum(a * a * (1.0 + i))
    return total + sum(np.sum(np.cos(a) * (n + 1.0)) for n, a in enumerate(held))


@given(x=arrays(SHAPE), instructions=orders(), tracked=st.booleans())
def test_programs_that_assign_are_as_in_numpy(x: Any, instructions: Any, tracked: bool) -> None:
    t = Tensor(x, label="x")
    y = run(instructions, t, Tensor(np.zeros(SHAPE), requires_grad=tracked))
    expected = complex_step(lambda v: run(instructions, v, np.zeros(SHAPE, v.dtype)), x)
    assert_close(y.data, run(instructions, x, np.zeros(SHAPE)), scale=10)
    assert_close(gradients(y, t), expected, scale=10)
    y.backward()
    assert_close(t.grad, expected, scale=10)
    first = gradients(y, t, create_graph=True)
    assert_close(first.data, expected, scale=10)
    graph = Graph.of(y)
    assert_close(steps(graph).gradients[graph["x"].index], expected, scale=10)


@given(x=arrays(SHAPE), instructions=orders())
def test_nothing_is_recorded_inside_no_grad(x: Any, instructions: Any) -> None:
    with no_grad():
        t = Tensor(x)
        y = run(instructions, t, Tensor(np.zeros(SHAPE)))
        assert_close(np.asarray(y.data), run(instructions, x, np.zeros(SHAPE)), scale=10)
        assert y.op is None
    np.testing.assert_array_equal(t.data, x)


def test_uses_before_and_after_each_get_their_gradient() -> None:
    w = Tensor([1.0, 2.0, 3.0], label="w")
    before = (w * w).sum()
    leaf = before.inputs[0].inputs[0]
    w[1] = w[0] * 5
    after = (w * w).sum()
    (before + 10 * after).backward()
    np.testing.assert_array_equal(leaf.grad, [2 + 10 * (2 + 50), 4, 6 + 60])
    np.testing.assert_array_equal(w.grad, [20, 100, 60])
    assert not w.has_grad or w.op is autograd.setitem
    assert [node.name for node in Graph.of(after)][:4] == ["w", "q", "r", "w_2"]


def test_of_an_element_that_is_written_twice_the_last_value_counts() -> None:
    t, v = Tensor([1.0, 2.0]), Tensor([3.0, 4.0, 5.0])
    out = t * 1
    out[[0, 0, 1]] = v
    out.sum().backward()
    np.testing.assert_array_equal(v.grad, [0, 1, 1])
    np.testing.assert_array_equal(t.grad, [0, 0])


def test_what_was_replaced_cannot_poison() -> None:
    x = Tensor([0.0, 4.0])
    y = np.sqrt(x)
    y[0] = x[0]
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0.25])


def test_a_value_of_more_axes_and_another_dtype_gets_its_own_gradient() -> None:
    t, v = Tensor(np.float32([1, 2])), Tensor([[3.0, 4.0]])
    t[:] = v
    (t * t).sum().backward()
    assert (t.dtype, v.grad.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(v.grad, [[6, 8]])


# Data: what is not recorded.


def test_inside_no_grad_the_data_of_a_leaf_is_written() -> None:
    w = Tensor([1.0, 2.0], label="w")
    lent = w.data
    y = (w * w).sum()
    with no_grad():
        w[0] = 9.0
    y.backward()
    assert (w.op, lent.tolist(), w.data.tolist(), w.grad.tolist()) == (None, [9, 2], [9, 2], [2, 4])
    y = w * w
    with no_grad(), pytest.raises(GraphError, match=r"the result of mul.*assign outside"):
        y[0] = 1.0


def test_a_constant_stays_one_until_something_tracked_comes_in() -> None:
    c, w = Tensor([1.0, 2.0], requires_grad=False, label="c"), Tensor(3.0)
    row = c[1:]
    c[1] = 5.0
    assert (c.op, c.requires_grad, row.data.tolist()) == (None, False, [5])
    row[0] = w * w
    assert c.requires_grad
    c.sum().backward()
    assert w.grad == 6


def test_the_data_of_a_view_belongs_to_what_it_looks_into() -> None:
    c = Tensor([1.0, 2.0], requires_grad=False, label="c")
    view = c[:1]
    with pytest.raises(ValueError, match="read-only"):
        view.data[0] = 3.0
    with pytest.raises(GraphError, match="looks into another Tensor"):
        view.data = np.zeros(1)


@pytest.mark.parametrize("write", ["data", "whole", "no_grad", "assign"])
@pytest.mark.parametrize("look", [lambda a: a[0:2], lambda a: a.reshape(2, 2)[0], lambda a: a[::-1][2:]])
def test_what_is_written_to_the_data_stays_when_a_view_is_assigned_to(write: str, look: Callable[[Any], Any]) -> None:
    w = Tensor([1.0, 2.0, 3.0, 4.0])
    view = look(w)
    if write == "data":
        w.data[:] = 10.0
    elif write == "whole":
        w.data = np.full(4, 10.0)
    elif write == "assign":
        w.assign(np.full(4, 10.0))
    else:
        with no_grad():
            w[:] = 10.0
    view[0] = 5.0
    expected = np.full(4, 10.0)
    look(expected)[0] = 5.0
    np.testing.assert_array_equal(w.data, expected)


def test_a_long_chain_of_views_can_be_assigned_to() -> None:
    t = Tensor([1.0, 2.0]) * 1
    view = t
    for _ in range(3000):
        view = view[:]
    view[0] = 5.0
    assert t.data.tolist() == [5, 2]


def test_a_constant_that_is_refilled_does_not_stand_in_the_way_of_second_derivatives() -> None:
    x, c = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=False)
    y = (x * x * c).sum()
    c[0] = 5.0
    np.testing.assert_array_equal(gradients(y, x, create_graph=True).data, [6, 16])


def test_a_function_may_write_the_data_of_its_argument() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            x[0] = 3.0
        return (x * x).sum()

    x = np.array([1.0, 2.0])
    assert autograd.jvp(f, (x,), (np.ones(2),))[1].data == 10
    np.testing.assert_array_equal(autograd.vjp(f, x)[1](np.array(1.0))[0].data, [6, 4])


# Refusals, and copies.


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    t = Tensor([[1.0, 2.0], [3.0, 4.0]], label="t")
    c = Tensor([1.0, 2.0], requires_grad=False, label="c")
    for index, value in ((0, [1.0, 2.0, 3.0]), (5, 1.0), ((0, 0, 0), 1.0), (slice(None), np.ones((3, 3)))):
        with pytest.raises(ShapeError, match=r"setitem.*t\(2, 2\)"):
            t[index] = value
    with pytest.raises(ShapeError, match=r"setitem.*c\(2,\)"):
        c[7] = 1.0
    for bad in (1j, "1", autograd.Value(1.0), None):
        for target in (t, c):
            with pytest.raises(autograd.AutogradError):
                target[0] = bad
    assert (t.op, c.data.tolist()) == (None, [1, 2])


def test_a_broadcast_is_not_written_through() -> None:
    t = Tensor([1.0, 2.0], label="t")
    stretched = np.broadcast_to(t, (3, 2))
    with pytest.raises(GraphError, match="broadcast_to: its result looks into t"):
        stretched[0] = 1.0
    t[0] = 7.0
    np.testing.assert_array_equal(stretched.data[:, 0], [7, 7, 7])


def test_a_view_that_was_recorded_is_not_written_inside_no_grad() -> None:
    w = Tensor([1.0, 2.0], label="w")
    view = w[:1]
    with no_grad(), pytest.raises(GraphError, match="it was recorded"):
        view[0] = 5.0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_looks_into_nothing(copied: Callable[[Any], Any]) -> None:
    t = Tensor([1.0, 2.0]) * 1
    view = t[:1]
    twin = copied(view)
    t[0] = 5.0
    twin[0] = 8.0
    assert (view.data.tolist(), twin.data.tolist(), t.data.tolist()) == ([5], [8], [5, 2])


def test_views_of_views_of_any_depth() -> None:
    t = Tensor([1.0, 2.0]) * 1
    view = t
    for _ in range(3000):
        view = view.reshape(2)
    t[0] = 5.0
    assert view.data.tolist() == [5, 2]


# Indices from the graph.


def test_a_condition_of_the_graph_says_where_one_number_goes() -> None:
    t = Tensor([1.0, -2.0, 3.0], label="t")
    with autograd.tracing():
        u = t * 1.0
        u[u < 0] = 0.5
        y = (u * u).sum()
    y.backward()
    np.testing.assert_array_equal(t.grad, [2, 0, 6])
    graph = Graph.of(y)
    assert "u = q[r] ← 0.5" in str(graph)
    assert graph.replay({"t": [-1.0, -1.0, 2.0]})["y"].data == 4.5


def test_any_other_node_as_an_index_is_refused_with_the_cure() -> None:
    t, i = Tensor([1.0, -2.0, 3.0]), Tensor([0.0, 1.0])
    with autograd.tracing():
        positive = t > 0
    for index in (i, positive, autograd.Value(1.0), (i,), (0, positive)):
        with pytest.raises(autograd.DTypeError, match=r"index is a constant.*where\(condition, t, other\)"):
            t[index]
        with pytest.raises(autograd.DTypeError, match=r"index is a constant.*where\(condition, value, t\)"):
            t[index] = np.ones(2)


@pytest.mark.parametrize(
    "make",
    [
        lambda w: w,
        lambda w: w * 1,
        lambda w: w.detach(),
        lambda w: w[::-1][::-1],
        lambda w: w.detach()[::-1][::-1],
        lambda w: Tensor(w.numpy(), dtype=np.float32),
    ],
)
def test_plus_is_another_tensor_so_that_assigning_to_one_leaves_the_other(make: Callable[..., Any]) -> None:
    for first in (True, False):
        w = Tensor([1.0, 2.0], label="w")
        t = make(w)
        twin = +t
        assert (twin.dtype, twin.requires_grad, twin.data.tolist()) == (t.dtype, t.requires_grad, [1.0, 2.0])
        changed, kept = (twin, t) if first else (t, twin)
        changed[0] = 5.0
        assert (changed.data.tolist(), kept.data.tolist()) == ([5.0, 2.0], [1.0, 2.0])
        if t.requires_grad and first:
            (changed * [3.0, 5.0] + kept * 7.0).sum().backward()
            assert_close((t if t.op is None else w).grad, [7.0, 12.0])
