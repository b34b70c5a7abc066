"""NumPy's protocols: ufuncs with their methods and settings, what just answers, and arrays of Values."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numeric import assert_close
from strategies import arrays

import autograd
from autograd import DTypeError, Graph, GraphError, LostGradientError, Tensor, Value, tracing
from autograd.protocols import AT_ONCE

A = np.array([[1.5, -0.5, 2.0], [0.25, 3.0, -1.25]])
B = np.array([[0.5, 1.75, -2.5], [1.25, -0.75, 0.4]])
MASK = np.array([[True, False, True], [True, True, False]])


def slopes(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    """The derivatives of the sum of what a function gives, by central differences of NumPy's own numbers."""
    found = []
    for k, x in enumerate(inputs):
        slope = np.empty_like(x)
        for index in np.ndindex(x.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = x.copy()
                moved[index] += step
                ends.append(np.sum(function(*inputs[:k], moved, *inputs[k + 1 :])))
            slope[index] = (ends[0] - ends[1]) / 2e-6
        found.append(slope)
    return found


def expect_same(function: Callable[..., Any], *inputs: Any) -> None:
    """The numbers are NumPy's on plain arrays, and the gradients those of differences."""
    tensors = [Tensor(x) for x in inputs]
    result = function(*tensors)
    expected = function(*[x.copy() for x in inputs])
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    assert_close(result.data, expected)
    result.sum().backward()
    for tensor, slope in zip(tensors, slopes(function, *inputs), strict=True):
        grad = np.zeros_like(slope) if tensor.grad is None else tensor.grad
        np.testing.assert_allclose(grad, slope, rtol=1e-6, atol=1e-6)


#: In single precision a number of Python's, or one that is written among the elements, does not change the dtype.
SINGLES: dict[str, Callable[[Any], Any]] = {
    "nan_to_num": lambda a: np.nan_to_num(a),
    "nan_to_num of a double": lambda a: np.nan_to_num(a, nan=np.float64(1.0)),
    "linspace": lambda a: np.linspace(a, 1, 3),
    "linspace to a double": lambda a: np.linspace(a, np.float64(1), 3),
    "max": lambda a: np.max(a, initial=np.float64(2.5)),
    "sum": lambda a: np.sum(a, initial=np.float64(2.5)),
    "nanmin": lambda a: np.nanmin(a, axis=0, initial=np.float64(-0.5)),
    "clip": lambda a: np.ones(3, np.float32).clip(-0.5, a),
    "logspace": lambda a: np.logspace(a, 1, 3),
    "full_like": lambda a: np.full_like(a, a[0, 0]) + a,
    "vander": lambda a: np.vander(a[0], 3),
}


@pytest.mark.parametrize("name", SINGLES)
def test_single_precision_stays(name: str) -> None:
    single = A.astype(np.float32)
    expected, got = SINGLES[name](single), SINGLES[name](Tensor(single))
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got.data, expected, rtol=1e-6)


def test_there_is_no_largest_of_nothing_but_a_first_number() -> None:
    for function in (np.max, np.amin, np.nanmax, np.nanmin, np.sum, np.nanprod, np.maximum.reduce):
        for axis in (0, 1, None):
            got = function(Tensor(np.zeros((0, 3))), axis=axis, initial=0.5, keepdims=True)
            np.testing.assert_array_equal(got.data, function(np.zeros((0, 3)), axis=axis, initial=0.5, keepdims=True))
    assert np.nanmax(Tensor([np.nan]), initial=0.5).item() == 0.5


def test_where_of_a_condition_alone_tells_its_places() -> None:
    np.testing.assert_array_equal(np.where(Tensor(A)), np.where(A))
    with tracing():
        t = Tensor(A, label="t")
        result = t[np.where(t > 0)]
    np.testing.assert_array_equal(result.data, A[A > 0])
    graph = autograd.Graph.of(result)
    assert_close(graph.replay({"t": A / 2})[graph.outputs[0]].data, A[A > 0] / 2)
    with pytest.raises(GraphError):
        graph.replay({"t": -A})


