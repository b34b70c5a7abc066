"""The battery: every operation of the table passes it, and an entry that is wrong in any way fails."""

from __future__ import annotations

import re
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Op, check, elementwise, primitive, table
from autograd.check.battery.tests import FLAT, SECTIONS, op_tests
from autograd.check.references.balls import BALLS
from autograd.errors import DTypeError, GradientError

assert nn.cross_entropy  # whose rule is in the table too
assert BALLS

pytest_plugins = ["pytester"]

#: What the battery finds in the table as it stands.
KNOWN = {
    ("polygamma", "edges"): "no reference but differences knows it, and these do not reach from 1e-309 to 1e300",
    ("prod", "edges"): "a product of some elements is beyond the floats, as NumPy's is, where that of all is zero",
    ("arctan2", "edges"): "differences do not reach from 1e-300 to 1e300",
    ("vector_norm", "edges"): "NumPy's takes a root by a rounded 1 / ord: for differences, which do not reach that far",
    ("svd", "edges"): "differences do not reach from 1e-309 to 1e300",
    **{
        (name, "edges"): "LAPACK's algorithms lose the digits of what is small beside 1e300, or go beyond the floats"
        for name in ("qr", "pinv", "eigh", "eigvalsh", "det_hessian")
    },
    ("det", "edges"): "NumPy's determinant is an exponential of a sum of logarithms, 15 units of 1e16 off",
}

#: Calls of those that are for some inputs alone: probability minus target is a slope where the targets sum to 1; and
#: of what has a zero, near which two ways of rounding have no digit in common.
CALLS = {
    ("mish", "generated_code"): [(([-2.5, -0.5, 0.25, 3.0],), {})],  # its slope is zero between -1.5 and -1
    ("cross_entropy", "forms_of_rules"): [
        (([0.5, -1.0, 2.0], [0.25, 0.5, 0.25]), {}),
        (([[0.5, -1.0], [3.0, 0.0]], [[0.0, 1.0], [0.75, 0.25]]), {}),
    ],
}


def outcome(op: Op, section: str, **options: Any) -> str:
    """What one test of the battery comes to: "passed", "skipped", or the text of its failure."""
    try:
        getattr(op_tests(op, **options)(), f"test_{section}")()
    except unittest.SkipTest:
        return "skipped"
    except GradientError as error:
        return str(error)
    return "passed"


CASES = [
    pytest.param(
        name,
        section,
        id=f"{name}-{section}",
        marks=[pytest.mark.xfail(reason=KNOWN[name, section], strict=False)] if (name, section) in KNOWN else [],
    )
    for name, op in table.items()
    for section in (FLAT if op.is_flat else SECTIONS)
]


@pytest.mark.parametrize(("name", "section"), CASES)
def test_every_operation_of_the_table_passes(name: str, section: str) -> None:
    assert outcome(table[name], section, calls=CALLS.get((name, section))) in ("passed", "skipped")


@pytest.fixture
def entered() -> Iterator[Callable[..., Op]]:
    """Enter an operation for the time of a test."""
    ops: list[Op] = []

    def enter(*args: Any, by: Callable[..., Op] = elementwise, **settings: Any) -> Op:
        # what is wrong is for the battery to find
        ops.append(by("mine", *args, doc="an entry of a test", check=False, **settings))
        return ops[-1]

    yield enter
    for op in ops:
        autograd.remove(op.name)


def ramp(x: Any) -> Any:
    return np.maximum(x, 0.0)


def rolled(a: Any) -> Any:
    return np.roll(a, 1)


