"""The sums on the way back: that each node receives all that its users send, in every sweep that there is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd.call import Output
from autograd.check.local import Checker
from autograd.check.references.reference import are_finite
from autograd.check.report import Finding
from autograd.check.rounding import SLACK, jittered, spread
from autograd.check.run import LONG, Run
from autograd.check.verdict import ULPS, unit_of
from autograd.graph.graph import Graph
from autograd.node import Node, Recorded, topological
from autograd.op import op_of
from autograd.scalar.value import Value
from autograd.sweep.events import Event
from autograd.sweep.pullback import pullback
from autograd.sweep.section import Section
from autograd.tensor.tensor import Tensor


class Part(NamedTuple):
    """What one edge sends to a node. The seed of the output comes along none."""

    contribution: Any
    node: int | None = None
    input: int = 0


def sum_findings(checker: Checker, adjoints: Sequence[Any], events: Iterable[Event], seed: Any) -> list[Finding]:
    """Whether the adjoint of each node is the sum of what it was sent."""
    sent: dict[int, list[Part]] = {checker.graph.outputs[0]: [Part(seed)]}
    for event in events:
        sent.setdefault(event.target, []).append(Part(event.contribution, event.node, event.input))
    return [
        finding
        for index, parts in sent.items()
        for finding in compared(checker, index, adjoints[index], parts, "the sweep of events")
    ]


def compared(
    checker: Checker,
    index: int,
    got: Any,
    parts: Sequence[Part],
    which: str,
    far: Callable[[], Any] = lambda: 0.0,
) -> list[Finding]:
    """Whether what a node has is the sum of these parts, to rounding; ``far`` is how far that goes inside of them."""
    equation = checker.graph.equations[index]
    if equation.dtype is None and isinstance(got, float | None):
        numbers = [part.contribution for part in parts]
        expected = numbers[0] if len(numbers) == 1 else math.fsum(numbers)
        found = 0.0 if got is None else got
        is_close = abs(found - expected) <= max(ULPS, len(parts)) * unit_of(math.fsum(map(abs, numbers)), None)
        if is_close or not math.isfinite(expected):
            return []
        return [fault(checker, index, found, expected, [(part, part.contribution) for part in parts], (), which)]
    shape, dtype = equation.shape, equation.dtype or np.dtype(np.float64)
    wide = [np.broadcast_to(np.asarray(part.contribution, dtype=np.float64), shape) for part in parts]
    total, size = np.sum(wide, axis=0), np.sum(np.abs(wide), axis=0)
    array = np.zeros(shape) if got is None else np.broadcast_to(np.asarray(got, dtype=np.float64), shape)
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        limit = ULPS * (float(info.eps) * size * len(parts) + float(info.smallest_subnormal))
        wrong = ~(np.abs(array - total) <= limit) & np.isfinite(total)
        if wrong.any():
            wrong &= ~(np.abs(array - total) <= limit + SLACK * far())
    return [
        fault(
            checker,
            index,
            float(array[place]),
            float(total[place]),
            [(part, float(each[place])) for part, each in zip(parts, wide, strict=True)],
            place,
            which,
        )
        for place in map(tuple, np.argwhere(wrong).tolist())
    ]


def fault(
    checker: Checker,
    index: int,
    got: float,
    expected: float,
    parts: Sequence[tuple[Part, float]],
    element: tuple[int, ...],
    which: str,
) -> Finding:
    """A sum that is another: of the edge whose part is not in it, where one alone explains it."""
    name = checker.graph.names[index]
    message = f"{which} gave `{name}` {got!r}, and the sum of what its users send is {expected!r}"
    culprit = explaining(got, parts)
    details: dict[str, Any] = {"element": element or None, "got": got, "expected": repr(expected)}
    hint = "= where += is due?" if len(parts) > 1 and any(got == each for _, each in parts) else None
    if culprit is None or culprit.node is None:
        finding = checker.finding(index, "wrong", "accumulation", message, hint=hint, **details)
        users = {checker.graph.equations[part.node].op for part, _ in parts if part.node is not None}
        (only,) = users if len(users) == 1 else (None,)
        return finding if only is None else replace(finding, op=only.name)
    return checker.finding(culprit.node, "wrong", "accumulation", message, input=culprit.input, hint=hint, **details)


#: Of how many elements a fault of one operation is told.
SHOWN = 20

#: How often a part that was lost, counted twice, turned round, or halved is in the sum too often.
FAULTS = (-1.0, 1.0, -2.0, -0.5)


def explaining(got: float, parts: Sequence[tuple[Part, float]]) -> Part | None:
    """The part that was lost, or counted otherwise, so that the sum is what came; the only one, if there is one."""
    if len(parts) == 1:
        return parts[0][0]
    total = math.fsum(each for _, each in parts)
    size = math.fsum(abs(each) for _, each in parts)
    for times in FAULTS:
        for part, each in parts:
            if abs(total + times * each - got) <= ULPS * unit_of(size, None):
                return part
    return None


def other_sweeps(checker: Checker, run: Run, adjoints: Sequence[Any], counts: Counter[str]) -> list[Finding]:
    """Whether every other sweep gives each node the sum of what the rules send for what it gave the users.

    They are ``backward``, the sweep beside the nodes (`gradients`), and the recorded one, unless that is long.
    """
    places = topological([run.output._record])
    findings = received(checker, quick(places, run), adjoints, run.seed, "backward()", counts)
    findings += received(checker, beside(places, run, record=False), adjoints, run.seed, "gradients()", counts)
    if findings and len(checker.graph) <= LONG:
        by_operation = [
            finding for index in range(len(checker.graph)) for finding in of_operation(checker, index, adjoints[index])
        ]
        findings = by_operation or findings
    if len(checker.graph) > LONG:
        return findings
    try:
        recorded = beside(places, run, record=True)
    except Exception as error:  # a person's rule may do what only arrays can
        return [*findings, Finding(outcome="missing", check="recorded sweep", message=str(error))]
    return findings + received(checker, recorded, adjoints, run.seed, "the recorded sweep", counts)


def of_operation(checker: Checker, index: int, g: Any) -> list[Finding]:
    """Whether ``backward`` of one equation alone gives its inputs what the rules do, and leaves the seed as it was."""
    graph, equation = checker.graph, checker.graph.equations[index]
    if equation.op is None or equation.op.is_flat or isinstance(equation.params, Output) or g is None:
        return []
    operands = graph.inputs_of(index)
    nodes: dict[int, Any] = {}
    for k, (x, data) in enumerate(zip(equation.inputs, operands, strict=True)):
        if isinstance(x, int) and checker.is_checked(x):
            nodes[k] = Value(data) if graph.equations[x].dtype is None else Tensor(data)
    y: Any = equation.op.apply([nodes.get(k, data) for k, data in enumerate(operands)], equation.params)
    other = Value(0.0) if isinstance(y, Value) else Tensor(np.zeros(y.shape, y.dtype))
    total: Any = y + other  # which hands its own gradient on to both
    seed = g if isinstance(g, float) else np.array(np.broadcast_to(g, equation.shape), dtype=equation.dtype)
    total.backward(seed)
    with np.errstate(all="ignore"):
        parts = dict(pullback(equation.op, list(nodes), seed, graph.data[index], operands, equation.params))
    findings = []
    if not np.array_equal(other.grad, seed, equal_nan=True):
        message = "backward() of it writes to the gradient that comes in, which is another's too"
        return [checker.finding(index, "wrong", "aliasing", message)]
    for k, node in nodes.items():
        got, part = (0.0 if x is None else x for x in (node.grad, parts.get(k)))
        wrong = np.argwhere(~np.isclose(got, part, rtol=1e-13, atol=0.0, equal_nan=True))
        for at in map(tuple, wrong.tolist()[:SHOWN]):
            numbers = [float(np.broadcast_to(x, np.shape(node.data))[at]) for x in (got, part)]
            message = f"backward() gave {numbers[0]!r}, and the rule {numbers[1]!r}"
            details = {"input": k, "element": at or None, "got": numbers[0], "expected": repr(numbers[1])}
            findings.append(checker.finding(index, "wrong", "accumulation", message, **details))
    return findings


def quick(places: Sequence[Recorded], run: Run) -> dict[int, Any]:
    """What ``backward`` leaves in the nodes; the leaves have afterwards what they had."""
    leaves = [place for place in places if place.op is None and place.requires_grad]
    kept = [(place._holder, place.grad if place.has_grad else None) for place in leaves]
    output: Any = run.output
    try:
        for holder, _ in kept:
            holder.grad = None
        output.backward(run.seed)
        return {i: place.grad if place.has_grad else None for i, place in enumerate(places)}
    finally:
        for holder, before in kept:
            holder.grad = before


def beside(places: Sequence[Recorded], run: Run, record: bool) -> dict[int, Any]:
    """The adjoints that a sweep beside the nodes gives."""
    section = Section([run.output._record])
    adjoints = section.back(run.seed, record)
    by_place = {id(place): adjoint for place, adjoint in zip(section.places, adjoints, strict=True)}
    found = {}
    for i, place in enumerate(places):
        adjoint = by_place.get(id(place))
        found[i] = adjoint._record._snapshot() if isinstance(adjoint, Node) else adjoint
    return found


def not_a_number(checker: Checker, index: int, got: Any, adjoint: Any, which: str) -> list[Finding]:
    """Where a gradient is no number, and is one in the careful sweep."""
    found, right = np.broadcast_arrays(got, adjoint)
    name = checker.graph.names[index]
    return [
        checker.finding(
            index,
            "wrong",
            "accumulation",
            f"{which} gave `{name}` {found[at]}, and the sweep of events {right[at]}",
            element=at or None,
            hint="a zero that nothing flows through met an infinite slope?",
        )
        for at in map(tuple, np.argwhere(~np.isfinite(found) & np.isfinite(right)).tolist())
    ]


def is_same(one: Any, other: Any) -> bool:
    """Whether two gradients are the same to the last bit, or both are none."""
    if one is None or other is None:
        return one is other
    if isinstance(one, float) and isinstance(other, float):
        return one == other
    return np.array_equal(np.broadcast_to(one, np.shape(other)), other)


def received(
    checker: Checker, grads: Mapping[int, Any], adjoints: Sequence[Any], seed: Any, which: str, counts: Counter[str]
) -> list[Finding]:
    """Whether the gradient of each node is the sum of what its users contribute, by the rules, for theirs.

    A zero times an infinite slope is none of these where the careful sweep has a number.
    """
    graph = checker.graph
    if all(map(is_same, adjoints, map(grads.get, range(len(graph))))):  # and of those the sums were looked at
        counts["sum"] += sum(adjoint is not None for adjoint in adjoints)
        return []
    sent: dict[int, list[Part]] = {graph.outputs[0]: [Part(seed)]}
    tracked = [equation.requires_grad for equation in graph.equations]
    for index, (equation, slopes) in enumerate(zip(graph.equations, graph.slopes, strict=True)):
        g = grads.get(index)
        if equation.op is None or g is None or equation.op.is_flat:
            continue
        if slopes is not None:
            contributions = [(k, slope * g) for k, slope in enumerate(slopes) if slope is not None]
        else:
            wanted = [k for k, x in enumerate(equation.inputs) if isinstance(x, int) and tracked[x]]
            with np.errstate(all="ignore"):
                contributions = pullback(
                    equation.op, wanted, g, graph.data[index], graph.inputs_of(index), equation.params
                )
        for k, part in contributions:
            x = equation.inputs[k]
            if isinstance(x, int) and tracked[x]:
                sent.setdefault(x, []).append(Part(part, index, k))
    rng = np.random.default_rng(0)

    def again(parts: Sequence[Part], rng: np.random.Generator) -> Any:
        """The sum once more, of numbers that are off by their last digits."""
        return sum(jittered(seed, rng) if part.node is None else sent_by(graph, part, grads, rng) for part in parts)

    findings = []
    for index, parts in sent.items():
        got = grads.get(index)
        far = lambda parts=parts: spread(partial(again, parts), rng)  # noqa: E731
        findings += compared(checker, index, got, parts, which, far)
        if got is not None and adjoints[index] is not None and not are_finite(got):
            findings += not_a_number(checker, index, got, adjoints[index], which)
    counts["sum"] += len(sent)
    return findings


def sent_by(graph: Graph, part: Part, grads: Mapping[int, Any], rng: np.random.Generator) -> Any:
    """What a node sends to one of its inputs, from numbers that are off by their last digits."""
    assert part.node is not None
    equation = graph.equations[part.node]
    inputs = [jittered(x, rng) for x in graph.inputs_of(part.node)]
    with np.errstate(all="ignore"):
        sent = pullback(
            op_of(equation),
            [part.input],
            jittered(grads[part.node], rng),
            graph.data[part.node],
            inputs,
            equation.params,
        )
        return sum(contribution for _, contribution in sent)
