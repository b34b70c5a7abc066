"""Norms, dropout and embeddings: what they compute in either mode, what they keep, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, numbers_of

import nn
from autograd import DTypeError, ShapeError, Tensor, Value

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, shape: Any) -> Any:
    return np.random.default_rng(seed).normal(size=shape) * 2 + 1


# Over a batch.


@given(shape=st.sampled_from([(5, 3), (2, 3, 4), (2, 3, 2, 2)]), eps=st.sampled_from([0.0, 1e-5, 0.3]), seed=SEEDS)
def test_a_batch_norm_takes_mean_and_variance_of_each_channel(shape: Any, eps: float, seed: int) -> None:
    layer = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(3, eps)
    x = drawn(seed, shape)
    y = layer(x).numpy()
    for c in range(3):
        channel = x[:, c]
        assert_close(y[:, c], (channel - channel.mean()) / np.sqrt(channel.var() + eps), 1e-12)
    assert_close(layer.running_mean, [0.1 * x[:, c].mean() for c in range(3)])
    assert_close(layer.running_var, [0.9 + 0.1 * x[:, c].var(ddof=1) for c in range(3)])


@given(momentum=st.none() | st.floats(0, 1), calls=st.integers(1, 4), seed=SEEDS)
def test_the_buffers_follow_the_batches(momentum: float | None, calls: int, seed: int) -> None:
    layer = nn.BatchNorm1d(2, momentum=momentum)
    batches = [drawn(seed + k, (4, 2)) for k in range(calls)]
    mean, var = np.zeros(2), np.ones(2)
    for k, x in enumerate(batches, start=1):
        layer(x)
        share = 1 / k if momentum is None else momentum
        mean, var = mean + share * (x.mean(axis=0) - mean), var + share * (x.var(axis=0, ddof=1) - var)
    assert_close(layer.running_mean, mean, 1e-12)
    assert_close(layer.running_var, var, 1e-12)
    assert int(layer.num_batches_tracked) == calls
    if momentum is None:
        assert_close(layer.running_mean, np.mean([x.mean(axis=0) for x in batches], axis=0), 1e-12)
    state = layer.state_dict()
    x = drawn(seed, (1, 2))
    assert_close(layer.eval()(x).numpy(), (x - mean) / np.sqrt(var + 1e-5), 1e-12)
    assert all((layer.state_dict()[name] == part).all() for name, part in state.items()), "eval changes nothing"


def test_without_buffers_it_is_the_batch_in_both_modes() -> None:
    layer = nn.BatchNorm1d(2, track_running_stats=False, affine=False)
    x = drawn(0, (4, 2))
    assert layer.state_dict() == {}
    assert_close(layer(x), layer.eval()(x))
    assert type(layer(x)) is np.ndarray


def test_buffers_hold_no_graph_and_their_numbers_stay_those_that_were_read() -> None:
    layer = nn.BatchNorm1d(2)
    before = layer.running_mean
    layer(Tensor(drawn(0, (4, 2))))
    assert before.tolist() == [0.0, 0.0]
    assert {type(part) for _, part in layer.named_buffers()} == {np.ndarray}


def test_a_state_goes_into_another_batch_norm() -> None:
    layer, other = nn.BatchNorm2d(2), nn.BatchNorm2d(2).to_scalars()
    layer(drawn(0, (3, 2, 2, 2)))
    other.load_state_dict(layer.state_dict())
    x = drawn(1, (1, 2, 2, 2))
    assert_close(numbers_of(other.eval()(x)), layer.eval()(x).numpy(), 1e-12)


def test_a_model_made_single_computes_in_single_precision_with_the_buffers_it_had() -> None:
    layer = nn.BatchNorm1d(2)
    layer(drawn(0, (4, 2)))
    small = layer.to_tensors(np.float32).eval()
    assert small(Tensor(np.float32([[1.0, 2.0]]))).dtype == np.float32


# Over each sample.


@given(shape=st.sampled_from([(4,), (3, 4), (2, 3, 4)]), data=st.data(), seed=SEEDS)
def test_layer_and_rms_norm_take_each_sample_alone(shape: Any, data: st.DataObject, seed: int) -> None:
    count = data.draw(st.integers(1, len(shape)))
    last, eps = shape[-count:], data.draw(st.sampled_from([1e-5, 0.3]))
    x = drawn(seed, shape)
    layer, rms = nn.LayerNorm(last, eps), nn.RMSNorm(last, eps)
    for p in [*layer.parameters(), *rms.parameters()]:
        p.data = drawn(seed + 1, p.shape)
    weight, bias, gain = layer.weight.numpy(), layer.bias.numpy(), rms.weight.numpy()
    y, z = layer(x).numpy(), rms(x).numpy()
    for index in np.ndindex(*shape[:-count]):
        sample = x[index]
        assert_close(y[index], (sample - sample.mean()) / np.sqrt(sample.var() + eps) * weight + bias, 1e-12)
        assert_close(z[index], sample / np.sqrt((sample**2).mean() + eps) * gain, 1e-12)
    assert_close(layer.eval()(x).numpy(), y)


@given(x=st.lists(st.floats(-100, 100), min_size=3, max_size=3), c=st.floats(-50, 50), scale=st.floats(0.5, 50))
def test_what_a_norm_does_not_see(x: Any, c: float, scale: float) -> None:
    row = np.array(x)
    row[0] += 1 + np.ptp(row)
    layer, rms = nn.LayerNorm(3, 0.0), nn.RMSNorm(3, 0.0)
    assert_close(layer(scale * row + c).numpy(), layer(row).numpy(), 1e-8)
    assert_close(rms(scale * row).numpy(), rms(row).numpy(), 1e-10)


def test_an_eps_of_none_is_that_of_the_dtype() -> None:
    for dtype in (np.float32, np.float64):
        y = nn.RMSNorm(1, elementwise_affine=False)(np.zeros((1, 1), dtype) + dtype(np.finfo(dtype).eps) ** 0.5)
        assert_close(y, [[0.5**0.5]], 1e-6)


def test_parameters_that_are_not_wanted_are_not_there() -> None:
    assert [name for name, _ in nn.LayerNorm(3).named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in nn.LayerNorm(3, bias=False).named_parameters()] == ["weight"]
    assert nn.LayerNorm(3, elementwise_affine=False).parameters() == []
    assert [name for name, _ in nn.RMSNorm((2, 3)).named_parameters()] == ["weight"]
    assert repr(nn.LayerNorm((2, 3), 1e-3, bias=False)) == "LayerNorm((2, 3), eps=0.001, bias=False) · 6 parameters"


# Dropout.


@given(p=st.floats(0, 0.99), seed=SEEDS)
def test_dropout_leaves_out_and_scales_what_it_keeps(p: float, seed: int) -> None:
    layer = nn.Dropout(p, rng=seed)
    x = Tensor(np.ones((20, 10)))
    y = layer(x)
    assert set(np.round(np.unique(y.numpy()) * (1 - p), 12)) <= {0.0, 1.0}
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.numpy())  # as x is 1 everywhere
    assert layer.eval()(x) is x


def test_dropout_keeps_the_mean_and_draws_anew() -> None:
    layer = nn.Dropout(0.3, rng=0)
    x = np.ones(100_000)
    first, second = layer(x), layer(x)
    assert abs(first.mean() - 1) < 0.01
    assert abs((first == 0).mean() - 0.3) < 0.01
    assert 0.38 < (first != second).mean() < 0.46  # 2 · 0.3 · 0.7
    np.testing.assert_array_equal(nn.Dropout(0.3, rng=0)(x), first)


def test_the_generator_is_the_one_that_was_given() -> None:
    rng = np.random.default_rng(0)
    layer, other = nn.Dropout(0.5, rng=rng), nn.Dropout(0.5, rng=rng)
    assert layer.rng is other.rng is rng
    assert (layer(np.ones(50)) != other(np.ones(50))).any()
    scalars = layer.to_scalars()
    values = scalars([Value(1.0) for _ in range(20)])
    assert numbers_of(values).tolist() == layer(np.ones(20)).tolist()


def test_dropout_of_everything_is_zero() -> None:
    assert nn.Dropout(1.0, rng=0)([1.0, 2.0]).tolist() == [0.0, 0.0]
    assert nn.Dropout(0.0, rng=0)([1.0, 2.0]).tolist() == [1.0, 2.0]


@given(p=st.floats(0.1, 0.9), shape=st.tuples(*[st.integers(1, 4)] * 4), seed=SEEDS)
def test_dropout_of_channels_leaves_out_whole_ones(p: float, shape: Any, seed: int) -> None:
    y = nn.Dropout2d(p, rng=seed)(np.ones(shape))
    assert all(np.unique(channel).size == 1 for sample in y for channel in sample)
    assert set(np.round(np.unique(y) * (1 - p), 12)) <= {0.0, 1.0}
    np.testing.assert_array_equal(y[:, :, 0, 0], nn.Dropout(p, rng=seed)(np.ones(shape[:2])))


# Embeddings.


@given(shape=st.sampled_from([(), (4,), (2, 3)]), padding_idx=st.none() | st.integers(0, 4), seed=SEEDS)
def test_an_embedding_gives_rows_and_its_gradient_goes_to_them(shape: Any, padding_idx: int | None, seed: int) -> None:
    layer = nn.Embedding(5, 2, padding_idx, rng=seed)
    layer.weight = table = drawn(seed, (5, 2))
    numbers = np.asarray(np.random.default_rng(seed).integers(0, 5, size=shape))
    g = drawn(seed + 1, (*shape, 2))
    expected = np.zeros((5, 2))
    for place in np.ndindex(shape):
        if numbers[place] != padding_idx:
            expected[numbers[place]] += g[place]
    for model in (layer, layer.to_scalars()):
        y = model(numbers)
        np.testing.assert_array_equal(numbers_of(y), table[numbers])
        np.sum(y * g).backward() if padding_idx is None or (numbers != padding_idx).any() else None
        found = model.weight.grad if isinstance(model.weight, Tensor) else None
        if found is None and not isinstance(model.weight, Tensor):
            found = [[v.grad if v.has_grad else 0.0 for v in row] for row in model.weight]
        assert_close(np.zeros((5, 2)) if found is None else found, expected, 1e-12)


def test_the_padding_row_begins_at_zero() -> None:
    layer = nn.Embedding(5, 2, padding_idx=-1, rng=0, label="e")
    assert layer.padding_idx == 4
    assert layer.weight.numpy()[4].tolist() == [0.0, 0.0]
    assert layer.weight.numpy()[:4].all()
    assert layer.weight.label == "We"
    assert repr(layer) == "Embedding(5, 2, padding_idx=4) · 10 parameters"
    np.testing.assert_array_equal(nn.Embedding(5, 2, rng=0).weight.numpy()[:4], layer.weight.numpy()[:4])


def test_whole_numbers_of_every_kind_are_taken() -> None:
    layer = nn.Embedding(300, 2, rng=0, dtype=np.float32)
    for numbers in ([3, 250], (3, 250), np.array([3, 250], np.uint8), np.array([3, 250], np.int64)):
        np.testing.assert_array_equal(layer(numbers).numpy(), layer.weight.numpy()[[3, 250]])
    assert layer([3]).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Embedding(5, 2)([1.0]),
            DTypeError,
            r"^Embedding\(5, 2\): .*integers, from 0 to 4, got dtype float64",
        ),
        (lambda: nn.Embedding(5, 2)(Tensor([1.0])), DTypeError, r"got a Tensor of shape \(1,\): .*x.astype\(int\)"),
        (lambda: nn.Embedding(5, 2)([True]), DTypeError, "got dtype bool"),
        (lambda: nn.Embedding(5, 2)([[0, 5]]), ValueError, r"rows from 0 to 4, got 5 at \[0, 1\] of shape \(1, 2\)"),
        (lambda: nn.Embedding(5, 2)(-1), ValueError, r"rows from 0 to 4, got -1 of shape \(\)"),
        (
            lambda: nn.Embedding(5, 2, 5),
            ValueError,
            "Embedding: padding_idx: expected the number of one of 5 rows, got 5",
        ),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), ShapeError, r"several numbers for each channel.*model.eval\(\)"),
        (lambda: nn.BatchNorm1d(3)(np.ones((4, 2))), ShapeError, r"got \(4, 2\): make the layer BatchNorm1d\(2\)"),
        (lambda: nn.BatchNorm1d(3)(np.ones((4, 2, 3))), ShapeError, r"use np.moveaxis\(x, -1, 1\)"),
        (
            lambda: nn.BatchNorm2d(3)(np.ones((3, 2, 2))),
            ShapeError,
            r"\(batch, 3, height, width\), got .*with x\[None\]",
        ),
        (lambda: nn.BatchNorm2d(3)(np.ones((3, 2))), ShapeError, "the axes that are missing"),
        (
            lambda: nn.BatchNorm1d(3, momentum=1.5),
            ValueError,
            "momentum: expected a number from 0 to 1, such as 0.1",
        ),
        (
            lambda: nn.BatchNorm1d(3, -1.0),
            ValueError,
            "BatchNorm1d: eps: expected a number of 0 or more, such as 1e-05",
        ),
        (
            lambda: nn.LayerNorm((2, 3))(np.ones((3, 2))),
            ShapeError,
            r"^LayerNorm\(\(2, 3\)\): .*\(\.\.\., 2, 3\), got \(3, 2",
        ),
        (
            lambda: nn.RMSNorm(3)(np.ones(2)),
            ShapeError,
            r"^RMSNorm\(3\): expected x of shape \(\.\.\., 3\), got \(2,\)",
        ),
        (lambda: nn.GroupNorm(4, 6), ValueError, "num_groups: expected a divisor of num_channels=6, got 4"),
        (
            lambda: nn.GroupNorm(2, 4)(np.ones((3, 2))),
            ShapeError,
            r"^GroupNorm\(2, 4\): expected x of shape \(batch, 4, \.\.\.\), got \(3, 2\)",
        ),
        (lambda: nn.Dropout2d()(np.ones((3, 2))), ShapeError, r"^Dropout2d\(0.5\): .*use Dropout, of single elements"),
        (lambda: nn.Dropout(1.5), ValueError, "Dropout: p: expected a number from 0 to 1, such as 0.5, got 1.5"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
