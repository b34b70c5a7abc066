"""Masked: a cotangent some of whose zeros are no numbers, carried through rules by the operations themselves.

Behind a closed `where`, in the elements that indexing left out, nothing flows; 0 would be a number there, and zero
times an infinite slope is NaN. So a careful sweep carries, beside the numbers, which of them are live, and the rules
run on both at once. What is live follows from what an operation is linear in, never from the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.call import broadcast, shape_of
from autograd.node import Node
from autograd.op import Op
from autograd.operators import Operators
from autograd.ops.compare import logical_and, logical_not, logical_or, not_equal, where
from autograd.ops.indexing import getitem
from autograd.ops.shaping import broadcast_to, transpose
from autograd.state import expect_number

Live = NDArray[np.bool_]


class Carried(Operators):
    """Numbers, or nodes, that go through the rules with something beside them: what rules ask of an array, it has."""

    __slots__ = ("data",)

    data: Any

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return transpose(self)

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)


class Masked(Carried):
    """Numbers, or nodes, and which of their elements are live; the others are zero.

    >>> g = Masked(np.array([1.0, 0.0]), np.array([True, False]))
    >>> (g * np.array([3.0, np.inf])).data
    array([3., 0.])
    >>> (g + 1.0).live
    array([ True,  True])
    """

    __slots__ = ("choice", "live")

    _encloses = 1

    def __init__(self, data: Any, live: Live, choice: Any = None) -> None:
        self.data = data
        self.live = live
        self.choice = choice  #: the same as a node, where it depends on a condition that is in the graph

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.data)

    @classmethod
    def _interpret(cls, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        data = [x.data if isinstance(x, Masked) else x for x in inputs]
        linear = op.linear_inputs(inputs, params)
        if not all(k in linear for k, x in enumerate(inputs) if isinstance(x, Masked)):
            return op.run(op, data, params)  # what is dead cannot be told from what is live
        lives = [live_part(x) if k in linear else numbers(x) for k, x in enumerate(inputs)]
        live = np.asarray(live_elements(op, lives, params, linear))
        choices = [choice_part(x) if k in linear else x for k, x in enumerate(inputs)]
        depends = linear if op.has_partials else range(len(inputs))
        is_recorded = any(isinstance(choices[k], Operators) for k in depends)
        choice = live_elements(op, choices, params, linear) if is_recorded else None
        with np.errstate(all="ignore"):  # zero times infinity, where nothing is live
            result = op.run(op, data, params)
            if op.linear == "separately" and not op.is_elementwise:
                if not np.isfinite(numbers(result)).all():
                    result = sum_of_live_terms(op, data, choices, params, linear, result)
                elif isinstance(result, Node):
                    expect_number(result._record)
            return cls(kept(live, choice, result), live, choice)


def live_elements(op: Op, lives: Sequence[Any], params: Mapping[str, Any], linear: Sequence[int]) -> Any:
    """Which elements of the output have a live term: an array, or a node where that is what the operands have.

    An operation that mixes elements is run on weights. One that rounds what it ought to leave at zero, as a convolution
    by FFT, so makes more live than is: NaNs stay that could have gone, and nothing is lost.
    """
    if not op.is_elementwise:
        rng = np.random.default_rng(0)
        weights = [weighted(x, rng) if k in linear else x for k, x in enumerate(lives)]
        live = not_equal(op.run(op, weights, params), 0)
        if op.linear != "first":
            return live
        rules = op.rules_for(lives, params)  # what the others make zero here is a number: look elsewhere as well
        for k, (rule, _) in enumerate(rules):
            if rule is not None and k not in linear:
                weights[k] = weights[k] + rng.uniform(1, 2, shape_of(weights[k]))
        return logical_or(live, not_equal(op.run(op, weights, params), 0))
    if op.masks:
        return op.run(op, lives, params)
    combine = logical_and if op.linear == "separately" else logical_or
    live = broadcast_to(lives[linear[0]], broadcast(*map(shape_of, lives)))
    for k in linear[1:]:
        live = combine(live, lives[k])
    return live


def live_part(x: Any) -> Live:
    """Which elements of an operand are live: of a number all are, unless it is the 0 that a rule writes."""
    if isinstance(x, Masked):
        return x.live
    return np.full(shape_of(x), not (x.__class__ is int and x == 0))


def choice_part(x: Any) -> Any:
    """The same as a node, where there is one."""
    return x.choice if isinstance(x, Masked) and x.choice is not None else live_part(x)


def weighted(live: Any, rng: np.random.Generator) -> Any:
    """Numbers between 1 and 2 for what is live, 0 for what is not: no two alike, so that no two terms cancel."""
    return live * rng.uniform(1, 2, live.shape)


def kept(live: Live, choice: Any, data: Any) -> Any:
    """The numbers where they are live, zero elsewhere; recorded where they are nodes."""
    if choice is None and live.all():
        return data
    zero = 0.0 if shape_of(data) == () else np.zeros((), numbers(data).dtype)
    return where(live if choice is None else choice, data, zero)


def numbers(x: Any) -> Any:
    """What a node holds, or a batch of nodes; numbers and arrays as they are."""
    while isinstance(x, Operators):
        x = x.data  # type: ignore[attr-defined]
    return np.asarray(x)


def sum_of_live_terms(
    op: Op, inputs: Sequence[Any], choices: Sequence[Any], params: Mapping[str, Any], linear: Sequence[int], whole: Any
) -> Any:
    """A product, each element of the output the sum of its live terms alone: of those whose factors all are.

    Where every live term is finite, the others are left out: the finite parts are multiplied. Where one holds an
    infinity or a NaN, the output, and what is differentiated from it, is that of the ``whole`` product. That is NaN
    rather than ±∞ where dead zeros meet infinities there as well, for only the operation knows the signs of its terms.
    """
    is_finite = {k: abs(inputs[k]) < np.inf for k in linear}
    finite = [
        where(is_finite[k], x, 0.0 * numbers(x).dtype.type(1)) if k in linear else x for k, x in enumerate(inputs)
    ]
    reached: Any = np.False_
    for k in linear:
        among = list(choices)
        among[k] = logical_and(choices[k], logical_not(is_finite[k]))
        reached = logical_or(reached, live_elements(op, among, params, linear))
    return where(reached, whole, op.run(op, finite, params))
