"""Graph -> timeline: every forward step, the seed, and one step for every edge of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from autograd import notebook
from autograd.call import shape_of
from autograd.errors import GraphError, ShapeError
from autograd.graph.explain import Explanation, explain_value, local_derivatives
from autograd.graph.graph import Graph, GraphNode
from autograd.node import Node
from autograd.notation.printer import text
from autograd.notation.symbol import Symbol
from autograd.notation.words import MINUS, format_number, latex_number, latex_ratio, ratio
from autograd.op import op_of
from autograd.ops.shaping import unbroadcast
from autograd.program import Equation, made, unpickled
from autograd.sweep.events import Event, events, is_scalar, plain, scalar_events

Kind = Literal["forward", "seed", "backward"]

#: How many steps the repr of a timeline shows.
FEW = 50

SEED = "the gradient of the output by itself is 1"


class Step(NamedTuple):
    """One thing that happens, with its numbers; its words are made when they are asked for.

    ``forward``: ``node`` is computed, ``after`` is its value. ``seed``: the gradient of the output by itself
    is 1. ``backward``: the gradient ``upstream`` of ``node`` flows to ``target``, its input number ``input``:
    ``contribution`` takes the gradient of the target from ``before`` to ``after``, as the ``nth`` of ``of``
    contributions.
    """

    graph: Graph
    kind: Kind
    node: int
    after: Any
    input: int | None = None
    target: int | None = None
    upstream: Any = None
    contribution: Any = None
    before: Any = None
    nth: int | None = None
    of: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled, (Step, *self)

    def __str__(self) -> str:
        return self.formula + (f"   ({self.ledger})" if self.ledger else "")

    def __repr__(self) -> str:
        return f"Step({self})"

    def _repr_html_(self) -> str:  # a NamedTuple takes methods alone
        return notebook.html(self)

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
        slope = self.graph.found_once(slopes_of, self.node)[self.input]
        with np.errstate(all="ignore"):
            return np.asarray(slope * np.ones(node.shape, node.data.dtype))

    @property
    def formula(self) -> str:
        """What happens, as people write it: ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4."""
        if self.kind == "forward":
            explanation = self._computed
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
            return self._computed.latex
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
    def scope(self) -> tuple[str, ...]:
        """The path of the scopes that the node was made in, outermost first; () outside ``tracing()``."""
        return () if self.kind == "seed" else self.graph.nodes[self.node].scope

    @property
    def ledger(self) -> str:
        """``2nd of 2: now 6`` where several contributions sum, else empty."""
        if self.nth is None or self.of is None or self.of < 2:
            return ""
        return f"{ordinal(self.nth)} of {self.of}: now {format_number(self.after)}"

    @property
    def _computed(self) -> Explanation:
        node = self.graph.nodes[self.node]
        return explain_value(self.graph, node, op_of(node))

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
        if np.shape(self.contribution) != () or (local := self.local) is None or np.shape(local) != ():
            return None
        return factors(self.upstream, local)

    def _rule_text(self) -> str:
        """The rule in symbols, with ∂f/∂q for the gradient that comes in."""
        node = self.graph.nodes[self.node]
        rule = self.graph.found_once(rules_of, self.node)[self.input]
        part = Symbol(upstream_name(self.graph, node), node.shape) * rule if op_of(node).is_elementwise else rule
        return text(unbroadcast(part, self.graph.equations[self._target].shape))


@dataclass(frozen=True, eq=False, repr=False)
class Timeline(Sequence[Step]):
    """The steps of one computation and its backward pass, in order, made when they are asked for.

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

    def __getstate__(self) -> dict[str, Any]:
        return {"graph": self.graph}  # the rest follows from it

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self.graph) - len(self.graph.leaves) + 1 + len(self.events)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return str(self) if len(self) <= FEW else f"Timeline({len(self)} steps: print it, or show it with viz.step)"

    _repr_html_ = notebook.html

    def __str__(self) -> str:
        lines = []
        phase = None
        for step in self:
            now = "forward" if step.kind == "forward" else "backward"
            if now != phase:
                lines.append(now)
                phase = now
            lines.append(f"  {step}")
        return "\n".join(lines)

    @property
    def gradients(self) -> tuple[Any, ...]:
        """The gradient of every node of the graph, where the steps end; None where no path leads."""
        return self._swept[0]

    @property
    def events(self) -> tuple[Event, ...]:
        """Those of the sweep, one for each step on the way back."""
        return self._swept[1]

    @cached_property
    def _swept(self) -> tuple[tuple[Any, ...], tuple[Event, ...]]:
        """The gradients and the events."""
        graph, (output,) = self.graph, self.graph.outputs
        equations, slopes = graph.equations[: output + 1], graph.slopes[: output + 1]
        beyond = [None] * (len(graph) - len(equations))  # conditions that no number depends on
        adjoints: list[Any] = [None] * output + [in_full(equations[output], 1.0)]
        if is_scalar(graph.data[output], adjoints, slopes):
            swept = tuple(scalar_events(equations, adjoints, slopes))
            return (*adjoints, *beyond), swept

        def operands(index: int) -> tuple[Any, Sequence[Any]]:
            return graph.data[index], graph.inputs_of(index)

        with np.errstate(all="ignore"):
            swept = tuple(events(equations, operands, adjoints, slopes))
        gradients = [None if g is None else in_full(e, plain(g)) for e, g in zip(equations, adjoints, strict=True)]
        return (*gradients, *beyond), swept

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        graph, (output,) = self.graph, self.graph.outputs
        forward = [
            Step(graph, "forward", i, graph.data[i])
            for i, equation in enumerate(graph.equations)
            if equation.op is not None
        ]
        seed = Step(graph, "seed", output, self.gradients[output])
        return (*forward, seed, *backward_steps(graph, self.events))


