"""Hooks in a sweep: what they make of a gradient that has just come together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import accept
from autograd.anomaly import expect_sound_derivative, is_detecting
from autograd.call import shape_of
from autograd.errors import DTypeError, ShapeError
from autograd.hooks import live
from autograd.node import Node, Recorded, topological
from autograd.ops.compare import logical_or
from autograd.ops.indexing import getitem
from autograd.ops.shaping import stack
from autograd.sweep.batched import Batched
from autograd.sweep.masked import Masked, numbers

Amend = Callable[[Any], Any]


def amends(places: list[Recorded], record: bool) -> dict[int, Amend]:
    """For each place that has hooks, what they make of its gradient."""
    if not live:
        return {}
    return {
        i: lambda g, place=place: amended(place, g, record)  # type: ignore[misc]  # bound now
        for i, place in enumerate(places)
        if place._hooks is not None and place._hooks.functions()
    }


def is_hooked(output: Recorded) -> bool:
    """Whether anything that it is computed from has hooks."""
    return bool(live) and bool(amends(topological([output], tracked_only=True), record=False))


def amended(place: Recorded, g: Any, record: bool) -> Any:
    """The gradient that the hooks leave: of each where it is a batch; zeros that are no numbers stay so."""
    if isinstance(g, Batched):
        return Batched(stack([amended(place, getitem(g.data, k), record) for k in range(shape_of(g.data)[0])]))
    if not isinstance(g, Masked):
        return called(place, g, record)
    data = called(place, g.data, record)
    if data is g.data:
        return g
    moved = numbers(data) != 0
    choice = None if g.choice is None else logical_or(g.choice, moved)
    return Masked(data, np.logical_or(g.live, moved), choice)


def called(place: Recorded, g: Any, record: bool) -> Any:
    """What the hooks make of numbers, or, in a sweep that is recorded, of a node."""
    assert place._hooks is not None
    for hook in place._hooks.functions():
        result = hook(shown(g))
        if result is not None:
            given, g = g, fitted(place, result, record)
            if is_detecting():
                expect_sound_derivative(f"{of(place)}: what it gives", place.source, numbers(g), [numbers(given)])
    return g


def shown(g: Any) -> Any:
    """The gradient as a hook has it: an array that is read-only, for others may have the same."""
    if not isinstance(g, np.ndarray | np.generic):
        return g
    view = np.asarray(g).view()
    view.setflags(write=False)
    return view


def of(place: Recorded) -> str:
    return f"the hook of {place.label or 'a leaf' if place.op is None else f'the result of {place.op.name}'}"


def fitted(place: Recorded, result: Any, record: bool) -> Any:
    """What a hook gave, if it is a gradient of that place."""
    what = of(place)
    if not (record and isinstance(result, Node)):
        if place._dtype is None:
            return accept.number(result, what)
        return accept.fitted(result, what, np.broadcast_to(np.zeros((), place._dtype), place.shape))
    if str(result._record._dtype) != str(place._dtype):  # a dtype calls itself equal to None
        raise DTypeError(f"{what}: expected a gradient as it came, of {place._dtype or 'a Value'}, got {result!r:.60}")
    if result.shape != place.shape:
        raise ShapeError(f"{what}: expected a gradient of shape {place.shape}, got {result.shape}")
    return result
