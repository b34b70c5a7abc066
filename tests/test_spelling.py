"""The spelling of functions: at numbers of every size, and at the edges, value and slopes by hand-written formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from autograd import table
from autograd.check.references.balls import BALLS, Balls
from autograd.check.references.complex_step import COMPLEX_STEP, NAMES, ComplexStep
from autograd.check.references.digits import DIGITS
from autograd.check.references.real import Arithmetic, Real, RefusedError, Tape, UndecidedError
from autograd.check.references.reference import Call
from autograd.check.references.taped import Taped

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


def spherical_bessel(n: int, x: Any) -> Any:
    return mp.sqrt(mp.pi / (2 * x)) * mp.besselj(n + mpf(1) / 2, x) if x > 0 else (-1) ** n * spherical_bessel(n, -x)


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
PHASE = (signed(powers_of_ten(-100, 6)),)
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
    "heaviside": flat_row(lambda x, y: mpf(x > 0), PAIR),
    "sign": flat_row(mp.sign, ANY),
    "floor": flat_row(mp.floor, (signed(powers_of_ten(-300, 10)),)),
    "ceil": flat_row(mp.ceil, (signed(powers_of_ten(-300, 10)),)),
    "trunc": flat_row(whole, (signed(powers_of_ten(-300, 10)),)),
    "rint": flat_row(mp.nint, (signed(powers_of_ten(-300, 10)),)),
    "floor_divide": flat_row(lambda x, y: mp.floor(x / y), QUOTIENT),
    "erf": Row(mp.erf, [lambda x: 2 * mp.exp(-x * x) / mp.sqrt(mp.pi)], TAIL),
    "erfc": Row(mp.erfc, [lambda x: -2 * mp.exp(-x * x) / mp.sqrt(mp.pi)], TAIL),
    "erfinv": Row(mp.erfinv, [lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2)], UNIT),
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
    "sinc": Row(mp.sincpi, [lambda x: -mp.pi * spherical_bessel(1, mp.pi * x)], PHASE),
    "clip": Row(
        lambda x, low, high: min(max(x, low), high),
        [lambda x, a, b: mpf(a < x < b), lambda x, a, b: mpf(x < a < b), lambda x, a, b: mpf(max(x, a) > b)],
        ANY * 3,
    ),
}  # fmt: skip

#: What tells or compares, and has no slope.
PREDICATES = {
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isfinite", "isinf", "signbit"),
}

UFUNCS = {ufunc.__name__: ufunc for ufunc in vars(np).values() if isinstance(ufunc, np.ufunc)}


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
    ("cbrt", (0.0,), 0.0, (NAN,)),
    ("cbrt", (-8.0,), -2.0, (1 / 12,)),
    ("reciprocal", (0.0,), NAN, (NAN,)),
    ("gamma", (0.0,), NAN, (NAN,)),
    ("gamma", (-1.0,), NAN, (NAN,)),
    ("psi", (0.0,), NAN, (NAN,)),
    ("exprel", (0.0,), 1.0, (0.5,)),
    ("sinc", (0.0,), 1.0, (0.0,)),
    ("spherical_jnpi", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("spherical_jnpi", (0.0, 1.0), 0.0, (math.pi / 3, 0.0)),
    ("spherical_jnpi", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("spherical_jnpi", (0.5, 1.0), 4 / math.pi**2, (2 - 16 / math.pi**2, 0.0)),
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


def test_beside_what_is_infinite_there_is_nothing() -> None:
    for reference in TAPED:
        call = Call(table["maximum"], [INF, INF], {}, [0, 1], 1.0)
        assert reference.pull(call).ties
        assert reference.sides(call, 0, 0) == []
