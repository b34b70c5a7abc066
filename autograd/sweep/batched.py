"""Batched: a stack of cotangents, or tangents, carried through the rules at once, as one array with an axis in front.

Rules do not see that axis. What is done to a batch becomes an operation of the table on its array, so it may hold what
the table takes: numbers, nodes (then the derivative is recorded), and Masked numbers beside which some are dead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.call import Output, shape_of
from autograd.op import Op
from autograd.operators import Operators
from autograd.ops.indexing import getitem
from autograd.ops.shaping import reshape, stack
from autograd.sweep.masked import Carried


class Batched(Carried):
    """A stack of numbers, or nodes, along the first axis of ``data``.

    >>> g = Batched(np.eye(2))
    >>> g.shape, (g * [10.0, 20.0]).data.tolist()
    ((2,), [[10.0, 0.0], [0.0, 20.0]])
    """

    __slots__ = ()

    _encloses = 2

    def __init__(self, data: Any) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """That of each."""
        return shape_of(self.data)[1:]

    @classmethod
    def _interpret(cls, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        if op.is_elementwise:
            ndim = max([len(shape_of(x)) for x in inputs])
            return cls(op.apply([aligned(x, ndim) for x in inputs], params))
        result = NotImplemented if op.batched is None else op.run(op.batched, list(map(stack_of, inputs)), params)
        if result is NotImplemented:
            result = one_by_one(op, inputs, params)
        elif isinstance(params, Output):
            result = result[params.index]
        return cls(result)


def aligned(x: Any, ndim: int) -> Any:
    """An operand as it broadcasts: the axes of each of a batch stand last, as those of what all share."""
    if not isinstance(x, Batched) or len(x.shape) == ndim:
        return x.data if isinstance(x, Batched) else x
    first, *rest = shape_of(x.data)
    return reshape(x.data, (first, *(1,) * (ndim - len(rest)), *rest))


def stack_of(x: Any) -> Any:
    """An input as an array with one more axis in front: of length 1 for what all share; plain numbers as they are."""
    if isinstance(x, Batched):
        return x.data
    if isinstance(x, np.ndarray | np.generic):
        return np.asarray(x)[None]
    return reshape(x, (1, *shape_of(x))) if isinstance(x, Operators) else x


def one_by_one(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """What an operation gives for each, where its entry does not say how to do all at once."""
    (length,) = {shape_of(x.data)[0] for x in inputs if isinstance(x, Batched)}
    rows = [[getitem(x.data, k) if isinstance(x, Batched) else x for x in inputs] for k in range(length)]
    return stack([op.apply(row, params) for row in rows])


def inside(x: Any, change: Callable[[Any], Any]) -> Any:
    """What becomes of what a batch holds, as a batch; of anything else itself.

    >>> inside(Batched(np.ones(2)), lambda x: -x).data, inside(1.0, lambda x: -x)
    (array([-1., -1.]), -1.0)
    """
    return Batched(change(x.data)) if isinstance(x, Batched) else change(x)
