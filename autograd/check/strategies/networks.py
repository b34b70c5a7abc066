"""Small networks and inputs for them, of any library that makes a network as ``build(sizes, activation, rng=…)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from autograd import accept, tree
from autograd.check.strategies.fit import Limits, fits
from autograd.check.strategies.leaves import arrays
from autograd.errors import DTypeError, GraphError, short_repr
from autograd.graph.graph import Graph
from autograd.op import table
from autograd.state import tracing
from autograd.tensor.tensor import Tensor


class Build(Protocol):
    """What makes a network, as ``nn.MLP`` does: from the sizes of all layers, a name, and a seed."""

    def __call__(self, sizes: Sequence[int], activation: str, *, rng: int) -> Any: ...


@dataclass(frozen=True, eq=False)
class Network:
    """Layers of ``x @ weight + bias``, and an operation of the table between them. It is a tree of its parameters.

    >>> network = Network.made([2, 3, 1], "tanh", rng=0)
    >>> network([[0.5, -0.5]]).shape, [x.label for x in tree.leaves(network)]
    ((1, 1), ['W1', 'b1', 'W2', 'b2'])
    """

    layers: tuple[tuple[Any, Any], ...]
    activation: str

    @classmethod
    def made(cls, sizes: Sequence[int], activation: str = "tanh", *, rng: int = 0) -> Network:
        """A network of these sizes: weights are random, biases zero."""
        drawn = np.random.default_rng(rng)
        layers = [
            (
                Tensor(drawn.uniform(-1, 1, (n, m)), label=f"W{place}"),
                Tensor(np.zeros(m), label=f"b{place}"),
            )
            for place, (n, m) in enumerate(pairwise(sizes), start=1)
        ]
        return cls(tuple(layers), activation)

    def __call__(self, x: Any) -> Any:
        for place, (weight, bias) in enumerate(self.layers):
            x = (table[self.activation](x) if place else x) @ weight + bias
        return x


tree.register(
    Network,
    children=lambda network: [(tree.Attribute("layers"), network.layers)],
    rebuild=lambda cls, activation, pairs: cls(pairs[0][1], activation),
    context=lambda network: network.activation,
)


def networks(
    build: Build = Network.made,
    *,
    activations: Sequence[str] = ("tanh", "sigmoid", "relu", "leaky_relu"),
    most: int = 4,
    at_kinks: bool = False,
) -> st.SearchStrategy[tuple[Any, Any]]:
    """Pairs of a small network and an array to call it with: two or three layers of at most so many units.

    ``build`` makes the network: ``networks(nn.MLP)``. Unless ``at_kinks``, no unit is at a kink of its activation; with
    it, samples of zeros are at those that are there where biases are zero.

    >>> from hypothesis import find
    >>> network, x = find(networks(), lambda pair: pair[1].ndim == 2)
    >>> network.activation, [weight.shape for weight, _ in network.layers], x
    ('tanh', [(1, 1), (1, 1)], array([[0.]]))

    Raises `DTypeError` for a ``build`` that cannot be called, `GraphError` for other arguments that are not what they
    say.
    """
    if not callable(build):
        raise DTypeError(f"networks: expected a function of sizes, activation and rng, got {short_repr(build)}")
    if isinstance(activations, str) or not activations or not all(isinstance(name, str) for name in activations):
        raise GraphError(f"networks: expected the names of activations, as in ['tanh'], got {short_repr(activations)}")
    if not isinstance(most, int) or most < 1:
        raise GraphError(f"networks: expected most= as an int of 1 or more, got {short_repr(most)}")
    return drawn_networks(build, tuple(activations), most, accept.flag(at_kinks, "networks", "at_kinks"))


@st.composite
def drawn_networks(
    draw: st.DrawFn, build: Build, activations: tuple[str, ...], most: int, at_kinks: bool
) -> tuple[Any, Any]:
    sizes = draw(st.lists(st.integers(1, most), min_size=3, max_size=4))
    network = build(sizes, draw(st.sampled_from(activations)), rng=draw(st.integers(0, 2**16)))
    x = draw(arrays(draw(st.sampled_from([(sizes[0],), (1, sizes[0]), (3, sizes[0])]))))
    if at_kinks:  # of a sample of zeros the first layer makes zeros, as biases start there
        x = np.where(draw(hnp.arrays(bool, (*x.shape[:-1], 1))), x, 0.0)
    else:
        with tracing():
            output = network(x)
        assume(fit(Graph.of(*tree.leaves(output)), Limits(margin=Limits.margin / 10)))
    return network, x


def fit(graph: Graph, limits: Limits) -> bool:
    """Whether all that was computed fits its numbers."""
    return all(
        fits(node.op, graph.inputs_of(node), node.arguments, node.data, limits)
        for node in graph.nodes
        if node.op is not None
    )
