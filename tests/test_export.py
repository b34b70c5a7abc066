"""Traces are strict JSON that keeps every number; Mermaid labels are escaped."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import demo

import autograd
from autograd import Graph, GraphError, Tensor, Value, steps
from autograd.export import to_json, to_mermaid


def refuse(text: str) -> Any:
    raise AssertionError(f"not strict JSON: {text}")


def read(text: str) -> Any:
    """As a strict parser reads it: no NaN, no Infinity, no name twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    assert text.isascii()
    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def numbers(x: Any) -> Any:
    """The numbers that a field of a trace stands for."""
    return None if x is None else np.array(x, dtype=float)


def same(field: Any, x: Any) -> bool:
    return field is None if x is None else np.array_equal(numbers(field), np.asarray(x, float), equal_nan=True)


def test_trace_of_the_demo() -> None:
    trace = read(to_json(steps(demo())))
    assert (trace["format"], trace["version"], trace["outputs"]) == ("stepgrad-trace", 1, [4])
    assert [node["name"] for node in trace["nodes"]] == ["x", "y", "q", "z", "f"]
    assert trace["gradients"] == [-4.0, -4.0, -4.0, 3.0, 1.0]
    q = trace["nodes"][2]
    assert (q["op"], q["operator"], q["inputs"], q["data"]) == ("add", "+", [0, 1], 3.0)
    assert (q["formula"], q["slopes"], q["grad"], q["dtype"]) == ("q = x + y", [1.0, 1.0], None, None)
    assert trace["steps"][-1]["formula"] == "∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4"
    assert [step["kind"] for step in trace["steps"]] == ["forward"] * 2 + ["seed"] + ["backward"] * 4


def test_every_number_of_a_timeline_is_there() -> None:
    w, x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="w"), Tensor([0.5, -0.25], label="x")
    timeline = steps((autograd.tanh(w @ x) * x).sum())
    trace = read(to_json(timeline))
    for node, field in zip(timeline.graph, trace["nodes"], strict=True):
        assert same(field["data"], node.data)
        assert (field["shape"], field["dtype"]) == (list(node.shape), "float64")
    for gradient, field in zip(timeline.gradients, trace["gradients"], strict=True):
        assert same(field, gradient)
    for step, field in zip(timeline, trace["steps"], strict=True):
        for name in ("upstream", "local", "contribution", "before", "after"):
            assert same(field[name], getattr(step, name))
        for name in ("kind", "node", "input", "target", "nth", "of", "formula", "latex", "sentence", "source"):
            assert field[name] == getattr(step, name)


def test_scopes_are_there() -> None:
    x = Value(2.0, "x")
    with autograd.tracing():
        with autograd.scope("a"):
            q = x * 2
            with autograd.scope("b "):
                r = q * x
        s = r + q
        with autograd.scope("a"):
            f = s * s
    trace = read(to_json(steps(f)))
    assert [node["scope"] for node in trace["nodes"]] == [[], ["a"], ["a", "b "], [], ["a"]]
    assert [step["scope"] for step in trace["steps"]][:5] == [["a"], ["a", "b "], [], ["a"], []]
    assert to_mermaid(Graph.of(f)).splitlines()[1:11] == [
        '  n0("x<br/>2<br/>∂ –")',
        '  subgraph s0["a"]',
        '    n1["q = x · 2<br/>4<br/>∂ –"]',
        '    subgraph s1["b "]',
        '      n2["r = q · x<br/>8<br/>∂ –"]',
        "    end",
        '    n4["f = s · s<br/>144<br/>∂ –"]',
        "  end",
        '  n3["s = r + q<br/>12<br/>∂ –"]',
        "  n0 --> n1",
    ]


def test_the_documentation_names_every_field() -> None:
    from autograd.export import trace as module

    trace = read(to_json(steps(demo())))
    for name in (*trace, *trace["nodes"][0], *trace["steps"][0]):
        assert re.search(rf"[`,\s]{name}[`,]", module.__doc__ or ""), name


def test_graph_alone_has_no_steps() -> None:
    x = Value(2.0, "x")
    trace = read(to_json(Graph.of(x * x, x + 1)))
    assert (trace["steps"], trace["gradients"], trace["outputs"]) == (None, None, [1, 2])
    assert trace["nodes"][2]["inputs"] == [0, {"constant": 1}]


def test_gradients_of_a_sweep_are_there() -> None:
    f = demo()
    f.backward()
    assert [node["grad"] for node in read(to_json(Graph.of(f)))["nodes"]] == [-4.0, -4.0, -4.0, 3.0, 1.0]


