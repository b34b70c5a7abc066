"""The stepper in a real browser: the buttons, the keys, several on a page, dark, small, and without scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import demo

import autograd
import viz
from autograd import Value

# Where STEPGRAD_BROWSER names a browser, as in CI, it has to be driven: nothing is skipped.
ASKED = os.environ.get("STEPGRAD_BROWSER")
CHROMIUM = ASKED or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

try:
    from playwright import sync_api
except ImportError:
    if ASKED is not None:
        raise
    pytest.skip("playwright is not installed: pip install stepgrad[browser]", allow_module_level=True)
if ASKED == "":
    pytest.fail("STEPGRAD_BROWSER is empty: give the path of a chromium", pytrace=False)
if CHROMIUM is None:
    pytest.skip("no chromium on this machine: install it, or name it in STEPGRAD_BROWSER", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens HTML in a page; at the end nothing may have been complained about."""
    complaints: list[str] = []
    contexts = []

    def open_page(html: str, **options: Any) -> Any:
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


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


def test_forward_and_back_show_the_right_numbers(visit: Any) -> None:
    page = visit(viz.step(demo()).html())
    stepper = page.locator("section.stepper")
    assert not page.locator("details").first.is_visible()
    assert card(stepper, "n0") == ["x", "−2", "∂ –"]
    assert card(stepper, "n4") == ["×", "f", "–", "∂ –"]
    following = page.get_by_role("button", name="One step on")
    following.click()
    assert card(stepper, "n2") == ["+", "q", "3", "∂ –"]
    assert stepper.locator(".formula").locator("span").all_text_contents() == ["q", "= x + y", "= −2 + 5", "= 3"]
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


def test_a_repeated_input_keeps_a_ledger(visit: Any) -> None:
    page = visit(viz.step(twice()).html())
    stepper = page.locator("section.stepper")
    stepper.press("End")
    assert stepper.locator(".ledger").text_content() == "2nd of 2: now 4"
    assert card(stepper, "n0") == ["a", "3", "∂ 4"]
    stepper.press("ArrowLeft")
    assert stepper.locator(".ledger").text_content() == "1st of 2: now 2"
    assert card(stepper, "n0") == ["a", "3", "∂ 2"]


def test_keys_and_slider(visit: Any) -> None:
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
    slider = page.get_by_role("slider")
    slider.fill("3")
    assert count.text_content() == "3 / 7"
    slider.press("ArrowRight")
    assert count.text_content() == "4 / 7"
    assert slider.get_attribute("aria-valuetext") == "Backward: ∂f/∂q += ∂f/∂f · ∂f/∂q = 1 · (−4) = −4"


def test_play_runs_to_the_end_and_pauses(visit: Any) -> None:
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


def test_the_source_line_is_shown_forward_and_backward(visit: Any) -> None:
    with autograd.tracing():
        f = Value(2.0, "x") * 3
    page = visit(viz.step(f).html())
    stepper, source = page.locator("section.stepper"), page.locator("p.source")
    assert source.text_content() == ""
    stepper.press("ArrowRight")
    line = source.text_content()
    assert 'f = Value(2.0, "x") * 3' in line
    stepper.press("End")
    assert source.text_content() == line


def test_several_on_a_page_are_independent(visit: Any) -> None:
    html = f"<!DOCTYPE html><meta charset=utf-8>{fragment(demo())}{fragment(twice())}{fragment(demo())}"
    page = visit(html)
    steppers = page.locator("section.stepper")
    assert steppers.count() == 3
    steppers.nth(0).press("ArrowRight")
    steppers.nth(1).press("End")
    assert page.locator(".count").all_text_contents() == ["1 / 7", "7 / 7", "0 / 7"]
    assert page.evaluate("Object.keys(window).filter((name) => /step|mount/.test(name))") == []


def test_it_runs_when_it_is_inserted_as_notebooks_do(visit: Any) -> None:
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
        ("light", "", False),
        ("dark", "", True),
        ("light", "--jp-layout-color0: #111111; --jp-content-font-color1: #eeeeee", True),
        ("dark", "--jp-layout-color0: white; --jp-content-font-color1: rgba(0, 0, 0, 0.87)", False),
        ("light", "--vscode-editor-background: #1e1e1e; --vscode-editor-foreground: #d4d4d4", True),
    ],
)
def test_colours_follow_the_notebook_then_the_system(visit: Any, scheme: str, style: str, dark: bool) -> None:
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
def test_nothing_overflows_the_page_and_texts_stay_in_their_boxes(visit: Any, width: int) -> None:
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


def test_without_scripts_the_steps_open(visit: Any) -> None:
    page = visit(viz.step(demo()).html(), java_script_enabled=False)
    assert page.locator("img").is_visible()
    steps = page.locator("details")
    assert steps.count() == 8
    sentence = steps.nth(4).locator(".sentence")
    assert not sentence.is_visible()
    steps.nth(4).locator("summary").click()
    assert sentence.inner_text().startswith("multiply swaps its inputs")


def test_hostile_labels_are_text(visit: Any) -> None:
    name = "</script><img src=x onerror=alert(1)>\u2028"
    page = visit(viz.step(Value(1.0, name) * 2).html())
    stepper = page.locator("section.stepper")
    stepper.press("End")
    assert card(stepper, "n0")[0] == "</script><img src=x one…"
    assert name.strip() in stepper.locator(".formula").text_content()
    assert page.locator("img[src=x]").count() == 0


def test_motion_stops_where_it_is_not_wanted(visit: Any) -> None:
    for wish, name in (("reduce", "none"), ("no-preference", "flow")):
        page = visit(viz.step(demo()).html(), reduced_motion=wish)
        page.locator("section.stepper").press("ArrowRight")
        assert page.locator(".lit path").first.evaluate("(edge) => getComputedStyle(edge).animationName") == name
