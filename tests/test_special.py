"""Special functions: reached by SciPy's code, missing where it is not installed, of any order, and far out."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from exact import ulps
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import DTypeError, LostGradientError, Tensor, Value, gradients, jvp
from autograd.borrowed import borrowed, borrowed_as
from autograd.op import overridden_by, override_of, table
from autograd.ops import normal

#: What SciPy calls the operations, save those that have its names.
NAMES = {"sigmoid": "expit", "logsigmoid": "log_expit", "digamma": "psi"}
SAME = ("erf", "erfc", "erfinv", "ndtr", "gammaln", "gamma", "logit", "xlogy", "xlog1py", "entr")
NAMES |= dict(zip(SAME, SAME, strict=True))

kinds = pytest.mark.parametrize("kind", [Value, Tensor])


@kinds
@pytest.mark.parametrize("name", NAMES)
def test_scipys_functions_reach_the_table(name: str, kind: Any) -> None:
    op, function = table[name], getattr(scipy.special, NAMES[name])
    point = [0.3, 0.4][: len(op.rules)]
    leaves = [kind(x) for x in point]
    y = function(*leaves)
    assert y.op is op
    np.testing.assert_allclose(y.item(), function(*point), rtol=1e-14)
    assert override_of(function) is op
    assert overridden_by(op) == [borrowed("scipy.special", NAMES[name])]


def test_a_function_of_that_name_alone_is_none_of_scipys() -> None:
    def erf(x: Any) -> Any:
        return x

    assert borrowed_as(erf) is None
    assert override_of(erf) is None


@kinds
def test_what_has_no_operation_is_refused_by_its_own_name(kind: Any) -> None:
    with pytest.raises(LostGradientError, match=r"^j1 has no derivative"):
        scipy.special.j1(kind(0.5))


def test_no_two_functions_have_one_name() -> None:
    with pytest.raises(ValueError, match="has the name 'erf' already"):
        borrowed("elsewhere", "erf")


WITHOUT = """
import sys
sys.modules["scipy"] = None
import autograd
x = autograd.Value(0.5)
for name in ("gelu", "erf", "erfc", "ndtr", "entr", "xlogy"):
    getattr(autograd, name)(*[x] * len(autograd.table[name].rules)).backward()
for name in ("gammaln", "digamma", "erfinv"):
    try:
        getattr(autograd, name)(x)
    except ImportError as error:
        assert "pip install 'stepgrad[special]'" in str(error), error
    else:
        raise AssertionError(name)
