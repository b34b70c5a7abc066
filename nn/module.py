"""Module: something that computes and holds parameters, alone or made of other Modules."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Self, TypeGuard

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import DTypeError, Tensor, Value, is_tracing, no_grad, scope, tree, zero_grad
from nn.inputs import float_dtype

Parameter = Tensor | Value
Array = NDArray[Any]


@tree.register
class Module:
    """Base of layers and models: set parameters and Modules as attributes, and define ``forward``.

    A parameter is a Tensor or a Value that nothing computes, or a NumPy object array of such Values. It is found
    in an attribute, or in a list, tuple, dict or dataclass in one.
    ``Tensor(..., requires_grad=False)`` is no parameter.

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
        """What `forward` computes. Inside `autograd.tracing` its nodes know the Modules whose calls made them.

        >>> from autograd import tracing
        >>> from nn import MLP
        >>> model = MLP([2, 3, 1], rng=0)
        >>> with tracing():
        ...     y = model([1.0, 2.0])
        >>> y.scope
        ('MLP', 'layers.2')
        """
        if not is_tracing():
            return self.forward(*args, **kwargs)
        calls = _running.get()
        token = _running.set((*calls, _Call(self)))
        try:
            with scope(_name(self, calls)):
                return self.forward(*args, **kwargs)
        finally:
            _running.reset(token)

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
        for path, part in _parts(self):
            if is_node(part) and is_parameter(part) and id(part) not in seen:
                seen.add(id(part))
                yield _dotted(path), part

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
        >>> numbers = [v.data for v in scalars([1.0, -2.0])]
        >>> bool(np.allclose(numbers, model([1.0, -2.0]).numpy(), rtol=1e-15))
        True
        """
        return self._rebuilt(_values)

    def to_tensors(self, dtype: DTypeLike = np.float64) -> Self:
        """A copy whose parameters are Tensors: what `to_scalars` did, undone. Weights are kept, gradients are not.

        >>> from nn import Linear
        >>> Linear(2, 3, rng=0).to_scalars().to_tensors().weight.shape
        (2, 3)
        """
        kind = float_dtype(dtype, f"{type(self).__name__}.to_tensors: dtype")
        return self._rebuilt(lambda numbers, label: Tensor(numbers, label=label, dtype=kind))

    def _rebuilt(self, build: Callable[[Array, str | None], Any]) -> Self:
        """A deep copy in which every parameter is built anew, and results kept from a call are plain numbers."""
        memo: dict[int, Any] = {}
        for path, item in _parts(self, is_whole=lambda part: bool(_nodes(part))):
            nodes = _nodes(item)
            if not nodes:
                continue
            with no_grad():
                numbers = item.numpy() if isinstance(item, Tensor) else np.array(item, dtype=np.float64)
            if not any(map(is_parameter, nodes)):
                memo[id(item)] = numbers.copy() if numbers.ndim else numbers.item()
            elif isinstance(item, np.ndarray) and not (len(nodes) == item.size and all(map(is_parameter, nodes))):
                raise DTypeError(
                    f"{_dotted(path)}: expected an array of leaf Values alone, but it holds other things too"
                )
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

        def is_child(part: Any) -> bool:
            return is_module(part) and part is not self

        children = [f"{_dotted(path)}: {part!r}" for path, part in _parts(self, is_whole=is_child) if is_child(part)]
        return "\n".join([first, *children]).replace("\n", "\n  ")


class _Call:
    """A call that is running inside `tracing`."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @cached_property
    def names(self) -> dict[int, str]:
        """The path to each Module that this one holds, by ``id``; of one in several places, to the first."""
        modules = [(id(part), _dotted(path)) for path, part in _parts(self.module) if is_module(part)]
        return dict(reversed(modules))


#: The calls that are running, outermost first.
_running: ContextVar[tuple[_Call, ...]] = ContextVar("running", default=())


def _name(module: Module, calls: Sequence[_Call]) -> str:
    """The path to it from the innermost Module running that holds it; where none does, the name of its class."""
    paths = (call.names.get(id(module)) for call in reversed(calls))
    return next((path for path in paths if path), type(module).__name__)


def is_node(part: Any) -> TypeGuard[Parameter]:
    """Whether it is one, by its type: what a module holds may have a ``__class__`` that is code, as a proxy has."""
    return issubclass(type(part), Parameter)


def is_module(part: Any) -> TypeGuard[Module]:
    """Whether it is one, by its type."""
    return issubclass(type(part), Module)


def is_parameter(node: Parameter) -> bool:
    """Whether nothing computes it and a sweep brings it a gradient."""
    return node.op is None and node.requires_grad


def _parts(
    module: Module, is_whole: Callable[[Any], bool] = lambda part: False
) -> Iterator[tuple[list[tree.Key], Any]]:
    """Every part of a module with the path to it, each Module entered once; what is whole is not looked into."""
    entered: set[int] = set()

    def inside(part: Any) -> tree.Children:
        if is_whole(part) or id(part) in entered:
            return ()
        if is_module(part):
            entered.add(id(part))
        return tree.children(part)

    return tree.walk(module, inside, cyclic=True)


def _dotted(path: list[tree.Key]) -> str:
    """A path as the names of parameters are written: ``layers.0.weight``, and ``weight[0, 0]`` in an array."""
    steps = [str(key) if isinstance(key, tree.Index) else f".{key.value}" for key in path]
    return "".join(steps).removeprefix(".")


def _nodes(part: Any) -> list[Parameter]:
    """A Tensor or Value itself; the Values in an array; of anything else none."""
    if is_node(part):
        return [part]
    is_objects = issubclass(type(part), np.ndarray) and part.dtype == object
    return [x for x in part.flat if issubclass(type(x), Value)] if is_objects else []


def _values(numbers: Array, label: str | None) -> Any:
    """Values for an array of numbers: an object array, or one Value for a single number."""
    if not numbers.ndim:
        return Value(numbers.item(), label=label)
    _, structure = tree.flatten(numbers.astype(object))
    places = tree.leaves_with_paths(numbers.astype(object))
    return tree.unflatten(structure, [Value(x, label=label and label + place) for place, x in places])
