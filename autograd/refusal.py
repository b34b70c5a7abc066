"""What no operation of the table is, nodes refuse: one message, by whatever way Python or NumPy comes to them."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np

from autograd.errors import DTypeError, MissingOperationError
from autograd.op import override_of

#: Functions of Python and NumPy, by name, that no gradient flows back from: they are flat, as a rounding, or tell of
#: numbers where they are, how many, or whether something holds.
FLAT = frozenset(
    {
        *("round", "imag"),
        *("isclose", "isneginf", "isposinf", "isreal", "iscomplex", "isin"),
        *("allclose", "array_equal", "array_equiv", "logical_xor"),
        *("argwhere", "nonzero", "flatnonzero"),
        *("lexsort", "searchsorted", "digitize", "empty_like", "ones_like", "zeros_like"),
        *("diag_indices_from", "tril_indices_from", "triu_indices_from", "matrix_rank", "einsum_path"),
        *("iscomplexobj", "isrealobj", "can_cast", "common_type", "min_scalar_type", "result_type"),
        *("may_share_memory", "shares_memory", "array2string", "array_repr", "array_str"),
    }
)

#: Those of them that take from their first argument nothing but its shape and its dtype.
MODELLED = frozenset({"empty_like", "full_like", "ones_like", "zeros_like"})

#: Those that other numbers of that shape and dtype are answered the same; and text, which is constant.
UNMOVED = MODELLED | {
    *("diag_indices_from", "tril_indices_from", "triu_indices_from", "isreal", "iscomplex", "einsum_path"),
    *("iscomplexobj", "isrealobj", "can_cast", "common_type", "min_scalar_type", "result_type"),
    *("may_share_memory", "shares_memory", "array2string", "array_repr", "array_str"),
}

#: Functions of NumPy that write to their first argument, and what a Tensor has in their place.
WRITING = {
    "copyto": "t[...] = v, or t = where(condition, v, t)",
    "fill_diagonal": "t[range(n), range(n)] = v",
    "place": "t = where(condition, v, t)",
    "put": "t[np.unravel_index(i, t.shape)] = v",
    "put_along_axis": "t[...] = v with an index for every axis",
    "putmask": "t = where(condition, v, t)",
}

#: What else has no derivative, as its shape depends on numbers, or whose parts have one.
INSTEAD = {
    "apply_along_axis": "a loop, as in stack([f(row) for row in t])",
    "apply_over_axes": "f(t, axes)",
    "trim_zeros": "t[start:stop], with bounds found from .data",
    "unique": "t[i], where np.unique of .data says i by return_index=True",
}


def named(node: Any) -> str:
    """A node, or a formula, as a message names it.

    >>> import autograd
    >>> named(autograd.Value(1.0, label="x")), named(autograd.Tensor([1.0, 2.0]))
    ('x', 'a Tensor of shape (2,)')
    """
    source = f"a {type(node).__name__}" if node.op is None else f"the result of {node.op.name}"
    name: str = getattr(node, "label", None) or source
    return f"{name} of shape {node.shape}" if node.shape else name


def mixed(name: str, kind: str, other: Any) -> DTypeError:
    """The refusal of a node beside those of the other kind.

    >>> import autograd
    >>> print(mixed("add", "Tensor", autograd.Value(1.0, label="v")))
    add: cannot mix a Tensor with v, a Value: make both Tensors, or both Values
    """
    came, source = type(other).__name__, named(other)
    which = f"a {came}{source.removeprefix(f'a {came}')}" if source.startswith(f"a {came}") else f"{source}, a {came}"
    return DTypeError(f"{name}: cannot mix a {kind} with {which}: make both Tensors, or both Values")


def no_gradient(spelled: str) -> str:
    """What is true of a function in `FLAT`."""
    return f"{spelled} gives nothing that a gradient flows back from"


def unregistered(spelled: str, name: str, node: Any) -> MissingOperationError:
    """The refusal of a function of NumPy, or an operator of Python, of that name: never a silent detour.

    >>> import autograd
    >>> print(unregistered("np.digitize", "digitize", autograd.Value(1.0, label="x")))
    np.digitize gives nothing that a gradient flows back from: use .data of x for its result
    """
    if name in WRITING:
        return MissingOperationError(
            f"{spelled} writes into an array, where the gradient of {named(node)} would be silently lost: "
            f"write {WRITING[name]}, with a Tensor t"
        )
    if name in INSTEAD:
        return MissingOperationError(
            f"{spelled} is no operation of the table, so the gradient of {named(node)} would be silently lost: "
            f"write {INSTEAD[name]}, with a Tensor t"
        )
    is_constant = not getattr(node, "requires_grad", True)
    if name in FLAT:
        cure = f"{'np.asarray' if is_constant else '.data'} of {named(node)}"
        return MissingOperationError(f"{no_gradient(spelled)}: use {cure} for its result")
    if is_constant:  # of the plain array, and not of .data, a replay knows
        return MissingOperationError(
            f"{spelled} is no operation of the table: use np.asarray of {named(node)}, which requires no gradient"
        )
    return MissingOperationError(
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


def asked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method of that name that is a function of NumPy, called on the node."""

    def method(self: Any, *args: Any) -> Any:
        return function(self, *args)

    method.__name__, method.__doc__ = name, f"np.{function.__name__}: its operation, or what says why there is none."
    return method


