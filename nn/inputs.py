"""What people pass in: numbers, lists of them or of Values, arrays, Tensors; sizes, seeds and other settings.

Each takes what came and the name to say it by, ``"Linear: in_features"``, and gives it as it is used, or refuses it.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import DTypeError, Node, ShapeError, Tensor, Value, real_array, short_repr

#: How many elements an array of any float type can have.
MOST = np.iinfo(np.intp).max // np.dtype(np.longdouble).itemsize


def as_array(x: Any, name: str) -> Any:
    """A Tensor, a Value or an array of floats as it is; other numbers as such an array, or one of objects with Values.

    Integers become floats, as those of a Tensor do: a difference of unsigned ones would wrap around.

    >>> as_array([[1, 2], [3, 4]], "x")
    array([[1., 2.],
           [3., 4.]])

    Raises `ShapeError` for lists of unequal lengths, `DTypeError` for what is no real number.
    """
    if isinstance(x, Node) or (x.__class__ is np.ndarray and x.dtype.kind == "f"):
        return x
    array = real_array(x, name)
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def as_operand(x: Any, name: str) -> Any:
    """The same, for what goes into an operation at once: that looks at every element of an array of Values itself."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O" and x.size and isinstance(x.item(0), Value):
        return x.view(np.ndarray)
    return as_array(x, name)


def expect_one_form(x: Any, y: Any, names: str) -> None:
    """Refuse a Tensor beside Values, of what `as_array` gave.

    Raises `DTypeError`.
    """
    if isinstance(x, Tensor) is not isinstance(y, Tensor) and "O" in (kind_of(x), kind_of(y)):
        raise DTypeError(
            f"{names}: expected Tensors or Values, got a Tensor and Values: make both Tensors, or all Values"
        )


def kind_of(x: Any) -> str:
    """The kind of its dtype; that of objects for a Value, of which such an array is made."""
    return "O" if isinstance(x, Value) else x.dtype.kind


def positive_int(value: Any, name: str) -> int:
    """A size: an int that is at least 1, and at most what an array holds.

    Raises `TypeError` for what is no int, `ValueError` for zero and less, and for more.
    """
    wrong = f"{name}: expected a positive int, got {short_repr(value)}"
    if isinstance(value, bool):
        raise DTypeError(wrong)
    try:
        number = operator.index(value)
    except (TypeError, ShapeError) as error:
        raise DTypeError(wrong) from error
    if number < 1:
        raise ValueError(wrong)
    if number > MOST:
        raise ValueError(f"{wrong}: an array holds at most {MOST} elements")
    return number


def count_from_zero(value: Any, name: str) -> int:
    """A number of steps: an int that is at least 0.

    Raises `TypeError` for what is no int, `ValueError` for less than zero.
    """
    wrong = f"{name}: expected a number of steps, 0 or more, got {short_repr(value)}"
    if isinstance(value, bool):
        raise DTypeError(wrong)
    try:
        number = operator.index(value)
    except (TypeError, ShapeError) as error:
        raise DTypeError(wrong) from error
    if not 0 <= number <= MOST:
        raise ValueError(wrong)
    return number


def finite_number(value: Any, name: str, example: float) -> float:
    """One number, as a float.

    >>> finite_number(np.int8(3), "alpha", 0.01)
    3.0

    Raises `TypeError` for what is none, or has digits that a float has not, `ValueError` for infinity and NaN.
    """
    wrong = f"{name}: expected a finite number such as {example}, got {short_repr(value)}"
    if isinstance(value, Node):
        raise DTypeError(f"{wrong}: it is no parameter: give value.item()")
    array = real_array(value, name)
    if array.ndim or array.dtype.kind not in "iuf":
        raise DTypeError(wrong)
    number = float(array)
    if not math.isfinite(number):
        raise ValueError(wrong)
    if number != array:
        raise DTypeError(f"{wrong}, with more digits than a float: round it, as by float()")
    return number


