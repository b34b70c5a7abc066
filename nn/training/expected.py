"""What a training expects of its model, its optimiser and its loss: what is trained moves, and nothing else does."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd import Graph, GraphError, StaleDataError
from nn.module import Module
from nn.training.run import Diverged, Run


def expect_parameters(model: Module) -> None:
    """Refuse a model without parameters, as where layers are made in forward, or held where they are not found.

    Raises `GraphError`.
    """
    if not model.parameters():
        raise GraphError(
            f"fit: model: {type(model).__name__} has no parameters: make its layers in __init__, and hold them in "
            "attributes, lists, tuples or dicts of it"
        )


def warn_of_what_stays(run: Run) -> None:
    """Warn of parameters that the last loss brought no gradient, so that they stay as they are."""
    still = [
        name
        for name, parameter in run.model.named_parameters()
        if parameter.requires_grad and not parameter.has_grad and id(parameter) in map(id, run.optimizer.parameters)
    ]
    if still:
        warnings.warn(
            f"fit: the loss of the last step of the first epoch brings no gradient to {', '.join(still)}: forward does "
            "not use them, or takes numbers out of the graph, as by .data, .numpy() or no_grad(); "
            "autograd.why(loss, parameter) tells which",
            stacklevel=5,
        )


def expect_in_optimizer(run: Run) -> None:
    """Refuse an optimiser that has not all parameters of the model that are trained, or none that is.

    Raises `GraphError`.
    """
    if not any(parameter.requires_grad for parameter in run.optimizer.parameters):
        raise GraphError(
            f"fit: model: nothing is trained: all {len(run.optimizer.parameters)} parameters of the optimizer are "
            "frozen: thaw some, as by model.requires_grad_(True)"
        )
    moved = {id(parameter) for parameter in run.optimizer.parameters}
    told = dict(run.model.named_parameters())
    still = [name for name, parameter in told.items() if parameter.requires_grad and id(parameter) not in moved]
    if still:
        raise GraphError(
            f"fit: optimizer: expected it to have all parameters that are trained, but {', '.join(still)} would stay "
            "as they are: make it when the model is whole, of model.parameters(), or freeze these by requires_grad_"
        )


def expect_trained(run: Run, loss: Any) -> None:
    """Refuse a loss from which the optimiser cannot train: it depends on nothing that moves, on a leaf that nobody told
    the model of, which would stay still, or on what was computed before weights were changed.

    All that the loss was computed from is looked at, so this is done at the first step and whenever there were twice as
    many: a state that is kept from batch to batch shows at the second, or where the rate begins with 0 soon after.

    Raises `GraphError`.
    """
    expect_in_optimizer(run)
    try:
        graph = Graph.of(*run.optimizer.parameters, loss, names={})
    except StaleDataError as error:
        raise GraphError(kept_from_before(run, f" ({str(error).partition('; ')[0]})")) from error
    moved = [graph.nodes[k] for k in graph.outputs[:-1]]
    for leaf in [graph.nodes[k] for k in graph.leaves if k not in graph.outputs[:-1]]:
        if any(leaf.label == x.label and np.array_equal(leaf.data, x.data) for x in moved if run.steps > 1):
            raise GraphError(kept_from_before(run, ""))  # the same parameter before a step of rate 0
        if leaf.requires_grad:
            raise GraphError(
                f"fit: model: the loss depends on {leaf.label or f'a leaf of shape {leaf.shape}'}, which requires a "
                "gradient and is no parameter of the model, so it would never be trained: assign it in __init__ as "
                "nn.Parameter(…), in an attribute, list or dict of a Module; or say requires_grad=False"
            )
    if not loss.requires_grad:
        raise GraphError(
            "fit: loss: it depends on no parameter that is trained: it may have been computed of .data or .numpy(), or "
            "inside no_grad(): compute it of what the model gives"
        )


def kept_from_before(run: Run, evidence: str) -> str:
    """What to say of a loss that goes back through earlier steps."""
    return (
        f"fit: model: the loss of step {run.steps} was computed, in a part, before the weights were changed{evidence}: "
        "the gradient would not be theirs, and go back through all batches before. What is kept from one batch for the "
        "next, as in self.h = cell(x, self.h), is to be numbers: write self.h = h.data, best into a Buffer, as the "
        "example of nn.RNNCell does"
    )


def expect_finite_parameters(run: Run) -> None:
    """Refuse an epoch of which a step itself went beyond the range of floats: of its loss nothing is to be seen.

    Raises `Diverged`.
    """
    for parameter in run.optimizer.parameters:
        if parameter.requires_grad and not np.isfinite(parameter.data).all():
            raise Diverged(
                f"fit: {parameter.label or 'a parameter'} is NaN or infinite after epoch {run.epoch + 1}: its steps "
                "were too large: try a smaller lr, or clip_norm",
                run.history,
            )
