"""Random programs, and calls of one operation: operands that fit, drawn from its domain and off its kinks."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from autograd import accept
from autograd.call import broadcast
from autograd.check.strategies.draft import Draft, Wishes
from autograd.check.strategies.fit import Limits, domain_of
from autograd.check.strategies.instruction import Instruction
from autograd.check.strategies.lead import onto_kink
from autograd.check.strategies.leaves import Shape, Shapes, numbers, shapes, small_shapes
from autograd.check.strategies.program import Program
from autograd.check.strategies.rows import OF_TRUTHS, Of, Row, knows, row_of
from autograd.errors import GraphError, short_repr
from autograd.op import Op, table
from autograd.program import Constant

#: How many elements arrays that are broadcast together may have.
MOST = Limits.elements


def programs(
    ops: Iterable[Op | str] | None = None,
    *,
    shape: Shapes = None,
    dtype: DTypeLike = np.float64,
    most: int = 8,
    at_kinks: bool = False,
    edges: bool = False,
) -> st.SearchStrategy[Program]:
    """Programs of at most so many operations, any of the table or of ``ops``, on leaves of moderate size.

    (Beside these there may be comparisons that make a condition, and subtractions that lead to a kink.)
    Nothing in them is NaN or infinite, and no number is near the end of a domain or near a kink: where an operation
    does not fit, the gradient of the program leads its leaves to where it does, or it gets new ones. With ``at_kinks``
    kinks and ties are aimed at, with ``edges`` the ends of domains and the largest and smallest numbers; results are
    finite there too. With ``shape=()`` they are of single numbers, and so run on Values as on Tensors; leaves that an
    operation needs otherwise have another shape than ``shape`` says. Of the table, operations that nobody said how to
    call (`enter_row`) are left out. A condition that an operation needs may come from a comparison that is not in
    ``ops``.

    >>> from hypothesis import find
    >>> print(find(programs(["log"]), lambda program: True))
    import autograd
    x = autograd.Value(0.125)
    f = autograd.log(x)

    Raises `GraphError` for ops that are not in the table, or that nobody said how to call, `ShapeError` and
    `DTypeError` for other arguments that are not what they say.
    """
    chosen = None if ops is None else [expected_op(op, "programs") for op in ops]
    if chosen == []:
        raise GraphError("programs: expected operations, got none: leave ops= out for all of the table")
    if not isinstance(most, int) or most < 1:
        raise GraphError(f"programs: expected most= as an int of 1 or more, got {short_repr(most)}")
    wishes = wishes_of(chosen or [], "programs", shape, dtype, at_kinks, edges)
    return drawn_programs(wishes, chosen is None and shape == (), most)


def calls(
    op: Op | str,
    *,
    shape: Shapes = None,
    dtype: DTypeLike = np.float64,
    at_kinks: bool = False,
    edges: bool = False,
) -> st.SearchStrategy[Program]:
    """Calls of one operation, each a `Program` whose last instruction it is; its params are that one's.

    The arguments are as in `programs`. Of several outputs all are the result.

    >>> from hypothesis import find
    >>> print(find(calls("softmax"), lambda call: call.leaves[0].ndim == 2))
    import autograd
    x = autograd.Tensor([[0.0]])
    f = autograd.softmax(x)
    """
    wishes = wishes_of([expected_op(op, "calls")], "calls", shape, dtype, at_kinks, edges)
    return drawn_calls(wishes)


def wishes_of(ops: Sequence[Op], what: str, shape: Shapes, dtype: DTypeLike, at_kinks: bool, edges: bool) -> Wishes:
    return Wishes(
        ops,
        shapes(shape, what),
        accept.float_dtype(dtype, what),
        accept.flag(at_kinks, what, "at_kinks"),
        accept.flag(edges, what, "edges"),
    )


def expected_op(op: Any, what: str) -> Op:
    """An operation, or the one of that name, of which it is known how to call it."""
    found = table.get(op) if isinstance(op, str) else op
    if not isinstance(found, Op):
        raise GraphError(f"{what}: expected operations of the table, or their names, got {short_repr(op)}")
    if not knows(found):
        raise GraphError(f"{what}: expected to know how {found.name} is called: say so with enter_row")
    return found


def of_table(is_scalar: bool) -> list[Op]:
    """What is in the table now, and known how to call: the simplest first."""
    return [op for op in table.values() if knows(op) and (op.is_elementwise or not is_scalar)]


# Drawing.


@st.composite
def drawn_programs(draw: st.DrawFn, wishes: Wishes, is_scalar: bool, most: int) -> Program:
    ops = wishes.ops or of_table(is_scalar)
    draft = Draft(Wishes(ops, wishes.shape, wishes.dtype, wishes.at_kinks, wishes.edges))
    some = st.sampled_from(ops)
    if wishes.at_kinks and (kinked := [op for op in ops if op.kinks is not None]):
        some = st.sampled_from(kinked) | some
    for op in draw(st.lists(some, min_size=1, max_size=most)):
        draw(extended(draft, op))
    return draft.finished()


@st.composite
def extended(draw: st.DrawFn, draft: Draft, op: Op) -> None:
    """One instruction more: drawn together, so that shrinking takes one away as a whole."""
    extend(draw, draft, op)


@st.composite
def drawn_calls(draw: st.DrawFn, wishes: Wishes) -> Program:
    draft = Draft(wishes)
    if not extend(draw, draft, wishes.ops[0], choose=False):
        reject()
    return draft.program()


def extend(draw: st.DrawFn, draft: Draft, op: Op, choose: bool = True) -> bool:
    """Add a call of the operation: on registers that are there, or else on new leaves, which fit more often."""
    for fresh in (False, True):
        trial = draft.copy()
        instruction = instructed(draw, trial, op, fresh)
        if instruction is not None and trial.add(instruction, draw if choose else None):
            draft.become(trial)
            return True
    return False


def instructed(draw: st.DrawFn, draft: Draft, op: Op, fresh: bool) -> Instruction | None:
    if op.is_elementwise and op.arity is not None:
        return on_elements(draw, draft, op, fresh)
    return by_row(draw, draft, op, row_of(op), fresh)


# Elementwise: from its arity and its domain.


def on_elements(draw: st.DrawFn, draft: Draft, op: Op, fresh: bool) -> Instruction | None:
    """Operands whose shapes broadcast: of numbers first, then of truth values."""
    truths = [k for k in range(op.arity or 0) if takes_truth(op, k)]
    operands: dict[int, int | Constant] = {}
    shape: Shape | None = None
    for k in range(op.arity or 0):
        if k not in truths:
            operands[k] = number(draft, draw, op, k, shape, fresh, set(operands.values()))
            shape = broadcast(shape or (), shape_of(draft, operands[k]))
    if draft.wishes.at_kinks and op.kinks is not None and draw(st.sampled_from([True, False])):
        aim(draw, draft, op, operands)
    for k in truths:
        found = truth(draw, draft, shape, draw_leaf=op.is_flat and k == 0)
        if found is None:
            return None
        operands[k] = found
        shape = broadcast(shape or (), shape_of(draft, operands[k]))
    return Instruction(op, tuple(operands[k] for k in range(op.arity or 0)), {})


def takes_truth(op: Op, k: int) -> bool:
    """Whether an input is True or False: a condition that chooses, or what logic is done with."""
    return op.forward in OF_TRUTHS or (op.rules[k] is None and not op.is_flat)


def shape_of(draft: Draft, operand: int | Constant) -> Shape:
    return np.shape(operand.data) if isinstance(operand, Constant) else draft.data[operand].shape


def number(
    draft: Draft,
    draw: st.DrawFn,
    op: Op,
    k: int,
    shape: Shape | None,
    fresh: bool,
    used: Collection[int | Constant],
) -> int | Constant:
    """An operand that is a number or an array: a register, a new leaf, or a plain number beside another operand.

    The first is the latest register more often than others; what the operation has already comes last, as x − x and
    x / x say little.
    """
    if shape is None:
        there = [] if fresh else draft.found("f", lambda other: True)
        place = draw(latest_first(len(there)))
        others: list[int] = []
    else:
        known = shape
        found = [] if fresh else draft.found("fi", lambda other: are_compatible(known, other))
        there, others = [x for x in found if x not in used], [x for x in found if x in used]
        place = draw(st.integers(0, len(there) + 1 + len(others)))
    if place < len(there):
        return there[place]
    if place > len(there) + 1:
        return others[place - len(there) - 2]
    interval = domain_of(op, k)
    if place > len(there):
        plain = numbers(interval, edges=draft.wishes.edges, dtype=draft.wishes.dtype)
        return Constant(draw(plain.map(lambda x: int(x) if x.is_integer() and abs(x) < 100 and x else x)))
    wanted = draft.wishes.shape if shape is None else st.sampled_from([shape, (), shape[1:], (1,) * len(shape)])
    return draft.draw_leaf(draw, draw(wanted), interval)


def latest_first(registers: int) -> st.SearchStrategy[int]:
    """The place of a register, or the one after all for a new leaf: the first as often as all together."""
    return st.just(0) | st.integers(0, registers) if registers else st.just(0)


def are_compatible(shape: Shape, other: Shape) -> bool:
    try:
        return math.prod(broadcast(shape, other)) <= MOST
    except ValueError:
        return False


def truth(draw: st.DrawFn, draft: Draft, shape: Shape | None, draw_leaf: bool) -> int | Constant | None:
    """A condition: one that is there, a mask, or what a comparison says.

    ``draw_leaf``: not a mask, since something is to be computed from leaves.
    """
    there = draft.found("b", lambda other: shape is None or are_compatible(shape, other))
    may_compare = draw_leaf or any(op.forward is np.greater for op in draft.wishes.ops)
    masks = [] if draw_leaf else [st.booleans() if shape is None else hnp.arrays(bool, shape)]
    place = draw(st.integers(0, len(there) + len(masks) + may_compare - 1))
    if place < len(there):
        return there[place]
    if masks and place == len(there):
        return Constant(draw(masks[0]))
    if not extend(draw, draft, table["greater"]):
        return None
    latest = len(draft.data) - 1
    return latest if shape is None or are_compatible(shape, draft.data[latest].shape) else None


def aim(draw: st.DrawFn, draft: Draft, op: Op, operands: dict[int, int | Constant]) -> None:
    """Put one of the operands where the operation has a kink: a new leaf, or what is there less a new leaf."""
    k = draw(st.sampled_from(sorted(operands)))
    inputs = [x.data if isinstance(x, Constant) else draft.data[x] for _, x in sorted(operands.items())]
    if len(inputs) != op.arity or (target := onto_kink(op, inputs, k)) is None:
        return
    target = np.asarray(target, draft.wishes.dtype)
    subtract = table["sub"]
    if subtract in draft.wishes.ops and not isinstance(operands[k], Constant) and draw(st.booleans()):
        away = np.asarray(inputs[k] - target, draft.wishes.dtype)
        if np.array_equal(inputs[k] - away, target):
            leaf = draft.add_leaf(away)
            if draft.add(Instruction(subtract, (operands[k], leaf), {})):
                operands[k] = len(draft.data) - 1
                return
    operands[k] = draft.add_leaf(target)


# Any other: by its row.


def by_row(draw: st.DrawFn, draft: Draft, op: Op, row: Row, fresh: bool) -> Instruction:
    """Operands of the shapes that go with the first."""
    there = [] if fresh else draft.found("f", row.takes)
    place = draw(latest_first(len(there)))
    first = there[place] if place < len(there) else None
    if first is None:
        shape = draw(draft.wishes.shape)
        shape = shape if row.takes(shape) else draw(small_shapes().filter(row.takes))
    else:
        shape = draft.data[first].shape
    args, kwargs = row.call(draw, shape)
    inputs, params = op.binding.bind(args, kwargs)
    operands: list[int | Constant] = []
    for wanted in inputs:
        if not isinstance(wanted, Of):
            operands.append(Constant(wanted))
        elif first is not None:
            operands.append(first)
            first = None
        else:
            operands.append(array(draw, draft, wanted, fresh or not operands))
    return Instruction(op, tuple(operands), params)


def array(draw: st.DrawFn, draft: Draft, wanted: Of, fresh: bool) -> int:
    """A register of a shape, or a new leaf."""
    same: Callable[[Shape], bool] = lambda shape: shape == wanted.shape  # noqa: E731
    there = [] if fresh else draft.found("f", same)
    place = draw(st.integers(0, len(there)))
    return there[place] if place < len(there) else draft.draw_leaf(draw, wanted.shape, elements=wanted.elements)
