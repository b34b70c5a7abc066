"""NumPy's own signatures: what may be left out, given by name, or given as None."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numeric import assert_close, differences
from strategies import arrays, numbers

import autograd
from autograd import Graph, Tensor, Value, elementwise, gradients, steps
from autograd.op import override_of
from autograd.signature import each

X = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]])
MASK = np.array([[True, False, True], [True, True, False]])

#: What NumPy's functions take that no gradient has a meaning for.
IDLE = {"subok", "device", "like", "kwargs", "optimize", "casting", "order", "out"}

#: What else is refused, by function.
REFUSED = {"percentile": {"weights"}, "quantile": {"weights"}, "cov": {"dtype"}, "corrcoef": {"dtype"}}
REFUSED |= {"nanvar": {"mean"}, "nanstd": {"mean"}}


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.sum(t, 0, None, None),
        lambda t: np.sum(t, axis=0, dtype=None, out=None),
        lambda t: np.sum(t, out=None),
        lambda t: np.sum(t, 1, np.float64, None, True),
        lambda t: np.mean(t, 0, None, None, False),
        lambda t: np.mean(t, dtype=np.float64),
        lambda t: np.max(t, 0, None),
        lambda t: np.concatenate([t, t], 0, None),
        lambda t: np.concatenate((t, t), axis=1, out=None, dtype=np.float64, casting="same_kind"),
        lambda t: np.stack([t, t], 0, out=None),
        lambda t: np.sort(t, 0, None, None, stable=True),
        lambda t: np.sort(t, axis=None, kind="mergesort"),
        lambda t: np.take_along_axis(t, np.array([[0], [1]]), axis=1),
        lambda t: np.einsum("ij,kj", t, t, out=None, optimize="greedy"),
        lambda t: np.einsum("ij->i", t, dtype=np.float64, order="C", casting="safe"),
        lambda t: np.linalg.svd(a=t, compute_uv=False, full_matrices=True),
        lambda t: np.clip(t, -1, 2, None),
        lambda t: np.clip(t, a_min=-1.0, a_max=None),
        lambda t: np.clip(t, None, 2.0, out=None),
        lambda t: np.clip(t, None, None),
        lambda t: t.clip(max=2.0),
        lambda t: t.clip(-1.0, 2.0),
        *(lambda t: np.sum(t, where=MASK), lambda t: np.sum(t, 0, initial=2.0), lambda t: np.prod(t, 1, where=MASK)),
        *(lambda t: np.max(t, initial=3.5), lambda t: np.min(t, axis=0, initial=-1.0, where=MASK, keepdims=True)),
        *(lambda t: np.mean(t, where=MASK), lambda t: np.mean(t, 1, keepdims=True, where=MASK[:1])),
        *(lambda t: np.var(t, 0, where=[[True], [True]]), lambda t: np.var(t, 1, ddof=1, where=MASK)),
        *(lambda t: np.std(t, where=MASK, correction=1), lambda t: np.std(t, axis=(0, 1), keepdims=True, where=MASK)),
        lambda t: np.var(t, axis=0, mean=np.mean(t, axis=0, keepdims=True)),
        *(lambda t: np.nansum(t, where=MASK, initial=1.0), lambda t: np.nanmean(t, 1, where=MASK)),
        *(lambda t: np.nanmax(t, 1, where=MASK, initial=2.0), lambda t: np.nanmin(t, initial=-7.0)),
        *(lambda t: np.nanstd(t, where=MASK), lambda t: np.nanvar(t, 1, ddof=1, where=MASK)),
    ],
)
def test_a_call_gives_numpys_numbers_and_their_slopes(call: Callable[[Any], Any]) -> None:
    t = Tensor(X)
    y = call(t)
    np.testing.assert_allclose(y.data, call(X), rtol=1e-15)
    weights = np.arange(1.0, y.size + 1).reshape(y.shape)
    y.backward(weights)
    assert_close(t.grad, differences(lambda x: np.sum(call(x) * weights), X), 1e-8)


def functions_of_numpy() -> list[Any]:
    """Those that something of ours takes the place of, and that have a signature to read."""
    found = {f for module in (np, np.linalg) for f in vars(module).values() if callable(f) and override_of(f)}
    return sorted((f for f in found if not isinstance(f, np.ufunc | type)), key=lambda f: f.__name__)


@pytest.mark.parametrize("function", functions_of_numpy(), ids=lambda f: f.__name__)
def test_every_argument_of_numpys_is_taken_or_refused_in_our_words(function: Any) -> None:
    """None falls to a message of Python's, which would say that NumPy's own function has no such argument."""
    for name, parameter in signature(function).parameters.items():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        implementation = override_of(function, [name])
        assert implementation is not None
        taken = signature(implementation).parameters
        anything = any(x.kind is x.VAR_KEYWORD for x in taken.values())
        assert name in {*taken, *IDLE, *REFUSED.get(function.__name__, ())} or anything, name


@pytest.mark.parametrize(("function", "name"), [(np.percentile, "weights"), (np.cov, "dtype"), (np.outer, "out")])
def test_an_argument_that_is_not_taken_is_refused_in_our_words(function: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^{function.__name__}: .*{name}.*: (it takes|use the result)"):
        function(Tensor(X), 1.0, **{name: X})


@pytest.mark.parametrize("function", [np.any, np.all])
def test_a_mask_of_what_has_no_gradient(function: Any) -> None:
    t = Tensor(X * MASK)
    assert (function(t, where=MASK, axis=1) == function(t.data, where=MASK, axis=1)).all()
    assert function(t > 9.0, where=~MASK) == function(X * MASK > 9.0, where=~MASK)


@pytest.mark.parametrize("function", [np.mean, np.var, np.std, np.nanmean, np.nanstd])
def test_a_mask_keeps_half_precision_and_values(function: Any) -> None:
    t = Tensor(X, dtype=np.float16)
    y = function(t, axis=1, where=MASK)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.data, function(X, axis=1, where=MASK), rtol=2e-3)
    values = np.frompyfunc(Value, 1, 1)(X.astype(object))
    total = override_of(function, ["where"])(values, axis=1, where=MASK)  # type: ignore[misc]
    np.testing.assert_allclose([x.data for x in total], function(X, axis=1, where=MASK))


def test_what_lies_behind_a_mask_sends_nothing_back_be_it_no_number() -> None:
    t = Tensor([1.0, np.nan, 3.0])
    np.std(t, where=[True, False, True]).backward()
    assert_close(t.grad, np.array([-0.5, 0.0, 0.5]))
    assert np.isnan(np.mean(t, where=[True, True, False]).data)


@pytest.mark.parametrize("function", [np.sum, np.mean])
def test_a_dtype_is_that_of_the_result_and_not_of_the_gradient(function: Any) -> None:
    t = Tensor(np.float32([1.0, 2.0]))
    y = function(t, dtype=np.float64)
    y.backward()
    assert (y.dtype, t.grad.dtype) == (np.float64, np.float32)


BOUND = st.none() | numbers(-2, 2)


@given(x=numbers(-3, 3), low=BOUND, high=BOUND)
def test_clip_is_differentiated_in_all_that_it_is_given(x: float, low: Any, high: Any) -> None:
    """At a point away from ties, by differences; as Values, as Tensors, and both beside plain numbers."""
    point = [x, low, high]
    given_ = [k for k, v in enumerate(point) if v is not None]
    assume(all(abs(point[i] - point[j]) > 0.05 for i in given_ for j in given_ if i < j))
    slopes = [
        differences(lambda v, k=k: np.clip(*point[:k], v, *point[k + 1 :]), point[k], 0.01).item() for k in given_
    ]
    for kind, nodes in product((Value, Tensor), ([0], given_[1:], given_)):
        args = [kind(v) if k in nodes else v for k, v in enumerate(point)]
        xs = [args[k] for k in nodes]
        expected = [slopes[given_.index(k)] for k in nodes]
        if not xs:
            continue
        for spell in (autograd.clip, np.clip):
            y = spell(*args)
            assert y.item() == np.clip(*point)
            assert len(y.inputs) == len(given_)
            assert_close(gradients(y, xs), expected)
            assert_close([slope.item() for slope in gradients(y, xs, create_graph=True)], expected)
            autograd.zero_grad(*xs)
            y.backward()
            assert_close([float(x.grad) for x in xs], expected)
            assert_close(Graph.of(y).replay({}).nodes[-1].data, y.item())
            assert len(steps(y)) >= 3


@given(x=arrays((2, 3)), low=arrays((3,)), high=arrays((2, 1)))
def test_clip_is_maximum_and_minimum_ties_and_all(x: Any, low: Any, high: Any) -> None:
    leaves = [[Tensor(np.round(v)) for v in (x, low, high)] for _ in range(2)]
    np.clip(*leaves[0]).sum().backward()
    a, b, c = leaves[1]
    autograd.minimum(autograd.maximum(a, b), c).sum().backward()
    for one, other in zip(*leaves, strict=True):
        assert_close(one.grad, other.grad)


def test_numpys_clip_has_two_names_for_each_bound() -> None:
    t = Tensor(X)
    for y in (np.clip(t, min=0, max=2), np.clip(t, a_max=2, a_min=0), np.clip(a=t, a_min=0, a_max=2)):
        np.testing.assert_array_equal(y.data, np.clip(X, 0, 2))


def test_clip_is_a_method_and_a_function_of_lists() -> None:
    t = Tensor([-1.0, 0.5, 2.0])
    t.clip(0, 1).sum().backward()  # type: ignore[attr-defined]
    assert t.grad.tolist() == [0.0, 1.0, 0.0]
    v = Value(3.0)
    y = v.clip(None, 2.0)  # type: ignore[attr-defined]
    y.backward()
    assert (y.data, v.grad, v.clip().data) == (2.0, 0.0, 3.0)  # type: ignore[attr-defined]
    assert [x.data for x in autograd.clip([Value(3.0), Value(-1.0)], 0.0, 1.0)] == [1.0, 0.0]
    assert str(Graph.of(Value(3.0, "x").clip(None, 2.0))) == "Graph(x, f = clip(x, None, 2))"  # type: ignore[attr-defined]
    assert t.clip(0.0, None).dtype == np.float64  # type: ignore[attr-defined]
    assert Tensor(np.float32([3.0])).clip(None, 2.0).dtype == np.float32  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_any_operation_may_have_an_input_that_can_be_left_out(kind: Any) -> None:
    affine = elementwise(
        "affine",
        lambda x, scale=None, shift=None: (x if scale is None else x * scale) + (0 if shift is None else shift),
        lambda y, x, scale=None, shift=None: 1 if scale is None else scale,
        lambda y, x, scale=None, shift=None: x,
        lambda y, x, scale=None, shift=None: 1,
        doc="scales it",
    )
    try:
        x, a, b = kind(2.0), kind(3.0), kind(5.0)
        assert gradients(affine(x, None, b), [x, a, b]) == [1.0, 0.0, 1.0]
        assert gradients(affine(x, a), [x, a, b]) == [3.0, 2.0, 0.0]
        assert gradients(affine(x, shift=b, scale=a), [x, a, b]) == [3.0, 2.0, 1.0]
        assert gradients(gradients(affine(x, a), x, create_graph=True), a) == 1.0
    finally:
        autograd.remove("affine")


@pytest.mark.parametrize("reduce", [autograd.sum, autograd.mean, autograd.max])
@pytest.mark.parametrize("keepdims", [True, False])
def test_a_truth_value_in_the_place_of_dtype_or_out_is_refused_with_the_cure(reduce: Any, keepdims: bool) -> None:
    for x in (Tensor(X), X, [[Value(1.0)]]):
        with pytest.raises(TypeError, match=f"got {keepdims} in the place of (dtype|out).*keepdims={keepdims}"):
            reduce(x, 0, keepdims)
    with pytest.raises(TypeError, match=f"write keepdims={keepdims}"):
        getattr(Tensor(X), reduce.name)(1, keepdims)
    assert reduce(Tensor(X), 0, keepdims=keepdims).shape == np.sum(X, 0, keepdims=keepdims).shape


# What an entry's functions must agree in.


def by_two(g: Any, y: Any, x: Any, k: float = 2.0) -> Any:
    return g * k


def double(x: Any, k: float = 2.0) -> Any:
    return k * x


WRONG: dict[str, tuple[Callable[..., Any], list[Any], dict[str, Any]]] = {
    "a default of the forward function": (double, [lambda g, y, x, k=3.0: k * g], {}),
    "a default that NumPy does not have": (np.sum, [lambda g, y, a, axis=0: g], {}),
    "a param that the forward function lacks": (lambda x: 2 * x, [by_two], {}),
    "a param of another name": (lambda x, factor=2.0: factor * x, [by_two], {}),
    "a default of the second rule": (
        lambda a, b, k=2.0: k * a * b,
        [lambda g, y, a, b, k=2.0: k * g * b, lambda g, y, a, b, k=1.0: k * g * a],
        {},
    ),
    "inputs of other names": (np.multiply, [lambda g, y, a, b: g * b, lambda g, y, b, a: g * b], {}),
    "one input less": (np.multiply, [lambda g, y, a, b: g * b, lambda g, y, a: g * a], {}),
    "a rule for lists with other names": (
        lambda xs, ys: xs[0] * ys[0],
        [each(lambda g, y, xs, ys: lambda k: g), each(lambda g, y, ys, xs: lambda k: g)],
        {},
    ),
    "a shape that calls the input otherwise": (double, [by_two], {"shape": lambda a, k=2.0: a}),
    "a shape without a param": (double, [by_two], {"shape": lambda x: x}),
    "a shape with another default": (double, [by_two], {"shape": lambda x, k=3.0: x}),
    "a shape with more": (double, [by_two], {"shape": lambda x, other=1, **_: x}),
}


@pytest.mark.parametrize("entry", WRONG.values(), ids=WRONG)
def test_functions_of_one_entry_with_different_arguments_are_refused(entry: Any) -> None:
    forward, rules, options = entry
    with pytest.raises(ValueError, match=r"^trial: expected .*, got \(.*\) beside \(.*\)"):
        autograd.primitive("trial", forward, *rules, doc="is on trial", **options)
    assert "trial" not in autograd.table
    if not options:
        slopes = [each(partial(rule.rule, 1.0)) if isinstance(rule, each) else partial(rule, 1.0) for rule in rules]
        with pytest.raises(ValueError, match=r"^trial: "):
            elementwise("trial", forward, *slopes, doc="is on trial")


@pytest.mark.parametrize(
    ("forward", "options"),
    [
        (lambda anything, k=2.0: k * anything, {}),
        (lambda x, **params: params.get("k", 2.0) * x, {}),
        (partial(double, k=2.0), {}),
        (double, {"shape": lambda x, k=2.0: x}),
        (double, {"shape": lambda x, **_: x}),
        (lambda x, k=2.0, more=None: k * x, {}),
    ],
)
def test_what_an_entry_may_leave_open(forward: Any, options: Any) -> None:
    trial = autograd.primitive("trial", forward, by_two, doc="is on trial", **options)
    try:
        for params, slope in (({}, 2.0), ({"k": 5.0}, 5.0)):
            x = Tensor(3.0)
            y = trial(x, **params)
            y.backward()
            assert (y.item(), x.grad) == (3 * slope, slope)
    finally:
        autograd.remove("trial")
