"""The `stepgrad` command, run as people run it: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from inspect import Parameter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd
import viz
from viz.command.cli import main
from viz.picture.render import renderer

ROOT = Path(__file__).parent.parent
DEMO = ("(x + y) * z", "x=-2", "y=5", "z=-4")
LOSS = ("log(1 + exp(w*x + b)) - y*(w*x + b)", "w=.5", "x=2", "b=-1", "y=1")
MATRIX = ("sum(W @ x)", "W=[[1,2],[3,4]]", "x=[1,2]")

needs_renderer = pytest.mark.skipif(renderer() is None, reason="needs dot or graphviz-pure")


def environment(**extra: str) -> dict[str, str]:
    """The variables of this process without those that speak about colours, widths and encodings."""
    names = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES"}
    names |= {"PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LANG"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"} | extra


def command(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "viz", *words]


def run(*words: str, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[bytes]:
    """The real command, in a pipe, with warnings as errors."""
    return subprocess.run(command(*words), capture_output=True, env=environment(**extra), cwd=cwd, timeout=60)


def call(*words: str) -> tuple[int, str, str]:
    """The same within this process: exit status, output, errors."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
    texts = []
    for file in (out, err):
        file.flush()
        texts.append(file.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return status, *texts


def refusal(*words: str) -> str:
    """The one line that refuses this."""
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    assert err.startswith("stepgrad: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err[len("stepgrad: ") : -1]


def test_the_main_job() -> None:
    done = run(*DEMO)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == [
        "Graph",
        "  f = q · z     −12  ∂ 1",
        "  ├─ q = x + y    3  ∂ −4",
        "  │  ├─ x        −2  ∂ −4",
        "  │  └─ y         5  ∂ −4",
        "  └─ z           −4  ∂ 3",
        "",
        "Forward",
        "  q = x + y = −2 + 5 = 3",
        "  f = q · z = 3 · (−4) = −12",
        "",
        "Backward",
        "  ∂f/∂f = 1   the gradient of the output by itself is 1",
        "  f = q · z: multiply swaps its inputs: each one's slope is the other's value",
        "    ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4",
        "    ∂f/∂z += ∂f/∂f · ∂f/∂z = 1 · 3 = 3",
        "  q = x + y: add passes the gradient on unchanged, to both inputs",
        "    ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4",
        "    ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4",
        "",
        "Gradients",
        "  ∂f/∂x = −4",
        "  ∂f/∂y = −4",
        "  ∂f/∂z = 3",
    ]


def test_in_a_terminal_it_is_coloured_and_fits() -> None:
    pty = pytest.importorskip("pty")
    main_end, terminal = pty.openpty()
    with subprocess.Popen(
        command(*LOSS), stdin=terminal, stdout=terminal, stderr=terminal, env=environment(COLUMNS="40")
    ) as process:
        os.close(terminal)
        output = b""
        with contextlib.suppress(OSError):  # Linux: the other end is closed
            while part := os.read(main_end, 65_536):
                output += part
    os.close(main_end)
    text = output.decode()
    assert process.returncode == 0
    assert "\x1b[32m" in text
    assert max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()) <= 40


def test_alone_it_shows_three_examples_that_run() -> None:
    status, out, err = call()
    assert (status, err) == (0, "")
    commands = [line for line in out.splitlines() if line.startswith("stepgrad ")]
    assert len(commands) == 3
    assert len(out.splitlines()) < 45
    for line in commands:
        status, printed, _ = call(*shlex.split(line)[1:])
        assert status == 0
        tree = printed.split("\n\n")[0].removeprefix("Graph\n")
        assert tree in out


@pytest.mark.parametrize(
    ("words", "gradients"),
    [
        (LOSS, {"w": "−1", "x": "−0.25", "b": "−0.5", "y": "0"}),
        (MATRIX, {"W": "[[1, 2], [1, 2]]", "x": "[4, 6]"}),
        (("-x*y", "x=1", "y=2"), {"x": "−2", "y": "−1"}),
        (("-x", "x=1"), {"x": "−1"}),
        (("--x*y", "x=1", "y=2"), {"x": "2", "y": "1"}),
        (("--", "--x", "x=1"), {"x": "1"}),
        (("q = x + y; f = q * z", "x=-2", "y=5", "z=-4"), {"x": "−4", "y": "−4", "z": "3"}),
        (("x", "x=3"), {"x": "1"}),
        (("sum(transpose(x, 0) * [2, 3])", "x=[1,1]"), {"x": "[2, 3]"}),
        (("where(x > 0, x**2, -x)", "x=3"), {"x": "6"}),
    ],
)
def test_gradients(words: tuple[str, ...], gradients: dict[str, str]) -> None:
    status, out, err = call(*words)
    assert (status, err) == (0, "")
    printed = dict(re.findall(r"^  ∂\w+/∂(\w+) *= (.*)$", out.split("\nGradients\n")[1], re.M))
    assert printed == gradients


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("where(m, x, 0)", "x=1", "m=True"), ["  f = where(True, x, 0) = where(True, 1, 0) = 1"]),
        (("sum(where(m, x, 0))", "x=[1,2]", "m=[True,False]"), ["= ∂f/∂q · where([True, False], 1, 0) = [1, 0]"]),
    ],
)
def test_a_mask_is_shown_as_one(words: tuple[str, ...], lines: list[str]) -> None:
    for line in lines:
        assert line in call(*words)[1]


