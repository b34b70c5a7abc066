"""Which neuron and which layer each node belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd.graph.graph import Graph
from autograd.graph.neurons import Neuron, neurons
from autograd.program import Equation


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of a graph that belong together, with what a person calls them."""

    kind: Literal["neuron", "layer", "loss"]
    title: str  #: "layer 1 · neuron 3"
    nodes: tuple[int, ...]  #: their indices, in order
    layer: str = ""  #: "1", or the scope: "layers.0"
    neuron: int | None = None  #: which of its layer, from 1


def groups(graph: Graph) -> tuple[Group, ...]:
    """The neurons of a graph, its layers, and the loss: for each the nodes that belong to it.

    >>> from autograd import Value
    >>> x = [Value(1.0), Value(2.0)]
    >>> W, b = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.0)]], [Value(0.0), Value(1.0)]
    >>> h = [(w[0] * x[0] + w[1] * x[1] + b_j).tanh() for w, b_j in zip(W, b)]
    >>> graph = Graph.of((h[0] - h[1]) ** 2)
    >>> for group in groups(graph):
    ...     print(group.title, "|", *[graph.names[i] for i in group.nodes][-8:])
    layer · neuron 1 | W[0][0] z_1[0] W[0][1] z_2[0] z_3[0] b[0] z[0] h[0]
    layer · neuron 2 | W[1][0] z_1[1] W[1][1] z_2[1] z_3[1] b[1] z[1] h[1]
    layer | W[1][0] z_1[1] W[1][1] z_2[1] z_3[1] b[1] z[1] h[1]
    loss | q f

    A neuron is a weighted sum with parameters that have names, by label or as elements of what a variable holds, as the
    names z1[2] and h1[2] show it; its output is the activation of that sum, if there is one. Everything that leads to
    nothing but the output of one neuron belongs to it. In a batch each row has its own, and of a
    layer that is used on what it made itself, as in a recurrent network, each step.

    To a layer belong its neurons, and a weighted sum of arrays with its activation; where `tracing` was on, the rest of
    its scope, and for scopes without such a sum what was made in them; and everything that leads to nothing but these.
    What no layer is computed from is the loss. A node is in one neuron at most, and in one layer or the loss at most.
    """
    found = neurons(graph.equations, graph.labels)
    owners: dict[int, Hashable] = {}
    layers: dict[int, Hashable] = {}
    for k, neuron in enumerate(found):
        members = (*neuron.inner, neuron.total, *neuron.outputs)
        layers |= dict.fromkeys(members, neuron.layer)
        if neuron.place:
            owners |= dict.fromkeys(members, k)
    numbered = set(layers.values())
    scoped = with_scopes(layers, graph.scopes)
    owner, layer = leading_only_to(graph, owners), leading_only_to(graph, scoped)
    result = [
        Group("neuron", neuron_title(neuron), tuple(nodes), neuron.layer, neuron.place[-1] + 1)
        for k, nodes in by_group(owner).items()
        if isinstance(k, int) and (neuron := found[k])
    ]
    for name, nodes in by_group(layer).items():
        title = layer_title(str(name)) if name in numbered else str(name)
        result.append(Group("layer", title, tuple(nodes), str(name)))
    rest = after(graph.equations, layer)
    return (*result, *([Group("loss", "loss", tuple(rest))] if layer and rest else []))


def layer_title(number: str) -> str:
    return f"layer {number}".rstrip()


def neuron_title(neuron: Neuron) -> str:
    place, step = neuron.place, f" · step {neuron.step}" if neuron.step else ""
    row = f" · row {place[0] + 1}" if len(place) > 1 else ""
    return f"{layer_title(neuron.layer)} · neuron {place[-1] + 1}{row}{step}"


def with_scopes(layers: Mapping[int, Hashable], scopes: Sequence[tuple[str, ...]]) -> dict[int, Hashable]:
    """The layers of nodes, with those of the scopes that they were made in."""
    known: dict[tuple[str, ...], set[Hashable]] = defaultdict(set)
    for i, layer in layers.items():
        known[scopes[i]].add(layer)
    result = dict(layers)
    for i, scope in enumerate(scopes):
        if scope and i not in layers:
            of = known.get(scope, set())
            result[i] = next(iter(of)) if len(of) == 1 else ".".join(scope[1:] or scope)
    return result


def leading_only_to(graph: Graph, groups: Mapping[int, Hashable]) -> dict[int, Hashable]:
    """For each node its group: the one that is given, or that of all that it is used by."""
    found: dict[int, Hashable] = {}
    outputs = set(graph.outputs)
    users: dict[int, Hashable] = {}  # None where they are of several groups, or of none
    for i in reversed(range(len(graph))):
        group = groups[i] if i in groups else None if i in outputs else users.get(i)
        if group is not None:
            found[i] = group
        for x in graph.equations[i].inputs:
            if isinstance(x, int):
                users[x] = group if users.get(x, group) == group else None
    return dict(sorted(found.items()))


def by_group(found: Mapping[int, Hashable]) -> dict[Hashable, list[int]]:
    result: dict[Hashable, list[int]] = defaultdict(list)
    for i, group in found.items():
        result[group].append(i)
    return dict(sorted(result.items(), key=lambda item: item[1][-1]))


def after(equations: Sequence[Equation], layers: Iterable[int]) -> list[int]:
    """The nodes that are in no layer, and that none is computed from."""
    inside = set(layers)
    before = set(inside)
    for i in reversed(range(len(equations))):
        if i in before:
            before.update(x for x in equations[i].inputs if isinstance(x, int))
    return [i for i in range(len(equations)) if i not in before]
