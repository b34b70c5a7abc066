"""docs/operations.md is what the table says."""

from __future__ import annotations

import math
import re
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric import assert_close, differences

import autograd
import nn
from autograd import Op
from autograd.composition import compositions
from autograd.op import overrides

assert nn.cross_entropy  # whose rule is in the table too

DOCS = Path(__file__).parent.parent / "docs"
CURE = "the page is not what the table says: run python docs/operations.py"
TEXT = (DOCS / "operations.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n\n((?:(?!^##).*\n)*)", TEXT, re.MULTILINE))


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "operations.py"))


def test_the_page_of_operations_is_what_the_generator_writes(generator: dict[str, Any]) -> None:
    assert generator["page"]() == TEXT, CURE


def test_every_operation_and_composition_has_its_section() -> None:
    missing = "name its file in FILES in docs/operations.py"
    assert sorted(re.findall(r"^### (\w+)$", TEXT, re.MULTILINE)) == sorted([*autograd.table, *compositions]), missing


def test_every_link_has_one_heading() -> None:
    headings = [re.sub(r"[^\w -]", "", x.lower()).replace(" ", "-") for x in re.findall(r"^#+ (.*)$", TEXT, re.M)]
    assert len(set(headings)) == len(headings)
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) == set(headings) - {"operations"} | {"numpy-and-scipy"}
    for file in re.findall(r"\]\(([^#)]*)\)", TEXT):
        assert (DOCS / file).is_file()


@pytest.mark.parametrize("op", autograd.table.values(), ids=lambda op: op.name)
def test_every_rule_is_shown(op: Op) -> None:
    """Of an operation with a derivative, that by each input that has one; of a list of inputs, by the first two."""
    shown = re.findall(r"^∂(?:L|\w+)/∂(\w+) = .", SECTIONS[op.name], re.MULTILINE)
    names = op.binding.inputs
    if op.arity is None and op.is_elementwise:
        assert len(shown) == 2 * len(names)
    elif op.arity is None:
        assert shown == ["x1", "x2"]
    else:
        assert shown == [name for name, rule in zip(names, op.rules, strict=True) if rule is not None]


# What is shown, evaluated: a formula is what it says, whichever way the printer came to it.

SIGNS = {
    "−": "-",
    "·": "*",
    "²": "**2",
    "ᵀ": ".T",
    "≥": ">=",
    "≤": "<=",
    "∧": "&",
    "∞": "inf",
    "NaN": "nan",
    "…": "...",
}
QUOTED = {r"einsum\(([\w,>-]+), ": r"einsum('\1', ", r"kind=(\w+)": r"kind='\1'", r"index=\[": "index=s_["}
ASSIGNED = {r"(\w+)\[([^]]*)\] ← (.*)": r"setitem(\1, \3, s_[\2])"}
COMPARISON = re.compile(r"==|[<>≤≥]")
PEOPLE = vars(autograd) | {"inf": math.inf, "nan": math.nan, "s_": np.s_}


def with_conditions(formula: str) -> str:
    """``[x > 0]`` as ``(x > 0)``: brackets around a comparison, which is in none inside, are those of a condition."""
    opened: list[int] = []
    compares: list[bool] = []
    pieces = list(formula)
    for place, c in enumerate(formula):
        if c in "([":
            opened.append(place)
            compares.append(False)
        elif c in ")]":
            start = opened.pop()
            if compares.pop() and c == "]":
                pieces[start], pieces[place] = "(", ")"
        elif compares and COMPARISON.match(formula, place):
            compares[-1] = True
    return "".join(pieces)


def evaluated(formula: str, names: Mapping[str, Any]) -> Any:
    """What arrays of these names make of a formula."""
    for pattern, python in (QUOTED | ASSIGNED).items():
        formula = re.sub(pattern, python, formula)
    formula = with_conditions(formula)
    while "|" in formula:  # of bars one within the other there are none
        formula = re.sub(r"\|(.*?)\|", r"abs(\1)", formula)
    for sign, python in SIGNS.items():
        formula = formula.replace(sign, python)
    with np.errstate(all="ignore"):
        return eval(formula, PEOPLE | dict(names))


def shown(op: Op) -> list[list[str]]:
    """Of an operation, each name and what it is, those that others use first."""
    block = SECTIONS[op.name].partition("```text\n")[2].partition("```")[0].replace("\n    ", " ")
    lines = sorted(block.splitlines(), key=lambda line: not line.startswith("with "))
    return [line.removeprefix("with ").split(" = ", 1) for line in lines]


def numbers_for(x: Any, rng: np.random.Generator) -> Any:
    """In order, far apart, and such that a matrix has an inverse and its eigenvalues are far apart too; or places, or
    probabilities.
    """
    if x.name == "indices":
        return np.ones(x.shape, dtype=int)
    if x.name == "target":
        return rng.dirichlet(np.ones(x.shape[-1]), x.shape[:-1])
    found = np.arange(np.prod(x.shape)).reshape(x.shape) / 4 + rng.uniform(0.5, 0.625, x.shape)
    return found + 2 * np.eye(*x.shape) * np.arange(1, x.shape[-1] + 1) if found.ndim == 2 else found


@pytest.mark.parametrize(
    "op", [op for op in autograd.table.values() if not op.is_elementwise and not op.is_flat], ids=lambda op: op.name
)
def test_what_is_shown_as_sent_back_is_the_slope(op: Op, generator: dict[str, Any]) -> None:
    symbols, params = op.binding.bind(*generator["call_of"](op))
    rng = np.random.default_rng(0)
    inputs = {x.name: numbers_for(x, rng) for x in symbols}

    def outputs(**changed: Any) -> dict[str, Any]:
        y = op.evaluate(list((inputs | changed).values()), params)
        return y._asdict() if isinstance(y, tuple) else {"y": y}  # type: ignore[attr-defined]

    gradients = {x: np.cos(np.arange(1.0, np.size(y) + 1)).reshape(np.shape(y)) for x, y in outputs().items()}
    names = inputs | outputs() | {"g" if x == "y" else f"g_{x}": g for x, g in gradients.items()}
    for name, formula in shown(op):
        of = name.removeprefix("∂L/∂")
        if of in inputs and of != name:

            def loss(x: Any, of: str = of) -> Any:
                return sum(np.sum(gradients[name] * y) for name, y in outputs(**{of: x}).items())

            sent = np.asarray(evaluated(formula, names))
            sent = sent.sum(axis=tuple(range(sent.ndim - inputs[of].ndim)))  # as broadcasting is undone
            assert_close(np.broadcast_to(sent, inputs[of].shape), differences(loss, inputs[of], 1e-3), 1e-6)
        elif name not in names and "," not in name:
            names[name] = evaluated(formula, names)


def test_a_call_that_is_shown_is_of_an_operation_that_mixes_elements(generator: dict[str, Any]) -> None:
    assert {name for name in generator["CALLS"] if autograd.table[name].is_elementwise} == set()


def test_every_function_of_numpy_that_reaches_an_operation_is_in_the_index() -> None:
    index = TEXT.partition("## NumPy and SciPy")[2]
    links = set(re.findall(r"\[(\w+)(?: → \w+)?\]\(#(\w+)\)", index))
    names: dict[Any, str] = {function: name for name, function in (*autograd.table.items(), *compositions.items())}
    for function, implementation in overrides.items():
        if implementation in names:
            assert (function.__name__, names[implementation]) in links, CURE
    assert {("add", "add"), ("absolute", "abs"), ("clip", "clip"), ("einsum", "einsum"), ("psi", "digamma")} <= links
