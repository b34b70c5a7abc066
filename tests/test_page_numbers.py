"""Every number that the page shows, on cards, in formulas and in ledgers, is that of the engine, at every step."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from browsing import Visits, seen, walked
from hypothesis import HealthCheck, given, settings
from samples import demo
from strategies import Program, by_operator, programs
from walks import check_walk, shown_as

import autograd
import viz
from autograd import Tensor, Timeline, Value, format_number, steps

IN_ONE_TEST = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def shared() -> Value:
    a = Value(3.0, "a")
    b = a * a + a
    b.label = "b"
    return b / a - b**2 + a


def extremes() -> Value:
    """Numbers of every size, and signs."""
    tiny, huge, minus = Value(5e-324, "tiny"), Value(1.5e300, "huge"), Value(-0.0, "minus")
    return (tiny * huge + minus) * 999999.5 - Value(1e6, "m") * 1.0625 + Value(0.00012345, "k") / -1e-9


def infinite() -> Value:
    x = Value(1e300, "x")
    return x * x - x + Value(0.0, "z") * x


def not_a_number() -> Value:
    x, y = Value(math.inf, "x"), Value(-math.inf, "y")
    return (x + y) * Value(2.0, "z") + autograd.exp(y) + autograd.relu(x)


def network() -> Value:
    """A neuron or three, with activations."""
    xs = [Value(0.5, "x1"), Value(-1.0, "x2")]
    for size, act in ((2, autograd.tanh), (1, autograd.sigmoid)):
        xs = [act(sum((Value(0.3 * (i + 1) - 0.4 * j) * x for j, x in enumerate(xs)), Value(0.1))) for i in range(size)]
    return -autograd.log(xs[0])


def many_uses() -> Value:
    """One leaf that is paid to fifteen times: more than a ledger lists."""
    x = Value(0.25, "x")
    total = x * 1.0
    for k in range(14):
        total = total + x * float(k - 7)
    return total


FIXED = [demo, shared, extremes, infinite, not_a_number, network, many_uses]


@pytest.mark.parametrize("make", FIXED)
def test_by_click_every_number_is_the_engines(visit: Visits, make: Callable[[], Value]) -> None:
    stepper = viz.step(make())
    check_walk(stepper.timeline, walked(visit(stepper.html())))


@pytest.mark.parametrize("make", [demo, shared, not_a_number])
def test_by_key_too(visit: Visits, make: Callable[[], Value]) -> None:
    stepper = viz.step(make())
    page = visit(stepper.html())
    walk = [seen(page)]
    page.locator("section.stepper").focus()
    for _ in range(len(stepper.timeline)):
        page.keyboard.press("ArrowRight")
        walk.append(seen(page))
    check_walk(stepper.timeline, walk)
    back = []
    for _ in range(len(stepper.timeline)):
        page.keyboard.press("ArrowLeft")
        back.append(seen(page))
    assert [without_motion(one) for one in reversed(back)] == [without_motion(one) for one in walk[:-1]]


def without_motion(one: dict[str, Any]) -> dict[str, Any]:
    return {key: what for key, what in one.items() if key != "pills"}


@IN_ONE_TEST
@given(programs())
def test_of_any_program_every_number_is_the_engines(visit: Visits, program: Program) -> None:
    inputs = [Value(float(x), f"p{k}") for k, x in enumerate(program.inputs)]
    stepper = viz.step(program.result(by_operator, inputs))
    check_walk(stepper.timeline, walked(visit(stepper.html())))


def final_grads(timeline: Timeline) -> dict[str, str]:
    found = zip(timeline.graph, timeline.gradients, strict=True)
    return {
        str(i): "∂ –" if g is None else f"∂ {format_number(g)}"
        for i, (node, g) in enumerate(found)
        if node.requires_grad
    }


@pytest.mark.parametrize("make", [shared, network, not_a_number])
def test_every_granularity_ends_with_the_engines_gradients(visit: Visits, make: Callable[[], Value]) -> None:
    stepper = viz.step(make())
    page = visit(stepper.html())
    choices = page.locator(".by option").evaluate_all("(all) => all.map((one) => one.value)")
    assert choices[:2] == ["edge", "node"]
    counts = []
    for by in choices:
        page.locator("section.stepper").press("Home")
        page.locator(".by").select_option(by)
        walk = walked(page)
        counts.append(len(walk))
        assert {i: card[1][0] for i, card in walk[-1]["cards"].items() if card[1]} == final_grads(stepper.timeline)
        assert {i: card[0][0] for i, card in walk[-1]["cards"].items()} == {
            str(i): format_number(x) for i, x in enumerate(stepper.timeline.graph.data)
        }
        for one in walk:
            if by == "node" and one["kind"] == "backward" and len(one["now"]) > 1:
                said = {re.sub(r"\(\dof\d\)$", "", line.rpartition("=")[2]) for line in one["lines"]}
                on_cards = [one["cards"][now[1:]][1][0].removeprefix("∂ ") for now in one["now"]]
                assert said == {shown_as(text) for text in on_cards}
    assert counts[1] <= counts[0] == len(stepper.timeline) + 1


def test_changing_the_granularity_keeps_the_place(visit: Visits) -> None:
    page = visit(viz.step(network()).html())
    section = page.locator("section.stepper")
    for _ in range(25):
        section.press("ArrowRight")
    before = seen(page)
    page.locator(".by").select_option("node")
    after = seen(page)
    assert after["kind"] == before["kind"] == "backward"
    for i, (_, grad) in before["cards"].items():
        assert grad[0] == "∂ –" or grad == after["cards"][i][1] or i in [now[1:] for now in before["now"]]


def drag(page: Any, leaf: int, position: float) -> float:
    """Moves a leaf's slider to a part of its way; gives the number that it then has."""
    slider = page.locator(f'.whatif input[data-leaf="{leaf}"]')
    move = """(slider, part) => {
        slider.value = Number(slider.min) + part * (slider.max - slider.min);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        return Number(slider.value);
    }"""
    return float(slider.evaluate(move, position))


