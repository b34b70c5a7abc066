"""docs/operations.md is what the table says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Op
from autograd.composition import compositions
from autograd.op import overrides

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
