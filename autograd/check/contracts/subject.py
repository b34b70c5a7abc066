"""Subject: a function that is asked whether it, and its gradients, are the same whatever way they are come by."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from autograd.check.contracts.trial import Trial, data_of
from autograd.check.report import Finding
from autograd.check.rounding import GraphSpread, apart, at, eps_of, spread
from autograd.check.run import LONG, Run
from autograd.graph.graph import Graph
from autograd.node import topological

#: Results and gradients once more.
Again = Callable[[np.random.Generator], tuple[Sequence[Any], Sequence[Any]]]


@dataclass
class Subject:
    """A function as it is asked: one trial of it that others are compared with."""

    f: Callable[..., Any]
    inputs: Sequence[Any]
    runs: Sequence[Run]
    rng: np.random.Generator

    def trial(self, *args: Any, **kwargs: Any) -> Trial:
        return Trial.of(self.f, self.inputs, *args, **kwargs)

    @cached_property
    def base(self) -> Trial:
        return self.trial()

    @cached_property
    def again(self) -> tuple[Trial, list[tuple[Any, Any]]]:
        """A second trial; the records that its leaves had before it, and copies of their data."""
        given: list[tuple[Any, Any]] = []

        def remembered(node: Any) -> Any:
            given.append((node._record, np.array(data_of(node))))
            return node

        return self.trial(remembered), given

    @cached_property
    def places(self) -> list[int]:
        """The results that are looked at: those that have a gradient."""
        return self.base.tracked

    @cached_property
    def weights(self) -> list[Any]:
        return self.base.weights(self.places, self.rng)

    @cached_property
    def outputs(self) -> list[Any]:
        return self.base.numbers(self.places)

    @cached_property
    def gradients(self) -> list[Any]:
        return self.base.gradients(self.places, self.weights)

    @property
    def is_long(self) -> bool:
        return any(len(run.graph) > LONG for run in self.runs)

    @cached_property
    def eps(self) -> float:
        """The unit in the last place at 1 of the coarsest floats that take part."""
        return eps_of(*[data for run in self.runs for data in run.graph.data])

    @cached_property
    def noise(self) -> float:
        """How far rounding on the way takes the weighted sum of the results, where there is time to look."""
        if self.is_long:
            return 0.0
        spreads = [self.spreads.of_result(i) for i in range(len(self.places))]
        return float(sum(np.sum(s * np.abs(w)) for s, w in zip(spreads, self.weights, strict=True)))

    def spreads_of(self, trial: Trial, eps: float | None = None) -> Spreads:
        return Spreads(trial, self.places, self.weights, self.rng, eps)

    @cached_property
    def spreads(self) -> Spreads:
        return self.spreads_of(self.base)

    def finding(self, check: str, message: str, k: int | None = None, **details: Any) -> Finding:
        name = None if k is None else self.base.names[k]
        return Finding(outcome="wrong", check=check, message=message, name=name, **details)

    def compared(
        self,
        check: str,
        trial: Trial,
        message: str,
        gradients: Sequence[Any] | None = None,
        spreads: Spreads | None = None,
        again: Again | None = None,
    ) -> Iterator[Finding]:
        """Where another trial has other results, or other gradients, than this one.

        ``again`` goes the other way once more, the leaves being off by their last digits.
        """
        spreads = self.spreads if spreads is None else spreads
        numbers = trial.numbers(self.places)

        def far(i: int) -> Any:
            return spreads.of_result(i) + (0.0 if again is None else spread(lambda rng: again(rng)[0][i], self.rng))

        for i, (got, expected) in enumerate(zip(numbers, self.outputs, strict=True)):
            if np.shape(got) != np.shape(expected):
                shapes = f"{np.shape(got)} and {np.shape(expected)}"
                yield self.finding(check, f"the results {message} have the shapes {shapes}")
                continue
            for element in apart(got, expected, partial(far, i), spreads.eps or self.eps)[:1]:
                yield self.different(check, f"the results {message}", got, expected, element)
        if gradients is None:
            gradients = trial.gradients(self.places, self.weights)
        yield from self.gradients_compared(check, gradients, self.gradients, message, spreads, again)

    def gradients_compared(
        self,
        check: str,
        found: Sequence[Any],
        expected: Sequence[Any],
        message: str,
        spreads: Spreads | None = None,
        again: Again | None = None,
    ) -> Iterator[Finding]:
        spreads = self.spreads if spreads is None else spreads

        def far(k: int) -> Any:
            return spreads.of_leaf(k) + (
                0.0 if again is None else spread(lambda rng: number(again(rng)[1][k]), self.rng)
            )

        for k, (got, right) in enumerate(zip(found, expected, strict=True)):
            a, b = number(got), number(right)
            for element in apart(a, b, partial(far, k), spreads.eps or self.eps)[:1]:
                a, b = np.broadcast_arrays(a, b)
                yield self.different(check, f"the gradients {message}", a, b, element, k)

    def different(
        self, check: str, message: str, got: Any, expected: Any, element: tuple[int, ...], k: int | None = None
    ) -> Finding:
        a, b = at(got, element), at(expected, element)
        return self.finding(
            check, f"{message} differ: {a!r} and {b!r}", k, element=element or None, got=a, expected=repr(b)
        )


@dataclass
class Spreads:
    """How far rounding takes the results and the gradients of a trial."""

    trial: Trial
    places: Sequence[int]
    weights: Sequence[Any]
    rng: np.random.Generator
    eps: float | None

    @cached_property
    def graphs(self) -> list[tuple[GraphSpread, dict[int, int]]]:
        """For each result its graph; where in it the leaves are."""
        found = []
        for i, w in zip(self.places, self.weights, strict=True):
            y = self.trial.results[i]
            spot = {id(place): index for index, place in enumerate(topological([y._record]))}
            leaves = {k: spot[id(x._record)] for k, x in enumerate(self.trial.nodes) if id(x._record) in spot}
            found.append((GraphSpread(Graph.of(y, names={}), w, self.rng, self.eps), leaves))
        return found

    def of_result(self, i: int) -> Any:
        return self.graphs[i][0].of_output()

    def of_leaf(self, k: int) -> Any:
        return sum(spread.of_gradient(leaves[k]) for spread, leaves in self.graphs if k in leaves)


def asked_of(
    subject: Subject,
    check: str,
    counted: str,
    question: Callable[[Subject], Iterator[Finding]],
    counts: Counter[str],
) -> list[Finding]:
    """The findings of one question; where an error came instead of an answer, that it is missing."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            findings = list(question(subject))
    except Inapplicable:
        return []
    except Exception as error:  # a person's function may raise anything
        return [Finding(outcome="missing", check=check, message=f"{type(error).__name__}: {error}")]
    counts[counted] += 1
    return findings


def number(g: Any) -> Any:
    """A gradient; none is zero."""
    return 0.0 if g is None else g


class Inapplicable(Exception):  # noqa: N818 - it is caught by the check itself
    """A question that a function cannot be asked."""


def draw(rng: np.random.Generator, like: Any) -> Any:
    """A direction."""
    drawn = rng.uniform(0.5, 1.5, np.shape(like)) * rng.choice((-1.0, 1.0), np.shape(like))
    return float(drawn) if isinstance(like, float) else np.asarray(drawn, dtype=like.dtype)
