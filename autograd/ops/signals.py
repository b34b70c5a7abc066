"""Convolution of two sequences, as NumPy has it: `np.convolve` and `np.correlate`."""

from __future__ import annotations

from math import prod as size_of
from typing import Any

import numpy as np

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import ShapeError
from autograd.op import Op, as_floats, override, primitive
from autograd.ops.linalg import dot
from autograd.ops.shaping import reshape

BACKWARDS = slice(None, None, -1)


def extent(n: int, m: int, mode: str) -> tuple[int, int]:
    """Of all places where two sequences of these lengths overlap, the first that a mode keeps, and how many.

    Raises `ValueError` for another mode, and for a sequence without elements.

    >>> extent(5, 3, "full"), extent(5, 3, "same"), extent(5, 3, "valid")
    ((0, 7), (1, 5), (2, 3))
    """
    if not n or not m:
        raise ValueError("expected sequences of a length of 1 or more")
    longer, shorter = max(n, m), min(n, m)
    kept = {"full": (0, n + m - 1), "same": ((shorter - 1) // 2, longer), "valid": (shorter - 1, longer - shorter + 1)}
    if mode not in kept:
        raise ValueError(f"expected mode as 'full', 'same' or 'valid', got {mode!r}")
    return kept[mode]


def convolved(a: tuple[int, ...], v: tuple[int, ...], mode: str = "full") -> tuple[int, ...]:
    if len(a) > 1 or len(v) > 1:
        raise ValueError("expected two sequences, of one axis each: of more axes it is conv1d or conv2d")
    return (extent(size_of(a), size_of(v), mode)[1],)


def forward(a: Any, v: Any, mode: Any = "full") -> Any:
    convolved(shape_of(a), shape_of(v), mode)
    return np.convolve(a, v, mode)


def of_scalars(a: Any, v: Any, mode: str = "full") -> Any:
    """Of Values: each element is one node, a sum of products."""
    convolved(shape_of(a), shape_of(v), mode)
    start, many = extent(a.size, v.size, mode)
    left, right = a.ravel().tolist(), v.ravel().tolist()
    result = np.empty(many, dtype=object)
    for k in range(many):
        places = range(max(0, start + k - v.size + 1), min(a.size, start + k + 1))
        result[k] = dot([left[i] for i in places], [right[start + k - i] for i in places])
    return result


def vjp(g: Any, of: Any, other: Any, mode: str) -> Any:
    """What element i of one sequence was multiplied by in place k is the other's element k − i."""
    n, m = size_of(shape_of(of)), size_of(shape_of(other))
    start = m - 1 - extent(n, m, mode)[0]
    part = convolve(g, (other if shape_of(other) else reshape(other, -1))[BACKWARDS])[start : start + n]
    return part if shape_of(of) else reshape(part, ())


# fmt: off
convolve: Op = primitive("convolve", forward,
    lambda g, y, a, v, mode="full": vjp(g, a, v, mode),
    lambda g, y, a, v, mode="full": vjp(g, v, a, mode),
    scalars=of_scalars, linear="separately", shape=convolved, symbol="∗",
    doc="a convolution convolves its gradient with the other sequence, turned around")
# fmt: on

override(np.convolve, convolve)


@composition(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """A convolution with the second sequence turned around.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5])
    array([3.5])
    """
    a, v = as_floats(a, "correlate"), as_floats(v, "correlate")
    if len(shape_of(a)) != 1 or len(shape_of(v)) != 1:
        raise ShapeError(
            f"correlate: expected two sequences, of one axis each, got the shapes {shape_of(a)} and {shape_of(v)}: "
            "of more axes it is conv1d or conv2d"
        )
    if len(a) < len(v):  # as NumPy has it, which of two middles is the same does not depend on the order
        return correlate(v, a, mode)[BACKWARDS]
    return convolve(a, v[BACKWARDS], mode)
