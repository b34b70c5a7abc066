"""Tensor: arrays with broadcasting, NumPy's functions and indexing, dtypes, and data that may change under it."""

from __future__ import annotations

import math
import operator
import re
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numeric import assert_close, complex_step
from strategies import arrays, numbers

import autograd
from autograd import DTypeError, Graph, GraphError, OperationError, ShapeError, Tensor, gradients, no_grad

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
each_operator = pytest.mark.parametrize("operate", ARITHMETIC)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
NUMBERS_OF_ALL_KINDS = [
    2,
    2.0,
    True,
    np.float64(2),
    np.float32(2),
    np.int64(2),
    np.uint8(2),
    [2.0],
    [[1, 2]],
    np.ones(2),
]


# What a Tensor is.


@given(shapes.flatmap(arrays))
def test_a_new_tensor_is_a_leaf_with_a_private_copy(x: Any) -> None:
    t = Tensor(x, label="x")
    kept = x.copy()
    x += 1
    np.testing.assert_array_equal(t.data, kept)
    assert (t.shape, t.ndim, t.size, t.dtype) == (kept.shape, kept.ndim, kept.size, np.float64)
    assert (t.grad, t.op, t.inputs, t.label, t._op, t._prev) == (None, None, (), "x", "", ())
    assert t.requires_grad


