"""Trainings, recorded: each iteration is that of the loop, and the update is what the parameters say it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import viz
from autograd import GraphError, Recording, Tensor, Value, steps


def trained(w: float, b: float, rate: float, count: int, zeroed: bool = True) -> tuple[Recording, list[list[float]]]:
    """A neuron on one sample, by hand, and what w, b, their gradients and the loss were, iteration by iteration."""
    weight, bias = Value(w, "w"), Value(b, "b")
    run, told = Recording([weight, bias]), []
    for _ in range(count):
        if zeroed:
            weight.grad = bias.grad = 0.0
        loss = ((weight * 1.5 + bias).tanh() - 0.8) ** 2
        loss.backward()
        run.take(loss)
        told.append([weight.data, bias.data, weight.grad, bias.grad, loss.data])
        weight.data -= rate * weight.grad
        bias.data -= rate * bias.grad
    told.append([weight.data, bias.data])
    return run, told


@settings(max_examples=20)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.01, 1), st.integers(1, 5))
def test_iterations_are_those_of_the_loop(w: float, b: float, rate: float, count: int) -> None:
    run, told = trained(w, b, rate, count)
    assert len(run) == count
    for k, iteration in enumerate(run):
        graph = iteration.graph
        assert iteration.number == k + 1
        assert iteration.loss == told[k][4]
        assert [graph["w"].data, graph["b"].data, graph["w"].grad, graph["b"].grad] == told[k][:4]
        after = [iteration.after.get(graph[name].index, graph[name].data) for name in ("w", "b")]
        assert after == told[k + 1][:2]
        assert iteration.stale == {}


def test_gradients_that_were_not_set_to_zero_are_told() -> None:
    run, told = trained(0.5, 0.1, 0.1, 3, zeroed=False)
    assert run[0].stale == {}
    assert run[2].stale == pytest.approx({"w": told[1][2], "b": told[1][3]})


def test_arrays_that_are_updated_in_place_or_anew() -> None:
    w = Tensor(np.ones(3), label="w")
    run = Recording(w)
    for k in range(3):
        w.grad = None
        loss = (w * w).sum()
        loss.backward()
        run.take(loss)
        if k % 2:
            w.data = w.data - 0.1 * w.grad
        else:
            w.data -= 0.1 * w.grad
    for k, iteration in enumerate(run):
        index = iteration.graph["w"].index
        assert np.allclose(iteration.graph.data[index], 0.8**k)
        assert np.allclose(iteration.after[index], 0.8 ** (k + 1))


def test_some_are_kept() -> None:
    w = Value(1.0, "w")
    run = Recording([w], every=2, most=3)
    for _ in range(11):
        loss = w * w
        run.take(loss)
        w.data *= 0.5
    assert [iteration.number for iteration in run] == [7, 9, 11]
    assert [iteration.after[0] for iteration in run] == [0.5**7, 0.5**9, 0.5**11]
    assert [iteration.number for iteration in run[1:]] == [9, 11]


def test_a_fit_is_recorded() -> None:
    record = nn.Record(every=2)
    model = nn.MLP([2, 3, 1], rng=0)
    data = np.zeros((4, 2)), np.ones((4, 1))
    nn.fit(model, nn.mse, data, epochs=5, batch_size=4, callbacks=[record], rng=0, progress=False)
    assert record.recording is not None
    assert [iteration.number for iteration in record.recording] == [1, 3, 5]
    last = record.recording[-1]
    held = {p.label: p.numpy() for p in model.parameters()}
    for index, now in last.after.items():
        assert np.array_equal(now, held[last.graph.names[index]])


def test_it_shows_as_a_table_and_in_a_stepper() -> None:
    run, _ = trained(0.5, 0.1, 0.1, 20)
    lines = repr(run).splitlines()
    assert lines[0] == "Recording of 20 iterations, the last 12"
    assert len(lines) == 14
    shown = viz.step(run)
    assert str(shown).splitlines()[0] == "the last 12 of 20 iterations"
    assert str(shown).splitlines()[-1].split()[:4] == repr(run).splitlines()[-1].split()
    assert repr(shown).startswith("Training(20 iterations")
    assert "<script>" in shown.html()


def test_what_is_no_training_is_refused() -> None:
    with pytest.raises(GraphError, match=r"parameters: expected the nodes that are trained, .*got \[1.0\]"):
        Recording([1.0])
    with pytest.raises(GraphError, match="every: expected an int of at least 1, got 0"):
        Recording(Value(1.0), every=0)
    with pytest.raises(GraphError, match="most: expected an int of at least 1, got True"):
        Recording(Value(1.0), most=True)
    w = Value(1.0)
    with pytest.raises(GraphError, match="expected the loss"):
        Recording(w).take(3.0)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="none"):
        viz.step(Recording(w)).html()
    run = Recording(w)
    run.take(w * 2)
    run.take(w + 2)
    with pytest.raises(GraphError, match="compute different things"):
        viz.step(run).html()
    assert str(steps(run[0].graph)) == str(run[0].timeline)


@pytest.mark.parametrize("every", [1, 2])
def test_what_is_changed_after_the_sweep_was_not_left_over(every: int) -> None:
    w, c = Value(2.0, "w"), Value(1.0, "c")
    run = Recording([w, c], every=every)
    for _ in range(4):
        w.grad = c.grad = 0.0
        loss = (w * 3.0 + c - 4.0) ** 2
        loss.backward()
        w.grad = min(w.grad, 5.0) + 0.1 * w.data
        run.take(loss)
        w.data -= 0.01 * w.grad
    assert [each.stale for each in run] == [{}] * len(run)
    assert all(each.beside for each in run)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_what_is_left_over_is_known_where_iterations_are_not_kept(every: int) -> None:
    w = Value(2.0, "w")
    run = Recording([w], every=every)
    for _ in range(7):
        loss = (w - 5.0) ** 2
        loss.backward()
        run.take(loss)
        w.data -= 0.01 * w.grad
    assert [bool(each.stale) for each in run] == [each.number > 1 for each in run]


def test_a_gradient_that_is_no_number_was_not_left_over() -> None:
    x, y = Value(2.0, "x"), Value(math.nan, "y")
    run = Recording([x, y])
    for _ in range(2):
        x.grad = y.grad = 0.0
        loss = x * y + x
        loss.backward()
        run.take(loss)
    assert [each.stale for each in run] == [{}, {}]
