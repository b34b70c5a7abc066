"""gradcheck: right functions pass, wrong rules are found and placed, kinks are told, and nothing is a false alarm."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Program, by_function, programs

import autograd
import nn
from autograd import GradientError, GraphError, Tensor, Value, elementwise, primitive, remove
from autograd.check import gradcheck


@contextmanager
def entered(op: Any) -> Iterator[Any]:
    """An operation that is in the table for a while."""
    try:
        yield op
    finally:
        remove(op.name)


def tanh_by(rule: Callable[..., Any]) -> Any:
    return entered(elementwise("mine", np.tanh, rule, doc="a trial", check=False))


# Right functions.


@given(program=programs())
@settings(max_examples=60, deadline=None)
def test_random_programs_pass_as_values_and_as_tensors(program: Program) -> None:
    def f(*inputs: Any) -> Any:
        return program.result(by_function, inputs)

    for kind in (float, np.asarray):
        report = gradcheck(f, *[kind(x) for x in program.inputs])
        assert report, str(report)
        assert report.reference == "balls"


@given(program=programs(most=5))
@settings(max_examples=30, deadline=None)
def test_random_programs_pass_in_second_order(program: Program) -> None:
    report = gradcheck(lambda *xs: program.result(by_function, xs), *map(float, program.inputs), order=2)
    assert report, str(report)
    assert report.checked["second derivative"] > 0


def test_every_leaf_is_checked_wherever_it_is() -> None:
    w = Tensor(np.array([0.5, -0.5]), label="w")
    model = nn.MLP([2, 3, 2], rng=0)

    def f(x: Any, more: dict[str, Any]) -> Any:
        return model(x) * w + more["b"]

    report = gradcheck(f, np.ones((4, 2)), {"b": np.zeros(2)})
    assert report
    assert report.graph is not None
    leaves = {report.graph.names[i] for i in report.graph.leaves if report.graph.equations[i].requires_grad}
    assert {"x", "w", "more['b']", "model.layers[0].weight"} <= leaves | {"model.layers[0].weight"}
    assert report.checked["whole gradient"] == 8 + 2 + 2 + sum(p.data.size for p in model.parameters())


def test_a_module_is_a_function_too_in_both_materials() -> None:
    model = nn.MLP([2, 4, 3], rng=0)
    assert gradcheck(model, np.ones((2, 2)))
    assert gradcheck(model.to_scalars(), np.ones((2, 2)))


def test_nothing_happens_to_what_the_person_has() -> None:
    w, x = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    (w * 5).sum().backward()
    before, data = w.grad, x.copy()
    v = Value(3.0)
    assert gradcheck(lambda x: x * v, 2.0)
    precision, was_on, errors = flint.ctx.prec, gc.isenabled(), np.geterr()

    def f(x: Any) -> Any:
        t = x * w
        t[0] = 0.0
        return t * 2

    assert gradcheck(f, x)
    with pytest.raises(ZeroDivisionError):
        gradcheck(lambda x: x * (1 / 0), x)
    assert w.grad is before or np.array_equal(w.grad, before)
    assert np.array_equal(x, data)
    assert repr(v) == "Value(data=3.0, grad=–)"
    assert (flint.ctx.prec, gc.isenabled(), np.geterr()) == (precision, was_on, errors)
    assert not autograd.is_tracing()


# Wrong rules are placed.


def test_it_says_where_what_came_what_is_right_and_why() -> None:
    with tanh_by(lambda y, x: 1 - y) as op:

        def layer(W: Any, x: Any) -> Any:  # noqa: N803
            h = op(W @ x)
            return h * 2

        report = gradcheck(layer, np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([1.0, 2.0]))
    assert not report
    finding = report.wrong[0]
    assert (finding.op, finding.name, finding.input, finding.element) == ("mine", "h", 0, (0,))
    assert finding.hint == "forgot to square?"
    assert finding.source is not None
    assert finding.source.endswith("h = op(W @ x)")
    text = str(report)
    assert "op mine, node 3 `h`, input 0, element (0,): got " in text
    assert "certified [" in text
    with pytest.raises(GradientError, match="forgot to square"):
        report.raise_if_failed()
    assert issubclass(GradientError, AssertionError)


HINTS = {
    "the sign is turned round": lambda y, x: -(1 - y * y),
    "nothing came": lambda y, x: 0 * x,
    "twice too large": lambda y, x: 2 * (1 - y * y),
    "half of it": lambda y, x: 0.5 * (1 - y * y),
    "forgot to square?": lambda y, x: 1 - y,
    "one over it": lambda y, x: 1 / (1 - y * y),
    "a factor of the chain rule is forgotten": lambda y, x: (1 - y * y) / x,
}


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("inputs", [0.7, np.array([0.7, -0.3, 1.1])])
def test_classic_faults_have_their_hint(hint: str, inputs: Any) -> None:
    with tanh_by(HINTS[hint]) as op:
        report = gradcheck(op, inputs)
    assert hint in (report.wrong[0].hint or "")


def test_a_fault_has_its_hint_beside_elements_that_nothing_comes_to() -> None:
    with tanh_by(HINTS["forgot to square?"]) as op:
        report = gradcheck(lambda x: autograd.relu(op(x)), np.array([0.7, -0.3]))
    assert [finding.hint for finding in report.wrong] == ["forgot to square?"]


def test_what_is_off_by_little_looks_like_no_fault() -> None:
    with tanh_by(lambda y, x: (1 - y * y) * (1 + 1e-9)) as op:  # at ones, which are a factor that shows in nothing
        report = gradcheck(op, np.ones((2, 2)))
    assert {finding.hint for finding in report.wrong} == {None}


VJPS = {
    "it is transposed": lambda g, y, a, b: (g @ b.T).T,
    "the cotangent is ignored": lambda g, y, a, b: (g * 0 + 1) @ b.T,
    "twice too large": lambda g, y, a, b: 2 * g @ b.T,
}


@pytest.mark.parametrize("hint", VJPS)
def test_faults_of_a_vjp_have_their_hint(hint: str) -> None:
    op = primitive("mine", np.matmul, VJPS[hint], lambda g, y, a, b: a.T @ g, doc="a trial", check=False)
    with entered(op):
        a, b = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, 1.0], [2.0, 1.5]])
        report = gradcheck(op, a, b)
    assert {finding.input for finding in report.wrong} == {0}
    if hint != "the cotangent is ignored":
        assert hint in (report.wrong[0].hint or "")


@given(exponent=st.integers(2, 12), place=st.integers(0, 99), x=st.floats(0.1, 3.0), sign=st.sampled_from([1.0, -1.0]))
@settings(max_examples=40, deadline=None)
def test_one_element_of_a_hundred_that_is_off_by_little_is_found(
    exponent: int, place: int, x: float, sign: float
) -> None:
    where = np.zeros(100)
    where[place] = sign * 10.0**-exponent
    with entered(
        primitive("mine", np.exp, lambda g, y, x: g * y * (1 + where), doc="a trial", shape=lambda x: x, check=False)
    ) as op:
        report = gradcheck(op, np.linspace(-x, x, 100))
    assert [finding.element for finding in report.wrong] == [(place,)]
    assert report.wrong[0].op == "mine"


@given(x=st.floats(-1e3, 1e3), scale=st.sampled_from([1e-300, 1e-200, 1e-12, 1.0, 1e12, 1e200]))
@settings(max_examples=60, deadline=None)
def test_verdicts_know_no_scale(x: float, scale: float) -> None:
    for slope, is_right in ((scale, True), (scale * (1 + 1e-10), False)):
        op = elementwise("mine", lambda x: scale * x, partial(constant, slope), doc="a trial", check=False)
        with entered(op):
            assert bool(gradcheck(op, x)) is is_right


def constant(slope: float, y: Any, x: Any) -> Any:
    return slope


def test_a_right_rule_that_loses_digits_is_called_imprecise() -> None:
    with tanh_by(lambda y, x: 1 - y * y) as op:
        report = gradcheck(op, 17.0)
    assert report
    (finding,) = report.imprecise
    assert finding.hint is not None
    assert "numeric=" in finding.hint


def test_a_rule_that_is_not_there_is_found() -> None:
    with entered(elementwise("mine", np.multiply, lambda z, x, y: y, None, doc="a trial", check=False)) as op:
        report = gradcheck(lambda x, y: op(x, y), np.array([1.0]), np.array([2.0]))
    assert [(finding.op, finding.input) for finding in report.wrong] == [("mine", 1)]


def test_a_lost_second_derivative_is_placed() -> None:
    frozen = elementwise(
        "mine", np.exp, lambda y, x: y.detach() if isinstance(y, Tensor) else y, doc="a trial", check=False
    )
    with entered(frozen):
        assert gradcheck(lambda x: frozen(x) * x, np.array([0.5, 1.0]))
        report = gradcheck(lambda x: frozen(x) * x, np.array([0.5, 1.0]), order=2)
    assert {finding.op for finding in report.wrong} == {"mine"}


# Kinks.

KINKS = {
    "relu": (autograd.relu, (0.0,), (0.0, 1.0)),
    "abs": (abs, (0.0,), (-1.0, 1.0)),
    "leaky_relu": (autograd.leaky_relu, (0.0,), (0.01, 1.0)),
    "maximum": (autograd.maximum, (1.0, 1.0), (0.0, 1.0)),
    "minimum": (autograd.minimum, (1.0, 1.0), (1.0, 0.0)),
    "max": (lambda x: autograd.max(x), (np.array([2.0, 2.0, 1.0]),), (0.0, 1.0)),
    "sort": (lambda x: autograd.sort(x)[1], (np.array([2.0, 2.0]),), (0.0, 1.0)),
    "clip": (lambda x: autograd.clip(x, 0.0, 1.0), (np.array([0.0]),), (0.0, 1.0)),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_an_outcome_with_its_two_slopes(name: str) -> None:
    f, inputs, slopes = KINKS[name]
    report = gradcheck(f, *inputs)
    assert report, str(report)
    assert report.kinks
    for finding in report.kinks:
        assert finding.slopes is not None
        ratio = max(map(abs, finding.slopes)) / max(map(abs, slopes))
        assert sorted(finding.slopes) == pytest.approx(sorted(slope * ratio for slope in slopes), rel=1e-9)


@pytest.mark.parametrize("kind", [float, np.array])
def test_where_several_tie_the_slopes_to_the_sides_of_all_count(kind: Any) -> None:
    report = gradcheck(autograd.clip, kind(0.0), kind(0.0), kind(0.0))
    assert report, str(report)
    assert len(report.kinks) == 3


def test_a_slope_outside_of_a_kink_is_wrong() -> None:
    op = elementwise("mine", lambda x: np.maximum(x, 0.0), lambda y, x: 1.5 * (x == 0) + (x > 0), doc="a trial")
    with entered(op):
        report = gradcheck(op, 0.0)
    assert "outside" in report.wrong[0].message


@pytest.mark.parametrize("f", [autograd.sigmoid, autograd.softmax, autograd.logsumexp, autograd.sech])
def test_what_only_looks_like_a_kink_is_none(f: Any) -> None:
    """Their forward functions choose between forms where there is nothing to choose."""
    report = gradcheck(f, np.zeros(3))
    assert report
    assert not report.kinks


AWKWARD = {
    "1e8 sin x": (lambda x: 1e8 * autograd.sin(x), 0.3),
    "exp at 700": (autograd.exp, 700.0),
    "exp at -745": (autograd.exp, -745.0),
    "log at 1e-300": (autograd.log, 1e-300),
    "sin 1e3 x": (lambda x: autograd.sin(1e3 * x), 0.7),
    "1 / x": (lambda x: 1 / x, 1e-3),
    "relu at 1e-7": (autograd.relu, 1e-7),
    "a subnormal": (lambda x: 3.0 * x, 5e-324),
    "x ** 2 at 0": (lambda x: x**2, 0.0),
    "x ** 1.5 at 0": (lambda x: x**1.5, 0.0),
    "x ** 0 at 0": (lambda x: x**0, 0.0),
    "sqrt at 0": (autograd.sqrt, 0.0),
    "log at 0": (autograd.log, 0.0),
    "cancellation": (lambda x: (1 + x) - 1, 1e-9),
    "a branch that rounding decides": (lambda x: autograd.relu(x * 0.1 * 3 - 0.3 * x), 1.0),
    "nothing in it": (lambda x: (x * 2).sum(), np.zeros((0, 3))),
    "single precision": (lambda x: autograd.tanh(3 * x), np.float32([0.3, -2.0])),
    "half precision": (autograd.exp, np.float16([0.3, -2.0])),
    "a hole": (lambda x: autograd.where(x > 0, autograd.log(x), 0.0), np.array([1.0, -1.0])),
    "minus infinity": (autograd.logsumexp, np.array([-math.inf, 0.0, 1.0])),
    "not a number": (lambda x: x * 2, np.array([math.nan, 1.0])),
    "saturation": (autograd.sigmoid, np.array([-1e4, 40.0, 1e4])),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_functions_are_no_alarms(name: str) -> None:
    f, x = AWKWARD[name]
    report = gradcheck(f, x)
    assert report, str(report)


# The sweeps.


def test_a_sum_that_drops_a_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.sweep import events

    right = events.scalar_events

    def wrong(equations: Any, adjoints: list[Any], slopes: Any) -> Any:
        for event in right(equations, adjoints, slopes):
            adjoints[event.target] = event.contribution  # = where += is due
            yield event

    monkeypatch.setattr(events, "scalar_events", wrong)
    report = gradcheck(lambda x: x * autograd.sin(x), 0.7)
    assert {finding.check for finding in report.wrong} >= {"accumulation"}
    assert report.wrong[0].op in ("mul", "sin")
    assert "the sweep of events gave `x` " in report.wrong[0].message


# What may be asked.


def test_what_depends_on_nothing_is_refused() -> None:
    with pytest.raises(GraphError, match="depends on no tracked node: give inputs as floats"):
        gradcheck(lambda x: 3.0, 1.0)


@pytest.mark.parametrize(("options", "message"), [({"order": 3}, "order=1 or order=2"), ({"reference": "x"}, "one of")])
def test_settings_are_looked_at(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gradcheck(lambda x: x, 1.0, **options)


# Large operations.


def test_a_large_operation_is_looked_at_in_part_and_says_so() -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 100, 100))
    report = gradcheck(lambda a, b: a @ b, a, b)
    assert report, str(report)
    assert len([finding for finding in report.missing if finding.op == "matmul"]) == 2
    assert "of 10,000 elements a few were looked at" in str(report)
    assert any(finding.check == "whole gradient" for finding in report.missing)


@pytest.mark.parametrize("fault", [lambda g: g * (1 + 1e-4), lambda g: g + 1e-3, lambda g: g.T])
def test_a_wrong_rule_of_a_large_operation_is_found(fault: Any) -> None:
    op = primitive(
        "mine",
        np.matmul,
        lambda g, y, a, b: fault(g @ b.T),
        lambda g, y, a, b: a.T @ g,
        doc="a trial",
        linear="separately",
        check=False,
    )
    a, b = np.random.default_rng(0).standard_normal((2, 100, 100))
    with entered(op):
        report = gradcheck(op, a, b)
    assert {(finding.op, finding.input) for finding in report.wrong} == {("mine", 0)}


def test_a_large_elementwise_operation_is_sampled() -> None:
    x = np.random.default_rng(0).standard_normal(400_000)
    assert gradcheck(lambda x: autograd.tanh(x), x)
    with tanh_by(lambda y, x: 1 - y) as op:
        report = gradcheck(op, x)
    assert {(finding.op, finding.hint) for finding in report.wrong} == {("mine", "forgot to square?")}
