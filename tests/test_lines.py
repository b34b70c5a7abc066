"""The line that made a node, read off the code around a snapshot: that which `tracing` knows, or none."""

from __future__ import annotations

import linecache
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Graph, Tensor, Value, steps

RUNS: dict[str, Any] = {"np": np, "autograd": autograd, "Graph": Graph, "Value": Value, "Tensor": Tensor}


def run(code: str, tmp_path: Path, name: str = "lesson.py") -> dict[str, Any]:
    """The variables of a program that is run from a file."""
    path = tmp_path / name
    path.write_text(code, encoding="utf-8")
    linecache.checkcache(str(path))
    variables = dict(RUNS)
    exec(compile(code, str(path), "exec"), variables)
    return variables


def lines(graph: Graph) -> dict[str, str | None]:
    return {node.name: node.source for node in graph if not node.is_leaf}


def test_what_a_variable_holds_has_the_line_that_assigned_it() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    graph = Graph.of(f)
    assert graph["q"].source is not None
    assert graph["q"].source.startswith("test_lines.py:")
    assert graph["q"].source.endswith("  q = x + y")
    assert [node.source for node in graph if node.is_leaf] == [None] * 3
    assert {step.source for step in steps(f) if step.kind == "forward"} == {graph["q"].source, graph["f"].source}


PROGRAM = """
x, y = {kind}(2.0), {kind}(3.0)
def go(out):
    return Graph.of(out)
{start}
    q = x + y * 2
    h: object = np.tanh(
        q - 1) * -y
    p = (q ** 2 / h).relu()
    f = h * q + autograd.maximum(x, p)
graph = go(f)
"""


@pytest.mark.parametrize("kind", ["Value", "Tensor"])
def test_the_lines_are_those_that_tracing_knows(kind: str, tmp_path: Path) -> None:
    traced = run(PROGRAM.format(kind=kind, start="with autograd.tracing():"), tmp_path)["graph"]
    found = run(PROGRAM.format(kind=kind, start="with np.errstate():"), tmp_path)["graph"]
    assert lines(found) == lines(traced)
    assert None not in lines(found).values()
    assert lines(pickle.loads(pickle.dumps(found))) == lines(found)


OPERANDS = st.sampled_from(["x", "y", "2.0", "a", "b"])
EXPRESSIONS = st.recursive(
    OPERANDS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("np.{}({})".format, st.sampled_from(["tanh", "exp", "arctan"]), inner),
        st.builds("(-{})".format, inner),
    ),
    max_leaves=6,
)


@given(
    assigned=st.lists(st.tuples(st.sampled_from("abcd"), EXPRESSIONS), min_size=1, max_size=6),
    start=st.sampled_from(["if True:", "for _ in range(2):", "with np.errstate(all='ignore'):"]),
)
def test_a_line_is_right_or_none(tmp_path_factory: Any, assigned: list[tuple[str, str]], start: str) -> None:
    body = "\n".join(f"    {name} = {expression}" for name, expression in assigned)
    head = "x, y, a, b = Value(1.0), Value(0.5), Value(0.25), Value(2.0)\n"
    tail = "\nouts = [v for v in (a, b, globals().get('c'), globals().get('d')) if isinstance(v, Value)]\n"
    tail += "graph = Graph.of(*outs)\n"
    folder = tmp_path_factory.mktemp("programs")
    plain = run(f"{head}{start}\n{body}{tail}", folder, "plain.py")["graph"]
    inside = f"{head}with autograd.tracing():\n  {start}\n{body.replace('    ', '     ')}{tail}"
    traced = run(inside, folder, "traced.py")["graph"]
    assert len(plain) == len(traced)
    for one, other in zip(plain, traced, strict=True):
        if one.source is not None:
            assert one.source.partition("  ")[2] == other.source.partition("  ")[2]


@pytest.mark.parametrize(
    "code",
    [
        "q = x + y\nq = x * y",
        "for _ in range(2):\n    q = x * y",
        "while True:\n    q = x * y\n    break",
        "if x.data:\n    q = x * y",
        "q, r = x * y, 1",
        "q = r = x * y",
        "q = x\nq *= y",
        "make = lambda a, b: a * b\nq = make(x, y)",
        "q = [x * y][0]",
        "q = x + y\nexec('q = x * y')",
        "q = 1\ndef change():\n    global q\n    q = x * y\nchange()",
        "def q(): pass\nq = x * y",
        "import math as q\nq = x * y",
        "q = x * y; graph = Graph.of(q)",
    ],
)
def test_where_it_is_in_doubt_there_is_none(code: str, tmp_path: Path) -> None:
    end = "graph = globals().get('graph') or Graph.of(q)"
    graph = run(f"x, y = Value(2.0), Value(3.0)\n{code}\n{end}", tmp_path)["graph"]
    assert lines(graph) == {"q": None}


def test_code_that_has_no_file_or_is_of_another_run_has_none(tmp_path: Path) -> None:
    variables = dict(RUNS)
    exec("x = Value(2.0)\nq = x * x\ngraph = Graph.of(q)", variables)
    assert lines(variables["graph"]) == {"q": None}
    before = "x = Value(2.0)\nq = x * x\n"
    path = tmp_path / "cell.py"
    path.write_text("graph = Graph.of(q)\nq = x * x\n")
    exec(before, variables)
    exec(compile(path.read_text(), str(path), "exec"), variables)
    assert lines(variables["graph"]) == {"q": None}, "that line has not run yet"


def test_the_lines_of_functions_are_their_own() -> None:
    def inner(a: Any) -> Graph:
        b = a * a
        c = b + (a - 1)
        return Graph.of(c)

    x = Value(2.0)
    assert [line and line.partition("  ")[2] for line in lines(inner(x)).values()] == [
        "b = a * a",
        "c = b + (a - 1)",
        "c = b + (a - 1)",
    ]


def test_the_line_of_a_node_made_by_other_operations_is_not_said() -> None:
    x = Value(2.0)
    y = (np.tanh(x) + other(x)) * 3
    found = lines(Graph.of(y))
    assert found.pop("y") is not None
    assert set(found.values()) == {None}


def other(x: Any) -> Any:
    return x * x


def test_what_a_function_only_handed_out_has_the_line_that_made_it(tmp_path: Path) -> None:
    code = "x = Value(2.0)\nkept = np.exp(x)\nexp = lambda x: kept\nf = exp(x) * 2\ngraph = Graph.of(f)"
    found = lines(run(code, tmp_path)["graph"])
    assert [line and line.partition("  ")[2] for line in found.values()] == ["kept = np.exp(x)", "f = exp(x) * 2"]
