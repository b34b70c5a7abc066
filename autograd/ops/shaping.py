"""Operations that only move elements: their gradients move them back."""

from __future__ import annotations

from builtins import sum as total
from collections.abc import Callable
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from autograd.call import shape_of
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.op import Op, override, primitive
from autograd.signature import each

Shape = int | tuple[int, ...]

HALF = np.dtype(np.float16)
SINGLE = np.dtype(np.float32)


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What to add up numbers of this dtype in: halves in single precision, for 2,048 + 1 is 2,048 in their own.

    >>> sum_dtype(np.dtype("f2")), sum_dtype(np.dtype("f4"))
    (dtype('float32'), dtype('float32'))
    """
    return SINGLE if dtype == HALF else dtype


def summed(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: Any = False) -> Any:
    """NumPy's sum, but that halves are rounded once, at the end.

    >>> summed(np.ones((4000, 1), np.float16), axis=0).item(), summed(np.arange(3))
    (4000.0, np.int64(3))
    """
    is_rounded = dtype is None and getattr(a, "dtype", None) == HALF
    total: Any = np.add.reduce(a, axis, SINGLE if is_rounded else dtype, out, keepdims)  # type: ignore[call-overload]
    return total.astype(HALF) if is_rounded else total


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` down to ``shape``: the one place where broadcasting is undone.

    An element that broadcasting copied receives the sum of what its copies receive.

    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> unbroadcast(np.ones((4, 3)), (4, 1)).ravel()
    array([3., 3., 3., 3.])
    """
    if g.shape == shape:
        return g
    added = len(g.shape) - len(shape)
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1)
    axes = tuple(range(added)) + stretched
    folded = summed(g, axes) if g.__class__ is np.ndarray else g.sum(axis=axes)
    return reshape(folded, shape) if stretched else folded


def inverse(axes: Any) -> Any:
    """The permutation that undoes this one; a single axis stays where it is."""
    if axes is None or np.ndim(axes) == 0:
        return axes
    return tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


