"""Tensor: a handle on a record, which is an array and what it was computed from."""
