"""Metrics: how good a prediction is, in numbers that people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, ShapeError, Value, short_repr
from nn.declared import is_node, plain
from nn.inputs import finite_number
from nn.signatures import spelled_out

#: A function of predictions and targets, both plain arrays, that gives a number.
Metric = Callable[[Any, Any], float]


@spelled_out
def accuracy(scores: Any, target: Any, threshold: float = 0.0) -> float:
    """The part of the samples whose largest score is that of the right class.

    ``scores`` has the shape (samples, classes), or (samples,) or (samples, 1) of two classes, where the second one is
    chosen above the threshold: 0 for scores, as `bce_with_logits` takes them, 0.5 for probabilities, as a sigmoid gives
    them. ``target`` holds class numbers, or a row of probabilities each.

    >>> accuracy([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666

    Raises `ShapeError` where the shapes do not fit, `ValueError` for targets that are no classes.
    """
    found, classes = plain(scores, "accuracy: scores"), plain(target, "accuracy: target")
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    chosen = (
        (found > finite_number(threshold, "accuracy: threshold", 0.5)).astype(int)
        if found.ndim == 1
        else found.argmax(axis=-1)
    )
    if classes.shape == found.shape and found.ndim > 1:
        if not np.allclose(classes.sum(axis=-1), 1):
            raise ValueError("accuracy: target: expected class numbers, or rows of probabilities that sum to 1")
        classes = classes.argmax(axis=-1)
    if classes.ndim == 2 and classes.shape[1] == 1:
        classes = classes[:, 0]
    if chosen.shape != classes.shape or not chosen.size:
        raise ShapeError(
            f"accuracy: expected a class for each row of scores, got scores of shape {found.shape} and a target of "
            f"shape {classes.shape}"
        )
    if found.ndim == 1 and not np.isin(classes, (0, 1)).all():
        raise ValueError("accuracy: target: expected 0 or 1 for each sample of one score, got other numbers")
    return float(np.mean(chosen == classes))


#: Names that a history has itself.
TAKEN = ("epoch", "loss", "lr", "seconds")

BY_NAME: dict[str, Metric] = {"accuracy": accuracy}


def as_metrics(metrics: Any, owner: str) -> dict[str, Metric]:
    """Metrics by their names: given as a dict of functions, or as names that are known.

    Raises `TypeError` for anything else, `ValueError` for a name that is unknown.
    """
    expected = f"{owner}: metrics: expected names such as 'accuracy', or a dict of functions of prediction and target"
    if metrics is None:
        return {}
    if isinstance(metrics, str):
        metrics = [metrics]
    if isinstance(metrics, Mapping):
        found = dict(metrics)
    elif isinstance(metrics, list | tuple) and all(isinstance(name, str) for name in metrics):
        unknown = [name for name in metrics if name not in BY_NAME]
        if unknown:
            raise ValueError(f"{expected}, got {unknown[0]!r}, and the known ones are {', '.join(BY_NAME)}")
        found = {name: BY_NAME[name] for name in metrics}
    else:
        raise DTypeError(f"{expected}, got {short_repr(metrics)}")
    for name, function in found.items():
        if not isinstance(name, str) or not callable(function):
            raise DTypeError(f"{expected}, got {short_repr(function)} under {name!r}")
        if name in TAKEN or name.startswith("val_"):
            raise ValueError(f"{owner}: metrics: {name!r} is the name of something else in a history: give it another")
    return found


def numbers_of(prediction: Any) -> Any:
    """The plain numbers of what a model gave, an array; of several outputs a tuple or dict of such."""
    if isinstance(prediction, Mapping):
        return {name: numbers_of(part) for name, part in prediction.items()}
    if isinstance(prediction, tuple | list) and not all(isinstance(part, Value) for part in prediction):
        return tuple([numbers_of(part) for part in prediction])
    return plain(prediction, "metrics: prediction")


def measured(metrics: Mapping[str, Metric], prediction: Any, target: NDArray[Any]) -> dict[str, float]:
    """Each metric of what a model gave, of which they see the plain numbers.

    Raises `TypeError` for a result that is not one number; what a metric raises itself has a note that names it.
    """
    found = {}
    for name, metric in metrics.items():
        numbers = numbers_of(prediction)
        try:
            result = metric(numbers, target)
        except Exception as error:
            shapes = f"predictions {getattr(numbers, 'shape', type(numbers).__name__)} and targets {target.shape}"
            error.add_note(f"in the metric {name!r}, of {shapes}")
            raise
        number = np.asarray(result.data if is_node(result) else result)
        if number.size != 1 or number.dtype.kind not in "biuf":
            raise DTypeError(
                f"metrics: {name!r}: expected one number, got {short_repr(result)}: return one, as by float(np.mean(…))"
            )
        found[name] = number.item() if number.dtype.kind == "f" else float(number.item())
    return found
