"""The table: every operation with its derivative, one entry each."""

from autograd.ops import elementwise, linalg, reductions, shaping

__all__ = ["elementwise", "linalg", "reductions", "shaping"]