METHODS: dict[str, Callable[[Any], Any]] = {
    "add.reduce": lambda a: np.add.reduce(a),
    "add.reduce of all": lambda a: np.add.reduce(a, None),
    "add.reduce over axes": lambda a: np.add.reduce(a, axis=(0, 1), keepdims=True),
    "add.reduce from": lambda a: np.add.reduce(a, axis=-1, initial=2.5),
    "add.reduce where": lambda a: np.add.reduce(a, axis=1, where=MASK),
    "multiply.reduce": lambda a: np.multiply.reduce(a, axis=1),
    "multiply.reduce where": lambda a: np.multiply.reduce(a, where=MASK, initial=3.0),
    "maximum.reduce": lambda a: np.maximum.reduce(a, axis=1),
    "maximum.reduce where": lambda a: np.maximum.reduce(a, axis=0, where=MASK, initial=-1.0),
    "maximum.reduce of none": lambda a: np.maximum.reduce(a[:0], axis=0, initial=2.5) * a,
    "minimum.reduce": lambda a: np.minimum.reduce(a, axis=-1, keepdims=True),
    "logaddexp.reduce": lambda a: np.logaddexp.reduce(a, axis=1) if isinstance(a, np.ndarray) else by_logsumexp(a),
    "subtract.reduce": lambda a: np.subtract.reduce(a, axis=1),
    "subtract.reduce from": lambda a: np.subtract.reduce(a, axis=1, initial=1.0),
    "divide.reduce": lambda a: np.divide.reduce(a),
    "divide.reduce of a vector": lambda a: np.divide.reduce(a[0], keepdims=True),
    "add.accumulate": lambda a: np.add.accumulate(a),
    "add.accumulate along": lambda a: np.add.accumulate(a, axis=-1),
    "multiply.accumulate": lambda a: np.multiply.accumulate(a, axis=1),
    "maximum.accumulate": lambda a: np.maximum.accumulate(a, axis=1),
    "subtract.accumulate": lambda a: np.subtract.accumulate(a, -1),
    "add.outer": lambda a: np.add.outer(a, B),
    "multiply.outer": lambda a: np.multiply.outer(a, a[0]),
    "divide.outer of a list": lambda a: np.divide.outer([1.0, 2.0], a),
    "subtract.outer with a number": lambda a: np.subtract.outer(2.0, a),
    "maximum.outer": lambda a: np.maximum.outer(a[0], [0.7, 1.1]),
    "defaults": lambda a: np.multiply(a, B, where=True, casting="same_kind", order="K", dtype=None, subok=True),
}


def by_logsumexp(a: Any) -> Any:
    """`np.logaddexp` need not be in the table for that."""
    return autograd.logsumexp(a, axis=1)


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_ufuncs_give_what_they_give_for_arrays(name: str) -> None:
    expect_same(METHODS[name], A)


def test_what_is_folded_at_once_is_one_operation() -> None:
    for (name, method), operation in AT_ONCE.items():
        if operation in autograd.table and autograd.op.override_of(getattr(np, name)):
            result = getattr(getattr(np, name), method)(Tensor(A))
            assert result.op is autograd.table[operation]


def test_of_no_rows_there_is_what_numpy_says() -> None:
    empty = Tensor(np.empty((0, 3)))
    assert np.subtract.accumulate(empty).shape == (0, 3)
    assert_close(np.subtract.reduce(empty, initial=1.0), np.ones(3))
    with pytest.raises(autograd.OperationError, match=r"divide\.reduce"):
        np.divide.reduce(empty)


def result_of(function: Callable[..., Any], target: Any) -> Callable[..., Any]:
    """A function that is given something to write its result to, of the kind of what it is called with."""

    def call(*inputs: Any) -> Any:
        out = target.copy() if isinstance(inputs[0], np.ndarray) else Tensor(target, requires_grad=False)
        result = function(*inputs, out)
        assert result is out
        return out

    return call


OUT: dict[str, Callable[..., Any]] = {
    "out": lambda a, b, out: np.add(a, b, out=out),
    "out by place": lambda a, b, out: np.multiply(a, b, out),
    "out that is wider": lambda a, b, out: np.subtract(a[0], b[:1], out=out),
    "where": lambda a, b, out: np.divide(a, b, out=out, where=MASK),
    "where of numbers": lambda a, b, out: np.exp(a * b, where=b > 0, out=out),
}


