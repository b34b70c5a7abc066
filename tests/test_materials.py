"""Every layer in both materials: of Tensors and of Values it gives the same numbers, gradients and refusals."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close, numbers_of

import nn
from autograd import DTypeError, Tensor, Value
from autograd.check import gradcheck
from nn.activations.by_name import BY_NAME

SEEDS = st.integers(0, 2**32 - 1)

#: Every layer, by a call that makes it of a dtype, and a shape that it takes.
LAYERS: dict[str, tuple[Callable[[Any], nn.Module], tuple[int, ...]]] = {
    "Linear": (lambda dtype: nn.Linear(3, 2, rng=0, dtype=dtype), (4, 3)),
    "Conv1d": (lambda dtype: nn.Conv1d(2, 4, 3, padding=1, groups=2, rng=0, dtype=dtype), (2, 2, 5)),
    "Conv2d": (lambda dtype: nn.Conv2d(2, 3, (2, 3), (2, 1), padding=1, rng=0, dtype=dtype), (2, 2, 4, 3)),
    "Conv2d, of one image": (lambda dtype: nn.Conv2d(1, 2, 2, dilation=2, rng=0, dtype=dtype), (1, 4, 3)),
    "Conv2d, as it is": (lambda dtype: nn.Conv2d(1, 2, 2, bias=False, padding="same", rng=0, dtype=dtype), (1, 3, 3)),
    "MaxPool1d": (lambda dtype: nn.MaxPool1d(2, 1, 1), (2, 5)),
    "MaxPool2d": (lambda dtype: nn.MaxPool2d(2), (2, 1, 4, 5)),
    "MaxPool2d, overlapping": (lambda dtype: nn.MaxPool2d(3, 2, 1, ceil_mode=True), (1, 5, 4)),
    "AvgPool1d": (lambda dtype: nn.AvgPool1d(3, 2, 1, count_include_pad=False), (2, 6)),
    "AvgPool2d": (lambda dtype: nn.AvgPool2d((2, 1), ceil_mode=True), (1, 5, 3)),
    "Flatten": (lambda dtype: nn.Flatten(), (2, 3, 2)),
    "Dropout": (lambda dtype: nn.Dropout(0.4, rng=0), (3, 4)),
    "BatchNorm1d": (lambda dtype: nn.BatchNorm1d(3, dtype=dtype), (4, 3)),
    "BatchNorm1d, in eval mode": (lambda dtype: nn.BatchNorm1d(3, dtype=dtype).eval(), (4, 3)),
    "BatchNorm2d": (lambda dtype: nn.BatchNorm2d(2, momentum=None, dtype=dtype), (2, 2, 2, 2)),
    "LayerNorm": (lambda dtype: nn.LayerNorm((2, 3), dtype=dtype), (2, 2, 3)),
    "RMSNorm": (lambda dtype: nn.RMSNorm(4, 1e-6, dtype=dtype), (2, 4)),
    "Neuron": (lambda dtype: nn.Neuron(3, rng=0, dtype=dtype), (4, 3)),
    "Maxout": (lambda dtype: nn.Maxout(3, 2, rng=0, dtype=dtype), (4, 3)),
    "RNNCell": (lambda dtype: nn.RNNCell(3, 2, rng=0, dtype=dtype), (4, 3)),
    "GRUCell": (lambda dtype: nn.GRUCell(3, 2, rng=0, dtype=dtype), (4, 3)),
    "MultiHeadAttention": (lambda dtype: nn.MultiHeadAttention(4, 2, rng=0, dtype=dtype), (2, 3, 4)),
    "Sequential": (lambda dtype: nn.Sequential(nn.Flatten(), nn.Linear(4, 2, rng=0, dtype=dtype)), (3, 2, 2)),
    "MLP": (lambda dtype: nn.MLP([2, 3, 1], "prelu", rng=0, dtype=dtype), (3, 2)),
    **{kind.__name__: (lambda dtype, kind=kind: kind(), (2, 3)) for kind in BY_NAME.values() if kind is not nn.PReLU},
    "PReLU": (lambda dtype: nn.PReLU(3, dtype=dtype), (2, 3, 2)),
    "PReLU, one for all": (lambda dtype: nn.PReLU(dtype=dtype), (4,)),
}

each_layer = pytest.mark.parametrize("name", LAYERS)


#: What takes whole numbers, two inputs, or gives two results: tests/test_normalization.py and test_cells.py have these.
ELSEWHERE = {"Bilinear", "Embedding", "LSTMCell"}


def test_every_public_layer_is_here() -> None:
    public = {
        name for name in nn.__all__ if isinstance(kind := getattr(nn, name), type) and issubclass(kind, nn.Module)
    }
    assert public - {"Module"} == {name.partition(",")[0] for name in LAYERS} | ELSEWHERE


def numbers(seed: int, shape: Any) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


@each_layer
@given(seed=SEEDS)
def test_values_give_what_tensors_give(name: str, seed: int) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float64)
    for parameter in layer.parameters():
        parameter.data = parameter.numpy() + 0.1 * numbers(seed, parameter.shape)
    twin = layer.to_scalars()
    for x in (numbers(seed, shape), numbers(seed + 1, shape) + 2):
        a, b = Tensor(x), np.vectorize(Value, otypes=[object])(x)
        y, z = layer(a), twin(b)
        assert y.shape == np.shape(z)
        assert_close(numbers_of(z), y.numpy(), 1e-12)
        g = numbers(seed + 2, y.shape)
        layer.zero_grad()
        twin.zero_grad()
        (y * g).sum().backward()
        np.sum(z * g).backward()
        assert_close(np.reshape([v.grad if v.has_grad else 0.0 for v in b.flat], shape), a.grad, 1e-12)
        ours = np.concatenate([p.grad.ravel() for p in layer.parameters()] or [[]])
        assert_close([v.grad for v in twin.parameters()], ours, 1e-12)
    for (key, buffer), (other, of_twin) in zip(layer.named_buffers(), twin.named_buffers(), strict=True):
        assert key == other
        assert type(of_twin) is np.ndarray
        assert_close(of_twin, buffer, 1e-12)
    assert_close(numbers_of(twin(x)), layer(x) if not layer.parameters() else layer(x).numpy(), 1e-12)


@each_layer
def test_its_gradients_pass_the_check(name: str) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float64).eval() if name == "Dropout" else make(np.float64)
    gradcheck(layer, numbers(3, shape)).raise_if_failed()


@each_layer
@pytest.mark.parametrize("mode", [True, False])
def test_single_precision_stays(name: str, mode: bool) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float32).train(mode)
    for _ in range(2):
        x = Tensor(numbers(0, shape).astype(np.float32))
        y = layer(x)
        assert y.dtype == np.float32
        y.sum().backward()
        assert {p.grad.dtype for p in [x, *layer.parameters()]} == {np.dtype(np.float32)}
    assert {buffer.dtype for _, buffer in layer.named_buffers()} <= {np.dtype(np.float32), np.dtype(np.int64)}


@each_layer
def test_tensors_beside_values_are_refused(name: str) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float64)
    if not layer.parameters():
        return
    x = numbers(0, shape)
    owner = {"Sequential": "Linear", "MLP": "Linear"}.get(name, name.partition(",")[0])
    with pytest.raises(DTypeError, match=rf"^{owner}\(.*got x of shape \(.*x is a Tensor: give x.numpy\(\)"):
        layer.to_scalars()(Tensor(x))
    with pytest.raises(DTypeError, match=rf"^{owner}\(.*x holds Values: use model.to_scalars\(\)"):
        layer(np.vectorize(Value, otypes=[object])(x))


@each_layer
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_go_on_as_the_original(name: str, copied: Any) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float64)
    x = numbers(0, shape)
    layer(x)
    twin = copied(layer)
    assert repr(twin) == repr(layer)
    for _ in range(2):
        np.testing.assert_array_equal(numbers_of(twin(x)), numbers_of(layer(x)))
    assert all((twin.state_dict()[key] == part).all() for key, part in layer.state_dict().items())


@each_layer
def test_settings_in_a_repr_make_the_same_layer(name: str) -> None:
    make, _ = LAYERS[name]
    layer = make(np.float64)
    if name in ("Sequential", "MLP"):
        return
    head = repr(layer).partition(" · ")[0]
    assert repr(eval(f"nn.{head}")).partition(" · ")[0] == head


@each_layer
def test_neither_inputs_nor_memory_layout_matter(name: str) -> None:
    make, shape = LAYERS[name]
    x = numbers(0, shape)
    before = x.copy()
    y = numbers_of(make(np.float64)(x))
    assert (x == before).all()
    strided = np.asfortranarray(np.repeat(x, 2, axis=0))[::2]
    assert_close(numbers_of(make(np.float64)(strided)), y, 1e-12)
    x.setflags(write=False)
    assert_close(numbers_of(make(np.float64)(x)), y, 1e-12)


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, rng=0),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.LayerNorm(8),
        nn.Dropout(0.25, rng=0),
        nn.Linear(8, 3, rng=0),
    )


def test_a_network_of_images_learns_the_same_in_both_materials() -> None:
    x, classes = numbers(0, (3, 1, 4, 4)), np.array([0, 1, 2])
    models = [network(), network().to_scalars()]
    losses = []
    for model in models:
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        found = []
        for _ in range(3):
            loss = nn.cross_entropy(model(x), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(float(loss.item() if isinstance(loss, Tensor) else loss.data))
        losses.append(found)
    assert_close(losses[1], losses[0], 1e-12)
    state, other = (model.state_dict() for model in models)
    for key, part in state.items():
        assert_close(other[key], part, 1e-12)
    assert [p.label for p in models[0].parameters()] == ["W1", "b1", "weight", "bias", "weight", "bias", "W2", "b2"]
