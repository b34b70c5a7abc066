"""Every loss against its definition in plain Python, with every setting, in every form."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import assert_close, differences

import nn
from autograd import DTypeError, Graph, GraphError, ShapeError, Tensor, Value, tracing
from autograd.check import gradcheck
from nn import losses

INF = math.inf


def as_values(array: Any) -> Any:
    """A Value for each number; of a single one, a Value."""
    return np.frompyfunc(Value, 1, 1)(array)


def slopes(x: Any) -> Any:
    """The gradients of a Tensor, of a Value, or of an array of Values."""
    return x.grad if isinstance(x, Tensor | Value) else np.frompyfunc(lambda v: v.grad, 1, 1)(x).astype(float)


def data(x: Any) -> Any:
    """The numbers of what a loss gave."""
    if isinstance(x, Tensor):
        return x.numpy()
    return x.data if isinstance(x, Value) else np.asarray(x, float) if x.dtype != object else data_of_each(x)


def data_of_each(x: Any) -> Any:
    return np.frompyfunc(lambda v: v.data, 1, 1)(x).astype(float)


# Definitions: of arrays, one loss for each element or row, as they are written in books.


def each(f: Callable[..., float]) -> Callable[..., Any]:
    """A loss of elements, by one of numbers; its settings are single numbers, or arrays of the same shape."""

    def run(x: Any, y: Any, **options: Any) -> Any:
        arrays = {name: np.broadcast_to(option, np.shape(x)) for name, option in options.items()}
        found = [
            f(float(x[k]), float(y[k]), **{name: float(array[k]) for name, array in arrays.items()})
            for k in np.ndindex(np.shape(x))
        ]
        return np.array(found).reshape(np.shape(x))

    return run


def squared(x: float, y: float) -> float:
    return (x - y) ** 2


def half_squared(x: float, y: float) -> float:
    return (y - x) ** 2 / 2


def absolute(x: float, y: float) -> float:
    return abs(x - y)


def hubers(x: float, y: float, delta: float = 1.0) -> float:
    d = abs(x - y)
    return d * d / 2 if d <= delta else delta * (d - delta / 2)


def binary(p: float, t: float, weight: float = 1.0) -> float:
    return -weight * (t * math.log(p) + (1 - t) * math.log(1 - p))


def binary_of_logit(x: float, t: float, weight: float = 1.0, pos_weight: float = 1.0) -> float:
    p, q = 1 / (1 + math.exp(-x)), 1 / (1 + math.exp(x))
    return -weight * (pos_weight * t * math.log(p) + (1 - t) * math.log(q))


def divergence(log_p: float, t: float, log_target: float = 0.0) -> float:
    log_t = t if log_target else math.log(t) if t else 0.0
    return math.exp(t) * (log_t - log_p) if log_target else t * (log_t - log_p)


def rowwise(f: Callable[..., float]) -> Callable[..., Any]:
    """A loss of rows, by one of lists of numbers and what belongs to each row."""

    def run(x: Any, y: Any, **options: Any) -> Any:
        rows = np.shape(x)[:-1]
        return np.array([f(x[k].tolist(), np.asarray(y)[k].tolist(), **options) for k in np.ndindex(rows)]).reshape(
            rows
        )

    return run


def entropy(
    s: list[float], t: Any, weight: Any = None, ignore_index: Any = None, label_smoothing: float = 0.0
) -> float:
    if isinstance(t, int):
        if t == ignore_index:
            return 0.0
        t = [float(k == t) for k in range(len(s))]
    t = [(1 - label_smoothing) * p + label_smoothing / len(s) for p in t]
    total = fsum(math.exp(z) for z in s)
    ws = [1.0] * len(s) if weight is None else weight
    return -fsum(w * p * math.log(math.exp(z) / total) for w, p, z in zip(ws, t, s, strict=True))


def likelihood(s: list[float], y: int, weight: Any = None, ignore_index: Any = None) -> float:
    return 0.0 if y == ignore_index else -s[y] * (1.0 if weight is None else weight[y])


def hinge(s: list[float], y: int, margin: float = 1.0) -> float:
    return fsum(max(0.0, z - s[y] + margin) for k, z in enumerate(s) if k != y)


def angle(x: list[float], y: list[float]) -> float:
    return 1 - fsum(a * b for a, b in zip(x, y, strict=True)) / math.hypot(*x) / math.hypot(*y)


@dataclass(frozen=True)
class Case:
    """A loss called with some settings, and what it means."""

    name: str
    prediction: Any
    target: Any
    options: dict[str, Any]
    meaning: Callable[..., Any]
    is_target_differentiated: bool
    #: How much each loss counts in the mean.
    counts: Any = None

    def loss(self, prediction: Any, target: Any, reduction: str) -> Any:
        return getattr(nn, self.name)(prediction, target, reduction=reduction, **self.options)

    def expected(self, reduction: str, prediction: Any = None, target: Any = None) -> Any:
        prediction = self.prediction if prediction is None else prediction
        found = self.meaning(prediction, self.target if target is None else target, **self.options)
        if reduction == "none":
            return found
        total = fsum(np.ravel(found).tolist())
        if reduction == "sum":
            return total
        return total / (found.size if self.counts is None else fsum(np.ravel(self.counts).tolist()))


def eighths(low: int, high: int, rng: np.random.Generator, shape: tuple[int, ...], offset: float = 0.0) -> Any:
    """Numbers so far apart that no step of a difference passes a corner."""
    return rng.integers(low, high + 1, shape) / 8 + offset


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from([(), (1,), (3,), (3, 1), (2, 3), (2, 1, 2)]))
    options: dict[str, Any] = {}
    if name in ("mse", "half_squared_error", "l1", "huber"):
        if name == "huber":
            options["delta"] = draw(st.sampled_from([0.5, 1.0, 2.0]))
        meaning = {"mse": squared, "half_squared_error": half_squared, "l1": absolute, "huber": hubers}[name]
        x, y = eighths(-16, 16, rng, shape), eighths(-16, 16, rng, shape, 1 / 16)
        return Case(name, x, y, options, each(meaning), True)
    if name in ("bce", "bce_with_logits"):
        if draw(st.booleans()):
            options["weight"] = eighths(0, 8, rng, shape)
        if name == "bce_with_logits" and draw(st.booleans()):
            options["pos_weight"] = eighths(1, 8, rng, shape[-1:] if draw(st.booleans()) else ())
        x = eighths(1, 7, rng, shape) if name == "bce" else eighths(-16, 16, rng, shape)
        meaning = binary if name == "bce" else binary_of_logit
        return Case(name, x, eighths(1, 7, rng, shape), options, each(meaning), True)
    rows, classes = draw(st.sampled_from([(), (1,), (3,), (2, 2)])), draw(st.integers(2, 4))
    scores, y = eighths(-16, 16, rng, (*rows, classes)), rng.integers(0, classes, rows)
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    if name == "kl_divergence":
        options["log_target"] = draw(st.booleans())
        target = rng.dirichlet(np.ones(classes), size=rows or None)
        return Case(name, logs, np.log(target) if options["log_target"] else target, options, each(divergence), True)
    if name == "multiclass_hinge":
        scores = rng.permutation(np.arange(scores.size)).reshape(scores.shape) / 4
        return Case(name, scores, y, {"margin": draw(st.sampled_from([0.125, 1.125]))}, rowwise(hinge), False)
    if name == "cosine":
        return Case(name, scores + 1 / 16, scores[::-1] + 3 / 16, options, rowwise(angle), True)
    counts = np.ones(rows)
    if draw(st.booleans()):
        options["weight"] = eighths(1, 8, rng, (classes,))
        counts = options["weight"][y]
    if name == "cross_entropy":
        options["label_smoothing"] = draw(st.sampled_from([0.0, 0.25, 1.0]))
        if draw(st.booleans()):
            target = rng.dirichlet(np.ones(classes), size=rows or None)
            return Case(name, scores, target, options, rowwise(entropy), True)
    if rows and draw(st.booleans()):
        options["ignore_index"] = -100
        ignored = np.arange(y.size).reshape(rows) % 3 == 1
        y, counts = np.where(ignored, -100, y), counts * ~ignored
    prediction, meaning_of_rows = (scores, entropy) if name == "cross_entropy" else (logs, likelihood)
    return Case(name, prediction, y, options, rowwise(meaning_of_rows), False, counts)


NAMES = [name for name in losses.__all__ if not name.endswith("_penalty")]
REDUCTIONS = ("mean", "sum", "none")

each_loss = pytest.mark.parametrize("name", NAMES)
each_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)


@each_reduction
@each_loss
@settings(max_examples=40)
@given(data_=st.data())
def test_a_loss_is_its_definition_in_every_form(name: str, reduction: str, data_: st.DataObject) -> None:
    case = data_.draw(cases(name))
    expected = case.expected(reduction)
    plain = case.loss(case.prediction, case.target, reduction)
    assert_close(plain, expected, 1e-13)
    assert isinstance(plain, np.ndarray if np.ndim(expected) else np.float64)
    assert_close(case.loss(case.prediction.tolist(), np.asarray(case.target).tolist(), reduction), plain, 1e-15)

    tensor, values = Tensor(case.prediction), as_values(case.prediction)
    found, twin = case.loss(tensor, case.target, reduction), case.loss(values, case.target, reduction)
    assert isinstance(found, Tensor)
    assert isinstance(twin, np.ndarray if np.ndim(expected) else Value)
    assert_close(data(found), expected, 1e-13)
    assert_close(data(twin), expected, 1e-13)


@each_reduction
@each_loss
@given(data_=st.data())
def test_its_gradients_are_those_of_the_definition_in_both_forms(
    name: str, reduction: str, data_: st.DataObject
) -> None:
    case = data_.draw(cases(name))
    weights = np.linspace(0.5, 1.5, np.size(case.expected(reduction)))

    def total(found: Any) -> Any:
        return (found.reshape(-1) * weights).sum() if np.ndim(found) else found * weights[0]

    slope = differences(lambda x: total(case.expected(reduction, x)), case.prediction, 1e-3)
    target_slope = None
    if case.is_target_differentiated:
        target_slope = differences(lambda y: total(case.expected(reduction, None, y)), case.target, 1e-3)
    for form in (Tensor, as_values):
        x, y = form(case.prediction), form(case.target) if case.is_target_differentiated else case.target
        total(case.loss(x, y, reduction)).backward()
        assert_close(slopes(x), slope, 1e-9)
        if case.is_target_differentiated:
            assert_close(slopes(y), target_slope, 1e-9)


@each_loss
@settings(max_examples=5)
@given(data_=st.data())
def test_the_gradient_of_its_gradient_is_right(name: str, data_: st.DataObject) -> None:
    case = data_.draw(cases(name))
    inputs = [case.prediction, case.target] if case.is_target_differentiated else [case.prediction]

    def loss(x: Any, y: Any = case.target) -> Any:
        return case.loss(x, y, "mean")

    gradcheck(loss, *inputs, order=2).raise_if_failed()


@each_reduction
@each_loss
@given(data_=st.data())
def test_single_precision_stays_single(name: str, reduction: str, data_: st.DataObject) -> None:
    case = data_.draw(cases(name))
    x, targets = Tensor(case.prediction, dtype=np.float32), [case.target]
    if case.is_target_differentiated:
        targets.append(Tensor(case.target, dtype=np.float32))
    for target in targets:
        loss = case.loss(x, target, reduction)
        assert loss.dtype == np.float32
        assert_close(loss.numpy(), case.expected(reduction), 1e-5)
        loss.sum().backward()
        assert x.grad.dtype == np.float32


def test_batchmean_is_the_sum_by_the_number_of_rows() -> None:
    logs, target = np.log([[0.5, 0.5], [0.25, 0.75]]), [[0.5, 0.5], [1.0, 0.0]]
    assert_close(nn.kl_divergence(logs, target, reduction="batchmean"), math.log(4) / 2, 1e-15)
    assert_close(nn.kl_divergence(logs[1], target[1], reduction="batchmean"), math.log(4), 1e-15)


# What is far out, and what is masked.


def in_both_forms(loss: Callable[..., Any], *arrays: Any) -> Iterator[tuple[Any, list[Any]]]:
    """What it gives, and the gradients of its sum."""
    for form in (Tensor, as_values):
        inputs = [form(np.array(x)) for x in arrays]
        found = loss(*inputs)
        (found.sum() if np.ndim(found) else found).backward()
        yield data(found), [slopes(x) for x in inputs]


@pytest.mark.filterwarnings("ignore:divide by zero encountered:RuntimeWarning")  # a logarithm is infinite
@pytest.mark.parametrize(
    ("loss", "inputs", "expected", "gradients"),
    [
        (
            lambda s: nn.cross_entropy(s, [2, -1], ignore_index=-1),
            [[[0.0, -INF, 1e4], [math.nan, INF, 2.0]]],
            0.0,
            [[[0.0] * 3] * 2],
        ),
        (
            lambda s: nn.cross_entropy(s, [1, 0], weight=[1, 0, 3], reduction="none"),
            [[[0.0, -INF, 1e4], [-1e4, -INF, -1e4]]],
            [0.0, math.log(2)],
            [[[0.0] * 3, [-0.5, 0.0, 0.5]]],
        ),
        (lambda s: nn.cross_entropy(s, 1, label_smoothing=0.5), [[1e4, -1e4]], 1.5e4, [[0.75, -0.75]]),
        (lambda s: nn.nll(s, [1, 0], ignore_index=0), [[[-1.0, -2.0], [-INF, 0.0]]], 2.0, [[[0.0, -1.0], [0.0, 0.0]]]),
        (
            lambda x: nn.bce_with_logits(x, [1, 0, 0, 1, 0.5], reduction="none"),
            [[1e4, 1e4, -INF, INF, -1e4]],
            [0.0, 1e4, 0.0, 0.0, 5e3],
            [[0.0, 1.0, 0.0, 0.0, -0.5]],
        ),
        (
            lambda x: nn.bce_with_logits(x, [1, 0, 0, 1, 0.5], pos_weight=3, reduction="none"),
            [[1e4, 1e4, -INF, INF, -1e4]],
            [0.0, 1e4, 0.0, 0.0, 1.5e4],
            [[0.0, 1.0, 0.0, 0.0, -1.5]],
        ),
        (lambda p: nn.bce(p, [0.0, 1.0], reduction="none"), [[0.0, 1.0]], [0.0, 0.0], [[1.0, -1.0]]),
        (
            lambda p: nn.bce(p, [1.0, 1.0], weight=[0.0, 2.0], reduction="none"),
            [[0.0, 0.5]],
            [0.0, 2 * math.log(2)],
            [[0.0, -4.0]],
        ),
        (lambda p: nn.bce(p, 1.0), [0.0], INF, [-INF]),
        (lambda s: nn.kl_divergence(s, [1.0, 0.0], reduction="none"), [[0.0, -INF]], [0.0, 0.0], [[-1.0, 0.0]]),
        (
            lambda s, t: nn.kl_divergence(s, t, log_target=True, reduction="sum"),
            [[0.0, -INF], [0.0, -INF]],
            0.0,
            [[-1.0, 0.0], [1.0, 0.0]],
        ),
        (
            lambda x: nn.huber(x, [0.0, 0.0, 0.0], delta=2, reduction="none"),
            [[1e4, INF, -2.0]],
            [19998.0, INF, 2.0],
            [[2.0, 2.0, -2.0]],
        ),
        (lambda s: nn.multiclass_hinge(s, 0), [[1e4, -INF, 1e4]], 1.0, [[-1.0, 0.0, 1.0]]),
        (lambda x, y: nn.l1(x, y, reduction="sum"), [[1.0, 2.0], [1.0, 3.0]], 1.0, [[0.0, -1.0], [0.0, 1.0]]),
    ],
)
def test_losses_are_exact_far_out_and_with_what_is_masked(
    loss: Any, inputs: list[Any], expected: Any, gradients: list[Any]
) -> None:
    for found, grads in in_both_forms(loss, *inputs):
        np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0)
        for grad, gradient in zip(grads, gradients, strict=True):
            np.testing.assert_allclose(grad, gradient, rtol=1e-15, atol=0)


@given(exponent=st.integers(-150, 150), turn=st.floats(1e-8, 1e-2))
def test_the_distance_of_vectors_that_are_all_but_parallel_loses_no_digit(exponent: int, turn: float) -> None:
    scale = 10.0**exponent
    found = nn.cosine([scale, 0.0], [math.cos(turn) / scale, math.sin(turn) / scale])
    assert found == pytest.approx(2 * math.sin(turn / 2) ** 2, rel=1e-7)


def test_the_hinge_is_that_of_the_lecture() -> None:
    scores = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]
    assert_close(nn.multiclass_hinge(scores, [0, 1, 2], reduction="none"), [2.9, 0.0, 12.9], 1e-14)
    assert_close(nn.multiclass_hinge(scores, [0, 1, 2]), 15.8 / 3, 1e-14)


@given(margin=st.floats(-1, 1), x=st.lists(st.integers(-5, 5).filter(bool), min_size=2, max_size=2))
def test_vectors_that_are_not_alike_are_to_be_apart_by_a_margin(margin: float, x: list[int]) -> None:
    y = [3.0, 1.0]
    similarity = 1 - angle([float(a) for a in x], y)
    assert_close(nn.cosine(x, y, -1, margin=margin), max(0.0, similarity - margin), 1e-14)
    assert_close(nn.cosine(x, y, 1, margin=margin), 1 - similarity, 1e-14)


def test_adaline_learns_by_the_rule_of_widrow_and_hoff() -> None:
    x, y, w = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, -1.0]), Tensor([0.25, 0.5])
    nn.half_squared_error(x @ w, y).backward()
    assert_close(w.grad, -x.T @ (y - x @ w.numpy()), 1e-15)


def test_a_target_given_as_an_array_is_left_as_it_was() -> None:
    target = np.array([[0.25, 0.75]])
    for scores in (Tensor([[1.0, 2.0]]), as_values(np.array([[1.0, 2.0]]))):
        for label_smoothing in (0.0, 0.5):
            nn.cross_entropy(scores, target, label_smoothing=label_smoothing, weight=[1.0, 2.0])
    assert target.tolist() == [[0.25, 0.75]]
    target[:] = 0.5


SURE = st.sampled_from([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
MASKED = st.sampled_from([[-1.0, -INF], [-1.0, -2.0], [-INF, 0.0]])

REPLAYED: dict[str, tuple[Callable[[Any], Any], st.SearchStrategy[list[float]]]] = {
    "cross_entropy by its target": (lambda x: nn.cross_entropy([1.0, -INF], x), SURE),
    "cross_entropy": (lambda x: nn.cross_entropy(x, 0, weight=[1, 2], label_smoothing=0.5), MASKED),
    "kl_divergence": (lambda x: nn.kl_divergence(x, [1.0, 0.0]), MASKED),
    "kl_divergence by its target": (lambda x: nn.kl_divergence([-1.0, -INF], x), SURE),
    "kl_divergence by its logarithms": (lambda x: nn.kl_divergence([-1.0, -INF], x, log_target=True), MASKED),
    "bce": (lambda x: nn.bce(x, [1.0, 0.5]), SURE),
    "bce_with_logits": (lambda x: nn.bce_with_logits(x, [1.0, 0.0], pos_weight=2), MASKED),
    "multiclass_hinge": (lambda x: nn.multiclass_hinge(x, 1), SURE),
    "huber": (lambda x: nn.huber(x, [3.0, 0.25]), SURE),
    "cosine": (lambda x: nn.cosine(x, [1.0, 2.0], -1), SURE),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of infinite losses
@pytest.mark.parametrize("name", REPLAYED)
@pytest.mark.parametrize("form", ["Tensor", "Values"])
@given(draw=st.data())
def test_a_loss_is_replayed_right_or_refused(name: str, form: str, draw: st.DataObject) -> None:
    function, points = REPLAYED[name]
    x, new = draw.draw(points), draw.draw(points)
    labels = "xy"[: len(x)]
    with tracing():
        leaves: Any = Tensor(x, label="x") if form == "Tensor" else list(map(Value, x, labels))
        graph = Graph.of(function(leaves), names={})
    values = {"x": new} if form == "Tensor" else dict(zip(labels, new, strict=True))
    known = {node.name for node in graph if node.op is None}
    if not values.keys() <= known:
        return  # a score that plays no part
    with contextlib.suppress(GraphError):  # refused
        again = graph.replay({name: np.array(value) for name, value in values.items()})[graph.outputs[0]].data
        np.testing.assert_allclose(again, function(new), rtol=1e-13)


# Penalties.


@pytest.mark.parametrize(
    ("penalty", "size"), [(nn.l1_penalty, abs), (nn.l2_penalty, lambda w: w * w)], ids=["l1", "l2"]
)
@given(sizes=st.lists(st.integers(1, 3), min_size=2, max_size=3), seed=st.integers(0, 1000))
def test_a_penalty_is_the_sum_over_all_parameters(penalty: Any, size: Any, sizes: list[int], seed: int) -> None:
    model = nn.MLP(sizes, rng=seed)
    scalars = model.to_scalars()
    numbers = [float(w) for p in model.parameters() for w in p.numpy().ravel()]
    expected = fsum(map(size, numbers))
    for found in (penalty(model), penalty(scalars)):
        assert_close(found.data, expected, 1e-14)
        found.backward()
    slope = [np.sign(w) if penalty is nn.l1_penalty else 2 * w for w in numbers]
    assert_close(np.concatenate([p.grad.ravel() for p in model.parameters()]), slope, 1e-14)
    assert_close([p.grad for p in scalars.parameters()], slope, 1e-14)
    assert_close(penalty([p.numpy() for p in model.parameters()]), expected, 1e-14)


def test_a_penalty_takes_trees_and_counts_a_parameter_once() -> None:
    w, b = Tensor([1.0, -2.0]), Tensor(3.0)
    layer = nn.Linear(1, 1, rng=0)
    weight = layer.weight.item()
    assert_close(nn.l2_penalty(w, {"b": b, "again": [w, None]}, layer, [layer]).item(), 14 + weight**2, 1e-15)
    assert nn.l1_penalty([1.0, 1.0], np.array([[2, -3]])) == 7.0  # numbers, which are no parameters, count each
    v = Value(-2.0)
    assert nn.l1_penalty(v, (v, np.array([v, Value(1.0)]))).data == 3.0


def test_a_loss_with_a_penalty_has_the_gradient_of_both() -> None:
    layer = nn.Linear(2, 1, rng=0)
    nn.mse(layer([1.0, 2.0]), [3.0]).backward()
    without = layer.weight.grad
    layer.zero_grad()
    (nn.mse(layer([1.0, 2.0]), [3.0]) + 0.1 * nn.l2_penalty(layer.weight)).backward()
    assert_close(layer.weight.grad, without + 0.2 * layer.weight.numpy(), 1e-15)


# What is refused.

ONE_OF_THREE = "'mean' or 'sum' or 'none'"

PAIRS = ["mse", "half_squared_error", "l1", "huber", "bce", "bce_with_logits", "kl_divergence", "cosine"]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("shapes", [((3, 1), (3,)), ((3,), (3, 1)), ((3,), (1, 3)), ((3,), ()), ((2, 3), (3,))])
def test_nothing_is_broadcast(name: str, shapes: Any) -> None:
    first, second = shapes
    with pytest.raises(ShapeError) as refused:
        getattr(nn, name)(Tensor(np.full(first, 0.5)), np.full(second, 0.5))
    said = str(refused.value)
    assert said.startswith(f"{name}: expected ")
    assert f"got {first} and {second}: " in said
    assert ("reshape one of them, as in" in said) is (math.prod(first) == math.prod(second))


@each_loss
def test_another_reduction_is_refused_by_name(name: str) -> None:
    more = " or 'batchmean'" if name == "kl_divergence" else ""
    with pytest.raises(ValueError, match=f"{name}: reduction: expected {ONE_OF_THREE}{more}, got 'avg'"):
        getattr(nn, name)([0.5], [0.5], reduction="avg")


EMPTY = np.zeros((0, 2))


@each_loss
def test_an_empty_batch_has_a_sum_and_no_mean(name: str) -> None:
    loss = getattr(nn, name)
    for prediction in (EMPTY, Tensor(EMPTY)):
        target = EMPTY if name in PAIRS else np.zeros(0, int)
        assert loss(prediction, target, reduction="sum").item() == 0.0
        assert loss(prediction, target, reduction="none").size == 0
        with pytest.raises(ShapeError, match=rf"{name}: the batch of shape \(0,.*\) is empty, so it has no mean: "):
            loss(prediction, target, reduction="mean")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.huber([1.0], [2.0], delta=0), ValueError, "huber: delta: expected a positive number such as 1.0"),
        (
            lambda: nn.cross_entropy([[1.0, 2.0]], [0], weight=[1.0]),
            ShapeError,
            r"cross_entropy: weight: expected shape \(2,\), one for each class, got \(1,\): ",
        ),
        (
            lambda: nn.cross_entropy([1.0, 2.0], 0, weight=[1.0, -1.0]),
            ValueError,
            "weight: expected finite weights from 0 on, got -1: ",
        ),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, weight=[0, 0]), ValueError, "expected a class that counts, got 0"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, weight=[1, math.nan]), ValueError, "got nan"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, weight=[1, INF]), ValueError, "got inf"),
        (
            lambda: nn.cross_entropy([1.0, 2.0], 0, weight=Tensor([1.0, 1.0])),
            DTypeError,
            "cross_entropy: weight: expected plain numbers, got Tensor: ",
        ),
        (lambda: nn.nll([-1.0, -2.0], 0, weight=as_values([1.0, 1.0])), DTypeError, "nll: weight: .*, got Values: "),
        (
            lambda: nn.cross_entropy([1.0, 2.0], [0.5, 0.5], ignore_index=0),
            ValueError,
            "cross_entropy: ignore_index: expected class numbers as target, got probabilities",
        ),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, ignore_index=0.5), DTypeError, "ignore_index: expected an int, got 0"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, ignore_index=0), ValueError, "target: expected a row that counts"),
        (lambda: nn.nll([-1.0, -2.0], 0, weight=[0, 1]), ValueError, "nll: target: expected a row that counts"),
        (
            lambda: nn.cross_entropy([1.0, 2.0], 0, label_smoothing=1.5),
            ValueError,
            "label_smoothing: expected a number from 0 to 1, such as 0.1, got 1.5",
        ),
        (lambda: nn.cross_entropy([1.0, 2.0], 2, ignore_index=-1), ValueError, "the classes 0 to 1, got class 2"),
        (lambda: nn.cross_entropy(np.ones((2, 0)), [0, 0]), ShapeError, r"scores: shape \(2, 0\) is empty"),
        (lambda: nn.nll([1.0, 2.0], 0), ValueError, r"nll: log_probabilities: .* got 1: of scores, give autograd"),
        (lambda: nn.nll([-1.0, -2.0], 0.0), DTypeError, "nll: target: class numbers are ints, .* got dtype float64"),
        (lambda: nn.nll(-1.0, 0), ShapeError, "nll: expected log_probabilities of shape .* got a single number"),
        (
            lambda: nn.nll([[-1.0, -2.0]], [0, 1]),
            ShapeError,
            r"nll: target: expected class numbers of shape \(1,\), .* of shape \(1, 2\), got \(2,\)",
        ),
        (
            lambda: nn.multiclass_hinge([1.0, 2.0], [1.0, 0.0]),
            ShapeError,
            r"multiclass_hinge: target: expected class numbers of shape \(\)",
        ),
        (lambda: nn.multiclass_hinge([[1.0]], [0]), ShapeError, "expected two classes or more"),
        (lambda: nn.multiclass_hinge([1.0, 2.0], 0, margin=-1), ValueError, "margin: expected a number of 0 or more"),
        (lambda: nn.bce([1.5], [1.0]), ValueError, "bce: prediction: .* got 1.5: give logits to bce_with_logits"),
        (lambda: nn.bce([0.5], [-1.0]), ValueError, r"bce: target: .* got -1: .* give \(target \+ 1\) / 2"),
        (lambda: nn.bce_with_logits([0.5], [math.nan]), ValueError, "bce_with_logits: target: .* got nan"),
        (
            lambda: nn.bce([[0.5, 0.5]], [[1.0, 0.0]], weight=[1.0, 2.0]),
            ShapeError,
            r"bce: weight: expected shape \(1, 2\), one for each loss, got \(2,\)",
        ),
        (
            lambda: nn.bce_with_logits(np.ones((2, 3)), np.ones((2, 3)), pos_weight=[1.0, 2.0]),
            ShapeError,
            r"pos_weight: expected one number, or shape \(3,\), .* of shape \(2, 3\), got \(2,\)",
        ),
        (lambda: nn.bce_with_logits([0.5], [1.0], pos_weight=0), ValueError, "pos_weight: expected positive numbers"),
        (lambda: nn.kl_divergence([0.5, 0.5], [0.5, 0.5]), ValueError, "log_probabilities: expected logarithms"),
        (lambda: nn.kl_divergence([-1.0], [-1.0]), ValueError, "target: .* got -1: .*, or say log_target=True"),
        (lambda: nn.kl_divergence([-1.0], [0.5], log_target=True), ValueError, "target: .* have log_target=False"),
        (lambda: nn.cosine([[1.0], [0.0]], [[1.0], [1.0]]), ValueError, r"cosine: first: .* zeros alone at \(1,\)"),
        (lambda: nn.cosine([1.0], [0.0]), ValueError, "cosine: second: .* zeros alone at the only row"),
        (lambda: nn.cosine(1.0, 2.0), ShapeError, "cosine: first: expected vectors .* got a single number"),
        (lambda: nn.cosine([1.0], [2.0], [1]), ShapeError, r"cosine: target: expected shape \(\), .* got \(1,\)"),
        (lambda: nn.cosine([1.0], [2.0], 0), ValueError, "cosine: target: .* got 0: of 1 and 0, give 2"),
        (lambda: nn.cosine([1.0], [2.0], 1, margin=2), ValueError, "cosine: margin: expected a number from -1 to 1"),
        (lambda: nn.l1_penalty(), ValueError, "l1_penalty: parameters: .* got none"),
        (lambda: nn.l2_penalty(nn.Tanh()), ValueError, "l2_penalty: parameters: .* got none"),
        (lambda: nn.l2_penalty(Tensor(1.0), Value(1.0)), DTypeError, "l2_penalty: parameters: .* a Tensor and Values"),
        (lambda: nn.l2_penalty("w"), DTypeError, "l2_penalty: parameters: expected real numbers, got text"),
        (
            lambda: nn.cross_entropy(np.ones((3, 2)), np.ones((3, 1), int)),
            ShapeError,
            r"\(3, 1\): take target\[..., 0\]",
        ),
        (lambda: nn.nll(-np.ones((3, 2)), [[0, 1, 0]]), ShapeError, r"got \(1, 3\): reshape it"),
        (lambda: nn.multiclass_hinge(np.ones((3, 2)), [0, 1]), ShapeError, r"got \(2,\): give as many of each"),
        (lambda: nn.nll(-np.ones((2, 2)), Tensor([0.0, 1.0])), DTypeError, r"as from target.data.astype\(int\)"),
        (lambda: nn.bce([1 + 1e-9], [1.0]), ValueError, r"between 0 and 1, got 1\.00000000\d+:"),
        (lambda: nn.bce(np.nextafter([1.0], 2.0), [1.0]), ValueError, r"between 0 and 1, got 1\.0000000000000002:"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_prediction_that_is_no_number_is_seen_in_the_loss() -> None:
    for found in (
        nn.mse([math.nan], [1.0]),
        nn.bce([math.nan], [1.0]),
        nn.bce_with_logits([math.nan], [1.0]),
        nn.cross_entropy([math.nan, 1.0], 1, label_smoothing=0.1),
        nn.nll([math.nan, -1.0], 0),
        nn.multiclass_hinge([math.nan, 1.0], 0),
        nn.kl_divergence([math.nan], [1.0]),
        nn.cosine([math.nan, 1.0], [1.0, 1.0]),
        nn.huber([math.nan], [1.0]),
        nn.l2_penalty([math.nan]),
    ):
        assert math.isnan(found)
