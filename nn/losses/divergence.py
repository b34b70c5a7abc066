"""Losses of logarithms of probabilities: of one class, and of how far two distributions are apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import exp, where, xlogy
from nn.inputs import as_pair, expect_within, flag, one_of
from nn.losses.classes import as_scores, as_target, class_weights, ignored_class, labels_of
from nn.losses.reduction import BATCH_REDUCTIONS, REDUCTIONS, reduced, weighted
from nn.signatures import spelled_out

#: How far a probability may be beyond 1, or its logarithm beyond 0, by which it is rounded.
ROUNDED = 1e-5

FROM_SCORES = "of scores, give autograd.log_softmax(scores)"


@spelled_out
def nll(
    log_probabilities: Any,
    target: Any,
    *,
    weight: Any = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Any:
    """Minus the logarithm of the probability of the class of each row: the mean over the rows.

    ``log_probabilities`` have the shape (..., classes), as `autograd.log_softmax` gives them; the classes are along
    the last axis, not the second as in PyTorch. ``target`` holds class numbers as ints, of shape (...).
    `cross_entropy` does both in one.

    ``weight`` has one number for each class, by which the losses of its rows are multiplied; the mean is then divided
    by the sum of these weights, as PyTorch's is. Rows whose class is ``ignore_index`` count nothing, and get no
    gradient. ``reduction`` is "mean", "sum", or "none" for one loss a row. Takes Tensors, arrays, lists of Values.

    >>> nll(np.log([[0.5, 0.5], [0.25, 0.75]]), [0, 1], reduction="none").round(4)
    array([0.6931, 0.2877])

    Raises `ShapeError` if the shapes do not fit, `DTypeError` for class numbers that are no ints, and for a weight that
    is no plain number, `ValueError` for classes that there are not, for logarithms above 0, which are of no
    probability, for another reduction, and where no row counts in a mean.
    """
    reduction = one_of(reduction, "nll: reduction", REDUCTIONS)
    log_probabilities = as_scores(log_probabilities, "nll: log_probabilities")
    target, ignored = as_target(target, "nll: target"), ignored_class(ignore_index, "nll")
    labels = labels_of(target, log_probabilities, "nll", "log_probabilities", ignored)
    counts = labels.counts(class_weights(weight, log_probabilities, "nll"))
    expect_logarithms(log_probabilities, "nll: log_probabilities", FROM_SCORES)
    return reduced(weighted(-labels.chosen(log_probabilities), counts), reduction, "nll", counts)


@spelled_out
def kl_divergence(log_probabilities: Any, target: Any, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """Σ target · (log target − log_probabilities), as PyTorch's `kl_div`: by default the mean over elements.

    The first are logarithms of probabilities, as `autograd.log_softmax` gives them; ``target`` holds probabilities of
    the same shape, or their logarithms too if ``log_target`` is true. Where a probability of the target is 0, so is the
    loss. The divergence of Kullback and Leibler, 1951, is the sum over a distribution, which ``reduction="batchmean"``
    divides by the length of the first axis, of a single distribution by 1. The others are "mean", which divides it by
    the number of elements, "sum", and "none" for one loss an element. Takes Tensors, arrays, Values and lists of them.

    >>> kl_divergence(np.log([0.5, 0.5]), [1.0, 0.0], reduction="sum").round(4)
    np.float64(0.6931)

    Raises `ShapeError` if the shapes differ, or for the mean of no element, `DTypeError` for what is no real number, or
    a log_target that is no bool, `ValueError` for what is no probability, or no logarithm of one, and for another
    reduction.
    """
    reduction = one_of(reduction, "kl_divergence: reduction", BATCH_REDUCTIONS)
    log_target = flag(log_target, "kl_divergence: log_target")
    found, target = as_pair(log_probabilities, target, "kl_divergence", ("log_probabilities", "target"))
    expect_logarithms(found, "kl_divergence: log_probabilities", FROM_SCORES)
    if log_target:
        expect_logarithms(target, "kl_divergence: target", "probabilities themselves have log_target=False")
        is_nothing = target == -np.inf
        target, found = without(target, is_nothing), without(found, is_nothing)
        return reduced(exp(target) * (target - found), reduction, "kl_divergence")
    expected = "kl_divergence: target: expected probabilities between 0 and 1"
    expect_within(
        target, 0.0, 1 + ROUNDED, expected, "divide each row by its sum, or say log_target=True of logarithms"
    )
    is_nothing = (target == 0) & (found == -np.inf)
    return reduced(xlogy(target, target) - target * without(found, is_nothing), reduction, "kl_divergence")


def expect_logarithms(x: Any, name: str, cure: str) -> None:
    """Refuse what is above 0: scores, or probabilities themselves. NaN goes on to the loss.

    Raises `ValueError`.
    """
    expected = f"{name}: expected logarithms of probabilities, which are at most 0"
    expect_within(x, -np.inf, ROUNDED, expected, cure, nan=True)


def without(x: Any, is_nothing: Any) -> Any:
    """The same, with zeros that have no gradient in some places: these are conditions of the graph, for replays."""
    return where(is_nothing, 0.0, x) if np.any(is_nothing) else x
