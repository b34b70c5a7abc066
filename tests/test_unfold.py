"""unfold: nodes of many inputs as chains of two-input nodes, held against the programs that record the chains."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close

import autograd
import nn
from autograd import Constant, Graph, Tensor, Value, explain, no_grad, steps, sum_of, sum_of_products, tracing, unfold
from autograd.signature import each
from viz import draw, step

whole = st.integers(-3, 3).map(float)  # so that no order of additions rounds
terms = st.lists(st.tuples(whole, whole, st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8)


def leaves() -> list[Value]:
    return [Value(0.5 * k - 0.75, f"w{k}") for k in range(4)]


def chain_of(xs: list[Any], ys: list[Any]) -> Any:
    return reduce(add, map(mul, xs, ys))


def rows(graph: Graph) -> Counter[Any]:
    """What is computed, however it is named and ordered: operation, numbers, slopes, gradient."""
    return Counter(
        (node.op and node.op.name, node.data, tuple(graph.inputs_of(node)), node.slopes, node.grad) for node in graph
    )


@given(drawn=terms)
def test_it_is_the_graph_of_the_chain(drawn: list[Any]) -> None:
    def program(dot: Any) -> Any:
        shared = leaves()
        xs = [shared[k] if k else x for x, _, k, _ in drawn]
        ys = [shared[k] if k else y for _, y, _, k in drawn]
        y = dot(xs, ys)
        if isinstance(y, Value):
            y = y * y
            y.backward()
        return y

    many, chain = program(sum_of_products), program(chain_of)
    if isinstance(many, Value):
        assert rows(unfold(many)) == rows(Graph.of(chain))
        assert_close(steps(unfold(many)).gradients[-1], 1.0)


def test_a_sum_runs_from_left_to_right_and_keeps_its_name() -> None:
    x, y, z = leaves()[:3]
    total = sum_of([x, y, z, 2.0])
    assert repr(unfold(total)) == ("Graph(w0, w1, w2, total_1 = w0 + w1, total_2 = total_1 + w2, total = total_2 + 2)")


def test_a_graph_is_sound_after_it() -> None:
    model = nn.MLP([2, 3, 1], "relu", rng=0).to_scalars()
    with tracing():
        loss = model([Value(1.0, "a"), Value(-2.0, "b")]) ** 2
        assert loss > 0
    loss.backward()
    graph, flat = Graph.of(loss), unfold(Graph.of(loss))
    assert {node.op.arity for node in flat if node.op is not None} <= {1, 2}
    assert len({node.name for node in flat}) == len(flat)
    assert [node.index for node in flat] == list(range(len(flat)))
    assert all(x < node.index for node in flat for x in node.inputs if not isinstance(x, Constant))
    for node in graph:
        twin = flat[node.name]
        assert (twin.data, twin.grad, twin.label) == (node.data, node.grad, node.label)
        assert (twin.source, twin.scope) == (node.source, node.scope)
    assert {node.scope for node in flat} == {node.scope for node in graph} > {("MLP", "layers.0"), ("MLP", "layers.1")}
    assert [flat[i].name for i in flat.outputs] == [graph[i].name for i in graph.outputs]
    assert [flat[i].name for i, *_ in flat.guards] == [graph[i].name for i, *_ in graph.guards] != []
    twice = flat.replay({"a": 1.5})
    assert twice.scopes == flat.scopes
    assert twice[flat.outputs[0]].data == graph.replay({"a": 1.5})[graph.outputs[0]].data
    assert "z2_1_4[0] = h1[2] · W2[2, 0]" in str(step(flat).timeline)
    assert "z2_1_4[0]" in str(draw(flat))
    assert explain(flat[flat.outputs[0]], flat)


def test_what_has_no_many_inputs_stays() -> None:
    x = Value(2.0, "x")
    for y in (x, x * x + 1, sum_of([x]), sum_of([Tensor([1.0, 2.0]), Tensor(1.0)]).sum()):
        graph = Graph.of(y)
        assert repr(unfold(graph)) == repr(graph)


def test_before_a_sweep_and_without_recording() -> None:
    h = sum_of_products(leaves()[:2], [2.0, 3.0])
    with no_grad():
        graph = unfold(h)
    assert len(graph) == 5
    assert {node.grad for node in graph} == {None}


def test_names_that_are_taken_are_left_alone() -> None:
    x, h_1 = Value(1.0), Value(2.0)
    h = sum_of([x, h_1, 3.0])
    assert repr(unfold(h)) == "Graph(x, h_1, h_2 = x + h_1, h = h_2 + 3)"


def test_a_persons_own_operation_of_lists() -> None:
    def product(z: Any, xs: list[Any]) -> Any:
        return lambda k: z / xs[k]

    times = autograd.elementwise("times", lambda xs: reduce(mul, xs), each(product), doc="multiplies all")
    longest = autograd.elementwise(
        "longest", lambda xs: float(np.hypot(*map(float, xs))), each(product), doc="asks for digits", check=False
    )
    squared = autograd.elementwise(
        "squared",
        lambda xs: (lambda total: total * total)(reduce(add, xs)),
        each(lambda z, xs: lambda k: 2 * reduce(add, xs)),
        doc="squares the sum",
    )
    choosing = autograd.elementwise(
        "choosing",
        lambda xs: autograd.where(xs[0] > 0, xs[0], xs[1]),
        each(lambda z, xs: lambda k: 0),
        doc="takes one of two",
        check=False,
    )
    ignoring = autograd.elementwise(
        "ignoring",
        lambda xs: xs[0] * xs[1],
        each(lambda z, xs: lambda k: 0),
        doc="ignores all but two",
        check=False,
    )
    try:
        x, y, z = leaves()[1:]
        square = squared([x, z])
        square.backward()
        assert unfold(square)["square_1"].grad == 2 * (x.data + z.data)
        y = times([x, y, z])
        y.backward()
        graph = unfold(y)
        assert repr(graph).endswith("y_1 = w1 · w2, y = y_1 · w3)")
        assert graph["y_1"].grad == z.data
        assert len(unfold(longest([x, z]))) == 3
        assert len(unfold(choosing([x, z]))) == 3
        assert len(unfold(ignoring([1.0, 2.0, z]))) == 2
    finally:
        for op in (times, longest, squared, choosing, ignoring):
            autograd.remove(op.name)


@pytest.mark.parametrize("wrong", [3.0, "x"])
def test_it_takes_nodes_and_graphs(wrong: Any) -> None:
    with pytest.raises(autograd.GraphError, match="expected Values or Tensors"):
        unfold(wrong)
