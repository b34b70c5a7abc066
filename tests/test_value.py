"""Value: one Python float of a scalar graph, with micrograd's habits and NumPy's functions."""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import numbers

import autograd
from autograd import AutogradError, DTypeError, GraphError, StaleDataError, Tensor, Value, gradients

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne]
positive = numbers(0.25, 3)

#: Kinds of plain numbers, each with whole numbers that it holds exactly.
KINDS: list[Callable[[int], Any]] = [
    int, float, np.float64, np.float32, np.int64, np.int8, np.uint8, np.array,
    lambda n: np.array(n, dtype=np.float32),
]  # fmt: skip
KIND_NAMES = ["int", "float", "float64", "float32", "int64", "int8", "uint8", "0-d int array", "0-d float32 array"]

each_kind = pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
each_operator = pytest.mark.parametrize("operate", ARITHMETIC)


# What micrograd's users know.


def test_a_new_value_is_a_leaf_with_no_gradient() -> None:
    x = Value(3)
    assert (x.data, x.grad, x.label, x._prev, x._op, x.op, x.inputs) == (3.0, 0.0, None, (), "", None, ())
    assert type(x.data) is float
    assert not x.has_grad
    assert (x.shape, x.size, x.item(), float(x), int(x)) == ((), 1, 3.0, 3.0, 3)


def test_the_repr_shows_no_gradient_that_was_not_computed() -> None:
    x = Value(3.0, label="x")
    assert repr(x) == "Value(data=3.0, grad=–, label='x')"
    (0 * x).backward()
    assert repr(x) == "Value(data=3.0, grad=0.0, label='x')"


def test_a_result_knows_its_operation_and_its_inputs_in_order() -> None:
    x, y = Value(6.0), Value(2.0)
    for operate, sign in zip(ARITHMETIC, ["+", "-", "*", "/", "**"], strict=True):
        z = operate(x, y)
        assert z._op == sign
        assert all(got is expected for got, expected in zip(z.inputs, (x, y), strict=True))
        assert all(got is expected for got, expected in zip(z._prev, (x, y), strict=True))
        assert operate(x, 2).inputs == (x, 2)
        assert operate(6, y).inputs == (6, y)
        assert len(operate(x, x)._prev) == 1
        assert len(operate(x, x).inputs) == 2


def test_data_and_label_and_grad_can_be_assigned() -> None:
    x = Value(1.0)
    x.data, x.label, x.grad = 2.0, "weight", 0
    (x * x).backward()
    assert (x.data, x.grad, x.label) == (2.0, 4.0, "weight")
    x.data -= 0.1 * x.grad
    assert (x * x).data == (2.0 - 0.1 * 4.0) ** 2


@given(numbers(), numbers())
def test_comparisons_are_those_of_the_data(a: float, b: float) -> None:
    for compare in COMPARISONS:
        for result in (compare(Value(a), Value(b)), compare(Value(a), b), compare(a, Value(b))):
            assert result is compare(a, b)
        assert compare(Value(a), np.float64(b)) == compare(a, b)
        assert compare(np.float64(a), Value(b)) == compare(a, b)


def test_values_are_hashed_by_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    assert x == y
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[x] == "x"
    assert hash(x) == hash(x)


def test_truth_is_that_of_the_data() -> None:
    assert Value(0.5)
    assert not Value(0.0)


def test_a_value_is_no_sequence() -> None:
    for use in (list, len, sum, lambda x: x[0], lambda x: 1.0 in x):
        with pytest.raises(TypeError):
            use(Value(1.0))


def test_copies_are_leaves_of_their_own() -> None:
    weights = [Value(1.0, label="w"), Value(2.0)]
    again = copy.deepcopy(weights)
    (again[0] * again[1]).backward()
    assert [w.grad for w in again] == [2.0, 1.0]
    assert [w.has_grad for w in weights] == [False, False]
    assert again[0].label == "w"


# Operands of every kind, on either side.


@each_kind
@each_operator
@given(x=positive, n=st.integers(1, 3))
def test_plain_numbers_of_every_kind_are_constants_on_either_side(
    operate: Callable[..., Any], kind: Callable[[int], Any], x: float, n: int
) -> None:
    for swap in (False, True):
        v = Value(x)
        y = operate(kind(n), v) if swap else operate(v, kind(n))
        expected = operate(float(n), x) if swap else operate(x, float(n))
        assert isinstance(y, Value)
        assert type(y.data) is float
        assert_close(y.data, expected, tolerance=1e-14)
        u = Value(float(n))
        reference = operate(u, v) if swap else operate(v, u)
        assert_close(gradients(y, v), gradients(reference, v), tolerance=1e-14)
        assert len(y._prev) == 1, "a constant costs no node"


