"""What axe has to say about the page: nothing serious, light and dark, wide and narrow, at each kind of step."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from browsing import ASKED, Visits

import autograd
import viz
from autograd import Tensor, Value

try:
    AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
except ImportError:
    if ASKED is not None:
        raise
    pytest.skip("axe is not installed: pip install stepgrad[browser]", allow_module_level=True)

RUN = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
    const said = (node) => `${node.target} ${node.failureSummary}`;
    return found.violations.map((one) => [one.impact, one.id, one.nodes.slice(0, 3).map(said)]);
}"""


def scalars() -> Value:
    with autograd.tracing():
        a, b = Value(3.0, "a"), Value(-0.25, "b")
        return autograd.tanh(a * b + a) * a


def arrays() -> Tensor:
    return autograd.tanh(Tensor([[1.0, -2.0], [0.5, 0.1]], label="w") @ Tensor([0.25, 3.0], label="x")).sum()


def serious(page: Any) -> list[Any]:
    page.wait_for_timeout(200)  # transitions have ended
    return [one for one in page.evaluate(RUN) if one[0] in ("serious", "critical")]


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [scalars, arrays])
def test_axe_finds_nothing_serious(visit: Visits, make: Any, scheme: str, width: int) -> None:
    # The page's policy lets no other script in: for axe alone it is set aside.
    page = visit(
        viz.step(make()).html(),
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    page.add_script_tag(content=AXE)
    section = page.locator("section.stepper")
    last = int(str(page.locator(".count").text_content()).split("/")[1])
    found = {"start": serious(page)}
    for _ in range(last // 2 + 1):
        section.press("ArrowRight")
    found["middle"] = serious(page)
    page.locator("[data-show=contributes]").click()
    found["lists"] = serious(page)
    if page.locator(".whatif").is_visible():
        page.locator(".whatif summary").click()
        found["what if"] = serious(page)
    section.press("End")
    found["end"] = serious(page)
    page.locator(".predict").check()
    section.press("Home")
    page.locator("[data-go=next]").click()
    found["asked"] = serious(page)
    if page.locator(".ask").is_visible():
        page.locator(".ask input").fill("12345")
        page.locator(".ask input").press("Enter")
        found["wrong"] = serious(page)
    assert {place: all_ for place, all_ in found.items() if all_} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_in_a_large_graph(visit: Visits, scheme: str) -> None:
    f = Value(0.5, "x")
    for k in range(200):
        f = autograd.tanh(f * (1 + k / 100)) + f
    page = visit(viz.step(f).html(), bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    page.add_script_tag(content=AXE)
    page.evaluate("location.hash = '#step=700'")
    page.locator(".count", has_text="700 /").wait_for()
    found = [serious(page)]
    page.locator("[data-show=contributes]").click()
    found.append(serious(page))
    assert found == [[], []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_without_its_script(visit: Visits, scheme: str) -> None:
    html = viz.step(scalars()).html()
    page = visit(html.partition("<script>")[0], bypass_csp=True, color_scheme=scheme)
    page.add_script_tag(content=AXE)
    assert serious(page) == []
