"""References that run forward functions on Reals, and pull back through the tape of what these did."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.call import Output
from autograd.check.references.real import Real, Reals, Tape, UndecidedError, ancestors, cell, viewed
from autograd.check.references.reference import BITS, Call, Pulled, flat, without_dtypes
from autograd.checked import unchecked
from autograd.op import Op

#: In how many ways ties are undone all at once.
WAYS = 100


class Taped:
    """A reference of an arithmetic. ``make(bits, wide)`` gives one to be entered."""

    def __init__(self, name: str, make: Callable[..., Any], bits: Sequence[int], beside: int) -> None:
        self.name = name
        self.make = make
        self.bits = bits  #: to try one after the other, until enough is known
        self.beside = beside  #: to tell a number from the one beside it

    def pull(self, call: Call) -> Pulled:
        """Raises `UndecidedError` where no number of bits decides a comparison."""
        pulled, open_question = None, None
        for bits in self.bits:
            try:
                with self.make(bits) as arithmetic:
                    pulled = evaluate(call, arithmetic)
                    if is_known(pulled):
                        break
            except UndecidedError as error:
                open_question = error
        if pulled is None:
            assert open_question is not None
            raise open_question
        return pulled

    def rounded(self, call: Call, dtype: np.dtype[Any]) -> Pulled | None:
        with self.make(BITS[dtype], self.bits[0]) as arithmetic:
            return evaluate(call, arithmetic)

    def sides(self, call: Call, k: int, element: int, step: float = 1) -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        if not math.isfinite(flat(call.inputs[k])[element]):  # nothing is beside it
            return found
        for side in (-1, 1):
            with self.make(self.beside) as arithmetic:
                pulled = evaluate(call, arithmetic, {(k, element): side * step})
                raw = pulled.parts[k][element]
                raw = arithmetic.number(0) if raw is None else raw
                if arithmetic.is_defined(raw):
                    found.append((arithmetic, raw))
        return found

    def around(self, call: Call, k: int, element: int, ties: Mapping[int, Iterable[int]]) -> list[float]:
        """The contribution to one element where all that is tied is moved a little, in several ways."""
        rng = np.random.default_rng(0)
        places = [(input, place) for input, tied in ties.items() for place in tied]
        found = []
        for _ in range(WAYS):
            sides = {place: int(rng.choice((-1, 1)) * rng.integers(1, 100)) for place in places}
            with self.make(self.beside) as arithmetic:
                raw = evaluate(call, arithmetic, sides).parts[k][element]
                raw = arithmetic.number(0) if raw is None else raw
                if arithmetic.is_defined(raw):
                    found.append(arithmetic.middle(raw))
        return found


def is_known(pulled: Pulled) -> bool:
    """Whether all that is defined is known to more digits than a float has."""
    arithmetic = pulled.arithmetic
    raws = [*pulled.values, *(raw for part in pulled.parts.values() for raw in part if raw is not None)]
    return all(arithmetic.is_close(raw) or not arithmetic.is_defined(raw) for raw in raws)


def evaluate(call: Call, arithmetic: Any, beside: Mapping[tuple[int, int], float] | None = None) -> Pulled:
    """A call on a new tape; elements of inputs, by ``beside``, so many little steps below where they are, or above."""
    tape = Tape(arithmetic)
    leaves: dict[int, list[Real]] = {}
    operands = []
    rules = call.op.rules_for(call.inputs, call.params)
    for k, (x, (rule, _)) in enumerate(zip(call.inputs, rules, strict=True)):
        if k in call.wanted:
            leaves[k] = [tape.leaf(number) for number in flat(x)]
            for (input, place), side in (beside or {}).items():
                if input == k:
                    leaves[k][place].value = arithmetic.moved(flat(x)[place], side)
            operands.append(arranged(leaves[k], x))
        else:
            operands.append(x if rule is None else constants(tape, x))
    y = flat(run(call.op, operands, call.params))
    values = [x if isinstance(x, Real) else tape.constant(float(x)) for x in y]
    seeds = flat(np.broadcast_to(call.cotangent, np.shape(call.cotangent) or (len(values),)))
    outputs = [(x, g) for x, g in zip(values, seeds, strict=True) if x.parts is not None]
    tape.pull(outputs)
    parts = {k: [leaf.adjoint for leaf in leaves[k]] for k in leaves}
    live = None
    if 0.0 in seeds and not all(raw is None or arithmetic.is_defined(raw) for part in parts.values() for raw in part):
        tape.forget([leaf for part in leaves.values() for leaf in part])
        tape.pull([(x, g) for x, g in outputs if g != 0])
        live = {k: [leaf.adjoint for leaf in leaves[k]] for k in leaves}
    ties: dict[int, set[int]] = {}
    if tape.ties:
        tied = ancestors(real for tie in tape.ties for real in tie)
        ties = {k: {i for i, leaf in enumerate(leaves[k]) if id(leaf) in tied} for k in leaves}
    return Pulled(arithmetic, [x.value for x in values], parts, {k: found for k, found in ties.items() if found}, live)


def arranged(reals: Sequence[Any], like: Any) -> Any:
    """Numbers in the shape of an array; one alone where there is none."""
    if not isinstance(like, np.ndarray):
        return reals[0]
    array = np.empty(len(reals), dtype=object)
    array[:] = reals
    return array.reshape(like.shape).view(Reals)


def constants(tape: Tape, x: Any) -> Any:
    """Numbers that are no leaves, also of the reference: what is computed of them alone is not to be rounded."""
    if x.__class__ is float:
        return tape.constant(x)
    return None if x is None else arranged([tape.constant(number) for number in flat(x)], x)


def run(op: Op, operands: Sequence[Any], params: Any) -> Any:
    """The forward function on Reals; of several outputs, the one that the params are of."""
    forward = unchecked(op.forward)
    if not params and isinstance(forward, np.ufunc) and {x.__class__ for x in operands} == {Real}:
        function = operands[0].tape.functions.get(forward.__name__)
        if function is not None:
            return function(*operands)  # what NumPy's own dispatch comes to
    result = every_output(op, operands, params)
    return result[params.index] if isinstance(params, Output) else result


def every_output(op: Op, operands: Sequence[Any], params: Any) -> Any:
    """The same; of several outputs all."""
    params = without_dtypes(params)
    forward = unchecked(op.forward)
    if op.is_elementwise and any(isinstance(x, np.ndarray) for x in operands):
        each: Callable[..., Any] = lambda *xs: flat(op.run(forward, xs, params))[0]  # noqa: E731
        cells = [x if isinstance(x, np.ndarray) else cell(x) for x in operands]
        return viewed(np.asarray(np.frompyfunc(each, len(cells), 1)(*cells)))
    try:
        return op.run(forward, operands, params)
    except (TypeError, AttributeError) as error:
        return run_on_objects(op, operands, params, error)


def run_on_objects(op: Op, operands: Sequence[Any], params: Any, error: Exception) -> Any:
    """The forward function for nodes that are objects, where there is one, and where that for arrays has failed."""
    if op.scalars is None:
        raise error
    try:
        return op.run(unchecked(op.scalars), operands, params)
    except Exception:  # it says why there are no such nodes, in its own way
        raise error from None
