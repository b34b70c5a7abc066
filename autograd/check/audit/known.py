"""What is known of the gradient of a person's function: proven by balls; else by a recording; else by differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from autograd.check.audit.nodes import pulled_back
from autograd.check.audit.recorder import Recorder, run_on
from autograd.check.audit.subject import Subject
from autograd.check.references import chosen
from autograd.check.references.differences import ARITHMETIC
from autograd.check.references.lines import chosen_elements, slope
from autograd.check.references.real import UndecidedError, ancestors
from autograd.check.references.reference import BITS, flat
from autograd.check.references.taped import Taped
from autograd.check.verdict import ULPS, unit_of

#: Of what rounding comes to in the worst case, as many times is allowed.
SLACK = 4

#: What rounding is allowed where its worst case is not known: this part of the largest element.
LOOSE = 2.0**12

#: How many elements of a parameter are measured by differences.
MEASURED = 100


@dataclass
class Known:
    """The gradient of each parameter: raw numbers of an arithmetic by element, and how far rounding may go."""

    name: str
    arithmetic: Any
    parts: Mapping[str, Mapping[int, Any]]
    slack: Mapping[str, Sequence[float]]
    sides: Mapping[str, Mapping[int, tuple[float, float]]] = field(default_factory=dict)  #: of elements at a kink

    @property
    def word(self) -> str:
        """What its numbers are."""
        return "certified" if self.name == "balls" else self.name

    def middles(self, name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """The gradient as floats; NaN where it is not known."""
        found = np.full(int(np.prod(shape)), np.nan)
        for place, raw in self.parts[name].items():
            found[place] = self.arithmetic.middle(raw)
        return found.reshape(shape)


def known_gradient(subject: Subject, rng: np.random.Generator) -> Known:
    """By the best way that the code runs in."""
    reasons = []
    for way in (proven, recorded, partial(measured, rng=rng)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return way(subject)
        except Exception as error:  # a person's code may do anything with a number that is none
            reasons.append(error)
    raise reasons[-1]


def proven(subject: Subject) -> Known:
    """By numbers with a proven bound, through the code itself."""
    reference = next(each for each in chosen(None) if isinstance(each, Taped))
    bits = reference.bits[0]
    found = None
    for bits in reference.bits[:-1]:
        try:
            found = pulled(subject, reference, bits)
        except UndecidedError:
            continue
        if all(found.arithmetic.is_close(raw) for parts in found.parts.values() for raw in parts.values()):
            break
    if found is None:
        raise UndecidedError
    try:
        rounded = pulled(subject, reference, BITS[subject.dtype], bits)
        slack = {
            name: [SLACK * rounded.arithmetic.radius(raw) for raw in parts.values()]
            for name, parts in rounded.parts.items()
        }
    except UndecidedError:
        slack = loose(subject, found)
    return Known(found.name, found.arithmetic, found.parts, slack, found.sides)


def pulled(subject: Subject, reference: Taped, bits: int, wide: int | None = None) -> Known:
    with reference.make(bits, wide) as arithmetic:
        run = run_on(Recorder(arithmetic), subject)
        run.tape.pull(run.outputs)
        zero = arithmetic.number(0)
        parts = {
            name: {i: zero if leaf.adjoint is None else leaf.adjoint for i, leaf in enumerate(leaves)}
            for name, leaves in run.leaves.items()
        }
        tied = ancestors(real for tie in run.tape.ties for real in tie) if run.tape.ties else set()
        kinks = {name: [i for i, x in enumerate(leaves) if id(x) in tied] for name, leaves in run.leaves.items()}
    slopes = beside(subject, reference) if wide is None and any(kinks.values()) else None
    sides = {} if slopes is None else {name: {i: slopes(name, i) for i in found} for name, found in kinks.items()}
    return Known(reference.name, arithmetic, parts, {}, sides)


def beside(subject: Subject, reference: Taped) -> Callable[[str, int], tuple[float, float]]:
    """The gradient to the two sides of where the function is at a kink: a little along a random direction, and back."""
    rng = np.random.default_rng(0)
    direction = {name: rng.choice([-1, 1], np.size(value)) for name, value in subject.parameters.items()}
    found = []
    for side in (-1, 1):
        with reference.make(reference.beside) as arithmetic:

            def moved(name: str, i: int, x: float, side: int = side, arithmetic: Any = arithmetic) -> Any:
                return arithmetic.moved(x, side * int(direction[name][i]))

            run = run_on(Recorder(arithmetic), subject, moved)
            run.tape.pull(run.outputs)
            found.append(
                {
                    name: [0.0 if x.adjoint is None else arithmetic.middle(x.adjoint) for x in leaves]
                    for name, leaves in run.leaves.items()
                }
            )
    return lambda name, i: (found[0][name][i], found[1][name][i])


def recorded(subject: Subject) -> Known:
    """By this project's own rules, which are checked elsewhere, where the code runs on Tensors."""
    leaves, _ = pulled_back(subject)
    parts = {
        name: dict(
            enumerate(map(ARITHMETIC.number, flat(np.broadcast_to(0.0 if x.grad is None else x.grad, x.shape)[()])))
        )
        for name, x in leaves.items()
    }
    found = Known("the rules of stepgrad", ARITHMETIC, parts, {})
    found.slack = loose(subject, found)
    return found


