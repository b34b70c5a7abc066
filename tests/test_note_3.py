"""Note 3: the mathematics.

Scores and what is made of them, probabilities or margins; a penalty for large weights; the linear unit that learns by
the square of its error; and the convolutional network, with the sizes that come out of it and where pooling sends its
gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from notes import MATERIALS, Array, grads, numbers, one_hot, softened, sweep, values

import autograd
import nn
from autograd import ShapeError, Value

RNG = np.random.default_rng(0)
W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
B = np.array([1.1, 3.2, -1.2])
X = np.array([56.0, 231.0, 24.0, 2.0])

# Scores.


@pytest.mark.parametrize("make", MATERIALS)
def test_scores(make: Any) -> None:
    w, b, x = make(W, "W"), make(B, "b"), make(X, "x")
    for scores, expected in ((autograd.matmul(w, x), W @ X), (autograd.matmul(w, x) + b, W @ X + B)):
        np.testing.assert_allclose(numbers(scores), expected, rtol=1e-14)
    of_w, of_b, of_x = sweep((autograd.matmul(w, x) + b)[1], w, b, x)
    np.testing.assert_allclose(of_w, np.outer([0.0, 1.0, 0.0], X))
    np.testing.assert_allclose(of_b, [0.0, 1.0, 0.0])
    np.testing.assert_allclose(of_x, W[1])


@pytest.mark.parametrize("make", MATERIALS)
def test_probabilities_of_scores(make: Any) -> None:
    s = np.array([3.2, 5.1, -1.7])
    p = autograd.softmax(make(s))
    np.testing.assert_allclose(numbers(p), softened(s), rtol=1e-14)
    assert numbers(p).round(2).tolist() == [0.13, 0.87, 0.0]
    np.testing.assert_allclose(numbers(p).sum(), 1.0, rtol=1e-15)
    loss = nn.cross_entropy(node := make(s), 0)
    assert float(loss.data) == pytest.approx(-np.log(softened(s)[0]), rel=1e-14)
    np.testing.assert_allclose(sweep(loss, node)[0], softened(s) - one_hot(0, 3), rtol=1e-12)


# Margins.


@pytest.mark.parametrize("make", MATERIALS)
def test_the_hinge_loss_of_one_sample(make: Any) -> None:
    node = make([3.2, 5.1, -1.7], "s")
    loss = nn.multiclass_hinge(node, 0)
    assert float(loss.data) == pytest.approx(max(0, 5.1 - 3.2 + 1) + max(0, -1.7 - 3.2 + 1), rel=1e-15)
    assert round(float(loss.data), 12) == 2.9
    np.testing.assert_array_equal(sweep(loss, node)[0], [-1.0, 1.0, 0.0])


def test_the_hinge_loss_step_by_step() -> None:
    cat, car, frog = Value(3.2, label="cat"), Value(5.1, label="car"), Value(-1.7, label="frog")
    loss = autograd.maximum(0, car - cat + 1) + autograd.maximum(0, frog - cat + 1)
    assert loss.data == pytest.approx(2.9)
    lines = [str(step) for step in autograd.steps(loss)]
    assert "q = car − cat = 5.1 − 3.2 = 1.9" in lines
    assert next(line for line in lines if "maximum" in line).endswith("maximum(0, 2.9) = 2.9")
    loss.backward()
    assert [cat.grad, car.grad, frog.grad] == [-1.0, 1.0, 0.0]


def by_hand(w: Array, x: Array, y: Any, strength: float) -> tuple[float, Array]:
    """The mean of the hinge losses and the penalty; its gradient: each margin that is not kept pulls at two columns."""
    total, gradient = 0.0, np.zeros_like(w)
    for row, right in zip(x, y, strict=True):
        scores = row @ w
        for j in range(w.shape[1]):
            if j != right and scores[j] - scores[right] + 1 > 0:
                total += scores[j] - scores[right] + 1
                gradient[:, j] += row
                gradient[:, right] -= row
    return total / len(x) + strength * np.sum(w * w), gradient / len(x) + 2 * strength * w


@pytest.mark.parametrize("make", MATERIALS)
@pytest.mark.parametrize("strength", [0.0, 0.1])
def test_the_mean_over_samples_and_a_penalty(make: Any, strength: float) -> None:
    x, y, w = RNG.normal(size=(5, 4)), [0, 2, 1, 1, 0], RNG.normal(size=(4, 3))
    node = make(w, "W")
    loss = nn.multiclass_hinge(autograd.matmul(x, node), y) + strength * nn.l2_penalty(node)
    expected, gradient = by_hand(w, x, y, strength)
    assert float(loss.data) == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(sweep(loss, node)[0], gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("make", MATERIALS)
def test_the_penalty_is_the_sum_of_all_squares(make: Any) -> None:
    node = make(W, "W")
    penalty = nn.l2_penalty(node)
    assert float(penalty.data) == pytest.approx(np.sum(W**2), rel=1e-14)
    np.testing.assert_allclose(sweep(penalty, node)[0], 2 * W, rtol=1e-15)


# The linear unit.


@pytest.mark.parametrize("make", MATERIALS)
def test_adaline_learns_by_the_square_of_its_error(make: Any) -> None:
    x = np.array([[1.0, 0.5], [2.0, -1.0], [-1.0, 1.5], [0.5, 2.0]])
    y = x @ [2.0, -1.0]
    w, expected, eta = make([0.0, 0.0], "w"), np.zeros(2), 0.05
    optimizer = nn.SGD(list(w) if make is values else [w], lr=eta)
    for _ in range(30):
        optimizer.zero_grad()
        loss = nn.half_squared_error(autograd.matmul(x, w), y)
        error = y - x @ expected
        assert float(loss.data) == pytest.approx(0.5 * np.sum(error**2), rel=1e-12)
        loss.backward()
        np.testing.assert_allclose(grads(w), -x.T @ error, rtol=1e-10, atol=1e-14)
        optimizer.step()
        expected = expected + eta * x.T @ error
        np.testing.assert_allclose(numbers(w), expected, rtol=1e-12)
    np.testing.assert_allclose(numbers(w), [2.0, -1.0], atol=1e-3)


def test_one_sample_of_adaline() -> None:
    w, x, y = Value(0.5, label="w"), 2.0, 3.0
    e = 0.5 * (y - w * x) ** 2
    e.backward()
    assert e.data == 2.0
    assert w.grad == -(y - 0.5 * 2) * 2 == -4.0


# The convolutional network.


def correlated(x: Array, kernels: Array, stride: int = 1, padding: int = 0) -> Array:
    """A convolution as the note has it: each kernel laid on each place, multiplied and added up."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    count, _, size, _ = kernels.shape
    rows, columns = ((length - size) // stride + 1 for length in x.shape[1:])
    out = np.zeros((count, rows, columns))
    for k in range(count):
        for i in range(rows):
            for j in range(columns):
                window = x[:, i * stride : i * stride + size, j * stride : j * stride + size]
                out[k, i, j] = np.sum(window * kernels[k])
    return out


@pytest.mark.parametrize("form", ["s", "t"])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 1)])
def test_a_convolution(form: str, stride: int, padding: int) -> None:
    layer = nn.Conv2d(2, 3, 3, stride, padding, rng=0)
    layer.bias = [0.5, -1.0, 0.0]
    x = RNG.normal(size=(2, 5, 5))
    expected = correlated(x, layer.weight.numpy(), stride, padding) + np.array([0.5, -1.0, 0.0])[:, None, None]
    layer = layer.to_scalars() if form == "s" else layer
    np.testing.assert_allclose(numbers(layer(x)), expected, rtol=1e-12, atol=1e-14)


