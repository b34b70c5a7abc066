"""The stepper in a terminal: what it shows at every step and size, and the real thing, with real keys."""

from __future__ import annotations

import contextlib
import math
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import autograd
from autograd import Graph, Tensor, Timeline, Value, steps, tracing
from viz.command.cli import main
from viz.terminal.card import card, ledger
from viz.terminal.grain import grains
from viz.terminal.keys import HOME, LEAVE, pressed
from viz.terminal.predict import near, read
from viz.terminal.screen import Painter, Size, screen
from viz.terminal.stepper import grouped, run
from viz.terminal.trace import trace
from viz.terminal.track import Track
from viz.terminal.walk import Walk, edge_of, hidden, press, tick

ROOT = Path(__file__).parent.parent
NEW = Walk()
DEMO = ("(x + y) * z", "x=-2", "y=5", "z=-4")


def demo() -> Timeline:
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    return steps(Graph.of((x + y) * z, names={}))


def shared() -> Timeline:
    a, b = Value(3.0, "a"), Value(2.0, "b")
    with tracing():
        c = a * b
        f = (c + a) * a
    return steps(Graph.of(f, names={"c": c}))


def matrices() -> Timeline:
    w, x = Tensor(np.arange(12.0).reshape(3, 4) / 7, label="W"), Tensor(np.linspace(-1, 1, 4), label="x")
    return steps(Graph.of(autograd.tanh(w @ x).sum(), names={}))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Scalar graphs with nodes that are used several times, and some that get no gradient."""
    numbers = st.floats(-1e4, 1e4, allow_nan=False).filter(lambda x: x != 0)
    nodes = [Value(draw(numbers), name) for name in draw(st.sampled_from(["xyz", ["a long name", "w12", "日本"]]))]
    for _ in range(draw(st.integers(1, 14))):
        left, right = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes[-4:]))
        kind = draw(st.sampled_from("+*-tw"))
        made = {
            "+": lambda left=left, right=right: left + right,
            "-": lambda left=left, right=right: left - right,
            "*": lambda left=left, right=right: left * right,
            "t": lambda right=right: autograd.tanh(right),
            "w": lambda left=left, right=right: autograd.where(left > 0, left, right),
        }[kind]()
        nodes.append(made)
    return steps(Graph.of(nodes[-1], names={}))


@given(timelines())
def test_what_is_known_after_each_step(timeline: Timeline) -> None:
    """A track looks it up; here it is gone through."""
    track, graph = Track(timeline), timeline.graph
    values = {k: graph.data[k] for k in graph.leaves}
    gradients: dict[int, float] = {}
    arrived = dict.fromkeys(range(len(graph)), 0)
    for moment in range(len(track)):
        if moment:
            step = timeline[moment - 1]
            if step.kind == "forward":
                values[step.node] = step.after
            elif step.kind == "seed":
                gradients[step.node] = 1.0
            else:
                assert step.target is not None
                gradients[step.target] = gradients.get(step.target, 0.0) + step.contribution
                arrived[step.target] += 1
        for k in range(len(graph)):
            assert track.value(k, moment) == values.get(k)
            np.testing.assert_equal(track.gradient(k, moment), gradients.get(k))
            assert track.arrived(k, moment) == arrived[k]
    for k in range(len(graph)):
        np.testing.assert_equal(track.gradient(k, track.last), timeline.gradients[k])
        assert (track.completed(k) is None) == (timeline.gradients[k] is None)


SIZES = st.builds(Size, st.integers(20, 130), st.integers(1, 45), st.sampled_from(["utf-8", "latin-1", "ascii"]))


@given(timelines(), SIZES, st.data())
def test_a_screen_of_any_size_is_full_and_fits(timeline: Timeline, size: Size, data: st.DataObject) -> None:
    track = Track(timeline)
    walk = Walk(
        moment=data.draw(st.integers(0, track.last)),
        mode=data.draw(st.sampled_from(["steps", "find", "help"])),
        playing=data.draw(st.booleans()),
        typed=data.draw(st.sampled_from(["", "x", "日本"])),
        message=data.draw(st.sampled_from(["", "no node is named q" * 9])),
    )
    lines = [line.plain for line in screen(walk, track, size)]
    assert len(lines) == size.height
    for line in lines:
        assert cell_len(line) <= size.width
        assert "\n" not in line
        line.encode(size.encoding)


NUMBER = re.compile(r"−?\d[\d.]*(?:e[−+]?\d+)?")


@given(timelines(), st.integers(24, 130), st.integers(6, 45), st.data())
def test_no_number_is_cut_in_two(timeline: Timeline, width: int, height: int, data: st.DataObject) -> None:
    track = Track(timeline)
    walk = Walk(moment=data.draw(st.integers(0, track.last)))
    whole = "\n".join(line.plain for line in screen(walk, track, Size(500, 300)))
    shown = [line.plain for line in screen(walk, track, Size(width, height))]
    rule = [line for line in shown if line.startswith("──")]
    cut = [number for line in shown if line not in rule for number in NUMBER.findall(line)]
    assert set(cut) <= set(NUMBER.findall(whole))


@given(
    st.lists(st.sampled_from(["−12.5", "3e−09", "x", "日本", "+", "log(0.1234)", "[1,", "2]", "w12", " "])),
    st.integers(1, 40),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_what_is_cut_off_is_no_part_of_a_number(words: list[str], width: int, encoding: str) -> None:
    painter = Painter(Walk(), Track(demo()), Size(width, 10, encoding))
    for gap in ("", " "):
        text = painter.text((gap.join(words), ""))
        shown = painter.cut(text)
        assert shown.cell_len <= width
        assert set(re.findall(r"[−\d][\d.e−]*", shown.plain.rstrip("."))) <= set(
            re.findall(r"[−\d][\d.e−]*", text.plain)
        )
        assert text.cell_len > width or shown is text


@given(timelines())
def test_the_card_says_the_numbers_of_the_step(timeline: Timeline) -> None:
    track = Track(timeline)
    for moment, step in enumerate(timeline, 1):
        shown = card(track, moment)
        if step.kind == "forward":
            assert step.formula in (" ".join(filter(None, shown)), f"{shown.symbols} {shown.result}")
        elif step.kind == "backward":
            assert step.formula == f"{shown.symbols} {shown.numbers} = {autograd.format_number(step.contribution)}"
            assert shown.result.endswith(f" = {autograd.format_number(step.after)}")
            assert shown.result.startswith("0 + " if step.nth == 1 else f"{autograd.format_number(step.before)} + ")


def test_the_ledger_has_every_contribution_and_no_number_that_has_not_come() -> None:
    track = Track(shared())
    moment = next(k for k in range(len(track)) if (step := track.step(k)) and step.of == 3 and step.nth == 2)
    found = ledger(track, moment, 10)
    assert [sign for sign, _ in found] == ["done", "now", "waiting"]
    assert found[1][1].startswith(str(track.timeline[moment - 1].ledger))
    assert not re.search(r"\d", found[2][1].removeprefix("3rd of 3"))
    assert [text for _, text in ledger(track, moment, 2)][1:] == ["… and 2 more"]


def test_a_screen() -> None:
    track = Track(shared())
    moment = next(k for k in range(len(track)) if (step := track.step(k)) and step.of == 3 and step.nth == 2)
    lines = [line.plain for line in screen(Walk(moment), track, Size(60, 20))]
    assert lines[:8] == [
        "✓ f = q · a        27  ∂ 1",
        "▾ ├─ q = c + a      9  ∂ 3",
        "✓ │  ├─ c = a · b   6  ∂ 3",
        "▸ │  │  ├─ a        3  ∂ 12 (2 of 3)",
        "· │  │  └─ b        2  ∂ –",
        "  │  └─ a (above)",
        "  └─ a (above)",
        "─" * 60,
    ]


@given(timelines(), st.lists(st.sampled_from([*"lhnpgGq/?x -1", "right", "left", "home", "end", "space", "enter",
    "pageup", "pagedown", "backspace", "escape", "ctrl-z"])))  # fmt: skip
def test_no_key_leads_astray(timeline: Timeline, keys: list[str]) -> None:
    track, walk = Track(timeline), Walk()
    for key in keys:
        walk = press(walk, key, track)
        track = grouped(track, walk)
        assert walk.moment in track.grained.stops
        assert not (walk.playing and walk.mode != "steps")
        if walk.over:
            assert key in ("q", "escape")
            return
    assert press(walk, "ctrl-c", track).over
    assert press(walk, "ctrl-d", track).over


def moments(track: Track, *keys: str) -> list[int]:
    walk, found = Walk(), []
    for key in keys:
        walk = press(walk, key, track)
        found.append(walk.moment)
    return found


def test_keys_that_walk() -> None:
    track = Track(demo())
    assert moments(track, "right", "l", "n", "enter", "left", "h") == [1, 2, 3, 4, 3, 2]
    assert moments(track, "end", "right", "home", "left", "G", "home", "pagedown", "pageup") == [7, 7, 0, 0, 7, 0, 7, 0]


def test_a_name_leads_to_the_step_that_computes_it_and_then_to_the_one_that_completes_its_gradient() -> None:
    track = Track(demo())
    assert moments(track, "/", "q", "enter", "/", "/", "/", "enter") == [0, 0, 1, 1, 4, 4, 1]
    assert moments(track, "/", "z", "enter", "/", "enter") == [0, 0, 5, 5, 5]
    assert moments(track, "/", "f", "enter", "/", "f", "enter") == [0, 0, 2, 2, 2, 3]
    assert moments(track, "end", "/", "q", "enter")[-1] == 4
    walk = Walk()
    for key in "/Q":
        walk = press(walk, key, track)
    assert press(walk, "enter", track).message == "no node is named Q; did you mean q?"
    assert press(press(walk, "backspace", track), "escape", track) == Walk()


def walked(track: Track, keys: Sequence[str], walk: Walk = NEW) -> tuple[Walk, Track]:
    for key in keys:
        walk = press(walk, key, track)
        track = grouped(track, walk)
    return walk, track


def network() -> Timeline:
    """Two neurons of one layer, and a loss."""
    x = [Value(1.0), Value(2.0)]
    w, b = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.25)]], [Value(0.0), Value(1.0)]
    h = [(row[0] * x[0] + row[1] * x[1] + b_j).tanh() for row, b_j in zip(w, b, strict=True)]
    return steps(Graph.of((h[0] * h[1] - x[0]) ** 2))


@given(timelines())
def test_in_every_granularity_the_same_happens(timeline: Timeline) -> None:
    for by in grains(timeline.graph):
        track = Track(timeline, by=by)
        assert sorted(map(edge_of, track.steps), key=str) == sorted(map(edge_of, timeline), key=str)
        assert [k for number, k in enumerate(track.grained.stops) if track.number(k) != number] == []
        for node, gradient in enumerate(timeline.gradients):
            found = track.gradient(node, track.last)
            assert (found is None) == (gradient is None)
            np.testing.assert_allclose(
                0.0 if found is None else found, 0.0 if gradient is None else gradient, rtol=1e-9
            )
        for step in track.steps:  # what pays is complete, what is computed has its inputs
            if step.kind == "backward":
                at = [k for k, other in enumerate(track.steps) if other.target == step.node]
                assert not at or at[-1] < track.steps.index(step)


def test_a_neuron_or_a_layer_at_a_time() -> None:
    track = Track(network())
    walk, track = walked(track, "gg")
    assert (walk.by, track.grained.stops[-1], len(track.grained.stops)) == ("neuron", track.last, 8)
    walk, track = walked(track, ["right"], walk)
    lines = [line.plain.rstrip() for line in screen(walk, track, Size(90, 40))]
    assert "layer · neuron 1" in lines
    assert lines[-2].startswith("1 / 7  forward · layer · neuron 1")
    assert sum(line.startswith("▸") for line in lines) == 5
    walk, track = walked(track, ["g", "end"], walk)
    assert screen(walk, track, Size(90, 40))[-2].plain.startswith("5 / 5  backward · layer")
    walk, track = walked(track, ["g"], walk)
    assert walk.by == "edge"


def test_what_is_asked_for_is_shown_once_it_is_answered() -> None:
    walk, track = walked(Track(demo()), ["p", "right"])
    shown = [line.plain for line in screen(walk, track, Size(90, 20))]
    assert (
        "▸ ├─ q = x + y  ?  ∂ –" in [re.sub(" +", " ", line).replace(" ? ", "  ?  ") for line in shown]
        or "?" in shown[1]
    )
    assert not any("= 3" in line for line in shown)
    assert shown[-1].startswith("What is q? ▏")
    walk, track = walked(track, [*"-3", "enter"], walk)
    assert walk.message == "The sign is wrong."
    walk, track = walked(track, [*"x", "enter"], walk)
    assert walk.message == "A number, please: −4, 0.25, 1/4."
    walk, track = walked(track, [*"31", "backspace", "enter"], walk)
    assert (walk.message, walk.right) == ("Right.", 0)
    assert any("= 3" in line.plain for line in screen(walk, track, Size(90, 20)))
    walk, track = walked(track, ["right", *"-12", "enter", "right", "right"], walk)
    shown = [line.plain for line in screen(walk, track, Size(90, 20))]
    assert shown[-1].startswith("What is ∂f/∂q? ▏")
    assert "1 of 2 right" in shown[-2]
    assert not any("−4" in line for line in shown if "∂ " in line and " q " in line)
    for text, message in (("1", "multiply by the local slope"), ("4", "The sign is wrong"), ("3", "contribution to z")):
        assert message in walked(track, [*text, "enter"], walk)[0].message
    walk, track = walked(track, ["right"], walk)
    assert "1 of 3 right" in screen(walk, track, Size(90, 20))[-2].plain


@given(timelines())
def test_the_right_number_is_right_at_every_step(timeline: Timeline) -> None:
    walk, track = walked(Track(timeline), "p")
    asked = 0
    while walk.moment < track.last:
        walk, track = walked(track, ["right"], walk)
        if (step := hidden(walk, track)) is not None:
            asked += 1
            walk, track = walked(track, [*autograd.format_number(step.after), "enter"], walk)
            assert walk.message == "Right."
    assert walk.right == asked == sum(step.kind != "seed" for step in timeline)


def test_playing_ends_at_the_end_and_begins_again() -> None:
    track, walk = Track(demo()), press(Walk(), "space", Track(demo()))
    assert (walk.moment, walk.playing) == (1, True)
    assert not press(walk, "space", track).playing
    for _ in range(6):
        assert walk.playing
        walk = tick(walk, track)
    assert (walk.moment, walk.playing) == (7, False)
    assert press(walk, "space", track) == Walk(moment=0, playing=True)


SENT = {"q": "q", " ": "space", "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x03": "ctrl-c", "é": "é",
    "\x1b[C": "right", "\x1bOC": "right", "\x1b[D": "left", "\x1b[1;5D": "left", "\x1b[H": "home", "\x1b[1~": "home",
    "\x1bOH": "home", "\x1b[7~": "home", "\x1b[F": "end", "\x1b[4~": "end", "\x1b[8~": "end", "\x1b[5~": "pageup",
    "\x1b[A": None, "\x1b[15~": None, "\x1b[200~": None, "\x1bOP": None, "\x1bx": None}  # fmt: skip


@given(st.lists(st.sampled_from(sorted(SENT))), st.data())
def test_sequences_that_come_in_pieces(sent: list[str], data: st.DataObject) -> None:
    text, keys, rest = "".join(sent), [], ""
    while text:
        size = data.draw(st.integers(1, len(text)))
        found, rest = pressed(rest + text[:size])
        keys += found
        text = text[size:]
    assert (keys, rest) == ([name for one in sent if (name := SENT[one])], "")


@given(st.text())
def test_no_text_stops_the_keys(text: str) -> None:
    keys, rest = pressed(text)
    assert rest == "" or rest[0] == "\x1b"
    assert "" not in keys


@given(timelines())
def test_every_line_of_the_trace_can_be_read_back(timeline: Timeline) -> None:
    first, *lines = (line.split("  ") for line in trace(timeline))
    assert first[:2] == ["0", "start"]
    assert len(lines) == len(timeline)
    for number, (fields, step) in enumerate(zip(lines, timeline, strict=True), 1):
        assert fields[:3] == [str(number), step.kind, step.formula]
        assert fields[3:] == ([f"({step.ledger})"] if step.ledger else [])


def test_labels_can_break_neither_the_trace_nor_the_screen() -> None:
    evil = Value(1.0, "x\x1b]0;title\x07\n[red]  y" + "\u202e" + "n" * 10_000)
    track = Track(steps(Graph.of(evil * evil, names={})))
    assert all(line.isprintable() for line in trace(track.timeline))
    for moment in range(len(track)):
        lines = screen(Walk(moment), track, Size(50, 12))
        assert all(cell_len(line.plain) <= 50 and line.plain.isprintable() for line in lines)


def call(*words: str) -> tuple[int, str, str]:
    with contextlib.redirect_stdout(StringIO()) as out, contextlib.redirect_stderr(StringIO()) as err:
        return main(words), out.getvalue(), err.getvalue()


def test_the_command_prints_the_trace_where_nobody_sits(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    status, out, err = call(*DEMO, "--step", "--json", str(path))
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "0  start  x = −2, y = 5, z = −4",
        "1  forward  q = x + y = −2 + 5 = 3",
        "2  forward  f = q · z = 3 · (−4) = −12",
        "3  seed  ∂f/∂f = 1",
        "4  backward  ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4",
        "5  backward  ∂f/∂z += ∂f/∂f · ∂f/∂z = 1 · 3 = 3",
        "6  backward  ∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4",
        "7  backward  ∂f/∂y += ∂f/∂q · ∂q/∂y = −4 · 1 = −4",
    ]
    assert path.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("x", "x=1", "--step", "--mermaid"), "--step and --mermaid cannot both be printed: leave one of them out"),
        (("x", "x=1", "--step", "--json", "-"), "--json - and --step cannot both be printed: give one of them a file"),
        (("x", "x=1", "--step=3"), "--step takes no value, got '3': write --step alone"),
        (("--step",), "expected an expression, as in stepgrad"),
        (("-step", "x", "x=1"), "; did you mean --step?"),
    ],
)
def test_refusals(words: tuple[str, ...], message: str) -> None:
    status, out, err = call(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def environment(**extra: str) -> dict[str, str]:
    names = {"NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES", "PYTHONUTF8", "LC_ALL", "LANG"}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"} | extra


def words_of(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "viz", *words]


def test_the_trace_is_the_same_for_every_width_and_colour() -> None:
    done = [
        subprocess.run(words_of(*DEMO, "--step"), capture_output=True, env=environment(**extra), timeout=60)
        for extra in ({}, {"COLUMNS": "20", "FORCE_COLOR": "1"})
    ]
    assert [one.returncode for one in done] == [0, 0]
    assert done[0].stdout == done[1].stdout
    assert b"\x1b" not in done[1].stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a shell with pipes")
def test_whoever_has_seen_enough_ends_it_quietly() -> None:
    long = f"'sum_of([{', '.join('x' * 3_000)}])' x=1"
    shell = f"({sys.executable} -W error -m viz {long} --step; echo $? >&2) | head -n 1"
    done = subprocess.run(shell, shell=True, env=environment(), capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"0  start  x = 1\n", b"0\n")


class Terminal:
    """A pseudo-terminal of some size with a process at its other end."""

    def __init__(self, words: list[str], columns: int = 80, lines: int = 24, **extra: str) -> None:
        import fcntl
        import pty
        import termios

        self.main, self.end = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.end)

        def own() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            for name in ("SIGHUP", "SIGINT", "SIGTERM"):  # whoever started the tests may ignore them
                signal.signal(getattr(signal, name), signal.SIG_DFL)

        self.process = subprocess.Popen(
            words, stdin=self.end, stdout=self.end, stderr=self.end, env=environment(**extra),
            start_new_session=True, preexec_fn=own,
        )  # fmt: skip
        self.output = ""

    def resize(self, columns: int, lines: int) -> None:
        import fcntl
        import termios

        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def send(self, keys: str) -> None:
        os.write(self.main, keys.encode())

    def read(self, until: float) -> bool:
        """Take what comes; False where the other end is closed."""
        left = until - time.monotonic()
        assert left > 0, f"expected something else than\n{self.output[-3000:]}"
        if select.select([self.main], [], [], left)[0]:
            try:
                part = os.read(self.main, 65_536)
            except OSError:  # Linux: the other end is closed
                return False
            self.output += part.decode(errors="replace")
            return bool(part)
        return True

    @property
    def screen(self) -> list[str]:
        """The lines that are there: those of the last painting."""
        painted = self.output.rpartition(HOME)[2]
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", painted).split("\r\n")

    def expect(self, text: str) -> None:
        """Read until the screen has this text."""
        until = time.monotonic() + 30
        while text not in "\n".join(self.screen):
            self.read(until)

    def end_of(self) -> int:
        """Read to the end; the exit status."""
        os.close(self.end)
        self.end = -1
        until = time.monotonic() + 30
        while self.read(until):
            pass
        return self.process.wait(30)

    def is_restored(self) -> bool:
        import termios

        return termios.tcgetattr(self.end) == self.before

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for descriptor in {self.main, self.end} - {-1}:
            os.close(descriptor)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal, which Windows has not")
class TestTerminal:
    @pytest.fixture(autouse=True)
    def opened(self, terminals: list[Terminal]) -> None:
        self.terminals = terminals

    def open(self, *words: str, **options: object) -> Terminal:
        terminal = Terminal(list(words) or words_of(*DEMO, "--step"), **options)  # type: ignore[arg-type]
        self.terminals.append(terminal)
        return terminal

    def test_all_steps_by_key(self) -> None:
        terminal = self.open()
        terminal.expect("0 / 7")
        assert "· f = q · z" in terminal.screen[0]
        for moment, step in enumerate(demo(), 1):
            terminal.send("\x1b[C" if moment % 2 else "l")
            terminal.expect(f"{moment} / 7")
            assert step.formula.partition(" = ")[0] in "\n".join(terminal.screen)
        assert terminal.screen[:5] == [
            "✓ f = q · z     −12  ∂ 1",
            "▾ ├─ q = x + y    3  ∂ −4",
            "✓ │  ├─ x        −2  ∂ −4",
            "▸ │  └─ y         5  ∂ −4",
            "✓ └─ z           −4  ∂ 3",
        ]
        assert terminal.screen[6:9] == ["∂f/∂y += ∂f/∂q · ∂q/∂y", "= −4 · 1", "0 + (−4) = −4"]
        for keys, count in (
            ("\x1b[H", 0),
            ("\x1bOF", 7),
            ("\x1b[D", 6),
            ("\x1b[H", 0),
            ("/q\r", 1),
            ("//", 4),
            ("\x1b[1~", 0),
        ):
            terminal.send(keys)
            terminal.expect(f"{count} / 7")
        terminal.send("?")
        terminal.expect("done")
        terminal.send("xq")
        assert terminal.end_of() == 0
        assert terminal.output.endswith(LEAVE)

    def test_it_plays(self) -> None:
        terminal = self.open(*words_of("x * 2", "x=3", "--step"))
        terminal.expect("0 / 3")
        terminal.send(" ")
        for count in (1, 2):
            terminal.expect(f"{count} / 3")
            assert "playing" in terminal.screen[-2]
        terminal.expect("3 / 3")
        assert "playing" not in terminal.screen[-2]

    @pytest.mark.parametrize("key", ["q", "\x1b", "\x03", "\x04", "/ab\x03", "?\x04", " q"])
    def test_keys_that_leave(self, key: str) -> None:
        terminal = self.open()
        terminal.expect("0 / 7")
        assert not terminal.is_restored()
        terminal.send(key)
        assert terminal.process.wait(30) == 0
        assert terminal.is_restored()
        assert terminal.end_of() == 0
        assert terminal.output.endswith(LEAVE)
        assert "Traceback" not in terminal.output

    @pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
    def test_signals_that_end_it(self, name: str) -> None:
        terminal = self.open()
        terminal.expect("0 / 7")
        terminal.process.send_signal(getattr(signal, name))
        assert terminal.process.wait(30) == 128 + getattr(signal, name)
        assert terminal.is_restored()
        terminal.end_of()
        assert terminal.output.endswith(LEAVE)

    def test_a_script_that_is_ended(self) -> None:
        terminal = self.open(sys.executable, "-c", SCRIPT + "run(steps(x * 2))")
        terminal.expect("0 / 3")
        terminal.process.terminate()
        assert terminal.process.wait(30) == 128 + signal.SIGTERM
        assert terminal.is_restored()

    def test_an_exception(self) -> None:
        code = (
            "import viz.terminal.stepper as stepper\ndef fail(*_): raise ValueError('broken')\nstepper.press = fail\n"
        )
        terminal = self.open(sys.executable, "-c", SCRIPT + code + "run(steps(x * 2))")
        terminal.expect("0 / 3")
        terminal.send("l")
        assert terminal.process.wait(30) == 1
        assert terminal.is_restored()
        terminal.end_of()
        assert "ValueError: broken" in terminal.output.partition(LEAVE)[2]

    def test_a_terminal_that_goes_away(self) -> None:
        terminal = self.open()
        terminal.expect("0 / 7")
        os.close(terminal.end)
        os.close(terminal.main)
        terminal.main = terminal.end = -1
        assert terminal.process.wait(30) != 0

    def test_another_size(self) -> None:
        terminal = self.open()
        terminal.expect("0 / 7")
        assert len(terminal.screen) == 24
        terminal.send("\x1b[F")
        terminal.expect("7 / 7")
        for columns, lines in ((40, 10), (120, 40)):
            terminal.resize(columns, lines)
            until = time.monotonic() + 30
            while len(terminal.screen) != lines or "q quit" not in terminal.screen[-1]:
                terminal.read(until)
            assert max(map(cell_len, terminal.screen)) <= columns
            assert any(line.startswith("▸") for line in terminal.screen)
            assert "0 + (−4) = −4" in terminal.screen

    @pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with jobs")
    def test_it_stops_and_goes_on(self) -> None:
        terminal = self.open("bash", "--norc", "--noprofile", "-i")
        terminal.send(" ".join(f"'{word}'" for word in words_of(*DEMO, "--step")) + "\n")
        terminal.expect("0 / 7")
        terminal.send("l")
        terminal.expect("1 / 7")
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.output = ""
        terminal.send("stty -a; fg\n")
        terminal.expect("1 / 7")
        assert re.search(r"[^-]icanon", terminal.output)
        terminal.send("l")
        terminal.expect("2 / 7")
        terminal.send("q")
        terminal.expect("bash-")
        terminal.send("exit\n")
        assert terminal.end_of() == 0

    def test_no_color_and_few_characters(self) -> None:
        terminal = self.open(NO_COLOR="1", PYTHONIOENCODING="ascii")
        terminal.expect("0 / 7")
        terminal.send("G")
        terminal.expect("7 / 7")
        assert terminal.screen[1:4] == [
            "v |- q = x + y    3  d -4",
            "+ |  |- x        -2  d -4",
            "> |  `- y         5  d -4",
        ]
        assert "\x1b[1m" not in terminal.output
        assert "\x1b[32m" not in terminal.output

    def test_a_dumb_terminal_has_the_trace(self) -> None:
        terminal = self.open(TERM="dumb")
        assert terminal.end_of() == 0
        assert "\x1b" not in terminal.output
        assert terminal.output.replace("\r\n", "\n") == call(*DEMO, "--step")[1]

    def test_files_are_written_and_named_below(self, tmp_path: Path) -> None:
        terminal = self.open(*words_of(*DEMO, "--step", "--json", str(tmp_path / "trace.json")))
        terminal.expect("0 / 7")
        assert (tmp_path / "trace.json").exists()
        terminal.send("q")
        assert terminal.end_of() == 0
        assert f"Wrote {tmp_path}" in re.sub(r"\r\n", "", terminal.output.partition(LEAVE)[2])


SCRIPT = """
from autograd import Value, steps
from viz.terminal.stepper import grouped, run
x = Value(3.0, "x")
"""


def test_without_a_terminal_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    run(demo())
    assert capsys.readouterr().out.splitlines() == list(trace(demo()))


def test_arrays() -> None:
    track = Track(matrices())
    for moment in range(len(track)):
        for width in (30, 50, 80, 120):
            lines = screen(Walk(moment), track, Size(width, 24))
            assert max(line.cell_len for line in lines) <= width
    assert card(track, track.last).symbols == "∂f/∂x += Wᵀ @ ∂f/∂q"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("0,125", 0.125), ("1,234", 1234.0), ("1 234", 1234.0), ("2·10^3", 2000.0), ("2*10^-5", 2e-5), ("1/3", 1 / 3),
        ("nan", math.nan), ("−inf", -math.inf), ("∞", math.inf), ("0.71", math.sqrt(0.5)), ("169", 169.0),
    ],
)  # fmt: skip
def test_a_right_number_is_right_however_it_is_written(text: str, answer: float) -> None:
    number = read(text, answer)
    assert number is not None
    assert near(number, answer)


@pytest.mark.parametrize(
    ("text", "answer"), [("168", 169.0), ("170", 169.0), ("1000", 1005.0), ("0.68", math.sqrt(0.5)), ("5", math.nan)]
)
def test_another_number_is_not(text: str, answer: float) -> None:
    number = read(text, answer)
    assert number is not None
    assert not near(number, answer)


@pytest.mark.parametrize("text", ["", "na", "1/2/3", "1/0", "q", "1e"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read(text, math.nan) is None


def test_no_number_is_typed_as_nan() -> None:
    with np.errstate(all="ignore"):
        track = Track(steps(autograd.log(Value(0.0, "x")) * 0.0))
    walk = press(press(Walk(), "p", track), "right", track)
    for key in (*"-inf", "enter", "right"):
        walk = press(walk, key, track)
    assert press(walk, "enter", track).right == 1, "nothing was typed"
    for key in (*"nan", "enter"):
        walk = press(walk, key, track)
    assert walk.right == 2


def test_escape_leaves_first_what_is_asked_or_said() -> None:
    track = Track(steps(Value(3.0, "x") * 2.0 + 1.0))
    walk = press(press(Walk(), "p", track), "right", track)
    walk = press(walk, "escape", track)
    assert (walk.over, walk.predicting) == (False, False)
    for key in ("/", *"zzz", "enter"):
        walk = press(walk, key, track)
    assert walk.message
    walk = press(walk, "escape", track)
    assert (walk.over, walk.message) == (False, "")
    assert press(walk, "escape", track).over


@pytest.mark.parametrize("name", ["×", "*", "multiply", "mul"])
def test_an_operation_is_found_by_its_name_or_sign(name: str) -> None:
    s = Value(3.0, "s")
    track = Track(steps(s * s + s))
    found = []
    walk = Walk()
    for _ in range(2):
        for key in ("/", *name, "enter"):
            walk = press(walk, key, track)
        found.append(walk.moment)
    if name == "multiply":
        assert found == [0, 0], "that is no name of the table"
    else:
        assert found == [1, 6]


def test_a_node_at_a_time_says_how_much_of_a_gradient_has_come() -> None:
    s = Value(3.0, "s")
    track = Track(steps(s * s + s)).coarser
    told = [card(track, track.stop(k)).numbers for k in range(1, track.last + 1)]
    assert any("∂f/∂s = 1 (1 of 3)" in each for each in told)
