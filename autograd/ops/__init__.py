"""The table: every operation with its derivative, one entry each."""

from autograd.ops import (
    activations,
    arithmetic,
    compare,
    contraction,
    corners,
    decompositions,
    determinants,
    elimination,
    functions,
    indexing,
    linalg,
    products,
    reductions,
    shaping,
    solving,
    sorting,
)

__all__ = [
    "activations",
    "arithmetic",
    "compare",
    "contraction",
    "corners",
    "decompositions",
    "determinants",
    "elimination",
    "functions",
    "indexing",
    "linalg",
    "products",
    "reductions",
    "shaping",
    "solving",
    "sorting",
]
