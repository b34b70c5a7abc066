"""Contracts of a whole function, and of the sweeps that take its gradient."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, count
from typing import Any

import numpy as np

from autograd.check.contracts.operations import FACTOR, LAYOUTS, call_contracts, native, product, same_bits, sums
from autograd.check.contracts.samples import samples_of
from autograd.check.contracts.subject import Inapplicable, Spreads, Subject, asked_of, draw
from autograd.check.contracts.surroundings import engine_state, restored_engine
from autograd.check.contracts.trial import data_of, prepared, remade
from autograd.check.large import LARGE, cost
from autograd.check.local import Checker
from autograd.check.references import chosen
from autograd.check.references.reference import are_finite
from autograd.check.report import Finding
from autograd.check.rounding import GraphSpread, apart, eps_of
from autograd.check.run import Run, weight
from autograd.check.swept import swept_events
from autograd.graph.graph import Graph, operands
from autograd.node import topological
from autograd.scalar.value import Value
from autograd.sweep.reverse import gradients
from autograd.sweep.section import Section
from autograd.tensor.tensor import Tensor
from autograd.transforms.forward import push

FLOAT32 = np.dtype(np.float32)

#: Of how many leaves each is asked by itself, to say which it is.
MOST = 50


def contract_findings(
    f: Callable[..., Any], inputs: Sequence[Any], runs: Sequence[Run], rng: Any, counts: Counter[str]
) -> list[Finding]:
    """What a function, the operations in it, and the sweeps of it break of the contracts."""
    generator = np.random.default_rng(rng)
    findings = []
    for run in runs:
        for sample in samples_of(run.graph, generator):
            findings += list(call_contracts(sample, generator, counts))
    broken = {finding.check for finding in findings if finding.outcome == "wrong"}
    subject = Subject(f, inputs, runs, generator)
    for name, contract in (CONTRACTS_OF_LONG if subject.is_long else CONTRACTS).items():
        if name not in broken:  # by an operation, which is nearer to the fault
            findings += asked_of(subject, name, f"contract: {name}", contract, counts)
    return findings


def unchanged(subject: Subject) -> Iterator[Finding]:
    """A function writes to no argument of its."""
    trial, given = subject.again
    trial.gradients(subject.places, subject.weights)
    for k, (node, (record, data)) in enumerate(zip(trial.leaves, given, strict=True)):
        if node._record.op is not record.op:
            hint = "x += y writes to what was given: write x = x + y"
            yield subject.finding("inputs unchanged", "the function assigns to it", k, hint=hint)
        elif not same_bits(data_of(node), data):
            yield subject.finding("inputs unchanged", "the function writes to its data", k)


def deterministic(subject: Subject) -> Iterator[Finding]:
    """Twice the same is twice the same."""
    hint = "random numbers? Draw them from a generator that is made anew in each call"
    try:
        again, _ = subject.again
    except Exception as error:  # what ran before has to run again
        yield subject.finding("deterministic", f"run again it raised {type(error).__name__}: {error}", hint=hint)
        return
    is_stable = all(run.is_stable for run in subject.runs)
    if (
        not is_stable
        or again.tracked != subject.places
        or not all(map(same_bits, again.numbers(subject.places), subject.outputs))
    ):
        yield subject.finding("deterministic", "the function gave two results for the same inputs", hint=hint)
        return
    for found in (
        again.gradients(subject.places, subject.weights),
        subject.base.gradients(subject.places, subject.weights),
    ):
        for k, (one, two) in enumerate(zip(found, subject.gradients, strict=True)):
            if (one is None) != (two is None) or (one is not None and not same_bits(one, two)):
                yield subject.finding("deterministic", "two sweeps gave two gradients", k)
                return


def accumulation(subject: Subject) -> Iterator[Finding]:
    """A second ``backward`` adds to what the first one brought."""
    places, weights = [*subject.places, *subject.places], [*subject.weights, *subject.weights]
    twice = subject.base.gradients(places, weights)
    expected = [None if g is None else 2.0 * g for g in subject.gradients]
    yield from subject.gradients_compared("accumulation", twice, expected, "of two backward() and twice those of one")


def kept_kind(subject: Subject) -> Iterator[Finding]:
    """A gradient has the shape and the dtype of its leaf, and is an array or a float as that is."""
    for k, (x, g) in enumerate(zip(subject.base.nodes, subject.gradients, strict=True)):
        if g is None:
            continue
        data = data_of(x)
        wanted = (type(data), np.shape(data), native(data))
        got = (type(g), np.shape(g), native(g))
        if wanted != got:
            came = f"{got[2] or got[0].__name__} of shape {got[1]}"
            message = f"expected {wanted[2] or 'a float'} of shape {wanted[1]}, got {came}"
            yield subject.finding("dtype and shape", message, k)


def aliasing(subject: Subject) -> Iterator[Finding]:
    """Gradients share their memory with nothing: not with each other, the inputs, the cotangents, other sweeps."""
    trial, weights = subject.base, subject.weights
    arrays: list[tuple[str, Any]] = []
    for name, found in (
        ("a sweep", trial.gradients(subject.places, weights)),
        ("a second sweep", trial.gradients(subject.places, weights)),
        ("gradients()", by_gradients(subject)),
    ):
        arrays += [(f"the gradient of {trial.names[k]} by {name}", g) for k, g in enumerate(found)]
    ends = len(arrays)
    arrays += [(trial.names[k], data_of(x)) for k, x in enumerate(trial.nodes)]
    arrays += [("a cotangent", w) for w in weights]
    arrays += [("a result", y) for y in trial.numbers(subject.places)]
    arrays += [("a number of the graph", x) for run in subject.runs for x in run.graph.data]
    for (i, (first, a)), (_, (second, b)) in combinations(enumerate(arrays), 2):
        if i < ends and isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b):
            yield subject.finding("aliasing", f"{first} shares its memory with {second}: to write to one changes both")
            return


def by_gradients(subject: Subject) -> list[Any]:
    """The same by `gradients`, of the first result alone."""
    y, w = subject.base.results[subject.places[0]], subject.weights[0]
    total = y * w if isinstance(y, Value) else (y * w).sum()
    found: list[Any] = gradients(total, subject.base.nodes)
    return found


def engine(subject: Subject) -> Iterator[Finding]:
    """What a function opens is closed when it is left, be it by an error in the middle."""
    before = engine_state()
    leaves = subject.base.leaves
    for place in [None, *range(len(leaves))][:5]:
        raised = False
        try:
            open_trial(subject, place)
        except Exception:  # that is what was to come
            raised = True
        for name in restored_engine(before):
            when = "after an error" if raised else "after the function returned"
            yield subject.finding("engine state", f"{when}, {name} was left changed")


def open_trial(subject: Subject, place: int | None) -> None:
    """A run that nothing closes but the function itself, one of the leaves in the place of which raises."""
    numbers = count()

    def change(node: Any) -> Any:
        return Refusing() if next(numbers) == place else node

    given, _, _ = prepared(subject.f, subject.inputs, change)
    given[0](*given[1:])


class Refusing:
    """An argument that raises wherever it is used, so that a function is left in the middle."""

    __array_ufunc__ = None

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("this argument is here to raise")

    def refuse(self, *_: Any) -> Any:
        raise RuntimeError("this argument is here to raise")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = refuse
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __abs__ = __getitem__ = __iter__ = __len__ = refuse
    __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __float__ = __int__ = refuse


def forward_mode(subject: Subject) -> Iterator[Finding]:
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩ of the whole graph; where it does not hold, for which leaf."""
    for run in subject.runs:
        along = Along(run, subject.rng)
        everything = range(len(along.leaves))
        if not along.parts(everything):
            continue
        for k in everything[:MOST]:
            for forward, backward in along.parts([k]):
                yield Checker(run.graph, ()).finding(
                    along.indices[k],
                    "wrong",
                    "forward mode",
                    f"forward mode has {forward!r} along a direction, reverse mode {backward!r}",
                    got=forward,
                    expected=repr(backward),
                )


