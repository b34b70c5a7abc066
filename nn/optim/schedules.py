"""Schedules as functions of the count of steps, t, and of the base rate."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from autograd import DTypeError, short_repr
from nn.inputs import count_from_zero, number_between, number_from_zero, positive_int, positive_number
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Checks
from nn.optim.schedule import Schedule


def counts(value: Any, name: str) -> list[int]:
    """Numbers of steps, in order."""
    if not isinstance(value, list | tuple | range):
        raise DTypeError(f"{name}: expected a list of numbers of steps such as [30, 80], got {short_repr(value)}")
    return sorted(count_from_zero(x, f"{name}[{place}]") for place, x in enumerate(value))


class StepLR(Schedule):
    """lr = base · gamma^⌊t / step_size⌋: every ``step_size`` steps it is multiplied by ``gamma``.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = StepLR(SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.lr_at(t, base=1.0) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]

    Raises `TypeError` and `ValueError` for settings that are not positive.
    """

    checks: ClassVar[Checks] = {"step_size": positive_int, "gamma": partial(positive_number, example=0.1)}

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, step_size=step_size, gamma=gamma)

    def lr_at(self, count: int, base: float) -> float:
        rate: float = base * self.settings["gamma"] ** (count // self.settings["step_size"])
        return rate


class MultiStepLR(Schedule):
    """lr = base · gamma^k, where k of the ``milestones`` are at most t.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = MultiStepLR(SGD([Value(1.0)], lr=1.0), milestones=[2, 3], gamma=0.5)
    >>> [schedule.lr_at(t, base=1.0) for t in range(5)]
    [1.0, 1.0, 0.5, 0.25, 0.25]

    Raises `TypeError` and `ValueError` for milestones that are no numbers of steps, and a ``gamma`` that is not
    positive.
    """

    checks: ClassVar[Checks] = {"milestones": counts, "gamma": partial(positive_number, example=0.1)}

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer, milestones=milestones, gamma=gamma)

    def lr_at(self, count: int, base: float) -> float:
        rate: float = base * self.settings["gamma"] ** bisect_right(self.settings["milestones"], count)
        return rate


class ExponentialLR(Schedule):
    """lr = base · gamma^t.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = ExponentialLR(SGD([Value(1.0)], lr=1.0), gamma=0.5)
    >>> [schedule.lr_at(t, base=1.0) for t in range(4)]
    [1.0, 0.5, 0.25, 0.125]

    Raises `TypeError` and `ValueError` for a ``gamma`` that is not positive.
    """

    checks: ClassVar[Checks] = {"gamma": partial(positive_number, example=0.9)}

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, gamma=gamma)

    def lr_at(self, count: int, base: float) -> float:
        rate: float = base * self.settings["gamma"] ** count
        return rate


class CosineAnnealingLR(Schedule):
    """lr = eta_min + (base − eta_min) · (1 + cos(π·t / T_max)) / 2: down in ``T_max`` steps, and then up again.

    (Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017; here without restarts.)

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=3)
    >>> [round(schedule.lr_at(t, base=1.0), 6) for t in range(4)]
    [1.0, 0.75, 0.25, 0.0]

    Raises `TypeError` and `ValueError` for a ``T_max`` that is no positive int, and a negative ``eta_min``.
    """

    checks: ClassVar[Checks] = {"T_max": positive_int, "eta_min": partial(number_from_zero, example=0.001)}

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803 - as in papers
        super().__init__(optimizer, T_max=T_max, eta_min=eta_min)

    def lr_at(self, count: int, base: float) -> float:
        lowest: float = self.settings["eta_min"]
        return lowest + (base - lowest) * (1 + math.cos(math.pi * count / self.settings["T_max"])) / 2


class LinearLR(Schedule):
    """lr = base · f, where f goes evenly from ``start_factor`` to ``end_factor`` in ``total_iters`` steps, and stays.

    Upwards, it is a warm-up.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = LinearLR(SGD([Value(1.0)], lr=1.0), start_factor=0.25, total_iters=3)
    >>> [schedule.lr_at(t, base=1.0) for t in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Raises `TypeError` and `ValueError` for factors outside of 0 to 1, and ``total_iters`` that are no positive int.
    """

    checks: ClassVar[Checks] = {
        "start_factor": partial(number_between, example=0.1, least=0.0, most=1.0),
        "end_factor": partial(number_between, example=1.0, least=0.0, most=1.0),
        "total_iters": positive_int,
    }

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        super().__init__(optimizer, start_factor=start_factor, end_factor=end_factor, total_iters=total_iters)

    def lr_at(self, count: int, base: float) -> float:
        first, last, total = (self.settings[name] for name in ("start_factor", "end_factor", "total_iters"))
        part = min(count, total) / total
        rate: float = base * (first * (1 - part) + last * part)
        return rate


class SequentialLR(Schedule):
    """One schedule after another: at each of the ``milestones`` the next begins, with a count of its own.

    The schedules are made of the same optimiser, one after another, and all start from its base rates; only this one is
    stepped.

    >>> from autograd import Value
    >>> from nn import SGD
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
        self.schedulers = self._checked_schedulers(schedulers, optimizer)
        super().__init__(optimizer, milestones=milestones)

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
