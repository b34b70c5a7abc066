"""Gradients that are too large are made smaller, before a step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import DTypeError, Tensor, Value, short_repr
from nn.inputs import positive_number
from nn.optim.parameters import change_of_grad, checked_parameters, make_changes, place
from nn.signatures import spelled_out


@spelled_out
def clip_grad_value(parameters: Iterable[Tensor | Value], clip_value: float) -> None:
    """Bring each number of each gradient into −clip_value … clip_value; all gradients, or none where that fails.

    >>> v, w = Value(1.0), Value(1.0)
    >>> (3.0 * v - 0.5 * w).backward()
    >>> clip_grad_value([v, w], 1.0)
    >>> v.grad, w.grad
    (1.0, -0.5)

    A NaN stays one. Raises `TypeError` and `ValueError` for what are no parameters, and for a ``clip_value`` that is
    no positive number.
    """
    limit = positive_number(clip_value, "clip_grad_value: clip_value", 1.0)
    found = with_gradients(parameters, "clip_grad_value")
    make_changes([change_of_grad(p, between(p.grad, limit)) for _, p in found])


@spelled_out
def clip_grad_norm(parameters: Iterable[Tensor | Value], max_norm: float, norm_type: float = 2.0) -> float:
    """Scale all gradients by one factor, so that their norm together is at most ``max_norm``; give the norm before.

    The factor is max_norm / (norm + 10⁻⁶), where that is below 1, so that the new norm is a little less.
    ``norm_type`` is p in (Σ|g|ᵖ)^(1/p), or ``math.inf`` for the largest. All gradients are changed, or none where
    that fails. With a ``max_norm`` of ``math.inf`` none is: so the norm is asked for. (Pascanu, Mikolov and Bengio, On
    the difficulty of training recurrent neural networks, 2013.)

    >>> v, w = Value(1.0), Value(1.0)
    >>> (3.0 * v - 4.0 * w).backward()
    >>> clip_grad_norm([v, w], 1.0)
    5.0
    >>> round(v.grad, 6), round(w.grad, 6)
    (0.6, -0.8)

    Raises `TypeError` and `ValueError` for what are no parameters, and for a ``max_norm`` or ``norm_type`` that is no
    positive number; `ValueError` where a norm is NaN or infinite, with the parameter whose gradient makes it so.
    """
    max_norm = positive_or_infinite(max_norm, "clip_grad_norm: max_norm", 1.0)
    power = positive_or_infinite(norm_type, "clip_grad_norm: norm_type", 2.0)
    found = with_gradients(parameters, "clip_grad_norm")
    norms = []
    for index, parameter in found:
        norms.append(norm_of(parameter.grad, power))
        if not math.isfinite(norms[-1]):
            raise ValueError(
                f"clip_grad_norm: expected finite gradients, got a norm of {norms[-1]} of parameter "
                f"{place(parameter, index)}: do no step here; autograd.detect_anomaly shows where it comes from"
            )
    norm = norm_of(norms, power)
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        make_changes([change_of_grad(p, p.grad * factor) for _, p in found])
    return norm


def with_gradients(parameters: Any, owner: str) -> list[tuple[int, Tensor | Value]]:
    """The parameters that have a gradient, with their numbers; a frozen one has at most one from before."""
    found = enumerate(checked_parameters(parameters, owner))
    return [(index, p) for index, p in found if p.has_grad and p.requires_grad]


def between(grad: Any, limit: float) -> Any:
    """The same with every number in −limit … limit."""
    return min(max(grad, -limit), limit) if isinstance(grad, float) else np.clip(grad, -limit, limit)


def norm_of(numbers: Any, power: float) -> float:
    """(Σ|x|ᵖ)^(1/p), in double precision or better; the largest is taken out, so that no power overflows."""
    sizes = np.abs(np.asarray(numbers, np.result_type(np.asarray(numbers), np.float64)))
    largest = sizes.max(initial=0.0)
    if not 0 < largest < math.inf:
        return float(largest)
    return float(largest * np.sum((sizes / largest) ** power) ** (1 / power))


def positive_or_infinite(value: Any, name: str, example: float) -> float:
    """A positive number, or infinity."""
    if isinstance(value, float) and value == math.inf:
        return math.inf
    try:
        return positive_number(value, name, example)
    except DTypeError as error:
        raise DTypeError(f"{name}: expected a positive number or math.inf, got {short_repr(value)}") from error
