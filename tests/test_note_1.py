"""Note 1: a simple multilayer network.

From one neuron to layers of them: what each activation is good and bad at, why the graph has no cycles, how much a
network can represent, and backpropagation on (x + y)·z. It ends with a network whose backward is written by hand, and
stops.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from notes import MATERIALS, Array, numbers, one_hot, sigma, softened, sweep

import autograd
import nn
from autograd import Graph, Tensor, Value, check

# A neuron, and a layer of them.


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_single_neuron(form: str) -> None:
    neuron = nn.Neuron(2, "sigmoid", rng=0)
    neuron.weight, neuron.bias = [0.5, -1.0], 0.25
    neuron = neuron.to_scalars() if form == "s" else neuron
    y = neuron([2.0, 3.0])
    out = sigma(0.5 * 2 - 1.0 * 3 + 0.25)
    assert y.data == pytest.approx(out, rel=1e-15)
    y.backward()
    slope = out * (1 - out)
    found = np.concatenate([np.ravel(p.grad) for p in neuron.parameters()])
    np.testing.assert_allclose(found, [2 * slope, 3 * slope, slope], rtol=1e-14)


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_classifier_of_one_layer(form: str) -> None:
    rng = np.random.default_rng(0)
    classes = np.arange(30) % 3
    x = rng.normal(size=(30, 2)) / 3 + np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])[classes]
    layer = nn.Linear(2, 3, rng=0)
    w, b = layer.weight.numpy().copy(), layer.bias.numpy().copy()
    layer = layer.to_scalars() if form == "s" else layer
    loss = nn.cross_entropy(layer(x), classes)
    loss.backward()
    error = (softened(x @ w + b) - one_hot(classes, 3)) / 30
    found = np.concatenate([np.ravel(p.grad) for p in layer.parameters()])
    np.testing.assert_allclose(found, np.concatenate([(x.T @ error).ravel(), error.sum(axis=0)]), rtol=1e-10)
    optimizer = nn.SGD(layer.parameters(), lr=1.0)
    nn.fit(layer, nn.cross_entropy, (x, classes), optimizer=optimizer, epochs=20, batch_size=None, progress=False)
    assert nn.accuracy(numbers(layer(x)), classes) == 1.0


# Activations.


@pytest.mark.parametrize("make", MATERIALS)
def test_the_slope_of_the_sigmoid_is_a_quarter_at_most_and_vanishes(make: Any) -> None:
    x = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])
    (slopes,) = sweep(autograd.sigmoid(node := make(x)), node)
    np.testing.assert_allclose(slopes, sigma(x) * (1 - sigma(x)), rtol=1e-9)
    assert slopes.max() == slopes[2] == 0.25
    assert slopes[[0, 4]].max() < 5e-5
    deep = start = make(0.0)
    for _ in range(10):
        deep = autograd.sigmoid(deep)
    expected, at = 1.0, 0.0
    for _ in range(10):
        at = float(sigma(at))
        expected *= at * (1 - at)
    assert float(sweep(deep, start)[0]) == pytest.approx(expected, rel=1e-13)
    assert expected < 0.25**10


@pytest.mark.parametrize("form", ["s", "t"])
def test_outputs_that_are_not_centred_bind_the_signs_of_the_next_weights(form: str) -> None:
    """All inputs of the second layer are positive, so the weights of each of its units go up or down together."""
    x = np.random.default_rng(0).normal(size=5)
    for activation, is_bound in (("sigmoid", True), ("tanh", False)):
        model = nn.MLP([5, 6, 3], activation, rng=0)
        model = model.to_scalars() if form == "s" else model
        nn.cross_entropy(model(x), 1).backward()
        found = np.concatenate([np.ravel(p.grad) for p in model.parameters()])
        signs = np.sign(found[-21:-3].reshape(6, 3))
        assert bool((signs == signs[0]).all()) is is_bound


@pytest.mark.parametrize("make", MATERIALS)
def test_tanh_is_a_sigmoid_scaled_and_shifted(make: Any) -> None:
    x = np.linspace(-4, 4, 17)
    one, other = make(x), make(x)
    y, z = autograd.tanh(one), 2 * autograd.sigmoid(2 * other) - 1
    np.testing.assert_allclose(numbers(y), numbers(z), atol=1e-15)
    np.testing.assert_allclose(numbers(y), np.tanh(x), rtol=1e-15)
    (of_one,), (of_other,) = sweep(y, one), sweep(z, other)
    np.testing.assert_allclose(of_one, of_other, rtol=1e-11)
    np.testing.assert_allclose(of_one, 1 - np.tanh(x) ** 2, rtol=1e-11)
    assert numbers(y).mean() == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_relu_dies_and_a_leaky_one_comes_back(form: str) -> None:
    x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [3.0]])
    for activation, slope in (("relu", 0.0), (nn.LeakyReLU(0.01), 0.01)):
        model = nn.MLP([1, 1, 1], activation, rng=0)
        model[0].weight, model[0].bias, model[2].weight, model[2].bias = [[-1.0]], [0.0], [[1.0]], [0.0]
        kinds = nn.diagnose(model, (x, y)).kinds
        assert ("dead units" in kinds) is (slope == 0.0)
        used = model.to_scalars() if form == "s" else model
        nn.mse(used(x).reshape(3, 1), y).backward()
        error = -slope * x - y
        np.testing.assert_allclose(np.ravel(used.parameters()[0].grad), np.mean(2 * error * slope * x), rtol=1e-13)
        optimizer = nn.SGD(used.parameters(), lr=0.05)
        nn.fit(used, nn.mse, (x, y), optimizer=optimizer, epochs=150, batch_size=None, progress=False)
        is_stuck = float(np.ravel(used.state_dict()["layers.0.weight"])[0]) == -1.0
        assert is_stuck is (slope == 0.0)


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize(("x", "first"), [(3.0, True), (-2.0, False)])
def test_maxout_is_the_larger_of_two_lines(make: Any, x: float, first: bool) -> None:
    w1, b1, w2, b2 = (make(number) for number in (1.0, 0.5, -2.0, -1.0))
    y = autograd.maximum(w1 * x + b1, w2 * x + b2)
    assert float(y.data) == max(1.0 * x + 0.5, -2.0 * x - 1.0)
    found = [float(g) for g in sweep(y, w1, b1, w2, b2)]
    assert found == ([x, 1.0, 0.0, 0.0] if first else [0.0, 0.0, x, 1.0])


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_layer_of_maxout_holds_relu_and_the_absolute_value(form: str) -> None:
    x = np.linspace(-2, 2, 8)[:, None]
    layer = nn.Maxout(1, 2, rng=0)
    layer.weight, layer.bias = [[1.0, 0.0, 1.0, -1.0]], np.zeros(4)
    layer = layer.to_scalars() if form == "s" else layer
    np.testing.assert_array_equal(numbers(layer(x)), np.hstack([np.maximum(0, x), abs(x)]))


# The graph.


def test_a_cycle_cannot_be_made() -> None:
    x = Value(1.0)
    y = before = x * 2.0
    with pytest.raises(autograd.LostGradientError, match="data of a Value: expected one real number, got a Value"):
        x.data = y  # type: ignore[assignment]
    y = y + 1.0
    y += y
    assert y is not before
    t = Tensor([1.0, 2.0])
    u = t * 2.0
    t[0] = u[1]
    t += u
    for result in (y, before, t.sum(), u.sum()):
        graph = Graph.of(result)
        assert len(set(graph.names)) == len(graph)
        for place, node in enumerate(graph):
            assert all(i < place for i in node.inputs if isinstance(i, int))


def test_every_network_is_sorted() -> None:
    model = nn.MLP([2, 3, 3, 1], rng=0).to_scalars()
    graph = Graph.of(model([1.0, 2.0]))
    assert all(i < place for place, node in enumerate(graph) for i in node.inputs if isinstance(i, int))


@pytest.mark.parametrize("make", MATERIALS)
def test_the_sum_times_z(make: Any) -> None:
    x, y, z = make(-2.0, "x"), make(5.0, "y"), make(-4.0, "z")
    q = x + y
    f = q * z
    f.backward()
    assert [float(node.data) for node in (q, f)] == [3.0, -12.0]
    assert [float(node.grad) for node in (q, x, y, z)] == [-4.0, -4.0, -4.0, 3.0]


# Capacity.


def through_points(f: Any, knots: Array) -> nn.MLP:
    """One hidden layer of ReLUs, one for each piece: the broken line through points of a function."""
    heights = f(knots)
    slopes = np.diff(heights) / np.diff(knots)
    model = nn.MLP([1, len(slopes), 1], "relu", rng=0)
    model[0].weight, model[0].bias = np.ones((1, len(slopes))), -knots[:-1]
    model[2].weight, model[2].bias = np.diff(slopes, prepend=0.0)[:, None], heights[:1]
    return model


@pytest.mark.parametrize(("f", "bend"), [(np.sin, 1.0), (lambda x: np.exp(-x * x), 2.0), (lambda x: x**3 / 9, 2.0)])
def test_one_hidden_layer_comes_as_near_to_a_function_as_you_like(f: Any, bend: float) -> None:
    x = np.linspace(-3, 3, 601)[:, None]
    for units in (8, 32, 128):
        model = through_points(f, np.linspace(-3, 3, units + 1))
        far = abs(model(x).numpy() - f(x)).max()
        assert far < bend * (6 / units) ** 2 / 8 * 1.001  # the bound of interpolation: h²/8 · max |f''|


def pieces(model: nn.Module) -> int:
    """Of how many straight pieces a function of one input on (0, 1) is made: its bends between points, and one more."""
    y = model(np.linspace(0, 1, 4097)[:, None]).numpy()[:, 0]
    bends = np.flatnonzero(abs(np.diff(y, 2)) > 1e-12)
    return 1 + int(np.sum(np.diff(bends, prepend=-9) > 1))  # a bend between two points shows at both


def test_depth_folds_where_width_adds() -> None:
    """Two units make a tent. Another layer of it folds what comes in, and doubles the pieces; another unit adds one."""
    for layers in (1, 2, 3, 4):
        model = nn.MLP([1, *[2] * layers, 1], "relu", rng=0)
        model[0].weight, model[0].bias = [[1.0, 1.0]], [0.0, -0.5]
        for k in range(1, layers):
            model[2 * k].weight, model[2 * k].bias = [[2.0, 2.0], [-4.0, -4.0]], [0.0, -0.5]
        model[2 * layers].weight, model[2 * layers].bias = [[2.0], [-4.0]], [0.0]
        assert pieces(model) == 2**layers
    for seed in range(5):
        wide = nn.MLP([1, 8, 1], "relu", rng=seed)
        wide[0].bias = -np.random.default_rng(seed).uniform(0, 1, 8) * wide[0].weight.numpy()[0]
        assert 4 < pieces(wide) <= 9


def powers(x: Any, degree: int = 9) -> Array:
    return np.vander(x, degree + 1, increasing=True)


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_penalty_keeps_ten_powers_from_fitting_the_noise(form: str) -> None:
    rng = np.random.default_rng(0)
    x, unseen = np.linspace(-1, 1, 10), np.linspace(-1, 1, 101)
    y = np.sin(3 * x) + 0.3 * rng.normal(size=10)
    far, size = [], []
    for strength in (1e-9, 1e-2):
        # Of a quadratic loss one step of Newton, −H⁻¹g from 0, is the minimum; in NumPy, the normal equations.
        layer = nn.Linear(10, 1, bias=False, rng=0)
        layer.weight = np.zeros((10, 1))
        used = layer.to_scalars() if form == "s" else layer
        loss = nn.mse(used(powers(x)).reshape(10, 1), y[:, None]) + strength * nn.l2_penalty(used.parameters())
        loss.backward()
        gradient = np.ravel([p.grad for p in used.parameters()])
        curvature = 2 * powers(x).T @ powers(x) / 10 + 2 * strength * np.eye(10)
        layer.weight = -np.linalg.solve(curvature, gradient)[:, None]
        expected = np.linalg.solve(powers(x).T @ powers(x) / 10 + strength * np.eye(10), powers(x).T @ y / 10)
        np.testing.assert_allclose(layer.weight.numpy()[:, 0], expected, rtol=1e-4, atol=1e-6)
        far.append(np.mean((layer(powers(unseen)).numpy()[:, 0] - np.sin(3 * unseen)) ** 2))
        size.append(np.sum(expected**2))
    assert far[1] < far[0] / 2
    assert size[1] < size[0] / 100


@pytest.mark.parametrize("make", MATERIALS)
def test_a_penalty_is_a_decay_of_weights(make: Any) -> None:
    start = np.array([1.0, -2.0, 3.0])
    one, other = make(start), make(start)
    pulled = nn.SGD(list(one) if make is MATERIALS[0] else [one], lr=0.1)
    (np.sum(one * [1.0, 2.0, 3.0]) + 0.5 / 2 * nn.l2_penalty(one)).backward()
    pulled.step()
    decayed = nn.SGD(list(other) if make is MATERIALS[0] else [other], lr=0.1, weight_decay=0.5)
    np.sum(other * [1.0, 2.0, 3.0]).backward()
    decayed.step()
    np.testing.assert_allclose(numbers(one), start - 0.1 * (np.array([1.0, 2.0, 3.0]) + 0.5 * start), rtol=1e-15)
    np.testing.assert_allclose(numbers(one), numbers(other), rtol=1e-15)


# The network that is written by hand.

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])


class NeuralNetwork:
    """Layers of sigmoids, and a backward that counts the layers: it is what the note does, with its signature."""

    def __init__(self, num_inputs: int, num_hidden_layers: int, num_hidden_units: int, num_outputs: int) -> None:
        rng = np.random.default_rng(0)
        sizes = [num_inputs, *[num_hidden_units] * num_hidden_layers, num_outputs]
        self.weights = [rng.normal(size=(m, n)) for m, n in pairwise(sizes)]
        self.biases = [rng.normal(size=n) for n in sizes[1:]]

    def forward(self, inputs: Array) -> Array:
        self.outputs = [inputs]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            self.outputs.append(sigma(self.outputs[-1] @ weight + bias))
        return self.outputs[-1]

    def delta_before(self, layer: int, delta: Array) -> Array:
        """Stops: behind the last layer there are no weights."""
        below = delta @ self.weights[layer + 1].T
        return below * self.outputs[layer] * (1 - self.outputs[layer])

    def backward(self, inputs: Array, targets: Array) -> None:
        output = self.outputs[-1]
        delta = (output - targets) * output * (1 - output)
        self.d_weights: list[Any] = [None] * len(self.weights)
        self.d_biases: list[Any] = [None] * len(self.weights)
        for layer in reversed(range(len(self.weights))):
            self.d_weights[layer] = self.outputs[layer].T @ delta
            self.d_biases[layer] = delta.sum(axis=0)
            delta = self.delta_before(layer, delta)

    def train(self, inputs: Array, targets: Array, rate: float, epochs: int) -> None:
        for _ in range(epochs):
            self.forward(inputs)
            self.backward(inputs, targets)
            for k in range(len(self.weights)):
                self.weights[k] = self.weights[k] - rate * self.d_weights[k]
                self.biases[k] = self.biases[k] - rate * self.d_biases[k]

    def predict(self, inputs: Array) -> Array:
        return np.round(self.forward(inputs))


class Mended(NeuralNetwork):
    def delta_before(self, layer: int, delta: Array) -> Array:
        return (delta @ self.weights[layer].T) * self.outputs[layer] * (1 - self.outputs[layer])


class Doubled(Mended):
    """Of the first layer every gradient is twice what it should be."""

    def delta_before(self, layer: int, delta: Array) -> Array:
        return (2 if layer == 1 else 1) * super().delta_before(layer, delta)


class Averaged(Mended):
    """The biases get the mean over the batch, the weights the sum."""

    def backward(self, inputs: Array, targets: Array) -> None:
        super().backward(inputs, targets)
        self.d_biases = [bias / len(inputs) for bias in self.d_biases]


def half_squared(outputs: Any, targets: Any) -> Any:
    return 0.5 * np.sum((outputs - targets) ** 2)


@pytest.mark.parametrize("layers", [1, 2])
def test_as_listed_it_stops_in_its_first_backward(layers: int) -> None:
    with pytest.raises(IndexError, match="list index out of range"):
        NeuralNetwork(2, layers, 3, 1).train(INPUTS, TARGETS, 0.1, 1)
    report = check.audit(NeuralNetwork(2, layers, 3, 1), None, INPUTS, TARGETS, loss=half_squared)
    (finding,) = report.wrong
    assert "stopped with IndexError" in finding.message
    assert "self.weights[layer + 1]" in (finding.source or "")


@pytest.mark.parametrize("layers", [1, 2])
def test_mended_every_element_is_proven(layers: int) -> None:
    report = check.audit(Mended(2, layers, 3, 1), None, INPUTS, TARGETS, loss=half_squared)
    assert report, str(report)
    assert report.checked["element"] == 3 * 3 + 4 + 12 * (layers - 1)


def test_the_audit_says_which_parameter_is_wrong_and_by_how_much() -> None:
    report = check.audit(Doubled(2, 1, 3, 1), None, INPUTS, TARGETS, loss=half_squared)
    assert {finding.name: finding.factor for finding in report.wrong} == {"weights[0]": 2.0, "biases[0]": 2.0}
    report = check.audit(Averaged(2, 2, 3, 1), None, INPUTS, TARGETS, loss=half_squared)
    found = {finding.name: finding.factor for finding in report.wrong}
    assert found == {"biases[0]": 0.25, "biases[1]": 0.25, "biases[2]": 0.25}


@pytest.mark.parametrize("layers", [1, 2])
def test_the_network_that_it_meant_has_the_same_gradients_and_learns(layers: int) -> None:
    """The same sizes by `nn`, with the weights of the one by hand: one backward, and nothing to count."""
    hand = Mended(2, layers, 3, 1)
    model = nn.MLP([2, *[3] * layers, 1], "sigmoid", output="sigmoid", rng=0)
    for layer, weight, bias in zip(list(model)[::2], hand.weights, hand.biases, strict=True):
        layer.weight, layer.bias = weight, bias
    hand.forward(INPUTS)
    hand.backward(INPUTS, TARGETS)
    nn.half_squared_error(model(INPUTS), TARGETS).backward()
    for layer, weight, bias in zip(list(model)[::2], hand.d_weights, hand.d_biases, strict=True):
        np.testing.assert_allclose(layer.weight.grad, weight, rtol=1e-12)
        np.testing.assert_allclose(layer.bias.grad, bias, rtol=1e-12)
    scalars = model.to_scalars()
    nn.half_squared_error(scalars(INPUTS).reshape(4, 1), TARGETS).backward()
    found = [p.grad for p in scalars.parameters()]
    pairs = zip(hand.d_weights, hand.d_biases, strict=True)
    np.testing.assert_allclose(found, np.concatenate([np.ravel(g) for pair in pairs for g in pair]), rtol=1e-9)


def test_it_learns_exclusive_or() -> None:
    model = nn.MLP([2, 3, 1], "sigmoid", output="sigmoid", rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    data = INPUTS, TARGETS
    nn.fit(model, nn.half_squared_error, data, optimizer=optimizer, epochs=400, batch_size=None, progress=False)
    np.testing.assert_array_equal(np.round(model(INPUTS).numpy()), TARGETS)
    hand = Mended(2, 1, 3, 1)
    before = half_squared(hand.forward(INPUTS), TARGETS)
    hand.train(INPUTS, TARGETS, 2.0, 500)
    assert half_squared(hand.forward(INPUTS), TARGETS) < before / 2
    assert math.isfinite(before)
