"""Where a call fails, the error is ours: it names the operation, the shapes, the label and the cause, in our words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import AutogradError, DTypeError, LostGradientError, Op, OperationError, ShapeError, Tensor, Value, table
from autograd.ops import shaping
from autograd.signature import each

#: Words of NumPy's insides, which say nothing to who wrote the call.
INSIDES = re.compile(r"ufunc|\breduce\b|squeeze|object is not|interpreted as|_UFunc|_NoValue|NoneType|frompyfunc")

#: Params that must be given.
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "broadcast_to": {"shape": (2, 2)},
    "reshape": {"shape": (4,)},
    "astype": {"dtype": np.float32},
    "getitem": {"index": 0},
    "put": {"shape": (3, 2), "index": [0, 1]},
    "setitem": {"index": slice(None)},
    "add_along_axis": {"shape": (2, 2)},
    "einsum": {"subscripts": "ij->"},
    "roll": {"shift": 1},
    "windows": {"size": 1},
    "overlap_add": {"length": 2},
    "argpartition": {"kth": 0},
}

#: Of every param, what it may not be: of a wrong kind, out of range, repeated, of the wrong number.
WRONG: Mapping[str, list[Any]] = {
    "axis": [1.5, "a", b"a", 7, -9, (0, 0), (0, 5), (1.5,), [0], [[0]], {0}, {}, 1j, True, object(), np.array([0.5])],
    "axes": [1.5, "a", 7, (0, 0), (0, 5), (0,), (0, 1, 2), object()],
    "shape": [1.5, "a", (7,), object(), (1.5,), {}],
    "dtype": ["nonsense", 3.5, object()],
    "keepdims": ["a", object(), 2.5],
    "index": [1.5, "a", 9, (0, 0, 0), object(), [1.5], 1j, [9], slice("a")],
    "subscripts": ["ijk", "i->jj", 5, "", "ii,ii", "->q", None],
    "optimize": ["nonsense"],
    "kind": ["nonsense", 5],
    "order": [5, "nonsense"],
    "casting": ["nonsense", 3],
    "hermitian": [True],
    "shift": [1.5, "a", object(), [1.5], 2**70, None],
    "window_shape": [1.5, "a", 7, -1, (1, 1, 1), object()],
    "kth": [1.5, "a", 7, object()],
    "offset": [1.5, "a", object()],
    "out": [1, "a", np.zeros(2)],
}


def call(op: Op, x: Any, **params: Any) -> Any:
    """A call with ``x`` for every input."""
    kwargs = {**GIVEN.get(op.name, {}), **params}
    args: list[Any] = []
    rules = iter(op.rules)
    for name, parameter in op.signature.parameters.items():
        if name in op.params:
            if parameter.kind is parameter.POSITIONAL_ONLY:
                args.append(kwargs.pop(name))
            continue
        rule = next(rules)
        if parameter.default is not parameter.empty:
            continue
        if name == "indices":
            args.append(np.zeros(np.shape(x), int))
        elif isinstance(rule, each) and parameter.kind is not parameter.VAR_POSITIONAL:
            args.append([x, x])
        else:
            args.append(x)
    return op(*args, **kwargs)


def refused(use: Callable[[], Any]) -> Exception | None:
    try:
        use()
    except (AutogradError, TypeError) as error:
        return error
    return None


def attempt(op: Op, x: Any, **params: Any) -> tuple[Any, Exception | None]:
    """What the call gives, or how it is refused."""
    return tried(lambda: call(op, x, **params))


def tried(use: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return use(), None
    except (AutogradError, TypeError) as error:
        return None, error


def in_our_words(op: Op, error: Exception) -> bool:
    return str(error).startswith(f"{op.name}: ") and not INSIDES.search(str(error))


OPERANDS = {
    "Tensor": lambda: Tensor(np.eye(2) + 0.5, label="W"),
    "Values": lambda: [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]],
    "Value": lambda: Value(1.0, label="v"),
    "array": lambda: np.eye(2) + 0.5,
}

CALLS = [(op, name, wrong) for op in table.values() for name in op.params for wrong in WRONG.get(name, [])]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", OPERANDS)
@pytest.mark.parametrize(("op", "name", "wrong"), CALLS, ids=[f"{op.name}-{name}-{x!r:.20}" for op, name, x in CALLS])
def test_a_wrong_param_is_refused_in_our_words(op: Op, name: str, wrong: Any, kind: str) -> None:
    result, refusal = attempt(op, OPERANDS[kind](), **{name: wrong})
    if refusal is not None:
        assert in_our_words(op, refusal), refusal
        assert isinstance(refusal, AutogradError) or name == "out", refusal
    elif isinstance(result, Tensor) and result.requires_grad:  # what NumPy takes, has its gradient
        result.sum().backward()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", [op for op in table.values() if hasattr(autograd, op.name)], ids=str)
def test_one_value_where_an_array_is_needed_does_what_one_number_does(op: Op) -> None:
    """Either both have a result, and it is the same, or both are refused by name."""
    expected, refusal = attempt(op, Tensor(1.5))
    result, own_refusal = attempt(op, Value(1.5))
    if refusal is not None or op.name == "astype":
        assert own_refusal is not None
        assert in_our_words(op, own_refusal), own_refusal
        return
    assert own_refusal is None
    found = np.asarray(result, dtype=object)
    numbers = np.array([x.data if isinstance(x, Value) else x for x in found.flat], dtype=float)
    np.testing.assert_allclose(numbers, np.ravel(getattr(expected, "data", expected)), rtol=1e-15)


#: Operations of two arrays, of this project's table; of one that is entered elsewhere, its own function says what fits.
TWO = [op for op in table.values() if op.arity == 2 and not op.takes_params and op.name in autograd.__all__]


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2, 2), (3, 3)), ((2, 3), (2,))])
@pytest.mark.parametrize("op", TWO, ids=str)
def test_shapes_that_do_not_fit_are_named_for_tensors_and_for_values(op: Op, shapes: Any) -> None:
    """As far as it is the shapes; the conditions' operators are not for numbers."""
    first, second = (np.ones(shape) for shape in shapes)
    values = np.vectorize(Value, otypes=[object])
    for x, y in ((Tensor(first, label="A"), second), (first, Tensor(second, label="A")), (values(first), second)):
        refusal = refused(lambda x=x, y=y: op(x, y))
        if refusal is not None:
            assert in_our_words(op, refusal), refusal
            if isinstance(refusal, ShapeError) and op.name != "sum_of_products":
                assert all(str(shape) in str(refusal) for shape in shapes), refusal
                assert not isinstance(x, Tensor) or f"A{shapes[0]}" in str(refusal)


