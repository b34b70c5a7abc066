"""einsum: its one rule against NumPy, whatever the subscripts."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import arrays
from test_where import assert_right_or_loud

import autograd
from autograd import Graph, ShapeError, Symbol, Tensor, Value, gradients, tracing
from autograd.sweep.masked import Masked


@given(a=arrays((2, 3)), b=arrays((3, 4)), c=arrays((4, 2)))
def test_a_trace_of_three_products_sends_back_the_other_two(a: Any, b: Any, c: Any) -> None:
    leaves = [Tensor(x) for x in (a, b, c)]
    np.einsum("ij,jk,ki->", *leaves, optimize=True).backward()
    for leaf, expected in zip(leaves, [(b @ c).T, (c @ a).T, (a @ b).T], strict=True):
        assert_close(leaf.grad, expected)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij", [(2, 3)]),
        ("ji", [(2, 3)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("i->", [(0,)]),
        ("ij->i", [(2, 0)]),
        (" i j , jk -> ki ", [(2, 3), (3, 2)]),
        ("...i,...i->...", [(4, 1, 3), (2, 3)]),
        ("i...j->j...", [(2, 3, 4, 5)]),
        ("iij,i", [(2, 2, 3), (2,)]),
        ("ii,i->i", [(1, 1), (3,)]),
        ("i,i->", [(3,), (1,)]),
        ("Ba,aC", [(2, 3), (3, 4)]),
        ("...", [()]),
        (",i,->i", [(), (3,), ()]),
    ],
)
def test_the_shape_and_the_gradient_follow_the_subscripts(subscripts: str, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    xs = [rng.normal(size=shape) for shape in shapes]
    expected = np.einsum(subscripts, *xs)
    symbol = autograd.einsum(subscripts, *(Symbol("x", shape) for shape in shapes))
    assert symbol.shape == expected.shape
    leaves = [Tensor(x) for x in xs]
    y = np.einsum(subscripts, *leaves)
    np.testing.assert_array_equal(y.data, expected)
    w = rng.normal(size=y.shape)
    y.backward(w)
    for k, leaf in enumerate(leaves):
        slopes = np.zeros(leaf.shape)  # it is linear in each: by unit vectors
        for index in np.ndindex(leaf.shape):
            unit = np.zeros(leaf.shape)
            unit[index] = 1.0
            slopes[index] = np.sum(w * np.einsum(subscripts, *xs[:k], unit, *xs[k + 1 :]))
        assert_close(leaf.grad, slopes)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("...ij,...jk", [(5, 2, 3), (3, 4)]),
        ("ij->", [(2, 3)]),
        ("i,i->", [(3,), (1,)]),
        ("ii", [(3, 3)]),
        ("i...i->...", [(3, 2, 3)]),
        ("ij , kjk -> i", [(2, 3), (4, 3, 4)]),
    ],
)
def test_only_a_diagonal_leaves_elements_out(subscripts: str, shapes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = [Tensor(np.ones(shape)) for shape in shapes]
    y = np.einsum(subscripts, *leaves).sum()
    made: list[Any] = []
    initial = Masked.__init__
    monkeypatch.setattr(Masked, "__init__", lambda self, *args: (made.append(self), initial(self, *args))[1])
    grads = gradients(y, leaves, create_graph=True)  # without the graph it is careful where a NaN came out alone
    assert any((grad.data == 0).any() for grad in grads) is bool(made), "it is careful where there are structural zeros"


def test_an_operation_masks_by_its_params() -> None:
    def first(x: Any, count: int | None = None) -> Any:
        return x[:count]

    def vjp(g: Any, y: Any, x: Any, count: int | None = None) -> Any:
        return autograd.put(g, x.shape, slice(count))

    op = autograd.primitive(
        "first", first, vjp, linear="jointly", masks=lambda count=None, **_: count is not None, doc=""
    )
    try:
        for count, expected in ((2, [math.inf, 0.25, 0.0]), (None, [math.inf, 0.25, math.inf])):
            x = Tensor([0.0, 4.0, 0.0])
            y = op(autograd.sqrt(x), count).sum()
            y.backward()
            assert x.grad.tolist() == gradients(y, x).tolist() == expected
        with pytest.raises(ValueError, match=r"second: expected a masks function with the arguments of the rules"):
            autograd.primitive("second", first, vjp, masks=lambda n, **_: True, doc="")
    finally:
        autograd.remove("first")


def test_a_formula_of_large_matrices_takes_no_memory() -> None:
    a = Symbol("a", (10**6, 10**6))
    assert autograd.einsum("ij,kj->ik", a, a).shape == (10**6, 10**6)
    assert autograd.einsum("ii->i", a).shape == (10**6,)


def test_a_list_of_axes_in_the_place_of_letters_is_refused() -> None:
    t = Tensor(np.eye(2))
    for call in (
        lambda: np.einsum(t, [0, 1], [0]),
        lambda: np.einsum(t, [0, 1]),
        lambda: autograd.einsum(np.eye(2), [0, 1]),
    ):
        with pytest.raises(TypeError, match=r"as text.*einsum\('ij,jk->ik', a, b\)"):
            call()
    with pytest.raises(TypeError, match="out="):
        np.einsum("ij->i", t, out=np.zeros(2))
    with pytest.raises(TypeError, match="subscripts"):
        autograd.einsum()
    with pytest.raises(ShapeError, match=r"einsum: the shapes \(2, 2\), subscripts='ij,jk->ik'"):
        np.einsum("ij,jk->ik", t)


def test_nothing_flows_beside_a_diagonal() -> None:
    x = Tensor([[4.0, 0.0], [0.0, 9.0]])
    np.einsum("ii->i", np.sqrt(x)).sum().backward()
    assert x.grad.tolist() == [[0.25, 0.0], [0.0, 1 / 6]]
    g = Tensor([[1.0, 2.0], [3.0, 4.0]])
    np.einsum("ii->", g).backward(np.inf)
    assert g.grad.tolist() == [[np.inf, 0.0], [0.0, np.inf]]


def test_it_replays_and_is_a_view_as_in_numpy() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="x")
    with tracing():
        slope = gradients(np.einsum("ii,ij->", x, x), x, create_graph=True).sum()
    other = np.array([[0.0, 1.0], [2.0, -1.0]])
    expected = gradients(np.einsum("ii,ij->", t := Tensor(other), t), t).sum()
    assert_close(Graph.of(slope).replay({"x": other}).nodes[-1].data, expected)
    y = Tensor([[1.0, 2.0], [3.0, 4.0]])
    turned = np.einsum("ij->ji", y)
    y[0, 1] = 7.0
    assert turned.data.tolist() == [[1.0, 3.0], [7.0, 4.0]]


def test_values_are_contracted_as_their_scalar_graph() -> None:
    xs = [Value(2.0), Value(3.0)]
    y = autograd.einsum("i,i->", xs, [4.0, 5.0])
    y.backward()
    assert (y.data, xs[0].grad, xs[1].grad) == (23.0, 4.0, 5.0)


NUMBERS = st.sampled_from([0.0, 1.0, -2.0, math.inf, -math.inf, math.nan])


@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,j,jk->ik", "ij,ij,j->i", "ij->i"])
@given(data=st.data())
def test_a_product_behind_structural_zeros_is_the_sum_of_its_live_terms(subscripts: str, data: st.DataObject) -> None:
    """Against every term written out, over whatever numbers, infinities and NaNs included."""
    terms, _, output = subscripts.partition("->")
    letters = sorted(set(terms) - {","})
    xs, lives = [], []
    for term in terms.split(","):
        numbers = data.draw(st.lists(NUMBERS, min_size=2 ** len(term), max_size=2 ** len(term)))
        live = data.draw(st.lists(st.booleans(), min_size=2 ** len(term), max_size=2 ** len(term)))
        lives.append(np.array(live).reshape((2,) * len(term)))
        xs.append(np.where(lives[-1], np.array(numbers).reshape((2,) * len(term)), 0.0))
    expected, alive = np.zeros((2,) * len(output)), np.zeros((2,) * len(output), bool)
    with np.errstate(all="ignore"):
        for places in product((0, 1), repeat=len(letters)):
            at = dict(zip(letters, places, strict=True))
            picked = [tuple(at[c] for c in term) for term in terms.split(",")]
            if all(live[p] for live, p in zip(lives, picked, strict=True)):
                where = tuple(at[c] for c in output)
                expected[where] += np.prod([x[p] for x, p in zip(xs, picked, strict=True)])
                alive[where] = True
    result = autograd.einsum(subscripts, *(Masked(x, live) for x, live in zip(xs, lives, strict=True)))
    np.testing.assert_array_equal(result.live, alive)
    assert_right_or_loud(result.data, expected)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 3), (2, 0, 4)])
def test_a_diagonal_of_what_is_not_square_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"einsum: .*shapes? \("):
        np.einsum("ii...->i...", Tensor(np.ones(shape)))
    assert np.einsum("ii->i", Tensor(np.ones((0, 0)))).shape == (0,)
