"""What was decided once, and is of no feature: how heavy a node is, kinks, far ends, structural zeros, depth."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close
from strategies import numbers

import autograd
import nn
from autograd import Graph, Tensor, Value, gradients, hessian, jacfwd, jacrev, jvp, vjp

# A node is light: one object that the collector follows, without a closure, a dict or a set.


def test_a_node_of_numbers_is_one_object_that_the_collector_follows() -> None:
    x = Value(1.0)
    y = x * 2.0
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(1000):
            y = np.tanh(y * x)
        assert len(gc.get_objects()) - before <= 2 * 1000 + 100
    finally:
        gc.enable()


@pytest.mark.parametrize("make", [lambda: np.tanh(Value(1.0) * 2.0), lambda: np.tanh(Tensor([1.0]) @ np.ones(1))])
def test_a_node_holds_no_closure_and_no_set_and_has_no_dict(make: Callable[[], Any]) -> None:
    node = make()
    assert not hasattr(node._record, "__dict__")
    held = [x for x in gc.get_referents(node._record) if not isinstance(x, type)]
    assert not any(isinstance(x, FunctionType | set | frozenset) for x in held)


def test_only_numpy_is_imported_and_scipy_where_it_is_called() -> None:
    code = (
        "import sys, numpy as np, autograd, nn; x = autograd.Tensor([0.5]); autograd.tanh(x).sum().backward();"
        "print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Kinks: the slopes that were chosen, of Values and of Tensors, and in forward mode.

KINKS: dict[str, tuple[Callable[..., Any], list[float], list[float]]] = {
    "relu": (autograd.relu, [0.0], [0.0]),
    "leaky_relu": (autograd.leaky_relu, [0.0], [0.01]),
    "abs": (abs, [0.0], [0.0]),
    "sign": (np.sign, [0.0], [0.0]),
    "maximum": (np.maximum, [2.0, 2.0], [0.5, 0.5]),
    "minimum": (np.minimum, [2.0, 2.0], [0.5, 0.5]),
    "hypot": (np.hypot, [0.0, 0.0], [0.0, 0.0]),
    "norm": (lambda x, y: np.linalg.norm(autograd.stack([x, y])), [0.0, 0.0], [0.0, 0.0]),
    "norm of a matrix": (lambda x, y: np.linalg.norm(autograd.stack([x, y])[None]), [0.0, 0.0], [0.0, 0.0]),
    "max": (lambda x, y, z: autograd.max(autograd.stack([x, y, z])), [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
    "min": (lambda x, y, z: autograd.min(autograd.stack([x, y, z])), [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
}


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_the_slope_is_the_one_that_was_chosen(name: str) -> None:
    f, at, slopes = KINKS[name]
    leaves = [Tensor(x) for x in at]
    assert_close(gradients(f(*leaves), leaves), slopes)
    for k, slope in enumerate(slopes):
        along = tuple([float(i == k) for i in range(len(at))])
        assert_close(float(jvp(f, tuple(map(np.asarray, at)), tuple(map(np.asarray, along)))[1].item()), slope)
    if name in autograd.table:
        values = list(map(Value, at))
        assert_close(gradients(f(*values), values), slopes)


# Far out, and with masks: exact, and silent, since warnings are errors.

FAR = np.array([1e4, -1e4, 0.0])

EXACT: dict[str, tuple[Callable[[Any], Any], Any, Any, Any]] = {
    "sigmoid": (autograd.sigmoid, FAR, [1.0, 0.0, 0.5], [0.0, 0.0, 0.25]),
    "logsigmoid": (autograd.logsigmoid, FAR, [0.0, -1e4, -math.log(2)], [0.0, 1.0, 0.5]),
    "softplus": (autograd.softplus, FAR, [1e4, 0.0, math.log(2)], [1.0, 0.0, 0.5]),
    "tanh": (np.tanh, FAR, [1.0, -1.0, 0.0], [0.0, 0.0, 1.0]),
    "softmax": (lambda x: autograd.softmax(x)[0], FAR, 1.0, [0.0, 0.0, 0.0]),
    "softmax of a mask": (lambda x: autograd.softmax(x)[0], [1.0, -np.inf, 1.0], 0.5, [0.25, 0.0, -0.25]),
    "log_softmax": (lambda x: autograd.log_softmax(x)[1], FAR, -2e4, [-1.0, 1.0, 0.0]),
    "logsumexp": (autograd.logsumexp, FAR, 1e4, [1.0, 0.0, 0.0]),
    "logsumexp of a mask": (autograd.logsumexp, [-np.inf, 3.0, -np.inf], 3.0, [0.0, 1.0, 0.0]),
    "logaddexp": (lambda x: np.logaddexp(x, -x), FAR, [1e4, 1e4, math.log(2)], [1.0, -1.0, 0.0]),
    "cross_entropy": (lambda x: nn.cross_entropy(x, 1), FAR, 2e4, [1.0, -1.0, 0.0]),
    "cross_entropy of a mask": (
        lambda x: nn.cross_entropy(x, 2),
        [0.0, -np.inf, 0.0],
        math.log(2),
        [0.5, 0.0, -0.5],
    ),
    "binary cross-entropy of logits": (
        lambda x: (autograd.softplus(x) - x * np.array([1.0, 0.0, 1.0])).mean(),
        FAR,
        math.log(2) / 3,
        [0.0, 0.0, -0.5 / 3],
    ),
    "binary cross-entropy on the wrong side": (
        lambda x: (autograd.softplus(x) - x * np.array([0.0, 1.0, 0.0])).mean(),
        FAR,
        (2e4 + math.log(2)) / 3,
        [1 / 3, -1 / 3, 0.5 / 3],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_what_saturates_is_exact_far_out_and_behind_masks(name: str) -> None:
    f, at, value, slopes = EXACT[name]
    x = Tensor(at)
    y = f(x)
    np.testing.assert_allclose(y.numpy(), value, rtol=1e-15)
    np.testing.assert_allclose(gradients(y.sum(), x), slopes, rtol=1e-15, atol=1e-300)
    _, pull = vjp(f, x)
    np.testing.assert_allclose(pull(np.ones(y.shape))[0].numpy(), slopes, rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("total", [np.sum, np.mean, np.prod, np.max])
def test_a_fold_of_nothing_is_what_numpy_makes_of_it_or_is_refused(total: Callable[..., Any]) -> None:
    x = Tensor(np.zeros((2, 0)))
    if total in (np.max, np.mean):
        assert_close(gradients(total(x, axis=0).sum(), x), np.zeros((2, 0)))
        return
    np.testing.assert_array_equal(total(x, axis=1).numpy(), total(np.zeros((2, 0)), axis=1))
    assert gradients(total(x), x).shape == (2, 0)


# Sums of Values run from left to right; the builtin of Python 3.12 compensates.


@given(st.lists(numbers(-1e6, 1e6), min_size=1, max_size=12))
def test_sums_and_products_of_values_run_from_left_to_right(xs: list[float]) -> None:
    total = products = 0.0
    for x, y in zip(xs, xs[::-1], strict=True):
        total += x
        products += x * y
    values, others = list(map(Value, xs)), list(map(Value, xs[::-1]))
    assert autograd.sum(values).data == total
    assert autograd.dot(values, others).data == products


# Of several outputs, what nothing uses is no number: it brings no NaN.

SQUARE = np.eye(2)  # of which vectors are arbitrary, and their slopes infinite

UNUSED: dict[str, Callable[[Any], Any]] = {
    "svd, without vectors": lambda a: np.linalg.svd(a, full_matrices=False).S.sum(),
    "eigh, without vectors": lambda a: np.linalg.eigh(a).eigenvalues.sum(),
    "qr, without Q": lambda a: abs(np.linalg.qr(a).R).sum(),
    "slogdet, without sign": lambda a: np.linalg.slogdet(a).logabsdet,
    "modf, the whole part unused": lambda a: np.modf(a)[0].sum(),
}


@pytest.mark.parametrize("name", UNUSED)
def test_an_output_that_nothing_uses_brings_no_nan(name: str) -> None:
    f = UNUSED[name]
    x = Tensor(SQUARE)
    for slopes in (gradients(f(x), x), gradients(f(x), x, create_graph=True).numpy(), jacrev(f)(SQUARE)):
        assert np.isfinite(slopes).all()
    equations = [node for node in Graph.of(f(x)) if node.op is not None and node.op.name == name.split(",")[0]]
    assert len(equations) <= 1  # one equation, of which one output is there


# A seed of a Jacobian is one number and structural zeros; a person's own zeros are numbers.


@pytest.mark.parametrize("mode", [jacrev, jacfwd])
def test_the_zeros_of_one_hot_seeds_are_structural(mode: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(mode(np.sqrt)(np.array([0.0, 4.0])), [[np.inf, 0.0], [0.0, 0.25]])


def test_the_zeros_of_a_persons_seed_are_numbers() -> None:
    x = Tensor([0.0, 4.0])
    with np.errstate(all="ignore"):
        np.sqrt(x).backward(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(x.grad, [np.nan, 0.25])


def test_infinities_that_cancel_on_paths_that_live_are_no_number() -> None:
    x = Tensor([0.0])
    with np.errstate(all="ignore"):
        assert np.isnan(gradients((np.sqrt(x) - np.sqrt(x * 1.0)).sum(), x)).all()


# Answers inside of tracing are guards, whichever function gives them.

ANSWERS: dict[str, Callable[[Any], Any]] = {
    "argmax": np.argmax,
    "argsort": np.argsort,
    "any": lambda x: np.any(x > 1.5),
    "count_nonzero": lambda x: np.count_nonzero(x > 1.5),
    "searchsorted": lambda x: np.searchsorted(np.array([0.0, 1.5]), x),
    "allclose": lambda x: np.allclose(x, 1.0),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_replay_answers_anew_or_is_refused(name: str) -> None:
    answer = ANSWERS[name]

    def f(x: Any) -> Any:
        return (x * x * (1.0 + np.asarray(answer(x), dtype=float))).sum()

    old, new = np.array([1.0, 2.0, 0.5]), np.array([3.0, 0.25, 4.0])
    x = Tensor(old, label="x")
    with autograd.tracing():
        try:
            graph = Graph.of(f(x))
        except autograd.AutogradError:  # the number of a node was asked for
            return
    try:
        found = graph.replay({"x": new})[graph.outputs[0]].data
    except autograd.GraphError:
        return
    assert_close(found, f(new))


# Depth: whatever looks at a graph does it without recursion.


@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x])])
def test_whatever_looks_at_a_deep_graph_needs_no_recursion(make: Callable[[float], Any]) -> None:
    def deep(x: Any) -> Any:
        for _ in range(3_000):
            x = x * 1.0
        return x * x if isinstance(x, Value) else (x * x).sum()

    failures: list[BaseException] = []

    def look() -> None:
        try:
            x = make(3.0)
            x.label = "x"
            y = deep(x)
            graph = Graph.of(y)
            assert len(autograd.steps(y)) > 3_000
            assert str(autograd.why(y, x)).startswith("∂")
            assert graph.replay({"x": x.data}).names == graph.names
            assert len(graph.to_scalars()) >= 3_000
            assert_close(jacrev(deep)(x.data), 6.0)
            assert_close(jacfwd(deep)(x.data), 6.0)
            assert_close(np.ravel(hessian(deep)(x.data)), [2.0])
            if isinstance(x, Tensor):
                assert_close(gradients(autograd.checkpoint(deep)(x), x), 6.0)
            with autograd.detect_anomaly(), x.register_hook(lambda g: None):
                deep(x).backward()
            assert_close(x.grad, 6.0)
        except BaseException as error:
            failures.append(error)

    before = sys.getrecursionlimit()
    thread = threading.Thread(target=look)
    sys.setrecursionlimit(400)
    try:
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
    assert failures == []


@given(st.lists(numbers(-3, 3), min_size=2, max_size=6))
def test_indices_that_repeat_add_up(xs: list[float]) -> None:
    """By whichever way elements are taken several times."""
    twice = [0, *range(len(xs)), 0]
    weights = np.cos(np.arange(1.0, len(twice) + 1))
    expected = np.bincount(twice, weights, len(xs))
    ways: list[Callable[[Any], Any]] = [
        lambda x: x[twice],
        lambda x: np.take(x, twice),
        lambda x: np.take_along_axis(x, np.array(twice), 0),
        lambda x: autograd.concatenate([x[i : i + 1] for i in twice]),
        lambda x: autograd.stack([x[i] for i in twice]),
    ]
    for way, other in pairwise([*ways, ways[0]]):
        x = Tensor(xs)
        assert_close(gradients((way(x) * weights).sum(), x), expected)
        assert_close(jvp(way, (np.array(xs),), (weights[: len(xs)],))[1].numpy(), weights[: len(xs)][twice])
        np.testing.assert_array_equal(way(x).numpy(), other(x).numpy())
