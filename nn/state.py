"""What a Module holds: parameters, buffers, whether it is being trained, and other Modules; all found by one walk."""

from __future__ import annotations

from collections import ChainMap, UserDict, UserList, deque
from collections.abc import Callable, Iterator, Mapping, MappingView
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, SupportsIndex, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, GraphError, LostGradientError, ShapeError, Tensor, Value, short_repr, tree, zero_grad
from nn.declared import (
    Declaration,
    Role,
    expect_said,
    fitting,
    is_leaf,
    is_node,
    name_leaves,
    nodes_of,
    plain,
    put,
    undeclared,
)
from nn.elsewhere import MODULES, missing
from nn.foreign import Own
from nn.inputs import flag
from nn.signatures import SpelledOut, spelled_out

Array = NDArray[Any]


#: The roles of what is saved and loaded.
STATE = (Role.PARAMETER, Role.BUFFER)


NOTHING_SAID: Mapping[str, Role] = MappingProxyType({})


class Misfit(NamedTuple):
    """The names that a state had too few or too many."""

    missing: list[str]
    unexpected: list[str]


class Context(NamedTuple):
    """What a Module is beside what its attributes hold."""

    roles: tuple[tuple[str, Role], ...]
    training: bool

    def __str__(self) -> str:
        names = ", ".join([f"{name}: {role.value}" for name, role in self.roles])
        return names + ("" if self.training else " in eval mode")


