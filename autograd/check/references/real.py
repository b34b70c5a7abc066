"""Real: a number as a reference knows it, and the tape of what was computed from it.

The forward functions of the table run on object arrays of Reals as they do on those of Values. Slopes come from the
reference's own arithmetic, never from a rule: that is what rules are compared with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

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
    """What a reference knows of numbers. Their sums and products are those of Python's operators on ``raw`` numbers.

    A number is known to so many digits. One that raises its digits until a comparison with a float is plain has a
    ``resolution`` of 0; any other says how far a float may be off unseen.
    """

    name: str
    bits: int
    functions: Mapping[str, Callable[..., Real]]  #: NumPy's functions by name, on Reals

    def __enter__(self) -> Self:
        """What is computed is computed inside, where the digits are those of this arithmetic."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def number(self, x: float) -> Any:
        """A float as a raw number, exactly."""
        raise NotImplementedError

    def moved(self, x: float, side: float) -> Any:
        """A number beside a float, below it or above: far nearer than the next, where that can be."""
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
        """A number, of this arithmetic or a wider one, to the digits that this one keeps."""
        return a

    def wide(self) -> Arithmetic:
        """The same with all its digits."""
        return self

    def sum(self, a: Any, b: Any) -> Any:
        """Of two numbers. One that keeps few digits of many may come to be one of a longer sum, in any order: it is
        off by what rounding may take in the worst of them.
        """
        return a + b

    # What is asked of results.

    def error(self, a: Any, got: float) -> tuple[float, float]:
        """How far a float is from it: at least, and at most."""
        raise NotImplementedError

    def is_within(self, a: Any, got: float, distance: float) -> bool:
        """Whether a float is surely that near, as far as can be told."""
        raise NotImplementedError

    def radius(self, a: Any) -> float:
        """How far the number itself may be off."""
        raise NotImplementedError

    def is_defined(self, a: Any) -> bool:
        """Whether there is a number."""
        raise NotImplementedError

    def is_close(self, a: Any) -> bool:
        """Whether it is known to more digits than a float has."""
        raise NotImplementedError

    def resolution(self, a: Any) -> float:
        """How far a float may be off that is as good as right; 0 too where so little is known that nothing is."""
        return 0.0

    def text(self, a: Any) -> str:
        """As people read it, with as many digits as are known."""
        raise NotImplementedError


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
        self.sum = arithmetic.sum
        self.made: list[Real] = []
        self.ties: list[tuple[Real, Real]] = []

    def leaf(self, x: Any) -> Real:
        """A number that derivatives are taken by."""
        return Real(self, self.raw(x), ())

    def constant(self, x: Any) -> Real:
        return Real(self, self.raw(x), None)

    def raw(self, x: Any) -> Any:
        return self.arithmetic.number(x) if x.__class__ is float or isinstance(x, NUMBERS) else x

    def on_reals(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of Reals, on numbers too."""
        return lambda *xs: function(*[x if x.__class__ is Real else self.constant(x) for x in xs])

    def computed(self, raw: Any, parts: Iterable[tuple[Real, Any]]) -> Real:
        """A number and its slope by each of those that it was computed from."""
        kept = tuple(parts)
        for x, _ in kept:
            if x.parts is None:
                kept = tuple([part for part in kept if part[0].parts is not None])
                break
        if not kept:
            return Real(self, raw, None)
        real = Real(self, raw, kept)
        self.made.append(real)
        return real

    def pull(self, seeds: Iterable[tuple[Real, Any]]) -> list[Real]:
        """Fill in the adjoints from these outputs back; gives all that was computed, and has one."""
        for real, seed in seeds:
            raw = self.raw(seed)
            real.adjoint = raw if real.adjoint is None else self.sum(real.adjoint, raw)
        reached = []
        add = self.sum
        for real in reversed(self.made):
            g = real.adjoint
            if g is None:
                continue
            reached.append(real)
            for x, slope in real.parts or ():
                part = g if slope is None else slope * g
                x.adjoint = part if x.adjoint is None else add(x.adjoint, part)
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

    _encloses = 1
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
        if any(isinstance(x, np.ndarray) for x in inputs):  # it is then done to each element, with its ``out``
            return getattr(ufunc, method)(*[cell(x).view(Reals) if x is self else x for x in inputs], **kwargs)
        function = self.tape.functions.get(ufunc.__name__)
        if method != "__call__" or kwargs or function is None:
            raise RefusedError(f"np.{ufunc.__name__} has no spelling in {self.tape.arithmetic.name}")
        return self.tape.on_reals(function)(*inputs)

    def __floordiv__(self, other: Any) -> Real:
        return np.floor_divide(self, other)  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Any) -> Real:
        return np.floor_divide(other, self)  # type: ignore[no-any-return]

    def __mod__(self, other: Any) -> Real:
        return np.remainder(self, other)  # type: ignore[no-any-return]

    def __rmod__(self, other: Any) -> Real:
        return np.remainder(other, self)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """What NumPy asks the elements of an array of objects for: ``x.exp()``."""
        function = self.tape.functions.get(name)
        if function is None:
            raise AttributeError(name)
        bound = self.tape.on_reals(function)
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
            return self * math.nan  # type: ignore[no-any-return]
        return self if side > 0 else -self if side < 0 else self.tape.computed(self.value, ((self, 0),))

    @both
    def __add__(self, other: Real) -> Real:
        return self.tape.computed(self.tape.sum(self.value, other.value), ((self, None), (other, None)))

    __radd__ = __add__

    @both
    def __sub__(self, other: Real) -> Real:
        return self.tape.computed(self.tape.sum(self.value, -other.value), ((self, None), (other, -1)))

    @both
    def __rsub__(self, other: Real) -> Real:
        return self.tape.computed(self.tape.sum(other.value, -self.value), ((other, None), (self, -1)))

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


class Reals(np.ndarray[Any, np.dtype[Any]]):
    """An array of Reals. Of ufuncs, what NumPy does to objects by its operators stays NumPy's; all else is spelled.

    NumPy has no ``logaddexp`` of objects, and the ``maximum`` of objects passes a NaN over.
    """

    @property
    def ctypes(self) -> Any:
        raise RefusedError("numbers of a reference have no address that C code could take floats from")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        arrays = [x.view(np.ndarray) if isinstance(x, Reals) else cell(x) if x.__class__ is Real else x for x in inputs]
        if out is not None:
            kwargs["out"] = tuple([x.view(np.ndarray) if isinstance(x, Reals) else x for x in out])
        if ufunc not in BY_OPERATORS and ufunc.nout == 1 and ufunc.signature is None:
            tape = next((x.tape for a in arrays for x in np.ravel(a) if x.__class__ is Real), None)
            if tape is not None and (function := tape.functions.get(ufunc.__name__)) is not None:
                ufunc = np.frompyfunc(tape.on_reals(function), ufunc.nin, 1, identity=None)
        return viewed(getattr(ufunc, method)(*arrays, **kwargs))


#: Ufuncs that have loops for objects, which call their operators.
BY_OPERATORS = frozenset({
    *(np.add, np.subtract, np.multiply, np.divide, np.power, np.negative, np.positive, np.absolute),
    *(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal),
    *(np.logical_and, np.logical_or, np.logical_not),
})  # fmt: skip


def viewed(x: Any) -> Any:
    """An array as `Reals`, if it is one of objects; of conditions as that."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    if x.size and all(isinstance(element, bool | np.bool_) for element in x.flat):
        return x.astype(bool)
    return x.view(Reals)


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
