"""Scenarios of one operation: every way to the same number is taken, and all have to arrive at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from autograd.check.contracts.comparison import different, gradient_findings, jittered_call, output_findings
from autograd.check.contracts.operations import Contract, asked, call_contracts, product, repulled
from autograd.check.contracts.samples import Sample, is_float
from autograd.check.report import Finding
from autograd.check.rounding import apart, eps_of, jittered, largest, spread
from autograd.node import Node
from autograd.op import Op
from autograd.scalar.value import Value
from autograd.state import no_grad, recording, tracing
from autograd.sweep.reverse import gradients
from autograd.tensor.tensor import Tensor
from autograd.transforms.directional import jvp, vjp

#: Up to how many elements the scalar graph of an operation is made.
LARGEST = 200


def op_findings(
    op: Op, inputs: Sequence[Any], params: Mapping[str, Any], rng: Any = 0, counts: Counter[str] | None = None
) -> Iterator[Finding]:
    """What one call of an operation breaks of the contracts, and where ways to the same number part.

    The inputs are floats and arrays, and the call is bound already: ``op.binding.bind(args, kwargs)`` gives both.

    >>> import autograd
    >>> list(op_findings(autograd.matmul, [np.ones((2, 3)), np.ones(3)], {}))
    []
    """
    counts = Counter() if counts is None else counts
    generator = np.random.default_rng(rng)
    if op.is_flat:
        yield from flat_findings(op, inputs, params, counts)
        return
    sample = Sample.of(op, inputs, params)
    yield from call_contracts(sample, generator, counts)
    yield from call_scenarios(sample, generator, counts)


def call_scenarios(sample: Sample, rng: np.random.Generator, counts: Counter[str]) -> Iterator[Finding]:
    """Where the ways to the numbers of one call part."""
    for name, scenario in SCENARIOS.items():
        if sample.size > LARGEST and scenario in SMALL:
            few = sample.small(rng)
            if few.size > LARGEST:
                continue
            yield from asked(few, f"scenario: {name}", f"scenario: {name}", scenario, rng, counts)
        else:
            yield from asked(sample, f"scenario: {name}", f"scenario: {name}", scenario, rng, counts)


def flat_findings(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], counts: Counter[str]) -> Iterator[Finding]:
    """What has no derivative passes no gradient on, though its output may be of floats."""
    counts["scenario: no derivative"] += 1
    floats = [np.asarray(x, dtype=float) if is_float(x) else x for x in inputs]
    with recording(traced=False), tracing():
        y = op.apply(tuple(Tensor(x) if is_float(x) else x for x in floats), params)
    outputs = y if isinstance(y, tuple) else (y,)
    if any(isinstance(part, Node) and part.requires_grad for part in outputs):
        yield Finding(
            outcome="wrong",
            check="scenario: no derivative",
            message="it has no rule, and what it gives requires a gradient",
            op=op.name,
        )


class Nodes:
    """The inputs of a call as nodes of their own; those that are not wanted stay constant."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.wanted = list(sample.wanted)
        self.is_scalar = isinstance(sample.y, float)
        self.leaves = [self.leaf(sample.inputs[k]) for k in self.wanted]

    def leaf(self, x: Any) -> Any:
        return Value(float(x)) if self.is_scalar else Tensor(x)

    def call(self, *leaves: Any) -> Any:
        inputs = list(self.sample.inputs)
        for k, leaf in zip(self.wanted, leaves, strict=True):
            inputs[k] = leaf
        return self.sample.applied(inputs)

    def total(self, weight: Any) -> Callable[..., Any]:
        """The call as a function of one number: its output times a weight, summed up."""
        return lambda *leaves: sum_of(self.call(*leaves) * weight)


def node_of(x: Any) -> Any:
    """A leaf of its own for a float or an array."""
    return Value(x) if isinstance(x, float) else Tensor(x)


def sum_of(x: Any) -> Any:
    return x.sum() if isinstance(x, Tensor) else x


def data_of(node: Any) -> Any:
    return node.data if isinstance(node, Node) else node


