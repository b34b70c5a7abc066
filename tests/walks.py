"""What the browser showed at each step of a walk, beside what the engine says of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert

from autograd import Step, Timeline, format_number, ordinal


def shown(x: float) -> str:
    """A number as formulas have it: 3e−09 is 3·10^{−9}."""
    return shown_as(format_number(x))


def shown_as(text: str) -> str:
    digits, _, power = text.partition("e")
    return f"{digits}·10^{{{format_number(int(power.replace('−', '-')))}}}" if power else digits


def loose(x: float) -> str:
    """The same behind an operator."""
    text = shown(x)
    return f"({text})" if text.startswith("−") or "·" in text else text


def linear(element: ElementTree.Element) -> str:
    """MathML in one line."""
    inside = [element.text or "", *(linear(child) + (child.tail or "") for child in element)]
    tag = element.tag.rpartition("}")[2]
    if tag == "mfrac":
        return f"{{{inside[1]}}}/{{{inside[2]}}}"
    if tag == "msubsup":
        return f"{inside[1]}_{{{inside[2]}}}^{{{inside[3]}}}"
    if tag in ("msup", "msub"):
        return f"{inside[1]}{'^' if tag == 'msup' else '_'}{{{inside[2]}}}"
    return "".join(inside)


def typeset(latex: str) -> str:
    """LaTeX of the engine as the browser's text of it."""
    text = re.sub(r"\s", "", linear(ElementTree.fromstring(convert(latex))))
    return text.replace("⋅", "·").replace("-", "−")


def check_forward(step: Step, lines: list[str]) -> None:
    value = shown(step.after)
    assert lines[-1] == f"={value}"
    whole = typeset(step.latex)
    assert "".join(lines) in (whole, f"{whole}={value}"), (lines, whole)


def check_backward(timeline: Timeline, step: Step, lines: list[str], before: float, after: float) -> None:
    assert step.target is not None
    f, q, x = (latex_of(timeline, i) for i in (timeline.graph.outputs[0], step.node, step.target))
    assert lines == [
        f"{{∂{f}}}/{{∂{x}}}+={{∂{f}}}/{{∂{q}}}·{{∂{q}}}/{{∂{x}}}{which(timeline, step)}",
        f"={shown(step.upstream)}·{loose(step.local)}",
        f"{shown(before)}+{loose_sum(step.contribution)}={shown(after)}",
    ]


def which(timeline: Timeline, step: Step) -> str:
    """What a local derivative says of itself, where another thing has the same symbol."""
    places = [k for k, x in enumerate(timeline.graph[step.node].inputs) if x == step.target]
    if len(places) > 1:
        assert step.input is not None
        return f"|_{{{ordinal(places.index(step.input) + 1)}of{len(places)}}}"
    return "|_{local}" if step.node == timeline.graph.outputs[0] and (step.of or 0) > 1 else ""


def loose_sum(x: float) -> str:
    return f"({shown(x)})" if shown(x).startswith("−") else shown(x)


def latex_of(timeline: Timeline, index: int) -> str:
    name = timeline.graph.names[index]
    found = re.fullmatch(r"([^\W\d_]+)(\d+)", name)
    return f"{found[1]}_{{{found[2]}}}" if found else name


def check_walk(timeline: Timeline, walk: Any, left: Mapping[int, float] | None = None, more: int = 0) -> None:
    """What was seen at the start and after each step, beside the timeline.

    ``left`` is what was in gradients before, and ``more`` steps come behind.
    """
    left = left or {}
    totals = dict(left)
    graph = timeline.graph
    assert [one["count"] for one in walk] == [f"{k} / {len(timeline) + more}" for k in range(len(timeline) + 1)]
    data = {i: format_number(graph.data[i]) if node.op is None else "–" for i, node in enumerate(graph)}
    known = {i: "∂ –" for i, node in enumerate(graph) if node.requires_grad}
    grads = known | {i: f"∂ {format_number(x)}" for i, x in left.items()}
    paid: dict[int, list[tuple[str, str]]] = defaultdict(list)
    check_cards(walk[0], data, grads)
    for step, one in zip(timeline, walk[1:], strict=True):
        assert one["kind"] == step.kind
        if step.kind == "forward":
            data[step.node] = format_number(step.after)
            check_forward(step, one["lines"])
            assert one["now"] == [f"n{step.node}"]
        elif step.kind == "seed":
            grads[step.node] = "∂ 1"
            assert one["lines"][0].endswith("=1")
        else:
            assert step.target is not None
            before = totals.get(step.target, 0)
            after = totals[step.target] = before + step.contribution if step.target in totals else step.contribution
            assert left or format_number(after) == format_number(step.after)
            grads[step.target] = f"∂ {format_number(after)}"
            check_backward(timeline, step, one["lines"], before, after)
            assert one["sentence"].startswith(step.sentence)
            assert one["lit"] == [f"e{step.node}_{step.input}"]
            assert one["pills"] == [format_number(step.contribution)]
            paid[step.target].append((format_number(step.contribution), format_number(after)))
            check_ledger(step, paid[step.target], one["ledger"], left.get(step.target))
        check_cards(one, data, grads)
    totals_there = {i: x for i, x in enumerate(timeline.gradients) if i in grads and i not in left}
    assert {i: grads[i] for i in totals_there} == {
        i: f"∂ {'–' if x is None else format_number(x)}" for i, x in totals_there.items()
    }


def check_cards(one: Any, data: dict[int, str], grads: dict[int, str]) -> None:
    assert one["cards"] == {str(i): [[data[i]], [grads[i]] if i in grads else []] for i in data}


def check_ledger(step: Step, paid: list[tuple[str, str]], rows: list[list[str]], left: float | None) -> None:
    assert step.of is not None
    if left is not None:
        first, *rows = rows
        assert first == ["stale", "✓", "", "left over from before", format_number(left), format_number(left)]
    assert len(rows) == (min(step.of, 12) if step.of > 1 or left is not None else 0)
    for k, row in enumerate(rows):
        state = "arrived" if k < len(paid) - 1 else "now" if k == len(paid) - 1 else "waiting"
        assert row[0] == state
        assert tuple(row[-2:]) == (paid[k] if k < len(paid) else ("–", "–"))
