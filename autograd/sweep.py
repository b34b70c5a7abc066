"""The sweep of events: one event for every edge that carries a gradient, from the output back.

It reads equations and operands and touches no node, so it serves `gradients`, recorded sweeps and `steps` alike: what
the operands are, numbers or nodes, the contributions are. It is always careful about structural zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.masked import Masked
from autograd.op import Op, shape_of
from autograd.pullback import pullback


@dataclass(frozen=True, slots=True)
class Equation:
    """One operation of a computation. ``inputs`` are the equations that a gradient may flow to, None for the rest."""

    op: Op | None
    inputs: tuple[int | None, ...]
    params: Mapping[str, Any] | None
    slopes: tuple[float | None, ...] | None  #: of a scalar operation: None where no gradient flows


@dataclass(frozen=True, slots=True)
class Event:
    """The gradient ``incoming`` of a node contributes to its input number ``input``, which is the node ``target``."""

    node: int
    input: int
    target: int
    incoming: Any
    contribution: Any


#: For an equation, its output and its inputs.
Operands = Callable[[int], tuple[Any, Sequence[Any]]]


def sweep(equations: Sequence[Equation], operands: Operands, adjoints: list[Any]) -> Iterator[Event]:
    """Every event, from the last equation back.

    ``adjoints`` holds the seeds in the places of the outputs, and None elsewhere; the sweep adds up in it what comes to
    each equation, `Masked` where it may have structural zeros. None at the end: no path leads. An equation's adjoint is
    final when the first event comes from it.
    """
    if any(equation.op is not None and equation.op.masks and equation.slopes is None for equation in equations):
        adjoints[:] = [None if seed is None else masked(seed) for seed in adjoints]
    for index in reversed(range(len(equations))):
        equation, g = equations[index], adjoints[index]
        if g is None or equation.op is None:
            continue
        for k, contribution in contributions(equation, g, *operands(index)):
            target = equation.inputs[k]
            assert target is not None
            before = adjoints[target]
            adjoints[target] = contribution if before is None else before + contribution
            yield Event(index, k, target, plain(g), plain(contribution))


def contributions(equation: Equation, g: Any, y: Any, inputs: Sequence[Any]) -> Iterable[tuple[int, Any]]:
    """What the gradient ``g`` of one equation contributes, by the position of the input."""
    op, slopes = equation.op, equation.slopes
    assert op is not None
    wanted = [k for k, target in enumerate(equation.inputs) if target is not None]
    if slopes is not None:
        wanted = [k for k in wanted if slopes[k] is not None]
        if isinstance(y, float):  # numbers: the slopes are known
            return [(k, slopes[k] * g) for k in wanted]
    if isinstance(g, Masked):
        if not g.live.all() and not op.masks:  # a condition multiplies nothing
            inputs = [with_its_zeros(x) if t is None else x for x, t in zip(inputs, equation.inputs, strict=True)]
        if op.masks or not g.live.all():
            try:
                return list(pullback(op, wanted, g, y, inputs, equation.params))
            except Exception:  # a person's own rule may do what only arrays can; if that is not it, it will raise again
                inputs = [plain(x) for x in inputs]
        parts = pullback(op, wanted, plain(g), y, inputs, equation.params)
        return [(k, masked(part)) for k, part in parts]
    return pullback(op, wanted, g, y, inputs, equation.params)


def with_its_zeros(constant: Any) -> Any:
    """A constant array whose zeros, which depend on nothing, are no numbers either: 0 · f(x) is flat."""
    if isinstance(constant, np.ndarray) and constant.dtype.kind == "f" and not constant.all():
        return Masked(constant, constant != 0)
    return constant


def masked(x: Any) -> Masked:
    """Every element of it is live, unless it says which are."""
    return x if isinstance(x, Masked) else Masked(x, np.ones(shape_of(x), bool))


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Masked) else x
