"""What objects show of themselves in a notebook, with and without pictures, whatever their labels and numbers are."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from samples import demo

import autograd
import nn
import viz
import viz.shown
from autograd import Graph, Step, Tensor, Value, explain, format_number, steps
from autograd.check import Finding, Report, gradcheck
from autograd.notation.html import COLUMNS, NEGATIVE, NUMBERS, POSITIVE, ROWS, heat_map
from viz.model.moment import moment
from viz.picture.card import COLOURS, DARK, FOUND, GRADIENT, INK, QUIET

ROOT = Path(__file__).parents[1]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<b>",
    "</pre></details></td></table>",
    "&lt;b&gt; &amp;",
    "]]> -- <!-- ",
    "\u202eright to left\u202c \u200f",
    "👩\u200d💻 日本",
    "a\0b\x1b[31m\ud800",
    "long " * 2_000,
]


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, entries: str) -> None:
    """Installation, as metadata has it, of a distribution of this name with these entry points alone."""
    place = folder / "stepgrad-0.0.dist-info"
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: stepgrad\nVersion: 0.0\n", encoding="utf-8")
    (place / "entry_points.txt").write_text(entries, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs as where the project is installed as its pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entries = project["entry-points"]["stepgrad.pictures"]
    install(tmp_path, monkeypatch, "[stepgrad.pictures]\n" + "\n".join(f"{k} = {v}" for k, v in entries.items()))


@pytest.fixture
def nobody_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs as where an installation announces a package that is not there."""
    install(tmp_path, monkeypatch, "[stepgrad.pictures]\nviz = package_that_is_not_there:picture\n")


