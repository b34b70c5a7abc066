"""The reverse sweep beside the nodes: it touches no ``grad``, and can record itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from autograd.errors import DTypeError, GraphError, ShapeError
from autograd.node import Node, topological
from autograd.ops.elementwise import where
from autograd.ops.shaping import unbroadcast

Adjoints = dict[int, Any]


def sweep(output: Node, seed: Any, record: bool = False) -> tuple[list[Node], Adjoints]:
    """The nodes in order, and d output / d node by ``id(node)`` for those a path reaches. Touches no ``grad``.

    Numbers in, numbers out. With ``record`` the rules run on the nodes themselves, so that the adjoints
    are nodes too, and can be differentiated again.
    """
    order = topological([output], tracked_only=True)
    gates = Gates() if any(node.op is not None and node.op.gate for node in order) else None
    adjoints: Adjoints = {id(output): seed}
    with np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
        for node in reversed(order):
            g = adjoints.get(id(node))
            if g is None or node.op is None:
                continue
            if record:
                node.check_fresh()
            for x, contribution in node.contributions(g, record, gates):
                before = adjoints.get(id(x))
                adjoints[id(x)] = contribution if before is None else before + contribution
    return order, adjoints


class Gates:
    """Where a gate (`where`) has closed the path: there a gradient is nothing, however steep what lies behind.

    Zero times an infinite slope is NaN in floats. So a sweep through a gate keeps, for each node, which of
    its elements are live at all, as far back as operations are element by element or only move elements.
    """

    def __init__(self) -> None:
        self.live: dict[int, Any] = {}  # by id(node); None: all of it

    def pass_through(self, node: Any, k: int, x: Any, contribution: Any, xs: Sequence[Any], y: Any) -> Any:
        """The contribution of ``node`` to its input k with dead elements zeroed; remembers them for ``x``."""
        op, live = node.op, self.live.get(id(node))
        if op.gate:
            is_open = np.broadcast_to(op.rules[k](y, *xs, **(node.params or {})) != 0, node.shape)
            live = is_open if live is None else is_open & live
        if live is not None:
            if op.is_elementwise:
                contribution = where(live, contribution, 0.0)
                live = unbroadcast(live * 1.0, x.shape) != 0
            elif op.linear:
                live = unbroadcast(op.pull(k, live * 1.0, y, xs, node.params), x.shape) != 0
            elif live.any():
                live = None  # elements mix: what is dead cannot be told from what is live
            else:
                contribution, live = np.zeros_like(contribution), np.zeros(x.shape, bool)
        if id(x) in self.live:
            before = self.live[id(x)]
            live = None if live is None or before is None else live | before
        self.live[id(x)] = live
        return contribution


@overload
def gradients(y: Node, xs: Node, create_graph: bool = ...) -> Any: ...
@overload
def gradients(y: Node, xs: Sequence[Node], create_graph: bool = ...) -> list[Any]: ...
def gradients(y: Node, xs: Node | Sequence[Node], create_graph: bool = False) -> Any:
    """The gradient of y by one node, or by each of several, without touching anybody's ``grad``.

    ``y`` holds one number; ``xs`` may be leaves or inner nodes; a node that y does not depend on gets zero.
    The results are floats or arrays of the shapes of ``xs``; with ``create_graph`` they are nodes that can be
    differentiated again.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> slope = autograd.gradients(x**3, x, create_graph=True)
    >>> slope.data, autograd.gradients(slope, x)
    (27.0, 18.0)

    Raises `ShapeError` if y holds more than one number, `GraphError` for an x that requires no gradient, and with
    ``create_graph`` `StaleDataError` if data changed since it was recorded.
    """
    several = isinstance(xs, Sequence)
    targets: list[Any] = list(xs) if isinstance(xs, Sequence) else [xs]
    for node in (y, *targets):
        if not isinstance(node, Node):
            raise DTypeError(f"gradients: expected Values or Tensors, got {type(node).__name__}{cure(node)}")
        if node is not y and not node.requires_grad:
            raise GraphError(f"gradients: {node.label or 'one of xs'} is a constant: make it with requires_grad=True")
    if y.size != 1:
        raise ShapeError(f"gradients: y must hold one number, got shape {y.shape}: reduce it with .sum() or .mean()")
    adjoints = sweep(y, y.filled(1.0), create_graph)[1] if y.requires_grad else {}
    results = []
    for x in targets:
        adjoint = adjoints.get(id(x), x.filled(0.0))
        if create_graph and not isinstance(adjoint, Node):
            adjoint = x.as_constant(adjoint)  # it depends on nothing
        elif isinstance(adjoint, np.ndarray | np.generic):
            adjoint = np.array(adjoint)  # it belongs to the caller alone
        results.append(adjoint)
    return results if several else results[0]


def zero_grad(*nodes: Node) -> None:
    """Forget the gradients of these nodes.

    >>> import autograd
    >>> x = autograd.Value(3.0)
    >>> (x * x).backward()
    >>> zero_grad(x)
    >>> x
    Value(data=3.0, grad=–)
    """
    for node in nodes:
        if not isinstance(node, Node):
            raise DTypeError(f"zero_grad: expected Values or Tensors, got {type(node).__name__}{cure(node)}")
        node.zero_grad()


def cure(given: Any) -> str:
    """What to do about an array or list where nodes were expected."""
    if isinstance(given, np.ndarray) and given.dtype == object:
        return ": give its elements, w.flat"
    return ": give its elements one by one" if isinstance(given, list | tuple) else ""
