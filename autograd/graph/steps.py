"""Graph -> timeline: every forward step, the seed, and one step for every edge of the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import prod
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from autograd import notebook
from autograd.call import shape_of
from autograd.errors import GraphError, ShapeError, short_repr
from autograd.graph.explain import Explanation, explain_value, local_derivatives
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.recorded import Run
from autograd.node import Node
from autograd.notation.printer import text
from autograd.notation.symbol import Symbol
from autograd.notation.words import (
    MINUS,
    format_constant,
    format_index,
    format_number,
    latex_number,
    latex_ratio,
    ordinal,
    ratio,
)
from autograd.op import op_of
from autograd.ops.shaping import unbroadcast
from autograd.program import Equation, made, unpickled
from autograd.sweep.events import Event, events, is_scalar, plain, scalar_events

Kind = Literal["forward", "seed", "backward"]

#: What a breakpoint is: a condition of a step, the name of a node, or NAN.
Until = Callable[["Step"], Any] | str

#: The breakpoint at the first NaN or infinity.
NAN = "nan"

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
        """The line of code that made the node, where it is known, as `GraphNode` says."""
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
    def subject(self) -> str:
        """Whose number ``after`` is, as people write it: q, or ∂f/∂q."""
        if self.kind == "forward":
            return self.graph.nodes[self.node].name
        return ratio(self._output, self.graph.nodes[self.node if self.target is None else self.target].name)

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

    One that was stopped has the first ``stop`` of them alone, the gradients as they are then, and says why.
    """

    graph: Graph
    stop: int | None = None  #: how many steps there are, where it was stopped
    reason: str = ""  #: where and why it was stopped, or that it was not

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}  # the rest follows from them

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __len__(self) -> int:
        return self._forward + 1 + len(self._swept[1]) if self.stop is None else self.stop

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        if len(self) <= FEW:
            return str(self)
        reason = f", {self.reason}" if self.reason else ""
        return f"Timeline({len(self)} steps{reason}: print it, or show it with viz.step)"

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
        return "\n".join([*lines, self.reason] if self.reason else lines)

    def until(self, condition: Until) -> Timeline:
        """The same up to and including the first step at which it is to stop, as `steps` has it."""
        found, reason = first_stop(self, condition)
        if found is None:
            return replace(self, reason="; ".join(filter(None, [self.reason, reason])))
        return replace(self, stop=found + 1, reason=f"stopped after step {found + 1} of {len(self)}: {reason}")

    @cached_property
    def gradients(self) -> tuple[Any, ...]:
        """The gradient of every node of the graph, where the steps end; None where none has come, or no path leads."""
        if self.stop is None:
            return self._swept[0]
        found: list[Any] = [None] * len(self.graph)
        for step in self:
            if step.kind != "forward":
                found[step.node if step.target is None else step.target] = step.after
        return tuple(found)

    @property
    def events(self) -> tuple[Event, ...]:
        """Those of the sweep, one for each step on the way back."""
        return () if self._stops_before_seed else self._swept[1][: len(self) - self._forward - 1]

    @property
    def _forward(self) -> int:
        """How many nodes are computed."""
        return len(self.graph) - len(self.graph.leaves)

    @property
    def _stops_before_seed(self) -> bool:
        """Whether nothing of it needs a sweep: that of a graph of many outputs is none."""
        return self.stop is not None and self.stop <= self._forward

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
        graph = self.graph
        forward = [
            Step(graph, "forward", i, graph.data[i])
            for i, equation in enumerate(graph.equations)
            if equation.op is not None
        ]
        if self._stops_before_seed:
            return tuple(forward[: self.stop])
        (output,), (gradients, events) = graph.outputs, self._swept
        seed = Step(graph, "seed", output, gradients[output])
        return (*forward, seed, *backward_steps(graph, events))[: self.stop]


