"""Breakpoints: the timeline up to the first step at which it is to stop, and what its text says of that."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Program, broadcasting_programs, by_operator, programs, weighted_sum

import autograd
from autograd import Graph, GraphError, Step, Tensor, Timeline, Value, steps
from viz.terminal.console import show


def lecture() -> Any:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    return Graph.of(q * z, names={"x": x, "y": y, "z": z, "q": q})


def same(timeline: Timeline, whole: Timeline) -> None:
    """It is a beginning of the other."""
    assert len(timeline) == len(list(timeline)) <= len(whole)
    assert [str(step) for step in timeline] == [str(step) for step in whole[: len(timeline)]]
    assert str(timeline).removesuffix(f"\n{timeline.reason}") == "\n".join(
        str(whole).splitlines()[: len(str(timeline).splitlines()) - 1]
    )


@given(programs(), st.data())
def test_it_ends_with_the_first_step_for_which_the_condition_holds(program: Program, data: st.DataObject) -> None:
    whole = steps(program.result(by_operator, [Value(float(x)) for x in program.inputs]))
    at = data.draw(st.integers(0, len(whole) - 1))
    chosen = {at, *data.draw(st.sets(st.integers(at, len(whole) - 1)))}
    texts = [(step.kind, step.node, step.input) for step in whole]
    condition = lambda step: texts.index((step.kind, step.node, step.input)) in chosen  # noqa: E731
    timeline = steps(whole.graph, until=condition)
    assert len(timeline) == at + 1
    assert timeline.reason == f"stopped after step {at + 1} of {len(whole)}: the condition holds"
    same(timeline, whole)


@given(broadcasting_programs(), st.data())
def test_the_gradients_are_those_that_have_come_so_far(program: Program, data: st.DataObject) -> None:
    whole = steps(program.result(by_operator, [Tensor(x) for x in program.inputs], weighted_sum))
    count = data.draw(st.integers(1, len(whole)))
    numbers = iter(range(1, len(whole) + 1))
    timeline = whole.until(lambda step: next(numbers) == count)
    expected: dict[int, Any] = {}
    for step in whole[:count]:
        if step.kind == "seed":
            expected[step.node] = 1.0
        elif step.kind == "backward":
            expected[step.target] = expected.get(step.target, 0.0) + step.contribution
    for i, gradient in enumerate(timeline.gradients):
        assert (gradient is None) == (i not in expected)
        if gradient is not None:
            np.testing.assert_array_equal(gradient, np.broadcast_to(expected[i], np.shape(gradient)))
    assert len(timeline.events) == sum(step.kind == "backward" for step in timeline)
    if count == len(whole):
        for now, then in zip(timeline.gradients, whole.gradients, strict=True):
            np.testing.assert_array_equal(now, then)


def test_by_a_name_it_ends_where_the_gradient_of_that_node_is_complete() -> None:
    a = Value(3.0, "a")
    b = a * a
    f = b + a
    timeline = steps(f, until="a")
    assert timeline[-1].target == timeline.graph["a"].index
    assert timeline[-1].nth == timeline[-1].of == 3
    assert timeline.gradients == steps(f).gradients
    assert str(timeline).endswith("stopped after step 7 of 7: the gradient of a is complete")
    assert steps(f, until="b")[-1].target == timeline.graph["b"].index
    assert steps(f, until="f")[-1].kind == "seed"


def test_a_node_that_no_gradient_reaches_stops_it_where_it_is_computed() -> None:
    x = Value(2.0)
    with autograd.tracing():
        c = x > 0
        y = autograd.where(c, x * 3.0, x * 5.0)
    timeline = steps(y, until="c")
    assert (timeline[-1].kind, timeline.graph[timeline[-1].node].name) == ("forward", "c")
    assert timeline.reason.endswith("c is computed, and no gradient reaches it")
    k = Value(2.0, "k", requires_grad=False)
    whole = steps(x * k, until="k")
    assert len(whole) == len(steps(x * k))
    assert whole.reason == "not stopped: k is a leaf that no gradient reaches"


@pytest.mark.parametrize("kind", [Value, lambda x: Tensor([x, 1.0])], ids=["value", "tensor"])
def test_at_the_first_number_that_is_not_finite(kind: Any) -> None:
    x = kind(0.0)
    with np.errstate(all="ignore"):
        forward = (np.log(x) * 2.0).sum()
        backward = np.sqrt(x).sum()
    stopped, where = steps(forward, until="nan"), "" if isinstance(x, Value) else "[0]"
    assert len(stopped) == 1
    assert stopped.reason == f"stopped after step 1 of {len(steps(forward))}: not finite: −∞ in q{where}"
    stopped = steps(backward, until="nan")
    assert (stopped[-1].kind, stopped[-1].subject) == ("backward", "∂backward/∂x")
    assert np.isfinite(stopped[-2].after).all()


def test_of_an_array_the_first_element_that_is_not_finite_is_named() -> None:
    x = Tensor([[1.0, 2.0], [0.0, -1.0]])
    with np.errstate(all="ignore"):
        y = 1 / x
        f = y.sum()
    assert steps(f, until="nan").reason.endswith(": not finite: ∞ in y[1, 0]")
    x = Tensor([1.0, 0.0])
    root = np.sqrt(x)
    stopped = steps(root.sum(), until="nan")
    assert stopped.reason.endswith(": not finite: ∞ in ∂q/∂x[1]")


def test_it_says_where_nothing_stopped_it() -> None:
    whole = steps(lecture())
    for until, why in {"nan": "every number is finite", "?": "the condition held at no step"}.items():
        timeline = steps(lecture(), until="nan" if until == "nan" else lambda step: False)
        assert list(map(str, timeline)) == list(map(str, whole))
        assert timeline.reason == f"not stopped: {why}"
        assert str(timeline).endswith(timeline.reason)
        assert timeline.gradients == whole.gradients


def test_a_stopped_timeline_can_be_stopped_earlier() -> None:
    timeline = steps(lecture(), until="q").until(lambda step: step.kind == "seed")
    assert timeline[-1].kind == "seed"
    assert timeline.reason == "stopped after step 3 of 4: the condition holds"


def test_a_long_one_says_why_it_stopped_in_one_line() -> None:
    x = Value(1.0)
    f = x
    for _ in range(100):
        f = f * 1.5
    assert repr(steps(f, until=lambda step: step.after > 1e9)) == (
        "Timeline(52 steps, stopped after step 52 of 201: the condition holds: print it, or show it with viz.step)"
    )


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_copy_is_stopped_there_too(again: Any) -> None:
    timeline = steps(lecture(), until="q")
    twin = again(timeline)
    assert (str(twin), twin.gradients, len(twin)) == (str(timeline), timeline.gradients, len(timeline))


def test_a_terminal_shows_no_gradient_that_has_not_come(capsys: pytest.CaptureFixture[str]) -> None:
    show(steps(lecture(), until="q"))
    shown = capsys.readouterr().out
    assert "∂f/∂x = –\n" in shown
    assert "= 0" not in shown
    assert shown.endswith("\nstopped after step 4 of 7: the gradient of q is complete\n")


def test_what_is_no_breakpoint_is_refused_with_the_cure() -> None:
    graph = lecture()
    with pytest.raises(GraphError, match=r"until: .*'nan', got 3: steps\(f\)\[:n\] has the first n"):
        steps(graph, until=3)  # type: ignore[arg-type]
    x = Value(1.0, "x")
    with pytest.raises(GraphError, match='give its name, as in until="x"'):
        steps(x * 2, until=x)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="nobody"):
        steps(graph, until="nobody")
    t = Tensor([1.0, 2.0])
    with pytest.raises(GraphError, match=r"gave an array of shape \(2,\) .*np\.any"):
        steps((t * t).sum(), until=lambda step: step.after > 3)
    with pytest.raises(TypeError) as raised:
        steps(graph, until=lambda step: step.nth > 1)
    assert (
        "a forward step, None are input, target, upstream, contribution, before, nth, of" in raised.value.__notes__[0]
    )


def test_every_step_has_its_subject() -> None:
    assert [step.subject for step in steps(lecture())] == ["q", "f", *(f"∂f/∂{name}" for name in "fqzxy")]
    assert isinstance(steps(lecture(), until="q")[-1], Step)
