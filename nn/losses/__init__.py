"""Losses: one number that says how far off, lower is better, the mean over a batch unless it is said otherwise."""

from nn.losses.angle import cosine
from nn.losses.binary import bce, bce_with_logits
from nn.losses.divergence import kl_divergence, nll
from nn.losses.entropy import cross_entropy
from nn.losses.margin import multiclass_hinge
from nn.losses.penalties import l1_penalty, l2_penalty
from nn.losses.regression import half_squared_error, huber, l1, mse

__all__ = [
    "bce",
    "bce_with_logits",
    "cosine",
    "cross_entropy",
    "half_squared_error",
    "huber",
    "kl_divergence",
    "l1",
    "l1_penalty",
    "l2_penalty",
    "mse",
    "multiclass_hinge",
    "nll",
]
