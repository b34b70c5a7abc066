"""By hand: one node's gradient at a time is pushed into its inputs, in any order, and what the order did is told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.errors import GraphError, ShapeError, short_repr
from autograd.graph.graph import Graph, with_guards
from autograd.graph.steps import Step, Timeline, in_full
from autograd.node import Node, Recorded
from autograd.notation.words import format_number
from autograd.sweep.events import contributions, masked, masks, plain
from autograd.sweep.hooked import amends
from autograd.sweep.reverse import cure
from autograd.sweep.turns import add, locks

ORDER = "push in the reverse of the order in which they were made"
LISTED = 12  #: nodes that a sentence lists


@dataclass(frozen=True, eq=False, repr=False)
class Push:
    """What one node paid its inputs, a step an input, and what is wrong with that it did so now."""

    title: str  #: what was pushed: ``q = x + y``
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    #: By name, what this makes gradients wrong by, once all are pushed: below 0 where they are too small.
    off: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {step}" for step in self.steps), *(f"  ! {w}" for w in self.warnings)])

    __repr__ = __str__


class ByHand:
    """The backward pass of one output, by hand: `push` the nodes one by one, in any order.

    Each adds its gradient times its slopes to the gradients of its inputs, in the nodes themselves. Print it for what
    was pushed, what is left, and what differs from ``backward()``. Hooks are not called.
    """

    def __init__(self, output: Node, before: ByHand | None = None) -> None:
        self.graph = Graph.of(output)
        self.pushes: list[Push] = []
        self._output = output
        self._places = with_guards([output._record])[0]
        self._index = {id(place): i for i, place in enumerate(self._places)}
        self._slots: dict[int, list[int]] = {}  # of a node, those of the inputs that it pays
        self._payers: dict[int, list[int]] = {}  # of a node, who pays into it, once for every payment
        for event in Timeline(self.graph).events:
            self._slots.setdefault(event.node, []).append(event.input)
            self._payers.setdefault(event.target, []).append(event.node)
        equations, slopes = self.graph.equations, self.graph.slopes
        self._is_careful = any(s is None and masks(e) for e, s in zip(equations, slopes, strict=True))
        self._forget()
        if before is not None and id(before._output._record) in self._index:  # what is computed from that is pushed now
            self._take_over(before)

    def _forget(self) -> None:
        self.pushes.clear()
        self._pushed = Counter[int]()  # how often, with a gradient
        self._payments = Counter[int]()  # how many came to a node
        self._left: dict[int, tuple[Any, Any]] = {}  # what was last seen as a gradient: as it is shown, and as it is
        self._largest = 0.0  # of all payments: what rounding is measured by

    def _take_over(self, before: ByHand) -> None:
        for i, place in enumerate(self._places):
            j = before._index.get(id(place))
            if j is None:
                continue
            self._pushed[i], self._payments[i] = before._pushed[j], before._payments[j]
            if j in before._left:
                self._left[i] = before._left[j]
        self._largest = before._largest

    def __repr__(self) -> str:
        names, ready = self.graph.names, self.ready
        lines = [f"by hand: {self.graph.formula(self.graph.outputs[0])}", *map(str, self.pushes)]
        if ready:
            lines.append(f"to push now: {', '.join(ready)}")
        elif any(not self._pushed[i] for i in self._slots):
            waiting = [names[i] for i in self._slots if not self._pushed[i]]
            lines.append(f"to push: {', '.join(waiting)}")
        else:
            found = [f"{n}: {format_number(a)}, not {format_number(b)}" for n, (a, b) in self.differences.items()]
            differ = f"the gradients differ from those of backward(): {'; '.join(found)}{self._cure()}"
            hooked = [names[i] for i in amends(self._places, record=False)]
            hooks = f" without the hooks of {joined(hooked)}, which are not called by hand" if hooked else ""
            lines.append(differ if found else f"all are pushed, and the gradients are those of backward(){hooks}")
        return "\n".join(lines)

    def _cure(self) -> str:
        """How to mend the order."""
        order = [self.graph.names[i] for i in sorted(self._slots, reverse=True)]
        cure = f"push {', '.join(order)}" if len(order) <= LISTED else ORDER
        return f"; to mend it: restart() of this, then {cure}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that was wrong with the order so far."""
        return tuple([warning for push in self.pushes for warning in push.warnings])

    @property
    def grads(self) -> dict[str, Any]:
        """By name, the gradients that the nodes have now; None where they have none."""
        tracked = [i for i, equation in enumerate(self.graph.equations) if equation.requires_grad]
        return {self.graph.names[i]: self._grad(i) for i in tracked}

    @property
    def ready(self) -> tuple[str, ...]:
        """The names of the nodes whose gradient is complete, and which are not pushed yet."""
        ready = [i for i in self._slots if not self._pushed[i] and self._grad(i) is not None and not self._waits_for(i)]
        return tuple([self.graph.names[i] for i in ready])

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """By name, the gradient that a node has and that which ``backward()`` alone would bring, where they differ."""
        output = self.graph.outputs[0]
        seed = self._grad(output)
        right = self._flow({} if seed is None else {output: seed})
        found: dict[str, tuple[Any, Any]] = {}
        sizes = self._sizes(0.0 if seed is None else seed)
        for i in self._payers:
            equation = self.graph.equations[i]
            has, due = [in_full(equation, 0.0 if x is None else x) for x in (self._grad(i), right.get(i))]
            eps = np.finfo(equation.dtype or float).eps
            size = sizes.get(i, self._largest)
            if not np.allclose(has, due, rtol=2**12 * eps, atol=2**12 * eps * size, equal_nan=True):
                found[self.graph.names[i]] = has, due
        return found

    def _sizes(self, seed: Any) -> dict[int, float]:
        """What rounding is measured by where all slopes are numbers: the sizes of what comes by all paths, added up."""
        slopes = self.graph.slopes
        if any(slopes[i] is None for i in self._slots):
            return {}
        found = {self.graph.outputs[0]: abs(float(seed))}
        for i in sorted(self._slots, reverse=True):
            for slot in self._slots[i]:
                target, slope = self.graph.equations[i].inputs[slot], (slopes[i] or ())[slot]
                assert isinstance(target, int)
                found[target] = found.get(target, 0.0) + abs(slope or 0.0) * found.get(i, 0.0)
        return found

    def restart(self) -> None:
        """Forget what was pushed, and all gradients here, those of leaves too; that of the output is 1 again."""
        for place in self._places:
            place._node.zero_grad()
        self._output.grad = self._output._filled(1.0)
        self._forget()

    def push(self, node: Node | str) -> Push:
        """Push the gradient of a node, or of the one of that name, into its inputs.

        Raises `GraphError` for what is no node of this graph.
        """
        made = self._push(self._find(node))
        self.pushes.append(made)
        return made

    def _find(self, node: Node | str) -> int:
        if isinstance(node, str):
            return self.graph[node].index
        if not isinstance(node, Node):
            raise GraphError(f"push: expected a node or its name, got {short_repr(node)}")
        index = self._index.get(id(node._record))
        if index is None:
            output = self.graph.names[self.graph.outputs[0]]
            raise GraphError(
                f"push: {output} is not computed from {node.label or 'this node'}: the nodes are "
                f"{', '.join(self.graph.names)}; autograd.by_hand(...) of another output has others"
            )
        return index

    def _push(self, index: int) -> Push:
        graph = self.graph
        node = graph.nodes[index]
        if node.is_leaf:
            return Push(f"{node.name} is a leaf: it has no inputs to push into")
        if index not in self._slots:
            return Push(f"{graph.formula(node)}: no gradient flows through it")
        if self._pushed[index] and self._is_cleared():
            self._forget()
        g, waiting, name = self._grad(index), [graph.names[i] for i in self._waits_for(index)], node.name
        if g is None:
            first = f"push first {joined(waiting)}" if waiting else f"set {name}.grad = 1.0, as it is the output"
            return Push(graph.formula(node), (), (f"{name} has no gradient yet, so that nothing was pushed: {first}",))
        faults = Faults(self)
        if index not in graph.outputs:
            self._expect_as_left(index, faults)
        payments = self._payments_of(index, self._adjoint(index, g))
        if self._pushed[index]:
            again = self._flow(by_target(payments, graph.equations[index].inputs))
            faults.add(f"{name} was pushed already: its inputs get its gradient once more", again)
        if waiting:
            verb = "pays" if len(waiting) == 1 else "pay"
            faults.add(
                f"{name} was pushed before {joined(waiting)}, which {verb} into it: what that brings does not reach "
                f"the inputs of {name}; {ORDER}"
            )
        title = graph.formula(node)
        if index in graph.outputs and index not in self._left and not np.all(np.asarray(g) == 1):
            title += f", with a gradient of {format_number(g)}: that was set, and stands for ∂{name}/∂{name} here"
        for target, paid in by_target(payments, graph.equations[index].inputs).items():
            self._expect_as_left(target, faults)
            if self._pushed[target]:
                missed = self._flow({target: paid})
                faults.add(
                    f"{graph.names[target]} was pushed before {name}, which now pays {format_number(plain(paid))} into "
                    f"it: the inputs of {graph.names[target]} miss that",
                    {i: -x for i, x in missed.items() if i != target},
                    f"; {ORDER}",
                )
        steps = [self._pay(index, slot, paid) for slot, paid in payments]
        self._pushed[index] += 1
        return Push(title, tuple(steps), tuple(faults.warnings), faults.by_name())

    def _expect_as_left(self, index: int, faults: Faults) -> None:
        """Say so where a node has another gradient than pushes left in it, and take that as seen."""
        now = self._grad(index)
        if now is None or self._is_as_left(index):
            return
        before, name = self._left[index][0] if index in self._left else None, self.graph.names[index]
        self._left[index] = now, self._adjoint(index, now)
        more = now if before is None else now - before
        if not np.any(more):
            return
        is_since = before is not None and self._pushed[index]  # after it was passed on
        wrong = {index: more} if is_since else self._flow({index: more})
        if before is None:
            had = f"{name} had a gradient of {format_number(now)} that no push brought, and it is counted in"
            faults.add(had, wrong, f": {name}.zero_grad() forgets it")
        else:
            has = f"{name} has a gradient of {format_number(now)} where pushes left {format_number(before)}"
            faults.add(f"{has}: it was set in between", wrong)

    def _payments_of(self, index: int, adjoint: Any) -> list[tuple[int, Any]]:
        """What a node pays, by the place of the input."""
        graph, wanted, slopes = self.graph, self._slots[index], self.graph.slopes[index]
        if slopes is not None:
            return [(slot, slope * adjoint) for slot in wanted if (slope := slopes[slot]) is not None]
        with np.errstate(all="ignore"):
            equation, inputs = graph.equations[index], graph.inputs_of(index)
            return list(contributions(equation, wanted, adjoint, graph.data[index], inputs))

    def _flow(self, gradients: Mapping[int, Any]) -> dict[int, Any]:
        """What comes of gradients in these nodes, in the right order: of themselves, and of all that they reach."""
        found = {i: masked(g) if self._is_careful else g for i, g in gradients.items()}
        for i in sorted(self._slots, reverse=True):
            if i in found:
                for target, paid in by_target(self._payments_of(i, found[i]), self.graph.equations[i].inputs).items():
                    found[target] = found[target] + paid if target in found else paid
        return {i: plain(g) for i, g in found.items()}

    def _pay(self, index: int, slot: int, paid: Any) -> Step:
        """Add to the gradient of an input."""
        graph = self.graph
        target = graph.equations[index].inputs[slot]
        assert isinstance(target, int)
        place = self._places[target]
        before, contribution = self._grad(target), plain(paid)
        adjoint = paid if before is None else self._adjoint(target, before) + paid
        with locks.leaves:
            if place.op is None:
                add([(place, contribution)])
            else:
                place._show(plain(adjoint))
        after = self._grad(target)
        self._left[target] = after, adjoint
        self._largest = max(self._largest, largest(contribution))
        self._payments[target] += 1
        equation = graph.equations[target]
        return Step(
            graph,
            "backward",
            index,
            in_full(equation, after),
            slot,
            target,
            upstream=in_full(graph.equations[index], self._grad(index)),
            contribution=in_full(equation, contribution),
            before=in_full(equation, 0.0 if before is None else before),
            nth=self._payments[target],
            of=len(self._payers[target]),
        )

    def _waits_for(self, index: int) -> list[int]:
        """Who pays into a node and has not yet."""
        return [i for i in dict.fromkeys(self._payers.get(index, ())) if not self._pushed[i]]

    def _grad(self, index: int) -> Any:
        """The gradient that a node has now, if it has one."""
        place = self._places[index]
        return place.grad if place.has_grad else None

    def _adjoint(self, index: int, g: Any) -> Any:
        """A gradient with what is known of its zeros, where some may be no numbers."""
        if not self._is_careful:
            return g
        return self._left[index][1] if self._is_as_left(index) else masked(g)

    def _is_as_left(self, index: int) -> bool:
        """Whether a node has the gradient that the last push into it left."""
        now = self._grad(index)
        return index in self._left and now is not None and np.array_equal(now, self._left[index][0], equal_nan=True)

    def _is_cleared(self) -> bool:
        """Whether the person has forgotten all gradients that pushes brought, perhaps save those of leaves."""
        watched = [i for i in self._left if self._places[i].op is not None] or list(self._left)
        return not all(map(self._is_as_left, watched)) and not any(np.any(self._grad(i)) for i in watched)


