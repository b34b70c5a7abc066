"""The second order: the recorded gradient against differences of the gradient that a reference knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.call import Output
from autograd.check.local import Checker
from autograd.check.references.real import UndecidedError
from autograd.check.references.reference import BITS, element_at, flat
from autograd.check.references.taped import Taped
from autograd.check.replay import Whole, gradient
from autograd.check.report import Finding
from autograd.check.rounding import SLACK as TIMES
from autograd.check.rounding import GraphSpread
from autograd.check.run import Run, weight
from autograd.check.swept import swept_events
from autograd.check.verdict import judged
from autograd.check.whole import SLACK
from autograd.errors import AutogradError
from autograd.graph.graph import Graph
from autograd.node import Node, topological
from autograd.scalar.value import Value
from autograd.sweep.reverse import gradients
from autograd.tensor.tensor import Tensor

#: The step of the differences, and the bits that they take: half of them are left for the slope.
STEP = 2.0**-200
STEP_BITS = 1200


class Recorded:
    """The gradient of a run, recorded: one number, the sum of all its elements times weights.

    With ``only``, of the elements of one leaf; those of leaves that are ``tied`` at a kink have none: along these a
    gradient jumps.
    """

    def __init__(self, run: Run, rng: np.random.Generator, only: int | None = None, tied: Collection[int] = ()) -> None:
        self.run = run
        places = topological([run.output._record])
        self.indices = [i for i, place in enumerate(places) if place.op is None and place.requires_grad]
        self.leaves: list[Any] = [places[i]._node for i in self.indices]
        self.directions = {
            i: flat(rng.uniform(0.5, 1.5, leaf.shape) * (only in (None, i) and i not in tied))
            for i, leaf in self.by_index()
        }
        y: Any = run.output * run.seed
        firsts = gradients(y if isinstance(y, Value) else y.sum(), self.leaves, create_graph=True)
        self.total: Any = None
        for (i, leaf), first in zip(self.by_index(), firsts, strict=True):
            direction = self.directions[i]
            term = first * (direction[0] if isinstance(leaf, Value) else np.reshape(direction, leaf.shape))
            term = term if isinstance(leaf, Value) else term.sum()
            self.total = term if self.total is None else self.total + term

    def by_index(self) -> Iterator[tuple[int, Any]]:
        return zip(self.indices, self.leaves, strict=True)

    def graph(self) -> Graph | None:
        """Its own graph; None where the gradient is constant."""
        return Graph.of(self.total, names={}) if self.total.requires_grad else None

    def seconds(self) -> Mapping[int, Any]:
        """Its gradient by each leaf, by the engine."""
        if not self.total.requires_grad:
            return dict.fromkeys(self.indices)
        return dict(zip(self.indices, gradients(self.total, self.leaves), strict=True))


def second_findings(
    checker: Checker, run: Run, reference: Taped, rng: np.random.Generator, counts: Counter[str]
) -> list[Finding]:
    """Where the gradient of the recorded gradient is not the second derivative; the operation that it comes from."""
    findings = of_run(checker, run, reference, rng, counts)
    if not any(finding.outcome == "wrong" for finding in findings):
        return findings
    edges = of_recorded(run, reference, rng)
    if edges:
        return edges
    culprits = [finding for index in range(len(run.graph)) for finding in of_operation(checker, index, reference, rng)]
    return culprits or findings


def of_recorded(run: Run, reference: Taped, rng: np.random.Generator) -> list[Finding]:
    """The edges of the recorded gradient that are wrong: those of an operation that a rule uses."""
    own = Recorded(run, rng).graph()
    if own is None:
        return []
    checker = Checker(own, [reference])
    adjoints, events = swept_events(own, 1.0 if own.equations[own.outputs[0]].dtype is None else np.ones(()))
    sent: dict[int, dict[int, Any]] = {}
    for event in events:
        sent.setdefault(event.node, {})[event.input] = event.contribution
    return [
        replace(finding, check=f"second order, {finding.check}")
        for index, equation in enumerate(own.equations)
        if equation.op is not None and adjoints[index] is not None
        for finding in checker.check(index, adjoints[index], sent.get(index, {}))
        if finding.outcome == "wrong"
    ]


def recorded_graph(run: Run, rng: np.random.Generator) -> Graph | None:
    """The graph of the recorded gradient; None where that is constant, or cannot be recorded."""
    try:
        return Recorded(run, rng).graph()
    except (AutogradError, NotImplementedError):
        return None


def of_run(
    checker: Checker,
    run: Run,
    reference: Taped,
    rng: np.random.Generator,
    counts: Counter[str],
    only: int | None = None,
) -> list[Finding]:
    """The same of the leaves; with ``only``, of the gradient by one leaf alone."""
    try:
        here = gradient(run.graph, run.seed, reference, STEP_BITS)
    except UndecidedError:
        return []
    except Exception as error:  # a forward function may do anything with a number that is none
        return [Finding(outcome="missing", check="second order", message=str(error))]
    try:
        recorded = Recorded(run, rng, only, here.tied)
        found = recorded.seconds()
    except (AutogradError, NotImplementedError) as error:
        return [Finding(outcome="missing", check="second order", message=str(error))]
    return list(compared(checker, run, recorded, here, found, reference, counts))


def compared(
    checker: Checker,
    run: Run,
    recorded: Recorded,
    here: Whole,
    found: Mapping[int, Any],
    reference: Taped,
    counts: Counter[str],
) -> Iterator[Finding]:
    graph = run.graph
    try:
        slopes = differences(run, recorded, reference, STEP)
    except UndecidedError:
        return
    halved: Mapping[int, list[Any]] = {}
    spreads: Mapping[int, Any] | None = None
    rng = np.random.default_rng(0)
    own = recorded.graph()
    radii = rounding(own, recorded, reference) if own is not None else {}
    for index, raws in slopes.items():
        if index in here.tied or index not in found:
            continue
        counts["second derivative"] += len(raws)
        shape, dtype = np.shape(graph.data[index]), graph.equations[index].dtype
        numbers = flat(np.broadcast_to(0.0 if found[index] is None else found[index], shape)[()])
        arithmetic = here.pulled.arithmetic
        for place, (raw, number) in enumerate(zip(raws, numbers, strict=True)):
            if (at := here.pulled.parts[index][place]) is not None and not arithmetic.is_defined(at):
                continue
            slack = SLACK * radii.get((index, place), 0.0)
            if judged(arithmetic, raw, number, dtype, slack).verdict != "off":
                continue
            halved = halved or differences(run, recorded, reference, STEP / 2)
            slack += 2 * abs(arithmetic.middle(raw) - arithmetic.middle(halved[index][place]))  # of higher orders
            spreads = spreads if spreads is not None or own is None else spread_of(own, recorded, rng)
            slack += 0.0 if spreads is None or index not in spreads else float(np.ravel(spreads[index])[place])
            verdict = judged(arithmetic, raw, number, dtype, slack)
            if verdict.verdict == "off":
                known = arithmetic.text(raw)
                yield checker.finding(
                    index,
                    "wrong",
                    "second order",
                    f"the gradient of the gradient gave {number!r}, to 50 digits {known}",
                    element=element_at(place, shape) or None,
                    got=number,
                    expected=known,
                    ulps=verdict.ulps,
                )


def differences(run: Run, recorded: Recorded, reference: Taped, step: float) -> Mapping[int, list[Any]]:
    """The second derivative by each leaf along the directions, as raw numbers of many bits."""
    sides = [
        gradient(run.graph, run.seed, reference, STEP_BITS, moved=(side * step, recorded.directions)).pulled.parts
        for side in (-1, 1)
    ]
    with reference.make(STEP_BITS) as arithmetic:
        zero = arithmetic.number(0)
        scale = arithmetic.number(1) / arithmetic.number(2 * step)
        return {
            index: [
                ((zero if after is None else after) - (zero if before is None else before)) * scale
                for before, after in zip(parts, sides[1][index], strict=True)
            ]
            for index, parts in sides[0].items()
        }


def rounding(own: Graph, recorded: Recorded, reference: Taped) -> dict[tuple[int, int], float]:
    """How far rounding may go in the gradient of the gradient, by leaf and element."""
    dtypes = [equation.dtype for equation in own.equations if equation.dtype in BITS]
    fewest = min(dtypes, key=BITS.__getitem__, default=np.dtype(np.float64))
    places = {id(place): i for i, place in enumerate(topological([recorded.total._record]))}
    try:
        whole = gradient(own, 1.0, reference, BITS[fewest], reference.bits[0])
    except Exception:  # with few digits a branch may be open
        return {}
    found = {}
    for index, leaf in recorded.by_index():
        raws = whole.pulled.parts.get(places.get(id(leaf._record), -1), [])
        for place, raw in enumerate(raws):
            if raw is not None and whole.pulled.arithmetic.is_defined(raw):
                found[index, place] = whole.pulled.arithmetic.radius(raw)
    return found


def spread_of(own: Graph, recorded: Recorded, rng: np.random.Generator) -> dict[int, Any]:
    """The same by jitter, which goes through where branches are open in few digits; by leaf, for all its elements."""
    places = {id(place): i for i, place in enumerate(topological([recorded.total._record]))}
    seed = 1.0 if own.equations[own.outputs[0]].dtype is None else np.ones(())
    spread = GraphSpread(own, seed, rng)
    spots = {index: places[id(leaf._record)] for index, leaf in recorded.by_index() if id(leaf._record) in places}
    return {index: TIMES * spread.of_gradient(spot) for index, spot in spots.items()}


def of_operation(checker: Checker, index: int, reference: Taped, rng: np.random.Generator) -> list[Finding]:
    """The same of one equation alone, on nodes of its own, one of which is the gradient that comes in.

    The rule of each input has the findings that its own contribution has.
    """
    graph = checker.graph
    equation = graph.equations[index]
    if equation.op is None or equation.op.is_flat or isinstance(equation.params, Output):
        return []
    nodes: dict[int, Any] = {}
    for k, (x, data) in enumerate(zip(equation.inputs, graph.inputs_of(index), strict=True)):
        if isinstance(x, int) and checker.is_checked(x):
            nodes[k] = Value(data) if graph.equations[x].dtype is None else Tensor(data)
    inputs = [nodes.get(k, data) for k, data in enumerate(graph.inputs_of(index))]
    y = equation.op.apply(inputs, equation.params)
    if not isinstance(y, Node) or not y.requires_grad:
        return []
    g = Value(weight(y, rng)) if isinstance(y, Value) else Tensor(weight(y, rng))
    total: Any = y * g
    small = Run(total, Graph.of(total, names={}), weight(total, rng), is_traced=False)
    places = topological([total._record])
    slots = {places.index(node._record): k for k, node in nodes.items() if node._record in places}
    findings = []
    for leaf, k in slots.items():
        for found in of_run(Checker(small.graph, [reference]), small, reference, rng, Counter(), only=leaf):
            is_own = slots.get(found.node if found.node is not None else -1) == k
            details = {"got": found.got, "expected": found.expected, "ulps": found.ulps}
            element = found.element if is_own else None
            findings.append(
                checker.finding(index, found.outcome, found.check, found.message, input=k, element=element, **details)
            )
    return findings
