"""Functions that people enter cannot write to what belongs to the graph, and what they return is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Op, OperationError, Tensor, Value, gradients, jvp, steps, vjp
from autograd.signature import each, param

#: What is entered here is wrong, and is to be refused where it is run.
elementwise, primitive = partial(autograd.elementwise, check=False), partial(autograd.primitive, check=False)

A, B, C = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, -6.0])


@contextmanager
def entered(op: Op) -> Iterator[Op]:
    try:
        yield op
    finally:
        autograd.remove(op.name)


def function(arguments: str, written: str, result: str) -> Callable[..., Any]:
    """One that writes in place before it returns its result."""
    names: dict[str, Any] = {"np": np}
    exec(f"def function({arguments}):\n    {written}\n    return {result}", names)
    found: Callable[..., Any] = names["function"]
    return found


def backward(y: Tensor, a: Tensor, b: Tensor) -> Any:
    y.backward()
    return a.grad, b.grad


def forward_mode(op: Op) -> Callable[[Tensor, Tensor, Tensor], Any]:
    def columns(y: Tensor, a: Tensor, b: Tensor) -> Any:
        tangents = [jvp(op, (a,), (e,))[1].data for e in np.eye(2)]
        return C @ np.array(tangents).T, C

    return columns


#: The gradients of ((op(a) + b) * c).sum() by a and b: 2c where op doubles, and c.
WAYS: dict[str, Callable[[Op], Callable[[Tensor, Tensor, Tensor], Any]]] = {
    "backward": lambda op: backward,
    "gradients": lambda op: lambda y, a, b: gradients(y, [a, b]),
    "recorded": lambda op: lambda y, a, b: [g.data for g in gradients(y, [a, b], create_graph=True)],
    "jvp": forward_mode,
    "vjp": lambda op: lambda y, a, b: vjp(lambda u, v: ((op(u) + v) * C).sum(), a, b)[1](1.0),
    "steps": lambda op: lambda y, a, b: [steps(y).gradients[k] for k in (steps(y).graph[n].index for n in "ab")],
}

WRITES = ["g *= 2", "y *= 2", "x *= 2", "x[0] = 7.0", "y += x"]


@contextmanager
def refused_as(message: str) -> Iterator[None]:
    """What is done here may be refused, but for no other reason."""
    try:
        yield
    except OperationError as error:
        if message not in str(error):
            raise


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("written", WRITES)
@pytest.mark.parametrize("kind", ["primitive", "elementwise"])
def test_a_rule_that_writes_in_place_is_refused_or_writes_to_its_own(kind: str, written: str, way: str) -> None:
    """The gradient of the neighbour, the output and the person's data are as without it, in every kind of sweep."""
    if kind == "elementwise" and written.startswith("g"):
        return  # a partial derivative gets no gradient
    if kind == "primitive":
        result = "g" if written == "g *= 2" else "2 * g"
        op = primitive("doubled", lambda x: 2 * x, function("g, y, x", written, result), doc="d")
    else:
        op = elementwise("doubled", lambda x: 2 * x, function("y, x", written, "2"), doc="d")
    with entered(op):
        a, b = Tensor(A, label="a"), Tensor(B, label="b")
        y = ((op(a) + b) * C).sum()
        with refused_as("doubled: function writes to an array that it was given"):
            found = WAYS[way](op)(y, a, b)
            np.testing.assert_array_equal(found[0], 2 * C)
            np.testing.assert_array_equal(found[1], C)
        np.testing.assert_array_equal(a.data, A)
        np.testing.assert_array_equal(y.inputs[0].data, (2 * A + B) * C)


def test_a_recorded_rule_does_not_write_to_a_constant_of_the_person() -> None:
    rule = function("g, y, x, k", "k *= 2", "g * k")
    with entered(primitive("scaled", lambda x, k: x * k, rule, None, doc="d")) as scaled:
        for is_lent in (False, True):
            x, k = Tensor(A), Tensor(B, requires_grad=False)
            held = k.data if is_lent else None
            gradients(scaled(x, k).sum(), x, create_graph=True)
            np.testing.assert_array_equal(k.data, B)
            assert held is None or held is k.data


@pytest.mark.parametrize("written", ["x *= 2", "x[0] = 7.0", "x.fill(0.0)", "x.sort()", "np.multiply(x, 2, out=x)"])
@pytest.mark.parametrize("enter", [elementwise, primitive])
def test_a_forward_function_that_writes_in_place_is_refused(enter: Any, written: str) -> None:
    rule = (lambda y, x: 2) if enter is elementwise else (lambda g, y, x: 2 * g)
    with entered(enter("doubled", function("x", written, "2 * x"), rule, doc="d")) as op:
        data = A.copy()
        for x in (data, Tensor(data)):
            with pytest.raises(OperationError, match="doubled: function writes to an array that it was given"):
                op(x)
        np.testing.assert_array_equal(data, A)


def test_a_rule_may_return_what_it_was_given_or_a_part_of_it() -> None:
    with (
        entered(primitive("same", lambda x: x, lambda g, y, x: g, doc="d")) as same,
        entered(primitive("turned", lambda x: x[::-1], lambda g, y, x: g[::-1], linear="jointly", doc="d")) as turned,
    ):
        x = Tensor(A)
        (turned(same(x)) * C).sum().backward()
        np.testing.assert_array_equal(x.grad, C[::-1])
        view = turned(Tensor(A, requires_grad=False))
        view += 1
        np.testing.assert_array_equal(view.data, A[::-1] + 1)
        assert same(A) is A


