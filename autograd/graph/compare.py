"""Two runs of one computation, side by side: what differs, where it begins, and which mistake it looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import GraphError, short_repr
from autograd.graph.align import Pair, dtype_of, inputs_of, pairs, same
from autograd.graph.graph import Graph
from autograd.graph.recording import HasRecording, Iteration, Recording
from autograd.graph.steps import Timeline, steps
from autograd.node import Node
from autograd.notation.words import format_number

#: What can be compared.
Comparable = Node | Graph | Timeline | Iteration | Recording | HasRecording

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
    "iteration": "iteration {number} is the first that differs",
    "no_iteration": "no iteration differs, of {number}",
    "longer_first": "the first has {number} more",
    "longer_second": "the second has {number} more",
    "in_first": "in the first: {part}",
    "updated": "the update of {name} differs: it is {a} after it in the first, {b} in the second",
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
    "scaled": "∂{name}: {part} times what it is: clipped, or a factor is missing",
    "scaled_or_there": (
        "∂{name}: clipped, or {part} times what it is, or {value} was there before: zero_grad is missing"
    ),
    "clipped": "∂{name}: clipped at {value}",
    "twice": "∂{name}: twice what it is: swept twice, and not set to zero between: zero_grad is missing",
    "there": "∂{name}: {value} was there before: zero_grad is missing",
    "off": "∂{name}: off by {value}, which is no single path",
}


class Finding(NamedTuple):
    """What a difference comes from: its kind, of `FINDINGS`, and what is named in it."""

    kind: str
    fields: Mapping[str, str | Finding]

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
    #: of two trainings: what leaves hold after the update of this iteration, and where it stands among the others
    after: tuple[Mapping[int, Any], Mapping[int, Any]] = ({}, {})
    rates: tuple[float | None, float | None] | None = None  #: of both updates, where they were looked for
    place: tuple[Finding, ...] = ()

    @property
    def differing(self) -> tuple[Pair, ...]:
        """The nodes of which something differs."""
        return tuple(pair for pair in self.pairs if self._differs(pair) or self._is_updated_otherwise(pair))

    @property
    def is_aligned(self) -> bool:
        """Whether both are the same computation, node by node, and in the same order."""
        shapes = [[(e.op, inputs_of(e)) for e in graph.equations] for graph in (self.a, self.b)]
        return shapes[0] == shapes[1] and all(pair.a == pair.b for pair in self.pairs)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the differences come from: mistakes by their signs, and the nodes where values begin to differ.

        A mistake is what a run holds beside what its own sweep gives, be the numbers of the other what they are.
        """
        found = [self._mistake(pair, side) for side in (1, 0) for pair in self.pairs if self._is_wrong(pair, side)]
        known = list(filter(None, found))
        known += [self._only(pair) for pair in self.pairs if None in pair[:2]]
        known += [self._cause(pair) for pair in self.pairs if pair.cause or pair.otherwise]
        known += [self._updated(pair) for pair in self.pairs if self._is_updated_otherwise(pair)]
        return tuple({str(each): each for each in (*self.place, *known)}.values())

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
        if not self.rows:
            return "\n".join(self.sentences) or f"the same: {len(self.pairs)} nodes"
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

    def _differs(self, pair: Pair) -> bool:
        return pair.value or pair.grad or pair.otherwise or None in pair[:2]

    def _is_updated_otherwise(self, pair: Pair) -> bool:
        """Whether the update makes another number of what is the same before it."""
        if pair.a is None or pair.b is None or pair.value:
            return False
        return not same(*(after.get(i, graph.data[i]) for after, i, graph in self._sides(pair)))

    def _updated(self, pair: Pair) -> Finding:
        a, b = (format_number(after.get(i, graph.data[i])) for after, i, graph in self._sides(pair))
        return Finding("updated", {"name": self.b.names[pair.b or 0], "a": a, "b": b})

    def _sides(self, pair: Pair) -> Iterator[tuple[Mapping[int, Any], int, Graph]]:
        return zip(self.after, (pair.a or 0, pair.b or 0), (self.a, self.b), strict=True)

    def _is_wrong(self, pair: Pair, side: int) -> bool:
        """Whether a run holds another gradient than its own sweep gives, and the other run does not, or is the same."""
        if pair.a is None or pair.b is None or not (pair.grad or pair.value):
            return False
        wrong = [not same(self.grads[k][i], self._own[k].gradients[i]) for k, i in enumerate((pair.a, pair.b))]
        return wrong[side] and (not wrong[1 - side] or (side == 1 and not self._has_other_values))

    @cached_property
    def _has_other_values(self) -> bool:
        return any(pair.value or pair.otherwise or None in pair[:2] for pair in self.pairs)

    @cached_property
    def _own(self) -> tuple[Timeline, Timeline]:
        """The sweeps of both."""
        return steps(self.a), steps(self.b)

    def _mistake(self, pair: Pair, side: int) -> Finding | None:
        """Which mistake a gradient comes from, by its signs; that of the first is said to be there."""
        graph, index = (self.a, self.b)[side], pair[side]
        assert index is not None
        found = self._sign(graph, index, self.grads[side][index], self._own[side], side)
        if found is None or side == 1 or found.kind.startswith("no_gradient"):
            return found
        return Finding("in_first", {"part": found})

    def _sign(self, graph: Graph, index: int, wrong: Any, own: Timeline, side: int) -> Finding | None:
        name, right, events = graph.names[index], own.gradients[index], own.events
        if wrong is None or right is None:
            return Finding(f"no_gradient_{('first', 'second')[(wrong is None) == side]}", {"name": name})
        paid = [event for event in events if event.target == index]
        for event in paid:
            fields = {"name": name, "by": graph.names[event.node]}
            if len(paid) > 1 and same(wrong, event.contribution):
                return Finding("assigned", fields)
            if len(paid) > 1 and same(wrong, right - event.contribution):
                return Finding("missing", fields)
            if len(paid) == 1 and same(wrong, event.incoming) and not same(event.incoming, event.contribution):
                return Finding("no_slope", fields)
        for event in paid:
            if np.ndim(event.incoming) or not event.incoming:
                continue
            for late, brought in brought_to(event.node, events).items():
                if same(wrong, right - event.contribution * brought / event.incoming):
                    return Finding("early", {"name": name, "by": graph.names[event.node], "of": graph.names[late]})
        if same(wrong, -right):
            return Finding("sign", {"name": name})
        if not graph.nodes[index].is_leaf or not paid:
            return None
        known = [i for i in graph.leaves if own.gradients[i] is not None]
        both = [(self.grads[side][i], own.gradients[i]) for i in known]
        if all(held is not None and same(held, 2 * due) for held, due in both):
            return Finding("twice", {"name": name})
        several = sum(np.size(due) for _, due in both) > 1
        if several and (bound := common_bound(both)) is not None:
            return Finding("clipped", {"name": name, "value": format_number(bound)})
        part = common_part(both)
        if 0 < part < 1:
            fields = {"name": name, "part": format_number(part), "value": format_number(wrong - right)}
            return Finding("scaled" if several else "scaled_or_there", fields)  # of several it is no chance
        is_all = not any(same(*pair) for pair in both)
        return Finding("there" if is_all else "off", {"name": name, "value": format_number(wrong - right)})


