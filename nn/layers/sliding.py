"""What slides along the last axes of an input, a kernel or a window: its settings, and how many places it takes."""

from __future__ import annotations

from typing import Any

from autograd import ShapeError
from nn.inputs import flag, sizes
from nn.module import Module

#: An int, or one for each axis.
Sizes = int | tuple[int, ...]


class Sliding(Module):
    """Base of layers that slide along their last axes.

    Along an axis of length H, with a kernel of F elements that are D apart, padding P and stride S, there are
    ⌊(H + 2P − D(F − 1) − 1) / S⌋ + 1 places. Where S does not divide that, what is left over at the end is not looked
    at: ``strict`` refuses such an input, and ``left_over`` says how much it is.
    """

    #: How many axes it slides along.
    along: int

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Any  #: ints, or of a convolution ``"same"`` or ``"valid"``
    dilation: tuple[int, ...]
    strict: bool
    ceil_mode: bool = False

    def _set_sliding(self, kernel_size: Any, stride: Any, dilation: Any, strict: Any) -> None:
        owner = type(self).__name__
        self.kernel_size = sizes(kernel_size, f"{owner}: kernel_size", self.along)
        self.stride = sizes(stride, f"{owner}: stride", self.along)
        self.dilation = sizes(dilation, f"{owner}: dilation", self.along)
        self.strict = flag(strict, f"{owner}: strict")

    def output_size(self, *lengths: int) -> tuple[int, ...]:
        """How many places there are along axes of these lengths, as a call finds them; one length is for all axes.

        >>> from nn import Conv2d
        >>> Conv2d(1, 8, kernel_size=3, stride=2, padding=1).output_size(7, 8)
        (4, 4)

        Raises `ShapeError` where the kernel does not fit, and with ``strict`` where something is left over.
        """
        found = self._lengths(lengths, "output_size")
        self._expect_fit(found, found)
        return tuple([count for count, _ in map(self._along_axis, range(self.along), found)])

    def left_over(self, *lengths: int) -> tuple[int, ...]:
        """How many elements at the end of each axis, padding among them, lie behind the last place and are not seen.

        >>> from nn import Conv2d
        >>> Conv2d(1, 8, kernel_size=3, stride=2, padding=1).left_over(7, 8)
        (0, 1)

        Raises `ShapeError` where the kernel does not fit.
        """
        found = self._lengths(lengths, "left_over")
        return tuple([over for _, over in map(self._along_axis, range(self.along), found)])

    def remark(self, *inputs: Any) -> str:
        """What is left over at the end of each axis, if something is."""
        over = self.left_over(*inputs[0].shape[-self.along :]) if hasattr(inputs[0], "shape") else (0,)
        return f"{' and '.join(map(str, over))} at the end of its axes are not looked at" if any(over) else ""

    def _lengths(self, lengths: tuple[int, ...], method: str) -> tuple[int, ...]:
        given: Any = lengths[0] if len(lengths) == 1 else lengths
        return sizes(given, f"{type(self).__name__}.{method}: lengths", self.along)

    def _margins(self, axis: int) -> tuple[int, int]:
        """How many zeros go before an axis, and how many behind it."""
        if self.padding == "valid":
            return 0, 0
        if self.padding == "same":
            total = self.dilation[axis] * (self.kernel_size[axis] - 1)
            return total // 2, total - total // 2
        return self.padding[axis], self.padding[axis]

    def _along_axis(self, axis: int, length: int) -> tuple[int, int]:
        """How many places there are along an axis, and how much is left over behind the last."""
        before, behind = self._margins(axis)
        stride, whole = self.stride[axis], before + length + behind
        room = whole - self.dilation[axis] * (self.kernel_size[axis] - 1) - 1
        if room < 0:
            raise ShapeError(
                f"{self._place()}: expected an axis {axis - self.along} that the kernel fits on, which spans "
                f"{whole - room} places, got {length}, with its padding {whole}: give it padding, or a smaller kernel"
            )
        last = room // stride
        if self.ceil_mode and room % stride and (last + 1) * stride < before + length:
            return last + 2, 0
        return last + 1, room % stride

    def _expect_fit(self, lengths: tuple[int, ...], shape: tuple[int, ...]) -> None:
        """Refuse lengths on which the kernel does not fit, and with ``strict`` those on which something is left over.

        Raises `ShapeError`.
        """
        for axis, length in enumerate(lengths):
            count, over = self._along_axis(axis, length)
            if over and self.strict:
                padding = min(over, self._margins(axis)[1])
                raise ShapeError(
                    f"{self._place()}: expected axis {axis - self.along} to be all looked at, got {length} of shape "
                    f"{shape}: behind the last of {count} places, {over} are left over, {padding} of them padding: "
                    "change the stride or the padding, cut x, or leave them out with strict=False"
                )

    def _sliding_repr(self) -> str:
        """The settings that are not as they are if nothing is said."""
        said = [f"kernel_size={short(self.kernel_size)}"]
        if self.stride != self._usual_stride():
            said.append(f"stride={short(self.stride)}")
        if isinstance(self.padding, str) or any(self.padding):
            said.append(f"padding={short(self.padding)}")
        if set(self.dilation) != {1}:
            said.append(f"dilation={short(self.dilation)}")
        return ", ".join(said)

    def _usual_stride(self) -> tuple[int, ...]:
        return (1,) * self.along

    def _place(self) -> str:
        """The layer, for messages."""
        return f"{type(self).__name__}({self.extra_repr()})"


def short(setting: Any) -> str:
    """One number where all are the same.

    >>> short((3, 3)), short((3, 1)), short("same")
    ('3', '(3, 1)', "'same'")
    """
    return str(setting[0]) if isinstance(setting, tuple) and len(set(setting)) == 1 else repr(setting)
