"""Special functions: of the normal distribution, of gamma, and logarithms that are zero where their factor is.

Those of the normal distribution need Python's `math` alone, whose erfc is exact where SciPy's, of exp(−x²), loses
hundreds of units in the last place; arrays of floats have their own form. The gamma functions and
erfinv are SciPy's, imported when they are called.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from operator import methodcaller
from typing import Any

import numpy as np

from autograd.borrowed import borrowed
from autograd.composition import composition
from autograd.errors import DTypeError, short_repr
from autograd.op import Op, elementwise, is_objects, override
from autograd.ops import normal
from autograd.ops.compare import as_operands, literal, where
from autograd.ops.functions import POSITIVE, REAL, by_definition, cbrt, exp, exp2, expm1, log, log1p, sqrt, square

ROOT_PI = math.sqrt(math.pi)

#: SciPy takes as many steps to a polygamma as its argument is below 0, of 1e15 for ever: from here on it is NaN.
LOWEST = -1e4

#: A float times this, less what it is then more than the float, has half of its digits.
SPLIT = 2.0**27 + 1


def in_doubles(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function computed in double precision, its result in that of its last argument."""

    @wraps(function)
    def run(*xs: Any, **params: Any) -> Any:
        dtype = getattr(xs[-1], "dtype", None)
        if dtype is None or dtype.kind != "f" or dtype.itemsize >= 8:
            return function(*xs, **params)
        return function(*xs[:-1], xs[-1].astype(np.float64), **params).astype(dtype)

    return run


