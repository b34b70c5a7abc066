"""Whether something holds for all, or any; how often: answers about numbers, which have no gradient."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.op import override, primitive
from autograd.ops.reductions import Axis, of_rows, reduced

# Of Values: what is no zero counts.


def truths(row: list[Any]) -> list[bool]:
    return [bool(x != 0) for x in row]


def answer(summary: Callable[[list[bool]], Any], dtype: Any, a: Any, axis: Axis, keepdims: Any) -> Any:
    return np.asarray(of_rows(lambda row: summary(truths(row)), a, axis, keepdims)).astype(dtype)[()]


def any_of_scalars(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return answer(builtins.any, bool, a, axis, keepdims)


def all_of_scalars(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return answer(builtins.all, bool, a, axis, keepdims)


def count_of_scalars(a: Any, axis: Axis = None, *, keepdims: Any = False) -> Any:
    return answer(builtins.sum, np.intp, a, axis, keepdims)


def any_of(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return np.any(a, axis, keepdims=keepdims)


def all_of(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    return np.all(a, axis, keepdims=keepdims)


# fmt: off
any = primitive("any", any_of, None, scalars=any_of_scalars, shape=reduced,
    doc="whether any is no zero has no gradient")
all = primitive("all", all_of, None, scalars=all_of_scalars, shape=reduced,
    doc="whether none is zero has no gradient")
count_nonzero = primitive("count_nonzero", np.count_nonzero, None, scalars=count_of_scalars, shape=reduced,
    method=False,
    doc="how many are no zeros has no gradient")
# fmt: on

override(np.any, any)
override(np.all, all)
