"""Plots of a training."""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot


def plot_history(history: Any, axes: Any = None) -> Any:
    """A row of axes: the loss, on a scale of powers where it falls far, and each metric, those of validation too."""
    shown = [name for name in history.names if not name.startswith("val_") and name not in ("lr", "seconds")]
    if axes is None:
        figure, grid = pyplot.subplots(
            1, len(shown), figsize=(4.5 * len(shown), 3), squeeze=False, layout="constrained"
        )
        axes = list(grid[0])
    else:
        axes = [axes] if hasattr(axes, "plot") else list(axes)
        figure = axes[0].figure
    epochs = range(1, len(history) + 1)
    marker = "o" if len(history) == 1 else ""
    for ax, name in zip(axes, shown, strict=False):
        ax.plot(epochs, history[name], marker=marker, ls="-", label="training")
        if f"val_{name}" in history.names:
            ax.plot(epochs, history[f"val_{name}"], marker=marker, ls="--", label="validation")
            ax.legend(frameon=False)
        numbers = [x for x in history[name] if x > 0]
        if name == "loss" and numbers and max(numbers) > 20 * min(numbers):
            ax.set_yscale("log")
        ax.set_xlabel("epoch")
        ax.set_title(name)
        ax.spines[["top", "right"]].set_visible(False)
    return figure