def network(rng: int = 0) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(2, 3, 3, padding=1, rng=rng + 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(12, 2, rng=rng + 2),
    )


@pytest.mark.parametrize("form", ["s", "t"])
def test_convolution_relu_pooling_and_again_and_fully_connected(form: str) -> None:
    model = network()
    image = RNG.normal(size=(1, 8, 8))
    weights = model.state_dict()
    x = image
    for k in (0, 3):
        bias = weights[f"layers.{k}.bias"][:, None, None]
        x = np.maximum(0, correlated(x, weights[f"layers.{k}.weight"], 1, 1) + bias)
        x = x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2).max(axis=(2, 4))
    expected = x.ravel() @ weights["layers.7.weight"] + weights["layers.7.bias"]
    used = model.to_scalars() if form == "s" else model
    np.testing.assert_allclose(numbers(used(image[None]))[0], expected, rtol=1e-11)


def test_it_learns_which_way_a_stripe_runs() -> None:
    rng = np.random.default_rng(0)
    images, ways = 0.1 * rng.normal(size=(40, 1, 8, 8)), np.arange(40) % 2
    for image, way in zip(images, ways, strict=True):
        place = rng.integers(1, 7)
        (image[0] if way else image[0].T)[place] += 1.0
    model = network()
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    data = images[:30], ways[:30]
    nn.fit(model, nn.cross_entropy, data, optimizer=optimizer, epochs=25, batch_size=10, rng=0, progress=False)
    assert nn.accuracy(model(images[30:]).numpy(), ways[30:]) == 1.0


