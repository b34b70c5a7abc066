"""Pictures of computations: draw the graph, step through it."""

from viz.dot import draw
from viz.render import RenderError, render

__all__ = ["RenderError", "draw", "render"]
