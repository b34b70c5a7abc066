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

from autograd.op import Op, shape_of
from autograd.operators import Operators
from autograd.ops.elementwise import where
from autograd.ops.indexing import getitem
from autograd.ops.shaping import transpose

Live = NDArray[np.bool_]


class Masked(Operators):
    """Numbers, or nodes, and which of their elements are live; the others are zero.

    >>> g = Masked(np.array([1.0, 0.0]), np.array([True, False]))
    >>> (g * np.array([3.0, np.inf])).data
    array([3., 0.])
    >>> (g + 1.0).live
    array([ True,  True])
    """

    __slots__ = ("data", "live")

    _encloses = True

    def __init__(self, data: Any, live: Live) -> None:
        self.data = data
        self.live = live

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.data)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return transpose(self)

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    @classmethod
    def _interpret(cls, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        data = [x.data if isinstance(x, Masked) else x for x in inputs]
        linear = op.linear_inputs(inputs, params)
        if not all(k in linear for k, x in enumerate(inputs) if isinstance(x, Masked)):
            return op.run(op, data, params)  # what is dead cannot be told from what is live
        live = live_elements(op, inputs, params, linear)
        with np.errstate(all="ignore"):  # zero times infinity, where nothing is live
            result = op.run(op, data, params)
            is_product = op.linear == "separately" and not op.is_elementwise and len(inputs) == 2
            if is_product and not np.isfinite(numbers(result)).all():
                result = sum_of_live_terms(op, inputs, params)
            return cls(kept(live, result), live)


def live_elements(op: Op, inputs: Sequence[Any], params: Mapping[str, Any], linear: Sequence[int]) -> Live:
    """Which elements of the output have a live term."""
    lives = [live_part(x) if k in linear else x for k, x in enumerate(inputs)]
    if not op.is_elementwise:  # weights, so that no two terms cancel
        result = op.run(op.forward, [weighted(x) if k in linear else x for k, x in enumerate(lives)], params)
        found: Live = np.asarray(numbers(result) != 0)
        return found
    if op.masks:
        chosen: Live = np.asarray(op.run(op.forward, [numbers(x) for x in lives], params), dtype=bool)
        return chosen
    combine = np.logical_and if op.linear == "separately" else np.logical_or
    shape = np.broadcast_shapes(*map(shape_of, inputs))
    live: Live = np.broadcast_to(lives[linear[0]], shape)
    for k in linear[1:]:
        live = combine(live, lives[k])
    return live


def live_part(x: Any) -> Live:
    """Which elements of an operand are live: of a number all are, unless it is the zero that a rule writes."""
    if isinstance(x, Masked):
        return x.live
    return np.full(shape_of(x), not (x.__class__ is int and x == 0))


def weighted(live: Live) -> NDArray[np.float64]:
    """Numbers between 1 and 2 for what is live, 0 for what is not."""
    weights: NDArray[np.float64] = live * np.random.default_rng(live.size).uniform(1, 2, live.shape)
    return weights


def kept(live: Live, data: Any) -> Any:
    """The numbers where they are live, zero elsewhere; recorded where they are nodes."""
    return data if live.all() else where(live, data, 0.0 if shape_of(data) == () else np.zeros((), numbers(data).dtype))


def numbers(x: Any) -> Any:
    """What a node holds; numbers and arrays as they are."""
    return np.asarray(x.data if isinstance(x, Operators) else x)  # type: ignore[attr-defined]


def sum_of_live_terms(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """A product of two operands, each output element the sum of its live terms alone.

    A dead zero times a finite number adds nothing, so the finite parts are multiplied as ever. Where live terms meet
    infinities and NaNs, the output is the infinity or NaN that their sum is.
    """
    plain = [x.data if isinstance(x, Masked) else x for x in inputs]
    values, lives = [numbers(x) for x in plain], [live_part(x) for x in inputs]
    finite = [where(np.isfinite(v), x, 0.0 * v.dtype.type(1)) for x, v in zip(plain, values, strict=True)]

    def meets(left: Live, right: Live) -> Live:
        return np.asarray(op.run(op.forward, [weighted(left), weighted(right)], params) != 0)

    def signed(x: NDArray[Any], live: Live) -> tuple[Live, Live, Live, Live]:
        return live & (x > 0), live & (x < 0), live & np.isinf(x), live & np.isnan(x)

    (up, down, inf, nan), (up2, down2, inf2, nan2) = (signed(x, live) for x, live in zip(values, lives, strict=True))
    zero, zero2 = (live & (x == 0) for x, live in zip(values, lives, strict=True))
    pos = meets(up & inf, up2) | meets(up, up2 & inf2) | meets(down & inf, down2) | meets(down, down2 & inf2)
    neg = meets(up & inf, down2) | meets(up, down2 & inf2) | meets(down & inf, up2) | meets(down, up2 & inf2)
    invalid = meets(nan, lives[1]) | meets(lives[0], nan2) | meets(zero, inf2) | meets(inf, zero2) | (pos & neg)
    special = pos | neg | invalid
    limit = np.where(invalid, np.nan, np.where(pos, np.inf, -np.inf)).astype(np.result_type(*values))
    with np.errstate(all="ignore"):
        result = op.run(op, finite, params)
    return where(special, limit, result)
