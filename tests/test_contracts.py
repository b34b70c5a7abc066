"""Contracts: every one that is broken, in a rule, in a function or in the engine, is found and named."""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flint
import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, elementwise, primitive
from autograd.check import Report, gradcheck
from autograd.check.contracts import functions as function_contracts
from autograd.check.contracts import operations as contracts
from autograd.check.contracts.scenarios import op_findings
from autograd.state import Block, blocks, conditional, enter, mode, scopes
from autograd.tensor import sweep as tensor_sweep

A = np.array([1.0, -2.0, 0.5])


@contextmanager
def entered(op: Any) -> Iterator[Any]:
    """An operation that is in the table for a while."""
    try:
        yield op
    finally:
        autograd.remove(op.name)


def by_vjp(rule: Callable[..., Any], forward: Callable[..., Any] = lambda x: x * 2) -> Any:
    return entered(primitive("mine", forward, rule, doc="a trial", check=False))


def of_rule(rule: Callable[..., Any], x: Any = A, forward: Callable[..., Any] = lambda x: x * 2) -> list[Any]:
    """What is found wrong with one operation on one input."""
    with by_vjp(rule, forward) as mine:
        return [finding for finding in op_findings(mine, [x], {}) if finding.outcome == "wrong"]


def checks(findings: Any) -> set[str]:
    return {finding.check for finding in findings}


def found(report: Report, check: str) -> list[Any]:
    return [finding for finding in report.wrong if finding.check == check]


# Rules.


def test_a_right_rule_breaks_nothing_and_every_contract_was_asked() -> None:
    counts: Counter[str] = Counter()
    with by_vjp(lambda g, y, x: g * 2) as mine:
        assert not [finding for finding in op_findings(mine, [A], {}, counts=counts) if finding.outcome == "wrong"]
    assert {f"contract: {name}" for name in contracts.CONTRACTS} <= set(counts)


@pytest.mark.parametrize(
    "rule",
    [lambda g, y, x: 0 * g + 2, lambda g, y, x: g * g, lambda g, y, x: g + 1e-9, lambda g, y, x: abs(g) * 2],
    ids=["ignored", "squared", "shifted", "without its sign"],
)
def test_a_rule_that_is_not_linear_in_the_cotangent_is_found(rule: Callable[..., Any]) -> None:
    findings = of_rule(rule)
    assert "linear in the cotangent" in checks(findings)
    assert all(finding.op == "mine" for finding in findings)


def test_a_rule_that_mixes_the_cotangents_of_a_batch_is_found() -> None:
    with entered(elementwise("mine", lambda x: x * 2, lambda y, x: 2 + 0 * x.sum(), doc="a trial")) as mine:
        assert not checks(f for f in op_findings(mine, [A], {}) if f.outcome == "wrong")
    slope = lambda y, x: 2.0 if np.shape(x) == (3,) else 3.0  # noqa: E731
    with entered(elementwise("mine", lambda x: x * 2, slope, doc="a trial", check=False)) as mine:
        assert "batched cotangents" in checks(op_findings(mine, [A], {}))


def test_a_rule_that_looks_at_the_memory_is_found() -> None:
    by_strides = lambda g, y, x: g * 2 if g.strides[-1] == 8 else g * 3  # noqa: E731
    assert "memory layout" in checks(of_rule(by_strides))
    by_flag = lambda g, y, x: g * 2 if x.flags.c_contiguous else g * 3  # noqa: E731
    assert "memory layout" in checks(of_rule(by_flag))


def test_a_forward_function_that_writes_past_the_locks_is_found() -> None:
    """Through the array that a view looks into, which nobody else can lock."""

    def forward(x: Any) -> Any:
        y = x * 2
        if x.base is not None:
            x.base[...] = x.base + 1.0
        return y

    assert "inputs unchanged" in checks(of_rule(lambda g, y, x: g * 2, forward=forward))


def test_a_gradient_of_another_shape_or_dtype_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = contracts.Sample.pull
    as_float32 = lambda self, *args, **kwargs: {  # noqa: E731
        k: np.float32(part) for k, part in right(self, *args, **kwargs).items()
    }
    monkeypatch.setattr(contracts.Sample, "pull", as_float32)
    assert "dtype and shape" in checks(of_rule(lambda g, y, x: g * 2))


def test_a_rule_that_draws_random_numbers_is_found() -> None:
    rng = np.random.default_rng(0)
    assert "deterministic" in checks(of_rule(lambda g, y, x: g * (2 + 1e-12 * rng.uniform())))