@each_operator
def test_bools_count_as_one_and_zero(operate: Callable[..., Any]) -> None:
    for flag in (True, np.True_):
        assert operate(Value(2.0), flag).data == operate(2.0, 1.0)
        assert operate(flag, Value(2.0)).data == operate(1.0, 2.0)


@each_operator
@given(x=positive, y=positive)
def test_the_spellings_of_an_operation_agree_exactly(operate: Callable[..., Any], x: float, y: float) -> None:
    name = {operator.truediv: "div"}.get(operate, operate.__name__)
    function = getattr(autograd, name)
    numpy_function = function.forward
    for a, b in (
        (Value(x), Value(y)),
        (Value(x), y),
        (x, Value(y)),
        (Value(x), np.float64(y)),
        (np.float64(x), Value(y)),
    ):
        results = [operate(a, b), function(a, b), numpy_function(a, b)]
        assert len({z.data for z in results}) == 1
        assert len({tuple(z.slopes) for z in results}) == 1


def test_assigning_operators_make_a_new_node() -> None:
    x = total = Value(2.0)
    total += x
    total *= 3
    total -= 1
    total /= 2
    assert (total.data, x.data) == (5.5, 2.0)
    assert gradients(total, x) == 3.0


def test_sum_of_values_works_from_its_zero() -> None:
    xs = [Value(1.0), Value(2.0)]
    total = sum(xs)
    total.backward()
    assert (total.data, [x.grad for x in xs]) == (3.0, [1.0, 1.0])


def test_plus_and_minus_signs_and_abs() -> None:
    x = Value(-3.0)
    assert (+x) is x
    assert (-x).data == 3.0
    assert abs(x).data == 3.0
    assert (gradients(-x, x), gradients(abs(x), x), gradients(+x, x)) == (-1, -1, 1)


@pytest.mark.parametrize("bad", ["2", None, object(), {}, {1.0}, 2j, np.complex128(2j), np.array(2j), np.array("2")])
@each_operator
def test_operands_that_are_no_real_numbers_are_refused(operate: Callable[..., Any], bad: Any) -> None:
    for operands in ((Value(1.0), bad), (bad, Value(1.0))):
        with pytest.raises(TypeError):
            operate(*operands)


@pytest.mark.parametrize("bad", ["x", None, [1.0, 2.0], np.ones(2), 1j, object(), 10**400])
def test_data_that_is_no_real_number_is_refused_with_the_cure(bad: Any) -> None:
    with pytest.raises(DTypeError, match=r"Value: expected .*"):
        Value(bad)


def test_a_value_and_a_tensor_do_not_mix() -> None:
    for make in (lambda: Value(1.0) * Tensor(1.0), lambda: Tensor(1.0) * Value(1.0)):
        with pytest.raises(DTypeError, match=r"mul: cannot mix a .* make both"):
            make()


def test_complex_operands_are_refused_by_name() -> None:
    with pytest.raises(DTypeError, match="mul: expected real numbers, got complex"):
        Value(1.0) * 1j
    with pytest.raises(DTypeError, match="pow: expected real"):
        np.power(Value(1.0), 2j)


def test_integers_beyond_the_floats_are_not_rounded_to_infinity() -> None:
    for operands in ((Value(1.0), 10**400), (10**400, Value(1.0))):
        with pytest.raises((OverflowError, AutogradError)):
            operator.mul(*operands)
    assert (Value(2.0) * 2**1000).data == 2.0**1001


# NumPy's functions, lists and object arrays.


def test_numpy_functions_reach_the_table() -> None:
    x = Value(0.5)
    for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "sign", "negative"):
        y = getattr(np, name)(x)
        assert isinstance(y, Value)
        assert_close(y.data, getattr(np, name)(0.5), tolerance=1e-15)
    assert np.maximum(x, 2.0).data == 2.0
    assert np.where(x > 0, x, 0.0).data == 0.5


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.spacing(x), "np.spacing"),
        (lambda x: np.i0(x), "np.i0"),
        (lambda x: np.nextafter(x, 1.0), "np.nextafter"),
        (lambda x: np.fft.ifft(x), r"np.fft.ifft"),
    ],
)
@pytest.mark.parametrize("kind", [Value, Tensor])
def test_numpy_functions_outside_the_table_are_refused_by_name(kind: Any, call: Callable[..., Any], name: str) -> None:
    with pytest.raises(TypeError, match=name + ".*no derivative in the table.*(elementwise|primitive)"):
        call(kind(0.5))


