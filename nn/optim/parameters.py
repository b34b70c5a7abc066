"""What is optimised: parameters alone, or in groups that have settings of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import GraphError, Node, Tensor, Value, short_repr
from nn.module import Module
from nn.values import Values

#: What each setting takes: a function of the value and of the words that a message begins with.
Checks = Mapping[str, Callable[[Any, str], Any]]

#: Checks all settings of a group: it takes them and the words that a message begins with.
Check = Callable[[dict[str, Any], str], dict[str, Any]]

#: How something is stored, what was there before, and what is new.
Change = tuple[Callable[[Any], None], Any, Any]


class ParamGroup(MutableMapping[str, Any]):
    """Parameters with the settings that an optimiser has for them, read and changed as those of a dict.

    ``group["params"]`` are the parameters, ``group["initial_lr"]`` is the learning rate that was last set by hand,
    which schedules start from. A setting is checked when it is set. An ``lr`` of zero lets the group rest.

    >>> from nn import SGD
    >>> group = SGD([Value(1.0)], lr=0.1, momentum=0.9).param_groups[0]
    >>> group["lr"] = 0.01
    >>> group["lr"], group["momentum"]
    (0.01, 0.9)
    >>> group["lr"] = -1
    Traceback (most recent call last):
    ...
    ValueError: SGD: group 0: lr: expected zero or a positive number such as 0.1, got -1

    Raises `KeyError` for a setting that the optimiser has not, `TypeError` for one that cannot be changed or left out,
    and what the check of a setting raises.
    """

    def __init__(self, params: Sequence[Tensor | Value], settings: dict[str, Any], check: Check, owner: str) -> None:
        self._params = tuple(params)
        #: One dict for good, which is changed: the optimiser reads it, too.
        self._settings = {**settings, "initial_lr": settings["lr"]}
        self._check = check
        self._owner = owner

    def __getitem__(self, name: str) -> Any:
        return self._params if name == "params" else self._settings[name]

    def __iter__(self) -> Iterator[str]:
        yield "params"
        yield from self._settings

    def __len__(self) -> int:
        return len(self._settings) + 1

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{self._owner}: {short_repr(name)} cannot be left out: set it to another value")

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several settings together, as those of a dict: all, or none where one is refused."""
        settings = dict(*args, **kwargs)
        for name, cure in (("params", "make a new optimiser"), ("initial_lr", "set lr, which sets both")):
            if name in settings:
                raise TypeError(f"{self._owner}: {name} cannot be changed: {cure}")
        self.change({**settings, "initial_lr": settings["lr"]} if "lr" in settings else settings)

    def change(self, settings: Mapping[str, Any]) -> None:
        """The same, for schedules: the initial rate stays what it is."""
        self._settings.update(self.checked(settings))

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """All settings as they would be with these changed; nothing is, yet."""
        for name in settings:
            if name not in self._settings:
                known = ", ".join(known for known in self._settings if known != "initial_lr")
                raise KeyError(f"{self._owner}: expected one of {known}, got {short_repr(name)}")
        return self._check({**self._settings, **settings}, self._owner)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self._settings.items())
        return f"ParamGroup({len(self._params)} parameter{'s' * (len(self._params) > 1)}, {settings})"


def checked_settings(checks: Checks, settings: dict[str, Any], where: str) -> dict[str, Any]:
    """Settings as they are used, each after its check, if it has one; ``where`` begins a message."""
    return {
        name: checks[name](value, f"{where}: {name}") if name in checks else value for name, value in settings.items()
    }


def change_of(group: ParamGroup, settings: Mapping[str, Any]) -> Change:
    """How settings of a group are changed."""
    return group.change, {name: group[name] for name in settings}, settings


def change_of_grad(parameter: Tensor | Value, grad: Any) -> Change:
    """How a gradient is replaced."""
    store: Callable[[Any], None] = partial(setattr, parameter, "grad")
    return store, parameter.grad, grad


