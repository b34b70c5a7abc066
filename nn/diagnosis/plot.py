"""The plot of a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot


def plot_layers(layers: Sequence[Any], findings: Sequence[Any], axes: Any = None) -> Any:
    """Two lines through the layers, in their order: root mean squares of outputs, and of gradients.

    What is no number on a scale of powers stands at its foot, as 0 or NaN. Layers that something was found of are
    marked with what it is.
    """
    if axes is None:
        width = min(1.5 + 0.9 * max(len(layers), 3), 14)
        figure, axes = pyplot.subplots(figsize=(width, 3.6), layout="constrained")
    else:
        figure = axes.figure
    places = range(len(layers))
    for sizes, style, label, foot in (
        ([layer.output for layer in layers], "o-", "output", 0.1),
        ([layer.gradient for layer in layers], "s--", "gradient that comes back", 0.02),
    ):
        shown = [size if 0 < size < np.inf else np.nan for size in sizes]
        (line,) = axes.plot(places, shown, style, label=label)
        for k in np.flatnonzero(np.isnan(shown)).tolist():
            at = {"transform": axes.get_xaxis_transform(), "color": line.get_color(), "ha": "center"}
            axes.text(k, foot, "NaN" if np.isnan(sizes[k]) else f"{sizes[k]:.0f}", **at)
    axes.set_yscale("log")
    axes.set_xticks(places, [f"{layer.name}\n{layer.kind}" for layer in layers], rotation=30, ha="right")
    axes.set_xlim(-0.6, len(layers) - 0.4)
    if findings:  # room for their kinds above the lines
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.8)
    for k, layer in enumerate(layers):
        kinds = dict.fromkeys(finding.kind for finding in findings if is_at(finding, layer))
        if kinds:
            axes.axvspan(k - 0.4, k + 0.4, color="tab:red", alpha=0.2, linewidth=0)
            at = {"transform": axes.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "top"}
            axes.text(k, 0.97, ", ".join(kinds), **at, fontsize="small")
    axes.set_ylabel("root mean square")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def is_at(finding: Any, layer: Any) -> bool:
    """Whether it is of this layer: of its outputs, or of its own parameters."""
    place, name = finding.place.partition(",")[0].replace("/", "."), layer.name.replace("/", ".")
    return name in (place, place.rpartition(".")[0])