class Stateful(SpelledOut):
    """Base of Modules: it knows the role of each of its attributes, and refuses what nobody gave one."""

    #: The names of parameters that PyTorch holds transposed.
    transposed: ClassVar[frozenset[str]] = frozenset()

    # These two are no attributes like the others, which are what it is made of.
    __slots__ = ("__dict__", "__weakref__", "_said", "_training")

    @spelled_out
    def __init__(self) -> None:
        super().__init__()

    @property
    def _roles(self) -> Mapping[str, Role]:
        """The roles of attributes, as they were said."""
        return getattr(self, "_said", NOTHING_SAID)

    @property
    def training(self) -> bool:
        """Whether it is being trained: `train` and `eval` say so, Dropout and BatchNorm read it."""
        try:
            return self._training
        except AttributeError:  # once: Dropout and BatchNorm ask in every call
            object.__setattr__(self, "_training", True)
            return True

    @training.setter
    def training(self, mode: bool) -> None:
        self._training = flag(mode, f"{type(self).__name__}.training")

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return super().__reduce_ex__(max(2, int(protocol)))  # the first two know no slots

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        for name, value in vars(cls).items():
            parts = tree.leaves(value) if issubclass(type(value), list | tuple | dict) else [value]
            if any(type(x) is Declaration or is_node(x) for x in parts) or (is_stateful(value) and value.parameters()):
                raise DTypeError(
                    f"{cls.__name__}.{name}: expected parameters and buffers to be assigned in __init__, got one of "
                    f"the class, which all its Modules would share: write self.{name} = …"
                )

    def __setattr__(self, name: str, value: Any) -> None:
        where = f"{type(self).__name__}.{name}"
        if callable(getattr(Stateful, name, None)):
            raise AttributeError(f"{where} is a method of every Module: give the attribute another name")
        role = self._roles.get(name)
        if type(value) is Declaration:
            name_leaves(value.held, name)
            object.__setattr__(self, "_said", {**self._roles, name: value.role})
            value = value.held
        elif role is Role.BUFFER and value is not None:
            expect_untracked(value, where)
            value = plain(value, where)
        elif role is Role.PARAMETER and value is not None:
            value = self._parameter(name, value, where)
        elif self._is_running():
            object.__setattr__(self, "_said", {**self._roles, name: Role.KEPT})
        else:
            expect_seen(value, where)
            expect_said(value, where)
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # what is not there is an error to a type checker, too

        def __getattr__(self, name):
            if name in MODULES:
                raise AttributeError(missing(type(self).__name__, name, MODULES), name=name, obj=self)
            return object.__getattribute__(self, name)  # raises what it raised

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        object.__setattr__(self, "_said", {key: role for key, role in self._roles.items() if key != name})

    def _is_running(self) -> bool:
        """Whether it is being called, so that what is assigned is kept from that call."""
        return False

    def _parameter(self, name: str, value: Any, where: str) -> Any:
        """What an attribute that is a parameter holds after an assignment: leaves that take its place, or itself."""
        held = getattr(self, name)
        leaves = tree.leaves(value)
        if leaves and all(map(is_trained_leaf, leaves)):
            expect_like(value, held, where)
            name_leaves(value, name)
            return value
        if any(is_node(part) and part.op is not None and part.requires_grad for part in leaves):
            raise DTypeError(
                f"{where}: expected plain numbers, or a Tensor or Value that nothing computes, got "
                f"{short_repr(value)}: change a parameter inside no_grad(), or give .data for its numbers; where one "
                "is computed of others, as the transposed weight of another layer, compute it in forward"
            )
        wholes = [part for _, part in wholes_of(held)]
        if not wholes:
            raise DTypeError(f"{where}: there is no such parameter yet, got {short_repr(value)}: assign Parameter(…)")
        numbers = [value] if wholes[0] is held else leaves
        if len(numbers) != len(wholes):
            raise ShapeError(f"{where}: expected numbers for {len(wholes)} parameters, got {len(numbers)}")
        arrays = [fitting(part, x, where) for part, x in zip(wholes, numbers, strict=True)]
        for part, array in zip(wholes, arrays, strict=True):
            put(part, array)
        return held

    def extra_repr(self) -> str:
        """What stands between the parentheses of its repr."""
        return ""

    def remark(self, *inputs: Any) -> str:
        """What a person should know of a call with these inputs, for the `summary`; nothing, as a rule."""
        return ""

    # What it holds.

    @spelled_out
    def named_modules(self) -> Iterator[tuple[str, Stateful]]:
        """Itself, with the name "", and every Module that it holds, each once, with the path to it.

        >>> from nn import MLP
        >>> [name for name, _ in MLP([2, 3, 1]).named_modules()]
        ['', 'layers.0', 'layers.1', 'layers.2']
        """
        seen: set[int] = set()
        for path, part in parts(self):
            if is_stateful(part) and id(part) not in seen:
                seen.add(id(part))
                yield dotted(path), part

    def modules(self) -> Iterator[Stateful]:
        """Itself, and every Module that it holds, each once."""
        return (module for _, module in self.named_modules())

    @spelled_out
    def named_parameters(self) -> Iterator[tuple[str, Tensor | Value]]:
        """Every parameter once, with the path to it; of an array of Values, each Value. Frozen ones are among them.

        >>> from nn import Linear
        >>> [name for name, _ in Linear(2, 1).named_parameters()]
        ['weight', 'bias']
        >>> [name for name, _ in Linear(2, 1).to_scalars().named_parameters()]
        ['weight[0, 0]', 'weight[1, 0]', 'bias[0]']

        Raises `DTypeError` for a Tensor or Value that requires a gradient, of which nobody said what it is, and for
        plain numbers that were put in the place of a parameter.
        """
        seen: set[int] = set()
        for path, role, part in roles_of(self):
            if role is Role.PARAMETER and not is_node(part) and tree.kind_of(part) is None:
                raise DTypeError(
                    f"{type(self).__name__}.{dotted(path)}: expected a Tensor or a Value, got {short_repr(part)}, "
                    "which is not trained: change the data of what was there, as by weight[0, 1].data = 5.0"
                )
            if not is_node(part) or id(part) in seen:
                continue
            if role is Role.PARAMETER:
                seen.add(id(part))
                yield dotted(path), part
            elif role is None and is_leaf(part):
                raise DTypeError(undeclared(part, f"{type(self).__name__}.{dotted(path)}"))

    @spelled_out
    def parameters(self) -> list[Tensor | Value]:
        """Every parameter once: Tensors, or the single Values of a scalar form."""
        return [parameter for _, parameter in self.named_parameters()]

    @spelled_out
    def named_buffers(self) -> Iterator[tuple[str, Array]]:
        """Every buffer with the path to it, as it is now: an array that is replaced when the buffer changes.

        >>> from nn import BatchNorm1d
        >>> dict(BatchNorm1d(2).named_buffers())
        {'running_mean': array([0., 0.]), 'running_var': array([1., 1.]), 'num_batches_tracked': array(0)}
        """
        return ((dotted(path), part) for path, role, part in roles_of(self) if role is Role.BUFFER and part is not None)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or, with ``set_to_none=False``, make zeros of those that there are.

        Raises `TypeError` for anything but True or False.
        """
        found = self.parameters()
        if flag(set_to_none, f"{type(self).__name__}.zero_grad: set_to_none"):
            zero_grad(*found)
            return
        for parameter in found:
            if parameter.has_grad:
                parameter.grad = 0.0 if isinstance(parameter, Value) else np.zeros_like(parameter.grad)

    # Modes.

    @spelled_out
    def train(self, mode: bool = True) -> Self:
        """Set the mode of this Module and of all that it holds: in training, or not, as `eval` does.

        A Module that stays in one mode, as a BatchNorm that is frozen, says so by a ``train`` of its own.

        >>> from nn import MLP
        >>> model = MLP([2, 3, 1]).eval()
        >>> model.training, model.layers[0].training
        (False, False)

        Raises `TypeError` for a mode that is neither True nor False.
        """
        self.training = flag(mode, f"{type(self).__name__}.train: mode")

        def has_its_own(part: Any) -> bool:
            return part is not self and is_stateful(part) and type(part).train is not Stateful.train

        for _, part in parts(self, has_its_own):
            if has_its_own(part):
                part.train(mode)
            elif is_stateful(part):
                part.training = mode
        return self

    def eval(self) -> Self:
        """Leave training, as by ``train(False)``: Dropout drops nothing, BatchNorm uses the means that it has seen."""
        return self.train(False)

    @spelled_out
    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze all parameters, by False, or thaw them: a frozen one gets no gradient, and no optimiser moves it.

        >>> from nn import Linear
        >>> layer = Linear(2, 3).requires_grad_(False)
        >>> [p.requires_grad for p in layer.parameters()]
        [False, False]

        Raises `GraphError` for a network of Values, whose own is set where they are made: freeze it before
        `to_scalars`.
        """
        is_trained = flag(requires_grad, f"{type(self).__name__}.requires_grad_: requires_grad")
        found = self.parameters()
        for parameter in found:
            if not isinstance(parameter, Tensor):
                raise GraphError(
                    f"{type(self).__name__}.requires_grad_: expected Tensors, got Values, which require a gradient or "
                    "not from where they are made on: call it before to_scalars()"
                )
        for parameter in found:
            parameter.requires_grad = is_trained
        return self

    # State as plain arrays.

    @spelled_out
    def state_dict(self) -> dict[str, Array]:
        """A copy of all parameters and buffers, by their paths: the same for Tensors as for Values.

        A Module that is held in several places is there once, by its first name.

        >>> from nn import Linear
        >>> {name: array.shape for name, array in Linear(2, 3).to_scalars().state_dict().items()}
        {'weight': (2, 3), 'bias': (3,)}
        """
        return Own({name: plain(held.part, name) for name, held in self._named_state().items()})

    def _named_state(self) -> dict[str, Held]:
        """Each parameter and buffer by its name.

        Raises `ValueError` for two of one name, as of an attribute with a dot in a key.
        """
        found: dict[str, Held] = {}
        for name, held in state_of(self):
            if name in found:
                raise ValueError(f"{type(self).__name__}: two parts have the name {name!r}: give one another key")
            found[name] = held
        return found

    @spelled_out
    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Misfit:
        """Take over the numbers of a state by their names; all of them, or, where one does not fit, none.

        The parameters stay the same Tensors and Values, so an optimiser goes on with them. Numbers are converted to the
        dtype that is there. Unless ``strict``, names may be missing or unexpected, and are returned. A state of PyTorch
        has another layout, and may fit all the same, where a weight is square: `nn.load_torch_state_dict` takes that.
        What `nn.load` reads from a file that `nn.save` did not write is refused.

        >>> from nn import MLP
        >>> model, twin = MLP([2, 3, 1], rng=0), MLP([2, 3, 1], rng=1)
        >>> twin.load_state_dict(model.state_dict())
        Misfit(missing=[], unexpected=[])
        >>> bool((twin([1.0, 2.0]).numpy() == model([1.0, 2.0]).numpy()).all())
        True

        Raises `ShapeError` for another shape, `DTypeError` for what is no real number, or may be in another layout,
        `ValueError` for names that are missing or unexpected, and for two that are one parameter here, and hold
        different numbers.
        """
        owner = f"{type(self).__name__}.load_state_dict"
        is_strict = flag(strict, f"{owner}: strict")
        if not isinstance(state, Mapping):
            raise DTypeError(f"{owner}: state: expected a dict of names and arrays, got {short_repr(state)}")
        wholes = self._named_state()
        misfit = Misfit([name for name in wholes if name not in state], [name for name in state if name not in wholes])
        if is_strict and (misfit.missing or misfit.unexpected):
            told = [f"{kind} {', '.join(map(str, names))}" for kind, names in misfit._asdict().items() if names]
            raise ValueError(
                f"{owner}: state: expected the names of this model, got one with {' and '.join(told)}: give the state "
                "of a model of the same form, or strict=False"
            )
        arrays = {n: fitting(held.part, state[n], f"{owner}: {n}") for n, held in wholes.items() if n in state}
        first: dict[int, str] = {}  # the name of what may have several
        for name, array in arrays.items():
            other = first.setdefault(id(wholes[name].part), name)
            if not np.array_equal(array, arrays[other], equal_nan=True):
                raise ValueError(
                    f"{owner}: state: expected the same numbers as {other} and {name}, which are one in this model, "
                    "got different ones: give the state of a model in which they are one, or give one of them its own "
                    "Parameter first"
                )
        for name, array in arrays.items():
            held = wholes[name]
            if held.role is Role.PARAMETER:
                put(held.part, array)
            else:
                setattr(held.module, held.attribute, array)
        return misfit


