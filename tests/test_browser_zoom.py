"""Arrays in the stepper, in a real browser: rows times columns, and one element opened into its scalars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from browsing import READ, Visits

import autograd
import viz
from autograd import Graph, Tensor, Value, format_number, steps

LINES = f"(box) => {{ {READ} return [...box.querySelectorAll('.line')].map(flat); }}"


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(sum(shape)).normal(size=shape)


def tensor(name: str, *shape: int) -> Tensor:
    return Tensor(numbers(*shape), label=name)


PRODUCTS = {
    "matrix, matrix": lambda: tensor("A", 3, 4) @ tensor("B", 4, 2),
    "matrix, vector": lambda: tensor("W", 2, 3) @ tensor("x", 3),
    "vector, matrix": lambda: tensor("x", 3) @ tensor("W", 3, 2),
    "constant, matrix": lambda: numbers(2, 6) @ tensor("W", 6, 2),
    "matrix, constant": lambda: tensor("W", 2, 3) @ numbers(3),
}


def go(page: Any, index: int) -> None:
    page.locator("section.stepper input[type=range]").first.fill(str(index))


def grid(page: Any, kind: str) -> list[str]:
    """The numbers of one of the three arrays, row by row."""
    return [str(one.get_attribute("title")) for one in page.locator(f".product .{kind} [data-i]").all()]


def lit(page: Any, kind: str) -> list[str]:
    return [str(one.get_attribute("title")) for one in page.locator(f".product .{kind} .lit").all()]


def written(array: Any) -> list[str]:
    return [format_number(float(x)) for x in np.ravel(array)]


@pytest.mark.parametrize("make", PRODUCTS.values(), ids=PRODUCTS)
def test_a_product_is_rows_times_columns_forward_and_back(visit: Visits, make: Any) -> None:
    h = make()
    h.label = "h"
    timeline = steps((h * numbers(*h.shape)).sum())
    page = visit(viz.step(timeline).html())
    checked = 0
    for k, step in enumerate(timeline, 1):
        op = timeline.graph[step.node].op
        if op is None or op.name != "matmul" or step.kind == "seed":
            continue
        go(page, k)
        a, b = map(np.asarray, timeline.graph.inputs_of(step.node))
        g = step.upstream
        row, column = a if a.ndim == 2 else a[None], b if b.ndim == 2 else b[:, None]
        if step.kind == "backward":
            g = g.reshape(row.shape[0], column.shape[1])
            left, right = (g, column.T) if step.input == 0 else (row.T, g)
            if a.ndim == 1 and step.input == 0:  # a column, as W g
                left, right = column, g.T
            result = step.contribution
        else:
            left, right, result = row, column, step.after
        assert grid(page, "left") == written(left)
        assert grid(page, "right") == written(right)
        assert grid(page, "to") == written(result)
        for place, cell in enumerate(page.locator(".to button").all()):
            cell.click()
            i, j = divmod(place, right.shape[1])
            assert lit(page, "left") == written(left[i])
            assert lit(page, "right") == written(right[:, j])
            assert lit(page, "to") == written(np.ravel(result)[place])
            lines = page.locator(".sum").evaluate(LINES)
            assert lines[-1] == f"={typeset(np.ravel(result)[place])}"
            assert lines[1].startswith(f"={typeset(left[i, 0])}·")
            assert lines[1].endswith("…") == (left.shape[1] > 4)
        checked += 1
    assert checked >= 2


def typeset(x: float) -> str:
    """A number as formulas have it: 3e−09 is 3·10^{−9}."""
    digits, _, power = format_number(float(x)).partition("e")
    return f"{digits}·10^{{{format_number(int(power.replace('−', '-')))}}}" if power else digits


def test_a_gradient_of_a_matrix_is_an_outer_product_with_its_shapes(visit: Visits) -> None:
    h = tensor("W", 2, 3) @ tensor("x", 3)
    h.label = "h"
    loss = (h * h).sum()
    page = visit(viz.step(loss).html())
    wanted = [k for k, step in enumerate(steps(loss), 1) if step.target == 0 and step.kind == "backward"]
    go(page, wanted[0])
    (line,) = page.locator(".formula").evaluate(LINES)
    assert line == "{∂loss}/{∂W}(2×3)+={∂loss}/{∂h}(2×1)·x⊤(1×3)".replace("x⊤", "x^{⊤}")
    assert page.locator(".sum .line").count() == 3
    (line, *_) = page.locator(".sum").evaluate(LINES)
    assert line == "{∂loss}/{∂W}[0,0]={∂loss}/{∂h}[0]·x[0]"


def test_an_element_is_picked_by_keys_and_the_step_stays(visit: Visits) -> None:
    loss = (tensor("A", 2, 3) @ tensor("B", 3, 2)).sum()
    page = visit(viz.step(loss).html())
    go(page, 1)
    page.locator(".to .lit").focus()
    for key, place in (("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("ArrowDown", (1, 1)), ("ArrowLeft", (1, 0))):
        page.keyboard.press(key)
        one = page.locator(".to .lit")
        assert (int(one.get_attribute("data-i")), int(one.get_attribute("data-j"))) == place
        assert one.evaluate("(e) => e.getRootNode().activeElement === e")
    assert page.locator(".count").text_content() == f"1 / {len(steps(loss))}"


def network() -> Tensor:
    h = autograd.tanh(numbers(2, 4) @ tensor("W", 4, 3) + tensor("b", 3))
    h.label = "h"
    p = autograd.softmax(h, axis=-1)
    return -(p.T[1] * p[:, 0]).sum()


def convolution() -> Tensor:
    return (autograd.conv2d(tensor("image", 1, 1, 3, 3), tensor("kernel", 1, 1, 2, 2)) ** 2).mean()


@pytest.mark.parametrize("make", [network, convolution])
@pytest.mark.parametrize("back", [False, True])
def test_every_element_opens_into_its_scalars_with_the_numbers_of_the_engine(
    visit: Visits, make: Any, back: bool
) -> None:
    timeline = steps(make())
    graph = timeline.graph
    scalars, elements, of = graph.zoom()
    inside = steps(scalars)
    gradients = inside.gradients
    paid = [(event.node, event.target, event.contribution) for event in inside.events]
    page = visit(viz.step(timeline).html(), reduced_motion="reduce")
    steps_of = {step.node: k for k, step in enumerate(timeline, 1) if step.kind == ("backward" if back else "forward")}
    for index, k in steps_of.items():
        go(page, k)
        page.locator(".open-element").click()
        known = timeline[k - 1 :] if back else timeline
        later = {step.target for step in known[1:]} if back else set()
        for place, element in enumerate(elements[index].ravel().tolist()):
            if element < 0:
                continue
            page.locator(f"[data-flat='{place}']").click()
            shown = {int(card.get_attribute("data-scalar")): card for card in page.locator("[data-scalar]").all()}
            cards = {k: card.locator("text:not(.part)").all_text_contents() for k, card in shown.items()}
            parts = {k: card.locator(".part").all_text_contents() for k, card in shown.items()}
            assert set(cards) == within(scalars, of, index, element)
            for scalar, (name, value, *grad) in cards.items():
                assert scalars.names[scalar].endswith(name.removeprefix("…"))
                assert value == format_number(scalars.data[scalar])
                complete = back and of[scalar] not in later
                if grad and complete:
                    assert grad == [f"∂ {format_number(gradients[scalar])}"]
                    assert parts[scalar] == part_of(scalar, {k for k in cards if of[k] == index}, paid)
                elif not back:
                    assert grad in ([], ["∂ –"])
            lines = page.locator(".scalar-formula").evaluate(LINES)
            assert any(line.endswith(f"={typeset(scalars.data[element])}") for line in lines)
        page.locator("[data-level=overview]").click()
        assert page.locator(".picture").is_visible()


def part_of(scalar: int, working: set[int], paid: list[tuple[int, int, float]]) -> list[str]:
    """What a card says of a scalar to which those inside pay a part alone."""
    all_of_it = [(node, x) for node, target, x in paid if target == scalar]
    here = [x for node, x in all_of_it if node in working]
    return [f"{format_number(sum(here))} here"] if 0 < len(here) < len(all_of_it) else []


def within(scalars: Graph, of: tuple[int, ...], index: int, element: int) -> set[int]:
    """The element, and what of its operation it is computed from, with the inputs of that."""
    found, waiting = set(), [element]
    while waiting:
        k = waiting.pop()
        found.add(k)
        if of[k] == index:
            waiting += [x for x in scalars[k].inputs if isinstance(x, int) and x not in found]
    return found


def test_the_chain_rule_back_to_a_scalar(visit: Visits) -> None:
    x = Tensor([1.0, -2.0], label="x")
    loss = autograd.tanh(x * 3).sum()
    timeline = steps(loss)
    page = visit(viz.step(timeline).html())
    page.locator("section.stepper").press("End")
    page.locator(".open-element").click()
    page.locator("[data-flat='1']").click()
    page.locator("[data-scalar].leaf").click()
    g = timeline.gradients
    lines = page.locator(".scalar-formula").evaluate(LINES)
    assert lines[0] == "x[1]=−2"
    assert lines[1] == "{∂loss}/{∂x[1]}+={∂loss}/{∂q[1]}·{∂q[1]}/{∂x[1]}"
    assert lines[2] == f"={typeset(g[1][1])}·3"
    assert lines[3] == f"0+{typeset(g[0][1])}={typeset(g[0][1])}"


def test_escape_and_the_trail_lead_back(visit: Visits) -> None:
    page = visit(viz.step(network()).html())
    section = page.locator("section.stepper")
    go(page, 3)
    page.locator(".open-element").click()
    trail = page.locator(".inside nav button")
    assert trail.all_text_contents() == ["Overview", "h", "h[0, 0]"]
    page.keyboard.press("ArrowRight")
    assert trail.all_text_contents() == ["Overview", "h", "h[0, 1]"]
    page.locator("[data-scalar]").first.focus()
    page.keyboard.press("Enter")
    assert len(trail.all_text_contents()) == 4
    for left in (["Overview", "h", "h[0, 1]"], ["Overview", "h"]):
        page.keyboard.press("Escape")
        assert trail.all_text_contents() == left
    page.keyboard.press("Escape")
    assert page.locator(".picture").is_visible()
    assert page.locator(".open-element").evaluate("(e) => e.getRootNode().activeElement === e")
    assert str(page.locator(".count").text_content()).startswith("3 /")
    page.locator(".open-element").click()
    section.press("End")  # inside, one can step on
    assert page.locator(".inside").is_visible()
    trail.first.click()
    assert page.locator(".picture").is_visible()


def test_what_is_opened_moves_only_where_motion_is_wanted(visit: Visits) -> None:
    for wish, moves in (("reduce", 0), ("no-preference", 1)):
        page = visit(viz.step(network()).html(), reduced_motion=wish)
        go(page, 3)
        moving = "(e) => { e.click(); return e.getRootNode().querySelector('.content').getAnimations().length; }"
        assert page.locator(".open-element").evaluate(moving) == moves


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_a_small_page(visit: Visits, scheme: str) -> None:
    loss = network()
    page = visit(viz.step(loss).html(), viewport={"width": 400, "height": 700}, color_scheme=scheme)
    for k in range(1, len(steps(loss)) + 1):
        go(page, k)
        if page.locator(".open-element").count():
            page.locator(".open-element").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 400
            page.locator("[data-level=overview]").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("width", [1200, 400])
def test_arrays_have_room_for_their_numbers(visit: Visits, width: int) -> None:
    for shape, has_numbers in (((5, 4), True), ((8, 8), False)):
        page = visit(viz.step((tensor("A", *shape) ** 2).sum()).html(), viewport={"width": width, "height": 800})
        go(page, 1)
        cells = page.locator(".heat").first.locator("i")
        assert [bool(text) for text in cells.all_text_contents()] == [has_numbers] * (shape[0] * shape[1])
        for cell in (cells.first, cells.last):
            assert cell.evaluate("(e) => e.scrollWidth <= e.clientWidth")
            assert cell.bounding_box()["height"] >= 14


@pytest.mark.parametrize(("columns", "is_stacked"), [(6, False), (20, True)])
def test_a_product_is_seen_whole_on_a_phone(visit: Visits, columns: int, is_stacked: bool) -> None:
    page = visit(
        viz.step((tensor("A", 5, columns) @ tensor("B", columns, 6)).sum()).html(),
        viewport={"width": 400, "height": 800},
    )
    go(page, 1)
    assert bool(page.locator(".product.stacked").count()) == is_stacked
    panel = page.locator(".panel").bounding_box()
    for figure in page.locator(".product figure").all():
        box = figure.bounding_box()
        assert panel["x"] <= box["x"]
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]


def test_pages_have_no_more_than_they_need() -> None:
    scalar, large = viz.step(Value(2.0, "x") * 3).html(), viz.step((Tensor(np.ones((50, 50))) ** 2).sum()).html()
    small = viz.step((Tensor(np.ones(3)) ** 2).sum()).html()
    assert [("EXTRAS.push" in html, '"zoom":{' in html) for html in (scalar, large, small)] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert "open-element" not in scalar


def test_what_is_computed_by_iteration_is_not_opened(visit: Visits) -> None:
    loss = autograd.svdvals(tensor("A", 2, 2)).sum()
    page = visit(viz.step(loss).html())
    page.locator("section.stepper").press("End")
    assert page.locator(".open-element").count() == 0


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_inside(visit: Visits, scheme: str, width: int) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install stepgrad[browser]")
    from test_page_access import AXE, serious

    loss = network()
    page = visit(
        viz.step(loss).html(),
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    page.add_script_tag(content=AXE)
    for k in (1, 4, len(steps(loss))):  # a product, a softmax, the gradient of a product
        go(page, k)
        assert serious(page) == []
        page.locator(".open-element").click()
        assert serious(page) == []
        page.locator("[data-scalar]").first.click()
        assert serious(page) == []
        page.locator("[data-level=operation]").click()
        assert serious(page) == []
        page.locator("[data-level=overview]").click()
