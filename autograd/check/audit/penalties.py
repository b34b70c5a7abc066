"""Penalties: a regulariser that is in the gradient and not in the loss, or in the loss alone, or another one there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation, Side
from autograd.check.audit.faults import is_round, tidy6
from autograd.check.audit.flows import Flows

#: The gradients of what people add to a loss, or mean to. What stands first is the plainest.
PENALTIES: Mapping[str, Callable[[Any], Any]] = {
    "": lambda w: 0 * w,
    "Σ{}²": lambda w: 2 * w,
    "Σ|{}|": np.sign,
    "Σ {}·{}ᵀ": lambda w: np.broadcast_to(2 * w.sum(axis=0), w.shape) if w.ndim == 2 else np.full_like(w, np.nan),
    "Σ {}ᵀ·{}": lambda w: (
        np.broadcast_to(2 * w.sum(axis=1)[:, None], w.shape) if w.ndim == 2 else np.full_like(w, np.nan)
    ),
    "(Σ{})²": lambda w: np.full_like(w, 2 * w.sum()),
}


def penalty_faults(case: Case, flows: Flows | None = None) -> Iterator[Explanation]:
    """Of each pair of penalties and each coefficient, the parameters that have one in the place of the other.

    ``flows``, where they are known, say what the loss has.
    """
    found: dict[tuple[str, str, float], set[str]] = defaultdict(set)
    for name in case.wrong:
        for pair, coefficient in differences(case, name, flows):
            found[(*pair, coefficient)].add(name)
    for (of_gradient, of_loss, coefficient), names in found.items():
        words, side = words_of(case, sorted(names), of_gradient, of_loss, coefficient)
        yield Explanation(frozenset(names), words, side, 5 if not of_gradient or not of_loss else 3)
    for name in case.wrong:
        yield from unmultiplied(case, name, flows)


def unmultiplied(case: Case, name: str, flows: Flows | None) -> Iterator[Explanation]:
    """``+ reg`` where ``+ reg * w`` is due."""
    w = np.asarray(case.subject.parameters[name], dtype=float)
    claimed, true = case.claimed[name], case.true[name]
    if not claimed.shape == true.shape == w.shape or w.size == 1:
        return
    for coefficient in has(case, flows, name, 2 * w) or ():
        rest = true - 2 * coefficient * w
        number = float(np.mean(claimed - rest))
        if not case.fits(name, rest) and case.fits(name, rest + number):
            words = f"{tidy6(number):g} is added where {tidy6(2 * coefficient):g}·{name} is due, which the loss has"
            yield Explanation(frozenset({name}), words, "gradient", 3)


def differences(case: Case, name: str, flows: Flows | None) -> Iterator[tuple[tuple[str, str], float]]:
    """The penalties of the claimed gradient and of the loss that explain their difference, with the coefficient."""
    w = np.asarray(case.subject.parameters[name], dtype=float)
    claimed, true = case.claimed[name], case.true[name]
    if claimed.shape != true.shape or w.shape != true.shape or is_multiple(case, name):
        return
    for of_gradient, of_loss in permutations(PENALTIES, 2):
        direction = PENALTIES[of_gradient](w) - PENALTIES[of_loss](w)
        norm = float(np.sum(direction * direction))
        if not np.isfinite(norm) or norm == 0 or (w.size > 1 and np.ptp(direction) <= 1e-9 * np.abs(direction).max()):
            continue  # a number in each element tells nothing of a penalty
        coefficient = tidy6(float(np.sum((claimed - true) * direction)) / norm)
        if coefficient <= 0 or not case.fits(name, true + fitted(claimed - true, direction)):
            continue
        is_known = any(near6(coefficient, x) for x in coefficients(case))
        if not is_known and (w.size == 1 or not is_likely(case, coefficient)):
            continue
        in_loss = has(case, flows, name, PENALTIES[of_loss or of_gradient](w))
        if of_loss and in_loss is not None and not any(near6(x, coefficient) for x in in_loss):
            continue  # nobody wrote it
        if not of_loss and in_loss:  # another coefficient: the line that it is in says which
            continue
        yield (of_gradient, of_loss), coefficient


def is_multiple(case: Case, name: str) -> bool:
    """Whether a factor says the same, and is simpler."""
    claimed, true = case.claimed[name], case.true[name]
    return true.size > 1 and bool(np.any(true)) and case.fits(name, fitted(claimed, true))


def is_likely(case: Case, coefficient: float) -> bool:
    """Whether people write it, be it divided by the length of something."""
    return any(is_round(coefficient * n) for n in (1, *case.subject.counts, *(2 * n for n in case.subject.counts)))


def has(case: Case, flows: Flows | None, name: str, penalty: Any) -> list[float] | None:
    """The coefficients that the loss has a penalty with, by the lines that use the parameter; None if not known."""
    if flows is None:
        return None
    found = []
    for (_, parameter), sent in flows.direct.items():
        if parameter == name and np.any(sent):
            part = np.reshape(sent, penalty.shape)
            if case.is_like(name, part, fitted(part, penalty)):
                found.append(float(np.sum(part * penalty) / np.sum(penalty * penalty)))
    return found


def fitted(difference: Any, direction: Any) -> Any:
    return direction * (np.sum(difference * direction) / np.sum(direction * direction))


def near6(x: float, y: float) -> bool:
    return abs(x - y) <= 1e-5 * abs(y)


def coefficients(case: Case) -> Mapping[float, str]:
    """The numbers among the inputs that may be the coefficient, as people write them."""
    found: dict[float, str] = {}
    for name, x in case.subject.constants.items():
        found |= {x: name, x / 2: f"½·{name}", 2 * x: f"2·{name}"}
        for n in case.subject.counts:
            found |= {x / n: f"{name}/{n}", x / (2 * n): f"½·{name}/{n}"}
    return {x: words for x, words in found.items() if x != 0}


def words_of(case: Case, names: list[str], of_gradient: str, of_loss: str, coefficient: float) -> tuple[str, Side]:
    """What it is, and whether the gradient or the loss is to be mended: weights are regularised, biases are not."""
    known = next((words for x, words in coefficients(case).items() if near6(coefficient, x)), f"{coefficient:g}")
    text = " + ".join(known + "·" + (of_gradient or of_loss).format(name, name) for name in names)
    other = " + ".join(known + "·" + of_loss.format(name, name) for name in names)
    has_weights = any(np.ndim(case.subject.parameters[name]) >= 2 for name in names)
    if of_gradient and of_loss:
        if of_gradient == "Σ{}²":
            return f"it is the gradient of a loss with {text}, and the loss has {other}", "loss"
        return f"the loss has {other}, and this is the gradient of {text}", "gradient"
    if of_loss:
        return f"the loss has the regulariser {text}, and the gradient lacks it", "gradient"
    if has_weights:
        return f"it is the gradient of a loss with the regulariser {text}, which the loss lacks", "loss"
    return f"regularised by {text} in the gradient, and not in the loss: biases are not, as a rule", "gradient"
