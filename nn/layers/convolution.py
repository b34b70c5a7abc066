"""Convolutions: kernels of weights that slide along the last axes of an input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, conv1d, conv2d
from nn.declared import Parameter
from nn.init import Init, kaiming_uniform
from nn.inputs import (
    as_operand,
    expect_material,
    flag,
    float_dtype,
    generator,
    one_of,
    positive_int,
    sizes,
    text_or_none,
)
from nn.layers.sliding import Sizes, Sliding
from nn.layers.weights import Weighted, expect_room, initial


class Convolution(Weighted, Sliding):
    """Base of convolutions along one axis or more."""

    #: The lengths that it slides along, as messages name them.
    names: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        strict: bool = False,
        rng: int | np.random.Generator | None = None,
        init: Init = kaiming_uniform,
        dtype: DTypeLike = np.float64,
        label: str | None = None,
    ) -> None:
        owner = type(self).__name__
        self.in_channels = positive_int(in_channels, f"{owner}: in_channels")
        self.out_channels = positive_int(out_channels, f"{owner}: out_channels")
        self._set_sliding(kernel_size, stride, dilation, strict)
        self.padding = self._checked_padding(padding)
        self.groups = positive_int(groups, f"{owner}: groups")
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"{owner}: groups: expected a divisor of in_channels={self.in_channels} and "
                f"out_channels={self.out_channels}, got {self.groups}"
            )
        shape = self.out_channels, self.in_channels // self.groups, *self.kernel_size
        expect_room(shape, owner)
        self.label = text_or_none(label, f"{owner}: label")
        has_bias, kind = flag(bias, f"{owner}: bias"), float_dtype(dtype, f"{owner}: dtype")
        self.weight = initial(shape, init, generator(rng, f"{owner}: rng"), kind, owner)
        self.bias = Parameter(np.zeros(self.out_channels, kind) if has_bias else None)
        self.name_parameters(self.label or "")

    def _checked_padding(self, padding: Any) -> Any:
        name = f"{type(self).__name__}: padding"
        if not isinstance(padding, str):
            return sizes(padding, name, self.along, least=0)
        word = one_of(padding, name, ("valid", "same"))
        if word == "same" and set(self.stride) != {1}:
            raise ValueError(f"{name}: 'same' is for a stride of 1, got {self.stride}: give the padding as a number")
        return word

    def _convolved(self, convolve: Callable[..., Any], x: Any) -> Any:
        x = as_operand(x, type(self).__name__)
        n = self.along
        if len(x.shape) <= n or x.shape[-n - 1] != self.in_channels:
            raise ShapeError(self._misfit(x.shape))
        self._expect_fit(x.shape[-n:], x.shape)
        expect_material(x, self.weight, self._place)
        return convolve(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        said = f"{self.in_channels}, {self.out_channels}, {self._sliding_repr()}"
        said += "" if self.groups == 1 else f", groups={self.groups}"
        return said + ("" if self.bias is not None else ", bias=False") + (", strict=True" if self.strict else "")

    def _place(self) -> str:
        return Weighted._place(self)

    def _misfit(self, shape: tuple[int, ...]) -> str:
        n, many = self.along, self.in_channels
        if many == 1 and len(shape) in (n, n + 1):
            front = "None" if len(shape) == n else ":, None"
            cure = f"give it an axis of one channel with x[{front}]"
        elif len(shape) > n and shape[-1] == many:
            cure = f"channels stand before the lengths here: use np.moveaxis(x, -1, {-n - 1})"
        elif len(shape) > n:
            cure = f"make the layer {type(self).__name__}({shape[-n - 1]}, {self.out_channels}, …)"
        else:
            cure = "give it the axes that are missing, with x.reshape"
        return (
            f"{self._place()}: expected x of shape ({many}, {self.names}) or (batch, {many}, {self.names}), "
            f"got {shape}: {cure}"
        )


class Conv1d(Convolution):
    """Kernels that slide along the last axis: y[o, i] = bias[o] + Σ weight[o, c, k] · x[c, i·stride + k·dilation].

    x of shape (..., in_channels, length) gives (..., out_channels, places), with as many places as `output_size` says;
    x has zeros around it, ``padding`` on each side, ``"same"`` as many as keep its length. ``groups`` of channels go
    each to their own part of the output. ``weight`` has PyTorch's shape, (out_channels, in_channels / groups,
    kernel_size), and is drawn by ``init`` from ``rng``, a seed or a `numpy.random.Generator`; ``bias`` has the shape
    (out_channels,) and starts at zero. Both are Tensors of ``dtype``; after `to_scalars`, object arrays of Values.

    Where ``stride`` does not divide what the kernel leaves of the padded length, the last elements are not seen:
    ``strict`` refuses such an input, `left_over` says how many they are.

    >>> layer = Conv1d(2, 4, kernel_size=3, padding="same", rng=0)
    >>> layer
    Conv1d(2, 4, kernel_size=3, padding='same') · 28 parameters
    >>> layer(np.zeros((10, 2, 7))).shape
    (10, 4, 7)

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    along = 1
    names = "length"

    def forward(self, x: Any) -> Any:
        return self._convolved(conv1d, x)


class Conv2d(Convolution):
    """Kernels that slide along the last two axes, as those of `Conv1d` along one. LeCun and others, 1989.

    x of shape (..., in_channels, height, width) gives (..., out_channels, rows, columns), with as many of these as
    `output_size` says: ⌊(H − F + 2P) / S⌋ + 1 for a height H, a kernel of F, a padding P and a stride S. Each of these
    settings is an int, or one for the height and one for the width. ``weight`` has the shape (out_channels, in_channels
    / groups, kernel height, kernel width).

    Where ``stride`` does not divide H − F + 2P, the last rows are not seen: ``strict`` refuses such an input,
    `left_over` says how many they are.

    >>> layer = Conv2d(1, 8, kernel_size=3, stride=2, padding=1, rng=0)
    >>> layer
    Conv2d(1, 8, kernel_size=3, stride=2, padding=1) · 80 parameters
    >>> layer(np.zeros((10, 1, 8, 8))).shape, layer.left_over(8, 8)
    ((10, 8, 4, 4), (1, 1))

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    along = 2
    names = "height, width"

    def forward(self, x: Any) -> Any:
        return self._convolved(conv2d, x)
