"""References: the same numbers by balls, fifty digits, the complex step and differences, and by mpmath itself."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import mpmath
import numpy as np
import pytest
from exact import MEANING, slope
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from autograd import Op, elementwise, remove, table
from autograd.check import gradcheck
from autograd.check.references import KNOWN, chosen
from autograd.check.references.balls import BALLS, Balls
from autograd.check.references.complex_step import COMPLEX_STEP, ComplexStep
from autograd.check.references.differences import DIFFERENCES, shows
from autograd.check.references.digits import DIGITS, Digits
from autograd.check.references.near import Floats
from autograd.check.references.real import Reals, RefusedError, Tape, UndecidedError, has_few_bits
from autograd.check.references.reference import Call, Pulled
from autograd.check.references.taped import Taped, is_known
from autograd.check.verdict import judged

TAPED = (BALLS, DIGITS, COMPLEX_STEP)
WIDE = (BALLS, DIGITS)


def mp_floor_divide(x: Any, y: Any) -> Any:
    return mpmath.floor(x / y)


def whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """Towards zero."""
    return lambda x, y: x - y * mpmath.sign(x / y) * mpmath.floor(abs(x / y))


def log_add(base: int) -> Callable[..., Any]:
    return lambda x, y: mpmath.log(mpf(base) ** x + mpf(base) ** y, base)


LINE = st.floats(-30, 30)
POSITIVE = st.floats(1e-3, 1e3)
UNIT = st.floats(-0.999, 0.999)
NEAR = st.floats(-8, 8)

#: NumPy's and SciPy's functions: as mpmath has them, and where from numbers are drawn.
FUNCTIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "add": (lambda x, y: x + y, (LINE, LINE)),
    "subtract": (lambda x, y: x - y, (LINE, LINE)),
    "multiply": (lambda x, y: x * y, (LINE, LINE)),
    "divide": (lambda x, y: x / y, (LINE, POSITIVE)),
    "power": (mpmath.power, (POSITIVE, st.floats(-5, 5))),
    "float_power": (mpmath.power, (POSITIVE, st.floats(-5, 5))),
    "floor_divide": (mp_floor_divide, (LINE, POSITIVE)),
    "remainder": (lambda x, y: x - y * mpmath.floor(x / y), (LINE, POSITIVE)),
    "fmod": (whole(mpmath.floor), (LINE, POSITIVE)),
    "negative": (lambda x: -x, (LINE,)),
    "positive": (lambda x: x, (LINE,)),
    "conjugate": (lambda x: x, (LINE,)),
    "absolute": (abs, (LINE,)),
    "fabs": (abs, (LINE,)),
    "square": (lambda x: x * x, (LINE,)),
    "reciprocal": (lambda x: 1 / x, (POSITIVE,)),
    "sqrt": (mpmath.sqrt, (POSITIVE,)),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), (LINE,)),
    "exp": (mpmath.exp, (LINE,)),
    "exp2": (lambda x: mpf(2) ** x, (LINE,)),
    "expm1": (lambda x: mpmath.exp(x) - 1, (LINE,)),
    "log": (mpmath.log, (POSITIVE,)),
    "log2": (lambda x: mpmath.log(x, 2), (POSITIVE,)),
    "log10": (mpmath.log10, (POSITIVE,)),
    "log1p": (lambda x: mpmath.log(1 + x), (POSITIVE,)),
    "sin": (mpmath.sin, (LINE,)),
    "cos": (mpmath.cos, (LINE,)),
    "tan": (mpmath.tan, (LINE,)),
    "arcsin": (mpmath.asin, (UNIT,)),
    "arccos": (mpmath.acos, (UNIT,)),
    "arctan": (mpmath.atan, (LINE,)),
    "arctan2": (mpmath.atan2, (LINE.filter(bool), LINE)),
    "sinh": (mpmath.sinh, (LINE,)),
    "cosh": (mpmath.cosh, (LINE,)),
    "tanh": (mpmath.tanh, (LINE,)),
    "sech": (mpmath.sech, (LINE,)),
    "arcsinh": (mpmath.asinh, (LINE,)),
    "arccosh": (mpmath.acosh, (st.floats(1.001, 1e3),)),
    "arctanh": (mpmath.atanh, (UNIT,)),
    "hypot": (lambda x, y: mpmath.sqrt(x * x + y * y), (POSITIVE, LINE)),
    "logaddexp": (log_add(1), (LINE, LINE)),
    "logaddexp2": (log_add(2), (LINE, LINE)),
    "deg2rad": (mpmath.radians, (LINE,)),
    "radians": (mpmath.radians, (LINE,)),
    "rad2deg": (mpmath.degrees, (LINE,)),
    "degrees": (mpmath.degrees, (LINE,)),
    "maximum": (max, (LINE, LINE)),
    "minimum": (min, (LINE, LINE)),
    "fmax": (max, (LINE, LINE)),
    "fmin": (min, (LINE, LINE)),
    "clip": (lambda x, low, high: min(max(x, low), high), (LINE, UNIT, st.floats(1, 2))),
    "sign": (mpmath.sign, (LINE,)),
    "copysign": (lambda x, y: abs(x) * mpmath.sign(y), (LINE, LINE)),
    "heaviside": (lambda x, y: mpf(x > 0), (LINE, LINE)),
    "floor": (mpmath.floor, (LINE,)),
    "ceil": (mpmath.ceil, (LINE,)),
    "trunc": (lambda x: mpmath.sign(x) * mpmath.floor(abs(x)), (LINE,)),
    "rint": (mpmath.nint, (LINE,)),
    "erf": (mpmath.erf, (NEAR,)),
    "erfc": (mpmath.erfc, (NEAR,)),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), (NEAR,)),
    "gamma": (mpmath.gamma, (st.floats(0.1, 30) | st.floats(-1.9, -1.1),)),
    "rgamma": (mpmath.rgamma, (st.floats(0.1, 30),)),
    "gammaln": (lambda x: mpmath.log(abs(mpmath.gamma(x))), (st.floats(0.1, 30) | st.floats(-1.9, -1.1),)),
    "psi": (mpmath.digamma, (st.floats(0.1, 30),)),
    "expit": (lambda x: 1 / (1 + mpmath.exp(-x)), (LINE,)),
    "log_expit": (lambda x: -mpmath.log(1 + mpmath.exp(-x)), (LINE,)),
    "logit": (lambda x: mpmath.log(x / (1 - x)), (st.floats(0.001, 0.999),)),
    "exprel": (lambda x: (mpmath.exp(x) - 1) / x, (st.floats(1e-3, 300),)),
    "xlogy": (lambda x, y: x * mpmath.log(y), (LINE, POSITIVE)),
    "xlog1py": (lambda x, y: x * mpmath.log(1 + y), (LINE, POSITIVE)),
    "entr": (lambda x: -x * mpmath.log(x), (POSITIVE,)),
    "ndtr": (mpmath.ncdf, (NEAR,)),
    "log_ndtr": (lambda x: mpmath.log(mpmath.ncdf(x)), (NEAR,)),
}
FUNCTIONS["logaddexp"] = (lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)), (LINE, LINE))

#: Ufuncs that are spelled, and have no slope: conditions.
CONDITIONS = {
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_not", "logical_and", "logical_or", "logical_xor", "isnan", "isfinite", "isinf", "signbit"),
}

#: Ufuncs that are not spelled, and why.
WITHOUT = {
    "of integers": "bitwise_and bitwise_or bitwise_xor bitwise_count invert left_shift right_shift gcd lcm",
    "of dates": "isnat",
    "of how floats are stored": "frexp ldexp nextafter spacing",
    "with two outputs": "divmod modf",
    "sums of products, which NumPy has for objects": "matmul matvec vecmat vecdot",
}


def exactly(function: Callable[..., Any], point: tuple[float, ...], k: int | None = None) -> Any:
    """A function, or its slope by one argument, to sixty digits: by a difference."""
    size = max((abs(mpmath.mag(x)) for x in point if x), default=0)
    with mpmath.workprec(1100 + 4 * size):
        xs = [mpf(x) for x in point]
        if k is None:
            return +function(*xs)
        h = mpf(2) ** -(250 + size)
        ends = [function(*[x + side * h if i == k else x for i, x in enumerate(xs)]) for side in (1, -1)]
        return (ends[0] - ends[1]) / (2 * h)


def call_of(function: Callable[..., Any], *point: float) -> Call:
    """A function of numbers as an operation that is called."""
    count = len(point)
    rules = [None] * count

    class Forward:
        has_partials = False
        is_elementwise = False
        scalars = None
        forward = staticmethod(function)

        def run(self, f: Any, inputs: Any, params: Any) -> Any:
            return f(*inputs)

        def rules_for(self, inputs: Any, params: Any) -> Any:
            return [(rule, None) for rule in rules]

    return Call(Forward(), point, {}, range(count), 1.0)  # type: ignore[arg-type]


def known(reference: Any, name: str, point: tuple[float, ...]) -> Pulled:
    """A spelled function and its slopes, with as many digits as it takes."""
    return reference.pull(call_of(lambda *xs: xs[0].tape.functions[name](*xs), *point))  # type: ignore[no-any-return]


def close(pulled: Pulled, raw: Any, expected: Any) -> bool:
    """Whether a number is the exact one, as near as the reference says; of balls and digits to eighteen digits."""
    raw = pulled.arithmetic.number(0) if raw is None else raw
    with mpmath.workdps(60):
        number, bar = exact(raw)
        floats = mpf(0) if is_wide(pulled) else mpf(2) ** -1060
        is_narrow = not is_wide(pulled) or bar <= abs(expected) * mpf(10) ** -18 + mpf(2) ** -1090
        return bool(is_narrow and abs(number - expected) <= bar + abs(expected) * mpf(10) ** -40 + floats)


def is_wide(pulled: Pulled) -> bool:
    return pulled.arithmetic.name in ("balls", "digits")


def exact(raw: Any) -> tuple[Any, Any]:
    """A number of a reference, and how far it may be off."""
    if hasattr(raw, "mid"):
        middle, radius = ((int(part.man_exp()[0]), int(part.man_exp()[1])) for part in (raw.mid(), raw.rad()))
        return mpf(middle[0]) * mpf(2) ** middle[1], mpf(radius[0]) * mpf(2) ** radius[1]
    return mpf(raw.value), mpf(raw.error)


@pytest.mark.parametrize("reference", TAPED, ids=lambda reference: reference.name)
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=15)
@given(data=st.data())
def test_functions_are_those_of_mpmath(name: str, reference: Taped, data: Any) -> None:
    function, drawn = FUNCTIONS[name]
    point = data.draw(st.tuples(*drawn))
    with reference.make(reference.bits[0]) as arithmetic:
        if name not in arithmetic.functions:
            pytest.skip(f"{arithmetic.name} has no {name}")
    try:
        pulled = known(reference, name, point)
    except RefusedError:
        return  # of a part that it does not have, or of the sign of a zero
    except UndecidedError:
        assert reference is COMPLEX_STEP  # which has no more digits to decide by
        return
    arithmetic = pulled.arithmetic
    if arithmetic.is_defined(pulled.values[0]) and not pulled.ties:
        assert close(pulled, pulled.values[0], exactly(function, point))
    for k in range(len(point)):
        raw = pulled.parts[k][0]
        if pulled.ties or raw is None:
            continue
        if arithmetic.is_defined(raw):
            assert close(pulled, raw, exactly(function, point, k))
        else:
            assert any(abs(x) < 1e-300 for x in point)  # the end of a domain, or nearer than the least step


def test_every_ufunc_with_a_slope_is_spelled() -> None:
    names = {ufunc.__name__ for name in np.__all__ if isinstance(ufunc := getattr(np, name), np.ufunc)}
    without = {name for row in WITHOUT.values() for name in row.split()}
    assert names - set(FUNCTIONS) - CONDITIONS - without == set()
    for reference in (Balls, Digits, ComplexStep):
        assert names - without <= set(reference.functions)


HARD = {
    "expm1": (1e-300, 5e-324, -745.0, 700.0),
    "log1p": (1e-300, 5e-324, 1e300, -0.9999999999999999),
    "tanh": (1e-200, 20.0, -400.0, 5e-324),
    "sinh": (1e-300, 700.0),
    "exp": (700.0, -745.0, 1e-300, 0.0, -1e5),
    "log": (1e-300, 5e-324, 1e300, 0.9999999999999999),
    "sqrt": (1e-300, 1e300),
    "sin": (1e22, 1e300, math.pi, 1e-300),
    "cos": (math.pi / 2, 1e300),
    "arctanh": (1e-300, 0.9999999999999999),
    "arcsinh": (1e-300, -1e300, 1e300),
    "arccosh": (1.0000000000000002, 1e300),
    "arcsin": (0.9999999999999999, 1e-300),
    "log_expit": (-745.0, 745.0, 1e-300),
    "expit": (-745.0, 745.0),
    "erfc": (30.0, 1e-300),
    "cbrt": (1e-300, -1e300),
}


@pytest.mark.parametrize("reference", WIDE, ids=lambda reference: reference.name)
@pytest.mark.parametrize(("name", "x"), [(name, x) for name, xs in HARD.items() for x in xs])
def test_digits_rise_until_the_answer_is_known(name: str, x: float, reference: Taped) -> None:
    pulled = known(reference, name, (x,))
    assert is_known(pulled)
    function = FUNCTIONS[name][0]
    assert close(pulled, pulled.values[0], exactly_hard(function, x))
    assert close(pulled, pulled.parts[0][0], exactly_hard(function, x, slope=True))


def exactly_hard(function: Callable[[Any], Any], x: float, slope: bool = False) -> Any:
    with mpmath.workprec(9000):
        h = abs(mpf(x)) * mpf(2) ** -2500 if x else mpf(2) ** -2500
        return (function(mpf(x) + h) - function(mpf(x) - h)) / (2 * h) if slope else +function(mpf(x))


POWERS = [
    ((0.0, 2.0), 0.0, 0.0),
    ((0.0, 1.0), 0.0, 1.0),
    ((0.0, 0.0), 1.0, 0.0),
    ((-2.0, 3.0), -8.0, 12.0),
    ((-2.0, -2.0), 0.25, 0.25),
    ((-1.5, 0.0), 1.0, 0.0),
    ((-1.0, 2001.0), -1.0, 2001.0),
]


@pytest.mark.parametrize("reference", TAPED, ids=lambda reference: reference.name)
@pytest.mark.parametrize(("point", "y", "by_base"), POWERS)
def test_whole_powers_are_products(point: tuple[float, float], y: float, by_base: float, reference: Taped) -> None:
    for wanted in ((0,), (0, 1)):
        call = call_of(np.power, *point)
        pulled = reference.pull(Call(call.op, point, {}, wanted, 1.0))
        assert pulled.arithmetic.middle(pulled.values[0]) == y
        raw = pulled.parts[0][0]
        assert raw is not None
        assert pulled.arithmetic.middle(raw) == by_base
        if 1 in wanted and point[0] < 0:
            assert not pulled.arithmetic.is_defined(pulled.parts[1][0])


#: Where slopes differ to the two sides of an element, with the slopes below and above.
KINKS: list[tuple[str, Callable[..., Any], tuple[Any, ...], int, tuple[float, float]]] = [
    ("relu", table["relu"].forward, (0.0,), 0, (0, 1)),
    ("abs", np.abs, (0.0,), 0, (-1, 1)),
    ("maximum", np.maximum, (1.5, 1.5), 0, (0, 1)),
    ("minimum", np.minimum, (1.5, 1.5), 0, (1, 0)),
    ("clip at its bound", lambda x: np.clip(x, -1.0, 2.0), (2.0,), 0, (1, 0)),
    ("max", np.max, (np.array([1.0, 3.0, 3.0]),), 2, (0, 1)),
    ("sort", lambda x: np.sort(x)[0], (np.array([1.0, 3.0, 1.0]),), 2, (1, 0)),
    ("sign", lambda x: np.sign(x) * x, (0.0,), 0, (-1, 1)),
    ("floor", lambda x: np.floor(x) * x, (3.0,), 0, (2, 3)),
    ("rint", lambda x: np.rint(x) * x, (2.5,), 0, (2, 3)),
    ("where", lambda x: np.where(x > 1.0, x * x, x), (np.array([1.0]),), 0, (1, 2)),
    ("heaviside", lambda x: np.heaviside(x, 0.5) * x, (0.0,), 0, (0, 1)),
]


@pytest.mark.parametrize("reference", TAPED, ids=lambda reference: reference.name)
@pytest.mark.parametrize("row", KINKS, ids=lambda row: row[0])
def test_ties_are_kept_with_both_sides(row: Any, reference: Taped) -> None:
    _, function, inputs, element, slopes = row
    call = call_of(function, *inputs)
    assert element in reference.pull(call).ties[0]
    assert [arithmetic.middle(raw) for arithmetic, raw in reference.sides(call, 0, element)] == pytest.approx(slopes)


CONTINUOUS = [row for row in KINKS if row[0] not in ("floor", "rint")]


@pytest.mark.parametrize("row", CONTINUOUS, ids=lambda row: row[0])
def test_differences_see_kinks_by_steps_to_one_side(row: Any) -> None:
    _, function, inputs, element, slopes = row
    call = call_of(function, *inputs)
    assert element in DIFFERENCES.pull(call).ties[0]
    sides = DIFFERENCES.sides(call, 0, element)
    assert [arithmetic.middle(raw) for arithmetic, raw in sides] == pytest.approx(slopes, abs=1e-9)


@pytest.mark.parametrize("make", [Balls, Digits, ComplexStep])
def test_what_cannot_be_told_is_not_guessed(make: Any) -> None:
    with make(128) as arithmetic:
        tape = Tape(arithmetic)
        root = tape.functions["sqrt"](tape.leaf(2.0))
        with pytest.raises(UndecidedError):
            _ = root * root > 2.0
        with pytest.raises(RefusedError):
            float(root)
        assert (root > 1.4) is True
        nan = tape.constant(math.nan)
        assert not any([nan == tape.constant(math.nan), nan < 1.0, nan > 1.0])
        assert tape.functions["isnan"](nan)
        infinite = tape.constant(math.inf)
        assert all([infinite > 1e308, infinite == tape.constant(math.inf)])


@pytest.mark.parametrize("make", [Balls, Digits, ComplexStep])
@pytest.mark.parametrize("kind", [np.ndarray, Reals])
@pytest.mark.parametrize("operator", [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum], ids=str)
def test_one_number_and_an_array_also_in_place(make: Any, kind: Any, operator: Any) -> None:
    floats = np.array([1.5, 0.5, 3.0])
    with make(128) as arithmetic:
        tape = Tape(arithmetic)
        array, real = np.array([tape.leaf(x) for x in floats], dtype=object).view(kind), tape.leaf(2.0)
        for got, expected in (
            (operator(array, real), operator(floats, 2.0)),
            (operator(real, array), operator(2.0, floats)),
            (operator(array, real, out=array.copy()), operator(floats, 2.0)),
        ):
            assert [arithmetic.middle(x.value) for x in got] == pytest.approx(expected)


@pytest.mark.parametrize("reference", WIDE, ids=lambda reference: reference.name)
def test_more_digits_decide(reference: Taped) -> None:
    call = call_of(lambda x: np.where(np.exp(x) > 1.0, x, -x)[()], 1e-200)
    pulled = reference.pull(call)
    assert pulled.arithmetic.middle(pulled.parts[0][0]) == 1.0


@pytest.mark.parametrize("make", [Balls, Digits, ComplexStep])
def test_steps_that_a_float_hides(make: Any) -> None:
    with make(300) as arithmetic:
        tape = Tape(arithmetic)
        if make is ComplexStep:
            below = tape.leaf(math.nextafter(3.0, 0.0))
        else:
            below = tape.leaf(3.0) - tape.constant(2.0**-200)
        found = {
            name: arithmetic.middle(tape.functions[name](below).value) for name in ("floor", "ceil", "trunc", "rint")
        }
        assert found == {"floor": 2.0, "ceil": 3.0, "trunc": 2.0, "rint": 3.0}
        assert not tape.ties


ARRAYS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: np.sum(x, axis=1),
    "mean": lambda x: np.mean(x, axis=0),
    "prod": np.prod,
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "max": np.max,
    "min": lambda x: np.min(x, axis=1, keepdims=True),
    "ptp": np.ptp,
    "sort": lambda x: np.sort(x, axis=0),
    "take by argsort": lambda x: np.take_along_axis(x, np.argsort(x, axis=1), 1),
    "median": lambda x: np.median(x, axis=1),
    "dot": lambda x: np.dot(x, x.T),
    "matmul": lambda x: x @ x.T,
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "inner": lambda x: np.inner(x, x),
    "outer": lambda x: np.outer(x, x),
    "kron": lambda x: np.kron(x, x),
    "where": lambda x: np.where(x > 0, x, 0.1 * x),
    "clip": lambda x: np.clip(x, -1.0, 2.5),
    "maximum": lambda x: np.maximum(x, 0.5),
    "maximum.accumulate": lambda x: np.maximum.accumulate(x, axis=1),
    "concatenate": lambda x: np.concatenate([x, 2 * x]),
    "stack": lambda x: np.stack([x, x * x]),
    "pad": lambda x: np.pad(x, 1),
    "std": lambda x: np.std(x, axis=1),
    "var": np.var,
    "norm": np.linalg.norm,
    "norm of rows": lambda x: np.linalg.norm(x, axis=1),
    "norm of columns": lambda x: np.linalg.norm(x, ord=1, axis=0),
    "log of sums": lambda x: np.logaddexp.reduce(x, axis=1),
    "logaddexp": lambda x: np.logaddexp(x, 0.5),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "copysign": lambda x: np.copysign(x, -1.0),
    "float_power": lambda x: np.float_power(x, 3),
    "remainder": lambda x: x % 0.7,
    "not a number": lambda x: np.where(np.isnan(x) | np.isinf(x), 0.0, x),
    "fmax": lambda x: np.fmax(x, 1.0),
    "arctan2": lambda x: np.arctan2(x, 2.0),
    "softmax": lambda x: np.exp(x - x.max(axis=1, keepdims=True)) / np.exp(x - x.max(axis=1, keepdims=True)).sum(),
    "convolve": lambda x: np.convolve(x[0], x[1]),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "diff": lambda x: np.diff(x, axis=1),
    "trace": np.trace,
    "select": lambda x: np.select([x > 1, x < -1], [x * x, -x], 0.0),
    "floor": np.floor,
    "sinc": np.sinc,
    "nan_to_num": np.nan_to_num,
}

MATRIX = np.array([[1.25, -2.5, 3.75], [4.125, 5.0625, -6.5]])


@pytest.mark.parametrize("reference", TAPED, ids=lambda reference: reference.name)
@pytest.mark.parametrize("name", ARRAYS)
def test_functions_of_arrays_run_on_reals(name: str, reference: Taped) -> None:
    """Values as NumPy's, and slopes as those of differences, which run on arrays of floats."""
    function = ARRAYS[name]
    call = call_of(function, MATRIX)
    expected = np.asarray(function(MATRIX))
    cotangent = np.linspace(0.5, 1.5, expected.size).reshape(expected.shape)
    call = Call(call.op, (MATRIX,), {}, (0,), cotangent)
    pulled, seen = reference.pull(call), DIFFERENCES.pull(call)
    assert [pulled.arithmetic.middle(raw) for raw in pulled.values] == pytest.approx(expected.reshape(-1), rel=1e-13)
    for raw, near in zip(pulled.parts[0], seen.parts[0], strict=True):
        known = 0.0 if raw is None else pulled.arithmetic.middle(raw)
        assert seen.arithmetic.error(near, known)[0] <= 1e-12 * abs(known)
        assert seen.arithmetic.tells(near) or known == 0


