"""t[i] = v is recorded: before and after, views and what they look into, each get their own gradient, as in NumPy."""

from __future__ import annotations

import contextlib
import copy
import gc
import operator
import pickle
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, complex_step
from strategies import arrays

import autograd
from autograd import Graph, GraphError, ShapeError, Tensor, gradients, no_grad, steps, tracing

SHAPE = (2, 3)

#: How NumPy code looks into an array.
LOOKS: list[Callable[[Any], Any]] = [
    *(lambda a: a[0], lambda a: a[1:], lambda a: a[..., -1], lambda a: a[None], lambda a: a[::-1]),
    *(lambda a: a.T, lambda a: a.reshape(-1), lambda a: np.reshape(a, (-1, 1)), lambda a: np.transpose(a)),
]
#: And what it assigns there, given some earlier array that fits.
PLACES: list[Any] = [0, -1, slice(1), slice(None), ..., slice(None, None, -1), [0], [0, 0], (..., 0), (..., None)]


#: And what it changes in place, by an operator, given some earlier array that fits.
AUGMENTS: list[Callable[[Any, Any], Any]] = [
    *(lambda a, b: operator.iadd(a, b), lambda a, b: operator.isub(a, b), lambda a, b: operator.imul(a, b * 0.5)),
    *(lambda a, b: operator.itruediv(a, b * b + 2.0), lambda a, b: operator.ipow(a, 2)),
    *(lambda a, b: operator.iadd(a, 3), lambda a, b: operator.isub(a, 0.5)),
    *(lambda a, b: operator.imatmul(a, np.full(a.shape[-1:] * 2, 0.5)) if len(a.shape) == 2 else a,),
]


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Instructions by numbers: look, assign, change in place, compute; taken modulo what there is."""
    kinds = st.sampled_from(["look", "alias", "assign", "augment", "augment part", "fill", "compute", "number"])
    places = st.integers(0, 30)
    return draw(st.lists(st.tuples(kinds, places, places, places), min_size=1, max_size=12))


def fits(part: Any, whole: Any) -> bool:
    try:
        np.broadcast_to(np.zeros(part.shape), whole.shape)
    except ValueError:
        return False
    return True


def follow(instruction: tuple[str, int, int, int], held: list[Any]) -> Any:
    """Carry out one instruction, on NumPy arrays or on Tensors; a number that it adds to the result."""
    kind, i, j, k = instruction
    a, b = held[i % len(held)], held[j % len(held)]
    index = PLACES[k % len(PLACES)]
    if kind == "compute":
        held.append(np.sin(b) * 0.5 + b)
    elif not (a.shape and a.size):
        return 0.0
    elif kind == "look":
        held.append(LOOKS[k % len(LOOKS)](a))
    elif kind == "alias":
        held.append(a)
    elif kind == "number":
        a[index] = 0.25
    elif kind == "fill":
        a[...] = np.tanh(np.sum(b)) + a
    elif kind == "augment" and fits(b, a):
        same = AUGMENTS[k % len(AUGMENTS)](a, np.tanh(b))
        assert same is a
    elif kind == "augment part" and fits(b, np.zeros(a.shape)[index]):
        a[index] += np.tanh(b)
    elif kind == "assign" and fits(b, np.zeros(a.shape)[index]):
        a[index] = b * 0.5 if j % 2 else b
        return np.sum(a * a * (1.0 + i))
    return 0.0


def run(instructions: list[tuple[str, int, int, int]], x: Any, buffer: Any) -> Any:
    """One program, on NumPy arrays or on Tensors; ``buffer`` is an array of zeros of their kind."""
    held = [x * 1.0, buffer]
    total = 0.0
    for instruction in instructions:
        total = total + follow(instruction, held)
    return total + sum(np.sum(np.tanh(a) * (n + 1.0)) for n, a in enumerate(held))


@given(x=arrays(SHAPE), instructions=orders(), tracked=st.booleans(), block=st.sampled_from([nullcontext, tracing]))
def test_programs_that_assign_are_as_in_numpy(x: Any, instructions: Any, tracked: bool, block: Any) -> None:
    t = Tensor(x, label="x")
    with block():
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


@given(x=arrays(SHAPE), before=orders(), after=orders(), used=st.integers(0, 30))
def test_a_gradient_that_an_assignment_took_away_is_refused_and_never_zero(
    x: Any, before: Any, after: Any, used: int
) -> None:
    held: list[Any] = [Tensor(x) * 1.0, Tensor(np.zeros(SHAPE))]
    for instruction in before:
        follow(instruction, held)
    y = np.sum(np.sin(held[used % len(held)]))
    there = [(t, gradients_or_refusal(y, t)) for t in held]
    for instruction in after:
        follow(instruction, held)
    for t, then in there:
        now = gradients_or_refusal(y, t)
        if now is not None:
            assert then is not None
            np.testing.assert_array_equal(now, then)


def gradients_or_refusal(y: Tensor, t: Tensor) -> Any:
    try:
        return gradients(y, t)
    except GraphError as refusal:
        assert "ask for the gradient before" in str(refusal)  # noqa: PT017 - the other outcome is a gradient
        return None


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


def assigned(t: Any) -> None:
    t[0] = 5.0


def augmented(t: Any) -> None:
    t *= 3.0


@pytest.mark.parametrize("change", [assigned, augmented])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("look", [lambda t: t, lambda t: t[:2], lambda t: t[::-1].reshape(3, 1)[1:]])
def test_after_an_assignment_the_gradient_of_what_was_computed_before_is_refused_by_name(
    change: Callable[[Any], None], times: int, look: Callable[[Any], Any]
) -> None:
    for through_view in (False, True):
        t = Tensor([1.0, 2.0, 3.0], label="t")
        view = look(t)
        view.label = "v"
        y, other = (view * view).sum(), Tensor([1.0, 2.0], label="other")
        untouched = (other * other).sum()
        for _ in range(times):
            change(view if through_view else t)
        for x in (t, view):
            for create_graph in (False, True):
                with pytest.raises(
                    GraphError, match=rf"what {x.label} was before something .*ask for the gradient before"
                ):
                    gradients(y, x, create_graph)
            np.testing.assert_array_equal(gradients(untouched, x), np.zeros(x.shape))
        with pytest.raises(GraphError, match="ask for the gradient before"):
            gradients(*copy.deepcopy((y, view)))
        later = (view * view).sum()
        assert_close(gradients(later, view), 2 * view.data)
        assert gradients(later, t).any()


def test_a_constant_that_became_tracked_was_used_all_the_same() -> None:
    c, w = Tensor([1.0, 2.0], requires_grad=False), Tensor([3.0, 4.0])
    row = c[:1]
    y, z = (c * w).sum(), (row * w).sum()
    c[0] = 7.0
    assert row.data == 7
    c[1] = w[0]
    for old, x in ((y, c), (z, row)):
        with pytest.raises(GraphError, match="ask for the gradient before"):
            gradients(old, x)
    np.testing.assert_array_equal(gradients(z, c[:1]), [0])


def test_what_depends_on_no_number_of_what_was_assigned_to_has_the_gradient_zero() -> None:
    t, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    t[0] = 5.0
    with autograd.tracing():
        y = autograd.where(t > 3, w, 0.0).sum()
    np.testing.assert_array_equal(gradients(y, t), [0, 0])


def test_a_copy_of_a_view_remembers_what_it_was_too() -> None:
    t = Tensor([1.0, 2.0]) * 1
    view = t[:1]
    t[0] = 5.0
    twin = copy.deepcopy(view)
    y = (twin * twin).sum()
    twin[0] = 6.0
    with pytest.raises(GraphError, match="ask for the gradient before"):
        gradients(y, twin)


def test_to_write_through_a_silent_view_leaves_a_recorded_one_below_it_where_it_was() -> None:
    w = Tensor([1.0, 2.0])
    view = w[::-1]
    y = (view * view).sum()
    with no_grad():
        view[:1][0] = 7.0
    assert w.data.tolist() == [1, 7]
    np.testing.assert_array_equal(gradients(y, view), [4, 2])


def test_what_vjp_returned_may_be_assigned_to_before_the_pullback() -> None:
    out, pull = autograd.vjp(lambda x: x * x, Tensor([1.0, 2.0]))
    out[0] = 7.0
    np.testing.assert_array_equal(pull(np.ones(2))[0].data, [2, 4])


# In place.


def test_a_leaf_that_is_changed_in_place_is_no_leaf_any_more() -> None:
    total, x = Tensor(0.0, label="total"), Tensor([1.0, 2.0])
    alias = total
    for _ in range(3):
        total += (x * x).sum()
    total.backward()
    assert (alias is total, total.label, total.data, total.grad) == (True, "total", 15, 1)
    np.testing.assert_array_equal(x.grad, [6, 12])


def test_a_constant_is_changed_in_its_data_and_earlier_uses_keep_theirs() -> None:
    c, w = Tensor([1.0, 2.0], requires_grad=False), Tensor([1.0, 1.0])
    alias, view, lent, y = c, c[1:], c.data, (c * w).sum()
    c += 10
    assert (c.op, alias.data.tolist(), view.data.tolist(), lent.tolist()) == (None, [11, 12], [12], [11, 12])
    np.testing.assert_array_equal(gradients(y, w), [1, 2])
    c *= w
    assert (c.requires_grad, view.requires_grad, alias.op) == (True, True, autograd.mul)


def test_inside_no_grad_a_leaf_learns_in_place_and_what_was_recorded_is_refused() -> None:
    w = Tensor([4.0, 6.0])
    parameters = [w]
    for _ in range(2):
        y = (w * w).sum()
        w.zero_grad()
        y.backward()
        with no_grad():
            for p in parameters:
                p -= 0.25 * p.grad
                p[1:] -= 0.25 * p.grad[1:]
    assert (w.op, w.requires_grad, w.data.tolist()) == (None, True, [1, 0])
    view, silent = y + w, None
    with no_grad():
        silent = view[:1]
        with pytest.raises(GraphError, match=r"the result of add.*assign outside"):
            view += 1.0
    for change in (assigned, augmented):
        with pytest.raises(GraphError, match=r"view of the result of add.*made inside no_grad\(\) would lose"):
            change(silent)


def test_in_place_the_shape_and_the_dtype_stay() -> None:
    for t in (Tensor([1.0, 2.0], label="t"), Tensor([[1.0, 2.0]], label="t")[0], Tensor([1.0, 2.0], False, "t")):
        t.label = "t"
        for other in (np.ones((3, 2)), Tensor(np.ones((1, 2)))):
            with pytest.raises(ShapeError, match=r"add in place.*shape \(2,\) of t.*write t = t \+ x"):
                t += other
        with pytest.raises(ShapeError, match=r"sub: the shapes t?\(2,\), \(3,\)"):
            t -= np.ones(3)
        with pytest.raises(TypeError):
            t *= "2"
        assert t.data.tolist() == [1, 2]
    single, x = Tensor(np.float32([1, 2])) * 1, Tensor([3.0, 4.0])
    single *= x
    single.sum().backward()
    assert (single.dtype, x.grad.dtype, x.grad.tolist()) == (np.float32, np.float64, [1, 2])
    with autograd.tracing():
        order = Tensor([2.0, 1.0]).argsort()
        with pytest.raises(autograd.DTypeError, match=r"holds int64, the result float64"):
            order += 0.5


def test_a_part_that_is_changed_in_place_is_recorded_once() -> None:
    for index in (slice(1, None), (slice(None), 0), (..., None), 0):
        t = Tensor(np.ones((2, 2)), label="t")
        t[index] += 3.0
        assert [node.op.name for node in Graph.of(t) if node.op] == ["getitem", "add", "setitem"]


def test_a_view_that_keeps_older_numbers_is_assigned_where_it_looks() -> None:
    t = Tensor([1.0, 2.0])
    view = t[:1]
    t.data[:] = 10.0
    t[:1] = view
    assert t.data.tolist() == [1, 10]


def test_one_part_is_assigned_to_another() -> None:
    for to, of in ((slice(1, None), slice(2)), (slice(1, 3), slice(None, None, 2)), (..., (slice(None), 0)), (True, 1)):
        x = np.arange(9.0).reshape(3, 3)
        t = Tensor(x)
        t[to] = t[of]
        x[to] = x[of]
        np.testing.assert_array_equal(t.data, x)


# Chains of views that are not recorded.


@pytest.mark.parametrize("length", [3, 100])
def test_what_looks_through_a_silent_view_is_silent_however_long_the_chain(length: int) -> None:
    c, w = Tensor([1.0, 2.0], requires_grad=False), Tensor(3.0)
    with no_grad():
        view = c[:]
    for _ in range(length):
        view = view[:]
    c[0] = w
    assert (c.requires_grad, view.requires_grad, view.data.tolist()) == (True, False, [3, 2])


@given(x=arrays(SHAPE), looks=st.lists(st.integers(1, 30), min_size=1, max_size=4), tracked=st.booleans())
def test_long_chains_that_are_not_recorded_look_into_their_root_all_the_same(
    x: Any, looks: list[int], tracked: bool
) -> None:
    def program(a: Any, value: Any) -> Any:
        b = a
        for _ in range(60):
            for k in looks:
                if b.shape and b.shape[0] and b.ndim < 20:
                    b = (LOOKS[k % len(LOOKS)] if k % len(LOOKS) else LOOKS[-1])(b)
        a[1] = 0.5
        b[...] = b * b
        b *= value
        return np.sum(np.sin(a) + a * 2.0) + np.sum(np.sin(b))

    c, w = Tensor(x, requires_grad=False), Tensor(3.0)
    y = program(c, w if tracked else 3.0)
    assert_close(y.data, program(x.copy(), 3.0), scale=10)
    if tracked:
        expected = complex_step(lambda v: program(x.astype(v.dtype), v), np.array(3.0))
        assert_close(gradients(y, w), expected, scale=10)


@pytest.mark.parametrize("shape", [(), (2, 3), (3, 1, 2)])
@pytest.mark.parametrize("look", [lambda a: a.T, lambda a: a[None].reshape(a.shape)])
def test_a_loop_of_views_that_records_nothing_does_not_grow(shape: tuple[int, ...], look: Callable[[Any], Any]) -> None:
    def held() -> int:
        return sum(type(x) is Tensor for x in gc.get_objects())

    t = Tensor(np.ones(shape))
    before = held()
    with no_grad():
        view = t
        for _ in range(1000):
            view = look(view)
    assert held() - before < 50
    with no_grad():
        t[...] = 2.0
    np.testing.assert_array_equal(view.data, np.full(shape, 2.0))


def test_a_long_chain_with_a_broadcast_is_not_written_through() -> None:
    with no_grad():
        t = Tensor([1.0, 2.0])
        view = np.broadcast_to(t, (2, 2))
        for _ in range(100):
            view = view.T
        with pytest.raises(GraphError, match="assign to that instead"):
            view[0] = 1.0
        t[0] = 7.0
    np.testing.assert_array_equal(view.data, [[7, 2], [7, 2]])


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


@pytest.mark.parametrize(
    "look", [lambda a: a[:2], lambda a: a[::-2], lambda a: memoryview(a)[:2], lambda a: a.data[:2]]
)
def test_what_an_array_that_is_given_up_looks_into_may_be_written_afterwards(look: Callable[[Any], Any]) -> None:
    base, w = np.arange(4.0), Tensor([1.0, 2.0])
    given = np.array(look(base))
    w.assign(look(base))
    y = (w * w).sum()
    base[:] = 100.0
    y.backward()
    np.testing.assert_array_equal(w.data, given)
    np.testing.assert_array_equal(w.grad, 2 * given)


def test_what_is_assigned_to_a_constant_shows_in_a_view_that_was_recorded() -> None:
    c, w = Tensor([1.0, 2.0], requires_grad=False), Tensor([3.0, 4.0])
    with tracing():
        view = c[::-1]
        y = (view * w).sum()
        c[0] = 5.0
        assert view.data.tolist() == [2, 5]
    c += 1.0
    assert view.data.tolist() == [3, 6]
    np.testing.assert_array_equal(gradients(y, w), [2, 1])


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


#: Code that reads and writes elements where numbers decide which, as it stands in NumPy.
CHOOSING: dict[str, Callable[[Any], Any]] = {
    "mask": lambda t: t[t > 0],
    "mask of rows": lambda t: (t[:, None] * [1.0, 2.0])[t > 0],
    "mask in a tuple": lambda t: (t[:, None] * [1.0, 2.0])[t > 0, 1],
    "order": lambda t: t[t.argsort()] * [1.0, 2.0, 3.0],
    "place": lambda t: t[t.argsort()[0]] * t,
    "slice": lambda t: t[: np.argsort(t)[-1]] * 2.0,
    "written": lambda t: with_assigned(t * 1.0, t > 0, t.sum() * np.ones(np.count_nonzero(t > 0))),
    "written in order": lambda t: with_assigned(t * 1.0, t.argsort(), t * 2.0),
}


def with_assigned(t: Any, index: Any, values: Any) -> Any:
    t[index] = values
    return t


@pytest.mark.parametrize("name", CHOOSING)
@given(x=arrays(3), new=arrays(3))
def test_positions_and_masks_of_the_graph_are_indices_and_guards(name: str, x: Any, new: Any) -> None:
    def function(x: Any) -> Any:
        return (CHOOSING[name](x) ** 2).sum()

    with autograd.tracing():
        leaf = Tensor(x, label="x")
        y = function(leaf)
        graph = Graph.of(y)
    expected = Tensor(x)
    function(expected).backward()
    y.backward()
    np.testing.assert_array_equal(leaf.grad, expected.grad)
    np.testing.assert_array_equal(graph.replay({"x": x})[graph.outputs[0]].data, function(Tensor(x)).data)
    with contextlib.suppress(GraphError):  # refused
        again = graph.replay({"x": new})
        np.testing.assert_allclose(again[graph.outputs[0]].data, function(Tensor(new)).data, rtol=1e-12)


def test_any_other_node_as_an_index_is_refused_with_the_cure() -> None:
    t, i = Tensor([1.0, -2.0, 3.0]), Tensor([0.0, 1.0])
    for index in (i, autograd.Value(1.0), (i,), slice(i[0], None)):
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


@pytest.mark.parametrize("make", [lambda w: w, lambda w: w * 1, lambda w: w[::-1]])
def test_plus_inside_no_grad_is_no_more_recorded_than_any_other_result(make: Callable[..., Any]) -> None:
    t = make(Tensor([1.0, 2.0]))
    with no_grad():
        twin = +t
    assert (twin.op, twin.requires_grad, twin.data.tolist()) == (None, False, t.data.tolist())


@given(data=st.data())
def test_views_of_what_was_assigned_to_are_views_where_numpy_has_views(data: st.DataObject) -> None:
    """By the layout in memory NumPy tells whether a reshape looks into an array: an assignment leaves that as it is."""
    x = data.draw(st.sampled_from([np.ones((2, 3)), np.ones((3, 2)).T, np.ones((2, 3), order="F")])) * 1.0
    arrays, tensors = [x], [Tensor(x) * 1]
    steps = st.sampled_from(["T", "reshape", "slice", "add", "row", "fill"])
    for step in data.draw(st.lists(steps, min_size=2, max_size=7)):
        k = data.draw(st.integers(0, len(arrays) - 1))
        for held in (arrays, tensors):
            y: Any = held[k]
            if step == "T":
                held.append(y.T)
            elif step == "reshape":
                held.append(y.reshape(-1))
            elif step == "slice":
                held.append(y[::-1])
            elif step == "add":
                y += np.arange(1.0, y.size + 1).reshape(y.shape)
            elif step == "row":
                y[0] = 5.0
            else:
                y[...] = 7.0
        for array, tensor in zip(arrays, tensors, strict=True):
            np.testing.assert_array_equal(tensor.numpy(), array)
