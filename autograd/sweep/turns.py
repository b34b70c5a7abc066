"""Behind ``backward()``: one sweep at a time keeps its adjoints in the nodes, which is several times as quick.

In other threads, sweeps run beside the nodes meanwhile. An interrupt leaves the gradients of the leaves as they were.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd.anomaly import is_detecting
from autograd.errors import GraphError
from autograd.hooks import live
from autograd.node import Recorded
from autograd.sweep.hooked import is_hooked
from autograd.sweep.reverse import swept


class Locks:
    """What sweeps in several threads share.

    Each is taken by ``with``, which an interrupt cannot leave half done as long as what is inside are calls alone: from
    Python 3.12 on, one that comes in a loop can pass the handlers of that function.
    """

    def __init__(self) -> None:
        self.nodes = threading.Lock()  #: held by the one sweep that keeps its adjoints in the nodes
        self.sweeper = 0  #: its thread
        self.leaves = threading.Lock()  #: held by whoever adds to the gradients of leaves; no rule runs meanwhile
        self.undo: tuple[Any, ...] = ()  #: a function that takes back the sweep in the nodes, and its arguments
        self.stored: tuple[Any, ...] = ()  #: who is giving leaves their gradients, the leaves, and what they had

    def fork(self) -> None:
        """In a child process there is only the thread that forked: take back what others were at, and their locks."""
        me = threading.get_ident()
        if self.stored and self.stored[0] != me:
            put(*self.stored[1:])
        self.stored = ()
        self.leaves = threading.Lock()
        if self.sweeper != me:  # else its own sweep, which forked in a rule, goes on
            if self.undo:
                self.undo[0](*self.undo[1:])
            self.__init__()  # type: ignore[misc]


locks = Locks()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=locks.fork)

UNRECORDED = "backward: nothing here was recorded: no input requires a gradient, or no_grad() was on"


def backward(output: Recorded, seed: Any, quick: Callable[[Any, Any], None]) -> None:
    """Sweep in the nodes, if nobody else does; otherwise beside them, waiting only to add to the leaves.

    Raises `GraphError` inside a sweep, as from a rule.
    """
    if is_detecting() or (live and is_hooked(output)):
        sweep_beside(output, seed)
    elif not locks.nodes.locked():
        with locks.nodes:
            locks.sweeper = threading.get_ident()
            try:
                quick(output, seed)
            finally:
                locks.sweeper, locks.undo = 0, ()
    elif locks.sweeper == threading.get_ident():
        raise GraphError("backward: called while this thread is sweeping, as from a rule: use autograd.gradients there")
    else:
        sweep_beside(output, seed)


def sweep_beside(output: Recorded, seed: Any) -> None:
    """Sweep without a look at the nodes; then add to the leaves, and show the rest what it received."""
    order, adjoints = swept(output, seed)
    found = list(zip(order, adjoints, strict=True))
    if not order:
        raise GraphError(UNRECORDED)
    with locks.leaves:
        add(found)
    if not locks.nodes.locked():  # else another sweep is at work there, and will be the last
        with locks.nodes:
            show(found)


def add(found: Iterable[tuple[Recorded, Any]]) -> None:
    """Add to the gradients of the leaves what a sweep found."""
    sums: dict[Any, Any] = {}
    for place, adjoint in found:
        if place.op is None and adjoint is not None:
            holder = place._holder
            sums[holder] = place._plus(sums.get(holder, holder.grad), adjoint)
    store(sums)


def show(found: Iterable[tuple[Recorded, Any]]) -> None:
    """Show in what was computed what a sweep found."""
    for place, adjoint in found:
        if place.op is not None:
            place._show(adjoint)


def store(sums: Mapping[Any, Any]) -> None:
    """Give every leaf its new gradient: an interrupt comes before all of them or after."""
    before = [leaf.grad for leaf in sums]
    locks.stored = threading.get_ident(), sums, before
    try:
        put(sums, sums.values())
    except BaseException:
        put(sums, before)
        raise
    finally:
        locks.stored = ()


def put(leaves: Iterable[Any], grads: Iterable[Any]) -> None:
    for leaf, grad in zip(leaves, grads, strict=True):
        leaf.grad = grad
