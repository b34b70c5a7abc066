"""A person's entry is tried where it is made: do its rules give the slopes that its forward function has?

It is called as a person might, at a few points, or with arrays of a few shapes; calls that the forward function does
not take are passed over. Differences tell what is right. They accuse only where they can be trusted: where three steps
agree to far more digits than the rule is asked for. So a kink, a jump, noise, or a point out of reach is passed over.

Rules run on Tensors, so this stands below them; `op` calls it by ``trials``, and it is
imported when there is such an entry.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import inf, isinf, prod
from typing import Any

import numpy as np

from autograd.checked import Checked, unchecked
from autograd.errors import DTypeError, OperationError, ShapeError
from autograd.op import Op
from autograd.signature import each
from autograd.sweep.reverse import gradients
from autograd.tensor.tensor import Tensor

Interval = tuple[float, float]
Shape = tuple[int, ...]

EVERYWHERE = (-inf, inf)

#: Where a function on all numbers is tried, one on those above a bound, and one between two: at no special points.
ANYWHERE = (-2.3171, -0.6373, 0.4719, 1.7853)
ABOVE = (0.3191, 0.7877, 1.3719, 4.2931)
BETWEEN = (0.1371, 0.3853, 0.5717, 0.8719)

#: Which of them stand in an array, in no order along any axis.
MIXED = ([[1, 3, 0]], [[1, 3], [2, 0]])

#: The shapes that an operation of that many inputs is tried with; one of more has the last ones again.
SHAPES: Mapping[int, Sequence[Sequence[Shape]]] = {
    1: [[(3,)], [(2, 3)], [(2, 2)], [()]],
    2: [
        [(3,), (3,)], [(2, 3), (3, 2)], [(2, 3), (3,)], [(2, 3), (2, 3)], [(2, 2), (2, 2)], [(2, 2), (2,)],
        [(3,), ()], [(), ()],
    ],
    3: [[(3,)] * 3, [(2, 3), (3, 2), (2,)], [(2, 3), (3,), (3,)], [(2, 2)] * 3, [()] * 3],
}  # fmt: skip

STEP = 1e-5
#: How closely the differences of three steps agree, of themselves, a rule with them, and what is said to be linear.
TRUSTED, RIGHT, LINEAR = 1e-6, 1e-3, 1e-4
#: What rounding adds to a difference, in units of the numbers it is of, divided by the step; and nothing at all.
NOISE, TINY = 1e-14, 1e-290

#: What the graph says of a rule that gives no gradient of the input, be it of another kind or of another shape.
REFUSALS = (DTypeError, OperationError, ShapeError)


def expect_right(op: Op) -> None:
    """Refuse an operation of a person's own that is plainly not what it is said to be.

    What cannot be run here, for want of an operation that is entered later, or of a param, is not tried. A rule may be
    made for some shapes alone: it fails at others, where the forward function is wider.

    Raises `ValueError`, which names the call, what is expected, and what came; for what is no number or has another
    shape, what the graph would raise.
    """
    if is_persons(op):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Context().run(expect_all, op)  # whatever is recorded around it


def is_persons(op: Op) -> bool:
    """Whether a function of it is no package's that is trusted; where no rule is, nothing says whose it is."""
    rules = [rule.rule if isinstance(rule, each) else rule for rule in op.rules]
    return op.is_flat or any(isinstance(function, Checked) for function in (op.forward, *rules))


def expect_all(op: Op) -> None:
    """The same, whosever it is.

    >>> import autograd
    >>> op = autograd.primitive("energy", lambda x: np.sum(x * x), lambda g, y, x: 3 * g * x, doc="", check=False)
    >>> autograd.remove("energy")
    >>> expect_all(op)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: energy: expected from the rule of x the slope of the forward function, which is 12.5341 at ...
    """
    refused: dict[int, Exception] = {}
    right: set[int] = set()
    ran = finite = False
    if op.is_elementwise and (fault := mixes(op)):
        raise ValueError(f"{op.name}: {fault}: enter it with autograd.primitive")
    indices = [k for k, rule in enumerate(op.binding.rules) if rule is None]
    found = points(domain(op)) if op.is_elementwise else arguments(len(names_of(op)), indices)
    for call in calls(op, found):
        if not call.is_taken():
            continue
        ran = True
        finite = finite or call.is_finite()
        for fault_of, k in product((Call.claim_fault, Call.slope_fault, Call.second_fault), range(len(call.inputs))):
            fault = None
            try:
                fault = fault_of(call, k)
            except REFUSALS as error:
                refused.setdefault(k, error)
            except Exception:  # a person's function may raise anything
                continue
            else:
                right |= {k} if fault_of is Call.slope_fault else set()
            if fault:
                raise ValueError(f"{op.name}: {fault}, or say check=False if it is meant so")
    for k in refused.keys() - right:
        raise refused[k]
    if op.domain and ran and not finite:
        raise ValueError(
            f"{op.name}: expected a domain= on which the forward function is a number, got {short(op.domain)}, where "
            "it is none: mend the domain, or say check=False if it is meant so"
        )


