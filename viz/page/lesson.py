"""What the page is given: the computation itself, its numbers, and how each node is written. No markup but formulas.

The page makes every step from this, so that it can show them an edge or a layer at a time, ask before it shows, and
compute with other numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from html import escape, unescape
from importlib.resources import files
from typing import Any

import numpy as np
from latex2mathml.converter import convert

from autograd import Constant, Graph, GraphError, Timeline, groups
from autograd.export import Form, written_names
from viz.language.words import LANGUAGES, words
from viz.model.view import printable, shape, told_apart

IN_FORMULAS = ("if", "otherwise", "with")  #: words that a formula has
MOST = 400  #: numbers of an array that a page is given; of a larger one, every so many


class Raw(str):
    """Text that is JavaScript already."""

    __slots__ = ()


def lesson(
    timeline: Timeline, made: Sequence[Form | None], lang: str | None, scripts: tuple[str, ...]
) -> dict[str, Any]:
    """All that the script of a stepper needs, beside the code of its forms."""
    graph = timeline.graph
    sentences = [node.op.doc if node.op else "" for node in graph]
    kinds = {form: sentence for form, sentence in zip(made, sentences, strict=True) if form is not None}
    said = list(dict.fromkeys(kinds.values()))
    ops = {form: node.op for form, node in zip(made, graph, strict=True) if form is not None and node.op}
    places = {form: k for k, form in enumerate(ops)}
    made_at = ["   ".join(filter(None, ("/".join(node.scope), node.source))) for node in graph]
    sources = list(dict.fromkeys(filter(None, made_at)))
    lines = {source: k for k, source in enumerate(sources)}
    is_scalar = all(isinstance(x, float | int) for x in graph.data) and None not in graph.slopes
    grouped_by = grouped(graph)
    told = [
        *IN_FORMULAS,
        timeline.reason,
        *(title for each in grouped_by.values() for title in each["titles"]),
        *map(shape, graph.data),
    ]
    events = timeline.events
    return {
        "names": [told_name(*shown) for shown in zip(shown_names(graph), graph.names, strict=True)],
        "forms": [
            [
                mathml(form.formula),
                [None if slope is None else mathml(slope) for slope in form.slopes],
                int(form.mixes),
                said.index(kinds[form]),
                list(dict.fromkeys(x.lower() for x in (op.name, op.operator, op.symbol) if x)),
            ]
            for form, op in ops.items()
        ],
        "nodes": [
            [
                -1 if form is None else places[form],
                [[number(x.data)] if isinstance(x, Constant) else x for x in node.inputs],
                int(node.requires_grad),
                lines.get(line, -1),
            ]
            for node, form, line in zip(graph, made, made_at, strict=True)
        ],
        "sources": sources,
        "values": list(map(number, graph.data)),
        "slopes": [None if slopes is None else list(slopes) for slopes in graph.slopes],
        "contributions": None if is_scalar else [number(event.contribution) for event in events],
        "seed": next((number(step.after) for step in timeline if step.kind == "seed"), None),
        "forward": sum(step.kind == "forward" for step in timeline),
        "totals": [[step.target, step.of] for step in timeline if step.kind == "backward" and step.nth == 1],
        "reason": words(lang).phrase(timeline.reason),
        "output": graph.outputs[0],
        "events": [x for event in events for x in (event.node, event.input)],
        "replays": is_scalar and can_replay(graph, made),
        "groups": {
            kind: {"of": each["of"], "titles": list(map(words(lang).phrase, each["titles"]))}
            for kind, each in grouped_by.items()
        },
        "updates": [],
        "runs": [],
        "differing": [],
        "words": spoken(said, lang, scripts, told),
    }


def spoken(
    sentences: Sequence[str], lang: str | None, scripts: tuple[str, ...], phrases: Iterable[str] = ()
) -> dict[str, Any]:
    """What these scripts say, in every language, the reader's own first; sentences by their places in the list.

    Phrases of the engine are found as they are, and as they are in the reader's own, in which a page is given them.

    >>> both = spoken([], "zh", ("stepper.js",), ["layer 1"])
    >>> list(both), both["en"]["phrases"]
    (['zh', 'en'], {'第 1 层': 'layer 1'})
    """
    own = words(lang)
    used = said_by(scripts)
    others = [words(other) for other in LANGUAGES if other != own.lang]
    return {
        each.lang: {
            "ordinals": each.ordinals,
            "texts": {key: text for key, text in each.texts.items() if key in used or key.startswith(("by_", "zoom_"))},
            "sentences": list(map(each.sentence, sentences)),
            "phrases": {key: its for x in phrases for key in (x, own.phrase(x)) if key != (its := each.phrase(x))},
        }
        for each in (own, *others)
    }


@cache
def said_by(scripts: tuple[str, ...]) -> frozenset[str]:
    """Everything in the scripts that may be the key of a text: each word that stands in quotes."""
    folder = files("viz.page").joinpath("static")
    return frozenset(
        re.findall(
            r"""(?<=["'`])\w+(?=["'`])""",
            " ".join(folder.joinpath(each).read_text(encoding="utf-8") for each in scripts),
        )
    )


