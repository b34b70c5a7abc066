"""Node: what Value and Tensor share, and the order in which a graph is walked."""

from __future__ import annotations

import copyreg
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

from autograd.op import Op
from autograd.operators import Operators
from autograd.state import Origin, blocks, guard


class Node(Operators):
    """A number, or an array of them, that remembers how it was computed.

    ``op`` and ``inputs`` say what it came from (``None`` and ``()`` for a leaf); ``params`` are the
    arguments of the operation that are not differentiated; ``label`` is a name given by hand;
    ``source`` is the line of code that made it, where it was made inside ``tracing()``.
    """

    __slots__ = ()

    data: Any
    grad: Any
    label: str | None
    op: Op | None
    params: Mapping[str, Any] | None
    _origin: Origin | None

    # What Value and Tensor each do in their own way.

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands in order, repeats kept; constants are plain numbers or arrays."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis; () for a Value."""
        raise NotImplementedError

    @property
    def requires_grad(self) -> bool:
        """Whether a sweep brings this node a gradient."""
        raise NotImplementedError

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has brought this node a gradient."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradient."""
        raise NotImplementedError

    @property
    def slopes(self) -> tuple[float | None, ...] | None:
        """Of a Value, the local derivative by each input; None for a Tensor, which computes them when it is swept."""
        return None

    def _snapshot(self) -> Any:
        """The data as a float or a read-only array."""
        raise NotImplementedError

    def _filled(self, number: float) -> Any:
        """That number in this node's shape and dtype, as a plain number or array."""
        raise NotImplementedError

    def _as_constant(self, data: Any) -> Node:
        """A node of this node's kind that nothing computed."""
        raise NotImplementedError

    def _check_fresh(self) -> None:
        """Raise `StaleDataError` if an input changed after this node was computed."""
        raise NotImplementedError

    def _operands(self) -> tuple[Any, Sequence[Any]]:
        """The numbers of the output and of the inputs, as they were when this node was computed."""
        raise NotImplementedError

    # What they share.

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def _op(self) -> str:
        """The operation as short text, empty for a leaf (micrograd's name for it)."""
        if self.op is None:
            return ""
        return self.op.operator if self.op.operator and self.op.arity == 2 else self.op.symbol

    @property
    def _prev(self) -> tuple[Node, ...]:
        """The inputs that are nodes, each once (micrograd's name for them)."""
        return tuple({id(x): x for x in self.inputs if isinstance(x, Node)}.values())

    def __format__(self, spec: str) -> str:
        return format(self.data if self.shape else float(self), spec) if spec else str(self)

    def __bool__(self) -> bool:
        outcome = bool(self.data)
        if blocks.get() is not None:
            guard(self, outcome)
        return outcome

    @property
    def source(self) -> str | None:
        """The line of code that made it, where it was made inside ``tracing()``."""
        return None if self._origin is None else self._origin.source

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)


def topological(outputs: Iterable[Node], tracked_only: bool = False) -> list[Node]:
    """Every node that the outputs are computed from, each once, inputs before their users.

    Depth first, inputs in order, without recursion, so that a graph may be of any depth.
    ``tracked_only`` leaves out what no gradient reaches.

    >>> import autograd
    >>> a = autograd.Value(1.0)
    >>> b = a + a
    >>> [node is expected for node, expected in zip(topological([b]), [a, b])]
    [True, True]
    """
    order: list[Node] = []
    seen: set[int] = set()
    for output in outputs:
        if id(output) in seen:
            continue
        seen.add(id(output))
        path = [(output, iter(output.inputs))]
        while path:
            node, remaining = path[-1]
            for value in remaining:
                if isinstance(value, Node) and id(value) not in seen and (value.requires_grad or not tracked_only):
                    seen.add(id(value))
                    path.append((value, iter(value.inputs)))
                    break
            else:
                path.pop()
                order.append(node)
    return order


class Ancestors:
    """The nodes that one is computed from, inputs before users, while that one is copied or pickled."""

    def __init__(self, node: Node) -> None:
        self.nodes = topological([node])[:-1]
        self.ids = {id(x) for x in self.nodes}
        self.thread = threading.get_ident()

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (self.nodes,)


_copied: weakref.WeakSet[Ancestors] = weakref.WeakSet()


def reduced(node: Node, state: Any) -> tuple[Any, ...]:
    """What copies and pickles a node, whose ``__setstate__`` gets ``(_, state)``, without recursion.

    Copying goes into the inputs by itself, one call deeper for each; so the first node that is asked for lists its
    ancestors, which are then copied in order, each after its inputs. The list lives as long as the copying does.
    """
    listed = any(id(node) in some.ids and some.thread == threading.get_ident() for some in _copied)
    if listed:
        return copyreg.__newobj__, (type(node),), (None, state)  # type: ignore[attr-defined]
    ancestors = Ancestors(node)
    _copied.add(ancestors)
    return copyreg.__newobj__, (type(node),), (ancestors, state)  # type: ignore[attr-defined]


def op_of(node: Any) -> Op:
    """The operation of a node that is known to be no leaf."""
    op: Op | None = node.op
    assert op is not None
    return op
