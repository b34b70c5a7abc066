"""OneCycleLR: up to a high rate, and down to nearly nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from autograd import short_repr
from nn.inputs import decay, flag, number_between, one_of, positive_int, positive_number
from nn.optim.lr_scheduler.schedule import Schedule, one_each
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Checks

#: What may be a list, of one for each group.
PER_GROUP: Checks = {
    "max_lr": partial(positive_number, example=0.1),
    "base_momentum": partial(decay, example=0.85),
    "max_momentum": partial(decay, example=0.95),
}


class OneCycleLR(Schedule):
    """From max_lr/div_factor up to ``max_lr``, and down to max_lr/(div_factor·final_div_factor), in ``total_steps``.

    ``total_steps`` may be given as ``epochs`` and ``steps_per_epoch``. The way up takes ``pct_start`` of them, from 0
    to 1; both ways are those of a cosine, or with ``anneal_strategy="linear"`` straight lines. ``three_phase`` goes
    down to max_lr/div_factor first, as fast as it went up. ``cycle_momentum`` moves the momentum, or
    the first of the betas, the other way, between ``max_momentum`` and ``base_momentum``. These and ``max_lr`` may be
    lists, of one for each group; base rates play no part. Step it after each step of the optimiser. (Smith and Topin,
    Super-convergence, 2018.)

    >>> from autograd import Value
    >>> from nn import Adam
    >>> optimizer = Adam([Value(1.0)])
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.4, anneal_strategy="linear")
    >>> rates = [optimizer.lr]
    >>> for _ in range(4):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> [round(rate, 4) for rate in rates]
    [0.04, 1.0, 0.6667, 0.3333, 0.0]

    Raises `TypeError` and `ValueError` for settings that are no positive numbers, ``pct_start`` outside of 0 to 1,
    momenta outside of [0, 1), an optimiser without momentum and betas whose momentum is to be cycled, and
    `ValueError` by `step` after ``total_steps`` of them.
    """

    checks: ClassVar[Checks] = {
        "total_steps": positive_int,
        "pct_start": partial(number_between, example=0.3, least=0.0, most=1.0),
        "anneal_strategy": partial(one_of, choices=("cos", "linear")),
        "cycle_momentum": flag,
        "div_factor": partial(positive_number, example=25.0),
        "final_div_factor": partial(positive_number, example=1e4),
        "three_phase": flag,
    }

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        super().__init__(
            optimizer,
            max_lr=max_lr,
            total_steps=all_steps(total_steps, epochs, steps_per_epoch),
            pct_start=pct_start,
            anneal_strategy=anneal_strategy,
            cycle_momentum=cycle_momentum,
            base_momentum=base_momentum,
            max_momentum=max_momentum,
            div_factor=div_factor,
            final_div_factor=final_div_factor,
            three_phase=three_phase,
        )

    def checked(self, settings: dict[str, Any], where: str) -> dict[str, Any]:
        found = super().checked(settings, where)
        groups = self.optimizer.param_groups
        for name, check in PER_GROUP.items():
            found[name] = one_each(found[name], f"{where}: {name}", len(groups), check)
        if found["cycle_momentum"] and not {"momentum", "betas"} & set(groups[0]):
            raise ValueError(
                f"{where}: cycle_momentum: expected an optimizer with momentum or betas, got "
                f"{type(self.optimizer).__name__}: give cycle_momentum=False"
            )
        return found

    def settings_at(self, count: int, number: int) -> dict[str, Any]:
        rate, momentum = self._point(count, *(self.settings[name][number] for name in PER_GROUP))
        if not self.settings["cycle_momentum"]:
            return {"lr": rate}
        group = self.optimizer.param_groups[number]
        if "betas" in group:
            return {"lr": rate, "betas": (momentum, group["betas"][1])}
        return {"lr": rate, "momentum": momentum}

    def _point(self, count: int, top: float, low: float, high: float) -> tuple[float, float]:
        """The rate and the momentum after so many steps, by the highest rate, the lowest and the highest momentum."""
        if count > self.settings["total_steps"]:
            raise ValueError(
                f"{type(self).__name__}: step: expected at most total_steps={self.settings['total_steps']}, "
                f"got step {count}: give it as many as the optimiser makes"
            )
        corners = self._corners(top, low, high)
        end = next((i for i in range(1, len(corners)) if count <= corners[i][0]), len(corners) - 1)
        (start_time, *start), (end_time, *target) = corners[end - 1], corners[end]
        part = min((count - start_time) / (end_time - start_time), 1.0) if end_time > start_time else 1.0
        if self.settings["anneal_strategy"] == "cos":
            part = (1 - math.cos(math.pi * part)) / 2
        rate, momentum = (a + (b - a) * part for a, b in zip(start, target, strict=True))
        return rate, momentum

    def _corners(self, top: float, low: float, high: float) -> list[tuple[float, float, float]]:
        """Where the way turns: the count of steps, the rate and the momentum."""
        total, part = self.settings["total_steps"], self.settings["pct_start"]
        first = top / self.settings["div_factor"]
        last = first / self.settings["final_div_factor"]
        back = [(2 * part * total - 2, first, high)] if self.settings["three_phase"] else []
        return [(0, first, high), (part * total - 1, top, low), *back, (total - 1, last, high)]


def all_steps(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> Any:
    """The number of all steps, in either way that it is given."""
    is_by_epochs = epochs is not None and steps_per_epoch is not None
    is_alone = epochs is None and steps_per_epoch is None
    if total_steps is not None and is_alone:
        return total_steps
    if total_steps is not None or not is_by_epochs:
        raise ValueError(
            "OneCycleLR: total_steps: expected it alone, or epochs and steps_per_epoch, got "
            f"total_steps={short_repr(total_steps)}, epochs={short_repr(epochs)} and "
            f"steps_per_epoch={short_repr(steps_per_epoch)}"
        )
    return positive_int(epochs, "OneCycleLR: epochs") * positive_int(steps_per_epoch, "OneCycleLR: steps_per_epoch")