#: What no slope, no gradient and no result can be, and what the message says of it.
NOT_REAL: dict[str, tuple[Any, str]] = {
    "nothing": (None, "got None: end the function with return"),
    "text": ("3", "got text"),
    "complex": (3 + 1j, "got complex ones"),
    "complex array": (np.full(2, 1j), "got complex ones"),
    "masked": (np.ma.array(A, mask=[True, False]), "got a masked array"),
    "huge": (10**400, "got an integer of 1329 bits"),
    "object": (object(), "got object"),
    "objects": (np.array([None, 1.0]), "got None"),
    "tuple": ((1.0, 2.0), "got a tuple|got 2"),
    "list": ([1.0, 2.0], "got a list|got 2"),
}

SWEEPS: dict[str, Callable[[Op, Any], Any]] = {
    "backward": lambda op, x: op(x).sum().backward(),
    "gradients": lambda op, x: gradients(op(x).sum(), x),
    "recorded": lambda op, x: gradients(op(x).sum(), x, create_graph=True),
    "jvp": lambda op, x: jvp(op, (x,), (np.ones(x.shape) if x.shape else 1.0,)),
}


@pytest.mark.parametrize("sweep", SWEEPS)
@pytest.mark.parametrize("case", NOT_REAL)
def test_a_rule_that_gives_no_real_number_is_refused_by_name(case: str, sweep: str) -> None:
    result, message = NOT_REAL[case]
    with entered(elementwise("doubled", lambda x: 2 * x, lambda y, x: result, doc="d")) as op:
        for x in (Value(2.0), Tensor(A)):
            with pytest.raises(autograd.DTypeError, match=f"^doubled: expected a slope.*({message})"):
                SWEEPS[sweep](op, x)
    with (
        entered(primitive("doubled", lambda x: 2 * x, lambda g, y, x: result, doc="d")) as op,
        pytest.raises(autograd.DTypeError, match=f"^doubled: expected a gradient.*({message})"),
    ):
        SWEEPS[sweep](op, Tensor(A))


@pytest.mark.parametrize("case", NOT_REAL)
def test_a_forward_function_that_gives_no_real_number_is_refused_by_name(case: str) -> None:
    result, message = NOT_REAL[case]
    with entered(elementwise("doubled", lambda x: result, lambda y, x: 2, doc="d")) as op:
        for x in (2.0, A, Value(2.0), Tensor(A)):
            with pytest.raises(autograd.DTypeError, match=f"^doubled: expected (a result|one array).*({message})"):
                op(x)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_what_a_rule_gives_fits(sweep: str) -> None:
    with entered(elementwise("doubled", lambda x: 2 * x, lambda y, x: np.ones(3), doc="d")) as op:
        for x in (Value(2.0), Tensor(A)):
            with pytest.raises(autograd.ShapeError, match=r"^doubled: .* \(3,\)"):
                SWEEPS[sweep](op, x)
    for result in (2.0, [2.0, 2.0], np.ones(3)):
        with (
            entered(primitive("doubled", lambda x: 2 * x, lambda g, y, x: result, doc="d")) as op,  # noqa: B023
            pytest.raises(autograd.AutogradError, match=r"^doubled: "),
        ):
            SWEEPS[sweep](op, Tensor(A))


def test_a_vjp_may_give_a_plain_number_where_the_input_is_one() -> None:
    with entered(primitive("doubled", lambda x: 2 * x, lambda g, y, x: 2.0, doc="d")) as op:
        x = Tensor(3.0)
        op(x).backward()
        assert x.grad == 2.0


def test_the_rule_of_a_list_is_looked_at_in_each_place() -> None:
    rules = {
        "writes": each(lambda g, y, xs: lambda k: g.__setitem__(0, 1.0)),
        "expected a gradient": each(lambda g, y, xs: lambda k: None),
        "expected a function of the place": each(lambda g, y, xs: g),
    }
    for message, rule in rules.items():
        with entered(primitive("paired", np.stack, rule, doc="d")) as op:
            y = op([Tensor(A), Tensor(B)]).sum()
            with pytest.raises(autograd.AutogradError, match=f"^paired: .*{message}"):
                y.backward()


@pytest.mark.parametrize("rule", [lambda y, x: x * 10**400, lambda y, x: y + 10**400])
def test_an_integer_in_a_rule_that_no_float_holds_is_refused_when_it_is_met(rule: Any) -> None:
    with entered(elementwise("doubled", lambda x: 2 * x, rule, doc="d")) as op:
        for x in (Value(2.0), Tensor(A)):
            with pytest.raises(OperationError, match=r"^doubled: a rule failed: int too large"):
                op(x).sum().backward()


def test_functions_of_an_operation_serve_another_under_its_name() -> None:
    with (
        entered(elementwise("first", lambda x: 2 * x, lambda y, x: None, doc="d")) as first,
        entered(elementwise("second", first.forward, *first.rules, doc="d")) as second,
        pytest.raises(autograd.DTypeError, match=r"^second: expected a slope, got None"),
    ):
        second(Value(1.0))


def test_a_param_has_a_shape_of_its_own() -> None:
    """Also where it comes by position, since an input behind it is given."""
    table = np.ones((4, 1, 2))
    rules = (
        lambda y, x, table, k=None: table[0, 0, 0],
        param,
        lambda y, x, table, k=None: 1.0,
    )
    with entered(elementwise("looked_up", lambda x, table, k=0.0: x * table[0, 0, 0] + k, *rules, doc="d")) as op:
        x = Tensor(A)
        op(x, table, 3.0).sum().backward()
        np.testing.assert_array_equal(x.grad, [1.0, 1.0])
