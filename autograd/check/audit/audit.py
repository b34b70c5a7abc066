"""audit: a gradient that somebody wrote by hand, against the gradient that the function has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from autograd.check.audit.case import Case, Explanation, chosen
from autograd.check.audit.classes import of_object
from autograd.check.audit.failures import CodeError, UnreadError, called
from autograd.check.audit.faults import factor_of, simple_faults
from autograd.check.audit.flows import Flows
from autograd.check.audit.forms import with_data, with_function, with_gradient
from autograd.check.audit.known import Known, known_gradient, verdicts
from autograd.check.audit.naming import name_of
from autograd.check.audit.network import DATA, TARGET, is_network
from autograd.check.audit.nodes import graph_of
from autograd.check.audit.penalties import penalty_faults
from autograd.check.audit.recorder import Recorder, run_on
from autograd.check.audit.routes import routed_faults
from autograd.check.audit.siblings import sibling_faults
from autograd.check.audit.subject import Subject
from autograd.check.references import chosen as references
from autograd.check.references.lines import slope
from autograd.check.references.taped import Taped
from autograd.check.report import Finding, Report
from autograd.check.run import collector_paused

#: The larger computations are proven or found wrong; where in the code is looked for in smaller ones.
TRACED = 100_000

#: How many numbers are computed at most to find a parameter in the place of another.
SIBLINGS = 1_000_000


def audit(f: Any, claimed: Any, *inputs: Any, loss: Callable[..., Any] | None = None, rng: Any = 0) -> Report:
    """Check a gradient that was written by hand: which parameter is wrong, where, by what factor, and which side is.

    ``f`` is plain NumPy code. What is claimed to be its gradient may be

    - a function of the same inputs that returns an array an input, or a dict of them by name: ``audit(f, grad, x, w)``;
    - arrays, in the order of the inputs, or a dict of them: ``audit(f, {"dw": dw}, x, w)``;
    - what ``f`` itself returns behind its loss, as in ``(loss, {"W1": …})``: ``audit(f, None, x, w)``;
    - the way back of a layer, ``forward(x, w) -> (out, cache)`` and ``backward(dout, cache) -> (dx, dw)``:
      ``audit(forward, backward, x, w)``;
    - what an object of a NumPy class does in a step: ``audit(net, None, X, y)``. It has methods called as people call
      them (``forward``, ``backward``, ``train`` …); gradients are returned, or kept (``self.dW1``, ``self.grads``), or
      seen in how the step changes ``self.W1``. Its loss is its method ``loss``, the function ``loss(out, y)`` that is
      given, or else the usual one that fits best.

    Parameters are found by name, in the signature, dicts, lists and attributes; ``W1`` has the gradient ``dW1``,
    ``grads["W1"]``, ``W1_grad`` and the like. One for which none came, beside others for which one did, is wrong too.

    >>> import numpy as np
    >>> def loss(w, x, y):
    ...     return np.mean((x @ w - y) ** 2)
    >>> def gradient(w, x, y):
    ...     return {"dw": 2 * x.T @ (x @ w - y)}
    >>> x, y = np.eye(3), np.array([1.0, 2.0, 4.0])
    >>> report = audit(loss, gradient, np.zeros(3), x, y)
    >>> finding = report.wrong[0]
    >>> finding.name, finding.element, finding.factor, finding.side, finding.hint
    ('w', (2,), 3.0, 'gradient', '3 times too large: the 1/3 of the mean over the batch is missing')

    Raises `ValueError` for what has none of these forms.
    """
    generator = np.random.default_rng(rng)
    name = f"audit of {name_of(f)}"
    try:
        subject = subject_of(f, claimed, inputs, loss, generator)
        if strange := list(strange_gradients(subject)):
            return Report(tuple(strange), {}, "", None, name)
        check_result(subject)
        if (unstable := unsteady(subject)) is not None:
            return Report((unstable,), {}, "", None, name)
        with collector_paused():
            known = known_gradient(subject, generator)
    except CodeError as error:
        finding = Finding(outcome="wrong", check="the code runs", message=str(error), source=error.source)
        return Report((finding,), {}, "", None, name)
    if not subject.is_rate_known:
        subject = with_rate(subject, {each: known.middles(each, np.shape(x)) for each, x in subject.parameters.items()})
    with collector_paused():
        return replace(judged_report(subject, known, name), graph=graph_of(subject))


def subject_of(f: Any, claimed: Any, inputs: Sequence[Any], loss: Callable[..., Any] | None, rng: Any) -> Subject:
    if is_network(f):
        if claimed is not None:
            raise ValueError(f"audit: expected None beside an object with forward and backward, got {claimed!r:.60}")
        try:
            return likeliest(list(of_object(f, loss, inputs, rng)), rng)
        except CodeError as error:
            unset = [name for name, x in getattr(f, "__dict__", {}).items() if x is None]
            if unset and isinstance(error.__cause__, TypeError | ValueError | AttributeError):
                raise UnreadError(
                    f"{error}: {', '.join(unset)} is None as yet", "audit an object that is ready"
                ) from error
            raise
    return the_right_one(of_function(f, claimed, inputs, rng), rng)


def of_function(f: Any, claimed: Any, inputs: Sequence[Any], rng: Any) -> list[Subject]:
    if claimed is None:
        return with_gradient(f, inputs)
    if callable(claimed):
        return with_function(f, claimed, inputs, rng)
    return with_data(f, claimed, inputs)


def the_right_one(subjects: Sequence[Subject], rng: np.random.Generator) -> Subject:
    """Of several ways to match gradients with parameters the one that all is right for, if there is just one.

    If there is none, the one in the order of the parameters, where all that is called as data are is left out.
    """
    if len(subjects) == 1:
        return subjects[0]
    slopes: dict[str, tuple[Any, float]] = {}
    for subject in subjects:
        for name in subject.claimed:
            if name not in slopes:
                direction = rng.uniform(0.5, 1.5, np.shape(subject.parameters[name]))
                slopes[name] = direction, slope_along(subject, name, direction)
    right = [subject for subject in subjects if all(is_along(subject, name, *slopes[name]) for name in subject.claimed)]
    order = list(slopes)
    others = [
        subject
        for subject in subjects
        if sorted(subject.claimed, key=order.index) == list(subject.claimed)
        and not any(DATA.fullmatch(name) or TARGET.fullmatch(name) for name in subject.claimed)
    ]
    likely = right or others
    if len(likely) == 1:
        return likely[0]
    ways = " or of ".join(", ".join(subject.claimed) for subject in subjects[:3])
    raise UnreadError(
        f"{subjects[0].name}: expected the names of the gradients, as by their shapes they may be of {ways}"
        f"{' or others' * (len(subjects) > 3)}",
        f"give them in a dict, as in {{'d{next(iter(subjects[0].claimed))}': …}}",
    )


def is_along(subject: Subject, name: str, direction: Any, slope: float) -> bool:
    """Whether a claimed gradient has this slope along a direction."""
    parts = np.asarray(subject.claimed[name], dtype=float) * direction
    scale = float(np.sum(np.abs(parts))) + abs(slope)
    return abs(float(np.sum(parts)) - slope) <= max(1e-5, 64 * float(np.finfo(subject.dtype).eps)) * scale


def likeliest(subjects: Sequence[Subject], rng: np.random.Generator) -> Subject:
    """Of several losses the one whose gradient is nearest to what is claimed, along some random directions."""
    if len(subjects) == 1:
        return subjects[0]
    directions = [
        (name, rng.uniform(0.5, 1.5, np.shape(x)))
        for name, x in subjects[0].parameters.items()
        if name in subjects[0].claimed
        for _ in range(1 if subjects[0].is_rate_known else 3)
    ]
    return min(subjects, key=lambda subject: mismatch(subject, directions))


def mismatch(subject: Subject, directions: Sequence[tuple[str, Any]]) -> float:
    """How far the claimed gradients are off along directions, together: each counts 0 to 1."""
    try:
        with np.errstate(all="ignore"):  # of a loss that these outputs are not for
            got = np.array([float(np.sum(subject.claimed[name] * d)) for name, d in directions])
            slopes = np.array([slope_along(subject, name, d) for name, d in directions])
            ratios = got / slopes
            rates = [1.0] if subject.is_rate_known else ratios
            return min(float(np.minimum(np.nan_to_num(np.abs(ratios / r - 1), nan=1.0), 1.0).sum()) for r in rates)
    except Exception:  # another loss, another shape
        return float(len(directions))


def slope_along(subject: Subject, name: str, direction: Any) -> float:
    value = subject.parameters[name]
    line = lambda h: subject.scalar({**subject.parameters, name: value + h * direction})  # noqa: E731
    return float(slope(line, 0.1).value.value)


def with_rate(subject: Subject, true: Mapping[str, Any]) -> Subject:
    """The claimed gradients without the learning rate that the updates hide: the factor of the one that has it best."""
    found = []
    for name, claimed in subject.claimed.items():
        x = true[name]
        if np.shape(claimed) == np.shape(x) and np.isfinite(x).all() and np.any(x):
            factor = float(np.sum(claimed * x) / np.sum(x * x))
            if factor > 0 and np.isfinite(factor):
                residual = float(np.sum((claimed / factor - x) ** 2) / np.sum(x * x))
                fits = residual < 1e-12  # as one number alone always does
                found.append((not fits, -np.size(x) if fits else residual, factor))
    if not found:
        return subject
    *_, rate = min(found)
    scaled = {name: x / rate for name, x in subject.claimed.items()}
    slack = {name: x / rate for name, x in subject.slack.items()}
    against = f"{subject.against}, with a learning rate of {rate:.6g}".removeprefix(", ")
    return replace(subject, claimed=scaled, slack=slack, against=against, is_rate_known=True)


def strange_gradients(subject: Subject) -> Iterator[Finding]:
    """Said of claimed gradients that are not made of real numbers."""
    for name, claimed in subject.claimed.items():
        if (what := strange(claimed)) is not None:
            message = f"expected real numbers, got {what}"
            yield Finding(outcome="wrong", check="claimed gradient", message=message, name=name, side="gradient")


def check_result(subject: Subject) -> None:
    """Raises `ValueError` if the function gives no real numbers."""
    y = called(subject.name, subject.run, subject.parameters)
    what = "None" if y is None else strange(y)
    if what is not None:
        raise UnreadError(
            f"{subject.name}: expected a real number as the result, got {what}",
            "return the number that the gradient is of",
        )


def strange(x: Any) -> str | None:
    """What something is that is not made of real numbers."""
    array = np.asarray(x, dtype=object if isinstance(x, list | tuple) else None)
    if array.dtype.kind in "fiub":
        return None
    if array.dtype.kind == "c":
        imaginary = array.reshape(-1)[np.argmax(np.abs(array.imag))] if np.any(array.imag) else None
        return None if imaginary is None else f"complex ones, as {imaginary:.6g}"
    if array.dtype.kind in "SU":
        return f"text, {x!r:.60}"
    numbers = (int, float, np.number, np.bool_, np.ndarray)
    odd = next((each for each in array.reshape(-1) if not isinstance(each, numbers)), None)
    if odd is None and array.size:
        try:
            return None if np.asarray(x).dtype.kind in "fiubO" else strange(np.asarray(x))
        except ValueError:  # ragged
            return f"arrays of several shapes, {x!r:.60}"
    return None if not array.size else f"{type(odd).__name__}, {odd!r:.60}"


def unsteady(subject: Subject) -> Finding | None:
    """Said of code that gives another number each time."""
    with np.errstate(all="ignore"):
        first, second = subject.scalar(subject.parameters), subject.scalar(subject.parameters)
    if first == second or (first != first and second != second):
        return None
    message = f"{subject.name} gives {first!r} and then {second!r}: seed its random numbers within it"
    return Finding(outcome="inconclusive", check="deterministic", message=message)


def judged_report(subject: Subject, known: Known, name: str) -> Report:
    """The verdict on each element, and the explanation of what is wrong."""
    absent = list(absences(subject, known))
    subject = replace(subject, parameters={name: subject.parameters[name] for name in subject.claimed})
    claimed = {name: fitted_shape(x, subject.parameters[name]) for name, x in subject.claimed.items()}
    true = {name: known.middles(name, np.shape(x)) for name, x in subject.parameters.items()}
    judged = {name: verdicts_of(subject, known, name, claimed[name]) for name in claimed}
    wrong = [name for name, found in judged.items() if found is None or "off" in found.values()]
    case = Case(subject, claimed, true, wrong)
    reasons = explained(case, known.numbers) if wrong else {}
    findings = [
        finding
        for parameter in claimed
        for finding in findings_of(case, known, parameter, judged[parameter], reasons.get(parameter))
    ]
    findings += absent
    findings += [Finding(outcome="missing", check="claimed gradient", message=note) for note in subject.notes]
    checked = {"parameter": len(claimed), "element": sum(len(parts) for parts in known.parts.values())}
    by = known.name + (f", {subject.against}" if subject.against else "")
    return Report(tuple(findings), checked, by, None, name)


def absences(subject: Subject, known: Known) -> Iterator[Finding]:
    """The parameters that have a gradient, and none was claimed."""
    for name in subject.unclaimed:
        true = known.middles(name, np.shape(subject.parameters[name]))
        found = verdicts_of(subject, known, name, np.zeros(true.shape)) or {}
        places = [place for place, verdict in found.items() if verdict == "off"]
        if not places:
            continue
        largest = max(places, key=lambda place: abs(true.flat[place]))
        text = known.arithmetic.text(known.parts[name][largest])
        several = f"; {len(places)} of {true.size} elements" if true.size > 1 else ""
        yield Finding(
            outcome="wrong" if subject.is_all_asked else "missing",
            check="claimed gradient",
            message=f"no gradient came; {known.word} {text}{several}",
            name=name,
            element=tuple(map(int, np.unravel_index(largest, true.shape))) if true.shape else None,
            expected=text,
            side="gradient" if subject.is_all_asked else None,
        )


def fitted_shape(claimed: Any, parameter: Any) -> Any:
    """A claimed gradient as an array of floats; axes of length 1 are nobody's fault."""
    array = np.asarray(np.real(claimed), dtype=float)
    shape = np.shape(parameter)
    if array.shape != shape and [n for n in array.shape if n != 1] == [n for n in shape if n != 1]:
        return array.reshape(shape)
    return array


