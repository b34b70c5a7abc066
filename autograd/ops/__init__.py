"""The table: every operation with its derivative, one entry each."""

from autograd.ops import (
    activations,
    arithmetic,
    compare,
    contraction,
    corners,
    decompositions,
    functions,
    indexing,
    linalg,
    losses,
    reductions,
    shaping,
    sorting,
    special,
    units,
)

__all__ = [
    "activations",
    "arithmetic",
    "compare",
    "contraction",
    "corners",
    "decompositions",
    "functions",
    "indexing",
    "linalg",
    "losses",
    "reductions",
    "shaping",
    "sorting",
    "special",
    "units",
]
