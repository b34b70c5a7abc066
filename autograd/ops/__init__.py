"""The table: every operation with its derivative, one entry each."""

from autograd.ops import (
    activations,
    arithmetic,
    compare,
    contraction,
    corners,
    decompositions,
    functions,
    hyperbolic,
    indexing,
    linalg,
    reductions,
    rounding,
    shaping,
    sorting,
    trigonometry,
)

__all__ = [
    "activations",
    "arithmetic",
    "compare",
    "contraction",
    "corners",
    "decompositions",
    "functions",
    "hyperbolic",
    "indexing",
    "linalg",
    "reductions",
    "rounding",
    "shaping",
    "sorting",
    "trigonometry",
]
