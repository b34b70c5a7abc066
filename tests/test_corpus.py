"""The gradient checker, measured on seeded bugs and on correct but awkward functions: see `corpus`.

The corpus is tested first: every bug breaks what it says, every other function is right, against differences of the
forward functions in 1,200 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from corpus.model import Place
from corpus.oracle import EXACT, along, distance, parts, second, slopes, weights
from corpus.ours import BUGS, LOSSY_TRUTH, RIGHT, Case

import autograd
from autograd import Node, Tensor, Value, gradients, jvp, tree

each_bug = pytest.mark.parametrize("case", BUGS, ids=str)
each_right = pytest.mark.parametrize("case", RIGHT, ids=str)


# The checker.


@each_bug
def test_every_bug_is_caught_and_placed(case: Case) -> None:
    from autograd.check import gradcheck

    with opened(case) as (f, inputs):
        report = gradcheck(f, *inputs, order=case.order)
        assert not report
        assert case.place is not None
        assert any(is_at(finding, case.place) for finding in report.wrong), str(report)
        if case.place.op is not None:  # and no edge that is right is called wrong
            local = {finding.op for finding in report.wrong if finding.check == "local derivative"}
            assert local <= {case.place.op}, str(report)


@each_right
def test_no_right_function_raises_an_alarm(case: Case) -> None:
    from autograd.check import gradcheck

    with opened(case) as (f, inputs):
        report = gradcheck(f, *inputs)
        assert report, str(report)
        assert not report.wrong


def is_at(finding: Any, place: Place) -> bool:
    """Whether a finding points there."""
    return (
        (place.op is None or finding.op == place.op)
        and (place.input is None or finding.input is None or finding.input == place.input)
        and (place.element is None or finding.element == place.element)
        and finding.check.startswith(place.checks)
    )


# The corpus.

FIRST = ("backward", "seeded", "gradients", "recorded", "jvp")
ALL = (*FIRST, "second", "forward_over_reverse")


def total(result: Any) -> Any:
    """As in the oracle, of nodes: the sum of every element of every output, each with a weight of its own."""
    leaves = [x for x in tree.flatten(result)[0] if isinstance(x, Node)]
    flat = weights(sum(x.size for x in leaves))
    terms, start = [], 0
    for x in leaves:
        by = np.reshape(flat[start : start + x.size], x.shape)
        terms.append(x * float(by) if isinstance(x, Value) else (x * by.astype(x.dtype)).sum())
        start += x.size
    return sum(terms[1:], terms[0])


def data(x: Any) -> Any:
    return x.data if isinstance(x, Node) else x


def derivative(way: str, f: Callable[..., Any], inputs: Any) -> list[Any]:
    """The gradient of ``total(f(*inputs))``, or its change along a direction, by one way of the engine."""
    leaves = [x for x in inputs if isinstance(x, Node)]
    arrays = [x.data for x in leaves]

    def run(*xs: Any) -> Any:
        moved = iter(xs)
        return total(f(*[next(moved) if isinstance(x, Node) else x for x in inputs]))

    y = run(*leaves)
    if way in ("backward", "seeded"):
        y.backward(2.0 if way == "seeded" else None)
        factor = 2 if way == "seeded" else 1
        return [np.zeros(x.shape) if x.grad is None else x.grad / factor for x in leaves]
    if way in ("gradients", "recorded"):
        return list(map(data, gradients(y, leaves, create_graph=way == "recorded")))
    if way == "jvp":
        found = []
        for k, x in enumerate(arrays):
            column = np.zeros(np.shape(x))
            for index in np.ndindex(np.shape(x)):
                unit = [np.zeros_like(other) for other in arrays]
                unit[k][index] = 1
                tangents = tuple(
                    t if isinstance(a, np.ndarray) else float(t) for t, a in zip(unit, arrays, strict=True)
                )
                column[index] = data(jvp(run, tuple(arrays), tangents)[1])
            found.append(column)
        return found
    directions = along(arrays)
    if way == "second":
        firsts = gradients(y, leaves, create_graph=True)
        along_them = sum(
            ((g * t).sum() if isinstance(g, Tensor) else g * float(t)) for g, t in zip(firsts, directions, strict=True)
        )
        return list(map(data, gradients(along_them, leaves)))
    tangents = tuple(t if isinstance(a, np.ndarray) else float(t) for t, a in zip(directions, arrays, strict=True))
    moved = jvp(lambda *xs: gradients(run(*xs), list(xs), create_graph=True), tuple(arrays), tangents)[1]
    return list(map(data, moved))


def tolerance(inputs: Any) -> float:
    """Far above rounding, and far below every bug."""
    return max(
        [{2: 4e-3, 4: 2e-6, 8: 2e-12}[np.asarray(data(x)).dtype.itemsize] for x in inputs if isinstance(x, Node)]
    )


@contextmanager
def opened(case: Case) -> Iterator[tuple[Callable[..., Any], Any]]:
    """The function and its inputs; what NumPy says to infinities and NaNs that belong to it is not the matter here."""
    with case.open() as built, np.errstate(all="ignore"):
        yield built


def broken(case: Case, ways: Any, truth: Callable[..., Any]) -> set[str]:
    """The ways that do not give the true derivative, each tried from the start; one that raises gives none."""
    with opened(case) as (_, inputs):
        numbers = [data(x) for x in inputs]
        limit = tolerance(inputs)
    first = slopes(truth, numbers)
    found = set()
    for way in ways:
        expected = first if way in FIRST else second(truth, numbers)
        with opened(case) as (f, inputs):
            try:
                got = derivative(way, f, inputs)
            except (autograd.AutogradError, ArithmeticError):
                found.add(way)
                continue
        if max(map(distance, got, expected), default=0.0) > limit:
            found.add(way)
    return found


def truth_of(case: Case) -> Callable[..., Any]:
    """The function over numbers of 1,200 digits."""
    source = case.source
    if isinstance(source, tuple):
        return lambda *xs: source[0](EXACT, *xs)
    if hasattr(source, "entry"):
        forward = source.entry(EXACT, EXACT)[0]
        return lambda *xs: source.around(EXACT, forward, *xs)
    program = LOSSY_TRUTH.get(source.name) or getattr(source, "truth", None) or source.program
    return lambda *xs: program(EXACT, *xs)


def has_rule(case: Case) -> bool:
    return hasattr(case.source, "entry") and case.source.is_right


@pytest.mark.parametrize("case", [case for case in BUGS if has_rule(case) and case.order == 1], ids=str)
def test_every_wrong_rule_gives_a_wrong_gradient(case: Case) -> None:
    assert broken(case, FIRST, truth_of(case))


@pytest.mark.parametrize("case", [case for case in BUGS if has_rule(case) and case.order == 2], ids=str)
def test_bugs_of_the_second_order_are_right_to_the_first(case: Case) -> None:
    assert not broken(case, ("backward", "gradients", "recorded"), truth_of(case))
    assert broken(case, ("second",), truth_of(case))


@pytest.mark.parametrize("case", [case for case in BUGS if case.breaks], ids=str)
def test_faults_of_the_engine_break_these_ways_and_no_others(case: Case) -> None:
    ways = ALL if case.order == 2 or "forward_over_reverse" in case.breaks else FIRST
    found = broken(case, ways, truth_of(case)) | contracts(case)
    assert found == case.breaks, found


def contracts(case: Case) -> set[str]:
    """What a gradient may be besides wrong."""
    with opened(case) as (f, inputs):
        leaves = [x for x in inputs if isinstance(x, Tensor)]
        total(f(*inputs)).backward()
        came = [(x, x.grad) for x in leaves if x.grad is not None]
    found = {"dtype" for x, grad in came if (grad.shape, grad.dtype) != (x.shape, x.dtype)}
    return found | ({"aliased"} if len(came) > 1 and np.shares_memory(*[grad for _, grad in came]) else set())


@pytest.mark.parametrize("case", [case for case in BUGS if hasattr(case.source, "program")], ids=str)
def test_every_lost_gradient_is_wrong(case: Case) -> None:
    assert broken(case, FIRST, truth_of(case)) == set(FIRST)


@pytest.mark.parametrize("case", [case for case in BUGS if not getattr(case.source, "is_right", True)], ids=str)
def test_a_function_that_changes_is_another_at_every_call(case: Case) -> None:
    with opened(case) as (f, inputs):
        assert not np.array_equal(f(*inputs).data, f(*inputs).data)


def test_a_bug_leaves_the_table_and_the_engine_as_they_were() -> None:
    operations = set(autograd.table)
    for case in BUGS:
        with case.open():
            pass
        assert set(autograd.table) == operations
    for way in FIRST:
        for case in RIGHT[:3]:
            assert not broken(case, (way,), truth_of(case))


@pytest.mark.parametrize("case", [case for case in RIGHT if case.source is not None], ids=str)
def test_every_awkward_function_is_right(case: Case) -> None:
    truth = truth_of(case)
    if not case.source.has_kink:
        assert not broken(case, FIRST, truth)
        return
    with opened(case) as (f, inputs):
        numbers = [data(x) for x in inputs]
        sides = [slopes(truth, numbers, side) for side in ((1, 0), (0, -1))]
        for way in ("backward", "recorded"):
            for got, *ends in zip(derivative(way, f, inputs), *sides, strict=True):
                low, high = (np.asarray(end(*ends), dtype=float) for end in (np.minimum, np.maximum))
                assert np.all((low - 1e-12 <= got) & (got <= high + 1e-12))


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(BUGS) >= 70
    assert len(RIGHT) >= 45
    assert len({case.name for case in BUGS}) == len(BUGS)
    assert len({case.name for case in RIGHT}) == len(RIGHT)
    assert parts((1, 2)) == [1, 2]
