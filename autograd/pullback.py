"""One operation on the way back, a vector-Jacobian product; and its partials, which serve the way forward too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograd.errors import ShapeError
from autograd.op import Op, each, shape_of
from autograd.ops.shaping import astype, unbroadcast


def partials(
    op: Op, wanted: Iterable[int], y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None
) -> Iterator[tuple[int, Any]]:
    """The local derivatives of an elementwise operation that is no gate, by each of the ``wanted`` inputs that has one.

    >>> import autograd
    >>> dict(partials(autograd.mul, [0, 1], 12.0, [3.0, 4.0], None))
    {0: 4.0, 1: 3.0}
    """
    rules = op.rules_for(inputs, params)
    listed: dict[each, Any] = {}
    for k in wanted:
        rule, place = rules[k] if k < len(rules) else (None, 0)
        if isinstance(rule, each):
            if rule not in listed:
                listed[rule] = op.run(rule.rule, inputs, params, y)
            yield k, listed[rule](place)
        elif rule is not None:
            yield k, op.run(rule, inputs, params, y)


def pullback(
    op: Op, wanted: Iterable[int], g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any] | None
) -> Iterator[tuple[int, Any]]:
    """What the gradient ``g`` of the output ``y`` contributes to each of the ``wanted`` inputs that has a rule.

    Numbers, arrays, nodes and symbols all pass through here: what ``g`` and the inputs are, the parts are. Broadcasting
    is undone, and each part has the dtype of its input.

    >>> import autograd
    >>> dict(pullback(autograd.mul, [0, 1], 1.0, 12.0, [3.0, 4.0], None))
    {0: 4.0, 1: 3.0}
    """
    if op.is_elementwise and not op.masks:
        for k, slope in partials(op, wanted, y, inputs, params):
            yield k, fitted(g if slope.__class__ is int and slope == 1 else g * slope, inputs[k])
        return
    rules = op.rules_for(inputs, params)
    listed: dict[each, Any] = {}
    for k in wanted:
        rule, place = rules[k] if k < len(rules) else (None, 0)
        if isinstance(rule, each):
            if rule not in listed:
                listed[rule] = op.run(rule.rule, inputs, params, g, y)
            yield k, fitted(listed[rule](place), inputs[k])
        elif rule is not None:
            yield k, fitted(op.run(rule, inputs, params, g, y), inputs[k])


def fitted(part: Any, x: Any) -> Any:
    """A contribution in the shape and the dtype of the input that it is for.

    Raises `ShapeError` where the shapes have nothing to do with each other: then a rule is wrong.
    """
    shape = shape_of(x)
    if shape_of(part) != shape:
        try:
            summed = unbroadcast(part, shape)
        except (IndexError, ValueError):
            summed = part
        if shape_of(summed) != shape:
            raise ShapeError(f"a rule gave a gradient of shape {shape_of(part)} to an input of shape {shape}")
        part = summed
    dtype = getattr(x, "dtype", None)
    if dtype is None or getattr(part, "dtype", dtype) == dtype:
        return part
    return astype(part, dtype)
