"""The text drawing shows every node once, in full, whatever the graph."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import demo

import autograd
from autograd import Graph, Tensor, Value
from viz.terminal.text import ABOVE, BELOW, MAX_DEPTH, draw_text, rows


def test_the_demo() -> None:
    f = demo()
    f.backward()
    assert draw_text(f).splitlines() == [
        "f = q · z     −12  ∂ 1",
        "├─ q = x + y    3  ∂ −4",
        "│  ├─ x        −2  ∂ −4",
        "│  └─ y         5  ∂ −4",
        "└─ z           −4  ∂ 3",
    ]


def test_before_a_sweep_there_is_no_gradient() -> None:
    assert re.findall("∂ (.*)", draw_text(demo())) == ["–"] * 5


def test_a_shared_node_is_shown_once() -> None:
    a = Value(3.0, "a")
    b = a + a
    b.label = "b"
    lines = draw_text(b * b).splitlines()
    assert lines[1:] == ["├─ b = a + a   6  ∂ –", "│  ├─ a        3  ∂ –", "│  └─ a (above)", "└─ b (above)"]


def test_arrays_and_leaves_without_gradient() -> None:
    w, x = Tensor([[1, 2], [3, 4]], label="W"), Tensor([1, 2], label="x", requires_grad=False)
    f = (w @ x).sum()
    f.backward()
    lines = draw_text(f).splitlines()
    assert lines[2].endswith("[[1, 2], [3, 4]]  ∂ [[1, 2], [1, 2]]")
    assert lines[3].endswith("[1, 2]")
    assert "array of 100×100" in draw_text(Tensor(np.zeros((100, 100))))


def test_a_wide_array_does_not_push_the_others_away() -> None:
    x = Tensor(np.linspace(0, 1, 6), label="x")
    assert "f = sum(x)  3  ∂ –" in draw_text(x.sum())


def test_several_outputs() -> None:
    x = Value(2.0, "x")
    f = x + 1
    lines = draw_text([f, f * x, x]).splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "f = x + 1",
        "└─ x",
        "q = f · x",
        "├─ f (above)",
        "└─ x (above)",
        "x (above)",
    ]


def test_deep_graphs_stay_within_sight() -> None:
    f = Value(1.0, "x")
    for _ in range(20_000):
        f = f + 1
    lines = draw_text(Graph.of(f, names={})).splitlines()
    assert len(lines) == 301
    assert re.fullmatch(r"… and 19,\d\d\d more nodes", lines[-1])
    assert max(map(len, lines)) < 3 * MAX_DEPTH + 40


def test_wide_graphs_are_cut() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(1_000)]
    f = xs[0]
    for x in xs[1:]:
        f = f * x
    lines = draw_text(Graph.of(f, names={}), max_rows=7).splitlines()
    assert len(lines) == 8
    with pytest.raises(ValueError, match="at least one row"):
        draw_text(f, max_rows=0)


def test_a_definition_is_one_line_without_control_characters() -> None:
    x = Value(1.0, "a\n\x1b[31mb")
    parts = autograd.stack([Tensor(float(i), label=f"part{i}") for i in range(50)])
    for line in (draw_text(x * 2) + "\n" + draw_text(parts)).splitlines():
        assert line.isprintable()
        assert len(line) < 120
    assert len(draw_text(x * 2).splitlines()) == 2


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs with repeats and shared nodes, of one output or more."""
    nodes = [Value(1.0, f"x{i}") for i in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, 40))):
        nodes.append(draw(st.sampled_from(nodes[-9:])) + draw(st.sampled_from(nodes[-9:])))
    outputs = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    return Graph.of(*outputs, names={})


@given(graphs())
def test_every_node_once_and_every_edge(graph: Graph) -> None:
    found = rows(graph, max_rows=10_000)
    full = [row.definition for row in found if not row.note]
    assert sorted(full) == sorted(map(graph.formula, graph))
    notes = {note: [row.definition for row in found if row.note == note] for note in (ABOVE, BELOW)}
    edges = sum(isinstance(x, int) for node in graph for x in node.inputs)
    roots = sum(not row.branch for row in found)
    assert len(found) == edges + roots
    for row in found:
        if row.note:
            where = next(
                i
                for i, other in enumerate(found)
                if other.definition.partition(" = ")[0] == row.definition and not other.note
            )
            assert (where < found.index(row)) == (row.note == ABOVE)
    assert set(notes[BELOW]) <= {name.partition(" = ")[0] for name in full}


@given(graphs(), st.integers(1, 30))
def test_a_cut_drawing_counts_what_is_missing(graph: Graph, max_rows: int) -> None:
    found = rows(graph, max_rows)
    whole = rows(graph, max_rows=10_000)
    if len(whole) <= max_rows:
        assert found == whole
    else:
        assert found[:-1] == whole[:max_rows]
        shown = sum(not row.note for row in found[:-1])
        left = len(graph) - shown
        assert found[-1].definition == ("…" if not left else f"… and {left} more node{'s' * (left > 1)}")
