"""States go to PyTorch and come back, by name, and the modules then give the same numbers and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import DTypeError, ShapeError, Tensor
from nn import load_torch_state_dict, torch_state_dict

SIZES = st.integers(1, 4)


def peer() -> Any:
    return pytest.importorskip("torch", reason="the peer that states are exchanged with")


def expect_equal(ours: nn.Module, theirs: Any, inputs: list[Any]) -> None:
    """After an exchange in both directions, results, and the gradients of all, are the same."""
    torch = peer()
    theirs.load_state_dict({name: torch.as_tensor(x) for name, x in torch_state_dict(ours).items()})
    blank = {name: np.zeros_like(x) for name, x in ours.state_dict().items()}
    before = ours.state_dict()
    ours.load_state_dict(blank)
    load_torch_state_dict(ours, theirs.state_dict())
    assert all((before[name] == x).all() for name, x in ours.state_dict().items())
    tensors = [Tensor(x) for x in inputs]
    theirs_in = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, z = ours(*tensors), theirs(*theirs_in)
    np.testing.assert_allclose(y.numpy(), z.detach().numpy(), rtol=1e-10, atol=1e-12)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    (y * weights).sum().backward()
    (z * torch.as_tensor(weights)).sum().backward()
    for tensor, other in zip(tensors, theirs_in, strict=True):
        np.testing.assert_allclose(tensor.grad, other.grad.numpy(), rtol=1e-9, atol=1e-11)
    grads = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    # The gradients take the way of the weights: a model that holds them is loaded from theirs.
    twin = {name: p.grad for name, p in ours.named_parameters()}
    load_torch_state_dict(ours, {**theirs.state_dict(), **{n: torch.as_tensor(g) for n, g in grads.items()}})
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(twin[name], parameter.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, k=SIZES, batch=SIZES, seed=st.integers(0, 99))
def test_models_of_layers(n: int, m: int, k: int, batch: int, seed: int) -> None:
    torch = peer()
    ours = nn.Sequential(nn.Linear(n, m, rng=seed), nn.Tanh(), nn.Sequential(nn.Linear(m, k, rng=seed), nn.ReLU()))
    t = torch.nn
    theirs = t.Sequential(t.Linear(n, m), t.Tanh(), t.Sequential(t.Linear(m, k), t.ReLU())).double()
    expect_equal(ours, theirs, [np.random.default_rng(seed).normal(size=(batch, n))])


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, batch=SIZES, seed=st.integers(0, 99), bias=st.booleans())
def test_cells(n: int, m: int, batch: int, seed: int, bias: bool) -> None:
    torch = peer()
    rng = np.random.default_rng(seed)
    x, h = rng.normal(size=(batch, n)), rng.normal(size=(batch, m))
    for name in ("RNNCell", "GRUCell"):
        theirs = getattr(torch.nn, name)(n, m, bias=bias, dtype=torch.float64)
        expect_equal(getattr(nn, name)(n, m, bias=bias, rng=seed), theirs, [x, h])

    class Ours(nn.Module):
        def __init__(self) -> None:
            self.cell = nn.LSTMCell(n, m, bias=bias, rng=seed)

        def forward(self, x: Any, h: Any, c: Any) -> Any:
            h, c = self.cell(x, (h, c))
            return h * 2.0 + c

    class Theirs(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.cell = torch.nn.LSTMCell(n, m, bias=bias, dtype=torch.float64)

        def forward(self, x: Any, h: Any, c: Any) -> Any:
            h, c = self.cell(x, (h, c))
            return h * 2.0 + c

    expect_equal(Ours(), Theirs(), [x, h, rng.normal(size=(batch, m))])


@settings(max_examples=15)
@given(n=SIZES, m=SIZES, k=SIZES, batch=SIZES, seed=st.integers(0, 99))
def test_bilinear(n: int, m: int, k: int, batch: int, seed: int) -> None:
    torch = peer()
    rng = np.random.default_rng(seed)
    theirs = torch.nn.Bilinear(n, m, k, dtype=torch.float64)
    expect_equal(nn.Bilinear(n, m, k, rng=seed), theirs, [rng.normal(size=(batch, n)), rng.normal(size=(batch, m))])


@settings(max_examples=15)
@given(heads=st.integers(1, 3), width=SIZES, length=SIZES, source=SIZES, seed=st.integers(0, 99), causal=st.booleans())
def test_attention(heads: int, width: int, length: int, source: int, seed: int, causal: bool) -> None:
    torch = peer()
    size = heads * width

    class Ours(nn.Module):
        def __init__(self) -> None:
            self.attention = nn.MultiHeadAttention(size, heads, rng=seed)

        def forward(self, q: Any, k: Any, v: Any) -> Any:
            return self.attention(q, k, v, is_causal=causal)

    class Theirs(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.attention = torch.nn.MultiheadAttention(size, heads, batch_first=True, dtype=torch.float64)

        def forward(self, q: Any, k: Any, v: Any) -> Any:
            mask = torch.triu(torch.ones(length, source, dtype=torch.bool), 1) if causal else None
            return self.attention(q, k, v, attn_mask=mask)[0]

    rng = np.random.default_rng(seed)
    expect_equal(Ours(), Theirs(), [rng.normal(size=(2, n, size)) for n in (length, source, source)])


def test_what_stands_in_several_places_has_all_its_names() -> None:
    torch = peer()
    layer = nn.Linear(2, 2, rng=0)
    ours = nn.Sequential(layer, nn.Tanh(), layer)
    other = torch.nn.Linear(2, 2, dtype=torch.float64)
    theirs = torch.nn.Sequential(other, torch.nn.Tanh(), other)
    assert list(torch_state_dict(ours)) == ["0.weight", "2.weight", "0.bias", "2.bias"]
    theirs.load_state_dict({name: torch.as_tensor(x) for name, x in torch_state_dict(ours).items()})
    load_torch_state_dict(ours, theirs.state_dict())
    x = np.ones((3, 2))
    np.testing.assert_allclose(ours(x).numpy(), theirs(torch.as_tensor(x)).detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"weight": np.ones((2, 2))}, ValueError, "got one with missing bias"),
        ({"weight": np.ones((2, 2)), "bias": np.ones(2), "x": 1.0}, ValueError, "unexpected x"),
        ({"weight": np.ones((3, 2)), "bias": np.ones(2)}, ShapeError, r"weight: expected shape \(2, 2\), got \(3, 2\)"),
        ([1.0], DTypeError, "state: expected a dict of names and arrays"),
    ],
)
def test_what_does_not_fit_changes_nothing(state: Any, error: type[Exception], message: str) -> None:
    layer = nn.Linear(2, 2, rng=0)
    before = layer.state_dict()
    with pytest.raises(error, match=message):
        load_torch_state_dict(layer, state)
    assert all((layer.state_dict()[name] == x).all() for name, x in before.items())
