"""Inside tracing, conditions are in the graph: where chooses anew in a replay, a branch that would flip is refused."""

from __future__ import annotations

import contextlib
import heapq
import math
import operator
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import Program, arrays, by_function, numbers, programs

import autograd
from autograd import Graph, GraphError, Tensor, Value, gradients, no_grad, steps, tracing, where

each_kind = pytest.mark.parametrize("kind", [Value, Tensor])


@given(program=programs(), scale=st.sampled_from([1.0, -1.0, 0.5, -0.25]))
def test_a_program_with_choices_replays_on_other_numbers(program: Program, scale: float) -> None:
    with tracing():
        leaves = [Value(float(x), f"x{i}") for i, x in enumerate(program.inputs)]
        graph = Graph.of(program.result(by_function, leaves))
    new = {leaf.label: leaf.data * scale for leaf in leaves if any(node.name == leaf.label for node in graph)}
    with np.errstate(all="ignore"):
        again = graph.replay(new)
        fresh = program.result(by_function, [Value(leaf.data * scale) for leaf in leaves])
    got, expected = again[again.outputs[0]].data, float(fresh)
    assert got == expected or (np.isnan(got) and np.isnan(expected))


def absolute(x: Any) -> Any:
    return x * 3 if x > 0 else -x


def countdown(x: Any) -> Any:
    y = x * 1.0
    while y > 1:
        y = y * 0.5
    return y


def largest(x: Any) -> Any:
    return max(x * 2, x * x, 1.0 - x)


@each_kind
@pytest.mark.parametrize("function", [absolute, countdown, largest])
@given(x=numbers(-4, 4), new=numbers(-4, 4))
def test_a_replay_is_right_or_refused(kind: Any, function: Callable[[Any], Any], x: float, new: float) -> None:
    with tracing():
        graph = Graph.of(function(kind(x, label="x")))
    with contextlib.suppress(GraphError):  # refused
        again = graph.replay({"x": new})
        assert float(again[again.outputs[0]].data) == float(function(kind(new)).data)
    assert float(graph.replay({"x": x})[graph.outputs[0]].data) == float(function(kind(x)).data)


def test_the_guard_of_a_branch_is_in_the_graph_and_refuses_the_other_side() -> None:
    with tracing():
        y = absolute(Value(2.0, "x"))
    graph = Graph.of(y)
    ((index, outcome, source),) = graph.guards
    assert (graph.formula(graph[index]), outcome) == ("q = [x > 0]", True)
    assert source is not None
    assert "return x * 3 if x > 0 else -x" in source
    assert graph.replay({"x": 5.0})[graph.outputs[0]].data == 15
    with pytest.raises(GraphError, match=r"q = \[x > 0\] came out True, and is False for these values"):
        graph.replay({"x": -1.0})
    assert [step.formula for step in steps(graph)][-1] == "∂y/∂x += ∂y/∂y · ∂y/∂x = 1 · 3 = 3"


@each_kind
def test_a_comparison_is_a_node_inside_tracing_alone(kind: Any) -> None:
    x = kind(2.0)
    with tracing():
        c = (x > 1) & ~(x > 3) | (x < 0)
        assert (c.op, bool(c.data), c.requires_grad) == (autograd.table["bitwise_or"], True, False)
        y = where(c, x * x, -x)
    y.backward()
    assert (float(x.grad), c.has_grad) == (4.0, False)
    assert float(gradients(gradients(y, x, create_graph=True), x)) == 2.0
    assert not isinstance(x > 1, kind)
    with tracing(), no_grad():
        assert not isinstance(x > 1, kind)