class Along:
    """A graph along directions, drawn for each of its leaves, by forward mode and by reverse mode."""

    def __init__(self, run: Run, rng: np.random.Generator) -> None:
        self.run = run
        self.record = run.output._record
        order = topological([self.record])
        self.indices = [i for i, place in enumerate(order) if place.op is None and place.requires_grad]
        self.leaves = [order[i] for i in self.indices]
        self.tangents = [draw(rng, place._snapshot()) for place in self.leaves]
        self.adjoints = run.swept[0]
        self.spread = GraphSpread(run.graph, run.seed, rng)
        self.eps = eps_of(*run.graph.data)

    def parts(self, group: Sequence[int]) -> list[tuple[float, float]]:
        """The two numbers for some of the leaves at once, where they are apart."""
        section = Section([self.record], [self.leaves[k] for k in group])
        (moved,) = push(section, [self.tangents[k] for k in group], [self.record], record=False)
        forward, size = product(self.run.seed, moved)
        backward, other = sums(product(self.adjoints[self.indices[k]], self.tangents[k]) for k in group)

        if not (math.isfinite(forward) and math.isfinite(backward)):
            return []  # what overflows on the way does so in another place

        def far() -> float:
            spreads = [self.spread.of_gradient(self.indices[k]) * np.abs(self.tangents[k]) for k in group]
            return float(sum(map(np.sum, spreads)))

        return [(forward, backward)] if apart(forward, backward, far, self.eps, size + other) else []


