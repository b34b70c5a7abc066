"""Units beside the layer of sums: one neuron, the largest of several sums, a sum of products of two inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, einsum, matmul, maxout
from nn.activations import activation as activation_named
from nn.declared import Parameter
from nn.init import Init, xavier_uniform
from nn.inputs import as_operand, flag, float_dtype, generator, positive_int
from nn.layers.features import expect_features
from nn.layers.weights import biased, expect_room, initial
from nn.module import Module


class Neuron(Module):
    """activation(x · weight + bias): x of shape (..., in_features) gives one number for each sample, of shape (...).

    After `to_scalars` the output of one sample is one Value. ``weight`` has the shape (in_features,), ``bias`` (). The
    ``activation`` is a name such as ``"tanh"``, a Module, or None.

    >>> neuron = Neuron(2, rng=0)
    >>> neuron
    Neuron(2) · 3 parameters
      activation: Tanh()
    >>> neuron([1.0, 2.0]).shape, neuron(np.zeros((100, 2))).shape
    ((), (100,))
    >>> type(neuron.to_scalars()([1.0, 2.0])).__name__
    'Value'

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    def __init__(
        self,
        in_features: int,
        activation: str | Module | None = "tanh",
        *,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.in_features = positive_int(in_features, "Neuron: in_features")
        has_bias, kind = flag(bias, "Neuron: bias"), float_dtype(dtype, "Neuron: dtype")
        expect_room((self.in_features,), "Neuron")
        column = initial((self.in_features, 1), init, generator(rng, "Neuron: rng"), kind, "Neuron")
        self.weight = Parameter(column.held.numpy()[:, 0])
        self.bias = Parameter(np.zeros((), kind) if has_bias else None)
        self.activation = None if activation is None else activation_named(activation, "Neuron: activation")

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Neuron")
        expect_features(x, self.in_features, self, self.weight)
        y = matmul(x, self.weight)
        y = biased(y, self.bias)
        return y if self.activation is None else self.activation(y)

    def extra_repr(self) -> str:
        return f"{self.in_features}" + (", bias=False" if self.bias is None else "")


class Maxout(Module):
    """The largest of several sums, for each output: max over k of x @ weight_k + bias_k.

    x of shape (..., in_features) gives (..., out_features). ``weight`` has the shape (in_features, out_features ·
    pieces), the pieces of an output side by side. Where several are largest, they share the gradient. Goodfellow and
    others, 2013.

    >>> layer = Maxout(2, 3, rng=0)
    >>> layer
    Maxout(2, 3, pieces=2) · 18 parameters
    >>> layer([1.0, 2.0]).shape
    (3,)

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        *,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.in_features = positive_int(in_features, "Maxout: in_features")
        self.out_features = positive_int(out_features, "Maxout: out_features")
        self.pieces = positive_int(pieces, "Maxout: pieces")
        has_bias, kind = flag(bias, "Maxout: bias"), float_dtype(dtype, "Maxout: dtype")
        shape = self.in_features, self.out_features * self.pieces
        self.weight = initial(shape, init, generator(rng, "Maxout: rng"), kind, "Maxout")
        self.bias = Parameter(np.zeros(shape[1], kind) if has_bias else None)

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Maxout")
        expect_features(x, self.in_features, self, self.weight)
        y = matmul(x, self.weight)
        y = biased(y, self.bias)
        return maxout(y, self.pieces)

    def extra_repr(self) -> str:
        settings = f"{self.in_features}, {self.out_features}, pieces={self.pieces}"
        return settings + (", bias=False" if self.bias is None else "")


class Bilinear(Module):
    """Σ_ij x_i · weight_kij · y_j + bias_k, for each k.

    x of shape (..., in1_features) and y of shape (..., in2_features) give (..., out_features). ``weight`` has the shape
    (out_features, in1_features, in2_features), as PyTorch has it.

    >>> layer = Bilinear(2, 3, 4, rng=0)
    >>> layer
    Bilinear(2, 3, 4) · 28 parameters
    >>> layer([1.0, 2.0], [1.0, 2.0, 3.0]).shape
    (4,)

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if an input
    does not fit, or the other.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.in1_features = positive_int(in1_features, "Bilinear: in1_features")
        self.in2_features = positive_int(in2_features, "Bilinear: in2_features")
        self.out_features = positive_int(out_features, "Bilinear: out_features")
        has_bias, kind = flag(bias, "Bilinear: bias"), float_dtype(dtype, "Bilinear: dtype")
        shape = self.out_features, self.in1_features, self.in2_features
        self.weight = initial(shape, init, generator(rng, "Bilinear: rng"), kind, "Bilinear")
        self.bias = Parameter(np.zeros(self.out_features, kind) if has_bias else None)

    def forward(self, x: Any, y: Any) -> Any:
        x, y = as_operand(x, "Bilinear"), as_operand(y, "Bilinear")
        expect_features(x, self.in1_features, self, self.weight)
        expect_features(y, self.in2_features, self, self.weight)
        if x.shape[:-1] != y.shape[:-1]:
            raise ShapeError(f"Bilinear: expected as many samples in both inputs, got shapes {x.shape} and {y.shape}")
        z = einsum("...i,kij,...j->...k", x, self.weight, y)
        return biased(z, self.bias)

    def extra_repr(self) -> str:
        settings = f"{self.in1_features}, {self.in2_features}, {self.out_features}"
        return settings + (", bias=False" if self.bias is None else "")
