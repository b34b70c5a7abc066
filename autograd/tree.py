"""Trees (the field's word is pytrees): containers in containers, and the leaves that they hold.

A branch is a tuple, a list, a dict, a named tuple, a dataclass, a NumPy array of objects, None (which holds nothing),
or an object of a class that was given to `register`. Anything else is a leaf: a number, a Value, an array of numbers.

>>> from autograd import tree
>>> leaves, structure = tree.flatten({"w": [1.0, 2.0], "b": (3.0, None)})
>>> leaves, structure
([1.0, 2.0, 3.0], Structure({'w': [*, *], 'b': (*, None)}))
>>> tree.unflatten(structure, leaves)
{'w': [1.0, 2.0], 'b': (3.0, None)}
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from math import inf
from types import NoneType
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd.errors import ShapeError, short_repr

Class = TypeVar("Class", bound=type)

#: How much of a structure a message shows.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Key:
    """A step of a path. Python would write it after the variable: `str` gives that text."""

    value: Any


class Item(Key):
    """The step to an element of a sequence, or to what a dict holds under a key.

    >>> print(Item(0), Item("w"))
    [0] ['w']
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"[{self.value!r}]"


class Index(Key):
    """The step to an element of an array.

    >>> print(Index((0, 2)), Index((1,)), Index(()))
    [0, 2] [1] [()]
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"[{', '.join([str(i) for i in self.value]) or '()'}]"


class Attribute(Key):
    """The step to an attribute of an object, or to a field of a named tuple.

    >>> print(Attribute("weight"))
    .weight
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f".{self.value}"


Children = Iterable[tuple[Key, Any]]


# Kinds of branches: how each is taken apart and put together again.


class Kind(NamedTuple):
    """``children(branch)`` gives pairs of key and child, ``rebuild(cls, context, pairs)`` undoes it.

    The context is what is no child and yet has to be known: the shape of an array that may be empty.
    """

    children: Callable[[Any], Children]
    rebuild: Callable[[Any, Any, Sequence[tuple[Key, Any]]], Any]
    context: Callable[[Any], Hashable] = lambda branch: None


def elements(branch: Iterable[Any]) -> Children:
    return ((Item(i), child) for i, child in enumerate(branch))


def entries(branch: dict[Any, Any]) -> Children:
    return ((Item(key), child) for key, child in branch.items())


def named_elements(branch: Any) -> Children:
    return ((Attribute(name), child) for name, child in zip(branch._fields, branch, strict=True))


def cells(branch: np.ndarray[Any, Any]) -> Children:
    return ((Index(index), branch[index]) for index in np.ndindex(branch.shape))


def attributes(branch: Any) -> Children:
    return ((Attribute(name), child) for name, child in vars(branch).items())


def fields(branch: Any) -> Children:
    names = (each.name for each in dataclasses.fields(branch))
    return ((Attribute(name), getattr(branch, name)) for name in names if hasattr(branch, name))


def with_attributes(cls: type, context: Any, pairs: Sequence[tuple[Key, Any]]) -> Any:
    """A new object, made without ``__init__``, which might want or change other things; frozen ones too."""
    branch: Any = object.__new__(cls)
    for key, child in pairs:
        object.__setattr__(branch, str(key.value), child)
    return branch


def values(pairs: Sequence[tuple[Key, Any]]) -> list[Any]:
    return [child for _, child in pairs]


def by_key(pairs: Sequence[tuple[Key, Any]]) -> dict[Any, Any]:
    return {key.value: child for key, child in pairs}


NAMED_TUPLE = Kind(named_elements, lambda cls, context, pairs: cls._make(values(pairs)))
DATACLASS = Kind(fields, with_attributes)
OBJECT = Kind(attributes, with_attributes)
ARRAY = Kind(
    cells,
    # fromiter, since NumPy would take a list that is assigned to a cell apart
    lambda cls, shape, pairs: np.fromiter(values(pairs), dtype=object, count=len(pairs)).reshape(shape).view(cls),
    lambda branch: branch.shape,
)
KINDS: dict[type, Kind] = {
    NoneType: Kind(lambda branch: (), lambda cls, context, pairs: None),
    tuple: Kind(elements, lambda cls, context, pairs: cls(values(pairs))),
    list: Kind(elements, lambda cls, context, pairs: cls(values(pairs))),
    dict: Kind(entries, lambda cls, context, pairs: cls(by_key(pairs))),
    defaultdict: Kind(
        entries, lambda cls, factory, pairs: cls(factory, by_key(pairs)), lambda branch: branch.default_factory
    ),
}


