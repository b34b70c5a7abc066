"""The quick sweep of Records, in the records. One that it has visited has the sweep's own `Mark` as its ``adjoint``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from autograd.call import Output
from autograd.compile import codegen
from autograd.notation.python import Untranslatable
from autograd.op import Op
from autograd.sweep.batched import Batched
from autograd.sweep.masked import Masked
from autograd.sweep.pullback import fitted, pullback
from autograd.sweep.reverse import swept
from autograd.sweep.section import QUICK, Section
from autograd.sweep.turns import locks, store
from autograd.tensor.record import Leaf, Mark, Record, leaf_record


def sweep_tensors(output: Record, seed: Any) -> None:
    """Fill ``adjoint`` from a Record back, starting with ``seed``; then the leaves add what they received."""
    marker: Any = Mark()
    leaves: list[Record] = []
    order: list[Record] = []
    locks.undo = undo, order, leaves
    try:
        visit_tensors(output, marker, leaves, order)
        output.adjoint = seed
        with np.errstate(all="ignore"):  # an infinite slope shows itself in the gradient
            gates = fill(order, marker)
        if brings_nan(gates, leaves, marker):
            fill_beside(output, seed, [*order, *leaves])
        with locks.leaves:
            settle(leaves, order, marker)
    except BaseException:
        undo(order)
        raise
    finally:
        undo(leaves)


def undo(*visited: list[Record]) -> None:
    """Forget what a sweep brought so far."""
    for record in chain(*visited):
        record.adjoint = None


def fill(order: list[Record], marker: Any) -> list[Any]:
    """The adjoints, last to first; and those that came to gates: to operations whose zeros may be no numbers."""
    gates = []
    for record in reversed(order):
        g = record.adjoint
        if g is marker:  # no more than a condition
            record.adjoint = None
            continue
        op: Any = record.op
        pull = _pulls.get(op) or pull_of(op)
        if pull(record, g, marker):
            gates.append(g)
    return gates


def fill_beside(output: Record, seed: Any, records: list[Record]) -> None:
    """The careful sweep, which knows a structural zero from a number."""
    order, adjoints = swept(output, seed)
    found = {id(record): adjoint for record, adjoint in zip(order, adjoints, strict=True)}
    for record in records:
        record.adjoint = found[id(record)]


def sweep_copies(section: Section, adjoints: list[Any]) -> bool:
    """The quick sweep beside the nodes: in copies of their records, which nobody else sees.

    Not of Tensors beside Values, nor of batches, nor of what says itself which zeros are no numbers.
    """
    if not section.is_one_to_one:
        return False
    marker: Any = Mark()
    copies: dict[int, Record] = {}
    for i, (place, seed) in enumerate(zip(section.places, adjoints, strict=True)):
        if not isinstance(place, Record) or isinstance(seed, Masked | Batched):
            return False
        copy = copies[id(place)] = leaf_record(place.array, None, True)
        copy.adjoint = marker if seed is None else seed
        if i >= section.sources:
            copy.op, copy.params = place.op, place.params
            copy.inputs = tuple([copies.get(id(x)) or constant(x) for x in place.inputs])
    leaves = [copy for copy in copies.values() if copy.op is None]
    order = [copy for copy in copies.values() if copy.op is not None]
    with np.errstate(all="ignore"):
        gates = fill(order, marker)
    if brings_nan(gates, leaves, marker):
        return False
    adjoints[:] = [None if copy.adjoint is marker else copy.adjoint for copy in copies.values()]
    return True


QUICK[Record] = sweep_copies


def constant(x: Any) -> Any:
    """An input that the sweep does not go to."""
    return x.array if x.__class__ is Record and x.requires_grad else x


def brings_nan(gates: list[Any], leaves: list[Record], marker: Any) -> bool:
    """Whether a zero may have been taken for a number. A NaN reaches a leaf or a gate: all else hands it on."""
    return bool(gates) and has_nan([*gates, *[x.adjoint for x in leaves if x.adjoint is not marker]])


def has_nan(arrays: Iterable[Any]) -> bool:
    """Whether a NaN is in any of these: in its scalar product with itself, which nothing cancels."""
    with np.errstate(over="ignore"):  # infinite is no NaN
        return math.isnan(sum_of_squares(arrays))


def sum_of_squares(arrays: Iterable[Any]) -> float:
    total = 0.0
    for array in arrays:
        flat = array.ravel()
        total += flat.dot(flat)
    return total


def visit_tensors(output: Record, marker: Any, leaves: list[Record], order: list[Record]) -> None:
    """Mark the Records behind an output; inner ones go to ``order``, each after its inputs, others to ``leaves``."""
    output.adjoint = marker
    if output.op is None:
        leaves.append(output)
        return
    path, remaining = [output], [iter(output.inputs)]
    while path:
        for x in remaining[-1]:
            if x.__class__ is Record and x.adjoint is not marker and x.requires_grad:
                x.adjoint = marker
                if x.op is not None:
                    path.append(x)
                    remaining.append(iter(x.inputs))
                    break
                leaves.append(x)
        else:
            remaining.pop()
            order.append(path.pop())


def settle(leaves: list[Record], order: list[Record], marker: Any) -> None:
    """Give each leaf the sum of what it had and received; its gradient belongs to it alone, for people write to it."""
    taken = {id(record.adjoint) for record in order}
    sums: dict[Leaf, Any] = {}
    for record in leaves:
        adjoint, leaf = record.adjoint, record.leaf
        if adjoint is marker or adjoint is None or leaf is None:
            continue
        had = sums.get(leaf, leaf.grad)
        if had is not None:
            adjoint = leaf.sum(had, adjoint)
        elif adjoint.__class__ is not np.ndarray:  # NumPy's result on arrays without axes is a number
            adjoint = np.asarray(adjoint)
        elif id(adjoint) in taken or adjoint.base is not None or adjoint is record.array:
            adjoint = adjoint.copy()
        taken.add(id(adjoint))
        sums[leaf] = adjoint
    store(sums)


Pull = Callable[[Record, Any, Any], bool | None]

_pulls: dict[Op, Pull] = {}


def pull_of(op: Op) -> Pull:
    """A function that adds what a gradient contributes to the inputs, and says whether the operation is a gate.

    It is generated, where the rules have a text.
    """
    names = {
        "Record": Record,
        "fitted": partial(fitted, name=op.name),
        "by_rules": pull_by_rules,
        "by_rule": part_by_rule,
    }
    try:
        pull = codegen.compiled(f"{op.name} pull", codegen.pull_source(op), names)
    except Untranslatable:
        pull = pull_by_rules
    _pulls[op] = pull
    return pull


def forget(op: Op) -> None:
    """Drop the code that was generated for an operation."""
    _pulls.pop(op, None)


def part_by_rule(record: Record, k: int, g: Any) -> Any:
    """What the gradient contributes to one input, where the generated code cannot say: 1 / 0 by a plain number."""
    op = record.op
    assert op is not None
    ((_, part),) = pullback(op, [k], g, *record._operands(), record.params)
    return part


def pull_by_rules(record: Record, g: Any, marker: Any) -> bool:
    op, inputs = record.op, record.inputs
    wanted = [k for k, x in enumerate(inputs) if x.__class__ is Record and x.requires_grad]
    assert op is not None
    for k, contribution in pullback(op, wanted, g, *record._operands(), record.params):
        x = inputs[k]
        before = x.adjoint
        x.adjoint = contribution if before is marker else before + contribution
    # Of a list of inputs (a concatenation), one that needs no gradient is not sent its part.
    drops_parts = op.arity is None and len(wanted) < len(inputs)
    return op.is_masking(record.params) or drops_parts or isinstance(record.params, Output)
