"""Pictures of graphs: what they show, with both renderers and without one, whatever the labels are."""

from __future__ import annotations

import base64
import functools
import re
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import demo

import autograd
import viz.picture.dot
from autograd import Graph, Tensor, Value
from viz import draw
from viz.model.view import lines, short_name, shorten, view
from viz.picture.dot import MANY, Picture
from viz.picture.render import RenderError, TooLargeError

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = 'a<b> & "q" \\N \\G | {p} </text><script>alert(1)</script> ]]> -- \n日本 \u202e\0\ud800'


def parts(picture: Picture) -> dict[str, list[tuple[str, str]]]:
    """By the id of the card, its texts as the SVG has them, each with its class."""
    root = ElementTree.fromstring(picture.svg())
    return {
        group.attrib["id"]: [(text.attrib["class"], text.text or "") for text in group.findall(f"{SVG}text")]
        for group in root.iter(f"{SVG}g")
        if "node" in group.attrib["class"]
    }


@pytest.mark.usefixtures("each_renderer")
class TestEachRenderer:
    def test_a_card_shows_operation_name_data_and_gradient(self) -> None:
        f = demo()
        f.backward()
        shown = parts(draw(f))
        assert shown["n0"] == [("name", "x"), ("data", "−2"), ("grad", "∂ −4")]
        assert shown["n2"] == [("op", "+"), ("name", "q"), ("data", "3"), ("grad", "∂ −4")]
        assert shown["n4"] == [("op", "×"), ("name", "f"), ("data", "−12"), ("grad", "∂ 1")]

    def test_a_large_png_has_no_side_that_programs_cannot_show(self) -> None:
        f = x = Value(1.0, "x")
        for _ in range(150):
            f = f + x
        png = draw(f).png()
        sides = [int.from_bytes(png[i : i + 4], "big") for i in (16, 20)]
        assert 16_000 < max(sides) <= 16_384

    def test_a_gradient_that_was_not_computed_is_a_dash(self) -> None:
        for texts in parts(draw(demo())).values():
            assert ("grad", "∂ –") in texts

    def test_texts_stay_inside_their_box_and_boxes_apart(self) -> None:
        f = autograd.tanh(demo() * 0.123456 + Value(1e-9, "a quite long name"))
        f.backward()
        boxes = []
        for group in ElementTree.fromstring(draw(f).svg()).iter(f"{SVG}g"):
            box = group.find(f"{SVG}rect[@class='box']")
            if box is None:
                continue
            left, top, width, height = (float(box.attrib[side]) for side in ("x", "y", "width", "height"))
            boxes.append((left, top, left + width, top + height))
            for text in group.findall(f"{SVG}text"):
                half = 0.5 * width_of(text)
                assert left < float(text.attrib["x"]) - half < float(text.attrib["x"]) + half < left + width
                assert top < float(text.attrib["y"]) - 6 < float(text.attrib["y"]) < top + height
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]

    def test_hostile_labels_are_shown_as_they_are(self) -> None:
        x = Value(2.0, label=HOSTILE)
        shown = parts(draw(x * Value(1, label=" ") * Value(3, label="\\")))
        assert ("name", short_name(HOSTILE)) in shown["n0"]
        assert ("name", "·") in shown["n1"]
        assert ("name", "\\") in shown["n3"]

    def test_a_layout_that_is_cut_short_shows_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = parts(draw(demo()))
        monkeypatch.setattr(viz.picture.dot, "MANY", 3)
        assert parts(draw(demo())) == whole

    def test_png(self) -> None:
        assert draw(demo()).png().startswith(b"\x89PNG")

    def test_the_methods_of_graphviz_work(self, tmp_path: Path) -> None:
        picture = draw(demo())
        assert b"<svg" in picture.pipe()
        assert Path(picture.render(tmp_path / "graph")).read_bytes().startswith(b"<?xml")

    @pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
    def test_it_runs_in_every_direction(self, rankdir: str) -> None:
        root = ElementTree.fromstring(draw(demo(), rankdir=rankdir).svg())
        places = {
            group.attrib["id"]: [float(group.find(f"{SVG}rect").attrib[side]) for side in "xy"]  # type: ignore[union-attr]
            for group in root.iter(f"{SVG}g")
            if "node" in group.attrib["class"]
        }
        axis = 0 if rankdir in ("LR", "RL") else 1
        first, last = places["n0"][axis], places["n4"][axis]
        assert first < last if rankdir in ("LR", "TB") else first > last

    @settings(max_examples=20)
    @given(st.lists(st.text(), min_size=2, max_size=2))
    def test_any_label_gives_a_picture(self, labels: list[str]) -> None:
        x, y = (Value(1.0, label) for label in labels)
        bundle = draw(x + y)._repr_mimebundle_()
        root = ElementTree.fromstring(bundle["image/svg+xml"])
        texts = {text.text for text in root.iter(f"{SVG}text")}
        assert {card.name for card in view(Graph.of(x + y)).cards} <= texts


