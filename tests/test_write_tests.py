"""``stepgrad write-tests``: the file that is written is run as it stands."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from viz.command.arguments import UsageError
from viz.command.cli import main
from viz.command.write_tests import file_of_tests, functions_of, write_tests

pytest_plugins = ["pytester"]

MODULE = """
import numpy as np

def mse(predicted, target):
    return np.mean((predicted - target) ** 2)

def affine(W, x, b):
    return np.tanh(W @ x + b)

def nll(p: "np.ndarray", *, scale: float):
    return -np.sum(np.log(p)) * scale

def hinge(x):
    return x if x > 0 else 0.0 * x

def power(x: float, n: int):
    return x ** n

def optional(x, axis=None):
    return np.sum(x, axis=axis)

def broken(x):
    return halved(x)

def _private(x):
    return x

def load(path: str):
    return path

def train():
    print(1)
"""


def test_the_written_file_runs_and_finds_what_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(losses=MODULE)
    assert main(["write-tests", "losses.py"]) == 0
    written = Path("test_losses_gradients.py").read_text(encoding="utf-8")
    assert "EDIT" in written
    assert "path: str is no number and no array" in written
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", "test_losses_gradients.py")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_broken*"])


def test_a_file_is_not_overwritten_unasked(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    pytester.makepyfile(losses=MODULE)
    Path("mine.py").write_text("kept")
    assert main(["write-tests", "losses", "mine.py"]) == 2
    assert capsys.readouterr().err == (
        "stepgrad: write-tests: mine.py is there already: give another name, or --overwrite\n"
    )
    assert Path("mine.py").read_text() == "kept"
    assert main(["write-tests", "losses", "mine.py", "--overwrite"]) == 0
    assert "check_gradients" in Path("mine.py").read_text()


def test_a_module_is_read_and_not_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(losses=MODULE + "\nraise SystemExit('it was run')\n")
    assert "def test_mse(predicted, target):" in write_tests(["losses", "-"])


def test_a_module_of_a_package_has_its_whole_name(pytester: pytest.Pytester) -> None:
    folder = pytester.mkpydir("package")
    (folder / "losses.py").write_text(MODULE)
    assert "import package.losses\n" in write_tests(["package/losses.py", "-"])
    assert "return package.losses.mse(" in write_tests(["package.losses", "-"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "write stepgrad write-tests MODULE"),
        (["a", "b", "c"], "write stepgrad write-tests MODULE"),
        (["losses", "--force"], "unknown option --force"),
        (["missing.py"], "there is no file missing.py"),
        (["missing"], "there is no module missing"),
        (["math"], "there is no module math written in Python"),
        (["two words"], "expected a module that can be imported"),
        (["empty.py"], "empty has no function of numbers or arrays"),
        (["no-name.py"], "expected a module that can be imported, got no-name"),
        (["broken.py"], "cannot read broken.py"),
        (["losses.py", "nowhere/test.py"], "cannot write 'nowhere/test.py'"),
    ],
)
def test_what_cannot_be_done_is_said(pytester: pytest.Pytester, given: list[str], message: str) -> None:
    pytester.makepyfile(losses=MODULE, empty="def load(path: str): return path", broken="def (", **{"no-name": ""})
    with pytest.raises(UsageError) as caught:
        write_tests(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("code", "strategies"),
    [
        ("def f(x): return x * x", {"x": "tensors((3,))"}),
        ("def f(x: float): return x * x", {"x": "values()"}),
        ("def f(x: 'float | None'): return x * x", {"x": "values()"}),
        ("def f(x: float | Tensor): return x * x", {"x": "tensors((3,))"}),
        ("def f(W, x: float): return W @ W * x", {"W": "tensors((3, 3))", "x": "tensors(())"}),
        ("def f(x): return np.sqrt(x)", {"x": "tensors((3,), domain=(0, np.inf))"}),
        ("def f(x, y: bool): return x", {"x": "tensors((3,))", "y": "st.booleans()"}),
        ("def f(n: int): return n", {}),
        ("def f(x: str): return x", {}),
        ("def f(*xs): return xs", {}),
        ("def f(x): yield x; return x", {}),
        ("def f(x): print(x)", {}),
        ("def f(x=1.0): return x", {}),
    ],
)
def test_parameters_are_guessed_from_the_text(code: str, strategies: dict[str, str]) -> None:
    (function,) = functions_of(ast.parse(code))
    assert function.strategies == strategies
    assert bool(function.reason) == (not strategies)


def test_imports_that_no_test_needs_are_left_out() -> None:
    written = file_of_tests("mine", ast.parse("def f(x: float): return x * x"))
    assert "import numpy" not in written
    assert "hypothesis" not in written
    assert "import values\n" in written


def test_a_difference_of_two_names_is_an_expression_still(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write-tests", "write=3", "tests=1"]) == 0
    assert "f = write − tests" in capsys.readouterr().out
