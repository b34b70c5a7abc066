"""A bound call: its params, with the places of its inputs among them."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from autograd.pickling import Slotted

NOTHING: Mapping[str, Any] = types.MappingProxyType({})

SIMPLE = frozenset({bool, int, float, str, type(None)})
INTS = frozenset({int})
NUMBERS = frozenset({float, np.float64, np.float32})

#: The commonest params that are made of no others.
ATOMS = SIMPLE | {slice, types.EllipsisType}


@dataclass(frozen=True, slots=True)
class Input:
    """In `Bound` params: the place of input number ``index``."""

    index: int


class Bound(Slotted, Mapping[str, Any]):
    """Params that hold every argument of a call by name, with an `Input` where an input stands.

    Any other mapping is the commonest call instead: the inputs come first, in order, and it holds the rest.
    """

    __slots__ = ("_arguments",)

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._arguments = dict(arguments)

    def __getitem__(self, name: str) -> Any:
        return self._arguments[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arguments)

    def __len__(self) -> int:
        return len(self._arguments)


class Output(Bound):
    """The params of one of several outputs of a call: which it is, and all outputs as they were computed.

    They stand in a tuple, of the kind that the forward function returned: NumPy's have names.
    """

    __slots__ = ("index", "outputs")

    def __init__(self, arguments: Mapping[str, Any], index: int, outputs: tuple[Any, ...]) -> None:
        super().__init__(arguments)
        self.index = index
        self.outputs = outputs


def copyable(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Params as they can be copied and pickled: in a dict, where they are not `Bound`."""
    return params if isinstance(params, Bound) else dict(params)


def like(outputs: Any, parts: Iterable[Any]) -> tuple[Any, ...]:
    """A tuple of these parts, with names if the outputs have such.

    >>> like(np.linalg.qr(np.eye(1)), ["a", "b"])
    QRResult(Q='a', R='b')
    """
    kind: Any = type(outputs)
    same: tuple[Any, ...] = kind(*parts) if hasattr(kind, "_fields") else tuple(parts)
    return same


def is_default(value: Any, default: Any) -> bool:
    if value is default or value is np._NoValue:
        return True
    return isinstance(default, int | str) and type(value) is type(default) and bool(value == default)


def replaced(value: Any, by: Callable[[Any], Any]) -> Any:
    """A param in which everything but lists, tuples and dicts is replaced."""
    if isinstance(value, list):
        return [replaced(part, by) for part in value]
    if isinstance(value, tuple):
        return tuple([replaced(part, by) for part in value])
    if isinstance(value, dict):
        return {key: replaced(part, by) for key, part in value.items()}
    return by(value)


def lifted(value: Any, found: list[Any]) -> Any:
    """A param with `Input`s in the places of nodes, which go to ``found``."""

    def lift(part: Any) -> Any:
        if not hasattr(type(part), "_interpret"):
            return part
        found.append(part)
        return Input(len(found) - 1)

    return replaced(value, lift)


def holds_node(value: Any) -> bool:
    """Whether a param is a node, or has one in it."""
    kind = value.__class__
    if kind in ATOMS:
        return False
    if kind is tuple or kind is list:
        return any(map(holds_node, value))
    return hasattr(kind, "_interpret") or any(map(holds_node, parts(value)))


def nodes_in(value: Any) -> Iterator[Any]:
    """The nodes in a param, whatever holds them."""
    if hasattr(value.__class__, "_interpret"):
        yield value
    else:
        for part in parts(value):
            yield from nodes_in(part)


def parts(value: Any) -> Iterable[Any]:
    """What a param is made of, where it holds others.

    >>> list(parts({"a": 1})), list(parts(np.array([None, 2]))), list(parts(3))
    ([1], [None, 2], [])
    """
    if isinstance(value, np.ndarray):
        return np.asarray(value).reshape(-1) if value.dtype.hasobject else ()
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, Collection) and not isinstance(value, str | bytes | bytearray | range | memoryview):
        return value
    if isinstance(value, types.SimpleNamespace):
        return vars(value).values()
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return ()


def fill(value: Any, inputs: Sequence[Any]) -> Any:
    """An argument with the inputs in their places again."""
    return replaced(value, lambda part: inputs[part.index] if isinstance(part, Input) else part)


def places(value: Any) -> Iterator[int]:
    """The inputs in an argument, in order."""
    if isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from places(part)
    elif isinstance(value, Input):
        yield value.index


def static(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The params that hold no inputs."""
    return {name: value for name, value in (params or {}).items() if next(places(value), None) is None}


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a node, an array, a Symbol or a list; () for a number."""
    if value.__class__ is np.ndarray:
        return value.shape  # type: ignore[no-any-return]
    return np.shape(value) if isinstance(value, list | tuple) else getattr(value, "shape", ())


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together; NumPy's function stops at 32 axes, its arrays at 64.

    >>> broadcast((3, 1), (4,))
    (3, 4)
    """
    last = np.broadcast_shapes(*(shape[-32:] for shape in shapes))
    rest = [shape[:-32] for shape in shapes]
    return (*broadcast(*rest), *last) if any(rest) else last
