"""Functions that are known at some places, and straight lines between these; polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.accept import of_dtype
from autograd.call import shape_of
from autograd.composition import composition, given
from autograd.errors import OperationError
from autograd.op import Op, as_floats, primitive
from autograd.ops.axes import moveaxis
from autograd.ops.compare import where
from autograd.ops.corners import sign
from autograd.ops.functions import exp, log
from autograd.ops.indexing import add_along_axis, put, take_along_axis
from autograd.ops.shaping import astype, concatenate, reshape
from autograd.ops.sorting import argsort


def expect_nodes(xp: Any, fp: Any = None) -> None:
    """Refuse what is no row of two places or more, from left to right, with a value each.

    Raises `ValueError`.
    """
    if len(xp.shape) != 1 or xp.shape[0] < 2 or (fp is not None and fp.shape != xp.shape):
        raise ValueError("expected nodes xp, and as many values fp, along one axis of a length of 2 or more")
    for k in range(len(xp) - 1) if xp.dtype == object else np.flatnonzero(~(xp[1:] > xp[:-1]))[:1]:
        if not xp[k + 1] > xp[k]:
            raise ValueError(f"expected xp that increases, got {xp[k + 1]} behind {xp[k]}: sort it, each place once")


def lines(x: Any, xp: Any, fp: Any) -> Any:
    """NumPy's, in the dtype of its operands."""
    expect_nodes(xp, fp)
    return np.interp(x, xp, fp).astype(np.result_type(x, xp, fp))[()]


def interval(x: Any, xp: Any) -> Any:
    """Of what is on a node, the one on its right; of what is outside, the outermost."""
    expect_nodes(xp)
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)


# Of Values: they are compared one by one.


def interval_of(x: Any, nodes: list[Any]) -> int:
    place = 0
    while place + 2 < len(nodes) and x >= nodes[place + 1]:
        place += 1
    return place


def interval_of_scalars(x: Any, xp: Any) -> Any:
    expect_nodes(xp)
    nodes = xp.tolist()
    return np.frompyfunc(lambda x: interval_of(x, nodes), 1, 1)(x).astype(int)


def line_of_scalars(x: Any, xp: Any, fp: Any) -> Any:
    expect_nodes(xp, fp)
    nodes, values = xp.tolist(), fp.tolist()

    def line(x: Any) -> Any:
        if x < nodes[0]:
            return values[0]
        if x > nodes[-1]:
            return values[-1]
        k = interval_of(x, nodes)
        return values[k] + (values[k + 1] - values[k]) / (nodes[k + 1] - nodes[k]) * (x - nodes[k])

    return np.frompyfunc(line, 1, 1)(x)


# Rules, of x in one row.


def row(x: Any) -> Any:
    return reshape(x, (-1,))


def steps(nodes: Any) -> Any:
    """From each node to the next."""
    return nodes[1:] - nodes[:-1]


def is_between(x: Any, xp: Any) -> Any:
    """Whether it is not outside."""
    return (x >= xp[0]) & (x <= xp[-1])


def slopes(x: Any, xp: Any, fp: Any) -> Any:
    """Of the lines that x lies on; outside they are flat."""
    return where(is_between(x, xp), take_along_axis(steps(fp) / steps(xp), locate(x, xp), 0), 0)


def shared(g: Any, x: Any, xp: Any) -> Any:
    """What comes to each node, of gradients shared between the ends of the lines: the nearer has more, the last node
    all that is beyond it.
    """
    k, many = locate(x, xp), (shape_of(xp)[0] - 1,)
    part = (x - take_along_axis(xp[:-1], k, 0)) / take_along_axis(steps(xp), k, 0)
    at_end = g * where(is_between(x, xp), part, x > xp[-1])
    starts, ends = (add_along_axis(each, k, many, 0) for each in (g - at_end, at_end))
    return put(starts, shape_of(xp), slice(None, -1)) + put(ends, shape_of(xp), slice(1, None))


def x_vjp(g: Any, y: Any, x: Any, xp: Any, fp: Any) -> Any:
    return g * reshape(slopes(row(x), xp, fp), shape_of(x))


def xp_vjp(g: Any, y: Any, x: Any, xp: Any, fp: Any) -> Any:
    return -shared(row(g) * slopes(row(x), xp, fp), row(x), xp)


def fp_vjp(g: Any, y: Any, x: Any, xp: Any, fp: Any) -> Any:
    return shared(row(g), row(x), xp)


# fmt: off
locate: Op = primitive("locate", interval, None, None, scalars=interval_of_scalars, shape=lambda x, xp: x,
    method=False,
    doc="between which nodes a number is has no gradient: a small change leaves it there")
