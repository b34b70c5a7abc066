"""Models made of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import DTypeLike

from autograd import short_repr
from nn.activations import HALVING
from nn.activations import activation as activation_named
from nn.init import kaiming_uniform, xavier_uniform
from nn.inputs import flag, float_dtype, generator, positive_int
from nn.layers.linear import Linear
from nn.layers.weights import Weighted
from nn.module import Module
from nn.values import Values

Activation = str | Module | None


class Sequential(Module):
    """Layers one after another. Those with weights and without a label get the numbers 1, 2, … for pictures.

    ``layers`` is a plain list, to be changed as one, as by ``model.layers.append(Tanh())``; a slice of the model is a
    model of the same layers. A network of Values, given one sample, gives its one output, if it has one, as that Value.

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
                cure = ": give them one by one, as by *layers" if isinstance(layer, list | tuple) else ""
                cure = ": give its values, as by *layers.values()" if isinstance(layer, dict) else cure
                raise TypeError(
                    "Sequential: layers: expected Modules such as Linear(2, 6) and Tanh(), "
                    f"got {short_repr(layer)}{cure}"
                )
        self.layers = list(layers)
        weighted = [layer for layer in dict.fromkeys(layers) if isinstance(layer, Weighted)]
        for number, layer in enumerate(weighted, start=1):
            if layer.label is None:
                layer.label = str(number)
                layer.name_parameters(layer.label)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        # A lecture's code takes the one output of a network of Values as a number.
        return x.item() if x.__class__ is Values and x.shape == (1,) else x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Module:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]


class MLP(Sequential):
    """A multilayer perceptron: Linear layers of these sizes, with an activation between them.

    One definition serves both forms: it is made of Tensors, and ``MLP(...).to_scalars()`` is the same network with
    the same weights as single Values, recording one node for every dot product, bias and activation;
    `autograd.unfold` shows the dot products as additions and products.

    ``activation`` is the name of one, as ``"tanh"``, ``"relu"``, ``"gelu"`` or ``"sigmoid"``, a Module such as
    ``LeakyReLU(0.2)`` (each place gets a copy, with parameters of ``dtype``), or None; ``output`` is the same for the
    end, where None gives the scores that `nn.cross_entropy` takes. Weights are drawn from ``rng``, a seed or a
    `numpy.random.Generator`: `kaiming_uniform` before a ReLU and its kin, else `xavier_uniform`. Parameters are
    labelled W1, b1, W2, …

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
            after = None if which is None else activation_named(which).to_tensors(kind)
            init = kaiming_uniform if isinstance(after, HALVING) else xavier_uniform
            layers.append(Linear(inputs, outputs, bias=has_bias, rng=drawn_from, init=init, dtype=kind))
            if after is not None:
                layers.append(after)
        super().__init__(*layers)
