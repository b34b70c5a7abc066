"""Optimisers that divide each step by the size of the gradients so far, number by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, Value
from nn.inputs import decay, flag, number_from_zero, pair_of_decays, positive_number
from nn.optim.optimizer import Optimizer, followed
from nn.optim.parameters import Checks


class Adagrad(Optimizer):
    """p ← p − lr/(1 + (t − 1)·lr_decay) · g/(√s + eps), where s ← s + g² starts at ``initial_accumulator_value``.

    t counts the steps from 1. ``weight_decay`` λ adds λ·p to the gradient g; ``maximize`` turns its sign before, to go
    up. (Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011.)

    >>> w = Value(1.0)
    >>> optimizer = Adagrad([w], lr=0.25)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.75

    Raises as `Optimizer`, and `TypeError` or `ValueError` for settings that are no numbers from 0 (``eps``: above 0).
    """

    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "lr_decay": partial(number_from_zero, example=0.01),
        "weight_decay": partial(number_from_zero, example=0.01),
        "initial_accumulator_value": partial(number_from_zero, example=0.1),
        "eps": partial(positive_number, example=1e-10),
        "maximize": flag,
    }
    memory = ("sum",)

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            maximize=maximize,
        )

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group, kept = self.settings[index], self.remembered(index, data)
        grad = followed(group, data, grad)
        if kept["step"] == 1:
            kept["sum"] += group["initial_accumulator_value"]
        kept["sum"] += grad * grad
        rate = group["lr"] / (1 + (kept["step"] - 1) * group["lr_decay"])
        return data - rate * (grad / (kept["sum"] ** 0.5 + group["eps"]))


class Adadelta(Optimizer):
    """p ← p − lr · d, where d = g · √(u + eps)/√(s + eps) is as large as the steps before, of which u is the size.

    s ← rho·s + (1 − rho)·g² and then u ← rho·u + (1 − rho)·d² are the means of g² and of d² over the last steps.
    ``weight_decay`` λ adds λ·p to the gradient g; ``maximize`` turns its sign before, to go up. (Zeiler, Adadelta: an
    adaptive learning rate method, 2012.)

    >>> w = Value(1.0)
    >>> optimizer = Adadelta([w], rho=0.75)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.998

    Raises as `Optimizer`, and `TypeError` or `ValueError` for a ``rho`` outside of [0, 1), for an ``eps`` that is not
    above 0, and for a negative ``weight_decay``.
    """

    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "rho": partial(decay, example=0.9),
        "eps": partial(positive_number, example=1e-6),
        "weight_decay": partial(number_from_zero, example=0.01),
        "maximize": flag,
    }
    memory = ("square_avg", "acc_delta")

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group, kept = self.settings[index], self.remembered(index, data)
        rho, eps = group["rho"], group["eps"]
        grad = followed(group, data, grad)
        kept["square_avg"] *= rho
        kept["square_avg"] += (1 - rho) * grad * grad
        change = (kept["acc_delta"] + eps) ** 0.5 / (kept["square_avg"] + eps) ** 0.5 * grad
        kept["acc_delta"] *= rho
        kept["acc_delta"] += (1 - rho) * change * change
        return data - group["lr"] * change


class RMSProp(Optimizer):
    """p ← p − lr · g/(√s + eps), where s ← alpha·s + (1 − alpha)·g² is the mean of g² over the last steps.

    ``centered`` takes the variance s − m² in place of s, where m ← alpha·m + (1 − alpha)·g. With ``momentum`` μ, the
    step is lr · v, where v ← μ·v + g/(√s + eps). ``weight_decay`` λ adds λ·p to the gradient g; ``maximize`` turns its
    sign before, to go up. (Hinton, Neural networks for machine learning, lecture 6, 2012; centered: Graves, Generating
    sequences with recurrent neural networks, 2013.)

    >>> w = Value(1.0)
    >>> optimizer = RMSProp([w], lr=0.01, alpha=0.75)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.98

    Raises as `Optimizer`, and `TypeError` or `ValueError` for ``alpha`` and ``momentum`` outside of [0, 1), for an
    ``eps`` that is not above 0, a negative ``weight_decay``, and a ``centered`` that is not True or False.
    """

    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "alpha": partial(decay, example=0.99),
        "eps": partial(positive_number, example=1e-8),
        "weight_decay": partial(number_from_zero, example=0.01),
        "momentum": partial(decay, example=0.9),
        "centered": flag,
        "maximize": flag,
    }
    memory = ("square_avg",)
    more_memory: ClassVar[Mapping[str, str]] = {"grad_avg": "centered", "momentum_buffer": "momentum"}

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            maximize=maximize,
        )

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group, kept = self.settings[index], self.remembered(index, data)
        grad = followed(group, data, grad)
        kept["square_avg"] *= group["alpha"]
        kept["square_avg"] += (1 - group["alpha"]) * grad * grad
        size = kept["square_avg"]
        if group["centered"]:
            kept["grad_avg"] *= group["alpha"]
            kept["grad_avg"] += (1 - group["alpha"]) * grad
            size = larger(size - kept["grad_avg"] * kept["grad_avg"], 0.0)  # rounding may have passed it
        change = grad / (size**0.5 + group["eps"])
        if group["momentum"]:
            kept["momentum_buffer"] *= group["momentum"]
            kept["momentum_buffer"] += change
            change = kept["momentum_buffer"]
        return data - group["lr"] * change


class Adam(Optimizer):
    """p ← p − lr · m̂/(√v̂ + eps), where m and v are the means of g and of g² over the last steps.

    m ← β₁·m + (1 − β₁)·g and v ← β₂·v + (1 − β₂)·g² start at zero. In step t, from 1, this makes up for that:
    m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ). ``betas`` are β₁ and β₂. ``weight_decay`` λ adds λ·p to the gradient g;
    ``maximize`` turns its sign before, to go up. ``amsgrad`` takes the largest v so far in place of v. (Kingma and Ba,
    Adam: a method for stochastic optimization, 2015; amsgrad: Reddi, Kale and Kumar, On the convergence of Adam and
    beyond, 2018.)

    >>> w = Value(1.0)
    >>> optimizer = Adam([w], lr=0.25)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.75

    Raises as `Optimizer`, and `TypeError` or `ValueError` for ``betas`` that are no two numbers of [0, 1), for an
    ``eps`` that is not above 0, a negative ``weight_decay``, and an ``amsgrad`` that is not True or False.
    """

    checks: ClassVar[Checks] = {
        **Optimizer.checks,
        "betas": partial(pair_of_decays, example=(0.9, 0.999)),
        "eps": partial(positive_number, example=1e-8),
        "weight_decay": partial(number_from_zero, example=0.01),
        "amsgrad": flag,
        "maximize": flag,
    }
    memory = ("exp_avg", "exp_avg_sq")
    more_memory: ClassVar[Mapping[str, str]] = {"max_exp_avg_sq": "amsgrad"}

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group = self.settings[index]
        grad = followed(group, data, grad)
        return data - group["lr"] * self._direction(index, data, grad)

    def _direction(self, index: int, data: Any, grad: Any) -> Any:
        """m̂/(√v̂ + eps), for a gradient that comes in."""
        group, kept = self.settings[index], self.remembered(index, data)
        beta1, beta2 = group["betas"]
        kept["exp_avg"] *= beta1
        kept["exp_avg"] += (1 - beta1) * grad
        kept["exp_avg_sq"] *= beta2
        kept["exp_avg_sq"] += (1 - beta2) * grad * grad
        second = kept["exp_avg_sq"]
        if group["amsgrad"]:
            second = kept["max_exp_avg_sq"] = larger(kept["max_exp_avg_sq"], second)
        mean = kept["exp_avg"] / (1 - beta1 ** kept["step"])
        return mean / ((second / (1 - beta2 ** kept["step"])) ** 0.5 + group["eps"])


class AdamW(Adam):
    """Adam whose weights decay beside the gradient: p ← (1 − lr·λ)·p − lr · m̂/(√v̂ + eps), λ being ``weight_decay``.

    So the decay is not divided by the size of the gradients. (Loshchilov and Hutter, Decoupled weight decay
    regularization, 2019.)

    >>> w = Value(1.0)
    >>> optimizer = AdamW([w], lr=0.25, weight_decay=0.5)
    >>> (w**2).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.625

    Raises as `Adam`.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | Value] | Iterable[Mapping[str, Any]],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, index: int, data: Any, grad: Any) -> Any:
        group = self.settings[index]
        kept_part = 1 - group["lr"] * group["weight_decay"]
        if group["maximize"]:
            grad = -grad
        return kept_part * data - group["lr"] * self._direction(index, data, grad)


def larger(x: Any, y: Any) -> Any:
    """The larger of two, number by number: a float of floats, an array of arrays."""
    return max(x, y) if isinstance(x, float) else np.asarray(np.maximum(x, y))
