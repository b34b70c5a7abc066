"""How parameters are changed by their gradients, and how fast."""

from typing import TYPE_CHECKING

from nn.elsewhere import no_such
from nn.optim.adaptive import Adadelta, Adagrad, Adam, AdamW, RMSProp
from nn.optim.clip import clip_grad_norm, clip_grad_value
from nn.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    StepLR,
)
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import ParamGroup
from nn.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "Optimizer",
    "ParamGroup",
    "PolynomialLR",
    "RMSProp",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm",
    "clip_grad_value",
]

if not TYPE_CHECKING:  # which would take every name for one that is here

    def __getattr__(name):
        raise AttributeError(no_such(name, __name__))