def test_statements_name_the_inner_nodes() -> None:
    assert "  ├─ total = x + y  " in call("total = x + y; f = total * z", "x=1", "y=2", "z=3")[1]


def test_options_may_stand_anywhere(tmp_path: Path) -> None:
    for place in range(5):
        words = list(DEMO)
        words[place:place] = ["--json", str(tmp_path / f"{place}.json")]
        assert call(*words)[0] == 0
    assert len({path.read_text() for path in tmp_path.iterdir()}) == 1


@needs_renderer
def test_files(tmp_path: Path) -> None:
    names = {kind: str(tmp_path / f"graph.{kind}") for kind in ("svg", "png", "html", "json")}
    status, out, err = call(*DEMO, *(word for kind, name in names.items() for word in (f"--{kind}", name)))
    assert (status, err) == (0, "")
    assert out.endswith(f"  ∂f/∂z = 3\n\nWrote {', '.join(names.values())}\n")
    assert "−12" in Path(names["svg"]).read_text(encoding="utf-8")
    assert Path(names["png"]).read_bytes().startswith(b"\x89PNG")
    assert Path(names["html"]).read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert json.loads(Path(names["json"]).read_text())["gradients"] == [-4, -4, -4, 3, 1]
    assert len(list(tmp_path.iterdir())) == 4


def test_json_on_standard_output_is_nothing_but_json() -> None:
    done = run(*DEMO, "--json", "-", PYTHONIOENCODING="ascii")
    trace = json.loads(done.stdout)
    assert trace["gradients"] == [-4, -4, -4, 3, 1]
    assert [node["grad"] for node in trace["nodes"]] == trace["gradients"]


@needs_renderer
def test_pictures_on_standard_output() -> None:
    assert run(*DEMO, "--svg", "-", PYTHONIOENCODING="latin-1").stdout.decode("utf-8").count("<svg") == 1
    assert run(*DEMO, "--png=-").stdout.startswith(b"\x89PNG")


def test_mermaid_is_printed_alone() -> None:
    status, out, err = call(*DEMO, "--mermaid")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["flowchart LR", '  n0("x<br/>−2<br/>∂ −4")']


def test_help_and_version() -> None:
    status, out, err = call("--help")
    assert (status, err) == (0, "")
    assert out == call("-h")[1] == call(*DEMO, "-h")[1]
    assert max(map(len, out.splitlines())) < 80
    for option in ("--svg", "--png", "--html", "--json", "--mermaid", "--version", 'stepgrad "(x + y) * z"'):
        assert option in out
    assert re.fullmatch(r"stepgrad (\d+\.\d+\.\d+\S*|\(not installed\))\n", call("--version")[1])


def test_the_examples_of_the_help_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = call("--help")[1].split("examples:")[1].lstrip().partition("\n\n")[0]
    lines = [line.strip().partition(" > ")[0] for line in examples.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("stepgrad")]
    assert len(commands) >= 4
    for words in commands:
        if renderer() is not None or "--json" in words or not any(word.startswith("--") for word in words):
            assert call(*words)[0] == 0, words