@given(shapes.flatmap(arrays), st.data())
def test_gradients_have_the_shape_and_dtype_of_the_data(x: Any, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    t = Tensor(x, dtype=dtype)
    (t * t).sum().backward()
    assert type(t.grad) is np.ndarray
    assert (t.grad.shape, t.grad.dtype) == (x.shape, dtype)
    assert_close(t.grad, 2 * x, tolerance=1e-6)


def test_the_repr_is_short_and_shows_what_differs_from_the_ordinary() -> None:
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(Tensor(np.float32([1]), requires_grad=False, label="w")) == (
        "Tensor([1.], dtype=float32, requires_grad=False, label='w')"
    )
    assert repr(Tensor([1.0]) * 2) == "Tensor([2.], op=mul)"


def test_attributes_and_methods_that_numpy_has() -> None:
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert t.T.shape == t.transpose().shape == t.transpose(1, 0).shape == t.transpose((1, 0)).shape == (3, 2)
    assert t.reshape(3, 2).shape == t.reshape((3, 2)).shape == t.reshape(-1, 2).shape == (3, 2)
    assert t.reshape(-1).shape == (6,)
    assert len(t) == 2
    assert [row.data.tolist() for row in t] == [[1, 2, 3], [4, 5, 6]]
    assert t.sum().item() == 21 == float(t.sum())
    assert int(Tensor(3.7)) == 3
    with pytest.raises(ShapeError, match=r"item: expected one element, got a leaf of shape \(2, 3\)"):
        t.item()
    with pytest.raises(TypeError):
        len(Tensor(1.0))
    with pytest.raises(TypeError):
        iter(Tensor(1.0))
    with pytest.raises(ValueError, match="bool: expected one element"):
        bool(t)


def test_rows_of_a_tensor_are_recorded_when_iterated_or_unpacked() -> None:
    t = Tensor([[1.0, 2.0], [3.0, 4.0]])
    a, b = t
    (a * b).sum().backward()
    np.testing.assert_array_equal(t.grad, [[3, 4], [1, 2]])


def test_comparisons_are_plain_arrays_of_bools_and_the_hash_is_the_identity() -> None:
    t = Tensor([1.0, 2.0])
    for result in (t > 1, t > 1, t == t, t != [1, 5], np.greater(t, 1), t <= np.ones(2)):
        assert type(result) is np.ndarray
        assert result.dtype == bool
    np.testing.assert_array_equal(t < 1.5, [True, False])
    assert len({t, Tensor([1.0, 2.0])}) == 2


# Dtypes.


@pytest.mark.parametrize("data", [1, True, [1, 2], [True], np.int8([1]), np.uint64([1]), range(3)])
def test_integers_and_bools_become_float64(data: Any) -> None:
    assert Tensor(data).dtype == np.float64
    np.testing.assert_array_equal(Tensor(data).data, np.asarray(data))


@pytest.mark.parametrize("data", [1j, [1j, 2], np.complex64([1]), "text", ["a"], [None], [object()]])
def test_what_is_no_array_of_real_numbers_is_refused_with_the_cure(data: Any) -> None:
    with pytest.raises(DTypeError, match=r"Tensor: expected real numbers, got .*: .+"):
        Tensor(data)


def test_ragged_lists_are_refused() -> None:
    with pytest.raises(ShapeError, match="lists of equal lengths"):
        Tensor([[1.0], [2.0, 3.0]])


@pytest.mark.parametrize("other", NUMBERS_OF_ALL_KINDS, ids=repr)
@each_operator
def test_plain_numbers_and_arrays_are_constants_on_either_side(operate: Callable[..., Any], other: Any) -> None:
    x = np.array([1.5, 2.5])
    for swap in (False, True):
        t = Tensor(x)
        y = operate(other, t) if swap else operate(t, other)
        plain = np.asarray(other, dtype=float)
        expected = operate(plain, x) if swap else operate(x, plain)
        assert type(y) is Tensor
        np.testing.assert_allclose(y.data, expected, rtol=1e-15)
        y.sum().backward()
        f = partial(operate, plain) if swap else lambda v, plain=plain: operate(v, plain)
        tolerance = 1e-7 if getattr(other, "dtype", None) == np.float32 else 1e-10
        assert_close(t.grad, complex_step(lambda v, f=f: np.sum(f(v)), x), tolerance)
        assert len(y._prev) == 1


@each_operator
@pytest.mark.parametrize(
    "other", [2, 2.0, True, np.float32(2), np.float32([2, 3]), np.array(2, np.float32), [2, 3]], ids=repr
)
def test_a_float32_stays_one_beside_what_numpy_lets_it(operate: Callable[..., Any], other: Any) -> None:
    x = np.float32([1.5, 2.5])
    t = Tensor(x)
    y = operate(t, other)
    assert y.dtype == operate(x, other).dtype
    y.sum().backward()
    assert t.grad is not None
    assert t.grad.dtype == np.float32


def test_a_float32_keeps_its_gradient_in_float32_beside_a_float64() -> None:
    t = Tensor(np.float32([1.0, 2.0]))
    u = Tensor([3.0, 4.0])
    y = (t * u).sum()
    assert y.dtype == np.float64
    y.backward()
    assert (t.grad.dtype, u.grad.dtype) == (np.float32, np.float64)
    assert gradients(y, t).dtype == np.float32


@pytest.mark.parametrize("name", ["sum", "mean", "max", "softmax", "logsumexp"])
def test_reductions_keep_float32(name: str) -> None:
    t = Tensor(np.float32([[1, 2], [3, 4]]))
    y = getattr(t, name)(axis=1)
    assert y.dtype == np.float32
    y.sum().backward()
    assert t.grad.dtype == np.float32


@pytest.mark.parametrize("bad", [1j, np.complex64([1, 2]), "text", None, object(), np.array(["a", "b"]), ["a", "b"]])
def test_operands_that_are_no_real_numbers_are_refused(bad: Any) -> None:
    for operate in ARITHMETIC:
        for operands in ((Tensor([1.0, 2.0]), bad), (bad, Tensor([1.0, 2.0]))):
            with pytest.raises(TypeError):
                operate(*operands)


def test_tensors_inside_plain_lists_never_lose_their_gradient_silently() -> None:
    a, b = Tensor(2.0), Tensor(3.0)
    for use in (
        lambda: np.array([a, b]),
        lambda: autograd.sum([a, b]),
        lambda: Tensor([1.0, 1.0]) * [a, b],
        lambda: np.sum([a, b]),
    ):
        with pytest.raises(TypeError, match=r"silently lose its gradient.*stack"):
            use()
    y = autograd.stack([a, b]).sum()
    assert gradients(y, [a, b]) == [1, 1]
    with no_grad():
        np.testing.assert_array_equal(np.asarray(a), 2.0)


# Broadcasting.


@each_operator
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3), data=st.data())
def test_broadcasting_is_undone_on_the_way_back(operate: Callable[..., Any], shapes: Any, data: st.DataObject) -> None:
    x, y = (data.draw(arrays(shape, 0.5, 2)) for shape in shapes.input_shapes)
    weights = np.cos(np.arange(np.prod(shapes.result_shape))).reshape(shapes.result_shape)
    s, t = Tensor(x), Tensor(y)
    z = operate(s, t)
    assert z.shape == shapes.result_shape
    z.backward(weights)
    assert_close(s.grad, complex_step(lambda v: np.sum(weights * operate(v, y)), x))
    assert_close(t.grad, complex_step(lambda v: np.sum(weights * operate(x, v)), y))


