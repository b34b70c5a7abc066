"""Losses, against their definitions written out, in every form."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, complex_step

from autograd import DTypeError, ShapeError, Tensor, Value, gradients, softmax, steps
from nn import LeakyReLU, Linear, ReLU, Sigmoid, Softmax, Tanh, cross_entropy, mse

INF = math.inf


def as_values(array: Any) -> Any:
    """The same array with a Value for each number."""
    return np.frompyfunc(Value, 1, 1)(array)


def grads(values: Any) -> Any:
    return np.frompyfunc(lambda v: v.grad, 1, 1)(values).astype(float)


def in_both_forms(scores: Any, target: Any) -> tuple[float, Any]:
    """The loss and its gradient by the scores, after a look at whether both forms agree on them."""
    tensor, values = Tensor(scores), as_values(np.array(scores))
    loss, twin = cross_entropy(tensor, target), cross_entropy(values, target)
    loss.backward()
    twin.backward()
    np.testing.assert_allclose(twin.data, loss.item(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(grads(values), tensor.grad, rtol=1e-13, atol=1e-15)
    plain = cross_entropy(scores, target)
    assert isinstance(plain, float)
    assert plain == loss.item()
    return loss.item(), tensor.grad


def analytic(scores: Any, target: Any) -> Any:
    """The definition, for real and complex numbers of moderate size: the mean of −Σ t · log(e^s / Σ e^s)."""
    shares = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return -np.sum(target * np.log(shares)) / max(1, scores.size // scores.shape[-1])


@st.composite
def scored_rows(draw: st.DrawFn) -> tuple[Any, Any]:
    """Scores of shape (..., classes) and a class for each row."""
    batch = draw(st.sampled_from([(), (1,), (3,), (2, 2)]))
    classes = draw(st.integers(1, 4))
    scores = draw(hnp.arrays(float, (*batch, classes), elements=st.floats(-5, 5)))
    return scores, draw(hnp.arrays(int, batch, elements=st.integers(0, classes - 1)))


@given(scored_rows())
def test_cross_entropy_is_its_definition_for_classes_and_for_one_hot_rows(case: tuple[Any, Any]) -> None:
    scores, classes = case
    rows = np.eye(scores.shape[-1])[classes]
    loss, slopes = in_both_forms(scores, classes)
    assert_close(loss, analytic(scores, rows), tolerance=1e-13)
    assert_close(slopes, complex_step(lambda s: analytic(s, rows), scores), tolerance=1e-13)
    again, slopes_again = in_both_forms(scores, rows)
    assert again == loss
    np.testing.assert_array_equal(slopes_again, slopes)


@given(scores=st.lists(st.sampled_from([INF, -INF, math.nan, 0.0, 1.0]), min_size=1, max_size=3), data=st.data())
def test_the_loss_of_scores_without_a_bound_is_the_same_in_both_forms(scores: list[float], data: st.DataObject) -> None:
    target = data.draw(st.integers(0, len(scores) - 1))
    with np.errstate(all="ignore"):
        loss, twin = cross_entropy(Tensor(scores), target), cross_entropy(as_values(np.array(scores)), target)
    np.testing.assert_allclose(twin.data, loss.item(), rtol=1e-13)


@given(scores=hnp.arrays(float, (3, 4), elements=st.floats(-5, 5)), seed=st.integers(0, 1000))
def test_cross_entropy_takes_probabilities_and_differentiates_them(scores: Any, seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.ones(4), size=3)
    loss, slopes = in_both_forms(scores, rows)
    assert_close(loss, analytic(scores, rows), tolerance=1e-13)
    assert_close(slopes, (softmax(scores) - rows) / 3, tolerance=1e-14)
    tensors, values = Tensor(rows), as_values(rows)
    cross_entropy(Tensor(scores), tensors).backward()
    cross_entropy(as_values(scores), values).backward()
    assert_close(tensors.grad, -complex_step(lambda t: -analytic(scores, t), rows), tolerance=1e-13)
    assert_close(grads(values), tensors.grad, tolerance=1e-13)


@pytest.mark.parametrize(
    ("scores", "target", "loss", "slopes"),
    [
        ([1e4, 0.0, -1e4], 0, 0.0, [0.0, 0.0, 0.0]),
        ([1e4, 0.0, -1e4], 1, 1e4, [1.0, -1.0, 0.0]),
        ([1e4, 0.0, -1e4], 2, 2e4, [1.0, 0.0, -1.0]),
        ([-1e4, -1e4], 0, math.log(2), [-0.5, 0.5]),
        ([1e4, 1e4 - 1], 0, math.log1p(math.exp(-1)), [-1 / (1 + math.e), 1 / (1 + math.e)]),
        ([1e4, 1e4 - 1], [0.5, 0.5], math.log1p(math.exp(-1)) + 0.5, None),
        ([0.0, -INF, 0.0], 2, math.log(2), [0.5, 0.0, -0.5]),
        ([-1e4, -INF], 0, 0.0, [0.0, 0.0]),
        ([0.0, -INF, 0.0], [0.25, 0.0, 0.75], math.log(2), [0.25, 0.0, -0.25]),
        ([-INF, 1e4], 0, INF, [-1.0, 1.0]),
        ([5.0], 0, 0.0, [0.0]),
    ],
)
def test_cross_entropy_is_exact_far_out_and_with_masked_scores(
    scores: list[float], target: Any, loss: float, slopes: list[float] | None
) -> None:
    actual, actual_slopes = in_both_forms(scores, target)
    assert actual == pytest.approx(loss, rel=1e-15, abs=0)
    if slopes is not None:
        np.testing.assert_allclose(actual_slopes, slopes, rtol=1e-15, atol=0)


def test_cross_entropy_keeps_float32_and_takes_any_int_type() -> None:
    scores = Tensor(np.float32([[1.0, 2.0], [3.0, 1.0]]))
    for target in ([0, 1], np.uint8([0, 1]), np.eye(2), [[1, 0], [0, 1]]):
        scores.zero_grad()
        loss = cross_entropy(scores, target)
        loss.backward()
        assert loss.dtype == scores.grad.dtype == np.float32


def test_the_hessian_of_cross_entropy_is_that_of_logsumexp() -> None:
    scores = Tensor([0.5, -1.0, 2.0])
    slopes = gradients(cross_entropy(scores, 1), scores, create_graph=True)
    p = softmax(scores.numpy())
    for k in range(3):
        assert_close(gradients(slopes[k], scores), p * (np.eye(3)[k] - p[k]), tolerance=1e-14)


def test_the_timeline_shows_probability_minus_target() -> None:
    u = Tensor([[1.0, 2.0]])
    assert "(softmax(u) − [[1, 0]]) · ∂f/∂f" in str(steps(cross_entropy(u, [0])))


def test_a_target_is_read_when_the_loss_is_computed() -> None:
    scores, target = Tensor([[1.0, 2.0]]), np.array([[1.0, 0.0]])
    loss = cross_entropy(scores, target)
    target[:] = [[0.0, 1.0]]
    loss.backward()
    assert scores.grad[0, 0] < 0 < scores.grad[0, 1]


@given(x=hnp.arrays(float, (2, 3), elements=st.floats(-5, 5)), y=hnp.arrays(float, (2, 3), elements=st.floats(-5, 5)))
def test_mse_is_its_definition_in_every_form(x: Any, y: Any) -> None:
    expected, slopes = np.mean((x - y) ** 2), 2 * (x - y) / 6
    tensor, values = Tensor(x), as_values(x)
    for loss in (mse(tensor, y), mse(values, y), mse(values.tolist(), y.tolist())):
        assert_close(float(loss), expected, tolerance=1e-14)
        loss.backward()
    assert_close(tensor.grad, slopes, tolerance=1e-14)
    assert_close(grads(values), 2 * slopes, tolerance=1e-14)  # two of the losses
    assert mse(x, y) == expected


def test_mse_of_single_numbers_and_of_a_tracked_target() -> None:
    x = Value(3.0)
    mse(x, 1.0).backward()
    assert x.grad == 4.0
    target = Tensor([1.0, 2.0])
    mse([2.0, 2.0], target).backward()
    assert target.grad.tolist() == [-1.0, 0.0]


FORMS: dict[str, Any] = {
    "array": np.array,
    "lists": lambda x: x.tolist(),
    "Tensor": Tensor,
    "constant": lambda x: Tensor(x, requires_grad=False),
    "Values": as_values,
    "constants": lambda x: np.frompyfunc(lambda number: Value(number, requires_grad=False), 1, 1)(x),
    "Values and numbers": lambda x: np.concatenate([as_values(x[:1]), x[1:]]),
}


@pytest.mark.parametrize("second", FORMS)
@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize(
    ("loss", "meaning"), [(mse, lambda x, y: np.mean((x - y) ** 2)), (cross_entropy, analytic)], ids=["mse", "ce"]
)
def test_every_form_of_both_inputs_has_its_gradient_and_a_mixture_is_refused(
    loss: Any, meaning: Any, first: str, second: str
) -> None:
    numbers = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([[0.25, 0.75], [0.0, 1.0]])
    x, y = FORMS[first](numbers[0]), FORMS[second](numbers[1])
    if {first, second} & {"Tensor", "constant"} and any(
        "Values" in name or name == "constants" for name in (first, second)
    ):
        with pytest.raises(DTypeError, match=rf"{loss.__name__}: .* and target: expected Tensors or Values"):
            loss(x, y)
        return
    result = loss(x, y)
    assert_close(float(result.item()), meaning(*numbers), tolerance=1e-14)
    if isinstance(result, Tensor | Value) and result.requires_grad:
        result.backward()
    slopes = (
        complex_step(lambda s: meaning(s, numbers[1]), numbers[0]),
        complex_step(lambda t: meaning(numbers[0], t), numbers[1]),
    )
    for given_one, name, expected in zip((x, y), (first, second), slopes, strict=True):
        if name == "Tensor":
            assert_close(given_one.grad, expected, tolerance=1e-13)
        elif name == "Values":
            assert_close(grads(given_one), expected, tolerance=1e-13)
        elif name == "Values and numbers":
            assert_close(grads(given_one[:1]), expected[:1], tolerance=1e-13)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mse(np.ones((3, 1)), np.ones(3)), ShapeError, r"got \(3, 1\) and \(3,\): reshape one of them"),
        (lambda: mse(Tensor([1.0]), 1.0), ShapeError, r"got \(1,\) and \(\)"),
        (lambda: mse([], []), ShapeError, "is empty"),
        (
            lambda: mse([1.0, [2.0]], [1.0, 2.0]),
            ShapeError,
            "mse: prediction: expected an array, or lists of equal lengths",
        ),
        (lambda: cross_entropy(1.0, 0), ShapeError, "got a single number"),
        (lambda: cross_entropy(np.ones((0, 2)), np.ones(0, int)), ShapeError, r"\(0, 2\) is empty"),
        (
            lambda: cross_entropy([[1.0, 2.0]], [0, 1]),
            ShapeError,
            r"class numbers of shape \(1,\) .*, got \(2,\)",
        ),
        (lambda: cross_entropy([1.0, 2.0], 2), ValueError, "2 scores have the classes 0 to 1, got class 2"),
        (lambda: cross_entropy([[1.0, 2.0]], [-1]), ValueError, "got class -1"),
        (lambda: cross_entropy([1.0, 2.0], 1.0), DTypeError, r"got dtype float64: .* target.astype\(int\)"),
        (lambda: cross_entropy([1.0, 2.0], True), DTypeError, "got dtype bool"),
        (lambda: cross_entropy(Tensor([1.0, 2.0]), Tensor(1)), DTypeError, "got Tensor"),
        (lambda: cross_entropy([1.0, 2.0], [1.0, 1.0]), ValueError, "probabilities that sum to 1 .* divide each row"),
        (lambda: cross_entropy([1.0, 2.0], [1.5, -0.5]), ValueError, "found a least element of -0.5"),
        (lambda: cross_entropy([1.0, 2.0], [math.nan, 1.0]), ValueError, "sum to 1"),
        (lambda: cross_entropy(["a", "b"], 0), DTypeError, "cross_entropy: scores: expected real numbers"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


INTEGERS = st.sampled_from([np.uint8, np.int8, np.uint16, np.int64, np.uint64, np.bool_])


@given(kind=INTEGERS, rows=hnp.arrays(int, (3, 4), elements=st.integers(0, 100)), seed=st.integers(0, 1000))
def test_integers_are_the_numbers_that_they_are(kind: Any, rows: Any, seed: int) -> None:
    given_rows = rows.astype(kind)
    floats, other = given_rows.astype(float), np.random.default_rng(seed).dirichlet(np.ones(4), size=3)
    for target in (other, np.array([0, 3, 1]), other.tolist()):
        expected = cross_entropy(floats, target)
        assert_close(cross_entropy(given_rows, target), expected, tolerance=1e-15)
        assert_close(cross_entropy(given_rows.tolist(), target), expected, tolerance=1e-15)
    assert_close(mse(given_rows, other), mse(floats, other), tolerance=1e-15)
    assert_close(mse(given_rows, given_rows[::-1]), mse(floats, floats[::-1]), tolerance=1e-15)
    for layer in (Sigmoid(), Softmax(), Tanh(), ReLU(), LeakyReLU(), Linear(4, 2, rng=0)):
        np.testing.assert_array_equal(
            *(y.numpy() if isinstance(y, Tensor) else y for y in map(layer, (given_rows, floats)))
        )


@pytest.mark.parametrize("kind", [np.asarray, Tensor, list])
def test_probabilities_that_sum_to_one_but_for_their_rounding_are_weights(kind: Any) -> None:
    target = np.full(10, np.float32(0.1)).astype(float)
    scores = np.full(10, 1e4)
    loss = cross_entropy([Value(s) for s in scores] if kind is list else kind(scores), target)
    assert_close(float(loss if kind is np.asarray else loss.data), target.sum() * np.log(10))
    assert cross_entropy([1e4, 0.0], [1 + 9e-6, 0.0]) == 0.0
