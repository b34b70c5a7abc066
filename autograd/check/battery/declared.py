"""What an entry declares beside its rules: whether its domain, kinks, linearity, shape and masks are so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np

from autograd.check.battery.examples import Example
from autograd.check.contracts.samples import Sample
from autograd.check.local import INFINITE
from autograd.check.references.reference import Call
from autograd.check.references.taped import Taped, evaluate
from autograd.check.report import Finding
from autograd.op import Op

#: Numbers that functions are tried at: where people put kinks, and between.
POINTS = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1e-3, -1e-3, 0.3, -0.7, 1.7, -2.6)

#: How many combinations of them.
MOST = 225

#: Slopes of two sides that differ by less, as a part of their size, are one: the sides are nearer than that.
SAME = 1e-30

#: How far floats are from what is linear, as a part of their size.
ROUNDING = 1e-9


def wrong(op: Op, check: str, message: str, **details: Any) -> Finding:
    return Finding(outcome="wrong", check=check, message=message, op=op.name, **details)


def grid(op: Op) -> list[tuple[Any, ...]]:
    """Points of the domain of an elementwise operation; a condition holds everywhere."""
    columns: list[list[Any]] = []
    for k, rule in enumerate(op.rules):
        low, high = op.domain[k] if op.domain else (-math.inf, math.inf)
        inside = [x for x in POINTS if low < x < high]
        inside += [near for near in (low + 1e-3, high - 1e-3) if math.isfinite(near) and low < near < high]
        columns.append([True] if rule is None else inside or [(low + high) / 2])
    return list(islice(product(*columns), MOST)) if len(columns) < 3 else few(columns)


def few(columns: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Some combinations of many columns: ties among them, the same ones each time."""
    rng = np.random.default_rng(0)
    drawn = [tuple(column[int(rng.integers(len(column)))] for column in columns) for _ in range(MOST)]
    ties = [tuple(x if x in column else column[0] for column in columns) for x in POINTS]
    pairs = [(*point[:k], point[k - 1], *point[k + 1 :]) for point in drawn[:30] for k in range(1, len(columns))]
    kept = [p for p in pairs if all(x in column for x, column in zip(p, columns, strict=True))]
    return list(dict.fromkeys([*ties, *kept, *drawn]))[:MOST]


def domain_findings(op: Op) -> Iterator[Finding]:
    """Where an operation is no number, inside of its domain."""
    for point in grid(op):
        with np.errstate(all="ignore"):
            y = float(op.evaluate([np.float64(x) if x is not True else x for x in point], {}))
        if math.isnan(y) and not is_kink(op, point):
            where = ", ".join(map(repr, point))
            domain = f"its domain is {op.domain}" if op.domain else "it declares no domain="
            yield wrong(op, "domain", f"it is NaN at {where}, and {domain}")
            return


def is_kink(op: Op, point: Sequence[Any]) -> bool:
    """Whether an operation declares that it has no derivative there."""
    with np.errstate(all="ignore"):
        return op.kinks is not None and float(op.kinks(*map(np.float64, point))) == 0


def kink_findings(op: Op, references: Sequence[Any]) -> Iterator[Finding]:
    """Where an operation has no derivative and does not say so; and whether there is one where it says that none is."""
    taped = next((reference for reference in references if isinstance(reference, Taped)), None)
    if taped is None:
        yield Finding(outcome="missing", check="kinks", message="it needs balls or digits", op=op.name)
        return
    smooth: str | None = None
    is_true = False
    for point in grid(op):
        try:
            broken = break_at(op, point, taped)
        except Exception as error:  # a forward function may do anything with a number that is none
            message = f"its forward function does not run on numbers of a reference: {error}"
            yield Finding(outcome="missing", check="kinks", message=message, op=op.name)
            return
        where = ", ".join(map(repr, point))
        if is_kink(op, point):
            is_true |= broken is not None
            smooth = smooth or where
        elif broken is not None:
            yield wrong(op, "kinks", f"at {where} {broken}, which kinks= does not say")
            return
    if smooth is not None and not is_true:
        yield wrong(op, "kinks", f"kinks= says that it has no derivative at {smooth}, where it has one")


def break_at(op: Op, point: Sequence[Any], taped: Taped) -> str | None:
    """What is not smooth at a point, in words; None where the derivative is the same from all sides."""
    wanted = [k for k, rule in enumerate(op.rules) if rule is not None]
    call = Call(op, list(point), {}, wanted, 1.0)
    with taped.make(taped.beside) as arithmetic:
        pulled = evaluate(call, arithmetic)
        if not all(arithmetic.is_defined(raw) for raw in pulled.values):
            return "it is no number"
        for k in wanted:
            raw = pulled.parts[k][0]
            if raw is not None and not arithmetic.is_defined(raw) and 0 not in pulled.ties.get(k, ()):
                return "its slope is no number"
            if 0 not in pulled.ties.get(k, ()):
                continue
            sides = [evaluate(call, arithmetic, {(k, 0): side}) for side in (-1, 1)]
            for what, (below, above) in (
                ("it jumps from", [side.values[0] for side in sides]),
                (f"the slope by input {k} goes from", [side.parts[k][0] for side in sides]),
            ):
                a, b = (arithmetic.number(0) if raw is None else raw for raw in (below, above))
                size = max(abs(arithmetic.middle(a)), abs(arithmetic.middle(b)), 1.0)
                if size > INFINITE or not arithmetic.is_defined(a - b) or arithmetic.error(a - b, 0.0)[0] > SAME * size:
                    return f"{what} {arithmetic.middle(a):.6g} to {arithmetic.middle(b):.6g}"
    return None


