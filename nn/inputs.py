"""What people pass in: numbers, lists of them or of Values, arrays, Tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd import Node, real_array


def as_array(x: Any, name: str) -> Any:
    """A Tensor, a Value or an array as it is; lists as an array (of objects, where they hold Values).

    >>> as_array([[1, 2], [3, 4]], "x").shape
    (2, 2)

    Raises `ShapeError` for lists of unequal lengths, `DTypeError` for what is no real number.
    """
    if isinstance(x, Node) or (x.__class__ is np.ndarray and x.dtype.kind == "f"):
        return x
    return real_array(x, name)


def widened(x: Any) -> Any:
    """Small integers as floats: a difference of unsigned ones would wrap around.

    >>> widened(np.uint8([1])) - widened(np.uint8([2]))
    array([-1.])
    """
    is_small = isinstance(x, np.ndarray) and x.dtype.kind in "biu"
    return real_array(x, "widened").astype(np.float64) if is_small else x


def positive_int(value: Any, name: str) -> int:
    """A size: an int that is at least 1.

    Raises `TypeError` for what is no int, `ValueError` for zero and less.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected a positive int, got {value!r}")
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{name}: expected a positive int, got {value!r}")
    return number
