"""Losses: one number that says how far off, lower is better, the mean over a batch."""

from __future__ import annotations

from math import fsum, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import (
    DTypeError,
    Node,
    ShapeError,
    Tensor,
    Value,
    exp,
    log1p,
    logsumexp,
    mean,
    no_grad,
    primitive,
    real_array,
    softmax,
    sum_of,
    where,
)
from nn.inputs import as_array, expect_one_form

Array = NDArray[Any]


def mse(prediction: Any, target: Any) -> Any:
    """The mean of (prediction − target)² over all elements; both have the same shape.

    Takes Tensors, arrays, Values and lists of them; gives a Tensor, a Value, or a plain number for plain numbers.

    >>> mse([1.0, 2.0], [1.0, 4.0])
    np.float64(2.0)
    >>> mse([Value(1.0), Value(2.0)], [1.0, 4.0])
    Value(data=2.0, grad=–)

    Raises `ShapeError` if the shapes differ (nothing is broadcast here) or hold no element.
    """
    prediction, target = as_array(prediction, "mse: prediction"), as_array(target, "mse: target")
    if prediction.shape != target.shape:
        raise ShapeError(
            f"mse: expected prediction and target of one shape, got {prediction.shape} and {target.shape}: "
            "reshape one of them, as in target.reshape(-1, 1)"
        )
    expect_one_form(prediction, target, "mse: prediction and target")
    if prediction.size == 0:
        raise ShapeError(f"mse: the batch of shape {prediction.shape} is empty, so it has no mean")
    return mean((prediction - target) ** 2)


def cross_entropy(scores: Any, target: Any) -> Any:
    """Softmax and cross-entropy in one: the mean over the rows of −Σ_k target_k · log softmax(scores)_k.

    ``scores``, of shape (..., classes), are any real numbers, not probabilities. ``target`` holds class numbers as
    ints, of shape (...), or a row of probabilities for each row of scores: one-hot, or any that sum to 1.

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

    Raises `ShapeError` if the shapes do not fit or the batch is empty, `DTypeError` for class numbers that are no ints,
    `ValueError` for those out of range and for rows that are no probabilities.
    """
    scores = as_array(scores, "cross_entropy: scores")
    is_looked_at = isinstance(target, Node) or (target.__class__ is np.ndarray and target.dtype.kind in "iu")
    if not is_looked_at:  # it may hold class numbers, which are compared with those that there are
        target = real_array(target, "cross_entropy: target")
    if not scores.shape:
        raise ShapeError("cross_entropy: expected scores of shape (classes,) or (batch, classes), got a single number")
    if scores.size == 0:
        raise ShapeError(f"cross_entropy: scores: the batch of shape {scores.shape} is empty, so it has no mean")
    if target.shape == scores.shape[:-1]:
        target = one_hot(target, scores)
    elif target.shape == scores.shape:
        expect_one_form(scores, target, "cross_entropy: scores and target")
        target = checked_probabilities(as_array(target, "cross_entropy: target"), scores)
        if holds_tracked(target):
            return expected_surprise(scores, target)
    else:
        raise ShapeError(
            f"cross_entropy: target: expected class numbers of shape {scores.shape[:-1]} or probabilities of shape "
            f"{scores.shape}, which the scores have, got {target.shape}"
        )
    return softmax_cross_entropy(scores, target)


def one_hot(classes: Any, scores: Any) -> Array:
    """Rows of zeros with a one at the class, in the dtype of the scores; read-only, so that nobody copies it."""
    if isinstance(classes, Node) or classes.dtype.kind not in "iu":
        kind = type(classes).__name__ if isinstance(classes, Node) else f"dtype {classes.dtype}"
        cure = "give an array of ints, as from target.astype(int)"
        raise DTypeError(
            f"cross_entropy: target: class numbers are ints, one for each row of scores, got {kind}: {cure}"
        )
    count = scores.shape[-1]
    is_class = classes[..., None] == np.arange(count)
    if np.count_nonzero(is_class) < classes.size:
        wrong = classes[~is_class.any(axis=-1)].flat[0]
        raise ValueError(f"cross_entropy: target: {count} scores have the classes 0 to {count - 1}, got class {wrong}")
    rows: Array = is_class.astype(np.float64 if scores.dtype == object else scores.dtype)
    rows.setflags(write=False)
    return rows


