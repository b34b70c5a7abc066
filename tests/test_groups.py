"""Neurons and layers, as the graph shows them: what their nodes are called, and which belong together."""

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from autograd import Graph, Tensor, Value, groups


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph]


def network(sizes: list[int], rows: Any, scalars: bool = True) -> Any:
    model = nn.MLP(sizes, rng=0)
    return (model.to_scalars() if scalars else model)(rows)


def test_a_network_of_values_has_the_names_that_a_person_would_choose() -> None:
    y = network([2, 6, 4], [1.0, 2.0])
    loss = nn.cross_entropy(y, 2)
    graph = Graph.of(loss)
    assert {f"z1[{j}]" for j in range(6)} | {f"h1[{j}]" for j in range(6)} <= set(names(graph))
    assert graph.formula("h1[2]") == "h1[2] = tanh(z1[2])"
    assert graph.formula("z1[2]") == "z1[2] = z1_1[2] + b1[2]"
    assert graph.formula("z1_1[2]") == "z1_1[2] = 1 · W1[0, 2] + 2 · W1[1, 2]"
    assert graph.formula("y[3]") == "y[3] = y_1[3] + b2[3]", "what a variable holds is called by it"
    assert not any(name.startswith("v") for name in names(graph))


@given(
    sizes=st.lists(st.integers(1, 4), min_size=3, max_size=4),
    rows=st.integers(0, 3),
    activation=st.sampled_from(["tanh", "relu", "sigmoid"]),
)
def test_the_names_are_true(sizes: list[int], rows: int, activation: str) -> None:
    """What z and h are, computed by NumPy from the numbers of the model."""
    model = nn.MLP(sizes, activation=activation, rng=0)
    given = np.random.default_rng(1).normal(size=(rows, sizes[0]) if rows else sizes[0])
    outputs = model.to_scalars()(given)
    graph = Graph.of(*np.ravel(outputs).tolist(), names={})
    assert len(set(names(graph))) == len(graph)
    h: Any = given
    many = rows > 1
    for number, layer in enumerate((layer for layer in model.layers if isinstance(layer, nn.Linear)), 1):
        z = h @ layer.weight.numpy() + layer.bias.numpy()
        h = getattr(autograd, activation)(Tensor(z)).numpy()
        for letter, numbers in (("z", z), ("h", h)):
            if number == len(sizes) - 1:
                continue  # its last node is the output f, and there is no activation
            for place, x in np.ndenumerate(numbers):
                named = f"{letter}{number}[{', '.join(map(str, place if many else place[-1:]))}]"
                assert graph[named].data == pytest.approx(x), named


def test_the_objects_of_a_lecture_are_neurons_too() -> None:
    class Neuron:
        def __init__(self, inputs: int, k: int) -> None:
            self.w = [Value(0.1 * (i + k + 1)) for i in range(inputs)]
            self.b = Value(0.0)

        def __call__(self, x: Any) -> Any:
            return sum((w * v for w, v in zip(self.w, x, strict=True)), self.b).tanh()

    class Layer:
        def __init__(self, inputs: int, outputs: int) -> None:
            self.neurons = [Neuron(inputs, k) for k in range(outputs)]

    class MLP:
        def __init__(self, *sizes: int) -> None:
            self.layers = [Layer(a, b) for a, b in pairwise(sizes)]

        def __call__(self, x: Any) -> Any:
            for layer in self.layers:
                x = [neuron(x) for neuron in layer.neurons]
            return x

    model = MLP(3, 2, 2, 1)
    x = [Value(1.0), Value(2.0), Value(3.0)]
    (out,) = model(x)
    graph = Graph.of((out - 1) ** 2)
    assert graph.formula("h2[1]") == "h2[1] = tanh(z2[1])"
    assert graph["z1[1]"].data == sum(0.1 * (i + 2) * (i + 1) for i in range(3))
    titles = [group.title for group in groups(graph)]
    assert titles == [
        *("layer 1 · neuron 1", "layer 1 · neuron 2", "layer 2 · neuron 1", "layer 2 · neuron 2"),
        *("layer 3 · neuron 1", "layer 1", "layer 2", "layer 3", "loss"),
    ]
    (last,) = (group for group in groups(graph) if group.title == "layer 3 · neuron 1")
    assert {"model.layers[2].neurons[0].b", "z3[0]", "out"} <= {graph.names[i] for i in last.nodes}


def test_layers_of_arrays_are_named_and_their_elements_after_them() -> None:
    y = network([2, 3, 2], [1.0, 2.0], scalars=False)
    loss = nn.cross_entropy(y, 1)
    graph = Graph.of(loss)
    assert names(graph) == ["W1", "z1_1", "b1", "z1", "h1", "W2", "y_1", "b2", "y", "loss"]
    assert graph.to_scalars().formula("h1[2]") == "h1[2] = tanh(z1[2])"
    W, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([5.0, 6.0])  # noqa: N806
    h = np.tanh(W @ x)
    assert names(Graph.of(h)) == ["W", "x", "q", "h"], "one layer alone is none"


def test_what_may_be_read_in_two_ways_has_no_such_name() -> None:
    a, b = ([[Value(1.0 + i + j) for j in range(2)] for i in range(2)] for _ in range(2))
    product = [sum(a[i][k] * b[k][j] for k in range(2)) for i in range(2) for j in range(2)]
    assert not any(name[0] == "z" for name in names(Graph.of(sum(product), names={"a": a, "b": b})))
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    assert names(Graph.of(w[0] * x[0] + w[1] * x[1]))[-1] == "f"
    layer = {"U": a, "V": b}  # of a cell with two sums in one
    both = [sum(a[j][i] * x[i] for i in range(2)) + sum(b[j][i] * x[i] for i in range(2)) for j in range(2)]
    assert not any(name[0] == "z" for name in names(Graph.of(both[0] * both[1], names=layer | {"x": x})))


