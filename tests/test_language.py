"""Languages: every text and every sentence in each of them, chosen by argument or environment, and two READMEs."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from strategies import Program, by_operator, programs

import autograd
import nn  # noqa: F401 - which has an operation of its own
import viz.language
from autograd import Graph, Tensor, Value, format_number, ordinal, steps
from autograd.graph.steps import SEED
from viz.command.cli import main
from viz.language.words import LANGUAGES, VARIABLES, words
from viz.terminal.console import new_console, show
from viz.terminal.screen import Size, screen
from viz.terminal.track import Track
from viz.terminal.walk import Walk, find

ROOT = Path(__file__).parent.parent
EN, ZH = words("en"), words("zh")
DOCS = {name: op.doc for name, op in autograd.table.items()}
HAN = re.compile(r"[\u4e00-\u9fff]")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def shown(what: Any, lang: str | None = None) -> str:
    show(what, new_console(text := StringIO()), lang=lang)
    return text.getvalue()


def test_there_is_a_file_for_each_language() -> None:
    assert {path.stem for path in Path(viz.language.__path__[0]).glob("*.json")} == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_written_twice(lang: str) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    text = (Path(viz.language.__path__[0]) / f"{lang}.json").read_text(encoding="utf-8")
    groups = json.loads(text, object_pairs_hook=once)["texts"].values()
    assert sum(map(len, groups)) == len(words(lang).texts)


def test_both_languages_say_the_same_things() -> None:
    assert list(EN.texts) == list(ZH.texts)
    assert {key: fields(text) for key, text in EN.texts.items()} == {
        key: fields(text) for key, text in ZH.texts.items()
    }


#: Keys that are chosen by what a step, a granularity or a button is.
CHOSEN = {
    *("start", "forward", "seed", "backward", "update"),
    *("at_start", "at_forward", "at_seed", "at_backward"),
    *("by_edge", "by_node", "by_neuron", "by_layer"),
    *("first", "back", "play", "next", "last", "zoom_in", "zoom_out", "fit"),
    *("arrived", "now", "waiting", "fill_values", "fill_grads", "graph", "gradients", "leaf", "nobody"),
    *("line_start", "line_forward", "line_seed", "line_backward", "line_end"),
}


def test_every_text_is_said_and_every_text_that_is_said_is_there() -> None:
    sources = [path for path in (ROOT / "viz").rglob("*") if path.suffix in (".py", ".js")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    calls = re.findall(r"""(?:\bsay|\btext|\bsaid)\(((?:[^()]|\([^()]*\))*)\)""", code)
    asked = set(re.findall(r"""(?:\bsay|(?:say|said|words\([^)]*\)|self)\.text)\(\s*["'](\w+)["']""", code))
    named = asked | {key for call in calls for key in re.findall(r"""["']([a-z_]+)["']""", call.partition("{")[0])}
    assert asked <= set(EN.texts)
    by_what_is_found = {key for key in EN.texts if key.startswith(("found_", "row_"))}
    assert set(EN.texts) - named - by_what_is_found == CHOSEN - named
    made = set(re.findall(r"""["'`](\w+)(?:["'`]|\$?\{)""", code))
    assert all(key in made or f"{key.partition('_')[0]}_" in made for key in CHOSEN | by_what_is_found)


@pytest.mark.parametrize("key", EN.texts)
def test_a_text_is_in_its_language(key: str) -> None:
    assert HAN.search(ZH.texts[key])
    assert not HAN.search(EN.texts[key])


@pytest.mark.parametrize("name", DOCS)
def test_the_sentence_of_an_operation_is_in_chinese(name: str) -> None:
    said = ZH.sentence(DOCS[name])
    assert HAN.search(said)
    assert set(re.findall(r"[^\w\s.,:;|′’'-]|[ˣⁿₖₙ²³π]", DOCS[name])) <= set(said), (
        "what is written as mathematics stays"
    )
    assert EN.sentence(DOCS[name]) == DOCS[name]


def test_no_sentence_is_of_what_no_step_says() -> None:
    assert set(ZH.sentences) == {*DOCS.values(), SEED}
    assert EN.texts["seed_sentence"] == SEED
    assert ZH.texts["seed_sentence"] == ZH.sentence(SEED)


@pytest.mark.parametrize("said", [*ZH.texts.values(), *ZH.sentences.values()])
def test_chinese_has_the_signs_of_chinese(said: str) -> None:
    assert not re.search(r"[\u4e00-\u9fff][,.:;?!]", said)
    assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9{]|[A-Za-z0-9}][\u4e00-\u9fff]", said), (
        "a space between the scripts"
    )


