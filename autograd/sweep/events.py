"""The sweep of events: one event for every edge that carries a gradient, from the output back.

It reads equations and operands and touches no node, so it serves `gradients`, recorded sweeps and `steps` alike: what
the operands are, numbers or nodes, the contributions are. It is always careful about structural zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from autograd.call import Output, shape_of
from autograd.node import Node
from autograd.op import Op
from autograd.ops.compare import not_equal
from autograd.program import Equation, made, unpickled
from autograd.sweep.batched import Batched, inside
from autograd.sweep.hooked import Amend
from autograd.sweep.masked import Masked, numbers
from autograd.sweep.pullback import pullback


class Event(NamedTuple):
    """The gradient ``incoming`` of a node contributes to its input number ``input``, which is the node ``target``.

    The contribution takes the adjoint of the target from ``before``, None if it is the first, to ``after``.
    """

    node: int
    input: int
    target: int
    incoming: Any
    contribution: Any
    before: Any
    after: Any

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled, (Event, *self)


#: What a sweep without hooks has.
NOTHING_AMENDED: Mapping[int, Amend] = MappingProxyType({})

#: For an equation, its output and its inputs.
Operands = Callable[[int], tuple[Any, Sequence[Any]]]

#: Of a scalar operation, the local derivative by each input, None where no gradient flows; None of a tensor's.
Slopes = tuple[float | None, ...] | None


def is_scalar(output: Any, adjoints: Sequence[Any], slopes: Sequence[Slopes]) -> bool:
    """Whether it is a sweep of plain numbers whose slopes are known, given the output of the last equation."""
    seeds = [seed for seed in adjoints if seed is not None]
    return None not in slopes and all(isinstance(x, int | float) for x in (*seeds, output))


def scalar_adjoints(equations: Sequence[Equation], adjoints: list[Any], slopes: Sequence[Slopes]) -> None:
    """What `scalar_events` leaves in the adjoints, without the events."""
    for index in reversed(range(len(equations))):
        g, known = adjoints[index], slopes[index]
        if g is None or not known:
            continue
        for x, slope in zip(equations[index].inputs, known, strict=True):
            if slope is not None and x.__class__ is int and equations[x].requires_grad:
                before = adjoints[x]
                adjoints[x] = (0.0 if before is None else before) + slope * g


def scalar_events(
    equations: Sequence[Equation],
    adjoints: list[Any],
    slopes: Sequence[Slopes],
    amends: Mapping[int, Amend] = NOTHING_AMENDED,
) -> Iterator[Event]:
    """The quick form of `events` for plain numbers, whose slopes are known."""
    tracked = [equation.requires_grad for equation in equations]
    for index in reversed(range(len(equations))):
        g = adjoints[index]
        if g is None:
            continue
        if index in amends:
            g = adjoints[index] = amends[index](g)
        k = -1
        for target, slope in zip(equations[index].inputs, slopes[index] or (), strict=False):
            k += 1
            if slope is not None and target.__class__ is int and tracked[target]:
                contribution = slope * g
                before = adjoints[target]
                adjoints[target] = after = (0.0 if before is None else before) + contribution
                yield made(Event, (index, k, target, g, contribution, before, after))


def events(
    equations: Sequence[Equation],
    operands: Operands,
    adjoints: list[Any],
    slopes: Sequence[Slopes],
    careful: bool = True,
    amends: Mapping[int, Amend] = NOTHING_AMENDED,
) -> Iterator[Event]:
    """The events, by the rules: for arrays, and for nodes of either kind.

    Unless it is ``careful``, structural zeros may be taken for numbers: then a NaN shows where that was wrong. What
    hooks make of a gradient is in ``amends``.
    """
    if careful and any(known is None and masks(equation) for equation, known in zip(equations, slopes, strict=True)):
        adjoints[:] = [None if seed is None else masked(seed) for seed in adjoints]
    tracked = [equation.requires_grad for equation in equations]
    for index in reversed(range(len(equations))):
        equation, g, known = equations[index], adjoints[index], slopes[index]
        if index in amends and g is not None:
            g = adjoints[index] = amends[index](g)
        if g is None or equation.op is None:
            continue
        inputs = equation.inputs
        wanted = [
            k
            for k, x in enumerate(inputs)
            if x.__class__ is int and tracked[x] and (known is None or known[k] is not None)
        ]
        for k, contribution in contributions(equation, wanted, g, *operands(index)):
            target: Any = inputs[k]
            before = adjoints[target]
            adjoints[target] = after = contribution if before is None else before + contribution
            numbers = (g, contribution, before, after)
            if is_masked(g):
                numbers = tuple(map(plain, numbers))
            yield made(Event, (index, k, target, *numbers))


def masks(equation: Equation) -> bool:
    """Whether what an operation sends back as zero may be no number; so of an output that was not used."""
    op, params = equation.op, equation.params
    return op is not None and (op.is_masking(params) or params.__class__ is Output)


def contributions(
    equation: Equation, wanted: Sequence[int], g: Any, y: Any, inputs: Sequence[Any]
) -> Iterable[tuple[int, Any]]:
    """What the gradient ``g`` of one equation contributes, by the position of the input."""
    op, params = equation.op, equation.params
    assert op is not None
    if not is_masked(g):
        return pullback(op, wanted, g, y, inputs, params)
    inputs = with_its_integers(op, inputs, params)
    held = g.data if isinstance(g, Batched) else g
    all_live = held.choice is None and held.live.all()
    if not all_live and not op.is_masking(params):  # a condition multiplies nothing
        inputs = [x if k in wanted else with_its_zeros(x) for k, x in enumerate(inputs)]
    if masks(equation) or not all_live:
        try:
            return pullback(op, wanted, g, y, inputs, params)
        except Exception:  # a person's own rule may do what only arrays can; if that is not it, it will raise again
            inputs = [plain(x) for x in inputs]
    parts = pullback(op, wanted, plain(g), y, inputs, params)
    return [(k, masked(part)) for k, part in parts]


def with_its_integers(op: Op, inputs: Sequence[Any], params: Mapping[str, Any] | None) -> Sequence[Any]:
    """Operands with what a person wrote as an int as a float: a 0 that is no number is one that stands in a rule.

    >>> import autograd
    >>> with_its_integers(autograd.mul, [0, np.ones(1)], None)
    [0.0, array([1.])]
    """
    if int not in map(type, inputs):
        return inputs
    rules = op.rules_for(inputs, params)
    return [
        float(x) if x.__class__ is int and rule is not None else x for x, (rule, _) in zip(inputs, rules, strict=True)
    ]


def with_its_zeros(constant: Any) -> Any:
    """A constant array whose zeros, which depend on nothing, are no numbers either: 0 · f(x) is flat.

    So of a node that nothing tracked leads to: which of its elements are zeros is asked of it, for a replay.
    """
    is_node = isinstance(constant, Node) and not constant.requires_grad
    if not (is_node or isinstance(constant, np.ndarray)):
        return constant
    array = numbers(constant)
    if array.dtype.kind != "f" or (not is_node and array.all()):
        return constant
    choice = not_equal(constant, 0)
    return Masked(constant, array != 0, choice if isinstance(choice, Node) else None)


def masked(x: Any) -> Any:
    """Every element of it is live, unless it says which are; so inside a batch."""
    return inside(x, lambda x: x if isinstance(x, Masked) else Masked(x, np.ones(shape_of(x), bool)))


def is_masked(x: Any) -> bool:
    return x.__class__ is Masked or (x.__class__ is Batched and x.data.__class__ is Masked)


def plain(x: Any) -> Any:
    return inside(x, lambda x: x.data if isinstance(x, Masked) else x) if is_masked(x) else x
