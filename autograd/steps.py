"""Graph -> timeline: every forward step, the seed, and one step for every edge of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from autograd.errors import GraphError, ShapeError
from autograd.explain import explain, local_derivative
from autograd.graph import Graph, GraphNode
from autograd.node import Node, op_of
from autograd.notation.printer import text
from autograd.notation.words import MINUS, format_number, latex_number, latex_ratio, ratio
from autograd.op import shape_of
from autograd.ops.shaping import unbroadcast
from autograd.sweep import sweep
from autograd.symbol import Symbol

Kind = Literal["forward", "seed", "backward"]

#: How many steps the repr of a timeline shows.
FEW = 50

SEED = "the gradient of the output by itself is 1"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Step:
    """One thing that happens, with its numbers; its words are made when they are asked for.

    ``forward``: ``node`` is computed, ``after`` is its value. ``seed``: the gradient of the output by itself
    is 1. ``backward``: the gradient ``upstream`` of ``node`` flows to ``target``, its input number ``input``:
    ``contribution`` takes the gradient of the target from ``before`` to ``after``, as the ``nth`` of ``of``
    contributions.
    """

    graph: Graph
    kind: Kind
    node: int
    input: int | None = None
    target: int | None = None
    upstream: Any = None
    contribution: Any = None
    before: Any = None
    after: Any
    nth: int | None = None
    of: int | None = None

    def __str__(self) -> str:
        return self.formula + (f"   ({self.ledger})" if self.ledger else "")

    def __repr__(self) -> str:
        return f"Step({self})"

    @property
    def local(self) -> Any:
        """The slope by which ``upstream`` was multiplied; None where an operation mixes elements."""
        if self.input is None:
            return None
        node = self.graph.nodes[self.node]
        if node.slopes is not None:
            return node.slopes[self.input]
        if not op_of(node).is_elementwise:
            return None
        with np.errstate(all="ignore"):
            slope = op_of(node).partial(self.input, node.data, self.graph.inputs_of(node), node.params)
            return np.asarray(slope * np.ones(node.shape, node.data.dtype))

    @property
    def formula(self) -> str:
        """What happens, as people write it: ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4."""
        if self.kind == "forward":
            explanation = explain(self.graph.nodes[self.node], self.graph)
            return f"{explanation.formula} = {explanation.numbers}"
        f, q = self._output, self.graph.nodes[self.node].name
        if self.kind == "seed":
            return f"{ratio(f, f)} = 1"
        x = self.graph.nodes[self._target].name
        if (product := self._product) is not None:
            chain = f"{ratio(f, x)} += {ratio(f, q)} · {ratio(q, x)}"
            return f"{chain} = {product} = {format_number(self.contribution)}"
        return f"{ratio(f, x)} += {self._rule_text()} = {format_number(self.contribution)}"

    @property
    def latex(self) -> str:
        """The same as LaTeX."""
        if self.kind == "forward":
            return explain(self.graph.nodes[self.node], self.graph).latex
        f, q = self._output, self.graph.nodes[self.node].name
        if self.kind == "seed":
            return f"{latex_ratio(f, f)} = 1"
        x = self.graph.nodes[self._target].name
        chain = rf"{latex_ratio(f, x)} \mathrel{{+}}= {latex_ratio(f, q)} \cdot {latex_ratio(q, x)}"
        if (product := self._product) is None:
            return chain
        return f"{chain} = {latex_number(product)} = {latex_number(format_number(self.contribution))}"

    @property
    def sentence(self) -> str:
        """What the gradient does here, in words."""
        return SEED if self.kind == "seed" else op_of(self.graph.nodes[self.node]).doc

    @property
    def source(self) -> str | None:
        """The line of code that made the node, where it was made inside ``tracing()``."""
        return None if self.kind == "seed" else self.graph.nodes[self.node].source

    @property
    def ledger(self) -> str:
        """``2nd of 2: now 6`` where several contributions sum, else empty."""
        if self.nth is None or self.of is None or self.of < 2:
            return ""
        return f"{ordinal(self.nth)} of {self.of}: now {format_number(self.after)}"

    @property
    def _output(self) -> str:
        return self.graph.nodes[self.graph.outputs[0]].name

    @property
    def _target(self) -> int:
        assert self.target is not None
        return self.target

    @property
    def _product(self) -> str | None:
        """The product of two numbers that the contribution is, where it is one."""
        local = self.local
        if local is None or not np.shape(local) == np.shape(self.contribution) == ():
            return None
        return factors(self.upstream, local)

    def _rule_text(self) -> str:
        """The rule in symbols, with ∂f/∂q for the gradient that comes in."""
        graph, node, slot = self.graph, self.graph.nodes[self.node], self.input
        assert slot is not None
        inputs = [Symbol(format_number(x), x.shape) if isinstance(x, np.ndarray) else x for x in graph.symbols(node)]
        op, g = op_of(node), ratio(self._output, node.name)
        rule = local_derivative(op, slot, Symbol(node.name, node.shape), inputs, node.params, g)
        part = Symbol(g, node.shape) * rule if op.is_elementwise else rule
        return text(unbroadcast(part, shape_of(graph.inputs_of(node)[slot])))


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
    forward = [
        Step(graph=graph, kind="forward", node=node.index, after=node.data)
        for node in graph.nodes
        if node.op is not None
    ]
    backward, gradients = backward_steps(graph, output)
    return Timeline(graph, tuple(gradients), tuple(forward + backward))


def backward_steps(graph: Graph, output: GraphNode) -> tuple[list[Step], list[Any]]:
    """The seed and a step an edge, nodes last to first; and every node's final gradient (None: no path)."""
    one = 1.0 if isinstance(output.data, float) else np.ones(output.shape, output.data.dtype)
    gradients: list[Any] = [None] * len(graph.nodes)
    gradients[output.index] = one

    def operands(index: int) -> tuple[Any, Sequence[Any]]:
        return graph.nodes[index].data, graph.inputs_of(graph.nodes[index])

    with np.errstate(all="ignore"):
        events = list(sweep(graph.equations()[: output.index + 1], operands, [None] * output.index + [one]))
    totals = Counter(event.target for event in events)
    counts: Counter[int] = Counter()
    steps = [Step(graph=graph, kind="seed", node=output.index, after=one)]
    for event in events:
        target, contribution = event.target, of_kind(graph.nodes[event.target].data, event.contribution)
        counts[target] += 1
        before = of_kind(graph.nodes[target].data, 0.0) if gradients[target] is None else gradients[target]
        gradients[target] = of_kind(graph.nodes[target].data, before + contribution)
        steps.append(
            Step(
                graph=graph,
                kind="backward",
                node=event.node,
                input=event.input,
                target=target,
                upstream=gradients[event.node],
                contribution=contribution,
                before=before,
                after=gradients[target],
                nth=counts[target],
                of=totals[target],
            )
        )
    return steps, gradients


def of_kind(data: Any, number: Any) -> Any:
    """A float beside a float; beside an array an array of its shape."""
    return np.broadcast_to(np.asarray(number, data.dtype), data.shape) if isinstance(data, np.ndarray) else number


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
