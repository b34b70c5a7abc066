"""Operations that put elements in order: their gradients go back to where the elements came from."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from autograd.op import Op, primitive
from autograd.ops.indexing import add_along_axis


def sort_vjp(
    g: Any, y: Any, a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None
) -> Any:
    """The order is asked for anew, so that it is in the graph where conditions are."""
    return add_along_axis(g, argsort(a, axis, kind="stable"), a.shape, axis)


def ordered(a: tuple[int, ...], axis: int | None = -1, **_: Any) -> tuple[int, ...]:
    return (prod(a),) if axis is None else a


# fmt: off
sort = primitive("sort", np.sort, sort_vjp, scalars=partial(np.sort, kind="stable"), shape=ordered,
    method=False,  # that of an array sorts in place
    doc="sort sends the gradient back to where each element came from; equal elements keep their order")
argsort: Op = primitive("argsort", np.argsort, None, scalars=partial(np.argsort, kind="stable"), shape=ordered,
    doc="the order of elements has no gradient: a small change leaves it as it is")