@given(x=arrays(st.tuples(st.integers(0, 3), st.integers(0, 3))), axis=st.sampled_from([None, 0, 1, (0, 1)]))
def test_sums_over_zero_elements_work(x: Any, axis: Any) -> None:
    t = Tensor(x)
    y = t.sum(axis=axis)
    np.testing.assert_array_equal(y.data, x.sum(axis=axis))
    y.sum().backward()
    np.testing.assert_array_equal(t.grad, np.ones_like(x))


# Messages.


def test_shapes_that_do_not_fit_are_named_with_operation_and_labels() -> None:
    W, b = Tensor(np.ones((2, 3)), label="W"), Tensor(np.ones(2), label="b")  # noqa: N806
    for make, message in (
        (lambda: W + b, r"add: the shapes W\(2, 3\), b\(2,\) do not fit"),
        (lambda: W + np.ones(4), r"add: the shapes W\(2, 3\), \(4,\) do not fit"),
        (lambda: np.ones(4) * W, r"mul: the shapes \(4,\), W\(2, 3\) do not fit"),
        (lambda: W @ W, r"matmul: the shapes W\(2, 3\), W\(2, 3\) do not fit"),
        (lambda: W.reshape(4), r"reshape: the shapes W\(2, 3\), shape=4 do not fit"),
        (lambda: autograd.concatenate([W, b]), r"concatenate: the shapes W\(2, 3\), b\(2,\) do not fit"),
        (lambda: autograd.stack([W, b]), r"stack: the shapes W\(2, 3\), b\(2,\) do not fit"),
        (lambda: W.sum(axis=2), r"sum: the shapes W\(2, 3\), axis=2 do not fit"),
        (lambda: W[5], r"getitem: the shapes W\(2, 3\), index=5 do not fit"),
        (lambda: W.transpose(0, 0), r"transpose: the shapes W\(2, 3\)"),
    ):
        with pytest.raises(ShapeError, match=message):
            make()


@pytest.mark.parametrize("shape", [(2,), (0,), (2, 2)])
@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("bool", bool),
        ("bool", lambda t: not t),
        ("int", int),
        ("float", float),
        ("float", math.isnan),
        ("float", lambda t: "%.2f" % t),  # noqa: UP031
        ("float", complex),
        ("item", Tensor.item),
        ("format '.2f'", lambda t: f"{t:.2f}"),
    ],
)
def test_what_needs_one_number_says_so_and_who_it_is(name: str, ask: Callable[[Any], Any], shape: Any) -> None:
    for t, called in ((Tensor(np.ones(shape), label="w"), "w"), (Tensor(np.ones(shape)) * 2, "the result of mul")):
        message = rf"^{name}: expected one element, got {called} of shape {re.escape(str(shape))}: reduce .* index$"
        with pytest.raises(ShapeError, match=message):
            ask(t)


@pytest.mark.parametrize("one", [1.5, [1.5], [[1.5]]])
def test_one_element_is_a_number_whatever_its_axes(one: Any) -> None:
    t = Tensor(one)
    assert (bool(t), int(t), float(t), math.isnan(t), f"{t:.2f}", f"{t:>6.1f}") == (
        True,
        1,
        1.5,
        False,
        "1.50",
        "   1.5",
    )


def test_the_length_of_a_single_number_is_refused() -> None:
    for ask in (len, list):
        with pytest.raises(TypeError, match=r"len: expected an axis, got x of shape \(\): \.item\(\)"):
            ask(Tensor(1.0, label="x"))


def refusing(x: Any) -> Any:
    raise ValueError("expected a temperature above zero")


