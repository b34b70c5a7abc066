"""What a number may be, and an array of numbers: one place says so, by whatever way they come in.

Refused is what would be taken without its meaning: text, the imaginary part of a complex number, a mask, the digits of
an integer that no float holds, the gradient of a node.
"""

from __future__ import annotations

import array as buffers
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.errors import DTypeError, LostGradientError, ShapeError, short_repr
from autograd.state import mode

Array = NDArray[Any]

#: Up to here, a float holds every integer.
EXACT = 2**53

#: Numbers that any array of floats holds as they are.
PLAIN = frozenset({float, bool, np.float64, np.float32, np.bool_})

#: What holds no Value.
SINGLE = PLAIN | {int}

TEXT = (str, bytes, bytearray)

#: Sequences of numbers of one kind, which NumPy reads at once.
BUFFERS = (np.ndarray, np.generic, memoryview, buffers.array, range)

#: How deep NumPy's arrays go.
DEEPEST = 64

REAL = "real numbers"
ONE = "one real number"

#: Kinds of dtypes that are no real numbers: what came, and the cure.
OTHERS = {
    "c": ("complex ones", "give real and imaginary parts apart"),
    "U": ("text", "convert it to numbers first"),
    "S": ("text", "convert it to numbers first"),
    "T": ("text", "convert it to numbers first"),
    "M": ("dates", "give numbers, as the days since a first date"),
    "m": ("lengths of time", "divide by a unit, as np.timedelta64(1, 's')"),
    "V": ("records", "give one field, as x['name']"),
    "O": ("objects", "convert it to a number first, as by float()"),
}


def number(data: Any, what: str) -> float:
    """One number, as a float.

    >>> number(np.int8(3), "x"), number(np.array(2.5), "x")
    (3.0, 2.5)
    >>> number("2", "data of w")
    Traceback (most recent call last):
    autograd.errors.DTypeError: data of w: expected one real number, got text: convert it to numbers first

    Raises `DTypeError` for anything that is not one real number which a float holds, `LostGradientError` for a node
    that requires a gradient.
    """
    kind = data.__class__
    if kind is float:
        one: float = data
        return one
    if kind is int and -EXACT <= data <= EXACT:
        return float(data)
    array = real(data, what, ONE)
    if array.shape != ():
        refuse(what, ONE, f"an array of shape {array.shape}", "use Tensor for arrays")
    return float(narrowed(array, np.dtype(float), what))


def numbers(data: Any, what: str, dtype: np.dtype[Any] | None = None) -> Array:
    """Any numbers as an array of floats that nobody else has; of that dtype, if one is given.

    >>> numbers([[1, 2]], "x"), numbers(np.float32([1]), "x").dtype, numbers(1, "x", np.dtype(np.float32))
    (array([[1., 2.]]), dtype('float32'), array(1., dtype=float32))

    Raises as `number`, and `ShapeError` for lists of unequal lengths.
    """
    array = real(data, what)
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.dtype(float)
    return np.array(narrowed(array, dtype, what))


def fitted(data: Any, what: str, like: Array) -> Array:
    """Numbers as an array of the shape and dtype of another, that nobody else has.

    Raises as `numbers`, and `ShapeError` for another shape.
    """
    array = numbers(data, what, like.dtype)
    if array.shape != like.shape:
        raise ShapeError(f"{what}: expected shape {like.shape}, got {array.shape}: give one number for each of its own")
    return array


#: What operators take beside a node; the rest is left to what it is.
OPERAND = (int, float, complex, np.ndarray, np.generic, list)


def operand(x: Any, what: str) -> Any:
    """What stands beside nodes: a number, an array, or lists of numbers as NumPy can make an array of them.

    Raises as `number`.
    """
    expect_operand(x, what)
    looked = looked_at(x, what, REAL)
    return x if isinstance(x, np.generic) else looked


def expect_operand(x: Any, what: str) -> None:
    """Refuse what is no number, nor an array or a list that may hold such, nor a node."""
    if not isinstance(x, OPERAND) and not hasattr(type(x), "_interpret"):
        refuse(what, "numbers, arrays, Values or Tensors", type(x).__name__, "convert it to one of these first")


def expect_real(result: Any, what: str) -> Any:
    """What a forward function gave, if it is of real numbers.

    Raises `DTypeError` for any other.
    """
    kind = np.asarray(result).dtype.kind
    if kind not in "biuf":
        refuse(what, "a result of real numbers", *OTHERS.get(kind, OTHERS["O"]))
    return result


