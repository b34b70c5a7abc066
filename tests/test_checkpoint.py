"""checkpoint: the derivatives of the function itself, in every mode and nesting, with less memory, or a refusal."""

from __future__ import annotations

import copy
import gc
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numeric import assert_close
from strategies import Program, arrays, broadcasting_programs, by_function
from test_where import BETWEEN, OPEN, SINGULAR

import autograd
import nn
from autograd import (
    DTypeError,
    Graph,
    GraphError,
    StaleDataError,
    Tensor,
    Value,
    checkpoint,
    gradients,
    jacfwd,
    jacrev,
    jvp,
    no_grad,
)


@given(program=broadcasting_programs())
def test_a_program_has_the_gradients_that_it_has(program: Program) -> None:
    def f(*xs: Any) -> Any:
        return program.result(by_function, xs, lambda x: x.sum())

    leaves = [Tensor(x) for x in program.inputs]
    inner = checkpoint(lambda *xs: [x * x[::-1] if x.shape else x * 2.0 for x in xs])

    def nested(*xs: Any) -> Any:
        return f(*xs) * inner(*xs)[0].sum()

    def plain(*xs: Any) -> Any:
        return f(*xs) * (xs[0] * xs[0][::-1] if xs[0].shape else xs[0] * 2.0).sum()

    for one, other in ((checkpoint(f), f), (checkpoint(nested), plain)):
        found, expected = gradients(one(*leaves), leaves), gradients(other(*leaves), leaves)
        for g, its in zip(found, expected, strict=True):
            assert_close(g, its, 1e-12, scale=float(np.abs(its).max(initial=1)))


@given(x=arrays(3), w=arrays(3))
def test_second_derivatives_and_forward_mode_and_jacobians(x: Any, w: Any) -> None:
    leaf, weight = Tensor(x), Tensor(w)
    f = lambda x: np.tanh(weight * x) * x  # noqa: E731

    def second(f: Any) -> Any:
        first = gradients(f(leaf).sum(), [leaf, weight], create_graph=True)
        return gradients((first[0] * first[1]).sum(), [leaf, weight])

    for g, its in zip(second(checkpoint(f)), second(f), strict=True):
        assert_close(g, its, 1e-12, scale=10)
    assert_close(jvp(checkpoint(f), (x,), (w,))[1].data, jvp(f, (x,), (w,))[1].data, 1e-12, scale=10)
    for mode in (jacfwd, jacrev):
        assert_close(mode(checkpoint(f))(x).data, mode(f)(x).data, 1e-12, scale=10)


def test_trees_go_in_and_come_out() -> None:
    x, w, b = Tensor([1.0, 2.0]), Tensor(np.float32([3, 4])), Tensor([5.0, 6.0], requires_grad=False)

    def f(p: Any, c: Any, scale: float = 1.0) -> Any:
        return {"a": p["x"] * c * scale, "b": [p["w"] * p["w"], None, (p["x"] @ p["b"])], "n": 3, "c": c}

    def total(r: Any) -> Any:
        return (r["a"] * r["b"][0]).sum() * r["b"][2]

    c, p = np.array([7.0, 8.0]), {"x": x, "w": w, "b": b}
    out = checkpoint(f)(p, c, scale=2.0)
    assert (out["n"], out["b"][1], out["b"][0].dtype, out["b"][2].shape) == (3, None, np.float32, ())
    assert out["c"].__class__ is np.ndarray
    expected = gradients(total(f(p, c, scale=2.0)), [x, w])
    c *= 0
    for g, its in zip(gradients(total(out), [x, w]), expected, strict=True):
        assert_close(g, its, 1e-6)
    assert checkpoint(lambda x: 3.0)(x) == 3.0
    assert checkpoint(lambda c: c * Tensor([1.0], requires_grad=False))(np.ones(1)).data == 1.0


def test_what_it_finds_elsewhere_gets_its_gradients() -> None:
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    before = w * 2
    f = lambda x: np.sin(before * x) * (w * 3).T + w[::-1] * before  # noqa: E731
    wanted = [x, w, before]
    for g, its in zip(gradients(checkpoint(f)(x).sum(), wanted), gradients(f(x).sum(), wanted), strict=True):
        assert_close(g, its)
    assert_close(gradients(checkpoint(lambda: before)().sum(), before), [1.0, 1.0])
    model = nn.MLP([2, 3, 1], activation="tanh", rng=0)
    checkpoint(model)(np.ones((1, 2))).sum().backward()
    found = [p.grad for p in model.parameters()]
    expected = gradients(model(np.ones((1, 2))).sum(), list(model.parameters()))
    for g, its in zip(found, expected, strict=True):
        assert_close(g, its)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("singular", SINGULAR)
