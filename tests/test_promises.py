"""Corners in which a gradient could go silently wrong: each is right, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Graph, ShapeError, StaleDataError, Tensor, Value, gradients, steps

RATE = 2.0


@contextmanager
def entered(op: autograd.Op) -> Iterator[autograd.Op]:
    try:
        yield op
    finally:
        autograd.remove(op.name)


def test_a_rule_that_reads_a_variable_sees_its_present_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with entered(autograd.elementwise("scaled", lambda x: RATE * x, lambda y, x: RATE, doc="scales")) as scaled:
        for rate in (2.0, 3.0):
            monkeypatch.setitem(globals(), "RATE", rate)
            x, t = Value(1.0), Tensor([1.0])
            scaled(x).backward()
            scaled(t).sum().backward()
            assert (scaled(x).data, x.scaled().data, x.grad, t.grad) == (rate, rate, rate, rate)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["alpha", "self", "x", "kind", "exp", "new", "general", "pow"])
def test_an_optional_input_may_have_any_name(name: str) -> None:
    """One that generated code uses for something else included."""
    rules = eval(f"(lambda y, a, {name}=2.0: 3 * a**2 * {name}, lambda y, a, {name}=2.0: a**3)")
    with entered(autograd.elementwise("weighted", lambda a, w: a**3 * w, *rules, doc="weighs")):
        for args, kwargs, weight in (((), {}, 2.0), ((5.0,), {}, 5.0), ((), {name: 5.0}, 5.0)):
            if name == "self" and kwargs:
                continue  # a method has it already
            v = Value(2.0)
            y = v.weighted(*args, **kwargs)  # type: ignore[attr-defined]
            y.backward()
            assert (y.data, v.grad) == (8 * weight, 12 * weight)


def test_a_namesake_that_is_another_function_is_not_taken_for_it() -> None:
    with entered(autograd.elementwise("mod", np.mod, lambda z, x, y: 1, lambda z, x, y: 0, doc="wraps")) as mod:
        assert mod(Value(5.0), 3.0).data == mod(Tensor(5.0), 3.0).item() == 2.0


@pytest.mark.parametrize(("function", "before", "after"), [(lambda x: x**2, -1.0, 1.0), (autograd.cos, 1.0, -1.0)])
def test_stale_data_is_noticed_where_only_the_slope_changes(function: Any, before: float, after: float) -> None:
    x = Value(before)
    y = function(x)
    x.data = after
    with pytest.raises(StaleDataError):
        gradients(y, x, create_graph=True)
    with pytest.raises(StaleDataError):
        steps(y)


@pytest.mark.parametrize("mixing", [lambda u: u @ np.ones(2), autograd.max, lambda u: autograd.softmax(u)[0]])
def test_nothing_comes_back_from_a_closed_branch_in_which_elements_mix(mixing: Any) -> None:
    x = Tensor([0.0, 4.0])
    autograd.where(False, mixing(autograd.sqrt(x)), x.sum()).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_a_branch_that_was_taken_is_not_replayed_on_other_values() -> None:
    x = Value(2.0)
    graph = Graph.of(autograd.where(x > 0, x * x, -x))
    with pytest.raises(autograd.GraphError, match="branch"):
        graph.replay({"x": -3.0})


@pytest.mark.parametrize("wrong", [lambda g, y, x: g, lambda g, y, x: np.ones((3, 2)), lambda g, y, x: np.ones((5, 2))])
def test_a_rule_that_gives_a_wrong_shape_is_refused(wrong: Any) -> None:
    with entered(autograd.primitive("total", np.sum, wrong, doc="sums")) as total, pytest.raises(ShapeError):
        total(Tensor(np.ones((2, 3)))).backward()


@pytest.mark.parametrize("data", [np.array([1 + 2j]), [Value(1.0)], ["1"]])
def test_what_is_no_real_number_is_refused_whatever_dtype_is_asked_for(data: Any) -> None:
    for make in (lambda: Tensor(data, dtype=float), lambda: setattr(Tensor([0.0]), "data", data)):
        with pytest.raises(autograd.DTypeError):
            make()


def test_a_constant_with_an_older_writable_view_is_still_copied() -> None:
    a = np.ones(2)
    view = a[:]
    a.setflags(write=False)
    x = Tensor([1.0, 1.0])
    y = (x * a).sum()
    view[:] = 99.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_unsigned_integers_do_not_wrap_in_a_loss() -> None:
    assert nn.mse(np.uint8([1]), np.uint8([21])) == 400.0


def test_an_axis_that_is_not_there_is_refused_for_values_too() -> None:
    with pytest.raises(ValueError, match="axis"):
        autograd.max(np.array([[Value(1.0), Value(2.0)]]), axis=7)


def test_where_takes_an_array_condition_over_values() -> None:
    x, y = Value(1.0), Value(2.0)
    picked = autograd.where([True, False], [x, y], [0.0, 3.0])
    assert [float(v) for v in picked] == [1.0, 3.0]
    autograd.sum(autograd.where(np.array([True, False]), x, y)).backward()
    assert (x.grad, y.grad) == (1.0, 1.0)


def test_values_and_numbers_mix_in_softmax() -> None:
    x = Value(1.0)
    assert [float(v) for v in autograd.softmax([x, 1.0])] == [0.5, 0.5]
    assert float(autograd.logsumexp([x, 1.0])) == pytest.approx(1 + np.log(2))


def test_an_operation_without_a_formula_still_has_its_steps() -> None:
    with entered(autograd.elementwise("trial", np.sinh, lambda y, x: np.cosh(x), doc="stretches")) as trial:
        x = Value(1.0)
        timeline = steps(trial(x))
        assert timeline[-1].contribution == pytest.approx(np.cosh(1.0))


@pytest.mark.parametrize("name", ["data", "grad", "op", "reshape", "detach"])
def test_a_name_that_would_break_nodes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="choose another"):
        autograd.elementwise(name, np.exp, lambda y, x: y, doc="")
    assert Value(1.0).data == 1.0


def test_a_second_operation_on_a_numpy_function_leaves_it_to_the_first() -> None:
    with entered(autograd.elementwise("exponential", np.exp, lambda y, x: y, doc="")):
        pass
    assert np.exp(Value(0.0)).op is autograd.exp


def test_a_label_cannot_smuggle_latex_in() -> None:
    assert "\\href" not in autograd.explain(Value(1.0, label=r"∂\href{x}") * 2).latex
