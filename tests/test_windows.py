"""Convolutions, pooling and interpolation: against loops over their definitions, which share no code with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numeric import assert_close
from strategies import arrays

import autograd
from autograd import DTypeError, Graph, OperationError, ShapeError, Tensor, Value

# The definitions.


def each(shape: tuple[int, ...]) -> Any:
    return itertools.product(*map(range, shape))


def settled(setting: Any, n: int) -> tuple[int, ...]:
    return (setting,) * n if isinstance(setting, int) else tuple(setting)


def convolution_by_loops(x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Of one input, out[o, p] is the sum over channels c and places k in it, of w[o, c, k] · what it met."""
    n = w.ndim - 2
    stride, dilation = settled(stride, n), settled(dilation, n)
    spans = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    if padding == "same":
        around = [((s - 1) // 2, s - 1 - (s - 1) // 2) for s in spans]
    else:
        around = [(p, p) for p in settled(0 if padding == "valid" else padding, n)]
    x = np.pad(x, [(0, 0), *around])
    places = tuple((m - s) // t + 1 for m, s, t in zip(x.shape[1:], spans, stride, strict=True))
    y = np.zeros((w.shape[0], *places))
    for o, *p in each(y.shape):
        first = o // (w.shape[0] // groups) * w.shape[1]
        total = b[o]
        for c, *k in each(w.shape[1:]):
            at = tuple(q * t + j * d for q, t, j, d in zip(p, stride, k, dilation, strict=True))
            total += w[(o, c, *k)] * x[(first + c, *at)]
        y[(o, *p)] = total
    return y


def transposed_by_loops(
    x: Any, w: Any, b: Any, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Any:
    """Of one input: each element adds the kernel of its channel, times itself, to where it stands."""
    n = w.ndim - 2
    stride, padding, dilation = (settled(v, n) for v in (stride, padding, dilation))
    more = settled(output_padding, n)
    whole = tuple(
        (m - 1) * t + d * (k - 1) + 1 + e
        for m, t, d, k, e in zip(x.shape[1:], stride, dilation, w.shape[2:], more, strict=True)
    )
    y = np.zeros((w.shape[1] * groups, *whole))
    for c, *p in each(x.shape):
        first = c // (x.shape[0] // groups) * w.shape[1]
        for o, *k in each(w.shape[1:]):
            at = tuple(q * t + j * d for q, t, j, d in zip(p, stride, k, dilation, strict=True))
            y[(first + o, *at)] += x[(c, *p)] * w[(c, o, *k)]
    kept = tuple(slice(p, m - p) for p, m in zip(padding, whole, strict=True))
    return y[(slice(None), *kept)] + b.reshape(-1, *[1] * n)


def pool_by_loops(
    x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, fold: Callable[..., Any]
) -> Any:
    """Of the last axes of x: ``fold(elements, size)`` of each window, given the elements it has of x, and how many
    places it has of x and of the padding that was asked for.
    """
    n = len(kernel)
    lengths = x.shape[-n:]
    many = []
    for m, k, t, p, d in zip(lengths, kernel, stride, padding, dilation, strict=True):
        starts = [s for s in range(0, m + 2 * p, t) if s + d * (k - 1) < m + 2 * p]
        last = len(starts) * t
        if ceil_mode and last < m + p and (len(starts) - 1) * t + d * (k - 1) + 1 < m + 2 * p:
            starts.append(last)
        many.append(starts)
    y = np.empty((*x.shape[:-n], *map(len, many)))
    for lead in each(x.shape[:-n]):
        for place in each(tuple(map(len, many))):
            elements, size = [], 0
            for k in each(kernel):
                starts = (many[a][q] for a, q in enumerate(place))
                at = [s + j * d for s, j, d in zip(starts, k, dilation, strict=True)]
                inside = [i - p for i, p in zip(at, padding, strict=True)]
                size += all(i < m + 2 * p for i, m, p in zip(at, lengths, padding, strict=True))
                if all(0 <= i < m for i, m in zip(inside, lengths, strict=True)):
                    elements.append(x[(*lead, *inside)])
            y[(*lead, *place)] = fold(elements, size)
    return y


# Convolutions.


def one_or_each(n: int, least: int, most: int) -> st.SearchStrategy[Any]:
    return st.integers(least, most) | st.tuples(*[st.integers(least, most)] * n)


@st.composite
def convolutions(draw: st.DrawFn, is_transposed: bool) -> tuple[int, Any, Any, Any, dict[str, Any]]:
    n = draw(st.integers(1, 2))
    groups, outs, ins, many = (draw(st.integers(1, 2)) for _ in range(4))
    lengths = [draw(st.integers(1, 5)) for _ in range(n)]
    kernel = [draw(st.integers(1, 3)) for _ in range(n)]
    params = {"stride": draw(one_or_each(n, 1, 3)), "dilation": draw(one_or_each(n, 1, 2)), "groups": groups}
    params["padding"] = draw(one_or_each(n, 0, 2))
    if is_transposed:
        params["output_padding"] = draw(st.sampled_from([0, int(np.min(params["stride"])) - 1]))
    elif params["stride"] == 1:
        params["padding"] = draw(st.sampled_from([params["padding"], "same", "valid"]))
    channels, results = (ins * groups, outs * groups)
    weight = (channels, outs, *kernel) if is_transposed else (results, ins, *kernel)
    return n, draw(arrays((many, channels, *lengths))), draw(arrays(weight)), draw(arrays((results,))), params


@given(drawn=convolutions(is_transposed=False))
def test_a_convolution_is_what_its_definition_says(drawn: Any) -> None:
    n, x, w, b, params = drawn
    function = autograd.conv1d if n == 1 else autograd.conv2d
    try:
        expected = np.stack([convolution_by_loops(image, w, b, **params) for image in x])
        assume(expected.size)
    except ValueError:  # no place for the kernel
        with pytest.raises(ShapeError, match="spans"):
            function(Tensor(x), w, b, **params)
        return
    assert_close(function(Tensor(x), w, b, **params).numpy(), expected)
    assert_close(function(x[0], Tensor(w), b, **params).numpy(), expected[0])  # without a batch
    assert_close(function(x, w, **params), expected - b.reshape(-1, *[1] * n))


@given(drawn=convolutions(is_transposed=True))
def test_a_transposed_convolution_is_what_its_definition_says(drawn: Any) -> None:
    n, x, w, b, params = drawn
    function = autograd.conv_transpose1d if n == 1 else autograd.conv_transpose2d
    expected = np.stack([transposed_by_loops(image, w, b, **params) for image in x])
    if not expected.size:
        with pytest.raises(ShapeError, match="padding leaves nothing"):
            function(Tensor(x), w, b, **params)
        return
    assert_close(function(Tensor(x), w, b, **params).numpy(), expected)


@given(drawn=convolutions(is_transposed=False), data=st.data())
def test_a_transposed_convolution_is_the_transpose(drawn: Any, data: st.DataObject) -> None:
    """⟨conv(x), g⟩ = ⟨x, convᵀ(g)⟩, by one operation and by the gradient of the other."""
    _, x, w, _, params = drawn
    leaf, weight = Tensor(x), Tensor(w)
    try:
        y = autograd.convolution(leaf, weight, **params)
    except ShapeError:
        assume(False)
    g = data.draw(arrays(y.shape))
    y.backward(g)
    assert_close(np.sum(x * leaf.grad), np.sum(y.numpy() * g))
    assert_close(np.sum(w * weight.grad), np.sum(y.numpy() * g))
    if np.max(params["stride"]) == 1 and params["padding"] != "same":
        back = {name: value for name, value in params.items() if value != "valid"}
        assert_close(autograd.convolution_transpose(g, w, **back), leaf.grad)


def test_a_convolution_is_one_node_and_its_bias_another() -> None:
    y = autograd.conv2d(Tensor(np.ones((1, 2, 4, 4))), Tensor(np.ones((3, 2, 3, 3))), Tensor(np.ones(3)))
    ops = [equation.op.name for equation in Graph.of(y).equations if equation.op is not None]
    assert sorted(ops) == ["add", "convolution", "reshape"]


def test_infinities_that_no_kernel_lies_on_and_padding_make_no_nan() -> None:
    x = np.zeros((1, 5))
    x[0, 4] = np.inf
    leaf, w = Tensor(x), Tensor(np.ones((1, 1, 2)))
    y = autograd.conv1d(leaf, w, stride=2)
    y.sum().backward()
    assert np.isfinite(y.numpy()).all()
    np.testing.assert_array_equal(leaf.grad, [[1, 1, 1, 1, 0]])
    np.testing.assert_array_equal(w.grad, [[[0, 0]]])


REFUSED: list[tuple[Callable[[Any, Any], Any], str]] = [
    (
        lambda x, w: autograd.conv2d(x, w[:, :1]),
        r"conv2d: the shapes x\(2, 3, 5, 5\), .*expected 1 channels",
    ),
    (lambda x, w: autograd.conv2d(x, w, groups=2), "groups that divide the 3 channels on axis 0 of weight, got 2"),
    (lambda x, w: autograd.conv2d(x, w, np.ones(2)), r"conv2d: expected a bias of shape \(3,\)"),
    (lambda x, w: autograd.conv1d(x, w), r"conv1d: expected a weight of 3 axes.*got w of shape \(3, 3, 2, 2\)"),
    (lambda x, w: autograd.conv2d(x, w, dilation=5), "the kernel spans 6 places, of an axis of 5.*give it padding"),
    (lambda x, w: autograd.conv2d(x, w, stride=0), "expected stride as an int of 1 or more, or 2 of them, got 0"),
    (lambda x, w: autograd.conv2d(x, w, stride=(1, 1, 1)), "expected stride as an int"),
    (lambda x, w: autograd.conv2d(x, w, padding="full"), "'valid' or 'same', got 'full'"),
    (lambda x, w: autograd.conv2d(x, w, stride=2, padding="same"), "for a stride of 1"),
    (lambda x, w: autograd.conv2d(x[0, 0], w), r"expected input to have an axis of channels and 2 behind it"),
    (lambda x, w: autograd.conv_transpose2d(x, w, output_padding=1), "output_padding to be less than the stride"),
    (lambda x, w: autograd.conv_transpose2d(x, w, padding=4), "the padding leaves nothing"),
    (lambda x, w: autograd.max_pool2d(x, 6), r"max_pool2d: the shape x\(2, 3, 5, 5\) does not fit: the kernel spans 6"),
    (lambda x, w: autograd.max_pool2d(x, 2, padding=2), "padding of half the kernel"),
    (lambda x, w: autograd.avg_pool1d(x, 0), "expected kernel_size as an int of 1 or more"),
    (lambda x, w: autograd.adaptive_avg_pool2d(x, (1, 2, 3)), r"adaptive_avg_pool2d: .* x\(2, 3, 5, 5\)"),
    (lambda x, w: np.convolve(x, w), "convolve: .*expected two sequences.*conv1d"),
    (lambda x, w: np.correlate(x, w), "correlate: expected two sequences.*conv1d"),
    (
        lambda x, w: np.convolve(x[0, 0, 0], w[0, 0, 0], "some"),
        "'full', 'same' or 'valid', got 'some'",
    ),
    (lambda x, w: np.interp(x, [0.0, 1.0, 1.0], [1.0, 2.0, 3.0]), "xp that increases, got 1.0 behind 1.0"),
    (lambda x, w: np.interp(x, [0.0, np.nan], [1.0, 2.0]), "xp that increases, got nan behind 0.0"),
    (lambda x, w: np.interp(x, [0.0, 1.0], [1.0, 2.0, 3.0]), "as many values fp"),
    (lambda x, w: autograd.windows(x, 6), "a window of 6 places does not fit on axis -1, which has 5"),
    (lambda x, w: autograd.windows(x, 2.5), "expected size as an int, got 2.5"),
    (lambda x, w: autograd.overlap_add(x, 10), "expected as many windows as slide along 10 places"),
]


@pytest.mark.parametrize(("call", "said"), REFUSED)
def test_what_does_not_fit_is_refused_by_name_with_shapes(call: Any, said: str) -> None:
    x, w = Tensor(np.ones((2, 3, 5, 5)), label="x"), Tensor(np.ones((3, 3, 2, 2)), label="w")
    with pytest.raises((ShapeError, OperationError, DTypeError), match=f"(?s){said}"):
        call(x, w)


# Pooling.


@st.composite
def pools(draw: st.DrawFn) -> tuple[Any, dict[str, Any], bool]:
    n = draw(st.integers(1, 2))
    x = draw(arrays((2, *(draw(st.integers(1, 6)) for _ in range(n)))))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(n))
    stride = draw(st.none() | st.tuples(*[st.integers(1, 4)] * n))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    return x, {"kernel_size": kernel, "stride": stride, "padding": padding}, draw(st.booleans())


@given(drawn=pools(), dilation=st.integers(1, 2))
def test_max_pooling_is_what_its_definition_says(drawn: Any, dilation: int) -> None:
    x, params, ceil_mode = drawn
    n = len(params["kernel_size"])
    function = autograd.max_pool1d if n == 1 else autograd.max_pool2d
    stride = params["stride"] or params["kernel_size"]
    expected = pool_by_loops(
        x, params["kernel_size"], stride, params["padding"], (dilation,) * n, ceil_mode,
        lambda elements, size: max(elements, default=-np.inf),
    )  # fmt: skip
    if not expected.size:
        with pytest.raises(ShapeError, match="spans"):
            function(Tensor(x), dilation=dilation, ceil_mode=ceil_mode, **params)
        return
    leaf = Tensor(x)
    y = function(leaf, dilation=dilation, ceil_mode=ceil_mode, **params)
    np.testing.assert_array_equal(y.numpy(), expected)
    y.backward(np.ones(y.shape))
    assert_close(np.sum(leaf.grad), np.sum(np.isfinite(expected)))


@given(drawn=pools(), count_include_pad=st.booleans())
def test_mean_pooling_is_what_its_definition_says(drawn: Any, count_include_pad: bool) -> None:
    x, params, ceil_mode = drawn
    n = len(params["kernel_size"])
    function = autograd.avg_pool1d if n == 1 else autograd.avg_pool2d
    stride = params["stride"] or params["kernel_size"]
    expected = pool_by_loops(
        x, params["kernel_size"], stride, params["padding"], (1,) * n, ceil_mode,
        lambda elements, size: sum(elements) / (size if count_include_pad else len(elements)),
    )  # fmt: skip
    assume(expected.size)
    y = function(Tensor(x), ceil_mode=ceil_mode, count_include_pad=count_include_pad, **params)
    assert_close(y.numpy(), expected)


def test_ties_share_the_gradient_equally_and_padding_has_none() -> None:
    x = Tensor(np.array([[[1.0, 1.0, 0.0], [1.0, 0.0, -5.0]]]))
    autograd.max_pool2d(x, 2).sum().backward()
    np.testing.assert_allclose(x.grad, [[[1 / 3, 1 / 3, 0], [1 / 3, 0, 0]]])
    low = Tensor(np.full((1, 3), -np.inf))
    autograd.max_pool1d(low, 3, stride=1, padding=1).sum().backward()
    assert np.isfinite(low.grad).all()


@given(x=arrays((2, 5, 6)), size=st.tuples(*[st.none() | st.integers(1, 7)] * 2))
def test_adaptive_pooling_is_the_mean_of_the_parts(x: Any, size: Any) -> None:
    y = autograd.adaptive_avg_pool2d(Tensor(x), size).numpy()
    rows, columns = (n if given is None else given for n, given in zip(x.shape[1:], size, strict=True))
    assert y.shape == (2, rows, columns)
    for i, j in each((rows, columns)):
        part = x[:, i * 5 // rows : -(-(i + 1) * 5 // rows), j * 6 // columns : -(-(j + 1) * 6 // columns)]
        assert_close(y[:, i, j], part.mean(axis=(1, 2)))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_pooling_keeps_the_dtype(name: str, dtype: Any) -> None:
    x = Tensor(np.arange(12, dtype=dtype).reshape(1, 3, 4))
    y = getattr(autograd, name)(x, 2, padding=1)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


# Sequences.


@given(a=st.integers(1, 5), v=st.integers(1, 5), mode=st.sampled_from(["full", "same", "valid"]), data=st.data())
def test_convolving_and_correlating_sequences_is_numpys(a: int, v: int, mode: Any, data: st.DataObject) -> None:
    left, right = data.draw(arrays((a,))), data.draw(arrays((v,)))
    for function in (np.convolve, np.correlate):
        leaves = [Tensor(left), Tensor(right)]
        y = function(*leaves, mode)
        np.testing.assert_allclose(y.numpy(), function(left, right, mode), atol=1e-14)
        g = data.draw(arrays(y.shape))
        y.backward(g)
        assert_close(leaves[0].grad, [function(one, right, mode) @ g for one in np.eye(a)])
        assert_close(leaves[1].grad, [function(left, one, mode) @ g for one in np.eye(v)])


# Interpolation.

NODES = np.array([-1.0, 0.5, 1.0, 3.0])


@given(x=arrays((3,), -4, 4), fp=arrays((4,)), ends=st.tuples(*[st.none() | st.floats(-2, 2)] * 2))
def test_interpolation_is_numpys(x: Any, fp: Any, ends: Any) -> None:
    assert_close(np.interp(Tensor(x), NODES, fp, *ends).numpy(), np.interp(x, NODES, fp, *ends))
    assert_close([float(y) for y in autograd.interp([Value(v) for v in x], NODES, fp, *ends)],
                 np.interp(x, NODES, fp, *ends))  # fmt: skip


@given(x=arrays((3,), -9, 9), fp=arrays((4,)), period=st.sampled_from([5.0, -6.5]))
def test_interpolation_around_a_period_is_numpys(x: Any, fp: Any, period: float) -> None:
    assert_close(autograd.interp(x, NODES, fp, period=period), np.interp(x, NODES, fp, period=period))


def test_on_a_node_the_slope_is_that_of_the_line_on_its_right_and_outside_there_is_none() -> None:
    fp = np.array([0.0, 3.0, 2.0, 8.0])
    slopes = [2.0, -2.0, 3.0]
    for kind in (Tensor, Value):
        for x, slope in zip([-1.5, *NODES, 3.5], [0.0, *slopes, slopes[-1], 0.0], strict=True):
            leaf = kind(x)
            y = autograd.interp(leaf, NODES, fp)
            if isinstance(y, kind) and y.requires_grad:
                y.backward()
            assert float(leaf.grad if leaf.grad is not None else 0.0) == slope


@settings(max_examples=20)
@given(fp=arrays((4,)), left=st.floats(-2, 2))
def test_what_is_outside_is_a_value_with_a_gradient(fp: Any, left: float) -> None:
    x = np.array([-2.0, 0.0, 2.0, 4.0, 5.0])
    values, outside = Tensor(fp), Tensor(left)
    np.interp(x, NODES, values, left=outside).sum().backward()
    assert outside.grad == 1.0
    assert_close(values.grad, [np.interp(x, NODES, one, left=0.0).sum() for one in np.eye(4)])


def test_a_replay_looks_for_the_interval_anew() -> None:
    x = Tensor(np.array([0.0, 2.0]), label="x")
    fp = np.array([0.0, 3.0, 2.0, 8.0])
    with autograd.tracing():
        (slope,) = autograd.gradients(np.interp(x, NODES, fp).sum(), [x], create_graph=True)
        graph = Graph.of(slope)
    again = graph.replay({"x": np.array([2.5, 0.75])})
    np.testing.assert_array_equal(again[again.outputs[0]].data, [3.0, -2.0])
