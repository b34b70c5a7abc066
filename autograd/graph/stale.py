"""Whose data changed after a node was computed from it, as far as that is certain: what the refusal says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.call import NOTHING
from autograd.errors import StaleDataError
from autograd.node import Recorded
from autograd.notation.words import format_index, format_number
from autograd.op import op_of
from autograd.scalar.value import Value, evaluate
from autograd.tensor.arrays import alike
from autograd.tensor.record import Record

CURE = (
    "look before parameters are updated, run the forward computation again after it, or keep each iteration with "
    "autograd.Recording"
)


#: The last digit of a number, as a part of it.
EPS = float(np.finfo(float).eps)


class Changed(NamedTuple):
    """An input whose data are not what they were; both None where it may be, and what it was is not known."""

    place: Recorded
    was: Any = None
    now: Any = None


def first_stale(live: Sequence[Recorded]) -> int | None:
    """The first node, by its index, that was computed from other data than there are now."""
    with np.errstate(all="ignore"):
        for i, node in enumerate(live):
            try:
                node._check_fresh()
            except StaleDataError:
                return i
    return None


def refusal(live: Sequence[Recorded], index: int, names: Sequence[str], formula: str, source: str | None) -> str:
    """What to say of a stale node: how it was computed, which input changed, and what to do."""
    place, name = live[index], names[index]
    called = {id(x): name for x, name in zip(live, names, strict=True)}
    found = list(changed(place))
    if any(each.was is not None for each in found):
        whose = " and ".join(told(called[id(x)], was, now) for x, was, now in found)
    else:
        whose = " or ".join([called[id(each.place)] for each in found] or [f"{name} itself"]) + " changed afterwards"
    problem = ""
    if isinstance(place, Value):
        now, *slopes = computed(place)
        problem = (
            f"computed as {place.data}, but its inputs now give {now}{' with another slope' * (now == place.data)}: "
        )
        if found and agrees(place.slopes, slopes):
            whose += f" (or {name} itself was set)"
    return f"{formula}{f' ({source})' if source else ''}: {problem}the data of {whose}; {CURE}"


def changed(place: Recorded) -> Iterator[Changed]:
    """The leaves that a stale node was computed from, and whose data changed, or may have."""
    if isinstance(place, Value):
        yield from changed_numbers(place)
    for x in place.inputs:
        if isinstance(x, Record) and x.leaf is not None and not alike(x.leaf.array, x.array):
            yield Changed(x, x.array, x.leaf.array)


def changed_numbers(place: Value) -> Iterator[Changed]:
    """The one leaf of which another number explains it all, with that number, else each leaf that it may be.

    Of a Value nothing is kept but its slopes: where the node is linear in it, they say what its number was. None, where
    the slopes of a product say that its factors are what they were.
    """
    leaves = list({id(x): x for x in place.inputs if isinstance(x, Value) and x.op is None}.values())
    known = [Changed(x, was, x.data) for x in leaves if (was := number_before(place, x)) is not None]
    if len(known) == 1:
        yield known[0]
    elif known or op_of(place).linear != "separately" or not agrees(place.slopes, computed(place)[1:]):
        yield from map(Changed, leaves)


def number_before(place: Value, leaf: Value) -> float | None:
    """What a leaf was, if it alone has changed; None where that cannot be, or cannot be told."""
    op, (now, *_) = op_of(place), computed(place)
    at = [k for k, x in enumerate(place.inputs) if x is leaf]
    slope = sum(place.slopes[k] or 0.0 for k in at)
    is_linear = set(at) <= set(op.linear_inputs(place.inputs, place.params or NOTHING))
    if not slope or not is_linear or (len(at) > 1 and op.linear != "jointly"):
        return None
    was = leaf.data + (place.data - now) / slope
    rough = 100 * EPS * max(abs(place.data), abs(now)) / abs(slope)  # what rounding leaves of it
    if not rough <= 1e-5 * max(abs(was), abs(leaf.data)):
        return None
    was = 0.0 if abs(was) <= rough else was
    return was if agrees((place.data, *place.slopes), computed(place, {id(leaf): was})) else None


def computed(place: Value, others: Mapping[int, float] | None = None) -> tuple[float, ...]:
    """What a node would be now, with its slopes; with ``others``, if inputs had other numbers, by ``id``."""
    values = [(others or {}).get(id(x), x.data) if isinstance(x, Value) else x for x in place.inputs]
    return evaluate(op_of(place), values, place.params or NOTHING)


def agrees(kept: Sequence[float | None], found: Sequence[float]) -> bool:
    """Whether numbers are the same, but for rounding, those that were kept."""
    pairs = [(x, y) for x, y in zip(kept, found, strict=True) if x is not None]
    return all(np.isclose(x, y, rtol=1e-9, atol=1e-12, equal_nan=True) for x, y in pairs)


def told(name: str, was: Any, now: Any) -> str:
    """``w changed, from 1 to 1.5``; of an array, the first element that did."""
    if np.shape(was) == np.shape(now) != ():
        index = tuple(np.argwhere(~np.equal(was, now))[0].tolist())
        name, was, now = f"{name}[{format_index(index)}]", was[index], now[index]
    return f"{name} changed afterwards, from {format_number(was)} to {format_number(now)}"