#: Entries that are wrong, each with the tests of the battery that have to fail.
WRONG: dict[str, tuple[dict[str, Any], tuple[Any, ...], tuple[str, ...]]] = {
    "a factor": ({}, (np.sin, lambda y, x: 2 * autograd.cos(x)), ("tensors", "values", "forms_of_rules", "domain")),
    "a tiny factor": (
        {},
        (np.sin, lambda y, x: (1 + 1e-10) * autograd.cos(x)),
        ("tensors", "values", "forms_of_rules"),
    ),
    "the textbook form": (
        {"numeric": [lambda y, x: autograd.cos(x)]},
        (np.sin, lambda y, x: -autograd.cos(x)),
        ("forms_of_rules",),
    ),
    "the form for numbers": (
        {"numeric": [lambda y, x: -autograd.cos(x)]},
        (np.sin, lambda y, x: autograd.cos(x)),
        ("tensors", "values", "forms_of_rules"),
    ),
    "no domain": ({}, (np.log, lambda y, x: 1 / x), ("domain",)),
    "a kink that is not declared": ({}, (ramp, lambda y, x: x > 0), ("declared_kinks",)),
    "a kink that is none": ({"kinks": lambda x: x - 1}, (np.sin, lambda y, x: autograd.cos(x)), ("declared_kinks",)),
    "a kink with a slope of neither side": (
        {"kinks": lambda x: x},
        (ramp, lambda y, x: (x > 0) + 3.0 * (x == 0)),
        ("kinks_and_ties", "domain"),
    ),
    "linear": ({"linear": "jointly"}, (np.sin, lambda y, x: autograd.cos(x)), ("declared_linear",)),
    "linear with an offset": ({"linear": "jointly"}, (lambda x: x + 1.0, lambda y, x: 1), ("declared_linear",)),
    "separately, and subtracted": (
        {"by": primitive, "linear": "separately"},
        (lambda a, b: a * b - np.sum(a * b), lambda g, y, a, b: g * b - b * autograd.sum(g),
         lambda g, y, a, b: g * a - a * autograd.sum(g)),
        ("declared_linear",),
    ),
    "shape": ({"by": primitive, "shape": lambda a: ()}, (rolled, lambda g, y, a: unrolled(g)), ("declared_shape",)),
    "masks that are not declared": (
        {"by": primitive, "linear": "jointly"},
        (lambda a: a[:1], lambda g, y, a: autograd.put(g, a.shape, slice(1))),
        ("declared_masks",),
    ),
    "masks that are none": (
        {"by": primitive, "linear": "jointly", "masks": True},
        (rolled, lambda g, y, a: unrolled(g)),
        ("declared_masks",),
    ),
    "a rule that looks at the dtype": (
        {},
        (np.sin, lambda y, x: autograd.cos(x) * (1 if getattr(x, "dtype", np.float64) == np.float64 else 2)),
        ("single_precision", "half_precision"),
    ),
    "a permutation the wrong way round": (
        {"by": primitive, "linear": "jointly"},
        (rolled, lambda g, y, a: autograd.concatenate([autograd.reshape(g, -1)[-1:], autograd.reshape(g, -1)[:-1]])
         .reshape(a.shape)),
        ("tensors", "forms_of_rules", "contracts_and_scenarios"),
    ),
    "a second derivative": (
        {},
        (np.sin, lambda y, x: autograd.cos(x.data if isinstance(x, autograd.Tensor | autograd.Value) else x)),
        ("second_order",),
    ),
}  # fmt: skip


def unrolled(g: Any) -> Any:
    flat = autograd.reshape(g, (-1,))
    return autograd.reshape(autograd.concatenate([flat[1:], flat[:1]]), g.shape)


@pytest.mark.parametrize("fault", WRONG)
def test_an_entry_that_is_wrong_fails(fault: str, entered: Callable[..., Op]) -> None:
    settings, functions, sections = WRONG[fault]
    op = entered(*functions, **settings)
    for section in sections:
        assert outcome(op, section).startswith("op_tests"), f"{fault}: {section} passes"


def test_a_rule_of_one_form_is_found_wrong_once(entered: Callable[..., Op]) -> None:
    alone = outcome(entered(np.sin, lambda y, x: -autograd.cos(x)), "forms_of_rules")
    assert ": 1 wrong; " in alone
    assert "textbook" not in alone


