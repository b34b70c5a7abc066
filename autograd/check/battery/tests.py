"""Battery: all that is asked of one operation, as tests that pytest collects from one line."""

from __future__ import annotations

import linecache
import traceback
import unittest
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from autograd.check.battery.declared import (
    domain_findings,
    grid,
    kink_findings,
    linear_findings,
    mask_findings,
    shape_findings,
    unused_findings,
)
from autograd.check.battery.examples import Example, bound, drawn
from autograd.check.battery.forms import code_findings, form_findings
from autograd.check.contracts.scenarios import op_findings
from autograd.check.gradcheck import check_run, check_second
from autograd.check.references import chosen
from autograd.check.report import Finding, Report
from autograd.check.run import Run, Stale, collector_paused
from autograd.errors import AutogradError, DTypeError, short_repr
from autograd.op import Op
from autograd.state import author_of, file_or_cell

#: To how many elements calls are looked at one number at a time, and to the second order.
FEW = 30

#: How many calls are looked at to the second order.
SECOND = 4

#: Shapes that are broadcast together.
STRETCHED: Sequence[tuple[int, ...]] = ((), (3,), (2, 1), (1, 3))


class Battery:
    """An operation, the calls that it is tested on, and what is asked of each."""

    def __init__(self, op: Op, calls: Sequence[Any] | None = None, rng: Any = 0) -> None:
        self.op = op
        self.given = None if calls is None else bound(op, calls)
        self.rng = rng

    @cached_property
    def examples(self) -> list[Example]:
        return drawn(self.op) if self.given is None else self.given

    @cached_property
    def references(self) -> Sequence[Any]:
        return chosen(None)

    def special(self, **wishes: bool) -> list[Example]:
        """Calls where an operation is hard: drawn ones alone."""
        return [] if self.given is not None else drawn(self.op, **wishes)

    def report(self, what: Any, section: str, findings: Iterable[Finding]) -> Report:
        """A report of findings that are about no graph."""
        return Report(tuple(findings), {section: 1}, name=f"op_tests: {section} of {what}")

    # What is asked. Each gives a report a call.

    def tensors(self) -> Iterator[Report]:
        for example in self.examples:
            yield checked(example)

    def values(self) -> Iterator[Report]:
        for example in self.examples:
            if example.size <= FEW:
                yield checked(example, of_numbers=True)

    def second_order(self) -> Iterator[Report]:
        for example in [example for example in self.examples if example.size <= FEW][-SECOND:]:
            yield checked(example, order=2)

    def single_precision(self) -> Iterator[Report]:
        yield from (checked(example.of_dtype(np.float32)) for example in self.examples)

    def half_precision(self) -> Iterator[Report]:
        yield from (checked(example.of_dtype(np.float16)) for example in self.examples)

    def kinks_and_ties(self) -> Iterator[Report]:
        for example in self.special(at_kinks=True):
            yield checked(example)
            if example.size <= FEW:
                yield checked(example, of_numbers=True)

    def edges(self) -> Iterator[Report]:
        for example in self.special(edges=True):
            yield checked(example)

    def domain(self) -> Iterator[Report]:
        """Everywhere in the domain, on Tensors and, at a few points, on Values."""
        if not self.op.is_elementwise or self.op.arity is None:
            return
        yield self.report(self.op.name, "domain", domain_findings(self.op))
        points = grid(self.op)
        columns = [np.array(column) for column in zip(*points, strict=True)]
        yield checked(Example(self.op, columns, {}))
        yield checked(Example(self.op, [column[::7] for column in columns], {}), of_numbers=True)

    def broadcasting(self) -> Iterator[Report]:
        """Inputs of every two shapes that are stretched to each other."""
        if not self.op.is_elementwise or self.op.arity is None or self.op.arity < 2:
            return
        columns = list(zip(*grid(self.op)[:: max(len(grid(self.op)) // 40, 1)], strict=True))
        for shapes in product(STRETCHED, repeat=2):
            inputs = [np.resize(column, shapes[k % 2]) for k, column in enumerate(columns)]
            yield checked(Example(self.op, inputs, {}))

    def contracts_and_scenarios(self) -> Iterator[Report]:
        for example in self.examples:
            counts: Counter[str] = Counter()
            findings = tuple(op_findings(self.op, example.inputs, example.params, self.rng, counts))
            yield Report(findings, dict(counts), name=f"op_tests: contracts and scenarios of {example}")

    def forms_of_rules(self) -> Iterator[Report]:
        for example in self.examples:
            if example.size <= FEW:
                yield self.report(example, "rule", form_findings(example, self.references))

    def generated_code(self) -> Iterator[Report]:
        for example in self.examples:
            yield self.report(example, "generated code", code_findings(example, self.references))

    def declared_kinks(self) -> Iterator[Report]:
        if self.op.is_elementwise and self.op.arity is not None:
            yield self.report(self.op.name, "kinks", kink_findings(self.op, self.references))

    def declared_linear(self) -> Iterator[Report]:
        for example in self.examples if self.op.linear != "no" else ():
            yield self.report(example, "linear", linear_findings(example, np.random.default_rng(self.rng)))

    def declared_shape(self) -> Iterator[Report]:
        for example in self.examples if self.op.shape is not None else ():
            yield self.report(example, "shape", shape_findings(example))

    def declared_masks(self) -> Iterator[Report]:
        for example in self.examples:
            yield self.report(example, "masks", mask_findings(example, np.random.default_rng(self.rng)))
        yield self.report(
            self.op.name, "masks", unused_findings(self.op, self.examples, np.random.default_rng(self.rng))
        )


Section = Callable[[Battery], Iterator[Report]]

SECTIONS: Mapping[str, Section] = {
    name: getattr(Battery, name)
    for name in (
        "tensors",
        "values",
        "second_order",
        "single_precision",
        "half_precision",
        "kinks_and_ties",
        "edges",
        "domain",
        "broadcasting",
        "contracts_and_scenarios",
        "forms_of_rules",
        "generated_code",
        "declared_kinks",
        "declared_linear",
        "declared_shape",
        "declared_masks",
    )
}

#: What is asked of an operation that has no derivative, as a comparison.
FLAT = ("contracts_and_scenarios", "declared_shape")


def checked(example: Example, of_numbers: bool = False, order: int = 1) -> Report:
    """The gradient of a call, as `gradcheck` does it: of arrays as Tensors, or of each number as a Value.

    Not so the contracts and scenarios, which have a section of their own.
    """
    name = f"op_tests: {example}, on {'Values' if of_numbers else 'Tensors'}"
    if not example.wanted:
        return Report(name=name)
    function = example.function_of_numbers() if of_numbers else example.function()
    numbers = [x.ravel().tolist() for x in example.arguments] if of_numbers else example.arguments
    counts: Counter[str] = Counter()
    used: dict[str, None] = {}
    references, rng = chosen(None), np.random.default_rng(0)
    try:
        with np.errstate(all="ignore"), collector_paused():  # what is beyond the floats is looked at, too
            runs = Run.of(function, numbers, 0)
            findings = [finding for run in runs for finding in check_run(run, references, counts, used)]
            for run in runs if order == 2 else ():
                findings += check_second(run, references, rng, counts, used)
    except Stale as stale:
        return Report((stale.finding,), name=name)
    except (AutogradError, TypeError) as error:
        if of_numbers or any(x.dtype != np.float64 for x in example.arguments):  # NumPy has not all for these
            said = f"{type(error).__name__}: {error}"
            return Report((Finding(outcome="missing", check="value", message=said, op=example.op.name),), name=name)
        raise
    return Report(tuple(findings), dict(counts), ", ".join(used), runs[0].graph, name)


def op_tests(op: Op, *, calls: Sequence[Any] | None = None, rng: Any = 0) -> type:
    """The whole battery for an operation, as tests: a line of a test file, ``test_mine = check.op_tests(mine)``.

    It is a class with a test for each thing that is asked: whether gradients are right on Tensors and on Values, to the
    second order, in single and half precision, at kinks and edges, everywhere in the domain, for shapes that are
    broadcast; whether contracts are kept and all ways to a number agree; whether each form of a rule is the derivative,
    and the generated code the rule; whether what the entry declares (domain, kinks, linear, shape, masks) is so. What
    cannot be asked of this operation is skipped, with the reason.

    Calls are drawn as `autograd.check.strategies.calls` draws them, the same ones each time; an operation whose calls
    it does not know is entered there (``enter_row``), or is given some: ``calls`` are pairs of the arguments in order
    and those by name, ``((x,), {"axis": 0})``.

    >>> import autograd
    >>> test_tanh = op_tests(autograd.tanh)
    >>> test_tanh().test_tensors()

    Raises `DTypeError` for what is no operation, and for calls that are none.
    """
    if not isinstance(op, Op):
        raise DTypeError(f"op_tests: expected an operation of the table, got {short_repr(op)}")
    battery = Battery(op, calls, rng)
    sections = {name: section for name, section in SECTIONS.items() if not op.is_flat or name in FLAT}
    tests = {f"test_{name}": test_of(battery, section) for name, section in sections.items()}
    return type(f"op_tests of {op.name}", (), {"__test__": True, "__doc__": f"The battery for {op.name}.", **tests})


def test_of(battery: Battery, section: Section) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        __tracebackhide__ = True  # pytest shows the report
        reports = []
        for report in caught(battery, section):
            report.raise_if_failed()
            reports.append(report)
        if not any(count for report in reports for count in report.checked.values()):
            said = [finding.message for report in reports for finding in report.missing]
            raise unittest.SkipTest(said[0] if said else f"it does not apply to {battery.op.name}")

    test.__doc__ = section.__doc__
    return test


def caught(battery: Battery, section: Section) -> Iterator[Report]:
    """The reports of a section; what a function of the operation itself raises is one too, the last."""
    try:
        yield from section(battery)
    except Exception as error:
        frames = [place for each in (error, error.__cause__) if each for place in traceback.walk_tb(each.__traceback__)]
        frames = [(frame, line) for frame, line in frames if author_of(frame.f_code.co_filename) == "person"]
        if not frames:
            raise
        frame, line = frames[-1]
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        finding = Finding(
            outcome="wrong",
            check="the operation runs",
            message=f"its function {name} raised {type(error).__name__}: {error}",
            op=battery.op.name,
            source=f"{file_or_cell(file)}:{line}  {linecache.getline(file, line, frame.f_globals).strip()}",
        )
    else:
        return
    yield Report((finding,), name=f"op_tests: {battery.op.name}")


test_of.__test__ = False  # type: ignore[attr-defined]  # it makes tests