@dataclass(frozen=True)
class Call:
    """A call of an operation with numbers: what its arguments are named, and what they are."""

    op: Op
    names: Sequence[str]
    inputs: Sequence[Any]
    params: Mapping[str, Any]
    varied: Mapping[str, Any]  #: the params that have not their defaults

    @property
    def at(self) -> str:
        """The call, as a message shows it."""
        inputs = zip(self.names, self.inputs, strict=True)
        shown = [f"{name}={x.item():.4g}" if x.size == 1 else f"{name} of shape {x.shape}" for name, x in inputs]
        return ", ".join([*shown, *(f"{name}={value!r}" for name, value in self.varied.items())])

    def is_taken(self) -> bool:
        """Whether the forward function runs; what it then gives has to be numbers, as everywhere."""
        try:
            self.op.run(unchecked(self.op.forward), [x.copy() for x in self.inputs], self.params)
        except Exception:  # a person's function may raise anything
            return False
        self.outputs(self.inputs)
        return True

    def is_finite(self) -> bool:
        return all(np.isfinite(y).all() for y in self.outputs(self.inputs))

    def outputs(self, inputs: Sequence[Any]) -> list[Any]:
        y = self.op.run(self.op.forward, inputs, self.params)
        return [np.asarray(part) for part in (y if isinstance(y, tuple | list) else [y])]

    def total(self, inputs: Sequence[Any]) -> float:
        """The outputs as one number, in which each element has another weight."""
        floats = [y for y in self.outputs(inputs) if y.dtype.kind == "f"]
        return float(sum(np.sum(weights(y.shape, i) * y) for i, y in enumerate(floats)))

    def recorded_total(self, inputs: Sequence[Any]) -> Any:
        """The same of Tensors; None where nothing is recorded."""
        y = self.op.apply(inputs, self.params)
        tensors = [part for part in (y if isinstance(y, tuple | list) else [y]) if isinstance(part, Tensor)]
        parts = [(part * weights(part.shape, i)).sum() for i, part in enumerate(tensors)]
        return sum(parts[1:], parts[0]) if parts else None

    @property
    def wanted(self) -> list[int]:
        """The inputs that have a rule."""
        return [k for k, (rule, _) in enumerate(self.op.rules_for(self.inputs, self.params)) if rule is not None]

    def moved(self, ks: Sequence[int], s: float) -> list[Any]:
        """The inputs, of which these have gone so far, each element another way."""
        return [x + s * direction(x, k) if k in ks else x for k, x in enumerate(self.inputs)]

    def slope(self, f: Callable[[Sequence[Any]], float], ks: Sequence[int]) -> tuple[float, float] | None:
        """How a function of the inputs changes where these move, and how exactly that is known; None if it is not."""
        bounds = domain(self.op)
        size = max(1.0, *(float(np.max(np.abs(self.inputs[k]))) for k in ks))
        reach = [min(np.min(self.inputs[k]) - bounds[k][0], bounds[k][1] - np.max(self.inputs[k])) for k in ks]
        return difference(lambda s: f(self.moved(ks, s)), min(STEP * size, 0.01 * min(reach)))

    def pulled(self, k: int, inputs: Sequence[Any]) -> float:
        """What the rule of input k says of the same change; nothing where the output is of integers."""
        x = Tensor(inputs[k])
        y = self.recorded_total([*inputs[:k], x, *inputs[k + 1 :]])
        return 0.0 if y is None else float(np.sum(gradients(y, x) * direction(x, k)))

    def slope_fault(self, k: int) -> str | None:
        """What is wrong of the rule of input k, if anything is."""
        has_rule = k in self.wanted
        known = self.slope(self.total, [k])
        got = self.pulled(k, self.inputs) if has_rule else 0.0
        if known is None or agree(got, *known):
            return None
        says = f"{got:.6g}: mend the rule" if has_rule else "None: give it a rule"
        return (
            f"expected from the rule of {self.names[k]} the slope of the forward function, which is {known[0]:.6g} at "
            f"{self.at}, got {says}"
        )

    def second_fault(self, k: int) -> str | None:
        """What is wrong of the slopes of that rule: it may have left the graph, as by ``.data``."""
        wanted = self.wanted
        known = self.slope(partial(self.pulled, k), wanted) if k in wanted else None
        if known is None:
            return None
        xs = [Tensor(x) if i in wanted else x for i, x in enumerate(self.inputs)]
        first = gradients(self.recorded_total(xs), xs[k], create_graph=True)
        parts = gradients((first * direction(first, k)).sum(), [xs[i] for i in wanted])
        got = sum(float(np.sum(part * direction(part, i))) for i, part in zip(wanted, parts, strict=True))
        if agree(got, *known):
            return None
        return (
            f"expected from the rule of {self.names[k]} one that can be differentiated again, with the slope "
            f"{known[0]:.6g} at {self.at}, got {got:.6g}: use operations of the table alone, and no .data"
        )

    def claim_fault(self, k: int) -> str | None:
        """What is wrong of ``linear=``, of that input or of all together, if anything is."""
        op, linear = self.op, list(self.op.linear_inputs(self.inputs, self.params))
        if k in linear:
            group = linear if op.linear == "jointly" else [k]
            others = [0.3 - np.flip(x) if i in group else x for i, x in enumerate(self.inputs)]
            both = [2.5 * a - b if i in group else a for i, (a, b) in enumerate(zip(self.inputs, others, strict=True))]
            for a, b, c in zip(*map(self.outputs, (self.inputs, others, both)), strict=True):
                if not (a.dtype.kind == b.dtype.kind == c.dtype.kind == "f" and np.isfinite([a, b, c]).all()):
                    continue
                if np.any(np.abs(2.5 * a - b - c) > LINEAR * np.max(np.abs([a, b, c]), initial=0.0)):
                    names = " and ".join(self.names[i] for i in group)
                    setting = "masks" if op.is_elementwise and op.masks else "linear"  # which says it too
                    said = f"{setting}={getattr(op, setting)!r} says"
                    return (
                        f"expected a forward function that is linear in {names}, as {said}, got "
                        f"one that is not at {self.at}: leave {setting}= out"
                    )
        if op.linear == "separately":
            positive = [0.5 + np.abs(x) if i in linear else x for i, x in enumerate(self.inputs)]
            if any(np.any(y < 0) for y in self.outputs(positive)):
                return (
                    "expected sums of products, none subtracted, as linear='separately' says, got a negative one of "
                    f"positive numbers at {replace(self, inputs=positive).at}: leave linear= out"
                )
        return None


