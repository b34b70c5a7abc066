"""What to say where a forward function fails: the operation, every shape and label, the params, and the cause."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd import accept
from autograd.binding import Binding
from autograd.call import static
from autograd.errors import AutogradError, DTypeError, OperationError, ShapeError, short_repr

#: What a forward function raises for an object of another kind than it works on.
MISTAKEN = (TypeError, AttributeError)

#: What it raises for shapes, numbers and params; what else it may raise is no answer to these.
FAILURES = (ValueError, IndexError, ArithmeticError, *MISTAKEN)

#: A word for what does not fit, by which NumPy's complaints about shapes are known.
SHAPES = r"\b(broadcast|shapes?|dimension(?:s|al)?|axis|axes|mismatch|subscripts?)\b"

#: How a ufunc says what it takes: in letters of its own.
SIGNATURE = r", with gufunc signature \S+| \(has \d+, gufunc core with signature \S+ requires \d+\)"

#: Who complains of an axis, where that is an operation inside of the call.
INNER = r"^\w+: (?=\w+: axis )"

#: What says more of NumPy's insides than of the call.
INSIDES = r"ufunc|has no attribute|\breduce\b|squeeze|object is not|interpreted as|NoneType|_NoValue"

#: What NumPy says, where it may be said so that it helps.
CLEARER = (
    (r"zero-size array to reduction.*", "expected at least one element along what is folded"),
    (r"setting an array element with a sequence\.$", "an array is no single element"),
    (r"Input operand \d does not have enough dimensions", "a single number has no axis: multiply it by *"),
    (
        r"(?:\w+: )?Input operand 1 has a mismatch in its core dimension \d \(size (\d+) is different from (\d+)\)",
        r"the inner axes have the lengths \2 and \1: transpose one, as by .T",
    ),
)

#: What to do about what NumPy says.
CURES = (
    (
        r"could not be broadcast together with shapes?|objects cannot be broadcast to a single shape",
        "reshape one, as by x[:, None]: from the last axis on, lengths are equal, or one is 1",
    ),
    (
        r"and requested shape|could not broadcast input array",
        "from the last axis on, its lengths are those of the shape that it is to have, or 1",
    ),
    (r"with remapped shapes \[original->remapped\]: .*->", "axes of one letter have one length"),
    (r"contains too many subscripts", "write a letter for each axis"),
    (r"which never appeared in an input", "choose letters of the inputs"),
    (r"too many indices for array", "give one for each axis at most, and None for a new one"),
    (r"duplicate value in 'axis'", "name each axis once"),
    (r"must be square", "give as many rows as columns, as x.T @ x has, or use pinv"),
    (r"at least two[- ]dimension", "add an axis, as by x[:, None]"),
    (r"Singular matrix", "add to its diagonal, as by a + 1e-6 * np.eye(n), or use pinv"),
    (r"Matrix is not positive definite", "add to its diagonal, as by a + 1e-6 * np.eye(n)"),
    (r"kth\(=.*\) out of bounds \((\d+)\)", r"its \1 places are numbered from 0, or from -1 backwards"),
    (r"invalid entry in choice array", "give as many choices as there are numbers, or mode='wrap' or 'clip'"),
    (r"cannot reshape array of size (\d+)", r"give lengths that make \1, or -1 for one of them"),
    (
        r"index .* out of bounds for .*size (\d+)",
        r"its \1 places are numbered from 0, or from -1 backwards",
    ),
    (
        r"axis .* out of bounds for .*dimension (\d+)",
        r"its \1 axes are numbered from 0, or from -1 backwards",
    ),
    (r"all the input arrays must have same number of dimensions", "add an axis, as by x[None]"),
    (r"all input arrays must have the same shape", "reshape one, or use concatenate"),
    (
        r"all the input array dimensions except for the concatenation axis",
        "cut one, or choose another axis",
    ),
)

#: From here on, no integer is an axis, a place or a length.
BEYOND = 2**63


def fail(binding: Binding, inputs: Sequence[Any], params: Mapping[str, Any] | None, error: Exception) -> NoReturn:
    """Raise what a call comes to that a forward function failed in.

    Where that is made of other operations, and it is one of those that failed, the error names the outermost: the call
    that the person wrote, with its operands. What a forward function itself refuses goes out in its own words.
    """
    cause = error.__cause__ if isinstance(error, AutogradError) else error
    is_own = str(error).startswith(f"{binding.name}: ")
    if error is not cause and (is_own or isinstance(cause, AutogradError) or not isinstance(cause, FAILURES)):
        raise with_labels(error, inputs) if is_own else error
    assert isinstance(cause, Exception)
    raise failure(binding, inputs, params, cause) from cause


def with_labels(error: Exception, inputs: Sequence[Any]) -> Exception:
    """A refusal that says which operands it is about, where these have labels and it does not name them.

    >>> import autograd
    >>> print(with_labels(ShapeError("diag: expected a matrix"), [autograd.Tensor([1.0], label="w")]))
    diag: expected a matrix, on operands of the shapes w(1,)
    """
    labels = [label for x in inputs if (label := getattr(x, "label", None))]
    if all(re.search(rf"\b{re.escape(label)}(\(| of shape|, a )", str(error)) for label in labels):
        return error
    return type(error)(f"{error}, on operands of the shapes {shapes_of(inputs)}").with_traceback(error.__traceback__)


def shapes_of(inputs: Sequence[Any]) -> str:
    """The shapes of operands, each behind its label."""
    return ", ".join(f"{getattr(x, 'label', None) or ''}{getattr(x, 'shape', ())}" for x in inputs)


def failure(
    binding: Binding, inputs: Sequence[Any], params: Mapping[str, Any] | None, error: Exception
) -> AutogradError:
    """What to raise from an error of a forward function.

    >>> import autograd
    >>> def say(op, x, params, error):
    ...     print(repr(failure(op.binding, [x], params, error)))
    >>> say(autograd.exp, np.ones(2), {}, FloatingPointError("overflow encountered in exp"))
    OperationError('exp: failed on operands of the shapes (2,): overflow encountered in exp')
    >>> say(autograd.sum, np.ones(2), {"axis": 1.5}, TypeError("'float' object cannot be interpreted as an integer"))
    DTypeError('sum: expected axis as an int, a tuple of ints or None, got 1.5, on operands of the shapes (2,)')
    """
    name = binding.name
    shapes = shapes_of(inputs)
    given = static(params)
    for param, value in given.items():
        kinds, fits = EXPECTED.get(param, ("", always))
        if not fits(value):
            return DTypeError(
                f"{name}: expected {param} as {kinds}, got {short_repr(value)}, on operands of the shapes {shapes}"
            )
    if not inputs:
        return ShapeError(f"{name}: expected one operand at least, got none")
    extra = "".join(f", {param}={short_repr(value)}" for param, value in given.items())
    if isinstance(error, MISTAKEN):
        try:
            for x in inputs:
                accept.expect_operand(x, name)
        except DTypeError as refusal:
            return refusal
    too_large = any(map(is_beyond, given.values()))
    said = "no axis, place or length is so large" if too_large else words(str(error), name)
    cause = f": {said}" if said else ""
    if too_large or isinstance(error, IndexError) or re.search(SHAPES, str(error)):
        return ShapeError(f"{name}: the shapes {shapes}{extra} do not fit{cause}")
    if isinstance(error, MISTAKEN):
        takes = f"expected a call as {name}{binding.signature}"
        return DTypeError(f"{name}: failed on operands of the shapes {shapes}{extra}: {said or takes}")
    return OperationError(f"{name}: failed on operands of the shapes {shapes}{extra}{cause}")


def words(said: str, name: str) -> str:
    """What a complaint says of the call; nothing, where it is of NumPy's insides."""
    said = re.sub(INNER, "", re.sub(SIGNATURE, "", said).removeprefix(f"{name}: "))
    for pattern, ours in CLEARER:
        said = re.sub(pattern, ours, said)
    for pattern, cure in CURES:
        if (found := re.search(pattern, said)) is not None:
            said = f"{said.rstrip(' .')}: {found.expand(cure)}"
    return "" if re.search(INSIDES, said) else said


