"""The two materials of a network: Tensors, and single Values; its parameters are built anew, its code stays."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import DTypeError, Tensor, Value, no_grad, tree
from nn.declared import Role, nodes_of
from nn.inputs import float_dtype
from nn.state import Stateful, dotted, roles_of
from nn.values import as_values

Array = NDArray[Any]
S = TypeVar("S", bound=Stateful)

#: (numbers, label, whether it requires a gradient) -> the parameter
Build = Callable[[Array, str | None, bool], Any]


def as_scalars(module: S) -> S:
    return rebuilt(module, values)


def as_tensors(module: S, dtype: DTypeLike, name: str) -> S:
    kind = float_dtype(dtype, name)

    def tensor(numbers: Array, label: str | None, requires_grad: bool) -> Tensor:
        return Tensor(numbers, label=label, dtype=kind, requires_grad=requires_grad)

    return rebuilt(module, tensor)


def rebuilt(module: S, build: Build) -> S:
    """A deep copy in which every parameter is built anew, and results kept from a call are plain numbers."""
    memo: dict[int, Any] = {}
    for path, role, part in roles_of(module):
        nodes = nodes_of(part)
        if not nodes or id(part) in memo:
            continue
        with no_grad():
            numbers = part.numpy() if isinstance(part, Tensor) else np.array(part, dtype=np.float64)
        if role is not Role.PARAMETER:
            memo[id(part)] = numbers.copy() if numbers.ndim else numbers.item()
            continue
        frozen = {not node.requires_grad for node in nodes}
        if len(frozen) > 1 or (isinstance(part, np.ndarray) and len(nodes) < part.size):
            raise DTypeError(
                f"{dotted(path)}: expected an array of Values that are all trained, or all frozen, but it holds other "
                "things too: make all of them the same"
            )
        label = nodes[0].label
        bare = label.partition("[")[0] if label and numbers.ndim else label
        memo[id(part)] = build(numbers, bare, not frozen.pop())
    return copy.deepcopy(module, memo)


def values(numbers: Array, label: str | None, requires_grad: bool) -> Any:
    """Values for an array of numbers: `Values`, or one Value for a single number."""
    if not numbers.ndim:
        return Value(numbers.item(), label=label, requires_grad=requires_grad)
    _, structure = tree.flatten(numbers.astype(object))
    places = tree.leaves_with_paths(numbers.astype(object))
    made = [Value(x, label and label + place, requires_grad) for place, x in places]
    return as_values(tree.unflatten(structure, made))
