"""By hand: nodes pushed one by one give what backward() gives, and where they cannot, a warning says so."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Program, broadcasting_programs, by_operator, programs, weighted_sum

import autograd
from autograd import Graph, GraphError, ShapeError, Tensor, Value, by_hand

ORDER = "push in the reverse of the order in which they were made"
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
}

#: Small graphs of whole numbers: all sums are exact, in whatever order.
recipes = st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=7)


def made(recipe: Sequence[tuple[str, int, int]]) -> list[Value]:
    """All nodes in the order in which they were made; the last is computed from as many as it can."""
    nodes = [Value(2.0), Value(-3.0), Value(1.0)]
    for name, i, j in recipe:
        nodes.append(OPERATORS[name](nodes[-1 - i % len(nodes)], nodes[-1 - j % min(2, len(nodes))]))
    return nodes


def inner(output: Any) -> list[Any]:
    """The nodes that the output is computed from, leaves aside, found by a walk of our own."""
    found: list[Any] = []

    def visit(node: Any) -> None:
        if node.op is not None and all(node is not other for other in found):
            for x in node._prev:
                visit(x)
            found.append(node)

    visit(output)
    return found


def users(nodes: Sequence[Any]) -> dict[int, set[int]]:
    """By ``id``, the nodes that use a node."""
    return {id(node): {id(user) for user in nodes if any(x is node for x in user._prev)} for node in nodes}


def valid_order(nodes: Sequence[Any], rng: random.Random) -> list[Any]:
    """Any order in which a node comes after all of its users."""
    waiting, order = users(nodes), []
    left = list(nodes)
    while left:
        done = {id(node) for node in order}
        node = rng.choice([node for node in left if waiting[id(node)] <= done])
        left = [other for other in left if other is not node]
        order.append(node)
    return order


def is_valid(order: Sequence[Any]) -> bool:
    waiting = users(order)
    return all(waiting[id(node)] <= {id(other) for other in order[:k]} for k, node in enumerate(order))


def by_backward(recipe: Sequence[tuple[str, int, int]]) -> list[float]:
    nodes = made(recipe)
    nodes[-1].backward()
    return [node.grad for node in nodes]


@given(recipes, st.randoms(use_true_random=False))
def test_in_any_valid_order_it_gives_exactly_what_backward_gives(recipe: Any, rng: random.Random) -> None:
    nodes = made(recipe)
    nodes[-1].grad = 1.0
    for node in valid_order(inner(nodes[-1]), rng):
        assert node.backward_step().warnings == ()
    assert [node.grad for node in nodes] == by_backward(recipe)


@given(recipes, st.randoms(use_true_random=False))
def test_in_any_order_it_warns_exactly_where_the_order_is_not_valid(recipe: Any, rng: random.Random) -> None:
    nodes = made(recipe)
    order = inner(nodes[-1])
    rng.shuffle(order)
    hand = by_hand(nodes[-1])
    for node in order:
        hand.push(node)
    assert bool(hand.warnings) == (not is_valid(order))
    differs = [node.grad for node in nodes] != by_backward(recipe)
    assert bool(hand.differences) == differs
    assert hand.warnings or not differs
    hand.restart()
    for node in valid_order(order, rng):
        hand.push(node)
    assert (hand.warnings, hand.differences, hand.ready) == ((), {}, ())
    assert [node.grad for node in nodes] == by_backward(recipe)


@given(recipes, st.randoms(use_true_random=False))
def test_without_a_session_it_warns_as_well(recipe: Any, rng: random.Random) -> None:
    nodes = made(recipe)
    order = inner(nodes[-1])
    rng.shuffle(order)
    nodes[-1].grad = 1.0
    warnings = [warning for node in order for warning in node._backward().warnings]
    assert warnings or [node.grad for node in nodes] == by_backward(recipe)
    assert is_valid(order) <= (not warnings)


@given(recipes, st.integers(0, 99))
def test_what_is_pushed_twice_is_told(recipe: Any, k: int) -> None:
    nodes = made(recipe)
    hand = by_hand(nodes[-1])
    for node in reversed(order := inner(nodes[-1])):
        hand.push(node)
    assert hand.warnings == ()
    twice = hand.push(order[k % len(order)])
    assert any("was pushed already: its inputs get its gradient once more" in warning for warning in twice.warnings)


@given(programs(), st.randoms(use_true_random=False))
def test_any_program_of_values(program: Program, rng: random.Random) -> None:
    check(program.result(by_operator, [Value(float(x)) for x in program.inputs]), rng)


@given(broadcasting_programs(), st.randoms(use_true_random=False))
def test_any_program_of_tensors(program: Program, rng: random.Random) -> None:
    check(program.result(by_operator, [Tensor(x) for x in program.inputs], weighted_sum), rng)


def check(output: Any, rng: random.Random) -> None:
    expected = autograd.steps(output).gradients
    hand = by_hand(output)
    while hand.ready:
        push = hand.push(rng.choice(hand.ready))
        assert push.warnings == ()
        assert str(push).count("\n") == len(push.steps)
    for name, right in zip(hand.graph.names, expected, strict=True):
        if right is None:
            assert hand.grads.get(name) is None
        else:
            np.testing.assert_allclose(hand.grads[name], right, rtol=1e-9, atol=1e-12)
    assert repr(hand).endswith("all are pushed, and the gradients are those of backward()")
    output.backward()
    for node, right in zip(Graph.of(output), expected, strict=True):
        if right is not None and not node.is_leaf:
            np.testing.assert_allclose(node.grad, right, rtol=1e-9, atol=1e-12)


def told(hand: Any) -> dict[str, Any]:
    """By name, what the pushes said that gradients are wrong by."""
    found: dict[str, Any] = {}
    for push in hand.pushes:
        for name, off in push.off.items():
            found[name] = found.get(name, 0.0) + off
    return found


def is_told(hand: Any, rng: random.Random, foreign: Callable[[Any], Any]) -> None:
    """Pushed in any order, some twice, with gradients that nobody pushed: what is told is what is wrong."""
    graph, output = hand.graph, hand._output
    left = [node.name for node in graph if not node.is_leaf and node.requires_grad]
    for name in rng.choices(left, k=rng.randrange(2 * len(left))):
        touched = [hand._places[i] for i in (graph[name].index, *graph[name].inputs) if isinstance(i, int)]
        other = rng.choice(touched)
        if other is not output._record and other.requires_grad and rng.random() < 0.3:
            other._node.grad = foreign(other)
        hand.push(name)
    while left := [name for name in left if not hand._pushed[graph[name].index]]:
        hand.push(rng.choice(left))
    right = autograd.steps(output).gradients
    said = told(hand)
    for name, due in zip(graph.names, right, strict=True):
        if due is not None and name != graph.names[graph.outputs[0]]:
            has = hand.grads[name]
            np.testing.assert_allclose((0.0 if has is None else has) - due, said.get(name, 0.0), rtol=1e-9, atol=1e-6)
    assert bool(hand.warnings) >= bool(hand.differences)


@given(recipes, st.integers(0, 10**6))
def test_what_is_told_of_a_wrong_order_is_what_is_wrong(recipe: Any, seed: int) -> None:
    rng = random.Random(seed)
    is_told(by_hand(made(recipe)[-1]), rng, lambda place: float(rng.randrange(-5, 5)))


@given(broadcasting_programs(), st.integers(0, 10**6))
def test_of_arrays_too(program: Program, seed: int) -> None:
    rng = random.Random(seed)
    hand = by_hand(program.result(by_operator, [Tensor(x) for x in program.inputs], weighted_sum))
    is_told(hand, rng, lambda place: np.full(place.shape, float(rng.randrange(-5, 5))))


def test_a_gradient_that_a_leaf_already_held_is_told() -> None:
    x = Value(3.0, "x")
    for warnings in ((), ("x had a gradient of 2 that no push brought, and it is counted in (x is 2 too large)",)):
        q = x * 2
        q.grad = 1.0
        assert tuple(warning.partition(":")[0] for warning in q.backward_step().warnings) == warnings
    x.grad = 10.0
    f = x * x
    hand = by_hand(f)
    x.grad = 10.0
    assert len(hand.push(f).warnings) == 1
    assert hand.differences == {"x": (16.0, 6.0)}
    hand.restart()
    hand.push(f)
    x.grad = 7.0
    assert repr(hand).endswith(
        "the gradients differ from those of backward(): x: 7, not 6; to mend it: restart() of this, then push f"
    )


def test_leaves_that_are_not_zeroed_between_two_passes_are_told() -> None:
    *leaves, q, f = lecture()
    for k in range(2):
        f.grad, q.grad = 1.0, 0.0
        warnings = [*f._backward().warnings, *q._backward().warnings]
        assert [warning.partition(" had a gradient")[0] for warning in warnings] == ["z", "x", "y"] * k
    assert [x.grad for x in leaves] == [-8.0, -8.0, 6.0]


def test_what_is_wrong_with_a_node_that_is_used_twice_is_said_once() -> None:
    x = Value(3.0, "x")
    q = x * 2
    q.label = "q"
    f = q * q
    hand = by_hand(f)
    q.grad = 7.0
    assert len(hand.push(q).warnings) == 2
    (late,) = hand.push(f).warnings
    assert (
        late
        == f"q was pushed before f, which now pays 12 into it: the inputs of q miss that (x is 24 too small); {ORDER}"
    )
    assert hand.differences == {"x": (14.0, 24.0), "q": (19.0, 12.0)}


def test_a_gradient_that_is_set_in_between_is_told() -> None:
    x, _, _, q, f = lecture()
    hand = by_hand(f)
    hand.push(f)
    q.grad = 10.0
    assert hand.push(q).warnings == (
        "q has a gradient of 10 where pushes left −4: it was set in between (q is 14 too large, x is 14 too large, "
        "y is 14 too large)",
    )
    assert x.grad == 10.0


def test_hooks_are_not_called_and_that_is_said() -> None:
    *_, q, f = lecture()
    hand = by_hand(f)
    with q.register_hook(lambda g: 10 * g):
        hand.push(f)
        hand.push(q)
        assert repr(hand).endswith("backward() without the hooks of q, which are not called by hand")
    assert repr(hand).endswith("those of backward()")


def test_what_is_constant_pays_nothing() -> None:
    *_, q, f = lecture()
    with autograd.no_grad():
        z = q * 2
    message = "this is a constant, or was made under no_grad(): no gradient flows through it"
    assert str(z._backward()) == str(Value(1.0, requires_grad=False)._backward()) == message
    with pytest.raises(GraphError, match="f is not computed from this node"):
        by_hand(f).push(z)


def test_single_precision_is_compared_as_such() -> None:
    t = Tensor(np.linspace(0.1, 3, 50, dtype=np.float32), label="t")
    output = ((t * t).sum() / 3 + t.tanh().sum()) / 7
    hand = by_hand(output)
    while hand.ready:
        hand.push(hand.ready[0])
    assert hand.differences == {}


def test_the_cells_of_a_lecture() -> None:
    x1, x2, w1, w2, b = map(Value, (2.0, 0.0, -3.0, 1.0, 6.88))
    x1w1 = x1 * w1
    x2w2 = x2 * w2
    total = x1w1 + x2w2
    n = total + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, b, total, x2w2, x1w1, x1):
        node._backward()
    found = [node.grad for node in (x1, x2, w1, w2, b)]
    for node in (x1, x2, w1, w2, b):
        node.grad = 0.0
    o.backward()
    assert found == [node.grad for node in (x1, x2, w1, w2, b)]


def test_their_own_walk_does_what_backward_does() -> None:
    a = Value(3.0)
    b = a + a
    c = b + b
    c.grad = 1.0
    for node in reversed([a, b, c]):
        node._backward()
    assert a.grad == 4.0
    assert str(a._backward()) == "a is a leaf: it has no inputs to push into"


def lecture() -> tuple[Value, ...]:
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return x, y, z, q, f


def test_a_push_shows_its_steps() -> None:
    *_, q, f = lecture()
    f.grad = 1.0
    f.backward_step()
    assert repr(q.backward_step()) == "\n".join(
        ["q = x + y", "  ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4", "  ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4"]
    )


def test_before_any_gradient_is_there_nothing_is_pushed() -> None:
    x, y, _, q, f = lecture()
    lonely = q.backward_step()
    assert lonely.steps == ()
    assert lonely.warnings == (
        "q has no gradient yet, so that nothing was pushed: set q.grad = 1.0, as it is the output",
    )
    hand = by_hand(f)
    assert hand.push("q").warnings == ("q has no gradient yet, so that nothing was pushed: push first f",)
    assert not x.has_grad
    assert not y.has_grad
    hand.push("f")
    assert hand.push("q").warnings == ()
    assert hand.differences == {}


def diamond() -> tuple[Value, ...]:
    a = Value(3.0, "a")
    b = a * 2
    d = b * 5
    b.label, d.label = "b", "d"
    f = b + d
    f.label = "f"
    return a, b, d, f


@pytest.mark.parametrize("begin", ["session", "attribute"])
def test_the_wrong_order_is_told_when_it_is_pushed_and_when_it_shows(begin: str) -> None:
    a, b, d, f = diamond()
    if begin == "session":
        by_hand(f)
    else:
        f.grad = 1.0
    f.backward_step()
    assert b.backward_step().warnings == (
        f"b was pushed before d, which pays into it: what that brings does not reach the inputs of b; {ORDER}",
    )
    assert d.backward_step().warnings == (
        "b was pushed before d, which now pays 5 into it: the inputs of b miss that (a is 10 too small); " + ORDER,
    )
    assert (a.grad, b.grad) == (2.0, 6.0)


def test_a_larger_computation_takes_over_what_was_pushed() -> None:
    _, b, d, f = diamond()
    b.grad = 1.0
    b.backward_step()
    f.grad = 1.0
    assert any("b had a gradient of 1 that no push brought" in w for w in f.backward_step().warnings)
    assert any("b was pushed before d, which now pays 5" in warning for warning in d.backward_step().warnings)


def test_the_report() -> None:
    _, b, d, f = diamond()
    hand = by_hand(f)
    assert repr(hand) == "by hand: f = b + d\nto push now: f"
    hand.push(f)
    hand.push(b)
    assert repr(hand).endswith("to push now: d")
    hand.push(d)
    assert repr(hand).endswith(
        "the gradients differ from those of backward(): a: 2, not 12; to mend it: restart() of this, then push f, d, b"
    )
    assert hand.grads == {"a": 2.0, "b": 6.0, "d": 1.0, "f": 1.0}
    assert hand.warnings == tuple(warning for push in hand.pushes for warning in push.warnings)


def test_gradients_that_are_zeroed_begin_anew() -> None:
    *leaves, q, f = lecture()
    for _ in range(2):
        f.grad = 1.0
        assert f._backward().warnings == ()
        assert q._backward().warnings == ()
        assert [x.grad for x in leaves] == [-4.0, -4.0, 3.0]
        for node in (*leaves, q, f):
            node.grad = 0.0
    autograd.zero_grad(*leaves, q)
    f.backward()
    assert [x.grad for x in leaves] == [-4.0, -4.0, 3.0]
    q.grad = 7.0
    assert any("q has a gradient of 7 where pushes left −4" in warning for warning in by_backward_step(f))


def by_backward_step(node: Any) -> tuple[str, ...]:
    warnings: tuple[str, ...] = node.backward_step().warnings
    return warnings


def test_a_gradient_that_was_set_is_pushed_and_said() -> None:
    x, _, _, q, f = lecture()
    q.grad = 0.5
    assert str(q.backward_step()).startswith("q = x + y, with a gradient of 0.5: that was set, and stands for ∂q/∂q")
    assert x.grad == 0.5
    hand = by_hand(f)
    hand.push(f)
    q.grad = 10.0
    assert hand.push(q).title == "q = x + y"


def test_what_was_not_chosen_gets_nothing_through_an_infinite_slope() -> None:
    t = Tensor([0.0, 4.0])
    with np.errstate(all="ignore"):
        f = autograd.where(t.data > 0, np.sqrt(t), 2 * t).sum()
    hand = by_hand(f)
    while hand.ready:
        hand.push(hand.ready[0])
    assert t.grad.tolist() == [2.0, 0.25]


def test_leaves_add_up_and_constants_get_nothing() -> None:
    x, k = Value(3.0, "x"), Value(2.0, "k", requires_grad=False)
    f = x * k
    x.grad = 10.0
    f.grad = 1.0
    push = f.backward_step()
    assert (x.grad, k.has_grad, len(push.steps)) == (12.0, False, 1)
    assert by_hand(f).grads == {"x": None, "f": 1.0}


def test_a_node_that_no_gradient_flows_through() -> None:
    x = Value(2.0)
    with autograd.tracing():
        c = x > 0
        y = autograd.where(c, x * 3.0, 1.0)
    hand = by_hand(y)
    assert str(hand.push(c)) == "c = [x > 0]: no gradient flows through it"
    while hand.ready:
        hand.push(hand.ready[0])
    assert x.grad == 3.0


def test_threads_do_not_share_it() -> None:
    _, b, _, f = diamond()
    f.grad = 1.0
    f.backward_step()
    found: list[Any] = []
    thread = Thread(target=lambda: found.append(by_hand(lecture()[-1])))
    thread.start()
    thread.join()
    assert "b was pushed before d" in b.backward_step().warnings[0]


def test_a_normal_sweep_afterwards_is_right() -> None:
    a, b, d, f = diamond()
    hand = by_hand(f)
    for node in (f, b, d, b):
        hand.push(node)
    hand.restart()
    a.zero_grad()
    f.backward()
    assert (a.grad, b.grad, d.grad) == (12.0, 6.0, 1.0)


def test_what_is_no_node_of_it_is_refused_with_the_cure() -> None:
    *_, f = lecture()
    hand = by_hand(f)
    with pytest.raises(
        GraphError, match=r"f is not computed from other: the nodes are x, y, q, z, f; autograd\.by_hand"
    ):
        hand.push(Value(1.0, "other"))
    with pytest.raises(GraphError, match="expected a node or its name, got 3"):
        hand.push(3)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="the names are x, y, q, z, f"):
        hand.push("nobody")
    with pytest.raises(ShapeError, match=r"one number, got shape \(2,\): use \.sum\(\)"):
        by_hand(Tensor([1.0, 2.0]) * 2)
    with pytest.raises(GraphError, match="expected a Value or Tensor, got list"):
        by_hand([f])  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="no gradient flows here"):
        by_hand(Value(1.0, requires_grad=False) * 2)


def test_a_tensor_of_several_numbers_is_pushed_with_the_gradient_that_it_was_given() -> None:
    t = Tensor([1.0, 2.0], label="t")
    y = t * t
    y.grad = np.array([1.0, 10.0])
    assert y.backward_step().warnings == ()
    assert t.grad.tolist() == [2.0, 40.0]


def test_what_is_lost_beside_a_huge_payment_elsewhere_is_told() -> None:
    a, c = Value(2.0, "a"), Value(1.0)
    b = a * 0.25
    d = c * 1e12
    s = b * 3.0
    e = b + s
    f = e + d
    hand = autograd.by_hand(f)
    for node in (f, e, b, s, d):
        hand.push(node)
    assert hand.differences == {"a": (0.25, 1.0)}
