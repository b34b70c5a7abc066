"""Samples: calls of operations by themselves, on the numbers of a graph or on given ones, to ask more questions of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd.call import Bound, Output
from autograd.check.report import Finding, Outcome
from autograd.graph.graph import Graph, operands, outputs_again
from autograd.op import Op, op_of
from autograd.sweep.pullback import pullback

#: How many calls of one operation, on numbers of one kind, are looked at.
EACH = 2

#: To how many elements an elementwise call is cut down where there are more.
FEW = 16


@dataclass(frozen=True)
class Sample:
    """One operation on numbers, and the node of a graph that it is, if it is one."""

    op: Op
    inputs: Sequence[Any]  #: floats and arrays
    params: Mapping[str, Any]
    y: Any
    wanted: Sequence[int]  #: the inputs that have a derivative here
    place: Mapping[str, Any] = field(default_factory=dict)  #: what a finding says of the node

    @classmethod
    def of(cls, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Sample:
        """A call on given numbers; of several outputs, the first."""
        arrays = [as_numpy(x) if isinstance(x, float) else np.asarray(x) for x in inputs]
        rules = op.rules_for(arrays, params)
        wanted = [
            k for k, (x, (rule, _)) in enumerate(zip(arrays, rules, strict=True)) if rule is not None and is_float(x)
        ]
        with np.errstate(all="ignore"):
            y = op.attempt(op.forward, arrays, params)
        if isinstance(y, tuple):
            params = op.output_params(params, 0, tuple(map(np.asarray, y)))
            y = y[0]
        is_scalar = all(isinstance(x, float) for x in arrays)
        return cls(op, arrays, params, np.float64(y) if is_scalar else np.asarray(y), wanted)

    def finding(self, outcome: Outcome, check: str, message: str, **details: Any) -> Finding:
        """A finding about this call."""
        return Finding(outcome=outcome, check=check, message=message, op=self.op.name, **self.place, **details)

    def pull(self, g: Any, inputs: Sequence[Any] | None = None, y: Any = None) -> dict[int, Any]:
        """What a cotangent contributes to each of the wanted inputs, by the rules."""
        inputs, y = self.inputs if inputs is None else inputs, self.y if y is None else y
        with np.errstate(all="ignore"):
            return dict(pullback(self.op, self.wanted, g, y, inputs, self.params))

    def evaluated(self, inputs: Sequence[Any]) -> Sample:
        """The same call on other numbers."""
        with np.errstate(all="ignore"):
            if isinstance(self.params, Output):
                params: Any = outputs_again(self.op, inputs, self.params)
                return replace(self, inputs=inputs, params=params, y=params.outputs[params.index])
            y = self.op.attempt(self.op.forward, inputs, self.params)
        return replace(self, inputs=inputs, y=y if isinstance(self.y, float) else np.asarray(y))

    def applied(self, inputs: Sequence[Any]) -> Any:
        """The call on whatever has an interpretation, as nodes."""
        if isinstance(self.params, Output):
            return self.op.apply(tuple(inputs), Bound(dict(self.params)))[self.params.index]
        return self.op.apply(tuple(inputs), self.params)

    def draw(self, rng: np.random.Generator, like: Any) -> Any:
        """Numbers of a shape and a dtype, none of them near zero."""
        drawn = rng.uniform(0.5, 1.5, np.shape(like)) * rng.choice((-1.0, 1.0), np.shape(like))
        return np.float64(drawn) if isinstance(like, float) else np.asarray(drawn, dtype=like.dtype)

    @property
    def size(self) -> int:
        """How many elements it has to do with."""
        return sum(map(np.size, (*self.inputs, self.y)))

    def small(self, rng: np.random.Generator) -> Sample:
        """The same on a few of its elements, where each is by itself."""
        if not self.op.is_elementwise or self.params or np.size(self.y) <= FEW or isinstance(self.y, float):
            return self
        chosen = rng.choice(np.size(self.y), FEW, replace=False)
        few = [np.broadcast_to(x, self.y.shape).reshape(-1)[chosen] if np.ndim(x) else x for x in self.inputs]
        return self.evaluated(few)


def is_float(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f")


def samples_of(graph: Graph, rng: np.random.Generator) -> list[Sample]:
    """Calls of each operation in a graph that has a derivative: the same few of each, for the same ``rng``."""
    found: dict[Any, list[int]] = {}
    for index, equation in enumerate(graph.equations):
        if equation.op is not None and not equation.op.is_flat and equation.requires_grad:
            found.setdefault((equation.op, equation.dtype, len(equation.inputs)), []).append(index)
    chosen: list[int] = []
    for indices in found.values():
        chosen += indices if len(indices) <= EACH else rng.choice(indices, EACH, replace=False).tolist()
    return [sample_at(graph, index) for index in sorted(chosen)]


def sample_at(graph: Graph, index: int) -> Sample:
    """The call that a node of a graph is."""
    equation = graph.equations[index]
    op, inputs = op_of(equation), operands(equation, graph.data)
    rules = op.rules_for(inputs, equation.params)
    wanted = [
        k
        for k, (x, (rule, _)) in enumerate(zip(equation.inputs, rules, strict=True))
        if isinstance(x, int) and graph.equations[x].requires_grad and rule is not None
    ]
    place = {"node": index, "name": graph.names[index], "source": graph.sources[index]}
    return Sample(op, list(map(as_numpy, inputs)), equation.params, as_numpy(graph.data[index]), wanted, place)


def as_numpy(x: Any) -> Any:
    """A float as NumPy's, which has infinities where Python raises, as the slopes of Values have."""
    return np.float64(x) if x.__class__ is float else x
