"""States as plain data that can be saved, and what is loaded, which has to fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import DTypeError, ShapeError, Tensor, Value, short_repr
from nn.optim.parameters import place


def plain(value: Any, where: str) -> Any:
    """A copy made of numbers, texts, None, lists, dicts by text, and arrays.

    Raises `TypeError` for what is none of these.
    """
    kind = type(value)
    if kind in (int, float, bool, str, type(None)):
        return value
    if isinstance(value, np.float64):
        return float(value)
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        return np.array(value)
    if kind is list:
        return [plain(part, f"{where}[{place}]") for place, part in enumerate(value)]
    if issubclass(kind, dict) and all(type(key) is str for key in value):
        return {key: plain(part, f"{where}[{key!r}]") for key, part in value.items()}
    raise DTypeError(
        f"{where}: expected a number, a text, None, an array, a list or a dict by text, so that it can be saved, "
        f"got {short_repr(value)}: keep it as one of these"
    )


def expect_names(given: Any, expected: Collection[str], where: str) -> None:
    """Refuse what is no dict of just these names."""
    if not isinstance(given, Mapping):
        raise DTypeError(f"{where}: expected a dict, as state_dict() gives it, got {short_repr(given)}")
    for name in expected:
        if name not in given:
            raise ValueError(f"{where}: expected {', '.join(expected)}, got no {name!r}: give what state_dict() gave")
    for name in given:
        if name not in expected:
            raise ValueError(
                f"{where}: expected {', '.join(expected) or 'nothing'}, got {short_repr(name)} too: leave it out, "
                "or load it into what it was saved from"
            )


def expect_same(given: Any, expected: Any, what: str, cure: str) -> None:
    """Refuse anything but what is expected."""
    if type(given) is not type(expected) or given != expected:
        raise ValueError(f"{what}: expected {expected!r}, got {short_repr(given)}: {cure}")


def expect_shapes(shapes: Any, parameters: Sequence[Tensor | Value], where: str) -> None:
    """Refuse another number of parameters, and other shapes."""
    if not isinstance(shapes, list) or len(shapes) != len(parameters):
        got = len(shapes) if isinstance(shapes, list) else short_repr(shapes)
        raise ValueError(
            f"{where}: shapes: expected those of {len(parameters)} parameters, got {got}: "
            "give the optimiser the parameters that it was saved with"
        )
    for index, (parameter, shape) in enumerate(zip(parameters, shapes, strict=True)):
        if not isinstance(shape, list) or shape != list(parameter.shape):
            raise ShapeError(
                f"{where}: shapes: expected {parameter.shape} of parameter {place(parameter, index)}, "
                f"got {short_repr(shape)}: give the optimiser the parameters in the order that it was saved with"
            )


def fitting_state(
    given: Any,
    parameters: Sequence[Tensor | Value],
    memory: Collection[str] | None,
    more_memory: Collection[str],
    where: str,
) -> dict[Any, Any]:
    """A copy of what is kept, by number and by name; each has ``memory``, or anything where that is None."""
    if not isinstance(given, Mapping):
        raise DTypeError(f"{where}: state: expected a dict, got {short_repr(given)}")
    state: dict[Any, Any] = {}
    for key, value in given.items():
        what = f"{where}: state[{short_repr(key)}]"
        if type(key) is not str or (key.isdecimal() and int(key) >= len(parameters)):
            raise ValueError(
                f"{what}: expected the number of a parameter as text, '0' to '{len(parameters) - 1}', or a name: "
                "give what state_dict() gave"
            )
        kept = plain(value, what)
        if key.isdecimal() and memory is not None:
            expect_fitting(kept, parameters[int(key)], memory, more_memory, what)
        state[int(key) if key.isdecimal() else key] = kept
    return state


def expect_fitting(
    kept: Any, parameter: Tensor | Value, memory: Collection[str], more_memory: Collection[str], where: str
) -> None:
    """Refuse anything but a count of steps and numbers of the form of the parameter by these names."""
    names = [*memory, *(name for name in more_memory if isinstance(kept, dict) and name in kept)]
    expect_names(kept, ["step", *names], where)
    if type(kept["step"]) is not int or kept["step"] < 0:
        raise DTypeError(f"{where}: step: expected a count of steps, got {short_repr(kept['step'])}")
    for name in names:
        x, what = kept[name], f"{where}: {name}"
        if isinstance(parameter, Value):
            if type(x) is not float:
                raise DTypeError(f"{what}: expected a float, as of a Value, got {short_repr(x)}")
        elif not isinstance(x, np.ndarray) or x.dtype != parameter.dtype:
            raise DTypeError(f"{what}: expected an array of {parameter.dtype}, got {short_repr(x)}")
        elif x.shape != parameter.shape:
            raise ShapeError(f"{what}: expected shape {parameter.shape}, got {x.shape}")
