"""Whatever is given to anything public in viz, by whatever argument, does what it says, or is refused by name."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import demo

import autograd
import viz
import viz.picture.dot
import viz.picture.render
from viz.page.document import Document

HOSTILE: dict[str, Any] = {
    "None": None,
    "True": True,
    "np.False_": np.False_,
    "0": 0,
    "3": 3,
    "-1": -1,
    "np.int8": np.int8(3),
    "2.5": 2.5,
    "3.0": 3.0,
    "nan": math.nan,
    "inf": math.inf,
    "Fraction": Fraction(1, 3),
    "1j": 1j,
    "array": np.array([1.0, 2.0]),
    "array of an int": np.array(3),
    "text": "3",
    "LR": "LR",
    "svg": "svg",
    "a name": "f.gv",
    "a path": Path("f.gv"),
    "bytes": b"ab",
    "[]": [],
    "[LR]": ["LR"],
    "(3,)": (3,),
    "dict": {"a": 1},
    "object": object(),
    "a function": len,
}

FLAGS = {"True", "np.False_"}
INTS = {"3", "np.int8", "array of an int"}
TEXTS = {"text", "LR", "svg", "a name"}
PATHS = TEXTS | {"a path"}

#: What each argument takes; all else it refuses.
TAKES: dict[str, set[str]] = {
    "draw.rankdir": {"LR"},
    "draw.grads": FLAGS,
    "draw.slopes": FLAGS,
    "draw.limit": INTS | {"None"},
    "draw.format": {"svg"},
    "Picture.svg.force": FLAGS,
    "Picture.png.force": FLAGS,
    "Picture.save.filename": PATHS | {"None"},
    "Picture.save.directory": PATHS | {"None"},
    "Picture.save.skip_existing": FLAGS | {"None"},
    "Stepper.save.path": PATHS - {"a name", "a path"},
    "Worksheet.save.path": PATHS - {"a name", "a path"},
    "step.hide": {"None"},
    "Compared.save.path": PATHS - {"a name", "a path"},
    "Training.save.path": PATHS - {"a name", "a path"},
    "compare.lang": {"None"},
    "step.lang": {"None"},
    "render.source": TEXTS,
    "render.format": {"svg"},
    "render.timeout": {"3", "2.5", "3.0", "Fraction", "np.int8", "None"},
}

GOOD: dict[str, Callable[[], tuple[Callable[..., Any], dict[str, Any]]]] = {
    "draw": lambda: (lambda **settings: viz.draw(demo(), **settings), {}),
    "Picture.svg": lambda: (viz.draw(demo()).svg, {}),
    "Picture.png": lambda: (viz.draw(demo()).png, {}),
    "Picture.save": lambda: (viz.draw(demo()).save, {}),
    "Stepper.save": lambda: (viz.step(demo()).save, {}),
    "Worksheet.save": lambda: (viz.step(demo(), hide="grads").save, {}),
    "Compared.save": lambda: (viz.compare(demo(), demo()).save, {}),
    "Training.save": lambda: (viz.step(training()).save, {}),
    "compare": lambda: (lambda **settings: viz.compare(demo(), demo(), **settings), {}),
    "step": lambda: (lambda **settings: viz.step(demo(), **settings), {}),
    "render": lambda: (viz.render, {"source": "digraph {}", "format": "svg"}),
}


def training() -> autograd.Recording:
    """One iteration."""
    loss = demo()
    run = autograd.Recording([loss])
    run.take(loss)
    return run


#: What says itself what it expects: nodes; and what graphviz has.
OTHERS = {"draw.output_or_graph", "step.what", "step.until", "Stepper.timeline"}
OTHERS |= {"Stepper.what_if.values", "Stepper.what_if.named", "compare.a", "compare.b", "compare.titles"}
INHERITED = {"render", "pipe"}


def arguments() -> Iterator[str]:
    """Every argument of everything public: of functions, constructors and methods."""
    for name in viz.__all__:
        public = getattr(viz, name)
        if not isinstance(public, type):
            yield from (f"{name}.{argument}" for argument in inspect.signature(public).parameters)
            continue
        if name == "Stepper":
            yield "Stepper.timeline"
        inherited = vars(Document) if issubclass(public, Document) else {}
        for part, member in {**inherited, **vars(public)}.items():
            if inspect.isfunction(member) and not part.startswith("_") and part not in INHERITED:
                yield from (f"{name}.{part}.{x}" for x in inspect.signature(member).parameters if x != "self")


def test_the_list_is_of_what_is_public() -> None:
    assert set(arguments()) == TAKES.keys() | OTHERS


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("argument", TAKES)
def test_an_argument_is_taken_or_refused_by_name(
    argument: str, hostile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if not argument.startswith("render"):
        monkeypatch.setattr(viz.picture.dot, "render", lambda *_, **__: b"<svg/>")
    where, _, name = argument.rpartition(".")
    call, given = GOOD[where]()
    if hostile in TAKES[argument]:
        try:
            call(**given | {name: HOSTILE[hostile]})
        except viz.RenderError as error:  # of text that is no DOT, and where nothing renders
            assert argument.startswith("render"), error  # noqa: PT017
        return
    with pytest.raises((TypeError, ValueError)) as refused:
        call(**given | {name: HOSTILE[hostile]})
    assert str(refused.value).startswith(f"{where.removeprefix('Picture.')}: {name}: expected "), refused.value


@pytest.mark.parametrize("kind", ["svg", "png", "pdf", "PDF", "gif", "gv", "json"])
def test_a_page_is_not_saved_as_a_picture(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Stepper.save: path: expected a name in \.html or \.htm, got .*viz.draw"):
        viz.step(demo()).save(tmp_path / f"s.{kind}")
    assert not list(tmp_path.iterdir())