def mixes(op: Op) -> str | None:
    """What is wrong of an elementwise operation if what it gives for one element depends on the others."""
    for order in MIXED:
        whole_inputs = [np.array([[inside(x, i + k) for i in row] for row in order]) for k, x in enumerate(domain(op))]
        call = next(calls(op, [[x.squeeze() for x in whole_inputs]]), None)
        if call is None or not call.is_taken():
            continue
        (whole,), (again,) = call.outputs(call.inputs), call.outputs(call.inputs)
        alone = np.full(call.inputs[0].shape, np.nan)
        with suppress(Exception):  # a person's function may raise anything
            for at in np.ndindex(alone.shape):
                alone[at] = call.outputs([x[at].reshape(1) for x in call.inputs])[0].item()
        known = np.isfinite(alone)
        if whole.shape == alone.shape:
            known &= whole == again  # what is random says nothing
            known &= np.abs(whole - alone) > RIGHT * np.max(np.abs(whole), initial=0.0, where=np.isfinite(whole))
        if known.any():
            shown = ", ".join(f"{x:.4g}" for x in whole.flat)
            return f"expected a forward function of each element alone, got {shown} at {call.at}, and one by one others"
    return None


def names_of(op: Op) -> list[str]:
    """What inputs it is called with: two where the argument is a list."""
    binding = op.binding
    return [
        f"{name}[{i}]" if isinstance(rule, each) else name
        for name, rule in zip(binding.inputs, binding.rules, strict=True)
        for i in range(2 if isinstance(rule, each) else 1)
    ]


def domain(op: Op) -> Sequence[Interval]:
    """The interval of each of these inputs."""
    inputs = len(names_of(op))
    return op.domain if len(op.domain) == inputs else [EVERYWHERE] * inputs


def calls(op: Op, found: Iterable[Sequence[Any]]) -> Iterator[Call]:
    """Calls with these inputs, and with other params than the defaults where those are numbers.

    None where a param must be given: what it may be is not known.
    """
    binding, names = op.binding, names_of(op)
    if binding.required:
        return
    for inputs, varied in product(found, variants(binding.params, binding.defaults)):
        rest = iter(inputs)
        named: dict[str, Any] = {
            name: [next(rest), next(rest)] if isinstance(rule, each) else next(rest)
            for name, rule in zip(binding.inputs, binding.rules, strict=True)
        }
        named |= varied
        args: list[Any] = []
        if binding.many is not None:
            last = named.pop(binding.many, ())
            args = [*(named.pop(name, binding.defaults.get(name)) for name in binding.names), *last]
        yield Call(op, names, *binding.bind(tuple(args), named), varied)