def grouped(parameters: Any, owner: str, first: int = 0) -> list[tuple[list[Tensor | Value], dict[str, Any]]]:
    """The parameters of each group with the settings that it has of its own; parameters alone are one group.

    ``first`` is the number of the first group, for messages.

    Raises as `checked_parameters`, `TypeError` where dicts stand beside parameters, or a dict has no ``params``.
    """
    expected = f"{owner}: parameters: expected groups"
    if isinstance(parameters, Mapping) and "params" in parameters:
        raise TypeError(f"{expected} in a list, got one dict: give [{{'params': …}}]")
    found = list(parameters) if is_list(parameters) else parameters
    if not (isinstance(found, list) and any(isinstance(part, Mapping) for part in found)):
        return [(checked_parameters(found, owner), {})]
    groups = []
    for place, group in enumerate(found, first):
        if not isinstance(group, Mapping):
            raise TypeError(f"{expected}, got {type(group).__name__} beside them: give it in a dict, as 'params'")
        if "params" not in group:
            raise TypeError(f"{expected} with 'params', got none in group {place}: give {{'params': […], 'lr': …}}")
        params = [group["params"]] if isinstance(group["params"], Node) else group["params"]
        settings = {name: value for name, value in group.items() if name != "params"}
        groups.append((checked_parameters(params, f"{owner}: group {place}"), settings))
    expect_each_once([parameter for params, _ in groups for parameter in params], owner)
    return groups


def is_list(parameters: Any) -> bool:
    """Whether there may be parameters in it. Nodes and arrays of one number can be iterated over in name alone."""
    is_scalar = isinstance(parameters, np.ndarray) and not parameters.ndim
    return isinstance(parameters, Iterable) and not isinstance(parameters, Module | Node) and not is_scalar


def checked_parameters(parameters: Any, owner: str) -> list[Tensor | Value]:
    """The parameters as a list, after a look at each; ``owner`` is for messages.

    Raises `TypeError` for anything but parameters, `ValueError` for none, for one given twice, and for nodes that are
    computed. Frozen ones are taken, and stay where they are while they are.
    """
    expected = f"{owner}: parameters: expected Tensors or Values"
    if not is_list(parameters):
        cure = "give model.parameters()" if isinstance(parameters, Module) or callable(parameters) else "give a list"
        raise TypeError(f"{expected}, got {type(parameters).__name__}: {cure}")
    found = list(parameters)
    if not found:
        raise ValueError(f"{expected}, at least one, got none (a generator is empty once it was used)")
    for parameter in found:
        if not isinstance(parameter, Tensor | Value):
            kind = "an array of Values" if isinstance(parameter, Values) else type(parameter).__name__
            raise TypeError(f"{expected}, got {kind}: give model.parameters()")
        if parameter.op is not None:
            name = parameter.label or type(parameter).__name__
            raise ValueError(f"{expected} to train, got {name}, which is computed: give what it is computed from")
    expect_each_once(found, owner)
    return found


def expect_each_once(parameters: Sequence[Tensor | Value], owner: str) -> None:
    """Refuse a parameter that is there twice."""
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        raise ValueError(
            f"{owner}: parameters: expected Tensors or Values, each once, got one twice, "
            "which would be changed twice in each step"
        )


def place(parameter: Tensor | Value, index: int) -> str:
    """A parameter, for messages."""
    return f"{index} ({parameter.label})" if parameter.label else str(index)


def make_changes(changes: Iterable[Change]) -> None:
    """Store what is new, one after the other; where one fails or is interrupted, what was there before is put back."""
    begun: list[Change] = []
    try:
        for change in changes:
            begun.append(change)
            store, _, new = change
            store(new)
    except BaseException:
        for store, old, _ in begun:
            with contextlib.suppress(GraphError):  # what is no leaf any more has not taken the new either
                store(old)
        raise
