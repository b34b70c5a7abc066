"""Sums and sums of products of Values: one node each, with the numbers and the slopes of the chain they stand for."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, numbers_of
from strategies import numbers

import autograd
from autograd import Graph, ShapeError, Tensor, Value, gradients, no_grad, steps, sum_of, sum_of_products, tracing

terms = st.lists(st.tuples(numbers(-3, 3), st.booleans(), st.integers(0, 3)), min_size=2, max_size=8)


def operands(drawn: list[Any], shared: list[Value]) -> list[Any]:
    """Values, some of them shared, and plain numbers."""
    return [shared[k] if k else Value(x) if tracked else x for x, tracked, k in drawn]


def slopes(y: Any, xs: list[Any]) -> list[float]:
    return gradients(y, [x for x in xs if isinstance(x, Value)]) if isinstance(y, Value) else []


@given(drawn=terms)
def test_a_sum_is_the_chain_of_its_additions(drawn: list[Any]) -> None:
    shared = [Value(0.1 * k) for k in range(4)]
    xs = operands(drawn, shared)
    chain = xs[0]
    for x in xs[1:]:
        chain = chain + x
    many = sum_of(xs)
    assert float(many) == float(chain)
    assert slopes(many, xs) == slopes(chain, xs)
    if isinstance(many, Value):
        assert len(Graph.of(many)) == 1 + len({id(x) for x in xs if isinstance(x, Value)})
        many.backward()
        for x in {id(x): x for x in xs if isinstance(x, Value)}.values():
            assert x.grad == sum(x is y for y in xs)


@given(left=terms, data=st.data())
def test_a_sum_of_products_is_the_chain_of_its_operations(left: list[Any], data: st.DataObject) -> None:
    right = data.draw(st.lists(terms.map(lambda drawn: drawn[0]), min_size=len(left), max_size=len(left)))
    shared = [Value(0.1 * k + 1) for k in range(4)]
    xs, ys = operands(left, shared), operands(right, shared)
    chain = xs[0] * ys[0]
    for x, y in list(zip(xs, ys, strict=True))[1:]:
        chain = chain + x * y
    many = sum_of_products(xs, ys)
    assert float(many) == float(chain)
    assert_close(slopes(many, xs + ys), slopes(chain, xs + ys))
    if isinstance(many, Value):
        xs_again = list({id(x): x for x in xs + ys if isinstance(x, Value)}.values())
        many.backward()
        by_backward = [x.grad for x in xs_again]
        assert_close(by_backward, gradients(many, xs_again))
        recorded = gradients(many * many, xs_again[0], create_graph=True)
        assert_close(
            gradients(recorded, xs_again), gradients(gradients(chain * chain, xs_again[0], create_graph=True), xs_again)
        )


@given(
    count=st.integers(2, 140),
    kinds=st.sampled_from([(Value, Value), (Value, float), (int, Value)]),
    seed=st.integers(0, 99),
)
def test_lists_of_one_type_have_their_own_code(count: int, kinds: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists = [[kind(x) for x in rng.normal(scale=3.0, size=count)] for kind in kinds]
    xs, ys = lists
    many, chain = sum_of_products(xs, tuple(ys)), xs[0] * ys[0]
    for x, y in list(zip(xs, ys, strict=True))[1:]:
        chain = chain + x * y
    assert (many.data, many.inputs, many.shape) == (chain.data, (*xs, *ys), ())
    assert many.slopes == tuple(
        float(other) if isinstance(x, Value) else None for x, other in zip(xs + ys, ys + xs, strict=True)
    )
    twin = copy.deepcopy(many)
    for node in (many, twin):
        node._check_fresh()
        node.backward()
        assert [x.grad for x in node.inputs if isinstance(x, Value)] == [s for s in many.slopes if s is not None]


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3, 2)), ((1, 1), (1, 1))],
)
def test_a_matrix_product_of_values_agrees_with_tensors(left: Any, right: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=left), rng.normal(size=right)
    values = [np.array([Value(x) for x in m.flat], dtype=object).reshape(m.shape) for m in (a, b)]
    tensors = [Tensor(a), Tensor(b)]
    y, z = autograd.matmul(*values), tensors[0] @ tensors[1]
    assert_close(numbers_of(y), z.data)
    autograd.sum(y).backward()
    z.sum().backward()
    for objects, tensor in zip(values, tensors, strict=True):
        assert_close([v.grad for v in objects.flat], np.ravel(tensor.grad))
    with pytest.raises(ValueError, match="the inner axes have the lengths"):
        autograd.matmul(values[0], np.array([Value(1.0)] * 7))
    with pytest.raises(ValueError, match="a single number has no axis"):
        autograd.matmul(values[0], np.array(Value(1.0), dtype=object))


@pytest.mark.parametrize(
    ("left", "right"), [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((3,), (3, 0)), ((0,), (0,)), ((0, 2, 3), (3, 2))]
)
def test_a_matrix_product_of_nothing_is_numpys(left: Any, right: Any) -> None:
    y = autograd.matmul(np.zeros(left, dtype=object), np.zeros(right, dtype=object))
    assert np.array_equal(y, np.zeros(left) @ np.zeros(right))


def test_a_sum_runs_from_left_to_right() -> None:
    xs = [1e16, 1.0, -1e16]
    assert float(autograd.sum([Value(x) for x in xs])) == (1e16 + 1.0) - 1e16
    assert math.fsum(xs) == 1.0


def test_a_long_sum_of_long_sums_is_walked_once() -> None:
    leaves = [Value(float(k)) for k in range(500)]
    inner = [2.0 * x for x in leaves]
    layer = [sum_of([x, *inner]) for x in inner]
    total = sum_of(layer)
    total.backward()
    assert leaves[3].grad == 1002
    assert len(Graph.of(total)) == 1501


def test_many_inputs_in_a_deep_chain() -> None:
    h, w = Value(1.0), Value(1.0)
    for _ in range(20_000):
        h = sum_of_products([h, w], [w, 0.0])
    h.backward()
    assert w.grad == 20_000
    twin, leaf = copy.deepcopy([h, w])
    leaf.zero_grad()
    twin.backward()
    assert leaf.grad == 20_000


def test_constants_and_blocks() -> None:
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    y = sum_of_products([x, 1.0], [c, 5])
    y.backward()
    assert (y.data, x.grad, c.has_grad) == (11.0, 3.0, False)
    with no_grad():
        assert sum_of([x, x]).op is None
    with tracing():
        assert "sum_of([x, x])" in (sum_of([x, x]).source or "")
    assert sum_of([1.0, 2.0]) == 3.0
    assert_close(gradients(sum_of([Tensor([1.0, 2.0]), Tensor(1.0), 2.0]).sum(), t := Tensor(1.0)), 0.0)
    assert t.grad is None


def test_steps_show_one_card_with_all_terms() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    timeline = steps(sum_of_products([x, y], [4.0, 5.0]))
    assert timeline[0].formula == "f = x · 4 + y · 5 = 2 · 4 + 3 · 5 = 23"
    assert [step.formula for step in timeline[2:]] == [
        "∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 4 = 4",
        "∂f/∂y += ∂f/∂f · ∂f/∂y = 1 · 5 = 5",
    ]


@pytest.mark.parametrize("kind", [float, Value, Tensor, lambda x: Tensor([x, x])])
@given(n=st.integers(0, 4), m=st.integers(0, 4))
def test_lists_of_different_lengths_are_refused_with_their_lengths(kind: Any, n: int, m: int) -> None:
    xs, ys = [kind(float(k)) for k in range(n)], [kind(2.0) for _ in range(m)]
    if n == m:
        result = sum_of_products(xs, ys)
        assert_close(result.data if isinstance(result, Value | Tensor) else result, n * (n - 1.0))
        return
    for right in (ys, [2.0] * m, np.full(m, 2.0)):
        with pytest.raises(ShapeError, match=f"sum_of_products: expected two lists of one length, got {n} and {m}"):
            sum_of_products(xs, right)


def test_a_sum_of_nothing_is_zero() -> None:
    assert [sum_of([]), sum_of(()), sum_of_products([], [])] == [0.0, 0.0, 0.0]