def real_array(data: Any, what: str) -> Array:
    """Numbers as an array of the kind they have, or one of objects where they are Values, or both.

    >>> real_array([1, 2], "x")
    array([1, 2])

    Raises as `numbers`; nodes that require a gradient are what they are in an array of objects.
    """
    return objects(data, what) if holds_values(data, what) else real(data, what)


def real(data: Any, what: str, expected: str = REAL) -> Array:
    """The array that NumPy makes of numbers; what is an array already is not copied."""
    looked = looked_at(data, what, expected)
    return looked if isinstance(looked, np.ndarray) else made(looked, what)


def looked_at(x: Any, what: str, expected: str, depth: int = 0) -> Any:
    """The same, after a look at every part, as NumPy can make an array of it: an array, a number, or lists of these."""
    kind = x.__class__
    if kind in PLAIN or (kind is np.ndarray and x.dtype.kind == "f"):
        return x
    if kind is int:
        return x if -EXACT <= x <= EXACT else held(x, what, expected)
    if isinstance(x, TEXT):
        refuse(what, expected, *OTHERS["U"])
    if hasattr(kind, "_interpret"):
        return taken(x, what, expected)
    if isinstance(x, Sequence) and not isinstance(x, BUFFERS):
        expect_shallow(depth, what)
        kinds = set(map(type, x))
        if kinds <= PLAIN or (kinds == {int} and min(x) >= -EXACT and max(x) <= EXACT):
            return list(x)
        return [looked_at(part, what, expected, depth + 1) for part in x]
    expect_unmasked(x, what, expected)
    array = np.asarray(x)
    if array.dtype == object and not array.size:
        return array.astype(float)  # lists would not say its shape
    if array.dtype == object and (array.ndim or array is x):
        return looked_at(array.tolist(), what, expected, depth)
    if array.dtype.kind not in "biuf":
        came, cure = OTHERS.get(array.dtype.kind, OTHERS["O"])
        if array.dtype.kind == "O":
            came = "None" if x is None else f"{type(x).__name__}"
        elif array.dtype.kind != "U":
            came += f", dtype {array.dtype}"
        refuse(what, expected, came, cure)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size:
        low, high = int(array.min()), int(array.max())
        if low < -EXACT or high > EXACT:
            for each in array[(array < -EXACT) | (array > EXACT)].tolist():
                held(each, what, expected)
    return array


def expect_shallow(depth: int, what: str) -> None:
    """Refuse a list at a depth that NumPy's arrays do not go to."""
    if depth >= DEEPEST:
        raise ShapeError(f"{what}: expected lists of at most {DEEPEST} levels: flatten them")


