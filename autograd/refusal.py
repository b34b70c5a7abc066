"""What no operation of the table is, nodes refuse: one message, by whatever way Python or NumPy comes to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import DTypeError, LostGradientError

#: Functions of Python and NumPy, by name, that no gradient flows back from: they are flat, as a rounding, or tell of
#: numbers where they are, how many, or whether something holds.
FLAT = frozenset(
    {
        *("round", "imag"),
        *("isclose", "isneginf", "isposinf", "isreal", "iscomplex", "isin"),
        *("all", "allclose", "any", "array_equal", "array_equiv", "count_nonzero", "logical_xor"),
        *("argmax", "argmin", "nanargmax", "nanargmin", "argpartition", "argwhere", "nonzero", "flatnonzero"),
        *("lexsort", "searchsorted", "digitize", "empty_like", "ones_like", "zeros_like"),
        *("diag_indices_from", "tril_indices_from", "triu_indices_from", "matrix_rank"),
        *("iscomplexobj", "isrealobj", "can_cast", "common_type", "min_scalar_type", "result_type"),
        *("may_share_memory", "shares_memory", "array2string", "array_repr", "array_str"),
    }
)


def named(node: Any) -> str:
    """A node, or a formula, as a message names it.

    >>> import autograd
    >>> named(autograd.Value(1.0, label="x")), named(autograd.Tensor([1.0, 2.0]))
    ('x', 'a Tensor of shape (2,)')
    """
    source = f"a {type(node).__name__}" if node.op is None else f"the result of {node.op.name}"
    name: str = getattr(node, "label", None) or source
    return f"{name} of shape {node.shape}" if node.shape else name


def no_gradient(spelled: str) -> str:
    """What is true of a function in `FLAT`."""
    return f"{spelled} gives nothing that a gradient flows back from"


def unregistered(spelled: str, name: str, node: Any) -> LostGradientError:
    """The refusal of a function of NumPy, or an operator of Python, of that name: never a silent detour.

    >>> import autograd
    >>> print(unregistered("np.argmax", "argmax", autograd.Value(1.0, label="x")))
    np.argmax gives nothing that a gradient flows back from: use .data of x for its result
    """
    is_constant = not getattr(node, "requires_grad", True)
    if name in FLAT:
        cure = f"{'np.asarray' if is_constant else '.data'} of {named(node)}"
        return LostGradientError(f"{no_gradient(spelled)}: use {cure} for its result")
    if is_constant:  # of the plain array, and not of .data, a replay knows
        return LostGradientError(
            f"{spelled} is no operation of the table: use np.asarray of {named(node)}, which requires no gradient"
        )
    return LostGradientError(
        f"{spelled} has no derivative in the table, so the gradient of {named(node)} would be silently lost: "
        "use .data for a result that needs no gradient, or enter the operation with "
        "autograd.elementwise or autograd.primitive"
    )


def integers_only(spelled: str, name: str, node: Any) -> DTypeError:
    """The refusal of an operator on the bits of integers."""
    cure = "write x ** y for a power, a != b for one of two conditions" if name == "bitwise_xor" else "scale by 2.0**y"
    return DTypeError(f"{spelled} is for integers, got {named(node)}: {cure}")


class Refusing:
    """The operators of Python, and the methods that NumPy calls on elements of an array of objects, that are refused.

    An operation that is entered under such a name takes its place.
    """

    __slots__ = ()


def refuse(attribute: str, spelled: str, name: str, refusal: Callable[[str, str, Any], TypeError]) -> None:
    """Let an attribute of nodes be a method that refuses."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise refusal(spelled, name, self)

    method.__name__, method.__doc__ = attribute, f"Raise what says why nodes have no {spelled}."
    setattr(Refusing, attribute, method)


#: Python's operators that nodes have not, and their names in NumPy.
for spelled, attribute, name, refusal in (
    ("x << y", "lshift", "left_shift", integers_only),
    ("x >> y", "rshift", "right_shift", integers_only),
    ("x ^ y", "xor", "bitwise_xor", integers_only),
):
    refuse(f"__{attribute}__", spelled, name, refusal)
    refuse(f"__r{attribute}__", spelled, name, refusal)

#: What NumPy asks the elements of an array of objects for, so that `np.arctan` calls their method of that name.
ASKED = frozenset(
    {
        *("arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cosh", "sinh", "tan"),
        *("cbrt", "deg2rad", "degrees", "exp2", "expm1", "fabs", "fmod", "hypot", "log10", "log1p", "log2"),
        *("logical_xor", "rad2deg", "radians", "rint", "bit_count"),
    }
)
for name in ASKED:
    refuse(name, f"np.{name}", name, unregistered)
