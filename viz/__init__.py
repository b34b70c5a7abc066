"""Pictures of computations: draw the graph, step through it forward and backward."""

from viz.dot import Picture, draw
from viz.html import Stepper, step
from viz.render import RenderError, render

__all__ = ["Picture", "RenderError", "Stepper", "draw", "render", "step"]