def test_what_fails_for_another_reason_than_shapes_says_which() -> None:
    singular, zero = Tensor(np.zeros((2, 2)), label="Z"), Tensor([0.0], label="z")
    autograd.primitive("inverse", np.linalg.inv, lambda g, y, x: g, doc="is wrong", check=False)
    autograd.primitive("refusing", refusing, lambda g, y, x: g, doc="is not reached")
    try:
        for call, cause, shape in (
            (lambda: autograd.table["inverse"](singular), np.linalg.LinAlgError("Singular matrix"), "Z(2, 2)"),
            (lambda: autograd.svd(singular * np.nan), np.linalg.LinAlgError("SVD did not converge"), "(2, 2)"),
            (lambda: autograd.table["refusing"](zero), ValueError("expected a temperature above zero"), "z(1,)"),
            (lambda: zero / 0.0, FloatingPointError("invalid value encountered in divide"), "z(1,), ()"),
            (lambda: zero.log(), FloatingPointError("divide by zero encountered in log"), "z(1,)"),
            (lambda: autograd.sort(zero, kind="x"), ValueError("sort kind must be"), "z(1,), kind='x'"),
        ):
            with np.errstate(all="raise"), pytest.raises(OperationError) as caught:
                call()
            assert type(caught.value.__cause__) is type(cause)
            assert isinstance(caught.value, type(cause))  # so that it is caught as before
            assert str(cause) in str(caught.value)
            assert f"failed on operands of the shapes {shape}" in str(caught.value)
            assert "do not fit" not in str(caught.value)
        with pytest.raises(ShapeError, match=r"inverse: the shapes \(1, 2\) do not fit: Last 2 dimensions"):
            autograd.table["inverse"](Tensor(np.ones((1, 2))))
    finally:
        autograd.remove("inverse")
        autograd.remove("refusing")


def test_numpy_arguments_that_the_table_lacks_are_refused_by_name() -> None:
    t = Tensor([[1.0, 2.0]])
    for call, name in (
        (lambda: autograd.logsumexp(t, where=[True]), "where"),
        (lambda: np.ptp(t, where=[True]), "where"),
        (lambda: t.cumsum(initial=0), "initial"),
        (lambda: t.sum(axes=0), "axes"),
    ):
        with pytest.raises(TypeError, match=f"'{name}'"):
            call()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda t: np.histogram2d(t[0], t[1]), "np.histogram2d"),
        (lambda t: np.fft.fft2(t), "np.fft.fft2"),
        (lambda t: np.polydiv(t[0], t[1]), "np.polydiv"),
        (lambda t: np.gcd(t, 2), "np.gcd"),
    ],
)
def test_numpy_functions_outside_the_table_are_refused_by_name(call: Callable[..., Any], name: str) -> None:
    with pytest.raises(TypeError, match=name + ".*no derivative in the table"):
        call(Tensor(np.eye(2)))


def test_python_operators_outside_the_table_are_refused() -> None:
    t = Tensor([5.0])
    for operate in (operator.and_, operator.xor, operator.lshift):
        with pytest.raises(TypeError):
            operate(t, 2)
    array = np.ones(1)
    with pytest.raises(TypeError, match=r"np\.add: .* got out="):
        array += t


@given(x=arrays((2, 3)), axis=st.sampled_from([None, 0, 1, -1]), keepdims=st.booleans())
def test_numpy_functions_are_the_tables(x: Any, axis: Any, keepdims: bool) -> None:
    t = Tensor(x)
    for name in ("sum", "mean", "max"):
        ours, theirs = (
            getattr(np, name)(t, axis=axis, keepdims=keepdims),
            getattr(np, name)(x, axis=axis, keepdims=keepdims),
        )
        assert ours.op.name == name
        np.testing.assert_array_equal(ours.data, theirs)
        np.testing.assert_array_equal(getattr(t, name)(axis, keepdims=keepdims).data, theirs)
    for ours, theirs in (
        (np.reshape(t, (3, 2)), x.reshape(3, 2)),
        (np.transpose(t), x.T),
        (np.broadcast_to(t, (4, 2, 3)), np.broadcast_to(x, (4, 2, 3))),
        (np.concatenate([t, x], axis=1), np.concatenate([x, x], axis=1)),
        (np.stack([x, t]), np.stack([x, x])),
        (np.matmul(x.T, t), x.T @ x),
        (np.where(x > 0, t, 0.0), np.where(x > 0, x, 0.0)),
    ):
        assert type(ours) is Tensor
        assert ours.requires_grad
        np.testing.assert_array_equal(ours.data, theirs)


# Indexing.