def is_beyond(value: Any) -> bool:
    """Whether it is, or holds, an integer that NumPy has no room for.

    >>> is_beyond((0, -(2**70))), is_beyond(2**62), is_beyond("axis")
    (True, False, False)
    """
    if isinstance(value, tuple | list):
        return any(map(is_beyond, value))
    return isinstance(value, int) and not -BEYOND <= value < BEYOND


# What params of these names are, as far as it can be said of any operation.


def is_int(value: Any) -> bool:
    """Whether NumPy takes it as an int; True and False are something else."""
    if isinstance(value, bool | np.bool_):
        return False
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def are_ints(value: Any) -> bool:
    try:
        return is_int(value) or all(map(is_int, value))
    except TypeError:  # an array without axes has an iterator, too, which fails
        return False


def are_axes(value: Any) -> bool:
    return value is None or is_int(value) or (isinstance(value, tuple) and all(map(is_int, value)))


def is_dtype(value: Any) -> bool:
    try:
        np.dtype(value)
    except TypeError:
        return False
    return True


def is_truth(value: Any) -> bool:
    return isinstance(value, bool | np.bool_ | int)


def always(value: Any) -> bool:
    return True


EXPECTED: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "axis": ("an int, a tuple of ints or None", are_axes),
    "axes": ("ints or None", lambda value: value is None or are_ints(value)),
    "shape": ("an int or a tuple of ints", are_ints),
    "shift": ("an int or ints", are_ints),
    "window_shape": ("an int or a tuple of ints", are_ints),
    "size": ("an int", is_int),
    "length": ("an int", is_int),
    "dtype": ("a dtype, as np.float32", is_dtype),
    "keepdims": ("True or False", is_truth),
}
