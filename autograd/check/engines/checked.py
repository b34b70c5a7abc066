"""Checked: a function of an engine, its contracts, its gradients, and the gradients of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.check.engines.contracts import (
    double_precision,
    first_line,
    first_results,
    forward_unchanged,
    inputs_unchanged,
    steady_gradient,
    steady_results,
)
from autograd.check.engines.engine import Array, Engine, Function, Pulled, Subject
from autograd.check.engines.numbers import Inputs, Numbers
from autograd.check.report import Finding, Report


def checked(subject: Subject, order: int, rng: Any) -> Report:
    if order not in (1, 2):
        raise ValueError(f"{subject.title}: expected order=1 or order=2, got {order!r}")
    generator = np.random.default_rng(rng)
    counts: Counter[str] = Counter()
    findings = list(found_in(subject, order, generator, counts))
    return Report(tuple(findings), dict(counts), subject.reference, None, subject.title)


def found_in(subject: Subject, order: int, rng: np.random.Generator, counts: Counter[str]) -> list[Finding]:
    engine = subject.engine
    inputs = inputs_of(subject)
    paths = first_results(subject, inputs.values)
    if unsteady := steady_results(engine, subject, inputs.values):
        return [unsteady]
    seeds = [drawn(np.shape(y), rng) for y in engine.run(subject, inputs.values)]
    findings = list(inputs_unchanged(subject, inputs.values, seeds))
    places = [f" of output{path}" if len(paths) > 1 else "" for path in paths]
    found = gradient_findings(engine, subject, inputs, [f"gradient{place}" for place in places], seeds, rng, counts)
    if order == 2 and any(finding.outcome == "kink" for finding in found):
        message = "at a kink the gradient jumps, and has no derivative: take inputs beside it"
        found.append(Finding(outcome="missing", check="second order", message=message))
    elif order == 2 and not any(finding.outcome == "wrong" for finding in found):
        found += second_findings(subject, inputs, places, seeds, rng, counts)
    if single := double_precision(subject, inputs.values):
        found = [single, *[finding for finding in found if finding.outcome != "inconclusive"]]
    return [*findings, *found, *engine.unwatched(subject, inputs.values)]


def inputs_of(subject: Subject) -> Inputs:
    """The floats, as float64. Raises `TypeError` where there are none, or where a number is complex."""
    engine = subject.engine
    for name, part in zip(subject.names, subject.parts, strict=True):
        if engine.kind(part) == "complex":
            raise TypeError(
                f"{subject.title}: input `{name}` is complex, and gradients are checked of real numbers: "
                "give its real and its imaginary part as two inputs, and put them together in the function"
            )
    places = subject.places
    if not places:
        kinds = ", ".join(type(part).__name__ for part in subject.parts if not callable(part)) or "nothing"
        raise TypeError(f"{subject.title}: expected an input of floats, got {kinds}: give what is differentiated by")
    values = [np.array(engine.numbers(subject.parts[i]), dtype=np.float64) for i in places]
    return Inputs([subject.names[i] for i in places], values)


def drawn(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A cotangent."""
    return np.asarray(rng.uniform(0.5, 1.5, shape))


def gradient_findings(
    engine: Engine,
    function: Function,
    inputs: Inputs,
    checks: Sequence[str],
    seeds: Sequence[Array],
    rng: np.random.Generator,
    counts: Counter[str],
) -> list[Finding]:
    """What is not right of the gradients of each result; what the engine could not pull back has no numbers."""
    findings: list[Finding] = []
    claimed: dict[int, Pulled] = {}
    for k, (check, y) in enumerate(zip(checks, engine.run(function, inputs.values), strict=True)):
        try:
            pulled, again = (engine.pull(function, inputs.values, k, engine.array(seeds[k])) for _ in range(2))
        except Exception as error:
            findings.append(raised(engine, check, error))
            continue
        said = [steady_gradient(pulled, again, check), forward_unchanged(pulled, y, check)]
        findings += [finding for finding in said if finding]
        if said[0] is None:
            claimed[k] = pulled
    return findings + Numbers(engine, function, inputs, checks, seeds, claimed).findings(rng, counts)


def second_findings(
    subject: Subject,
    inputs: Inputs,
    places: Sequence[str],
    seeds: Sequence[Array],
    rng: np.random.Generator,
    counts: Counter[str],
) -> list[Finding]:
    """The gradient is a function of the inputs and of the cotangents, and is checked like any other."""
    engine = subject.engine
    both = Inputs([*inputs.names, *[f"cotangent{place}" for place in places]], [*inputs.values, *seeds])
    function = engine.gradient_of(subject, len(inputs.values))
    checks = [f"second order, gradient of the gradient by {name}" for name in inputs.names]
    cotangents = [drawn(x.shape, rng) for x in inputs.values]
    own: Counter[str] = Counter()
    try:
        found = gradient_findings(engine, function, both, checks, cotangents, rng, own)
    except Exception as error:
        found = [raised(engine, "second order", error)]
    counts.update({f"second order {what}": count for what, count in own.items()})
    return found


def raised(engine: Engine, check: str, error: Exception) -> Finding:
    message = f"{engine.name} raised {type(error).__name__} on the way back: {first_line(error)}"
    return Finding(outcome="wrong", check=check, message=message)
