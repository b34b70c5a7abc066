"""Modules held against PyTorch's of the same names: outputs, gradients by inputs and parameters, and buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn_modules import DRAWN, Drawn, arguments, inputs, make
from hypothesis import given
from hypothesis import strategies as st
from numeric import assert_close

import nn
from autograd import Tensor

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'stepgrad[samples]'")

SEEDS = st.integers(0, 2**32 - 1)

#: Modules that PyTorch has not.
OURS = {"MLP", "Maxout", "Neuron"}

#: Settings that it names otherwise, those that it has to be told, and modules.
NAMED = {
    ("LeakyReLU", "alpha"): "negative_slope",
    **{(name, "axis"): "dim" for name in ("Softmax", "Softmin", "LogSoftmax", "GLU")},
}
TOLD: dict[str, dict[str, Any]] = {
    "MultiHeadAttention": {"batch_first": True},
    "Softplus": {"threshold": 700},  # from its own, 20, on, theirs is x
    **{name: {"dim": -1} for name in ("Softmax", "Softmin", "LogSoftmax")},
}
KINDS = {"MultiHeadAttention": "MultiheadAttention"}

#: What it computes less exactly: the slope of its Hardsigmoid is a sixth in single precision.
LOOSE = {"Hardsigmoid": 1e-7, "CELU": 1e-6, "BatchNorm1d": 1e-9, "BatchNorm2d": 1e-9}


def peer(name: str, drawn: Drawn) -> Any:
    settings = {NAMED.get((name, key), key): value for key, value in drawn.settings.items()}
    return getattr(torch.nn, KINDS.get(name, name))(**{**TOLD.get(name, {}), **settings})


def answer(name: str, theirs: Any, drawn: Drawn, given: list[Any]) -> Any:
    """What PyTorch's gives for the call."""
    if name != "MultiHeadAttention":
        return theirs(*arguments(name, given))
    query, key, value = [*given, given[-1], given[-1]][:3]
    heads, length, source = theirs.num_heads, query.shape[-2], key.shape[-2]
    hidden = np.zeros((*query.shape[:-2], heads, length, source), bool)
    hidden |= False if drawn.call["mask"] is None else drawn.call["mask"]
    hidden |= np.triu(np.ones((length, source), bool), 1) if drawn.call["is_causal"] else False
    mask = torch.tensor(hidden.reshape(-1, length, source))
    y, weights = theirs(query, key, value, attn_mask=mask, average_attn_weights=False)
    return (y, weights) if drawn.call["need_weights"] else y


def turned(module: nn.Module) -> set[str]:
    """The names of the parameters that PyTorch holds transposed."""
    return {f"{name}.{key}".removeprefix(".") for name, part in module.named_modules() for key in part.transposed}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.filterwarnings("ignore:grad and param do not obey the gradient layout contract:UserWarning")  # of none
@pytest.mark.parametrize("name", sorted(set(DRAWN) - OURS))
@given(data=st.data(), seed=SEEDS, modes=st.lists(st.booleans(), min_size=1, max_size=4))
def test_a_module_is_pytorchs(name: str, data: st.DataObject, seed: int, modes: list[bool]) -> None:
    drawn = DRAWN[name](data.draw)
    ours, theirs = make(name, drawn, seed), peer(name, drawn).double()
    other_way, tolerance = turned(ours), LOOSE.get(name, 1e-12)
    own, others = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert own.keys() == others.keys()
    with torch.no_grad():
        for key, parameter in others.items():
            parameter.copy_(torch.tensor(own[key].numpy().T if key in other_way else own[key].numpy()))
    for call, mode in enumerate(modes):
        mode = mode and "Dropout" not in name  # each draws its own
        ours.train(mode)
        theirs.train(mode)
        given = inputs(drawn, seed + call)
        mine = [x if x.dtype.kind == "i" else Tensor(x) for x in given]
        whose = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in given]
        results = ours(*arguments(name, mine), **drawn.call), answer(name, theirs, drawn, whose)
        found, expected = (each if isinstance(each, tuple) else (each,) for each in results)
        ours.zero_grad()
        theirs.zero_grad()
        draw = np.random.default_rng(seed)
        for y, z in zip(found, expected, strict=True):
            assert y.shape == tuple(z.shape)
            assert_close(y.numpy(), z.detach().numpy(), tolerance)
            g = draw.normal(size=y.shape)
            y.backward(g)
            z.backward(torch.tensor(g), retain_graph=True)
        for x, other in zip(mine, whose, strict=True):
            if isinstance(x, Tensor):
                assert_close(x.grad, other.grad.numpy(), tolerance)
        for key, parameter in others.items():
            grad = parameter.grad.numpy()
            assert_close(own[key].grad, grad.T if key in other_way else grad, tolerance)
        buffers = dict(ours.named_buffers())
        assert buffers.keys() == dict(theirs.named_buffers()).keys()
        for key, buffer in theirs.named_buffers():
            assert_close(buffers[key], buffer.numpy(), tolerance)
            assert buffers[key].shape == tuple(buffer.shape)
    if hasattr(ours, "output_size") and given[0].size:
        lengths = given[0].shape[-ours.along :]
        assert ours.output_size(*lengths) == found[0].shape[-ours.along :]


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
