"""Wrong rules and functions of kinds that hide: each is found, and called what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Op, Tensor, Value, clip, cos, elementwise, exp, primitive, relu
from autograd.check import Report, gradcheck

X = np.array([0.3, 0.1, 0.7])

Enter = Callable[..., Op]


@pytest.fixture
def entered() -> Iterator[Enter]:
    """Enter an operation called "mine" for the time of a test."""

    def enter(*args: Any, by: Callable[..., Op] = primitive, **settings: Any) -> Op:
        return by("mine", *args, doc="an entry of a test", **{"check": False, **settings})

    yield enter
    autograd.remove("mine")


def checks(report: Report) -> set[str]:
    assert not report
    return {finding.check for finding in report.wrong}


LOST: dict[str, tuple[Any, ...]] = {
    "in float32": (lambda x: x * float(x.sum()), X.astype(np.float32)),
    "little of it, in float32": (lambda x: x + 1e-6 * x * float(x.sum()), X.astype(np.float32)),
    "of a weight in float32": (
        lambda w, x: x @ w * float((w * w).sum()),
        np.ones(3, np.float32),
        np.ones((2, 3), np.float32),
    ),
    "beside a kink": (lambda w, x: relu(w) + x * float(x), 0.0, 1.3),
    "at a tie": (lambda x: autograd.max(x) * float(x.sum()), np.array([1.0, 2.0, 2.0])),
    "at a bound": (lambda x: clip(x, 0.0, 1.0) * float(x.sum()), np.array([1.0, 0.5, 0.2])),
    "beside what is larger": (lambda w, x: 1e9 * np.sin(w) + x * float(x), 0.3, 1.3),
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_float_loses(name: str) -> None:
    f, *inputs = LOST[name]
    assert "plain function" in checks(gradcheck(f, *inputs))


def horner(x: Any) -> Any:
    """(x − 1)⁷, with hardly a digit left near 1."""
    return ((((((x - 7) * x + 21) * x - 35) * x + 35) * x - 21) * x + 7) * x - 1


def series(x: Any) -> Any:
    term = total = x * 0 + 1.0
    for n in range(1, 120):
        term = term * x / n
        total = total + term
    return total


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.001])
def test_an_ill_conditioned_function_excuses_no_wrong_rule(factor: float, entered: Enter) -> None:
    op = entered(horner, lambda y, x: factor * 7 * (x - 1) ** 6, by=elementwise)
    assert checks(gradcheck(lambda x: op(x), 1.001)) == {"local derivative"}


def test_a_right_rule_of_an_ill_conditioned_function_passes(entered: Enter) -> None:
    op = entered(horner, lambda y, x: 7 * (x - 1) ** 6, by=elementwise)
    assert gradcheck(lambda x: op(x), 1.001)


def test_a_series_without_digits_excuses_no_slope_of_zero(entered: Enter) -> None:
    op = entered(series, lambda y, x: 0 * y, by=elementwise)
    assert checks(gradcheck(lambda x: op(x), -20.0)) == {"local derivative"}


def test_a_gradient_outside_of_both_slopes() -> None:
    report = gradcheck(lambda x: 5 * x if x == 0 else abs(x), 0.0)
    assert "outside of the slopes -1 below and 1 above" in report.wrong[0].message


def test_kinks_that_cancel_are_open() -> None:
    """relu(x) − relu(−x) is x, and the gradients of its parts come to 0."""
    report = gradcheck(lambda x: relu(x) - relu(-x), 0.0)
    assert [finding.check for finding in report.inconclusive] == ["plain function"]


def test_a_rule_that_remembers(entered: Enter) -> None:
    cache: dict[Any, Any] = {}

    def rule(g: Any, y: Any, x: Any) -> Any:
        return g * cache.setdefault(x.shape, np.cos(x)) if isinstance(x, np.ndarray) else g * cos(x)

    op = entered(np.sin, rule)
    assert "at other numbers" in checks(gradcheck(lambda x: op(x), X))


def test_a_function_that_remembers_a_node() -> None:
    kept: dict[str, Any] = {}

    def memo(x: Any) -> Any:
        kept.setdefault("w", x * 2)
        return kept["w"] * x

    (finding,) = gradcheck(memo, X).wrong
    assert "keeps a node of an earlier call" in finding.message


def test_a_function_whose_first_call_is_another() -> None:
    calls: list[int] = []

    def first(x: Any) -> Any:
        calls.append(1)
        return x * (2 if len(calls) == 1 else 3)

    assert checks(gradcheck(first, X)) == {"deterministic"}


def test_random_numbers_are_one_finding() -> None:
    rng = np.random.default_rng(0)
    assert {finding.check for finding in gradcheck(lambda x: x * rng.normal(size=3), X).findings} == {"deterministic"}


@pytest.mark.parametrize("bound", [5.0, 1e3])
def test_a_rule_that_bounds_the_cotangent(bound: float, entered: Enter) -> None:
    op = entered(np.sin, lambda g, y, x: clip(g, -bound, bound) * cos(x))
    assert "linear in the cotangent" in checks(gradcheck(lambda x: op(x), X))


def test_a_rule_that_drops_what_is_small(entered: Enter) -> None:
    op = entered(np.sin, lambda g, y, x: autograd.where(abs(g) < 1e-3, 0.0, g) * cos(x))
    assert "linear in the cotangent" in checks(gradcheck(lambda x: op(x), X))


def test_a_rule_that_replaces_a_nan(entered: Enter) -> None:
    op = entered(np.sin, lambda g, y, x: autograd.where(g == g, g, 0.0) * cos(x))
    assert checks(gradcheck(lambda x: op(x), X)) == {"NaN"}


def test_a_forward_function_that_runs_once(entered: Enter) -> None:
    buffer = np.empty(3)
    op = entered(
        lambda x: np.sin(x) if x.dtype == object else np.sin(x, out=buffer),
        lambda g, y, x: g * cos(x),
    )
    assert "scenario: plain call" in checks(gradcheck(lambda x: op(x), X))


def test_a_rule_that_is_wrong_in_float32_is_placed(entered: Enter) -> None:
    def rule(y: Any, x: Any) -> Any:
        return cos(x) * (1.01 if getattr(x, "dtype", None) == np.float32 else 1.0)

    op = entered(np.sin, rule, by=elementwise)

    def f(x: Any) -> Any:
        h = op(x)
        return (h * h).sum()

    finding = gradcheck(f, X).wrong[0]
    assert (finding.check, finding.op, finding.name) == ("float32, local derivative", "mine", "h")
    assert finding.source is not None


def test_a_second_backward_that_forgets_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def assigned(self: Any, seed: Any = None) -> None:
        kept = [place._holder for place in autograd.node.topological([self._record]) if place.op is None]
        for leaf in kept:
            leaf.grad = None
        backward(self, seed)

    backward = Tensor.backward
    monkeypatch.setattr(Tensor, "backward", assigned)
    assert "accumulation" in checks(gradcheck(lambda x: (x * x).sum(), X))


def test_a_gradient_that_overflows_to_nan() -> None:
    (finding,) = gradcheck(lambda x: 1 / (1 + exp(-x)), -1000.0).wrong
    assert finding.check == "whole gradient"
    assert finding.message.startswith("got nan, and the whole function has")
    assert not gradcheck(lambda x: 1 / (1 + exp(-x)), Value(-1000.0))
