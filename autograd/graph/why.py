"""Why a gradient is nothing: no path, a path that was cut, or one on which something stops the flow."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.errors import DTypeError, ShapeError
from autograd.graph.explain import local_derivatives
from autograd.graph.graph import Graph, with_guards
from autograd.graph.names import caller_variables, given_names
from autograd.graph.steps import Timeline
from autograd.node import Node, Recorded, topological
from autograd.notation.printer import text
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_constant, format_number, ratio
from autograd.op import Op, op_of
from autograd.ops.activations import relu, sigmoid
from autograd.ops.corners import maximum, minimum
from autograd.ops.functions import tanh
from autograd.ops.reductions import softmax
from autograd.program import Constant
from autograd.state import Cut
from autograd.sweep.events import plain
from autograd.sweep.hooked import amends, is_hooked
from autograd.sweep.pullback import pullback
from autograd.sweep.reverse import gradients

#: How many elements, and reasons, a sentence lists.
FEW = 4

#: What it is called where the slope of an operation is zero, as people speak of it.
SPOKEN = {
    relu: "a relu that is closed",
    maximum: "a maximum that took the other",
    minimum: "a minimum that took the other",
    tanh: "a tanh that is saturated",
    sigmoid: "a sigmoid that is saturated",
    softmax: "a softmax that is saturated",
}

#: Numbers that stand anywhere: that two of them are equal says nothing.
COMMON = frozenset({0.0, 1.0, -1.0, 2.0, 0.5})


@dataclass(frozen=True)
class Reason:
    """One thing that keeps the gradient from arriving: what it is, in words, and where in the graph.

    ``kind`` is one of "no path", "constant", "cut", "no gradient", "zero", "cancelled", "underflow", "NaN", "infinite",
    "hook" and "there", for a gradient that is something. ``elements`` are those of the input that it is about, all if
    there are none.
    """

    kind: str
    text: str
    node: int | None = None
    input: int | None = None
    elements: tuple[tuple[int, ...], ...] = ()
    source: str | None = None

    def __str__(self) -> str:
        return self.text + (f"\n    {self.source}" if self.source else "")


@dataclass(frozen=True, repr=False)
class Why:
    """The answer of `why`: ``print`` it, or see it with ``viz.draw``, where the edges are lit that it speaks of."""

    graph: Graph  #: its gradients are those of this question
    question: str  #: "∂loss/∂W"
    gradient: Any  #: None where there is no path
    reasons: tuple[Reason, ...]

    def __repr__(self) -> str:
        return "\n".join([f"{self.question}: {self.said}", *(f"  {reason}" for reason in self.reasons)])

    @property
    def said(self) -> str:
        """How much of a gradient there is, in words."""
        output = self.graph.outputs[0]
        value = self.graph.data[output]
        is_sound = self.gradient is None or np.isfinite(self.gradient).all()  # else that says it
        though = f", though {self.graph.names[output]} is {format_number(np.ravel(value)[0])}"
        return self._of_gradient + though * bool(is_sound and not np.isfinite(value).all())

    @property
    def _of_gradient(self) -> str:
        if self.gradient is None:
            return "nothing"
        g = np.asarray(self.gradient)
        if not g.size:
            return "there are no elements"
        bad, zero = ~np.isfinite(g), g == 0
        for where, word in ((bad, "not finite"), (zero, "zero")):
            if where.any():
                places = "" if g.ndim == 0 else " everywhere" if where.all() else f" at {listed(np.argwhere(where))}"
                return f"{word}{places}"
        return f"not nothing: {format_number(self.gradient)}"


def why(loss: Node, x: Node) -> Why:
    """Why the gradient of ``loss`` by ``x`` is nothing: None, zero, or no number.

    It says whether there is a path at all, and else where it was cut: by numbers that were taken out of the graph
    (``.data``, ``.item()``, ``detach()``, ``no_grad()``), or by a comparison. Of a path that is there, it says what
    stops the flow, element by element: a relu that is closed, a where that was not taken, an index that never touches
    it, a factor of zero. Of NaN and infinity it says which operation made the first, on the way there or back; also
    where the loss alone is none, and the gradient a number, as that of log(−1) is.
    Inside `tracing` it knows the lines of code.

    >>> import numpy as np
    >>> from autograd import Tensor, why
    >>> x = Tensor([-1.0, 2.0], label="x")
    >>> loss = np.maximum(x, 0.0).sum()
    >>> why(loss, x)
    ∂loss/∂x: zero at [0]
      a maximum that took the other at [0]: q = maximum(x, 0), ∂q/∂x = [x > 0] + 0.5 · [x == 0], and x is −1 there

    Raises `DTypeError` for what is no node, `ShapeError` if ``loss`` holds more than one number.
    """
    for node in (loss, x):
        if not isinstance(node, Node):
            is_many = isinstance(node, list | tuple | np.ndarray)
            cure = "ask for one element" if is_many else "a plain number has no graph"
            raise DTypeError(f"why: expected two Values or two Tensors, got {type(node).__name__}: {cure}")
    if loss.size != 1:
        raise ShapeError(
            f"why: expected a loss of one number, got shape {loss.shape}: reduce it by .sum(), or pick one"
        )
    graph = Graph.of(loss)
    graph = replace(graph, grads=(None,) * len(graph))  # what an earlier sweep left says nothing of this one
    live = with_guards([loss._record])[0]
    places = [i for i, node in enumerate(live) if node._key == x._record._key]
    name = graph.names[places[-1]] if places else given_names([x._record], caller_variables())[0][0] or "x"
    question = ratio(graph.names[graph.outputs[0]], name)
    if not x.requires_grad:
        return Why(graph, question, None, (constant(x, name),))
    if not places:
        return Why(graph, question, None, tuple(apart(graph, live, x, name)))
    swept = Swept(graph)
    found = [swept.gradients[i] for i in places if swept.gradients[i] is not None]
    if not found:
        return Why(graph, question, None, tuple(swept.dead_ends(places)))
    gradient = sum(found[1:], found[0])
    if is_hooked(loss._record):
        amended = gradients(loss, x)
        amended = getattr(amended, "data", amended)
        if not np.array_equal(amended, gradient, equal_nan=True):
            return Why(graph, question, amended, tuple(hooks(graph, live, places, format_number(gradient))))
    graph = replace(graph, grads=swept.gradients)
    return Why(graph, question, gradient, tuple(swept.reasons(places, np.asarray(gradient))))


def hooks(graph: Graph, live: Sequence[Recorded], places: Sequence[int], gradient: str) -> Iterator[Reason]:
    """Each hook that a gradient passes on its way to one of the places."""
    passed = set(places)
    for i, node in enumerate(graph.nodes):
        if any(isinstance(x, int) and x in passed for x in node.inputs):
            passed.add(i)
    for i in sorted(passed & amends([*live], record=False).keys()):
        said = f"a hook of {graph.names[i]} gives another gradient: without hooks it would be {gradient} in all"
        yield Reason("hook", said, i, source=graph.sources[i])


class Swept:
    """A sweep of a graph, and what each edge brought."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        timeline = Timeline(graph)
        self.gradients = timeline.gradients
        self.events = timeline.events
        self.brought = {(e.node, e.input): e for e in self.events}
        self.users = graph.users()

    def reasons(self, places: Sequence[int], gradient: Any) -> Iterator[Reason]:
        if not np.isfinite(gradient).all():
            yield from self.not_finite(np.isnan(gradient).any())
        elif (gradient == 0).any():
            found = list(self.zeros(places))
            yield from found or self.lost()
        else:
            yield self.there(places)
        if np.isfinite(gradient).all():
            yield from self.value_not_finite()

    def value_not_finite(self) -> Iterator[Reason]:
        """What made the value of the output NaN or infinite."""
        value = np.asarray(self.graph.data[self.graph.outputs[0]], dtype=float)
        if not np.isfinite(value).all():
            yield self.first_not_finite("NaN" if np.isnan(value).any() else "infinite")

    def lost(self) -> Iterator[Reason]:
        """Where something came, and zero went on, of slopes that are not."""
        for event in self.events:
            bare, came = np.asarray(plain(event.contribution)) == 0, np.asarray(plain(event.incoming)) != 0
            if not (bare.any() and came.any()):
                continue
            op, formula = op_of(self.graph.nodes[event.node]), self.formula(event.node)
            source = self.graph.sources[event.node]
            if op.is_elementwise:
                said = f"what {op.name} sends back is nearer to zero than any float: {formula}"
                yield Reason("underflow", said, event.node, event.input, source=source)
            else:
                said = f"what {op.name} sends back sums to zero{at(bare)}: {formula}"
                yield Reason("cancelled", said, event.node, event.input, tuples(bare), source)
            return

    def there(self, places: Sequence[int]) -> Reason:
        """What brings the most."""
        events = [e for e in self.events if e.target in places]
        if not events:
            return Reason("there", "it is the loss itself")
        most = max(events, key=lambda e: float(np.max(np.abs(plain(e.contribution)), initial=0.0)))
        paths = "one path" if len(events) == 1 else f"{len(events)} paths; the most comes"
        return Reason("there", f"it comes by {paths} from {self.formula(most.node)}", most.node, most.input)

    # Not a number, or infinite.

    def not_finite(self, is_nan: bool) -> Iterator[Reason]:
        """What made the first; of a NaN that is made on the way back alone, also the infinity that it is made of."""
        if not is_nan or not any(np.isnan(np.asarray(data, dtype=float)).any() for data in self.graph.data):
            infinite = self.first_not_finite("infinite")
            if not is_nan or infinite.node is not None:
                yield infinite
        if is_nan:
            yield self.first_not_finite("NaN")

    def first_not_finite(self, kind: str) -> Reason:
        """The first operation that made one, on the way there, else on the way back."""
        is_bad, word = (np.isnan, "NaN") if kind == "NaN" else (np.isinf, "infinity")
        graph = self.graph
        for index, equation in enumerate(graph.equations):
            bad = is_bad(np.asarray(graph.data[index], dtype=float))
            if bad.any():
                name = graph.names[index]
                where = f" at {listed(np.argwhere(bad))}" if bad.ndim else ""
                if equation.op is None:
                    return Reason(kind, f"{name} itself is {kind}{where}", index)
                said = f"{equation.op.name} made the first {word}, on the way there{where}: {self.formula(index)}"
                return Reason(kind, said + self.numbers(index, bad), index, source=graph.sources[index])
        for event in self.events:
            bad = is_bad(np.asarray(plain(event.contribution), dtype=float))
            if bad.any():
                op, target = op_of(graph.nodes[event.node]), graph.names[event.target]
                where = f" at {listed(np.argwhere(bad))}" if bad.ndim else ""
                said = (
                    f"{op.name} made the first {word}, on the way back to {target}{where}: {self.formula(event.node)}"
                    f"{self.slope(event.node, event.input)}{self.numbers(event.node, bad)}"
                )
                return Reason(kind, said, event.node, event.input, source=graph.sources[event.node])
        return Reason(kind, "the sum of what comes by several paths is none, as of ∞ and −∞")

    def numbers(self, index: int, where: Any) -> str:
        """What the operation was given there."""
        told = []
        for slot, x in enumerate(self.graph.inputs_of(index)):
            target = self.graph.equations[index].inputs[slot]
            name = format_number(x) if isinstance(target, Constant) else self.graph.names[target]
            if isinstance(target, int) and np.shape(x) == np.shape(where):
                told.append(f"{name} is {values(np.asarray(x)[where])}")
        return f", where {' and '.join(told)}" if told else ""

    # Zero.

    def zeros(self, places: Sequence[int]) -> Iterator[Reason]:
        """What stops the flow, from the places on towards the output."""
        seen: set[tuple[int, int]] = set()
        waiting = [(i, np.asarray(self.gradients[i] == 0)) for i in places if self.gradients[i] is not None]
        while waiting:
            index, mask = waiting.pop(0)
            arrived = np.zeros(np.shape(mask), dtype=int)
            for user, slot in self.users[index]:
                if (user, slot) in seen:
                    continue
                seen.add((user, slot))
                event = self.brought.get((user, slot))
                if event is None:
                    yield from self.no_event(user, slot)
                    continue
                arrived = arrived + (np.asarray(plain(event.contribution)) != 0)
                stopped = mask & (self.through(user, slot) == 0)
                if stopped.any():
                    yield self.stop(user, slot, stopped)
                elif (rest := np.asarray(self.gradients[user]) == 0).any():
                    waiting.append((user, rest))
            if (cancelled := mask & (arrived > 1)).any():
                said = f"what comes to {self.graph.names[index]} by several paths sums to zero"
                yield Reason("cancelled", said + at(cancelled), index, elements=tuples(cancelled))

    def through(self, user: int, slot: int) -> Any:
        """What an edge would bring of a gradient that is zero nowhere."""
        node = self.graph.nodes[user]
        if node.slopes is not None:
            return np.asarray(node.slopes[slot] or 0.0)
        g = np.cos(np.arange(1.0, node.data.size + 1)).reshape(node.shape).astype(node.data.dtype)
        with np.errstate(all="ignore"):
            ((_, part),) = pullback(op_of(node), [slot], g, node.data, self.graph.inputs_of(user), node.params)
        return np.broadcast_to(part, self.graph.equations[node.inputs[slot]].shape)  # type: ignore[index]

    def no_event(self, user: int, slot: int) -> Iterator[Reason]:
        """Nothing came by this edge: what it leads to got nothing itself, or sends nothing there."""
        if self.gradients[user] is None:
            yield from self.dead_ends([user])
        else:
            yield self.stop(user, slot, self.everywhere(user, slot))

    def dead_ends(self, places: Sequence[int]) -> Iterator[Reason]:
        """Where paths from there end before they come to the output, though the code goes on."""
        asked = {index for index, _, _ in self.graph.guards}
        seen: set[int] = set()
        waiting = list(places)
        while waiting:
            index = waiting.pop(0)
            op_there = self.graph.equations[index].op
            if index in asked and not (op_there is not None and op_there.is_flat):
                said = (
                    f"the code took the number of {self.graph.names[index]}, as by float(): what it makes is constant"
                )
                yield Reason("no gradient", said, index, source=self.graph.sources[index])
            for user, slot in self.users[index]:
                op = op_of(self.graph.nodes[user])
                if op.is_flat or not self.graph.equations[user].requires_grad:
                    said = f"{op.name} has no gradient to send back: {self.formula(user)}"
                    if user in asked:
                        said = f"the code chose by {self.formula(user)}, and a choice has no gradient"
                    yield Reason("no gradient", said, user, slot, source=self.graph.sources[user])
                elif self.gradients[user] is not None:
                    yield self.stop(user, slot, self.everywhere(user, slot))
                elif user not in seen:
                    seen.add(user)
                    waiting.append(user)

    def everywhere(self, user: int, slot: int) -> Any:
        """All elements of an input."""
        return np.ones(np.shape(self.graph.inputs_of(user)[slot]), bool)

    def stop(self, user: int, slot: int, stopped: Any) -> Reason:
        """An operation that sends back zero whatever comes."""
        node = self.graph.nodes[user]
        op = op_of(node)
        target = self.graph.names[node.inputs[slot]]  # type: ignore[index]
        x = np.asarray(self.graph.inputs_of(user)[slot])
        formula = self.formula(user)
        where = at(stopped)
        others = [np.asarray(y) for k, y in enumerate(self.graph.inputs_of(user)) if k != slot]
        if op.is_elementwise and op.masks:
            said = f"{op.name} takes the other branch{where}: {formula}"
        elif op.is_masking(node.params):
            said = f"the index never touches it{where}: {formula}"
        elif op.linear == "separately" and any(np.any(y == 0) for y in others):
            said = f"0 · something: the other factor is zero{where}: {formula}"
        elif op.has_partials and op.arity is not None:
            is_there = stopped if x.shape == stopped.shape else np.ones(x.shape, bool)
            number = f", and {target} is {values(x[is_there])} there"
            said = f"{spoken(op)}{where}: {formula}{self.slope(user, slot)}{number}"
        else:
            said = f"{spoken(op)}{where}: {formula}; {op.doc}"
        return Reason("zero", said, user, slot, tuples(stopped), self.graph.sources[user])

    def slope(self, user: int, slot: int) -> str:
        """``, ∂q/∂x = [x > 0]``, of an elementwise operation."""
        node = self.graph.nodes[user]
        op = op_of(node)
        if not (op.has_partials and op.arity is not None):
            return ""
        inputs = [
            Symbol(format_constant(x), x.shape) if isinstance(x, np.ndarray) else x for x in self.graph.symbols(node)
        ]
        local = local_derivatives(op, Symbol(node.name, node.shape), inputs, node.params)[slot]
        return f", {ratio(node.name, self.graph.names[node.inputs[slot]])} = {text(local)}"  # type: ignore[index]

    def formula(self, index: int) -> str:
        return self.graph.formula(self.graph.nodes[index])


