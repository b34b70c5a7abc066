"""Calls as people type them from memory of PyTorch: they work and mean the same, or are refused with what to write."""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value
from nn.elsewhere import RENAMED

THEIRS = {"RMSProp": "RMSprop", "MultiHeadAttention": "MultiheadAttention"}
LOSSES = {
    "mse": "mse_loss",
    "l1": "l1_loss",
    "nll": "nll_loss",
    "huber": "huber_loss",
    "cross_entropy": "cross_entropy",
}
LOSSES |= {"bce": "binary_cross_entropy", "bce_with_logits": "binary_cross_entropy_with_logits"}


def pairs() -> Iterator[Any]:
    """What is here and in PyTorch, each with the names of what it takes."""
    torch = pytest.importorskip("torch", reason="the peer whose settings people remember")
    for name in nn.__all__:
        ours, other = getattr(nn, name), THEIRS.get(name, name)
        for place in (torch.nn, torch.optim, torch.optim.lr_scheduler):
            if inspect.isclass(ours) and hasattr(place, other) and name not in ("Module", "Optimizer"):
                yield name, ours, getattr(place, other)
    for name, other in LOSSES.items():
        yield name, getattr(nn, name), getattr(torch.nn.functional, other)
    yield "forward", nn.MultiHeadAttention(2, 1), torch.nn.MultiheadAttention.forward


def taken(function: Any, *kinds: Any) -> list[str]:
    parameters = inspect.signature(function.forward if isinstance(function, nn.Module) else function).parameters
    return [name for name, parameter in parameters.items() if name != "self" and parameter.kind in kinds]


P = inspect.Parameter


def test_each_setting_of_pytorch_is_taken_or_refused_with_what_to_write() -> None:
    count = 0
    for name, ours, theirs in pairs():
        names = taken(ours, P.POSITIONAL_OR_KEYWORD, P.KEYWORD_ONLY)
        for setting in taken(theirs, P.POSITIONAL_OR_KEYWORD, P.KEYWORD_ONLY):
            if setting in names:
                continue
            first = [None for kind in taken(ours, P.POSITIONAL_OR_KEYWORD) if kind != RENAMED.get(setting, ("",))[0]]
            owner = type(ours).__name__ if isinstance(ours, nn.Module) else name
            with pytest.raises(TypeError, match=rf"^{owner}: .*: expected {owner}\(.*\)(; .+)+$"):
                ours(*first, **{setting: None})
            count += 1
    assert count > 100


def test_settings_by_their_places_are_those_of_pytorch_or_refused() -> None:
    for name, ours, theirs in pairs():
        if name in ("SequentialLR", "Sequential", "OneCycleLR"):  # places of both were compared by hand
            continue
        here, there = taken(ours, P.POSITIONAL_OR_KEYWORD), taken(theirs, P.POSITIONAL_OR_KEYWORD)
        for mine, its in zip(here, there, strict=False):
            assert mine == its or mine in RENAMED.get(its, ()), (name, mine, its)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: nn.ReLU(True), r"ReLU: too many positional arguments: expected ReLU\(\)$"),
        (lambda: nn.Dropout(0.5, True), r"expected Dropout\(p=0\.5, \*, rng=None\); give rng by name$"),
        (lambda: nn.Linear(2), r"Linear: missing a required argument: 'out_features': expected Linear\(in_features, "),
        (lambda: nn.Linear(2, 3)(1, 2), r"Linear: too many positional arguments: expected Linear\(x\)$"),
        (lambda: nn.Linear(2, 3)(input=1), r"Linear: .*: expected Linear\(x\); input is x here$"),
        (lambda: nn.mse([1.0]), r"mse: missing a required argument: 'target': expected mse\(prediction, target, "),
        (lambda: nn.Linear(2, 3).state_dict(prefix="a."), r"Linear\.state_dict: .*; put it before the names"),
        (lambda: nn.Linear(2, 3).load_state_dict({}, assign=True), r"Linear\.load_state_dict: .*leave assign out"),
        (lambda: nn.Adam([Value(1.0)], fused=True), r"Adam: .* expected Adam\(parameters, lr=0\.001, .*leave it out"),
        (lambda: nn.StepLR(step=3), r"StepLR: missing a required argument: 'optimizer': expected StepLR\(optimizer, "),
        (lambda: nn.EarlyStopping(patience=1, delta=3), r"EarlyStopping: got an unexpected keyword argument 'delta'"),
        (lambda: nn.fit(1, 2), r"fit: missing a required argument: 'data': expected fit\(model, loss, data, "),
        (lambda: nn.fit(1, 2, 3, lr=4), r"fit: .*; give it to the optimizer, as nn\.Adam\("),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        wrong()
    assert caught.value.__cause__ is None


