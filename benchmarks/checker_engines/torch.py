"""PyTorch: `torch.autograd.gradcheck`, and `gradgradcheck` for the second order, as they are set by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch.autograd import gradcheck, gradgradcheck

torch.set_default_dtype(torch.float64)
FLOATS = {np.dtype(np.float32): torch.float32, np.dtype(np.float64): torch.float64}


def tensor(x: Any) -> Any:
    return x if isinstance(x, torch.Tensor) else torch.tensor(np.array(x))


def total(x: Any, axis: Any = None) -> Any:
    return torch.sum(x) if axis is None else torch.sum(x, dim=axis)


def average(x: Any, axis: Any = None) -> Any:
    return torch.mean(x) if axis is None else torch.mean(x, dim=axis)


def assigned(n: int, index: Any, g: Any) -> Any:
    return torch.zeros(n).index_put((torch.tensor(index),), g)


FORWARD = RULES = SimpleNamespace(
    **{name: getattr(torch, name) for name in ("exp", "sin", "cos", "tanh", "log", "sqrt", "abs", "sign", "relu")},
    sigmoid=torch.sigmoid,
    sum=total,
    mean=average,
    max=torch.amax,
    matmul=lambda x, y: torch.matmul(tensor(x), tensor(y)),
    transpose=lambda x: x.T,
    reshape=torch.reshape,
    concatenate=torch.cat,
    stack=torch.stack,
    flip=lambda x: torch.flip(x, (0,)),
    cumsum=lambda x: torch.cumsum(x, 0),
    maximum=lambda x, y: torch.maximum(x, tensor(y)),
    minimum=lambda x, y: torch.minimum(x, tensor(y)),
    where=torch.where,
    clip=torch.clip,
    softmax=lambda x: torch.softmax(x, -1),
    logsumexp=lambda x: torch.logsumexp(x, -1),
    sort=lambda x: torch.sort(x).values,
    astype=lambda x, dtype: x.to(FLOATS[np.dtype(dtype)]),
    ones=torch.ones,
    constant=tensor,
    assigned=assigned,
    detach=lambda x: x.detach(),
    number=lambda x: x.item(),
)


def inputs(arrays: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(torch.tensor(np.array(x)).requires_grad_() for x in arrays)


def operation(forward: Callable[..., Any], vjps: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    class seeded(torch.autograd.Function):  # type: ignore[misc]  # noqa: N801 - the name of the operation
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            y = forward(*xs)
            ctx.save_for_backward(y, *xs)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            y, *xs = ctx.saved_tensors
            return tuple(vjp(g, y, *xs) for vjp in vjps)

    apply: Callable[..., Any] = seeded.apply
    return apply


def check(f: Callable[..., Any], xs: Sequence[Any], order: int) -> None:
    """Raises what the checkers raise."""
    gradcheck(f, tuple(xs))
    if order == 2:
        gradgradcheck(f, tuple(xs))


def gradient(f: Callable[..., Any], xs: Sequence[Any], weights: Sequence[float]) -> list[Any]:
    result = f(*xs)
    outputs = result if isinstance(result, tuple) else (result,)
    by = iter(weights)
    seeds = [torch.tensor([next(by) for _ in range(y.numel())]).reshape(y.shape).to(y.dtype) for y in outputs]
    grads = torch.autograd.grad(outputs, list(xs), seeds, allow_unused=True)
    return [np.zeros(x.shape) if grad is None else grad.numpy() for x, grad in zip(xs, grads, strict=True)]
