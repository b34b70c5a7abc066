"""What goes into a layer: as many features as it takes, and of the same material as its parameters."""

from __future__ import annotations

from typing import Any

from autograd import DTypeError, ShapeError, Tensor
from nn.inputs import kind_of
from nn.state import Stateful


def expect_features(x: Any, features: int, layer: Stateful, parameter: Any) -> None:
    """Refuse an input whose last axis has another length, and a Tensor beside Values.

    Raises `ShapeError`, `DTypeError`.
    """
    if not x.shape or x.shape[-1] != features:
        cure = "put a single number in a list" if not x.shape else "samples are rows here"
        raise ShapeError(
            f"{named(layer)}: expected an input of shape (…, {features}), got {x.shape}: {cure}, of {features} each"
        )
    expect_material(x, layer, parameter)


def expect_material(x: Any, layer: Stateful, parameter: Any) -> None:
    """Numbers go with both forms, Tensors and Values with their own alone.

    Raises `DTypeError`.
    """
    is_of_tensors = isinstance(parameter, Tensor)
    if isinstance(x, Tensor) and not is_of_tensors:
        raise DTypeError(f"{named(layer)}: the parameters are Values, but the input is a Tensor: give x.numpy()")
    if is_of_tensors and kind_of(x) == "O":
        raise DTypeError(
            f"{named(layer)}: the parameters are Tensors, but the input holds Values: use model.to_scalars()"
        )


def named(layer: Stateful) -> str:
    """The layer, for messages."""
    return f"{type(layer).__name__}({layer.extra_repr()})"
