"""Numbers, Values and Tensors as Hypothesis draws them: of few digits and moderate size, and of any on request."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from autograd import accept
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.op import Interval
from autograd.scalar.value import Value
from autograd.tensor.tensor import Tensor

Shape = tuple[int, ...]
Shapes = Shape | int | st.SearchStrategy[Shape] | None

REAL: Interval = (-math.inf, math.inf)

#: How far numbers stay from the ends of a domain, where it is wide enough, and how far they go.
ROOM = 0.125
FAR = 2.0

#: Numbers that rules have cases for, or that a rounding hides in.
EDGES = (0.0, 1.0, 1e-8, 1e-300, 5e-324, 30.0, 700.0, 1e4, 1e16, 1e300)


def values(domain: Interval = REAL, *, edges: bool = False) -> st.SearchStrategy[Value]:
    """Values within an open interval, away from its ends; with ``edges`` at these too, and very large and small.

    >>> from hypothesis import find
    >>> find(values((0, 1)), lambda x: x.data > 0.5)
    Value(data=0.515625, grad=–)

    Raises `DTypeError` for a domain that is no interval of real numbers.
    """
    return numbers(expected_interval(domain, "values"), edges=accept.flag(edges, "values", "edges")).map(Value)


def tensors(
    shape: Shapes = None, dtype: DTypeLike = np.float64, domain: Interval = REAL, *, edges: bool = False
) -> st.SearchStrategy[Tensor]:
    """Tensors of a shape, or of shapes that a strategy draws (None: any small one), within an open interval.

    With ``edges`` their numbers are at the ends of the interval too, and very large and small.

    >>> from hypothesis import find
    >>> find(tensors(domain=(0, np.inf)), lambda x: x.ndim == 2)
    Tensor([[0.125]])

    Raises `ShapeError` for what is no shape, `DTypeError` for a dtype that is not of floats, and for a domain that is
    no interval of real numbers.
    """
    kind = accept.float_dtype(dtype, "tensors")
    interval = expected_interval(domain, "tensors")
    at_edges = accept.flag(edges, "tensors", "edges")
    return shapes(shape, "tensors").flatmap(lambda drawn: arrays(drawn, interval, kind, edges=at_edges)).map(Tensor)


def mutually_broadcastable_tensors(
    count: int = 2,
    dtype: DTypeLike = np.float64,
    domain: Interval = REAL,
    *,
    min_side: int = 1,
    max_side: int = 3,
    max_dims: int = 3,
    edges: bool = False,
) -> st.SearchStrategy[tuple[Tensor, ...]]:
    """So many Tensors whose shapes broadcast against each other; axes of length 0 among them with ``min_side=0``.

    >>> from hypothesis import find
    >>> [x.shape for x in find(mutually_broadcastable_tensors(2), lambda xs: xs[0].ndim > xs[1].ndim)]
    [(1,), ()]

    Raises `ShapeError` for a count below 1, and as `tensors` does.
    """
    what = "mutually_broadcastable_tensors"
    if not isinstance(count, int) or count < 1:
        raise ShapeError(f"{what}: expected a count of 1 or more, got {short_repr(count)}")
    kind, interval = accept.float_dtype(dtype, what), expected_interval(domain, what)
    at_edges = accept.flag(edges, what, "edges")
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=count, min_side=min_side, max_side=max_side, max_dims=max_dims)
    return drawn.flatmap(
        lambda found: st.tuples(*[arrays(x, interval, kind, edges=at_edges).map(Tensor) for x in found.input_shapes])
    )


def for_type(kind: type) -> st.SearchStrategy[Any]:
    """What `hypothesis.strategies.from_type` draws for Value, and for Tensor."""
    return values() if issubclass(kind, Value) else tensors()


# What these are made of.


def numbers(interval: Interval = REAL, *, edges: bool = False, dtype: Any = np.float64) -> st.SearchStrategy[float]:
    """Floats within an open interval, of few digits; with ``edges`` those near its ends, and of the floats, too."""
    low, high = usable(interval)
    digits = max(6, 4 - math.floor(math.log2(high - low)))
    scale = 2.0**digits
    ordinary = st.integers(math.ceil(low * scale), math.floor(high * scale)).map(lambda n: n / scale)
    if not edges:
        return ordinary
    found = edges_of(interval, dtype)
    return st.one_of(st.sampled_from(found), ordinary) if found else ordinary


def usable(interval: Interval) -> Interval:
    """The part of an interval that numbers are drawn from: away from its ends, and near 0 or near an end.

    >>> usable(REAL), usable((0.0, math.inf)), usable((0.0, 0.5))
    ((-2.0, 2.0), (0.125, 2.125), (0.0625, 0.4375))
    """
    low, high = interval
    room = min(ROOM, (high - low) / 8)
    low, high = low + room, high - room
    return max(low, min(-FAR, high - FAR)), min(high, max(FAR, low + FAR))


def edges_of(interval: Interval, dtype: Any = np.float64) -> list[float]:
    """Numbers at the edges of an interval, and of a dtype: its ends, zero from both sides, the large and the tiny."""
    kind: Any = np.dtype(dtype).type
    low, high = map(kind, interval)
    with np.errstate(all="ignore"):
        ends = [np.nextafter(low, high), np.nextafter(high, low)]
        around = [end + sign * kind(x) for end in (low, high) for sign in (1, -1) for x in EDGES]
        found = [float(x) for x in [*(sign * kind(x) for x in EDGES for sign in (1, -1)), *around, *ends]]
    return sorted({repr(x): x for x in found if low < x < high}.values(), key=abs)


def arrays(
    shape: Shape, interval: Interval = REAL, dtype: Any = np.float64, *, edges: bool = False
) -> st.SearchStrategy[Any]:
    """Arrays of such numbers."""
    drawn = hnp.arrays(np.float64, shape, elements=numbers(interval, edges=edges, dtype=dtype))
    return drawn.map(lambda x: x.astype(dtype, copy=False))


def shapes(shape: Shapes, what: str) -> st.SearchStrategy[Shape]:
    """A strategy of shapes, from what a person gave.

    Raises `ShapeError` for what is none.
    """
    if shape is None:
        return small_shapes()
    if isinstance(shape, st.SearchStrategy):
        return shape
    given = (shape,) if isinstance(shape, int) else shape
    if not isinstance(given, tuple) or not all(isinstance(n, int) and n >= 0 for n in given):
        expected = "a shape such as (2, 3), a strategy of shapes, or None"
        raise ShapeError(f"{what}: expected {expected}, got {short_repr(shape)}")
    return st.just(given)


def small_shapes(least: int = 0, min_side: int = 1) -> st.SearchStrategy[Shape]:
    return hnp.array_shapes(min_dims=least, max_dims=3, min_side=min_side, max_side=3)


def expected_interval(domain: Any, what: str) -> Interval:
    """An open interval as two floats."""
    try:
        low, high = map(float, domain)
        if low < high:
            return low, high
    except (TypeError, ValueError):
        pass
    raise DTypeError(f"{what}: expected domain= as an open interval such as (0, np.inf), got {short_repr(domain)}")
