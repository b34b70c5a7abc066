"""Gradient descent, with momentum and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from autograd import Tensor, Value
from nn.inputs import decay, flag, number_from_zero
from nn.optim.optimizer import Optimizer, followed
from nn.optim.parameters import Checks


class SGD(Optimizer):
    """Gradient descent: p ← p − lr · ∂L/∂p. How many samples L is computed from makes it batch or stochastic.

    With ``momentum`` μ and ``dampening`` τ, the step is lr · v, where v ← μ·v + (1 − τ)·g, and v is g in the first
    step. With ``nesterov`` it is lr · (g + μ·v). ``weight_decay`` λ adds λ·p to the gradient g, as ½λ‖p‖² in the loss
    would; ``maximize`` turns the sign of g before, to go up. (Sutskever, Martens, Dahl and Hinton, On the importance of
    initialization and momentum in deep learning, 2013.)

    >>> w = Value(1.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w**2).backward()
    ...     optimizer.step()
    >>> round(w.data, 6)
    0.512

    Raises as `Optimizer`, `TypeError` and `ValueError` for settings that are no numbers from 0 (``momentum`` and
    ``dampening`` below 1), and `ValueError` for ``nesterov`` without momentum, or with dampening.
    """

    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "momentum": partial(decay, example=0.9),
        "dampening": partial(decay, example=0.1),
        "weight_decay": partial(number_from_zero, example=0.01),
        "nesterov": flag,
        "maximize": flag,
    }
    memory = ("momentum_buffer",)

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 0.001,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )

    @classmethod
    def checked(cls, settings: dict[str, Any], where: str) -> dict[str, Any]:
        found = super().checked(settings, where)
        if found["nesterov"] and (not found["momentum"] or found["dampening"]):
            raise ValueError(
                f"{where}: nesterov: expected a momentum and no dampening with it, got momentum={found['momentum']} "
                f"and dampening={found['dampening']}: give momentum=0.9, or nesterov=False"
            )
        return found

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group = self.settings[index]
        grad = followed(group, data, grad)
        if momentum := group["momentum"]:
            kept = self.remembered(index, data)
            kept["momentum_buffer"] *= momentum
            is_damped = group["dampening"] and kept["step"] > 1
            kept["momentum_buffer"] += (1 - group["dampening"]) * grad if is_damped else grad
            grad = grad + momentum * kept["momentum_buffer"] if group["nesterov"] else kept["momentum_buffer"]
        return -group["lr"] * grad + data  # in this order NumPy reuses the memory of the product
