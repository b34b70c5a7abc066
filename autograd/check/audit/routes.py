"""Routes: faults that show in how the gradient flows through the code: which line, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation
from autograd.check.audit.faults import is_plain, near, tells, tidy, words_of
from autograd.check.audit.flows import Flows

#: How near a claimed number is to one that it is taken for, as a part of it.
CLOSE = 1e-6


def routed_faults(case: Case, flows: Flows) -> Iterator[Explanation]:
    """All that one fault in one place explains."""
    yield from swept_faults(case, flows)
    yield from exchanged(case, flows)
    yield from partial_sums(case, flows)


def shaped(case: Case, flows: Flows, name: str, column: Any) -> Any:
    return np.reshape(flows.gradient(name, column), case.true[name].shape)


def swept_faults(case: Case, flows: Flows) -> Iterator[Explanation]:
    columns, adjoints = flows.swept
    last = [max(flows.groups[column.group], default=0) if column.group >= 0 else 0 for column in columns]
    for j in sorted(range(1, len(columns)), key=lambda j: -last[j]):  # where the way back first goes wrong
        column = columns[j]
        source = flows.sources[column.group] if column.group >= 0 else None
        gradients = {name: shaped(case, flows, name, adjoints[:, j]) for name in case.true}
        if column.fault != "blocked":
            rank = {"seeded": 1, "skipped": 4, "overwritten": 7}[column.fault]
            words = column.words
            if column.fault == "overwritten":
                words = "of what is used several times, one contribution alone arrives: = where += is due"
            names = case.explained(gradients)
            if column.fault == "seeded":  # what one of several uses, another may ignore
                names = frozenset(name for name in case.wrong if case.fits(name, gradients[name]))
            if names:
                yield Explanation(names, words, "gradient", rank, source)
            continue
        for factor in factors(case, gradients):
            mixed = {name: part + factor * (case.true[name] - part) for name, part in gradients.items()}
            if names := case.explained(mixed):
                if not tells(case, names, factor):
                    continue
                words, side = words_of(case, factor, names == set(case.true))
                if factor == 0:
                    words = "what flows back through here is missing"
                elif near(factor, -1):
                    words = "what flows back through here is of the other sign"
                elif side == "gradient":
                    words = f"what flows back through here is {words}"
                rank = 6 if factor == 0 else 4 if is_plain(case, factor) else 8
                yield Explanation(names, words, side, rank, source, factor)


def factors(case: Case, blocked: dict[str, Any]) -> set[float]:
    """By what the flow through some code may be multiplied in what is claimed."""
    found = set()
    for name in case.wrong:
        claimed, part = case.claimed[name], blocked[name]
        through = case.true[name] - part
        norm = float(np.sum(through * through))
        if claimed.shape == part.shape and norm > 1e-20 * float(np.sum(part * part)) and np.isfinite(norm):
            factor = tidy(float(np.sum((claimed - part) * through)) / norm)
            found.add(0.0 if abs(factor) < 1e-9 else factor)
    return {factor for factor in found if np.isfinite(factor)}


def exchanged(case: Case, flows: Flows) -> Iterator[Explanation]:
    """One parameter in the place of another in one line: the gradient of a function with another one there."""
    for (g, p), sent in flows.direct.items():
        if p not in case.wrong or not np.any(sent):
            continue
        part = np.reshape(sent, case.true[p].shape)
        if case.fits(p, case.true[p] - part):
            for q in case.wrong:
                if q != p and case.true[q].shape == part.shape and case.fits(q, case.true[q] + part):
                    words = (
                        f"these are the gradients of a function with {q} in the place of {p} here: "
                        f"write {q} in the function, or mend both gradients"
                    )
                    yield Explanation(frozenset({p, q}), words, "loss", 1, flows.sources[g])
            words = f"what {p} is to receive from here is missing"
            yield Explanation(frozenset({p}), words, "gradient", 7, flows.sources[g])
        if case.fits(p, part):
            words = f"{p} has what it receives from here alone: = where += is due"
            yield Explanation(frozenset({p}), words, "gradient", 7, flows.sources[g])


def partial_sums(case: Case, flows: Flows) -> Iterator[Explanation]:
    """The last of several contributions, or of several samples, alone."""
    for name in case.wrong:
        claimed, true = case.claimed[name].reshape(-1), case.true[name].reshape(-1)
        sent = flows.sent[name]
        if claimed.shape != true.shape:
            continue
        if any(len(parts) > 1 for parts in sent):
            for place, words in ((-1, "last"), (0, "first")):
                one = np.array([parts[place] if parts else 0.0 for parts in sent])
                if case.fits(name, one.reshape(case.true[name].shape)):
                    what = f"each element has the {words} of its contributions alone: = where += is due"
                    is_loop = max(map(len, sent)) > 2  # of two, the line of the other says more
                    yield Explanation(frozenset({name}), what, "gradient", 1 if is_loop else 7)
            if is_overwritten(claimed, true, sent):
                what = "what a later turn sends, be it nothing, replaces what an earlier one sent: = where += is due"
                yield Explanation(frozenset({name}), what, "gradient", 7)
        for n, what in case.subject.counts.items():
            if all(len(parts) % n == 0 for parts in sent) and any(len(parts) > n for parts in sent):
                for which, words in ((-1, "last"), (0, "first")):
                    one = np.array([chunk(parts, n, which) for parts in sent])
                    if case.fits(name, one.reshape(case.true[name].shape)):
                        text = f"it is of the {words} of {n} along {what} alone: = where += is due"
                        yield Explanation(frozenset({name}), text, "gradient", 1)


def is_overwritten(claimed: Any, true: Any, sent: Sequence[Sequence[float]]) -> bool:
    """Whether each element that is wrong has one of its contributions alone, or none, as where windows overlap; most
    elements are right.
    """
    wrong = np.flatnonzero(~np.isclose(claimed, true, rtol=CLOSE, atol=0.0)).tolist()
    return 0 < len(wrong) < len(true) / 2 and all(
        claimed[i] == 0 or any(abs(claimed[i] - part) <= CLOSE * abs(part) for part in sent[i]) for i in wrong
    )


def chunk(parts: list[float], n: int, which: int) -> float:
    size = len(parts) // n
    return sum(parts[-size:] if which else parts[:size]) if size else 0.0
