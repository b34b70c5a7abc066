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
from autograd.errors import (
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
from autograd.node import Node
from autograd.notation.symbol import Symbol
from autograd.notation.words import format_index, format_number
from autograd.op import Op, elementwise, override, primitive, remove, table
from autograd.ops.activations import (
    celu,
    elu,
    gelu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
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
from autograd.ops.losses import bce_with_logits
from autograd.ops.reductions import logsumexp, max, mean, softmax, sum
from autograd.ops.shaping import astype, broadcast_to, concatenate, reshape, stack, swapaxes, transpose
from autograd.ops.sorting import argsort, sort
from autograd.ops.special import (
    digamma,
    entr,
    erf,
    erfc,
    erfinv,
    gamma,
    gammaln,
    logit,
    ndtr,
    norm_pdf,
    polygamma,
    xlog1py,
    xlogy,
)
from autograd.ops.units import glu, maxout, prelu, softmin
from autograd.program import Constant, Equation
from autograd.scalar.value import Value
from autograd.state import is_tracing, no_grad, scope, tracing
from autograd.sweep.reverse import gradients, zero_grad
from autograd.tensor.tensor import Tensor
from autograd.transforms.directional import jvp, vjp

# abs, max, pow and sum are there too, but a star import does not hide Python's own.
__all__ = [
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
    "ShapeError",
    "StaleDataError",
    "Step",
    "Symbol",
    "Tensor",
    "Timeline",
    "Value",
    "add",
    "add_along_axis",
    "argsort",
    "astype",
    "bce_with_logits",
    "bitwise_and",
    "bitwise_or",
    "broadcast_to",
    "celu",
    "clip",
    "concatenate",
    "cos",
    "digamma",
    "div",
    "einsum",
    "elementwise",
    "elu",
    "entr",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "explain",
    "export",
    "format_index",
    "format_number",
    "gamma",
    "gammaln",
    "gelu",
    "getitem",
    "glu",
    "gradients",
    "greater",
    "greater_equal",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "invert",
    "is_tracing",
    "jvp",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logit",
    "logsigmoid",
    "logsumexp",
    "matmul",
    "maximum",
    "maxout",
    "mean",
    "minimum",
    "mish",
    "mul",
    "ndtr",
    "neg",
    "no_grad",
    "norm_pdf",
    "not_equal",
    "override",
    "polygamma",
    "prelu",
    "primitive",
    "put",
    "real_array",
    "relu",
    "relu6",
    "remove",
    "reshape",
    "scope",
    "sech",
    "selu",
    "setitem",
    "short_repr",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
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
    "tanhshrink",
    "threshold",
    "tracing",
    "transpose",
    "tree",
    "unfold",
    "vjp",
    "where",
    "xlog1py",
    "xlogy",
    "zero_grad",
]

if (_waiting := sys.modules.get("_stepgrad_hypothesis")) is not None:  # Hypothesis was imported first
    _waiting.register()
