"""Interchange with PyTorch: states under its names and in its layout, without PyTorch itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, ShapeError, short_repr, tree
from nn.declared import plain
from nn.foreign import Own, foreign
from nn.layers.containers import Sequential
from nn.state import Misfit, Stateful, dotted, is_stateful, state_of

Array = NDArray[Any]


def torch_state_dict(model: Stateful) -> dict[str, Array]:
    """The state of a model as that of the same modules of PyTorch: by its names, and transposed where it has it so.

    What it gives are arrays: ``twin.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()})``; a model of
    this library takes them by `load_torch_state_dict` alone, also when `nn.save` wrote them to a file. The layers of
    a `Sequential` are ``0.weight``, ``1.weight``, … there; what stands in several places is there by each of its names.
    A float32 model gives float32. What PyTorch has no module for, as a `Maxout`, keeps its own layout.

    >>> from nn import Linear, Sequential, Tanh
    >>> {name: array.shape for name, array in torch_state_dict(Sequential(Linear(2, 3), Tanh())).items()}
    {'0.weight': (3, 2), '0.bias': (3,)}

    Raises `TypeError` for what is no Module of this library.
    """
    expect_model(model, "torch_state_dict")
    state = model.state_dict()
    return {name.theirs: foreign(np.array(name.turn(state[name.ours]), order="C")) for name in names_of(model)}


def load_torch_state_dict(model: Stateful, state: Mapping[str, Any], strict: bool = True) -> Misfit:
    """Take over the state of the same modules of PyTorch: all of it, or, where something does not fit, nothing.

    ``state`` is what ``module.state_dict()`` gives there, or a dict of arrays, as `nn.load` reads from a safetensors
    file. Numbers are converted to the dtype of the model, those of bfloat16 too. Of what stands in several places one
    name is enough, as of files that have it once. Unless ``strict``, names may be missing or unexpected, and are
    returned.

    >>> from nn import Linear
    >>> layer = Linear(2, 3)
    >>> load_torch_state_dict(layer, {"weight": np.ones((3, 2)), "bias": np.zeros(3)})
    Misfit(missing=[], unexpected=[])
    >>> layer.weight.shape
    (2, 3)

    Raises `TypeError` for what is no such dict, or holds no numbers, `ValueError` for names that are missing or
    unexpected, and for two that are one parameter here, and hold different numbers, `ShapeError` for other shapes.
    """
    owner = "load_torch_state_dict"
    expect_model(model, owner)
    if not isinstance(state, Mapping):
        cure = ": give its state_dict()" if hasattr(state, "state_dict") else ""
        raise DTypeError(f"{owner}: state: expected a dict of names and arrays, got {short_repr(state)}{cure}")
    if isinstance(state, Own):
        raise DTypeError(
            f"{owner}: state: expected one of PyTorch, got one of this library, whose weights are not transposed: use "
            "model.load_state_dict"
        )
    known, present = list(names_of(model)), model.state_dict()
    same: dict[int, list[Name]] = defaultdict(list)  # those of one parameter, or buffer
    for name in known:
        same[name.part].append(name)
    given = {name.theirs: name.turn(numbers(name, state, present)) for name in known if name.theirs in state}
    found: dict[str, Array] = {}
    theirs = {name.theirs for name in known}
    misfit = Misfit([], [name for name in state if name not in theirs])
    for names in same.values():
        first = next((name.theirs for name in names if name.theirs in given), None)
        if first is None:
            misfit.missing.extend(name.theirs for name in names)
            continue
        for name in names:
            found[name.ours] = array = given.get(name.theirs, given[first])
            if not np.array_equal(array, given[first], equal_nan=True):
                raise ValueError(
                    f"{owner}: state: expected the same numbers as {first} and {name.theirs}, which are one in this "
                    "model, got different ones: give it one for each, or leave one of the names out"
                )
    if strict and (misfit.missing or misfit.unexpected):
        told = [f"{kind} {', '.join(map(str, names))}" for kind, names in misfit._asdict().items() if names]
        raise ValueError(
            f"{owner}: state: expected the names of this model, got one with {' and '.join(told)}: "
            f"{cure_of(state, [name.theirs for name in known], present)}"
        )
    model.load_state_dict(found, strict)
    return misfit


def expect_model(model: Any, owner: str) -> None:
    """Refuse what is no Module of this library, as one of PyTorch.

    Raises `TypeError`.
    """
    if not is_stateful(model):
        raise DTypeError(
            f"{owner}: model: expected a Module of this library, got {short_repr(model)}: of one of PyTorch, give its "
            "state_dict() as state to load_torch_state_dict"
        )


class Name(NamedTuple):
    """A name of a part of a state here, and one that it has in PyTorch."""

    ours: str
    theirs: str
    is_turned: bool  #: whether PyTorch holds it transposed
    part: int  #: the id of what has the name

    def turn(self, array: Array) -> Array:
        return array.T if self.is_turned else array


def names_of(model: Stateful) -> Iterator[Name]:
    """Each name of a state with each name that PyTorch has for it: one for each place where its Module stands."""
    places: dict[int, list[str]] = defaultdict(list)  # of each Module, by its id
    above: list[Any] = []
    for path, part in tree.walk(model, cyclic=True):
        del above[len(path) :]
        if is_stateful(part) and not any(part is one for one in above):
            steps = zip(above, path, strict=True)
            places[id(part)].append(dotted([key for holder, key in steps if not is_left_out(holder, key)]))
        above.append(part)
    for name, held in state_of(model):
        for place in places[id(held.module)]:
            theirs = f"{place}.{held.name}".removeprefix(".")
            yield Name(name, theirs, held.name in held.module.transposed, id(held.part))


def is_left_out(holder: Any, key: tree.Key) -> bool:
    """Whether a step is that from a Sequential to the list of its layers, which PyTorch has no name for."""
    return issubclass(type(holder), Sequential) and key.value == "layers"


def numbers(name: Name, state: Mapping[str, Any], present: dict[str, Array]) -> Array:
    """What a state of PyTorch has by a name.

    Raises `DTypeError` for what is no real number, `ShapeError` for another shape.
    """
    where = f"load_torch_state_dict: {name.theirs}"
    array, expected = plain(out_of_torch(state[name.theirs]), where), name.turn(present[name.ours]).shape
    if array.shape != expected:
        is_ours = array.shape == present[name.ours].shape
        cure = "of a state of this library, use model.load_state_dict" if is_ours else "make both of the same sizes"
        raise ShapeError(f"{where}: expected shape {expected}, got {array.shape}: {cure}")
    kind = present[name.ours].dtype
    is_count = kind.kind == "i" and array.dtype.kind == "f" and np.array_equal(array, np.rint(array))
    return array.astype(kind) if is_count and np.isfinite(array).all() else array  # a state.half() halves counts too


def out_of_torch(tensor: Any) -> Any:
    """An array of what PyTorch has, in single precision what NumPy may not have; anything else as it is."""
    if not hasattr(tensor, "cpu"):
        return tensor
    tensor = tensor.detach().cpu()
    is_small = tensor.is_floating_point() and tensor.element_size() < 4
    return (tensor.float() if is_small else tensor).numpy()


def cure_of(state: Mapping[str, Any], known: list[str], ours: Iterable[str]) -> str:
    """What to do about a state that has other names."""
    if set(state) == set(ours):
        return "these are names of this library, so use model.load_state_dict"
    ends = [name.removesuffix(known[0]) for name in map(str, state) if known and name.endswith(known[0])]
    for start in filter(None, ends):
        if all(start + name in state for name in known):
            taken = f"{{name.removeprefix({start!r}): array for name, array in state.items()}}"
            return f"take {start!r} off the names, as by {taken}"
    return "give the state of the same modules, or strict=False"
