"""Whether updates were plain gradient descent, and at which rate: told where the numbers leave nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

NARROW = 1e-4  #: how wide the range of a rate may be, relative to it, for its digits to be told
APART = 1e-2  #: how far two gradients are from each other at least for both to be evidence


class Update(NamedTuple):
    """All parameters of an iteration in a row: before, their gradients, after, and how the update was rounded."""

    was: Any
    grad: Any
    now: Any
    eps: Any


def update(parts: Sequence[tuple[Any, Any, Any]]) -> Update | None:
    """Of parameters, each before, its gradient, and after; None where nothing was changed, or not all is finite."""
    known = [(np.asarray(was), grad, now) for was, grad, now in parts if grad is not None]
    if not known:
        return None
    columns = [np.concatenate([np.ravel(part[k]) for part in known]).astype(float) for k in range(3)]
    eps = np.concatenate([np.full(part[0].size, np.finfo(part[0].dtype).eps) for part in known])
    found = Update(columns[0], columns[1], columns[2], eps)
    is_known = all(np.isfinite(column).all() for column in columns) and not np.array_equal(found.was, found.now)
    return found if is_known else None


def rates(updates: Sequence[Update | None], *, from_start: bool) -> list[float | None]:
    """Of each update the rate η for which after = before − η·gradient, element by element, but for rounding.

    One rate for all updates, where one fits; else one each, as under a schedule. None for all where one update is no
    such step, and where another rule might have made it: with one gradient, or parallel ones, every step is a multiple
    of the gradient. ``from_start``: the first update is that of a training, so that nothing is remembered in it.

    >>> x = [update([(2.0, 3.0, 1.7), (1.0, -1.0, 1.1)]), update([(1.7, 2.0, 1.5), (1.1, 0.5, 1.05)])]
    >>> rates(x, from_start=True)
    [0.1, 0.1]
    >>> rates(x[:1], from_start=False)
    [None]
    """
    known = [each for each in updates if each is not None]
    ranges = [bounds(each) for each in known]
    none: list[float | None] = [None] * len(updates)
    if not known or any(low > high for low, high in ranges):
        return none
    turns = [turned(x, y) for x, y in pairwise(known)]
    common = rate(max(low for low, _ in ranges), min(high for _, high in ranges))
    if common is not None and varied(known) and (from_start or any(turns)):
        return [None if each is None else common for each in updates]
    is_free = [from_start and updates[0] is not None, *turns]  # of what an update before may have left
    own = iter(
        rate(*range_) if free and varied([each]) else None
        for each, range_, free in zip(known, ranges, is_free, strict=True)
    )
    return [None if each is None else next(own) for each in updates]


def bounds(each: Update) -> tuple[float, float]:
    """The range of the rate for which all elements come out right; where there is none, it ends before it begins."""
    still = each.grad == 0
    if (each.was[still] != each.now[still]).any():
        return np.inf, -np.inf
    middle, off = ratios(each)
    return float(np.max(middle - off, initial=-np.inf)), float(np.min(middle + off, initial=np.inf))


def ratios(each: Update) -> tuple[Any, Any]:
    """Of the elements with a gradient, by which rate each went, and how far off that may be by rounding."""
    was, grad, now, eps = (column[each.grad != 0] for column in each)
    change = was - now
    off = eps * (np.maximum(abs(was), abs(now)) + 2 * abs(change)) + np.finfo(float).tiny
    with np.errstate(over="ignore"):
        return change / grad, off / abs(grad)


def rate(low: float, high: float) -> float | None:
    """The shortest number in a narrow range above zero."""
    middle = (low + high) / 2
    if not (0 < low <= high < np.inf and high - low <= NARROW * middle):
        return None
    return next((x for x in (float(f"{middle:.{digits}g}") for digits in range(1, 17)) if low <= x <= high), middle)


def varied(updates: Sequence[Update]) -> bool:
    """Whether gradients of different sizes went by the same rate, so that it is none of their sizes."""
    sizes = []
    for each in updates:
        middle, off = ratios(each)
        sizes.append(abs(each.grad[each.grad != 0])[off < APART * abs(middle)])
    told = np.concatenate(sizes)
    return bool(told.size and told.max() > (1 + APART) * told.min())


def turned(before: Update, after: Update) -> bool:
    """Whether the gradient has another direction than before, so that a memory of that one would show."""
    if before.grad.shape != after.grad.shape:
        return False
    x, y = before.grad, after.grad
    cosine = abs(x @ y) / np.sqrt((x @ x) * (y @ y)) if x.any() and y.any() else 1.0
    return bool(cosine < 1 - NARROW)
