"""Calls of everything that has a gradient: of each entry of the table, as they are drawn, and of each composition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_compositions import CALLS, Arrays
from test_rules import weights_for

import autograd
from autograd import Tensor, table, tree
from autograd.check.battery.examples import drawn
from autograd.check.strategies import calls
from autograd.composition import compositions

#: How many calls of an entry are looked at.
MANY = 4

#: Shapes with no elements, and with no axes.
EMPTY = st.sampled_from([(0,), (0, 3), (2, 0), (0, 2, 2), (2, 2, 0), (0, 0), ()])


class Case(NamedTuple):
    """A function of arrays, or of Tensors in their places, and numbers for it."""

    function: Callable[..., Any]
    arrays: Sequence[Any]

    def leaves(self) -> list[Tensor]:
        return [Tensor(x, label=f"x{k}") for k, x in enumerate(self.arrays)]

    def total(self, *xs: Any) -> Any:
        """One number that every element of every output has a part in."""
        return reduce(add, [(y * weights_for(y.data)).sum() for y in self.outputs(*xs)])

    def outputs(self, *xs: Any) -> list[Tensor]:
        return [y for y in tree.leaves(self.function(*xs)) if isinstance(y, Tensor)]


#: Everything, by name; a composition may have the name of an entry.
NAMES = [*[name for name, op in table.items() if not op.is_flat], *[f"{name}()" for name in CALLS]]


@cache
def cases_of(name: str) -> Sequence[Case]:
    """Calls whose result requires a gradient."""
    found = list(called(name.removesuffix("()")) if name.endswith("()") else entered(name))
    with np.errstate(all="ignore"):
        return [case for case in found if case.arrays and any(y.requires_grad for y in case.outputs(*case.leaves()))]


def entered(name: str) -> Iterator[Case]:
    for example in drawn(table[name], MANY):
        yield Case(example.function(), example.arguments)


def called(name: str) -> Iterator[Case]:
    for call in CALLS[name]:
        arrays = Arrays()
        call(compositions[name], arrays)
        yield Case(lambda *xs, call=call: call(compositions[name], Arrays(given=xs)), arrays.made)


@cache
def empty_cases_of(name: str) -> Sequence[Case]:
    """Calls of an entry on arrays that have no elements, or no axes, as far as it takes them."""
    found: list[Case] = []

    @settings(
        max_examples=2 * MANY,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(calls(table[name], shape=EMPTY))
    def collect(program: Any) -> None:
        if len(program.instructions) == 1:
            found.append(Case(program, [np.array(x) for x in program.leaves]))

    collect()
    return found


def gradients_of(case: Case, leaves: Sequence[Tensor]) -> list[Any]:
    return autograd.gradients(case.total(*leaves), list(leaves))
