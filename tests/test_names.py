"""Names without ceremony: the variable that holds a node, its label, or a letter; and the line that made it."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from typing import Any, NamedTuple

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
    deep, deeper = [[[[deepest]]]], [[[[[Value(3.0)]]]]]
    late = [*range(20_000), Value(4.0)]
    f = whole.w * deepest * deeper[0][0][0][0][0] * late[-1]  # type: ignore[attr-defined]
    given = {"whole": whole, "deep": deep, "deeper": deeper, "late": late}
    assert names(Graph.of(f, names=given))[:2] == ["whole.w", "deep[0][0][0][0]"]
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
    assert "y = x² = " in str(steps(y))
    assert autograd.explain(y).formula == "y = x²"
    assert names(Graph.of(y, names={"other": x, "result": y})) == ["other", "result"]


def test_nodes_of_one_label_are_told_apart() -> None:
    graph = Graph.of(Value(1.0, label="w") * Value(2.0, label="w") * Value(3.0, label="w_2"))
    assert len(set(names(graph))) == len(graph)
    assert names(graph)[0] == "w"


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