interpolate: Op = primitive("interpolate", lines, x_vjp, xp_vjp, fp_vjp, scalars=line_of_scalars,
    shape=lambda x, xp, fp: x, method=False, symbol="interp",
    doc="interpolation passes the slope of its line on to x, and shares the gradient between the two values "
        "that the line joins, the nearer one more")
# fmt: on


@composition(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    """Straight lines between the values ``fp`` at the nodes ``xp``: it has derivatives by all of these.

    ``left`` and ``right`` are what it is outside, else the first value and the last; with a ``period``, it repeats. At
    a node the slope by x is that of the line on its right, on the last node that of the last line.

    >>> interp(2.5, [1, 2, 3], [3.0, 2.0, 0.0])
    np.float64(1.0)
    """
    x, xp, fp = (as_floats(each, "interp") for each in (x, xp, fp))
    if period is not None:
        if not period:
            raise OperationError("interp: expected a period that is not 0, got 0: leave it out")
        length = abs(period)
        return interpolate(np.remainder(x, length), *around(np.remainder(xp, length), fp, length))
    y = interpolate(x, xp, fp)
    if left is not None:
        y = where(x < xp[0], left, y)
    if right is not None:
        y = where(x > xp[-1], right, y)
    return y


def around(xp: Any, fp: Any, period: Any) -> tuple[Any, Any]:
    """The nodes of one period in order, with the last before the first, and the first behind the last."""
    order = argsort(xp)
    xp, fp = take_along_axis(xp, order, 0), take_along_axis(fp, order, 0)
    return concatenate([xp[-1:] - period, xp, xp[:1] + period]), concatenate([fp[-1:], fp, fp[:1]])


def parts_of(start: Any, stop: Any, num: int, endpoint: bool, *others: Any) -> Any:
    """From 0 to 1 along an axis in front of all others, in the dtype of what is between the ends."""
    ndim = max(len(shape_of(x)) for x in (start, stop, *others))
    parts = np.linspace(0.0, 1.0, num, endpoint).reshape(-1, *(1,) * ndim)
    kinds = [x if isinstance(x, int | float) else getattr(x, "dtype", np.dtype(object)) for x in (start, stop, *others)]
    return parts if np.dtype(object) in kinds else parts.astype(np.result_type(*kinds, 1.0))


def between(start: Any, stop: Any, parts: Any) -> Any:
    return (1 - parts) * start + parts * stop


@composition(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """Numbers from one to another, evenly apart; of arrays, along a new axis. With ``retstep``, also how far apart.

    >>> linspace(0.0, 1.0, 3)
    array([0. , 0.5, 1. ])
    """
    start, stop = (x if isinstance(x, int | float) else given(x, "linspace") for x in (start, stop))
    numbers = moveaxis(between(start, stop, parts_of(start, stop, num, endpoint)), 0, axis)
    numbers = numbers if dtype is None else astype(numbers, dtype)
    spaces = num - endpoint
    return (numbers, (stop - start) / spaces if spaces > 0 else (stop - start) * np.nan) if retstep else numbers


@composition(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """A polynomial by its coefficients, the highest power first, as Horner has it.

    >>> polyval([2.0, 0.0, 1.0], 3.0)
    np.float64(19.0)
    """
    x = given(x, "polyval")
    result: Any = x * 0.0
    for coefficient in p:
        result = result * x + coefficient
    return result


@composition(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """A base to the powers that `linspace` gives: from one to the next, the same factor.

    >>> logspace(0.0, 2.0, 3)
    array([  1.,  10., 100.])
    """
    start, stop, base = (x if isinstance(x, int | float) else given(x, "logspace") for x in (start, stop, base))
    powers = between(start, stop, parts_of(start, stop, num, endpoint, base))
    numbers = moveaxis((float(base) if isinstance(base, int) else base) ** powers, 0, axis)
    return numbers if dtype is None else astype(numbers, dtype)


@composition(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """Numbers from one to another of the same sign, each the same factor times the one before.

    >>> geomspace(1.0, 4.0, 3)
    array([1., 2., 4.])

    Raises `ValueError` for an end that is zero.
    """
    start, stop = (x if isinstance(x, int | float) else given(x, "geomspace") for x in (start, stop))
    if not (np.all(start != 0) and np.all(stop != 0)):
        raise ValueError("geomspace: expected ends that are not zero, as no factor leads to it")
    parts = parts_of(start, stop, num, endpoint)
    start, stop = of_dtype(start, parts), of_dtype(stop, parts)
    signs = sign(start)
    inner = signs * exp(between(log(start / signs), log(stop / signs), parts))
    numbers = moveaxis(where(parts == 0, start, where(parts == 1, stop, inner)), 0, axis)
    return numbers if dtype is None else astype(numbers, dtype)