def grouped(graph: Graph) -> dict[str, Any]:
    """Of each granularity there is, the group of every node, and what the groups are called; -1 is a node alone.

    >>> from autograd import Value
    >>> grouped(Graph.of(Value(2.0) * 3))
    {}
    """
    found = groups(graph)
    made: dict[str, Any] = {}
    for kind in ("neuron", "layer"):
        if not any(group.kind == kind for group in found):
            continue
        chosen = [group for group in found if group.kind in (kind, "loss")]
        of = [-1] * len(graph)
        for k, group in enumerate(chosen):
            for index in group.nodes:
                of[index] = k
        made[kind] = {"of": of, "titles": [group.title for group in chosen]}
    return made


def code(made: Sequence[Form | None]) -> Raw:
    """The functions of each form, as JavaScript: the value, and the slope by each input."""
    functions = []
    for form in dict.fromkeys(form for form in made if form is not None):
        if form.code is None:
            functions.append("null")
            continue
        xs = ",".join(f"x{k}" for k in range(len(form.slopes)))
        slopes = ("null" if text is None else f"(y,{xs})=>{text}" for text in form.code.slopes)
        functions.append(f"[({xs})=>{form.code.value},[{','.join(slopes)}]]")
    return Raw(f"[{','.join(functions)}]")


def can_replay(graph: Graph, made: Sequence[Form | None]) -> bool:
    """Whether the page can compute the graph with other numbers, and would take the same way through the code."""
    if graph.guards or graph.lost or any(form is not None and form.code is None for form in made):
        return False
    for node in graph:
        flows = [isinstance(x, int) and graph.equations[x].requires_grad for x in node.inputs]
        if node.slopes and any(to and slope is None for to, slope in zip(flows, node.slopes, strict=True)):
            return False  # what a where() left aside might be chosen
    leaves = [node for node in graph if node.is_leaf]
    try:
        with np.errstate(all="ignore"):  # of a NaN it was warned when the code ran
            graph.replay({leaf.name: leaf.data for leaf in leaves})
    except GraphError:
        return False
    return True


def number(x: Any) -> Any:
    """A number as it is; an array with its shape, its range, and its elements, of many every so many."""
    array = np.asarray(x)
    if array.ndim == 0:
        return array.item()
    shown = sampled(array)
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array.ravel()
    low, high = (finite.min().item(), finite.max().item()) if finite.size else (0.0, 0.0)
    numbers = shown.astype(float).ravel().tolist()  # in full: the page adds them up
    return {"s": array.shape, "t": shown.shape, "d": numbers, "lo": low, "hi": high}


