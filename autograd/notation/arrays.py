"""How operations are spelled on arrays: by the operator, or by a call of their own forward function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.op import Op


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


def called(forward: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a forward function in generated code: itself, or what does the same at less cost."""
    return choose if forward is np.where else forward


def choose(condition: Any, x: Any, y: Any) -> Any:
    """``np.where``; by a single Python bool, without making arrays of numbers."""
    return (x if condition else y) if condition.__class__ is bool else np.where(condition, x, y)
