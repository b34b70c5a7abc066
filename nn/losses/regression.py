"""Losses of predicted numbers: how far they are from those that were to come."""

from __future__ import annotations

from typing import Any

from autograd import minimum
from nn.inputs import as_pair, one_of, positive_number
from nn.losses.reduction import REDUCTIONS, reduced
from nn.signatures import spelled_out


@spelled_out
def mse(prediction: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean of (prediction − target)² over all elements; both have the same shape.

    Takes Tensors, arrays, Values and lists of them; gives a Tensor, a Value, or a plain number for plain numbers.
    ``reduction`` is "mean", "sum", or "none" for one loss an element. Numbers beside a Tensor are taken in its dtype.

    >>> from autograd import Value
    >>> mse([1.0, 2.0], [1.0, 4.0])
    np.float64(2.0)
    >>> mse([Value(1.0), Value(2.0)], [1.0, 4.0])
    Value(data=2.0, grad=–)

    Raises `ShapeError` if the shapes differ (nothing is broadcast here), or for the mean of no element, `DTypeError`
    for what is no real number, `ValueError` for another reduction.
    """
    reduction = one_of(reduction, "mse: reduction", REDUCTIONS)
    prediction, target = as_pair(prediction, target, "mse")
    return reduced((prediction - target) ** 2, reduction, "mse")


@spelled_out
def half_squared_error(prediction: Any, target: Any, *, reduction: str = "sum") -> Any:
    """½ Σ (target − prediction)², the loss of Adaline: its gradient by the prediction is prediction − target.

    The sum is the default, as in the rule of Widrow and Hoff, 1960; else it is as `mse`.

    >>> half_squared_error([1.0, 2.0], [1.0, 4.0])
    np.float64(2.0)

    Raises as `mse`.
    """
    reduction = one_of(reduction, "half_squared_error: reduction", REDUCTIONS)
    prediction, target = as_pair(prediction, target, "half_squared_error")
    return reduced(0.5 * (prediction - target) ** 2, reduction, "half_squared_error")


@spelled_out
def l1(prediction: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean of |prediction − target| over all elements, which is what a median minimises; else it is as `mse`.

    Where the two are equal there is a corner, at which the gradient is 0.

    >>> l1([1.0, 2.0], [1.0, 4.0])
    np.float64(1.0)

    Raises as `mse`.
    """
    reduction = one_of(reduction, "l1: reduction", REDUCTIONS)
    prediction, target = as_pair(prediction, target, "l1")
    return reduced(abs(prediction - target), reduction, "l1")


@spelled_out
def huber(prediction: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """½ d² where d = |prediction − target| is at most delta, else delta · (d − ½ delta): the mean over all elements.

    It is smooth, as the square is, and what is far off weighs no more than by ``delta``, which is positive; else it is
    as `mse`. Huber, 1964.

    >>> huber([1.0, 2.0], [1.5, 7.0], delta=2.0, reduction="none")
    array([0.125, 8.   ])

    Raises as `mse`, `TypeError` for a delta that is no number, `ValueError` for one that is not positive and finite.
    """
    reduction = one_of(reduction, "huber: reduction", REDUCTIONS)
    delta = positive_number(delta, "huber: delta", 1.0)
    prediction, target = as_pair(prediction, target, "huber")
    distance = abs(prediction - target)
    near = minimum(distance, delta)
    return reduced(0.5 * near**2 + delta * (distance - near), reduction, "huber")
