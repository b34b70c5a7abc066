"""How operations are spelled on arrays: by the operator, or by a call of their own forward function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.ops.corners import larger, larger_in_sweep
from autograd.ops.functions import secant


def on_arrays(op: Op) -> str | None:
    """How one operation is spelled on arrays.

    >>> import autograd
    >>> on_arrays(autograd.table["mul"]), on_arrays(autograd.table["maximum"])
    ('({0} * {1})', 'op_maximum({0}, {1})')
    """
    if op.arity is None or (op.params and not op.is_elementwise):
        return None
    if op.operator is not None and op.arity == 2:
        return f"({{0}} {op.operator} {{1}})"
    return f"op_{op.name}({', '.join(f'{{{k}}}' for k in range(op.arity))})"


def in_rules(op: Op) -> str | None:
    """`on_arrays` for a factor, which need not have the shape that it would have as an array.

    So of a `where` by one Python bool, as of a constant exponent, one branch alone is computed.
    """
    return "op_where({0}, lambda: {1}, lambda: {2})" if op.forward is np.where else on_arrays(op)


def called(forward: Callable[..., Any], spelling: Callable[[Op], str | None]) -> Callable[..., Any]:
    """What stands for a forward function in a sweep, which warns of nothing: itself, or the same at less cost."""
    if forward is np.where and spelling is in_rules:
        return choose
    return LESS.get(forward, forward)


def choose(condition: Any, x: Callable[[], Any], y: Callable[[], Any]) -> Any:
    if condition.__class__ is bool:
        return x() if condition else y()
    return np.where(condition, x(), y())


def reciprocal_cosh(x: Any) -> Any:
    """`secant` without the tail below 6e−309, which its squares, in the slopes of tanh and sigmoid, do not reach."""
    return np.reciprocal(np.cosh(x))


#: What does the same as a factor, in a sweep, at less cost.
LESS: Mapping[Callable[..., Any], Callable[..., Any]] = {secant: reciprocal_cosh, larger.forward: larger_in_sweep}
