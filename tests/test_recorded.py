"""Code that fails half-way: what it recorded, the line that failed, and the timeline up to there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import Graph, GraphError, ShapeError, Tensor, Value, is_tracing, recorded, steps


def half_way(x: Any, w: Any) -> Any:
    h = x * 2
    g = np.tanh(h)
    return w @ g  # the line


def failed() -> tuple[Any, Tensor, Tensor]:
    inputs, W = Tensor([1.0, 2.0]), Tensor([[1.0, 2.0, 3.0]])  # noqa: N806
    with recorded() as run:
        half_way(inputs, W)
    return run, inputs, W


def test_it_steps_up_to_the_failing_line() -> None:
    run, *_ = failed()
    assert isinstance(run.error, ShapeError)
    assert run.line.startswith("test_recorded.py:")
    assert run.line.endswith("  return w @ g  # the line")
    timeline = steps(run)
    assert [timeline.graph[step.node].name for step in timeline] == ["h", "g"]
    assert {step.kind for step in timeline} == {"forward"}
    assert timeline.gradients == (None,) * len(run.graph)
    assert timeline.events == ()
    assert str(timeline).splitlines()[-1] == f"stopped at {run.line}: ShapeError: {run.error}"
    assert str(timeline).splitlines()[0] == "forward"
    assert len(timeline) == len(list(timeline)) == 2


def test_what_the_failing_line_was_given_is_in_the_graph() -> None:
    run, *_ = failed()
    assert [node.name for node in run.graph if node.is_leaf] == ["w", "x"]
    assert run.graph["w"].shape == (1, 3)
    with recorded() as first:
        a, b = Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0])
        a + b
    assert repr(first).startswith("Run(Graph(a, b), stopped at test_recorded.py:")
    assert str(steps(first)) == first.reason


def test_the_order_is_that_of_the_code_with_what_nobody_used() -> None:
    x = Value(2.0)
    with recorded() as run:
        c = x * 3
        b = x + 1
        a = c * b
        a.nonsense  # noqa: B018
    assert [node.name for node in run.graph] == ["x", "c", "b", "a"]
    assert isinstance(run.error, AttributeError)
    with recorded() as run:
        unused = x * 5
        raise OSError("one\n  two")
    assert repr(run).endswith(f"{run.line}: OSError: one two)")
    assert [node.name for node in run.graph] == ["x", "unused"]
    del a, b, c, unused


def test_no_node_is_called_an_output_where_the_code_failed() -> None:
    with recorded() as run:
        np.tanh((Value(1.0, "x") + 1) * Value(2.0, "y")).nonsense  # noqa: B018
    assert [node.name for node in run.graph] == ["x", "q", "y", "r", "s"]


def test_code_that_does_not_fail_is_a_graph_like_others() -> None:
    x = Value(3.0)
    with recorded() as run:
        y = x * x
        f = y + x
    assert (run.error, run.line, run.reason) == (None, None, "")
    assert repr(run) == "Run(Graph(x, y = x · x, f = y + x))"
    assert [str(step) for step in steps(run)] == [str(step) for step in steps(f)]
    assert steps(run)[0].source.endswith("  y = x * x")


def test_where_nothing_was_recorded_it_says_so() -> None:
    with recorded() as run:
        raise OSError("no data")
    assert repr(run).startswith("Run(nothing was recorded, stopped at test_recorded.py:")
    with pytest.raises(GraphError, match=r"steps: nothing was recorded in this run, stopped at .*OSError: no data"):
        steps(run)
    with recorded() as empty:
        pass
    with pytest.raises(GraphError, match=r"nothing was recorded in this run$"):
        steps(empty)


def test_a_training_that_fails_shows_the_turn_in_which_it_failed() -> None:
    w = Value(1.0, "w")
    with recorded() as run:
        for turn in range(3):
            loss = (w * 2 - 1) ** 2
            if turn == 2:
                raise OSError("full")
            w.zero_grad()
            loss.backward()
            w.data -= 0.1 * w.grad
    assert [equation.op.name for equation in run.graph.equations if equation.op is not None] == ["mul", "sub", "pow"]
    assert run.graph["loss"].data == loss.data


def test_a_sweep_that_fails_has_the_whole_way_forward() -> None:
    t = Tensor([1.0, 2.0])
    with recorded() as run:
        y = t * t
        y.backward()
    assert isinstance(run.error, ShapeError)
    assert run.line.endswith("  y.backward()")
    assert [step.formula for step in steps(run)] == [steps((t * t).sum())[0].formula.replace("q", "y", 1)]


def test_the_line_is_the_persons_own_where_a_library_fails() -> None:
    model = nn.MLP([3, 4, 1], rng=0)
    with recorded() as run:
        model([1.0, 2.0])
    assert run.line.endswith("  model([1.0, 2.0])")


def test_a_breakpoint_in_what_failed() -> None:
    run, *_ = failed()
    assert len(steps(run, until="h")) == 1
    assert steps(run, until="h").reason == "stopped after step 1 of 2: h is computed"
    assert steps(run, until="nan").reason == f"{run.reason}; not stopped: every number is finite"


def test_it_leaves_nothing_open_and_lets_an_interrupt_through() -> None:
    failed()
    assert not is_tracing()
    x = Value(1.0)
    with pytest.raises(KeyboardInterrupt), recorded():
        raise KeyboardInterrupt
    assert not is_tracing()
    assert (x * 2).source is None
    with recorded() as outer:
        with recorded() as inner:
            y = x * 2
        z = y * 3
    assert [len(run.graph) for run in (outer, inner)] == [3, 2]
    with recorded() as silent, autograd.no_grad():
        z = y * 3
    assert silent.graph is None
    del z


def test_the_stepper_shows_it() -> None:
    run, *_ = failed()
    assert "h = x · 2" in viz.step(run).html()
    assert str(viz.step(run)).endswith(run.reason)
    assert isinstance(run.graph, Graph)


def test_what_stopped_it_is_told_and_can_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with recorded() as run:
        x = Value(2.0)
        _ = x * "two"  # type: ignore[operator]
    told = capsys.readouterr().err
    assert told == f"recorded: {run.reason}\n"
    assert "stopped at test_recorded.py:" in told
    with pytest.raises(TypeError):
        raise run.error  # type: ignore[misc]
    with recorded():
        _ = x * 2
    assert capsys.readouterr().err == ""
