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
from autograd.refusal import AsFunction, Refusing

#: Methods that come from the table: PyTorch has all of them, NumPy some.
CHOSEN = {
    *("abs", "neg", "sign", "exp", "log", "log1p", "sqrt", "sin", "cos", "tanh", "sech", "sigmoid", "relu"),
    *("min", "prod", "cumsum", "cumprod", "var", "std", "argmax", "argmin", "any", "all", "log_softmax"),
    *("erf", "erfc", "erfinv", "digamma", "logit"),
    *("sum", "mean", "max", "softmax", "logsumexp", "astype", "broadcast_to", "argsort", "clip"),
    *("copy", "roll", "diagonal", "argpartition"),
    *("tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "exp2", "expm1"),
    *("log2", "log10", "square", "reciprocal", "deg2rad", "rad2deg", "floor", "ceil", "trunc"),
    *("cbrt", "rint"),  # NumPy calls them on the elements of an array of objects
}
OURS = {"leaky_relu"}  # torch.nn.functional has it as a function

#: What NumPy's reductions take beside the axes.
EXTRA: dict[str, list[Callable[[Any], Any]]] = {
    **{name: [lambda a, n=name: getattr(a, n)(where=np.arange(a.shape[-1]) == 0)] for name in ("mean", "var", "std")},
    **{
        name: [
            lambda a, n=name: getattr(a, n)(initial=0.5),
            lambda a, n=name: getattr(a, n)(0, where=np.arange(a.shape[-1]) > 0, initial=np.float64(-0.5)),
        ]
        for name in ("sum", "prod", "max", "min")
    },
}

#: For every method and attribute that an ndarray has too, calls in all the ways that NumPy knows and we do.
AS_NUMPY: dict[str, list[Callable[[Any], Any]]] = {
    "T": [lambda a: a.T],
    "shape": [lambda a: a.shape],
    "ndim": [lambda a: a.ndim],
    "size": [lambda a: a.size],
    "dtype": [lambda a: a.dtype],
    "conjugate": [lambda a: a.conjugate()],
    "conj": [lambda a: a.conj()],
    "real": [lambda a: a.real],
    "imag": [lambda a: a.imag],
    "itemsize": [lambda a: a.itemsize],
    "nbytes": [lambda a: a.nbytes],
    "tolist": [lambda a: a.tolist(), lambda a: a[0, 0, 0].tolist()],
    "astype": [
        *(lambda a: a.astype(np.float32), lambda a: a.astype("f4"), lambda a: a.astype(dtype=np.float64)),
        lambda a: a.astype("f4", copy=False),
    ],
    "argsort": [lambda a: a.argsort(), lambda a: a.argsort(0), lambda a: a.argsort(axis=None), lambda a: a.argsort(-1)],
    "argmax": [lambda a: a.argmax(), lambda a: a.argmax(0), lambda a: a.argmax(axis=-1, keepdims=True)],
    "argmin": [lambda a: a.argmin(), lambda a: a.argmin(0), lambda a: a.argmin(axis=-1, keepdims=True)],
    "any": [
        *(lambda a: a.any(), lambda a: a.any(0), lambda a: a.any(axis=(0, 2), keepdims=True)),
        lambda a: a.any(where=np.arange(a.shape[-1]) == 0),
    ],
    "all": [lambda a: a.all(), lambda a: a.all(0), lambda a: a.all(axis=(0, 2), keepdims=True)],
    "cumsum": [lambda a: a.cumsum(), lambda a: a.cumsum(0), lambda a: a.cumsum(axis=-1), lambda a: a[0, 0, 0].cumsum()],
    "cumprod": [lambda a: a.cumprod(), lambda a: a.cumprod(0), lambda a: a.cumprod(axis=-1)],
    "clip": [lambda a: a.clip(0, 1), lambda a: a.clip(None, 0.5), lambda a: a.clip(max=0.5)],
    "swapaxes": [lambda a: a.swapaxes(0, 2), lambda a: a.swapaxes(-1, 1)],
    "item": [
        *(lambda a: a.sum().item(), lambda a: a[:1, :1, :1].item(), lambda a: a.item(0), lambda a: a.item(-1)),
        *(lambda a: a.item(0, 0, 0), lambda a: a.item((0, 0, 0))),
    ],
    "argpartition": [lambda a: a.argpartition(0, axis=0)[0], lambda a: a.argpartition(0, None)[:1]],
    "mT": [lambda a: a.mT, lambda a: a[0].mT],
    "ravel": [lambda a: a.ravel(), lambda a: a.ravel("F"), lambda a: a.T.ravel(order="C"), lambda a: a[0, 0].ravel()],
    "flatten": [lambda a: a.flatten(), lambda a: a.flatten("F"), lambda a: a.T.flatten(order="C")],
    "squeeze": [lambda a: a.squeeze(), lambda a: a[:1].squeeze(0), lambda a: a[:1, :, :1].squeeze(axis=(0, -1))],
    "copy": [lambda a: a.copy(), lambda a: a.T.copy("F"), lambda a: a[0, 0, 0].copy()],
    "diagonal": [lambda a: a.diagonal(), lambda a: a.diagonal(1, 0, 2), lambda a: a.diagonal(axis1=-1, axis2=0)],
    "repeat": [lambda a: a.repeat(2), lambda a: a.repeat(2, axis=-1), lambda a: a[:, 0, 0].repeat([2] * len(a), 0)],
    "take": [
        *(lambda a: a.take(0), lambda a: a.take([0, -1], axis=1), lambda a: a.take([[5, 7]], mode="wrap")),
        lambda a: a.take([0, 9], 1, mode="clip"),
    ],
    "dot": [
        *(lambda a: a[0, 0].dot(a[0, 0]), lambda a: a.dot(a[0].T), lambda a: a.dot(2.0)),
        lambda a: a.dot(np.ones((3, a.shape[-1], 2))),
    ],
    "trace": [lambda a: a.trace(), lambda a: a.trace(1, 0, 2), lambda a: a.trace(-1, axis1=1, axis2=-1)],
    "round": [lambda a: a.round(), lambda a: a.round(1), lambda a: a.round(decimals=-1)],
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
            *(EXTRA[name]),
        ]
        for name in ("sum", "mean", "max", "min", "prod", "var", "std")
    },
}  # fmt: skip


