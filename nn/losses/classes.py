"""Class numbers, the weights of classes, and which rows are ignored: how the losses of classes read them."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from autograd import DTypeError, Node, ShapeError, real_array, short_repr
from nn.inputs import Array, as_array, as_int, weights_of
from nn.losses.told import asked

#: The class whose rows PyTorch ignores unasked, and data made for it has.
PYTORCH_IGNORES = -100


class Labels(NamedTuple):
    """The class of each row of scores."""

    #: Class numbers, of shape (...), 0 where the row is ignored.
    numbers: Array
    #: Whether it is that class, of shape (..., classes).
    is_class: Array
    #: Which rows are not ignored, or None if all are kept.
    kept: Array | None

    def counts(self, weight: Array | None) -> Array | None:
        """How much each row counts: the weight of its class, or 0 where it is ignored; None if each counts 1."""
        if weight is None:
            return self.kept
        counts = np.asarray(weight[self.numbers])
        return counts if self.kept is None else counts * self.kept

    def chosen(self, scores: Any) -> Any:
        """The score of the class in each row."""
        return scores[(*np.indices(self.numbers.shape, sparse=True), self.numbers)]


def as_scores(x: Any, name: str) -> Any:
    """Scores of shape (..., classes), as `as_array` gives them.

    Raises as `as_array`, and `ShapeError` for a single number, and for no class.
    """
    scores = as_array(x, name)
    if not scores.shape:
        owner, _, argument = name.partition(": ")
        raise ShapeError(
            f"{owner}: expected {argument} of shape (classes,) or (batch, classes), got a single number: "
            "give one for each class"
        )
    if scores.shape[-1] == 0:
        raise ShapeError(
            f"{name}: shape {scores.shape} is empty, expected classes along the last axis: give a score for each"
        )
    return scores


def as_target(x: Any, name: str) -> Any:
    """A target as it is if it is a node, else as an array: ints stay ints, which are compared with the classes."""
    is_looked_at = isinstance(x, Node) or (x.__class__ is np.ndarray and x.dtype.kind in "iu")
    return x if is_looked_at else real_array(x, name)


def labels_of(target: Any, scores: Any, owner: str, argument: str, ignore_index: int | None = None) -> Labels:
    """Class numbers, one for each row of the scores, which messages call ``argument``.

    Raises `ShapeError` unless there is one for each row, `DTypeError` for what is no int, `ValueError` for a class
    that there is not.
    """
    if target.shape != scores.shape[:-1]:
        raise ShapeError(
            f"{owner}: target: expected class numbers of shape {scores.shape[:-1]}, one for each row of {argument} of "
            f"shape {scores.shape}, got {target.shape}: {cure_of(target.shape, scores.shape, argument)}"
        )
    if isinstance(target, Node) or target.dtype.kind not in "iu":
        is_node = isinstance(target, Node)
        kind = type(target).__name__ if is_node else f"dtype {target.dtype}"
        raise DTypeError(
            f"{owner}: target: class numbers are ints, one for each row of {argument}, got {kind}: "
            f"give an array of ints, as from target{'.data' * is_node}.astype(int)"
        )
    kept = None
    if ignore_index is not None:
        told = asked.get()
        if told is not None:
            told.ignored.add(ignore_index)
        kept = np.asarray(target != ignore_index)
        target = np.where(kept, target, 0)
    count = scores.shape[-1]
    is_class = target[..., None] == np.arange(count)
    if np.count_nonzero(is_class) < target.size:
        wrong = target[~is_class.any(axis=-1)].flat[0]
        is_to_be_ignored = wrong == PYTORCH_IGNORES and owner != "multiclass_hinge"
        cure = f"say ignore_index={wrong} to leave its rows out" if is_to_be_ignored else "number the classes from 0"
        raise ValueError(
            f"{owner}: target: {count} {argument} have the classes 0 to {count - 1}, got class {wrong}: {cure}"
        )
    return Labels(target, is_class, kept)


def cure_of(target: tuple[int, ...], scores: tuple[int, ...], argument: str) -> str:
    """What to do about a target of another shape than the rows of the scores."""
    if target == (*scores[:-1], 1):
        return "take target[..., 0]"
    if target == (*scores[:1], *scores[2:]):
        return f"the classes are along the last axis, not the second: give autograd.moveaxis({argument}, 1, -1)"
    return "reshape it" if prod(target) == prod(scores[:-1]) else "give as many of each"


def class_weights(weight: Any, scores: Any, owner: str) -> Array | None:
    """A weight for each class, or None.

    Raises as `weights_of`, `ShapeError` for another number of them, `ValueError` if none is above zero.
    """
    if weight is None:
        return None
    weights = weights_of(weight, f"{owner}: weight")
    if weights.shape != scores.shape[-1:]:
        raise ShapeError(
            f"{owner}: weight: expected shape {scores.shape[-1:]}, one for each class, got {weights.shape}: "
            "the weight of a row is for the loss that reduction='none' gives"
        )
    if not weights.any():
        raise ValueError(f"{owner}: weight: expected a class that counts, got 0 for each: give one that is positive")
    return weights


def ignored_class(ignore_index: Any, owner: str) -> int | None:
    """The class number whose rows are ignored, or None."""
    return (
        None
        if ignore_index is None
        else as_int(ignore_index, f"{owner}: ignore_index: expected an int, got {short_repr(ignore_index)}")
    )
