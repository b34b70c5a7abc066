"""References know functions and their slopes to as many digits as they say; where they do not, they say so."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import flint
import mpmath as mp
import numpy as np
import pytest
from exact import MEANING
from exact import slope as exact_slope
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mpmath import mpf
from numeric import derivative

from autograd import Op, elementwise, remove, table
from autograd.check import gradcheck
from autograd.check.references import KNOWN, chosen
from autograd.check.references.balls import BALLS, Balls
from autograd.check.references.complex_step import COMPLEX_STEP, NAMES, ComplexStep
from autograd.check.references.differences import DIFFERENCES
from autograd.check.references.digits import DIGITS, Digits
from autograd.check.references.real import Arithmetic, Real, RefusedError, Tape, UndecidedError
from autograd.check.references.reference import Call
from autograd.check.references.taped import Taped, arranged

#: As many digits as balls and digits are asked for.
DIGITS_ASKED = 40

TAPED = (BALLS, DIGITS, COMPLEX_STEP)
each_taped = pytest.mark.parametrize("reference", TAPED, ids=lambda reference: reference.name)


# What NumPy's and SciPy's functions are, and their slopes, in mpmath.

Function = Callable[..., Any]


def signs(x: Any) -> Any:
    return mp.sign(x) if x else mpf(0)


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def normal(x: Any) -> Any:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def below(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def scaled_erfc(x: Any) -> Any:
    return mp.exp(x * x) * mp.erfc(x)


def whole(x: Any) -> Any:
    return mp.sign(x) * mp.floor(abs(x))


def signed(sizes: st.SearchStrategy[float]) -> st.SearchStrategy[float]:
    return st.tuples(sizes, st.sampled_from([1.0, -1.0])).map(math.prod)


def powers_of_ten(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda e: 10.0**e)


NEAR_ONE = powers_of_ten(-15, -1).flatmap(lambda h: st.sampled_from([1 + h, 1 - h]))
SIZES = st.one_of(
    powers_of_ten(-300, 300), powers_of_ten(-3, 3), NEAR_ONE, st.sampled_from([1e-300, 1e300, 0.5, 1.0, 2.0, 700.0])
)
BELOW_ONE = st.one_of(powers_of_ten(-300, -0.01), powers_of_ten(-15, -1).map(lambda h: 1 - h))
TINY = powers_of_ten(-300, -1)

POSITIVE = (SIZES,)
ANY = (signed(SIZES),)
PAIR = (signed(SIZES), signed(SIZES))
UNIT = (signed(BELOW_ONE),)
EXPONENT = (signed(st.one_of(TINY, st.floats(0.1, 800), st.sampled_from([1e-300, 1e-200, 700.0, 745.0]))),)
TAIL = (signed(st.one_of(TINY, st.floats(0.1, 26))),)
NEGATIVE_TOO = st.one_of(st.floats(0.1, 170), signed(powers_of_ten(-100, -1)), st.floats(-50, -0.1))
GAMMA = (NEGATIVE_TOO.filter(lambda x: x != round(x) or x > 0),)
QUOTIENT = (signed(powers_of_ten(-10, 10)), signed(powers_of_ten(-10, 10)))


@dataclass(frozen=True)
class Row:
    """A function, its slopes, and the numbers at which they are compared."""

    function: Function
    slopes: Sequence[Function]
    points: Sequence[st.SearchStrategy[float]]


def flat_row(function: Function, points: Sequence[st.SearchStrategy[float]]) -> Row:
    """A step function."""
    return Row(function, [lambda *_: mpf(0)] * len(points), points)


ROWS = {
    "add": Row(lambda x, y: x + y, [lambda x, y: mpf(1), lambda x, y: mpf(1)], PAIR),
    "subtract": Row(lambda x, y: x - y, [lambda x, y: mpf(1), lambda x, y: mpf(-1)], PAIR),
    "multiply": Row(lambda x, y: x * y, [lambda x, y: y, lambda x, y: x], PAIR),
    "divide": Row(lambda x, y: x / y, [lambda x, y: 1 / y, lambda x, y: -x / y**2], PAIR),
    "negative": Row(lambda x: -x, [lambda x: mpf(-1)], ANY),
    "positive": Row(lambda x: x, [lambda x: mpf(1)], ANY),
    "conjugate": Row(lambda x: x, [lambda x: mpf(1)], ANY),
    "absolute": Row(abs, [signs], ANY),
    "fabs": Row(abs, [signs], ANY),
    "square": Row(lambda x: x * x, [lambda x: 2 * x], ANY),
    "reciprocal": Row(lambda x: 1 / x, [lambda x: -1 / x**2], ANY),
    "sqrt": Row(mp.sqrt, [lambda x: 1 / (2 * mp.sqrt(x))], POSITIVE),
    "cbrt": Row(lambda x: signs(x) * mp.cbrt(abs(x)), [lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2)], ANY),
    "power": Row(
        mp.power,
        [lambda x, y: y * mp.power(x, y - 1), lambda x, y: mp.power(x, y) * mp.log(x)],
        (powers_of_ten(-30, 30), signed(st.one_of(powers_of_ten(-30, 2), st.sampled_from([1.0, 2.0, 3.0, 0.5])))),
    ),
    "exp": Row(mp.exp, [mp.exp], EXPONENT),
    "exp2": Row(lambda x: mpf(2) ** x, [lambda x: mpf(2) ** x * mp.log(2)], EXPONENT),
    "expm1": Row(lambda x: mp.exp(x) - 1, [mp.exp], EXPONENT),
    "log": Row(mp.log, [lambda x: 1 / x], POSITIVE),
    "log2": Row(lambda x: mp.log(x) / mp.log(2), [lambda x: 1 / (x * mp.log(2))], POSITIVE),
    "log10": Row(lambda x: mp.log(x) / mp.log(10), [lambda x: 1 / (x * mp.log(10))], POSITIVE),
    "log1p": Row(lambda x: mp.log(1 + x), [lambda x: 1 / (1 + x)], (st.one_of(SIZES, BELOW_ONE.map(lambda x: -x)),)),
    "logaddexp": Row(
        lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        [lambda x, y: logistic(x - y), lambda x, y: logistic(y - x)],
        EXPONENT * 2,
    ),
    "logaddexp2": Row(
        lambda x, y: mp.log(mpf(2) ** x + mpf(2) ** y) / mp.log(2),
        [lambda x, y: 1 / (1 + mpf(2) ** (y - x)), lambda x, y: 1 / (1 + mpf(2) ** (x - y))],
        EXPONENT * 2,
    ),
    "sin": Row(mp.sin, [mp.cos], ANY),
    "cos": Row(mp.cos, [lambda x: -mp.sin(x)], ANY),
    "tan": Row(mp.tan, [lambda x: mp.sec(x) ** 2], ANY),
    "arcsin": Row(mp.asin, [lambda x: 1 / mp.sqrt(1 - x * x)], UNIT),
    "arccos": Row(mp.acos, [lambda x: -1 / mp.sqrt(1 - x * x)], UNIT),
    "arctan": Row(mp.atan, [lambda x: 1 / (1 + x * x)], ANY),
    "arctan2": Row(mp.atan2, [lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)], PAIR),
    "hypot": Row(mp.hypot, [lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)], PAIR),
    "deg2rad": Row(lambda x: x * mp.pi / 180, [lambda x: mp.pi / 180], ANY),
    "rad2deg": Row(lambda x: x * 180 / mp.pi, [lambda x: 180 / mp.pi], ANY),
    "sinh": Row(mp.sinh, [mp.cosh], EXPONENT),
    "cosh": Row(mp.cosh, [mp.sinh], EXPONENT),
    "tanh": Row(mp.tanh, [lambda x: mp.sech(x) ** 2], EXPONENT),
    "sech": Row(mp.sech, [lambda x: -mp.sech(x) * mp.tanh(x)], EXPONENT),
    "arcsinh": Row(mp.asinh, [lambda x: 1 / mp.sqrt(1 + x * x)], ANY),
    "arccosh": Row(mp.acosh, [lambda x: 1 / mp.sqrt(x * x - 1)], (SIZES.map(lambda x: 1 + x).filter(lambda x: x > 1),)),
    "arctanh": Row(mp.atanh, [lambda x: 1 / (1 - x * x)], UNIT),
    "remainder": Row(
        lambda x, y: x - mp.floor(x / y) * y, [lambda x, y: mpf(1), lambda x, y: -mp.floor(x / y)], QUOTIENT
    ),
    "fmod": Row(lambda x, y: x - whole(x / y) * y, [lambda x, y: mpf(1), lambda x, y: -whole(x / y)], QUOTIENT),
    "maximum": Row(max, [lambda x, y: mpf(x > y), lambda x, y: mpf(y > x)], PAIR),
    "minimum": Row(min, [lambda x, y: mpf(x < y), lambda x, y: mpf(y < x)], PAIR),
    "copysign": Row(
        lambda x, y: abs(x) * signs(y), [lambda x, y: signs(x) * signs(y), lambda x, y: mpf(0)], PAIR
    ),
    "ldexp": Row(
        lambda x, n: x * mpf(2) ** n,
        [lambda x, n: mpf(2) ** n, lambda x, n: x * mpf(2) ** n * mp.log(2)],
        (*ANY, st.integers(-1000, 1000).map(float)),
    ),
    "heaviside": flat_row(lambda x, y: mpf(x > 0), PAIR),
    "sign": flat_row(mp.sign, ANY),
    "floor": flat_row(mp.floor, (signed(powers_of_ten(-300, 10)),)),
    "ceil": flat_row(mp.ceil, (signed(powers_of_ten(-300, 10)),)),
    "trunc": flat_row(whole, (signed(powers_of_ten(-300, 10)),)),
    "rint": flat_row(mp.nint, (signed(powers_of_ten(-300, 10)),)),
    "floor_divide": flat_row(lambda x, y: mp.floor(x / y), QUOTIENT),
    "erf": Row(mp.erf, [lambda x: 2 * mp.exp(-x * x) / mp.sqrt(mp.pi)], TAIL),
    "erfc": Row(mp.erfc, [lambda x: -2 * mp.exp(-x * x) / mp.sqrt(mp.pi)], TAIL),
    "erfcx": Row(scaled_erfc, [lambda x: 2 * x * scaled_erfc(x) - 2 / mp.sqrt(mp.pi)], TAIL),
    "ndtr": Row(below, [normal], TAIL),
    "log_ndtr": Row(lambda x: mp.log(below(x)), [lambda x: normal(x) / below(x)], TAIL),
    "gamma": Row(mp.gamma, [lambda x: mp.gamma(x) * mp.digamma(x)], GAMMA),
    "rgamma": Row(mp.rgamma, [lambda x: -mp.digamma(x) * mp.rgamma(x)], GAMMA),
    "gammaln": Row(lambda x: mp.log(abs(mp.gamma(x))), [mp.digamma], GAMMA),
    "psi": Row(mp.digamma, [lambda x: mp.polygamma(1, x)], GAMMA),
    "expit": Row(logistic, [lambda x: logistic(x) * logistic(-x)], EXPONENT),
    "log_expit": Row(lambda x: -mp.log(1 + mp.exp(-x)), [lambda x: logistic(-x)], EXPONENT),
    "logit": Row(lambda x: mp.log(x / (1 - x)), [lambda x: 1 / (x * (1 - x))], (BELOW_ONE,)),
    "exprel": Row(
        lambda x: (mp.exp(x) - 1) / x, [lambda x: (x * mp.exp(x) - mp.exp(x) + 1) / x**2], EXPONENT
    ),
    "xlogy": Row(lambda x, y: x * mp.log(y), [lambda x, y: mp.log(y), lambda x, y: x / y], (*ANY, *POSITIVE)),
    "xlog1py": Row(
        lambda x, y: x * mp.log(1 + y), [lambda x, y: mp.log(1 + y), lambda x, y: x / (1 + y)], (*ANY, *POSITIVE)
    ),
    "entr": Row(lambda x: -x * mp.log(x), [lambda x: -mp.log(x) - 1], POSITIVE),
    "clip": Row(
        lambda x, low, high: min(max(x, low), high),
        [lambda x, a, b: mpf(a < x < b), lambda x, a, b: mpf(x < a < b), lambda x, a, b: mpf(max(x, a) > b)],
        ANY * 3,
    ),
}  # fmt: skip

#: The same function by another name.
SAME = {
    "true_divide": "divide",
    "float_power": "power",
    "fmax": "maximum",
    "fmin": "minimum",
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "digamma": "psi",
    "lgamma": "gammaln",
}

#: What tells or compares, and has no slope.
PREDICATES = {
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isfinite", "isinf", "signbit"),
}

#: NumPy's ufuncs that no reference spells, and why.
EXCLUDED = {
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "invert", "bitwise_count"), "of integers"),
    **dict.fromkeys(("left_shift", "right_shift", "gcd", "lcm"), "of integers"),
    "isnat": "of dates",
    **dict.fromkeys(("nextafter", "spacing"), "of floats as they are stored, not of numbers"),
    **dict.fromkeys(("divmod", "modf", "frexp"), "two outputs, each of which another function gives"),
    **dict.fromkeys(("matmul", "vecdot", "matvec", "vecmat"), "sums of products, which NumPy has of objects"),
}

UFUNCS = {ufunc.__name__: ufunc for ufunc in vars(np).values() if isinstance(ufunc, np.ufunc)}


def test_every_ufunc_of_numpy_is_spelled_or_there_is_a_reason() -> None:
    for reference in TAPED:
        spelled = reference.make(53).functions
        assert UFUNCS.keys() - spelled.keys() == EXCLUDED.keys() & UFUNCS.keys(), reference.name
    for each in (BALLS, DIGITS):
        assert ROWS.keys() | SAME.keys() | PREDICATES == each.make(53).functions.keys()


def true_numbers(row: Row, point: Sequence[float]) -> list[Any]:
    """The value and the slopes, with more digits than cancel between numbers of these sizes."""
    with mp.workdps(300 if row.points is GAMMA else 800):
        return [function(*map(mpf, point)) for function in (row.function, *row.slopes)]


def evaluated(arithmetic: Arithmetic, name: str, point: Sequence[float]) -> list[Any]:
    """A function by its spelling, and its slopes by the tape, as raw numbers."""
    tape = Tape(arithmetic)
    leaves = [tape.leaf(x) for x in point]
    y = arithmetic.functions[name](*leaves)
    if not isinstance(y, Real):
        y = tape.constant(float(y))
    if y.parts is not None:
        tape.pull([(y, 1.0)])
    return [y.value, *[arithmetic.number(0) if leaf.adjoint is None else leaf.adjoint for leaf in leaves]]


def numbers(arithmetic: Arithmetic, raw: Any) -> tuple[Any, Any]:
    """A raw number as mpmath has it, and its error."""
    if isinstance(arithmetic, Balls):
        middle, radius = [mpf(int(m)) * mpf(2) ** int(e) for m, e in (raw.mid().man_exp(), raw.rad().man_exp())]
        return middle, radius
    return mpf(raw.value), mpf(raw.error)


def as_known(reference: Taped, name: str, point: Sequence[float]) -> list[tuple[Any, Any]]:
    """By a reference, with its digits raised until enough are known of all."""
    found: list[tuple[Any, Any]] = []
    for bits in reference.bits:
        try:
            with reference.make(bits) as arithmetic, mp.workprec(2 * bits):
                found = [numbers(arithmetic, raw) for raw in evaluated(arithmetic, name, point)]
                if all(error <= abs(x) * mpf(10) ** -DIGITS_ASKED for x, error in found):
                    break
        except UndecidedError:
            continue
    return found


@pytest.mark.parametrize("reference", [BALLS, DIGITS], ids=lambda reference: reference.name)
@pytest.mark.parametrize("name", ROWS)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_functions_and_their_slopes_are_known_to_forty_digits(reference: Taped, name: str, data: st.DataObject) -> None:
    row = ROWS[name]
    point = [data.draw(points) for points in row.points]
    assume(name in ("add", "subtract", "multiply", "divide") or len({*point}) == len(point))  # ties are looked at below
    expected = true_numbers(row, point)
    for (x, error), true in zip(as_known(reference, name, point), expected, strict=True):
        assert error <= max(abs(true) * mpf(10) ** -DIGITS_ASKED, mpf(2) ** -1100)
        assert abs(x - true) <= error + abs(true) * mpf(10) ** -45


@pytest.mark.parametrize("same", SAME)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_other_names_are_the_same_functions(same: str, data: st.DataObject) -> None:
    row = ROWS[SAME[same]]
    point = [data.draw(points) for points in row.points]
    assume(len({*point}) == len(point) and not (same == "lgamma" and point[0] < 0))
    for reference in (BALLS, DIGITS):
        for (x, _), true in zip(as_known(reference, same, point), true_numbers(row, point), strict=True):
            assert abs(x - true) <= abs(true) * mpf(10) ** -DIGITS_ASKED


@pytest.mark.parametrize("name", sorted(PREDICATES))
@given(data=st.data())
def test_predicates_are_those_of_numpy(name: str, data: st.DataObject) -> None:
    numbers = st.one_of(st.floats(), st.sampled_from([0.0, 1.0, math.nan, math.inf]))
    if name == "signbit":
        numbers = numbers.filter(lambda x: x != 0 and not math.isnan(x))
    point = [data.draw(numbers) for _ in range(UFUNCS[name].nin)]
    for reference in TAPED:
        with reference.make(reference.bits[0]) as arithmetic:
            tape = Tape(arithmetic)
            assert arithmetic.functions[name](*map(tape.leaf, point)) == UFUNCS[name](*point)


@pytest.mark.parametrize("name", [name for name in ROWS if name in ComplexStep.functions])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_complex_step_is_within_its_bar(name: str, data: st.DataObject) -> None:
    row = ROWS[name]
    point = [data.draw(points) for points in row.points]
    assume(name in ("add", "subtract", "multiply", "divide") or len({*point}) == len(point))
    arithmetic = ComplexStep()
    try:
        found = evaluated(arithmetic, name, point)
    except (UndecidedError, RefusedError):  # a step that floats do not tell; an error function
        return
    for raw, true in zip(found, true_numbers(row, point), strict=True):
        if arithmetic.is_defined(raw):
            x, error = numbers(arithmetic, raw)
            assert abs(x - true) <= error + mpf(2) ** -1074


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data(), x=st.floats(0.1, 0.9), sign=st.sampled_from([1, -1]))
@settings(max_examples=20, deadline=None)
def test_the_complex_step_knows_twelve_digits(name: str, data: st.DataObject, x: float, sign: int) -> None:
    row = ROWS[name]
    x = 1 + x if name == "arccosh" else x if name.startswith("log") or name == "sqrt" else sign * x
    _, slope = evaluated(ComplexStep(), name, [x])
    true = true_numbers(row, [x])[1]
    assert abs(slope.value - true) <= 1e-12 * abs(true)
    assert slope.error <= 1e-11 * abs(true)


# At the edges.

NAN, INF = math.nan, math.inf

#: A function at a point, its value, and its slopes; NaN where there is none.
EDGES = [
    ("exp", (-INF,), 0.0, (0.0,)),
    ("exp", (0.0,), 1.0, (1.0,)),
    ("expm1", (0.0,), 0.0, (1.0,)),
    ("tanh", (0.0,), 0.0, (1.0,)),
    ("tanh", (INF,), 1.0, (0.0,)),
    ("tanh", (1e300,), 1.0, (0.0,)),
    ("sech", (0.0,), 1.0, (0.0,)),
    ("expit", (1e300,), 1.0, (0.0,)),
    ("expit", (-INF,), 0.0, (0.0,)),
    ("sin", (INF,), NAN, (NAN,)),
    ("log", (-1.0,), NAN, (NAN,)),
    ("sqrt", (0.0,), 0.0, (NAN,)),
    ("sqrt", (-1.0,), NAN, (NAN,)),
    ("reciprocal", (0.0,), NAN, (NAN,)),
    ("gamma", (0.0,), NAN, (NAN,)),
    ("gamma", (-1.0,), NAN, (NAN,)),
    ("psi", (0.0,), NAN, (NAN,)),
    ("exprel", (0.0,), 1.0, (0.5,)),
    ("xlogy", (0.0, 2.0), 0.0, (math.log(2), 0.0)),
    ("xlogy", (0.0, 0.0), 0.0, (NAN, NAN)),
    ("entr", (0.0,), 0.0, (NAN,)),
    ("hypot", (3.0, 4.0), 5.0, (0.6, 0.8)),
    ("hypot", (0.0, -3.0), 3.0, (0.0, -1.0)),
    ("hypot", (3e300, 4e300), 5e300, (0.6, 0.8)),
    ("arctan2", (1.0, 0.0), math.pi / 2, (0.0, -1.0)),
    ("arctan2", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("logaddexp", (-INF, 1.0), 1.0, (0.0, 1.0)),
    ("logaddexp", (1.0, 1.0), 1 + math.log(2), (0.5, 0.5)),
    ("remainder", (-5.0, 3.0), 1.0, (1.0, 2.0)),
    ("fmod", (-5.0, 3.0), -2.0, (1.0, 1.0)),
    ("absolute", (NAN,), NAN, (NAN,)),
    ("sign", (NAN,), NAN, (NAN,)),
    ("floor", (NAN,), NAN, (NAN,)),
    ("maximum", (NAN, 1.0), NAN, (NAN, NAN)),
    ("minimum", (1.0, NAN), NAN, (NAN, NAN)),
    ("fmax", (NAN, 1.0), 1.0, (0.0, 1.0)),
    ("fmin", (1.0, NAN), 1.0, (1.0, 0.0)),
    ("maximum", (-INF, 1.0), 1.0, (0.0, 1.0)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("power", (0.0, 3.0), 0.0, (0.0, 0.0)),
    ("power", (0.0, -1.0), NAN, (NAN, NAN)),
    ("power", (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("power", (-2.0, -1.0), -0.5, (-0.25, NAN)),
    ("power", (-2.0, 0.0), 1.0, (0.0, NAN)),
    ("power", (-2.0, 0.5), NAN, (NAN, NAN)),
    ("power", (2.0, 0.0), 1.0, (0.0, math.log(2))),
    ("power", (NAN, 0.5), NAN, (NAN, NAN)),
]


@each_taped
@pytest.mark.parametrize(("name", "point", "value", "slopes"), EDGES, ids=[f"{row[0]}{row[1]}" for row in EDGES])
def test_the_edges(reference: Taped, name: str, point: Sequence[float], value: float, slopes: Sequence[float]) -> None:
    if name not in reference.make(53).functions or ("gamma" in name and reference is COMPLEX_STEP):
        return
    with reference.make(reference.bits[0]) as arithmetic:
        for raw, expected in zip(evaluated(arithmetic, name, point), (value, *slopes), strict=True):
            if math.isnan(expected):
                assert not arithmetic.is_defined(raw)
            else:
                assert arithmetic.is_defined(raw)
                assert arithmetic.middle(raw) == pytest.approx(expected, rel=1e-14, abs=1e-300)


@each_taped
def test_a_zero_that_would_need_a_sign_is_refused(reference: Taped) -> None:
    with reference.make(53) as arithmetic:
        for name, point in (("copysign", (1.0, 0.0)), ("signbit", (-0.0,)), ("arctan2", (-0.0, -1.0))):
            with pytest.raises(RefusedError, match=f"a zero of {reference.name} has no sign"):
                evaluated(arithmetic, name, point)


@each_taped
def test_what_has_no_spelling_is_refused(reference: Taped) -> None:
    with reference.make(53) as arithmetic:
        x = Tape(arithmetic).leaf(1.0)
        for ask in (np.spacing, float, int, complex):
            with pytest.raises(RefusedError):
                ask(x)


# Comparisons.


@each_taped
def test_a_comparison_that_is_open_is_not_answered(reference: Taped) -> None:
    """√2 · √2 is 2, and no number of digits tells."""
    for bits in reference.bits:
        with reference.make(bits) as arithmetic:
            tape = Tape(arithmetic)
            two = np.sqrt(tape.leaf(2.0)) * np.sqrt(tape.leaf(2.0))
            for ask in QUESTIONS:
                with pytest.raises(UndecidedError):
                    ask(two)


QUESTIONS: Sequence[Function] = (
    *(lambda x: x > 2, lambda x: x <= 2.0, lambda x: x == 2, lambda x: x != np.float64(2), lambda x: bool(x - 2)),
    *(lambda x: np.maximum(x, 2.0), lambda x: abs(x - 2), np.floor, lambda x: np.sign(x - 2)),
    lambda x: np.sort(arranged([x, x.tape.leaf(2.0)], np.zeros(2))),
)


def test_digits_are_raised_until_a_comparison_is_plain() -> None:
    """Between 1 and 1 + 1e-300 there is a float nowhere."""

    def forward(x: Any) -> Any:
        return np.where(np.exp(x) > 1.0, 2 * x, x)

    with entered(elementwise("mine", forward, lambda y, x: 2 * (x > 0) + (x <= 0), doc="a trial")) as op:
        for reference in (BALLS, DIGITS):
            pulled = reference.pull(Call(op, [1e-300], {}, [0], 1.0))
            assert pulled.arithmetic.middle(pulled.parts[0][0]) == 2
            assert pulled.arithmetic.bits > reference.bits[0]


@contextmanager
def entered(op: Op) -> Iterator[Op]:
    """An operation that is in the table for a while."""
    try:
        yield op
    finally:
        remove(op.name)


#: A forward function, a point at a tie, and the slopes below and above by the first input; None is infinite.
TIES = {
    "absolute": (np.abs, (0.0,), (-1, 1)),
    "relu": (lambda x: np.maximum(x, 0.0), (0.0,), (0, 1)),
    "maximum": (np.maximum, (2.0, 2.0), (0, 1)),
    "minimum": (np.minimum, (2.0, 2.0), (1, 0)),
    "fmax": (np.fmax, (2.0, 2.0), (0, 1)),
    "clip below": (lambda x: np.clip(x, 1.0, 2.0), (1.0,), (0, 1)),
    "clip above": (lambda x: np.clip(x, 1.0, 2.0), (2.0,), (1, 0)),
    "where": (lambda x: np.where(x > 0, 3 * x, 2 * x), (0.0,), (2, 3)),
    "sign": (np.sign, (0.0,), (0, 0)),
    "floor": (np.floor, (2.0,), (0, 0)),
    "ceil": (np.ceil, (-1.0,), (0, 0)),
    "trunc": (np.trunc, (1.0,), (0, 0)),
    "rint": (np.rint, (0.5,), (0, 0)),
    "remainder": (lambda x: np.remainder(x, 2.0), (4.0,), (1, 1)),
    "cbrt": (np.cbrt, (0.0,), (None, None)),
}


@each_taped
@pytest.mark.parametrize("name", TIES)
def test_a_tie_is_kept_with_what_is_on_its_sides(reference: Taped, name: str) -> None:
    forward, point, slopes = TIES[name]
    rule = (lambda y, x: x) if len(point) == 1 else (lambda y, a, b: a)
    with entered(elementwise("mine", forward, *[rule] * len(point), doc="a trial")) as op:
        call = Call(op, point, {}, [0], 1.0)
        assert reference.pull(call).ties == {0: {0}}
        found = [arithmetic.middle(raw) for arithmetic, raw in reference.sides(call, 0, 0)]
    assert len(found) == 2
    for got, expected in zip(found, slopes, strict=True):
        assert got > 1e30 if expected is None else got == pytest.approx(expected, abs=1e-300)


def test_beside_what_is_infinite_there_is_nothing() -> None:
    for reference in TAPED:
        call = Call(table["maximum"], [INF, INF], {}, [0, 1], 1.0)
        assert reference.pull(call).ties
        assert reference.sides(call, 0, 0) == []


# NumPy's functions of arrays.

A = np.random.default_rng(0).normal(size=(3, 4))
V = A[0]
SQUARE = np.random.default_rng(1).normal(size=(3, 3))
B = np.random.default_rng(2).normal(size=(4, 2))


def filled(x: Any) -> Any:
    y = np.zeros_like(x)
    y[1:] = x[1:] * 2
    y[0] += x[0] ** 2
    np.add.at(y, [0, 0, 2], x[:3])
    return y


#: What people's forward functions call, and on what.
ARRAYS: dict[str, tuple[Function, Any]] = {
    "sum": (np.sum, A),
    "sum of rows": (lambda x: x.sum(axis=1, keepdims=True) * x, A),
    "mean": (lambda x: np.mean(x, axis=0), A),
    "max": (lambda x: np.max(x, axis=1), A),
    "min": (lambda x: x.min(axis=0), A),
    "ptp": (np.ptp, A),
    "sort": (lambda x: np.sort(x, axis=0), A),
    "argsort": (lambda x: x[np.argsort(x)] * np.arange(4), V),
    "argmax": (lambda x: x[np.argmax(x)] ** 2, V),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), A),
    "cumsum": (lambda x: np.cumsum(x, axis=1), A),
    "cumprod": (lambda x: np.cumprod(x, axis=1), A),
    "prod": (lambda x: np.prod(x, axis=0), A),
    "dot": (lambda x: np.dot(x, B), A),
    "matmul": (lambda x: x @ x.T, A),
    "matmul of arrays of floats": (lambda x: A @ x @ SQUARE[:2], B),
    "einsum": (lambda x: np.einsum("ij,jk->ik", x, B), A),
    "einsum of a trace": (lambda x: np.einsum("ii", x), SQUARE),
    "einsum in steps": (lambda x: np.einsum("ij,jk,lk->il", x, B, B, optimize=True), A),
    "where": (lambda x: np.where(x > 0, x, x * x), A),
    "select": (lambda x: np.select([x > 1, x > 0], [x, x * x], 0.0), A),
    "clip": (lambda x: np.clip(x, -0.5, 0.5), A),
    "clip at one side": (lambda x: x.clip(None, 0.5), A),
    "concatenate": (lambda x: np.concatenate([x, B.T * x[:2]]), A),
    "stack": (lambda x: np.stack([x, x * x]), A),
    "std": (np.std, A),
    "std of a sample": (lambda x: np.std(x, axis=1, ddof=1), A),
    "var": (lambda x: x.var(axis=0), A),
    "norm": (np.linalg.norm, A),
    "norm of rows": (lambda x: np.linalg.norm(x, axis=1), A),
    "norm of order 1": (lambda x: np.linalg.norm(x, 1), V),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3), V),
    "largest norm": (lambda x: np.linalg.norm(x, np.inf), V),
    "diff": (np.diff, A),
    "outer": (lambda x: np.outer(x, x), V),
    "trace": (np.trace, SQUARE),
    "tensordot": (lambda x: np.tensordot(x, B, 1), A),
    "kron": (lambda x: np.kron(x, B), A),
    "inner": (lambda x: np.inner(x, x), A),
    "vecdot": (lambda x: np.vecdot(x, x), A),
    "triangle": (lambda x: np.tril(x) @ np.triu(x), SQUARE),
    "diagonal": (lambda x: np.diag(np.diag(x)), SQUARE),
    "pad": (lambda x: np.pad(x, 1), A),
    "tile": (lambda x: np.tile(x, 2), V),
    "windows": (lambda x: np.lib.stride_tricks.sliding_window_view(x, 2).max(axis=-1), V),
    "median": (np.median, V),
    "convolve": (lambda x: np.convolve(x, B[:, 0]), V),
    "reduce": (np.logaddexp.reduce, V),
    "accumulate": (np.maximum.accumulate, V),
    "softmax": (lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1), SQUARE),
    "masks": (lambda x: x[x > 0] ** 2, A),
    "assignment": (filled, A),
    "out": (lambda x: np.multiply(x, x, out=np.empty_like(x)), A),
    "floor division": (lambda x: x * (x // 0.3) + x % 0.3, A),
    "powers": (lambda x: x**3 + 2.0**x + np.abs(x) ** 0.5, A),
}


@each_taped
@pytest.mark.parametrize("name", ARRAYS)
def test_functions_of_arrays_run_on_reals(reference: Taped, name: str) -> None:
    f, x = ARRAYS[name]
    weights = np.random.default_rng(3).normal(size=np.shape(f(x)))
    with reference.make(reference.bits[0]) as arithmetic:
        tape = Tape(arithmetic)
        leaves = [tape.leaf(each) for each in x.reshape(-1).tolist()]
        y = f(arranged(leaves, x))
        reals = list(y.reshape(-1)) if isinstance(y, np.ndarray) else [y]
        seeds = zip(reals, weights.reshape(-1), strict=True)
        tape.pull([(real, weight) for real, weight in seeds if isinstance(real, Real) and real.parts is not None])
        values = [arithmetic.middle(real.value) if isinstance(real, Real) else float(real) for real in reals]
        slopes = [0.0 if leaf.adjoint is None else arithmetic.middle(leaf.adjoint) for leaf in leaves]
    np.testing.assert_allclose(values, np.reshape(f(x), -1), rtol=1e-12, atol=1e-14)
    expected, tolerance = derivative(lambda x: np.sum(weights * f(x)), x)
    np.testing.assert_allclose(slopes, np.reshape(expected, -1), rtol=tolerance, atol=tolerance)


# The precision of the library.


def test_the_precision_is_restored_whatever_happens() -> None:
    before = flint.ctx.prec

    def fail() -> None:
        with Balls(200), Balls(300, 400) as arithmetic:
            assert flint.ctx.prec == 300
            arithmetic.elementary("exp", arithmetic.number(1.0))
            assert flint.ctx.prec == 300
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert flint.ctx.prec == before


@pytest.mark.parametrize("reference", [BALLS, DIGITS], ids=lambda reference: reference.name)
def test_threads_do_not_change_the_digits_of_each_other(reference: Taped) -> None:
    before = flint.ctx.prec
    call = Call(table["tanh"], [np.linspace(-3, 3, 40)], {}, [0], np.ones(40))
    found: list[Sequence[str]] = []

    def check(bits: int) -> None:
        for _ in range(5):
            with reference.make(bits) as arithmetic:
                found.append([arithmetic.text(x) for x in evaluated(arithmetic, "tanh", [0.7])])
            pulled = reference.pull(call)
            assert pulled.arithmetic.bits == reference.bits[0]

    threads = [threading.Thread(target=check, args=(bits,)) for bits in (128, 300, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 15
    assert len({each[0][:20] for each in found}) == 1
    assert flint.ctx.prec == before


# The operations of the table.

OPS = [op for op in table.values() if op.is_elementwise and all(op.rules) and op.arity]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_references_agree_on_every_operation(op: Op, data: st.DataObject) -> None:
    low = [bound for bound, _ in op.domain] or [-INF] * len(op.rules)
    point = [
        data.draw(st.floats(-20, 20)) if bound == -INF else bound + data.draw(st.floats(1e-3, 20)) for bound in low
    ]
    assume(all(point))  # where a forward function may choose between forms
    assume(op.kinks is None or abs(op.kinks(*point)) > 1e-3)
    assume(op.name != "div" or abs(point[1]) > 1e-3)
    call = Call(op, point, {}, range(len(point)), 1.0)
    expected = [exact_slope(op, point, *by) for by in ((), *[(k,) for k in range(len(point))])]
    for reference in (BALLS, DIGITS):
        pulled = reference.pull(call)
        for raw, true in zip([pulled.values[0], *[pulled.parts[k][0] for k in call.wanted]], expected, strict=True):
            with mp.workdps(80):
                x, error = (mpf(0), mpf(0)) if raw is None else numbers(pulled.arithmetic, raw)
                assert abs(x - true) <= error + abs(true) * mpf(10) ** -45
                assert error <= max(abs(true) * mpf(2) ** -62, mpf(2) ** -1074)
    pulled = DIFFERENCES.pull(call)
    for raw, true in zip([pulled.parts[k][0] for k in call.wanted], expected[1:], strict=True):
        assert abs(raw.value - true) <= raw.error


def test_every_operation_has_a_meaning() -> None:
    assert {op.name for op in OPS} <= MEANING.keys()


# Each by its name.


@pytest.mark.parametrize("name", KNOWN)
@given(x=st.floats(0.3, 2.0), factor=st.sampled_from([1.0, 2.0, -1.0, 0.5, 1.001]))
@settings(max_examples=10, deadline=None)
@example(x=1.0, factor=0.0)
def test_each_reference_tells_a_right_rule_from_a_wrong_one(name: str, x: float, factor: float) -> None:
    with entered(elementwise("mine", np.sinh, lambda y, x: factor * (1 + y * y) ** 0.5, doc="a trial")) as op:
        for kind in (float, lambda x: np.array([x, -x])):
            report = gradcheck(op, kind(x), reference=name)
            assert bool(report) is (factor == 1.0), str(report)
            assert report.reference == name
            assert {finding.op for finding in report.wrong} <= {"mine"}


def test_what_differences_cannot_tell_they_do_not_call_right() -> None:
    """An error below what they see is not found by them; so they say how far they see, and others find it."""
    with entered(elementwise("mine", np.sinh, lambda y, x: (1 + 1e-14) * (1 + y * y) ** 0.5, doc="a trial")) as op:
        assert gradcheck(op, 1.0, reference="balls").wrong
        found = DIFFERENCES.pull(Call(op, [1.0], {}, [0], 1.0)).parts[0][0]
        assert found.error > 1e-14 * abs(found.value)


def test_what_differences_know_nothing_of_is_inconclusive() -> None:
    rng = np.random.default_rng(0)
    with entered(elementwise("mine", lambda x: x + rng.normal(), lambda y, x: 1.0, doc="a trial")) as op:
        finding = DIFFERENCES.pull(Call(op, [1.0], {}, [0], 1.0)).parts[0][0]
    assert finding.error > abs(finding.value) * 1e-3 or not math.isfinite(finding.error)


WITHOUT = """
import sys
for name in {missing}:
    sys.modules[name] = None
import numpy as np
import autograd as ag
from autograd.check import gradcheck
report = gradcheck(lambda x: ag.tanh(x) * x, np.array([0.5, -1.0]))
assert report, report
print(report.reference)
for name in {names}:
    try:
        gradcheck(ag.tanh, 0.5, reference=name)
    except ImportError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("missing", "used"),
    [([], "balls"), (["flint"], "digits"), (["flint", "mpmath"], "complex step"), (["mpmath"], "balls")],
)
def test_without_the_extra_the_next_best_is_taken(missing: Sequence[str], used: str) -> None:
    script = WITHOUT.format(missing=missing, names=["balls", "digits"])
    lines = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    packages = {"flint": ("balls", "python-flint"), "mpmath": ("digits", "mpmath")}
    assert lines[0] == used
    assert lines[1:] == [
        "the reference {!r} needs {}: pip install 'stepgrad[check]'".format(*packages[name]) for name in missing
    ]


def test_the_best_comes_first() -> None:
    assert [reference.name for reference in chosen(None)] == list(KNOWN)
    assert [reference.name for reference in chosen("digits")] == ["digits"]
    assert Digits(170).name == "digits"
