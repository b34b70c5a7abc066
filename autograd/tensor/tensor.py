"""Tensor: a NumPy array that remembers how it was computed."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd import accept
from autograd.accept import EXACT, Array
from autograd.anomaly import expect_sound
from autograd.call import Output, like, shape_of
from autograd.copying import Bases, remade
from autograd.errors import DTypeError, GraphError, LostGradientError, ShapeError, short_repr
from autograd.failure import FAILURES, fail
from autograd.node import Node
from autograd.op import Op, on_entry
from autograd.operators import BINARY, Operators, expect_conditions
from autograd.ops.axes import matrix_transpose
from autograd.ops.indexing import as_index, getitem, setitem
from autograd.ops.shaping import astype, reshape, transpose
from autograd.pickling import store, stored
from autograd.program import private_params
from autograd.state import (
    blocks,
    conditional,
    conditions_recorded,
    in_recorded_sweep,
    mode,
    note_cut,
    origin,
    still_open,
)
from autograd.sweep.turns import UNRECORDED, backward, plain_seed
from autograd.tensor.arrays import laid_like, operand
from autograd.tensor.record import Leaf, Record, leaf_record, named, new
from autograd.tensor.sweep import forget, sweep_tensors
from autograd.tensor.view import ASK, View, view_or_record


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

    __slots__ = ("_earlier", "_latest")

    #: What it stood for when it was last asked. It still does, unless it has a leaf whose array is another by now. So
    #: every reader tests ``leaf is not None and leaf.array is not record.array``, and where that holds asks `_record`.
    _latest: Record | View

    #: What it stood for before something was assigned to it, if that was recorded; else not set. A View has its own.
    _earlier: list[Record]

    def __init__(
        self, data: ArrayLike, requires_grad: bool = True, label: str | None = None, dtype: DTypeLike | None = None
    ) -> None:
        kind = None if dtype is None else accept.float_dtype(dtype, "Tensor")
        array = accept.numbers(data, "Tensor")
        if kind is not None:
            array = array.astype(kind, copy=False)
        leaf = Leaf(array, accept.label(label, "Tensor"))
        self._latest = leaf_record(array, leaf, accept.flag(requires_grad, "Tensor"))

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        self._record  # noqa: B018 - asked, so that what it no longer stands for is left out
        is_view = isinstance(self._latest, View)
        return remade(self, Bases(self, looked_into) if is_view else None, stored(self))

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        store(self, *state[1:])

    def __copy__(self) -> Tensor:
        record, leaf, before = self._record, self._record.leaf, self._before
        slots, attributes = stored(self)
        if leaf is not None:
            made_in = record._origin
            record = leaf_record(record.array, Leaf(record.array, leaf.label, leaf.grad), record.requires_grad)
            if made_in is not None:
                record._origin = made_in
        slots["_latest"] = record
        if before:
            slots["_earlier"] = list(before)
        twin: Tensor = new(type(self))
        store(twin, slots, attributes)
        return twin

    @property
    def _record(self) -> Record:
        record = self._latest
        leaf = record.leaf
        if leaf is not None and leaf.array is not record.array:
            if isinstance(record, View):
                return record.record()
            fresh = leaf.record(record) if leaf.lent else leaf_record(leaf.array, leaf, record.requires_grad)
            record = self._latest = fresh
        return record  # type: ignore[return-value]  # a View always asks

    @property
    def _before(self) -> list[Record]:
        latest = self._latest
        return latest.earlier if isinstance(latest, View) else getattr(self, "_earlier", [])

    @property
    def op(self) -> Op | None:
        return self._record.op

    @property
    def params(self) -> Mapping[str, Any] | None:
        """The arguments of the operation that are not differentiated."""
        return self._record.params

    @property
    def inputs(self) -> tuple[Any, ...]:
        return tuple(x._node if isinstance(x, Record) else x for x in self._record.inputs)

    @property
    def requires_grad(self) -> bool:
        """Whether a sweep brings it a gradient. That of a leaf may be set."""
        return self._record.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        record, leaf = self._record, self._record.leaf
        if leaf is None:
            raise GraphError(f"requires_grad: only that of a leaf can be set; use detach() on {named(record)}")
        self._latest = leaf_record(record.array, leaf, accept.flag(value, named(record)))

    @property
    def label(self) -> str | None:
        return self._record.label

    @label.setter
    def label(self, value: str | None) -> None:
        self._record._rename(accept.label(value, "Tensor"))

    @property
    def grad(self) -> Any:
        """The gradient, an array of its shape and dtype; None before any sweep. It may be set to either."""
        leaf = self._latest.leaf
        return self._record.grad if leaf is None or leaf is ASK else leaf.grad

    @grad.setter
    def grad(self, value: Any) -> None:
        record = self._record
        if value is self.grad:  # as `t.grad *= 0.5` has it, which changes it first
            return
        if value is not None:
            value = accept.fitted(value, f"grad of {named(record)}", record.array)
        if record.leaf is None:
            record.adjoint = value
        else:
            record.leaf.grad = value

    def __repr__(self) -> str:
        body = np.array2string(self._record.array, separator=", ", prefix="Tensor(", precision=4)
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
        record = self._record
        leaf = record.leaf
        if leaf is None or isinstance(self._latest, View):
            record.array.setflags(write=False)
            return record.array
        if not leaf.lent:
            leaf.array, leaf.lent = record.array.copy(), True  # a graph may hold the present one
        return leaf.array

    @data.setter
    def data(self, value: ArrayLike) -> None:
        leaf, last = self._leaf("data"), self._record.array
        if value is leaf.array:  # the second half of `t.data -= step`
            return
        what = f"data of {named(self._record)}"
        array = accept.numbers(value, what, last.dtype)
        if array.shape != last.shape:
            raise ShapeError(f"{what}: expected shape {last.shape}, got {array.shape}: make a new Tensor for another")
        leaf.array, leaf.lent = array, False

    def _leaf(self, what: str) -> Leaf:
        leaf = self._latest.leaf
        if leaf is None:
            raise GraphError(
                f"{what}: only that of a leaf can be replaced; this is {named(self._record)}: assign to elements of a "
                "leaf inside no_grad(), where it stays one"
            )
        if leaf is ASK:
            raise GraphError(f"{what}: {named(self._record)} looks into another Tensor: change that one, or a copy")
        return leaf

    def assign(self, array: Array) -> None:
        """Replace the data of a leaf by an array that the caller gives up: it is locked, and not copied.

        >>> w = Tensor([1.0, 2.0])
        >>> w.assign(w.numpy() - 0.5)
        >>> w
        Tensor([0.5, 1.5])
        """
        last, leaf = self._latest.array, self._latest.leaf
        if leaf is None or leaf is ASK:
            leaf = self._leaf("assign")
        if array.__class__ is not np.ndarray:
            array = np.array(accept.real(array, f"assign to {named(self._record)}"))
        elif array.base is not None:
            array = array.copy()  # what it looks into, it does not give up with it
        if array.shape != last.shape or array.dtype != last.dtype:
            raise ShapeError(f"assign: expected {last.dtype}{last.shape}, got {array.dtype}{array.shape}")
        array.setflags(write=False)
        leaf.array, leaf.lent = array, False

    def numpy(self) -> Array:
        """The array as a read-only view.

        >>> Tensor([1.0]).numpy().flags.writeable
        False
        """
        record = self._latest
        if record.leaf is not None and record.leaf.array is not record.array:
            record = self._record
        view = record.array.view()
        view.setflags(write=False)
        return view

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self.requires_grad and mode() != "no_grad":
            raise LostGradientError(
                f"{named(self._record)}: a plain NumPy array made of it would silently lose its gradient: use .data or "
                ".numpy() for the numbers alone, autograd.stack or autograd.concatenate to join Tensors, np.block for "
                "lists of lists, and a @ t for a.dot(t)"
            )
        if copy is False:
            raise ValueError("a Tensor hands out a copy of its array: use .data or .numpy() for the array itself")
        self._tell(self._record._snapshot())
        return np.array(self._record.array, dtype=dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._record.array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._record.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The kind of float."""
        return self._record.array.dtype

    @property
    def T(self) -> Tensor:  # noqa: N802 - NumPy's name
        """The transpose: all axes reversed."""
        return self.transpose()

    @property
    def mT(self) -> Tensor:  # noqa: N802 - NumPy's name
        """The transpose of each matrix in a stack of them: the last two axes swapped."""
        result: Tensor = matrix_transpose(self)
        return result

    def reshape(self, *shape: Any, **params: Any) -> Tensor:
        """The same elements in another shape, as NumPy spells it: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        result: Tensor = reshape(self, shape[0] if len(shape) == 1 else shape, **params)
        return result

    def transpose(self, *axes: Any) -> Tensor:
        """The axes permuted, or reversed if none are given."""
        result: Tensor = transpose(self, axes[0] if len(axes) == 1 else axes or None)
        return result

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self._record.array.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self._record.array.nbytes

    def item(self, *index: Any) -> float:
        """The one number that it holds, or that at an index, as NumPy spells it: ``t.item(3)``, ``t.item(0, 1)``."""
        if not index:
            return float(self._one("item"))
        try:
            return float(self._record.array.item(*index))
        except FAILURES as error:
            what = f"{named(self._record)} of shape {self.shape}"
            raise ShapeError(f"item: expected an index into {what}, got {short_repr(index)}: {error}") from error

    def tolist(self) -> Any:
        """The numbers in lists of lists, as plain floats.

        >>> Tensor([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        """
        return self._record.array.tolist()

    def _one(self, what: str) -> Any:
        record = self._record
        if record.array.size != 1:
            numbers = "its .data" if record.requires_grad else "np.asarray of it"
            cure = f"reduce {numbers} by .all() or .any()" if what == "bool" else "reduce it, as by .sum()"
            raise ShapeError(
                f"{what}: expected one element, got {named(record)} of shape {record.shape}: "
                f"{cure}, or pick one by its index"
            )
        return record.array.item()

    def __pos__(self) -> Tensor:
        """Another Tensor of the same numbers: to assign to its elements leaves this one as it is."""
        record = self._record
        if record.requires_grad and (record.leaf is not None or mode() == "no_grad"):
            result: Tensor = self * 1
            return result
        return copy.copy(self)

    def __len__(self) -> int:
        record = self._record
        if not record.shape:
            raise TypeError(f"len: expected an axis, got {named(record)} of shape (): .item() is its one number")
        return len(record.array)

    def __getitem__(self, index: Any) -> Tensor:
        if not is_constant(index):
            index = read_off(index)
        if not is_constant(index):
            raise DTypeError(
                "getitem: an index is a constant, or of integers or conditions, but a node of numbers came: give "
                "int(i), or take_along_axis(t, i) for many, or where(condition, t, other)"
            )
        result: Tensor = getitem.apply((self,), {"index": as_index(index)})  # there is nothing to bind
        return result

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        """Replace elements. Recorded: what was computed before keeps the old ones, and each gets its own gradient.

        ``t += x`` and the like do so with all of them: other names of the Tensor, and what it looks into, show it, as
        in NumPy. From then on ``grad`` is the gradient of what the Tensor has become, and it is no leaf any more.
        Inside `no_grad`, and where nothing needs a gradient, the data of a leaf is written instead.

        >>> w, out = Tensor([2.0, 3.0]), Tensor(np.zeros(2), requires_grad=False)
        >>> for i in range(2):
        ...     out[i] = w[i] * w[1 - i]
        >>> out.sum().backward()
        >>> out, w.grad
        (Tensor([6., 6.], op=setitem), array([6., 4.]))
        >>> part = out[:1]
        >>> part += 10
        >>> out
        Tensor([16.,  6.], op=setitem)

        Raises `ShapeError` for a value that does not fit, `GraphError` inside `no_grad` for what was computed.
        """
        is_recorded = isinstance(index, Tensor) and index._record.is_condition and is_one(value)
        if not is_recorded and not is_constant(index):
            index = read_off(index)
        if not is_recorded and not is_constant(index):
            raise DTypeError(
                "setitem: an index is a constant, or of integers or conditions, but a node of numbers came: give "
                "int(i), or use t = where(condition, value, t)"
            )
        index = as_index(index)
        if isinstance(value, np.ndarray | np.generic | list):
            what = f"elements of {named(self._record)}"
            value = accept.narrowed(accept.real(value, what), self.dtype, what)
        if isinstance(value, Tensor) and isinstance(value._latest, View) and value._latest.is_at(self, index):
            return
        if isinstance(self._latest, View):
            self._latest.assign(self, index, value)
        elif self._is_written(value):
            self._write(self._assigned(index, value))
        else:
            self._move(setitem(self, value, index)._record)

    def __delitem__(self, index: Any) -> None:
        record = self._record
        raise ShapeError(
            f"del: the shape {record.shape} of {named(record)} is fixed: index what is to stay, as in t[1:]"
        )

    def _is_written(self, value: Any) -> bool:
        """Whether ``value`` is assigned by writing to the data of a leaf; else that is recorded."""
        record = self._record
        silent = mode() == "no_grad"
        if record.leaf is not None:
            if in_recorded_sweep():  # a leaf is not a rule's to write to
                return False
            return silent or not (record.requires_grad or is_tracked(value))
        if silent:
            raise GraphError(
                f"{named(record)}: its elements cannot be assigned inside no_grad(), because a graph has recorded "
                "them: assign outside, or to a copy made by Tensor(t.data)"
            )
        return False

    def _become(self, changed: Tensor) -> None:
        """Hold the numbers of ``changed``, which has its shape and dtype."""
        if self._is_written(changed):
            self._write(changed._record.array)
        else:
            self._move(changed._record)

    def _move(self, record: Record) -> None:
        """Stand for another record, that of what was assigned."""
        before: Any = self._latest  # a Record: what is assigned to a View goes to its base
        earlier = getattr(self, "_earlier", None)
        if earlier is None:
            self._earlier = [before]
        else:
            earlier.append(before)
        record._label = before.label if before.leaf is not None else getattr(before, "_label", None)
        record.array = laid_like(record.array, before.array)
        self._latest = record

    def _assigned(self, index: Any, value: Any) -> Array:
        """The array with a value at the index; nothing is recorded."""
        record = self._record
        value = value.numpy() if isinstance(value, Tensor) else operand(value, setitem)
        try:
            array: Array = setitem.forward(record.array, value, index)
        except FAILURES as error:
            fail(setitem.binding, (self, value), {"index": index}, error)
        return array

    def _write(self, array: Array) -> None:
        """Change the data of a leaf."""
        leaf = self._leaf("elements")
        if leaf.lent:
            leaf.array[...] = array  # the person's own, too
        else:
            leaf.array = laid_like(array, leaf.array)

    @property
    def has_grad(self) -> bool:
        return self.grad is not None

    def zero_grad(self) -> None:
        """Forget the gradient."""
        leaf = self._latest.leaf
        if leaf is None or leaf is ASK:
            self.grad = None
        else:
            leaf.grad = None

    def detach(self) -> Tensor:
        """The same numbers as a constant.

        >>> Tensor([1.0]).detach().requires_grad
        False
        """
        constant = Tensor(self.numpy(), requires_grad=False, label=self.label)
        if conditional.get() is not None:
            note_cut("detach()", [self._record], constant._record)
        return constant

    def backward(self, seed: ArrayLike | None = None) -> None:
        """Sweep from here to the leaves, by the chain rule.

        ``seed`` is the gradient of this node, of its shape; it may be left out where there is one element.
        Leaves accumulate over sweeps, as in PyTorch; inner nodes show the last sweep alone.

        Raises `ShapeError` if a seed is needed or does not fit, `GraphError` if nothing here needs a gradient.
        """
        record = self._record
        array = record.array
        if not record.requires_grad:
            raise GraphError(UNRECORDED)
        if seed is None:
            if array.size != 1:
                raise ShapeError(
                    f"backward: {named(record)} of shape {array.shape} needs a seed of that shape, its gradient: "
                    "give one, or reduce it with .sum()"
                )
            start = np.ones_like(array)
        else:
            start = accept.numbers(plain_seed(self, seed), "backward: seed", array.dtype)
            if start.shape != array.shape:
                raise ShapeError(
                    f"backward: expected a seed of the shape {array.shape} of {named(record)}, got {start.shape}: "
                    "give one number for each of its own"
                )
        backward(record, start, sweep_tensors)

    def _filled(self, number: float) -> Array:
        return np.full(self.shape, number, dtype=self.dtype)

    def _as_constant(self, data: Array) -> Tensor:
        return Tensor(data, requires_grad=False)

    @classmethod
    def _interpret(cls, op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """Record an operation on Tensors."""
        held: list[Any] = []
        arrays: list[Any] = []
        requires_grad = False
        for x in inputs:
            if isinstance(x, Tensor):
                record = x._latest
                if record.leaf is not None and record.leaf.array is not record.array:
                    record = x._record
                requires_grad = requires_grad or record.requires_grad
                held.append(record)
                arrays.append(record.array)
            else:
                array = operand(x, op)
                held.append(array)
                arrays.append(array)
        if params:
            params = private_params(params)
        try:
            result = op.run(op.forward, arrays, params) if params else op.forward(*arrays)
        except FAILURES as error:
            if isinstance(error, TypeError):
                expect_conditions(op, arrays)
            shown = [x if isinstance(x, Tensor) else y for x, y in zip(inputs, held, strict=True)]
            fail(op.binding, shown, params, error)
        if op.is_flat and not conditions_recorded():
            return result
        if result.__class__ is not np.ndarray and isinstance(result, tuple | list):
            return several(op, inputs, held, result, params, requires_grad)
        array = result if result.__class__ is np.ndarray else np.asarray(result)
        if array.dtype.kind != "f":
            accept.expect_real(array, op.name)
            requires_grad = False  # truth values and integers have no gradient
            if not conditions_recorded() and not any(map(is_discrete, held)):
                return result
        return recorded(op, inputs, held, array, params, requires_grad)


def looked_into(tensor: Tensor) -> Tensor | None:
    """The base of a view."""
    latest = tensor._latest
    base: Tensor | None = latest.base if isinstance(latest, View) else None
    return base


def handle(record: Record | View) -> Tensor:
    """A Tensor that stands for this record."""
    tensor: Tensor = new(Tensor)
    tensor._latest = record
    return tensor


Record.handle = handle


def recorded(
    op: Op,
    inputs: Sequence[Any],
    held: Sequence[Any],
    array: Array,
    params: Mapping[str, Any],
    requires_grad: bool,
) -> Tensor:
    """A Tensor for what an operation made of ``inputs``, whose records and constants are ``held``."""
    state = None if blocks.get() is None else mode()
    if state is not None:
        expect_sound(op.name, array, [x.array if isinstance(x, Record) else x for x in held])
    if state == "no_grad" or not (requires_grad or is_of_graph(held)):
        record = leaf_record(array, Leaf(array, None), False)
        if state == "no_grad" and requires_grad and conditional.get() is not None:
            note_cut("no_grad()", [x for x in held if isinstance(x, Record)], record)
    else:
        record = new(Record)
        record.array = array
        record.op = op
        record.inputs = tuple(held)
        record.params = params or None
        record.requires_grad = requires_grad and not op.is_flat
        record.adjoint = record.leaf = None
        if state == "tracing":
            record._origin = origin(record)
        elif (opened := still_open(conditional)) is not None:
            record._origin = opened[0].origin
    node: Tensor = new(Tensor)
    node._latest = record if array.base is None else view_or_record(record, op, inputs, params)
    return node


def several(
    op: Op,
    inputs: Sequence[Any],
    held: Sequence[Any],
    result: Sequence[Any],
    params: Mapping[str, Any],
    requires_grad: bool,
) -> Any:
    """A Tensor for each of several outputs, as NumPy returns them; what is not of floats is a plain array."""
    if op.is_elementwise:
        raise DTypeError(f"{op.name}: expected one array, got {len(result)}: enter it with autograd.primitive")
    outputs = like(result, map(np.asarray, result))
    wanted = [params.index] if isinstance(params, Output) else range(len(outputs))
    handles: list[Any] = []
    for k in wanted:
        if outputs[k].dtype.kind == "f":
            of_this = op.output_params(params, k, outputs)
            handles.append(recorded(op, inputs, held, outputs[k], of_this, requires_grad))
        else:
            handles.append(outputs[k])
    if isinstance(params, Output):
        return handles[0]
    return handles if isinstance(result, list) else like(result, handles)


def is_constant(index: Any) -> bool:
    """Whether no part of an index is a node."""
    for part in index if isinstance(index, tuple) else (index,):
        ends = (part.start, part.stop, part.step) if part.__class__ is slice else (part,)
        for end in ends:
            if isinstance(end, Operators):
                return False
    return True


def read_off(index: Any) -> Any:
    """An index with positions and conditions of the graph as plain arrays, each of which is a guard."""
    if isinstance(index, tuple):
        return tuple(map(read_off, index))
    if index.__class__ is slice:
        return slice(*(read_off(end) for end in (index.start, index.stop, index.step)))
    return np.asarray(index)[()] if isinstance(index, Tensor) and index.dtype.kind in "biu" else index


def is_one(value: Any) -> bool:
    return math.prod(shape_of(value)) == 1


def is_tracked(value: Any) -> bool:
    return isinstance(value, Tensor) and is_computed(value._record)


def is_computed(x: Any) -> bool:
    """Whether it is tracked, or computed from conditions that are recorded, or holds to guards."""
    return x.__class__ is Record and (x.requires_grad or x.leaf is None or x.leaf.is_guarded)


def is_of_graph(held: Sequence[Any]) -> bool:
    """Whether what is computed from these belongs to a graph though nothing tracked is among them.

    So it does where conditions are recorded, and anywhere if one of these is computed from such, or holds to guards.
    """
    are_recorded = still_open(conditional) is not None
    for x in held:
        if x.__class__ is Record:
            leaf = x.leaf
            if are_recorded or leaf is None or leaf.is_guarded:
                return True
    return False


def is_discrete(x: Any) -> bool:
    """Whether it is a node of truth values or integers, as they are recorded with conditions."""
    return x.__class__ is Record and x.dtype.kind != "f"


def binary_method(op: Op, general: Callable[..., Any]) -> Callable[[Tensor, Any], Any]:
    """The operator for the commonest case, Tensors and plain numbers, in line; `general` for every other."""
    forward, ndarray, opened = op.forward, np.ndarray, blocks.get

    def method(self: Tensor, other: Any, modulus: Any = None) -> Any:
        kind = other.__class__
        a = self._latest
        leaf = a.leaf
        if leaf is not None and leaf.array is not a.array:
            a = self._record
        tracked = a.requires_grad
        if kind is Tensor:
            b = other._latest
            leaf = b.leaf
            if leaf is not None and leaf.array is not b.array:
                b = other._record
            tracked = tracked or b.requires_grad
            y = b.array
        elif kind is float or (kind is int and -EXACT <= other <= EXACT):
            b = y = other
        else:
            return general(self, other, modulus)
        if not tracked or opened() is not modulus:  # None, both of them; Python hands a modulus to powers
            return general(self, other, modulus)
        try:
            z = forward(a.array, y)
        except FAILURES:
            return general(self, other)  # which says what failed
        record: Record = new(Record)
        record.array = z if z.__class__ is ndarray else np.asarray(z)
        record.op = op
        record.inputs = (a, b)
        record.requires_grad = True
        record.adjoint = record.leaf = record.params = None
        node: Tensor = new(Tensor)
        node._latest = record
        return node

    return method


def in_place_method(op: Op, method: Callable[[Tensor, Any], Any]) -> Callable[[Tensor, Any], Any]:
    """``t += x`` as in NumPy: what else has this Tensor, or looks into it, shows the change, which is recorded.

    Here too the commonest case is in line: a result of Tensors, which takes up another, or a plain number.
    """
    forward, ndarray, opened = op.forward, np.ndarray, blocks.get

    def general(self: Tensor, other: Any) -> Any:
        latest = self._latest
        if isinstance(latest, View):
            latest.prepare()
        changed = method(self, other)
        if changed is NotImplemented:
            return changed
        if isinstance(latest, View):
            latest.become(self, fitted(op, latest.last, changed))
        else:
            self._become(fitted(op, latest, changed))
        return self

    def in_place(self: Tensor, other: Any) -> Any:
        kind = other.__class__
        a = self._latest
        if a.leaf is not None or not a.requires_grad or opened() is not None:
            return general(self, other)
        if kind is Tensor:
            b = other._latest
            leaf = b.leaf
            if leaf is not None and leaf.array is not b.array:
                b = other._record
            y = b.array
        elif kind is float or (kind is int and -EXACT <= other <= EXACT):
            b = y = other
        else:
            return general(self, other)
        before = a.array
        try:
            z = forward(before, y)
        except FAILURES:
            return general(self, other)  # which says what does not fit
        if z.shape != before.shape or z.dtype is not before.dtype or z.strides != before.strides:
            return general(self, other)
        record: Record = new(Record)
        record.array = z if z.__class__ is ndarray else np.asarray(z)
        record.op = op
        record.inputs = (a, b)
        record.requires_grad = True
        record.adjoint = record.leaf = record.params = None
        self._move(record)
        return self

    return in_place


def fitted(op: Op, held: Record, changed: Tensor) -> Tensor:
    """What an operation made of a Tensor that holds this, as it can hold that in its place.

    Raises as NumPy does: `ShapeError` where it has another shape, `DTypeError` for floats where there are integers.
    """
    array = changed._latest.array
    if array.shape != held.shape:
        raise ShapeError(
            f"{op.name} in place: expected a result of the shape {held.shape} of {named(held)}, got {array.shape}: "
            f"write t = t {op.operator} x for a new Tensor"
        )
    if array.dtype == held.dtype:
        return changed
    if not np.can_cast(array.dtype, held.dtype, "same_kind"):
        raise DTypeError(
            f"{op.name} in place: {named(held)} holds {held.dtype}, the result {array.dtype}: "
            f"write t = t {op.operator} x for a new Tensor"
        )
    accept.narrowed(array, held.dtype, f"{op.name} in place")  # no digits are lost
    cast: Tensor = astype(changed, held.dtype)
    return cast


def install(op: Op) -> None:
    """Give Tensor quick operators."""
    if op.operator in BINARY and not op.is_flat:
        name = BINARY[op.operator]
        method = binary_method(op, getattr(Operators, f"__{name}__"))
        setattr(Tensor, f"__{name}__", method)
        setattr(Tensor, f"__i{name}__", in_place_method(op, method))


on_entry(install, forget)