def width_of(text: ElementTree.Element) -> float:
    """A text's width in points, as it is for Arial, within a few per cent."""
    narrow = sum(c in " .,ijl'|()[]ft" for c in text.text or "")
    return (len(text.text or "") * 0.58 - narrow * 0.28) * float(text.get("font-size", 11))


def test_the_bundle_has_svg_an_image_and_text() -> None:
    bundle = draw(demo())._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/html", "text/plain"}
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', bundle["text/html"])
    assert source is not None
    assert base64.b64decode(source[1]).decode() == bundle["image/svg+xml"]
    assert set(draw(demo())._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert "text/html" not in draw(demo())._repr_mimebundle_(exclude=["text/html"])


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_there_is_the_text_and_the_cure() -> None:
    picture = draw(demo())
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "q = x + y" in bundle["text/plain"]
    assert "pip install graphviz-pure" in bundle["text/plain"]
    with pytest.raises(RenderError, match="graphviz-pure"):
        picture.render("graph")


def test_it_is_a_digraph_and_its_source_is_dot() -> None:
    picture = draw(demo(), format="png")
    assert isinstance(picture, graphviz.Digraph)
    assert picture.format == "png"
    assert picture.source.count(" -> ") == 4
    assert picture.copy().source == picture.source


def test_of_many_cards_not_every_layout_is_sought() -> None:
    """A leaf that is used along a long chain takes half a minute otherwise."""
    x = Value(0.5)
    for _ in range(MANY - 1):
        x = -x
    limits = ["nslimit=1", "nslimit1=1"]
    assert [limit in draw(x).source for limit in limits] == [False, False]
    assert [limit in draw(-x).source for limit in limits] == [True, True]


def test_what_nobody_can_read_is_not_laid_out_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def render(source: str, format: str, *, timeout: float | None) -> bytes:
        asked.append((format, timeout))
        return b"<svg/>"

    monkeypatch.setattr(viz.picture.dot, "render", render)
    x = Value(0.5)
    for _ in range(4_999):
        x = -x
    picture = draw(x, limit=None)
    message = r"5,000 cards .* limit=300, or call (svg|png)\(force=True\)"
    for lay_out in (picture.svg, picture.png):
        with pytest.raises(RenderError, match=message):
            lay_out()
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert re.search(message, bundle["text/plain"])
    assert asked == []
    picture.svg(force=True)
    picture.png(force=True)
    assert asked == [("svg", None), ("png", None)]
    draw(x).svg()
    assert asked[2:] == [("svg", viz.picture.dot.TIMEOUT)]


HUB = Value(1.0)
CROWDED = {
    "constants": autograd.sum_of([HUB] + [1.0] * 5_000),
    "inputs": autograd.sum_of([HUB * 2 for _ in range(3_000)]),
    "one input, often": autograd.sum_of([HUB] * 4_000),
    "layers": functools.reduce(lambda xs, _: [autograd.sum_of(xs) for _ in xs], range(5), [HUB] * 30)[0],
    "a chain": functools.reduce(lambda x, _: -x, range(3_000), HUB),
}


@pytest.mark.parametrize("crowd", CROWDED)
def test_the_limit_that_a_refusal_names_gives_a_picture(crowd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards are counted alike, be they nodes or constants; edges too."""
    monkeypatch.setattr(viz.picture.dot, "render", lambda *_, **__: b"<svg/>")
    monkeypatch.setattr(viz.picture.dot, "LARGEST", {"cards": 2_000, "edges": 1_000})
    graph = Graph.of(CROWDED[crowd])
    with pytest.raises(RenderError, match=r"[\d,]+ (cards|edges) .*limit=\d+, or call svg\(force=True\)") as refused:
        draw(graph, limit=None).svg()
    limit = re.search(r"limit=(\d+)", str(refused.value))
    assert limit is not None
    part = draw(graph, limit=int(limit[1]))
    part.svg()
    nodes = [card for card in part.shown.cards if card.kind != "fold"]
    assert len(nodes) == int(limit[1])


def test_what_has_found_no_layout_is_drawn_in_part_or_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, timeout: float | None, **__: object) -> bytes:
        if timeout is None:
            return b"<svg/>"
        raise TooLargeError("dot found no layout within 30 s", "pass a longer timeout")

    monkeypatch.setattr(viz.picture.dot, "render", slow)
    picture = draw(demo())
    message = r"^dot found no layout within 30 s: draw a part with limit=2, or call svg\(force=True\)$"
    with pytest.raises(RenderError, match=message):
        picture.svg()
    assert picture.svg(force=True)


def test_many_edges_are_straight() -> None:
    """To bend each around the cards takes minutes."""
    few, many = (draw(autograd.sum_of([Value(1.0)] * n)).source for n in (400, 401))
    assert ["splines=line" in few, "splines=line" in many] == [False, True]


def test_a_repeated_input_has_two_edges_in_order() -> None:
    a = Value(3.0)
    source = draw(a + a).source
    assert "n0:e -> n1:i0:w" in source
    assert "n0:e -> n1:i1:w" in source


@pytest.mark.parametrize(
    "labels",
    [
        ["A" * 30, "A" * 29, "A" * 28],
        ["a b", "a\u200bb", "a\nb", "a b (2)"],
        ["\0", "\1", "·"],
        ["A" * 23 + "…", "A" * 24 + "B", "A" * 24 + "C"],
    ],
)
def test_nodes_of_different_names_are_told_apart(labels: list[str]) -> None:
    """So are they after what is too long or cannot be seen is left out."""
    for order in (labels, labels[::-1]):
        shown = draw(autograd.sum_of([Value(1.0, label) for label in order])).shown
        names = [card.name for card in shown.cards]
        assert len(set(names)) == len(names) == len(labels) + 1
        assert max(map(len, names)) <= 24


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u200db", "a b"),
        ("\u200dx\u200d", "x"),
        ("e" + "\u0301" * 50, "e\u0301\u0301"),
        ("e\u0301\u0302 o\u0308", "e\u0301\u0302 o\u0308"),
        ("e\u0301" * 20, "e\u0301" * 11 + "…"),
        ("a" * 22 + "e\u0301" + "b", "a" * 22 + "…"),
    ],
)
def test_letters_stay_whole_and_on_their_line(label: str, shown: str) -> None:
    assert shorten(label) == shown


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("model.layers[0].neurons[1].w[2]", "…yers[0].neurons[1].w[2]"),
        ("e\u0301" * 20, "…" + "e\u0301" * 11),
        ("क्\u200dष" * 20, "…" + "क्\u200dष" * 5),
        ("w" * 24, "w" * 24),
    ],
)
def test_of_a_long_name_the_end_is_kept(label: str, shown: str) -> None:
    assert short_name(label) == shown
    assert draw(Value(1.0, label)).shown.cards[0].name == shown


@pytest.mark.usefixtures("each_renderer")
@pytest.mark.parametrize("letter", ["𝓦", "⟶", "語"])
def test_letters_of_any_font_have_room(letter: str) -> None:
    root = ElementTree.fromstring(draw(Value(1.0, letter * 24)).svg())
    (box,) = root.iter(f"{SVG}rect")
    assert float(box.attrib["width"]) > 24 * 11 * 1.3


def test_constants_are_boxes_of_their_own() -> None:
    x = Value(3.0)
    shown = view(Graph.of((x + 1) * (x - 1)))
    constants = [card for card in shown.cards if card.kind == "constant"]
    assert [card.data for card in constants] == [("1",), ("1",)]
    assert not any(card.grad for card in constants)
    assert len({card.id for card in shown.cards}) == len(shown.cards)


def test_the_branch_that_was_not_taken_is_dashed() -> None:
    x, y = Value(1.0), Value(2.0)
    edges = view(Graph.of(autograd.where(x.data > 0, x, y))).edges
    assert [edge.taken for edge in edges] == [True, True, False]
    assert draw(autograd.where(False, x, y)).source.count("dashed") == 1
    t = Tensor([1.0, -1.0])
    assert all(edge.taken for edge in view(Graph.of(autograd.where(t.data > 0, t, t * 2))).edges)


def test_tensors_show_shape_and_short_data() -> None:
    w, x = Tensor(np.eye(2), label="w"), Tensor([1.0, 2.0], requires_grad=False, label="x")
    big = Tensor(np.arange(100.0).reshape(10, 10))
    loss = (w @ x).sum() + big.sum(axis=0)[0]
    loss.backward()
    cards = {card.name: card for card in view(Graph.of(loss)).cards}
    assert (cards["w"].shape, cards["w"].data, cards["w"].grad) == ("2×2", ("[1, 0]", "[0, 1]"), ("∂ [1, 2]", "[1, 2]"))
    assert (cards["x"].kind, cards["x"].shape, cards["x"].grad) == ("fixed", "2 numbers", ())
    assert (cards["big"].data, cards["big"].grad) == (("0 to 99",), ("∂ 0 to 1",))
    assert [(card.op, card.details) for card in cards.values() if card.op == "Σ"] == [("Σ", ()), ("Σ", ("axis=0",))]
    assert "[0]" in {card.op for card in cards.values()}


def test_options() -> None:
    f = demo()
    f.backward()
    assert not any(card.grad for card in draw(f, grads=False).shown.cards)
    assert [edge.slope for edge in draw(f, slopes=True).shown.edges] == ["1", "1", "−4", "3"]
    with pytest.raises(ValueError, match="LR, TB, RL, BT"):
        draw(f, rankdir="sideways")
    with pytest.raises(ValueError, match="draw: limit: expected at least one"):
        draw(f, limit=0)
    with pytest.raises(autograd.GraphError, match="expected Values or Tensors"):
        draw(3)  # type: ignore[arg-type]


def test_variables_of_a_test_runner_name_nothing() -> None:
    variables = {"@py_assert1": (x := Value(1.0)), "y": (y := Value(2.0))}
    assert [node.name for node in Graph.of(x + y, names=variables)] == ["x1", "y", "f"]


def test_several_outputs_and_a_graph() -> None:
    x = Value(1.0)
    outputs = [x + 1, x * 2]
    assert [card.output for card in draw(outputs).shown.cards if card.op] == [True, True]
    assert draw(np.array(outputs)).shown == draw(outputs).shown  # type: ignore[arg-type]
    assert draw(Graph.of(x * 2)).shown.cards


def test_of_a_large_graph_the_nodes_near_the_output_are_shown() -> None:
    x = Value(0.5)
    for _ in range(2_500):
        x = x + 1
    shown = draw(x).shown
    kinds = [card.kind for card in shown.cards]
    assert kinds.count("inner") + kinds.count("constant") == 300
    assert shown.cards[-1].output
    assert kinds.count("fold") == 2  # before the last node, and for the constant of its user
    assert shown.note == "300 of 5,001 nodes and constants, those nearest to the output; limit=5001 shows all"
    assert draw(x, limit=None).shown.note == ""
    part = draw(x, limit=20)
    assert part.shown.note in "".join(ElementTree.fromstring(part.svg()).itertext())


def test_lines() -> None:
    assert lines(np.zeros((0, 3))) == ("empty",)
    assert lines(np.array([1.0, np.nan])) == ("[1, NaN]",)
    assert lines(np.full((2, 3, 4), 7.0)) == ("7 to 7",)
    assert lines(-12.0) == ("−12",)


def test_no_name_of_graphviz_is_taken() -> None:
    added = {"graph", "shown", "svg", "png"}
    assert not added & set(dir(graphviz.Digraph))
    assert callable(draw(demo()).view)


@pytest.mark.parametrize(
    ("name", "start"), [("f.svg", b"<svg"), ("f.PNG", b"\x89PNG"), ("f.gv", b"digraph"), ("f", b"digraph")]
)
def test_save_writes_what_the_name_says(name: str, start: bytes, tmp_path: Path) -> None:
    path = draw(Value(1.0) * 2).save(tmp_path / name)
    assert Path(path).read_bytes().startswith(start)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f.gv").write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        draw(Value(1.0) * 2).save("f.gv", tmp_path)
    assert (tmp_path / "f.gv").read_text() == "old"
    assert draw(Value(1.0) * 2).save("f.gv", tmp_path, skip_existing=True) == str(tmp_path / "f.gv")


@pytest.mark.parametrize(
    "kind", ["html", "htm", "gif", "webp", "eps", "ps", "tiff", "bmp", "svgz", "pdf", "JPG", "json"]
)
def test_save_refuses_what_it_cannot_write(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"save: filename: expected a name in \.svg or .*step"):
        draw(Value(1.0) * 2).save(tmp_path / f"f.{kind}")
    assert not list(tmp_path.iterdir())