#: Python's operators that nodes have not, and their names in NumPy.
for spelled, attribute, name, refusal in (
    ("x << y", "lshift", "left_shift", integers_only),
    ("x >> y", "rshift", "right_shift", integers_only),
    ("x ^ y", "xor", "bitwise_xor", integers_only),
):
    refuse(f"__{attribute}__", spelled, name, refusal)
    refuse(f"__r{attribute}__", spelled, name, refusal)


class AsFunction:
    """A method that is NumPy's function of the same name, called on the node, where that does anything with nodes.

    Where it does not, there is no such attribute, and the `AttributeError` says so.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.function: Callable[..., Any] = getattr(np, name)

    def __get__(self, node: Any, kind: type) -> Any:
        if node is None:
            return self
        if self.name not in FLAT and override_of(self.function) is None:
            raise AttributeError(
                f"a {kind.__name__} has no {self.name}, as np.{self.name} has no derivative in the table: use .data "
                "for a result that needs no gradient, or enter it with autograd.elementwise or autograd.primitive"
            )
        return MethodType(self.function, node)


class Absent:
    """What an ndarray has and nodes have not: there is no such attribute, and the `AttributeError` says the cure."""

    def __init__(self, name: str, cure: str) -> None:
        self.name = name
        self.cure = cure

    def __get__(self, node: Any, kind: type) -> Any:
        raise AttributeError(f"a {kind.__name__} has no {self.name}: {self.cure}")


#: What NumPy asks the elements of an array of objects for, so that `np.arctan` calls their method of that name: it is
#: the function itself, which has an operation or refuses.
ASKED = frozenset(
    {
        *("arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cosh", "sinh", "tan"),
        *("cbrt", "deg2rad", "degrees", "exp2", "expm1", "fabs", "fmod", "hypot", "log10", "log1p", "log2"),
        *("logical_xor", "rad2deg", "radians", "rint", "bit_count"),
    }
)


def is_asked(name: str) -> bool:
    """Whether NumPy asks the elements of an array of objects for a method of that name.

    >>> is_asked("arctan2"), is_asked("logaddexp")
    (True, False)
    """
    return name in ASKED


for name in ASKED:
    setattr(Refusing, name, asked(name, np.bitwise_count if name == "bit_count" else getattr(np, name)))

#: Methods of an ndarray that take what the function of the same name takes.
for name in (
    *("all", "any", "argmax", "argmin", "argpartition", "copy", "cumprod", "cumsum", "diagonal", "dot"),
    *("min", "nonzero", "prod", "ravel", "repeat", "round", "searchsorted", "squeeze", "std", "take", "trace", "var"),
):
    setattr(Refusing, name, AsFunction(name))

OF_NUMBERS = "that is of plain numbers, as .numpy() of a Tensor gives them"
IN_PLACE = "it would write over recorded numbers: assign to elements, as in t[i] = v"

for cure, names in (
    (OF_NUMBERS, ("base", "byteswap", "ctypes", "device", "dump", "dumps", "flags", "getfield", "setfield")),
    (OF_NUMBERS, ("setflags", "strides", "to_device", "tobytes", "tofile")),
    (IN_PLACE, ("fill", "put", "resize")),
    ("write np.sort(t), as that of an ndarray sorts in place", ("sort",)),
    ("write np.partition(t, k), as that of an ndarray works in place", ("partition",)),
    ("write t.reshape(-1), and t[i] = v to assign to elements", ("flat", "flatten")),
    ("write t[mask], with a plain mask as index", ("compress",)),
    ("write t.reshape(shape) for another shape, t.astype(dtype) for another dtype", ("view",)),
    ("write t.swapaxes(-1, -2)", ("mT",)),
    ("write np.choose(i, choices), with plain places i, as a node holds no places", ("choose",)),
):
    for name in names:
        setattr(Refusing, name, Absent(name, cure))

OTHERWISE = "leave it out, all numbers are NumPy's, on the CPU"
CHANGED = "what is computed is not changed in place: write t = …, or, inside no_grad(), t[...] = … of a leaf"

#: What a Tensor of PyTorch has and nodes have not, with how it is written here.
OF_TORCH: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("write np.transpose(t, axes), with a place for every axis", ("permute",)),
    ("write t.T", ("t",)),
    ("write t.swapaxes(i, j)", ("swapdims", "adjoint", "mH")),
    ("write np.moveaxis(t, i, j)", ("movedim",)),
    ("write np.expand_dims(t, axis), or t[..., None] for a last axis", ("unsqueeze",)),
    ("write t.copy(), through which the gradient flows", ("clone",)),
    ("write t.size", ("numel", "nelement")),
    ("write t.ndim", ("dim", "ndimension")),
    ("write t.clip(low, high)", ("clamp",)),
    ("write t.clip(low, None)", ("clamp_min",)),
    ("write t.clip(None, high)", ("clamp_max",)),
    (
        "write np.split(t, places, axis), with the places where parts begin",
        ("split", "tensor_split", "split_with_sizes"),
    ),
    ("write np.array_split(t, parts, axis)", ("chunk",)),
    ("write list(t), or take t[..., k]", ("unbind",)),
    ("write autograd.where(mask, value, t)", ("masked_fill", "masked_scatter")),
    ("write autograd.where(condition, t, other)", ("where",)),
    ("write t[mask]", ("masked_select",)),
    ("write np.take(t, indices, axis)", ("index_select",)),
    ("write np.take_along_axis(t, indices, axis)", ("gather",)),
    (
        "write a new array, and assign to its elements: y[indices] = t",
        ("scatter", "scatter_add", "index_add", "index_fill"),
    ),
    ("write t[..., start:stop]", ("narrow", "select")),
    ("write t @ other", ("matmul", "mm", "bmm", "mv")),
    ("write np.outer(t, other)", ("outer", "ger")),
    ("write np.linalg.norm(t)", ("norm",)),
    ("write np.max(t, axis)", ("amax",)),
    ("write np.min(t, axis)", ("amin",)),
    ("write t / np.linalg.norm(t, axis=axis, keepdims=True)", ("normalize", "renorm")),
    ("write np.sort(t)[..., -k:]", ("topk",)),
    ("write np.flip(t, axis)", ("flip", "fliplr", "flipud")),
    ("write np.tile(t, repeats)", ("tile",)),
    ("write np.tril(t)", ("tril",)),
    ("write np.triu(t)", ("triu",)),
    ("write np.broadcast_to(t, shape)", ("expand", "expand_as")),
    ("write t.reshape(other.shape)", ("reshape_as", "view_as", "unflatten")),
    ("write autograd.sliding_window_view(t, size, axis)", ("unfold",)),
    ("write t + other", ("add",)),
    ("write t - other", ("sub", "subtract")),
    ("write t * other", ("mul", "multiply")),
    ("write t / other", ("div", "divide", "true_divide")),
    ("write t ** other", ("pow",)),
    ("write -t", ("negative",)),
    ("write 1 / np.sqrt(t)", ("rsqrt",)),
    ("write t == other", ("eq",)),
    ("write t != other", ("ne",)),
    ("write t < other", ("lt",)),
    ("write t <= other", ("le",)),
    ("write t > other", ("gt",)),
    ("write t >= other", ("ge",)),
    ("write np.isnan(t)", ("isnan",)),
    ("write np.isfinite(t)", ("isfinite",)),
    ("write np.isinf(t)", ("isinf",)),
    (f"{OTHERWISE}; for another dtype there is t.astype(dtype)", ("to", "type", "type_as")),
    (OTHERWISE, ("cpu", "cuda", "is_cuda", "pin_memory", "contiguous", "is_contiguous", "get_device")),
    ("write t.astype(np.float32)", ("float",)),
    ("write t.astype(np.float64)", ("double",)),
    ("write t.astype(np.float16)", ("half", "bfloat16")),
    ("write .data.astype(int) of it, as no gradient flows through integers", ("int", "long", "short")),
    ("write t != 0", ("bool",)),
    ("write t.op is None", ("is_leaf",)),
    ("write t.op, which is what computed it", ("grad_fn",)),
    ("write t.requires_grad = True", ("requires_grad_",)),
    ("leave it out, as what was computed on the way keeps its gradient", ("retain_grad",)),
    ("write np.zeros(shape, t.dtype)", ("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor")),
    (
        CHANGED,
        (
            *("add_", "sub_", "mul_", "div_", "pow_", "neg_", "exp_", "sqrt_", "abs_", "clamp_", "clip_", "relu_"),
            *("sigmoid_", "tanh_", "zero_", "fill_", "copy_", "masked_fill_", "uniform_", "normal_", "addcmul_"),
            *("addcdiv_", "lerp_", "unsqueeze_", "squeeze_", "transpose_", "detach_", "index_fill_", "scatter_"),
        ),
    ),
)
for written, remembered in OF_TORCH:
    for name in remembered:
        setattr(Refusing, name, Absent(name, written))
