"""Whatever a label is, it is text: nothing is injected, nothing is complained about, in a page and in a part of one."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import Visits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import viz
from autograd import Value

HOSTILE = {
    "script": "</script><script>window.broken = 1</script>",
    "image": '"><img src=x onerror="window.broken = 1">',
    "tag": "<b>bold</b>",
    "svg": "<svg onload=window.broken=1></svg>",
    "cdata": "]]>",
    "comment": "<!-- <script>",
    "template": "${window.broken = 1}`",
    "backslashes": "\\\\u003c\\n\\",
    "quotes": "'\"`",
    "separators": "a\u2028b\u2029c",
    "nul": "a\0b\x07\x1b[31m",
    "surrogate": "x\ud800y",
    "right to left": "\u202eעברית\u202c العربية",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "place": "\ue000\ue010\uf8ff",
    "replacement": "$& $1 $` $'",
    "entity": "&lt;b&gt;&amp;",
    "long": "x" * 10_000,
    "long words": "ab cd " * 2_000,
    "latex": r"\frac{a}{b}_^{}$%#&~\unicode{x}",
    "braces": "{name} {nth} {{}}",
    "prototype": "__proto__",
}
#: What a page has that no label may add to: elements that load or run something, and attributes that do.
FOREIGN = """() => {
    const all = [];
    const walk = (root) => root.querySelectorAll("*").forEach((one) => {
        all.push(one);
        if (one.shadowRoot) walk(one.shadowRoot);
    });
    const foreign = ["b", "iframe", "object", "embed", "link", "foreignobject"];
    walk(document);
    return {
        broken: window.broken,
        tags: all.filter((e) => foreign.includes(e.localName)).length,
        scripts: all.filter((e) => e.localName === "script").length,
        images: all.filter((e) => e.localName === "img").length,
        handlers: all.flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith("on")).length,
    };
}"""
CLEAN = {"broken": None, "tags": 0, "scripts": 1, "images": 0, "handlers": 0}


def computation(name: str) -> Value:
    """The label on leaves, twice, and on what is computed and used twice."""
    x, y = Value(1.5, name), Value(-2.0, name)
    q = x * y
    q.label = name
    return q * q + x


def walk_through(page: Any) -> None:
    """Everything that writes a name: steps, questions, lists, other numbers."""
    page.evaluate(
        """() => {
            for (const host of document.querySelectorAll("[id^=stepgrad]")) {
                const root = host.shadowRoot;
                const next = root.querySelector("[data-go=next]");
                root.querySelector("[data-show=contributes]").click();
                while (!next.disabled) next.click();
                root.querySelector("[data-show=goes]").click();
                const by = root.querySelector(".by");
                by.value = "node";
                by.dispatchEvent(new Event("change", { bubbles: true }));
                root.querySelector(".predict").click();
                root.querySelector("[data-go=first]").click();
                while (!next.disabled) next.click();
                root.querySelector("[data-zoom=in]").click();
            }
        }"""
    )


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("part", [False, True], ids=["page", "fragment"])
def test_hostile_labels_are_text(visit: Visits, name: str, part: bool) -> None:
    stepper = viz.step(computation(name))
    html = stepper._repr_mimebundle_()["text/html"] if part else stepper.html()
    page = visit(f"<!DOCTYPE html><meta charset=utf-8>{html}" if part else html)
    assert page.locator("section.stepper").count() == 1
    walk_through(page)
    assert page.evaluate(FOREIGN) == CLEAN | {"images": int(part)}  # a page has its picture as an element


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
@example("<")
@example("\\u2028'")
def test_any_label_is_text(visit: Visits, name: str) -> None:
    page = visit(viz.step(computation(name)).html())
    walk_through(page)
    assert page.evaluate(FOREIGN) == CLEAN


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_without_scripts_too(visit: Visits, name: str) -> None:
    page = visit(viz.step(computation(name)).html(), java_script_enabled=False)
    assert page.locator("b, iframe, img, object").count() == 0
    assert page.locator("svg").count() == 1
    assert page.get_by_text("∂").count() > 0
    assert page.locator("details").count() > 1
