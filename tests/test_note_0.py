"""Note 0: one picture of a neural network.

A point of the plane goes in, six hidden units and four scores later its quadrant comes out. The picture has everything:
activations, softmax, a loss, the chain of slopes, and descent by all samples, one, or a few.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from notes import MATERIALS, grads, numbers, one_hot, sigma, softened, sweep, tensor, values

import autograd
import nn
from autograd import Value

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (12, 2))
QUADRANT = 2 * (X[:, 1] < 0) + (X[:, 0] < 0)

#: Each activation by its name: itself, and its slope.
ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "sigmoid": (sigma, lambda z: sigma(z) * (1 - sigma(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(0, z), lambda z: 1.0 * (z > 0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
}


def by_hand(weights: dict[str, Any], activation: str, x: Any, target: Any) -> tuple[float, dict[str, Any]]:
    """The loss of the 2–6–4 network and its gradients, by the formulas."""
    f, slope = ACTIVATIONS[activation]
    wa, b1, wb, b2 = weights.values()
    z1 = x @ wa + b1
    h = f(z1)
    y = softened(h @ wb + b2)
    loss = -np.sum(one_hot(target, 4) * np.log(y)) / len(x)
    dz2 = (y - one_hot(target, 4)) / len(x)
    dz1 = (dz2 @ wb.T) * slope(z1)
    gradient = x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)
    return loss, dict(zip(weights, gradient, strict=True))


def gathered(model: nn.Module) -> list[Any]:
    """The gradients of a model's parameters, in one row each, whatever it is made of."""
    return list(np.concatenate([np.ravel(p.grad) for p in model.parameters()]))