def sampled(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """As two axes, and every so many of each where there are many: sums of samples are samples of sums.

    >>> sampled(np.zeros((3, 2, 2))).shape, sampled(np.zeros((1000, 1000))).shape
    ((6, 2), (20, 20))
    """
    if not array.size:
        return np.zeros((1, 0))
    flat = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    side = int(MOST**0.5)
    rows, columns = flat.shape
    if flat.size <= MOST:
        return flat
    wide = side if rows >= side else MOST // rows
    tall = MOST // min(columns, wide)
    return flat[:: -(-rows // tall) or 1, :: -(-columns // wide) or 1]


def shown_names(graph: Graph) -> Iterable[tuple[str, bool]]:
    """Names as cards show them, and whether each must be in parentheses inside of a formula."""
    shown = told_apart(graph.names)
    return written_names([shown[name] for name in graph.names])


def told_name(shown: tuple[str, bool], whole: str) -> list[Any]:
    """A name, how it is set, whether it must be in parentheses, and the whole where it is cut.

    >>> told_name(("b", False), "b"), told_name(("…z", False), "x.y.z")
    (['b', '<mi>b</mi>'], ['…z', '<mi>…z</mi>', 0, 'x.y.z'])
    """
    name, is_loose = shown
    more = [int(is_loose), printable(whole)] if "…" in name and name != whole else [1] if is_loose else []
    return [name, name_math(name), *more]


def name_math(name: str) -> str:
    """A name as MathML: w1 has an index.

    >>> name_math("w1"), name_math("a<b")
    ('<msub><mi>w</mi><mn>1</mn></msub>', '<mi>a&lt;b</mi>')
    """
    plain = escape(printable(name))
    if found := re.fullmatch(r"([^\W\d_]+)(\d+)", plain):
        return f"<msub><mi>{found[1]}</mi><mn>{found[2]}</mn></msub>"
    return f"<mi>{plain}</mi>"


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    r"""LaTeX as MathML, without the element around it; what cannot be read is shown as it is.

    >>> mathml(r"\frac{1}{2}")
    '<mfrac><mn>1</mn><mn>2</mn></mfrac>'
    >>> mathml(r"\operatorname{cross\_entropy}"), mathml(r"\operatorname{sum}")
    ('<mi>cross_entropy</mi>', '<mi>sum</mi>')
    """
    try:
        found = convert(latex)
    except Exception:  # of a name of a person's own operation, say
        return f"<mtext>{escape(printable(latex))}</mtext>"
    inner = re.sub(r"^<math[^>]*>|</math>$", "", found)
    inner = re.sub(r' (?:stretchy|form|columnalign|accent)="[^"]*"', "", inner)
    inner = re.sub(r"&#x0*([0-9A-Fa-f]+);", lambda c: c[0] if chr(int(c[1], 16)) in '<>&"' else unescape(c[0]), inner)
    inner = re.sub(r"<mo />(<mrow>(?:<m[ino]>[^<&\ue000-\uf8ff]</m[ino]>)+</mrow>)", joined, inner)  # a function's name
    inner = re.sub(r"<mo>(\w{2,})</mo>", r"<mi>\1</mi>", inner)  # so: it has no more room than sin
    inner = re.sub(r'(?:<mi mathvariant="normal">[^<&\ue000-\uf8ff]</mi>){2,}', joined, inner)
    inner = inner.removeprefix("<mrow>").removesuffix("</mrow>")  # what it stands in is a row already
    while (single := re.sub(r"<mrow>(<(m[a-z]+)>[^<]*</\2>)</mrow>", r"\1", inner)) != inner:
        inner = single
    return inner


def joined(letters: re.Match[str]) -> str:
    return f"<mi>{''.join(re.findall('>(.)<', letters[0]))}</mi>"


def literal(value: object) -> str:
    r"""A value as JavaScript that can stand inside a script element, whatever its texts are.

    >>> literal("</script>"), literal("half of a pair: \ud800")
    ('"\\u003c/script>"', '"half of a pair: �"')
    """
    if isinstance(value, Raw):
        return value
    if isinstance(value, list) and value and isinstance(value[0], Raw):
        return f"[{','.join(value)}]"
    text = re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return text.replace("<", r"\u003c").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
