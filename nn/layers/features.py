"""What goes into a layer: as many features as it takes, and of the same material as its parameters."""

from __future__ import annotations

from typing import Any

from autograd import ShapeError
from nn.inputs import expect_material
from nn.state import Stateful


def expect_features(x: Any, features: int, layer: Stateful, parameter: Any) -> None:
    """Refuse an input whose last axis has another length, and a Tensor beside Values.

    Raises `ShapeError`, `DTypeError`.
    """
    if not x.shape or x.shape[-1] != features:
        cure = "put a single number in a list" if not x.shape else "samples are rows here"
        raise ShapeError(
            f"{named(layer)}: expected x of shape (…, {features}), got {x.shape}: {cure}, of {features} numbers each"
        )
    expect_material(x, parameter, lambda: named(layer))


def named(layer: Stateful) -> str:
    """The layer, for messages."""
    return f"{type(layer).__name__}({layer.extra_repr()})"
