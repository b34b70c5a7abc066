"""Arrays with a margin: every axis one after the other, as NumPy pads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.call import holds_node, shape_of
from autograd.composition import composition
from autograd.errors import DTypeError, ShapeError, short_repr
from autograd.ops.arithmetic import neg
from autograd.ops.axes import as_given
from autograd.ops.extremes import max as largest
from autograd.ops.joining import joined_to
from autograd.ops.moving import at
from autograd.ops.reductions import mean
from autograd.ops.shaping import broadcast_to

#: How long the margin is before and after an axis, and what is said of either.
Pair = tuple[Any, Any]

#: For an axis: the array, the axis, the lengths, what the keyword of the mode says of it -> both margins.
Mode = Callable[[Any, int, Pair, Any], Pair]


def pairs(given: Any, ndim: int, name: str) -> list[Pair]:
    """What is said of the two sides of every axis: one for all, one pair for all, or a pair for each.

    >>> pairs(1, 2, "pad_width"), pairs([(1, 2)], 2, "pad_width"), pairs([(1,), (2,)], 2, "pad_width")
    ([(1, 1), (1, 1)], [(1, 2), (1, 2)], [(1, 1), (2, 2)])

    Raises `ShapeError` for other numbers of them.
    """
    rows = list(given) if has_parts(given) else [given]
    if not any(map(has_parts, rows)):
        rows = [rows]
    found = [tuple(row) * (3 - len(row)) if has_parts(row) and len(row) in (1, 2) else () for row in rows]
    found = found * ndim if len(found) == 1 else found
    if len(found) != ndim or not all(found):
        raise ShapeError(
            f"pad: expected {name} as one, a pair, or a pair for each of {ndim} axes, got {short_repr(given)}"
        )
    return [(pair[0], pair[1]) for pair in found]


def has_parts(x: Any) -> bool:
    return isinstance(x, list | tuple) or len(shape_of(x)) > 0


def expect_widths(given: Any, ndim: int) -> list[Pair]:
    """Lengths, which are no nodes."""
    if isinstance(given, Mapping):
        given = [given.get(k, given.get(k - ndim, 0)) for k in range(ndim)]
        given = [x if has_parts(x) else (x, x) for x in given]
    if holds_node(given):
        raise DTypeError("pad: expected pad_width as plain whole numbers, got a node: a shape has no gradient")
    found = pairs(given, ndim, "pad_width")
    if any(not isinstance(n, int | np.integer) or n < 0 for pair in found for n in pair):
        raise DTypeError(f"pad: expected pad_width as whole numbers from 0 on, got {short_repr(given)}")
    return found


def margin(array: Any, axis: int, width: int) -> tuple[int, ...]:
    shape: tuple[int, ...] = array.shape
    return (*shape[:axis], width, *shape[axis + 1 :])


# The modes.


def constant(array: Any, axis: int, widths: Pair, numbers: Any) -> Pair:
    before, after = (broadcast_to(x, margin(array, axis, n)) for x, n in zip(numbers, widths, strict=True))
    return before, after


def ramps(array: Any, axis: int, widths: Pair, ends: Any) -> Pair:
    """From the end to the edge in even steps, the edge left out."""
    parts = []
    for edge, end, width, is_before in ((0, ends[0], widths[0], True), (-1, ends[1], widths[1], False)):
        steps = np.arange(width).reshape((-1,) + (1,) * (len(array.shape) - axis - 1))
        start = at(array, axis, slice(edge, edge + 1 or None))
        rising = end + (start - end) * ((steps if is_before else steps[::-1]) / max(width, 1))
        parts.append(broadcast_to(rising, margin(array, axis, width)))
    return parts[0], parts[1]


def statistics(function: Callable[..., Any]) -> Mode:
    """What a function says of the elements on either side, of so many of them, or of all."""

    def mode(array: Any, axis: int, widths: Pair, many: Any) -> Pair:
        n = array.shape[axis]
        if any(x is not None and not (isinstance(x, int | np.integer) and x > 0) for x in many):
            raise DTypeError(f"pad: expected stat_length as whole numbers from 1 on, or None, got {short_repr(many)}")
        first, last = (n if x is None else min(x, n) for x in many)
        ends = at(array, axis, slice(0, first)), at(array, axis, slice(n - last, n))
        before, after = (
            broadcast_to(function(end, axis, keepdims=True), margin(array, axis, width))
            for end, width in zip(ends, widths, strict=True)
        )
        return before, after

    return mode


def smallest(a: Any, axis: int, keepdims: bool) -> Any:
    return neg(largest(neg(a), axis, keepdims=keepdims))


def copies(name: str) -> Mode:
    """A mode that copies elements: which, NumPy says of the numbers of their places."""

    def mode(array: Any, axis: int, widths: Pair, _: Any) -> Pair:
        places = np.pad(np.arange(array.shape[axis]), widths, name)  # type: ignore[call-overload]
        return at(array, axis, places[: widths[0]]), at(array, axis, places[len(places) - widths[1] :])

    return mode


def mirrored(name: str) -> Mode:
    """A mode of mirror images, which may be turned around the edge as well."""
    even = copies(name)

    def mode(array: Any, axis: int, widths: Pair, kinds: Any) -> Pair:
        kind = kinds[0]
        if kind not in ("even", "odd"):
            raise DTypeError(f"pad: expected reflect_type 'even' or 'odd', got {short_repr(kind)}")
        before, after = even(array, axis, widths, None)
        if kind == "even":
            return before, after
        most = array.shape[axis] - (name == "reflect")
        if max(widths) > most:
            raise ShapeError(f"pad: expected widths of {most} at most with reflect_type='odd', got {widths}: pad twice")
        first, last = at(array, axis, slice(0, 1)), at(array, axis, slice(-1, None))
        return 2 * first - before, 2 * last - after

    return mode


#: The keyword of each mode, its default, and how it makes both margins of an axis.
MODES: dict[str, tuple[str | None, Any, Mode]] = {
    "constant": ("constant_values", 0, constant),
    "linear_ramp": ("end_values", 0, ramps),
    "maximum": ("stat_length", None, statistics(largest)),
    "minimum": ("stat_length", None, statistics(smallest)),
    "mean": ("stat_length", None, statistics(mean)),
    "edge": (None, None, copies("edge")),
    "wrap": (None, None, copies("wrap")),
    "reflect": ("reflect_type", "even", mirrored("reflect")),
    "symmetric": ("reflect_type", "even", mirrored("symmetric")),
}


@composition(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """With a margin, of so many elements before and after each axis; what it is made of, the mode says.

    The constants and the ends of ramps may be nodes too.

    >>> pad([1.0, 2.0], 1), pad([1.0, 2.0, 3.0], (2, 1), "reflect")
    (array([0., 1., 2., 0.]), array([3., 2., 1., 2., 3., 2.]))

    Raises `DTypeError` for other modes, and keywords that are not the mode's.
    """
    if not isinstance(mode, str) or mode not in MODES:
        raise DTypeError(f"pad: expected one of the modes {', '.join(MODES)}, got {short_repr(mode)}")
    keyword, default, margins = MODES[mode]
    if others := kwargs.keys() - {keyword}:
        raise DTypeError(f"pad: mode {mode!r} takes {keyword or 'no keyword'}, got {', '.join(sorted(others))}")
    array = as_given(array, "pad")
    ndim = len(array.shape)
    said = pairs(kwargs.get(keyword or "", default), ndim, keyword or "")
    for axis, widths in enumerate(expect_widths(pad_width, ndim)):
        if any(widths):
            if mode != "constant" and array.shape[axis] == 0:
                raise ShapeError(f"pad: expected elements along axis {axis} to pad with, got shape {array.shape}")
            before, after = margins(array, axis, widths, said[axis])
            array = joined_to(array, [before, array, after], axis)
    return array