def spoken(op: Op) -> str:
    return SPOKEN.get(op) or f"{op.name} sends back zero"


def at(mask: Any) -> str:
    return f" at {listed(np.argwhere(mask))}" if np.ndim(mask) and not np.all(mask) else ""


def listed(places: Iterable[Any]) -> str:
    """``[0, 1], [2, 0] and 3 more``"""
    found = [f"[{', '.join(map(str, place))}]" for place in places]
    more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
    return ", ".join(found[:FEW]) + more


def values(numbers: Any) -> str:
    """The first few of some numbers."""
    found = [format_number(x) for x in np.ravel(numbers)[:FEW].tolist()]
    return ", ".join(found) + (" …" if np.size(numbers) > FEW else "")


def tuples(mask: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(place) for place in np.argwhere(mask).tolist())


# No path.


def constant(x: Node, name: str) -> Reason:
    if x.op is None:
        return Reason("constant", f"{name} is a constant: it was made with requires_grad=False, or inside no_grad()")
    return Reason("constant", f"{name} requires no gradient: nothing that it is computed from does")


def apart(graph: Graph, live: Sequence[Recorded], x: Node, name: str) -> Iterator[Reason]:
    """What came between a node and a loss that is not computed from it."""
    places = {node._key for node in live}
    if any(place._key in places for place in x._before):
        yield Reason(
            "cut",
            f"the loss was computed from what {name} was before something was assigned to it: "
            "ask for the gradient before, or assign to a copy, as in t = +x",
        )
        return
    after = descendants(x)
    names = dict(zip(map(id, after), named_all(after, name), strict=True))
    found = [*cuts(live, after, names), *taken(graph, live, after, names)]
    yield from found
    if not found:
        last = names[id(after[-1])]
        line = after[-1].source
        reached = f"{name} itself" if len(after) == 1 else f"{last}, the last that is computed from {name},"
        went = (
            "its numbers may have been taken out by .data, .item() or .tolist(), which leave no trace"
            if line
            else "where its numbers went, as by float() or inside no_grad(), is known where the code runs inside "
            "tracing()"
        )
        yield Reason("no path", f"{reached} is not used by it; {went}", source=line)


