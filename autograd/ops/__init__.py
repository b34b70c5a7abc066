"""The table: every operation with its derivative, one entry each."""

from autograd.ops import contraction, decompositions, elementwise, indexing, linalg, reductions, shaping, sorting

__all__ = [
    "contraction",
    "decompositions",
    "elementwise",
    "indexing",
    "linalg",
    "reductions",
    "shaping",
    "sorting",
]
