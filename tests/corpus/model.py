"""What the corpus is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: From a namespace for forward functions and one for rules to the forward function and the rules of an operation.
Entry = Callable[[Any, Any], tuple[Callable[..., Any], ...]]

#: A function of a namespace, and of its arguments behind that.
Program = Callable[..., Any]

LOCAL = ("local derivative",)
COTANGENT = ("linear in the cotangent", "local derivative")
FLOW = ("accumulation", "whole gradient", "local derivative", "scenario")
LOST = ("whole gradient", "value", "scenario", "plain function")
SECOND = ("second order", "scenario")


@dataclass(frozen=True)
class Place:
    """Where a report has to point: None where there is no such place. One of the ``checks`` finds it."""

    op: str | None
    input: int | None
    element: tuple[int, ...] | None
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Bug:
    """An operation with a wrong rule, in a program.

    The rules of an elementwise one are partial derivatives, ``rule(y, *xs)``; others are vjps, ``rule(g, y, *xs)``.
    """

    name: str
    entry: Entry
    inputs: tuple[Any, ...]  #: floats for Values, or arrays
    is_elementwise: bool
    at: int = 0  #: the input whose rule is wrong
    element: tuple[int, ...] | None = None  #: where one element of it alone is wrong
    checks: tuple[str, ...] = LOCAL
    order: int = 1
    around: Program = field(default=lambda xp, op, *xs: op(*xs))
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_portable: bool = True  #: whether it can be said in other engines
    is_right: bool = True  #: whether the forward function has a derivative at all that it can be compared with

    @property
    def place(self) -> Place:
        return Place("seeded", self.at, self.element, self.checks)


@dataclass(frozen=True)
class Lossy:
    """A function of right operations that loses a gradient."""

    name: str
    program: Program
    inputs: tuple[Any, ...]

    order = 1
    place = Place(None, None, None, LOST)


@dataclass(frozen=True)
class Awkward:
    """A right function where it is hard to check."""

    name: str
    program: Program
    inputs: tuple[Any, ...]
    has_kink: bool = False  #: the gradient is between one-sided slopes
    is_portable: bool = True
    truth: Program | None = None  #: the same for the oracle, where its namespace cannot run it


def numbers(*shape: int, low: float = -1.0, high: float = 1.0, dtype: Any = np.float64) -> Any:
    """Numbers without a pattern, the same on every machine: fractions of multiples of the golden ratio."""
    n = int(np.prod(shape, dtype=int))
    fractions = (np.arange(1, n + 1) * 0.6180339887498949) % 1
    return (low + (high - low) * fractions).reshape(shape).astype(dtype)
