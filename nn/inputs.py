"""What people pass in: numbers, lists of them or of Values, arrays, Tensors; sizes, seeds and other settings.

Each takes what came and the name to say it by, ``"Linear: in_features"``, and gives it as it is used, or refuses it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import DTypeError, Node, ShapeError, Tensor, Value, no_grad, real_array, short_repr

Array = NDArray[Any]

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


def expect_material(x: Any, parameter: Any, place: Callable[[], str]) -> None:
    """Refuse a Tensor beside parameters that are Values, and Values beside Tensors; numbers go with both.

    ``parameter`` is one of those, and ``place`` says the layer, for messages.

    Raises `DTypeError`.
    """
    if isinstance(x, Tensor) is isinstance(parameter, Tensor):
        return
    if isinstance(x, Tensor):
        raise DTypeError(
            f"{place()}: got x of shape {x.shape}: the parameters are Values, but x is a Tensor: give x.numpy()"
        )
    if isinstance(parameter, Tensor) and kind_of(x) == "O":
        raise DTypeError(
            f"{place()}: got x of shape {x.shape}: the parameters are Tensors, but x holds Values: "
            "use model.to_scalars()"
        )


def kind_of(x: Any) -> str:
    """The kind of its dtype; that of objects for a Value, of which such an array is made."""
    return "O" if isinstance(x, Value) else x.dtype.kind


def as_pair(x: Any, y: Any, owner: str, names: tuple[str, str] = ("prediction", "target")) -> tuple[Any, Any]:
    """Two of one shape and of one form, each as `as_array` gives it; numbers beside a Tensor in the dtype of that.

    >>> as_pair([1, 2], np.float32([3, 4]), "mse")
    (array([1., 2.]), array([3., 4.]))

    Raises as `as_array`, `ShapeError` if the shapes differ: (3,) beside (3, 1) would become (3, 3), `DTypeError` for a
    Tensor beside Values.
    """
    x, y = as_array(x, f"{owner}: {names[0]}"), as_array(y, f"{owner}: {names[1]}")
    both = f"{names[0]} and {names[1]}"
    if x.shape != y.shape:
        many = math.prod(x.shape) == math.prod(y.shape)
        cure = f"reshape one of them, as in {names[1]}.reshape(-1, 1)" if many else "give as many of each"
        raise ShapeError(f"{owner}: expected {both} of one shape, got {x.shape} and {y.shape}: {cure}")
    expect_one_form(x, y, f"{owner}: {both}")
    return (in_dtype_of(x, y), y) if isinstance(y, Tensor) else (x, in_dtype_of(y, x))


def in_dtype_of(x: Any, like: Any) -> Any:
    """An array of floats in the dtype that another, or a Tensor, has; anything else as it is."""
    return x.astype(like.dtype, copy=False) if not isinstance(x, Node) and kind_of(x) == kind_of(like) == "f" else x


def numbers_of(x: Any) -> Array:
    """The numbers alone, to be looked at: of a Tensor, a Value, an array of Values, or of an array as it is."""
    if x.__class__ is np.ndarray and x.dtype.kind == "f":
        return np.asarray(x)
    with no_grad():
        return x.numpy() if isinstance(x, Tensor) else np.asarray(x, dtype=float)


def expect_within(x: Any, low: float, high: float, expected: str, cure: str, *, nan: bool = False) -> None:
    """Refuse numbers that are less or more, and NaN where it is not let through: ``expected`` begins with the name.

    Raises `ValueError`.
    """
    given = numbers_of(x)
    is_outside = (given < low) | (given > high)
    if not nan:
        is_outside |= np.isnan(given)
    if is_outside.any():
        wrong = float(given[is_outside].flat[0])
        is_told = not low <= float(f"{wrong:.6g}") <= high  # or what it is shown as is within
        raise ValueError(f"{expected}, got {wrong:{'.6g' if is_told else '.17g'}}: {cure}")


def plain_numbers(x: Any, name: str) -> Array:
    """An array of floats that nothing differentiates.

    Raises as `real_array`, and `DTypeError` for a node, or Values.
    """
    if not isinstance(x, Node):
        array = as_array(x, name)
        if array.dtype.kind == "f":
            return np.asarray(array)
    kind = type(x).__name__ if isinstance(x, Node) else "Values"
    raise DTypeError(f"{name}: expected plain numbers, got {kind}: it has no gradient here: give its numbers alone")


def weights_of(x: Any, name: str) -> Array:
    """Weights: plain numbers, finite, and none below zero.

    Raises as `plain_numbers`, and `ValueError`.
    """
    weights = plain_numbers(x, name)
    largest = np.finfo(weights.dtype).max
    expect_within(weights, 0.0, largest, f"{name}: expected finite weights from 0 on", "give one that is")
    return weights


def positive_int(value: Any, name: str) -> int:
    """A size: an int that is at least 1, and at most what an array holds.

    Raises `TypeError` for what is no int, `ValueError` for zero and less, and for more.
    """
    wrong = f"{name}: expected a positive int, got {short_repr(value)}"
    number = as_int(value, wrong)
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
    number = as_int(value, wrong)
    if not 0 <= number <= MOST:
        raise ValueError(wrong)
    return number


def whole_number(value: Any, name: str) -> int:
    """An int, of either sign, as that of an axis.

    Raises `TypeError` for what is no int, `ValueError` for one that is no place in an array.
    """
    wrong = f"{name}: expected an int, got {short_repr(value)}"
    number = as_int(value, wrong)
    if abs(number) > MOST:
        raise ValueError(f"{wrong}: an array holds at most {MOST} elements")
    return number


def as_int(value: Any, wrong: str) -> int:
    if isinstance(value, bool):
        raise DTypeError(wrong)
    try:
        return operator.index(value)
    except (TypeError, ShapeError) as error:
        raise DTypeError(wrong) from error


def sizes(value: Any, name: str, count: int, least: int = 1) -> tuple[int, ...]:
    """One int for each of so many axes; one alone is for all.

    >>> sizes(3, "kernel_size", 2), sizes([3, 5], "kernel_size", 2)
    ((3, 3), (3, 5))

    Raises `TypeError` for what is no int, `ValueError` for another number of them, and for one below the least.
    """
    many = f"or {count} of them in a tuple" if count > 1 else "or one in a tuple"
    wrong = f"{name}: expected an int of {least} or more, {many}, got {short_repr(value)}"
    given = list(value) if isinstance(value, list | tuple) else [value] * count
    numbers = tuple([as_int(number, wrong) for number in given])
    if len(numbers) != count or min(numbers) < least:
        raise ValueError(wrong)
    if max(numbers) > MOST:
        raise ValueError(f"{wrong}: an array holds at most {MOST} elements")
    return numbers


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


def number_between(value: Any, name: str, example: float, least: float, most: float = math.inf) -> float:
    """One number from the least on to the most.

    Raises `TypeError` for what is none, `ValueError` for one that is not between these.
    """
    if value.__class__ is float and least <= value <= most < math.inf:  # at once, for losses ask at every step
        return float(value)
    number = finite_number(value, name, example)
    if not least <= number <= most:
        end = f"from {least:g} to {most:g}" if most < math.inf else f"of {least:g} or more"
        raise ValueError(f"{name}: expected a number {end}, such as {example}, got {short_repr(value)}")
    return number


def flag(value: Any, name: str) -> bool:
    """True or False.

    Raises `TypeError` for anything else, whose truth might be another than was meant.
    """
    if not isinstance(value, bool | np.bool_):
        raise DTypeError(f"{name}: expected True or False, got {short_repr(value)}")
    return bool(value)


def one_of(value: Any, name: str, choices: Sequence[str]) -> str:
    """One of these words.

    Raises `TypeError` for what is no text, `ValueError` for another.
    """
    if isinstance(value, str) and value in choices:
        return value
    wrong = f"{name}: expected {' or '.join(map(repr, choices))}, got {short_repr(value)}"
    raise ValueError(wrong) if isinstance(value, str) else DTypeError(wrong)


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


def row_numbers(x: Any, count: int, name: str) -> NDArray[Any]:
    """Integers that each name one of so many rows.

    Raises `DTypeError` for what is no integer, `ValueError` for one that no row has.
    """
    numbers = x if isinstance(x, Node) else real_array(x, name)
    if isinstance(numbers, Node) or numbers.dtype.kind not in "iu":
        came = f"a {type(x).__name__}" if isinstance(numbers, Node) else f"dtype {numbers.dtype}"
        raise DTypeError(
            f"{name}: expected the numbers of rows as integers, from 0 to {count - 1}, got {came} of shape "
            f"{numbers.shape}: give an array of ints, as from x.astype(int)"
        )
    is_outside = (numbers < 0) | (numbers >= count)
    if is_outside.any():
        place = tuple(map(int, np.argwhere(is_outside)[0]))
        at = f" at {list(place)}" if place else ""
        raise ValueError(
            f"{name}: expected the numbers of rows from 0 to {count - 1}, got {numbers[place]}{at} of shape "
            f"{numbers.shape}: give a number that is there, or make the table longer"
        )
    return np.asarray(numbers)