def plain_call(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """The forward function, the call on plain numbers, on nodes without recording, recorded and traced, are one."""
    nodes = Nodes(sample)
    ways: dict[str, Callable[[], Any]] = {
        "the output of the forward function": lambda: sample.evaluated(sample.inputs).y,
        "the outputs on plain numbers": lambda: sample.applied(sample.inputs),
        "the outputs of nodes inside no_grad()": lambda: in_block(no_grad, nodes),
        "the recorded outputs": lambda: nodes.call(*nodes.leaves),
        "the traced outputs": lambda: in_block(tracing, nodes),
    }
    for message, compute in ways.items():
        try:
            with np.errstate(all="ignore"), recording(traced=False):
                got = data_of(compute())
        except Exception as error:  # what ran when it was recorded has to run again
            said = f"{message}: it raised {type(error).__name__}: {error}"
            yield sample.finding("wrong", "scenario: plain call", said)
            return
        yield from output_findings(sample, "scenario: plain call", got, rng, f"{message} and of the call")


def in_block(block: Callable[[], Any], nodes: Nodes) -> Any:
    with block():
        return nodes.call(*nodes.leaves)


def constants(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """An input that is declared constant gets nothing, and the others get what they got."""
    weight = sample.draw(rng, sample.y)
    nodes = Nodes(sample)
    with np.errstate(all="ignore"), recording(traced=False):
        all_of_them = gradients(nodes.total(weight)(*nodes.leaves), nodes.leaves)
        expected = dict(zip(sample.wanted, all_of_them, strict=True))
        for still in sample.wanted:
            moving = [k for k in sample.wanted if k != still]
            if not moving:
                continue
            for kind in ("a node", "an array"):
                leaves = [nodes.leaf(x) for x in (sample.inputs[k] for k in sample.wanted)]
                place = nodes.wanted.index(still)
                constant = leaves[place]._as_constant(data_of(leaves[place]))
                given = list(leaves)
                given[place] = constant if kind == "a node" else sample.inputs[still]
                y = nodes.total(weight)(*given)
                y.backward()
                if kind == "a node" and constant.has_grad:
                    yield sample.finding(
                        "wrong", "scenario: constant", "it is declared constant, and has a gradient", input=still
                    )
                yield from gradient_findings(
                    sample,
                    "scenario: constant",
                    {k: leaves[nodes.wanted.index(k)].grad for k in moving},
                    {k: expected[k] for k in moving},
                    repulled(weight),
                    rng,
                    f"the gradients with input {still} constant, as {kind}, and with it tracked",
                )


def scalar_graph(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Object arrays of Values give what arrays give: in value, and in first order."""
    if isinstance(sample.y, float):
        yield from as_arrays(sample, rng)
        return
    if any(x.dtype != np.float64 for x in (*sample.inputs, sample.y) if isinstance(x, np.ndarray) and is_float(x)):
        return  # a Value has another precision
    check, weight = "scenario: scalar graph", sample.draw(rng, sample.y)
    inputs = [objects(x) if k in sample.wanted else x for k, x in enumerate(sample.inputs)]
    with np.errstate(all="ignore"), recording(traced=False):
        y = np.asarray(sample.applied(inputs))
        numbers = np.array([data_of(one) for one in y.reshape(-1)], dtype=float).reshape(y.shape)
        yield from output_findings(sample, check, numbers, rng, "the outputs of Values and of arrays")
        terms = [one * float(w) for one, w in zip(y.reshape(-1), weight.reshape(-1), strict=True)]
        terms = [one for one in terms if isinstance(one, Node)]
        if not terms:
            return
        leaves = {k: inputs[k].reshape(-1).tolist() for k in sample.wanted}
        found = iter(gradients(reduce(add, terms), [leaf for each in leaves.values() for leaf in each]))
        got = {k: np.reshape([next(found) for _ in leaves[k]], np.shape(sample.inputs[k])) for k in leaves}
    message = "the gradients of the scalar graph and of arrays"
    yield from gradient_findings(sample, check, got, sample.pull(weight), repulled(weight), rng, message)


def as_arrays(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """The same for a call on floats: on arrays without axes."""
    check, g = "scenario: scalar graph", sample.draw(rng, sample.y)
    other = sample.evaluated([np.asarray(x) if is_float(x) else x for x in sample.inputs])
    yield from output_findings(sample, check, float(other.y), rng, "the outputs of arrays and of floats")
    got = {k: float(part) for k, part in other.pull(np.asarray(g)).items()}
    message = "the gradients of an array and of a float"
    yield from gradient_findings(sample, check, got, sample.pull(g), repulled(g), rng, message)


def objects(x: Any) -> Any:
    """An array of Values of the numbers of an array."""
    made = np.empty(np.shape(x), dtype=object)
    made.reshape(-1)[:] = [Value(float(number)) for number in np.asarray(x).reshape(-1)]
    return made


def several_cotangents(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """What is used several times gets the sum of what each use sends."""
    cotangents = [sample.draw(rng, sample.y) for _ in range(3)]
    nodes = Nodes(sample)
    with np.errstate(all="ignore"), recording(traced=False):
        y = nodes.call(*nodes.leaves)
        total = sum_of(y * cotangents[0]) + sum_of(y * cotangents[1]) + sum_of(y * cotangents[2])
        found = gradients(total, nodes.leaves)
        parts = [sample.pull(g) for g in cotangents]
    expected = {k: sum(part[k] for part in parts) for k in sample.wanted}

    def again(moved: Sample, rng: np.random.Generator) -> Mapping[int, Any]:
        pulled = [moved.pull(jittered(g, rng)) for g in cotangents]
        return {k: sum(part[k] for part in pulled) for k in sample.wanted}

    got = dict(zip(sample.wanted, found, strict=True))
    message = "the gradients of three uses at once and one by one"
    sizes = {k: sum(abs(part[k]) for part in parts) for k in sample.wanted}
    yield from gradient_findings(sample, "scenario: several cotangents", got, expected, again, rng, message, sizes)


class Nested:
    """Second derivatives of a function of one number along directions, by every nesting of the two modes."""

    def __init__(self, f: Callable[..., Any], at: Sequence[Any], v: Sequence[Any], u: Sequence[Any]) -> None:
        self.f = f
        self.at = tuple(at)  #: floats and arrays
        self.v, self.u = tuple(v), tuple(u)
        self.one = f(*map(node_of, at))._filled(1.0)

    @classmethod
    def of(cls, sample: Sample, weight: Any, v: Sequence[Any], u: Sequence[Any]) -> Nested:
        nodes = Nodes(sample)
        return cls(nodes.total(weight), [data_of(leaf) for leaf in nodes.leaves], v, u)

    def gradient(self, *xs: Any) -> Any:
        return vjp(self.f, *xs)[1](self.one)

    def slope(self, *xs: Any) -> Any:
        return jvp(self.f, xs, self.v)[1]

    def along(self, *xs: Any) -> Any:
        return reduce(add, [sum_of(g * v) for g, v in zip(self.gradient(*xs), self.v, strict=True)])

    def reverse_over_reverse(self) -> list[Any]:
        return [data_of(g) for g in vjp(self.along, *self.at)[1](self.one)]

    def recorded(self) -> list[Any]:
        """The same by gradients(…, create_graph=True)."""
        leaves, total = self.recorded_slope()
        return [data_of(g) for g in gradients(total, leaves)]

    def recorded_slope(self) -> tuple[list[Any], Any]:
        """The leaves, and the slope along v as a node."""
        leaves = list(map(node_of, self.at))
        slopes = gradients(self.f(*leaves), leaves, create_graph=True)
        return leaves, reduce(add, [sum_of(slope * v) for slope, v in zip(slopes, self.v, strict=True)])

    def forward_over_reverse(self) -> list[Any]:
        return [data_of(g) for g in jvp(self.gradient, self.at, self.v)[1]]

    def reverse_over_forward(self) -> list[Any]:
        return [data_of(g) for g in vjp(self.slope, *self.at)[1](self.one)]

    def forward_over_forward(self) -> list[float]:
        """A number for each input: that along its part of u alone."""
        return [
            float(jvp(self.slope, self.at, tuple([u if i == k else 0.0 * u for i, u in enumerate(self.u)]))[1].item())
            for k in range(len(self.u))
        ]

    def slope_twice(self) -> float:
        """That along all of u."""
        return float(jvp(self.slope, self.at, self.u)[1].item())


def nestings(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Second derivatives are the same by every nesting of the modes."""
    if not sample.wanted:
        return
    weight = sample.draw(rng, sample.y)
    v = [sample.draw(rng, sample.inputs[k]) for k in sample.wanted]
    u = [sample.draw(rng, sample.inputs[k]) for k in sample.wanted]
    if isinstance(sample.y, float):
        v, u = [float(x) for x in v], [float(x) for x in u]

    check = "scenario: nested modes"

    def nested(of: Sample, rng: np.random.Generator) -> Nested:
        return Nested.of(of, jittered(weight, rng), [jittered(x, rng) for x in v], u)

    def again(moved: Sample, rng: np.random.Generator) -> Mapping[int, Any]:
        return dict(zip(sample.wanted, nested(moved, rng).reverse_over_reverse(), strict=True))

    def both(rng: np.random.Generator, place: int) -> Sequence[float]:
        """The second derivative along a direction by the two ways: where one rounds nothing, the other may."""
        moved = nested(jittered_call(sample, rng), rng)
        return moved.forward_over_forward()[place], product(moved.reverse_over_reverse()[place], u[place])[0]

    with np.errstate(all="ignore"), recording(traced=False):
        straight = Nested.of(sample, weight, v, u)
        base = dict(zip(sample.wanted, straight.reverse_over_reverse(), strict=True))
        sizes = None if sample.op.is_elementwise else {k: largest(x) for k, x in base.items()}
        for name, way in WAYS.items():
            message = f"second derivatives by {name} and by reverse over reverse"
            got = dict(zip(sample.wanted, way(straight), strict=True))
            yield from gradient_findings(sample, check, got, base, again, rng, message, sizes)
        for place, (k, number) in enumerate(zip(sample.wanted, straight.forward_over_forward(), strict=True)):
            expected, size = product(base[k], u[place])
            far = lambda place=place: np.max(spread(lambda rng: both(rng, place), rng))  # noqa: E731
            if apart(number, expected, far, eps_of(sample.y, *sample.inputs), size):
                message = "second derivatives along directions by forward over forward and by reverse over reverse"
                yield different(sample, check, message, number, expected, (), input=k)


WAYS: Mapping[str, Callable[[Nested], list[Any]]] = {
    "gradients of recorded gradients": Nested.recorded,
    "forward over reverse": Nested.forward_over_reverse,
    "reverse over forward": Nested.reverse_over_forward,
}

#: By what a finding says, behind "scenario: ".
SCENARIOS: Mapping[str, Contract] = {
    "plain call": plain_call,
    "constant": constants,
    "several cotangents": several_cotangents,
    "scalar graph": scalar_graph,
    "nested modes": nestings,
}

#: What is asked of a few elements alone, where there are many.
SMALL = (scalar_graph, nestings)
