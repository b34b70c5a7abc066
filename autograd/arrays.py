"""What people hand to a Tensor becomes an array that nobody else can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd.errors import DTypeError, ShapeError
from autograd.op import Op, places, static
from autograd.operators import Operators, real

Array = NDArray[Any]


def floats(data: ArrayLike, dtype: DTypeLike | None = None) -> Array:
    """A private copy as an array of floats."""
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise DTypeError(
            f"Tensor: expected a floating-point dtype, got {np.dtype(dtype)}: use np.float64 or np.float32"
        )
    try:
        array = np.array(data)
    except ValueError as error:
        raise ShapeError(f"Tensor: expected an array, or lists of equal lengths: {error}") from error
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        cure = {
            "c": "give real and imaginary parts as two Tensors",
            "O": "for Values, use a plain NumPy array or list of them",
        }.get(array.dtype.kind, "convert it to numbers first")
        raise DTypeError(f"Tensor: expected real numbers, got dtype {array.dtype}: {cure}")
    return array if dtype is None else array.astype(dtype, copy=False)


def operand(x: Any, op: Op) -> Any:
    """An operand that is no Tensor: a number as it is, an array as a copy that nobody else can change."""
    if x.__class__ is float or x.__class__ is int:
        return x
    if isinstance(x, Operators):
        raise DTypeError(f"{op.name}: cannot mix a Tensor with a {type(x).__name__}: make both Tensors, or both Values")
    real(x, op)
    if isinstance(x, list | np.ndarray):
        x = np.array(x)
        if x.dtype.kind not in "biuf":
            raise DTypeError(f"{op.name}: expected numbers beside a Tensor, got an array of dtype {x.dtype}")
        x.flags.writeable = False  # a graph need not copy it again
    return x


def private(param: Any) -> Any:
    """A param (a mask, an index) as a copy that nobody else can change."""
    if isinstance(param, np.ndarray):
        return param.copy()
    if isinstance(param, tuple):
        return tuple(private(part) for part in param)
    if next(places(param), None) is not None:  # a list of inputs
        return param
    return np.array(param, dtype=None if param else int) if isinstance(param, list) else param


def misfit(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], error: Exception) -> str:
    """The message for operands that do not fit: the operation, every shape and label, and NumPy's reason."""
    shapes = ", ".join(f"{getattr(x, 'label', None) or ''}{getattr(x, 'shape', ())}" for x in inputs)
    extra = "".join(f", {name}={value!r}" for name, value in static(params).items())
    return f"{op.name}: the shapes {shapes}{extra} do not fit: {error}"
