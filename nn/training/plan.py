"""What a training is to do, and what of it has to be the same where one goes on from a checkpoint."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd import DTypeError, short_repr
from nn.module import Module
from nn.optim import Optimizer
from nn.optim.lr_scheduler.schedule import Adjustment
from nn.training.batches import Data, fingerprint
from nn.training.evaluation import Loss
from nn.training.files import Checkpoint
from nn.training.metrics import Metric


@dataclass(frozen=True)
class Plan:
    """What a training is to do, as `fit` was asked."""

    loss: Loss
    data: Data
    validation: Data | None
    metrics: Mapping[str, Metric]
    epochs: int
    batch_size: int
    shuffle: bool
    drop_last: bool
    schedule_every: str
    clip_norm: float | None
    checkpoint: Checkpoint | None
    progress: bool

    def identity(self) -> dict[str, Any]:
        """What a training that goes on from a checkpoint has to have in common with the one that wrote it."""
        return {
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
            "schedule_every": self.schedule_every,
            "clip_norm": self.clip_norm,
            "loss": named(self.loss),
            "metrics": list(self.metrics),
            "data": self.data.fingerprint(),
            "validation": None if self.validation is None else self.validation.fingerprint(),
        }


def named(part: Any) -> str:
    """A function by its name, of a `functools.partial` what it was given too: the same in each process."""
    if isinstance(part, functools.partial):
        given = [*map(named, part.args), *[f"{name}={named(x)}" for name, x in sorted(part.keywords.items())]]
        return f"{named(part.func)}({', '.join(given)})"
    if isinstance(part, np.ndarray):
        return fingerprint(part)
    if isinstance(part, Module | np.generic | int | float | str | None):
        return repr(part)
    if isinstance(part, list | tuple):
        return f"({', '.join(map(named, part))})"
    return str(getattr(part, "__qualname__", type(part).__qualname__))


def path_of(checkpoint: Any) -> Path:
    """Where it is, also when the working directory is another.

    Raises `TypeError` for what is no path.
    """
    if not isinstance(checkpoint, str | os.PathLike) or not isinstance(os.fspath(checkpoint), str):
        raise DTypeError(f"fit: checkpoint: expected the path of a file, got {short_repr(checkpoint)}")
    return Path(checkpoint).absolute()


def settings_of(optimizer: Optimizer | None, schedule: Adjustment | None) -> dict[str, Any]:
    """The settings that somebody gave, without what a schedule changes."""
    changing = {"params", "lr"}
    if schedule is not None and "cycle_momentum" in schedule.settings:
        changing |= {"momentum", "betas"}
    groups = [] if optimizer is None else optimizer.state_dict()["param_groups"]
    return {
        "optimizer": type(optimizer).__name__,
        "settings of the optimizer": [{k: x for k, x in group.items() if k not in changing} for group in groups],
        "schedule": type(schedule).__name__,
        "settings of the schedule": None if schedule is None else schedule.state_dict()["settings"],
    }
