"""Graph: an immutable snapshot of a computation, checked, and replayable on new leaf values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd import accept, notebook
from autograd.call import Output, like, static
from autograd.errors import GraphError, ShapeError, StaleDataError, short_repr
from autograd.graph.lines import Lines, spots_of
from autograd.graph.names import given_names, running, visible, with_automatic
from autograd.graph.neurons import shifted
from autograd.graph.stale import first_stale, refusal
from autograd.graph.zoom import Zoom
from autograd.node import LazyEquations, Node, Recorded, topological
from autograd.notation.printer import text
from autograd.notation.symbol import Symbol
from autograd.notation.words import written_name
from autograd.op import Op
from autograd.program import Constant, Equation, frozen, unpickled
from autograd.scalar.value import Value, evaluate
from autograd.state import Guard, Guards, Origin, is_told
from autograd.sweep.events import Slopes
from autograd.sweep.reverse import cure

#: How many names a message lists.
FEW = 12


@dataclass(frozen=True, slots=True, eq=False)
class GraphNode:
    """One node of a `Graph`: its equation, its numbers and its names, as they were when the snapshot was taken.

    ``inputs`` are in order, repeats kept: the index of a node, or a `Constant`. ``data`` is a float or a
    read-only array. ``grad`` is None where no sweep has been. ``slopes`` are the local derivatives of a
    scalar operation, None for an input that no gradient reaches; ``slopes`` is None for a tensor.
    ``source`` and ``scope`` say where it was made, if that was inside `tracing`; elsewhere ``source`` is known where it
    can be read off: of a variable that the code which took the snapshot assigned once, and of its expression.
    """

    index: int
    name: str
    label: str | None
    equation: Equation
    data: Any
    grad: Any
    slopes: Slopes
    source: str | None
    scope: tuple[str, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled, (GraphNode, *(getattr(self, each.name) for each in fields(self)))

    @property
    def op(self) -> Op | None:
        """What computes it; None for a leaf."""
        return self.equation.op

    @property
    def inputs(self) -> tuple[int | Constant, ...]:
        """What it is computed from."""
        return self.equation.inputs

    @property
    def params(self) -> Mapping[str, Any]:
        """The arguments of the operation that are not differentiated."""
        return self.equation.params

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data, () for a scalar node."""
        return self.equation.shape

    @property
    def requires_grad(self) -> bool:
        """Whether a sweep brings it a gradient."""
        return self.equation.requires_grad

    @property
    def output(self) -> int | None:
        """Which of several outputs it is; None where there is one."""
        return self.params.index if isinstance(self.params, Output) else None

    @property
    def is_leaf(self) -> bool:
        """Whether nothing computes it."""
        return self.op is None

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The params that hold no inputs: ``axis``, say, but not the list that a concatenation was given."""
        return static(self.params)


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """A frozen computation: a program, the numbers of its equations, and the names that people gave them.

    ``graph.nodes`` shows all of it node by node, inputs before users.

    >>> from autograd import Value
    >>> x, y, z = Value(-2), Value(5), Value(-4)
    >>> graph = Graph.of((x + y) * z)
    >>> graph
    Graph(x, y, q = x + y, z, f = q · z)
    >>> graph.replay({"z": 10})["f"].data
    30.0
    """

    equations: Sequence[Equation]
    outputs: tuple[int, ...]  #: which of the equations
    data: tuple[Any, ...]  #: of every equation, as for a node
    grads: tuple[Any, ...]
    slopes: tuple[Slopes, ...]
    labels: tuple[str | None, ...]
    sources: Sequence[str | None]  #: the line that made each, where it is known
    scopes: tuple[tuple[str, ...], ...]
    taken: frozenset[str]  #: the variables that held nodes, also others, where the person's code ran
    fixed: tuple[str, ...] = ()  #: the names of all, where they are not to be found from the labels
    guards: tuple[tuple[int, Any, str | None], ...] = ()  #: a condition, how it came out, the line that asked
    lost: tuple[str, ...] = ()  #: what chose by what is not in the graph, and can no longer be seen to
    told: frozenset[int] = frozenset()  #: the nodes that choose by the graph, or by what was given inside `tracing`
    numbers: frozenset[int] = frozenset()  #: those that would have been computed otherwise if they were NaN

    @classmethod
    def of(cls, *outputs: Node, names: Mapping[str, Any] | None = None) -> Graph:
        """Snapshot of everything the outputs are computed from.

        A node is named by its label, else by the variable that holds it where the person's code runs (or by
        ``names``, a mapping like ``locals()``), the function that made it before a helper that it was given to. Else
        it is named by what it is: z1[2] and h1[2] are neuron 3 of layer 1 before and after its activation, of layers
        whose parameters have names, and ``s − max`` is a score less the largest, as a softmax needs it. What remains is
        q, r, s …, and f is a single output. Up to Python 3.12, a dict which that code has from ``locals()`` is brought
        up to date by this; with ``names`` it stays as it was taken.

        Of ``names``, what holds no node of these is passed over, as are names that are private, or no identifiers.

        Raises `GraphError` if there is no output or one is no node, or ``names`` are none, `StaleDataError` if data
        changed since.
        """
        for output in outputs:
            if not isinstance(output, Node):
                raise GraphError(f"Graph.of: expected Values or Tensors, got {type(output).__name__}{cure(output)}")
        if not outputs:
            raise GraphError("Graph.of: expected at least one output, as in Graph.of(loss)")
        if names is not None:
            expect_mapping(names, "Graph.of: names", '{"x": x}')
            for name in names:
                if not isinstance(name, str):
                    raise GraphError(f"Graph.of: names: expected text, as in locals(), got {short_repr(name)}")
        records = [output._record for output in outputs]
        live, origins, guards, lost = with_guards(records)
        stale = first_stale(live)
        frames = running() if names is None else []
        labels, taken = given_names(live, visible(frames) if names is None else [names])
        places = {id(node): i for i, node in enumerate(live)}
        data, grads, slopes, params = zip(*[node._snapshot_all() for node in live], strict=True)
        equations = LazyEquations(live, places, params)
        sources = [None if origin is None else origin.source for origin in origins]
        spots = spots_of(frames, {node._key: i for i, node in enumerate(live)}) if None in sources else []
        graph = cls(
            equations=equations,
            outputs=tuple([places[id(record)] for record in records]),
            data=data,
            grads=grads,
            slopes=slopes,
            labels=labels,
            sources=Lines(sources, equations, spots) if spots else tuple(sources),
            scopes=tuple([() if origin is None else origin.scope for origin in origins]),
            taken=taken,
            guards=tuple([(places[id(guard.condition)], guard.outcome, guard.source) for guard in guards]),
            lost=lost,
            told=frozenset([i for i, origin in enumerate(origins) if is_told(origin)]),
            numbers=frozenset([i for i, origin in enumerate(origins) if origin is not None and origin.is_number]),
        )
        if stale is not None:
            raise StaleDataError(refusal(live, stale, graph.names, graph.formula(stale), graph.sources[stale]))
        return graph

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrays = {name: tuple(map(frozen, state[name])) for name in ("data", "grads")}
        vars(self).update(state | arrays)  # what was pickled can be written to

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes: the given ones, and automatic ones for the rest."""
        return self.fixed or with_automatic(self.labels, self.equations, self.data, self.outputs[-1], self.taken)

    @cached_property
    def nodes(self) -> tuple[GraphNode, ...]:
        """The nodes, inputs before users."""
        numbers, places = (self.data, self.grads, self.slopes), (self.sources, self.scopes)
        return tuple(map(GraphNode, range(len(self)), self.names, self.labels, self.equations, *numbers, *places))

    def __repr__(self) -> str:
        return f"Graph({', '.join(map(self.formula, self.nodes))})"

    _repr_html_ = notebook.html

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes)

    def __getitem__(self, key: int | str) -> GraphNode:
        """A node by index or by name, of which spaces do not matter where no other has the same without them.

        Raises `GraphError` where there is none.
        """
        if isinstance(key, str) and key in self.names:
            return self.nodes[self.names.index(key)]
        if isinstance(key, int | np.integer):
            if not -len(self) <= key < len(self):
                raise GraphError(f"no node has the index {key}: the graph has {len(self)}, from 0 to {len(self) - 1}")
            return self.nodes[key]
        if isinstance(key, str):
            alike = [i for i, name in enumerate(self.names) if bare(name) == bare(key)]
            if len(alike) == 1:
                return self.nodes[alike[0]]
        raise GraphError(f"no node is named {short_repr(key)}; {self._near(key)}")

    def _near(self, key: Any) -> str:
        """The names that are like one that no node has; all of them, where these are few."""
        if len(self) <= FEW:
            return f"the names are {', '.join(self.names)}"
        near = get_close_matches(short_repr(key), self.names, 3, 0.4) or [*self.names[:3], "…"]
        return f"of the {len(self)} names the closest are {', '.join(near)}"

    def found_once(self, find: Callable[[Graph, int], Any], index: int) -> Any:
        """What ``find`` finds for an equation. The last is kept: steps that follow each other ask for one equation."""
        kept = self._found.get(find)
        if kept is None or kept[0] != index:
            kept = self._found[find] = index, find(self, index)
        return kept[1]

    @cached_property
    def _found(self) -> dict[Callable[[Graph, int], Any], tuple[int, Any]]:
        return {}

    @property
    def leaves(self) -> tuple[int, ...]:
        """The indices of the nodes that nothing computes."""
        return tuple(i for i, equation in enumerate(self.equations) if equation.op is None)

    def users(self) -> list[list[tuple[int, int]]]:
        """For every node, who uses it: pairs of node and operand slot, in order, repeats kept."""
        users: list[list[tuple[int, int]]] = [[] for _ in self.equations]
        for i, equation in enumerate(self.equations):
            for slot, x in enumerate(equation.inputs):
                if isinstance(x, int):
                    users[x].append((i, slot))
        return users

    def formula(self, node: GraphNode | int | str) -> str:
        """``q = x + y`` for one node, or the one of that index or name."""
        if not isinstance(node, GraphNode):
            node = self[node]
        if node.op is None:
            return node.name
        return f"{written_name(node.name)} = {text(applied(node.op, self.symbols(node), node.params))}"

    def expression(self, most: int = 80) -> str:
        """The last output in its leaves, if that has no more than ``most`` characters; else in what has a name, else
        its `formula`.

        >>> from autograd import Value
        >>> x, y, z = Value(-2), Value(5), Value(-4)
        >>> q = x + y
        >>> Graph.of(q * z).expression(), Graph.of(q * z).formula("f")
        ('f = (x + y) · z', 'f = q · z')
        """
        output = self.nodes[self.outputs[-1]]
        if output.op is not None:
            for is_named in (False, True):
                formula = self._written_out(output, is_named, most)
                written = f"{written_name(output.name)} = {text(formula)}" if formula is not None else ""
                if 0 < len(written) <= most and "(with " not in written:
                    return written
        return self.formula(output)

    def _written_out(self, output: GraphNode, is_named: bool, most: int) -> Symbol | None:
        """What a node is in leaves, or in what ``is_named``; None where that is more than so many operations."""
        ends = {output.index: False}
        waiting = [output.index]
        while waiting:
            for x in self.equations[waiting.pop()].inputs:
                if isinstance(x, int) and x not in ends:
                    ends[x] = self.equations[x].op is None or (is_named and self.labels[x] is not None)
                    waiting += [] if ends[x] else [x]
            if len(ends) > most:
                return None
        made: dict[int, Any] = {}
        for i in sorted(ends):
            equation = self.equations[i]
            if ends[i] or equation.op is None:
                made[i] = Symbol(self.names[i], equation.shape)
            else:
                inputs = [x.data if isinstance(x, Constant) else made[x] for x in equation.inputs]
                made[i] = applied(equation.op, inputs, equation.params, equation.shape)
        found: Symbol = made[output.index]
        return found

    def symbols(self, node: GraphNode) -> list[Any]:
        """The inputs of a node as Symbols, constants as they are.

        The same node twice is two of them: s · s is what was computed, by two edges, where a rule writes s² for it.
        """
        return [
            x.data if isinstance(x, Constant) else Symbol(self.names[x], self.equations[x].shape) for x in node.inputs
        ]

    def inputs_of(self, node: GraphNode | int | str) -> list[Any]:
        """The numbers or arrays that a node, or the one of that index or name, was computed from."""
        return operands(self.equations[(node if isinstance(node, GraphNode) else self[node]).index], self.data)

    def to_scalars(self) -> Graph:
        """The scalar graph of the same computation: a node for every number, as if it had been written with Values.

        So a matrix product is seen as the sums of products that it is, and its gradient as what it is made of. The
        elements of ``h`` are named ``h[0]``, ``h[1]`` …, and what they are computed by on the way ``h[0]_1`` …; a
        gradient that ``h`` has, its elements have, and what is between elements has its own. Of Values it is the same
        graph again.

        >>> import numpy as np
        >>> from autograd import Tensor
        >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
        >>> h = np.tanh(W @ x)
        >>> scalars = Graph.of(h).to_scalars()
        >>> scalars.formula("q[1]"), scalars["h[1]"].data == float(h.data[1])
        ('q[1] = W[1, 0] · 5 + W[1, 1] · 6', True)

        Sums of Values run from left to right, so that last digits may differ. Elements that are plain numbers, as the
        zeros of a padding, are no nodes.

        Raises `GraphError` for more than a million scalars, and where there is none; `DTypeError` for an operation that
        has no scalar graph, with the reason, as a decomposition that is computed by iteration.
        """
        return self.zoom().graph

    def zoom(self) -> Zoomed:
        """The scalar graph of the same computation, as `to_scalars` makes it, and which of its nodes is which element.

        >>> from autograd import Tensor
        >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([5.0, 6.0])
        >>> h = W @ x
        >>> scalars, elements, of = Graph.of(h).zoom()
        >>> scalars.formula(int(elements[2][1]))
        'h[1] = W[1, 0] · x[0] + W[1, 1] · x[1]'

        Raises what `to_scalars` raises.
        """
        zoom = Context().run(Zoom, self.equations, self.data, self.names)  # nothing that is open here sees it
        elements = [node for i in self.outputs for node in zoom.outputs(i)]
        if not elements:
            raise GraphError(f"to_scalars: {self.names[self.outputs[-1]]} has no elements, so that there is no node")
        asked = [
            (x, outcome, line)
            for i, outcomes, line in self.guards
            for x, outcome in zip(zoom.elements[i].flat, np.ravel(outcomes).tolist(), strict=True)
            if isinstance(x, Value)
        ]
        everything = [*elements, *(x for x, _, _ in asked)]
        graph, live = Graph.of(*everything, names={}), with_guards(everything)[0]
        places = {id(node): k for k, node in enumerate(live)}
        parts = [zoom.parts[id(node)] for node in live]
        grads = [
            None
            if part.place is None or self.grads[part.equation] is None
            else float(np.asarray(self.grads[part.equation])[part.place])
            for part in parts
        ]
        names = [part.name for part in parts]
        for k, score in shifted(graph.equations, graph.data).items():
            if parts[k].place is None and (name := f"{names[score]} − max") not in names:
                names[k] = name
        within = {k for k, part in enumerate(parts) if part.place is None}
        scalars = replace(
            graph,
            outputs=graph.outputs[: len(elements)],
            grads=tuple(with_inner(graph, grads, within)),
            labels=tuple(
                [part.name if self.labels[part.equation] and part.place is not None else None for part in parts]
            ),
            sources=tuple([self.sources[part.equation] for part in parts]),
            scopes=tuple([self.scopes[part.equation] for part in parts]),
            taken=self.taken,
            fixed=tuple(names),
            guards=(
                *((k, outcome, self.sources[parts[k].equation]) for k, outcome, _ in graph.guards),
                *((places[id(x)], outcome, line) for x, outcome, line in asked),
            ),
            lost=self.lost,
            told=frozenset([k for k in graph.told if parts[k].equation in self.told]),
            numbers=frozenset([k for k, part in enumerate(parts) if part.equation in self.numbers]),
        )
        at = np.frompyfunc(lambda element: places.get(id(element), -1), 1, 1)
        return Zoomed(
            scalars,
            tuple([frozen(np.asarray(at(elements)).astype(int)) for elements in zoom.elements]),
            tuple([part.equation for part in parts]),
        )

    def replay(self, values: Mapping[str, Any]) -> Graph:
        """The same computation on new values for the named leaves: a new graph, without gradients.

        Inside `tracing`, and in the rules of a recorded gradient, comparisons are part of the graph, so `where` chooses
        anew. What is a plain number or array by the time it meets a node is constant: an order, or numbers made of a
        condition, outside `tracing` (``(x > 0) * 2.0``), and also a condition made outside that is used inside, which
        cannot be told from a mask of one's own. So make conditions inside.

        Raises `GraphError` for a name that is no leaf; for values for which a branch of the code (``if x > 0:``,
        ``int(x > 0)``) would have gone the other way; for a `where` whose condition, a `take_along_axis` whose indices,
        an index whose mask, or arithmetic whose True and False (``x * (x > 0)``) came from outside `tracing`, as for a
        gradient of these; and for a recorded derivative that would be NaN where the code, which leaves out what was
        not chosen, may give a number. Raises `ShapeError` for a value of another shape, `DTypeError` for one that is no
        real number.
        """
        expect_mapping(values, "replay", '{"x": 2.0}')
        given = {self[name].index: value for name, value in values.items()}
        for i in given:
            if self.equations[i].op is not None:
                raise GraphError(f"replay: {self.names[i]!r} is computed, not a leaf: give values for leaves only")
        chosen = [
            self.names[i]
            for i, equation in enumerate(self.equations)
            if i not in self.told and equation.chooses_outside
        ]
        chosen += self.lost
        if given and chosen:
            raise GraphError(
                f"replay: {chosen[0]} took a branch, or an order, by a condition that is not in the graph, and "
                "might take another for new values: record it inside tracing(), or run the code again"
            )
        equations = list(self.equations)
        data: list[Any] = []
        slopes: list[Slopes] = []
        for i, (equation, old) in enumerate(zip(self.equations, self.slopes, strict=True)):
            if equation.op is None:
                result, known = leaf_data(self.names[i], equation, given[i]) if i in given else self.data[i], old
            else:
                xs = operands(equation, data)
                if isinstance(equation.params, Output):
                    equations[i] = equation = equation._replace(params=outputs_again(equation.op, xs, equation.params))
                flows = [isinstance(x, int) and self.equations[x].requires_grad for x in equation.inputs]
                result, known = recompute(equation, xs, old, flows)
            data.append(frozen(result))
            slopes.append(known)
        for i, outcome, source in self.guards:
            now = data[i].item() if isinstance(data[i], np.ndarray) and not np.ndim(outcome) else data[i]
            now = bool(now) if isinstance(outcome, bool) else now
            if not np.array_equal(outcome, now, equal_nan=True):
                line = f" in {source}" if source else ""
                raise GraphError(
                    f"replay: {self.formula(self.nodes[i])} came out {outcome!s:.60}, and is {now!s:.60} for these "
                    f"values{line}: the code may go another way; run it again"
                )
        for i in self.numbers:
            if np.isnan(data[i]).any():
                raise GraphError(
                    f"replay: {self.formula(self.nodes[i])} is no number for these values, as where a zero that "
                    "nothing flows through meets an infinite slope: run the code again"
                )
        return replace(
            self,
            equations=tuple(equations),
            data=tuple(data),
            slopes=tuple(slopes),
            grads=(None,) * len(self),
            fixed=self.names,  # some say what is largest, which may be another now
        )


