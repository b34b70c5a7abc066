"""How nodes get their names: by label, by the variable that holds them, or by a letter."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from inspect import CO_OPTIMIZED
from itertools import chain, count
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

from autograd.graph.holdings import ATOMS, Holdings, namespace_of
from autograd.graph.neurons import part_name, structural
from autograd.node import Node, Recorded
from autograd.program import Equation
from autograd.state import user_frames
from autograd.tree import Item, Key, keystr

#: Names for inner nodes that have none, in order; where these are too few, all are numbered v1, v2, …
LETTERS = ("q", "r", "s", "t", "u", "v")
OUTPUT = "f"

#: How deep the search for a name goes into what a variable holds: ``model.layers[0].neurons[2].w[1]``.
DEPTH = 6

#: How many things it reads for one variable, and more for each node of the graph; and for how many variables that full.
FEW = 1_000
EACH = 20
MANY = 20

#: How many things it reads for one variable, and for all, at most.
MOST = 10_000
ALL = 200_000

#: The classes, by ``id``, of what holds no nodes, as most variables of a module.
EMPTY = ATOMS | set(map(id, (FunctionType, BuiltinFunctionType, ModuleType, type)))

#: Whose objects hold no nodes that a person put there.
OURS = "autograd."


def caller_variables() -> list[dict[str, Any]]:
    """What the person's code has variables for, where it runs now."""
    return visible(running())


def running() -> list[tuple[FrameType, dict[str, Any]]]:
    """The person's functions that are running, outermost first, each with its variables.

    Where no person's code runs, as in an installed program, it is the innermost outside this project alone.

    Up to Python 3.12, to read the variables of a function brings a dict that ``locals()`` gave there up to date: there
    is no other way to them. So this is asked only where names are needed.
    """
    return [(frame, own_variables(frame)) for frame in reversed(user_frames())]


