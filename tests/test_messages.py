"""Messages show what came, whatever it is: no error of a person's own `repr` comes out instead."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import AutogradError, DTypeError, Graph, GraphError, Tensor, Value, short_repr, tree
from autograd.export import to_json, to_mermaid


class Raising:
    """What says nothing of itself."""

    def __repr__(self) -> NoReturn:
        raise RuntimeError("no repr")

    __str__ = __repr__


class Odd(str):
    """A text that is not to be formatted, found or compared."""

    __slots__ = ()

    def __repr__(self) -> NoReturn:
        raise RuntimeError("no repr")

    __str__ = __format__ = __hash__ = __eq__ = __getitem__ = __repr__  # type: ignore[assignment]


class Telling:
    """What says of itself what formats itself."""

    def __repr__(self) -> str:
        return Odd("told")


def enter(scope: Any) -> None:
    with scope:
        pass


x, t = Value(2.0, label="x"), Tensor([1.0, 2.0], label="t")
graph = Graph.of(x * x)

WRONG: dict[str, Callable[[Any], Any]] = {
    "label": lambda wrong: Value(1.0, label=wrong),
    "label, set": lambda wrong: setattr(x, "label", wrong),
    "label of a Tensor": lambda wrong: Tensor(1.0, label=wrong),
    "requires_grad": lambda wrong: Value(1.0, requires_grad=wrong),
    "requires_grad of a Tensor": lambda wrong: Tensor(1.0, requires_grad=wrong),
    "dtype": lambda wrong: Tensor(1.0, dtype=wrong),
    "axis": lambda wrong: t.sum(axis=wrong),
    "keepdims": lambda wrong: t.sum(keepdims=wrong),
    "index": lambda wrong: t[wrong],
    "modulus": lambda wrong: pow(x, 2, wrong),
    "scope": lambda wrong: enter(autograd.scope(wrong)),
    "key": lambda wrong: graph[wrong],
    "replay": lambda wrong: graph.replay(wrong),
    "replay key": lambda wrong: graph.replay({wrong: 1.0}),
    "names": lambda wrong: Graph.of(x, names=wrong),
    "name": lambda wrong: Graph.of(x, names={wrong: x}),
    "register": lambda wrong: tree.register(wrong),
    "children": lambda wrong: tree.register(type("New", (), {}), wrong),
    "sizes": lambda wrong: nn.MLP(wrong),
    "size": lambda wrong: nn.Linear(wrong, 1),
    "init": lambda wrong: nn.Linear(1, 1, init=wrong),
    "bias": lambda wrong: nn.Linear(1, 1, bias=wrong),
    "rng": lambda wrong: nn.Linear(1, 1, rng=wrong),
    "weights' dtype": lambda wrong: nn.Linear(1, 1, dtype=wrong),
    "layer": lambda wrong: nn.Sequential([wrong]),
    "activation": lambda wrong: nn.MLP([1, 1], activation=wrong),
    "slope": lambda wrong: nn.LeakyReLU(wrong),
    "lr": lambda wrong: nn.SGD([x], lr=wrong),
    "format": lambda wrong: viz.draw(x, rankdir=wrong),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_has_no_repr_is_refused_as_anything_else(wrong: Callable[[Any], Any]) -> None:
    with pytest.raises((AutogradError, TypeError, ValueError)) as refusal:
        wrong(Raising())
    assert "no repr" not in str(refusal.value)


def test_a_short_repr_is_text_of_its_own() -> None:
    assert short_repr(Raising()) == "Raising"
    assert short_repr(10**9999) == "int"
    assert type(short_repr(Telling())) is str
    assert short_repr(Telling()) == "told"
    assert short_repr("a" * 100) == "'" + "a" * 59


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_label_is_plain_text(kind: Any) -> None:
    v = kind(2.0, label=Odd("v"))
    y = v * v
    y.label = Odd("y")
    assert type(v.label) is type(y.label) is str
    assert [node.name for node in Graph.of(y)] == ["v", "y"]
    assert "y = v²" in str(autograd.steps(y))
    with pytest.raises(DTypeError, match="data of "):
        v.data = "text"


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_an_empty_label_is_none(kind: Any) -> None:
    v = kind(2.0, label="")
    assert v.label is None
    v.label = "v"
    v.label = ""
    assert v.label is None
    assert Graph.of(v * v, names={}).replay({"x1": 3.0})["f"].data == 9.0


MESSAGES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: to_mermaid(x), GraphError, r"to_mermaid: expected a Graph, got Value: give it Graph\.of"),  # type: ignore[arg-type]
    (lambda: to_json(x), GraphError, r"to_json: expected a Timeline or a Graph, got Value"),  # type: ignore[arg-type]
    (lambda: graph.replay([1.0]), GraphError, r"replay: expected a mapping by names, .*got \[1\.0\]"),  # type: ignore[arg-type]
    (lambda: Graph.of(x, names=5), GraphError, r"names: expected a mapping by names, .*got 5"),  # type: ignore[arg-type]
    (lambda: Graph.of(x, names={5: x}), GraphError, r"names: expected text.*got 5"),  # type: ignore[dict-item]
    (lambda: graph[9], GraphError, r"no node has the index 9: the graph has 2, from 0 to 1"),
    (lambda: graph[-3], GraphError, r"no node has the index -3"),
    (lambda: graph["z"], GraphError, r"no node is named 'z'; the names are x, f"),
    (lambda: graph[1.5], GraphError, r"no node is named 1\.5"),  # type: ignore[index]
    (lambda: graph.inputs_of(9), GraphError, r"no node has the index 9"),
    (lambda: graph.formula(9), GraphError, r"no node has the index 9"),
    (
        lambda: setattr(x, "requires_grad", False),
        GraphError,
        r"requires_grad of x: .*Value\(2\.0, requires_grad=False\)",
    ),
    (lambda: tree.register(5), TypeError, r"tree\.register: expected a class, got 5"),  # type: ignore[type-var]
    (lambda: tree.register(Raising, 5), TypeError, r"Raising: children: expected a function, got 5"),  # type: ignore[arg-type]
    (lambda: tree.register(Raising, rebuild=5), TypeError, r"rebuild: expected a function"),  # type: ignore[arg-type]
    (lambda: tree.register(Raising, context=5), TypeError, r"context: expected a function"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("wrong", "kind", "said"), MESSAGES)
def test_a_message_says_what_was_expected(wrong: Callable[[], Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        wrong()


def test_nodes_are_found_by_index_and_by_name() -> None:
    assert graph[np.int64(1)] is graph[-1] is graph["f"] is graph[1]
    assert graph.formula(1) == graph.formula("f") == graph.formula(graph[1]) == "f = x²"
    assert graph.inputs_of("f") == graph.inputs_of(-1) == graph.inputs_of(graph["f"])


def test_a_refused_class_may_be_registered_rightly() -> None:
    class Late:
        pass

    with contextlib.suppress(TypeError):
        tree.register(Late, 5)  # type: ignore[arg-type]
    assert tree.register(Late) is Late
