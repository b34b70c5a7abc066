"""Record: what an operation on Tensors leaves in the graph. It never changes; a Tensor is a handle on one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, SupportsIndex

import numpy as np

from autograd.accept import Array
from autograd.copying import reduced
from autograd.errors import ShapeError, StaleDataError
from autograd.hooks import Hooks
from autograd.node import Node, Recorded
from autograd.op import Op, op_of
from autograd.pickling import Slotted, store, stored
from autograd.program import frozen, frozen_params
from autograd.state import Origin
from autograd.tensor.arrays import alike


class Leaf(Slotted):
    """What the records of one leaf share, each made of the data that it had then: gradient, name, the present data.

    ``lent`` says that a person was given ``array`` and may be writing to it; ``is_guarded``, that it is a derivative
    which holds to guards, as one that a branch left constant.
    """

    __slots__ = ("array", "grad", "hooks", "is_guarded", "label", "lent")

    hooks: Hooks  #: not set where there are none

    def __init__(self, array: Array, label: str | None, grad: Array | None = None) -> None:
        self.array = array
        self.label = label
        self.grad = grad
        self.lent = False
        self.is_guarded = False

    def record(self, last: Record) -> Record:
        """The record of the present data: the last one, if they are the same still."""
        if self.lent:
            held = is_held(self)  # asked first, while nothing here holds it
            if alike(self.array, last.array):
                if not held:
                    self.array, self.lent = last.array, False
                return last
            if held:
                return leaf_record(self.array.copy(), self, last.requires_grad)
            self.lent = False
        return leaf_record(self.array, self, last.requires_grad)

    def sum(self, before: Array, adjoint: Array) -> Array:
        """A gradient and what one more sweep brought."""
        if np.shape(before) != np.shape(adjoint):
            raise ShapeError(
                f"backward: .grad of {self.label or 'a leaf'} has shape {np.shape(before)}, "
                f"but its data {np.shape(adjoint)}: set it to None"
            )
        return np.asarray(before + adjoint)


class Mark:
    """What a sweep puts in the place of an adjoint that it will bring: that there is one is not to be seen outside."""

    __slots__ = ()


class Record(Recorded):
    """An array, and what it was computed from: other Records, and constants.

    What a person can still write to (a constant array, the data of a leaf that was handed out) was copied; what only
    the graph holds is shared. ``adjoint`` is what the last sweep brought; a leaf keeps its sum over sweeps in `Leaf`.
    """

    __slots__ = ("_hooks_", "_label", "_origin_", "adjoint", "array", "inputs", "leaf", "op", "params", "requires_grad")

    _hooks_: Hooks
    _label: str | None
    _origin_: Origin | None

    adjoint: Any
    array: Array
    inputs: tuple[Any, ...]
    leaf: Leaf | None
    op: Op | None
    params: Mapping[str, Any] | None
    requires_grad: bool

    handle: ClassVar[Callable[[Record], Node]]  #: `Tensor` gives it, which is built on this

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        slots, attributes = stored(self)
        if slots["adjoint"].__class__ is Mark:
            slots["adjoint"] = None
        return reduced(self, (slots, attributes))

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        store(self, *state[1:])
        for x in self.inputs:
            if isinstance(x, np.ndarray):
                x.setflags(write=False)  # as it was: a copied array can be written to

    @property
    def _origin(self) -> Origin | None:
        return getattr(self, "_origin_", None)

    @_origin.setter
    def _origin(self, origin: Origin | None) -> None:
        self._origin_ = origin
        if self.leaf is not None:
            self.leaf.is_guarded = True

    @property
    def _hooks(self) -> Hooks | None:
        return getattr(self, "_hooks_", None) if self.leaf is None else getattr(self.leaf, "hooks", None)

    @_hooks.setter
    def _hooks(self, hooks: Hooks) -> None:
        if self.leaf is None:
            self._hooks_ = hooks
        else:
            self.leaf.hooks = hooks

    @property
    def grad(self) -> Any:
        if self.leaf is not None:
            return self.leaf.grad
        adjoint = self.adjoint
        if adjoint.__class__ is np.ndarray:  # others may have the same
            adjoint = adjoint.view()
            adjoint.setflags(write=False)
        return None if adjoint.__class__ is Mark else adjoint

    @property
    def has_grad(self) -> bool:
        return self.grad is not None

    @property
    def label(self) -> str | None:
        return getattr(self, "_label", None) if self.leaf is None else self.leaf.label

    def _rename(self, label: str | None) -> None:
        if self.leaf is not None:
            self.leaf.label = label
        elif label is not None or self.label is not None:
            self._label = label

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def is_condition(self) -> bool:
        """Whether it holds True and False."""
        return self.array.dtype == np.bool_

    @property
    def _node(self) -> Node:
        leaf = self.leaf
        if leaf is not None and not self.requires_grad and leaf.array is not self.array:  # refilled since
            return Record.handle(leaf_record(self.array, Leaf(self.array, leaf.label), False))
        return Record.handle(self)

    @property
    def _key(self) -> int:
        return id(self if self.leaf is None else self.leaf)

    def _snapshot(self) -> Array:
        array = self.array.view()
        array.setflags(write=False)
        return array

    def _snapshot_all(self) -> tuple[Array, Array | None, None, Mapping[str, Any]]:
        grad = self.grad
        return self._snapshot(), None if grad is None else frozen(grad), None, frozen_params(self.params)

    def _operands(self) -> tuple[Any, Sequence[Any]]:
        return self.array, [x.array if x.__class__ is Record else x for x in self.inputs]

    def _check_fresh(self) -> None:
        for x in self.inputs:
            if isinstance(x, Record) and x.requires_grad and x.leaf is not None and not alike(x.leaf.array, x.array):
                raise StaleDataError(
                    f"{self.label or op_of(self).name}: the data of {x.label or 'an input'} (shape {x.shape}) "
                    "changed after it was used; run the forward computation again"
                )

    @property
    def _holder(self) -> Leaf | None:
        return self.leaf

    def _plus(self, grad: Array | None, adjoint: Array) -> Array:
        return np.array(adjoint) if grad is None or self.leaf is None else self.leaf.sum(grad, adjoint)

    def _show(self, adjoint: Array | None) -> None:
        self.adjoint = adjoint


new = object.__new__


def leaf_record(array: Array, leaf: Leaf | None, requires_grad: bool) -> Record:
    record: Record = new(Record)
    record.array, record.leaf, record.requires_grad = array, leaf, requires_grad
    record.adjoint = record.op = record.params = None
    record.inputs = ()
    return record


def named(record: Record) -> str:
    """What a message calls it."""
    return record.label or ("a leaf" if record.op is None else f"the result of {record.op.name}")


def references(leaf: Leaf) -> int:
    return sys.getrefcount(leaf.array)


#: How many there are while nobody but the leaf refers to its array; None where they cannot be counted.
ALONE = references(Leaf(np.zeros(1), None)) if sys.implementation.name == "cpython" else None


def is_held(leaf: Leaf) -> bool:
    """Whether somebody else refers to the array of a leaf, and may write to it."""
    return ALONE is None or references(leaf) > ALONE
