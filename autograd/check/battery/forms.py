"""Forms of a rule: what people read, and what numbers come from, run on numbers of a reference; the generated code."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.check.battery.examples import Example
from autograd.check.exact_rule import contribution
from autograd.check.references.real import OfRoundedLiterals
from autograd.check.references.reference import Call, Pulled
from autograd.check.references.taped import Taped, evaluate
from autograd.check.report import Finding
from autograd.check.verdict import ULPS
from autograd.compile import codegen

#: Enough that no form loses what a float shows.
BITS = 2048

#: Of a slope, how far off a form may be that is exact but for the bits it has.
EXACT = 1e-25

#: How far two functions of NumPy and of Python may be from each other, as a part of their size.
NEAR = 1e-15


def form_findings(example: Example, references: Sequence[Any]) -> Iterator[Finding]:
    """Where a rule, in either of its forms, is not the derivative, by as many digits as it takes to say so."""
    taped = next((reference for reference in references if isinstance(reference, Taped)), None)
    y = example.evaluated()
    if taped is None or isinstance(y, tuple):
        why = "it has several outputs" if taped else "it needs balls or digits"
        yield Finding(outcome="missing", check="rule", message=why, op=example.op.name)
        return
    g = np.cos(np.arange(1.0, np.size(y) + 1)).reshape(np.shape(y)) if np.ndim(y) else 1.25
    inputs = [x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in example.inputs]
    call = Call(example.op, inputs, example.params, example.wanted, g)
    with taped.make(BITS) as arithmetic:
        try:
            pulled = evaluate(call, arithmetic)
        except Exception as error:  # a forward function may do anything with a number that is none
            yield missing(example, None, "its forward function does not run on numbers of a reference", error)
            return
        rules, shown = (example.op.rules_for(inputs, example.params, textbook) for textbook in (False, True))
        for k in example.wanted:
            found = list(of_form(example, call, k, pulled, arithmetic))
            yield from found
            if shown[k] != rules[k]:
                hint = None if found else "what is shown to people is not what numbers come from"
                yield from of_form(example, call, k, pulled, arithmetic, is_textbook=True, hint=hint)


def of_form(
    example: Example,
    call: Call,
    k: int,
    pulled: Pulled,
    arithmetic: Any,
    is_textbook: bool = False,
    hint: str | None = None,
) -> Iterator[Finding]:
    which = "textbook form" if is_textbook else "rule"
    try:
        found = contribution(call, k, OfRoundedLiterals(arithmetic), is_textbook)
    except Exception as error:  # a rule may do what only arrays of floats can
        yield missing(example, k, f"the {which} does not run on numbers of a reference", error)
        return
    shape = np.shape(example.inputs[k])
    for place, (got, raw) in enumerate(zip(found, pulled.parts[k], strict=True)):
        truth = arithmetic.number(0) if raw is None else raw
        if place in pulled.ties.get(k, ()) or not arithmetic.is_defined(truth):
            continue
        size = abs(arithmetic.middle(truth))
        defined = arithmetic.is_defined(got)
        if defined and arithmetic.error(got - truth, 0.0)[0] <= EXACT * size:
            continue
        yield Finding(
            outcome="wrong" if defined else "inconclusive",
            check=which,
            message=f"got {arithmetic.text(got)}, certified {arithmetic.text(truth)}",
            op=example.op.name,
            input=k,
            element=tuple(map(int, np.unravel_index(place, shape))) if shape else None,
            got=arithmetic.middle(got),
            expected=arithmetic.text(truth),
            hint=hint,
        )


def missing(example: Example, k: int | None, message: str, error: Exception) -> Finding:
    said = f"{message}: {type(error).__name__}: {error}"
    return Finding(outcome="missing", check="rule", message=said, op=example.op.name, input=k)


def code_findings(example: Example, references: Sequence[Any]) -> Iterator[Finding]:
    """Where the code that is generated for Values computes another output, or another slope, than the entry says."""
    op = example.op
    if not op.is_elementwise or (why := codegen.why_not(op)) is not None:
        said = "code is generated for elementwise operations" if not op.is_elementwise else why
        yield Finding(outcome="missing", check="generated code", message=str(said), op=op.name)
        return
    run = codegen.evaluator(op)
    for point in zip(*[np.ravel(x) for x in np.broadcast_arrays(*example.inputs)], strict=True):
        numbers = [x.item() for x in point]
        with np.errstate(all="ignore"):
            got = run(*numbers)
            y = float(op.evaluate([np.float64(x) for x in numbers], example.params))
            slopes = by_entry(example, numbers, y)
            beside = [by_entry(example, numbers, y * (1 + far)) for far in (-NEAR, NEAR)]
        for k, (a, b) in enumerate(zip(got, [y, *slopes], strict=True)):
            slack = max(abs(other[k - 1] - b) for other in beside) if k else 0.0
            if is_near(0.0 if a is None else float(a), b, slack):
                continue
            where, what = ", ".join(map(repr, numbers)), "slope" if k else "output"
            yield Finding(
                outcome="wrong",
                check="generated code",
                message=f"at {where} its {what} is {a!r}, by the entry {b!r}",
                op=op.name,
                input=k - 1 if k else None,
                got=a,
                expected=repr(b),
            )
            return


def by_entry(example: Example, numbers: Sequence[Any], y: float) -> list[float]:
    """The slope by each input, as the rules have it of NumPy's numbers; 0 where there is none."""
    op = example.op
    before = (np.float64(y),) if op.has_partials else (1.0, np.float64(y))
    found = dict(op.run_rules(range(len(numbers)), list(map(np.float64, numbers)), example.params, *before))
    return [float(found.get(k, 0.0)) for k in range(len(numbers))]


def is_near(a: float, b: float, slack: float) -> bool:
    """Whether two floats are alike but for their last digits, and what those of the output make of them."""
    if math.isfinite(a) and math.isfinite(b):
        return not abs(a - b) > ULPS * max(math.ulp(a), math.ulp(b)) + slack
    return a == b or (math.isnan(a) and math.isnan(b))
