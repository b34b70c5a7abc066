"""Convolutions, of any number of axes: a kernel slides along the last axes of its input, and sums over the channels.

What slides and how is PyTorch's. A transposed convolution spreads each element of its input by the kernel: it is the
gradient of a convolution by its input, as a convolution is that of a transposed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import ShapeError
from autograd.failure import is_int
from autograd.op import Op, primitive
from autograd.ops.arithmetic import add
from autograd.ops.compare import where
from autograd.ops.indexing import getitem, put
from autograd.ops.linalg import matmul, swap
from autograd.ops.shaping import reshape, sum_dtype, transpose
from autograd.ops.windows import overlap_add, reach, windows

Shape = tuple[int, ...]

#: An int, or one for each axis that is slid along.
Lengths = int | Sequence[int]


class Sliding(NamedTuple):
    """How a kernel slides along the last axes: in numbers, one for each of them."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape  #: how many zeros are put before the first element
    after: Shape  #: and behind the last
    groups: int

    def padded(self, lengths: Shape) -> Shape:
        return tuple(low + n + high for low, n, high in zip(self.before, lengths, self.after, strict=True))

    def results(self, lengths: Shape) -> Shape:
        """How many places the kernel takes along axes of these lengths.

        Raises `ValueError` where it takes none.
        """
        found = []
        for n, size, stride, dilation in zip(
            self.padded(lengths), self.kernel, self.stride, self.dilation, strict=True
        ):
            if n < reach(size, dilation):
                raise ValueError(
                    f"the kernel spans {reach(size, dilation)} places, of an axis of {n} with its padding: "
                    "give it padding, or a smaller kernel"
                )
            found.append((n - reach(size, dilation)) // stride + 1)
        return tuple(found)

    def spread(self, lengths: Shape, more: Shape) -> Shape:
        """How long the axes are that kernels in so many places reach, and ``more``, without their padding."""
        found = []
        for n, size, stride, dilation, low, high, extra in zip(
            lengths, self.kernel, self.stride, self.dilation, self.before, self.after, more, strict=True
        ):
            length = (n - 1) * stride + reach(size, dilation) + extra - low - high
            if length < 1:
                raise ValueError(f"the padding leaves nothing of an axis: {length} places")
            found.append(length)
        return tuple(found)


def for_each(what: str, value: Any, n: int, least: int) -> Shape:
    """A setting as one number for each of n axes.

    >>> for_each("stride", 2, 2, 1), for_each("stride", (2, 1), 2, 1)
    ((2, 2), (2, 1))
    """
    if value.__class__ is int and value >= least:
        return (value,) * n  # the commonest
    if value.__class__ is tuple and len(value) == n and all(x.__class__ is int and x >= least for x in value):
        return value
    numbers = (value,) * n if is_int(value) else tuple(value) if isinstance(value, tuple | list) else ()
    if len(numbers) != n or not all(is_int(x) and x >= least for x in numbers):
        many = f"or {n} of them" if n > 1 else "or one in a tuple"
        raise ValueError(f"expected {what} as an int of {least} or more, {many}, got {value!r}")
    return tuple(map(int, numbers))


def margins(padding: Any, kernel: Shape, stride: Shape, dilation: Shape) -> tuple[Shape, Shape]:
    """How many zeros go before each axis, and how many behind it.

    >>> margins("same", (2,), (1,), (1,)), margins([(0, 1), (2, 0)], (3, 3), (1, 1), (1, 1))
    (((0,), (1,)), ((0, 2), (1, 0)))
    """
    n = len(kernel)
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f"expected padding as ints, 'valid' or 'same', got {padding!r}")
        if padding == "same" and max(stride) > 1:
            raise ValueError(f"padding='same' is for a stride of 1, got {stride}: give the padding as a number")
        total = [reach(size, d) - 1 if padding == "same" else 0 for size, d in zip(kernel, dilation, strict=True)]
        return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    if isinstance(padding, tuple | list) and padding and all(isinstance(x, tuple | list) for x in padding):
        sides = [for_each("the padding of an axis", pair, 2, 0) for pair in padding]
        if len(sides) != n:
            raise ValueError(f"expected the padding of {n} axes, got {padding!r}")
        return tuple(low for low, _ in sides), tuple(high for _, high in sides)
    both = for_each("padding", padding, n, 0)
    return both, both


