"""why: for each way in which a gradient can be nothing, the reason, in words and at its place in the graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import autograd
from autograd import DTypeError, ShapeError, Tensor, Value, gradients, log, no_grad, steps, tracing, why
from autograd.check.strategies import programs
from viz import draw


def tensor() -> Tensor:
    return Tensor([-1.0, 2.0], label="x")


Case = tuple[Callable[[], tuple[Any, Any]], str, str]


def of(make: Callable[[Any], Any], leaf: Callable[[], Any] = tensor) -> Callable[[], tuple[Any, Any]]:
    def case() -> tuple[Any, Any]:
        x = leaf()
        return make(x), x

    return case


def a() -> Value:
    return Value(3.0, label="a")


def traced(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inside(x: Any) -> Any:
        with tracing():
            return make(x)

    return inside


def silently(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inside(x: Any) -> Any:
        with no_grad():
            return make(x)

    return inside


def other() -> Tensor:
    return Tensor([3.0, 5.0], label="w")


def assigned() -> tuple[Any, Any]:
    x = tensor()
    loss = (x * x).sum()
    x[0] = other()[0]
    return loss, x


#: What is asked, the kind of the one reason, and what it says.
CASES: dict[str, Case] = {
    "closed relu": (of(lambda x: autograd.relu(x).sum()), "zero", r"relu that is closed at \[0\].* x is −1 there"),
    "closed relu of a Value": (of(lambda x: (x * -2.0).relu(), a), "zero", "relu that is closed"),
    "maximum": (of(lambda x: np.maximum(x, 0.0).sum()), "zero", r"maximum that took the other at \[0\]"),
    "saturated": (of(lambda x: np.tanh(1000 * x).sum()), "zero", "tanh that is saturated.* −1000, 2000 there"),
    "saturated softmax": (of(lambda x: autograd.softmax(1e4 * x)[0]), "zero", "softmax that is saturated"),
    "where": (of(lambda x: np.where(x > 0, x, 0.0).sum()), "zero", r"where takes the other branch at \[0\]"),
    "index": (of(lambda x: (2 * x[1:]).sum()), "zero", r"index never touches it at \[0\]"),
    "factor": (of(lambda x: (x * np.array([0.0, 1.0])).sum()), "zero", r"the other factor is zero at \[0\]"),
    "zero matrix": (of(lambda x: (x @ np.zeros((2, 2))).sum()), "zero", "the other factor is zero: "),
    "steps": (of(lambda x: (autograd.sign(x) * 2).sum()), "zero", r"sign sends back zero: .*= 0"),
    "cancelled": (of(lambda x: (x - x).sum()), "cancelled", "what comes to x by several paths sums to zero"),
    "comparison": (
        of(traced(lambda x: ((x > 0) * other()).sum())),
        "no gradient",
        r"greater has no gradient.*\[x > 0\]",
    ),
    "branch": (
        of(traced(lambda x: other().sum() if x[0] > 0 else other().mean())),
        "no gradient",
        r"the code chose by .* and a choice has no gradient\n.*if x\[0\] > 0",
    ),
    ".data": (of(lambda x: (other() * x.data).sum()), "cut", r"numbers of x stand in .*\.data, \.item\(\)"),
    "detach": (of(lambda x: (other() * x.detach()).sum()), "cut", r"numbers of x but is a leaf: .*detach"),
    "a new leaf": (
        of(lambda x: Value(x.data) * 2, a),
        "cut",
        "but is a leaf: a new leaf may have been made",
    ),
    "no_grad": (
        of(traced(lambda x: (other() * silently(lambda x: 3 * x)(x)).sum())),
        "cut",
        r"no_grad\(\) cut the path: what it made of x is a constant\n.*with no_grad|what it made of x",
    ),
    "no_grad of Values": (of(traced(lambda x: Value(7.0) * silently(lambda x: 3 * x)(x)), a), "cut", "no_grad"),
    "nothing in common": (of(lambda x: other().sum()), "no path", "x itself is not used by it"),
    "constant": (
        of(lambda x: x.sum(), lambda: Tensor([1.0], requires_grad=False, label="x")),
        "constant",
        "requires_grad",
    ),
    "assigned": (assigned, "cut", r"before something was assigned to it: .* t = \+x"),
    "NaN given": (
        of(lambda x: x.sum() * 2, lambda: Tensor([1.0, np.nan], label="x")),
        "NaN",
        r"x itself is NaN at \[1\]",
    ),
    "NaN forward": (
        of(lambda x: np.sqrt(np.log(x)).sum()),
        "NaN",
        r"log made the first NaN, on the way there at \[0\]: .*−1",
    ),
    "infinite backward": (
        of(lambda x: np.sqrt(x - x.data).sum()),
        "infinite",
        "sqrt made the first infinity, on the way back to",
    ),
    "NaN backward": (of(lambda x: np.sqrt(0 * x).sum()), "NaN", "mul made the first NaN, on the way back to x"),
    "there": (of(lambda x: (x * x).sum()), "there", "it comes by 2 paths; the most comes from"),
    "itself": (of(lambda x: x, a), "there", "the loss itself"),
}


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_the_reason_is_said(name: str) -> None:
    case, kind, said = CASES[name]
    loss, x = case()
    answer = why(loss, x)
    assert answer.reasons[-1].kind == kind
    assert re.search(said, str(answer.reasons[-1]), re.DOTALL), answer
    assert all(str(reason) in repr(answer) for reason in answer.reasons)
    assert draw(answer).svg()


def test_the_gradient_is_that_of_gradients() -> None:
    x = tensor()
    loss = (autograd.relu(x) * 3).sum()
    np.testing.assert_array_equal(why(loss, x).gradient, gradients(loss, x))
    assert x.grad is None


@settings(max_examples=50)
@given(program=programs())
def test_of_every_zero_there_is_a_reason_and_every_reason_stops(program: Any) -> None:
    leaves = program.nodes()
    leaves = [x for x in leaves if isinstance(x, Tensor | Value)]
    y = program(*leaves)
    assume(isinstance(y, Tensor | Value) and y.size)
    loss = y.sum() if isinstance(y, Tensor) else y
    for x in leaves:
        answer = why(loss, x)
        g = answer.gradient
        assert answer.reasons or g is None or not np.size(g)
        if g is not None and x.requires_grad and loss.requires_grad:
            np.testing.assert_array_equal(g, gradients(loss, x))
        events = {(e.node, e.input): e for e in steps(answer.graph).events}
        for reason in answer.reasons:
            if reason.kind == "zero" and (event := events.get((reason.node, reason.input))) is not None:
                part = np.asarray(getattr(event.contribution, "data", event.contribution))
                assert all(part[place] == 0 for place in reason.elements)


def test_the_edge_is_lit() -> None:
    x = Value(-2.0, label="x")
    picture = draw(why(x.relu() + 1, x))
    (edge,) = [edge for edge in picture.shown.edges if edge.mark]
    assert edge.mark is not None
    assert edge.mark.outcome == "stopped"
    assert "#e5343d" in picture.svg()
    assert repr(picture).startswith("∂")


def test_what_is_no_question_is_refused() -> None:
    with pytest.raises(DTypeError, match="why: expected two Values or two Tensors, got float"):
        why(2.0, tensor())  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"why: expected a loss of one number, got shape \(2,\)"):
        why(tensor(), tensor())


# What else there is between a loss and a node.


def test_a_number_that_the_code_took_inside_tracing_is_a_reason() -> None:
    with autograd.tracing():
        x, y = Value(2.0, label="x"), Value(3.0)
        h = x * 2
        loss = y * float(h)
    (reason,) = why(loss, x).reasons
    assert (reason.kind, reason.node is not None) == ("no gradient", True)
    assert "the code took the number of h, as by float()" in reason.text


def test_a_hook_is_a_reason() -> None:
    x = Tensor([1.0, 2.0], label="x")
    h = x * [2, 2]
    h.register_hook(lambda g: 0 * g)
    answer = why(h.sum(), x)
    assert answer.gradient.tolist() == [0.0, 0.0]
    (reason,) = answer.reasons
    assert reason.text == "a hook of h gives another gradient: without hooks it would be [2, 2] in all"
    assert reason.node is not None
    assert answer.graph.names[reason.node] == "h"


def test_the_graph_of_an_answer_has_the_gradients_of_the_question() -> None:
    x, y = Value(3.0, label="x"), Value(0.0, label="y")
    h = x * y
    (h * 7).backward()
    graph = why(h * 2, x).graph
    assert [graph.grads[graph.names.index(name)] for name in ("x", "y", "h")] == [0.0, 6.0, 2.0]
    assert why(h * 2, Value(1.0)).graph.grads == (None,) * len(graph)


def test_hooks_are_told_where_the_gradient_passes_them() -> None:
    x, y = Value(3.0, label="x"), Value(2.0, label="y")
    h = x * y
    q = y * 5
    for node in (x, y, h, q):
        node.register_hook(lambda g: g / 2)
    answer = why(h + q, x)
    assert [answer.graph.names[reason.node] for reason in answer.reasons] == ["x", "h"]  # type: ignore[index]


def test_what_is_too_small_for_a_float_has_a_reason() -> None:
    x = Tensor([1e-200, 2e-200], label="x")
    answer = why((x**2 * 1e-200).sum(), x)
    assert [reason.kind for reason in answer.reasons] == ["underflow"]


def test_what_makes_a_nan_of_infinities_is_what_made_the_first() -> None:
    with np.errstate(all="ignore"):
        x = Tensor([3.0], label="x")
        assert "arccos made the first infinity, on the way back" in str(why(np.arccos(x / x).sum(), x))
        y = Tensor(-1000.0, label="y")
        assert "log made the first infinity, on the way there" in str(why(np.log(np.exp(y)), y))


def test_a_loss_that_is_none_is_told_where_its_gradient_is_a_number() -> None:
    x, z = Value(-1.0, "x"), Value(3.0, "z")
    with np.errstate(all="ignore"):
        r, f = 2 * log(x) + x, log(x) + 0 * z
    r.label = "r"
    answer = why(r, x)
    assert answer.said == "not nothing: −1, though r is NaN"
    assert [reason.kind for reason in answer.reasons] == ["there", "NaN"]
    assert answer.reasons[1].text == "log made the first NaN, on the way there: q = log(x), where x is −1"
    assert why(f, z).said == "zero, though f is NaN"
    assert " though " not in repr(why(x * x, x))
