"""Structural zeros: what is behind a closed `where`, or was left out by an index, sends nothing back, not even NaN."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numeric import assert_close

import autograd
from autograd import DTypeError, Graph, Tensor, Value, gradients, jvp, steps, vjp
from autograd.sweep.masked import Masked

I3 = np.eye(3)

#: A function that is singular at zero, and whatever may lie between it and the where that closes it off.
SINGULAR: dict[str, Callable[[Any], Any]] = {
    "log": np.log,
    "sqrt": np.sqrt,
    "quotient": lambda x: 1 / x,
    "power": lambda x: x**0.5,
    "root of a square": lambda x: np.sqrt(x * x),
}
BETWEEN: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda u: u,
    "a product": lambda u: u * np.array([1.0, 2.0, 3.0]),
    "a matrix": lambda u: I3 @ u,
    "a reshape": lambda u: autograd.reshape(u, (3, 1)).reshape(3),
    "a concatenation": lambda u: autograd.concatenate([u, u])[3:],
    "a stack": lambda u: autograd.stack([u, u])[1],
    "an index": lambda u: u[[0, 1, 2]],
    "a broadcast": lambda u: (u + np.zeros((2, 3)))[0],
}
OPEN = np.array([True, False, True])


def slopes(function: Callable[[Any], Any], x: float) -> float:
    t = Tensor(x)
    return float(gradients(function(t), t))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("singular", SINGULAR)
@pytest.mark.parametrize("closed_first", [False, True])
def test_nothing_comes_from_behind_a_closed_where(singular: str, between: str, closed_first: bool) -> None:
    x = Tensor([4.0, 0.0, 9.0])
    inner = BETWEEN[between](SINGULAR[singular](x))
    y = autograd.where(~OPEN, 0.0, inner) if closed_first else autograd.where(OPEN, inner, 0.0)
    with np.errstate(all="ignore"):
        y.sum().backward()
        factors = np.array([1.0, 2.0, 3.0]) if between == "a product" else np.ones(3)
        expected = [slopes(SINGULAR[singular], 4.0) * factors[0], 0.0, slopes(SINGULAR[singular], 9.0) * factors[2]]
        assert_close(x.grad, expected)
        assert_close(gradients(y.sum(), x), expected)
        recorded = gradients(y.sum(), x, create_graph=True)
        assert_close(recorded.data, expected)
        second = gradients(recorded.sum(), x)
        assert np.isfinite(second).all()
        assert second[1] == 0
    assert_close(steps(y.sum()).gradients[0], expected)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_the_second_derivative_at_the_edge_of_a_where(kind: Any) -> None:
    x = kind(0.0)
    first = gradients(autograd.where(x.data > 0, x**1.5, 0.0), x, create_graph=True)
    assert (float(first.data), float(gradients(first, x))) == (0.0, 0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_condition_of_floats_closes_as_well() -> None:
    x, condition = Tensor([4.0, 0.0]), np.array([1.0, 0.0])
    y = autograd.where(condition, autograd.where(condition, np.sqrt(x), 0.0), 0.0)
    y.sum().backward()
    assert_close(x.grad, [0.25, 0.0])


def test_an_element_that_nobody_reads_sends_nothing_back() -> None:
    x = Tensor([0.0, 1000.0])
    with np.errstate(all="ignore"):
        y = np.log(np.exp(x) + 1)[0]
    y.backward()
    assert_close(x.grad, [0.5, 0.0])


def test_a_row_that_is_dropped_sends_nothing_back() -> None:
    scores = Tensor([[1.0, 2.0], [3.0, 4.0]])
    mask = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    with np.errstate(all="ignore"):
        weights = autograd.softmax(scores + mask)
    y = autograd.where(np.array([[True], [False]]), weights, 0.0)
    (y * [[1.0, 5.0], [7.0, 2.0]]).sum().backward()
    assert np.isfinite(scores.grad).all()
    assert_close(scores.grad[1], [0.0, 0.0])  # type: ignore[index]
    x = Tensor([np.nan, 1.0])
    assert_close(
        gradients(autograd.where([False, False], autograd.softmax(x), x)[1], x, create_graph=True).data, [0, 1]
    )


def test_a_nan_on_a_live_path_stays() -> None:
    x = Tensor([0.0, 4.0])
    y = autograd.where([True, True], np.sqrt(x) * np.sqrt(x), 0.0)
    y.sum().backward()
    assert np.isnan(x.grad[0])  # type: ignore[index]  # 0 · ∞, and no number tells that it could be 1
    assert_close(x.grad[1], 1.0)  # type: ignore[index]


def test_a_condition_that_is_a_node_gets_no_gradient() -> None:
    c, x = Tensor([1.0, 0.0]), Tensor([2.0, 3.0])
    y = autograd.where(c * 2.0, x, 0.0).sum()
    y.backward()
    assert c.grad is None
    assert_close(x.grad, [1.0, 0.0])
    y.backward()
    assert_close(x.grad, [2.0, 0.0])


@given(data=st.data())
def test_where_has_one_spelling_everywhere(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=2, max_side=3))
    condition = data.draw(hnp.arrays(bool, shape))
    x, y = Tensor(np.ones(shape)), Tensor(np.full(shape, 2.0))
    for where in (autograd.where, np.where, autograd.table["where"]):
        z = where(condition, x, y)
        np.testing.assert_array_equal(z.data, np.where(condition, 1.0, 2.0))
        np.testing.assert_array_equal(gradients(z.sum(), x), condition * 1.0)


# Masked: what the careful sweep carries.

floats = st.sampled_from([0.0, 1.0, -2.0, 3.0, np.inf, -np.inf, np.nan])


def form_of(a: Any, b: Any, c: Any) -> Any:
    result = np.zeros(len(c), np.result_type(a, b))
    for o, i, j in np.argwhere(c):  # as a product that somebody wrote out: what is no term is not computed
        result[o] += c[o, i, j] * a[i] * b[j]
    return result


def mixed(a: Any, b: Any, left: Any, right: Any) -> Any:
    return left @ a + right @ b


@pytest.fixture(scope="module", autouse=True)
def operations() -> Iterator[None]:
    """Any operation that is linear in two inputs, separately and jointly: its coefficients are given."""
    autograd.primitive(
        "form",
        form_of,
        lambda g, y, a, b, c: form(g, b, c.transpose(1, 0, 2)),
        lambda g, y, a, b, c: form(g, a, c.transpose(2, 0, 1)),
        linear="separately",
        doc="sends each factor the products of the other",
    )
    autograd.primitive(
        "mixture",
        mixed,
        lambda g, y, a, b, left, right: left.T @ g,
        lambda g, y, a, b, left, right: right.T @ g,
        linear="jointly",
        doc="sends each its share",
    )
    autograd.primitive(
        "scaled",
        lambda a, b: a * b,
        lambda g, y, a, b: g * b,
        lambda g, y, a, b: g * a,
        linear="first",
        doc="scales it",
    )
    yield
    autograd.remove("scaled")
    autograd.remove("form")
    autograd.remove("mixture")


def form(a: Any, b: Any, c: Any) -> Any:
    return autograd.table["form"](a, b, c)


#: Of a bilinear form, antisymmetric as often as not: there two terms cancel if their factors are alike.
COEFFICIENTS = st.tuples(
    hnp.arrays(float, (3, 3, 3), elements=st.sampled_from([0.0, 1.0, -1.0, 2.0])), st.booleans()
).map(lambda drawn: drawn[0] - drawn[0].transpose(0, 2, 1) if drawn[1] else drawn[0])


def assert_right_or_loud(actual: Any, expected: Any) -> None:
    """Where a finite number is right it is there; where an infinity is, a NaN may be, but nothing else."""
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[finite], expected[finite])
    others, wanted = actual[~finite], expected[~finite]
    assert (np.isnan(others) | (others == wanted)).all()


def sums_of_live(c: Any, a: Any, b: Any, live_a: Any, live_b: Any) -> tuple[Any, Any]:
    """A bilinear form, term by term, dead terms left out; and where there is a live one."""
    result, live = np.zeros(len(c)), np.zeros(len(c), bool)
    for o, i, j in np.argwhere(c):
        if live_a[i] and live_b[j]:
            result[o] += c[o, i, j] * a[i] * b[j]
            live[o] = True
    return result, live


@given(c=COEFFICIENTS, data=st.data())
def test_a_product_sums_its_live_terms(c: Any, data: st.DataObject) -> None:
    lives = [data.draw(hnp.arrays(bool, (3,))) for _ in range(2)]
    a, b = (np.where(live, data.draw(hnp.arrays(float, (3,), elements=floats)), 0.0) for live in lives)
    with np.errstate(all="ignore"):
        expected, live = sums_of_live(c, a, b, *lives)
        result = form(Masked(a, lives[0]), Masked(b, lives[1]), c)
    assert result.live.tolist() == live.tolist()
    assert_right_or_loud(result.data, expected)


@given(
    left=hnp.arrays(int, (3, 3), elements=st.integers(-1, 1)),
    right=hnp.arrays(int, (3, 3), elements=st.integers(-1, 1)),
    data=st.data(),
)
def test_a_mixture_is_live_where_it_has_a_live_term(left: Any, right: Any, data: st.DataObject) -> None:
    lives = [data.draw(hnp.arrays(bool, (3,))) for _ in range(2)]
    parts = [Masked(np.where(live, 2.0, 0.0), live) for live in lives]
    result = autograd.table["mixture"](*parts, left, right)
    terms = [
        [k for k in range(3) for m, on in zip((left, right), lives, strict=True) if m[o, k] and on[k]] for o in range(3)
    ]
    assert result.live.tolist() == list(map(bool, terms))


@given(data=st.data())
def test_a_number_that_makes_zero_leaves_live_what_is(data: st.DataObject) -> None:
    live = data.draw(hnp.arrays(bool, (3,)))
    a, b = (data.draw(hnp.arrays(float, (3,), elements=floats)) for _ in range(2))
    with np.errstate(all="ignore"):
        result = autograd.table["scaled"](Masked(np.where(live, a, 0.0), live), b)
        assert_right_or_loud(result.data, np.where(live, a * b, result.data))
    assert (result.live | ~live).all()


@given(data=st.data())
def test_a_matrix_product_sums_its_live_terms(data: st.DataObject) -> None:
    live = data.draw(hnp.arrays(bool, (2, 3)))
    g = np.where(live, data.draw(hnp.arrays(float, (2, 3), elements=floats)), 0.0)
    w = data.draw(hnp.arrays(float, (3, 2), elements=floats))
    expected = np.zeros((2, 2))
    with np.errstate(all="ignore"):
        for i, j, k in np.ndindex(2, 3, 2):
            expected[i, k] += g[i, j] * w[j, k] if live[i, j] else 0.0
        result = Masked(g, live) @ w
        assert_right_or_loud(result.data, expected)
        other = Masked(g.T.copy(), live.T.copy())
        assert_right_or_loud((w.T @ other).data, expected.T)
    assert result.live.tolist() == [[bool(row.any())] * 2 for row in live]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(c=COEFFICIENTS, data=st.data())
def test_derivatives_of_a_product_of_live_terms_are_those_of_its_terms(c: Any, data: st.DataObject) -> None:
    """To the second order, both ways, against the same program of numbers, which has the live terms alone.

    A zero that an array holds and numbers have no path for may meet an infinite slope: that is NaN, and never wrong.
    """
    x = data.draw(hnp.arrays(float, (3,), elements=st.sampled_from([0.0, 1.0, -2.0])))
    t = data.draw(hnp.arrays(float, (3,), elements=st.sampled_from([1.0, -0.5])))
    is_open = data.draw(hnp.arrays(bool, (3,)))

    def of_tensors(x: Any) -> Any:
        return autograd.where(is_open, form(np.sqrt(x * x), x, c), 0.0).sum()

    def of_numbers(xs: list[Any]) -> Any:
        places = [(o, i, j) for o, i, j in np.argwhere(c).tolist() if is_open[o]]
        return sum((c[p] * (xs[p[1]] * xs[p[1]]).sqrt() * xs[p[2]] for p in places), xs[0] * 0.0)

    with np.errstate(all="ignore"):
        numbers = vjp(lambda xs: jvp(of_numbers, (xs,), (t.tolist(),))[1], x.tolist())[1](1.0)[0]
        expected = np.array([g.data for g in numbers])
        backward = vjp(lambda x: jvp(of_tensors, (x,), (t,))[1], x)[1](np.array(1.0))[0].data
        forward = jvp(lambda x: vjp(of_tensors, x)[1](np.array(1.0))[0], (x,), (t,))[1].data
    for way in (backward, forward):
        np.testing.assert_array_equal(way[np.isfinite(way)], expected[np.isfinite(way)])
        assert np.isfinite(way).all() or (x == 0).any()


def test_second_derivatives_of_a_matrix_product_keep_its_finite_terms() -> None:
    x, t = np.array([[0.0, 1.0], [2.0, 3.0]]), np.ones((2, 2))

    def f(x: Any) -> Any:
        v = np.sqrt(x * x)
        return autograd.where(np.eye(2, dtype=bool), v @ v, 0.0).sum()

    expected = [[np.nan, 2.0], [2.0, 2.0]]
    with np.errstate(all="ignore"):
        assert_close(vjp(lambda x: jvp(f, (x,), (t,))[1], x)[1](np.array(1.0))[0].data, expected)
        assert_close(jvp(lambda x: vjp(f, x)[1](np.array(1.0))[0], (x,), (t,))[1].data, expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(data=st.data())
def test_a_constant_node_has_the_structural_zeros_of_an_array(data: st.DataObject) -> None:
    x, c = (data.draw(hnp.arrays(float, (3,), elements=st.sampled_from([0.0, 1.0, 4.0]))) for _ in range(2))
    is_open = data.draw(hnp.arrays(bool, (3,)))
    singular = SINGULAR[data.draw(st.sampled_from(sorted(SINGULAR)))]
    fixed = Tensor(c, requires_grad=False, label="c")

    def slope(x: Any, c: Any, create_graph: bool = False) -> Any:
        y = autograd.where(is_open, singular(x * c), 0.0) * c
        return gradients(y.sum(), x, create_graph=create_graph)

    with np.errstate(all="ignore"):
        expected = slope(Tensor(x), c)
        recorded = slope(Tensor(x), fixed, create_graph=True)
        np.testing.assert_array_equal(slope(Tensor(x), fixed), expected)
        np.testing.assert_array_equal(recorded.data, expected)
        np.testing.assert_array_equal(slope(Tensor(x), c, create_graph=True).data, expected)
        ways = [
            jvp(lambda x, k=k: autograd.where(is_open, singular(x * k), 0.0) * k, (z,), (np.ones(3),))[1].data
            for k in (c, fixed)
            for z in (x, Tensor(x))
        ]
        for way in ways[1:]:
            np.testing.assert_array_equal(way, ways[0])


@given(data=st.data())
def test_a_masked_product_is_zero_where_it_is_dead(data: st.DataObject) -> None:
    live = data.draw(hnp.arrays(bool, (4,)))
    g = np.where(live, data.draw(hnp.arrays(float, (4,), elements=floats)), 0.0)
    slope = data.draw(hnp.arrays(float, (4,), elements=floats))
    with np.errstate(all="ignore"):
        for part in (Masked(g, live) * slope, slope * Masked(g, live), Masked(g, live) / (1 / slope)):
            expected = np.where(live, g * slope, 0.0)
            close = np.isclose(part.data, expected, equal_nan=True) | (slope == 0) | ~np.isfinite(slope) & live
            assert close.all()
            assert part.live.tolist() == live.tolist()
        total = Masked(g, live) + Masked(slope * ~live, ~live)
        assert total.live.all()


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_the_way_back_through_a_constant_branch_reaches_nothing_and_says_nothing(kind: Any) -> None:
    x = kind(1.0)
    autograd.where(x < 0, x, 1.0).backward()
    assert float(x.grad) == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(data=st.data())
def test_a_replay_with_other_constants_has_no_zeros_of_the_old_ones(data: st.DataObject) -> None:
    x, c, other = (data.draw(hnp.arrays(float, (3,), elements=st.sampled_from([0.0, 1.0, 4.0]))) for _ in range(3))
    is_open = data.draw(hnp.arrays(bool, (3,)))

    def slope(c: Any, create_graph: bool = False) -> Any:
        leaf = Tensor(x)
        y = autograd.where(is_open, np.sqrt(leaf * c), 0.0)
        return gradients(y.sum(), leaf, create_graph=create_graph)

    with np.errstate(all="ignore"):
        with autograd.tracing():
            recorded = slope(Tensor(c, requires_grad=False, label="c"), create_graph=True)
        again = Graph.of(recorded).replay({"c": other}).nodes[-1].data
        finite = np.isfinite(again)
        np.testing.assert_array_equal(again[finite], slope(other)[finite])
        assert finite.all() or (x * c * other == 0).any()


@pytest.mark.parametrize("condition", [lambda x: ~(x > 1), lambda x: ~(x > 1) & (x > 0), lambda x: 2])
def test_a_condition_of_values_that_became_another_number_is_refused(condition: Any) -> None:
    x = Value(2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python is about to refuse ~True itself
        outcome = condition(x)
    with pytest.raises(DTypeError, match=r"where: expected True or False.*not \(x > 0\)"):
        autograd.where(outcome, 10 * x, x)
