"""Operators, methods and NumPy overrides, all installed from the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.accept import OPERAND, TEXT
from autograd.errors import DTypeError, LostGradientError, short_repr
from autograd.op import Op, on_entry, override, override_of
from autograd.refusal import Refusing, named, unregistered

if TYPE_CHECKING:
    from typing import Self

#: How an operator is written in the table -> the name between the underscores of its Python method.
BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "@": "matmul", "&": "and", "|": "or"}
COMPARISON = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}
ELSEWHERE = ("[]", "[]=")  #: which Tensors have
UNARY = {"-x": "neg", "~x": "invert", "abs(x)": "abs"}


class Operators(Refusing):
    """What everything that stands for a number can do: arithmetic, methods, NumPy functions."""

    __slots__ = ()

    #: How far out it is: what holds what other operands are says what becomes of them.
    _encloses = 0

    @property
    def _has_no_slope(self) -> bool:
        """Whether nothing can be differentiated by it, as by a condition: then it may stand where there is no rule."""
        return False

    if TYPE_CHECKING:
        # Installed below; spelled out for people's editors and type checkers.
        def __add__(self, other: Any) -> Self: ...
        def __radd__(self, other: Any) -> Self: ...
        def __sub__(self, other: Any) -> Self: ...
        def __rsub__(self, other: Any) -> Self: ...
        def __mul__(self, other: Any) -> Self: ...
        def __rmul__(self, other: Any) -> Self: ...
        def __truediv__(self, other: Any) -> Self: ...
        def __rtruediv__(self, other: Any) -> Self: ...
        def __pow__(self, other: Any) -> Self: ...
        def __rpow__(self, other: Any) -> Self: ...
        def __matmul__(self, other: Any) -> Self: ...
        def __rmatmul__(self, other: Any) -> Self: ...
        def __and__(self, other: Any) -> Any: ...
        def __rand__(self, other: Any) -> Any: ...
        def __or__(self, other: Any) -> Any: ...
        def __ror__(self, other: Any) -> Any: ...
        def __invert__(self) -> Any: ...
        def __neg__(self) -> Self: ...
        def __abs__(self) -> Self: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def exp(self) -> Self: ...
        def log(self) -> Self: ...
        def log1p(self) -> Self: ...
        def sqrt(self) -> Self: ...
        def sin(self) -> Self: ...
        def cos(self) -> Self: ...
        def tanh(self) -> Self: ...
        def sech(self) -> Self: ...
        def sigmoid(self) -> Self: ...
        def relu(self) -> Self: ...
        def leaky_relu(self, alpha: Any = 0.01) -> Self: ...
        def abs(self) -> Self: ...
        def neg(self) -> Self: ...
        def sign(self) -> Self: ...
        def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Self: ...
        def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Self: ...
        def max(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Self: ...
        def argsort(self, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any: ...
        def clip(self, min: Any = None, max: Any = None) -> Self: ...
        def softmax(self, axis: int = -1) -> Self: ...
        def astype(self, dtype: Any) -> Self: ...
        def broadcast_to(self, shape: int | tuple[int, ...]) -> Self: ...
        def logsumexp(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Self: ...

    def __pos__(self) -> Self:
        return self

    def conjugate(self) -> Self:
        """Itself, as of any real number: NumPy's variance asks for it."""
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        implementation = override_of(ufunc)
        if method != "__call__":
            raise unregistered(f"np.{ufunc.__name__}.{method}", method, self)
        if implementation is None:
            raise unregistered(f"np.{ufunc.__name__}", ufunc.__name__, self)
        if kwargs:
            raise LostGradientError(
                f"np.{ufunc.__name__}: expected its inputs alone, got {', '.join(kwargs)}=, with which the gradient of "
                f"{named(self)} would be silently lost: leave it out, and write a = a + b for a += b"
            )
        return implementation(*inputs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        implementation = override_of(function)
        if implementation is None:
            module = function.__module__.replace("numpy", "np", 1)
            raise unregistered(f"{module}.{function.__name__}", function.__name__, self)
        return implementation(*args, **kwargs)


def expect_conditions(op: Op, operands: Sequence[Any]) -> None:
    """Say what NumPy means where ``&``, ``|`` or ``~`` was given numbers."""
    if op.is_flat and op.operator and isinstance(op.forward, np.ufunc):
        kinds = " and ".join(str(getattr(x, "dtype", type(x).__name__)) for x in operands)
        cure = f"(x > 0) {op.operator} (y > 0)" if len(operands) == 2 else "~(x > 0)"
        raise DTypeError(f"{op.name}: expected conditions, got {kinds}: compare first, as in {cure}")


def install(op: Op) -> None:
    """Give `Operators` the operator and the method of a table entry."""
    if op.method and any(has_other(cls, op.name) for cls in (Operators, *subclasses(Operators))):
        raise ValueError(f"nodes have something else of the name {op.name!r}: choose another, or enter it as no method")
    if op.operator is not None and op.operator not in (*BINARY, *COMPARISON, *UNARY, *ELSEWHERE):
        raise ValueError(
            f"{op.name}: {op.operator!r} is no operator of Python's: leave operator= out, symbol= is for pictures"
        )
    if op.operator in BINARY:
        name = BINARY[op.operator]
        setattr(Operators, f"__{name}__", binary_method(op, f"__r{name}__"))
        setattr(Operators, f"__r{name}__", reflected_method(op))
    elif op.operator in COMPARISON:
        setattr(Operators, f"__{COMPARISON[op.operator]}__", comparison_method(op))
    elif op.operator in UNARY:
        setattr(Operators, f"__{UNARY[op.operator]}__", unary_method(op))
    if op.method:
        setattr(Operators, op.name, unary_method(op))


def uninstall(op: Op) -> None:
    """Take the method of an operation from `Operators` and its subclasses."""
    for cls in (Operators, *subclasses(Operators)) if op.method else ():
        if op.name in vars(cls):
            delattr(cls, op.name)


def has_other(cls: type, name: str) -> bool:
    """Whether a class has something of that name that does not merely refuse."""
    return hasattr(cls, name) and getattr(cls, name) is not getattr(Refusing, name, None)


def subclasses(cls: type) -> list[type]:
    children: list[type] = cls.__subclasses__()
    return children + [below for child in children for below in subclasses(child)]


def binary_method(op: Op, reflected: str) -> Callable[[Any, Any], Any]:
    """The operator. What it does not know is asked for its own, the reflected one, or refused if it has none."""

    def method(self: Any, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            raise DTypeError(f"{op.name}: expected no modulus, as of integers, got {short_repr(modulus)}: leave it out")
        if isinstance(other, (Operators, *OPERAND, Number, Sequence)) or not hasattr(other, reflected):
            return op(self, other)  # it refuses other numbers, and sequences, whose own operators would repeat them
        return NotImplemented

    return method


def comparison_method(op: Op) -> Callable[[Any, Any], Any]:
    """The comparison. What is no number may be unequal to a node, but not be more or less.

    Other numbers, and sequences of such, are refused as by arithmetic: to call an equal one unequal would be wrong.
    """
    others = (*TEXT, type(None))
    is_equality = op.operator in ("==", "!=")

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, others):
            return NotImplemented if is_equality else op(self, other)
        return op(self, other) if isinstance(other, (Operators, *OPERAND, Number, Sequence)) else NotImplemented

    return method


def reflected_method(op: Op) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return op(other, self)  # what stands before it was asked first

    return method


def unary_method(op: Op) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **params: Any) -> Any:
        return op(self, *args, **params)

    method.__name__, method.__doc__ = op.name, op.doc
    return method


on_entry(install, uninstall)

override(np.conjugate, lambda x: x.conjugate())
override(np.real, lambda val: val.conjugate())
override(np.shape, lambda a: a.shape)
override(np.ndim, lambda a: len(a.shape))
override(np.size, lambda a, axis=None: prod(a.shape) if axis is None else a.shape[axis])
