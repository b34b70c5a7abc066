"""Schedules made of schedules: one after another, and all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, ClassVar

from autograd import DTypeError, short_repr
from nn.optim.lr_scheduler.schedule import Schedule
from nn.optim.lr_scheduler.schedules import counts
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Checks


class Joined(Schedule):
    """Base of what is made of ``schedulers`` of one optimiser, which are saved and loaded with it."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], **settings: Any) -> None:
        self.schedulers = self._checked_schedulers(schedulers, optimizer)
        super().__init__(optimizer, **settings)

    def _checked_schedulers(self, schedulers: Any, optimizer: Any) -> list[Schedule]:
        expected = f"{type(self).__name__}: schedulers: expected a list of schedules such as LinearLR(optimizer)"
        if not isinstance(schedulers, list | tuple) or not schedulers:
            raise DTypeError(f"{expected}, got {short_repr(schedulers)}")
        for schedule in schedulers:
            if not isinstance(schedule, Schedule):
                raise DTypeError(f"{expected}, whose rates depend on the count alone, got {short_repr(schedule)}")
            if isinstance(optimizer, Optimizer) and schedule.optimizer is not optimizer:
                raise ValueError(f"{expected}, got {type(schedule).__name__} of another: make it of the same optimizer")
        return list(schedulers)

    def _shown(self) -> dict[str, Any]:
        return {"schedulers": self.schedulers, **super()._shown()}

    def _progress(self) -> dict[str, Any]:
        return {**super()._progress(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def _fitting_progress(self, progress: dict[str, Any], where: str) -> dict[str, Any]:
        found, given = super()._fitting_progress(progress, where), progress["schedulers"]
        if not isinstance(given, list) or len(given) != len(self.schedulers):
            raise ValueError(f"{where}: schedulers: expected {len(self.schedulers)}, got {short_repr(given)}")
        pairs = zip(self.schedulers, given, strict=True)
        states = [schedule._fitting(its, f"{where}: schedulers[{i}]") for i, (schedule, its) in enumerate(pairs)]
        return {**found, "schedulers": states}

    def _take(self, state: dict[str, Any]) -> None:
        for schedule, its in zip(self.schedulers, state["schedulers"], strict=True):
            schedule._take(its)
        super()._take({name: value for name, value in state.items() if name != "schedulers"})


class SequentialLR(Joined):
    """One schedule after another: at each of the ``milestones`` the next begins, with a count of its own.

    The schedules are made of the same optimiser, one after another, and all start from its base rates; only this one is
    stepped.

    >>> from autograd import Value
    >>> from nn import SGD, ExponentialLR, LinearLR
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> warm_up = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = SequentialLR(optimizer, [warm_up, ExponentialLR(optimizer, gamma=0.5)], milestones=[2])
    >>> rates = [optimizer.lr]
    >>> for _ in range(4):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [0.5, 0.75, 1.0, 0.5, 0.25]

    Raises `TypeError` for what are no such schedules, `ValueError` for those of another optimiser, and for milestones
    that do not grow, or are not one less than the schedules.
    """

    checks: ClassVar[Checks] = {"milestones": counts}

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]) -> None:
        super().__init__(optimizer, schedulers, milestones=milestones)

    def checked(self, settings: dict[str, Any], where: str) -> dict[str, Any]:
        found = super().checked(settings, where)
        milestones = found["milestones"]
        if len(milestones) != len(self.schedulers) - 1 or len({0, *milestones}) <= len(milestones):
            raise ValueError(
                f"{where}: milestones: expected {len(self.schedulers) - 1} that grow from above 0, one for each "
                f"schedule after the first, got {milestones}"
            )
        return found

    def settings_at(self, count: int, number: int) -> dict[str, Any]:
        starts = [0, *self.settings["milestones"]]
        place = bisect_right(starts, count) - 1
        return self.schedulers[place].settings_at(count - starts[place], number)


class ChainedScheduler(Joined):
    """Several schedules at once: each takes the rate that the one before it gives as its base rate.

    Where all of them multiply the base rate by a factor, the rate is the base rate times all factors, whatever their
    order. (A cosine that ends at an ``eta_min`` does not; it ends there if it is the last.) The schedules are made of
    the same optimiser; only this one is stepped.

    >>> from autograd import Value
    >>> from nn import SGD, ConstantLR, ExponentialLR
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> warm_up, decay = ConstantLR(optimizer, factor=0.25, total_iters=2), ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = ChainedScheduler([warm_up, decay])
    >>> rates = [optimizer.lr]
    >>> for _ in range(3):
    ...     schedule.step()
    ...     rates.append(optimizer.lr)
    >>> rates
    [0.25, 0.125, 0.25, 0.125]

    Raises `TypeError` for what are no schedules of a base rate, as `OneCycleLR`, `SequentialLR` and
    `ReduceLROnPlateau`, `ValueError` for those of several optimisers.
    """

    def __init__(self, schedulers: Sequence[Schedule], optimizer: Optimizer | None = None) -> None:
        first = next(iter(schedulers), None) if isinstance(schedulers, list | tuple) else None
        its: Any = first.optimizer if optimizer is None and isinstance(first, Schedule) else optimizer
        super().__init__(its, schedulers)

    def _checked_schedulers(self, schedulers: Any, optimizer: Any) -> list[Schedule]:
        found = super()._checked_schedulers(schedulers, optimizer)
        for schedule in found:
            if type(schedule).settings_at is not Schedule.settings_at:
                raise DTypeError(
                    f"{type(self).__name__}: schedulers: expected schedules that give a rate by a base rate, got "
                    f"{type(schedule).__name__}: put it into SequentialLR, or write a Schedule of your own, by lr_at"
                )
        return found

    def _rate_of(self, count: int, number: int, base: float) -> float:
        for schedule in self.schedulers:
            base = schedule._rate_of(count, number, base)
        return base
