"""The table: every operation with its derivative, one entry each."""

from autograd.ops import elementwise, indexing, linalg, reductions, shaping

__all__ = ["elementwise", "indexing", "linalg", "reductions", "shaping"]
