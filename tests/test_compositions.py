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

ENDS = np.array([np.nan, np.inf, -np.inf, 0.0])

#: For every composition, calls in all the ways that NumPy knows.
CALLS: dict[str, list[Call]] = {
    # Shaping.
    "swapaxes": [lambda f, a: f(a(2, 3, 4), 0, -1), lambda f, a: f(a(2, 3), axis1=1, axis2=0)],
    # Elementwise.
    "fabs": [lambda f, a: f(a(2, 3))],
    "float_power": [lambda f, a: f(a(2, 3) ** 2 + 0.5, a(3)), lambda f, a: f(a(2) ** 2 + 0.5, 3)],
    "degrees": [lambda f, a: f(a(2, 3))],
    "radians": [lambda f, a: f(a(2, 3))],
    "nan_to_num": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(4) + ENDS, nan=1.0, neginf=-3.0)],
    "round": [lambda f, a: f(a(2, 3)), lambda f, a: f(a(2, 3) * 100, 1), lambda f, a: f(a(3) * 1e4, decimals=-2)],
    "fix": [lambda f, a: f(a(2, 3) * 3)],
    "divmod": [lambda f, a: f(a(2, 3) * 3, a(3) ** 2 + 0.2), lambda f, a: f(a(2) * 9, 2)],
    "modf": [lambda f, a: f(a(2, 3) * 3)],
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
