"""Real: a number as a reference knows it, and the tape of what was computed from it.

The forward functions of the table run on object arrays of Reals as they do on those of Values. Slopes come from the
reference's own arithmetic, never from a rule: that is what rules are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.checked import unchecked
from autograd.op import Op

#: What a raw number is made of.
NUMBERS: Any = (int, float, np.generic)


class UndecidedError(Exception):
    """A comparison of two numbers that are not known well enough to say which is larger."""


class RefusedError(TypeError):
    """What a number of a reference has no answer to: its float, a function that has no spelling."""


class Arithmetic:
    """What a reference knows of numbers. Their sums and products are those of Python's operators on ``raw`` numbers."""

    name: str
    functions: Mapping[str, Callable[..., Real]]  #: NumPy's functions by name, on Reals

    def number(self, x: float) -> Any:
        """A float as a raw number, exactly."""
        raise NotImplementedError

    def compare(self, a: Any, b: Any) -> int | None:
        """−1, 0 or 1 for less, equal, greater; None for a NaN. Raises `UndecidedError`."""
        raise NotImplementedError

    def middle(self, a: Any) -> float:
        """The float next to it."""
        raise NotImplementedError

    def elementary(self, name: str, a: Any) -> tuple[Any, Any]:
        """A function of one number, and its slope there."""
        raise NotImplementedError

    def rounded(self, a: Any) -> Any:
        """A number to the digits that this arithmetic keeps."""
        return a

    def wide(self) -> Arithmetic:
        """The same with all its digits."""
        return self


