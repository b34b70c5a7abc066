"""Contracts of one operation: what its rules hold to beside being right, on the numbers of one call."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.check.contracts.comparison import Again, gradient_findings, jittered_call, output_findings
from autograd.check.contracts.samples import Sample
from autograd.check.references.differences import STEPS, is_steep, stepped
from autograd.check.report import Finding
from autograd.check.rounding import apart, at, eps_of, jittered, spread
from autograd.tensor.arrays import alike
from autograd.transforms.forward import pushforward

Contract = Callable[[Sample, np.random.Generator], Iterator[Finding]]

#: A number that is no power of two, so that to multiply by it rounds.
FACTOR = 2.5


#: Cotangents are tried that are so many times as large: powers of two, which round nothing.
SCALES = (2.0**20, 2.0**-20)

#: By how much inputs are moved to be asked about others, the step of a difference there, and how far that may be off.
ELSEWHERE, STEP, COARSE = 0.1, 2.0**-17, 1e-3


def call_contracts(sample: Sample, rng: np.random.Generator, counts: Counter[str]) -> Iterator[Finding]:
    """What a call breaks of the contracts."""
    for name, contract in CONTRACTS.items():
        yield from asked(sample, name, f"contract: {name}", contract, rng, counts)


def asked(
    sample: Sample,
    check: str,
    counted: str,
    question: Contract,
    rng: np.random.Generator,
    counts: Counter[str],
) -> Iterator[Finding]:
    """The findings of one question; where an error came instead of an answer, that it is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of the mean of nothing
            findings = list(question(sample, rng))
    except Exception as error:  # a person's rule may raise anything
        yield sample.finding("missing", check, f"{type(error).__name__}: {error}")
        return
    counts[counted] += 1
    yield from findings


