"""What people hand to a Tensor becomes an array that nobody else can change."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from autograd import accept
from autograd.accept import EXACT, Array
from autograd.errors import DTypeError
from autograd.op import Op
from autograd.operators import Operators
from autograd.refusal import mixed


def operand(x: Any, op: Op) -> Any:
    """An operand that is no Tensor: a number as it is, an array as a copy that nobody else can change."""
    kind = x.__class__
    if kind is float or (kind is int and -EXACT <= x <= EXACT):
        return x
    if isinstance(x, Operators):
        raise mixed(op.name, "Tensor", x)
    if isinstance(x, list | np.ndarray) and accept.holds_values(x, op.name):
        raise DTypeError(f"{op.name}: cannot mix a Tensor with Values: make both Tensors, or all Values")
    looked = accept.operand(x, op.name)
    if isinstance(x, list | np.ndarray):
        looked = guarded(looked) if isinstance(looked, np.ndarray) else accept.made(looked, op.name)
        looked.flags.writeable = False  # a graph need not copy it again
    return looked


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
