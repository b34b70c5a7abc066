"""Graph: an immutable snapshot of a computation, checked, and replayable on new leaf values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd.errors import GraphError, ShapeError
from autograd.names import caller_variables, name_all
from autograd.node import Node, Recorded, topological
from autograd.notation.printer import text
from autograd.op import Bound, Op, Output, static
from autograd.state import Guard
from autograd.sweep import Equation
from autograd.symbol import Symbol
from autograd.value import evaluate


@dataclass(frozen=True, slots=True)
class Constant:
    """An input that is no node: a plain number, or an array (read-only)."""

    data: Any


@dataclass(frozen=True, slots=True, eq=False)
class GraphNode:
    """One node of a `Graph`, as it was when the snapshot was taken.

    ``inputs`` are in order, repeats kept: the index of a node, or a `Constant`. ``data`` is a float or a
    read-only array. ``grad`` is None where no sweep has been. ``slopes`` are the local derivatives of a
    scalar operation, None for an input that no gradient reaches; ``slopes`` is None for a tensor.
    """

    index: int
    name: str
    label: str | None
    op: Op | None
    inputs: tuple[int | Constant, ...]
    params: Mapping[str, Any]
    data: Any
    grad: Any
    requires_grad: bool
    source: str | None
    slopes: tuple[float | None, ...] | None

    @property
    def is_leaf(self) -> bool:
        """Whether nothing computes it."""
        return self.op is None

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The params that hold no inputs: ``axis``, say, but not the list that a concatenation was given."""
        return static(self.params)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data, () for a scalar node."""
        return np.shape(self.data)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Graph:
    """A frozen computation: nodes with inputs before users, and which of them are the outputs.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> graph = Graph.of((x + y) * z)
    >>> graph
    Graph(x, y, q = x + y, z, f = q · z)
    >>> graph.replay({"z": 10})["f"].data
    30.0
    """

    nodes: tuple[GraphNode, ...]
    outputs: tuple[int, ...]
    guards: tuple[tuple[int, bool, str | None], ...] = ()  #: a condition, how it came out, the line that asked

    @classmethod
    def of(cls, *outputs: Node, names: Mapping[str, Any] | None = None) -> Graph:
        """Snapshot of everything the outputs are computed from.

        A node is named by its label, else by the variable that holds it where the person's code runs (or by
        ``names``, a mapping like ``locals()``), else q, r, s … and f for a single output.

        Raises `GraphError` if there is no output or one is no node, `StaleDataError` if data changed since.
        """
        for output in outputs:
            if not isinstance(output, Node):
                raise GraphError(f"Graph.of: expected Values or Tensors, got {type(output).__name__}")
        if not outputs:
            raise GraphError("Graph.of: expected at least one output, as in Graph.of(loss)")
        records = [output._record for output in outputs]
        live, guards = with_guards(records)
        for node in live:
            node._check_fresh()
        known, chosen = name_all(live, records, caller_variables() if names is None else names)
        positions = {id(node): i for i, node in enumerate(live)}
        ends = tuple(positions[id(record)] for record in records)
        nodes = []
        for i, node in enumerate(live):
            inputs = tuple(positions[id(x)] if isinstance(x, Recorded) else Constant(frozen(x)) for x in node.inputs)
            nodes.append(
                GraphNode(
                    index=i,
                    name=chosen[i],
                    label=known[i],
                    op=node.op,
                    inputs=inputs,
                    params=frozen_params(node.params),
                    data=node._snapshot(),
                    grad=frozen(node.grad) if node.has_grad else None,
                    requires_grad=node.requires_grad,
                    source=node.source,
                    slopes=node.slopes,
                )
            )
        return cls(tuple(nodes), ends, tuple((positions[id(g.condition)], g.outcome, g.source) for g in guards))

    def __repr__(self) -> str:
        return f"Graph({', '.join(map(self.formula, self.nodes))})"

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes)

    def __getitem__(self, key: int | str) -> GraphNode:
        """A node by index or by name."""
        if isinstance(key, int):
            return self.nodes[key]
        for node in self.nodes:
            if node.name == key:
                return node
        raise GraphError(f"no node is named {key!r}; the names are {', '.join(node.name for node in self.nodes)}")

    @property
    def leaves(self) -> tuple[int, ...]:
        """The indices of the nodes that nothing computes."""
        return tuple(node.index for node in self.nodes if node.op is None)

    def users(self) -> list[list[tuple[int, int]]]:
        """For every node, who uses it: pairs of node and operand slot, in order, repeats kept."""
        users: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for node in self.nodes:
            for slot, x in enumerate(node.inputs):
                if isinstance(x, int):
                    users[x].append((node.index, slot))
        return users

    def formula(self, node: GraphNode) -> str:
        """``q = x + y`` for one node."""
        if node.op is None:
            return node.name
        return f"{node.name} = {text(applied(node.op, self.symbols(node), node.params))}"

    def symbols(self, node: GraphNode) -> list[Any]:
        """The inputs of a node as Symbols, constants as they are; the same node twice is the same Symbol twice."""
        made: dict[int, Symbol] = {}
        for x in node.inputs:
            if not isinstance(x, Constant):
                made.setdefault(x, Symbol(self.nodes[x].name, self.nodes[x].shape))
        return [x.data if isinstance(x, Constant) else made[x] for x in node.inputs]

    def inputs_of(self, node: GraphNode) -> list[Any]:
        """The numbers or arrays that a node was computed from."""
        return [x.data if isinstance(x, Constant) else self.nodes[x].data for x in node.inputs]

    def equations(self) -> list[Equation]:
        """What the nodes compute, for a sweep."""
        return [
            Equation(
                node.op,
                tuple(None if isinstance(x, Constant) or not self.nodes[x].requires_grad else x for x in node.inputs),
                node.params,
                node.slopes,
            )
            for node in self.nodes
        ]

    def replay(self, values: Mapping[str, Any]) -> Graph:
        """The same computation on new values for the named leaves: a new graph, without gradients.

        Inside `tracing`, comparisons are part of the graph, so `where` chooses anew. Raises `GraphError` for a name
        that is no leaf, for values for which a branch of the code (``if x > 0:``) would have gone the other way, and
        for a `where` whose condition, or a `take_along_axis` whose indices, were computed outside `tracing`;
        `ShapeError` for a value of another shape.
        """
        nodes: list[GraphNode] = []
        for name in values:
            if self[name].op is not None:
                raise GraphError(f"replay: {name!r} is computed, not a leaf: give values for leaves only")
        for node in self.nodes:
            if values and node.source is None and chosen_outside(node):
                raise GraphError(
                    f"replay: {node.name} took a branch, or an order, by a condition that is not part of the graph, "
                    "and might take another for new values: record it inside tracing(), or run the code again"
                )
        for node in self.nodes:
            if node.op is None:
                data = leaf_data(node, values[node.name]) if node.name in values else node.data
                nodes.append(replace(node, data=frozen(data), grad=None))
            else:
                xs = [x.data if isinstance(x, Constant) else nodes[x].data for x in node.inputs]
                nodes.append(recomputed(node, node.op, xs))
        for index, outcome, source in self.guards:
            if bool(nodes[index].data) is not outcome:
                line = f" in {source}" if source else ""
                raise GraphError(
                    f"replay: {self.formula(nodes[index])} came out {outcome}, and is {not outcome} for these values"
                    f"{line}: the code may go another way; run it again"
                )
        return Graph(tuple(nodes), self.outputs, self.guards)


def frozen_params(params: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return params if isinstance(params, Bound) else MappingProxyType(dict(params or {}))


def with_guards(outputs: Sequence[Recorded]) -> tuple[list[Recorded], list[Guard]]:
    """The nodes of the outputs, then those of the conditions that they depend on; and these guards, first to last."""
    live, guards = topological(outputs), list[Guard]()
    while True:
        blocks = {id(node._origin.guards): node._origin.guards for node in live if node._origin is not None}
        found = [guard for block in blocks.values() for guard in block]
        if len(found) == len(guards):
            return live, guards
        guards = found
        live = topological([*outputs, *(guard.condition for guard in guards)])


def applied(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], shape: tuple[int, ...] = ()) -> Symbol:
    """The formula of an operation on these inputs, as it was computed: nothing simplified."""
    return Symbol("", shape, op, tuple(inputs), params)


def frozen(data: Any) -> Any:
    """A number as it is; an array as a read-only one that nobody else writes to."""
    if isinstance(data, np.ndarray):
        if data.flags.writeable:
            data = data.copy()
        data = data.view()
        data.setflags(write=False)
    return data


def leaf_data(node: GraphNode, value: Any) -> Any:
    if isinstance(node.data, float):
        return float(value)
    array = np.array(value, dtype=node.data.dtype)
    if array.shape != node.shape:
        raise ShapeError(f"replay: {node.name} has shape {node.shape}, got {array.shape}")
    return array


def chosen_outside(node: GraphNode) -> bool:
    """Whether what it chooses by, a condition or indices, is no part of the graph."""
    if node.op is None or node.op.is_flat:
        return False
    rules = node.op.rules_for(node.inputs, node.params)
    return any(rule is None and isinstance(x, Constant) for x, (rule, _) in zip(node.inputs, rules, strict=True))


def recomputed(node: GraphNode, op: Op, xs: Sequence[Any]) -> GraphNode:
    """The node on new inputs: its data, slopes where it is scalar, and of several outputs the others too."""
    params, slopes = node.params, node.slopes
    if isinstance(params, Output):
        outputs = tuple(map(frozen, map(np.asarray, op.run(op.forward, xs, params))))
        data, params = outputs[params.index], op.output_params(params, params.index, outputs)
    elif slopes is None:
        data = np.asarray(op.evaluate(xs, params))
    elif op.is_flat:
        data = bool(op.run(op.forward, xs, params))
    else:
        data, *now = evaluate(op, list(xs), params)
        slopes = tuple(None if old is None else slope for old, slope in zip(slopes, now, strict=True))
    return replace(node, params=params, data=frozen(data), slopes=slopes, grad=None)
