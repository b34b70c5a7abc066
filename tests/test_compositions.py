"""Functions made of operations: NumPy's numbers, and the gradients of what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, Value, check, no_grad
from autograd.composition import compositions
from autograd.op import overridden_by

#: A call is a function of the function, and of what makes an array of a shape: numbers with no pattern.
Call = Callable[[Callable[..., Any], Callable[..., Any]], Any]

#: For every composition, calls in all the ways that NumPy knows.
CALLS: dict[str, list[Call]] = {
    # Shaping.
    "swapaxes": [lambda f, a: f(a(2, 3, 4), 0, -1), lambda f, a: f(a(2, 3), axis1=1, axis2=0)],
    # Activations.
    "celu": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), alpha=0.5), lambda f, a: f(a(3), 1.5 + a(3) / 4)],
    "softshrink": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), lambd=0.25), lambda f, a: f(a(3), a(1) / 4)],
    "hardshrink": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(3), 0.25)],
    "threshold": [lambda f, a: f(a(2, 3), 0.2, -1.5), lambda f, a: f(a(2, 3), threshold=0.2, value=a(3))],
    "prelu": [
        *(lambda f, a: f(a(2, 3), a(3)), lambda f, a: f(a(2, 3, 2), a(3)), lambda f, a: f(a(2, 3), a(1))),
        *(lambda f, a: f(a(4), a(1)), lambda f, a: f(a(3, 2), weight=0.25)),
    ],
    "glu": [lambda f, a: f(a(3, 4)), lambda f, a: f(a(2, 3), 0), lambda f, a: f(a(2, 4, 3), dim=-2)],
    "maxout": [
        lambda f, a: f(a(2, 6), 3),
        lambda f, a: f(a(4, 3), pieces=2, axis=0),
        lambda f, a: f(a(2, 4, 3), 4, -2),
    ],
    "softmin": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3), axis=0)],
    # Indexing.
    # Reductions.
    # Products and linear algebra.
    # Windows.
}

CASES = [pytest.param(name, call, id=f"{name}-{k}") for name, calls in CALLS.items() for k, call in enumerate(calls)]


class Arrays:
    """Makes arrays, each of other numbers, and of them what a test wants."""

    def __init__(self, make: Callable[[Any], Any] = lambda a: a, given: Any = None) -> None:
        self.made: list[Any] = []
        self.make = make
        self.given = given

    def __call__(self, *shape: int) -> Any:
        k = len(self.made)
        numbers = np.cos(np.arange(1.0, np.prod(shape, dtype=int) + 1) * 1.7 + k).reshape(shape)
        self.made.append(self.make(numbers) if self.given is None else self.given[k])
        return self.made[-1]


def objects(numbers: Any) -> Any:
    result = np.empty(numbers.shape, dtype=object)
    result[...] = np.frompyfunc(Value, 1, 1)(numbers.astype(object))
    return result


def plain(result: Any) -> list[Any]:
    """All that a call gives, as arrays of numbers."""
    parts = result if isinstance(result, tuple | list) else [result]
    with no_grad():
        return [np.asarray(x, dtype=float) for x in parts]


def test_every_composition_is_called_here() -> None:
    assert set(CALLS) == set(compositions)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_the_numbers_are_those_of_numpy(name: str, call: Call) -> None:
    ours = compositions[name]
    for theirs in overridden_by(ours):
        expected = call(theirs, Arrays())
        for function in (theirs, ours):
            got = call(function, Arrays(Tensor))
            assert isinstance(got, Tensor) or all(isinstance(x, Tensor) for x in got)
            for x, y in zip(plain(got), plain(expected), strict=True):
                assert x.shape == y.shape
                np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_lists_of_values_give_the_scalar_graph_of_the_same_numbers(name: str, call: Call) -> None:
    ours = compositions[name]
    for x, y in zip(plain(call(ours, Arrays(objects))), plain(call(ours, Arrays())), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("name", "call"), CASES)
def test_the_gradients_are_right(name: str, call: Call) -> None:
    arrays = Arrays()
    call(compositions[name], arrays)
    assert check.gradcheck(lambda *xs: call(compositions[name], Arrays(given=xs)), *arrays.made, order=2)
