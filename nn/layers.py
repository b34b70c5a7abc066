"""Layers, and models made of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import DTypeError, ShapeError, Tensor, matmul, real_array, short_repr
from nn.activations import LeakyReLU, ReLU
from nn.activations import activation as activation_named
from nn.init import Init, kaiming_uniform, xavier_uniform
from nn.inputs import as_operand, flag, float_dtype, generator, positive_int, text_or_none, weight_shape
from nn.module import Module

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

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
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
        shape = weight_shape(in_features, out_features, "Linear", ("in_features", "out_features"))
        self.in_features, self.out_features = shape
        self.label = text_or_none(label, "Linear: label")
        has_bias, kind = flag(bias, "Linear: bias"), float_dtype(dtype, "Linear: dtype")
        self.weight: Any = initial(shape, init, generator(rng, "Linear: rng"), kind)
        self.bias: Any = Tensor(np.zeros(self.out_features), dtype=kind) if has_bias else None
        self.name_parameters(self.label or "")

    def name_parameters(self, label: str) -> None:
        """Label the parameters W and b with this after them."""
        label = text_or_none(label, "Linear: label") or ""
        self.weight.label = f"W{label}"
        if self.bias is not None:
            self.bias.label = f"b{label}"

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "Linear")
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


def initial(shape: tuple[int, int], init: Init, rng: np.random.Generator, kind: np.dtype[Any]) -> Tensor:
    """Weights of this shape and dtype.

    Raises `TypeError` where ``init`` gives no real numbers, `ShapeError` for another shape, `ValueError` for NaN or
    infinity.
    """
    wrong = (
        f"Linear: init: expected a function of inputs, outputs and rng such as xavier_uniform, got {short_repr(init)}"
    )
    if not callable(init):
        raise DTypeError(wrong)
    try:
        weights = init(*shape, rng)
    except TypeError as error:
        raise DTypeError(f"{wrong}: {error}") from error
    array = real_array(weights, "Linear: init: its weights")
    if array.shape != shape:
        raise ShapeError(f"Linear: init: expected weights of shape {shape}, got {array.shape}")
    if array.dtype == object:
        raise DTypeError("Linear: init: expected plain numbers as weights, got Values: give their .data")
    weight = Tensor(array, dtype=kind)
    if not np.isfinite(weight.numpy()).all():
        raise ValueError(f"Linear: init: expected finite weights, got NaN or infinity in {kind}: give others")
    return weight


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
                raise TypeError(
                    f"Sequential: layers: expected Modules such as Linear(2, 6) and Tanh(), got {short_repr(layer)}"
                )
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
        if isinstance(sizes, str | bytes | bytearray | memoryview) or not isinstance(sizes, Sequence):
            raise TypeError(
                f"MLP: expected the sizes of all layers in one list, such as [2, 6, 4], got {short_repr(sizes)}"
            )
        if len(sizes) < 2:
            raise ValueError(
                f"MLP: expected at least two sizes, inputs and outputs, such as [2, 6, 4], got {short_repr(sizes)}"
            )
        sizes = [positive_int(size, f"MLP: sizes[{i}]") for i, size in enumerate(sizes)]
        # A wrong name is refused even where there is no place for it.
        between = None if activation is None else activation_named(activation, "MLP: activation")
        last = None if output is None else activation_named(output, "MLP: output")
        has_bias, kind = flag(bias, "MLP: bias"), float_dtype(dtype, "MLP: dtype")
        drawn_from = generator(rng, "MLP: rng")
        layers: list[Module] = []
        for place, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            which = between if place < len(sizes) - 1 else last
            after = None if which is None else activation_named(which)
            init = kaiming_uniform if isinstance(after, ReLU | LeakyReLU) else xavier_uniform
            layers.append(Linear(inputs, outputs, bias=has_bias, rng=drawn_from, init=init, dtype=kind))
            if after is not None:
                layers.append(after)
        super().__init__(*layers)