def variants(names: Sequence[str], defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Params to give: none, then another number for each that has one.

    >>> list(variants(["k", "axis", "alpha"], {"k": 2, "axis": None, "alpha": 0.5}))
    [{}, {'k': 3}, {'alpha': 0.75}]
    """
    yield {}
    for name in names:
        default = defaults.get(name)
        if isinstance(default, int | float) and not isinstance(default, bool):
            yield {name: default + 1 if isinstance(default, int) else 1.5 * default or 0.5}


def points(bounds: Sequence[Interval]) -> Iterator[list[Any]]:
    """Some points inside the domain, no two inputs of one alike; in arrays without axes, which `math` takes too."""
    for i in range(len(ANYWHERE)):
        yield [np.array(inside(interval, i + k)) for k, interval in enumerate(bounds)]


def arguments(inputs: int, indices: Sequence[int]) -> Iterator[list[Any]]:
    """Arrays of small shapes, of numbers of both signs, then of positive ones; an index where an input may be one."""
    for shapes in SHAPES[min(inputs, 3)] if inputs else ():
        filled = [*shapes, *[shapes[-1]] * (inputs - len(shapes))]
        signed = [numbers(shape, k + 20) for k, shape in enumerate(filled)]
        yield signed
        yield [0.2 + np.abs(x) for x in signed]
        if indices:
            yield [np.array(1) if k in indices else x for k, x in enumerate(signed)]


def numbers(shape: Shape, k: int) -> Any:
    """Numbers of both signs, no two of which are alike in any simple way, and others for each k."""
    return 2.5 * np.sin(np.arange(1.0, prod(shape) + 1) ** 2 + 5 * k).reshape(shape)


def weights(shape: Shape, k: int) -> Any:
    """The same; for one element, 1."""
    return np.ones(shape) if prod(shape) == 1 else numbers(shape, k)


def direction(x: Any, k: int) -> Any:
    """Where input k goes: not as the outputs are weighted, as symmetric products hide what is transposed."""
    return weights(x.shape, k + 10)


def inside(interval: Interval, i: int) -> float:
    """A number in an open interval.

    >>> inside((0.0, float("inf")), 0), inside((float("-inf"), 1.0), 0), inside((0.0, 2.0), 0)
    (0.3191, 0.6809000000000001, 0.2742)
    """
    low, high = interval
    i %= len(ANYWHERE)
    if isinf(low) and isinf(high):
        return ANYWHERE[i]
    if isinf(high):
        return low + ABOVE[i]
    return high - ABOVE[i] if isinf(low) else low + (high - low) * BETWEEN[i]


def difference(f: Callable[[float], float], step: float) -> tuple[float, float] | None:
    """The slope at 0, where differences of three steps, and those to both sides, say the same; else None.

    Beside it stands how exactly it is known: as far as what is seen is rounded.

    >>> f"{difference(lambda s: 3e-12 * s, 1e-5)[0]:.3g}", difference(abs, 1e-5)
    ('3e-12', None)
    """
    centre = f(0.0)
    values = [[f(side * m * step) for m in (1, 2, 4)] for side in (1, -1)]
    ups, downs = (
        [(y - centre) / (side * m * step) for m, y in zip((1, 2, 4), row, strict=True)]
        for side, row in zip((1, -1), values, strict=True)
    )
    slopes = [(up + down) / 2 for up, down in zip(ups, downs, strict=True)]
    if not np.isfinite([*slopes, centre]).all():
        return None
    size = max(map(abs, slopes))
    noise = NOISE * max(abs(y) for y in [centre, *values[0], *values[1]]) / step
    if max(slopes) - min(slopes) > TRUSTED * size + noise or abs(ups[0] - downs[0]) > RIGHT * size / 2 + noise:
        return None
    return slopes[0], noise


def agree(got: float, known: float, noise: float) -> bool:
    """Whether a slope is the one that differences know, up to what they do not; nan agrees with nothing.

    >>> agree(5e-12, 1e-12, 1e-25), agree(1e-12, 1e-12, 1e-25)
    (False, True)
    """
    return abs(got - known) <= RIGHT * (abs(got) + abs(known)) + noise + TINY


def short(bounds: Sequence[Interval]) -> str:
    return " and ".join(f"({low:g}, {high:g})" for low, high in bounds)
