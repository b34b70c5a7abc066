"""What an operation does, in symbols, with numbers, and in one plain sentence: its rules, run on Symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from autograd import notebook
from autograd.call import Output, like, shape_of
from autograd.errors import AutogradError, GraphError, short_repr
from autograd.graph.graph import Graph, GraphNode, applied
from autograd.graph.names import numbered
from autograd.node import Node
from autograd.notation.printer import latex, text
from autograd.notation.symbol import Symbol
from autograd.notation.words import (
    format_number,
    latex_name,
    latex_number,
    latex_ratio,
    latex_sentence,
    ordinal,
    ratio,
    written_name,
)
from autograd.op import Interval, Op
from autograd.ops.arithmetic import mul
from autograd.signature import each
from autograd.sweep.pullback import every_output, spread


@dataclass(frozen=True, slots=True)
class Partial:
    """One local derivative: by which input, its formula, the formula with numbers, LaTeX."""

    of: str  #: "∂q/∂x"; "∂q/∂x (1st of 2)" where x is an input twice
    formula: str  #: "z"
    numbers: str  #: "−4"; empty where the derivative is no single number
    latex: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One operation explained; ``print`` it, or show it in a notebook.

    >>> import autograd
    >>> x, y = autograd.Value(2.0), autograd.Value(3.0)
    >>> print(explain(x * y))
    f = x · y = 2 · 3 = 6
      ∂f/∂x = y = 3
      ∂f/∂y = x = 2
      multiply swaps its inputs: each one's slope is the other's value
    """

    name: str
    formula: str
    numbers: str
    latex: str
    sentence: str
    partials: tuple[Partial, ...]

    def __str__(self) -> str:
        lines = [chained(self.formula, self.numbers)]
        lines += [f"  {p.of} = {chained(p.formula, p.numbers)}" for p in self.partials]
        return "\n".join([*lines, f"  {self.sentence}"])

    _repr_html_ = notebook.html

    def _repr_latex_(self) -> str:
        lines = [self.latex, *(p.latex for p in self.partials)]
        rows = [line.replace(" = ", " &= ", 1) for line in lines] + [f"&{latex_sentence(self.sentence)}"]
        return r"$$\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}$$"


def explain(what: Node | GraphNode | Op, graph: Graph | None = None) -> Explanation:
    """What an operation computes, its local derivatives in symbols and with numbers, and one plain sentence.

    ``what`` is a node, an operation of the table, or a node of a ``graph`` (then give the graph too).

    Raises `GraphError` for a leaf, which nothing computes.
    """
    if isinstance(what, Op):
        return explain_op(what)
    if not isinstance(what, Node | GraphNode):
        got = (
            f"{short_repr(what)}: for an operation, use autograd.table[...]"
            if isinstance(what, str)
            else type(what).__name__
        )
        raise GraphError(f"explain: expected a Value, a Tensor or an operation, got {got}")
    if isinstance(what, Node):
        graph = Graph.of(what)
        what = graph.nodes[graph.outputs[0]]
    if graph is None:
        raise GraphError("explain: a node of a graph needs the graph too: explain(node, graph)")
    if what.op is None:
        raise GraphError(f"explain: {what.name} is a leaf: nothing computes it")
    return explain_node(graph, what, what.op)


def explain_op(op: Op) -> Explanation:
    inputs, params = example_call(op)
    output = next(name for name in chain("yzw", numbered("y")) if name not in {x.name for x in inputs})
    if not op.is_elementwise:  # its derivative depends on the shapes: see a node
        return explanation(op, output, applied(op, inputs, params), "", ())
    found = local_derivatives(op, Symbol(output), inputs, params)
    partials = [partial(output, inputs[k].name, local, "") for k, local in found.items()]
    return explanation(op, output, applied(op, inputs, params), "", tuple(partials))


def example_call(op: Op) -> tuple[Sequence[Symbol], Mapping[str, Any]]:
    """Inputs by the names of the arguments; where an argument is a list, two: x1, x2."""
    if op.arity is None:
        lists = [[Symbol(f"{letter}{k}") for k in (1, 2)] for letter in "xyz"[: len(op.rules)]]
        return list(chain(*lists)), op.listed((2,) * len(lists))
    return [Symbol(name) for name in list(op.signature.parameters)[: op.arity]], {}


def explain_node(graph: Graph, node: GraphNode, op: Op) -> Explanation:
    inputs = graph.symbols(node)
    partials = []
    local = local_derivatives(op, Symbol(node.name, node.shape), inputs, node.params)
    names = [inputs[k].name for k in local]
    for place, (k, formula) in enumerate(local.items()):
        slope = node.slopes[k] if node.slopes is not None else None
        x, numbers = names[place], "" if slope is None else format_number(slope)
        nth = f"{ordinal(names[: place + 1].count(x))} of {names.count(x)}" if names.count(x) > 1 else ""
        partials.append(partial(node.name, x, formula, numbers, nth))
    return replace(explain_value(graph, node, op), partials=tuple(partials))


