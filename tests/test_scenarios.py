"""Scenarios: every way to a number arrives at the same; a way that parts from the others is found, and placed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rules import ELEMENTWISE, PRIMITIVES, calls, smooth_points

import autograd
from autograd import Op, Tensor, Value, primitive, table
from autograd.check import Report, gradcheck
from autograd.check.contracts import function_scenarios, scenarios
from autograd.check.contracts.scenarios import op_findings


@contextmanager
def entered(op: Any) -> Iterator[Any]:
    """An operation that is in the table for a while."""
    try:
        yield op
    finally:
        autograd.remove(op.name)


def found(report: Report, check: str) -> list[Any]:
    return [finding for finding in report.wrong if finding.check == check]


# What holds passes.


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
@given(data=st.data())
def test_elementwise_operations_pass(op: Op, data: st.DataObject) -> None:
    points = data.draw(st.lists(smooth_points(op), min_size=1, max_size=3))
    assert not list(op_findings(op, list(map(float, points[0])), {}))
    assert not list(op_findings(op, list(np.array(points).T), {}))


@pytest.mark.parametrize("op", PRIMITIVES, ids=lambda op: op.name)
@given(data=st.data())
def test_primitives_pass(op: Op, data: st.DataObject) -> None:
    inputs, params = data.draw(calls(op))
    before = [params["subscripts"]] if "subscripts" in params else []
    rest = {name: value for name, value in params.items() if name != "subscripts"}
    args = [inputs] if op.arity is None and not before else [*before, *inputs]
    findings = list(op_findings(op, *op.binding.bind(args, rest)))
    refuses_values = {"svd", "eigh", "eigvalsh", "astype"}
    assert all(finding.outcome == "missing" for finding in findings), list(map(str, findings))
    assert not findings or op.name in refuses_values


@pytest.mark.parametrize("name", ["greater", "argsort", "logical_not"])
def test_what_has_no_derivative_passes_none_on(name: str) -> None:
    op, counts = table[name], Counter[str]()
    inputs = [np.array([2.0, 1.0])] * (op.arity or 1)
    assert not list(op_findings(op, *op.binding.bind(inputs, {}), counts=counts))
    assert counts["scenario: no derivative"] == 1


RIGHT: dict[str, tuple[Any, ...]] = {
    "cancelling": (lambda x: ((x + 1e10) - 1e10) * np.sin(x), np.array([1.0, 2.0])),
    "large": (lambda x: 1e8 * np.sin(x), 1.0),
    "quick": (lambda x: np.sin(1e3 * x), np.array([1.0, 2.5])),
    "a kink": (lambda x: autograd.relu(x).sum(), np.array([0.0, 1.0])),
    "ties": (lambda x: x.max(), np.array([1.0, 1.0, 0.5])),
    "subnormal": (lambda x: x * 2, 5e-324),
    "float32": (lambda w, x: np.tanh(w @ x).sum(), np.float32([[0.5, -1.0]]), np.float32([0.25, 2.0])),
    "mixed dtypes": (lambda w, x: (w @ x).sum(), np.float32([[0.5, -1.0]]), np.array([0.25, 2.0])),
    "half": (lambda x: (x * x).sum(), np.float16([1, 2, 3])),
    "a branch": (lambda x: x * x if x > 0 else -x, 2.0),
    "infinite": (lambda x: autograd.sqrt((x * x).sum()), np.array([0.0, 0.0])),
    "a tree": (lambda x, y: (x * y, {"a": np.sin(x), "n": 3}), np.array([1.0, 2.0]), np.array([3.0, 4.0])),
    "two materials": (lambda x, y: (x * x, (y * y).sum()), 2.0, Tensor([1.0, 2.0])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_pass(name: str) -> None:
    f, *inputs = RIGHT[name]
    report = gradcheck(f, *inputs)
    assert report, str(report)
    assert not report.missing, str(report)


def test_what_was_looked_at_is_counted_and_what_was_not_is_not() -> None:
    checked = gradcheck(lambda w, x: np.tanh(w @ x), np.ones((2, 3)) / 3, np.array([0.5, -1.0, 2.0])).checked
    assert {f"scenario: {name}" for name in scenarios.SCENARIOS} <= set(checked)
    wanted = {f"scenario: {name.removeprefix('scenario: ')}" for name in function_scenarios.SCENARIOS}
    assert wanted <= set(checked)

    def long(x: Any) -> Any:
        for _ in range(6000):
            x = x * 1.0001
        return x

    checked = gradcheck(long, 1.5).checked
    assert "scenario: plain function" in checked
    assert "scenario: replayed" not in checked


# What does not is found.


def test_an_operation_that_forgets_what_is_constant_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The constant is a leaf like any other, as if it had not been declared one."""
    as_it_is = lambda self, data: type(self)(data)  # noqa: E731
    monkeypatch.setattr(Tensor, "_as_constant", as_it_is)
    report = gradcheck(lambda x, y: (x * y).sum(), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert found(report, "scenario: constant")[0].op == "mul"


LOST: dict[str, Callable[[Any, Any], Any]] = {
    "data": lambda x, y: x * y.data if isinstance(y, Tensor | Value) else x * y,
    "detach": lambda x, y: x * (y.detach() if isinstance(y, Tensor) else y) + x,
    "float": lambda x, y: x * float(y) if not isinstance(y, Tensor) else x * y.data,
}


@pytest.mark.parametrize("lost", LOST)
def test_a_gradient_that_is_lost_inside_is_found_and_its_leaf_named(lost: str) -> None:
    report = gradcheck(lambda x, y: (LOST[lost](x, y) + y).sum(), np.array(1.5), np.array(0.5))
    (finding,) = found(report, "plain function")
    assert finding.name == "input 1"
    assert ".data" in finding.hint


def test_a_small_part_that_is_lost_is_found_too() -> None:
    report = gradcheck(lambda x: x * x + 1e-6 * (x.data if isinstance(x, Value) else x), 1.5)
    assert found(report, "plain function")


def test_a_second_derivative_by_one_nesting_alone_is_found_at_its_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gradients of recorded gradients", "forward over reverse", "reverse over forward"):
        way = scenarios.WAYS[name]
        wrong = {**scenarios.WAYS, name: lambda nested, way=way: [g * 1.001 for g in way(nested)]}
        monkeypatch.setattr(scenarios, "WAYS", wrong)
        (finding, *_) = found(gradcheck(lambda x: np.sin(x), 0.5), "scenario: nested modes")
        assert (finding.op, finding.input) == ("sin", 0)
        assert name in finding.message
        monkeypatch.undo()


def test_a_forward_function_that_differs_on_values_is_found() -> None:
    forward = lambda x: np.cumsum(x)  # noqa: E731
    scalars = lambda x: np.cumsum(x) * 1.5  # noqa: E731
    rule = lambda g, y, x: np.flip(np.cumsum(np.flip(g)))  # noqa: E731
    with entered(primitive("mine", forward, rule, scalars=scalars, doc="a trial")) as mine:
        findings = list(op_findings(mine, [np.array([1.0, 2.0])], {}))
    assert any(finding.check == "scenario: scalar graph" and finding.outcome == "wrong" for finding in findings)


def test_what_an_operation_refuses_is_missing_and_no_failure() -> None:
    findings = list(op_findings(table["svd"], [np.array([[2.0, 1.0], [0.0, 1.0]])], {}))
    assert {finding.outcome for finding in findings} == {"missing"}
    assert {finding.op for finding in findings} == {"svd"}


def test_a_replay_that_parts_from_the_function_is_found() -> None:
    """A branch by ``.data`` is in no guard."""

    def f(x: Any) -> Any:
        number = float(np.max(x.data if isinstance(x, Tensor) else x))
        return (x * (1.0 if number <= 1.0 else 2.0)).sum()

    seeds = [gradcheck(f, np.array([1.0, 0.5]), rng=rng) for rng in range(4)]
    assert all(seeds), "here the gradient is right"
    told = [finding.message for report in seeds for finding in report.missing if finding.check == "scenario: replayed"]
    assert told
    assert all("stays still on other leaves" in message for message in told)


def at(x: Any, fixed: Any) -> Any:
    """x³ with its slope there, but that slope does not know that it moves."""
    return 3.0 * fixed * fixed * x - 2.0 * fixed * fixed * fixed


def test_a_second_order_that_the_scalar_graph_has_not_is_found() -> None:
    def f(x: Any) -> Any:
        if isinstance(x, Tensor) or x.dtype != object:
            return (x * x * x).sum()
        return at(x, np.array([v.data for v in x])).sum()

    assert gradcheck(f, np.array([1.0, 0.5]))
    report = gradcheck(f, np.array([1.0, 0.5]), order=2)
    assert not found(report, "scenario: scalar graph")
    (finding,) = found(report, "scenario: scalar graph, second order")
    assert finding.message.startswith("of its slope along a direction, the gradients of the scalar graph")


def test_a_second_order_that_a_replay_has_not_is_found() -> None:
    def f(x: Any) -> Any:
        return at(x, x.data).sum() if autograd.is_tracing() else (x * x * x).sum()

    report = gradcheck(f, np.array([1.0, 0.5]), order=2)
    assert [finding.check for finding in report.missing] == ["scenario: replayed", "scenario: replayed, second order"]


def test_a_second_derivative_that_the_function_loses_is_found() -> None:
    """One step of Newton's from the root: right in the first order, and flat in the second."""

    def root(x: Any) -> Any:
        z = float(x) ** 0.5
        return z - (z * z - x) / (2 * z)

    assert gradcheck(root, 2.0)
    assert found(gradcheck(root, 2.0, order=2), "plain function, second order")


def test_a_function_that_is_another_without_recording_is_found() -> None:
    def f(x: Any) -> Any:
        y = x * x
        return y if not hasattr(y, "op") or y.op is not None else y * 2.0

    (finding, *_) = found(gradcheck(f, 3.0), "scenario: plain call")
    assert "no_grad()" in finding.message


def test_a_function_that_minds_a_constant_is_found() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y * (1.0 if getattr(y, "requires_grad", True) else 3.0)

    assert found(gradcheck(f, 3.0, 2.0), "scenario: constant")