def test_a_forward_mode_that_parts_from_reverse_mode_is_found_at_its_input() -> None:
    """A sum that is said to be linear, with a rule that is off by one part in 10⁹."""
    rule = lambda g, y, x: g * np.ones(x.shape) * (1 + 1e-9)  # noqa: E731
    with entered(primitive("mine", np.sum, rule, linear="jointly", doc="a trial")) as mine:
        (finding,) = [finding for finding in op_findings(mine, [A], {}) if finding.check == "forward mode"]
    assert (finding.outcome, finding.op, finding.input) == ("wrong", "mine", 0)


def test_a_forward_sweep_that_parts_from_the_backward_one_is_found_at_its_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    right = function_contracts.push

    def wrong(section: Any, tangents: Any, outputs: Any, record: bool) -> Any:
        scaled = [t * (1.0 + 1e-9) if np.shape(t) == (2,) else t for t in tangents]
        return right(section, scaled, outputs, record)

    monkeypatch.setattr(function_contracts, "push", wrong)
    report = gradcheck(lambda x, y: (x.sum() * y).sum(), A, np.array([1.0, 3.0]))
    assert [finding.name for finding in found(report, "forward mode")] == ["y"]


def test_a_rule_that_fails_on_nothing_is_found() -> None:
    assert "zero-size inputs" in checks(of_rule(lambda g, y, x: g * (2 + 0 * x[0])))


def test_a_nan_that_is_replaced_is_found_and_where_it_was() -> None:
    forward = lambda x: np.where(x > -100, x * 2, 0.0)  # noqa: E731
    rule = lambda g, y, x: g * 2  # noqa: E731
    (finding, *_) = [f for f in of_rule(rule, forward=forward) if f.check == "NaN"]
    assert finding.input == 0
    assert len(finding.element) == 1
    assert "NaN" not in checks(of_rule(lambda g, y, x: g * 2))


def test_a_nan_that_is_left_out_and_flows_on_is_found() -> None:
    """It masks, by what it says of itself: what is not picked must not show."""
    forward = lambda x: x[:2] * 1.0  # noqa: E731
    for rule, is_right in (
        (lambda g, y, x: np.concatenate([g, np.zeros(1)]), True),
        (lambda g, y, x: np.concatenate([g, 0 * x[2:]]), False),
    ):
        with entered(primitive("mine", forward, rule, masks=True, doc="a trial", check=False)) as mine:
            reports = [checks(op_findings(mine, [A], {}, rng=rng)) for rng in range(3)]
        assert any("NaN" in report for report in reports) is not is_right


# Functions.


def test_a_function_that_writes_to_its_arguments_is_found() -> None:
    def assigns(x: Any) -> Any:
        x += 1.0
        return (x * x).sum()

    def writes(x: Any) -> Any:
        if isinstance(x, Tensor):
            x.data[0] = 7.0
        return (x * x).sum()

    for f in (assigns, writes):
        given = A.copy()
        (finding, *_) = found(gradcheck(f, given), "inputs unchanged")
        assert finding.name == "input 0"
        np.testing.assert_array_equal(given, A)


def test_what_a_function_closes_over_is_put_back_and_told() -> None:
    count, w = np.zeros(1, int), Tensor([2.0, 3.0], label="w")
    w.grad = np.array([5.0, 6.0])

    def f(x: Any) -> Any:
        count[0] += 1
        w.label = "other"
        return (x * w).sum()

    messages = [finding.message for finding in found(gradcheck(f, np.array([1.0, 2.0])), "inputs unchanged")]
    assert messages == ["`count` was written to", "the label of `w` was changed"]
    assert (count.tolist(), w.label) == ([0], "w")
    np.testing.assert_array_equal(w.grad, [5.0, 6.0])


def test_a_function_that_draws_random_numbers_is_found() -> None:
    rng = np.random.default_rng(0)
    (finding,) = found(gradcheck(lambda x: (x * rng.uniform()).sum(), A), "deterministic")
    assert "random numbers" in finding.hint


def test_gradients_that_share_their_memory_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(leaves: Any, order: Any, marker: Any) -> None:
        sums = {record.leaf: np.asarray(record.adjoint) for record in leaves if record.adjoint is not marker}
        tensor_sweep.store(sums)

    monkeypatch.setattr(tensor_sweep, "settle", settle)
    assert found(gradcheck(lambda x, y: x + y, A, A + 1), "aliasing")


def test_a_gradient_of_another_dtype_than_its_leaf_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tensor_sweep.store
    narrow = lambda sums: right({leaf: np.float32(g) for leaf, g in sums.items()})  # noqa: E731
    monkeypatch.setattr(tensor_sweep, "store", narrow)
    (finding,) = found(gradcheck(lambda x: x * 2.0, np.array([1.0, 2.0])), "dtype and shape")
    assert "float32" in finding.message