def descendants(x: Node) -> list[Recorded]:
    """All nodes of this process that are computed from one, itself first."""
    alive = [each for each in gc.get_objects() if issubclass(type(each), Recorded)]
    root = x._record
    found = {id(root)}
    after = [root]
    for node in topological(alive):
        if node is not root and any(id(each) in found for each in node.inputs):
            found.add(id(node))
            after.append(node)
    return after


def named_all(nodes: Sequence[Recorded], first: str) -> list[str]:
    """What they are called: by label or variable, else by their operation."""
    labels, _ = given_names(list(nodes), caller_variables())
    return [first, *(label or f"the {op_of(node).name}" for node, label in zip(nodes[1:], labels[1:], strict=True))]


def cuts(live: Sequence[Recorded], after: Sequence[Recorded], names: Any) -> Iterator[Reason]:
    """Where the code went on without recording, or by a condition, as it is known inside `tracing`."""
    of = {id(node) for node in after}
    held = {id(node._origin.guards): node._origin.guards for node in (*live, *after) if node._origin is not None}
    everything = {id(each): each for guards in held.values() for each in guards.all()}
    places = {id(node): i for i, node in enumerate(live)}
    for guards in everything.values():
        for cut in guards.cuts:
            index = places.get(id(cut.result))
            if index is not None and any(id(node) in of for node in cut.inputs):
                said = f"{cut.by} cut the path: what it made of {named_of(cut, of, names)} is a constant"
                yield Reason("cut", said, index, source=cut.source)
        for guard in guards.asked:
            if id(guard.condition) in of:
                said = f"{names[id(guard.condition)]} chose, and a choice has no gradient: it was {guard.outcome}"
                yield Reason("no gradient", said, source=guard.source)


