"""What people hand to a Tensor becomes an array that nobody else can change."""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd.call import static
from autograd.errors import AutogradError, DTypeError, OperationError, ShapeError
from autograd.op import Op
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
        array = np.asarray(x)
        if array.dtype.kind not in "biuf":
            raise DTypeError(f"{op.name}: expected numbers beside a Tensor, got an array of dtype {array.dtype}")
        x = array if isinstance(x, list) else guarded(array)
        x.flags.writeable = False  # a graph need not copy it again
    return x


#: Large arrays that were operands -> the copies that graphs hold of them, by ``id``; both go when their holders do.
_copies: dict[int, tuple[weakref.ref[Array], weakref.ref[Array]]] = {}

#: From how many bytes on it is worth looking whether a copy that there is still holds the same.
LARGE = 1 << 14


def guarded(x: Array) -> Array:
    """A copy that nobody else can change: of a large array the last one, if that holds the same bits still.

    So a batch that a thousand records use is copied once. That it is read-only says too little: an older view of it may
    not be. Only what lies in `bytes` is taken as it is.
    """
    if x.nbytes < LARGE:
        return x.copy()
    bottom: Any = x
    while isinstance(bottom, np.ndarray) and bottom.base is not None:
        bottom = bottom.base
    if isinstance(bottom, bytes):
        return x
    owner, last = _copies.get(id(x), (None, None))
    copy = last() if last is not None and owner is not None and owner() is x else None
    if copy is None or not alike(x, copy):
        copy = x.copy()
        key = id(x)
        _copies[key] = weakref.ref(x, lambda gone: forget(key, gone)), weakref.ref(copy)
    return copy


def forget(key: int, gone: weakref.ref[Array]) -> None:
    if _copies.get(key, (None,))[0] is gone:
        del _copies[key]


def alike(a: Array, b: Array) -> bool:
    """Whether two arrays hold the same bits: −0 is not 0, and a NaN is itself.

    >>> alike(np.array([0.0, np.nan]), np.array([0.0, np.nan])), alike(np.array([0.0]), np.array([-0.0]))
    (True, False)
    """
    if a is b:
        return True
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if not (a.flags.c_contiguous and b.flags.c_contiguous and a.itemsize in (1, 2, 4, 8)):
        return a.tobytes() == b.tobytes()
    bits = f"u{a.itemsize}"
    return bool((a.view(bits) == b.view(bits)).all())


def laid_like(array: Array, model: Array) -> Array:
    """The same numbers in the memory layout of another array of that shape: by it NumPy tells views from copies.

    >>> laid_like(np.ones((2, 3)).T, np.ones((3, 2))).flags.c_contiguous
    True
    """
    if array.strides == model.strides or 0 in model.strides:
        return array
    laid = np.empty_like(model, dtype=array.dtype)
    laid[...] = array
    return laid


#: What a forward function raises for shapes, numbers and params; what else it may raise is no answer to these.
FAILURES = (ValueError, IndexError, ArithmeticError)

#: A word for what does not fit, by which NumPy's complaints about shapes are known.
SHAPES = re.compile(r"\b(broadcast|shapes?|dimension(?:s|al)?|axis|axes|mismatch|subscripts?)\b")


def failure(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], error: Exception) -> AutogradError:
    """What to raise from an error of a forward function: it names the operation, every shape and label, and the reason.

    >>> import autograd
    >>> print(repr(failure(autograd.exp, [np.ones(2)], {}, FloatingPointError("overflow encountered in exp"))))
    OperationError('exp: failed on operands of the shapes (2,): overflow encountered in exp')
    """
    shapes = ", ".join(f"{getattr(x, 'label', None) or ''}{getattr(x, 'shape', ())}" for x in inputs)
    extra = "".join(f", {name}={value!r}" for name, value in static(params).items())
    if isinstance(error, IndexError) or SHAPES.search(str(error)):
        return ShapeError(f"{op.name}: the shapes {shapes}{extra} do not fit: {error}")
    return OperationError(f"{op.name}: failed on operands of the shapes {shapes}{extra}: {error}")
