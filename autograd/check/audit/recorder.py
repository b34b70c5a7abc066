"""Recorder: the tape of a person's NumPy code, run on numbers of a reference, with the line that made each number."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.check.audit.lines import Place, calls
from autograd.check.audit.namespaces import seen_by
from autograd.check.audit.subject import Subject
from autograd.check.references.real import Real, Reals, Tape
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


def run_on(tape: Recorder, subject: Subject, moved: Callable[[str, int, float], Any] | None = None) -> Recorded:
    """Run a function on leaves in the places of its parameters; ``moved`` says where a leaf lies if beside its number.

    Raises what the function raises on numbers that have no float.
    """
    parameters, seed = subject.parameters, subject.seed
    leaves = {name: [tape.leaf(x) for x in flat(value)] for name, value in parameters.items()}
    if moved is not None:
        for name, reals in leaves.items():
            for i, real in enumerate(reals):
                real.value = moved(name, i, flat(parameters[name])[i])
    with seen_by(subject.namespaces, replacements(tape)), np.errstate(all="ignore"):
        result = subject.run({name: arranged(leaves[name], value) for name, value in parameters.items()})
    elements = flat(np.asarray(result, dtype=object))
    seeds = flat(np.broadcast_to(np.asarray(1.0 if seed is None else seed), np.shape(result)))
    outputs = [(x, g) for x, g in zip(elements, seeds, strict=True) if isinstance(x, Real) and x.parts is not None]
    return Recorded(tape, leaves, outputs)


#: NumPy's functions that make arrays which a person fills: with their number, or None for what is there.
MAKERS: Mapping[str, float | None] = {"zeros": 0.0, "ones": 1.0, "empty": 0.0, "full": None}


def replacements(tape: Recorder) -> dict[str, Any]:
    """What NumPy's functions are to a person's code that is recorded.

    Arrays of floats that it makes by `np.zeros` and the like take any numbers: code that fills an array element by
    element would else ask each for its float.
    """
    found: dict[str, Any] = {name: maker(tape, name, likewise=False) for name in MAKERS}
    found |= {f"{name}_like": maker(tape, f"{name}_like", likewise=True) for name in MAKERS}
    if tape.places is not None:
        found["maximum"] = Maximum(tape)
    return found


def maker(tape: Recorder, name: str, likewise: bool) -> Callable[..., Any]:
    original = getattr(np, name)
    number = MAKERS[name.removesuffix("_like")]

    def make(first: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(first, *args, **kwargs)
        of_objects = likewise and isinstance(first, np.ndarray) and first.dtype == object
        if not (made.dtype.kind == "f" or of_objects):
            return made
        array = np.empty(made.shape, dtype=object)
        for i in np.ndindex(*made.shape):
            array[i] = tape.constant(number if number is not None else made[i])
        return array.view(Reals)

    return make


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
