"""Differences: the slope of a black box by steps of many sizes, extrapolated, with a bar that says how far to trust it.

It needs NumPy alone, and no spelling: the forward function is run on floats. So it knows what no other reference does,
an `svd`, or a function of a person's own, to as many digits as floats leave of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.call import Output
from autograd.check.references.near import Floats, Near
from autograd.check.references.reference import BITS, Call, Pulled, flat
from autograd.checked import unchecked

Array = np.ndarray[Any, np.dtype[Any]]

#: Each step is so much smaller than the one before.
SHRINK = 4.0

#: How many steps are extrapolated from, and how many more, too small for that, show the noise of the function.
STEPS, NOISY = 11, 5

#: By how many of the smallest steps noise is measured: larger ones may step over what the function does.
SMALLEST_STEPS = 3

#: What fades is so many times smaller in the end; else it is a jump that larger steps go over.
FADING = 16

#: A slope is too steep where a small step, by it, moves more than this part of what any step did.
STEEP = 0.05

#: How often extrapolated.
ORDERS = 6

EPS = float(np.finfo(float).eps)
SMALLEST = float(np.finfo(float).smallest_subnormal)

#: A bar is known well enough, so that no other steps are tried, where it is no more than this part of the slope, or
#: so small that floats have no digits for it.
GOOD = 1e-9
TINY = float(np.finfo(float).tiny) / EPS


class BlackBox(Floats):
    """Floats that steps have come to.

    >>> slope = DIFFERENCES.slopes(np.exp, 1.0, 1.0).central
    >>> bool(abs(slope.value[0] - np.e) < slope.error[0] < 1e-10)
    True
    """

    name = "differences"

    def error(self, a: Near, got: float) -> tuple[float, float]:
        """Where no step moved the output, a gradient of nothing is what is seen."""
        return (0.0, 0.0) if a.value == 0 == got else super().error(a, got)


ARITHMETIC = BlackBox()


@dataclass(frozen=True)
class Estimate:
    """What steps say of the slopes of several outputs; a bar is infinite where they say nothing."""

    value: Array
    error: Array


@dataclass(frozen=True)
class Slopes:
    """By steps to both sides, and to one alone."""

    central: Estimate
    below: Estimate
    above: Estimate

    @property
    def is_kink(self) -> bool:
        """Whether the two sides have slopes that differ, or only one has any."""
        low, high = self.below, self.above
        with np.errstate(invalid="ignore"):
            apart = np.abs(low.value - high.value) > low.error + high.error + 1e-6 * np.abs(low.value + high.value)
        return bool((apart | (is_known(low) != is_known(high))).any())


def is_known(slope: Estimate) -> Any:
    return np.isfinite(slope.error)


class Differences:
    """Finite differences on the forward function of an operation."""

    name = "differences"

    def pull(self, call: Call) -> Pulled:
        call = in_doubles(call)
        y = outputs(call, call.inputs)
        values = [ARITHMETIC.number(number) for number in y]
        g = cotangents(call)
        parts: dict[int, list[Any]] = {}
        ties: dict[int, set[int]] = {}
        for k in call.wanted:
            parts[k] = []
            for element in range(np.size(call.inputs[k])):
                slopes = self.of_element(call, k, element)
                parts[k].append(weighted(g, slopes.central))
                if slopes.is_kink:
                    ties.setdefault(k, set()).add(element)
        return Pulled(ARITHMETIC, values, parts, ties)

    def rounded(self, call: Call, dtype: np.dtype[Any]) -> Pulled | None:
        """By what comes of inputs that are rounded otherwise."""
        unit = 2.0 ** -BITS[dtype]
        call = in_doubles(call)
        here = self.pull(call)
        rng = np.random.default_rng(0)
        there = [self.pull(moved(call, unit, rng)) for _ in range(2)]

        def spread(find: Callable[[Pulled], Sequence[Near]]) -> list[Any]:
            rows = zip(find(here), *map(find, there), strict=True)
            return [
                Near(ARITHMETIC, a.value, 2 * max(abs(b.value - a.value) for b in bs) + abs(a.value) * unit)
                for a, *bs in rows
            ]

        parts = {k: spread(lambda pulled, k=k: pulled.parts[k]) for k in call.wanted}  # type: ignore[misc]
        return Pulled(ARITHMETIC, spread(lambda pulled: pulled.values), parts)

    def sides(self, call: Call, k: int, element: int, step: float = 1) -> list[tuple[Any, Any]]:
        call = in_doubles(call)
        slopes = self.of_element(call, k, element)
        g = cotangents(call)
        found = [weighted(g, slope) for slope in (slopes.below, slopes.above)]
        return [(ARITHMETIC, raw) for raw in found if shows(raw)]

    def of_element(self, call: Call, k: int, element: int) -> Slopes:
        """The slopes of all outputs by one element of an input."""
        x = call.inputs[k]
        here = flat(x)[element]
        largest = float(np.max(np.abs(x), initial=0.0))

        def along(number: float) -> Array:
            inputs = list(call.inputs)
            inputs[k] = number
            if isinstance(x, np.ndarray):
                inputs[k] = x.copy()
                inputs[k].reshape(-1)[element] = number
            return outputs(call, inputs)

        return self.slopes(along, here, largest)

    def slopes(self, f: Callable[[float], Any], x: float, largest: float) -> Slopes:
        """Of the first size of steps that shows them well, or else the best of each: a part of the number, of the
        largest beside it, or of 1.
        """
        best: Slopes | None = None
        for size in sizes(x, largest):
            found = stepped(f, x, size / SHRINK)
            best = found if best is None else better(best, found)
            if found.is_kink or (best.central.error <= GOOD * np.abs(best.central.value) + TINY).all():
                return found if found.is_kink else best
        assert best is not None
        return best


def sizes(x: float, largest: float) -> Iterator[float]:
    """Sizes of steps to try, far from each other."""
    tried: list[float] = []
    for size in (abs(x), largest, 1.0):
        if size > 0 and all(not 1 / 16 < size / other < 16 for other in tried):
            tried.append(size)
            yield size


def better(one: Slopes, other: Slopes) -> Slopes:
    """Output by output, the smaller bars."""

    def of(a: Estimate, b: Estimate) -> Estimate:
        is_first = a.error <= b.error
        return Estimate(np.where(is_first, a.value, b.value), np.where(is_first, a.error, b.error))

    return Slopes(of(one.central, other.central), of(one.below, other.below), of(one.above, other.above))


def stepped(
    f: Callable[[float], Any],
    x: float,
    step: float,
    many: int = STEPS,
    noisy: int = NOISY,
    eps: float = EPS,
    noise: float = 0.0,
) -> Slopes:
    """The slopes by steps from this one down: so many to extrapolate from, and smaller ones that show the noise.

    The outputs have so many digits, and the ``noise`` that is known of, besides.
    """
    steps = step * SHRINK ** -np.arange(many + noisy)
    above, below = x + steps, x - steps
    here = row(f, x, 1)
    size = here.size
    with np.errstate(all="ignore"):
        ys_above, ys_below = (np.array([row(f, t, size) for t in beside]) for beside in (above, below))
    return Slopes(
        extrapolated(ys_above, ys_below, above - below, SHRINK**2, many, eps, noise),
        extrapolated(here, ys_below, x - below, SHRINK, many, eps, noise),
        extrapolated(ys_above, here, above - x, SHRINK, many, eps, noise),
    )


def is_steep(slope: float, step: float, many: int, seen: Sequence[float]) -> bool:
    """Whether a slope, if it is right, is one of a function that changes in less than most of the steps.

    Then differences, which see what it does in larger ones, say nothing of it.
    """
    smallest = step * SHRINK ** -(many - 1)
    return abs(slope) * smallest > STEEP * float(np.ptp(seen))


def row(f: Callable[[float], Any], x: float, size: int) -> Array:
    """The outputs at a number; NaN where there are none."""
    try:
        return np.atleast_1d(np.asarray(f(float(x)), dtype=float)).reshape(-1)
    except Exception:  # outside of its domain a function may raise anything
        return np.full(size, np.nan)


def extrapolated(
    upper: Array, lower: Array, widths: Array, ratio: float, many: int, eps: float, known: float
) -> Estimate:
    """Richardson's table, for each output the entry of the smallest bar. The error of a step falls by ``ratio``.

    The bar is what the last extrapolation changed, the noise of the function, which small steps magnify, and how far
    smaller steps are from it, beyond that noise and beyond the step that it came from: a large one may step over much.
    Where what steps move fades away by whole multiples, and the smallest move nothing, the noise is the least that ever
    moved.
    """
    with np.errstate(all="ignore"):
        slopes = (upper - lower) / widths[:, None]
        size = np.broadcast_to(np.maximum(np.abs(upper), np.abs(lower)), slopes.shape)
        jumps = (np.abs(np.diff(slopes, axis=0)) * widths[1:, None])[-SMALLEST_STEPS:]
        noise = 2 * np.max(np.where(np.isfinite(jumps), jumps, 0.0), axis=0)
        moves = np.abs(upper - lower)
        least = np.min(np.where(moves > 0, moves, np.inf), axis=0)
        fades = (moves == 0).any(axis=0) & (FADING * least <= np.max(moves, axis=0)) & are_multiples(moves, least)
        noise = np.where(fades, np.maximum(noise, least), noise)
        rounding = 2 * (eps * size + noise + known + SMALLEST) / widths[:, None]
        value = np.full(slopes.shape[1], np.nan)
        error = np.full(slopes.shape[1], np.inf)
        before: list[Array] = []
        for j in range(many):
            level = [slopes[j]]
            for k in range(min(j, ORDERS)):
                entry = level[k] + (level[k] - before[k]) / (ratio ** (k + 1) - 1)
                level.append(entry)
                change = np.maximum(np.abs(entry - level[k]), np.abs(entry - before[k]))
                beyond = np.abs(entry - slopes[j + 1 :]) - rounding[j + 1 :] - np.abs(entry - slopes[j])
                bar = np.maximum(2 * change + rounding[j], np.fmax.reduce(beyond))
                is_best = bar < error
                value, error = np.where(is_best, entry, value), np.where(is_best, bar, error)
            before = level
    return Estimate(value, error)


def are_multiples(moves: Array, least: Array) -> Any:
    """Whether an output moves by whole steps: of the least that it ever moved, or of half of that."""
    halves = 2 * moves / least
    is_whole = np.abs(halves - np.round(halves)) <= 1e-9 * halves
    return (is_whole | ~np.isfinite(halves)).all(axis=0)


def cotangents(call: Call) -> Array:
    """The cotangents of the outputs, in order; one alone is that of each."""
    return np.asarray(call.cotangent, dtype=float).reshape(-1)


def weighted(g: Array, slope: Estimate) -> Near:
    """What cotangents make of the slopes of the outputs; what has none plays no part."""
    used = np.broadcast_to(g != 0, slope.value.shape)
    parts = np.where(used, g, 0.0) * np.where(used, slope.value, 0.0)
    errors = np.abs(g) * np.where(used, slope.error, 0.0)
    return Near(ARITHMETIC, float(parts.sum()), float(errors.sum() + EPS * np.abs(parts).sum()))


def shows(slope: Near) -> bool:
    """Whether it is known well enough to be compared with."""
    return ARITHMETIC.tells(slope) or (slope.value == 0 and slope.error < np.inf)


def in_doubles(call: Call) -> Call:
    """The same call with all the digits that floats have."""
    inputs = [
        x.astype(np.float64) if k in call.wanted and isinstance(x, np.ndarray) else x for k, x in enumerate(call.inputs)
    ]
    return Call(call.op, inputs, call.params, call.wanted, call.cotangent)


def moved(call: Call, unit: float, rng: np.random.Generator) -> Call:
    """The same call with its numbers a little off; those of an array that are mixed, by its largest."""
    inputs = list(call.inputs)
    for k in call.wanted:
        x = np.asarray(inputs[k], dtype=float)
        size = np.abs(x) if call.op.is_elementwise else np.max(np.abs(x), initial=0.0)
        off = x + unit * size * rng.choice((-1.0, 1.0), x.shape)
        inputs[k] = off if isinstance(call.inputs[k], np.ndarray) else float(off)
    return Call(call.op, inputs, call.params, call.wanted, call.cotangent)


def outputs(call: Call, inputs: Sequence[Any]) -> Array:
    """The elements of the output, as floats."""
    result = call.op.run(unchecked(call.op.forward), inputs, call.params)
    if isinstance(call.params, Output):
        result = result[call.params.index]
    return np.asarray(result, dtype=float).reshape(-1)


DIFFERENCES = Differences()
