"""Right functions as people write them: no alarm, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, gradients, relu, softmax, tanh
from autograd.check import gradcheck

X = np.array([0.3, 0.1, 0.7])
CLOSED = Tensor(X)


def normals(rng: np.random.Generator, *shapes: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple([rng.normal(size=shape) for shape in shapes])


def centred(h: Any) -> Any:
    return (h - h.mean(axis=0)) / np.sqrt(((h - h.mean(axis=0)) ** 2).mean(axis=0) + 1e-5)


def network(rng: np.random.Generator) -> nn.Module:
    return nn.MLP([1, 1, 4], activation="tanh", rng=int(rng.integers(1000)))


#: Functions whose gradients come to nothing but for rounding, and others, on random numbers.
RANDOM: dict[str, Callable[[np.random.Generator], tuple[Any, ...]]] = {
    "attention": lambda rng: (lambda q, k, b: softmax(q @ (k + b).T) @ k, *normals(rng, (3, 4), (5, 4), (4,))),
    "a bias before normalising": lambda rng: (lambda x, w, b: centred(x @ w + b), *normals(rng, (5, 4), (4, 3), (3,))),
    "the same in float32": lambda rng: (
        lambda x, w, b: centred(x @ w + b),
        *[x.astype(np.float32) for x in normals(rng, (5, 4), (4, 3), (3,))],
    ),
    "a sum of probabilities": lambda rng: (lambda z: softmax(z).sum(axis=1), *normals(rng, (3, 4))),
    "a bias of all scores": lambda rng: (lambda z, b: nn.cross_entropy(z + b, [0, 1, 2]), *normals(rng, (3, 4), (1,))),
    "deviations from the mean": lambda rng: (lambda x: (tanh(x) - tanh(x).mean()).sum(), *normals(rng, (4,))),
    "there and back": lambda rng: (lambda x: np.log(np.exp(x)) - x, *normals(rng, (4,))),
    "a product": lambda rng: (lambda a, b: a @ b, *normals(rng, (8,), (8, 8))),
    "a network": lambda rng: (lambda m, x: m(x).sum(), network(rng), *normals(rng, (1,))),
}


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("seed", range(6))
def test_functions_of_random_numbers(name: str, seed: int) -> None:
    f, *inputs = RANDOM[name](np.random.default_rng(seed))
    report = gradcheck(f, *inputs, rng=seed)
    assert report, str(report)


@pytest.mark.parametrize("seed", [13, 198])
def test_what_parts_by_rounding_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert gradcheck(lambda a, b: a @ b, rng.normal(size=8), rng.normal(size=(8, 8)), rng=seed)
    assert gradcheck(lambda m, x: m(x).sum(), network(rng), rng.normal(size=1), rng=seed)


def logistic(x: Any) -> Any:
    for _ in range(40):
        x = 3.9 * x * (1 - x)
    return x


def recurrent(x: Any) -> Any:
    for _ in range(20):
        x = tanh(5 * x)
    return x.sum()


def energy(x: Any) -> Any:
    slope = gradients((np.sin(x) * x).sum(), x, create_graph=True)
    return (slope * slope).sum()


def implicit(x: Any) -> Any:
    """One step of Newton's from the root, which has the slope of the root."""
    z = np.sqrt(x.detach())
    return z - (z * z - x) / (2 * z)


def stable(x: Any) -> Any:
    top = x.detach().max()
    return np.log(np.exp(x - top).sum()) + top


class Counting(nn.Module):
    """It keeps statistics, in place and anew."""

    def __init__(self) -> None:
        self.weight = nn.Parameter(np.ones(3))
        self.running = np.zeros(3)
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.running *= 0.9
        self.last = x
        self.calls += 1
        return x * self.weight


