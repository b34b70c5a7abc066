"""Run: a function as it is checked, on nodes of its own: its output, its graph, the cotangent of that."""

from __future__ import annotations

import copy
import gc
import inspect
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograd import tree
from autograd.check.report import Finding
from autograd.check.swept import swept_events
from autograd.errors import DTypeError, GraphError, StaleDataError
from autograd.graph.graph import Graph
from autograd.node import Node, topological
from autograd.op import Op
from autograd.scalar.value import Value
from autograd.state import recording, tracing
from autograd.sweep.events import Event
from autograd.tensor.tensor import Tensor

#: What draws random numbers.
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)

#: From how many nodes on a function is run without a trace at first.
LONG = 5_000


def name_of(f: Any) -> str:
    """What a function is called; of an object that is called like one, its class."""
    return f.name if isinstance(f, Op) else str(getattr(f, "__name__", type(f).__name__))


@dataclass(frozen=True)
class Run:
    """One output of a function, as a node, its graph, and the cotangent that it is pulled back from."""

    output: Node
    graph: Graph
    seed: Any
    is_traced: bool
    is_stable: bool = True  #: whether a run before it gave the same

    @cached_property
    def swept(self) -> tuple[list[Any], list[Event]]:
        """The adjoint of each node, and every event on the way. Raises `Stopped` where a rule raises."""
        return swept_events(self.graph, self.seed)

    @classmethod
    def of(cls, f: Callable[..., Any], inputs: Sequence[Any], rng: Any, traced: bool = False) -> list[Run]:
        """Run a function on nodes of its own; its outputs of one kind are added up to one.

        It is run inside `tracing`, so that findings know their lines of code, unless it is long: that takes its time.
        """
        given, outputs = called(f, inputs, traced)
        is_stable = True
        if not traced and len(topological([y._record for y in outputs])) <= LONG:
            first = given, outputs
            given, outputs = called(f, inputs, traced=True)
            traced = True
            is_stable = is_the_same(*first, outputs)
        generator = np.random.default_rng(rng)
        kinds = [[y for y in outputs if isinstance(y, kind)] for kind in (Value, Tensor)]
        single = [total(kind, generator) for kind in kinds if kind]
        names = named(f, given)
        with collector_paused():
            graphs = [graph_of(y, names) for y in single]
        return [
            cls(y, with_names_of_code(graph), weight(y, generator), traced, is_stable)
            for y, graph in zip(single, graphs, strict=True)
        ]


class Stale(Exception):  # noqa: N818 - it is caught by the check itself
    """What a node holds is not what its operation gives for its inputs."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@contextmanager
def collector_paused() -> Iterator[None]:
    """A replay makes many objects and no cycles: half of its time would go to the search for some."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_the_same(given: Sequence[Any], first: Sequence[Node], second: Sequence[Node]) -> bool:
    """Whether a second run of a function gave what the first one did.

    Raises `Stale` where it holds on to a node that the first one was given.
    """
    earlier = {id(x._record) for x in tree.flatten(tuple(given))[0] if isinstance(x, Node) and x._record.op is None}
    if any(id(x) in earlier for x in topological([y._record for y in second])):
        message = "the function keeps a node of an earlier call, to which the gradient of a later one goes"
        hint = "does it remember what it was given? Let each call begin anew"
        raise Stale(Finding(outcome="wrong", check="deterministic", message=message, hint=hint))
    pairs = [(x._record._snapshot(), y._record._snapshot()) for x, y in zip(first, second, strict=False)]
    return len(first) == len(second) and all(np.shape(x) == np.shape(y) and are_near(x, y) for x, y in pairs)


def are_near(x: Any, y: Any) -> bool:
    """Whether two results are the same, but for what another layout in memory does to their last digits."""
    with np.errstate(all="ignore"):
        return bool(
            np.allclose(x, y, rtol=1e-6 if getattr(x, "dtype", None) != np.float64 else 1e-10, atol=0.0, equal_nan=True)
        )


def graph_of(y: Node, names: Mapping[str, Any]) -> Graph:
    """The graph of a node.

    Raises `Stale` where one of its nodes does not hold what its operation gives.
    """
    try:
        return Graph.of(y, names=names)
    except StaleDataError as error:
        for place in topological([y._record]):
            try:
                place._check_fresh()
            except StaleDataError:
                op = None if place.op is None else place.op.name
                details: dict[str, Any] = {"op": op, "name": place.label, "source": place.source}
                raise Stale(
                    Finding(outcome="wrong", check="local derivative", message=str(error), **details)
                ) from error
        raise


def called(f: Callable[..., Any], inputs: Sequence[Any], traced: bool) -> tuple[Sequence[Any], list[Any]]:
    """The arguments that a function was run on, itself the first; what it gave, and the nodes of that."""
    given = with_twins((f, *inputs))
    with recording(traced=False), tracing() if traced else nullcontext(), np.errstate(all="ignore"):
        result = given[0](*given[1:])
    outputs = [y for y in tree.flatten(result)[0] if isinstance(y, Node) and y.requires_grad]
    if not outputs:
        raise GraphError(
            f"gradcheck: {name_of(f)} returned {type(result).__name__}, which depends on no tracked node: "
            "give inputs as floats or arrays of floats, and compute with them alone"
        )
    return given, outputs


