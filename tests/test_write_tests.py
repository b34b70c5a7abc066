"""``stepgrad write-tests``: the file that is written is run as it stands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from viz.command.arguments import UsageError
from viz.command.cli import main
from viz.command.tried import tried
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
    return np.sum(x * x.data)

def _private(x):
    return x

def load(path: str):
    return path

def total(x, axis: int):
    return np.sum(x, axis=axis)

def shout(name):
    return name.upper()

def picked(x, k: int):
    return x[k] * 2.0

def leave(x):
    raise SystemExit("enough")
    return x

def train():
    print(1)
"""


SMALL = "def square(x: float):\n    return x * x\n"

#: So that Hypothesis draws few examples.
FEW = """
import hypothesis

hypothesis.settings.register_profile("few", max_examples=10)
hypothesis.settings.load_profile("few")
"""


def test_the_written_file_runs_and_finds_what_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(losses=MODULE)
    pytester.makeconftest(FEW)
    assert main(["write-tests", "losses.py"]) == 0
    written = Path("test_losses_gradients.py").read_text(encoding="utf-8")
    assert "EDIT" in written
    assert "path: str is no number and no array" in written
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", "test_losses_gradients.py")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_broken*"])


def test_a_draft_that_does_not_run_is_a_comment_with_the_reason(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    pytester.makepyfile(losses=MODULE)
    assert main(["write-tests", "losses.py"]) == 0
    assert "3 drafts do not run, and are marked TODO\n" in capsys.readouterr().out
    written = Path("test_losses_gradients.py").read_text(encoding="utf-8")
    for name, reason in (
        ("shout", "AttributeError: 'Tensor' object has no attribute 'upper'"),
        ("picked", "ShapeError: getitem: the shapes (3,), index=3 do not fit"),
        ("leave", "SystemExit: enough"),
    ):
        head, _, comment = written.partition(f"# EDIT: are these the shapes and the domains of {name}(")
        assert head.splitlines()[-1].startswith(f"# TODO: this does not run as drafted: {reason}")
        assert all(line.startswith("#") for line in comment.partition("\n\n")[0].splitlines()[1:])
    assert "def test_shout(" not in re.sub("^#.*", "", written, flags=re.MULTILINE)


def test_a_file_is_not_overwritten_unasked(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    pytester.makepyfile(losses=SMALL)
    Path("mine.py").write_text("kept")
    assert main(["write-tests", "losses", "mine.py"]) == 2
    assert capsys.readouterr().err == (
        "stepgrad: write-tests: mine.py is there already: give another name, or --overwrite\n"
    )
    assert Path("mine.py").read_text() == "kept"
    assert main(["write-tests", "losses", "mine.py", "--overwrite"]) == 0
    assert "check_gradients" in Path("mine.py").read_text()


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("raise SystemExit('over')", "SystemExit: over"),
        ("import os; os._exit(3)", "it ended the process"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_drafted_from_its_text(
    pytester: pytest.Pytester, ending: str, reason: str
) -> None:
    pytester.makepyfile(losses=f"{SMALL}\n{ending}\n")
    written = write_tests(["losses", "-"])
    assert f"# TODO: these drafts could not be tried: {reason}\n" in written
    assert "\ndef test_square(x):" in written
    assert "drafts could not be tried: " in write_tests(["losses"])


def test_a_draft_that_does_not_end_is_stopped() -> None:
    content = "import time\ndef test_f(): pass\ndef test_g(): time.sleep(60)\ndef test_h(): raise ValueError\n"
    assert tried(content, Path(), Path(), seconds=4).stopped == {"test_g": "it had not ended after 4 seconds"}


def test_where_pytest_does_not_find_the_module_is_said(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("code") / "losses.py").write_text(SMALL)
    said = write_tests(["code/losses.py"])
    root = pytester.path / "code"
    assert f"losses is not found from there: give pytest its folder, as in pytest -o pythonpath={root}\n" in said
    found = ["-o", f"pythonpath={root}", "-p", "no:cacheprovider"]
    pytester.runpytest_subprocess(*found).assert_outcomes(passed=1)
    assert "not found from there" not in write_tests(["code/losses.py", "code/test_losses.py"])


@pytest.mark.parametrize("command", ["audit", "write-tests"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_each_command_says_what_it_takes(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, option]) == 0
    assert capsys.readouterr().out.startswith(f"usage: stepgrad {command} ")
    assert main([command, "--frob"]) == 2
    assert f"see stepgrad {command} --help" in capsys.readouterr().err


def test_a_module_of_a_package_has_its_whole_name(pytester: pytest.Pytester) -> None:
    folder = pytester.mkpydir("package")
    (folder / "losses.py").write_text(SMALL)
    assert "import package.losses\n" in write_tests(["package/losses.py", "-"])
    assert "return package.losses.square(" in write_tests(["package.losses", "-"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "expected a module, as in stepgrad write-tests losses.py"),
        (["a", "b", "c"], "unrecognized arguments: c; see stepgrad write-tests --help"),
        (["losses", "--force"], "unrecognized arguments: --force; see stepgrad write-tests --help"),
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
        ("def f(x, axis): return np.sum(x, axis)", {"x": "tensors((3,))", "axis": "st.sampled_from((0, -1))"}),
        ("def f(x, axis: int): return np.sum(x, axis)", {"x": "tensors((3,))", "axis": "st.sampled_from((0, -1))"}),
        ("def f(x, axis: Tensor): return x * axis", {"x": "tensors((3,))", "axis": "tensors((3,))"}),
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
    written = file_of_tests("mine", list(functions_of(ast.parse("def f(x: float): return x * x"))))
    assert "import numpy" not in written
    assert "hypothesis" not in written
    assert "import values\n" in written


def test_a_difference_of_two_names_is_an_expression_still(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write-tests", "write=3", "tests=1"]) == 0
    assert "f = write − tests" in capsys.readouterr().out