class Parsed(HTMLParser):
    """The structure of HTML, tags with their attributes, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.ends: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.ends.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def structure(self) -> list[tuple[str, list[str]]]:
        return [(tag, sorted(attributes)) for tag, attributes in self.tags]

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def images(self) -> list[str]:
        """The SVG of each picture."""
        sources = [attributes["src"] for tag, attributes in self.tags if tag == "img"]
        return [
            base64.b64decode(data).decode() if kind.endswith("base64") else unquote(data)
            for kind, _, data in (source.partition(",") for source in sources)
        ]

    def cells(self) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == "td" and "title" in attributes]


def shown(_: Any) -> Parsed:  # a parameter with a name would name a node
    return Parsed(_._repr_html_())


# What each shows.


@pytest.mark.usefixtures("drawn")
def test_a_value_shows_its_formula_with_numbers_its_gradient_and_its_graph() -> None:
    f = demo()
    assert "f = q · z = 3 · (−4) = −12" in shown(f).text
    assert "gradient –" in shown(f).text
    f.backward()
    assert "gradient 1" in shown(f).text
    (svg,) = shown(f).images
    assert {"x", "y", "z", "q", "f", "−12"} <= {text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")}


def test_a_leaf_shows_its_number_and_no_graph() -> None:
    x = Value(2.0, "x")
    assert shown(x).text == "x = 2gradient –"
    assert shown(Value(2.0, requires_grad=False)).text == "2a constant, which gets no gradient"
    assert shown(Tensor(3.0, label="t")).text.startswith("t = 3gradient –")


@pytest.mark.usefixtures("drawn", "no_renderer")
def test_without_a_renderer_the_formulas_stand_in() -> None:
    assert "q = x + y = −2 + 5 = 3\nz = −4\n" in shown(demo()).text
    assert shown(demo()).images == []


@pytest.mark.usefixtures("nobody_draws")
def test_where_nobody_draws_the_formulas_stand_in() -> None:
    assert "q = x + y = −2 + 5 = 3" in shown(demo()).text
    assert "q = x + y" in shown(steps(demo())).text
    assert "q = x + y" in shown(steps(demo())[0]).text


@pytest.mark.usefixtures("drawn")
def test_a_large_graph_is_counted_and_folded_and_a_huge_one_not_looked_at() -> None:
    f = x = Value(1.0, "x")
    for _ in range(60):
        f = f * x
    page = shown(f)
    assert page.images == []
    assert ("details", {}) in page.tags
    assert "61 nodes: 60 mul, leaf" in page.text
    for _ in range(2_500):
        f = f * x
    assert "computed from more than 2,000 nodes" in shown(f).text


def test_data_that_changed_since_is_no_error() -> None:
    a = np.ones(3)
    t = Tensor([1.0, 2.0, 3.0], label="t")
    y = t * a
    assert shown(y).cells()
    s = Value(2.0)
    f = s * s
    s.data = 5.0
    assert "4" in shown(f).text


@pytest.mark.usefixtures("drawn")
def test_a_tensor_shows_its_shape_its_formula_and_maps_of_data_and_gradient() -> None:
    x = Tensor([[1.0, -2.0]], label="x", dtype="float32")
    h = x * 3
    h.label = "h"
    h.sum().backward()
    page = shown(h)
    assert "h = x · 3" in page.text
    assert "1×2, float32" in page.text
    assert [cell["title"] for cell in page.cells()] == ["[0, 0]: 3", "[0, 1]: −6", "[0, 0]: 1", "[0, 1]: 1"]
    assert "graph of 2 nodes" in page.text
    assert "gradient –" in shown(x * 2).text


@pytest.mark.usefixtures("drawn")
def test_a_graph_is_its_picture_and_a_timeline_the_stepper() -> None:
    assert len(shown(Graph.of(demo())).images) == 1
    assert [tag for tag, _ in shown(steps(demo())).structure].count("script") == 1


@pytest.mark.usefixtures("drawn")
def test_a_long_timeline_is_folded() -> None:
    f = x = Value(1.0, "x")
    for _ in range(150):
        f = f * x
    page = shown(steps(f))
    assert ("details", {}) in page.tags
    assert "451 steps" in page.text
    assert "251 more" in page.text


@pytest.mark.usefixtures("drawn")
def test_a_step_shows_what_happens_why_and_where() -> None:
    page = shown(steps(demo())[5])
    assert "∂f/∂x += ∂f/∂q · ∂q/∂x = −4 · 1 = −4" in page.text
    assert "add passes the gradient on unchanged" in page.text
    assert len(page.images) == 1
    a = Value(3.0)
    assert "2nd of 2: now 2" in shown(steps(a + a)[3]).text


def test_a_module_shows_its_summary_folded_where_it_is_long() -> None:
    page = shown(nn.MLP([2, 6, 4], rng=0))
    assert page.tags[0] == ("details", {"open": ""})
    assert page.text.startswith("MLP() · 46 parameters")
    assert "layers.2" in page.text
    assert shown(nn.MLP([2] * 20, rng=0)).tags[0] == ("details", {})


@pytest.mark.usefixtures("drawn")
def test_a_report_shows_its_findings_and_where_they_are() -> None:
    wrong = autograd.elementwise("wrong_sine", np.sin, lambda y, x: np.sin(x), doc="wrong", check=False)
    try:
        report = gradcheck(lambda x: wrong(x) * x, 0.7)
    finally:
        autograd.remove("wrong_sine")
    page = shown(report)
    assert page.text.startswith("✗ gradcheck of <lambda> failed: 1 wrong")
    assert str(report.wrong[0])[:80] in page.text
    assert "wrong" in page.images[0]
    right = shown(gradcheck(lambda x: x * x, 3.0))
    assert right.text.startswith("✓ gradcheck of <lambda> passed")
    assert right.images == []


def test_plain_reprs_stay() -> None:
    f = demo()
    assert repr(f) == "Value(data=-12.0, grad=–, label='f')"
    assert repr(steps(f)[0]).startswith("Step(q = x + y")
    assert repr(Graph.of(f)).startswith("Graph(x, y, q = x + y")


def test_importing_and_computing_load_nothing_of_it() -> None:
    code = "import autograd, nn, sys; (autograd.Value(2.0) * 3).backward(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "autograd.graph.shown" not in loaded
    assert "viz" not in loaded


# Maps.

NUMBER = st.floats(width=64)
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=40), elements=NUMBER)


@given(ARRAYS)
@example(np.array([5e-324, -1.7e308, np.inf, -np.inf, np.nan, 0.0, -0.0]))
@example(np.zeros((2, 0, 3)))
def test_a_map_shows_the_sign_and_the_size_of_each_number_where_it_stands(array: Any) -> None:
    page = Parsed(heat_map("data", array))
    cells = page.cells()
    sizes = array.shape[-1:] or (1,)
    rows = array.size // max(sizes[0], 1)
    assert len(cells) == min(rows, ROWS) * min(sizes[0], COLUMNS) if array.size else not cells
    finite = np.abs(array[np.isfinite(array)])
    for cell in cells:
        where, _, number = cell["title"].rpartition(": ")
        place = tuple(map(int, re.findall(r"\d+", where)))
        x = float(array[place])
        assert len(place) == array.ndim
        assert number == format_number(x)
        colour = re.search(r"background-color:(#\w{6})(\w\w)", cell["style"])
        share = 0.0 if np.isnan(x) or x == 0 else 1.0 if np.isinf(x) else abs(x) / finite.max()
        if colour is None:
            assert share == 0
            continue
        assert colour[1] == (POSITIVE if x > 0 else NEGATIVE)
        assert abs(int(colour[2], 16) / 255 - 0.6 * share) <= 1 / 255


def test_few_numbers_are_written_and_of_many_a_part_is_shown_with_a_note() -> None:
    few = Parsed(heat_map("data", np.arange(float(NUMBERS))))
    assert [text for text in few.texts if text.isdigit()][:NUMBERS] == [str(i) for i in range(NUMBERS)]
    many = Parsed(heat_map("data", np.ones((64, 100))))
    assert "16 of 64 rows, 32 of 100 columns" in many.text
    assert {cell["title"].partition(":")[0] for cell in many.cells()} >= {"[0, 0]", "[63, 99]", "[0, 99]", "[63, 0]"}
    assert "numbers" in many.text


# Labels that are code.


class Holder(nn.Module):
    def __init__(self, label: str) -> None:
        self.parts = {label: nn.Linear(2, 1, rng=0)}
        self.w = nn.Parameter(Tensor([1.0], label=label))

    def extra_repr(self) -> str:
        return str(next(iter(self.parts)))


def value(label: str) -> Value:
    return Value(2.0, label) * Value(3.0, "z")


def tensor(label: str) -> Tensor:
    return Tensor([[1.0, 2.0]], label=label) * 2


def report(label: str) -> Report:
    graph = Graph.of(value(label))
    place = Finding(outcome="wrong", check=label, message=label, op="mul", node=2, input=0, hint=label, source=label)
    whole = Finding(outcome="wrong", check="x", message=label, name=label)
    return Report((place, whole), {label: 1}, label, graph, label)


OBJECTS: dict[str, Callable[[str], Any]] = {
    "leaf": lambda label: Value(2.0, label),
    "value": value,
    "tensor": tensor,
    "leaf tensor": lambda label: Tensor([1.0], label=label),
    "graph": lambda label: Graph.of(value(label)),
    "forward": lambda label: steps(value(label))[0],
    "backward": lambda label: steps(value(label))[2],
    "timeline": lambda label: steps(value(label)),
    "long timeline": lambda label: steps(autograd.sum_of([Value(1.0, label)] * 300)),
    "large": lambda label: autograd.sum_of([Value(1.0, label) for _ in range(60)]),
    "report": report,
    "module": Holder,
}


def every(html: Parsed) -> Iterator[str]:
    """All texts that a reader sees, and those of attributes but for pictures."""
    yield from html.texts
    for _, attributes in html.tags:
        yield from (text for name, text in attributes.items() if name != "src")


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("label", HOSTILE)
def test_no_label_becomes_a_part_of_the_page(kind: str, label: str) -> None:
    page, usual = shown(OBJECTS[kind](label)), shown(OBJECTS[kind]("tame"))
    assert page.structure == usual.structure
    assert page.ends == usual.ends
    for svg in page.images:
        tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
        assert tags <= {"svg", "style", "g", "title", "rect", "text", "path", "polygon"}


@given(st.text())
def test_no_label_at_all_does(label: str) -> None:
    for kind in ("value", "tensor", "forward", "large"):
        page, usual = shown(OBJECTS[kind](label)), shown(OBJECTS[kind]("tame"))
        assert page.structure == usual.structure
        assert page.ends == usual.ends


@pytest.mark.parametrize("kind", ["leaf", "value", "tensor", "graph", "forward", "backward", "large", "report"])
@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.usefixtures("nobody_draws")
def test_what_cannot_be_seen_is_left_out_and_what_is_long_is_cut(kind: str, label: str) -> None:
    page = shown(OBJECTS[kind](label))
    for text in every(page):
        assert all(c.isprintable() or c in "\n\u200c\u200d" for c in text)
        assert max(map(len, text.split("\n"))) <= 1_000


# Themes.


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("ink", [INK, QUIET, GRADIENT])
def test_texts_are_read_on_every_card_in_both_themes(ink: str, is_dark: bool) -> None:
    for fill, _ in [*COLOURS.values(), *FOUND.values()]:
        colours = (DARK[ink], DARK[fill]) if is_dark else (ink, fill)
        assert contrast(*colours) >= 4.5, (ink, fill)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
@pytest.mark.parametrize("colour", [POSITIVE, NEGATIVE])
def test_numbers_are_read_on_every_colour_of_a_map(colour: str, ground: str) -> None:
    ink = "#000000" if ground == "#ffffff" else "#e0e0e0"
    over, under = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (colour, ground))
    mixed = "#" + "".join(f"{round(0.6 * a + 0.4 * b):02x}" for a, b in zip(over, under, strict=True))
    assert contrast(ink, mixed) >= 4.5


@pytest.mark.usefixtures("each_renderer")
def test_a_picture_has_a_colour_for_the_dark_for_each_that_needs_one() -> None:
    svg = viz.draw([demo(), Tensor([1.0], requires_grad=False) * 1]).svg()
    for light in re.findall(r'(?:fill|stroke)="(#\w{6})"', svg):
        if light in DARK:
            assert f"light-dark({light},{DARK[light]})" in svg
        else:
            assert contrast(light, "#ffffff") > 1 or light == "#ffffff"
    assert "<style>.stepgrad-graph:root{color-scheme:light dark}" in svg


def test_a_picture_scrolls_where_there_is_less_room() -> None:
    html = Parsed(viz.draw(demo())._repr_mimebundle_()["text/html"])
    styles = {tag: attributes.get("style", "") for tag, attributes in html.tags}
    assert "max-width:none" in styles["img"]
    assert "overflow:auto" in styles["span"]


# A step drawn.


def arrows(step: Step) -> dict[str, str]:
    """By edge, whether its line is thick, with the point of the arrow."""
    root = ElementTree.fromstring(viz.draw(step).svg())
    edges = [group for group in root.iter(f"{SVG}g") if group.get("class") == "edge"]
    return {
        group.attrib["id"]: group.find(f"{SVG}polygon").attrib["points"].split()[1]  # type: ignore[union-attr]
        for group in edges
        if group.find(f"{SVG}path").get("stroke-width") == "3"  # type: ignore[union-attr]
    }


@pytest.mark.usefixtures("each_renderer")
def test_a_step_is_lit_and_its_arrow_points_where_the_number_goes() -> None:
    timeline = steps(demo())
    assert set(arrows(timeline[0])) == {"e2_0", "e2_1"}
    assert arrows(timeline[2]) == {}
    (forward,) = [arrows(timeline[1])["e4_0"]]
    (backward,) = arrows(timeline[3]).values()
    assert set(arrows(timeline[3])) == {"e4_0"}
    assert float(backward.split(",")[0]) < float(forward.split(",")[0])


def test_what_is_known_at_each_step_grows_to_what_the_sweep_gives() -> None:
    a = Value(3.0, "a")
    f = a * a + a
    timeline = steps(f)
    unknown = []
    for step in timeline:
        cards = moment(step).cards
        unknown.append(sum(texts in (("–",), ("∂ –",)) for card in cards for texts in (card.data, card.grad)))
    assert unknown[:3] == [4, 3, 2]  # the number of f, three gradients; these; but that of f
    assert unknown == sorted(unknown, reverse=True)
    assert unknown[-1] == 0
    f.backward()
    last = {card.name: card.grad for card in moment(timeline[-1]).cards}
    assert last["a"] == ("∂ 7",)
    assert str(timeline[3]) in repr(viz.draw(timeline[3]))


def test_of_a_large_graph_what_is_around_the_step_is_drawn() -> None:
    f = x = Value(1.0, "x")
    for _ in range(500):
        f = f * 1.01
    cards = moment(steps(f)[250]).cards
    assert 3 < len(cards) < 20
    assert [card.mark.outcome for card in cards if card.mark] == ["forward"]
    assert x.data == 1.0


# The magic.


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    interactive = pytest.importorskip("IPython.core.interactiveshell", reason="IPython comes with the notebooks extra")
    shell = interactive.InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    assert shell.run_cell("%load_ext viz").success
    yield shell
    interactive.InteractiveShell.clear_instance()


START = "from autograd import Value, Tensor\nx, y, z = Value(-2), Value(5), Value(-4)\n"


@pytest.mark.parametrize(
    ("code", "formula"),
    [
        ("q = x + y\n(q * z)", "f = q · z = 3 · (−4) = −12"),
        ("q = x + y\nloss = q * z\nloss.backward()", "loss = q · z = 3 · (−4) = −12"),
        ("loss = x * z\ncount = 3\nprint(loss.data)", "loss = x · z = −2 · (−4) = 8"),
        ("loss = x * z;", "loss = x · z = −2 · (−4) = 8"),
    ],
)
def test_backprop_steps_through_what_a_cell_computes(shell: Any, code: str, formula: str) -> None:
    shell.run_cell(START)
    stepper = shell.run_cell(f"%%backprop\n{code}", store_history=True).result
    forward = [step for step in stepper.timeline if step.kind == "forward"]
    assert forward[-1].formula == formula
    number, line = re.match(r"In\[\d+\]:(\d+)  (.*)", forward[0].source).groups()  # type: ignore[union-attr]
    assert f"%%backprop\n{code}".splitlines()[int(number) - 1] == line


@pytest.mark.parametrize(
    ("code", "error"),
    [("1 / 0", ZeroDivisionError), ("q = = 2", SyntaxError), ("Tensor([1.0, 2.0]) * 3", autograd.ShapeError)],
)
def test_an_error_in_the_cell_is_shown_as_in_any_cell(
    shell: Any, code: str, error: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell(START)
    result = shell.run_cell(f"%%backprop\n{code}")
    assert isinstance(result.error_in_exec, error)
    assert code in capsys.readouterr().out


def test_a_cell_that_fails_shows_the_steps_up_to_the_line_and_the_error(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.display_formatter.active_types = shell.display_formatter.format_types
    seen: list[dict[str, str]] = []
    shell.display_pub.publish = lambda data, **_: seen.append(data)
    result = shell.run_cell("%%backprop\n" + START + "q = x + y\nf = nothing(q)")
    assert isinstance(result.error_in_exec, NameError)
    assert "q = x + y = −2 + 5 = 3" in seen[0]["text/plain"]
    assert re.search(r"stopped at In\[\d+\]:\d+  f = nothing\(q\): NameError", seen[0]["text/plain"])
    said = capsys.readouterr().out
    assert "recorded.py" not in said, "of the traceback, what is the person's"
    assert "magic.py" not in said


def test_a_cell_without_a_number_is_refused(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for code in ("%%backprop\n3", "%%backprop 7\nprint()"):
        assert not shell.run_cell(code).success
    said = unescape(capsys.readouterr().err)
    assert "computes no single number" in said
    assert "expected nothing on its line, got '7'" in said


def test_a_value_at_the_end_of_a_cell_has_the_names_of_the_cell(shell: Any) -> None:
    shell.display_formatter.active_types = shell.display_formatter.format_types
    seen: list[dict[str, str]] = []
    shell.display_pub.publish = lambda data, **_: seen.append(data)
    result = shell.run_cell(START + "loss = x * z\nloss._repr_html_()").result
    assert "loss = x · z = −2 · (−4) = 8" in result


def test_an_explanation_is_typeset_and_is_text_where_nobody_draws() -> None:
    x, y = Value(2.0, "x"), Value(-3.0, "</script>")
    explanation = explain(x / y)
    drawn = viz.shown.picture(explanation)
    assert drawn.count("<mfrac>") == 6
    assert 'form="prefix"' in drawn
    assert "<script" not in drawn
    assert "</script" not in drawn
    assert "divide gives the numerator" in drawn
    assert explanation.sentence in unescape(explanation._repr_html_())
    many = viz.shown.picture(explain(autograd.table["concatenate"]))
    assert many.count("<math") >= 1


def test_backprop_takes_no_variable_of_a_comprehension_for_one_of_the_cell(shell: Any) -> None:
    shell.run_cell(START + "f = x * 100")
    code = "loss = x * y\nrows = [f for f in (1, 2)]\ndef helper():\n    f = 1"
    stepper = shell.run_cell(f"%%backprop\n{code}", store_history=True).result
    assert str(stepper.timeline[0]).startswith("loss = x · y")