def linear(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """The gradient of g₁ + 2.5 g₂ is the one of g₁ plus 2.5 times that of g₂, and that of zero is zero."""
    first, second = sample.draw(rng, sample.y), sample.draw(rng, sample.y)
    one, two = sample.pull(first), sample.pull(second)

    def together(of: Sample, g: Any, h: Any) -> Mapping[int, Any]:
        return of.pull(g + FACTOR * h)

    yield from gradient_findings(
        sample,
        "linear in the cotangent",
        together(sample, first, second),
        {k: one[k] + FACTOR * two[k] for k in one},
        lambda moved, rng: together(moved, jittered(first, rng), jittered(second, rng)),
        rng,
        "the gradient of g1 + 2.5 g2 and that of g1 plus 2.5 times that of g2",
        {k: abs(one[k]) + FACTOR * abs(two[k]) for k in one},
    )
    for scale in SCALES:
        message = f"the gradient of {scale:.3g} g and {scale:.3g} times that of g"
        got, expected = sample.pull(scale * first), {k: scale * part for k, part in one.items()}
        again = lambda moved, rng, scale=scale: moved.pull(scale * jittered(first, rng))  # noqa: E731
        if all(map(has_all_digits, (*one.values(), *got.values(), *expected.values()))):
            yield from gradient_findings(sample, "linear in the cotangent", got, expected, again, rng, message)
    nothing = sample.pull(0.0 * first)
    for k, part in nothing.items():
        bad = np.argwhere(np.asarray((np.asarray(part) != 0) & np.isfinite(one[k])))
        for element in map(tuple, bad.tolist()[:1]):
            yield sample.finding(
                "wrong",
                "linear in the cotangent",
                f"a cotangent of zeros gives {at(part, element)!r}",
                input=k,
                element=element or None,
                got=at(part, element),
                expected="0.0",
            )


def has_all_digits(x: Any) -> bool:
    """Whether nothing of it is infinite, or so small that floats have fewer digits there."""
    size = np.abs(x)
    info = np.finfo(getattr(x, "dtype", float))
    return bool(np.isfinite(size).all() and ((size == 0) | (size > info.tiny / info.eps)).all())


def batched(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Elementwise operations take several cotangents at once, stacked, as they take them one by one."""
    if not sample.op.is_elementwise or isinstance(sample.y, float) or sample.params:
        return
    cotangents = [sample.draw(rng, sample.y) for _ in range(3)]
    stacked = [np.stack([np.broadcast_to(x, sample.y.shape)] * 3) if np.ndim(x) else x for x in sample.inputs]
    if any(np.ndim(x) == 0 or np.shape(x) != sample.y.shape for x in sample.inputs):
        return  # what is stretched has a sum for a gradient
    many = sample.evaluated(stacked).pull(np.stack(cotangents))
    for place, g in enumerate(cotangents):
        yield from gradient_findings(
            sample,
            "batched cotangents",
            {k: part[place] for k, part in many.items()},
            sample.pull(g),
            repulled(g),
            rng,
            f"the gradients of cotangent {place} in a batch and by itself",
        )


def layouts(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Neither the gradient nor the output depends on how arrays lie in memory, nor on whether they may be written."""
    if isinstance(sample.y, float):
        return
    g = sample.draw(rng, sample.y)
    base = sample.pull(g)
    for name, lay in LAYOUTS.items():
        try:
            laid = sample.evaluated([lay(x) for x in sample.inputs])
            of_inputs, of_cotangent = laid.pull(g), sample.pull(lay(g))
        except Exception as error:  # what it does for others it has to do here
            yield sample.finding("wrong", "memory layout", f"raised for {name} arrays: {type(error).__name__}: {error}")
            continue
        yield from output_findings(sample, "memory layout", laid.y, rng, f"the outputs of {name} inputs and of others")
        for what, parts in (("inputs", of_inputs), ("cotangents", of_cotangent)):
            message = f"the gradients by {name} {what} and by others"
            yield from gradient_findings(sample, "memory layout", parts, base, repulled(g), rng, message)


def repulled(g: Any) -> Again:
    """The gradients by a cotangent, computed once more."""
    return lambda moved, rng: moved.pull(jittered(g, rng))


def turned(x: Any) -> Any:
    """The same numbers with strides below zero."""
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    return np.flip(np.flip(x).copy())


def sparse(x: Any) -> Any:
    """The same numbers in every second place of another array."""
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def locked(x: Any) -> Any:
    """The same numbers, read-only."""
    if not isinstance(x, np.ndarray):
        return x
    copy = x.copy()
    copy.setflags(write=False)
    return copy


LAYOUTS: Mapping[str, Callable[[Any], Any]] = {
    "Fortran-ordered": lambda x: np.asfortranarray(x) if isinstance(x, np.ndarray) and x.ndim > 1 else x,
    "non-contiguous": sparse,
    "reversed": turned,
    "read-only": locked,
}


def unchanged(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Neither the forward function nor the rules write to what they are given."""
    given = [np.array(x) if isinstance(x, np.ndarray) else x for x in sample.inputs]
    fresh = sample.evaluated(given)
    g = sample.draw(rng, sample.y)
    named = [(f"input {k}", x) for k, x in enumerate(given)] + [("the output", fresh.y), ("the cotangent", g)]
    named = [(name, x) for name, x in named if isinstance(x, np.ndarray)]
    before = [x.copy() for _, x in named]
    fresh.pull(g)
    fresh.evaluated(given)
    for (name, x), was in zip(named, before, strict=True):
        if not alike(x, was):
            yield sample.finding("wrong", "inputs unchanged", f"{name} was written to: write x = x * 2, not x *= 2")


def kept_kind(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """A gradient has the shape and the dtype of what it is the gradient of."""
    for k, part in sample.pull(sample.draw(rng, sample.y)).items():
        x = sample.inputs[k]
        wanted, got = (np.shape(x), native(x)), (np.shape(part), native(part))
        if isinstance(x, np.ndarray) and wanted != got:
            message = f"expected {wanted[1]} of shape {wanted[0]}, got {got[1]} of shape {got[0]}"
            yield sample.finding("wrong", "dtype and shape", message, input=k)


def native(x: Any) -> Any:
    """The dtype, in whatever order its bytes lie."""
    return x.dtype.newbyteorder("=") if isinstance(x, np.ndarray | np.generic) else None


def deterministic(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """The same numbers give the same bits."""
    g = sample.draw(rng, sample.y)
    try:
        first, second = sample.evaluated(sample.inputs).y, sample.evaluated(sample.inputs).y
        one, two = sample.pull(g), sample.pull(g)
    except Exception as error:  # what ran once has to run again
        message = f"run again on the same inputs it raised {type(error).__name__}: {error}"
        yield sample.finding("wrong", "deterministic", message)
        return
    if not same_bits(first, second):
        yield sample.finding("wrong", "deterministic", "the same inputs gave two outputs: does it draw random numbers?")
    for k, part in one.items():
        if not same_bits(part, two[k]):
            yield sample.finding("wrong", "deterministic", "the same cotangent gave two gradients", input=k)


def elsewhere(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """On other numbers of the same shapes the rules are those of the forward function there, roughly: nothing is kept
    from one call to the next.
    """
    moved = sample.evaluated(
        [
            nudged(x, rng.uniform(-ELSEWHERE, ELSEWHERE, np.shape(x))) if k in sample.wanted else x
            for k, x in enumerate(sample.inputs)
        ]
    )
    g = moved.draw(rng, moved.y)
    parts = moved.pull(g)
    for k in sample.wanted:
        direction = moved.draw(rng, moved.inputs[k]) * np.abs(moved.inputs[k])
        got, size = product(parts.get(k), direction)
        if not all(has_all_digits(np.asarray(got, dtype=x.dtype)) for x in (moved.y, moved.inputs[k])):
            continue

        seen: list[float] = []

        def along(t: float, k: int = k, direction: Any = direction, seen: list[float] = seen) -> float:
            inputs = list(moved.inputs)
            inputs[k] = np.asarray(inputs[k] + t * direction, dtype=moved.inputs[k].dtype)[()]
            seen.append(product(g, moved.evaluated(inputs).y)[0])
            return seen[-1]

        if abs(got - (along(STEP) - along(-STEP)) / (2 * STEP)) <= COARSE * size:
            continue
        slopes = stepped(along, 0.0, ELSEWHERE, eps=eps_of(moved.y, moved.inputs[k]))
        (slope,), (error,) = slopes.central.value.tolist(), slopes.central.error.tolist()
        if slopes.is_kink or is_steep(got, ELSEWHERE, STEPS, seen):
            continue
        if abs(got - slope) > 8 * error + COARSE * max(abs(slope), size):
            message = f"on other inputs the rule gives {got!r} along a direction, and differences {slope!r}"
            hint = "is something kept from an earlier call?"
            details = {"input": k, "got": got, "expected": repr(slope), "hint": hint}
            yield sample.finding("wrong", "at other numbers", message, **details)


def nudged(x: Any, by: Any) -> Any:
    """Numbers off by parts of themselves, and zeros by as much, of the same kind."""
    moved = np.where(np.asarray(x) == 0, by, x * (1.0 + by))[()]
    return np.asarray(moved, dtype=x.dtype) if isinstance(x, np.ndarray) else np.float64(moved)


def same_bits(a: Any, b: Any) -> bool:
    return alike(np.asarray(a), np.asarray(b))


def forward_mode(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩, for each input by itself, and for all at once."""
    u = sample.draw(rng, sample.y)
    tangents = {k: sample.draw(rng, sample.inputs[k]) for k in sample.wanted}
    back = sample.pull(u)
    groups: list[Sequence[int]] = [[k] for k in sample.wanted]
    if len(groups) > 1:
        groups.append(sample.wanted)
    for group in groups:
        moving = {k: tangents[k] for k in group}
        forward, size = product(u, pushed(sample, moving))
        backward, other = sums(product(back.get(k), t) for k, t in moving.items())

        def again(rng: np.random.Generator, moving: Mapping[int, Any] = moving) -> float:
            parts = jittered_call(sample, rng).pull(jittered(u, rng))
            return sums(product(parts.get(k), t) for k, t in moving.items())[0]

        far = lambda again=again: spread(again, rng)  # noqa: E731
        if apart(forward, backward, far, eps_of(sample.y, *sample.inputs), size + other):
            yield sample.finding(
                "wrong",
                "forward mode",
                f"forward mode has {forward!r} along a direction, reverse mode {backward!r}",
                input=group[0] if len(group) == 1 else None,
                got=forward,
                expected=repr(backward),
            )
            return


def pushed(sample: Sample, tangents: Mapping[int, Any]) -> Any:
    with np.errstate(all="ignore"):
        return pushforward(sample.op, tangents, sample.y, sample.inputs, sample.params)


def product(a: Any, b: Any) -> tuple[float, float]:
    """A scalar product, and the sum of the absolute values of its terms; of nothing, zero."""
    if a is None or b is None:
        return 0.0, 0.0
    with np.errstate(all="ignore"):
        terms = np.asarray(a, dtype=float) * np.asarray(b, dtype=float)
        return float(terms.sum()), float(np.abs(terms).sum())


def sums(products: Iterator[tuple[float, float]] | Any) -> tuple[float, float]:
    total = size = 0.0
    for part, its_size in products:
        total, size = total + part, size + its_size
    return total, size


def empty(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """Where the forward function takes arrays without elements, so do the rules."""
    if isinstance(sample.y, float):
        return
    inputs = [x[:0] if isinstance(x, np.ndarray) and x.ndim else x for x in sample.inputs]
    try:
        none = sample.evaluated(inputs)
    except Exception:  # NumPy has no maximum of nothing
        return
    try:
        parts = none.pull(np.ones(np.shape(none.y), sample.y.dtype))
    except Exception as error:  # what it does for others it has to do here
        yield sample.finding("wrong", "zero-size inputs", f"the rule raised {type(error).__name__}: {error}")
        return
    for k, part in parts.items():
        if np.shape(part) != np.shape(inputs[k]):
            message = f"a gradient of shape {np.shape(part)} for an input of shape {np.shape(inputs[k])}"
            yield sample.finding("wrong", "zero-size inputs", message, input=k)


def not_a_number(sample: Sample, rng: np.random.Generator) -> Iterator[Finding]:
    """A NaN in an element that matters shows in the output or in the gradient; in one that is left out, nowhere.

    Where one of NumPy's functions passes it over, as fmax does, that is its meaning: there it must have no gradient.
    """
    g = sample.draw(rng, sample.y)
    base = sample.pull(g)
    if not all(np.isfinite(part).all() for part in (sample.y, *base.values())):
        return
    for k, part in sample.pull(np.full_like(g, np.nan) if isinstance(g, np.ndarray) else type(g)("nan")).items():
        if np.any(base[k] != 0) and not np.isnan(part).any():
            message = "a NaN in the cotangent is replaced silently: its gradient does not show it"
            yield sample.finding("wrong", "NaN", message, input=k)
    for k in sample.wanted:
        x = np.asarray(sample.inputs[k])
        if not x.size:
            continue
        places = rng.choice(x.size, min(x.size, 2), replace=False)
        for element in (tuple(map(int, np.unravel_index(place, x.shape))) for place in places):
            spoiled = np.array(x)
            spoiled[element] = np.nan
            inputs = list(sample.inputs)
            inputs[k] = spoiled if isinstance(sample.inputs[k], np.ndarray) else float("nan")
            try:
                result = sample.evaluated(inputs)
                parts = result.pull(g)
            except Exception:  # it is refused aloud, as by LAPACK
                continue
            shows = any(np.isnan(part).any() for part in (result.y, *parts.values()))
            if is_passed_over(sample, parts[k], element) and not shows:
                continue
            if at(base[k], element) != 0 and not shows:
                yield sample.finding(
                    "wrong",
                    "NaN",
                    "a NaN there is replaced silently: neither the output nor a gradient shows it",
                    input=k,
                    element=element or None,
                )
            elif shows and is_left_out(sample, k, element):
                yield sample.finding(
                    "wrong",
                    "NaN",
                    "a NaN there flows on, though the element is left out",
                    input=k,
                    element=element or None,
                )


def is_passed_over(sample: Sample, part: Any, element: tuple[int, ...]) -> bool:
    """Whether a function of NumPy takes a NaN for no number at all, as fmax: that has no slope, then."""
    return sample.op.is_numpys and at(part, element) == 0


def is_left_out(sample: Sample, k: int, element: tuple[int, ...]) -> bool:
    """Whether an operation that picks elements has not picked this: then no number there changes the output.

    Not even times another than zero: a product with it is computed all the same.
    """
    if not sample.op.is_masking(sample.params):
        return False
    inputs = [
        np.where(x == 0, np.ones_like(x), x)[()] if j != k and j in sample.wanted else x
        for j, x in enumerate(sample.inputs)
    ]
    found = []
    for number in (at(sample.inputs[k], element), 1e3, -1e3):
        moved = np.array(sample.inputs[k])
        moved[element] = number
        inputs[k] = moved if isinstance(sample.inputs[k], np.ndarray) else float(moved)
        try:
            found.append(sample.evaluated(inputs).y)
        except Exception:  # what is refused was looked at
            return False
    return all(same_bits(y, found[0]) for y in found)


#: By what a finding says was looked at.
CONTRACTS: Mapping[str, Contract] = {
    "linear in the cotangent": linear,
    "batched cotangents": batched,
    "memory layout": layouts,
    "inputs unchanged": unchanged,
    "dtype and shape": kept_kind,
    "deterministic": deterministic,
    "forward mode": forward_mode,
    "at other numbers": elsewhere,
    "zero-size inputs": empty,
    "NaN": not_a_number,
}