def steps(what: Node | Graph | Run, until: Until | None = None) -> Timeline:
    """The timeline of a node's computation, or of a graph with one output. Touches no live node.

    That of a run which failed, as `recorded` keeps it, is its way to the failing line, and says which and why.

    ``until`` is a breakpoint: the timeline ends with the first step for which a function of a `Step` holds, as
    ``lambda step: step.kind == "backward" and abs(step.after) > 10``; with the step that completes the gradient of the
    node of a name, or, where no gradient reaches that, computes it; or, for ``"nan"``, with the first number that
    is not finite, NaN or ±∞. Its text ends with where and why it stopped, or that it did not.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> timeline = steps((x + y) * z, until="q")
    >>> print(timeline)
    forward
      q = x + y = −2 + 5 = 3
      f = q · z = 3 · (−4) = −12
    backward
      ∂f/∂f = 1
      ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4
    stopped after step 4 of 7: the gradient of q is complete
    >>> dict(zip(timeline.graph.names, timeline.gradients))
    {'x': None, 'y': None, 'q': -4.0, 'z': None, 'f': 1.0}

    Raises `ShapeError` if the output holds more than one number, `GraphError` for several outputs, for a run that
    recorded nothing, and for a breakpoint that is none of these.
    """
    timeline = whole_or_failed(what)
    return timeline if until is None else timeline.until(until)


def whole_or_failed(what: Node | Graph | Run) -> Timeline:
    """All steps of a computation, or those that a run took until it failed."""
    if isinstance(what, Run):
        if what.graph is None:
            raise GraphError(f"steps: nothing was recorded in this run{what.reason and f', {what.reason}'}")
        if what.error is not None:
            return Timeline(what.graph, len(what.graph) - len(what.graph.leaves), what.reason)
        what = what.graph
    graph = what if isinstance(what, Graph) else Graph.of(what)
    if len(graph.outputs) != 1:
        raise GraphError(f"steps: expected one output, got {len(graph.outputs)}")
    shape = shape_of(graph.data[graph.outputs[0]])
    if prod(shape) != 1:
        raise ShapeError(f"steps: the output must hold one number, got shape {shape}: use .sum() or .mean()")
    return Timeline(graph)


def first_stop(timeline: Timeline, condition: Until) -> tuple[int | None, str]:
    """The index of the first step at which to stop, if there is one, and why it is that, or is none."""
    if isinstance(condition, str) and condition == NAN:
        found = first(timeline, lambda step: not np.isfinite(step.after).all())
        if found is None:
            return None, "not stopped: every number is finite"
        step = timeline[found]
        place = np.argwhere(~np.isfinite(step.after))[0].tolist()  # of one number, no place
        element = f"[{format_index(tuple(place))}]" if place else ""
        return found, f"not finite: {format_number(np.asarray(step.after)[tuple(place)])} in {step.subject}{element}"
    if isinstance(condition, str):
        return first_of_node(timeline, timeline.graph[condition])
    if not callable(condition):
        cure = ": steps(f)[:n] has the first n" if isinstance(condition, int) else ""
        cure = f': give its name, as in until="{condition.label or "q"}"' if isinstance(condition, Node) else cure
        raise GraphError(
            "until: expected a function of a Step, as lambda step: step.kind == 'backward', the name of a node, or "
            f"'{NAN}', got {short_repr(condition)}{cure}"
        )
    found = first(timeline, lambda step: holds(condition, step))
    return found, "the condition holds" if found is not None else "not stopped: the condition held at no step"


def first(timeline: Timeline, condition: Callable[[Step], Any]) -> int | None:
    return next((i for i, step in enumerate(timeline) if condition(step)), None)


def first_of_node(timeline: Timeline, node: GraphNode) -> tuple[int | None, str]:
    """The step that completes the gradient of a node; where none brings it one, that computes it."""

    def completes(step: Step) -> bool:
        if step.kind == "seed":
            return step.node == node.index
        return step.target == node.index and step.nth == step.of

    completing = first(timeline, completes)
    if completing is not None:
        return completing, f"the gradient of {node.name} is complete"
    computing = first(timeline, lambda step: step.kind == "forward" and step.node == node.index)
    if computing is None:
        return None, f"not stopped: {node.name} is a leaf that no gradient reaches"
    return computing, f"{node.name} is computed" + ("" if timeline.stop else ", and no gradient reaches it")


def holds(condition: Callable[[Step], Any], step: Step) -> bool:
    """Whether a person's condition holds."""
    try:
        outcome = condition(step)
    except TypeError as error:
        unknown = [name for name in Step._fields if getattr(step, name) is None]
        error.add_note(f"until: of {step!r}, a {step.kind} step, None are {', '.join(unknown)}: ask step.kind first")
        raise
    if np.shape(outcome) != ():
        raise GraphError(
            f"until: the condition gave an array of shape {np.shape(outcome)} for {short_repr(step)}: reduce it, as by "
            "np.any(...)"
        )
    return bool(outcome)


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
    inputs = [Symbol(format_constant(x), x.shape) if isinstance(x, np.ndarray) else x for x in graph.symbols(node)]
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
