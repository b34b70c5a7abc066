"""NumPy's other products: matrix products, contractions and plain products of axes that were put in their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import ShapeError, short_repr
from autograd.op import override
from autograd.ops.arithmetic import mul, sub
from autograd.ops.contraction import einsum
from autograd.ops.indexing import getitem
from autograd.ops.linalg import matmul
from autograd.ops.reductions import sum
from autograd.ops.shaping import reshape, transpose

Axes = int | tuple[Any, Any] | Sequence[Any]


def from_numpy(*names: str) -> list[Callable[..., Any]]:
    """Those of NumPy's functions that the NumPy that is installed has."""
    return [getattr(np, name) for name in names if hasattr(np, name)]


def moved(a: Any, source: int, destination: int) -> Any:
    """One axis in another place, the others in order."""
    n = len(shape_of(a))
    source, destination = normalize_axis_index(source, n), normalize_axis_index(destination, n)
    order = [axis for axis in range(n) if axis != source]
    order.insert(destination, source)
    return a if source == destination else transpose(a, tuple(order))


@composition(np.dot, method=True)
def dot(a: Any, b: Any) -> Any:
    """NumPy's product: of numbers, of vectors, of matrices; and over the last axis of a and the last but one of b.

    >>> dot([1.0, 2.0], [3.0, 4.0]), dot(np.ones((2, 3)), np.ones((4, 3, 5))).shape
    (np.float64(11.0), (2, 4, 5))
    """
    if shape_of(a) == () or shape_of(b) == ():
        return mul(a, b)
    if len(shape_of(a)) > 1 and len(shape_of(b)) > 2:
        return tensordot(a, b, (-1, -2))
    return matmul(a, b)


