"""Neurons and layers, as the graph shows them: what their nodes are called, and which belong together."""

from __future__ import annotations

import pickle
from itertools import pairwise
from types import SimpleNamespace
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


def total(weights: list[Value], inputs: Any, bias: Value | None) -> Any:
    whole = sum(w * x for w, x in zip(weights, inputs, strict=True))
    return whole if bias is None else whole + bias


@given(
    sizes=st.lists(st.integers(1, 3), min_size=2, max_size=4),
    samples=st.integers(1, 3),
    has_bias=st.booleans(),
    are_values=st.booleans(),
    by_objects=st.booleans(),
)
def test_neurons_are_those_that_were_built(
    sizes: list[int], samples: int, has_bias: bool, are_values: bool, by_objects: bool
) -> None:
    """Neurons of a layer differ in weights and share inputs; samples differ in inputs and share weights."""
    if not has_bias:  # one product alone has no neighbour that says which place is the neuron's
        sizes = [max(size, 2) for size in sizes[:-1]] + sizes[-1:]
    layers = [
        [([Value(0.1 * (i - j) + 0.05) for i in range(a)], Value(0.1 * j) if has_bias else None) for j in range(b)]
        for a, b in pairwise(sizes)
    ]
    xs = [[k + 0.5 * i + 1.0 for i in range(sizes[0])] for k in range(samples)]
    inputs: Any = [[Value(number) for number in x] for x in xs] if are_values else xs
    expected: list[tuple[Any, str, str]] = []
    loss: Any = 0.0
    for row, x in enumerate(inputs):
        for number, layer in enumerate(layers, 1):
            start = f"{row}, " if samples > 1 else ""
            z = [total(weights, x, bias) for weights, bias in layer]
            x = [each.tanh() for each in z]
            for letter, nodes in (("z", z), ("h", x)):
                title = f"layer {number}" if len(layers) > 1 or not by_objects else "layer"
                ending = f" · row {row + 1}" if samples > 1 else ""
                stem = letter + title.removeprefix("layer").strip()
                expected += [
                    (node, f"{stem}[{start}{j}]", f"{title} · neuron {j + 1}{ending}") for j, node in enumerate(nodes)
                ]
        loss = sum((each - 1.0) ** 2 for each in x) + loss
    names: dict[str, Any] = {"xs" if samples > 1 else "x": inputs if samples > 1 else inputs[0]}
    if by_objects:
        neuron = [[SimpleNamespace(w=weights, b=bias) for weights, bias in layer] for layer in layers]
        names["net"] = SimpleNamespace(layers=[SimpleNamespace(neurons=each) for each in neuron])
    else:
        for number, layer in enumerate(layers, 1):
            names |= {f"W{number}": [weights for weights, _ in layer], f"b{number}": [bias for _, bias in layer]}
    graph = Graph.of(*(node for node, _, _ in expected), loss, names=names)
    of = {i: group.title for group in groups(graph) if group.kind == "neuron" for i in group.nodes}
    found = [(graph.names[i], of.get(i)) for i in graph.outputs[:-1]]
    assert len(set(graph.names)) == len(graph)
    if not has_bias and are_values and len(layers) == 1:  # nothing says which of two lists are the weights
        assert not of
    elif not has_bias and are_values and sizes[1] == 1:
        assert not any(title and title.startswith("layer 1") for title in of.values()) or by_objects
    else:
        assert found == [(name, title) for _, name, title in expected]


def test_samples_of_one_neuron_are_no_neurons() -> None:
    w, b = [Value(0.1), Value(0.2)], Value(0.3)
    xs = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], [Value(5.0), Value(6.0)]]
    out = [total(w, x, b).tanh() for x in xs]
    graph = Graph.of(sum((o - 1) ** 2 for o in out), names={"w": w, "b": b, "xs": xs})
    assert groups(graph) == ()
    assert not any(name[0] in "zh" for name in names(graph))


def test_scores_of_a_query_with_keys_are_no_layer() -> None:
    keys = [[Value(0.1 * (i + j) + 0.1) for j in range(3)] for i in range(3)]
    query = [Value(1.0), Value(2.0), Value(3.0)]
    graph = Graph.of(autograd.softmax([total(key, query, None) for key in keys])[0] * 2, names={"K": keys, "q": query})
    assert groups(graph) == ()
    assert not any(name[0] == "z" for name in names(graph))


def test_the_uses_of_a_recurrent_layer_are_steps() -> None:
    weights, biases = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.1)]], [Value(0.0), Value(1.0)]
    h: Any = [Value(0.3), Value(0.2)]
    for _ in range(3):
        h = [total(w, h, b).tanh() for w, b in zip(weights, biases, strict=True)]
    graph = Graph.of(h[0] * h[1], names={"W": weights, "b": biases})
    titles = [group.title for group in groups(graph)]
    assert sorted(titles[:6]) == [f"layer · neuron {j} · step {t}" for j in (1, 2) for t in (1, 2, 3)]
    assert titles[6:] == ["layer", "loss"]
    assert not any(name[0] in "zh" for name in names(graph))


