"""The plot of a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib import pyplot


def plot_layers(layers: Sequence[Any], axes: Any = None) -> Any:
    """Two lines through the layers, in their order: root mean squares of outputs, and of gradients."""
    if axes is None:
        figure, axes = pyplot.subplots(figsize=(1.5 + 0.9 * max(len(layers), 3), 3.4), layout="constrained")
    else:
        figure = axes.figure
    places = range(len(layers))
    axes.plot(places, [layer.output or None for layer in layers], "o-", label="output")
    axes.plot(places, [layer.gradient or None for layer in layers], "s--", label="gradient that comes back")
    axes.set_yscale("log")
    axes.set_xticks(places, [f"{layer.name}\n{layer.kind}" for layer in layers], rotation=30, ha="right")
    axes.set_ylabel("root mean square")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
