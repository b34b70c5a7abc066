"""Two runs of one computation, side by side: what differs, where it begins, and which mistake it looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import GraphError, short_repr
from autograd.graph.graph import Graph
from autograd.graph.recording import Iteration
from autograd.graph.steps import Timeline, steps
from autograd.node import Node
from autograd.notation.words import format_number
from autograd.op import Op
from autograd.program import Constant, Equation

#: What can be compared.
Comparable = Node | Graph | Timeline | Iteration

#: How far two numbers may be from each other and count as the same, relative to the larger.
CLOSE = 1e-9

FEW = 20  #: rows of the text


class Pair(NamedTuple):
    """A node of both runs, by its index in each, None where it is in one alone; what differs, and if it begins here.

    ``value`` differs where the value does, ``grad`` where the gradient does; a ``cause`` differs while all that it is
    computed from is the same. ``otherwise``: by other constants, arguments or inputs, whatever the value is.
    """

    a: int | None
    b: int | None
    value: bool = False
    grad: bool = False
    cause: bool = False
    otherwise: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What differs between two runs; print it, or show it with ``viz.compare(a, b)``.

    ``pairs`` has every node of either, ``sentences`` say what the differences come from, where that is known.
    """

    a: Graph
    b: Graph
    grads: tuple[tuple[Any, ...], tuple[Any, ...]]
    pairs: tuple[Pair, ...]

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The nodes of which something differs."""
        return tuple(pair for pair in self.pairs if pair.value or pair.grad or pair.otherwise or None in pair[:2])

    @property
    def is_aligned(self) -> bool:
        """Whether both are the same computation, node by node."""
        return all(pair.a == pair.b for pair in self.pairs)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What the differences come from: the nodes where values begin to differ, and mistakes by their signs."""
        found = [self._only(pair) for pair in self.pairs if None in pair[:2]]
        found += [self._cause(pair) for pair in self.pairs if pair.cause or pair.otherwise]
        if not any(pair.value or pair.otherwise or None in pair[:2] for pair in self.pairs):
            found += filter(None, map(self._mistake, self.pairs))
        return tuple(dict.fromkeys(found))

    def __bool__(self) -> bool:
        raise TypeError("a Comparison is neither true nor false: ask for comparison.differing")

    def __str__(self) -> str:
        differing = self.differing
        if not differing:
            return f"the same: {len(self.pairs)} nodes"
        rows = [("node", "a", "b", ""), *(row for pair in differing[:FEW] for row in self._rows(pair))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        if len(differing) > FEW:
            lines.append(f"… and {len(differing) - FEW} more")
        return "\n".join([*lines, *self.sentences])

    __repr__ = __str__

    def _rows(self, pair: Pair) -> list[tuple[str, str, str, str]]:
        graph, index = (self.a, pair.a) if pair.a is not None else (self.b, pair.b)
        assert index is not None
        name = graph.names[index]
        if None in pair[:2]:
            there, gone = format_number(graph.data[index]), "–"
            return [(name, *((there, gone) if pair.b is None else (gone, there)), "in one alone")]
        i, j = pair.a or 0, pair.b or 0
        rows = []
        if pair.value:
            begins = "begins here" if pair.cause else "follows"
            rows.append((name, format_number(self.a.data[i]), format_number(self.b.data[j]), begins))
        if pair.otherwise and not pair.value:
            number = format_number(self.a.data[i])
            rows.append((name, number, number, "computed otherwise"))
        if pair.grad:
            a, b = ("–" if g is None else format_number(g) for g in (self.grads[0][i], self.grads[1][j]))
            rows.append((f"∂ {name}", a, b, ""))
        return rows

    def _only(self, pair: Pair) -> str:
        graph, index, run = (self.a, pair.a, "first") if pair.b is None else (self.b, pair.b, "second")
        assert index is not None
        return f"{graph.formula(index)} is in the {run} alone"

    def _cause(self, pair: Pair) -> str:
        node = self.b.nodes[pair.b]  # type: ignore[index]
        if node.is_leaf:
            return f"{node.name} was changed, and the rest follows"
        if self.b.formula(node) == self.a.formula(pair.a):  # type: ignore[arg-type]
            return f"{self.b.formula(node)} has other arguments, or was given other numbers"
        return f"{self.b.formula(node)} is computed otherwise: in the first it is {self.a.formula(pair.a)}"  # type: ignore[arg-type]

    def _mistake(self, pair: Pair) -> str:
        """Which mistake the gradient of the second comes from, by its signs."""
        if not pair.grad or pair.a is None or pair.b is None:
            return ""
        name = self.b.names[pair.b]
        right, wrong = self.grads[0][pair.a], self.grads[1][pair.b]
        if wrong is None or right is None:
            return f"∂{name}: {'the second' if wrong is None else 'the first'} has no gradient there"
        paid = [event for event in self._events if event.target == pair.b]
        for event in paid:
            by = self.b.names[event.node]
            if len(paid) > 1 and same(wrong, event.contribution):
                return f"∂{name}: that is what comes by {by} alone: `=` for `+=`"
            if len(paid) > 1 and same(wrong, right - event.contribution):
                return f"∂{name}: what comes by {by} is missing: it was pushed too late, or not at all"
            if len(paid) == 1 and same(wrong, event.incoming) and not same(event.incoming, event.contribution):
                return f"∂{name}: the gradient of {by} as it is: the local slope is missing"
        for event in paid:
            if np.ndim(event.incoming) or not event.incoming:
                continue
            for late, brought in self._brought(event.node).items():
                if same(wrong, right - event.contribution * brought / event.incoming):
                    by, of = self.b.names[event.node], self.b.names[late]
                    return f"∂{name}: {by} was pushed before {of} had paid into it"
        if same(wrong, -right):
            return f"∂{name}: the sign is wrong"
        if not self.b.nodes[pair.b].is_leaf or not paid:
            return ""
        if same(wrong, 2 * right):
            return f"∂{name}: twice what it is: swept twice, and not set to zero between: zero_grad is missing"
        leaves = [x for x in self.pairs if x.a is not None and self.a.nodes[x.a].is_leaf]
        if all(x.grad for x in leaves if self.grads[0][x.a or 0] is not None):
            return f"∂{name}: {format_number(wrong - right)} was there before: zero_grad is missing"
        return f"∂{name}: off by {format_number(wrong - right)}, which is no single path"

    def _brought(self, node: int) -> dict[int, float]:
        """What each user of a scalar node pays into it."""
        found: dict[int, float] = {}
        for event in self._events:
            if event.target == node and np.ndim(event.contribution) == 0:
                found[event.node] = found.get(event.node, 0.0) + event.contribution
        return found

    @cached_property
    def _events(self) -> Sequence[Any]:
        return steps(self.b).events


def compare(a: Comparable, b: Comparable) -> Comparison:
    """Align two runs of a computation, and say what differs: right and wrong, before and after an update, two versions.

    The gradients are those that the nodes hold, where a sweep has been, be it by hand; else those of a sweep now. Nodes
    are aligned one by one where both are the same computation, else by name, where the same operation computes them.

    >>> from autograd import Value, compare
    >>> def run(w):
    ...     w, x = Value(w, "w"), Value(3.0, "x")
    ...     return w * x + x
    >>> compare(run(2.0), run(2.5))
    node  a  b
    w     2  2.5   begins here
    ∂ x   3  3.5
    q     6  7.5   follows
    f     9  10.5  follows
    w was changed, and the rest follows

    Raises `GraphError` for what is no computation, and what `steps` raises.
    """
    first, second = timeline_of(a, "a"), timeline_of(b, "b")
    graphs = first.graph, second.graph
    grads = gradients_of(first), gradients_of(second)
    return Comparison(*graphs, grads, tuple(pairs(*graphs, *grads)))


def timeline_of(what: Comparable, name: str) -> Timeline:
    if isinstance(what, Timeline):
        return what
    if isinstance(what, Iteration):
        return what.timeline
    if isinstance(what, Node | Graph):
        return steps(what)
    raise GraphError(f"compare: {name}: expected a Value, a Tensor, a Graph or a Timeline, got {short_repr(what)}")


def gradients_of(timeline: Timeline) -> tuple[Any, ...]:
    """Those that the nodes hold, where its output was swept, be it by hand; else those of a sweep."""
    graph = timeline.graph
    return timeline.gradients if graph.grads[graph.outputs[0]] is None else graph.grads


def pairs(a: Graph, b: Graph, grads_a: Sequence[Any], grads_b: Sequence[Any]) -> list[Pair]:
    """Every node of either, in the order of the code."""
    partner = aligned(a, b)
    found: list[Pair] = []
    differs: set[int] = set()  # of b, by its values
    where = {j: i for i, j in partner.items()}
    for j, equation in enumerate(b.equations):
        i = where.get(j)
        if i is None:
            found.append(Pair(None, j))
            differs.add(j)
            continue
        value = not same(a.data[i], b.data[j])
        inherits = any(x in differs for x in equation.inputs if isinstance(x, int))
        if value:
            differs.add(j)
        otherwise = not same_call(a.equations[i], equation, partner)
        found.append(Pair(i, j, value, not same(grads_a[i], grads_b[j]), value and not inherits, otherwise))
    return found + [Pair(i, None) for i in range(len(a)) if i not in partner]


def aligned(a: Graph, b: Graph) -> dict[int, int]:
    """Which node of b each node of a is: one by one, or that of the same name and operation."""
    leaves = [(a.labels[i], b.labels[i]) for i in a.leaves if i < len(b)]  # an inner node may have another name
    is_same = [(e.op, inputs_of(e)) for e in a.equations] == [(e.op, inputs_of(e)) for e in b.equations]
    if is_same and all(x is None or y is None or x == y for x, y in leaves):
        return {i: i for i in range(len(a))}
    kinds: list[dict[tuple[str, Op | None], int]] = [
        {(name, equation.op): i for i, (name, equation) in enumerate(zip(g.names, g.equations, strict=True))}
        for g in (a, b)
    ]
    found = {i: kinds[1][key] for key, i in kinds[0].items() if key in kinds[1]}
    (i,), (j,) = a.outputs, b.outputs
    if i not in found and j not in found.values() and a.equations[i].op is b.equations[j].op:
        found[i] = j  # what was asked for, whatever it is called
    return found


def same_call(x: Equation, y: Equation, partner: Mapping[int, int]) -> bool:
    """Whether two equations compute the same of the same, given which nodes of the first are which of the second."""
    if x.op is None or y.op is None:
        return x.op is y.op
    if len(x.inputs) != len(y.inputs) or repr(dict(x.params)) != repr(dict(y.params)):
        return False
    return all(
        same(u.data, v.data) if isinstance(u, Constant) and isinstance(v, Constant) else partner.get(u, u) == v  # type: ignore[arg-type]
        for u, v in zip(x.inputs, y.inputs, strict=True)
    )


def inputs_of(equation: Any) -> list[Any]:
    """Which nodes it is computed from, and where its constants stand."""
    return [None if isinstance(x, Constant) else x for x in equation.inputs]


def same(x: Any, y: Any) -> bool:
    """Whether two numbers or arrays are the same, but for rounding."""
    if x is None or y is None:
        return x is y
    return np.shape(x) == np.shape(y) and bool(np.allclose(x, y, rtol=CLOSE, atol=1e-300, equal_nan=True))
