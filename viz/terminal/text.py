"""A graph as a tree of text, for every terminal and pipe, and for machines that cannot draw."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rich.cells import cell_len

from autograd import Constant, Graph, Node, format_number
from viz.model.view import UNKNOWN, graph_of, short_name, shorten

MAX_ROWS = 300
MAX_DEPTH = 10  #: what lies deeper begins a tree of its own, so that no line drifts out of sight
WIDEST = 72  #: characters of a definition
COLUMN = 24  #: cells of a column; what is wider sticks out

ABOVE, BELOW = "(above)", "(below)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the drawing. ``note`` is set where a node only has its name, and is shown in full elsewhere."""

    branch: str  #: "│  ├─ "
    definition: str  #: "q = x + y"
    value: str = ""  #: "3"
    grad: str = ""  #: "∂ −4"
    note: str = ""  #: "(above)"


def draw_text(what: Node | Graph | Sequence[Node], max_rows: int = MAX_ROWS) -> str:
    """The graph from its output down: every node with its definition, value and gradient (– before any sweep).

    A node that is used twice is shown once; the other place names it and says where to look. A graph of more
    than ``max_rows`` rows is cut, and the last line counts the rest.

    >>> from autograd import Value
    >>> x, y = Value(3.0), Value(4.0)
    >>> f = x * y + x
    >>> f.backward()
    >>> print(draw_text(f))
    f = q + x     15  ∂ 1
    ├─ q = x · y  12  ∂ 1
    │  ├─ x        3  ∂ 5
    │  └─ y        4  ∂ 3
    └─ x (above)
    """
    return "\n".join("".join(parts) for parts in aligned(rows(graph_of(what), max_rows)))


def rows(graph: Graph, max_rows: int = MAX_ROWS) -> list[Row]:
    """The lines of the drawing."""
    if max_rows < 1:
        raise ValueError(f"expected at least one row, got max_rows={max_rows}")
    found = list(islice(places(graph), max_rows + 1))
    cut = len(found) > max_rows
    lines = [row(graph, place) for place in found[:max_rows]]
    return [*lines, rest(len(graph) - sum(not place.note for place in found[:max_rows]))] if cut else lines


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands in the drawing; ``note`` is set where it only has its name."""

    branch: str
    index: int
    note: str = ""


def places(graph: Graph) -> Iterator[Place]:
    """Which node stands on which line: depth first, without recursion, so that a graph may be of any depth."""
    shown: set[int] = set()
    roots = deque(dict.fromkeys(graph.outputs))
    begins_a_tree = set(roots)
    while roots:
        path = [(roots.popleft(), "", "")]  # a node, what stands before it, what stands before its inputs
        while path:
            index, branch, below = path.pop()
            if index in shown:
                yield Place(branch, index, ABOVE)
            elif branch and graph.equations[index].op and (index in begins_a_tree or len(below) > 3 * MAX_DEPTH):
                yield Place(branch, index, BELOW)
                if index not in begins_a_tree:
                    begins_a_tree.add(index)
                    roots.append(index)
            else:
                shown.add(index)
                yield Place(branch, index)
                path += children(graph.equations[index].inputs, below)


def children(operands: Sequence[int | Constant], below: str) -> list[tuple[int, str, str]]:
    """The inputs of a node with what stands before them, the last one first, as they go on a stack."""
    inputs = [x for x in operands if isinstance(x, int)]
    branches = [("├─ ", "│  ")] * len(inputs[:-1]) + [("└─ ", "   ")]
    return [(x, below + own, below + under) for x, (own, under) in zip(inputs, branches, strict=False)][::-1]


def rest(count: int) -> Row:
    return Row("", f"… and {count:,} more node{'s' * (count > 1)}" if count else "…")


def row(graph: Graph, place: Place) -> Row:
    """The line of a node, in full or with its name alone."""
    node = graph.nodes[place.index]
    if place.note:
        return Row(place.branch, short_name(node.name), note=place.note)
    grad = UNKNOWN if node.grad is None else format_number(node.grad)
    return Row(
        place.branch,
        shorten(graph.formula(node), WIDEST),
        format_number(node.data),
        f"∂ {grad}" if node.requires_grad else "",
    )


def aligned(rows: Sequence[Row], columns: bool = True) -> list[tuple[str, str, str, str, str]]:
    """Branch, definition, value, gradient and note of each line, with spaces that put them into columns."""
    widths = [cell_len(row.branch + row.definition) for row in rows]
    first = max((width for row, width in zip(rows, widths, strict=True) if row.value), default=0)
    second = max((len(row.value) for row in rows if len(row.value) <= COLUMN), default=0)
    parts = []
    for row, width in zip(rows, widths, strict=True):
        gap = first - width + second - len(row.value) if columns else 0
        value = " " * (max(gap, 0) + 2) + row.value if row.value else ""
        grad = f"  {row.grad}" if row.grad else ""
        parts.append((row.branch, row.definition, value, grad, f" {row.note}" if row.note else ""))
    return parts