def test_an_operation_of_a_persons_own_says_what_that_person_wrote() -> None:
    doubled = autograd.elementwise("doubled", lambda x: 2 * x, lambda y, x: 2, doc="doubles the gradient")
    try:
        assert "doubled(x): doubles the gradient\n" in shown(doubled(Value(3.0, "x")), "zh")
    finally:
        autograd.remove("doubled")


@given(name=st.text(), value=st.text())
def test_a_field_is_filled_in_as_it_is(name: str, value: str) -> None:
    assert EN.text("local_slope_by", name=name, value=value) == f"local slope by {name}: {value}"


def test_a_text_without_one_of_its_fields_is_refused() -> None:
    with pytest.raises(KeyError, match="name"):
        EN.text("ledger_title")
    with pytest.raises(KeyError, match="nonsense"):
        ZH.text("nonsense")


@given(n=st.integers(1, 10**6))
def test_each_language_counts_in_its_way(n: int) -> None:
    assert EN.text("nth_of", nth=n, count=n) == f"{ordinal(n)} of {n}"
    assert (
        ordinal(n)[-2:] in {"th"}
        if n // 10 % 10 == 1
        else ordinal(n).endswith({1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th"))
    )
    assert ZH.text("nth_of", nth=n, count=n) == f"第 {n} 笔，共 {n} 笔"


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LC_ALL": "zh_CN.GB18030@stroke"}, "zh"),
        ({"STEPGRAD_LANG": "zh", "LC_ALL": "C", "LANG": "C"}, "zh"),
        ({"STEPGRAD_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"STEPGRAD_LANG": "zh-Hans", "LANG": "C"}, "zh"),
        ({"STEPGRAD_LANG": "nonsense", "LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_environment_chooses(environment: dict[str, str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert words().lang == lang
    assert ("计算图" in shown(Value(3.0, "x") ** 2)) == (lang == "zh")
    for other in LANGUAGES:
        assert words(other).lang == other


def test_the_argument_is_a_language_that_ships() -> None:
    assert words("zh-CN") is words("ZH_cn.UTF-8") is ZH
    with pytest.raises(ValueError, match=r"^lang: expected one of en, zh, got 'de'$"):
        shown(Value(1.0) + 1.0, "de")
    with pytest.raises(TypeError, match="lang: expected text, got 3"):
        words(3)  # type: ignore[arg-type]


@given(programs())
def test_a_timeline_in_chinese_is_that_in_english_with_its_words_said(program: Program) -> None:
    timeline = steps(program.result(by_operator, [Value(x.item()) for x in program.inputs]))
    expected = shown(timeline, "en")
    for heading in ("graph", "forward", "backward", "gradients"):
        expected = re.sub(rf"(?m)^{EN.text(heading)}$", ZH.text(heading), expected)
    for step in timeline:
        expected = expected.replace(f": {step.sentence}\n", f": {ZH.sentence(step.sentence)}\n")
    expected = expected.replace(f"   {SEED}\n", f"   {ZH.sentence(SEED)}\n")
    expected = expected.replace(EN.text("unreached"), ZH.text("unreached"))
    expected = expected.replace("(above)\n", "(见上)\n").replace("(below)\n", "(见下)\n")
    expected = re.sub(r"\((\d+)(?:st|nd|rd|th) of (\d+): now (.*)\)\n", r"(第 \1 笔，共 \2 笔：现为 \3)\n", expected)
    assert shown(timeline, "zh") == expected


def test_the_ledger_is_that_of_the_step() -> None:
    x = Tensor([1.0, 2.0], label="x")
    for step in steps((x * x * x).sum()):
        if step.ledger:
            assert EN.text("ledger", nth=step.nth, count=step.of, value=format_number(step.after)) == step.ledger


def test_what_gets_no_gradient_says_so() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    chosen = Graph.of(autograd.where(x > 0, x, y), names={})
    assert "∂f/∂y = 0   没有梯度到达这里\n" in shown(chosen, "zh")


@pytest.mark.parametrize("width", [20, 41, 80])
def test_the_stepper_of_a_terminal_is_in_chinese_and_no_line_is_too_wide(width: int) -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    track = Track(steps(Graph.of(x * y + x * x, names={})), ZH)
    walks = [Walk(moment) for moment in range(len(track))]
    walks += [Walk(mode="help"), Walk(mode="find", typed="x"), Walk(playing=True), find(Walk(), "q1", track)]
    told = [[line.plain for line in screen(walk, track, Size(width, 24))] for walk in walks]
    assert all(cell_len(line) <= width for lines in told for line in lines)
    if width == 80:
        whole = "\n".join(map("\n".join, told))
        assert not re.search(r"backward|from|play|slope|gradient|quit|find|step|above", whole)
        for said in (
            "局部导数：对 x 为 3",
            "第 2 笔，共 3 笔",
            "2，来自 r",
            "播放中",
            "查找：x",
            "是不是 q",
            "按任意键返回",
            "(见上)",
        ):
            assert said in whole


class TestTheCommand:
    def test_in_chinese(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        for option in (["--lang", "zh"], ["--lang=zh"], ["--lang", "en", "--lang", "zh-CN"]):
            assert main(["x*y", "x=2", "y=3", *option, "--json", str(tmp_path / "f.json")]) == 0
            printed = capsys.readouterr().out
            assert "反向传播\n" in printed
            assert "乘法交换两个输入" in printed
            assert printed.endswith(f"已写入 {tmp_path / 'f.json'}\n")

    def test_in_the_language_of_the_environment(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STEPGRAD_LANG", "zh")
        assert main([]) == 0
        assert "试试这三个" in capsys.readouterr().out
        assert main(["--lang", "en"]) == 0
        assert not HAN.search(capsys.readouterr().out)

    def test_another_language_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["x*y", "x=2", "y=3", "--lang", "de"]) == 2
        assert capsys.readouterr().err == "stepgrad: --lang: expected one of en, zh, got 'de'\n"
        assert main(["x*y", "x=2", "y=3", "--lang"]) == 2
        assert "--lang: expected one argument" in capsys.readouterr().err


class TestTheReadmes:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))

    def same(self, pattern: str) -> None:
        found = re.findall(pattern, self.english, re.M | re.S)
        assert found
        assert re.findall(pattern, self.chinese, re.M | re.S) == found

    def test_the_code_is_the_same(self) -> None:
        self.same(r"^```\w*\n.*?^```$")

    def test_so_are_the_headings(self) -> None:
        self.same(r"^##? ?(?=\S)")

    def test_so_are_the_numbers_of_the_tables(self) -> None:
        cells = [re.findall(r"^\|.*$", text, re.M) for text in (self.english, self.chinese)]
        numbers = [[re.findall(r"[\d,.–]+", re.sub(r"[，、]", " ", row)) for row in rows] for rows in cells]
        assert numbers[0]
        assert [re.sub(r",$", "", x) for row in numbers[0] for x in row if x != ","] == [
            x for row in numbers[1] for x in row
        ]

    def test_so_are_the_links(self) -> None:
        links = [set(re.findall(r"\]\(([a-zA-Z][^()\s]*)\)", text)) for text in (self.english, self.chinese)]
        assert links[0] - {"README.zh.md"} == links[1] - {"README.md"}
        assert all((ROOT / link.partition("#")[0]).exists() for link in links[1])

    def test_they_lead_to_each_other_in_their_first_lines(self) -> None:
        assert "[中文](README.zh.md)" in self.english.splitlines()[2]
        assert "[English](README.md)" in self.chinese.splitlines()[2]

    def test_bold_ends_where_markdown_sees_it(self) -> None:
        """After a sign, and before a letter, ** begins and does not end."""
        assert not re.findall(r"\*\*[^*\n]+[。，：！？）”]\*\*(?=\w)", self.chinese)
