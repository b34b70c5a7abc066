"""What a picture shows: a graph as cards and edges, in plain texts. How they are drawn is not known here."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

import autograd
from autograd import Constant, Graph, GraphNode, Node, format_index, format_number
from viz.model.marks import OUTCOMES, Mark, Marks

Kind = Literal["leaf", "inner", "fixed", "constant", "fold"]

UNKNOWN = "–"  #: in the place of a number that was not computed
WIDEST_NAME = 24  #: characters
MARKS = 2  #: on one letter; more would stand on the line above
NOTES, WIDEST_NOTE = 3, 120  #: of a check, on the whole: how many, and characters of each
NO_MARKS = Marks()
JOINERS = frozenset("\u200c\u200d")  #: not seen, but they shape the letters beside them
LIMIT = 300  #: nodes and constants; a larger graph is shown in part
NEARBY = 40  #: likewise, of a graph with marks: of a larger one, what is around these
STEPS = 2  #: how far around


@dataclass(frozen=True)
class Card:
    """One box. ``data`` and ``grad`` are lines of text; ``grad`` is empty where no gradient is shown.

    ``kind`` is ``leaf`` or ``inner`` for nodes, ``fixed`` for a leaf that wants no gradient, ``constant`` for a
    plain number or array (each use has its own), ``fold`` for inputs that are left out.
    """

    id: str
    kind: Kind
    name: str = ""
    op: str = ""
    details: tuple[str, ...] = ()  #: arguments of the operation: "axis=0"
    shape: str = ""  #: "2×3"; empty for a number
    data: tuple[str, ...] = ()
    grad: tuple[str, ...] = ()
    output: bool = False
    hint: str = ""  #: the formula with its value
    slots: int = 0  #: how many operands it has
    mark: Mark | None = None  #: what a check found here, or at one of its operands


@dataclass(frozen=True)
class Edge:
    """An operand: number ``slot`` of the card ``head``. Not ``taken``: the branch that where() left aside."""

    tail: str
    head: str
    slot: int
    taken: bool = True
    slope: str = ""  #: the local derivative, where it is asked for
    mark: Mark | None = None  #: what a check found here

    @property
    def id(self) -> str:
        return f"e{self.head[1:]}_{self.slot}"


@dataclass(frozen=True)
class View:
    """Cards with inputs before users, the edges between them, and a note on what is not seen there."""

    cards: tuple[Card, ...]
    edges: tuple[Edge, ...]
    note: str = ""


def graph_of(what: Node | Graph | Sequence[Node]) -> Graph:
    """The graph of an output, of several in a list or array, or the graph itself."""
    if isinstance(what, Graph):
        return what
    if isinstance(what, np.ndarray):
        return Graph.of(*what.ravel())
    if isinstance(what, list | tuple):
        return Graph.of(*what)
    return Graph.of(what)  # type: ignore[arg-type]  # Graph.of says what it expects


def view(
    graph: Graph, *, grads: bool = True, slopes: bool = False, limit: int | None = LIMIT, marks: Marks = NO_MARKS
) -> View:
    """What to show of a graph; of more than ``limit`` nodes and constants those that are nearest to the outputs.

    Of one with ``marks``, unless it is small or has no limit, what is around these.

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> [(edge.tail, edge.head, edge.slot) for edge in view(Graph.of(a + a)).edges]
    [('n0', 'n1', 0), ('n0', 'n1', 1)]
    """
    total = len(graph) + sum(isinstance(x, Constant) for equation in graph.equations for x in equation.inputs)
    centres = marks.places if limit is not None and total > NEARBY else []
    kept = around(graph, centres, limit or total) if centres else nearest(graph, total if limit is None else limit)
    names = told_apart([node.name for node in graph if node.index in kept])
    cards: dict[str, Card] = {}
    edges: list[Edge] = []
    for node in graph:
        if node.index not in kept:
            continue
        for slot, x in enumerate(node.inputs):
            edge, card = operand(graph, node, slot, x, kept, slopes)
            edge = replace(edge, mark=readable(marks.edges.get((node.index, slot))))
            if card and card.id in cards:  # all that is left out of one node is told by one edge
                continue
            edges.append(edge)
            if card:
                cards[card.id] = card
        card = node_card(graph, node, names[node.name], grads)
        cards[card.id] = replace(card, mark=readable(marks.nodes.get(node.index)) or outline(marks, node))
    notes = [left_out(len(kept), total, bool(centres)), *(shorten(note, WIDEST_NOTE) for note in marks.notes[:NOTES])]
    return View(tuple(cards.values()), tuple(edges), "\n".join(filter(None, notes)))


#: A node by its index, a constant by the node that uses it and its place there.
Shown = int | tuple[int, int]


def nearest(graph: Graph, count: int) -> set[Shown]:
    """The nodes and constants with the fewest steps to an output, no more than ``count``."""
    kept: dict[Shown, None] = dict.fromkeys(graph.outputs[:count])
    queue = list(graph.outputs[:count])
    for index in queue:  # grows while it is walked: breadth first
        for slot, x in enumerate(graph[index].inputs):
            if len(kept) == count:
                return set(kept)
            if isinstance(x, Constant):
                kept[index, slot] = None
            elif x not in kept:
                kept[x] = None
                queue.append(x)
    rest = [i for i in range(len(graph)) if i not in kept]  # what leads to no output, as where the code has failed
    return {*kept, *rest[: count - len(kept)]}


def around(graph: Graph, centres: Sequence[int], count: int) -> set[Shown]:
    """These nodes and what is a few steps from them, against the edges and along them, no more than ``count``."""
    users = graph.users()
    kept: dict[Shown, None] = dict.fromkeys(centres[:count])
    ring: list[int] = list(centres[:count])
    for _ in range(STEPS):
        found: dict[Shown, None] = {}
        for index in ring:
            inputs = graph.equations[index].inputs
            found |= {(index, slot) if isinstance(x, Constant) else x: None for slot, x in enumerate(inputs)}
            found |= dict.fromkeys(user for user, _ in users[index])
        fresh = [x for x in found if x not in kept][: count - len(kept)]
        kept |= dict.fromkeys(fresh)
        ring = [x for x in fresh if isinstance(x, int)]
    return set(kept)


def readable(mark: Mark | None) -> Mark | None:
    """A mark whose lines can be drawn: a message may hold anything, as what a rule raised."""
    return mark and replace(mark, lines=tuple([shorten(line, WIDEST_NOTE) for line in mark.lines]))


def outline(marks: Marks, node: GraphNode) -> Mark | None:
    """The mark of a node that has none itself, but one of whose operands has."""
    found = [mark for slot in range(len(node.inputs)) if (mark := marks.edges.get((node.index, slot)))]
    return Mark(min(found, key=lambda mark: OUTCOMES.index(mark.outcome)).outcome) if found else None


def left_out(shown: int, total: int, is_around: bool) -> str:
    if shown == total:
        return ""
    if is_around:
        return f"{shown:,} of {total:,} nodes and constants, those around what was found; limit=None shows all"
    return f"{shown:,} of {total:,} nodes and constants, those nearest to the output; limit={total} shows all"


def told_apart(names: Sequence[str]) -> dict[str, str]:
    """What is shown of each name: short, and different for different names. Who is shown in full is not numbered.

    >>> list(told_apart(["a" * 30, "a" * 29, "b"]).values())
    ['…aaaaaaaaaaaaaaaaaaaaaaa', '…aaaaaaaaaaaaaaaaaaa (2)', 'b']
    """
    found = {name: name for name in names if short_name(name) == name}
    taken = set(found)
    numbers: Counter[str] = Counter()  # the last one of each short form
    for name in names:
        if name in found:
            continue
        short = form = short_name(name)
        while short in taken:
            numbers[form] += 1
            mark = f" ({numbers[form] + 1})"
            short = short_name(name, WIDEST_NAME - len(mark)) + mark
        found[name] = short
        taken.add(short)
    return {name: found[name] for name in names}


def node_card(graph: Graph, node: GraphNode, name: str, grads: bool) -> Card:
    value = format_number(node.data)
    return Card(
        id=f"n{node.index}",
        kind="inner" if node.op else "leaf" if node.requires_grad else "fixed",
        name=name,
        op=symbol(node),
        details=details(node),
        shape=shape(node.data),
        data=lines(node.data),
        grad=gradient(node.grad) if grads and node.requires_grad else (),
        output=node.index in graph.outputs,
        hint=shorten(f"{graph.formula(node)} = {value}", 200),
        slots=len(node.inputs),
    )


def operand(
    graph: Graph, node: GraphNode, slot: int, x: int | Constant, kept: set[Shown], slopes: bool
) -> tuple[Edge, Card | None]:
    """The edge to one operand, and the card at its other end where that is no node."""
    head = f"n{node.index}"
    if (x if isinstance(x, int) else (node.index, slot)) not in kept:
        card = Card(f"h{node.index}", "fold", data=("…",))
        return Edge(card.id, head, slot), card
    if isinstance(x, Constant):
        card = Card(f"c{node.index}_{slot}", "constant", shape=shape(x.data), data=lines(x.data))
        return Edge(card.id, head, slot), card
    slope = node.slopes[slot] if slopes and node.slopes is not None else None
    return Edge(f"n{x}", head, slot, taken(graph, node, slot), "" if slope is None else format_number(slope)), None


def taken(graph: Graph, node: GraphNode, slot: int) -> bool:
    """Whether anything of this operand got through: not so for the branch that where() left aside."""
    if node.op is not autograd.where or slot == 0:
        return True
    x = node.inputs[0]
    condition = x.data if isinstance(x, Constant) else graph[x].data
    return bool(np.any(condition) if slot == 1 else not np.all(condition))


def symbol(node: GraphNode) -> str:
    """The operation as short text for the badge."""
    if node.op is None:
        return ""
    text = node.op.symbol.replace("_", " ")
    if text.startswith("[]") and "index" in node.arguments:
        text = f"[{format_index(node.arguments['index'])}]{text[2:]}"
    elif node.output is not None:
        text = f"{text}[{node.output}]"
    return shorten(text, 14)


def details(node: GraphNode) -> tuple[str, ...]:
    """Arguments that change what an operation does, as they are written."""
    if node.op is None:
        return ()
    told = "index" if node.op.symbol.startswith("[]") else ""
    shown = (
        (name, value)
        for name, value in node.arguments.items()
        if value is not None and value is not False and name != told
    )
    return tuple(shorten(f"{name}={value}", 16) for name, value in shown)


def shape(data: Any) -> str:
    sizes = np.shape(data)
    return f"{sizes[0]} number{'s' * (sizes[0] != 1)}" if len(sizes) == 1 else "×".join(map(str, sizes))


def lines(data: Any) -> tuple[str, ...]:
    """A number, a small array row by row, or the range of a large one.

    >>> lines(np.eye(2)), lines(np.arange(100.0))
    (('[1, 0]', '[0, 1]'), ('0 to 99',))
    """
    array = np.asarray(data)
    if array.ndim == 0:
        return (format_number(data),)
    if array.size == 0:
        return ("empty",)
    if array.ndim > 2 or array.shape[-1] > 4 or array.size > 12:
        return (f"{format_number(array.min(), 3)} to {format_number(array.max(), 3)}",)
    rows = array.reshape(-1, array.shape[-1])
    return tuple(f"[{', '.join(format_number(x, 3) for x in row)}]" for row in rows)


def gradient(grad: Any) -> tuple[str, ...]:
    """A gradient as it is shown: "∂ –" where no sweep has been."""
    first, *rest = (UNKNOWN,) if grad is None else lines(grad)
    return f"∂ {first}", *rest


def shorten(text: str, most: int = WIDEST_NAME) -> str:
    r"""A text on one line, without control characters, cut where it is too long.

    >>> shorten("loss\n\0of step 1"), shorten("a" * 30, 8)
    ('loss of step 1', 'aaaaaaa…')
    """
    plain = on_a_line(text)
    if len(plain) <= most:
        return plain
    end = most - 1
    while end > 1 and is_within(plain, end):
        end -= 1
    return plain[:end] + "…"


def short_name(name: str, most: int = WIDEST_NAME) -> str:
    """A name on one line, of which the end is kept: it is there that the weights of a layer differ.

    >>> short_name("model.layers[0].neurons[1].w[2]"), short_name("w", 8)
    ('…yers[0].neurons[1].w[2]', 'w')
    """
    plain = on_a_line(name)
    if len(plain) <= most:
        return plain
    start = len(plain) - most + 1
    while start < len(plain) - 1 and is_within(plain, start):
        start += 1
    return "…" + plain[start:]


def on_a_line(text: str) -> str:
    return " ".join(printable(text).split()) or "·"


def is_within(text: str, place: int) -> bool:
    """Whether a cut would be inside of one letter."""
    return is_mark(text[place]) or bool(JOINERS & {text[place - 1], text[place]})


def printable(text: str) -> str:
    r"""A text with spaces for what cannot be seen: control characters, half surrogates, marks of direction.

    Of marks on one letter the first two are kept, and what joins letters of a script.

    >>> printable("loss\n\0of step 1")
    'loss  of step 1'
    """
    shown: list[str] = []
    for k, c in enumerate(text):
        if is_mark(c) and all(map(is_mark, text[max(k - MARKS, 0) : k])) and k >= MARKS:
            continue
        joins = c in JOINERS and not text[k - 1 : k].isascii() and not text[k + 1 : k + 2].isascii()
        shown.append(c if c.isprintable() or joins else " ")
    return "".join(shown)


def is_mark(c: str) -> bool:
    """Whether a character stands on or under the one before it."""
    return unicodedata.category(c) in ("Mn", "Me")