class Faults:
    """What is wrong with one push: in words, and by how much it makes gradients wrong."""

    def __init__(self, hand: ByHand) -> None:
        self.hand = hand
        self.warnings: list[str] = []
        self.off: dict[int, Any] = {}

    def add(self, said: str, off: Mapping[int, Any] | None = None, cure: str = "") -> None:
        off = {i: x for i, x in (off or {}).items() if np.any(x)}
        for i, x in off.items():
            self.off[i] = self.off.get(i, 0.0) + x
        names = self.hand.graph.names
        told = [f"{names[i]} is {amount(x)}" for i, x in list(off.items())[:LISTED]]
        told += [f"and {len(off) - LISTED} more"] * (len(off) > LISTED)
        self.warnings.append(f"{said} ({', '.join(told)}){cure}" if told else f"{said}{cure}")

    def by_name(self) -> dict[str, Any]:
        equations, names = self.hand.graph.equations, self.hand.graph.names
        return {names[i]: in_full(equations[i], x) for i, x in self.off.items()}


def by_target(payments: Iterable[tuple[int, Any]], inputs: Sequence[Any]) -> dict[int, Any]:
    """Payments by the node that they go to: a node that is used twice by one gets both."""
    found: dict[int, Any] = {}
    for slot, paid in payments:
        target = inputs[slot]
        found[target] = found[target] + paid if target in found else paid
    return found