class Tape:
    """One evaluation: all that depends on its leaves, in order, and the ties that were met.

    >>> from autograd.check.references.balls import Balls
    >>> with Balls(bits=128) as arithmetic:
    ...     tape = Tape(arithmetic)
    ...     x, y = tape.leaf(2.0), tape.leaf(3.0)
    ...     _ = tape.pull([(x * y + x, 1.0)])
    ...     float(x.adjoint), float(y.adjoint)
    (4.0, 2.0)
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.functions = arithmetic.functions
        self.made: list[Real] = []
        self.ties: list[tuple[Real, Real]] = []

    def leaf(self, x: Any) -> Real:
        """A number that derivatives are taken by."""
        return Real(self, self.raw(x), ())

    def constant(self, x: Any) -> Real:
        return Real(self, self.raw(x), None)

    def raw(self, x: Any) -> Any:
        return self.arithmetic.number(x) if isinstance(x, NUMBERS) else x

    def computed(self, raw: Any, parts: Iterable[tuple[Real, Any]]) -> Real:
        """A number and its slope by each of those that it was computed from."""
        kept = tuple([part for part in parts if part[0].parts is not None])
        if not kept:
            return Real(self, raw, None)
        real = Real(self, raw, kept)
        self.made.append(real)
        return real

    def pull(self, seeds: Iterable[tuple[Real, Any]]) -> list[Real]:
        """Fill in the adjoints from these outputs back; gives all that was computed, and has one."""
        for real, seed in seeds:
            raw = self.raw(seed)
            real.adjoint = raw if real.adjoint is None else real.adjoint + raw
        reached = []
        for real in reversed(self.made):
            g = real.adjoint
            if g is None:
                continue
            reached.append(real)
            for x, slope in real.parts or ():
                part = g if slope is None else slope * g
                x.adjoint = part if x.adjoint is None else x.adjoint + part
        return reached

    def forget(self, leaves: Iterable[Real]) -> None:
        """Drop the adjoints of all that was computed, and of these leaves."""
        for real in (*self.made, *leaves):
            real.adjoint = None


def both(function: Callable[[Real, Real], Any]) -> Callable[[Real, Any], Any]:
    """An operator of two Reals, or of a Real and a number."""

    def operator(self: Real, other: Any) -> Any:
        if other.__class__ is not Real:
            if not isinstance(other, int | float | np.bool_ | np.integer | np.floating):
                return NotImplemented
            other = self.tape.constant(other)
        return function(self, other)

    return operator


class Real:
    """One number of a `Tape`. ``parts`` are what it was computed from, each with the slope by it (None is 1).

    A leaf has (), and what depends on no leaf has None.
    """

    __slots__ = ("adjoint", "parts", "tape", "value")

    _encloses = True
    shape = ()
    ndim = 0
    size = 1

    def __init__(self, tape: Tape, value: Any, parts: tuple[tuple[Real, Any], ...] | None) -> None:
        self.tape = tape
        self.value = value
        self.parts = parts
        self.adjoint: Any = None

    def __repr__(self) -> str:
        return f"Real({self.value})"

    @classmethod
    def _interpret(cls, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return op.run(unchecked(op.forward), inputs, params)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        function = self.tape.functions.get(ufunc.__name__)
        if method != "__call__" or kwargs or function is None:
            raise RefusedError(f"np.{ufunc.__name__} has no spelling in {self.tape.arithmetic.name}")
        if any(isinstance(x, np.ndarray) for x in inputs):  # NumPy would ask the number again
            cells = [x if isinstance(x, np.ndarray) else cell(x) for x in inputs]
            return np.frompyfunc(self.on_reals(function), len(inputs), 1)(*cells)
        return self.on_reals(function)(*inputs)

    def on_reals(self, function: Callable[..., Any]) -> Callable[..., Any]:
        tape = self.tape
        return lambda *xs: function(*[x if x.__class__ is Real else tape.constant(x) for x in xs])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """What NumPy asks the elements of an array of objects for: ``x.exp()``."""
        function = self.tape.functions.get(name)
        if function is None:
            raise AttributeError(name)
        bound = self.on_reals(function)
        return lambda *others: bound(self, *others)

    def refuse(self, *_: Any) -> Any:
        raise RefusedError("a number of a reference has no float")

    __float__ = __int__ = __index__ = __complex__ = refuse

    def __neg__(self) -> Real:
        return self.tape.computed(-self.value, ((self, -1),))

    def __pos__(self) -> Real:
        return self

    def __abs__(self) -> Real:
        side = self.compare(self.tape.constant(0.0))
        if side is None:
            return self
        return self if side > 0 else -self if side < 0 else self.tape.computed(self.value, ((self, 0),))

    @both
    def __add__(self, other: Real) -> Real:
        return self.tape.computed(self.value + other.value, ((self, None), (other, None)))

    __radd__ = __add__

    @both
    def __sub__(self, other: Real) -> Real:
        return self.tape.computed(self.value - other.value, ((self, None), (other, -1)))

    @both
    def __rsub__(self, other: Real) -> Real:
        return self.tape.computed(other.value - self.value, ((other, None), (self, -1)))

    @both
    def __mul__(self, other: Real) -> Real:
        return self.tape.computed(self.value * other.value, ((self, other.value), (other, self.value)))

    __rmul__ = __mul__

    @both
    def __truediv__(self, other: Real) -> Real:
        one_over = self.tape.arithmetic.number(1) / other.value
        quotient = self.value / other.value
        return self.tape.computed(quotient, ((self, one_over), (other, -quotient * one_over)))

    @both
    def __rtruediv__(self, other: Real) -> Real:
        return other / self  # type: ignore[no-any-return]

    @both
    def __pow__(self, other: Real) -> Real:
        return self.tape.functions["power"](self, other)

    @both
    def __rpow__(self, other: Real) -> Real:
        return self.tape.functions["power"](other, self)

    # Comparisons.

    def compare(self, other: Real) -> int | None:
        """−1, 0 or 1, or None for a NaN. A tie of what depends on a leaf is kept: to its two sides there may be two
        answers.
        """
        if other is self:
            return 0 if self.tape.arithmetic.compare(self.value, self.value) is not None else None
        side = self.tape.arithmetic.compare(self.value, other.value)
        if side == 0 and (self.parts is not None or other.parts is not None):
            self.tape.ties.append((self, other))
        return side

    @both
    def __lt__(self, other: Real) -> bool:
        return self.compare(other) == -1

    @both
    def __gt__(self, other: Real) -> bool:
        return self.compare(other) == 1

    @both
    def __le__(self, other: Real) -> bool:
        return self.compare(other) in (-1, 0)

    @both
    def __ge__(self, other: Real) -> bool:
        return self.compare(other) in (0, 1)

    @both
    def __eq__(self, other: Real) -> bool:
        return self.compare(other) == 0

    @both
    def __ne__(self, other: Real) -> bool:
        return self.compare(other) != 0

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self.compare(self.tape.constant(0.0)) != 0


def cell(x: Any) -> Any:
    """An array without axes that holds this."""
    array = np.empty((), dtype=object)
    array[()] = x
    return array


def ancestors(reals: Iterable[Real]) -> set[int]:
    """The leaves, by ``id``, that these depend on."""
    seen: set[int] = set()
    leaves: set[int] = set()
    waiting = list(reals)
    while waiting:
        real = waiting.pop()
        if id(real) in seen:
            continue
        seen.add(id(real))
        if real.parts == ():
            leaves.add(id(real))
        waiting += [x for x, _ in real.parts or ()]
    return leaves
