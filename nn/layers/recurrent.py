"""Recurrent cells: one step in time, from an input and the state before to the state after."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, Tensor, matmul, relu, short_repr, sigmoid, tanh
from nn.declared import Parameter
from nn.init import Init, uniform
from nn.inputs import as_operand, expect_material, flag, float_dtype, generator, positive_int
from nn.layers.features import expect_features, named
from nn.layers.weights import biased, initial
from nn.module import Module


class Cell(Module):
    """What cells share: weights for the input and for the state, a block of columns for each gate."""

    #: How many blocks there are.
    gates = 1
    transposed = frozenset({"weight_ih", "weight_hh"})

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        rng: int | np.random.Generator | None = None,
        init: Init | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        owner = type(self).__name__
        self.input_size = positive_int(input_size, f"{owner}: input_size")
        self.hidden_size = positive_int(hidden_size, f"{owner}: hidden_size")
        has_bias, kind = flag(bias, f"{owner}: bias"), float_dtype(dtype, f"{owner}: dtype")
        draw = partial(uniform, limit=self.hidden_size**-0.5) if init is None else init
        drawn_from = generator(rng, f"{owner}: rng")
        columns = self.gates * self.hidden_size
        self.weight_ih = initial((self.input_size, columns), draw, drawn_from, kind, owner)
        self.weight_hh = initial((self.hidden_size, columns), draw, drawn_from, kind, owner)
        self.bias_ih = Parameter(np.zeros(columns, kind) if has_bias else None)
        self.bias_hh = Parameter(np.zeros(columns, kind) if has_bias else None)

    def _sums(self, x: Any, h: Any) -> tuple[Any, Any]:
        """The weighted sums of the input, and of the state; an absent state is zero.

        Raises `ShapeError` for an input or a state that does not fit.
        """
        x = as_operand(x, type(self).__name__)
        expect_features(x, self.input_size, self, self.weight_ih)
        h = self._state(h, x)
        of_x, of_h = matmul(x, self.weight_ih), matmul(h, self.weight_hh)
        return biased(of_x, self.bias_ih), biased(of_h, self.bias_hh)

    def _state(self, h: Any, x: Any) -> Any:
        """A state that fits the input, zeros for None."""
        shape = (*x.shape[:-1], self.hidden_size)
        if h is None:
            return np.zeros(shape, self.weight_hh.dtype if isinstance(self.weight_hh, Tensor) else np.float64)
        h = as_operand(h, type(self).__name__)
        expect_material(h, self.weight_hh, lambda: named(self))
        if h.shape != shape:
            raise ShapeError(
                f"{type(self).__name__}: expected a state of shape {shape} beside an input of shape {x.shape}, got "
                f"{h.shape}: give what the step before gave, or None"
            )
        return h

    def _gate(self, sums: Any, k: int) -> Any:
        """The columns of gate k."""
        return sums[..., k * self.hidden_size : (k + 1) * self.hidden_size]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + (", bias=False" if self.bias_ih is None else "")


class RNNCell(Cell):
    """h' = tanh(x @ weight_ih + bias_ih + h @ weight_hh + bias_hh), or relu of it by ``nonlinearity``.

    x of shape (..., input_size) and h of (..., hidden_size), zeros if it is None, give h' of (..., hidden_size). The
    weights are (input_size, hidden_size) and (hidden_size, hidden_size), drawn from ±1/√hidden_size; biases are zero.

    >>> cell = RNNCell(3, 5, rng=0)
    >>> cell
    RNNCell(3, 5) · 50 parameters
    >>> h = None
    >>> for x in np.zeros((4, 2, 3)):
    ...     h = cell(x, h)
    >>> h.shape
    (2, 5)

    A state that is kept from batch to batch is to be kept as numbers: as the node that it is, the way back would go on
    through all batches before, whose weights are others by now, and `fit` refuses it. So the way back is truncated
    (Williams and Peng, 1990): here through the rows of one batch, each of which is a moment of three series.

    >>> import autograd
    >>> from nn import Buffer, Linear, fit, mse
    >>> class Reader(Module):
    ...     def __init__(self):
    ...         self.cell, self.out = RNNCell(1, 4, rng=0), Linear(4, 1, rng=1)
    ...         self.h = Buffer(np.zeros((3, 4)))
    ...     def forward(self, x):
    ...         h, outputs = self.h, []
    ...         for row in x:
    ...             h = self.cell(row, h)
    ...             outputs.append(self.out(h))
    ...         self.h = h.data  # its numbers alone
    ...         return autograd.stack(outputs)
    >>> waves = np.sin(np.arange(61)[:, None, None] / 3 + np.arange(3)[:, None])
    >>> history = fit(Reader(), mse, (waves[:-1], waves[1:]), batch_size=10, shuffle=False, epochs=20)
    >>> history["loss"][-1] < 0.5 * history["loss"][0]
    True

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` for an input
    or a state that does not fit.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        rng: int | np.random.Generator | None = None,
        init: Init | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        if not isinstance(nonlinearity, str) or nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNNCell: nonlinearity: expected 'tanh' or 'relu', got {short_repr(nonlinearity)}")
        super().__init__(input_size, hidden_size, bias=bias, rng=rng, init=init, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, h: Any = None) -> Any:
        of_x, of_h = self._sums(x, h)
        return (tanh if self.nonlinearity == "tanh" else relu)(of_x + of_h)


class GRUCell(Cell):
    """h' = (1 − z)·n + z·h with the gates r, z = σ(…) and n = tanh(x @ W_n + b_n + r·(h @ U_n + c_n)).

    Shapes are those of `RNNCell`; the blocks of columns are r, z, n, as PyTorch has them. Cho and others, 2014.

    >>> cell = GRUCell(3, 5, rng=0)
    >>> cell(np.zeros((2, 3))).shape
    (2, 5)

    A state that is kept from batch to batch is kept as numbers, ``h.data``, as in the example of `RNNCell`.

    Raises as `RNNCell`.
    """

    gates = 3

    def forward(self, x: Any, h: Any = None) -> Any:
        of_x, of_h = self._sums(x, h)
        r, z = (sigmoid(self._gate(of_x, k) + self._gate(of_h, k)) for k in (0, 1))
        n = tanh(self._gate(of_x, 2) + r * self._gate(of_h, 2))
        return n + z * (self._state(h, as_operand(x, "GRUCell")) - n)


class LSTMCell(Cell):
    """c' = f·c + i·g and h' = o·tanh(c') with the gates i, f, o = σ(…) and g = tanh(…).

    Takes x and a pair (h, c), zeros if it is None, and gives the pair (h', c'), of the shapes of `RNNCell`; the blocks
    of columns are i, f, g, o, as PyTorch has them. Hochreiter and Schmidhuber, 1997; Gers and others, 2000.

    >>> cell = LSTMCell(3, 5, rng=0)
    >>> h, c = cell(np.zeros((2, 3)))
    >>> h, c = cell(np.ones((2, 3)), (h, c))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))

    A pair that is kept from batch to batch is kept as numbers, ``h.data`` and ``c.data``, as in the example of
    `RNNCell`.

    Raises as `RNNCell`.
    """

    gates = 4

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        if state is not None and (not isinstance(state, tuple | list) or len(state) != 2):
            raise ShapeError(
                "LSTMCell: expected a pair of states (h, c), or None for zeros: give what the step before gave"
            )
        h, c = (None, None) if state is None else state
        of_x, of_h = self._sums(x, h)
        i, f, g, o = (self._gate(of_x, k) + self._gate(of_h, k) for k in range(4))
        c = sigmoid(f) * self._state(c, as_operand(x, "LSTMCell")) + sigmoid(i) * tanh(g)
        return sigmoid(o) * tanh(c), c