def test_conditions_of_arrays_replay() -> None:
    t = Tensor([1.0, -2.0, 3.0], label="t")
    with tracing():
        mask = (t > 0) * 1.0  # computed from a condition, it is recorded too
        y = (where(t > 2, t * t, 0.0) + mask * t).sum()
    graph = Graph.of(y)
    new = np.array([4.0, 0.5, -1.0])
    expected = np.where(new > 2, new * new, 0.0) + (new > 0) * new
    assert_close(graph.replay({"t": new})[graph.outputs[0]].data, expected.sum())
    y.backward()
    assert_close(t.grad, [1.0, 0.0, 7.0])


@given(x=arrays(3), other=arrays(3))
def test_a_recorded_gradient_through_where_chooses_anew(x: Any, other: Any) -> None:
    """What is dead on the way back depends on the condition too, through sums, products and indices."""

    def slope(t: Any) -> Any:
        y = where(t > 0.25, t**2, 0.0)
        z = where(y[::-1] < 1, y * [3.0, 5.0, 7.0], y.sum())
        return (gradients((np.arange(9.0).reshape(3, 3) @ z).sum(), t, create_graph=True) ** 2).sum()

    with tracing():
        graph = Graph.of(slope(Tensor(x, label="x")))
    assert_close(graph.replay({"x": other})[graph.outputs[0]].data, slope(Tensor(other)).item())


def test_a_where_recorded_outside_tracing_says_where_to_record_it() -> None:
    x = Value(2.0, "x")
    with pytest.raises(GraphError, match=r"record it inside tracing\(\)"):
        Graph.of(where(x > 0, x, 0.0)).replay({"x": -1.0})


def written(t: Any, mask: Any) -> Any:
    y = t * 1
    y[mask] = 0.0
    return y


@pytest.mark.parametrize(
    "use",
    [
        written,
        lambda t, mask: t[mask],
        lambda t, mask: t[mask.tolist()],
        lambda t, mask: t.reshape(1, 2)[0, mask],
    ],
)
def test_a_mask_from_outside_tracing_is_refused_for_new_values_and_positions_are_not(use: Callable[..., Any]) -> None:
    t = Tensor([1.0, -1.0], label="t")
    graph = Graph.of(use(t, t < 0))
    with pytest.raises(GraphError, match=r"record it inside tracing\(\)"):
        graph.replay({"t": [-5.0, 3.0]})
    assert_close(graph.replay({})[graph.outputs[0]].data, graph[graph.outputs[0]].data)
    graph = Graph.of(use(t, np.array([1])))
    assert_close(graph.replay({"t": [-5.0, 3.0]})[graph.outputs[0]].data, use(Tensor([-5.0, 3.0]), np.array([1])).data)


def test_a_mask_of_the_graph_is_asked_anew() -> None:
    t = Tensor([1.0, -1.0], label="t")
    with tracing():
        graph = Graph.of(written(t, t < 0))
    assert_close(graph.replay({"t": [-5.0, 3.0]})[graph.outputs[0]].data, [0.0, 3.0])


@each_kind
def test_a_condition_that_is_asked_after_its_block_guards_what_the_block_computed(kind: Any) -> None:
    a, b = kind(2.0, label="a"), kind(1.0, label="b")
    with tracing():
        h = a * 1
        condition = a > b
    y = h * 2 if condition else h * 3
    graph = Graph.of(y)
    ((_, outcome, source),) = graph.guards
    assert (outcome, "y = h * 2 if condition else h * 3" in str(source)) == (True, True)
    assert float(graph.replay({"a": 3.0})["y"].data) == 6.0
    with pytest.raises(GraphError, match="came out True, and is False"):
        graph.replay({"a": 0.0})


@each_kind
def test_a_condition_of_one_block_that_another_asks_guards_both(kind: Any) -> None:
    a = kind(2.0, label="a")
    with tracing():
        h, condition = a * 1, a > 1
    with tracing():
        y = a * 2 if condition else a * 3
    for output in (h, y):
        assert [outcome for _, outcome, _ in Graph.of(output).guards] == [True]
    with tracing():
        z = a * 2 if (a > 1) else a * 3
        assert len(Graph.of(z).guards) == 1
    with no_grad():
        assert condition
    assert len(Graph.of(h).guards) == 1