def register(
    cls: Class,
    children: Callable[[Any], Children] = OBJECT.children,
    rebuild: Callable[[Any, Any, Sequence[tuple[Key, Any]]], Any] = OBJECT.rebuild,
    context: Callable[[Any], Hashable] = OBJECT.context,
) -> Class:
    """Make the objects of a class, and of its subclasses, branches. Without more, their attributes are the children.

    ``children(branch)`` gives pairs of an `Item`, `Index` or `Attribute` and a child; ``rebuild(cls, context, pairs)``
    makes a branch from such pairs; ``context(branch)`` is what else that takes, None if nothing: it must be hashable,
    and two branches of different context have different structures.

    >>> @register
    ... class Neuron:
    ...     def __init__(self, w, b):
    ...         self.w, self.b = w, b
    >>> list(leaves_with_paths([Neuron([1.0, 2.0], 3.0)]))
    [('[0].w[0]', 1.0), ('[0].w[1]', 2.0), ('[0].b', 3.0)]
    >>> vars(map(lambda x: -x, Neuron([1.0, 2.0], 3.0)))
    {'w': [-1.0, -2.0], 'b': -3.0}

    Raises `TypeError` for what is no class, and for a function that cannot be called, `ValueError` for a class that
    was registered before.
    """
    if not isinstance(cls, type):
        raise TypeError(f"tree.register: expected a class, got {short_repr(cls)}")
    for name, function in (("children", children), ("rebuild", rebuild), ("context", context)):
        if not callable(function):
            raise TypeError(f"tree.register: {cls.__name__}: {name}: expected a function, got {short_repr(function)}")
    if cls in KINDS:
        raise ValueError(f"tree.register: {cls.__name__} is registered already: register each class once")
    KINDS[cls] = Kind(children, rebuild, context)
    kind_of_class.cache_clear()
    return cls


@lru_cache
def kind_of_class(cls: type) -> Kind | None:
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return NAMED_TUPLE
    registered = next((KINDS[base] for base in cls.__mro__ if base in KINDS), None)
    return DATACLASS if registered is None and dataclasses.is_dataclass(cls) else registered


def kind_of(part: Any) -> Kind | None:
    """How a branch is taken apart; None for a leaf. Its type says so: ``__class__`` may be code, as that of a proxy."""
    if issubclass(type(part), np.ndarray):
        return ARRAY if part.dtype == object else None
    return kind_of_class(type(part))  # type: ignore[arg-type]  # mypy takes a class for unhashable


# The walk.


def children(part: Any) -> Children:
    """What a branch holds, one level deep: pairs of key and child, lazily; ``()`` for a leaf.

    >>> [(str(key), child) for key, child in children({"w": [1.0], "b": 2.0})]
    [("['w']", [1.0]), ("['b']", 2.0)]
    >>> children(2.0)
    ()
    """
    kind = kind_of(part)
    return () if kind is None else kind.children(part)


def walk(
    tree: Any,
    inside: Callable[[Any], Children] = children,
    *,
    depth: float = inf,
    cyclic: bool = False,
) -> Iterator[tuple[list[Key], Any]]:
    """Every part of a tree with the path to it, lazily: first the tree, and each branch before what it holds.

    The path is one list that changes as the walk goes on: copy what you keep. ``inside(part)`` is what a part holds,
    and ``()`` where the walk should not go on; below ``depth`` steps nothing is visited. A branch may be visited in
    several places. One inside itself is not entered again if ``cyclic``, and otherwise refused.

    >>> for path, part in walk([1.0, {"w": 2.0}]):
    ...     print("".join([str(key) for key in path]) or "the tree", part)
    the tree [1.0, {'w': 2.0}]
    [0] 1.0
    [1] {'w': 2.0}
    [1]['w'] 2.0

    Raises `ShapeError` for a branch that holds itself.
    """
    path: list[Key] = []
    yield path, tree
    levels = [(tree, iter(inside(tree)))] if depth > 0 else []
    entered = {id(tree)}
    while levels:
        branch, pairs = levels[-1]
        for key, part in pairs:
            path[len(levels) - 1 :] = [key]
            yield path, part
            inner = inside(part) if len(levels) < depth else ()
            if not inner:
                continue
            if id(part) not in entered:
                entered.add(id(part))
                levels.append((part, iter(inner)))
                break
            if not cyclic:
                raise ShapeError(f"tree: the {type(part).__name__} at {place(path)} holds itself: put a copy there")
        else:
            levels.pop()
            entered.discard(id(branch))


def keystr(path: Iterable[Key]) -> str:
    """A path as Python would write it after the variable that holds the tree.

    >>> keystr([Attribute("layers"), Item(0), Attribute("weight"), Index((0, 1))])
    '.layers[0].weight[0, 1]'
    """
    return "".join([str(key) for key in path])


def place(path: Iterable[Key]) -> str:
    return keystr(path) or "the top"