def linear(subject: Subject) -> Iterator[Finding]:
    """The sweep is linear in the cotangents; of those that are zero, or that are not given, nothing comes."""
    first, second = subject.weights, subject.base.weights(subject.places, subject.rng)
    one, two = pulled(subject, first), pulled(subject, second)
    both = pulled(subject, [g + FACTOR * h for g, h in zip(first, second, strict=True)])
    expected = [None if g is None or h is None else g + FACTOR * h for g, h in zip(one, two, strict=True)]
    message = "of g1 + 2.5 g2 and those of g1 and g2"
    yield from subject.gradients_compared("linear in the cotangent", both, expected, message)
    nothing = pulled(subject, [0.0 * g for g in first])
    for k, (g, base) in enumerate(zip(nothing, one, strict=True)):
        if g is not None and base is not None and bool(np.any((np.asarray(g) != 0) & np.isfinite(base))):
            yield subject.finding("linear in the cotangent", "a cotangent of zeros brings it a gradient", k)
    for i in range(len(subject.places)) if len(subject.places) > 1 else ():
        alone = pulled(subject, [g if j == i else None for j, g in enumerate(first)])
        beside = pulled(subject, [g if j == i else 0.0 * g for j, g in enumerate(first)])
        alone = [  # a zero times an infinite slope is none
            g if other is None else np.where(np.isfinite(other), 0.0 if g is None else g, other)[()]
            for g, other in zip(alone, beside, strict=True)
        ]
        message = f"of result {i} alone and beside cotangents of zeros"
        yield from subject.gradients_compared("linear in the cotangent", alone, beside, message)


def pulled(subject: Subject, cotangents: Sequence[Any]) -> list[Any]:
    """What a sweep beside the nodes brings to the leaves; None is no cotangent at all."""
    records = [subject.base.results[i]._record for i in subject.places]
    section = Section(records, [x._record for x in subject.base.nodes])
    seeds = [(y, g) for y, g in zip(records, cotangents, strict=True) if g is not None]
    return section.pull(seeds, record=False)


def layouts(subject: Subject) -> Iterator[Finding]:
    """Neither a result nor a gradient depends on how the inputs lie in memory."""
    if not any(isinstance(x, Tensor) for x in subject.base.nodes):
        raise Inapplicable
    for name, lay in LAYOUTS.items():
        trial = subject.trial(lambda node, lay=lay: remade(node, lay(data_of(node))))
        yield from subject.compared("memory layout", trial, f"of {name} inputs and of others")


def empty(subject: Subject) -> Iterator[Finding]:
    """Where a function takes arrays without elements, its gradients have their shapes."""

    def emptied(node: Any) -> Any:
        return remade(node, data_of(node)[:0]) if node.ndim else node

    if not any(isinstance(x, Tensor) and x.ndim for x in subject.base.nodes):
        raise Inapplicable
    try:
        trial = subject.trial(emptied)
    except Exception:  # few functions take such
        raise Inapplicable from None
    if trial.tracked != subject.places:
        raise Inapplicable
    found = trial.gradients(subject.places, [np.ones_like(y) for y in trial.numbers(subject.places)])
    for k, (x, g) in enumerate(zip(trial.nodes, found, strict=True)):
        if g is not None and np.shape(g) != x.shape:
            yield subject.finding("zero-size inputs", f"a gradient of shape {np.shape(g)} for one of {x.shape}", k)


