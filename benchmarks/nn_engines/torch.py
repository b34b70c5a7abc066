"""PyTorch, eager, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(1)


def mlp(weights: list[Any]) -> Any:
    return filled(nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)), weights)


def cnn(weights: list[Any]) -> Any:
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )
    return filled(model, weights)


def filled(model: Any, weights: list[Any]) -> Any:
    names = model.state_dict()
    arrays = [w.T.copy() if w.ndim == 2 else w for w in weights]
    model.load_state_dict({name: torch.from_numpy(w) for name, w in zip(names, arrays, strict=True)})
    return model


def epoch(model: Any, x: Any, y: Any, size: int) -> Callable[[], list[float]]:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    inputs, target = torch.from_numpy(x), torch.from_numpy(y)

    def run() -> list[float]:
        losses = []
        for k in range(0, len(inputs), size):
            loss = functional.cross_entropy(model(inputs[k : k + size]), target[k : k + size])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run
