"""What numbers may come in, by whatever way: what a constructor refuses, every other way refuses too, and says why."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
import nn
from autograd import AutogradError, DTypeError, Graph, LostGradientError, ShapeError, Tensor, Value, jvp, no_grad, vjp
from viz.command.expression import ExpressionError, parse

WIDE = np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant


def v() -> Value:
    return Value(1.0, label="v")


def t() -> Tensor:
    return Tensor([1.0, 2.0], label="t")


def writes(make: Callable[[], Any], name: str) -> Callable[[Any], None]:
    return lambda x: setattr(make(), name, x)


def assigns(x: Any) -> None:
    t()[:] = x


def assigns_silently(x: Any) -> None:
    with no_grad():
        t()[:] = x


class Same(nn.SGD):
    """Whose new data is what it is told."""

    new: Any = None

    def update(self, index: int, data: Any, grad: Any) -> Any:
        return self.new


def optimizes(make: Callable[[], Any]) -> Callable[[Any], None]:
    def step(x: Any) -> None:
        parameter = make()
        (parameter * parameter).sum().backward() if isinstance(parameter, Tensor) else (parameter * 2).backward()
        optimizer = Same([parameter], lr=0.1)
        optimizer.new = x
        optimizer.step()

    return step


#: Where one number is kept as a float.
NUMBER: dict[str, Callable[[Any], Any]] = {
    "Value": Value,
    "Value.data": writes(v, "data"),
    "Value.grad": writes(v, "grad"),
    "replay of a Value": lambda x: Graph.of(v() * 2).replay({"v": x}),
    "jvp of a number": lambda x: jvp(lambda y: y * 2, (1.0,), (x,)),
    "vjp of a number": lambda x: vjp(lambda y: y * 2, 1.0)[1](x),
    "step of a Value": optimizes(v),
}

#: Where an array is kept in the dtype of what is there.
ARRAY: dict[str, Callable[[Any], Any]] = {
    "Tensor.data": writes(t, "data"),
    "Tensor.grad": writes(t, "grad"),
    "assign": lambda x: t().assign(x),
    "seed": lambda x: (t() * 2).backward(x),
    "elements": assigns,
    "elements in no_grad": assigns_silently,
    "replay of a Tensor": lambda x: Graph.of(t() * 2).replay({"t": x}),
    "jvp of an array": lambda x: jvp(lambda y: y * 2, (np.ones(2),), (x,)),
    "vjp of an array": lambda x: vjp(lambda y: y * 2, np.ones(2))[1](x),
}

#: Where it meets other numbers.
OPERAND: dict[str, Callable[[Any], Any]] = {
    "Tensor": Tensor,
    "v + x": lambda x: v() + x,
    "x * v": lambda x: x * v(),
    "v > x": lambda x: v() > x,
    "t - x": lambda x: t() - x,
    "x / t": lambda x: x / t(),
    "t **= x": lambda x: operator.ipow(t(), x),
    "np.add(v, x)": lambda x: np.add(v(), x),
    "np.add(t, x)": lambda x: np.add(t(), x),
    "np.add(x, t)": lambda x: np.add(x, t()),
    "maximum": lambda x: autograd.maximum(t(), x),
    "where of Values": lambda x: autograd.where(True, v(), x),
    "where of Tensors": lambda x: autograd.where(True, t(), x),
    "sum_of": lambda x: autograd.sum_of([v(), x]),
    "sum_of_products": lambda x: autograd.sum_of_products([v(), v()], [1.0, x]),
    "sum of a list of Values": lambda x: autograd.sum([v(), x]),
    "sort of a list of Values": lambda x: autograd.sort([v(), x]),
    "stack": lambda x: autograd.stack([v(), x]),
    "concatenate": lambda x: autograd.concatenate([t(), x]),
    "leaky_relu": lambda x: v().leaky_relu(x),
    "clip": lambda x: autograd.clip(t(), x),
    "mse": lambda x: nn.mse(t(), x),
    "cross_entropy": lambda x: nn.cross_entropy(t(), x),
    "Linear": lambda x: nn.Linear(2, 1, rng=0)(x),
    "the command": lambda x: parse("x * 2").run({"x": x}),
}

#: Kinds of things that are no real numbers, or lose something where they are taken for one.
BAD: dict[str, Any] = {
    "bytes": b"2",
    "bytearray": bytearray(b"2"),
    "a list of text": ["1", "2"],
    "an array of text": np.array(["1", "2"]),
    "imaginary": 1j,
    "complex with no imaginary part": 1 + 0j,
    "complex64": np.complex64(1),
    "complex array": np.array([1 + 0j, 2]),
    "complex in a list": [1.0, 2 + 0j],
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "masked in a list": [np.ma.masked, 1.0],
    "np.ma.masked": np.ma.masked,
    "no float holds it": 2**64 + 1,
    "beyond the floats": 10**400,
    "no float holds it, negative": -(2**53) - 1,
    "in a list": [2**53 + 1, 0.5],
    "beyond the floats, in a list": [10**400, 0.5],
    "int64": np.int64(2**53 + 1),
    "int64 array": np.array([1, 2**53 + 1]),
    "uint64 array": np.array([1, 2**64 - 1], dtype=np.uint64),
    "date": np.datetime64("2020-01-01"),
    "time": np.timedelta64(3, "s"),
    "times": np.array([1, 2], dtype="m8[s]"),
    "Python's date": date(2020, 1, 1),
    "object": object(),
    "None in a list": [None, 1.0],
    "None in an array": np.array([None, 1.0]),
    "Decimal": Decimal("0.1"),
    "Fraction": Fraction(1, 3),
    "record": np.zeros(2, dtype=[("a", "f8"), ("b", "f8")]),
    "dict": {1.0: 2.0},
    "set": {1.0, 2.0},
    "generator": iter([1.0, 2.0]),
    "ragged": [[1.0], [1.0, 2.0]],
}

WITH_OPERATORS = (date, dict, set, object, Decimal, Fraction, type(iter([])))
OPERATORS = ("v + x", "v > x", "t - x", "t **= x")

cases = pytest.mark.parametrize("bad", BAD.values(), ids=BAD)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("way", [*NUMBER, *ARRAY, *OPERAND])
@cases
def test_what_is_no_real_number_is_refused_by_every_way_in(way: str, bad: Any) -> None:
    if isinstance(bad, np.ma.MaskedArray) and way == "x * v":
        return  # an array of Values that has the mask still
    # What has operators of its own is asked for them, and Python says that they do not know a node either.
    refusals = (
        AutogradError,
        ExpressionError,
        *([TypeError] if way in OPERATORS and type(bad) in WITH_OPERATORS else []),
    )
    with pytest.raises(refusals):
        (NUMBER | ARRAY | OPERAND)[way](bad)


@cases
def test_a_learning_rate_that_is_no_real_number_is_refused(bad: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="lr: expected"):
        nn.SGD([v()], lr=bad)


@pytest.mark.parametrize("way", [way for way in NUMBER | ARRAY | OPERAND if way not in ("Value.grad", "Tensor.grad")])
@pytest.mark.parametrize("bad", ["2", None])
def test_text_and_nothing_are_refused(way: str, bad: Any) -> None:
    if (way, bad) in (("the command", "2"), ("clip", None)):
        return  # text is read as on the command line; no bound is one too
    if way == "seed" and bad is None:
        with pytest.raises(ShapeError, match="needs a seed"):
            ARRAY[way](bad)
        return
    with pytest.raises((AutogradError, ExpressionError)):
        (NUMBER | ARRAY | OPERAND)[way](bad)


@pytest.mark.skipif(not WIDE, reason="a long double is a double here")
@pytest.mark.parametrize("way", [*NUMBER, *ARRAY, "v + x", "sum_of"])
def test_digits_that_a_float_has_not_are_not_dropped(way: str) -> None:
    third = np.longdouble(1) / 3
    with pytest.raises(AutogradError, match=r"digits|assign: expected float64"):
        (NUMBER | ARRAY | OPERAND)[way](np.array([third, third]) if way in ARRAY else third)
    assert Value(np.longdouble(0.5)).data == 0.5
    assert Tensor(third).dtype == np.longdouble
    assert Tensor(third, dtype=float).item() == 1 / 3  # asked for


@pytest.mark.parametrize("bad", [np.ones(1), [1.0], np.ones(2), Tensor([1.0], requires_grad=False)])
@pytest.mark.parametrize("way", list(NUMBER))
def test_an_array_is_no_single_number(way: str, bad: Any) -> None:
    with pytest.raises(AutogradError, match=r"use Tensor|expected a float or a Value|expected shape|structure"):
        NUMBER[way](bad)


GOOD = [2, True, np.bool_(True), np.float32(0.5), np.int8(3), 2**53, 2**64, -(2**70), np.array(2.5), np.uint64(2**63)]


@pytest.mark.parametrize("good", [*GOOD, Value(3.0, requires_grad=False), Tensor(3.0, requires_grad=False)])
def test_what_a_float_holds_is_taken(good: Any) -> None:
    number = float(good.item() if isinstance(good, Value | Tensor) else good)
    x = v()
    x.data = good
    x.grad = good
    assert (Value(good).data, x.data, x.grad) == (number, number, number)
    assert all(type(kept) is float for kept in (Value(good).data, x.data, x.grad))
    w = Tensor(1.0, label="w")
    w.data = good
    w.grad = good
    assert (Tensor(good).item(), w.item(), w.grad.item()) == (number, number, number)
    assert Graph.of(v() * 1).replay({"v": good}).data[-1] == number
    if not isinstance(good, Value | Tensor):
        assert (v() + good).data == (t() + good).data[0] == 1 + number
        assert autograd.sum_of([v(), good]).data == 1 + number


@given(n=st.integers(-(2**70), 2**70) | st.integers(-(2**1030), 2**1030))
def test_an_integer_is_taken_if_and_only_if_a_float_holds_it(n: int) -> None:
    try:
        holds = int(float(n)) == n
    except OverflowError:
        holds = False
    ways: list[Callable[[], Any]] = [
        *(lambda: Value(n), lambda: Tensor(n), lambda: Tensor([n, 0.5]), lambda: v() + n, lambda: n - t()),
        *(lambda: autograd.sum_of([v(), n]), lambda: writes(v, "data")(n), lambda: v() > n),
    ]
    for way in ways:
        if holds:
            way()
        else:
            with pytest.raises(DTypeError, match=r"no float holds|beyond the range"):
                way()


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4))
def test_an_array_of_integers_is_taken_if_a_float_holds_each(numbers: list[int]) -> None:
    array = np.array(numbers)
    assume(array.dtype == np.int64)
    if all(int(float(n)) == n for n in numbers):
        assert Tensor(array).data.tolist() == numbers
        assert (Tensor(np.zeros(len(numbers))) + array).data.tolist() == numbers
    else:
        for way in (Tensor, lambda x: Tensor(np.zeros(x.shape)) + x, lambda x: v() + x):
            with pytest.raises(DTypeError, match="which no float holds"):
                way(array)


# Nodes.

LOSES: dict[str, tuple[Callable[[], Any], str]] = {
    "Value(v)": (lambda: Value(v()), r"got v, .*\.item\(\)"),  # type: ignore[arg-type]
    "Tensor(v)": (lambda: Tensor(v()), r"got v, .*\.item\(\)"),  # type: ignore[arg-type]
    "Tensor(t)": (lambda: Tensor(t()), r"got t, .*\.detach\(\).*\+t"),  # type: ignore[arg-type]
    "Tensor of Values": (lambda: Tensor([v(), v()]), r"got v, .*autograd\.stack"),
    "Tensor of Tensors": (lambda: Tensor([t(), t()]), r"got t, .*autograd\.stack"),
    "an array of Values": (lambda: Tensor(np.array([v(), v()])), r"got v, .*autograd\.stack"),
    "v.data": (lambda: writes(v, "data")(v() * 2), "data of v: .*got a Value"),
    "v.grad": (lambda: writes(v, "grad")(v() * 2), "grad of v: .*got a Value"),
    "t.data": (lambda: writes(t, "data")(t() - 0.1 * t()), "data of t: .*got a Tensor"),
    "t.grad": (lambda: writes(t, "grad")(t() * 2), "grad of t: .*got a Tensor"),
    "assign": (lambda: t().assign(t() * 2), "assign to t: .*got a Tensor"),  # type: ignore[arg-type]
    "seed": (lambda: (t() * 2).backward(t()), "a seed is .*got t of shape"),  # type: ignore[arg-type]
    "replay": (lambda: Graph.of(t() * 2).replay({"t": t()}), "replay: t: .*got t"),
    "t * [t]": (lambda: t() * [t()], "mul: .*got t"),
}


@pytest.mark.parametrize("name", LOSES)
def test_a_node_whose_gradient_would_be_lost_is_refused_with_the_cure(name: str) -> None:
    use, message = LOSES[name]
    with pytest.raises(LostGradientError, match=message):
        use()


def test_a_constant_node_and_one_in_no_grad_are_taken_for_their_numbers() -> None:
    c, k = Value(3.0, requires_grad=False), Tensor([3.0, 4.0], requires_grad=False)
    assert (Value(c).data, Tensor(c).item()) == (3.0, 3.0)
    assert Tensor(k).data.tolist() == [3, 4]
    assert Tensor([k, [5.0, 6.0]]).data.tolist() == [[3, 4], [5, 6]]
    assert Tensor([c, 1.0]).data.tolist() == [3, 1]
    w = t()
    with no_grad():
        w.data = w - 0.5
        assert Tensor(w).data.tolist() == [0.5, 1.5]
        assert Value(v()).data == 1.0
    copy = +w
    assert copy.requires_grad


# Gradients, labels and requires_grad that are set by hand.


def test_the_gradient_of_a_value_is_forgotten_by_none() -> None:
    x = v()
    (x * 3).backward()
    x.grad = None  # type: ignore[assignment]
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * 3).backward()
    x.grad *= 2
    assert x.grad == 6.0
    x.grad = 0
    assert x.has_grad


def test_the_gradient_of_a_tensor_has_its_shape_and_dtype() -> None:
    w = Tensor(np.ones((2, 3), np.float32), label="W")
    w.grad = np.ones((2, 3))
    assert w.grad.dtype == np.float32
    given = np.zeros((2, 3), np.float32)
    w.grad = given
    np.testing.assert_array_equal(w.grad, given)
    for wrong in (1.0, np.ones(3), np.ones((3, 2)), []):
        with pytest.raises(ShapeError, match=r"grad of W: expected shape \(2, 3\)"):
            w.grad = wrong
    np.testing.assert_array_equal(w.grad, given)
    w.grad = None
    assert not w.has_grad


def test_a_gradient_that_is_set_is_nobody_elses() -> None:
    a, b, given = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), np.ones(2)
    a.grad = b.grad = given
    held = a.grad
    a.grad *= 0.5
    assert a.grad is held, "what changed it in place need not copy it"
    given[:] = 7.0
    assert (a.grad.tolist(), b.grad.tolist()) == ([0.5, 0.5], [1.0, 1.0])
    b.grad = a.grad
    b.grad *= 2.0
    assert a.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("label", [5, b"x", ["x"], True, object()])
@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_label_is_text_or_none(kind: Any, label: Any) -> None:
    x = kind(1.0)
    for use in (
        lambda: kind(1.0, label=label),
        lambda: setattr(x, "label", label),
        lambda: setattr(x * 2, "label", label),
    ):
        with pytest.raises(DTypeError, match="expected a label as text"):
            use()
    x.label = "x"
    x.label = None
    assert x.label is None


@pytest.mark.parametrize("flag", [1, 0, None, "False", [], np.ones(1)])
def test_requires_grad_is_a_truth_value(flag: Any) -> None:
    x = Tensor(1.0)
    ways: list[Callable[[], Any]] = [
        lambda: Value(1.0, requires_grad=flag),
        lambda: Tensor(1.0, requires_grad=flag),
        lambda: setattr(x, "requires_grad", flag),
    ]
    for use in ways:
        with pytest.raises(DTypeError, match="expected requires_grad=True or False"):
            use()
    assert Value(1.0, requires_grad=np.bool_(True)).requires_grad  # type: ignore[arg-type]
    y = x * x
    with pytest.raises(DTypeError, match="gradients: expected create_graph=True or False"):
        autograd.gradients(y, x, create_graph=flag)
    assert isinstance(autograd.gradients(y, x, create_graph=np.bool_(True)), Tensor)  # type: ignore[arg-type]


def test_the_message_names_what_was_expected_what_came_and_the_cure() -> None:
    for use, message in (
        (lambda: Tensor([2**64 + 1]), "Tensor: expected real numbers, got the integer 18446744073709551617, which no"),
        (lambda: writes(v, "data")("2"), "data of v: expected one real number, got text: convert it to numbers first"),
        (lambda: writes(t, "data")(BAD["masked"]), r"data of t: .*got a masked array, .*x\.filled\(0\.0\)"),
        (lambda: v() + 1j, "add: expected real numbers, got complex ones, dtype complex128: give real and imaginary"),
        (lambda: Value(np.ones(1)), r"Value: expected one real number, got an array of shape \(1,\): use Tensor"),
        (lambda: None + v(), "add: expected numbers, arrays, Values or Tensors for x, got None"),  # type: ignore[operator]
        (lambda: t() + "2", "add: expected numbers, arrays, Values or Tensors, got str"),
    ):
        with pytest.raises(DTypeError, match=message):
            use()


def test_a_mask_of_an_index_is_not_dropped() -> None:
    index = np.ma.array([True, False], mask=[False, True])
    for use in (lambda: t()[index], lambda: t().__setitem__(index, 0.0)):
        with pytest.raises(DTypeError, match=r"index: .*got a masked array"):
            use()


def test_another_class_may_still_say_what_becomes_of_a_node() -> None:
    class Unit:
        def __rmul__(self, other: Any) -> str:
            return f"{other.item()} m"

    assert (v() * Unit(), Tensor(2.0) * Unit()) == ("1.0 m", "2.0 m")
    assert (v() == "text", t() != None) == (False, True)  # noqa: E711


# Plain integers: where a float would go on, they would wrap around.

INTEGERS = st.integers(-(2**53), 2**53)


@pytest.mark.parametrize("op", [op for op in autograd.table.values() if op.arity and op.has_partials and all(op.rules)])
@given(data=st.data())
def test_integers_are_computed_with_as_floats_are(op: autograd.Op, data: st.DataObject) -> None:
    point = [data.draw(st.one_of(INTEGERS, st.integers(-3, 400))) for _ in op.rules]
    with np.errstate(all="ignore"):
        expected = op(*map(float, point))
        kinds = [int, np.int64, lambda n: [n], lambda n: np.array([n])]
        for kind in kinds:
            found = op(*map(kind, point))
            np.testing.assert_array_equal(np.ravel(found), np.ravel(expected))
            assert np.asarray(found).dtype == np.float64


@pytest.mark.parametrize("op", [op for op in autograd.table.values() if op.arity and op.has_partials and all(op.rules)])
@given(data=st.data())
def test_truth_values_are_computed_with_as_zero_and_one_are(op: autograd.Op, data: st.DataObject) -> None:
    point = [data.draw(st.booleans()) for _ in op.rules]
    with np.errstate(all="ignore"):
        expected = op(*map(float, point))
        for kind in (bool, np.bool_, lambda b: [b], lambda b: np.array([b])):
            found = op(*map(kind, point))
            np.testing.assert_array_equal(np.ravel(found), np.ravel(expected))
            assert np.asarray(found).dtype == np.float64
        recorded = op(*map(Tensor, point))
    np.testing.assert_array_equal(recorded.data, expected)


def test_products_of_truth_values_are_numbers_and_take_the_dtype_of_others() -> None:
    both = [True, True]
    for found in (autograd.matmul(both, both), autograd.einsum("i,i->", both, both)):
        assert (found, found.dtype) == (2.0, np.float64)
    assert autograd.softmax(both).dtype == np.float64
    assert autograd.mul(np.array(both), np.ones(2, np.float32)).dtype == np.float32


@pytest.mark.parametrize("kind", [list, np.array])
@given(rows=st.lists(st.tuples(INTEGERS, INTEGERS), min_size=1, max_size=4))
def test_sums_and_products_of_integers_do_not_wrap_around(kind: Any, rows: list[tuple[int, int]]) -> None:
    x, y = (kind(list(column)) for column in zip(*rows, strict=True))
    total, product = sum(a for a, _ in rows), sum(a * b for a, b in rows)
    terms = sum(abs(a) for a, _ in rows), sum(abs(a * b) for a, b in rows)
    for found, exact, size in (
        (autograd.sum(x), total, terms[0]),
        (autograd.mean(x) * len(rows), total, terms[0]),
        (autograd.sum_of(list(x)), total, terms[0]),
        (autograd.matmul(x, y), product, terms[1]),
        (autograd.einsum("i,i->", x, y), product, terms[1]),
        (autograd.sum_of_products(list(x), list(y)), product, terms[1]),
    ):
        assert abs(float(found) - exact) <= 1e-15 * size


def test_indices_stay_integers_and_truth_values_what_they_are() -> None:
    assert autograd.argsort([3, 1, 2]).dtype.kind == "i"
    assert autograd.take_along_axis(np.ones(3), np.array([0, 2]), 0).shape == (2,)
    assert autograd.reshape(np.array([True, False]), (2, 1)).dtype == bool


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_an_array_of_no_objects_keeps_its_shape(shape: tuple[int, ...]) -> None:
    assert Tensor(np.empty(shape, dtype=object)).shape == shape


@pytest.mark.parametrize("axes", [33, 64])
def test_arrays_may_have_as_many_axes_as_those_of_numpy(axes: int) -> None:
    shape = (1,) * axes
    values = np.array([Value(0.5, "x")]).reshape(shape)
    assert autograd.real_array(values, "x").shape == shape
    assert autograd.tanh(values).item().data == math.tanh(0.5)
    assert autograd.sum(values * [2.0]).data == 1
    one = Tensor(np.ones(shape), label="x")
    for y in (one * 2, one @ np.ones((*shape[:-2], 1, 1)), autograd.where(one > 0, one, 0)):
        steps = autograd.steps(y)
        assert steps.gradients[0].shape == shape
        assert str(steps)
        jvp(lambda x: x * x, (one,), (one.data,))


LONG = np.longdouble

#: Ways for more digits, or a wider range, than a float has to come into one.
NARROWING: dict[str, Callable[[Any], Any]] = {
    "elements": lambda x: Tensor([1.0]).__setitem__(0, x),
    "elements of a Tensor": lambda x: Tensor([1.0]).__setitem__(0, Tensor(x)),
    "setitem": lambda x: autograd.setitem(Tensor([1.0]), x, 0),
    "in place": lambda x: Tensor([1.0]).__imul__(x),
    "data": lambda x: setattr(Tensor(1.0), "data", x),
    "Value": Value,
}


@pytest.mark.skipif(LONG(1) / 3 == 1 / 3, reason="long doubles are doubles here")
@pytest.mark.parametrize("way", NARROWING)
@pytest.mark.parametrize("number", [LONG(1) + LONG(2) ** -60, LONG("1e400")])
def test_no_digit_and_no_range_is_lost_on_the_way_into_a_float(way: str, number: Any) -> None:
    with pytest.raises(DTypeError, match="more digits than a float"):
        NARROWING[way](number)
    NARROWING[way](LONG(0.5))
