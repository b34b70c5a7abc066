"""What a timeline looks like: in a terminal of any width, and in a pipe."""

from __future__ import annotations

import re
from io import StringIO

import numpy as np
import pytest
import samples
from rich.cells import cell_len
from rich.console import Console

import autograd
from autograd import Graph, Tensor, Timeline, Value, steps
from viz.terminal.console import new_console, show

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def demo() -> Timeline:
    return steps(samples.demo())


def matrices() -> Timeline:
    w, x = Tensor(np.arange(12.0).reshape(3, 4) / 7, label="W"), Tensor(np.linspace(-1, 1, 4), label="x")
    return steps(Graph.of(autograd.tanh(w @ x).sum(), names={}))


def in_a_pipe(timeline: Timeline) -> str:
    show(timeline, new_console(text := StringIO()))
    return text.getvalue()


def in_a_terminal(timeline: Timeline, width: int, **options: str) -> str:
    show(timeline, Console(file=(text := StringIO()), force_terminal=True, width=width, _environ=options))
    return text.getvalue()


def test_the_demo_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    text = in_a_pipe(demo())
    assert "\x1b" not in text
    assert "  q = x + y = −2 + 5 = 3\n  f = q · z = 3 · (−4) = −12\n" in text
    assert "    ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4\n" in text
    assert text.endswith("Gradients\n  ∂f/∂x = −4\n  ∂f/∂y = −4\n  ∂f/∂z = 3\n")
    assert re.findall(r"^\w+$", text, re.M) == ["Graph", "Forward", "Backward", "Gradients"]


def test_a_pipe_has_every_step_on_one_line() -> None:
    timeline = matrices()
    lines = [line.strip() for line in in_a_pipe(timeline).splitlines()]
    for step in timeline:
        assert any(line.startswith(step.formula) for line in lines)


@pytest.mark.parametrize("width", [32, 50, 80, 200])
@pytest.mark.parametrize("timeline", [demo(), matrices()])
def test_no_line_is_wider_than_the_terminal(timeline: Timeline, width: int) -> None:
    text = ESCAPE.sub("", in_a_terminal(timeline, width, TERM="xterm-256color"))
    assert max(map(cell_len, text.splitlines())) <= width
    whole = re.sub(r"[\s│├└─]", "", in_a_pipe(timeline))
    assert re.sub(r"[\s│├└─]", "", text) == whole


@pytest.mark.parametrize("columns", ["0", "1", "2", "-3", "many"])
def test_any_width_that_a_terminal_claims_shows_everything(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = ESCAPE.sub("", in_a_pipe(demo()))
    assert max(map(cell_len, text.splitlines())) > 10
    assert re.findall(r"^\w+$", text, re.M)[0] == "Graph"
    assert re.sub(r"\s", "", text).endswith("Gradients∂f/∂x=−4∂f/∂y=−4∂f/∂z=3")


def test_a_wrapped_line_hangs_below_itself() -> None:
    text = ESCAPE.sub("", in_a_terminal(demo(), 50, TERM="xterm-256color"))
    assert "  f = q · z: multiply swaps its inputs: each\n      one's slope is the other's value\n" in text


def test_colours() -> None:
    text = in_a_terminal(demo(), 80, TERM="xterm-256color")
    assert "q = x + y = −2 + 5 = \x1b[32m3\x1b[0m" in text
    assert "−4 · 1 = \x1b[35m−4\x1b[0m" in text
    assert set(ESCAPE.findall(text)) <= {f"\x1b[{code}m" for code in ("0", "1", "2", "32", "35")}


def test_no_color_means_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in in_a_pipe(demo())


def test_the_ledger_of_a_shared_node() -> None:
    a = Value(3.0, "a")
    text = in_a_pipe(steps(Graph.of(a + a, names={})))
    assert "= 1   (1st of 2: now 1)\n" in text
    assert "= 1   (2nd of 2: now 2)\n" in text


def test_a_leaf_alone_and_a_leaf_without_a_path() -> None:
    assert in_a_pipe(steps(Graph.of(Value(1.0, "x"), names={}))).split("\n\n")[2] == "Gradients\n  ∂x/∂x = 1\n"
    x, y = Value(1.0, "x"), Value(2.0, "y")
    text = in_a_pipe(steps(Graph.of(autograd.where(x > 0, x, y), names={})))
    assert "  ∂f/∂y = 0   no gradient reaches it\n" in text
    assert re.search("└─ y +2  ∂ –\n", text)


def test_labels_cannot_reach_the_terminal() -> None:
    evil = Value(1.0, "x\x1b]0;title\x07\n[red]y[/red]")
    text = in_a_pipe(steps(Graph.of(evil * 2, names={})))
    assert "\x1b" not in text
    assert "[red]y[/red]" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_live_nodes_are_not_touched() -> None:
    x = Value(3.0, "x")
    f = x * x
    show(f, new_console(StringIO()))
    assert not x.has_grad
    assert not f.has_grad


def test_wide_characters_count_twice() -> None:
    x, y = Value(1.0, "日本"), Value(2.0, "y")
    tree = in_a_pipe(steps(Graph.of(x * y, names={}))).splitlines()[1:4]
    assert len({cell_len(line.partition("∂")[0]) for line in tree}) == 1
