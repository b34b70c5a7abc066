"""Layers of weighted sums."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, Tensor, Value, matmul
from nn.declared import Parameter
from nn.init import Init, xavier_uniform
from nn.inputs import as_operand, expect_material, flag, float_dtype, generator, positive_int, text_or_none
from nn.layers.weights import Weighted, biased, expect_room, initial
from nn.values import as_array


class Linear(Weighted):
    """x @ weight + bias: x of shape (..., in_features) gives (..., out_features).

    ``weight`` has the shape (in_features, out_features), ``bias`` (out_features,) and starts at zero. Both are
    Tensors of ``dtype``; after `to_scalars`, object arrays of Values. ``rng`` is a seed or a `numpy.random.Generator`:
    give one generator to all layers of a model, as one seed makes layers equal. ``label`` names the parameters in
    pictures: ``"1"`` gives W1 and b1. Beside a float64 x, float32 parameters are computed with in float64, as NumPy
    does: give ``x.astype(np.float32)``.

    >>> layer = Linear(2, 6, rng=0)
    >>> layer
    Linear(2, 6) · 18 parameters
    >>> layer([1.0, 2.0]).shape, layer(np.zeros((100, 2))).shape
    ((6,), (100, 6))

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    transposed = frozenset({"weight"})

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
        label: str | None = None,
    ) -> None:
        self.in_features = positive_int(in_features, "Linear: in_features")
        self.out_features = positive_int(out_features, "Linear: out_features")
        shape = self.in_features, self.out_features
        expect_room(shape, "Linear")
        self.label = text_or_none(label, "Linear: label")
        has_bias, kind = flag(bias, "Linear: bias"), float_dtype(dtype, "Linear: dtype")
        self.weight = initial(shape, init, generator(rng, "Linear: rng"), kind, "Linear")
        self.bias = Parameter(np.zeros(self.out_features, kind) if has_bias else None)
        self.name_parameters(self.label or "")

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Linear")
        if isinstance(x, Value) and self.in_features == 1:
            x = np.array([x], dtype=object)  # what a network of Values gives, where it has one output
        if not x.shape or x.shape[-1] != self.in_features:
            raise ShapeError(self._misfit(x.shape))
        expect_material(x, self.weight, self._place)
        # Of Values, matmul makes one node an element.
        y = x @ self.weight if isinstance(self.weight, Tensor) else matmul(x, as_array(self.weight))
        return biased(y, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + (", bias=False" if self.bias is None else "")

    def _misfit(self, shape: tuple[int, ...]) -> str:
        n = self.in_features
        if not shape:
            cure = "put a single number in a list, as in model([x])"
        elif n == 1:
            cure = "give it a last axis of length 1 with x.reshape(-1, 1)"
        elif len(shape) > 2 and shape[-1] != n and prod(shape[1:]) == n:
            cure = "flatten each sample first, as by nn.Flatten()"
        elif len(shape) > 2:
            cure = f"its last axis is to have {n}; images are flattened by nn.Flatten(), to {prod(shape[1:])} each"
        elif len(shape) == 2 and shape[0] == n:
            cure = "samples are rows here: use x.T"
        else:
            cure = f"give each sample {n} numbers, or make the layer Linear({shape[-1]}, {self.out_features})"
        return f"{self._place()}: expected x of shape ({n},) or (batch, {n}), got {shape}: {cure}"
