"""The losses beside PyTorch's: the same numbers and the same gradients, with every setting that both have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor

torch = pytest.importorskip("torch", reason="PyTorch is an extra, samples: its losses are the oracle here")
F = torch.nn.functional

SHAPES = st.sampled_from([(), (1,), (4,), (3, 1), (2, 3), (2, 1, 3)])
REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
DTYPES = st.sampled_from([np.float64, np.float64, np.float32])
SEEDS = st.integers(0, 2**32 - 1)

#: There are many settings, and an example takes a millisecond.
many = settings(max_examples=100)


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], *arrays: Any) -> None:
    """A loss of both, and its gradient by each of the arrays, by way of weights that are all different."""
    tensors = [Tensor(x) for x in arrays]
    twins = [torch.tensor(x, requires_grad=True) for x in arrays]
    found, expected = ours(*tensors), theirs(*twins)
    assert found.dtype == expected.detach().numpy().dtype
    tolerance: dict[str, float] = {"rtol": 1e-12, "atol": 1e-13}
    if arrays[0].dtype == np.float32:
        tolerance = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), **tolerance)
    weights = np.linspace(0.5, 1.5, found.size).reshape(found.shape).astype(found.dtype)
    (found * weights).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    for tensor, twin in zip(tensors, twins, strict=True):
        np.testing.assert_allclose(tensor.grad, twin.grad.numpy(), **tolerance)


@pytest.mark.parametrize("name", ["mse", "l1", "huber"])
@many
@given(shape=SHAPES, reduction=REDUCTIONS, dtype=DTYPES, seed=SEEDS, delta=st.floats(0.1, 3))
def test_losses_of_numbers(name: str, shape: Any, reduction: str, dtype: Any, seed: int, delta: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=shape).astype(dtype), 2 * rng.normal(size=shape).astype(dtype)
    theirs = {"mse": F.mse_loss, "l1": F.l1_loss, "huber": F.huber_loss}[name]
    options: dict[str, Any] = {"reduction": reduction} | ({"delta": delta} if name == "huber" else {})
    compare(
        lambda p, t: getattr(nn, name)(p, t, **options),
        lambda p, t: theirs(p, t, **options),
        np.asarray(x, dtype),
        np.asarray(y, dtype),
    )


@many
@given(shape=SHAPES, reduction=REDUCTIONS, seed=SEEDS)
def test_half_squared_error_is_half_of_the_squares(shape: Any, reduction: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    compare(
        lambda p, t: nn.half_squared_error(p, t, reduction=reduction),
        lambda p, t: F.mse_loss(p, t, reduction=reduction) / 2,
        np.asarray(rng.normal(size=shape)),
        np.asarray(rng.normal(size=shape)),
    )


@st.composite
def scored(draw: st.DrawFn, least: int = 1) -> tuple[Any, Any, dict[str, Any], np.random.Generator]:
    """Scores of shape (rows, classes), a class for each row, and settings that PyTorch has by the same names."""
    rng = np.random.default_rng(draw(SEEDS))
    rows, classes = draw(st.sampled_from([(1, least), (1, 3), (4, 2), (5, 4)]))
    scores = (draw(st.sampled_from([1.0, 10.0])) * rng.normal(size=(rows, classes))).astype(draw(DTYPES))
    target = rng.integers(0, classes, rows)
    options: dict[str, Any] = {"reduction": draw(REDUCTIONS)}
    if draw(st.booleans()):
        options["weight"] = rng.uniform(0.25, 2, classes).astype(scores.dtype)
        if classes > 1 and draw(st.booleans()):
            options["weight"][draw(st.integers(0, classes - 1))] = 0.0
    return scores, target, options, rng


def in_torch(options: dict[str, Any]) -> dict[str, Any]:
    return {name: torch.tensor(x) if isinstance(x, np.ndarray) else x for name, x in options.items()}


def counts(target: Any, options: dict[str, Any], classes: int) -> bool:
    """Whether a row counts: a mean of none is no number in PyTorch, and refused here."""
    kept = target[target != options.get("ignore_index")]
    weight = options.get("weight", np.ones(classes))
    return options["reduction"] != "mean" or bool(weight[kept].sum() > 0)


@many
@given(case=scored(), data=st.data())
def test_cross_entropy_of_classes(case: Any, data: st.DataObject) -> None:
    scores, target, options, _ = case
    options["label_smoothing"] = data.draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    if data.draw(st.booleans()):
        options["ignore_index"] = data.draw(st.sampled_from([-100, 0, 1, 255]))
        ignored = np.array(data.draw(st.lists(st.booleans(), min_size=len(target), max_size=len(target))))
        target = np.where(ignored, options["ignore_index"], target)
    if not counts(target, options, scores.shape[1]):
        with pytest.raises(ValueError, match="cross_entropy: target: expected a row that counts"):
            nn.cross_entropy(scores, target, **options)
        return
    compare(
        lambda s: nn.cross_entropy(s, target, **options),
        lambda s: F.cross_entropy(s, torch.tensor(target), **in_torch(options)),
        scores,
    )


@many
@given(case=scored(), smoothing=st.sampled_from([0.0, 0.1, 1.0]), is_tracked=st.booleans())
def test_cross_entropy_of_probabilities(case: Any, smoothing: float, is_tracked: bool) -> None:
    scores, _, options, rng = case
    options["label_smoothing"] = smoothing
    rows = rng.dirichlet(np.ones(scores.shape[1]), size=len(scores)).astype(scores.dtype)
    if is_tracked:
        compare(
            lambda s, t: nn.cross_entropy(s, t, **options),
            lambda s, t: F.cross_entropy(s, t, **in_torch(options)),
            scores,
            rows,
        )
    for target in (rows, Tensor(rows, requires_grad=False)):
        compare(
            lambda s, target=target: nn.cross_entropy(s, target, **options),
            lambda s: F.cross_entropy(s, torch.tensor(rows), **in_torch(options)),
            scores,
        )


@many
@given(case=scored(), ignore=st.sampled_from([None, -100, 0, 1]))
def test_nll(case: Any, ignore: int | None) -> None:
    scores, target, options, _ = case
    logs = torch.log_softmax(torch.tensor(scores), -1).numpy()
    ours = options | {"ignore_index": ignore}
    theirs = in_torch(options | ({} if ignore is None else {"ignore_index": ignore}))
    if not counts(target, ours, scores.shape[1]):
        with pytest.raises(ValueError, match="nll: target: expected a row that counts"):
            nn.nll(logs, target, **ours)
        return
    compare(lambda s: nn.nll(s, target, **ours), lambda s: F.nll_loss(s, torch.tensor(target), **theirs), logs)


@many
@given(shape=SHAPES, reduction=REDUCTIONS, dtype=DTYPES, seed=SEEDS, is_weighted=st.booleans())
def test_bce(shape: Any, reduction: str, dtype: Any, seed: int, is_weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y = (np.asarray(rng.uniform(0.05, 0.95, shape), dtype) for _ in range(2))
    options: dict[str, Any] = {"reduction": reduction}
    if is_weighted:
        options["weight"] = np.asarray(rng.uniform(0, 2, shape), dtype)
    compare(lambda p, t: nn.bce(p, t, **options), lambda p, t: F.binary_cross_entropy(p, t, **in_torch(options)), x, y)


@many
@given(
    shape=SHAPES,
    reduction=REDUCTIONS,
    dtype=DTYPES,
    seed=SEEDS,
    is_weighted=st.booleans(),
    positive=st.sampled_from([None, "one", "each"]),
    is_hard=st.booleans(),
)
def test_bce_with_logits(
    shape: Any, reduction: str, dtype: Any, seed: int, is_weighted: bool, positive: str | None, is_hard: bool
) -> None:
    rng = np.random.default_rng(seed)
    x = np.asarray(3 * rng.normal(size=shape), dtype)
    y = np.asarray(rng.integers(0, 2, shape) if is_hard else rng.uniform(0, 1, shape), dtype)
    options: dict[str, Any] = {"reduction": reduction}
    if is_weighted:
        options["weight"] = np.asarray(rng.uniform(0, 2, shape), dtype)
    if positive:
        options["pos_weight"] = np.asarray(rng.uniform(0.2, 5, shape[-1:] if positive == "each" else ()), dtype)
    theirs = in_torch(options)
    compare(
        lambda p, t: nn.bce_with_logits(p, t, **options),
        lambda p, t: F.binary_cross_entropy_with_logits(p, t, **theirs),
        x,
        y,
    )


@many
@given(case=scored(least=2), margin=st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_multiclass_hinge_is_that_of_pytorch_times_the_number_of_classes(case: Any, margin: float) -> None:
    scores, target, options, _ = case
    reduction, classes = options["reduction"], scores.shape[1]
    compare(
        lambda s: nn.multiclass_hinge(s, target, margin=margin, reduction=reduction),
        lambda s: F.multi_margin_loss(s, torch.tensor(target), margin=margin, reduction=reduction) * classes,
        scores,
    )


@many
@given(
    case=scored(),
    reduction=st.sampled_from(["mean", "sum", "none", "batchmean"]),
    log_target=st.booleans(),
)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
def test_kl_divergence(case: Any, reduction: str, log_target: bool) -> None:
    scores, _, _, rng = case
    logs = torch.log_softmax(torch.tensor(scores), -1).numpy()
    rows = rng.dirichlet(np.ones(scores.shape[1]), size=len(scores)).astype(scores.dtype)
    rows = np.log(rows) if log_target else rows
    compare(
        lambda p, t: nn.kl_divergence(p, t, log_target=log_target, reduction=reduction),
        lambda p, t: F.kl_div(p, t, log_target=log_target, reduction=reduction),
        logs,
        rows,
    )


@many
@given(
    shape=st.sampled_from([(3, 4), (1, 2), (5, 3)]),
    reduction=REDUCTIONS,
    seed=SEEDS,
    margin=st.sampled_from([-0.5, 0.0, 0.3, 1.0]),
)
def test_cosine(shape: Any, reduction: str, seed: int, margin: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=shape), rng.normal(size=shape)
    x, y = (10 * v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))  # PyTorch adds 1e-12 to each square
    signs = rng.choice([-1, 1], shape[0])
    compare(
        lambda p, t: nn.cosine(p, t, signs, margin=margin, reduction=reduction),
        lambda p, t: F.cosine_embedding_loss(p, t, torch.tensor(signs), margin=margin, reduction=reduction),
        x,
        y,
    )


@many
@given(seed=SEEDS, sizes=st.lists(st.integers(1, 3), min_size=2, max_size=4))
def test_penalties_are_the_norms_of_all_parameters(seed: int, sizes: list[int]) -> None:
    model = nn.MLP(sizes, rng=seed)
    arrays = [p.numpy() for p in model.parameters()]
    twins = [torch.tensor(x, requires_grad=True) for x in arrays]
    for penalty, power in ((nn.l1_penalty, 1), (nn.l2_penalty, 2)):
        model.zero_grad()
        found, expected = penalty(model), sum(twin.abs().pow(power).sum() for twin in twins)
        np.testing.assert_allclose(found.numpy(), expected.item(), rtol=1e-12)
        found.backward()
        slopes = torch.autograd.grad(expected, twins)
        for parameter, slope in zip(model.parameters(), slopes, strict=True):
            np.testing.assert_allclose(parameter.grad, slope.numpy(), rtol=1e-12)
