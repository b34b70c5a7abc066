"""The stepper as HTML: what it says without scripts, what it holds, and that nothing in a label breaks out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import demo

import autograd
import viz
import viz.page.stepper
from autograd import Graph, Tensor, Value, steps
from viz.language.words import words
from viz.page.document import STEPPER, static
from viz.page.frames import finished, frames, roomy, width
from viz.page.lesson import literal

EN = words("en")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & \"' <!-- \u2028 ]]>"


class Outline(HTMLParser):
    """Tags, texts and scripts of a page, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def fragment(output: autograd.Node) -> str:
    return fragment_of(viz.step(output))


def fragment_of(stepper: viz.Stepper) -> str:
    return stepper._repr_mimebundle_()["text/html"]


def test_printing_gives_the_timeline() -> None:
    stepper = viz.step(demo())
    assert str(stepper) == str(steps(demo()))
    assert repr(stepper).startswith("Stepper(7 steps")
    assert stepper._repr_mimebundle_()["text/plain"] == str(stepper)
    assert set(stepper._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}


def test_without_scripts_every_step_can_be_read() -> None:
    outline = Outline(fragment(demo()))
    assert not outline.open
    told = [text.partition(". ")[2] for tag, text in outline.texts if re.match(r"\d+\. ", text)]
    assert told == ["x = −2, y = 5, z = −4", *(step.formula for step in steps(demo()))]
    assert outline.all("strong") == ["Start", "Forward", "Backward"]
    assert "add passes the gradient on unchanged, to both inputs" in outline.all("p")


def test_it_touches_no_live_node() -> None:
    f = demo()
    viz.step(f).html()
    assert not f.has_grad


def test_the_ledger_counts_contributions() -> None:
    a = Value(3.0)
    b = a + a
    ledgers = [frame.ledger for frame in frames(steps(b + b), 99, EN) if frame.ledger]
    assert ledgers == ["1st of 2: now 1", "2nd of 2: now 2", "1st of 2: now 2", "2nd of 2: now 4"]


def test_the_source_line_is_shown_where_it_was_traced() -> None:
    with autograd.tracing(), autograd.scope("a"), autograd.scope("b"):
        f = Value(2.0) * 3
    assert any("f = Value(2.0) * 3" in code for code in Outline(fragment(f)).all("code"))
    assert any(frame.source.startswith("a/b   test_stepper_page.py:") for frame in frames(steps(f), 99, EN))
    assert not Outline(fragment(demo())).all("code")


def test_forward_steps_note_the_local_slopes() -> None:
    sentences = [frame.sentence for frame in frames(steps(demo()), 99, EN) if frame.kind == "forward"]
    assert sentences == ["local slope by x: 1, local slope by y: 1", "local slope by q: −4, local slope by z: 3"]


def test_the_layout_has_room_for_the_widest_texts() -> None:
    x = Value(0.1, "x")
    timeline = steps(x * -123.456789 + x * 123.456789)
    done, wide = finished(timeline), roomy(finished(timeline), timeline)
    assert done.cards[0].grad == ("∂ 0",)
    assert wide.cards[0].grad == ("∂ −123.5",) or width(wide.cards[0].grad[0]) >= width("∂ 123.5")


@pytest.mark.parametrize("text", [HOSTILE, " ", "\\", "a = b = c", "日本\0\ud800"])
def test_nothing_breaks_out_of_a_label(text: str) -> None:
    page = viz.step(Value(1.0, text) * Value(2.0, text + "2") + Value(3.0, text)).html()
    outline = Outline(page)
    assert [tag for tag, _ in outline.tags].count("script") == 1
    assert [tag for tag, _ in outline.tags].count("img") == 0
    assert not any(name.startswith("on") for _, attributes in outline.tags for name in attributes)
    page.encode()


@settings(max_examples=25)
@given(st.text())
def test_any_label_gives_a_well_formed_page(text: str) -> None:
    stepper = viz.step(Value(1.0, text) * 2)
    outline = Outline(fragment_of(stepper))
    assert not outline.open
    (image,) = (attributes for tag, attributes in outline.tags if tag == "img")
    ElementTree.fromstring(unquote((image["src"] or "").partition(",")[2]))
    assert not Outline(stepper.html()).open


