"""A scalar and tensor reverse-mode autograd engine that records the computation graph.

>>> from autograd import Value
>>> x, y, z = Value(-2), Value(5), Value(-4)
>>> f = (x + y) * z
>>> f.backward()
>>> x.grad, y.grad, z.grad
(-4.0, -4.0, 3.0)
"""

import sys

from autograd import export, tree
from autograd.accept import real_array
from autograd.anomaly import detect_anomaly
from autograd.errors import (
    AnomalyError,
    AutogradError,
    DTypeError,
    GradientError,
    GraphError,
    LostGradientError,
    OperationError,
    ShapeError,
    StaleDataError,
    short_repr,
)
from autograd.graph.explain import Explanation, Partial, explain
from autograd.graph.graph import Graph, GraphNode
from autograd.graph.steps import Step, Timeline, steps
from autograd.graph.unfold import unfold
from autograd.graph.why import Reason, Why, why
from autograd.node import Node
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_index, format_number
from autograd.op import Op, elementwise, override, primitive, remove, table
from autograd.ops.activations import leaky_relu, relu, sigmoid
from autograd.ops.arithmetic import add, div, mul, neg, pow, sub, sum_of, sum_of_products
from autograd.ops.compare import (
    bitwise_and,
    bitwise_or,
    equal,
    greater,
    greater_equal,
    invert,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    where,
)
from autograd.ops.contraction import einsum
from autograd.ops.corners import abs, clip, maximum, minimum, sign
from autograd.ops.decompositions import svd
from autograd.ops.functions import cos, exp, log, log1p, sech, sin, sqrt, tanh
from autograd.ops.indexing import add_along_axis, getitem, put, setitem, take_along_axis
from autograd.ops.linalg import matmul
from autograd.ops.reductions import logsumexp, max, mean, softmax, sum
from autograd.ops.shaping import astype, broadcast_to, concatenate, reshape, stack, swapaxes, transpose
from autograd.ops.sorting import argsort, sort
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import is_tracing, no_grad, scope, tracing
from autograd.sweep.reverse import gradients, zero_grad
from autograd.tensor.tensor import Tensor
from autograd.transforms.checkpoint import checkpoint
from autograd.transforms.directional import jvp, vjp
from autograd.transforms.gradient import elementwise_grad, grad, hvp, value_and_grad
from autograd.transforms.jacobian import hessian, jacfwd, jacobian, jacrev

# abs, max, pow and sum are there too, but a star import does not hide Python's own.
__all__ = [
    "AnomalyError",
    "AutogradError",
    "Constant",
    "DTypeError",
    "Equation",
    "Explanation",
    "GradientError",
    "Graph",
    "GraphError",
    "GraphNode",
    "LostGradientError",
    "Node",
    "Op",
    "OperationError",
    "Partial",
    "Reason",
    "ShapeError",
    "StaleDataError",
    "Step",
    "Symbol",
    "Tensor",
    "Timeline",
    "Value",
    "Why",
    "add",
    "add_along_axis",
    "argsort",
    "astype",
    "bitwise_and",
    "bitwise_or",
    "broadcast_to",
    "checkpoint",
    "clip",
    "concatenate",
    "cos",
    "detect_anomaly",
    "div",
    "einsum",
    "elementwise",
    "elementwise_grad",
    "equal",
    "exp",
    "explain",
    "export",
    "format_index",
    "format_number",
    "getitem",
    "grad",
    "gradients",
    "greater",
    "greater_equal",
    "hessian",
    "hvp",
    "invert",
    "is_tracing",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "neg",
    "no_grad",
    "not_equal",
    "override",
    "primitive",
    "put",
    "real_array",
    "relu",
    "remove",
    "reshape",
    "scope",
    "sech",
    "setitem",
    "short_repr",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "sort",
    "sqrt",
    "stack",
    "steps",
    "sub",
    "sum_of",
    "sum_of_products",
    "svd",
    "swapaxes",
    "table",
    "take_along_axis",
    "tanh",
    "tracing",
    "transpose",
    "tree",
    "unfold",
    "value_and_grad",
    "vjp",
    "where",
    "why",
    "zero_grad",
]

if (_waiting := sys.modules.get("_stepgrad_hypothesis")) is not None:  # Hypothesis was imported first
    _waiting.register()
