"""Where Python or NumPy asks nodes for what no operation is, they say so in our words, or have the answer."""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import numbers

import autograd
from autograd import AutogradError, DTypeError, LostGradientError, ShapeError, Tensor, Value, gradients
from autograd.op import _enter
from autograd.refusal import FLAT

#: These do not compute: they read, write or set something.
ASIDE = re.compile(r"^(save|load|set|get|show|print|from|test$|info$|genfrom|err|nested_iters|bmat|is_?fortran)")

#: These ask every element for what an array has, without a look at what it is.
BLIND = {"polydiv", "histogramdd", "histogram2d"}

FUNCTIONS = {
    f"{module.__name__}.{name}": function
    for module in (np, np.linalg, np.fft)
    for name, function in sorted(vars(module).items())
    if callable(function) and not isinstance(function, type) and not name.startswith("_") and not ASIDE.match(name)
}

#: These write numbers as text, or leave what was in memory.
WRITTEN = {"array2string", "array_repr", "array_str", "empty_like"}

MATRIX = np.array([[1.37, 0.41], [0.26, 2.73]])
MATRIX.setflags(write=False)


def elements(array: Any, make: Callable[[float], Any]) -> Any:
    """An array of objects, made of each number."""
    result = np.empty(array.shape, dtype=object)
    result[...] = np.frompyfunc(make, 1, 1)(array.astype(object))
    return result


