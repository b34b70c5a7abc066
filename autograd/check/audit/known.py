"""What is known of the gradient of a person's function: proven by balls; else by a recording; else by differences."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any

import numpy as np

from autograd.check.audit.nodes import pulled_back
from autograd.check.audit.recorder import LIMIT, Recorded, Recorder, TooLongError, run_on
from autograd.check.audit.subject import Subject
from autograd.check.references import chosen
from autograd.check.references.differences import ARITHMETIC
from autograd.check.references.lines import chosen_elements, slope
from autograd.check.references.real import RefusedError, UndecidedError, ancestors
from autograd.check.references.reference import BITS
from autograd.check.references.taped import Taped
from autograd.check.verdict import ULPS, unit_of

#: Of what rounding comes to in the worst case, as many times is allowed.
SLACK = 4

#: What rounding is allowed where its worst case is not known: this part of the largest element.
LOOSE = 2.0**12

#: How many elements of a parameter are measured by differences: at most, at least, and in about how many seconds.
MEASURED, FEWEST, SECONDS = 100, 4, 20.0

#: About how often the function is run for each.
RUNS = 60

#: In how many ways what is at a kink is moved, and how many numbers are recorded for that.
WAYS, MOVED = 100, 2_000_000


@dataclass
class Known:
    """The gradient of each parameter: raw numbers of an arithmetic by element, and how far rounding may go."""

    name: str
    arithmetic: Any
    parts: Mapping[str, Mapping[int, Any]]
    slack: Mapping[str, Any]  #: an array
    sides: Mapping[str, Mapping[int, tuple[float, float]]] = field(default_factory=dict)  #: of elements at a kink
    numbers: int | None = None  #: how many a recording of the code has, if it ran on those of a reference

    @property
    def word(self) -> str:
        """What its numbers are."""
        return "certified" if self.name == "balls" else self.name

    def middles(self, name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """The gradient as floats; NaN where it is not known."""
        return self._floats(name, shape, self.arithmetic.middle)

    def radii(self, name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """How far each of these may be off."""
        return self._floats(name, shape, self.arithmetic.radius)

    def _floats(self, name: str, shape: tuple[int, ...], of: Any) -> np.ndarray[Any, Any]:
        parts = self.parts[name]
        if isinstance(parts, Exact):
            return (parts.array if of == self.arithmetic.middle else np.zeros(parts.array.shape)).reshape(shape)
        found = np.full(int(np.prod(shape)), np.nan)
        for place, raw in parts.items():
            found[place] = of(raw)
        return found.reshape(shape)


class Exact(Mapping[int, Any]):
    """Floats that are known as they are, by place: so many that a number is made of each only when it is asked for."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array, dtype=float).reshape(-1)

    def __getitem__(self, place: int) -> Any:
        return ARITHMETIC.number(float(self.array[place]))

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.array.size))

    def __len__(self) -> int:
        return int(self.array.size)


def known_gradient(subject: Subject, rng: np.random.Generator) -> Known:
    """By the best way that the code runs in."""
    reasons = []
    for way in (proven, recorded, partial(measured, rng=rng)):
        subject.is_reached = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = way(subject)
            if subject.is_reached and not is_slope_of(subject, found):
                raise RefusedError("what it had come to is not its result")
            return found
        except Exception as error:  # a person's code may do anything with a number that is none
            reasons.append(error)
    raise reasons[-1]


def proven(subject: Subject) -> Known:
    """By numbers with a proven bound, through the code itself."""
    if sum(map(np.size, subject.parameters.values())) > LIMIT:
        raise TooLongError(f"more than {LIMIT:,} numbers")
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
            name: np.array([SLACK * rounded.arithmetic.radius(raw) for raw in parts.values()])
            for name, parts in rounded.parts.items()
        }
    except UndecidedError:
        slack = loose(subject, found)
    return Known(found.name, found.arithmetic, found.parts, slack, found.sides, found.numbers)


