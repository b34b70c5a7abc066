"""A rule and its generated code agree, also after anything that the rule reads has been changed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Op, Tensor, Value, cos, elementwise, tanh
from autograd.compile.codegen import evaluate_by_rules, evaluator, not_generated, unary_source, why_not
from autograd.notation.python import Untranslatable

FACTOR: Any = 2.0
act: Any = cos


class Config:
    k: Any = 3.0


class Slotted:
    __slots__ = ("k",)


class Stateful:
    def draw(x: Any) -> Any:  # noqa: N805 - called on the class
        global count
        count += 1
        return count * x


class Computed:
    @property
    def k(self) -> float:
        return random.random()


nested = SimpleNamespace(inner=SimpleNamespace(k=0.5), table={"k": 4.0}, pair=[1.5, 2.5])
slotted = Slotted()
slotted.k = 1.25
computed = Computed()
generator = np.random.default_rng(0)


def helper(x: Any) -> Any:
    return FACTOR * x + Config.k


def deeper(x: Any) -> Any:
    return helper(x) * nested.inner.k


def other(x: Any) -> Any:
    return x - 7


def in_cell() -> tuple[Callable[..., Any], Callable[[Any], None]]:
    k: Any = 2.0

    def rule(y: Any, x: Any) -> Any:
        return k * x

    def change(value: Any) -> None:
        nonlocal k
        k = value

    return rule, change


class Holder:
    def __init__(self) -> None:
        self.k: Any = 5.0

    def rule(self, y: Any, x: Any) -> Any:
        return self.k * x


cell_rule, change_cell = in_cell()
holder = Holder()
default_rule: Any = lambda y, x, k=2.0: k * x  # noqa: E731


def coded_rule(y: Any, x: Any) -> Any:
    return 2.0 * x


def code_of(arguments: str, value: float) -> Any:
    """That of another function, as a notebook's autoreload puts it in the place of the old."""
    return eval(f"lambda {arguments}: {float(value)!r} * x").__code__


Change = Callable[[pytest.MonkeyPatch, Any], Any]

#: A rule, and how what it reads is changed.
READING: dict[str, tuple[Callable[..., Any], Change]] = {
    "global": (lambda y, x: FACTOR * x, lambda m, v: m.setitem(globals(), "FACTOR", v)),
    "twice": (lambda y, x: FACTOR * x + FACTOR, lambda m, v: m.setitem(globals(), "FACTOR", v)),
    "alone": (lambda y, x: FACTOR, lambda m, v: m.setitem(globals(), "FACTOR", v)),
    "cell": (cell_rule, lambda m, v: change_cell(v)),
    "class attribute": (lambda y, x: Config.k * x, lambda m, v: m.setattr(Config, "k", v)),
    "class": (lambda y, x: Config.k * x, lambda m, v: m.setitem(globals(), "Config", SimpleNamespace(k=v))),
    "nested attribute": (lambda y, x: nested.inner.k * x, lambda m, v: m.setattr(nested.inner, "k", v)),
    "outer attribute": (lambda y, x: nested.inner.k * x, lambda m, v: m.setattr(nested, "inner", SimpleNamespace(k=v))),
    "slot": (lambda y, x: slotted.k * x, lambda m, v: m.setattr(slotted, "k", v)),
    "key": (lambda y, x: nested.table["k"] * x, lambda m, v: m.setitem(nested.table, "k", v)),
    "element": (lambda y, x: nested.pair[1] * x, lambda m, v: nested.pair.__setitem__(1, v)),
    "method": (holder.rule, lambda m, v: m.setattr(holder, "k", v)),
    "default": (default_rule, lambda m, v: m.setattr(default_rule, "__defaults__", (v,))),
    "helper's global": (lambda y, x: helper(x), lambda m, v: m.setitem(globals(), "FACTOR", v)),
    "helper's attribute": (lambda y, x: deeper(x), lambda m, v: m.setattr(Config, "k", v)),
    "helper": (lambda y, x: helper(x), lambda m, v: m.setitem(globals(), "helper", other)),
    "helper of a helper": (lambda y, x: deeper(x), lambda m, v: m.setitem(globals(), "helper", other)),
    "operation": (lambda y, x: act(x), lambda m, v: m.setitem(globals(), "act", tanh)),
    "builtin": (lambda y, x: abs(x), lambda m, v: m.setitem(globals(), "abs", other)),
    "module's constant": (lambda y, x: math.pi * x, lambda m, v: m.setitem(globals(), "math", SimpleNamespace(pi=v))),
    "code": (coded_rule, lambda m, v: m.setattr(coded_rule, "__code__", code_of("y, x", v))),
    "helper's code": (lambda y, x: deeper(x), lambda m, v: m.setattr(helper, "__code__", code_of("x", v))),
    "inner function": (lambda y, x: (lambda u: FACTOR * u)(x), lambda m, v: m.setitem(globals(), "FACTOR", v)),
}


@contextmanager
def entered(rule: Callable[..., Any], forward: Callable[..., Any] = np.sin) -> Iterator[Op]:
    op = elementwise("trial", forward, rule, doc="is on trial", check=False)
    try:
        yield op
    finally:
        autograd.remove("trial")


def slopes_of(op: Op, x: float) -> list[float]:
    """The slope by the method of a Value, by the function, by the evaluator, and by a Tensor's way back."""
    by_method, by_function, tensor = Value(x), Value(x), Tensor([x])
    by_method.trial().backward()  # type: ignore[attr-defined]
    op(by_function).backward()
    op(tensor).sum().backward()
    assert tensor.grad is not None
    return [by_method.grad, by_function.grad, evaluator(op)(x)[1], float(tensor.grad[0])]


