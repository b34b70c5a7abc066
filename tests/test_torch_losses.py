"""The losses beside PyTorch's: the same numbers and the same gradients, with every setting that both have."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import ShapeError, Tensor
from nn.elsewhere import LOSSES, OTHERS

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


# Names of PyTorch, as they are typed from memory.

TYPED = [name for name in dir(torch.nn) if name.endswith("Loss") and not name.startswith("_")]
TYPED += [name for name in dir(F) if name.endswith("_loss") or name in ("binary_cross_entropy", "kl_div")]


@pytest.mark.parametrize("name", [*TYPED, *OTHERS])
def test_a_name_of_pytorch_is_refused_with_what_there_is(name: str) -> None:
    assert not hasattr(nn, name)
    with pytest.raises(AttributeError, match=rf"^module 'nn' has no attribute '{name}': .") as caught:
        getattr(nn, name)
    for library, told in re.findall(r"\b(nn|autograd)\.(\w+)", str(caught.value)):
        assert hasattr({"nn": nn, "autograd": autograd}[library], told)


def test_another_name_is_just_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'Lienar'$"):
        nn.Lienar  # type: ignore[attr-defined]  # noqa: B018


#: What the losses take in PyTorch, by the names that the messages have for it; the settings are named as there.
TAKEN: dict[str, tuple[str, ...]] = {
    "CrossEntropyLoss": ("scores", "labels"),
    "NLLLoss": ("log_probabilities", "labels"),
    "MultiMarginLoss": ("scores", "labels"),
    "BCELoss": ("probabilities", "truths"),
    "BCEWithLogitsLoss": ("scores", "truths"),
    "MultiLabelSoftMarginLoss": ("scores", "truths"),
    "SoftMarginLoss": ("scores", "signs"),
    "KLDivLoss": ("log_probabilities", "probabilities"),
    "CosineEmbeddingLoss": ("scores", "others", "row_signs"),
    "HingeEmbeddingLoss": ("scores", "signs"),
    "MarginRankingLoss": ("scores", "others", "signs"),
    "PoissonNLLLoss": ("scores", "others"),
    "GaussianNLLLoss": ("scores", "others", "probabilities"),
}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=20)
@given(seed=SEEDS, setting=st.sampled_from([0.25, 0.5, 1.0]))
def test_what_is_written_for_a_loss_of_pytorch_is_that_loss(name: str, seed: int, setting: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(4, 3))
    made = {
        "scores": scores,
        "others": rng.normal(size=(4, 3)),
        "log_probabilities": scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)),
        "probabilities": rng.dirichlet(np.ones(3), size=4),
        "labels": rng.integers(0, 3, 4),
        "truths": rng.integers(0, 2, (4, 3)).astype(float),
        "signs": rng.choice([-1.0, 1.0], (4, 3)),
        "row_signs": rng.choice([-1.0, 1.0], 4),
    }
    given_ones = [made[kind] for kind in TAKEN.get(name, ("scores", "others"))]
    code, *_ = LOSSES[name].split(", with the classes")
    kind = getattr(torch.nn, name)
    options = {key: setting for key in inspect.signature(kind).parameters if re.search(rf"\b{key}\b", code)}
    first = ("scores", "logits", "prediction", "log_probabilities", "first", "distance", "log_rate")
    words = dict.fromkeys(first, given_ones[0]) | {"second": given_ones[1], "target": given_ones[-1]}
    if name == "GaussianNLLLoss":
        words |= {"target": given_ones[1], "var": given_ones[2]}
    found = eval(code, {"nn": nn, "autograd": autograd, "classes": 3, **words, **options})
    expected = kind(**options)(*map(torch.as_tensor, given_ones))
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-9, atol=1e-12)


@many
@given(shape=st.sampled_from([(2, 3, 4), (2, 3, 3), (1, 2, 2, 3)]), reduction=REDUCTIONS, seed=SEEDS)
def test_classes_along_the_second_axis_are_moved(shape: tuple[int, ...], reduction: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, target = rng.normal(size=shape), rng.integers(0, shape[1], shape[:1] + shape[2:])
    logs = torch.log_softmax(torch.tensor(scores), 1).numpy()
    for ours, theirs, x in ((nn.cross_entropy, F.cross_entropy, scores), (nn.nll, F.nll_loss, logs)):
        compare(
            lambda s, ours=ours: ours(autograd.moveaxis(s, 1, -1), target, reduction=reduction),
            lambda s, theirs=theirs: theirs(s, torch.tensor(target), reduction=reduction),
            x,
        )
        if shape[1] != shape[-1]:
            with pytest.raises(ShapeError, match=r"not the second: give autograd.moveaxis\(\w+, 1, -1\)"):
                ours(x, target)


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll])
def test_what_pytorch_ignores_unasked_is_refused_with_how_to_ask(loss: Any) -> None:
    scores, target = np.log([[0.5, 0.5], [0.25, 0.75]]), [0, -100]
    with pytest.raises(ValueError, match="got class -100: say ignore_index=-100 to leave its rows out"):
        loss(scores, target)
    theirs = {"cross_entropy": F.cross_entropy, "nll": F.nll_loss}[loss.__name__]
    expected = theirs(torch.tensor(scores), torch.tensor(target)).item()
    assert abs(loss(scores, target, ignore_index=-100) - expected) < 1e-15
