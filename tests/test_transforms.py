"""jvp and vjp: every entry of the table in both modes and all nestings, structures, structural zeros, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, derivative, differences
from strategies import UNGATED_OPS, Program, arrays, broadcasting_programs, by_function, meaning, programs
from test_rules import CONJUGATING, applied, calls, distinct, forward, outputs, smooth_points, weights_for
from test_where import BETWEEN, OPEN, SINGULAR

import autograd
import nn
from autograd import (
    DTypeError,
    Node,
    Op,
    ShapeError,
    StaleDataError,
    Tensor,
    Value,
    gradients,
    jvp,
    no_grad,
    table,
    vjp,
)

DIFFERENTIABLE = [op for op in table.values() if not op.is_flat]
each_operation = pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
each_kind = pytest.mark.parametrize("kind", [Value, Tensor])

Function = Callable[..., Any]
CONDITION = np.array([True, False, True])
ORDERS = np.array([0, 1, 2])


def cubed(x: Any) -> Any:
    return x * x * x


@st.composite
def functions(draw: st.DrawFn, op: Op) -> tuple[Function, Function, list[Any]]:
    """A function of arrays that calls the operation, the same on plain arrays, and arrays for it."""
    if op.name == "where":
        inputs = [draw(arrays((3,))), draw(arrays((1,)))]
        return lambda x, y: op(CONDITION, x, y), lambda x, y: np.where(CONDITION, x, y), inputs
    if op.name == "sum_of":
        return lambda *xs: op(list(xs)), lambda *xs: sum(xs), [draw(arrays(())) for _ in range(3)]
    if op.name in ("max_of", "min_of"):
        inputs = list(draw(distinct(3))[0][0])
        return lambda *xs: op(list(xs)), lambda *xs: op.forward(list(xs)), inputs
    if op.name == "sum_of_products":
        inputs = [draw(arrays(())) for _ in range(4)]
        return lambda *xs: op(list(xs[:2]), list(xs[2:])), lambda a, b, c, d: a * c + b * d, inputs
    if op.name in ("polygamma", "spherical_jnpi"):
        inputs = [np.array(draw(st.lists(st.floats(0.5, 3.0), min_size=3, max_size=3)))]
        return lambda x: op(ORDERS, x), lambda x: op.forward(ORDERS, x), inputs
    if op.is_elementwise:
        points = draw(st.lists(smooth_points(op), min_size=1, max_size=3))
        return op, op.forward, list(np.array(points).T)
    inputs, params = draw(calls(op))
    return (
        lambda *xs: joined(applied(op, list(xs), params)),
        lambda *xs: joined(forward(op, list(xs), params)),
        inputs,
    )


def joined(y: Any) -> Any:
    """Several outputs one after another."""
    return np.concatenate([part.reshape(-1) for part in outputs(y)]) if isinstance(y, tuple) else y


def directions(inputs: list[Any], phase: float) -> tuple[Any, ...]:
    """Tangents with no pattern, one for each input."""
    return tuple([np.cos(phase + k + 1.7 * np.arange(x.size)).reshape(x.shape) for k, x in enumerate(inputs)])


LISTED = ("sum_of", "sum_of_products", "max_of", "min_of")


def kinds_for(op: Op) -> list[Any]:
    """What wraps the inputs: operations of lists of Values are for Values alone."""
    return [Value] if op.name in LISTED else [Tensor]


def wrapped(op: Op, inputs: Any) -> tuple[Any, ...]:
    (kind,) = kinds_for(op)
    return tuple([kind(x) for x in inputs])


def plain(op: Op, inputs: Any) -> tuple[Any, ...]:
    return tuple([float(x) if kinds_for(op) == [Value] else x for x in inputs])


def dot(xs: Any, ys: Any) -> float:
    xs, ys = ([x.data if isinstance(x, Node) else x for x in side] for side in (xs, ys))
    return float(sum(np.sum(x * y) for x, y in zip(xs, ys, strict=True)))


def along(op: Op, f: Function, inputs: list[Any], us: tuple[Any, ...]) -> tuple[Any, float]:
    """The slope of a function of plain arrays along a direction, and how closely it can be trusted."""

    def moved(s: Any) -> Any:
        return f(*[x + s * u for x, u in zip(inputs, us, strict=True)])

    y = np.asarray(moved(0.0))
    slopes, tolerance = np.empty(y.shape), 0.0
    for index in np.ndindex(y.shape):
        element = lambda s, index=index: np.asarray(moved(s))[index]  # noqa: E731
        if op.name in {"max", "min", *CONJUGATING}:
            slope, trust = differences(element, 0.0, 1e-6, 2), 1e-7
        else:
            slope, trust = derivative(lambda s, element=element: element(0.1 * s), 0.0)
            slope = slope / 0.1
        slopes[index], tolerance = slope, max(tolerance, 100 * trust)
    return slopes, tolerance


#: How linear an entry may say that it is, from the strongest on: the inputs that may move together, of so many.
LINEAR: dict[str, Callable[[int], list[set[int]]]] = {
    "jointly": lambda n: [set(range(n))],
    "separately": lambda n: [{k} for k in range(n)],
    "first": lambda n: [{0}],
}


def is_linear(f: Function, inputs: list[Any], moving: set[int]) -> bool:
    """Whether the function of these inputs, the others being as they are, hands a combination on."""
    others = directions(inputs, 0.9)
    given, taken, mixed = (
        f(*[move(x, y) if k in moving else x for k, (x, y) in enumerate(zip(inputs, others, strict=True))])
        for move in (lambda x, _: x, lambda _, y: y, lambda x, y: 1.5 * x - 0.75 * y)
    )
    return np.allclose(mixed, 1.5 * np.asarray(given) - 0.75 * np.asarray(taken), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("op", [op for op in DIFFERENTIABLE if op.name != "sum_of_products"], ids=lambda op: op.name)
def test_an_entry_says_how_linear_it_is(op: Op) -> None:
    """The strongest of what holds in every call: no more, and no less. (Of two lists, it cannot be said.)"""
    claims = set(LINEAR)

    @given(data=st.data())
    def refute(data: st.DataObject) -> None:
        _, on_arrays, inputs = data.draw(functions(op))
        with np.errstate(all="ignore"):
            for claim in set(claims):
                try:
                    holds = all(is_linear(on_arrays, inputs, each) for each in LINEAR[claim](len(inputs)))
                except (np.linalg.LinAlgError, ValueError):  # what is not defined everywhere is not linear
                    holds = False
                if not holds:
                    claims.discard(claim)

    refute()
    assert op.linear == next((claim for claim in LINEAR if claim in claims), "no")


@each_operation
@given(data=st.data())
def test_a_jvp_is_the_slope_of_the_forward_function_along_the_tangents(op: Op, data: st.DataObject) -> None:
    f, on_arrays, inputs = data.draw(functions(op))
    us = directions(inputs, 0.3)
    y, tangent = jvp(f, plain(op, inputs), plain(op, us))
    assert_close(y.data, on_arrays(*inputs), 1e-13)
    expected, tolerance = along(op, on_arrays, inputs, us)
    assert_close(tangent.data, expected, tolerance)
    recorded = jvp(f, wrapped(op, inputs), wrapped(op, us))[1]
    assert recorded.requires_grad
    assert_close(recorded.data, tangent.data, 1e-13)


@each_operation
@given(data=st.data())
def test_a_jvp_and_a_vjp_are_each_others_transposes(op: Op, data: st.DataObject) -> None:
    f, _, inputs = data.draw(functions(op))
    us = plain(op, directions(inputs, 0.3))
    y, tangent = jvp(f, plain(op, inputs), us)
    z, pull = vjp(f, *plain(op, inputs))
    np.testing.assert_array_equal(y.data, z.data)
    w = weights_for(y.data) if isinstance(y, Tensor) else 0.7
    adjoints = pull(w)
    assert [g.shape for g in adjoints] == [x.shape for x in inputs]
    one, other = dot([w], [tangent]), dot(adjoints, us)
    assert_close(one, other, 1e-12, scale=abs(one) + 1)
    with no_grad():
        assert_close(dot(pull(w), us), other, 1e-12)


@each_operation
@given(data=st.data())
def test_second_derivatives_agree_in_every_nesting(op: Op, data: st.DataObject) -> None:
    f, _, inputs = data.draw(functions(op))
    us, vs = plain(op, directions(inputs, 0.3)), plain(op, directions(inputs, 1.1))
    xs = plain(op, inputs)

    def number(*args: Any) -> Any:
        """One number in which every element has a part; squares keep the second derivative from being zero."""
        y = f(*args)
        return y * y * 0.5 if isinstance(y, Value) else (y * y * weights_for(y.data)).sum()

    def slope(*args: Any, ts: Any = us) -> Any:
        return jvp(number, args, ts)[1]

    def gradient(*args: Any) -> Any:
        _, pull = vjp(number, *args)
        return pull(1.0)

    leaves = wrapped(op, inputs)
    results = {
        "grad of jvp": dot(gradients(slope(*leaves), list(leaves)), vs),
        "vjp of jvp": dot(vjp(slope, *xs)[1](1.0), vs),
        "jvp of vjp": dot(jvp(gradient, xs, vs)[1], us),
        "jvp of jvp": float(jvp(slope, xs, vs)[1]),
        "vjp of vjp": dot(vjp(gradient, *xs)[1](us), vs),
        "the other way round": float(jvp(lambda *args: slope(*args, ts=vs), xs, us)[1]),
    }
    step = 1e-5 if op.name in ("max", "min", "svd", "eigh") else 0.01
    expected = differences(
        lambda s: float(slope(*plain(op, [np.asarray(x + s * v) for x, v in zip(inputs, vs, strict=True)]))), 0.0, step
    )
    for name, result in results.items():
        assert result == pytest.approx(float(expected), rel=1e-5, abs=1e-5), name
        assert result == pytest.approx(results["vjp of vjp"], rel=1e-10, abs=1e-10), name


@pytest.mark.parametrize("op", [op for op in DIFFERENTIABLE if op.is_elementwise and op.arity and all(op.rules)])
@given(data=st.data())
def test_second_derivatives_of_values_are_those_of_tensors(op: Op, data: st.DataObject) -> None:
    point = data.draw(smooth_points(op))
    us, vs = directions([np.array(x) for x in point], 0.3), directions([np.array(x) for x in point], 1.1)

    def nested(kind: Any) -> list[float]:
        def slope(*xs: Any) -> Any:
            return jvp(op, xs, [kind(u) for u in us])[1]

        leaves = [kind(x) for x in point]
        return [float(jvp(slope, leaves, [kind(v) for v in vs])[1]), dot(gradients(slope(*leaves), leaves), vs)]

    forward, reverse = nested(Value)
    assert forward == pytest.approx(reverse, rel=1e-10, abs=1e-10)
    assert [forward, reverse] == pytest.approx(nested(Tensor), rel=1e-10, abs=1e-10)


@given(program=broadcasting_programs())
def test_random_programs_have_the_slope_of_their_meaning(program: Program) -> None:
    def total(x: Any) -> Any:
        return x.sum()

    us = directions(list(program.inputs), 0.2)
    slope = jvp(lambda *xs: program.result(by_function, xs, total), program.inputs, us)[1]

    def f(s: Any) -> Any:
        moved = [x + s * u for x, u in zip(program.inputs, us, strict=True)]
        return program.result(meaning, moved, np.sum)

    expected, tolerance = derivative(lambda s: f(0.001 * s), 0.0)
    assert_close(slope.data, 1000 * expected, max(1e-8, 1000 * tolerance), scale=1e4)


@given(program=programs(ops=UNGATED_OPS))
def test_random_programs_of_values_have_equal_jvps_and_vjps(program: Program) -> None:
    xs = [float(x) for x in program.inputs]
    us = [float(u) for u in directions(list(program.inputs), 0.2)]
    f = lambda *args: program.result(by_function, args)  # noqa: E731
    slope = jvp(f, xs, us)[1]
    adjoints = vjp(f, *xs)[1](1.0)
    scale = sum(abs(g.data * u) for g, u in zip(adjoints, us, strict=True))
    assert_close(slope.data, dot(adjoints, us), 1e-12, scale=scale)


# One perturbation is not another.


@each_kind
def test_perturbations_are_not_confused(kind: Any) -> None:
    one, three = (1.0, 3.0) if kind is Value else (np.array(1.0), np.array(3.0))

    def slope(f: Function, x: Any) -> Any:
        return jvp(f, (x,), (one,))[1]

    def adjoint(f: Function, x: Any) -> Any:
        return vjp(f, x)[1](one)[0]

    for outer in (slope, adjoint):
        for inner in (slope, adjoint):
            assert float(outer(lambda x, d=inner: x * d(lambda y: x + y, one), one)) == 1
            assert float(outer(lambda x, d=inner: x * d(lambda y: x + y, x), one)) == 1
            assert float(outer(lambda x, d=inner: x * d(lambda y: x * y, three), three)) == 6
            assert float(outer(lambda x, d=inner: d(lambda y: x * y * y, x), three)) == 12
            assert float(outer(lambda x, d=inner: d(lambda y: d(lambda z: x * y * z, y), x), three)) == 1


@each_kind
def test_a_primal_counts_in_its_place_alone(kind: Any) -> None:
    x = kind(3.0)
    q = x * x
    assert float(jvp(lambda a, b: a * b, (x, x), (kind(1.0), kind(0.0)))[1]) == 3
    assert float(jvp(lambda a, b: a * b, (x, q), (kind(1.0), kind(0.0)))[1]) == 9
    assert [float(g) for g in vjp(lambda a, b: a * b, x, q)[1](kind(1.0))] == [9, 3]
    assert float(jvp(lambda a: a * x, (x,), (kind(1.0),))[1]) == 3


@each_kind
def test_derivatives_go_on_to_what_the_primals_and_the_tangents_came_from(kind: Any) -> None:
    x, t = kind(3.0), kind(0.5)
    _, slope = jvp(cubed, (x * x,), (t * t,))  # 3 x⁴ t²
    assert [float(g) for g in gradients(slope, [x, t])] == [12 * 27 * 0.25, 3 * 81 * 2 * 0.5]
    (adjoint,) = vjp(cubed, x * x)[1](t * t)
    assert [float(g) for g in gradients(adjoint, [x, t])] == [12 * 27 * 0.25, 3 * 81 * 2 * 0.5]
    _, pull = vjp(lambda a: a * x * x, x)
    x.data = x.data + 1.0
    with pytest.raises(StaleDataError):
        pull(t)


@each_kind
def test_nobodys_grad_is_touched(kind: Any) -> None:
    x, w = kind(3.0), kind(2.0)
    jvp(lambda a: a * w, (x,), (kind(1.0),))
    vjp(lambda a: a * w, x)[1](kind(1.0))
    assert not x.has_grad
    assert not w.has_grad


# Structural zeros.


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("singular", SINGULAR)
@pytest.mark.parametrize("closed", ["after", "before"])
def test_nothing_comes_from_behind_a_closed_where(singular: str, between: str, closed: str) -> None:
    x, u = np.array([4.0, 0.0, 9.0]), np.array([0.5, 1.0, -2.0])

    def f(x: Any) -> Any:
        if closed == "after":
            return autograd.where(OPEN, BETWEEN[between](SINGULAR[singular](x)), 0.0)
        return SINGULAR[singular](BETWEEN[between](autograd.where(OPEN, x, 0.0)))

    expected = jvp(lambda x: f(x)[[0, 2]], (np.array([4.0, 1.0, 9.0]),), (np.array([0.5, 0.0, -2.0]),))[1].data
    _, numeric = jvp(f, (x,), (u,))
    assert_close(numeric.data[[0, 2]], expected)
    assert numeric.data[1] == 0
    leaf = Tensor(x)
    _, recorded = jvp(f, (leaf,), (u,))
    assert_close(recorded.data, numeric.data)
    weights = np.array([1.0, 0.0, 1.0]) if closed == "before" else np.ones(3)
    second = gradients(autograd.where(weights, recorded, 0.0).sum(), leaf)
    assert np.isfinite(second).all()
    assert second[1] == 0
    twice = jvp(lambda x: jvp(f, (x,), (u,))[1], (x,), (u,))[1]
    assert_close(twice.data[[0, 2]], second[[0, 2]] * u[[0, 2]])
    assert twice.data[1] == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_norms_and_softmax_and_pieces_that_do_not_move_stay_free_of_nan() -> None:
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    moves, ones = np.array([[True], [False]]), np.ones((2, 2))
    norm = lambda x: np.sqrt(np.sum(x * x, axis=1))  # noqa: E731
    assert_close(jvp(lambda x: norm(autograd.where(moves, x, 0.0)), (x,), (ones,))[1].data, [1.4, 0.0])
    assert_close(jvp(lambda x: autograd.where([True, False], norm(x), 0.0), (x,), (ones,))[1].data, [1.4, 0.0])
    weights = lambda x: autograd.softmax(autograd.where(moves, x, -np.inf))  # noqa: E731
    y, t = jvp(lambda x: autograd.where(moves, weights(x), 0.0), (x,), (np.array([[1.0, 2.0], [1.0, 1.0]]),))
    assert_close(t.data[0], y.data[0] * (np.array([1.0, 2.0]) - y.data[0] @ [1.0, 2.0]))
    assert_close(t.data[1], [0.0, 0.0])
    assert_close(jvp(lambda x: weights(x), (x,), (ones,))[1].data[1], [0.0, 0.0])
    pieces = lambda x: np.sqrt(autograd.concatenate([x, np.zeros(2)]))  # noqa: E731
    assert_close(jvp(pieces, (np.ones(2),), (np.ones(2),))[1].data, [0.5, 0.5, 0.0, 0.0])
    placed = lambda x: np.sqrt(autograd.put(x, (3,), [1]))  # noqa: E731
    assert_close(jvp(placed, (np.ones(1),), (np.ones(1),))[1].data, [0.0, 0.5, 0.0])


def test_a_value_behind_a_closed_where_moves_nothing() -> None:
    for f in (lambda x: autograd.where(x > 0, x.sqrt(), 1.0), lambda x: autograd.where(x > 0, x, 0.0).sqrt()):
        assert jvp(f, (0.0,), (1.0,))[1].data == 0
        assert jvp(lambda x, f=f: jvp(f, (x,), (1.0,))[1], (0.0,), (1.0,))[1].data == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_nan_on_a_live_path_stays() -> None:
    assert np.isnan(jvp(np.sqrt, (np.array([0.0]),), (np.array([0.0]),))[1].data)


# Structures, kinds, dtypes.


class Pair(NamedTuple):
    first: Any
    second: Any


def test_trees_go_in_and_come_out() -> None:
    def f(p: Pair, scale: Any) -> dict[str, Any]:
        return {"product": p.first["w"] * scale, "both": [p.second, None, p.first["w"].sum()], "number": 2.0}

    primals = (Pair({"w": Tensor([1.0, 2.0])}, 5.0), 3.0)
    out, tangents = jvp(f, primals, (Pair({"w": np.array([1.0, 0.0])}, 1.0), 10.0))
    assert_close(out["product"].data, [3.0, 6.0])
    assert_close(tangents["product"].data, [13.0, 20.0])
    assert (tangents["both"][0].item(), tangents["both"][1], tangents["both"][2].item()) == (1.0, None, 1.0)
    assert (out["number"], tangents["number"]) == (2.0, 0.0)
    out, pull = vjp(f, *primals)
    pair, scale = pull({"product": np.ones(2), "both": [1.0, None, 2.0], "number": 7.0})
    assert_close(pair.first["w"].data, [5.0, 5.0])
    assert (pair.second.item(), scale.item()) == (1.0, 3.0)


def test_object_arrays_of_values_are_trees_too() -> None:
    x = np.array([Value(1.0), Value(2.0)], dtype=object)
    y, t = jvp(lambda x: x @ x, (x,), (np.array([1.0, 10.0], dtype=object),))
    assert (y.data, t.data) == (5.0, 42.0)
    (adjoint,) = vjp(lambda x: x @ x, x)[1](1.0)
    assert [g.data for g in adjoint] == [2.0, 4.0]


def test_what_does_not_depend_on_the_primals_does_not_move() -> None:
    other = Tensor([1.0, 2.0])
    y, t = jvp(lambda x: (other, x, 3.0, np.ones(2)), (1.0,), (1.0,))
    assert y[0] is other
    assert_close(t[0].data, [0.0, 0.0])
    assert (t[1].data, t[2]) == (1.0, 0.0)
    assert_close(t[3], [0.0, 0.0])
    assert vjp(lambda x: 3.0, 1.0)[1](1.0)[0].data == 0.0
    y, pull = vjp(lambda x: (x, x), 1.0)
    assert pull((2.0, 5.0))[0].data == 7.0


def test_a_model_is_a_closed_over_constant_that_stays_differentiable() -> None:
    model = nn.MLP([2, 3, 1], activation="tanh", rng=0)
    x, u = np.array([[0.5, -1.0]]), np.array([[1.0, 2.0]])
    _, slope = jvp(model, (x,), (u,))
    assert_close(slope.data, differences(lambda s: model(x + float(s) * u).item(), 0.0), 1e-8)
    parameters = list(model.parameters())
    for g, p in zip(gradients(slope.sum(), parameters), parameters, strict=True):
        before, index = p.data.copy(), (0,) * p.ndim

        def moved(s: Any, p: Any = p, before: Any = before, index: Any = index) -> float:
            array = before.copy()
            array[index] += float(s)
            p.data = array
            return jvp(model, (x,), (u,))[1].item()

        assert_close(g[index], differences(moved, 0.0), 1e-8)
        p.data = before


def test_float32_stays_float32() -> None:
    x = np.float32([0.5, 2.0])
    f = lambda x, a: autograd.softmax(np.exp(x) * a)  # noqa: E731
    for primals in ((x, 2.0), (Tensor(x), 2.0), (x, np.float32(2.0))):
        y, t = jvp(f, primals, (np.ones(2), 1.0))
        _, pull = vjp(f, *primals)
        assert [y.dtype, t.dtype, *[g.dtype for g in pull(np.ones(2))]] == [np.float32] * 4
    wide = jvp(lambda x: x + np.ones(2), (x,), (x,))[1]
    assert wide.dtype == np.float64


@each_kind
def test_results_are_recorded_only_if_something_given_is_tracked(kind: Any) -> None:
    number = 3.0 if kind is Value else np.array(3.0)
    w, constant = kind(2.0), kind(2.0, requires_grad=False)

    def tracked(f: Function, x: Any, t: Any) -> list[bool]:
        y, slope = jvp(f, (x,), (t,))
        z, pull = vjp(f, x)
        return [result.requires_grad for result in (y, slope, z, *pull(t))]

    assert tracked(cubed, number, number) == [False] * 4
    assert tracked(cubed, constant, constant) == [False] * 4
    assert tracked(cubed, kind(3.0), number) == [True] * 4
    assert tracked(lambda x: x * w, number, number) == [True] * 4
    assert tracked(cubed, number, w)[1::2] == [True, True]


@each_kind
def test_no_grad_gives_the_derivative_and_records_nothing(kind: Any) -> None:
    x = kind(3.0)
    with no_grad():
        y, slope = jvp(cubed, (x,), (kind(1.0),))
        z, pull = vjp(cubed, x)
        (adjoint,) = pull(kind(1.0))
        inner = jvp(lambda x: jvp(cubed, (x,), (kind(1.0),))[1], (x,), (kind(1.0),))[1]
        assert not (x * x).requires_grad
    assert [float(v) for v in (y, slope, z, adjoint, inner)] == [27, 27, 27, 27, 18]
    assert not any(v.requires_grad for v in (y, slope, z, adjoint, inner))

    with no_grad():  # softmax transposes its vjp, which takes a recording of its own
        weights = jvp(autograd.softmax, (np.array([0.0, 0.0]),), (np.array([1.0, 0.0]),))[1]
    assert_close(weights.data, [0.25, -0.25])

    def stopped(x: Any) -> Any:
        with no_grad():
            factor = x * x
        return factor * x

    assert float(jvp(stopped, (x,), (kind(1.0),))[1]) == 9, "what f itself does not record counts as constant"


@pytest.mark.parametrize("primal", [1.0, np.ones(2)])
def test_a_chain_of_any_length_goes_both_ways(primal: Any) -> None:
    def chain(x: Any) -> Any:
        for _ in range(100_000):
            x = x * 1.00001
        return x

    y, slope = jvp(chain, (primal,), (primal,))
    assert_close(slope.data, y.data)
    assert_close(vjp(chain, primal)[1](primal)[0].data, y.data)


def test_a_new_entry_has_forward_mode() -> None:
    lower = np.tril(np.ones((3, 3)))
    running = autograd.primitive("running", np.cumsum, lambda g, y, x: g @ lower, doc="sums what comes after")
    try:
        assert_close(jvp(running, (np.ones(3),), (np.array([1.0, 10.0, 100.0]),))[1].data, [1.0, 11.0, 111.0])
    finally:
        autograd.remove("running")


# Refusals.


@pytest.mark.parametrize(
    ("primals", "tangents", "error", "message"),
    [
        (1.0, (1.0,), DTypeError, r"expected primals as a tuple.* got float: write jvp\(f, \(x,\), \(t,\)\)"),
        ((1.0,), 1.0, DTypeError, "expected tangents as a tuple"),
        ((1,), (1.0,), DTypeError, r"at primals\[0\], got int: write 1.0"),
        ((np.array([1, 2]),), (1.0,), DTypeError, "got an array of int64: close over"),
        (({"w": "text"},), ({"w": 1.0},), DTypeError, r"at primals\[0\]\['w'\], got str"),
        ((1j,), (1.0,), DTypeError, "got complex"),
        ((1.0,), (1,), DTypeError, r"tangent of primals\[0\]: expected a float or a Value, got int: write 1.0"),
        ((1.0,), (1j,), DTypeError, "got complex"),
        ((1.0,), (Tensor(1.0),), DTypeError, "expected a float or a Value, got Tensor"),
        ((np.ones(2),), (Value(1.0),), DTypeError, r"expected a Tensor or an array of floats of shape \(2,\)"),
        ((np.ones(2),), (np.array([1, 2]),), DTypeError, "got an array of int64"),
        ((np.ones(2),), (np.ones(3),), ShapeError, r"primals\[0\]: expected shape \(2,\), got \(3,\)"),
        ((np.ones(2),), (1.0,), ShapeError, r"expected shape \(2,\), got \(\)"),
        ((1.0, 2.0), (1.0,), ShapeError, "expected trees of one structure"),
        (([1.0],), ((1.0,),), ShapeError, r"at \[0\] the first is \[\*\] and number 2 is \(\*,\)"),
    ],
)
def test_jvp_says_what_it_expected(primals: Any, tangents: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        jvp(lambda *xs: xs, primals, tangents)


@pytest.mark.parametrize(
    ("cotangent", "error", "message"),
    [
        ({"y": 1.0}, ShapeError, r"cotangent of the output\['y'\]: expected shape \(2,\), got \(\)"),
        ({"z": np.ones(2)}, ShapeError, "cotangent of the output: expected trees of one structure"),
        ({"y": np.array([1, 2])}, DTypeError, "got an array of int64"),
    ],
)
def test_vjp_says_what_it_expected(cotangent: Any, error: type[Exception], message: str) -> None:
    _, pull = vjp(lambda x: {"y": x * 2.0}, np.ones(2))
    with pytest.raises(error, match=message):
        pull(cotangent)


def test_an_output_that_is_no_number_is_refused() -> None:
    with pytest.raises(DTypeError, match=r"jvp: expected f to return numbers, got str at the output\[0\]"):
        jvp(lambda x: ["text"], (1.0,), (1.0,))
    with pytest.raises(DTypeError, match="vjp: expected a float"):
        vjp(lambda x: x, 1)


@given(data=st.data())
def test_a_pullback_inside_no_grad_is_that_of_outside(data: st.DataObject) -> None:
    """What f closes over is constant to it, tracked or not, and its own gradient stays as it was."""
    x, c, g = (data.draw(arrays(3)) for _ in range(3))
    closed = Tensor(c) * 2

    def f(t: Any) -> Any:
        y = closed * t
        return autograd.where(t > 0, y * t, closed[::-1] - y)

    _, pull = vjp(f, x)
    with no_grad():
        (inside,) = pull(g)
    assert_close(inside.data, pull(g)[0].data)
    assert not closed.has_grad


def test_a_pullback_of_data_replaced_meanwhile_adds_what_both_bring() -> None:
    def f(t: Any) -> Any:
        before = t * t
        t.data = t.data * 2
        return before + t**3

    _, pull = vjp(f, np.array([1.0, 2.0]))
    with no_grad():
        assert_close(pull(np.ones(2))[0].data, [2.0 + 3 * 4, 4.0 + 3 * 16])


@pytest.mark.parametrize("of", ["gradients", "vjp", "jvp"])
def test_recorded_derivatives_belong_to_the_caller_each_alone(of: str) -> None:
    a, b, seed = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), Tensor([1.0, 1.0])
    if of == "gradients":
        results = gradients(((a + b.reshape(2)) ** 2).sum(), [a, b], create_graph=True)
    elif of == "vjp":
        results = list(vjp(lambda a, b: a + b, a, b)[1](seed))
    else:
        results = list(jvp(lambda a: (a + 1, a + 2), (a,), (seed,))[1])
    before = [x.numpy().copy() for x in (*results, seed)]
    for k, result in enumerate(results):
        result *= 10
        for x, was in zip((*results[k + 1 :], seed), before[k + 1 :], strict=True):
            assert_close(x.data, was)


def test_a_gradient_that_is_shown_of_what_is_computed_is_read_only() -> None:
    x = Tensor([1.0, 2.0])
    h = x * 2
    k = h + 1
    k.backward([3.0, 4.0])
    with pytest.raises(ValueError, match="read-only"):
        h.grad[...] = 0.0
    x.grad[...] = 0.0
    assert_close(k.grad, [3.0, 4.0])


def test_a_pullback_of_values_beside_tensors_and_of_nothing() -> None:
    c = Value(1.0, requires_grad=False)
    both, tensor = vjp(lambda a, b: (a * 2, b * 2), c, np.ones(1))[1]((1.0, np.ones(1)))
    assert (both.data, tensor.data) == (2.0, 2.0)
    assert vjp(lambda a, b: b * 2, c, np.ones(1))[1](np.ones(1))[1].data == 2.0
    assert vjp(lambda: 3.0)[1](1.0) == ()


def test_what_forward_mode_transposes_knows_structural_zeros() -> None:
    with np.errstate(all="ignore"):
        moved = jvp(lambda x: autograd.sqrt(autograd.sort(x)), (np.array([4.0, 0.0]),), (np.array([1.0, 0.0]),))[1]
    np.testing.assert_array_equal(moved.data, [np.nan, 0.25])


def test_what_is_returned_besides_comes_last() -> None:
    x = np.array([1.0, 2.0])
    y, moved, aux = jvp(lambda x: (x * x, {"sum": x.sum()}), (x,), (x,), has_aux=True)
    assert (y.data.tolist(), moved.data.tolist(), aux["sum"].item()) == ([1.0, 4.0], [2.0, 8.0], 3.0)
    assert not aux["sum"].requires_grad
    _, pull, shape = vjp(lambda x: (x * x, x.shape), x, has_aux=True)
    assert (pull(x)[0].data.tolist(), shape) == ([2.0, 8.0], (2,))
    for transform in (autograd.jacobian, autograd.jacrev, autograd.jacfwd):
        rows, total = transform(lambda x: (x * x, x.sum()), has_aux=True)(x)
        assert (rows.tolist(), total) == ([[2.0, 0.0], [0.0, 4.0]], 3.0)
    second, total = autograd.hessian(lambda x: ((x**3).sum(), x.sum()), has_aux=True)(x)
    assert (second.tolist(), total) == ([[6.0, 0.0], [0.0, 12.0]], 3.0)
    with pytest.raises(DTypeError, match=r"jvp: expected f to return \(value, aux\), as has_aux=True says"):
        jvp(lambda x: x, (x,), (x,), has_aux=True)


@pytest.mark.parametrize("kind", [float, Value])
def test_the_hessian_of_an_array_of_objects_is_one_array(kind: Any) -> None:
    x = np.array([kind(1.0), kind(2.0)], dtype=object)
    found = autograd.hessian(lambda x: (x**2).sum() * x[0])(x)
    assert [[getattr(y, "data", y) for y in row] for row in found] == [[6.0, 4.0], [4.0, 2.0]]
    assert found.shape == (2, 2)


def test_an_error_of_hvp_names_hvp() -> None:
    x = np.ones(3)
    for f, v, said in (
        (lambda x: (x**2).sum(), np.ones(2), r"hvp: v: expected shape \(3,\), got \(2,\)"),
        (lambda x: x**2, x, r"hvp: expected f to return one number"),
        (lambda x: (x**2).sum(), [1.0, 2.0, 3.0], r"hvp: v: expected trees of one structure"),
    ):
        with pytest.raises(ShapeError, match=f"^{said}"):
            autograd.hvp(f, x, v)