def test_no_number_is_passed_over() -> None:
    with Balls(128) as arithmetic:
        tape = Tape(arithmetic)
        reals = np.array([tape.leaf(x) for x in (1.0, math.nan, 2.0)], dtype=object).view(Reals)
        nan = tape.functions["isnan"]
        assert all(map(nan, (np.max(reals), np.maximum(reals, 0.5)[1], np.clip(reals, 0.0, 1.5)[1])))
        assert not nan(np.fmax.reduce(reals))
        assert np.isnan(reals).tolist() == [False, True, False]


def in_the_domain(op: Op) -> Any:
    """Points of an operation of the table, far from overflow."""
    domain = op.domain or ((-math.inf, math.inf),) * len(op.rules)
    return st.tuples(*[st.floats(max(low + 0.01, -20), min(high - 0.01, 20)) for low, high in domain])


#: Whose forward functions have a constant that is no float, so that the nearest stands for it.
ROUNDED = {"hardsigmoid", "norm_pdf", "selu", "ndtr", "gelu"}

#: How near to nothing a difference of many digits comes.
NEAR = mpf(10) ** -230


@pytest.mark.parametrize("name", sorted(set(MEANING) - {"sign"}))
@settings(max_examples=15)
@given(data=st.data())
def test_references_agree_on_the_table(name: str, data: Any) -> None:
    op = table[name]
    point = data.draw(in_the_domain(op))
    kinks = op.kinks(*point) if op.kinks is not None else 1.0
    if abs(kinks) < 1e-3:
        return
    call = Call(op, point, {}, [k for k, rule in enumerate(op.rules) if rule is not None], 1.0)
    pulls = {}
    for reference in (*TAPED, DIFFERENCES):
        with suppress(RefusedError, AttributeError):  # a complex step knows no error function
            pulls[reference.name] = reference.pull(call)
    with mpmath.workdps(60):
        numbers = [(lambda pulled: pulled.values[0], slope(op, point))]
        numbers += [(lambda pulled, k=k: pulled.parts[k][0], slope(op, point, k)) for k in call.wanted]
        for find, expected in numbers:
            if any(pulled.ties for pulled in pulls.values()):
                return
            for which, pulled in pulls.items():
                raw = find(pulled)
                if raw is None:
                    assert expected == 0
                    continue
                distance = abs(exact(raw)[0] - expected)
                arithmetic = pulled.arithmetic
                if which in ("balls", "digits"):
                    lost = mpf(2) ** -52 if name in ROUNDED else mpf(10) ** -30
                    assert distance <= lost * abs(expected) + NEAR or distance <= arithmetic.radius(raw)
                    assert arithmetic.is_close(raw)
                elif which == "complex step":
                    assert distance <= max(mpf(10) ** -12 * abs(expected), arithmetic.radius(raw)) + mpf(2) ** -1060
                elif shows(raw):
                    assert distance <= arithmetic.radius(raw) + mpf(2) ** -50 * abs(expected) + mpf(2) ** -1060


