"""Losses of one score each, with what makes a probability of it built in."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.op import elementwise
from autograd.ops.activations import log1p_of_exp, sigmoid
from autograd.ops.compare import as_operands
from autograd.ops.functions import REAL


def surprise(logits: Any, target: Any) -> Any:
    """−t · log σ(x) − (1 − t) · log σ(−x): nothing is subtracted, and a part of weight 0 is 0, be x infinite."""
    missed = np.where(target == 0, 0.0, log1p_of_exp(-logits))
    invented = np.where(target == 1, 0.0, log1p_of_exp(logits))
    return as_operands(target * missed + (1 - target) * invented, logits, target)


# fmt: off
bce_with_logits = elementwise("bce_with_logits", surprise,
    lambda y, logits, target: sigmoid(logits) - target,
    lambda y, logits, target: -logits,
    numeric=[lambda y, logits, target: (1 - target) * sigmoid(logits) - target * sigmoid(-logits), None],
    symbol="BCE", domain=(REAL, (0.0, 1.0)), method=False,
    doc="sigmoid with binary cross-entropy passes on probability minus target: how much too sure")
# fmt: on
