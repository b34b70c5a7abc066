"""gradcheck: trace a function, replay its graph in the arithmetic of a reference, and compare every edge."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.check.contracts.function_scenarios import scenario_findings
from autograd.check.contracts.functions import contract_findings
from autograd.check.contracts.operations import call_contracts
from autograd.check.contracts.plain_function import AT_A_POINT
from autograd.check.contracts.samples import samples_of
from autograd.check.contracts.surroundings import leaving_all_as_it_was
from autograd.check.local import Checker
from autograd.check.references import chosen
from autograd.check.references.taped import Taped
from autograd.check.report import Finding, Report
from autograd.check.run import Run, Stale, collector_paused, located, name_of
from autograd.check.scalars import plainly_right
from autograd.check.second import recorded_graph, second_findings
from autograd.check.sweeps import other_sweeps, sum_findings
from autograd.check.swept import Stopped
from autograd.check.whole import whole_findings
from autograd.errors import DTypeError, short_repr


@leaving_all_as_it_was
def gradcheck(
    f: Callable[..., Any], *inputs: Any, order: int = 1, reference: str | None = None, rng: Any = 0
) -> Report:
    """Check the gradient of ``f(*inputs)``: every edge of its graph, every sum on the way back, and the whole.

    Inputs are floats, arrays of floats, Values, Tensors, Modules, and trees of these; whatever else they hold is passed
    on. ``f`` gets nodes of its own in their places, and may be a Module itself. What is checked is every tracked leaf
    that the result depends on, be it an argument, a parameter, or a node that ``f`` closes over. The result may be of
    any shape, and a tree; it is pulled back from random cotangents, drawn by ``rng``.

    It gives a report and raises nothing where the gradient is wrong: a test says ``assert gradcheck(f, x)``, or
    ``gradcheck(f, x).raise_if_failed()``, whose failure is the whole report.

    ``reference`` is one of "balls", "digits", "complex step" and "differences"; None takes the best that is installed
    and knows an operation. ``order=2`` checks the gradient of the gradient too.

    >>> import numpy as np
    >>> report = gradcheck(lambda W, x: np.tanh(W @ x), np.ones((2, 3)) / 3, np.array([0.5, -1.0, 2.0]))
    >>> bool(report), report.checked["edge"]
    (True, 3)

    Raises `GraphError` if the result depends on no tracked leaf, `DTypeError` if ``f`` does not take these inputs.
    """
    expect_call(f, inputs)
    if order not in (1, 2):
        raise ValueError(f"gradcheck: expected order=1 or order=2, got {order!r}")
    references = chosen(reference)
    counts: Counter[str] = Counter()
    used: dict[str, None] = {}
    try:
        runs = Run.of(f, inputs, rng)
    except Stale as stale:
        return Report((stale.finding,), name=f"gradcheck of {name_of(f)}")
    with collector_paused():
        findings = [finding for run in runs for finding in check_run(run, references, counts, used)]
        if order == 2:
            for run in runs:
                findings += check_second(run, references, np.random.default_rng(rng), counts, used)
        if not any(is_wrong_rule(finding) for finding in findings):  # it would show in all that follows
            findings += contract_findings(f, inputs, runs, rng, counts)
            if order == 2:
                findings += [finding for run in runs for finding in of_rules(run, np.random.default_rng(rng), counts)]
            at = {finding.op for finding in findings if finding.outcome == "kink"}  # the operations that it is told of
            found = scenario_findings(f, inputs, runs, rng, counts, order)
            if at:
                found = [at_kinks(finding, at) for finding in found if is_said_at_kinks(finding)]
            findings += found
    findings = without_consequences(findings)
    if findings and not runs[0].is_traced:  # to say where
        runs = Run.of(f, inputs, rng, traced=True)
        findings = [located(finding, runs) for finding in findings]
    return Report(tuple(findings), dict(counts), ", ".join(used), runs[0].graph, name=f"gradcheck of {name_of(f)}")


def expect_call(f: Any, inputs: Sequence[Any]) -> None:
    """Refuse what cannot be called as ``f(*inputs)``, before anything runs.

    >>> expect_call(lambda x, y: x * y, [(1.0, 2.0)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd.errors.DTypeError: gradcheck: expected the inputs of <lambda>(x, y), got a tuple of 2 (missing ...
    """
    if not callable(f):
        raise DTypeError(f"gradcheck: expected a function, got {short_repr(f)}: gradcheck(f, x, y) checks f(x, y)")
    try:
        signature = inspect.signature(f, follow_wrapped=False)
    except (TypeError, ValueError):  # some functions written in C have none
        return
    try:
        signature.bind(*inputs)
    except TypeError as error:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [name for name, x in signature.parameters.items() if x.kind in kinds and x.default is x.empty]
        came = [f"a {type(x).__name__}" + (f" of {len(x)}" if isinstance(x, tuple | list) else "") for x in inputs]
        raise DTypeError(
            f"gradcheck: expected the inputs of {name_of(f)}({', '.join(names)}), got {', '.join(came) or 'none'} "
            f"({error}): give them one by one, as in gradcheck({', '.join(['f', *names])})"
        ) from None


def is_said_at_kinks(finding: Finding) -> bool:
    """Whether it is no kink again, and no second derivative, which there is none of."""
    return finding.outcome != "kink" and not (finding.hint == AT_A_POINT and finding.check.endswith("second order"))


def at_kinks(finding: Finding, at: Collection[str | None]) -> Finding:
    """What is said where operations are at a kink.

    The function as a whole may have a slope that is not what theirs come to; arrays and the numbers that they are made
    of may share a tie in other ways.
    """
    if finding.hint == AT_A_POINT:
        return replace(finding, outcome="inconclusive")
    is_shared = finding.check == "scenario: scalar graph" and finding.outcome == "wrong" and finding.op in {*at, None}
    return replace(finding, outcome="kink") if is_shared else finding


def without_consequences(findings: list[Finding]) -> list[Finding]:
    """Of a function that is another each time that alone: no two runs of it can be compared."""
    unstable = [finding for finding in findings if finding.check == "deterministic" and finding.outcome == "wrong"]
    return unstable or findings


def is_wrong_rule(finding: Finding) -> bool:
    return finding.outcome == "wrong" and finding.check.endswith(("local derivative", "second order"))


def of_rules(run: Run, rng: np.random.Generator, counts: Counter[str]) -> Iterator[Finding]:
    """What the operations break of the contracts that stand in the recorded gradient alone: rules are made of them."""
    own = recorded_graph(run, rng)
    known = {equation.op for equation in run.graph.equations}
    for sample in () if own is None else samples_of(own, rng):
        if sample.op not in known:
            for finding in call_contracts(sample, rng, counts):
                yield replace(finding, node=None, name=None)


def check_second(
    run: Run, references: Sequence[Any], rng: np.random.Generator, counts: Counter[str], names: dict[str, None]
) -> list[Finding]:
    """The recorded gradient edge by edge, and as a whole against the second derivative."""
    taped = next((each for each in references if isinstance(each, Taped)), None)
    if taped is None:
        return [Finding(outcome="missing", check="second order", message="it needs balls or digits")]
    return second_findings(Checker(run.graph, references), run, taped, rng, counts)


def check_run(run: Run, references: Sequence[Any], counts: Counter[str], names: dict[str, None]) -> list[Finding]:
    graph = run.graph
    checker = Checker(graph, references)
    try:
        adjoints, events = run.swept
    except Stopped as stop:
        kind = type(stop.error).__name__
        return [checker.finding(stop.node, "wrong", "local derivative", f"a rule raised {kind}: {stop.error}")]
    findings = sum_findings(checker, adjoints, events, run.seed)
    by_node: dict[int, dict[int, Any]] = {}
    for event in events:
        by_node.setdefault(event.node, {})[event.input] = event.contribution
    is_scalar = all(slopes is not None for slopes in graph.slopes)
    taped = next((each for each in references if isinstance(each, Taped)), None)
    proven: set[int] = set()
    if is_scalar and taped is not None:
        proven, checker.edges = plainly_right(graph, taped)
        checker.values = len(proven)
        checker.used |= {taped.name: checker.edges} if proven else {}
    for index, equation in enumerate(graph.equations):
        if equation.op is None or adjoints[index] is None or index in proven:
            continue
        if is_scalar:
            slopes = graph.slopes[index] or ()
            findings += checker.check(index, 1.0, dict(enumerate(slopes)))
        else:
            findings += checker.check(index, adjoints[index], by_node.get(index, {}))
    counts["value"] += checker.values
    counts["edge"] += checker.edges
    findings += other_sweeps(checker, run, adjoints, counts)
    names |= dict.fromkeys(checker.used)
    if taped is not None:
        findings += whole_findings(checker, run, taped, adjoints, counts, already=bool(findings))
    return findings
