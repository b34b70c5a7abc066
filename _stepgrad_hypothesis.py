"""What Hypothesis is told when it is imported: how to draw a Value and a Tensor, wherever a type asks for one.

It stands outside of `autograd`, which Hypothesis would import with it, and NumPy too, in programs that need neither.
So whichever of the two is imported second calls `register`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def register() -> None:
    """Register what both packages know, once both are there: the entry point of Hypothesis, and called by autograd."""
    autograd = sys.modules.get("autograd")
    if autograd is None or not hasattr(autograd, "Tensor"):  # not imported, or not to its end
        return
    from hypothesis.strategies import register_type_strategy

    for kind in (autograd.Value, autograd.Tensor):
        register_type_strategy(kind, drawn)


def drawn(kind: type) -> Any:
    """The strategy of a type, which is imported when one is asked for."""
    return import_module("autograd.check.strategies.leaves").for_type(kind)
