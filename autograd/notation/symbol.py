"""Symbol: a name and a shape, no data. Rules run on Symbols give formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.call import Output, broadcast, copyable, like, shape_of
from autograd.notation.rows import is_number, row_of
from autograd.op import Op
from autograd.operators import Operators
from autograd.ops.indexing import getitem
from autograd.ops.shaping import transpose


class Symbol(Operators):
    """A named number, or a formula over such.

    >>> x = Symbol("x")
    >>> (x * x + 1).op
    <Op add>
    >>> Symbol("W", (2, 3)).shape
    (2, 3)
    """

    __slots__ = ("inputs", "name", "op", "params", "shape")

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...] = (),
        op: Op | None = None,
        inputs: tuple[Any, ...] = (),
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self.op = op
        self.inputs = inputs
        self.params = params or {}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.shape, self.op, self.inputs, copyable(self.params))

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    @property
    def _has_no_slope(self) -> bool:
        return True  # a formula has a place for it anywhere

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return transpose(self)

    def __bool__(self) -> bool:
        raise TypeError("a Symbol has no data, so it is neither true nor false: use autograd.where to choose")

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def __repr__(self) -> str:
        return f"Symbol({self.name!r})" if self.op is None else f"{self.op.name}{self.inputs!r}"

    @classmethod
    def _interpret(cls, op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        for position, neutral in enumerate(row_of(op).neutral):
            if neutral is not None and inputs[position] is not True and is_number(inputs[position], neutral):
                other = inputs[1 - position]
                if shape_of(other) == known_shape(op, inputs, params):
                    return other
        shape = known_shape(op, inputs, params)
        if shape is not None:
            return cls("", shape, op, inputs, params)
        ones = [np.broadcast_to(1.0, shape_of(value)) for value in inputs]  # they take no memory
        y = op.compute(ones, params)
        if not isinstance(y, tuple):
            return cls("", shape_of(y), op, inputs, params)
        each = [op.output_params(params, k, y) for k in range(len(y))]
        return like(y, [cls("", shape_of(part), op, inputs, of) for part, of in zip(y, each, strict=True)])


def known_shape(op: Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The shape of the result: by broadcasting, or by the operation's own rule; None where that is left to a pass."""
    if isinstance(params, Output):
        return shape_of(params.outputs[params.index])
    shapes = [shape_of(value) for value in inputs]
    if op.is_elementwise:
        return broadcast(*shapes)
    return None if op.shape is None else op.run(op.shape, shapes, params)