@pytest.mark.parametrize(
    ("numeric", "is_right"), [(lambda y, x: autograd.cos(x), True), (lambda y, x: -autograd.cos(x), False)]
)
def test_that_two_forms_differ_is_said_where_one_is_right(
    entered: Callable[..., Op], numeric: Callable[..., Any], is_right: bool
) -> None:
    op = entered(np.sin, lambda y, x: -autograd.cos(x), numeric=[numeric])
    text = outcome(op, "forms_of_rules")
    assert "textbook form: op mine" in text
    assert ("what is shown to people is not what numbers come from" in text) == is_right


def test_a_right_entry_of_ones_own_passes_all(entered: Callable[..., Op]) -> None:
    op = entered(np.sinh, lambda y, x: (autograd.exp(x) + autograd.exp(-x)) / 2)
    found = {section: outcome(op, section) for section in SECTIONS}
    assert {section: text for section, text in found.items() if text not in ("passed", "skipped")} == {}


def unfinished(y: Any, x: Any) -> Any:
    raise RuntimeError("still to be written")


def of_one_number(x: Any) -> Any:
    return float(x) * 2.0


@pytest.mark.parametrize(
    ("functions", "section", "message", "line"),
    [
        ((np.tanh, unfinished), "values", "unfinished raised RuntimeError: still to be", 'raise RuntimeError("still'),
        ((np.tanh, unfinished), "declared_masks", "unfinished raised RuntimeError", 'raise RuntimeError("still'),
        ((of_one_number, lambda y, x: 2.0), "domain", "of_one_number raised ShapeError", "return float(x) * 2.0"),
    ],
)
def test_what_a_function_of_the_entry_raises_is_said_with_its_line(
    entered: Callable[..., Op], functions: tuple[Any, ...], section: str, message: str, line: str
) -> None:
    text = outcome(entered(*functions), section)
    assert f"wrong: the operation runs: op mine: its function {message}" in text
    assert re.search(rf", test_op_tests\.py:\d+: `{re.escape(line)}", text)


def test_calls_may_be_given(entered: Callable[..., Op]) -> None:
    op = entered(np.roll, lambda g, y, a, shift: table["mine"](g, -shift), by=primitive, linear="jointly")
    calls = [((np.arange(3.0),), {"shift": 2}), ((np.ones((2, 2)), 1), {})]
    assert outcome(op, "tensors", calls=calls) == "passed"
    assert outcome(op, "contracts_and_scenarios", calls=calls) == "passed"
    with pytest.raises(DTypeError, match="expected arguments and options as"):
        op_tests(op, calls=[np.ones(3)])
    with pytest.raises(autograd.GraphError, match="enter_row"):
        outcome(op, "tensors")


def test_what_is_no_operation_is_refused() -> None:
    with pytest.raises(DTypeError, match="op_tests: expected an operation of the table, got <ufunc 'sin'>"):
        check.op_tests(np.sin)  # type: ignore[arg-type]


def test_pytest_collects_it_from_one_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import numpy as np
        import autograd
        from autograd import check, elementwise

        mine = elementwise("mine", np.sinh, lambda y, x: (autograd.exp(x) + autograd.exp(-x)) / 2, doc="cosh")
        wrong = elementwise("wrong", np.sinh, lambda y, x: y, doc="its output", check=False)
        test_mine = check.op_tests(mine)
        test_wrong = check.op_tests(wrong)
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-rs")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes["failed"] + outcomes["skipped"] == 2 * len(SECTIONS)
    assert outcomes["failed"] >= 4
    result.stdout.fnmatch_lines(["*test_wrong*test_tensors*", "*op wrong*", "*does not apply to mine*"])
    assert not [line for line in result.outlines if line.startswith("FAILED") and "test_mine" in line]
    assert "in checked" not in result.stdout.str()
