"""A person's entry is tried where it is made: what is plainly wrong is refused, and nothing that is right."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Op, Tensor, elementwise, primitive, table
from autograd.signature import each, param
from autograd.tried import expect_all

Case = tuple[Callable[..., Op], tuple[Any, ...], dict[str, Any]]


def enter(by: Callable[..., Op], *args: Any, **settings: Any) -> None:
    by("mine", *args, doc="an entry of a test", **settings)
    autograd.remove("mine")


def data(x: Any) -> Any:
    """What a rule has no business to ask for."""
    return x.data if isinstance(x, Tensor) else x


SQUARE = lambda x: x * x  # noqa: E731
POSITIVE = {"domain": ((0.0, np.inf),)}

#: What is plainly wrong: an entry, and what the refusal says.
WRONG: dict[str, tuple[Callable[..., Op], tuple[Any, ...], dict[str, Any], str]] = {
    "no square": (elementwise, (np.tanh, lambda y, x: 1 - y), {}, r"rule of x .* 0.03811\d* at x=-2.317, got"),
    "a sign": (elementwise, (np.tanh, lambda y, x: y * y - 1), {}, "got -0.0381"),
    "of a number alone": (elementwise, (lambda x: math.exp(x), lambda y, x: 2 * y), {}, "rule of x"),
    "in its domain": (elementwise, (np.log, lambda y, x: 2 / x), POSITIVE, "at x=0.3191, got 6.26"),
    "where it is a number": (elementwise, (lambda x: np.log(x), lambda y, x: 2 / x), {}, "at x=0.4719"),
    "the second": (elementwise, (np.multiply, lambda z, x, y: y, lambda z, x, y: y), {}, "-2.3171 at x=-2.317, y=-0.6"),
    "numeric": (elementwise, (np.tanh, lambda y, x: 1 - y * y), {"numeric": [lambda y, x: 5 * x]}, "rule of x"),
    "through a rounding": (elementwise, (np.round, lambda y, x: 1), {}, "which is 0 at .* say check=False if it is"),
    "of a list": (elementwise, (lambda xs: xs[0] * xs[1], each(lambda z, xs: lambda k: xs[k])), {}, r"of xs\[0\]"),
    "a vjp": (primitive, (lambda x: np.sum(x * x), lambda g, y, x: 3 * g * x), {}, r"at x of shape \(3,\), got"),
    "a transpose": (primitive, (np.matmul, lambda g, y, a, b: g @ b, lambda g, y, a, b: a.T @ g), {}, "rule of a"),
    "the shape": (primitive, (np.sum, lambda g, y, a: np.ones(7) * g), {}, "."),
    "vjps of a list": (primitive, (np.stack, each(lambda g, y, xs: lambda k: 2 * g[k])), {}, r"of xs\[0\]"),
    "outputs": (primitive, (lambda x: (np.exp(x), 2 * x), lambda g, y, x: g[0] * y[0] + g[1]), {}, "rule of x"),
    "a place": (primitive, (lambda x, i: x[i], lambda g, y, x, i: g * x, None), {}, r"i=1, got"),
    "cross": (
        primitive, (np.cross, lambda g, y, a, b: autograd.cross(b, g), lambda g, y, a, b: autograd.cross(g, a)),
        {"linear": "separately"}, "none subtracted",
    ),
    "one beside a right one": (
        primitive, (lambda x, y: x * y, lambda g, z, x, y: missing(g), lambda g, z, x, y: g * y), {}, "rule of y",  # type: ignore[name-defined]  # noqa: F821
    ),
    "masks": (elementwise, (lambda x: np.maximum(x, 0), lambda g, y, x: g * (x > 0)), {"masks": True}, "masks=True"),
    "no rule": (elementwise, (np.multiply, lambda z, x, y: y, None), {}, "got None: give it a rule"),
    "no rules": (elementwise, (np.tanh, None), {}, "got None: give it a rule"),
    "no vjp": (primitive, (lambda x, k: x * k, lambda g, y, x, k: g * k, None), {}, "rule of k .* got None"),
    "data": (elementwise, (np.exp, lambda y, x: data(y)), {}, "differentiated again"),
    "float": (elementwise, (np.exp, lambda y, x: float(y)), {}, "differentiated again"),
    "data in a vjp": (primitive, (lambda x: np.sum(x**3), lambda g, y, x: g * 3 * data(x) ** 2), {}, "no .data"),
    "a small one": (elementwise, (lambda x: x * 1e-12, lambda y, x: 5e-12), {}, "which is 1e-12 .* got 5e-12"),
    "a small vjp": (primitive, (lambda x: x * 1e-12, lambda g, y, x: g * 5e-12), {}, "rule of x"),
    "no domain": (elementwise, (lambda x: np.log(x), lambda y, x: 1 / x), {"domain": ((-3, 0),)}, r"got \(-3, 0\)"),
    "a param": (elementwise, (lambda x, k=2: x**k, lambda y, x, k=2: 2 * x), {}, "k=3, got"),
    "a float": (elementwise, (lambda x, by=0.5: x * by, lambda y, x, by=0.5: 0.5), {}, "by=0.75, got 0.5"),
    "a param of a vjp": (primitive, (lambda x, k=2: np.sum(x**k), lambda g, y, x, k=2: 2 * g * x), {}, "k=3, got"),
    "no result": (elementwise, (SQUARE, lambda y, x: None), {}, "expected a slope, got None"),
    "text": (elementwise, (SQUARE, lambda y, x: "2"), {}, "expected a slope of real numbers, got text"),
    "no gradient": (primitive, (SQUARE, lambda g, y, x: None), {}, "expected a gradient, got None"),
    "a list": (primitive, (SQUARE, lambda g, y, x: [1.0]), {}, "got a list"),
    "a forward list": (elementwise, (lambda x: x.tolist(), lambda y, x: 1), {}, "expected one array, got 3"),
    "forward text": (primitive, (lambda x: "t", lambda g, y, x: g), {}, "expected a result of real numbers, got text"),
    "forward None": (primitive, (lambda x: None, lambda g, y, x: g), {}, "expected a result, got None"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_plainly_wrong_is_refused(case: str) -> None:
    by, args, settings, message = WRONG[case]
    with pytest.raises((ValueError, autograd.DTypeError), match=f"^mine: .*{message}"):
        enter(by, *args, **settings)
    assert "mine" not in table
    enter(by, *args, **settings, check=False)


@pytest.mark.parametrize("linear", ["first", "jointly", "separately"])
@pytest.mark.parametrize("forward", [SQUARE, lambda x: x + 1, np.abs])
def test_what_is_said_to_be_linear_is_so(linear: Any, forward: Any) -> None:
    slope = {SQUARE: lambda x: 2 * x, np.abs: autograd.sign}.get(forward, lambda x: x * 0 + 1)
    for by, rule in ((elementwise, lambda y, x: slope(x)), (primitive, lambda g, y, x: g * slope(x))):
        with pytest.raises(ValueError, match=f"^mine: expected .* linear in x, as linear='{linear}' says"):
            enter(by, forward, rule, linear=linear)
        enter(by, forward, rule)


@pytest.mark.parametrize(
    "forward",
    [
        np.cumsum, np.sort, np.sum, lambda x: x[::-1], lambda x: np.exp(x) / np.exp(x).sum(), lambda x: x.T,
        lambda x: x - x.mean(), lambda x: np.sort(x, axis=0), lambda x: x + (x if x.ndim < 2 else np.roll(x, 1)),
    ],
)  # fmt: skip
def test_a_forward_function_that_mixes_elements_is_not_elementwise(forward: Any) -> None:
    with pytest.raises(ValueError, match=r"^mine: .*enter it with autograd.primitive"):
        enter(elementwise, forward, lambda y, x: 1)


@pytest.mark.parametrize(
    ("by", "forward", "rules"),
    [
        (elementwise, np.multiply, [lambda z, x, y: y]),
        (elementwise, np.exp, [lambda y, x: y, lambda y, x: y]),
        (elementwise, np.tanh, [lambda y, x: 1 - y * y, None]),
        (elementwise, SQUARE, [None, None]),
        (elementwise, SQUARE, [lambda x: 2 * x]),
        (elementwise, SQUARE, [lambda g, y, x: 2 * x]),
        (primitive, SQUARE, [lambda x: 2 * x]),
        (primitive, SQUARE, [lambda y, x: 2 * x]),
        (primitive, SQUARE, [lambda g, y, x, b: 2 * g * x]),
        (primitive, lambda x, b: x, [lambda g, y, x: g]),
        (primitive, SQUARE, [lambda *args: args[0]]),
    ],
)
def test_rules_that_cannot_be_called_are_refused(by: Any, forward: Any, rules: Any) -> None:
    """Whatever check= is: nobody means it."""
    for check in (True, False):
        with pytest.raises(ValueError, match=r"^mine: expected "):
            enter(by, forward, *rules, check=check)


RIGHT: list[Case] = [
    (elementwise, (np.log, lambda y, x: 1 / x), {}),
    (elementwise, (np.abs, lambda y, x: autograd.sign(x)), {}),
    (elementwise, (lambda x: np.maximum(x, 0.4719), lambda y, x: x > 0.4719), {}),
    (elementwise, (np.round, lambda y, x: 0), {}),
    (elementwise, (np.floor, None), {}),
    (elementwise, (lambda x: np.float32(x) * 3, lambda y, x: 3), {}),
    (elementwise, (lambda x: np.random.default_rng().random() * x, lambda y, x: 3), {}),
    (elementwise, (lambda x: x * 2, lambda y, x: not_entered_yet(x)), {}),  # type: ignore[name-defined]  # noqa: F821
    (elementwise, (lambda c, x: np.where(c, x, 0), None, lambda y, c, x: autograd.where(c, 1, 0)), {}),
    (elementwise, (lambda x: np.sqrt(x - 9), lambda y, x: 0.5 / y), {}),
    (elementwise, (lambda x: x * 1e300, lambda y, x: 1e300), {}),
    (elementwise, (lambda x: x * 1e-300, lambda y, x: 1e-300), {}),
    (elementwise, (lambda x: math.exp(x), lambda y, x: y), {}),
    (elementwise, (lambda x: 1e6 + x, lambda y, x: 1), {}),
    (elementwise, (lambda x, k=2: x**k, lambda y, x, k=2: k * x ** (k - 1)), {}),
    (elementwise, (lambda x, how: how(x), lambda y, x, how: 2), {}),
    (elementwise, (lambda xs: xs[0] * xs[1], each(lambda z, xs: lambda k: xs[1 - k])), {"linear": "separately"}),
    (elementwise, (lambda x: x * 3, lambda y, x: 3), {"linear": "jointly"}),
    (primitive, (lambda x: x[::-1], lambda g, y, x: g[::-1]), {"linear": "jointly"}),
    (primitive, (np.matmul, lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g), {"linear": "separately"}),
    (primitive, (lambda x: x * 2, lambda g, y, x: not_entered_yet(g)), {}),  # type: ignore[name-defined]  # noqa: F821
    (primitive, (lambda n, x: x**n, param, lambda g, y, n, x: g * (n * x ** (n - 1))), {}),
    (primitive, (lambda x: (np.exp(x), 2 * x), lambda g, y, x: g[0] * y[0] + 2 * g[1]), {}),
    (primitive, (lambda x, i: x[i], lambda g, y, x, i: autograd.put(g, x.shape, i), None), {"masks": True}),
    (primitive, (np.linalg.inv, lambda g, y, a: -(y.T @ g @ y.T)), {}),
    (primitive, (lambda x: np.fft.fft(x).real, lambda g, y, x: np.fft.fft(g).real), {}),
]


@pytest.mark.parametrize(("by", "args", "settings"), RIGHT)
def test_what_is_right_or_cannot_be_told_is_entered(by: Any, args: Any, settings: Any) -> None:
    enter(by, *args, **settings)


def test_it_is_tried_the_same_where_nothing_is_recorded() -> None:
    with autograd.no_grad(), pytest.raises(ValueError, match="rule of x"):
        enter(primitive, SQUARE, lambda g, y, x: g * x)


def test_what_python_warns_of_is_not_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        enter(elementwise, lambda x: np.log(x), lambda y, x: 1 / x)


@pytest.mark.parametrize("op", table.values(), ids=lambda op: op.name)
def test_the_table_is_not_refused(op: Op) -> None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expect_all(op)


@given(a=st.floats(-4, 4), b=st.floats(0.25, 4))
def test_no_kink_anywhere_is_taken_for_a_fault(a: float, b: float) -> None:
    slope = lambda x: b * autograd.abs(x - a) ** (b - 1) * autograd.sign(x - a)  # noqa: E731
    enter(elementwise, lambda x: np.abs(x - a) ** b, lambda y, x: slope(x))
    enter(primitive, lambda x: np.sum(np.abs(x - a) ** b), lambda g, y, x: g * slope(x))


@given(scale=st.floats(-12, 12), off=st.floats(0.01, 100), sign=st.sampled_from([1, -1]))
def test_a_factor_is_found_at_any_scale(scale: float, off: float, sign: int) -> None:
    size, wrong = 10.0**scale, 1 + sign * off
    slope = lambda x: size * autograd.cos(x)  # noqa: E731
    for by, rule in ((elementwise, lambda y, x: slope(x)), (primitive, lambda g, y, x: g * slope(x))):
        enter(by, lambda x: size * np.sin(x), rule)
        with pytest.raises(ValueError, match="rule of x"):
            enter(by, lambda x: wrong * size * np.sin(x), rule)


def test_a_setting_that_means_nothing_is_refused() -> None:
    for by in (elementwise, primitive):
        with pytest.raises(ValueError, match="mine: expected check= as True or False, got 1"):
            enter(by, np.tanh, lambda y, x: 1 - y * y, check=1)


def test_rules_whose_defaults_alone_are_others_are_refused() -> None:
    rules = [lambda g, y, x, z, n=1: g * n, lambda g, y, x, z, n=2: g * n]
    with pytest.raises(ValueError, match=r"^between: expected rules that have the same arguments, got .*n=2"):
        primitive("between", lambda x, z, n=1: (x + z) * n, *rules, doc="adds")


def test_a_forward_function_without_a_param_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^scaled: expected a forward function that takes n, got \(x\)"):
        primitive("scaled", lambda x: x, lambda g, y, x, n=1: g * n, doc="scales")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], "expected a rule for each input of np.sin, which has 1, got 0"),
        ([lambda y, x: np.cos(x), None], "expected a rule for each input of np.sin, which has 1, got 2"),
        (
            [lambda g, y, x: g * np.cos(x)],
            r"expected rules of the output and then of 1 inputs, got \(y, x\) behind that",
        ),
    ],
)
def test_a_ufunc_says_how_many_inputs_there_are(rules: list[Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^wrong: {said}"):
        autograd.elementwise("wrong", np.sin, *rules, doc="of a ufunc")
