"""Predict, then reveal: right answers, each kind of wrong one, what is lit, and the score."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Visits, seen
from samples import demo, often, shared

import viz
from autograd import Graph, Tensor, Value, format_number, steps


def asking(visit: Visits, output: Value, step: int = 1) -> Any:
    page = visit(viz.step(output).html())
    page.locator(".predict").check()
    section = page.locator("section.stepper")
    section.evaluate("(section) => section.focus()")
    for _ in range(step):
        page.locator("[data-go=next]").click()
    return page


def answer(page: Any, text: str) -> str:
    page.locator(".ask input").fill(text)
    page.locator(".ask input").press("Enter")
    return str(page.locator(".verdict").text_content())


def missing(page: Any) -> set[str | None]:
    return {one.get_attribute("id") for one in page.locator(".missing").all()}


def test_what_is_asked_for_is_hidden_until_it_is_answered(visit: Visits) -> None:
    page = asking(visit, demo())
    assert page.locator(".ask label span").text_content() == "What is q?"
    now = seen(page)
    assert now["cards"]["2"][0] == ["?"]
    assert now["lines"] == ["q=x+y"]
    assert answer(page, "3") == "Right."
    assert seen(page)["cards"]["2"][0] == ["3"]
    assert seen(page)["lines"] == ["q=x+y", "=−2+5", "=3"]
    assert not page.locator(".ask").is_visible()
    assert page.locator(".score").text_content() == "1 of 1 right"


def test_a_whole_computation_answered_is_a_full_score(visit: Visits) -> None:
    stepper = viz.step(shared())
    page = asking(visit, shared(), 0)
    questions = 0
    for step in stepper.timeline:
        page.locator("[data-go=next]").click()
        if step.kind == "seed":
            assert not page.locator(".ask").is_visible()
            continue
        wanted = format_number(step.after)
        now = seen(page)
        node = step.node if step.kind == "forward" else step.target
        assert now["cards"][str(node)][step.kind != "forward"] == ["?" if step.kind == "forward" else "∂ ?"]
        assert wanted not in now["pills"] or step.kind == "forward"
        questions += 1
        assert answer(page, wanted) == "Right."
    assert page.locator(".score").text_content() == f"{questions} of {questions} right"


@pytest.mark.parametrize("text", ["-12", "−12", " -12.0 ", "-24/2", "-12,0", "-1.2e1", "-12.003"])
def test_a_number_may_be_written_in_many_ways(visit: Visits, text: str) -> None:
    page = asking(visit, demo(), 2)
    assert answer(page, text) == "Right."


@pytest.mark.parametrize("text", ["", "abc", "1/2/3", "--1"])
def test_what_is_no_number_costs_nothing(visit: Visits, text: str) -> None:
    page = asking(visit, demo(), 2)
    assert answer(page, text).startswith("A number, please")
    assert answer(page, "-12") == "Right."
    assert page.locator(".score").text_content() == "1 of 1 right"


# The steps on the way back of `shared`, by node and target: where each mistake can be told from the others.
def step_to(node: str, target: str, nth: int = 1) -> int:
    timeline = viz.step(shared()).timeline
    names = timeline.graph.names
    for k, step in enumerate(timeline, start=1):
        at = None if step.target is None else (names[step.node], names[step.target], step.nth)
        if at == (node, target, nth):
            return k
    raise AssertionError(f"no step from {node} to {target}")


# ∂f/∂b += ∂f/∂p · ∂p/∂b = 2 · 3; ∂f/∂a, by the second path, += 2 · (−5) to the 7 that is there.
MISTAKES = [
    ("b", 1, "-6", "The sign is wrong."),
    ("b", 1, "2", "multiply by the local slope ∂p/∂b"),
    ("b", 1, "3", "multiply by what arrives at p"),
    ("b", 1, "-10", "That is the contribution to a."),
    ("b", 1, "123", "Not that number."),
    ("a", 2, "-10", "= for +=: 7 was there already."),
    ("a", 2, "7", "The path through p is missing."),
    ("a", 2, "17", "The sign is wrong."),
    ("a", 2, "9", "multiply by the local slope ∂p/∂a"),
]


@pytest.mark.parametrize(("target", "nth", "text", "verdict"), MISTAKES)
def test_each_mistake_is_recognised(visit: Visits, target: str, nth: int, text: str, verdict: str) -> None:
    page = asking(visit, shared(), step_to("p", target, nth))
    assert verdict in answer(page, text)
    assert page.locator(".verdict.wrong").count() == 1
    assert missing(page)
    assert page.locator(".ask").is_visible()
    right = {"b": "6", "a": "-3"}[target]
    assert answer(page, right) == "Right."
    assert page.locator(".score").text_content() == "0 of 1 right"
    assert missing(page) == set()


def test_what_is_missing_is_lit(visit: Visits) -> None:
    page = asking(visit, shared(), step_to("p", "b"))
    answer(page, "2")
    timeline = viz.step(shared()).timeline
    step = timeline[step_to("p", "b") - 1]
    assert missing(page) == {f"n{step.node}", f"e{step.node}_{step.input}"}


def test_of_a_sum_it_is_asked_what_the_gradient_holds_so_far(visit: Visits) -> None:
    page = asking(visit, often(), 5)
    wrong_ones = [("-1", "The sign is wrong."), ("3", "= for +=: 1 was there"), ("1", "That is only what comes by t")]
    for k, ((wrong, said), right) in enumerate(zip(wrong_ones, "147", strict=True)):
        text = page.locator(".ask label span").text_content()
        assert text == f"What does the gradient of s hold after this step ({k + 1} of 3)?"
        if right != "7":
            assert answer(page, "7") == f"That is the whole gradient, once all 3 have come; so far {k + 1} of 3."
            assert page.locator(".score").text_content() == ("" if k == 0 else f"0 of {k} right")
        assert said in answer(page, wrong)
        assert answer(page, right) == "Right."
        page.keyboard.press("ArrowRight")
    assert page.locator(".score").text_content() == "0 of 3 right"


def test_how_many_digits_are_enough_is_said(visit: Visits) -> None:
    page = asking(visit, Value(2.0, "x") ** 0.5, 1)
    page.get_by_text("Three digits are enough; whole numbers in full.").wait_for()
    assert page.locator(".ask input").get_attribute("aria-describedby") == "enough"
    assert answer(page, "1.4") == "Not that number."
    assert answer(page, "1.41") == "Right."


def test_a_revealed_number_is_not_right(visit: Visits) -> None:
    page = asking(visit, demo(), 1)
    page.get_by_role("button", name="Reveal").click()
    assert seen(page)["lines"][-1] == "=3"
    assert page.locator(".score").text_content() == "0 of 1 right"


def test_going_on_without_an_answer_leaves_it_open(visit: Visits) -> None:
    page = asking(visit, demo(), 2)
    page.locator("[data-go=back]").click()
    assert page.locator(".ask").is_visible()
    assert page.locator(".ask label span").text_content() == "What is q?"


@pytest.mark.parametrize(
    ("leaf", "text"), [(float("inf"), "∞"), (float("nan"), "NaN"), (1e-9, "2e-9"), (5e-324, "1e-323")]
)
def test_numbers_that_are_hard_to_type(visit: Visits, leaf: float, text: str) -> None:
    x = Value(leaf, "x")
    page = asking(visit, x * 2.0, 1)
    assert answer(page, text) == "Right."


def test_a_small_number_is_not_nothing(visit: Visits) -> None:
    """0 is no answer where the number is 0.0003, nor is any other small one."""
    page = asking(visit, Value(1.5e-4, "x") * 2.0, 1)
    assert answer(page, "0") != "Right."


@pytest.mark.parametrize("leaf", [float("inf"), float("nan"), 0.0])
@pytest.mark.parametrize("text", ["5", "abc"])
def test_and_another_number_is_not_right(visit: Visits, leaf: float, text: str) -> None:
    page = asking(visit, Value(leaf, "x") * 2.0, 1)
    assert answer(page, text) != "Right."


def network() -> Graph:
    """Two neurons on the same inputs, and the square of their difference."""
    x = [Value(1.0, "x"), Value(-2.0, "y")]
    w = [[Value(0.5), Value(-0.25)], [Value(1.0), Value(0.75)]]
    h = [(row[0] * x[0] + row[1] * x[1]).tanh() for row in w]
    return Graph.of((h[0] - h[1]) ** 2)


def playing(visit: Visits, what: Any, by: str = "edge") -> Any:
    page = visit(viz.step(what).html())
    page.set_default_timeout(5000)
    page.locator(".predict").check()
    page.locator(".by").select_option(by)
    page.locator("section.stepper").focus()
    return page


@pytest.mark.parametrize("by", ["edge", "node", "neuron", "layer"])
def test_every_number_is_asked_for_whatever_a_step_is(visit: Visits, by: str) -> None:
    """Of several numbers in a step one after the other, with what is known by then; here by keys alone."""
    graph = network()
    timeline = steps(graph)
    paid = {(step.node, step.target): step.contribution for step in timeline if step.kind == "backward"}
    total = dict.fromkeys(range(len(graph)), 0.0)
    page = playing(visit, graph, by)
    questions = 0
    while not page.locator("[data-go=next]").is_disabled():
        page.keyboard.press("ArrowRight")
        while page.locator(".ask").is_visible():
            assert page.evaluate(
                "document.querySelector('[id^=stepgrad]').shadowRoot.activeElement.matches('.ask input')"
            )
            (now,) = (int(one[1:]) for one in seen(page)["now"])
            if re.search("∂|gradient", str(page.locator(".ask span").text_content())):
                sources = page.locator(".picture .node.from").evaluate_all("(found) => found.map((one) => one.id)")
                (source,) = (int(one[1:]) for one in sources)
                total[now] += paid[source, now]
                expected = total[now]
            else:
                expected = graph.data[now]
            page.keyboard.type(format_number(expected))
            page.keyboard.press("Enter")
            assert page.locator(".verdict").text_content() == "Right."
            questions += 1
    assert questions == sum(step.kind in ("forward", "backward") for step in timeline)
    assert page.locator(".score.final").text_content() == f"{questions} of {questions} right"
    assert page.locator(".outcome").inner_text().strip() == "Again"


def test_what_was_answered_stays_so_in_steps_of_another_size(visit: Visits) -> None:
    page = asking(visit, demo(), 1)
    answer(page, "3")
    page.locator(".by").select_option("node")
    assert not page.locator(".ask").is_visible()
    assert page.locator(".score").text_content() == "1 of 1 right"


def test_the_end_tells_what_is_open_and_what_was_not_right_at_first(visit: Visits) -> None:
    page = playing(visit, demo())
    page.keyboard.press("ArrowRight")
    assert answer(page, "4") == "Not that number."
    assert answer(page, "3") == "Right."
    page.keyboard.press("End")
    assert answer(page, "-4") == "Right."
    assert page.locator(".score.final").text_content() == "1 of 2 right"
    summary = page.locator(".outcome")
    assert summary.inner_text().split("\n")[:2] == ["4 not answered", "Not right at first: q"]
    summary.get_by_role("button", name="q").click()
    assert seen(page)["now"] == ["n2"]
    page.keyboard.press("End")
    page.get_by_role("button", name="Again").click()
    assert seen(page)["count"].startswith("0 /")
    assert page.locator(".score").text_content() == ""
    page.keyboard.press("ArrowRight")
    assert page.locator(".ask").is_visible()


def test_nothing_is_asked_of_an_array_and_that_is_said(visit: Visits) -> None:
    x = Tensor([1.0, 2.0], label="x")
    page = playing(visit, Graph.of((x * 3.0).sum()))
    page.keyboard.press("ArrowRight")
    assert not page.locator(".ask").is_visible()
    assert page.locator(".verdict").text_content() == "An array: nothing is asked here."
    page.keyboard.press("ArrowRight")
    assert answer(page, "9") == "Right."


def test_other_numbers_are_other_questions(visit: Visits) -> None:
    page = asking(visit, demo(), 1)
    assert answer(page, "3") == "Right."
    page.locator(".whatif summary").click()
    leaf = page.locator(".leaves [data-leaf]").first
    leaf.focus()
    leaf.fill("3")
    assert page.locator(".ask").is_visible()
    assert leaf.evaluate("(input) => input.matches(':focus')"), "dragging goes on"
    assert answer(page, "3") != "Right."
    assert answer(page, "8") == "Right."
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".ask").is_visible()
    assert page.locator(".score").text_content() == ""


def test_up_to_a_breakpoint(visit: Visits) -> None:
    page = playing(visit, steps(demo()).until("q"))
    for text in ("3", "-12", None, "-4"):
        page.keyboard.press("ArrowRight")
        if text:
            assert answer(page, text) == "Right."
    assert page.locator(".score.final").text_content() == "3 of 3 right"
    assert "not answered" not in page.locator(".outcome").inner_text()
    assert "the gradient of q is complete" in page.locator(".reason").inner_text()


def test_the_end_is_not_told_before_it_is_answered(visit: Visits) -> None:
    page = playing(visit, demo())
    page.keyboard.press("End")
    assert page.locator(".end").text_content() == ""
    page.get_by_role("button", name="Reveal").click()
    assert "done" in str(page.locator(".end").text_content())


@pytest.mark.parametrize("leaf", [float("nan"), float("inf"), -float("inf"), 1e308, 0.0])
def test_any_leaf_can_be_dragged(visit: Visits, leaf: float) -> None:
    page = visit(viz.step(Value(leaf, "x") * 2.0).html())
    page.locator(".whatif summary").click()
    drag = page.locator(".leaves [data-leaf]")
    low, high = (float(str(drag.get_attribute(end))) for end in ("min", "max"))
    assert low == -high < 0 < high < float("inf")
    drag.fill("1")
    page.locator("[data-go=next]").click()
    assert seen(page)["lines"][-1] == "=2"
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("fragment", "at"),
    [("#step=2", 2), ("#step=1e3", 0), ("#step=-1", 0), ("#step=99999", 7), ("#step=", 0), ("#step=2x", 0)],
)
def test_the_step_of_an_address(visit: Visits, fragment: str, at: int) -> None:
    page = visit(viz.step(demo()).html(), fragment=fragment)
    assert page.locator(".count").text_content() == f"{at} / 7"
    assert visit.complaints == []
