"""Compared: one number of a gradient with the slope that differences know, and what a wrong one looks like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.check.references.lines import Slope
from autograd.check.report import Finding

#: A difference is believed to tell a right gradient from a wrong one where its error bar is less than this part of it.
TOLD = 1e-5

#: What rounding may come to in an engine, as a part of the largest number beside.
ROUNDING = 1e-13

#: Factors that have a name.
KNOWN: Mapping[float, str] = {-1.0: "the sign is turned round", 2.0: "twice too large", 0.5: "half of it"}


def compared(got: float | None, known: Slope, scale: float, noise: float, **where: Any) -> Iterator[Finding]:
    """What is not plainly right of one number; None is a gradient that never came, which stands for 0.

    ``scale`` is the largest number that its rounding may go by, ``noise`` how far it may be off for other reasons.
    """
    value, bar = known.value.value, known.value.error
    text = str(known.value)
    came = "no gradient" if got is None else repr(got)
    got = 0.0 if got is None else got
    where["got"] = got
    rounding = ROUNDING * max(scale, abs(value)) + noise
    if known.sides is not None:
        below, above = known.sides
        is_between = known.low - rounding <= got <= known.high + rounding
        side = "between" if is_between else "outside of"
        message = f"at a kink: got {came}, {side} the slopes {below} below and {above} above"
        yield Finding(
            outcome="kink" if is_between else "wrong", message=message, slopes=(below.value, above.value), **where
        )
        return
    message = f"got {came}, differences {text}"
    if not math.isfinite(value) or not math.isfinite(bar):
        yield Finding(outcome="inconclusive", message=message, expected=text, **where)
    elif not abs(got - value) <= bar + rounding:
        factor = got / value if abs(value) > bar else None
        yield Finding(
            outcome="wrong",
            message=message,
            expected=text,
            factor=factor,
            hint=hint(got, value, bar + rounding),
            **where,
        )
    elif bar > TOLD * max(scale, abs(value)) and bar > 1e-9:
        yield Finding(outcome="inconclusive", message=message, expected=text, **where)


def hint(got: float, value: float, slack: float) -> str | None:
    """What a wrong number looks like, where the slack leaves no doubt.

    >>> hint(-2.0, 2.0, 1e-9), hint(0.0, 2.0, 1e-9), hint(6.0, 2.0, 1e-9), hint(2.0000002, 2.0, 1e-9)
    ('the sign is turned round', 'nothing came', '3 times what it should be', 'too large by 1e-07 of it')
    """
    if not math.isfinite(got):
        return "it is not finite, and the slope is"
    if abs(value) <= slack:
        return None
    if got == 0:
        return "nothing came"
    factor = got / value
    for known, words in KNOWN.items():
        if abs(got - known * value) <= max(1.0, abs(known)) * slack:
            return words
    if abs(factor - 1) < 0.01:
        return f"too {'large' if factor > 1 else 'small'} by {abs(factor - 1):.2g} of it"
    return f"{factor:.6g} times what it should be"