def test_nothing_comes_from_behind_a_closed_where(singular: str, between: str) -> None:
    x = Tensor([4.0, 0.0, 9.0])
    inside = checkpoint(lambda x: BETWEEN[between](SINGULAR[singular](x)))
    for f in (
        lambda x: autograd.where(OPEN, inside(x), 0.0),
        checkpoint(lambda x: autograd.where(OPEN, inside(x), 0.0)),
    ):
        g = gradients(f(x).sum(), x)
        assert np.isfinite(g).all()
        assert g[1] == 0


def test_it_holds_less() -> None:
    x = Tensor(np.ones(10_000))

    def block(x: Any) -> Any:
        for _ in range(20):
            x = np.tanh(x * 1.01)
        return x

    def peak(block: Callable[[Any], Any]) -> int:
        gc.collect()
        tracemalloc.start()
        y = x
        for _ in range(20):
            y = block(y)
        y.sum().backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(checkpoint(block)) < peak(block) / 5


def test_a_replay_computes_it_of_other_numbers() -> None:
    x, w = Tensor([1.0, 2.0], label="x"), Tensor([3.0, 4.0], label="w")
    graph = Graph.of(checkpoint(lambda x: (w * x * x).sum())(x))
    assert graph.replay({"x": [2.0, 1.0]}).data[-1] == 16
    with pytest.raises(GraphError, match=r"the data of w \(shape \(2,\)\).*give it as an argument"):
        graph.replay({"w": [2.0, 1.0]})


def test_nothing_is_recorded_inside_no_grad() -> None:
    x = Tensor([1.0, 2.0])
    with no_grad():
        assert not checkpoint(lambda x: x * x)(x).requires_grad
    assert not checkpoint(lambda x: x * x)(Tensor([1.0], requires_grad=False)).requires_grad


def test_other_numbers_are_noticed() -> None:
    x, w, rng = Tensor([1.0, 0.0]), Tensor([3.0, 4.0], label="w"), np.random.default_rng(0)
    y = checkpoint(lambda x: x * rng.normal(size=2))(x).sum()
    with pytest.raises(StaleDataError, match="did not do the same when it was run again"):
        y.backward()
    y = checkpoint(lambda x: x * w)(x).sum()
    w.data = [3.0, 5.0]
    with pytest.raises(StaleDataError, match=r"the data of w \(shape \(2,\)\), which f finds for itself, changed"):
        gradients(y, x)


def test_values_are_refused() -> None:
    v, x = Value(1.0), Tensor([1.0])
    for call in (
        lambda: checkpoint(lambda v: v * v)(v),
        lambda: checkpoint(lambda: v * v)(),
        lambda: checkpoint(lambda x: (x * 2, v * v))(x),
    ):
        with pytest.raises(DTypeError, match=r"checkpoint: expected .* a Value, whose slopes are kept"):
            call()


@pytest.mark.parametrize(
    "elsewhere", [np.array([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=False)], ids=["array", "t"]
)
def test_what_changed_is_noticed_even_where_the_result_is_the_same(elsewhere: Any) -> None:
    x = Tensor([1.0, 1.0])
    y = checkpoint(lambda x: (x * elsewhere).sum())(x)
    elsewhere[:] = [2.0, 1.0]
    with pytest.raises(StaleDataError, match="did not do the same"):
        y.backward()
    rng = np.random.default_rng(0)
    dropped = checkpoint(lambda x: (x * (rng.random(3) > 0.5)).sum())(Tensor(np.zeros(3)))
    with pytest.raises(StaleDataError, match="or is random"):
        dropped.backward()


def test_an_argument_that_is_assigned_to_is_refused() -> None:
    def f(t: Tensor) -> Tensor:
        t[0] = 2.0 * t[1]
        return t.sum()

    with pytest.raises(GraphError, match=r"checkpoint: .*it assigns to one of shape \(2,\)"):
        checkpoint(f)(Tensor([1.0, 2.0]) * 1.0)


@pytest.mark.parametrize("use", [pickle.dumps, copy.deepcopy])
def test_what_runs_a_function_again_is_not_copied(use: Any) -> None:
    with pytest.raises(GraphError, match="checkpoint: a graph that runs f again is not pickled or copied"):
        use(checkpoint(np.tanh)(Tensor([1.0])))


def test_its_scalar_graph_is_that_of_the_function_itself() -> None:
    y = checkpoint(lambda t: (t * t).sum())(Tensor([1.0, 2.0]))
    with pytest.raises(DTypeError, match="for a scalar graph, take that of f itself"):
        autograd.Graph.of(y).to_scalars()
