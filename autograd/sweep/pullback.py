"""One operation on the way back: a vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.call import Output, like, shape_of
from autograd.errors import ShapeError
from autograd.node import Node
from autograd.op import Op
from autograd.operators import Operators
from autograd.ops.shaping import astype, unbroadcast
from autograd.sweep.batched import Batched
from autograd.sweep.masked import Masked


def pullback(
    op: Op, wanted: Iterable[int], g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None
) -> list[tuple[int, Any]]:
    """What the gradient ``g`` of the output ``y`` contributes to each of the ``wanted`` inputs that has a rule.

    Numbers, arrays and nodes all pass through here: what ``g`` and the inputs are, the parts are. Broadcasting is
    undone, and each part has the dtype of its input.

    >>> import autograd
    >>> pullback(autograd.mul, [0, 1], 1.0, 12.0, [3.0, 4.0], None)
    [(0, 4.0), (1, 3.0)]
    """
    if params.__class__ is Output:
        g, y = spread(g, params), every_output(op, y, inputs, params)
    if op.has_partials:
        slopes = op.run_rules(wanted, inputs, params, y)
        parts = [(k, g if slope.__class__ is int and slope == 1 else g * slope) for k, slope in slopes]
    else:
        parts = op.run_rules(wanted, inputs, params, g, y)
    if isinstance(y, Node) and y._record._dtype is None:  # what is computed of numbers has no shape
        return parts
    return [(k, fitted(part, inputs[k], op.name)) for k, part in parts]


def spread(g: Any, params: Output) -> tuple[Any, ...]:
    """The gradients of all outputs, of which one is ``g``: the others are zeros, structural beside a Masked one."""
    zeros: list[Any] = [np.zeros(x.shape, x.dtype) for x in params.outputs]
    if isinstance(g.data if isinstance(g, Batched) else g, Masked):
        zeros = [Masked(zero, np.zeros(zero.shape, bool)) for zero in zeros]
    zeros[params.index] = g
    return like(params.outputs, zeros)


def every_output(op: Op, y: Any, inputs: Sequence[Any], params: Output) -> tuple[Any, ...]:
    """All outputs, of which one is ``y``: numbers beside numbers, nodes beside a node, symbols beside a symbol."""
    if not isinstance(y, Operators):
        return params.outputs
    others = [op.output_params(params, k, params.outputs) for k in range(len(params.outputs))]
    parts = [y if of_one.index == params.index else op.apply(inputs, of_one) for of_one in others]
    return like(params.outputs, parts)


def fitted(part: Any, x: Any, name: str) -> Any:
    """A contribution in the shape and the dtype of the input that it is for.

    Raises `ShapeError` where the shapes have nothing to do with each other: then a rule is wrong.
    """
    if part.__class__ is x.__class__ is np.ndarray and part.shape == x.shape and part.dtype is x.dtype:
        return part
    shape, given = shape_of(x), shape_of(part)
    if given != shape:
        try:
            part = unbroadcast(part, shape)
        except (IndexError, ValueError):
            shape_fits = False
        else:
            shape_fits = shape_of(part) == shape
        if not shape_fits:
            raise ShapeError(f"{name}: a rule gave a gradient of shape {given} to an input of shape {shape}")
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return part
    got = getattr(part, "dtype", dtype)
    return part if got is dtype or got == dtype else astype(part, dtype)