def test_a_reference_of_few_digits_does_not_pass_what_it_cannot_see() -> None:
    arithmetic = Floats()
    third = arithmetic.number(1.0) / arithmetic.number(3.0)
    third.error = 1e-9
    assert judged(arithmetic, third, 1 / 3 + 5e-10, None).verdict == "right"
    assert judged(arithmetic, third, 1 / 3 + 5e-9, None).verdict == "off"
    third.error = 0.1
    assert judged(arithmetic, third, 1 / 3, None).verdict == "undecided"
    assert judged(arithmetic, third, 1.0, None).verdict == "off"


@pytest.mark.parametrize("name", [*KNOWN, None])
def test_a_reference_by_name(name: str | None) -> None:
    report = gradcheck(lambda m, x: np.tanh(m @ x), np.ones((2, 3)) / 3, np.array([0.5, -1.0, 2.0]), reference=name)
    assert report, report
    assert report.reference == (name or "balls")


@pytest.fixture
def trial() -> Iterator[Callable[..., Op]]:
    """Makes an operation that is in the table for the time of a test."""
    made: list[Op] = []

    def make(forward: Any, rule: Any) -> Op:
        made.append(elementwise("trial", forward, rule, doc="a trial", check=False))
        return made[-1]

    yield make
    for op in made:
        remove(op.name)