def explain_value(graph: Graph, node: GraphNode, op: Op) -> Explanation:
    """What the node computes, with its numbers, and nothing about its derivatives."""
    numbers = format_number(node.data)
    in_latex = latex_number(numbers)
    if node.shape == ():
        filled = applied(op, graph.inputs_of(node), node.params)
        numbers, in_latex = chained(text(filled), numbers), chained(latex(filled), in_latex)
    return explanation(op, node.name, applied(op, graph.symbols(node), node.params), numbers, (), in_latex)


def explanation(
    op: Op, output: str, formula: Symbol, numbers: str, partials: tuple[Partial, ...], numbers_latex: str = ""
) -> Explanation:
    in_latex = chained(f"{latex_name(output)} = {latex(formula)}", numbers_latex)
    return Explanation(op.name, f"{written_name(output)} = {text(formula)}", numbers, in_latex, op.doc, partials)


def partial(y: str, x: str, local: Any, numbers: str, nth: str = "") -> Partial:
    """A local derivative; ``nth`` says by which of several places the input is meant."""
    place = rf"\ \text{{({nth})}}" if nth else ""
    in_latex = f"{latex_ratio(y, x)}{place} = {chained(latex(local), latex_number(numbers))}"
    return Partial(f"{ratio(y, x)} ({nth})" if nth else ratio(y, x), text(local), numbers, in_latex)


def chained(left: str, right: str) -> str:
    """``left = right``; once, where they are the same or there is no right."""
    return left if right in ("", left) else f"{left} = {right}"


def local_derivatives(
    op: Op, y: Symbol, inputs: Sequence[Any], params: Mapping[str, Any], g: str = "g"
) -> dict[int, Any]:
    """The textbook's rules, run on Symbols, for each input that is one and has a rule, by its place.

    Each is a slope; of an operation that mixes elements, what becomes of g. What a list of inputs shares is computed
    once. A rule that needs data has no formula: it is ∂sinh(x)/∂x, or g times that. Raises `AutogradError` for a rule
    that fails on numbers too.
    """
    rules = op.rules_for(inputs, params, textbook=True)
    wanted = [k for k, x in enumerate(inputs) if isinstance(x, Symbol) and rules[k][0] is not None]
    if op.is_elementwise:
        try:
            return dict(op.partials(wanted, y, inputs, params, textbook=True))
        except Exception:  # one of them may do what no Symbol can: the others have a formula
            pass
    return {k: local_derivative(op, k, rules[k][0], y, inputs, params, g) for k in wanted}


def local_derivative(
    op: Op, k: int, rule: Any, y: Symbol, inputs: Sequence[Any], params: Mapping[str, Any], g: str
) -> Any:
    """What the rule of one input gives."""
    if isinstance(rule, each) and not op.is_elementwise:
        return Symbol(f"part {k + 1} of {g}", shape_of(inputs[k]))
    try:
        return run_rule(op, k, Symbol(g, y.shape), y, inputs, params)
    except Exception:  # a person's own rule may do what no Symbol can
        check_on_numbers(op, k, inputs, params)
    derivative = Symbol(ratio(text(applied(op, inputs, params)), inputs[k].name), shape_of(inputs[k]))
    return derivative if op.is_elementwise else applied(mul, [Symbol(g), derivative], {}, derivative.shape)


def run_rule(op: Op, k: int, g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    if op.is_elementwise:
        return op.partial(k, y, inputs, params, textbook=True)
    if isinstance(params, Output):
        outputs = params.outputs
        others = [Symbol("0", x.shape) for x in outputs] if isinstance(g, Symbol) else spread(g, params)
        g = like(outputs, [g if j == params.index else other for j, other in enumerate(others)])
        y = every_output(op, y, inputs, params)
    return op.run(op.rules_for(inputs, params, textbook=True)[k][0], inputs, params, g, y)


def check_on_numbers(op: Op, k: int, inputs: Sequence[Any], params: Mapping[str, Any]) -> None:
    """Raise `AutogradError` if the rule for input k fails on plain numbers in the places of Symbols."""
    numbers = [example(x, op.domain[i] if op.domain else None) for i, x in enumerate(inputs)]
    with np.errstate(all="ignore"):
        try:
            y = np.asarray(op.evaluate(numbers, params))
        except Exception:  # no numbers for this operation: they say nothing about its rule
            return
        try:
            run_rule(op, k, np.ones(y.shape), y[()], numbers, params)
        except Exception as error:
            raise AutogradError(
                f"{op.name}: the rule for input {k} raised {type(error).__name__}: {error}: mend the rule in its entry"
            ) from error


def example(x: Any, interval: Interval | None = None) -> Any:
    """Numbers of a Symbol's shape, inside an interval; anything else as it is."""
    if not isinstance(x, Symbol):
        return x
    low, high = interval or (0.0, 1.0)
    inside = 0.5 if low < 0.5 < high else (max(low, high - 1) + min(high, low + 1)) / 2
    return np.full(x.shape, inside)[()]