@given(W=st.lists(numbers(), min_size=6, max_size=6), x=st.lists(numbers(), min_size=3, max_size=3))
def test_a_layer_on_object_arrays_is_its_scalar_graph(W: list[float], x: list[float]) -> None:  # noqa: N803
    weights = np.array([Value(w) for w in W], dtype=object).reshape(2, 3)
    inputs = np.array(x)
    y = np.sum(np.tanh(weights @ inputs + 0.5))
    y.backward()
    t = Tensor(np.reshape(W, (2, 3)))
    np.sum(np.tanh(t @ inputs + 0.5)).backward()
    assert_close([w.grad for w in weights.ravel()], np.ravel(t.grad))


def test_functions_of_lists_record_the_scalar_graph() -> None:
    scores = [Value(2.0), Value(1.0), Value(0.0)]
    probabilities = autograd.softmax(scores)
    assert_close([p.data for p in probabilities], [0.6652409557748219, 0.24472847105479767, 0.09003057317038046])
    slopes = [gradients(probabilities[0], s) for s in scores]
    p = np.array([p.data for p in probabilities])
    assert_close(slopes, p[0] * (np.array([1, 0, 0]) - p))
    assert_close(gradients(autograd.logsumexp(scores), scores), p)
    assert gradients(autograd.sum(scores), scores) == [1, 1, 1]
    assert_close(gradients(autograd.mean(scores), scores), [1 / 3] * 3)
    assert gradients(autograd.max(scores), scores) == [1, 0, 0]


@given(st.lists(numbers(), min_size=1, max_size=5), st.floats(-1e4, 1e4))
def test_softmax_of_values_does_not_overflow(scores: list[float], shift: float) -> None:
    values = [Value(s + shift) for s in scores]
    powers = np.exp(np.array([v.data for v in values]) - max(v.data for v in values))
    assert_close([p.data for p in autograd.softmax(values)], powers / np.sum(powers))
    assert_close(autograd.logsumexp(values).data - max(v.data for v in values), np.log(np.sum(powers)), tolerance=1e-9)


@given(st.data())
def test_ties_share_the_gradient_of_a_maximum(data: st.DataObject) -> None:
    x = data.draw(numbers())
    a, b = Value(x), Value(x)
    for function in (autograd.maximum, autograd.minimum):
        assert gradients(function(a, b), [a, b]) == [0.5, 0.5]
    assert gradients(autograd.maximum(a, x), a) == 0.5


def test_the_largest_of_a_list_of_values_shares_a_tie_between_two() -> None:
    scores = [Value(2.0), Value(1.0), Value(2.0)]
    assert gradients(autograd.max(scores), scores) == [0.5, 0, 0.5]
    rows = np.array([[Value(1.0), Value(1.0)], [Value(3.0), Value(2.0)]], dtype=object)
    total = np.sum(autograd.max(rows, axis=1, keepdims=True))
    assert gradients(total, list(rows.ravel())) == [0.5, 0.5, 1, 0]


# Kinks and edges.


def test_at_a_kink_the_slope_is_the_documented_one() -> None:
    for zero in (0.0, -0.0):
        x = Value(zero)
        assert gradients(x.relu(), x) == 0
        assert gradients(abs(x), x) == 0
        assert gradients(x.sign(), x) == 0
        assert gradients(x.leaky_relu(), x) == 0.01
        assert gradients(x.leaky_relu(0.2), x) == 0.2


def test_the_slope_of_leaky_relu_may_be_learned() -> None:
    x, alpha = Value(-2.0), Value(0.25)
    y = x.leaky_relu(alpha)
    assert (y.data, gradients(y, [x, alpha])) == (-0.5, [0.25, -2.0])
    assert gradients(autograd.leaky_relu(Value(2.0), alpha), alpha) == 0


@pytest.mark.parametrize("x", [1e4, -1e4, 750.0, -750.0, math.inf, -math.inf])
def test_saturated_functions_are_exact_and_silent(x: float) -> None:
    v = Value(x)
    assert v.sigmoid().data == pytest.approx(1.0 if x > 0 else 0.0, abs=1e-300)
    assert v.tanh().data == math.copysign(1, x)
    assert gradients(v.sigmoid(), v) == pytest.approx(0, abs=1e-300)
    assert gradients(v.tanh(), v) == 0
    assert v.relu().data == max(x, 0.0)