def test_other_errors_are_those_that_they_were() -> None:
    class Inner(nn.Module):
        def __init__(self, size: int) -> None:
            self.size = size + None  # type: ignore[operator]

    class Outer(nn.Module):
        def forward(self, x: Any, *, fails: bool = False) -> Any:
            return Inner(1) if fails else nn.Linear(2, 3)(x, dim=1)

    with pytest.raises(TypeError, match="unsupported operand"):
        Outer()(1.0, fails=True)
    with pytest.raises(TypeError, match=r"^Linear: got an unexpected keyword argument 'dim': expected Linear\(x\)$"):
        Outer()(1.0)


def test_classes_of_ones_own_are_told_of_by_their_names_and_are_what_they_were() -> None:
    class Wide(nn.Linear):
        pass

    class Block(nn.Module, ABC):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.inner = nn.Linear(size, size, dim=1)  # type: ignore[call-arg]

    @dataclass(eq=False)
    class Settings(nn.Module):
        size: int

    with pytest.raises(TypeError, match=r"^Wide: .* expected Wide\(in_features, "):
        Wide(2, 3, dim=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Block: missing a required argument: 'size': expected Block\(size\)$"):
        Block()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Linear: got an unexpected keyword argument 'dim'"):
        Block(2)
    assert Settings(3).size == 3
    assert (
        str(inspect.signature(nn.Dropout)).partition(" ->")[0]
        == "(p: 'float' = 0.5, *, rng: 'int | np.random.Generator | None' = None)"
    )
    assert not inspect.signature(nn.ReLU).parameters


def test_gradients_to_zeros_are_those_of_the_optimiser() -> None:
    model = nn.Linear(2, 2, rng=0)
    model.zero_grad(set_to_none=False)
    assert model.weight.grad is None
    model(np.ones((1, 2))).sum().backward()
    model.zero_grad(set_to_none=False)
    assert [p.grad.tolist() for p in model.parameters()] == [[[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0]]
    model.zero_grad(True)
    assert not any(p.has_grad for p in model.parameters())
    with pytest.raises(TypeError, match=r"Linear\.zero_grad: set_to_none: expected True or False"):
        model.zero_grad("yes")  # type: ignore[arg-type]


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.parametrize("padding_idx", [None, 1])
def test_a_table_that_was_trained_elsewhere(freeze: bool, padding_idx: int | None) -> None:
    torch = pytest.importorskip("torch", reason="the peer that has it")
    rows = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    ours = nn.Embedding.from_pretrained(rows, freeze, padding_idx)
    theirs = torch.nn.Embedding.from_pretrained(torch.tensor(rows), freeze, padding_idx)
    assert ours.weight.requires_grad is theirs.weight.requires_grad
    y = ours([[0, 1], [3, 3]])
    z = theirs(torch.tensor([[0, 1], [3, 3]]))
    assert y.dtype == np.float32
    assert (y.numpy() == z.detach().numpy()).all()
    if not freeze:
        y.sum().backward()
        z.sum().backward()
        assert (ours.weight.grad == theirs.weight.grad.numpy()).all()
    for wrong, error in (([1.0, 2.0], ValueError), ("text", TypeError)):
        with pytest.raises(error, match=r"Embedding\.from_pretrained: embeddings"):
            nn.Embedding.from_pretrained(wrong)
    with pytest.raises(TypeError, match=r"Embedding\.from_pretrained: freeze: expected True or False"):
        nn.Embedding.from_pretrained(rows, 1)  # type: ignore[arg-type]


def test_a_summary_tells_of_one_seed_for_two_layers_and_of_weights_that_are_computed() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh(), nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    (told,) = [row for row in model.summary().rows if "same numbers" in row[-1]]
    assert told[0] == "layers.2"
    assert told[-1] == "the same numbers as layers.0.weight"
    model.layers[3].weight[0, 0] = 5.0
    (told,) = [row for row in model.summary().rows if "computed" in row[-1]]
    assert told[0] == "layers.3"
    assert told[-1].endswith("outside no_grad(), so nothing trains it")


def test_a_weight_that_is_computed_of_another_is_refused_with_where_it_is_computed() -> None:
    one, two = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1)
    with pytest.raises(TypeError, match=r"as the transposed weight of another layer, compute it in forward"):
        two.weight = one.weight.T


@pytest.mark.parametrize(
    "name", ["relu", "softmax", "Tensor", "no_grad", "InstanceNorm2d", "AdaptiveAvgPool2d", "one_hot"]
)
def test_what_stands_elsewhere_is_said(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"module 'nn' has no attribute '{name}': (write|use) "):
        getattr(nn, name)


def test_an_instance_norm_is_the_group_norm_that_is_said() -> None:
    torch = pytest.importorskip("torch", reason="the peer that has it")
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 4))
    ours, theirs = nn.GroupNorm(3, 3, affine=False)(x), torch.nn.InstanceNorm2d(3)(torch.tensor(x))
    np.testing.assert_allclose(np.asarray(getattr(ours, "data", ours)), theirs.numpy(), rtol=1e-10)