@pytest.mark.parametrize("name", OUT)
def test_a_tensor_that_is_given_for_the_result_has_it_and_its_gradient(name: str) -> None:
    expect_same(result_of(OUT[name], np.full((2, 3), 7.0)), A, B)


def test_what_where_leaves_out_is_not_computed_into_the_gradient() -> None:
    """The usual guard against a division by zero."""

    def ratio(a: Any, b: Any) -> Any:
        return np.divide(a, b, out=np.zeros_like(a), where=b != 0)

    zeros = np.where(MASK, B, 0.0)
    a, b = Tensor(A), Tensor(zeros)
    result = ratio(a, b)
    assert_close(result.data, ratio(A, zeros))
    result.sum().backward()
    assert_close(a.grad, np.divide(1.0, zeros, out=np.zeros((2, 3)), where=MASK))
    assert_close(b.grad, np.divide(-A, zeros**2, out=np.zeros((2, 3)), where=MASK))


def test_plain_arrays_take_no_result_of_nodes() -> None:
    t, plain = Tensor(A, label="t"), B.copy()
    with pytest.raises(LostGradientError, match=r"np\.add: .*out= of plain numbers.*of t .*a = a \+ b"):
        plain += t
    assert_close(plain, B)


# What just answers.

ANSWERS: dict[str, Callable[[Any], Any]] = {
    "isnan": lambda a: np.isnan(a / (a > 0)),
    "isclose": lambda a: np.isclose(a, B, rtol=0.5),
    "argmax": lambda a: np.argmax(a, axis=1),
    "nonzero": lambda a: np.nonzero(a > 0),
    "any": lambda a: np.any(a > 1, axis=0),
    "method": lambda a: a.argmin(),
    "array_equal": lambda a: np.array_equal(a, A),
    "allclose": lambda a: np.allclose(B, a),
    "count_nonzero": lambda a: np.count_nonzero(a > 0, axis=1),
    "searchsorted": lambda a: np.searchsorted([0.0, 1.0, 2.0], a),
    "searchsorted in it": lambda a: np.searchsorted(a[1], 0.5),
    "lexsort": lambda a: np.lexsort((a[0], a[1])),
    "digitize": lambda a: np.digitize(a, [0.0, 1.0]),
    "in a list": lambda a: np.isin([1.5, 2.0], a),
    "reduce": lambda a: np.logical_and.reduce(a, axis=1),
    "outer": lambda a: np.greater.outer(a[0], a[1]),
    "out": lambda a: np.greater(a, 0, out=np.empty((2, 3), dtype=bool)),
    "result_type": lambda a: np.result_type(a, np.float32),
    "text": lambda a: np.array2string(a, precision=2),
    "iscomplexobj": lambda a: np.iscomplexobj(a),
    "indices": lambda a: np.tril_indices_from(a),
    "shape": lambda a: np.shape(a),
    "size": lambda a: (np.size(a), np.size(a, 1), np.ndim(a)),
    "ones_like": lambda a: np.ones_like(a, dtype=int),
}


def plain(result: Any) -> Any:
    return np.array(result) if isinstance(result, tuple) else np.asarray(result)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("name", ANSWERS)
