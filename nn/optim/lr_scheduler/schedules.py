"""Schedules as functions of the count of steps, t, and of the base rate."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from autograd import DTypeError, short_repr
from nn.inputs import count_from_zero, number_between, number_from_zero, positive_int, positive_number
from nn.optim.lr_scheduler.schedule import Schedule, one_each
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Checks


def counts(value: Any, name: str) -> list[int]:
    """Numbers of steps, in order."""
    if not isinstance(value, list | tuple | range):
        raise DTypeError(f"{name}: expected a list of numbers of steps such as [30, 80], got {short_repr(value)}")
    return sorted(count_from_zero(x, f"{name}[{place}]") for place, x in enumerate(value))


def function(value: Any, name: str) -> Callable[[int], float]:
    """What can be called with a number of steps."""
    if not callable(value):
        raise DTypeError(
            f"{name}: expected a function of the number of steps, such as lambda t: 0.9**t, got {short_repr(value)}"
        )
    found: Callable[[int], float] = value
    return found


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


class ConstantLR(Schedule):
    """lr = base · ``factor`` in the first ``total_iters`` steps, and base after them.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = ConstantLR(SGD([Value(1.0)], lr=1.0), factor=0.25, total_iters=2)
    >>> [schedule.lr_at(t, base=1.0) for t in range(4)]
    [0.25, 0.25, 1.0, 1.0]

    Raises `TypeError` and `ValueError` for a ``factor`` outside of 0 to 1, and ``total_iters`` that are no positive
    int.
    """

    checks: ClassVar[Checks] = {
        "factor": partial(number_between, example=0.1, least=0.0, most=1.0),
        "total_iters": positive_int,
    }

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5) -> None:
        super().__init__(optimizer, factor=factor, total_iters=total_iters)

    def lr_at(self, count: int, base: float) -> float:
        rate: float = base * self.settings["factor"] if count < self.settings["total_iters"] else base
        return rate


class PolynomialLR(Schedule):
    """lr = base · (1 − t / total_iters)^power, and nothing after ``total_iters`` steps.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = PolynomialLR(SGD([Value(1.0)], lr=1.0), total_iters=4, power=2.0)
    >>> [schedule.lr_at(t, base=1.0) for t in range(6)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]

    Raises `TypeError` and `ValueError` for settings that are not positive.
    """

    checks: ClassVar[Checks] = {"total_iters": positive_int, "power": partial(positive_number, example=1.0)}

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0) -> None:
        super().__init__(optimizer, total_iters=total_iters, power=power)

    def lr_at(self, count: int, base: float) -> float:
        total = self.settings["total_iters"]
        rate: float = base * (1 - min(count, total) / total) ** self.settings["power"]
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


class CosineAnnealingWarmRestarts(Schedule):
    """That cosine down, again and again: the first way takes ``T_0`` steps, each other ``T_mult`` times the one before.

    lr = eta_min + (base − eta_min) · (1 + cos(π·s / T)) / 2, where s counts the steps since the last restart, and T is
    the length of the way. (Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.)

    >>> from autograd import Value
    >>> from nn import SGD
    >>> schedule = CosineAnnealingWarmRestarts(SGD([Value(1.0)], lr=1.0), T_0=2, T_mult=2)
    >>> [round(schedule.lr_at(t, base=1.0), 6) for t in range(7)]
    [1.0, 0.5, 1.0, 0.853553, 0.5, 0.146447, 1.0]

    Raises `TypeError` and `ValueError` for a ``T_0`` or ``T_mult`` that is no positive int, and a negative ``eta_min``.
    """

    checks: ClassVar[Checks] = {
        "T_0": positive_int,
        "T_mult": positive_int,
        "eta_min": partial(number_from_zero, example=0.001),
    }

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803 - as in papers
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
    ) -> None:
        super().__init__(optimizer, T_0=T_0, T_mult=T_mult, eta_min=eta_min)

    def lr_at(self, count: int, base: float) -> float:
        length, times, lowest = self.settings["T_0"], self.settings["T_mult"], self.settings["eta_min"]
        if times == 1:
            count %= length
        while count >= length:
            count -= length
            length *= times
        rate: float = lowest + (base - lowest) * (1 + math.cos(math.pi * count / length)) / 2
        return rate


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


class LambdaLR(Schedule):
    """lr = base · f(t), where ``lr_lambda`` is f, or a list of functions, one for each group.

    Functions are not saved: `state_dict` has the count alone, and what it is loaded into has functions of its own.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda t: 1 / (t + 1))
    >>> schedule.step()
    >>> optimizer.lr
    0.5

    Raises `TypeError` for what is no function, `ValueError` for a list that has not one for each group, and what the
    check of an ``lr`` raises where f gives anything but a number that makes one.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]
    ) -> None:
        groups = len(optimizer.param_groups) if isinstance(optimizer, Optimizer) else 1
        #: The function of each group.
        self.lr_lambdas = one_each(lr_lambda, f"{type(self).__name__}: lr_lambda", groups, function, "function")
        super().__init__(optimizer)

    def _rate_of(self, count: int, number: int, base: float) -> float:
        where = f"{type(self).__name__}: lr_lambda({count})"
        return base * number_from_zero(self.lr_lambdas[number](count), where, 0.5)