def leaves_with_paths(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every leaf in order, lazily, with the path to it: Python as one would write it after the variable.

    >>> list(leaves_with_paths({"w": np.array([[1.0, 2.0]], dtype=object), "b": (3.0, None)}))
    [("['w'][0, 0]", 1.0), ("['w'][0, 1]", 2.0), ("['b'][0]", 3.0)]

    Raises `ShapeError` for a branch that holds itself.
    """
    return ((keystr(path), part) for path, part in walk(tree) if kind_of(part) is None)


# Structures.


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch without what it holds."""

    cls: type
    context: Hashable
    keys: tuple[Key, ...]
    rebuild: Callable[[Any, Any, Sequence[tuple[Key, Any]]], Any] = field(compare=False)

    def build(self, children: Iterable[Any]) -> Any:
        return self.rebuild(self.cls, self.context, list(zip(self.keys, children, strict=True)))

    def write(self, children: Iterable[str]) -> str:
        """The branch as text, given what it holds as text."""
        parts = list(children)
        if self.cls is NoneType:
            return "None"
        if self.cls is list:
            return f"[{', '.join(parts)}]"
        if self.cls is tuple:
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        if self.cls is dict:
            return f"{{{', '.join([f'{key.value!r}: {part}' for key, part in zip(self.keys, parts, strict=True)])}}}"
        inner = ", ".join([f"{key}={part}".lstrip(".") for key, part in zip(self.keys, parts, strict=True)])
        return f"{self.cls.__name__}{'' if self.context is None else f'<{self.context}>'}({inner})"


@dataclass(frozen=True, slots=True, repr=False)
class Structure:
    """A tree without its leaves. Two are equal if the branches are: their types, keys, order and shapes.

    >>> flatten([1.0, (2.0,)])[1] == flatten(["a", ("b",)])[1]
    True
    >>> len(flatten([1.0, (2.0,)])[1])
    2
    """

    #: Each branch before what it holds; None for a leaf. Flat, so that a tree of any depth needs no recursion.
    parts: tuple[Branch | None, ...]

    def __len__(self) -> int:
        """The number of leaves."""
        return self.parts.count(None)

    def __str__(self) -> str:
        return str(self.fold(["*"] * len(self), Branch.write))

    def __repr__(self) -> str:
        return f"Structure({self})"

    def fold(self, leaves: Sequence[Any], build: Callable[[Branch, list[Any]], Any]) -> Any:
        """What ``build`` makes of the outermost branch, from what it made of the branches inside, and of the leaves."""
        remaining = list(leaves)
        built: list[Any] = []  # the last is the first of what the next branch holds
        for part in reversed(self.parts):
            built.append(remaining.pop() if part is None else build(part, [built.pop() for _ in part.keys]))
        return built.pop()


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a tree, in order, and what remains of it without them: `unflatten` puts them together.

    >>> leaves, structure = flatten({"w": [1.0, 2.0], "b": None})
    >>> leaves, structure
    ([1.0, 2.0], Structure({'w': [*, *], 'b': None}))

    Raises `ShapeError` for a branch that holds itself.
    """
    leaves: list[Any] = []
    parts: list[Branch | None] = []
    for _, part in walk(tree):
        kind = kind_of(part)
        if kind is None:
            leaves.append(part)
            parts.append(None)
        else:
            keys = tuple([key for key, _ in kind.children(part)])
            parts.append(Branch(type(part), kind.context(part), keys, kind.rebuild))
    return leaves, Structure(tuple(parts))


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order.

    >>> leaves({"w": [1.0, 2.0], "b": None})
    [1.0, 2.0]

    Raises `ShapeError` for a branch that holds itself.
    """
    return flatten(tree)[0]


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves. A part that was in several places becomes several.

    >>> unflatten(flatten([0, {"b": 0}])[1], ["x", "y"])
    ['x', {'b': 'y'}]

    Raises `ShapeError` if there are more leaves than places, or fewer.
    """
    leaves = list(leaves)
    if len(leaves) != len(structure):
        raise ShapeError(
            f"tree.unflatten: expected {len(structure)} leaves, got {len(leaves)}: "
            f"give one for each * of {shortened(structure)}"
        )
    return structure.fold(leaves, Branch.build)


def map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A tree of the same structure, its leaves what ``f`` gives of the leaf, or of the leaves in the same place.

    >>> map(lambda x, y: x + y, {"w": [1.0, 2.0], "b": 3.0}, {"w": [10.0, 20.0], "b": 30.0})
    {'w': [11.0, 22.0], 'b': 33.0}

    Raises `ShapeError` if the structures differ, or a branch holds itself.
    """
    first, structure = flatten(tree)
    columns = [first]
    for number, other in enumerate(others, start=2):
        column, its_structure = flatten(other)
        if its_structure != structure:
            raise ShapeError(f"tree.map: {difference(tree, other, number)}")
        columns.append(column)
    return unflatten(structure, [f(*row) for row in zip(*columns, strict=True)])


def difference(tree: Any, other: Any, number: int) -> str:
    """Where two trees differ first, and how: a message."""
    pairs = zip(flatten(tree)[1].parts, flatten(other)[1].parts, strict=False)
    position = next(i for i, (part, its_part) in enumerate(pairs) if part != its_part)
    # Up to there both walks take the same steps.
    (path, part), (_, its_part) = (next(islice(walk(each), position, None)) for each in (tree, other))
    return (
        f"expected trees of one structure, but at {place(path)} the first is {shortened(flatten(part)[1])} "
        f"and number {number} is {shortened(flatten(its_part)[1])}: give both the same containers and keys"
    )


def shortened(structure: Structure) -> str:
    whole = str(structure)
    return whole if len(whole) <= SHOWN else f"{whole[:SHOWN]}…"