def sliding(weight: Shape, stride: Any, padding: Any, dilation: Any, groups: Any) -> Sliding:
    """The settings of a convolution in numbers.

    >>> sliding((8, 3, 5, 5), 1, "same", (1, 2), 1).before
    (2, 4)
    """
    kernel = weight[2:]
    if not kernel or 0 in kernel:
        raise ValueError(f"expected a weight of the shape (out, in / groups, lengths of the kernel …), got {weight}")
    n = len(kernel)
    strides, dilations = for_each("stride", stride, n, 1), for_each("dilation", dilation, n, 1)
    (many,) = for_each("groups", groups, 1, 1)
    if weight[0] % many:
        raise ValueError(f"expected groups that divide the {weight[0]} channels on axis 0 of weight, got {many}")
    return Sliding(kernel, strides, dilations, *margins(padding, kernel, strides, dilations), many)


def channels(input: Shape, n: int, expected: int, why: str) -> Shape:
    """The axes before the channels of an input that has as many as expected, and n axes to slide along behind them.

    Raises `ValueError` for any other.
    """
    if len(input) < n + 1:
        raise ValueError(f"expected input to have an axis of channels and {n} behind it, got shape {input}")
    if input[-n - 1] != expected:
        raise ValueError(f"expected {expected} channels on axis {-n - 1} of input, {why}, got {input[-n - 1]}")
    return input[: -n - 1]


# Shapes.


