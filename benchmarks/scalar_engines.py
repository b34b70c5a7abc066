"""The scalar engines, behind one small interface; each is imported only when it is asked for."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from _common import ROOT


@dataclass(frozen=True)
class Engine:
    """How to use a scalar engine: its nodes have `data`, `grad` and `backward()`."""

    title: str
    value: Callable[[float], Any]
    mlp: Callable[[int, list[int]], Any]  # the network of the demo step; it has `parameters()`
    no_gradient: float | None = 0.0
    traced: bool = True  # whether its memory is Python's, so that tracemalloc sees it


def micrograd() -> Engine:
    from micrograd.engine import Value

    version = importlib.metadata.version("micrograd")
    return Engine(f"micrograd {version}", Value, micrograd_mlp(Value))


def microgpt() -> Engine:
    from microgpt_value import Value

    return Engine("microgpt's layout", Value, micrograd_mlp(Value))


def torch() -> Engine:
    import torch

    torch.set_num_threads(1)

    def value(data: float) -> Any:
        return torch.tensor(data, dtype=torch.float64, requires_grad=True)

    title = f"torch {torch.__version__} scalars"
    return Engine(title, value, micrograd_mlp(value), no_gradient=None, traced=False)


def ours() -> Engine:
    sys.path.insert(0, str(ROOT))
    from autograd import Value

    return Engine("stepgrad", Value, micrograd_mlp(Value))


def ours_with_nn() -> Engine:
    engine = ours()
    import nn

    class Network:
        """stepgrad's own MLP, with the weights that micrograd's would have, called as micrograd's is."""

        def __init__(self, inputs: int, outputs: list[int]) -> None:
            peer = engine.mlp(inputs, outputs)
            self.model = nn.MLP([inputs, *outputs], "relu").to_scalars()
            linear = [layer for layer in self.model if isinstance(layer, nn.Linear)]
            for ours, theirs in zip(linear, peer.layers, strict=True):
                for weights, neuron in zip(ours.weight.T, theirs.neurons, strict=True):
                    for weight, given in zip(weights, neuron.w, strict=True):
                        weight.data = given.data

        def __call__(self, point: list[Any]) -> Any:
            return self.model(point)

        def parameters(self) -> list[Any]:
            return list(self.model.parameters())

    return replace(engine, title="stepgrad with its nn", mlp=Network)


ENGINES: dict[str, Callable[[], Engine]] = {
    "micrograd": micrograd,
    "microgpt": microgpt,
    "torch": torch,
    "ours": ours,
    "ours-nn": ours_with_nn,
}


def micrograd_mlp(value: Callable[[float], Any]) -> Any:
    """The MLP class of the installed micrograd's own `nn.py`, made to compute with another engine."""
    spec = importlib.util.find_spec("micrograd.nn")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'micrograd.nn'")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["Value"] = value
    return module.MLP
