"""The sweeps behind ``backward()``: adjoints are kept in the nodes, which is several times as quick as beside them.

A node that a sweep has visited holds something of that sweep alone as its ``grad``: for a Value the sweep's own
zero, for a Tensor the sweep's own marker. So nothing more has to be stored in a node, or cleared afterwards. One
sweep runs at a time; an interrupt leaves the gradients of the leaves as they were.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import codegen
from autograd.backward import swept
from autograd.errors import GraphError, ShapeError
from autograd.notation.python import Untranslatable
from autograd.op import Op
from autograd.pullback import fitted, pullback

if TYPE_CHECKING:
    from autograd.tensor import Tensor
    from autograd.value import Value

_sweeping = threading.RLock()

NOTHING = "backward: nothing here was recorded: no input requires a gradient, or no_grad() was on"


def sweep_scalars(output: Value, constant: Any) -> None:
    """Fill ``grad`` from a Value back: the order, then one pass of ``grad += slope * g``.

    Leaves with ``constant`` in the place of their first input keep the gradient that they had.
    """
    zero = float("0.0")
    leaves: list[tuple[Value, float]] = []
    with _sweeping:
        try:
            order = visit_scalars(output, zero, leaves)
            if all(leaf._x is constant for leaf, _ in leaves):
                raise GraphError(NOTHING)
            output.grad = 1.0
            for node in reversed(order):
                g = node.grad
                slope = node._dx
                if slope is not None:
                    node._x.grad += slope * g
                elif node._x is None:  # it has many inputs
                    for x, slope in zip(node._y, node._dy, strict=True):
                        if slope is not None:
                            x.grad += slope * g
                    continue
                slope = node._dy
                if slope is not None:
                    node._y.grad += slope * g
            for leaf, before in leaves:
                leaf.grad = before if leaf._x is constant else before + leaf.grad
        except BaseException:  # an interrupt must not leave half a sum behind
            for leaf, before in leaves:
                leaf.grad = before
            raise


def sweep_tensors(output: Tensor, seed: Any) -> None:
    """Fill ``grad`` from a Tensor back, starting with ``seed`` as the gradient of the output."""
    marker: Any = object()
    leaves: list[tuple[Tensor, Any]] = []
    order: list[Tensor] = []
    with _sweeping:
        try:
            visit_tensors(output, marker, leaves, order)
            fill(output, seed, order, marker)
            if any(node.op.masks for node in order if node.op is not None):
                nodes = [*order, *(leaf for leaf, _ in leaves)]
                if any(has_nan(node.grad) for node in nodes if node.grad is not marker and node.grad is not None):
                    fill_beside(output, seed, nodes)
            settle(leaves, order, marker)
        except BaseException:
            for leaf, before in leaves:
                leaf.grad = before
            for node in order:
                node.grad = None
            raise


def fill(output: Tensor, seed: Any, order: list[Tensor], marker: Any) -> None:
    kind = type(output)
    output.grad = seed
    with np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
        for node in reversed(order):
            g = node.grad
            if g is marker:  # no more than a condition
                node.grad = None
                continue
            op: Any = node.op
            pull = _pulls.get(op) or pull_of(op, kind)
            pull(node, g, marker)


def fill_beside(output: Tensor, seed: Any, nodes: list[Tensor]) -> None:
    """The careful sweep, which knows a structural zero from a number."""
    order, adjoints = swept(output, seed)
    found = {id(node): adjoint for node, adjoint in zip(order, adjoints, strict=True)}
    for node in nodes:
        node.grad = found[id(node)]


def has_nan(grad: Any) -> bool:
    """Whether a NaN is in an array of floats, told by its scalar product with itself, which nothing cancels."""
    return math.isnan(np.vdot(grad, grad))


def visit_scalars(output: Value, zero: float, leaves: list[tuple[Value, float]]) -> list[Value]:
    """Inner nodes in the order of `topological`, grads zeroed; leaves go to ``leaves`` with the grads they had."""
    if output.op is None:
        leaves.append((output, output.grad))
        return []
    order: list[Value] = []
    output.grad = zero
    path = [output]
    unfinished: list[tuple[Value, Iterator[tuple[Any, float | None]]]] = []  # nodes of many inputs, with the rest
    while path:
        node = path[-1]
        if node._dx is not None:
            x = node._x
            if x.grad is not zero:
                if x.op is not None:
                    x.grad = zero
                    path.append(x)
                    continue
                leaves.append((x, x.grad))
                x.grad = zero
        elif node._x is None:
            if not unfinished or unfinished[-1][0] is not node:
                unfinished.append((node, zip(node._y, node._dy, strict=True)))
            for x, slope in unfinished[-1][1]:
                if slope is None or x.grad is zero:
                    continue
                if x.op is not None:
                    x.grad = zero
                    path.append(x)
                    break
                leaves.append((x, x.grad))
                x.grad = zero
            else:
                unfinished.pop()
                order.append(path.pop())
            continue
        if node._dy is not None:
            x = node._y
            if x.grad is not zero:
                if x.op is not None:
                    x.grad = zero
                    path.append(x)
                    continue
                leaves.append((x, x.grad))
                x.grad = zero
        order.append(path.pop())
    return order


def visit_tensors(output: Tensor, marker: Any, leaves: list[tuple[Tensor, Any]], order: list[Tensor]) -> None:
    """The same for Tensors: inner nodes go to ``order``, marked."""
    kind = type(output)
    if output.op is None:
        leaves.append((output, output.grad))
        return
    output.grad = marker
    path, remaining = [output], [iter(output.inputs)]
    while path:
        for x in remaining[-1]:
            if isinstance(x, kind) and x.grad is not marker and x.requires_grad:
                if x.op is not None:
                    x.grad = marker
                    path.append(x)
                    remaining.append(iter(x.inputs))
                    break
                leaves.append((x, x.grad))
                x.grad = marker
        else:
            remaining.pop()
            order.append(path.pop())


def settle(leaves: list[tuple[Tensor, Any]], order: list[Tensor], marker: Any) -> None:
    """Add what each leaf had before; a leaf's gradient belongs to it alone, for people write to it."""
    holders = Counter([id(node.grad) for node in order])
    holders.update([id(leaf.grad) for leaf, _ in leaves])
    for leaf, before in leaves:
        adjoint: Any = leaf.grad
        if adjoint is marker or adjoint is None:
            leaf.grad = before
        elif before is not None:
            if np.shape(before) != np.shape(adjoint):
                raise ShapeError(
                    f"backward: .grad of {leaf.label or 'a leaf'} has shape {np.shape(before)}, "
                    f"but its data {np.shape(adjoint)}: set it to None"
                )
            leaf.grad = np.asarray(before + adjoint)
        elif adjoint.__class__ is not np.ndarray:  # NumPy's result on arrays without axes is a number
            leaf.grad = np.asarray(adjoint)
        elif holders[id(adjoint)] > 1 or adjoint.base is not None or adjoint is leaf._array:
            leaf.grad = adjoint.copy()


Pull = Callable[["Tensor", Any, Any], None]

_pulls: dict[Op, Pull] = {}


def pull_of(op: Op, kind: type[Tensor]) -> Pull:
    """A function that adds what a node's gradient contributes to its inputs: generated, where its rules have a text."""
    names = {"Tensor": kind, "fit": fitted, "by_rules": pull_by_rules}
    try:
        pull = codegen.compiled(f"{op.name} pull", codegen.pull_source(op), names)
    except Untranslatable:
        pull = pull_by_rules
    _pulls[op] = pull
    return pull


def pull_by_rules(node: Tensor, g: Any, marker: Any) -> None:
    wanted = [k for k, x in enumerate(node.inputs) if isinstance(x, type(node)) and x.requires_grad]
    assert node.op is not None
    for k, contribution in pullback(node.op, wanted, g, *node._operands(), node.params):
        x = node.inputs[k]
        before = x.grad
        x.grad = contribution if before is marker else before + contribution
