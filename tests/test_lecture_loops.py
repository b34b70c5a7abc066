"""The loops of lectures over the outputs of a scalar network: they run, or say what to write instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import assert_close

import autograd
from autograd import GraphError, ShapeError, Value
from nn import MLP
from nn.values import Values

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]
SQUARED: dict[str, Callable[[Any], Any]] = {
    "one by one": lambda net: sum((out - y) ** 2 for y, out in zip(YS, [net(x) for x in XS], strict=True)),
    "of Values": lambda net: sum((net(list(map(Value, x))) - y) ** 2 for y, x in zip(YS, XS, strict=True)),
    "of a batch": lambda net: sum((out - y) ** 2 for y, out in zip(YS, net(XS), strict=True)),
    "of arrays": lambda net: sum((out - y) ** 2 for y, out in zip(np.array(YS), net(np.array(XS)), strict=True)),
    "a list of them": lambda net: sum([(y - out) ** 2 for y, out in zip(YS, net(XS), strict=True)]),
    "of a column": lambda net: sum((net(XS) - np.array(YS)[:, None]) ** 2),
    "np.sum": lambda net: np.sum((net(XS) - np.array(YS)[:, None]) ** 2),
    "a method": lambda net: ((net(XS) - np.array(YS)[:, None]) ** 2).sum(),
    "after a Value": lambda net: Value(0.0) + sum((out - y) ** 2 for y, out in zip(YS, net(XS), strict=True)),
    "before a Value": lambda net: sum((out - y) ** 2 for y, out in zip(YS, net(XS), strict=True)) + Value(0.0),
}


def network(outputs: int = 1) -> Any:
    return MLP([3, 4, outputs], rng=0).to_scalars()


def gradients_of(loss_of: Callable[[Any], Any]) -> tuple[float, list[float]]:
    net = network()
    loss = loss_of(net)
    loss.backward()
    return loss.data, [p.grad for p in net.parameters()]


@pytest.mark.parametrize("spelling", SQUARED)
def test_a_sum_of_squares_is_swept_from_however_it_is_spelled(spelling: str) -> None:
    net = network()
    expected = autograd.sum_of([(net(x) - y) ** 2 for x, y in zip(XS, YS, strict=True)])
    expected.backward()
    loss, gradients = gradients_of(SQUARED[spelling])
    assert type(loss) is float
    assert_close(loss, expected.data, tolerance=1e-12)
    assert_close(gradients, [p.grad for p in net.parameters()], tolerance=1e-12)


def test_the_margin_with_its_penalty_and_the_accuracy() -> None:
    def margin(net: Any) -> Any:
        scores = net(XS)
        losses = [(1 + -y * score).relu() for y, score in zip(YS, scores, strict=True)]
        assert len([(y > 0) == (score.data > 0) for y, score in zip(YS, scores, strict=True)]) == 4
        return 1e-4 * sum(p * p for p in net.parameters()) + sum(losses) * (1.0 / len(losses))

    def by_values(net: Any) -> Any:
        losses = [(1 + -y * net(x)).relu() for y, x in zip(YS, XS, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in net.parameters())

    assert_close(gradients_of(margin)[1], gradients_of(by_values)[1], tolerance=1e-12)


def test_a_softmax_written_out() -> None:
    net = network(3)
    logits = net(XS)
    counts = logits.exp()
    probabilities = counts / counts.sum(1, keepdims=True)
    loss = -probabilities[range(4), [0, 1, 2, 0]].log().mean()
    rows = np.exp(logits.data)
    right = -np.mean(np.log((rows / rows.sum(1, keepdims=True))[range(4), [0, 1, 2, 0]]))
    assert_close(loss.data, right, tolerance=1e-12)
    loss.backward()
    assert logits.grad.shape == (4, 3)
    assert_close(logits.grad.sum(axis=1), np.zeros(4), tolerance=1e-12)


def test_the_loss_shows_its_number() -> None:
    loss = SQUARED["of a batch"](network())
    assert isinstance(loss, Values)
    assert f"{loss:.3f}" == f"{loss.data:.3f}" == format(loss.item().data, ".3f")
    assert f"{loss}" == str(loss)
    loss.grad = 1.0
    assert len(loss._backward().steps) == 2
    assert loss.grad == loss.item().grad == 1.0
    loss.grad = None
    assert not loss.item().has_grad


@pytest.mark.parametrize("ask", ["backward", "backward_step", "_backward", "format"])
def test_several_numbers_are_refused_with_the_cure(ask: str) -> None:
    loss = SQUARED["of a batch"](network(2))
    assert loss.data.shape == (2,)
    with pytest.raises(ShapeError, match=r"of 2, of shape \(2,\): make one number of them, as by loss\.sum\(\)"):
        format(loss, ".2f") if ask == "format" else getattr(loss, ask)()


def test_what_takes_nodes_says_how_to_get_one() -> None:
    loss = SQUARED["of a batch"](network())
    with pytest.raises(GraphError, match=r"got Values: give its one element, \.item\(\)"):
        autograd.steps(loss)
    with pytest.raises(GraphError, match=r"got Values: give its elements, w\.flat"):
        autograd.Graph.of(network(2)(XS))  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match=r"no attribute 'op': a Value of it may: take one out, as in y = outputs"):
        loss.op  # noqa: B018
    assert not hasattr(loss, "_repr_html_")


def test_copies_are_arrays_of_values_too() -> None:
    outputs = network()(XS)
    for twin in (copy.copy(outputs), copy.deepcopy(outputs), pickle.loads(pickle.dumps(outputs)), outputs.T.T):
        assert type(twin) is Values
        assert twin.data.tolist() == outputs.data.tolist()
