"""Case: what is claimed beside what is true, parameter by parameter, and what may explain the difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from autograd.check.audit.subject import Subject

Side = Literal["gradient", "loss"]

#: How near a number has to be to what an explanation says.
CLOSE = 1e-7


@dataclass(frozen=True)
class Explanation:
    """What some wrong parameters have in common. ``rank``: among equals the lowest is taken."""

    names: frozenset[str]
    words: str
    side: Side
    rank: int
    source: str | None = None
    factor: float | None = None


@dataclass(frozen=True)
class Case:
    """Claimed and true gradients as arrays of floats, and the names of those that are wrong."""

    subject: Subject
    claimed: Mapping[str, Any]  #: also of another shape than the parameter
    true: Mapping[str, Any]
    wrong: Sequence[str]

    @cached_property
    def right(self) -> Sequence[str]:
        return [name for name in self.true if name not in self.wrong]

    def fits(self, name: str, hypothesis: Any) -> bool:
        """Whether a gradient is claimed that is this one, and not just near the true one."""
        return self.is_like(name, self.claimed[name], hypothesis)

    def is_like(self, name: str, claimed: Any, hypothesis: Any) -> bool:
        hypothesis = np.asarray(hypothesis, dtype=float)
        if np.shape(claimed) != hypothesis.shape:
            return False
        true = self.true[name]
        size = float(np.max(np.abs(hypothesis), initial=0.0))
        eps = float(np.finfo(self.subject.dtype).eps)
        scale = np.maximum(np.abs(hypothesis), 1e-3 * size)
        allowed = max(CLOSE, 64 * eps) * scale
        if hypothesis.shape == true.shape:
            allowed = np.minimum(allowed, 1e-3 * float(np.max(np.abs(claimed - true), initial=0.0))) + 64 * eps * scale
        slack = self.subject.slack.get(name, 0.0)
        return bool(np.isfinite(hypothesis).all() and (np.abs(claimed - hypothesis) <= allowed + slack).all())

    def explained(self, hypotheses: Mapping[str, Any]) -> frozenset[str]:
        """The wrong parameters that this gradient is claimed for; none if a right one would then be wrong."""
        for name in self.right:
            if name in hypotheses and not self.is_true(name, hypotheses[name]):
                return frozenset()
        return frozenset(name for name in self.wrong if name in hypotheses and self.fits(name, hypotheses[name]))

    def is_true(self, name: str, hypothesis: Any) -> bool:
        true = self.true[name]
        scale = float(np.max(np.abs(true), initial=0.0))
        return bool((np.abs(true - hypothesis) <= 1e-10 * scale + 1e-300).all())


def chosen(names: Iterable[str], candidates: Iterable[Explanation]) -> dict[str, Explanation]:
    """Of each parameter the explanation that explains the most, and is the plainest."""
    rest = set(names)
    known = list(candidates)
    found: dict[str, Explanation] = {}
    while rest and known:
        best = min(known, key=lambda each: (-len(each.names & rest), each.rank))
        new = best.names & rest
        if not new:
            break
        found |= dict.fromkeys(new, best)
        rest -= new
    return found