#: The same for the methods that are NumPy's function of that name, where an operation has that or it just answers.
AS_FUNCTION: dict[str, list[Callable[[Any], Any]]] = {
    "nonzero": [lambda a: np.array(a.nonzero())],
    "searchsorted": [
        *(lambda a: np.sort(a, None).searchsorted(0.5), lambda a: np.sort(a, None).searchsorted([0.5, 1.0], "right")),
    ],
    "argpartition": [lambda a: a.argpartition(0), lambda a: a.argpartition(0, None)],
    "copy": [lambda a: a.copy(), lambda a: a.copy("F")],
    "diagonal": [lambda a: a.diagonal(), lambda a: a.diagonal(1, 0, 2), lambda a: a.diagonal(offset=-1)],
    "dot": [lambda a: a.dot(a[0].T), lambda a: a[0, 0].dot(a[0, 0])],
    "ravel": [lambda a: a.ravel(), lambda a: a.ravel("C")],
    "repeat": [lambda a: a.repeat(2), lambda a: a.repeat(2, 0), lambda a: a.repeat(2, axis=-1)],
    "round": [lambda a: a.round(), lambda a: a.round(1), lambda a: a.round(decimals=-1)],
    "squeeze": [lambda a: a[:1].squeeze(0), lambda a: a[:1, :1].squeeze(axis=(0, 1)), lambda a: a.squeeze()],
    "take": [lambda a: a.take([0]), lambda a: a.take(0, 1), lambda a: a.take([0, -1], axis=0)],
    "trace": [lambda a: a.trace(), lambda a: a.trace(1, 0, 2)],
    **{name: [lambda a, n=name: getattr(a, n)(), lambda a, n=name: getattr(a, n)(1)] for name in ("cumprod", "cumsum")},
    **{
        name: [
            *(lambda a, n=name: getattr(a, n)(), lambda a, n=name: getattr(a, n)(0)),
            *(lambda a, n=name: getattr(a, n)(axis=-1, keepdims=True), lambda a, n=name: getattr(a, n)(None)),
        ]
        for name in ("argmax", "argmin", "any", "all", "min", "prod", "std", "var")
    },
}  # fmt: skip

