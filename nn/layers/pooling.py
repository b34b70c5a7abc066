"""Pooling: of windows that slide along the last axes, the largest element or the mean."""

from __future__ import annotations

from typing import Any

from autograd import ShapeError, avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from nn.inputs import as_operand, flag, sizes
from nn.layers.sliding import Sizes, Sliding, short


class Pool(Sliding):
    """Base of pooling."""

    #: The lengths that it slides along, as messages name them.
    names: str

    def _set_window(
        self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any, strict: Any
    ) -> None:
        owner = type(self).__name__
        self._set_sliding(kernel_size, kernel_size if stride is None else stride, dilation, strict)
        self.padding = sizes(padding, f"{owner}: padding", self.along, least=0)
        if any(2 * margin > size for margin, size in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"{owner}: padding: expected half of kernel_size={short(self.kernel_size)} at most, so that no "
                f"window lies in it alone, got {padding!r}"
            )
        self.ceil_mode = flag(ceil_mode, f"{owner}: ceil_mode")

    def _fitting(self, x: Any) -> Any:
        x = as_operand(x, type(self).__name__)
        n = self.along
        if len(x.shape) < n or 0 in x.shape[-n:]:
            raise ShapeError(
                f"{self._place()}: expected x of shape (..., {self.names}), got {x.shape}: its last "
                f"{'axis is' if n == 1 else f'{n} axes are'} pooled, so give it what is missing, with x.reshape"
            )
        self._expect_fit(x.shape[-n:], x.shape)
        return x

    def _usual_stride(self) -> tuple[int, ...]:
        return self.kernel_size

    def extra_repr(self) -> str:
        flags = [name for name in ("ceil_mode", "strict") if getattr(self, name)]
        return ", ".join([self._sliding_repr(), *[f"{name}=True" for name in flags]])


class MaxPool(Pool):
    """Base of pooling by the largest element."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        *,
        ceil_mode: bool = False,
        strict: bool = False,
    ) -> None:
        self._set_window(kernel_size, stride, padding, dilation, ceil_mode, strict)

    def _settings(self) -> tuple[Any, ...]:
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode


class AvgPool(Pool):
    """Base of pooling by the mean."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        *,
        strict: bool = False,
    ) -> None:
        self._set_window(kernel_size, stride, padding, 1, ceil_mode, strict)
        self.count_include_pad = flag(count_include_pad, f"{type(self).__name__}: count_include_pad")

    def _settings(self) -> tuple[Any, ...]:
        return self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.count_include_pad else ", count_include_pad=False")


class MaxPool1d(MaxPool):
    """The largest element of each window along the last axis; its gradient goes there, and a tie shares it equally.

    x of shape (..., length) gives (..., places), with as many places as `output_size` says. The ``stride`` is that of
    the window if None is given, so that windows stand side by side. Padding is never the largest. With ``ceil_mode`` a
    last window may go beyond the end. Otherwise the last elements may be in no window: ``strict`` refuses such an
    input, `left_over` says how many they are.

    >>> MaxPool1d(2)([[1.0, 4.0, 2.0, 3.0]])
    array([[4., 3.]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    along = 1
    names = "length"

    def forward(self, x: Any) -> Any:
        return max_pool1d(self._fitting(x), *self._settings())


class MaxPool2d(MaxPool):
    """The largest element of each window along the last two axes, as `MaxPool1d` has it along one.

    x of shape (..., height, width) gives (..., rows, columns). Each setting is an int, or one for the height and one
    for the width.

    >>> MaxPool2d(2)([[1, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]])
    array([[7., 9.],
           [8., 4.]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    along = 2
    names = "height, width"

    def forward(self, x: Any) -> Any:
        return max_pool2d(self._fitting(x), *self._settings())


class AvgPool1d(AvgPool):
    """The mean of each window along the last axis, whose elements share the gradient equally.

    x of shape (..., length) gives (..., places), with as many places as `output_size` says. The ``stride`` is that of
    the window if None is given. The zeros of the padding count as elements of a window unless ``count_include_pad`` is
    False; what ``ceil_mode`` adds behind the end never does. The last elements may be in no window: ``strict`` refuses
    such an input, `left_over` says how many they are.

    >>> AvgPool1d(2)([[1.0, 4.0, 2.0, 3.0]])
    array([[2.5, 2.5]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    along = 1
    names = "length"

    def forward(self, x: Any) -> Any:
        return avg_pool1d(self._fitting(x), *self._settings())


class AvgPool2d(AvgPool):
    """The mean of each window along the last two axes, as `AvgPool1d` has it along one.

    x of shape (..., height, width) gives (..., rows, columns). Each setting is an int, or one for the height and one
    for the width.

    >>> AvgPool2d(2)([[1, 3, 2, 9], [7, 4, 1, 6], [8, 5, 2, 3], [4, 3, 1, 4]])
    array([[3.75, 4.5 ],
           [5.  , 2.5 ]])

    Raises `TypeError` or `ValueError` for a setting that is not what it says. A call raises `ShapeError` if x does not
    fit.
    """

    along = 2
    names = "height, width"

    def forward(self, x: Any) -> Any:
        return avg_pool2d(self._fitting(x), *self._settings())
