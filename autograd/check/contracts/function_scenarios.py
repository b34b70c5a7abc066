"""Scenarios of a whole function: plain, recorded, traced, replayed, as a scalar graph, and in second order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from autograd.check.contracts.derived import SHORT, second_order
from autograd.check.contracts.operations import product, sums
from autograd.check.contracts.plain_function import agrees, plain_function, takes_numbers
from autograd.check.contracts.samples import samples_of
from autograd.check.contracts.scenarios import LARGEST, WAYS, Nested, call_scenarios, objects, sum_of
from autograd.check.contracts.subject import Inapplicable, Subject, asked_of, draw
from autograd.check.contracts.trial import Trial, data_of, remade
from autograd.check.report import Finding
from autograd.check.rounding import GraphSpread, apart, jittered, largest, spread
from autograd.check.run import Run
from autograd.check.swept import swept_events
from autograd.errors import AutogradError, GraphError
from autograd.graph.graph import Graph
from autograd.node import Node, topological
from autograd.scalar.value import Value
from autograd.state import no_grad, recording, tracing
from autograd.tensor.tensor import Tensor

#: Where the leaves of a replay are.
ON_MOVED = "moved leaves"

#: How many leaves are declared constant, one after the other.
FIRST = 4

#: By how much leaves are moved for a replay, as a part of what they are.
STEP = 1e-3


def scenario_findings(
    f: Callable[..., Any], inputs: Sequence[Any], runs: Sequence[Run], rng: Any, counts: Counter[str], order: int
) -> list[Finding]:
    """Where ways to the same number part: for the operations of a function, and for the whole."""
    generator = np.random.default_rng(rng)
    findings = []
    for run in runs:
        for sample in samples_of(run.graph, generator):
            findings += list(call_scenarios(sample, generator, counts))
    broken = {finding.check for finding in findings if finding.outcome in ("wrong", "missing")}
    subject = Subject(f, inputs, runs, generator)
    scenarios = SCENARIOS_OF_LONG if subject.is_long else {**SCENARIOS, **(SECOND if order == 2 else {})}
    for name, scenario in scenarios.items():
        if name not in broken:  # by an operation, which is nearer to the fault
            findings += asked_of(subject, name, f"scenario: {name.removeprefix('scenario: ')}", scenario, counts)
    return findings


def plain_call(subject: Subject) -> Iterator[Finding]:
    """Without recording, traced, and on plain numbers a function gives what it gives recorded."""
    check = "scenario: plain call"
    is_asked = False
    if not subject.is_long:
        is_asked = True
        yield from subject.compared(check, subject.trial(block=tracing()), "inside tracing() and outside")
        try:
            silent = subject.trial(block=no_grad())
        except GraphError:  # it takes a gradient itself, which has to be recorded
            silent = subject.base
        yield from subject.compared(check, silent, "inside no_grad() and recorded", subject.gradients)
    if takes_numbers(subject):
        is_asked = True
        yield from subject.compared(check, subject.trial(data_of), "on plain numbers and on nodes", subject.gradients)
    if not is_asked:
        raise Inapplicable


def replayed(subject: Subject) -> Iterator[Finding]:
    """The graph replayed, on the same leaves and on others, gives what the function gives there.

    A constant that a function takes from its inputs stays what it was. That is told, and is wrong where the gradient
    is not that of the function either.
    """
    findings = list(replays(subject))
    if findings and all(ON_MOVED in finding.message for finding in findings) and agrees(subject):
        message = "a number is taken from the inputs (.data, float(), detach()), and stays still on other leaves"
        findings = [Finding(outcome="missing", check=findings[0].check, message=message)]
    yield from findings


def replays(subject: Subject) -> Iterator[Finding]:
    """Where replays are others than the function."""
    traced = subject.trial(block=tracing())
    steps = [1.0 + STEP * draw(subject.rng, np.asarray(data_of(x))) for x in subject.base.leaves]

    def moved(data: Any, k: int) -> Any:
        product = data * steps[k]
        return float(product) if isinstance(data, float) else np.asarray(product, dtype=data.dtype)

    for kind in ("the same leaves", ON_MOVED):
        numbers = [
            data_of(x) if kind == "the same leaves" else moved(data_of(x), k) for k, x in enumerate(traced.leaves)
        ]
        given = iter(numbers)
        fresh = (
            subject.base
            if kind == "the same leaves"
            else subject.trial(lambda node, given=given: remade(node, next(given)))
        )
        if fresh.tracked != subject.places:
            raise Inapplicable
        for i, w in zip(subject.places, subject.weights, strict=True):
            y = traced.results[i]
            graph = Graph.of(y, names={})
            places = {id(place): index for index, place in enumerate(topological([y._record]))}
            spots = {k: places[id(x._record)] for k, x in enumerate(traced.leaves) if id(x._record) in places}
            try:
                again = graph.replay({graph.names[at]: numbers[k] for k, at in spots.items()})
            except GraphError:  # it says that it cannot
                raise Inapplicable from None
            rounding = GraphSpread(again, w, subject.rng)
            got, expected = again.data[again.outputs[0]], data_of(fresh.results[i])
            if kind == ON_MOVED and not (np.isfinite(got).all() and np.isfinite(expected).all()):
                raise Inapplicable  # it overflows there
            message = f"of a replay on {kind} and of the function there"
            for element in apart(got, expected, rounding.of_output)[:1]:
                yield subject.different("scenario: replayed", f"the results {message}", got, expected, element)
            adjoints, right = swept_events(again, w)[0], fresh.gradients([i], [w])
            for k, at in spots.items():
                a, b = (0.0 if x is None else x for x in (adjoints[at], right[k]))
                a, b = (np.broadcast_to(x, np.shape(numbers[k])) for x in (a, b))
                for element in apart(a, b, partial(rounding.of_gradient, at))[:1]:
                    yield subject.different("scenario: replayed", f"the gradients {message}", a, b, element, k)


def scalar_graph(subject: Subject) -> Iterator[Finding]:
    """On object arrays of Values a function gives what it gives on Tensors."""
    leaves = subject.base.leaves
    sizes = [np.size(data_of(x)) for x in leaves]
    if sum(sizes) > LARGEST or not all(isinstance(x, Tensor) and x.dtype == np.float64 for x in leaves):
        raise Inapplicable
    if subject.places != list(range(len(subject.base.results))):
        raise Inapplicable
    try:
        numbers, gradients = on_objects(subject, lambda node: objects(data_of(node)))
    except AutogradError:
        if has_other_arrays(subject):  # which cannot be mixed with Values
            raise Inapplicable from None
        raise  # an operation refuses Values: that is missing
    except Exception:  # many functions call methods that arrays of objects do not have
        raise Inapplicable from None

    def again(rng: np.random.Generator) -> tuple[Sequence[Any], Sequence[Any]]:
        return on_objects(subject, lambda node: objects(jittered(data_of(node), rng)))

    message = "of the scalar graph and of arrays"
    trial = Trial([], [], numbers)
    yield from subject.compared("scenario: scalar graph", trial, message, gradients, again=again)


def has_other_arrays(subject: Subject) -> bool:
    """Whether the function computes with Tensors that it was not given."""
    given = {id(x._record) for x in subject.base.nodes}
    return any(
        place.op is None and not isinstance(place, Value) and id(place) not in given
        for place in topological([y._record for y in subject.base.results if isinstance(y, Node)])
    )


def on_objects(subject: Subject, change: Callable[[Any], Any]) -> tuple[list[Any], list[Any]]:
    """A trial on arrays of Values: the results as numbers, in the shapes of those on Tensors; the gradients too.

    Raises `Inapplicable` where they do not fit.
    """
    trial = subject.trial(change)
    if len(trial.results) != sum(map(np.size, subject.outputs)):
        raise Inapplicable
    found, weights, numbers = iter(trial.results), [], []
    for y, w in zip(subject.outputs, subject.weights, strict=True):
        parts = [next(found) for _ in range(np.size(y))]
        numbers.append(np.reshape([float(data_of(x)) for x in parts], np.shape(y)))
        weights += np.asarray(w).reshape(-1).tolist()
    values = [x for leaf in trial.leaves for x in np.asarray(leaf).reshape(-1)]
    brought = Trial(values, [], trial.results).gradients(range(len(trial.results)), weights)
    grads = iter(0.0 if g is None else g for g in brought)
    shapes = [x.shape for x in subject.base.leaves]
    return numbers, [np.reshape([next(grads) for _ in range(math.prod(shape))], shape) for shape in shapes]


def constants(subject: Subject) -> Iterator[Finding]:
    """A leaf that is declared constant gets nothing, and changes nothing for the others."""
    if len(subject.base.leaves) < 2:
        raise Inapplicable
    for still in range(len(subject.base.leaves))[:FIRST]:
        for kind in ("a constant node", "a plain number or array"):

            def change(node: Any, numbers: Iterator[int], still: int = still, kind: str = kind) -> Any:
                if next(numbers) != still:
                    return node
                return node._as_constant(data_of(node)) if kind == "a constant node" else data_of(node)

            try:
                trial = subject.trial(partial(change, numbers=iter(range(len(subject.base.leaves)))))
            except Exception:  # few functions mind
                continue
            places = [i for i in subject.places if i in trial.tracked]
            found = trial.gradients(subject.places, subject.weights)
            if found[still] is not None:
                yield subject.finding("scenario: constant", "it is declared constant, and has a gradient", still)
            if places != subject.places:
                continue  # a result that depends on nothing else
            found[still] = subject.gradients[still]
            message = f"with {subject.base.names[still]} {kind} and with it tracked"
            yield from subject.compared("scenario: constant", trial, message, found)


def nestings(subject: Subject) -> Iterator[Finding]:
    """Second derivatives of the whole are the same by every nesting of the modes."""
    kinds = {type(subject.base.results[i]) for i in subject.places}
    if len(kinds) != 1 or sum(len(run.graph) for run in subject.runs) > SHORT:
        raise Inapplicable

    def total(*nodes: Any) -> Any:
        given = iter(nodes)
        trial = subject.trial(lambda _: next(given))
        outputs = [trial.results[i] for i in subject.places]
        return reduce(add, [sum_of(y * w) for y, w in zip(outputs, subject.weights, strict=True)])

    at = [data_of(x) for x in subject.base.leaves]
    v, u = ([draw(subject.rng, x) for x in at] for _ in range(2))
    check = "scenario: nested modes"
    with recording(traced=False):
        nested = Nested(total, at, v, u)
        base = nested.reverse_over_reverse()
        leaves, slope = nested.recorded_slope()
        places = {id(place): i for i, place in enumerate(topological([slope._record]))}
        spots = [places.get(id(x._record)) for x in leaves]
        base_spread = GraphSpread(Graph.of(slope, names={}), slope._filled(1.0), subject.rng)

        ops = [equation.op for run in subject.runs for equation in run.graph.equations if equation.op is not None]
        is_mixing = not all(op.is_elementwise for op in ops)

        def far(k: int, way: Callable[[Nested], Sequence[Any]]) -> Any:
            spot = spots[k]
            of_base = 0.0 if spot is None else base_spread.of_gradient(spot)
            return of_base + spread(lambda rng: way(jittered_nested(rng))[k], subject.rng)

        def jittered_nested(rng: np.random.Generator) -> Nested:
            return Nested(total, [jittered(x, rng) for x in at], [jittered(x, rng) for x in v], u)

        for name, way in WAYS.items():
            for k, (got, expected) in enumerate(zip(way(nested), base, strict=True)):
                if not (np.isfinite(got).all() and np.isfinite(expected).all()):
                    continue  # what overflows on the way does so in another place
                size = largest(expected) if is_mixing else 0.0
                for element in apart(got, expected, partial(far, k, way), subject.eps, size)[:1]:
                    message = f"second derivatives by {name} and by reverse over reverse"
                    yield subject.different(check, message, got, expected, element, k)
        twice = nested.slope_twice()
        expected, size = sums(map(product, base, u))

        def error() -> Any:
            of_base = sum(float(np.sum(far(k, Nested.reverse_over_reverse) * np.abs(u[k]))) for k in range(len(u)))
            return of_base + spread(lambda rng: jittered_nested(rng).slope_twice(), subject.rng)

        if np.isfinite(twice) and np.isfinite(expected) and apart(twice, expected, error, subject.eps, size):
            message = "second derivatives along directions by forward over forward and by reverse over reverse"
            yield subject.different(check, message, twice, expected, ())


#: By what a finding says was looked at.
SCENARIOS_OF_LONG: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    "scenario: plain call": plain_call,
    "plain function": plain_function,
}

SCENARIOS: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    **SCENARIOS_OF_LONG,
    "scenario: replayed": replayed,
    "scenario: scalar graph": scalar_graph,
    "scenario: constant": constants,
    "scenario: nested modes": nestings,
}

#: Asked where the second order is.
SECOND: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    "scenario: replayed, second order": second_order(replayed),
    "scenario: scalar graph, second order": second_order(scalar_graph),
    "plain function, second order": second_order(plain_function),
}
