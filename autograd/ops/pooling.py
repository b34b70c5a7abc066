"""Pooling, as PyTorch has it: of windows along the last axes, the largest element or the mean."""

from __future__ import annotations

import builtins
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from autograd.call import shape_of
from autograd.composition import composition
from autograd.errors import ShapeError
from autograd.op import as_floats, is_objects
from autograd.ops.arithmetic import div
from autograd.ops.convolution import Shape, Sliding, for_each, inside, padded
from autograd.ops.extremes import max
from autograd.ops.indexing import getitem, setitem
from autograd.ops.reductions import mean, sum
from autograd.ops.shaping import reshape, stack, transpose
from autograd.ops.windows import reach, windows


def pooling(
    name: str, x: Any, n: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Sliding:
    """How windows slide along the last n axes of x.

    Raises `ShapeError` where they do not fit.
    """
    try:
        if len(shape_of(x)) < n:
            raise ValueError(f"expected {n} axes at least, the last of which are pooled")
        kernel = for_each("kernel_size", kernel_size, n, 1)
        strides = kernel if stride is None else for_each("stride", stride, n, 1)
        dilations, before = for_each("dilation", dilation, n, 1), for_each("padding", padding, n, 0)
        if any(2 * low > size for low, size in zip(before, kernel, strict=True)):
            raise ValueError(f"expected a padding of half the kernel, {kernel}, at most, got {padding!r}")
        slide = Sliding(kernel, strides, dilations, before, before, groups=1)
        if ceil_mode:
            slide = rounded_up(slide, shape_of(x)[-n:])
        slide.results(shape_of(x)[-n:])
    except ValueError as error:
        label = getattr(x, "label", None) or ""
        raise ShapeError(f"{name}: the shape {label}{shape_of(x)} does not fit: {error}") from error
    return slide


def rounded_up(slide: Sliding, lengths: Shape) -> Sliding:
    """With so much padding behind that a last window fits that begins before the padding behind does.

    >>> rounded_up(Sliding((2,), (2,), (1,), (0,), (0,), 1), (5,)).after
    (1,)
    """
    after = []
    for n, size, stride, dilation, low, high in zip(
        lengths, slide.kernel, slide.stride, slide.dilation, slide.before, slide.after, strict=True
    ):
        start = -((reach(size, dilation) - low - n - high) // stride) * stride  # of the last window, in the padded axis
        if start >= low + n:
            start -= stride
        after.append(builtins.max(high, start + reach(size, dilation) - low - n))
    return slide._replace(after=tuple(after))


def elements(x: Any, slide: Sliding) -> Any:
    """From (…, lengths) to (elements of a window, …, places): as they stand in memory, elements of a window are far
    apart, and NumPy folds the first axis quickest.
    """
    n = len(slide.kernel)
    lead = len(shape_of(x)) - n
    if slide.stride == slide.kernel and set(slide.dilation) == {1}:
        x, places, within = side_by_side(x, slide), range(lead, lead + 2 * n, 2), range(lead + 1, lead + 2 * n, 2)
    else:
        places, within = range(lead, lead + n), range(lead + n, lead + 2 * n)
        for k, (size, stride, dilation) in enumerate(zip(slide.kernel, slide.stride, slide.dilation, strict=True)):
            x = windows(x, size, lead + k, stride, dilation)
    shape = shape_of(x)
    first = transpose(x, (*within, *range(lead), *places))
    return reshape(first, (prod(slide.kernel), *shape[:lead], *[shape[k] for k in places]))


def side_by_side(x: Any, slide: Sliding) -> Any:
    """From (…, lengths) to (…, places, elements of a window, …), an axis of each for one along which windows that share
    nothing stand one behind the other.
    """
    n = len(slide.kernel)
    lead, lengths = shape_of(x)[:-n], shape_of(x)[-n:]
    places = tuple(length // size for length, size in zip(lengths, slide.kernel, strict=True))
    used = tuple(many * size for many, size in zip(places, slide.kernel, strict=True))
    if used != lengths:
        x = getitem(x, (..., *map(slice, used)))
    return reshape(x, (*lead, *chain(*zip(places, slide.kernel, strict=True))))


def max_pool(
    name: str, n: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Any:
    x = as_floats(input, name)
    slide = pooling(name, x, n, kernel_size, stride, padding, dilation, ceil_mode)
    if any(slide.after):  # less than all that there is, so that it is never the largest
        *batch, lengths = shape_of(x)[:-n], shape_of(x)[-n:]
        around = np.full((*batch[0], *slide.padded(lengths)), -np.inf, x.dtype)
        x = setitem(around, x, inside(lengths, slide))
    return max(elements(x, slide), axis=0)


def avg_pool(
    name: str,
    n: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    x = as_floats(input, name)
    slide = pooling(name, x, n, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is None:
        divisor: Any = counts(slide, shape_of(x)[-n:], count_include_pad)
        divisor = divisor if is_objects(x) else divisor.astype(x.dtype)
    else:
        (divisor,) = for_each("divisor_override", divisor_override, 1, 1)
    return div(sum(elements(padded(x, slide), slide), axis=0), divisor)


def counts(slide: Sliding, lengths: Shape, count_include_pad: bool) -> Any:
    """How many elements the mean of each window is of: those that it has, with those of the padding that was asked for,
    but not of what was added for one window more.
    """
    ones = np.ones(lengths)
    if count_include_pad:
        ones = np.pad(ones, [(low, low) for low in slide.before], constant_values=1.0)
        over = tuple(high - low for low, high in zip(slide.before, slide.after, strict=True))
        slide = slide._replace(before=(0,) * len(over), after=over)
    return np.sum(elements(padded(ones, slide), slide), axis=0)


def adaptive_avg_pool(name: str, n: int, input: Any, output_size: Any) -> Any:
    """Along one axis after the other: the mean of a rectangle is that of the means of its rows."""
    x = as_floats(input, name)
    sizes = (output_size,) * n if np.ndim(output_size) == 0 else tuple(output_size)
    if len(shape_of(x)) < n or len(sizes) != n:
        raise ShapeError(
            f"{name}: expected an input of {n} axes at least and an output_size for {n}, "
            f"got {getattr(x, 'label', None) or ''}{shape_of(x)} and {output_size!r}"
        )
    for axis, size in zip(range(len(shape_of(x)) - n, len(shape_of(x))), sizes, strict=True):
        x = x if size is None else means(x, axis, *for_each("output_size", size, 1, 1))
    return x


def means(x: Any, axis: int, size: int) -> Any:
    """The means of so many parts of an axis, all but equally long: neighbours may share an element."""
    length, front = shape_of(x)[axis], (slice(None),) * axis
    ends = [(k * length // size, -(-(k + 1) * length // size)) for k in range(size)]
    return stack([mean(getitem(x, (*front, slice(*end))), axis=axis) for end in ends], axis=axis)


@composition()
def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The largest element of each window along the last axis, as in torch.nn.functional; ties share the gradient.

    >>> max_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), 2)
    array([[4., 3.]])
    """
    return max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


@composition()
def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The largest element of each window along the last two axes, as in torch.nn.functional; ties share the gradient.

    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


@composition()
def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window along the last axis, as in torch.nn.functional.

    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 4.0]]), 2)
    array([[2., 3.]])
    """
    return avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@composition()
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window along the last two axes, as in torch.nn.functional.

    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    settings = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return avg_pool("avg_pool2d", 2, input, *settings)


@composition()
def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of so many parts of the last axis, as in torch.nn.functional.

    >>> adaptive_avg_pool1d(np.array([[1.0, 2.0, 6.0]]), 2)
    array([[1.5, 4. ]])
    """
    return adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


@composition()
def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of so many parts of the last two axes, as in torch.nn.functional; None leaves an axis as it is.

    >>> adaptive_avg_pool2d(np.arange(16.0).reshape(1, 4, 4), (1, None))
    array([[[6., 7., 8., 9.]]])
    """
    return adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)
