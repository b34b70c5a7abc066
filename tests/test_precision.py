"""Every partial of the table to eight units in the last place, over its whole domain, against sixty digits.

The oracle knows the forward functions alone (`exact`). Every elementwise operation with a slope is here because it is
in the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from exact import MEANING, slope, ulps
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nn
from autograd import (
    Op,
    Tensor,
    Value,
    elementwise,
    explain,
    gradients,
    jvp,
    logsumexp,
    primitive,
    remove,
    softmax,
    table,
)

ULPS = 8

#: A second derivative adds up what several ways bring.
SECOND_ULPS = 32

OPS = [op for op in table.values() if op.is_elementwise and all(op.rules) and op.arity]
each_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)

#: Beyond this, exp and cosh overflow; what comes out there is denormal, or zero.
ENDS = {np.float64: 708.0, np.float32: 87.0}


def magnitudes(decades: int) -> st.SearchStrategy[float]:
    """Of every size; near 1; where functions saturate; and round numbers."""
    near = st.floats(-16, -1).flatmap(lambda e: st.sampled_from([1 + 10**e, 1 - 10**e]))
    sizes = st.floats(-decades, decades).map(lambda e: 10.0**e)
    return st.one_of(sizes, near, st.floats(0, 50), st.floats(0, 800), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]))


@st.composite
def points(draw: st.DrawFn, op: Op, dtype: Any = np.float64) -> list[float]:
    """Numbers of a dtype, anywhere in the domain of an operation save on its kinks."""
    decades = 300 if dtype is np.float64 else 36
    point = [draw(magnitudes(decades)) * draw(st.sampled_from([1, -1])) for _ in op.rules]
    if op.domain:
        point = [x if low == -math.inf else low + abs(x - low) for x, (low, _) in zip(point, op.domain, strict=True)]
    point = [float(dtype(x)) for x in point]
    assume(all(x > low for x, (low, _) in zip(point, op.domain, strict=False)))
    if op.name == "pow":
        point[1] = draw(exponents(point, dtype))
    with np.errstate(all="ignore"):
        assume(op.kinks is None or abs(op.kinks(*point)) > 0)  # and no NaN, of distances beyond the range
    return point


@st.composite
def exponents(draw: st.DrawFn, point: Sequence[float], dtype: Any) -> float:
    """Of any size, or such that the power is: none of xʸ, xʸ⁻¹, xʸ⁻² may be denormal, for rules compute with them."""
    x, y = point
    end = ENDS[dtype] - 2
    if draw(st.booleans()) and abs(math.log(x)) > 1e-300:
        y = draw(st.floats(-end, end)) / math.log(x)
    else:
        y = draw(st.sampled_from([y, 0.0, 0.5, 1.0, 2.0, -1.0]))
    y = float(dtype(y)) if abs(y) < np.finfo(dtype).max else 0.0
    assume(all(abs((y - n) * math.log(x)) < end for n in range(3)))
    return y


@each_op
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_slope_is_exact_to_its_last_digits(op: Op, data: st.DataObject) -> None:
    point = data.draw(points(op))
    with np.errstate(all="ignore"):
        found = [*ways(op, point, Value, 1.0), *ways(op, point, Tensor, np.float64(1.0))]
    check(op, point, found, np.float64)


@given(data=st.data(), dtype=st.sampled_from([np.float64, np.float32, np.float16]))
@settings(max_examples=400, deadline=None)
def test_a_power_has_every_slope_that_is_within_the_range(data: st.DataObject, dtype: Any) -> None:
    """Also where xʸ⁻¹, or 1 / x, is beyond it: of exponents near 0, and of denormal x."""
    info = np.finfo(dtype)
    span = math.log10(float(info.max)), math.log10(float(info.smallest_subnormal))
    x = float(dtype(10.0 ** data.draw(st.floats(span[1] + 0.5, span[0] - 0.5))))
    y = float(dtype(data.draw(st.sampled_from([1, -1])) * 10.0 ** data.draw(st.floats(span[1] + 0.5, -0.31))))
    with mpmath.workdps(60):
        power = mpmath.mpf(x) ** mpmath.mpf(y)
        expected = y * power / x
    assume(info.tiny <= power <= info.max and info.tiny <= abs(expected) < float(info.max) * (1 - 16 * info.eps))
    with np.errstate(all="ignore"):
        found = ways(table["pow"], [x, y], lambda v: Tensor(dtype(v)), dtype(1.0))
        if dtype is np.float64:
            found += ways(table["pow"], [x, y], Value, 1.0)
    for way in found:
        assert ulps(way[0], expected, dtype) <= ULPS, f"{dtype.__name__}: {x} ** {y}: {way[0]!r}"


@each_op
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_every_slope_is_exact_in_single_precision(op: Op, data: st.DataObject) -> None:
    point = data.draw(points(op, np.float32))
    with np.errstate(all="ignore"):
        found = ways(op, point, lambda x: Tensor(np.float32(x)), np.float32(1.0))
    check(op, point, found, np.float32)


def ways(op: Op, point: Sequence[float], node: Any, one: Any) -> list[list[Any]]:
    """The slope by each input, in every way that there is to it."""
    swept, leaves = [node(x) for x in point], [node(x) for x in point]
    op(*swept).backward()
    recorded = [g.item() for g in gradients(op(*leaves), leaves, create_graph=True)]
    pushed = [jvp(lambda x, k=k: op(*leaves[:k], x, *leaves[k + 1 :]), (x,), (one,))[1] for k, x in enumerate(leaves)]
    return [[x.grad for x in swept], gradients(op(*leaves), leaves), recorded, [t.item() for t in pushed]]


@each_op
@given(data=st.data(), kind=st.sampled_from([Value, Tensor]))
@settings(max_examples=40, deadline=None)
def test_every_second_derivative_is_exact_to_its_last_digits(op: Op, data: st.DataObject, kind: Any) -> None:
    """Where no first one is beyond the range of a float: the way back passes through those."""
    point = data.draw(points(op))
    leaves = [kind(x) for x in point]
    with np.errstate(all="ignore"):
        firsts = gradients(op(*leaves), leaves, create_graph=True)
        assume(all(math.isfinite(first.item()) for first in firsts))
        for k, first in enumerate(firsts):
            for j, found in enumerate(gradients(first, leaves)):
                expected = slope(op, point, k, j)
                error = ulps(found, expected)
                if error > SECOND_ULPS:  # near a zero of it, where two ways cancel, their size is what counts
                    size = sum(min(abs(x), 1) * abs(slope(op, point, k, j, i)) for i, x in enumerate(point))
                    error = abs(found - expected) / (size * 2**-52)
                assert error <= SECOND_ULPS, f"{op.name} at {point} by {k} and {j}: {found!r}"


@pytest.mark.parametrize("kind", [Value, Tensor])
@pytest.mark.parametrize("size", [1e-300, 1e-155, 1e-110, 1.0, 1e110, 1e155, 1e300])
@pytest.mark.parametrize("power", [0, 1, 2, 3])
@pytest.mark.parametrize("moves", [False, True])
def test_small_whole_powers_have_all_derivatives_at_every_size(kind: Any, size: float, power: int, moves: bool) -> None:
    x = kind(size)
    with np.errstate(all="ignore"):
        y = x ** (kind(float(power)) if moves else power)
    for order in range(1, 4):
        y = gradients(y, x, create_graph=True)
        with mpmath.workdps(60):
            expected = mpmath.ff(power, order) * mpmath.mpf(size) ** max(power - order, 0)
        assert ulps(y.item(), expected) <= SECOND_ULPS
        if not math.isfinite(y.item()) or not y.requires_grad:
            return


@each_op
@given(data=st.data(), dtype=st.sampled_from([np.float64, np.float32]))
@settings(max_examples=40, deadline=None)
def test_every_output_is_exact_to_its_last_digits(op: Op, data: st.DataObject, dtype: Any) -> None:
    point = data.draw(points(op, dtype))
    kinds = [Tensor, Value] if dtype is np.float64 else [Tensor]
    with np.errstate(all="ignore"):
        found = [op(*(kind(dtype(x)) for x in point)).item() for kind in kinds]
    for y in found:
        assert ulps(y, slope(op, point), dtype) <= ULPS, f"{op.name} at {point}: {y!r}"


def check(op: Op, point: Sequence[float], found: Sequence[Sequence[Any]], dtype: Any) -> None:
    for k in range(len(point)):
        expected = slope(op, point, k)
        for way in found:
            assert ulps(way[k], expected, dtype) <= ULPS, f"{op.name} at {point} by {k}: {way[k]!r}"


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "sech"])
@pytest.mark.parametrize("kind", [Value, Tensor])
@given(x=st.floats(1, 340), sign=st.sampled_from([1, -1]))
@settings(deadline=None)
def test_second_derivatives_do_not_lose_their_tails(name: str, kind: Any, x: float, sign: int) -> None:
    leaf = kind(sign * x)
    first = gradients(table[name](leaf), leaf, create_graph=True)
    expected = slope(table[name], [sign * x], 0, 0)
    assert abs(float(gradients(first, leaf)) / expected - 1) < 1e-13 * (1 + (abs(x) < 2) * 100)


def test_every_operation_has_its_meaning() -> None:
    assert MEANING.keys() >= {op.name for op in OPS}, "a new operation needs a line in MEANING in tests/exact.py"


# Softmax, and what is built on it.


@given(
    scores=st.lists(st.floats(0, 700), min_size=1, max_size=4),
    dtype=st.sampled_from([np.float64, np.float32]),
    data=st.data(),
)
@settings(deadline=None)
def test_a_sure_softmax_still_has_slopes(scores: list[float], dtype: Any, data: st.DataObject) -> None:
    """One score is at least as far above the others as these go below zero."""
    x = np.array([0.0, *(-s * (1 if dtype is np.float64 else 0.1) - 1 for s in scores)], dtype)
    with mpmath.workdps(700):
        powers = [mpmath.exp(mpmath.mpf(float(s))) for s in x]
        p = [power / sum(powers) for power in powers]
        rest = sum(p[1:])
        own, loss = p[0] * rest, -rest
        value = -mpmath.log(p[0])
    eps = float(np.finfo(dtype).eps) * 16
    tiny = float(np.finfo(dtype).tiny)

    def check(found: Any, expected: Any) -> None:
        found = found.item() if isinstance(found, Value | Tensor) else found
        assert abs(float(found) - expected) <= eps * abs(expected) + tiny

    order = data.draw(st.permutations(range(len(x))))
    place = order.index(0)
    kinds = [Tensor] if dtype is np.float32 else [Tensor, lambda x: list(map(Value, x))]
    for kind, record in product(kinds, (False, True)):
        leaf = kind(x[order])
        ys = softmax(leaf)[place], nn.cross_entropy(leaf, place), logsumexp(leaf)
        of_softmax, of_loss, of_total = (gradients(y, leaf, create_graph=record) for y in ys)
        check(of_softmax[place], own)
        check(of_loss[place], loss)
        for k, at in enumerate(order):
            check(of_total[k], p[at])
        check(ys[1], value)
        check(ys[2], value)  # for the largest score is 0


# Both forms of a rule.


def test_people_read_the_textbook_and_numbers_come_from_the_numeric_form() -> None:
    op = elementwise("trial", np.tanh, lambda y, x: 1 - y * y, numeric=[lambda y, x: 5 * x], doc="tried", check=False)
    try:
        x = Value(2.0)
        assert explain(op).partials[0].formula == "1 − y²"
        assert gradients(op(x), x) == 10
        assert gradients(gradients(op(x), x, create_graph=True), x) == 5
        assert explain(op(x)).partials[0].numbers == "10"
    finally:
        remove("trial")


@pytest.mark.parametrize("enter", [elementwise, primitive])
def test_numeric_forms_that_are_none_of_these_rules_are_refused(enter: Any) -> None:
    g = () if enter is elementwise else ("g",)
    rule = eval(f"lambda {', '.join([*g, 'y', 'x'])}: 1")
    other = eval(f"lambda {', '.join([*g, 'y', 'x', 'k'])}: 1")
    with pytest.raises(ValueError, match="a numeric form with the arguments of the rules"):
        enter("trial", np.tanh, rule, numeric=[other], doc="is a trial")
    with pytest.raises(ValueError, match="a numeric form of each of the 1 rules"):
        enter("trial", np.tanh, rule, numeric=[rule, rule], doc="is a trial")