def verdicts_of(subject: Subject, known: Known, name: str, claimed: Any) -> dict[int, str] | None:
    """The verdicts on the elements that are not right; None of an array of another shape."""
    shape = np.shape(subject.parameters[name])
    if claimed.shape != shape:
        return None
    slack = np.broadcast_to(subject.slack.get(name, 0.0), shape).reshape(-1)
    return verdicts(known, name, shape, claimed.reshape(-1), subject.dtype, slack)


def explained(case: Case, numbers: int | None) -> dict[str, Explanation]:
    """What each wrong parameter suffers from, where it is a fault that is known.

    ``numbers``: how many the code computes, where it runs on those of a reference.
    """
    is_traced = numbers is not None and numbers <= TRACED
    flows = traced(case.subject) if is_traced else None
    with np.errstate(all="ignore"):
        routes = routed_faults(case, flows) if flows is not None else ()
        found = chosen(case.wrong, chain(simple_faults(case), penalty_faults(case, flows), routes))
    if is_traced and (len(set(found.values())) > 1 or len(found) < len(case.wrong)):
        found |= chosen(case.wrong, sibling_faults(case, SIBLINGS // max(numbers or 1, 1)))
    return found


def traced(subject: Subject) -> Flows | None:
    """What flows where in the code; None where it does not run on numbers that tell."""
    reference = next((each for each in references(None) if isinstance(each, Taped)), None)
    if reference is None:
        return None
    try:
        with reference.make(reference.bits[0]) as arithmetic:
            return Flows(run_on(Recorder(arithmetic, with_places=True), subject))
    except Exception:  # a person's code may do anything with a number that is none
        return None


def findings_of(
    case: Case, known: Known, name: str, verdicts: dict[int, str] | None, reason: Explanation | None
) -> Iterator[Finding]:
    """The worst element of a parameter for each outcome that it has."""
    claimed, true = case.claimed[name], case.true[name]
    shape = np.shape(case.subject.parameters[name])
    if verdicts is None:
        message = f"expected a gradient of shape {shape}, got {claimed.shape}"
        yield finding_with(reason, case, name, "wrong", message)
        return
    with np.errstate(invalid="ignore"):
        error = np.abs(claimed - true).reshape(-1)
    for outcome, verdict in (
        ("wrong", "off"),
        ("inconclusive", "undecided"),
        ("imprecise", "imprecise"),
        ("kink", "kink"),
    ):
        places = [place for place, found in verdicts.items() if found == verdict]
        if not places:
            continue
        worst = max(places, key=lambda place: error[place] if np.isfinite(error[place]) else np.inf)
        got, raw = float(claimed.reshape(-1)[worst]), known.parts[name][worst]
        text = known.arithmetic.text(raw)
        several = f"; {len(places)} of {true.size} elements" if true.size > 1 else ""
        finding = finding_with(
            reason if verdict == "off" else None, case, name, outcome, f"got {got!r}, {known.word} {text}{several}"
        )
        factor = factor_of(got, float(true.reshape(-1)[worst])) if verdict == "off" else None
        yield replace(
            finding,
            element=tuple(map(int, np.unravel_index(worst, shape))) if shape else None,
            got=got,
            expected=text,
            factor=factor,
            slopes=known.sides[name][worst] if verdict == "kink" else None,
        )


def finding_with(reason: Explanation | None, case: Case, name: str, outcome: Any, message: str) -> Finding:
    """A finding. Without an explanation the gradient is to blame if that of another parameter is right."""
    side = reason.side if reason is not None else "gradient" if case.right and outcome == "wrong" else None
    return Finding(
        outcome=outcome,
        check="claimed gradient",
        message=message,
        name=name,
        source=None if reason is None else reason.source,
        hint=None if reason is None else reason.words or None,
        side=side,
    )
