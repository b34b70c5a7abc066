"""What the tests of the lecture notes share: two materials, and closed forms in plain NumPy to hold them against."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value

Array = NDArray[np.float64]


def tensor(numbers: Any, label: str = "x") -> Any:
    """Numbers as a Tensor."""
    return Tensor(np.asarray(numbers, dtype=float), label=label)


def values(numbers: Any, label: str = "x") -> Any:
    """Numbers as an array of single Values, each a leaf of the scalar graph; one number as a Value."""
    array = np.asarray(numbers, dtype=float)
    if not array.ndim:
        return Value(float(array), label=label)
    made = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        made[place] = Value(float(array[place]), label=f"{label}[{', '.join(map(str, place))}]")
    return made


MATERIALS = [values, tensor]


def numbers(nodes: Any) -> Array:
    """The plain numbers of a Tensor, a Value, or anything made of Values."""
    if isinstance(nodes, Tensor):
        return np.array(nodes.numpy())
    return np.vectorize(lambda x: x.data if isinstance(x, Value) else x, otypes=[float])(np.array(nodes, dtype=object))


def grads(nodes: Any) -> Array:
    """The gradients of a Tensor, or of an array of Values."""
    if isinstance(nodes, Tensor | Value):
        return np.array(nodes.grad)
    return np.vectorize(lambda x: x.grad, otypes=[float])(nodes)


def sweep(result: Any, *leaves: Any) -> list[Array]:
    """The gradients of the sum of a result by some leaves."""
    total = np.sum(result)
    total.backward()
    return [grads(leaf) for leaf in leaves]


def sigma(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(x)))


def softened(scores: Any) -> Array:
    """Softmax by its definition."""
    powers = np.exp(np.asarray(scores, dtype=float))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def one_hot(classes: Any, count: int) -> Array:
    return np.eye(count)[np.asarray(classes)]


def steps_of(timeline: Any) -> dict[tuple[str, str], list[float]]:
    """What each backward step brought, by the names of the node that it left and the one that it came to."""
    found: dict[tuple[str, str], list[float]] = {}
    for step in timeline:
        if step.kind == "backward":
            names = step.graph.names
            found.setdefault((names[step.node], names[step.target]), []).append(step.contribution)
    return found
