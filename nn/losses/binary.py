"""Losses of yes or no: of the probability of yes, or of the logit that a sigmoid makes it of."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import ShapeError, xlog1py, xlogy
from nn.inputs import Array, as_pair, expect_within, in_dtype_of, one_of, weights_of
from nn.losses.reduction import REDUCTIONS, reduced, weighted
from nn.signatures import spelled_out


@spelled_out
def bce(prediction: Any, target: Any, *, weight: Any = None, reduction: str = "mean") -> Any:
    """−target · log prediction − (1 − target) · log(1 − prediction): the mean over all elements.

    ``prediction`` and ``target`` are probabilities of one shape. A prediction of 0 or 1 that is wrong has an infinite
    loss, which PyTorch bounds at 100; `bce_with_logits` does not round what is nearly sure. ``weight`` has the same
    shape, and multiplies each loss; the mean is divided by the number of elements, as PyTorch's is. ``reduction`` is
    "mean", "sum", or "none" for one loss an element. Takes Tensors, arrays, Values and lists of them.

    >>> bce([0.5, 1.0], [1.0, 1.0], reduction="none").round(4)
    array([0.6931, 0.    ])

    Raises `ShapeError` if the shapes differ (nothing is broadcast here), or for the mean of no element, `DTypeError`
    for what is no real number, and for a weight that is no plain number, `ValueError` for what is no probability, for
    a weight that is below 0 or not finite, and for another reduction.
    """
    reduction = one_of(reduction, "bce: reduction", REDUCTIONS)
    prediction, target = as_pair(prediction, target, "bce")
    expected = "bce: prediction: expected probabilities between 0 and 1"
    expect_within(prediction, 0.0, 1.0, expected, "give logits to bce_with_logits", nan=True)
    expect_binary(target, "bce")
    losses = 0.0 - xlogy(target, prediction) - xlog1py(1 - target, -prediction)  # a minus would make −0 of 0
    return reduced(weighted(losses, element_weights(weight, prediction, "bce")), reduction, "bce")


@spelled_out
def bce_with_logits(
    logits: Any, target: Any, *, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """Sigmoid and `bce` in one: −target · log σ(logits) − (1 − target) · log σ(−logits), the mean over all elements.

    It is exact at ±1e4, and a logit may be −inf where the target is 0, or ∞ where it is 1. ``weight`` is that of `bce`.
    ``pos_weight`` multiplies the part of ``target`` alone: it is one positive number, or one for each class along the
    last axis, as the number of noes by that of yeses. ``reduction`` is "mean", "sum", or "none" for one loss an
    element. Takes Tensors, arrays, Values and lists of them.

    >>> bce_with_logits([0.0, 1e4], [1.0, 0.0], reduction="none").round(4)
    array([6.931e-01, 1.000e+04])
    >>> bce_with_logits([0.0, 0.0], [1.0, 0.0], pos_weight=3.0, reduction="none").round(4)
    array([2.0794, 0.6931])

    Raises as `bce`, and `ShapeError` for a pos_weight that is of another shape, `ValueError` for one that is not
    positive.
    """
    reduction = one_of(reduction, "bce_with_logits: reduction", REDUCTIONS)
    logits, target = as_pair(logits, target, "bce_with_logits", ("logits", "target"))
    expect_binary(target, "bce_with_logits")
    if pos_weight is None:
        losses = autograd.bce_with_logits(logits, target)
    else:
        yes = in_dtype_of(positive_weights(pos_weight, logits), logits) * target
        both = yes + (1 - target)
        losses = both * autograd.bce_with_logits(logits, yes / both)  # so that a part of weight 0 is 0, as without
    return reduced(weighted(losses, element_weights(weight, logits, "bce_with_logits")), reduction, "bce_with_logits")


def expect_binary(target: Any, owner: str) -> None:
    """Refuse a target that is no probability, as a label of −1.

    Raises `ValueError`.
    """
    expected = f"{owner}: target: expected probabilities between 0 and 1"
    expect_within(target, 0.0, 1.0, expected, "of labels −1 and 1, give (target + 1) / 2")


def element_weights(weight: Any, losses: Any, owner: str) -> Array | None:
    """A weight for each element, or None.

    Raises as `weights_of`, and `ShapeError` for another shape.
    """
    if weight is None:
        return None
    weights = weights_of(weight, f"{owner}: weight")
    if weights.shape != losses.shape:
        raise ShapeError(
            f"{owner}: weight: expected shape {losses.shape}, one for each loss, got {weights.shape}: "
            "say which belongs to which, as by np.broadcast_to"
        )
    return weights


def positive_weights(pos_weight: Any, logits: Any) -> Array:
    """The weight of yes: one for all, or one for each class.

    Raises as `weights_of`, `ShapeError` for another shape, and `ValueError` for zero.
    """
    weights = weights_of(pos_weight, "bce_with_logits: pos_weight")
    if weights.shape not in ((), logits.shape[-1:]):
        raise ShapeError(
            f"bce_with_logits: pos_weight: expected one number, or shape {logits.shape[-1:]}, one for each class along "
            f"the last axis of logits of shape {logits.shape}, got {weights.shape}: give weight for single elements"
        )
    if not weights.all():
        raise ValueError(
            "bce_with_logits: pos_weight: expected positive numbers, got 0: give weight to leave elements out"
        )
    return weights
