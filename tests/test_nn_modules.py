"""Modules, layers and activations: what they hold, what they compute, and their two forms."""

from __future__ import annotations

import copy
import math
import pickle
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, differences, numbers_of

import autograd
import nn
from autograd import DTypeError, ShapeError, Tensor, Value, tree
from nn import MLP, LeakyReLU, Linear, Module, Parameter, ReLU, Sequential, Sigmoid, Softmax, Tanh
from nn.elsewhere import INITIALISERS, MODULES, OTHERS

MEANING: dict[str, Any] = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
}


def numbers(values: Any) -> Any:
    """The plain numbers of a Tensor, or of an array of Values."""
    return values.numpy() if isinstance(values, Tensor) else numbers_of(values)


def weights(model: Module) -> list[Any]:
    """The plain numbers of every parameter array of a model of Linear layers, in order."""
    layers = [layer for layer in model.layers if isinstance(layer, Linear)]
    return [numbers(array) for layer in layers for array in (layer.weight, layer.bias)]


# One definition, two forms.


@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    activation=st.sampled_from(sorted(MEANING)),
    output=st.sampled_from([None, "softmax", "sigmoid"]),
    batch=st.sampled_from([(), (1,), (3,), (2, 2)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_both_forms_compute_what_plain_numpy_computes_with_the_same_gradients(
    sizes: list[int], activation: str, output: str | None, batch: tuple[int, ...], seed: int
) -> None:
    model = MLP(sizes, activation, output=output, rng=seed)
    scalars = model.to_scalars()
    x = np.random.default_rng(seed).normal(size=(*batch, sizes[0]))

    expected = x
    arrays = weights(model)
    for place, (w, b) in enumerate(zip(arrays[::2], arrays[1::2], strict=True), start=2):
        expected = expected @ w + b
        name = activation if place < len(sizes) else output
        expected = MEANING[name](expected) if name else expected

    y, z = model(x), scalars(x)
    is_one = (*batch, sizes[-1]) == (1,)
    assert y.shape == (*batch, sizes[-1])
    assert z.shape == (() if is_one else y.shape)
    assert isinstance(z, Value if is_one else np.ndarray)
    assert_close(y.numpy(), expected, tolerance=1e-13)
    assert_close(np.reshape(numbers(z), y.shape), expected, tolerance=1e-13)

    mixture = np.cos(np.arange(1.0, expected.size + 1)).reshape(expected.shape)
    (y * mixture).sum().backward()
    np.sum(z * mixture).backward()
    for layer, twin in zip(model, scalars, strict=True):
        if isinstance(layer, Linear):
            for tensor, values in ((layer.weight, twin.weight), (layer.bias, twin.bias)):
                assert_close([v.grad for v in values.ravel()], np.ravel(tensor.grad), tolerance=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "leaky_relu"])
def test_gradients_are_the_slopes_of_the_network_written_out(activation: str) -> None:
    model = MLP([2, 3, 2], activation, rng=5)
    x = np.array([[0.5, -1.0], [2.0, 0.25]])
    (model(x) ** 2).sum().backward()
    arrays = weights(model)
    for k, parameter in enumerate(model.parameters()):

        def loss(moved: Any, k: int = k) -> Any:
            w1, b1, w2, b2 = (*arrays[:k], moved, *arrays[k + 1 :])
            return np.sum((MEANING[activation](x @ w1 + b1) @ w2 + b2) ** 2)

        assert_close(parameter.grad, differences(loss, arrays[k], step=1e-3, levels=2), tolerance=1e-8)


def test_there_and_back_keeps_the_weights_and_their_names() -> None:
    model = MLP([3, 4, 2], "relu", rng=1)
    back = model.to_scalars().to_tensors()
    for (name, p), (name_back, q) in zip(model.named_parameters(), back.named_parameters(), strict=True):
        assert (name, p.label) == (name_back, q.label)
        np.testing.assert_array_equal(p.data, q.data)
    assert [p.label for p in back.parameters()] == ["W1", "b1", "W2", "b2"]
    assert [p.dtype for p in model.to_scalars().to_tensors(np.float32).parameters()] == [np.float32] * 4


def test_the_forms_are_copies_that_share_nothing_and_have_no_gradients() -> None:
    model = MLP([2, 3], rng=0)
    (model([1.0, 2.0]) ** 2).sum().backward()
    scalars = model.to_scalars()
    again = scalars.to_scalars()
    assert not any(p.has_grad for p in scalars.parameters())
    scalars.layers[0].weight[0, 0].data = 100.0
    assert again.layers[0].weight[0, 0].data == model.layers[0].weight.numpy()[0, 0] != 100.0


def test_values_are_labelled_by_their_place_in_the_array() -> None:
    labels = [p.label for p in MLP([2, 6, 4], rng=0).to_scalars().parameters()]
    assert labels[2] == "W1[0, 2]"
    assert labels[12] == "b1[0]"
    assert len(set(labels)) == len(labels) == 46
    assert "b2[3]" in labels


def test_a_shared_layer_stays_shared_and_counts_once() -> None:
    shared = Linear(2, 2, rng=0)
    model = Sequential(shared, Tanh(), shared)
    assert [name for name, _ in model.named_parameters()] == ["layers.0.weight", "layers.0.bias"]
    scalars = model.to_scalars()
    assert scalars[0] is scalars[2]
    assert len(scalars.parameters()) == 6


def test_constants_and_kept_results_are_no_parameters_and_lose_their_past() -> None:
    class Scaled(Module):
        def __init__(self) -> None:
            self.gain = Parameter(Tensor(2.0, label="g"))
            self.mean = Tensor([1.0, 2.0], requires_grad=False)
            self.table = Parameter({"a": [Tensor([3.0])]})

        def forward(self, x: Any) -> Any:
            self.seen = (x - self.mean) * self.gain
            return self.seen

    model = Scaled()
    model([1.0, 1.0])
    assert [name for name, _ in model.named_parameters()] == ["gain", "table.a.0"]
    scalars = model.to_scalars()
    assert isinstance(scalars.gain, Value)
    assert scalars.gain.label == "g"
    np.testing.assert_array_equal(scalars.seen, [0.0, -2.0])
    assert [float(y) for y in scalars([2.0, 2.0])] == [2.0, 0.0]
    assert isinstance(scalars.to_tensors().gain, Tensor)


def test_an_array_of_values_of_two_kinds_has_no_tensor_form() -> None:
    class Masked(Module):
        def __init__(self) -> None:
            self.w = Parameter(np.array([Value(1.0), Value(0.0)]))
            self.w[1] = Value(0.0, requires_grad=False)

    assert [name for name, _ in Masked().named_parameters()] == ["w[0]", "w[1]"]
    with pytest.raises(DTypeError, match="w: expected an array of Values that are all trained, or all frozen"):
        Masked().to_tensors()
    with pytest.raises(DTypeError, match="expected Tensors or Values, got both"):
        Parameter(np.array([Value(1.0), 0.0], dtype=object))


def test_a_module_that_holds_its_parent_is_walked_once() -> None:
    model = MLP([1, 1], rng=0)
    model.layers[0].parent = model
    assert len(model.parameters()) == 2
    assert len(model.to_scalars().parameters()) == 2


def test_parameters_are_found_in_every_kind_of_container() -> None:
    @dataclass
    class Gate:
        weight: Tensor

    class Pair(NamedTuple):
        key: Tensor
        value: Tensor

    class Cell(Module):
        def __init__(self) -> None:
            self.gate = Parameter(Gate(Tensor([1.0])))
            self.pair = Parameter(Pair(Tensor([2.0]), Tensor([3.0])))
            self.experts = np.array([Linear(1, 1, bias=False, rng=0), None], dtype=object)
            self.table = Parameter({"a": {7: np.array([4.0])}})

    cell = Cell()
    names = ["gate.weight", "pair.key", "pair.value", "experts[0].weight", "table.a.7"]
    assert [name for name, _ in cell.named_parameters()] == names
    assert "\n  experts[0]: Linear(1, 1" in repr(cell)
    scalars = cell.to_scalars()
    assert [name for name, _ in scalars.named_parameters()] == [
        f"{name}[0, 0]" if "experts" in name else f"{name}[0]" for name in names
    ]
    assert not any(isinstance(parameter, Tensor) for parameter in scalars.parameters())
    assert scalars.pair.key[0].data == 2.0


def test_a_module_that_holds_itself_has_a_repr_and_one_list_of_parameters() -> None:
    model = Linear(1, 1)
    model.me = [model]
    model.lists = Parameter([Tensor(1.0)])
    model.lists.append(model.lists)
    assert [name for name, _ in model.named_parameters()] == ["weight", "bias", "lists.0"]
    assert repr(model) == "Linear(1, 1) · 3 parameters"


def test_modules_that_share_modules_are_walked_in_no_time() -> None:
    class Both(Module):
        def __init__(self, inner: Module) -> None:
            self.left = self.right = inner

    model: Module = Linear(1, 1)
    for _ in range(60):
        model = Both(model)
    assert len(model.parameters()) == 2


def test_a_network_is_a_tree() -> None:
    def negative(leaf: Any) -> Any:
        return Tensor(-leaf.numpy()) if isinstance(leaf, Tensor) else leaf

    model = MLP([2, 3, 1], "relu", rng=0)
    found = dict(tree.leaves_with_paths({"model": model}))
    assert found["['model'].layers[2].weight"] is model.layers[2].weight
    other = tree.map(negative, model)
    x = [0.5, -1.0]
    assert tree.map(negative, other)(x).item() == model(x).item() != other(x).item()


# What Karpathy's code does.


def test_lists_of_values_and_of_numbers_go_in_and_their_gradients_come_out() -> None:
    x = [Value(2.0), Value(-3.0)]
    model = MLP([2, 4, 1], rng=0).to_scalars()
    y = model(x)
    y.backward()
    assert y.data == model([2.0, -3.0]).data
    for k in range(2):

        def output(v: Any, k: int = k) -> float:
            point = [2.0, -3.0]
            point[k] = float(v)
            return model(point).data

        assert_close(x[k].grad, differences(output, x[k].data), tolerance=1e-7)
    assert model([x, x]).shape == (2, 1)


def test_micrograds_training_loop_runs() -> None:
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    model = MLP([3, 4, 4, 1], rng=0).to_scalars()
    for _ in range(60):
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data += -0.05 * p.grad
    assert loss.data < 0.01


def test_a_model_of_lists_of_values_is_a_module() -> None:
    class Neuron(Module):
        def __init__(self, count: int) -> None:
            self.w = Parameter([Value(0.5) for _ in range(count)])
            self.b = Parameter(Value(0.0))

        def forward(self, x: Any) -> Any:
            return sum((w * x for w, x in zip(self.w, x, strict=True)), self.b).tanh()

    class Layer(Module):
        def __init__(self) -> None:
            self.neurons = [Neuron(2), Neuron(2)]

        def forward(self, x: Any) -> Any:
            return [neuron(x) for neuron in self.neurons]

    layer = Layer()
    names = [name for name, _ in layer.named_parameters()]
    assert names == [f"neurons.{i}.{name}" for i in range(2) for name in ("w.0", "w.1", "b")]
    twin = layer.to_tensors()
    assert_close([y.item() for y in twin([1.0, 2.0])], [y.data for y in layer([1.0, 2.0])], tolerance=1e-15)
    assert repr(layer).splitlines() == [
        "Layer() · 6 parameters, as Values",
        "  neurons.0: Neuron() · 3 parameters, as Values",
        "  neurons.1: Neuron() · 3 parameters, as Values",
    ]


def test_the_scalar_graph_bears_the_names_of_the_parameters() -> None:
    model = MLP([2, 1], rng=0).to_scalars()
    graph = autograd.Graph.of(model([3.0, 4.0]))
    assert [node.name for node in graph if node.is_leaf] == ["W1[0, 0]", "W1[1, 0]", "b1[0]"]
    assert len(graph) == 5


# Activations.


@pytest.mark.parametrize("name", sorted(MEANING))
def test_activations_by_name_take_every_kind_of_input(name: str) -> None:
    (_, layer) = MLP([1, 1, 1], name, rng=0).layers[:2]
    x = [[-2.0, -0.5, 0.25], [3.0, 1.0, -1.0]]
    expected = MEANING[name](np.array(x))
    for given_x in (x, np.array(x), Tensor(x), [[Value(v) for v in row] for row in x]):
        assert_close(numbers(layer(given_x)), expected, tolerance=1e-15)


def test_activations_are_exact_far_out() -> None:
    far = [-1e4, 1e4]
    for x in (Tensor(far), [Value(v) for v in far]):
        assert numbers(Sigmoid()(x)).tolist() == [0.0, 1.0]
        assert numbers(Tanh()(x)).tolist() == [-1.0, 1.0]
        assert numbers(ReLU()(x)).tolist() == [0.0, 1e4]
        assert numbers(LeakyReLU(0.5)(x)).tolist() == [-5e3, 1e4]
        assert numbers(Softmax()(x)).tolist() == [0.0, 1.0]


def test_an_activation_given_as_a_module_is_copied_to_each_place() -> None:
    given_one = LeakyReLU(0.2)
    model = MLP([2, 3, 3, 1], given_one, rng=0)
    places = [layer for layer in model if isinstance(layer, LeakyReLU)]
    assert [place.alpha for place in places] == [0.2, 0.2]
    assert len({id(place) for place in [given_one, *places]}) == 3
    assert [type(layer) for layer in MLP([2, 3, 1], None, rng=0)] == [Linear, Linear]


# Weights.


def test_the_seed_decides_the_weights_and_a_generator_goes_on() -> None:
    def draw(rng: Any) -> list[list[float]]:
        return [w.ravel().tolist() for w in weights(MLP([2, 3, 2], rng=rng))]

    assert draw(7) == draw(7) == draw(np.random.default_rng(7))
    assert draw(7) != draw(8)
    assert draw(None) != draw(None)
    generator = np.random.default_rng(7)
    assert draw(generator) != draw(generator)
    state = np.random.get_state()[1].tolist()
    draw(None)
    assert np.random.get_state()[1].tolist() == state


@pytest.mark.parametrize(("activation", "limit"), [("tanh", math.sqrt(6 / 300)), ("relu", math.sqrt(6 / 200))])
def test_weights_fill_the_range_that_suits_the_activation(activation: str, limit: float) -> None:
    first = weights(MLP([200, 100, 1], activation, rng=0))[0]
    assert 0.99 * limit < np.abs(first).max() <= limit
    assert_close(first.std(), limit / math.sqrt(3), tolerance=0.01)
    assert all(not b.any() for b in weights(MLP([200, 100, 1], activation, rng=0))[1::2])


def test_float32_weights_are_the_float64_ones_rounded_and_stay_float32() -> None:
    small, large = MLP([2, 3, 1], rng=0, dtype=np.float32), MLP([2, 3, 1], rng=0)
    for p, q in zip(small.parameters(), large.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data.astype(np.float32))
    y = small(np.float32([1.0, 2.0]))
    y.sum().backward()
    assert {y.dtype, *(p.grad.dtype for p in small.parameters())} == {np.dtype(np.float32)}


def test_weights_of_ones_own_and_no_bias() -> None:
    layer = Linear(2, 3, bias=False, init=lambda shape, rng: np.ones(shape))
    assert layer([1.0, 2.0]).numpy().tolist() == [3.0, 3.0, 3.0]
    assert repr(layer) == "Linear(2, 3, bias=False) · 6 parameters"
    assert len(layer.to_scalars().parameters()) == 6
    with pytest.raises(ShapeError, match=r"expected weights of shape \(2, 3\), got \(3, 2\)"):
        Linear(2, 3, init=lambda shape, rng: np.ones(shape[::-1]))


def test_labels_are_numbered_where_none_was_given() -> None:
    model = Sequential(Linear(2, 2), Linear(2, 2, label="_out"), Linear(2, 2))
    assert [p.label for p in model.parameters()] == ["W1", "b1", "W_out", "b_out", "W3", "b3"]
    assert [p.label for p in Sequential(model, Linear(2, 2)).parameters()][:2] == ["W1", "b1"]
    assert [p.label for p in Linear(2, 2).parameters()] == ["W", "b"]


def test_zero_grad_forgets() -> None:
    for model in (MLP([2, 1], rng=0), MLP([2, 1], rng=0).to_scalars()):
        model([1.0, 2.0]).sum().backward()
        assert all(p.has_grad for p in model.parameters())
        model.zero_grad()
        assert not any(p.has_grad for p in model.parameters())


def test_a_deep_copy_is_a_model_of_its_own() -> None:
    model = MLP([2, 2, 1], rng=0)
    twin = copy.deepcopy(model)
    twin.parameters()[0].data = np.zeros((2, 2))
    assert model.parameters()[0].numpy().all()


# What is said when something does not fit.

TENSORS = MLP([2, 3, 1], rng=0)
SCALARS = TENSORS.to_scalars()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: TENSORS([1.0, 2.0, 3.0]),
            ShapeError,
            r"Linear\(2, 3\) with W1: .*, got \(3,\): give each",
        ),
        (lambda: SCALARS(np.ones((2, 5))), ShapeError, r"got \(2, 5\): samples are rows here: use x.T"),
        (lambda: TENSORS(1.0), ShapeError, r"got \(\): put a single number in a list"),
        (lambda: TENSORS(Value(1.0)), ShapeError, "put a single number in a list"),
        (lambda: Linear(1, 1)([1.0, 2.0]), ShapeError, r"with x.reshape\(-1, 1\)"),
        (lambda: TENSORS([[1.0, 2.0], [3.0]]), ShapeError, "Linear: expected an array, or lists of equal lengths"),
        (lambda: TENSORS(["a", "b"]), DTypeError, "Linear: expected real numbers, got text"),
        (lambda: TENSORS([Value(1.0), 2.0]), DTypeError, r"x holds Values: use model.to_scalars\(\)"),
        (lambda: SCALARS(Tensor([1.0, 2.0])), DTypeError, r"x is a Tensor: give x.numpy\(\)"),
        (lambda: TENSORS([Tensor(1.0), Tensor(2.0)]), TypeError, "autograd.stack"),
        (lambda: MLP(2, [3, 1]), TypeError, r"sizes of all layers in one list, such as \[2, 6, 4\], got 2"),
        (lambda: MLP("ab"), TypeError, "in one list"),
        (lambda: MLP([2]), ValueError, "at least two sizes"),
        (lambda: MLP([2, 0]), ValueError, r"sizes\[1\]: expected a positive int, got 0"),
        (lambda: MLP([2, 2.5]), TypeError, r"sizes\[1\]: expected a positive int, got 2.5"),
        (lambda: Linear(True, 2), TypeError, "in_features: expected a positive int, got True"),
        (lambda: Linear(2, -1), ValueError, "out_features: expected a positive int, got -1"),
        (lambda: Linear(2, 2, dtype=int), DTypeError, "use np.float64 or np.float32"),
        (lambda: SCALARS.to_tensors(complex), DTypeError, "use np.float64 or np.float32"),
        (lambda: MLP([2, 2, 2], "gelo"), ValueError, "expected one of .*'leaky_relu', .*, got 'gelo'"),
        (lambda: MLP([2, 2, 2], Tanh), TypeError, r"or a Module such as LeakyReLU\(0.2\), got <class"),
        (lambda: LeakyReLU(math.nan), ValueError, "LeakyReLU: alpha: expected a finite number such as 0.01, got nan"),
        (lambda: LeakyReLU("a"), DTypeError, "LeakyReLU: alpha: expected real numbers, got text"),
        (lambda: Sequential(np.tanh), TypeError, r"expected Modules such as Linear\(2, 6\) and Tanh\(\), got <ufunc"),
        (lambda: Module()(1.0), NotImplementedError, r"define forward\(self, x\)"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_public_names_are_sorted_and_there() -> None:
    assert nn.__all__ == sorted(nn.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(nn, name) for name in nn.__all__)


# Scopes: inside tracing, nodes know the Modules whose calls made them.


class Block(Module):
    """Calls a Module that it holds, one that its holder has, one that nobody holds, and itself once more."""

    def __init__(self, inner: Module) -> None:
        self.parts = {"inner": inner}
        self.depth = 0

    def forward(self, x: Any) -> Any:
        x = abs(self.parts["inner"](x)) + LOOSE(x)
        if self.depth:
            self.depth -= 1
            return self(x)
        return x


class Model(Module):
    def __init__(self) -> None:
        self.shared = Linear(2, 2, rng=0)
        self.blocks = [Block(self.shared), Block(MLP([2, 2, 2], rng=0))]

    def forward(self, x: Any) -> Any:
        x = self.shared(x) * 2.0
        for block in self.blocks:
            x = block(x)
        return self.blocks[1].parts["inner"].layers[0](x)


LOOSE = Sigmoid()


def scopes(graph: autograd.Graph) -> list[str]:
    """The scope of what is computed, in order, each once."""
    return list(dict.fromkeys("/".join(node.scope) for node in graph if node.op is not None))


@pytest.mark.parametrize("form", [Module.to_tensors, Module.to_scalars])
def test_nodes_know_the_modules_whose_calls_made_them(form: Any) -> None:
    model = form(Model())
    x = np.array([0.5, -1.0])
    with autograd.tracing():
        y = np.sum(model(x))
        z = np.sum(model.shared(x))
    silent = np.sum(model(x))
    assert scopes(autograd.Graph.of(y)) == [
        "Model/shared",
        "Model",
        "Model/blocks.0/parts.inner",
        "Model/blocks.0",
        "Model/blocks.0/Sigmoid",
        "Model/blocks.1/parts.inner/layers.0",
        "Model/blocks.1/parts.inner/layers.1",
        "Model/blocks.1/parts.inner/layers.2",
        "Model/blocks.1",
        "Model/blocks.1/Sigmoid",
        "Model/blocks.1.parts.inner.layers.0",
        "",
    ]
    assert scopes(autograd.Graph.of(z)) == ["Linear", ""]
    assert scopes(autograd.Graph.of(silent)) == [""]
    assert numbers(silent) == numbers(y)


def test_a_module_that_calls_itself_and_one_that_fails() -> None:
    block = Block(Linear(2, 2, rng=0))
    block.depth = 1
    with autograd.tracing():
        with pytest.raises(ShapeError):
            block([1.0, 2.0, 3.0])
        y = block([1.0, 2.0])
        with autograd.scope("mine"):
            z = LOOSE(y)
    assert scopes(autograd.Graph.of(z)) == [
        "Block/parts.inner",
        "Block",
        "Block/Block/parts.inner",
        "Block/Block",
        "Block/Block/Sigmoid",
        "mine/Sigmoid",
    ]


@pytest.mark.parametrize("part", [slice(2), slice(1, None), slice(None, None, -1), slice(0, 0)])
def test_a_slice_of_a_model_is_a_model_of_the_same_layers(part: slice) -> None:
    model = MLP([2, 3, 3, 2], rng=0)
    found = model[part]
    assert isinstance(found, Sequential)
    assert all(a is b for a, b in zip(found, model.layers[part], strict=True))
    x = np.ones((4, 2 if part.step is None and not part.start else 3))
    if part.step is None:
        head, tail = model[:3], model[3:]
        np.testing.assert_array_equal(tail(head(np.ones(2))).numpy(), model(np.ones(2)).numpy())
        assert found(x).shape[0] == 4


@pytest.mark.parametrize("name", [*OTHERS, "Linera"])
def test_what_pytorch_has_is_refused_with_what_is_written_here(name: str) -> None:
    with pytest.raises(AttributeError, match=f"^module 'nn' has no attribute '{name}'") as caught:
        getattr(nn, name)
    assert str(caught.value).endswith(OTHERS.get(name, "'Linera'"))
    for word in re.findall(r"nn\.(\w+)", OTHERS.get(name, "")):
        assert word in nn.__all__


@pytest.mark.parametrize("name", [*INITIALISERS, "fill"])
def test_initialisers_that_write_are_refused_with_those_that_give(name: str) -> None:
    with pytest.raises(AttributeError, match=f"^module 'nn.init' has no attribute '{name}'") as caught:
        getattr(nn.init, name)
    for word in re.findall(r"nn\.init\.(\w+)", str(caught.value)):
        assert word in nn.init.__all__


@pytest.mark.parametrize("name", MODULES)
def test_methods_that_pytorch_has_are_refused_and_may_be_attributes(name: str) -> None:
    class Own(Module):
        def forward(self, x: Any) -> Any:
            return x

    model = Own()
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=f"^Own has no attribute '{name}': "):
        getattr(model, name)
    setattr(model, name, 3)
    assert getattr(model, name) == 3


def test_a_property_that_fails_says_what_it_missed() -> None:
    class Own(Module):
        @property
        def size(self) -> Any:
            return self.nothing

    with pytest.raises(AttributeError, match="'Own' object has no attribute 'nothing'"):
        Own().size  # noqa: B018 - it is asked for


def test_all_modules_are_found_once() -> None:
    layer, between = Linear(2, 2), Tanh()
    model = Sequential(layer, between, layer)
    assert list(model.modules()) == [model, layer, between]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_declaration_can_be_copied(copied: Any) -> None:
    twin = copied(Parameter([1.0, 2.0]))
    assert repr(twin) == repr(Parameter([1.0, 2.0]))
