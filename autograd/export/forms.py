"""How each node of a graph is written, as forms with places: for pages that fill in names, numbers, or new numbers.

A page that lets a person step, guess and change numbers writes the same formula many times. So it is given each formula
once, with places in it, and not once for every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.compile.javascript import Code, javascript
from autograd.graph.explain import local_derivatives
from autograd.graph.graph import Graph, GraphNode, applied
from autograd.notation.printer import TEXT, Latex, printed
from autograd.notation.rows import Level
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_constant
from autograd.op import Op
from autograd.ops.shaping import unbroadcast
from autograd.program import Constant

#: A place is one character of Unicode's area for private use: which operand it takes, and what must be in parentheses
#: there, as ``FIRST + operand · 16 + level · 2 + follows``. ``level`` is a `Level`; with ``follows`` set, something
#: stands before it, so that a minus goes in parentheses if ``level`` is not 0.
FIRST, LAST = 0xE000, 0xF8FF
MOST = (LAST - FIRST) // 16 - 2  #: operands


class Form(NamedTuple):
    """How a node is written. Operand k of a place is input k, then come the node itself and the gradient that arrives.

    ``slopes`` has, for each input, the local derivative, or, ``mixes`` being true, what becomes of the gradient that
    arrives; None where none flows.
    """

    formula: str  #: LaTeX, with places
    slopes: tuple[str | None, ...]
    mixes: bool
    code: Code | None  #: JavaScript of the value and of the slopes, of a scalar node; None where it has none


def forms(graph: Graph) -> list[Form | None]:
    r"""The form of every node of a graph, None for a leaf. Nodes that are written alike have equal forms.

    >>> import autograd
    >>> x, y = autograd.Value(2.0, "x"), autograd.Value(3.0, "y")
    >>> form = forms(autograd.Graph.of(x * y))[2]
    >>> names = {chr(FIRST + 16 * k + low): name for k, name in enumerate("xy") for low in range(16)}
    >>> "".join(names.get(c, c) for c in form.formula)
    'x \\cdot y'
    >>> form.code.value, form.code.slopes
    ('(x0 * x1)', ('x1', 'x0'))
    """
    known: dict[Any, Form] = {}
    return [None if node.op is None else known_form(graph, node, node.op, known) for node in graph]


def known_form(graph: Graph, node: GraphNode, op: Op, known: dict[Any, Form]) -> Form:
    """The form of a node; of single numbers without params it is made once for all that are written alike."""
    if node.params or node.slopes is None:
        return form(graph, node, op)
    places: dict[int, int] = {}
    inputs = [repr(x.data) if isinstance(x, Constant) else places.setdefault(x, len(places)) for x in node.inputs]
    flows = [isinstance(x, int) and graph.equations[x].requires_grad for x in node.inputs]
    key = op, *inputs, *flows, *(slope is None for slope in node.slopes)
    if key not in known:
        known[key] = form(graph, node, op)
    return known[key]


def form(graph: Graph, node: GraphNode, op: Op) -> Form:
    if len(node.inputs) > MOST:
        return Form(rf"\mathrm{{{op.name}}}", (None,) * len(node.inputs), False, None)
    slots = [
        x.data if isinstance(x, Constant) else Symbol(place(k), graph.equations[x].shape)
        for k, x in enumerate(node.inputs)
    ]
    is_scalar = node.slopes is not None
    return Form(
        written(applied(op, slots, node.params)),
        tuple(slopes(graph, node, op, slots)),
        not op.is_elementwise,
        javascript(op, slots, place(len(slots)), node.params) if is_scalar else None,
    )


def slopes(graph: Graph, node: GraphNode, op: Op, inputs: Sequence[Any]) -> Iterator[str | None]:
    """The local derivative by each input, or what becomes of the gradient."""
    y, g = place(len(inputs)), place(len(inputs) + 1)
    shown = [Symbol(format_constant(x), x.shape) if isinstance(x, np.ndarray) else x for x in inputs]
    found = local_derivatives(op, Symbol(y, node.shape), shown, node.params, g)
    for k, x in enumerate(node.inputs):
        flows = isinstance(x, int) and graph.equations[x].requires_grad
        if not flows or k not in found or (node.slopes is not None and node.slopes[k] is None):
            yield None
        elif op.is_elementwise:
            yield written(found[k])
        else:
            yield written(unbroadcast(found[k], graph.equations[x].shape))  # type: ignore[index]


def written_names(names: Sequence[str]) -> list[tuple[str, bool]]:
    """Names as they stand in formulas, in quotes where they need them, and whether each is to be in parentheses there.

    >>> written_names(["w[0]", "a+b", "2"])
    [('w[0]', False), ('a+b', True), ('"2"', False)]
    """
    return [(text, level < Level.ATOM) for text, level in (TEXT.leaf(Symbol(name)) for name in names)]


def place(operand: int) -> str:
    """An operand, before it is known where it stands."""
    return chr(FIRST + 16 * operand)


class Places(Latex):
    """LaTeX with places."""

    def leaf(self, x: Any) -> tuple[str, Level]:
        return (x.name, Level.ATOM) if isinstance(x, Symbol) and is_place(x.name) else super().leaf(x)

    def placed(self, text: str, level: str, follows: bool) -> str:
        if not is_place(text) or not level:
            return text
        return chr(ord(text) + 2 * Level[level.upper()] + follows)


PLACES = Places()


def is_place(text: str) -> bool:
    return len(text) == 1 and FIRST <= ord(text) <= LAST


def written(formula: Any) -> str:
    """A formula as LaTeX with places, and after it what it uses more than once."""
    result = printed([formula], PLACES)
    text = result.formulas[0]
    for name, shared in reversed(result.shared):
        text += rf",\; {name} = {shared}"
    return text
