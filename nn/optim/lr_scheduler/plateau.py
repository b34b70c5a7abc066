"""ReduceLROnPlateau: a lower rate when a number gets no better."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from nn.inputs import count_from_zero, decay, finite_number, number_from_zero, one_of
from nn.optim.lr_scheduler.schedule import Adjustment, one_each
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Change, Checks, change_of, make_changes


class ReduceLROnPlateau(Adjustment):
    """lr ← max(lr · factor, min_lr) when a metric, as the loss on unseen samples, gets no better.

    That is after more than ``patience`` steps in a row that are no better than the best. By ``mode`` "min" or "max",
    less or more is better, by at least ``threshold``: of ``threshold_mode`` "rel" a part of the best so far, of "abs"
    a difference to it. After a reduction ``cooldown`` steps count nothing. What changes the rate by less than ``eps``
    is left out. Other than a `Schedule` it starts from the rate that is there in each step, so that it may be set by
    hand meanwhile.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.5

    Raises `TypeError` and `ValueError` for words that are others, counts that are no ints from 0, numbers below 0,
    and a ``factor`` outside of [0, 1).
    """

    checks: ClassVar[Checks] = {
        "mode": partial(one_of, choices=("min", "max")),
        "factor": partial(decay, example=0.1),
        "patience": count_from_zero,
        "threshold": partial(number_from_zero, example=1e-4),
        "threshold_mode": partial(one_of, choices=("rel", "abs")),
        "cooldown": count_from_zero,
        "eps": partial(number_from_zero, example=1e-8),
    }

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(
            optimizer,
            mode=mode,
            factor=factor,
            patience=patience,
            threshold=threshold,
            threshold_mode=threshold_mode,
            cooldown=cooldown,
            min_lr=min_lr,
            eps=eps,
        )
        #: The best metric so far; None before the first.
        self.best: float | None = None
        #: How many steps were no better, and how many more count nothing.
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def checked(self, settings: dict[str, Any], where: str) -> dict[str, Any]:
        found = super().checked(settings, where)
        lowest = self._lowest(found["min_lr"], f"{where}: min_lr")
        return {**found, "min_lr": lowest if isinstance(found["min_lr"], list | tuple) else lowest[0]}

    def _lowest(self, min_lr: Any, where: str) -> list[float]:
        """The lowest rate of each group that there is by now."""
        return one_each(min_lr, where, len(self.optimizer.param_groups), partial(number_from_zero, example=0.001))

    def step(self, metrics: float) -> None:
        """Look at the metric, once for each epoch, and reduce the rates where it is time.

        All of it is done, or nothing where that is interrupted. Raises `TypeError` and `ValueError` for anything but a
        finite number, and `ShapeError` for a ``min_lr`` of each group where the optimiser has other groups than it had.
        """
        number = finite_number(metrics, f"{type(self).__name__}: metrics", 0.5)
        lowest = self._lowest(self.settings["min_lr"], f"{type(self).__name__}: min_lr")
        is_better, cooldown = self._is_better(number), self.cooldown_counter
        bad = 0 if is_better or cooldown else self.num_bad_epochs + 1
        cooldown = max(cooldown - 1, 0)
        changes: list[Change] = []
        if bad > self.settings["patience"]:
            changes = self._reductions(lowest)
            bad, cooldown = 0, self.settings["cooldown"]
        progress = {"best": number if is_better else self.best, "num_bad_epochs": bad, "cooldown_counter": cooldown}
        make_changes([*changes, *((partial(setattr, self, k), getattr(self, k), new) for k, new in progress.items())])

    def _is_better(self, metric: float) -> bool:
        """Whether it is better than the best by the threshold."""
        if self.best is None:
            return True
        is_min = self.settings["mode"] == "min"
        change: float = -self.settings["threshold"] if is_min else self.settings["threshold"]
        limit = self.best * (1 + change) if self.settings["threshold_mode"] == "rel" else self.best + change
        return metric < limit if is_min else metric > limit

    def _reductions(self, lowest: list[float]) -> list[Change]:
        """How the rates of all groups are reduced."""
        changes = []
        for group, least in zip(self.optimizer.param_groups, lowest, strict=True):
            rate = max(group["lr"] * self.settings["factor"], least)
            if group["lr"] - rate > self.settings["eps"]:
                changes.append(change_of(group, {"lr": rate}))
        return changes

    def _apply(self) -> None:
        """Nothing: the rates are the optimiser's, and loaded with it."""

    def _progress(self) -> dict[str, Any]:
        return {
            "best": self.best,
            "num_bad_epochs": self.num_bad_epochs,
            "cooldown_counter": self.cooldown_counter,
        }

    def _fitting_progress(self, progress: dict[str, Any], where: str) -> dict[str, Any]:
        best = progress["best"]
        return {
            "best": None if best is None else finite_number(best, f"{where}: best", 0.5),
            "num_bad_epochs": count_from_zero(progress["num_bad_epochs"], f"{where}: num_bad_epochs"),
            "cooldown_counter": count_from_zero(progress["cooldown_counter"], f"{where}: cooldown_counter"),
        }
