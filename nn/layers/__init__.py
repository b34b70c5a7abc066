"""Layers, and models made of layers."""

from nn.layers.containers import MLP, Sequential
from nn.layers.linear import Linear

__all__ = ["MLP", "Linear", "Sequential"]