COMPARED = AS_FUNCTION | AS_NUMPY


def public(x: Any) -> set[str]:
    return {name for name in dir(x) if not name.startswith("_") and hasattr(x, name)}


def test_the_methods_from_the_table_are_those_that_were_chosen() -> None:
    methods = {op.name for op in autograd.table.values() if op.method}
    assert methods - CHOSEN - OURS == set(), (
        "add these to CHOSEN if people expect them, else enter them with method=False"
    )
    assert methods == CHOSEN | OURS


def test_every_name_that_an_ndarray_has_too_is_compared_with_its() -> None:
    common = public(Tensor([[1.0]])) & public(np.ones((1, 1)))
    assert common - set(COMPARED) == {"data"}, "a memoryview there, the array here"


@pytest.mark.parametrize("node", [Tensor([[1.0]], label="t"), Value(1.0)], ids=["Tensor", "Value"])
@pytest.mark.parametrize("name", sorted(public(np.ones((1, 1))) - public(Tensor([[1.0]]))))
def test_what_an_ndarray_has_and_nodes_have_not_is_told_with_its_cure(name: str, node: Any) -> None:
    assert not hasattr(node, name)
    assert getattr(node, name, None) is None
    with pytest.raises(AttributeError, match=rf"^a {type(node).__name__} has no {name}(: |, as np\.{name} ).*\w"):
        getattr(node, name)


def test_every_method_that_is_a_function_is_called_here() -> None:
    assert set(AS_FUNCTION) == {name for name, x in vars(Refusing).items() if isinstance(x, AsFunction)}


@pytest.mark.parametrize("name", [name for name in COMPARED if hasattr(Tensor([[1.0]]), name)])
@given(array=arrays(hnp.array_shapes(min_dims=3, max_dims=3, max_side=3)))
def test_what_an_ndarray_has_too_is_the_same_here(name: str, array: Any) -> None:
    for call in COMPARED[name]:
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


#: What PyTorch has as methods, called there, and what nodes of shape (2, 3) say to write in their place.
WORDS: list[tuple[str, tuple[Any, ...], Callable[[Any], Any]]] = [
    ("permute", (1, 0), lambda t: np.transpose(t, (1, 0))),
    ("t", (), lambda t: t.T),
    ("swapdims", (0, 1), lambda t: t.swapaxes(0, 1)),
    ("movedim", (0, 1), lambda t: np.moveaxis(t, 0, 1)),
    ("unsqueeze", (1,), lambda t: np.expand_dims(t, 1)),
    ("unsqueeze", (-1,), lambda t: t[..., None]),
    ("clone", (), lambda t: t.copy()),
    ("numel", (), lambda t: t.size),
    ("dim", (), lambda t: t.ndim),
    ("clamp", (-0.5, 0.5), lambda t: t.clip(-0.5, 0.5)),
    ("clamp_min", (0.0,), lambda t: t.clip(0.0, None)),
    ("clamp_max", (0.0,), lambda t: t.clip(None, 0.0)),
    ("split", (1, 1), lambda t: np.split(t, [1, 2], 1)),
    ("chunk", (2, 1), lambda t: np.array_split(t, 2, 1)),
    ("unbind", (), list),
    ("masked_fill", ("mask", 0.5), lambda t: autograd.where(t.data > 0, 0.5, t)),
    ("masked_select", ("mask",), lambda t: t[t.data > 0]),
    ("matmul", ("other",), lambda t: t @ t.data.T),
    ("mm", ("other",), lambda t: t @ t.data.T),
    ("norm", (), lambda t: np.linalg.norm(t)),
    ("amax", (1,), lambda t: np.max(t, 1)),
    ("amin", (1,), lambda t: np.min(t, 1)),
    ("flip", (0,), lambda t: np.flip(t, 0)),
    ("tril", (), lambda t: np.tril(t)),
    ("triu", (), lambda t: np.triu(t)),
    ("expand", (4, 2, 3), lambda t: np.broadcast_to(t, (4, 2, 3))),
    ("view", (3, 2), lambda t: t.reshape((3, 2))),
    ("pow", (2,), lambda t: t**2),
    ("unfold", (1, 2, 1), lambda t: autograd.sliding_window_view(t, 2, 1)),
    ("float", (), lambda t: t.astype(np.float32)),
    ("is_leaf", (), lambda t: t.op is None),
]