FIXED: dict[str, tuple[Any, ...]] = {
    "an input as a result": (lambda x: (x, x * 2), 0.3),
    "a parameter as a result": (lambda w, x: ((w * x).sum(), w), X, X),
    "parts that cancel in any order": (lambda x: (x[np.array([0, 0, 0])] * np.array([3e-17, 1.0, -1.0])).sum(), X),
    "a small part beside two that cancel": (lambda x: x * 3e-17 + x - x, 0.7),
    "very quick": (lambda x: np.sin(1e8 * x), 0.3),
    "quick where it is small": (lambda x: np.sin(1 / x), np.array([1e-5, 1e-9, 0.1])),
    "quick in float32": (lambda x: np.cos(x * x), np.array([1e3, 1e4], np.float32)),
    "chaos": (logistic, 0.3),
    "steps of a recurrent network": (recurrent, np.array([0.0, 0.1])),
    "a gradient inside": (energy, X),
    "an implicit derivative": (implicit, X),
    "a maximum held still": (stable, np.array([125730.2, -132104.8, 640422.6, 104900.1])),
    "two results, one without a slope": (lambda x: (x * 2, autograd.sqrt(x * x)), np.array(0.0)),
    "a generator among the inputs": (lambda x, rng: x * (rng.random(3) > 0.5), np.ones(3), np.random.default_rng(3)),
    "statistics": (Counting(), np.ones((2, 3))),
    "bytes in another order": (lambda x: np.tanh(x) * x, np.ones(3, ">f4")),
    "a float beside an array": (lambda a, x: a * x, 2.0, X),
    "a float beside arrays in a dict": (lambda p: p["w"] * p["rate"], {"w": X, "rate": 0.1}),
    "a Tensor that is closed over": (lambda x: CLOSED * x, X),
}


@pytest.mark.parametrize("name", FIXED)
def test_functions(name: str) -> None:
    f, *inputs = FIXED[name]
    report = gradcheck(f, *inputs)
    assert report, str(report)


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x: x**4, (0.0,)),
        (lambda x: (x * x).sum() ** 2, (np.zeros(3),)),
        (lambda a, b, c, d: a * b * c * d, (0.0, 0.0, 0.0, 1.0)),
        (lambda x, alpha: autograd.leaky_relu(x, alpha), (np.array([0.0, 2.0]), np.array(0.3))),
        (lambda x: autograd.svd(x, full_matrices=False)[1], (np.array([[5.0, 0.046875, 0.0]]),)),
    ],
)
def test_second_derivatives(f: Any, inputs: Any) -> None:
    report = gradcheck(f, *inputs, order=2)
    assert report, str(report)


def test_what_an_object_keeps_is_as_it_was() -> None:
    model, x = Counting(), np.ones((2, 3))
    model.running[:] = 1.0
    assert gradcheck(model, x)
    assert gradcheck(lambda x: model(x), x)
    assert (model.running.tolist(), model.calls, hasattr(model, "last")) == ([1.0] * 3, 0, False)


def test_a_search_is_left_open() -> None:
    """Its branches have a slope of their own, which is not that of what is searched for."""

    def root(x: Any) -> Any:
        low, high = 0 * x, x + 1
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle * middle < x else (low, middle)
        return low

    op = autograd.elementwise("mine", root, lambda y, x: 0.5 / y, doc="a trial")
    try:
        (finding,) = gradcheck(lambda x: op(x), 2.0).findings
    finally:
        autograd.remove("mine")
    assert finding.outcome == "inconclusive"


def test_kinks_that_no_operation_has_are_told() -> None:
    for f, slopes in (
        (lambda x: x if x > 0 else -x, (-1, 1)),
        (lambda x: autograd.where(x > 0, x, -x), (-1, 1)),
    ):
        report = gradcheck(f, 0.0)
        assert report
        assert [finding.slopes for finding in report.kinks] == [pytest.approx(slopes)]
    jump = gradcheck(lambda x: x * 2 + 1 if x > 0 else x * 2, 0.0)
    assert jump
    assert "at a jump" in jump.kinks[0].message


def stable_softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
def test_second_derivatives_of_a_softmax_by_hand(seed: int) -> None:
    report = gradcheck(
        lambda a, b: stable_softmax(a @ b), *normals(np.random.default_rng(seed), (3, 3), (3, 3)), order=2
    )
    assert report, str(report)


def test_ties_of_many() -> None:
    assert gradcheck(stable_softmax, np.zeros(3))
    report = gradcheck(lambda x, y: max(x, y), 1.0, 1.0)
    assert report
    assert len(report.kinks) == 2


def test_parts_that_cancel_are_known_to_the_complex_step() -> None:
    assert gradcheck(stable_softmax, np.random.default_rng(0).normal(size=(2, 3)), reference="complex step")


def test_a_gradient_that_there_is_none_of_is_told() -> None:
    report = gradcheck(lambda x: np.sqrt((x * x).sum()), np.zeros(3))
    assert report
    assert {finding.message for finding in report.kinks} == {
        "got nan, and there is no gradient here: zero times an infinite slope"
    }


def test_relu_of_zeros_has_no_alarm() -> None:
    weights = np.zeros((2, 3))
    assert gradcheck(lambda w, x: relu(x @ w).sum(), weights, np.array([[1.0, -2.0], [-1.0, 2.0], [0.5, 3.0]]))
