"""Interchange with PyTorch: states under its names and in its layout, without PyTorch itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, ShapeError, short_repr
from nn.layers.containers import Sequential
from nn.state import Stateful, dotted, is_stateful, parts, state_of

Array = NDArray[Any]


def torch_state_dict(model: Stateful) -> dict[str, Array]:
    """The state of a model as that of the same modules of PyTorch: by its names, and transposed where it has it so.

    What it gives are arrays: ``twin.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()})``. The layers of
    a `Sequential` are ``0.weight``, ``1.weight``, … there; what stands in several places is there by each of its names.
    A float32 model gives float32.

    >>> from nn import Linear, Sequential, Tanh
    >>> {name: array.shape for name, array in torch_state_dict(Sequential(Linear(2, 3), Tanh())).items()}
    {'0.weight': (3, 2), '0.bias': (3,)}
    """
    state = model.state_dict()
    return {theirs: np.array(turned(state[ours], is_turned)) for ours, theirs, is_turned in pairs(model)}


def load_torch_state_dict(model: Stateful, state: Mapping[str, Any]) -> None:
    """Take over the state of the same modules of PyTorch: all of it, or, where something does not fit, nothing.

    ``state`` is what ``module.state_dict()`` gives there, or a dict of arrays, as from a safetensors file.

    >>> from nn import Linear
    >>> layer = Linear(2, 3)
    >>> load_torch_state_dict(layer, {"weight": np.ones((3, 2)), "bias": np.zeros(3)})
    >>> layer.weight.shape
    (2, 3)

    Raises `TypeError` for what is no such dict, `ValueError` for names that are missing or unexpected, `ShapeError` for
    other shapes.
    """
    if not isinstance(state, Mapping):
        raise DTypeError(f"load_torch_state_dict: state: expected a dict of names and arrays, got {short_repr(state)}")
    known = {theirs: (ours, is_turned) for ours, theirs, is_turned in pairs(model)}
    missing, unexpected = [n for n in known if n not in state], [n for n in state if n not in known]
    if missing or unexpected:
        told = [
            f"{kind} {', '.join(map(str, n))}" for kind, n in (("missing", missing), ("unexpected", unexpected)) if n
        ]
        raise ValueError(
            f"load_torch_state_dict: state: expected the names {', '.join(known)}, got one with {' and '.join(told)}"
        )
    present, found = model.state_dict(), {}
    for name, (ours, is_turned) in known.items():
        array, expected = np.asarray(plain(state[name])), turned(present[ours], is_turned).shape
        if array.shape != expected:
            raise ShapeError(f"load_torch_state_dict: {name}: expected shape {expected}, got {array.shape}")
        found[ours] = turned(array, is_turned)
    model.load_state_dict(found)


def pairs(model: Stateful) -> Iterator[tuple[str, str, bool]]:
    """Each name of a state, a name that PyTorch has for it, and whether it holds it transposed there."""
    first: dict[int, str] = {}  # the name of each Module, by its id
    others: list[tuple[str, str]] = []  # a name, and another of the same Module
    chains: list[str] = []  # the names of lists of layers, which PyTorch leaves out
    for path, part in parts(model):
        if not is_stateful(part):
            continue
        name = dotted(path)
        if id(part) in first:
            others.append((first[id(part)], name))
            continue
        first[id(part)] = name
        if isinstance(part, Sequential):
            chains.append(f"{name}.layers.".removeprefix("."))
    for name, held in state_of(model):
        is_turned = held.name in held.module.transposed
        yield name, without(chains, name), is_turned
        for original, other in others:
            if name.startswith(f"{original}."):
                yield name, without(chains, other + name.removeprefix(original)), is_turned


def without(chains: list[str], name: str) -> str:
    """A name without the lists of layers on its way.

    >>> without(["a.layers.", "a.layers.0.layers."], "a.layers.0.layers.1.weight")
    'a.0.1.weight'
    """
    for chain in sorted(chains, key=len, reverse=True):
        if name.startswith(chain):
            name = chain.removesuffix("layers.") + name.removeprefix(chain)
    return name


def turned(array: Array, is_turned: bool) -> Array:
    return array.T if is_turned else array


def plain(tensor: Any) -> Any:
    """An array of what PyTorch has; anything else as it is."""
    return tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor
