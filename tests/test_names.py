"""Names without ceremony: the variable that holds a node, its label, or a letter; and the line that made it."""

from __future__ import annotations

import collections
import copy
import functools
import inspect
import itertools
import sys
import threading
import types
import weakref
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Program, by_operator, programs

import autograd
from autograd import Graph, Tensor, Value, steps

bias = Value(0.5)  # a variable of the module


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph]


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_variables_of_the_caller_name_the_nodes(kind: Any) -> None:
    x, y, z = kind(1.0), kind(2.0), kind(3.0)
    q = x + y
    loss = q * z
    graph = Graph.of(loss)
    assert names(graph) == ["x", "y", "q", "z", "loss"]
    assert [node.label for node in graph] == ["x", "y", "q", "z", "loss"]
    assert q.label is None, "the live node is left alone"


def test_nodes_without_a_variable_get_letters_and_the_output_is_f() -> None:
    a, b = Value(1.0), Value(2.0)
    graph = Graph.of((a + b) * (a - b))
    assert names(graph) == ["a", "b", "q", "r", "f"]
    assert [node.label for node in graph] == ["a", "b", None, None, None]


def test_a_letter_that_is_a_variable_is_skipped() -> None:
    q, f = Value(1.0), Value(2.0)
    graph = Graph.of((q + f) * (q - f))
    assert len(set(names(graph))) == 5
    assert names(graph)[:2] == ["q", "f"]


def test_an_explicit_label_wins() -> None:
    x = Value(1.0, label="input")
    y = x * 2
    y.label = "twice"
    assert names(Graph.of(y)) == ["input", "twice"]


def test_elements_of_lists_and_arrays_are_named_by_their_places() -> None:
    w = [Value(1.0), Value(2.0)]
    rows = [[Value(3.0)], [Value(4.0)]]
    grid = np.array([[Value(5.0), Value(6.0)]], dtype=object)
    pair = (Value(7.0), 1.0)
    total = w[0] + w[1] + rows[1][0] + grid[0, 1] + pair[0]
    assert {"w[0]", "w[1]", "rows[1][0]", "grid[0, 1]", "pair[0]", "total"} <= set(names(Graph.of(total)))


def test_fields_and_attributes_are_named_as_they_are_written() -> None:
    class Point(NamedTuple):
        x: Any
        y: Any

    @dataclass
    class Line:
        start: Any

    class Neuron:
        pass

    point, line, neuron = Point(Value(1.0), {"k": [Value(2.0)]}), Line(Value(3.0)), Neuron()
    neuron.w = [Value(4.0)]  # type: ignore[attr-defined]
    line.extra = neuron.single = np.array(Value(5.0), dtype=object)  # type: ignore[attr-defined]
    total = point.x + point.y["k"][0] + line.start + neuron.w[0] + line.extra[()]  # type: ignore[attr-defined]
    assert {"point.x", "point.y['k'][0]", "line.start", "neuron.w[0]", "line.extra[()]"} <= set(names(Graph.of(total)))


def test_the_search_for_a_name_ends() -> None:
    class Part:
        pass

    child, x, deepest = Part(), [Value(1.0)], Value(2.0)
    child.parent = whole = Part()  # type: ignore[attr-defined]
    whole.child, whole.w = child, x[0]  # type: ignore[attr-defined]
    deep, deeper = [[[[[[deepest]]]]]], [[[[[[[Value(3.0)]]]]]]]
    late = [*range(20_000), Value(4.0)]
    f = whole.w * deepest * deeper[0][0][0][0][0][0][0] * late[-1]  # type: ignore[attr-defined]
    given = {"whole": whole, "deep": deep, "deeper": deeper, "late": late}
    assert names(Graph.of(f, names=given))[:2] == ["whole.w", "deep[0][0][0][0][0][0]"]
    assert not any("deeper" in name or "late" in name for name in names(Graph.of(f, names=given)))


def test_a_variable_of_its_own_is_better_than_a_place_in_a_list() -> None:
    first = Value(1.0)
    everything = [first, Value(2.0)]
    assert names(Graph.of(first * everything[1]))[:2] == ["first", "everything[1]"]


def test_variables_of_the_module_count_and_local_ones_come_first() -> None:
    x = Value(1.0)
    assert names(Graph.of(x * bias))[:2] == ["x", "bias"]
    local = bias
    assert names(Graph.of(x * local))[:2] == ["x", "local"]


def test_the_names_are_those_of_the_function_that_asks() -> None:
    def neuron(inputs: Value, weight: Value) -> Value:
        product = inputs * weight
        return product + 1

    x, w = Value(1.0), Value(2.0)
    out = neuron(x, w)
    graph = Graph.of(out)
    assert {"x", "w", "out"} <= set(names(graph))
    assert "product" not in names(graph)


def test_every_way_of_asking_finds_the_names() -> None:
    x = Value(2.0)
    y = x * x
    assert "y = x · x = " in str(steps(y))
    assert autograd.explain(y).formula == "y = x · x"
    assert names(Graph.of(y, names={"other": x, "result": y})) == ["other", "result"]


def test_variables_are_not_read_where_their_names_are_not_needed() -> None:
    """To read them would bring what `locals()` gave up to date, before Python 3.13."""
    x, rate = Value(2.0), 0.1
    taken = locals()
    rate = 0.2
    assert float(x) + rate == 2.2
    assert names(Graph.of(x * x, names={"x": x})) == ["x", "f"]
    assert taken["rate"] == 0.1


def test_nodes_of_one_label_are_told_apart() -> None:
    graph = Graph.of(Value(1.0, label="w") * Value(2.0, label="w") * Value(3.0, label="w_2"))
    assert len(set(names(graph))) == len(graph)
    assert names(graph)[:2] == ["w", "w_3"]
    assert graph["w_2"].label == "w_2"


def test_private_variables_and_those_of_test_runners_are_passed_over() -> None:
    _hidden = Value(1.0)
    shown = _hidden * 2
    assert names(Graph.of(shown)) == ["x1", "shown"]


@given(
    program=programs(most=15), labels=st.lists(st.sampled_from(["f", "q", "v1", "x1", "w", "w_2", None]), max_size=20)
)
def test_every_node_has_a_name_and_no_other_has_it(program: Program, labels: list[str | None]) -> None:
    registers = program.run(by_operator, [Value(float(x)) for x in program.inputs])
    for register, label in zip(registers, labels, strict=False):
        register.label = label
    graph = Graph.of(registers[-1], names={})
    assert all(names(graph))
    assert len(set(names(graph))) == len(graph)
    assert all(graph[node.name] is node for node in graph)
    labelled = {register.label for register in registers} - {None}
    assert {node.label for node in graph} - {None} <= labelled


@given(
    program=programs(most=15),
    held=st.dictionaries(st.sampled_from(["f", "q", "r", "v1", "x1", "w"]), st.lists(st.integers(0, 30), max_size=3)),
    labels=st.lists(st.sampled_from(["s", "s", "s_2", "q[0]", "f.out", "a + b", None]), max_size=20),
)
def test_a_name_that_a_person_gave_is_kept_and_never_continued(
    program: Program, held: dict[str, list[int]], labels: list[str | None]
) -> None:
    registers = program.run(by_operator, [Value(float(x)) for x in program.inputs])
    for register, label in zip(registers, labels, strict=False):
        register.label = label
    given = {name: [registers[i % len(registers)] for i in places] for name, places in held.items()}
    graph = Graph.of(registers[-1], names=given)
    mine = {node.label for node in graph if node.label} | {name for name, nodes in given.items() if nodes}
    for label in {node.label for node in graph if node.label}:
        assert graph[label].label == label
    for node in graph:
        if node.label is None:
            starts = [node.name.startswith((f"{name}[", f"{name}.")) or node.name == name for name in mine]
            assert not any(starts), node.name
            assert not any(name.startswith((f"{node.name}[", f"{node.name}.")) for name in mine), node.name


def test_many_nodes_are_numbered() -> None:
    x = Value(1.0)
    y = x
    for _ in range(20):
        y = y * 2.0
    graph = Graph.of(y, names={"x": x})
    assert names(graph) == ["x", *(f"v{i}" for i in range(1, 20)), "f"]


def test_a_name_is_not_looked_for_in_nodes_graphs_and_operations() -> None:
    class Weight(Value):
        pass

    x, owner = Value(1.0), Weight(2.0)
    owner.part = x  # type: ignore[attr-defined]
    graph = Graph.of(x * owner)
    given = {"graph": graph, "timeline": steps(graph), "op": autograd.mul, "owner": owner}
    assert names(Graph.of(x * owner, names=given)) == ["x1", "owner", "f"]


# The line that made a node.


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_label_leaves_the_line_alone_and_both_are_copied(kind: Any) -> None:
    x = kind(2.0)
    with autograd.tracing():
        y = x * x
    line = y.source
    y.label = "square"
    twin = copy.deepcopy(y)
    assert line is not None
    assert [(node.label, node.source) for node in (y, twin)] == [("square", line)] * 2
    y.label = None
    assert (y.label, y.source) == (None, line)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_inside_tracing_every_node_knows_its_line(kind: Any) -> None:
    x = kind(2.0)
    with autograd.tracing():
        y = x * x + 1; line = inspect.currentframe().f_lineno  # fmt: skip  # noqa: E702
        z = np.tanh(
            y,
        )
        w = z.relu()
    assert y.source.startswith(f"test_names.py:{line}  y = x * x + 1")
    assert y.inputs[0].source == y.source
    assert z.source.startswith("test_names.py:")
    assert w.source.endswith("  w = z.relu()")
    assert (x * x).source is None
    assert Graph.of(w)["w"].source == w.source


def test_the_line_is_the_persons_own_where_a_function_of_ours_made_the_nodes() -> None:
    scores = [Value(1.0), Value(2.0)]
    with autograd.tracing():
        first, _ = autograd.softmax(scores)
        t = autograd.logsumexp(Tensor([1.0, 2.0]))
    for node in autograd.node.topological([first]):
        if node.op is not None:
            assert node.source.endswith("first, _ = autograd.softmax(scores)")
    assert t.source.endswith("t = autograd.logsumexp(Tensor([1.0, 2.0]))")


def test_a_line_without_a_file_is_no_obstacle() -> None:
    variables: dict[str, Any] = {"autograd": autograd}
    exec("with autograd.tracing():\n    y = autograd.Value(2.0) * 3", variables)
    assert variables["y"].source.startswith("<string>:2")


X = Value(7.0)


def test_a_variable_of_a_function_counts_before_a_global_one_of_the_same_name() -> None:
    X = Value(2.0)  # noqa: N806 - hides the global one
    w = Value(3.0)
    assert repr(Graph.of(X * w)) == "Graph(X, w, f = X · w)"


# What a variable holds is looked at, and none of its code runs.


class ForbiddenError(Exception):
    pass


def refuse(*args: Any, **kwargs: Any) -> Any:
    raise ForbiddenError


SPECIAL = [
    *("__repr__", "__str__", "__hash__", "__eq__", "__bool__", "__len__", "__iter__", "__next__", "__getitem__"),
    *("__contains__", "__getattr__", "__getattribute__", "__format__", "__array__", "__dir__", "__index__", "__call__"),
    *("items", "keys", "values", "view", "copy", "__reduce_ex__", "__sizeof__", "__instancecheck__", "__get__"),
]
PROPERTIES = ["__class__", "__dict__", "_fields", "__dataclass_fields__", "shape", "dtype", "flat", "v", "op"]


class Refusing(type):
    """A class that answers nothing about itself."""

    __getattribute__ = __hash__ = __eq__ = __repr__ = __instancecheck__ = __subclasscheck__ = refuse  # type: ignore[assignment]


def closed(*bases: Any, metaclass: Any = type, **more: Any) -> Any:
    """A class whose objects answer nothing."""
    body = dict.fromkeys(SPECIAL, refuse) | dict.fromkeys(PROPERTIES, property(refuse)) | more
    cls = metaclass("Closed", bases, body)
    type.__setattr__(cls, "__slots__", property(refuse))
    return cls


def empty(cls: Any) -> Any:
    base = next(base for base in (list, dict, tuple, np.ndarray, object) if issubclass(cls, base))
    return base.__new__(cls, *([(0,)] if base is np.ndarray else []))


def lazy(value: Any) -> Any:
    """A proxy, as frameworks have: it passes on everything, its class too."""

    class Proxy:
        __slots__ = ()
        __class__ = property(lambda self: type(value))  # type: ignore[assignment]
        __dict__ = property(lambda self: vars(value))  # type: ignore[assignment]

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("working outside of application context")

    return Proxy()


def endless() -> Any:
    class Endless:
        def __getattr__(self, name: str) -> Any:
            return Endless()

        def __iter__(self) -> Any:
            return iter(Endless, None)

        def __getitem__(self, key: Any) -> Any:
            return Endless()

    return Endless()


def holding_itself() -> Any:
    whole: list[Any] = []
    whole += [whole, {"again": whole}]
    return whole


class Unset:
    __slots__ = ("a", "b")


STRANGE: list[Any] = [
    *(empty(closed(base)) for base in (object, list, dict, tuple, np.ndarray)),
    *(empty(closed(object, metaclass=Refusing)), closed(object, metaclass=Refusing)),
    *(lazy(Value(1.0)), endless(), holding_itself(), Unset(), mock.MagicMock(), mock.MagicMock(spec=Value(1.0))),
    *(
        mock.create_autospec(Tensor, instance=True),
        weakref.ref(Graph),
        weakref.proxy(Graph.of(bias)),
        np,
        Value,
        iter([bias]),
    ),
    *({closed(object, __hash__=lambda self: 1)(): bias}, {10**5000: bias}, {"x" * 10**6: bias}, {1j: [bias]}),
    *(np.zeros((0, 3)), np.ma.masked_array([1.0]), types.SimpleNamespace(), {"": {}}),
    *(types.MappingProxyType({}), collections.ChainMap({}), collections.deque([1]), functools.partial(refuse)),
]


@pytest.mark.parametrize("which", range(len(STRANGE)))
def test_nothing_in_a_variable_stops_the_search_or_is_run(which: int) -> None:
    strange = STRANGE[which]
    x = Value(2.0)
    held = [strange, [strange]]
    found = {"x": x}
    y = x * found["x"] * bias
    assert names(Graph.of(y)) == ["x", "q", "bias", "y"]
    assert autograd.explain(y).formula == "y = q · bias"
    assert "y = " in str(steps(y))
    assert str(Graph.of(y, names={"strange": strange, "held": held, "w": [x]})[0].name) == "w[0]"
    hidden = Value(3.0)
    box = types.SimpleNamespace(strange=strange, held=held)
    box.deep = {"w": hidden}
    del held
    assert Graph.of(hidden * y, names={"box": box})[0].name == "box.deep['w']"
    del box


def test_looking_calls_no_property_and_finds_what_is_stored() -> None:
    asked: list[str] = []

    class Base:
        __slots__ = ("w",)

        @property
        def loss(self) -> Any:
            asked.append("loss")
            return bias

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

    class Own(Base):
        def __getattribute__(self, name: str) -> Any:
            asked.append(name)
            return object.__getattribute__(self, name)

    class Point(NamedTuple):
        x: Any

    class Shown(dict[str, Any]):
        def items(self) -> Any:
            asked.append("items")
            return super().items()

    own, entries, point = Own(), Shown(w=Value(3.0)), Point(Value(4.0))
    own.w, own.b = Value(1.0), Value(2.0)
    entries.extra = Value(5.0)  # type: ignore[attr-defined]
    leaves = [own.w, own.b, entries["w"], entries.extra, point.x]  # type: ignore[attr-defined]
    asked.clear()
    graph = Graph.of(autograd.sum_of(leaves), names={"own": own, "entries": entries, "point": point})
    assert names(graph)[:5] == ["own.w", "own.b", "entries['w']", "entries.extra", "point.x"]
    assert not asked


def test_the_shortest_path_names_a_node() -> None:
    class Part:
        def __init__(self) -> None:
            self.me = self

    o = Part()
    o.first = Part()  # type: ignore[attr-defined]
    o.first.v = o.v = Value(1.0)  # type: ignore[attr-defined]
    assert names(Graph.of(o.v * 2))[0] == "o.v"  # type: ignore[attr-defined]
    nested = [[[Value(2.0)]]]
    nested.append(nested[0][0])  # type: ignore[arg-type]
    assert names(Graph.of(nested[1][0] * 2, names={"nested": nested}))[0] == "nested[1][0]"  # type: ignore[operator]


@given(tree=st.recursive(st.just(None), lambda inner: st.lists(inner, max_size=4), max_leaves=12), data=st.data())
def test_a_found_path_leads_to_the_node_and_none_is_shorter(tree: Any, data: st.DataObject) -> None:
    x = Value(1.0)
    places = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=8))
    part = tree = [] if tree is None else tree
    for place in places[:-1]:
        if len(part) <= place or part[place] is None:
            part.append([])
            place = -1
        part = part[place]
    part.append(x)
    (first, *_) = names(Graph.of(x * 2, names={"tree": tree}))
    level, depth = [tree], 0
    while not any(each is x for each in level):
        level, depth = [inner for each in level if isinstance(each, list) for inner in each], depth + 1
    if depth <= 6:
        assert eval(first) is x
        assert first.count("[") == depth
    else:
        assert first == "x1"


def test_what_is_large_or_shared_is_looked_at_for_a_while_and_once() -> None:
    x = Value(1.0)
    rows = [[0.0] * 1000 for _ in range(1000)]
    given: dict[str, Any] = {f"v{i}": [rows] * 1000 for i in range(1000)}
    read = 0
    real = autograd.graph.holdings.Holdings.among

    def counted(self: Any, pairs: Any, *rest: Any) -> Any:
        nonlocal read
        read += len(pairs)
        return real(self, pairs, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograd.graph.holdings.Holdings, "among", counted)
        graph = Graph.of(x * 2, names=given)
    assert names(graph)[0] == "x1"
    assert read <= autograd.graph.names.ALL + autograd.graph.names.MOST


class ManySlots:
    __slots__ = tuple(f"slot{i}" for i in range(1000))


def test_slots_that_are_not_set_and_the_places_of_a_large_array_are_looked_at_for_a_while_too() -> None:
    look = autograd.graph.holdings.Holdings(2500)
    parts = [ManySlots() for _ in range(5)]
    for part in parts:
        part.slot0 = []  # type: ignore[attr-defined]
    assert [len(list(look(part))) for part in parts if look.left > 0] == [1, 1, 1]
    asked: list[tuple[int, ...]] = []

    def places(shape: tuple[int, ...]) -> Any:
        asked.append(shape)
        return real(shape)

    real = np.ndindex
    array = np.empty((3, 4000), dtype=object)
    array[0, 5] = array[1, 7] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "ndindex", places)
        for most, seen in ((10, ["[0, 5]"]), (5000, ["[0, 5]", "[1, 7]"])):
            assert [str(key) for key, _ in autograd.graph.holdings.Holdings(most)(array)] == seen
    assert asked == [(3, 10), (3, 4000)]


def test_variables_that_another_thread_changes_are_no_obstacle() -> None:
    x = Value(1.0)
    shared: dict[Any, Any] = dict.fromkeys(range(2000))
    going = True

    def change() -> None:
        for i in itertools.count():
            if not going:
                return
            shared[f"k{i % 500}"] = [x]
            shared.pop(f"k{(i + 250) % 500}", None)

    thread = threading.Thread(target=change)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(300):
            Graph.of(x * 2, names={"shared": shared, "x": x})
    finally:
        going = False
        thread.join()
        sys.setswitchinterval(before)


def test_variables_may_have_any_names_and_be_kept_anywhere() -> None:
    code = "g = Graph.of(Value(3.0) * v)"

    class Kept(dict[Any, Any]):
        def __missing__(self, key: Any) -> Any:
            raise KeyError(key)

        items = keys = values = refuse  # type: ignore[assignment]

    class Elsewhere:
        def __init__(self) -> None:
            self.kept: dict[str, Any] = {}

        def __getitem__(self, key: str) -> Any:
            return self.kept[key]

        def __setitem__(self, key: str, value: Any) -> None:
            self.kept[key] = value

    v = Value(2.0)
    known: dict[Any, Any] = {"Graph": Graph, "Value": Value, "v": v, 1: v, ("a",): v}
    for variables in (Kept(), Elsewhere(), dict(known)):
        exec(code, dict(known), variables)  # type: ignore[arg-type]
        assert "v" in names(variables["g"])


def test_a_variable_named_as_the_shell_of_a_notebook_is_left_alone() -> None:
    variables: dict[str, Any] = {"autograd": autograd, "get_ipython": refuse}
    exec("with autograd.tracing():\n    y = autograd.Value(2.0) * 3", variables)
    assert variables["y"].source.startswith("<string>:2")


def test_the_shortest_path_counts_whichever_variable_is_first() -> None:
    class Shell:
        """As IPython has one in the variables of a notebook: it holds them all."""

        def __init__(self, variables: dict[str, Any]) -> None:
            self._user_ns = variables

    w = [Value(1.0), Value(2.0)]
    d = {"a": Value(3.0)}
    variables: dict[str, Any] = {"every": {}, "w": w, "d": d}
    variables["every"].update(variables)
    variables = {"exit": Shell(variables), **variables}
    y = w[0] * w[1] + d["a"]
    assert [node.name for node in Graph.of(y, names=variables) if node.is_leaf] == ["w[0]", "w[1]", "d['a']"]


# Helpers, and the code around them.


def picture_of(out: Any) -> Graph:
    return Graph.of(out)


def picture_through(result: Any, part: Any = None) -> Graph:
    return picture_of(result)


def test_a_helper_does_not_rename_what_it_is_given() -> None:
    x = Value(2.0)
    loss = x * x
    outputs = [loss * 2, loss * 3]
    assert names(picture_of(loss)) == ["x", "loss"]
    assert names(picture_through(loss)) == ["x", "loss"]
    assert names(picture_through(outputs[1])) == ["x", "loss", "outputs[1]"]
    assert names(picture_of(loss * 4)) == ["x", "loss", "out"], "nobody else has a name for it"


def test_what_a_helper_calls_otherwise_keeps_both_names_apart() -> None:
    def drawn(x: Any) -> Graph:
        return Graph.of(x)

    x = Value(2.0)
    assert names(drawn(x * x)) == ["x", "x_2"]
    loss = x * 3
    assert names(drawn(loss)) == ["x", "loss"]


def test_a_variable_at_hand_is_better_than_a_long_way_from_the_code_around() -> None:
    def inside(model: Any) -> Graph:
        w = model[0]
        return Graph.of(w * model[1])

    trainer = {"parts": {"model": [Value(1.0), Value(2.0)]}}
    assert names(inside(trainer["parts"]["model"])) == ["w", "model[1]", "f"]


def test_what_a_loop_leaves_in_its_variable_stays_an_element_of_what_it_went_through() -> None:
    class Neuron:
        def __init__(self) -> None:
            self.w, self.b = [Value(1.0), Value(2.0)], Value(0.5)

        def parameters(self) -> list[Value]:
            return [*self.w, self.b]

    xs = [Value(1.0), Value(2.0), Value(3.0)]
    total: Any = 0.0
    for x in xs:
        total = total + x * x
    assert names(Graph.of(total))[:4:3] == ["xs[0]", "xs[1]"]
    assert names(Graph.of(total))[6] == "xs[2]"
    neuron = Neuron()
    out = neuron.w[0] * neuron.w[1] + neuron.b
    for p in neuron.parameters():
        p.grad = 0.0
    assert {"neuron.w[0]", "neuron.w[1]", "neuron.b"} < set(names(Graph.of(out)))


def test_what_loops_leave_of_larger_things_stays_where_it_was() -> None:
    layer = [SimpleNamespace(w=[Value(0.5), Value(0.6)], b=Value(0.1)) for _ in range(3)]
    outs = [n.w[0] * 1.0 + n.w[1] * 2.0 + n.b for n in layer]
    for n in layer:
        for p in (*n.w, n.b):
            p.grad = 0.0
    found = names(Graph.of(outs[0] * outs[1] * outs[2]))
    assert {f"layer[{k}].{part}" for k in range(3) for part in ("w[0]", "w[1]", "b")} < set(found)
    by_name = {"a": Value(1.0), "b": Value(2.0)}
    for v in by_name.values():
        v.grad = 0.0
    assert names(Graph.of(by_name["a"] * by_name["b"])) == ["by_name['a']", "by_name['b']", "f"]
    first, second = layer[:2]
    assert {"first.b", "second.b"} < set(names(Graph.of(first.b * second.b)))


def test_the_last_of_a_list_of_results_keeps_its_name() -> None:
    losses = []
    w = Value(1.0)
    for k in range(3):
        loss = w * float(k)
        losses.append(loss)
    assert names(Graph.of(loss)) == ["w", "loss"]


def test_a_name_that_is_taken_out_of_a_container_stays() -> None:
    ws = [Value(1.0), Value(2.0)]
    a, b = ws
    total: Any = 0.0
    for w in ws:
        total = total + w * (a + b)
    assert {"a", "b"} < set(names(Graph.of(total)))
    bias = Value(1.0)
    everything = [a, bias, f := a * bias]
    assert names(Graph.of(f)) == ["a", "bias", "f"]
    assert len(everything) == 3
