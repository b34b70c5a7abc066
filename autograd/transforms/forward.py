"""Forward mode: tangents go through a section of a graph beside its nodes, by the rules that serve the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from autograd.anomaly import expect_sound_derivative, is_detecting
from autograd.call import NOTHING, shape_of
from autograd.node import Node, Recorded
from autograd.op import Op
from autograd.ops.shaping import astype, broadcast_to
from autograd.program import Constant
from autograd.state import recording
from autograd.sweep.batched import Batched
from autograd.sweep.events import is_masked, masked, plain, with_its_integers, with_its_zeros
from autograd.sweep.masked import Live, Masked, numbers
from autograd.sweep.pullback import pullback
from autograd.sweep.section import Section
from autograd.tensor.sweep import has_nan
from autograd.tensor.tensor import Tensor


def push(section: Section, tangents: Sequence[Any], outputs: Sequence[Recorded], record: bool) -> list[Any]:
    """The tangent of each output, from those of the sources; None where no path leads.

    Numbers in, numbers out; with ``record`` the tangents are nodes, and can be differentiated again. Where a zero that
    is no number met an infinite slope there is a NaN: then the sweep is run again with `Masked` tangents. So it is at
    once where a replay might choose otherwise, and meet one then.
    """
    places = [section.index(y) for y in outputs]

    def found(careful: bool) -> list[Any]:
        with section.rules(record), np.errstate(all="ignore"):  # an infinite slope shows itself in the tangent
            swept = forward_sweep(section, tangents, record, careful)
        return [None if place is None else plain(swept[place]) for place in places]

    is_told = any(map(is_masked, tangents))  # which zeros are no numbers
    if is_told or is_detecting() or (record and any(equation.chooses_inside for equation in section.equations)):
        return found(careful=True)
    results = found(careful=False)
    if has_nan([numbers(t) for y, t in zip(outputs, results, strict=True) if y._dtype is not None and t is not None]):
        return found(careful=True)
    return results


def forward_sweep(section: Section, tangents: Sequence[Any], record: bool, careful: bool) -> list[Any]:
    """The tangent of every node of the section; None where none arrives."""
    swept, detecting = [*tangents, *[None] * (len(section.places) - section.sources)], is_detecting()
    if careful:
        swept = [
            t if t is None or place._dtype is None else masked(t)
            for t, place in zip(swept, section.places, strict=True)
        ]
    for index in range(section.sources, len(section.places)):
        equation = section.equations[index]
        op, slopes = equation.op, section.slopes[index]
        assert op is not None
        arriving = {k: swept[i] for k, i in enumerate(equation.inputs) if isinstance(i, int) and swept[i] is not None}
        if slopes is not None:
            arriving = {k: t for k, t in arriving.items() if slopes[k] is not None}
        if not arriving:
            continue
        y, inputs = section.operands(index, record)
        if slopes is not None and isinstance(y, float):  # numbers: the slopes are known
            swept[index] = reduce(add, [slopes[k] * t for k, t in arriving.items()])
            if detecting:
                expect_sound(section, index, swept, y, inputs)
            continue
        if careful:
            inputs = with_its_integers(op, inputs, equation.params)
        if careful and op.linear == "separately":
            inputs = [
                with_its_zeros(x) if isinstance(i, Constant) else x
                for x, i in zip(inputs, equation.inputs, strict=True)
            ]
        swept[index] = pushforward(op, arriving, y, inputs, equation.params)
        if detecting:
            expect_sound(section, index, swept, y, inputs)
    return swept


def expect_sound(section: Section, index: int, swept: Sequence[Any], y: Any, inputs: Sequence[Any]) -> None:
    """Look at the tangent of one operation."""
    tangent, place, equation = swept[index], section.places[index], section.equations[index]
    assert equation.op is not None
    if tangent is not None:
        arriving = [swept[i] for i in equation.inputs if isinstance(i, int) and swept[i] is not None]
        operands = [numbers(x) for x in (*arriving, y, *inputs)]
        what = f"forward through {equation.op.name}: the tangent of its result"
        expect_sound_derivative(what, place.source, numbers(tangent), operands, isinstance(tangent, Batched))


def pushforward(
    op: Op, tangents: Mapping[int, Any], y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None
) -> Any:
    """The tangent of the output ``y`` of one operation, from tangents of inputs: a Jacobian-vector product.

    An elementwise operation multiplies by its partials. What is linear in an input is applied to the tangent itself.
    Anything else transposes its own vjp. None if no tangent gets through.

    >>> import autograd
    >>> float(pushforward(autograd.mul, {0: 1.0, 1: 10.0}, 12.0, [3.0, 4.0], None))
    34.0
    """
    if op.has_partials and op.linear != "separately":
        slopes = op.run_rules(tangents, inputs, params, y)
        parts = [tangents[k] if slope.__class__ is int and slope == 1 else tangents[k] * slope for k, slope in slopes]
    else:
        differentiated = {k for k, (rule, _) in enumerate(op.rules_for(inputs, params)) if rule is not None}
        linear = set(op.linear_inputs(inputs, params))
        through = {k: t for k, t in tangents.items() if k in linear}
        others = {k: t for k, t in tangents.items() if k in differentiated - linear}
        parts = list(applied(op, through, linear, inputs, params)) if through else []
        if others:
            parts += transposed(op, others, y, inputs, params)
    return like_output(reduce(add, parts), y) if parts else None


def applied(
    op: Op,
    tangents: Mapping[int, Any],
    linear: set[int],
    inputs: Sequence[Any],
    params: Mapping[str, Any] | None,
) -> Iterator[Any]:
    """A linear operation of the tangents: of all at once where it is linear jointly, else of one at a time."""
    params = NOTHING if params is None else params
    if op.linear == "jointly":
        careful = any(map(is_masked, tangents.values()))
        still = {k: 0 if op.is_elementwise else zeros(inputs[k], careful) for k in linear - tangents.keys()}
        moving = {**tangents, **still}
        yield op.apply(tuple([moving.get(k, x) for k, x in enumerate(inputs)]), params)
        return
    for place, t in tangents.items():
        yield op.apply(tuple([t if k == place else x for k, x in enumerate(inputs)]), params)


def zeros(x: Any, careful: bool) -> Any:
    """The tangent of an input that does not move."""
    none = np.zeros(shape_of(x), getattr(x, "dtype", None))
    live: Live = np.zeros(none.shape, bool)
    return Masked(none, live) if careful else none


def transposed(
    op: Op, tangents: Mapping[int, Any], y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None
) -> list[Any]:
    """The tangents through an operation that only has a vjp. That is linear in g, so its own vjp by g is J · t."""
    g = Tensor(np.zeros(shape_of(y), y.dtype))
    with recording():
        parts = dict(pullback(op, tangents, g, y, inputs, params))
    seeds = [(part._record, tangents[k]) for k, part in parts.items() if isinstance(part, Node)]
    ends = [x._record for x in (y, *inputs) if isinstance(x, Node)]
    (adjoint,) = Section([part for part, _ in seeds], [g._record], ends).pull(seeds, record=bool(ends))
    return [] if adjoint is None else [adjoint]


def like_output(tangent: Any, y: Any) -> Any:
    """The tangent in the shape and the dtype of the output that it belongs to."""
    if shape_of(tangent) != shape_of(y):
        tangent = broadcast_to(tangent, shape_of(y))
    dtype = getattr(y, "dtype", None)
    return tangent if dtype is None or tangent.dtype == dtype else astype(tangent, dtype)
