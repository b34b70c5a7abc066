"""Node: what Value and Tensor share, and the order in which a graph is walked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, overload

import numpy as np

from autograd import notebook
from autograd.call import NOTHING
from autograd.conversion import expect_asked
from autograd.errors import DTypeError, GraphError, short_repr
from autograd.hooks import Handle, Hook, Hooks
from autograd.op import Op
from autograd.operators import Operators
from autograd.ops.rounding import ceil, floor, trunc
from autograd.program import Constant, Equation, frozen, frozen_params, made
from autograd.refusal import named
from autograd.state import Origin, conditional, conditions_recorded, guard, mode

#: What asks about a number rather than for it, and the condition that it asks.
TESTS: dict[Any, Callable[[Any], Any]] = {
    math.isnan: lambda v: v != v,
    math.isinf: lambda v: abs(v) == math.inf,
    math.isfinite: lambda v: abs(v) < math.inf,
    np.isnan: lambda v: v != v,
    np.isinf: lambda v: abs(v) == math.inf,
    np.isfinite: lambda v: abs(v) < math.inf,
}


def unless_set(slot: str) -> Any:
    """A property that is None while its slot has not been set."""
    return property(lambda self: getattr(self, slot, None), lambda self, value: setattr(self, slot, value))


class Computed:
    """What a node and its place in the graph both tell."""

    __slots__ = ()

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands in order, repeats kept; constants are plain numbers or arrays."""
        raise NotImplementedError

    @property
    def label(self) -> str | None:
        """A name given by hand."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; () for a Value."""
        raise NotImplementedError

    @property
    def requires_grad(self) -> bool:
        """Whether a sweep brings a gradient here."""
        raise NotImplementedError


