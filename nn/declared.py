"""Parameter and Buffer: a Module is told which of the numbers it holds are trained, and which are state."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import DTypeError, Node, ShapeError, Tensor, Value, real_array, short_repr, tree
from nn.foreign import expect_ours
from nn.inputs import flag, float_dtype

Array = NDArray[Any]


class Role(Enum):
    """What an attribute of a Module is held for."""

    PARAMETER = "Parameter"
    BUFFER = "Buffer"
    KEPT = "kept from a call"  #: as the input, to be looked at: it is no part of the state


class Declaration:
    """What `Parameter` and `Buffer` give: assigned to an attribute of a Module, it says in which role that is held."""

    # NumPy would otherwise make an array of it, and go on.
    __array_ufunc__ = None

    def __init__(self, role: Role, held: Any) -> None:
        self.role = role
        self.held = held

    def __repr__(self) -> str:
        return f"{self.role.value}({short_repr(self.held)})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("role", "held"):  # of a copy that is not made yet
            raise AttributeError(name)
        raise AttributeError(
            f"a {self.role.value} has no {name}: assign it to an attribute of a Module, as in "
            f"self.weight = {self.role.value}(…), and use self.weight, which is what it holds"
        )


def Parameter(data: Any, *, requires_grad: bool = True, dtype: DTypeLike | None = None) -> Any:  # noqa: N802 - a kind of thing
    """Say that numbers are trained: assigned to an attribute of a Module, they are among its parameters.

    ``data`` is an array or what makes one, of which a Tensor is made, of ``dtype`` if that is given; or a Tensor or
    Value that nothing computes, which is kept itself; or a tuple, list, dict, dataclass or array of these, with each of
    them a parameter; or None, for one that may be there and is not. With ``requires_grad=False`` it is held and saved,
    but frozen. The attribute is then the Tensor, Value or container itself, labelled by its name if it has no label.

    An attribute that is a parameter takes plain numbers of the same shape as its new data, and stays the same Tensor:
    ``layer.weight = np.ones((2, 3))``. A Tensor or Value assigned to it takes its place, as where two layers share one.

    >>> from nn import Module
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.gain = Parameter([1.0, 2.0])
    ...     def forward(self, x):
    ...         return self.gain * x
    >>> model = Scale()
    >>> model.gain
    Tensor([1., 2.], label='gain')
    >>> model.gain = [3, 4]
    >>> list(model.named_parameters())
    [('gain', Tensor([3., 4.], label='gain'))]

    Raises `DTypeError` for what holds no real numbers, and for a computed node.
    """
    is_trained = flag(requires_grad, "Parameter: requires_grad")
    kind = None if dtype is None else float_dtype(dtype, "Parameter: dtype")

    def leaf(part: Any) -> Any:
        if isinstance(part, Declaration):
            return leaf(expect_role(part, Role.PARAMETER).held)
        if not isinstance(part, Node):
            numbers = real_array(part, "Parameter: data")
            return Tensor(numbers, dtype=kind, requires_grad=is_trained)
        if part.op is not None:
            raise DTypeError(
                "Parameter: data: expected numbers, or a Tensor or Value that nothing computes, got "
                f"{short_repr(part)}, which is computed: give its .data"
            )
        if isinstance(part, Tensor):
            part.requires_grad = is_trained
        elif part.requires_grad is not is_trained:
            raise DTypeError(
                f"Parameter: data: expected {'trained' if is_trained else 'frozen'} Values, got {short_repr(part)}: "
                f"give Value(…, requires_grad={is_trained}), as that of a Value cannot be changed"
            )
        return part

    held = tree.map(leaf, data) if data is None or holds_nodes(data) else leaf(data)
    if len({type(part) for part in tree.leaves(held)}) > 1:
        raise DTypeError(
            f"Parameter: data: expected Tensors or Values, got both, in {short_repr(data)}: make all of one"
        )
    return Declaration(Role.PARAMETER, held)


def Buffer(data: Any) -> Any:  # noqa: N802 - a kind of thing
    """Say that numbers are state: saved and loaded with a Module, and not trained, as the means of a BatchNorm.

    Assigned to an attribute of a Module, it is a NumPy array of floats, integers or truths, and so is what is assigned
    to that attribute later: plain numbers, as no gradient flows through a buffer, and no graph is kept by it.

    >>> from nn import Module
    >>> class Counter(Module):
    ...     def __init__(self):
    ...         self.calls = Buffer(0)
    ...     def forward(self, x):
    ...         self.calls = self.calls + 1
    ...         return x
    >>> model = Counter()
    >>> model(2.0), model(3.0)
    (2.0, 3.0)
    >>> model.state_dict()
    {'calls': array(2)}

    Raises `DTypeError` for what holds no real numbers.
    """
    if isinstance(data, Declaration):
        return expect_role(data, Role.BUFFER)
    return Declaration(Role.BUFFER, plain(data, "Buffer: data"))


def expect_role(declaration: Declaration, role: Role) -> Declaration:
    if declaration.role is not role:
        raise DTypeError(f"{role.value}: data: expected numbers, got {declaration!r}: say one of the two")
    return declaration


def holds_nodes(data: Any) -> bool:
    """Whether it is a container of Tensors and Values, or of anything by name, and not numbers to make a Tensor of."""
    if isinstance(data, dict) or is_dataclass(data) or hasattr(data, "_fields"):
        return True
    return isinstance(data, list | tuple | np.ndarray) and any(
        isinstance(part, Node | Declaration) for _, part in tree.walk(data)
    )


def plain(data: Any, name: str) -> Array:
    """A copy of the numbers, as an array of floats, integers or truths, in C order: files are written by memory."""
    if is_node(data):
        return np.array(data.data, order="C")
    array = real_array(data, name)
    if array.dtype.kind == "O":
        array = np.reshape([x.data if isinstance(x, Value) else x for x in array.flat], array.shape)
    return np.array(array, order="C")


def is_node(part: Any) -> TypeGuard[Tensor | Value]:
    """Whether it is one, by its type: what a module holds may have a ``__class__`` that is code, as a proxy has."""
    return issubclass(type(part), Tensor | Value)


def is_leaf(node: Tensor | Value) -> bool:
    """Whether nothing computes it and a sweep brings it a gradient."""
    return node.op is None and node.requires_grad


def nodes_of(part: Any) -> list[Any]:
    """A Tensor or Value itself; the Values in an array; of anything else none."""
    if is_node(part):
        return [part]
    is_objects = issubclass(type(part), np.ndarray) and part.dtype == object
    return [x for x in part.flat if issubclass(type(x), Value)] if is_objects else []


def name_leaves(held: Any, name: str) -> None:
    """Label what has no label yet by its place: ``w``, or ``w[0]`` in a list."""
    for path, part in tree.leaves_with_paths(held):
        if is_node(part) and part.label is None:
            part.label = name + path


def expect_said(value: Any, name: str) -> None:
    """Refuse what somebody has to say the role of, and did not: in the value itself, or one level deep.

    Raises `DTypeError`.
    """
    kind = type(value)
    parts = value.values() if issubclass(kind, dict) else value if issubclass(kind, list | tuple) else [value]
    for part in parts:
        if type(part) is Declaration:
            raise DTypeError(
                f"{name}: expected one {part.role.value} of all that it holds, got a {type(value).__name__} of such: "
                f"write self.{name.rpartition('.')[2]} = {part.role.value}(…) around the {type(value).__name__}"
            )
        if is_node(part) and is_leaf(part):
            raise DTypeError(undeclared(part, name))


def undeclared(node: Tensor | Value, name: str) -> str:
    """The message for a leaf of which nobody said what it is."""
    kind = type(node).__name__
    return (
        f"{name}: expected to be told what a {kind} that requires a gradient is to a Module: assign Parameter(…) if it "
        f"is trained, Buffer(…) if it is state, {kind}(…, requires_grad=False) if it is a constant"
    )


# Numbers are put into what is there, all or none.


def fitting(held: Any, numbers: Any, name: str) -> Array:
    """Numbers that can be put into a Tensor, a Value, an array of Values or a buffer: an array of its shape and dtype.

    Raises `ShapeError` or `DTypeError` for others.
    """
    expect_ours(numbers, name)
    array = plain(numbers, name)
    shape, dtype = np.shape(held) if not is_node(held) else held.shape, getattr(held, "dtype", None)
    if array.shape != shape:
        is_turned = len(shape) > 1 and array.shape == shape[::-1]
        cure = (
            "transpose them; nn.load_torch_state_dict does so with a state of PyTorch" if is_turned else "reshape them"
        )
        raise ShapeError(f"{name}: expected numbers of shape {shape}, got {array.shape}: {cure}")
    kind = np.dtype(np.float64) if dtype is None or dtype.kind == "O" else dtype
    if array.dtype.kind == "f" and kind.kind != "f":
        raise DTypeError(f"{name}: expected {kind}, got {array.dtype}: round the numbers, as by .astype({kind})")
    fitted = array.astype(kind)
    if kind.kind != "f" and not np.array_equal(fitted, array):
        raise DTypeError(f"{name}: expected numbers that {kind} holds, got others: {short_repr(array)}")
    return fitted


def put(held: Any, numbers: Array) -> None:
    """Make these numbers, which fit, the data of parameters."""
    if isinstance(held, Tensor):
        held.assign(numbers)
        return
    for value, number in zip(nodes_of(held), numbers.flat, strict=True):
        value.data = number.item()
