"""Slotted: what makes objects with slots pickle by every protocol."""

from __future__ import annotations

from typing import Any, SupportsIndex


class Slotted:
    """Pickled by the first protocols as by the second, which knows slots.

    >>> import pickle
    >>> class Pair(Slotted):
    ...     __slots__ = ("first", "second")
    >>> Pair().__reduce_ex__(0) == Pair().__reduce_ex__(2)
    True
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return super().__reduce_ex__(max(2, int(protocol)))


def stored(x: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What is stored in the slots of an object, those of a subclass included; and in its ``__dict__``, else None.

    >>> class Pair(Slotted):
    ...     __slots__ = ("first", "second")
    >>> class More(Pair):
    ...     pass
    >>> pair = More()
    >>> pair.first, pair.third = 1, 3
    >>> stored(pair)
    ({'first': 1}, {'third': 3})
    """
    state: Any = object.__getstate__(x)
    attributes, slots = state
    return slots, attributes


def store(x: Any, slots: dict[str, Any], attributes: dict[str, Any] | None) -> None:
    """Undo `stored`."""
    for name, value in slots.items():
        setattr(x, name, value)
    if attributes:
        vars(x).update(attributes)
