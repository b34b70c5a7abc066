"""Records what is read as nodes, within a budget; what the engine refuses is refused with its position."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

import autograd
from viz.command.source import Source

#: How much one text makes at most, in all, there and back: whatever is computed is shown too, step by step.
LIMITS = {"numbers": 1_000_000, "Values": 10_000, "steps": 20_000}
CURES = dict.fromkeys(LIMITS, "give an array, as in x=[1], to compute with Tensors") | {
    "numbers": "make the arrays smaller; of the way back, all that flows to the inputs counts too"
}
TOO_LARGE = f"this does not fit into memory: {CURES['numbers'].partition(';')[0]}"

#: What operations raise for inputs that they do not take.
REFUSALS = (autograd.AutogradError, ValueError, TypeError, IndexError, ArithmeticError)


class Recorder:
    """Applies operations to leaves and to what was made of them, and counts what they make.

    >>> recorder = Recorder(Source("x * 2", 10))
    >>> recorder(autograd.mul, (autograd.Value(3.0), 2.0), {}, 2).data
    6.0
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._made: Counter[str] = Counter()
        self._seen: dict[int, autograd.Value] = {}

    def __call__(self, op: autograd.Op, inputs: tuple[Any, ...], params: Mapping[str, Any], position: int) -> Any:
        """What the operation gives; refused before it runs where its shape alone tells that it makes too much."""
        inputs = as_taken(op, inputs)
        kind = "Values" if any(map(holds_values, inputs)) else "numbers"
        back = contributions_size(inputs)
        foretold = result_size(op, inputs, params)
        self._spend(back + (foretold or 0), kind, op, position)
        try:
            result = op(*inputs, **params)
        except MemoryError:
            raise self._source.error(f"{op.name}: {TOO_LARGE}", position) from None
        except REFUSALS as error:
            raise self._source.error(" ".join(str(error).split()), position) from error
        if foretold is None:
            self._spend(size(result), kind, op, position)
        if kind == "Values":
            self._spend(self._new_steps(result), "steps", op, position)
        return result

    def _spend(self, count: int, kind: str, op: autograd.Op, position: int) -> None:
        self._made[kind] += count
        if self._made[kind] > LIMITS[kind]:
            message = f"expected at most {LIMITS[kind]:,} {kind} in all, got {self._made[kind]:,}: {CURES[kind]}"
            raise self._source.error(f"{op.name}: {message}", position)

    def _new_steps(self, result: Any) -> int:
        """How many inputs the Values have that were made for this result: each is a step on the way back."""
        steps = 0
        waiting = list(np.ravel(np.asarray(result, dtype=object)))
        while waiting:
            value = waiting.pop()
            if isinstance(value, autograd.Value) and id(value) not in self._seen:
                self._seen[id(value)] = value  # kept, so that its id stays its own
                steps += len(value.inputs)
                waiting += value.inputs
        return steps


def as_taken(op: autograd.Op, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers as arrays for an operation that mixes elements; masks as numbers for one that calculates with them."""
    if not op.is_elementwise:
        return tuple(np.asarray(x) if isinstance(x, int | float) else x for x in inputs)
    if op.arity is None or op.is_flat:
        return inputs
    rules = zip(inputs, op.rules, strict=False)
    return tuple(x if rule is None or not is_mask(x) else np.asarray(x, np.float64)[()] for x, rule in rules)


def is_mask(x: Any) -> bool:
    return isinstance(x, bool | np.bool_) or (isinstance(x, np.ndarray) and x.dtype == bool)


def holds_values(x: Any) -> bool:
    """Whether it is a Value, or a list or an array of such."""
    if isinstance(x, tuple):
        return any(map(holds_values, x))
    return isinstance(x, autograd.Value) or (isinstance(x, np.ndarray) and x.dtype == object)


def result_size(op: autograd.Op, inputs: tuple[Any, ...], params: Mapping[str, Any]) -> int | None:
    """How many elements the result will have, as the shapes of the inputs tell; None where they do not."""
    if op.is_elementwise or op.shape is not None:
        with suppress(*REFUSALS):  # the operation itself says what is wrong
            return size(op(*map(outline, inputs), **params))
    return None


def outline(x: Any) -> Any:
    """The shape of an input, or those of a list of inputs, without any numbers."""
    return tuple(map(outline, x)) if isinstance(x, tuple) else autograd.Symbol("x", getattr(x, "shape", ()))


def contributions_size(inputs: Any) -> int:
    """How many elements the way back sends to Tensors: to each input as many as it has, however small the result is."""
    if isinstance(inputs, tuple):
        return sum(map(contributions_size, inputs))
    return size(inputs) if isinstance(inputs, autograd.Tensor) else 0


def size(x: Any) -> int:
    """The elements of a result, or of all parts of it. Rows count also where nothing is in them: they are shown."""
    if isinstance(x, tuple):
        return sum(map(size, x))
    return math.prod(max(length, 1) for length in getattr(x, "shape", ()))