def test_a_picture_that_nobody_can_read_is_refused_with_what_can_be_had(tmp_path: Path) -> None:
    words = (f"sum_of([{', '.join('x' * 3_100)}])", "x=1")
    path = str(tmp_path / "graph.svg")
    message = refusal(*words, "--svg", path)
    assert message.startswith("--svg: a picture of 3,100 edges takes minutes to lay out")
    for option in (("--json", "-"), ("--mermaid",), ()):
        assert call(*words, *option)[0] == 0
        assert not option or option[0] in message


def test_a_trace_is_no_longer_than_can_be_read() -> None:
    """Each step of a long list is written with the gradient of the whole list."""
    words = (f"sum([{', '.join('x' * 2_500)}])", "x=[1]")
    assert re.search(
        r"--json: expected at most 4,000,000 numbers in all steps, got 6,\d+,\d+", refusal(*words, "--json", "-")
    )
    assert call(*words)[0] == 0


@pytest.mark.parametrize("message", ["", "Unable to allocate 7.45 GiB for an array with shape (1000000000,)"])
def test_what_does_not_fit_into_memory_says_what_to_do(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError(message)

    monkeypatch.setattr(autograd.Tensor, "backward", full)
    assert refusal(*MATRIX) == "this does not fit into memory: make the arrays smaller"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("",), "the expression is empty"),
        (("2 * (x + y", "x=1", "y=2"), "column 5: '(' was never closed"),
        (("x.real", "x=1"), "column 1: expected arithmetic, got an attribute"),
        (("__import__('os')",), "column 1: __import__ is no function"),
        (("x * y", "x=1"), "column 5: no value for y: give y=…"),
        (("x", "x=1", "y=2"), "y given, but not used"),
        (("x", "x=one"), "x=one: column 3: expected numbers, got the name one"),
        (("x", "x=1", "x=2"), "x=2: column 1: x is given twice"),
        (("x", "+", "y"), "+: column 1: expected name=value, as in x=-2, got '+'; the expression goes in quotes"),
        (("(" * 5_000,), "column 101: nested more than 100 deep"),
        (("-" * 5_000 + "x", "x=1"), "nested more than 100 deep"),
        (("9**9**9**9 * x", "x=1"), "too large for a float"),
        (
            ("W @ x", "W=[[1,2],[3,4]]", "x=[1,2]"),
            "got an array of shape (2,): take its sum or mean, as in sum(W @ x)",
        ),
        (("W @ x", "W=[[1,2],[3,4]]", "x=[1,2,3]"), "column 3: matmul: the shapes W(2, 2), x(3,) do not fit"),
        (("5",), "column 1: "),
        (("--frob", "x", "x=1"), "unknown option --frob: see stepgrad --help"),
        (("--svgs=a.svg", "x", "x=1"), "unknown option --svgs: did you mean --svg?"),
        (("x", "x=1", "--svg"), "--svg: expected one argument"),
        (("x", "x=1", "--svg", "--png", "a.png"), "--svg: expected one argument"),
        (("x", "x=1", "--json", "-", "--mermaid"), "--json - and --mermaid cannot both be printed"),
        (("x", "x=1", "--json", "a", "--svg=a"), "--svg and --json would both write a"),
        (("x", "x=1", "--json", "a", "--svg=./no/../a"), "--svg and --json would both write a"),
        (("x", "x=1", "--json", "a", "--html", "A"), "--html and --json would both write a"),
        (("x", "x=1", "--html", "a", "--html", "a"), "--html and --html would both write a"),
        (("x", "x=1", "--json", "-", "--json", "-"), "--json - and --json - cannot both be printed"),
        (("x", "x=1", "--mermaid=3"), "--mermaid takes no value, got '3': write --mermaid alone"),
        (("-svg", "a.svg", "x", "x=1"), "column 1: expected name=value, as in x=-2, got 'a.svg'"),
        (("-svg", "a.svg", "x", "x=1"), "; did you mean --svg?"),
        (("x", "x=1", "-json=a"), "; did you mean --json?"),
        (("-help",), "no value for help: give help=…; did you mean --help?"),
        (("--mermaid",), 'expected an expression, as in stepgrad "(x + y) * z" x=-2 y=5 z=-4'),
        (("x", "x=1", "--json", ""), "--json: cannot write ''"),
        (("x", "x=1", "--json", "a\0b"), "--json: cannot write 'a\\x00b'"),
        (("x", "x=1", "--json", "n" * 5_000), "--json: cannot write 'nnn"),
    ],
)
def test_refusals(words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refusal(*words)
    assert list(tmp_path.iterdir()) == []


def test_every_output_that_is_asked_for_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    words = [word for name in "abc" for word in ("--json", str(tmp_path / name))]
    assert call(*DEMO, *words, "--html", str(tmp_path / "page"))[0] == 0
    assert len({(tmp_path / name).read_text() for name in "abc"}) == 1
    assert (tmp_path / "page").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_is_no_second_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    message = refusal(*DEMO, "--json", str(tmp_path / "link"), "--html", str(tmp_path / "file"))
    assert message.startswith("--html and --json would both write")
    assert not (tmp_path / "file").exists()


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    assert f"cannot write '{tmp_path}': Is a directory: give the name of a file in it" in refusal(
        "x", "x=1", "--json", str(tmp_path)
    )
    assert "No such file or directory: make its folder first" in refusal(
        "x", "x=1", "--json", str(tmp_path / "no" / "such.json")
    )
    (tmp_path / "file").write_text("old")
    assert "Not a directory" in refusal("x", "x=1", "--json", str(tmp_path / "file" / "below.json"))
    assert (tmp_path / "file").read_text() == "old"


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    for words in (
        ("--json", "old", "--json", "no/such"),
        ("--json", "no/such", "--json", "old"),
        ("--html", "new", "--json", "old", "--json", "no/such"),
    ):
        done = run(*DEMO, *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"cannot write 'no/such'" in done.stderr
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old", "old")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--json", ""), "--json: cannot write '': give the name of a file"),
        (("--svg=",), "--svg: cannot write '': give the name of a file"),
        (("--json", "new/"), "--json: cannot write 'new/': Is a directory: give the name of a file in it"),
    ],
)
def test_what_names_no_file(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = run(*DEMO, *words, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", f"stepgrad: {message}\n".encode())
    assert list(tmp_path.iterdir()) == []


def test_a_text_stream_takes_files_of_text() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([*DEMO, "--json", "-"]) == 0
    assert json.loads(out.getvalue())["format"] == "stepgrad-trace"


@needs_renderer
def test_a_text_stream_takes_no_bytes() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        assert main([*DEMO, "--png", "-"]) == 2
    assert (out.getvalue(), err.getvalue().count("\n")) == ("", 1)
    assert "give --png a file" in err.getvalue()


@pytest.mark.parametrize("axes", [33, 64])
def test_as_many_axes_as_arrays_have(axes: int) -> None:
    for text in ("[" * axes + "x" + "]" * axes, f"2 * reshape(x, {(1,) * axes})"):
        status, out, err = call(text, "x=3" if text[0] == "[" else "x=[3]")
        assert (status, err) == (0, "")
        assert out.endswith("∂f/∂x = [2]\n" if text[0] == "2" else "= 1\n")


@pytest.mark.usefixtures("no_renderer")
def test_a_page_without_a_picture_is_noted(tmp_path: Path) -> None:
    status, out, err = call(*DEMO, "--html", str(tmp_path / "page"))
    assert status == 0
    assert out.endswith(f"Wrote {tmp_path / 'page'}\n")
    assert err.startswith("stepgrad: note: the page of --html has no picture: no renderer found")
    assert "No picture: no renderer found" in (tmp_path / "page").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer(tmp_path: Path) -> None:
    for kind in ("png", "svg"):
        assert "pip install graphviz-pure" in refusal(*DEMO, f"--{kind}", str(tmp_path / "graph"))
    assert list(tmp_path.iterdir()) == []
    assert call(*DEMO, "--json", str(tmp_path / "trace.json"))[0] == 0


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("log(x)", "x=0"), "f = log(x) = log(0) = −∞"),
        (("sqrt(x)", "x=-1"), "f = √(x) = √(−1) = NaN"),
        (("sqrt(x)", "x=0"), "∂f/∂x += ∂f/∂f · ∂f/∂x = 1 · ∞ = ∞"),
        (("exp(x)", "x=1000"), "f = exp(x) = exp(1000) = ∞"),
        (("sum(x / y)", "x=[1,0]", "y=[0,0]"), "q = x / y = [∞, NaN]"),
        (("mean(x)", "x=[]"), "f = mean(x) = mean([]) = NaN"),
        (("x * 2", "x=inf"), "f = x · 2 = ∞ · 2 = ∞"),
    ],
)
def test_results_that_are_not_finite_get_a_note(words: tuple[str, ...], where: str) -> None:
    status, out, err = call(*words)
    assert status == 0
    assert err == f"stepgrad: note: not finite from here on: {where}\n"
    assert "\nGradients\n" in out