#: Of each kind: numbers, what stands for them, and what NumPy must be able to do the same with.
KINDS: dict[str, tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "number": (1.5, lambda a: Tensor(a, label="node"), lambda a: np.copy(a)[()]),
    "vector": (MATRIX[0], lambda a: Tensor(a, label="node"), lambda a: np.copy(a)[()]),
    "matrix": (MATRIX, lambda a: Tensor(a, label="node"), lambda a: np.copy(a)[()]),
    "Value": (1.5, lambda a: Value(a, label="node"), lambda a: a),
    "Values": (*(MATRIX[0], lambda a: elements(a, lambda x: Value(x, label="node")), lambda a: elements(a, float)),),
    "matrix of Values": (
        *(MATRIX, lambda a: elements(a, lambda x: Value(x, label="node")), lambda a: elements(a, float)),
    ),
}


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """What a call gives, or the exception."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*args)
        except Exception as error:
            return error


def calls(numbers: Any, given: Any) -> Iterator[tuple[Any, ...]]:
    """Calls with one argument or two, one of which is given, and the other a copy of the numbers."""
    other = np.copy(numbers)[()]
    yield (given,)
    yield given, other
    yield other, given


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_numpy_computes_of_numbers_nodes_compute_or_refuse_in_our_words(name: str, kind: str) -> None:
    """An array of Values is compared with an array of objects that are floats: what NumPy takes such for, it asks."""
    function = FUNCTIONS[name]
    array, node, plain = KINDS[kind]
    for on_numbers, on_node in zip(calls(array, plain(array)), calls(array, node(array)), strict=True):
        if isinstance(outcome(function, *on_numbers), Exception):
            continue
        refusal = outcome(function, *on_node)
        if isinstance(refusal, Exception) and name.rpartition(".")[2] not in BLIND:
            ours = isinstance(refusal, AutogradError) or re.match(r"\w+: expected ", str(refusal))
            assert ours, refusal
            assert re.search(r"\bnode\b|\ba (Value|Tensor)\b|\bthe result of \w+|^\w+: expected ", str(refusal)), (
                refusal
            )


class Asked:
    """An element that notes what NumPy asks it for."""

    def __init__(self, attributes: set[str]) -> None:
        self.attributes = attributes

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            self.attributes.add(name)
        raise AttributeError(name)


@pytest.mark.parametrize("ufunc", [f for f in FUNCTIONS.values() if isinstance(f, np.ufunc)], ids=lambda f: f.__name__)
def test_nodes_have_every_method_that_numpy_calls_on_elements(ufunc: np.ufunc) -> None:
    asked: set[str] = set()
    outcome(ufunc, *[elements(MATRIX, lambda _: Asked(asked))] * ufunc.nin)
    assert all(callable(getattr(Value(1.0), name, None)) for name in asked), asked


def leaves(result: Any) -> list[Any]:
    return [x for part in result for x in leaves(part)] if isinstance(result, tuple | list) else [result]


def calls_of_one_and_two(make: Callable[[Any], Any], step: float) -> list[list[Any]]:
    """The arguments of calls, from numbers that are moved by a step; each time others, as some are written to."""
    moved = MATRIX + step
    return [[make(moved)], [make(moved), 0.3], [make(moved), make(moved[::-1])]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_what_is_flat_just_answers(name: str) -> None:
    """What a small step of the numbers leaves as it is, with nothing but truth values and integers, is flat."""
    runs = [
        calls_of_one_and_two(np.array, 0.0),
        calls_of_one_and_two(np.array, 1e-9),
        calls_of_one_and_two(Tensor, 0.0),
    ]
    for args in zip(*runs, strict=True):
        here, there, ours = (outcome(FUNCTIONS[name], *each) for each in args)
        if isinstance(here, Exception) or (isinstance(ours, TypeError) and not isinstance(ours, AutogradError)):
            continue
        if isinstance(ours, Exception):
            assert not {np.asarray(x).dtype.kind for x in leaves(here)} <= set("biu"), "it is flat"
        elif (
            not any(isinstance(x, Tensor) and x.requires_grad for x in leaves(ours))
            and name.rpartition(".")[2] not in WRITTEN
        ):
            assert all(np.array_equal(x, y) for x, y in zip(leaves(here), leaves(there), strict=True)), "it is not flat"
            with autograd.no_grad():
                for x, y in zip(leaves(here), leaves(ours), strict=True):
                    np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def test_a_constant_is_not_said_to_lose_a_gradient() -> None:
    with pytest.raises(
        LostGradientError, match=r"^np\.fft\.fft is no operation of the table: use np\.asarray of c of shape"
    ):
        np.fft.fft(Tensor([1.0, 2.0], requires_grad=False, label="c"))


FLATLY = r"gives nothing that a gradient flows back from.*(\.data|item)"
BITS, WHOLE = r"is for integers, got x", r"index: expected an integer, got x: give int\(x\) of it"

PYTHON: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "x ^ 2": (lambda x: x ^ 2, DTypeError, rf"x \^ y {BITS}.*x \*\* y for a power"),
    "2 ^ x": (lambda x: 2 ^ x, DTypeError, rf"x \^ y {BITS}"),
    "x << 1": (lambda x: x << 1, DTypeError, rf"x << y {BITS}.*2\.0\*\*y"),
    "1 >> x": (lambda x: 1 >> x, DTypeError, rf"x >> y {BITS}"),
    "pow": (lambda x: pow(x, 2, 3), DTypeError, "pow: expected no modulus, as of integers, got 3"),
    "round": (lambda x: round(x), LostGradientError, r"x: round " + FLATLY),
    "round to digits": (lambda x: round(x, 2), LostGradientError, r"x: round " + FLATLY),
    "index": (lambda x: [1, 2, 3][x], DTypeError, WHOLE),
    "range": (lambda x: range(x), DTypeError, WHOLE),
    "gcd": (lambda x: math.gcd(x, 2), DTypeError, WHOLE),
}


@pytest.mark.parametrize("node", [Value(2.0, label="x"), Tensor(2.0, label="x")], ids=["Value", "Tensor"])
@pytest.mark.parametrize("name", PYTHON)
def test_python_asks_and_is_told_what_was_expected(name: str, node: Any) -> None:
    use, kind, message = PYTHON[name]
    with pytest.raises(kind, match=f"^{message}"):
        use(node)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_what_is_left_over_and_what_is_whole_are_nodes(kind: Any) -> None:
    for x, y in product((7.5, -7.5, 0.25), (2.0, -2.0)):
        a, b = kind(x), kind(y)
        quotient, rest = divmod(a, b)
        assert [quotient.data, rest.data] == [x // y, x % y] == [q.data for q in divmod(x, b)]
        assert gradients(rest, [a, b]) == [1.0, -(x // y)] == gradients(a % b, [a, b])
        assert gradients(quotient, [a, b]) == gradients(a // b, [a, b]) == [0.0, 0.0]
        assert gradients(np.fmod(a, b), [a, b]) == [1.0, -math.trunc(x / y)]
        for rounded in (math.floor, math.ceil, math.trunc):
            assert (rounded(a).data, gradients(rounded(a), a)) == (rounded(x), 0.0)
        assert np.copysign(a, b).data == math.copysign(x, y)
        assert gradients(np.copysign(a, b), a) == math.copysign(1, x) * math.copysign(1, y)
        angle = gradients(np.arctan2(a, b), [a, b])
        np.testing.assert_allclose(angle, [y / (x * x + y * y), -x / (x * x + y * y)], rtol=1e-14)


@pytest.mark.parametrize("node", [Value(2.5, requires_grad=False), Tensor(2.5, requires_grad=False)])
def test_what_has_no_gradient_may_be_rounded(node: Any) -> None:
    assert [round(node), round(node, 1), math.trunc(node), math.floor(node), math.ceil(node)] == [2, 2.5, 2, 2, 3]


def test_a_position_of_the_graph_is_an_index_and_a_guard() -> None:
    def picked(x: Any) -> Any:
        best = np.argsort(-x)[0]
        return x[["a", "b"].index("ab"[best])] * 10.0

    with autograd.tracing():
        y = picked(Tensor([1.0, 3.0], label="x"))
    graph = autograd.Graph.of(y)
    assert float(y) == 30.0
    assert graph.replay({"x": [2.0, 4.0]})[graph.outputs[0]].data == 40.0
    with pytest.raises(autograd.GraphError, match="replay"):
        graph.replay({"x": [4.0, 2.0]})


@given(data=st.lists(numbers(), min_size=2, max_size=6))
def test_the_variance_of_values_has_its_gradient(data: list[float]) -> None:
    """∂var/∂x = 2 (x − mean) / n, and the deviation is its root."""
    values = np.array([Value(x) for x in data])
    np.var(values).backward()
    slopes = 2 * (np.array(data) - np.mean(data)) / len(data)
    np.testing.assert_allclose([v.grad for v in values], slopes, rtol=1e-9, atol=1e-9)
    assert math.isclose(np.std(values).data, float(np.std(data)), rel_tol=1e-9, abs_tol=1e-9)
    np.testing.assert_allclose(np.var(values.reshape(1, -1), axis=0).astype(object)[0].data, 0.0)


def test_an_operation_takes_the_place_of_what_was_refused() -> None:
    x = Value(0.5, label="x")
    entry = autograd.table["arctan"]
    autograd.remove("arctan")
    arctan = autograd.elementwise("arctan", np.arctan, lambda y, x: 1 / (1 + x * x), doc="bends towards a quarter turn")
    try:
        for y in (x.arctan(), np.arctan(x), np.arctan(np.array([x]))[0], arctan(x)):  # type: ignore[attr-defined]
            x.zero_grad()
            y.backward()
            assert math.isclose(x.grad, 0.8)
    finally:
        autograd.remove("arctan")
    with pytest.raises(LostGradientError, match=r"np\.arctan has no derivative in the table, so the gradient of x"):
        np.arctan(np.array([x]))
    _enter(entry)


def test_the_conjugate_of_a_real_number_is_itself() -> None:
    v, t = Value(1.5), Tensor([1.5])
    assert np.conj(v) is np.real(v) is v
    assert np.conjugate(t) is np.real(t) is t


@pytest.mark.parametrize("seed", [2.0, -1, np.float32(0.5)])
def test_a_value_is_swept_from_a_seed_as_a_tensor_is(seed: Any) -> None:
    x, t = Value(3.0), Tensor(3.0)
    (x * x).backward(seed)
    (t * t).backward(seed)
    assert x.grad == t.grad == 6.0 * seed
    for wrong, message in (("a", "backward: seed: expected one real number, got text"), ([1.0, 2.0], "backward: seed")):
        with pytest.raises(DTypeError, match=message):
            (x * x).backward(wrong)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)])
@pytest.mark.parametrize("axis", [0, -1, None])
def test_of_no_numbers_softmax_has_none_and_logsumexp_is_the_logarithm_of_zero(shape: Any, axis: Any) -> None:
    for make in (np.empty, lambda s: Tensor(np.empty(s)), lambda s: np.empty(s, dtype=object)):
        x = make(shape)
        result = autograd.logsumexp(x, axis=axis)
        assert np.shape(result) == np.sum(np.empty(shape), axis=axis).shape
        assert all(float(y) == -np.inf for y in np.ravel(getattr(result, "data", result)))
        if axis is not None:
            assert np.shape(autograd.softmax(x, axis=axis)) == shape
    x = Tensor(np.empty(shape, np.float32))
    autograd.sum(autograd.logsumexp(x, axis=axis)).backward()
    assert (x.grad.shape, x.grad.dtype) == (shape, np.float32)


WORDS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: autograd.max(Tensor([])), AutogradError, r"max: .*\(0,\): expected at least one element"),
    (lambda: autograd.max(np.empty((0, 3), dtype=object), axis=0), AutogradError, r"max: .* expected at least one"),
    (lambda: Tensor([1.0]).sum(axis=2**70), ShapeError, r"sum: .*axis=1180591620717411303424 do not fit: no axis"),
    (lambda: Tensor([1.0])[2**70], ShapeError, r"getitem: .* do not fit: no axis, place or length is so large"),
    (lambda: autograd.sort([Value(1.0)], axis=-(2**70)), ShapeError, r"sort: .* do not fit: no axis"),
    (lambda: autograd.matmul([Value(1.0)], 2), ShapeError, r"matmul: the shapes \(1,\), \(\) do not fit: a single num"),
    (lambda: Value(1.0) @ Value(2.0), ShapeError, r"matmul: the shapes \(\), \(\) .*: a single number .* by \*$"),
    (lambda: operator.delitem(Tensor([1.0], label="t"), 0), ShapeError, r"del: the shape \(1,\) of t is fixed"),
    (lambda: autograd.exp("a"), DTypeError, r"exp: expected numbers, arrays, Values or Tensors, got str"),
    (lambda: autograd.exp({1: 2}), DTypeError, r"exp: expected numbers, .* got dict"),
    (
        lambda: autograd.exp([Tensor([1.0], label="t")]),
        LostGradientError,
        r"exp: expected real numbers, got t, which would silently lose its gradient: give .data",
    ),
    (lambda: np.add(np.ones(1), Value(1.0, label="v"), out=np.ones(1)), LostGradientError, r"np\.add: .*out=.* of v "),
    (
        lambda: np.multiply(Tensor(1.0, label="t"), 2.0, where=False),
        LostGradientError,
        r"np\.multiply of t: .*where=False: without out= .*np\.where",
    ),
    (
        lambda: np.multiply(Tensor([1.0], label="t"), 2.0, dtype=np.float32),
        LostGradientError,
        r"np\.multiply of t of shape \(1,\): .*dtype=.*\.astype",
    ),
    (
        lambda: np.add.at(np.zeros(2), [0], Tensor([1.0], label="t")),
        LostGradientError,
        r"np\.add\.at: t of shape \(1,\) .*autograd\.put",
    ),
    (lambda: np.add.reduceat(Tensor([1.0], label="t"), [0]), LostGradientError, r"np\.add\.reduceat: t of .*np\.stack"),
    (
        lambda: np.subtract.reduce(Tensor([1.0], label="t"), axis=1),
        ShapeError,
        r"subtract\.reduce: the shapes t\(1,\), axis=1",
    ),
    (lambda: np.fft.fft(Tensor([1.0], label="t")), NotImplementedError, r"np\.fft\.fft has no derivative in the table"),
]


@pytest.mark.parametrize(("use", "kind", "message"), WORDS)
def test_a_failure_is_told_in_words_of_the_call(use: Callable[[], Any], kind: Any, message: str) -> None:
    with pytest.raises(kind, match=f"^{message}"):
        use()


def test_lists_beside_numbers_broadcast_in_a_sum_of_many() -> None:
    v = Value(1.5)
    (result,) = autograd.sum_of([v, [v]])
    result.backward()
    assert (result.data, v.grad) == (3.0, 2.0)


def test_flat_names_are_names_of_functions() -> None:
    known = {name.rpartition(".")[2] for name in FUNCTIONS} | {"round", "around", "fix"}
    assert known >= FLAT


@pytest.mark.parametrize("other", [Fraction(3, 2), Decimal("1.5"), (1.5,), range(1)], ids=repr)
@pytest.mark.parametrize("node", [Value(1.5), Tensor(1.5), Tensor([1.5])], ids=repr)
@pytest.mark.parametrize("compare", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_a_comparison_refuses_the_numbers_that_arithmetic_refuses(compare: Any, node: Any, other: Any) -> None:
    """To call an equal number unequal would be wrong."""
    for x, y in ((node, other), (other, node)):
        for operate in (compare, operator.add):
            with pytest.raises(DTypeError, match=rf"expected numbers.*, got {type(other).__name__}: convert it"):
                operate(x, y)


@pytest.mark.parametrize("other", [None, "1.5", b"1.5", object(), {}, {1.5}, len])
@pytest.mark.parametrize("node", [Value(1.5), Tensor(1.5)], ids=repr)
def test_what_is_no_number_is_unequal(node: Any, other: Any) -> None:
    assert (node == other, other == node, node != other, other != node) == (False, False, True, True)