def test_the_page_loads_nothing_and_runs_only_its_own_script() -> None:
    page = viz.step(demo()).html()
    outline = Outline(page)
    (policy,) = (a["content"] for tag, a in outline.tags if a.get("http-equiv") == "Content-Security-Policy")
    code = base64.b64encode(hashlib.sha256(outline.all("script")[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{code}'" in (policy or "")
    assert "default-src 'none'" in (policy or "")
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert set(re.findall(r"\w+://[\w./]+", page)) == {"http://www.w3.org/2000/svg"}  # a name, which nothing loads


def test_the_script_has_no_line_comments_and_no_globals() -> None:
    """A notebook may put a script on one line."""
    for name in (*STEPPER, "stepper.css"):
        assert "//" not in static(name).replace("http://www.w3.org", "")
    script = Outline(fragment(demo())).all("script")[0]
    assert script.startswith('(function () {\n"use strict";')
    assert script.endswith("})();")


def test_the_same_computation_gives_the_same_output() -> None:
    assert fragment(demo()) == fragment(demo())


def test_saved_whole(tmp_path: Path) -> None:
    viz.step(demo()).save(tmp_path / "f.html")
    assert (tmp_path / "f.html").read_text(encoding="utf-8") == viz.step(demo()).html()
    with pytest.raises(OSError, match="nowhere"):
        viz.step(demo()).save(tmp_path / "nowhere" / "f.html")


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_the_steps_stay() -> None:
    outline = Outline(viz.step(demo()).html())
    assert "img" not in [tag for tag, _ in outline.tags]
    assert any("pip install graphviz-pure" in text for text in outline.all("em"))
    assert len([tag for tag, _ in outline.tags if tag == "details"]) == 6


def test_a_network_of_77_nodes_stays_small() -> None:
    values = [Value(0.5), Value(-1.0)]
    with autograd.tracing():
        for width in (2, 5, 1):
            values = [autograd.tanh(sum((Value(0.3 + i) * v for v in values), Value(0.1))) for i in range(width)]
        output = values[0] * 2.0 + 1.0
    assert len(Graph.of(output)) == 77
    assert len(fragment(output).encode()) < 150_000
    assert len(viz.step(output).html().encode()) < 150_000


def test_too_many_steps_are_not_shown_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viz.page.stepper, "LARGEST", 5)
    bundle = viz.step(demo())._repr_mimebundle_()
    assert bundle["text/plain"].startswith("7 steps: print() lists them")
    assert "<script>" not in bundle["text/html"]


def test_what_has_no_timeline_is_refused() -> None:
    with pytest.raises(autograd.ShapeError, match="one number"):
        viz.step(Tensor([1.0, 2.0]) * 2)
    x = Value(1.0)
    with pytest.raises(autograd.GraphError, match="one output"):
        viz.step(Graph.of(x + 1, x + 2))


def test_public_names() -> None:
    assert viz.__all__ == sorted(viz.__all__)
    assert all(hasattr(viz, name) for name in viz.__all__)


def test_literal_is_json_that_stays_inside_a_script() -> None:
    text = literal([HOSTILE])
    assert json.loads(text) == [HOSTILE]
    assert "<" not in text
    assert "\u2028" not in text


def test_half_of_a_pair_of_characters_can_be_written_wherever_it_stands() -> None:
    half = "x\ud800y"
    with autograd.tracing(), autograd.scope(half):
        scoped = Value(2.0) * 3.0
    with autograd.recorded() as run:
        made = Value(2.0) * 3.0
        raise ValueError(half)
    assert made.data == 6.0
    labelled = (Tensor([1.0, 2.0], label=half) * 2.0).sum()
    for what in (scoped, run, labelled, Value(2.0, half) * 3.0):
        assert viz.step(what).html().encode()
        assert fragment(what).encode() if isinstance(what, Value | Tensor) else True
