"""Activations that let through what is positive, and hold back what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import ShapeError
from nn.declared import Parameter
from nn.inputs import as_operand, expect_material, finite_number, float_dtype, positive_int, positive_number
from nn.module import Module


class ReLU(Module):
    """max(0, x); its slope at 0 is 0.

    >>> ReLU()([-2.0, 3.0])
    array([0., 3.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.relu(as_operand(x, "ReLU"))


class ReLU6(Module):
    """min(max(0, x), 6); its slope at 0 and at 6 is 0.

    >>> ReLU6()([-2.0, 3.0, 9.0])
    array([0., 3., 6.])
    """

    def forward(self, x: Any) -> Any:
        return autograd.relu6(as_operand(x, "ReLU6"))


class LeakyReLU(Module):
    """x where it is positive, else alpha · x; its slope at 0 is alpha.

    >>> LeakyReLU(0.1)([-2.0, 3.0])
    array([-0.2,  3. ])

    Raises `TypeError` if alpha is no number, or one that no float holds, `ValueError` if it is not finite.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = finite_number(alpha, "LeakyReLU: alpha", 0.01)

    def forward(self, x: Any) -> Any:
        return autograd.leaky_relu(as_operand(x, "LeakyReLU"), self.alpha)

    def extra_repr(self) -> str:
        return str(self.alpha)


class PReLU(Module):
    """x where it is positive, else weight · x, where the weight is learned. He and others, 2015.

    ``num_parameters`` is 1, for all of x, or the number of channels, those of axis 1, with a weight for each. All
    begin at ``init``, in a Tensor of ``dtype``; after `to_scalars`, in an object array of Values.

    >>> PReLU(2)([[-2.0, -2.0], [3.0, 3.0]]).numpy()
    array([[-0.5, -0.5],
           [ 3. ,  3. ]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` where x has
    another number of channels, `DTypeError` if x is a Tensor and the weight is of Values, or vice versa.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float64) -> None:
        self.num_parameters = positive_int(num_parameters, "PReLU: num_parameters")
        self.init = finite_number(init, "PReLU: init", 0.25)
        self.weight = Parameter(np.full(self.num_parameters, self.init, float_dtype(dtype, "PReLU: dtype")))

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "PReLU")
        count = self.num_parameters
        if count > 1 and (len(x.shape) < 2 or x.shape[1] != count):
            raise ShapeError(
                f"{self._place()}: expected x of shape (batch, {count}, …), with a channel on axis 1 for each weight, "
                f"got {x.shape}: make it PReLU() for one weight for all, or give num_parameters the length of axis 1"
            )
        expect_material(x, self.weight, self._place)
        return autograd.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"{self.num_parameters}, init={self.init}"

    def _place(self) -> str:
        return f"PReLU({self.extra_repr()})"


class ELU(Module):
    """x where it is positive, else alpha · (e^x − 1), above −alpha. Clevert and others, 2016.

    >>> ELU()([-1e4, 3.0])
    array([-1.,  3.])

    Raises `TypeError` if alpha is no number, `ValueError` if it is not finite.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = finite_number(alpha, "ELU: alpha", 1.0)

    def forward(self, x: Any) -> Any:
        return autograd.elu(as_operand(x, "ELU"), self.alpha)

    def extra_repr(self) -> str:
        return str(self.alpha)


class SELU(Module):
    """An ELU of the scale and alpha for which mean 0 and variance 1 of what comes in stay so.

    Klambauer and others, 2017.

    >>> SELU()([-1e4, 1.0]).round(4)
    array([-1.7581,  1.0507])
    """

    def forward(self, x: Any) -> Any:
        return autograd.selu(as_operand(x, "SELU"))


class Softplus(Module):
    """log(1 + e^(beta · x)) / beta: a ReLU without a corner, the nearer to it the larger ``beta``; exact at ±1e4.

    >>> Softplus()([-1.0, 1.0]).round(4), Softplus()(1e4)
    (array([0.3133, 1.3133]), np.float64(10000.0))

    Raises `TypeError` if beta is no number, `ValueError` if it is not finite, or not positive.
    """

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = positive_number(beta, "Softplus: beta", 1.0)

    def forward(self, x: Any) -> Any:
        return autograd.softplus(as_operand(x, "Softplus"), self.beta)

    def extra_repr(self) -> str:
        return str(self.beta)
