"""The sums on the way back: that each node receives all that its users send, in every sweep that there is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.local import Checker
from autograd.check.report import Finding
from autograd.check.run import Run
from autograd.check.verdict import ULPS, unit_of
from autograd.graph.graph import Graph
from autograd.node import topological
from autograd.sweep import events as sweep
from autograd.sweep.events import Event, plain
from autograd.sweep.pullback import pullback


def swept_events(graph: Graph, seed: Any) -> tuple[list[Any], list[Event]]:
    """The adjoint of each node, and every event on the way."""
    (output,) = graph.outputs
    equations, slopes = graph.equations[: output + 1], graph.slopes[: output + 1]
    adjoints: list[Any] = [None] * output + [seed]
    if sweep.is_scalar(graph.data[output], adjoints, slopes):
        found = list(sweep.scalar_events(equations, adjoints, slopes))
    else:

        def operands(index: int) -> tuple[Any, Sequence[Any]]:
            return graph.data[index], graph.inputs_of(index)

        with np.errstate(all="ignore"):
            found = list(sweep.events(equations, operands, adjoints, slopes))
    beyond = [None] * (len(graph) - len(adjoints))
    return [None if g is None else plain(g) for g in adjoints] + beyond, found


def sum_findings(checker: Checker, adjoints: Sequence[Any], events: Iterable[Event], seed: Any) -> list[Finding]:
    """Whether the adjoint of each node is the sum of what it was sent."""
    sent: dict[int, list[Any]] = {checker.graph.outputs[0]: [seed]}
    for event in events:
        sent.setdefault(event.target, []).append(event.contribution)
    findings = []
    for index, parts in sent.items():
        findings += compared(checker, index, adjoints[index], parts, "the sweep")
    return findings


def compared(checker: Checker, index: int, got: Any, parts: Sequence[Any], which: str) -> list[Finding]:
    """Whether what a node has is the sum of these parts, to rounding."""
    if len(parts) == 1 and isinstance(got, float):
        return [] if close_number(got, parts[0], abs(parts[0])) else [fault(checker, index, got, parts[0], (), which)]
    if isinstance(got, float) or (got is None and checker.graph.equations[index].dtype is None):
        expected, size = math.fsum(parts), math.fsum(map(abs, parts))
        got = 0.0 if got is None else got
        return [] if close_number(got, expected, size) else [fault(checker, index, got, expected, (), which)]
    shape, dtype = checker.graph.equations[index].shape, checker.graph.equations[index].dtype
    wide = [np.broadcast_to(np.asarray(part, dtype=np.float64), shape) for part in parts]
    expected = np.sum(wide, axis=0)
    size = np.sum(np.abs(wide), axis=0)
    found = np.zeros(shape) if got is None else np.broadcast_to(np.asarray(got, dtype=np.float64), shape)
    eps = float(np.finfo(dtype or np.float64).eps)
    tiny = float(np.finfo(dtype or np.float64).smallest_subnormal)
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(found - expected) <= ULPS * (eps * size * len(parts) + tiny))
    wrong &= np.isfinite(expected)
    return [
        fault(checker, index, float(found[place]), float(expected[place]), tuple(map(int, place)), which)
        for place in map(tuple, np.argwhere(wrong).tolist())
    ]


def close_number(got: float, expected: float, size: float) -> bool:
    return not math.isfinite(expected) or abs(got - expected) <= ULPS * unit_of(size, None)


def fault(checker: Checker, index: int, got: float, expected: float, element: tuple[int, ...], which: str) -> Finding:
    parts = f"the sum of what its users send is {expected!r}"
    return checker.finding(
        index,
        "wrong",
        "accumulation",
        f"{which} gave it {got!r}, and {parts}",
        element=element or None,
        got=got,
        expected=repr(expected),
        hint="= where += is due?" if abs(got) < abs(expected) else None,
    )


def quick_findings(checker: Checker, run: Run, counts: Counter[str]) -> list[Finding]:
    """Whether ``backward`` gives each node the sum of what the rules send for what it gave the users."""
    graph = checker.graph
    places = topological([run.output._record])
    leaves = [place for place in places if place.op is None and place.requires_grad]
    kept = [(place._holder, place.grad if place.has_grad else None) for place in leaves]
    try:
        for holder, _ in kept:
            holder.grad = None
        run.output.backward(run.seed)  # type: ignore[attr-defined]
        grads = gradients_by_index(graph, places)
    finally:
        for holder, before in kept:
            holder.grad = before
    return received(checker, grads, run.seed, "backward()", counts)


def gradients_by_index(graph: Graph, places: Sequence[Any]) -> dict[int, Any]:
    """What a sweep left in the nodes. A graph has them in the order of its own walk, conditions behind."""
    return {i: place.grad if place.has_grad else None for i, place in enumerate(places[: len(graph)])}


def received(checker: Checker, grads: Mapping[int, Any], seed: Any, which: str, counts: Counter[str]) -> list[Finding]:
    """Whether the gradient of each node is the sum of what its users contribute, by the rules, for theirs."""
    graph = checker.graph
    (output,) = graph.outputs
    sent: dict[int, list[Any]] = {output: [seed]}
    for index, equation in enumerate(graph.equations):
        g = grads.get(index)
        if equation.op is None or g is None or equation.op.is_flat:
            continue
        slopes = graph.slopes[index]
        if slopes is not None:
            contributions = [(k, slope * g) for k, slope in enumerate(slopes) if slope is not None]
        else:
            wanted = [k for k, x in enumerate(equation.inputs) if checker.is_checked(x)]
            with np.errstate(all="ignore"):
                contributions = pullback(
                    equation.op, wanted, g, graph.data[index], graph.inputs_of(index), equation.params
                )
        for k, part in contributions:
            x = equation.inputs[k]
            if isinstance(x, int) and checker.is_checked(x):
                sent.setdefault(x, []).append(part)
    findings = []
    for index, parts in sent.items():
        findings += compared(checker, index, grads.get(index), parts, which)
    counts["sum"] += len(sent)
    return findings