def test_what_is_computed_from_constants_alone_replays_too() -> None:
    x, c = Tensor([1.0, 2.0], label="x"), Tensor([3.0, 4.0], requires_grad=False, label="c")
    with tracing():
        y = (x * (c * 2.0) + c).sum()
    graph = Graph.of(y)
    assert graph.replay({"c": [1.0, 1.0]})[graph.outputs[0]].data == 8.0
    y.backward()
    assert_close(x.grad, [6.0, 8.0])
    assert c.grad is None


RULES: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: x.relu(),
    "leaky_relu": lambda x: x.leaky_relu(),
    "abs": abs,
    "maximum": lambda x: autograd.maximum(x, 0.5),
    "clip": lambda x: x.clip(-1.0, 1.0),
}


@each_kind
@pytest.mark.parametrize("name", RULES)
@given(x=numbers(-2, 2), new=numbers(-2, 2))
def test_the_conditions_of_rules_are_in_a_recorded_gradient_without_tracing(
    kind: Any, name: str, x: float, new: float
) -> None:
    def slopes(x: Any) -> list[Any]:
        f = RULES[name]
        _, pull = autograd.vjp(f, x)
        return [
            gradients(f(x) * x, x, create_graph=True),
            autograd.jvp(f, (x,), (np.ones(()) if kind is Tensor else 1.0,))[1] * x,
            pull(np.ones(()) if kind is Tensor else 1.0)[0] * x,
        ]

    for slope, fresh in zip(slopes(kind(x, label="x")), slopes(kind(new)), strict=True):
        graph = Graph.of(slope)
        assert_close(graph.replay({"x": new})[graph.outputs[0]].data, fresh.data)
        assert slope.source is None


@each_kind
def test_a_condition_of_a_recorded_sweep_is_no_input_of_the_next(kind: Any) -> None:
    x = kind(2.0, label="x")
    slope = gradients(x.relu(), x, create_graph=True)
    assert repr(Graph.of(slope)) == "Graph(x, q = [x > 0], slope = 1 · q)"
    assert float(gradients(slope, x)) == 0.0
    (slope * x).backward()
    (condition,) = (node for node in Graph.of(slope) if node.name == "q")
    assert (condition.requires_grad, condition.grad) == (False, None)
    assert not isinstance(x > 0, kind), "the person's own comparisons are plain"
    y = x.relu()
    with no_grad():
        assert gradients(y, x, create_graph=True).op is None
        with pytest.raises(GraphError, match="computed inside no_grad"):
            gradients(x.relu(), x)


@each_kind
def test_a_gradient_that_folds_a_choice_is_refused_for_new_values(kind: Any) -> None:
    x, t = kind(2.0, label="x"), kind(1.0)
    with tracing():
        y = x * 3 if x > 0 else -x
        out, pull = autograd.vjp(lambda x: x + 1 if x > 0 else -x, x)
    outside = where(x.data > 0, x * 3, 0.0)
    for slope in (
        gradients(y, x, create_graph=True),
        gradients(y * x, x, create_graph=True),
        gradients(gradients(y * x, x, create_graph=True), x, create_graph=True),
        gradients(outside, x, create_graph=True),
        gradients(gradients(outside * x, x, create_graph=True), x, create_graph=True),
        pull(t)[0],
    ):
        assert slope is not t
        with pytest.raises(GraphError, match=r"came out True, and is False|a derivative of where took a branch"):
            Graph.of(slope * x).replay({"x": -1.0})
    assert Graph.of(t * x).guards == ()
    assert float(out.data) == 3.0


def test_a_replay_finds_which_branch_of_a_where_the_gradient_takes_now() -> None:
    x = Value(2.0, label="x")
    with tracing():
        y = where(x > 0, x * x, 3.0 * x)
    assert steps(Graph.of(y)).gradients[0] == 4.0
    assert steps(Graph.of(y).replay({"x": -1.0})).gradients[0] == 3.0