def test_infinities_come_with_numpys_warning_and_an_infinite_slope() -> None:
    x = Value(0.0)
    for compute, value, slope in (
        (lambda: np.log(x), -math.inf, math.inf),
        (lambda: 1 / x, math.inf, -math.inf),
        (lambda: 1 / (x * x), math.inf, None),
        (lambda: x**-1, math.inf, -math.inf),
    ):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            y = compute()
        assert y.data == value
        if slope is not None:
            assert gradients(y, x) == slope
    assert gradients(np.sqrt(x), x) == math.inf
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert np.exp(Value(1000.0)).data == math.inf
    with pytest.warns(RuntimeWarning, match="invalid"):
        assert math.isnan(np.log(Value(-1.0)).data)


def test_nan_propagates_through_every_operation() -> None:
    for op in autograd.table.values():
        if op.is_elementwise and all(op.rules) and op.arity and op.name not in ("fmax", "fmin", "larger"):
            values = [Value(math.nan), *(Value(2.0) for _ in range((op.arity or 1) - 1))]
            assert math.isnan(op(*values).data), op.name
            if op.name not in ("leaky_relu", "elu", "heaviside", "copysign"):  # where the other input has no part
                assert math.isnan(op(*reversed(values)).data), op.name


def test_where_lets_no_nan_through() -> None:
    x = Value(0.0)
    with np.errstate(all="ignore"):
        y = autograd.where(x > 0, np.log(x), 2 * x)
        z = autograd.where(x == 0, x, x / x)
    assert gradients(y, x) == 2
    assert gradients(z, x) == 1
    for function in (y, z):
        function.backward()
    assert x.grad == 3
    slope = gradients(y, x, create_graph=True)
    assert slope.data == 2


# Data that changes.


@given(x=numbers(), later=numbers())
def test_changing_a_leaf_after_the_forward_changes_no_gradient(x: float, later: float) -> None:
    v = Value(x)
    y = v * v * v
    v.data = later
    assert gradients(y, v) == pytest.approx(3 * x * x)
    y.backward()
    assert v.grad == pytest.approx(3 * x * x)
    if later != x:
        for use in (
            lambda: gradients(y, v, create_graph=True),
            lambda: autograd.Graph.of(y),
            lambda: autograd.steps(y),
        ):
            with pytest.raises(StaleDataError, match="changed"):
                use()


def test_a_stale_node_is_named() -> None:
    x = Value(1.0)
    y = x * 2
    y.label = "cost"
    x.data = 2.0
    with pytest.raises(StaleDataError, match=r"^cost = x · 2 \(.*computed as 2\.0, but its inputs now give 4\.0"):
        autograd.Graph.of(y)


def test_errors_are_one_family() -> None:
    for error in (DTypeError, GraphError, StaleDataError, autograd.ShapeError, autograd.OperationError):
        assert issubclass(error, AutogradError)
    assert issubclass(DTypeError, TypeError)
    assert issubclass(GraphError, ValueError)
    assert issubclass(autograd.ShapeError, ValueError)


def test_calls_with_the_wrong_number_of_arguments_say_so() -> None:
    for call, message in (
        (lambda: autograd.mul(Value(1.0)), "mul: expected 2 inputs, got 1"),
        (lambda: autograd.tanh(Value(1.0), 2), "tanh: expected at most 1 arguments, got 2"),
        (lambda: autograd.tanh(Value(1.0), axis=0), "tanh: unknown .*argument 'axis'"),
        (lambda: autograd.stack(Value(1.0)), "stack: expected one sequence"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "min", "max", "cumsum", "sort", "ravel"])
def test_numpy_reduces_object_arrays_of_values_by_their_operators(name: str) -> None:
    function = getattr(np, name)
    numbers = [3.0, -1.0, 2.0]
    values = np.array([Value(x) for x in numbers])
    result = function(values)
    found = [result] if isinstance(result, Value) else list(result)
    assert_close([v.data for v in found], np.ravel(function(numbers)))


@pytest.mark.parametrize(
    "op", [op for op in autograd.table.values() if op.is_elementwise and op.arity and all(op.rules)], ids=str
)
@pytest.mark.parametrize("x", [-0.5, 0.0, 0.5, math.inf])
def test_what_is_shown_as_a_number_is_one(op: autograd.Op, x: float) -> None:
    with np.errstate(all="ignore"):
        y = op(*[Value(x) for _ in op.rules])
    assert type(y.data) is float
    assert {type(slope) for slope in y.slopes} <= {float, int}
