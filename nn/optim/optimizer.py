"""Optimizer: it changes parameters by their gradients, all or none; a subclass says by how much."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np

from autograd import DTypeError, GraphError, ShapeError, Tensor, Value, real_array, short_repr, zero_grad
from nn.inputs import flag, number_from_zero, positive_number
from nn.optim.parameters import (
    Change,
    Checks,
    ParamGroup,
    change_of,
    change_of_grad,
    checked_settings,
    expect_each_once,
    grouped,
    make_changes,
    place,
)
from nn.optim.saved import expect_names, expect_same, expect_shapes, fitting_state, plain
from nn.optim.state import copied
from nn.signatures import SpelledOut

R = TypeVar("R")


class Optimizer(SpelledOut, ABC):
    """Base of optimisers: holds the parameters and their settings; a subclass says what an update is.

    ``parameters`` are Tensors or single Values, as ``model.parameters()`` gives them, or groups of them, dicts with the
    parameters as ``"params"`` and any settings that are to differ: ``[{"params": [w], "lr": 0.1}, {"params": [b]}]``.
    ``lr`` may be changed between steps; so may each setting of a group in ``param_groups``. A Tensor that is frozen
    rests, whatever gradient it has from before, until it is thawed.

    What updates are to remember, as a velocity or a count of steps, they keep in ``state``, a dict, by the number of
    the parameter or by a name: a step that fails leaves that as it was, too. Each step has a copy of it, so that an
    update may write into arrays of the state.

    >>> class Momentum(Optimizer):
    ...     def update(self, index, data, grad):
    ...         self.state[index] = 0.9 * self.state.get(index, 0.0) + grad
    ...         return data - self.lr * self.state[index]
    >>> w = Value(1.0)
    >>> optimizer = Momentum([w], lr=0.25)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w**2).backward()
    ...     optimizer.step()
    >>> round(w.data, 6), optimizer.state
    (-0.2, {0: 2.8})

    A rule with more settings gives them to the constructor of the base, ``super().__init__(parameters, lr,
    beta=beta)``. They may then differ by group, and ``self.settings[index]["beta"]`` is that of a parameter. In
    ``checks`` the class says what each takes: a function of the value and of the words that a message begins with.

    Raises `TypeError` for anything but parameters, for an ``lr`` that is no number and for a setting that there is not,
    `ValueError` for no parameter, for one given twice, and for an ``lr`` that is not positive and finite.
    """

    #: What each setting takes.
    checks: ClassVar[Checks] = {
        "lr": partial(number_from_zero, example=0.1),
        "initial_lr": partial(number_from_zero, example=0.1),
    }

    #: What `remembered` keeps of each parameter; None for rules that keep it themselves.
    memory: ClassVar[tuple[str, ...] | None] = None
    #: What it keeps too where a setting, which is named behind it, is neither zero nor False.
    more_memory: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]], lr: float, **settings: Any
    ) -> None:
        owner = type(self).__name__
        defaults = self.checked({"lr": positive_number(lr, f"{owner}: lr", 0.1), **settings}, owner)
        #: The settings that a group has where it says nothing else.
        self.defaults = defaults
        groups = [self._group(number, *group) for number, group in enumerate(grouped(parameters, owner))]
        for store, _, new in self._changes_to(groups):
            store(new)
        self.state: dict[Any, Any] = {}

    #: The groups, whose settings can be read and changed.
    param_groups: tuple[ParamGroup, ...]
    #: All parameters, group after group. Their places are their numbers.
    parameters: list[Tensor | Value]
    #: The settings of each parameter: those of its group, to be read; `param_groups` is where they are changed.
    settings: list[dict[str, Any]]

    def _group(self, number: int, params: list[Tensor | Value], own: dict[str, Any]) -> ParamGroup:
        owner = type(self).__name__
        for name in own:
            if name not in self.defaults:
                raise TypeError(
                    f"{owner}: parameters: group {number}: expected params, {', '.join(self.defaults)}, "
                    f"got {short_repr(name)}"
                )
        where = f"{owner}: group {number}"
        check = partial(self._checked_for, {p.dtype for p in params if isinstance(p, Tensor)})
        return ParamGroup(params, check({**self.defaults, **own}, where), check, where)

    def _checked_for(self, dtypes: set[np.dtype[Any]], settings: dict[str, Any], where: str) -> dict[str, Any]:
        """Settings as `checked` gives them, of which ``eps`` is more than nothing to parameters of these dtypes."""
        found = self.checked(settings, where)
        eps = found.get("eps")
        for dtype in dtypes:
            if isinstance(eps, float) and not dtype.type(eps):
                raise ValueError(
                    f"{where}: eps: expected a number that parameters of {dtype} can be divided by, got {eps}, which "
                    "is 0 there: give eps=0.001, or make them float32"
                )
        return found

    def _changes_to(self, groups: Sequence[ParamGroup]) -> list[Change]:
        """How it comes to have these groups."""
        new = {
            "param_groups": tuple(groups),
            "parameters": [p for group in groups for p in group["params"]],
            "settings": [group._settings for group in groups for _ in group["params"]],
        }
        return [(partial(setattr, self, name), getattr(self, name, None), value) for name, value in new.items()]

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Have one group more, as when layers that were frozen are to be trained from now on.

        What it says nothing of it has from the constructor. Make schedules anew behind it.

        >>> from nn import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.1, momentum=0.9)
        >>> optimizer.add_param_group({"params": [Value(2.0)], "lr": 0.01})
        >>> [(group["lr"], group["momentum"]) for group in optimizer.param_groups]
        [(0.1, 0.9), (0.01, 0.9)]

        Raises as the constructor does for groups, and `TypeError` for what is no dict.
        """
        owner, number = f"{type(self).__name__}: add_param_group", len(self.param_groups)
        if not isinstance(param_group, Mapping):
            raise DTypeError(
                f"{owner}: expected a dict such as {{'params': [w], 'lr': 0.1}}, got "
                f"{type(param_group).__name__}: give it in one, as 'params'"
            )
        [(params, own)] = grouped([param_group], owner, number)
        expect_each_once([*self.parameters, *params], owner)
        make_changes(self._changes_to([*self.param_groups, self._group(number, params, own)]))

    @classmethod
    def checked(cls, settings: dict[str, Any], where: str) -> dict[str, Any]:
        """The settings of one group as they are used, each after its check; ``where`` begins a message."""
        return checked_settings(cls.checks, settings, where)

    @property
    def lr(self) -> float:
        """The learning rate. What is set is positive and finite, and that of all groups.

        Raises `ValueError` where it is read and the groups differ.
        """
        rate: float = self.settings[0]["lr"]
        for group in self.param_groups:
            if group["lr"] != rate:
                raise ValueError(
                    f"{type(self).__name__}: lr: expected one for all groups, got {rate} and {group['lr']}: "
                    'read param_groups[0]["lr"], and in an update self.settings[index]["lr"]'
                )
        return rate

    @lr.setter
    def lr(self, lr: float) -> None:
        rate = positive_number(lr, f"{type(self).__name__}: lr", 0.1)
        make_changes([change_of(group, {"lr": rate, "initial_lr": rate}) for group in self.param_groups])

    @abstractmethod
    def update(self, index: int, data: Any, grad: Any) -> Any:
        """The new data of parameter number ``index``: floats for a Value, for a Tensor a new array, which it keeps."""

    def remembered(self, index: int, data: Any) -> dict[str, Any]:
        """What is kept of a parameter in ``state``: at first zeros of its shape; the step is counted, as "step"."""
        kept: dict[str, Any] = self.state.setdefault(index, {"step": 0})
        kept["step"] += 1
        settings = self.settings[index]
        for name in (*(self.memory or ()), *(more for more, setting in self.more_memory.items() if settings[setting])):
            if name not in kept:
                kept[name] = 0.0 if isinstance(data, float) else np.zeros_like(data)
        return kept

    def step(self, closure: Callable[[], R] | None = None) -> R | None:
        """Change every parameter that has a gradient; where one update fails, none, nor the ``state``.

        A ``closure`` is called first, and what it gives is given back: a function that computes the loss, and its
        gradients by ``zero_grad()`` and ``backward()``.

        Raises `GraphError` if none has: then there was no ``backward()``; also if one is a leaf no longer. `TypeError`
        for a closure that is no function.
        """
        if closure is not None and not callable(closure):
            raise DTypeError(
                f"{type(self).__name__}: step: expected a function that gives the loss, or nothing, got "
                f"{short_repr(closure)}: call loss.backward() before, and step() without"
            )
        loss = None if closure is None else closure()
        make_changes(self._changes())
        return loss

    def _changes(self) -> Iterator[Change]:
        """What a step does: it makes all updates, on a copy of the state, and then stores them."""
        yield partial(setattr, self, "state"), self.state, copied(self.state, self.parameters, type(self).__name__)
        changes: list[Change] = []
        last: Any = None
        for index, parameter in enumerate(self.parameters):
            grad = parameter.grad
            if isinstance(parameter, Value):
                if not parameter.has_grad:
                    continue
                data: Any = parameter.data
                store: Callable[[Any], None] = partial(setattr, parameter, "data")
            elif grad is None or not parameter.requires_grad:  # a frozen one may have a gradient from before
                continue
            else:
                data = parameter.numpy()
                store = parameter.assign
            update = self.update(index, data, grad)
            if update is last and isinstance(update, np.ndarray):
                raise ValueError(
                    f"update: parameter {place(parameter, index)} got the array of the one before: make a new"
                )
            last = update
            if not is_like(update, data):
                update = fitted(update, parameter, index)
            changes.append((store, data, update))
        if not changes:
            raise GraphError("step: no parameter has a gradient: call loss.backward() first")
        yield from changes

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters: of all of them, or, where an interrupt comes, of none.

        With ``set_to_none=False`` those that there are become zeros, so that a `step` moves these parameters on by
        momentum and weight decay alone. Raises `TypeError` for anything but True or False.
        """
        if flag(set_to_none, f"{type(self).__name__}: zero_grad: set_to_none"):
            zero_grad(*self.parameters)
        else:
            zeros = {p: 0.0 if isinstance(p, Value) else np.zeros_like(p.grad) for p in self.parameters if p.has_grad}
            make_changes([change_of_grad(p, zero) for p, zero in zeros.items()])

    def __repr__(self) -> str:
        """Each group in a line."""
        return f"{type(self).__name__}(\n" + "".join(f"  {group!r}\n" for group in self.param_groups) + ")"

    def state_dict(self) -> dict[str, Any]:
        """All that a run needs to go on, as plain data: numbers, texts, lists, dicts by text, and arrays, all copies.

        ``"optimizer"`` is the name of the class, ``"shapes"`` are those of the parameters, ``"param_groups"`` the
        settings of each group with the numbers of its parameters, ``"state"`` what is kept, by their numbers as text.

        >>> from nn import SGD
        >>> SGD([Value(1.0)], lr=0.5).state_dict()["param_groups"][0]["lr"]
        0.5

        Raises `TypeError` for what a rule of your own keeps and is no such data.
        """
        owner = f"{type(self).__name__}.state_dict"
        groups, first = [], 0
        for number, group in enumerate(self.param_groups):
            numbers = list(range(first, first + len(group["params"])))
            first += len(numbers)
            settings = {name: list(x) if isinstance(x, tuple) else x for name, x in group._settings.items()}
            groups.append({"params": numbers, **plain(settings, f"{owner}: param_groups[{number}]")})
        state = {}
        for key, value in self.state.items():
            if type(key) not in (int, str) or (type(key) is str and key.isdecimal()):
                raise DTypeError(
                    f"{owner}: state: expected the numbers of parameters and names as keys, got {short_repr(key)}: "
                    "keep it by one of these"
                )
            state[str(key)] = plain(value, f"{owner}: state[{key!r}]")
        return {
            "optimizer": type(self).__name__,
            "shapes": [list(parameter.shape) for parameter in self.parameters],
            "param_groups": groups,
            "state": state,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where `state_dict` was called: all settings and what is kept are as they were then.

        The parameters themselves are the model's to load. What does not fit leaves everything as it was.

        >>> from nn import Adam
        >>> w = Value(1.0)
        >>> optimizer, other = Adam([w]), Adam([w], lr=0.5)
        >>> optimizer.load_state_dict(other.state_dict())
        >>> optimizer.lr
        0.5

        Raises `TypeError` for what is no such dict, `ValueError` for that of another class, of other parameters or
        groups, for settings that are missing, unknown or refused, `ShapeError` and `DTypeError` for other shapes and
        dtypes.
        """
        owner = f"{type(self).__name__}.load_state_dict: state_dict"
        current = self.state_dict()
        expect_names(state_dict, list(current), owner)
        expect_same(state_dict["optimizer"], current["optimizer"], f"{owner}: optimizer", "make one of that class")
        expect_shapes(state_dict["shapes"], self.parameters, owner)
        settings = self._fitting_settings(state_dict["param_groups"], current["param_groups"], owner)
        state = fitting_state(state_dict["state"], self.parameters, self.memory, self.more_memory, owner)
        changes = [change_of(group, new) for group, new in zip(self.param_groups, settings, strict=True)]
        make_changes([(partial(setattr, self, "state"), self.state, state), *changes])

    def _fitting_settings(self, given: Any, current: list[dict[str, Any]], owner: str) -> list[dict[str, Any]]:
        """The settings of each group, checked."""
        if not isinstance(given, list) or len(given) != len(current):
            got = f"{len(given)}" if isinstance(given, list) else short_repr(given)
            raise ValueError(
                f"{owner}: param_groups: expected {len(current)}, got {got}: make the groups that were saved from"
            )
        settings = []
        for number, (its, group) in enumerate(zip(given, self.param_groups, strict=True)):
            where = f"{owner}: param_groups[{number}]"
            expect_names(its, list(current[number]), where)
            expect_same(its["params"], current[number]["params"], f"{where}: params", "make the groups as they were")
            settings.append(group._check({name: x for name, x in its.items() if name != "params"}, where))
        return settings