@pytest.mark.parametrize(
    "extra",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_an_ascii_output(extra: dict[str, str]) -> None:
    done = run(*LOSS, **extra)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "    df/dw += df/d" in done.stdout.decode("ascii")
    assert b"?" not in done.stdout
    refused = run("é", **extra)
    assert refused.returncode == 2
    assert b"Traceback" not in refused.stderr


@pytest.mark.parametrize("words", [(), ("--mermaid",)])
def test_names_stay_distinct_in_ascii(words: tuple[str, ...]) -> None:
    names = ["é", "e", "ê", "σ", "sigmoid", "α", "β", "日", "d"]
    done = run(
        f"{' + '.join(names)} + sigmoid(e)",
        *(f"{x}={k}" for k, x in enumerate(names)),
        *words,
        PYTHONIOENCODING="ascii",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    printed = done.stdout.decode("ascii")
    assert "sigmoid(e)" in printed
    if not words:
        gradients = re.findall(r"^  df/d(\S+) *= ", printed.split("\nGradients\n")[1], re.M)
        assert sorted(name.encode().decode("unicode_escape") for name in gradients) == sorted(names)
    assert "?" not in printed


def test_a_latin_output() -> None:
    assert "·" in run(*DEMO, PYTHONIOENCODING="latin-1").stdout.decode("latin-1")


def test_an_interrupt_is_quiet_while_the_command_is_imported() -> None:
    code = """
import sys, viz.__main__
assert not {"numpy", "autograd"} & set(sys.modules)
class Interrupt:
    def find_spec(self, name, *_):
        if name == "numpy": raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
sys.exit(viz.__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"")


def test_public_names_are_imported_when_they_are_asked_for() -> None:
    code = "import viz; assert set(viz.__all__) <= set(dir(viz))\n"
    code += "from viz import *; print(draw.__module__, viz.step.__module__)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True)
    assert (done.stdout.split(), done.stderr) == ([b"viz.picture.dot", b"viz.page.stepper"], b"")
    assert all(getattr(viz, name).__name__ == name for name in viz.__all__)
    assert not hasattr(viz, "sketch")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes and signals")
class TestPosix:
    def start(self) -> subprocess.Popen[bytes]:
        """The command in the middle of writing more than a pipe holds."""
        names = [f"x{i}" for i in range(600)]
        words = [" + ".join(names), *(f"{name}=1" for name in names)]
        return subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())

    def test_a_broken_pipe_is_quiet(self) -> None:
        with self.start() as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == b"Graph\n"
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0

    def test_an_interrupt_is_quiet(self) -> None:
        with self.start() as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == b"Graph\n"
            process.send_signal(signal.SIGINT)
            assert b"Traceback" not in process.stdout.read()
            assert process.stderr.read() == b""
        assert process.returncode == 130

    @pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
    def test_a_signal_leaves_nothing_behind(self, name: str, tmp_path: Path) -> None:
        layout = f"cat > /dev/null\necho $$ > {tmp_path}/running\nexec sleep 60\n"  # once it has been given the graph
        (tmp_path / "dot").write_text(f"#!/bin/sh\n{layout}")
        (tmp_path / "dot").chmod(0o755)
        (tmp_path / "files").mkdir()
        words = command(*DEMO, "--json", str(tmp_path / "files" / "trace"), "--svg", str(tmp_path / "files" / "graph"))
        path = f"{tmp_path}:{os.environ['PATH']}"

        def as_usual() -> None:  # nohup ignores SIGHUP, and so does all that it starts
            signal.signal(getattr(signal, name), signal.SIG_DFL)

        started = subprocess.Popen(words, env=environment(PATH=path), stderr=subprocess.PIPE, preexec_fn=as_usual)
        with started as process:
            assert process.stderr
            while not (tmp_path / "running").exists() or not (tmp_path / "running").read_text():
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(getattr(signal, name))
            assert process.stderr.read() == b""
        assert process.returncode == 128 + getattr(signal, name)
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "running").read_text()), 0)
        assert list((tmp_path / "files").iterdir()) == []

    def test_a_signal_that_is_ignored_stays_so(self) -> None:
        code = "import signal, viz.command.cli as cli; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        code += "with cli.stoppable(): signal.raise_signal(signal.SIGHUP)\n"
        done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")

    def test_closed_and_full_outputs(self) -> None:
        shell = " ".join(f"'{word}'" for word in command(*DEMO))
        closed = subprocess.run(f"{shell} >&-", shell=True, env=environment(), capture_output=True)
        assert (closed.returncode, closed.stderr) == (2, b"stepgrad: standard output is closed\n")
        silent = subprocess.run(f"{shell} more 2>&-", shell=True, env=environment(), capture_output=True)
        assert (silent.returncode, silent.stdout) == (2, b"")
        if Path("/dev/full").exists():
            full = subprocess.run(f"{shell} >/dev/full", shell=True, env=environment(), capture_output=True)
            assert (full.returncode, full.stderr.count(b"\n")) == (2, 1)
            assert b"No space left" in full.stderr
            unheard = subprocess.run(f"{shell} more 2>/dev/full", shell=True, env=environment(), capture_output=True)
            assert (unheard.returncode, unheard.stdout) == (2, b"")

    def test_a_closed_output_writes_no_file(self, tmp_path: Path) -> None:
        shell = " ".join(f"'{word}'" for word in command(*DEMO, "--json", str(tmp_path / "trace")))
        done = subprocess.run(f"{shell} >&-", shell=True, env=environment(), capture_output=True)
        assert (done.returncode, done.stderr) == (2, b"stepgrad: standard output is closed\n")
        assert list(tmp_path.iterdir()) == []

    def test_a_reader_that_leaves_has_its_file(self, tmp_path: Path) -> None:
        names = [f"x{i}" for i in range(600)]
        words = [" + ".join(names), *(f"{name}=1" for name in names), "--json", str(tmp_path / "trace")]
        with subprocess.Popen(command(*words), stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout
            assert process.stdout.readline() == b"Graph\n"
            process.stdout.close()
        assert process.returncode == 0
        assert json.loads((tmp_path / "trace").read_text())["format"] == "stepgrad-trace"

    @pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "log", "/dev/stderr", "/dev/fd/2"])
    def test_what_an_output_is_redirected_to_is_not_replaced(self, path: str, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_text("before\n")
        stream = 2 if path in ("/dev/stderr", "/dev/fd/2") else 1
        shell = " ".join(f"'{word}'" for word in command(*DEMO, "--json", path))
        done = subprocess.run(
            f"{shell} {stream}>>log", shell=True, env=environment(), capture_output=True, cwd=tmp_path
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert (b"Wrote" in done.stdout) == (stream == 2)
        first, rest = log.read_text().split("\n", 1)
        assert first == "before"
        assert json.loads(rest)["format"] == "stepgrad-trace"
        assert list(tmp_path.iterdir()) == [log]

    @pytest.mark.parametrize("words", [("--json", "/dev/stdout", "--html", "-"), ("--json=/dev/fd/1", "--mermaid")])
    def test_standard_output_by_its_path_is_one_place(self, words: tuple[str, ...], tmp_path: Path) -> None:
        done = run(*DEMO, *words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"cannot both be printed" in done.stderr


HOSTILE = [
    "-", "--", "---", "-h*2", "--help", "--version", "--mermaid", "--svg", "--svg=-", "--json=-", "--png=-", "--html=-",
    "x", "x=1", "x=-2", "y=[1,2]", "W=[[1,2],[3,4]]", "=", "x=", "=1", "x==1", "-x*y", "x+y", "sum(W @ y)", "x=nan",
    "x=inf", "x=1e999", "(", ")", "x**x**x", "1/0*x", "x;", ";", "\n", "\0", "\udc80", "q=x*x;q", "lambda: x", "x[0]",
    "x=[[1],[2,3]]",
]  # fmt: skip
arguments = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.text("xy=+-*/()[],.;0123456789e ", max_size=12)),
    max_size=6,
)


LEAVES = "x y m 2 0 -1 10**300 10**400 1e308 pi nan inf [1,2] [x,y] [] [True,False]"
OPERATORS = "+ - * / ** @"
INDICES = "[0] [-1] [5] [0:1] [::-1] [:,0] [::0]"
PARAMS = "0 1 -1 (0,1) (2,2) () None True 0.5 -7 1000000"
GIVEN = "1 -2 0 inf nan 1e308 5e-324 True [1,2] [[1,2],[3,4]] [] [[]] [True,False] [0,0] [3]"


def one_of(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words.split())


@st.composite
def call_of(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Any operation of the table, on expressions, with some of its params."""
    op = autograd.table[draw(st.sampled_from(sorted(autograd.table)))]
    if op.arity is None:
        words = [f"[{', '.join(draw(st.lists(inner, max_size=3)))}]"]
    else:
        words = [draw(inner) for _ in range(op.arity)]
    for name in op.params:
        if op.signature.parameters[name].default is Parameter.empty or draw(st.integers(0, 7)) == 0:
            words.append(f"{name}={draw(one_of(PARAMS))}")
    return f"{op.name}({', '.join(words)})"


EXPRESSIONS = st.recursive(
    one_of(LEAVES),
    lambda inner: st.one_of(
        st.tuples(st.just("("), inner, one_of(OPERATORS), inner, st.just(")")).map("".join),
        st.tuples(inner, one_of(INDICES)).map("".join),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(inner, inner, inner).map(lambda parts: "where({} > 0, {}, {})".format(*parts)),
        call_of(inner),
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.one_of(EXPRESSIONS, EXPRESSIONS.map("sum({})".format)), *[one_of(GIVEN)] * 3)
@example("x/0", "1", "1", "1")
@example("sum(x/0)", "[1]", "1", "1")
@example("x*10**400", "1", "1", "1")
@example("softmax(x)", "1", "1", "1")
@example("[x] @ 2", "1", "1", "1")
@example("sum(take_along_axis(x, -1))", "[1,2]", "1", "1")
@example("einsum([x])", "[1]", "1", "1")
@example("sum(x)**less(2, 2)", "[1]", "1", "1")
@example("sum(sort(x, axis=False))", "[1]", "1", "1")
def test_no_expression_on_any_values_makes_a_traceback(text: str, x: str, y: str, m: str) -> None:
    values = {"x": x, "y": y, "m": m}
    words = [f"{name}={value}" for name, value in values.items() if re.search(rf"\b{name}\b", text)]
    status, out, err = call(text, *words)
    if status == 0:
        assert "\nGradients\n" in out
        assert re.fullmatch(r"(stepgrad: note: not finite from here on: .*\n)?", err)
    else:
        assert (status, out) == (2, "")
        assert re.fullmatch(r"stepgrad: \S.*\n", err)


@given(arguments)
def test_no_arguments_make_a_traceback(words: list[str]) -> None:
    files = [i for i, word in enumerate(words) if word in ("--svg", "--png", "--html", "--json")]
    for i in reversed(files):  # never write where a random word says
        words[i] += "=-"
    words = [word for word in words if not re.match(r"--(svg|png|html|json)=(?!-$)", word)]
    status, out, err = call(*words)
    assert status in (0, 2)
    assert "Traceback" not in err
    assert err.count("\n") <= 1
    if status == 2:
        assert re.fullmatch(r"stepgrad: \S.*\n", err)
        assert out == ""
