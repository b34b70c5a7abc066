"""Tensor: a NumPy array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd.arrays import Array, floats, misfit, operand, private
from autograd.errors import GraphError, ShapeError, StaleDataError
from autograd.node import Node, op_of, reduced
from autograd.op import Op, on_entry
from autograd.operators import BINARY, Operators, real
from autograd.ops.shaping import getitem, reshape, transpose
from autograd.state import blocks, mode, origin
from autograd.sweeps import NOTHING, sweep_tensors


class Tensor(Node):
    """An array of numbers that records what is done with it; `backward` fills ``grad``.

    The array is copied; integers become float64, float32 stays float32. ``grad`` is None before any sweep,
    then an array of the same shape and dtype. With ``requires_grad=False`` it is a constant; so is every
    NumPy array and plain number that it meets.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> (W @ [1.0, 10.0]).sum().backward()
    >>> W.grad
    array([[ 1., 10.],
           [ 1., 10.]])

    Raises `DTypeError` for complex numbers, text and objects.
    """

    __slots__ = ("_array", "_exposed", "_origin", "_saved", "grad", "inputs", "label", "op", "params", "requires_grad")

    # What the person can still write to (a constant array, the data of a leaf that was handed out) is copied
    # when it is recorded; what only the graph holds is shared. So recorded data cannot change.
    _array: Array
    _exposed: bool
    _saved: tuple[Any, ...]
    grad: Array | None
    inputs: tuple[Any, ...]
    requires_grad: bool

    def __init__(
        self, data: ArrayLike, requires_grad: bool = True, label: str | None = None, dtype: DTypeLike | None = None
    ) -> None:
        self._array = floats(data._array if isinstance(data, Tensor) else data, dtype)
        self.requires_grad = requires_grad
        self.label = label
        self.grad = self.op = self.params = self._origin = None
        self.inputs = self._saved = ()
        self._exposed = False

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return reduced(self, {name: getattr(self, name) for name in self.__slots__})

    def __setstate__(self, state: tuple[Any, dict[str, Any]]) -> None:
        for name, value in state[1].items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        body = np.array2string(self._array, separator=", ", prefix="Tensor(", precision=4)
        extras = "".join(
            [
                f", dtype={self.dtype}" if self.dtype != np.float64 else "",
                f", op={self.op.name}" if self.op is not None else "",
                ", requires_grad=False" if not self.requires_grad else "",
                f", label={self.label!r}" if self.label is not None else "",
            ]
        )
        return f"Tensor({body}{extras})"

    @property
    def data(self) -> Array:
        """The array. That of a leaf may be written to; that of a result is read-only.

        >>> w = Tensor([1.0, 2.0])
        >>> y = (w * w).sum()
        >>> w.data -= 0.5  # y keeps the numbers it was computed from
        >>> y.backward()
        >>> w.grad
        array([2., 4.])
        """
        if self.op is not None:
            self._array.setflags(write=False)
        elif not self._exposed:
            self._array = self._array.copy()  # a graph may hold the present one
            self._exposed = True
        return self._array

    @data.setter
    def data(self, value: ArrayLike) -> None:
        if value is self._array:  # the second half of `t.data -= step`
            return
        if self.op is not None:
            raise GraphError("data: only that of a leaf can be replaced; this is the result of " + self.op.name)
        array = floats(value._array if isinstance(value, Tensor) else value, self.dtype)
        if array.shape != self.shape:
            raise ShapeError(f"data: expected shape {self.shape}, got {array.shape}: make a new Tensor to change shape")
        self._array = array
        self._exposed = False

    def assign(self, array: Array) -> None:
        """Replace the data of a leaf by an array that the caller gives up: it is locked, and not copied.

        >>> w = Tensor([1.0, 2.0])
        >>> w.assign(w.numpy() - 0.5)
        >>> w
        Tensor([0.5, 1.5])
        """
        if self.op is not None:
            raise GraphError(f"assign: only the data of a leaf can be replaced; this is the result of {self.op.name}")
        if array.shape != self.shape or array.dtype != self.dtype:
            raise ShapeError(f"assign: expected {self.dtype}{self.shape}, got {array.dtype}{array.shape}")
        array.setflags(write=False)
        self._array = array
        self._exposed = False

    def _snapshot(self) -> Array:
        array = self._array.copy() if self._exposed else self._array.view()
        array.setflags(write=False)
        return array

    def numpy(self) -> Array:
        """The array as a read-only view.

        >>> Tensor([1.0]).numpy().flags.writeable
        False
        """
        view = self._array.view()
        view.setflags(write=False)
        return view

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self.requires_grad and mode() != "no_grad":
            raise TypeError(
                "a plain NumPy array made of a Tensor would silently lose its gradient: use .data or .numpy() for the "
                "numbers alone, and autograd.stack or autograd.concatenate to join Tensors"
            )
        if copy is False:
            raise ValueError("a Tensor hands out a copy of its array: use .data or .numpy() for the array itself")
        return np.array(self._array, dtype=dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The kind of float."""
        return self._array.dtype

    @property
    def T(self) -> Tensor:  # noqa: N802 - NumPy's name
        """The transpose: all axes reversed."""
        return self.transpose()

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another shape, as NumPy spells it: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        result: Tensor = reshape(self, shape[0] if len(shape) == 1 else shape)
        return result

    def transpose(self, *axes: Any) -> Tensor:
        """The axes permuted, or reversed if none are given."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        result: Tensor = transpose(self, tuple(order)) if order else transpose(self)
        return result

    def item(self) -> float:
        """The one number that it holds."""
        if self.size != 1:
            raise ShapeError(f"item: expected one element, got shape {self.shape}")
        return float(self._array.item())

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> Tensor:
        result: Tensor = getitem(self, index)
        return result

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise GraphError(
            "a Tensor's elements cannot be assigned, because the graph has recorded them: "
            "use autograd.where(mask, new, old), or write to .data of a leaf"
        )

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has brought this node a gradient."""
        return self.grad is not None

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def detach(self) -> Tensor:
        """The same numbers as a constant.

        >>> Tensor([1.0]).detach().requires_grad
        False
        """
        return Tensor(self._array, requires_grad=False, label=self.label)

    def backward(self, seed: ArrayLike | None = None) -> None:
        """Sweep from here to the leaves, by the chain rule.

        ``seed`` is the gradient of this node, of its shape; it may be left out where there is one element.
        Leaves accumulate over sweeps, as in PyTorch; inner nodes show the last sweep alone.

        Raises `ShapeError` if a seed is needed or does not fit, `GraphError` if nothing here needs a gradient.
        """
        if not self.requires_grad:
            raise GraphError(NOTHING)
        if seed is None:
            if self.size != 1:
                raise ShapeError(f"backward: shape {self.shape} needs a seed of that shape, or reduce it with .sum()")
            start = np.ones(self.shape, self.dtype)
        else:
            start = floats(seed, self.dtype)
            if start.shape != self.shape:
                raise ShapeError(f"backward: expected a seed of shape {self.shape}, got {start.shape}")
        sweep_tensors(self, start)

    def _check_fresh(self) -> None:
        """Raise `StaleDataError` if an input changed after this node was computed."""
        for x, saved in zip(self.inputs, self._saved, strict=True):
            if isinstance(x, Tensor) and x._array is not saved and not np.array_equal(x._array, saved, equal_nan=True):
                raise StaleDataError(
                    f"{self.label or op_of(self).name}: the data of {x.label or 'an input'} (shape {x.shape}) "
                    "changed after it was used; run the forward computation again"
                )

    def _filled(self, number: float) -> Array:
        return np.full(self.shape, number, dtype=self.dtype)

    def _as_constant(self, data: Array) -> Tensor:
        return Tensor(data, requires_grad=False)

    def _operands(self) -> tuple[Any, Sequence[Any]]:
        return self._array, self._saved

    @classmethod
    def _interpret(cls, op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """Record an operation on Tensors."""
        arrays: list[Any] = []
        held: list[Any] = []
        requires_grad = False
        for x in inputs:
            if isinstance(x, Tensor):
                requires_grad = requires_grad or x.requires_grad
                array = x._array.copy() if x._exposed else x._array
                held.append(x)
            else:
                array = operand(x, op)
                held.append(array)
            arrays.append(array)
        if params:
            params = type(params)({name: private(value) for name, value in params.items()})  # type: ignore[call-arg]
        try:
            result = op.run(op.forward, arrays, params)
        except (ValueError, IndexError) as error:
            raise ShapeError(misfit(op, held, params, error)) from error
        state = mode()
        if op.is_flat and state != "tracing":
            return result
        node: Tensor = new(Tensor)
        node._array = real(result if result.__class__ is np.ndarray else np.asarray(result), op)
        node._exposed = False
        node.grad = node.label = node._origin = None
        # Inside tracing, what a condition is computed from, or computes, is recorded too.
        depends = state == "tracing" and any(isinstance(x, Tensor) and (x.requires_grad or x.op) for x in held)
        if (requires_grad or depends) and state != "no_grad":
            node.requires_grad = requires_grad and not op.is_flat
            node.op = op
            node.params = params or None
            node._saved = tuple(arrays)
            node.inputs = tuple(held)
            if state == "tracing":
                node._origin = origin()
        else:
            node.requires_grad = False
            node.op = node.params = None
            node._saved = node.inputs = ()
        return node


new = object.__new__


def binary_method(op: Op, general: Callable[[Any, Any], Any]) -> Callable[[Tensor, Any], Any]:
    """The operator for the commonest case, private Tensors and plain numbers, in line; `general` for every other."""
    forward, ndarray, opened = op.forward, np.ndarray, blocks.get

    def method(self: Tensor, other: Any) -> Any:
        kind = other.__class__
        tracked = self.requires_grad
        if kind is Tensor:
            if other._exposed:
                return general(self, other)
            tracked = tracked or other.requires_grad
            y = other._array
        elif kind is float or kind is int:
            y = other
        else:
            return general(self, other)
        if self._exposed or not tracked or opened() is not None:
            return general(self, other)
        x = self._array
        try:
            z = forward(x, y)
        except ValueError:
            return general(self, other)  # which says what does not fit
        node: Tensor = new(Tensor)
        node._array = z if z.__class__ is ndarray else np.asarray(z)
        node._saved = (x, y)
        node.inputs = (self, other)
        node.op = op
        node.requires_grad = True
        node._exposed = False
        node.grad = node.label = node.params = node._origin = None
        return node

    return method


def install(op: Op) -> None:
    """Give Tensor quick operators."""
    if op.operator in BINARY and not op.is_flat:
        name = f"__{BINARY[op.operator]}__"
        setattr(Tensor, name, binary_method(op, getattr(Operators, name)))


on_entry(install)
