"""evaluate: how good a model is on data, a part of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd import DTypeError, ShapeError, no_grad, short_repr
from nn.declared import is_node
from nn.losses.told import asking
from nn.module import Module
from nn.signatures import spelled_out
from nn.training.batches import Data, as_data, batch_length
from nn.training.metrics import Metric, as_metrics, measured
from nn.training.predictions import has_rows, together

#: How many samples a model sees at a time where nothing is trained, if nothing else is said.
MANY = 256

#: A function of prediction and target that gives one number: a Tensor, or a Value.
Loss = Callable[[Any, Any], Any]


@spelled_out
def evaluate(
    model: Module, loss: Loss, data: Any, *rest: Any, metrics: Any = None, batch_size: int | None = MANY
) -> dict[str, float]:
    """The loss and the metrics of a model on data, in eval mode and without a graph; the mode is then as before.

    The model is called with ``batch_size`` samples at a time, so that what it computes in between takes no more memory
    than these need, or with all at once for None. The loss and the metrics are those of all predictions together. Where
    what it gives has not a row for each sample, it is called with all at once, too.

    >>> from nn import MLP, mse
    >>> found = evaluate(MLP([1, 1], rng=0), mse, ([[0.0], [1.0]], [[0.0], [0.0]]))
    >>> list(found)
    ['loss']

    Raises as `fit`.
    """
    if not isinstance(model, Module):
        raise DTypeError(f"evaluate: model: expected a Module, got {short_repr(model)}")
    expect_no_rest(rest, "evaluate")
    samples, measures = as_data(data, "evaluate: data"), as_metrics(metrics, "evaluate")
    length = batch_length(batch_size, samples.size, "evaluate")
    modes = [(module, module.training) for _, module in model.named_modules()]
    try:
        return evaluated(model, loss, samples, measures, length)
    finally:
        for module, mode in modes:
            module.training = mode


def evaluated(
    model: Module, loss: Loss, samples: Data, measures: Mapping[str, Metric], length: int
) -> dict[str, float]:
    model.eval()
    target = samples.target.copy()
    with no_grad(), asking() as told:
        prediction = predicted(model, samples, length)
        result = loss(prediction, target)
    numbers = np.asarray(result.data if is_node(result) else result)
    if numbers.size != 1:
        raise ShapeError("evaluate: loss: expected one number, got several: give it reduction='mean'")
    found = {name: number for name, number, _ in measured(measures, prediction, target, told)}
    return {"loss": float(numbers.item()), **found}


def predicted(model: Module, samples: Data, length: int) -> Any:
    """What a model gives for all samples, of which it sees so many at a time, if it gives a row for each of them."""
    parts = []
    for start in range(0, samples.size, length):
        batch = samples.rows(slice(start, start + length))
        parts.append(model(*batch.inputs))
        if batch.size < samples.size and not has_rows(parts[-1], batch.size):
            return model(*samples.rows(slice(None)).inputs)
    return parts[0] if len(parts) == 1 else together(parts)


def expect_no_rest(rest: tuple[Any, ...], owner: str, others: str = "") -> None:
    """Refuse inputs and targets that are given one after the other.

    Raises `TypeError`.
    """
    if rest:
        raise DTypeError(
            f"{owner}: data: expected inputs and targets as one argument, a pair, got {1 + len(rest)} arguments: write "
            f"{owner}(model, loss, (x, y)){others if len(rest) > 1 else ''}; settings are given by name"
        )