class Zoomed(NamedTuple):
    """A computation as its scalar graph, and what of it each scalar is."""

    graph: Graph  #: the scalars
    elements: tuple[np.ndarray[Any, Any], ...]  #: of each node of the computation, the index of every element; −1: none
    of: tuple[int, ...]  #: of each scalar, the node of the computation that it is an element of, or made on the way to


def with_inner(graph: Graph, grads: list[Any], inner: Collection[int]) -> list[Any]:
    """The gradients, with those of the inner nodes, which come from the nodes that use them."""
    for index in reversed(range(len(grads))):
        g, equation = grads[index], graph.equations[index]
        for x, slope in zip(equation.inputs, graph.slopes[index] or (), strict=False):
            if isinstance(x, int) and x in inner and g is not None and slope is not None:
                grads[x] = slope * g + (0.0 if grads[x] is None else grads[x])
    return grads


def expect_mapping(given: Any, what: str, example: str) -> None:
    if not isinstance(given, Mapping):
        raise GraphError(f"{what}: expected a mapping by names, such as {example}, got {short_repr(given)}")


def with_guards(
    outputs: Sequence[Recorded],
) -> tuple[list[Recorded], list[Origin | None], list[Guard], tuple[str, ...]]:
    """The nodes of the outputs, then those of the conditions that they depend on; where each was made.

    Then the guards, in order, and the operations behind them that chose by what was not in the graph.
    """
    asked: list[Guard] = []
    while True:
        live = topological([*outputs, *(guard.condition for guard in asked)])
        origins = [node._origin for node in live]
        guards: dict[int, Guards] = {}
        for origin in origins:
            if origin is not None and id(origin.guards) not in guards:
                guards |= {id(held): held for held in origin.guards.all()}
        found = list(dict.fromkeys(guard for held in guards.values() for guard in held.asked))  # two may hold the same
        if len(found) == len(asked):
            return live, origins, asked, tuple([name for held in guards.values() for name in held.lost])
        asked = found