def by_element(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of Python's `math`, on arrays too; numbers of another kind have a method of its name."""
    name = function.__name__
    on_numbers = np.frompyfunc(function, 1, 1)
    on_one = methodcaller(name)
    on_objects = np.frompyfunc(on_one, 1, 1)

    def run(x: Any) -> Any:
        if is_objects(x):
            return on_objects(x)
        is_number = isinstance(x, float) or hasattr(x, "dtype")
        return np.asarray(on_numbers(x), np.float64)[()] if is_number else on_one(x)

    return in_doubles(run)


def square_in_parts(x: Any) -> tuple[Any, Any]:
    """x² as the sum of two numbers, of which the first has no more digits than it needs, and the second is small."""
    large = SPLIT * x
    high = large - (large - x)
    low = x - high
    return high * high, (2 * high + low) * low


@normal.on_arrays(normal.density)
@in_doubles
def density(x: Any) -> Any:
    """e^(−x²/2) / √2π; where x² is large, its last digits, of which the power is made, would be rounded away."""
    high, low = square_in_parts(np.minimum(np.abs(x), normal.FAR))
    return np.exp(-0.5 * high) * np.exp(-0.5 * low) / normal.ROOT_TWO_PI


@normal.on_arrays(normal.ndtr)
@in_doubles
def below(x: Any) -> Any:
    """erfc(−x / √2) / 2, and what it changes by that x / √2 is rounded."""
    a = np.minimum(np.abs(x), normal.FAR)
    u = normal.ROOT_HALF * a
    (high, low), (other_high, other_low) = square_in_parts(u), square_in_parts(a)
    excess = (high - 0.5 * other_high) + (low - 0.5 * other_low)  # of u² beside x² / 2
    tail = 0.5 * (erfc(u) * (1 + excess))
    return np.where(x < 0, tail, 1 - tail)


def log_odds(x: Any) -> Any:
    """log(x / (1 − x)); around 1/2, where that is near 1, from the distance to it."""
    twice = np.minimum(np.maximum(2 * x - 1, -0.5), 0.5)
    return np.where(np.abs(x - 0.5) < 0.25, np.log1p(twice) - np.log1p(-twice), np.log(x) - np.log1p(-x))


def minus_x_log_x(x: Any) -> Any:
    return np.where(x < 0, -np.inf, 0.0 - x * np.log(np.where(x > 0, x, 1.0)))


@by_definition(borrowed("scipy.special", "gammaln"))
def log_of_gamma(x: Any) -> Any:
    """At 1 and 2, where it is zero, SciPy's of complex numbers has digits that its gammaln has not."""
    is_near = (np.abs(x - 1) < 0.2) | (np.abs(x - 2) < 0.2)
    near = borrowed("scipy.special", "loggamma")(np.where(is_near, x, 1.0) + 0j).real
    return np.where(is_near, near, borrowed("scipy.special", "gammaln")(x))[()]


def is_nothing(x: Any, y: Any) -> Any:
    """Whether x is zero, so that its product with a function of y is, be that infinite or not there; NaN is NaN."""
    return (x == 0) & (y == y)


def derivative_of_digamma(n: Any, x: Any) -> Any:
    orders = np.asarray(n)
    if orders.dtype.kind not in "biuf" or not np.all((orders >= 0) & (orders == np.floor(orders))):
        raise DTypeError(f"polygamma: expected orders n as whole numbers from 0 on, got {short_repr(n)}")
    is_near = x > LOWEST
    known = borrowed("scipy.special", "polygamma")(orders * 1.0, np.where(is_near, x, 1.0))
    return np.where(is_near, known, np.nan)[()]


# fmt: off
erf = elementwise("erf", normal.on_arrays(normal.erf)(by_element(math.erf)), lambda y, x: 2 / ROOT_PI * exp(-(x * x)),
    numeric=[lambda y, x: 4 * ROOT_PI * square(norm_pdf(x))],
    doc="the error function passes a bell of the gradient: most at 0, nearly nothing where it saturates")
erfc: Op = elementwise("erfc", normal.on_arrays(normal.erfc)(by_element(math.erfc)),
    lambda y, x: -2 / ROOT_PI * exp(-(x * x)),
    numeric=[lambda y, x: -4 * ROOT_PI * square(norm_pdf(x))],
    doc="the complement of the error function, 1 − erf, passes minus its bell of the gradient")
erfinv = elementwise("erfinv", in_doubles(borrowed("scipy.special", "erfinv")),
    lambda y, x: ROOT_PI / 2 * exp(y * y), numeric=[lambda y, x: 1 / (4 * ROOT_PI * square(norm_pdf(y)))],
    domain=((-1.0, 1.0),),
    doc="the inverse of the error function divides the gradient by that function's slope")
norm_pdf: Op = elementwise("norm_pdf", density, lambda y, x: -x * y, method=False,
    symbol="φ",
    doc="the density of the standard normal distribution passes minus its input times its output")
ndtr = elementwise("ndtr", below, lambda y, x: norm_pdf(x), method=False, symbol="Φ",
    doc="the standard normal distribution passes its density of the gradient")

gammaln = elementwise("gammaln", in_doubles(log_of_gamma), lambda y, x: digamma(x),
    domain=(POSITIVE,), method=False,
    doc="the logarithm of gamma has the digamma function as its slope: about log x")
gamma = elementwise("gamma", in_doubles(borrowed("scipy.special", "gamma")), lambda y, x: y * digamma(x),
    domain=(POSITIVE,), method=False,
    doc="gamma, the factorial between the integers, passes its output times digamma of the gradient")
digamma: Op = elementwise("digamma", in_doubles(borrowed("scipy.special", "psi")), lambda y, x: polygamma(1, x),
    symbol="ψ", domain=(POSITIVE,),
    doc="digamma, the slope of gammaln, has the trigamma function as its own: about 1 / x")
polygamma: Op = elementwise("polygamma", in_doubles(derivative_of_digamma),
    None,
    lambda y, n, x: polygamma(n + 1, x),
    symbol="ψⁿ", domain=(REAL, POSITIVE), method=False,
    doc="polygamma, the derivative n of digamma, has the next one as its slope; its order n, a whole number, has none")

logit = elementwise("logit", log_odds, lambda y, x: 1 / (x * (1 - x)), numeric=[lambda y, x: 1 / x + 1 / (1 - x)],
    domain=((0.0, 1.0),),
    doc="logit, the inverse of sigmoid, divides the gradient by x times 1 − x: the more sure, the steeper")
xlogy = elementwise("xlogy", lambda x, y: as_operands(x * np.log(np.where(is_nothing(x, y), y**0, y * 1.0)), x, y),
    lambda z, x, y: log(y),
    lambda z, x, y: x / y,
    numeric=[None, lambda z, x, y: x / where((x == 0) & (y == 0), literal(1.0, z), y)],
    linear="first", domain=(REAL, POSITIVE), method=False,
    doc="x log y, which is 0 where x is, gives x the logarithm, and y the quotient")
xlog1py = elementwise("xlog1py",
    lambda x, y: as_operands(x * np.log1p(np.where(is_nothing(x, y), y**0 - 1, y * 1.0)), x, y),
    lambda z, x, y: log1p(y),
    lambda z, x, y: x / (1 + y),
    numeric=[
        lambda z, x, y: log1p(1.0 * y),  # of True, NumPy has three digits
        lambda z, x, y: x / where((x == 0) & (y == -1), literal(1.0, z), 1 + y)],
    linear="first", domain=(REAL, (-1.0, np.inf)), method=False,
    doc="x log(1 + y), which is 0 where x is, gives x the logarithm, and y the quotient")
entr = elementwise("entr", minus_x_log_x, lambda y, x: -log(x) - 1, domain=(POSITIVE,), method=False,
    doc="−x log x, of which entropies are sums, passes −log x − 1 of the gradient: without bound at 0")
# fmt: on

override(borrowed("scipy.special", "erf"), erf)
override(borrowed("scipy.special", "erfc"), erfc)
override(borrowed("scipy.special", "erfinv"), erfinv)
override(borrowed("scipy.special", "ndtr"), ndtr)
override(borrowed("scipy.special", "gammaln"), gammaln)
override(borrowed("scipy.special", "gamma"), gamma)
override(borrowed("scipy.special", "psi"), digamma)
override(borrowed("scipy.special", "logit"), logit)
override(borrowed("scipy.special", "xlogy"), xlogy)
override(borrowed("scipy.special", "xlog1py"), xlog1py)
override(borrowed("scipy.special", "entr"), entr)
override(borrowed("scipy.special", "expm1"), expm1)
override(borrowed("scipy.special", "log1p"), log1p)
override(borrowed("scipy.special", "cbrt"), cbrt)
override(borrowed("scipy.special", "exp2"), exp2)
override(borrowed("scipy.special", "exp10"), lambda x: 10.0**x)

#: Below this, a logarithm of `ndtr` is that of a density and of what is left of a series.
TAIL = -30.0

#: How the tail of the normal distribution goes on from φ(x) / −x, by powers of 1/x².
SERIES = (1.0, -1.0, 3.0, -15.0, 105.0, -945.0)


@composition(borrowed("scipy.special", "log_ndtr"))
def log_ndtr(x: Any) -> Any:
    """The logarithm of `ndtr`, also of an x so far below that this is nothing.

    >>> log_ndtr(np.array([0.0, -1e3]))
    array([-6.93147181e-01, -5.00007827e+05])
    """
    is_far = x < TAIL
    far, near = where(is_far, x, TAIL), where(is_far, TAIL, x)
    part, rest = 1 / (far * far), 0.0
    for factor in reversed(SERIES[1:]):
        rest = (rest + factor) * part
    tail = log1p(rest) - far * far / 2 - log(-far * normal.ROOT_TWO_PI)
    above = log1p(-ndtr(-where(near > 0, near, 0)))
    below = log(ndtr(where(near > 0, 0, near)))
    return where(is_far, tail, where(near > 0, above, below))


def x_log_ratio(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """X log(x / y) of what is above 0; whether it is, and what it is where not: 0 where x is zero, else infinite."""
    is_above = (x > 0) & (y > 0)
    p, q = where(is_above, x, 1), where(is_above, y, 1)
    excess = (p - q) / q
    is_near = (excess > -0.5) & (excess < 0.5)
    other = where((x == 0) & (y >= 0), 0, np.inf)
    is_nan = (x != x) | (y != y)
    apart = 2 * log(sqrt(p) / sqrt(q))  # of p / q, which may be beyond the range
    ratio = where(is_near, log1p(where(is_near, excess, 0)), apart)
    return is_above, p * ratio, where(is_nan, np.nan, other)


@composition(borrowed("scipy.special", "rel_entr"))
def rel_entr(x: Any, y: Any) -> Any:
    """X log(x / y), of which relative entropies are sums: 0 where x is, and infinite where one is below 0.

    >>> rel_entr(np.array([1.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.0]))
    array([ 0.,  0., inf])
    """
    is_above, found, other = x_log_ratio(x, y)
    return where(is_above, found, other)


@composition(borrowed("scipy.special", "kl_div"))
def kl_div(x: Any, y: Any) -> Any:
    """X log(x / y) − x + y, which is never below 0: infinite where x or y is.

    >>> kl_div(np.array([1.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.0]))
    array([ 0.,  2., inf])
    """
    is_above, found, other = x_log_ratio(x, y)
    return where(is_above, found - x + y, other + where(x == 0, y, 0))