def named_of(cut: Cut, of: set[int], names: Any) -> str:
    return " and ".join(names[id(node)] for node in cut.inputs if id(node) in of)


def taken(graph: Graph, live: Sequence[Recorded], after: Sequence[Recorded], names: Any) -> Iterator[Reason]:
    """Constants and leaves of the loss that have the very numbers of what is computed from the node."""
    known: dict[Any, Recorded] = {}
    for node in after:
        data = np.asarray(node._snapshot(), dtype=float)
        if key := key_of(data):
            known[key] = node
    for index, equation in enumerate(graph.equations):
        if equation.op is None and (match := known.get(key_of(graph.data[index]))) is not None:
            made = (
                "a new leaf may have been made of them, as Value(v.data) and Tensor(t.data) are"
                if equation.requires_grad
                else "they may have been taken out of the graph, as by .detach() and inside no_grad()"
            )
            said = f"{graph.names[index]} has the numbers of {names[id(match)]} but is a leaf: {made}"
            yield Reason("cut", said, index, source=match.source)
        for slot, x in enumerate(equation.inputs):
            if isinstance(x, Constant) and (match := known.get(key_of(x.data))) is not None:
                said = (
                    f"the numbers of {names[id(match)]} stand in {graph.formula(graph.nodes[index])} as a constant: "
                    "they may have been taken out of the graph, as by .data, .item() and .numpy()"
                )
                yield Reason("cut", said, index, slot, source=graph.sources[index])


def key_of(data: Any) -> Any:
    """What two arrays of the same numbers have in common, None of numbers that stand anywhere."""
    array = np.asarray(data)
    if array.dtype.kind not in "fiu" or not array.size or (array.size == 1 and float(array.flat[0]) in COMMON):
        return None
    if np.all(array == array.flat[0]) and float(array.flat[0]) in COMMON:
        return None
    return array.shape, np.asarray(array, dtype=float).tobytes()
