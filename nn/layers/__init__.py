"""Layers, and models made of layers."""

from nn.layers.attention import MultiHeadAttention
from nn.layers.containers import MLP, Sequential
from nn.layers.convolution import Conv1d, Conv2d
from nn.layers.dropout import Dropout, Dropout2d
from nn.layers.embedding import Embedding
from nn.layers.flatten import Flatten
from nn.layers.identity import Identity
from nn.layers.linear import Linear
from nn.layers.normalization import BatchNorm1d, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm
from nn.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from nn.layers.recurrent import GRUCell, LSTMCell, RNNCell
from nn.layers.units import Bilinear, Maxout, Neuron

__all__ = [
    "MLP",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Bilinear",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Dropout2d",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GroupNorm",
    "Identity",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "MaxPool1d",
    "MaxPool2d",
    "Maxout",
    "MultiHeadAttention",
    "Neuron",
    "RMSNorm",
    "RNNCell",
    "Sequential",
]
