"""The whole program at once in the arithmetic of a reference, from exact leaves: the gradient that is true of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from autograd.check.references.real import Real, Tape, UndecidedError, ancestors
from autograd.check.references.reference import Pulled, are_finite, flat
from autograd.check.references.taped import Taped, arranged, constants, is_known, run
from autograd.graph.graph import Graph
from autograd.program import Constant


@dataclass(frozen=True)
class Whole:
    """The gradient of each leaf, in order of its elements; which leaves meet a tie, so that they have none."""

    pulled: Pulled
    tied: frozenset[int]
    overflows: bool = False  #: whether floats left their range where the numbers of the reference did not


#: Where the leaves are: a little way from the recorded numbers along directions, one an element.
Moved = tuple[float, Mapping[int, Sequence[float]]]


def gradient(
    graph: Graph, seed: Any, reference: Taped, bits: int, wide: int | None = None, moved: Moved | None = None
) -> Whole:
    """The gradient of a graph of one output, pulled back from the ``seed``.

    Raises `UndecidedError` where rounding leaves a branch open, `TypeError` where an operation has no spelling.
    """
    with reference.make(bits, wide) as arithmetic:
        tape = Tape(arithmetic)
        found: list[Any] = []
        leaves: dict[int, list[Real]] = {}
        for index, equation in enumerate(graph.equations):
            data = graph.data[index]
            if equation.op is None:
                if equation.requires_grad:
                    leaves[index] = [tape.leaf(x) for x in flat(data)]
                    if moved is not None:
                        step, directions = moved
                        for leaf, direction in zip(leaves[index], directions[index], strict=True):
                            leaf.value = leaf.value + arithmetic.number(step) * arithmetic.number(direction)
                    found.append(arranged(leaves[index], data))
                else:
                    is_number = equation.dtype is None or equation.dtype.kind == "f"
                    found.append(constants(tape, data) if is_number else data)
                continue
            rules = equation.op.rules_for(equation.inputs, equation.params)
            operands = [
                found[x] if not isinstance(x, Constant) else x.data if rule is None else constants(tape, x.data)
                for x, (rule, _) in zip(equation.inputs, rules, strict=True)
            ]
            result = run(equation.op, operands, equation.params)
            found.append(result if not isinstance(data, np.ndarray) else shaped(result, data, tape))
        (output,) = graph.outputs
        y = flat(found[output])
        tape.pull([(x, g) for x, g in zip(y, flat(seed), strict=True) if isinstance(x, Real) and x.parts is not None])
        tied: set[int] = set()
        if tape.ties:
            behind = ancestors(real for tie in tape.ties for real in tie)
            tied = {index for index, reals in leaves.items() if any(id(real) in behind for real in reals)}
        parts = {index: [real.adjoint for real in reals] for index, reals in leaves.items()}
        values = [x.value if isinstance(x, Real) else arithmetic.number(float(x)) for x in y]
        overflows = any(
            not isfinite(x) and isinstance(real, Real) and arithmetic.is_defined(real.value)
            for data, reals in zip(graph.data, found, strict=True)
            if not are_finite(data)
            for x, real in zip(flat(data), flat(reals), strict=True)
        )
        return Whole(Pulled(arithmetic, values, parts), frozenset(tied), overflows)


def shaped(result: Any, like: Any, tape: Tape) -> Any:
    """What an operation gave as an array of the shape that it had."""
    if isinstance(result, np.ndarray) and result.shape == like.shape:
        return result
    return arranged([result] if not isinstance(result, np.ndarray) else flat(result), like)


def known_gradient(graph: Graph, seed: Any, reference: Taped) -> Whole:
    """With as many bits as it takes."""
    failure: UndecidedError | None = None
    for bits in reference.bits:
        try:
            whole = gradient(graph, seed, reference, bits)
        except UndecidedError as error:
            failure = error
            continue
        if is_known(whole.pulled):
            return whole
    if failure is not None:
        raise failure
    return whole