def test_the_message_says_what_was_expected() -> None:
    w = Tensor(np.eye(2), label="W")
    for use, kind, message in (
        (lambda: w.sum(axis=1.5), DTypeError, r"sum: expected axis as an int, .*, got 1\.5, .* shapes W\(2, 2\)"),
        (lambda: np.mean(w, axis="a"), DTypeError, "mean: expected axis as an int, a tuple of ints or None, got 'a'"),
        (lambda: w.reshape(1.5), DTypeError, r"reshape: expected shape as an int or a tuple of ints, got 1\.5"),
        (
            lambda: w.astype("nonsense"),
            DTypeError,
            r"astype: expected dtype as a dtype, as np\.float32, got 'nonsense'",
        ),
        (lambda: w.sum(axis=(0, 0)), ShapeError, r"sum: the shapes W\(2, 2\), axis=\(0, 0\) do not fit: duplicate"),
        (
            lambda: autograd.sort([Value(1.0)], axis=3),
            ShapeError,
            r"sort: the shapes \(1,\), axis=3 do not fit: axis 3",
        ),
        (lambda: autograd.concatenate([]), ShapeError, "concatenate: expected one operand at least, got none"),
        (
            lambda: autograd.stack(np.array(2.0)),
            TypeError,
            r"stack: expected one sequence of inputs, as in stack\(\[x, y",
        ),
        (lambda: autograd.put(w, (2,), 0), OperationError, r"put: .*W\(2, 2\).*: an array is no single element"),
        (lambda: w.transpose(w), DTypeError, "transpose: axes has no derivative, but got a Tensor"),
        (lambda: w.transpose(1.5), DTypeError, r"transpose: expected axes as ints or None, got 1\.5"),
        (
            lambda: autograd.add_along_axis(w, [[0, 0]], 2, 0),
            ShapeError,
            r"add_along_axis: the shapes W\(2, 2\), \(1, 2\), shape=2, axis=0 do not fit: expected indices of 1 axes",
        ),
        (lambda: w[[True, False, True]], ShapeError, r"getitem: the shapes W\(2, 2\), index=.* do not fit"),
    ):
        with pytest.raises(kind, match=message):
            use()