def test_what_has_no_gradient_to_lose_just_answers(name: str) -> None:
    got, expected = ANSWERS[name](Tensor(A)), ANSWERS[name](A)
    assert type(got) is type(expected)
    np.testing.assert_array_equal(plain(got), plain(expected))


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("name", ANSWERS)
@given(a=arrays((2, 3)), new=arrays((2, 3)))
def test_inside_tracing_an_answer_holds_in_replays_or_they_are_refused(name: str, a: Any, new: Any) -> None:
    def function(a: Any) -> Any:
        answer = plain(ANSWERS[name](a))
        return a.sum() * (float(np.sum(answer)) if answer.dtype.kind in "biu" else 1.0)

    with tracing():
        graph = Graph.of(function(Tensor(a, label="a")))
    for copied in (graph, pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        assert_close(copied.replay({"a": a})[copied.outputs[0]].data, function(Tensor(a)).data)
        try:
            again = copied.replay({"a": new})
        except GraphError:
            assert not np.array_equal(
                plain(ANSWERS[name](Tensor(a))), plain(ANSWERS[name](Tensor(new))), equal_nan=False
            )
        else:
            assert_close(again[again.outputs[0]].data, function(Tensor(new)).data)


@pytest.mark.parametrize("ask", [np.isnan, np.isinf, np.isfinite, np.argmax, lambda v: np.isclose(v, 1.0)])
def test_what_a_value_answers_holds_in_replays_or_they_are_refused(ask: Callable[[Any], Any]) -> None:
    for new in (2.0, 1.0, np.inf, np.nan):
        with tracing():
            x = Value(2.0, label="x")
            y = x * 3 if ask(x) else x * 5
        graph = Graph.of(y)
        try:
            again = graph.replay({"x": new})[graph.outputs[0]].data
        except GraphError:
            assert new != 2.0
        else:
            np.testing.assert_equal(again, new * 3 if ask(new) else new * 5)


def test_an_answer_after_the_block_is_a_guard_too() -> None:
    t = Tensor([1.0, 2.0], label="t")
    with tracing():
        h = t * 1
    y = (h * np.flatnonzero(h)[0]).sum()
    with pytest.raises(GraphError, match="came out"):
        Graph.of(y).replay({"t": [0.0, 1.0]})


@pytest.mark.parametrize("make", [np.zeros_like, np.ones_like, lambda a: np.full_like(a, 3.0)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_like_a_tensor_is_a_constant_tensor_to_be_filled(make: Callable[[Any], Any], dtype: Any) -> None:
    """So NumPy code that fills it differentiates as it stands."""
    t = Tensor(A, dtype=dtype)
    out = make(t)
    assert (type(out), out.requires_grad, out.dtype) == (Tensor, False, dtype)
    assert_close(out.data, make(A.astype(dtype)))
    out[0] = t[1] * 2
    out.sum().backward()
    assert_close(t.grad, [[0.0] * 3, [2.0] * 3])


def test_what_is_filled_with_a_node_has_its_gradient() -> None:
    x = Tensor(1.0)
    (np.full_like(Tensor(A), x) * A).sum().backward()
    assert_close(x.grad, A.sum())
    with pytest.raises(LostGradientError, match=r"np\.copyto writes into an array"):  # NumPy asks a plain array alone
        np.full_like(A, x)


def test_an_answer_that_fails_says_of_what() -> None:
    with pytest.raises(autograd.ShapeError, match=r"^argmax: the shapes t\(2, 3\), axis=5 do not fit"):
        np.argmax(Tensor(A, label="t"), axis=5)


# Arrays of Values.

PAGE = (Path(__file__).parent.parent / "docs" / "object_arrays.md").read_text(encoding="utf-8")
SECTIONS = [re.findall(r"^\| `(.+?)` \|(?: `(.+?)` \|)?$", section, re.M) for section in PAGE.split("\n## ")[1:]]
NUMBERS = {
    "x": np.array([0.5, -1.5, 2.25]),
    "y": np.array([0.75, 1.25, -0.5]),
    "A": np.array([[2.0, 0.5], [-0.25, 1.5]]),
}


def values() -> dict[str, Any]:
    return {name: np.frompyfunc(Value, 1, 1)(array) for name, array in NUMBERS.items()}


def run(code: str, arrays: dict[str, Any]) -> Any:
    return eval(code, {"np": np, "autograd": autograd}, arrays)


def elements(result: Any) -> list[Any]:
    return np.asarray(result, dtype=object).reshape(-1).tolist()  # type: ignore[no-any-return]


def numbers(result: Any) -> Any:
    return np.array([float(x) for x in elements(result)])


def test_the_page_has_its_rows() -> None:
    assert [len(rows) > 5 for rows in SECTIONS] == [True] * 3


@pytest.mark.parametrize("code", [code for code, _ in SECTIONS[0]])
def test_what_the_page_says_gives_the_scalar_graph(code: str) -> None:
    arrays = values()
    try:
        result = run(code, arrays)
    except autograd.MissingOperationError as error:
        pytest.skip(str(error))
    assert all(isinstance(v, Value | int | float) for v in elements(result))
    np.testing.assert_allclose(numbers(result), np.ravel(run(code, NUMBERS)), rtol=1e-14, atol=1e-14)
    autograd.sum(result).backward()
    names = list(NUMBERS)
    expected = slopes(lambda *xs: run(code, dict(zip(names, xs, strict=True))), *NUMBERS.values())
    for name, slope in zip(names, expected, strict=True):
        grads = [v.grad for v in elements(arrays[name])]
        np.testing.assert_allclose(grads, slope.reshape(-1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("code", "instead"), SECTIONS[1])
def test_what_the_page_says_numpy_chooses_itself(code: str, instead: str) -> None:
    arrays = values()
    given = {id(v) for array in arrays.values() for v in elements(array)}
    result = run(code, arrays)
    assert all(id(v) in given or not isinstance(v, Value) for v in elements(result))
    np.testing.assert_array_equal(numbers(run(instead, values())), numbers(result))


@pytest.mark.parametrize(("code", "instead"), SECTIONS[2])
def test_what_the_page_says_numpy_does_not_do(code: str, instead: str) -> None:
    with pytest.raises((TypeError, AttributeError, ValueError, LostGradientError)):
        run(code, values())
    np.testing.assert_allclose(numbers(run(instead, values())), np.ravel(run(code, NUMBERS)), rtol=1e-13)


def test_an_operation_on_a_ufunc_is_what_numpy_calls_on_values() -> None:
    (z,) = np.arctan2(np.array([Value(0.5)]), np.array([Value(-1.5)]))
    assert (z.op, z.data) == (autograd.table["arctan2"], np.arctan2(0.5, -1.5))


def test_nodes_of_another_kind_are_not_answered_for() -> None:
    with pytest.raises(LostGradientError, match=r"np\.argwhere"):
        np.argwhere(autograd.Symbol("x", (3,)))
    with pytest.raises(DTypeError, match="mix"):
        np.add.outer(Tensor(A), Value(1.0))


def test_what_ufuncs_of_matrices_take_is_for_their_operation_to_know() -> None:
    with pytest.raises(TypeError, match=r"^matmul: unknown or repeated argument 'axes'"):
        np.matmul(Tensor(A), A.T, axes=[(0, 1), (0, 1), (0, 1)])
    dot = autograd.primitive(
        "rowdot",
        np.vecdot,
        lambda g, y, x1, x2, axis=-1: g[..., None] * x2,
        lambda g, y, x1, x2, axis=-1: g[..., None] * x1,
        doc="multiplies rows",
        check=False,  # of another axis than the last its rules are wrong
    )
    try:
        if autograd.op.override_of(np.vecdot) is dot:
            assert_close(np.vecdot(Tensor(A), B, axis=-1).data, np.vecdot(A, B, axis=-1))
    finally:
        autograd.remove("rowdot")


FLAT_OPS = [op for op in autograd.table.values() if op.is_flat and op.is_elementwise]


@pytest.mark.parametrize("op", FLAT_OPS, ids=lambda op: op.name)
def test_truths_of_arrays_of_values_are_truths(op: Any) -> None:
    """Not objects: those ``~`` inverts as integers, and then all count as true."""
    numbers = [np.array([[1.5, np.nan, -2.0]]), np.array([[1.5, 0.0, 3.0]]), np.array([[np.inf, -1.0, 0.0]])]
    inputs = numbers[: len(op.rules)]
    try:
        expected = op(*inputs)
    except (TypeError, NotImplementedError):  # of bits, or of truths alone
        inputs = [x > 0 for x in inputs]
        expected = op(*inputs)
        got = op(*inputs)
    else:
        got = op(*[np.vectorize(Value, otypes=[object])(x) for x in inputs])
    if expected.dtype == np.bool_:
        assert got.dtype == np.bool_
        np.testing.assert_array_equal(~got, ~expected)
    else:
        np.testing.assert_array_equal(np.asarray(got, float), expected)
    with tracing():  # where answers are nodes that replays ask again
        if expected.dtype == np.bool_ and inputs[0].dtype == np.float64:
            assert op(*[np.vectorize(Value, otypes=[object])(x) for x in inputs]).dtype == object
