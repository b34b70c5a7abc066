"""The stepper in a real browser: the buttons, the keys, several on a page, dark, small, and without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Visits, seen
from samples import demo

import autograd
import viz
from autograd import Value


def twice() -> Value:
    a = Value(3.0, "a")
    b = a + a
    b.label = "b"
    return b + b


def fragment(output: autograd.Node) -> str:
    return viz.step(output)._repr_mimebundle_()["text/html"]


def card(stepper: Any, name: str) -> list[str]:
    """The texts of a card: operation, name, data, gradient."""
    texts: list[str] = stepper.locator(f"#{name} text").all_text_contents()
    return texts


def test_forward_and_back_show_the_right_numbers(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    stepper = page.locator("section.stepper")
    assert not page.locator("details").first.is_visible()
    assert card(stepper, "n0") == ["x", "−2", "∂ –"]
    assert card(stepper, "n4") == ["×", "f", "–", "∂ –"]
    following = page.get_by_role("button", name="One step on")
    following.click()
    assert card(stepper, "n2") == ["+", "q", "3", "∂ –"]
    assert seen(page)["lines"] == ["q=x+y", "=−2+5", "=3"]
    assert stepper.locator(".now").get_attribute("id") == "n2"
    assert stepper.locator(".lit").count() == 2
    for _ in range(3):
        following.click()
    assert card(stepper, "n4") == ["×", "f", "−12", "∂ 1"]
    assert card(stepper, "n2") == ["+", "q", "3", "∂ −4"]
    assert card(stepper, "n3") == ["z", "−4", "∂ –"]
    assert [one.get_attribute("id") for one in stepper.locator(".lit").all()] == ["e4_0"]
    assert stepper.locator(".phase").text_content() == "Backward"
    page.get_by_role("button", name="Last step").click()
    assert [card(stepper, name)[-1] for name in ("n0", "n1", "n3")] == ["∂ −4", "∂ −4", "∂ 3"]
    assert following.is_disabled()
    page.get_by_role("button", name="One step back").click()
    assert card(stepper, "n1") == ["y", "5", "∂ –"]
    page.get_by_role("button", name="First step").click()
    assert card(stepper, "n2") == ["+", "q", "–", "∂ –"]


def test_a_repeated_input_keeps_a_ledger(visit: Visits) -> None:
    page = visit(viz.step(twice()).html())
    stepper = page.locator("section.stepper")
    stepper.press("End")
    assert seen(page)["ledger"] == [
        ["arrived", "✓", "1st of 2", "b", "2", "2"],
        ["now", "▸", "2nd of 2", "b", "2", "4"],
    ]
    assert card(stepper, "n0") == ["a", "3", "∂ 4", "2/2"]
    stepper.press("ArrowLeft")
    assert seen(page)["ledger"] == [
        ["now", "▸", "1st of 2", "b", "2", "2"],
        ["waiting", "·", "2nd of 2", "b", "–", "–"],
    ]
    assert card(stepper, "n0") == ["a", "3", "∂ 2", "1/2"]


def test_keys_and_slider(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    count = page.locator(".count")
    page.keyboard.press("Tab")
    for key, expected in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 7),
        ("ArrowRight", 7),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert count.text_content() == f"{expected} / 7"
    slider = page.get_by_role("slider", name="Step")
    slider.fill("3")
    assert count.text_content() == "3 / 7"
    slider.press("ArrowRight")
    assert count.text_content() == "4 / 7"
    assert (slider.get_attribute("aria-valuetext") or "").startswith("Backward: ∂f∂q+=∂f∂f·∂f∂q=1·(−4)")


def test_play_runs_to_the_end_and_pauses(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.clock.install()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(1400)
    assert page.locator(".count").text_content() == "2 / 7"
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(5000)
    assert page.locator(".count").text_content() == "2 / 7"
    page.locator("section.stepper").press(" ")
    page.clock.run_for(20_000)
    assert page.locator(".count").text_content() == "7 / 7"
    assert page.get_by_role("button", name="Play").is_visible()


def test_the_source_line_is_shown_forward_and_backward(visit: Visits) -> None:
    with autograd.tracing():
        f = Value(2.0, "x") * 3
    page = visit(viz.step(f).html())
    stepper, source = page.locator("section.stepper"), page.locator("section .source")
    assert source.text_content() == ""
    stepper.press("ArrowRight")
    line = source.text_content()
    assert 'f = Value(2.0, "x") * 3' in line
    stepper.press("End")
    assert source.text_content() == line


def test_several_on_a_page_are_independent(visit: Visits) -> None:
    html = f"<!DOCTYPE html><meta charset=utf-8>{fragment(demo())}{fragment(twice())}{fragment(demo())}"
    page = visit(html)
    steppers = page.locator("section.stepper")
    assert steppers.count() == 3
    steppers.nth(0).press("ArrowRight")
    steppers.nth(1).press("End")
    assert page.locator(".count").all_text_contents() == ["1 / 7", "7 / 7", "0 / 7"]
    assert page.evaluate("Object.keys(window).filter((name) => /step|mount/.test(name))") == []


def test_it_runs_when_it_is_inserted_as_notebooks_do(visit: Visits) -> None:
    page = visit("<!DOCTYPE html><meta charset=utf-8><div id=output></div>")
    page.evaluate(
        """(html) => {
            const output = document.getElementById("output");
            output.innerHTML = html;
            for (const old of output.querySelectorAll("script")) {
                const script = document.createElement("script");
                script.textContent = old.textContent.replace(/\\n/g, " ");
                old.replaceWith(script);
            }
        }""",
        fragment(demo()),
    )
    assert page.locator("section.stepper").count() == 1
    page.locator("section.stepper").press("End")
    assert page.locator(".count").text_content() == "7 / 7"


@pytest.mark.parametrize(
    ("scheme", "style", "dark"),
    [
        ("dark", "", False),
        ("light", "color-scheme: light dark", False),
        ("dark", "color-scheme: light dark", True),
        ("light", "--jp-layout-color0: #111111; --jp-content-font-color1: #eeeeee", True),
        ("dark", "--jp-layout-color0: white; --jp-content-font-color1: rgba(0, 0, 0, 0.87)", False),
        ("light", "--vscode-editor-background: #1e1e1e; --vscode-editor-foreground: #d4d4d4", True),
    ],
)
def test_colours_follow_the_notebook_then_the_system(visit: Visits, scheme: str, style: str, dark: bool) -> None:
    page = visit(f'<!DOCTYPE html><html style="{style}"><meta charset=utf-8>{fragment(demo())}', color_scheme=scheme)
    page.locator("section.stepper").press("End")
    page.wait_for_timeout(250)
    brightness = """(element, property) => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
        canvas.fillStyle = getComputedStyle(element)[property];
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
        return (r * 299 + g * 587 + b * 114) / 255000;
    }"""
    back = page.locator("section.stepper").evaluate(brightness, "backgroundColor")
    box = page.locator("#n0 .box").evaluate(brightness, "fill")
    text = page.locator("#n0 .data").evaluate(brightness, "fill")
    gradient = page.locator("#n0 .grad").evaluate(brightness, "fill")
    assert (back < 0.3) == dark
    assert abs(box - text) > 0.5
    assert abs(box - gradient) > 0.25


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_overflows_the_page_and_texts_stay_in_their_boxes(visit: Visits, width: int) -> None:
    f = autograd.tanh(demo() * 0.123456 + Value(-1e-9, "a quite long name"))
    page = visit(viz.step(f).html(), viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    stepper = page.locator("section.stepper")
    outside = """(section) => [...section.querySelectorAll(".node")].flatMap((node) => {
        const box = node.querySelector(".box").getBBox();
        return [...node.querySelectorAll("text")].filter((text) => {
            const one = text.getBBox();
            return one.x < box.x || one.x + one.width > box.x + box.width || one.y < box.y - 2
                || one.y + one.height > box.y + box.height + 2;
        }).map((text) => text.textContent);
    })"""
    while page.locator("[data-go=next]").is_enabled():
        stepper.press("ArrowRight")
        assert stepper.evaluate(outside) == []


def test_without_scripts_the_steps_open(visit: Visits) -> None:
    page = visit(viz.step(demo()).html(), java_script_enabled=False)
    assert page.locator("svg").is_visible()
    steps = page.locator("details")
    assert steps.count() == 6  # a second edge of a node has no sentence of its own
    sentence = steps.nth(4).locator("p")
    assert not sentence.is_visible()
    steps.nth(4).locator("summary").click()
    assert sentence.inner_text().startswith("multiply swaps its inputs")


def test_motion_stops_where_it_is_not_wanted(visit: Visits) -> None:
    for wish, count in (("reduce", 0), ("no-preference", 2)):
        page = visit(viz.step(demo()).html(), reduced_motion=wish)
        page.locator("section.stepper").press("ArrowRight")
        moving = "(section) => section.getAnimations({ subtree: true }).length"
        assert page.locator("section.stepper").evaluate(moving) == count


def test_the_address_says_the_step(visit: Visits) -> None:
    page = visit(viz.step(demo()).html(), fragment="#step=4")
    assert page.locator(".count").text_content() == "4 / 7"
    page.locator("section.stepper").press("ArrowRight")
    assert page.url.endswith("#step=5")
    page.evaluate("location.hash = '#step=2'")
    page.wait_for_function(
        "document.querySelector('[id^=stepgrad]').shadowRoot.querySelector('.count').textContent === '2 / 7'"
    )
    for fragment, expected in (("#step=99", "7 / 7"), ("#step=", "0 / 7"), ("#x", "0 / 7"), ("#step=-3", "0 / 7")):
        page = visit(viz.step(demo()).html(), fragment=fragment)
        assert page.locator(".count").text_content() == expected


def test_the_address_stays_where_the_stepper_is_a_part(visit: Visits) -> None:
    page = visit(f"<!DOCTYPE html><meta charset=utf-8>{fragment(demo())}", fragment="#chapter")
    page.locator("section.stepper").press("End")
    assert page.url.endswith("#chapter")


@pytest.mark.parametrize("scripts", [True, False])
def test_print_lists_every_step(visit: Visits, scripts: bool) -> None:
    stepper = viz.step(demo())
    page = visit(stepper.html(), java_script_enabled=scripts)
    page.emulate_media(media="print")
    listed = page.locator("[id^=stepgrad] > :is(details, p)").filter(has_text=re.compile(r"^\d+\. "))
    assert listed.count() == len(stepper.timeline) + 1
    assert all(one.is_visible() for one in listed.all())
    for step, one in zip(stepper.timeline, listed.all()[1:], strict=True):
        assert step.formula in one.inner_text()
    assert page.locator("[id^=stepgrad] > div > svg").first.is_visible()
    if scripts:
        assert not page.locator("section.stepper").is_visible()
        assert page.locator("details > p").first.is_visible()
        assert len({one.bounding_box()["x"] for one in listed.all()}) == 2  # columns


def test_the_other_keys(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    stepper, find = page.locator("section.stepper"), page.locator(".find")
    stepper.press("/")
    focused = "() => document.querySelector('[id^=stepgrad]').shadowRoot.activeElement.className"
    assert page.evaluate(focused) == "find"
    for key in ("End", "ArrowRight", " ", "Home"):
        find.press(key)
    assert page.locator(".count").text_content() == "0 / 7"
    find.fill("q")
    find.press("Enter")
    assert page.locator(".count").text_content() == "1 / 7"
    find.press("Escape")
    assert page.evaluate(focused) == "stepper"
    for key, held in (("ArrowRight", "ctrlKey"), ("End", "altKey"), ("Home", "metaKey")):
        stepper.dispatch_event("keydown", {"key": key, held: True})
    assert page.locator(".count").text_content() == "1 / 7"


def test_keys_go_no_further_than_the_stepper(visit: Visits) -> None:
    page = visit(f"<!DOCTYPE html><meta charset=utf-8>{fragment(demo())}")
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => heard.push(event.key))")
    for key in ("ArrowRight", "ArrowLeft", "End", "Home", " ", " ", "/"):
        page.locator("section.stepper").press(key)
    page.locator(".find").press("b")
    assert page.evaluate("heard") == []


def test_a_click_on_a_node_goes_to_its_steps(visit: Visits) -> None:
    page = visit(viz.step(twice()).html())
    count = page.locator(".count")
    page.locator("section #n1 .box").click()
    assert count.text_content() == "1 / 7"
    page.locator("section #n1 .box").click()
    assert count.text_content() == "5 / 7"
    page.locator("section #n2 .box").click()
    assert count.text_content() == "3 / 7"


def test_who_contributes_and_where_it_goes(visit: Visits) -> None:
    page = visit(viz.step(demo()).html())
    page.locator("section.stepper").press("ArrowRight")
    page.get_by_role("button", name="What is q computed from?").click()
    relations = page.locator(".relations")
    assert relations.locator("li").all_text_contents() == ["x = −2", "y = 5"]
    assert {one.get_attribute("id") for one in page.locator(".node.path").all()} == {"n0", "n1", "n2"}
    page.get_by_role("button", name="Where does q go?").click()
    assert relations.locator("li").all_text_contents() == ["f"]
    assert {one.get_attribute("id") for one in page.locator(".path").all()} == {"n2", "n4", "e4_0"}
    relations.get_by_role("button", name="f").click()
    assert page.locator(".count").text_content() == "2 / 7"
    page.get_by_role("button", name="Where does f go?").click()
    assert not relations.is_visible()


def test_tallies_are_in_the_picture_however_large_it_is(visit: Visits) -> None:
    a, b, c = Value(3.0), Value(2.0), Value(4.0)
    page = visit(viz.step((a * b) * (b + c) * c).html())
    page.locator("section.stepper").press("End")
    lowest = """(picture) => {
        picture.scrollTo(0, picture.scrollHeight);
        const bottoms = [...picture.querySelectorAll(".tally")].map((one) => one.getBoundingClientRect().bottom);
        return picture.getBoundingClientRect().bottom - Math.max(...bottoms);
    }"""
    for how in ["Zoom out"] * 4 + ["Zoom in"] * 8:
        page.get_by_role("button", name=how).click()
        assert page.locator(".picture").evaluate(lowest) >= 0


def test_zoom_and_map(visit: Visits) -> None:
    values = [Value(float(k), f"x{k}") for k in range(12)]
    total = values[0] * 1.5
    for value in values[1:]:
        total = autograd.tanh(total + value * 0.1)
    page = visit(viz.step(total).html(), viewport={"width": 500, "height": 700})
    wide = "(picture) => picture.firstElementChild.getBoundingClientRect().width"
    picture = page.locator(".picture")
    start = picture.evaluate(wide)
    page.get_by_role("button", name="Zoom in").click()
    assert picture.evaluate(wide) > start
    assert page.locator(".map").is_visible()
    small, large = (page.locator(selector).bounding_box() for selector in (".map", ".picture"))
    assert small["y"] >= large["y"] + large["height"]  # no card is under it
    assert page.locator(".map rect").count() == page.locator(".picture .node[id^=n]").count() + 1
    page.get_by_role("button", name="The whole picture").click()
    assert picture.evaluate("(picture) => picture.scrollWidth <= picture.clientWidth + 2")
    assert not page.locator(".map").is_visible()


@pytest.mark.parametrize("whole", [False, True], ids=["fragment", "page"])
def test_a_stepper_in_a_frame(visit: Visits, whole: bool) -> None:
    """As VS Code, Colab and marimo show outputs: in a frame of another origin, which may run scripts and no more."""
    page = visit("<!DOCTYPE html><meta charset=utf-8><body></body>")
    page.evaluate(
        """(html) => {
            const frame = document.createElement("iframe");
            frame.sandbox = "allow-scripts";
            frame.srcdoc = html;
            document.body.append(frame);
        }""",
        viz.step(demo()).html() if whole else fragment(demo()),
    )
    stepper = page.frame_locator("iframe").locator("section.stepper")
    stepper.press("End")
    assert stepper.locator(".count").text_content() == "7 / 7"
    stepper.press("Home")
    assert stepper.locator(".count").text_content() == "0 / 7"