@pytest.mark.parametrize(
    "use",
    [
        lambda a, b: autograd.clip(a, b, None),
        lambda a, b: autograd.clip(a, None, b),
        lambda a, b: np.clip(a, b, b),
        lambda a, b: a.clip(b),
    ],
)
def test_an_operation_made_of_others_is_named_itself(use: Callable[[Any, Any], Any]) -> None:
    """As the call that was written, with its operands."""
    with pytest.raises(ShapeError, match=r"^clip: the shapes A\(2, 3\), .*B\(2,\).* do not fit: operands could not"):
        use(Tensor(np.ones((2, 3)), label="A"), Tensor([1.0, 2.0], label="B"))


@pytest.mark.parametrize("refusal", [DTypeError("inner: expected something else"), ShapeError("twice: expected two")])
def test_what_a_forward_function_refuses_itself_goes_out_as_it_is(refusal: AutogradError) -> None:
    def forward(x: Any) -> Any:
        raise refusal

    twice = autograd.primitive("twice", forward, lambda g, y, x: g, doc="refuses")
    try:
        for x in (np.ones(2), Tensor([1.0])):
            with pytest.raises(type(refusal)) as caught:
                twice(x)
            assert caught.value is refusal
    finally:
        autograd.remove("twice")


@pytest.mark.parametrize("axes", [(1, 0), [1, 0], np.array([1, 0]), range(1, -1, -1), None])
def test_axes_are_what_numpy_takes_for_them(axes: Any) -> None:
    numbers = np.arange(6.0).reshape(2, 3)
    t = Tensor(numbers)
    moved = t.transpose(axes)
    np.testing.assert_array_equal(moved.data, numbers.transpose(axes))
    (moved * np.arange(6.0).reshape(3, 2)).sum().backward()
    np.testing.assert_array_equal(t.grad, np.arange(6.0).reshape(3, 2).T)


@pytest.mark.parametrize("axis", [0, -1, np.int64(0), np.array(0)])
def test_of_one_axis_a_number_is_enough(axis: Any) -> None:
    t = Tensor([1.0, 2.0])
    (t.transpose(axis) * [3.0, 4.0]).sum().backward()
    np.testing.assert_array_equal(t.grad, [3.0, 4.0])
    assert shaping.transposed((2,), axis) == (2,)


@pytest.mark.parametrize("x", [Value(1.0), Tensor(1.0), Tensor(np.ones((2, 3))), Tensor([1.0], requires_grad=False)])
def test_numpy_may_ask_a_node_for_its_shape(x: Any) -> None:
    assert (np.shape(x), np.ndim(x), np.size(x)) == (x.shape, len(x.shape), x.size)
    assert [np.size(x, axis) for axis in range(np.ndim(x))] == list(x.shape)