@pytest.mark.parametrize(("name", "args", "written"), WORDS, ids=[word[0] for word in WORDS])
def test_what_is_said_to_be_written_for_a_method_of_pytorch_gives_its_numbers(
    name: str, args: tuple[Any, ...], written: Callable[[Any], Any]
) -> None:
    torch = pytest.importorskip("torch", reason="the peer whose methods people remember")
    t = Tensor(np.random.default_rng(0).normal(size=(2, 3)))
    theirs = torch.tensor(t.data)
    known = {"mask": theirs > 0, "other": theirs.T}
    found = getattr(theirs, name)
    expected = found(*[known.get(x, x) if isinstance(x, str) else x for x in args]) if callable(found) else found
    got = written(t)
    for mine, its in zip(*[x if isinstance(x, list | tuple) else [x] for x in (got, expected)], strict=True):
        np.testing.assert_allclose(np.asarray(getattr(mine, "data", mine)), np.asarray(its), rtol=1e-6)
    for node in (t, Value(1.0)):
        assert not hasattr(node, name)
        with pytest.raises(AttributeError, match=rf"^a {type(node).__name__} has no {name}: "):
            getattr(node, name)


REMEMBERED = """
    permute unsqueeze clone numel dim clamp split chunk masked_fill matmul mm bmm item cpu cuda to float double long int
    half bool contiguous expand expand_as view gather scatter index_select norm pow add sub mul div eq ne lt le gt ge
    is_leaf grad_fn requires_grad_ retain_grad add_ mul_ zero_ fill_ copy_ uniform_ normal_ clamp_ unfold topk flip
    amax amin movedim isnan new_zeros type device detach numpy tolist backward register_hook argmax softmax
"""


@pytest.mark.parametrize("name", REMEMBERED.split())
def test_methods_of_pytorch_are_there_or_say_what_to_write(name: str) -> None:
    t = Tensor([[1.0]])
    if not hasattr(t, name):
        with pytest.raises(AttributeError, match=rf"^a Tensor has no {name}: \w"):
            getattr(t, name)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.sum(dim=1), r"sum: unknown .* it takes a, axis, .*; dim is axis here$"),
        (lambda t: t.mean(1, keepdim=True), r"mean: .*; keepdim is keepdims here$"),
        (lambda t: t.var(unbiased=False), r"var: .*; unbiased is ddof here$"),
        (lambda t: autograd.softmax(t, dim=-1), r"softmax: .*; dim is axis here$"),
        (lambda t: t.squeeze(dim=0), r"squeeze: .* it takes a, axis; dim is axis here$"),
        (lambda t: t.sum(nothing=1), r"sum: unknown .* it takes a, [a-z, ]*$"),
    ],
)
def test_arguments_of_pytorch_are_told_by_their_names_here(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(Tensor([[1.0, 2.0]]))
