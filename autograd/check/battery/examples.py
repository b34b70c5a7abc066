"""Examples: calls of one operation that it is tested on, drawn from its domain or given by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.call import Bound
from autograd.check.contracts.samples import is_float
from autograd.errors import DTypeError, short_repr
from autograd.op import Op
from autograd.tensor.tensor import Tensor

#: How many calls are drawn.
MANY = 10


@dataclass(frozen=True)
class Example:
    """A call on floats and arrays, bound already."""

    op: Op
    inputs: Sequence[Any]
    params: Mapping[str, Any]

    def __str__(self) -> str:
        shapes = ", ".join(str(np.shape(x)) for x in self.inputs)
        params = {} if isinstance(self.params, Bound) else self.params
        return ", ".join([f"{self.op.name} of {shapes or 'nothing'}", *(f"{k}={v!r:.40}" for k, v in params.items())])

    @property
    def wanted(self) -> list[int]:
        """The inputs that have a derivative."""
        rules = self.op.rules_for(self.inputs, self.params)
        pairs = enumerate(zip(self.inputs, rules, strict=True))
        return [k for k, (x, (rule, _)) in pairs if rule is not None and is_float(x)]

    @property
    def arguments(self) -> list[Any]:
        """Those, as arrays."""
        return [np.asarray(self.inputs[k]) for k in self.wanted]

    @property
    def size(self) -> int:
        return sum(map(np.size, self.inputs))

    def function(self) -> Callable[..., Any]:
        """The call as a function of the inputs that have a derivative, whatever these are."""
        wanted = self.wanted

        def call(*xs: Any) -> Any:
            filled = list(self.inputs)
            for k, x in zip(wanted, xs, strict=True):
                filled[k] = x
            return self.op.apply(tuple(filled), self.params)

        call.__name__ = self.op.name
        return call

    def function_of_numbers(self) -> Callable[..., Any]:
        """The same of lists of single numbers, an array of objects made of each."""
        call, shapes = self.function(), [x.shape for x in self.arguments]

        def of_numbers(*lists: Any) -> Any:
            return call(*map(shaped, lists, shapes))

        of_numbers.__name__ = self.op.name
        return of_numbers

    def on(self, inputs: Sequence[Any]) -> Example:
        """The same call on other numbers."""
        return replace(self, inputs=[np.asarray(x) for x in inputs])

    def evaluated(self) -> Any:
        """What it gives, as plain arrays; of several outputs, all."""
        with np.errstate(all="ignore"):
            return self.op.attempt(self.op.forward, self.inputs, self.params)

    def of_dtype(self, dtype: Any) -> Example:
        """The same with its floats in another precision."""
        return self.on([np.asarray(x, dtype=dtype) if is_float(x) else x for x in self.inputs])


def shaped(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    if shape == ():
        return numbers[0]
    array = np.empty(len(numbers), dtype=object)
    array[:] = numbers
    return array.reshape(shape)


def bound(op: Op, calls: Sequence[Any]) -> list[Example]:
    """Calls that a person gives: each a tuple of arguments, and a dict of those by name.

    Raises `DTypeError` for what is none.
    """
    found = []
    for call in calls:
        if not isinstance(call, tuple) or [type(part) for part in call] != [tuple, dict]:
            form = '((x, y), {"axis": 0})'
            raise DTypeError(f"op_tests: calls: expected arguments and options as {form}, got {short_repr(call)}")
        inputs, params = op.binding.bind(*call)
        numbers = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
        rules = op.rules_for(numbers, params)
        floats = [
            np.asarray(x) if rule is None else np.asarray(x, dtype=np.float64)
            for x, (rule, _) in zip(numbers, rules, strict=True)
        ]
        found.append(Example(op, floats, params))
    return found


def drawn(op: Op, many: int = MANY, **wishes: Any) -> list[Example]:
    """Calls that Hypothesis draws, the same ones each time and the smallest first.

    Raises `ImportError` where it is not installed, `GraphError` for an operation that nobody said how to call.
    """
    try:
        import hypothesis
    except ImportError as error:
        raise ImportError(
            "op_tests draws calls by hypothesis: pip install 'stepgrad[check]', or give calls="
        ) from error
    from autograd.check.strategies import calls

    found: list[Example] = []

    @hypothesis.settings(
        max_examples=many,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(calls(op, **wishes))
    def collect(program: Any) -> None:
        if len(program.instructions) == 1:  # else a comparison makes a condition first
            (instruction,) = program.instructions
            found.append(Example(op, list(map(np.asarray, instruction.inputs(program.leaves))), instruction.params))

    collect()
    return sorted(found, key=lambda example: example.size)
