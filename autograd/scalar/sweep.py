"""The quick sweep of Values, in the nodes. One that it has visited has the sweep's own zero as its ``_grad``.

So nothing more has to be stored in a node, or cleared afterwards. `Value` is built on this, so it has no name here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd.errors import GraphError
from autograd.node import requiring_grad, topological
from autograd.sweep.turns import UNRECORDED, locks


def sweep_scalars(output: Any, seed: float) -> None:
    """Fill ``grad`` from a Value back; an interrupt leaves no half of a sum behind."""
    leaves: list[tuple[Any, float]] = []
    locks.undo = undo, output, leaves
    with locks.leaves:
        try:
            fill(output, seed, leaves)  # a call alone: an interrupt in a loop can pass the handlers around that
        except BaseException:
            undo(output, leaves)
            raise


def fill(output: Any, seed: float, leaves: list[tuple[Any, float]]) -> None:
    """The order, then one pass of ``grad += slope * g``; ``leaves`` are filled with what they had."""
    conditions: list[Any] = []
    order = visit_scalars(output, float("0.0"), leaves)
    are_tracked = tracked(leaves)
    if not any(are_tracked) and not output.requires_grad:
        raise GraphError(UNRECORDED)
    output._grad = seed
    for node in reversed(order):
        g = node._grad
        slope = node._dx
        if slope is not None:
            node._x._grad += slope * g
        elif node._x.__class__ is tuple:  # it has many inputs
            for x, slope in zip(node._y, node._dy, strict=False):
                if slope is not None:
                    x._grad += slope * g
            continue
        elif node._dy is None and node.op.is_flat:  # a condition, which a factor was computed from
            node.zero_grad()
            conditions.append(node)
            continue
        slope = node._dy
        if slope is not None:
            node._y._grad += slope * g
    for (leaf, before), is_tracked in zip(leaves, are_tracked, strict=True):
        leaf._grad = before + leaf._grad if is_tracked else before
    constants = without_gradient(leaves, are_tracked, conditions)
    if constants and any(leads_to(node, constants) for node in order if id(node) not in constants):
        forget_untracked(output)


def tracked(leaves: list[tuple[Any, float]]) -> list[bool]:
    """Of each leaf whether it requires a gradient."""
    return [leaf.requires_grad for leaf, _ in leaves]


def without_gradient(leaves: list[tuple[Any, float]], are_tracked: list[bool], conditions: list[Any]) -> set[int]:
    """The leaves that require no gradient, and the conditions, by ``id``."""
    constants = {id(leaf) for (leaf, _), is_tracked in zip(leaves, are_tracked, strict=True) if not is_tracked}
    return constants.union(map(id, conditions))


def undo(output: Any, leaves: list[tuple[Any, float]]) -> None:
    """Take back a sweep that did not finish: the leaves have what they had, and what is computed shows nothing."""
    for leaf, before in leaves:
        leaf._grad = before
    for node in topological([output]):
        if node.op is not None:
            node._show(None)


def leads_to(node: Any, constants: set[int]) -> bool:
    """Whether the sweep goes on from a node to these constants alone: then there may be nothing tracked behind it."""
    x = node._x
    if x.__class__ is tuple:
        return constants.issuperset(map(id, x))
    return (node._dx is None or id(x) in constants) and (node._dy is None or id(node._y) in constants)


def forget_untracked(output: Any) -> None:
    """Take the gradient that the sweep brought there from what requires none."""
    order = topological([output])
    tracked = requiring_grad(order)
    for node in order:
        if node.op is not None and id(node) not in tracked:
            node._show(None)


def visit_scalars(output: Any, zero: float, leaves: list[tuple[Any, float]]) -> list[Any]:
    """Inner nodes in the order of `topological`, grads zeroed; leaves go to ``leaves`` with the grads they had."""
    if output.op is None:
        leaves.append((output, output._grad))
        return []
    order: list[Any] = []
    output._grad = zero
    path = [output]
    unfinished: list[tuple[Any, Iterator[Any]]] = []  # nodes of many inputs, with the rest
    # How an input is visited stands here three times, in line: there is one visit for each edge of the graph.
    while path:
        node = path[-1]
        if node._dx is not None:
            x = node._x
            if x._grad is not zero:
                if x.op is not None:
                    x._grad = zero
                    path.append(x)
                    continue
                leaves.append((x, x._grad))
                x._grad = zero
        elif node._x.__class__ is tuple:
            if not unfinished or unfinished[-1][0] is not node:
                unfinished.append((node, iter(node._x)))
            for x in unfinished[-1][1]:
                if x._grad is zero:
                    continue
                if x.op is not None:
                    x._grad = zero
                    path.append(x)
                    break
                leaves.append((x, x._grad))
                x._grad = zero
            else:
                unfinished.pop()
                order.append(path.pop())
            continue
        if node._dy is not None:
            x = node._y
            if x._grad is not zero:
                if x.op is not None:
                    x._grad = zero
                    path.append(x)
                    continue
                leaves.append((x, x._grad))
                x._grad = zero
        order.append(path.pop())
    return order