#: What a person may give where numbers, an axis or a dtype are expected.
ANYTHING: Mapping[str, Callable[[], Any]] = {
    **{repr(x): (lambda x=x: x) for x in (0, 1, -1, 2**70, 10**400, 1.5, np.nan, 1j, True, None, "text", "1", b"\1")},
    **{repr(x): (lambda x=x: x) for x in ([], [1, 2], [1, [2]], ["a"], (), (1.0, 2.0), {}, {1}, range(2), float, len)},
    **{repr(x): (lambda x=x: x) for x in (Fraction(1, 2), Decimal("0.5"), slice(None), np.int64(2), np.float32(2))},
    "an array without axes": lambda: np.array(2.0),
    "an integer without axes": lambda: np.array(2),
    "an object without axes": lambda: np.array(2, dtype=object),
    "None without axes": lambda: np.array(None),
    "an array of objects": lambda: np.array([1, 2.5], dtype=object),
    "an empty array of objects": lambda: np.empty((0, 2), dtype=object),
    "an array of text": lambda: np.array(["a", "b"]),
    "an iterator": lambda: iter([1, 2]),
    "an object": object,
}

#: Lists that NumPy makes no array of, as inputs.
DEEP: Mapping[str, Callable[[], Any]] = {
    "a deep list": lambda: nested(500),
    "a list that holds itself": lambda: itself(),
}


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


def itself() -> list[Any]:
    outer: list[Any] = []
    outer += [outer, outer]
    return outer


def with_argument(op: Op, target: str, given: Any, x: Any) -> Callable[[], Any]:
    """A call with this in the place of one argument, and ``x`` for all other inputs."""
    args: list[Any] = []
    kwargs = dict(GIVEN.get(op.name, {}))
    rules = iter(op.rules)
    for name, parameter in op.signature.parameters.items():
        rule = None if name in op.params else next(rules)
        value = given if name == target else np.zeros(np.shape(x), int) if name == "indices" else x
        if parameter.kind is parameter.POSITIONAL_ONLY:
            args.append(given if name == target else kwargs.pop(name, value))
        elif name in op.params or parameter.default is not parameter.empty:
            kwargs |= {name: given} if name == target else {}
        elif isinstance(rule, each) and parameter.kind is not parameter.VAR_POSITIONAL and name != target:
            args.append([value, value])
        else:
            args.append(value)
    return lambda: op(*args, **kwargs)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", [*OPERANDS, "number"])
@pytest.mark.parametrize("op", [op for op in table.values() if op.name in autograd.__all__], ids=str)
def test_whatever_is_given_is_taken_or_refused_in_our_words(op: Op, kind: str) -> None:
    for target, parameter in op.signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        for name, made in {**ANYTHING, **({} if target in op.params else DEEP)}.items():
            use = with_argument(op, target, made(), OPERANDS[kind]() if kind in OPERANDS else 1.5)
            result, refusal = tried(use)
            if refusal is not None:
                assert in_our_words(op, refusal), (target, name, refusal)
                assert "object has no" not in str(refusal), (target, name, refusal)
            elif isinstance(result, Tensor) and result.requires_grad:  # what it takes, has its gradient
                result.sum().backward()


def test_a_single_value_is_not_put_into_an_array_as_an_array() -> None:
    x = Value(1.5)
    assert autograd.put(x, (2,), 0)[0] is x
    changed = autograd.setitem([Value(1.0), Value(2.0)], x, 1)
    assert changed[1] is x
    with pytest.raises(ShapeError, match=r"put: .*cannot"):
        autograd.put([x, x], (2,), 0)


