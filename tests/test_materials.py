"""Every layer in both materials: of Tensors and of Values it gives the same numbers, gradients and refusals."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_modules import DRAWN, arguments, inputs, make
from hypothesis import given, settings
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
    "Identity": (lambda dtype: nn.Identity(), (2, 3)),
    "Dropout2d": (lambda dtype: nn.Dropout2d(0.4, rng=0), (2, 3, 2, 1)),
    "GroupNorm": (lambda dtype: nn.GroupNorm(2, 4, dtype=dtype), (2, 4, 2)),
    "Dropout": (lambda dtype: nn.Dropout(0.4, rng=0), (3, 4)),
    "BatchNorm1d": (lambda dtype: nn.BatchNorm1d(3, dtype=dtype), (4, 3)),
    "BatchNorm1d, in eval mode": (lambda dtype: nn.BatchNorm1d(3, dtype=dtype).eval(), (4, 3)),
    "BatchNorm2d": (lambda dtype: nn.BatchNorm2d(2, momentum=None, dtype=dtype), (2, 2, 2, 2)),
    "LayerNorm": (lambda dtype: nn.LayerNorm((2, 3), dtype=dtype), (2, 2, 3)),
    "RMSNorm": (lambda dtype: nn.RMSNorm(4, 1e-6, dtype=dtype), (2, 4)),
    "GLU": (lambda dtype: nn.GLU(), (3, 4)),
    "Threshold": (lambda dtype: nn.Threshold(0.1, -2.0), (3, 4)),
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


#: What takes whole numbers, two inputs, or gives two results.
ELSEWHERE = {"Bilinear", "Embedding", "LSTMCell"}


def test_every_public_layer_is_here() -> None:
    public = {
        name for name in nn.__all__ if isinstance(kind := getattr(nn, name), type) and issubclass(kind, nn.Module)
    }
    assert public - {"Module"} == {name.partition(",")[0] for name in LAYERS} | ELSEWHERE
    assert public - {"Module"} == {*DRAWN, "Sequential"}


def numbers(seed: int, shape: Any) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def values_of(x: Any) -> Any:
    return x if x.dtype.kind == "i" else np.vectorize(Value, otypes=[object])(x) if x.size else x


def total(results: Any, seed: int) -> tuple[Any, list[Any]]:
    """A sum of all results, each times a number of its own, and the numbers of the results."""
    each = results if isinstance(results, tuple) else (results,)
    weights = [numbers(seed + k, np.shape(y)) for k, y in enumerate(each)]
    return sum(np.sum(y * g) for y, g in zip(each, weights, strict=True)), [numbers_of(y) for y in each]


def grad_of(value: Any) -> float:
    return value.grad if value.has_grad else 0.0


@pytest.mark.parametrize("name", DRAWN)
@given(data=st.data(), seed=SEEDS, modes=st.lists(st.booleans(), min_size=1, max_size=3))
def test_values_give_what_tensors_give(name: str, data: st.DataObject, seed: int, modes: list[bool]) -> None:
    drawn = DRAWN[name](data.draw)
    layer = make(name, drawn, seed)
    twin = layer.to_scalars()
    for call, mode in enumerate(modes):
        layer.train(mode)
        twin.train(mode)
        given = inputs(drawn, seed + call)
        mine = [x if x.dtype.kind == "i" else Tensor(x) for x in given]
        theirs = [values_of(x) for x in given]
        loss, found = total(layer(*arguments(name, mine), **drawn.call), seed)
        other, expected = total(twin(*arguments(name, theirs), **drawn.call), seed)
        for y, z in zip(found, expected, strict=True):
            is_one = name == "MLP" and y.shape == (1,)  # a lecture's code takes it as a number
            assert z.shape == (() if is_one else y.shape)
            assert_close(np.reshape(z, y.shape), y, 1e-12)
        layer.zero_grad()
        twin.zero_grad()
        if isinstance(other, Value):
            loss.backward()
            other.backward()
        for x, values in zip(mine, theirs, strict=True):
            if isinstance(x, Tensor) and x.size:
                grad = np.zeros(x.shape) if x.grad is None else x.grad
                assert_close(np.reshape([grad_of(v) for v in values.flat], x.shape), grad, 1e-12)
        grads = [np.zeros(p.size) if p.grad is None else p.grad.ravel() for p in layer.parameters()]
        assert_close([grad_of(v) for v in twin.parameters()], np.concatenate(grads or [[]]), 1e-12)
        for (key, buffer), (same, of_twin) in zip(layer.named_buffers(), twin.named_buffers(), strict=True):
            assert key == same
            assert type(of_twin) is np.ndarray
            assert_close(of_twin, buffer, 1e-12)


@each_layer
def test_its_gradients_pass_the_check(name: str) -> None:
    make, shape = LAYERS[name]
    layer = make(np.float64).eval() if "Dropout" in name else make(np.float64)
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


#: What a person may write in ``forward``, of a parameter w and an input x, as of arrays.
WRITTEN = [
    *["x @ w", "np.maximum(w * x, 0.0)", "np.minimum(w, x)", "np.maximum(w, w[::-1])", "np.fmax(w, 0.0)", "w.T @ x"],
    *["np.max(w, axis=0)", "w.max(axis=1)", "w.min()", "np.ptp(w)", "w - np.amax(w, axis=-1, keepdims=True)"],
    *["np.clip(w, -1, 1)", "w.clip(-1, 1)", "np.sort(w, axis=0)", "w[np.argsort(w[:, 0])]", "w[w.argmax(axis=0), 0]"],
    *["np.median(w, axis=0)", "np.percentile(w, 30)", "np.nan_to_num(w)", "np.where(~np.isnan(w), w, 0.0)"],
    *["np.mean(w * x, axis=0)", "np.var(w, axis=0)", "w.std(axis=1)", "np.std(w)", "np.linalg.norm(w)"],
    *["np.linalg.norm(w, axis=0)", "np.average(w, axis=0, weights=[1, 2, 3])", "np.sqrt(1 + w * w)", "np.abs(w) ** 3"],
    *["w.relu()", "w.tanh() * x", "w.exp()", "(x * w).sigmoid()", "w.log_softmax()"],
    *["np.where(w > 0, w * x, x)", "w * (w > 0)", "np.select([w > 0], [w], x)", "np.einsum('ij,kj->ik', w, x)"],
    *["np.logaddexp(w, x)", "np.heaviside(w, 0.5) * w", "np.float_power(w + 9, 2)", "np.hypot(w, x + 9)"],
    *["np.linalg.solve(w + 9 * np.eye(3), x)", "np.linalg.inv(w + 9 * np.eye(3))", "np.linalg.det(w)"],
    *["np.concatenate([w, x])", "np.stack([w, x])", "np.pad(w, 1)", "np.roll(w, 1, axis=0)", "np.diff(w, axis=0)"],
    *["np.cumsum(w, axis=0)", "np.prod(w, axis=0)", "np.outer(w, x)", "np.interp(x, [0, 1, 2], w[0])", "np.tril(w)"],
    *[
        "np.exp(w - w.max()) / np.exp(w - w.max()).sum()",
        "sum(a @ b for a, b in zip(w, x))",
        "w[w > 0].sum() + w[0, 0]",
    ],
]


class Written(nn.Module):
    """A module of one's own."""

    def __init__(self, code: str, w: Any) -> None:
        self.code, self.w = compile(code, code, "eval"), nn.Parameter(w)

    def forward(self, x: Any) -> Any:
        return eval(self.code, {"np": np, "w": self.w, "x": x})


@pytest.mark.parametrize("code", WRITTEN)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the NaN
@settings(max_examples=10)
@given(
    numbers=st.lists(st.sampled_from([-1.0, 0.0, 0.0, 1.0, 1.0, 2.25]), min_size=18, max_size=18),
    nan=st.none() | st.integers(0, 8),
    is_node=st.booleans(),
)
def test_a_module_of_ones_own_written_with_numpy_is_the_same_in_both(
    code: str, numbers: list[float], nan: int | None, is_node: bool
) -> None:
    w, x = np.reshape(numbers, (2, 3, 3))
    if nan is not None and "linalg" not in code and "interp" not in code:
        w.flat[nan] = np.nan
    layer = Written(code, w)
    twin = layer.to_scalars()
    y, z = layer(Tensor(x) if is_node else x), twin(values_of(x) if is_node else x)
    loss, (found,) = total(y, 0)
    other, (expected,) = total(z, 0)
    assert found.shape == expected.shape
    assert_close(expected, found, 1e-12)
    loss.backward()
    if isinstance(other, Value):
        other.backward()
    assert_close(np.reshape([grad_of(v) for v in twin.w.flat], (3, 3)), layer.w.grad, 1e-12)
