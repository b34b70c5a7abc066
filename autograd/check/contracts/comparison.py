"""Comparison: the outputs and the gradients of one operation by two ways, to rounding; the finding says where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.check.contracts.samples import Sample
from autograd.check.report import Finding
from autograd.check.rounding import apart, at, eps_of, jittered, spread

#: Gradients by input, computed once more: from a call on jittered numbers, with cotangents that are jittered too.
Again = Callable[[Sample, np.random.Generator], Mapping[int, Any]]


def jittered_call(sample: Sample, rng: np.random.Generator) -> Sample:
    """The same call on numbers whose last digits are others: each input's, and the output's too.

    What mixes elements, and not as a sum does, rounds each as if it were as large as the largest: so linear algebra.
    """
    of_all = not sample.op.is_elementwise and sample.op.linear == "no"
    moved = sample.evaluated([jittered(x, rng, of_all=of_all) for x in sample.inputs])
    return replace(moved, y=jittered(moved.y, rng, of_all=of_all))


def output_findings(sample: Sample, check: str, got: Any, rng: np.random.Generator, message: str) -> Iterator[Finding]:
    """Where an output is another than that of the call."""
    if np.shape(got) != np.shape(sample.y):
        yield sample.finding("wrong", check, f"{message} are of shape {np.shape(got)} and {np.shape(sample.y)}")
        return
    far = lambda: spread(lambda rng: jittered_call(sample, rng).y, rng)  # noqa: E731
    for element in apart(got, sample.y, far, eps_of(sample.y, *sample.inputs), strict=True)[:1]:
        yield different(sample, check, message, got, sample.y, element)


def gradient_findings(
    sample: Sample,
    check: str,
    got: Mapping[int, Any],
    expected: Mapping[int, Any],
    again: Again,
    rng: np.random.Generator,
    message: str,
    sizes: Mapping[int, Any] | None = None,
) -> Iterator[Finding]:
    """Where the gradients of inputs by one way are others than by another; None is zero.

    ``sizes`` are the sums of the absolute values of what is added up: where that cancels, so do the digits.
    """
    for k in expected:
        shape = np.shape(sample.inputs[k])
        a, b = (np.zeros(shape) if x is None else x for x in (got.get(k), expected[k]))
        if np.shape(a) != np.shape(b):
            shapes = f"{np.shape(a)} and {np.shape(b)}"
            yield sample.finding("wrong", check, f"{message} have the shapes {shapes}", input=k)
            continue

        def far(k: int = k) -> Any:
            return spread(lambda rng: again(jittered_call(sample, rng), rng)[k], rng)

        size = 0.0 if sizes is None else sizes[k]
        for element in apart(a, b, far, eps_of(sample.y, *sample.inputs), size)[:1]:
            yield different(sample, check, message, a, b, element, input=k)


def different(
    sample: Sample, check: str, message: str, got: Any, expected: Any, element: tuple[int, ...], **details: Any
) -> Finding:
    a, b = at(got, element), at(expected, element)
    numbers = f"{message} differ: {a!r} and {b!r}"
    return sample.finding(
        "wrong", check, numbers, element=tuple(map(int, element)) or None, got=a, expected=repr(b), **details
    )
