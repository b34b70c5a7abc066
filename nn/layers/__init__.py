"""Layers, and models made of layers."""

from nn.layers.attention import MultiHeadAttention
from nn.layers.containers import MLP, Sequential
from nn.layers.linear import Linear
from nn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from nn.layers.units import Bilinear, Maxout, Neuron

__all__ = [
    "MLP",
    "Bilinear",
    "GRUCell",
    "LSTMCell",
    "Linear",
    "Maxout",
    "MultiHeadAttention",
    "Neuron",
    "RNNCell",
    "Sequential",
]
