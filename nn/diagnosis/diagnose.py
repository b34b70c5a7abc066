"""diagnose: a model and a batch are looked at for what keeps it from learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import DTypeError, short_repr
from nn.diagnosis.checks import CHECKS
from nn.diagnosis.flow import layers
from nn.diagnosis.observed import observe
from nn.diagnosis.report import Diagnosis
from nn.module import Module
from nn.signatures import spelled_out
from nn.training.batches import as_data


@spelled_out
def diagnose(model: Module, batch: Any, loss: Callable[[Any, Any], Any] | None = None) -> Diagnosis:
    """Run a model on a batch, forward and back, and name what keeps it from learning.

    Looks for NaN and infinity and what made them first, a loss behind an activation that it has built in (softmax
    twice) or that keeps it from being right, parameters without a gradient and leaves that are no parameters, units
    that are alike and stay so, inputs and targets that are not scaled, dead ReLUs, saturated units, gradients that
    vanish or explode from layer to layer, and gradients that were not cleared. Each finding has its evidence and a
    cure.

    ``batch`` is a pair of inputs and targets; ``loss`` a function of prediction and target, by default
    `nn.cross_entropy` for targets that are ints, else `nn.mse`. A copy is run, so that the model is left as it is:
    weights, gradients, buffers and random numbers; it is in the mode that the model is in.

    >>> import numpy as np
    >>> import nn
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(32, 4)), rng.integers(0, 3, 32)
    >>> model = nn.MLP([4, 8, 3], "relu", output="softmax", rng=0)
    >>> model.layers[0].bias = np.full(8, -100.0)
    >>> diagnosis = diagnose(model, (x, y))
    >>> for finding in diagnosis.findings:
    ...     print(finding.kind, "·", finding.place, "·", finding.evidence)
    wrong pair · layers.3 · softmax, then cross_entropy: it is applied twice
    dead units · layers.1 · 8 of 8 are 0 for all 32 samples: units 0, 1, 2, 3, 4, 5, …

    Raises `TypeError` for what is no Module or no pair of arrays, and for a loss that gives no Tensor of one number;
    what a loss refuses by itself, as `nn.bce` does scores, it refuses here with its own cure.
    """
    if not isinstance(model, Module):
        raise DTypeError(f"diagnose: model: expected a Module, got {short_repr(model)}")
    if loss is not None and not callable(loss):
        raise DTypeError(f"diagnose: loss: expected a function of prediction and target, got {short_repr(loss)}")
    seen = observe(model, as_data(batch, "diagnose: batch"), loss)
    return Diagnosis([finding for check in CHECKS for finding in check(seen)], list(layers(seen)), seen.loss)
