"""The page of a recorded training: every number of every step of every iteration is that of the engine."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from browsing import Visits, seen, walked
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_page_access import AXE, serious
from test_page_labels import CLEAN, FOREIGN, HOSTILE, walk_through
from walks import check_walk, loose, shown, shown_as

import nn
import viz
from autograd import Iteration, Recording, Tensor, Value, format_number

IN_ONE_TEST = settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a browser is too slow to shrink with
)


def trained(
    w: float = 0.5,
    b: float = 0.1,
    rates: tuple[float, ...] = (0.1, 0.1, 0.1),
    *,
    is_zeroed: bool = True,
    name: str = "w",
) -> Recording:
    """A neuron on one sample, by hand."""
    weight, bias, x = Value(w, name), Value(b, "b"), Value(1.5, "x")
    run = Recording([weight, bias])
    for rate in rates:
        if is_zeroed:
            weight.grad = bias.grad = x.grad = 0.0
        loss = ((weight * x + bias).tanh() - 0.8) ** 2 + weight * bias
        loss.backward()
        run.take(loss)
        weight.data -= rate * weight.grad
        bias.data -= rate * bias.grad
    return run


def optimised(make: Any, count: int = 3) -> Recording:
    ws = [Value(1.0, "w"), Value(-2.0, "b")]
    optimizer, run = make(ws), Recording(ws)
    for _ in range(count):
        optimizer.zero_grad()
        loss = (ws[0] - 3) ** 2 + (ws[1] * 2 + ws[0]) ** 2
        loss.backward()
        run.take(loss, by=nn.training.callbacks.settings_of(optimizer))
        optimizer.step()
    return run


def check_update(iteration: Iteration, index: int, rate: float | None, one: Any) -> None:
    name = iteration.graph.names[index]
    f = iteration.graph.names[iteration.graph.outputs[0]]
    was, now, grad = iteration.graph.data[index], iteration.after[index], iteration.graph.grads[index]
    slope = f"{{∂{f}}}/{{∂{name}}}"
    assert one["kind"] == "update"
    assert one["now"] == [f"n{index}"]
    if rate is None:
        first, symbols, numbers, result = one["lines"]
        assert first == f"{slope}={shown(grad)}"
        assert symbols == f"{name}←{name}+Δ{name}"
        assert numbers.endswith(f"+{as_written(now - was, loose)}")
        assert "the optimiser's step" in one["sentence"]
    else:
        symbols, numbers, result = one["lines"]
        assert symbols == f"{name}←{name}−η·{slope}"
        assert numbers.endswith(f"−{as_written(rate, shown)}·{as_written(grad, loose)}")
        assert f"η = {as_written(rate, format_number)}" in one["sentence"]
    assert numbers.startswith(f"={as_written(was, shown)}")
    assert result == f"={shown(now)}"
    assert one["cards"][str(index)] == [[format_number(now)], [f"∂ {format_number(grad)}"]]


def as_written(x: float, write: Any) -> str:
    """A number that is short is shown in full, and one that would else seem to be whole."""
    whole = repr(float(x)).removesuffix(".0").replace("-", "−")
    text = shown_as(whole) if len(whole) <= 7 or re.fullmatch(r"−?\d+", format_number(x)) else shown(x)
    return f"({text})" if write is loose and (text.startswith("−") or "·" in text) else text


def check_training(run: Recording, walk: list[Any], left: list[dict[int, float]] | None = None) -> None:
    for iteration, rate, stale in zip(run, run.rates, left or [{}] * len(run), strict=True):
        count, more = len(iteration.timeline) + 1, len(iteration.after)
        check_walk(iteration.timeline, walk[:count], stale, more)
        for index, one in zip(iteration.after, walk[count : count + more], strict=True):
            check_update(iteration, index, rate, one)
        walk = walk[count + more :]
    assert walk == []


@IN_ONE_TEST
@given(st.floats(-1, 1), st.floats(-1, 1), st.lists(st.floats(0.01, 1), min_size=1, max_size=3))
def test_by_click_every_number_is_the_engines(visit: Visits, w: float, b: float, rates: list[float]) -> None:
    run = trained(w, b, tuple(round(rate, 3) for rate in rates))
    check_training(run, walked(visit(viz.step(run).html())))


OPTIMISERS: dict[str, Any] = {
    "sgd": lambda ws: nn.SGD(ws, lr=0.01),
    "momentum": lambda ws: nn.SGD(ws, lr=0.01, momentum=0.9),
    "adam": lambda ws: nn.Adam(ws, lr=0.01),
    "groups": lambda ws: nn.SGD([{"params": ws[:1], "lr": 0.01}, {"params": ws[1:]}], lr=0.02),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_update_is_told_as_the_rule_that_it_is(visit: Visits, name: str) -> None:
    run = optimised(OPTIMISERS[name])
    assert run.rates == [0.01 if name == "sgd" else None] * 3
    walk = walked(visit(viz.step(run).html()))
    check_training(run, walk)
    assert all(one["sentence"].endswith(f"made by {run[0].by}") for one in walk if one["kind"] == "update")


def test_a_forgotten_zero_grad_is_named_where_the_backward_pass_begins(visit: Visits) -> None:
    run = trained(is_zeroed=False)
    page = visit(viz.step(run).html())
    left = [{each.graph.names.index(name): x for name, x in each.stale.items()} for each in run]
    assert [len(each) for each in left] == [0, 3, 3]
    reasons, walk = [], [seen(page)]
    for _ in range(sum(len(each.timeline) + 1 + len(each.after) for each in run) - 1):
        page.locator("[data-go=next]").click()
        walk.append(seen(page))
        reasons.append((walk[-1]["kind"], walk[-1]["now"], page.locator(".reason").text_content()))
    seeds = [one for one in walk if one["kind"] == "seed"]
    assert [len(one["lines"]) for one in seeds] == [1, 4, 4]
    for one in seeds:
        one["lines"] = one["lines"][:1]
    check_training(run, walk, left)
    cure = "Set gradients to zero before backward()"
    assert [cure in told for kind, _, told in reasons if kind == "seed"] == [False, True, True]
    parameters = {f"n{i}" for i in run[0].parameters}
    second = reasons[len(reasons) // 2 :]
    assert all((cure in told) == (now[0] in parameters) for kind, now, told in second if kind == "backward")


def test_a_clipped_gradient_is_shown_beside_that_of_the_pass(visit: Visits) -> None:
    record = nn.Record()
    model = nn.MLP([1, 1], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    data = np.array([[2.0], [1.0]]), np.array([[9.0], [3.0]])
    nn.fit(model, nn.mse, data, optimizer=optimizer, epochs=2, callbacks=[record], rng=0, progress=False, clip_norm=0.1)
    recorded = record.recording
    assert recorded is not None
    page = visit(viz.step(recorded).html())
    page.locator("section.stepper").press("End")
    assert "clipping" in str(page.locator(".sentence").text_content())
    assert page.locator(".held .heat").count() > 1
    assert page.locator(".reason").text_content() == ""


def test_next_and_back_go_on_through_the_iterations(visit: Visits) -> None:
    run = trained()
    page = visit(viz.step(run).html())
    section, title = page.locator("section.stepper"), page.locator(".run")
    section.focus()
    total = sum(len(each.timeline) + 1 + len(each.after) for each in run)
    there, back = [], []
    for _ in range(total - 1):
        there.append((title.text_content(), seen(page)["lines"]))
        page.keyboard.press("ArrowRight")
    assert title.text_content() == "Iteration 3 of 3"
    assert page.locator("[data-go=next]").is_disabled()
    for _ in range(total - 1):
        page.keyboard.press("ArrowLeft")
        back.append((title.text_content(), seen(page)["lines"]))
    assert back[::-1] == there
    assert page.locator("[data-go=back]").is_disabled()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert (title.text_content(), seen(page)["kind"]) == ("Iteration 2 of 3", "start")
    page.keyboard.press("ArrowLeft")
    assert (title.text_content(), seen(page)["kind"]) == ("Iteration 1 of 3", "update")


def test_the_slider_of_iterations_keeps_the_step(visit: Visits) -> None:
    run = trained()
    page = visit(viz.step(run).html())
    section = page.locator("section.stepper")
    for k in (2, 9, len(run[0].timeline) + 1):
        section.press("Home")
        for _ in range(k):
            section.press("ArrowRight")
        for number in ("2", "0", "1"):
            page.locator(".which").fill(number)
            assert page.locator(".count").text_content() == f"{k} / {len(run[0].timeline) + 2}"
            assert page.locator(".run").text_content() == f"Iteration {int(number) + 1} of 3"
            assert page.locator(".about").text_content() == f"loss = {format_number(run[int(number)].loss)}"
        page.locator(".which").fill("0")


def test_of_arrays_an_update_shows_before_and_after(visit: Visits) -> None:
    w = Tensor(np.array([[1.0, -2.0], [0.5, 4.0]]), label="w")
    run = Recording(w)
    for _ in range(2):
        w.grad = None
        loss = (w * w * np.array([1.0, 3.0])).sum()
        loss.backward()
        run.take(loss)
        w.data -= 0.125 * w.grad
    page = visit(viz.step(run).html())
    cells = "(all) => all.map((one) => [...one.querySelectorAll('i')].map((i) => i.title))"
    for number, iteration in enumerate(run):
        page.locator(".which").fill(str(number))
        page.locator("section.stepper").press("End")
        was, grad, now = page.locator(".formula .heat").evaluate_all(cells)
        (index,) = iteration.after
        held = (iteration.graph.data[index], iteration.graph.grads[index], iteration.after[index])
        assert [was, grad, now] == [list(map(format_number, np.ravel(x))) for x in held]
        assert "0.125" in str(page.locator(".formula").text_content())


def test_a_page_in_chinese_has_no_english(visit: Visits) -> None:
    told = ".phase, .sentence, .reason, .summary, .ledger :is(caption, th, td), .asks, .run, .held, mtext, label"
    known = {"loss", "tanh", "backward", "grad", "optimizer", "zero", "Adam", "lr", "betas", "eps"}
    for run in (trained(is_zeroed=False), optimised(OPTIMISERS["adam"])):
        page = visit(viz.step(run, lang="zh").html())
        page.locator(".which").fill("2")
        said = set()
        for _ in range(int(str(page.locator(".count").text_content()).split("/")[1])):
            page.locator("section.stepper").press("ArrowRight")
            said |= {
                word for text in page.locator(told).all_text_contents() for word in re.findall("[A-Za-z]{2,}", text)
            }
        assert said - known == set()


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_labels_are_text(visit: Visits, name: str) -> None:
    page = visit(viz.step(trained(is_zeroed=False, name=name)).html())
    walk_through(page)
    assert page.evaluate(FOREIGN) == CLEAN


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visits, scheme: str) -> None:
    for run in (trained(is_zeroed=False), optimised(OPTIMISERS["adam"])):
        page = visit(
            viz.step(run).html(), bypass_csp=True, color_scheme=scheme, viewport={"width": 400, "height": 800},
            reduced_motion="reduce",
        )  # fmt: skip
        page.add_script_tag(content=AXE)
        page.locator(".which").fill("2")
        assert serious(page) == []
        for _ in range(len(run[2].timeline)):
            page.locator("section.stepper").press("ArrowRight")
            if seen(page)["kind"] == "seed":
                assert serious(page) == []
        assert serious(page) == []
        page.locator("section.stepper").press("End")
        assert serious(page) == []


def test_without_scripts_every_step_is_listed(visit: Visits) -> None:
    run = trained()
    page = visit(viz.step(run).html(), java_script_enabled=False)
    assert page.locator("details").count() == 3
    assert page.locator("details li").count() == sum(len(each.timeline) + 1 + len(each.after) for each in run)
    page.locator("summary").first.click()
    assert page.get_by_text("w ← 0.5 − 0.1 · ").is_visible()


def test_in_print_every_step_is_listed(visit: Visits) -> None:
    page = visit(viz.step(trained()).html())
    page.emulate_media(media="print")
    assert page.locator("details li").first.is_visible()
    assert page.locator("details li").last.is_visible()
    assert not page.locator("section.stepper").is_visible()
