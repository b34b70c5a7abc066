"""Layers, and models made of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import DTypeError, ShapeError, Tensor, matmul
from nn.activations import LeakyReLU, ReLU
from nn.activations import activation as activation_named
from nn.init import Init, kaiming_uniform, xavier_uniform
from nn.inputs import as_array, positive_int
from nn.module import Module, float_dtype

Activation = str | Module | None


class Linear(Module):
    """x @ weight + bias: x of shape (..., in_features) gives (..., out_features).

    ``weight`` has the shape (in_features, out_features), ``bias`` (out_features,) and starts at zero. Both are
    Tensors of ``dtype``; after `to_scalars`, object arrays of Values. ``rng`` is a seed or a `numpy.random.Generator`:
    give one generator to all layers of a model. ``label`` names the parameters in pictures: ``"1"`` gives W1 and b1.

    >>> layer = Linear(2, 6, rng=0)
    >>> layer
    Linear(2, 6) · 18 parameters
    >>> layer([1.0, 2.0]).shape, layer(np.zeros((100, 2))).shape
    ((6,), (100, 6))

    Raises `ShapeError` if x does not fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
        init: Init = xavier_uniform,
        dtype: DTypeLike = np.float64,
        label: str | None = None,
    ) -> None:
        self.in_features = positive_int(in_features, "in_features")
        self.out_features = positive_int(out_features, "out_features")
        self.label = label
        kind = float_dtype(dtype)
        weight = init(self.in_features, self.out_features, np.random.default_rng(rng))
        if weight.shape != (self.in_features, self.out_features):
            expected = (self.in_features, self.out_features)
            raise ShapeError(f"init: expected weights of shape {expected}, got {weight.shape}")
        self.weight: Any = Tensor(weight, dtype=kind)
        self.bias: Any = Tensor(np.zeros(self.out_features), dtype=kind) if bias else None
        self.name_parameters(label or "")

    def name_parameters(self, label: str) -> None:
        """Label the parameters W and b with this after them."""
        self.weight.label = f"W{label}"
        if self.bias is not None:
            self.bias.label = f"b{label}"

    def forward(self, x: Any) -> Any:
        x = as_array(x, "Linear")
        if not x.shape or x.shape[-1] != self.in_features:
            raise ShapeError(self._misfit(x.shape))
        if isinstance(x, Tensor) is not isinstance(self.weight, Tensor):
            self._refuse_mixture(x)
        y = x @ self.weight if isinstance(self.weight, Tensor) else matmul(x, self.weight)  # one node an element
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}" + (", bias=False" if self.bias is None else "")

    def _misfit(self, shape: tuple[int, ...]) -> str:
        n = self.in_features
        if not shape:
            cure = "put a single number in a list, as in model([x])"
        elif n == 1:
            cure = "give it a last axis of length 1 with x.reshape(-1, 1)"
        elif len(shape) == 2 and shape[0] == n:
            cure = "samples are rows here: use x.T"
        else:
            cure = f"give each sample {n} numbers, or make the layer Linear({shape[-1]}, {self.out_features})"
        return f"{self._place()}: expected x of shape ({n},) or (batch, {n}), got {shape}: {cure}"

    def _refuse_mixture(self, x: Any) -> None:
        """Numbers go with both forms, Tensors and Values with their own alone."""
        if isinstance(x, Tensor):
            raise DTypeError(f"{self._place()}: the parameters are Values, but x is a Tensor: give x.numpy()")
        if isinstance(self.weight, Tensor) and x.dtype == object:
            raise DTypeError(f"{self._place()}: the parameters are Tensors, but x holds Values: use model.to_scalars()")

    def _place(self) -> str:
        """The layer, for messages."""
        return f"Linear({self.extra_repr()})" + (f" with W{self.label}" if self.label else "")


class Sequential(Module):
    """Layers one after another. Linear layers without a label get the numbers 1, 2, … for pictures.

    >>> from nn import Tanh
    >>> model = Sequential(Linear(2, 6, rng=0), Tanh(), Linear(6, 4, rng=1))
    >>> model
    Sequential() · 46 parameters
      layers.0: Linear(2, 6) · 18 parameters
      layers.1: Tanh()
      layers.2: Linear(6, 4) · 28 parameters
    >>> [(name, p.label) for name, p in model.named_parameters()][2:]
    [('layers.2.weight', 'W2'), ('layers.2.bias', 'b2')]

    Raises `TypeError` for a layer that is no Module.
    """

    def __init__(self, *layers: Module) -> None:
        for layer in layers:
            if not isinstance(layer, Module):
                raise TypeError(f"Sequential: expected Modules such as Linear(2, 6) and Tanh(), got {layer!r}")
        self.layers = list(layers)
        linear = [layer for layer in dict.fromkeys(layers) if isinstance(layer, Linear)]
        for number, layer in enumerate(linear, start=1):
            if layer.label is None:
                layer.label = str(number)
                layer.name_parameters(layer.label)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]


class MLP(Sequential):
    """A multilayer perceptron: Linear layers of these sizes, with an activation between them.

    One definition serves both forms: it is made of Tensors, and ``MLP(...).to_scalars()`` is the same network with
    the same weights as single Values, recording one node for every dot product, bias and activation;
    `autograd.unfold` shows the dot products as additions and products.

    ``activation`` is ``"tanh"``, ``"relu"``, ``"sigmoid"``, ``"leaky_relu"``, a Module such as ``LeakyReLU(0.2)`` (each
    place gets a copy), or None; ``output`` is the same for the end, where None gives the scores that
    `nn.cross_entropy` takes. Weights are drawn from ``rng``, a seed or a `numpy.random.Generator`: `kaiming_uniform`
    before a ReLU, else `xavier_uniform`. Parameters are labelled W1, b1, W2, …

    x of shape (sizes[0],) or (batch, sizes[0]) gives (sizes[-1],) or (batch, sizes[-1]).

    >>> model = MLP([2, 6, 4], activation="sigmoid", rng=0)
    >>> model
    MLP() · 46 parameters
      layers.0: Linear(2, 6) · 18 parameters
      layers.1: Sigmoid()
      layers.2: Linear(6, 4) · 28 parameters
    >>> model([[0.5, -1.5]]).shape
    (1, 4)
    >>> model.to_scalars()([0.5, -1.5]).shape
    (4,)

    Raises `ValueError` for fewer than two sizes, a size below 1 or an unknown activation, `TypeError` for sizes that
    are no ints.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation = "tanh",
        *,
        output: Activation = None,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if isinstance(sizes, str) or not isinstance(sizes, Sequence):
            raise TypeError(f"MLP: expected the sizes of all layers in one list, such as [2, 6, 4], got {sizes!r}")
        if len(sizes) < 2:
            raise ValueError(f"MLP: expected at least two sizes, inputs and outputs, such as [2, 6, 4], got {sizes!r}")
        sizes = [positive_int(size, f"MLP: sizes[{i}]") for i, size in enumerate(sizes)]
        if activation is not None:
            activation_named(activation)  # a wrong name is refused even where there is no place for it
        generator = np.random.default_rng(rng)
        layers: list[Module] = []
        for place, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            which = activation if place < len(sizes) - 1 else output
            after = None if which is None else activation_named(which)
            init = kaiming_uniform if isinstance(after, ReLU | LeakyReLU) else xavier_uniform
            layers.append(Linear(inputs, outputs, bias=bias, rng=generator, init=init, dtype=dtype))
            if after is not None:
                layers.append(after)
        super().__init__(*layers)
