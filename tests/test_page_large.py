"""A graph too large to be shown whole: the picture follows the step, and an overview shows where it is."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import SEEN, Visits, seen

import autograd
import viz
from autograd import Tensor, Timeline, Value, format_number, steps, tanh


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    """About 1,000 nodes: three layers whose weights have names, and a loss."""
    x = [Value(0.5 - 0.3 * k) for k in range(4)]

    def weights(inputs: int, outputs: int) -> list[list[Value]]:
        return [[Value(((7 * i + 3 * j) % 11) / 8 - 0.6) for i in range(inputs)] for j in range(outputs)]

    def layer(rows: list[list[Value]], b: list[Value], x: list[Value]) -> list[Value]:
        return [
            tanh(sum((w * v for w, v in zip(row, x, strict=True)), bias)) for row, bias in zip(rows, b, strict=True)
        ]

    w1, w2, w3 = weights(4, 12), weights(12, 12), weights(12, 8)
    b1, b2, b3 = ([Value(0.1) for _ in range(n)] for n in (12, 12, 8))
    h1 = layer(w1, b1, x)
    h2 = layer(w2, b2, h1)
    y = layer(w3, b3, h2)
    return steps(autograd.sum([(a - 0.5) ** 2 for a in y]))


@pytest.fixture(scope="module")
def html(timeline: Timeline) -> str:
    return viz.step(timeline).html()


def check_step(timeline: Timeline, k: int, one: Any) -> None:
    """What is lit after ``k`` steps is what the engine did."""
    graph, step = timeline.graph, timeline[k - 1]
    lit = step.node if step.kind in ("forward", "seed") else step.target
    assert one["now"] == [f"n{lit}"]
    data, grad = one["cards"][str(lit)]
    if step.kind == "forward":
        assert data == [format_number(step.after)]
        inputs = list(enumerate(graph.equations[step.node].inputs))
        assert set(one["lit"]) == {f"e{step.node}_{slot}" for slot, _ in inputs}
    else:
        assert grad == [f"∂ {format_number(step.after)}"]
        assert one["lit"] == ([] if step.kind == "seed" else [f"e{step.node}_{step.input}"])
    if step.kind == "backward":
        assert one["pills"] == [format_number(step.contribution)]
    for index, (value, _) in one["cards"].items():  # every card that is there, be it lit or not
        node = graph[int(index)]
        computed = node.op is None or any(s.kind == "forward" and s.node == node.index for s in timeline[:k])
        assert value == [format_number(node.data) if computed else "–"]


#: The steps, every so many of them, after which the card that is lit, with its tally, is not wholly in view.
UNSEEN = """(section, stride) => {
    const unseen = [];
    const [frame, slider] = ["picture", "controls > input"].map((one) => section.querySelector(`.${one}`));
    for (let k = 1; k <= Number(slider.max); k += stride) {
        slider.value = k;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        const outer = frame.getBoundingClientRect();
        const boxes = [...frame.querySelectorAll(".now .box, .now .tally")].map((one) => one.getBoundingClientRect());
        const isIn = (b) =>
            b.left >= outer.left && b.right <= outer.right && b.top >= outer.top && b.bottom <= outer.bottom;
        if (!boxes.length || !boxes.every(isIn)) unseen.push(k);
    }
    return unseen;
}"""


@pytest.mark.parametrize("width", [1200, 400])
def test_at_any_step_what_is_lit_is_in_view(visit: Visits, html: str, width: int) -> None:
    page = visit(html, reduced_motion="reduce", viewport={"width": width, "height": 900})
    assert page.locator("section.stepper").evaluate(UNSEEN, 7) == []


ARROW = """(section) => {
    const edge = section.querySelector(".edge.lit");
    const path = edge.querySelector("path");
    const shown = [...edge.querySelectorAll("polygon")].filter((one) => getComputedStyle(one).display !== "none");
    const middle = (one) => { const box = one.getBBox(); return box.x + box.width / 2; };
    const [tail, head] = [path.getPointAtLength(0).x, path.getPointAtLength(path.getTotalLength()).x];
    return shown.map((one) => Math.abs(middle(one) - head) < Math.abs(middle(one) - tail) ? "forward" : "backward");
}"""


def test_at_any_step_what_is_lit_is_what_the_engine_did(visit: Visits, timeline: Timeline, html: str) -> None:
    page = visit(html, reduced_motion="reduce")
    assert len(timeline.graph) > 900
    stepper = page.locator("section.stepper")
    for k in range(1, len(timeline) + 1, len(timeline) // 22):
        page.evaluate(f"location.hash = '#step={k}'")
        stepper.locator(".count", has_text=f"{k} / ").wait_for()
        check_step(timeline, k, seen(page))
        if timeline[k - 1].kind != "seed":
            assert stepper.evaluate(ARROW) == [timeline[k - 1].kind]
        assert within(stepper), f"step {k}: what is lit is not to be seen"


WITHIN = """(section) => {
    const [card, frame] = [".node.now .box", ".picture"]
        .map((one) => section.querySelector(one).getBoundingClientRect());
    const [wide, high] = [card.left >= frame.left && card.right <= frame.right, card.top >= frame.top];
    return wide && high && card.bottom <= frame.bottom;
}"""


def within(stepper: Any) -> bool:
    """Whether the lit card stands inside of the frame."""
    return bool(stepper.evaluate(WITHIN))


@pytest.mark.parametrize("start", [0, 400, 1300])
def test_step_by_step_the_picture_stays_where_it_can(visit: Visits, timeline: Timeline, html: str, start: int) -> None:
    page = visit(html, fragment=f"#step={start}")
    stepper = page.locator("section.stepper")
    drawn = []
    for k in range(start + 1, start + 31):
        stepper.locator("[data-go=next]").click()
        check_step(timeline, k, seen(page))
        drawn.append(" ".join(sorted(one.get_attribute("id") or "" for one in stepper.locator("g.node").all())))
        assert stepper.locator("svg.around g.node").count() <= 40
    assert len(set(drawn)) < 10


PLACES = """(section) => Object.fromEntries([...section.querySelectorAll("g.node")].map((one) => {
    const box = one.querySelector(".box").getBoundingClientRect();
    return [one.id, [box.x, box.y]];
}))"""


def test_cards_do_not_jump(visit: Visits, timeline: Timeline, html: str) -> None:
    """Where the picture is laid out anew, what stays is where it was, and moves from there."""
    page = visit(html, fragment="#step=1")
    stepper = page.locator("section.stepper")
    jumps = stepper.evaluate(
        f"""async (section) => {{
            const places = {PLACES};
            const moving = () => section.querySelector("svg.around").getAnimations({{ subtree: true }});
            const found = [];
            for (let k = 0; k < 60; k += 1) {{
                moving().forEach((one) => one.finish());
                const old = section.querySelector("g.node");
                const before = places(section);
                section.querySelector("[data-go=next]").click();
                await Promise.resolve();
                if (old.isConnected) continue;
                const after = places(section);
                const kept = Object.keys(before).filter((id) => after[id]);
                const far = ([x, y], [u, v]) => Math.hypot(x - u, y - v);
                found.push([kept.length, Math.max(0, ...kept.map((id) => far(after[id], before[id])))]);
            }}
            return found;
        }}"""
    )
    assert jumps
    assert any(kept for kept, _ in jumps)
    assert all(moved < 2 for _, moved in jumps), jumps


def test_a_search_goes_to_the_node(visit: Visits, timeline: Timeline, html: str) -> None:
    page = visit(html)
    index = timeline.graph.names.index("h2[7]")
    box = page.locator("section.stepper .find")
    box.fill("h2[7]")
    box.press("Enter")
    assert seen(page)["now"] == [f"n{index}"]
    assert within(page.locator("section.stepper"))


def test_what_is_folded_opens(visit: Visits, timeline: Timeline, html: str) -> None:
    page = visit(html, fragment="#step=700")
    stepper = page.locator("section.stepper")
    before = seen(page)
    stub = stepper.locator(".more[data-side=in]").first
    node = int(str(stub.locator("xpath=..").get_attribute("id"))[1:])
    folded = {x for x in timeline.graph.equations[node].inputs if isinstance(x, int)} - {
        int(i) for i in before["cards"]
    }
    assert stub.text_content() == f"‹ {len(folded)} more"
    stub.locator("text").click()
    after = seen(page)
    assert folded <= {int(i) for i in after["cards"]}
    assert (after["count"], after["now"], after["lit"]) == (before["count"], before["now"], before["lit"])
    check_step(timeline, 700, after)


def test_the_overview_shows_where_the_step_is(visit: Visits, timeline: Timeline, html: str) -> None:
    page = visit(html)
    whole = page.locator("section.stepper .whole")
    columns = [text for text in whole.locator("span").all_text_contents() if text]
    assert columns == ["layer 1", "layer 2", "layer 3", "loss"]
    assert whole.locator("[title*=neuron]").count() == 32
    assert whole.locator(".pending").count() == 33  # the loss, too; not the inputs
    block = whole.locator("[title='layer 2 · neuron 3']")
    block.click()
    assert seen(page)["now"] == [f"n{timeline.graph.names.index('h2[2]')}"]
    assert "now" in str(block.get_attribute("class"))
    assert block.get_attribute("style") == "--done:1;--back:0"
    assert whole.locator("[title='layer 3 · neuron 8']").get_attribute("style") == "--done:0;--back:0"
    page.locator("section.stepper").press("End")
    assert {one.get_attribute("style") for one in whole.locator("[title*=neuron]").all()} == {"--done:1;--back:1"}


def test_paths_are_lit_in_the_overview_and_in_the_picture(visit: Visits, timeline: Timeline, html: str) -> None:
    page = visit(html)
    stepper = page.locator("section.stepper")
    stepper.locator("[title='layer 2 · neuron 3']").click()
    stepper.locator("[data-show=contributes]").click()
    titles = {one.get_attribute("title") for one in stepper.locator(".whole .path").all()}
    assert "layer 1 · neuron 12" in titles
    assert "layer 2 · neuron 3" in titles
    assert "layer 2 · neuron 4" not in titles
    assert not any("layer 3" in str(title) for title in titles)
    assert stepper.locator("svg.around.tracing .node.path").count() > 3


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overlaps_and_texts_are_legible(visit: Visits, html: str, scheme: str, width: int) -> None:
    page = visit(html, fragment="#step=1000", color_scheme=scheme, viewport={"width": width, "height": 800})
    stepper = page.locator("section.stepper")
    page.evaluate("document.getAnimations().forEach((one) => one.finish())")
    found = stepper.evaluate(
        """(section) => {
            const rect = (one) => one.getBoundingClientRect();
            const boxes = [...section.querySelectorAll("g.node > .box")].map(rect);
            const over = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
            return {
                overlapping: boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => over(a, b))).length,
                outside: [...section.querySelectorAll("g.node > text")].filter((text) => {
                    const box = rect(text.parentNode.querySelector(".box"));
                    return rect(text).left < box.left || rect(text).right > box.right;
                }).map((text) => text.textContent),
                height: rect(section.querySelector(".node .data")).height,
                wide: document.documentElement.scrollWidth,
            };
        }"""
    )
    assert (found["overlapping"], found["outside"]) == (0, [])
    assert found["height"] >= 11
    assert found["wide"] <= width


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_the_page_draws_by_itself(visit: Visits) -> None:
    x = Value(3.0, "x")
    f = x * x + 2
    page = visit(viz.step(f).html())
    page.locator("section.stepper").press("End")
    one = seen(page)
    assert one["cards"]["0"] == [["3"], ["∂ 6"]]
    assert one["lit"] == ["e1_1"]
    assert page.locator("section.stepper .constant .data").all_text_contents() == ["2"]


def test_arrays_have_room_in_their_cards(visit: Visits) -> None:
    x = Tensor([[0.25, -1.5, 3.0]] * 2, label="x")
    y = x
    for k in range(160):
        y = autograd.tanh(y * (1 + k / 100))
    page = visit(viz.step(y.sum()).html(), fragment="#step=400")
    one = page.locator("section.stepper").evaluate(SEEN)
    assert one["now"]
    assert len(one["cards"][one["now"][0][1:]][0]) == 2


def test_pages_of_small_graphs_carry_none_of_it() -> None:
    small = viz.step(Value(3.0) * 2).html()
    assert "function around" not in small
    assert "COLUMNS" not in small
