"""stepgrad: `autograd.check.gradcheck`, whose report names the operation, the input and the element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

import autograd
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