class Held(NamedTuple):
    """A Tensor, a Value, an array of Values or one of numbers, and where a Module holds it."""

    module: Stateful
    attribute: str
    name: str  #: from the Module on: that of the attribute, or ``w.0``
    role: Role | None
    part: Any


def rebuilt(cls: type, context: Context, pairs: Any) -> Any:
    module = tree.with_attributes(cls, None, pairs)
    object.__setattr__(module, "_said", dict(context.roles))
    object.__setattr__(module, "_training", context.training)
    return module


def context_of(module: Stateful) -> Context:
    return Context(tuple(module._roles.items()), module.training)


tree.register(Stateful, rebuild=rebuilt, context=context_of)


def is_trained_leaf(part: Any) -> bool:
    return is_node(part) and is_leaf(part)


def expect_like(value: Any, held: Any, name: str) -> None:
    """Refuse a Tensor or Value in the place of one of another shape, or of another material.

    Raises `ShapeError` or `DTypeError`.
    """
    if is_node(held) and is_node(value):
        if type(value) is not type(held):
            raise DTypeError(
                f"{name}: expected a {type(held).__name__}, got a {type(value).__name__}: keep one material"
            )
        if value.shape != held.shape:
            is_turned = value.shape == held.shape[::-1]
            cure = "keep one, and use its .T in forward" if is_turned else "assign Parameter(…) for another shape"
            raise ShapeError(f"{name}: expected shape {held.shape}, got {value.shape}: {cure}")