INDEX_PARTS = st.one_of(
    st.integers(-3, 2),
    st.slices(3),
    st.just(None),
    st.just(...),
    st.lists(st.integers(-3, 2), min_size=1, max_size=4),
    st.lists(st.integers(-3, 2), min_size=1, max_size=4).map(tuple),
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=3), elements=st.integers(-3, 2)),
    hnp.arrays(bool, 3),
    st.integers(-3, 2).map(np.int64),
)


@given(
    x=arrays((3, 3)),
    index=st.one_of(INDEX_PARTS, st.tuples(INDEX_PARTS), st.tuples(INDEX_PARTS, INDEX_PARTS), hnp.arrays(bool, (3, 3))),
)
def test_any_index_of_numpys_sends_the_gradient_back_to_what_it_picked(x: Any, index: Any) -> None:
    try:
        picked = x[index]
    except (IndexError, ValueError):
        with pytest.raises(ShapeError, match="getitem"):
            Tensor(x)[index]
        return
    t = Tensor(x)
    y = t[index]
    np.testing.assert_array_equal(y.data, picked)
    weights = np.cos(np.arange(picked.size)).reshape(picked.shape)
    y.backward(weights)
    assert_close(t.grad, complex_step(lambda v: np.sum(weights * v[index]), x))


@pytest.mark.parametrize("axis", [0, 1, -1, None])
@given(data=st.data())
def test_parts_of_any_length_are_concatenated_and_each_gets_its_own_gradient(axis: Any, data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = [data.draw(arrays((n, 2) if axis in (0, None) else (2, n))) for n in lengths]
    tensors = [Tensor(part) for part in parts]
    joined = np.concatenate(tensors, axis=axis)
    np.testing.assert_array_equal(joined.data, np.concatenate(parts, axis=axis))
    weights = np.cos(np.arange(joined.size)).reshape(joined.shape)
    joined.backward(weights)
    back = np.concatenate(
        [t.grad.ravel() if axis is None else t.grad for t in tensors], axis=0 if axis is None else axis
    )
    np.testing.assert_array_equal(back, weights)


def test_constants_among_the_parts_are_joined_too() -> None:
    t = Tensor([1.0, 2.0])
    y = autograd.concatenate([[5.0], t, np.ones(2)])
    np.testing.assert_array_equal(y.data, [5, 1, 2, 1, 1])
    y.backward([1, 2, 3, 4, 5])
    np.testing.assert_array_equal(t.grad, [2, 3])
    flat = autograd.concatenate([t, 3.0], axis=None)
    assert gradients(flat.sum(), t).tolist() == [1, 1]
    assert gradients(autograd.stack([Tensor(1.0), 3.0]).sum(), t).tolist() == [0, 0]


# Products.


@given(
    left=hnp.array_shapes(min_dims=1, max_dims=4, max_side=3, min_side=0),
    right=hnp.array_shapes(min_dims=1, max_dims=4, max_side=3, min_side=0),
    data=st.data(),
)
def test_matmul_of_vectors_matrices_and_batches(left: Any, right: Any, data: st.DataObject) -> None:
    right = list(right)
    right[-2 if len(right) > 1 else -1] = left[-1]
    for i in range(3, min(len(left), len(right)) + 1):  # make the batches broadcast
        if left[-i] != right[-i] and 1 not in (left[-i], right[-i]):
            right[-i] = left[-i]
    a, b = data.draw(arrays(left)), data.draw(arrays(tuple(right)))
    s, t = Tensor(a), Tensor(b)
    c = s @ t
    np.testing.assert_array_equal(c.data, a @ b)
    weights = np.cos(np.arange(c.size)).reshape(c.shape)
    c.backward(weights)
    assert_close(s.grad, complex_step(lambda v: np.sum(weights * (v @ b)), a))
    assert_close(t.grad, complex_step(lambda v: np.sum(weights * (a @ v)), b))
    assert_close((a @ t).data, c.data)
    assert_close((s @ b.tolist()).data, c.data) if b.size else None


def test_matmul_of_numbers_is_refused() -> None:
    for make in (lambda: Tensor(1.0) @ Tensor([1.0]), lambda: Tensor([1.0]) @ 2.0):
        with pytest.raises((ShapeError, TypeError)):
            make()


# Kinks and edges.


@given(x=arrays((2, 4)).map(np.round), axis=st.sampled_from([None, 0, 1]))
def test_ties_of_max_share_the_gradient_equally(x: Any, axis: Any) -> None:
    t = Tensor(x)
    t.max(axis=axis).sum().backward()
    winners = x == x.max(axis=axis, keepdims=True)
    np.testing.assert_allclose(t.grad, winners / winners.sum(axis=axis, keepdims=True))


def test_at_a_kink_the_slope_is_the_documented_one() -> None:
    zero = Tensor([0.0, -0.0])
    for y, slope in (
        (zero.relu(), 0), (abs(zero), 0), (zero.sign(), 0), (zero.leaky_relu(), 0.01),
        (np.maximum(zero, 0.0), 0.5), (np.minimum(0.0, zero), 0.5),
    ):  # fmt: skip
        np.testing.assert_array_equal(gradients(y.sum(), zero), [slope, slope])


@given(x=arrays((3,)), shift=st.sampled_from([1e4, -1e4, 1e300, -1e300]))
def test_softmax_and_logsumexp_are_exact_far_out(x: Any, shift: float) -> None:
    t = Tensor(x + shift)
    near = t.data - t.data.max()
    p = np.exp(near) / np.exp(near).sum()
    assert_close(t.softmax().data, p)
    assert t.logsumexp().item() == pytest.approx(t.data.max() + np.log(np.exp(near).sum()), rel=1e-15)
    assert_close(gradients(t.logsumexp(), t), p)


@given(x=arrays((4,)), mask=hnp.arrays(bool, 4))
def test_masks_of_minus_infinity_leave_the_rest_as_if_alone(x: Any, mask: Any) -> None:
    assume(not mask.all())
    t = Tensor(x)
    masked = autograd.where(mask, -np.inf, t)
    alone = Tensor(x[~mask])
    for name in ("softmax", "logsumexp"):
        y, z = getattr(masked, name)(), getattr(alone, name)()
        kept = y[~mask] if name == "softmax" else y
        assert_close(kept.data, z.data)
        weights = np.cos(np.arange(z.size)).reshape(z.shape)
        slopes = gradients((kept * weights).sum(), t)
        np.testing.assert_array_equal(slopes[mask], 0)
        assert_close(slopes[~mask], gradients((z * weights).sum(), alone))


def test_logsumexp_of_nothing_but_minus_infinity_is_that_silently() -> None:
    assert autograd.logsumexp(Tensor([-np.inf, -np.inf])).item() == -np.inf
    assert autograd.logsumexp(np.array([-np.inf])) == -np.inf


def test_infinite_scores_do_not_make_logsumexp_nan() -> None:
    assert autograd.logsumexp(np.array([np.inf, 0.0])) == np.inf


def test_nan_propagates() -> None:
    t = Tensor([1.0, np.nan, 3.0])
    for y in (t.sum(), t.mean(), t.max(), t.softmax().sum(), t.logsumexp(), np.maximum(t, 0.0).sum(), t.relu().sum()):
        assert np.isnan(y.item())
    assert np.isnan(gradients((t * t).sum(), t)[1])
    assert np.isnan(gradients(t.max(), t)).all()


# where.

ILL: dict[str, Callable[[Tensor], Tensor]] = {
    "log": lambda x: np.log(x),
    "sqrt": lambda x: np.sqrt(x),
    "one over": lambda x: 1 / x,
    "power": lambda x: x**-0.5,
    "log of a log": lambda x: np.log(np.log(x * x)),
    "row norms": lambda x: x / np.sqrt((x * x).sum(axis=0, keepdims=True)),
    "reshaped": lambda x: np.log(x).reshape(1, -1).T.reshape(-1),
    "indexed": lambda x: np.log(x)[[0, 1, 2]],
}


@pytest.mark.parametrize("ill", ILL.values(), ids=ILL.keys())
def test_where_lets_nothing_through_from_the_branch_not_taken(ill: Callable[[Tensor], Tensor]) -> None:
    x = np.zeros(3) if ill is ILL["row norms"] else np.array([0.0, 4.0, 0.0])
    t = Tensor(x, label="t")
    with np.errstate(all="ignore"):
        y = autograd.where(x > 0, ill(t), 3 * t).sum()
    y.backward()
    timeline = autograd.steps(y)
    ended = timeline.gradients[timeline.graph["t"].index]
    for slopes in (t.grad, gradients(y, t), gradients(y, t, create_graph=True).data, ended):
        np.testing.assert_array_equal(slopes[x == 0], 3)
        assert np.isfinite(slopes).all()


def test_where_still_lets_nan_through_from_the_branch_taken() -> None:
    t = Tensor([0.0, 1.0])
    with np.errstate(all="ignore"):
        y = autograd.where([True, False], t / t, t)
    assert np.isnan(gradients(y.sum(), t)).tolist() == [True, False]


def test_what_is_used_both_behind_a_gate_and_beside_it_receives_the_open_part() -> None:
    t = Tensor([0.0, 4.0])
    with np.errstate(all="ignore"):
        root = np.sqrt(t)
        y = autograd.where(t > 0, root, 0.0) + t * 2
        np.testing.assert_array_equal(gradients(y.sum(), t), [2, 2.25])
        z = autograd.where(t > 0, root, 0.0) + root
        assert np.isinf(gradients(z.sum(), t)[0])


def test_gates_behind_gates_and_side_by_side_let_through_what_all_of_them_do() -> None:
    t = Tensor([0.0, 1.0, 4.0])
    with np.errstate(all="ignore"):
        nested = autograd.where([True, True, False], autograd.where([False, True, True], np.sqrt(t), t), 0.0)
        np.testing.assert_array_equal(gradients(nested.sum(), t), [1, 0.5, 0])
        root = np.sqrt(t)
        first, second = autograd.where([False, True, False], root, 0.0), autograd.where([False, False, True], root, 0.0)
        for y in (first + second, second + first):
            np.testing.assert_array_equal(gradients(y.sum(), t), [0, 0.5, 0.25])
        outer = autograd.where([True, False, False], t, np.sqrt(autograd.where([True, False, True], 1.0 / t, t)))
        np.testing.assert_array_equal(gradients(outer.sum(), t), [1, 0.5, -0.0625])


# Data that changes between forward and backward.


def cases() -> dict[str, Callable[[Tensor, Any], Tensor]]:
    index, mask = [0, 2], np.array([True, False, True])
    return {
        "product": lambda t, c: (t * c).sum(),
        "power": lambda t, c: (t**3).sum() + (2.0**t).sum(),
        "another tensor": lambda t, c: (t * Tensor(c) / (Tensor(c * c + 1.0) - t * 0.125)).sum(),
        "constant first": lambda t, c: (c / (t * t + 1.0)).sum(),
        "matmul": lambda t, c: (c @ t) * (t @ c[::-1]),
        "view": lambda t, c: (t * c[::-1]).sum(),
        "reshape": lambda t, c: (t.reshape(3, 1) * t.reshape(1, 3) * c).sum(),
        "same twice": lambda t, c: (t * t * t).sum() + (c * t).sum(),
        "index": lambda t, c: (t[index] * t[mask] * c[index]).sum(),
        "where": lambda t, c: autograd.where(c > 0, t * t, t * c).sum(),
        "softmax": lambda t, c: (t.softmax() * c).sum(),
        "max": lambda t, c: (t * t).max() + (t * c).max(),
        "list": lambda t, c: (t * [c[0], c[1], c[2]]).sum(),
        "concatenate": lambda t, c: (autograd.concatenate([t, c, t * c]) ** 2).sum(),
    }


def spoil(leaf: Tensor, constant: Any, how: int) -> None:
    """Something that a person may do to the data between forward and backward."""
    if how == 0:
        leaf.data[...] = 7.0
    elif how == 1:
        leaf.data -= 0.5
    elif how == 2:
        leaf.data = np.full(3, -7.0)
    elif how == 3:
        constant *= -3
    elif how == 4:
        constant[::-1][0] = 11.0
    elif how == 5:
        leaf.data[1:].sort()
    else:
        np.negative(constant, out=constant)


@pytest.mark.parametrize("name", cases())
@given(
    x=arrays((3,)),
    c=arrays((3,)),
    touched=st.booleans(),
    before=st.lists(st.integers(0, 6), max_size=2),
    after=st.lists(st.integers(0, 6), min_size=1, max_size=3),
)
def test_the_gradient_is_that_of_the_numbers_the_result_was_computed_from(
    name: str, x: Any, c: Any, touched: bool, before: list[int], after: list[int]
) -> None:
    f = cases()[name]
    leaf, constant = Tensor(x), c.copy()
    if touched:
        _ = leaf.data  # handed out: from now on anything may be written to it
    for how in before:
        spoil(leaf, constant, how)
    reference = Tensor(leaf.numpy())
    fixed = constant.copy()
    y = f(leaf, constant)
    expected = f(reference, fixed)
    for how in after:
        spoil(leaf, constant, how)
        np.testing.assert_array_equal(y.data, expected.data)
        np.testing.assert_array_equal(gradients(y, leaf), gradients(expected, reference))
    y.backward()
    expected.backward()
    np.testing.assert_array_equal(leaf.grad, reference.grad)


def test_masks_and_indices_may_change_after_they_were_used() -> None:
    t = Tensor([1.0, 2.0, 3.0])
    index, pair, mask = [0, 1], np.array([0, 1]), np.array([True, False, False])
    y = t[index].sum() + t[pair].sum() + t[mask].sum() + autograd.where(mask, t, 0.0).sum() + t[(pair,)].sum()
    index[0], pair[0], mask[:] = 2, 2, True
    np.testing.assert_array_equal(gradients(y, t), [5, 3, 0])


def test_the_data_of_a_result_cannot_be_written_to() -> None:
    t = Tensor([1.0, 2.0])
    y = t * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 5.0
    with pytest.raises(GraphError, match="only that of a leaf"):
        y.data = np.zeros(2)
    with pytest.raises(ValueError, match="read-only"):
        t.numpy()[0] = 5.0


def test_new_data_has_the_old_shape_and_dtype() -> None:
    t = Tensor(np.float32([1.0, 2.0]))
    t.data = [3, 4]
    assert t.dtype == np.float32
    with pytest.raises(ShapeError, match=r"expected shape \(2,\), got \(3,\)"):
        t.data = np.zeros(3)
    with pytest.raises(ShapeError, match="expected"):
        t.assign(np.zeros(2))


def test_a_training_step_in_place_uses_the_new_data_next_time() -> None:
    w = Tensor([1.0, 2.0])
    for _ in range(3):
        w.zero_grad()
        (w * w).sum().backward()
        w.data -= 0.25 * w.grad
    np.testing.assert_array_equal(w.data, [0.125, 0.25])


def test_a_snapshot_does_not_change_with_the_data() -> None:
    t = Tensor([1.0, 2.0], label="t")
    _ = t.data
    graph = Graph.of((t * t).sum())
    t.data[:] = 9.0
    np.testing.assert_array_equal(graph["t"].data, [1, 2])
    with pytest.raises(ValueError, match="read-only"):
        graph["t"].data[0] = 5.0


# What is tracked.


def test_tensors_that_require_no_gradient_are_constants() -> None:
    w, x = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=False)
    y = (w * x).sum()
    y.backward()
    np.testing.assert_array_equal(w.grad, [3, 4])
    assert x.grad is None
    assert not (x * 2).requires_grad
    assert (x * 2).op is None
    detached = w.detach()
    assert not detached.requires_grad
    assert not np.shares_memory(detached.data, w.data)


