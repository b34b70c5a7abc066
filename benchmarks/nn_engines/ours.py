"""stepgrad: networks of Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nn


def mlp(weights: list[Any]) -> Any:
    """64-128-10 with ReLU."""
    return filled(nn.MLP([64, 128, 10], "relu", dtype=weights[0].dtype), weights)


def cnn(weights: list[Any]) -> Any:
    """Two convolutions, each with ReLU and pooling, and a layer of scores."""
    kind = weights[0].dtype
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, dtype=kind),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, dtype=kind),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10, dtype=kind),
    )
    return filled(model, weights)


def filled(model: nn.Module, weights: list[Any]) -> nn.Module:
    model.load_state_dict(dict(zip(model.state_dict(), weights, strict=True)))
    return model


def epoch(model: Any, x: Any, y: Any, size: int) -> Callable[[], list[float]]:
    """A run through the data, in steps of Adam; the losses of its steps."""
    optimizer = nn.Adam(model.parameters(), lr=1e-3)

    def run() -> list[float]:
        losses = []
        for inputs, target in nn.batches(x, y, batch_size=size):
            loss = nn.cross_entropy(model(inputs), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run
