"""What shapes, moves, pads and chooses: NumPy's numbers for whatever NumPy takes, and its views."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import DTypeError, GraphError, LostGradientError, Tensor, Value, gradients, no_grad

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=3)


def numbers(shape: tuple[int, ...]) -> Any:
    """All different."""
    return np.cos(np.arange(1.0, np.prod(shape, dtype=int) + 1) * 1.7).reshape(shape)


# Padding.

KEYWORDS = {
    "constant": ("constant_values", st.floats(-2, 2)),
    "linear_ramp": ("end_values", st.floats(-2, 2)),
    "maximum": ("stat_length", st.none() | st.integers(1, 4)),
    "minimum": ("stat_length", st.none() | st.integers(1, 4)),
    "mean": ("stat_length", st.none() | st.integers(1, 4)),
    "reflect": ("reflect_type", st.just("even")),
    "symmetric": ("reflect_type", st.just("even")),
    "edge": ("", st.nothing()),
    "wrap": ("", st.nothing()),
}


@given(data=st.data(), shape=SHAPES, mode=st.sampled_from(sorted(KEYWORDS)))
def test_a_margin_is_that_of_numpy(data: st.DataObject, shape: tuple[int, ...], mode: str) -> None:
    keyword, values = KEYWORDS[mode]
    widths = [data.draw(st.tuples(st.integers(0, 5), st.integers(0, 5))) for _ in shape]
    params = data.draw(st.fixed_dictionaries({}, optional={keyword: values} if keyword else {}))
    expected = np.pad(numbers(shape), widths, mode, **params)
    np.testing.assert_allclose(np.pad(Tensor(numbers(shape)), widths, mode, **params).data, expected, rtol=1e-13)
    values_of = np.pad(numbers(shape).astype("f4"), widths, mode, **params)
    assert autograd.pad(Tensor(numbers(shape).astype("f4")), widths, mode, **params).dtype == values_of.dtype


@given(shape=SHAPES, data=st.data(), mode=st.sampled_from(["reflect", "symmetric"]))
def test_an_odd_mirror_image_is_that_of_numpy_as_far_as_it_is_one(
    shape: tuple[int, ...], data: st.DataObject, mode: str
) -> None:
    widths = [data.draw(st.tuples(*[st.integers(0, n - (mode == "reflect"))] * 2)) for n in shape]
    expected = np.pad(numbers(shape), widths, mode, reflect_type="odd")  # type: ignore[call-overload]
    got = np.pad(Tensor(numbers(shape)), widths, mode, reflect_type="odd")  # type: ignore[call-overload]
    np.testing.assert_allclose(got.data, expected, rtol=1e-13)


def test_the_constants_of_a_margin_have_gradients() -> None:
    x, before, after = Tensor([1.0, 2.0]), Tensor(3.0), Tensor(4.0)
    y = autograd.pad(x, (2, 1), constant_values=(before, after))
    assert y.data.tolist() == [3, 3, 1, 2, 4]
    slopes = gradients((y * [1, 2, 3, 4, 5]).sum(), [x, before, after])
    assert [np.asarray(g).tolist() for g in slopes] == [[3, 4], 3, 5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: np.pad(t, 1, "empty"), "pad: expected one of the modes constant, .* got 'empty'"),
        (lambda t: np.pad(t, 1, lambda *_: None), "pad: expected one of the modes"),
        (lambda t: np.pad(t, 1, "edge", constant_values=3), "pad: mode 'edge' takes no keyword, got constant_values"),
        (lambda t: np.pad(t, -1), "pad: expected pad_width as whole numbers"),
        (lambda t: np.pad(t, [(1, 2)] * 3), "pad: expected pad_width as one, a pair, or a pair for each of 2 axes"),
        (lambda t: np.pad(t, 9, "reflect", reflect_type="odd"), "pad: expected widths of 1 at most"),
        (lambda t: np.pad(t, 1, "mean", stat_length=0), "pad: expected stat_length as whole numbers from 1 on"),
        (lambda t: np.pad(t[:0], 1, "edge"), "pad: expected elements along axis 0"),
        (lambda t: autograd.pad(t, t), "pad: expected pad_width as plain whole numbers, got a node"),
        (lambda t: np.reshape(t, -1, order="A"), "reshape: expected order 'C' or 'F', got 'A'"),
        (lambda t: np.reshape(t.T, -1, copy=False), "reshape: expected the array to lie so that no copy is needed"),
        (lambda t: np.squeeze(t, 0), r"squeeze: expected axes of length 1, got axis=0 of shape \(2, 2\)"),
        (lambda t: np.moveaxis(t, 0, (0, 1)), "moveaxis: expected as many destinations as sources"),
        (lambda t: np.moveaxis(t, 5, 0), "moveaxis: .*source: axis 5 is out of bounds"),
        (lambda t: np.split(t, 3), "split: expected a number of parts that divides 2"),
        (lambda t: np.dsplit(t, 1), "dsplit: expected 3 axes at least"),
        (lambda t: np.block([t, [t]]), "block: expected lists of one depth"),
        (lambda t: np.block((t, t)), "arrays is a tuple. Only lists"),
        (lambda t: autograd.take(t, t), "take: expected plain numbers to say which elements, got a node"),
        (
            lambda t: np.take(t, [0], out=np.zeros(1)),
            "take: expected no out=, which would write over",
        ),
        (lambda t: np.take(t, 9), "index 9 is out of bounds"),
        (lambda t: np.select([t], [t]), "select: expected conditions, got numbers"),
        (lambda t: np.diag(t[None]), "diag: expected a vector or a matrix"),
        (lambda t: np.rot90(t, axes=(0, 0)), "rot90|repeated axis"),
        (lambda t: np.meshgrid(t[0], indexing="yx"), "meshgrid: expected indexing 'xy' or 'ij'"),
        (
            lambda t: np.lib.stride_tricks.sliding_window_view(t, (1, 1), writeable=True),
            "sliding_window_view: expected writeable=False",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        call(Tensor([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize(
    ("call", "cure"),
    [
        (lambda t: np.put(t, [0], [1.0]), r"np.put writes into an array.* write t\[np.unravel_index"),
        (lambda t: np.place(t, t.data > 0, [1.0]), "np.place writes into an array.* t = where"),
        (lambda t: np.putmask(t, t.data > 0, 1.0), "np.putmask writes into an array.* t = where"),
        (lambda t: np.copyto(np.zeros(2), t), r"np.copyto writes into an array.* t\[...\] = v"),
        (lambda t: np.fill_diagonal(t, 1.0), "np.fill_diagonal writes into an array"),
        (lambda t: np.put_along_axis(t, np.array([0]), 1.0, 0), "np.put_along_axis writes into an array"),
        (lambda t: np.unique(t), r"np.unique is no operation .* write t\[i\]"),
        (lambda t: np.trim_zeros(t), "np.trim_zeros is no operation"),
        (lambda t: np.apply_along_axis(np.sum, 0, t), "np.apply_along_axis is no operation .* write a loop"),
        (lambda t: np.vectorize(np.sin)(t), "would silently lose its gradient"),
    ],
)
def test_what_would_lose_a_gradient_is_refused_with_the_cure(call: Callable[[Any], Any], cure: str) -> None:
    with pytest.raises(LostGradientError, match=cure):
        call(Tensor([1.0, 2.0]))


# Indices.


@given(data=st.data(), shape=SHAPES)
def test_what_is_inserted_deleted_and_split_is_as_numpy_says(data: st.DataObject, shape: tuple[int, ...]) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = shape[axis]
    places = data.draw(st.lists(st.integers(-n, n - 1), max_size=3) | st.integers(-n, n - 1) | st.slices(n))
    before, a, t = numbers(()), numbers(shape), Tensor(numbers(shape))
    np.testing.assert_array_equal(np.delete(t, places, axis).data, np.delete(a, places, axis))
    np.testing.assert_array_equal(np.insert(t, places, before, axis).data, np.insert(a, places, before, axis))
    if not isinstance(places, slice):
        places = np.array(places, int)
        np.testing.assert_array_equal(np.take(t, places, axis).data, np.take(a, places, axis))
        for got, expected in zip(
            np.array_split(t, np.ravel(places), axis), np.array_split(a, np.ravel(places), axis), strict=True
        ):
            np.testing.assert_array_equal(got.data, expected)


INDICES: dict[str, Any] = {
    "np.newaxis": (np.newaxis, 0),
    "Ellipsis": (..., None, -1),
    "negative steps": np.s_[::-2, ::-1],
    "beyond the ends": np.s_[1:99, -99:2],
    "a mask": numbers((3, 4)) > 0,
    "a mask of rows": np.array([True, False, True]),
    "a mask of columns": np.s_[:, np.array([True, False, True, True])],
    "a list": [2, 0, 2],
    "lists": ([0, 1, 0], [3, 3, 3]),
    "a list and a slice": np.s_[[1, 1], ::2],
    "a list, a new axis and a number": np.s_[[1, 1], None, 2],
    "arrays that broadcast": (np.array([[0], [2]]), np.array([1, -1])),
    "np.ix_": np.ix_([0, 2], [1, 1, 3]),
    "a mask and a list": (np.array([True, False, True]), [1, -4]),
    "nothing": np.array([], int),
    "an empty list": [],
    "an empty slice": np.s_[2:1],
    "True": True,
    "one element": (1, 2),
    "everything": (),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_every_kind_of_index_picks_and_assigns_as_numpy_does(index: Any) -> None:
    a = numbers((3, 4))
    t = Tensor(a)
    picked = t[index]
    np.testing.assert_array_equal(picked.data, a[index])
    weights = numbers(np.shape(a[index]))
    expected = np.zeros((3, 4))
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(gradients((picked * weights).sum(), t), expected, atol=1e-15)
    values = np.frompyfunc(Value, 1, 1)(a.astype(object))
    assert np.shape(autograd.getitem(values, index)) == np.shape(a[index])
    changed, plain = +t, a.copy()
    changed[index], plain[index] = 2.5, 2.5
    np.testing.assert_array_equal(changed.data, plain)
    np.testing.assert_array_equal(gradients(changed.sum(), t), plain != 2.5)


def test_the_rows_of_one_tensor_are_a_list_of_tensors() -> None:
    a = numbers((2, 3, 4))
    for function in (np.concatenate, np.stack, np.vstack, np.hstack, np.dstack):
        t = Tensor(a)
        expected = function(a)
        got = function(t)
        np.testing.assert_array_equal(got.data, expected)
        np.testing.assert_array_equal(gradients((got * got).sum(), t), 2 * a)
    with pytest.raises(TypeError, match="concatenate: expected one sequence"):
        autograd.concatenate(Tensor(1.0))


def test_a_value_is_an_array_of_no_axes() -> None:
    x = Value(2.0)
    assert isinstance(x.copy(), Value)
    for result in (
        x.ravel(),
        x.flatten(),
        x.repeat(2),
        np.tile(x, 2),
        np.atleast_1d(x),
        np.hstack([x, x]),
        np.pad([x], 1),
    ):
        assert gradients(np.sum(result), x) == sum(isinstance(y, Value) for y in result)


# Views.

VIEWS: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda a: np.reshape(a, (3, 2)),
    "reshape in columns": lambda a: np.reshape(a, (3, 2), order="F"),
    "ravel": np.ravel,
    "ravel of a transpose": lambda a: np.ravel(a.T),
    "ravel in columns": lambda a: np.ravel(a.T, order="F"),
    "flatten": lambda a: a.flatten(),
    "copy": lambda a: np.copy(a),
    "squeeze": lambda a: np.squeeze(a[:1]),
    "expand_dims": lambda a: np.expand_dims(a, (0, -1)),
    "swapaxes": lambda a: np.swapaxes(a, 0, 1),
    "moveaxis": lambda a: np.moveaxis(a, 0, 1),
    "matrix_transpose": lambda a: np.matrix_transpose(a),
    "mT": lambda a: a.mT,
    "atleast_3d": lambda a: np.atleast_3d(a),
    "flip": lambda a: np.flip(a, 1),
    "rot90": lambda a: np.rot90(a),
    "split": lambda a: np.split(a, 3, axis=1)[1],
    "array_split": lambda a: np.array_split(a, 2)[0],
    "hsplit": lambda a: np.hsplit(a, [1])[1],
    "roll": lambda a: np.roll(a, 1),
    "take": lambda a: np.take(a, [0], 0),
    "repeat": lambda a: np.repeat(a, 1),
    "tile": lambda a: np.tile(a, 1),
    "pad": lambda a: np.pad(a, 1),
    "triu": np.triu,
    "vstack": lambda a: np.vstack([a]),
    "block": lambda a: np.block(a),
    "insert": lambda a: np.insert(a, [], 1.0, 0),
    "delete": lambda a: np.delete(a, [], 0),
    "meshgrid": lambda a: np.meshgrid(a[0], a[:, 0])[0],
    "meshgrid of views": lambda a: np.meshgrid(a[0], a[:, 0], copy=False, sparse=True)[0],
    "unstack": lambda a: np.array_split(a, 2)[1],
}

READ_ONLY: dict[str, Callable[[Any], Any]] = {
    "diagonal": lambda a: np.diagonal(a),
    "diag": lambda a: np.diag(a, 1),
    "broadcast_to": lambda a: np.broadcast_to(a, (2, 2, 3)),
    "sliding_window_view": lambda a: np.lib.stride_tricks.sliding_window_view(a, (2, 2)),
}


@pytest.mark.parametrize("make", (VIEWS | READ_ONLY).values(), ids=VIEWS | READ_ONLY)
@pytest.mark.parametrize("kind", ["recorded", "constant", "silent"])
def test_what_is_assigned_shows_where_it_shows_in_numpy(make: Callable[[Any], Any], kind: str) -> None:
    a = numbers((2, 3))
    t = Tensor(numbers((2, 3)), requires_grad=kind != "constant")
    with no_grad() if kind == "silent" else nullcontext():
        t = t if kind == "silent" else +t
        part, looked = make(a), make(t)
        a[0, 1], t[0, 1] = 5.0, 5.0
        np.testing.assert_array_equal(looked.data, part)
        if make in READ_ONLY.values():
            with pytest.raises(GraphError, match="assign to that instead"):
                looked[..., 0] = 7.0
        else:
            part[..., -1], looked[..., -1] = 7.0, 7.0
        np.testing.assert_array_equal(t.data, a)
        np.testing.assert_array_equal(looked.data, part)


def test_an_axis_in_the_place_of_an_order_is_told_what_to_write() -> None:
    with pytest.raises(DTypeError, match=r"expected order 'C' or 'F', got 1, .*: write x\.reshape\(len\(x\), -1\)"):
        Tensor(np.ones((2, 3, 4))).flatten(1)
