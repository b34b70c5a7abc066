"""Where a NaN or an infinity comes from: the first operation that makes one, on the way there or back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.errors import AnomalyError
from autograd.state import Block, blocks, entered, in_recorded_sweep, source_line, still_open

#: What is looked for, and what explains it where an operand holds it already: ∞ − ∞ makes a NaN, of which ∞ is made.
KINDS = (("NaN", np.isnan, np.isnan), ("an infinity", np.isinf, lambda x: ~np.isfinite(x)))


class Detecting(Block):
    """The block of `detect_anomaly`: as inside `tracing`, nodes know their lines; conditions are as ever."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("tracing")


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise at the first operation that makes a NaN or an infinity of numbers that are none, as PyTorch's does of NaN.

    It looks at all that is computed inside with Values and Tensors, and at the way back, where that is inside too. The
    error names the operation, the element, and the line that computed it. What came in with the numbers is no anomaly,
    as −∞ in a mask; a NaN that is made of infinities is one. Outside, nothing is slower for it.

    >>> import autograd
    >>> with detect_anomaly():
    ...     x = autograd.Value(0.0, label="x")
    ...     try:
    ...         x.sqrt().backward()
    ...     except autograd.AnomalyError as error:
    ...         print(str(error).partition(";")[0])
    backward through sqrt: the gradient that it hands to input 0 is an infinity

    Raises `AnomalyError`.
    """
    with entered(Detecting(), blocks):
        yield


def is_detecting() -> bool:
    """Whether a sweep is to be looked at."""
    return blocks.get() is not None and any(isinstance(block, Detecting) for block in still_open(blocks) or ())


def expect_sound(name: str, result: Any, operands: Iterable[Any]) -> None:
    """Look at what an operation computed; what the rules of a recorded sweep compute is looked at there."""
    if not is_detecting() or in_recorded_sweep():
        return
    found = made(result, operands)
    if found is not None:
        line = source_line()
        raise AnomalyError(f"{name}: its result is {found}, of numbers that are none{f', in {line}' if line else ''}")


def expect_sound_derivative(
    what: str, source: str | None, derivative: Any, operands: Iterable[Any], is_batch: bool = False
) -> None:
    """Look at what a sweep brought, back or forward."""
    found = made(derivative, operands, is_batch)
    if found is not None:
        line = f"it was computed in {source}" if source else "it was computed outside detect_anomaly(), so with no line"
        raise AnomalyError(f"{what} is {found}; {line}")


def made(result: Any, operands: Iterable[Any], is_batch: bool = False) -> str | None:
    """What there is in a result that is not there for what is in the operands, and where: in one of a batch."""
    array = np.asarray(result)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    arrays = [np.asarray(x) for x in operands]
    for kind, is_such, explains in KINDS:
        such = is_such(array)
        if such.any() and not any(x.dtype.kind == "f" and explains(x).any() for x in arrays):
            element = tuple(np.argwhere(such)[0].tolist()[is_batch:])
            return f"{kind} at element {element}" if element else kind
    return None
