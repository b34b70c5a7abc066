"""Trees: taken apart and put together, walked, mapped, and the paths to what they hold."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import AutogradError, ShapeError, Tensor, Value, tree


class Leaf:
    """Something of which there is one: equal to itself alone."""


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Cell:
    gate: Any
    state: Any


@dataclass(frozen=True, slots=True)
class Frozen:
    inner: Any
    unset: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert self.inner is not REBUILT, "rebuilding runs no __post_init__"


@tree.register
class Neuron:
    """A person's own class, which says so."""

    def __init__(self, w: Any, b: Any) -> None:
        self.w, self.b = w, b


class Stack:
    """A class with a way of its own to be taken apart; its name is no child."""

    def __init__(self, name: str, items: list[Any]) -> None:
        self.name, self.items = name, items

    def __getitem__(self, i: int) -> Any:
        return self.items[i]


tree.register(
    Stack,
    lambda stack: ((tree.Item(i), item) for i, item in enumerate(stack.items)),
    lambda cls, name, pairs: cls(name, [child for _, child in pairs]),
    lambda stack: stack.name,
)

REBUILT = object()


def objects(shape: tuple[int, ...], items: list[Any]) -> Any:
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(shape)


# The oracle: the same by recursion, written for each type.


def children(part: Any) -> list[Any] | None:
    """What a branch of these tests holds, in order; None for a leaf."""
    match part:
        case None:
            return []
        case tuple() | list():
            return list(part)
        case dict():
            return list(part.values())
        case Cell():
            return [part.gate, part.state]
        case Frozen():
            return [part.inner]
        case Neuron():
            return [part.w, part.b]
        case Stack():
            return part.items
        case np.ndarray() if part.dtype == object:
            return [part[index] for index in np.ndindex(part.shape)]
    return None


def leaves(part: Any) -> Iterator[Any]:
    inner = children(part)
    if inner is None:
        yield part
    for child in inner or ():
        yield from leaves(child)


def outline(part: Any) -> Any:
    """Everything about a branch but what it holds."""
    if isinstance(part, dict):
        return type(part), list(part), getattr(part, "default_factory", None)
    return type(part), getattr(part, "shape", None), getattr(part, "name", None)


def same(a: Any, b: Any) -> bool:
    """Whether two trees hold the same leaves, by identity, in branches of the same types, keys and shapes."""
    ours, theirs = children(a), children(b)
    if ours is None or theirs is None:
        return a is b
    return outline(a) == outline(b) and len(ours) == len(theirs) and all(same(*pair) for pair in zip(ours, theirs))  # noqa: B905


KEYS = st.one_of(
    st.text(max_size=3),
    st.integers(),
    st.none(),
    st.binary(max_size=2),
    st.tuples(st.integers(), st.text(max_size=2)),
    st.frozensets(st.integers(0, 3), max_size=2),
    st.floats(allow_nan=False, allow_infinity=False),
)
LEAVES = st.one_of(
    st.builds(Leaf),
    st.integers(),
    st.text(max_size=2),
    st.builds(lambda: np.ones((2, 2))),
    st.builds(Value, st.floats(-1, 1)),
    st.builds(lambda: Tensor([1.0, 2.0])),
    st.builds(lambda: {1, 2}),
)


def branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    shared = inner.flatmap(lambda part: st.sampled_from([[part, part], (part, {"again": part})]))
    dicts = st.dictionaries(KEYS, inner, max_size=3)
    arrays = st.sampled_from([(), (0,), (3, 0), (1,), (2,), (1, 2), (2, 1, 2)]).flatmap(
        lambda shape: st.lists(inner, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))).map(
            partial(objects, shape)
        )
    )
    return st.one_of(
        st.none(),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        dicts,
        dicts.map(OrderedDict),
        dicts.map(partial(defaultdict, list)),
        st.builds(Pair, inner, inner),
        st.builds(Cell, inner, inner),
        st.builds(Frozen, inner),
        st.builds(Neuron, inner, inner),
        st.builds(Stack, st.sampled_from("ab"), st.lists(inner, max_size=2)),
        arrays,
        shared,
    )


# Not st.recursive, of which most trees are small: an array in an array is to come up often.
TREES = LEAVES
for _ in range(3):
    TREES = st.one_of(LEAVES, branches(TREES))


many = settings(max_examples=10 * settings().max_examples)  # trees are cheap, and of many kinds


# Apart and together.


@many
@given(TREES)
@example(objects((), [Leaf()]))
@example(objects((1, 2), [[Leaf(), Leaf()], objects((), [[Leaf()]])]))
def test_taken_apart_and_put_together_a_tree_is_the_same(whole: Any) -> None:
    found, structure = tree.flatten(whole)
    assert same(found, list(leaves(whole)))
    assert same(tree.leaves(whole), found)
    assert len(structure) == len(found)
    assert same(tree.unflatten(structure, iter(found)), whole)


