"""Pictures of computations: draw the graph, step through it forward and backward."""

from viz.page.html import Stepper, step
from viz.picture.dot import Picture, draw
from viz.picture.render import RenderError, render

__all__ = ["Picture", "RenderError", "Stepper", "draw", "render", "step"]
