"""Schedule: settings of an optimiser as a function of the steps so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from autograd import DTypeError, ShapeError, short_repr
from nn.inputs import count_from_zero, number_from_zero
from nn.optim.optimizer import Optimizer
from nn.optim.parameters import Change, Checks, change_of, checked_settings, make_changes
from nn.optim.saved import expect_names, expect_same, plain
from nn.signatures import SpelledOut

T = TypeVar("T")


class Adjustment(SpelledOut, ABC):
    """What changes settings of an optimiser while it trains, and can be saved and go on."""

    #: What each setting takes: a function of the value and of the words that a message begins with.
    checks: ClassVar[Checks] = {}

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        owner = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(
                f"{owner}: optimizer: expected one such as SGD(model.parameters(), lr=0.1), got {short_repr(optimizer)}"
            )
        self.optimizer = optimizer
        #: The settings, by the names of the constructor.
        self.settings = self.checked(settings, owner)

    def checked(self, settings: dict[str, Any], where: str) -> dict[str, Any]:
        """The settings as they are used, each after its check; ``where`` begins a message."""
        return checked_settings(self.checks, settings, where)

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, as plain data: numbers, texts, None, lists and dicts by text."""
        settings = plain(self.settings, f"{type(self).__name__}.state_dict: settings")
        return {"schedule": type(self).__name__, "settings": settings, **self._progress()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was called. What does not fit leaves everything as it was.

        Raises `TypeError` for what is no such dict, `ValueError` for that of another class, for settings that are
        missing, unknown or refused, and for another number of groups.
        """
        where = f"{type(self).__name__}.load_state_dict: state_dict"
        new, old = self._fitting(state_dict, where), self._fitting(self.state_dict(), where)
        try:
            self._take(new)
            self._apply()
        except BaseException:
            self._take(old)
            raise

    def _fitting(self, state_dict: Any, where: str) -> dict[str, Any]:
        """What `state_dict` gave, checked."""
        current = self.state_dict()
        expect_names(state_dict, list(current), where)
        expect_same(state_dict["schedule"], current["schedule"], f"{where}: schedule", "make one of that class")
        expect_names(state_dict["settings"], list(current["settings"]), f"{where}: settings")
        return {
            "settings": self.checked(dict(state_dict["settings"]), f"{where}: settings"),
            **self._fitting_progress({name: state_dict[name] for name in self._progress()}, where),
        }

    def _take(self, state: dict[str, Any]) -> None:
        """Have that state, of which each part was checked."""
        for name, value in state.items():
            setattr(self, name, value)

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group, as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._shown().items())})"

    def _shown(self) -> dict[str, Any]:
        """What the repr shows, by name."""
        return {**self.settings, "lr": self.get_last_lr()}

    @abstractmethod
    def _apply(self) -> None:
        """Give the optimiser the settings that belong to the state."""

    @abstractmethod
    def _progress(self) -> dict[str, Any]:
        """What changes as training goes on, as plain data, by the names of the attributes."""

    @abstractmethod
    def _fitting_progress(self, progress: dict[str, Any], where: str) -> dict[str, Any]:
        """The same, that came from outside, checked."""


class Schedule(Adjustment):
    """Base of schedules: the learning rate of each group is a function of the steps so far and of its base rate.

    A subclass says by `lr_at` what it is. The base rate of a group is the ``lr`` that was set by hand when the schedule
    is made, ``group["initial_lr"]``. The schedule sets the rates when it is made, for step 0, and in each `step`.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> class Halving(Schedule):
    ...     def lr_at(self, count, base):
    ...         return base / 2**count
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = Halving(optimizer)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> optimizer.lr
    0.125

    Raises `TypeError` for an ``optimizer`` that is none.
    """

    def __init__(self, optimizer: Optimizer, **settings: Any) -> None:
        super().__init__(optimizer, **settings)
        #: How many steps it made.
        self.count = 0
        #: The rates of the groups that it starts from.
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        #: The rates that it has set last.
        self.last_lrs: list[float] = []
        self._apply()

    def lr_at(self, count: int, base: float) -> float:
        """The learning rate after ``count`` steps, of a group with that base rate."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say what the rate is: define lr_at(self, count, base)"
        )

    def _rate_of(self, count: int, number: int, base: float) -> float:
        """The same of group ``number``, for schedules that are not alike for all groups."""
        return self.lr_at(count, base)

    def settings_at(self, count: int, number: int) -> dict[str, Any]:
        """The settings of group ``number`` after ``count`` steps."""
        return {"lr": self._rate_of(count, number, self.base_lrs[number])}

    def step(self) -> None:
        """Go on by one step, behind that of the optimiser: usually once for each epoch, or for each of its steps.

        Raises `ValueError` where a rate is not what this schedule has set: two of them, or a person beside it, would
        undo what the other did; and where the optimiser has other groups than it had.
        """
        if len(self.last_lrs) != len(self.optimizer.param_groups):
            raise ValueError(
                f"{type(self).__name__}: step: expected {len(self.last_lrs)} groups, as when it was made, got "
                f"{len(self.optimizer.param_groups)}: make a new schedule once the optimiser has all its groups"
            )
        for number, (group, rate) in enumerate(zip(self.optimizer.param_groups, self.last_lrs, strict=True)):
            if group["lr"] != rate:
                raise ValueError(
                    f"{type(self).__name__}: step: expected an lr of {rate} in group {number}, as it has set, got "
                    f"{group['lr']}: make a new schedule of the optimiser, which goes on from what was set by hand; "
                    "SequentialLR has one schedule after another"
                )
        make_changes(self._changes_to(self.count + 1))

    def _apply(self) -> None:
        """Give the groups the settings that belong to the count: all, or none where one is refused."""
        make_changes(self._changes_to(self.count))

    def _changes_to(self, count: int) -> list[Change]:
        """What is to be done for a count, after a look at all settings that belong to it."""
        groups = self.optimizer.param_groups
        new = [group.checked(self.settings_at(count, number)) for number, group in enumerate(groups)]
        return [
            *(change_of(group, settings) for group, settings in zip(groups, new, strict=True)),
            (partial(setattr, self, "last_lrs"), self.last_lrs, [settings["lr"] for settings in new]),
            (partial(setattr, self, "count"), self.count, count),
        ]

    def _progress(self) -> dict[str, Any]:
        return {"count": self.count, "base_lrs": list(self.base_lrs)}

    def _fitting_progress(self, progress: dict[str, Any], where: str) -> dict[str, Any]:
        groups, rates = len(self.optimizer.param_groups), progress["base_lrs"]
        if not isinstance(rates, list) or len(rates) != groups:
            raise ValueError(
                f"{where}: base_lrs: expected the rates of {groups} groups, got {short_repr(rates)}: "
                "make the groups that it was saved from"
            )
        return {
            "count": count_from_zero(progress["count"], f"{where}: count"),
            "base_lrs": [number_from_zero(x, f"{where}: base_lrs[{i}]", 0.1) for i, x in enumerate(rates)],
        }


def one_each(value: Any, name: str, groups: int, check: Callable[[Any, str], T], what: str = "number") -> list[T]:
    """What each group has, of one for all or of a list."""
    values = value if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ShapeError(f"{name}: expected one {what}, or one for each of {groups} groups, got {short_repr(value)}")
    return [check(x, name) for x in values]