@pytest.mark.parametrize("make", [demo, shared, network, many_uses])
def test_a_dragged_leaf_gives_what_the_replayed_graph_gives(visit: Visits, make: Callable[[], Value]) -> None:
    stepper = viz.step(make())
    graph = stepper.timeline.graph
    page = visit(stepper.html())
    page.locator(".whatif summary").click()
    leaves = [node for node in graph if node.is_leaf]
    values = {}
    for k, leaf in enumerate(leaves[:3]):
        values[leaf.name] = drag(page, leaf.index, 0.2 + 0.3 * k)
        timeline = steps(graph.replay(values))
        page.locator("section.stepper").press("Home")
        check_walk(timeline, walked(page))
    page.get_by_role("button", name="Reset").click()
    page.locator("section.stepper").press("Home")
    check_walk(stepper.timeline, walked(page))


def test_where_the_page_cannot_compute_it_offers_no_sliders(visit: Visits) -> None:
    x = Value(2.0, "x")
    for output in (autograd.where(x > 0, x * 2, x * 3), Tensor([1.0, 2.0], label="t").sum()):
        assert not visit(viz.step(output).html()).locator(".whatif").is_visible()
    assert visit(viz.step(x * 2).html()).locator(".whatif").is_visible()


def test_of_arrays_the_cells_are_the_engines(visit: Visits) -> None:
    w, x = Tensor([[1.0, -2.0], [0.5, 3e-9]], label="w"), Tensor([0.25, math.nan], label="x")
    stepper = viz.step(autograd.tanh(w @ x).sum())
    page = visit(stepper.html())
    cells = """(section) => [...section.querySelectorAll(".heat, .product figure")].map((heat) => [
        heat.querySelector("figcaption").textContent,
        [...heat.querySelectorAll("i, button")].map((one) => one.title),
    ])"""
    for step in stepper.timeline:
        page.locator("section.stepper").press("ArrowRight")
        if step.kind != "seed":
            *_, (_, last) = page.locator("section.stepper").evaluate(cells)
            assert last == [format_number(v) for v in np.ravel(step.after)]