def fitted(
    input: Shape, weight: Shape, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[Sliding, Shape]:
    """How the kernel slides along an input of this shape, and the shape of the result."""
    slide = sliding(weight, stride, padding, dilation, groups)
    n = len(slide.kernel)
    batch = channels(input, n, weight[1] * groups, "as axis 1 of weight times groups")
    return slide, (*batch, weight[0], *slide.results(input[-n:]))


def convolved(input: Shape, weight: Shape, **settings: Any) -> Shape:
    return fitted(input, weight, **settings)[1]


def fitted_transpose(
    input: Shape,
    weight: Shape,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> tuple[Sliding, Shape]:
    """The same of a transposed convolution."""
    slide = sliding(weight, stride, padding, dilation, groups)
    n = len(slide.kernel)
    batch = channels(input, n, weight[0], "as axis 0 of weight")
    more = for_each("output_padding", output_padding, n, 0)
    if any(x >= stride for x, stride in zip(more, slide.stride, strict=True)):
        raise ValueError(f"expected output_padding to be less than the stride, {slide.stride}, got {output_padding!r}")
    return slide, (*batch, weight[1] * groups, *slide.spread(input[-n:], more))


def spread(input: Shape, weight: Shape, **settings: Any) -> Shape:
    return fitted_transpose(input, weight, **settings)[1]


def leaves_out(stride: Any = 1, padding: Any = 0, dilation: Any = 1, **_: Any) -> bool:
    """Whether elements may meet nothing: of an input, between kernels, or of a kernel, in the padding."""
    is_dense = are_all(stride, 1) and are_all(dilation, 1) and (padding == "valid" or are_all(padding, 0))
    return not is_dense


def are_all(setting: Any, n: int) -> bool:
    return set(np.ravel(setting).tolist()) <= {n}


# Matrices: the elements that a kernel lies on are the columns, one for each place it takes in each of a batch. The
# batch stands last, in memory too: so a product is one for all of it, and copies are of rows that are long.


def padded(x: Any, slide: Sliding) -> Any:
    """With zeros around the last axes."""
    if not any(slide.before) and not any(slide.after):
        return x
    n = len(slide.kernel)
    shape = shape_of(x)
    return put(x, (*shape[:-n], *slide.padded(shape[-n:])), inside(shape[-n:], slide))


def inside(lengths: Shape, slide: Sliding) -> Any:
    """The index of what is no padding."""
    return (..., *(slice(low, low + n) for low, n in zip(slide.before, lengths, strict=True)))


def batch_last(x: Any, n: int) -> Any:
    """From (…, channels, lengths) to (channels, lengths, …)."""
    lead = len(shape_of(x)) - n - 1
    return transpose(x, (*range(lead, lead + n + 1), *range(lead))) if lead else x


def batch_first(x: Any, n: int) -> Any:
    """The inverse of `batch_last`."""
    ndim = len(shape_of(x))
    return transpose(x, (*range(n + 1, ndim), *range(n + 1))) if ndim > n + 1 else x


def columns(x: Any, slide: Sliding) -> Any:
    """From (…, channels, lengths) to (groups, channels of a group · kernel, places · batch)."""
    n = len(slide.kernel)
    x = batch_last(x, n)
    channels, *rest = shape_of(x)
    lengths, batch = tuple(rest[:n]), tuple(rest[n:])
    shape = (slide.groups, channels // slide.groups * prod(slide.kernel), prod((*slide.results(lengths), *batch)))
    if is_plain(x):
        whole = np.zeros((channels, *slide.padded(lengths), *batch), x.dtype)
        whole[within(lengths, slide)] = x
        return met(whole, slide).reshape(shape)
    if any(slide.before) or any(slide.after):
        x = put(x, (channels, *slide.padded(lengths), *batch), within(lengths, slide))
    for k, (size, stride, dilation) in enumerate(zip(slide.kernel, slide.stride, slide.dilation, strict=True)):
        x = windows(x, size, 1 + k, stride, dilation)
    ndim = len(shape_of(x))
    return reshape(transpose(x, (0, *range(ndim - n, ndim), *range(1, ndim - n))), shape)


def from_columns(x: Any, batch: Shape, places: Shape, lengths: Shape, slide: Sliding) -> Any:
    """The transpose of `columns`: back to (…, channels, lengths), what overlaps added up, what is padding left out."""
    groups, many, _ = shape_of(x)
    n, channels = len(slide.kernel), groups * many // prod(slide.kernel)
    x = reshape(x, (channels, *slide.kernel, *places, *batch))
    whole = slide.padded(lengths)
    if is_plain(x):
        total = np.zeros((channels, *whole, *batch), sum_dtype(x.dtype))
        targets = met(total, slide)
        for element in np.ndindex(*slide.kernel):
            target = targets[:, *element]
            target += x[:, *element]
        x = total.astype(x.dtype, copy=False)
    else:
        x = transpose(x, (0, *range(n + 1, 2 * n + 1 + len(batch)), *range(1, n + 1)))
        for k in reversed(range(n)):
            x = overlap_add(x, whole[k], 1 + k, slide.stride[k], slide.dilation[k])
    return batch_first(x if whole == lengths else getitem(x, within(lengths, slide)), n)


def within(lengths: Shape, slide: Sliding) -> Any:
    """The index of what is no padding, where the batch stands last."""
    return (slice(None), *inside(lengths, slide)[1:])


def is_plain(x: Any) -> bool:
    """Whether it is an array of numbers, of which all axes are gone along at once: that takes half as long."""
    return x.__class__ is np.ndarray and x.dtype.kind == "f"


def met(whole: Any, slide: Sliding) -> Any:
    """From (channels, padded lengths, …) to (channels, kernel, places, …): what each element of a kernel meets.

    It is a view, that may be added to: one element of the kernel after the other.
    """
    n = len(slide.kernel)
    channels, batch = whole.shape[0], whole.shape[n + 1 :]
    first, steps, last = whole.strides[0], whole.strides[1 : n + 1], whole.strides[n + 1 :]
    places = [
        (length - reach(size, dilation)) // stride + 1
        for length, size, stride, dilation in zip(
            whole.shape[1:], slide.kernel, slide.stride, slide.dilation, strict=False
        )
    ]
    inner = [step * dilation for step, dilation in zip(steps, slide.dilation, strict=True)]
    outer = [step * stride for step, stride in zip(steps, slide.stride, strict=True)]
    return np.lib.stride_tricks.as_strided(
        whole, (channels, *slide.kernel, *places, *batch), (first, *inner, *outer, *last)
    )


def matrices(weight: Any, slide: Sliding) -> Any:
    """The weight as a matrix for each group: (groups, out / groups, in / groups · kernel)."""
    first, *rest = shape_of(weight)
    return reshape(weight, (slide.groups, first // slide.groups, prod(rest)))


def rows(y: Any, slide: Sliding) -> Any:
    """From (…, channels, places) to (groups, channels of a group, places · batch)."""
    y = batch_last(y, len(slide.kernel))
    many, *rest = shape_of(y)
    return reshape(y, (slide.groups, many // slide.groups, prod(rest)))


def contraction(x: Any, weight: Any, slide: Sliding) -> Any:
    n = len(slide.kernel)
    batch, lengths = shape_of(x)[: -n - 1], shape_of(x)[-n:]
    product = matmul(matrices(weight, slide), columns(x, slide))
    return batch_first(reshape(product, (shape_of(weight)[0], *slide.results(lengths), *batch)), n)


def spreading(y: Any, weight: Any, lengths: Shape, slide: Sliding) -> Any:
    """What `contraction` sends back to its input of these lengths."""
    n = len(slide.kernel)
    product = matmul(swap(matrices(weight, slide)), rows(y, slide))
    return from_columns(product, shape_of(y)[: -n - 1], shape_of(y)[-n:], lengths, slide)


def correlation(x: Any, y: Any, shape: Shape, slide: Sliding) -> Any:
    """What `contraction` of x sends back to the weight of this shape, where y is the gradient."""
    return reshape(matmul(rows(y, slide), swap(columns(x, slide))), shape)


def landing(lengths: Shape, results: Shape, slide: Sliding) -> Any:
    """Which elements `spreading` sends anywhere, not into the padding alone: no other meets the kernel."""
    lands: Any = True
    along = zip(lengths, results, slide.before, slide.kernel, slide.stride, slide.dilation, strict=True)
    for n, result, low, size, stride, dilation in along:
        places = (np.arange(n) * stride - low)[:, None] + np.arange(size) * dilation
        lands = np.logical_and.outer(lands, ((places >= 0) & (places < result)).any(axis=1))
    return lands


# Forward, and back.


def forward(input: Any, weight: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    slide, _ = fitted(shape_of(input), shape_of(weight), stride, padding, dilation, groups)
    return np.ascontiguousarray(contraction(input, weight, slide))


def input_vjp(
    g: Any, y: Any, input: Any, weight: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    slide = sliding(shape_of(weight), stride, padding, dilation, groups)
    lengths = shape_of(input)[-len(slide.kernel) :]
    if is_plain(g) and is_plain(weight):  # of numbers alone nothing is recorded
        return np.ascontiguousarray(spreading(g, weight, lengths, slide))
    unreached = tuple(
        (n - reach(size, d)) % s
        for n, size, d, s in zip(slide.padded(lengths), slide.kernel, slide.dilation, slide.stride, strict=True)
    )
    around = tuple(zip(slide.before, slide.after, strict=True))
    return convolution_transpose(g, weight, slide.stride, around, unreached, groups, slide.dilation)


def weight_vjp(
    g: Any, y: Any, input: Any, weight: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    return correlation(input, g, shape_of(weight), sliding(shape_of(weight), stride, padding, dilation, groups))


def forward_of_transpose(
    input: Any,
    weight: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    settings = (stride, padding, output_padding, groups, dilation)
    slide, shape = fitted_transpose(shape_of(input), shape_of(weight), *settings)
    return np.ascontiguousarray(spreading(input, weight, shape[-len(slide.kernel) :], slide))


def input_vjp_of_transpose(
    g: Any,
    y: Any,
    input: Any,
    weight: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    return convolution(g, weight, stride, padding, dilation, groups)


def weight_vjp_of_transpose(
    g: Any,
    y: Any,
    input: Any,
    weight: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    slide = sliding(shape_of(weight), stride, padding, dilation, groups)
    lands = landing(shape_of(input)[-len(slide.kernel) :], shape_of(y)[-len(slide.kernel) :], slide)
    return correlation(g, input if lands.all() else where(lands, input, 0), shape_of(weight), slide)


# fmt: off
convolution: Op = primitive("convolution", forward, input_vjp, weight_vjp,
    linear="separately", shape=convolved, masks=leaves_out, symbol="conv",
    doc="a convolution spreads its gradient over the input by the same kernel; "
        "to the kernel goes what each of its elements met, times the gradient there")
convolution_transpose: Op = primitive("convolution_transpose", forward_of_transpose,
    input_vjp_of_transpose, weight_vjp_of_transpose,
    linear="separately", shape=spread, masks=leaves_out, symbol="convᵀ",
    doc="a transposed convolution gathers its gradient by the same kernel, as a convolution does")
# fmt: on


# As PyTorch has them, with a bias.


def with_bias(name: str, n: int, op: Op, weight: Any, bias: Any, *args: Any) -> Any:
    """A convolution along n axes, and what is added to each channel of it."""
    if len(shape_of(weight)) != n + 2:
        raise ShapeError(
            f"{name}: expected a weight of {n + 2} axes, of which the last {n} are the kernel's, "
            f"got {getattr(weight, 'label', None) or 'one'} of shape {shape_of(weight)}"
        )
    result = op(*args)
    if bias is None:
        return result
    if shape_of(bias) != shape_of(result)[-n - 1 : -n]:
        raise ShapeError(
            f"{name}: expected a bias of shape {shape_of(result)[-n - 1 : -n]}, one number for each channel of the "
            f"result, got {getattr(bias, 'label', None) or 'one'} of shape {shape_of(bias)}"
        )
    return add(result, reshape(bias, (-1, *[1] * n)))


@composition()
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Kernels that slide along the last axis, as in torch.nn.functional.

    >>> conv1d(np.ones((1, 1, 5)), np.ones((2, 1, 3)), np.array([0.0, 10.0]))
    array([[[ 3.,  3.,  3.],
            [13., 13., 13.]]])
    """
    return with_bias("conv1d", 1, convolution, weight, bias, input, weight, stride, padding, dilation, groups)


@composition()
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Kernels that slide along the last two axes, as in torch.nn.functional.

    >>> conv2d(np.ones((1, 3, 8, 8)), np.ones((4, 3, 3, 3)), padding="same").shape
    (1, 4, 8, 8)
    """
    return with_bias("conv2d", 2, convolution, weight, bias, input, weight, stride, padding, dilation, groups)


@composition()
def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of `conv1d`, as in torch.nn.functional: it spreads each element along the last axis.

    >>> conv_transpose1d(np.array([[1.0, 10.0]]), np.ones((1, 1, 3)))
    array([[ 1., 11., 11., 10.]])
    """
    settings = (stride, padding, output_padding, groups, dilation)
    return with_bias("conv_transpose1d", 1, convolution_transpose, weight, bias, input, weight, *settings)


@composition()
def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of `conv2d`, as in torch.nn.functional: it spreads each element along the last two axes.

    >>> conv_transpose2d(np.ones((2, 4, 4)), np.ones((2, 3, 2, 2)), stride=2).shape
    (3, 8, 8)
    """
    settings = (stride, padding, output_padding, groups, dilation)
    return with_bias("conv_transpose2d", 2, convolution_transpose, weight, bias, input, weight, *settings)