@given(
    x=numbers(),
    y=numbers(),
    steps_=st.lists(st.tuples(st.sampled_from(["mul", "add", "gt"]), st.integers(0, 99), st.integers(0, 99))),
)
@each_kind
def test_a_sweep_leaves_a_gradient_with_what_requires_one_alone(kind: Any, x: float, y: float, steps_: Any) -> None:
    with tracing():
        registers = [kind(x), kind(y), kind(x) > kind(y)]
        for name, i, j in steps_:
            a, b = registers[i % len(registers)], registers[j % len(registers)]
            registers.append(getattr(operator, name)(a * 1.0, b))
        total = sum((register * 2.0 for register in registers), registers[0])
    total.backward()
    for node in registers:
        assert node.requires_grad or not node.has_grad


@pytest.mark.parametrize(
    "compare",
    [
        sorted,
        autograd.sort,
        lambda values: np.sort(np.array(values, dtype=object)),
        lambda values: heapq.nsmallest(2, values),
        lambda values: heapq.merge(values[:1], values[1:]).__next__(),
    ],
)
def test_a_guard_names_the_line_of_the_person_and_not_of_a_library(compare: Callable[[Any], Any]) -> None:
    values = [Value(2.0, "x"), Value(1.0), Value(3.0)]
    with tracing():
        y = values[0] * 1.0
        compare(values)
    sources = [source for _, _, source in Graph.of(y).guards]
    assert sources
    for source in sources:
        assert str(source).startswith("test_guards.py:")


def test_where_there_are_libraries_alone_the_innermost_of_them_is_named() -> None:
    names: dict[str, Any] = {"tracing": tracing, "Value": Value}
    file = Path(sysconfig.get_path("stdlib")) / "no_module.py"
    exec(compile("def made():\n    with tracing():\n        return Value(2.0) * 3\n", str(file), "exec"), names)
    with ThreadPoolExecutor(1) as pool:
        assert str(pool.submit(names["made"]).result().source).startswith("no_module.py:3")


@each_kind
def test_a_number_read_off_a_condition_is_guarded(kind: Any) -> None:
    x = kind(2.0, label="x")
    for read in (int, float):
        with tracing():
            n = read(x > 1.5)
            y = x * n
        graph = Graph.of(y)
        assert graph.replay({"x": 3.0})[graph.outputs[0]].data == 3.0
        with pytest.raises(
            GraphError, match=r"\[x > 1.5\] came out True, and is False for these values in test_guards"
        ):
            graph.replay({"x": 1.0})


#: Plain numbers that code branches on, or goes on with.
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "of a condition": lambda x: float((x > 0) * 2.0 + 1),
    "of a choice": lambda x: float(where(x > 0, 1.0, 2.0)),
    "position": lambda x: int((x > 0) * 1.0),
    "isnan": lambda x: 2.0 if math.isnan(x - x) else 3.0,
    "isinf": lambda x: 2.0 if math.isinf(x * 2) else 3.0,
    "isfinite": lambda x: 2.0 if math.isfinite(x) else 3.0,
    "of the gradient's": lambda x: float(x * x),
    "array": lambda x: float(np.array([1.0, 2.0, 4.0])[np.asarray((x > 0) * 1.0).astype(int)]),
    "rounded": lambda x: round((x > 0) * 2.0),
    "isclose": lambda x: 2.0 if math.isclose(x, 0.5) else 3.0,
}