def measured(subject: Subject, rng: np.random.Generator) -> Known:
    """By differences of the function as it is."""
    parts: dict[str, dict[int, Any]] = {}
    sides: dict[str, dict[int, tuple[float, float]]] = {}
    for name, value in subject.parameters.items():
        base = np.array(value, dtype=np.float64)
        parts[name], sides[name] = {}, {}
        for i in chosen_elements(base.size, MEASURED, rng):
            scale = max(abs(float(base.flat[i])), 0.1)

            def line(h: Any, name: str = name, base: Any = base, i: int = i) -> Any:
                moved = base.astype(complex) if isinstance(h, complex) else base.copy()
                moved.flat[i] += h
                return subject.scalar({**subject.parameters, name: moved[()] if moved.ndim == 0 else moved})

            with np.errstate(all="ignore"):
                found = slope(line, scale)
            parts[name][i] = found.value
            if found.sides is not None:
                below, above = found.sides
                sides[name][i] = below.value, above.value
    slack = {name: [0.0] * np.size(value) for name, value in subject.parameters.items()}
    return Known("differences", ARITHMETIC, parts, slack, sides)


def loose(subject: Subject, found: Known) -> dict[str, list[float]]:
    """What rounding may come to at most, where nothing better is known: a part of the largest element."""
    eps = float(np.finfo(subject.dtype).eps)
    slack = {}
    for name, parts in found.parts.items():
        largest = max((abs(found.arithmetic.middle(raw)) for raw in parts.values()), default=0.0)
        slack[name] = [LOOSE * eps * largest] * len(parts)
    return slack


def verdict_of(known: Known, name: str, place: int, got: float, dtype: Any, scale: float, slack: float) -> str:
    """One of "right", "off", "undecided", and "imprecise": off by digits that another order of computing may lose."""
    arithmetic = known.arithmetic
    raw = known.parts[name][place]
    if not arithmetic.is_defined(raw):
        return "undecided" if np.isfinite(got) else "right"
    if not np.isfinite(got):
        return "off"
    least, most = arithmetic.error(raw, got)
    allowed = ULPS * unit_of(arithmetic.middle(raw), dtype) + known.slack[name][place] + slack
    if most <= allowed:
        return "right"
    if least > allowed:
        return "off" if least > LOOSE * float(np.finfo(dtype).eps) * scale else "imprecise"
    return "right" if arithmetic.radius(raw) <= 1e-5 * max(scale, 1e-300) else "undecided"