def test_what_is_taken_from_scores_so_that_exp_stays_finite_is_called_max() -> None:
    s = [Value(2.0), Value(1.0), Value(1.73)]
    p = autograd.softmax(s)
    graph = Graph.of(*p)
    assert graph.formula("s[1] − max") == "s[1] − max = s[1] − s[0]"
    assert graph.formula(graph["s[2] − max"].index + 1).endswith("exp(s[2] − max)")
    with_constant = Graph.of(sum(np.exp(x - 2.0) for x in s), names={"s": s})
    assert "s[2] − max" in names(with_constant)
    opened = Graph.of(autograd.log_softmax(Tensor([1.0, 2.0]))[0]).to_scalars()
    assert any(name.endswith(" − max") for name in names(opened))


@pytest.mark.parametrize("m", [1.0, 1.9, 2.5])
def test_what_is_not_the_largest_is_not_called_so(m: float) -> None:
    s = [Value(2.0), Value(1.0), Value(1.73)]
    assert not any("max" in name for name in names(Graph.of(sum(np.exp(x - m) for x in s))))
    difference = s[1] - s[0]
    assert names(Graph.of(np.exp(s[1] - s[0]) * difference)).count("difference") == 1
    assert not any("max" in name for name in names(Graph.of(np.exp(s[1] - s[0]) + 1)))


def test_a_replay_keeps_the_names() -> None:
    s = [Value(2.0), Value(1.0), Value(1.73)]
    with autograd.tracing():
        total = sum(np.exp(x - 2.0) for x in s)
    graph = Graph.of(total)
    assert names(graph.replay({"s[1]": 7.0})) == names(graph)


def test_groups_of_a_network_share_out_its_nodes() -> None:
    y = network([2, 6, 4], [1.0, 2.0])
    loss = nn.cross_entropy(y, 2)
    graph = Graph.of(loss)
    found = {group.title: group for group in groups(graph)}
    assert sorted(title for title in found if "neuron" in title) == [
        *(f"layer 1 · neuron {j}" for j in range(1, 7)),
        *(f"layer 2 · neuron {j}" for j in range(1, 5)),
    ]
    third = found["layer 1 · neuron 3"]
    assert {graph.names[i] for i in third.nodes} == {"W1[0, 2]", "W1[1, 2]", "b1[2]", "z1_1[2]", "z1[2]", "h1[2]"}
    assert (third.kind, third.layer, third.neuron) == ("neuron", "1", 3)
    whole = [i for title in ("layer 1", "layer 2", "loss") for i in found[title].nodes]
    assert sorted(whole) == list(range(len(graph)))
    assert sum(graph.names[i].endswith(" − max") for i in found["loss"].nodes) == 3
    assert [len(pickle.loads(pickle.dumps(group)).nodes) for group in found.values()] == [
        len(group.nodes) for group in found.values()
    ]


@given(sizes=st.lists(st.integers(1, 4), min_size=3, max_size=4), rows=st.integers(0, 3), scalars=st.booleans())
def test_no_node_is_in_two_neurons_or_two_layers(sizes: list[int], rows: int, scalars: bool) -> None:
    y = network(
        sizes, np.ones((rows, sizes[0])) * np.arange(1.0, rows + 1)[:, None] if rows else np.ones(sizes[0]), scalars
    )
    loss = (y * y).sum() if isinstance(y, Tensor | np.ndarray) else y * y
    graph = Graph.of(loss)
    found = groups(graph)
    for kind in (("neuron",), ("layer", "loss")):
        nodes = [i for group in found if group.kind in kind for i in group.nodes]
        assert len(nodes) == len(set(nodes))
    count = max(rows, 1) * sum(sizes[1:]) if scalars else 0
    assert sum(group.kind == "neuron" for group in found) == count
    users = graph.users()
    for group in found:
        inside = set(group.nodes)
        if group.kind == "neuron":  # what leaves it is its output alone
            assert len([i for i in inside if any(user not in inside for user, _ in users[i])]) <= 1


def test_rows_of_a_batch_have_neurons_of_their_own() -> None:
    y = network([2, 2, 1], [[1.0, 2.0], [3.0, 4.0]])
    graph = Graph.of(y.sum())
    titles = [group.title for group in groups(graph)]
    assert {"layer 1 · neuron 2 · row 1", "layer 1 · neuron 2 · row 2", "layer 2 · neuron 1 · row 2"} <= set(titles)


def test_a_scope_is_a_layer_where_no_weights_say_one() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.LayerNorm(3), nn.Tanh(), nn.Linear(3, 1, rng=1))
    with autograd.tracing():
        y = model(np.ones((4, 2)))
        loss = (y * y).mean()
    graph = Graph.of(loss)
    found = {group.title: {graph.names[i] for i in group.nodes} for group in groups(graph)}
    assert {"layer 1", "layer 2", "layers.1", "layers.2", "loss"} <= set(found)
    assert {"W1", "b1", "z1"} <= found["layer 1"]
    assert "loss" in found["loss"]


def test_a_computation_without_layers_has_no_groups() -> None:
    x, y = Value(1.0), Value(2.0)
    assert groups(Graph.of((x + y) * y)) == ()


def test_a_long_chain_is_no_obstacle() -> None:
    x, total = Value(1.0), Value(0.0)
    w = [[Value(0.1) for _ in range(3000)]]
    for each in w[0]:
        total = total + each * x
    graph = Graph.of(total * 2, names={"w": w, "total": total})
    assert len(set(graph.names)) == len(graph)
    assert isinstance(groups(graph), tuple)