def steps(what: Node | Graph) -> Timeline:
    """The timeline of a node's computation, or of a graph with one output. Touches no live node.

    Raises `ShapeError` if the output holds more than one number, `GraphError` for several outputs.
    """
    graph = what if isinstance(what, Graph) else Graph.of(what)
    if len(graph.outputs) != 1:
        raise GraphError(f"steps: expected one output, got {len(graph.outputs)}")
    shape = shape_of(graph.data[graph.outputs[0]])
    if prod(shape) != 1:
        raise ShapeError(f"steps: the output must hold one number, got shape {shape}: use .sum() or .mean()")
    return Timeline(graph)


def backward_steps(graph: Graph, events: Sequence[Event]) -> Iterator[Step]:
    """A step an event; each target counts what it receives."""
    equations = tuple(graph.equations)
    totals = Counter([event.target for event in events])
    counts = dict.fromkeys(totals, 0)
    for node, slot, target, incoming, contribution, before, after in events:
        counts[target] = nth = counts[target] + 1
        before = 0.0 if before is None else before
        if equations[node].dtype is not None:  # all are arrays, or none is
            incoming = in_full(equations[node], incoming)
            contribution, before, after = [in_full(equations[target], x) for x in (contribution, before, after)]
        of = totals[target]
        yield made(Step, (graph, "backward", node, after, slot, target, incoming, contribution, before, nth, of))


def rules_of(graph: Graph, index: int) -> dict[int, Any]:
    """The rules of an equation in symbols, by the place of the input, with ∂f/∂q for the gradient that comes in."""
    node = graph.nodes[index]
    inputs = [Symbol(format_number(x), x.shape) if isinstance(x, np.ndarray) else x for x in graph.symbols(node)]
    return local_derivatives(
        op_of(node), Symbol(node.name, node.shape), inputs, node.params, upstream_name(graph, node)
    )


def upstream_name(graph: Graph, node: GraphNode) -> str:
    """What the gradient of a node is called: ∂f/∂q."""
    return ratio(graph.nodes[graph.outputs[0]].name, node.name)


def slopes_of(graph: Graph, index: int) -> dict[int, Any]:
    """The local derivatives of an elementwise operation on arrays, by the place of the input."""
    node = graph.nodes[index]
    wanted = [k for k, x in enumerate(node.inputs) if isinstance(x, int) and graph.equations[x].requires_grad]
    with np.errstate(all="ignore"):
        return dict(op_of(node).partials(wanted, node.data, graph.inputs_of(index), node.params))


def in_full(equation: Equation, number: Any) -> Any:
    """A float for a float; for an array a read-only array of its shape and dtype."""
    if equation.dtype is None:
        return number
    return np.broadcast_to(np.asarray(number, equation.dtype), equation.shape)


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
