"""Reference: what one operation, or a whole program, comes to in the arithmetic of a reference.

A `Call` is one operation on given numbers; what a reference makes of it is `Pulled`: the output, and what a cotangent
of it contributes to each input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograd.call import NOTHING, Bound, Output
from autograd.op import Op


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on numbers, with the cotangent of its output, and the inputs that it is pulled back to."""

    op: Op
    inputs: Sequence[Any]  #: floats and arrays, as they were recorded
    params: Mapping[str, Any]
    wanted: Sequence[int]
    cotangent: Any


@dataclass(slots=True)
class Pulled:
    """What a reference knows of a call: numbers of an arithmetic, in the order of the elements."""

    arithmetic: Any
    values: list[Any]
    parts: dict[int, list[Any]]  #: by the place of the input; None where nothing flows
    ties: dict[int, set[int]] = field(default_factory=dict)  #: elements of inputs to whose sides the slopes may differ
    live: dict[int, list[Any]] | None = None  #: what zeros in the cotangent contribute nothing to: not 0 · ∞ = NaN


class Reference(Protocol):
    """One way to know a derivative. It raises where it does not know this call."""

    name: str

    def pull(self, call: Call) -> Pulled:
        """The output and the contributions, as well as they can be known."""

    def rounded(self, call: Call, dtype: np.dtype[Any]) -> Pulled | None:
        """The same with the digits of a dtype: how far rounding alone may go. None: that is not known."""

    def sides(self, call: Call, k: int, element: int, step: float = 1) -> list[tuple[Any, Any]]:
        """The contribution to one element from below it and from above, each with its arithmetic, where it is known."""


#: How many bits the significand of a dtype has.
BITS = {np.dtype(np.float64): 53, np.dtype(np.float32): 24, np.dtype(np.float16): 11}


def flat(x: Any) -> list[Any]:
    """The elements of an array, or the number, in a list."""
    if isinstance(x, np.ndarray):
        elements: list[Any] = x.reshape(-1).tolist()
        return elements
    return [x.item() if isinstance(x, np.generic) else x]


def are_finite(x: Any) -> bool:
    """Whether all elements are: no infinity, and no NaN."""
    return math.isfinite(x) if x.__class__ is float else bool(np.isfinite(x).all())


def element_at(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of the element that `flat` has at a place; () for a number.

    >>> element_at(4, (2, 3)), element_at(0, ())
    ((1, 1), ())
    """
    return tuple(map(int, np.unravel_index(place, shape))) if shape else ()


def without_dtypes(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Params for numbers of a reference, which are objects."""
    if not params or "dtype" not in params or params["dtype"] is None:
        return params or NOTHING
    changed = {**params, "dtype": object}
    if isinstance(params, Output):
        return Output(changed, params.index, params.outputs)
    return Bound(changed) if isinstance(params, Bound) else changed