@many
@given(TREES)
def test_the_structure_is_what_other_leaves_leave_alone(whole: Any) -> None:
    found, structure = tree.flatten(whole)
    other = tree.unflatten(structure, [Leaf() for _ in found])
    assert tree.flatten(other)[1] == structure
    assert hash(tree.flatten(other)[1]) == hash(structure)
    assert str(tree.flatten(other)[1]) == str(structure)


@many
@given(TREES, TREES)
def test_structures_are_equal_only_if_the_trees_are_alike(a: Any, b: Any) -> None:
    ours, theirs = (tree.flatten(whole)[1] for whole in (a, b))
    places = [Leaf() for _ in range(max(len(ours), len(theirs)))]
    alike = same(*(tree.unflatten(each, places[: len(each)]) for each in (ours, theirs)))
    assert (ours == theirs) == alike


@given(TREES, st.integers(-2, 2).filter(bool))
def test_a_wrong_number_of_leaves_is_refused(whole: Any, extra: int) -> None:
    found, structure = tree.flatten(whole)
    given_ones = [Leaf() for _ in range(max(0, len(found) + extra))]
    if len(given_ones) != len(found):
        with pytest.raises(ShapeError, match=f"expected {len(found)} leaves, got {len(given_ones)}"):
            tree.unflatten(structure, given_ones)


def test_what_is_rebuilt_is_not_made_anew() -> None:
    rebuilt = tree.map(lambda leaf: REBUILT, Frozen(1.0))
    assert type(rebuilt) is Frozen
    assert rebuilt.inner is REBUILT


@pytest.mark.parametrize(
    ("whole", "text"),
    [
        (1.0, "*"),
        ([1.0, (2.0,), (), {}], "[*, (*,), (), {}]"),
        ({"a": None, 2: (1, 2)}, "{'a': None, 2: (*, *)}"),
        (Pair(1, [2]), "Pair(first=*, second=[*])"),
        (Neuron(1, 2), "Neuron(w=*, b=*)"),
        (objects((1, 2), [1, 2]), "ndarray<(1, 2)>([0, 0]=*, [0, 1]=*)"),
    ],
)
def test_a_structure_is_shown_as_python_without_the_leaves(whole: Any, text: str) -> None:
    assert repr(tree.flatten(whole)[1]) == f"Structure({text})"


# Paths.


@many
@given(TREES)
@example(objects((), [Leaf()]))
@example(objects((1, 2), [[Leaf(), Leaf()], objects((), [[Leaf()]])]))
def test_the_path_to_a_leaf_is_python_for_it(whole: Any) -> None:
    found = list(tree.leaves_with_paths(whole))
    assert same([leaf for _, leaf in found], list(leaves(whole)))
    for path, leaf in found:
        assert eval(f"whole{path}", {"whole": whole}) is leaf


@many
@given(TREES)
def test_no_two_leaves_have_one_path(whole: Any) -> None:
    paths = [path for path, _ in tree.leaves_with_paths(whole)]
    assert len(set(paths)) == len(paths)


def test_a_walk_takes_no_more_than_it_is_asked_for() -> None:
    def endless() -> Iterator[tuple[tree.Key, Any]]:
        i = 0
        while True:
            yield tree.Item(i), i
            i += 1

    seen = tree.walk("the top", lambda part: endless() if part == "the top" else ())
    assert [part for _, part in islice(seen, 4)] == ["the top", 0, 1, 2]


@many
@given(TREES, st.integers(0, 4))
def test_a_walk_of_some_depth_is_the_part_of_the_whole_walk_that_is_no_deeper(whole: Any, depth: int) -> None:
    def parts(**options: Any) -> list[tuple[str, int, int]]:
        return [(tree.keystr(path), len(path), id(part)) for path, part in tree.walk(whole, **options)]

    assert parts(depth=depth) == [each for each in parts() if each[1] <= depth]


# Branches in themselves, in many places, in great depth.


def knots() -> list[Any]:
    a: list[Any] = [1.0]
    a.append({"a": (a,)})
    b: dict[str, Any] = {"x": 1.0}
    b["array"] = objects((1,), [b])
    c = Neuron(1.0, None)
    c.b = [c]
    return [a, b, c]


@pytest.mark.parametrize("knot", knots())
def test_a_branch_that_holds_itself_is_refused_with_the_place(knot: Any) -> None:
    for ask in (tree.flatten, tree.leaves, lambda part: list(tree.leaves_with_paths(part)), partial(tree.map, abs)):
        with pytest.raises(ShapeError, match=r"at (\[1\]\['a'\]\[0\]|\['array'\]\[0\]|\.b\[0\]) holds itself"):
            ask(knot)


@pytest.mark.parametrize("knot", knots())
def test_a_walk_that_may_meet_a_branch_in_itself_enters_it_once(knot: Any) -> None:
    assert [part for _, part in tree.walk(knot, cyclic=True) if part == 1.0] == [1.0]


def test_a_branch_in_two_places_is_in_no_circle() -> None:
    shared = [Leaf()]
    assert same(tree.leaves([shared, shared, {"deep": shared}]), shared * 3)
    first, second = tree.map(lambda leaf: leaf, [shared, shared])
    assert first is not second


