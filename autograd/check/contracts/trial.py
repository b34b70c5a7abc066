"""Trial: a function run once more, on other numbers or in another way, with the gradients of what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd import tree
from autograd.check.run import weight, with_twins
from autograd.node import Node, Recorded, topological
from autograd.scalar.value import Value
from autograd.state import recording

#: What a leaf becomes in a trial.
Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Trial:
    """One run: the leaves that were given, and all that came."""

    leaves: Sequence[Any]  #: as they were given to the function: nodes, or what was made of them
    names: Sequence[str]  #: of the leaves
    results: Sequence[Any]

    @classmethod
    def of(
        cls,
        f: Callable[..., Any],
        inputs: Sequence[Any],
        change: Change = lambda node: node,
        block: AbstractContextManager[Any] | None = None,
        then: Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]] = lambda leaves, results: results,
    ) -> Trial:
        """Run a function on twins of what it was given, each of them changed; ``then`` makes of the results what is
        looked at.
        """
        given, changed, names = prepared(f, inputs, change)
        with recording(traced=False), block or nullcontext(), np.errstate(all="ignore"):
            results = then(changed, tree.flatten(given[0](*given[1:]))[0])
        return cls(changed, names, results)

    @cached_property
    def tracked(self) -> list[int]:
        """Which of the results depend on a tracked node."""
        return [i for i, y in enumerate(self.results) if isinstance(y, Node) and y.requires_grad]

    def numbers(self, places: Sequence[int]) -> list[Any]:
        """Some of the results as arrays."""
        return [np.asarray(data_of(self.results[i])) for i in places]

    def weights(self, places: Sequence[int], rng: np.random.Generator) -> list[Any]:
        """A cotangent for each of these results."""
        return [weight(self.results[i], rng) for i in places]

    def gradients(self, places: Sequence[int], weights: Sequence[Any]) -> list[Any]:
        """What ``backward`` brings to each leaf, from these results with these weights; None where nothing comes."""
        tracked = set(self.tracked)
        with grads_kept(self.behind):
            for i, w in zip(places, weights, strict=True):
                if i in tracked:
                    self.results[i].backward(w)
            return [x.grad if isinstance(x, Node) and x.has_grad else None for x in self.leaves]

    @cached_property
    def behind(self) -> list[Recorded]:
        """All leaves that the results depend on, be they given or not."""
        records = [self.results[i]._record for i in self.tracked]
        return [place for place in topological(records, tracked_only=True) if place.op is None and place.requires_grad]

    @property
    def nodes(self) -> list[Any]:
        return [x for x in self.leaves if isinstance(x, Node)]


def prepared(
    f: Callable[..., Any], inputs: Sequence[Any], change: Change
) -> tuple[Sequence[Any], Sequence[Any], Sequence[str]]:
    """A function and its arguments with changed twins in the places of leaves; these leaves, and their names."""
    twins = with_twins((f, *inputs))
    leaves, structure = tree.flatten(twins)
    changed: dict[int, Any] = {}
    names = []
    for path, leaf in tree.leaves_with_paths(twins):
        if isinstance(leaf, Node) and leaf.requires_grad and id(leaf) not in changed:
            changed[id(leaf)] = change(leaf)
            names.append(name_at(path))
    given = tree.unflatten(structure, [changed.get(id(leaf), leaf) for leaf in leaves])
    return given, list(changed.values()), names


def name_at(path: str) -> str:
    """What is at a path of (f, *inputs), as a finding says it.

    >>> name_at("[0].weight"), name_at("[2]['b']")
    ('the function.weight', "input 1['b']")
    """
    place, _, rest = path.removeprefix("[").partition("]")
    return f"the function{rest}" if place == "0" else f"input {int(place) - 1}{rest}"


@contextmanager
def grads_kept(leaves: Sequence[Recorded]) -> Iterator[None]:
    """Inside, none of these leaves has a gradient at first; afterwards each has what it had."""
    kept = [(place._holder, place.grad if place.has_grad else None) for place in leaves]
    try:
        for holder, _ in kept:
            holder.grad = None
        yield
    finally:
        for holder, before in kept:
            holder.grad = before


def data_of(x: Any) -> Any:
    """What a node holds; numbers and arrays as they are."""
    return x._record._snapshot() if isinstance(x, Node) else x


def remade(node: Any, data: Any) -> Any:
    """A node of the same kind with other data."""
    return Value(float(data), node.label) if isinstance(node, Value) else type(node)(data, label=node.label)
