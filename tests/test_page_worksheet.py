"""A worksheet: what is right in any notation, what is wrong and why, on the page and on paper, and no answer before."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Visits
from samples import demo, shared
from test_page_access import AXE, serious

import autograd
import viz
from autograd import Graph, Tensor, Value, format_number, steps


@pytest.fixture(autouse=True)
def silent(visit: Visits) -> Any:
    yield
    assert visit.complaints == []


def thrice() -> Value:
    """The output (a·b + a·c) + a·d, whose a is paid to by three paths: 2, −5 and 11."""
    a, b, c, d = Value(3.0, "a"), Value(2.0, "b"), Value(-5.0, "c"), Value(11.0, "d")
    p, q, r = a * b, a * c, a * d
    p.label, q.label, r.label = "p", "q", "r"
    f = p + q + r
    f.label = "f"
    return f


def scaled(k: float) -> Value:
    """The output k · x, so that ∂f/∂x is k."""
    f = Value(1.0, "x") * k
    f.label = "f"
    return f


def neuron() -> Value:
    w, x, b = Value(0.5, "w"), Value(-1.5, "x"), Value(0.25, "b")
    return autograd.tanh(w * x + b)


def sheet(visit: Visits, output: Value, hide: Any = "grads", *, lang: str | None = "en", **options: Any) -> Any:
    page = visit(viz.step(output, hide=hide, lang=lang).html(), **options)
    page.set_default_timeout(5000)
    return page


def field(page: Any, what: str) -> Any:
    return page.get_by_role("textbox", name=what, exact=True)


def answer(page: Any, what: str, text: str) -> str:
    """What is said of a number that is filled in."""
    field(page, what).fill(text)
    field(page, what).press("Enter")
    return str(page.locator(".task", has=field(page, what)).locator("output").text_content())


def lit(page: Any) -> set[str]:
    return {str(one.get_attribute("id")) for one in page.locator(".missing").all()}


def edge(output: Value, node: str, slot: int) -> str:
    return f"e{Graph.of(output).names.index(node)}_{slot}"


def score(page: Any) -> str:
    return str(page.locator(".score").text_content())


def card(page: Any, output: Value | Graph, node: str) -> list[str]:
    graph = output if isinstance(output, Graph) else Graph.of(output)
    index = graph.names.index(node)
    texts = page.locator(f'.picture [id="n{index}"]').locator(".data, .grad").all_text_contents()
    return [str(text) for text in texts]


@pytest.mark.parametrize(
    ("leaf", "texts"),
    [
        (1 / 3, ["1/3", "0.3333", ".3333", "0,3333", " 1 / 3 ", "33.33e-2", "１／３", "+0.333"]),
        (-0.5, ["-0.5", "−0.5", "–0.5", "-.5", "-1/2", "-5e-1", "-0,5", "－０．５", "-0。5"]),
        (2e-3, ["2e-3", "0.002", "2·10^-3", "2*10^(-3)", "2×10⁻³", "1/500"]),
        (0.125, ["0,125", "0.125", "1/8"]),
        (1200.0, ["1200", "1,200", "1.2e3", "1,200.0"]),
        (0.0, ["0", "-0", "0.0", "0/3"]),
        (float("inf"), ["∞", "inf", "Infinity", "1/0"]),
        (float("nan"), ["NaN", "nan"]),
    ],
)
def test_a_right_number_is_right_in_any_notation(visit: Visits, leaf: float, texts: list[str]) -> None:
    page = sheet(visit, scaled(leaf), ["x"])
    for text in texts:
        assert answer(page, "∂f/∂x", text) == "✓", text
        assert score(page) == "1 of 1 right"
        page.reload()


@pytest.mark.parametrize("leaf", [float("inf"), float("nan"), 0.0, 1e-5])
@pytest.mark.parametrize("text", ["5", "abc", "1/2/3", "-1"])
def test_and_another_is_not(visit: Visits, leaf: float, text: str) -> None:
    page = sheet(visit, scaled(leaf), ["x"])
    said = answer(page, "∂f/∂x", text)
    assert said != "✓"
    assert said.startswith("A number, please") == (text in ("abc", "1/2/3"))
    assert score(page) == "0 of 1 right"


@pytest.mark.parametrize("hide", ["values", "grads", ["values", "grads"]])
@pytest.mark.parametrize("make", [demo, shared, thrice, neuron])
def test_its_solution_is_all_right(visit: Visits, make: Any, hide: Any) -> None:
    made = viz.step(make(), hide=hide, lang="en")
    page = visit(made.html())
    answers = [line.rsplit(" = ", 1) for line in made.solution().splitlines()]
    for what, text in answers:
        field(page, what).fill(text)
    page.get_by_role("button", name="Check").click()
    assert score(page) == f"{len(answers)} of {len(answers)} right"
    assert page.locator(".task.right").count() == len(answers)
    assert lit(page) == set()
    timeline = steps(make())
    for name, value, gradient in zip(timeline.graph.names, timeline.graph.data, timeline.gradients, strict=True):
        grad = format_number(gradient) if hide != "values" else "–"
        assert card(page, timeline.graph, name) == [format_number(value), f"∂ {grad}"]


# What a wrong gradient comes from, and the edges that are lit for it, by the node that pays and its input.
MISTAKES = [
    (shared, "∂f/∂b", "-6", "The sign is wrong.", [("p", 1)]),
    (shared, "∂f/∂b", "2", "multiply by the local slope ∂p/∂b", [("p", 1)]),
    (shared, "∂f/∂b", "3", "multiply by what arrives at p", [("p", 1)]),
    (shared, "∂f/∂b", "-10", "That is the contribution to a.", [("p", 1)]),
    (shared, "∂f/∂b", "77", "Not that number.", []),
    (shared, "∂f/∂a", "3", "The sign is wrong.", None),
    (shared, "∂f/∂a", "-10", "= for +=: 7 was there already.", None),
    (shared, "∂f/∂a", "7", "The path through p is missing.", [("p", 0)]),
    (shared, "∂f/∂a", "9", "multiply by the local slope ∂p/∂a", [("p", 0)]),
    (shared, "∂f/∂a", "2", "multiply by what arrives at p", [("p", 0)]),
    (shared, "∂f/∂a", "13", "That is the contribution to b.", [("p", 0)]),
    (thrice, "∂f/∂a", "11", "That is only what comes by r", [("p", 0), ("q", 0)]),
    (thrice, "∂f/∂a", "2", "= for +=: 6 was there already.", [("q", 0), ("r", 0)]),
    (thrice, "∂f/∂a", "-3", "The path through r is missing.", [("r", 0)]),
    (thrice, "∂f/∂a", "13", "The path through q is missing.", [("q", 0)]),
]


@pytest.mark.parametrize(("make", "what", "text", "said", "edges"), MISTAKES)
def test_each_mistake_is_recognised_and_what_is_missing_lit(
    visit: Visits, make: Any, what: str, text: str, said: str, edges: list[tuple[str, int]] | None
) -> None:
    page = sheet(visit, make())
    assert said in answer(page, what, text)
    assert field(page, what).get_attribute("aria-invalid") == "true"
    found = lit(page)
    asked = f"n{Graph.of(make()).names.index(what.rsplit('∂', 1)[1])}"
    assert asked in found
    if edges is not None:
        assert {one for one in found if one[0] == "e"} == {edge(make(), *one) for one in edges}
        assert {one for one in found if one[0] == "n"} == {asked} | {
            f"n{Graph.of(make()).names.index(node)}" for node, _ in edges
        }
    right = dict(line.split(" = ") for line in viz.step(make(), hide="grads").solution().splitlines())[what]
    assert answer(page, what, right) == "✓"
    assert field(page, what).get_attribute("aria-invalid") == "false"
    assert lit(page) == set()


def test_one_number_used_twice_is_to_be_added_up(visit: Visits) -> None:
    s = Value(3.0, "s")
    f = s * s
    f.label = "f"
    page = sheet(visit, f)
    assert answer(page, "∂f/∂s", "3") == "= for +=: 3 was there already."
    assert answer(page, "∂f/∂s", "6") == "✓"


def test_a_value_with_the_wrong_sign(visit: Visits) -> None:
    page = sheet(visit, demo(), "values")
    assert answer(page, "q", "-3") == "The sign is wrong."
    assert answer(page, "f", "4") == "Not that number."


def test_what_follows_rightly_from_a_wrong_number_is_told(visit: Visits) -> None:
    page = sheet(visit, demo())
    field(page, "∂f/∂q").fill("5")
    assert answer(page, "∂f/∂x", "5") == "Right by your ∂f/∂q, but that is wrong."
    field(page, "∂f/∂x").focus()
    assert lit(page) == {f"n{Graph.of(demo()).names.index(name)}" for name in "xq"}
    assert score(page) == "0 of 4 right"


def test_a_wrong_answer_loses_nothing(visit: Visits) -> None:
    page = sheet(visit, demo())
    assert answer(page, "∂f/∂z", "3") == "✓"
    field(page, "∂f/∂y").fill("12")
    assert answer(page, "∂f/∂q", "4") == "The sign is wrong."
    assert field(page, "∂f/∂y").input_value() == "12"
    assert field(page, "∂f/∂q").input_value() == "4"
    assert field(page, "∂f/∂z").input_value() == "3"
    assert score(page) == "1 of 4 right"
    assert answer(page, "∂f/∂q", "-4") == "✓"
    assert answer(page, "∂f/∂y", "-4") == "✓"
    assert answer(page, "∂f/∂x", "-4") == "✓"
    assert score(page) == "4 of 4 right"


def test_what_is_missing_is_that_of_the_number_the_reader_is_at(visit: Visits) -> None:
    page = sheet(visit, shared())
    field(page, "∂f/∂a").fill("7")
    answer(page, "∂f/∂b", "-6")
    assert edge(shared(), "p", 1) in lit(page)
    field(page, "∂f/∂a").focus()
    assert edge(shared(), "p", 0) in lit(page)
    assert edge(shared(), "p", 1) not in lit(page)


def test_a_number_is_on_its_card_when_it_is_right(visit: Visits) -> None:
    page = sheet(visit, demo())
    assert card(page, demo(), "z") == ["−4", "∂ ?"]
    answer(page, "∂f/∂z", "4")
    assert card(page, demo(), "z") == ["−4", "∂ ?"]
    answer(page, "∂f/∂z", "3")
    assert card(page, demo(), "z") == ["−4", "∂ 3"]


def test_no_gradient_tells_a_value_that_is_asked_for(visit: Visits) -> None:
    """∂f/∂z is q."""
    for hide in ("values", ["q"], ["values", "x"]):
        page = sheet(visit, demo(), hide)
        assert card(page, demo(), "z") == ["−4", "∂ –"]
        made = viz.step(demo(), hide=hide)
        seen = made.html().partition("<details")[0]
        assert "∂ 3" not in seen


@pytest.mark.parametrize("hide", ["values", "grads"])
def test_the_solution_is_not_read_before_it_is_asked_for(visit: Visits, hide: str) -> None:
    page = sheet(visit, neuron(), hide)
    solution = [line.split(" = ")[1] for line in viz.step(neuron(), hide=hide).solution().splitlines()]
    text = page.locator("body").inner_text()
    tree = page.locator("body").aria_snapshot()
    assert not any(number in text or number in tree for number in solution)
    page.get_by_role("button", name="Solution").click()
    assert [str(x) for x in page.locator(".task output").all_text_contents()] == [f"= {number}" for number in solution]
    page.get_by_role("button", name="Check").click()
    assert score(page) == f"0 of {len(solution)} right"
    assert page.locator("input[readonly]").count() == len(solution)


def test_the_solution_leaves_what_was_right(visit: Visits) -> None:
    page = sheet(visit, demo())
    answer(page, "∂f/∂z", "3")
    answer(page, "∂f/∂q", "5")
    page.get_by_role("button", name="Solution").click()
    assert page.locator(".task output").all_text_contents() == ["✓", "= −4", "= −4", "= −4"]
    assert lit(page) == set()
    assert card(page, demo(), "q") == ["3", "∂ −4"]


def test_by_keys_alone(visit: Visits) -> None:
    page = sheet(visit, demo())
    picture = page.locator(".picture")
    picture.focus()
    for _ in range(3):
        page.keyboard.press("Tab")  # the zoom
    for text in ("3", "-4", "-4"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    assert score(page) == "3 of 4 right"
    page.keyboard.press("Tab")
    page.keyboard.type("4 ")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # check
    assert page.locator(".task.wrong").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the solution
    assert page.locator(".task.solved").count() == 1


@pytest.mark.parametrize("by_hand", [False, True])
def test_on_paper_are_blanks_and_the_solution_on_a_page_of_its_own(visit: Visits, by_hand: bool) -> None:
    made = viz.step(shared(), hide="grads", lang="en")
    page = visit((made.by_hand() if by_hand else made).html())
    page.emulate_media(media="print")
    assert not page.locator("section.stepper").is_visible()
    text = page.locator("body").inner_text()
    blanks, _, solved = text.partition("Solution")
    assert "Fill in each gradient." in blanks
    assert "____" in blanks
    assert "____" not in solved
    assert "∂f/∂b = 6" not in blanks
    assert ("∂f/∂p · ∂p/∂b =\t____________ · ____________ = ____________" in blanks) == by_hand
    assert ("∂f/∂b += ∂f/∂p · ∂p/∂b = 2 · 3 = 6" if by_hand else "∂f/∂b = 6") in solved
    assert "∂f/∂a = −3" in solved
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_all_in_its_language(visit: Visits, lang: str) -> None:
    output = shared()
    page = sheet(visit, output, ["values", "grads"], lang=lang)
    field(page, "p").fill("abc")
    answer(page, "∂f/∂a", "7")
    said = [page.locator("body").inner_text()]
    for name in ("title", "aria-label", "placeholder"):
        said += [str(one.get_attribute(name)) for one in page.locator(f"[{name}]:not(input)").all()]
    page.emulate_media(media="print")
    said.append(page.locator("body").inner_text())
    told = "\n".join(said)
    if lang == "zh":
        assert re.findall(r"[A-Za-z]{3,}", told) == []
    assert (re.search(r"[\u4e00-\u9fff]", told) is not None) == (lang == "zh")


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a+b",
    "\u202eabc",
    "😀",
    "a\0b",
    "</math>",
    "x" * 3000,
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_names(visit: Visits, label: str) -> None:
    x, y = Value(3.0, label), Value(4.0, "y")
    made = viz.step(x * y + x, hide=["values", "grads"], lang="en").by_hand()
    page = visit(made.html())
    assert page.locator(".task").count() == len(made.tasks)
    assert page.locator("img").count() == 0
    page.locator(".task input").first.fill("1")
    page.locator(".task input").first.press("Enter")
    assert score(page) == f"0 of {len(made.tasks)} right"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_label_that_is_an_expression_stands_in_parentheses(visit: Visits) -> None:
    q = Value(2.0, "x") + 1.0
    q.label = "a+b"
    f = q * 2.0
    f.label = "f"
    made = viz.step(f, hide=["a+b"], lang="en")
    assert "∂f/∂(a+b) = 2" in made.solution()
    page = visit(made.html())
    assert answer(page, "∂f/∂(a+b)", "2") == "✓"


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visits, scheme: str, width: int) -> None:
    page = sheet(
        visit,
        shared(),
        ["values", "grads"],
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
    )
    page.add_script_tag(content=AXE)
    found = {"start": serious(page)}
    for what, text in (("p", "-15"), ("f", "9"), ("∂f/∂a", "7"), ("∂f/∂b", "abc")):
        field(page, what).fill(text)
    page.get_by_role("button", name="Check").click()
    found["checked"] = serious(page)
    page.get_by_role("button", name="Solution").click()
    found["solved"] = serious(page)
    assert {place: all_ for place, all_ in found.items() if all_} == {}


def test_without_its_script_it_can_be_printed(visit: Visits) -> None:
    html = viz.step(demo(), hide="grads", lang="en").html()
    page = visit(html.partition("<script>")[0])
    assert "∂f/∂z" in page.locator("body").inner_text()
    assert not page.get_by_text("∂f/∂z = 3").is_visible()
    page.get_by_text("Solution").click()
    assert page.get_by_text("∂f/∂z = 3").is_visible()


def test_arrays_are_asked_for_by_their_scalars(visit: Visits) -> None:
    w, x = Tensor([[1.0, -2.0], [0.5, 0.25]], label="w"), Tensor([0.25, 3.0], label="x")
    output = (w @ x).sum()
    with pytest.raises(ValueError, match=r"viz\.step\(autograd\.Graph\.of\(output\)\.to_scalars\(\), hide=\.\.\.\)$"):
        viz.step(output, hide="grads")
    made = viz.step(autograd.Graph.of(output).to_scalars(), hide=["w[0, 1]", "x[0]"], lang="en").by_hand()
    page = visit(made.html())
    name = Graph.of(output).to_scalars().names[-1]
    assert answer(page, f"∂{name}/∂w[0, 1]", "3") == "✓"
    assert answer(page, f"∂{name}/∂x[0]", "1.5") == "✓"


def test_a_part_of_a_computation_is_no_worksheet() -> None:
    """Its gradients are not all there: a solution of it would be wrong."""
    with pytest.raises(ValueError, match="expected all steps of a computation, got the first 4 alone"):
        viz.step(steps(demo()).until("q"), hide="grads")
    failed = steps(demo(), until="q")
    with pytest.raises(ValueError, match="expected all steps"):
        viz.step(failed, hide="values")