def test_a_deep_tree_needs_no_recursion() -> None:
    leaf = Leaf()
    deep: Any = leaf
    for _ in range(20_000):
        deep = (deep,)
    found, structure = tree.flatten(deep)
    assert found == [leaf]
    assert structure == tree.flatten(tree.unflatten(structure, [0]))[1]
    assert len(str(structure)) == 3 * 20_000 + 1
    assert [path for path, _ in tree.leaves_with_paths(deep)] == ["[0]" * 20_000]


# Mapping.


@many
@given(TREES)
def test_mapping_one_function_after_another_is_mapping_both_at_once(whole: Any) -> None:
    def f(leaf: Any) -> Any:
        return {id(leaf)}  # a set is a leaf

    def g(leaf: Any) -> Any:
        return frozenset(leaf)

    twice, once = tree.map(g, tree.map(f, whole)), tree.map(lambda leaf: g(f(leaf)), whole)
    assert tree.leaves(twice) == tree.leaves(once) == [{id(leaf)} for leaf in leaves(whole)]
    assert tree.flatten(twice)[1] == tree.flatten(once)[1] == tree.flatten(whole)[1]


@many
@given(TREES)
def test_several_trees_meet_leaf_by_leaf(whole: Any) -> None:
    twin = tree.map(lambda leaf: Leaf(), whole)
    rows: list[tuple[Any, Any]] = []
    tree.map(lambda *row: rows.append(row) or 0, whole, twin)
    assert same(rows, list(zip(leaves(whole), leaves(twin), strict=True)))


@many
@given(TREES, st.data())
def test_a_difference_is_refused_with_its_place(whole: Any, data: st.DataObject) -> None:
    found, structure = tree.flatten(whole)
    if not found:
        return
    at = data.draw(st.integers(0, len(found) - 1))
    path = list(tree.leaves_with_paths(whole))[at][0]
    other = tree.unflatten(structure, [["odd"] if i == at else leaf for i, leaf in enumerate(found)])
    for first, second, texts in [(whole, other, ("*", "[*]")), (other, whole, ("[*]", "*"))]:
        with pytest.raises(ShapeError) as caught:
            tree.map(lambda *row: row, first, first, second)
        expected = f"at {path or 'the top'} the first is {texts[0]} and number 3 is {texts[1]}: "
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("first", "other", "place"),
    [
        ([1, [2, 3]], [1, [2]], r"\[1\] the first is \[\*, \*\] and number 2 is \[\*\]"),
        ((1,), [1], r"the top the first is \(\*,\) and number 2 is \[\*\]"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, r"{'a': \*, 'b': \*} and number 2 is {'b': \*, 'a': \*}"),
        ([None], [1], r"\[0\] the first is None and number 2 is \*"),
        (objects((0,), []), objects((0, 3), []), r"ndarray<\(0,\)>\(\) and number 2 is ndarray<\(0, 3\)>\(\)"),
        (Stack("a", [1]), Stack("b", [1]), r"Stack<a>\(\[0\]=\*\) and number 2 is Stack<b>\(\[0\]=\*\)"),
        (list(range(500)), [], r"\*, …? ?.*… and number 2 is \[\]"),
    ],
)
def test_the_message_names_the_place_and_both_structures(first: Any, other: Any, place: str) -> None:
    with pytest.raises(ShapeError, match=place) as caught:
        tree.map(lambda x, y: x, first, other)
    assert isinstance(caught.value, AutogradError)
    assert len(str(caught.value)) < 700


# What is a branch.


@pytest.mark.parametrize(
    "leaf", [1.0, "text", b"", np.ones(3), np.float64(1.0), {1, 2}, range(3), len, Leaf, Cell, Leaf(), np.array("a")]
)
def test_anything_else_is_a_leaf(leaf: Any) -> None:
    assert tree.leaves(leaf) == [leaf] if not isinstance(leaf, np.ndarray) else tree.leaves(leaf)[0] is leaf
    assert tree.children(leaf) == ()


def test_a_subclass_is_a_branch_as_its_base_is() -> None:
    class Rows(list[Any]):
        pass

    class Double(Neuron):
        pass

    class Grid(np.ndarray[Any, Any]):
        pass

    @dataclass
    class Named(Neuron):  # registered through its base, so that it is no mere dataclass
        w: Any
        b: int = field(init=False)

        def __post_init__(self) -> None:
            self.bias = 2

    for whole in (Rows([1, 2]), Double(1, 2), objects((2,), [1, 2]).view(Grid), Named(1)):
        again = tree.map(lambda x: -x, whole)
        assert type(again) is type(whole)
        assert tree.leaves(again) == [-1, -2]


def test_a_class_is_registered_after_objects_of_it_were_met_and_once() -> None:
    class Late:
        def __init__(self) -> None:
            self.x = 1.0

    late = Late()
    assert tree.leaves(late) == [late]
    assert tree.register(Late) is Late
    assert tree.leaves(late) == [1.0]
    with pytest.raises(ValueError, match="Late is registered already"):
        tree.register(Late)