def visible(frames: Sequence[tuple[FrameType, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The variables of functions, outermost first, then those of their modules.

    So a node has the name that it had first: a helper ``def go(out): draw(out)`` does not call it ``out``.
    """
    found = {}
    for frame, own in frames:
        is_module = frame.f_locals is frame.f_globals
        found[id(frame.f_globals if is_module else frame)] = own
    for frame, _ in frames:
        if id(frame.f_globals) not in found:
            found[id(frame.f_globals)] = holding(dict.copy(frame.f_globals))
    spaces = {id(frame.f_globals) for frame, _ in frames}  # what runs code has its variables in a dict
    return [{name: held for name, held in each.items() if id(held) not in spaces} for each in found.values()]


def own_variables(frame: FrameType) -> dict[str, Any]:
    """Those of one frame; of a module its own."""
    own: Any = frame.f_locals
    if issubclass(type(own), dict):
        return holding(dict.copy(own))
    if frame.f_code.co_flags & CO_OPTIMIZED:  # a function, whose variables are Python's own
        return holding(dict(own))
    return {}  # exec() was given an object of a person's own for them: what is in that, it alone knows


def holding(variables: dict[str, Any]) -> dict[str, Any]:
    """Those that may hold nodes, as most of a module cannot."""
    return {name: held for name, held in variables.items() if id(type(held)) not in EMPTY}


class Spot(NamedTuple):
    """Where something is: in what a variable holds, by which path."""

    at: tuple[int, int]  #: which function the variable is of, and which of its variables it is
    name: str
    held: Any
    path: tuple[Key, ...]


def variable_names(wanted: set[int], variables: Sequence[Mapping[str, Any]]) -> tuple[dict[int, str], set[str]]:
    """Names by ``node._key``: the variable that holds it, or ``w[0]`` or ``neuron.w[0]`` where it holds more.

    The shortest path counts, and of several the first variable: the one of a later loop does not rename a node, and
    neither does a helper that is given what the code around it holds, itself or one step away. What the loop
    ``for x in xs`` leaves in ``x`` stays an element of xs.

    Then all variables in which nodes were found, also such as are not wanted.
    """
    names: dict[int, str] = {}
    ranks: dict[int, tuple[int, int, int]] = {}
    holders: set[str] = set()
    containers: list[tuple[tuple[int, int], str, Any]] = []
    singles: list[tuple[tuple[int, int], str, Any]] = []

    def found(node: Any, place: int, name: str, path: Sequence[Key] = ()) -> None:
        holders.add(name)
        rank = len(path) if len(path) > 1 else 0, place, len(path)
        if (key := node._record._key) in wanted and (key not in ranks or rank < ranks[key]):
            names[key], ranks[key] = name + keystr(path), rank

    for place, each in enumerate(variables):
        for k, (name, held) in enumerate(each.items()):
            if id(type(held)) in EMPTY or not is_public(name):  # a test runner has such as "@py_assert1"
                continue
            if is_node(held):
                singles.append(((place, k), name, held))
                found(held, place, name)
            else:
                containers.append(((place, k), name, held))
    if wanted and containers:
        search = Search(len(wanted), {id(held) for _, _, held in (*singles, *containers)})
        for at, name, held in containers:
            if not search.is_left(at, held):
                for path, node in search.nodes(Spot(at, name, held, ())):
                    search.reached.setdefault(at, set()).update(wanted & {node._record._key})
                    found(node, at[0], name, path)
        for at, name, node in singles:
            if names.get(key := node._record._key) == name and search.is_left(at, node):
                spot = search.spots[id(node)]
                names[key] = spot.name + keystr(spot.path)
    return names, holders


class Search:
    """A search for nodes in what variables hold, nearest first: the larger the graph of the nodes, the longer.

    ``direct`` are the ids of what variables hold themselves.
    """

    def __init__(self, wanted: int, direct: Set[int] = frozenset()) -> None:
        self.most = min(FEW + EACH * wanted, MOST)
        self.left = min(MANY * self.most, ALL)
        self.look = Holdings(self.most)
        self.direct = direct
        #: By ``id``, what was looked into, and how deep it was: nearer to another variable, it is looked into again.
        self.seen: dict[int, tuple[Any, int]] = {}
        self.closed: dict[int, tuple[type, bool]] = {}  #: the classes that were met
        self.spots: dict[int, Spot] = {}  #: by ``id``, where what is held directly was found, too
        self.reached: dict[tuple[int, int], set[int]] = {}  #: by variable, the wanted nodes in what it holds

    def nodes(self, variable: Spot) -> Iterator[tuple[Sequence[Key], Any]]:
        """The nodes in what one variable holds, with the path to each."""
        held = variable.held
        left = start = min(self.most, self.left)
        waiting: deque[tuple[tuple[Key, ...], Any]] = deque([] if self.is_closed(type(held)) else [((), held)])
        while waiting and left > 0:
            path, part = waiting.popleft()
            depth = len(path)
            if self.seen.get(id(part), (None, DEPTH))[1] <= depth:
                continue
            self.seen[id(part)] = part, depth
            self.look.left = at_most = left // 2 + 1  # something remains for what is in it
            for key, inner in self.look(part):
                if id(inner) in self.direct:
                    self.spots.setdefault(id(inner), variable._replace(path=(*path, key)))
                cls = type(inner)
                if issubclass(cls, Node):
                    yield (*path, key), inner
                elif depth + 1 < DEPTH and not self.is_closed(cls):
                    waiting.append(((*path, key), inner))
            left -= at_most - self.look.left
        self.left -= start - left

    def is_left(self, at: tuple[int, int], held: Any) -> bool:
        """Whether a loop left this in the variable: it is the last of several in what an earlier variable holds, of
        which no other is held by a variable.
        """
        spot = self.spots.get(id(held))
        if spot is None or spot.at[0] != at[0] or spot.at >= at or len(self.reached.get(spot.at, ())) < 2:
            return False
        part = spot.held
        for step in spot.path:
            self.look.left = self.most
            inside = list(self.look(part))
            elements = [key for key, _ in inside if type(key) is type(step) is Item]
            if elements and elements[-1] != step:
                return False
            if any(id(inner) in self.direct for key, inner in inside if key != step):
                return False
            part = next((inner for key, inner in inside if key == step), None)
        return part is held

    def is_closed(self, cls: type) -> bool:
        """Whether no nodes are searched in such objects: in nodes, operations and graphs."""
        known = self.closed.get(id(cls))
        if known is None:
            module = namespace_of(cls).get("__module__")
            is_ours = type(module) is str and module.startswith(OURS)
            known = self.closed[id(cls)] = cls, id(cls) in EMPTY or issubclass(cls, Node) or is_ours
        return known[1]


def is_public(name: Any) -> bool:
    return type(name) is str and name.isidentifier() and not name.startswith("_")


def is_node(held: Any) -> bool:
    """Whether it is one, by its type: what ``isinstance`` asks, its ``__class__``, may be code, as that of a proxy."""
    return issubclass(type(held), Node)


def given_names(
    nodes: Sequence[Recorded], variables: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str | None, ...], frozenset[str]]:
    """For every node the name that a person gave it, if any; and all variables in which nodes were found."""
    keys = [node._key for node in nodes]
    given = [node.label for node in nodes]
    wanted = {key for key, label in zip(keys, given, strict=True) if not label}
    found, holders = variable_names(wanted, variables)
    return tuple([label or found.get(key) for key, label in zip(keys, given, strict=True)]), frozenset(holders)


def with_automatic(
    labels: Sequence[str | None],
    equations: Sequence[Equation],
    data: Sequence[Any],
    output: int,
    others: frozenset[str],
) -> tuple[str, ...]:
    """For every node a name that no other node has: the one that a person gave it, if that is still free.

    Else it is called by what it is, as the output of a neuron, if that can be seen. An automatic name is f for the
    output, a letter or a number for the rest, and none of ``others``.
    """
    taken = {name for name in labels if name} | others
    stems = set(map(stem, taken))

    def is_free(name: str) -> bool:
        """Whether nobody has it, nor a person anything that begins with it, as a list of that name has elements."""
        return name not in taken and stem(name) not in stems

    def first(names: Iterable[str]) -> str:
        return next(filter(is_free, names))

    called, differences = structural(equations, labels, data, is_free)
    are_leaves = [equation.op is None for equation in equations]
    unnamed = sum(
        name is None and not is_leaf and called[i] is None and i not in differences
        for i, (name, is_leaf) in enumerate(zip(labels, are_leaves, strict=True))
    )
    letters = LETTERS if unnamed <= len(LETTERS) + 1 else ()
    inner = chain(letters, numbered("v"))
    leaves = numbered("x")
    names: list[str] = []
    used: set[str] = set()
    repeats: dict[str, Iterator[str]] = {}
    for i, (label, is_leaf) in enumerate(zip(labels, are_leaves, strict=True)):
        name = label
        if name is None and i != output:
            name = f"{names[differences[i]]} − max" if i in differences else called[i]
        if name is None:
            name = first(leaves if is_leaf else chain((OUTPUT,), inner) if i == output else inner)
        elif name in used or (label is None and name in taken):  # two nodes of one name: the later gets a number
            base = name
            name = first(repeats.setdefault(base, (part_name(base, k) for k in count(2))))
        taken.add(name)
        used.add(name)
        names.append(name)
    return tuple(names)


def stem(name: str) -> str:
    """What a name begins with, as Python reads it: the variable.

    >>> stem("model.w[0]"), stem("z1[2]"), stem("a + b")
    ('model', 'z1', 'a + b')
    """
    variable = re.match(r"\w+(?=[.[]|$)", name)
    return variable[0] if variable else name


def numbered(stem: str, start: int = 1) -> Iterator[str]:
    """``v1``, ``v2``, …"""
    return (f"{stem}{n}" for n in count(start))