def test_not_finite() -> None:
    x = Tensor([math.nan, math.inf, -math.inf], label="x")
    trace = read(to_json(steps((x * 2).sum())))
    assert trace["nodes"][0]["data"] == ["NaN", "Infinity", "-Infinity"]
    assert trace["nodes"][2]["data"] == "NaN"
    assert [float(text) for text in ("Infinity", "-Infinity")] == [math.inf, -math.inf]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_kinds_of_numbers(dtype: str) -> None:
    x = Tensor([0.1, math.inf], label="x", dtype=dtype)
    node = read(to_json(Graph.of(x)))["nodes"][0]
    assert node["dtype"] == str(np.dtype(dtype))
    assert same(np.array(node["data"][0], dtype), x.data[0])


@given(st.floats(), st.floats())
def test_floats_read_back_the_same(x: float, y: float) -> None:
    trace = read(to_json(steps(Value(x, "x") * Value(y, "y"))))
    assert same([trace["nodes"][0]["data"], trace["nodes"][1]["data"]], [x, y])


def test_arguments_say_what_they_were() -> None:
    x = Tensor(np.arange(6.0).reshape(2, 3), label="x")
    where = autograd.where(np.array([[True, False, True]]), x, 0.0)
    parts = [x[:, 0], x[..., None], x[[0, 1], 1:], x.reshape(3, 2), x.sum(axis=(0, 1), keepdims=True), where]
    nodes = read(to_json(Graph.of(*parts)))["nodes"][1:]
    colon = {"slice": [None, None, None]}
    assert [node["params"] for node in nodes] == [
        {"index": {"tuple": [colon, 0]}},
        {"index": {"tuple": [{"ellipsis": True}, None]}},
        {"index": {"tuple": [{"array": [0, 1], "shape": [2], "dtype": "int64"}, {"slice": [1, None, None]}]}},
        {"shape": {"tuple": [3, 2]}},
        {"axis": {"tuple": [0, 1]}, "keepdims": True},
        {},
    ]
    assert nodes[-1]["inputs"][0] == {"constant": {"array": [[True, False, True]], "shape": [1, 3], "dtype": "bool"}}


def test_what_has_no_place_is_refused() -> None:
    op = autograd.elementwise("twice", lambda x, how: how(x), lambda y, x, how: 2, doc="doubles")
    try:
        f = op(Value(1.0, "x"), how=lambda x: 2 * x)
        with pytest.raises(GraphError, match="arguments of twice, got function"):
            to_json(Graph.of(f))
    finally:
        autograd.remove("twice")
    with pytest.raises(GraphError, match="expected a Timeline or a Graph, got Value"):
        to_json(f)


def test_one_line_for_every_node_and_step() -> None:
    timeline = steps(demo())
    lines = to_json(timeline).splitlines()
    assert sum(line.startswith(' {"index"') for line in lines) == len(timeline.graph)
    assert sum(line.startswith(' {"kind"') for line in lines) == len(timeline)


def test_long_graphs() -> None:
    x = f = Value(1.0, "x")
    for _ in range(3_000):
        f = f + x
    assert len(read(to_json(Graph.of(f)))["nodes"]) == 3_001
    assert to_mermaid(Graph.of(f)).count("-->") == 6_000


def test_mermaid_of_the_demo() -> None:
    f = demo()
    f.backward()
    assert to_mermaid(Graph.of(f)).splitlines() == [
        "flowchart LR",
        '  n0("x<br/>−2<br/>∂ −4")',
        '  n1("y<br/>5<br/>∂ −4")',
        '  n2["q = x + y<br/>3<br/>∂ −4"]',
        '  n3("z<br/>−4<br/>∂ 3")',
        '  n4["f = q · z<br/>−12<br/>∂ 1"]',
        "  n0 --> n2",
        "  n1 --> n2",
        "  n2 --> n4",
        "  n3 --> n4",
        "  style n4 stroke-width:3px",
    ]


@given(st.text(min_size=1))
def test_mermaid_labels_are_escaped(label: str) -> None:
    text = to_mermaid(Graph.of(Value(1.0, label) * Value(2.0, "x")))
    head, *lines = text.split("\n")
    assert head == "flowchart LR"
    assert len(lines) == 6
    shown = re.fullmatch(r'  n0\("([^"`<>{};%&]|#\d+;|<br/>)*"\)', lines[0])
    assert shown, lines[0]
