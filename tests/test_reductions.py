"""Reductions where they are hard: ties, zeros, all alike, the ends of the floats, more than halves can count."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import assert_close
from strategies import numbers

import autograd
from autograd import DTypeError, Graph, LostGradientError, OperationError, ShapeError, Tensor, Value, gradients, tracing
from autograd.ops.scans import BLOCK, MANY

few = st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0]), min_size=1, max_size=6)


def values(xs: list[float]) -> list[Value]:
    return [Value(x) for x in xs]


# Ties.


@pytest.mark.parametrize(("ours", "extreme"), [(autograd.max, max), (autograd.min, min)])
@given(xs=few, weights=st.lists(numbers(-2, 2), min_size=6, max_size=6))
def test_a_tie_is_shared_equally_to_the_second_order_by_values_and_tensors(
    ours: Any, extreme: Any, xs: list[float], weights: list[float]
) -> None:
    ties = [x == extreme(xs) for x in xs]
    share = np.array(ties) / sum(ties)
    many, one = values(xs), Tensor(xs)
    for leaves, y in ((many, ours(many)), (one, ours(one))):
        assert_close(gradients(y, leaves), share)
        slopes = gradients(y * y, leaves, create_graph=True)
        along = sum((s * w for s, w in zip(slopes, weights, strict=False)), start=0.0 * y)
        expected = 2 * share * np.dot(share, weights[: len(xs)])
        assert_close(gradients(along, leaves), expected)


@pytest.mark.parametrize("op", [autograd.max_of, autograd.min_of])
def test_the_kinks_of_an_extreme_are_its_ties(op: Any) -> None:
    assert [op.kinks(*xs) for xs in [(1.0, 2.0, 1.0), (1.0, 3.0, -1.0), (5.0, 4.5)]] == [0.0, 2.0, 0.5]
    assert op.kinks(1.0) > 0


def test_an_extreme_of_values_is_one_node_and_is_shown_as_such() -> None:
    y = autograd.max([[Value(1.0, "a"), Value(2.0, "b")], [Value(2.0, "c"), 3.0]])
    assert (y.op, len(y.inputs)) == (autograd.max_of, 4)
    rows = autograd.min([[Value(1.0), Value(2.0)], [Value(0.0), Value(5.0)]], axis=1, keepdims=True)
    assert [v.data for v in rows.ravel()] == [1.0, 0.0]
    single = Value(2.0)
    assert autograd.max([single]) is single
    for ours in (autograd.max, autograd.min):
        with pytest.raises(OperationError, match="expected at least one element along what is folded"):
            ours(np.array([], dtype=object))


@pytest.mark.parametrize("ours", [autograd.max, autograd.min])
@given(xs=few, place=st.integers(0, 6))
def test_a_nan_is_the_extreme_and_nobody_has_a_slope(ours: Any, xs: list[float], place: int) -> None:
    xs.insert(place, math.nan)
    many, one = values(xs), Tensor(xs)
    with np.errstate(invalid="ignore"):
        for leaves, y in ((many, ours(many)), (one, ours(one))):
            assert math.isnan(y.item())
            assert np.isnan(gradients(y, leaves)).all()


@pytest.mark.parametrize("ours", [autograd.max, autograd.min])
@given(xs=few, others=few)
def test_a_recorded_slope_of_an_extreme_replays_with_the_ties_of_the_new_numbers(
    ours: Any, xs: list[float], others: list[float]
) -> None:
    n = min(len(xs), len(others))
    leaves = [Value(x, f"x{k}") for k, x in enumerate(xs[:n])]

    def slope(leaves: list[Value]) -> Any:
        return gradients(ours(leaves) ** 2, leaves[0], create_graph=True)

    with tracing():
        graph = Graph.of(slope(leaves))
    replayed = graph.replay({f"x{k}": x for k, x in enumerate(others[:n])})
    assert_close(replayed.nodes[replayed.outputs[0]].data, slope(values(others[:n])).data)


# Zeros among factors.


@given(xs=few, weights=st.lists(numbers(-2, 2), min_size=6, max_size=6))
def test_products_are_differentiated_twice_whatever_is_zero(xs: list[float], weights: list[float]) -> None:
    """The product of all others, and of all but two, by leaving them out."""
    n = len(xs)
    others = [math.prod(xs[:k] + xs[k + 1 :]) for k in range(n)]
    twice = [
        sum(weights[j] * math.prod(x for i, x in enumerate(xs) if i not in (j, k)) for j in range(n) if j != k)
        for k in range(n)
    ]
    many, one = values(xs), Tensor(xs)
    for leaves in (many, one):
        slopes = gradients(autograd.prod(leaves), leaves, create_graph=True)
        assert_close([float(s.item()) for s in slopes], others)
        along = sum((s * w for s, w in zip(slopes, weights, strict=False)), start=0.0 * slopes[0])
        assert_close(gradients(along, leaves), twice)


@given(xs=few, weights=st.lists(numbers(-2, 2), min_size=6, max_size=6))
def test_cumulative_products_are_differentiated_whatever_is_zero(xs: list[float], weights: list[float]) -> None:
    t = Tensor(xs)
    expected = [
        sum(weights[i] * math.prod(x for j, x in enumerate(xs[: i + 1]) if j != k) for i in range(k, len(xs)))
        for k in range(len(xs))
    ]
    assert_close(gradients((np.cumprod(t) * weights[: len(xs)]).sum(), t), expected)


def test_a_recurrence_is_what_its_name_says() -> None:
    a, b = np.array([9.0, 2.0, 0.0, 3.0]), np.array([1.0, 5.0, 7.0, -1.0])
    assert autograd.recurrence(a, b).tolist() == [1.0, 7.0, 7.0, 20.0]
    rows = autograd.recurrence(np.stack([a, a], axis=1), np.stack([b, 2 * b], axis=1), axis=0)
    assert rows.T.tolist() == [[1.0, 7.0, 7.0, 20.0], [2.0, 14.0, 14.0, 40.0]]


# All alike, or nothing at all.


def length(xs: Any) -> Any:
    return autograd.vector_norm(xs)


@pytest.mark.parametrize("f", [autograd.std, length, autograd.var, lambda x: autograd.vector_norm(x, ord=3)])
@given(n=st.integers(1, 5))
def test_where_there_is_no_direction_there_is_no_slope(f: Any, n: int) -> None:
    xs = [0.0] * n
    for leaves in (values(xs), Tensor(xs)):
        y = f(leaves)
        assert y.item() == 0
        assert_close(gradients(y, leaves), np.zeros(n))


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e170, 1e300])
@pytest.mark.parametrize("ord", [2, 3, 1.5])
def test_a_length_is_right_at_the_ends_of_the_floats(size: float, ord: float) -> None:
    xs = [3 * size, -4 * size, 0.0]
    expected = (3.0**ord + 4.0**ord) ** (1 / ord)
    for leaves in (values(xs), Tensor(xs)):
        y = autograd.vector_norm(leaves, ord=ord)
        assert y.item() == pytest.approx(expected * size, rel=1e-13)
        slopes = [(3 / expected) ** (ord - 1), -((4 / expected) ** (ord - 1)), 0.0]
        assert_close(gradients(y, leaves), slopes)


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e170, 1e300])
def test_a_deviation_is_right_at_the_ends_of_the_floats(size: float) -> None:
    xs = [1 * size, 2 * size, 4 * size]
    expected = np.std([1.0, 2.0, 4.0])
    for leaves in (values(xs), Tensor(xs)):
        y = autograd.std(leaves)
        assert y.item() == pytest.approx(expected * size, rel=1e-14)
        assert_close(gradients(y, leaves), (np.array([1.0, 2.0, 4.0]) - 7 / 3) / 3 / expected)


def test_one_row_beyond_the_floats_leaves_the_others_as_they_are() -> None:
    rows = np.array([[3.0, 4.0], [3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0]])
    found = autograd.vector_norm(rows, axis=1)
    np.testing.assert_allclose(found, [5.0, 5e200, 5e-200, 0.0, np.inf, np.nan], rtol=1e-15)


def test_the_sure_element_of_a_row_keeps_the_digits_of_its_slope() -> None:
    """As log p ≈ −e⁻⁴⁰ there, its own slope is the power of the other."""
    for leaves in (values([40.0, 0.0]), Tensor([40.0, 0.0])):
        y = autograd.log_softmax(leaves)[0]
        assert y.item() == pytest.approx(-math.exp(-40), rel=1e-14)
        assert_close(np.array(gradients(y, leaves)) * math.exp(40), [1.0, -1.0], 1e-12)


# Past NaN.


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanvar", "nanstd"])
@given(xs=st.lists(numbers(-2, 2), min_size=2, max_size=5, unique=True), place=st.integers(0, 5))
def test_what_is_no_number_receives_nothing_and_changes_nothing(name: str, xs: list[float], place: int) -> None:
    place = min(place, len(xs))
    holed = [*xs[:place], math.nan, *xs[place:]]
    plain = getattr(autograd, name.removeprefix("nan"))
    known = values(xs)
    expected = gradients(plain(known), known)
    for leaves in (values(holed), Tensor(holed)):
        found = list(gradients(getattr(autograd, name)(leaves), leaves))
        assert found.pop(place) == 0
        assert_close(found, expected)


@pytest.mark.parametrize("name", ["nanmean", "nanmax", "nanmin", "nanvar", "nanstd"])
def test_of_nothing_but_nan_nothing_is_known(name: str) -> None:
    for leaves in (values([math.nan]), Tensor([math.nan, math.nan])):
        with np.errstate(invalid="ignore"):
            assert math.isnan(getattr(autograd, name)(leaves).item())


# Quantiles.


@given(xs=st.lists(numbers(-2, 2), min_size=1, max_size=6), q=st.floats(0, 1))
def test_a_quantile_of_values_is_that_of_tensors(xs: list[float], q: float) -> None:
    many, one = values(xs), Tensor(xs)
    y, z = autograd.quantile(many, q), autograd.quantile(one, q)
    assert_close(y.data, np.quantile(xs, q))
    assert_close(z.data, np.quantile(xs, q))
    assert_close(gradients(y, many), gradients(z, one))
    assert np.sum(gradients(z, one)) == pytest.approx(1.0)


def test_a_quantile_at_an_element_is_that_element_beside_infinity() -> None:
    assert autograd.median([1.0, math.inf, 2.0]) == 2.0
    assert autograd.quantile([1.0, math.inf], 0.0) == 1.0
    with np.errstate(invalid="ignore"):
        assert math.isnan(autograd.median([1.0, math.nan, 2.0]))
        assert math.isnan(autograd.median(values([1.0, math.nan, 2.0])).data)


@pytest.mark.parametrize(
    ("call", "kind", "match"),
    [
        (lambda t: autograd.quantile(t, 1.5), ValueError, "quantile: .*expected q between 0 and 1, got 1.5"),
        (lambda t: autograd.percentile(t, -1), ValueError, "percentile: .*expected q between 0 and 100, got -1"),
        (lambda t: autograd.quantile(t, 0.5, method="middle"), ValueError, "expected a method that is one of"),
        (lambda t: np.median(t, overwrite_input=True), DTypeError, "overwrite_input=True"),
        (lambda t: np.quantile(t, 0.5, method="inverted_cdf", weights=[1, 2]), DTypeError, "expected no weights"),
        (lambda t: autograd.median(t[:0]), ShapeError, r"median: expected an element at least, got shape \(0,"),
        (lambda t: np.average(t, weights=[1.0, 2.0]), ShapeError, r"average: weights of shape \(2,\)"),
        (lambda t: np.average(t, axis=0, weights=[1.0]), ShapeError, "average: expected weights as long as"),
        (lambda t: np.cov(autograd.reshape(t, (1, 1, -1))), ShapeError, "cov: expected one variable, or a matrix"),
        (lambda t: np.gradient(t, [0.0, 1.0, 3.0, 4.0]), ShapeError, "gradient: expected . places along axis 0"),
        (lambda t: autograd.gradient(lambda x: x), DTypeError, r"gradient: .*a function: .*autograd\.grad\(f\)"),
        (lambda t: autograd.gradient(t.sum(), t), ShapeError, r"gradient: .*autograd\.gradients\(y, x\)"),
        (lambda t: np.gradient(t, edge_order=3), ValueError, "edge_order 1 or 2"),
        (lambda t: np.gradient(t, 1.0, 2.0, 3.0), ShapeError, "gradient: .*expected one spacing"),
        (lambda t: np.gradient(t[:1]), ShapeError, "gradient: expected 2 elements"),
        (lambda t: np.diff(t, n=-1), ValueError, "diff: .*expected n of 0 or more"),
        (lambda t: np.diff(t[0]), ShapeError, "diff: expected an axis"),
        (lambda t: np.linalg.norm(t, "x"), ValueError, "norm"),
        (lambda t: np.linalg.norm(t, axis=(0, 0, 0)), ValueError, "repeated axis"),
        (lambda t: np.linalg.norm(autograd.reshape(t, (1, 1, -1)), 2), ValueError, "norm: .*expected one axis"),
        (lambda t: np.linalg.norm(autograd.reshape(t, (1, -1)), "x"), ValueError, "norm: .*expected the order"),
        (lambda t: np.linalg.matrix_norm(t), ShapeError, "matrix_norm: expected a matrix"),
        (lambda t: np.var(t, ddof=1, correction=1), ValueError, "ddof and correction"),
        (lambda t: np.nanvar(t, ddof=1, correction=1), ValueError, "ddof and correction"),
        (lambda t: np.max(t, where=[True, False, True]), LostGradientError, "maximum.reduce of .*: give initial="),
        (lambda t: np.nanstd(t, mean=0.0), TypeError, "nanstd: got an unexpected keyword argument 'mean'"),
        (lambda t: np.cumsum(t, where=[True, False, True]), TypeError, "unexpected keyword argument 'where'"),
        (lambda t: t.mean(mean=0.0), TypeError, "mean: unknown or repeated argument 'mean'"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, kind: Any, match: str) -> None:
    with pytest.raises(kind, match=match):
        call(Tensor([1.0, 2.0, 4.0]))


# Places, and answers.


@given(xs=st.lists(st.sampled_from([1.0, 0.0, -2.0, math.nan]), min_size=1, max_size=5))
def test_places_and_answers_of_values_are_those_of_arrays(xs: list[float]) -> None:
    many = values(xs)
    for ours in (np.argmax, np.argmin, np.any, np.all, np.count_nonzero):
        name = ours.__name__
        expected = ours(np.array(xs))
        for found in (getattr(autograd, name)(many), ours(Tensor(xs))):
            assert found == expected
            assert np.asarray(found).dtype == np.asarray(expected).dtype
    if not np.isnan(xs).all():
        for ours in (np.nanargmax, np.nanargmin):
            assert getattr(autograd, ours.__name__)(many) == ours(Tensor(xs)) == ours(np.array(xs))
    else:
        with pytest.raises(ValueError, match="All-NaN"):
            autograd.nanargmax(many)


@pytest.mark.parametrize("f", [np.cov, np.corrcoef])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_how_variables_go_together_is_computed_in_doubles_as_by_numpy(f: Any, dtype: Any) -> None:
    x = np.cos(np.arange(12.0)).reshape(3, 4).astype(dtype)
    t = Tensor(x)
    y = f(t)
    assert y.dtype == f(x).dtype == np.float64
    np.testing.assert_allclose(y.data, f(x.astype(float)), rtol=1e-14)
    assert gradients(y[0, 1], t).dtype == dtype


# More elements than half precision can count.

N = 70_000

HALVES: dict[str, tuple[Any, float, float]] = {
    "mean": (autograd.mean, 0.5, 1 / N),
    "var": (lambda x: autograd.var(x * ALTERNATING), 0.25, 1 / N),
    "std": (lambda x: autograd.std(x * ALTERNATING), 0.5, 1 / N),
    "norm": (lambda x: autograd.norm(x), math.sqrt(N) / 2, 1 / math.sqrt(N)),
    "max": (autograd.max, 0.5, 1 / N),
    "min": (autograd.min, 0.5, 1 / N),
    "prod": (lambda x: autograd.prod(2 * x), 1.0, 2.0),
    "log_softmax": (lambda x: autograd.mean(autograd.log_softmax(x)), -math.log(N), 0.0),
    "cumsum": (lambda x: autograd.mean(autograd.cumsum(x / 64)), N / 256, 1 / 64),
    "cumprod": (lambda x: autograd.mean(autograd.cumprod(2 * x)), 1.0, 2.0),
    "average": (lambda x: autograd.average(x, weights=np.ones(N, np.float16)), 0.5, 1 / N),
    "nanmean": (autograd.nanmean, 0.5, 1 / N),
    "nanvar": (lambda x: autograd.nanvar(x * ALTERNATING), 0.25, 1 / N),
    "nanstd": (lambda x: autograd.nanstd(x * ALTERNATING), 0.5, 1 / N),
    "trapezoid": (lambda x: autograd.trapezoid(x, dx=np.float16(1 / 64)), N / 128, 1 / 128),
}
ALTERNATING = np.where(np.arange(N) % 2, -1, 1).astype(np.float16)


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("create_graph", [False, True])
def test_more_halves_than_they_can_count(name: str, create_graph: bool) -> None:
    f, value, slope = HALVES[name]
    x = Tensor(np.full(N, 0.5, np.float16))
    y = f(x)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.item(), value, rtol=2**-9)
    found = gradients(y * np.float16(64), x, create_graph=create_graph)
    found = found.numpy() if isinstance(found, Tensor) else found
    assert found.dtype == np.float16
    np.testing.assert_allclose(found[0], 64 * slope, rtol=2**-8, atol=2**-12)


# Long recurrences.


@given(
    rest=st.sampled_from([(), (2,)]),
    extra=st.integers(0, 70),
    size=st.sampled_from([0.5, 1.0, 1e-8, 1e8]),
    zeros=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_a_long_recurrence_is_what_its_steps_are(rest: Any, extra: int, size: float, zeros: bool, seed: int) -> None:
    """By blocks, or step by step where the products of a block are beyond the floats."""
    rng = np.random.default_rng(seed)
    n = MANY * BLOCK + extra
    a, b = size * rng.uniform(0.5, 1.5, (n, *rest)), rng.normal(size=(n, *rest))
    if zeros:
        a[rng.integers(n, size=5)] = 0.0
    b[: 3 * BLOCK] = 0.0
    expected, state = np.zeros((n, *rest)), np.zeros(rest)
    with np.errstate(all="ignore"):
        for k in range(n):
            state = a[k] * state + b[k]
            expected[k] = state
        found = autograd.table["recurrence"](a, b, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("function", [autograd.softmax, autograd.log_softmax])
def test_rows_of_nothing_have_no_softmax_and_no_warning(function: Any) -> None:
    assert function(np.zeros((0,))).shape == (0,)
    assert function(np.zeros((2, 0))).shape == (2, 0)