def is_slope_of(subject: Subject, found: Known) -> bool:
    """Whether differences of the function are as this gradient says, along a direction of all parameters."""
    rng = np.random.default_rng(0)
    directions = {name: rng.uniform(0.5, 1.5, np.shape(x)) for name, x in subject.parameters.items()}
    parts = [(found.middles(name, np.shape(d)) * d).reshape(-1) for name, d in directions.items()]
    known, margin = sum(float(x.sum()) for x in parts), 1e-5 * sum(float(np.abs(x).sum()) for x in parts)
    line = lambda h: subject.scalar({name: x + h * directions[name] for name, x in subject.parameters.items()})  # noqa: E731
    along = slope(line, 0.1)
    return along.low - margin <= known <= along.high + margin


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
    found = Known(reference.name, arithmetic, parts, {}, {}, len(run.tape.made))
    if wide is None and any(kinks.values()):
        found.sides = around(subject, reference, found, kinks)
    return found


def around(
    subject: Subject, reference: Taped, here: Known, kinks: Mapping[str, list[int]]
) -> dict[str, dict[int, tuple[float, float]]]:
    """The least and the largest gradient a little beside where the function is at a kink, of each element there.

    What is claimed is between them if some convention for the slope at a kink has it; then no more ways are tried.
    """
    low = {name: np.full(np.size(x), np.inf) for name, x in subject.parameters.items()}
    high = {name: np.full(np.size(x), -np.inf) for name, x in subject.parameters.items()}
    most = max(2 * len(subject.parameters) + 4, min(WAYS, MOVED // max(here.numbers or 1, 1)))
    moved = (beside(subject, reference, way) for way in islice(ways(subject), most))
    for gradients in chain(conventional(subject, reference), moved):
        for name, gradient in gradients.items():
            low[name] = np.fmin(low[name], gradient)
            high[name] = np.fmax(high[name], gradient)
        if all(lies_between(subject, name, places, low[name], high[name]) for name, places in kinks.items()):
            break
    return {
        name: {i: (float(low[name][i]), float(high[name][i])) for i in places if low[name][i] <= high[name][i]}
        for name, places in kinks.items()
    }


def conventional(subject: Subject, reference: Taped) -> Iterator[dict[str, Any]]:
    """The gradient where what `np.maximum` ties in is all on, and all off, be there a way to go for that or not."""
    with reference.make(reference.bits[0]) as arithmetic:
        run = run_on(Recorder(arithmetic, with_places=True), subject)
        tape = run.tape
        tied = {frozenset((id(x), id(y))) for x, y in tape.ties}
        one = {id(x) for tie in tape.ties for x in tie if any(y.parts is None for y in tie)}
        for first in (0, 1):
            for real in tape.made:
                parts = real.parts or ()
                if any(slope.__class__ is not int for _, slope in parts):
                    continue
                if len(parts) == 1 and id(parts[0][0]) in one:
                    real.parts = ((parts[0][0], first),)
                elif frozenset(id(x) for x, _ in parts) in tied:
                    real.parts = ((parts[0][0], first), (parts[1][0], 1 - first))
            tape.pull(run.outputs)
            yield gradients_of(run)
            tape.forget([leaf for leaves in run.leaves.values() for leaf in leaves])


def gradients_of(run: Recorded) -> dict[str, Any]:
    """What was pulled back to the leaves of each parameter, as floats."""
    middle = run.tape.arithmetic.middle
    return {
        name: np.array([0.0 if x.adjoint is None else middle(x.adjoint) for x in leaves])
        for name, leaves in run.leaves.items()
    }


def ways(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """By how many little steps each element is moved: a parameter alone, those of one axis alone as biases are, and all
    of them, up and down; then at random.

    What ties by a bias, as all that is 0 in a network does, is so all switched on, and all switched off.
    """
    sizes = {name: np.size(x) for name, x in subject.parameters.items()}
    biases = {name for name, x in subject.parameters.items() if np.ndim(x) < 2}
    for chosen_names in (biases, set(sizes), *({name} for name in sizes)):
        for side in (-1, 1):
            yield {name: np.full(size, side * (name in chosen_names)) for name, size in sizes.items()}
    rng = np.random.default_rng(0)
    while True:
        yield {name: rng.choice((-1, 1), size) * rng.integers(1, 100, size) for name, size in sizes.items()}


def beside(subject: Subject, reference: Taped, way: Mapping[str, Any]) -> dict[str, Any]:
    """The gradient a little beside where it is asked for; NaN where there is none."""
    with reference.make(reference.beside) as arithmetic:
        steps = {name: some.tolist() for name, some in way.items()}
        moved = lambda name, i, x: arithmetic.moved(x, steps[name][i])  # noqa: E731
        run = run_on(Recorder(arithmetic), subject, moved)
        run.tape.pull(run.outputs)
        return gradients_of(run)


def lies_between(subject: Subject, name: str, places: list[int], low: Any, high: Any) -> bool:
    """Whether the claimed gradient does, at these places; where none came, 0."""
    claimed = np.asarray(subject.claimed.get(name, np.zeros(low.size))).reshape(-1)
    if claimed.size != low.size or claimed.dtype.kind != "f":
        return False
    margin = LOOSE * float(np.finfo(subject.dtype).eps) * scale_of(claimed)
    return bool(((low[places] - margin <= claimed[places]) & (claimed[places] <= high[places] + margin)).all())


def recorded(subject: Subject) -> Known:
    """By this project's own rules, which are checked elsewhere, where the code runs on Tensors."""
    leaves, _ = pulled_back(subject)
    parts = {name: Exact(np.broadcast_to(0.0 if x.grad is None else x.grad, x.shape)) for name, x in leaves.items()}
    found = Known("the rules of stepgrad", ARITHMETIC, parts, {})
    found.slack = loose(subject, found)
    return found


def measured(subject: Subject, rng: np.random.Generator) -> Known:
    """By differences of the function as it is."""
    parts: dict[str, dict[int, Any]] = {}
    sides: dict[str, dict[int, tuple[float, float]]] = {}
    since = time.perf_counter()
    subject.scalar(subject.parameters)
    cost = RUNS * len(subject.parameters) * (time.perf_counter() - since)
    most = int(min(max(SECONDS / max(cost, 1e-9), FEWEST), MEASURED))
    for name, value in subject.parameters.items():
        base = np.array(value, dtype=np.float64)
        parts[name], sides[name] = {}, {}
        for i in chosen_elements(base.size, most, rng):
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
    slack = {name: np.zeros(np.size(value)) for name, value in subject.parameters.items()}
    return Known("differences", ARITHMETIC, parts, slack, sides)


def loose(subject: Subject, found: Known) -> dict[str, Any]:
    """What rounding may come to at most, where nothing better is known: a part of the largest element."""
    eps = float(np.finfo(subject.dtype).eps)
    return {
        name: np.full(np.size(x), LOOSE * eps * scale_of(found.middles(name, np.shape(x))))
        for name, x in subject.parameters.items()
    }


def scale_of(gradient: Any) -> float:
    """The largest element that is known, and finite."""
    return float(np.max(np.abs(gradient), initial=0.0, where=np.isfinite(gradient)))


def verdicts(known: Known, name: str, shape: tuple[int, ...], got: Any, dtype: Any, slack: Any) -> dict[int, str]:
    """Of each element that is known and not right: "off", "undecided", "kink", and "imprecise": off by digits that
    another order of computing may lose.

    What is plainly right or plainly off is told for all elements at once.
    """
    true = known.middles(name, shape).reshape(-1)
    scale = scale_of(true)
    loosely = LOOSE * float(np.finfo(dtype).eps) * scale
    sides = known.sides.get(name, {})
    with np.errstate(all="ignore"):
        unit = np.maximum(np.spacing(np.abs(true).astype(dtype)).astype(float), np.spacing(np.abs(true)))
        allowed = ULPS * unit + known.slack[name] + slack
        blur = known.radii(name, shape).reshape(-1) + np.spacing(np.abs(true))
        distance = np.abs(got - true)
        is_right = distance + blur <= allowed
        is_off = distance - blur > np.maximum(allowed, loosely)
    found = {}
    for place in np.flatnonzero(~is_right).tolist():
        if place not in known.parts[name]:
            continue
        if is_off[place] and np.isfinite(true[place]):
            verdict = "off"
        else:
            verdict = verdict_of(known, name, place, float(got[place]), dtype, scale, float(slack[place]))
        if verdict == "right":
            continue
        if place in sides:
            low, high = sides[place]
            margin = max(float(allowed[place]), loosely, 1e-9 * max(abs(low), abs(high)))
            verdict = "kink" if min(low, high) - margin <= got[place] <= max(low, high) + margin else verdict
        found[place] = verdict
    return found


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
