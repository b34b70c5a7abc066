"""Derived: the slope of a function along a direction, as a function that is asked in its turn: the second order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np

from autograd.check.contracts.subject import Inapplicable, Subject, draw
from autograd.check.contracts.trial import Trial, data_of
from autograd.check.report import Finding
from autograd.node import Node
from autograd.sweep.reverse import gradients
from autograd.tensor.tensor import Tensor

#: Up to how many nodes a function is derived.
SHORT = 500


class Derived(Subject):
    """Its one result is the recorded slope of the function along a direction; the gradients of that are second
    derivatives.
    """

    @cached_property
    def of(self) -> Subject:
        return Subject(self.f, self.inputs, self.runs, self.rng)

    @cached_property
    def direction(self) -> list[Any]:
        return [draw(self.rng, data_of(x)) for x in self.of.base.leaves]

    @cached_property
    def places(self) -> list[int]:
        """Its one result, also where that is constant."""
        return [0]

    def trial(self, *args: Any, **kwargs: Any) -> Trial:
        return super().trial(*args, **kwargs, then=self.slope)

    def finding(self, check: str, message: str, k: int | None = None, **details: Any) -> Finding:
        return super().finding(f"{check}, second order", f"of its slope along a direction, {message}", k, **details)

    def slope(self, leaves: Sequence[Any], results: Sequence[Any]) -> Sequence[Any]:
        """Along the direction; leaves and results may be Tensors, or the Values that these are made of."""
        nodes = [x for leaf in leaves for x in numbers(leaf)]
        steps = parts(self.direction, leaves)
        total = self.weighted(leaves, results)
        slopes = gradients(total, nodes, create_graph=True)
        slope = reduce(add, [sum_of(slope * step) for slope, step in zip(slopes, steps, strict=True)])
        return [slope if isinstance(slope, Node) else type(total)(slope, requires_grad=False)]

    def weighted(self, leaves: Sequence[Any], results: Sequence[Any]) -> Any:
        """The results as one number."""
        weights = self.of.weights
        chosen = [results[i] for i in self.of.places] if all(isinstance(x, Node) for x in leaves) else results
        if len(chosen) != len(weights):  # each number of the results by itself
            weights = [w for each in weights for w in np.ravel(each).tolist()]
        terms = [sum_of(y * w) for y, w in zip(chosen, weights, strict=True)]
        return reduce(add, terms)


def sum_of(x: Any) -> Any:
    return x.sum() if isinstance(x, Tensor) else x


def numbers(leaf: Any) -> list[Any]:
    """The nodes that a leaf is made of."""
    return [leaf] if isinstance(leaf, Node) else np.ravel(leaf).tolist()


def parts(direction: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
    """Of a direction what each node goes along."""
    found: list[Any] = []
    for step, leaf in zip(direction, leaves, strict=True):
        found += [step] if isinstance(leaf, Node) else np.ravel(step).tolist()
    return found


def second_order(question: Callable[[Subject], Iterator[Any]]) -> Callable[[Subject], Iterator[Any]]:
    """What is asked of a function, asked of its slope; where that can be recorded, and is short."""

    def asked(subject: Subject) -> Iterator[Any]:
        kinds = {type(subject.base.results[i]) for i in subject.places}
        if len(kinds) != 1 or sum(len(run.graph) for run in subject.runs) > SHORT:
            raise Inapplicable
        derived = Derived(subject.f, subject.inputs, subject.runs, subject.rng)
        try:
            known = [*derived.outputs, *[g for g in derived.gradients if g is not None]]
        except Exception:  # that it cannot be is said where modes are nested
            raise Inapplicable from None
        if not all(np.isfinite(x).all() for x in known):
            raise Inapplicable  # it overflows on the way
        yield from question(derived)

    return asked