def linear_findings(example: Example, rng: np.random.Generator) -> Iterator[Finding]:
    """Where an operation is not linear in what it says."""
    op = example.op
    if op.linear == "no":
        return
    linear = op.linear_inputs(example.inputs, example.params)
    for group in [list(linear)] if op.linear == "jointly" else [[k] for k in linear]:
        first, second = ({k: rng.uniform(-2, 2, np.shape(example.inputs[k])) for k in group} for _ in range(2))
        together = {k: 2.5 * first[k] - second[k] for k in group}
        one, two, both = (outputs(moved(example, numbers)) for numbers in (first, second, together))
        for a, b, got in zip(one, two, both, strict=True):
            size = 1.0 + np.max(np.abs(2.5 * a), initial=0) + np.max(np.abs(b), initial=0)
            if not np.allclose(got, 2.5 * a - b, rtol=0, atol=ROUNDING * size):
                inputs = ", ".join(map(str, group))
                yield wrong(op, "linear", f"linear={op.linear!r}, and it is not linear in input {inputs}: {example}")
                return
    if op.linear == "separately":
        positive = {k: np.abs(np.asarray(example.inputs[k])) + 0.5 for k in linear}
        if any((y < 0).any() for y in outputs(moved(example, positive))):
            yield wrong(op, "linear", f'linear="separately", and products are subtracted: {example}')


def moved(example: Example, numbers: Mapping[int, Any]) -> Example:
    return example.on([numbers.get(k, x) for k, x in enumerate(example.inputs)])


def outputs(example: Example) -> list[Any]:
    y = example.evaluated()
    return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]


def shape_findings(example: Example) -> Iterator[Finding]:
    """Where the output has another shape than ``shape=`` says."""
    op, y = example.op, example.evaluated()
    if op.shape is None or isinstance(y, tuple):
        return
    try:
        said = op.run(op.shape, [np.shape(x) for x in example.inputs], example.params)
    except Exception as error:  # a person's function may raise anything
        yield wrong(op, "shape", f"shape= raised {type(error).__name__}: {error}, for {example}")
        return
    if tuple(said) != np.shape(y):
        yield wrong(op, "shape", f"shape= says {tuple(said)}, and the output has {np.shape(y)}: {example}")


def mask_findings(example: Example, rng: np.random.Generator) -> Iterator[Finding]:
    """Where zeros that stand for elements that were not used are not said to be none, or NaN is stopped silently."""
    if isinstance(example.evaluated(), tuple) or not example.wanted:
        return
    sample = Sample.of(example.op, example.inputs, example.params)
    op, y = example.op, np.asarray(sample.y)
    if op.is_masking(example.params) or not y.size or not all(x.size for x in example.arguments):
        return
    sent = sample.pull(sample.draw(rng, sample.y))
    if op.linear == "jointly" and not op.is_elementwise:
        for k, part in sent.items():
            if (np.asarray(part) == 0).any():
                yield wrong(
                    op,
                    "masks",
                    f"it sends zeros to elements that it did not use: masks= is to say so: {example}",
                    input=k,
                )
                return
    spoiled = np.ones(y.shape)
    spoiled.flat[rng.integers(y.size)] = np.nan
    parts = sample.pull(spoiled if isinstance(sample.y, np.ndarray) else float(spoiled))
    reached = [np.isnan(part).any() for part in parts.values()]
    if not (any(reached) if op.arity is None else all(reached)):
        yield wrong(op, "masks", f"it stops NaN in the gradient, and masks= does not say so: {example}")


def unused_findings(op: Op, examples: Sequence[Example], rng: np.random.Generator) -> Iterator[Finding]:
    """Whether an operation that says that it masks does so in any of these calls."""
    masking = [example for example in examples if op.is_masking(example.params) and example.size]
    if not op.masks or not masking:
        return
    for example in masking:
        sample = Sample.of(op, example.inputs, example.params)
        g = sample.draw(rng, sample.y)
        if any((np.asarray(part) == 0).any() for part in sample.pull(g).values()):
            return
        for place in range(np.size(sample.y)):
            spoiled = np.array(g)
            spoiled.flat[place] = np.nan
            if not any(np.isnan(part).any() for part in sample.pull(spoiled).values()):
                return
    yield wrong(op, "masks", "masks= says that it leaves elements out, and it uses all of them in every call")
