"""Schedules: how settings of an optimiser change as steps go by."""

from typing import TYPE_CHECKING

from nn.elsewhere import no_such
from nn.optim.lr_scheduler.joined import ChainedScheduler, SequentialLR
from nn.optim.lr_scheduler.one_cycle import OneCycleLR
from nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from nn.optim.lr_scheduler.schedule import Schedule
from nn.optim.lr_scheduler.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
]

if not TYPE_CHECKING:  # which would take every name for one that is here

    def __getattr__(name):
        raise AttributeError(no_such(name, __name__))
