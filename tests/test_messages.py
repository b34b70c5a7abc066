"""Messages show what came, whatever it is: no error of a person's own `repr` comes out instead."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import (
    AutogradError,
    DTypeError,
    Graph,
    GraphError,
    OperationError,
    ShapeError,
    Tensor,
    Value,
    short_repr,
    tree,
)
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
    assert "y = v · v" in str(autograd.steps(y))
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


# What does not fit: one message, which names the call that the person wrote, labels, shapes and the cure.

A, B, c = Tensor(np.ones((2, 3)), label="A"), Tensor(np.ones((4, 5)), label="B"), Tensor(np.ones(3), label="c")
S, s, v = Tensor(np.eye(2), label="S"), Tensor(1.0, label="s"), Value(1.0, label="v")
images, kernel = Tensor(np.ones((1, 2, 4, 4)), label="I"), Tensor(np.ones((3, 5, 2, 2)), label="K")

MISFITS: dict[str, tuple[Callable[[], Any], str]] = {
    "matmul": (lambda: A @ B, r"A\(2, 3\), B\(4, 5\) do not fit: .*lengths 3 and 4: transpose one"),
    "add": (lambda: A + B, r"A\(2, 3\), B\(4, 5\) do not fit: .*reshape one, as by x\[:, None\]"),
    "maximum": (lambda: np.maximum(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: .*reshape one"),
    "where": (lambda: np.where([True, False], A, B), r"A\(2, 3\), B\(4, 5\) do not fit: .*reshape one"),
    "clip": (lambda: np.clip(A, B, None), r"A\(2, 3\), B\(4, 5\), max=None do not fit: .*reshape one"),
    "concatenate": (lambda: autograd.concatenate([A, B]), r"A\(2, 3\), B\(4, 5\) do not fit: .*cut one"),
    "stack": (lambda: autograd.stack([A, B]), r"A\(2, 3\), B\(4, 5\) do not fit: .*use concatenate"),
    "reshape": (lambda: A.reshape(4, 2), r"A\(2, 3\), shape=\(4, 2\) do not fit: .*lengths that make 6"),
    "getitem": (lambda: A[5], r"A\(2, 3\), index=5 do not fit: .*its 2 places are numbered from 0"),
    "getitem of many": (lambda: A[0, 0, 0], r"A\(2, 3\), index=\(0, 0, 0\) do not fit: .*give one for each axis"),
    "setitem": (lambda: A.__setitem__(0, B), r"A\(2, 3\), B\(4, 5\), index=0 do not fit: .*lengths are those"),
    "broadcast_to": (lambda: autograd.broadcast_to(A, (5, 5)), r"A\(2, 3\), shape=\(5, 5\) do not fit: .*or 1$"),
    "broadcast_arrays": (lambda: np.broadcast_arrays(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: .*reshape one"),
    "sum": (lambda: A.sum(axis=4), r"A\(2, 3\), axis=4 do not fit: .*its 2 axes are numbered from 0"),
    "mean": (lambda: A.mean(axis=(0, 0)), r"A\(2, 3\), axis=\(0, 0\) do not fit: .*name each axis once"),
    "vstack": (lambda: np.vstack([A, B]), r"A\(2, 3\), B\(4, 5\) do not fit: .*cut one"),
    "hstack": (lambda: np.hstack([A, B]), r"A\(2, 3\), B\(4, 5\) do not fit: .*cut one"),
    "block": (lambda: np.block([[A], [B]]), r"A\(2, 3\), B\(4, 5\) do not fit: .*cut one"),
    "insert": (lambda: np.insert(A, 9, c, axis=0), r"A\(2, 3\), c\(3,\), obj=9, axis=0 do not fit: .*its 2 places"),
    "delete": (lambda: np.delete(A, 9, axis=0), r"A\(2, 3\), obj=9, axis=0 do not fit: .*its 2 places"),
    "take": (lambda: np.take(A, [9], axis=0), r"A\(2, 3\), indices=\[9\], axis=0 do not fit: .*its 2 places"),
    "repeat": (lambda: np.repeat(A, [1, 2, 3], axis=0), r"A\(2, 3\), repeats=\[1, 2, 3\], axis=0 do not fit: "),
    "pad": (lambda: np.pad(A, ((1, 1),) * 3), r"expected pad_width as one, a pair, .*, on operands .* A\(2, 3\)$"),
    "squeeze": (lambda: np.squeeze(A, 0), r"expected axes of length 1, .*, on operands of the shapes A\(2, 3\)$"),
    "swapaxes": (lambda: np.swapaxes(A, 0, 5), r"A\(2, 3\), axis1=0, axis2=5 do not fit: axis2: .*its 2 axes"),
    "fliplr": (lambda: np.fliplr(c), r"c\(3,\) do not fit: axis: axis 1 is out of bounds .*its 1 axes"),
    "tril": (lambda: np.tril(s), r"s\(\) do not fit: expected an axis at least"),
    "diag": (lambda: np.diag(images), r"expected a vector or a matrix, .*, on operands of the shapes I\(1, 2, 4, 4\)$"),
    "diagonal": (lambda: np.diagonal(c), r"c\(3,\) do not fit: .*add an axis"),
    "partition": (lambda: np.partition(A, 9), r"failed on .* A\(2, 3\), kth=9: .*its 3 places are numbered from 0"),
    "choose": (lambda: np.choose([5, 0], [c, c]), r"c\(3,\), c\(3,\), a=\[5, 0\]: .*mode='wrap'"),
    "dot": (lambda: np.dot(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: the inner axes .*transpose one"),
    "inner": (lambda: np.inner(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: the inner axes"),
    "vecdot": (lambda: autograd.vecdot(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: the inner axes"),
    "multi_dot": (lambda: np.linalg.multi_dot([A, B]), r"A\(2, 3\), B\(4, 5\) do not fit: the inner axes"),
    "tensordot": (lambda: np.tensordot(A, B), r"expected axes of the same lengths, .*, on operands .* A\(2, 3\), B\("),
    "einsum": (lambda: autograd.einsum("ij,jk->ik", A, B), r"A\(2, 3\), B\(4, 5\), .*axes of one letter"),
    "einsum of a letter": (lambda: autograd.einsum("ijk->i", A), r"A\(2, 3\), .*write a letter for each axis"),
    "einsum to a letter": (lambda: autograd.einsum("ij->z", A), r"A\(2, 3\), .*choose letters of the inputs"),
    "solve": (lambda: np.linalg.solve(S, B), r"S\(2, 2\), B\(4, 5\) do not fit: .*lengths 2 and 4"),
    "inv": (lambda: np.linalg.inv(A), r"A\(2, 3\) do not fit: .*as many rows as columns"),
    "inv of zeros": (
        lambda: np.linalg.inv(Tensor(S.numpy() * 0, label="Z")),
        r"Z\(2, 2\): Singular matrix: add to its",
    ),
    "qr": (lambda: np.linalg.qr(c), r"c\(3,\) do not fit: .*add an axis"),
    "cov": (lambda: np.cov(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: .*cut one"),
    "average": (lambda: np.average(A, weights=B), r"weights .*, on operands of the shapes A\(2, 3\), B\(4, 5\)$"),
    "trapezoid": (lambda: np.trapezoid(A, B), r"A\(2, 3\), B\(4, 5\) do not fit: .*reshape one"),
    "interp": (lambda: np.interp(A, c, B), r"A\(2, 3\), c\(3,\), B\(4, 5\) do not fit: expected nodes xp"),
    "median": (lambda: np.median(A, axis=5), r"A\(2, 3\), axis=5 do not fit: .*its 2 axes"),
    "conv2d": (
        lambda: autograd.conv2d(images, kernel),
        r"I\(1, 2, 4, 4\), K\(3, 5, 2, 2\) do not fit: expected 5 channels",
    ),
    "max_pool2d": (lambda: autograd.max_pool2d(A, 5), r"A\(2, 3\) does not fit: .*give it padding"),
    "backward": (lambda: A.backward(), r"A of shape \(2, 3\) needs a seed of that shape, .*\.sum\(\)"),
    "gradients": (lambda: autograd.gradients(A, A), r"one number, got shape \(2, 3\): reduce it with \.sum\(\)"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_said_with_the_call_labels_shapes_and_cure(name: str) -> None:
    wrong, said = MISFITS[name]
    with pytest.raises((ShapeError, OperationError, DTypeError), match=rf"^{name.split()[0]}: .*{said}"):
        wrong()


MIXED: dict[str, Callable[[], Any]] = {
    "add": lambda: v + A,
    "mul": lambda: A * v,
    "matmul": lambda: v @ A,
    "maximum": lambda: np.maximum(v, A),
    "where": lambda: np.where(True, v, A),
    "concatenate": lambda: autograd.concatenate([A, v]),
    "stack": lambda: autograd.stack([v, s]),
    "einsum": lambda: autograd.einsum("ij,->i", A, v),
    "solve": lambda: np.linalg.solve(S, v),
    "clip": lambda: np.clip(A, v, None),
    "vstack": lambda: np.vstack([A, v]),
    "append": lambda: np.append(A, v),
    "pad": lambda: np.pad(A, 1, constant_values=v),
    "dot": lambda: np.dot(A, v),
    "outer": lambda: np.outer(A, v),
    "kron": lambda: np.kron(A, v),
    "interp": lambda: np.interp(v, c, A),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_value_that_meets_a_tensor_is_refused_by_the_call_that_the_person_wrote(name: str) -> None:
    said = rf"^{name}: cannot mix a .*: make both Tensors, or (both|all) Values"
    with pytest.raises(DTypeError, match=said) as refusal:
        MIXED[name]()
    assert re.search(r"\b[ASsv](\(| of shape|, a )", str(refusal.value))


def test_an_error_inside_of_what_is_asked_of_a_composition_is_not_renamed() -> None:
    """It is of the numbers, and says which operation made them."""
    with autograd.detect_anomaly(), np.errstate(all="ignore"), pytest.raises(autograd.AnomalyError, match=r"^div: its"):
        np.corrcoef(Tensor(np.zeros((2, 3))))


def test_nodes_are_found_by_index_and_by_name() -> None:
    assert graph[np.int64(1)] is graph[-1] is graph["f"] is graph[1]
    assert graph.formula(1) == graph.formula("f") == graph.formula(graph[1]) == "f = x · x"
    assert graph.inputs_of("f") == graph.inputs_of(-1) == graph.inputs_of(graph["f"])


def test_a_refused_class_may_be_registered_rightly() -> None:
    class Late:
        pass

    with contextlib.suppress(TypeError):
        tree.register(Late, 5)  # type: ignore[arg-type]
    assert tree.register(Late) is Late
