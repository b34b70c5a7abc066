"""Two runs of one computation, side by side: what differs, where it begins, and which mistake it looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import GraphError, short_repr
from autograd.graph.align import Pair, dtype_of, inputs_of, pairs, same
from autograd.graph.graph import Graph
from autograd.graph.recording import Iteration
from autograd.graph.steps import Timeline, steps
from autograd.node import Node
from autograd.notation.words import format_number

#: What can be compared.
Comparable = Node | Graph | Timeline | Iteration

FEW = 20  #: rows of the text
NONE = "–"  #: in the place of a number that is not there

#: What is said of a row, and of what is found, by kind.
REMARKS = {
    "": "",
    "begins": "begins here",
    "follows": "follows",
    "otherwise": "computed otherwise",
    "alone": "in one alone",
}
FINDINGS = {
    "only_first": "{formula} is in the first alone",
    "only_second": "{formula} is in the second alone",
    "changed": "{name} was changed, and the rest follows",
    "shape": "{name} has the shape {a} in the first, {b} in the second",
    "dtype": "{name} is {a} in the first, {b} in the second",
    "arguments": "{formula} has other arguments, or was given other numbers",
    "otherwise": "{formula} is computed otherwise: in the first it is {other}",
    "no_gradient_first": "∂{name}: the first has no gradient there",
    "no_gradient_second": "∂{name}: the second has no gradient there",
    "assigned": "∂{name}: that is what comes by {by} alone: `=` for `+=`",
    "missing": "∂{name}: what comes by {by} is missing: it was pushed too late, or not at all",
    "no_slope": "∂{name}: the gradient of {by} as it is: the local slope is missing",
    "early": "∂{name}: {by} was pushed before {of} had paid into it",
    "sign": "∂{name}: the sign is wrong",
    "twice": "∂{name}: twice what it is: swept twice, and not set to zero between: zero_grad is missing",
    "there": "∂{name}: {value} was there before: zero_grad is missing",
    "off": "∂{name}: off by {value}, which is no single path",
}


class Finding(NamedTuple):
    """What a difference comes from: its kind, of `FINDINGS`, and what is named in it."""

    kind: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        return FINDINGS[self.kind].format_map(self.fields)


class Row(NamedTuple):
    """A number that differs, or a gradient: what it is in both, as text, and what there is to say, of `REMARKS`."""

    pair: Pair
    name: str
    a: str
    b: str
    remark: str
    is_grad: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What differs between two runs; print it, or show it with ``viz.compare(a, b)``.

    ``pairs`` has every node of either; ``findings`` are what the differences come from, where that is known, and
    ``sentences`` the same in words; ``rows`` are the table of what differs.
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
        """Whether both are the same computation, node by node, and in the same order."""
        shapes = [[(e.op, inputs_of(e)) for e in graph.equations] for graph in (self.a, self.b)]
        return shapes[0] == shapes[1] and all(pair.a == pair.b for pair in self.pairs)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the differences come from: the nodes where values begin to differ, and mistakes by their signs."""
        found = [self._only(pair) for pair in self.pairs if None in pair[:2]]
        found += [self._cause(pair) for pair in self.pairs if pair.cause or pair.otherwise]
        if not any(pair.value or pair.otherwise or None in pair[:2] for pair in self.pairs):
            found += filter(None, map(self._mistake, self.pairs))
        return tuple({str(each): each for each in found}.values())

    @property
    def sentences(self) -> tuple[str, ...]:
        """The findings in words."""
        return tuple(map(str, self.findings))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """What differs, as a table: a row for a value, and one for a gradient."""
        return tuple(row for pair in self.differing for row in self._rows(pair))

    def __bool__(self) -> bool:
        raise TypeError("a Comparison is neither true nor false: ask for comparison.differing")

    def __str__(self) -> str:
        if not self.differing:
            return f"the same: {len(self.pairs)} nodes"
        rows = [
            ("node", "a", "b", ""),
            *((f"∂ {x.name}" if x.is_grad else x.name, x.a, x.b, REMARKS[x.remark]) for x in self.rows[:FEW]),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        if len(self.rows) > FEW:
            lines.append(f"… and {len(self.rows) - FEW} more")
        return "\n".join([*lines, *self.sentences])

    __repr__ = __str__

    def _rows(self, pair: Pair) -> Iterator[Row]:
        graph, index = (self.a, pair.a) if pair.a is not None else (self.b, pair.b)
        assert index is not None
        name = graph.names[index]
        if pair.a is None or pair.b is None:
            there = format_number(graph.data[index])
            yield Row(pair, name, *((there, NONE) if pair.b is None else (NONE, there)), "alone")
            return
        if pair.value or pair.otherwise:
            numbers = format_number(self.a.data[pair.a]), format_number(self.b.data[pair.b])
            yield Row(pair, name, *numbers, "otherwise" if not pair.value else "begins" if pair.cause else "follows")
        if pair.grad:
            held = self.grads[0][pair.a], self.grads[1][pair.b]
            a, b = (NONE if g is None else format_number(g) for g in held)
            yield Row(pair, name, a, b, "", is_grad=True)

    def _only(self, pair: Pair) -> Finding:
        if pair.b is None:
            return Finding("only_first", {"formula": self.a.formula(pair.a)})  # type: ignore[arg-type]
        return Finding("only_second", {"formula": self.b.formula(pair.b)})

    def _cause(self, pair: Pair) -> Finding:
        assert pair.a is not None
        assert pair.b is not None
        node, x, y = self.b.nodes[pair.b], self.a.data[pair.a], self.b.data[pair.b]
        if node.is_leaf:
            shapes = np.shape(x), np.shape(y)
            if shapes[0] != shapes[1]:
                return Finding("shape", {"name": node.name, "a": str(shapes[0]), "b": str(shapes[1])})
            if pair.otherwise:
                return Finding("dtype", {"name": node.name, "a": str(dtype_of(x)), "b": str(dtype_of(y))})
            return Finding("changed", {"name": node.name})
        formula, other = self.b.formula(node), self.a.formula(pair.a)
        if formula == other:
            return Finding("arguments", {"formula": formula})
        return Finding("otherwise", {"formula": formula, "other": other})

    def _mistake(self, pair: Pair) -> Finding | None:
        """Which mistake the gradient of the second comes from, by its signs."""
        if not pair.grad or pair.a is None or pair.b is None:
            return None
        name = self.b.names[pair.b]
        right, wrong = self.grads[0][pair.a], self.grads[1][pair.b]
        if wrong is None or right is None:
            return Finding("no_gradient_second" if wrong is None else "no_gradient_first", {"name": name})
        paid = [event for event in self._events if event.target == pair.b]
        for event in paid:
            fields = {"name": name, "by": self.b.names[event.node]}
            if len(paid) > 1 and same(wrong, event.contribution):
                return Finding("assigned", fields)
            if len(paid) > 1 and same(wrong, right - event.contribution):
                return Finding("missing", fields)
            if len(paid) == 1 and same(wrong, event.incoming) and not same(event.incoming, event.contribution):
                return Finding("no_slope", fields)
        for event in paid:
            if np.ndim(event.incoming) or not event.incoming:
                continue
            for late, brought in self._brought(event.node).items():
                if same(wrong, right - event.contribution * brought / event.incoming):
                    return Finding("early", {"name": name, "by": self.b.names[event.node], "of": self.b.names[late]})
        if same(wrong, -right):
            return Finding("sign", {"name": name})
        if not self.b.nodes[pair.b].is_leaf or not paid:
            return None
        if same(wrong, 2 * right):
            return Finding("twice", {"name": name})
        leaves = [x for x in self.pairs if x.a is not None and self.a.nodes[x.a].is_leaf]
        is_all = all(x.grad for x in leaves if self.grads[0][x.a or 0] is not None)
        return Finding("there" if is_all else "off", {"name": name, "value": format_number(wrong - right)})

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