def bare(name: str) -> str:
    """A name without spaces.

    >>> bare("p[0, 0]")
    'p[0,0]'
    """
    return "".join(name.split())


def applied(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], shape: tuple[int, ...] = ()) -> Symbol:
    """The formula of an operation on these inputs, as it was computed: nothing simplified."""
    return Symbol("", shape, op, tuple(inputs), params)


def operands(equation: Equation, data: Sequence[Any]) -> list[Any]:
    """The numbers or arrays that an equation is computed from, given those of the equations before it."""
    return [x.data if isinstance(x, Constant) else data[x] for x in equation.inputs]


def leaf_data(name: str, leaf: Equation, value: Any) -> Any:
    if leaf.dtype is None:
        return accept.number(value, f"replay: {name}")
    array = accept.numbers(value, f"replay: {name}", leaf.dtype)
    if array.shape != leaf.shape:
        raise ShapeError(f"replay: {name} has shape {leaf.shape}, got {array.shape}")
    return array


def outputs_again(op: Op, xs: Sequence[Any], params: Output) -> Output:
    """The params of one of several outputs, with all outputs from new inputs."""
    return Output(params, params.index, like(params.outputs, map(np.asarray, op.attempt(op.forward, xs, params))))


def recompute(equation: Equation, xs: Sequence[Any], old: Slopes, flows: Sequence[bool]) -> tuple[Any, Slopes]:
    """The data of an equation, and its slopes where it is scalar, from new inputs; which of them a gradient may reach.

    None flows to what a `where` does not choose, and that may be another branch now.
    """
    op = equation.op
    assert op is not None
    if isinstance(equation.params, Output):
        return equation.params.outputs[equation.params.index], None
    if old is None:
        return np.asarray(op.evaluate(xs, equation.params)), None
    if op.is_flat:
        return bool(op.run(op.forward, xs, equation.params)), old
    output, *slopes = evaluate(op, list(xs), equation.params)
    return output, tuple(
        [slope if to and not (op.masks and slope == 0) else None for to, slope in zip(flows, slopes, strict=True)]
    )
