"""What the package holds, and what is imported with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import autograd


def test_each_public_name_is_there() -> None:
    assert [name for name in autograd.__all__ if not hasattr(autograd, name)] == []


def in_a_new_process(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_what_a_program_may_not_need_is_imported_when_it_is_asked_for() -> None:
    code = """
import sys, autograd
later = {*autograd._LATER.values(), "autograd.tried"}
print(sorted(later & {*sys.modules}), {*autograd.__all__} <= {*dir(autograd)})
x = autograd.Value(2.0)
(x * x).backward()
print(sorted(later & {*sys.modules}))
for name in autograd._LATER:
    found = getattr(autograd, name)
    assert vars(autograd)[name] is found, name
print(sorted(later - {*sys.modules}))
"""
    assert in_a_new_process(code).split("\n") == ["[] True", "[]", "['autograd.tried']", ""]


def test_an_entry_is_tried_though_the_trial_is_imported_late() -> None:
    code = """
import autograd
try:
    autograd.elementwise("double", lambda x: 2 * x, lambda y, x: 3, doc="triples the gradient")
except ValueError as error:
    print(error)
"""
    assert in_a_new_process(code).startswith("double: ")


def test_a_name_that_is_not_there_is_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'gard'"):
        autograd.gard  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'gard'"):
        from autograd import gard  # type: ignore[attr-defined]  # noqa: F401