def in_tracing(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(t: Any) -> Any:
        with autograd.tracing():
            return function(t)

    return call


#: What a forward function refuses by a TypeError of its own, though its operands are what they should be.
CAUSES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "concatenate": (lambda t: np.concatenate([t, t], dtype=int), "Cannot cast array data"),
    "einsum": (lambda t: np.einsum("i,i->i", t, t, dtype=np.float32), "could not be cast"),
    "neg": (in_tracing(lambda t: -(t > 0)), "boolean negative"),
    "sub": (in_tracing(lambda t: True - (t > 0)), "boolean subtract"),
    "softmax": (in_tracing(lambda t: autograd.softmax(t > 1)), "boolean subtract"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_is_not_sought_in_operands_that_are_tensors(name: str) -> None:
    function, cause = CAUSES[name]
    with pytest.raises(DTypeError, match=rf"^{name}: failed on operands of the shapes .*{cause}"):
        function(Tensor([1.0, 2.0]))


t, u, v = Tensor(np.ones((2, 3)), label="t"), Tensor(np.ones(4), label="u"), Value(1.0, label="v")

#: What people write wrong most: the operation, every shape and label, the cause and the cure in one message.
MISTAKES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: t @ u, ShapeError, r"matmul: the shapes t\(2, 3\), u\(4,\) do not fit: .*lengths 3 and 4: transpose one"),
    (lambda: np.ones((2, 2)) @ u, ShapeError, r"matmul: the shapes \(2, 2\), u\(4,\) .*lengths 2 and 4: transpose one"),
    (lambda: t + u, ShapeError, r"add: the shapes t\(2, 3\), u\(4,\) do not fit: .*: reshape one, as by x\[:, None\]"),
    (lambda: [1.0, 2.0] * t, ShapeError, r"mul: the shapes \(2,\), t\(2, 3\) do not fit: .*: reshape one"),
    (lambda: np.concatenate([t, u]), ShapeError, r"concatenate: the shapes t\(2, 3\), u\(4,\) .*: add an axis"),
    (lambda: np.concatenate([t, t[:, 1:]]), ShapeError, r"concatenate: .*t\(2, 3\).*: cut one, or choose another axis"),
    (lambda: np.stack([t, u]), ShapeError, r"stack: the shapes t\(2, 3\), u\(4,\) do not fit: .*: reshape one"),
    (lambda: t.reshape(4), ShapeError, r"reshape: .*t\(2, 3\), shape=4 .*: give lengths that make 6, or -1 for one"),
    (lambda: t[5], ShapeError, r"getitem: .*t\(2, 3\), index=5 .*: its 2 places are numbered from 0, or from -1"),
    (lambda: t[0, [3]], ShapeError, r"getitem: .*t\(2, 3\).* 3 is out of bounds.*: its 3 places are numbered"),
    (lambda: t.sum(axis=2), ShapeError, r"sum: .*t\(2, 3\), axis=2 .*: its 2 axes are numbered from 0, or from -1"),
    (lambda: t.item(9), ShapeError, r"item: expected an index into t of shape \(2, 3\), got \(9,\): index 9 is out of"),
    (lambda: t.backward(), ShapeError, r"backward: t of shape \(2, 3\) needs a seed of that shape.*or reduce it with"),
    (lambda: u.backward([1.0]), ShapeError, r"backward: expected a seed of the shape \(4,\) of u, got \(1,\): give"),
    (
        lambda: (t * 2).backward(t),
        LostGradientError,
        r"backward: a seed is the gradient of the output, plain .*\(2, 3\)",
    ),
    (lambda: (v * 2).backward(v), LostGradientError, r"backward: a seed is .*, a plain number, got v: leave it out"),
    (lambda: v + t, DTypeError, r"add: cannot mix a Tensor with v, a Value: make both"),
    (lambda: t * v, DTypeError, r"mul: cannot mix a Value with t of shape \(2, 3\), a Tensor: make both"),
    (lambda: np.ones((3, 2)).dot(t), LostGradientError, r"t: a plain NumPy array .* a @ t for a\.dot\(t\)"),
    (lambda: np.asarray([t[0], t[1]]), LostGradientError, r"the result of getitem: a plain NumPy array .*stack"),
]


@pytest.mark.parametrize(("use", "kind", "message"), MISTAKES)
def test_the_commonest_mistakes_are_told_with_their_cure(
    use: Callable[[], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=f"^{message}"):
        use()