def amount(off: Any) -> str:
    """By how much a gradient is wrong, of an array by how much at most.

    >>> amount(-10.0), amount(2.0), amount(np.array([-3.0, 4.0]))
    ('10 too small', '2 too large', 'wrong by up to 4')
    """
    most = f"{'up to ' * (np.size(off) > 1)}{format_number(largest(off))}"
    if np.all(np.asarray(off) <= 0):
        return f"{most} too small"
    return f"{most} too large" if np.all(np.asarray(off) >= 0) else f"wrong by {most}"


def largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def joined(names: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


class Latest(threading.local):
    """The computation in which this thread last pushed by hand: nodes store nothing of it."""

    hand: ByHand | None = None


latest = Latest()


def by_hand(output: Node) -> ByHand:
    """The backward pass of an output by hand, from its beginning: no gradients but that of the output, which is 1.

    In the right order, a node comes after all that are computed from it. Here b pushes before d has paid into it:

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> b = a * 2
    >>> d = b * 5
    >>> f = b + d
    >>> hand = by_hand(f)
    >>> hand.push(f)
    f = b + d
      ∂f/∂b += ∂f/∂f · ∂f/∂b = 1 · 1 = 1   (1st of 2: now 1)
      ∂f/∂d += ∂f/∂f · ∂f/∂d = 1 · 1 = 1
    >>> hand.push(b).warnings
    ('b was pushed before d, which pays into it: what that brings does not reach the inputs of b; push in the reverse of the order in which they were made',)
    >>> print(hand.push(d).warnings[0].partition(";")[0])
    b was pushed before d, which now pays 5 into it: the inputs of b miss that (a is 10 too small)
    >>> hand.differences
    {'a': (2.0, 12.0)}
    >>> hand.restart()
    >>> for node in (f, d, b):
    ...     push = hand.push(node)
    >>> a.grad, hand.warnings
    (12.0, ())

    ``b.backward_step()``, or ``b._backward()`` as in micrograd, is ``hand.push(b)``. These do without `by_hand`, too:
    what is pushed first is then the output, with the gradient that it was given (``f.grad = 1.0``). The last graph that
    a thread pushed in is kept until it pushes in another.

    Raises `ShapeError` if the output holds more than one number, `GraphError` for what is no node, or a constant.
    """  # noqa: E501 - a warning is one line
    if not isinstance(output, Node):
        raise GraphError(f"by_hand: expected a Value or Tensor, got {type(output).__name__}{cure(output)}")
    if output.size != 1:
        raise ShapeError(f"by_hand: the output must hold one number, got shape {output.shape}: use .sum() or .mean()")
    if not output.requires_grad:
        raise GraphError("by_hand: no gradient flows here: no input requires one, or no_grad() was on")
    hand = latest.hand = ByHand(output)
    hand.restart()
    return hand


def push(node: Node) -> Push:
    """Push the gradient of one node, in the computation that was pushed in last or, where it is of none, in its own."""
    place: Recorded = node._record
    hand = latest.hand
    if hand is None or id(place) not in hand._index:
        if not node.requires_grad:
            return Push(
                f"{node.label or 'this'} is a constant, or was made under no_grad(): no gradient flows through it"
            )
        if place.op is None:
            return Push(f"{node.label or 'this'} is a leaf: it has no inputs to push into")
        hand = latest.hand = ByHand(node, hand)
    return hand.push(node)