"""


def test_without_scipy_all_else_works_and_the_error_names_the_extra() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT], check=True)


def test_importing_autograd_imports_no_scipy() -> None:
    code = "import sys, autograd, nn; assert not any(name.startswith('scipy') for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@kinds
@given(x=st.floats(0.1, 50), order=st.integers(0, 4))
def test_polygamma_is_the_derivative_of_digamma_of_any_order(kind: Any, x: float, order: int) -> None:
    leaf = kind(x)
    y = autograd.digamma(leaf)
    for _ in range(order):
        y = gradients(y, leaf, create_graph=True)
    expected = float(mpmath.psi(order, mpmath.mpf(x)))
    assert abs(y.item() - expected) <= 1e-13 * (abs(expected) + x * abs(float(mpmath.psi(order + 1, x))))
    assert autograd.polygamma(order, kind(x)).item() == pytest.approx(y.item(), rel=1e-13, abs=1e-13)
    tangent = jvp(lambda x: autograd.polygamma(order, x), (leaf,), (2.0,))[1].item()
    assert tangent == pytest.approx(2 * float(mpmath.psi(order + 1, x)), rel=1e-13)


@kinds
def test_far_below_zero_polygamma_is_no_number_rather_than_for_ever(kind: Any) -> None:
    for x in (-1e15 + 0.5, -1e300, -np.inf):
        assert np.isnan(autograd.polygamma(1, kind(x)).item())
    below = autograd.polygamma(1, kind(-0.5)).item()
    assert below == pytest.approx(float(mpmath.psi(1, -0.5)), rel=1e-13)


def test_orders_broadcast_as_scipys_do() -> None:
    orders, x = np.array([[0], [1], [2]]), np.array([0.5, 2.0])
    np.testing.assert_allclose(
        autograd.polygamma(orders, Tensor(x)).data, scipy.special.polygamma(orders, x), rtol=1e-14
    )


@kinds
@pytest.mark.parametrize("order", [1.5, -1, np.nan, np.array(["a"])])
def test_an_order_that_is_no_whole_number_is_refused(kind: Any, order: Any) -> None:
    with pytest.raises(DTypeError, match="polygamma: expected"):
        autograd.polygamma(order, kind(2.0))


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("y", [0.0, -1.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", ["xlogy", "xlog1py"])
def test_nothing_times_a_logarithm_is_nothing(name: str, zero: float, y: float) -> None:
    for kind in (float, Value, Tensor):
        got = table[name](kind(zero), kind(y))
        np.testing.assert_equal(
            float(got if kind is float else got.item()) + 0.0, getattr(scipy.special, name)(0.0, y) + 0.0
        )


#: Of each elementwise operation with params, a call that gives one.
PARAMS: dict[str, dict[str, Any]] = {"softplus": {"beta": 2.0}, "gelu": {"approximate": "tanh"}}


@kinds
@pytest.mark.parametrize("name", PARAMS)
@given(x=st.floats(-3, 3))
def test_a_param_reaches_the_slopes(name: str, kind: Any, x: float) -> None:
    """By generated code and by rules alike."""
    params = PARAMS[name]
    op = table[name]
    leaf = kind(x)
    (slope,) = [(op(x + h, **params) - op(x - h, **params)) / (2 * h) for h in [1e-6]]
    y = op(leaf, **params)
    found = [gradients(y, leaf), gradients(y, leaf, create_graph=True).item()]
    found.append(jvp(lambda x: op(x, **params), (leaf,), (1.0,))[1].item())
    np.testing.assert_allclose(np.array(found, float), slope, rtol=0, atol=1e-8)


FAR = [-1e4, -1e3, 1e3, 1e4, np.inf, -np.inf]
SATURATED = {
    "logsigmoid": lambda x: min(x, 0.0),
    **{name: lambda x: max(x, 0.0) for name in ("softplus", "silu", "gelu", "mish", "hardswish")},
    "elu": lambda x: x if x > 0 else -1.0,
    "hardtanh": np.sign,
    "erf": np.sign,
    "relu6": lambda x: 6.0 * (x > 0),
    **{name: lambda x: float(x > 0) for name in ("hardsigmoid", "ndtr")},
}


@kinds
@pytest.mark.parametrize("x", FAR)
@pytest.mark.parametrize("name", SATURATED)
def test_far_out_there_are_limits_and_no_warnings(name: str, x: float, kind: Any) -> None:
    leaf = kind(x)
    y = table[name](leaf)
    limit = SATURATED[name]
    assert y.item() == limit(x)
    assert float(gradients(y, leaf)) == float(name not in ("hardtanh", "erf") and limit(2 * x) - limit(x) != 0) or (
        np.isinf(x) and float(gradients(y, leaf)) in (0.0, 1.0)
    )


#: What has a form for arrays, with its meaning.
OF_ARRAYS: dict[str, Any] = {
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "ndtr": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "norm_pdf": lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
}


@pytest.mark.parametrize("name", OF_ARRAYS)
@given(
    xs=st.lists(st.floats(-40, 40) | st.floats(-1, 1) | st.floats(-0.51, -0.49), min_size=1, max_size=20),
    dtype=st.sampled_from([np.float64, np.float32]),
)
def test_arrays_are_as_exact_as_single_numbers(name: str, xs: list[float], dtype: Any) -> None:
    """Whatever their length; of denormal results, to so much as an input times one is off."""
    numbers = np.resize(np.array(xs, dtype), normal.BLOCK + 7)
    found = table[name](numbers)
    assert found.dtype == dtype
    assert np.array_equal(found, np.resize(found[: len(xs)], found.shape))
    smallest = float(np.finfo(dtype).smallest_subnormal)
    with mpmath.workdps(40):
        for x, y in zip(numbers.tolist(), found[: len(xs)], strict=False):
            expected = OF_ARRAYS[name](mpmath.mpf(x))
            if ulps(y, expected, dtype) > 8:
                assert abs(float(y - expected)) <= 8 * smallest * max(1.0, abs(x))


@pytest.mark.parametrize("name", OF_ARRAYS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_arrays_have_the_ends_and_the_shape_that_single_numbers_have(name: str, dtype: Any) -> None:
    edges = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype)
    many = np.tile(edges, (3, 2, 40))[:, :, ::-1].T
    with np.errstate(all="raise", under="ignore"):
        found = table[name](many)
    expected = np.array([table[name](x) for x in many.reshape(-1)]).reshape(many.shape)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    assert table[name](np.zeros((0, 3), dtype)).shape == (0, 3)
