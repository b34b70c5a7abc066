"""A training, recorded: the graph of each iteration's loss, and what the update made of the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd import tree
from autograd.errors import GraphError, short_repr
from autograd.graph.descent import rates, update
from autograd.graph.graph import Graph, with_guards
from autograd.graph.steps import Timeline, steps
from autograd.node import Node
from autograd.notation.words import format_number
from autograd.program import frozen

#: How many iterations a recording keeps, unless it is told otherwise: a graph of each takes memory.
MOST = 1_000

#: How many iterations its text shows.
FEW = 12


@dataclass(frozen=True, eq=False)
class Iteration:
    """One step of a training: the graph of its loss, with the gradients after the sweep, and the parameters after it.

    ``after`` has, by the index of a leaf in the graph, what it holds after the update; it is empty where nothing is
    known of one. ``number`` counts the iterations from 1 on, those included that were not kept. ``parameters`` are the
    leaves that are trained, by index, and ``by`` says what updates them, if that was told. ``held_before`` are,
    by index, the gradients that these had at the loss before, be it one that was not kept.
    """

    number: int
    graph: Graph
    after: Mapping[int, Any]
    parameters: Sequence[int] = ()
    by: str = ""
    held_before: Mapping[int, Any] = field(default_factory=dict)

    @cached_property
    def timeline(self) -> Timeline:
        """Its steps, forward and back."""
        return steps(self.graph)

    @property
    def loss(self) -> float:
        return float(np.ravel(self.graph.data[self.graph.outputs[0]])[0])

    @property
    def gradient_size(self) -> float:
        """The length of all gradients that leaves hold, as one vector."""
        return length([self.graph.grads[i] for i in self.graph.leaves if self.graph.grads[i] is not None])

    @property
    def update_size(self) -> float:
        """How far the update went."""
        return length([now - self.graph.data[i] for i, now in self.after.items()])

    @cached_property
    def beside(self) -> dict[int, Any]:
        """How far the gradients that leaves hold, by index, are from what this sweep gave them; those alone that are.

        They were not set to zero before it (`stale`), or were changed after it, as by clipping.
        """
        found = {}
        for node, right in zip(self.graph, self.timeline.gradients, strict=True):
            if node.is_leaf and node.grad is not None and right is not None:
                sizes = np.abs(right)[np.isfinite(right)]
                rough = max(1e-9, 100 * float(np.finfo(np.asarray(right).dtype).eps)) * (1 + np.max(sizes, initial=0))
                if not np.allclose(node.grad, right, rtol=0, atol=float(rough), equal_nan=True):
                    found[node.index] = node.grad - right
        return found

    @property
    def stale(self) -> dict[str, Any]:
        """What was in the gradients of leaves before the sweep: nothing, unless they were not set to zero.

        >>> from autograd import Recording, Value
        >>> w = Value(2.0, "w")
        >>> run = Recording([w])
        >>> for _ in range(2):
        ...     loss = w * 3
        ...     loss.backward()
        ...     run.take(loss)
        >>> [iteration.stale for iteration in run]
        [{}, {'w': 3.0}]
        """
        return {self.graph.names[i]: extra for i, extra in self.beside.items() if self._was_there(i, extra)}

    def _was_there(self, index: int, extra: Any) -> bool:
        """Whether the iteration before has left that, be it one that was not kept."""
        held = self.held_before.get(index)
        if held is None or np.shape(held) != np.shape(extra):
            return False
        return bool(np.allclose(extra, held, rtol=1e-4, atol=0))


class Kept(NamedTuple):
    """What is kept of an iteration: of each parameter, by its place among them, which node of the graph it is."""

    number: int
    graph: Graph
    places: dict[int, int]
    after: dict[int, Any]
    by: str
    held_before: dict[int, Any]


class HasRecording(Protocol):
    """What keeps the recording of a training, as ``nn.Record`` does; None before there is one."""

    @property
    def recording(self) -> Recording | None: ...


class Recording(Sequence[Iteration]):
    """The iterations of a training. `take` each loss after its sweep, and before the update of the parameters.

    ``parameters`` are what is trained, nodes in any container; ``every`` keeps one iteration in so many, and ``most``
    is how many are kept, the last ones. ``viz.step(run)`` shows it, iteration by iteration, each down to the edge.

    >>> from autograd import Value, no_grad
    >>> w = Value(2.0)
    >>> run = Recording([w])
    >>> for _ in range(3):
    ...     w.grad = 0.0
    ...     loss = (w - 5) ** 2
    ...     loss.backward()
    ...     run.take(loss)
    ...     w.data -= 0.25 * w.grad
    >>> run
    Recording of 3 iterations
      iteration  loss    |gradient|  |update|
              1  9       6           1.5
              2  2.25    3           0.75
              3  0.5625  1.5         0.375

    Raises `GraphError` for parameters among which there is no node, and for settings that are no counts.
    """

    def __init__(self, parameters: Any, every: int = 1, most: int = MOST) -> None:
        self.parameters = [leaf for leaf in tree.leaves(parameters) if isinstance(leaf, Node)]
        if not self.parameters:
            raise GraphError(
                "Recording: parameters: expected the nodes that are trained, as in Recording([w, b]) or "
                f"Recording(model.parameters()), got {short_repr(parameters)}"
            )
        for name, number in {"every": every, "most": most}.items():
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise GraphError(f"Recording: {name}: expected an int of at least 1, got {short_repr(number)}")
        self.every, self.most = every, most
        self._seen = 0
        self._kept: list[Kept] = []
        self._open: Kept | None = None  #: the last one, whose update is still to come
        self._held: dict[int, Any] = {}  #: the gradients that leaves had at the last loss, by their keys

    @classmethod
    def of(cls, what: Any) -> Recording | None:
        """The recording that something is, or has as its ``recording``, as ``nn.Record``; None where it has none.

        >>> from autograd import Value
        >>> Recording.of(Value(1.0)) is None
        True

        Raises `GraphError` where no training has been recorded yet.
        """
        if isinstance(what, Recording) or not hasattr(what, "recording"):
            return what if isinstance(what, Recording) else None
        if what.recording is None:
            raise GraphError(f"{type(what).__name__}: no training was recorded yet: give it to one as a callback first")
        return what.recording if isinstance(what.recording, Recording) else None

    def take(self, loss: Node, *, by: str = "") -> None:
        """Keep the graph of this iteration's loss, after its ``backward()`` and before the update.

        ``by`` says what makes the update, in words for people: "SGD(lr=0.1, momentum=0.9)".

        Raises `GraphError` for what is no node, and for a loss that holds more than one number.
        """
        if not isinstance(loss, Node):
            raise GraphError(f"Recording.take: expected the loss, a Value or a Tensor, got {short_repr(loss)}")
        self._complete()
        self._seen += 1
        before, self._held = self._held, self._gradients()
        if (self._seen - 1) % self.every:
            self._open = None
            return
        graph = Graph.of(loss)
        steps(graph)  # which refuses what has no steps
        keys = {i: node._key for i, node in enumerate(with_guards([loss._record])[0]) if node.op is None}
        self._held |= {keys[i]: graph.grads[i] for i in keys if graph.grads[i] is not None}
        held_before = {i: before[key] for i, key in keys.items() if key in before}
        self._open = Kept(self._seen, graph, self._places(loss), {}, by, held_before)
        self._kept = [*self._kept, self._open][-self.most :]

    def _gradients(self) -> dict[int, Any]:
        """The gradients that the parameters have now, by their keys."""
        grads = ((parameter._record._key, parameter.grad) for parameter in self.parameters)
        return {key: g if isinstance(g, float) else frozen(np.array(g)) for key, g in grads if g is not None}

    def _places(self, loss: Node) -> dict[int, int]:
        """By its place among the parameters, which node of the graph each is."""
        keys = {node._key: i for i, node in enumerate(with_guards([loss._record])[0])}
        return {k: keys[p._record._key] for k, p in enumerate(self.parameters) if p._record._key in keys}

    def _complete(self) -> None:
        """What the parameters of the last iteration hold now is what its update made of them."""
        if self._open is None:
            return
        for k, index in self._open.places.items():
            data = self.parameters[k].data
            self._open.after[index] = data if isinstance(data, float) else frozen(np.array(data))

    def __getitem__(self, index: Any) -> Any:
        self._complete()
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        number, graph, places, after, by, held_before = self._kept[index]
        changed = {i: now for i, now in after.items() if not np.array_equal(now, graph.data[i])}
        return Iteration(number, graph, changed, tuple(places.values()), by, held_before)

    @property
    def rates(self) -> list[float | None]:
        """Of each iteration the rate η, where its update was w ← w − η·∂L/∂w for every parameter, but for rounding.

        None where it was not, and where that may be chance: the step of another rule, with a memory or a rate of its
        own for each parameter, is a multiple of the gradient, too, if there is but one number to train.

        >>> from autograd import Recording, Value
        >>> w, b = Value(2.0, "w"), Value(1.0, "b")
        >>> run = Recording([w, b])
        >>> loss = w * 3 + b
        >>> loss.backward()
        >>> run.take(loss)
        >>> w.data, b.data = w.data - 0.25 * w.grad, b.data - 0.25 * b.grad
        >>> run.rates
        [0.25]
        """
        self._complete()
        updates = [
            update([(each.graph.data[i], each.graph.grads[i], now) for i, now in each.after.items()])
            for each in self._kept
        ]
        return rates(updates, from_start=bool(self._kept) and self._kept[0].number == 1)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Iteration]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        rows = [("iteration", "loss", "|gradient|", "|update|"), *map(row, self[-FEW:])]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"Recording of {len(self)} iteration{'s' * (len(self) != 1)}"]
        if len(self) > FEW:
            lines[0] += f", the last {FEW}"
        for number, *others in rows:
            cells = [text.ljust(width) for text, width in zip(others, widths[1:], strict=True)]
            lines.append(f"  {number.rjust(widths[0])}  {'  '.join(cells)}".rstrip())
        return "\n".join(lines)


def row(iteration: Iteration) -> tuple[str, str, str, str]:
    """Its number, its loss, and how large the gradient and the update were."""
    return (
        str(iteration.number),
        format_number(iteration.loss),
        format_number(iteration.gradient_size),
        format_number(iteration.update_size),
    )


def length(parts: Sequence[Any]) -> float:
    """The Euclidean norm of all numbers in these arrays."""
    return float(np.sqrt(sum(float(np.sum(np.square(part))) for part in parts)))
