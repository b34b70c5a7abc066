"""Functions of a person's own, run on what belongs to the graph: they write to none of it, and give real numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import accept
from autograd.call import like, shape_of
from autograd.errors import DTypeError, OperationError, ShapeError, short_repr
from autograd.signature import Forward, Rule, each

#: Packages whose functions neither write to their arguments nor return anything but numbers.
TRUSTED = frozenset({"autograd", "math", "nn", "numpy", "scipy"})


class Checked:
    """A function of an operation, as it is run: on read-only arrays and handles of its own, its result looked at.

    Generated code is made from the ``function`` itself.

    >>> def forward(x):
    ...     x *= 2
    ...     return x
    >>> Forwards("doubled", forward, inputs=1, is_elementwise=True)(np.ones(2))
    Traceback (most recent call last):
    autograd.errors.OperationError: doubled: forward writes to an array that it was given: write x = x * 2, not x *= 2
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function, updated=())
        self.name = name
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = [lent(x) for x in args]
        result = self.run(self.function, *given, **{name: lent(x) for name, x in kwargs.items()})
        for x, view in zip(args, given, strict=True):
            if result is view and isinstance(x, np.ndarray):
                result = x
        return self.looked_at(result, args)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            who = getattr(self.function, "__name__", "a function")
            raise OperationError(
                f"{self.name}: {who} writes to an array that it was given: write x = x * 2, not x *= 2"
            ) from error

    def looked_at(self, result: Any, args: Sequence[Any]) -> Any:
        """What it gave, if that is what it may give."""
        raise NotImplementedError

    def expect_result(self, result: Any, what: str) -> None:
        """Refuse what holds no real numbers; what a node, a Symbol and the like hold was looked at before."""
        if result.__class__ is np.ndarray and result.dtype.kind == "f":  # the commonest
            return
        if hasattr(type(result), "_interpret"):
            return
        if result is None:
            raise DTypeError(f"{self.name}: expected {what}, got None: end the function with return")
        if isinstance(result, tuple | list):
            raise DTypeError(f"{self.name}: expected {what} as one number or array, got a {type(result).__name__}")
        if not accept.holds_values(result, self.name):
            accept.looked_at(result, self.name, f"{what} of real numbers")


class Forwards(Checked):
    """A forward function."""

    def __init__(self, name: str, function: Forward, inputs: int, is_elementwise: bool) -> None:
        super().__init__(name, function)
        self.inputs = inputs
        self.is_elementwise = is_elementwise

    def looked_at(self, result: Any, args: Sequence[Any]) -> Any:
        if isinstance(result, tuple | list):
            if self.is_elementwise:
                raise DTypeError(
                    f"{self.name}: expected one array, got {len(result)}: enter it with autograd.primitive"
                )
            return result
        self.expect_result(result, "a result")
        if self.is_elementwise and len(args) == self.inputs and not any(isinstance(x, tuple | list) for x in args):
            shape, shapes = shape_of(result), set(map(shape_of, args))
            if shapes != {shape} and shape != (expected := np.broadcast_shapes(*shapes)):
                raise ShapeError(
                    f"{self.name}: expected a result of the shape {expected} of its operands, got {shape}: "
                    "enter it with autograd.primitive"
                )
        return result


class Slopes(Checked):
    """A rule: a partial derivative, or a vjp."""

    def __init__(self, name: str, function: Rule, is_partial: bool, is_each: bool) -> None:
        super().__init__(name, function)
        self.is_partial = is_partial
        self.is_each = is_each

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().run(function, *args, **kwargs)
        except OverflowError as error:
            raise OperationError(f"{self.name}: a rule failed: {error}") from error

    def looked_at(self, result: Any, args: Sequence[Any]) -> Any:
        if not self.is_each:
            return self.slope(result, args)
        if not callable(result):
            raise DTypeError(
                f"{self.name}: expected a function of the place from a rule in each, got {short_repr(result)}"
            )
        return lambda place: self.slope(self.run(result, place), args)

    def slope(self, slope: Any, args: Sequence[Any]) -> Any:
        """One that fits the output, or a gradient in the kind that numbers have beside arrays."""
        self.expect_result(slope, "a slope" if self.is_partial else "a gradient")
        output = args[0] if self.is_partial else args[1]
        if not self.is_partial:
            is_plain = isinstance(slope, int | float) and not isinstance(slope, np.generic)
            return np.float64(slope) if is_plain and hasattr(output, "dtype") else slope
        shape, expected = shape_of(slope), shape_of(output)
        if shape and shape != expected and not broadcasts(shape, expected):
            raise ShapeError(
                f"{self.name}: a rule gave a slope of shape {shape} for an output of shape {expected}: "
                "give one number for each of its own"
            )
        return slope


def checked_forward(name: str, function: Forward, inputs: int, is_elementwise: bool) -> Forward:
    """A forward function as it is run: one of this project, or NumPy's, as it stands."""
    function = unchecked(function)
    return function if is_trusted(function) else Forwards(name, function, inputs, is_elementwise)


def checked_rule(name: str, rule: Rule | each | None, is_partial: bool) -> Rule | each | None:
    """The same of a rule."""
    if rule is None:
        return None
    is_each = isinstance(rule, each)
    function = unchecked(rule.rule if isinstance(rule, each) else rule)
    if is_trusted(function):
        return rule
    checked = Slopes(name, function, is_partial, is_each)
    return each(checked) if is_each else checked


def unchecked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that was entered, or is to be."""
    return function.function if isinstance(function, Checked) else function


def is_trusted(function: Any) -> bool:
    """Whether it is of a package that is trusted."""
    if isinstance(function, np.ufunc):
        return True
    names = getattr(function, "__globals__", None)
    module = getattr(function, "__module__", None) if names is None else names.get("__name__")
    return str(module).partition(".")[0] in TRUSTED


def lent(x: Any) -> Any:
    """An argument as others than the graph may have it: an array read-only, a Tensor as another handle on the same."""
    if isinstance(x, np.ndarray):
        if not x.flags.writeable:
            return x
        view = x.view()
        view.flags.writeable = False
        return view
    if isinstance(x, list):
        return [lent(part) for part in x]
    if isinstance(x, tuple):
        return like(x, map(lent, x))
    return x._record._node if hasattr(type(x), "_record") else x


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of that shape stretches to another, and does not stretch it.

    >>> broadcasts((1, 3), (2, 3)), broadcasts((2, 3), (1, 3)), broadcasts((2,), (3,))
    (True, False, False)
    """
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False
