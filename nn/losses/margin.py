"""The loss of scores that want to be ahead by a margin: that of a support vector machine for several classes."""

from __future__ import annotations

from typing import Any

from autograd import ShapeError, relu, reshape
from nn.inputs import number_between, one_of
from nn.losses.classes import as_scores, as_target, labels_of
from nn.losses.reduction import REDUCTIONS, added, reduced
from nn.signatures import spelled_out


@spelled_out
def multiclass_hinge(scores: Any, target: Any, *, margin: float = 1.0, reduction: str = "mean") -> Any:
    """Σ max(0, s_j − s_y + margin) over the classes j that are not the right one, y: the mean over the rows.

    ``scores`` have the shape (..., classes), ``target`` holds the class numbers y as ints, of shape (...). This is the
    loss of Weston and Watkins, 1999, as Stanford's course CS231n teaches it; PyTorch's `multi_margin_loss` divides it
    by the number of classes. At the margin itself the slope is 0. ``reduction`` is "mean", "sum", or "none" for one
    loss a row. Takes Tensors, arrays, lists of Values.

    >>> multiclass_hinge([3.2, 5.1, -1.7], 0).round(4)
    np.float64(2.9)

    Raises `ShapeError` if the shapes do not fit, for a single class, or for the mean of no row, `DTypeError` for class
    numbers that are no ints, and a margin that is no number, `ValueError` for classes that there are not, for a margin
    below 0, and for another reduction.
    """
    reduction = one_of(reduction, "multiclass_hinge: reduction", REDUCTIONS)
    margin = number_between(margin, "multiclass_hinge: margin", 1.0, 0.0)
    scores = as_scores(scores, "multiclass_hinge: scores")
    if scores.shape[-1] == 1:
        raise ShapeError(
            f"multiclass_hinge: scores: expected two classes or more along the last axis, got shape {scores.shape}: "
            "the score of one class is ahead of none, so give each class its own"
        )
    labels = labels_of(as_target(target, "multiclass_hinge: target"), scores, "multiclass_hinge", "scores")
    rows = scores.shape[:-1]
    others = reshape(scores[~labels.is_class], (*rows, scores.shape[-1] - 1))
    right = reshape(scores[labels.is_class], (*rows, 1))
    return reduced(added(relu(others - right + margin), axis=-1), reduction, "multiclass_hinge")
