"""Pictures of computations: draw the graph, step through it forward and backward."""

from typing import TYPE_CHECKING

__all__ = [
    "Compared",
    "Picture",
    "RenderError",
    "Stepper",
    "Training",
    "Worksheet",
    "compare",
    "draw",
    "render",
    "step",
]

if TYPE_CHECKING:
    from viz.page.compare import Compared, compare
    from viz.page.stepper import Stepper, step
    from viz.page.worksheet import Worksheet
    from viz.picture.dot import Picture, draw
    from viz.picture.render import RenderError, render
else:
    from importlib import import_module

    HOMES = dict.fromkeys(["Stepper", "step"], "viz.page.stepper")
    HOMES |= {"Worksheet": "viz.page.worksheet"}
    HOMES |= dict.fromkeys(["Compared", "compare"], "viz.page.compare") | {"Training": "viz.page.training"}
    HOMES |= dict.fromkeys(["Picture", "draw"], "viz.picture.dot")
    HOMES |= {"load_ipython_extension": "viz.magic"}  # what `%load_ext viz` asks for
    HOMES |= dict.fromkeys(["RenderError", "render"], "viz.picture.render")

    def __getattr__(name):
        """Names are imported when they are first asked for: so the command can take an interrupt from the start."""
        if name not in HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(HOMES[name]), name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