def single_precision(subject: Subject) -> Iterator[Finding]:
    """On inputs of float32 each edge is right too; the gradient is that of float64, but for what rounding comes to."""
    if not all(isinstance(x, Tensor) and x.dtype == np.float64 for x in subject.base.nodes):
        raise Inapplicable
    with np.errstate(all="ignore"):
        kept = [np.asarray(data_of(x), dtype=FLOAT32) for x in subject.base.nodes]
    if not all(
        np.isfinite(x).all() and ((x == 0) == (data_of(node) == 0)).all()
        for x, node in zip(kept, subject.base.nodes, strict=True)
    ):
        raise Inapplicable  # out of its range
    trial = subject.trial(lambda node: remade(node, np.asarray(data_of(node), dtype=FLOAT32)))
    if trial.tracked != subject.places:
        raise Inapplicable
    if len(subject.runs) == len(subject.places) == 1:
        y, run = trial.results[subject.places[0]], subject.runs[0]
        graph = Graph.of(y, names={})
        if [equation.op for equation in graph.equations] != [equation.op for equation in run.graph.equations]:
            raise Inapplicable  # rounding chooses another branch
        wrong = list(of_edges(graph, weight(y, subject.rng), run))
        if wrong:
            yield from wrong
            return
    fine = Subject(subject.f, subject.inputs, subject.runs, subject.rng)
    fine.base = subject.trial(lambda node: remade(node, np.asarray(data_of(node), dtype=FLOAT32).astype(float)))
    if fine.places != subject.places:
        raise Inapplicable
    weights = [np.asarray(w, dtype=trial.results[i].dtype) for i, w in zip(fine.places, fine.weights, strict=True)]
    fine.weights = [np.asarray(w, dtype=float) for w in weights]
    found = trial.gradients(fine.places, weights)
    if not all(np.isfinite(x).all() for x in (*trial.numbers(fine.places), *[g for g in found if g is not None])):
        raise Inapplicable  # it overflows there
    spreads = Spreads(fine.base, fine.places, fine.weights, subject.rng, float(np.finfo(FLOAT32).eps))
    yield from fine.compared("float32", trial, "in float32 and in float64", found, spreads)
    for k, g in enumerate(found):
        if g is not None and g.dtype != FLOAT32:
            yield subject.finding("dtype and shape", f"the gradient of a float32 is {g.dtype}", k)


def of_edges(graph: Graph, seed: Any, run: Run) -> Iterator[Finding]:
    """The edges of a graph that are wrong, said of the graph of the same operations that has names and lines."""
    checker = Checker(graph, chosen(None))
    adjoints, events = swept_events(graph, seed)
    if not all(map(are_finite, [*graph.data, *(g for g in adjoints if g is not None)])):
        return  # it overflows there
    by_node: dict[int, dict[int, Any]] = {}
    for event in events:
        by_node.setdefault(event.node, {})[event.input] = event.contribution
    for index, equation in enumerate(graph.equations):
        if equation.op is None or adjoints[index] is None:
            continue
        if cost(operands(equation, graph.data), range(len(equation.inputs)), graph.data[index]) > LARGE:
            continue  # differences do not tell in so few digits
        for finding in checker.check(index, adjoints[index], by_node.get(index, {})):
            if finding.outcome == "wrong":
                name, source = run.graph.names[index], run.graph.sources[index]
                yield replace(finding, check=f"float32, {finding.check}", name=name, source=source)


#: By what a finding says was looked at.
CONTRACTS_OF_LONG: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    "inputs unchanged": unchanged,
    "deterministic": deterministic,
    "dtype and shape": kept_kind,
    "engine state": engine,
}

CONTRACTS: Mapping[str, Callable[[Subject], Iterator[Finding]]] = {
    **CONTRACTS_OF_LONG,
    "accumulation": accumulation,
    "aliasing": aliasing,
    "forward mode": forward_mode,
    "linear in the cotangent": linear,
    "memory layout": layouts,
    "zero-size inputs": empty,
    "float32": single_precision,
}