def expect_untracked(value: Any, name: str) -> None:
    """Refuse what has a gradient to lose.

    Raises `LostGradientError`.
    """
    if any(node.requires_grad for node in nodes_of(value)):
        raise LostGradientError(
            f"{name}: a buffer holds plain numbers, and would silently lose the gradient of {short_repr(value)}: "
            "compute it inside no_grad(), or give its .data"
        )


# The walk.

#: Containers that it does not look into, as what they hold has no place in them, or no name.
UNSEEN = (set, frozenset, deque, UserList, UserDict, ChainMap, MappingView, MappingProxyType)


def expect_seen(value: Any, name: str) -> None:
    """Refuse Modules and parameters in a container that the walk does not look into: they would never be trained.

    Raises `DTypeError`.
    """
    if not issubclass(type(value), UNSEEN):
        return
    parts = value.values() if issubclass(type(value), Mapping) else value
    pairs = [x for part in parts for x in (part if type(part) is tuple else [part])]  # those of items
    if any(is_stateful(x) or is_node(x) or type(x) is Declaration for x in pairs):
        raise DTypeError(
            f"{name}: expected Modules and parameters in a list, tuple, dict or dataclass, got them in a "
            f"{type(value).__name__}, where they are not found: make it a list"
        )


def is_stateful(part: Any) -> TypeGuard[Stateful]:
    """Whether it is one, by its type."""
    return issubclass(type(part), Stateful)


