"""steps: the timeline of a computation and of its backward pass, one edge at a time, with the numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from strategies import Program, broadcasting_programs, by_operator, programs, weighted_sum

import autograd
from autograd import Graph, GraphError, ShapeError, Step, Tensor, Value, explain, steps
from autograd.sweep.events import events, scalar_adjoints, scalar_events

LECTURE = """\
forward
  q = x + y = −2 + 5 = 3
  f = q · z = 3 · (−4) = −12
backward
  ∂f/∂f = 1
  ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4
  ∂f/∂z += ∂f/∂f · ∂f/∂z = 1 · 3 = 3
  ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4
  ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4"""


def lecture() -> Any:
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    return steps(f)


def test_what_is_computed_is_told_without_derivatives() -> None:
    asked = []

    def rule(y: Any, x: Any) -> Any:
        asked.append(x)
        return 2 * x

    twice = autograd.elementwise("twice", lambda x: 2 * x, rule, check=False, doc="doubles the input")
    try:
        timeline = steps(twice(Value(3.0, label="x")))
        asked.clear()
        assert timeline[0].formula.endswith(" = twice(x) = twice(3) = 6")
        assert "twice" in timeline[0].latex
        assert "twice(x)" in autograd.export.to_json(timeline.graph)
        assert asked == []
    finally:
        autograd.remove("twice")


def test_the_example_of_the_lecture() -> None:
    timeline = lecture()
    assert str(timeline) == LECTURE
    assert [step.kind for step in timeline] == ["forward"] * 2 + ["seed"] + ["backward"] * 4
    assert timeline.gradients == (-4, -4, -4, 3, 1)
    to_x = timeline[5]
    assert (to_x.node, to_x.input, to_x.target) == (2, 0, 0)
    assert (to_x.upstream, to_x.local, to_x.contribution, to_x.before, to_x.after) == (-4, 1, -4, 0, -4)
    assert (to_x.nth, to_x.of) == (1, 1)
    assert to_x.sentence == autograd.add.doc


def timelines(program: Program, kind: Any) -> Any:
    total = weighted_sum if kind is Tensor else lambda x: x
    return steps(program.result(by_operator, [kind(x if kind is Tensor else float(x)) for x in program.inputs], total))


def check(timeline: Any) -> None:
    """What holds in every timeline: order, the ledger, and sums that add up."""
    graph: Graph = timeline.graph
    kinds = [step.kind for step in timeline]
    assert kinds == sorted(kinds, key=["forward", "seed", "backward"].index)
    assert kinds.count("seed") == 1

    forward = [step for step in timeline if step.kind == "forward"]
    assert [step.node for step in forward] == [node.index for node in graph if not node.is_leaf]
    for step in forward:
        np.testing.assert_array_equal(step.after, graph[step.node].data)

    backward = [step for step in timeline if step.kind == "backward"]
    places = [(-step.node, step.input) for step in backward]
    assert places == sorted(places), "nodes from last to first, operands in order"
    assert len(set(places)) == len(places), "every edge once"

    adjoints: dict[int, Any] = {graph.outputs[0]: 1.0}
    received: dict[int, int] = {}
    for step in backward:
        assert graph[step.node].inputs[step.input] == step.target
        np.testing.assert_array_equal(step.upstream, adjoints[step.node], "what flows on is finished")
        np.testing.assert_array_equal(
            step.before, np.broadcast_to(adjoints.get(step.target, 0.0), np.shape(step.after))
        )
        np.testing.assert_array_equal(step.after, step.before + step.contribution)
        assert np.shape(step.after) == graph[step.target].shape
        if step.local is not None and graph[step.node].shape == graph[step.target].shape:
            np.testing.assert_array_equal(step.contribution, step.upstream * step.local)
        adjoints[step.target] = step.after
        received[step.target] = received.get(step.target, 0) + 1
        assert step.nth == received[step.target]
    for step in backward:
        assert step.of == received[step.target]
    for node, gradient in zip(graph, timeline.gradients, strict=True):
        np.testing.assert_array_equal(gradient, adjoints.get(node.index, gradient))


@given(programs())
def test_the_numbers_of_every_step_add_up(program: Program) -> None:
    timeline = timelines(program, Value)
    check(timeline)
    for step in timeline:
        if step.kind == "backward":
            assert step.contribution == step.upstream * step.local


@given(broadcasting_programs())
def test_the_numbers_of_every_step_add_up_for_tensors(program: Program) -> None:
    check(timelines(program, Tensor))


@given(programs())
def test_events_of_known_slopes_are_those_of_the_rules(program: Program) -> None:
    leaves = [Value(float(x), requires_grad=i != 1) for i, x in enumerate(program.inputs)]
    graph = Graph.of(program.result(by_operator, leaves))

    def operands(index: int) -> Any:
        return graph.data[index], [np.float64(x) for x in graph.inputs_of(index)]

    quick, by_rules = list[Any]([None] * (len(graph) - 1) + [1.0]), list[Any]([None] * (len(graph) - 1) + [1.0])
    alone = list(quick)
    known = list(scalar_events(graph.equations, quick, graph.slopes))
    scalar_adjoints(graph.equations, alone, graph.slopes)
    np.testing.assert_array_equal(np.array(alone, float), np.array(quick, float))
    ruled = list(events(graph.equations, operands, by_rules, graph.slopes))
    assert [event[:3] for event in known] == [event[:3] for event in ruled]
    for one, other in zip(known, ruled, strict=True):
        assert (one.before is None) == (other.before is None)
        numbers = [[x or 0.0 for x in event[3:]] for event in (one, other)]
        np.testing.assert_allclose(*numbers, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose([x or 0.0 for x in quick], [x or 0.0 for x in by_rules], rtol=1e-12, atol=1e-12)


@given(programs())
def test_every_step_has_its_texts(program: Program) -> None:
    timeline = timelines(program, Value)
    names = [node.name for node in timeline.graph]
    output = names[-1]
    for step in timeline:
        assert step.formula
        assert step.latex
        assert step.sentence
        assert "-" not in step.formula, "a minus is a minus sign"
        assert step.latex.count("{") == step.latex.count("}")
        if step.kind == "forward":
            assert step.formula.startswith(f"{names[step.node]} = ")
        if step.kind == "backward":
            start = f"∂{output}/∂{names[step.target]} += ∂{output}/∂{names[step.node]} · "
            assert step.formula.startswith(start)
            assert step.sentence == timeline.graph[step.node].op.doc


def test_a_node_used_twice_shows_its_ledger() -> None:
    a = Value(1.0)
    b = a + a
    c = b * b
    timeline = steps(c)
    ledger = [(step.before, step.contribution, step.after, step.nth, step.of) for step in timeline[-4:]]
    assert ledger == [(0, 2, 2, 1, 2), (2, 2, 4, 2, 2), (0, 4, 4, 1, 2), (4, 4, 8, 2, 2)]
    assert str(timeline).count("(2nd of 2: now ") == 2
    assert str(timeline).endswith("(2nd of 2: now 8)")


def test_a_timeline_is_a_sequence_of_frozen_steps() -> None:
    timeline = lecture()
    assert len(timeline) == len(list(timeline)) == 7
    assert timeline[-1] is timeline[6]
    assert timeline[1:3] == (timeline[1], timeline[2])
    assert isinstance(timeline[0], Step)
    with pytest.raises(AttributeError):
        timeline[0].after = 0


def test_a_leaf_alone_has_nothing_but_its_seed() -> None:
    timeline = steps(Value(3.0))
    assert [step.kind for step in timeline] == ["seed"]
    assert timeline.gradients == (1,)


def test_steps_touches_no_live_node() -> None:
    x, t = Value(3.0), Tensor([1.0, 2.0])
    y, z = x * x, (t * t).sum()
    steps(y)
    steps(z)
    assert [node.has_grad for node in (x, y, t, z)] == [False] * 4


def test_steps_of_a_graph_and_of_its_output_agree() -> None:
    x = Value(3.0)
    f = x * x + x
    assert str(steps(Graph.of(f))) == str(steps(f))


def test_constants_receive_nothing() -> None:
    w, x = Tensor([1.0, 2.0], label="w"), Tensor([3.0, 4.0], requires_grad=False, label="x")
    timeline = steps((w * x * 2.0 + [1.0, 1.0]).sum())
    targets = {timeline.graph[step.target].name for step in timeline if step.kind == "backward"}
    assert "w" in targets
    assert "x" not in targets
    assert timeline.gradients[timeline.graph["x"].index] is None


def test_a_closed_gate_passes_nothing_on() -> None:
    x = Value(0.0)
    with np.errstate(all="ignore"):
        y = autograd.where(x > 0, np.log(x), 2 * x)
    timeline = steps(y)
    assert timeline.gradients[timeline.graph["x"].index] == 2
    check(timeline)


def test_operations_that_mix_elements_have_no_single_slope() -> None:
    W, v = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([1.0, -1.0])  # noqa: N806
    timeline = steps(np.tanh(W @ v).sum())
    check(timeline)
    locals_ = {timeline.graph[step.node].op.name: step.local for step in timeline if step.kind == "backward"}
    assert locals_["matmul"] is None
    assert locals_["sum"] is None
    assert np.shape(locals_["tanh"]) == (2,)


def test_only_one_output_with_one_number_can_be_stepped() -> None:
    t = Tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"one number, got shape \(2,\): use \.sum\(\) or \.mean\(\)"):
        steps(t * 2)
    x = Value(1.0)
    with pytest.raises(GraphError, match="expected one output, got 2"):
        steps(Graph.of(x * 2, x * 3))


def test_steps_carry_the_line_that_made_the_node() -> None:
    with autograd.tracing():
        x = Value(2.0)
        y = x * x  # the line
    sources = [step.source for step in steps(y) if step.kind != "seed"]
    assert len(set(sources)) == 1
    assert sources[0].endswith("y = x * x  # the line")


LISTS: dict[str, Callable[[list[Any]], Any]] = {
    "sum_of": autograd.sum_of,
    "sum_of_products": lambda xs: autograd.sum_of_products(xs, xs),
    "stack": autograd.stack,
    "concatenate": lambda xs: autograd.concatenate([x.reshape(1) for x in xs]),
    "the same everywhere": lambda xs: autograd.stack(xs[:1] * len(xs)),
}
READINGS: dict[str, Callable[[Any], Any]] = {
    "formulas": lambda f: str(steps(summed(f))),
    "slopes": lambda f: [step.local for step in steps(summed(f))],
    "explain": explain,
}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("function", LISTS)
def test_twice_as_long_a_list_is_twice_the_work(function: str, reading: str) -> None:
    short, long = (LISTS[function]([Tensor(1.0) for _ in range(n)]) for n in (60, 120))
    assert lines_run(READINGS[reading], long) < 2.3 * lines_run(READINGS[reading], short)


@pytest.mark.parametrize("reading", READINGS)
def test_twice_as_long_a_list_of_values_is_twice_the_work(reading: str) -> None:
    short, long = (autograd.sum_of([Value(1.0) for _ in range(n)]) for n in (60, 120))
    assert lines_run(READINGS[reading], long) < 2.3 * lines_run(READINGS[reading], short)


def summed(f: Any) -> Any:
    return f.sum() if isinstance(f, Tensor) else f


def lines_run(function: Callable[[Any], Any], argument: Any) -> int:
    """How many lines of Python a call runs."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(argument)
    finally:
        sys.settrace(before)
    return count


def test_gradients_of_matrix_products_are_written_as_on_paper() -> None:
    def rules(a: Any, b: Any) -> list[str]:
        h = Tensor(a, label="a") @ Tensor(b, label="b")
        h.label = "h"
        paid = [step for step in steps((h * h).sum()) if step.kind == "backward" and step.target in (0, 1)]
        return [step.formula.split(" += ")[1].split(" = ")[0] for step in paid]

    matrix, vector = [[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]
    assert rules(matrix, vector) == ["∂f/∂h ⊗ b", "aᵀ @ ∂f/∂h"]
    assert rules(vector, matrix) == ["b @ ∂f/∂h", "a ⊗ ∂f/∂h"]
    assert rules(matrix, matrix) == ["∂f/∂h @ bᵀ", "aᵀ @ ∂f/∂h"]
