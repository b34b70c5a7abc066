"""Convolutions, pooling and flattening as layers: against loops over their definitions, and what does not fit."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numeric import assert_close

import nn
from autograd import ShapeError, Tensor, Value

SEEDS = st.integers(0, 2**32 - 1)


def starts(length: int, size: int, stride: int, padding: int, dilation: int) -> list[int]:
    """Where a kernel begins, counted in the axis without padding: everywhere that it fits, one stride after another."""
    found, start = [], -padding
    while start + dilation * (size - 1) < length + padding:
        found.append(start)
        start += stride
    return found


def convolved(image: Any, layer: Any) -> Any:
    """One image, by its definition: each number of the output is a sum over a group of channels and the kernel."""
    weight, bias = layer.weight.numpy(), layer.bias.numpy()
    axes = range(layer.along)
    settings = [(layer.kernel_size[k], layer.stride[k], layer.padding[k], layer.dilation[k]) for k in axes]
    places = [starts(image.shape[k + 1], *settings[k]) for k in axes]
    result = np.zeros((len(weight), *map(len, places)))
    of_group = weight.shape[1]
    for o, place in product(range(len(weight)), np.ndindex(*map(len, places))):
        group = o // (len(weight) // layer.groups)
        total = bias[o]
        for c, element in product(range(of_group), np.ndindex(*layer.kernel_size)):
            at = [places[k][place[k]] + element[k] * layer.dilation[k] for k in axes]
            if all(0 <= i < n for i, n in zip(at, image.shape[1:], strict=True)):
                total += weight[o, c, *element] * image[group * of_group + c, *at]
        result[o, *place] = total
    return result


@given(data=st.data(), n=st.sampled_from([1, 2]), seed=SEEDS)
def test_a_convolution_is_what_its_definition_says(data: st.DataObject, n: int, seed: int) -> None:
    groups = data.draw(st.integers(1, 2))
    kernel, stride, padding, dilation = (
        tuple(data.draw(st.integers(least, most)) for _ in range(n)) for least, most in ((1, 3), (1, 3), (0, 2), (1, 2))
    )
    layer = (nn.Conv1d, nn.Conv2d)[n - 1](2 * groups, groups, kernel, stride, padding, dilation, groups, rng=seed)
    layer.bias = np.random.default_rng(seed).normal(size=groups)
    lengths = [data.draw(st.integers(5, 7)) for _ in range(n)]
    x = np.random.default_rng(seed).normal(size=(2, 2 * groups, *lengths))
    expected = np.stack([convolved(image, layer) for image in x])
    assert_close(layer(x).numpy(), expected, 1e-12)
    assert layer.output_size(*lengths) == expected.shape[2:]


@given(data=st.data(), seed=SEEDS)
def test_pooling_is_what_its_definition_says(data: st.DataObject, seed: int) -> None:
    size, dilation = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    stride, padding = data.draw(st.integers(1, 4)), data.draw(st.integers(0, size // 2))
    x = np.random.default_rng(seed).normal(size=data.draw(st.integers(5, 9)))
    inside = [
        [x[i] for i in range(start, start + dilation * size, dilation) if 0 <= i < len(x)]
        for start in starts(len(x), size, stride, padding, dilation)
    ]
    assume(all(inside))
    layer = nn.MaxPool1d(size, stride, padding, dilation)
    assert_close(layer(x), [max(window) for window in inside])
    if dilation == 1:
        assert_close(nn.AvgPool1d(size, stride, padding)(x), [sum(window) / size for window in inside])
        counted = nn.AvgPool1d(size, stride, padding, count_include_pad=False)
        assert_close(counted(x), [sum(window) / len(window) for window in inside])


def test_max_pooling_of_a_known_image_and_where_its_gradient_goes() -> None:
    image = [[1, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]]
    routed = [[0, 0, 0, 2], [1, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 4]]
    x = Tensor(image)
    y = nn.MaxPool2d(2)(x)
    assert y.numpy().tolist() == [[7, 9], [8, 4]]
    y.backward([[1.0, 2.0], [3.0, 4.0]])
    assert x.grad.tolist() == routed
    values = np.vectorize(Value, otypes=[object])(np.array(image, float))
    np.sum(nn.MaxPool2d(2)(values) * [[1.0, 2.0], [3.0, 4.0]]).backward()
    assert [[v.grad if v.has_grad else 0.0 for v in row] for row in values] == routed


def test_the_largest_ones_of_a_tie_share_the_gradient() -> None:
    x = Tensor([[5.0, 5.0], [1.0, 5.0]])
    nn.MaxPool2d(2)(x).backward([[3.0]])
    assert_close(x.grad, [[1.0, 1.0], [0.0, 1.0]])


# Sizes.


@given(data=st.data(), kind=st.sampled_from(["Conv1d", "MaxPool1d", "AvgPool1d"]), length=st.integers(1, 12))
def test_sizes_and_what_is_left_over_are_counted(data: st.DataObject, kind: str, length: int) -> None:
    size, stride = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    padding = data.draw(st.integers(0, size // 2))
    channels = (1, 1) if kind == "Conv1d" else ()
    x = np.ones((1, length))
    layer, strict = (
        getattr(nn, kind)(*channels, size, stride, padding, strict=is_strict) for is_strict in (False, True)
    )
    found = starts(length, size, stride, padding, 1)
    if not found:
        for call in (layer.output_size, layer.left_over):
            with pytest.raises(ShapeError, match=rf"{kind}\(.*an axis -1 that the kernel fits on, .* got {length}, "):
                call(length)
        with pytest.raises(ShapeError, match=rf"{kind}\(.*give it padding, or a smaller kernel"):
            layer(x)
        return
    over = length + padding - (found[-1] + size)
    assert layer.output_size(length) == layer(x).shape[-1:] == (len(found),)
    assert len(found) == math.floor((length - size + 2 * padding) / stride) + 1
    assert layer.left_over(length) == (over,)
    if over == 0:
        assert strict.output_size(length) == strict(x).shape[-1:] == (len(found),)
        return
    message = rf"{kind}\(.*got {length} of shape .*: behind the last of {len(found)} places, {over} are left over, "
    for call in (lambda: strict(x), lambda: strict.output_size(length)):
        with pytest.raises(ShapeError, match=message + f"{min(over, padding)} of them padding.*strict=False"):
            call()


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3, 4, 5])
def test_with_ceil_mode_a_last_window_may_go_beyond_the_end(size: int, stride: int) -> None:
    for padding, length in product(range(size // 2 + 1), range(1, 13)):
        if length + 2 * padding < size:
            continue
        layer = nn.AvgPool1d(size, stride, padding, ceil_mode=True)
        x = Tensor(np.ones(length))
        y = layer(x)
        assert layer.output_size(length) == y.shape
        y.sum().backward()
        if stride <= size:  # no window skips an element, so that each is in one
            assert x.grad.all()
            assert layer.left_over(length)[0] <= padding


def test_one_length_is_for_all_axes_and_two_for_each() -> None:
    layer = nn.Conv2d(1, 1, 3, stride=2, padding=(1, 0))
    assert layer.output_size(8) == layer.output_size(8, 8) == layer.output_size((8, 8)) == (4, 3)  # type: ignore[arg-type]
    assert layer.left_over(8, 7) == (1, 0)
    assert nn.Conv1d(1, 1, 4, padding="same", dilation=3).output_size(9) == (9,)
    assert nn.Conv1d(1, 1, 4, padding="valid").output_size(9) == (6,)


# What is said of it, and what is refused.


def test_the_weights_have_pytorchs_layout_and_begin_as_for_a_relu() -> None:
    layer = nn.Conv2d(64, 32, (3, 5), groups=2, rng=0)
    assert layer.weight.shape == (32, 32, 3, 5)
    assert layer.bias.numpy().tolist() == [0.0] * 32
    limit = math.sqrt(6 / (32 * 15))
    assert 0.99 * limit < np.abs(layer.weight.numpy()).max() <= limit
    assert [p.label for p in nn.Conv1d(1, 1, 1, label="_in").parameters()] == ["W_in", "b_in"]
    assert nn.Conv1d(1, 2, 2, bias=False, init=lambda shape, rng: np.ones(shape))([[1.0, 2.0]]).numpy().tolist() == [
        [3.0],
        [3.0],
    ]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv2d(1, 8, 3), "Conv2d(1, 8, kernel_size=3) · 80 parameters"),
        (
            nn.Conv1d(4, 8, 2, 3, 1, 2, 2, bias=False, strict=True),
            "Conv1d(4, 8, kernel_size=2, stride=3, padding=1, dilation=2, groups=2, bias=False, strict=True)"
            " · 32 parameters",
        ),
        (nn.MaxPool2d((2, 3)), "MaxPool2d(kernel_size=(2, 3))"),
        (nn.MaxPool1d(2, 1, ceil_mode=True), "MaxPool1d(kernel_size=2, stride=1, ceil_mode=True)"),
        (nn.AvgPool2d(2, count_include_pad=False), "AvgPool2d(kernel_size=2, count_include_pad=False)"),
        (nn.Flatten(), "Flatten()"),
        (nn.Flatten(0, -2), "Flatten(0, -2)"),
    ],
)
def test_a_repr_says_what_was_set(layer: nn.Module, text: str) -> None:
    assert repr(layer) == text


CONV = nn.Conv2d(3, 8, 3, label="1", rng=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: CONV(np.ones((2, 4, 5, 5))),
            r"^Conv2d\(3, 8, kernel_size=3\) with W1: expected x of shape \(3, height",
        ),
        (lambda: CONV(np.ones((2, 4, 5, 5))), r"got \(2, 4, 5, 5\): make the layer Conv2d\(4, 8, …\)"),
        (lambda: CONV(np.ones((2, 5, 5, 3))), r"got \(2, 5, 5, 3\): .* use np.moveaxis\(x, -1, -3\)"),
        (lambda: CONV(np.ones(3)), r"got \(3,\): give it the axes that are missing"),
        (lambda: CONV(1.0), r"got \(\): give it the axes"),
        (
            lambda: CONV(np.ones((3, 2, 5))),
            r"axis -2 that the kernel fits on, which spans 3 places, got 2, with its pad",
        ),
        (lambda: nn.Conv2d(1, 8, 3)(np.ones((10, 8, 8))), r"with x\[:, None\]"),
        (lambda: nn.Conv2d(1, 8, 3)(np.ones((8, 8))), r"with x\[None\]"),
        (
            lambda: nn.Conv1d(1, 8, 3)(np.ones(8)),
            r"expected x of shape \(1, length\) or \(batch, 1, length\), .*x\[None",
        ),
        (
            lambda: nn.Conv1d(3, 4, 1, groups=2),
            "Conv1d: groups: expected a divisor of in_channels=3 and out_channels=4",
        ),
        (lambda: nn.Conv2d(1, 1, 3, 2, "same"), r"Conv2d: padding: 'same' is for a stride of 1, got \(2, 2\)"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), "Conv2d: padding: expected 'valid' or 'same', got 'full'"),
        (
            lambda: nn.Conv2d(1, 1, (3, 3, 3)),
            "Conv2d: kernel_size: expected an int of 1 or more, or 2 of them in a tuple",
        ),
        (lambda: nn.Conv1d(1, 1, 0), "Conv1d: kernel_size: expected an int of 1 or more, or one in a tuple, got 0"),
        (lambda: nn.MaxPool2d(3, padding=2), "MaxPool2d: padding: expected half of kernel_size=3 at most"),
        (
            lambda: nn.MaxPool2d(2)(np.ones(4)),
            r"^MaxPool2d\(kernel_size=2\): expected x of shape \(..., height, width\), g",
        ),
        (lambda: nn.AvgPool1d(2)(np.ones((2, 0))), r"^AvgPool1d\(kernel_size=2\): .*its last axis is pooled"),
        (lambda: nn.MaxPool2d(3)(np.ones((2, 2))), r"^MaxPool2d\(kernel_size=3\): .*or a smaller kernel"),
        (
            lambda: nn.Flatten()(np.ones(4)),
            r"^Flatten\(\): expected x with axes from start_dim=1 .*got \(4,\): .*x\[None\]",
        ),
        (lambda: nn.Flatten(2, 1)(np.ones((2, 3, 4))), r"^Flatten\(2, 1\): expected x with axes from start_dim=2"),
        (lambda: nn.Conv2d(2**31, 2**31, 2), r"Conv2d: expected at most \d+ weights, as many as an array holds"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_summary_shows_the_shapes_on_the_way() -> None:
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10))
    summary = model.summary(np.zeros((5, 1, 8, 8)))
    outputs = {row[0]: row[2] for row in summary.rows if row[0]}
    assert list(outputs.values()) == ["(5, 8, 8, 8)", "(5, 8, 8, 8)", "(5, 8, 4, 4)", "(5, 128)", "(5, 10)"]
    assert [p.label for p in model.parameters()] == ["W1", "b1", "W2", "b2"]
