"""Graph -> timeline: every forward step, the seed, and one step for every edge of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from autograd.backward import Gates
from autograd.errors import GraphError, ShapeError
from autograd.explain import explain, local_derivative
from autograd.graph import Constant, Graph, GraphNode
from autograd.node import Node, op_of
from autograd.notation.printer import text
from autograd.notation.words import MINUS, format_number, latex_number, latex_ratio, ratio
from autograd.ops.shaping import unbroadcast
from autograd.symbol import Symbol

Kind = Literal["forward", "seed", "backward"]

#: How many steps the repr of a timeline shows.
FEW = 50


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """One thing that happens, with its numbers.

    ``forward``: ``node`` is computed, ``after`` is its value. ``seed``: the gradient of the output by itself
    is 1. ``backward``: the gradient ``upstream`` of ``node`` flows to ``target``, its input number ``input``:
    ``contribution = upstream · local`` takes the gradient of the target from ``before`` to ``after``, as the
    ``nth`` of ``of`` contributions. ``local`` is None where an operation mixes elements.
    """

    kind: Kind
    node: int
    input: int | None = None
    target: int | None = None
    upstream: Any = None
    local: Any = None
    contribution: Any = None
    before: Any = None
    after: Any
    nth: int | None = None
    of: int | None = None
    formula: str
    latex: str
    sentence: str
    source: str | None = None

    def __str__(self) -> str:
        return self.formula + (f"   ({self.ledger})" if self.ledger else "")

    @property
    def ledger(self) -> str:
        """``2nd of 2: now 6`` where several contributions sum, else empty."""
        if self.nth is None or self.of is None or self.of < 2:
            return ""
        return f"{ordinal(self.nth)} of {self.of}: now {format_number(self.after)}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Timeline(Sequence[Step]):
    """The steps of one computation and its backward pass, in order; ``gradients`` are where they end.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> print(steps((x + y) * z))
    forward
      q = x + y = −2 + 5 = 3
      f = q · z = 3 · (−4) = −12
    backward
      ∂f/∂f = 1
      ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4
      ∂f/∂z += ∂f/∂f · ∂f/∂z = 1 · 3 = 3
      ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4
      ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4
    """

    graph: Graph
    gradients: tuple[Any, ...]
    _steps: tuple[Step, ...]

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return str(self) if len(self) <= FEW else f"Timeline({len(self)} steps: print it, or show it with viz.step)"

    def __str__(self) -> str:
        lines = []
        phase = None
        for step in self._steps:
            now = "forward" if step.kind == "forward" else "backward"
            if now != phase:
                lines.append(now)
                phase = now
            lines.append(f"  {step}")
        return "\n".join(lines)


def steps(what: Node | Graph) -> Timeline:
    """The timeline of a node's computation, or of a graph with one output. Touches no live node.

    Raises `ShapeError` if the output holds more than one number, `GraphError` for several outputs.
    """
    graph = what if isinstance(what, Graph) else Graph.of(what)
    if len(graph.outputs) != 1:
        raise GraphError(f"steps: expected one output, got {len(graph.outputs)}")
    output = graph.nodes[graph.outputs[0]]
    if np.size(output.data) != 1:
        raise ShapeError(f"steps: the output must hold one number, got shape {output.shape}: use .sum() or .mean()")
    forward = [forward_step(graph, node) for node in graph.nodes if node.op is not None]
    backward, gradients = backward_steps(graph, output)
    return Timeline(graph, tuple(gradients), tuple(forward + backward))


def forward_step(graph: Graph, node: GraphNode) -> Step:
    explanation = explain(node, graph)
    return Step(
        kind="forward",
        node=node.index,
        after=node.data,
        formula=f"{explanation.formula} = {explanation.numbers}",
        latex=explanation.latex,
        sentence=explanation.sentence,
        source=node.source,
    )


def seed_step(output: GraphNode, one: Any) -> Step:
    return Step(
        kind="seed",
        node=output.index,
        after=one,
        formula=f"{ratio(output.name, output.name)} = 1",
        latex=f"{latex_ratio(output.name, output.name)} = 1",
        sentence="the gradient of the output by itself is 1",
    )


def backward_steps(graph: Graph, output: GraphNode) -> tuple[list[Step], list[Any]]:
    """The seed and a step an edge, nodes last to first; and every node's final gradient (None: no path)."""
    one = 1.0 if isinstance(output.data, float) else np.ones(output.shape, output.data.dtype)
    adjoints: list[Any] = [None] * len(graph.nodes)
    adjoints[output.index] = one
    edges = reachable_edges(graph, output)
    totals = Counter(target for _, _, target in edges)
    counts: Counter[int] = Counter()
    gates = Gates()
    pieces: dict[int, Sequence[Any]] = {}  # what a variadic operation hands back, cut once for all its inputs
    steps = [seed_step(output, one)]
    for index, slot, target in edges:
        node, x, upstream = graph.nodes[index], graph.nodes[target], adjoints[index]
        if op_of(node).arity is None and index not in pieces:
            pieces[index] = op_of(node).pull_all(upstream, node.data, graph.inputs_of(node), node.params)
        local, contribution = flow(graph, node, slot, x, upstream, gates, pieces.get(index))
        counts[target] += 1
        before = zero_like(contribution) if adjoints[target] is None else adjoints[target]
        adjoints[target] = before + contribution
        formula, latex = chain_rule(graph, node, slot, (output.name, x.name), (upstream, local, contribution))
        steps.append(
            Step(
                kind="backward",
                node=index,
                input=slot,
                target=target,
                upstream=upstream,
                local=local,
                contribution=contribution,
                before=before,
                after=adjoints[target],
                nth=counts[target],
                of=totals[target],
                formula=formula,
                latex=latex,
                sentence=op_of(node).doc,
                source=node.source,
            )
        )
    return steps, adjoints