# The network.


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("form", ["s", "t"])
def test_the_network_and_its_gradients_are_those_of_the_formulas(activation: str, form: str) -> None:
    model = nn.MLP([2, 6, 4], activation, rng=0)
    weights = model.state_dict()
    assert [array.shape for array in weights.values()] == [(2, 6), (6,), (6, 4), (4,)]
    expected, gradient = by_hand(weights, activation, X, QUADRANT)
    used = model.to_scalars() if form == "s" else model
    loss = nn.cross_entropy(used(X), QUADRANT)
    loss.backward()
    np.testing.assert_allclose(loss.data, expected, rtol=1e-12)
    np.testing.assert_allclose(
        gathered(used), np.concatenate([g.ravel() for g in gradient.values()]), rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize("make", MATERIALS)
def test_the_two_lines_of_the_picture(make: Any) -> None:
    wa, b1, wb, b2 = (RNG.normal(size=shape) for shape in ((2, 6), 6, (6, 4), 4))
    nodes = [make(array, name) for array, name in ((wa, "Wa"), (b1, "b1"), (wb, "Wb"), (b2, "b2"))]
    hidden = autograd.tanh(autograd.matmul(X, nodes[0]) + nodes[1])
    result = autograd.softmax(autograd.matmul(hidden, nodes[2]) + nodes[3], axis=-1)
    np.testing.assert_allclose(numbers(result), softened(np.tanh(X @ wa + b1) @ wb + b2), rtol=1e-12)
    np.testing.assert_allclose(numbers(result).sum(axis=1), 1.0, rtol=1e-12)


def test_trained_from_random_weights_as_tensors() -> None:
    points = np.random.default_rng(1).uniform(-1, 1, (300, 2))
    quadrants = 2 * (points[:, 1] < 0) + (points[:, 0] < 0)
    model = nn.MLP([2, 6, 4], "tanh", rng=0)
    assert nn.accuracy(model(points).numpy(), quadrants) < 0.6
    history = nn.fit(
        model,
        nn.cross_entropy,
        (points[:200], quadrants[:200]),
        optimizer=nn.Adam(model.parameters(), lr=0.05),
        epochs=60,
        validation=(points[200:], quadrants[200:]),
        metrics="accuracy",
        rng=0,
        progress=False,
    )
    assert history[-1]["val_accuracy"] > 0.95
    np.testing.assert_array_equal(
        model([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]).numpy().argmax(axis=1), [0, 1, 2, 3]
    )


def test_trained_from_random_weights_as_single_values() -> None:
    model = nn.MLP([2, 6, 4], "sigmoid", rng=0).to_scalars()
    assert all(isinstance(p, Value) for p in model.parameters())
    optimizer = nn.Adam(model.parameters(), lr=0.2)
    nn.fit(model, nn.cross_entropy, (X, QUADRANT), optimizer=optimizer, epochs=60, batch_size=None, progress=False)
    assert nn.accuracy(numbers(model(X)), QUADRANT) == 1.0


def test_both_materials_take_the_same_path() -> None:
    model = nn.MLP([2, 6, 4], "tanh", rng=0)
    twin = model.to_scalars()
    for each in (model, twin):
        optimizer = nn.SGD(each.parameters(), lr=0.5)
        data = X, QUADRANT
        nn.fit(each, nn.cross_entropy, data, optimizer=optimizer, epochs=5, batch_size=4, rng=0, progress=False)
    for name, array in twin.state_dict().items():
        np.testing.assert_allclose(array, model.state_dict()[name], rtol=1e-10)


# Activations and losses.


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize("alpha", [0.01, 0.2])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes(make: Any, name: str, alpha: float) -> None:
    z = np.linspace(-3, 3, 8)
    node = make(z)
    f, slope = ACTIVATIONS[name]
    if name == "leaky_relu":
        f, slope = (lambda z: np.where(z > 0, z, alpha * z)), (lambda z: np.where(z > 0, 1, alpha))
        result = nn.LeakyReLU(alpha)(node)
    else:
        result = getattr(autograd, name)(node)
    np.testing.assert_allclose(numbers(result), f(z), rtol=1e-14)
    np.testing.assert_allclose(sweep(result, node)[0], slope(z), rtol=1e-13)


@pytest.mark.parametrize("make", MATERIALS)
def test_cross_entropy_of_several_classes(make: Any) -> None:
    scores = np.array([[1.0, -0.5, 2.0, 0.0], [0.3, 0.1, -1.0, 0.7]])
    node = make(scores)
    loss = nn.cross_entropy(node, [2, 0])
    y = softened(scores)
    np.testing.assert_allclose(loss.data, -(np.log(y[0, 2]) + np.log(y[1, 0])) / 2, rtol=1e-14)
    loss.backward()
    np.testing.assert_allclose(grads(node), (y - one_hot([2, 0], 4)) / 2, rtol=1e-13)
    probabilities = make(y, "y")
    written = -np.sum(one_hot([2, 0], 4) * np.log(probabilities)) / 2
    np.testing.assert_allclose(written.data, loss.data, rtol=1e-14)


@pytest.mark.parametrize("make", MATERIALS)
def test_cross_entropy_of_two_classes(make: Any) -> None:
    z, y = np.array([-2.0, 0.5, 3.0]), np.array([0.0, 1.0, 0.0])
    p = sigma(z)
    expected = np.mean(-(y * np.log(p) + (1 - y) * np.log(1 - p)))
    node = make(z)
    for loss in (nn.bce_with_logits(node, y), nn.bce(autograd.sigmoid(node), y)):
        np.testing.assert_allclose(loss.data, expected, rtol=1e-14)
        found = autograd.gradients(loss, list(node) if make is values else node)
        np.testing.assert_allclose(found, (p - y) / 3, rtol=1e-12)


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize(
    ("loss", "expected", "slope"),
    [
        (nn.mse, lambda d: np.mean(d**2), lambda d: 2 * d / d.size),
        (nn.half_squared_error, lambda d: np.sum(d**2) / 2, lambda d: d),
        (nn.l1, lambda d: np.mean(abs(d)), lambda d: np.sign(d) / d.size),
        (
            nn.huber,
            lambda d: np.mean(np.where(abs(d) <= 1, d * d / 2, abs(d) - 0.5)),
            lambda d: np.clip(d, -1, 1) / d.size,
        ),
    ],
)
def test_losses_of_regression(make: Any, loss: Any, expected: Any, slope: Any) -> None:
    prediction, target = np.array([1.0, -2.0, 0.25]), np.array([1.5, 1.0, 0.0])
    node = make(prediction)
    result = loss(node, target)
    np.testing.assert_allclose(result.data, expected(prediction - target), rtol=1e-14)
    np.testing.assert_allclose(sweep(result, node)[0], slope(prediction - target), rtol=1e-14)


# The chain.


def test_the_chain_of_one_weight_is_a_product_of_three_slopes() -> None:
    h, w, b, t = Value(0.8, label="h"), Value(0.5, label="W"), Value(0.1, label="b"), 1.0
    z = h * w + b
    y = z.sigmoid()
    loss = (y - t) ** 2
    loss.backward()
    dl_dy = 2 * (sigma(0.5) - t)
    dy_dz = sigma(0.5) * (1 - sigma(0.5))
    dz_dw = 0.8
    assert w.grad == pytest.approx(dl_dy * dy_dz * dz_dw, rel=1e-14)
    assert autograd.gradients(loss, y) == pytest.approx(dl_dy)
    assert autograd.gradients(y, z) == pytest.approx(dy_dz)
    assert autograd.gradients(z, w) == pytest.approx(dz_dw)
    lines = [str(step) for step in autograd.steps(loss)]
    assert "∂loss/∂z += ∂loss/∂y · ∂y/∂z = −0.7551 · 0.235 = −0.1774" in lines
    assert lines[-1].startswith("∂loss/∂")


def test_the_chain_of_a_matrix_is_a_product_of_three_jacobians() -> None:
    h, w, target = RNG.normal(size=6), RNG.normal(size=(6, 4)), one_hot(2, 4)
    z = h @ w
    y = softened(z)
    dl_dy = -target / y
    dy_dz = np.diag(y) - np.outer(y, y)
    dz_dw = np.einsum("i,jk->jik", h, np.eye(4))  # ∂z_j / ∂w_ik
    product = np.einsum("j,jk,kab->ab", dl_dy, dy_dz, dz_dw)
    np.testing.assert_allclose(product, np.outer(h, y - target), rtol=1e-12)
    for made, expected in (
        (autograd.gradients(-np.sum(target * np.log(ys := tensor(y))), ys), dl_dy),
        (autograd.jacobian(autograd.softmax)(z), dy_dz),
        (autograd.jacobian(lambda w: h @ w)(w), dz_dw),
    ):
        np.testing.assert_allclose(made, expected, rtol=1e-12, atol=1e-15)
    for make in MATERIALS:
        node = make(w, "W")
        loss = nn.cross_entropy(autograd.matmul(h, node), 2)
        np.testing.assert_allclose(sweep(loss, node)[0], product, rtol=1e-12)


# Descent.

A = np.random.default_rng(2).normal(size=(12, 3))
B = A @ [1.0, -2.0, 0.5] + 0.3


@pytest.mark.parametrize("form", ["s", "t"])
@pytest.mark.parametrize(("batch_size", "steps"), [(None, 1), (1, 12), (4, 3), (5, 3)])
def test_full_single_and_mini_batches_are_one_argument(batch_size: int | None, steps: int, form: str) -> None:
    model = nn.Linear(3, 1, rng=0)
    w, b = model.weight.numpy()[:, 0].copy(), 0.0
    model = model.to_scalars() if form == "s" else model
    counted: list[float] = []

    class Counting(nn.Callback):
        def on_batch(self, run: nn.Run, loss: float) -> None:
            counted.append(loss)

    nn.fit(
        model,
        nn.mse,
        (A, B[:, None]),
        optimizer=nn.SGD(model.parameters(), lr=0.05),
        epochs=1,
        batch_size=batch_size,
        shuffle=False,
        callbacks=[Counting()],
        progress=False,
    )
    size = batch_size or 12
    for start in range(0, 12, size):
        x, y = A[start : start + size], B[start : start + size]
        error = x @ w + b - y
        w, b = w - 0.05 * 2 * x.T @ error / len(x), b - 0.05 * 2 * error.mean()
    assert len(counted) == steps
    np.testing.assert_allclose(np.ravel(model.state_dict()["weight"]), w, rtol=1e-12)
    np.testing.assert_allclose(model.state_dict()["bias"], [b], rtol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 1, 4])
