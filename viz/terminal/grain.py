"""How much happens in one step: an edge, a node, a neuron or a layer; the same groups as in a page."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from autograd import Graph, Step, Timeline, groups

Grain = Literal["edge", "node", "neuron", "layer"]


@dataclass(frozen=True, eq=False)
class Grained:
    """Steps in an order in which those of one group follow each other, and the moments at which a walk stops."""

    steps: Sequence[Step]
    stops: Sequence[int]
    titles: Mapping[int, str] = field(
        default_factory=dict
    )  #: of the group that a stop completes, as the engine says it


def grains(graph: Graph) -> tuple[Grain, ...]:
    """Those that there are of a graph.

    >>> from autograd import Value
    >>> grains(Graph.of(Value(2.0) * 3))
    ('edge', 'node')
    """
    kinds = {group.kind for group in groups(graph)}
    several: tuple[Grain, ...] = ("neuron", "layer")
    return ("edge", "node", *(kind for kind in several if kind in kinds))


def grained(timeline: Timeline, by: Grain) -> Grained:
    """The steps of a timeline, so many at a time.

    >>> from autograd import Value, steps
    >>> x, y = Value(3.0, "x"), Value(4.0, "y")
    >>> grained(steps(x * y + x), "node").stops
    [0, 1, 2, 3, 5, 7]
    """
    if by == "edge":
        return Grained(timeline, range(len(timeline) + 1))
    members = {i: group for group in groups(timeline.graph) if group.kind in (by, "loss") for i in group.nodes}
    units: list[Hashable] = [members.get(i, i) for i in range(len(timeline.graph))]
    steps = list(timeline)
    if by != "node":
        rank = ranks(timeline.graph, units)
        forward = sorted((step for step in steps if step.kind == "forward"), key=lambda step: rank[step.node])
        backward = sorted((step for step in steps if step.kind == "backward"), key=lambda step: -rank[step.node])
        steps = [*forward, *(step for step in steps if step.kind == "seed"), *summed_anew(backward)]
    else:
        units = list(range(len(timeline.graph)))
    ways = [(step.kind, units[step.node]) for step in steps]
    stops = [
        0,
        *(k for k, (one, other) in enumerate(pairwise(ways), 1) if one != other),
        *([len(steps)] if steps else []),
    ]
    titles = {k: members[steps[k - 1].node].title for k in stops[1:] if by != "node" and steps[k - 1].node in members}
    return Grained(steps, stops, titles)


def ranks(graph: Graph, units: Sequence[Hashable]) -> list[int]:
    """The place of each node where units come one after the other; its own index, if they need each other."""
    needs: dict[Hashable, set[Hashable]] = {}
    for i, equation in enumerate(graph.equations):
        if equation.op is not None:
            inputs = [x for x in equation.inputs if isinstance(x, int) and graph.equations[x].op is not None]
            needs.setdefault(units[i], set()).update(units[x] for x in inputs if units[x] != units[i])
    order: dict[Hashable, int] = {}
    while fresh := [unit for unit, others in needs.items() if unit not in order and others <= order.keys()]:
        order |= {unit: len(order) + k for k, unit in enumerate(fresh)}
    if len(order) < len(needs):
        return list(range(len(graph)))
    places = sorted(range(len(graph)), key=lambda i: (order.get(units[i], -1), i))
    return [place for _, place in sorted((i, place) for place, i in enumerate(places))]


def summed_anew(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps back in another order, with the sums of this one."""
    seen: dict[int | None, tuple[int, object]] = {}
    for step in steps:
        nth, before = seen.get(step.target, (0, 0.0))
        after = step.contribution if nth == 0 else before + step.contribution
        seen[step.target] = nth + 1, after
        yield step._replace(before=before, after=after, nth=nth + 1)
