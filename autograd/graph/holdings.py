"""What people's objects hold, as Python stores it: none of their code runs, be it a property, a proxy's, or a ``repr``.

An object may raise, print or compute when it is asked for its class, its attributes or its elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from autograd.tree import Attribute, Index, Item, Key

#: How long a key may be, as Python code writes it.
LONGEST = 60

#: The classes of the commonest things that hold nothing, by ``id``: a class may have a hash of its own.
ATOMS = frozenset(map(id, (bool, int, float, complex, str, bytes, type(None))))

#: What holds the parts of a program.
CODE = (type, ModuleType, FunctionType)

# How Python itself answers, whatever a class or its metaclass says.
mro_of: Any = vars(type)["__mro__"].__get__
namespace_of: Any = vars(type)["__dict__"].__get__
dtype_of: Any = vars(np.ndarray)["dtype"].__get__

Pairs = list[tuple[Any, Any]]
Read: TypeAlias = Callable[[Any, int], Pairs]

#: What reads the first things of an object, how a key is written, and which can be.
Way: TypeAlias = tuple[Read, Callable[[Any], Key], Callable[[Any], bool]]


class Holdings:
    """A look into many objects, which ends when it has read ``left`` things. Numbers and text are passed over.

    >>> class Neuron:
    ...     def __init__(self):
    ...         self.w, self.name = [0.5], "first"
    ...     @property
    ...     def bias(self):
    ...         raise RuntimeError("not yet")
    >>> look = Holdings(left=100)
    >>> [(str(key), held) for key, held in look(Neuron())]
    [('.w', [0.5])]
    >>> [(str(key), held) for key, held in look({"a": [], 2: (), "b": 3.0})]
    [("['a']", []), ('[2]', ())]
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self._ways: dict[int, tuple[type, Sequence[Way]]] = {}  # by ``id``, with the class, that it stays there

    def __call__(self, part: Any) -> Iterator[tuple[Key, Any]]:
        """Pairs of key and what is held: elements, entries, attributes, slots."""
        cls = type(part)
        known = self._ways.get(id(cls))
        if known is None:
            known = self._ways[id(cls)] = cls, ways_into(cls)
        for read, step, is_written in known[1]:
            yield from self.among(read(part, self.left), step, is_written)

    def among(
        self, pairs: Pairs, step: Callable[[Any], Key], is_written: Callable[[Any], bool]
    ) -> list[tuple[Key, Any]]:
        self.left -= len(pairs)
        return [(step(key), held) for key, held in pairs if id(type(held)) not in ATOMS and is_written(key)]


def ways_into(cls: type) -> list[Way]:
    """How to read what an object of this class holds."""
    if issubclass(cls, CODE):
        return []
    ways: list[Way] = [(read, step, which) for base, read, step, which in CONTAINERS if issubclass(cls, base)]
    namespaces = [namespace_of(base) for base in mro_of(cls)]
    stored = (names["__dict__"] for names in namespaces if type(names.get("__dict__")) in STORED)
    if (attributes := next(stored, None)) is not None:
        ways.append((partial(first_attributes, attributes), Attribute, is_name))
    slotted = [names for names in reversed(namespaces) if "__slots__" in names]
    slots = {k: slot for names in slotted for k, slot in names.items() if type(slot) is MemberDescriptorType}
    if slots:
        ways.append((partial(first_slots, slots), Attribute, is_name))
    return ways


#: What Python itself gets a ``__dict__`` by; a property is none.
STORED = (GetSetDescriptorType, MemberDescriptorType)


def first_attributes(attributes: Any, part: Any, most: int) -> Pairs:
    held = attributes.__get__(part)
    return first_items(held, most) if issubclass(type(held), dict) else []


def first_slots(slots: Mapping[str, Any], part: Any, most: int) -> Pairs:
    """Those that are set, and None for the others, which were looked at too."""
    found: Pairs = []
    for name, slot in islice(slots.items(), most):
        held = None
        with suppress(AttributeError):
            held = slot.__get__(part)
        found.append((name, held))
    return found


def first_elements(part: list[Any], most: int) -> Pairs:
    return list(enumerate(list.__getitem__(part, slice(most))))


def first_of_tuple(part: tuple[Any, ...], most: int) -> Pairs:
    return [] if fields_of(part) else list(enumerate(tuple.__getitem__(part, slice(most))))


def first_fields(part: tuple[Any, ...], most: int) -> Pairs:
    """The elements of a named tuple."""
    return list(zip(fields_of(part), tuple.__getitem__(part, slice(most)), strict=False))


def fields_of(part: tuple[Any, ...]) -> tuple[Any, ...]:
    """The names of its elements, if it has such."""
    names = next((names["_fields"] for names in map(namespace_of, mro_of(type(part))) if "_fields" in names), ())
    return names if type(names) is tuple else ()


def first_items(part: dict[Any, Any], most: int) -> Pairs:
    """The first entries of a dict, as many as there are until another thread changes it."""
    found: Pairs = []
    with suppress(RuntimeError):
        found.extend(islice(dict.items(part), most))
    return found


def first_cells(part: np.ndarray[Any, Any], most: int) -> Pairs:
    if dtype_of(part).kind != "O":
        return []
    array = np.ndarray.view(part, np.ndarray)
    places = np.ndindex(tuple([min(n, most) for n in array.shape]))  # NumPy lists the places along an axis at once
    return [(place, array[place]) for place in islice(places, most)]


def is_name(name: Any) -> bool:
    """Whether it can stand after a dot."""
    return type(name) is str and len(name) <= LONGEST and name.isidentifier()


def is_plain(key: Any) -> bool:
    """Whether Python code would write a key of a dict as its ``repr``, which is short."""
    parts = key if type(key) is tuple else (key,)
    return len(parts) <= LONGEST and all(map(is_short, parts)) and len(repr(key)) <= LONGEST


def is_short(part: Any) -> bool:
    if type(part) is int:
        return abs(part) < 2**63
    if type(part) is str or type(part) is bytes:
        return len(part) <= LONGEST
    return id(type(part)) in ATOMS


def is_place(index: Any) -> bool:
    return True


#: For each kind of container what reads it, how a key is written, and which can be.
CONTAINERS: list[tuple[type, Read, Callable[[Any], Key], Callable[[Any], bool]]] = [
    (list, first_elements, Item, is_place),
    (tuple, first_of_tuple, Item, is_place),
    (tuple, first_fields, Attribute, is_name),
    (dict, first_items, Item, is_plain),
    (np.ndarray, first_cells, Index, is_place),
]
