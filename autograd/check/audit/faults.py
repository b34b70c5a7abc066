"""Faults that show in a gradient by itself: a factor, a sign, a transposition, a sum that is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation, Side


def simple_faults(case: Case) -> Iterator[Explanation]:
    """Of each fault, the parameters that have it."""
    found: dict[tuple[str, float | None], set[str]] = defaultdict(set)
    for name in case.wrong:
        for words, factor in faults_of(case, name):
            found[words, factor].add(name)
    for (words, factor), names in found.items():
        if factor is not None:
            words, side = words_of(case, factor, is_of_all=not case.right and len(names) == len(case.wrong))
            words = words if tells(case, names, factor) else ""
            yield Explanation(frozenset(names), words, side, 0 if is_plain(case, factor) else 6, factor=factor)
        else:
            yield Explanation(frozenset(names), words, "gradient", 0)


def faults_of(case: Case, name: str) -> Iterator[tuple[str, float | None]]:
    """What may be wrong with one gradient: words, or a factor."""
    claimed, true = case.claimed[name], case.true[name]
    if claimed.shape != true.shape:
        yield from misshapen(case, name)
        return
    if not claimed.any() and true.any():
        yield "nothing came: is it computed at all?", None
        return
    if np.shape(case.subject.seed) == true.shape and true.size > 1 and case.fits(name, case.subject.seed):
        yield "it is the cotangent as it came: the derivative is forgotten", None
    norm = float(np.sum(true * true))
    if norm > 0 and np.isfinite(norm):
        factor = tidy(float(np.sum(claimed * true)) / norm)
        if case.fits(name, factor * true):
            yield "", factor
        elif true.size > 1:
            yield from offsets(case, name)
    if true.ndim == 2 and true.shape[0] == true.shape[1] and case.fits(name, true.T):
        yield "it is transposed", None
    if true.size > 1 and case.fits(name, np.full_like(true, true.sum())):
        yield "each element has the sum of all: an axis is summed too many", None
    if true.size > 1 and case.fits(name, np.abs(true)):
        yield "the signs are lost", None


def offsets(case: Case, name: str) -> Iterator[tuple[str, float | None]]:
    """One number too much, in each element."""
    true = case.true[name]
    offset = float(np.mean(case.claimed[name] - true))
    if not np.isfinite(offset) or case.fits(name, true) or not case.fits(name, true + offset):
        return
    number = tidy6(abs(offset))
    known = next((f"{what} = " for x, what in multiples(case).items() if near(number, x)), "")
    words = f"each element is {known}{number:g} too {'large' if offset > 0 else 'small'}"
    yield f"{words}: is a number added that {name} is to be multiplied by?", None


def misshapen(case: Case, name: str) -> Iterator[tuple[str, float | None]]:
    claimed, true = case.claimed[name], case.true[name]
    if claimed.ndim == 2 and claimed.shape == true.shape[::-1] and case.is_like(name, claimed.T, true):
        yield "it is transposed", None
    for axis in range(claimed.ndim):
        for keep in (True, False):
            if case.is_like(name, claimed.sum(axis=axis, keepdims=keep).reshape(-1), true.reshape(-1)):
                what = case.subject.counts.get(claimed.shape[axis], f"axis {axis}")
                yield f"the sum over {what} is missing: broadcasting is to be undone", None
                return
    if claimed.size == 1 and true.size > 1 and case.is_like(name, claimed.reshape(()), true.sum()):
        yield "it is summed over all: an axis is summed too many", None


def tidy(factor: float) -> float:
    """A factor to the digits that it is known to."""
    return float(f"{factor:.9g}")


def tidy6(x: float) -> float:
    return float(f"{x:.6g}")


def is_round(x: float) -> bool:
    """Whether people write it so, with three digits."""
    return near(tidy6(x), float(f"{x:.3g}"))


def tells(case: Case, names: Collection[str], factor: float) -> bool:
    """Whether a factor says anything: of one number alone there always is one."""
    return is_plain(case, factor) or is_round(factor) or len(names) > 1 or any(case.true[x].size > 1 for x in names)


def near(x: float, y: float) -> bool:
    return abs(x - y) <= 1e-7 * abs(y)


def multiples(case: Case) -> Mapping[float, str]:
    """Numbers that people forget, or use once too often, by what they are."""
    found: dict[float, str] = {}
    for name, x in case.subject.constants.items():
        if x not in (0.0, 1.0) and np.isfinite(x):
            found[x] = name
    return found


def is_plain(case: Case, factor: float) -> bool:
    """Whether a factor is one that has a name."""
    counts = [*case.subject.counts, *(1 / n for n in case.subject.counts)]
    return any(near(factor, x) for x in (-1, 2, 0.5, *counts, *multiples(case), *(1 / x for x in multiples(case))))


def words_of(case: Case, factor: float, is_of_all: bool) -> tuple[str, Side]:
    """What a factor of some gradients says, and of which side."""
    two = case.subject.counts.get(2)
    if near(factor, -1):
        return "the sign is turned round", "gradient"
    if near(factor, 2):
        text = f"twice too large: a factor 2 too many{', or a ½ in the loss alone' * is_of_all}"
        return text + ", or the 1/2 of the mean over the batch is missing" * (two == "the batch"), "gradient"
    if near(factor, 0.5):
        return f"half of it: a factor 2 forgotten{', or a ½ missing in the loss' * is_of_all}", "gradient"
    for n, what in case.subject.counts.items():
        if near(factor, n):
            return f"{n} times too large: the 1/{n} of the mean over {what} is missing", "gradient"
        if near(factor, 1 / n) and is_of_all:
            return f"it is the gradient of the mean over {what}: the loss lacks its 1/{n}", "loss"
        if near(factor, 1 / n):
            return f"divided by {n}, the length of {what}, once too often", "gradient"
    for x, name in multiples(case).items():
        if near(factor, x):
            return f"multiplied by {name} = {x:g}", "gradient"
        if near(factor, 1 / x):
            return f"not multiplied by {name} = {x:g}", "gradient"
    return f"{factor:.6g} times what it should be", "gradient"


def factor_of(claimed: Any, true: Any) -> float | None:
    """By what one element is to be divided."""
    return float(f"{claimed / true:.12g}") if true not in (0.0, None) and np.isfinite(claimed / true) else None
