"""Module: something that computes and holds parameters, alone or made of other Modules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import DTypeError, Tensor, Value, zero_grad

Parameter = Tensor | Value
Array = NDArray[Any]


class Module:
    """Base of layers and models: set parameters and Modules as attributes, and define ``forward``.

    A parameter is a Tensor or a Value that nothing computes, or a NumPy object array of such Values. It is found
    in an attribute, or in a list, tuple or dict in one. ``Tensor(..., requires_grad=False)`` is no parameter.

    >>> class Neuron(Module):
    ...     def __init__(self):
    ...         self.w = [Value(0.5), Value(-1.0)]
    ...         self.b = Value(0.0)
    ...     def forward(self, x):
    ...         return sum((w * x for w, x in zip(self.w, x)), self.b).tanh()
    >>> neuron = Neuron()
    >>> neuron
    Neuron() · 3 parameters, as Values
    >>> [name for name, _ in neuron.named_parameters()]
    ['w.0', 'w.1', 'b']
    >>> neuron([2.0, 1.0]).data
    0.0
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define forward(self, x)")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with the path to it; of an array of Values, each Value.

        >>> from nn import Linear
        >>> [name for name, _ in Linear(2, 1).named_parameters()]
        ['weight', 'bias']
        >>> [name for name, _ in Linear(2, 1).to_scalars().named_parameters()]
        ['weight[0, 0]', 'weight[1, 0]', 'bias[0]']
        """
        seen: set[int] = set()
        for name, item in _contents(self, "", set()):
            for position, node in _nodes(item):
                if is_parameter(node) and id(node) not in seen:
                    seen.add(id(node))
                    yield name + position, node

    def parameters(self) -> list[Parameter]:
        """Every parameter once: Tensors, or the single Values of a scalar form."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        zero_grad(*self.parameters())

    def to_scalars(self) -> Self:
        """A copy whose parameters are Values in NumPy object arrays: the same code then records the scalar graph.

        Weights are kept, gradients are not; a parameter labelled ``W1`` gives Values labelled ``W1[0, 2]``.

        >>> from nn import MLP
        >>> model = MLP([2, 6, 4], rng=0)
        >>> scalars = model.to_scalars()
        >>> scalars.layers[0].weight[0, 2].label
        'W1[0, 2]'
        >>> bool(np.allclose(scalars([1.0, -2.0]).astype(float), model([1.0, -2.0]).numpy(), rtol=1e-15))
        True
        """
        return self._rebuilt(_values)

    def to_tensors(self, dtype: DTypeLike = np.float64) -> Self:
        """A copy whose parameters are Tensors: what `to_scalars` did, undone. Weights are kept, gradients are not.

        >>> from nn import Linear
        >>> Linear(2, 3, rng=0).to_scalars().to_tensors().weight.shape
        (2, 3)
        """
        kind = float_dtype(dtype)
        return self._rebuilt(lambda numbers, label: Tensor(numbers, label=label, dtype=kind))

    def _rebuilt(self, build: Callable[[Array, str | None], Any]) -> Self:
        """A deep copy in which every parameter is built anew, and results kept from a call are plain numbers."""
        memo: dict[int, Any] = {}
        for name, item in _contents(self, "", set()):
            nodes = [node for _, node in _nodes(item)]
            if not nodes:
                continue
            numbers = item.numpy() if isinstance(item, Tensor) else np.asarray(item, dtype=object).astype(np.float64)
            if not any(map(is_parameter, nodes)):
                memo[id(item)] = numbers.copy() if numbers.ndim else numbers.item()
            elif isinstance(item, np.ndarray) and not (len(nodes) == item.size and all(map(is_parameter, nodes))):
                raise DTypeError(f"{name}: expected an array of leaf Values alone, but it holds other things too")
            else:
                label = nodes[0].label
                memo[id(item)] = build(numbers, label.partition("[")[0] if label and numbers.ndim else label)
        return copy.deepcopy(self, memo)

    def extra_repr(self) -> str:
        """What stands between the parentheses of the module's repr."""
        return ""

    def __repr__(self) -> str:
        parameters = self.parameters()
        count = sum(parameter.size for parameter in parameters)
        first = f"{type(self).__name__}({self.extra_repr()})"
        if count:
            first += f" · {count:,} parameter{'s' * (count > 1)}"
        if any(isinstance(parameter, Value) for parameter in parameters):
            first += ", as Values"
        children = [f"{name}: {item!r}" for name, item in _held(self, "") if isinstance(item, Module)]
        return "\n".join([first, *children]).replace("\n", "\n  ")


def is_parameter(node: Parameter) -> bool:
    """Whether nothing computes it and a sweep brings it a gradient."""
    return node.op is None and node.requires_grad


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """A dtype that parameters can have.

    Raises `DTypeError` for anything but a real floating-point type.
    """
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise DTypeError(f"dtype: parameters are floating-point numbers, got {kind}: use np.float64 or np.float32")
    return kind


def _held(container: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What could train in a container, with the paths to it: Modules, Tensors, Values and arrays."""
    if isinstance(container, Module):
        container = vars(container)
    for key, item in container.items() if isinstance(container, dict) else enumerate(container):
        name = f"{path}.{key}" if path else str(key)
        if isinstance(item, list | tuple | dict):
            yield from _held(item, name)
        elif isinstance(item, Module | Tensor | Value | np.ndarray):
            yield name, item


def _contents(module: Module, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The same with each Module replaced by what it holds, each Module once."""
    seen.add(id(module))
    for name, item in _held(module, path):
        if not isinstance(item, Module):
            yield name, item
        elif id(item) not in seen:
            yield from _contents(item, name, seen)


def _nodes(item: Any) -> Iterator[tuple[str, Parameter]]:
    """A Tensor or Value itself; the Values in an object array, with their positions."""
    if isinstance(item, Parameter):
        yield "", item
    elif item.dtype == object:
        for index in np.ndindex(item.shape):
            if isinstance(item[index], Value):
                yield f"[{', '.join(map(str, index))}]", item[index]


def _values(numbers: Array, label: str | None) -> Any:
    """Values for an array of numbers: an object array, or one Value for a single number."""
    values = np.empty(numbers.shape, dtype=object)
    for index in np.ndindex(numbers.shape):
        position = f"[{', '.join(map(str, index))}]" if index else ""
        values[index] = Value(numbers[index].item(), label=label and label + position)
    return values if numbers.ndim else values.item()
