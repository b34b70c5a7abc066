"""How operations are spelled on arrays: by the operator, or by a call of their own forward function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd.op import Op
from autograd.ops.elementwise import select

ARRAYS: Mapping[Callable[..., Any], str] = {
    select.forward: "where({condition}, {0}, {1})",
}


def on_arrays(op: Op) -> str | None:
    """How one operation is spelled on arrays.

    >>> import autograd
    >>> on_arrays(autograd.table["mul"]), on_arrays(autograd.table["maximum"])
    ('({0} * {1})', 'maximum({0}, {1})')
    """
    if op.forward in ARRAYS:
        return ARRAYS[op.forward]
    if op.params or op.arity is None:
        return None
    if op.operator is not None:
        return f"({{0}} {op.operator} {{1}})"
    return f"{op.name}({', '.join(f'{{{k}}}' for k in range(op.arity))})"
