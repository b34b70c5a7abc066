"""The page of a comparison: both runs step as the engine's, what differs is lit, and what was held stands beside."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from browsing import Visits, seen, walked
from test_page_access import AXE, serious
from test_page_labels import CLEAN, FOREIGN, HOSTILE, walk_through
from walks import check_walk

import viz
from autograd import Tensor, Timeline, Value, compare, format_number
from autograd.graph.compare import FINDINGS, REMARKS
from viz.language.words import words

LAST = """(section) => Object.fromEntries([...section.querySelectorAll(".node.differs")].map(
    (one) => [one.id, one.querySelector(".grad").textContent]))"""


def run(w: float = 2.0, mistake: str = "", name: str = "x") -> Value:
    a, x = Value(w, "a"), Value(3.0, name)
    q = a * x
    q.label = "q"
    r = q + x
    r.label = "r"
    f = r * q
    f.label = "f"
    f.backward()
    if mistake == "assigned":
        x.grad = q.data
    elif mistake == "stale":
        a.grad, x.grad = a.grad + 1.5, x.grad + 0.25
    elif mistake == "inner":
        r.grad = 7.0
    return f


def other(k: int) -> Value:
    a, x = Value(2.0, "a"), Value(3.0, "x")
    return (a * x + 1).tanh() * x if k else (a * x + 2).exp() * x


def check_steps(found: Any, page: Any) -> None:
    """The steps of both, one after the other; what was held is there at the end alone."""
    walk = walked(page)
    for graph in (found.a, found.b):
        timeline = Timeline(graph)
        part, walk = walk[: len(timeline) + 1], walk[len(timeline) + 1 :]
        for i, held in enumerate(found.grads[graph is found.b]):
            right = timeline.gradients[i]
            if held is not None and format_number(held) != format_number(right):
                there = part[-1]["cards"][str(i)][1]
                assert there == [f"∂ {format_number(held)} ≠ {format_number(right)}"]
                there[0] = f"∂ {format_number(right)}"
        check_walk(timeline, part)
    assert walk == []


@pytest.mark.parametrize(
    ("mistake", "w", "lit"),
    [
        ("assigned", 2.0, {"x": "∂ 6 ≠ 36"}),
        ("stale", 2.0, {"a": "∂ 46.5 ≠ 45", "x": "∂ 36.25 ≠ 36"}),
        ("inner", 2.0, {"r": "∂ 7 ≠ 6"}),
    ],
)
def test_what_was_held_is_lit_beside_what_is_right(visit: Visits, mistake: str, w: float, lit: dict[str, str]) -> None:
    shown = viz.compare(run(), run(w, mistake))
    page = visit(shown.html())
    check_steps(shown.comparison, page)
    names = shown.comparison.b.names
    expected = {f"n{names.index(name)}": text for name, text in lit.items()}
    assert page.locator("section.stepper").evaluate(LAST) == expected
    assert page.locator(".held .line").count() == len(lit)
    page.locator("section.stepper").press("ArrowLeft")
    assert page.locator(".held .line").count() == 0
    assert "≠" not in " ".join(page.locator(".grad").all_text_contents())


def test_other_numbers_are_lit_and_both_runs_step(visit: Visits) -> None:
    shown = viz.compare(run(2.0), run(2.5), titles=("before", "after"))
    page = visit(shown.html())
    check_steps(shown.comparison, page)
    differing = {f"n{pair.b}" for pair in shown.comparison.differing}
    assert set(page.locator("section.stepper").evaluate(LAST)) == differing
    assert page.locator(".run").text_content() == "after"
    assert page.locator(".which").get_attribute("aria-label") == "Run"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_summary_is_first_and_in_the_language_of_the_reader(visit: Visits, lang: str) -> None:
    shown = viz.compare(run(), run(2.0, "assigned"), lang=lang)
    page = visit(shown.html())
    other_lang = {"en": "zh", "zh": "en"}[lang]
    for now in (lang, other_lang):
        page.locator(".language").select_option(now)
        said = words(now).text("found_assigned", name="x", by="r").replace("`", "")
        assert page.locator("section.stepper > .summary:first-child li").all_text_contents() == [said]
        cells = page.locator("section .summary td").all_text_contents()
        assert cells == ["∂ x", "36", "6", ""]
        assert page.locator("section .summary code").count() == 2
    page.locator("section .summary button").click()
    assert seen(page)["now"] == [f"n{shown.comparison.b.names.index('x')}"]


def test_every_finding_is_said_in_both_languages() -> None:
    for lang in ("en", "zh"):
        texts = words(lang).texts
        assert {key for key in texts if key.startswith("found_")} == {f"found_{kind}" for kind in FINDINGS}
        assert {key for key in texts if key.startswith("row_")} == {f"row_{kind}" for kind in REMARKS if kind}
    assert all(words("en").texts[f"found_{kind}"] == text for kind, text in FINDINGS.items())
    assert all(words("en").texts[f"row_{kind}"] == text for kind, text in REMARKS.items() if kind)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_in_chinese_has_no_english(visit: Visits, scripts: bool) -> None:
    told = ".phase, .sentence, .reason, .summary, .ledger :is(caption, th, td), .asks, .held, mtext, label, h2"
    for pair in ((run(), run(2.0, "stale")), (run(), run(3.0)), (other(0), other(1))):
        page = visit(viz.compare(*pair, titles=("对", "错"), lang="zh").html(), java_script_enabled=scripts)
        if page.locator("section.stepper").count():
            page.locator("section.stepper").press("End")
        said = {word for text in page.locator(told).all_text_contents() for word in re.findall("[A-Za-z]{2,}", text)}
        assert said <= {"grad", "zero", "tanh", "exp", "pair"}


def test_two_computations_are_two_pictures_with_what_differs_lit_in_both(visit: Visits) -> None:
    shown = viz.compare(other(0), other(1), titles=("before", "after"))
    page = visit(shown.html())
    assert page.locator("h2").all_text_contents() == ["before", "after"]
    found = shown.comparison
    for k, graph in enumerate((found.a, found.b)):
        svg = page.locator("svg").nth(k)
        texts = {i: svg.locator(f"[id='n{i}'] .mark").all_text_contents() for i in range(len(graph))}
        for pair in found.differing:
            index = pair[k]
            if index is None:
                continue
            lines = texts.pop(index)
            assert ("in one alone" in lines) == (None in pair[:2])
            if pair.value and None not in pair[:2]:
                assert f"≠ {format_number((found.b, found.a)[k].data[pair[1 - k]])}" in lines
        assert not any(texts.values())


def test_side_by_side_where_there_is_room(visit: Visits) -> None:
    html = viz.compare(other(0), other(1)).html()
    for width, is_beside in ((1200, True), (400, False)):
        page = visit(html, viewport={"width": width, "height": 800})
        first, second = (page.locator("h2").nth(k).bounding_box() for k in (0, 1))
        assert (first["y"] == second["y"]) is is_beside
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_of_arrays_what_was_held_is_shown_as_cells(visit: Visits) -> None:
    def made(is_wrong: bool) -> Tensor:
        w = Tensor([1.0, 2.0, 3.0], label="w")
        f = (w * w).sum()
        f.backward()
        if is_wrong:
            w.grad = np.array([1.0, 2.0, 3.0])
        return f

    page = visit(viz.compare(made(False), made(True)).html())
    page.locator(".which").fill("1")
    page.locator("section.stepper").press("End")
    titles = page.locator(".held i").evaluate_all("(all) => all.map((one) => one.title)")
    assert titles == ["1", "2", "3", "2", "4", "6"]


def test_runs_that_are_the_same_say_so(visit: Visits) -> None:
    f = run()
    page = visit(viz.compare(f, f).html())
    assert page.locator("section .summary").text_content() == "the same: 5 nodes"
    assert page.locator(".differs").count() == 0


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_labels_are_text(visit: Visits, name: str) -> None:
    page = visit(viz.compare(run(name=name), run(2.0, "assigned", name), titles=(name, name)).html())
    walk_through(page)
    assert page.evaluate(FOREIGN) == CLEAN
    two = viz.compare(run(name=name), run(name=name) * 2.0, titles=(name, name))
    assert not two.comparison.is_aligned
    assert visit(two.html()).evaluate(FOREIGN) == CLEAN


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visits, scheme: str, width: int) -> None:
    for shown in (viz.compare(run(), run(2.0, "stale")), viz.compare(other(0), other(1)), viz.compare(run(), run(3.0))):
        page = visit(
            shown.html(), bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800},
            reduced_motion="reduce",
        )  # fmt: skip
        page.add_script_tag(content=AXE)
        assert serious(page) == []
        if page.locator("section.stepper").count():
            page.locator(".which").fill("1")
            page.locator("section.stepper").press("End")
            assert serious(page) == []


def test_in_print_both_are_listed_with_the_summary(visit: Visits) -> None:
    found = compare(run(), run(2.0, "assigned"))
    page = visit(viz.compare(run(), run(2.0, "assigned")).html())
    page.emulate_media(media="print")
    lines = page.locator("details li")
    assert lines.count() == sum(len(Timeline(graph)) + 1 for graph in (found.a, found.b)) + 1
    assert lines.last.is_visible()
    assert page.locator("[id^=stepgrad] > .summary").is_visible()