def checked_probabilities(target: Any, scores: Any) -> Any:
    """The target, in the dtype of the scores, after a look at whether its rows are probabilities."""
    given = numbers(target)
    sums = given.sum(axis=-1)
    if not (np.all(given >= 0) and np.allclose(sums, 1.0, rtol=0, atol=1e-5)):
        raise ValueError(
            "cross_entropy: each row of target must hold probabilities that sum to 1 "
            f"(found a least element of {given.min():.4g} and sums from {sums.min():.4g} to {sums.max():.4g}): "
            "divide each row by its sum; class numbers have one axis less than the scores"
        )
    if isinstance(target, Tensor) or target.dtype == object or scores.dtype == object:
        return target
    return target.astype(scores.dtype)


def holds_tracked(target: Any) -> bool:
    """Whether anything of it requires a gradient."""
    nodes = [target] if isinstance(target, Tensor) else target.flat if target.dtype == object else []
    return any(isinstance(x, Node) and x.requires_grad for x in nodes)


def expected_surprise(scores: Any, target: Any) -> Any:
    """Written out, for a target that moves: the mean over the rows of Σ target · (−log softmax)."""
    shifted = scores - numbers(scores).max(axis=-1, keepdims=True)  # so that nothing large hides what is left of 0
    surprise = logsumexp(shifted, axis=-1, keepdims=True) - shifted
    is_nothing = (numbers(surprise) == np.inf) & (numbers(target) == 0)
    if is_nothing.any():
        surprise = where(is_nothing, 0.0, surprise)
    return mean(target * surprise) * scores.shape[-1]


def numbers(x: Any) -> Array:
    with no_grad():
        array: Array = x.numpy() if isinstance(x, Tensor) else x.astype(float)
    return array


# Of a row of plain probabilities, the loss is Σ t·(logsumexp(s) − s). With the maximum taken out of both terms nothing
# large cancels: Σ t · log Σ e^(s − max) − Σ t·(s − max). (Rounded probabilities may sum to a little less, or more, than
# 1.) The power of the maximum is 1: log1p of the others alone is what is left of a sure row.


def _forward(scores: Array, target: Array) -> Any:
    if scores.dtype == np.float16:  # which the sum over a batch may pass, where the mean does not
        return np.float16(_forward(scores.astype(np.float32), target.astype(np.float32)))
    rows = scores.reshape(-1, scores.shape[-1])
    places = np.arange(len(rows)), rows.argmax(axis=-1)
    top = rows[places]
    shifted = rows - top[:, None]
    powers = np.exp(shifted)
    powers[places] = 0.0
    logs = np.log1p(np.add.reduce(powers, axis=-1))
    finite = np.where(target.reshape(rows.shape) == 0, 0.0, shifted)  # zero times −inf is no contribution
    chosen = np.dot(target.ravel(), finite.ravel())
    return (np.dot(logs, np.add.reduce(target, axis=-1).ravel()) - chosen) / logs.size


def _by_scores(g: Any, loss: Any, scores: Any, target: Any) -> Any:
    return (softmax(scores) - target) * (g / prod(scores.shape[:-1]))


def _by_scores_without_loss(g: Any, loss: Any, scores: Any, target: Any) -> Any:
    """The same: what a probability next to 1 was rounded by, which the others show, is taken out again."""
    probabilities = softmax(scores)
    residual = probabilities * target.sum(axis=-1, keepdims=True) - target
    excess = residual.sum(axis=-1, keepdims=True)
    return (residual - probabilities * excess) * (g / divisor(prod(scores.shape[:-1]), g))


def divisor(rows: int, g: Any) -> Any:
    """The number of rows, in double precision beside half, which has not all whole numbers from 2,048 on."""
    dtype = getattr(g, "dtype", None)
    return rows if dtype is None or dtype.itemsize > 2 or rows <= 2048 else np.float64(rows)


def _by_target(g: Any, loss: Any, scores: Any, target: Any) -> Any:
    return (logsumexp(scores, axis=-1, keepdims=True) - scores) * (g / prod(scores.shape[:-1]))


def _of_scalars(scores: Array, target: Array) -> Any:
    """The scalar graph: the same, written out for each row."""
    losses = [_of_row(scores[row], target[row]) for row in np.ndindex(scores.shape[:-1])]
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
