"""Layers that give what passes them mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import ShapeError, mean, reshape, sqrt, square, var
from nn.declared import Buffer, Parameter, plain
from nn.inputs import (
    as_operand,
    expect_material,
    flag,
    float_dtype,
    kind_of,
    number_between,
    positive_int,
    sizes,
)
from nn.layers.weights import biased, expect_room
from nn.module import Module
from nn.values import as_array


class Normalized(Module):
    """Base of layers that normalise, and then scale by a weight and move by a bias, if they have these."""

    weight: Any
    bias: Any

    def _scaled(self, y: Any, shape: tuple[int, ...]) -> Any:
        """Times the weight and with the bias, which are given this shape to stand beside y."""
        if self.weight is not None:
            y = y * as_array(self.weight).reshape(shape)
        return biased(y, None if self.bias is None else self.bias.reshape(shape))

    def _expect_material(self, x: Any) -> None:
        if self.weight is not None:
            expect_material(x, self.weight, self._place)

    def _place(self) -> str:
        """The layer, for messages."""
        return f"{type(self).__name__}({self.extra_repr()})"


class BatchNorm(Normalized):
    """Base of layers that normalise each channel over a batch."""

    #: How many axes x may have, and its shape as messages name it.
    ndims: tuple[int, ...]
    names: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike = np.float64,
    ) -> None:
        owner = type(self).__name__
        self.num_features = positive_int(num_features, f"{owner}: num_features")
        expect_room((self.num_features,), owner)
        self.eps = number_between(eps, f"{owner}: eps", 1e-5, 0.0)
        self.momentum = None if momentum is None else number_between(momentum, f"{owner}: momentum", 0.1, 0.0, 1.0)
        self.affine = flag(affine, f"{owner}: affine")
        self.track_running_stats = flag(track_running_stats, f"{owner}: track_running_stats")
        kind = float_dtype(dtype, f"{owner}: dtype")
        self.weight = Parameter(np.ones(self.num_features, kind) if self.affine else None)
        self.bias = Parameter(np.zeros(self.num_features, kind) if self.affine else None)
        if self.track_running_stats:
            self.running_mean = Buffer(np.zeros(self.num_features, kind))
            self.running_var = Buffer(np.ones(self.num_features, kind))
            self.num_batches_tracked = Buffer(0)

    def _normalized(self, x: Any) -> Any:
        x = as_operand(x, type(self).__name__)
        if len(x.shape) not in self.ndims or x.shape[1] != self.num_features:
            raise ShapeError(self._misfit(x.shape))
        self._expect_material(x)
        axes = (0, *range(2, len(x.shape)))
        beside = (1, self.num_features, *[1] * (len(x.shape) - 2))
        if self.training or not self.track_running_stats:
            count = x.size // self.num_features
            if count < (2 if self.training else 1):
                raise ShapeError(
                    f"{self._place()}: expected several numbers for each channel, whose mean and variance are taken, "
                    f"got x of shape {x.shape}: give a batch of two or more, or call model.eval()"
                )
            middle, spread = mean(x, axis=axes, keepdims=True), var(x, axis=axes, keepdims=True)
            if self.training and self.track_running_stats:
                self._track(middle, spread, count)
        else:
            kind = None if kind_of(x) == "O" else x.dtype
            middle = self.running_mean.astype(kind).reshape(beside)
            spread = self.running_var.astype(kind).reshape(beside)
        return self._scaled((x - middle) / sqrt(spread + self.eps), beside)

    def _track(self, middle: Any, spread: Any, count: int) -> None:
        """Move the buffers towards the mean and the variance of a batch, by ``momentum`` of the way.

        If that is None, they are the averages over all batches so far. The variance is that of n − 1.
        """
        self.num_batches_tracked = self.num_batches_tracked + 1
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        seen_mean = plain(middle, "mean").reshape(-1)
        seen_var = plain(spread, "var").reshape(-1) * (count / (count - 1))
        kind = self.running_mean.dtype
        self.running_mean = ((1 - share) * self.running_mean + share * seen_mean).astype(kind)
        self.running_var = ((1 - share) * self.running_var + share * seen_var).astype(kind)

    def extra_repr(self) -> str:
        said = [str(self.num_features)]
        said += [] if self.eps == 1e-5 else [f"eps={self.eps}"]
        said += [] if self.momentum == 0.1 else [f"momentum={self.momentum}"]
        said += [f"{name}=False" for name in ("affine", "track_running_stats") if not getattr(self, name)]
        return ", ".join(said)

    def _misfit(self, shape: tuple[int, ...]) -> str:
        many = self.num_features
        if len(shape) == max(self.ndims) - 1 and shape[0] == many:
            cure = "give it the axis of a batch, with x[None]"
        elif shape and shape[-1] == many:
            cure = "channels stand on axis 1 here: use np.moveaxis(x, -1, 1)"
        elif len(shape) in self.ndims:
            cure = f"make the layer {type(self).__name__}({shape[1]})"
        else:
            cure = "give it the axes that are missing, with x.reshape"
        return f"{self._place()}: expected x of shape {self.names.format(many)}, got {shape}: {cure}"


class BatchNorm1d(BatchNorm):
    """(x − mean) / √(var + eps) · weight + bias, each channel with its own mean and variance. Ioffe and Szegedy, 2015.

    x of shape (batch, num_features) or (batch, num_features, length) keeps its shape. In training, mean and variance
    are those of the batch, and gradients flow through both. In eval mode they are ``running_mean`` and
    ``running_var``, buffers that every call in training moves ``momentum`` of the way towards those of its batch (the
    variance as that of n − 1); of None, they are the averages over all ``num_batches_tracked``. With
    ``track_running_stats=False`` there are no such buffers, and it is the batch in both modes. ``weight`` begins at
    one, ``bias`` at zero, Tensors of ``dtype`` and of shape (num_features,), or object arrays of Values after
    `to_scalars`; with ``affine=False`` there are none. Inside `autograd.checkpoint`, which runs it again for the way
    back, a call moves the buffers each time that it is run, as in PyTorch.

    >>> layer = BatchNorm1d(2)
    >>> layer([[1.0, 0.0], [3.0, 4.0]]).numpy().round(3)
    array([[-1., -1.],
           [ 1.,  1.]])
    >>> layer.running_mean, layer.running_var
    (array([0.2, 0.2]), array([1.1, 1.7]))

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, or has one number a channel in training; `DTypeError` if x is a Tensor and the parameters are Values, or vice
    versa.
    """

    ndims = (2, 3)
    names = "(batch, {0}) or (batch, {0}, length)"

    def forward(self, x: Any) -> Any:
        return self._normalized(x)


class BatchNorm2d(BatchNorm):
    """The same as `BatchNorm1d` of images: each channel has one mean and variance, over the batch and all places.

    x of shape (batch, num_features, height, width) keeps its shape.

    >>> BatchNorm2d(3)(np.arange(24.0).reshape(2, 3, 2, 2)).shape
    (2, 3, 2, 2)

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, or has one number a channel in training; `DTypeError` if x is a Tensor and the parameters are Values, or vice
    versa.
    """

    ndims = (4,)
    names = "(batch, {0}, height, width)"

    def forward(self, x: Any) -> Any:
        return self._normalized(x)


class LayerNorm(Normalized):
    """(x − mean) / √(var + eps) · weight + bias, over the last axes of each sample alone. Ba, Kiros and Hinton, 2016.

    ``normalized_shape`` is the shape of these axes, an int if it is one: x whose shape ends so keeps its shape. The
    variance is that of n. ``weight`` begins at one, ``bias`` at zero, Tensors of ``dtype`` and of that shape, or object
    arrays of Values after `to_scalars`; with ``elementwise_affine=False`` there is neither, with ``bias=False`` no
    bias. It is the same in training and in eval mode.

    >>> LayerNorm(2)([[1.0, 3.0], [0.0, 100.0]]).numpy().round(3)
    array([[-1.,  1.],
           [-1.,  1.]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.normalized_shape = lengths(normalized_shape, "LayerNorm")
        self.eps = number_between(eps, "LayerNorm: eps", 1e-5, 0.0)
        self.elementwise_affine = flag(elementwise_affine, "LayerNorm: elementwise_affine")
        has_bias, kind = flag(bias, "LayerNorm: bias"), float_dtype(dtype, "LayerNorm: dtype")
        self.weight = Parameter(np.ones(self.normalized_shape, kind) if self.elementwise_affine else None)
        self.bias = Parameter(np.zeros(self.normalized_shape, kind) if self.elementwise_affine and has_bias else None)

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "LayerNorm")
        axes = last_axes(x, self.normalized_shape, self._place)
        self._expect_material(x)
        centred = x - mean(x, axis=axes, keepdims=True)
        return self._scaled(centred / sqrt(var(x, axis=axes, keepdims=True) + self.eps), self.normalized_shape)

    def extra_repr(self) -> str:
        said = [shape_repr(self.normalized_shape)]
        said += [] if self.eps == 1e-5 else [f"eps={self.eps}"]
        if not self.elementwise_affine:
            said.append("elementwise_affine=False")
        elif self.bias is None:
            said.append("bias=False")
        return ", ".join(said)


class GroupNorm(Normalized):
    """(x − mean) / √(var + eps) · weight + bias, over each group of channels of each sample alone. Wu and He, 2018.

    x of shape (batch, num_channels, ...) keeps its shape; ``num_groups`` divides ``num_channels``. With one group it is
    over all of a sample, with as many as channels over each channel. ``weight`` begins at one, ``bias`` at zero,
    Tensors of ``dtype`` and of shape (num_channels,), or object arrays of Values after `to_scalars`; with
    ``affine=False`` there are none. It is the same in training and in eval mode.

    >>> GroupNorm(2, 4)([[1.0, 3.0, 0.0, 100.0]]).numpy().round(3)
    array([[-1.,  1., -1.,  1.]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.num_groups = positive_int(num_groups, "GroupNorm: num_groups")
        self.num_channels = positive_int(num_channels, "GroupNorm: num_channels")
        if self.num_channels % self.num_groups:
            raise ValueError(
                f"GroupNorm: num_groups: expected a divisor of num_channels={self.num_channels}, got {self.num_groups}"
            )
        expect_room((self.num_channels,), "GroupNorm")
        self.eps = number_between(eps, "GroupNorm: eps", 1e-5, 0.0)
        self.affine, kind = flag(affine, "GroupNorm: affine"), float_dtype(dtype, "GroupNorm: dtype")
        self.weight = Parameter(np.ones(self.num_channels, kind) if self.affine else None)
        self.bias = Parameter(np.zeros(self.num_channels, kind) if self.affine else None)

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "GroupNorm")
        shape = x.shape
        if len(shape) < 2 or shape[1] != self.num_channels:
            raise ShapeError(
                f"{self._place()}: expected x of shape (batch, {self.num_channels}, ...), got {shape}: give it its "
                "channels on axis 1, or make the layer for those that it has"
            )
        self._expect_material(x)
        groups = reshape(x, (shape[0], self.num_groups, prod(shape[1:]) // self.num_groups))
        centred = groups - mean(groups, axis=-1, keepdims=True)
        y = centred / sqrt(var(groups, axis=-1, keepdims=True) + self.eps)
        return self._scaled(reshape(y, shape), (self.num_channels, *[1] * (len(shape) - 2)))

    def extra_repr(self) -> str:
        said = f"{self.num_groups}, {self.num_channels}" + ("" if self.eps == 1e-5 else f", eps={self.eps}")
        return said + ("" if self.affine else ", affine=False")


class RMSNorm(Normalized):
    """x / √(mean of x² + eps) · weight, over the last axes of each sample alone: nothing is taken away from x.

    ``normalized_shape`` is the shape of these axes, an int if it is one: x whose shape ends so keeps its shape.
    ``eps`` of None is the distance from 1 to the next number of x's dtype. ``weight`` begins at one, a Tensor of
    ``dtype`` and of that shape, or an object array of Values after `to_scalars`; with ``elementwise_affine=False``
    there is none. Zhang and Sennrich, 2019.

    >>> RMSNorm(2)([[3.0, 4.0]]).numpy().round(4)
    array([[0.8485, 1.1314]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit, `DTypeError` if x is a Tensor and the parameters are Values, or vice versa.
    """

    bias = None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.normalized_shape = lengths(normalized_shape, "RMSNorm")
        self.eps = None if eps is None else number_between(eps, "RMSNorm: eps", 1e-5, 0.0)
        self.elementwise_affine = flag(elementwise_affine, "RMSNorm: elementwise_affine")
        kind = float_dtype(dtype, "RMSNorm: dtype")
        self.weight = Parameter(np.ones(self.normalized_shape, kind) if self.elementwise_affine else None)

    def forward(self, x: Any) -> Any:
        x = as_operand(x, "RMSNorm")
        axes = last_axes(x, self.normalized_shape, self._place)
        self._expect_material(x)
        eps = self.eps
        if eps is None:
            eps = float(np.finfo(np.float64 if kind_of(x) == "O" else x.dtype).eps)
        return self._scaled(x / sqrt(mean(square(x), axis=axes, keepdims=True) + eps), self.normalized_shape)

    def extra_repr(self) -> str:
        said = [shape_repr(self.normalized_shape)]
        said += [] if self.eps is None else [f"eps={self.eps}"]
        return ", ".join(said + ([] if self.elementwise_affine else ["elementwise_affine=False"]))


def lengths(shape: Any, owner: str) -> tuple[int, ...]:
    """The lengths of the axes that are normalised, of which there is one at least."""
    count = len(shape) if isinstance(shape, list | tuple) and shape else 1
    found = sizes(shape, f"{owner}: normalized_shape", count)
    expect_room(found, owner)
    return found


def last_axes(x: Any, shape: tuple[int, ...], place: Callable[[], str]) -> tuple[int, ...]:
    """The axes that are normalised, counted from the end.

    Raises `ShapeError` where x has others.
    """
    if x.shape[-len(shape) :] != shape:
        written = ", ".join(map(str, shape))
        raise ShapeError(
            f"{place()}: expected x of shape (..., {written}), got {x.shape}: give it these axes at its end, or make "
            "the layer for those that it has"
        )
    return tuple(range(-len(shape), 0))


def shape_repr(shape: tuple[int, ...]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(shape)
