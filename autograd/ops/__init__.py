"""The table: every operation with its derivative, one entry each."""

from autograd.ops import (
    activations,
    arithmetic,
    compare,
    contraction,
    convolution,
    corners,
    decompositions,
    functions,
    indexing,
    linalg,
    pooling,
    reductions,
    shaping,
    sorting,
    windows,
)

__all__ = [
    "activations",
    "arithmetic",
    "compare",
    "contraction",
    "convolution",
    "corners",
    "decompositions",
    "functions",
    "indexing",
    "linalg",
    "pooling",
    "reductions",
    "shaping",
    "sorting",
    "windows",
]
