"""Layers held against PyTorch's of the same names: outputs, gradients by inputs and parameters, and buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close

import nn
from autograd import Tensor

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'stepgrad[samples]'")

SEEDS = st.integers(0, 2**32 - 1)

#: Activations with the settings that both have; where they are named otherwise, ours and theirs.
ACTIVATIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    *[(name, {}, {}) for name in ("Sigmoid", "LogSigmoid", "Tanh", "Tanhshrink", "Softsign", "Hardsigmoid", "ReLU")],
    *[(name, {}, {}) for name in ("ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "GELU", "Hardtanh", "ELU")],
    ("LeakyReLU", {}, {}),
    ("LeakyReLU", {"alpha": 0.3}, {"negative_slope": 0.3}),
    ("ELU", {"alpha": 0.3}, {"alpha": 0.3}),
    ("GELU", {"approximate": "tanh"}, {"approximate": "tanh"}),
    ("Hardtanh", {"min_val": -0.5, "max_val": 2.0}, {"min_val": -0.5, "max_val": 2.0}),
    ("Softplus", {}, {"threshold": 700}),  # from its own, 20, on, theirs is x
    ("Softplus", {"beta": 3.0}, {"beta": 3.0, "threshold": 700}),
    ("Softmax", {}, {"dim": -1}),
    ("Softmax", {"axis": 1}, {"dim": 1}),
    ("LogSoftmax", {}, {"dim": -1}),
    ("LogSoftmax", {"axis": 0}, {"dim": 0}),
    ("PReLU", {}, {}),
    ("PReLU", {"num_parameters": 3, "init": 0.1}, {"num_parameters": 3, "init": 0.1}),
]


def compare(ours: Any, theirs: Any, x: Any, seed: int, calls: int = 1, tolerance: float = 1e-12) -> None:
    """The same weights and inputs, called so many times: the same outputs, gradients and buffers."""
    theirs = theirs.double()
    theirs.train(ours.training)
    draw = np.random.default_rng(seed)
    own, others = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert own.keys() == others.keys()
    with torch.no_grad():
        for name, parameter in others.items():
            weights = draw.normal(size=own[name].shape)
            own[name].data = weights
            parameter.copy_(torch.tensor(weights))
    is_whole = x.dtype.kind == "i"
    for _ in range(calls):
        a = x if is_whole else Tensor(x)
        b = torch.tensor(x, requires_grad=not is_whole)
        y, z = ours(a), theirs(b)
        assert y.shape == tuple(z.shape)
        assert_close(y.numpy(), z.detach().numpy(), tolerance)
        g = draw.normal(size=y.shape)
        if y.requires_grad:
            ours.zero_grad()
            theirs.zero_grad()
            y.backward(g)
            z.backward(torch.tensor(g))
            if not is_whole:
                assert_close(a.grad, b.grad.numpy(), tolerance)
            for name, parameter in others.items():
                assert_close(own[name].grad, parameter.grad.numpy(), tolerance)
        x = x if is_whole else draw.normal(size=x.shape) + 1
    buffers = dict(ours.named_buffers())
    assert buffers.keys() == dict(theirs.named_buffers()).keys()
    for name, buffer in theirs.named_buffers():
        assert_close(buffers[name], buffer.numpy(), tolerance)
        assert buffers[name].shape == tuple(buffer.shape)


def distinct(draw: Any, shape: Any) -> Any:
    """Numbers of which no two are equal: to a tie, PyTorch gives all of the gradient of the first."""
    return (draw.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2) / 4 + 0.1


def each(n: int, least: int, most: int) -> st.SearchStrategy[Any]:
    """A setting: one number, or one for each of n axes."""
    return st.integers(least, most) | st.tuples(*[st.integers(least, most)] * n)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@given(data=st.data(), n=st.sampled_from([1, 2]), seed=SEEDS)
def test_convolutions(data: st.DataObject, n: int, seed: int) -> None:
    groups = data.draw(st.integers(1, 3))
    inputs, outputs = (groups * data.draw(st.integers(1, 2)) for _ in range(2))
    settings: dict[str, Any] = {
        "kernel_size": data.draw(each(n, 1, 3)),
        "stride": data.draw(each(n, 1, 3)),
        "padding": data.draw(each(n, 0, 2)),
        "dilation": data.draw(each(n, 1, 2)),
        "groups": groups,
        "bias": data.draw(st.booleans()),
    }
    if data.draw(st.booleans()):
        settings |= {"stride": 1, "padding": data.draw(st.sampled_from(["same", "valid"]))}
    lengths = [data.draw(st.integers(5, 8)) for _ in range(n)]
    batch = data.draw(st.sampled_from([(), (1,), (3,)]))
    x = np.random.default_rng(seed).normal(size=(*batch, inputs, *lengths))
    ours = getattr(nn, f"Conv{n}d")(inputs, outputs, rng=0, **settings)
    theirs = getattr(torch.nn, f"Conv{n}d")(inputs, outputs, **settings)
    compare(ours, theirs, x, seed)
    assert ours.output_size(*lengths) == ours(x).shape[-n:]


@given(data=st.data(), n=st.sampled_from([1, 2]), kind=st.sampled_from(["Max", "Avg"]), seed=SEEDS)
def test_pooling(data: st.DataObject, n: int, kind: str, seed: int) -> None:
    kernel = data.draw(st.tuples(*[st.integers(1, 3)] * n))
    settings: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": data.draw(st.none() | each(n, 1, 3)),
        "padding": tuple(data.draw(st.integers(0, size // 2)) for size in kernel),
        "ceil_mode": data.draw(st.booleans()),
    }
    if kind == "Max":
        settings["dilation"] = data.draw(each(n, 1, 2))
    else:
        settings["count_include_pad"] = data.draw(st.booleans())
    lengths = [data.draw(st.integers(5, 8)) for _ in range(n)]
    batch = data.draw(st.sampled_from([(), (3,)]))
    x = distinct(np.random.default_rng(seed), (*batch, 2, *lengths))
    ours = getattr(nn, f"{kind}Pool{n}d")(**settings)
    compare(ours, getattr(torch.nn, f"{kind}Pool{n}d")(**settings), x, seed)
    assert ours.output_size(*lengths) == ours(x).shape[-n:]


@given(
    shape=st.sampled_from([(4, 3), (2, 3, 5), (2, 3, 2, 4)]),
    momentum=st.none() | st.floats(0, 1),
    flags=st.tuples(st.booleans(), st.booleans()),
    is_training=st.booleans(),
    eps=st.sampled_from([1e-5, 1e-3, 0.5]),
    seed=SEEDS,
)
def test_batch_norm(shape: Any, momentum: Any, flags: Any, is_training: bool, eps: float, seed: int) -> None:
    affine, tracks = flags
    settings = {"momentum": momentum, "affine": affine, "track_running_stats": tracks, "eps": eps}
    kind = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    ours, theirs = getattr(nn, kind)(3, **settings), getattr(torch.nn, kind)(3, **settings)
    x = np.random.default_rng(seed).normal(size=shape) * 2 + 1
    compare(ours.train(), theirs, x, seed, calls=3, tolerance=1e-11)
    compare(ours.train(is_training), theirs, x, seed + 1, calls=2, tolerance=1e-11)


@given(data=st.data(), eps=st.sampled_from([1e-5, 0.1]), seed=SEEDS)
def test_layer_and_rms_norm(data: st.DataObject, eps: float, seed: int) -> None:
    shape = data.draw(st.sampled_from([(3,), (2, 3), (2, 4, 3)]))
    count = data.draw(st.integers(1, len(shape)))
    affine = data.draw(st.booleans())
    last = shape[-1] if count == 1 and data.draw(st.booleans()) else shape[-count:]
    x = np.random.default_rng(seed).normal(size=shape) * 2 + 1
    settings = {"eps": eps, "elementwise_affine": affine}
    has_bias = {"bias": data.draw(st.booleans())}
    compare(nn.LayerNorm(last, **settings, **has_bias), torch.nn.LayerNorm(last, **settings, **has_bias), x, seed)
    settings["eps"] = data.draw(st.sampled_from([None, eps]))
    compare(nn.RMSNorm(last, **settings), torch.nn.RMSNorm(last, **settings), x, seed)


@given(padding_idx=st.none() | st.integers(-5, 4), shape=st.sampled_from([(), (3,), (2, 4)]), seed=SEEDS)
def test_embedding(padding_idx: int | None, shape: Any, seed: int) -> None:
    numbers = np.asarray(np.random.default_rng(seed).integers(0, 5, size=shape))
    compare(nn.Embedding(5, 2, padding_idx), torch.nn.Embedding(5, 2, padding_idx), numbers, seed)


@pytest.mark.parametrize(("name", "own", "others"), ACTIVATIONS)
@given(seed=SEEDS, scale=st.sampled_from([1.0, 5.0]))
def test_activations(name: str, own: Any, others: Any, seed: int, scale: float) -> None:
    x = np.random.default_rng(seed).normal(size=(2, 3, 4)) * scale
    # The slope of torch's Hardsigmoid is a sixth in single precision.
    tolerance = 1e-7 if name == "Hardsigmoid" else 1e-12
    compare(getattr(nn, name)(**own), getattr(torch.nn, name)(**others), x, seed, tolerance=tolerance)


@given(start=st.integers(-4, 3), end=st.integers(-4, 3), seed=SEEDS)
def test_flatten(start: int, end: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(2, 3, 1, 4))
    if start % 4 <= end % 4:
        compare(nn.Flatten(start, end), torch.nn.Flatten(start, end), x, seed)
    else:
        with pytest.raises(ValueError, match="Flatten"):
            nn.Flatten(start, end)(x)


def test_dropout_in_eval_mode_and_its_extremes() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    for p in (0.0, 0.3, 1.0):
        compare(nn.Dropout(p, rng=0).eval(), torch.nn.Dropout(p), x, 0)
    for p in (0.0, 1.0):
        compare(nn.Dropout(p, rng=0), torch.nn.Dropout(p), x, 0)


@given(seed=SEEDS)
def test_a_network_for_digits(seed: int) -> None:
    def network(library: Any) -> Any:
        return library.Sequential(
            library.Conv2d(1, 4, 3, padding=1),
            library.BatchNorm2d(4),
            library.ReLU(),
            library.MaxPool2d(2),
            library.Conv2d(4, 6, 3, padding="same", groups=2),
            library.GELU(),
            library.AvgPool2d(2),
            library.Flatten(),
            library.Linear(24, 10),
        )

    ours, theirs = network(nn), network(torch.nn).double()
    with torch.no_grad():
        for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            weights = np.random.default_rng(seed).normal(size=own.shape) / 4
            own.data = weights
            other.copy_(torch.tensor(weights.T if weights.shape == (24, 10) else weights))
    x = np.random.default_rng(seed).normal(size=(5, 1, 8, 8))
    y, z = ours(x), theirs(torch.tensor(x))
    assert_close(y.numpy(), z.detach().numpy(), 1e-11)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        expected = other.grad.numpy()
        assert_close(own.grad, expected.T if own.shape == (24, 10) else expected, 1e-10)