def positive_number(value: Any, name: str, example: float) -> float:
    """The same, above zero.

    Raises as `finite_number`, and `ValueError` for zero and less.
    """
    number = finite_number(value, name, example)
    if number <= 0:
        raise ValueError(f"{name}: expected a positive number such as {example}, got {short_repr(value)}")
    return number


def number_from_zero(value: Any, name: str, example: float) -> float:
    """The same, zero or above.

    Raises as `finite_number`, and `ValueError` for less than zero.
    """
    number = finite_number(value, name, example)
    if number < 0:
        raise ValueError(f"{name}: expected zero or a positive number such as {example}, got {short_repr(value)}")
    return number


def proportion(value: Any, name: str, example: float) -> float:
    """The same, from 0 to 1.

    Raises as `finite_number`, and `ValueError` for what is outside.
    """
    number = finite_number(value, name, example)
    if not 0 <= number <= 1:
        raise ValueError(f"{name}: expected a number from 0 to 1 such as {example}, got {short_repr(value)}")
    return number


def decay(value: Any, name: str, example: float) -> float:
    """How much is left of something after a step: from 0 up to, but not, 1, at which nothing would ever go.

    Raises as `finite_number`, and `ValueError` for what is outside.
    """
    number = finite_number(value, name, example)
    if not 0 <= number < 1:
        raise ValueError(
            f"{name}: expected a number from 0 up to, but not, 1, such as {example}, got {short_repr(value)}"
        )
    return number


def pair_of_decays(value: Any, name: str, example: tuple[float, float]) -> tuple[float, float]:
    """Two of them, from a tuple or a list.

    Raises `TypeError` for anything but two numbers, `ValueError` for those outside of [0, 1).
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise DTypeError(f"{name}: expected two numbers such as {example}, got {short_repr(value)}")
    first, second = (decay(x, f"{name}[{place}]", example[place]) for place, x in enumerate(value))
    return first, second


def one_of(value: Any, name: str, choices: tuple[str, ...]) -> str:
    """One of several words.

    Raises `TypeError` for no text, `ValueError` for another word.
    """
    wrong = f"{name}: expected {' or '.join(map(repr, choices))}, got {short_repr(value)}"
    if not isinstance(value, str):
        raise DTypeError(wrong)
    if value not in choices:
        raise ValueError(wrong)
    return str(value)


def flag(value: Any, name: str) -> bool:
    """True or False.

    Raises `TypeError` for anything else, whose truth might be another than was meant.
    """
    if not isinstance(value, bool | np.bool_):
        raise DTypeError(f"{name}: expected True or False, got {short_repr(value)}")
    return bool(value)


def text_or_none(value: Any, name: str) -> str | None:
    """A text, or None.

    Raises `TypeError` for anything else.
    """
    if not isinstance(value, str | None):
        raise DTypeError(f"{name}: expected a text or None, got {short_repr(value)}: write it as text")
    return value


def generator(rng: Any, name: str) -> np.random.Generator:
    """A generator: the one given, or a new one from a seed; of None, one that nobody can foretell.

    Raises `TypeError` for what is no seed, `ValueError` for a negative one.
    """
    expected = f"{name}: expected a seed such as 0, or a numpy.random.Generator, got {short_repr(rng)}"
    if isinstance(rng, bool | np.bool_):
        raise DTypeError(expected)
    try:
        return np.random.default_rng(rng)
    except ValueError as error:
        raise ValueError(f"{expected}: {error}") from error
    except Exception as error:  # NumPy asks an object for its repr
        raise DTypeError(expected) from error


def float_dtype(dtype: DTypeLike, name: str) -> np.dtype[Any]:
    """A dtype that parameters can have.

    Raises `DTypeError` for anything but a real floating-point type.
    """
    try:
        kind = np.dtype(dtype)
    except Exception as error:  # NumPy asks an object for its own dtype, and for its repr
        raise DTypeError(f"{name}: expected a dtype, got {short_repr(dtype)}: use np.float64 or np.float32") from error
    if kind.kind != "f":
        raise DTypeError(f"{name}: expected a floating-point dtype, got {kind}: use np.float64 or np.float32")
    return kind