# Sizes.


@pytest.mark.parametrize("height", [5, 7, 8, 32])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_the_size_of_what_comes_out(height: int, kernel: int, stride: int, padding: int) -> None:
    """(H − F + 2P)/S + 1, and likewise for the width; where S does not divide that, it is said."""
    width = height + 1
    loose = nn.Conv2d(1, 1, kernel, stride, padding, rng=0)
    strict = nn.Conv2d(1, 1, kernel, stride, padding, strict=True, rng=0)
    rooms = [length - kernel + 2 * padding for length in (height, width)]
    assert loose.output_size(height, width) == tuple(room // stride + 1 for room in rooms)
    assert loose.left_over(height, width) == tuple(room % stride for room in rooms)
    image = np.zeros((1, height, width))
    assert loose(image).shape == (1, *[room // stride + 1 for room in rooms])
    if any(room % stride for room in rooms):
        for refused in (lambda: strict(image), lambda: strict.output_size(height, width)):
            with pytest.raises(ShapeError, match=r"Conv2d\(.*\): expected axis -[12] to be all looked at, got \d+"):
                refused()
    else:
        assert strict(image).shape == loose(image).shape


def test_a_size_that_does_not_divide_is_said_with_its_numbers() -> None:
    layer = nn.Conv2d(3, 8, 3, stride=2, strict=True, rng=0)
    with pytest.raises(ShapeError, match="behind the last of 3 places, 1 are left over"):
        layer(np.zeros((3, 8, 7)))
    with pytest.raises(ShapeError, match="expected an axis -2 that the kernel fits on, which spans 3 places, got 2"):
        layer.output_size(2, 2)


# Pooling.

BLOCKS = np.array([[1.0, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]])


@pytest.mark.parametrize("make", MATERIALS)
def test_max_pooling_and_where_its_gradient_goes(make: Any) -> None:
    node = make(BLOCKS)
    pooled = nn.MaxPool2d(2)(node)
    np.testing.assert_array_equal(numbers(pooled), [[7, 9], [8, 4]])
    (found,) = sweep(pooled * np.array([[1.0, 2.0], [3.0, 4.0]]), node)
    np.testing.assert_array_equal(found, [[0, 0, 0, 2], [1, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 4]])


def test_max_pooling_in_steps() -> None:
    node = values(BLOCKS)
    pooled = nn.MaxPool2d(2)(node)
    first = pooled[0, 0]
    lines = [str(step) for step in autograd.steps(first)]
    assert sum(line.startswith("∂") for line in lines) >= 5
    first.backward()
    assert [float(node[i, j].grad) for i in (0, 1) for j in (0, 1)] == [0.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("make", MATERIALS)
def test_mean_pooling_shares(make: Any) -> None:
    node = make(BLOCKS)
    pooled = nn.AvgPool2d(2)(node)
    np.testing.assert_array_equal(numbers(pooled), [[3.75, 4.25], [4.75, 2.5]])
    np.testing.assert_array_equal(sweep(pooled, node)[0], np.full((4, 4), 0.25))


@pytest.mark.parametrize("make", MATERIALS)
def test_a_tie_is_shared(make: Any) -> None:
    node = make([[2.0, 2.0], [1.0, 0.0]])
    np.testing.assert_array_equal(sweep(nn.MaxPool2d(2)(node), node)[0], [[0.5, 0.5], [0.0, 0.0]])
