"""Activations that multiply x by a gate between 0 and 1, which x opens itself."""

from __future__ import annotations

from typing import Any

import autograd
from nn.inputs import as_operand, one_of
from nn.module import Module


class SiLU(Module):
    """x · σ(x), also called swish. Elfwing and others, 2018.

    >>> SiLU()([-1.0, 1.0]).round(4)
    array([-0.2689,  0.7311])
    """

    def forward(self, x: Any) -> Any:
        return autograd.silu(as_operand(x, "SiLU"))


class GELU(Module):
    """x · Φ(x), with Φ the part of a normal distribution below x. Hendrycks and Gimpel, 2016.

    With ``approximate="tanh"`` it is ½x · (1 + tanh(√(2/π) · (x + 0.044715x³))), as in GPT-2.

    >>> GELU()([-1.0, 1.0]).round(4), GELU("tanh")([-1.0, 1.0]).round(4)
    (array([-0.1587,  0.8413]), array([-0.1588,  0.8412]))

    Raises `TypeError` or `ValueError` for another approximation.
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = one_of(approximate, "GELU: approximate", ("none", "tanh"))

    def forward(self, x: Any) -> Any:
        return autograd.gelu(as_operand(x, "GELU"), self.approximate)

    def extra_repr(self) -> str:
        return "" if self.approximate == "none" else repr(self.approximate)


class Mish(Module):
    """x · tanh(log(1 + e^x)). Misra, 2019.

    >>> Mish()([-1.0, 1.0]).round(4)
    array([-0.3034,  0.8651])
    """

    def forward(self, x: Any) -> Any:
        return autograd.mish(as_operand(x, "Mish"))


class Hardswish(Module):
    """x · min(max(x + 3, 0), 6) / 6: a SiLU with a gate of three lines. Howard and others, 2019.

    >>> Hardswish()([-4.0, 1.0, 4.0]).round(4)
    array([-0.    ,  0.6667,  4.    ])
    """

    def forward(self, x: Any) -> Any:
        return autograd.hardswish(as_operand(x, "Hardswish"))
