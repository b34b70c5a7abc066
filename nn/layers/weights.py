"""The parameters of layers, as initialisers give them, and their names in pictures."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd import DTypeError, ShapeError, real_array, short_repr
from nn.declared import Parameter
from nn.foreign import expect_ours
from nn.init import Init
from nn.inputs import MOST, text_or_none
from nn.module import Module
from nn.values import as_array


class Weighted(Module):
    """A layer with a weight and perhaps a bias; ``label`` names them in pictures: ``"1"`` gives W1 and b1."""

    label: str | None
    weight: Any
    bias: Any

    def name_parameters(self, label: str) -> None:
        """Label the parameters W and b with this after them."""
        label = text_or_none(label, f"{type(self).__name__}: label") or ""
        self.weight.label = f"W{label}"
        if self.bias is not None:
            self.bias.label = f"b{label}"

    def _place(self) -> str:
        """The layer, for messages."""
        return f"{type(self).__name__}({self.extra_repr()})" + (f" with W{self.label}" if self.label else "")


def initial(shape: tuple[int, ...], init: Init, rng: np.random.Generator, kind: np.dtype[Any], owner: str) -> Any:
    """A `Parameter` of this shape and dtype.

    Raises `TypeError` where ``init`` gives no real numbers, `ShapeError` for another shape, `ValueError` for NaN or
    infinity, and for more weights than an array holds.
    """
    expect_room(shape, owner)
    wrong = (
        f"{owner}: init: expected a function of a shape and rng such as nn.init.xavier_uniform, got {short_repr(init)}"
    )
    if not callable(init):
        raise DTypeError(wrong)
    try:
        weights = init(shape, rng)
    except TypeError as error:
        raise DTypeError(f"{wrong}: {error}") from error
    expect_ours(weights, f"{owner}: init")
    array = real_array(weights, f"{owner}: init: its weights")
    if array.shape != shape:
        raise ShapeError(f"{owner}: init: expected weights of shape {shape}, got {array.shape}")
    if array.dtype == object:
        raise DTypeError(f"{owner}: init: expected plain numbers as weights, got Values: give their .data")
    rounded = array.astype(kind)
    if not np.isfinite(rounded).all():
        raise ValueError(f"{owner}: init: expected finite weights, got NaN or infinity in {kind}: give others")
    return Parameter(rounded)


def biased(y: Any, bias: Any) -> Any:
    """Y with the bias, if there is one; of Values as NumPy adds objects, without the way that `Values` takes to it."""
    return y if bias is None else y + as_array(bias)


def expect_room(shape: tuple[int, ...], owner: str) -> None:
    """Refuse a shape of more elements than an array can hold.

    Raises `ValueError`.
    """
    if prod(shape) > MOST:
        raise ValueError(f"{owner}: expected at most {MOST} weights, as many as an array holds, got the shape {shape}")
