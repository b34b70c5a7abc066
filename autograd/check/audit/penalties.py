"""Penalties: a regulariser that is in the gradient and not in the loss, or in the loss alone, or another one there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation, Side

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


def penalty_faults(case: Case) -> Iterator[Explanation]:
    """Of each pair of penalties and each coefficient, the parameters that have one in the place of the other."""
    found: dict[tuple[str, str, float], set[str]] = defaultdict(set)
    for name in case.wrong:
        for pair, coefficient in differences(case, name):
            found[(*pair, coefficient)].add(name)
    for (of_gradient, of_loss, coefficient), names in found.items():
        words, side = words_of(case, sorted(names), of_gradient, of_loss, coefficient)
        yield Explanation(frozenset(names), words, side, 5 if not of_gradient or not of_loss else 3)


def differences(case: Case, name: str) -> Iterator[tuple[tuple[str, str], float]]:
    """The penalties of the claimed gradient and of the loss that explain their difference, with the coefficient."""
    w = np.asarray(case.subject.parameters[name], dtype=float)
    claimed, true = case.claimed[name], case.true[name]
    if claimed.shape != true.shape or w.shape != true.shape:
        return
    for of_gradient, of_loss in permutations(PENALTIES, 2):
        direction = PENALTIES[of_gradient](w) - PENALTIES[of_loss](w)
        norm = float(np.sum(direction * direction))
        if not np.isfinite(norm) or norm == 0:
            continue
        coefficient = tidy6(float(np.sum((claimed - true) * direction)) / norm)
        is_known = w.size > 1 or any(near6(coefficient, x) for x in coefficients(case))
        if coefficient > 0 and is_known and case.fits(name, true + fitted(claimed - true, direction)):
            yield (of_gradient, of_loss), coefficient


def fitted(difference: Any, direction: Any) -> Any:
    return direction * (np.sum(difference * direction) / np.sum(direction * direction))


def tidy6(x: float) -> float:
    return float(f"{x:.6g}")


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