def concatenate_vjp(
    g: Any,
    y: Any,
    arrays: Any,
    axis: int | None = 0,
    out: None = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Callable[[int], Any]:
    if axis is None:
        shapes = [shape_of(x) for x in arrays]
        ends = [0, *accumulate(map(prod, shapes))]
        return lambda k: reshape(g[ends[k] : ends[k + 1]], shapes[k])
    front = (slice(None),) * (axis % len(g.shape))
    ends = [0, *accumulate(x.shape[axis] for x in arrays)]
    return lambda k: g[(*front, slice(ends[k], ends[k + 1]))]


def concatenated(arrays: Any, axis: int | None = 0, **_: Any) -> tuple[int, ...]:
    if axis is None:
        return (total(map(prod, arrays)),)
    first = list(arrays[0])
    first[axis] = total(shape[axis] for shape in arrays)
    return tuple(first)


def stack_vjp(
    g: Any, y: Any, arrays: Any, axis: int = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Callable[[int], Any]:
    front = (slice(None),) * (axis % len(g.shape))
    return lambda k: g[(*front, k)]


def stacked(arrays: Any, axis: int = 0, **_: Any) -> tuple[int, ...]:
    place = axis % (len(arrays[0]) + 1)
    return (*arrays[0][:place], len(arrays), *arrays[0][place:])


def in_shape(a: Any, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    """NumPy's reshape, by the places of elements alone: how an array lies in memory is no part of a graph.

    >>> in_shape(np.arange(4), (2, 2), order="F").tolist()
    [[0, 2], [1, 3]]

    Raises `DTypeError` for another order, `ShapeError` where what is to be no copy has to be one.
    """
    if order not in ("C", "F"):
        cure = ": write x.reshape(len(x), -1) to keep the first axis" if isinstance(order, int) else ""
        asked = f"{short_repr(order)}, which asks how the array lies{cure}"
        raise DTypeError(f"reshape: expected order 'C' or 'F', got {asked}")
    result = a.reshape(shape, order=order)
    if copy is None or np.may_share_memory(result, a) is not copy:
        return result
    if copy:
        return result.copy()
    raise ShapeError("reshape: expected the array to lie so that no copy is needed: leave copy=False out")


def reshaped(a: tuple[int, ...], shape: Any, **_: Any) -> tuple[int, ...]:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    return tuple(prod(a) // -prod(sizes) if n == -1 and prod(sizes) else n for n in sizes)


def transposed(a: tuple[int, ...], axes: Any = None) -> tuple[int, ...]:
    return a[::-1] if axes is None else tuple(a[i] for i in np.ravel(axes))


# Many at once: each array has one axis more in front.


def lengths(shape: Any) -> tuple[int, ...]:
    """A shape as NumPy takes it: one length may stand alone.

    >>> lengths(3), lengths([2, 3])
    ((3,), (2, 3))
    """
    return tuple(np.ravel(shape).tolist())


def behind(axis: int) -> int:
    """An axis of each, counted among those of the stack."""
    return axis + 1 if axis >= 0 else axis


def broadcast_each(array: Any, shape: Any) -> Any:
    first, *rest = array.shape
    padded = reshape(array, (first, *(1,) * (len(lengths(shape)) - len(rest)), *rest))
    return broadcast_to(padded, (first, *lengths(shape)))


def as_long(arrays: Any) -> list[Any]:
    """Stacks of one length: one of length 1 is repeated."""
    longest = max(x.shape[0] for x in arrays)
    return [x if x.shape[0] == longest else broadcast_to(x, (longest, *x.shape[1:])) for x in arrays]


def concatenate_each(arrays: Any, axis: int | None = 0, **params: Any) -> Any:
    stacks = as_long(arrays)
    if axis is None:
        return concatenate([reshape(x, (x.shape[0], prod(x.shape[1:]))) for x in stacks], 1, **params)
    return concatenate(stacks, behind(axis), **params)


# fmt: off
reshape: Op = primitive("reshape", in_shape,
    lambda g, y, a, shape, order="C", *, copy=None: reshape(g, a.shape, order),
    linear="jointly", shape=reshaped, method=False,
    batched=lambda a, shape, order="C", *, copy=None:
        reshape(a, (a.shape[0], *lengths(shape))) if order == "C" else NotImplemented,
    doc="reshape gives the gradient the old shape back")
transpose: Op = primitive("transpose", np.transpose, lambda g, y, a, axes=None: transpose(g, inverse(axes)),
    symbol="ᵀ", linear="jointly", shape=transposed, method=False,
    batched=lambda a, axes=None: transpose(
        a, (0, *(range(len(a.shape) - 1, 0, -1) if axes is None else map(behind, lengths(axes))))),
    doc="transpose moves the axes of the gradient back")
broadcast_to: Op = primitive("broadcast_to", np.broadcast_to, lambda g, y, array, shape: g,
    linear="jointly", shape=lambda array, shape: (shape,) if isinstance(shape, int) else tuple(shape),
    batched=broadcast_each,
    doc="broadcasting copies, so the gradients of the copies are summed")
concatenate: Op = primitive("concatenate", np.concatenate, each(concatenate_vjp), linear="jointly", shape=concatenated,
    batched=concatenate_each,
    doc="concatenate hands each part its own piece of the gradient")
stack: Op = primitive("stack", np.stack, each(stack_vjp), linear="jointly", shape=stacked,
    batched=lambda arrays, axis=0, **params: stack(as_long(arrays), behind(axis), **params),
    doc="stack hands each layer its own slice of the gradient")
copy = primitive("copy", np.copy, lambda g, y, a, order="K", subok=False: g, linear="jointly", shape=lambda a, **_: a,
    scalars=lambda a, order="K", subok=False: np.copy(a, order)[()],  # one Value has no memory to be copied
    doc="a copy hands its gradient on")
astype: Op = primitive("astype", lambda x, dtype, copy=True: x.astype(dtype), lambda g, y, x, dtype, copy=True: g,
    linear="jointly", shape=lambda x, **_: x, batched=lambda x, dtype, copy=True: astype(x, dtype),
    doc="a cast hands its gradient on, in the dtype of its input")
# fmt: on

override(np.reshape, reshape)
if (function := getattr(np, "astype", None)) is not None:  # from NumPy 2.1 on
    override(function, lambda x, dtype, /, *, copy=True, device=None: astype(x, dtype, copy))