@pytest.mark.parametrize("name", KNOWN)
def test_each_reference_finds_a_fault_of_a_millionth(name: str, trial: Any) -> None:
    report = gradcheck(trial(np.exp, lambda y, x: y * (1 + 1e-6)), 1.5, reference=name)
    assert [finding.op for finding in report.wrong if finding.check == "local derivative"] == ["trial"]


def test_a_black_box_is_left_to_differences(trial: Any) -> None:
    op = trial(lambda x: np.vectorize(math.exp)(x)[()], lambda y, x: y)
    report = gradcheck(lambda x: op(x) * 2.0, 1.5)
    assert report
    assert report.reference == "balls, differences"
    assert gradcheck(op, 1.5, reference="balls").inconclusive


@pytest.mark.parametrize("name", ["complex step", "differences"])
def test_few_digits_do_not_tell_a_lossy_rule_from_a_wrong_one(name: str, trial: Any) -> None:
    op = trial(np.tanh, lambda y, x: 1 - y * y)
    report = gradcheck(op, 15.0, reference=name)
    assert (len(report.inconclusive), len(report.wrong)) == (1, 0)
    assert gradcheck(op, 15.0, reference="digits").imprecise


@given(x=st.floats(0.1, 10.0), scale=st.sampled_from([1e-100, 1.0, 1e100]), shift=st.sampled_from([0.0, 1.0, 1e6]))
def test_the_bar_of_differences_is_honest(x: float, scale: float, shift: float) -> None:
    """Also where the function is noisy."""

    def noisy(t: Any) -> Any:
        return ((t + shift) - shift) ** 2 * scale

    pulled = DIFFERENCES.pull(call_of(noisy, x))
    (near,) = pulled.parts[0]
    assert abs(near.value - 2 * x * scale) <= near.error
    assert near.error <= 1e-6 * (1 + shift) * abs(near.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_operation_that_floats_alone_run_on(dtype: Any) -> None:
    matrix = np.array([[2.0, 0.5, -1.0], [0.25, 3.0, 0.125], [1.0, -0.5, 1.5]], dtype=dtype)
    report = gradcheck(lambda x: np.linalg.svd(x)[1].sum(), matrix, reference="differences")
    assert report, report


WITHOUT_PACKAGES = """
import sys
sys.modules["flint"] = sys.modules["mpmath"] = None
import math
import numpy as np
from autograd.check import gradcheck
report = gradcheck(lambda W, x: np.tanh(W @ x), np.ones((2, 3)) / 3, np.array([0.5, -1.0, 2.0]))
print(report)
report = gradcheck(lambda x: np.linalg.svd(x)[1].sum() + np.abs(x).sum(), np.array([[1.0, 0.5], [-0.25, 2.0]]))
print(report)
for name in ("balls", "digits"):
    try:
        gradcheck(np.exp, 1.0, reference=name)
    except ImportError as error:
        print(error)
"""


def test_without_packages() -> None:
    command = [sys.executable, "-W", "error", "-c", WITHOUT_PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    net, svd, *_, balls, digits = done.stdout.splitlines()
    assert re.search("passed.*against complex step$", net)
    assert re.search("passed.*against .*differences", svd)
    assert "needs python-flint" in balls
    assert "needs mpmath" in digits


def test_names_of_references() -> None:
    assert [reference.name for reference in chosen(None)] == list(KNOWN)
    with pytest.raises(ValueError, match="balls, digits, complex step, differences"):
        chosen("fractions")


def test_the_precision_of_the_library_is_restored() -> None:
    before = ctx.prec
    with pytest.raises(UndecidedError), Balls(999) as arithmetic:
        arithmetic.compare(arithmetic.number(1) / 3 * 3, arithmetic.number(1))
    assert ctx.prec == before
    with Balls(300), Balls(100):
        assert ctx.prec == 100
    assert ctx.prec == before


@pytest.mark.parametrize("reference", WIDE, ids=lambda reference: reference.name)
def test_threads_have_digits_of_their_own(reference: Taped, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    before, mp_before = ctx.prec, mpmath.mp.prec
    points = (1e-3, 1.0, 1e-300)

    def text(point: float) -> str:  # with digits that no thread sets
        pulled = known(reference, "expm1", (point,))
        return " ".join(map(pulled.arithmetic.text, pulled.values))

    alone = list(map(text, points))
    found: list[tuple[int, str]] = []

    def work(i: int) -> None:
        for _ in range(20):
            found.append((i, text(points[i])))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(i, text) for i, text in enumerate(alone) for _ in range(20)]
    assert (ctx.prec, mpmath.mp.prec) == (before, mp_before)


def test_few_bits() -> None:
    assert [has_few_bits(x, 2) for x in (0.0, 1.5, -3e300, 1.25, math.inf, math.nan)] == [True] * 2 + [False] * 4


@given(x=st.floats(-1e10, 1e10), y=st.floats(-1e10, 1e10).filter(lambda y: abs(y) > 1e-10))
def test_running_errors_hold_what_rounding_takes(x: float, y: float) -> None:
    arithmetic = Floats()
    a, b = arithmetic.number(x), arithmetic.number(y)
    with mpmath.workprec(2000):
        for near, exact in (
            (a + b, mpf(x) + mpf(y)),
            (a - b, mpf(x) - mpf(y)),
            (a * b, mpf(x) * mpf(y)),
            (a / b, mpf(x) / mpf(y)),
            ((a + b) * (a - b) / b, (mpf(x) + mpf(y)) * (mpf(x) - mpf(y)) / mpf(y)),
        ):
            assert abs(mpf(near.value) - exact) <= mpf(near.error)


def test_rounding_alone_is_a_budget() -> None:
    """With the digits of single precision a sum of many terms may be off by as much as their rounding."""
    x = np.full(100, 0.1)
    call = call_of(np.sum, x)
    for reference in WIDE:
        pulled = reference.rounded(call, np.dtype(np.float32))
        assert pulled is not None
        assert 1e-6 < pulled.arithmetic.radius(pulled.values[0]) < 1e-3
