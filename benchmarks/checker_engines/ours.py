"""stepgrad: `autograd.check.gradcheck`, whose report names the operation, the input and the element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Node, Value

check = import_module("autograd.check")
corpus = import_module("corpus.ours")


@contextmanager
def seeded(bug: Any) -> Iterator[Any]:
    with corpus.seeded(bug).open() as built:
        yield built


@contextmanager
def plain(case: Any) -> Iterator[Any]:
    with corpus.plain(case.program, case.inputs) as built:
        yield built


def findings(f: Any, inputs: Sequence[Any], order: int) -> list[tuple[str | None, Any]] | None:
    """None if it passes, else what the report names: the operation and the element of each finding."""
    report = check.gradcheck(f, *inputs, order=order)
    return None if report else [(finding.op, finding.element) for finding in report.wrong]


def gradient(f: Any, inputs: Sequence[Any], weights: Sequence[float]) -> list[Any]:
    leaves = [x for x in inputs if isinstance(x, Node)]
    outputs: list[Any] = [y for y in autograd.tree.flatten(f(*inputs))[0] if isinstance(y, Node)]
    by, terms = iter(weights), []
    for y in outputs:
        w = np.array([next(by) for _ in range(y.size)]).reshape(y.shape)
        terms.append(y * float(w) if isinstance(y, Value) else (y * w.astype(y.dtype)).sum())
    total: Any = sum(terms[1:], terms[0])
    return autograd.gradients(total, leaves)


def chain(x: Any) -> Any:
    """A scalar graph of 7 edges a turn."""
    for _ in range(14_285):
        x = x * 0.999 + 0.001
        x = autograd.tanh(x) * 1.5 - x * 0.1
    return x


def large() -> dict[str, tuple[Any, Sequence[Any]]]:
    """What takes its time."""
    rng = np.random.default_rng(0)
    model = nn.MLP([10, 40, 14], rng=0)
    return {
        "a 2-layer network of 1,014 parameters, a batch of 32": (
            lambda model, x: nn.cross_entropy(model(x), np.arange(32) % 14),
            [model, rng.normal(size=(32, 10))],
        ),
        "a scalar graph of 100,000 edges": (chain, [0.5]),
    }