def common_bound(both: Sequence[tuple[Any, Any]]) -> float | None:
    """At which size all gradients that are held were clipped, element by element; None where they were not."""
    if any(held is None or np.shape(held) != np.shape(due) for held, due in both):
        return None
    held, due = (np.concatenate([np.ravel(pair[k]) for pair in both]) for k in range(2))
    bound = float(np.max(np.abs(held)))
    return bound if same(held, np.clip(due, -bound, bound)) else None


def common_part(both: Sequence[tuple[Any, Any]]) -> float:
    """By which number all gradients that are held are those that are due; 0 where there is none."""
    if any(held is None or np.shape(held) != np.shape(due) for held, due in both):
        return 0.0
    held, right = (np.concatenate([[0.0], *(np.ravel(pair[k]) for pair in both)]) for k in range(2))
    part = float(held @ right) / (float(right @ right) or 1.0)
    return part if same(held, part * right) else 0.0


def brought_to(node: int, events: Sequence[Any]) -> dict[int, float]:
    """What each user of a scalar node pays into it."""
    found: dict[int, float] = {}
    for event in events:
        if event.target == node and np.ndim(event.contribution) == 0:
            found[event.node] = found.get(event.node, 0.0) + event.contribution
    return found


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

    Two trainings, as `Recording` or ``nn.Record`` keeps them, are compared iteration by iteration, and the first that
    differs is the one that is shown, with its update.

    Raises `GraphError` for what is no computation, for a training beside something else, and what `steps` raises.
    """
    if (one := Recording.of(a)) is not None and (other := Recording.of(b)) is not None:
        return first_difference(one, other)
    return of_two(timeline_of(a, "a"), timeline_of(b, "b"))


def of_two(first: Timeline, second: Timeline) -> Comparison:
    graphs = first.graph, second.graph
    grads = gradients_of(first), gradients_of(second)
    return Comparison(*graphs, grads, tuple(pairs(*graphs, *grads)))


def first_difference(a: Recording, b: Recording) -> Comparison:
    """The first iteration that differs, by its numbers or by its update; the last, where none does."""
    both = list(zip(a, b, strict=False))
    if not both:
        raise GraphError("compare: expected two trainings, got one without an iteration: take(loss) each of them")
    for first, second, *rates in zip(a, b, a.rates, b.rates, strict=False):
        after = first.after, second.after
        found = replace(of_two(first.timeline, second.timeline), after=after, rates=(rates[0], rates[1]))
        if found.differing or found.findings:
            return replace(found, place=(Finding("iteration", {"number": str(second.number)}),))
    more = len(a) - len(b)
    place = [Finding("no_iteration", {"number": str(len(both))})]
    if more:
        place.append(Finding("longer_first" if more > 0 else "longer_second", {"number": str(abs(more))}))
    return replace(found, place=tuple(place))


def timeline_of(what: Comparable, name: str) -> Timeline:
    if isinstance(what, Timeline):
        return what
    if isinstance(what, Iteration):
        return what.timeline
    if isinstance(what, Node | Graph):
        return steps(what)
    if Recording.of(what) is not None:
        raise GraphError(
            f"compare: {name} is a training: compare it with another, or one of its iterations, as in {name}[0]"
        )
    raise GraphError(
        f"compare: {name}: expected a Value, a Tensor, a Graph, a Timeline or a Recording, got {short_repr(what)}"
    )


def gradients_of(timeline: Timeline) -> tuple[Any, ...]:
    """Those that the nodes hold, where its output was swept, be it by hand; else those of a sweep."""
    graph = timeline.graph
    return timeline.gradients if graph.grads[graph.outputs[0]] is None else graph.grads
