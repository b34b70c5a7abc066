"""Hints: the classic faults of a rule, told by what it gave beside what is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.check.references.reference import Call

#: How close a ratio has to be to a fault's to be taken for it.
CLOSE = 1e-6


def hint_for(call: Call, k: int, raws: Sequence[Any], got: Sequence[float], arithmetic: Any) -> str | None:
    """The fault that the contributions to an input look like, if they look like one."""
    expected = np.array([0.0 if raw is None else arithmetic.middle(raw) for raw in raws])
    found = np.array(got, dtype=float)
    shape = np.shape(call.inputs[k])
    with np.errstate(all="ignore"):
        if same(found, expected):  # too little is wrong: everything that is the same by chance would fit
            return None
        for looks_like, hint in FAULTS:
            if looks_like(call, k, expected.reshape(shape), found.reshape(shape)):
                return hint if found.size > 1 or hint.endswith("?") else f"{hint}?"  # one number may be so by chance
    return None


def same(x: Any, y: Any) -> bool:
    """Whether two arrays are alike to a few digits, and not all zero."""
    x, y = np.broadcast_arrays(x, y)
    scale = np.max(np.abs(y), initial=0.0)
    return bool(
        scale > 0 and np.isfinite(x).all() and (np.abs(x - y) <= CLOSE * np.maximum(np.abs(y), 1e-3 * scale)).all()
    )


def times(factor: float) -> Callable[[Call, int, Any, Any], bool]:
    return lambda call, k, expected, found: same(found, factor * expected)


def is_nothing(call: Call, k: int, expected: Any, found: Any) -> bool:
    return not found.any()


def is_transposed(call: Call, k: int, expected: Any, found: Any) -> bool:
    return (
        expected.ndim >= 2 and expected.shape[-1] == expected.shape[-2] and same(found, np.swapaxes(expected, -1, -2))
    )


def is_without_cotangent(call: Call, k: int, expected: Any, found: Any) -> bool:
    """Whether it is what a cotangent of ones would give."""
    g = np.asarray(call.cotangent, dtype=float)
    if g.shape == expected.shape:
        return not same(g, np.ones(())) and same(found * g, expected)
    return bool(g.size == 1 and g.item() != 1 and same(found * g.item(), expected))


def is_averaged(call: Call, k: int, expected: Any, found: Any) -> bool:
    g = np.asarray(call.cotangent, dtype=float)
    return g.shape == expected.shape and g.size > 1 and same(found * g, expected * g.mean())


def is_counted_once(call: Call, k: int, expected: Any, found: Any) -> bool:
    """Whether some elements, and not all, have a part of what they should have: one of several contributions."""
    right = np.abs(expected - found) <= CLOSE * np.abs(expected)
    fewer = np.abs(found) < np.abs(expected)
    return bool(right.any() and not right.all() and (right | fewer).all() and call.op.linear == "jointly")


def is_one_of_all(call: Call, k: int, expected: Any, found: Any) -> bool:
    """Whether one element has what all that broadcasting made of it should have summed up to."""
    y = np.broadcast_shapes(*map(np.shape, call.inputs)) if call.op.is_elementwise else ()
    return np.shape(call.inputs[k]) != y and bool(y) and same(found * (math.prod(y) / max(expected.size, 1)), expected)


def is_sum(call: Call, k: int, expected: Any, found: Any) -> bool:
    return expected.size > 1 and same(found, np.full_like(expected, expected.sum()))


def is_rooted(call: Call, k: int, expected: Any, found: Any) -> bool:
    g = np.asarray(call.cotangent, dtype=float)
    if g.shape not in ((), expected.shape):
        return False
    live = np.broadcast_to(g != 0, expected.shape)
    came, right = (found / g)[live], (expected / g)[live]
    return same(came**2, right) or same(1 - (1 - came) ** 2, right)


def is_reciprocal(call: Call, k: int, expected: Any, found: Any) -> bool:
    g = np.asarray(call.cotangent, dtype=float)
    if g.shape not in ((), expected.shape):
        return False
    live = np.broadcast_to(g != 0, expected.shape)
    return same((g * g / found)[live], expected[live])


def lacks_factor(call: Call, k: int, expected: Any, found: Any) -> bool:
    """Whether an input, or the output, is what is missing."""
    for x in (*call.inputs, call.op.evaluate(call.inputs, call.params)):
        is_factor = isinstance(x, float | np.ndarray) and np.shape(x) in ((), expected.shape)
        if is_factor and same(found * np.asarray(x, dtype=float), expected):
            return True
    return False


#: From the plainest on.
FAULTS: Sequence[tuple[Callable[[Call, int, Any, Any], bool], str]] = (
    (times(-1.0), "the sign is turned round"),
    (is_nothing, "nothing came"),
    (times(2.0), "twice too large: a factor 2 too many?"),
    (times(0.5), "half of it: a factor 2 forgotten?"),
    (is_without_cotangent, "the cotangent is ignored: multiply by g"),
    (is_averaged, "the cotangent is averaged: multiply by g, element by element"),
    (is_transposed, "it is transposed"),
    (is_one_of_all, "broadcasting is not undone: sum over the axes that were stretched"),
    (is_sum, "each element has the sum of all: is an axis summed too many?"),
    (is_rooted, "forgot to square?"),
    (is_reciprocal, "one over it"),
    (lacks_factor, "a factor of the chain rule is forgotten"),
    (is_counted_once, "elements that are used several times receive one part alone: = where += is due"),
)
