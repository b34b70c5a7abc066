"""The sweeps behind ``backward()``: adjoints are kept in the nodes, which is several times as quick as beside them.

A node that a sweep has visited holds something of that sweep alone as its ``grad``: for a Value the sweep's own
zero, for a Record the sweep's own marker. So nothing more has to be stored in a node, or cleared afterwards. One
sweep at a time works like this; in other threads, sweeps run beside the nodes meanwhile. An interrupt leaves the
gradients of the leaves as they were.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import codegen
from autograd.backward import swept
from autograd.errors import GraphError
from autograd.node import Recorded
from autograd.notation.python import Untranslatable
from autograd.op import Op, Output
from autograd.record import Leaf, Record
from autograd.vjp import fitted, vjp

if TYPE_CHECKING:
    from autograd.value import Value


class Locks:
    """What sweeps in several threads share. Each is taken by ``with``, which an interrupt cannot leave half done."""

    def __init__(self) -> None:
        self.nodes = threading.Lock()  #: held by the one sweep that keeps its adjoints in the nodes
        self.sweeper = 0  #: its thread
        self.leaves = threading.Lock()  #: held by whoever adds to the gradients of leaves; no rule runs meanwhile


_locks = Locks()

if hasattr(os, "register_at_fork"):  # in the child, the thread that held a lock is not there to give it back
    os.register_at_fork(after_in_child=_locks.__init__)  # type: ignore[misc]

NOTHING = "backward: nothing here was recorded: no input requires a gradient, or no_grad() was on"


def backward(output: Recorded, seed: Any, quick: Callable[[Any, Any], None]) -> None:
    """Sweep in the nodes, if nobody else does; otherwise beside them, waiting only to add to the leaves.

    Raises `GraphError` inside a sweep, as from a rule.
    """
    if not _locks.nodes.locked():
        with _locks.nodes:
            _locks.sweeper = threading.get_ident()
            try:
                quick(output, seed)
            finally:
                _locks.sweeper = 0
    elif _locks.sweeper == threading.get_ident():
        raise GraphError("backward: called while this thread is sweeping, as from a rule: use autograd.gradients there")
    else:
        sweep_beside(output, seed)


def sweep_beside(output: Recorded, seed: Any) -> None:
    """Sweep without a look at the nodes; then add to the leaves, and show the rest what it received."""
    order, adjoints = swept(output, seed)
    found = list(zip(order, adjoints, strict=True))
    if not any(place.op is None and place.requires_grad for place in order):
        raise GraphError(NOTHING)
    with _locks.leaves:
        sums: dict[Any, Any] = {}
        for place, adjoint in found:
            if place.op is None and adjoint is not None:
                holder = place._holder
                sums[holder] = place._plus(sums.get(holder, holder.grad), adjoint)
        store(sums)
    if not _locks.nodes.locked():  # else another sweep is at work there, and will be the last
        with _locks.nodes:
            for place, adjoint in found:
                if place.op is not None:
                    place._show(adjoint)


def store(sums: Mapping[Any, Any]) -> None:
    """Give every leaf its new gradient: an interrupt comes before all of them or after."""
    before = [leaf.grad for leaf in sums]
    try:
        for leaf, grad in sums.items():
            leaf.grad = grad
    except BaseException:
        for leaf, grad in zip(sums, before, strict=True):
            leaf.grad = grad
        raise


def sweep_scalars(output: Value, seed: float) -> None:
    """Fill ``grad`` from a Value back: the order, then one pass of ``grad += slope * g``."""
    zero = float("0.0")
    leaves: list[tuple[Value, float]] = []
    with _locks.leaves:
        try:
            order = visit_scalars(output, zero, leaves)
            if not any(leaf.requires_grad for leaf, _ in leaves):
                raise GraphError(NOTHING)
            output.grad = seed
            for node in reversed(order):
                g = node.grad
                slope = node._dx
                if slope is not None:
                    node._x.grad += slope * g
                elif node._x.__class__ is tuple:  # it has many inputs
                    for x, slope in zip(node._y, node._dy, strict=False):
                        if slope is not None:
                            x.grad += slope * g
                    continue
                slope = node._dy
                if slope is not None:
                    node._y.grad += slope * g
            for leaf, before in leaves:
                leaf.grad = before + leaf.grad if leaf.requires_grad else before
        except BaseException:  # an interrupt must not leave half a sum behind
            for leaf, before in leaves:
                leaf.grad = before
            raise


def sweep_tensors(output: Record, seed: Any) -> None:
    """Fill ``adjoint`` from a Record back, starting with ``seed``; then the leaves add what they received."""
    marker: Any = object()
    leaves: list[Record] = []
    order: list[Record] = []
    try:
        visit_tensors(output, marker, leaves, order)
        masks = fill(output, seed, order, marker)
        if masks:
            records = [*order, *leaves]
            if any(has_nan(x.adjoint) for x in records if x.adjoint is not marker and x.adjoint is not None):
                fill_beside(output, seed, records)
        with _locks.leaves:
            settle(leaves, order, marker)
    except BaseException:
        for record in order:
            record.adjoint = None
        raise
    finally:
        for record in leaves:
            record.adjoint = None


def fill(output: Record, seed: Any, order: list[Record], marker: Any) -> bool:
    """The adjoints, last to first; and whether an operation was there whose zeros may be no numbers."""
    masks = False
    output.adjoint = seed
    with np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
        for record in reversed(order):
            g = record.adjoint
            if g is marker:  # no more than a condition
                record.adjoint = None
                continue
            op: Any = record.op
            pull = _pulls.get(op) or pull_of(op)
            if pull(record, g, marker):
                masks = True
    return masks


def fill_beside(output: Record, seed: Any, records: list[Record]) -> None:
    """The careful sweep, which knows a structural zero from a number."""
    order, adjoints = swept(output, seed)
    found = {id(record): adjoint for record, adjoint in zip(order, adjoints, strict=True)}
    for record in records:
        record.adjoint = found[id(record)]


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
    unfinished: list[tuple[Value, Iterator[Value]]] = []  # nodes of many inputs, with the rest
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
        elif node._x.__class__ is tuple:
            if not unfinished or unfinished[-1][0] is not node:
                unfinished.append((node, iter(node._x)))
            for x in unfinished[-1][1]:
                if x.grad is zero:
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


def visit_tensors(output: Record, marker: Any, leaves: list[Record], order: list[Record]) -> None:
    """The same for Records: all are marked; inner ones go to ``order``."""
    output.adjoint = marker
    if output.op is None:
        leaves.append(output)
        return
    path, remaining = [output], [iter(output.inputs)]
    while path:
        for x in remaining[-1]:
            if x.__class__ is Record and x.adjoint is not marker and x.requires_grad:
                x.adjoint = marker
                if x.op is not None:
                    path.append(x)
                    remaining.append(iter(x.inputs))
                    break
                leaves.append(x)
        else:
            remaining.pop()
            order.append(path.pop())


def settle(leaves: list[Record], order: list[Record], marker: Any) -> None:
    """Give each leaf the sum of what it had and received; its gradient belongs to it alone, for people write to it."""
    taken = {id(record.adjoint) for record in order}
    sums: dict[Leaf, Any] = {}
    for record in leaves:
        adjoint, leaf = record.adjoint, record.leaf
        if adjoint is marker or adjoint is None or leaf is None:
            continue
        had = sums.get(leaf, leaf.grad)
        if had is not None:
            adjoint = leaf.sum(had, adjoint)
        elif adjoint.__class__ is not np.ndarray:  # NumPy's result on arrays without axes is a number
            adjoint = np.asarray(adjoint)
        elif id(adjoint) in taken or adjoint.base is not None or adjoint is record.array:
            adjoint = adjoint.copy()
        taken.add(id(adjoint))
        sums[leaf] = adjoint
    store(sums)


Pull = Callable[[Record, Any, Any], bool | None]

_pulls: dict[Op, Pull] = {}


def pull_of(op: Op) -> Pull:
    """A function that adds what a gradient contributes to the inputs, and says whether zeros in it may be no numbers.

    It is generated, where the rules have a text.
    """
    names = {"Record": Record, "fit": fitted, "by_rules": pull_by_rules}
    try:
        pull = codegen.compiled(f"{op.name} pull", codegen.pull_source(op), names)
    except Untranslatable:
        pull = pull_by_rules
    _pulls[op] = pull
    return pull


def pull_by_rules(record: Record, g: Any, marker: Any) -> bool:
    wanted = [k for k, x in enumerate(record.inputs) if x.__class__ is Record and x.requires_grad]
    assert record.op is not None
    for k, contribution in vjp(record.op, wanted, g, *record._operands(), record.params):
        x = record.inputs[k]
        before = x.adjoint
        x.adjoint = contribution if before is marker else before + contribution
    return record.op.masks or isinstance(record.params, Output)
