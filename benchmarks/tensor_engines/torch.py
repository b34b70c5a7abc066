"""PyTorch, eager, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from tensor_workloads import Array, Step, Sweep
from torch.nn import functional

torch.set_num_threads(1)
constant = torch.tensor
cross_entropy = functional.cross_entropy
relu = torch.relu
squared_error = functional.mse_loss
tanh = torch.tanh


def linear(x: Any, w: Any, b: Any) -> Any:
    return torch.addmm(b, x, w)


def training(loss: Callable[[list[Any]], Any], weights: list[Array], rate: float) -> Step:
    parameters = [torch.tensor(weight, requires_grad=True) for weight in weights]

    def step() -> Any:
        value = loss(parameters)
        value.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter.sub_(parameter.grad, alpha=rate)
                parameter.grad = None
        return value.detach()

    return step


def sweep(run: Callable[..., Any], weights: list[Array]) -> Sweep:
    w, b = (torch.tensor(weight, requires_grad=True) for weight in weights)
    seed = torch.ones_like(w)

    def forward() -> Any:
        return run(w, b)

    def backward(h: Any) -> list[Any]:
        h.backward(seed)
        gradients = [w.grad, b.grad]
        w.grad = b.grad = None
        return gradients

    return forward, backward
