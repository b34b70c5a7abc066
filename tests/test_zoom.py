"""Graph.to_scalars: the scalar graph of a program of arrays has its numbers, and its gradients."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from numeric import assert_close
from whole_table import NAMES, cases_of

import autograd
import nn
from autograd import DTypeError, Graph, GraphError, Tensor, Value, gradients, no_grad, steps, tracing
from autograd.check.strategies import programs

#: These have no scalar graph, and say so.
BY_ITERATION = {"svd", "eigh", "eigvalsh"}


def elements(graph: Graph, name: str, shape: tuple[int, ...], column: Any) -> Any:
    """What a column of the scalar graph holds for each element of a tensor; nothing for one that nothing uses."""
    known = dict(zip(graph.names, column, strict=True))
    result = np.zeros(shape)
    for place in np.ndindex(shape):
        full = f"{name}[{', '.join(map(str, place))}]" if place else name
        result[place] = known.get(full) or 0.0
    return result


@settings(max_examples=150)
@given(program=programs())
def test_it_computes_what_the_tensors_did(program: Any) -> None:
    leaves = [Tensor(x, label=name) for x, name in zip(program.leaves, program.names, strict=True)]
    output = program(*leaves)  # a variable y would give it the name of a leaf
    assume(isinstance(output, Tensor) and output.requires_grad and output.size)
    loss = (output * np.cos(np.arange(1.0, output.size + 1)).reshape(output.shape)).sum()
    loss.backward()
    with suppress(DTypeError):
        graph = Graph.of(loss).to_scalars()
    if BY_ITERATION & {op.name for op in program.ops}:
        return
    assert all(node.shape == () and isinstance(node.data, float | bool) for node in graph)
    assert_close(graph[graph.outputs[0]].data, loss.data)
    found = steps(graph).gradients
    for leaf in leaves:
        assert leaf.label is not None
        assert_close(
            elements(graph, leaf.label, leaf.shape, found), np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        )
        if leaf.grad is not None:
            np.testing.assert_array_equal(elements(graph, leaf.label, leaf.shape, graph.grads), leaf.grad)


@settings(max_examples=60)
@given(program=programs())
def test_it_tells_which_scalar_is_which_element(program: Any) -> None:
    leaves = [Tensor(x, label=name) for x, name in zip(program.leaves, program.names, strict=True)]
    output = program(*leaves)
    assume(isinstance(output, Tensor) and output.requires_grad and output.size)
    graph = Graph.of(output)
    try:
        scalars, places, of = graph.zoom()
    except DTypeError:
        return
    assert (len(places), len(of)) == (len(graph), len(scalars))
    seen = set()
    for node, at in zip(graph, places, strict=True):
        assert at.shape == node.shape
        assert not at.flags.writeable
        for place, k in np.ndenumerate(at):
            if k >= 0:
                assert_close(scalars.data[k], node.data[place])
                assert of[k] <= node.index  # a transpose has the elements of what it is of
                seen.add(int(k))
    for k in set(range(len(scalars))) - seen:
        assert graph[of[k]].op is not None  # made on the way to an element


#: What has no scalar graph, each with what it says of it; of compositions, some calls.
WITHOUT = {
    **dict.fromkeys(("svd", "eigh", "eigvalsh"), "computed by iteration"),
    **dict.fromkeys(
        ("svdvals()", "cond()", "matrix_norm()", "norm()", "lstsq()", "polyfit()"), "computed by iteration"
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_the_gradients_of_its_scalar_graph(name: str) -> None:
    """Recorded inside tracing, and outside."""
    refused = 0
    for case in cases_of(name):
        for block in (nullcontext, tracing):
            leaves = case.leaves()
            with block(), np.errstate(all="ignore"):
                loss = case.total(*leaves)
            try:
                graph = Graph.of(loss).to_scalars()
            except DTypeError as error:
                assert name in WITHOUT
                assert WITHOUT[name] in str(error)  # noqa: PT017 - others have one
                refused += 1
                continue
            with np.errstate(all="ignore"):
                expected, found = gradients(loss, leaves), steps(graph).gradients
            assert_close(graph[graph.outputs[0]].data, loss.item(), scale=scale_of(case, leaves))
            for leaf, gradient in zip(leaves, expected, strict=True):
                assert leaf.label is not None
                assert_close(elements(graph, leaf.label, leaf.shape, found), gradient)
    assert (refused > 0) == (name in WITHOUT)


def scale_of(case: Any, leaves: list[Tensor]) -> float:
    """How large the terms of a sum are, which may cancel."""
    with np.errstate(all="ignore"):
        return max(float(np.max(np.abs(y.numpy()), initial=0.0)) for y in case.outputs(*leaves))


def network() -> tuple[Tensor, Tensor, Tensor]:
    weights, x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W"), np.array([5.0, 6.0])
    h = autograd.tanh(weights @ x * 0.01)
    h.label = "h"
    return weights, h, (h * h).sum()


def test_every_number_between_two_elements_has_a_name_and_its_gradient() -> None:
    _, _, loss = network()
    softmax = autograd.softmax(Tensor([1.0, 2.0, 4.0], label="s"))
    softmax.label = "p"
    (softmax[1] * 1.0).backward()
    loss.backward()
    graph = Graph.of(softmax).to_scalars()
    assert [node.name for node in graph if node.name.startswith("p[0]_")] != []
    inner = [k for k, node in enumerate(graph) if node.op is not None and "_" in node.name]
    users = graph.users()
    for k in inner:
        paid = [
            (graph.slopes[user] or ())[slot] * graph.grads[user]
            for user, slot in users[k]
            if graph.grads[user] is not None
        ]  # type: ignore[operator]
        assert_close(graph.grads[k], sum(paid))


def test_a_picture_of_what_had_no_sweep_has_no_gradients() -> None:
    assert set(Graph.of(network()[2]).to_scalars().grads) == {None}


def test_a_scalar_graph_is_its_own() -> None:
    x = Value(2.0, label="x")
    y = x * x + x
    y.backward()
    graph = Graph.of(y)
    assert repr(graph.to_scalars()) == repr(graph)
    assert graph.to_scalars().grads == graph.grads


def test_an_element_that_only_moved_is_the_same_node() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W")
    graph = Graph.of(x.T.reshape(4)).to_scalars()
    assert repr(graph) == "Graph(W[0, 0], W[1, 0], W[0, 1], W[1, 1])"


def test_what_is_no_node_stands_as_a_constant() -> None:
    x = Tensor([1.0], label="x")
    graph = Graph.of(autograd.put(x, (3,), slice(1, 2))).to_scalars()
    assert [graph[i].data for i in graph.outputs] == [0.0, 1.0, 0.0]


def test_it_holds_to_the_branches_of_the_code_and_to_those_of_its_own() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W")
    with tracing():
        ordered = np.sort(x, axis=0)
        y = ordered.sum() if x.sum() > 0 else x.mean()
    graph = Graph.of(y).to_scalars()
    assert graph.replay({"W[0, 0]": 2.5})[graph.outputs[0]].data == 11.5
    with pytest.raises(GraphError, match=r"ordered = np\.sort"):
        graph.replay({"W[0, 0]": 3.5})
    with pytest.raises(GraphError, match=r"if x\.sum"):
        graph.replay({"W[0, 0]": -100.0, "W[1, 0]": -50.0})


def test_a_choice_that_was_made_outside_is_outside_of_the_scalar_graph_too() -> None:
    x = Tensor([1.0, -2.0], label="x")
    graph = Graph.of(np.where(x > 0, x, 0.0).sum()).to_scalars()
    with pytest.raises(GraphError, match="condition that is not in the graph"):
        graph.replay({"x[0]": -1.0})


def test_lines_and_scopes_are_those_of_the_tensors() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    with tracing():
        y = model(np.ones((1, 2)))
    graph, scalars = Graph.of(y), Graph.of(y).to_scalars()
    assert set(scalars.scopes) == set(graph.scopes)
    assert set(scalars.sources) == set(graph.sources)


def test_a_derivative_has_its_scalar_graph_too() -> None:
    x = Tensor([0.5, -0.25], label="x")
    slope = gradients(autograd.tanh(x).sum(), x, create_graph=True)
    second = gradients(slope.sum(), x)
    graph = Graph.of(slope.sum()).to_scalars()
    assert_close(elements(graph, "x", (2,), steps(graph).gradients), second)


def test_it_is_the_same_inside_no_grad() -> None:
    graph = Graph.of(network()[2])
    with no_grad():
        inside = graph.to_scalars()
    assert repr(inside) == repr(graph.to_scalars())


def test_nothing_of_it_is_in_a_block_that_is_open() -> None:
    x = Tensor([2.0, 1.0], label="x")
    with tracing():
        y = x[0] * 3.0
        Graph.of(np.sort(x).sum()).to_scalars()
        assert Graph.of(y).guards == ()


def test_what_has_no_scalar_graph_says_why() -> None:
    with pytest.raises(DTypeError, match=r"svd: .*by iteration"):
        Graph.of(autograd.svd(Tensor(np.eye(2)), compute_uv=False)).to_scalars()
    with pytest.raises(GraphError, match="has no elements"):
        Graph.of(Tensor(np.zeros((0, 2)))).to_scalars()
    with pytest.raises(GraphError, match="over 1,000,000 nodes: zoom into a smaller example"):
        Graph.of(Tensor(np.zeros((1100, 1000))) * 2).to_scalars()
