"""Cross-entropy of scores, with the softmax that makes probabilities of them built in."""

from __future__ import annotations

from math import fsum, prod
from typing import Any

import numpy as np

from autograd import (
    Node,
    ShapeError,
    Tensor,
    Value,
    exp,
    log1p,
    logsumexp,
    primitive,
    reshape,
    short_repr,
    softmax,
    sum_of,
    where,
)
from nn.inputs import Array, as_array, expect_one_form, in_dtype_of, number_between, numbers_of, one_of
from nn.losses.classes import as_scores, as_target, class_weights, cure_of, ignored_class, labels_of
from nn.losses.reduction import REDUCTIONS, added, expect_some, reduced, weighted
from nn.signatures import spelled_out


@spelled_out
def cross_entropy(
    scores: Any,
    target: Any,
    *,
    weight: Any = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    """Softmax and cross-entropy in one: the mean over the rows of −Σ_k target_k · log softmax(scores)_k.

    ``scores``, of shape (..., classes), are any real numbers, not probabilities; the classes are along the last axis,
    where PyTorch has them along the second: ``autograd.moveaxis(scores, 1, -1)`` of those. ``target`` holds class
    numbers as ints, of shape (...), or a row of probabilities for each row of scores: one-hot, or any that sum to 1.

    The maximum is subtracted before any exp, so that it is exact at ±1e4, and a score may be −inf where the target
    is zero. The gradient of a row is (softmax(scores) − target) / rows, that by a target which requires one
    −log softmax(scores) / rows. Takes Tensors, arrays, lists of Values; a row of Values records the graph of
    log(1 + Σ e^(s − max)) − Σ target·(s − max), where both sums leave the maximum itself out.

    >>> cross_entropy([2.0, 1.0, 0.0], 0).round(4)
    np.float64(0.4076)
    >>> scores = Tensor([[2.0, 1.0, 0.0], [1e4, 0.0, -np.inf]])
    >>> loss = cross_entropy(scores, [0, 0])
    >>> loss.backward()
    >>> scores.grad.round(4)
    array([[-0.1674,  0.1224,  0.045 ],
           [ 0.    ,  0.    ,  0.    ]])

    The settings are PyTorch's. ``label_smoothing`` ε makes (1 − ε) · target + ε / classes of each target (Szegedy and
    others, 2016). ``weight`` has one number for each class, by which its term of the sum is multiplied. Rows whose
    class number is ``ignore_index`` count nothing, and get no gradient; by default there are none, and −100, which
    PyTorch ignores unasked, is refused as no class. The mean of class
    numbers is divided by the sum of the weights of these classes, that of probabilities by the number of rows.
    ``reduction`` is "mean", "sum", or "none" for one loss a row.

    >>> cross_entropy([[2.0, 1.0], [3.0, 0.0]], [0, -1], ignore_index=-1, reduction="none").round(4)
    array([0.3133, 0.    ])
    >>> cross_entropy([[2.0, 1.0], [3.0, 0.0]], [0, 1], weight=[0.5, 1.0], label_smoothing=0.1).round(4)
    np.float64(2.0746)

    Raises `ShapeError` if the shapes do not fit or the batch is empty, `DTypeError` for class numbers that are no ints,
    and for a weight that is no plain number, `ValueError` for classes out of range, for rows that are no probabilities,
    for a weight below 0, for a setting that is out of range, and where no row counts in a mean.
    """
    reduction = one_of(reduction, "cross_entropy: reduction", REDUCTIONS)
    smoothing = number_between(label_smoothing, "cross_entropy: label_smoothing", 0.1, 0.0, 1.0)
    ignored = ignored_class(ignore_index, "cross_entropy")
    scores = as_scores(scores, "cross_entropy: scores")
    weights = class_weights(weight, scores, "cross_entropy")
    target = as_target(target, "cross_entropy: target")
    kept = counts = None
    if target.shape == scores.shape[:-1]:
        labels = labels_of(target, scores, "cross_entropy", "scores", ignored)
        kept, counts = labels.kept, labels.counts(weights)
        rows = labels.is_class.astype(np.float64 if scores.dtype == object else scores.dtype)
    elif target.shape != scores.shape:
        raise ShapeError(
            f"cross_entropy: target: expected class numbers of shape {scores.shape[:-1]} or probabilities of shape "
            f"{scores.shape}, which the scores have, got {target.shape}: "
            f"{cure_of(target.shape, scores.shape, 'scores')}"
        )
    elif ignored is not None:
        raise ValueError(
            "cross_entropy: ignore_index: expected class numbers as target, got probabilities, which have none: "
            "give weight=, or leave the rows out"
        )
    else:
        expect_one_form(scores, target, "cross_entropy: scores and target")
        rows = checked_probabilities(as_array(target, "cross_entropy: target"), scores)
    if smoothing:
        rows = (1 - smoothing) * rows + smoothing / scores.shape[-1]
    if rows.__class__ is np.ndarray and rows.dtype.kind == "f":
        rows.setflags(write=False)  # so that nobody copies it
    elif weights is not None or holds_tracked(rows):
        losses = expected_surprise(scores, rows if weights is None else in_dtype_of(weights, rows) * rows)
        return reduced(losses, reduction, "cross_entropy")
    if weights is None and kept is None and reduction == "mean":
        expect_some(scores, "cross_entropy")
        return softmax_cross_entropy(scores, rows)
    shares = None if kept is None else kept.astype(float)
    if weights is not None:
        rows, shares = shared(rows, weights, kept)
    losses = softmax_cross_entropy(scores, rows, reduction="none")
    return reduced(weighted(losses, shares), reduction, "cross_entropy", counts)


def shared(rows: Array, weights: Array, kept: Array | None) -> tuple[Array, Array]:
    """Rows of probabilities, and what each weighs, that together are rows times the weights of the classes."""
    weighed = rows * weights
    sums = weighed.sum(axis=-1, keepdims=True)
    rows = np.divide(weighed, sums, out=rows.copy(), where=sums > 0)  # a row that weighs nothing is left as it is
    shares = sums[..., 0]
    return rows, shares if kept is None else shares * kept


def checked_probabilities(target: Any, scores: Any) -> Any:
    """The target, in the dtype of the scores, after a look at whether its rows are probabilities."""
    given = numbers_of(target)
    sums = given.sum(axis=-1)
    if not (np.all(given >= 0) and np.allclose(sums, 1.0, rtol=0, atol=1e-5)):
        raise ValueError(
            "cross_entropy: each row of target must hold probabilities that sum to 1 "
            f"(found a least element of {given.min():.4g} and sums from {sums.min():.4g} to {sums.max():.4g}): "
            "divide each row by its sum; class numbers have one axis less than the scores"
        )
    if isinstance(target, Tensor) or target.dtype == object:
        return target
    return target.astype(np.float64 if scores.dtype == object else scores.dtype)


def holds_tracked(target: Any) -> bool:
    """Whether anything of it requires a gradient."""
    nodes = [target] if isinstance(target, Tensor) else target.flat if target.dtype == object else []
    return any(isinstance(x, Node) and x.requires_grad for x in nodes)


def expected_surprise(scores: Any, target: Any) -> Any:
    """Written out, for a target that moves: of each row Σ target · (−log softmax)."""
    shifted = scores - numbers_of(scores).max(axis=-1, keepdims=True)  # so that nothing large hides what is left of 0
    surprise = logsumexp(shifted, axis=-1, keepdims=True) - shifted
    is_nothing = (surprise == np.inf) & (target == 0)  # of the nodes, so that a replay knows
    if np.any(is_nothing):
        surprise = where(is_nothing, 0.0, surprise)
    return added(target * surprise, axis=-1)


# Of a row of plain probabilities, the loss is Σ t·(logsumexp(s) − s). With the maximum taken out of both terms nothing
# large cancels: Σ t · log Σ e^(s − max) − Σ t·(s − max). (Rounded probabilities may sum to a little less, or more, than
# 1.) The power of the maximum is 1: log1p of the others alone is what is left of a sure row.


def _forward(scores: Array, target: Array, reduction: str = "mean") -> Any:
    if reduction not in ("mean", "none"):
        raise ValueError(f"cross_entropy: expected reduction='mean' or 'none', got {short_repr(reduction)}")
    if scores.dtype == np.float16:  # which the sum over a batch may pass, where the mean does not
        return _forward(scores.astype(np.float32), target.astype(np.float32), reduction).astype(np.float16)
    rows = scores.reshape(-1, scores.shape[-1])
    places = np.arange(len(rows)), rows.argmax(axis=-1)
    top = rows[places]
    shifted = rows - top[:, None]
    powers = np.exp(shifted)
    powers[places] = 0.0
    logs = np.log1p(np.add.reduce(powers, axis=-1))
    finite = np.where(target.reshape(rows.shape) == 0, 0.0, shifted)  # zero times −inf is no contribution
    sums = np.add.reduce(target, axis=-1).ravel()
    if reduction == "none":
        chosen = np.add.reduce(target.reshape(rows.shape) * finite, axis=-1)
        return (logs * sums - chosen).reshape(scores.shape[:-1])[()]
    return (np.dot(logs, sums) - np.dot(target.ravel(), finite.ravel())) / logs.size


def _by_scores(g: Any, loss: Any, scores: Any, target: Any, reduction: str = "mean") -> Any:
    return (softmax(scores) - target) * by_row(g, scores, reduction)


def _by_scores_without_loss(g: Any, loss: Any, scores: Any, target: Any, reduction: str = "mean") -> Any:
    """The same: what a probability next to 1 was rounded by, which the others show, is taken out again."""
    probabilities = softmax(scores)
    residual = probabilities * target.sum(axis=-1, keepdims=True) - target
    excess = residual.sum(axis=-1, keepdims=True)
    return (residual - probabilities * excess) * by_row(g, scores, reduction)


def by_row(g: Any, scores: Any, reduction: str) -> Any:
    """The gradient of each row, beside its scores."""
    if reduction == "none":
        return reshape(g, (*scores.shape[:-1], 1))
    return g / divisor(prod(scores.shape[:-1]), g)


def divisor(rows: int, g: Any) -> Any:
    """The number of rows, in double precision beside half, which has not all whole numbers from 2,048 on."""
    dtype = getattr(g, "dtype", None)
    return rows if dtype is None or dtype.itemsize > 2 or rows <= 2048 else np.float64(rows)


def _by_target(g: Any, loss: Any, scores: Any, target: Any, reduction: str = "mean") -> Any:
    return (logsumexp(scores, axis=-1, keepdims=True) - scores) * by_row(g, scores, reduction)


def _of_scalars(scores: Array, target: Array, reduction: str = "mean") -> Any:
    """The scalar graph: the same, written out for each row."""
    losses = [_of_row(scores[row], target[row]) for row in np.ndindex(scores.shape[:-1])]
    if reduction == "none":
        return np.array(losses, dtype=object).reshape(scores.shape[:-1])[()]
    return sum_of(losses) / len(losses) if len(losses) > 1 else losses[0]


def _of_row(scores: Array, target: Array) -> Any:
    place = 0
    for k in range(1, len(scores)):
        if scores[k] > scores[place]:  # asked of the nodes, so that a replay knows
            place = k
    shifted = [score - scores[place] for score in scores]
    is_one = -np.inf < scores[place] < np.inf  # whether the power of the largest is 1; of ∞ − ∞ it is NaN, as on arrays
    powers = [exp(z) for k, z in enumerate(shifted) if k != place or not is_one]
    loss = log1p(sum_of(powers) if len(powers) > 1 else powers[0] if powers else shifted[0])
    total = fsum(target) if all(isinstance(t, float | np.floating) for t in target) else sum(target)
    if isinstance(total, Value) or total != 1:
        loss = total * loss
    for k, (t, z) in enumerate(zip(target, shifted, strict=True)):
        if k != place and (isinstance(t, Value) or t != 0):
            loss = loss - (t * z if isinstance(t, Value) or t != 1 else z)
    return loss


softmax_cross_entropy = primitive(
    "cross_entropy",
    _forward,
    _by_scores,
    _by_target,
    numeric=[_by_scores_without_loss, None],
    scalars=_of_scalars,
    doc="softmax with cross-entropy passes on probability minus target: how much too sure of each class",
)
