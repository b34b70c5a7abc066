"""Recorder: the tape of a person's NumPy code, run on numbers of a reference, with the line that made each number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from autograd.check.audit.lines import Place, calls, is_persons
from autograd.check.references.real import Real, Tape
from autograd.check.references.reference import flat
from autograd.check.references.taped import arranged

#: How many numbers are recorded at most: some ten seconds' work.
LIMIT = 500_000


class TooLongError(Exception):
    """A computation of more numbers than it makes sense to prove one by one."""


class Recorder(Tape):
    """A tape that ends at a limit, and knows by which lines its numbers were made, if it is to."""

    def __init__(self, arithmetic: Any, with_places: bool = False) -> None:
        super().__init__(arithmetic)
        self.places: list[tuple[Place, ...]] | None = [] if with_places else None

    def computed(self, raw: Any, parts: Iterable[tuple[Real, Any]]) -> Real:
        real = super().computed(raw, parts)
        if real.parts is not None:
            if self.places is not None:
                found = tuple(calls(sys._getframe(1), run_on.__code__))
                self.places.append(found[::-1])
            if len(self.made) > LIMIT:
                raise TooLongError(f"more than {LIMIT:,} numbers")
        return real


@dataclass
class Recorded:
    """What ran: the tape, the leaves of each parameter, and the elements of the result with their cotangents."""

    tape: Recorder
    leaves: Mapping[str, list[Real]]
    outputs: list[tuple[Real, float]]


def run_on(
    tape: Recorder,
    run: Callable[[Mapping[str, Any]], Any],
    parameters: Mapping[str, Any],
    seed: Any,
    moved: Callable[[str, int, float], Any] | None = None,
) -> Recorded:
    """Run a function on leaves in the places of its parameters; ``moved`` says where a leaf lies if beside its number.

    Raises what the function raises on numbers that have no float.
    """
    leaves = {name: [tape.leaf(x) for x in flat(value)] for name, value in parameters.items()}
    if moved is not None:
        for name, reals in leaves.items():
            for i, real in enumerate(reals):
                real.value = moved(name, i, flat(parameters[name])[i])
    with creating(tape), np.errstate(all="ignore"):
        result = run({name: arranged(leaves[name], value) for name, value in parameters.items()})
    elements = flat(np.asarray(result, dtype=object))
    seeds = flat(np.broadcast_to(np.asarray(1.0 if seed is None else seed), np.shape(result)))
    outputs = [(x, g) for x, g in zip(elements, seeds, strict=True) if isinstance(x, Real) and x.parts is not None]
    return Recorded(tape, leaves, outputs)


#: NumPy's functions that make arrays which a person fills: with their number, or None for what is there.
MAKERS: Mapping[str, float | None] = {"zeros": 0.0, "ones": 1.0, "empty": 0.0, "full": None}


@contextmanager
def creating(tape: Recorder) -> Iterator[None]:
    """Within the block, arrays of floats that a person's code makes by `np.zeros` and the like take any numbers.

    Code that fills an array element by element would else ask each for its float.
    """

    def maker(name: str, likewise: bool) -> Callable[..., Any]:
        original = getattr(np, name)

        def make(first: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(first, *args, **kwargs)
            of_objects = likewise and isinstance(first, np.ndarray) and first.dtype == object
            if not (made.dtype.kind == "f" or of_objects) or not is_persons(sys._getframe(1).f_code):
                return made
            array = np.empty(made.shape, dtype=object)
            number = MAKERS[name.removesuffix("_like")]
            for i in np.ndindex(*made.shape):
                array[i] = tape.constant(number if number is not None else made[i])
            return array

        return make

    replacements: dict[str, Any] = {name: maker(name, False) for name in MAKERS}
    replacements |= {f"{name}_like": maker(f"{name}_like", True) for name in MAKERS}
    if tape.places is not None:
        replacements["maximum"] = Maximum(tape)
    with ExitStack() as stack:
        for name, function in replacements.items():
            stack.enter_context(patch.object(np, name, function))
        yield


class Maximum:
    """`np.maximum`, with a number of its own for what it chose: code that forgets the choice is told by that."""

    def __init__(self, tape: Recorder) -> None:
        self.tape = tape
        self.original = np.maximum

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __call__(self, x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or not any(np.asarray(a).dtype == object for a in (x, y)):
            return self.original(x, y, *args, **kwargs)
        return np.frompyfunc(self.larger, 2, 1)(x, y)

    def larger(self, x: Any, y: Any) -> Real:
        x, y = (a if isinstance(a, Real) else self.tape.constant(a) for a in (x, y))
        is_first = x.compare(y) in (0, 1)
        return self.tape.computed((x if is_first else y).value, ((x, int(is_first)), (y, int(not is_first))))