@pytest.mark.parametrize("what", READING)
@given(x=st.floats(-3, 3), value=st.one_of(st.floats(-5, 5), st.integers(-5, 5), st.just(np.float64(0.3))))
def test_generated_code_looks_up_what_the_rule_reads(what: str, x: float, value: Any) -> None:
    rule, change = READING[what]
    with pytest.MonkeyPatch.context() as patch, entered(rule) as op:
        assert why_not(op) is None
        assert slopes_of(op, x) == pytest.approx([float(rule(np.sin(x), np.float64(x)))] * 4, rel=1e-12)
        change(patch, value)
        assert slopes_of(op, x) == pytest.approx([float(rule(np.sin(x), np.float64(x)))] * 4, rel=1e-12)
        assert all(type(slope) is float for slope in slopes_of(op, x))


@pytest.mark.parametrize("value", [np.array(2.5), np.float32(0.5), True, 10**400, math.inf, math.nan, 0])
def test_a_constant_may_become_any_number(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with entered(lambda y, x: x / FACTOR) as op:
        slopes_of(op, 2.0)
        monkeypatch.setitem(globals(), "FACTOR", value)
        try:
            expected = evaluate_by_rules(op, [2.0], {})[1]
        except Exception as error:
            with pytest.raises(type(error)):
                Value(2.0).trial()  # type: ignore[attr-defined]
        else:
            assert Value(2.0).trial()._dx == pytest.approx(expected, nan_ok=True)  # type: ignore[attr-defined]


def test_a_constant_that_is_gone_raises_what_the_rule_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    with entered(lambda y, x: FACTOR * x) as op:
        x = Value(1.0)
        op(x)
        monkeypatch.delitem(globals(), "FACTOR")
        with pytest.raises(NameError):
            x.trial()  # type: ignore[attr-defined]


count = 0


def counting(y: Any, x: Any) -> Any:
    global count
    count += 1
    return count * x


def catching(y: Any, x: Any) -> Any:
    try:
        return 1.0 if x > 0 else -1.0
    except:  # noqa: E722 - as people write it
        return 0.0


def importing(y: Any, x: Any) -> Any:
    from random import random as draw

    return draw() * x


MODE = "fast"
OPTION: Any = None
REFUSED: dict[str, Callable[..., Any]] = {
    "random number": lambda y, x: random.random() * x,
    "random generator": lambda y, x: generator.normal() * x,
    "NumPy's random number": lambda y, x: np.random.rand() * x,
    "import": importing,
    "property": lambda y, x: computed.k * x,
    "counter": counting,
    "counter of a helper": lambda y, x: Stateful.draw(x),
    "branch on data": lambda y, x: 1.0 if x > 0 else 2.0,
    "branch on a text": lambda y, x: x if MODE == "fast" else 2 * x,
    "branch on None": lambda y, x: x if OPTION is None else 2 * x,
    "branch on an object": lambda y, x: x if MODE is OPTION else 2 * x,
    "branch on a constant": lambda y, x: x if FACTOR > 1 else 2 * x,
    "branch on a kind": lambda y, x: x if isinstance(x, float) else 2 * x,
    "loop over a list": lambda y, x: [x := x * k for k in nested.pair][-1],
    "exception caught": catching,
    "look-up by a number": lambda y, x: {2.0: 3.0}.get(FACTOR, 0.0) * x,
    "printed number": lambda y, x: {"2.0": 3.0}.get(f"{FACTOR}", 0.0) * x,
    "shape": lambda y, x: x * len(x.shape),
    "function without a derivative": lambda y, x: np.spacing(x),
    "NumPy's constant array": lambda y, x: np.zeros(()) + x,
    "globals": lambda y, x: globals()["FACTOR"] * x,
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_looked_up_is_not_generated_and_listed(what: str) -> None:
    global count
    count = 0
    with entered(REFUSED[what]) as op:
        assert why_not(op)
        assert not_generated()["trial"] == why_not(op)
        with pytest.raises(Untranslatable):
            unary_source(op)
        assert count == 0, "nothing happened"


def test_a_random_draw_is_drawn_anew() -> None:
    with entered(lambda y, x: random.random() * x) as op:
        x = Value(1.0)
        assert len({op(x)._dx for _ in range(5)} | {x.trial()._dx for _ in range(5)}) == 10  # type: ignore[attr-defined]


def test_what_a_forward_function_reads_is_looked_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with entered(lambda y, x: FACTOR, lambda x: FACTOR * x) as op:
        for factor in (2.0, 5.0):
            monkeypatch.setitem(globals(), "FACTOR", factor)
            assert Value(3.0).trial().data == op(Value(3.0)).data == op(Tensor(3.0)).item() == 3 * factor  # type: ignore[attr-defined]


def test_the_changed_code_of_a_forward_function_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(x: Any) -> Any:
        return 2 * x

    with entered(lambda y, x: y / x, forward) as op:
        for changed in (forward, lambda x: 5 * x):
            monkeypatch.setattr(forward, "__code__", changed.__code__)
            values = Value(3.0).trial(), op(Value(3.0)), op(Tensor(3.0))  # type: ignore[attr-defined]
            assert [y.item() for y in values] == [changed(3.0)] * 3


def test_generated_code_is_a_line_an_operation_however_often_they_use_one_another() -> None:
    def squared(y: Any, x: Any) -> Any:
        for _ in range(18):
            x = x * x
        return x

    def added(y: Any, x: Any) -> Any:
        for _ in range(2000):
            x = x + 1.5
        return x

    for rule in (squared, added):
        with entered(rule) as op:
            assert len(unary_source(op).text) < 100_000
            assert Value(1.0).trial()._dx == rule(None, 1.0)  # type: ignore[attr-defined]
    with entered(squared) as op:
        assert len(unary_source(op).text.splitlines()) < 45
