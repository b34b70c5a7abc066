"""Note 2: the artificial neural network.

Activations with their slopes, softmax by hand and in its stable form, losses, ways of descent and what a learning rate
does, and two illnesses: units that are dead, and gradients that vanish.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from notes import MATERIALS, grads, numbers, one_hot, sigma, softened, sweep, values

import autograd
import nn
from autograd import Value

# Activations.

SLOPES: dict[str, tuple[Any, Any, Any]] = {
    "sigmoid": (autograd.sigmoid, sigma, lambda x: sigma(x) * (1 - sigma(x))),
    "tanh": (autograd.tanh, np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (autograd.relu, lambda x: np.maximum(0, x), lambda x: 1.0 * (x > 0)),
    "leaky_relu": (
        lambda x: autograd.leaky_relu(x, 0.1),
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda x: np.where(x > 0, 1, 0.1),
    ),
    "elu": (
        lambda x: autograd.elu(x, 1.5),
        lambda x: np.where(x > 0, x, 1.5 * np.expm1(x)),
        lambda x: np.where(x > 0, 1, 1.5 * np.exp(x)),
    ),
}


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize("name", SLOPES)
def test_activations_and_slopes(make: Any, name: str) -> None:
    function, f, slope = SLOPES[name]
    x = np.linspace(-4, 4, 16)
    node = make(x)
    y = function(node)
    np.testing.assert_allclose(numbers(y), f(x), rtol=1e-14)
    np.testing.assert_allclose(sweep(y, node)[0], slope(x), rtol=1e-12)


@pytest.mark.parametrize("make", MATERIALS)
def test_the_slope_of_the_sigmoid_by_its_output(make: Any) -> None:
    node = make(np.linspace(-3, 3, 7))
    y = autograd.sigmoid(node)
    out = numbers(y)
    np.testing.assert_allclose(sweep(y, node)[0], out * (1 - out), rtol=1e-14)


@pytest.mark.parametrize("form", ["s", "t"])
def test_the_slope_of_prelu_is_learned(form: str) -> None:
    """∂y/∂α is x where it is negative, and 0 elsewhere; descent finds the slope that the data have."""
    x = np.array([-2.0, -1.0, 1.0, 3.0])
    layer = nn.PReLU(init=0.25)
    layer = layer.to_scalars() if form == "s" else layer
    y = layer(x)
    np.testing.assert_allclose(numbers(y), [-0.5, -0.25, 1.0, 3.0])
    np.sum(y).backward()
    np.testing.assert_allclose(np.ravel(layer.parameters()[0].grad), [-3.0])
    target = np.where(x > 0, x, 0.7 * x)
    optimizer = nn.SGD(layer.parameters(), lr=0.2)
    for _ in range(100):
        optimizer.zero_grad()
        nn.mse(layer(x), target).backward()
        optimizer.step()
    np.testing.assert_allclose(layer.state_dict()["weight"], [0.7], rtol=1e-9)


# Softmax.


def test_softmax_of_2_1_0_step_by_step() -> None:
    scores = [Value(2.0), Value(1.0), Value(0.0)]
    powers = [score.exp() for score in scores]
    np.testing.assert_allclose(numbers(powers), [7.389, 2.718, 1.0], atol=5e-4)
    total = autograd.sum_of(powers)
    assert round(total.data, 3) == 11.107
    shares = [power / total for power in powers]
    assert [round(share.data, 4) for share in shares] == [0.6652, 0.2447, 0.09]
    lines = [str(step) for step in autograd.steps(shares[0]) if step.kind == "forward"]
    assert [line.rpartition(" = ")[2] for line in lines] == ["7.389", "2.718", "1", "11.11", "0.6652"]
    shares[0].backward()
    p = softened([2.0, 1.0, 0.0])
    np.testing.assert_allclose(grads(np.array(scores)), p[0] * (one_hot(0, 3) - p), rtol=1e-13)


@pytest.mark.parametrize("make", MATERIALS)
def test_softmax_of_2_1_0(make: Any) -> None:
    scores = make([2.0, 1.0, 0.0])
    p = autograd.softmax(scores)
    assert numbers(p).round(4).tolist() == [0.6652, 0.2447, 0.09]
    expected = softened([2.0, 1.0, 0.0])
    np.testing.assert_allclose(numbers(p), expected, rtol=1e-15)
    for k in range(3):
        (found,) = sweep(autograd.softmax(again := make([2.0, 1.0, 0.0]))[k], again)
        np.testing.assert_allclose(found, expected[k] * (one_hot(k, 3) - expected), rtol=1e-13)


@pytest.mark.parametrize("make", MATERIALS)
def test_the_stable_form_is_the_same_function(make: Any) -> None:
    plain, shifted = make([2.0, 1.0, 0.0]), make([2.0, 1.0, 0.0])
    powers, lower = np.exp(plain), np.exp(shifted - 2.0)
    one, other = powers / np.sum(powers), lower / np.sum(lower)
    np.testing.assert_allclose(numbers(one), numbers(other), rtol=1e-15)
    np.testing.assert_allclose(sweep(one[1], plain)[0], sweep(other[1], shifted)[0], rtol=1e-13)
    far = make([1000.0, 999.0, 998.0])
    p = autograd.softmax(far)
    np.testing.assert_allclose(numbers(p), softened([2.0, 1.0, 0.0]), rtol=1e-13)
    with np.errstate(over="ignore", invalid="ignore"):
        assert math.isnan((np.exp(np.array([1000.0, 999.0])) / np.exp(np.array([1000.0, 999.0])).sum())[0])


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize(("a", "b"), [(2.0, 1.0), (-3.0, 0.5), (0.0, 0.0), (400.0, -400.0)])
def test_with_two_classes_softmax_is_the_sigmoid_of_the_difference(make: Any, a: float, b: float) -> None:
    scores, difference = make([a, b]), make(a - b)
    p, q = autograd.softmax(scores)[0], autograd.sigmoid(difference)
    assert float(p.data) == pytest.approx(float(q.data), rel=1e-15)
    (of_scores,), (of_difference,) = sweep(p, scores), sweep(q, difference)
    np.testing.assert_allclose(of_scores, [of_difference, -of_difference], rtol=1e-13, atol=1e-300)


# Losses.


@pytest.mark.parametrize("make", MATERIALS)
def test_mean_squared_error(make: Any) -> None:
    node = make([1.0, 2.0, 4.0])
    loss = nn.mse(node, [1.5, 2.0, 2.0])
    assert float(loss.data) == pytest.approx((0.25 + 4) / 3, rel=1e-15)
    np.testing.assert_allclose(sweep(loss, node)[0], [-1 / 3, 0.0, 4 / 3], rtol=1e-15)


@pytest.mark.parametrize("make", MATERIALS)
def test_softmax_with_cross_entropy_is_one_stable_loss(make: Any) -> None:
    p, scores = np.array([0.2, 0.5, 0.3]), np.array([2.0, 1.0, 0.0])
    q = softened(scores)
    node, twin = make(scores), make(scores)
    fused = nn.cross_entropy(node, p)
    written = -np.sum(p * np.log(autograd.softmax(twin)))
    assert float(fused.data) == pytest.approx(-np.sum(p * np.log(q)), rel=1e-14)
    assert float(written.data) == pytest.approx(float(fused.data), rel=1e-14)
    np.testing.assert_allclose(sweep(fused, node)[0], q - p, rtol=1e-13)
    np.testing.assert_allclose(sweep(written, twin)[0], q - p, rtol=1e-12)
    far = make([1e4, 0.0])
    loss = nn.cross_entropy(far, 1)
    assert float(loss.data) == 1e4
    np.testing.assert_array_equal(sweep(loss, far)[0], [1.0, -1.0])


# Descent on a bowl, ½·(x² + 10·y²), of which every step is known.

CURVES = np.array([1.0, 10.0])


def path(make: Any, optimizer: Any, steps: int, schedule: Any = None) -> Any:
    """Where an optimiser goes, from (1, 1)."""
    place = make([1.0, 1.0], "p")
    leaves = list(place) if make is values else [place]
    used = optimizer(leaves)
    rate = None if schedule is None else schedule(used)
    found = [numbers(place)]
    for _ in range(steps):
        used.zero_grad()
        (0.5 * np.sum(CURVES * place * place)).backward()
        used.step()
        if rate is not None:
            rate.step()
        found.append(numbers(place))
    return np.array(found)


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize("lr", [0.001, 0.05, 0.19, 0.21])
def test_a_learning_rate_too_small_crawls_and_one_too_large_oscillates(make: Any, lr: float) -> None:
    """Each step multiplies by 1 − η·curvature: below −1 it diverges, between −1 and 0 it goes from side to side."""
    found = path(make, lambda p: nn.SGD(p, lr), 60)
    np.testing.assert_allclose(found, (1 - lr * CURVES) ** np.arange(61)[:, None], rtol=1e-10, atol=1e-300)
    loss = 0.5 * np.sum(CURVES * found**2, axis=1)
    if lr == 0.001:
        assert loss[-1] > loss[0] / 4
    elif lr == 0.05:
        assert loss[-1] < loss[0] / 1e3
        assert (found > 0).all()
    else:
        assert (np.diff(np.sign(found[:, 1])) != 0).all()
        assert bool(loss[-1] > 1e3 * loss[0]) is (lr == 0.21)


def test_one_that_diverges_is_refused_with_its_history() -> None:
    model = nn.Linear(2, 1, rng=0)
    x = np.array([[1.0, 10.0], [2.0, -10.0]])
    data, optimizer = (x, np.ones((2, 1))), nn.SGD(model.parameters(), lr=1e3)
    with np.errstate(over="ignore"), pytest.raises(nn.Diverged, match="try a smaller lr") as caught:
        nn.fit(model, nn.mse, data, optimizer=optimizer, epochs=200, batch_size=None, progress=False)
    losses = caught.value.history["loss"]
    assert len(losses) > 3
    assert losses[1] > 1e3 * losses[0]


@pytest.mark.parametrize("make", MATERIALS)
def test_a_rate_that_decays(make: Any) -> None:
    found = path(make, lambda p: nn.SGD(p, 0.1), 20, lambda used: nn.ExponentialLR(used, gamma=0.9))
    expected = [np.ones(2)]
    for k in range(20):
        expected.append(expected[-1] * (1 - 0.1 * 0.9**k * CURVES))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


def momentum(p: Any, g: Any, kept: Any, k: int) -> Any:
    kept["v"] = 0.9 * kept.get("v", 0.0) + g
    return p - 0.02 * kept["v"]


def rmsprop(p: Any, g: Any, kept: Any, k: int) -> Any:
    kept["s"] = 0.9 * kept.get("s", 0.0) + 0.1 * g * g
    return p - 0.02 * g / (np.sqrt(kept["s"]) + 1e-8)


def adam(p: Any, g: Any, kept: Any, k: int) -> Any:
    kept["m"] = 0.9 * kept.get("m", 0.0) + 0.1 * g
    kept["v"] = 0.999 * kept.get("v", 0.0) + 0.001 * g * g
    return p - 0.02 * (kept["m"] / (1 - 0.9**k)) / (np.sqrt(kept["v"] / (1 - 0.999**k)) + 1e-8)


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize(
    ("optimizer", "rule"),
    [
        (lambda p: nn.SGD(p, 0.02, momentum=0.9), momentum),
        (lambda p: nn.RMSProp(p, 0.02, alpha=0.9), rmsprop),
        (lambda p: nn.Adam(p, 0.02), adam),
    ],
    ids=["momentum", "RMSProp", "Adam"],
)
def test_momentum_rmsprop_and_adam_step_by_their_formulas(make: Any, optimizer: Any, rule: Any) -> None:
    found = path(make, optimizer, 100)
    place, kept = np.ones(2), {}
    for k in range(1, 101):
        place = rule(place, CURVES * place, kept, k)
        np.testing.assert_allclose(found[k], place, rtol=1e-8, atol=1e-12)
    assert 0.5 * np.sum(CURVES * found[-1] ** 2) < 0.01


def test_momentum_is_ahead_in_a_narrow_valley() -> None:
    plain, heavy = (path(values, lambda p, m=m: nn.SGD(p, 0.02, momentum=m), 100) for m in (0.0, 0.9))
    assert abs(heavy[-1, 0]) < abs(plain[-1, 0]) / 5


def test_adam_takes_steps_of_one_length_whatever_the_slope() -> None:
    found = path(values, lambda p: nn.Adam(p, 0.02), 1)
    np.testing.assert_allclose(found[0] - found[1], 0.02, rtol=1e-6)


# Illnesses.


@pytest.mark.parametrize("form", ["s", "t"])
def test_dead_units_are_named(form: str) -> None:
    x, y = np.random.default_rng(0).normal(size=(32, 3)), np.arange(32) % 2
    model = nn.MLP([3, 4, 2], "relu", rng=0)
    model[0].bias = [-100.0, 0.0, -100.0, 0.0]
    model = model.to_scalars() if form == "s" else model
    (finding,) = nn.diagnose(model, (x, y)).findings
    assert (finding.kind, finding.place) == ("dead units", "layers.1")
    assert finding.evidence == "2 of 4 are 0 for all 32 samples: units 0, 2"
    nn.cross_entropy(model(x), y).backward()
    first = np.reshape([p.grad for p in model.parameters()[:12]] if form == "s" else model[0].weight.grad, (3, 4))
    assert not first[:, [0, 2]].any()
    assert first[:, [1, 3]].all()


@pytest.mark.parametrize("form", ["s", "t"])
def test_a_vanishing_gradient_is_named(form: str) -> None:
    x, y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8) % 2
    model = nn.MLP([2, *[2] * 8, 2], "sigmoid", rng=0)
    deep = model.to_scalars() if form == "s" else model
    finding = next(f for f in nn.diagnose(deep, (x, y)).findings if f.kind == "vanishing gradient")
    assert finding.place == "layers.0.weight"
    assert "ReLU" in finding.cure
    assert "vanishing gradient" not in nn.diagnose(nn.MLP([2, *[8] * 8, 2], "relu", rng=0), (x, y)).kinds


# Forward, then backward from the deep layers to the shallow ones.


@pytest.mark.parametrize("form", ["s", "t"])
def test_the_order_of_the_steps(form: str) -> None:
    model = nn.MLP([2, 2, 2, 1], "sigmoid", rng=0)
    model = model.to_scalars() if form == "s" else model
    loss = nn.half_squared_error(model([1.0, 2.0]), 1.0 if form == "s" else [1.0])
    timeline = list(autograd.steps(loss))
    kinds = [step.kind for step in timeline]
    assert kinds == sorted(kinds, key=["forward", "seed", "backward"].index)
    reached: dict[str, int] = {}
    for place, step in enumerate(timeline):
        if step.kind == "backward":
            name = str(step.graph.names[step.target])
            if name[0] in "Wb" and name[1:2].isdigit():
                reached.setdefault(name[:2], place)
    assert set(reached) == {"W1", "W2", "W3", "b1", "b2", "b3"}
    for k in (1, 2):
        assert max(reached[f"W{k + 1}"], reached[f"b{k + 1}"]) < min(reached[f"W{k}"], reached[f"b{k}"])
