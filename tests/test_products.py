"""Products: the functions of numpy.linalg that take other arguments, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric import assert_close, differences

import autograd
from autograd import LostGradientError, ShapeError, Tensor, Value, gradients

RNG = np.random.default_rng(0)
A, B, V, W = RNG.normal(size=(2, 3, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=3), RNG.normal(size=(2, 3))

#: Functions of numpy.linalg on arrays of these.
CALLS: list[tuple[Callable[..., Any], list[Any]]] = [
    (lambda a: np.linalg.trace(a), [A]),
    (lambda a: np.linalg.trace(a, offset=-1), [A]),
    (lambda a, b: np.linalg.outer(a, b), [V, V]),
    (lambda a, b: np.linalg.cross(a, b), [V, W]),
    (lambda a, b: np.linalg.cross(a, b, axis=0), [B, B]),
    (lambda a, b: np.linalg.vecdot(a, b, axis=0), [B, B]),
    (lambda a, b: np.linalg.tensordot(a, b, axes=1), [A, B]),
    (lambda a, b: np.linalg.matmul(a, b), [A, B]),
]


@pytest.mark.parametrize(("function", "arrays"), CALLS)
def test_numpy_linalg_has_them_too(function: Callable[..., Any], arrays: list[Any]) -> None:
    leaves = [Tensor(x) for x in arrays]
    y = function(*leaves)
    np.testing.assert_allclose(y.data, function(*arrays), rtol=1e-14)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    for k, slope in enumerate(gradients((y * weights).sum(), leaves)):

        def total(x: Any, k: int = k) -> Any:
            return np.sum(function(*arrays[:k], x, *arrays[k + 1 :]) * weights)

        assert_close(slope, differences(total, arrays[k]))


@pytest.mark.parametrize(
    "shapes", [[(5, 2), (2, 7), (7, 3)], [(2,), (2, 9), (9, 2), (2, 4)], [(3, 4), (4, 5), (5, 2), (2,)]]
)
def test_many_matrices_are_multiplied_in_the_cheapest_order(shapes: list[tuple[int, ...]]) -> None:
    """As many products of numbers as in the best of all orders."""
    lengths = [shapes[0][0] if len(shapes[0]) > 1 else 1, *(s[0] for s in shapes[1:]), *(shapes[-1][1:] or (1,))]

    def fewest(i: int, j: int) -> int:
        parts = [fewest(i, k) + fewest(k, j) + lengths[i] * lengths[k] * lengths[j] for k in range(i + 1, j)]
        return min(parts, default=0)

    y = autograd.multi_dot([Tensor(np.ones(shape)) for shape in shapes])
    products = [equation for equation in autograd.Graph.of(y).equations if equation.op is autograd.matmul]
    assert len(products) == len(shapes) - 1

    def cost(node: Any) -> int:
        if node.op is None:
            return 0
        left, right = node.inputs
        return cost(left) + cost(right) + int(np.prod(node.shape)) * left.shape[-1]

    assert cost(y) == fewest(0, len(lengths) - 1)


def test_a_product_of_values_is_made_of_sums_of_products() -> None:
    x = [Value(1.0), Value(2.0)]
    for y in (autograd.dot(x, [3.0, 4.0]), autograd.inner(x, [3.0, 4.0]), autograd.vdot(x, [3.0, 4.0])):
        assert y.op is autograd.sum_of_products
        assert gradients(y, x) == [3.0, 4.0]


T = Tensor(np.eye(3), label="t")

REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: np.cross(T[:, :2], T[:, :2]), ShapeError, "cross: expected vectors of 3 numbers .* third coordinate"),
    (lambda: np.tensordot(T, T[:1], 1), ShapeError, r"tensordot: .*same lengths.*axes=1 of the shapes"),
    (lambda: np.tensordot(T, T[:1], ([0], [0])), ShapeError, "tensordot: expected axes of the same lengths"),
    (lambda: np.tensordot(T, T, 3), ShapeError, "tensordot: expected at most the axes"),
    (lambda: np.tensordot(T, T, ([0, 1], [0])), ShapeError, "tensordot: expected as many axes of both"),
    (lambda: np.tensordot(T, T, [1, 2, 3]), ShapeError, "tensordot: expected axes as an int or two lists"),
    (lambda: np.linalg.multi_dot([T]), ShapeError, "multi_dot: expected two matrices at least"),
    (lambda: np.linalg.multi_dot([T, T[0], T]), ShapeError, "multi_dot: expected two matrices at least"),
    (lambda: np.linalg.outer(T, T), ShapeError, "outer: expected two vectors"),
    (lambda: np.dot(T, T[:2]), ShapeError, r"dot: the shapes t\(3, 3\), \(2, 3\) do not fit"),
    (lambda: np.eye(3).dot(T), LostGradientError, r"a @ t for a\.dot\(t\)"),
    (lambda: np.matmul(T, T, out=np.eye(3)), LostGradientError, "np.matmul: expected its inputs alone, or a Tensor"),
    (lambda: np.dot(T, T, out=np.eye(3)), TypeError, "dot: expected no out="),
]


@pytest.mark.parametrize(("call", "error", "said"), REFUSED)
def test_what_is_no_product_is_refused(call: Callable[[], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