@each_kind
@pytest.mark.parametrize("name", NUMBERS)
@given(x=numbers(-2, 2), new=numbers(-2, 2) | st.sampled_from([0.5, math.inf]))
def test_a_number_that_conditions_decide_is_replayed_right_or_refused(
    kind: Any, name: str, x: float, new: float
) -> None:
    def function(x: Any) -> Any:
        return autograd.tanh(x) * NUMBERS[name](x)

    with tracing():
        graph = Graph.of(function(kind(x, label="x")))
    assert float(graph.replay({"x": x})[graph.outputs[0]].data) == float(function(kind(x)).data)
    with contextlib.suppress(GraphError), np.errstate(invalid="ignore"):  # refused
        again = graph.replay({"x": new})
        assert_close(again[again.outputs[0]].data, function(kind(new)).data)


ARRAY = np.array([10.0, 20.0, 30.0])

#: Plain arrays that code makes of conditions and positions.
CHOSEN: dict[str, Callable[[Any], Any]] = {
    "mask": lambda x: ARRAY[x > 0].sum(),
    "positions": lambda x: ARRAY[x.argsort()],
    "taken": lambda x: ARRAY.take(x.argsort()),
    "asarray": lambda x: np.asarray(x > 0) * 2.0,
    "filled": lambda x: filled(np.zeros(3), x > 0),
    "masked": lambda x: np.ma.array(ARRAY, mask=x > 0).filled(0.0).sum(),
    "all": lambda x: 2.0 if np.asarray(x > 0).all() else 3.0,
}


def filled(array: Any, values: Any) -> Any:
    array[:] = values
    return array


@pytest.mark.parametrize("name", CHOSEN)
@given(x=arrays(3), new=arrays(3))
def test_a_plain_array_made_of_conditions_is_replayed_right_or_refused(name: str, x: Any, new: Any) -> None:
    def function(x: Any) -> Any:
        return (x * CHOSEN[name](x)).sum()

    with tracing():
        graph = Graph.of(function(Tensor(x, label="x")))
    assert_close(graph.replay({"x": x})[graph.outputs[0]].data, function(Tensor(x)).data)
    with contextlib.suppress(GraphError):  # refused
        assert_close(graph.replay({"x": new})[graph.outputs[0]].data, function(Tensor(new)).data)


@each_kind
@pytest.mark.parametrize("use", [lambda x, c: x * c, lambda x, c: c * x, lambda x, c: x + (x - c), lambda x, c: c / x])
def test_arithmetic_with_a_condition_from_outside_tracing_is_refused_for_new_values(
    kind: Any, use: Callable[[Any, Any], Any]
) -> None:
    x = kind(2.0, label="x")
    for y in (use(x, x > 1), gradients(use(x, x > 1) * x, x, create_graph=True)):
        graph = Graph.of(y)
        with pytest.raises(GraphError, match=r"record it inside tracing\(\)"):
            graph.replay({"x": -1.0})
        assert graph.replay({})[graph.outputs[0]].data == y.data


def test_a_derivative_that_would_be_no_number_is_refused() -> None:
    x = Value(1.0, label="x")
    with tracing():
        y = where(x > 0, autograd.log(x), 0.0)
    graph = Graph.of(gradients(y, x, create_graph=True))
    assert graph.replay({"x": 4.0})[graph.outputs[0]].data == 0.25
    assert graph.replay({"x": -4.0})[graph.outputs[0]].data == 0.0
    with np.errstate(all="ignore"), pytest.raises(GraphError, match="is no number for these values"):
        graph.replay({"x": 0.0})


def assigned(g: Any, x: Any) -> Any:
    t = Tensor(0.0, requires_grad=False)
    t[...] = g
    return t * x


@pytest.mark.parametrize("after", [lambda g, x: g * 2 * x, lambda g, x: +g * x, lambda g, x: g[None] * x, assigned])
def test_the_guards_of_a_constant_derivative_hold_for_what_is_computed_from_it(after: Callable[..., Any]) -> None:
    x = Tensor(2.0, label="x")
    with tracing():
        y = x * 3 if x > 0 else -x
    graph = Graph.of(after(gradients(y, x, create_graph=True), x))
    with pytest.raises(GraphError, match="came out True, and is False"):
        graph.replay({"x": -1.0})
