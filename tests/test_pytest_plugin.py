"""The pytest plugin, as it runs: in processes of its own, where warnings are errors."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from autograd.check.battery.tests import SECTIONS
from autograd.check.references import KNOWN
from viz.pytest_plugin import REFERENCES

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent

#: Where the project is not installed as this pyproject.toml says, its entry point is not known.
LOADED = [] if "stepgrad" in entry_points(group="pytest11").names else ["-p", "viz.pytest_plugin"]

TESTS = """
    import numpy as np
    import pytest
    import autograd
    from autograd import check, elementwise

    @pytest.fixture
    def wrong():
        yield elementwise("wrong", np.sinh, lambda y, x: y, doc="has its output for a slope", check=False)
        autograd.remove("wrong")

    def test_right(gradcheck):
        assert gradcheck(np.sin, 0.5).checked["edge"] == 1

    def test_fixture(gradcheck, wrong):
        gradcheck(lambda x: wrong(x) + 1.0, 0.5)

    def test_report(wrong):
        check.gradcheck(wrong, 0.5).raise_if_failed()

    def test_group(gradcheck, wrong):
        errors = []
        for x in (0.5, 0.75):
            with pytest.raises(autograd.GradientError) as caught:
                gradcheck(wrong, x)
            errors.append(caught.value)
        raise ExceptionGroup("both", errors)
"""


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*LOADED, "-W", "error", *options)


def test_failures_are_reports_with_a_picture_and_not_our_code(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester, "--basetemp", str(pytester.path / "temporary"))
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        ["E * gradcheck of <lambda> failed: 1 wrong*", "*op wrong, node 1*got 0.5210953054937474*"]
    )
    text = result.stdout.str()
    assert "__tracebackhide__" not in text
    assert "raise error" not in text
    pictures = re.findall(r"picture of the graph: (.*)", text)
    assert len(pictures) == 4
    assert all("got 0.5211" in Path(path).read_text(encoding="utf-8") for path in pictures[:2])
    assert all(Path(path).is_relative_to(pytester.path / "temporary") for path in pictures)
    assert len(set(pictures)) == 4


MADE = """
    import numpy as np
    from autograd import check, elementwise
    from autograd.check.strategies import values

    wrong = elementwise("wrong", np.sinh, lambda y, x: y, doc="has its output for a slope", check=False)
    test_battery = check.op_tests(wrong)
    other = elementwise("other", np.cosh, lambda y, x: y, doc="has its output for a slope", check=False)
    test_other = check.op_tests(other)

    @check.check_gradients(given=values())
    def test_property(x):
        return wrong(x)
"""


def test_tests_that_are_made_have_pictures_and_no_line_that_nobody_wrote(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_made=MADE)
    where = ["--basetemp", str(pytester.path / "temporary")]
    result = pytester.runpytest_subprocess(*LOADED, *where, "-k", "test_tensors or test_property")
    result.assert_outcomes(failed=3, deselected=2 * len(SECTIONS) - 2)
    text = result.stdout.str()
    findings = [line for line in text.splitlines() if "wrong: local derivative" in line]
    assert len(findings) >= 3
    assert all("op wrong" in line or "op other" in line for line in findings)
    assert {line for text in findings for line in re.findall(r"\S+:\d+: `.*`", text)} == {
        "test_made.py:12: `return wrong(x)`"
    }
    assert "__tracebackhide__" not in text
    pictures = set(re.findall(r"picture of the graph: (.*)", text))
    assert len(pictures) == 3
    assert all(Path(path).is_relative_to(pytester.path / "temporary") for path in pictures)


@pytest.mark.parametrize("without", [["tmpdir"], ["tmpdir", "cacheprovider"]])
def test_pictures_go_where_pytest_keeps_files_or_nowhere(pytester: pytest.Pytester, without: list[str]) -> None:
    pytester.makepyfile(MADE)
    result = run(pytester, *(f"-pno:{name}" for name in without), "-k", "test_tensors")
    text = result.stdout.str()
    assert result.parseoutcomes()["failed"] == 2
    pictures = set(re.findall(r"picture of the graph: (.*)", text))
    assert all(Path(path).is_relative_to(pytester.path / ".pytest_cache") for path in pictures)
    assert len(pictures) == (2 if len(without) == 1 else 0)
    assert "no picture" not in text


def test_the_fixture_stands_beside_what_hypothesis_draws(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from hypothesis import given, settings
        from autograd.check.strategies import values

        @settings(max_examples=5, deadline=None)
        @given(x=values())
        def test_square(gradcheck, x):
            gradcheck(lambda x: x * x, x)
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_options_reach_the_fixture_and_a_call_has_the_last_word(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from autograd import check

        def test_options(gradcheck, monkeypatch):
            seen = []
            monkeypatch.setattr(check, "gradcheck", lambda f, *xs, **options: seen.append(options) or check.Report())
            gradcheck(abs, 1.0)
            gradcheck(abs, 1.0, order=1, rng=3)
            assert seen == [{"reference": "balls", "order": 2}, {"reference": "balls", "order": 1, "rng": 3}]
        """
    )
    run(pytester, "--gradcheck-reference=balls", "--gradcheck-order=2").assert_outcomes(passed=1)


@pytest.mark.parametrize("option", ["--gradcheck-reference=guess", "--gradcheck-order=3"])
def test_what_no_option_takes_is_refused(pytester: pytest.Pytester, option: str) -> None:
    result = run(pytester, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*argument --gradcheck-*"])


def test_the_references_are_those_that_there_are() -> None:
    assert set(KNOWN) <= set(REFERENCES)


def test_without_a_renderer_the_failure_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    pytester.makeconftest(
        """
        import viz.picture.render
        viz.picture.render._find = lambda: None
        """
    )
    result = run(pytester, "-k", "test_fixture")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(["*got 0.521*", "no picture of the graph: no renderer found*"])


def test_without_the_plugin_there_is_the_text(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    bare = pytester.runpytest_subprocess("-k", "test_report", "-p", "no:stepgrad", "-W", "error")
    bare.stdout.fnmatch_lines(["*got 0.521*"])
    bare.stdout.no_fnmatch_line("*picture of the graph*")


def test_loading_it_imports_nothing_that_takes_time() -> None:
    code = "import viz.pytest_plugin, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "autograd", "nn", "hypothesis", "graphviz", "rich", "flint"} & set(loaded)


def test_a_run_without_gradients_imports_none_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert not {"numpy", "autograd"} & set(sys.modules)
        """
    )
    run(pytester, "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_pytest_finds_it_by_its_entry_point() -> None:
    assert '[project.entry-points.pytest11]\nstepgrad = "viz.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()
