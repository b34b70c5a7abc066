"""Methods of nodes: the names that NumPy and PyTorch have, and where an ndarray has them too, what it means by them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from strategies import arrays

import autograd
from autograd import Tensor, Value
from autograd.operators import Operators

#: Methods that come from the table: PyTorch has all of them, NumPy some.
CHOSEN = {
    *("abs", "neg", "sign", "exp", "log", "log1p", "sqrt", "sin", "cos", "tanh", "sech", "sigmoid", "relu"),
    *("sum", "mean", "max", "softmax", "logsumexp", "astype", "broadcast_to", "argsort", "clip"),
    *("tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "exp2", "expm1"),
    *("log2", "log10", "square", "reciprocal", "deg2rad", "rad2deg", "floor", "ceil", "trunc"),
    *("cbrt", "rint"),  # NumPy calls them on the elements of an array of objects
}
OURS = {"leaky_relu"}  # torch.nn.functional has it as a function

#: For every method and attribute that an ndarray has too, calls in all the ways that NumPy knows and we do.
AS_NUMPY: dict[str, list[Callable[[Any], Any]]] = {
    "T": [lambda a: a.T],
    "shape": [lambda a: a.shape],
    "ndim": [lambda a: a.ndim],
    "size": [lambda a: a.size],
    "dtype": [lambda a: a.dtype],
    "conjugate": [lambda a: a.conjugate()],
    "astype": [lambda a: a.astype(np.float32), lambda a: a.astype("f4"), lambda a: a.astype(dtype=np.float64)],
    "argsort": [lambda a: a.argsort(), lambda a: a.argsort(0), lambda a: a.argsort(axis=None), lambda a: a.argsort(-1)],
    "clip": [lambda a: a.clip(0, 1), lambda a: a.clip(None, 0.5), lambda a: a.clip(max=0.5)],
    "swapaxes": [lambda a: a.swapaxes(0, 2), lambda a: a.swapaxes(-1, 1)],
    "round": [lambda a: a.round(), lambda a: a.round(1), lambda a: a.round(decimals=-1)],
    "item": [lambda a: a.sum().item(), lambda a: a[:1, :1, :1].item()],
    "reshape": [
        *(lambda a: a.reshape(-1), lambda a: a.reshape((-1,)), lambda a: a.reshape(a.shape[::-1])),
        *(lambda a: a.reshape(*a.shape[::-1]), lambda a: a.reshape(1, *a.shape), lambda a: a.reshape(a.size, 1)),
    ],
    "transpose": [
        *(lambda a: a.transpose(), lambda a: a.transpose(None), lambda a: a.transpose(2, 0, 1)),
        *(lambda a: a.transpose((2, 0, 1)), lambda a: a.transpose([1, 0, 2]), lambda a: a.transpose(-1, 0, 1)),
        lambda a: a[0, 0].transpose(0),
    ],
    **{
        name: [
            *(lambda a, n=name: getattr(a, n)(), lambda a, n=name: getattr(a, n)(0)),
            *(lambda a, n=name: getattr(a, n)(None), lambda a, n=name: getattr(a, n)(-1)),
            *(lambda a, n=name: getattr(a, n)(axis=(0, 2)), lambda a, n=name: getattr(a, n)((0, 1))),
            *(lambda a, n=name: getattr(a, n)(axis=1, keepdims=True), lambda a, n=name: getattr(a, n)(keepdims=True)),
            lambda a, n=name: getattr(a, n)(axis=()),
        ]
        for name in ("sum", "mean", "max")
    },
}  # fmt: skip


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_the_methods_from_the_table_are_those_that_were_chosen() -> None:
    methods = {op.name for op in autograd.table.values() if op.method}
    assert methods - CHOSEN - OURS == set(), (
        "add these to CHOSEN if people expect them, else enter them with method=False"
    )
    assert methods == CHOSEN | OURS


def test_every_name_that_an_ndarray_has_too_is_compared_with_its() -> None:
    common = public(Tensor) & public(np.ndarray)
    assert common - set(AS_NUMPY) == {"data"}, "a memoryview there, the array here"


@pytest.mark.parametrize("name", AS_NUMPY)
@given(array=arrays(hnp.array_shapes(min_dims=3, max_dims=3, max_side=3)))
def test_what_an_ndarray_has_too_is_the_same_here(name: str, array: Any) -> None:
    for call in AS_NUMPY[name]:
        expected, got = call(array), call(Tensor(array))
        if isinstance(got, Tensor):
            assert got.dtype == np.asarray(expected).dtype
            np.testing.assert_allclose(got.data, expected, rtol=1e-6, atol=1e-6)
            assert got.shape == np.shape(expected)
        elif isinstance(got, np.ndarray):
            np.testing.assert_array_equal(got, expected)
        else:
            assert got == expected


@pytest.mark.parametrize("cls", [Value, Tensor])
def test_no_operation_stands_for_anything_else_that_nodes_have(cls: type) -> None:
    """What the table gives is what nodes have: no attribute of a class hides a method, and none is hidden."""
    for op in autograd.table.values():
        if op.method:
            assert getattr(cls, op.name).__doc__ == op.doc


def test_an_operation_on_a_list_is_no_method() -> None:
    with pytest.raises(AttributeError):
        Tensor([1.0]).concatenate()  # type: ignore[attr-defined]


def test_every_method_is_spelled_out_for_editors() -> None:
    """`Operators` names the methods for type checkers; the names of arguments are the operation's."""
    source = inspect.getsource(Operators)
    for op in autograd.table.values():
        if op.method:
            rest = list(op.signature.parameters.values())[1:]
            defaults = ["" if p.default is p.empty else f" = {p.default!r}" for p in rest]
            arguments = [f"{p.name}: Any{default}" for p, default in zip(rest, defaults, strict=True)]
            line = f"        def {op.name}({', '.join(['self', *arguments])}) -> Self: ..."
            assert f"def {op.name}(self" in source, f"add to Operators in autograd/operators.py:\n{line}"