def expect_unmasked(x: Any, what: str, expected: str) -> None:
    """Refuse an array of which some elements are masked."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.getmaskarray(x).any():
        refuse(what, expected, "a masked array, whose mask would be lost", "fill it first, as by x.filled(0.0)")


def held(integer: int, what: str, expected: str) -> float:
    """A large integer as a float, if one holds it."""
    try:
        same = float(integer)
    except OverflowError:
        digits = integer.bit_length()
        refuse(what, expected, f"an integer of {digits} bits, beyond the range of a float (1.8e308)", "scale it")
    if int(same) != integer:
        refuse(what, expected, f"the integer {integer}, which no float holds", "round it yourself, as by float()")
    return same


def taken(node: Any, what: str, expected: str) -> Any:
    """The numbers of a node, if no gradient is lost with it."""
    kind = type(node).__name__
    if not hasattr(node, "_record"):
        refuse(what, expected, f"a {kind}", "give numbers")
    if node.requires_grad and mode() != "no_grad":
        if getattr(node, "dtype", None) is None:
            cure = "give .data or .item() for the number alone, or join Values by autograd.stack"
        else:
            cure = (
                "give .data or .detach() for the numbers alone, use +t as a recorded copy, or join by autograd.stack, "
                "lists of lists by np.block"
            )
        raise LostGradientError(
            f"{what}: expected {expected}, got {node.label or f'a {kind}'}, which would silently lose its "
            f"gradient: {cure}"
        )
    numbers = node._record._snapshot()
    node._tell(numbers)
    return numbers


def made(looked: Any, what: str) -> Array:
    try:
        return np.asarray(looked)
    except LostGradientError as error:
        raise LostGradientError(f"{what}: {error}") from error
    except ValueError as error:
        raise ShapeError(f"{what}: expected an array, or lists of equal lengths: {error}") from error


def holds_values(x: Any, what: str, depth: int = 0) -> bool:
    """Whether a Value is in lists or in an array of objects.

    Raises `ShapeError` for lists that are too deep, as one that holds itself.
    """
    if isinstance(x, np.ndarray):
        return x.dtype.hasobject and any(holds_values(part, what, depth + 1) for part in elements(x))
    if isinstance(x, Sequence) and not isinstance(x, (*TEXT, *BUFFERS)):
        expect_shallow(depth, what)
        return not SINGLE.issuperset(map(type, x)) and any(holds_values(part, what, depth + 1) for part in x)
    return hasattr(type(x), "_interpret") and getattr(x, "dtype", None) is None


def elements(array: Array) -> Array:
    """One after the other; ``flat`` goes through 32 axes at most, and an array has up to 64."""
    return np.asarray(array).reshape(-1)


def objects(data: Any, what: str) -> Array:
    """An array of Values, and of numbers, each of which was looked at."""
    array = made(data, what)
    expect_numbers(array, what)
    return array


def expect_numbers(array: Array, what: str) -> None:
    """Refuse what is neither a node nor a number in an array of objects that holds nodes."""
    kinds = set(map(type, elements(array)))
    nodes = {kind for kind in kinds if hasattr(kind, "_interpret")}
    if nodes and not kinds - nodes <= PLAIN:
        for x in elements(array):
            if type(x) not in nodes:
                number(x, what)


def narrowed(array: Array, dtype: np.dtype[Any], what: str) -> Array:
    """Of that dtype; it is refused where that takes digits that a Python float has not."""
    if array.dtype == dtype:
        return array
    if array.dtype.kind == "f" and array.dtype.itemsize > 8 and array.dtype.itemsize > dtype.itemsize:
        with np.errstate(over="ignore"):
            double = array.astype(np.float64)
        if not ((double == array) | np.isnan(array)).all():
            refuse(what, REAL, f"{array.dtype}, with more digits than a float", "round it, as by .astype(float)")
    return array.astype(dtype)


def of_dtype(x: Any, z: Any) -> Any:
    """Plain numbers in the float dtype of ``z``, as NumPy writes them among its elements; nodes as they are.

    >>> of_dtype(np.float64(0.5), np.ones(1, np.float32)), of_dtype(2, np.ones(1, int))
    (np.float32(0.5), 2)
    """
    dtype = getattr(z, "dtype", None)
    is_plain = isinstance(x, int | float | np.generic) or (isinstance(x, np.ndarray) and x.dtype.kind != "O")
    return dtype.type(x) if is_plain and dtype is not None and dtype.kind == "f" else x


def float_dtype(dtype: DTypeLike, what: str) -> np.dtype[Any]:
    """A dtype that arrays of numbers can have.

    Raises `DTypeError` for any that is not of floats.
    """
    try:
        kind = np.dtype(dtype)
    except Exception as error:  # NumPy asks an object for its own dtype, and for its repr
        raise DTypeError(f"{what}: expected a dtype, got {short_repr(dtype)}: use np.float64 or np.float32") from error
    if kind.kind != "f":
        raise DTypeError(f"{what}: expected a floating-point dtype, got {kind}: use np.float64 or np.float32")
    return kind


def label(value: Any, what: str) -> str | None:
    """A name as plain text, or None; empty text is no name either.

    >>> label("x", "Value"), label("", "Value")
    ('x', None)

    Raises `DTypeError` for anything else.
    """
    if value is None:
        return None
    if issubclass(type(value), str):
        return str.__str__(value) or None  # a class of a person's own may say otherwise what it is
    raise DTypeError(f"{what}: expected a label as text, or None, got {short_repr(value)}: write it as text")


def flag(value: Any, what: str, name: str = "requires_grad") -> bool:
    """True or False, given as ``name``.

    Raises `DTypeError` for anything else.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise DTypeError(f"{what}: expected {name}=True or False, got {short_repr(value)}")


def refuse(what: str, expected: str, came: str, cure: str) -> NoReturn:
    raise DTypeError(f"{what}: expected {expected}, got {came}: {cure}")
