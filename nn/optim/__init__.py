"""How parameters are changed by their gradients, and how fast."""

from nn.optim.adaptive import Adagrad, Adam, AdamW, RMSProp
from nn.optim.clip import clip_grad_norm, clip_grad_value
from nn.optim.one_cycle import OneCycleLR
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import ParamGroup
from nn.optim.plateau import ReduceLROnPlateau
from nn.optim.schedule import Schedule
from nn.optim.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, MultiStepLR, SequentialLR, StepLR
from nn.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "Optimizer",
    "ParamGroup",
    "RMSProp",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm",
    "clip_grad_value",
]
