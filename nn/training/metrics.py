"""Metrics: how good a prediction is, in numbers that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, ShapeError, Value, short_repr
from nn.declared import is_node, plain
from nn.inputs import as_int, finite_number
from nn.losses.told import Told, asked, asking
from nn.signatures import spelled_out

#: A function of predictions and targets, both plain arrays, that gives a number.
Metric = Callable[..., float]


@spelled_out
def accuracy(scores: Any, target: Any, threshold: float | None = None, *, ignore_index: int | None = None) -> float:
    """The part of the samples whose largest score is that of the right class; NaN is never right.

    ``scores`` has the shape (..., classes), or (samples,) or (samples, 1) of two classes, where the second one is
    chosen above the ``threshold``, which has to be said: 0 for scores, as `bce_with_logits` takes them, 0.5 for
    probabilities, as a sigmoid gives them to `bce`, and for what `mse` compares with 0 and 1. ``target`` holds class
    numbers, or a row of probabilities each. Rows whose class is ``ignore_index`` do not count. In `fit` and `evaluate`
    the losses of nn tell both.

    >>> accuracy([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666
    >>> accuracy([0.25, 0.75], [0, 1], threshold=0.5)
    1.0

    Raises `ShapeError` where the shapes do not fit, `ValueError` for targets that are no classes, for one score a
    sample without a threshold, and where all rows are ignored.
    """
    found, classes = plain(scores, "accuracy: scores"), plain(target, "accuracy: target")
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    is_of_two = found.ndim < 2
    if classes.shape == found.shape and not is_of_two:
        if not np.allclose(classes.sum(axis=-1), 1):
            raise ValueError("accuracy: target: expected class numbers, or rows of probabilities that sum to 1")
        classes = classes.argmax(axis=-1)
    if classes.ndim == 2 and classes.shape[1] == 1:
        classes = classes[:, 0]
    if classes.shape != (found.shape if is_of_two else found.shape[:-1]) or not found.size:
        raise ShapeError(
            f"accuracy: expected a class for each row of scores, got scores of shape {found.shape} and a target of "
            f"shape {classes.shape}"
        )
    if is_of_two and threshold is None:
        raise ValueError(
            "accuracy: threshold: expected to be told above which number the one score of a sample means class 1, got "
            'None: give threshold=0.5 for probabilities, threshold=0 for scores, in fit as metrics={"accuracy": '
            "functools.partial(nn.accuracy, threshold=0.5)}"
        )
    if ignore_index is not None:
        kept = classes != as_int(
            ignore_index, f"accuracy: ignore_index: expected an int, got {short_repr(ignore_index)}"
        )
        found, classes = found[kept], classes[kept]
        if not classes.size:
            raise ValueError("accuracy: target: expected a row that counts, got only rows whose class is ignore_index")
        if (told := asked.get()) is not None:
            told.counts.append(classes.size)
    expect_classes(classes, 2 if is_of_two else found.shape[-1])
    if is_of_two:
        chosen = found > finite_number(threshold, "accuracy: threshold", 0.5)
        return float(np.mean((chosen == classes) & ~np.isnan(found)))
    return float(np.mean((found.argmax(axis=-1) == classes) & ~np.isnan(found).any(axis=-1)))


def expect_classes(classes: NDArray[Any], count: int) -> None:
    """Refuse what is none of so many classes.

    Raises `ValueError`.
    """
    is_class = np.isin(classes, np.arange(count))
    if not is_class.all():
        wrong = classes[~is_class].flat[0]
        cure = "rows of a class to be left out are named by ignore_index, in fit by that of the loss"
        raise ValueError(
            f"accuracy: target: expected classes from 0 to {count - 1}, got {wrong}"
            + (f": {cure}" if wrong < 0 else "")
        )


#: Names that a history has itself.
TAKEN = ("epoch", "loss", "lr", "seconds")

#: Above which prediction a loss has the second of two classes for the more likely one.
THRESHOLDS = {"bce_with_logits": 0.0, **dict.fromkeys(("bce", "mse", "half_squared_error", "l1", "huber"), 0.5)}

BY_NAME: dict[str, Metric] = {"accuracy": accuracy}


def as_metrics(metrics: Any, owner: str) -> dict[str, Metric]:
    """Metrics by their names: given as names that are known, as functions that have one, or as a dict of functions.

    Raises `TypeError` for anything else, `ValueError` for a name that is unknown, or there twice.
    """
    expected = (
        f"{owner}: metrics: expected names such as 'accuracy', functions of prediction and target, or a dict of such"
    )
    if metrics is None:
        return {}
    if isinstance(metrics, str) or (callable(metrics) and not isinstance(metrics, type)):
        metrics = [metrics]
    if isinstance(metrics, Mapping):
        found = dict(metrics)
    elif isinstance(metrics, list | tuple):
        pairs = [named_metric(metric, expected) for metric in metrics]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(f"{expected}, each of a name of its own, got {', '.join([name for name, _ in pairs])}")
    else:
        raise DTypeError(f"{expected}, got {short_repr(metrics)}")
    for name, function in found.items():
        if not isinstance(name, str) or not callable(function):
            raise DTypeError(f"{expected}, got {short_repr(function)} under {name!r}")
        if name in TAKEN or name.startswith("val_"):
            raise ValueError(f"{owner}: metrics: {name!r} is the name of something else in a history: give it another")
    return found


def named_metric(metric: Any, expected: str) -> tuple[str, Metric]:
    """One metric of a list, with its name."""
    if isinstance(metric, str):
        if metric not in BY_NAME:
            raise ValueError(f"{expected}, got {metric!r}, and the known ones are {', '.join(BY_NAME)}")
        return metric, BY_NAME[metric]
    if not callable(metric) or isinstance(metric, type):
        raise DTypeError(f"{expected}, got {short_repr(metric)}")
    name = getattr(metric, "__name__", "")
    if not name.isidentifier():
        raise DTypeError(f"{expected}, got {short_repr(metric)}, which has no name: give {{'name': …}}")
    return name, metric


def numbers_of(prediction: Any) -> Any:
    """The plain numbers of what a model gave, an array; of several outputs a tuple or dict of such."""
    if isinstance(prediction, Mapping):
        return {name: numbers_of(part) for name, part in prediction.items()}
    if isinstance(prediction, tuple | list) and not all(isinstance(part, Value) for part in prediction):
        return tuple([numbers_of(part) for part in prediction])
    return plain(prediction, "metrics: prediction")


def measured(
    metrics: Mapping[str, Metric], prediction: Any, target: NDArray[Any], of_loss: Told
) -> Iterator[tuple[str, float, Told]]:
    """Each metric of what a model gave, of which they see the plain numbers, and what it told.

    `accuracy` has from the losses what they told: above which number a single score is the second class, and whose rows
    are ignored.

    Raises `TypeError` for a result that is not one number; what a metric raises itself has a note that names it.
    """
    for name, metric in metrics.items():
        numbers = numbers_of(prediction)
        settings = settings_of(of_loss) if metric is accuracy else {}
        try:
            with asking() as told:
                result = metric(numbers, target, **settings)
        except Exception as error:
            shapes = f"predictions {getattr(numbers, 'shape', type(numbers).__name__)} and targets {target.shape}"
            error.add_note(f"in the metric {name!r}, of {shapes}")
            raise
        number = np.asarray(result.data if is_node(result) else result)
        if number.size != 1 or number.dtype.kind not in "biuf":
            raise DTypeError(
                f"metrics: {name!r}: expected one number, got {short_repr(result)}: return one, as by float(np.mean(…))"
            )
        told.is_sum = False  # a metric is a mean over batches, by what it counts
        yield name, number.item() if number.dtype.kind == "f" else float(number.item()), told


def settings_of(told: Told) -> dict[str, Any]:
    """What losses say of an accuracy."""
    thresholds = {THRESHOLDS[owner] for owner in told.owners if owner in THRESHOLDS}
    return {
        "threshold": thresholds.pop() if len(thresholds) == 1 else None,
        "ignore_index": next(iter(told.ignored)) if len(told.ignored) == 1 else None,
    }
