"""In Chinese nothing is left in English: every kind of output is rendered and read, word by word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from io import StringIO
from typing import Any

import numpy as np
import pytest

import autograd
import viz
from autograd import Recording, Tensor, Timeline, Value, recorded, steps
from viz.command.cli import main
from viz.language.words import pattern, words
from viz.terminal.console import new_console, show
from viz.terminal.screen import Size, screen
from viz.terminal.trace import trace
from viz.terminal.track import Track
from viz.terminal.walk import Walk

EN, ZH = words("en"), words("zh")

#: What stays in any language: mathematics, the names of operations, of keys and of the program's own functions.
STAYS = {
    *autograd.table,
    "NaN",
    "True",
    "False",
    "None",
    "shape",
    "axis",
    "axes",
    "keepdims",
    "copy",
    "arctanh",
    "lambda",
    "out",
}
STAYS |= {
    "Enter",
    "Home",
    "End",
    "PgUp",
    "PgDn",
    "Esc",
    "print",
    "save",
    "step",
    "stepgrad",
    "help",
    "limit",
    "English",
}


def scalars() -> Timeline:
    x = [Value(1.0), Value(2.0)]
    weights, b = [[Value(0.5), Value(-0.5)], [Value(1.0), Value(0.25)]], [Value(0.0), Value(1.0)]
    h = [(w[0] * x[0] + w[1] * x[1] + b_j).tanh() for w, b_j in zip(weights, b, strict=True)]
    z = autograd.where(h[0] > 0, h[0] * h[1], h[0])
    return steps((z - h[1]) ** 2)


def arrays() -> Timeline:
    x, w, b = Tensor(np.linspace(-1, 1, 30)), Tensor(np.linspace(-1, 1, 60).reshape(30, 2)), Tensor([0.5, -0.5])
    h = np.tanh(x @ w + b)
    return steps(autograd.logsumexp(h) + (h * h).mean() + x.sum())


def failing() -> Timeline:
    with recorded() as run:
        x, w = Tensor([1.0, 2.0]), Tensor([[1.0, 2.0, 3.0]])
        h = x * 2
        _ = w @ h
    return steps(run)


def stopped(until: Any) -> Callable[[], Timeline]:
    def made() -> Timeline:
        x, y = Value(2.0, "x"), Value(0.0, "y")
        with np.errstate(all="ignore"):
            q = x * y
            f = autograd.log(q) + x
        return steps(f, until=until)

    return made


def recording() -> Recording:
    w = Value(2.0, "w")
    run = Recording([w])
    for _ in range(2):
        w.grad = 0.0
        loss = (w - 5) ** 2
        loss.backward()
        run.take(loss)
        w.data -= 0.25 * w.grad
    return run


TIMELINES: dict[str, Callable[[], Timeline]] = {
    "scalars": scalars,
    "arrays": arrays,
    "code that fails": failing,
    "the gradient of a name": stopped("q"),
    "a NaN": stopped("nan"),
    "a condition": stopped(lambda step: step.kind == "seed"),
    "a condition that never holds": stopped(lambda step: False),
}


def english(text: str, *names: str) -> set[str]:
    """The words in a text that are neither a name nor mathematics."""
    known = STAYS | {word for name in names for word in re.findall("[A-Za-z][A-Za-z_]+", name)}
    return set(re.findall("[A-Za-z][A-Za-z_]+", text)) - known


def without_code(text: str, timeline: Timeline) -> str:
    """A text without lines of a person's code, and what that code raised."""
    quoted = [*filter(None, timeline.graph.sources), *re.findall(r"stopped at (.*)", timeline.reason)]
    for line in quoted:
        for part in (line, *line.split("  "), *line.split(": ", 1)):
            text = text.replace(part, "")
    return text


def seen(html: str) -> str:
    """What a reader is shown, or read out: texts, and the attributes that are told."""
    html = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", html)
    html = re.sub(r"data:image/svg\+xml,[^\"]*", " ", html)
    told = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', html)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", html), *told]))


def on_terminal(timeline: Timeline) -> Iterator[str]:
    track = Track(timeline, ZH)
    walks = [Walk(moment) for moment in range(len(track))]
    walks += [Walk(mode="help"), Walk(mode="find"), Walk(playing=True)]
    for walk in walks:
        yield from (line.plain for line in screen(walk, track, Size(300, 60)))


def shown(timeline: Timeline) -> str:
    show(timeline, new_console(text := StringIO()), lang="zh")
    return text.getvalue()