class Recorded(Computed):
    """A place in a computation graph: what was computed, and from what. A Value is one; a Tensor is a handle on one.

    ``op`` and ``inputs`` say what it came from (``None`` and ``()`` for a leaf); constants among the inputs are plain
    numbers or arrays. ``params`` are the arguments of the operation that are not differentiated.
    """

    __slots__ = ()

    op: Op | None
    params: Mapping[str, Any] | None

    @property
    def _origin(self) -> Origin | None:
        """Where it was made, if that was inside `tracing`; of a recorded gradient, what it holds to."""
        raise NotImplementedError

    @_origin.setter
    def _origin(self, origin: Origin | None) -> None:
        raise NotImplementedError

    @property
    def _hooks(self) -> Hooks | None:
        """What is called with its gradient, if there is something."""
        raise NotImplementedError

    @_hooks.setter
    def _hooks(self, hooks: Hooks) -> None:
        raise NotImplementedError

    @property
    def grad(self) -> Any:
        """The gradient, if `has_grad`."""
        raise NotImplementedError

    @property
    def _dtype(self) -> np.dtype[Any] | None:
        """The kind of number of an array; None for a Value."""
        return None

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has brought it a gradient."""
        raise NotImplementedError

    @property
    def slopes(self) -> tuple[float | None, ...] | None:
        """Of a Value, the local derivative by each input; None for a Tensor, which computes them when it is swept."""
        return None

    @property
    def source(self) -> str | None:
        """The line of code that made it, where it was made inside ``tracing()``."""
        return None if self._origin is None else self._origin.source

    @property
    def scope(self) -> tuple[str, ...]:
        """The path of the scopes that it was made in, outermost first; () outside ``tracing()``."""
        return () if self._origin is None else self._origin.scope

    @property
    def _may_require_grad(self) -> bool:
        """What can be said of `requires_grad` without a look at anything else: of a Value only where it is False."""
        return self.requires_grad

    def _requires_grad_after(self, before: Container[int]) -> bool:
        """Whether it requires a gradient, given those before it that do, by ``id``."""
        return self.requires_grad

    def _equation(
        self, place: Callable[[int], int | None], before: Sequence[Equation], params: Mapping[str, Any]
    ) -> Equation:
        """What it computes, given the index of the equation that stands for an input, by the ``id`` of that.

        All that it is computed from is among the equations ``before``; ``params`` are its own, frozen.
        """
        inputs = tuple([made(Constant, (frozen(x),)) if (i := place(id(x))) is None else i for x in self.inputs])
        equation: Equation = made(Equation, (self.op, inputs, params, self.shape, self._dtype, self._may_require_grad))
        return equation

    @property
    def _key(self) -> int:
        """What tells it from others; the same for all that one leaf has been."""
        return id(self)

    @property
    def _node(self) -> Node:
        """What people hold: the Value itself, or a Tensor."""
        raise NotImplementedError

    def _snapshot(self) -> Any:
        """The data as a float or a read-only array."""
        raise NotImplementedError

    def _snapshot_all(self) -> tuple[Any, Any, tuple[float | None, ...] | None, Mapping[str, Any]]:
        """The data, the gradient or None, the slopes, and the params, as nobody can change them."""
        raise NotImplementedError

    def _operands(self) -> tuple[Any, Sequence[Any]]:
        """The numbers of the output and of the inputs, as they were when it was computed."""
        raise NotImplementedError

    def _check_fresh(self) -> None:
        """Raise `StaleDataError` if an input changed after it was computed."""
        raise NotImplementedError

    # What a sweep beside the nodes brings back.

    @property
    def _holder(self) -> Any:
        """Of a leaf, what has its gradient as ``grad``."""
        raise NotImplementedError

    def _plus(self, grad: Any, adjoint: Any) -> Any:
        """The gradient that a leaf had, and what a sweep brought."""
        raise NotImplementedError

    def _show(self, adjoint: Any) -> None:
        """Of what is no leaf: show the adjoint of the last sweep, None where no path led."""
        raise NotImplementedError


class Node(Computed, Operators):
    """A number, or an array of them, that remembers how it was computed.

    ``op`` and ``inputs`` say what it came from (``None`` and ``()`` for a leaf); ``params`` are the
    arguments of the operation that are not differentiated; ``label`` is a name given by hand;
    ``source`` is the line of code that made it, and ``scope`` the path of Modules and other scopes, where it was made
    inside ``tracing()``.
    """

    __slots__ = ()

    data: Any
    grad: Any

    # What Value and Tensor each do in their own way.

    @property
    def _record(self) -> Recorded:
        """Its present place in the graph."""
        raise NotImplementedError

    @property
    def _before(self) -> Sequence[Recorded]:
        """Its places in the graph before something was assigned to it, or to what it looks into."""
        return ()

    @property
    def op(self) -> Op | None:
        """The operation that computed it, None for a leaf."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradient."""
        raise NotImplementedError

    _push: ClassVar[Callable[[Any], Any]]  #: `autograd` gives it: a computation by hand is built on this

    def backward_step(self) -> Any:
        """Push the gradient of this one node into its inputs, as micrograd's ``_backward()`` does, in any order.

        Its gradient times its slope is added to the gradient of each input. What comes back shows that, and warns where
        the order was wrong. `autograd.by_hand` begins anew and has the whole report.

        >>> import autograd
        >>> x, y = autograd.Value(3.0), autograd.Value(4.0)
        >>> f = x * y
        >>> f.grad = 1.0
        >>> f.backward_step()
        f = x · y
          ∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · 4 = 4
          ∂f/∂y += ∂f/∂f · ∂f/∂y = 1 · 3 = 3
        >>> x.grad, y.grad
        (4.0, 3.0)
        """
        return self._push()

    _backward = backward_step  # micrograd's name for it

    def register_hook(self, hook: Hook) -> Handle:
        """Have a function called with the gradient of this node whenever a sweep has it, as in PyTorch.

        It gets the whole gradient of one sweep, a float or a read-only array (a node where the sweep is recorded), and
        may return another, which then takes its place: on the way back, and in ``grad``. So it is in ``backward()``, in
        `gradients`, and in what is made of these. It belongs to this place in the graph: a leaf keeps it when its data
        changes, a copy has none.

        >>> import autograd
        >>> x = autograd.Value(3.0)
        >>> h = x * x
        >>> handle = h.register_hook(print)
        >>> (h * 2.0).backward()
        2.0
        >>> handle.remove()

        Raises `DTypeError` for what cannot be called, `GraphError` for a node that gets no gradient.
        """
        if not callable(hook):
            raise DTypeError(f"register_hook: expected a function of the gradient, got {short_repr(hook)}")
        if not self.requires_grad:
            raise GraphError(f"register_hook: {self.label or 'this node'} is a constant, which gets no gradient")
        record = self._record
        hooks = record._hooks
        if hooks is None:
            hooks = record._hooks = Hooks()
        return hooks.add(hook)

    def _filled(self, number: float) -> Any:
        """That number in this node's shape and dtype, as a plain number or array."""
        raise NotImplementedError

    def _as_constant(self, data: Any) -> Node:
        """A node of this node's kind that nothing computed."""
        raise NotImplementedError

    # What they share.

    _repr_html_ = notebook.html

    @property
    def _has_no_slope(self) -> bool:
        record = self._record
        if record._dtype is not None:
            return record._dtype.kind != "f"
        return record.op is not None and record.op.is_flat

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has brought this node a gradient."""
        return self._record.has_grad

    @property
    def source(self) -> str | None:
        """The line of code that made it, where it was made inside ``tracing()``."""
        return self._record.source

    @property
    def scope(self) -> tuple[str, ...]:
        """The path of the scopes that it was made in, outermost first; () outside ``tracing()``."""
        return self._record.scope

    @property
    def _op(self) -> str:
        """The operation as short text, empty for a leaf (micrograd's name for it)."""
        if self.op is None:
            return ""
        return self.op.operator if self.op.operator and self.op.arity == 2 else self.op.symbol

    @property
    def _prev(self) -> tuple[Node, ...]:
        """The inputs that are nodes, each once (micrograd's name for them)."""
        distinct = {id(x): x for x in self._record.inputs if isinstance(x, Recorded)}
        return tuple(x._node for x in distinct.values())

    def __format__(self, spec: str) -> str:
        return format(float(self._one(f"format {spec!r}")), spec) if spec else str(self)

    def _one(self, what: str) -> Any:
        """The one number that it holds; ``what`` asks for it."""
        return self.data

    def __bool__(self) -> bool:
        outcome = bool(self._one("bool"))
        self._tell(outcome)
        return outcome

    def __float__(self) -> float:
        number = float(self._one("float"))
        self._tell_number(self._one("float"), expect_asked(self))
        return number

    def __int__(self) -> int:
        number = int(self._one("int"))
        self._tell_number(self._one("int"), expect_asked(self))
        return number

    def __index__(self) -> int:
        number = self._one("index")
        if not self._has_no_slope:
            raise DTypeError(f"index: expected an integer, got {named(self)}: give int(x) of it")
        self._tell(number)
        return operator.index(number)

    def __round__(self, ndigits: int | None = None) -> Any:
        number = round(self._one("round"), ndigits)
        self._tell_number(self._one("round"), expect_asked(self))
        return number

    def _is_recorded(self) -> bool:
        """Whether what is rounded has a gradient, if one of zeros: then it is a node again, as NumPy has a float."""
        return self.requires_grad and mode() != "no_grad"

    def __trunc__(self) -> Any:
        number = self._one("trunc")
        if self._is_recorded():
            return trunc(self)
        self._tell_number(number, expect_asked(self))
        return math.trunc(number)

    def __floor__(self) -> Any:
        number = self._one("floor")
        if self._is_recorded():
            return floor(self)
        self._tell_number(number, expect_asked(self))
        return math.floor(number)

    def __ceil__(self) -> Any:
        number = self._one("ceil")
        if self._is_recorded():
            return ceil(self)
        self._tell_number(number, expect_asked(self))
        return math.ceil(number)

    def _tell_number(self, number: float, asking: Any) -> None:
        """The same of a number; to test it is to ask a condition, as ``math.isnan(v)`` asks ``v != v``."""
        if asking in TESTS and conditions_recorded():
            bool(TESTS[asking](self))
        else:
            self._tell(number)

    def _tell(self, outcome: Any) -> None:
        """The person's code is told a condition, numbers or positions: what it does next may depend on them."""
        record = self._record
        if conditional.get() is not None or record._origin is not None:
            guard(record, outcome)


def topological(
    outputs: Iterable[Recorded], tracked_only: bool = False, seen: set[int] | None = None
) -> list[Recorded]:
    """Everything that the outputs are computed from, each once, inputs before their users.

    Depth first, inputs in order, without recursion, so that a graph may be of any depth. ``tracked_only`` leaves out
    what is known to require no gradient without a look at its inputs; the walk does not go to what is ``seen``, by
    ``id``, nor beyond, and adds what it finds.

    >>> import autograd
    >>> a = autograd.Value(1.0)
    >>> b = a + a
    >>> [node is expected for node, expected in zip(topological([b]), [a, b])]
    [True, True]
    """
    order: list[Recorded] = []
    seen = set() if seen is None else seen
    for output in outputs:
        if id(output) in seen:
            continue
        seen.add(id(output))
        node, remaining = output, iter(output.inputs)
        path: list[tuple[Recorded, Iterator[Any]]] = []  # the users of the node, each with the inputs that remain
        while True:
            for x in remaining:
                if (key := id(x)) not in seen and isinstance(x, Recorded) and (not tracked_only or x._may_require_grad):
                    seen.add(key)
                    if x.op is None:
                        order.append(x)
                        continue
                    path.append((node, remaining))
                    node, remaining = x, iter(x.inputs)
                    break
            else:
                order.append(node)
                if not path:
                    break
                node, remaining = path.pop()
    return order


def requiring_grad(order: Iterable[Recorded], before: Iterable[int] = ()) -> set[int]:
    """Those of the nodes, in topological order, that require a gradient, and those known ``before``, by ``id``.

    One pass for all, where each Value that is asked on its own looks at what it is computed from.

    >>> import autograd
    >>> c = autograd.Value(1.0, requires_grad=False)
    >>> x = autograd.Value(2.0)
    >>> found = requiring_grad(topological([x * (c + 1)]))
    >>> id(x) in found, id(c) in found, len(found)
    (True, False, 2)
    """
    found = set(before)
    for node in order:
        if node._requires_grad_after(found):
            found.add(id(node))
    return found


def require_grad(nodes: Iterable[Node]) -> list[bool]:
    """Of each of the nodes whether it requires a gradient, found in one walk."""
    records = [node._record for node in nodes]
    tracked = requiring_grad(topological(records, tracked_only=True))
    return [id(record) in tracked for record in records]


def equations_of(nodes: Sequence[Recorded], places: Mapping[int, int], sources: int = 0) -> list[Equation]:
    """What the nodes compute, as a program, in their topological order; ``places`` has the index of each by its ``id``.

    An input that is not among them is constant. The first few are ``sources``, as good as leaves that require a
    gradient.
    """
    equations = [Equation(None, (), NOTHING, node.shape, node._dtype, requires_grad=True) for node in nodes[:sources]]
    for node in nodes[sources:]:
        equations.append(node._equation(places.get, equations, frozen_params(node.params)))
    return equations


class LazyEquations(Sequence[Equation]):
    """The same, made when one is first asked for: what a node was computed from never changes, so that can wait.

    Only the params had to be taken at once, as people can write to what is in them.
    """

    def __init__(
        self, nodes: Sequence[Recorded], places: Mapping[int, int], params: Sequence[Mapping[str, Any]]
    ) -> None:
        self._length = len(nodes)
        self._waiting: tuple[Any, ...] | None = (nodes, places, params)
        self._equations: tuple[Equation, ...] = ()

    @property
    def _made(self) -> tuple[Equation, ...]:
        waiting = self._waiting
        if waiting is not None:
            nodes, places, params = waiting
            equations: list[Equation] = []
            for node, its in zip(nodes, params, strict=True):
                equations.append(node._equation(places.get, equations, its))
            self._equations = tuple(equations)
            self._waiting = None  # last: another thread may be here too, and makes the same
        return self._equations

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Equation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Equation, ...]: ...
    def __getitem__(self, index: int | slice) -> Equation | tuple[Equation, ...]:
        return self._made[index]

    def __iter__(self) -> Iterator[Equation]:
        return iter(self._made)

    def __reduce__(self) -> tuple[type[tuple[Equation, ...]], tuple[tuple[Equation, ...]]]:
        return tuple, (self._made,)
