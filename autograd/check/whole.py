"""The gradient of the whole, compared with what the program itself comes to from exact leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite, isnan, nan, ulp
from typing import Any

import numpy as np

from autograd.check.large import cost
from autograd.check.local import Checker
from autograd.check.references.real import UndecidedError
from autograd.check.references.reference import BITS, are_finite, element_at, flat
from autograd.check.references.taped import Taped
from autograd.check.replay import Whole, gradient, known_gradient
from autograd.check.report import Finding
from autograd.check.run import Run
from autograd.check.verdict import ULPS, judged
from autograd.graph.graph import Graph, operands

#: Up to how many products the whole is replayed.
MOST = 500_000

#: How many products a function takes as long as.
FUNCTION = 10

FLOAT64 = np.dtype(np.float64)

#: Of what rounding comes to in the worst case, as many times is allowed.
SLACK = 4


def whole_findings(
    checker: Checker, run: Run, reference: Taped, adjoints: Sequence[Any], counts: Counter[str], already: bool
) -> list[Finding]:
    """Where the gradient of a leaf is not that of the whole, by more than rounding explains."""
    graph = checker.graph
    products = sum(
        cost(operands(equation, graph.data), range(len(equation.inputs)), data)
        * (1 if equation.op.linear != "no" or not equation.op.is_elementwise else FUNCTION)
        for equation, data in zip(graph.equations, graph.data, strict=True)
        if equation.op is not None and equation.inputs
    )
    if products > MOST:
        message = f"it would take about {products:,.0f} products: each operation was checked where it stands"
        return [Finding(outcome="missing", check="whole gradient", message=message)]
    try:
        rounded = coarse(checker, run, reference)
        if not already and (lost := nowhere(graph, adjoints)):
            return list(of_no_numbers(checker, lost, known_gradient(graph, run.seed, reference)))
        if rounded.overflows:
            return []  # what left the range of floats has another gradient than what did not
        suspects: list[tuple[int, list[float]]] = []
        for index, raws in rounded.pulled.parts.items():
            got = numbers(adjoints[index], graph.data[index])
            if index in rounded.tied or not all(map(partial(is_near, rounded), raws, got)):
                suspects.append((index, got))
            else:
                counts["whole gradient"] += len(got)
        if not suspects or already:
            return []
        whole = known_gradient(graph, run.seed, reference)
    except UndecidedError:
        return []  # rounding alone chose a branch: each equation was checked where it stands
    except Exception as error:  # a forward function may do anything with a number that is none
        return [Finding(outcome="missing", check="whole gradient", message=str(error))]
    suspects = [(index, got) for index, got in suspects if index not in whole.tied]
    counts["whole gradient"] += sum(len(got) for _, got in suspects)
    return [finding for index, got in suspects for finding in of_leaf(checker, index, got, whole, rounded)]


def nowhere(graph: Graph, adjoints: Sequence[Any]) -> dict[int, list[int]]:
    """The elements of each leaf whose gradient is NaN, where neither the leaves nor the output are."""
    leaves = [i for i, equation in enumerate(graph.equations) if equation.op is None]
    if not all(are_finite(graph.data[i]) for i in (*leaves, *graph.outputs)):
        return {}
    found = {i: numbers(adjoints[i], graph.data[i]) for i in leaves if graph.equations[i].requires_grad}
    places = {i: [place for place, x in enumerate(got) if isnan(x)] for i, got in found.items()}
    return {i: elements for i, elements in places.items() if elements}


def of_no_numbers(checker: Checker, lost: Mapping[int, Sequence[int]], whole: Whole) -> Iterator[Finding]:
    """That a gradient is NaN: wrong where there is one, and told where there is none."""
    arithmetic = whole.pulled.arithmetic
    for index, places in lost.items():
        for place in places:
            raw = whole.pulled.parts[index][place]
            raw = arithmetic.number(0) if raw is None else raw
            element = element_at(place, checker.graph.equations[index].shape) or None
            details: dict[str, Any] = {"element": element, "got": nan}
            if not arithmetic.is_defined(raw):
                message = "got nan, and there is no gradient here: zero times an infinite slope"
                yield checker.finding(index, "kink", "whole gradient", message, **details)
                continue
            known = arithmetic.text(raw)
            hint = "numbers leave the range of floats on the way, and ∞ · 0 is none: write it so that they do not"
            message = f"got nan, and the whole function has {known}"
            yield checker.finding(index, "wrong", "whole gradient", message, expected=known, hint=hint, **details)


def numbers(adjoint: Any, data: Any) -> list[float]:
    """The elements of a gradient, in order."""
    return flat(np.broadcast_to(0.0 if adjoint is None else adjoint, np.shape(data))[()])


def is_near(rounded: Whole, raw: Any, got: float) -> bool:
    """Whether a number is as near as rounding lets it be."""
    if raw is None:
        return got == 0.0
    arithmetic = rounded.pulled.arithmetic
    distance = (SLACK - 1) * arithmetic.radius(raw) + ULPS / 2 * ulp(got)
    return bool(arithmetic.is_defined(raw) and arithmetic.is_within(raw, got, distance))


def of_leaf(checker: Checker, index: int, got: Sequence[float], whole: Whole, rounded: Whole) -> Iterator[Finding]:
    """The elements of a leaf whose gradient is another than that of the whole."""
    dtype, shape = checker.graph.equations[index].dtype, checker.graph.equations[index].shape
    arithmetic = whole.pulled.arithmetic
    for place, (raw, number) in enumerate(zip(whole.pulled.parts[index], got, strict=True)):
        if not isfinite(number):  # an infinite slope on the way, which is what it is where it stands
            continue
        slack = 0.0
        if (loose := rounded.pulled.parts[index][place]) is not None:
            slack = SLACK * rounded.pulled.arithmetic.radius(loose)
        verdict = judged(arithmetic, raw, number, dtype, slack)
        if verdict.verdict == "off":
            known = arithmetic.text(raw if raw is not None else arithmetic.number(0))
            yield checker.finding(
                index,
                "wrong",
                "whole gradient",
                f"got {number!r}, and the whole function has {known}",
                element=element_at(place, shape) or None,
                got=number,
                expected=known,
                ulps=verdict.ulps,
            )


def coarse(checker: Checker, run: Run, reference: Taped) -> Whole:
    """The same with as few digits as the floats of the graph have."""
    dtypes = [equation.dtype for equation in checker.graph.equations if equation.dtype in BITS]
    fewest = min(dtypes, key=BITS.__getitem__, default=FLOAT64)
    return gradient(checker.graph, run.seed, reference, BITS[fewest], reference.bits[0])
