"""grad and what is made of it: choices of arguments, structures, nestings, refusals; each entry of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, derivative
from strategies import UNGATED_OPS, Program, arrays, broadcasting_programs, by_function, meaning, programs

import nn
from autograd import (
    DTypeError,
    GraphError,
    ShapeError,
    Tensor,
    Value,
    elementwise_grad,
    grad,
    gradients,
    hvp,
    jvp,
    no_grad,
    table,
    value_and_grad,
    vjp,
)

Function = Callable[..., Any]


def cubes(x: Any) -> Any:
    return (x * x * x).sum() if np.ndim(x) else x * x * x


@given(program=broadcasting_programs())
def test_it_is_the_slope_of_the_program(program: Program) -> None:
    total = lambda x: x.sum()  # noqa: E731
    f = lambda *xs: program.result(by_function, xs, total)  # noqa: E731
    every = tuple(range(len(program.inputs)))
    value, found = value_and_grad(f, argnums=every)(*program.inputs)
    assert_close(value, program.result(meaning, program.inputs, np.sum), 1e-12)
    us = [np.cos(k + np.arange(x.size)).reshape(x.shape) for k, x in enumerate(program.inputs)]
    slope, tolerance = derivative(
        lambda s: program.result(meaning, [x + 0.001 * s * u for x, u in zip(program.inputs, us, strict=True)], np.sum),
        0.0,
    )
    along = sum(np.sum(g * u) for g, u in zip(found, us, strict=True))
    assert_close(along, 1000 * slope, max(1e-8, 1000 * tolerance), scale=1e4)
    assert all(g.__class__ is np.ndarray and g.shape == x.shape for g, x in zip(found, program.inputs, strict=True))


@given(program=programs(ops=UNGATED_OPS))
def test_of_values_it_is_what_backward_brings(program: Program) -> None:
    leaves = [Value(float(x)) for x in program.inputs]
    program.result(by_function, leaves).backward()
    found = grad(lambda *xs: program.result(by_function, xs), argnums=tuple(range(len(leaves))))(
        *[x.data for x in leaves]
    )
    assert all(isinstance(g, float) for g in found)
    np.testing.assert_allclose(found, [x.grad for x in leaves], rtol=1e-12)


# Which arguments, and in what structure the gradient is.


def f(a: Any, b: Any, c: Any = 5.0) -> Any:
    return a * b * b + 0.5 * c * c


@pytest.mark.parametrize(
    ("settings", "args", "kwargs", "expected"),
    [
        ({}, (2.0, 3.0), {}, 9.0),
        ({"argnums": 1}, (2.0, 3.0), {}, 12.0),
        ({"argnums": -1}, (2.0, 3.0), {}, 12.0),
        ({"argnums": (1, 0)}, (2.0, 3.0), {}, (12.0, 9.0)),
        ({"argnums": [0]}, (2.0, 3.0), {}, (9.0,)),
        ({"argnames": "c"}, (2.0, 3.0), {"c": 7.0}, 7.0),
        ({"argnames": "c"}, (2.0, 3.0, 7.0), {}, 7.0),
        ({"argnames": ("b", "c")}, (2.0,), {"b": 3.0, "c": 7}, {"b": 12.0, "c": 7.0}),
        ({}, (2, 3), {"c": np.float32(1)}, 9.0),
    ],
)
def test_arguments_are_chosen_by_place_or_by_name(settings: Any, args: Any, kwargs: Any, expected: Any) -> None:
    assert grad(f, **settings)(*args, **kwargs) == expected
    assert value_and_grad(f, **settings)(*args, **kwargs) == (f(*args, **kwargs), expected)


@dataclass
class Layer:
    w: Any
    b: Any


def test_trees_go_in_and_gradients_of_their_structure_come_out() -> None:
    x = np.array([1.0, 2.0])
    layers = {"in": [Layer(np.float32([1, 2]), 3), None], "out": (Tensor([4.0]), Value(2.0))}

    def loss(layers: Any) -> Any:
        hidden = layers["in"][0].w * x + layers["in"][0].b
        return (hidden * layers["out"][0]).sum(), layers["out"][1] * 3.0

    found, other = grad(loss, has_aux=True)({**layers, "out": (np.array([4.0]), 2.0)})
    assert_close(found["in"][0].w, [4.0, 8.0])
    assert found["in"][0].w.dtype == np.float32
    assert (found["in"][0].b, found["in"][1], found["out"][1]) == (8.0, None, 0.0)
    assert_close(found["out"][0], [4 + 7.0])
    assert other == 6.0
    nodes = grad(loss, has_aux=True)(layers)[0]
    assert isinstance(nodes["out"][0], Tensor)
    assert isinstance(nodes["out"][1], Value)


def test_numbers_come_out_in_the_kind_that_they_went_in() -> None:
    def square(x: Any) -> Any:
        return x * x

    for given_, kind, dtype in [
        (3, float, None),
        (3.0, float, None),
        (np.float32(3), np.float32, np.float32),
        (np.array(3.0), np.ndarray, np.float64),
        (np.array(3), np.ndarray, np.float64),
        (np.array(3, np.float32), np.ndarray, np.float32),
        (np.float64(3), float, None),
    ]:
        found = grad(square)(given_)
        assert type(found) is kind
        assert found == 6
        assert dtype is None or found.dtype == dtype


def test_a_float_beside_arrays_is_a_tensor_whatever_argument_they_are_in() -> None:
    seen: list[Any] = []

    def loss(scale: Any, x: Any, more: Any = None) -> Any:
        seen.append(scale)
        return (scale * x).sum() if np.ndim(x) else scale * x

    assert grad(loss)(2.0, np.float32([1, 2])) == 3.0
    assert grad(loss)(2.0, np.array([1, 2])) == 3.0
    assert grad(loss)(2.0, 1.0, more={"x": [Tensor([1.0])]}) == 1.0
    assert grad(loss)(2.0, 1.0) == 1.0
    assert [getattr(x, "dtype", None) for x in seen] == [np.float32, np.float64, np.float64, None]


def test_has_aux_hands_on_whatever_it_is_as_numbers() -> None:
    def loss(x: Any) -> Any:
        h = x * 2
        return (h * h).sum(), {"h": h, "name": "loss", "n": 3}

    (value, aux), g = value_and_grad(loss, has_aux=True)(np.ones(2))
    assert (value, aux["name"], aux["n"]) == (8.0, "loss", 3)
    assert aux["h"].__class__ is np.ndarray
    assert_close(g, [8.0, 8.0])
    g, aux = grad(loss, has_aux=True)(Tensor([1.0, 1.0]))
    assert aux["h"].requires_grad
    assert g.requires_grad


def test_a_function_that_does_not_move_has_the_gradient_zero() -> None:
    assert grad(lambda x: 3.0)(2.0) == 0
    assert grad(lambda x: 3)(2.0) == 0
    assert_close(grad(lambda x: Tensor(3.0))(np.ones(2)), [0.0, 0.0])
    assert_close(grad(lambda x: Tensor(3.0, requires_grad=False))(np.ones(2)), [0.0, 0.0])
    assert grad(lambda x: x > 0)(2.0) == 0
    assert hvp(lambda x: x * 3.0, 2.0, 1.0) == 0
    assert elementwise_grad(lambda x: 3.0)(2.0) == 0


# Nesting.


@pytest.mark.parametrize("kind", [float, np.array, Value, Tensor])
def test_nested_in_every_way(kind: Any) -> None:
    x, one = kind(3.0), kind(1.0)
    cube = lambda x: x * x * x  # noqa: E731
    assert float(grad(cube)(x)) == 27
    assert float(grad(grad(cube))(x)) == 18
    assert float(grad(grad(grad(cube)))(x)) == 6
    assert float(jvp(grad(cube), (x,), (one,))[1]) == 18
    assert float(grad(lambda x: jvp(cube, (x,), (one,))[1])(x)) == 18
    assert float(grad(lambda x: vjp(cube, x)[1](one)[0])(x)) == 18
    assert float(vjp(grad(cube), x)[1](one)[0]) == 18
    assert float(hvp(cube, x, one)) == 18
    assert float(grad(lambda x: hvp(cube, x, one))(x)) == 6
    assert float(elementwise_grad(elementwise_grad(cube))(x)) == 18
    assert float(grad(elementwise_grad(cube))(x)) == 18


@pytest.mark.parametrize("kind", [float, np.array])
def test_perturbations_are_not_confused(kind: Any) -> None:
    one = kind(1.0)
    assert grad(lambda x: x * grad(lambda y: x + y)(one))(one) == 1
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(one) == 1
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(kind(3.0)) == 6
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(kind(3.0)) == 12
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(y))(x))(kind(3.0)) == 1


@given(x=arrays(3), v=arrays(3))
def test_a_hessian_vector_product_is_how_the_gradient_moves(x: Any, v: Any) -> None:
    w = np.array([[1.0, -0.5, 2.0], [0.25, 1.5, -1.0]])
    f = lambda x: np.tanh(w @ x).sum() * x[0]  # noqa: E731
    t, s = np.tanh(w @ x), 1 / np.cosh(w @ x) ** 2
    first = s @ w
    expected = w.T @ (-2 * t * s * (w @ v)) * x[0]
    expected = expected + first * v[0]
    expected[0] += first @ v
    assert_close(hvp(f, x, v), expected, 1e-12, scale=10)
    assert_close(hvp(f, Tensor(x), Tensor(v)).data, expected, 1e-12, scale=10)


def test_results_are_nodes_only_where_something_is_tracked() -> None:
    w = Tensor([1.0, 2.0])
    closed = lambda x: (w * x * x).sum()  # noqa: E731
    g = grad(closed)(np.ones(2))
    assert_close(gradients(g.sum(), w), [2.0, 2.0])
    second = hvp(closed, np.ones(2), np.ones(2))
    assert_close(gradients(second.sum(), w), [2.0, 2.0])
    with no_grad():
        assert grad(closed)(np.ones(2)).__class__ is np.ndarray
        assert grad(grad(lambda x: x**3))(2.0) == 12
    assert not w.has_grad
    model = nn.MLP([2, 3, 1], activation="tanh", rng=0)
    by_x = grad(lambda x: model(x).sum())(np.ones((1, 2)))
    assert all(np.isfinite(g).all() for g in gradients((by_x * by_x).sum(), list(model.parameters())))


@pytest.mark.parametrize("op", [op for op in table.values() if op.arity == 1 and op.has_partials and all(op.rules)])
def test_slopes_of_elements_are_those_of_numbers(op: Any) -> None:
    ((low, _),) = op.domain or ((-np.inf, np.inf),)
    x = max(low, 0.0) + np.array([0.25, 0.5, 0.75])
    slopes = elementwise_grad(op)(x)
    np.testing.assert_allclose(slopes, [grad(op)(float(number)) for number in x], rtol=1e-14)


@given(data=st.data())
def test_a_slope_by_a_broadcast_argument_is_the_sum_of_its_copies(data: st.DataObject) -> None:
    x, y = data.draw(arrays((2, 3))), data.draw(arrays((3,)))
    assert_close(elementwise_grad(lambda x, y: x * y, argnums=1)(x, y), x.sum(axis=0))
    assert_close(elementwise_grad(lambda x, y: x * y, argnames="x")(x, y), np.broadcast_to(y, (2, 3)))


def test_it_keeps_the_name_and_the_signature() -> None:
    for made in (grad(f), value_and_grad(f), elementwise_grad(f)):
        assert made.__name__ == "f"
    assert grad(grad(f, argnames="c"), argnames="b")(2.0, 3.0, c=1.0) == 0


# Refusals.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(lambda x: x)(np.ones(3)), ShapeError, r"one number, got shape \(3,\): .*jacobian\(\) or vjp\(\)"),
        (lambda: grad(lambda x: np.ones(3))(1.0), ShapeError, r"one number, got shape \(3,\)"),
        (lambda: grad(lambda x: (x, x))(1.0), ShapeError, "one number, got 2 of them"),
        (lambda: grad(lambda x: None)(1.0), ShapeError, "one number, got nothing: is its return missing"),
        (lambda: grad(lambda x: "text")(1.0), DTypeError, "expected f to return numbers, got str"),
        (lambda: grad(f, argnums=2)(1.0, 2.0), GraphError, "argnums=2, but 2 positional arguments came.*argnames="),
        (lambda: grad(f, argnums=-3)(1.0, 2.0), GraphError, "argnums=-3"),
        (lambda: grad(f, argnums="a")(1.0, 2.0), DTypeError, "argnums as an int.*got 'a': give names as argnames="),
        (lambda: grad(f, argnums=1.0)(1.0, 2.0), DTypeError, "argnums as an int or a tuple of ints, got 1.0"),
        (lambda: grad(f, argnums=(0, -2))(1.0, 2.0), GraphError, "expected each argument once"),
        (lambda: grad(f, argnames="c")(1.0, 2.0), GraphError, "no argument of that name came.*default is no input"),
        (lambda: grad(f, argnames=0)(1.0, 2.0), DTypeError, "argnames as a name or a tuple of names, got 0"),
        (lambda: grad(f, 1, "a")(1.0, 2.0), GraphError, "got both"),
        (lambda: grad(max, argnames="a")(1.0, 2.0), GraphError, "no argument of that name came"),
        (lambda: grad(f)({"w": ["text"]}, 2.0), DTypeError, r"grad: argument 0\['w'\]\[0\]: .* got str"),
        (lambda: grad(f)(True, 2.0), DTypeError, "argument 0: .*got bool"),
        (lambda: grad(f)(np.array([True]), 2.0), DTypeError, "got an array of bool"),
        (lambda: grad(f)(1j, 2.0), DTypeError, "got complex"),
        (lambda: grad(f, argnames="b")(1.0, b="text"), DTypeError, "argument 'b'"),
        (lambda: grad(f, has_aux=True)(1.0, 2.0), DTypeError, r"expected f to return \(value, aux\).* got Value"),
        (lambda: hvp(lambda x: x, np.ones(2), np.ones(2)), ShapeError, "one number"),
        (lambda: hvp(cubes, np.ones(2), np.ones(3)), ShapeError, r"expected shape \(2,\), got \(3,\)"),
        (lambda: hvp(cubes, np.ones(2), "text"), DTypeError, "hvp: v: expected a number"),
    ],
)
def test_it_says_what_it_expected(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
