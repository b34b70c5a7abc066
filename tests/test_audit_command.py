"""``stepgrad audit``: files of homework, whatever they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from homework import AFFINE, DATA, NOTE_4, REGRESSION, TANH
from test_cli import environment

from autograd.check import audit_file
from viz.command.cli import main

REGRESSION_WRONG = REGRESSION.replace("db = 2 *", "db =")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "viz", "audit", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120, encoding="utf-8")


def file(folder: Path, text: str, name: str = "homework.py") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_table_a_file(tmp_path: Path) -> None:
    right, wrong = file(tmp_path, AFFINE, "right.py"), file(tmp_path, REGRESSION_WRONG, "wrong.py")
    done = run(right, wrong)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("This runs the code of the files, with your rights.\n")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["affine_forward", "right"] in lines
    assert ["loss", "wrong", "b", "0.5", "gradient"] in lines
    assert "loss, b: half of it: a factor 2 forgotten" in done.stdout


def test_all_right(tmp_path: Path) -> None:
    assert run(file(tmp_path, NOTE_4)).returncode == 0


def test_help_says_that_it_runs_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--help"]) == 0
    assert "This runs the code that it is given" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a file"),
        (["nowhere.py"], "there is no such file"),
        (["--seconds", "-1", "x.py"], "expected a number of seconds"),
        (["--seconds", "soon", "x.py"], "invalid positive value"),
        (["--memory", "1", "x.py"], "expected at least 256 megabytes"),
        (["--strange", "x.py"], "unrecognized arguments"),
    ],
)
def test_command_lines_that_are_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("stepgrad: ")
    assert message in err
    assert err.count("\n") == 1


#: Files that do something else than to define functions: what is said of them.
STRANGE = {
    "syntax": ("def f(:\n", "broken", "SyntaxError"),
    "import": ("import nothing_of_that_name\n", "broken", "ModuleNotFoundError"),
    "raise": ("1 / 0\n", "broken", "ZeroDivisionError"),
    "exit": ("import sys\nsys.exit(3)\n", "ended", "exit(3)"),
    "hard exit": ("import os\nos._exit(7)\n", "ended", "exit status 7"),
    "hang": ("while True: pass\n", "too long", "more than 1.5 seconds"),
    "input": ("input()\n", "broken", "EOFError"),
    "signal": ("import os\nos.kill(os.getpid(), 11)\n", "ended", "SIGSEGV"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_files_that_do_not_load(name: str, tmp_path: Path) -> None:
    text, outcome, message = STRANGE[name]
    (row,) = audit_file(file(tmp_path, text), seconds=1.5 if name == "hang" else 60)
    assert row.outcome == outcome
    assert message in row.message


def test_a_function_that_hangs_exits_or_eats_memory_stops_itself_alone(tmp_path: Path) -> None:
    text = DATA + "import os, sys\nx = rng.normal(size=3)\n"
    bodies = {
        "hangs": "while True: pass",
        "leaves": "sys.exit(1)",
        "dies": "os._exit(1)",
        "eats": "np.ones((10**5, 10**5))",
    }
    for name, body in bodies.items():
        text += f"def {name}(x):\n    {body}\n    return np.sum(x)\ndef {name}_grad(x):\n    return np.ones_like(x)\n"
    text += "def fine(x):\n    print('noise')\n    return np.sum(x)\ndef fine_grad(x):\n    return np.ones_like(x)\n"
    rows = {row.name: row for row in audit_file(file(tmp_path, text), seconds=3, memory=2048)}
    assert {name: row.outcome for name, row in rows.items()} == {
        "hangs": "too long",
        "leaves": "ended",
        "dies": "ended",
        "eats": "memory",
        "fine": "right",
    }
    assert "out of its memory" in rows["eats"].message


def test_no_traceback_of_ours(tmp_path: Path) -> None:
    paths = [file(tmp_path, text, f"{i}.py") for i, (text, *_) in enumerate(STRANGE.values()) if "while" not in text]
    done = run(*paths, file(tmp_path, "x = 1\n", "empty.py"), file(tmp_path, TANH, "text.txt"))
    assert done.returncode == 1
    assert done.stderr == ""
    assert "Traceback" not in done.stdout
    assert "nothing to audit was found" in done.stdout
    assert "whose name ends in .py" in done.stdout
    assert "whose name ends in .ipynb" in done.stdout


def test_what_cannot_be_run_is_said_and_is_no_pass(tmp_path: Path) -> None:
    text = DATA + "def f(strange):\n    return strange\ndef f_grad(strange):\n    return 1.0\n"
    (row,) = audit_file(file(tmp_path, text))
    assert row.outcome == "not checked"
    assert "no value for 'strange'" in row.message
    assert run(file(tmp_path, text)).returncode == 1


def test_a_list_says_what_to_audit(tmp_path: Path) -> None:
    text = REGRESSION_WRONG + "audit = [(loss, grad, w, b, X, y), 3]\n"
    first, second = audit_file(file(tmp_path, text))
    assert (first.name, first.outcome) == ("loss", "wrong")
    assert (second.name, second.outcome) == ("audit[1]", "not checked")


def test_what_a_file_does_to_its_process_does_not_change_what_is_told(tmp_path: Path) -> None:
    text = (
        REGRESSION_WRONG
        + """
import sys, json, os, builtins
assert len(sys.argv) == 1 and sys.argv[0].endswith("homework.py"), sys.argv
json.dumps = lambda *args, **kwargs: "{}"
if hasattr(os, "fork"):
    os.fork()
"""
    )
    (row,) = audit_file(file(tmp_path, text))
    assert (row.name, row.outcome) == ("loss", "wrong")


def test_messages_of_a_file_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    path = file(tmp_path, "raise ValueError('\\x1b[31mred\\x07' + 'long' * 100_000)\n")
    done = run(path)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\\x1b[31mred\\x07" in done.stdout
    assert len(done.stdout) < 5000


def test_the_line_of_an_error_is_the_persons(tmp_path: Path) -> None:
    (row,) = audit_file(file(tmp_path, "import json\ndata = json.loads('[')\n"))
    assert row.source is not None
    assert row.source.endswith("data = json.loads('[')")