def parts(
    module: Stateful, is_whole: Callable[[Any], bool] = lambda part: False
) -> Iterator[tuple[list[tree.Key], Any]]:
    """Every part of a module with the path to it, each Module entered once; what is whole is not looked into."""
    entered: set[int] = set()

    def inside(part: Any) -> tree.Children:
        if is_whole(part) or id(part) in entered:
            return ()
        if is_stateful(part):
            entered.add(id(part))
        return tree.children(part)

    return tree.walk(module, inside, cyclic=True)


def roles_of(module: Stateful) -> Iterator[tuple[list[tree.Key], Role | None, Any]]:
    """Every part with the path to it and its role: that of the attribute, of the nearest Module, that holds it."""
    above: list[tuple[Any, Role | None]] = []
    for path, part in parts(module):
        del above[len(path) :]
        holder, role = above[-1] if above else (None, None)
        if is_stateful(holder):
            role = holder._roles.get(str(path[-1].value))
        yield path, role, part
        above.append((part, role))


def state_of(module: Stateful) -> Iterator[tuple[str, Held]]:
    """Each parameter and buffer of a Module with its name; of Values in an array, the array."""
    for name, part in module.named_modules():
        for held in held_by(part):
            if held.role in STATE:
                yield f"{name}.{held.name}".removeprefix("."), held


def held_by(module: Stateful) -> Iterator[Held]:
    """What a Module holds itself, and not by another Module: all that has a role, and the nodes that have none."""
    for attribute, value in vars(module).items():
        role = module._roles.get(attribute)
        for path, part in wholes_of(value):
            if role in STATE or nodes_of(part):
                yield Held(module, attribute, attribute + path, role, part)


def wholes_of(value: Any) -> Iterator[tuple[str, Any]]:
    """The Tensors, Values, arrays of numbers and arrays of Values in it, with the path to each."""
    for path, part in tree.walk(value, lambda part: () if is_whole(part) else tree.children(part), cyclic=True):
        if is_whole(part) and not is_stateful(part):
            yield dotted(path, first=False), part


def is_whole(part: Any) -> bool:
    return is_stateful(part) or bool(nodes_of(part)) or (isinstance(part, np.ndarray) and part.dtype != object)


def dotted(path: list[tree.Key], first: bool = True) -> str:
    """A path as the names of parameters are written: ``layers.0.weight``, and ``weight[0, 0]`` in an array."""
    steps = [str(key) if isinstance(key, tree.Index) else f".{key.value}" for key in path]
    return "".join(steps).removeprefix("." if first else "")