def located(finding: Finding, runs: Sequence[Run]) -> Finding:
    """A finding with the line and the name that its node has in a traced graph of the same nodes."""
    graph = runs[0].graph
    if len(runs) > 1 or finding.node is None:
        return finding
    computed = [i for i, equation in enumerate(graph.equations) if equation.op is None or not equation.op.is_flat]
    if finding.node >= len(computed):
        return finding
    index = computed[finding.node]
    op = graph.equations[index].op
    if (None if op is None else op.name) != finding.op:
        return finding
    return replace(finding, node=index, name=graph.names[index], source=graph.sources[index])


def with_twins(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments with leaves of their own in the places of nodes, floats and arrays: nothing happens to the person's."""
    leaves, structure = tree.flatten(given)
    are_settings = list(settings(given))
    twins: dict[int, Any] = {}
    has_values = any(isinstance(x, Value) for x in leaves)  # beside these an array is data
    is_of_arrays = not has_values and any(is_array(x) or isinstance(x, Tensor) for x in leaves)

    def twin(x: Any) -> Any:
        if id(x) in twins:
            return twins[id(x)]
        if isinstance(x, Node):
            if not x.requires_grad:
                return x
            data = x._record._snapshot()
            made: Any = Value(data, x.label) if isinstance(x, Value) else Tensor(data, label=x.label)
            twins[id(x)] = made
            return made
        if type(x) is float:
            return Tensor(x) if is_of_arrays else Value(x)
        if is_array(x) and not has_values:
            if x.dtype.itemsize > 8:
                raise DTypeError(
                    f"gradcheck: expected floats of up to 64 bits, which the references know, got {x.dtype}: "
                    "give x.astype(np.float64)"
                )
            return Tensor(x)
        if isinstance(x, GENERATORS):  # each run draws the same
            return twins.setdefault(id(x), copy.deepcopy(x))
        return x

    def setting(x: Any) -> Any:
        """A buffer of a Module is written to by each run, and is nobody else's."""
        return (
            twins.setdefault(id(x), x.copy())
            if isinstance(x, np.ndarray)
            else twin(x)
            if isinstance(x, GENERATORS)
            else x
        )

    rebuilt: tuple[Any, ...] = tree.unflatten(
        structure,
        [
            setting(x) if is_setting and not isinstance(x, Node) else twin(x)
            for x, is_setting in zip(leaves, are_settings, strict=True)
        ],
    )
    return rebuilt


def is_array(x: Any) -> bool:
    """Whether it is one of floats, with or without axes."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"


def settings(part: Any, inside: bool = False) -> Iterator[bool]:
    """Of each leaf whether it is an attribute of an object, as of a Module: nodes there are inputs, numbers are not."""
    kind = tree.kind_of(part)
    if kind is None:
        yield inside
        return
    inside = inside or kind.children is tree.OBJECT.children
    for _, child in kind.children(part):
        yield from settings(child, inside)


def weight(y: Node, rng: np.random.Generator) -> Any:
    """A cotangent for a node, no two elements of it alike."""
    if isinstance(y, Value):
        return float(rng.uniform(0.5, 1.5))
    return np.asarray(rng.uniform(0.5, 1.5, y.shape), dtype=y._record._dtype)


def total(outputs: Sequence[Node], rng: np.random.Generator) -> Any:
    """Outputs of one kind as one node: each with a weight of its own."""
    if len(outputs) == 1:
        return outputs[0]
    terms: list[Any] = [y * weight(y, rng) for y in outputs]
    result = terms[0] if isinstance(terms[0], Value) else terms[0].sum()
    for term in terms[1:]:
        result = result + (term if isinstance(term, Value) else term.sum())
    return result


def named(f: Callable[..., Any], given: Sequence[Any]) -> Mapping[str, Any]:
    """The arguments, and what the function closes over, by the names that it has for them."""
    function, *given = given
    try:
        bound = inspect.signature(f).bind(*given).arguments
    except (TypeError, ValueError):
        bound = {f"input_{i}": x for i, x in enumerate(given)}
    closure = getattr(f, "__closure__", None) or ()
    names = getattr(getattr(f, "__code__", None), "co_freevars", ())
    found = {name: cell.cell_contents for name, cell in zip(names, closure, strict=False) if is_filled(cell)}
    return {**found, **bound, "model": function}


def is_filled(cell: Any) -> bool:
    """Whether a variable of an enclosing function has a value by now."""
    return hasattr(cell, "cell_contents")


ASSIGNED = re.compile(r"  ([A-Za-z_]\w*)\s*=(?!=)")


def with_names_of_code(graph: Graph) -> Graph:
    """What a line of code assigned, by its name there: the last node that it made."""
    labels = list(graph.labels)
    taken = {label for label in labels if label}
    last: dict[str, int] = {}
    for index, source in enumerate(graph.sources):
        if (
            source
            and ";" not in source
            and graph.equations[index].op is not None
            and (match := ASSIGNED.search(source))
        ):
            last[match[1]] = index
    for name, index in last.items():
        if labels[index] is None and name not in taken:
            labels[index] = name
    return replace(graph, labels=tuple(labels))