@given(numbers(), numbers())
def test_a_node_beside_a_constant_branch_gets_its_whole_gradient(a: float, b: float) -> None:
    w, x = Tensor(a), Tensor(b, requires_grad=False)
    q = x * x
    y = w * q + q
    y.backward()
    assert w.grad == b * b
    assert q.grad is None


# Constant arrays.


def test_a_large_constant_is_copied_once_while_it_stays_the_same() -> None:
    batch, w = np.ones((64, 64)), Tensor(np.ones((64, 2)))
    first, second = batch @ w, batch @ w
    assert first.inputs[0] is second.inputs[0]
    assert not np.shares_memory(first.inputs[0], batch)
    batch[0, 0] = -0.0
    third = batch @ w
    batch[0, 0] = 0.0  # of another sign: other bits
    fourth = batch @ w
    for y, corner in ((second, 1.0), (third, -0.0), (fourth, 0.0)):
        assert str(y.inputs[0][0, 0]) == str(corner)
    written = np.frombuffer(np.ones(4096).tobytes()).reshape(64, 64)
    assert (written @ w).inputs[0] is written


def test_a_constant_and_its_copy_are_let_go() -> None:
    batch, w = np.ones((64, 64)), Tensor(np.ones((64, 2)))
    y = batch @ w
    kept = [weakref.ref(batch), weakref.ref(y.inputs[0])]
    del batch
    assert kept[0]() is None
    del y
    assert kept[1]() is None
