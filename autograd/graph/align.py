"""Which node of one computation is which of another, and what differs between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.graph.graph import Graph
from autograd.program import Constant, Equation

#: How far two numbers may be from each other and count as the same, relative to the larger; or so many roundings.
CLOSE, ROUNDINGS = 1e-9, 100


class Pair(NamedTuple):
    """A node of both runs, by its index in each, None where it is in one alone; what differs, and if it begins here.

    ``value`` differs where the value does, ``grad`` where the gradient does; a ``cause`` differs while all that it is
    computed from is the same. ``otherwise``: by other constants, arguments or inputs, whatever the value is.
    """

    a: int | None
    b: int | None
    value: bool = False
    grad: bool = False
    cause: bool = False
    otherwise: bool = False


def pairs(a: Graph, b: Graph, grads_a: Sequence[Any], grads_b: Sequence[Any]) -> list[Pair]:
    """Every node of either, in the order of the code."""
    partner = aligned(a, b)
    found: list[Pair] = []
    differs: set[int] = set()  # of b, by its values
    where = {j: i for i, j in partner.items()}
    for j, equation in enumerate(b.equations):
        i = where.get(j)
        if i is None:
            found.append(Pair(None, j))
            differs.add(j)
            continue
        value = not same(a.data[i], b.data[j])
        inherits = any(x in differs for x in equation.inputs if isinstance(x, int))
        if value:
            differs.add(j)
        is_other = not equation.inputs and dtype_of(a.data[i]) != dtype_of(b.data[j])
        otherwise = is_other or not same_call(a.equations[i], equation, partner)
        found.append(Pair(i, j, value, not same(grads_a[i], grads_b[j]), value and not inherits, otherwise))
    return found + [Pair(i, None) for i in range(len(a)) if i not in partner]


def aligned(a: Graph, b: Graph) -> dict[int, int]:
    """Which node of b each node of a is: what the same operation computes of the same, in whatever order.

    Leaves are the same by label, or by their order; from there on all that is computed is, and from the output back
    what has the same place there.
    """
    found = leaves(a, b)
    shapes = [[(e.op, inputs_of(e)) for e in graph.equations] for graph in (a, b)]
    if shapes[0] == shapes[1] and all(i == j for i, j in found.items()):
        return {i: i for i in range(len(a))}
    onward(a, b, found)
    labels = {b.labels[j]: j for j in range(len(b)) if b.equations[j].op and j not in found.values()}
    for i, equation in enumerate(a.equations):
        j = labels.get(a.labels[i]) if a.labels[i] is not None and i not in found else None
        if j is not None and equation.op is b.equations[j].op:
            found[i] = j
    (i,), (j,) = a.outputs, b.outputs
    if i not in found and j not in found.values() and a.equations[i].op is b.equations[j].op:
        found[i] = j  # what was asked for, whatever it is called
    backward(a, b, found)
    onward(a, b, found)
    return found


def leaves(a: Graph, b: Graph) -> dict[int, int]:
    """Leaves of the same label, and the others in their order: a leaf may have another name."""
    named = [{g.labels[i]: i for i in g.leaves if g.labels[i] and g.labels.count(g.labels[i]) == 1} for g in (a, b)]
    found = {i: named[1][label] for label, i in named[0].items() if label in named[1]}
    rest = [[i for i in a.leaves if i not in found], [j for j in b.leaves if j not in found.values()]]
    if len(rest[0]) != len(rest[1]):
        rest = [[i for i in part if not g.labels[i]] for part, g in zip(rest, (a, b), strict=True)]
    return found | dict(zip(*rest, strict=False))


def onward(a: Graph, b: Graph, found: dict[int, int]) -> None:
    """What the same operation computes of nodes that are the same; of several, with the same constants, or name."""
    taken = set(found.values())
    users: dict[Any, list[int]] = {}
    for j, equation in enumerate(b.equations):
        if equation.op and j not in taken:
            users.setdefault((equation.op, *inputs_of(equation)), []).append(j)
    for i, equation in enumerate(a.equations):
        inputs = inputs_of(equation)
        if i in found or not equation.op or any(x is not None and x not in found for x in inputs):
            continue
        alike = users.get((equation.op, *(x if x is None else found[x] for x in inputs)))
        if alike:
            j = max(alike, key=lambda j: (same_call(equation, b.equations[j], found), a.labels[i] == b.labels[j], -j))
            alike.remove(j)
            found[i] = j


def backward(a: Graph, b: Graph, found: dict[int, int]) -> None:
    """From each node that is the same to what stands in the same place of it, by the same operation."""
    taken = set(found.values())
    for i in reversed(range(len(a))):
        if i not in found:
            continue
        for x, y in zip(inputs_of(a.equations[i]), inputs_of(b.equations[found[i]]), strict=False):
            if x is None or y is None or x in found or y in taken:
                continue
            if a.equations[x].op is b.equations[y].op is not None:
                found[x] = y
                taken.add(y)


def same_call(x: Equation, y: Equation, partner: Mapping[int, int]) -> bool:
    """Whether two equations compute the same of the same, given which nodes of the first are which of the second."""
    if x.op is None or y.op is None:
        return x.op is y.op
    if len(x.inputs) != len(y.inputs) or repr(dict(x.params)) != repr(dict(y.params)):
        return False
    return all(
        same(u.data, v.data) if isinstance(u, Constant) and isinstance(v, Constant) else partner.get(u, u) == v  # type: ignore[arg-type]
        for u, v in zip(x.inputs, y.inputs, strict=True)
    )


def inputs_of(equation: Any) -> list[Any]:
    """Which nodes it is computed from, and where its constants stand."""
    return [None if isinstance(x, Constant) else x for x in equation.inputs]


def same(x: Any, y: Any) -> bool:
    """Whether two numbers or arrays are the same, but for rounding, be it that of float32."""
    if x is None or y is None:
        return x is y
    if np.shape(x) != np.shape(y):
        return False
    kinds = [kind for kind in map(dtype_of, (x, y)) if kind.kind == "f"]
    close = max([CLOSE, *(ROUNDINGS * float(np.finfo(kind).eps) for kind in kinds)])
    return bool(np.allclose(x, y, rtol=close, atol=1e-300, equal_nan=True))


def dtype_of(x: Any) -> np.dtype[Any]:
    return np.asarray(x).dtype
