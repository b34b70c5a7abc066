"""The stepper by the keyboard alone: keys work from the start, the focus is never lost, a whole quiz, the search."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Visits, seen
from samples import demo, often

import autograd
import viz
from autograd import Graph, Node, Tensor, Value, format_number, steps
from viz.language.words import words

FOCUSED = "document.querySelector('[id^=stepgrad]').shadowRoot.activeElement"
HELD = (
    f"(() => {{ const one = {FOCUSED}; return Boolean(one) && !one.disabled && one.getClientRects().length > 0; }})()"
)


def notebook(output: Node) -> str:
    return (
        f"<!DOCTYPE html><meta charset=utf-8><p tabindex=0>text</p>{viz.step(output)._repr_mimebundle_()['text/html']}"
    )


def count(page: Any) -> str:
    return str(page.locator(".count").text_content())


def is_focused(page: Any, selector: str) -> bool:
    return bool(page.evaluate(f"{FOCUSED}?.matches({selector!r}) ?? false"))


def test_in_a_page_of_its_own_keys_work_from_the_start(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    for key, expected in (("ArrowRight", 1), ("Enter", 2), ("End", 7), ("ArrowLeft", 6), ("Home", 0)):
        page.keyboard.press(key)
        assert count(page) == f"{expected} / 7"
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.keyboard.press("Space")
    page.keyboard.press("/")
    assert is_focused(page, ".find")


def test_in_a_page_of_its_own_they_work_wherever_a_click_went(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    assert count(page) == "1 / 7"
    page.keyboard.press("Control+ArrowRight")
    assert count(page) == "1 / 7"


def test_in_a_notebook_they_work_in_the_stepper_alone(visit: Visits) -> None:
    page = visit(notebook(demo()))
    for key in ("ArrowRight", "End", "Space"):
        page.keyboard.press(key)
    page.locator("p", has_text="text").first.focus()
    page.keyboard.press("ArrowRight")
    assert count(page) == "0 / 7"
    page.locator("section.stepper").focus()
    page.keyboard.press("ArrowRight")
    assert count(page) == "1 / 7"


@pytest.mark.parametrize("make", [notebook, lambda output: viz.step(output).html()], ids=["notebook", "page"])
def test_whatever_is_clicked_the_keys_work_on(visit: Visits, make: Any) -> None:
    """The end buttons are barred at the ends, links are in lists that change, questions go when they are answered."""
    page = visit(make(demo()))
    page.locator("section.stepper").focus()

    def works(key: str, expected: int) -> None:
        assert page.evaluate(HELD)
        page.keyboard.press(key)
        assert count(page) == f"{expected} / 7"

    page.get_by_role("button", name="Last step").click()
    works("ArrowLeft", 6)
    page.get_by_role("button", name="One step on").click()
    works("Home", 0)
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="One step back").click()
    works("ArrowRight", 1)
    page.locator("[data-show=goes]").click()
    page.locator(".relations .link").first.click()
    works("ArrowRight", 3)
    page.locator("section #n2 .box").click()
    works("Home", 0)
    page.locator(".predict").check()
    for button in ("Reveal", "Check"):
        page.keyboard.press("ArrowRight")
        page.keyboard.type({"Reveal": "", "Check": "-12"}[button])
        page.get_by_role("button", name=button).click()
        assert page.evaluate(HELD)
    works("Home", 0)
    page.keyboard.press("End")
    page.keyboard.type("-4")
    page.keyboard.press("Enter")
    page.locator(".outcome .link").first.click()
    works("End", 7)
    page.get_by_role("button", name="Again").click()
    works("ArrowRight", 1)


def test_the_end_of_playing_leaves_the_focus_in_the_stepper(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.clock.install()
    page.keyboard.press("Space")
    page.get_by_role("button", name="One step on").focus()
    page.clock.run_for(20_000)
    assert count(page) == "7 / 7"
    assert page.evaluate(HELD)
    page.keyboard.press("ArrowLeft")
    assert count(page) == "6 / 7"


def test_playing_takes_the_focus_from_nobody(visit: Visits) -> None:
    page = visit(notebook(demo()))
    page.clock.install()
    page.get_by_role("button", name="Play").click()
    page.locator("p", has_text="text").first.focus()
    page.clock.run_for(20_000)
    assert count(page) == "7 / 7"
    assert page.evaluate("document.activeElement.textContent") == "text"


def test_nor_from_who_is_writing(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.clock.install()
    page.keyboard.press("p")
    for text in ("3", "-12"):
        page.keyboard.press("ArrowRight")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.locator(".find").click()
    page.clock.run_for(5_000)
    assert count(page) == "4 / 7"
    assert page.locator(".ask").is_visible()
    assert is_focused(page, ".find")


def test_a_key_with_shift_is_the_notebooks(visit: Visits) -> None:
    """Shift and Enter run a cell; on some keyboards a slash has shift."""
    page = visit(notebook(demo()))
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => heard.push(event.key))")
    page.locator("section.stepper").focus()
    page.keyboard.press("Shift+Enter")
    assert page.evaluate("heard") == ["Shift", "Enter"]
    assert count(page) == "0 / 7"
    page.locator("section.stepper").dispatch_event("keydown", {"key": "/", "shiftKey": True})
    assert is_focused(page, ".find")


@pytest.mark.parametrize("make", [notebook, lambda output: viz.step(output).html()], ids=["notebook", "page"])
@pytest.mark.parametrize("onward", ["ArrowRight", "Enter"])
def test_a_whole_quiz_by_keys_alone(visit: Visits, make: Any, onward: str) -> None:
    """Prediction is begun, every number is given, one of them wrong at first, one is revealed, and it is done again."""
    timeline = steps(often())
    page = visit(make(often()))
    page.keyboard.press("Tab")
    if make is notebook:
        page.keyboard.press("Tab")
    page.keyboard.press("p")
    asked = 0
    for step in timeline:
        page.keyboard.press(onward)
        if step.kind == "seed":
            assert not page.locator(".ask").is_visible()
            assert is_focused(page, "section")
            continue
        asked += 1
        assert is_focused(page, ".ask input")
        if asked == 2:
            page.keyboard.type("77")
            page.keyboard.press("Enter")
            assert page.locator(".verdict.wrong").text_content() == "Not that number."
            assert is_focused(page, ".ask input")
        if asked == 3:
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")  # reveal
            assert not page.locator(".ask").is_visible()
            continue
        page.keyboard.type(format_number(step.after))  # in the place of what was wrong
        page.keyboard.press("Enter")
        assert page.locator(".verdict").text_content() == "Right."
        assert is_focused(page, "section")
    assert page.locator(".score.final").text_content() == f"{asked - 2} of {asked} right"
    page.locator(".again").focus()
    page.keyboard.press("Enter")
    assert count(page) == "0 / 7"
    page.keyboard.press(onward)
    assert is_focused(page, ".ask input")


def test_an_empty_answer_lets_the_keys_through_and_escape_leaves_it(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.keyboard.press("p")
    for key, expected in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 7)):
        page.keyboard.press(key)
        assert count(page) == f"{expected} / 7"
        assert is_focused(page, ".ask input")
    page.keyboard.type("12")
    for key in ("ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
    assert count(page) == "7 / 7"
    page.keyboard.press("Escape")
    assert is_focused(page, "section")
    page.keyboard.press("ArrowLeft")
    assert count(page) == "6 / 7"


def test_dragging_and_choosing_keep_the_focus_where_a_question_comes(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.locator(".predict").check()
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".ask").is_visible()
    assert is_focused(page, "[type=range]")
    page.locator(".by").focus()
    page.locator(".by").select_option("node")
    assert is_focused(page, ".by")


def test_a_node_is_found_by_its_name_whatever_its_case(visit: Visits) -> None:
    total = Value(2.0, "Loss") * Value(3.0, "w")
    page = visit(viz.step(total).html())
    for text, name in (("LOSS", "Loss"), ("W", "w"), ("los", "Loss")):
        page.keyboard.press("/")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        assert is_focused(page, "section")
        assert seen(page)["now"] == [f"n{Graph.of(total).names.index(name)}"]


def test_an_operation_is_found_by_its_sign_or_name_one_after_the_other(visit: Visits) -> None:
    x = Value(0.5, "x")
    a = autograd.tanh(x * 2.0)
    b = autograd.tanh(a * 3.0)
    f = b + a
    a.label, b.label, f.label = "a", "b", "f"
    page = visit(viz.step(f).html())

    def found(text: str) -> list[str]:
        page.keyboard.press("/")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        return [Graph.of(f).names[int(one[1:])] for one in seen(page)["now"]]

    assert [found("tanh"), found("TANH")] == [["a"], ["b"]]
    assert found("+") == ["f"]
    page.keyboard.press("Home")
    products = [Graph.of(f).names[node.index] for node in Graph.of(f) if node.op is autograd.mul]
    assert [found(sign) for sign in ("*", "×")] == [[name] for name in products]
    assert found("mul") != []


def test_what_is_not_found_is_said(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.keyboard.press("/")
    page.keyboard.type("zzz")
    page.keyboard.press("Enter")
    assert page.locator(".found").text_content() == "no node is named zzz"
    assert is_focused(page, ".find")
    assert count(page) == "0 / 7"
    page.keyboard.press("Control+a")
    page.keyboard.type("q")
    page.keyboard.press("Enter")
    assert page.locator(".found").text_content() == ""
    assert count(page) == "1 / 7"


def test_what_no_step_is_about_is_said(visit: Visits) -> None:
    fixed = Tensor(2.0, label="fixed", requires_grad=False)
    page = visit(viz.step(Tensor(3.0, label="x") * fixed).html())
    page.keyboard.press("/")
    page.keyboard.type("fixed")
    page.keyboard.press("Enter")
    assert page.locator(".found").text_content() == words("en").text("never", name="fixed")


def test_names_are_offered_while_one_is_typed(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    offered = page.locator(".find").evaluate("(input) => [...input.list.options].map((one) => one.value)")
    assert offered == list(Graph.of(demo()).names)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_keys_are_listed_and_each_of_them_does_something(visit: Visits, lang: str) -> None:
    page = visit(viz.step(often(), lang=lang).html())
    page.keyboard.press("?")
    assert page.locator(".keys dl").is_visible()
    told = " ".join(page.locator(".keys dt").all_text_contents()).split()
    assert set(told) >= {"→", "←", "Enter", "Home", "End", "/", "p", "g", "?"}
    terminal = re.sub(r"\s+", "", words(lang).text("help"))
    for does in page.locator(".keys dd").all_text_contents()[:5]:
        assert re.sub(r"\s", "", does) in terminal, "the same words as in the terminal"
    page.keyboard.press("?")
    assert not page.locator(".keys dl").is_visible()
    page.keyboard.press("g")
    assert page.locator(".by").input_value() == "node"
    page.keyboard.press("g")
    assert page.locator(".by").input_value() == "edge"
    page.keyboard.press("p")
    assert page.locator(".predict").is_checked()


def test_an_exact_number_for_a_leaf(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.locator(".whatif summary").click()
    exact = page.get_by_role("spinbutton", name="The value of x")
    for text in ("0.123", "-1e3"):
        exact.fill(text)
        graph = Graph.of(demo()).replay({"x": float(text)})
        page.locator("section.stepper").press("End")
        cards = seen(page)["cards"]
        assert [cards[str(k)][0][0] for k in range(len(graph))] == [format_number(x) for x in graph.data]
    exact.fill("")
    assert seen(page)["cards"]["0"][0] == ["−1000"]
    slider = page.locator(".leaves [data-leaf]").first
    slider.fill("2")
    assert exact.input_value() == "2"
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_role("spinbutton", name="The value of x").input_value() == "-2"


def test_where_a_node_goes_says_what_pays_into_it(visit: Visits) -> None:
    page = visit(viz.step(often()).html())
    page.keyboard.press("End")
    assert "s is used 3 times" in str(page.locator(".sentence").text_content())
    page.get_by_role("button", name="Where does s go?").click()
    relations = page.locator(".relations")
    assert "On the way back, these pay gradient into s." in relations.inner_text()
    page.get_by_role("button", name="What is s computed from?").click()
    assert relations.locator("li").all_text_contents() == ["nothing: it is a leaf, its value is given"]


CONTROLS = """() => {
    const root = document.querySelector("[id^=stepgrad]").shadowRoot;
    const can = (one) => !one.disabled && one.getClientRects().length > 0;
    return [...root.querySelectorAll("button, input, summary, [tabindex='0']")].filter(can);
}"""


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize(("at", "predicts"), [(0, False), (5, False), (7, False), (2, True), (7, True)])
def test_no_control_loses_the_focus_when_it_is_pressed(visit: Visits, key: str, at: int, predicts: bool) -> None:
    """Each that there is at a step, one after the other, whatever it leads to."""
    page = visit(viz.step(often()).html(), fragment=f"#step={at}")
    page.locator(".predict").set_checked(predicts)
    page.locator(".whatif summary").click()
    page.locator("[data-show=goes]").click()
    pressed = 0
    while page.evaluate(f"({CONTROLS})().length > {pressed} && (({CONTROLS})()[{pressed}].focus(), true)"):
        page.keyboard.press(key)
        assert page.evaluate(HELD), page.evaluate(f"({CONTROLS})()[{pressed}]?.outerHTML")
        pressed += 1
    assert pressed > 10