@pytest.mark.parametrize("mine", ["z", "h"])
def test_a_list_of_a_persons_own_is_not_continued(mine: str) -> None:
    weights, biases = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.1)]], [Value(0.0), Value(1.0)]
    x, other = [Value(1.0), Value(2.0)], [Value(7.0), Value(8.0)]
    z = [total(w, x, b) for w, b in zip(weights, biases, strict=True)]
    out = sum(each.tanh() * o for each, o in zip(z, other, strict=True))
    variables = {"W": weights, "b": biases, "x": x, mine: other}
    called = names(Graph.of(out, names=variables))
    assert {f"{mine}[0]", f"{mine}[1]", f"{'zh'[mine == 'z']}[0]"} <= set(called)
    assert sum(name.startswith(mine) and not name.startswith(f"{mine}_") for name in called) == 2
    both = Graph.of(out, names=variables | {mine: z[1:]})
    assert [node.name for node in both if node.label and node.label.startswith(mine)] == [f"{mine}[0]"]
    assert sum(name.startswith(f"{mine}[") for name in names(both)) == 1


def test_what_goes_into_several_functions_stays_in_its_layer() -> None:
    first, second, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[1.0], [1.0]]), np.ones((1, 2))
    variables = {"W1": first, "W2": second}
    h, plain = np.tanh(x @ first), x @ first
    for out in (((h @ second) ** 2).sum() + plain.sum(), ((h * autograd.sigmoid(x @ first)) @ second).sum()):
        graph = Graph.of(out, names=variables | {"h": h})
        loss = [graph.names[i] for group in groups(graph) if group.kind == "loss" for i in group.nodes]
        assert "h" not in loss
    a = x @ first
    gated = Graph.of((np.tanh(a) * autograd.sigmoid(a)).sum(), names=variables | {"a": a})
    (layer,) = (group for group in groups(gated) if group.kind == "layer")
    assert [gated.formula(i).partition(" = ")[2] for i in layer.nodes] == ["", "[[1, 1]] @ W1", "tanh(a)", "σ(a)"]


def test_an_operation_of_ones_own_says_that_it_is_an_activation() -> None:
    def rule(y: Any, x: Any) -> Any:
        return np.cos(x)

    try:
        wave = autograd.elementwise("wave", np.sin, rule, doc="passes the cosine", activation=True)
        weights, biases = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.1)]], [Value(0.0), Value(1.0)]
        h = [wave(total(w, [1.0, 2.0], b)) for w, b in zip(weights, biases, strict=True)]
        assert {"h[0]", "h[1]"} <= set(names(Graph.of(h[0] * h[1], names={"W": weights, "b": biases})))
    finally:
        autograd.remove("wave")


def test_layers_of_arrays_are_named_and_their_elements_after_them() -> None:
    y = network([2, 3, 2], [1.0, 2.0], scalars=False)
    loss = nn.cross_entropy(y, 1)
    graph = Graph.of(loss)
    assert names(graph) == ["W1", "z1_1", "b1", "z1", "h1", "W2", "y_1", "b2", "y", "loss"]
    assert graph.to_scalars().formula("h1[2]") == "h1[2] = tanh(z1[2])"
    W, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([5.0, 6.0])  # noqa: N806
    h = np.tanh(W @ x)
    assert names(Graph.of(h)) == ["W", "x", "q", "h"], "one layer alone is none"


@pytest.mark.parametrize("on_the_right", [True, False])
def test_data_that_needs_a_gradient_is_no_layer(on_the_right: bool) -> None:
    X, W1, W2 = (Tensor(np.ones((2, 2)) * k) for k in (1.0, 0.5, 0.2))  # noqa: N806
    b1 = Tensor(np.ones(2) if on_the_right else np.ones((2, 1)))
    h = np.tanh((X @ W1 if on_the_right else W1 @ X) + b1)
    out = (h @ W2 if on_the_right else W2 @ h).sum()
    graph = Graph.of(out, names={"X": X, "W1": W1, "b1": b1, "W2": W2})
    assert set(names(graph)) == {"X", "W1", "W2", "b1", "z1_1", "z1", "h1", "z2", "f"}
    unclear = Graph.of((X @ W1).sum(), names={"X": X, "W1": W1})
    assert groups(unclear) == ()


def test_what_may_be_read_in_two_ways_has_no_such_name() -> None:
    a, b = ([[Value(1.0 + i + j) for j in range(2)] for i in range(2)] for _ in range(2))
    product = [sum(a[i][k] * b[k][j] for k in range(2)) for i in range(2) for j in range(2)]
    assert not any(name[0] == "z" for name in names(Graph.of(sum(product), names={"a": a, "b": b})))
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    assert names(Graph.of(w[0] * x[0] + w[1] * x[1]))[-1] == "f"
    layer = {"U": a, "V": b}  # of a cell with two sums in one
    halves = [a[0][0] * 2.0 + a[0][1] * 3.0, b[0][0] * 2.0 + b[0][1] * 3.0]
    row = [[*a[0], *b[0]]]  # whose halves would both be its neuron
    assert not any(name[0] == "z" for name in names(Graph.of(halves[0] * halves[1], names={"A": row})))
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


def test_samples_that_could_be_weights_are_no_neurons() -> None:
    samples = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    w1, w2, b = Value(0.1), Value(0.2), Value(0.3)
    ps = [x[0] * w1 + x[1] * w2 + b for x in samples]
    assert groups(Graph.of((ps[0] - 1.0) ** 2 + (ps[1] - 2.0) ** 2)) == ()
    turn = [samples[i][0] * w1 + samples[i][1] * w2 for i in range(2)]
    assert groups(Graph.of(turn[0] * turn[1])) == ()
    design, w5 = Tensor(np.ones((4, 2))), Tensor([1.0, 2.0])
    assert groups(Graph.of(((design @ w5 - 1.0) ** 2).mean())) == ()