def reachable_edges(graph: Graph, output: GraphNode) -> list[tuple[int, int, int]]:
    """Edges that carry a gradient, in the order of the sweep: node, operand slot, target."""
    reached = {output.index}
    edges = []
    for node in reversed(graph.nodes):
        if node.index not in reached:
            continue
        for slot, x in enumerate(node.inputs):
            if isinstance(x, Constant) or not graph.nodes[x].requires_grad:
                continue
            if node.slopes is not None and node.slopes[slot] is None:
                continue  # a closed gate
            reached.add(x)
            edges.append((node.index, slot, x))
    return edges


def flow(
    graph: Graph, node: GraphNode, slot: int, x: GraphNode, g: Any, gates: Gates, pieces: Sequence[Any] | None
) -> tuple[Any, Any]:
    """The local slope (None where elements mix), and what flows back to one input."""
    if node.slopes is not None:
        slope = node.slopes[slot]
        assert slope is not None
        return float(slope), slope * g
    op, xs, local = op_of(node), graph.inputs_of(node), None
    with np.errstate(all="ignore"):
        if op.is_elementwise:
            slope = op.rules[slot](node.data, *xs, **node.params)
            local = np.asarray(slope * np.ones(node.shape, g.dtype))
        contribution = op.pull(slot, g, node.data, xs, node.params) if pieces is None else pieces[slot]
        contribution = gates.pass_through(node, slot, x, contribution, xs, node.data)
    return local, np.asarray(unbroadcast(contribution, x.shape), dtype=x.data.dtype)


def zero_like(x: Any) -> Any:
    return 0.0 if isinstance(x, float) else np.zeros_like(x)


def chain_rule(
    graph: Graph, node: GraphNode, slot: int, ends: tuple[str, str], numbers: tuple[Any, Any, Any]
) -> tuple[str, str]:
    """One use of the chain rule as text and as LaTeX, numbers filled in: ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4."""
    (f, x), q = ends, node.name
    upstream, local, contribution = numbers
    value = format_number(contribution)
    latex = rf"{latex_ratio(f, x)} \mathrel{{+}}= {latex_ratio(f, q)} \cdot {latex_ratio(q, x)}"
    if local is not None and np.shape(local) == np.shape(contribution) == ():
        product = factors(upstream, local)
        in_latex = f"{latex_number(product)} = {latex_number(value)}"
        return f"{ratio(f, x)} += {ratio(f, q)} · {ratio(q, x)} = {product} = {value}", f"{latex} = {in_latex}"
    return f"{ratio(f, x)} += {rule_text(graph, node, slot, f)} = {value}", latex


def rule_text(graph: Graph, node: GraphNode, slot: int, output: str) -> str:
    """The pullback in symbols, with ∂f/∂q for the gradient that comes in."""
    inputs = [Symbol(format_number(x), x.shape) if isinstance(x, np.ndarray) else x for x in graph.symbols(node)]
    op, g = op_of(node), ratio(output, node.name)
    rule = local_derivative(op, slot, Symbol(node.name, node.shape), inputs, node.params, g)
    part = Symbol(g, node.shape) * rule if op.is_elementwise else rule
    return text(unbroadcast(part, graph.inputs_of(node)[slot].shape))


def factors(x: float, y: float) -> str:
    """A product as people write it: a negative second factor goes in parentheses."""
    second = format_number(y)
    return f"{format_number(x)} · {f'({second})' if second.startswith(MINUS) else second}"


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, … 11th, … 21st.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