def followed(group: Mapping[str, Any], data: Any, grad: Any) -> Any:
    """The gradient that is gone against: the other way round to ``maximize``, and with ``weight_decay`` · p."""
    if group["maximize"]:
        grad = -grad
    return grad + group["weight_decay"] * data if group["weight_decay"] else grad


def is_like(update: Any, data: Any) -> bool:
    """Whether it is plain that an update can take the place of the data."""
    if update.__class__ is np.ndarray and update.base is None:
        return data.__class__ is np.ndarray and update.dtype is data.dtype and update.shape == data.shape
    return update.__class__ is float and data.__class__ is float


def fitted(update: Any, parameter: Tensor | Value, index: int) -> Any:
    """What `Optimizer.update` gave, as the parameter can hold it.

    Raises `ShapeError` or `DTypeError` where it cannot.
    """
    array = real_array(update, f"update of parameter {place(parameter, index)}")
    if isinstance(parameter, Value):
        if array.ndim:
            raise ShapeError(f"update: parameter {place(parameter, index)}: expected shape (), got {array.shape}")
        return array.item()
    if array.shape != parameter.shape:
        raise ShapeError(f"update: parameter {place(parameter, index)} has shape {parameter.shape}, got {array.shape}")
    if array.dtype != parameter.dtype:
        raise DTypeError(f"update: parameter {place(parameter, index)} holds {parameter.dtype}, got {array.dtype}")
    return array.copy()  # of what looks into another array, somebody may write to that
