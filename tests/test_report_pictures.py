"""Pictures of what a check found: the wrong edge is marked, in colours, strokes and words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pytest

import autograd
from autograd import GraphError, Op, Tensor, check, elementwise
from autograd.check import Finding, Report
from viz import draw
from viz.model.marks import marked, numbers
from viz.model.view import NEARBY

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def doubled() -> Iterator[Op]:
    """An operation whose rule is wrong."""
    yield elementwise("doubled", lambda x: 2.0 * x, lambda y, x: 3.0, doc="doubles it, and says three", check=False)
    autograd.remove("doubled")


def groups(svg: str) -> dict[str, Element]:
    return {group.attrib["id"]: group for group in ElementTree.fromstring(svg).iter(f"{SVG}g")}


def texts(group: Element) -> list[str]:
    return [text.text or "" for text in group.iter(f"{SVG}text")]


@pytest.mark.usefixtures("each_renderer")
def test_a_wrong_edge_is_red_thick_and_labelled_and_its_node_outlined(doubled: Op) -> None:
    report = check.gradcheck(doubled, np.array([0.5, 0.25]))
    (node,) = {finding.node for finding in report.wrong}
    shown = groups(draw(report).svg())
    edge, card = shown[f"e{node}_0"], shown[f"n{node}"]
    (head, got, certified, more) = texts(edge)
    assert (head, more) == ("wrong at (0,)", "and 1 more")
    assert float(got.removeprefix("got ")) == pytest.approx(1.5 * float(certified.removeprefix("certified ")), 1e-3)
    assert edge.attrib["stroke"] == "#e5343d"
    assert edge.find(f"{SVG}path").attrib["stroke-width"] == "3.5"  # type: ignore[union-attr]
    assert str(report.wrong[0]) in "".join(title.text or "" for title in edge.iter(f"{SVG}title"))
    assert card.find(f"{SVG}rect").attrib["stroke-width"] == "3"  # type: ignore[union-attr]
    assert "wrong" in card.attrib["class"]
    assert all(
        "wrong" not in "".join(texts(group)) for id, group in shown.items() if id[0] == "e" and group is not edge
    )
    assert draw(report).png().startswith(b"\x89PNG")


def test_what_is_not_wrong_looks_otherwise_also_without_colour() -> None:
    report = check.gradcheck(autograd.relu, np.array([0.0, 1.0]))
    assert report.kinks
    edge = groups(draw(report).svg())["e1_0"]
    path = edge.find(f"{SVG}path")
    assert path is not None
    assert "stroke-dasharray" in path.attrib
    assert texts(edge)[0] == "kink at (0,)"


def test_a_right_function_has_its_usual_picture() -> None:
    report = check.gradcheck(np.sin, 0.5)
    assert draw(report).source == draw(report.graph, grads=False).source


def test_a_finding_about_a_node_is_in_its_card_and_one_about_no_node_below(doubled: Op) -> None:
    y = Tensor(1.0) * 2.0
    about_node = Finding(outcome="wrong", check="accumulation", message="got 3", node=1, got=3.0, expected="2.0")
    about_all = Finding(outcome="wrong", check="inputs unchanged", message="x was written <to>")
    picture = draw(Report((about_node, about_all), graph=autograd.Graph.of(y)))
    assert texts(groups(picture.svg())["n1"])[-3:] == ["wrong: accumulation", "got 3", "expected 2"]
    assert "x was written <to>" in "".join(ElementTree.fromstring(picture.svg()).itertext())


def test_in_a_notebook_the_text_is_that_of_the_report(doubled: Op) -> None:
    report = check.gradcheck(doubled, 0.5)
    bundle = draw(report)._repr_mimebundle_()
    assert bundle["text/plain"] == str(report)
    assert "got 3" in bundle["image/svg+xml"]


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_there_is_the_text(doubled: Op) -> None:
    report = check.gradcheck(doubled, 0.5)
    assert draw(report)._repr_mimebundle_()["text/plain"].startswith(str(report))


def chain(op: Any, x: Any, before: int, after: int) -> Any:
    for _ in range(before):
        x = x + 0.125
    x = op(x)
    for _ in range(after):
        x = x + 0.125
    return x


def test_of_a_large_graph_what_is_around_the_finding_is_shown(doubled: Op) -> None:
    report = check.gradcheck(lambda x: chain(doubled, x, 20_000, 20_000), 0.5)
    picture = draw(report)
    assert len(picture.shown.cards) < NEARBY
    assert [edge.mark.lines[0] for edge in picture.shown.edges if edge.mark] == ["wrong"]
    assert "those around what was found" in picture.shown.note
    assert "wrong" in picture.svg()


def test_a_node_with_many_users_fills_no_page(doubled: Op) -> None:
    report = check.gradcheck(lambda x: doubled(x) * np.ones(3) + sum(x * float(k) for k in range(1000)), np.ones(3))
    assert len(draw(report, limit=50).shown.cards) <= 2 * 50
    assert [edge.mark.outcome for edge in draw(report, limit=50).shown.edges if edge.mark] == ["wrong"]


def test_numbers_that_differ_are_shown_with_the_digits_in_which_they_do() -> None:
    finding = Finding(outcome="wrong", check="value", message="", got=1.00000001, expected="[1.0000 +/- 1e-20]")
    assert numbers(finding) == ("got 1.00000001", "expected 1")


def test_an_audit_marks_the_parameters_whose_gradient_is_wrong() -> None:
    def net(w: Any, b: Any, x: Any) -> Any:
        error = x @ w + b
        return np.sum(error**2), {"w": x.T @ error}

    rng = np.random.default_rng(0)
    report = check.audit(net, None, rng.normal(size=(3, 2)), np.ones(2), rng.normal(size=(4, 3)))
    graph, marks = marked(report)
    assert {graph.names[index]: mark.lines[0] for index, mark in marks.nodes.items()} == {
        "w": f"wrong: claimed gradient at {report.wrong[0].element}",
        "b": f"wrong: claimed gradient at {report.wrong[1].element}",
    }
    assert not marks.notes
    shown = groups(draw(report).svg())
    assert "wrong" in shown[f"n{graph.labels.index('w')}"].attrib["class"]


def test_a_report_without_a_graph_is_refused() -> None:
    with pytest.raises(GraphError, match="no graph to draw"):
        draw(Report())
    with pytest.raises(GraphError):
        marked(Report())


def test_drawing_waits_for_no_check() -> None:
    code = "import sys, viz; from autograd import Value; viz.draw(Value(1.0) * 2).source; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "autograd.check" not in loaded


@pytest.mark.usefixtures("each_renderer")
def test_what_a_rule_raised_stands_in_its_box() -> None:
    def unfinished(y: Any, x: Any) -> Any:
        raise RuntimeError("no slope <yet>:\nit is still to be written, as soon as anybody has the time to do so")

    op = elementwise("unfinished", np.tanh, unfinished, doc="raises")
    try:
        report = check.gradcheck(op, np.array([0.5, 0.25]))
    finally:
        autograd.remove("unfinished")
    shown = texts(groups(draw(report).svg())["n1"])
    assert shown[shown.index("wrong") + 1 :] == [
        "a rule raised RuntimeError: no slope",
        "<yet>: it is still to be written, as",
        "soon as anybody has the time to do so",
    ]