@composition(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The sum of the products of all elements, in order.

    >>> vdot([[1.0, 2.0]], [[3.0], [4.0]])
    np.float64(11.0)
    """
    return matmul(reshape(a, -1), reshape(b, -1))


@composition(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axis of both.

    >>> inner(np.ones((2, 3)), np.ones((4, 3))).shape
    (2, 4)
    """
    if shape_of(a) == () or shape_of(b) == ():
        return mul(a, b)
    if len(shape_of(b)) > 2:
        return tensordot(a, b, (-1, -1))
    return matmul(a, b if len(shape_of(b)) == 1 else transpose(b))


@composition(np.outer)
def outer(a: Any, b: Any) -> Any:
    """Every element of a times every element of b.

    >>> outer([1.0, 2.0], [3.0, 4.0, 5.0]).shape
    (2, 3)
    """
    return mul(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@composition(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Axes = 2) -> Any:
    """The sum of products over some axes of a and as many of b: one contraction.

    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=([1, 2], [1, 0])).shape
    (2, 5)
    """
    left, right = shape_of(a), shape_of(b)
    summed_a, summed_b = summed_axes(left, right, axes)
    if [left[k] for k in summed_a] != [right[k] for k in summed_b]:
        raise ShapeError(
            f"tensordot: expected axes of the same lengths, got axes={short_repr(axes)} of the shapes {left}, {right}"
        )
    letters = iter(ascii_letters)
    of_a, of_b = [next(letters) for _ in left], [next(letters) for _ in right]
    for i, j in zip(summed_a, summed_b, strict=True):
        of_b[j] = of_a[i]
    kept = [x for k, x in enumerate(of_a) if k not in summed_a] + [x for k, x in enumerate(of_b) if k not in summed_b]
    return einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join(kept)}", a, b, optimize=True)


def summed_axes(left: tuple[int, ...], right: tuple[int, ...], axes: Axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of both that are summed over: so many last and first ones, or those of two lists.

    >>> summed_axes((2, 3, 4), (3, 4, 5), 2), summed_axes((2, 3), (5, 3), (-1, -1))
    (((1, 2), (0, 1)), ((1,), (1,)))
    """
    if isinstance(axes, int | np.integer):
        n = int(axes)
        if not 0 <= n <= min(len(left), len(right)):
            raise ShapeError(f"tensordot: expected at most the axes of the shapes {left}, {right}, got axes={n}")
        return tuple(range(len(left) - n, len(left))), tuple(range(n))
    try:
        first, second = axes
    except (TypeError, ValueError):
        raise ShapeError(f"tensordot: expected axes as an int or two lists of ints, got {short_repr(axes)}") from None
    found = normalize_axis_tuple(first, len(left)), normalize_axis_tuple(second, len(right))
    if len(found[0]) != len(found[1]):
        raise ShapeError(f"tensordot: expected as many axes of both, got axes={short_repr(axes)}")
    return found


@composition(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Every element of a times all of b, in blocks.

    >>> kron([1.0, 10.0], [1.0, 2.0])
    array([ 1.,  2., 10., 20.])
    """
    left, right = shape_of(a), shape_of(b)
    n = max(len(left), len(right))
    left, right = (1,) * (n - len(left)) + left, (1,) * (n - len(right)) + right
    blocks = mul(
        reshape(a, tuple(x for length in left for x in (length, 1))),
        reshape(b, tuple(x for length in right for x in (1, length))),
    )
    return reshape(blocks, tuple(x * y for x, y in zip(left, right, strict=True)))


@composition(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The cross product of vectors of three numbers, along an axis.

    >>> cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moved(a, axisa, -1), moved(b, axisb, -1)
    if not shape_of(a)[-1:] == shape_of(b)[-1:] == (3,):
        raise ShapeError(
            f"cross: expected vectors of 3 numbers along the axis, got the shapes {shape_of(a)}, {shape_of(b)}: "
            "give those of the plane a third coordinate of 0"
        )
    after, before = (..., [1, 2, 0]), (..., [2, 0, 1])
    product = sub(mul(getitem(a, after), getitem(b, before)), mul(getitem(a, before), getitem(b, after)))
    return moved(product, -1, axisc)


@composition(np.trace, method=True)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum of a diagonal of two axes.

    >>> trace(np.eye(3)), trace(np.ones((2, 3, 4)), 1, axis1=0, axis2=1)
    (np.float64(3.0), array([2., 2., 2., 2.]))
    """
    shape = shape_of(a)
    first, second = normalize_axis_tuple((axis1, axis2), len(shape))
    rest = [k for k in range(len(shape)) if k not in (first, second)]
    row, column = max(-offset, 0), max(offset, 0)
    places = np.arange(max(min(shape[first] - row, shape[second] - column), 0))
    return sum(getitem(transpose(a, (first, second, *rest)), (row + places, column + places)), axis=0, dtype=dtype)


@composition(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The products of vectors along an axis, stack by stack.

    >>> vecdot(np.ones((4, 3)), np.ones(3))
    array([3., 3., 3., 3.])
    """
    x1, x2 = moved(x1, axis, -1), moved(x2, axis, -1)
    return getitem(matmul(getitem(x1, (..., None, slice(None))), getitem(x2, (..., None))), (..., 0, 0))


@composition(*from_numpy("matvec"))
def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors, stack by stack.

    >>> matvec(np.ones((4, 2, 3)), np.ones((4, 3))).shape
    (4, 2)
    """
    return getitem(matmul(x1, getitem(x2, (..., None))), (..., 0))


@composition(*from_numpy("vecmat"))
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors times matrices, stack by stack.

    >>> vecmat(np.ones((4, 2)), np.ones((4, 2, 3))).shape
    (4, 3)
    """
    return getitem(matmul(getitem(x1, (..., None, slice(None))), x2), (..., 0, slice(None)))


@composition(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """The product of many matrices, in the order that takes the fewest multiplications.

    >>> multi_dot([np.ones((2, 9)), np.ones((9, 9)), np.ones(9)])
    array([81., 81.])
    """
    arrays = list(arrays)
    shapes = [shape_of(x) for x in arrays]
    inside = shapes[1:-1]
    if len(shapes) < 2 or {len(x) for x in inside} - {2} or {len(shapes[0]), len(shapes[-1])} - {1, 2}:
        raise ShapeError(f"multi_dot: expected two matrices at least, the ends perhaps vectors, got shapes {shapes}")
    lengths = [*(shapes[0][:-1] or (1,)), *(x[0] for x in shapes[1:]), *(shapes[-1][1:] or (1,))]
    return parted_product(arrays, partings(lengths), 0, len(arrays) - 1)


def partings(lengths: Sequence[int]) -> Mapping[tuple[int, int], int]:
    """After which of matrices i to j their product is parted, so that it takes the fewest multiplications.

    >>> partings([2, 9, 9, 1])[0, 2]
    0
    """
    many = len(lengths) - 1
    costs = {(i, i): 0 for i in range(many)}
    parted: dict[tuple[int, int], int] = {}
    for i, j in [(i, i + span) for span in range(1, many) for i in range(many - span)]:
        costs[i, j], parted[i, j] = min(
            (costs[i, k] + costs[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k) for k in range(i, j)
        )
    return parted


def parted_product(arrays: Sequence[Any], parted: Mapping[tuple[int, int], int], i: int, j: int) -> Any:
    """A function of the module, as one that is inside and calls itself would keep the graph until it is collected."""
    if i == j:
        return arrays[i]
    k = parted[i, j]
    return matmul(parted_product(arrays, parted, i, k), parted_product(arrays, parted, k + 1, j))


# What numpy.linalg has under the same names, with other arguments.


def cross_of_rows(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)


def trace_of_stack(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


def outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    if not len(shape_of(x1)) == len(shape_of(x2)) == 1:
        raise ShapeError(f"outer: expected two vectors, got the shapes {shape_of(x1)}, {shape_of(x2)}")
    return outer(x1, x2)


override(np.linalg.cross, cross_of_rows)
override(np.linalg.trace, trace_of_stack)
override(np.linalg.outer, outer_of_vectors)
override(np.linalg.matmul, matmul)