OUTPUTS: dict[str, Callable[[Timeline], str]] = {
    "printed": lambda timeline: str(viz.step(timeline, lang="zh")),
    "shown": shown,
    "trace": lambda timeline: "\n".join(trace(timeline, ZH)),
    "terminal": lambda timeline: "\n".join(on_terminal(timeline)),
    "page": lambda timeline: seen(viz.step(timeline, lang="zh").html()),
    "notebook": lambda timeline: "\n".join(map(seen, viz.step(timeline, lang="zh")._repr_mimebundle_().values())),
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("kind", TIMELINES)
def test_no_english_is_left(kind: str, output: str) -> None:
    timeline = TIMELINES[kind]()
    text = OUTPUTS[output](timeline)
    assert english(without_code(text, timeline), *timeline.graph.names) == set()
    assert re.search(r"[\u4e00-\u9fff]", text)


def test_what_can_not_be_said_in_chinese_would_be_found() -> None:
    assert english("第 1 层 layer 1, tanh(x), q = my_name", "my_name") == {"layer"}


def test_phrases_have_the_fields_and_the_signs_of_theirs() -> None:
    assert not EN.phrases
    for template, said in ZH.phrases.items():
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", template))
        assert pattern(template).fullmatch(re.sub(r"\{\w+\}", "7", template))
        assert re.search(r"[\u4e00-\u9fff]", said) or template == "{part} · {rest}"
        assert not re.search(r"[\u4e00-\u9fff][,.:;?!A-Za-z0-9{]|[A-Za-z0-9}][\u4e00-\u9fff]", said)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("layer 2 · neuron 3 · row 1", "第 2 层 · 第 3 个神经元 · 第 1 行"),
        ("layer · neuron 1", "层 · 第 1 个神经元"),
        ("loss", "损失"),
        ("encoder.0", "encoder.0"),
        ("stopped after step 4 of 7: the gradient of q is complete", "停在第 4 步之后（共 7 步）：q 的梯度已经算完"),
        ("stopped at a.py:3  y = W @ h: ShapeError: a", "停在 a.py:3  y = W @ h：ShapeError: a"),
        ("stopped: E: b; not stopped: every number is finite", "出错停下：E: b；没有停下：所有数都是有限的"),
        ("30 numbers", "30 个数"),
    ],
)
def test_what_the_engine_says_in_english_is_said(english: str, chinese: str) -> None:
    assert ZH.phrase(english) == chinese
    assert EN.phrase(english) == english


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--step"]):
        assert main(["exp(x*y) + x", "x=2", "y=0.5", "--lang", "zh", *options]) == 0
        assert english(capsys.readouterr().out) == set()
    assert main(["--lang", "zh"]) == 0
    assert english(re.sub(r"(?m)^.*stepgrad .*$", "", capsys.readouterr().out), "Wx") == set()


def test_what_is_printed_of_trainings_and_comparisons() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    for shown in (
        viz.step(recording(), lang="zh"),
        viz.compare(x * y + x, x * x, lang="zh"),
        viz.compare(x * y, x * y, lang="zh"),
        viz.compare(recording(), recording(), lang="zh"),
    ):
        assert english(str(shown), "loss") == set()
        assert re.search(r"[\u4e00-\u9fff]", str(shown))
    assert str(viz.compare(x * y + x, x * x)) == str(autograd.compare(x * y + x, x * x)), "in English the engine's"


def test_a_trace_is_in_the_language_that_is_asked_for_and_in_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LC_ALL", "LANG", "LC_MESSAGES"):
        monkeypatch.setenv(name, "zh_CN.UTF-8")
    monkeypatch.delenv("STEPGRAD_LANG", raising=False)
    stepper = viz.step(Value(3.0, "x") * 2)
    stepper.show()
    assert "3  backward  ∂f/∂x" in capsys.readouterr().out
    monkeypatch.setenv("STEPGRAD_LANG", "zh")
    stepper.show()
    assert "3  反向  ∂f/∂x" in capsys.readouterr().out
    viz.step(Value(3.0, "x") * 2, lang="en").show()
    assert "3  backward  ∂f/∂x" in capsys.readouterr().out


def test_the_trace_says_why_it_ends() -> None:
    *_, last, end = trace(stopped("q")())
    assert last.startswith("7  backward")
    assert end == "7  end  stopped after step 7 of 9: the gradient of q is complete"


def test_in_english_a_stepper_prints_its_timeline() -> None:
    for made in TIMELINES.values():
        timeline = made()
        assert str(viz.step(timeline, lang="en")) == str(timeline)


@pytest.mark.parametrize("more", [[], ["--step"]])
def test_what_cannot_be_written_in_chinese_is_written_in_english(more: list[str]) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "viz", "x*y", "x=2", "y=3", *more],
        env={**os.environ, "STEPGRAD_LANG": "zh", "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "\\u" not in made.stdout
    assert "f = x * y" in made.stdout