def test_a_sweep_that_is_not_linear_in_the_cotangent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = function_contracts.pulled
    shifted = lambda subject, cotangents: [g + 1e-9 for g in right(subject, cotangents)]  # noqa: E731
    monkeypatch.setattr(function_contracts, "pulled", shifted)
    (finding, *_) = found(gradcheck(lambda x: x * 2.0, A), "linear in the cotangent")
    assert finding.name == "input 0"


def test_a_function_that_looks_at_the_memory_is_found() -> None:
    def f(x: Any) -> Any:
        array = x.numpy() if isinstance(x, Tensor) else x
        return x * (2.0 if array.flags.c_contiguous else 3.0)

    assert found(gradcheck(f, np.ones((2, 3))), "memory layout")


def test_a_gradient_of_nothing_that_has_another_shape_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tensor_sweep.store
    flat = lambda sums: right({leaf: g if g.size else g.reshape(-1) for leaf, g in sums.items()})  # noqa: E731
    monkeypatch.setattr(tensor_sweep, "store", flat)
    assert found(gradcheck(lambda x: x * 2.0, np.ones((2, 3))), "zero-size inputs")


def test_single_precision_has_a_budget_of_its_own() -> None:
    rng = np.random.default_rng(0)
    report = gradcheck(lambda w, x: np.tanh(w @ x).sum(), rng.normal(size=(20, 30)), rng.normal(size=30))
    assert report
    assert report.checked["contract: float32"] == 1

    def loses(x: Any) -> Any:
        is_single = getattr(x, "dtype", None) == np.float32
        return (x * (1.0 + (1e-4 if is_single else 0.0))).sum()

    assert found(gradcheck(loses, A), "float32")


# The engine.


def leaves_no_grad() -> None:
    enter(Block("no_grad"), (blocks,))


LEFT: dict[str, Callable[[], Any]] = {
    "no_grad()": leaves_no_grad,
    "np.errstate": lambda: np.seterr(under="raise"),
    "garbage": gc.disable,
    "warnings": lambda: warnings.simplefilter("always"),
    "flint": lambda: setattr(flint.ctx, "prec", 77),
}


def state() -> tuple[Any, ...]:
    opened = (mode(), blocks.get(), conditional.get(), scopes.get())
    return (*opened, np.geterr(), gc.isenabled(), list(warnings.filters), flint.ctx.prec)


@pytest.mark.parametrize("what", LEFT)
@pytest.mark.parametrize("is_error", [False, True], ids=["returning", "raising"])
def test_what_a_function_leaves_changed_is_found_and_put_back(what: str, is_error: bool) -> None:
    if what == "garbage" and is_error:
        pytest.skip("the collector is off while operations are asked, so that nothing can be seen to switch it off")
    before = state()

    def f(x: Any) -> Any:
        if not is_error:
            y = x * x
            LEFT[what]()
            return y
        try:
            return x * x
        except RuntimeError:
            LEFT[what]()
            raise

    report = gradcheck(f, 3.0)
    assert any(what in finding.message for finding in found(report, "engine state")), str(report)
    assert state() == before


def test_blocks_that_are_closed_by_an_error_are_no_finding() -> None:
    def f(x: Any) -> Any:
        with autograd.scope("outer"), autograd.tracing(), autograd.scope("inner"):
            return x * x

    report = gradcheck(f, 3.0)
    assert report, str(report)
    assert report.checked["contract: engine state"] == 1


def test_everything_is_as_it_was_where_the_function_raises() -> None:
    before, w = state(), Tensor([1.0, 2.0], label="w")
    w.grad = np.array([3.0, 4.0])

    def f(x: Any) -> Any:
        np.seterr(all="raise")
        w.label = "other"
        w.grad = None
        raise KeyError("mine")

    with pytest.raises(KeyError):
        gradcheck(f, A)
    assert state() == before
    assert w.label == "w"
    np.testing.assert_array_equal(w.grad, [3.0, 4.0])


def test_a_check_leaves_its_inputs_as_they_were() -> None:
    x, v, array = Tensor([1.0, 2.0], label="x"), Value(3.0, "v"), np.array([4.0, 5.0])
    x.grad = np.array([1.0, 1.0])
    assert gradcheck(lambda x, v, a: ((x * a).sum(), v * v), x, v, {"a": array}["a"])
    assert (x.data.tolist(), x.grad.tolist(), x.label, x.op) == ([1.0, 2.0], [1.0, 1.0], "x", None)
    assert (v.data, v.has_grad, v.label) == (3.0, False, "v")
    assert array.tolist() == [4.0, 5.0]