def test_all_three_arrive(batch_size: int | None) -> None:
    model = nn.Linear(3, 1, rng=0)
    nn.fit(
        model,
        nn.mse,
        (A, B[:, None]),
        optimizer=nn.SGD(model.parameters(), lr=0.05),
        epochs=300,
        batch_size=batch_size,
        rng=0,
        progress=False,
    )
    np.testing.assert_allclose(model.weight.numpy()[:, 0], [1.0, -2.0, 0.5], atol=1e-4)


# Convex?


@pytest.mark.parametrize("form", ["s", "t"])
def test_the_loss_of_a_network_is_not_convex(form: str) -> None:
    """A convex function lies below its chords. Swapping two hidden units changes no output; half way it does."""
    model = nn.MLP([1, 2, 1], "tanh", rng=0)
    model.load_state_dict(
        {
            "layers.0.weight": [[3.0, -1.0]],
            "layers.0.bias": [0.5, 1.0],
            "layers.2.weight": [[2.0], [-1.5]],
            "layers.2.bias": [0.0],
        }
    )
    x = np.linspace(-1, 1, 9)[:, None]
    y = model(x).numpy()
    here = model.state_dict()
    swapped = {name: array[::-1] if array.shape == (2, 1) else array[..., ::-1] for name, array in here.items()}
    half_way = {name: (array + swapped[name]) / 2 for name, array in here.items()}
    model = model.to_scalars() if form == "s" else model

    def loss(state: Any) -> float:
        model.load_state_dict(state)
        return float(nn.mse(model(x), y).data)

    assert loss(here) == pytest.approx(0.0, abs=1e-30)
    assert loss(swapped) == pytest.approx(0.0, abs=1e-30)
    assert loss(half_way) > 0.1 > (loss(here) + loss(swapped)) / 2


def test_without_a_hidden_layer_it_is_convex() -> None:
    def loss(w: Any) -> Any:
        return nn.cross_entropy(X @ w, QUADRANT)

    curvature = autograd.hessian(loss)
    for seed in range(5):
        found = curvature(np.random.default_rng(seed).normal(size=(2, 4)))
        assert np.linalg.eigvalsh(np.reshape(found, (8, 8))).min() > -1e-12


def test_with_one_its_curvature_has_a_negative_direction() -> None:
    def loss(w: Any) -> Any:
        return nn.cross_entropy(np.tanh(X @ w[:12].reshape(2, 6)) @ w[12:].reshape(6, 4), QUADRANT)

    found = autograd.hessian(loss)(np.random.default_rng(0).normal(size=36))
    assert np.linalg.eigvalsh(found).min() < -1e-3
