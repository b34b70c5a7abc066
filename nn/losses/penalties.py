"""Penalties for large weights, as terms of a loss: the sum of their sizes, or of their squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Node, square, sum_of, tree
from nn.inputs import as_array, expect_one_form
from nn.losses.reduction import added
from nn.module import Module


def l1_penalty(*parameters: Any) -> Any:
    """Σ |w| over all the numbers given: it draws weights to 0, and leaves few (the lasso; Tibshirani, 1996).

    ``parameters`` are Tensors, Values, arrays, Modules, whose parameters are meant, and trees of these. A Tensor or
    Value counts once, in however many places it is. At 0 the slope is 0. Multiply it by what it is to weigh:

    >>> from nn import Linear, mse
    >>> layer = Linear(2, 1, rng=0)
    >>> loss = mse(layer([1.0, 2.0]), [3.0]) + 0.01 * l1_penalty(layer.weight)
    >>> l1_penalty([1.0, -2.0], {"b": 3.0})
    np.float64(6.0)

    Raises `ValueError` if there is no number, `DTypeError` for what is none, and for Tensors beside Values.
    """
    return total(abs, parameters, "l1_penalty")


def l2_penalty(*parameters: Any) -> Any:
    """Σ w² over all the numbers given: it keeps weights small (ridge regression; Hoerl and Kennard, 1970).

    Its gradient is 2w: λ/2 of it is what is called a weight decay of λ. Else it is as `l1_penalty`.

    >>> l2_penalty([1.0, -2.0], {"b": 3.0})
    np.float64(14.0)

    Raises as `l1_penalty`.
    """
    return total(square, parameters, "l2_penalty")


def total(size: Callable[[Any], Any], parameters: tuple[Any, ...], owner: str) -> Any:
    """The sum of the sizes of all numbers."""
    numbers = [as_array(part, f"{owner}: parameters") for part in parts_of(parameters)]
    numbers = [array for array in numbers if array.size]
    if not numbers:
        raise ValueError(f"{owner}: parameters: expected Tensors, Values, or Modules that have some, got none")
    nodes = [part for part in numbers if isinstance(part, Node)]
    for node in nodes:
        expect_one_form(nodes[0], node, f"{owner}: parameters")
    sums = [added(size(array)) for array in numbers]
    return sum_of(sums) if len(sums) > 1 else sums[0]


def parts_of(parameters: tuple[Any, ...]) -> list[Any]:
    """The leaves of a tree, and the parameters of the Modules in it; each node once."""
    found: list[Any] = []
    seen: set[int] = set()
    for _, part in tree.walk(parameters, inside):
        leaves: list[Any] = []
        if isinstance(part, Module):
            leaves += part.parameters()
        elif tree.kind_of(part) is None:
            leaves.append(part)
        for leaf in leaves:
            if id(leaf) not in seen:
                found.append(leaf)
            if isinstance(leaf, Node):
                seen.add(id(leaf))
    return found


def inside(part: Any) -> tree.Children:
    """What a branch holds; a Module knows its parameters itself."""
    return () if isinstance(part, Module) else tree.children(part)
