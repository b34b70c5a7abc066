"""Rounding: how far two ways of computing the same may be apart, found by computing with last digits changed at random.

No bound is absolute: it is units in the last place of what is compared, or a multiple of what changed last digits
change, which is how ill-conditioned a computation is where it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd.call import Output
from autograd.check.swept import events_of, seeded, swept_events
from autograd.check.verdict import ULPS
from autograd.graph.graph import Graph, operands, outputs_again, recompute
from autograd.sweep.events import plain
from autograd.sweep.masked import Masked

#: How often the last digits are changed, and how many times what that changes is allowed.
DRAWS = 4
SLACK = 32

#: By its unit at 1, the smallest number of a dtype: what comes of such is rounded by as much.
LEAST = {
    float(np.finfo(kind).eps): float(np.finfo(kind).smallest_subnormal) for kind in (np.float16, np.float32, np.float64)
}

#: How often more draws are asked for before a difference is one: few may all fall to one side of a tie.
PATIENCE = 5


def eps_of(*numbers: Any) -> float:
    """The largest unit in the last place among the dtypes of some floats, at 1."""
    kinds = [x.dtype for x in numbers if hasattr(x, "dtype") and x.dtype.kind == "f"]
    return max([float(np.finfo(kind).eps) for kind in kinds], default=float(np.finfo(float).eps))


def jittered(x: Any, rng: np.random.Generator, eps: float | None = None, of_all: bool = False) -> Any:
    """Numbers whose last digits are others, by one or two units, or by units of the largest; what is no float stays.

    >>> x = np.ones(3)
    >>> moved = jittered(x, np.random.default_rng(0))
    >>> bool((moved != x).any()), bool((abs(moved - x) <= 4.5e-16).all())
    (True, True)
    """
    if isinstance(x, float):
        return x * (1.0 + (eps or 2.2e-16) * float(rng.choice((-2.0, -1.0, 1.0, 2.0))))
    if not isinstance(x, np.ndarray | np.generic) or x.dtype.kind != "f":
        return x
    units = rng.choice((-2.0, -1.0, 1.0, 2.0), x.shape) * (eps or float(np.finfo(x.dtype).eps))
    with np.errstate(all="ignore"):
        size: Any = np.max(np.abs(x), initial=0.0) if of_all else x
        moved: Any = np.asarray(np.asarray(x) + size * units, dtype=x.dtype)
    return moved


def spread(compute: Callable[[np.random.Generator], Any], rng: np.random.Generator) -> Any:
    """How far the results of a computation on jittered numbers are from each other, element by element."""
    with np.errstate(all="ignore"):
        draws = [np.asarray(compute(rng), dtype=float) for _ in range(DRAWS + 1)]
        width = np.max(draws, axis=0) - np.min(draws, axis=0)
    return np.where(np.isfinite(width), width, np.inf)


def apart(
    got: Any,
    expected: Any,
    find_spread: Callable[[], Any],
    eps: float | None = None,
    size: Any = 0.0,
    strict: bool = False,
) -> list[tuple[int, ...]]:
    """The elements in which two arrays differ by more than rounding explains.

    ``find_spread`` is asked only where they differ by more than a few units in the last place, be it of themselves or
    of ``size``, a sum of absolute values that they come from; it draws anew each time that it is asked. A NaN beside
    a number is a difference; beside an infinity it is one if that is ``strict``, as of the same operations: others
    may come to ∞ − ∞.
    """
    eps = eps_of(got, expected) if eps is None else eps
    a, b = np.broadcast_arrays(np.asarray(got, dtype=float), np.asarray(expected, dtype=float))
    with np.errstate(all="ignore"):
        distance = np.abs(a - b)
        least = max(smallest(got, expected), LEAST.get(eps, 0.0))
        allowed = ULPS * (eps * np.maximum(np.maximum(np.abs(a), np.abs(b)), size) + least)
        alike = (distance <= allowed) | (a == b) | (np.isnan(a) & np.isnan(b))
        alike |= ~np.isfinite(np.asarray(size, dtype=float))  # parts that left the range may come to anything
        if not strict:
            alike |= ~np.isfinite(a) & ~np.isfinite(b)
        if alike.all():
            return []
        for _ in range(PATIENCE):
            alike |= distance <= allowed + SLACK * np.asarray(find_spread(), dtype=float)
            if alike.all():
                return []
    return list(map(tuple, np.argwhere(~alike).tolist()))


def largest(x: Any) -> float:
    """Of its elements, by absolute value: what operations that mix them round each of them by."""
    return float(np.max(np.abs(x), initial=0.0))


def smallest(*numbers: Any) -> float:
    """The unit in the last place of what is subnormal, which no number is without."""
    kinds = [x.dtype for x in numbers if hasattr(x, "dtype") and x.dtype.kind == "f"]
    return max([float(np.finfo(kind).smallest_subnormal) for kind in kinds], default=5e-324)


def at(array: Any, element: Sequence[int]) -> float:
    """One element, as a float."""
    return float(np.asarray(array)[tuple(element)])


# Whole graphs.


def jittered_graph(graph: Graph, rng: np.random.Generator, eps: float | None = None) -> Graph:
    """A graph replayed, each number of it with other last digits: as another order of its sums would have it."""
    data: list[Any] = []
    slopes: list[Any] = []
    equations = list(graph.equations)
    with np.errstate(all="ignore"):
        for index, (equation, old) in enumerate(zip(graph.equations, graph.slopes, strict=True)):
            result, known = graph.data[index], old
            if equation.op is not None:
                xs = operands(equation, data)
                if isinstance(equation.params, Output):
                    equation = equation._replace(params=outputs_again(equation.op, xs, equation.params))
                    equations[index] = equation
                flows = [isinstance(x, int) and graph.equations[x].requires_grad for x in equation.inputs]
                result, known = recompute(equation, xs, old, flows)
            data.append(jittered(result, rng, eps))
            slopes.append(known)
    return replace(graph, equations=tuple(equations), data=tuple(data), slopes=tuple(slopes))


def jittered_sweep(graph: Graph, seed: Any, rng: np.random.Generator, eps: float | None = None) -> list[Any]:
    """The adjoint of each node, other last digits in all that is sent on the way: where parts cancel, they show."""
    adjoints = seeded(graph, jittered(seed, rng, eps))
    for event in events_of(graph, adjoints):
        g = adjoints[event.target]
        if isinstance(g, Masked):
            adjoints[event.target] = Masked(jittered(g.data, rng, eps), g.live, g.choice)
        else:
            adjoints[event.target] = jittered(g, rng, eps)
    return [None if g is None else plain(g) for g in adjoints]


@dataclass
class GraphSpread:
    """How far rounding takes the output and the gradients of a graph of one output; found when it is asked for.

    To be asked for the same again is to ask for as many draws once more.
    """

    graph: Graph
    seed: Any
    rng: np.random.Generator
    eps: float | None = None
    asked: Counter[int] = field(default_factory=Counter)
    drawn: list[tuple[Any, Sequence[Any]]] = field(default_factory=list)  #: outputs, and the adjoints of all nodes

    def of_output(self) -> Any:
        """Of each element of the output."""
        (output,) = self.graph.outputs
        return farthest(self.graph.data[output], [y for y, _ in self.moved(output)])

    def of_gradient(self, index: int) -> Any:
        """Of each element of the gradient of one node."""
        base = swept_events(self.graph, self.seed)[0][index]
        shape = self.graph.equations[index].shape
        parts = [0.0 if part[index] is None else part[index] for _, part in self.moved(index)]
        return np.broadcast_to(farthest(0.0 if base is None else base, parts), shape)

    def moved(self, index: int) -> Sequence[tuple[Any, Sequence[Any]]]:
        self.asked[index] += 1
        while len(self.drawn) < DRAWS * 2 ** min(self.asked[index] - 1, PATIENCE - 1):
            graph = jittered_graph(self.graph, self.rng, self.eps)
            self.drawn.append((graph.data[graph.outputs[0]], jittered_sweep(graph, self.seed, self.rng, self.eps)))
        return self.drawn


def farthest(base: Any, others: Sequence[Any]) -> Any:
    found = np.zeros(np.shape(base))
    with np.errstate(all="ignore"):
        for other in others:
            moved = np.abs(np.asarray(other, dtype=float) - np.asarray(base, dtype=float))
            found = np.maximum(found, np.where(np.isfinite(moved), moved, np.inf))
    return found
